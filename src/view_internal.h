/*
 * What the files of the view room share: the rows of the screen.
 *
 * The document is parted into rows of bytes_per_row bytes.  On the screen a
 * row is one of these, or a fold: several of them that lie wholly in a hole.
 * Where one ends the next begins.  The cursor's row is never part of a fold,
 * nor is that of the selection's other end, so a fold is selected as a whole
 * or not at all.  Moving the cursor, selecting and editing change the rows.
 *
 * In text mode (view_text.c) a line, or the part of a long one, is a row or
 * several.  Rows follow each other without a gap there as well: lines that are
 * not shown belong to the row before them, or to the first.
 */
#ifndef OCTAVO_VIEW_INTERNAL_H
#define OCTAVO_VIEW_INTERNAL_H

#include "characters.h"
#include "octavo/view.h"

struct view_row {
	struct range range;	/* whole rows of bytes, also past the end */
	bool folded;
	/* the others are for text mode */
	struct range shown;	/* the bytes that stand in it */
	struct range part;	/* of the line's part that it is of */
	enum role color;	/* that of its first character */
	bool begins_line;
	bool hidden;		/* shown only because the cursor is there */
	bool unknown;		/* not known what there is to be shown */
};

/* The last offset that the cursor may have. */
uint64_t view_limit(const struct view *view);

/* The row of the screen that OFFSET belongs to. */
struct view_row view_row(const struct view *view, uint64_t offset);

/* The start of the row that is ROWS below OFFSET's, or above it; of the last
 * or the first where there are fewer.  Only so many are looked at; beyond
 * these, as many rows of bytes are taken. */
uint64_t view_rows_down(const struct view *view, uint64_t offset,
			uint64_t rows);
uint64_t view_rows_up(const struct view *view, uint64_t offset,
		      uint64_t rows);

/* --- text mode --- */

/* Margin and width of the text by the window's columns; what was laid out is
 * not to be relied on any more. */
void view_text_lay_out(struct view *view);

struct view_row view_text_row(const struct view *view, uint64_t offset);

/* The line of OFFSET, up to TEXT_LINE_LOOK before its part and from there on;
 * where only some lines are shown, the part. */
struct range view_text_line(const struct view *view, uint64_t offset);

/* A character in its row. */
struct view_glyph {
	struct glyph glyph;
	struct range range;	/* its bytes in the document */
	unsigned column;	/* from the row's start */
	unsigned columns;
};

/* Goes through the characters of a row. Nothing else may be asked of the view
 * between. */
struct view_walk {
	struct glyphs glyphs;
	uint64_t base;		/* offset of their first byte */
	size_t end;		/* of the row in them */
	unsigned column;
	unsigned tab;
	unsigned width;
};

struct view_walk view_text_walk(const struct view *view,
				const struct view_row *row);
bool view_text_next(struct view_walk *walk, struct view_glyph *glyph);

/* The character that OFFSET belongs to in its ROW; where it belongs to none,
 * behind the last one: a blank. */
struct view_glyph view_text_find(const struct view *view,
				 const struct view_row *row, uint64_t offset);
/* Where the cursor goes in ROW to be in COLUMN, or the last before it. */
uint64_t view_text_at(const struct view *view, const struct view_row *row,
		      unsigned column);

/* Where a MOTION goes that text mode has its own way of: by characters, words,
 * and to the ends of a row. */
uint64_t view_text_target(const struct view *view, enum view_motion motion,
			  uint64_t count);

/* --- drawing --- */

struct view_drawing {
	const struct view *view;
	struct grid *grid;
	const struct view_matches *matches;
	size_t match_count;
	struct range selection;
};

/* The first of MATCHES that ends behind OFFSET. */
size_t view_first_behind(const struct view_matches *matches, uint64_t offset);
void view_draw_hole(const struct view_drawing *drawing, unsigned place,
		    unsigned column, struct range hole, enum role role);
void view_text_draw(const struct view_drawing *drawing, unsigned place,
		    const struct view_row *row);

#endif
