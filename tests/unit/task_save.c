/*
 * Unit tests of writing beside the screen.
 *
 * The child stops at its first sync, tells the test, and waits for a byte: so
 * the test knows where it is without a clock.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "io.h"
#include "octavo/job.h"
#include "session.h"
#include "sizes.h"

enum { SIZE = SAVE_BESIDE };

static struct io real;
static pid_t tester;
static int reached[2];		/* from a child that is at its sync */
static int gate[2];		/* to it: go on */
static bool passed;		/* of this child: by its first sync */
static pid_t child;		/* the last one */

static int gated_fsync(int fd)
{
	char byte;

	if (getpid() != tester && !passed) {
		passed = true;
		if (write(reached[1], "", 1) != 1
		    || read(gate[0], &byte, 1) != 1)
			_exit(9);
	}
	return real.fsync(fd);
}

static pid_t noting_fork(void)
{
	pid_t process = real.fork();

	if (process > 0)
		child = process;
	return process;
}

static pid_t failing_fork(void)
{
	errno = EAGAIN;
	return -1;
}

static int setup(void **state)
{
	real = io;
	tester = getpid();
	child = 0;
	if (pipe2(reached, O_CLOEXEC) != 0 || pipe2(gate, O_CLOEXEC) != 0
	    || session_setup(state) != 0)
		return -1;
	io.fsync = gated_fsync;
	io.fork = noting_fork;
	return 0;
}

static int teardown(void **state)
{
	int result = session_teardown(state);

	io = real;
	for (int i = 0; i < 2; i++) {
		close(reached[i]);
		close(gate[i]);
	}
	return result;
}

static void await_sync(void)
{
	char byte;

	assert_int_equal(read(reached[0], &byte, 1), 1);
}

static void go_on(void)
{
	assert_int_equal(write(gate[1], "", 1), 1);
}

/* Nothing waits in either pipe any more. */
static void drain(void)
{
	int ends[] = { reached[0], gate[0] };
	char byte;

	for (int i = 0; i < 2; i++) {
		fcntl(ends[i], F_SETFL, O_NONBLOCK);
		while (read(ends[i], &byte, 1) == 1)
			;
		fcntl(ends[i], F_SETFL, 0);
	}
}

/* Polls until the flush is over, or its next child has begun. */
static void poll_child(struct editor *editor)
{
	pid_t this = child;

	while (editor->saving && child == this) {
		struct pollfd wait = { .events = POLLIN };

		assert_int_equal(editor_descriptors(editor, &wait.fd, 1), 1);
		assert_int_equal(poll(&wait, 1, -1), 1);
		editor_poll(editor);
	}
}

static const char *pattern(size_t size)
{
	static char bytes[SIZE + 16];

	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)('a' + (i ^ i >> 9) % 23);
	return bytes;
}

static struct editor *open_long(struct session *session)
{
	struct editor *editor = session_open(session, pattern(SIZE), SIZE);

	/* In text mode lines are counted: there would be other children. */
	session_run(session, "set mode=hex");
	editor->interactive = true;
	return editor;
}

/* Does file NUMBER hold FIRST, and then the pattern from SKIP on? */
static bool holds(const struct session *session, unsigned number,
		  const char *first, size_t skip)
{
	static char bytes[SIZE + 64];
	char path[80];
	FILE *file = fopen(session_path(session, number, path), "rb");
	size_t length = strlen(first);

	assert_non_null(file);
	size_t size = fread(bytes, 1, sizeof bytes, file);
	fclose(file);
	return size == length + SIZE - skip
	       && memcmp(bytes, first, length) == 0
	       && memcmp(bytes + length, pattern(SIZE) + skip, SIZE - skip)
		  == 0;
}

