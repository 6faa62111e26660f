/*
 * Unit tests of the timestamp room: the forms, one line each with what it
 * says; comparing; and seeking, against the first such line of all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "sizes.h"
#include "timestamp_seek.h"

enum { DATED = TIMESTAMP_YEAR | TIMESTAMP_DAY | TIMESTAMP_CLOCK };

/* 10:15:30 and half a second of 2026-11-22, or less of that. */
static const struct {
	const char *line;
	unsigned parts;
	uint32_t nanoseconds;
	int zone;
} lines[] = {
	{ "2026-11-22T10:15:30Z x", DATED | TIMESTAMP_ZONE, 0, 0 },
	{ "2026-11-22T10:15:30.5+01:30", DATED | TIMESTAMP_ZONE, 500000000,
	  90 },
	{ "2026-11-22 10:15:30,500 INFO x", DATED, 500000000, 0 },
	{ "[2026-11-22 10:15:30.500000 -0800] x", DATED | TIMESTAMP_ZONE,
	  500000000, -480 },
	{ "x {\"time\":\"2026-11-22T10:15:30.5Z\"}", DATED | TIMESTAMP_ZONE,
	  500000000, 0 },
	{ "2026/11/22 10:15:30 [error]", DATED, 0, 0 },
	{ "2026.11.22-10:15:30 x", DATED, 0, 0 },
	{ "20261122T101530.5Z x", DATED | TIMESTAMP_ZONE, 500000000, 0 },
	{ "20261122 101530 x", DATED, 0, 0 },
	{ "20261122101530 x", DATED, 0, 0 },
	{ "261122 101530 x", DATED, 0, 0 },
	{ "10.0.0.1 - - [22/Nov/2026:10:15:30 +0100] \"GET", DATED |
	  TIMESTAMP_ZONE, 0, 60 },
	{ "Date: Sun, 22 Nov 2026 10:15:30 GMT", DATED | TIMESTAMP_ZONE, 0,
	  0 },
	{ "22-Nov-2026 10:15:30.5 named", DATED, 500000000, 0 },
	{ "Nov 22 10:15:30 host sshd[7]: x", TIMESTAMP_DAY | TIMESTAMP_CLOCK,
	  0, 0 },
	{ "<13>Nov 22 10:15:30 host x", TIMESTAMP_DAY | TIMESTAMP_CLOCK, 0,
	  0 },
	{ "Sun Nov 22 10:15:30 2026 x", DATED, 0, 0 },
	{ "Sun Nov 22 10:15:30 CET 2026 x", DATED, 0, 0 },
	{ "Nov 22 2026 10:15:30: %ASA", DATED, 0, 0 },
	{ "11/22/2026 10:15:30 AM x", DATED, 0, 0 },
	{ "11/22/2026, 10:15:30.5 x", DATED, 500000000, 0 },
	{ "I1122 10:15:30.500000 17 x.go:1]", TIMESTAMP_DAY | TIMESTAMP_CLOCK,
	  500000000, 0 },
	{ "11-22 10:15:30.500  1  2 D x", TIMESTAMP_DAY | TIMESTAMP_CLOCK,
	  500000000, 0 },
	{ "10:15:30.500 x", TIMESTAMP_CLOCK, 500000000, 0 },
	{ "at 10:15:30 x", TIMESTAMP_CLOCK, 0, 0 },
};

static void test_timestamp_reads_the_usual_forms(void **state)
{
	struct timestamps *timestamps = timestamps_new(NULL);

	(void)state;
	assert_non_null(timestamps);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct timestamp stamp;

		if (!timestamps_read(timestamps, lines[i].line,
				     strlen(lines[i].line), &stamp))
			fail_msg("%s", lines[i].line);
		if (stamp.parts != lines[i].parts ||
		    stamp.seconds != 10 * 3600 + 15 * 60 + 30 ||
		    stamp.nanoseconds != lines[i].nanoseconds ||
		    stamp.zone != lines[i].zone ||
		    (stamp.parts & TIMESTAMP_YEAR && stamp.year != 2026) ||
		    (stamp.parts & TIMESTAMP_DAY &&
		     (stamp.month != 11 || stamp.day != 22)))
			fail_msg("%s: %x %d-%d-%d %d.%u %d", lines[i].line,
				 stamp.parts, stamp.year, stamp.month,
				 stamp.day, (int)stamp.seconds,
				 stamp.nanoseconds, stamp.zone);
	}
	timestamps_free(timestamps);
}

