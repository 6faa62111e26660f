/*
 * Batch: each line is run and waited for before the next one.  Several files
 * take turns: all lines for the first one, then for the next, so that however
 * many there are only one is open.
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

/* The lines of a run, and whether anybody still takes their results. */
struct batch {
	struct editor *editor;
	const char *const *lines;	/* none: from standard input */
	size_t count;
	int failure;	/* errno of standard output; 0: none */
	bool wrong;	/* a line that no file would make right */
};

static void print(void *context, const char *bytes, size_t length)
{
	struct batch *batch = context;

	if (fwrite(bytes, 1, length, stdout) == length)
		return;
	batch->failure = errno;
	batch->editor->output_full = true;
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

static enum status run_one(struct batch *batch, const char *line,
			   enum status *worst)
{
	struct editor *editor = batch->editor;
	struct error error = ERROR_NONE;
	enum status status = run_line(editor, line, &error);

	if (status > *worst)
		*worst = status;
	if (status == STATUS_FAILED && !says_unsaved(editor, &error)) {
		fflush(stdout);
		batch_error(&error, line);
		batch->wrong = error.position != ERROR_NO_POSITION;
	}
	if (batch->failure)
		return STATUS_FAILED;
	return goes_on(status, &error) ? STATUS_DONE : status;
}

static enum status run_lines(struct batch *batch)
{
	enum status worst = STATUS_DONE;

	for (size_t i = 0; i < batch->count && !batch->editor->quit; i++)
		if (run_one(batch, batch->lines[i], &worst) != STATUS_DONE)
			break;
	return worst;
}

/* The next line of standard input in *LINE; false at its end. */
static bool read_line(char **line, size_t *size)
{
	ssize_t length = getline(line, size, stdin);

	if (length > 0 && (*line)[length - 1] == '\n')
		(*line)[length - 1] = '\0';
	return length >= 0;
}

static enum status run_input(struct batch *batch)
{
	enum status worst = STATUS_DONE;
	char *line = NULL;
	size_t size = 0;

	while (!batch->editor->quit && read_line(&line, &size))
		if (run_one(batch, line, &worst) != STATUS_DONE)
			break;
	free(line);
	return worst;
}

static void batch_begin(struct batch *batch)
{
	batch->editor->print = print;
	batch->editor->print_context = batch;
}

/* Somebody who has read enough did not want to be told that there is more. */
static int batch_end(struct batch *batch, enum status status)
{
	struct error error;

	if (fflush(stdout) != 0 && !batch->failure)
		batch->failure = errno;
	batch->editor->print = NULL;
	if (batch->failure == EPIPE)
		return (int)STATUS_DONE;
	if (!batch->failure)
		return (int)status;
	error_set_system(&error, batch->failure, "standard output");
	batch_error(&error, NULL);
	return (int)STATUS_FAILED;
}

int batch_run(struct editor *editor, const char *const *lines, size_t count)
{
	struct batch batch = { editor, lines, count, 0, false };

	batch_begin(&batch);

	enum status status = count > 0 ? run_lines(&batch)
				       : run_input(&batch);
	int result = batch_end(&batch, status);

	report_unsaved(editor);
	return result;
}

/* --- several files --- */

static void free_lines(char **lines, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(lines[i]);
	free(lines);
}

/* All lines of standard input, for they are needed more than once. */
static bool read_lines(char ***lines, size_t *count, struct error *error)
{
	size_t capacity = 0;
	size_t size = 0;
	char *line = NULL;

	*lines = NULL;
	*count = 0;
	while (read_line(&line, &size)) {
		if (*count == capacity) {
			capacity = 2 * capacity + 16;

			char **more = realloc(*lines, capacity * sizeof *more);

			if (!more) {
				free(line);
				return error_set_memory(error);
			}
			*lines = more;
		}
		(*lines)[(*count)++] = line;
		line = NULL;
		size = 0;
	}
	free(line);
	return true;
}

static char *make_prefix(const char *path)
{
	size_t length = strlen(path);
	char *prefix = malloc(4 * length + 2);

	if (prefix)
		strcpy(prefix + escape_text(prefix, 4 * length + 1, path,
					    length), ":");
	return prefix;
}

/* Opens PATH, runs the lines and closes everything they have opened. */
static enum status run_file(struct batch *batch, const char *path,
			    const char *address, struct error *error)
{
	struct editor *editor = batch->editor;
	char *prefix = make_prefix(path);
	enum status status = STATUS_FAILED;

	if (!prefix) {
		error_set_memory(error);
		return STATUS_FAILED;
	}
	editor->prefix = prefix;
	if (editor_open(editor, path, NULL, NULL, error)) {
		batch_message(editor);
		if (!address || command_start(editor, address, error))
			status = run_lines(batch);
		report_unsaved(editor);
	}
	while (editor->buffer)
		editor_close_buffer(editor);
	editor->quit = false;
	editor->prefix = NULL;
	free(prefix);
	return status;
}

/* Found in one of them is found. */
static enum status both(enum status one, enum status other)
{
	if (one == STATUS_FAILED || other == STATUS_FAILED)
		return STATUS_FAILED;
	return one < other ? one : other;
}

static enum status run_files(struct batch *batch, const char *const *paths,
			     size_t count, const char *address)
{
	enum status all = STATUS_NOTHING;

	for (size_t i = 0; i < count && !batch->failure && !batch->wrong;
	     i++) {
		struct error error = ERROR_NONE;

		all = both(all, run_file(batch, paths[i], address, &error));
		if (error.message[0]) {
			fflush(stdout);
			batch_error(&error, NULL);
		}
	}
	return all;
}

int batch_run_files(struct editor *editor, const char *const *paths,
		    size_t path_count, const char *address,
		    const char *const *lines, size_t count)
{
	struct batch batch = { editor, lines, count, 0, false };
	struct error error = ERROR_NONE;
	char **input = NULL;
	size_t input_count = 0;
	enum status status = STATUS_FAILED;

	batch_begin(&batch);
	if (count == 0 && read_lines(&input, &input_count, &error)) {
		batch.lines = (const char *const *)input;
		batch.count = input_count;
	}
	if (error.message[0])
		batch_error(&error, NULL);
	else
		status = run_files(&batch, paths, path_count, address);
	free_lines(input, input_count);
	return batch_end(&batch, status);
}
