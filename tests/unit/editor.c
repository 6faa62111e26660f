/*
 * editor: one session: buffers, marks and registers through edits, typing,
 * tasks and what they leave behind.
 */
#include "session.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include "io.h"
#include "sizes.h"

static void type(struct session *session, const char *text)
{
	for (; *text; text++) {
		struct error error = ERROR_NONE;

		if (!editor_type(session->editor, (unsigned char)*text,
				 &error))
			fail_msg("%c: %s", *text, error.message);
	}
}

static void backspace(struct session *session)
{
	struct error error = ERROR_NONE;

	if (!editor_type_backspace(session->editor, &error))
		fail_msg("%s", error.message);
	view_check(&session->editor->buffer->view);
}

static void undo_to(struct session *session, const char *text)
{
	session_run(session, "undo");
	session_holds(session, text);
}

/* --- buffers --- */

static void test_editor_buffers(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "first");
	char path[80];

	session_text(session, "second");
	session_text(session, "third");
	assert_int_equal(editor->buffer_count, 3);
	assert_int_equal(editor_buffer_index(editor), 2);
	session_run(session, "next-buffer");
	session_holds(session, "first");
	session_run(session, "buffer 2");
	session_holds(session, "second");
	session_fail(session, "buffer 4", 7, "there are 3 buffers");
	session_fail(session, "buffer 0", 7, "there are 3 buffers");
	session_run(session, "close");
	session_holds(session, "first");
	session_run(session, "insert \"x\"");
	assert_int_equal(session_execute(session, "close", NULL),
			 STATUS_FAILED);
	session_run(session, "close!");
	session_holds(session, "third");
	/* One file, one session. */
	assert_true(editor_open(editor, session_path(session, 2, path), NULL,
				NULL, NULL));
	assert_int_equal(editor->buffer_count, 1);
	session_run(session, "close");
	assert_null(editor->buffer);
	assert_true(editor->quit);
}

static void test_editor_reload(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "0123456789");
	struct error error = ERROR_NONE;
	char path[80];
	FILE *file;

	session_text(session, "0123456789");
	session_run(session, "buffer 1");
	session_run(session, "insert \"x\"");
	session_run(session, "buffer 2");
	session_run(session, "8");
	session_run(session, "mark a");
	session_run(session, "0,4 copy");
	session_run(session, "overwrite \"x\"");
	assert_int_equal(session_execute(session, "edit", &error),
			 STATUS_FAILED);
	/* Of two buffers with changes, it is this one that is in the way. */
	assert_non_null(strstr(error.message, "file1: 1 changes"));
	file = fopen(session_path(session, 1, path), "w");
	fputs("abc", file);
	fclose(file);
	session_run(session, "edit!");
	session_holds(session, "abc");
	assert_int_equal(session_cursor(session), 2);
	assert_null(editor->registers['"'].clip);
	session_fail(session, "'a", 0, "0x8 is past the end, 0x3");
	session_run(session, "jump-mark a");
	assert_int_equal(session_cursor(session), 2);
}

/* What is unsaved is told in one way, whoever asks. */
static void test_editor_unsaved(void **state)
{
	static const char *const lines[] = { "quit", "close", "edit" };
	struct session *session = *state;
	char wanted[200];
	char path[80];

	session_text(session, "abc");
	session_run(session, "0,1 delete");
	snprintf(wanted, sizeof wanted, "%s: 1 changes not written",
		 session_path(session, 0, path));
	for (size_t i = 0; i < 3; i++)
		session_fail(session, lines[i], -1, wanted);
	session_run(session, "quit-ask");
	assert_non_null(strstr(session->editor->question.text, wanted));
	session->editor->interactive = true;
	session_run(session, "quit-ask");
	assert_null(strstr(session->editor->question.text, "quit!"));
	strcat(wanted, "; quit! leaves them");
	session_fail(session, "quit", -1, wanted);
}

/* --- marks, jumps, selection --- */

