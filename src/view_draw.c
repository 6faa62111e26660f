/*
 * view_draw: the window as cells.
 *
 * A row is drawn from one copy of its bytes and, for each, its role without
 * the cursor; what covers is painted over what is covered.  Every change of
 * role costs a terminal an escape sequence, so a blank takes the role of a
 * neighbour wherever that cannot be seen: roles for kinds of bytes show on
 * ink only, marks (selection, match, changed, lost) may show on blanks and
 * fill them only between two bytes of the same mark.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "amount.h"
#include "view_internal.h"

struct row {
	unsigned place;			/* in the grid */
	struct range range;		/* its bytes that can be seen */
	unsigned count;			/* of them */
	unsigned char bytes[LAYOUT_BYTES_MAXIMUM];
	uint8_t roles[LAYOUT_BYTES_MAXIMUM];
	bool lost[LAYOUT_BYTES_MAXIMUM];	/* whatever covers it */
	bool has_cursor;
	unsigned cursor;		/* its index, maybe past the last byte */
};

static enum role kind_of(unsigned char byte)
{
	if (byte == 0)
		return ROLE_ZERO;
	/* A blank is a character like others: in text there is one in six, and
	 * each change of colour costs a terminal more than the blank. */
	if (byte >= '\t' && byte <= '\r')
		return ROLE_SPACE;
	if (byte < ' ' || byte == 0x7f)
		return ROLE_CONTROL;
	return byte < 0x80 ? ROLE_PRINTABLE : ROLE_HIGH;
}

static bool is_kind(enum role role)
{
	return role >= ROLE_ZERO && role <= ROLE_HIGH;
}

/* --- the roles of a row, without the cursor --- */

static void paint(struct row *row, struct range range, enum role role)
{
	struct range part = range_intersect(row->range, range);

	for (uint64_t offset = part.start; offset < part.end; offset++)
		row->roles[offset - row->range.start] = (uint8_t)role;
}

static void paint_lost(const struct document *document, struct row *row)
{
	uint64_t length;

	for (unsigned i = 0; i < row->count; i += (unsigned)length) {
		uint64_t offset = row->range.start + i;
		bool lost = document_lost(document, offset, &length);

		if (length > row->count - i)
			length = row->count - i;
		memset(row->lost + i, lost, length);
		if (lost)
			paint(row, range_of(offset, length), ROLE_LOST);
	}
}

static void paint_changes(const struct document *document, struct row *row)
{
	uint64_t offset = row->range.start;
	struct change change;
	uint64_t index;

	while (offset < row->range.end &&
	       document_change_from(document, offset, &change, &index)) {
		struct range mark = change.now;

		/* A deletion shows at the byte that stands there now. */
		if (range_is_empty(mark))
			mark.end++;
		paint(row, mark, ROLE_CHANGED);
		offset = mark.end;
	}
}

