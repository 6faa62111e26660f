/*
 * What is read by blocks: the memory of a process and character devices, from
 * the file up to the flush.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io.h"
#include "process.h"
#include "octavo/document.h"
#include "octavo/save.h"
#include "octavo/search.h"

static struct io real;

struct test {
	struct process process;
	struct document *document;
};

static struct document *open_document(const char *path)
{
	struct error error = ERROR_NONE;
	struct file *file = file_open(path, NULL, NULL, &error);
	struct document *document = file ? document_open(file, &error) : NULL;

	if (!document)
		fail_msg("%s", error.message);
	return document;
}

/* Not every place where tests run lets a process look into another. */
static bool may_look(const struct process *process)
{
	int fd = open(process->path, O_RDWR);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int setup(void **state)
{
	struct test *test = calloc(1, sizeof *test);

	real = io;
	*state = test;
	process_begin(&test->process);
	if (may_look(&test->process))
		test->document = open_document(test->process.path);
	return 0;
}

static int teardown(void **state)
{
	struct test *test = *state;

	io = real;
	document_close(test->document);
	process_end(&test->process);
	free(test);
	return 0;
}

/* The document of the process, or the test is skipped. */
static struct document *need(void **state, struct process **process)
{
	struct test *test = *state;

	*process = &test->process;
	if (!test->document)
		skip();
	return test->document;
}

static void assert_says(const struct error *error, const char *what)
{
	if (!strstr(error->message, what))
		fail_msg("\"%s\", without \"%s\"", error->message, what);
}

/* --- regions --- */

static void test_blocks_regions(void **state)
{
	struct process *process;
	struct document *document = need(state, &process);
	struct file *file = document_file(document);
	struct file_region region;
	struct range same, gap = {
		process_offset(process, HOLE), process_offset(process, HOLE + 2),
	};

	assert_int_equal(file_kind(file), FILE_PROCESS);
	assert_true(file_by_blocks(file));
	assert_true(file_fixed_length(file));
	assert_int_equal(file_process(file)->number, process->number);
	assert_int_equal(file_check(file, NULL), FILE_SAME);
	assert_true(file_region_at(file, gap.start - 1, &region));
	assert_int_equal(region.range.end, gap.start);
	assert_string_equal(region.permissions, "rw-p");
	assert_string_equal(region.name, "[anonymous]");
	assert_false(file_region_at(file, gap.start, &region));
	assert_false(file_present(file, gap.end - 1, &same));
	assert_memory_equal(&same, &gap, sizeof gap);
	assert_true(file_present(file, gap.end, &same));
	assert_int_equal(same.start, gap.end);
	assert_int_equal(same.end, process_offset(process, NONE));
	assert_true(file_region_at(file, same.end, &region));
	assert_string_equal(region.permissions, "---p");
	assert_false(region.readable);
	assert_false(file_present(file, same.end, &same));
	assert_true(file_hole(file, gap.start + 5, &same));
	assert_memory_equal(&same, &gap, sizeof gap);
	assert_true(file_hole_from(file, gap.start - PAGE, &same));
	assert_memory_equal(&same, &gap, sizeof gap);
}

static void test_blocks_regions_are_read_again(void **state)
{
	struct process *process;
	struct document *document = need(state, &process);
	uint64_t hole = process_offset(process, HOLE), length;
	unsigned char byte = 1;

	assert_true(document_lost(document, hole, &length));
	assert_int_equal(length, 2 * PAGE);
	process_ask(process, 'm');
	assert_true(document_lost(document, hole, &length));
	assert_true(document_reread(document, NULL));
	assert_false(document_lost(document, hole, &length));
	assert_int_equal(document_read(document, hole, &byte, 1), 1);
	assert_int_equal(byte, 0);
}

/* --- reading --- */

static void test_blocks_are_read(void **state)
{
	enum { SIZE = 6 * PAGE };
	struct process *process;
	struct document *document = need(state, &process);
	uint64_t start = process_offset(process, 0);
	unsigned char bytes[SIZE];
	uint64_t before, after;

	assert_int_equal(document_read(document, start, bytes, SIZE), SIZE);
	assert_memory_equal(bytes, process->at, HOLE * PAGE);
	assert_memory_equal(bytes + (HOLE + 2) * PAGE,
			    process->at + (HOLE + 2) * PAGE, PAGE);
	for (size_t i = 0; i < 2 * PAGE; i++)
		assert_int_equal(bytes[HOLE * PAGE + i], 0);

	const unsigned char *span = document_span_around(
		document, start + PAGE + 5, &before, &after);

	assert_memory_equal(span, process->at + PAGE + 5, 1);
	assert_true(before >= 5);
	assert_memory_equal(span - 5, process->at + PAGE, 5);
	/* It goes on living. */
	process_ask(process, '+');
	document_read(document, start, bytes, 1);
	assert_int_equal(bytes[0], process_byte(0) + 1);
	document_check(document);
}

static void test_blocks_holes_are_folded(void **state)
{
	struct process *process;
	struct document *document = need(state, &process);
	struct range hole;

	assert_false(document_hole(document, process_offset(process, HOLE) - 1,
				   &hole));
	assert_true(document_hole(document, process_offset(process, HOLE) + 9,
				  &hole));
	assert_int_equal(hole.start, process_offset(process, HOLE));
	assert_int_equal(hole.end, process_offset(process, HOLE + 2));
	assert_true(document_hole_from(document, process_offset(process, 0),
				       &hole));
	assert_int_equal(hole.start, process_offset(process, HOLE));
	assert_true(document_hole_before(document,
					 process_offset(process, NONE), &hole));
	assert_int_equal(hole.start, process_offset(process, HOLE));
}

static off_t bad_page;

static ssize_t read_bad(int fd, void *buffer, size_t size, off_t offset)
{
	if (offset >= bad_page && offset < bad_page + PAGE) {
		errno = EIO;
		return -1;
	}
	if (offset < bad_page && (off_t)size > bad_page - offset)
		size = (size_t)(bad_page - offset);
	return real.pread(fd, buffer, size, offset);
}

static void test_blocks_bad_page(void **state)
{
	enum { SIZE = 3 * PAGE };
	struct process *process;
	struct document *document = need(state, &process);
	uint64_t start = process_offset(process, 0), length;
	unsigned char bytes[SIZE];

	bad_page = (off_t)start + PAGE;
	io.pread = read_bad;
	assert_int_equal(document_read(document, start + 3, bytes, SIZE - 3),
			 SIZE - 3);
	assert_memory_equal(bytes, process->at + 3, PAGE - 3);
	assert_memory_equal(bytes + 2 * PAGE - 3, process->at + 2 * PAGE, PAGE);
	assert_false(document_lost(document, start + PAGE - 1, &length));
	assert_int_equal(length, 1);
	assert_true(document_lost(document, start + PAGE, &length));
	assert_int_equal(length, PAGE);
	io = real;
	assert_true(document_reread(document, NULL));
	assert_false(document_lost(document, start + PAGE, &length));
}

static ssize_t read_short(int fd, void *buffer, size_t size, off_t offset)
{
	static unsigned calls;

	if (++calls % 3 == 0) {
		errno = EINTR;
		return -1;
	}
	return real.pread(fd, buffer, size < 5 ? size : 5, offset);
}

static void test_blocks_short_reads(void **state)
{
	struct process *process;
	struct document *document = need(state, &process);
	unsigned char bytes[200];
	uint64_t length;

	io.pread = read_short;
	assert_int_equal(document_read(document, process_offset(process, 1),
				       bytes, sizeof bytes), sizeof bytes);
	assert_memory_equal(bytes, process->at + PAGE, sizeof bytes);
	assert_false(document_lost(document, process_offset(process, 1),
				   &length));
}

/* --- searching --- */

struct found {
	struct match matches[8];
	size_t count;
	uint64_t unreadable;	/* as search_unreadable says */
	uint64_t unread;
};

static bool take(void *context, const struct match *matches, size_t count)
{
	struct found *found = context;

	for (size_t i = 0; i < count && found->count < 8; i++)
		found->matches[found->count++] = matches[i];
	return true;
}

/* All matches of TEXT between two pages of the process. */
static bool search(const struct document *document,
		   const struct process *process, const char *text,
		   unsigned first, unsigned end, struct found *found,
		   struct error *error)
{
	size_t position = 0;
	struct pattern *pattern = pattern_parse(text, &position, error);
	struct search_plan plan = {
		.document = document, .pattern = pattern, .kind = SEARCH_ALL,
		.range = { process_offset(process, first),
			   process_offset(process, end) },
		.found = take, .context = found, .chunk = 1000,
	};

	assert_non_null(pattern);
	found->count = 0;

	struct search *search = search_start(&plan, error);
	bool done = search && search_wait(search, error) == JOB_DONE;

	if (done)
		found->unreadable = search_unreadable(search,
						      &found->unread);
	search_free(search);
	pattern_free(pattern);
	return done;
}

static void put(const struct process *process, unsigned page, int from,
		const char *text)
{
	int fd = open(process->path, O_RDWR);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, text, strlen(text),
				(off_t)process_offset(process, page) + from),
			 strlen(text));
	close(fd);
}