static void test_editor_marks_follow(void **state)
{
	static const struct {
		const char *edit;
		uint64_t mark;		/* which stood at 5 */
	} cases[] = {
		{ "0 insert \"abc\"", 8 },  { "5 insert \"abc\"", 8 },
		{ "6 insert \"abc\"", 5 },  { "0,2 delete", 3 },
		{ "4,6 delete", 4 },	    { "5,6 delete", 5 },
		{ "6,7 delete", 5 },	    { "0,5 delete", 0 },
		{ "% delete", 0 },	    { "0,10 fill \"x\"", 5 },
		{ "3 overwrite \"abc\"", 5 },
	};
	struct session *session = *state;
	struct editor *editor = session_text(session, "0123456789");

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buffer *buffer = editor->buffer;

		session_run(session, "5 mark a");
		buffer->jumps[0] = 5;
		buffer->jump_count = 1;
		session_run(session, cases[i].edit);
		if (buffer->marks['a'] != cases[i].mark
		    || buffer->jumps[0] != cases[i].mark)
			fail_msg("%s: mark at %d", cases[i].edit,
				 (int)buffer->marks['a']);
		session_run(session, "undo");
		session_holds(session, "0123456789");
	}
}

static void test_editor_marks_follow_undo(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "0123456789");
	const uint64_t *marks = editor->buffer->marks;

	session_run(session, "0,3 delete");
	session_run(session, "4 mark a");
	session_run(session, "undo");
	assert_int_equal(marks['a'], 7);
	session_run(session, "redo");
	assert_int_equal(marks['a'], 4);
	session_run(session, "0 insert \"abcdef\"");
	assert_int_equal(marks['a'], 10);
	session_run(session, "% revert");
	session_holds(session, "0123456789");
}

static void test_editor_jumps(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "0123456789");

	session_fail(session, "jump-back", -1, "this is where it began");
	for (int i = 0; i < 3 * EDITOR_JUMPS; i++) {
		char line[20];

		snprintf(line, sizeof line, "goto %d", i % 10);
		session_run(session, line);
	}
	assert_int_equal(editor->buffer->jump_count, EDITOR_JUMPS);
	for (int i = 0; i < EDITOR_JUMPS; i++)
		session_run(session, "jump-back");
	session_fail(session, "jump-back", -1, "this is where it began");
	session_run(session, "goto 3");
	session_run(session, "goto 7");
	session_run(session, "jump-mark '");
	assert_int_equal(session_cursor(session), 3);
	session_run(session, "jump-mark '");
	assert_int_equal(session_cursor(session), 7);
}

static void test_editor_selection_ends(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "0123456789");

	session_run(session, "2,6 select");
	session_run(session, "0 overwrite \"x\"");
	assert_true(editor->buffer->view.selecting);
	session_run(session, "0 insert \"x\"");
	assert_false(editor->buffer->view.selecting);
}

/* --- registers --- */

static void test_editor_registers(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "0123456789");

	session_fail(session, "paste", -1, "register \" is empty: y copies");
	session_fail(session, "0,1 copy \xc3\xa9", 9,
		     "a register is named by a letter");
	session_run(session, "0,3 copy");
	session_run(session, "4,6 cut b");
	session_holds(session, "01236789");
	session_run(session, "$ paste b");
	session_run(session, "0 paste");
	session_holds(session, "0120123678945");
	session_run(session, "12 paste-over");
	session_holds(session, "012012367894012");
	session_text(session, "other");
	session_run(session, "1 paste");
	session_holds(session, "o012ther");
	session_run(session, "undo");
	session_run(session, "0,1 copy c");
	session_run(session, "buffer 1");
	session_run(session, "close!");
	assert_null(editor->registers['"'].clip);
	assert_null(editor->registers['b'].clip);
	session_fail(session, "paste b", -1, "register b is empty: y copies");
	session_run(session, "paste c");
	session_holds(session, "oother");
}

/* --- typing --- */

static void test_editor_type_hex(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "0123456789");
	struct error error;

	session_run(session, "mode overwrite");
	type(session, "4142");
	session_holds(session, "AB23456789");
	type(session, "4");
	assert_int_equal(editor->buffer->view.nibble, 1);
	session_holds(session, "ABB3456789");
	assert_false(editor_type(editor, 'g', &error));
	type(session, "fF");
	session_run(session, "mode browse");
	undo_to(session, "0123456789");
	session_run(session, "mode insert");
	type(session, "414");
	session_holds(session, "A@0123456789");
	type(session, "3");
	session_holds(session, "AC0123456789");
	undo_to(session, "0123456789");
}

