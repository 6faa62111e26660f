/*
 * log_file: of which documents there can be a log, where it is, and what is
 * not believed to be one.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "io.h"
#include "octavo/log.h"

static char folder[] = "/tmp/octavo-log-file-XXXXXX";
static struct io real;

static int make_folder(void **state)
{
	(void)state;
	real = io;
	return mkdtemp(folder) && chdir(folder) == 0
		&& setenv("XDG_STATE_HOME", folder, 1) == 0 ? 0 : -1;
}

static int empty_folder(void **state)
{
	char command[64];

	(void)state;
	io = real;
	snprintf(command, sizeof command, "rm -rf %s/*", folder);
	return system(command);
}

static int remove_folder(void **state)
{
	(void)state;
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

struct session {
	struct document *document;
	struct log *log;
};

/* False for a file that cannot be opened here. */
static bool begin(struct session *session, const char *path)
{
	struct file *file = file_open(path, NULL, NULL, NULL);

	session->document = file ? document_open(file, NULL) : NULL;
	if (!session->document)
		return false;
	session->log = log_attach(session->document, NULL);
	assert_non_null(session->log);
	assert_true(log_ready(session->log, NULL));
	return true;
}

static void end(struct session *session, bool keep)
{
	log_close(session->log, keep);
	document_close(session->document);
}

static void assert_problem(const char *path, const char *words)
{
	struct session session;

	if (!begin(&session, path))
		return;
	const char *problem = log_problem(session.log);

	if (!problem || !strstr(problem, words))
		fail_msg("%s: \"%s\" has no \"%s\"", path,
			 problem ? problem : "", words);
	end(&session, false);
}

static void assert_fine(const char *path)
{
	struct session session;

	assert_true(begin(&session, path));
	if (log_problem(session.log))
		fail_msg("%s: %s", path, log_problem(session.log));
	assert_non_null(log_path(session.log));
	end(&session, false);
}

static void put_file(void)
{
	int fd = open("file", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, "0123456789", 10), 10);
	close(fd);
}

/* --- which documents --- */

static char *no_realpath(const char *path, char *resolved)
{
	(void)path, (void)resolved;
	errno = EIO;
	return NULL;
}

/* The longest that there may be. */
static char *long_realpath(const char *path, char *resolved)
{
	(void)path;
	memset(resolved, '/', PATH_MAX - 4);
	resolved[PATH_MAX - 4] = '\0';
	return resolved;
}

static void test_log_of_kinds_of_files(void **state)
{
	(void)state;
	put_file();
	assert_fine("file");
	assert_fine("new");
	assert_fine("./new");
	assert_fine("/octavo-that-is-not-there");
	file_allow_characters();
	assert_problem("/dev/zero", "does not last");
	assert_problem("/proc/self/mem", "does not last");
	assert_problem("/proc/self/status", "made by the system");
	io.realpath = no_realpath;
	assert_problem("file", "can't follow file");
	assert_problem("new", "can't follow new");
	io.realpath = long_realpath;
	assert_problem("new", "too long");
}

/* --- locks --- */

static int lock_error;

static int failing_lock(int fd)
{
	(void)fd;
	errno = lock_error;
	return -1;
}

/* Somebody removes it before it is held. */
static int late_lock(int fd)
{
	char link[64], path[PATH_MAX];

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, path, sizeof path - 1);
	assert_true(length > 0);
	path[length] = '\0';
	unlink(path);
	return real.lock(fd);
}

static int failing_fstat(int fd, struct stat *status)
{
	(void)fd, (void)status;
	errno = EIO;
	return -1;
}

static int unseen_lock(int fd)
{
	io.fstat = failing_fstat;
	return real.lock(fd);
}

static void test_log_locks(void **state)
{
	(void)state;
	put_file();
	io.lock = failing_lock;
	lock_error = ENOSYS;
	assert_fine("file");
	lock_error = EINVAL;
	assert_fine("file");
	lock_error = EAGAIN;
	assert_problem("file", "can't lock");
	if (access("/proc/self/fd", F_OK) == 0) {
		io.lock = late_lock;
		assert_problem("file", "has gone");
	}
	io.lock = unseen_lock;
	assert_problem("file", "can't look at");
}

/* --- syncs --- */

static int no_aio_fsync(int flag, struct aiocb *request)
{
	(void)flag, (void)request;
	errno = ENOSYS;
	return -1;
}

static int folder_error;

/* Not every file system knows how to sync a folder. */
static int no_folder_fdatasync(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	errno = folder_error;
	return S_ISDIR(status.st_mode) ? -1 : real.fdatasync(fd);
}

static void test_log_folder_without_sync(void **state)
{
	struct session session;

	(void)state;
	put_file();
	io.aio_fsync = no_aio_fsync;
	io.fdatasync = no_folder_fdatasync;
	folder_error = EINVAL;
	assert_true(begin(&session, "file"));
	log_tick(session.log);
	assert_null(log_problem(session.log));
	end(&session, false);
	folder_error = EIO;
	assert_true(begin(&session, "file"));
	log_tick(session.log);
	assert_string_equal(log_problem(session.log),
			    "can't sync: Input/output error");
	end(&session, false);
}

/* --- what is not ours alone --- */

static enum log_state look(void)
{
	struct document *document =
		document_open(file_open("file", NULL, NULL, NULL), NULL);

	assert_non_null(document);
	enum log_state state = log_look(document, true).state;
	document_close(document);
	return state;
}

/* Not even who insists gets it. */
static void assert_not_recovered(void)
{
	struct document *document =
		document_open(file_open("file", NULL, NULL, NULL), NULL);
	struct log_report report;
	struct error error = ERROR_NONE;

	assert_null(log_recover(document, false, true, &report, &error));
	assert_string_not_equal(error.message, "");
	document_close(document);
}

static void test_log_of_others(void **state)
{
	struct session session;
	char name[PATH_MAX];

	(void)state;
	put_file();
	assert_true(begin(&session, "file"));
	assert_true(document_insert(session.document, 0, "x", 1, NULL));
	snprintf(name, sizeof name, "%s", log_path(session.log));
	end(&session, true);
	assert_int_equal(look(), LOG_LEFT);
	assert_int_equal(chmod(name, 0640), 0);
	assert_int_not_equal(look(), LOG_LEFT);
	assert_not_recovered();
	assert_int_equal(chmod(name, 0600), 0);
	assert_int_equal(link(name, "second"), 0);
	assert_int_not_equal(look(), LOG_LEFT);
	assert_int_equal(unlink("second"), 0);
	assert_int_equal(look(), LOG_LEFT);
	if (geteuid() == 0) {
		assert_int_equal(chown(name, 12345, 12345), 0);
		assert_int_not_equal(look(), LOG_LEFT);
	}
	assert_int_equal(unlink(name), 0);
	assert_int_equal(mkfifo(name, 0600), 0);
	assert_int_not_equal(look(), LOG_LEFT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, empty_folder)
	const struct CMUnitTest tests[] = {
		TEST(test_log_of_kinds_of_files),
		TEST(test_log_locks),
		TEST(test_log_folder_without_sync),
		TEST(test_log_of_others),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
