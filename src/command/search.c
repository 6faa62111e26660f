/*
 * Commands that look for a pattern.  They start a task; what it finds is
 * printed or gone to when it ends (task.c).
 */
#include <string.h>

#include "command/command.h"

/* Reads the pattern and makes it the one that next, previous and the
 * highlighting use; a bad one leaves that as it was. */
/* Is it the last one again, to the end of the line, and does it mean the same?
 * Compiling takes longer than a small file, and batch may have thousands. */
static bool is_last_pattern(const struct editor *editor, const char *text)
{
	return editor->pattern && *text != '@' &&
	       strcmp(text, pattern_text(editor->pattern)) == 0;
}

static bool take_pattern(struct editor *editor,
			 const struct command_call *call,
			 struct error *error)
{
	size_t position = call->position;

	if (command_at_end(call, &position))
		return error_set_at(error, position, "a pattern is wanted: "
				    "/regex/flags, \"text\" or {hex}");

	if (is_last_pattern(editor, call->line + position)) {
		editor_use_pattern(editor);
		return true;
	}

	struct pattern *pattern = pattern_parse(call->line, &position, error);

	if (!pattern)
		return false;
	if (!command_no_more(call, position, error)) {
		pattern_free(pattern);
		return false;
	}
	editor_set_pattern(editor, pattern);
	return true;
}

static enum status started(bool done)
{
	return done ? STATUS_RUNNING : STATUS_FAILED;
}

static enum status run_find(struct editor *editor,
			    const struct command_call *call,
			    struct error *error)
{
	if (!take_pattern(editor, call, error))
		return STATUS_FAILED;
	editor->backward = false;
	return started(editor_find(editor, false, false, 1, false, error));
}

static enum status find_again(struct editor *editor,
			      const struct command_call *call, bool backward,
			      struct error *error)
{
	uint64_t count;

	if (!command_number(call, &count, error))
		return STATUS_FAILED;
	return started(editor_find(editor, backward, true, count, false,
				   error));
}

static enum status run_next(struct editor *editor,
			    const struct command_call *call,
			    struct error *error)
{
	return find_again(editor, call, editor->backward, error);
}

static enum status run_previous(struct editor *editor,
				const struct command_call *call,
				struct error *error)
{
	return find_again(editor, call, !editor->backward, error);
}

/* The pattern that is given, else the last one. */
static bool take_pattern_or_last(struct editor *editor,
				 const struct command_call *call,
				 struct error *error)
{
	size_t position = call->position;

	if (!command_at_end(call, &position))
		return take_pattern(editor, call, error);
	return editor->pattern
	       || error_set(error, "nothing has been searched for yet");
}

static enum status run_matches(struct editor *editor,
			       const struct command_call *call,
			       struct error *error)
{
	return take_pattern_or_last(editor, call, error)
		       ? editor_matches(editor, call->range, error)
		       : STATUS_FAILED;
}

static enum status run_lines(struct editor *editor,
			     const struct command_call *call,
			     struct error *error)
{
	return started(take_pattern_or_last(editor, call, error)
		       && editor_lines(editor, call->range, error));
}

static enum status run_count(struct editor *editor,
			     const struct command_call *call,
			     struct error *error)
{
	if (!take_pattern(editor, call, error))
		return STATUS_FAILED;
	return started(editor_count(editor, call->range, error));
}

const struct command commands_search[] = {
	{ "find", NULL, COMMAND_NO_RANGE, 0, "PATTERN",
	  "go to the first match from the cursor on", run_find },
	{ "next", NULL, COMMAND_NO_RANGE, 0, "[N]",
	  "go to the next match, in the direction of the search", run_next },
	{ "previous", NULL, COMMAND_NO_RANGE, 0, "[N]",
	  "go to the match before, against the direction of the search",
	  run_previous },
	{ "matches", NULL, COMMAND_RANGE_ALL, 0, "[PATTERN]",
	  "list offset and length of every match, of the last pattern where "
	  "none is given", run_matches },
	{ "lines", NULL, COMMAND_RANGE_ALL, 0, "[PATTERN]",
	  "print each line with a match, of the last pattern where none is "
	  "given, behind its number", run_lines },
	{ "count", NULL, COMMAND_RANGE_ALL, 0, "PATTERN",
	  "count the matches", run_count },
	{ .name = NULL },
};
