/*
 * Commands that decide what becomes of changes where another program has
 * written to the file; and that follow what is written to it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command/command.h"

/* --- the list --- */

static uint64_t conflicts_count(void *context)
{
	const struct editor *editor = context;

	return editor->buffer
	       ? document_conflict_count(editor->buffer->document) : 0;
}

/* COUNT bytes are shown of TOTAL, as many as COLUMNS hold; NAME before them. */
static size_t put_bytes(char *text, const char *name, size_t columns,
			const unsigned char *bytes, size_t count,
			uint64_t total)
{
	size_t used = (size_t)sprintf(text, "%s ", name);

	return used + command_put_bytes(text + used, columns, bytes, count,
					total);
}

/* What was there, what others have put there, what I have. */
static size_t put_conflict(const struct document *document,
			   const struct conflict *conflict, char *text,
			   size_t room)
{
	enum { NAMES = 16 };
	unsigned char bytes[CONFLICT_SHOWN];
	uint64_t old = range_length(conflict->file);
	uint64_t new = range_length(conflict->now);
	size_t columns = room > NAMES ? (room - NAMES) / 3 : 0;
	size_t shown = old < sizeof bytes ? (size_t)old : sizeof bytes;
	size_t used;

	if (columns < 3)
		return 0;
	if (columns > 3 * CONFLICT_SHOWN)
		columns = 3 * CONFLICT_SHOWN;
	used = put_bytes(text, "was", columns, conflict->was,
			 conflict->known ? shown : 0, old);
	used += put_bytes(text + used, "theirs", columns, bytes,
			  document_read_disk(document, conflict->file.start,
					     bytes, shown), old);
	shown = new < sizeof bytes ? (size_t)new : sizeof bytes;
	return used + put_bytes(text + used, "mine", columns, bytes,
				document_read(document, conflict->now.start,
					      bytes, shown), new);
}

static size_t conflicts_line(void *context, uint64_t index, unsigned columns,
			     char *text, size_t size)
{
	const struct editor *editor = context;
	const struct document *document = editor->buffer->document;
	struct conflict conflict;

	if (!document_conflict(document, (size_t)index, &conflict))
		return 0;

	size_t length = (size_t)snprintf(text, size, "0x%-8" PRIx64 " %5"
					 PRIu64 "  ", conflict.now.start,
					 range_length(conflict.now));

	return length < columns
		       ? length + put_conflict(document, &conflict,
					       text + length,
					       columns - length)
		       : length;
}

static bool conflicts_command(void *context, uint64_t index,
			      const char *action, char *text, size_t size)
{
	const struct editor *editor = context;
	struct conflict conflict;

	if (!document_conflict(editor->buffer->document, (size_t)index,
			       &conflict))
		return false;
	if (strcmp(action, "go") == 0)
		snprintf(text, size, "goto 0x%" PRIx64, conflict.now.start);
	else if (strcmp(action, "mine") == 0 || strcmp(action, "theirs") == 0)
		snprintf(text, size, "0x%" PRIx64 ",0x%" PRIx64 " %s",
			 conflict.now.start, conflict.now.end, action);
	else
		return false;
	return true;
}

static void print_conflicts(struct editor *editor)
{
	const struct document *document = editor->buffer->document;
	struct conflict conflict;

	for (size_t i = 0; document_conflict(document, i, &conflict); i++)
		editor_print(editor, "0x%" PRIx64 " %" PRIu64 " %" PRIu64
			     " %s\n", conflict.now.start,
			     range_length(conflict.now),
			     range_length(conflict.file),
			     conflict.known ? "differs" : "unknown");
}

static enum status run_outside(struct editor *editor,
			       const struct command_call *call,
			       struct error *error)
{
	const struct panel_source source = {
		.count = conflicts_count,
		.line = conflicts_line,
		.command = conflicts_command,
		.context = editor,
		.hint = "[panel mine] keeps mine, [panel theirs] takes theirs, "
			"[panel go] goes there, [panel close] closes",
	};
	struct document *document = editor->buffer->document;
	char text[ERROR_MESSAGE_SIZE];

	(void)call;
	(void)error;
	document_outside(document, true);
	if (!editor->interactive)
		print_conflicts(editor);
	else if (conflicts_count(editor) > 0)
		panel_open(&editor->panel, "changed by another program: "
			   "offset, length, bytes", &source, 0);
	else
		editor_message(editor, "%s %s",
			       file_path(document_file(document)),
			       document_outside_text(document, text,
						     sizeof text));
	editor->serial++;
	return STATUS_DONE;
}

/* --- deciding --- */

static void say_left(struct editor *editor)
{
	const struct document *document = editor->buffer->document;
	size_t left = document_conflict_count(document);

	if (!editor->interactive)
		return;
	if (left > 0)
		editor_message(editor, "%zu left to decide", left);
	else if (document_outside_state(document) == FILE_SAME)
		editor_message(editor, "all is decided");
}

static enum status run_mine(struct editor *editor,
			    const struct command_call *call,
			    struct error *error)
{
	if (!document_decide_mine(editor->buffer->document, call->range,
				  error))
		return STATUS_FAILED;
	editor_decided(editor);
	say_left(editor);
	return STATUS_DONE;
}

/* From the first conflict to the end of the last one. */
static struct range conflicts_hull(const struct document *document)
{
	size_t count = document_conflict_count(document);
	struct conflict first, last;

