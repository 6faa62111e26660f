/*
 * Unit tests of the line_filter room: what grep shows, what an edit reaches,
 * limits, and what it takes.  tests/model/line_filter.c does the rest.
 */
#include "sample.h"

#include <sys/mman.h>
#include <unistd.h>

#include "gate.h"
#include "io.h"
#include "newline.h"
#include "octavo/line_filter.h"
#include "octavo/save.h"

static struct pattern *regex(const char *text)
{
	return pattern_of(&(struct form){ text, "" });
}

static struct line_filter *filter_of(struct document *document,
				     enum newline_form form, const char *text,
				     bool exclude)
{
	struct line_filter *filter = line_filter_new(document, form, NULL);

	assert_non_null(filter);
	line_filter_set_workers(filter, 2);
	assert_true(line_filter_add(filter, regex(text), exclude, NULL));
	return filter;
}

static void wait_for(struct line_filter *filter)
{
	struct error error = ERROR_NONE;

	line_filter_wait(filter);
	if (line_filter_state(filter, &error) != JOB_DONE)
		fail_msg("%s", error.message);
	line_filter_check(filter);
}

/* Asserts that the lines that are shown begin at these offsets, and that is
 * what both questions say. */
static void check_shown(struct line_filter *filter, const uint64_t *starts,
			size_t count)
{
	uint64_t start, offset = 0;

	wait_for(filter);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(line_filter_from(filter, offset, &start),
				 LINE_FOUND);
		assert_int_equal(start, starts[i]);
		offset = start + 1;
	}
	assert_int_equal(line_filter_from(filter, offset, &start), LINE_NONE);
	for (size_t i = count; i-- > 0;) {
		assert_int_equal(line_filter_before(filter, offset, &start),
				 LINE_FOUND);
		assert_int_equal(start, starts[i]);
		offset = start;
	}
	assert_int_equal(line_filter_before(filter, offset, &start),
			 LINE_NONE);
}

static void edit(struct document *document, struct range range,
		 const char *bytes)
{
	assert_true(document_replace(document, range, bytes, strlen(bytes),
				     NULL));
}

/* --- grep --- */

/* Does the filter show the line at START, number NUMBER, as the next line of
 * grep's says, which is taken then? */
static void check_line(struct line_filter *filter, uint64_t start,
		       unsigned number, char *line, FILE *grep)
{
	enum line_kind wanted = LINE_HIDDEN;
	char *end;

	if (*line && strtoul(line, &end, 10) == number) {
		wanted = *end == ':' ? LINE_PASSES : LINE_CONTEXT;
		do
			if (!fgets(line, 256, grep))
				*line = '\0';
		while (strcmp(line, "--\n") == 0);
	}
	assert_int_equal(line_filter_kind(filter, start), wanted);
}

static void compare_with_grep(const struct sample *sample, const char *text,
			      bool exclude, unsigned before, unsigned after)
{
	struct line_filter *filter = filter_of(sample->document, NEWLINE_BYTE,
					       text, exclude);
	char command[256];
	char line[256] = "";
	unsigned number = 0;
	FILE *grep;

	snprintf(command, sizeof command,
		 "LC_ALL=C grep -n -a %s -B %u -A %u -E '%s' %s",
		 exclude ? "-v" : "", before, after, text, path);
	grep = popen(command, "r");
	assert_non_null(grep);
	if (!fgets(line, sizeof line, grep))
		line[0] = '\0';
	line_filter_set_context(filter, before, after);
	wait_for(filter);
	for (uint64_t at = 0; at < sample->size; at++)
		if (at == 0 || sample->bytes[at - 1] == '\n')
			check_line(filter, at, ++number, line, grep);
	assert_string_equal(line, "");
	pclose(grep);
	line_filter_free(filter);
}

static void test_line_filter_shows_what_grep_does(void **state)
{
	static const char *const texts[] = {
		"a", "foo|bar", "^$", "$", "^", "b$", "a.*b", "x*", "none",
	};
	unsigned char bytes[1024];
	/* Of grep's context lines none is too far away. */
	const unsigned most = LINE_FILTER_REACH < sizeof bytes ? 1 : 3;

	(void)state;
	seed = 3;
	for (unsigned round = 0; round < 20; round++) {
		size_t length = random_bytes(bytes, random_below(600) + 4);
		struct sample sample = { NULL, NULL, 0 };

		/* Lines that fit, without what grep takes for other than
		 * bytes. */
		for (size_t i = 0; i < length; i++)
			if (bytes[i] == 0 || bytes[i] == '\r')
				bytes[i] = '\n';
		sample.document = document_of(bytes, length);
		flatten(&sample);
		for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
			compare_with_grep(&sample, texts[i], round % 3 == 0,
					  random_below(most), random_below(most));
		sample_free(&sample);
	}
}

/* --- what decides of a line from afar --- */

/* A document of SIZE bytes that are UNIT over and over. */
static struct document *repeated(const char *unit, uint64_t size)
{
	size_t length = strlen(unit);
	struct document *document = document_of(unit, length);