static unsigned entries(const struct session *session)
{
	DIR *folder = opendir(session->folder);
	unsigned count = 0;

	assert_non_null(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count - 2;
}

static enum status start(struct editor *editor, const char *line)
{
	struct error error = ERROR_NONE;
	enum status status = command_execute(editor, line, &error);

	if (status == STATUS_FAILED)
		fail_msg("%s: %s", line, error.message);
	return status;
}

static void assert_message(const struct editor *editor, const char *part)
{
	if (!strstr(editor->message, part))
		fail_msg("\"%s\" has no \"%s\"", editor->message, part);
}

/* The ways a flush goes. */
static const struct way {
	const char *options;
	const char *edit;
	const char *first;	/* of the new content */
	size_t skip;		/* bytes of the old one behind that */
	const char *said;
} ways[] = {
	{ "set write-method=replace", "0 insert \"XY\"", "XY", 0, "replaced" },
	{ "set write-method=in-place", "0 insert \"XY\"", "XY", 0, "in place" },
	/* All of it is written, for each byte has moved by one. */
	{ "set write-method=in-place", "0 delete", "", 1, "in place" },
};

enum { WAYS = sizeof ways / sizeof *ways };

static void test_task_save_ways(void **state)
{
	struct session *session = *state;

	for (unsigned i = 0; i < WAYS; i++) {
		const struct way *way = &ways[i];
		struct editor *editor = open_long(session);

		session_run(session, way->options);
		session_run(session, way->edit);
		assert_int_equal(start(editor, "write"), STATUS_RUNNING);
		assert_true(editor_busy(editor));
		await_sync();
		assert_true(holds(session, i, "", 0));
		assert_int_equal(entries(session), i + 2);
		go_on();
		/* The second child. */
		go_on();
		assert_int_equal(editor_wait(editor, NULL), STATUS_DONE);
		assert_false(editor_busy(editor));
		assert_message(editor, way->said);
		assert_true(holds(session, i, way->first, way->skip));
		assert_int_equal(entries(session), i + 1);
		assert_false(document_modified(editor->buffer->document));
		session_run(session, "undo");
		session_run(session, "redo");
		assert_int_equal(document_change_count(
				 editor->buffer->document), 0);
		editor->interactive = false;
		session_run(session, "close");
		drain();
		editor->quit = false;
	}
}

/* Starts WAY's flush of a new file, up to the first sync. */
static struct editor *start_way(struct session *session,
				const struct way *way)
{
	struct editor *editor = open_long(session);

	session_run(session, way->options);
	session_run(session, way->edit);
	assert_int_equal(start(editor, "write"), STATUS_RUNNING);
	await_sync();
	return editor;
}

/* The same up to the first sync of the child that applies. */
static struct editor *start_applying(struct session *session,
				     const struct way *way)
{
	struct editor *editor = start_way(session, way);

	go_on();
	poll_child(editor);
	assert_true(editor_busy(editor));
	await_sync();
	return editor;
}

/* Runs LINE, which does not wait for what is under way. */
static void run_now(struct session *session, const char *line)
{
	assert_int_equal(start(session->editor, line), STATUS_DONE);
}

static void refused(struct session *session, const char *line,
		    const char *part)
{
	struct error error = ERROR_NONE;

	assert_int_equal(command_execute(session->editor, line, &error),
			 STATUS_FAILED);
	if (!strstr(error.message, part))
		fail_msg("%s: \"%s\" has no \"%s\"", line, error.message,
			 part);
}

static bool idle(struct job_worker *worker, void *context,
		 struct error *error)
{
	(void)worker;
	(void)context;
	(void)error;
	while (pause() != 0)
		;
	return true;
}

static bool ignore(void *context, uint64_t chunk, const void *data,
		   size_t size)
{
	(void)context;
	(void)chunk;
	(void)data;
	(void)size;
	return true;
}

static void test_task_save_goes_on(void **state)
{
	struct session *session = *state;
	struct editor *editor = start_way(session, &ways[0]);
	struct editor_writing writing;

	assert_true(editor_writing(editor, &writing));
	assert_false(writing.committed || writing.stopping);
	assert_true(writing.done > 0 && writing.done <= writing.total);
	refused(session, "0 insert \"Z\"", "can't be edited; Esc");
	refused(session, "undo", "can't be edited");
	refused(session, "write", "one at a time");
	refused(session, "close!", "stays open");
	refused(session, "edit!", "stays open");
	refused(session, "recover undo", "stays open");
	session_run(session, "goto 5");
	assert_int_equal(session_cursor(session), 5);
	/* Another search, and another buffer's edits. */
	assert_int_equal(command_execute(editor, "find /abc/", NULL),
			 STATUS_RUNNING);
	while (editor->task)
		editor_poll(editor);
	assert_true(editor->saving != NULL);
	session_text(session, "another");
	run_now(session, "0 insert \"Z\"");
	session_holds(session, "Zanother");
	go_on();
	assert_int_equal(editor_wait(editor, NULL), STATUS_DONE);
	session_holds(session, "Zanother");
	assert_true(holds(session, 0, "XY", 0));
}

/* A worker that was begun meanwhile, and has no end, must not hold the file's
 * lock. */
static void test_task_save_lets_go(void **state)
{
	struct session *session = *state;
	struct editor *editor = start_way(session, &ways[1]);
	const struct job_plan plan = {
		.work = idle, .result = ignore, .chunks = 1, .workers = 1,
	};
	struct job *job = job_start(&plan, NULL);

	assert_non_null(job);
	go_on();
	go_on();
	assert_int_equal(editor_wait(editor, NULL), STATUS_DONE);
	run_now(session, "0 overwrite \"ZZ\"");
	assert_int_equal(start(editor, "write"), STATUS_DONE);
	assert_true(holds(session, 0, "ZZ", 0));
	job_free(job);
}

/* What is copied while the file changes is what was there. */
static void test_task_save_copies(void **state)
{
	struct session *session = *state;

	for (unsigned i = 1; i < WAYS; i++) {
		struct editor *editor = start_applying(session, &ways[i]);
		char wanted[8] = "";
		char got[8] = "";
		struct document *document = editor->buffer->document;

		document_read(document, 100, wanted, 7);
		run_now(session, "100,107 copy");
		refused(session, "0 insert \"Z\"", "can't be edited");
		go_on();
		assert_int_equal(editor_wait(editor, NULL), STATUS_DONE);
		session_run(session, "0 paste");
		document_read(document, 0, got, 7);
		assert_string_equal(got, wanted);
		session_run(session, "undo");
		assert_true(holds(session, i - 1, ways[i].first,
				  ways[i].skip));
		editor->interactive = false;
		session_run(session, "close");
		editor->quit = false;
		drain();
	}
}

static void test_task_save_stopped(void **state)
{
	struct session *session = *state;

	for (unsigned i = 0; i < WAYS; i++) {
		struct editor *editor = start_way(session, &ways[i]);
		struct editor_writing writing;

		editor_cancel(editor);
		assert_true(editor_writing(editor, &writing));
		assert_true(writing.stopping);
		assert_int_equal(editor_wait(editor, NULL), STATUS_FAILED);
		assert_message(editor, "not written, unchanged: stopped");
		assert_true(holds(session, i, "", 0));
		assert_int_equal(entries(session), i + 1);
		assert_true(document_modified(editor->buffer->document));
		/* It can be edited and written again. */
		session_run(session, "undo");
		session_run(session, "redo");
		editor->interactive = false;
		session_run(session, "write");
		assert_true(holds(session, i, ways[i].first, ways[i].skip));
		drain();
	}
}

static void test_task_save_too_late(void **state)
{
	struct session *session = *state;

	for (unsigned i = 0; i < WAYS; i++) {
		struct editor *editor;

		/* One that is replaced has nothing to apply. */
		if (i == 0)
			continue;
		editor = start_applying(session, &ways[i]);
		editor_cancel(editor);
		assert_message(editor, "can't be stopped any more");
		refused(session, "0 insert \"Z\"", "written and can't be edited");
		go_on();
		assert_int_equal(editor_wait(editor, NULL), STATUS_DONE);
		assert_true(holds(session, i - 1, ways[i].first,
				  ways[i].skip));
		assert_int_equal(entries(session), i);
		drain();
	}
}

static void test_task_save_killed(void **state)
{
	struct session *session = *state;

	for (unsigned i = 0; i < WAYS; i++) {
		struct editor *editor = start_way(session, &ways[i]);

		kill(child, SIGKILL);
		assert_int_equal(editor_wait(editor, NULL), STATUS_FAILED);
		assert_message(editor, "not written, unchanged: a worker was "
			       "killed by signal 9");
		assert_true(holds(session, i, "", 0));
		assert_int_equal(entries(session), i + 1);
		assert_true(document_modified(editor->buffer->document));
		drain();
	}
}

/* Killed in the middle of the file: this process completes it. */
static void test_task_save_killed_applying(void **state)
{
	struct session *session = *state;

	for (unsigned i = 1; i < WAYS; i++) {
		struct editor *editor = start_applying(session, &ways[i]);

		kill(child, SIGKILL);
		assert_int_equal(editor_wait(editor, NULL), STATUS_DONE);
		assert_message(editor, "wrote");
		assert_true(holds(session, i - 1, ways[i].first,
				  ways[i].skip));
		assert_int_equal(entries(session), i);
		assert_false(document_modified(editor->buffer->document));
		drain();
	}
}

static int failing_fsync(int fd)
{
	(void)fd;
	errno = EIO;
	return -1;
}

/* It was committed, and the disk has gone: nothing is said but that. */
static void test_task_save_interrupted(void **state)
{
	struct session *session = *state;
	struct editor *editor = start_applying(session, &ways[1]);
	char path[120];

	io.fsync = failing_fsync;
	kill(child, SIGKILL);
	assert_int_equal(editor_wait(editor, NULL), STATUS_FAILED);
	assert_message(editor, "interrupted between old and new");
	assert_true(editor->buffer->interrupted);
	assert_int_equal(entries(session), 3);
	snprintf(path, sizeof path, "%s/.file0.ovj", session->folder);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof path, "%s/.file0.ovn", session->folder);
	assert_int_equal(unlink(path), 0);
}

