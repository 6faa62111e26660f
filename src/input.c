/*
 * Keys. What is unfinished (a count, the beginning of a sequence) is kept
 * here and shown in the status line; everything else a key changes is in the
 * editor.
 *
 * Invariants
 *  1. key_count < KEYS; the keys kept are a prefix of some binding.
 *  2. Esc and ^C only ever cancel: the task that runs first of all.
 */
#include "octavo/input.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "input_prompt.h"
#include "octavo/escape.h"
#include "octavo/screen.h"

enum { KEYS = KEYMAP_KEYS, CONTROL_C = 3 };
enum { DEPTH = 16 };	/* of keys that stand for keys */

struct input {
	struct editor *editor;
	uint32_t keys[KEYS];
	size_t key_count;
	uint64_t count;
	bool counted;
	unsigned depth;		/* how often input_keys is under way */
	bool too_deep;		/* all of them are to end */
};

struct input *input_new(struct editor *editor, struct error *error)
{
	struct input *input = calloc(1, sizeof *input);

	if (!input)
		error_set_memory(error);
	else
		input->editor = editor;
	return input;
}

void input_free(struct input *input)
{
	free(input);
}

void input_run(struct editor *editor, const char *line)
{
	struct error error = ERROR_NONE;
	enum status status = command_execute(editor, line, &error);

	if ((status == STATUS_FAILED || status == STATUS_NOTHING)
	    && error.message[0])
		editor_show_error(editor, &error);
}

/* --- questions --- */

static bool is_cancel(uint32_t key)
{
	return key == KEYCODE_ESCAPE || key == CONTROL_C;
}

/* The command of KEY; NULL where that means no. */
static const char *answer_of(const struct question *question, uint32_t key)
{
	for (size_t i = 0; i < 4; i++) {
		uint32_t wanted = (unsigned char)question->answers[i].key;

		if (wanted == 0 || (key | 0x20) != wanted)
			continue;
		return *question->answers[i].command
			? question->answers[i].command : question->line;
	}
	return is_cancel(key) ? question->cancel : NULL;
}

static void answer(struct editor *editor, uint32_t key)
{
	struct question question = editor->question;
	const char *command = answer_of(&question, key);

	if (!command && question.cancel)
		return;
	editor->question.text[0] = '\0';
	if (question.panel)
		panel_clear(&editor->panel);
	editor->serial++;
	if (command)
		input_run(editor, command);
	else
		editor_message(editor, "nothing done");
}

/* --- the keymap --- */

static void forget(struct input *input)
{
	input->key_count = 0;
	input->count = 0;
	input->counted = false;
	input->editor->pending[0] = '\0';
}

/* Shows the count and keys that wait for more. */
static void show_pending(struct input *input)
{
	char *text = input->editor->pending;
	size_t size = sizeof input->editor->pending;
	size_t used = 0;

	text[0] = '\0';
	if (input->counted)
		used = (size_t)snprintf(text, size, "%" PRIu64, input->count);
	key_names(input->keys, input->key_count, text + used, size - used);
	input->editor->serial++;
}

/* COMMAND with {count} and {char} filled in; false where it is too long. */
static bool expand(char *line, size_t size, const char *command,
		   uint64_t count, uint32_t character)
{
	size_t used = 0;

	while (*command) {
		if (used + 32 > size)
			return false;
		if (strncmp(command, "{count}", 7) == 0) {
			used += (size_t)snprintf(line + used, size - used,
						 "%" PRIu64, count);
			command += 7;
		} else if (strncmp(command, "{char}", 6) == 0) {
			used += escape_encode(line + used, character);
			command += 6;
		} else {
			line[used++] = *command++;
		}
	}
	line[used] = '\0';
	return true;
}

/* Keys that mean nothing: typed into the document, or a word of help. */
static void unbound(struct input *input, enum keymap_mode mode)
{
	struct editor *editor = input->editor;
	struct error error = ERROR_NONE;
	char text[200];
	uint32_t key = input->keys[0];

	if (mode == KEYMAP_EDIT && input->key_count == 1
	    && key_is_character(key)) {
		if (!editor_type(editor, key, &error))
			editor_show_error(editor, &error);
		return;
	}
	editor_message(editor, "%s",
		       keymap_hint(editor->keymap, mode, input->keys,
				   input->key_count, text, sizeof text));
}

static bool take_count(struct input *input, enum keymap_mode mode,
		       uint32_t key)
{
	if (mode != KEYMAP_BROWSE || input->key_count > 0 || key > '9'
	    || key < (input->counted ? '0' : '1'))
		return false;
	if (input->count < UINT64_MAX / 20)
		input->count = 10 * input->count + (key - '0');
	input->counted = true;
	show_pending(input);
	return true;
}

/* In text Enter and Tab are characters. */
static bool type_blank(struct input *input, enum keymap_mode mode,
		       uint32_t key)
{
	struct editor *editor = input->editor;
	struct error error = ERROR_NONE;

	if (mode != KEYMAP_EDIT || input->key_count > 0
	    || !editor->buffer->view.text_mode
	    || (key != KEYCODE_ENTER && key != KEYCODE_TAB))
		return false;
	if (!editor_type(editor, key == KEYCODE_ENTER ? '\n' : '\t', &error))
		editor_show_error(editor, &error);
	return true;
}

