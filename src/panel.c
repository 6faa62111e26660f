/*
 * The window onto lines that come from a source.  A text is a source like
 * others: a copy, cut into lines once.
 *
 * The number of lines may be another at every call, so nothing is remembered
 * that depends on it: top and selected are cut to it before they are used.
 *
 * Invariants
 *  1. source.line is NULL where no panel is shown, and then all else is 0.
 *  2. After panel_draw: top and selected are below the count, or 0; in a list
 *     selected is one of the rows shown.
 */
#include "octavo/panel.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MARK = 2 };	/* columns before the lines of a list */

/* --- a text --- */

struct panel_text {
	char *bytes;
	size_t length;
	size_t *lines;		/* where each line starts */
	size_t count;		/* a last line that is empty is not one */
};

static void text_free(void *context)
{
	struct panel_text *text = context;

	free(text->bytes);
	free(text->lines);
	free(text);
}

static uint64_t text_count(void *context)
{
	const struct panel_text *text = context;

	return text->count;
}

static size_t text_line(void *context, uint64_t index, unsigned columns,
			char *line, size_t size)
{
	const struct panel_text *text = context;
	size_t start = text->lines[index];
	size_t end = index + 1 < text->count ? text->lines[index + 1]
					     : text->length;

	(void)columns;
	if (end > start && text->bytes[end - 1] == '\n')
		end--;
	if (end - start > size)
		end = start + size;
	memcpy(line, text->bytes + start, end - start);
	return end - start;
}

static size_t count_lines(const char *text, size_t length)
{
	size_t count = 0;

	for (size_t i = 0; i < length; i++)
		count += text[i] == '\n';
	return count + (length > 0 && text[length - 1] != '\n');
}

static struct panel_text *text_new(const char *bytes, size_t length)
{
	struct panel_text *text = calloc(1, sizeof *text);

	if (!text)
		return NULL;
	text->length = length;
	text->count = count_lines(bytes, length);
	text->bytes = malloc(length + 1);
	text->lines = malloc((text->count + 1) * sizeof *text->lines);
	if (!text->bytes || !text->lines) {
		text_free(text);
		return NULL;
	}
	memcpy(text->bytes, bytes, length);

	size_t line = 0;

	for (size_t i = 0; i < length && line < text->count; i++)
		if (i == 0 || bytes[i - 1] == '\n')
			text->lines[line++] = i;
	return text;
}

bool panel_set(struct panel *panel, const char *title, const char *text,
	       size_t length)
{
	struct panel_source source = {
		.count = text_count,
		.line = text_line,
		.free = text_free,
		.context = text_new(text, length),
	};

	panel_clear(panel);
	if (!source.context)
		return false;
	panel_open(panel, title, &source, 0);
	return true;
}

/* --- any lines --- */

void panel_open(struct panel *panel, const char *title,
		const struct panel_source *source, uint64_t selected)
{
	panel_clear(panel);
	snprintf(panel->title, sizeof panel->title, "%s", title);
	panel->source = *source;
	panel->selected = selected;
}

void panel_clear(struct panel *panel)
{
	if (panel->source.free)
		panel->source.free(panel->source.context);
	*panel = (struct panel){ .title = "" };
}

bool panel_visible(const struct panel *panel)
{
	return panel->source.line != NULL;
}

bool panel_is_list(const struct panel *panel)
{
	return panel->source.command != NULL;
}

uint64_t panel_count(const struct panel *panel)
{
	return panel_visible(panel)
		       ? panel->source.count(panel->source.context) : 0;
}

/* AT, moved by LINES, at most LAST. */
static uint64_t moved(uint64_t at, int64_t lines, uint64_t last)
{
	uint64_t by = lines < 0 ? 0 - (uint64_t)lines : (uint64_t)lines;

	if (at > last)
		at = last;
	if (lines < 0)
		return by < at ? at - by : 0;
	return by < last - at ? at + by : last;
}

static void scroll(struct panel *panel, uint64_t count, int64_t lines)
{
	panel->top = moved(panel->top, lines,
			   count > panel->rows ? count - panel->rows : 0);
}

