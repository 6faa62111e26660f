/*
 * The line index against the flat bytes of the document, in random scripts:
 * edits of all kinds, undo, redo, states, reverts, flushes of both kinds,
 * growth and what others write; with jobs that are begun, waited for, changed
 * and ended at any time.  What it says it knows has to be right at once, and
 * after a wait it has to know all.
 *
 * OCTAVO_SEED is the seed of the first script, OCTAVO_SCRIPTS how many there
 * are.
 */
#include "lines.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "octavo/save.h"
#include "sizes.h"

enum {
	TINY = STRETCH_BYTES < 1000,
	SCRIPTS = TINY ? 400 : 3,
	COMMANDS = TINY ? 60 : 40,
	SIZE_MAXIMUM = TINY ? 4000 : 8 << 20,
	QUESTIONS = TINY ? 30 : 6,
};

/* In memory where there is such a place: flushes wait for a disk. */
static char memory_folder[] = "/dev/shm/octavo-lines-XXXXXX";
static char other_folder[] = "/tmp/octavo-lines-XXXXXX";
static char path[64];
static unsigned long long seed;
static long clock_of_others;

static struct document *document;
static struct lines *lines;
static enum newline_form form;

/* What is there, and behind which offsets lines begin. */
static unsigned char *bytes;
static uint64_t size;
static uint64_t *starts;
static uint64_t start_count;

static uint64_t chance(uint64_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed * 0x2545f4914f6cdd1dull >> 20) % limit;
}

/* --- the flat bytes --- */

static bool ends_line(uint64_t at, uint64_t *behind)
{
	static const unsigned char letters[] = { '\n', 0x15, '\n', '\n' };
	bool wide = form == NEWLINE_UTF16LE || form == NEWLINE_UTF16BE;

	*behind = at + 1;
	if (bytes[at] != letters[form] || !wide)
		return bytes[at] == letters[form];
	*behind = (at | 1) + 1;
	return *behind <= size && at % 2 == (form == NEWLINE_UTF16BE) &&
	       bytes[at ^ 1] == 0;
}

static void flatten(void)
{
	uint64_t behind;

	size = document_size(document);
	bytes = realloc(bytes, size + 1);
	starts = realloc(starts, (size + 1) * sizeof *starts);
	assert_true(bytes && starts);
	assert_int_equal(document_read(document, 0, bytes, size), size);
	start_count = 1;
	starts[0] = 0;
	for (uint64_t i = 0; i < size; i++)
		if (ends_line(i, &behind))
			starts[start_count++] = behind;
}