size_t view_first_behind(const struct view_matches *matches, uint64_t offset)
{
	size_t low = 0;
	size_t high = matches->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (matches->ranges[middle].end <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void paint_matches(const struct view_drawing *drawing, struct row *row)
{
	for (size_t i = 0; i < drawing->match_count; i++) {
		const struct view_matches *matches = &drawing->matches[i];
		size_t j = view_first_behind(matches, row->range.start);

		for (; j < matches->count &&
		       matches->ranges[j].start < row->range.end; j++)
			paint(row, matches->ranges[j], matches->role);
	}
}

/* Reads the row that begins at START; false where there is nothing. */
static bool read_row(struct view_drawing *drawing, struct row *row, uint64_t start)
{
	const struct view *view = drawing->view;
	uint64_t size = document_size(view->document);
	unsigned bytes = view->layout.bytes_per_row;

	row->has_cursor = view->cursor >= start && view->cursor - start < bytes;
	row->cursor = row->has_cursor ? (unsigned)(view->cursor - start) : 0;
	if (start >= size && !row->has_cursor)
		return false;

	if (start > size || bytes > size - start)
		bytes = start > size ? 0 : (unsigned)(size - start);
	row->count = (unsigned)document_read(view->document, start, row->bytes,
					     bytes);
	row->range = range_of(start, row->count);
	for (unsigned i = 0; i < row->count; i++)
		row->roles[i] = (uint8_t)kind_of(row->bytes[i]);
	/* Reading is what finds out about lost bytes: ask afterwards. */
	paint_lost(view->document, row);
	paint_changes(view->document, row);
	paint_matches(drawing, row);
	paint(row, drawing->selection, ROLE_SELECTION);
	return true;
}

/* --- cells --- */

/* Only what fits the window: there may be others beside it. */
static void put(const struct view_drawing *drawing, const struct row *row,
		unsigned column, int character, enum role role)
{
	if (column < drawing->view->columns)
		grid_put(drawing->grid, row->place, column,
			 (uint32_t)character, role);
}

/* The role of blanks that part bytes of the roles ONE and OTHER. */
static enum role gap_role(enum role one, enum role other)
{
	if (one == other || is_kind(one))
		return one;
	return is_kind(other) ? other : ROLE_NORMAL;
}

/* The role of byte INDEX in PANE, with the cursor. */
static enum role cell_role(const struct view_drawing *drawing, const struct row *row,
			   unsigned index, enum view_pane pane)
{
	if (!row->has_cursor || index != row->cursor)
		return row->roles[index];
	return drawing->view->pane == pane ? ROLE_CURSOR : ROLE_CURSOR_OTHER;
}

static void draw_offset(const struct view_drawing *drawing, const struct row *row)
{
	const struct layout *layout = &drawing->view->layout;
	unsigned digits = layout->offset_digits;

	for (unsigned i = 0; i < digits; i++) {
		unsigned shift = 4 * (digits - 1 - i);

		put(drawing, row, i,
		    "0123456789abcdef"[row->range.start >> shift & 15],
		    ROLE_OFFSET);
	}
	for (unsigned i = digits; i < layout->hex_column; i++)
		put(drawing, row, i, ' ', ROLE_OFFSET);
}

static void draw_hex(const struct view_drawing *drawing, const struct row *row)
{
	const struct layout *layout = &drawing->view->layout;

	for (unsigned i = 0; i < row->count; i++) {
		unsigned column = layout_hex(layout, i);
		enum role role = cell_role(drawing, row, i, VIEW_HEX);
		bool lost = row->lost[i];
		unsigned byte = row->bytes[i];
		const char *digits = "0123456789abcdef";

		if (column >= drawing->view->columns)
			break;
		put(drawing, row, column, lost ? '?' : digits[byte >> 4], role);
		put(drawing, row, column + 1, lost ? '?' : digits[byte & 15],
		    role);
		if (i + 1 == row->count)
			break;
		role = gap_role(row->roles[i], row->roles[i + 1]);
		for (column += 2; column < layout_hex(layout, i + 1); column++)
			put(drawing, row, column, ' ', role);
	}
}

/* The blanks between the panes of a full row. */
static void draw_pane_gap(const struct view_drawing *drawing, const struct row *row)
{
	const struct layout *layout = &drawing->view->layout;
	unsigned last = layout->bytes_per_row - 1;
	enum role role = ROLE_NORMAL;

	if (row->count <= last)
		return;
	if (is_kind(row->roles[last]))
		role = row->roles[last];
	else if (is_kind(row->roles[0]))
		role = row->roles[0];
	for (unsigned column = layout_hex(layout, last) + 2;
	     column < layout->text_column; column++)
		put(drawing, row, column, ' ', role);
}

static void draw_text(const struct view_drawing *drawing, const struct row *row)
{
	enum role before = ROLE_NORMAL;

	for (unsigned i = 0; i < row->count; i++) {
		enum role role = cell_role(drawing, row, i, VIEW_TEXT);
		unsigned byte = row->bytes[i];
		int character = byte >= ' ' && byte < 0x7f ? (int)byte : '.';

		if (row->lost[i])
			character = '?';
		if (byte == ' ' && role == ROLE_PRINTABLE && is_kind(before))
			role = before;
		put(drawing, row, layout_text(&drawing->view->layout, i),
		    character, role);
		before = role;
	}
}

/* The cursor may stand behind the last byte; then it is a blank. */
static void draw_cursor(const struct view_drawing *drawing, const struct row *row)
{
	const struct view *view = drawing->view;
	bool in_hex = view->pane == VIEW_HEX;
	unsigned hex = layout_hex(&view->layout, row->cursor);
	unsigned text = layout_text(&view->layout, row->cursor);
	unsigned column = in_hex ? hex + view->nibble : text;

	if (!row->has_cursor)
		return;
	if (row->cursor >= row->count) {
		enum role role = in_hex ? ROLE_CURSOR : ROLE_CURSOR_OTHER;

		put(drawing, row, hex, ' ', role);
		put(drawing, row, hex + 1, ' ', role);
		role = in_hex ? ROLE_CURSOR_OTHER : ROLE_CURSOR;
		put(drawing, row, text, ' ', role);
	}
	drawing->grid->cursor_visible = column < view->columns &&
					column < drawing->grid->columns &&
					row->place < drawing->grid->rows;
	drawing->grid->cursor_row = row->place;
	drawing->grid->cursor_column = column;
}

/* All of a fold is selected or nothing, and changed likewise; a deletion shows
 * at its first byte. */
static enum role fold_role(const struct view_drawing *drawing, uint64_t start)
{
	struct row first = { .range = range_of(start, 1) };

	first.roles[0] = ROLE_HOLE;
	paint_changes(drawing->view->document, &first);
	paint(&first, drawing->selection, ROLE_SELECTION);
	return first.roles[0];
}

void view_draw_hole(const struct view_drawing *drawing, unsigned place,
		    unsigned column, struct range hole, enum role role)
{
	uint64_t length = range_length(hole);
	unsigned columns = drawing->view->columns;
	char amount[16];
	char text[100];

	if (view_has_scroll(drawing->view))
		columns -= 2;
	snprintf(text, sizeof text, "hole, %s (0x%" PRIx64 " bytes) to %0*"
		 PRIx64, amount_format(length, amount, sizeof amount), length,
		 (int)drawing->view->layout.offset_digits, hole.end);
	if (column < columns)
		grid_text(drawing->grid, place, column, columns - column, text,
			  role);
}

static void draw_fold(const struct view_drawing *drawing, struct row *row,
		      struct range fold)
{
	row->range.start = fold.start;
	draw_offset(drawing, row);
	view_draw_hole(drawing, row->place, drawing->view->layout.hex_column,
		       fold, fold_role(drawing, fold.start));
}

static void draw_row(struct view_drawing *drawing, unsigned place,
		     const struct view_row *shown)
{
	const struct view *view = drawing->view;
	struct row row;

	row.place = place;
	grid_fill(drawing->grid, row.place, 0, view->columns, ' ',
		  ROLE_NORMAL);
	if (view->text_mode) {
		view_text_draw(drawing, place, shown);
		return;
	}
	if (shown->folded) {
		draw_fold(drawing, &row, shown->range);
		return;
	}
	if (!read_row(drawing, &row, shown->range.start))
		return;
	draw_offset(drawing, &row);
	draw_hex(drawing, &row);
	draw_pane_gap(drawing, &row);
	draw_text(drawing, &row);
	draw_cursor(drawing, &row);
}

/* --- the scroll bar --- */

/* The row of the bar in which OFFSET of SIZE lies, of ROWS. */
static unsigned bar_row(uint64_t offset, uint64_t size, unsigned rows)
{
	double share = size == 0 ? 0 : (double)offset / (double)size;
	double row = share * rows;

	return row < rows ? (unsigned)row : rows - 1;
}

/* The thumb covers the window's share of the document, one row at least. */
static void draw_scroll(const struct view_drawing *drawing, unsigned first_row)
{
	const struct view *view = drawing->view;
	struct range window = view_window(view);
	uint64_t size = document_size(view->document);
	uint64_t last = range_is_empty(window) ? window.end : window.end - 1;
	unsigned top = bar_row(window.start, size, view->rows);
	unsigned bottom = bar_row(last, size, view->rows);

	for (unsigned i = 0; i < view->rows; i++) {
		bool thumb = i >= top && i <= bottom;

		grid_put(drawing->grid, first_row + i, view->columns - 1,
			 thumb ? ' ' : '|',
			 thumb ? ROLE_SCROLL_THUMB : ROLE_SCROLL);
	}
}

void view_draw(const struct view *view, struct grid *grid, unsigned first_row,
	       const struct view_matches *matches, size_t count)
{
	struct view_drawing drawing = {
		.view = view,
		.grid = grid,
		.matches = matches,
		.match_count = count,
	};
	uint64_t at = view->top;

	if (!view_selection(view, &drawing.selection))
		drawing.selection = range_of(0, 0);
	grid->cursor_visible = false;
	for (unsigned i = 0; i < view->rows && i < grid->rows; i++) {
		struct view_row row = view_row(view, at);

		draw_row(&drawing, first_row + i, &row);
		at = row.range.end;
	}
	if (view_has_scroll(view))
		draw_scroll(&drawing, first_row);
}
