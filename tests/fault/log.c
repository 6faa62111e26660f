/*
 * The log under faults: each system call fails in turn, once or from then on,
 * or is the last one before the process is killed; each allocation fails.
 *
 * Whatever happens, the document is edited as if nothing had; what a log holds
 * is the document after some edit; and unless log_problem has said otherwise,
 * after the last one.
 */
#include "octavo/log.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io.h"
#include "memory.h"
#include "octavo/save.h"

static char memory_folder[] = "/dev/shm/octavo-XXXXXX";
static char other_folder[] = "/tmp/octavo-XXXXXX";
static char *folder;
static char path[64], state_path[64];
static struct io real;

static const char text[] = "The quick brown fox jumps over the lazy dog. ";

/* --- faults --- */

enum mode { COUNT, ONCE, KIND, DEAD, KILL, KILL_HALF };

static struct {
	enum mode mode;
	long target;		/* from 1 */
	int error;
	long count;
	const char *kind;	/* of the call that failed */
} fault;

static bool hits(const char *kind)
{
	bool now = ++fault.count == fault.target;

	if (now && fault.mode == KILL)
		_exit(0);
	if (now)
		fault.kind = kind;
	errno = fault.error;
	switch (fault.mode) {
	case ONCE:
		return now;
	case KIND:
		return fault.kind == kind;
	case DEAD:
		return fault.kind != NULL;
	default:
		return false;
	}
}

#define WRAP(type, failed, name, parameters, arguments) \
static type fault_##name parameters \
{ \
	static const char kind[] = #name; \
	return hits(kind) ? failed : real.name arguments; \
}

WRAP(int, -1, openat, (int at, const char *name, int flags, mode_t mode),
     (at, name, flags, mode))
WRAP(int, -1, fstat, (int fd, struct stat *status), (fd, status))
WRAP(int, -1, fstatat,
     (int at, const char *name, struct stat *status, int flags),
     (at, name, status, flags))
WRAP(ssize_t, -1, pread, (int fd, void *buffer, size_t size, off_t offset),
     (fd, buffer, size, offset))
WRAP(int, -1, ftruncate, (int fd, off_t size), (fd, size))
WRAP(int, -1, mkdirat, (int at, const char *name, mode_t mode),
     (at, name, mode))
WRAP(int, -1, renameat,
     (int from_at, const char *from, int to_at, const char *to),
     (from_at, from, to_at, to))
WRAP(int, -1, unlinkat, (int at, const char *name, int flags),
     (at, name, flags))
WRAP(int, -1, lock, (int fd), (fd))
WRAP(int, -1, lock_probe, (int fd), (fd))
WRAP(char *, NULL, realpath, (const char *name, char *resolved),
     (name, resolved))
WRAP(DIR *, NULL, fdopendir, (int fd), (fd))
WRAP(struct dirent *, NULL, readdir, (DIR *entries), (entries))
WRAP(int, -1, aio_fsync, (int flag, struct aiocb *request), (flag, request))

/* Real syncs would only cost time here; and the thread that libc has for them
 * does not come along into the children, while what it had locked stays
 * locked there. */
static int done_aio_fsync(int flag, struct aiocb *request)
{
	(void)flag;
	(void)request;
	return 0;
}

static int done_aio_error(const struct aiocb *request)
{
	(void)request;
	return 0;
}

static ssize_t done_aio_return(struct aiocb *request)
{
	(void)request;
	return 0;
}

static int fault_fdatasync(int fd)
{
	static const char kind[] = "fdatasync";
	struct stat status;

	return hits(kind) ? -1 : real.fstat(fd, &status);
}

static int fault_fsync(int fd)
{
	static const char kind[] = "fsync";
	struct stat status;

	return hits(kind) ? -1 : real.fstat(fd, &status);
}

static ssize_t fault_pwrite(int fd, const void *buffer, size_t size,
			    off_t offset)
{
	static const char kind[] = "pwrite";

	if (hits(kind)) {
		/* Something of it may be there. */
		real.pwrite(fd, buffer, size / 3, offset);
		errno = fault.error;
		return -1;
	}
	if (fault.mode == KILL_HALF && fault.count == fault.target) {
		real.pwrite(fd, buffer, size / 2, offset);
		_exit(0);
	}
	return real.pwrite(fd, buffer, size, offset);
}

static void arm(enum mode mode, long target, int error)
{
	fault.mode = mode;
	fault.target = target;
	fault.error = error;
	fault.count = 0;
	fault.kind = NULL;
#define ARM(name) io.name = fault_##name
	ARM(openat), ARM(fstat), ARM(fstatat), ARM(pread), ARM(pwrite);
	ARM(ftruncate), ARM(fsync), ARM(fdatasync), ARM(aio_fsync);
	ARM(mkdirat), ARM(renameat), ARM(unlinkat), ARM(lock);
	ARM(lock_probe), ARM(realpath), ARM(fdopendir), ARM(readdir);
#undef ARM
}