static void test_editor_type_text(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "0123456789");

	session_run(session, "pane text");
	session_run(session, "mode overwrite");
	type(session, "xyz");
	assert_true(editor_type(editor, 0xe9, NULL));
	session_holds(session, "xyz\xc3\xa9" "56789");
	session_run(session, "mode insert");
	type(session, "in");
	session_holds(session, "xyz\xc3\xa9" "in56789");
	session_run(session, "mode browse");
	session_run(session, "undo");
	undo_to(session, "0123456789");
	session_run(session, "mode append");
	type(session, "A");
	session_holds(session, "0A123456789");
}

/* A run of typing is one step, what moves the cursor begins another. */
static void test_editor_type_steps(void **state)
{
	struct session *session = *state;

	session_text(session, "0123456789");
	session_run(session, "pane text");
	session_run(session, "mode insert");
	type(session, "abc");
	session_run(session, "move right");
	type(session, "de");
	session_run(session, "8");
	type(session, "f");
	session_holds(session, "abc0de12f3456789");
	undo_to(session, "abc0de123456789");
	undo_to(session, "abc0123456789");
	undo_to(session, "0123456789");
	session_fail(session, "undo", -1, "nothing to undo");
}

static void test_editor_type_at_end(void **state)
{
	struct session *session = *state;

	session_text(session, "012");
	session_run(session, "pane text");
	session_run(session, "mode overwrite");
	session_run(session, "goto 2");
	type(session, "xyz");
	session_holds(session, "01xyz");
	assert_int_equal(session_cursor(session), 5);
	backspace(session);
	backspace(session);
	session_holds(session, "01x");
	backspace(session);
	session_holds(session, "012");
	session_run(session, "mode browse");
	session_run(session, "quit");
}

static void test_editor_type_empty(void **state)
{
	static const char *const modes[] = { "overwrite", "insert", "append" };
	struct session *session = *state;
	struct editor *editor = session_text(session, "");
	char line[30];

	for (size_t i = 0; i < 3; i++) {
		snprintf(line, sizeof line, "mode %s", modes[i]);
		session_run(session, line);
		assert_false(editor_type_backspace(editor, NULL));
		type(session, "4142");
		session_holds(session, "AB");
		backspace(session);
		session_holds(session, "A");
		backspace(session);
		session_holds(session, "");
		type(session, "4");
		backspace(session);
		session_holds(session, "");
		session_run(session, "mode browse");
	}
	session_fail(session, "mode replace-one", -1,
		     "there is no byte to replace");
}

static void test_editor_replace_one(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "0123456789");
	struct error error;

	session_run(session, "mode replace-one");
	type(session, "4");
	assert_int_equal(editor->buffer->view.mode, VIEW_REPLACE_ONE);
	type(session, "1");
	assert_int_equal(editor->buffer->view.mode, VIEW_BROWSE);
	assert_int_equal(session_cursor(session), 0);
	session_run(session, "goto 9");
	session_run(session, "pane text");
	session_run(session, "mode replace-one");
	/* Two bytes in UTF-8. */
	assert_false(editor_type(editor, 0xe9, &error));
	type(session, "Z");
	session_holds(session, "A12345678Z");
	undo_to(session, "A123456789");
	undo_to(session, "0123456789");
}

/* Backspace takes back what was typed, to what stood there before. */
static void test_editor_backspace(void **state)
{
	struct session *session = *state;

	session_text(session, "0123456789");
	session_run(session, "2 overwrite \"ab\"");
	session_run(session, "5,7 delete");
	session_run(session, "5 insert \"IN\"");
	session_holds(session, "01ab4IN789");
	session_run(session, "pane text");
	session_run(session, "goto 1");
	session_run(session, "mode overwrite");
	type(session, "vwxyz!");
	session_holds(session, "0vwxyz!789");
	for (int i = 0; i < 6; i++)
		backspace(session);
	session_holds(session, "01ab4IN789");
	assert_int_equal(session_cursor(session), 1);
	/* Before the run there is nothing to take back. */
	backspace(session);
	assert_int_equal(session_cursor(session), 0);
	session_holds(session, "01ab4IN789");
	assert_false(editor_type_backspace(session->editor, NULL));
}

