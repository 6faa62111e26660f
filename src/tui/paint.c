/*
 * paint: a grid onto the terminal.
 *
 * ncurses compares with what the terminal shows and sends the difference.
 * Rows that are as they were are not even handed to it, so a frame costs
 * what has changed.
 *
 * A blank between two cells, where its own role shows nothing, takes the
 * colour of the cell before: it looks the same and costs no sequence.
 * Blanks at the end of a row have none, so that they can be erased at once.
 */
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "tui/tui_internal.h"

static struct {
	struct grid *shown;
	bool valid;		/* `shown` is what ncurses was given */
	bool utf8;
	cchar_t *row;
} state;

bool paint_start(struct error *error)
{
	state.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	state.shown = grid_new(1, 1);
	state.valid = false;
	return state.shown || error_set_memory(error);
}

void paint_stop(void)
{
	grid_free(state.shown);
	free(state.row);
	state.shown = NULL;
	state.row = NULL;
}

void paint_forget(void)
{
	state.valid = false;
}

static bool paint_same(const struct cell *one, const struct cell *other,
		       unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (one[i].character != other[i].character ||
		    one[i].role != other[i].role ||
		    memcmp(one[i].combining, other[i].combining,
			   sizeof one[i].combining) != 0)
			return false;
	return true;
}

/* What of CHARACTER the terminal can show.  The grid refuses what is unsafe;
 * this room relies on nobody all the same. */
static wchar_t paint_character(uint32_t character)
{
	if (character >= 0x20 && character < 0x7f)
		return (wchar_t)character;
	if (!state.utf8)
		return character == 0 ? L' ' : L'?';
	return wcwidth((wchar_t)character) > 0 ? (wchar_t)character : L'?';
}

/* The character of CELL and what combines with it. */
static void paint_text(const struct cell *cell,
		       wchar_t text[2 + CELL_COMBINING])
{
	unsigned length = 0;
	text[length++] = paint_character(cell->character);
	for (unsigned i = 0; i < CELL_COMBINING && state.utf8; i++) {
		wchar_t mark = (wchar_t)cell->combining[i];
		if (mark != 0 && wcwidth(mark) == 0)
			text[length++] = mark;
	}
	text[length] = 0;
}

static unsigned paint_used(const struct cell *cells, unsigned count)
{
	while (count > 0 && cells[count - 1].character == ' ' &&
	       colors_style((enum role)cells[count - 1].role).ink_only)
		count--;
	return count;
}

/* CELLS as ncurses wants them, in state.row; how many. */
static int paint_convert(const struct cell *cells, unsigned count)
{
	unsigned used = paint_used(cells, count);
	struct style before = { .ink_only = false };
	int made = 0;
	for (unsigned i = 0; i < count; i++) {
		/* A wide character brings its right half itself. */
		if (cells[i].character == 0 && state.utf8)
			continue;
		struct style style = colors_style((enum role)cells[i].role);
		if (cells[i].character == ' ' && style.ink_only) {
			style = colors_style(ROLE_NORMAL);
			if (i < used && before.ink_only)
				style = before;
		}
		wchar_t text[2 + CELL_COMBINING];
		paint_text(&cells[i], text);
		setcchar(&state.row[made++], text, style.attributes,
			 style.pair, NULL);
		before = style;
	}
	return made;
}

/* Makes room for GRID; what was shown is forgotten. */
static bool paint_resize(const struct grid *grid)
{
	state.valid = false;
	cchar_t *row = realloc(state.row, grid->columns * sizeof(*row));
	if (!row)
		return false;
	state.row = row;
	return grid_resize(state.shown, grid->columns, grid->rows);
}

void paint_grid(const struct grid *grid)
{
	struct grid *shown = state.shown;
	if ((shown->columns != grid->columns || shown->rows != grid->rows ||
	     !state.row) && !paint_resize(grid))
		return;
	for (unsigned row = 0; row < grid->rows; row++) {
		size_t start = (size_t)row * grid->columns;
		const struct cell *cells = grid->cells + start;
		struct cell *old = shown->cells + start;
		if (state.valid && paint_same(cells, old, grid->columns))
			continue;
		int count = paint_convert(cells, grid->columns);
		mvadd_wchnstr((int)row, 0, state.row, count);
		memcpy(old, cells, grid->columns * sizeof(*cells));
	}
	state.valid = true;
	curs_set(grid->cursor_visible ? 1 : 0);
	if (grid->cursor_visible)
		move((int)grid->cursor_row, (int)grid->cursor_column);
	refresh();
}