static void test_task_save_without_child(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_long(session);

	io.fork = failing_fork;
	session_run(session, "0 insert \"XY\"");
	assert_int_equal(start(editor, "write"), STATUS_DONE);
	assert_true(holds(session, 0, "XY", 0));
}

/* In batch there is nobody to show anything to. */
static void test_task_save_here(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_long(session);

	editor->interactive = false;
	session_run(session, "0 insert \"XY\"");
	assert_int_equal(start(editor, "write"), STATUS_DONE);
	assert_int_equal(child, 0);
	assert_true(holds(session, 0, "XY", 0));
}

static void test_task_save_quit(void **state)
{
	struct session *session = *state;
	struct editor *editor = start_way(session, &ways[0]);

	assert_int_equal(start(editor, "quit"), STATUS_RUNNING);
	assert_message(editor, "leaves as soon as");
	assert_false(editor->quit);
	go_on();
	assert_int_equal(editor_wait(editor, NULL), STATUS_DONE);
	assert_true(editor->quit);
	assert_true(holds(session, 0, "XY", 0));
}

/* Esc is for both. */
static void test_task_save_quit_stopped(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_long(session);

	session_run(session, "0 insert \"XY\"");
	assert_int_equal(start(editor, "wq"), STATUS_RUNNING);
	await_sync();
	editor_cancel(editor);
	assert_int_equal(editor_wait(editor, NULL), STATUS_FAILED);
	assert_false(editor->quit);
	assert_true(holds(session, 0, "", 0));
	assert_int_equal(entries(session), 1);
}