static void disarm(void)
{
	io = real;
}

static long countdown;
static bool for_good;

static bool refuse(void)
{
	if (countdown > 0) {
		countdown--;
		return false;
	}
	if (!for_good)
		memory_refuse = NULL;
	return true;
}

/* --- the script --- */

enum { EDITS = 14, LONGEST = 1024 };

struct content {
	size_t length;
	char bytes[LONGEST];
};

/* The document after each edit, and after how many it was how it is. */
static struct content expected[EDITS + 1];

static struct document *open_document(void)
{
	struct document *document =
		document_open(file_open(path, NULL, NULL, NULL), NULL);

	assert_non_null(document);
	return document;
}

static struct content content_of(const struct document *document)
{
	struct content content = { .length = 0 };

	content.length = document_read(document, 0, content.bytes, LONGEST);
	return content;
}

static bool same(const struct content *one, const struct content *other)
{
	return one->length == other->length
	       && memcmp(one->bytes, other->bytes, one->length) == 0;
}

static void make_file(void)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	for (int i = 0; i < 4; i++)
		assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static bool edit(struct document *document, int number)
{
	static const char long_text[] =
		"a text that is longer than a chunk of a tiny log is, so that "
		"it goes out in several records, of which some may be missing";
	struct range touched;
	uint64_t at = 7 * (uint64_t)number;

	switch (number % 7) {
	case 2:
		return document_insert(document, at, long_text,
				       sizeof long_text - 1, NULL);
	case 3:
		return document_delete(document, range_of(at, 9), NULL);
	case 4:
		return document_undo(document, &touched, NULL);
	case 5:
		return document_fill(document, range_of(at, 40), "-=", 2,
				     NULL);
	case 6:
		return document_replace(document, range_of(at, 3), "seven", 5,
					NULL);
	default:
		return document_overwrite(document, at, "OVER", 4, NULL);
	}
}

/* How many edits the child has made, seen by its parent; and how many of them
 * are said to be protected. */
static volatile int *made;
static int protected;

/* Edits as the editor does; the log is as if the process were killed then. */
static bool run_edits(struct document *document, struct log *log)
{
	for (int i = 0; i < EDITS; i++) {
		if (!log_ready(log, NULL) || !edit(document, i))
			return false;
		*made = i + 1;
		if (!log_problem(log))
			protected = i + 1;
		if (i % 4 == 3)
			log_tick(log);
	}
	return true;
}

/* Empties the folders of logs and sessions, which may not be there. */
static void remove_state(void)
{
	static const char *const names[] = { "sessions", "saved" };

	for (int i = 0; i < 2; i++) {
		char name[128];
		struct dirent *entry;

		snprintf(name, sizeof name, "%s/octavo/%s", state_path,
			 names[i]);

		DIR *entries = opendir(name);

		while (entries && (entry = readdir(entries)))
			unlinkat(dirfd(entries), entry->d_name, 0);
		if (entries)
			closedir(entries);
		rmdir(name);
	}
}

/* What recovery makes of what is there. */
static struct content recovered(void)
{
	struct document *document = open_document();
	struct log_report report = log_look(document);
	struct log *log = NULL;
	struct error error;

	if (report.state != LOG_NONE) {
		log = log_recover(document, true, false, &report, &error);
		if (!log)
			fail_msg("call %ld: %s", fault.target, error.message);
	}

	struct content content = content_of(document);

	log_close(log, true);
	document_close(document);
	return content;
}

/* After which edit was the document so?  The last one. */
static int edit_of(const struct content *content)
{
	for (int i = EDITS; i >= 0; i--)
		if (same(content, &expected[i]))
			return i;
	fail_msg("call %ld, mode %d: the document never was like that",
		 fault.target, fault.mode);
	return -1;
}

static void expect_edits(void)
{
	struct document *document = open_document();

	expected[0] = content_of(document);
	for (int i = 0; i < EDITS; i++) {
		assert_true(edit(document, i));
		expected[i + 1] = content_of(document);
	}
	document_close(document);
}

/* --- killed --- */

static bool kill_at(enum mode mode, long target)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		struct document *document = open_document();
		struct log *log = log_attach(document, NULL);

		arm(mode, target, 0);
		if (!run_edits(document, log))
			_exit(2);
		_exit(fault.count < target ? 1 : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 2);
	return WEXITSTATUS(status) == 0;
}

