/*
 * panel: text that covers the view for a while: help, the output of a command
 * of several lines.  Lines are kept as they came; they are escaped when drawn.
 */
#ifndef OCTAVO_PANEL_H
#define OCTAVO_PANEL_H

#include <stdbool.h>
#include <stddef.h>

#include "octavo/grid.h"

struct panel {
	char title[80];
	char *text;
	size_t length;
	size_t *lines;		/* where each line starts */
	size_t count;
	size_t top;		/* the first line shown */
	size_t rows;		/* lines that the last drawing had room for */
};

/* Shows TEXT (LENGTH bytes, copied) from its first line on.  False: no
 * memory, the panel is empty. */
bool panel_set(struct panel *panel, const char *title, const char *text,
	       size_t length);
void panel_clear(struct panel *panel);
bool panel_visible(const struct panel *panel);
void panel_scroll(struct panel *panel, long lines);
void panel_draw(struct panel *panel, struct grid *grid, unsigned first_row,
		unsigned rows);

#endif
