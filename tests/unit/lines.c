/*
 * Unit tests of the lines room: what is asked of workers and what is not, what
 * stays known, what it costs, and what becomes of it when things fail.  That
 * the answers are right is what tests/model/lines.c sees to.
 */
#include "lines.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "gate.h"
#include "io.h"
#include "memory.h"
#include "octavo/save.h"
#include "sizes.h"
#include "sparse.h"

enum {
	/* Lines of eight bytes, more than is counted without workers. */
	LINE = 8,
	SIZE = 24 * STRETCH_BYTES,
	LINES = SIZE / LINE,
};

static char path[] = "/tmp/octavo-lines-unit-XXXXXX";
static struct document *document;
static struct lines *lines;

static void open_document(void)
{
	struct file *file = file_open(path, NULL, NULL, NULL);

	assert_non_null(file);
	document = document_open(file, NULL);
	assert_non_null(document);
}

static void open_lines(const char *text)
{
	struct error error = ERROR_NONE;

	assert_int_equal(truncate(path, 0), 0);
	open_document();
	assert_true(document_insert(document, 0, text, strlen(text), NULL));
	lines = lines_new(document, NEWLINE_BYTE, 2, &error);
	assert_non_null(lines);
}

static void open_many(void)
{
	char *bytes = malloc(SIZE + 1);

	assert_non_null(bytes);
	for (uint64_t i = 0; i < SIZE; i += LINE)
		memcpy(bytes + i, "1234567\n", LINE);
	bytes[SIZE] = '\0';
	open_lines(bytes);
	free(bytes);
}

static void close_lines(void)
{
	lines_free(lines);
	document_close(document);
}

static enum job_state wait_lines(struct error *error)
{
	enum job_state state;

	while ((state = lines_poll(lines, error)) == JOB_RUNNING) {
		struct pollfd waits[8];
		int fds[8];
		size_t count = lines_descriptors(lines, fds, 8);

		for (size_t i = 0; i < count; i++)
			waits[i] = (struct pollfd){ fds[i], POLLIN, 0 };
		poll(waits, (nfds_t)count, 1000);
	}
	return state;
}

static void count_all(void)
{
	lines_want(lines, LINES_ALL);
	assert_int_equal(wait_lines(NULL), JOB_DONE);
	lines_want(lines, 0);
}

static void assert_lines(const char *text, uint64_t count)
{
	uint64_t counted, number, offset;

	open_lines(text);
	assert_true(lines_count(lines, &counted));
	assert_int_equal(counted, count);
	assert_true(lines_number(lines, strlen(text), &number));
	assert_int_equal(lines_start(lines, number, &offset), LINES_KNOWN);
	assert_int_equal(lines_start(lines, number + 1, &offset), LINES_NONE);
	close_lines();
}

/* As many as `grep -c ''` says; little is counted without a wait. */
static void test_lines_what_a_line_is(void **state)
{
	(void)state;
	assert_lines("", 0);
	assert_lines("a", 1);
	assert_lines("\n", 1);
	assert_lines("a\n", 1);
	assert_lines("a\nb", 2);
	assert_lines("\n\n\n", 3);
	assert_lines("a\r\nb\rc", 2);
}

static void test_lines_stop_where_they_are_wanted(void **state)
{
	uint64_t offset, number, done, total;

	(void)state;
	open_many();
	assert_false(lines_number(lines, SIZE, &number));
	assert_int_equal(lines_start(lines, LINES, &offset), LINES_UNKNOWN);
	assert_false(lines_count(lines, &number));
	lines_want(lines, 1);
	assert_int_equal(lines_poll(lines, NULL), JOB_DONE);
	lines_want(lines, LINES / 2);
	assert_int_equal(wait_lines(NULL), JOB_DONE);
	assert_int_equal(lines_descriptors(lines, &(int){ 0 }, 1), 0);
	assert_int_equal(lines_start(lines, LINES / 2, &offset), LINES_KNOWN);
	assert_int_equal(offset, (LINES / 2 - 1) * LINE);
	lines_progress(lines, &done, &total);
	assert_int_equal(total, SIZE);
	assert_in_range(done, SIZE / 2 - LINE, SIZE - 1);

	/* There is no such line: that takes all of it. */
	lines_want(lines, LINES + 2);
	assert_int_equal(wait_lines(NULL), JOB_DONE);
	assert_int_equal(lines_start(lines, LINES + 2, &offset), LINES_NONE);
	assert_int_equal(lines_start(lines, LINES + 1, &offset), LINES_KNOWN);
	assert_int_equal(offset, SIZE);
	close_lines();
}

