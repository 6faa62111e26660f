/*
 * Commands that change all of a range at once.  Long ones run beside the
 * screen (task_edit.c).
 */
#include <string.h>

#include "command/command.h"
#include "octavo/data.h"

/* --- replace --- */

/* What is looked for, and what that becomes. */
struct replacing {
	struct pattern *pattern;
	struct replacement *replacement;
};

/* /regex/replacement/flags at *POSITION. */
static bool take_regex(const char *line, size_t *position,
		       struct replacing *replacing, struct error *error)
{
	size_t start, length;

	replacing->pattern = pattern_parse_replace(line, position, &start,
						   &length, error);
	if (!replacing->pattern)
		return false;
	replacing->replacement = replacement_new(replacing->pattern,
						 line + start, length, error);
	if (replacing->replacement)
		return true;
	if (error && error->position != ERROR_NO_POSITION)
		error->position += (long)start;
	return false;
}

/* Data, and data in its place. */
static bool take_data(const struct command_call *call, size_t *position,
		      struct replacing *replacing, struct error *error)
{
	struct data data;

	replacing->pattern = pattern_parse(call->line, position, error);
	if (!replacing->pattern)
		return false;
	command_at_end(call, position);
	if (!data_parse(&data, call->line, position, false, error))
		return false;
	replacing->replacement = replacement_of_bytes(data.bytes, data.length,
						      error);
	data_free(&data);
	return replacing->replacement != NULL;
}

static bool take_replacing(const struct command_call *call,
			   struct replacing *replacing, struct error *error)
{
	size_t position = call->position;
	bool data = data_starts(call->line, position);

	*replacing = (struct replacing){ NULL, NULL };
	if (command_at_end(call, &position))
		return error_set_at(error, position, "what becomes what? "
				    "/regex/replacement/flags, or data and "
				    "data");
	return (data ? take_data(call, &position, replacing, error)
		     : take_regex(call->line, &position, replacing, error))
	       && command_no_more(call, position, error);
}

static enum status run_replace(struct editor *editor,
			       const struct command_call *call,
			       struct error *error)
{
	struct replacing replacing;

	if (!take_replacing(call, &replacing, error)) {
		replacement_free(replacing.replacement);
		pattern_free(replacing.pattern);
		return STATUS_FAILED;
	}
	editor_set_pattern(editor, replacing.pattern);
	return editor_replace(editor, call->range, call->selected,
			      replacing.replacement, error)
		       ? STATUS_RUNNING : STATUS_FAILED;
}

const struct command commands_bulk[] = {
	{ "replace", NULL, COMMAND_RANGE_ALL, COMMAND_EDITS,
	  "/REGEX/TEXT/FLAGS",
	  "replace all matches; in TEXT $0 $1 ${name} are what was matched; "
	  "or DATA DATA", run_replace },
	{ .name = NULL },
};
