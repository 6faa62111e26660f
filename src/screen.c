/*
 * The rows of the screen, from the editor's state alone: drawing twice draws
 * the same, and nothing here remembers anything but the size it gives to the
 * view.
 */
#include "octavo/screen.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "amount.h"
#include "octavo/escape.h"
#include "screen_window.h"

static const unsigned NOWHERE = UINT32_MAX;

/* Where the lower lines are; a row that is not there has the number NOWHERE. */
struct areas {
	unsigned above;		/* rows for the windows */
	unsigned message;
	unsigned keys;
};

static struct areas areas_of(const struct grid *grid)
{
	unsigned above = screen_windows_rows(grid);

	return (struct areas){
		.above = above,
		.message = above,
		.keys = above + 2 == grid->rows ? above + 1 : NOWHERE,
	};
}

/* --- the lower lines --- */

static const char *prompt_label(const struct editor *editor, char label[16])
{
	static const char *const types[SEARCH_TYPES] = { "", "text ", "hex ",
							 "value " };
	const char *mark = "";

	switch (editor->prompt_kind) {
	case PROMPT_COMMAND:
		return ":";
	case PROMPT_GOTO:
		return "goto: ";
	case PROMPT_FILTER:
		return "&";
	case PROMPT_SEARCH:
		mark = "/";
		break;
	case PROMPT_SEARCH_BACK:
		mark = "?";
		break;
	case PROMPT_NONE:
	case PROMPT_KINDS:
		break;
	}
	snprintf(label, 16, "%s%s", types[editor->search_type],
		 mark);
	return label;
}

/* Columns that the first LENGTH bytes of TEXT take when escaped. */
static unsigned text_columns(const char *text, size_t length)
{
	unsigned columns = 0;

	for (size_t i = 0; i < length;) {
		uint32_t character;
		size_t bytes = escape_decode(&character, text + i, length - i);
		int width = character == UINT32_MAX ? 0
						    : escape_width(character);

		columns += width > 0 ? (unsigned)width : 4 * (unsigned)bytes;
		i += bytes;
	}
	return columns;
}

static size_t next_character(const char *text, size_t length, size_t at)
{
	uint32_t character;

	return at + escape_decode(&character, text + at, length - at);
}

/* The byte from which on TEXT is shown so that the cursor is seen. */
static size_t first_shown(const struct prompt *prompt, unsigned room)
{
	unsigned columns = text_columns(prompt->text, prompt->cursor);
	size_t first = 0;

	while (columns > room) {
		size_t next = next_character(prompt->text, prompt->length,
					     first);

		columns -= text_columns(prompt->text + first, next - first);
		first = next;
	}
	return first;
}

/* The hint and, where CARET is in the row, the caret: the message stands
 * behind it or before it, or in its place where there is no room. */
static void draw_hint(const struct editor *editor, struct grid *grid,
		      unsigned row, unsigned caret)
{
	unsigned columns = grid->columns;
	unsigned width = text_columns(editor->hint, strlen(editor->hint));
	unsigned column = 0;

	grid_fill(grid, row, 0, columns, ' ', ROLE_HINT);
	if (caret < columns) {
		grid_put(grid, row, caret, '^', ROLE_ERROR);
		if (caret + 2 + width <= columns)
			column = caret + 2;
		else if (width < caret)
			column = caret - width - 1;
	}
	grid_text(grid, row, column, columns - column, editor->hint,
		  ROLE_HINT);
}

