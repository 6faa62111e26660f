/*
 * Each system call that opening, mapping and preparing make fails in turn:
 * the answer is an error that names the file, or right all the same; nothing
 * stays open, mapped or lying about.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "failing.h"
#include "octavo/mapping.h"

enum { SIZE = 20000 };

static char folder[] = "/tmp/octavo-fault-XXXXXX";
static char name[64];

/* --- the failing table --- */

FAULTY(int, openat, (int at, const char *path, int flags, mode_t mode),
       (at, path, flags, mode))
FAULTY(int, stat, (const char *path, struct stat *status), (path, status))
FAULTY(int, fstat, (int fd, struct stat *status), (fd, status))
FAULTY(int, fstatat,
       (int at, const char *path, struct stat *status, int flags),
       (at, path, status, flags))
FAULTY(int, fstatvfs, (int fd, struct statvfs *status), (fd, status))
FAULTY(int, faccessat, (int at, const char *path, int mode, int flags),
       (at, path, mode, flags))
FAULTY(int, temporary, (char *pattern), (pattern))
FAULTY(ssize_t, read, (int fd, void *buffer, size_t size),
       (fd, buffer, size))
FAULTY(ssize_t, write, (int fd, const void *buffer, size_t size),
       (fd, buffer, size))
FAULTY(ssize_t, pread, (int fd, void *buffer, size_t size, off_t offset),
       (fd, buffer, size, offset))
FAULTY(int, attributes, (int fd, bool *immutable, bool *append_only),
       (fd, immutable, append_only))

/* As Linux does: closed whatever it says. */
static int faulty_close(int fd)
{
	bool failed = fails();
	int result = real.close(fd);

	return failed ? -1 : result;
}

static void *faulty_mmap(void *address, size_t length, int protection,
			 int flags, int fd, off_t offset)
{
	return fails() ? MAP_FAILED : real.mmap(address, length, protection,
						flags, fd, offset);
}

static const struct {
	int number;
	bool for_good;
} faults[] = {
	{ EIO, false }, { EIO, true }, { ENOMEM, false }, { ENOMEM, true },
	{ EACCES, true }, { ENOSPC, true }, { EINTR, false },
};

static void break_call(unsigned call, size_t fault)
{
	calls = 0;
	failing = call;
	failure = faults[fault].number;
	for_good = faults[fault].for_good;
	io.openat = faulty_openat;
	io.stat = faulty_stat;
	io.fstat = faulty_fstat;
	io.fstatat = faulty_fstatat;
	io.fstatvfs = faulty_fstatvfs;
	io.faccessat = faulty_faccessat;
	io.temporary = faulty_temporary;
	io.read = faulty_read;
	io.write = faulty_write;
	io.pread = faulty_pread;
	io.attributes = faulty_attributes;
	io.close = faulty_close;
	io.mmap = faulty_mmap;
}

/* --- what must be as before --- */

static unsigned entries(const char *path)
{
	DIR *list = opendir(path);
	unsigned count = 0;

	assert_non_null(list);
	while (readdir(list))
		count++;
	closedir(list);
	return count;
}

static unsigned mapped_here(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	unsigned count = 0;

	assert_non_null(maps);
	while (fgets(line, sizeof line, maps))
		count += strstr(line, folder) != NULL;
	fclose(maps);
	return count;
}

/* Runs WHAT with every call failing once in every way. */
static void break_every_call(bool (*what)(struct error *error),
			     const char *path)
{
	unsigned descriptors = entries("/proc/self/fd");
	unsigned files = entries(folder);

	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		unsigned call = 0;

		do {
			struct error error = ERROR_NONE;

			break_call(++call, i);
			bool good = what(&error);
			io = real;
			if (!good && !strstr(error.message, path))
				fail_msg("call %u, %s: '%s'", call,
					 strerror(faults[i].number),
					 error.message);
			assert_int_equal(entries("/proc/self/fd"),
					 descriptors);
			assert_int_equal(entries(folder), files);
			assert_int_equal(mapped_here(), 0);
		} while (calls >= failing);
		assert_true(call >= 3);
	}
}

static bool open_and_map(struct error *error)
{
	struct file *file = file_open(name, NULL, NULL, error);
	struct mapping *mapping = file ? mapping_open(file, error) : NULL;
	bool good = mapping != NULL;

	if (good) {
		assert_int_equal(mapping_size(mapping), SIZE);
		assert_int_equal(mapping_bytes(mapping)[SIZE - 1], 'x');
		mapping_check(mapping);
	}
	mapping_close(mapping);
	file_close(file);
	return good;
}

static void test_fault_open_and_map(void **state)
{
	(void)state;
	break_every_call(open_and_map, name);
}