/* Nobody waits, but who polls gets all in the end. */
static void test_lines_in_the_background(void **state)
{
	uint64_t count;

	(void)state;
	open_many();
	assert_int_equal(lines_poll(lines, NULL), JOB_RUNNING);
	assert_true(lines_descriptors(lines, &(int){ 0 }, 1) > 0);
	/* Somebody does now, and gives up. */
	lines_want(lines, LINES);
	lines_poll(lines, NULL);
	lines_want(lines, 0);
	assert_int_equal(wait_lines(NULL), JOB_DONE);
	assert_true(lines_count(lines, &count));
	assert_int_equal(count, LINES);
	close_lines();
}

/* An edit costs what it touches: no worker is asked again. */
static void test_lines_follow_edits(void **state)
{
	struct range touched;
	uint64_t number, offset;

	(void)state;
	open_many();
	count_all();
	assert_true(document_insert(document, SIZE / 2, "\n\n", 2, NULL));
	assert_true(lines_number(lines, SIZE + 2, &number));
	assert_int_equal(number, LINES + 3);
	assert_true(document_delete(document, range_of(LINE - 1, 1), NULL));
	assert_int_equal(lines_start(lines, LINES + 1, &offset), LINES_KNOWN);
	assert_int_equal(offset, SIZE - LINE + 1);
	assert_true(document_undo(document, &touched, NULL));
	assert_true(document_undo(document, &touched, NULL));
	assert_true(lines_count(lines, &number));
	assert_int_equal(number, LINES);
	assert_int_equal(lines_descriptors(lines, &(int){ 0 }, 1), 0);
	assert_int_equal(lines_poll(lines, NULL), JOB_DONE);
	close_lines();
}

/* --- flushes --- */

/* The lines of open_many, on disk. */
static void open_file(void)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	for (uint64_t i = 0; i < LINES; i++)
		assert_int_equal(fwrite("1234567\n", LINE, 1, file), 1);
	assert_int_equal(fclose(file), 0);
	open_document();
	lines = lines_new(document, NEWLINE_BYTE, 2, NULL);
	assert_non_null(lines);
}

/* Workers that began before it would count what has been written at places
 * where they know other bytes to be: AT, where eight lines were put in, and
 * behind. */
static void check_flush(uint64_t at, enum save_way way, enum save_method method)
{
	const struct save_options options = { way, SAVE_BACKUP_NONE };
	int (*before)(void) = io.die_with_parent;
	struct save_plan done;
	uint64_t count;

	open_file();
	assert_true(document_insert(document, at, "\n\n\n\n\n\n\n\n", 8,
				    NULL));
	lines_want(lines, LINES_ALL);
	gate_shut();
	assert_int_equal(lines_poll(lines, NULL), JOB_RUNNING);
	assert_true(save_write(document, &options, &done, NULL));
	assert_int_equal(done.method, method);
	gate_open(before);
	assert_int_equal(wait_lines(NULL), JOB_DONE);
	assert_true(lines_count(lines, &count));
	assert_int_equal(count, LINES + 8);
	close_lines();
}

static void test_lines_are_counted_while_it_is_flushed(void **state)
{
	(void)state;
	check_flush(SIZE - LINE, SAVE_WAY_IN_PLACE, SAVE_IN_PLACE);
	check_flush(0, SAVE_WAY_IN_PLACE, SAVE_REWRITTEN);
	check_flush(0, SAVE_WAY_REPLACE, SAVE_REPLACED);
}

/* --- what it costs --- */

/* Bytes of memory that are this process's alone; 0 where nobody says. */
static uint64_t own_memory(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	unsigned long long kilobytes = 0;
	char line[256];

	while (status && fgets(line, sizeof line, status))
		sscanf(line, "RssAnon: %llu", &kilobytes);
	if (status)
		fclose(status);
	return kilobytes << 10;
}