	while (document_size(document) < size) {
		struct range all = range_of(0, document_size(document));
		struct clip *clip = document_copy(document, all, NULL);

		assert_non_null(clip);
		assert_true(document_paste(document, range_of(0, 0), clip,
					   NULL));
		clip_free(clip);
	}
	assert_true(document_delete(
		document, (struct range){ size, document_size(document) },
		NULL) || document_size(document) == size);
	return document;
}

static void test_line_filter_edit_is_looked_back_at(void **state)
{
	struct document *document = repeated(".......\n", 4 * (uint64_t)STRETCH_BYTES);
	uint64_t line = 2 * (uint64_t)STRETCH_BYTES;
	struct line_filter *filter = filter_of(
		document, NEWLINE_BYTE, "(?<=q.{6}\n.{7}\n)\\.", false);

	(void)state;
	check_shown(filter, NULL, 0);
	/* The edit is not at the border, and the line behind that. */
	edit(document, range_of(line - 16, 1), "q");
	wait_for(filter);
	check_shown(filter, &line, 1);
	line_filter_free(filter);
	document_close(document);
}

static void test_line_filter_edit_is_looked_ahead_at(void **state)
{
	struct document *document = repeated(".......\n", 4 * (uint64_t)STRETCH_BYTES);
	struct line_filter *filter = filter_of(document, NEWLINE_BYTE,
					       "a(?=[^q]*q)", false);
	uint64_t first = 0;

	(void)state;
	edit(document, range_of(0, 1), "a");
	check_shown(filter, NULL, 0);
	edit(document, range_of(document_size(document), 0), "q");
	check_shown(filter, &first, 1);
	line_filter_free(filter);
	document_close(document);
}

static void test_line_filter_long_line_begins_far_before(void **state)
{
	uint64_t size = 5 * (uint64_t)STRETCH_BYTES + 7;
	struct document *document = repeated(".", size);
	struct line_filter *filter;
	uint64_t line = 2;

	(void)state;
	assert_true(document_insert(document, 0, "x\n", 2, NULL));
	filter = filter_of(document, NEWLINE_BYTE, "q", false);
	check_shown(filter, NULL, 0);
	edit(document, range_of(size - 3, 1), "q");
	check_shown(filter, &line, 1);
	edit(document, range_of(size - 3, 1), ".");
	check_shown(filter, NULL, 0);
	line_filter_free(filter);
	document_close(document);
}

/* A newline of two bytes, each in another stretch. */
static void test_line_filter_newline_across_stretches(void **state)
{
	unsigned char *bytes = malloc(2 * STRETCH_BYTES);
	uint64_t second = STRETCH_BYTES + 2;
	struct document *document;
	struct line_filter *filter;

	(void)state;
	assert_non_null(bytes);
	memset(bytes, 'b', 2 * STRETCH_BYTES);
	bytes[STRETCH_BYTES - 1] = '\n';
	bytes[STRETCH_BYTES] = '\0';
	bytes[STRETCH_BYTES + 3] = 'a';
	document = document_of(bytes, 2 * STRETCH_BYTES);
	filter = filter_of(document, NEWLINE_UTF16LE, "a", false);
	line_filter_wait(filter);
	edit(document, range_of(0, 0), "b");
	check_shown(filter, &second, 1);
	line_filter_free(filter);
	document_close(document);
	free(bytes);
}

/* --- flushes --- */

/* Workers that began before it would look at what has been written at places
 * where they know other bytes to be: AT, where four lines that pass were put
 * in, and behind. */
static void check_flush(uint64_t at, enum save_method method)
{
	static const char text[] = "1234567\n1234567\n1234567\n1234567\n";
	const struct save_options options = { SAVE_WAY_IN_PLACE,
					      SAVE_BACKUP_NONE };
	struct document *document = document_of(text, sizeof text - 1);
	struct line_filter *filter = filter_of(document, NEWLINE_BYTE, "q",
					       false);
	const uint64_t starts[] = { at, at + 2, at + 4, at + 6 };
	int (*before)(void) = io.die_with_parent;
	struct save_plan done;

	edit(document, range_of(at, 0), "q\nq\nq\nq\n");
	gate_shut();
	line_filter_poll(filter);
	assert_int_equal(line_filter_state(filter, NULL), JOB_RUNNING);
	assert_true(save_write(document, &options, &done, NULL));
	assert_int_equal(done.method, method);
	gate_open(before);
	check_shown(filter, starts, 4);
	line_filter_free(filter);
	document_close(document);
}

static void test_line_filter_looks_while_it_is_flushed(void **state)
{
	(void)state;
	check_flush(24, SAVE_IN_PLACE);
	check_flush(0, SAVE_REWRITTEN);
}

/* --- failing --- */

