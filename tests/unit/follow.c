/*
 * following: what is seen of a file that grows, is rotated, truncated, goes and
 * comes; with a system that tells, and one that does not.
 */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include "io.h"
#include "octavo/screen.h"

static struct io real;

static int setup(void **state)
{
	real = io;
	return session_setup(state);
}

static int teardown(void **state)
{
	io = real;
	return session_teardown(state);
}

/* --- what others do --- */

static char *file_0(const struct session *session)
{
	static char path[80];

	return session_path(session, 0, path);
}

static char *file_1(struct session *session)
{
	static char path[80];

	if (session->files < 2)
		session->files = 2;
	return session_path(session, 1, path);
}

static void append(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void rotate(struct session *session)
{
	assert_int_equal(rename(file_0(session), file_1(session)), 0);
}

/* --- what is seen --- */

/* A file with TEXT is followed. */
static struct editor *follow(struct session *session, const char *text)
{
	struct editor *editor = session_text(session, text);

	session_keys(session, "F");
	assert_string_equal(editor_following(editor), "FOLLOW");
	editor_poll(editor);
	return editor;
}

static void look(struct session *session)
{
	editor_check_files(session->editor);
}

/* All of the file is TEXT, and the cursor at its end. */
static void expect(struct session *session, const char *text)
{
	size_t length = strlen(text);

	session_holds(session, text);
	assert_int_equal(session_cursor(session), length ? length - 1 : 0);
}

static bool holds(const struct session *session, const char *text)
{
	const struct document *document = session->editor->buffer->document;
	char bytes[256] = "";

	document_read(document, 0, bytes, sizeof bytes - 1);
	return document_size(document) == strlen(text)
	       && strcmp(bytes, text) == 0;
}

/* As the loop waits, until the file is TEXT. */
static void wait_until_it_holds(struct session *session, const char *text)
{
	struct editor *editor = session->editor;

	for (int i = 0; !holds(session, text); i++) {
		struct pollfd polled[8];
		int fds[8];
		size_t count = editor_descriptors(editor, fds, 8);

		for (size_t k = 0; k < count; k++)
			polled[k] = (struct pollfd){ fds[k], POLLIN, 0 };
		if (i == 1000)
			fail_msg("\"%s\" never came", text);
		poll(polled, (nfds_t)count, editor_patience(editor));
		editor_poll(editor);
	}
}

static void wait_for(struct session *session, const char *text)
{
	wait_until_it_holds(session, text);
	expect(session, text);
}

/* What grows in each look has its filter found out between two of them. */
static void test_follow_filtered(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "b\n");
	int fd;

	session_run(session, "view text");
	session_keys(session, "&b<Enter>F");
	editor_settle(editor);
	append(file_0(session), "bb\n");
	wait_until_it_holds(session, "b\nbb\n");
	/* The work has begun, or is done. */
	assert_true(line_filter_descriptors(editor->buffer->filter, &fd, 1) > 0
		    || !editor_filtering(editor));
	editor_settle(editor);
	assert_int_equal(session_cursor(session), 2);
}

static void test_follow_growth(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "0123456789");
	unsigned serial;

	session_run(session, "3");
	session_keys(session, "F");
	expect(session, "0123456789");
	serial = editor->serial;
	look(session);
	assert_int_equal(editor->serial, serial);
	append(file_0(session), "abc");
	look(session);
	expect(session, "0123456789abc");
	assert_int_not_equal(editor->serial, serial);
	session_keys(session, "''");
	assert_int_equal(session_cursor(session), 3);
	append(file_0(session), "def");
	look(session);
	session_holds(session, "0123456789abcdef");
	assert_int_equal(session_cursor(session), 3);
}