static void test_blocks_search_passes_over_gaps(void **state)
{
	struct process *process;
	struct document *document = need(state, &process);
	struct found found;

	put(process, 1, 100, "NEEDLE");
	put(process, HOLE, -6, "NEEDLE");	/* the last before the gap */
	put(process, HOLE + 2, 0, "NEEDLE");
	put(process, NONE, -3, "NEE");		/* cut off by one */
	put(process, NONE + 1, 0, "DLE");
	assert_true(search(document, process, "/NEEDLE/", 0, PAGES, &found,
			   NULL));
	assert_int_equal(found.count, 3);
	assert_int_equal(found.matches[0].start, process_offset(process, 1) + 100);
	assert_int_equal(found.matches[1].end, process_offset(process, HOLE));
	assert_int_equal(found.matches[2].start,
			 process_offset(process, HOLE + 2));
	/* Nothing in a gap matches, nothing looks into it. */
	assert_true(search(document, process, "/[\\x00\\n]/", 0, PAGES, &found,
			   NULL));
	assert_int_equal(found.count, 0);
	assert_true(search(document, process, "/(?<!.)NEEDLE|NEEDLE\\z/s", 0,
			   PAGES, &found, NULL));
	assert_int_equal(found.count, 2);
	assert_int_equal(found.matches[0].end, process_offset(process, HOLE));
}

