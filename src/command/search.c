/*
 * Commands that look for a pattern.  They start a task; what it finds is
 * printed or gone to when it ends (task.c).
 */
#include <string.h>

#include "command/command.h"

/* Is it the last one again, to the end of the line, and does it mean the same?
 * Compiling takes longer than a small file, and batch may have thousands. */
static bool is_last_pattern(const struct editor *editor, const char *text)
{
	return editor->pattern && *text != '@' &&
	       strcmp(text, pattern_text(editor->pattern)) == 0;
}

/* Reads the pattern at POSITION and makes it the one that next, previous and
 * the highlighting use; a bad one leaves that as it was. */
static bool take_pattern_at(struct editor *editor,
			    const struct command_call *call, size_t position,
			    struct error *error)
{
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

static bool take_pattern(struct editor *editor,
			 const struct command_call *call,
			 struct error *error)
{
	return take_pattern_at(editor, call, call->position, error);
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

/* The pattern that is given at POSITION, else the last one. */
static bool take_pattern_or_last(struct editor *editor,
				 const struct command_call *call,
				 size_t position, struct error *error)
{
	if (!command_at_end(call, &position))
		return take_pattern_at(editor, call, position, error);
	return editor->pattern
	       || error_set(error, "nothing has been searched for yet");
}

static enum status run_matches(struct editor *editor,
			       const struct command_call *call,
			       struct error *error)
{
	return take_pattern_or_last(editor, call, call->position, error)
		       ? editor_matches(editor, call->range, error)
		       : STATUS_FAILED;
}

/* --- lines --- */

/* Does a word of arguments stand at POSITION: letters behind a dash, at most
 * one of them with a number?  Else it is a pattern, whose delimiter may be a
 * dash. */
static bool is_line_option(const char *line, size_t position)
{
	const char *word = line + position;
	size_t length;

	if (*word != '-')
		return false;
	length = 1 + strspn(word + 1, "vc");
	if (word[length] && strchr("ABC", word[length]))
		length += 1 + strspn(word + length + 1, "0123456789");
	return length > 1 && (word[length] == ' ' || word[length] == '\t'
			      || word[length] == '\0');
}

/* How many lines of context, behind the letter at *POSITION. */
static bool take_context(const struct command_call *call, size_t *position,
			 struct search_lines *which, struct error *error)
{
	char letter = call->line[(*position)++];
	size_t digits = *position;
	bool negative = false;
	uint64_t count = 0;

	if (command_at_end(call, &digits)
	    || !strchr("0123456789", call->line[digits]))
		return error_set_at(error, *position, "-%c wants a number of "
				    "lines", letter);
	if (!command_integer(call, &digits, &count, &negative, error))
		return false;
	*position = digits;
	which->with_context = true;
	if (letter != 'A')
		which->before = count;
	if (letter != 'B')
		which->behind = count;
	return true;
}

/* All arguments before the pattern. */
static bool take_line_options(const struct command_call *call,
			      size_t *position, struct search_lines *which,
			      struct error *error)
{
	while (!command_at_end(call, position)
	       && is_line_option(call->line, *position)) {
		size_t letters = strspn(call->line + *position + 1, "vc");

		for (; letters > 0; letters--)
			if (call->line[++*position] == 'v')
				which->others = true;
			else
				which->only_count = true;
		++*position;
		if (call->line[*position] && call->line[*position] != ' '
		    && call->line[*position] != '\t'
		    && !take_context(call, position, which, error))
			return false;
	}
	return true;
}

static enum status run_lines(struct editor *editor,
			     const struct command_call *call,
			     struct error *error)
{
	size_t position = call->position;
	struct search_lines which = { .others = false };

	return started(take_line_options(call, &position, &which, error)
		       && take_pattern_or_last(editor, call, position, error)
		       && editor_lines(editor, call->range, &which, error));
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
	{ "lines", NULL, COMMAND_RANGE_ALL, 0,
	  "[-vc] [-A N] [-B N] [-C N] [PATTERN]",
	  "print lines with a match of it, or of the last pattern, as grep -n; "
	  "-v others, -c how many, with N lines after, before, around",
	  run_lines },
	{ "count", NULL, COMMAND_RANGE_ALL, 0, "PATTERN",
	  "count the matches", run_count },
	{ .name = NULL },
};