static void test_follow_stops(void **state)
{
	struct session *session = *state;
	struct editor *editor = follow(session, "0123456789");
	struct grid *grid = grid_new(80, 8);

	assert_non_null(grid);
	session_keys(session, "h");
	assert_null(editor_following(editor));
	assert_int_equal(session_cursor(session), 8);
	session_keys(session, "FF<Esc>");
	assert_null(editor_following(editor));
	assert_int_equal(session_cursor(session), 9);
	session_keys(session, "F^C");
	assert_null(editor_following(editor));
	session_keys(session, "F:follow off<Enter>");
	assert_null(editor_following(editor));
	session_keys(session, "F");
	input_wheel(session->input, -1, 0, 0, grid);
	assert_null(editor_following(editor));
	session_keys(session, "F");
	input_click(session->input, 0, 0, grid);
	assert_null(editor_following(editor));
	grid_free(grid);
	/* A key that does nothing does that. */
	session_keys(session, "F");
	assert_non_null(editor_following(editor));
	session_keys(session, "&");
	assert_null(editor_following(editor));
}

static void test_follow_command(void **state)
{
	struct session *session = *state;
	struct editor *editor = session->editor;
	char text[256];

	session_fail(session, "follow", -1, "follow needs a file");
	session_text(session, "text");
	session_fail(session, "follow", -1, "follow needs a screen");
	session_run(session, "follow off");
	editor->interactive = true;
	session_fail(session, "follow me", 7, "follow takes on or off");
	session_fail(session, "follow on on", 10, "follow takes nothing more");
	session_run(session, "follow on");
	session_run(session, "follow");
	assert_non_null(editor_following(editor));
	session_run(session, "follow off");
	assert_null(editor_following(editor));
	snprintf(text, sizeof text, "%s is not being read",
		 file_0(session));
	session_fail(session, "stop-reading", -1, text);
}

static void test_follow_nothing_that_grows(void **state)
{
	struct session *session = *state;
	struct error error = ERROR_NONE;

	assert_true(editor_open(session->editor, "/proc/self/status", NULL,
				NULL, &error));
	session->editor->interactive = true;
	session_fail(session, "follow", -1,
		     "/proc/self/status is nothing that could grow");
}

/* The system tells; or does not, and the clock does. */
static void test_follow_waits(void **state)
{
	struct session *session = *state;

	follow(session, "one");
	append(file_0(session), " two");
	wait_for(session, "one two");
	append(file_0(session), " three");
	wait_for(session, "one two three");
	assert_int_equal(truncate(file_0(session), 0), 0);
	wait_for(session, "");
	rotate(session);
	append(file_0(session), "new");
	wait_for(session, "new");
}

static int absent(void)
{
	errno = ENOSYS;
	return -1;
}

static void test_follow_polls(void **state)
{
	io.watch = absent;
	test_follow_waits(state);
}

/* Nothing is ever told. */
static int silent(int watch, const char *path, bool folder)
{
	(void)watch, (void)path, (void)folder;
	return 0;
}

static int local(int fd, bool *shares, bool *is_local)
{
	(void)fd;
	*shares = false;
	return !(*is_local = true);
}

static void test_follow_events_are_lost(void **state)
{
	struct session *session = *state;
	struct editor *editor;
	int fd = io.watch();

	if (fd < 0)
		skip();
	close(fd);
	io.watch_add = silent;
	io.file_system = local;
	editor = follow(session, "one");
	append(file_0(session), " two");
	/* The first look is after what happened before the watch. */
	wait_for(session, "one two");
	append(file_0(session), " three");
	for (int i = 0; i < 10; i++)
		editor_poll(editor);
	session_holds(session, "one two");
	look(session);
	expect(session, "one two three");
}

static void test_follow_rotation(void **state)
{
	struct session *session = *state;
	struct editor *editor = follow(session, "one\n");
	char text[256];

	rotate(session);
	append(file_1(session), "two\n");
	look(session);
	expect(session, "one\ntwo\n");
	assert_string_equal(editor_following(editor), "FOLLOW gone");
	append(file_1(session), "three\n");
	look(session);
	expect(session, "one\ntwo\nthree\n");
	append(file_1(session), "last\n");
	append(file_0(session), "new\n");
	look(session);
	/* Who wrote it is to be seen once. */
	expect(session, "one\ntwo\nthree\nlast\n");
	assert_string_equal(editor_following(editor), "FOLLOW rotated");
	append(file_1(session), "of nobody's concern\n");
	append(file_0(session), "more\n");
	look(session);
	expect(session, "new\nmore\n");
	assert_string_equal(editor_following(editor), "FOLLOW");
	snprintf(text, sizeof text, "%s was rotated: this is the new file",
		 file_0(session));
	assert_string_equal(editor->message, text);
	append(file_0(session), "and more\n");
	look(session);
	expect(session, "new\nmore\nand more\n");
}