static void draw_prompt(const struct editor *editor, struct grid *grid,
			unsigned row, unsigned hint_row)
{
	const struct prompt *prompt = &editor->prompt;
	char buffer[16];
	const char *label = prompt_label(editor, buffer);
	unsigned start = grid_text(grid, row, 0, grid->columns, label,
				   ROLE_PROMPT);
	size_t first = first_shown(prompt, grid->columns > start + 1
						   ? grid->columns - start - 1
						   : 1);
	const char *shown = prompt->text + first;
	size_t position = (size_t)editor->hint_position;
	unsigned caret = NOWHERE;

	grid_bytes(grid, row, start, grid->columns - start, shown,
		   prompt->length - first, ROLE_INPUT);
	grid->cursor_visible = true;
	grid->cursor_row = row;
	grid->cursor_column = start + text_columns(shown,
						   prompt->cursor - first);
	if (!editor->hint[0])
		return;
	if (editor->hint_position >= 0 && position >= first
	    && position <= prompt->length)
		caret = start + text_columns(shown, position - first);
	draw_hint(editor, grid, hint_row, caret);
}

static void draw_progress(const struct editor *editor, struct grid *grid,
			  unsigned row)
{
	enum { BAR = 20 };
	uint64_t done;
	uint64_t total;
	uint64_t found;
	const char *label = editor_progress(editor, &done, &total, &found);
	char text[200];
	char done_text[32];
	char total_text[32];
	char found_text[32] = "";
	char bar[BAR + 1];
	unsigned filled = screen_percent(done, total) * BAR / 100;

	for (unsigned i = 0; i < BAR; i++)
		bar[i] = i < filled ? '#' : '.';
	bar[BAR] = '\0';
	amount_format(done, done_text, sizeof done_text);
	amount_format(total, total_text, sizeof total_text);
	if (found != UINT64_MAX)
		snprintf(found_text, sizeof found_text, "  %" PRIu64 " found",
			 found);
	snprintf(text, sizeof text, "%s [%s] %u%%  %s of %s%s  (Esc stops)",
		 label, bar, screen_percent(done, total), done_text, total_text,
		 found_text);
	grid_text(grid, row, 0, grid->columns, text, ROLE_MESSAGE);
}

/* A flush: the other lines are for what goes on meanwhile. */
static void draw_writing(struct grid *grid, unsigned row,
			 const struct editor_writing *writing)
{
	enum { BAR = 10 };
	char text[256];
	char amount[3][32];
	char bar[BAR + 1];
	char total[64] = "";
	char pace[96] = "";
	unsigned percent = screen_percent(writing->done, writing->total);

	memset(bar, '.', BAR);
	memset(bar, '#', percent * BAR / 100);
	bar[BAR] = '\0';
	amount_format(writing->done, amount[0], sizeof amount[0]);
	amount_format(writing->total, amount[1], sizeof amount[1]);
	amount_format(writing->rate, amount[2], sizeof amount[2]);
	if (writing->total)
		snprintf(total, sizeof total, " of %s", amount[1]);
	if (writing->rate && writing->total)
		snprintf(pace, sizeof pace, ", %s/s, %" PRIu64 " s left",
			 amount[2], (writing->total - writing->done)
				    / writing->rate);
	else if (writing->rate)
		snprintf(pace, sizeof pace, ", %s/s", amount[2]);
	snprintf(text, sizeof text, "writing [%s] %u%% %s%s%s (%s)", bar,
		 percent, amount[0], total, pace,
		 writing->stopping ? "stopping"
		 : writing->committed ? "can't be stopped any more"
		 : "Esc stops");
	grid_fill(grid, row, 0, grid->columns, ' ', ROLE_MESSAGE);
	grid_text(grid, row, 0, grid->columns, text, ROLE_MESSAGE);
}

static void draw_keys(const struct editor *editor, struct grid *grid,
		      unsigned row)
{
	enum { LABEL = 9 };	/* columns; a command of the user's may be longer */
	enum keymap_mode mode = editor_keymap_mode(editor);
	bool text = editor->buffer && editor->buffer->view.text_mode;
	unsigned column = 0;

	for (unsigned i = 0; i < 12; i++) {
		const char *label = keymap_label(editor->keymap, mode, text,
						 i);
		char key[8];

		if (!label[0])
			continue;
		snprintf(key, sizeof key, "F%u", i + 1);
		if (column + strlen(key) + 1 + strlen(label) > grid->columns)
			break;
		column += grid_text(grid, row, column, grid->columns - column,
				    key, ROLE_KEY);
		column += 1;
		column += grid_text(grid, row, column, LABEL, label,
				    ROLE_KEY_LABEL);
		column += 1;
	}
}