static void test_blocks_search_leaves_bad_pages_out(void **state)
{
	struct process *process;
	struct document *document = need(state, &process);
	struct found found;

	put(process, 1, -1, "X");
	bad_page = (off_t)process_offset(process, 1);
	io.pread = read_bad;
	assert_true(search(document, process, "/X?\\x00+/", 0, HOLE, &found,
			   NULL));
	assert_int_equal(found.count, 0);
	assert_true(search(document, process, "/X/", 0, HOLE, &found, NULL));
	assert_int_equal(found.count, 1);
	/* And says so; of a gap it does not. */
	assert_int_equal(found.unreadable, PAGE);
	assert_int_equal(found.unread, process_offset(process, 1));
	io.pread = real.pread;
	assert_true(search(document, process, "/X/", 0, PAGES, &found, NULL));
	assert_int_equal(found.unreadable, 0);
}

/* --- editing --- */

static void test_blocks_edit(void **state)
{
	struct process *process;
	struct document *document = need(state, &process);
	uint64_t start = process_offset(process, 1);
	struct error error = ERROR_NONE;
	struct range touched;
	struct change change;
	char bytes[8] = "";

	assert_false(document_insert(document, start, "x", 1, &error));
	assert_says(&error, "fixed");
	assert_false(document_delete(document, range_of(start, 1), &error));
	assert_false(document_overwrite(document,
					process_offset(process, HOLE) - 1, "xy",
					2, &error));
	assert_says(&error, "there is nothing at");
	assert_false(document_fill(document, range_of(
		process_offset(process, NONE), 4), "x", 1, &error));
	assert_null(document_copy(document, range_of(
		process_offset(process, HOLE), 4), &error));
	assert_int_equal(document_change_count(document), 0);

	assert_true(document_overwrite(document, start, "edited", 6, &error));
	assert_int_equal(document_read(document, start, bytes, 7), 7);
	assert_memory_equal(bytes, "edited", 6);
	assert_int_equal(bytes[6], process->at[PAGE + 6]);
	assert_true(document_change(document, 0, &change));
	assert_int_equal(change.kind, CHANGE_OVERWRITE);
	assert_int_equal(change.now.start, start);
	document_check(document);
	/* The process has not noticed. */
	assert_int_equal(process_ask(process, 0), process_byte(PAGE));
	assert_true(document_undo(document, &touched, &error));
	assert_int_equal(document_change_count(document), 0);
	document_read(document, start, bytes, 6);
	assert_memory_equal(bytes, process->at + PAGE, 6);
}