static void test_line_filter_limit_hides_nothing(void **state)
{
	static const char text[] = "one\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac\n";
	const struct pattern_limits limits = { .matches = 1000 };
	struct pattern *pattern = regex("(a+)+[bd]");
	struct document *document = document_of(text, sizeof text - 1);
	struct line_filter *filter = line_filter_new(document, NEWLINE_BYTE,
						     NULL);
	struct error error = ERROR_NONE;
	uint64_t lines[] = { 0 };

	(void)state;
	pattern_set_limits(pattern, &limits);
	assert_true(line_filter_add(filter, pattern, true, NULL));
	assert_true(line_filter_hides(filter));
	line_filter_wait(filter);
	assert_int_equal(line_filter_state(filter, &error), JOB_FAILED);
	assert_non_null(strstr(error.message, "match limit at offset 0x4"));
	assert_false(line_filter_hides(filter));
	/* It does not go on trying. */
	line_filter_wait(filter);
	assert_int_equal(line_filter_state(filter, NULL), JOB_FAILED);
	line_filter_replace(filter, 0, regex("one"), false);
	check_shown(filter, lines, 1);
	line_filter_free(filter);
	document_close(document);
}

/* --- what it takes --- */

/* Pages of the process that are its own. */
static long pages_used(void)
{
	long all = 0, shared = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (!file)
		return 0;
	if (fscanf(file, "%*d %ld %ld", &all, &shared) != 2)
		all = shared = 0;
	fclose(file);
	return all - shared;
}

/* Less than 64 MiB for 10 million. */
static void test_line_filter_is_compact(void **state)
{
	enum { LINE = 8, LINES = STRETCH_BYTES < 4096 ? 4096 : 1 << 19 };
	struct document *document = repeated("number.\n", LINE * LINES);
	struct line_filter *filter = filter_of(document, NEWLINE_BYTE, "u",
					       false);
	uint64_t done, total, lines;
	long before = pages_used();
	long most = 6 * (long)LINES / 4096 + 512;

	(void)state;
	wait_for(filter);
	line_filter_progress(filter, &done, &total, &lines);
	assert_int_equal(lines, LINES);
	assert_true(pages_used() - before < most);
	line_filter_free(filter);
	document_close(document);
}

/* Lines of a byte, which are got to from mark to mark. */
static void test_line_filter_crowded_stretch(void **state)
{
	uint64_t size = STRETCH_BYTES < 4096 ? STRETCH_BYTES : 1 << 16;
	struct document *document = repeated("\n", size);
	struct line_filter *filter = filter_of(document, NEWLINE_BYTE, "^",
					       false);
	uint64_t start;

	(void)state;
	wait_for(filter);
	for (uint64_t at = 0; at < size; at++) {
		assert_int_equal(line_filter_from(filter, at, &start),
				 LINE_FOUND);
		assert_int_equal(start, at);
		assert_int_equal(line_filter_before(filter, at + 1, &start),
				 LINE_FOUND);
		assert_int_equal(start, at);
	}
	line_filter_free(filter);
	document_close(document);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/file", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

/* --- a file that exceeds memory --- */

static uint64_t little_memory(void)
{
	return 1;
}

/* Every other MiB, or stretch of a tiny build, is in memory. */
static const unsigned char *first_byte;

static int some_cached(void *address, bool *cached)
{
	size_t offset = (size_t)((unsigned char *)address - first_byte);

	*cached = offset / STRETCH_BYTES % 2 == 0;
	return 0;
}

static _Atomic uint64_t *discarded;	/* of two kinds of stretches */

static int count_discarded(int fd, off_t offset, off_t length)
{
	(void)fd;
	discarded[(uint64_t)offset / STRETCH_BYTES % 2] += (uint64_t)length;
	return 0;
}

/* What the workers alone have brought in, and no more, is thrown out. */
static void test_line_filter_spares_memory(void **state)
{
	const size_t size = 8 * STRETCH_BYTES;
	unsigned char *bytes = malloc(size);
	struct io before = io;
	struct document *document;
	struct line_filter *filter;
	uint64_t length;

	(void)state;
	assert_non_null(bytes);
	memset(bytes, '\n', size);
	document = document_of(bytes, size);
	first_byte = document_span(document, 0, &length);
	discarded = mmap(NULL, 2 * sizeof *discarded, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(discarded != MAP_FAILED);
	filter = filter_of(document, NEWLINE_BYTE, "x", false);
	io.cached = some_cached;
	io.discard = count_discarded;
	wait_for(filter);
	assert_int_equal(discarded[1], 0);
	io.memory = little_memory;
	line_filter_switch(filter, 0, false);
	line_filter_switch(filter, 0, true);
	wait_for(filter);
	io = before;
	assert_int_equal(discarded[0], 0);
	assert_int_equal(discarded[1], size / 2);
	munmap((void *)discarded, 2 * sizeof *discarded);
	line_filter_free(filter);
	document_close(document);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line_filter_spares_memory),
		cmocka_unit_test(test_line_filter_shows_what_grep_does),
		cmocka_unit_test(test_line_filter_edit_is_looked_back_at),
		cmocka_unit_test(test_line_filter_edit_is_looked_ahead_at),
		cmocka_unit_test(test_line_filter_long_line_begins_far_before),
		cmocka_unit_test(test_line_filter_newline_across_stretches),
		cmocka_unit_test(test_line_filter_looks_while_it_is_flushed),
		cmocka_unit_test(test_line_filter_limit_hides_nothing),
		cmocka_unit_test(test_line_filter_is_compact),
		cmocka_unit_test(test_line_filter_crowded_stretch),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
