/*
 * grid: the screen as data.
 *
 * Invariants (grid_check)
 *  1. A cell's character is one that escape_width gives a width, or 0.
 *  2. A cell of character 0 is the right half of the wide character in the
 *     cell before it, and a wide character is always followed by one.
 *  3. A role is below ROLE_COUNT.
 *  4. A cursor that can be seen is in the grid.
 *  5. Only characters that escape_combines are over others, and none over the
 *     right half of one.
 * So whoever shows a grid can send it to a terminal as it is.
 */
#include "octavo/grid.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "octavo/escape.h"

const struct role_entry roles[ROLE_COUNT] = {
	[ROLE_NORMAL] = { "normal", "everything without another role" },
	[ROLE_OFFSET] = { "offset", "the offset column" },
	[ROLE_ZERO] = { "zero", "zero bytes" },
	[ROLE_PRINTABLE] = { "printable", "printable characters, 20 to 7e" },
	[ROLE_SPACE] = { "space", "white space that moves: 09 to 0d" },
	[ROLE_CONTROL] = { "control", "other control characters" },
	[ROLE_HIGH] = { "high", "bytes from 80 on" },
	[ROLE_LOST] = { "lost", "bytes that are gone from the file" },
	[ROLE_HOLE] = { "hole", "the line for a hole of the file" },
	[ROLE_CHANGED] = { "changed", "edited and not yet written" },
	[ROLE_INK_RED] = { "ink-red", "red text in a log, and errors" },
	[ROLE_INK_GREEN] = { "ink-green", "green text" },
	[ROLE_INK_YELLOW] = { "ink-yellow", "yellow text, and warnings" },
	[ROLE_INK_BLUE] = { "ink-blue", "blue text" },
	[ROLE_INK_MAGENTA] = { "ink-magenta", "magenta text" },
	[ROLE_INK_CYAN] = { "ink-cyan", "cyan text, and times" },
	[ROLE_RED] = { "red", "what a red highlight found" },
	[ROLE_GREEN] = { "green", "what a green one found" },
	[ROLE_YELLOW] = { "yellow", "what a yellow one found" },
	[ROLE_BLUE] = { "blue", "what a blue one found" },
	[ROLE_MAGENTA] = { "magenta", "what a magenta one found" },
	[ROLE_CYAN] = { "cyan", "what a cyan one found" },
	[ROLE_REVERSE] = { "reverse", "what one in reverse found" },
	[ROLE_MATCH] = { "match", "what a search found" },
	[ROLE_SELECTION] = { "selection", "the selected bytes" },
	[ROLE_CURSOR] = { "cursor", "the cursor in its pane" },
	[ROLE_CURSOR_OTHER] = { "cursor-other",
				"the cursor's byte in the other pane" },
	[ROLE_STATUS] = { "status", "the status line" },
	[ROLE_STATUS_MODE] = { "status-mode",
			       "the mode, when editing or selecting" },
	[ROLE_STATUS_OTHER] = { "status-other", "the status line of a window "
				"without the focus, and what parts windows" },
	[ROLE_MESSAGE] = { "message", "what the program says" },
	[ROLE_ERROR] = { "error", "what went wrong" },
	[ROLE_BANNER] = { "banner", "something happened to the file" },
	[ROLE_KEY] = { "key", "the name of a function key" },
	[ROLE_KEY_LABEL] = { "key-label", "what a function key does" },
	[ROLE_PROMPT] = { "prompt", "what the prompt asks" },
	[ROLE_INPUT] = { "input", "what is typed at the prompt" },
	[ROLE_HINT] = { "hint", "help on what is being typed" },
	[ROLE_SCROLL] = { "scroll", "the scroll bar" },
	[ROLE_SCROLL_THUMB] = { "scroll-thumb",
				"the part of the file that is shown" },
	[ROLE_TITLE] = { "title", "the title of a panel" },
};