static void test_lines_of_a_huge_file(void **state)
{
	const uint64_t huge = (uint64_t)100 * 1000 * 1000 * 1000;
	int fd = sparse_new(path, huge);
	uint64_t before, offset, number;

	(void)state;
	if (fd < 0)
		skip();
	sparse_put(fd, huge / 2, "a\nb\n", 4);
	close(fd);
	open_document();
	before = own_memory();
	lines = lines_new(document, NEWLINE_BYTE, 2, NULL);
	assert_non_null(lines);
	count_all();
	assert_int_equal(lines_start(lines, 3, &offset), LINES_KNOWN);
	assert_int_equal(offset, huge / 2 + 4);
	assert_true(document_insert(document, 5, "\n", 1, NULL));
	count_all();
	assert_true(lines_number(lines, huge + 1, &number));
	assert_int_equal(number, 4);
	assert_true(own_memory() < before + (8 << 20));
	close_lines();
	assert_int_equal(truncate(path, 0), 0);
}

/* --- what fails --- */

static pid_t no_fork(void)
{
	errno = EAGAIN;
	return -1;
}

static void test_lines_without_workers(void **state)
{
	pid_t (*fork_before)(void) = io.fork;
	struct error error = ERROR_NONE;
	uint64_t count;

	(void)state;
	open_many();
	io.fork = no_fork;
	lines_want(lines, LINES_ALL);
	assert_int_equal(wait_lines(&error), JOB_FAILED);
	assert_string_not_equal(error.message, "");
	/* Not again and again. */
	io.fork = fork_before;
	assert_int_equal(lines_poll(lines, NULL), JOB_FAILED);
	assert_int_equal(lines_descriptors(lines, &(int){ 0 }, 1), 0);
	lines_want(lines, 0);
	assert_int_equal(wait_lines(&error), JOB_DONE);
	assert_true(lines_count(lines, &count));
	assert_int_equal(count, LINES);
	close_lines();
}

static unsigned refuse_at;	/* which allocation from here on */

static bool refuse(void)
{
	return refuse_at > 0 && --refuse_at == 0;
}

static void test_lines_without_memory(void **state)
{
	struct error error = ERROR_NONE;
	unsigned attempts = 0;
	struct clip *clip;
	uint64_t count, steps;
	bool over;

	(void)state;
	open_many();
	steps = document_undo_steps(document);
	clip = document_copy(document, range_of(0, SIZE), NULL);
	assert_non_null(clip);
	lines_free(lines);
	lines = NULL;
	for (unsigned i = 1; !lines; i++) {
		refuse_at = i;
		memory_refuse = refuse;
		lines = lines_new(document, NEWLINE_BYTE, 2, &error);
		memory_refuse = NULL;
		assert_true(lines || strcmp(error.message, "out of memory")
					     == 0);
	}
	count_all();

	/* An edit whose table has no room: counted again, that is all. */
	do {
		struct range touched;
		bool done;

		refuse_at = ++attempts;
		memory_refuse = refuse;
		done = document_fill(document, range_of(0, SIZE), "1234567\n",
				     LINE, NULL) &&
		       document_paste(document, range_of(0, 0), clip, NULL);
		memory_refuse = NULL;
		over = refuse_at > 0;
		lines_check(lines);
		count_all();
		assert_true(lines_count(lines, &count));
		assert_int_equal(count, done ? 2 * LINES : LINES);
		while (document_undo_steps(document) > steps)
			assert_true(document_undo(document, &touched, NULL));
	} while (!over);
	clip_free(clip);
	close_lines();
}

static int setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 || close(fd) < 0;
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_what_a_line_is),
		cmocka_unit_test(test_lines_stop_where_they_are_wanted),
		cmocka_unit_test(test_lines_in_the_background),
		cmocka_unit_test(test_lines_follow_edits),
		cmocka_unit_test(test_lines_are_counted_while_it_is_flushed),
		cmocka_unit_test(test_lines_of_a_huge_file),
		cmocka_unit_test(test_lines_without_workers),
		cmocka_unit_test(test_lines_without_memory),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
