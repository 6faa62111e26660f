/*
 * screen: the whole screen of an editor, drawn into a grid: the windows, each
 * with banner, view and status line, or a panel over them; message or prompt
 * line, function keys.
 *
 *   rows >= 6   view ... / status / message or prompt / function keys
 *   rows >= 3   view ... / status / message, prompt or function keys
 * Windows that have no room all together are not shown but for the one with
 * the focus.
 * Below 20 columns or 3 rows only a hint is drawn.
 */
#ifndef OCTAVO_SCREEN_H
#define OCTAVO_SCREEN_H

#include "octavo/editor.h"

enum { SCREEN_COLUMNS_MINIMUM = 20, SCREEN_ROWS_MINIMUM = 3 };

/* Fits the views to the grid and draws all of it. */
void screen_draw(struct editor *editor, struct grid *grid);

/* What stands at a place of the grid. */
struct screen_place {
	size_t window;
	bool in_view;		/* not on its status line or banner */
	unsigned row;		/* in the view */
	unsigned column;
};

/* Which window is there: for the mouse.  False where there is none. */
bool screen_hit(const struct editor *editor, const struct grid *grid,
		unsigned row, unsigned column, struct screen_place *hit);

/* The rows of the grid that a panel covers. */
void screen_panel_rows(const struct editor *editor, const struct grid *grid,
		       unsigned *first, unsigned *rows);

#endif
