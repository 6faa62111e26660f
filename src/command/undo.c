/*
 * Commands that go from state to state: back and on again, or to any of them
 * by its number.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "command/command.h"

/* The document is in another state; it had SIZE bytes, and differs in
 * TOUCHED. */
static void went(struct editor *editor, struct range touched, uint64_t size)
{
	uint64_t now = document_size(editor->buffer->document);
	uint64_t length = range_length(touched);
	uint64_t grown = now > size ? now - size : 0;
	uint64_t shrunk = size > now ? size - now : 0;
	uint64_t was = length - (grown < length ? grown : length) + shrunk;

	editor_edited(editor, range_of(touched.start, was), length);
	view_goto(&editor->buffer->view, touched.start);
}

static void say_where(struct editor *editor)
{
	const struct document *document = editor->buffer->document;

	if (editor->interactive)
		editor_message(editor, "%" PRIu64 " to undo, %" PRIu64
			       " to redo", document_undo_steps(document),
			       document_redo_steps(document));
}

/* To state NUMBER, in one go: all the way or not at all.  The cursor goes to
 * what the step of state LAST did, or, where that is 0, to all that differs. */
static enum status go_to(struct editor *editor, uint64_t number, uint64_t last,
			 struct error *error)
{
	struct document *document = editor->buffer->document;
	uint64_t size = document_size(document);
	struct range touched;

	if (number != document_state_now(document)) {
		if (!document_go(document, number, &touched, error))
			return STATUS_FAILED;
		went(editor, touched, size);
		if (last)
			view_goto(&editor->buffer->view,
				  document_state(document, last).offset);
	}
	say_where(editor);
	return STATUS_DONE;
}

static enum status run_undo(struct editor *editor,
			    const struct command_call *call,
			    struct error *error)
{
	const struct document *document = editor->buffer->document;
	uint64_t number = document_state_now(document), last = number, count;

	if (!command_number(call, &count, error))
		return STATUS_FAILED;
	if (number == 0 && count > 0) {
		error_set(error, "nothing to undo");
		return STATUS_FAILED;
	}
	for (; number && count > 0; count--) {
		last = number;
		number = document_state(document, number).parent;
	}
	return go_to(editor, number, last, error);
}

static enum status run_redo(struct editor *editor,
			    const struct command_call *call,
			    struct error *error)
{
	const struct document *document = editor->buffer->document;
	uint64_t number = document_state_now(document), count, next;

	if (!command_number(call, &count, error))
		return STATUS_FAILED;
	if (document_redo_steps(document) == 0 && count > 0) {
		error_set(error, "nothing to redo");
		return STATUS_FAILED;
	}
	for (; count > 0; count--) {
		next = document_state(document, number).next;
		if (next == 0)
			break;
		number = next;
	}
	return go_to(editor, number, number, error);
}

static enum status run_undo_to(struct editor *editor,
			       const struct command_call *call,
			       struct error *error)
{
	struct document *document = editor->buffer->document;
	uint64_t count = document_state_count(document);
	size_t position = call->position;
	uint64_t number;

	if (command_at_end(call, &position)) {
		error_set_at(error, position, "to which state? undo-list has "
			     "their numbers");
		return STATUS_FAILED;
	}
	if (!command_number(call, &number, error))
		return STATUS_FAILED;
	if (number >= count) {
		error_set_at(error, call->position, "the last state is %" PRIu64,
			     count - 1);
		return STATUS_FAILED;
	}
	return go_to(editor, number, 0, error);
}

/* --- the list --- */

static void print_states(struct editor *editor)
{
	const struct document *document = editor->buffer->document;
	uint64_t count = document_state_count(document);
	uint64_t now = document_state_now(document);

	for (uint64_t i = 0; i < count; i++) {
		struct document_state state = document_state(document, i);
		char parent[24] = "-";
		char when[64] = "-";
		time_t seconds = (time_t)state.time;
		struct tm time;

		if (i > 0)
			snprintf(parent, sizeof parent, "%" PRIu64,
				 state.parent);
		if (i > 0 && gmtime_r(&seconds, &time))
			strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ",
				 &time);
		editor_print(editor, "%" PRIu64 " %s %s %" PRIu64 " 0x%" PRIx64
			     " %" PRIu64 " %" PRIu64 "%s%s\n", i, parent,
			     when, state.edits, state.offset, state.old_length,
			     state.new_length, i == now ? " now" : "",
			     state.saved ? " saved" : "");
	}
}

