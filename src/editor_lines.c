/*
 * Line numbers, as the session asks for them.  A buffer's index is made when
 * the first question needs it, and from then on it is counted beside the
 * screen; in batch, where nobody looks, only as far as somebody waits for.
 */
#include <inttypes.h>

#include "editor_internal.h"
#include "lines.h"
#include "task.h"

/* The index of BUFFER, made if there is none yet, or none of such lines. */
static struct lines *index_of(struct editor *editor, struct buffer *buffer,
			      struct error *error)
{
	enum newline_form form =
		(enum newline_form)view_newline_form(&buffer->view);

	if (buffer->lines && lines_form(buffer->lines) != form)
		editor_lines_end(buffer);
	if (!buffer->lines)
		buffer->lines = lines_new(buffer->document, form,
			(unsigned)editor->options.values[OPTION_WORKERS],
			error);
	return buffer->lines;
}

void editor_lines_end(struct buffer *buffer)
{
	lines_free(buffer->lines);
	buffer->lines = NULL;
}

/* --- beside the screen --- */

size_t editor_lines_descriptors(const struct editor *editor, int *fds,
				size_t count)
{
	size_t used = 0;

	for (size_t i = 0; editor->interactive && i < editor->buffer_count; i++)
		if (editor->buffers[i]->lines)
			used += lines_descriptors(editor->buffers[i]->lines,
						  fds + used, count - used);
	return used;
}

bool editor_counting(const struct editor *editor)
{
	int fd;

	return editor_lines_descriptors(editor, &fd, 1) > 0;
}

void editor_lines_poll(struct editor *editor)
{
	bool counting = editor_counting(editor);

	for (size_t i = 0; editor->interactive && i < editor->buffer_count; i++)
		if (editor->buffers[i]->lines)
			lines_poll(editor->buffers[i]->lines, NULL);
	/* What they have found last is not shown yet. */
	if (counting && !editor_counting(editor))
		editor->serial++;
}

bool editor_line_number(struct editor *editor, struct buffer *buffer,
			uint64_t offset, uint64_t *number)
{
	struct lines *lines = index_of(editor, buffer, NULL);

	return lines && lines_number(lines, offset, number);
}

/* A file that does not fit into memory is not read unless its line numbers are
 * wanted: it would push out all else. */
void editor_lines_show(struct editor *editor, struct buffer *buffer,
		       const struct view *view)
{
	if (!view->text_mode || document_by_blocks(buffer->document))
		return;
	/* This is asked at every key, and the last is a system call. */
	if (buffer->lines || view->text.numbers
	    || (editor->interactive
		&& !document_exceeds_memory(buffer->document)))
		index_of(editor, buffer, NULL);
}

bool editor_shown_number(void *context, uint64_t offset, uint64_t *number)
{
	const struct buffer *buffer = context;

	return buffer->lines && lines_number(buffer->lines, offset, number);
}

/* --- waiting --- */

static void say_progress(struct editor *editor, struct lines *lines)
{
	uint64_t done, total;

	lines_progress(lines, &done, &total);
	editor_message(editor, "counting lines: %.0f%%  (Esc stops)",
		       100 * (double)done / (double)total);
}

/* Until all is known that is wanted; *SAID (may be NULL): it was said how far
 * it is. */
static bool wait_for(struct editor *editor, struct lines *lines, bool *said,
		     struct error *error)
{
	for (;;) {
		int fds[64];
		size_t count;

		switch (lines_poll(lines, error)) {
		case JOB_DONE:
			return true;
		case JOB_FAILED:
			return false;
		case JOB_RUNNING:
			break;
		}
		if (said && editor->interactive) {
			say_progress(editor, lines);
			*said = true;
		}
		count = lines_descriptors(lines, fds, 64);
		if (!task_wait(editor, fds, count))
			return error_set(error, "stopped");
	}
}

/* Until line NUMBER of the current buffer is known; NULL: it will not be. */
static struct lines *wait_line(struct editor *editor, uint64_t number,
			       struct error *error)
{
	struct lines *lines = index_of(editor, editor->buffer, error);
	bool said = false;
	bool done;

	if (!lines)
		return NULL;
	lines_want(lines, number);
	done = wait_for(editor, lines, &said, error);
	lines_want(lines, 0);
	if (said)
		editor_message(editor, "%s", "");
	return done ? lines : NULL;
}

bool editor_find_line(struct editor *editor, uint64_t number,
		      uint64_t *offset, struct error *error)
{
	struct lines *lines;

	*offset = 0;
	if (number <= 1)
		return number == 1 || error_set(error, "lines count from 1");
	lines = wait_line(editor, number, error);
	if (!lines)
		return false;
	return lines_start(lines, number, offset) == LINES_KNOWN
	       || error_set(error, "there is no line %" PRIu64, number);
}

bool editor_count_lines(struct editor *editor, uint64_t *count,
			struct error *error)
{
	struct lines *lines = wait_line(editor, LINES_ALL, error);

	return lines && (lines_count(lines, count)
			 || error_set(error, "%s was changed while its lines "
				      "were counted",
				      file_path(document_file(
					editor->buffer->document))));
}

void editor_lines_settle(struct editor *editor)
{
	for (size_t i = 0; i < editor->buffer_count; i++) {
		struct lines *lines = editor->buffers[i]->lines;

		if (!lines)
			continue;
		lines_want(lines, LINES_ALL);
		wait_for(editor, lines, NULL, NULL);
		lines_want(lines, 0);
	}
}