static void test_blocks_copies_stay(void **state)
{
	struct process *process;
	struct document *document = need(state, &process);
	struct range range = { process_offset(process, 0),
			       process_offset(process, HOLE) };
	struct clip *clip = document_copy(document, range, NULL);
	struct document *other = open_document("/tmp/octavo-blocks-none");
	unsigned char bytes[HOLE * PAGE];

	assert_non_null(clip);
	process_ask(process, '+');

	struct clip *there = document_clip_from(other, clip, NULL);

	assert_non_null(there);
	assert_true(document_paste(other, range_of(0, 0), there, NULL));
	clip_free(clip);
	process_kill(process);
	assert_int_equal(document_read(other, 0, bytes, sizeof bytes),
			 sizeof bytes);
	assert_memory_equal(bytes, process->at, sizeof bytes);
	clip_free(there);
	document_close(other);
}

/* --- writing --- */

static void test_blocks_write(void **state)
{
	struct process *process;
	struct document *document = need(state, &process);
	uint64_t start = process_offset(process, 1);
	struct error error = ERROR_NONE;
	struct save_plan plan, done;
	struct range touched;
	char wanted[64];

	assert_true(document_overwrite(document, start, "!", 1, &error));
	assert_true(document_overwrite(document, start + 9, "?", 1, &error));
	assert_true(save_plan(document, NULL, &plan, &error));
	assert_int_equal(plan.method, SAVE_DIRECT);
	assert_int_equal(plan.bytes, 2);
	assert_int_equal(plan.ranges, 2);
	assert_int_equal(plan.span.start, start);
	assert_int_equal(plan.span.end, start + 10);
	snprintf(wanted, sizeof wanted, "process %ld (", (long)process->number);
	assert_ptr_equal(strstr(plan.owner, wanted), plan.owner);
	assert_string_equal(plan.note, "");
	assert_int_equal(process_ask(process, 0), process_byte(PAGE));

	assert_true(save_write(document, NULL, &done, &error));
	assert_int_equal(done.method, SAVE_DIRECT);
	assert_int_equal(done.bytes, 2);
	assert_string_equal(done.note, "");
	assert_int_equal(process_ask(process, 0), '!');
	assert_int_equal(process_ask(process, 9), '?');
	assert_int_equal(process_ask(process, 1), process_byte(PAGE + 1));
	assert_int_equal(document_change_count(document), 0);
	document_check(document);

	/* Undo knows what was there. */
	assert_true(document_undo(document, &touched, &error));
	assert_true(document_undo(document, &touched, &error));
	assert_true(save_write(document, NULL, &done, &error));
	assert_int_equal(process_ask(process, 0), process_byte(PAGE));
	assert_int_equal(process_ask(process, 9), process_byte(PAGE + 9));
	assert_true(save_write(document, NULL, &done, &error));
	assert_int_equal(done.method, SAVE_NOTHING);
}

static unsigned writes_left;

static ssize_t write_few(int fd, const void *bytes, size_t size, off_t offset)
{
	if (writes_left-- == 0) {
		errno = EIO;
		return -1;
	}
	return real.pwrite(fd, bytes, size < 2 ? size : 2, offset);
}

static void test_blocks_write_stops_midway(void **state)
{
	struct process *process;
	struct document *document = need(state, &process);
	struct error error = ERROR_NONE;
	struct save_plan done;

	assert_true(document_overwrite(document, process_offset(process, 1),
				       "12345678", 8, &error));
	io.pwrite = write_few;
	writes_left = 3;
	assert_false(save_write(document, NULL, &done, &error));
	assert_says(&error, "not all written: 6 of 8 bytes were written");
	assert_int_equal(process_ask(process, 5), '6');
	assert_int_equal(process_ask(process, 6), process_byte(PAGE + 6));
	assert_int_equal(document_change_count(document), 1);
	writes_left = 0;
	assert_false(save_write(document, NULL, &done, &error));
	assert_says(&error, "not all written: 0 of 8 bytes");
	writes_left = 9;
	assert_true(save_write(document, NULL, &done, &error));
	assert_int_equal(process_ask(process, 7), '8');
	document_check(document);
}

static ssize_t write_nothing(int fd, const void *bytes, size_t size,
			     off_t offset)
{
	(void)fd;
	(void)bytes;
	(void)offset;
	return (ssize_t)size;
}

static void test_blocks_write_is_read_back(void **state)
{
	struct process *process;
	struct document *document = need(state, &process);
	struct error error = ERROR_NONE;
	struct save_plan done;

	assert_true(document_overwrite(document, process_offset(process, 1),
				       "1", 1, &error));
	io.pwrite = write_nothing;
	assert_true(save_write(document, NULL, &done, &error));
	assert_non_null(strstr(done.note, "something else is read back"));
}

