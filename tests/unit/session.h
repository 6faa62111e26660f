/*
 * session: an editor over files of its own, for the tests of what stands
 * above it.  What commands print is kept in `out`.
 */
#ifndef TESTS_SESSION_H
#define TESTS_SESSION_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "command/command.h"
#include "octavo/input.h"

struct session {
	char folder[40];
	unsigned files;
	struct editor *editor;
	struct input *input;
	char out[4096];
};

static inline void session_take(void *context, const char *bytes,
				size_t length)
{
	struct session *session = context;
	size_t used = strlen(session->out);

	assert_true(used + length < sizeof session->out);
	memcpy(session->out + used, bytes, length);
	session->out[used + length] = '\0';
}

static inline bool session_hook(void *context, const char *keys,
				struct error *error)
{
	struct session *session = context;

	return input_keys(session->input, keys, error);
}

static inline int session_setup(void **state)
{
	struct session *session = calloc(1, sizeof *session);

	if (!session)
		return -1;
	*state = session;
	strcpy(session->folder, "/tmp/octavo-session-XXXXXX");
	session->editor = editor_new(NULL);
	if (!session->editor || !mkdtemp(session->folder))
		return -1;
	session->input = input_new(session->editor, NULL);
	session->editor->print = session_take;
	session->editor->print_context = session;
	session->editor->hooks.context = session;
	session->editor->hooks.keys = session_hook;
	return session->input ? 0 : -1;
}

static inline char *session_path(const struct session *session,
				 unsigned number, char path[80])
{
	snprintf(path, 80, "%s/file%u", session->folder, number);
	return path;
}

static inline int session_teardown(void **state)
{
	struct session *session = *state;
	char path[80];

	input_free(session->input);
	editor_free(session->editor);
	for (unsigned i = 0; i < session->files; i++)
		unlink(session_path(session, i, path));
	rmdir(session->folder);
	free(session);
	return 0;
}

/* A new file of BYTES, as a buffer. */
static inline struct editor *session_open(struct session *session,
					  const void *bytes, size_t length)
{
	char path[80];
	struct error error = ERROR_NONE;
	FILE *file = fopen(session_path(session, session->files++, path), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
	if (!editor_open(session->editor, path, NULL, NULL, &error))
		fail_msg("%s", error.message);
	return session->editor;
}

static inline struct editor *session_text(struct session *session,
					  const char *text)
{
	return session_open(session, text, strlen(text));
}

/* Runs LINE to its end. */
static inline enum status session_execute(struct session *session,
					  const char *line,
					  struct error *error)
{
	enum status status = command_execute(session->editor, line, error);

	if (status == STATUS_RUNNING)
		status = editor_wait(session->editor, error);
	return status;
}

static inline void session_run(struct session *session, const char *line)
{
	struct error error = ERROR_NONE;
	enum status status = session_execute(session, line, &error);

	if (status != STATUS_DONE)
		fail_msg("%s: status %d: %s", line, status, error.message);
}

/* LINE fails with MESSAGE at POSITION (-1: none). */
static inline void session_fail(struct session *session, const char *line,
				long position, const char *message)
{
	struct error error = ERROR_NONE;

	assert_int_equal(session_execute(session, line, &error),
			 STATUS_FAILED);
	if (strcmp(error.message, message) != 0
	    || error.position != position)
		fail_msg("%s: \"%s\" at %ld, not \"%s\" at %ld", line,
			 error.message, error.position, message, position);
}

/* LINE prints OUT. */
static inline void session_prints(struct session *session, const char *line,
				  const char *out)
{
	session->out[0] = '\0';
	session_run(session, line);
	assert_string_equal(session->out, out);
}

static inline void session_keys(struct session *session, const char *keys)
{
	struct error error = ERROR_NONE;

	if (!input_keys(session->input, keys, &error))
		fail_msg("%s: %s", keys, error.message);
}

/* All bytes of the current buffer are TEXT. */
static inline void session_holds(const struct session *session,
				 const char *text)
{
	const struct document *document = session->editor->buffer->document;
	char bytes[256] = "";

	document_read(document, 0, bytes, sizeof bytes - 1);
	assert_string_equal(bytes, text);
	assert_int_equal(document_size(document), strlen(text));
	view_check(&session->editor->buffer->view);
}

static inline uint64_t session_cursor(const struct session *session)
{
	return session->editor->buffer->view.cursor;
}

#endif
