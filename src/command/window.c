/*
 * Commands for windows: making, closing, going to another.
 */
#include <stdlib.h>
#include <string.h>

#include "command/command.h"

static enum status split(struct editor *editor,
			 const struct command_call *call, bool stacked,
			 struct error *error)
{
	char *path;

	if (!command_rest(call, call->position, &path, error))
		return STATUS_FAILED;

	bool done = editor_split(editor, stacked, error);

	if (done && path && !command_open(editor, path, error)) {
		editor_close_window(editor, NULL);
		done = false;
	}
	free(path);
	return done ? STATUS_DONE : STATUS_FAILED;
}

static enum status run_split(struct editor *editor,
			     const struct command_call *call,
			     struct error *error)
{
	return split(editor, call, false, error);
}

static enum status run_split_below(struct editor *editor,
				   const struct command_call *call,
				   struct error *error)
{
	return split(editor, call, true, error);
}

static enum status run_only(struct editor *editor,
			    const struct command_call *call,
			    struct error *error)
{
	(void)call;
	(void)error;
	editor_only(editor);
	return STATUS_DONE;
}

static enum status run_close_window(struct editor *editor,
				    const struct command_call *call,
				    struct error *error)
{
	(void)call;
	return editor_close_window(editor, error) ? STATUS_DONE
						  : STATUS_FAILED;
}

static enum status run_other_window(struct editor *editor,
				    const struct command_call *call,
				    struct error *error)
{
	static const struct {
		const char *name;
		int step;
		bool round;	/* goes on at the other end */
		bool stacked;	/* where it does not */
	} ways[] = {
		{ "next", 1, true, false },
		{ "previous", -1, true, false },
		{ "left", -1, false, false },
		{ "right", 1, false, false },
		{ "up", -1, false, true },
		{ "down", 1, false, true },
	};
	enum { WAYS = sizeof ways / sizeof *ways };
	size_t position = call->position;
	size_t count = editor->window_count;
	char word[32] = "next";
	size_t way = 0;

	command_word(call, &position, word, sizeof word);
	while (way < WAYS && strcmp(ways[way].name, word) != 0)
		way++;
	if (way == WAYS) {
		error_set_at(error, call->position, "%s is none of: next "
			     "previous left right up down", word);
		return STATUS_FAILED;
	}
	if (!command_no_more(call, position, error))
		return STATUS_FAILED;

	size_t next = editor->focus + count + (size_t)ways[way].step;

	if (count == 1
	    || (!ways[way].round
		&& (ways[way].stacked != editor->stacked || next < count
		    || next >= 2 * count))) {
		error_set(error, "there is no window there");
		return STATUS_FAILED;
	}
	editor_focus(editor, next % count);
	return STATUS_DONE;
}

const struct command commands_window[] = {
	{ "split", NULL, COMMAND_NO_RANGE, 0, "[FILE]",
	  "show the buffer, or FILE, in another window beside this one",
	  run_split },
	{ "split-below", NULL, COMMAND_NO_RANGE, 0, "[FILE]",
	  "the same with the windows one above the other", run_split_below },
	{ "other-window", NULL, COMMAND_NO_RANGE, 0, "[WHERE]",
	  "go to another window: next, previous, left, right, up, down",
	  run_other_window },
	{ "close-window", NULL, COMMAND_NO_RANGE, 0, "",
	  "close the window; its buffer stays open", run_close_window },
	{ "only", NULL, COMMAND_NO_RANGE, 0, "",
	  "close all other windows", run_only },
	{ .name = NULL },
};
