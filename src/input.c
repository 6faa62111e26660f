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

static void run(struct editor *editor, const char *line)
{
	struct error error = ERROR_NONE;
	enum status status = command_execute(editor, line, &error);

	if ((status == STATUS_FAILED || status == STATUS_NOTHING)
	    && error.message[0])
		editor_show_error(editor, &error);
}

/* --- questions --- */

static void answer(struct editor *editor, uint32_t key)
{
	struct question question = editor->question;

	editor->question.text[0] = '\0';
	editor->serial++;
	for (size_t i = 0; i < 4; i++) {
		uint32_t wanted = (unsigned char)question.answers[i].key;

		if (wanted == 0 || (key | 0x20) != wanted)
			continue;
		if (question.answers[i].command)
			run(editor, question.answers[i].command);
		return;
	}
	editor_message(editor, "nothing done");
}

/* --- the prompt --- */

static void close_prompt(struct editor *editor)
{
	editor->prompt_kind = PROMPT_NONE;
	editor->hint[0] = '\0';
	editor->hint_position = -1;
	free(editor->prompt_pattern);
	editor->prompt_pattern = NULL;
	editor->serial++;
}

static bool searching(const struct editor *editor)
{
	return editor->prompt_kind == PROMPT_SEARCH
	       || editor->prompt_kind == PROMPT_SEARCH_BACK;
}

static void set_hint(struct editor *editor, const struct error *error,
		     long shift)
{
	snprintf(editor->hint, sizeof editor->hint, "%s", error->message);
	editor->hint_position = -1;
	if (error->position != ERROR_NO_POSITION)
		editor->hint_position = error->position > shift
						? error->position - shift : 0;
}

/* A pattern that is all of TEXT. */
static struct pattern *whole_pattern(const char *text, struct error *error)
{
	size_t position = 0;
	struct pattern *pattern = pattern_parse(text, &position, error);

	if (!pattern || text[position] == '\0')
		return pattern;
	pattern_free(pattern);
	error_set_at(error, position, "nothing more is wanted here");
	return NULL;
}

/* What is typed, as a pattern of the type that Tab has chosen. */
static struct pattern *typed_pattern(struct editor *editor, long *shift,
				     struct error *error)
{
	const char *text = editor->prompt.text;
	size_t length = editor->prompt.length;
	char braced[PROMPT_SIZE + 2];

	*shift = 0;
	switch (editor->search_type) {
	case SEARCH_TYPE_TEXT:
		return pattern_bytes((const unsigned char *)text, NULL, length,
				     error);
	case SEARCH_TYPE_HEX:
		*shift = 1;
		snprintf(braced, sizeof braced, "{%s}", text);
		return whole_pattern(braced, error);
	case SEARCH_TYPE_VALUE:
		return whole_pattern(text, error);
	case SEARCH_TYPE_REGEX:
	case SEARCH_TYPES:
		break;
	}
	return pattern_regex(text, length, "", error);
}

/* The pattern that was searched for before the prompt was opened. */
static void restore_pattern(struct editor *editor)
{
	struct pattern *before = NULL;
	size_t position = 0;

	/* Nothing was typed: what runs goes on. */
	if (editor->pattern_serial == editor->prompt_serial)
		return;
	if (editor->prompt_pattern)
		before = pattern_parse(editor->prompt_pattern, &position,
				       NULL);
	editor_set_pattern(editor, before);
	editor->prompt_serial = editor->pattern_serial;
	view_goto(&editor->buffer->view, editor->prompt_origin);
	editor->buffer->has_match = false;
}

/* The first match shows while the pattern is typed. */
static void search_as_typed(struct editor *editor)
{
	struct error error = ERROR_NONE;
	long shift;

	editor->hint[0] = '\0';
	editor->hint_position = -1;
	if (!editor->buffer)
		return;
	if (editor->prompt.length == 0) {
		restore_pattern(editor);
		return;
	}

	struct pattern *pattern = typed_pattern(editor, &shift, &error);

	if (!pattern) {
		set_hint(editor, &error, shift);
		return;
	}
	editor_set_pattern(editor, pattern);
	view_goto(&editor->buffer->view, editor->prompt_origin);
	editor_find(editor, editor->prompt_kind == PROMPT_SEARCH_BACK, false,
		    1, true, NULL);
}

static void next_type(struct editor *editor, unsigned step)
{
	editor->search_type = (editor->search_type + step) % SEARCH_TYPES;
	search_as_typed(editor);
}

static void hint_command(struct editor *editor)
{
	size_t start;
	const struct command *command =
		command_typed(editor->prompt.text, &start);
	char usage[200];

	editor->hint[0] = '\0';
	editor->hint_position = -1;
	if (command)
		snprintf(editor->hint, sizeof editor->hint, "%s: %s",
			 command_usage(command, usage, sizeof usage),
			 command->help);
}

/* True where the search has begun and the prompt may close. */
static bool accept_search(struct editor *editor)
{
	bool back = editor->prompt_kind == PROMPT_SEARCH_BACK;
	struct error error = ERROR_NONE;
	long shift;

	if (!editor->buffer)
		return true;
	if (editor->prompt.length == 0) {
		editor->backward = back;
		run(editor, "next");
		return true;
	}

	struct pattern *pattern = typed_pattern(editor, &shift, &error);

	if (!pattern) {
		set_hint(editor, &error, shift);
		return false;
	}
	editor_set_pattern(editor, pattern);
	editor->backward = back;
	view_goto(&editor->buffer->view, editor->prompt_origin);
	if (!editor_find(editor, back, false, 1, false, &error))
		editor_show_error(editor, &error);
	return true;
}

/* True where the line was run, or failed in a way that retyping it does not
 * mend. */
