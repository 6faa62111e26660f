/*
 * panel: what covers the view for a while: a text that is scrolled (help, the
 * output of a command of several lines), or a list in which one walks
 * (changes, states, matches, buffers).
 *
 * Lines are asked for when they are drawn, so a list of a million lines costs
 * what the screen shows of it.  They are escaped when drawn.
 *
 * In a list one line is selected.  What can be done with it are actions, which
 * have names ("go" leaves the list for what the line is about, "remove" takes
 * that away, "edit" makes it another); an action on a line is a line of the
 * command language.
 */
#ifndef OCTAVO_PANEL_H
#define OCTAVO_PANEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "octavo/grid.h"

/* Where the lines come from; asked anew each time, so they may change, be
 * fewer or be gone. */
struct panel_source {
	uint64_t (*count)(void *context);
	/* Line INDEX (< count) in TEXT, at most SIZE bytes; returns its
	 * length.  It will be shown in COLUMNS. */
	size_t (*line)(void *context, uint64_t index, unsigned columns,
		       char *text, size_t size);
	/* The command line for ACTION on line INDEX (< count) in TEXT; false
	 * where there is none.  NULL: a text, in which nothing is selected. */
	bool (*command)(void *context, uint64_t index, const char *action,
			char *text, size_t size);
	void (*free)(void *context);	/* or NULL */
	bool stays;		/* "go" does not leave it */
	void *context;
	/* What keys do, as in keymap_expand; NULL in a text. */
	const char *hint;
};

struct panel {
	char title[80];
	struct panel_source source;
	uint64_t top;		/* the first line shown */
	uint64_t selected;	/* in a list */
	unsigned rows;		/* lines that the last drawing had room for */
	unsigned title_rows;	/* and above them */
};

/* Shows TEXT (LENGTH bytes, copied) from its first line on.  False: no
 * memory, the panel is empty. */
bool panel_set(struct panel *panel, const char *title, const char *text,
	       size_t length);
/* Shows the lines of SOURCE (copied), whose context it frees in the end, with
 * line SELECTED selected. */
void panel_open(struct panel *panel, const char *title,
		const struct panel_source *source, uint64_t selected);
void panel_clear(struct panel *panel);

bool panel_visible(const struct panel *panel);
bool panel_is_list(const struct panel *panel);
uint64_t panel_count(const struct panel *panel);

/* Moves the selection, or in a text the window, by LINES. */
void panel_move(struct panel *panel, int64_t lines);
/* Moves the window, and the selection only where it would leave it. */
void panel_scroll(struct panel *panel, int64_t lines);
/* To the line at ROW of the last drawing, 0 being its first_row.  False where
 * there is none, or nothing can be selected. */
bool panel_select(struct panel *panel, unsigned row);

/* The command line for ACTION on the selected line in TEXT; false where there
 * is none. */
bool panel_command(struct panel *panel, const char *action, char *text,
		   size_t size);

void panel_draw(struct panel *panel, struct grid *grid, unsigned first_row,
		unsigned rows);

#endif
