/*
 * view: the cursor, the selection and the window, and how they move.
 *
 * Whatever goes by rows of the screen asks view_rows.c for the row below or
 * above, because a fold is one row of many bytes.  Offsets are at most a
 * document's size, which is at most 2^63; counts are cut to what is left
 * before they are multiplied or added, so nothing overflows.  The invariants
 * stand in the header.
 */
#include "octavo/view.h"

#include <assert.h>

#include "view_internal.h"

static uint64_t smaller(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

/* Groups and columns go by rows of bytes, whether these are folded or not. */
static uint64_t row_of(const struct view *view, uint64_t offset)
{
	return offset / view->layout.bytes_per_row;
}

static unsigned column_of(const struct view *view, uint64_t offset)
{
	return (unsigned)(offset % view->layout.bytes_per_row);
}

static uint64_t row_start(const struct view *view, uint64_t offset)
{
	if (view->text_mode)
		return view_row(view, offset).range.start;
	return offset - column_of(view, offset);
}

static uint64_t last_row(const struct view *view)
{
	return view_row(view, view_limit(view)).range.start;
}

/* The row at the top when the last one is at the bottom. */
static uint64_t last_top(const struct view *view)
{
	return view_rows_up(view, view_limit(view), view->rows - 1);
}

unsigned view_cursor_row(const struct view *view)
{
	uint64_t row = row_start(view, view->cursor);
	uint64_t at = view->top;
	unsigned above = 0;

	while (at < row && above < view->rows) {
		at = view_row(view, at).range.end;
		above++;
	}
	return above;
}

/* In text mode that is not wrapped: scrolls sideways to the cursor, back to the
 * start where it is seen from there. */
static void reveal_column(struct view *view)
{
	if (!view->text_mode || view->text.wrap)
		return;

	struct view_row row = view_row(view, view->cursor);
	struct view_glyph glyph = view_text_find(view, &row, view->cursor);
	unsigned end = glyph.column + glyph.columns;
	unsigned width = view->text_width;

	if (end <= width)
		view->left = 0;
	else if (glyph.column < view->left)
		view->left = glyph.column - (glyph.column < width / 2
						     ? glyph.column
						     : width / 2);
	else if (end > view->left + width)
		view->left = end - width;
}

static void reveal_cursor(struct view *view)
{
	uint64_t row = row_start(view, view->cursor);

	view->top = view_row(view, view->top).range.start;
	if (row < view->top)
		view->top = row;
	else if (view_cursor_row(view) >= view->rows)
		view->top = view_rows_up(view, row, view->rows - 1);
	reveal_column(view);
}

/* Lays the rows out again, with as many above the cursor's as before. */
static void lay_out(struct view *view)
{
	unsigned above = view_cursor_row(view);
	unsigned bytes = view->layout.bytes_per_row;
	unsigned width = view->text_width;

	view->layout = layout_compute(view->columns,
				      document_size(view->document),
				      &view->options);
	view_text_lay_out(view);
	if (view->text_mode ? view->text_width != width
			    : view->layout.bytes_per_row != bytes)
		view->top = view_rows_up(view, view->cursor, above);
}

void view_init(struct view *view, struct document *document)
{
	*view = (struct view){
		.document = document,
		.options = { .group = 8 },
		.columns = 80,
		.rows = 24,
		.folding = true,
		.text = { .wrap = true, .colors = true, .tab = 8 },
	};
	view->layout = layout_compute(view->columns, document_size(document),
				      &view->options);
	view_text_lay_out(view);
}

void view_show(struct view *view)
{
	uint64_t limit = view_limit(view);

	if (view->cursor > limit) {
		view->cursor = limit;
		view->nibble = 0;
	}
	view->anchor = smaller(view->anchor, limit);
	lay_out(view);
	reveal_cursor(view);
}

void view_resize(struct view *view, unsigned columns, unsigned rows)
{
	bool same = columns == view->columns && rows == view->rows;

	view->columns = columns;
	view->rows = rows;
	view_show(view);
	/* A window that grows at the end shows more, not blank rows. */
	if (!same)
		view->top = smaller(view->top, last_top(view));
}

void view_set_options(struct view *view, const struct layout_options *options)
{
	view->options = *options;
	view_show(view);
}

/* The rows are others now: ABOVE of them are above the cursor's again. */
static void lay_out_anew(struct view *view, unsigned above)
{
	view_text_lay_out(view);
	view->top = view_rows_up(view, view->cursor, above);
	view->wishing = false;
	view_show(view);
}

void view_set_folding(struct view *view, bool folding)
{
	unsigned above;

	view_show(view);
	above = view_cursor_row(view);
	view->folding = folding;
	lay_out_anew(view, above);
}

void view_set_text_mode(struct view *view, bool text_mode)
{
	unsigned above;

	if (text_mode == view->text_mode)
		return;
	view_show(view);
	above = view_cursor_row(view);
	view->text_mode = text_mode;
	view->nibble = 0;
	/* The start of the document stays where it is, if it can. */
	if (view->top == 0)
		above = view->rows - 1;
	lay_out_anew(view, above);
}

void view_set_text_options(struct view *view,
			   const struct text_options *options)
{
	unsigned above;

	view_show(view);
	above = view_cursor_row(view);
	view->text = *options;
	if (view->text_mode)
		lay_out_anew(view, above);
	else
		view_text_lay_out(view);
}

void view_set_lines(struct view *view, const struct view_lines *lines)
{
	unsigned above;

	view_show(view);
	above = view_cursor_row(view);
	view->lines = *lines;
	if (view->text_mode)
		lay_out_anew(view, above);
}

void view_set_mode(struct view *view, enum view_mode mode)
{
	view->mode = mode;
	view->nibble = 0;
	view_show(view);
}

void view_set_pane(struct view *view, enum view_pane pane)
{
	if (view->text_mode)
		return;
	view->pane = pane;
	view->nibble = 0;
}

bool view_takes_digits(const struct view *view)
{
	return !view->text_mode && view->pane == VIEW_HEX;
}

void view_set_nibble(struct view *view, unsigned nibble)
{
	view->nibble = view->mode != VIEW_BROWSE && view_takes_digits(view) &&
		       nibble != 0;
}

/* --- motions: each finds the offset that the cursor goes to --- */

/* In the row of bytes at START, in the cursor's column, cut to the document. */
static uint64_t offset_in_row(const struct view *view, uint64_t start)
{
	return smaller(start + column_of(view, view->cursor),
		       view_limit(view));
}

/* Not to where nothing is known to be shown. */
static uint64_t offset_in_text_row(const struct view *view, uint64_t at)
{
	struct view_row row = view_row(view, at);

	return row.unknown ? view->cursor
			   : smaller(view_text_at(view, &row, view->wish),
				     view_limit(view));
}

/* Who comes to a fold from below goes to its upper end, from above to its
 * lower one: it is passed at one stroke. */
static uint64_t offset_from_below(const struct view *view, uint64_t row)
{
	if (view->text_mode)
		return offset_in_text_row(view, row);
	return offset_in_row(view, view_row(view, row).range.start);
}

static uint64_t offset_from_above(const struct view *view, uint64_t row)
{
	if (view->text_mode)
		return offset_in_text_row(view, row);
	return offset_in_row(view, view_row(view, row).range.end -
				   view->layout.bytes_per_row);
}

static uint64_t rows_up(const struct view *view, uint64_t rows)
{
	return offset_from_below(view, view_rows_up(view, view->cursor, rows));
}

static uint64_t rows_down(const struct view *view, uint64_t rows)
{
	/* In the last row there is nothing below, not even its end. */
	if (row_start(view, view->cursor) == last_row(view))
		return view->cursor;
	return offset_from_above(view,
				 view_rows_down(view, view->cursor, rows));
}

/* COUNT times ROWS, or more rows than there are. */
static uint64_t count_rows(unsigned rows, uint64_t count)
{
	return count > UINT64_MAX / rows ? UINT64_MAX : count * rows;
}

/* Window and cursor move together; a cursor that cannot go by rows any more
 * goes to the first or last byte. */
static uint64_t page_up(struct view *view, unsigned page, uint64_t count)
{
	uint64_t rows = count_rows(page, count);

	view->top = view_rows_up(view, view->top, rows);
	if (row_start(view, view->cursor) == 0)
		return 0;
	return rows_up(view, rows);
}

static uint64_t page_down(struct view *view, unsigned page, uint64_t count)
{
	uint64_t rows = count_rows(page, count);
	uint64_t last = last_top(view);

	if (view->top < last)
		view->top = smaller(view_rows_down(view, view->top, rows),
				    last);
	if (row_start(view, view->cursor) == last_row(view))
		return view_limit(view);
	return rows_down(view, rows);
}

/* A group may be longer than a row, which is one group then. */
static unsigned group_bytes(const struct view *view)
{
	return view->layout.group ? view->layout.group
				  : view->layout.bytes_per_row;
}

static unsigned groups_per_row(const struct view *view)
{
	unsigned group = group_bytes(view);

	return (view->layout.bytes_per_row - 1) / group + 1;
}

/* Groups are counted from the start of the document. */
static uint64_t group_of(const struct view *view, uint64_t offset)
{
	return row_of(view, offset) * groups_per_row(view) +
	       column_of(view, offset) / group_bytes(view);
}

static uint64_t group_start(const struct view *view, uint64_t group)
{
	unsigned in_row = groups_per_row(view);

	return group / in_row * view->layout.bytes_per_row +
	       group % in_row * group_bytes(view);
}

static uint64_t groups_left(const struct view *view, uint64_t count)
{
	uint64_t group = group_of(view, view->cursor);

	/* From within a group its own start is the first one. */
	if (group_start(view, group) < view->cursor)
		count--;
	return group_start(view, group - smaller(count, group));
}

static uint64_t groups_right(const struct view *view, uint64_t count)
{
	uint64_t limit = view_limit(view);
	uint64_t group = group_of(view, view->cursor);
	uint64_t left = group_of(view, limit) - group + 1;

	return smaller(group_start(view, group + smaller(count, left)), limit);
}

/* The column that going up and down keeps is that in which it was begun. */
static void wish(struct view *view, bool by_rows)
{
	if (view->text_mode && by_rows && !view->wishing) {
		struct view_row row = view_row(view, view->cursor);

		view->wish = view_text_find(view, &row, view->cursor).column;
	}
	view->wishing = by_rows;
}

static uint64_t target(struct view *view, enum view_motion motion,
		       uint64_t count)
{
	uint64_t cursor = view->cursor;
	uint64_t limit = view_limit(view);
	uint64_t start = cursor - column_of(view, cursor);
	unsigned half = view->rows / 2 ? view->rows / 2 : 1;
	bool by_rows = motion >= VIEW_UP && motion <= VIEW_HALF_DOWN;

	wish(view, by_rows);
	if (view->text_mode && !by_rows && motion < VIEW_START)
		return view_text_target(view, motion, count);
	switch (motion) {
	case VIEW_LEFT:
		return cursor - smaller(count, cursor);
	case VIEW_RIGHT:
		return cursor + smaller(count, limit - cursor);
	case VIEW_UP:
		return rows_up(view, count);
	case VIEW_DOWN:
		return rows_down(view, count);
	case VIEW_PAGE_UP:
		return page_up(view, view->rows, count);
	case VIEW_PAGE_DOWN:
		return page_down(view, view->rows, count);
	case VIEW_HALF_UP:
		return page_up(view, half, count);
	case VIEW_HALF_DOWN:
		return page_down(view, half, count);
	case VIEW_ROW_START:
		return start;
	case VIEW_ROW_END:
		return smaller(start + view->layout.bytes_per_row - 1, limit);
	case VIEW_GROUP_LEFT:
		return groups_left(view, count);
	case VIEW_GROUP_RIGHT:
		return groups_right(view, count);
	case VIEW_START:
		return 0;
	case VIEW_END:
		return limit;
	}
	return cursor;
}

bool view_move(struct view *view, enum view_motion motion, uint64_t count)
{
	view_show(view);
	if (count == 0)
		return false;

	uint64_t offset = target(view, motion, count);

	if (view->text_mode)
		offset = view_character(view, offset).start;

	bool moved = offset != view->cursor || view->nibble != 0;
	view->cursor = offset;
	view->nibble = 0;
	reveal_cursor(view);
	return moved;
}

void view_goto(struct view *view, uint64_t offset)
{
	view_show(view);
	view->cursor = smaller(offset, view_limit(view));
	view->nibble = 0;
	view->wishing = false;
	view->top = view_row(view, view->top).range.start;
	if (view->cursor < view->top || view_cursor_row(view) >= view->rows)
		view_center(view);
	reveal_column(view);
}

void view_center(struct view *view)
{
	view_show(view);
	view->top = smaller(view_rows_up(view, view->cursor, view->rows / 2),
			    last_top(view));
}

static void scroll_window(struct view *view, int64_t rows)
{
	uint64_t last = last_top(view);

	if (rows < 0)
		view->top = view_rows_up(view, view->top, 0 - (uint64_t)rows);
	else if (view->top < last)
		view->top = smaller(view_rows_down(view, view->top,
						   (uint64_t)rows), last);
}

void view_scroll(struct view *view, int64_t rows)
{
	view_show(view);
	wish(view, true);
	scroll_window(view, rows);

	uint64_t offset = view->cursor;

	if (row_start(view, offset) < view->top)
		offset = offset_from_above(view, view->top);
	else if (view_cursor_row(view) >= view->rows)
		offset = offset_from_below(
			view, view_rows_down(view, view->top, view->rows - 1));
	if (offset == view->cursor)
		return;
	view->cursor = offset;
	view->nibble = 0;
	reveal_cursor(view);
}

void view_select(struct view *view, bool on)
{
	if (on && !view->selecting)
		view->anchor = view->cursor;
	view->selecting = on;
	reveal_cursor(view);
}

bool view_selection(const struct view *view, struct range *selection)
{
	if (!view->selecting)
		return false;

	bool forward = view->anchor <= view->cursor;
	uint64_t size = document_size(view->document);
	uint64_t first = forward ? view->anchor : view->cursor;
	uint64_t last = forward ? view->cursor : view->anchor;
	selection->start = smaller(first, size);
	selection->end = view_character(view, last).end;
	return !range_is_empty(*selection);
}

/* The start of the row ROW of the window, also where nothing is any more. */
static uint64_t window_row(const struct view *view, unsigned row)
{
	uint64_t at = view->top;

	while (row-- > 0)
		at = view_row(view, at).range.end;
	return at;
}

struct range view_window(const struct view *view)
{
	uint64_t size = document_size(view->document);

	return (struct range){ smaller(view->top, size),
			       smaller(window_row(view, view->rows), size) };
}

size_t view_parts(const struct view *view, struct range *parts, size_t count)
{
	struct range all = { 0, document_size(view->document) };
	uint64_t at = view->top;
	size_t used = 0;

	for (unsigned i = 0; i < view->rows && at < all.end; i++) {
		struct view_row row = view_row(view, at);
		struct range seen = range_intersect(
			view->text_mode ? row.shown : row.range, all);

		at = row.range.end;
		if (row.folded || row.unknown || range_is_empty(seen))
			continue;
		if (used > 0 && (used == count ||
				 parts[used - 1].end == seen.start))
			parts[used - 1].end = seen.end;
		else
			parts[used++] = seen;
	}
	return used;
}

/* The share ROW of the scroll bar has of the document: its first row is the
 * start, its last one the end. */
static uint64_t scroll_offset(const struct view *view, unsigned row)
{
	uint64_t limit = view_limit(view);
	unsigned parts = view->rows > 1 ? view->rows - 1 : 1;

	return limit / parts * row + limit % parts * row / parts;
}

/* What stands at COLUMN in text mode; *INDEX is the text's column there. */
static enum layout_area text_area(const struct view *view, unsigned column,
				  unsigned *index)
{
	*index = view->left;
	if (column >= view->columns)
		return LAYOUT_NOWHERE;
	if (view_has_scroll(view) && column == view->columns - 1)
		return LAYOUT_SCROLL;
	if (column < view->text_margin)
		return LAYOUT_OFFSET;
	*index += column - view->text_margin;
	return LAYOUT_TEXT;
}

bool view_hit(const struct view *view, unsigned row, unsigned column,
	      enum layout_area *area, uint64_t *offset, unsigned *nibble)
{
	unsigned index;

	*offset = 0;
	*nibble = 0;
	*area = LAYOUT_NOWHERE;
	if (row >= view->rows)
		return false;
	*area = view->text_mode
			? text_area(view, column, &index)
			: layout_hit(&view->layout, column, &index, nibble);
	if (*area == LAYOUT_NOWHERE)
		return false;
	if (*area == LAYOUT_SCROLL) {
		*offset = scroll_offset(view, row);
		return true;
	}

	struct view_row hit = view_row(view, window_row(view, row));

	*offset = hit.range.start;
	if (view->text_mode)
		*offset = view_text_at(view, &hit, index);
	else if (hit.folded)
		*nibble = 0;
	else
		*offset += index;
	return *offset <= view_limit(view);
}

void view_check(const struct view *view)
{
	uint64_t limit = view_limit(view);

	assert(view->columns > 0 && view->rows > 0);
	assert(view->cursor <= limit);
	assert(view->top == view_row(view, view->top).range.start);
	assert(view->top <= view->cursor);
	assert(view_cursor_row(view) < view->rows);
	assert(view->nibble <= 1);
	assert(view->nibble == 0 ||
	       (view_takes_digits(view) && view->mode != VIEW_BROWSE));
	assert(view->left == 0 || !view->text.wrap);
	assert(!view->selecting || view->anchor <= limit);
}
