/*
 * screen_window: the part of the screen above the lower lines.
 */
#ifndef OCTAVO_SCREEN_WINDOW_H
#define OCTAVO_SCREEN_WINDOW_H

#include "octavo/editor.h"

/* Rows of GRID, from the top, that the windows have. */
unsigned screen_windows_rows(const struct grid *grid);
/* Fits the views to their places, and draws them with their status lines. */
void screen_windows_draw(struct editor *editor, struct grid *grid);

unsigned screen_percent(uint64_t part, uint64_t whole);
/* NUMBER with commas; returns TEXT. */
const char *screen_grouped(uint64_t number, char text[32]);

#endif
