/*
 * layout: where a byte of a row stands on the screen.
 *
 *   offset   hex pane, grouped                      text pane      scroll bar
 *   00000000  7f 45 4c 46 02 01 01 00  00 00 ...    .ELF........   |
 *
 * A row is a multiple of bytes from a multiple of that many: row boundaries
 * depend on the width and the options, never on the data.  Widths are in
 * columns.
 */
#ifndef OCTAVO_LAYOUT_H
#define OCTAVO_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

enum { LAYOUT_BYTES_MAXIMUM = 4096 };

struct layout_options {
	unsigned bytes_per_row;	/* 0: as many as fit; cut to the maximum */
	unsigned group;		/* bytes between wider gaps; 0: no groups */
};

enum layout_area {
	LAYOUT_NOWHERE,
	LAYOUT_OFFSET,
	LAYOUT_HEX,
	LAYOUT_TEXT,
	LAYOUT_SCROLL,
};

struct layout {
	unsigned width;
	unsigned bytes_per_row;	/* at least 1 */
	unsigned group;
	unsigned offset_digits;	/* at least 8; enough for the size */
	unsigned hex_column;
	unsigned text_column;
	bool has_scroll;	/* the last column is a scroll bar */
};

/*
 * As many bytes as fit WIDTH, a multiple of 8 from 8 on, else 4, 2 or 1 (and
 * of 4, 2, 1 where the width would not allow more); or as many as the options
 * set, cut off at the right where they do not fit.  SIZE decides how many
 * digits an offset has.  Works for any WIDTH from 20 on; at 20 columns and
 * files below 4 GiB two bytes a row are there.
 */
struct layout layout_compute(unsigned width, uint64_t size,
			     const struct layout_options *options);

/* The column of the first hex digit, and of the character, of byte INDEX. */
unsigned layout_hex(const struct layout *layout, unsigned index);
unsigned layout_text(const struct layout *layout, unsigned index);

/* What stands at COLUMN: the area, the byte's index in the row (the nearest
 * one in a gap) and which of its two digits. */
enum layout_area layout_hit(const struct layout *layout, unsigned column,
			    unsigned *index, unsigned *nibble);

#endif