static bool accept_line(struct editor *editor, const char *before)
{
	char line[PROMPT_SIZE + 16];
	struct error error = ERROR_NONE;
	long shift = (long)strlen(before);
	enum prompt_kind kind = editor->prompt_kind;

	snprintf(line, sizeof line, "%s%s", before, editor->prompt.text);
	/* The command may open a prompt of its own. */
	editor->prompt_kind = PROMPT_NONE;

	enum status status = command_execute(editor, line, &error);

	if (status != STATUS_FAILED && status != STATUS_NOTHING)
		return editor->prompt_kind == PROMPT_NONE;
	if (error.position != ERROR_NO_POSITION) {
		editor->prompt_kind = kind;
		set_hint(editor, &error, shift);
		return false;
	}
	if (error.message[0])
		editor_show_error(editor, &error);
	return true;
}

static void accept(struct editor *editor)
{
	struct prompt_history *history =
		&editor->histories[editor->prompt_kind];
	bool done = false;

	prompt_history_add(history, editor->prompt.text);
	if (searching(editor))
		done = accept_search(editor);
	else if (editor->prompt.length == 0)
		done = true;
	else
		done = accept_line(editor, editor->prompt_kind == PROMPT_GOTO
						   ? "goto " : "");
	if (done)
		close_prompt(editor);
	editor->serial++;
}

/* Completes the command's name being typed as far as it is unambiguous, and
 * lists what is possible. */
static void complete(struct editor *editor)
{
	struct prompt *prompt = &editor->prompt;
	size_t start = prompt->cursor;
	char common[64] = "";
	size_t matching = 0;

	while (start > 0 && (prompt->text[start - 1] == '-'
			     || (prompt->text[start - 1] >= 'a'
				 && prompt->text[start - 1] <= 'z')))
		start--;
	editor->hint[0] = '\0';
	editor->hint_position = -1;
	for (size_t i = 0; command_at(i); i++) {
		const char *name = command_at(i)->name;
		size_t length = strlen(editor->hint);

		if (strncmp(name, prompt->text + start,
			    prompt->cursor - start) != 0)
			continue;
		if (matching++ == 0)
			snprintf(common, sizeof common, "%s", name);
		for (size_t j = 0; common[j]; j++)
			if (common[j] != name[j])
				common[j] = '\0';
		snprintf(editor->hint + length, sizeof editor->hint - length,
			 "%s%s", length ? " " : "", name);
	}
	if (matching == 0)
		return;
	prompt_complete(prompt, start, common);
	if (matching == 1) {
		prompt_complete(prompt, prompt->cursor, " ");
		hint_command(editor);
	}
}

static void prompt_input(struct editor *editor, uint32_t key)
{
	editor->serial++;
	switch (prompt_key(&editor->prompt, key)) {
	case PROMPT_NOTHING:
	case PROMPT_MOVED:
		break;
	case PROMPT_CHANGED:
		if (searching(editor))
			search_as_typed(editor);
		else if (editor->prompt_kind == PROMPT_COMMAND)
			hint_command(editor);
		else
			editor->hint[0] = '\0';
		break;
	case PROMPT_ACCEPTED:
		accept(editor);
		break;
	case PROMPT_CANCELLED:
		if (searching(editor) && editor->buffer)
			restore_pattern(editor);
		close_prompt(editor);
		break;
	case PROMPT_BACK_TAB:
		if (searching(editor))
			next_type(editor, SEARCH_TYPES - 1);
		break;
	case PROMPT_TAB:
		if (searching(editor)) {
			next_type(editor, 1);
		} else if (editor->prompt_kind == PROMPT_COMMAND) {
			complete(editor);
		}
		break;
	}
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

static void bound_input(struct input *input, uint32_t key)
{
	enum keymap_mode mode = editor_keymap_mode(input->editor);
	const struct binding *binding;
	uint32_t character;
	char line[PROMPT_SIZE];
	bool fits;

	if (take_count(input, mode, key))
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
			run(input->editor, line);
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
	bool cancel = key == KEYCODE_ESCAPE || key == CONTROL_C;

	if (cancel && editor_busy(editor)
	    && editor->prompt_kind == PROMPT_NONE) {
		editor_cancel(editor);
		return;
	}
	if (editor->question.text[0]) {
		answer(editor, key);
	} else if (editor->prompt_kind != PROMPT_NONE) {
		prompt_input(editor, key);
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
	}
	editor->interactive = interactive;
	if (input->too_deep)
		done = error_set(error, "these keys stand for themselves");
	if (--input->depth == 0)
		input->too_deep = false;
	return done;
}

/* --- mouse --- */

static bool hit(struct input *input, unsigned row, unsigned column,
		const struct grid *grid, enum layout_area *area,
		uint64_t *offset, unsigned *nibble)
{
	struct editor *editor = input->editor;
	unsigned first;
	unsigned rows;

	if (!editor->buffer || panel_visible(&editor->panel)
	    || editor->prompt_kind != PROMPT_NONE || editor->question.text[0])
		return false;
	screen_view_rows(editor, grid, &first, &rows);
	if (row < first || row >= first + rows)
		return false;
	return view_hit(&editor->buffer->view, row - first, column, area,
			offset, nibble);
}

void input_click(struct input *input, unsigned row, unsigned column,
		 const struct grid *grid)
{
	struct editor *editor = input->editor;
	enum layout_area area;
	uint64_t offset;
	unsigned nibble;

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

void input_wheel(struct input *input, int rows)
{
	struct editor *editor = input->editor;

	if (panel_visible(&editor->panel))
		panel_scroll(&editor->panel, rows);
	else if (editor->buffer && editor->prompt_kind == PROMPT_NONE)
		view_scroll(&editor->buffer->view, rows);
	editor->serial++;
}