/* A child may do the long part, as with every other method. */
static void test_blocks_write_in_a_child(void **state)
{
	struct process *process;
	struct document *document = need(state, &process);
	struct error error = ERROR_NONE;
	struct save_plan done;
	uint64_t now, all;
	int status;

	assert_true(document_overwrite(document, process_offset(process, 1),
				       "child", 5, &error));

	struct save_flush *flush = save_begin(document, NULL, NULL, &error);

	assert_non_null(flush);
	assert_string_equal(save_method_name(save_planned(flush)->method),
			    "directly");
	assert_true(save_prepare(flush));
	assert_true(save_commit(flush));

	pid_t child = fork();

	if (child == 0)
		_exit(!save_apply(flush));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	save_progress(flush, &now, &all);
	assert_int_equal(now, 10);
	assert_int_equal(all, 10);
	assert_true(save_finish(flush, &done));
	save_end(flush);
	assert_string_equal(done.note, "");
	assert_int_equal(process_ask(process, 4), 'd');
	assert_int_equal(document_change_count(document), 0);
	document_check(document);
}

static bool stop_at_once(void *context)
{
	(void)context;
	return true;
}

static void test_blocks_write_is_stopped_before(void **state)
{
	struct process *process;
	struct document *document = need(state, &process);
	const struct save_hooks hooks = { .stop = stop_at_once };
	struct error error = ERROR_NONE;

	assert_true(document_overwrite(document, process_offset(process, 1),
				       "!", 1, &error));

	struct save_flush *flush = save_begin(document, NULL, &hooks, &error);

	assert_non_null(flush);
	assert_false(save_prepare(flush));
	save_message(flush, &error);
	save_end(flush);
	assert_says(&error, "not written, unchanged: stopped");
	assert_int_equal(process_ask(process, 0), process_byte(PAGE));
	assert_int_equal(document_change_count(document), 1);
}

/* What a process can't have is refused, not left out. */
static void test_blocks_write_with_options(void **state)
{
	struct process *process;
	struct document *document = need(state, &process);
	const struct save_options replace = { .way = SAVE_WAY_REPLACE };
	const struct save_options copy = { .backup = SAVE_BACKUP_COPY };
	struct error error = ERROR_NONE;
	struct save_plan plan;

	assert_true(document_overwrite(document, process_offset(process, 1),
				       "!", 1, &error));
	assert_false(save_plan(document, &replace, &plan, &error));
	assert_says(&error, "it can't be replaced");
	assert_false(save_write(document, &copy, &plan, &error));
	assert_says(&error, "no backup");
	assert_int_equal(process_ask(process, 0), process_byte(PAGE));
}

static void test_blocks_write_into_gap(void **state)
{
	struct process *process;
	struct document *document = need(state, &process);
	struct error error = ERROR_NONE;
	struct save_plan done;

	process_ask(process, 'm');
	assert_true(document_reread(document, &error));
	assert_true(document_overwrite(document, process_offset(process, HOLE),
				       "1", 1, &error));
	assert_true(save_write(document, NULL, &done, &error));
	document_check(document);
}

/* --- the end --- */

static void test_blocks_process_ends(void **state)
{
	struct process *process;
	struct document *document = need(state, &process);
	uint64_t start = process_offset(process, 1), length;
	struct file *file = document_file(document);
	struct error error = ERROR_NONE;
	struct save_plan done;
	struct found found;
	char byte = 1;

	assert_true(document_overwrite(document, start, "1", 1, &error));
	process_kill(process);
	assert_int_equal(file_check(file, NULL), FILE_ENDED);
	assert_int_equal(document_read(document, start + 1, &byte, 1), 1);
	assert_int_equal(byte, 0);
	assert_true(document_verify(document));
	assert_true(document_lost(document, start + 1, &length));
	assert_false(search(document, process, "/a/", 0, HOLE, &found, &error));
	assert_says(&error, "the process has ended");
	assert_false(save_write(document, NULL, &done, &error));
	assert_says(&error, "the process has ended");
	assert_false(save_plan(document, NULL, &done, &error));
	/* What was typed is there still. */
	assert_int_equal(document_read(document, start, &byte, 1), 1);
	assert_int_equal(byte, '1');
	assert_null(file_open(process->path, NULL, NULL, &error));
	document_check(document);
}

