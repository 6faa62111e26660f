/*
 * What is typed at a prompt, while it is typed and when Enter ends it: a
 * search shows its first match, a command its help, and what cannot be read
 * stays for mending, with a caret at its place.
 */
#include "input_prompt.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"

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

/* What a text becomes in commands: between quotation marks, unless it has
 * them already. */
static void quote(const char *text, char *quoted)
{
	char *out = quoted;

	*out++ = '"';
	for (; *text; text++) {
		if (strchr("\"\\", *text))
			*out++ = '\\';
		*out++ = *text;
	}
	strcpy(out, "\"");
}

/* The type of a number that is typed without one; "" where there is one. */
static const char *type_of(const char *text)
{
	const char *point = strchr(text, '.');

	if (!isdigit((unsigned char)*text) && *text != '-' && *text != '.')
		return "";
	return point && point[1] != '.' ? "float:" : "int:";
}

/* What is typed, as a pattern of the type that Tab has chosen. */
static struct pattern *typed_pattern(struct editor *editor, long *shift,
				     struct error *error)
{
	const char *text = editor->prompt.text;
	char typed[2 * PROMPT_SIZE + 8];

	*shift = 0;
	switch (editor->search_type) {
	case SEARCH_TYPE_TEXT:
		if (*text == '"')
			return whole_pattern(text, error);
		quote(text, typed);
		break;
	case SEARCH_TYPE_HEX:
		*shift = 1;
		snprintf(typed, sizeof typed, "{%s}", text);
		break;
	case SEARCH_TYPE_VALUE:
		*shift = (long)strlen(type_of(text));
		snprintf(typed, sizeof typed, "%s%s", type_of(text), text);
		break;
	case SEARCH_TYPE_REGEX:
	case SEARCH_TYPES:
		return pattern_regex(text, editor->prompt.length, "", error);
	}
	return whole_pattern(typed, error);
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
		input_run(editor, "next");
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

/* True where the filter is what was typed, and the prompt may close.  Nothing
 * typed shows all lines. */
static bool accept_filter(struct editor *editor)
{
	const struct prompt *prompt = &editor->prompt;
	size_t exclude = prompt->text[0] == '!';
	struct error error = ERROR_NONE;
	struct pattern *pattern;

	if (!editor->buffer)
		return true;
	if (prompt->length == 0) {
		if (editor->buffer->filter)
			input_run(editor, "filter off");
		return true;
	}
	pattern = pattern_regex(prompt->text + exclude,
				prompt->length - exclude, "", &error);
	if (!pattern) {
		set_hint(editor, &error, -(long)exclude);
		return false;
	}
	if (!editor_add_filter(editor, pattern, exclude, &error))
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
	else if (editor->prompt_kind == PROMPT_FILTER)
		done = accept_filter(editor);
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

void input_prompt_key(struct editor *editor, uint32_t key)
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