static void test_editor_backspace_panes(void **state)
{
	struct session *session = *state;

	session_text(session, "0123456789");
	session_run(session, "mode overwrite");
	type(session, "4142434");
	backspace(session);
	session_holds(session, "ABC3456789");
	type(session, "4");
	session_run(session, "pane text");
	type(session, "z");
	backspace(session);
	backspace(session);
	session_holds(session, "AB23456789");
	backspace(session);
	backspace(session);
	session_holds(session, "0123456789");
	session_run(session, "mode browse");
	session_run(session, "quit");
}

static void test_editor_backspace_insert(void **state)
{
	struct session *session = *state;

	session_text(session, "0123");
	session_run(session, "pane text");
	session_run(session, "goto 2");
	session_run(session, "mode insert");
	type(session, "ab");
	for (int i = 0; i < 4; i++)
		backspace(session);
	session_holds(session, "23");
	assert_false(editor_type_backspace(session->editor, NULL));
	session_run(session, "mode browse");
	undo_to(session, "0123");
}

static void test_editor_read_only(void **state)
{
	static const char *const lines[] = {
		"mode overwrite", "mode insert", "mode replace-one",
		"insert \"x\"", "0,1 delete", "paste", "undo", "% revert",
	};
	struct session *session = *state;

	session->editor->read_only = true;
	session_text(session, "0123");
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct error error = ERROR_NONE;

		assert_int_equal(session_execute(session, lines[i], &error),
				 STATUS_FAILED);
		assert_non_null(strstr(error.message, "opened read-only"));
	}
	session_run(session, "0,1 copy");
}

/* --- tasks --- */

static void test_editor_find(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "one two one two one");
	struct error error = ERROR_NONE;

	session_fail(session, "next", -1,
		     "nothing has been searched for yet");
	session_prints(session, "find /one/", "0x0 3\n");
	session_prints(session, "next", "0x8 3\n");
	session_prints(session, "next", "0x10 3\n");
	assert_int_equal(session_execute(session, "next", &error),
			 STATUS_NOTHING);
	assert_string_equal(error.message,
			    "no match for /one/ from here to the end");
	assert_int_equal(session_cursor(session), 16);
	session_prints(session, "previous 2", "0x0 3\n");
	session_prints(session, "next 2", "0x10 3\n");
	session_run(session, "set wrap-search");
	session_prints(session, "next", "0x0 3\n");
	session_prints(session, "previous", "0x10 3\n");
	session_prints(session, "next 2", "0x8 3\n");
	assert_false(editor_busy(editor));
	assert_int_equal(session_execute(session, "find /nowhere/", &error),
			 STATUS_NOTHING);
	/* A bad pattern leaves the old one. */
	session_fail(session, "find /a(/", 8, "missing closing parenthesis");
	assert_string_equal(pattern_text(editor->pattern), "/nowhere/");
}

static void test_editor_find_empty(void **state)
{
	struct session *session = *state;

	session_text(session, "");
	session_prints(session, "find /^/", "0x0 0\n");
	assert_int_equal(session_execute(session, "find /x/", NULL),
			 STATUS_NOTHING);
	assert_int_equal(session_execute(session, "next", NULL),
			 STATUS_NOTHING);
	assert_int_equal(session_execute(session, "previous", NULL),
			 STATUS_NOTHING);
}

/* A search that would run for ages. */
static void start_hostile(struct session *session)
{
	struct editor *editor = session->editor;

	assert_int_equal(command_execute(editor, "find /(?=\\x00*b)/s", NULL),
			 STATUS_RUNNING);
	assert_true(editor_busy(editor));
}

static struct editor *open_zeros(struct session *session)
{
	static const unsigned char zeros[200000];

	return session_open(session, zeros, sizeof zeros);
}

