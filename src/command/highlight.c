/*
 * highlight: patterns whose matches show in colours.  In batch they are printed
 * a line each; on a screen they are a list in which one walks.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "octavo/escape.h"

enum { FIRST_COLOR = ROLE_RED, COLORS_END = ROLE_REVERSE + 1 };

/* --- the list --- */

static size_t format_line(const struct editor *editor, size_t index,
			  char *text, size_t size)
{
	const struct highlighter *one = editor->highlighters[index];
	const char *pattern = pattern_text(one->pattern);
	int used = snprintf(text, size, "%zu %s ", index + 1,
			    roles[one->role].name);

	return (size_t)used + escape_text(text + used, size - (size_t)used,
					  pattern, strlen(pattern));
}

static uint64_t list_count(void *context)
{
	const struct editor *editor = context;

	return editor->highlighter_count;
}

static size_t list_line(void *context, uint64_t index, unsigned columns,
			char *text, size_t size)
{
	(void)columns;
	return format_line(context, (size_t)index, text, size);
}

static bool list_command(void *context, uint64_t index, const char *action,
			 char *text, size_t size)
{
	const struct editor *editor = context;
	const struct highlighter *one = editor->highlighters[index];
	int used;

	if (strcmp(action, "go") == 0)
		used = snprintf(text, size, "find %s",
				pattern_text(one->pattern));
	else
		used = snprintf(text, size, "highlight! %" PRIu64, index + 1);
	return (size_t)used < size;
}

static void show_list(struct editor *editor)
{
	const struct panel_source source = {
		.count = list_count,
		.line = list_line,
		.command = list_command,
		.context = editor,
		.hint = "[panel go] finds the next match, [panel remove] "
			"removes it, [panel close] closes",
	};
	char text[4096];

	if (!editor->interactive) {
		for (size_t i = 0; i < editor->highlighter_count; i++) {
			format_line(editor, i, text, sizeof text);
			editor_print(editor, "%s\n", text);
		}
		return;
	}
	if (editor->highlighter_count == 0)
		editor_message(editor, "no highlights");
	else
		panel_open(&editor->panel, "highlights", &source, 0);
	editor->serial++;
}

/* --- adding and removing --- */

/* A colour that no other has, or else each in turn. */
static enum role next_color(const struct editor *editor)
{
	unsigned count = COLORS_END - FIRST_COLOR;
	bool used[ROLE_COUNT] = { false };

	for (size_t i = 0; i < editor->highlighter_count; i++)
		used[editor->highlighters[i]->role] = true;
	for (int role = FIRST_COLOR; role < COLORS_END; role++)
		if (!used[role])
			return (enum role)role;
	return (enum role)(FIRST_COLOR + editor->highlighter_count % count);
}

/* The colour at *POSITION, behind which that is moved.  ROLE_NORMAL: none. */
static enum role read_color(const char *line, size_t *position)
{
	const char *word = line + *position;
	size_t length = 0;

	while (isalpha((unsigned char)word[length]))
		length++;
	for (int role = FIRST_COLOR; role < COLORS_END; role++) {
		const char *name = roles[role].name;

		if (strlen(name) != length || memcmp(name, word, length) != 0)
			continue;
		*position += length;
		return (enum role)role;
	}
	return ROLE_NORMAL;
}

static bool add(struct editor *editor, const struct command_call *call,
		struct error *error)
{
	size_t position = call->position;
	enum role role = read_color(call->line, &position);

	if (role == ROLE_NORMAL
	    && isalpha((unsigned char)call->line[position])
	    && !pattern_is_data(call->line, position))
		return error_set_at(error, position, "a colour is red green "
				    "yellow blue magenta cyan or reverse");
	if (command_at_end(call, &position))
		return error_set_at(error, position, "a pattern is wanted: "
				    "/regex/flags, \"text\" or {hex}");

	struct pattern *pattern = pattern_parse(call->line, &position, error);

	if (!pattern)
		return false;
	if (!command_no_more(call, position, error)) {
		pattern_free(pattern);
		return false;
	}
	return editor_add_highlighter(editor, pattern,
				      role == ROLE_NORMAL ? next_color(editor)
							  : role, error);
}

/* The N-th, or all. */
static bool remove_some(struct editor *editor,
			const struct command_call *call, struct error *error)
{
	size_t position = call->position;
	uint64_t number;

	if (command_at_end(call, &position)) {
		while (editor->highlighter_count > 0)
			editor_remove_highlighter(
				editor, editor->highlighter_count - 1);
		return true;
	}
	if (!command_number(call, &number, error))
		return false;
	if (number == 0 || number > editor->highlighter_count)
		return error_set_at(error, call->position,
				    "there is no highlight %" PRIu64, number);
	editor_remove_highlighter(editor, (size_t)number - 1);
	return true;
}

static enum status run_highlight(struct editor *editor,
				 const struct command_call *call,
				 struct error *error)
{
	size_t position = call->position;
	bool done = true;

	if (call->bang)
		done = remove_some(editor, call, error);
	else if (command_at_end(call, &position))
		show_list(editor);
	else
		done = add(editor, call, error);
	return done ? STATUS_DONE : STATUS_FAILED;
}

const struct command commands_highlight[] = {
	{ "highlight", NULL, COMMAND_NO_RANGE, COMMAND_BANG | COMMAND_NO_FILE,
	  "[COLOUR] [PATTERN]",
	  "show the matches in a colour, over those shown so before; without a "
	  "pattern, list what is; with !, remove the N-th, or all",
	  run_highlight },
	{ .name = NULL },
};
