/*
 * The text of a panel, cut into lines once.
 *
 * Invariants
 *  1. text is NULL and count 0 where no panel is shown.
 *  2. lines[0 .. count) are ascending offsets into text; a last line that is
 *     empty is not one.
 *  3. top < count, or 0.
 */
#include "octavo/panel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t count_lines(const char *text, size_t length)
{
	size_t count = 0;

	for (size_t i = 0; i < length; i++)
		count += text[i] == '\n';
	return count + (length > 0 && text[length - 1] != '\n');
}

bool panel_set(struct panel *panel, const char *title, const char *text,
	       size_t length)
{
	size_t count = count_lines(text, length);
	char *copy = malloc(length + 1);
	size_t *lines = malloc((count + 1) * sizeof *lines);

	panel_clear(panel);
	if (!copy || !lines) {
		free(copy);
		free(lines);
		return false;
	}
	memcpy(copy, text, length);
	copy[length] = '\0';
	snprintf(panel->title, sizeof panel->title, "%s", title);
	panel->text = copy;
	panel->length = length;
	panel->lines = lines;
	panel->count = count;

	size_t line = 0;

	for (size_t i = 0; i < length && line < count; i++)
		if (i == 0 || copy[i - 1] == '\n')
			lines[line++] = i;
	return true;
}

void panel_clear(struct panel *panel)
{
	free(panel->text);
	free(panel->lines);
	*panel = (struct panel){ .title = "" };
}

bool panel_visible(const struct panel *panel)
{
	return panel->text != NULL;
}

void panel_scroll(struct panel *panel, long lines)
{
	size_t last = panel->count > panel->rows ? panel->count - panel->rows
						 : 0;
	size_t by = lines < 0 ? (size_t)0 - (size_t)lines : (size_t)lines;

	if (lines < 0)
		panel->top = by < panel->top ? panel->top - by : 0;
	else
		panel->top = by < last - panel->top ? panel->top + by : last;
	if (panel->top > last)
		panel->top = last;
}

static void draw_line(const struct panel *panel, struct grid *grid,
		      unsigned row, size_t line)
{
	size_t start = panel->lines[line];
	size_t end = line + 1 < panel->count ? panel->lines[line + 1]
					     : panel->length;

	if (end > start && panel->text[end - 1] == '\n')
		end--;
	grid_bytes(grid, row, 0, grid->columns, panel->text + start,
		   end - start, ROLE_NORMAL);
}

void panel_draw(struct panel *panel, struct grid *grid, unsigned first_row,
		unsigned rows)
{
	unsigned title_rows = rows > 1;

	panel->rows = rows - title_rows;
	panel_scroll(panel, 0);
	if (title_rows) {
		char title[160];
		size_t last = panel->top + panel->rows;

		snprintf(title, sizeof title, "%s   %zu-%zu of %zu   "
			 "(q closes)", panel->title, panel->top + 1,
			 last < panel->count ? last : panel->count,
			 panel->count);
		grid_fill(grid, first_row, 0, grid->columns, ' ', ROLE_TITLE);
		grid_text(grid, first_row, 0, grid->columns, title,
			  ROLE_TITLE);
	}
	for (unsigned row = 0; row < panel->rows; row++)
		if (panel->top + row < panel->count)
			draw_line(panel, grid, first_row + title_rows + row,
				  panel->top + row);
}