static void test_editor_cancel(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_zeros(session);
	struct error error = ERROR_NONE;
	uint64_t done, total, found;
	int fds[64];

	start_hostile(session);
	assert_string_equal(editor_progress(editor, &done, &total, &found),
			    "searching");
	assert_true(done <= total && total >= 200000);
	assert_true(editor_descriptors(editor, fds, 64) > 0);
	editor_cancel(editor);
	assert_false(editor_busy(editor));
	assert_int_equal(editor_wait(editor, &error), STATUS_FAILED);
	assert_string_equal(error.message, "stopped");
	assert_int_equal(editor_descriptors(editor, fds, 64), 0);
	assert_string_equal(editor->message, "stopped");
	editor_cancel(editor);
}

static bool give_up(void *context, const int *fds, size_t count)
{
	unsigned *turns = context;

	(void)fds;
	assert_true(count > 0);
	return ++*turns < 3;
}

static void test_editor_wait_cancelled(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_zeros(session);
	struct error error = ERROR_NONE;
	unsigned turns = 2;

	editor->hooks.wait = give_up;
	editor->hooks.context = &turns;
	start_hostile(session);
	assert_int_equal(editor_wait(editor, &error), STATUS_FAILED);
	assert_string_equal(error.message, "stopped");
	turns = 2;
	session_fail(session, "/(?=\\x00*b)/s", -1, "stopped");
	session_run(session, "info");
}

/* --- lines --- */

enum { LINE = 8, LINES = 12 * STRETCH_BYTES / LINE };

static struct editor *open_lines(struct session *session)
{
	char *bytes = malloc(LINES * LINE);

	assert_non_null(bytes);
	for (size_t i = 0; i < LINES; i++)
		memcpy(bytes + i * LINE, "1234567\n", LINE);
	session_open(session, bytes, LINES * LINE);
	free(bytes);
	return session->editor;
}

static void poll_lines(struct editor *editor)
{
	while (editor_counting(editor)) {
		struct pollfd waits[64];
		int fds[64];
		size_t count = editor_descriptors(editor, fds, 64);

		for (size_t i = 0; i < count; i++)
			waits[i] = (struct pollfd){ fds[i], POLLIN, 0 };
		poll(waits, (nfds_t)count, -1);
		editor_poll(editor);
	}
}

/* On a screen the index grows by itself once it was asked, and no question
 * waits. */
static void test_editor_lines_beside_the_screen(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_lines(session);
	struct buffer *buffer = editor->buffer;
	uint64_t number;
	unsigned serial;

	editor->interactive = true;
	editor_poll(editor);
	assert_false(editor_counting(editor));
	assert_false(editor_line_number(editor, buffer, LINES * LINE,
					&number));
	editor_poll(editor);
	assert_true(editor_counting(editor));
	serial = editor->serial;
	poll_lines(editor);
	assert_int_not_equal(editor->serial, serial);
	assert_true(editor_line_number(editor, buffer, LINES * LINE, &number));
	assert_int_equal(number, LINES + 1);
	session_run(session, "100 insert \"\\n\\n\"");
	assert_true(editor_line_number(editor, buffer, LINES * LINE + 2,
				       &number));
	assert_int_equal(number, LINES + 3);
	session_run(session, "reload!");
	assert_false(editor_line_number(editor, buffer, LINES * LINE,
					&number));
	editor_settle(editor);
	assert_true(editor_line_number(editor, buffer, LINES * LINE, &number));
	assert_int_equal(number, LINES + 1);
}

/* In batch nothing goes on behind what was asked for. */
static void test_editor_lines_waited_for(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_lines(session);
	struct error error = ERROR_NONE;
	unsigned turns = 2;

	session_run(session, "line(20)");
	assert_int_equal(editor->buffer->view.cursor, 19 * LINE);
	session_run(session, "info lines");
	editor_poll(editor);
	assert_false(editor_counting(editor));
	session_run(session, "reload!");
	editor->hooks.wait = give_up;
	editor->hooks.context = &turns;
	session_fail(session, "info lines", -1, "stopped");
	turns = 2;
	editor->interactive = true;
	assert_int_equal(session_execute(session, "line(1000000000)", &error),
			 STATUS_FAILED);
	assert_string_equal(error.message, "stopped");
	assert_string_equal(editor->message, "");
}

