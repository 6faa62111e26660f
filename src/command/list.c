/*
 * Commands that list what the session has made: changes, buffers.  In
 * batch they print a line each; on a screen they open a list in which one
 * walks, made line by line of what is so when it is drawn.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "octavo/escape.h"

/* --- changes --- */

size_t command_put_bytes(char *text, size_t columns,
			 const unsigned char *bytes, size_t count,
			 uint64_t total)
{
	static const char digits[] = "0123456789abcdef";
	size_t fit = columns / 3;
	size_t used = 0;

	for (size_t i = 0; i < fit && i < total; i++) {
		bool cut = i + 1 == fit && total > fit;

		text[used++] = cut ? '.' : i < count ? digits[bytes[i] >> 4]
						     : '?';
		text[used++] = cut ? '.' : i < count ? digits[bytes[i] & 15]
						     : '?';
		text[used++] = ' ';
	}
	return used;
}

/* Of ROOM columns those for WANTED bytes, where OTHER bytes have to fit as
 * well: half of them, or what the others leave. */
static size_t share(size_t room, uint64_t wanted, uint64_t other)
{
	size_t most = room - room / 2;

	if (other < room / 6)
		most = room - 3 * (size_t)other;
	return wanted < most / 3 ? 3 * (size_t)wanted : most;
}

/* "OLD -> NEW" in ROOM columns of TEXT. */
static size_t put_change(const struct document *document,
			 const struct change *change, char *text, size_t room)
{
	enum { BYTES = 256, ARROW = 3 };
	unsigned char bytes[BYTES];
	uint64_t old = range_length(change->file);
	uint64_t new = range_length(change->now);
	size_t known;
	size_t used;

	if (room < ARROW)
		return 0;
	room -= ARROW;
	if (room > 3 * BYTES)
		room = 3 * BYTES;
	known = document_read_disk(document, change->file.start, bytes,
				   old < BYTES ? (size_t)old : BYTES);
	used = command_put_bytes(text, share(room, old, new), bytes, known,
				 old);
	memcpy(text + used, "-> ", ARROW);
	used += ARROW;
	known = document_read(document, change->now.start, bytes,
			      new < BYTES ? (size_t)new : BYTES);
	return used + command_put_bytes(text + used, room + ARROW - used,
					bytes, known, new);
}

static uint64_t changes_count(void *context)
{
	const struct editor *editor = context;

	return editor->buffer ? document_change_count(editor->buffer->document)
			      : 0;
}

static size_t changes_line(void *context, uint64_t index, unsigned columns,
			   char *text, size_t size)
{
	const struct editor *editor = context;
	const struct document *document = editor->buffer->document;
	struct change change;

	if (!document_change(document, index, &change))
		return 0;

	int used = snprintf(text, size, "0x%-8" PRIx64 " %-9s %5" PRIu64
			    " %5" PRIu64 "  ", change.now.start,
			    change_kind_name(change.kind),
			    range_length(change.file),
			    range_length(change.now));
	size_t length = (size_t)used;

	return length < columns
		       ? length + put_change(document, &change, text + length,
					     columns - length)
		       : length;
}

static bool changes_command(void *context, uint64_t index, const char *action,
			    char *text, size_t size)
{
	const struct editor *editor = context;
	struct change change;

	if (!document_change(editor->buffer->document, index, &change))
		return false;
	if (strcmp(action, "go") == 0)
		snprintf(text, size, "goto 0x%" PRIx64, change.now.start);
	else if (strcmp(action, "remove") == 0)
		snprintf(text, size, "revert %" PRIu64, index + 1);
	else
		return false;
	return true;
}

static void print_changes(struct editor *editor)
{
	const struct document *document = editor->buffer->document;
	struct change change;

	for (uint64_t i = 0; document_change(document, i, &change); i++)
		editor_print(editor, "%s 0x%" PRIx64 " %" PRIu64 " %" PRIu64
			     "\n", change_kind_name(change.kind),
			     change.now.start, range_length(change.file),
			     range_length(change.now));
}

static enum status run_changes(struct editor *editor,
			       const struct command_call *call,
			       struct error *error)
{
	const struct panel_source source = {
		.count = changes_count,
		.line = changes_line,
		.command = changes_command,
		.context = editor,
		.hint = "[panel go] goes there, [panel remove] reverts it, "
			"[panel close] closes",
	};
	struct change change;
	uint64_t index;

	(void)call;
	(void)error;
	if (!editor->interactive) {
		print_changes(editor);
	} else if (changes_count(editor) == 0) {
		editor_message(editor, "no changes");
	} else {
		document_change_from(editor->buffer->document,
				     editor->buffer->view.cursor, &change,
				     &index);
		panel_open(&editor->panel, "changes: offset, kind, old and new "
			   "length, bytes", &source, index);
	}
	editor->serial++;
	return STATUS_DONE;
}

/* --- buffers --- */

static size_t format_buffer(const struct editor *editor, size_t index,
			    char *text, size_t size)
{
	const struct buffer *buffer = editor->buffers[index];
	const char *path = file_path(document_file(buffer->document));
	char name[4 * 4096];
	int used;

	escape_text(name, sizeof name, path, strlen(path));
	used = snprintf(text, size, "%zu%s %s %" PRIu64 " changes", index + 1,
			buffer == editor->buffer ? "*" : "", name,
			document_change_count(buffer->document));
	return (size_t)used < size ? (size_t)used : size - 1;
}

static uint64_t buffers_count(void *context)
{
	const struct editor *editor = context;

	return editor->buffer_count;
}

static size_t buffers_line(void *context, uint64_t index, unsigned columns,
			   char *text, size_t size)
{
	(void)columns;
	return format_buffer(context, (size_t)index, text, size);
}

static bool buffers_command(void *context, uint64_t index, const char *action,
			    char *text, size_t size)
{
	(void)context;
	if (strcmp(action, "go") != 0)
		return false;
	snprintf(text, size, "buffer %" PRIu64, index + 1);
	return true;
}

void list_buffers(struct editor *editor)
{
	const struct panel_source source = {
		.count = buffers_count,
		.line = buffers_line,
		.command = buffers_command,
		.context = editor,
		.hint = "[panel go] goes there, [panel close] closes",
	};
	char text[4 * 4096 + 64];

	if (editor->interactive) {
		panel_open(&editor->panel, "buffers", &source,
			   editor_buffer_index(editor));
		return;
	}
	for (size_t i = 0; i < editor->buffer_count; i++) {
		format_buffer(editor, i, text, sizeof text);
		editor_print(editor, "%s\n", text);
	}
}

const struct command commands_list[] = {
	{ "changes", NULL, COMMAND_NO_RANGE, 0, "",
	  "list the unsaved changes: kind, offset, old and new length",
	  run_changes },
	{ .name = NULL },
};