static struct cell *cells_new(unsigned columns, unsigned rows)
{
	if (columns == 0 || rows == 0)
		return calloc(1, sizeof(struct cell));
	if (columns > SIZE_MAX / sizeof(struct cell) / rows)
		return NULL;
	return calloc((size_t)columns * rows, sizeof(struct cell));
}

struct grid *grid_new(unsigned columns, unsigned rows)
{
	struct grid *grid = calloc(1, sizeof *grid);

	if (grid && !grid_resize(grid, columns, rows)) {
		free(grid);
		return NULL;
	}
	return grid;
}

void grid_free(struct grid *grid)
{
	if (!grid)
		return;
	free(grid->cells);
	free(grid);
}

bool grid_resize(struct grid *grid, unsigned columns, unsigned rows)
{
	struct cell *cells = cells_new(columns, rows);

	if (!cells)
		return false;
	free(grid->cells);
	grid->cells = cells;
	grid->columns = grid->stride = columns;
	grid->rows = rows;
	grid_clear(grid);
	return true;
}

static struct cell cell_of(uint32_t character, enum role role)
{
	return (struct cell){ .character = character, .role = (uint8_t)role };
}

static struct cell *grid_row(const struct grid *grid, unsigned row)
{
	return grid->cells + (size_t)row * grid->stride;
}

/* All of it, so no wide character loses one half only. */
void grid_clear(struct grid *grid)
{
	for (unsigned row = 0; row < grid->rows; row++) {
		struct cell *cells = grid_row(grid, row);

		for (unsigned column = 0; column < grid->columns; column++)
			cells[column] = cell_of(' ', ROLE_NORMAL);
	}
	grid->cursor_visible = false;
	grid->cursor_row = 0;
	grid->cursor_column = 0;
}

struct grid grid_part(const struct grid *grid, unsigned row, unsigned column,
		      unsigned columns, unsigned rows)
{
	struct grid part = { .cells = grid->cells, .stride = grid->stride };

	if (row >= grid->rows || column >= grid->columns)
		return part;
	part.cells = grid_row(grid, row) + column;
	part.columns = columns < grid->columns - column
			       ? columns : grid->columns - column;
	part.rows = rows < grid->rows - row ? rows : grid->rows - row;
	return part;
}

/* Puts a cell of width 1.  A wide character that loses one half loses the
 * other as well. */
static void put_cell(const struct grid *grid, struct cell *row, unsigned column,
		     uint32_t character, enum role role)
{
	if (column > 0 && row[column].character == 0)
		row[column - 1] = cell_of(' ', row[column - 1].role);
	if (column + 1 < grid->columns && row[column + 1].character == 0)
		row[column + 1].character = ' ';
	row[column] = cell_of(character, role);
}

void grid_put(struct grid *grid, unsigned row, unsigned column,
	      uint32_t character, enum role role)
{
	int width = escape_width(character);

	if (width == 0 || row >= grid->rows || column >= grid->columns ||
	    (unsigned)width > grid->columns - column)
		return;

	struct cell *cells = grid_row(grid, row);
	if (width == 2)
		put_cell(grid, cells, column + 1, ' ', role);
	put_cell(grid, cells, column, character, role);
	if (width == 2)
		cells[column + 1].character = 0;
}

bool grid_combine(struct grid *grid, unsigned row, unsigned column,
		  uint32_t character)
{
	if (row >= grid->rows || column >= grid->columns ||
	    !escape_combines(character))
		return false;

	struct cell *cell = grid_row(grid, row) + column;

	for (unsigned i = 0; i < CELL_COMBINING && cell->character; i++) {
		if (cell->combining[i])
			continue;
		cell->combining[i] = character;
		return true;
	}
	return false;
}

void grid_fill(struct grid *grid, unsigned row, unsigned column,
	       unsigned width, uint32_t character, enum role role)
{
	unsigned step = (unsigned)escape_width(character);

	if (step == 0 || column >= grid->columns)
		return;
	if (width > grid->columns - column)
		width = grid->columns - column;
	for (unsigned used = 0; used + step <= width; used += step)
		grid_put(grid, row, column + used, character, role);
}

