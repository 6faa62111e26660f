/*
 * Commands for the session itself: options, keys, prompts, the terminal.
 */
#include <stdlib.h>
#include <string.h>

#include "command/command.h"

static void apply_option(struct editor *editor, enum option_id id)
{
	/* What views look like comes first in the table. */
	if (id <= OPTION_LINE_NUMBERS && id != OPTION_MODE)
		editor_lay_out(editor);
	if (id == OPTION_MODE)
		editor_choose_modes(editor);
	if (id == OPTION_MATCH_LIMIT || id == OPTION_HEAP_LIMIT ||
	    id == OPTION_STACK_LIMIT)
		editor_set_limits(editor, editor->pattern);
}

static enum status run_set(struct editor *editor,
			   const struct command_call *call,
			   struct error *error)
{
	size_t position = call->position;
	char word[200];
	enum option_id id;

	if (command_at_end(call, &position)) {
		show_options(editor);
		return STATUS_DONE;
	}
	while (command_word(call, &position, word, sizeof word)) {
		if (!options_set(&editor->options, word, &id, error)) {
			if (error)
				error->position =
					(long)(position - strlen(word));
			return STATUS_FAILED;
		}
		apply_option(editor, id);
	}
	editor->serial++;
	return STATUS_DONE;
}

static enum status run_fold(struct editor *editor,
			    const struct command_call *call,
			    struct error *error)
{
	long *folds = &editor->options.values[OPTION_FOLD_HOLES];

	(void)call;
	(void)error;
	*folds = !*folds;
	apply_option(editor, OPTION_FOLD_HOLES);
	editor->serial++;
	return STATUS_DONE;
}

/* The position of an error in WORD becomes one in the line. */
static enum status failed_in(const struct command_call *call,
			     struct error *error)
{
	if (error && error->position != ERROR_NO_POSITION)
		error->position += (long)call->position;
	return STATUS_FAILED;
}

static enum status run_map(struct editor *editor,
			   const struct command_call *call,
			   struct error *error)
{
	size_t position = call->position;
	char keys[100];

	if (!command_word(call, &position, keys, sizeof keys)) {
		show_keys(editor);
		return STATUS_DONE;
	}

	char *command;

	if (!command_rest(call, position, &command, error))
		return STATUS_FAILED;

	bool bound = keymap_bind(editor->keymap, KEYMAP_BROWSE, keys,
				 command ? command : "", error);

	free(command);
	return bound ? STATUS_DONE : failed_in(call, error);
}

static enum status run_prompt(struct editor *editor,
			      const struct command_call *call,
			      struct error *error)
{
	static const char *const names[] = {
		[PROMPT_COMMAND] = "command", [PROMPT_SEARCH] = "search",
		[PROMPT_SEARCH_BACK] = "search-back", [PROMPT_GOTO] = "goto",
		[PROMPT_FILTER] = "filter",
	};
	size_t position = call->position;
	char word[32];
	char *text;
	int kind = PROMPT_COMMAND;

	if (!command_word(call, &position, word, sizeof word))
		word[0] = '\0';
	while (kind < PROMPT_KINDS && strcmp(names[kind], word) != 0)
		kind++;
	if (kind == PROMPT_KINDS) {
		error_set_at(error, call->position,
			     "a prompt is one of: command search search-back "
			     "goto filter");
		return STATUS_FAILED;
	}
	if (kind != PROMPT_COMMAND && !editor->buffer) {
		error_set(error, "there is no file");
		return STATUS_FAILED;
	}
	if (!command_rest(call, position, &text, error))
		return STATUS_FAILED;
	editor->prompt_kind = (enum prompt_kind)kind;
	editor->hint[0] = '\0';
	editor->hint_position = -1;
	if (editor->buffer)
		editor->prompt_origin = editor->buffer->view.cursor;
	editor->prompt_serial = editor->pattern_serial;
	free(editor->prompt_pattern);
	editor->prompt_pattern =
		editor->pattern ? strdup(pattern_text(editor->pattern)) : NULL;
	prompt_start(&editor->prompt, &editor->histories[kind],
		     text ? text : "");
	/* Arguments follow the name of a command; what has some is edited. */
	if (text && !strchr(text, ' '))
		prompt_complete(&editor->prompt, editor->prompt.cursor, " ");
	free(text);
	editor->serial++;
	return STATUS_DONE;
}

static enum status run_keys(struct editor *editor,
			    const struct command_call *call,
			    struct error *error)
{
	if (!editor->hooks.keys) {
		error_set(error, "there is nobody to take keys");
		return STATUS_FAILED;
	}
	return editor->hooks.keys(editor->hooks.context,
				  call->line + call->position, error)
		       ? STATUS_DONE : failed_in(call, error);
}

static enum status run_cancel(struct editor *editor,
			      const struct command_call *call,
			      struct error *error)
{
	(void)call;
	(void)error;
	editor_cancel(editor);
	if (editor->buffer)
		view_select(&editor->buffer->view, false);
	editor->serial++;
	return STATUS_DONE;
}

static enum status run_redraw(struct editor *editor,
			      const struct command_call *call,
			      struct error *error)
{
	(void)call;
	/* A process goes on: what it has mapped may be other regions now. */
	if (editor->buffer
	    && !document_reread(editor->buffer->document, error))
		return STATUS_FAILED;
	if (editor->hooks.redraw)
		editor->hooks.redraw(editor->hooks.context);
	editor->serial++;
	return STATUS_DONE;
}

static enum status run_suspend(struct editor *editor,
			       const struct command_call *call,
			       struct error *error)
{
	(void)call;
	if (!editor->hooks.suspend) {
		error_set(error, "there is no terminal to give back");
		return STATUS_FAILED;
	}
	editor->hooks.suspend(editor->hooks.context);
	return STATUS_DONE;
}

const struct command commands_session[] = {
	{ "set", NULL, COMMAND_NO_RANGE, COMMAND_NO_FILE, "[NAME=VALUE]...",
	  "set options, or show them all", run_set },
	{ "fold", NULL, COMMAND_NO_RANGE, COMMAND_NO_FILE, "",
	  "fold holes, or show all of them: sets fold-holes to the other value",
	  run_fold },
	{ "map", NULL, COMMAND_NO_RANGE, COMMAND_NO_FILE, "[KEYS COMMAND]",
	  "bind keys to a command (none unbinds), or show all bindings",
	  run_map },
	{ "prompt", NULL, COMMAND_NO_RANGE, COMMAND_NO_FILE, "KIND [TEXT]",
	  "open a prompt: command, search, search-back, goto, filter",
	  run_prompt },
	{ "keys", NULL, COMMAND_NO_RANGE, COMMAND_NO_FILE, "KEYS",
	  "do as if the keys were typed", run_keys },
	{ "cancel", NULL, COMMAND_NO_RANGE, COMMAND_NO_FILE, "",
	  "stop what runs, and let go of the selection", run_cancel },
	{ "redraw", NULL, COMMAND_NO_RANGE, COMMAND_NO_FILE, "",
	  "draw the screen again from nothing", run_redraw },
	{ "suspend", NULL, COMMAND_NO_RANGE, COMMAND_NO_FILE, "",
	  "give the terminal back until the program is continued",
	  run_suspend },
	{ .name = NULL },
};
