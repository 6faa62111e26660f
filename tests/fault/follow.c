/*
 * Each system call that following makes fails in turn, once or from there on,
 * while a file grows and is rotated: what is shown is the old file or the new
 * one, as far as it was known, and once nothing fails any more it is the new
 * one.
 */
#include "../unit/session.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "failing.h"

FAULTY(int, openat, (int at, const char *path, int flags, mode_t mode),
       (at, path, flags, mode))
FAULTY(int, stat, (const char *path, struct stat *status), (path, status))
FAULTY(int, fstat, (int fd, struct stat *status), (fd, status))
FAULTY(ssize_t, read, (int fd, void *buffer, size_t size),
       (fd, buffer, size))
FAULTY(ssize_t, pread, (int fd, void *buffer, size_t size, off_t offset),
       (fd, buffer, size, offset))
FAULTY(int, file_system, (int fd, bool *shares, bool *local),
       (fd, shares, local))
FAULTY(int, watch, (void), ())
FAULTY(int, watch_add, (int watch, const char *path, bool folder),
       (watch, path, folder))

static void *faulty_mmap(void *address, size_t length, int protection,
			 int flags, int fd, off_t offset)
{
	return fails() ? MAP_FAILED : real.mmap(address, length, protection,
						flags, fd, offset);
}

static void break_call(unsigned call, int number, bool persists)
{
	calls = 0;
	failing = call;
	failure = number;
	for_good = persists;
	io.openat = faulty_openat;
	io.stat = faulty_stat;
	io.fstat = faulty_fstat;
	io.read = faulty_read;
	io.pread = faulty_pread;
	io.file_system = faulty_file_system;
	io.watch = faulty_watch;
	io.watch_add = faulty_watch_add;
	io.mmap = faulty_mmap;
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void look(struct session *session)
{
	editor_poll(session->editor);
	editor_check_files(session->editor);
}

/* One of what the file was, from its start, and nothing else. */
static void check_shown(const struct session *session)
{
	static const char *const texts[] = { "one", "one two", "new" };
	const struct document *document = session->editor->buffer->document;
	char bytes[32] = "";
	bool known = false;

	document_check(document);
	view_check(&session->editor->buffer->view);
	document_read(document, 0, bytes, sizeof bytes - 1);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		known |= strcmp(bytes, texts[i]) == 0;
	if (!known)
		fail_msg("call %u: \"%s\"", failing, bytes);
}

/* False: it made fewer calls than that. */
static bool rotate(unsigned call, int number, bool persists)
{
	struct session *session;
	char path[80], away[80];
	void *state = NULL;
	bool reached;

	assert_int_equal(session_setup(&state), 0);
	session = state;
	session_text(session, "one");
	session_path(session, 0, path);
	session_path(session, session->files++, away);
	session_keys(session, "F");

	break_call(call, number, persists);
	look(session);
	check_shown(session);
	put(path, " two");
	look(session);
	check_shown(session);
	assert_int_equal(rename(path, away), 0);
	look(session);
	check_shown(session);
	put(path, "new");
	for (int i = 0; i < 3; i++)
		look(session);
	check_shown(session);
	reached = calls >= failing;
	io = real;

	for (int i = 0; i < 3; i++)
		look(session);
	session_holds(session, "new");
	assert_string_equal(editor_following(session->editor), "FOLLOW");
	assert_int_equal(session_cursor(session), 2);
	session_teardown(&state);
	return reached;
}

static void test_fault_follow(void **state)
{
	static const int numbers[] = { EIO, ENOMEM };

	(void)state;
	real = io;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		for (int persists = 0; persists < 2; persists++)
			for (unsigned call = 1;
			     rotate(call, numbers[i], persists); call++)
				;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fault_follow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
