/*
 * The session: which files are open, what is in the registers, what is said
 * on the message line.  Searching beside the screen is task.c, typing into
 * the document is typing.c, what outlives the session is editor_log.c; all
 * work on the same struct.
 *
 * Invariants
 *  1. buffer is NULL or one of buffers[0 .. buffer_count).
 *  2. A register with a clip names the open document that the clip belongs
 *     to; closing that document empties the register.
 */
#include "octavo/editor.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "editor_internal.h"
#include "follow.h"
#include "highlight.h"
#include "octavo/save.h"
#include "task.h"
#include "windows.h"

struct editor *editor_new(struct error *error)
{
	struct editor *editor = calloc(1, sizeof *editor);

	if (!editor) {
		error_set_memory(error);
		return NULL;
	}
	options_init(&editor->options);
	editor->keymap = keymap_new(keymap_presets[0].name, error);
	if (!editor->keymap) {
		free(editor);
		return NULL;
	}
	editor->hint_position = -1;
	editor->window_count = 1;
	return editor;
}

/* A view of DOCUMENT from its start on. */
static void show_document(struct editor *editor, struct buffer *buffer,
			  struct document *document)
{
	buffer->document = document;
	editor_begin_view(editor, &buffer->view, document);
	editor->serial++;
}

/* The flush first: a file may be half of each, and the log's edits are about
 * one that is whole. */
static bool look_for_leftovers(struct editor *editor, struct error *error)
{
	struct buffer *buffer = editor->buffer;
	struct error said;

	if (!editor_flush_settle(editor, buffer, &said, error))
		return false;
	editor_log_look(editor, buffer);
	if (!said.message[0])
		return true;
	/* In batch both are said in this way. */
	if (buffer->left.state != LOG_NONE && !editor->interactive)
		error_set(&said, "%s; %s", said.message, editor->message);
	editor_message(editor, "%s", said.message);
	return true;
}

static void offer(struct editor *editor)
{
	if (!editor_flush_offer(editor))
		editor_log_offer(editor);
}

struct buffer *editor_add_buffer(struct editor *editor,
				 struct document *document, struct log *log,
				 struct error *error)
{
	size_t size = (editor->buffer_count + 1) * sizeof *editor->buffers;
	struct buffer **buffers = realloc(editor->buffers, size);
	struct buffer *buffer = calloc(1, sizeof *buffer);

	if (buffers)
		editor->buffers = buffers;
	if (!buffers || !buffer) {
		free(buffer);
		error_set_memory(error);
		return NULL;
	}
	show_document(editor, buffer, document);
	buffer->log = log;
	editor->buffers[editor->buffer_count++] = buffer;
	editor_select_buffer(editor, editor->buffer_count - 1);
	return buffer;
}

struct document *editor_open_document(struct editor *editor, struct file *file,
				      struct error *error)
{
	struct document *document = document_open(file, error);

	if (document && editor->read_only)
		document_set_read_only(document, "opened read-only");
	return document;
}

struct buffer *editor_buffer_of(const struct editor *editor,
				const struct file *file)
{
	struct file_identity wanted = file_identity(file);

	if (file_kind(file) == FILE_NEW)
		return NULL;
	for (size_t i = 0; i < editor->buffer_count; i++) {
		const struct file *other =
			document_file(editor->buffers[i]->document);
		struct file_identity identity = file_identity(other);

		if (file_kind(other) != FILE_NEW
		    && identity.device == wanted.device
		    && identity.inode == wanted.inode)
			return editor->buffers[i];
	}
	return NULL;
}

void editor_select(struct editor *editor, const struct buffer *buffer)
{
	size_t index = 0;

	while (editor->buffers[index] != buffer)
		index++;
	editor_select_buffer(editor, index);
}

/* Says at once if the file will not be written as usual, where nothing more
 * urgent is said. */
static void look_ahead(struct editor *editor, const struct document *document)
{
	struct error why;

	if (editor->interactive && !editor->message[0]
	    && !editor->question.text[0] && !editor->read_only
	    && !save_outlook(document, &why))
		editor_message(editor, "%s", why.message);
}

bool editor_open(struct editor *editor, const char *path,
		 file_progress *progress, void *context, struct error *error)
{
	struct file *file = file_open(path, progress, context, error);

	if (!file)
		return false;

	/* One file has one session. */
	struct buffer *buffer = editor_buffer_of(editor, file);

	if (buffer) {
		file_close(file);
		editor_select(editor, buffer);
		return true;
	}

	struct document *document = editor_open_document(editor, file, error);
	struct log *log = NULL;

	if (!document)
		return false;
	if (editor_log_attach(editor, document, &log, error))
		buffer = editor_add_buffer(editor, document, log, error);
	if (!buffer) {
		log_close(log, false);
		document_close(document);
		return false;
	}
	if (!look_for_leftovers(editor, error)) {
		editor_close_buffer(editor);
		return false;
	}
	offer(editor);
	look_ahead(editor, buffer->document);
	return true;
}

