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
 *  4. In text mode of a document that is wrapped, left is 0.
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
 *
 * Text mode
 *   The same questions have other answers: a row is what of a line fits the
 *   window, and a character may be several bytes.  The cursor is on all of
 *   them; where a motion puts it, on the first.  Rows depend on the document,
 *   the window's width and the options, not on the cursor, and are found from
 *   the bytes around an offset alone: a line that is longer than
 *   TEXT_LINE_MAXIMUM (sizes.h) is parted near its multiples.  Colours, wide
 *   and combined characters do not go across these.
 *   A hole is one row on which the cursor can be, as if it was a character.
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

struct text_options {
	bool wrap;		/* lines go on in the next row; else one sees
				 * as much of them as fits */
	bool colors;		/* ANSI sequences colour, else they are shown */
	bool numbers;		/* of lines in a margin, if somebody knows */
	unsigned tab;		/* columns between two stops, at least 1 */
	unsigned encoding;	/* an enum encoding_form (src/encoding.h) */
};

enum view_line {
	VIEW_LINE_FOUND,
	VIEW_LINE_NONE,
	VIEW_LINE_UNKNOWN,	/* nobody has looked there yet */
};

/*
 * What others know of the lines of the document; members may be NULL.
 *
 * With `from` and `before` only some lines are shown, of one that has parts
 * the first part; and where the cursor is.  Where it is not known which, there
 * is a row that says so.  The answers may change from one question to the next;
 * call view_show when they have.
 */
struct view_lines {
	void *context;
	/* The number, from 1, of the line in which OFFSET is, if known. */
	bool (*number)(void *context, uint64_t offset, uint64_t *number);
	/* The first shown line that begins at or behind OFFSET; the last one
	 * that begins before it. */
	enum view_line (*from)(void *context, uint64_t offset,
			       uint64_t *start);
	enum view_line (*before)(void *context, uint64_t offset,
				 uint64_t *start);
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
	bool selecting;
	uint64_t anchor;	/* the selection's other end */
	bool text_mode;
	struct text_options text;
	struct view_lines lines;
	unsigned text_margin;	/* columns before the text */
	unsigned text_width;	/* columns of the text */
	unsigned left;		/* the first of them that is shown */
	unsigned wish;		/* the column in which one goes up and down */
	bool wishing;		/* since that was begun */
};

/* A window of 80x24 on DOCUMENT, cursor at 0, holes folded. */
void view_init(struct view *view, struct document *document);

/* A window of COLUMNS by ROWS (both at least 1), or other options: keeps the
 * cursor, and its row on the screen about where it was. */
void view_resize(struct view *view, unsigned columns, unsigned rows);
void view_set_options(struct view *view, const struct layout_options *options);

/* Hex mode or text mode, with the cursor on the same byte and, about, in the
 * same row of the screen. */
void view_set_text_mode(struct view *view, bool text_mode);
void view_set_text_options(struct view *view,
			   const struct text_options *options);
/* What a newline is in the view's encoding: a newline_form (src/newline.h). */
unsigned view_newline_form(const struct view *view);
/* Who knows of the document's lines from now on. */
void view_set_lines(struct view *view, const struct view_lines *lines);
/* Where one is, coming from FROM, if one keeps to lines that are shown: there,
 * if its line is; else where the next such line begins, or the last one before
 * it.  There too, where all lines are shown; of one that is very long, where
 * that is not easily told. */
enum view_line view_nearest_shown(const struct view *view, uint64_t from,
				  uint64_t *offset);

/* Folds holes or shows all of them; the cursor keeps its row on the screen. */
void view_set_folding(struct view *view, bool folding);

/* Cuts cursor and anchor to the document and scrolls the cursor's row into
 * the window, as little as possible. */
void view_show(struct view *view);

void view_set_mode(struct view *view, enum view_mode mode);
/* Text mode has no panes: there it means nothing. */
void view_set_pane(struct view *view, enum view_pane pane);
/* Are hex digits typed, not characters? */
bool view_takes_digits(const struct view *view);
/* To the digit NIBBLE of the cursor's byte, where the invariants allow it;
 * every other motion goes to the first one. */
void view_set_nibble(struct view *view, unsigned nibble);

/*
 * Moves the cursor; false if it was already as far as it goes.  In an editing
 * mode VIEW_LEFT and VIEW_RIGHT move by bytes as well.  Pages and half pages
 * move the window with the cursor, which keeps its row on the screen; in the
 * first or last row they go to the first or last byte.  COUNT means nothing
 * to the ends of a row and of the document.
 *
 * In text mode left and right are by characters, up and down keep the column
 * in which they were begun, a row's ends are those of its line, of which
 * browsing goes to the last character before the newline, and groups are
 * words.
 */
bool view_move(struct view *view, enum view_motion motion, uint64_t count);
/* To OFFSET, cut to the document, in text mode also into a character; if that
 * is outside the window its row comes to the middle. */
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

/* The bytes of what the cursor is on when it is at OFFSET: one in hex mode, in
 * text mode those of a character; none at the end. */
struct range view_character(const struct view *view, uint64_t offset);
/* In text mode: is that a newline, or no character at all? */
bool view_at_newline(const struct view *view, uint64_t offset);
/* The start of the line in which OFFSET is; false where that is too far away
 * to be known. */
bool view_line_start(const struct view *view, uint64_t offset,
		     uint64_t *start);

/* The bytes in the window, cut to the document. */
struct range view_window(const struct view *view);

/* The PARTS of the document that can be seen there, ascending, at most COUNT of
 * them (of more the last has all the rest): between them lines are hidden, or
 * holes folded. */
size_t view_parts(const struct view *view, struct range *parts, size_t count);

/* The byte at a place of the window, for a fold its first one: false where
 * there is none.  *AREA says on what; for LAYOUT_SCROLL *OFFSET is where a jump
 * goes. */
bool view_hit(const struct view *view, unsigned row, unsigned column,
	      enum layout_area *area, uint64_t *offset, unsigned *nibble);

/* Is the window's last column a scroll bar? */
bool view_has_scroll(const struct view *view);

/* Matches of one pattern: ascending, may reach out of the window. */
struct view_matches {
	const struct range *ranges;
	size_t count;
	enum role role;
};

/*
 * Draws the window into GRID from FIRST_ROW on, and places the grid's cursor.
 * The MATCHES of COUNT patterns are marked, the later ones over the earlier.
 * What covers what: cursor, selection, match, changed, lost, ANSI colour, kind
 * of byte.
 * Where bytes were deleted, the byte after the place is marked as changed.
 */
void view_draw(const struct view *view, struct grid *grid, unsigned first_row,
	       const struct view_matches *matches, size_t count);

void view_check(const struct view *view);

#endif