static void test_timestamp_reads_numbers(void **state)
{
	struct timestamps *timestamps = timestamps_new(NULL);
	struct timestamp stamp;
	static const struct {
		const char *line;
		unsigned parts;
		int64_t seconds;
		uint32_t nanoseconds;
	} numbers[] = {
		{ "1795342530 x", TIMESTAMP_SINCE_1970, 1795342530, 0 },
		{ "1795342530.25 x", TIMESTAMP_SINCE_1970, 1795342530,
		  250000000 },
		{ "1795342530250 x", TIMESTAMP_SINCE_1970, 1795342530,
		  250000000 },
		{ "1795342530250000 x", TIMESTAMP_SINCE_1970, 1795342530,
		  250000000 },
		{ "{\"ts\": 1795342530.25}", TIMESTAMP_SINCE_1970, 1795342530,
		  250000000 },
		{ "[   12.250000] usb", TIMESTAMP_SINCE_START, 12,
		  250000000 },
		{ "11/22/2026 12:00:01 AM", DATED, 1, 0 },
		{ "11/22/2026 12:00:01 PM", DATED, 12 * 3600 + 1, 0 },
		{ "11/22/2026 01:00:00 pm", DATED, 13 * 3600, 0 },
	};
	static const char *const none[] = {
		"", "no time", "2026-13-22 x", "1.2.3.4:10", "17953425301 x",
		"version 10:15", "99:15:30", "ab2026-11-22",
	};

	(void)state;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		if (!timestamps_read(timestamps, numbers[i].line,
				     strlen(numbers[i].line), &stamp))
			fail_msg("%s", numbers[i].line);
		if (stamp.parts != numbers[i].parts ||
		    stamp.seconds != numbers[i].seconds ||
		    stamp.nanoseconds != numbers[i].nanoseconds)
			fail_msg("%s: %x %ld.%u", numbers[i].line,
				 stamp.parts, (long)stamp.seconds,
				 stamp.nanoseconds);
	}
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		if (timestamps_read(timestamps, none[i], strlen(none[i]),
				    &stamp))
			fail_msg("%s", none[i]);
	timestamps_free(timestamps);
}

static struct timestamp parse(struct timestamps *timestamps, const char *text)
{
	struct error error = ERROR_NONE;
	struct timestamp stamp;

	if (!timestamps_parse(timestamps, text, strlen(text), &stamp, &error))
		fail_msg("%s", error.message);
	return stamp;
}

/* Each is not later than the next. */
static void test_timestamp_compares(void **state)
{
	static const char *const ascending[] = {
		"1969-12-31 23:59:59", "1970-01-01", "1999-12-31",
		"2000-02-28 23:59", "2000-02-29", "2000-03-01",
		"2026-11-22", "2026-11-22 10:15", "2026-11-22 10:15:00.5",
		"2026-11-22 10:15:30Z", "2026-11-22 11:15:30",
	};
	struct timestamps *timestamps = timestamps_new(NULL);
	struct timestamp one, other;
	struct error error = ERROR_NONE;
	int order;

	(void)state;
	for (size_t i = 1; i < sizeof ascending / sizeof *ascending; i++) {
		one = parse(timestamps, ascending[i - 1]);
		other = parse(timestamps, ascending[i]);
		assert_true(timestamp_compare(&one, &other, &order));
		assert_true(order < 0);
		assert_true(timestamp_compare(&other, &one, &order));
		assert_true(order > 0);
	}
	/* In zones the moment counts. */
	one = parse(timestamps, "2026-11-22 10:15:30+01:00");
	other = parse(timestamps, "2026-11-22 09:15:30Z");
	assert_true(timestamp_compare(&one, &other, &order));
	assert_int_equal(order, 0);
	/* A number of seconds has no day. */
	one = parse(timestamps, "10:15:30");
	other = parse(timestamps, "17.5");
	assert_false(timestamp_compare(&one, &other, &order));
	assert_false(timestamps_parse(timestamps, "noon", 4, &one, &error));
	assert_non_null(strstr(error.message, "noon is no time"));
	timestamps_free(timestamps);
}

static void test_timestamp_years_that_are_left_out(void **state)
{
	struct timestamps *timestamps = timestamps_new(NULL);
	struct timestamp stamp = parse(timestamps, "12-31 10:15");
	struct timestamp other = parse(timestamps, "2026-11-22 10:15");

	(void)state;
	timestamp_date(&stamp, 1795342530);	/* 2026-11-22 */
	assert_int_equal(stamp.year, 2025);
	stamp = parse(timestamps, "11-22 10:15");
	timestamp_date(&stamp, 1795342530);
	assert_int_equal(stamp.year, 2026);
	stamp = parse(timestamps, "01-01 00:00");
	timestamp_date(&stamp, 1798718400);	/* 2026-12-31 12:00 */
	assert_int_equal(stamp.year, 2027);
	stamp = parse(timestamps, "10:15");
	timestamp_complete(&stamp, &other);
	assert_int_equal(stamp.parts, DATED);
	assert_int_equal(stamp.day, 22);
	timestamps_free(timestamps);
}

/* --- seeking --- */

static char path[] = "/tmp/octavo-timestamp-XXXXXX";

static struct document *open_path(void)
{
	struct error error = ERROR_NONE;
	struct file *file = file_open(path, NULL, NULL, &error);
	struct document *document = file ? document_open(file, &error) : NULL;