static void bound_input(struct input *input, uint32_t key)
{
	enum keymap_mode mode = editor_keymap_mode(input->editor);
	const struct binding *binding;
	uint32_t character;
	char line[PROMPT_SIZE];
	bool fits;

	if (take_count(input, mode, key) || type_blank(input, mode, key))
		return;
	input->keys[input->key_count++] = key;
	switch (keymap_lookup(input->editor->keymap, mode, input->keys,
			      input->key_count, &binding, &character)) {
	case KEYMAP_PREFIX:
		if (input->key_count < KEYS) {
			show_pending(input);
			return;
		}
		break;
	case KEYMAP_COMMAND: {
		const char *command = input->counted && binding->counted
					      ? binding->counted
					      : binding->command;

		fits = expand(line, sizeof line, command,
			      input->counted ? input->count : 1, character);
		forget(input);
		if (fits)
			input_run(input->editor, line);
		else
			editor_message(input->editor, "the command of these "
				       "keys is too long");
		return;
	}
	case KEYMAP_NOTHING:
		break;
	}
	unbound(input, mode);
	forget(input);
}

void input_key(struct input *input, uint32_t key)
{
	struct editor *editor = input->editor;
	bool cancel = is_cancel(key);

	if (editor_following(editor)) {
		editor_stop_following(editor);
		if (cancel)
			return;
	}
	if (cancel && editor_busy(editor)
	    && editor->prompt_kind == PROMPT_NONE) {
		editor_cancel(editor);
		return;
	}
	if (editor->question.text[0]) {
		answer(editor, key);
	} else if (editor->prompt_kind != PROMPT_NONE) {
		input_prompt_key(editor, key);
	} else if (cancel && (input->counted || input->key_count > 0)) {
		forget(input);
		editor->serial++;
	} else {
		editor->message[0] = '\0';
		editor->serial++;
		bound_input(input, key);
	}
	editor_show_output(editor);
}

bool input_keys(struct input *input, const char *keys, struct error *error)
{
	struct editor *editor = input->editor;
	bool interactive = editor->interactive;
	size_t position = 0;
	bool done = true;
	uint32_t key;

	if (input->depth == DEPTH)
		input->too_deep = true;
	input->depth++;
	/* What keys do is shown, not printed. */
	editor->interactive = true;
	while (done && !input->too_deep && keys[position]) {
		done = key_parse(&key, keys, &position, error);
		if (done)
			input_key(input, key);
		if (editor_busy(editor))
			editor_wait(editor, NULL);
		/* Without a terminal nobody sees a list grow. */
		if (!editor->hooks.wait)
			editor_settle(editor);
	}
	editor->interactive = interactive;
	if (input->too_deep)
		done = error_set(error, "these keys stand for themselves");
	if (--input->depth == 0)
		input->too_deep = false;
	return done;
}

/* --- mouse --- */

/* A click in a list selects the line; on the selected one it goes there. */
static void click_panel(struct input *input, unsigned row,
			const struct grid *grid)
{
	struct panel *panel = &input->editor->panel;
	uint64_t before = panel->selected;
	unsigned first;
	unsigned rows;

	screen_panel_rows(input->editor, grid, &first, &rows);
	if (row < first || !panel_select(panel, row - first))
		return;
	forget(input);
	input->editor->serial++;
	if (panel->selected == before)
		input_run(input->editor, "panel go");
}

/* The window at a place, where the mouse has to do with windows now. */
static bool window_at(const struct editor *editor, unsigned row,
		      unsigned column, const struct grid *grid,
		      struct screen_place *place)
{
	return !panel_visible(&editor->panel)
	       && editor->prompt_kind == PROMPT_NONE
	       && !editor->question.text[0]
	       && screen_hit(editor, grid, row, column, place);
}

static bool hit(struct input *input, unsigned row, unsigned column,
		const struct grid *grid, enum layout_area *area,
		uint64_t *offset, unsigned *nibble)
{
	struct editor *editor = input->editor;
	struct screen_place place;

	return window_at(editor, row, column, grid, &place) && place.in_view
	       && place.window == editor->focus
	       && view_hit(&editor->buffer->view, place.row, place.column,
			   area, offset, nibble);
}

void input_click(struct input *input, unsigned row, unsigned column,
		 const struct grid *grid)
{
	struct editor *editor = input->editor;
	struct screen_place place;
	enum layout_area area;
	uint64_t offset;
	unsigned nibble;

	editor_stop_following(editor);
	if (panel_visible(&editor->panel) && !editor->question.text[0]) {
		click_panel(input, row, grid);
		return;
	}
	if (window_at(editor, row, column, grid, &place)
	    && place.window != editor->focus) {
		forget(input);
		editor_focus(editor, place.window);
	}
	if (!hit(input, row, column, grid, &area, &offset, &nibble))
		return;
	forget(input);
	editor_end_typing(editor);

	struct view *view = &editor->buffer->view;

	if (area == LAYOUT_SCROLL) {
		editor_jump(editor, offset);
		return;
	}
	view_select(view, false);
	if (area == LAYOUT_HEX)
		view_set_pane(view, VIEW_HEX);
	else if (area == LAYOUT_TEXT)
		view_set_pane(view, VIEW_TEXT);
	view_goto(view, offset);
	editor->serial++;
}

void input_drag(struct input *input, unsigned row, unsigned column,
		const struct grid *grid)
{
	enum layout_area area;
	uint64_t offset;
	unsigned nibble;

	if (!hit(input, row, column, grid, &area, &offset, &nibble))
		return;

	struct view *view = &input->editor->buffer->view;

	if (area != LAYOUT_SCROLL && !view->selecting
	    && offset != view->cursor)
		view_select(view, true);
	view_goto(view, offset);
	input->editor->serial++;
}

void input_wheel(struct input *input, int rows, unsigned row, unsigned column,
		 const struct grid *grid)
{
	struct editor *editor = input->editor;
	struct screen_place place;

	editor_stop_following(editor);
	if (panel_visible(&editor->panel))
		panel_scroll(&editor->panel, rows);
	else if (window_at(editor, row, column, grid, &place))
		view_scroll(editor_window_view(editor, place.window), rows);
	editor->serial++;
}