/* What the keys do: those of a list, else the function keys. */
static void draw_bottom(const struct editor *editor, struct grid *grid,
			unsigned row)
{
	const char *hint = editor->panel.source.hint;
	struct editor_writing writing;
	char text[200];

	if (editor_writing(editor, &writing)) {
		draw_writing(grid, row, &writing);
		return;
	}
	if (!hint) {
		draw_keys(editor, grid, row);
		return;
	}
	keymap_expand(editor->keymap, KEYMAP_PANEL, hint, text, sizeof text);
	grid_text(grid, row, 0, grid->columns, text, ROLE_HINT);
}

/* Which of how many matches, and what was searched for. */
static void draw_match(const struct editor *editor, struct grid *grid,
		       unsigned row)
{
	struct match_place place;
	char number[32] = "?";
	char count[32];
	char text[sizeof editor->message + 100];

	if (!editor_match_place(editor, &place)) {
		grid_text(grid, row, 0, grid->columns, editor->message,
			  ROLE_MESSAGE);
		return;
	}
	if (place.known)
		screen_grouped(place.number, number);
	snprintf(text, sizeof text, "match %s of %s%s%s  %s", number,
		 place.state == JOB_FAILED ? "at least " : "",
		 screen_grouped(place.count, count),
		 place.state == JOB_RUNNING ? "..." : "", editor->message);
	grid_text(grid, row, 0, grid->columns, text, ROLE_MESSAGE);
}

static void draw_message(const struct editor *editor, struct grid *grid,
			 const struct areas *areas)
{
	unsigned row = areas->message;

	if (editor->question.text[0])
		grid_text(grid, row, 0, grid->columns, editor->question.text,
			  ROLE_PROMPT);
	else if (editor->task)
		draw_progress(editor, grid, row);
	else if (editor->message[0] && editor->message_is_match)
		draw_match(editor, grid, row);
	else if (editor->message[0])
		grid_text(grid, row, 0, grid->columns, editor->message,
			  editor->message_is_error ? ROLE_ERROR
						   : ROLE_MESSAGE);
	else if (areas->keys == NOWHERE)
		draw_bottom(editor, grid, row);
}

static void draw_panel(struct editor *editor, struct grid *grid)
{
	unsigned first;
	unsigned rows;

	screen_panel_rows(editor, grid, &first, &rows);
	for (unsigned i = 0; i < rows; i++)
		grid_fill(grid, first + i, 0, grid->columns, ' ', ROLE_NORMAL);
	panel_draw(&editor->panel, grid, first, rows);
	grid->cursor_visible = false;
}

void screen_draw(struct editor *editor, struct grid *grid)
{
	grid_clear(grid);
	if (grid->columns < SCREEN_COLUMNS_MINIMUM
	    || grid->rows < SCREEN_ROWS_MINIMUM) {
		grid_text(grid, 0, 0, grid->columns, "needs 20x3",
			  ROLE_ERROR);
		return;
	}

	struct areas areas = areas_of(grid);

	if (editor->buffer)
		screen_windows_draw(editor, grid);
	if (panel_visible(&editor->panel))
		draw_panel(editor, grid);
	if (areas.keys != NOWHERE)
		draw_bottom(editor, grid, areas.keys);
	if (editor->prompt_kind != PROMPT_NONE)
		draw_prompt(editor, grid, areas.message,
			    areas.keys != NOWHERE ? areas.keys
						  : areas.above - 1);
	else
		draw_message(editor, grid, &areas);
}
