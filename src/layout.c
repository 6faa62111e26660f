/*
 * layout: where a byte of a row stands on the screen.
 *
 * Everything follows from four numbers: the digits of an offset, the bytes of
 * a row, the bytes of a group and the width.  A byte is two digits and a
 * blank, a group ends with one blank more, the text pane begins one blank
 * further than the next byte would.
 */
#include "octavo/layout.h"

enum {
	MINIMUM_DIGITS = 8,
	BYTE_COLUMNS = 3,	/* two digits, a blank */
	PANE_GAP = 2,
	SCROLL_WIDTH = 40,	/* narrower windows have no scroll bar */
};

static unsigned offset_digits(uint64_t size)
{
	unsigned digits = MINIMUM_DIGITS;

	while (digits < 16 && size >> (4 * digits))
		digits++;
	return digits;
}

static unsigned wider_gaps(const struct layout *layout, unsigned index)
{
	return layout->group ? index / layout->group : 0;
}

unsigned layout_hex(const struct layout *layout, unsigned index)
{
	return layout->hex_column + index * BYTE_COLUMNS +
	       wider_gaps(layout, index);
}

unsigned layout_text(const struct layout *layout, unsigned index)
{
	return layout->text_column + index;
}

/* Gives the row BYTES bytes; returns the columns that it takes. */
static unsigned set_bytes(struct layout *layout, unsigned bytes)
{
	layout->bytes_per_row = bytes;
	layout->text_column = layout_hex(layout, bytes - 1) + 2 + PANE_GAP;
	return layout->text_column + bytes;
}

static unsigned fewer_bytes(unsigned bytes)
{
	return bytes > 8 ? bytes - 8 : bytes / 2;
}

static unsigned fit_bytes(struct layout *layout)
{
	unsigned bytes = LAYOUT_BYTES_MAXIMUM;

	while (bytes > 1 && set_bytes(layout, bytes) > layout->width)
		bytes = fewer_bytes(bytes);
	return bytes;
}

struct layout layout_compute(unsigned width, uint64_t size,
			     const struct layout_options *options)
{
	struct layout layout = {
		.width = width,
		.group = options->group,
		.offset_digits = offset_digits(size),
	};

	layout.hex_column = layout.offset_digits + PANE_GAP;
	unsigned bytes = options->bytes_per_row;
	if (bytes == 0)
		bytes = fit_bytes(&layout);
	if (bytes > LAYOUT_BYTES_MAXIMUM)
		bytes = LAYOUT_BYTES_MAXIMUM;
	unsigned used = set_bytes(&layout, bytes);
	/* A blank keeps the bar from looking like a character of the text. */
	layout.has_scroll = width >= SCROLL_WIDTH && used + 2 <= width;
	return layout;
}

/* COLUMN counts from the first digit; a blank belongs to the byte before it,
 * the second blank after a group to the byte behind it. */
static void hit_hex(const struct layout *layout, unsigned column,
		    unsigned *index, unsigned *nibble)
{
	unsigned first = 0;

	if (layout->group && layout->group < layout->bytes_per_row) {
		unsigned group_columns = layout->group * BYTE_COLUMNS + 1;
		first = column / group_columns * layout->group;
		column %= group_columns;
	}
	*index = first + column / BYTE_COLUMNS;
	*nibble = column % BYTE_COLUMNS != 0;
}

enum layout_area layout_hit(const struct layout *layout, unsigned column,
			    unsigned *index, unsigned *nibble)
{
	*index = 0;
	*nibble = 0;
	if (column >= layout->width)
		return LAYOUT_NOWHERE;
	if (layout->has_scroll && column == layout->width - 1)
		return LAYOUT_SCROLL;
	if (column < layout->hex_column - 1)
		return LAYOUT_OFFSET;
	if (column < layout->hex_column)
		return LAYOUT_HEX;
	if (column < layout->text_column - 1) {
		hit_hex(layout, column - layout->hex_column, index, nibble);
		return LAYOUT_HEX;
	}
	if (column >= layout_text(layout, layout->bytes_per_row))
		return LAYOUT_NOWHERE;
	if (column >= layout->text_column)
		*index = column - layout->text_column;
	return LAYOUT_TEXT;
}
