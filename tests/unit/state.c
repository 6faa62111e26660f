/*
 * Unit tests of the state room: when a folder of it is said to be empty.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"
#include "state.h"

static char state[] = "/tmp/octavo-state-XXXXXX";
static char folder[PATH_MAX];
static char entry[PATH_MAX + 8];

/* As if nobody had changed it for an hour. */
static void settle(void)
{
	struct stat status;

	assert_int_equal(stat(folder, &status), 0);
	status.st_mtim.tv_sec -= 3600;
	assert_int_equal(utimensat(AT_FDCWD, folder,
				   (struct timespec[]){ status.st_mtim,
							status.st_mtim }, 0),
			 0);
}

static void put_entry(void)
{
	int fd = open(entry, O_CREAT | O_EXCL | O_WRONLY, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static unsigned opened;
static struct io real;

static int count_openat(int at, const char *name, int flags, mode_t mode)
{
	opened++;
	return real.openat(at, name, flags, mode);
}

/* The change that the last fstatat of it shows was made an hour ago. */
static int say_settled(int at, const char *name, struct stat *status,
		       int flags)
{
	int result = real.fstatat(at, name, status, flags);

	status->st_ctim.tv_sec -= 3600;
	return result;
}

static void test_state_folder_is_empty(void **context)
{
	(void)context;
	assert_true(state_folder_is_empty("journals"));
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_true(state_folder_is_empty("journals"));
	/* In the same moment as it was looked at, perhaps. */
	put_entry();
	assert_false(state_folder_is_empty("journals"));
	unlink(entry);
	assert_true(state_folder_is_empty("journals"));
}

/* A folder that has not changed for long is not read again, and one that has
 * is. */
static void test_state_remembers_what_is_settled(void **context)
{
	(void)context;
	real = io;
	settle();
	io.openat = count_openat;
	io.fstatat = say_settled;
	opened = 0;
	assert_true(state_folder_is_empty("journals"));
	assert_int_equal(opened, 1);
	assert_true(state_folder_is_empty("journals"));
	assert_int_equal(opened, 1);
	put_entry();
	assert_false(state_folder_is_empty("journals"));
	unlink(entry);
	settle();
	io = real;
}

/* What is odd is for those who open it to say. */
static void test_state_folder_is_odd(void **context)
{
	char other[PATH_MAX + 8];

	(void)context;
	snprintf(other, sizeof other, "%s.other", folder);
	assert_int_equal(rename(folder, other), 0);
	assert_int_equal(symlink(other, folder), 0);
	assert_false(state_folder_is_empty("journals"));
	unlink(folder);
	assert_int_equal(rename(other, folder), 0);
}

static int make_state(void **context)
{
	(void)context;
	if (!mkdtemp(state))
		return -1;
	setenv("XDG_STATE_HOME", state, 1);
	snprintf(folder, sizeof folder, "%s/octavo", state);
	if (mkdir(folder, 0700) != 0)
		return -1;
	snprintf(folder, sizeof folder, "%s/octavo/journals", state);
	snprintf(entry, sizeof entry, "%s/x.ovj", folder);
	return 0;
}

static int remove_state(void **context)
{
	(void)context;
	rmdir(folder);
	snprintf(folder, sizeof folder, "%s/octavo", state);
	rmdir(folder);
	return rmdir(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state_folder_is_empty),
		cmocka_unit_test(test_state_remembers_what_is_settled),
		cmocka_unit_test(test_state_folder_is_odd),
	};

	return cmocka_run_group_tests(tests, make_state, remove_state);
}
