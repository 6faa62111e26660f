/*
 * view_text_draw: a row of text as cells.
 *
 * A character is drawn with its role without the cursor; what covers is asked
 * for last.  Changes and lost bytes are asked for where the last answer ends,
 * not for each character.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "view_internal.h"

struct text_row {
	const struct view_drawing *drawing;
	const struct view_row *row;
	unsigned place;			/* in the grid */
	bool has_cursor;
	struct range change;		/* the next one, as it is marked; empty:
					 * not asked for yet */
	uint64_t lost_end;		/* so far the answer holds */
	bool lost;
};

/* --- roles --- */

static bool is_changed(struct text_row *row, struct range bytes)
{
	const struct document *document = row->drawing->view->document;
	struct change change;
	uint64_t index;

	if (row->change.end <= bytes.start) {
		row->change = range_of(UINT64_MAX - 1, 1);
		if (document_change_from(document, bytes.start, &change,
					 &index)) {
			row->change = change.now;
			/* A deletion shows at what stands there now. */
			row->change.end += range_is_empty(change.now);
		}
	}
	return range_overlaps(row->change, bytes);
}

static bool is_lost(struct text_row *row, uint64_t offset)
{
	uint64_t length;

	if (offset >= row->lost_end) {
		row->lost = document_lost(row->drawing->view->document, offset,
					  &length);
		row->lost_end = offset + length;
	}
	return row->lost;
}

/* The role of what matches in BYTES, or UNMATCHED. */
static enum role match_role(const struct view_drawing *drawing,
			    struct range bytes, enum role unmatched)
{
	enum role role = unmatched;

	for (size_t i = 0; i < drawing->match_count; i++) {
		const struct view_matches *matches = &drawing->matches[i];
		size_t j = view_first_behind(matches, bytes.start);

		if (j < matches->count &&
		    matches->ranges[j].start < bytes.end)
			role = matches->role;
	}
	return role;
}

static enum role kind_role(const struct text_row *row,
			   const struct glyph *glyph)
{
	switch (glyph->kind) {
	case GLYPH_CONTROL:
		return glyph->character == 0 ? ROLE_ZERO : ROLE_CONTROL;
	case GLYPH_UNSHOWN:
	case GLYPH_INVALID:
		return ROLE_HIGH;
	case GLYPH_TEXT:
	case GLYPH_TAB:
	case GLYPH_NEWLINE:
		break;
	}
	return glyph->color == ROLE_NORMAL && row->row->hidden ? ROLE_HINT
							       : glyph->color;
}

static enum role mark_of(struct text_row *row, struct range bytes,
			 enum role role)
{
	const struct view_drawing *drawing = row->drawing;

	if (range_is_empty(bytes))
		return role;
	if (is_changed(row, bytes))
		role = ROLE_CHANGED;
	role = match_role(drawing, bytes, role);
	return range_overlaps(drawing->selection, bytes) ? ROLE_SELECTION
							 : role;
}

/* --- cells --- */

/* The columns of the text in the window; a newline may stand behind them. */
static unsigned window_end(const struct view *view)
{
	return view->text_margin + view->text_width + 1;
}

/* Where COLUMN of the text is in the grid; UINT32_MAX: not to be seen. */
static unsigned place_of(const struct view *view, unsigned column)
{
	unsigned place = view->text_margin + (column - view->left);

	return column >= view->left && place < window_end(view) &&
			       place < view->columns
		       ? place : UINT32_MAX;
}

static void put(const struct text_row *row, unsigned column,
		uint32_t character, enum role role)
{
	unsigned place = place_of(row->drawing->view, column);

	if (place != UINT32_MAX)
		grid_put(row->drawing->grid, row->place, place, character,
			 role);
}

/* Fills the columns of GLYPH with TEXT, or blanks. */
static void put_text(const struct text_row *row,
		     const struct view_glyph *glyph, const char *text,
		     unsigned length, enum role role)
{
	for (unsigned i = 0; i < glyph->columns; i++)
		put(row, glyph->column + i,
		    i < length ? (unsigned char)text[i] : ' ', role);
}