static void test_log_killed_at_each_call(void **state)
{
	long tried = 0;

	(void)state;
	for (int half = 0; half < 2; half++)
		for (long i = 1;; i++) {
			*made = 0;
			if (!kill_at(half ? KILL_HALF : KILL, i))
				break;
			fault.target = i;

			struct content content = recovered();

			assert_true(edit_of(&content) >= *made
				    || same(&content, &expected[*made]));
			remove_state();
			tried++;
		}
	remove_state();
	assert_true(tried > 4 * EDITS);
}

/* --- failing --- */

static void fail_at(enum mode mode, long target, int error, bool *over)
{
	struct document *document = open_document();
	struct log *log = log_attach(document, NULL);

	assert_non_null(log);
	protected = 0;
	arm(mode, target, error);
	assert_true(run_edits(document, log));
	*over = fault.count < target;

	bool safe = !log_problem(log);
	struct content content = content_of(document);

	assert_true(same(&content, &expected[EDITS]));
	if (mode == ONCE) {
		/* It has had its chance to recover. */
		log_tick(log);
		safe = true;
		assert_null(log_problem(log));
	}
	/* Dies: a passive end leaves the file as it is. */
	log_close(log, true);
	disarm();
	content = recovered();
	if (safe)
		assert_true(same(&content, &expected[EDITS]));
	else
		assert_true(edit_of(&content) >= protected);
	document_close(document);
	remove_state();
}

static void test_log_each_call_fails(void **state)
{
	static const int errors[] = { ENOSPC, EIO, EINTR, EMFILE };
	static const enum mode modes[] = { ONCE, KIND, DEAD };

	(void)state;
	for (size_t e = 0; e < 4; e++)
		for (size_t m = 0; m < 3; m++)
			for (long i = 1;; i++) {
				bool over = true;

				/* Interrupted for ever is no error. */
				if (errors[e] == EINTR && modes[m] != ONCE)
					break;
				fail_at(modes[m], i, errors[e], &over);
				if (over)
					break;
			}
}

static void test_log_each_allocation_fails(void **state)
{
	(void)state;
	for (int good = 0; good < 2; good++)
		for (long i = 0;; i++) {
			struct document *document = open_document();
			struct log *log;
			int done = 0;

			countdown = i;
			for_good = good != 0;
			memory_refuse = refuse;
			log = log_attach(document, NULL);
			/* An edit that fails is made again. */
			for (int n = 0; log && n < EDITS; n++) {
				assert_true(log_ready(log, NULL));
				if (!edit(document, n)) {
					memory_refuse = NULL;
					assert_true(edit(document, n));
				}
				done = n + 1;
			}
			bool over = memory_refuse && countdown > 0;

			memory_refuse = NULL;
			if (log) {
				log_tick(log);
				assert_null(log_problem(log));
			}
			log_close(log, true);

			struct content content = recovered();

			assert_true(same(&content, &expected[done]));
			document_close(document);
			remove_state();
			if (over)
				break;
		}
}

/* --- recovery --- */