/* Cuts all to COUNT lines, with the selected one in the window. */
static void reveal(struct panel *panel, uint64_t count)
{
	panel->selected = moved(panel->selected, 0, count > 0 ? count - 1 : 0);
	if (panel_is_list(panel) && panel->rows > 0) {
		if (panel->top > panel->selected)
			panel->top = panel->selected;
		else if (panel->selected - panel->top >= panel->rows)
			panel->top = panel->selected - panel->rows + 1;
	}
	scroll(panel, count, 0);
}

void panel_move(struct panel *panel, int64_t lines)
{
	uint64_t count = panel_count(panel);

	if (panel_is_list(panel))
		panel->selected = moved(panel->selected, lines,
					count > 0 ? count - 1 : 0);
	else
		scroll(panel, count, lines);
	reveal(panel, count);
}

void panel_scroll(struct panel *panel, int64_t lines)
{
	uint64_t count = panel_count(panel);

	scroll(panel, count, lines);
	if (!panel_is_list(panel))
		return;
	if (panel->selected < panel->top)
		panel->selected = panel->top;
	else if (panel->rows > 0 && panel->selected - panel->top >= panel->rows)
		panel->selected = panel->top + panel->rows - 1;
	reveal(panel, count);
}

bool panel_select(struct panel *panel, unsigned row)
{
	if (!panel_is_list(panel) || row < panel->title_rows)
		return false;
	row -= panel->title_rows;
	if (row >= panel->rows || panel->top + row >= panel_count(panel))
		return false;
	panel->selected = panel->top + row;
	return true;
}

bool panel_command(struct panel *panel, const char *action, char *text,
		   size_t size)
{
	uint64_t count = panel_count(panel);

	reveal(panel, count);
	return panel_is_list(panel) && count > 0
	       && panel->source.command(panel->source.context,
					panel->selected, action, text, size);
}

/* --- drawing --- */

static void draw_title(const struct panel *panel, struct grid *grid,
		       unsigned row, uint64_t count)
{
	char title[200];
	uint64_t last = panel->top + panel->rows;

	if (panel_is_list(panel))
		snprintf(title, sizeof title, "%s   %" PRIu64 " of %" PRIu64,
			 panel->title, count > 0 ? panel->selected + 1 : 0,
			 count);
	else
		snprintf(title, sizeof title, "%s   %" PRIu64 "-%" PRIu64
			 " of %" PRIu64 "   (q closes)", panel->title,
			 panel->top + 1, last < count ? last : count, count);
	grid_fill(grid, row, 0, grid->columns, ' ', ROLE_TITLE);
	grid_text(grid, row, 0, grid->columns, title, ROLE_TITLE);
}

static void draw_line(const struct panel *panel, struct grid *grid,
		      unsigned row, uint64_t index)
{
	char text[4096];
	bool list = panel_is_list(panel);
	enum role role = list && index == panel->selected ? ROLE_SELECTION
							  : ROLE_NORMAL;
	unsigned column = list ? MARK : 0;
	unsigned columns = grid->columns > column ? grid->columns - column : 0;
	size_t length = panel->source.line(panel->source.context, index,
					   columns, text, sizeof text);

	if (role == ROLE_SELECTION) {
		grid_fill(grid, row, 0, grid->columns, ' ', role);
		grid_put(grid, row, 0, '>', role);
	}
	grid_bytes(grid, row, column, columns, text, length, role);
}

void panel_draw(struct panel *panel, struct grid *grid, unsigned first_row,
		unsigned rows)
{
	uint64_t count = panel_count(panel);

	panel->title_rows = rows > 1;
	panel->rows = rows - panel->title_rows;
	reveal(panel, count);
	if (panel->title_rows)
		draw_title(panel, grid, first_row, count);
	first_row += panel->title_rows;
	for (unsigned row = 0; row < panel->rows; row++)
		if (panel->top + row < count)
			draw_line(panel, grid, first_row + row,
				  panel->top + row);
}