static pid_t (*real_fork)(void);
static pid_t forked;

static pid_t note_fork(void)
{
	forked = real_fork();
	return forked;
}

/* A worker that crashes, as the code that PCRE2 makes of a pattern might, is
 * told about, and nothing else happens. */
static void test_editor_worker_crashes(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_zeros(session);
	struct error error = ERROR_NONE;

	session_run(session, "0 overwrite \"edit\"");
	editor->interactive = true;
	real_fork = io.fork;
	io.fork = note_fork;
	start_hostile(session);
	io.fork = real_fork;
	assert_int_equal(kill(forked, SIGSEGV), 0);
	assert_int_equal(editor_wait(editor, &error), STATUS_FAILED);
	assert_string_equal(error.message, "a worker was killed by signal 11 "
			    "(Segmentation fault)");
	assert_string_equal(editor->message, error.message);
	assert_true(editor->message_is_error);
	session_run(session, "find /di/");
	assert_int_equal(session_cursor(session), 1);
	assert_int_equal(document_change_count(editor->buffer->document), 1);
}

/* What ends a task, with its document or pattern or without. */
static void test_editor_task_ends(void **state)
{
	static const char *const lines[] = {
		"next-buffer", "close!", "edit!", "count /x/ ", "cancel",
		"0 insert \"x\"", "undo", "write",
	};
	struct session *session = *state;
	struct editor *editor = open_zeros(session);
	char path[80];

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		session_text(session, "other");
		session_run(session, "buffer 1");
		session_run(session, "0 overwrite \"x\"");
		start_hostile(session);
		editor_highlight(editor);
		session_execute(session, lines[i], NULL);
		if (editor_busy(editor))
			fail_msg("%s: goes on", lines[i]);
		editor_poll(editor);
		if (strcmp(lines[i], "close!") == 0)
			editor_open(editor, session_path(session, 0, path),
				    NULL, NULL, NULL);
		while (editor->buffer_count > 1) {
			editor_select_buffer(editor, editor->buffer_count - 1);
			if (document_size(editor->buffer->document) > 1000)
				editor_select_buffer(editor, 0);
			editor_close_buffer(editor);
		}
		session_run(session, "edit!");
	}
	start_hostile(session);
	editor_highlight(editor);
	assert_true(editor_open(editor, session_path(session, 1, path), NULL,
				NULL, NULL));
	assert_false(editor_busy(editor));
	session_run(session, "buffer 1");
	start_hostile(session);
	editor_highlight(editor);
	/* The teardown frees the editor under both. */
}

/* The output of one command does not stand before that of the next. */
static void test_editor_output_of_stopped(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "aab");

	editor->interactive = true;
	assert_int_equal(command_execute(editor, "lines /a/", NULL),
			 STATUS_RUNNING);
	editor_print(editor, "part of it\n");
	assert_int_equal(command_execute(editor, "lines /b/", NULL),
			 STATUS_RUNNING);
	assert_int_equal(editor_wait(editor, NULL), STATUS_DONE);
	editor_show_output(editor);
	assert_string_equal(editor->message, "1:aab");
}

/* Makes the current file, which is the first one, a sparse one of SIZE; the
 * test is skipped where there are no addresses for it, as under valgrind. */
static void grow(struct session *session, off_t size)
{
	struct error error = ERROR_NONE;
	char path[80];

	assert_int_equal(truncate(session_path(session, 0, path), size), 0);
	if (session_execute(session, "edit", &error) == STATUS_DONE)
		return;
	assert_non_null(strstr(error.message, "cannot map"));
	skip();
}

/* More than anybody scrolls through ends early, and says so. */
static void test_editor_output_full(void **state)
{
	struct session *session = *state;

	session_text(session, "x");
	grow(session, (off_t)1 << 40);
	session_keys(session, ":print<Enter>");
	assert_true(panel_visible(&session->editor->panel));
	assert_string_equal(session->editor->panel.title, "print, cut off");
	session_keys(session, "q:0,64M lines /\\x00/<Enter>");
	assert_string_equal(session->editor->panel.title, "lines, cut off");
	session_keys(session, "q:info<Enter>");
	assert_string_equal(session->editor->panel.title, "info");
}