	if (!document)
		fail_msg("%s", error.message);
	return document;
}

/* Puts TEXT at *OFFSET of the file, in WIDE units. */
static void put(FILE *file, const char *text, enum newline_form form,
		uint64_t *offset)
{
	for (; *text; text++) {
		if (form == NEWLINE_UTF16BE)
			fputc(0, file);
		fputc(*text, file);
		if (form == NEWLINE_UTF16LE)
			fputc(0, file);
		*offset += form == NEWLINE_BYTE ? 1 : 2;
	}
}

enum { LINES = 300 };

/* Lines of every third second or so, several of a second, others without a
 * time; where each second begins is in STARTS. */
static void make_log(enum newline_form form, uint64_t starts[LINES + 1])
{
	FILE *file = fopen(path, "wb");
	uint64_t offset = 0;
	unsigned second = 0;

	assert_non_null(file);
	if (form == NEWLINE_BYTE)
		put(file, "a heading\n", form, &offset);
	for (unsigned i = 0; i <= LINES; i++)
		starts[i] = UINT64_MAX;
	while (second < LINES) {
		char line[80];

		for (unsigned i = 0; i <= second; i++)
			if (starts[i] == UINT64_MAX)
				starts[i] = offset;
		snprintf(line, sizeof line, "2026-11-22 10:%02u:%02u %.*s\n",
			 second / 60, second % 60, rand() % 30,
			 "and so on and so on and so on and so on");
		put(file, line, form, &offset);
		for (int i = rand() % 4; i > 0; i--)
			put(file, "\tat frame\n", form, &offset);
		second += (unsigned)rand() % 4;
	}
	fclose(file);
}

static void check_seek(enum newline_form form)
{
	uint64_t starts[LINES + 1];
	struct document *document;
	struct timestamp_log log = {
		.form = form, .timestamps = timestamps_new(NULL),
	};

	make_log(form, starts);
	log.document = document = open_path();
	for (unsigned second = 0; second < LINES; second++) {
		struct error error = ERROR_NONE;
		struct timestamp target;
		uint64_t offset;
		char text[40];
		bool later;

		snprintf(text, sizeof text, "2026-11-22 10:%02u:%02u",
			 second / 60, second % 60);
		target = parse(log.timestamps, text);
		if (!timestamp_seek(&log, &target, &offset, &later, &error))
			fail_msg("%s", error.message);
		assert_int_equal(later, starts[second] == UINT64_MAX);
		if (!later)
			assert_int_equal(offset, starts[second]);
	}
	document_close(document);
	timestamps_free(log.timestamps);
}

static void test_timestamp_seeks_as_one_who_reads_all(void **state)
{
	(void)state;
	srand(5);
	for (unsigned round = 0; round < 5; round++) {
		check_seek(NEWLINE_BYTE);
		check_seek(NEWLINE_UTF16LE);
		check_seek(NEWLINE_UTF16BE);
	}
}

static void write_path(const char *text, size_t times)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	while (times-- > 0)
		fputs(text, file);
	fclose(file);
}

static void test_timestamp_seek_says_why_not(void **state)
{
	struct error error = ERROR_NONE;
	struct timestamp_log log = { .timestamps = timestamps_new(NULL) };
	struct timestamp target = parse(log.timestamps, "10:15");
	struct document *document;
	struct timestamp stamp;
	uint64_t offset;
	bool later;

	(void)state;
	write_path("no time here\n", 3);
	log.document = document = open_path();
	assert_false(timestamp_seek(&log, &target, &offset, &later, &error));
	assert_non_null(strstr(error.message, "no line has a time"));
	assert_false(timestamp_near(&log, 5, &stamp));
	document_close(document);

	write_path("no time here\n", TIMESTAMP_PROBE / 4);
	log.document = document = open_path();
	assert_false(timestamp_seek(&log, &target, &offset, &later, &error));
	assert_non_null(strstr(error.message, "no line has a time in"));
	document_close(document);

	write_path("[   12.250000] usb\n", 3);
	log.document = document = open_path();
	assert_false(timestamp_seek(&log, &target, &offset, &later, &error));
	assert_non_null(strstr(error.message, "of another kind"));
	assert_true(timestamp_near(&log, document_size(document), &stamp));
	assert_int_equal(stamp.seconds, 12);
	document_close(document);

	write_path("", 0);
	log.document = document = open_path();
	assert_false(timestamp_seek(&log, &target, &offset, &later, &error));
	document_close(document);
	timestamps_free(log.timestamps);
}

static int set_up(void **state)
{
	(void)state;
	return close(mkstemp(path));
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timestamp_reads_the_usual_forms),
		cmocka_unit_test(test_timestamp_reads_numbers),
		cmocka_unit_test(test_timestamp_compares),
		cmocka_unit_test(test_timestamp_years_that_are_left_out),
		cmocka_unit_test(test_timestamp_seeks_as_one_who_reads_all),
		cmocka_unit_test(test_timestamp_seek_says_why_not),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
