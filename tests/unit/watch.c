/*
 * watch: when it is time to look at a file.  The clock is ours, what the system
 * tells is waited for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "io.h"
#include "watch.h"

enum { START = 1000000, PATIENCE = 10000 };

static char folder[] = "/tmp/octavo-watch-XXXXXX";
static char name[64], other[64];
static struct io real;

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int setup(void **state)
{
	(void)state;
	real = io;
	if (!mkdtemp(folder))
		return -1;
	snprintf(name, sizeof name, "%s/log", folder);
	snprintf(other, sizeof other, "%s/other", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rmdir(folder);
	return 0;
}

static int clear(void **state)
{
	(void)state;
	io = real;
	unlink(name);
	unlink(other);
	return 0;
}

/* A file that is told of at once, as on a disk of our own. */
static int local(int fd, bool *shares, bool *is_local)
{
	(void)fd;
	*shares = false;
	*is_local = true;
	return 0;
}

static int remote(int fd, bool *shares, bool *is_local)
{
	(void)fd;
	*shares = *is_local = false;
	return 0;
}

static int absent(void)
{
	errno = ENOSYS;
	return -1;
}

static int refused(int watch, const char *path, bool is_folder)
{
	(void)watch, (void)path, (void)is_folder;
	errno = ENOSPC;
	return -1;
}

static struct watch *watch_it(struct file **file)
{
	struct watch *watch;

	*file = file_open(name, NULL, NULL, NULL);
	assert_non_null(*file);
	watch = watch_new(*file, NULL);
	assert_non_null(watch);
	return watch;
}

/* The descriptor becomes readable. */
static void wait_told(struct watch *watch, int64_t now)
{
	struct pollfd wait = { .fd = watch_descriptor(watch, now),
			       .events = POLLIN };

	assert_true(wait.fd >= 0);
	assert_int_equal(poll(&wait, 1, PATIENCE), 1);
}

static bool is_told(struct watch *watch, int64_t now)
{
	struct pollfd wait = { .fd = watch_descriptor(watch, now),
			       .events = POLLIN };

	return wait.fd >= 0 && poll(&wait, 1, 0) == 1;
}

static void skip_without(void)
{
	int fd = io.watch();

	if (fd < 0)
		skip();
	close(fd);
}

static void test_watch_tells(void **state)
{
	int64_t now = START;
	struct watch *watch;
	struct file *file;

	(void)state;
	skip_without();
	put(name, "one");
	io.file_system = local;
	watch = watch_it(&file);
	file_close(file);
	/* What was before it. */
	assert_true(watch_is_due(watch, now));
	assert_false(watch_is_due(watch, now += 10 * WATCH_POLL));
	assert_int_equal(watch_time(watch, now), -1);
	assert_false(is_told(watch, now));

	put(name, "two");
	wait_told(watch, now);
	assert_true(watch_is_due(watch, now));
	assert_false(watch_is_due(watch, now += WATCH_PAUSE));
	put(other, "of no interest, but who knows");
	wait_told(watch, now);
	assert_true(watch_is_due(watch, now));
	now += WATCH_PAUSE;
	assert_int_equal(truncate(name, 0), 0);
	wait_told(watch, now);
	assert_true(watch_is_due(watch, now));
	now += WATCH_PAUSE;
	assert_int_equal(rename(other, name), 0);
	wait_told(watch, now);
	assert_true(watch_is_due(watch, now));
	now += WATCH_PAUSE;
	assert_int_equal(unlink(name), 0);
	wait_told(watch, now);
	assert_true(watch_is_due(watch, now));
	now += WATCH_PAUSE;
	put(name, "again");
	wait_told(watch, now);
	assert_true(watch_is_due(watch, now));
	watch_free(watch);
}

/* Whoever appends without end wakes nobody before the pause is over. */
static void test_watch_pauses(void **state)
{
	int64_t now = START;
	struct watch *watch;
	struct file *file;
	unsigned looks = 0;

	(void)state;
	skip_without();
	put(name, "");
	io.file_system = local;
	watch = watch_it(&file);
	file_close(file);
	for (int i = 0; i < 1000; i++, now++) {
		put(name, "line\n");
		if (watch_is_due(watch, now)) {
			looks++;
			assert_int_equal(watch_descriptor(watch, now), -1);
			assert_int_equal(watch_time(watch, now),
					 now + WATCH_PAUSE);
		}
	}
	assert_int_equal(looks, (1000 + WATCH_PAUSE - 1) / WATCH_PAUSE);
	watch_free(watch);
}

static void test_watch_again(void **state)
{
	int64_t now = START;
	struct watch *watch;
	struct file *file;

	(void)state;
	put(name, "");
	io.file_system = local;
	watch = watch_it(&file);
	file_close(file);
	assert_true(watch_is_due(watch, now));
	watch_again(watch);
	assert_false(watch_is_due(watch, now + WATCH_PAUSE - 1));
	assert_int_equal(watch_time(watch, now), now + WATCH_PAUSE);
	assert_true(watch_is_due(watch, now + WATCH_PAUSE));
	assert_false(watch_is_due(watch, now + 2 * WATCH_PAUSE));
	watch_free(watch);
}

/* Due as often as it is to be, whatever is told. */
static void check_polls(void)
{
	int64_t now = START;
	struct file *file;
	struct watch *watch = watch_it(&file);

	file_close(file);
	assert_true(watch_is_due(watch, now));
	assert_int_equal(watch_time(watch, now + WATCH_PAUSE),
			 now + WATCH_POLL);
	assert_false(watch_is_due(watch, now + WATCH_POLL - 1));
	assert_true(watch_is_due(watch, now + WATCH_POLL));
	assert_true(watch_is_due(watch, now + 2 * WATCH_POLL));
	watch_free(watch);
}

static void test_watch_polls(void **state)
{
	(void)state;
	put(name, "");
	io.file_system = remote;
	check_polls();
	io.file_system = local;
	io.watch_add = refused;
	check_polls();
	io.watch = absent;
	check_polls();
}

static void test_watch_of_nothing_yet(void **state)
{
	struct watch *watch;
	struct file *file;

	(void)state;
	skip_without();
	watch = watch_it(&file);
	assert_int_equal(file_kind(file), FILE_NEW);
	file_close(file);
	assert_true(watch_is_due(watch, START));
	put(name, "there");
	wait_told(watch, START + WATCH_PAUSE);
	assert_true(watch_is_due(watch, START + WATCH_PAUSE));
	watch_free(watch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_watch_tells, clear),
		cmocka_unit_test_teardown(test_watch_pauses, clear),
		cmocka_unit_test_teardown(test_watch_again, clear),
		cmocka_unit_test_teardown(test_watch_polls, clear),
		cmocka_unit_test_teardown(test_watch_of_nothing_yet, clear),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