/* --- the matches in the window --- */

static void highlight(struct editor *editor)
{
	editor_highlight(editor);
	while (editor->highlight) {
		struct pollfd polled[8];
		int fds[8];
		size_t count = editor_descriptors(editor, fds, 8);

		for (size_t i = 0; i < count; i++)
			polled[i] = (struct pollfd){ fds[i], POLLIN, 0 };
		poll(polled, count, 1000);
		editor_poll(editor);
	}
}

static void check_matches(const struct editor *editor, size_t count,
			  uint64_t first)
{
	assert_int_equal(editor->highlights[0].count, count);
	if (count > 0)
		assert_int_equal(editor->highlights[0].matches[0].start, first);
}

static void test_editor_highlight(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "one two one two");

	highlight(editor);
	assert_null(editor->highlights[0].matches);
	session_run(session, "find /two/");
	highlight(editor);
	check_matches(editor, 2, 4);
	editor_highlight(editor);
	assert_null(editor->highlight);
	session_run(session, "0 insert \"two\"");
	highlight(editor);
	check_matches(editor, 3, 0);
	session_run(session, "undo");
	highlight(editor);
	check_matches(editor, 2, 4);
	session_run(session, "find {6f6e65}");
	highlight(editor);
	check_matches(editor, 2, 0);
	session_text(session, "zone");
	highlight(editor);
	check_matches(editor, 1, 1);
	session_run(session, "close");
	assert_int_equal(editor->highlights[0].count, 0);
	highlight(editor);
	check_matches(editor, 2, 0);
	session_execute(session, "find /nowhere/", NULL);
	highlight(editor);
	check_matches(editor, 0, 0);
}

/* Where the window goes, the matches are looked for. */
static void test_editor_highlight_window(void **state)
{
	struct session *session = *state;
	const struct highlights *found;
	struct editor *editor;
	char path[80];
	int file;

	session_text(session, "needle");
	session_path(session, 0, path);
	file = open(path, O_WRONLY);
	assert_int_equal(pwrite(file, "needle", 6, (off_t)5 << 30), 6);
	close(file);
	grow(session, (off_t)1 << 40);
	editor = session->editor;
	session_run(session, "set fold-holes=off");
	session_run(session, "find /needle/");
	highlight(editor);
	check_matches(editor, 1, 0);
	session_run(session, "goto 5G+100");
	highlight(editor);
	check_matches(editor, 1, UINT64_C(5) << 30);
	found = &editor->highlights[0];
	assert_int_equal(found->part_count, 1);
	assert_true(view_window(&editor->buffer->view).start
		    >= found->parts[0].start);
	assert_true(view_window(&editor->buffer->view).end
		    <= found->parts[0].end);
	session_run(session, "goto $");
	highlight(editor);
	check_matches(editor, 0, 0);
}

/* --- other writers --- */

static void put_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static size_t logs_of(const struct session *session)
{
	char command[200];
	char line[16] = "";
	FILE *pipe;

	snprintf(command, sizeof command,
		 "ls %s/state/octavo/sessions 2>&1 | wc -l", session->folder);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	assert_non_null(fgets(line, sizeof line, pipe));
	pclose(pipe);
	return (size_t)atoi(line);
}

static void keep_logs(struct session *session)
{
	char folder[80];

	snprintf(folder, sizeof folder, "%s/state", session->folder);
	setenv("XDG_STATE_HOME", folder, 1);
	session->editor->logs = EDITOR_LOGS_KEPT;
}

static void drop_logs(struct session *session)
{
	char command[200];

	snprintf(command, sizeof command, "rm -r %s/state", session->folder);
	editor_close_buffer(session->editor);
	assert_int_equal(system(command), 0);
	unsetenv("XDG_STATE_HOME");
}

/* As if it had been killed. */
static void leave_log(struct editor *editor)
{
	log_close(editor->buffer->log, true);
	editor->buffer->log = NULL;
}