static void test_task_save_quit_others(void **state)
{
	struct session *session = *state;
	struct editor *editor = start_way(session, &ways[0]);

	session_text(session, "another");
	run_now(session, "0 insert \"Z\"");
	assert_int_equal(start(editor, "quit"), STATUS_RUNNING);
	go_on();
	assert_int_equal(editor_wait(editor, NULL), STATUS_DONE);
	assert_false(editor->quit);
	assert_message(editor, "1 changes not written");
}

static void test_task_save_dropped(void **state)
{
	struct session *session = *state;
	struct editor *editor = start_way(session, &ways[0]);

	assert_int_equal(start(editor, "quit!"), STATUS_DONE);
	assert_true(editor->quit);
	/* As the program does. */
	while (editor->buffer_count > 0)
		editor_close_buffer(editor);
	assert_null(editor->saving);
	assert_true(holds(session, 0, "", 0));
	assert_int_equal(entries(session), 1);
}

/* Half a file is not left. */
static void test_task_save_dropped_late(void **state)
{
	struct session *session = *state;
	struct editor *editor = start_applying(session, &ways[1]);

	assert_int_equal(start(editor, "quit!"), STATUS_RUNNING);
	assert_false(editor->quit);
	go_on();
	editor_close_buffer(editor);
	assert_null(editor->saving);
	assert_true(editor->quit);
	assert_true(holds(session, 0, "XY", 0));
	assert_int_equal(entries(session), 1);
}