	if (!document_conflict(document, 0, &first) ||
	    !document_conflict(document, count - 1, &last))
		return range_of(0, 0);
	return (struct range){ first.now.start, last.now.end };
}

static bool take_theirs(struct editor *editor, struct range range,
			struct error *error)
{
	struct document *document = editor->buffer->document;
	struct range hull = conflicts_hull(document);
	uint64_t size = document_size(document);
	uint64_t grown = document_file_size(document);
	bool taken = document_decide_theirs(document, range, error);

	/* It may have grown behind all else at once. */
	grown = document_file_size(document) - grown;
	editor_edited(editor, hull, range_length(hull)
		      + (document_size(document) - grown - size));
	editor_decided(editor);
	return taken;
}

static enum status run_theirs(struct editor *editor,
			      const struct command_call *call,
			      struct error *error)
{
	if (!take_theirs(editor, call->range, error))
		return STATUS_FAILED;
	say_left(editor);
	return STATUS_DONE;
}

/* --- taking it up --- */

/* BACK is the command that brings back what gave way. */
static void say_taken(struct editor *editor, uint64_t kept, uint64_t others,
		      const char *back)
{
	editor->serial++;
	if (others > 0)
		editor_message(editor, "%" PRIu64 " changes kept, %" PRIu64
			       " gave way: %s brings them back", kept, others,
			       back);
	else if (kept > 0)
		editor_message(editor, "%" PRIu64 " changes kept", kept);
}

/* The file has all bytes that it had: the document goes on as it is. */
static enum status take_up_here(struct editor *editor, struct error *error)
{
	struct document *document = editor->buffer->document;
	uint64_t changes = document_change_count(document);
	uint64_t others = document_conflict_changes(document);
	const struct range all = { 0, document_size(document) };

	if (!take_theirs(editor, all, error))
		return STATUS_FAILED;
	say_taken(editor, changes > others ? changes - others : 0, others,
		  "undo");
	return STATUS_DONE;
}

static enum status run_reload(struct editor *editor,
			      const struct command_call *call,
			      struct error *error)
{
	struct document *document = editor->buffer->document;
	uint64_t kept, others;
	enum file_state state;

	if (call->bang)
		return editor_reload(editor, error) ? STATUS_DONE
						    : STATUS_FAILED;
	editor_cancel(editor);
	state = document_outside(document, true);
	switch (state) {
	case FILE_SAME:
		return STATUS_DONE;
	case FILE_GREW:
	case FILE_WRITTEN:
		return take_up_here(editor, error);
	case FILE_SHRUNK:
	case FILE_REPLACED:
		break;
	case FILE_REMOVED:
	case FILE_ENDED:
		error_set(error, "%s %s", file_path(document_file(document)),
			  file_state_text(state));
		return STATUS_FAILED;
	}
	if (!editor_take_up(editor, &kept, &others, error))
		return STATUS_FAILED;
	say_taken(editor, kept, others, "redo");
	return STATUS_DONE;
}

/* --- following --- */

static enum status run_follow(struct editor *editor,
			      const struct command_call *call,
			      struct error *error)
{
	size_t position = call->position;
	char word[8] = "on";

	command_word(call, &position, word, sizeof word);
	if (strcmp(word, "on") != 0 && strcmp(word, "off") != 0) {
		error_set_at(error, call->position, "follow takes on or off");
		return STATUS_FAILED;
	}
	if (!command_no_more(call, position, error))
		return STATUS_FAILED;
	if (strcmp(word, "off") == 0) {
		editor_stop_following(editor);
		return STATUS_DONE;
	}
	if (!editor->interactive) {
		error_set(error, "follow needs a screen");
		return STATUS_FAILED;
	}
	return editor_start_following(editor, error) ? STATUS_DONE
						     : STATUS_FAILED;
}

static enum status run_stop_reading(struct editor *editor,
				    const struct command_call *call,
				    struct error *error)
{
	struct document *document = editor->buffer->document;
	struct file *file = document_file(document);

	(void)call;
	if (file_flow(file) != FILE_FLOWING) {
		error_set(error, "%s is not being read", file_path(file));
		return STATUS_FAILED;
	}
	file_flow_stop(file);
	editor_check_file(editor, editor->buffer);
	editor->serial++;
	return STATUS_DONE;
}

const struct command commands_outside[] = {
	{ "outside", NULL, COMMAND_NO_RANGE, 0, "",
	  "list where another program has written what changes replace: "
	  "offset, length, old length, differs or unknown", run_outside },
	{ "mine", NULL, COMMAND_RANGE_ALL, 0, "",
	  "decide that the changes in the range stay, whatever another program "
	  "has written there", run_mine },
	{ "theirs", NULL, COMMAND_RANGE_ALL, COMMAND_EDITS, "",
	  "decide that the changes in the range give way to what another "
	  "program has written there", run_theirs },
	{ "reload", NULL, COMMAND_NO_RANGE, COMMAND_BANG, "",
	  "take up what others have made of the file; changes whose old bytes "
	  "are still there stay (! drops all)", run_reload },
	{ "follow", NULL, COMMAND_NO_RANGE, 0, "[on|off]",
	  "keep the end of the file in sight as it grows, also where another "
	  "takes its place; any key stops", run_follow },
	{ "stop-reading", NULL, COMMAND_NO_RANGE, 0, "",
	  "read no more of standard input, which still comes; what has come "
	  "stays", run_stop_reading },
	{ .name = NULL },
};