/* Changes that go on over another file are logged as before. */
static void test_editor_reload_is_logged(void **state)
{
	struct session *session = *state;
	char path[80], other[90];
	struct editor *editor = session->editor;
	struct log_report report;

	keep_logs(session);
	session_text(session, "0123456789");
	session_run(session, "2 overwrite \"AB\"");
	session_run(session, "7 overwrite \"C\"");
	assert_int_equal(logs_of(session), 1);
	session_path(session, 0, path);
	snprintf(other, sizeof other, "%s+", path);
	put_file(other, "0123456x89 and more");
	assert_int_equal(rename(other, path), 0);
	session_run(session, "reload");
	session_holds(session, "01AB456x89 and more");
	assert_int_equal(logs_of(session), 1);
	assert_non_null(log_path(editor->buffer->log));
	assert_null(log_problem(editor->buffer->log));
	session_run(session, "redo");
	session_holds(session, "01AB456C89 and more");
	leave_log(editor);
	report = log_look(editor->buffer->document, true);
	assert_int_equal(report.state, LOG_LEFT);
	session_run(session, "undo 2");
	assert_int_equal(document_change_count(editor->buffer->document), 0);
	session_run(session, "session recover");
	session_holds(session, "01AB456C89 and more");
	drop_logs(session);
}

/* --- a flush that was interrupted --- */

/* The file was replaced, its old one is there, and the program was killed. */
static void leave_replaced(struct session *session)
{
	char path[80], other[90];

	session_text(session, "0123456789");
	session_run(session, "insert \"new: \"");
	log_flush(session->editor->buffer->log);
	leave_log(session->editor);
	editor_close_buffer(session->editor);
	session_path(session, session->files - 1, path);
	snprintf(other, sizeof other, "%s/.file%u.ovn", session->folder,
		 session->files - 1);
	put_file(other, "new: 0123456789");
	assert_int_equal(chmod(other, 0600), 0);
	assert_int_equal(io.exchange(AT_FDCWD, path, other), 0);
	assert_true(editor_open(session->editor, path, NULL, NULL, NULL));
}

/* The log that knows which file is which stays until that is decided. */
static void test_editor_offers_what_can_be_done(void **state)
{
	struct session *session = *state;
	struct editor *editor = session->editor;

	keep_logs(session);
	editor->interactive = true;
	leave_replaced(session);
	assert_non_null(strstr(editor->question.text,
			       "f finishes, u undoes it"));
	session_run(session, "recover undo");
	session_holds(session, "0123456789");
	assert_non_null(strstr(editor->question.text, "1 edit "));
	session_run(session, "session recover");
	session_holds(session, "new: 0123456789");
	session_run(session, "close!");
	leave_replaced(session);
	session_run(session, "recover finish");
	session_holds(session, "new: 0123456789");
	assert_int_equal(editor->buffer->left.state, LOG_NONE);
	assert_int_equal(logs_of(session), 0);
	drop_logs(session);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_editor_buffers),
		TEST(test_editor_reload),
		TEST(test_editor_unsaved),
		TEST(test_editor_marks_follow),
		TEST(test_editor_marks_follow_undo),
		TEST(test_editor_jumps),
		TEST(test_editor_selection_ends),
		TEST(test_editor_registers),
		TEST(test_editor_type_hex),
		TEST(test_editor_type_text),
		TEST(test_editor_type_steps),
		TEST(test_editor_type_at_end),
		TEST(test_editor_type_empty),
		TEST(test_editor_replace_one),
		TEST(test_editor_backspace),
		TEST(test_editor_backspace_panes),
		TEST(test_editor_backspace_insert),
		TEST(test_editor_read_only),
		TEST(test_editor_find),
		TEST(test_editor_find_empty),
		TEST(test_editor_cancel),
		TEST(test_editor_wait_cancelled),
		TEST(test_editor_lines_beside_the_screen),
		TEST(test_editor_lines_waited_for),
		TEST(test_editor_worker_crashes),
		TEST(test_editor_task_ends),
		TEST(test_editor_output_of_stopped),
		TEST(test_editor_output_full),
		TEST(test_editor_highlight),
		TEST(test_editor_highlight_window),
		TEST(test_editor_reload_is_logged),
		TEST(test_editor_offers_what_can_be_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
