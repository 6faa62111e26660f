/*
 * filter: which lines are shown.  Entries lie on a stack; each can be switched
 * off and on, edited and removed by itself.  In batch they are printed a line
 * each; on a screen they are a list in which one walks.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "octavo/escape.h"

static size_t count_of(const struct editor *editor)
{
	return editor->buffer && editor->buffer->filter
		       ? line_filter_count(editor->buffer->filter) : 0;
}

/* --- the list --- */

static size_t format_line(const struct editor *editor, size_t index,
			  char *text, size_t size)
{
	const struct line_filter_entry *entry =
		line_filter_entry(editor->buffer->filter, index);
	const char *pattern = pattern_text(entry->pattern);
	int used = snprintf(text, size, "%zu %-3s %s", index + 1,
			    entry->on ? "on" : "off",
			    entry->exclude ? "!" : "");

	return (size_t)used + escape_text(text + used, size - (size_t)used,
					  pattern, strlen(pattern));
}

static uint64_t list_count(void *context)
{
	return count_of(context);
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
	const struct line_filter_entry *entry =
		line_filter_entry(editor->buffer->filter, (size_t)index);
	int used = -1;

	if (strcmp(action, "go") == 0)
		used = snprintf(text, size, "filter toggle %" PRIu64,
				index + 1);
	else if (strcmp(action, "remove") == 0)
		used = snprintf(text, size, "filter clear %" PRIu64,
				index + 1);
	else if (strcmp(action, "edit") == 0)
		used = snprintf(text, size, "prompt command filter edit %"
				PRIu64 " %s%s", index + 1,
				entry->exclude ? "!" : "",
				pattern_text(entry->pattern));
	return used >= 0 && (size_t)used < size;
}

static void print_list(struct editor *editor)
{
	char text[4096];

	for (size_t i = 0; i < count_of(editor); i++) {
		format_line(editor, i, text, sizeof text);
		editor_print(editor, "%s\n", text);
	}
}

static void show_list(struct editor *editor)
{
	const struct panel_source source = {
		.count = list_count,
		.line = list_line,
		.command = list_command,
		.context = editor,
		.stays = true,
		.hint = "[panel go] switches it on or off, [panel edit] edits "
			"it, [panel remove] removes it, [panel close] closes",
	};
	char title[80] = "filters";
	uint64_t before, after;

	editor->serial++;
	if (count_of(editor) == 0) {
		editor_message(editor, "no filters: & or filter /re/ adds one");
		return;
	}
	line_filter_context(editor->buffer->filter, &before, &after);
	if (before > 0 || after > 0)
		snprintf(title, sizeof title, "filters, with %" PRIu64
			 " line%s before and %" PRIu64 " behind", before,
			 before == 1 ? "" : "s", after);
	panel_open(&editor->panel, title, &source, 0);
}

static enum status run_filter_list(struct editor *editor,
				   const struct command_call *call,
				   struct error *error)
{
	(void)call;
	(void)error;
	if (editor->interactive)
		show_list(editor);
	else
		print_list(editor);
	return STATUS_DONE;
}

/* --- what is there --- */

/* The number of an entry at *POSITION, from 0 in *INDEX; *ANY: there is one. */
static bool read_entry(struct editor *editor, const struct command_call *call,
		       size_t *position, bool *any, size_t *index,
		       struct error *error)
{
	size_t start = *position;
	uint64_t number = 0;
	bool negative;

	*any = !command_at_end(call, position);
	if (!*any)
		return true;
	start = *position;
	if (!command_integer(call, position, &number, &negative, error))
		return false;
	if (*position == start)
		return error_set_at(error, start, "a number is wanted here");
	if (negative || number == 0 || number > count_of(editor))
		return error_set_at(error, start, "there is no filter %" PRIu64,
				    number);
	*index = (size_t)number - 1;
	return true;
}

static bool there_is_one(const struct editor *editor, struct error *error)
{
	return count_of(editor) > 0 ||
	       error_set(error, "there is no filter: filter /re/ adds one");
}

static bool turn(struct editor *editor, bool on, struct error *error)
{
	if (!there_is_one(editor, error))
		return false;
	line_filter_turn(editor->buffer->filter, on);
	return true;
}

static bool run_on(struct editor *editor, const struct command_call *call,
		   size_t position, struct error *error)
{
	return command_no_more(call, position, error) &&
	       turn(editor, true, error);
}

static bool run_off(struct editor *editor, const struct command_call *call,
		    size_t position, struct error *error)
{
	return command_no_more(call, position, error) &&
	       turn(editor, false, error);
}

static bool run_toggle(struct editor *editor, const struct command_call *call,
		       size_t position, struct error *error)
{
	size_t index;
	bool any;

	if (!read_entry(editor, call, &position, &any, &index, error) ||
	    !command_no_more(call, position, error) ||
	    !there_is_one(editor, error))
		return false;

	struct line_filter *filter = editor->buffer->filter;

	if (any)
		line_filter_switch(filter, index,
				   !line_filter_entry(filter, index)->on);
	else
		line_filter_turn(filter, !line_filter_is_on(filter));
	return true;
}