/* How long ago, or when. */
static void format_time(int64_t when, char *text, size_t size)
{
	enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR };
	time_t seconds = (time_t)when;
	int64_t age = (int64_t)time(NULL) - when;
	struct tm time;

	text[0] = '\0';
	if (age >= 0 && age < MINUTE)
		snprintf(text, size, "just now");
	else if (age >= 0 && age < HOUR)
		snprintf(text, size, "%d min ago", (int)(age / MINUTE));
	else if (age >= 0 && age < DAY)
		snprintf(text, size, "%d h ago", (int)(age / HOUR));
	else if (localtime_r(&seconds, &time))
		strftime(text, size, "%Y-%m-%d %H:%M", &time);
}

static void format_edits(const struct document_state *state, char *text,
			 size_t size)
{
	uint64_t old = state->old_length;
	uint64_t new = state->new_length;

	if (state->number == 0)
		snprintf(text, size, "as opened");
	else if (state->edits != 1)
		snprintf(text, size, "%" PRIu64 " edits from 0x%" PRIx64,
			 state->edits, state->offset);
	else if (old != new && old > 0 && new > 0)
		snprintf(text, size, "replace %" PRIu64 " by %" PRIu64
			 " at 0x%" PRIx64, old, new, state->offset);
	else
		snprintf(text, size, "%s %" PRIu64 " at 0x%" PRIx64,
			 old == new ? "overwrite" : old ? "delete" : "insert",
			 old ? old : new, state->offset);
}

/* The newest stands first. */
static uint64_t state_of(const struct document *document, uint64_t index)
{
	return document_state_count(document) - 1 - index;
}

static uint64_t states_count(void *context)
{
	const struct editor *editor = context;

	return editor->buffer ? document_state_count(editor->buffer->document)
			      : 0;
}

static size_t states_line(void *context, uint64_t index, unsigned columns,
			  char *text, size_t size)
{
	const struct editor *editor = context;
	const struct document *document = editor->buffer->document;
	struct document_state state =
		document_state(document, state_of(document, index));
	char when[64] = "";
	char edits[120];
	char branch[40] = "";

	(void)columns;
	if (state.number > 0)
		format_time(state.time, when, sizeof when);
	format_edits(&state, edits, sizeof edits);
	if (state.number > 0 && state.parent != state.number - 1)
		snprintf(branch, sizeof branch, ", after %" PRIu64,
			 state.parent);
	return (size_t)snprintf(text, size, "%c %6" PRIu64 "  %-16s  %s%s%s",
				state.number == document_state_now(document)
					? '*' : state.done ? '|' : ' ',
				state.number, when, edits, branch,
				state.saved ? ", saved" : "");
}

static bool states_command(void *context, uint64_t index, const char *action,
			   char *text, size_t size)
{
	const struct editor *editor = context;

	if (strcmp(action, "go") != 0)
		return false;
	snprintf(text, size, "undo-to %" PRIu64,
		 state_of(editor->buffer->document, index));
	return true;
}

static enum status run_undo_list(struct editor *editor,
				 const struct command_call *call,
				 struct error *error)
{
	const struct document *document = editor->buffer->document;
	const struct panel_source source = {
		.count = states_count,
		.line = states_line,
		.command = states_command,
		.context = editor,
		.hint = "[panel go] goes to that state, [panel close] closes",
	};

	(void)call;
	(void)error;
	if (!editor->interactive)
		print_states(editor);
	else
		panel_open(&editor->panel, "states: * is the present one, | on "
			   "the way to it", &source,
			   state_of(document, document_state_now(document)));
	editor->serial++;
	return STATUS_DONE;
}

const struct command commands_undo[] = {
	{ "undo", "u", COMMAND_NO_RANGE, COMMAND_EDITS, "[N]",
	  "undo the last step, or N steps", run_undo },
	{ "redo", NULL, COMMAND_NO_RANGE, COMMAND_EDITS, "[N]",
	  "redo the step that was undone, or N steps", run_redo },
	{ "undo-list", NULL, COMMAND_NO_RANGE, 0, "",
	  "list all states: number, the number of the one before, time, edits, "
	  "offset, old and new length of the first; now, saved", run_undo_list },
	{ "undo-to", NULL, COMMAND_NO_RANGE, COMMAND_EDITS, "NUMBER",
	  "go to a state, back or on", run_undo_to },
	{ .name = NULL },
};
