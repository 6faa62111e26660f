/*
 * The rows of the screen, from the editor's state alone: drawing twice draws
 * the same, and nothing here remembers anything but the size it gives to the
 * view.
 */
#include "octavo/screen.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "octavo/escape.h"

/* Where everything is; a row that is not there has the number NOWHERE. */
struct areas {
	bool banner;
	unsigned first;		/* of the view or panel */
	unsigned rows;
	unsigned status;
	unsigned message;
	unsigned keys;
};

static const unsigned NOWHERE = UINT32_MAX;

static bool has_banner(const struct editor *editor)
{
	const struct buffer *buffer = editor->buffer;
	uint64_t length;

	if (!buffer)
		return false;
	if (buffer->state != FILE_SAME || buffer->interrupted)
		return true;

	uint64_t size = document_size(buffer->document);

	return document_epoch(buffer->document) > 0 && size > 0
	       && document_lost(buffer->document, size - 1, &length);
}

static struct areas areas_of(const struct editor *editor,
			     const struct grid *grid)
{
	struct areas areas = { .keys = NOWHERE };
	unsigned below = grid->rows >= 6 ? 3 : 2;

	areas.banner = has_banner(editor) && grid->rows - below > 1;
	areas.first = areas.banner;
	areas.rows = grid->rows - below - areas.first;
	areas.status = grid->rows - below;
	areas.message = areas.status + 1;
	if (below == 3)
		areas.keys = areas.message + 1;
	return areas;
}

void screen_view_rows(const struct editor *editor, const struct grid *grid,
		      unsigned *first, unsigned *rows)
{
	*first = *rows = 0;
	if (grid->rows < SCREEN_ROWS_MINIMUM)
		return;

	struct areas areas = areas_of(editor, grid);

	*first = areas.first;
	*rows = areas.rows;
}

/* Of a long path the end says most. */
static const char *short_path(const struct buffer *buffer,
			      const struct grid *grid)
{
	const char *path = file_path(document_file(buffer->document));
	const char *slash = strrchr(path, '/');

	return slash && slash[1] && strlen(path) > grid->columns / 2
		       ? slash + 1 : path;
}

static void draw_banner(const struct editor *editor, struct grid *grid)
{
	char text[ERROR_MESSAGE_SIZE];
	const struct buffer *buffer = editor->buffer;
	const char *what =
		buffer->state != FILE_SAME ? file_state_text(buffer->state) :
		buffer->interrupted ? "an earlier flush was interrupted" :
				      "bytes could not be read";

	bool edited = document_change_count(buffer->document) > 0;

	snprintf(text, sizeof text, "%s: %s%s%s", short_path(buffer, grid),
		 what, edited ? "; your edits are kept" : "",
		 buffer->state == FILE_SAME ? "" :
		 edited ? "; :e! drops them" : "; :e! reads it again");
	grid_fill(grid, 0, 0, grid->columns, ' ', ROLE_BANNER);
	grid_text(grid, 0, 0, grid->columns, text, ROLE_BANNER);
}

/* --- the status line --- */

static const char *mode_name(const struct buffer *buffer)
{
	if (buffer->view.selecting)
		return "SELECT";
	switch (buffer->view.mode) {
	case VIEW_BROWSE:
		return document_read_only(buffer->document) ? "read-only"
							     : "browse";
	case VIEW_OVERWRITE:
		return "OVERWRITE";
	case VIEW_INSERT:
		return "INSERT";
	case VIEW_REPLACE_ONE:
		return "REPLACE";
	}
	return "";
}

static unsigned percent(uint64_t part, uint64_t whole)
{
	if (whole == 0)
		return 0;
	if (whole < UINT64_MAX / 100)
		return (unsigned)(part * 100 / whole);
	return (unsigned)(part / (whole / 100));
}

static void format_size(uint64_t size, char *text, size_t room)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB",
					     "PiB", "EiB" };
	uint64_t whole = size;
	unsigned tenths = 0;
	size_t unit = 0;

	while (whole >= 1024 && unit < 6) {
		tenths = (unsigned)(whole % 1024 * 10 / 1024);
		whole /= 1024;
		unit++;
	}
	if (unit == 0)
		snprintf(text, room, "%" PRIu64 " B", size);
	else
		snprintf(text, room, "%" PRIu64 ".%u %s", whole, tenths,
			 units[unit]);
}

static void format_changes(const struct document *document, char *text,
			   size_t room)
{
	uint64_t count = document_change_count(document);

	text[0] = '\0';
	if (count > 0)
		snprintf(text, room, "%" PRIu64 " change%s", count,
			 count == 1 ? "" : "s");
}

/* Where the cursor stands, in full where there is room. */
static void format_place(const struct buffer *buffer, unsigned columns,
			 char *text, size_t room)
{
	uint64_t cursor = buffer->view.cursor;
	uint64_t size = document_size(buffer->document);
	unsigned share = percent(cursor, size > 1 ? size - 1 : 1);
	char total[32];

	format_size(size, total, sizeof total);
	if (columns >= 60)
		snprintf(text, room, "0x%" PRIx64 "  %" PRIu64 "  %u%%  %s",
			 cursor, cursor, share, total);
	else if (columns >= 40)
		snprintf(text, room, "0x%" PRIx64 " %" PRIu64 " %u%%", cursor,
			 cursor, share);
	else
		snprintf(text, room, "0x%" PRIx64 " %u%%", cursor, share);
}