/* Line starts at or before OFFSET. */
static uint64_t number_at(uint64_t offset)
{
	uint64_t low = 0, high = start_count;

	while (high - low > 1) {
		uint64_t middle = low + (high - low) / 2;

		if (starts[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	return low + 1;
}

static uint64_t count_of_lines(void)
{
	return start_count - (starts[start_count - 1] == size);
}

/* --- questions --- */

static void ask_number(uint64_t offset, bool known)
{
	uint64_t number;

	if (lines_number(lines, offset, &number))
		assert_int_equal(number, number_at(offset));
	else
		assert_false(known);
}

static void ask_start(uint64_t number, bool known)
{
	uint64_t offset;

	switch (lines_start(lines, number, &offset)) {
	case LINES_KNOWN:
		assert_true(number <= start_count);
		assert_int_equal(offset, starts[number - 1]);
		break;
	case LINES_NONE:
		assert_true(number > start_count);
		break;
	case LINES_UNKNOWN:
		assert_false(known);
	}
}

static void ask(bool known)
{
	uint64_t near = chance(size + 1);
	uint64_t count, done, total;

	/* Few, often: each may make a little known. */
	for (uint64_t i = known ? QUESTIONS : chance(2) * chance(QUESTIONS);
	     i > 0; i--) {
		ask_number(chance(size + 1), known);
		near += chance(9);
		ask_number(near < size ? near : size, known);
		ask_start(1 + chance(start_count + 2), known);
	}
	if (known || chance(8) == 0) {
		ask_start(start_count, known);
		ask_start(start_count + 1, known);
	}
	if (lines_count(lines, &count))
		assert_int_equal(count, count_of_lines());
	else
		assert_false(known);
	lines_progress(lines, &done, &total);
	assert_int_equal(total, size);
	assert_true(known ? done == size : done <= size);
}

/* --- jobs --- */

static enum job_state poll_lines(void)
{
	struct error error = ERROR_NONE;
	enum job_state state = lines_poll(lines, &error);

	if (state == JOB_FAILED)
		fail_msg("%s", error.message);
	return state;
}

static void wait_lines(void)
{
	while (poll_lines() == JOB_RUNNING) {
		struct pollfd polled[8];
		int fds[8];
		size_t count = lines_descriptors(lines, fds, 8);

		for (size_t i = 0; i < count; i++)
			polled[i] = (struct pollfd){ fds[i], POLLIN, 0 };
		poll(polled, (nfds_t)count, 1000);
	}
}

static void work(void)
{
	uint64_t number = 1 + chance(start_count + 2);

	switch (chance(6)) {
	case 0:
		lines_want(lines, LINES_ALL);
		wait_lines();
		ask(true);
		if (chance(2))
			lines_want(lines, 0);
		break;
	case 1:
		lines_want(lines, number);
		wait_lines();
		ask_start(number, true);
		if (chance(2))
			lines_want(lines, 0);
		break;
	case 2:
		lines_want(lines, 0);
		poll_lines();
		break;
	case 3:
		poll_lines();
		break;
	case 4:
		lines_want(lines, number);
		poll_lines();
		break;
	default:
		break;
	}
}

/* --- what happens --- */

static void fill(unsigned char *out, uint64_t length)
{
	static const unsigned char letters[] = { '\n', 0, 'x', 0x15 };
	unsigned dense = chance(3) ? 4 : 40;

	for (uint64_t i = 0; i < length; i++) {
		unsigned letter = (unsigned)chance(dense);

		out[i] = letter < 4 ? letters[letter] : 'y';
	}
}

static uint64_t some_length(void)
{
	switch (chance(5)) {
	case 0:
		return chance(3 * STRETCH_BYTES);
	case 1:
		return STRETCH_BYTES;
	case 2:
		return 0;
	default:
		return chance(5);
	}
}

static struct range some_range(void)
{
	uint64_t start = chance(4) ? chance(size + 1)
				   : chance(size / STRETCH_BYTES + 1) *
					     STRETCH_BYTES;
	uint64_t length = some_length();

	if (start > size)
		start = size;
	return range_of(start, length < size - start ? length : size - start);
}

static void edit(void)
{
	struct range range = some_range();
	uint64_t length = chance(3) ? some_length() : range_length(range);
	unsigned char *put;

	if (size + length > SIZE_MAXIMUM)
		length = 0;
	put = malloc(length + 1);
	assert_non_null(put);
	fill(put, length);
	if (chance(10) == 0 && range_length(range) > 0)
		assert_true(document_fill(document, range, "a\n", 2, NULL));
	else
		assert_true(document_replace(document, range, put, length,
					     NULL));
	free(put);
}

static void rewrite(void)
{
	struct rewrite *all = rewrite_begin(document, NULL);
	uint64_t at = chance(size + 1);

	assert_non_null(all);
	for (unsigned i = 0; i < 3 && at < size; i++) {
		assert_true(rewrite_replace(all, range_of(at, 1), "\n\n",
					    chance(3), NULL));
		at += 1 + chance(2 * STRETCH_BYTES);
	}
	assert_true(rewrite_commit(all, NULL, NULL, NULL));
}

static void paste(void)
{
	struct range range = some_range();
	struct clip *clip = document_copy(document, range, NULL);

	assert_non_null(clip);
	if (size + clip_length(clip) < SIZE_MAXIMUM)
		assert_true(document_paste(document, range_of(
			chance(size + 1), 0), clip, NULL));
	clip_free(clip);
}

static void some_edits(void)
{
	document_begin(document);
	for (uint64_t i = chance(4); i > 0; i--) {
		edit();
		size = document_size(document);
	}
	document_end(document);
}

static void go(void)
{
	struct range touched;
	uint64_t states = document_state_count(document);

	switch (chance(3)) {
	case 0:
		if (document_undo_steps(document) > 0)
			assert_true(document_undo(document, &touched, NULL));
		break;
	case 1:
		if (document_redo_steps(document) > 0)
			assert_true(document_redo(document, &touched, NULL));
		break;
	default:
		assert_true(document_go(document, chance(states), &touched,
					NULL));
	}
}

static void decide(void)
{
	if (document_outside_state(document) != FILE_SAME)
		assert_true(document_decide_mine(
			document, range_of(0, document_size(document)), NULL));
}

static void save(void)
{
	static const enum save_way ways[] = {
		SAVE_AUTO, SAVE_WAY_IN_PLACE, SAVE_WAY_REPLACE,
	};
	const struct save_options options = { ways[chance(3)],
					      SAVE_BACKUP_NONE };
	struct save_plan done;
	struct error error = ERROR_NONE;

	decide();
	if (!save_write(document, &options, &done, &error))
		fail_msg("%s", error.message);
}

/* Others write LENGTH bytes at OFFSET of the file, and at another time than
 * all before. */
static void put(uint64_t offset, uint64_t length)
{
	int fd = open(path, O_WRONLY);
	unsigned char *other = malloc(length + 1);
	struct timespec times[2] = { { 0, UTIME_OMIT }, { 0, 0 } };

	assert_true(fd >= 0 && other);
	fill(other, length);
	assert_int_equal(pwrite(fd, other, length, (off_t)offset), length);
	times[1].tv_sec = ++clock_of_others;
	assert_int_equal(futimens(fd, times), 0);
	close(fd);
	free(other);
}

static void others_write(void)
{
	uint64_t file = document_file_size(document);
	uint64_t offset = chance(file + 1);
	uint64_t length = some_length();

	if (length > file - offset)
		length = file - offset;
	if (length > 0)
		put(offset, length);
	document_outside(document, chance(2));
	if (chance(2))
		decide();
}

static void others_append(void)
{
	uint64_t length = 1 + some_length();

	if (size + length > SIZE_MAXIMUM)
		return;
	put(document_file_size(document), length);
	document_outside(document, chance(2));
	if (chance(2))
		decide();
}

static void happen(void)
{
	switch (chance(14)) {
	case 0:
		rewrite();
		break;
	case 1:
		paste();
		break;
	case 2:
		some_edits();
		break;
	case 3: case 4: case 5:
		go();
		break;
	case 6:
		assert_true(document_revert(document, some_range(), NULL));
		break;
	case 7:
		save();
		break;
	case 8:
		others_write();
		break;
	case 9:
		others_append();
		break;
	default:
		edit();
	}
}

/* --- scripts --- */

static void begin(void)
{
	struct file *file;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	form = chance(2) ? NEWLINE_BYTE : (enum newline_form)chance(4);
	size = chance(6) ? chance(SIZE_MAXIMUM / 2) : chance(3);
	bytes = realloc(bytes, size + 1);
	fill(bytes, size);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
	file = file_open(path, NULL, NULL, NULL);
	assert_non_null(file);
	document = document_open(file, NULL);
	assert_non_null(document);
	lines = lines_new(document, form, 1 + (unsigned)chance(4), NULL);
	assert_non_null(lines);
}

static void run(void)
{
	begin();
	for (unsigned i = 0; i < COMMANDS; i++) {
		flatten();
		lines_check(lines);
		ask(false);
		work();
		ask(false);
		happen();
	}
	flatten();
	lines_want(lines, LINES_ALL);
	wait_lines();
	ask(true);
	lines_free(lines);
	document_close(document);
}

static unsigned long long setting(const char *name, unsigned long long value)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : value;
}

static void test_lines_random_scripts(void **state)
{
	unsigned long long first = setting("OCTAVO_SEED", 1);
	unsigned long long count = setting("OCTAVO_SCRIPTS", SCRIPTS);

	const char *folder = mkdtemp(memory_folder);

	(void)state;
	if (!folder)
		folder = mkdtemp(other_folder);
	assert_non_null(folder);
	snprintf(path, sizeof path, "%s/file", folder);
	for (unsigned long long i = 0; i < count; i++) {
		print_message("# seed %llu\n", first + i);
		seed = (first + i) * 0x9e3779b97f4a7c15ull + 1;
		run();
	}
	free(bytes);
	free(starts);
	unlink(path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_random_scripts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