static bool run_clear(struct editor *editor, const struct command_call *call,
		      size_t position, struct error *error)
{
	size_t index;
	bool any;

	if (!read_entry(editor, call, &position, &any, &index, error) ||
	    !command_no_more(call, position, error))
		return false;
	if (any)
		line_filter_remove(editor->buffer->filter, index);
	while (!any && count_of(editor) > 0)
		line_filter_remove(editor->buffer->filter,
				   count_of(editor) - 1);
	return true;
}

/* --- patterns --- */

/* [!]PATTERN, and nothing more. */
static struct pattern *read_pattern(struct editor *editor,
				    const struct command_call *call,
				    size_t position, bool *exclude,
				    struct error *error)
{
	struct pattern *pattern;

	*exclude = call->line[position] == '!';
	if (*exclude)
		position++;
	if (command_at_end(call, &position)) {
		error_set_at(error, position, "a pattern is wanted: "
			     "/regex/flags, \"text\" or {hex}");
		return NULL;
	}
	pattern = pattern_parse(call->line, &position, error);
	if (pattern && !command_no_more(call, position, error)) {
		pattern_free(pattern);
		return NULL;
	}
	editor_set_limits(editor, pattern);
	return pattern;
}

static bool run_edit(struct editor *editor, const struct command_call *call,
		     size_t position, struct error *error)
{
	size_t index;
	bool any, exclude;
	struct pattern *pattern;

	if (!read_entry(editor, call, &position, &any, &index, error))
		return false;
	if (!any)
		return error_set_at(error, position, "a number is wanted here");
	command_at_end(call, &position);
	pattern = read_pattern(editor, call, position, &exclude, error);
	if (pattern)
		line_filter_replace(editor->buffer->filter, index, pattern,
				    exclude);
	return pattern != NULL;
}

struct context {
	bool given;
	uint64_t before;
	uint64_t after;
};

/* The options -A, -B and -C with their numbers at *POSITION. */
static bool read_context(const struct command_call *call, size_t *position,
			 struct context *context, struct error *error)
{
	while (!command_at_end(call, position) &&
	       call->line[*position] == '-' &&
	       strchr("ABC", call->line[*position + 1])) {
		char letter = call->line[*position + 1];
		uint64_t lines = 0;
		bool negative = false;
		size_t start = *position += 2;

		command_at_end(call, position);
		if (!isdigit((unsigned char)call->line[*position]))
			return error_set_at(error, start, "how many lines?");
		if (!command_integer(call, position, &lines, &negative, error))
			return false;
		context->given = true;
		if (letter != 'A')
			context->before = lines;
		if (letter != 'B')
			context->after = lines;
	}
	return true;
}

/* Options and a pattern, or one of both. */
static bool add(struct editor *editor, const struct command_call *call,
		struct error *error)
{
	struct line_filter *filter = editor_line_filter(editor, error);
	struct context context = { .given = false };
	size_t position = call->position;
	struct pattern *pattern;
	bool exclude;

	if (!filter)
		return false;
	line_filter_context(filter, &context.before, &context.after);
	if (!read_context(call, &position, &context, error))
		return false;
	if (!context.given || !command_at_end(call, &position)) {
		pattern = read_pattern(editor, call, position, &exclude, error);
		if (!pattern ||
		    !editor_add_filter(editor, pattern, exclude, error))
			return false;
	}
	if (context.given)
		line_filter_set_context(filter, context.before, context.after);
	return true;
}

static const struct word {
	const char *name;
	bool (*run)(struct editor *editor, const struct command_call *call,
		    size_t position, struct error *error);
} words[] = {
	{ "on", run_on }, { "off", run_off }, { "toggle", run_toggle },
	{ "clear", run_clear }, { "edit", run_edit }, { NULL, NULL },
};

/* Runs the word that the arguments begin with; *KNOWN: there is one. */
static bool run_word(struct editor *editor, const struct command_call *call,
		     bool *known, struct error *error)
{
	size_t position = call->position;
	const struct word *word = words;
	char text[32];

	*known = false;
	if (!isalpha((unsigned char)call->line[position]) ||
	    pattern_is_data(call->line, position))
		return true;
	command_word(call, &position, text, sizeof text);
	while (word->name && strcmp(word->name, text) != 0)
		word++;
	*known = true;
	if (!word->name)
		return error_set_at(error, call->position, "a pattern is "
				    "wanted, or one of: on off toggle clear "
				    "edit");
	return word->run(editor, call, position, error);
}

static enum status run_filter(struct editor *editor,
			      const struct command_call *call,
			      struct error *error)
{
	size_t position = call->position;
	bool known, done;

	if (command_at_end(call, &position))
		return run_filter_list(editor, call, error);
	done = run_word(editor, call, &known, error);
	if (done && !known)
		done = add(editor, call, error);
	editor_seek_shown(editor, SEEK_NEAREST);
	editor->serial++;
	return done ? STATUS_DONE : STATUS_FAILED;
}

const struct command commands_filter[] = {
	{ "filter", NULL, COMMAND_NO_RANGE, 0, "[-B N] [-A N] [-C N] [WHAT]",
	  "show only lines with a match of WHAT, or with ! before it without; "
	  "or on, off, toggle [N], clear [N], edit N WHAT; alone, list them",
	  run_filter },
	{ "filter-list", NULL, COMMAND_NO_RANGE, 0, "",
	  "list the filters, to switch, edit or remove them",
	  run_filter_list },
	{ .name = NULL },
};