static void draw_status(const struct editor *editor, struct grid *grid,
			unsigned row)
{
	const struct buffer *buffer = editor->buffer;
	char changes[64];
	char place[128];
	char right[256];
	char name[512];
	const char *mode = mode_name(buffer);
	bool editing = mode[0] >= 'A' && mode[0] <= 'Z';

	format_changes(buffer->document, changes, sizeof changes);
	format_place(buffer, grid->columns, place, sizeof place);
	snprintf(right, sizeof right, "%s%s%s%s%s", editor->pending,
		 editor->pending[0] ? "  " : "", changes,
		 changes[0] ? "  " : "", place);
	if (editor->buffer_count > 1)
		snprintf(name, sizeof name, "[%zu/%zu] %s",
			 editor_buffer_index(editor) + 1,
			 editor->buffer_count,
			 short_path(buffer, grid));
	else
		snprintf(name, sizeof name, "%s", short_path(buffer, grid));

	unsigned columns = grid->columns;
	unsigned right_width = (unsigned)strlen(right);

	grid_fill(grid, row, 0, columns, ' ', ROLE_STATUS);
	if (right_width > columns)
		right_width = columns;
	grid_text(grid, row, columns - right_width, right_width, right,
		  ROLE_STATUS);

	unsigned left = columns - right_width;
	unsigned used = 0;

	/* The mode matters more than the name of the file. */
	if (editing || left > 24) {
		used = grid_text(grid, row, 0, left, mode,
				 editing ? ROLE_STATUS_MODE : ROLE_STATUS);
		used += 2;
	}
	if (used + 2 < left)
		grid_text(grid, row, used, left - used - 2, name, ROLE_STATUS);
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
	char bar[BAR + 1];
	unsigned filled = percent(done, total) * BAR / 100;

	for (unsigned i = 0; i < BAR; i++)
		bar[i] = i < filled ? '#' : '.';
	bar[BAR] = '\0';
	format_size(done, done_text, sizeof done_text);
	format_size(total, total_text, sizeof total_text);
	snprintf(text, sizeof text, "%s [%s] %u%%  %s of %s  %" PRIu64
		 " found  (Esc stops)", label, bar, percent(done, total),
		 done_text, total_text, found);
	grid_text(grid, row, 0, grid->columns, text, ROLE_MESSAGE);
}

static void draw_keys(const struct editor *editor, struct grid *grid,
		      unsigned row)
{
	enum { LABEL = 9 };	/* columns; a command of the user's may be longer */
	enum keymap_mode mode = editor_keymap_mode(editor);
	unsigned column = 0;

	for (unsigned i = 0; i < 12; i++) {
		const char *label = keymap_label(editor->keymap, mode, i);
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
	char text[200];

	if (!hint) {
		draw_keys(editor, grid, row);
		return;
	}
	keymap_expand(editor->keymap, KEYMAP_PANEL, hint, text, sizeof text);
	grid_text(grid, row, 0, grid->columns, text, ROLE_HINT);
}

static void draw_message(const struct editor *editor, struct grid *grid,
			 const struct areas *areas)
{
	unsigned row = areas->message;

	if (editor->question.text[0])
		grid_text(grid, row, 0, grid->columns, editor->question.text,
			  ROLE_PROMPT);
	else if (editor_busy(editor))
		draw_progress(editor, grid, row);
	else if (editor->message[0])
		grid_text(grid, row, 0, grid->columns, editor->message,
			  editor->message_is_error ? ROLE_ERROR
						   : ROLE_MESSAGE);
	else if (areas->keys == NOWHERE)
		draw_bottom(editor, grid, row);
}

static void draw_view(struct editor *editor, struct grid *grid,
		      const struct areas *areas)
{
	struct view *view = &editor->buffer->view;

	if (view->columns != grid->columns || view->rows != areas->rows)
		view_resize(view, grid->columns, areas->rows);
	document_verify(editor->buffer->document);
	if (editor->highlights.count > 0
	    && editor->highlights.document == view->document)
		view_draw(view, grid, areas->first, editor->highlights.matches,
			  editor->highlights.count);
	else if (editor->buffer->has_match)
		view_draw(view, grid, areas->first, &editor->buffer->match, 1);
	else
		view_draw(view, grid, areas->first, NULL, 0);
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

	struct areas areas = areas_of(editor, grid);

	if (editor->buffer) {
		if (areas.banner)
			draw_banner(editor, grid);
		draw_view(editor, grid, &areas);
		draw_status(editor, grid, areas.status);
	}
	if (panel_visible(&editor->panel)) {
		for (unsigned i = 0; i < areas.rows; i++)
			grid_fill(grid, areas.first + i, 0, grid->columns,
				  ' ', ROLE_NORMAL);
		panel_draw(&editor->panel, grid, areas.first, areas.rows);
		grid->cursor_visible = false;
	}
	if (areas.keys != NOWHERE)
		draw_bottom(editor, grid, areas.keys);
	if (editor->prompt_kind != PROMPT_NONE)
		draw_prompt(editor, grid, areas.message,
			    areas.keys != NOWHERE ? areas.keys : areas.status);
	else
		draw_message(editor, grid, &areas);
}
