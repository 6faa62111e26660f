/*
 * view: a window onto a document: cursor, selection, panes; and how that
 * looks in a grid.
 *
 * A plain struct; its members may be read by anybody, and are changed only by
 * the functions here.  Offsets are document offsets.
 *
 * Invariants (view_check)
 *  1. cursor < size, or <= size while mode is an editing one (one past the
 *     last byte is where appending goes on), or 0 in an empty document.
 *  2. top is the start of a row of the screen, and the cursor's row is in
 *     the window (after view_show).
 *  3. nibble is 0 or 1, and 0 in the text pane and while browsing.
 * The document may shrink under a view, and the file's holes may come and go:
 * call view_show after every edit and before drawing.
 *
 * Folds
 *   Rows of bytes that lie wholly in a hole of the file are folded: three or
 *   more of them are one row of the screen, a line that says how long it is.
 *   The cursor's row is never folded, nor that of the selection's other end;
 *   what lies between and around them is.  So one comes into a hole by going
 *   to an offset there, and going by rows one comes to its far end at once.
 *   Whatever is done costs as much as there are rows on the screen, however
 *   large the document and however many its holes are; of a count of rows,
 *   some hundreds are counted as they are on the screen, the others as if
 *   nothing was folded.
 */
#ifndef OCTAVO_VIEW_H
#define OCTAVO_VIEW_H

#include "octavo/document.h"
#include "octavo/grid.h"
#include "octavo/layout.h"
#include "octavo/range.h"

enum view_pane { VIEW_HEX, VIEW_TEXT };

enum view_mode {
	VIEW_BROWSE,
	VIEW_OVERWRITE,
	VIEW_INSERT,
	VIEW_REPLACE_ONE,	/* `r`: the next byte typed replaces one */
};

enum view_motion {
	VIEW_LEFT,		/* by bytes */
	VIEW_RIGHT,
	VIEW_UP,		/* by rows */
	VIEW_DOWN,
	VIEW_PAGE_UP,
	VIEW_PAGE_DOWN,
	VIEW_HALF_UP,
	VIEW_HALF_DOWN,
	VIEW_ROW_START,
	VIEW_ROW_END,
	VIEW_GROUP_LEFT,	/* to the start of a group */
	VIEW_GROUP_RIGHT,
	VIEW_START,
	VIEW_END,		/* the last byte */
};

struct view {
	struct document *document;
	struct layout_options options;
	struct layout layout;
	unsigned columns;	/* of the window */
	unsigned rows;
	uint64_t top;		/* offset of the first byte shown */
	uint64_t cursor;
	unsigned nibble;	/* which digit the cursor is on */
	enum view_pane pane;
	enum view_mode mode;
	bool folding;
	bool text_mode;		/* lines, not rows of bytes */
	bool selecting;
	uint64_t anchor;	/* the selection's other end */
};

/* A window of 80x24 on DOCUMENT, cursor at 0, holes folded. */
void view_init(struct view *view, struct document *document);

/* A window of COLUMNS by ROWS (both at least 1), or other options: keeps the
 * cursor, and its row on the screen about where it was. */
void view_resize(struct view *view, unsigned columns, unsigned rows);
void view_set_options(struct view *view, const struct layout_options *options);

/* Folds holes or shows all of them; the cursor keeps its row on the screen. */
void view_set_folding(struct view *view, bool folding);

/* Cuts cursor and anchor to the document and scrolls the cursor's row into
 * the window, as little as possible. */
void view_show(struct view *view);

void view_set_mode(struct view *view, enum view_mode mode);
void view_set_pane(struct view *view, enum view_pane pane);
/* To the digit NIBBLE of the cursor's byte, where the invariants allow it;
 * every other motion goes to the first one. */
void view_set_nibble(struct view *view, unsigned nibble);

/*
 * Moves the cursor; false if it was already as far as it goes.  In an editing
 * mode VIEW_LEFT and VIEW_RIGHT move by bytes as well.  Pages and half pages
 * move the window with the cursor, which keeps its row on the screen; in the
 * first or last row they go to the first or last byte.  COUNT means nothing
 * to the ends of a row and of the document.
 */
bool view_move(struct view *view, enum view_motion motion, uint64_t count);
/* To OFFSET, cut to the document; if that is outside the window its row comes
 * to the middle. */
void view_goto(struct view *view, uint64_t offset);
/* Scrolls by rows without moving the cursor unless it would leave. */
void view_scroll(struct view *view, int64_t rows);
/* Puts the cursor's row into the middle. */
void view_center(struct view *view);

/* Which row of the window the cursor is in, from 0; as many as there are where
 * it is below. */
unsigned view_cursor_row(const struct view *view);

/* On: from the cursor on, unless a selection goes on already. */
void view_select(struct view *view, bool on);
/* The selected bytes, cursor included; false where nothing is selected. */
bool view_selection(const struct view *view, struct range *selection);

/* The bytes in the window, cut to the document. */
struct range view_window(const struct view *view);

/* The byte at a place of the window, for a fold its first one: false where
 * there is none.  *AREA says on what; for LAYOUT_SCROLL *OFFSET is where a jump
 * goes. */
bool view_hit(const struct view *view, unsigned row, unsigned column,
	      enum layout_area *area, uint64_t *offset, unsigned *nibble);

/* Matches of one pattern: ascending, may reach out of the window. */
struct view_matches {
	const struct range *ranges;
	size_t count;
	enum role role;
};

/*
 * Draws the window into GRID from FIRST_ROW on, and places the grid's cursor.
 * The MATCHES of COUNT patterns are marked, the later ones over the earlier.
 * What covers what: cursor, selection, match, changed, lost, kind of byte.
 * Where bytes were deleted, the byte after the place is marked as changed.
 */
void view_draw(const struct view *view, struct grid *grid, unsigned first_row,
	       const struct view_matches *matches, size_t count);

void view_check(const struct view *view);

#endif