/* While it is gone another one takes its name, by a rename. */
static void test_follow_replaced(void **state)
{
	struct session *session = *state;
	struct editor *editor = follow(session, "one");

	unlink(file_0(session));
	look(session);
	expect(session, "one");
	append(file_1(session), "another, and longer");
	assert_int_equal(rename(file_1(session), file_0(session)), 0);
	look(session);
	look(session);
	expect(session, "another, and longer");
	append(file_1(session), "short");
	assert_int_equal(rename(file_1(session), file_0(session)), 0);
	look(session);
	look(session);
	expect(session, "short");
	assert_string_equal(editor_following(editor), "FOLLOW");
}

/* What cannot be opened is waited for. */
static void test_follow_replaced_by_a_folder(void **state)
{
	struct session *session = *state;
	struct editor *editor = follow(session, "one");

	rotate(session);
	assert_int_equal(mkdir(file_0(session), 0700), 0);
	look(session);
	look(session);
	expect(session, "one");
	assert_non_null(strstr(editor->message, "it is a directory"));
	assert_true(editor->message_is_error);
	assert_string_equal(editor_following(editor), "FOLLOW rotated");
	assert_int_equal(rmdir(file_0(session)), 0);
	append(file_0(session), "new");
	look(session);
	look(session);
	expect(session, "new");
}

static void test_follow_new_file(void **state)
{
	struct session *session = *state;
	struct editor *editor = session->editor;
	struct error error = ERROR_NONE;

	session->files = 1;
	assert_true(editor_open(editor, file_0(session), NULL, NULL,
				&error));
	session_keys(session, "F");
	look(session);
	expect(session, "");
	append(file_0(session), "first");
	look(session);
	look(session);
	expect(session, "first");
	assert_non_null(strstr(editor->message, "is there now"));
	append(file_0(session), " second");
	look(session);
	expect(session, "first second");
}

static void test_follow_truncation(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "one two three");

	session_run(session, "find /two/");
	session_run(session, "1 mark a");
	session_run(session, "11 mark b");
	session_keys(session, "F");
	assert_int_equal(truncate(file_0(session), 0), 0);
	append(file_0(session), "a two");
	look(session);
	expect(session, "a two");
	assert_non_null(strstr(editor->message, "was truncated"));
	assert_true(editor->buffer->marked['a']);
	assert_false(editor->buffer->marked['b']);
	/* At the end is where it was when it was the end. */
	session_keys(session, "ggn");
	assert_int_equal(session_cursor(session), 2);
}

static void test_follow_overwritten(void **state)
{
	struct session *session = *state;
	struct editor *editor = follow(session, "one two");
	int fd = open(file_0(session), O_WRONLY);

	assert_int_equal(pwrite(fd, "ONE", 3, 0), 3);
	close(fd);
	look(session);
	expect(session, "ONE two");
	assert_int_equal(document_outside_state(editor->buffer->document),
			 FILE_SAME);
	assert_string_equal(editor_following(editor), "FOLLOW");
}

/* An edit stays, and what grows stands behind it; what would take it away ends
 * the following. */