static void leave_log(void)
{
	remove_state();

	pid_t child = fork();
	int status;

	if (child == 0) {
		struct document *document = open_document();
		struct log *log = log_attach(document, NULL);

		_exit(run_edits(document, log) ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* Takes it up; what is made of it is all or nothing. */
static void try_recovery(struct document *document)
{
	struct log_report report;
	struct error error = ERROR_NONE;
	struct log *log = log_recover(document, false, false, &report, &error);

	if (log) {
		struct content content = content_of(document);

		assert_true(same(&content, &expected[EDITS]));
	} else {
		assert_string_not_equal(error.message, "");
	}
	log_close(log, true);
	document_close(document);
}

static void test_log_recovery_fails(void **state)
{
	static const enum mode modes[] = { ONCE, KIND, DEAD };

	(void)state;
	for (size_t m = 0; m < 3; m++)
		for (long i = 1, over = 0; !over; i++) {
			struct document *document = open_document();

			/* A new one, for each recovery adds to it. */
			leave_log();
			arm(modes[m], i, EIO);
			try_recovery(document);
			over = fault.count < i;
			disarm();

			struct content content = recovered();

			assert_true(same(&content, &expected[EDITS]));
		}
	remove_state();
}

static void test_log_recovery_killed(void **state)
{
	(void)state;
	for (long i = 1, over = 0; !over; i++) {
		int status;

		leave_log();

		pid_t child = fork();

		if (child == 0) {
			struct document *document = open_document();

			arm(KILL, i, 0);
			try_recovery(document);
			_exit(1);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		over = WEXITSTATUS(status) == 1;

		struct content content = recovered();

		assert_true(same(&content, &expected[EDITS]));
	}
	remove_state();
}

static void test_log_recovery_without_memory(void **state)
{
	(void)state;
	for (long i = 0, over = 0; !over; i++) {
		leave_log();

		struct document *document = open_document();
		struct log_report report;
		struct log *log;

		countdown = i;
		for_good = false;
		memory_refuse = refuse;
		log = log_recover(document, false, false, &report, NULL);
		over = memory_refuse != NULL;
		memory_refuse = NULL;
		assert_true(log || !over);
		log_close(log, true);
		document_close(document);

		struct content content = recovered();

		assert_true(same(&content, &expected[EDITS]));
	}
	remove_state();
}

/* --- saved sessions --- */

struct loaded {
	struct content content;
	bool good;
};

static struct document *load_open(void *context, const char *name,
				  struct error *error)
{
	struct file *file = file_open(name, NULL, NULL, error);

	(void)context;
	return file ? document_open(file, error) : NULL;
}

static void load_done(void *context, struct document *document,
		      const struct log_place *place, const struct error *error)
{
	struct loaded *loaded = context;

	(void)place;
	loaded->good = !error;
	loaded->content = content_of(document);
	document_close(document);
}

/* After which edit was what the session holds; -1: there is no session. */
static int session_edit(void)
{
	struct loaded loaded = { .good = false };
	const struct log_loader loader = { load_open, load_done, &loaded };
	struct error error;

	if (!log_session_load("it", &loader, &error)) {
		if (!strstr(error.message, "can't open"))
			fail_msg("call %ld: %s", fault.target, error.message);
		return -1;
	}
	assert_true(loaded.good);
	return edit_of(&loaded.content);
}

static bool save_session(struct document *document, int edits)
{
	struct log_place place = { .cursor = 1 };
	struct log_session *session;
	bool done = false;

	for (int i = 0; i < edits; i++)
		assert_true(edit(document, i));
	session = log_session_begin("it", true, NULL);
	if (session && log_session_add(session, document, &place, NULL))
		done = log_session_end(session, NULL);
	else if (session)
		log_session_cancel(session);
	document_close(document);
	return done;
}

static void test_log_session_save_fails(void **state)
{
	static const enum mode modes[] = { ONCE, KIND, DEAD };

	(void)state;
	for (int before = 0; before < 2; before++)
		for (size_t m = 0; m < 3; m++)
			for (long i = 1, over = 0; !over; i++) {
				remove_state();
				if (before)
					assert_true(save_session(open_document(), 2));
				struct document *document = open_document();

				arm(modes[m], i, ENOSPC);

				bool done = save_session(document, EDITS);

				over = fault.count < i;
				disarm();

				int edits = session_edit();

				if (edits != EDITS && (done
				    || edits != (before ? 2 : -1)))
					fail_msg("call %ld (%s): %d edits", i,
						 fault.kind, edits);
			}
	remove_state();
}

static void test_log_session_save_killed(void **state)
{
	(void)state;
	for (long i = 1, over = 0; !over; i++) {
		pid_t child;
		int status;

		remove_state();
		assert_true(save_session(open_document(), 2));
		child = fork();
		if (child == 0) {
			struct document *document = open_document();

			arm(i % 2 ? KILL : KILL_HALF, (i + 1) / 2, 0);
			save_session(document, EDITS);
			_exit(fault.count < (i + 1) / 2);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		over = WEXITSTATUS(status) == 1;
		fault.target = i;

		int edits = session_edit();

		assert_true(edits == 2 || edits == EDITS);
	}
	remove_state();
}

static int set_up(void **state)
{
	(void)state;
	made = mmap(NULL, sizeof *made, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	folder = mkdtemp(memory_folder);
	if (!folder)
		folder = mkdtemp(other_folder);
	real = io;
	real.aio_fsync = io.aio_fsync = done_aio_fsync;
	real.aio_error = io.aio_error = done_aio_error;
	real.aio_return = io.aio_return = done_aio_return;
	snprintf(path, sizeof path, "%s/file", folder);
	snprintf(state_path, sizeof state_path, "%s/state", folder);
	setenv("XDG_STATE_HOME", state_path, 1);
	make_file();
	mkdir(state_path, 0700);
	expect_edits();
	return 0;
}

static int clean_up(void **state)
{
	char command[256];

	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_killed_at_each_call),
		cmocka_unit_test(test_log_each_call_fails),
		cmocka_unit_test(test_log_each_allocation_fails),
		cmocka_unit_test(test_log_recovery_fails),
		cmocka_unit_test(test_log_recovery_killed),
		cmocka_unit_test(test_log_recovery_without_memory),
		cmocka_unit_test(test_log_session_save_fails),
		cmocka_unit_test(test_log_session_save_killed),
	};

	return cmocka_run_group_tests(tests, set_up, clean_up);
}