size_t editor_buffer_index(const struct editor *editor)
{
	size_t index = 0;

	while (index < editor->buffer_count
	       && editor->buffers[index] != editor->buffer)
		index++;
	return index;
}

void editor_select_buffer(struct editor *editor, size_t index)
{
	assert(index < editor->buffer_count);
	editor_end_typing(editor);
	if (editor->task || editor->asking)
		editor_cancel(editor);
	/* A list is of what was current. */
	panel_clear(&editor->panel);
	editor_show(editor, editor->buffers[index]);
	offer(editor);
}

static void forget_document(struct editor *editor,
			    const struct document *document)
{
	for (int i = 0; i < EDITOR_REGISTERS; i++) {
		struct clip_register *held = &editor->registers[i];

		if (held->document != document)
			continue;
		clip_free(held->clip);
		held->clip = NULL;
		held->document = NULL;
	}
	panel_clear(&editor->panel);
	highlight_forget(editor, document);
	follow_forget(editor, document);
}

static void end_tasks(struct editor *editor)
{
	task_stop_all(editor);
	editor_end_typing(editor);
}

void editor_put_document(struct editor *editor, struct document *document,
			 struct log *log)
{
	struct buffer *buffer = editor->buffer;
	uint64_t cursor = buffer->view.cursor;
	bool text_mode = buffer->view.text_mode;

	end_tasks(editor);
	forget_document(editor, buffer->document);
	editor_lines_end(buffer);
	if (buffer->filter)
		line_filter_move(buffer->filter, document,
				 line_filter_form(buffer->filter));
	document_close(buffer->document);
	show_document(editor, buffer, document);
	view_set_text_mode(&buffer->view, text_mode);
	view_goto(&buffer->view, cursor);
	windows_reload(editor);
	buffer->log = log;
	buffer->has_match = false;
}

bool editor_reopen(struct editor *editor, struct error *error)
{
	struct buffer *buffer = editor->buffer;
	const char *path = file_path(document_file(buffer->document));

	if (file_kind(document_file(buffer->document)) == FILE_SPOOLED)
		return error_set(error, "%s cannot be read again", path);
	if (!saving_may_leave(editor, buffer->document, error))
		return false;

	struct file *file = file_open(path, NULL, NULL, error);
	struct document *document =
		file ? editor_open_document(editor, file, error) : NULL;
	struct log *log = NULL;

	if (!document)
		return false;
	if (!editor_log_attach(editor, document, &log, error)) {
		document_close(document);
		return false;
	}
	editor_log_end(buffer, false);
	editor_put_document(editor, document, log);
	return true;
}

bool editor_reload(struct editor *editor, struct error *error)
{
	if (!editor_reopen(editor, error) || !look_for_leftovers(editor, error))
		return false;
	offer(editor);
	return true;
}

static void close_buffer(struct editor *editor, bool keep)
{
	struct buffer *buffer = editor->buffer;

	if (!buffer)
		return;
	if (saving_is(editor, buffer->document))
		saving_end(editor);
	end_tasks(editor);

	size_t index = editor_buffer_index(editor);

	forget_document(editor, buffer->document);
	windows_forget(editor, buffer);
	editor_log_end(buffer, keep);
	editor_lines_end(buffer);
	line_filter_free(buffer->filter);
	document_close(buffer->document);
	free(buffer);
	editor->buffer_count--;
	memmove(editor->buffers + index, editor->buffers + index + 1,
		(editor->buffer_count - index) * sizeof *editor->buffers);
	if (!editor->buffer && editor->buffer_count > 0)
		editor_show(editor, editor->buffers[index > 0 ? index - 1
							      : 0]);
}

void editor_close_buffer(struct editor *editor)
{
	close_buffer(editor, false);
}

void editor_free(struct editor *editor)
{
	if (!editor)
		return;
	follow_end(editor);
	saving_end(editor);
	/* Where nobody has quit, what is unsaved is still wanted. */
	while (editor->buffer_count > 0)
		close_buffer(editor, !editor->quit);
	pattern_free(editor->pattern);
	keymap_free(editor->keymap);
	for (int i = 0; i < PROMPT_KINDS; i++)
		prompt_history_free(&editor->histories[i]);
	panel_clear(&editor->panel);
	highlight_free(editor);
	free(editor->output);
	free(editor->prompt_pattern);
	free(editor->buffers);
	free(editor);
}

bool editor_is_saved(const struct document *document, struct error *error)
{
	/* Edits that came to nothing are none. */
	uint64_t count = document_change_count(document);

	return count == 0
	       || error_set(error, "%s: %" PRIu64 " changes not written",
			    file_path(document_file(document)), count);
}

bool editor_all_saved(const struct editor *editor, struct error *error)
{
	for (size_t i = 0; i < editor->buffer_count; i++)
		if (!editor_is_saved(editor->buffers[i]->document, error))
			return false;
	return true;
}