/* Draws one byte as \xNN if that fits; returns the columns used. */
static unsigned put_escaped(struct grid *grid, unsigned row, unsigned column,
			    unsigned width, const char *byte, enum role role)
{
	char escaped[5];
	unsigned length = 4;

	if (width < length)
		return 0;
	escape_text(escaped, sizeof escaped, byte, 1);
	for (unsigned i = 0; i < length; i++)
		grid_put(grid, row, column + i, (unsigned char)escaped[i],
			 role);
	return length;
}

unsigned grid_bytes(struct grid *grid, unsigned row, unsigned column,
		    unsigned width, const char *text, size_t length,
		    enum role role)
{
	unsigned used = 0;

	if (column >= grid->columns)
		return 0;
	if (width > grid->columns - column)
		width = grid->columns - column;
	while (length > 0) {
		uint32_t character;
		size_t step = escape_decode(&character, text, length);
		unsigned needed = (unsigned)escape_width(character);

		if (needed == 0) {
			step = 1;
			needed = put_escaped(grid, row, column + used,
					     width - used, text, role);
			if (needed == 0)
				break;
		} else if (needed > width - used) {
			break;
		} else {
			grid_put(grid, row, column + used, character, role);
		}
		used += needed;
		text += step;
		length -= step;
	}
	return used;
}

unsigned grid_text(struct grid *grid, unsigned row, unsigned column,
		   unsigned width, const char *text, enum role role)
{
	return grid_bytes(grid, row, column, width, text, strlen(text), role);
}

const struct cell *grid_cell(const struct grid *grid, unsigned row,
			     unsigned column)
{
	assert(row < grid->rows && column < grid->columns);
	return grid_row(grid, row) + column;
}

/* Writes a row as a line; returns its end. */
static char *row_to_text(const struct grid *grid, unsigned row, char *out)
{
	const struct cell *cells = grid_row(grid, row);
	unsigned columns = grid->columns;

	while (columns > 0 && cells[columns - 1].character == ' ' &&
	       cells[columns - 1].combining[0] == 0)
		columns--;
	for (unsigned column = 0; column < columns; column++) {
		if (cells[column].character != 0)
			out += escape_encode(out, cells[column].character);
		for (unsigned i = 0; i < CELL_COMBINING; i++)
			if (cells[column].combining[i] != 0)
				out += escape_encode(out,
						     cells[column].combining[i]);
	}
	*out++ = '\n';
	return out;
}

char *grid_to_text(const struct grid *grid)
{
	/* What is in memory as cells of 16 bytes has room as 12 bytes each. */
	size_t cells = (size_t)grid->rows * grid->columns;
	char *text = malloc(cells * 4 * (1 + CELL_COMBINING) + grid->rows + 1);

	if (!text)
		return NULL;

	char *out = text;
	for (unsigned row = 0; row < grid->rows; row++)
		out = row_to_text(grid, row, out);
	*out = '\0';
	return text;
}

void grid_check(const struct grid *grid)
{
	assert(!grid->cursor_visible || (grid->cursor_row < grid->rows &&
					 grid->cursor_column < grid->columns));
	for (unsigned row = 0; row < grid->rows; row++) {
		const struct cell *cells = grid_row(grid, row);
		bool wide = false;

		for (unsigned column = 0; column < grid->columns; column++) {
			uint32_t character = cells[column].character;

			assert((character == 0) == wide);
			assert(wide || escape_width(character) > 0);
			assert(cells[column].role < ROLE_COUNT);
			for (unsigned i = 0; i < CELL_COMBINING; i++)
				assert(!cells[column].combining[i] ||
				       (!wide && escape_combines(
						 cells[column].combining[i])));
			wide = escape_width(character) == 2;
		}
		assert(!wide);
	}
}
