/*
 * screen: the whole screen of an editor, drawn into a grid: banner, view or
 * panel, status line, message or prompt line, function keys.
 *
 *   rows >= 6   view ... / status / message or prompt / function keys
 *   rows >= 3   view ... / status / message, prompt or function keys
 * Below 20 columns or 3 rows only a hint is drawn.
 */
#ifndef OCTAVO_SCREEN_H
#define OCTAVO_SCREEN_H

#include "octavo/editor.h"

enum { SCREEN_COLUMNS_MINIMUM = 20, SCREEN_ROWS_MINIMUM = 3 };

/* Fits the view of the current buffer to the grid and draws all of it. */
void screen_draw(struct editor *editor, struct grid *grid);

/* The row of the grid where the view begins and how many rows it has: for the
 * mouse. */
void screen_view_rows(const struct editor *editor, const struct grid *grid,
		      unsigned *first, unsigned *rows);

#endif