static void test_task_save_copy(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_long(session);
	char line[120];
	char path[80];

	snprintf(line, sizeof line, "write %s",
		 session_path(session, session->files++, path));
	session_run(session, "0 insert \"XY\"");
	assert_int_equal(start(editor, line), STATUS_RUNNING);
	await_sync();
	/* A copy is of the document as it was: that may go on. */
	run_now(session, "0 insert \"Z\"");
	run_now(session, "close!");
	go_on();
	assert_int_equal(editor_wait(editor, NULL), STATUS_DONE);
	assert_true(holds(session, 0, "", 0));
	assert_true(holds(session, 1, "XY", 0));
	assert_int_equal(entries(session), 2);
}

static void test_task_save_copy_stopped(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_long(session);
	char line[120];

	snprintf(line, sizeof line, "write %s/copy", session->folder);
	assert_int_equal(start(editor, line), STATUS_RUNNING);
	await_sync();
	editor_cancel(editor);
	assert_int_equal(editor_wait(editor, NULL), STATUS_FAILED);
	assert_message(editor, "copy not created: stopped");
	assert_int_equal(entries(session), 1);
}

static void test_task_save_export(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_long(session);
	char line[120];
	char path[80];
	struct stat status;

	snprintf(line, sizeof line, "export ips %s",
		 session_path(session, session->files++, path));
	session_run(session, "0 overwrite \"XY\"");
	assert_int_equal(start(editor, line), STATUS_RUNNING);
	await_sync();
	go_on();
	assert_int_equal(editor_wait(editor, NULL), STATUS_DONE);
	assert_int_equal(stat(path, &status), 0);
	/* PATCH, an offset, a length, two bytes, EOF. */
	assert_int_equal(status.st_size, 5 + 3 + 2 + 2 + 3);
	assert_message(editor, "wrote 15 bytes");
}

/* The signal comes at a sync of this process. */
static int interrupting_fsync(int fd)
{
	raise(SIGINT);
	return real.fsync(fd);
}

static void test_task_save_batch_stopped(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_long(session);
	struct error error = ERROR_NONE;

	editor->interactive = false;
	io.fsync = interrupting_fsync;
	session_run(session, "0 insert \"XY\"");
	assert_int_equal(command_execute(editor, "write", &error),
			 STATUS_FAILED);
	assert_non_null(strstr(error.message,
			       "not written, unchanged: stopped"));
	assert_true(holds(session, 0, "", 0));
	assert_int_equal(entries(session), 1);
}

/* Too late: it is written, and the run ends all the same. */
static int interrupting_exchange(int folder, const char *one,
				 const char *other)
{
	raise(SIGINT);
	return real.exchange(folder, one, other);
}

static void test_task_save_batch_too_late(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_long(session);
	struct error error = ERROR_NONE;

	editor->interactive = false;
	io.exchange = interrupting_exchange;
	session_run(session, "set write-method=replace");
	session_run(session, "0 insert \"XY\"");
	assert_int_equal(command_execute(editor, "write", &error),
			 STATUS_FAILED);
	assert_non_null(strstr(error.message, "stopped, but"));
	assert_true(holds(session, 0, "XY", 0));
	assert_false(document_modified(editor->buffer->document));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_task_save_ways),
		TEST(test_task_save_goes_on),
		TEST(test_task_save_lets_go),
		TEST(test_task_save_copies),
		TEST(test_task_save_stopped),
		TEST(test_task_save_too_late),
		TEST(test_task_save_killed),
		TEST(test_task_save_killed_applying),
		TEST(test_task_save_interrupted),
		TEST(test_task_save_without_child),
		TEST(test_task_save_here),
		TEST(test_task_save_quit),
		TEST(test_task_save_quit_stopped),
		TEST(test_task_save_quit_others),
		TEST(test_task_save_dropped),
		TEST(test_task_save_dropped_late),
		TEST(test_task_save_copy),
		TEST(test_task_save_copy_stopped),
		TEST(test_task_save_export),
		TEST(test_task_save_batch_stopped),
		TEST(test_task_save_batch_too_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
