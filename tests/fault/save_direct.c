/*
 * Flushes into the memory of a process under faults: each call and each
 * allocation fails in turn.  What the message says was written is what the
 * process has, in ascending order, and nothing else of it.
 */
#include "simulator.h"
#include "allocations.h"

#include <fcntl.h>

#include "../unit/process.h"
#include "octavo/document.h"
#include "octavo/save.h"
#include "sizes.h"

enum { FIRST = 3, SECOND = 40, BYTES = FIRST + SECOND };

static struct process process;

static bool allocation_fails(void)
{
	return simulator_allocation();
}

static int begin(void **state)
{
	(void)state;
	real = io;
	process_begin(&process);
	return 0;
}

static int end(void **state)
{
	(void)state;
	process_end(&process);
	return 0;
}

/* Not every place where tests run lets a process look into another. */
static void need_process(void)
{
	int fd = open(process.path, O_RDWR);

	if (fd < 0)
		skip();
	close(fd);
}

static uint64_t place(int i)
{
	return process_offset(&process, 1)
		+ (uint64_t)(i < FIRST ? i : 100 + i - FIRST);
}

static char new_byte(int i)
{
	return (char)('A' + i);
}

/* How many of the new bytes the process has; then it has the old again. */
static int take_written(void)
{
	int fd = open(process.path, O_RDWR);
	int written = 0;

	assert_true(fd >= 0);
	for (int i = 0; i < BYTES; i++) {
		char old = (char)process_byte((size_t)(place(i)
					      - process_offset(&process, 0)));
		char byte;

		assert_int_equal(pread(fd, &byte, 1, (off_t)place(i)), 1);
		if (byte == new_byte(i) && written == i)
			written++;
		else
			assert_int_equal(byte, old);
		assert_int_equal(pwrite(fd, &old, 1, (off_t)place(i)), 1);
	}
	close(fd);
	return written;
}

static struct document *open_edited(void)
{
	struct file *file = file_open(process.path, NULL, NULL, NULL);
	struct document *document = file ? document_open(file, NULL) : NULL;
	char bytes[BYTES];

	assert_non_null(document);
	for (int i = 0; i < BYTES; i++)
		bytes[i] = new_byte(i);
	assert_true(document_overwrite(document, place(0), bytes, FIRST, NULL));
	assert_true(document_overwrite(document, place(FIRST), bytes + FIRST,
				       SECOND, NULL));
	return document;
}

/* Flushes with what is armed, and takes what that changed back. */
static bool try_armed(struct document *document)
{
	struct error error = ERROR_NONE;
	struct save_plan done = { .note = "" };
	int said = 0;

	bool worked = save_write(document, NULL, &done, &error);
	disarm();
	int written = take_written();
	const char *how_far = strstr(error.message, "not all written: ");

	if (worked)
		said = BYTES;
	else if (how_far)
		sscanf(how_far, "not all written: %d of", &said);
	else if (!strstr(error.message, "written, unchanged: "))
		said = -1;
	/* Of a write that fails, a part may be there. */
	bool in_part = fault.mode == DEAD
		|| (fault.kind && strcmp(fault.kind, "pwrite") == 0);
	bool is_so = in_part ? said >= 0 && said <= written : said == written;
	if (!is_so)
		fail_msg("call %ld (%s): %d written: %s", fault.target,
			 fault.kind ? fault.kind : "-", written, error.message);
	assert_true(worked != document_modified(document));
	document_check(document);
	document_close(document);
	return worked;
}

static long try_fault(enum mode mode, long n, int number, bool *worked)
{
	struct document *document = open_edited();

	arm(mode, n, number);
	*worked = try_armed(document);
	return fault.count;
}

static void test_save_direct_fails(void **state)
{
	bool worked;
	long runs = 0;

	(void)state;
	need_process();
	long calls = try_fault(COUNT, 0, EIO, &worked);
	assert_true(worked);
	for (long n = 1; n <= calls; n++) {
		for (long i = 0; i < errors_wanted(); i++, runs += 3)
			for (enum mode mode = ONCE; mode <= DEAD; mode++)
				try_fault(mode, n, fault_errors[i], &worked);
		try_fault(EMPTY, n, EIO, &worked);
		try_fault(WRONG, n, EIO, &worked);
		try_fault(ONCE, n, EINTR, &worked);
		assert_true(worked);
	}
	try_fault(SHORT, 0, EIO, &worked);
	assert_true(worked);
	try_fault(STORM, 0, EINTR, &worked);
	assert_true(worked);
	states_tell("failing", runs);
}

static void test_save_direct_without_memory(void **state)
{
	bool worked = false;

	(void)state;
	need_process();
	for (long n = 1; !worked; n++) {
		struct document *document = open_edited();

		arm_allocations(ONCE, n);
		worked = try_armed(document);
	}
}

static ssize_t write_none(int fd, const void *bytes, size_t size, off_t offset)
{
	(void)fd, (void)bytes, (void)size, (void)offset;
	return 0;
}

static void test_save_direct_writes_none(void **state)
{
	struct document *document;

	(void)state;
	need_process();
	document = open_edited();
	io.pwrite = write_none;
	assert_false(try_armed(document));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_save_direct_fails),
		cmocka_unit_test(test_save_direct_without_memory),
		cmocka_unit_test(test_save_direct_writes_none),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