static bool prepare(struct error *error)
{
	struct io broken = io;

	io = real;
	struct file *file = file_open(name, NULL, NULL, NULL);
	struct mapping *mapping = mapping_open(file, NULL);
	io = broken;
	bool good = mapping_prepare(mapping, range_of(5, SIZE - 6), error);
	io = real;

	if (good) {
		mapping_write(mapping, 5, (const unsigned char *)"y", 1);
		assert_int_equal(mapping_bytes(mapping)[5], 'y');
	}
	for (unsigned i = 6; i < SIZE; i++)
		assert_int_equal(mapping_bytes(mapping)[i], 'x');
	mapping_check(mapping);
	mapping_close(mapping);
	file_close(file);
	return good;
}

static void test_fault_prepare(void **state)
{
	(void)state;
	break_every_call(prepare, name);
}

static bool open_generated(struct error *error)
{
	struct file *file = file_open("/proc/self/status", NULL, NULL, error);
	bool good = file != NULL;

	/* A broken first look makes it an empty file, never a wrong one. */
	if (good)
		assert_true(file_size(file) > 100);
	file_close(file);
	return good;
}

static void test_fault_open_generated(void **state)
{
	(void)state;
	break_every_call(open_generated, "/proc/self/status");
}

static bool open_input(struct error *error)
{
	int ends[2], before = dup(STDIN_FILENO);

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "piped", 5), 5);
	assert_true(dup2(ends[0], STDIN_FILENO) >= 0);
	close(ends[0]);
	close(ends[1]);
	struct file *file = file_open("-", NULL, NULL, error);
	assert_true(dup2(before, STDIN_FILENO) >= 0);
	close(before);

	bool good = file != NULL;
	if (good)
		assert_int_equal(file_size(file), 5);
	file_close(file);
	return good;
}

static void test_fault_spool(void **state)
{
	(void)state;
	break_every_call(open_input, "standard input");
}

static char own_number[24], own_memory[40];

/* Its bytes are right, or said to be lost. */
static bool open_process(struct error *error)
{
	static volatile uint64_t known = 0x0123456789abcdef;
	uint64_t at = (uint64_t)(uintptr_t)&known, length, value = 0;
	struct file *file = file_open(own_memory, NULL, NULL, error);
	struct mapping *mapping = file ? mapping_open(file, error) : NULL;
	bool good = mapping != NULL;

	if (good) {
		mapping_read(mapping, at, &value, sizeof value);
		if (!mapping_lost(mapping, at, &length))
			assert_true(value == known);
		mapping_check(mapping);
	}
	mapping_close(mapping);
	file_close(file);
	return good;
}

static void test_fault_process(void **state)
{
	struct error error = ERROR_NONE;

	(void)state;
	snprintf(own_number, sizeof own_number, "%ld", (long)getpid());
	snprintf(own_memory, sizeof own_memory, "/proc/%s/mem", own_number);
	if (!open_process(&error))
		skip();
	break_every_call(open_process, own_number);

	struct file *file = file_open(own_memory, NULL, NULL, NULL);

	/* A call that tells nothing is not its end. */
	break_call(1, 1);
	assert_int_equal(file_check(file, NULL), FILE_SAME);
	assert_false(file_reread_regions(file, &error));
	io = real;
	assert_non_null(strstr(error.message, own_number));
	assert_true(file_region_count(file) > 0);
	file_close(file);
}

static bool open_at(struct error *error)
{
	int at = open(folder, O_RDONLY | O_DIRECTORY);
	struct file *file = file_open_at(at, "file", name, error);
	bool good = file != NULL;

	close(at);
	if (good)
		assert_int_equal(file_size(file), SIZE);
	file_close(file);
	return good;
}

static void test_fault_open_at(void **state)
{
	(void)state;
	break_every_call(open_at, name);
}

/* A call that tells nothing must not be taken for a change. */
static void test_fault_check_and_accept(void **state)
{
	struct error error = ERROR_NONE;
	struct file *file = file_open(name, NULL, NULL, NULL);

	(void)state;
	break_call(2, 0);
	assert_int_equal(file_check(file, NULL), FILE_SAME);
	break_call(1, 0);
	assert_false(file_accept(file, &error));
	io = real;
	assert_non_null(strstr(error.message, name));
	assert_int_equal(file_size(file), SIZE);
	file_close(file);
}

static int make_folder(void **state)
{
	char block[SIZE];

	(void)state;
	real = io;
	memset(block, 'x', sizeof block);
	if (!mkdtemp(folder) || setenv("TMPDIR", folder, 1) < 0)
		return -1;
	snprintf(name, sizeof name, "%s/file", folder);
	int fd = open(name, O_CREAT | O_WRONLY, 0600);
	bool good = io_write_all(fd, block, sizeof block);
	close(fd);
	return good ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(name);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fault_open_and_map),
		cmocka_unit_test(test_fault_prepare),
		cmocka_unit_test(test_fault_open_generated),
		cmocka_unit_test(test_fault_process),
		cmocka_unit_test(test_fault_spool),
		cmocka_unit_test(test_fault_open_at),
		cmocka_unit_test(test_fault_check_and_accept),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