static void test_follow_edited(void **state)
{
	static const char *const ends[] = { "replaced", "shrunk" };

	for (size_t i = 0; i < 2; i++) {
		struct session *session = *state;
		struct editor *editor = follow(session, "one");

		session_run(session, "1 overwrite \"N\"");
		session_keys(session, "F");
		append(file_0(session), " two");
		look(session);
		expect(session, "oNe two");
		if (i == 0) {
			unlink(file_0(session));
			look(session);
			assert_string_equal(editor_following(editor),
					    "FOLLOW gone");
			append(file_0(session), "other");
		} else {
			assert_int_equal(truncate(file_0(session), 4), 0);
		}
		look(session);
		assert_null(editor_following(editor));
		assert_non_null(strstr(editor->message, "no longer followed"));
		assert_non_null(strstr(editor->message, ends[i]));
		assert_int_equal(
			document_change_count(editor->buffer->document), 1);
		session_run(session, "close!");
		unlink(file_0(session));
		session->files = 0;
	}
}

/* More than the addresses that are kept behind a file. */
static void test_follow_without_room(void **state)
{
	struct session *session = *state;
	const off_t size = INT64_C(17) << 30;
	struct editor *editor = follow(session, "one");

	if (truncate(file_0(session), size) != 0)
		skip();
	look(session);
	assert_int_equal(document_size(editor->buffer->document), size);
	assert_int_equal(session_cursor(session), size - 1);
	assert_string_equal(editor_following(editor), "FOLLOW");
	assert_int_equal(document_outside_state(editor->buffer->document),
			 FILE_SAME);
}

/* The same where nobody follows: nothing but undo could be lost. */
static void test_follow_without_room_in_place(void **state)
{
	struct session *session = *state;
	const off_t size = INT64_C(17) << 30;
	struct editor *editor = session_text(session, "one two");

	session_run(session, "4");
	if (truncate(file_0(session), size) != 0)
		skip();
	look(session);
	assert_int_equal(document_size(editor->buffer->document), size);
	assert_int_equal(session_cursor(session), 4);
	assert_null(editor_following(editor));

	session_text(session, "one two");
	session_run(session, "overwrite \"ONE\"");
	session_run(session, "undo");
	assert_int_equal(truncate(file_1(session), size), 0);
	look(session);
	session_holds(session, "one two");
	assert_int_equal(document_outside_state(editor->buffer->document),
			 FILE_GREW);
}

static void test_follow_is_for_all_buffers(void **state)
{
	struct session *session = *state;
	struct editor *editor = follow(session, "first");
	char path[80];

	session_text(session, "second");
	append(session_path(session, 1, path), "+");
	wait_for(session, "second+");
	append(file_0(session), "+");
	session_run(session, "next-buffer");
	wait_for(session, "first+");
	session_run(session, "close");
	append(path, "+");
	wait_for(session, "second++");
	session_run(session, "close");
	editor_poll(editor);
	assert_null(editor_following(editor));
}

/* In the window that has the focus. */
static void test_follow_on_screen(void **state)
{
	struct session *session = *state;
	struct editor *editor = follow(session, "text");
	struct grid *grid = grid_new(80, 8);
	char line[81] = "";

	assert_non_null(grid);
	session_run(session, "split-below");
	rotate(session);
	look(session);
	screen_draw(editor, grid);
	for (unsigned column = 0; column < 80; column++)
		line[column] = (char)grid_cell(grid, 5, column)->character;
	assert_int_equal(strncmp(line, "FOLLOW gone  ", 13), 0);
	assert_int_equal(grid_cell(grid, 5, 0)->role, ROLE_STATUS_MODE);
	assert_int_not_equal(grid_cell(grid, 2, 0)->character, 'F');
	grid_free(grid);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_follow_filtered),
		TEST(test_follow_growth),
		TEST(test_follow_stops),
		TEST(test_follow_command),
		TEST(test_follow_nothing_that_grows),
		TEST(test_follow_waits),
		TEST(test_follow_polls),
		TEST(test_follow_events_are_lost),
		TEST(test_follow_rotation),
		TEST(test_follow_replaced),
		TEST(test_follow_replaced_by_a_folder),
		TEST(test_follow_new_file),
		TEST(test_follow_truncation),
		TEST(test_follow_overwritten),
		TEST(test_follow_edited),
		TEST(test_follow_without_room),
		TEST(test_follow_without_room_in_place),
		TEST(test_follow_is_for_all_buffers),
		TEST(test_follow_on_screen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
