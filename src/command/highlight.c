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
	int used = snprintf(text, size, "%zu %s%s%s%s ", index + 1,
			    roles[one->role].name, one->set[0] ? " " : "",
			    one->set, one->on ? "" : " (off)");

	return (size_t)used + escape_text(text + used, size - (size_t)used,
					  pattern, strlen(pattern));
}

static uint64_t list_count(void *context)
{
	return editor_listed_highlighters(context);
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
	else if (one->set[0])
		used = snprintf(text, size, "highlight%s %s",
				one->on ? "!" : "", one->set);
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
			"removes it or switches its set, [panel close] closes",
	};
	size_t count = editor_listed_highlighters(editor);
	char text[4096];

	if (!editor->interactive) {
		for (size_t i = 0; i < count; i++) {
			format_line(editor, i, text, sizeof text);
			editor_print(editor, "%s\n", text);
		}
		return;
	}
	if (count == 0)
		editor_message(editor, "none but the sets levels and times: "
			       "highlight COLOUR PATTERN adds one");
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

	for (size_t i = 0; i < editor_listed_highlighters(editor); i++)
		used[editor->highlighters[i]->role] = true;
	for (int role = FIRST_COLOR; role < COLORS_END; role++)
		if (!used[role])
			return (enum role)role;
	return (enum role)(FIRST_COLOR + editor_listed_highlighters(editor) % count);
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

/* The word at *POSITION, behind which that is moved; false: it is none, or
 * too long. */
static bool read_set(const char *line, size_t *position,
		     char name[EDITOR_SET_SIZE])
{
	const char *word = line + *position;
	size_t length = 0;

	while (isalnum((unsigned char)word[length]) || word[length] == '-')
		length++;
	if (!isalpha((unsigned char)word[0]) || length >= EDITOR_SET_SIZE)
		return false;
	memcpy(name, word, length);
	name[length] = '\0';
	*position += length;
	return true;
}

/* A pattern at POSITION, in a colour, goes to SET; or to none. */
static bool add_to(struct editor *editor, const struct command_call *call,
		   size_t position, const char *set, struct error *error)
{
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

	struct highlighter added = {
		.pattern = pattern,
		.role = role == ROLE_NORMAL ? next_color(editor) : role,
		.on = set == NULL,
	};

	if (set)
		strcpy(added.set, set);
	return editor_add_highlighter(editor, &added, error);
}

/* Is it the name of a set that stands there alone?  Then that is switched. */
static bool switch_set(struct editor *editor, const struct command_call *call,
		       bool on)
{
	size_t position = call->position;
	char name[EDITOR_SET_SIZE];

	return read_set(call->line, &position, name)
	       && command_at_end(call, &position)
	       && editor_switch_set(editor, name, on);
}

static bool add(struct editor *editor, const struct command_call *call,
		struct error *error)
{
	return switch_set(editor, call, true)
	       || add_to(editor, call, call->position, NULL, error);
}

/* The N-th; a set, which is switched off; or all that are of none. */
static bool remove_some(struct editor *editor,
			const struct command_call *call, struct error *error)
{
	size_t position = call->position;
	uint64_t number;

	if (command_at_end(call, &position)) {
		for (size_t i = editor_listed_highlighters(editor); i-- > 0;)
			if (editor->highlighters[i]->set[0] == '\0')
				editor_remove_highlighter(editor, i);
		return true;
	}
	if (switch_set(editor, call, false))
		return true;
	if (!command_number(call, &number, error))
		return false;
	if (number == 0 || number > editor_listed_highlighters(editor))
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

static enum status run_add_highlight(struct editor *editor,
				     const struct command_call *call,
				     struct error *error)
{
	size_t position = call->position;
	char name[EDITOR_SET_SIZE];

	if (!read_set(call->line, &position, name)) {
		error_set_at(error, position, "the name of a set is wanted, "
			     "letters, digits and -");
		return STATUS_FAILED;
	}
	while (call->line[position] == ' ')
		position++;
	return add_to(editor, call, position, name, error) ? STATUS_DONE
							   : STATUS_FAILED;
}

/* --- going to one --- */

static enum status go(struct editor *editor, const struct command_call *call,
		      bool backward, struct error *error)
{
	size_t position = call->position;
	char which[EDITOR_SET_SIZE] = "";
	struct match match;
	bool found;

	if (!command_at_end(call, &position)
	    && (!read_set(call->line, &position, which)
		|| !command_no_more(call, position, error))) {
		error_set_at(error, call->position, "which highlight? a "
			     "colour or the name of a set");
		return STATUS_FAILED;
	}
	if (!editor_find_highlight(editor, which, backward, &match, &found,
				   error))
		return STATUS_FAILED;
	if (!found) {
		editor_message(editor, "no highlight %s the cursor",
			       backward ? "before" : "behind");
		return STATUS_NOTHING;
	}
	editor_jump(editor, match.start);
	return STATUS_DONE;
}

static enum status run_next_highlight(struct editor *editor,
				      const struct command_call *call,
				      struct error *error)
{
	return go(editor, call, false, error);
}

static enum status run_previous_highlight(struct editor *editor,
					  const struct command_call *call,
					  struct error *error)
{
	return go(editor, call, true, error);
}

const struct command commands_highlight[] = {
	{ "highlight", NULL, COMMAND_NO_RANGE, COMMAND_BANG | COMMAND_NO_FILE,
	  "[COLOUR] [PATTERN]",
	  "show the matches in a colour, or those of a set; without a pattern, "
	  "list what is; with !, remove the N-th, or all, or hide a set",
	  run_highlight },
	{ "add-highlight", NULL, COMMAND_NO_RANGE, COMMAND_NO_FILE,
	  "SET [COLOUR] PATTERN",
	  "add a pattern to a set of highlights, which `highlight NAME` shows; "
	  "levels and times are there, and show in text mode",
	  run_add_highlight },
	{ "next-highlight", NULL, COMMAND_NO_RANGE, 0, "[NAME]",
	  "go to the next match of a highlight, or only of a colour or a set",
	  run_next_highlight },
	{ "previous-highlight", NULL, COMMAND_NO_RANGE, 0, "[NAME]",
	  "go to the match of a highlight before", run_previous_highlight },
	{ .name = NULL },
};
