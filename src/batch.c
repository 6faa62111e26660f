/*
 * Batch: each line is run and waited for before the next one.
 *
 * A search that finds nothing ends the run only where the lines behind it
 * would work at the wrong place (find, next, previous); a count or a list of
 * nothing is an answer, and shows in the exit status alone.
 */
#include "octavo/batch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "octavo/escape.h"

static void print_escaped(const char *text, size_t length)
{
	char safe[4 * ERROR_MESSAGE_SIZE];

	escape_text(safe, sizeof safe, text, length);
	fputs(safe, stderr);
}

static void print_caret(const char *line, size_t position)
{
	char before[4 * ERROR_MESSAGE_SIZE];

	if (position > strlen(line))
		position = strlen(line);

	size_t width = escape_text(before, sizeof before, line, position);

	fputs("    ", stderr);
	print_escaped(line, strlen(line));
	fprintf(stderr, "\n%*s^\n", (int)width + 4, "");
}

void batch_error(const struct error *error, const char *line)
{
	fputs("octavo: ", stderr);
	print_escaped(error->message, strlen(error->message));
	fputc('\n', stderr);
	if (line && error->position != ERROR_NO_POSITION)
		print_caret(line, (size_t)error->position);
}

static void print(void *context, const char *bytes, size_t length)
{
	struct editor *editor = context;

	if (fwrite(bytes, 1, length, stdout) < length)
		editor->output_full = true;
}

/* Says what is not on disk. */
static void report_unsaved(const struct editor *editor)
{
	for (size_t i = 0; i < editor->buffer_count; i++) {
		struct error error;

		if (!editor_is_saved(editor->buffers[i]->document, &error))
			batch_error(&error, NULL);
	}
}

/* What keys have led to is for the screen. */
void batch_message(struct editor *editor)
{
	struct error error;

	if (!editor->message[0] || !editor->message_is_note)
		return;
	error_set(&error, "%s", editor->message);
	fflush(stdout);
	batch_error(&error, NULL);
	editor->message[0] = '\0';
}

static enum status run_line(struct editor *editor, const char *line,
			    struct error *error)
{
	enum status status = command_execute(editor, line, error);

	if (status == STATUS_RUNNING)
		status = editor_wait(editor, error);
	batch_message(editor);
	return status;
}

/* Where a line that found nothing may be followed by others. */
static bool goes_on(enum status status, const struct error *error)
{
	return status == STATUS_DONE
	       || (status == STATUS_NOTHING && !error->message[0]);
}

/* A line that refuses to quit says what the end of the run says anyway. */
static bool says_unsaved(const struct editor *editor,
			 const struct error *error)
{
	for (size_t i = 0; i < editor->buffer_count; i++) {
		struct error why;

		if (!editor_is_saved(editor->buffers[i]->document, &why)
		    && strcmp(why.message, error->message) == 0)
			return true;
	}
	return false;
}

static enum status run_one(struct editor *editor, const char *line,
			   enum status *worst)
{
	struct error error = ERROR_NONE;
	enum status status = run_line(editor, line, &error);

	if (status > *worst)
		*worst = status;
	if (status == STATUS_FAILED && !says_unsaved(editor, &error)) {
		fflush(stdout);
		batch_error(&error, line);
	}
	return goes_on(status, &error) ? STATUS_DONE : status;
}

static enum status run_lines(struct editor *editor, const char *const *lines,
			     size_t count)
{
	enum status worst = STATUS_DONE;

	for (size_t i = 0; i < count && !editor->quit; i++)
		if (run_one(editor, lines[i], &worst) != STATUS_DONE)
			break;
	return worst;
}

static enum status run_input(struct editor *editor)
{
	enum status worst = STATUS_DONE;
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	while (!editor->quit && (length = getline(&line, &size, stdin)) >= 0) {
		if (length > 0 && line[length - 1] == '\n')
			line[length - 1] = '\0';
		if (run_one(editor, line, &worst) != STATUS_DONE)
			break;
	}
	free(line);
	return worst;
}

int batch_run(struct editor *editor, const char *const *lines, size_t count)
{
	editor->print = print;
	editor->print_context = editor;

	enum status status = count > 0 ? run_lines(editor, lines, count)
				       : run_input(editor);

	if (fflush(stdout) != 0 || ferror(stdout)) {
		struct error error;

		error_set_system(&error, errno, "standard output");
		batch_error(&error, NULL);
		status = STATUS_FAILED;
	}
	report_unsaved(editor);
	return (int)status;
}