static void put_character(const struct text_row *row,
			  const struct view_glyph *glyph, enum role role)
{
	const struct view *view = row->drawing->view;
	unsigned last = glyph->column + glyph->columns - 1;
	unsigned place = place_of(view, glyph->column);

	/* Half of a wide one is nothing. */
	if (place == UINT32_MAX || place_of(view, last) == UINT32_MAX ||
	    place + glyph->columns > window_end(view)) {
		put_text(row, glyph, "", 0, role);
		return;
	}
	grid_put(row->drawing->grid, row->place, place,
		 glyph->glyph.character, role);
	for (unsigned i = 0; i < CELL_COMBINING; i++)
		if (glyph->glyph.combining[i])
			grid_combine(row->drawing->grid, row->place, place,
				     glyph->glyph.combining[i]);
}

static void draw_glyph(struct text_row *row, const struct view_glyph *glyph)
{
	const struct view *view = row->drawing->view;
	bool lost = !range_is_empty(glyph->range) &&
		    is_lost(row, glyph->range.start);
	enum role plain = lost ? ROLE_LOST : kind_role(row, &glyph->glyph);
	enum role role = mark_of(row, glyph->range, plain);
	bool cursor = row->has_cursor &&
		      (range_contains(glyph->range, view->cursor) ||
		       glyph->range.start == view->cursor);
	char text[GLYPH_TEXT_SIZE];

	if (cursor)
		role = ROLE_CURSOR;
	if (lost) {
		memset(text, '?', sizeof text);
		put_text(row, glyph, text, sizeof text, role);
	} else if (glyph->glyph.kind == GLYPH_TEXT) {
		put_character(row, glyph, role);
	} else if (glyph->glyph.kind == GLYPH_TAB) {
		put_text(row, glyph, "", 0, role);
	} else if (glyph->glyph.kind == GLYPH_NEWLINE) {
		/* One sees it where something is the matter with it. */
		if (role != plain)
			put_text(row, glyph, "", 0, role);
	} else {
		put_text(row, glyph, text, glyph_text(&glyph->glyph, text),
			 role);
	}
}

static void place_cursor(const struct text_row *row, unsigned column)
{
	const struct view *view = row->drawing->view;
	struct grid *grid = row->drawing->grid;
	unsigned place = place_of(view, column);

	grid->cursor_visible = place < grid->columns &&
			       row->place < grid->rows;
	grid->cursor_row = row->place;
	grid->cursor_column = grid->cursor_visible ? place : 0;
}

static void draw_glyphs(struct text_row *row)
{
	const struct view *view = row->drawing->view;
	struct view_walk walk = view_text_walk(view, row->row);
	unsigned end = view->left + view->text_width;
	struct view_glyph glyph;

	while (view_text_next(&walk, &glyph)) {
		if (glyph.column > end)
			break;
		if (glyph.column + glyph.columns > view->left)
			draw_glyph(row, &glyph);
	}
	if (!row->has_cursor)
		return;
	glyph = view_text_find(view, row->row, view->cursor);
	if (range_is_empty(glyph.range))
		draw_glyph(row, &glyph);
	place_cursor(row, glyph.column);
}

/* --- rows that are no text --- */

static void draw_hole(struct text_row *row)
{
	struct range hole = row->row->shown;
	enum role role = mark_of(row, hole, ROLE_HOLE);

	if (row->has_cursor) {
		role = ROLE_CURSOR;
		place_cursor(row, row->drawing->view->left);
	}
	view_draw_hole(row->drawing, row->place,
		       row->drawing->view->text_margin, hole, role);
}

static void draw_number(const struct text_row *row)
{
	const struct view *view = row->drawing->view;
	char text[32];
	uint64_t number;

	if (view->text_margin == 0 || !row->row->begins_line ||
	    !view->lines.number(view->lines.context, row->row->shown.start,
				&number))
		return;
	snprintf(text, sizeof text, "%*" PRIu64, (int)view->text_margin - 1,
		 number);
	grid_text(row->drawing->grid, row->place, 0, view->text_margin - 1,
		  text, ROLE_OFFSET);
}

void view_text_draw(const struct view_drawing *drawing, unsigned place,
		    const struct view_row *shown)
{
	const struct view *view = drawing->view;
	struct text_row row = {
		.drawing = drawing,
		.row = shown,
		.place = place,
		.has_cursor = range_contains(shown->range, view->cursor),
	};

	if (shown->range.start > view_limit(view))
		return;
	if (shown->unknown) {
		grid_text(drawing->grid, place, view->text_margin,
			  view->text_width, "not looked at yet", ROLE_HINT);
		return;
	}
	draw_number(&row);
	if (shown->folded)
		draw_hole(&row);
	else
		draw_glyphs(&row);
}