enum keymap_mode editor_keymap_mode(const struct editor *editor)
{
	if (panel_visible(&editor->panel))
		return KEYMAP_PANEL;
	if (editor->buffer && editor->buffer->view.mode != VIEW_BROWSE)
		return KEYMAP_EDIT;
	return KEYMAP_BROWSE;
}

void editor_message(struct editor *editor, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(editor->message, sizeof editor->message, format, arguments);
	va_end(arguments);
	editor->message_is_error = false;
	editor->message_is_match = false;
	editor->message_is_note = !editor->interactive;
	editor->serial++;
}

void editor_show_error(struct editor *editor, const struct error *error)
{
	editor_message(editor, "%s", error->message);
	editor->message_is_error = true;
}

static void gather(struct editor *editor, const void *bytes, size_t length)
{
	/* More than anybody scrolls through, and little enough for a panel to
	 * hold it beside a search. */
	enum { LIMIT = 4 << 20 };
	size_t needed = editor->output_length + length;

	if (editor->output_full)
		return;
	if (needed > LIMIT) {
		editor->output_full = true;
		return;
	}
	if (needed > editor->output_capacity) {
		char *more = realloc(editor->output, 2 * needed);

		if (!more) {
			editor->output_full = true;
			return;
		}
		editor->output = more;
		editor->output_capacity = 2 * needed;
	}
	memcpy(editor->output + editor->output_length, bytes, length);
	editor->output_length = needed;
}

bool editor_print_bytes(struct editor *editor, const void *bytes,
			size_t length)
{
	if (editor->interactive)
		gather(editor, bytes, length);
	else if (editor->print)
		editor->print(editor->print_context, bytes, length);
	return !editor->output_full;
}

void editor_show_output(struct editor *editor)
{
	size_t length = editor->output_length;

	if (length == 0 || editor->task)
		return;

	char *newline = memchr(editor->output, '\n', length);

	if (editor->output_full)
		strncat(editor->output_title, ", cut off",
			sizeof editor->output_title
				- strlen(editor->output_title) - 1);
	editor->output_length = 0;
	editor->output_full = false;
	if (newline && newline == editor->output + length - 1)
		editor_message(editor, "%.*s", (int)(length - 1),
			       editor->output);
	else if (!panel_set(&editor->panel, editor->output_title,
			    editor->output, length))
		editor_message(editor, "out of memory");
	/* The panel has a copy. */
	free(editor->output);
	editor->output = NULL;
	editor->output_capacity = 0;
	editor->serial++;
}

/* LENGTH bytes of TEXT, up to a newline at most. */
static void print_part(struct editor *editor, const char *text, size_t length)
{
	if (editor->prefix && !editor->line_open)
		editor_print_bytes(editor, editor->prefix,
				   strlen(editor->prefix));
	editor_print_bytes(editor, text, length);
	editor->line_open = text[length - 1] != '\n';
}

void editor_print(struct editor *editor, const char *format, ...)
{
	char text[2 * ERROR_MESSAGE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	for (const char *part = text; *part;) {
		size_t length = strcspn(part, "\n");

		length += part[length] == '\n';
		print_part(editor, part, length);
		part += length;
	}
}

static void remember_jump(struct buffer *buffer)
{
	if (buffer->jump_count == EDITOR_JUMPS) {
		buffer->jump_count--;
		memmove(buffer->jumps, buffer->jumps + 1,
			buffer->jump_count * sizeof *buffer->jumps);
	}
	buffer->jumps[buffer->jump_count++] = buffer->view.cursor;
}

void editor_jump(struct editor *editor, uint64_t offset)
{
	struct buffer *buffer = editor->buffer;

	if (offset != buffer->view.cursor)
		remember_jump(buffer);
	buffer->marks['\''] = buffer->view.cursor;
	buffer->marked['\''] = true;
	view_goto(&buffer->view, offset);
	editor->serial++;
}

bool editor_jump_back(struct editor *editor)
{
	struct buffer *buffer = editor->buffer;

	if (buffer->jump_count == 0)
		return false;
	view_goto(&buffer->view, buffer->jumps[--buffer->jump_count]);
	editor->serial++;
	return true;
}

void editor_edited(struct editor *editor, struct range range, uint64_t length)
{
	struct buffer *buffer = editor->buffer;

	if (range_length(range) != length) {
		for (int i = 0; i < EDITOR_MARKS; i++)
			buffer->marks[i] = range_follow(range, length,
							buffer->marks[i]);
		for (size_t i = 0; i < buffer->jump_count; i++)
			buffer->jumps[i] = range_follow(range, length,
							buffer->jumps[i]);
		buffer->has_match = false;
		view_select(&buffer->view, false);
	}
	task_edited(editor);
	view_show(&buffer->view);
	windows_edited(editor, range, length);
	editor->serial++;
}
