/*
 * grid: the screen as data: rows and columns of cells, each a character and
 * the role it plays.  Views draw into it; a terminal shows it, a test prints
 * it.  Colours are chosen by who shows it, from the role alone.
 *
 * Rows and columns count from 0 at the top left.  Drawing outside the grid is
 * ignored.  Everything put into a cell is safe for a terminal: what is not
 * printable is shown escaped by grid_text, and refused by grid_put.
 */
#ifndef OCTAVO_GRID_H
#define OCTAVO_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum role {
	ROLE_NORMAL,
	ROLE_OFFSET,		/* the offset column */
	ROLE_ZERO,		/* bytes by kind */
	ROLE_PRINTABLE,
	ROLE_SPACE,
	ROLE_CONTROL,
	ROLE_HIGH,
	ROLE_LOST,		/* ?? : bytes that are gone */
	ROLE_HOLE,		/* a line for many bytes that are none */
	ROLE_CHANGED,		/* edited, not yet written */
	ROLE_INK_RED,		/* text in a colour: of a log's own, or of */
	ROLE_INK_GREEN,		/* levels and times */
	ROLE_INK_YELLOW,
	ROLE_INK_BLUE,
	ROLE_INK_MAGENTA,
	ROLE_INK_CYAN,
	ROLE_RED,		/* matches of a highlight, by its colour */
	ROLE_GREEN,
	ROLE_YELLOW,
	ROLE_BLUE,
	ROLE_MAGENTA,
	ROLE_CYAN,
	ROLE_REVERSE,
	ROLE_MATCH,
	ROLE_SELECTION,
	ROLE_CURSOR,		/* in the pane that has it */
	ROLE_CURSOR_OTHER,	/* the same byte in the other pane */
	ROLE_STATUS,
	ROLE_STATUS_MODE,	/* the mode word when editing or selecting */
	ROLE_STATUS_OTHER,	/* of a window that has not the focus */
	ROLE_MESSAGE,
	ROLE_ERROR,
	ROLE_BANNER,		/* something happened to the file */
	ROLE_KEY,		/* F1 */
	ROLE_KEY_LABEL,		/* Help */
	ROLE_PROMPT,		/* what the prompt says */
	ROLE_INPUT,		/* what is typed there */
	ROLE_HINT,		/* the help line of a command being typed */
	ROLE_SCROLL,		/* scroll bar */
	ROLE_SCROLL_THUMB,
	ROLE_TITLE,		/* of a panel */
	ROLE_COUNT
};

struct role_entry {
	const char *name;
	const char *help;
};

/* One entry for each role, by its number. */
extern const struct role_entry roles[ROLE_COUNT];

enum { CELL_COMBINING = 2 };	/* marks on a character, at most */

struct cell {
	uint32_t character;	/* 0: the right half of a wide one */
	uint8_t role;
	uint32_t combining[CELL_COMBINING];	/* what is put over it; 0: none */
};

struct grid {
	unsigned columns;
	unsigned rows;
	struct cell *cells;	/* row after row */
	unsigned stride;	/* cells from one row to the next */
	bool cursor_visible;	/* where the terminal's cursor belongs */
	unsigned cursor_row;
	unsigned cursor_column;
};

/* Blank, ROLE_NORMAL, no cursor; NULL where there is no memory. */
struct grid *grid_new(unsigned columns, unsigned rows);
void grid_free(struct grid *grid);
/* Another size; blank afterwards.  False: no memory, the grid is as before. */
bool grid_resize(struct grid *grid, unsigned columns, unsigned rows);
void grid_clear(struct grid *grid);

/*
 * The part of GRID with its top left at ROW, COLUMN, cut to it: a grid of its
 * own that shares the cells, for those who draw without knowing what stands
 * beside them.  It has a cursor of its own, and nothing to be freed; it holds
 * until GRID is resized or freed, and must not be resized itself.
 */
struct grid grid_part(const struct grid *grid, unsigned row, unsigned column,
		      unsigned columns, unsigned rows);

void grid_put(struct grid *grid, unsigned row, unsigned column,
	      uint32_t character, enum role role);
/* Puts the combining CHARACTER over what stands there, the left half of it;
 * false where there is no room, or it is none: it must be shown otherwise. */
bool grid_combine(struct grid *grid, unsigned row, unsigned column,
		  uint32_t character);
void grid_fill(struct grid *grid, unsigned row, unsigned column,
	       unsigned width, uint32_t character, enum role role);
/* Draws TEXT (UTF-8 or raw bytes, LENGTH of them) escaped, in at most WIDTH
 * columns; returns the columns used. */
unsigned grid_bytes(struct grid *grid, unsigned row, unsigned column,
		    unsigned width, const char *text, size_t length,
		    enum role role);
/* The same for a NUL-terminated string. */
unsigned grid_text(struct grid *grid, unsigned row, unsigned column,
		   unsigned width, const char *text, enum role role);

/* The cell at a place that is in the grid. */
const struct cell *grid_cell(const struct grid *grid, unsigned row,
			     unsigned column);

/* The whole grid as UTF-8 lines without trailing blanks, each ended by a
 * newline; to be freed.  NULL: no memory. */
char *grid_to_text(const struct grid *grid);

/* Asserts that every cell is fit for a terminal. */
void grid_check(const struct grid *grid);

#endif