static off_t ends_at;
static pid_t ends;

/* The process ends, and is gone, before the page there is read. */
static ssize_t read_last(int fd, void *buffer, size_t size, off_t offset)
{
	ssize_t count = real.pread(fd, buffer, size, offset);

	if (offset + (off_t)size <= ends_at)
		return count;
	kill(ends, SIGKILL);
	while (count > 0) {
		sched_yield();
		count = real.pread(fd, buffer, size, offset);
	}
	return count;
}

static void test_blocks_process_ends_while_searched(void **state)
{
	struct process *process;
	struct document *document = need(state, &process);
	struct error error = ERROR_NONE;
	struct found found;

	ends_at = (off_t)process_offset(process, HOLE + 2);
	ends = process->number;
	io.pread = read_last;

	bool done = search(document, process, "/a/", 0, PAGES, &found, &error);

	io = real;
	assert_false(done);
	assert_says(&error, "the process has ended");
}

/* --- what is refused --- */

static int open_denied(int folder, const char *name, int flags, mode_t mode)
{
	if (strstr(name, "/mem") || strstr(name, "/maps")) {
		errno = EACCES;
		return -1;
	}
	return real.openat(folder, name, flags, mode);
}

static void test_blocks_refused(void **state)
{
	struct process *process;
	struct error error = ERROR_NONE;

	need(state, &process);
	assert_null(file_open("/proc/4194999/mem", NULL, NULL, &error));
	assert_says(&error, "there is no process 4194999");
	io.openat = open_denied;
	assert_null(file_open(process->path, NULL, NULL, &error));
	assert_says(&error, "permission denied");
	assert_says(&error, "memory of process");
}

/* --- character devices --- */

static void test_blocks_character(void **state)
{
	struct document *document;
	struct error error = ERROR_NONE;
	struct save_plan done;
	unsigned char byte = 1;

	(void)state;
	assert_null(file_open("/dev/zero", NULL, NULL, &error));
	assert_says(&error, "--device");
	file_allow_characters();
	document = open_document("/dev/null");
	assert_int_equal(document_size(document), 0);
	document_close(document);

	document = open_document("/dev/zero");
	assert_int_equal(file_kind(document_file(document)), FILE_CHARACTER);
	assert_int_equal(document_size(document), FILE_ENDLESS);
	assert_int_equal(document_read(document, FILE_ENDLESS - 1, &byte, 1),
			 1);
	assert_int_equal(byte, 0);
	assert_int_equal(file_check(document_file(document), NULL), FILE_SAME);
	document_close(document);

	document = open_document("/dev/full");
	assert_true(document_overwrite(document, 1000, "abc", 3, &error));
	if (!file_read_only(document_file(document))) {
		assert_false(save_write(document, NULL, &done, &error));
		assert_says(&error, "0 of 3 bytes were written");
		assert_says(&error, "No space left");
	}
	document_close(document);
}

static void test_blocks_terminal(void **state)
{
	struct error error = ERROR_NONE;
	int fd = posix_openpt(O_RDWR | O_NOCTTY);

	(void)state;
	if (fd < 0 || grantpt(fd) != 0 || unlockpt(fd) != 0)
		skip();
	file_allow_characters();
	assert_null(file_open(ptsname(fd), NULL, NULL, &error));
	assert_says(&error, "cannot be read at an offset");
	close(fd);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_blocks_regions),
		TEST(test_blocks_regions_are_read_again),
		TEST(test_blocks_are_read),
		TEST(test_blocks_holes_are_folded),
		TEST(test_blocks_bad_page),
		TEST(test_blocks_short_reads),
		TEST(test_blocks_search_passes_over_gaps),
		TEST(test_blocks_search_leaves_bad_pages_out),
		TEST(test_blocks_edit),
		TEST(test_blocks_copies_stay),
		TEST(test_blocks_write),
		TEST(test_blocks_write_stops_midway),
		TEST(test_blocks_write_is_read_back),
		TEST(test_blocks_write_in_a_child),
		TEST(test_blocks_write_is_stopped_before),
		TEST(test_blocks_write_with_options),
		TEST(test_blocks_write_into_gap),
		TEST(test_blocks_process_ends),
		TEST(test_blocks_process_ends_while_searched),
		TEST(test_blocks_refused),
		cmocka_unit_test(test_blocks_character),
		cmocka_unit_test(test_blocks_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
