/*
 * Fuzz target: filters.  A pattern up to the first newline, and a subject.
 * Wherever an attempt succeeds, every kind of filter must have named the place,
 * in a window that is all there is and in one that is a part; and a match that
 * it names without an attempt is the one that PCRE2 finds.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "pattern_internal.h"

enum { SUBJECT_MAXIMUM = 4096, STEPS_MAXIMUM = 10000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool condition)
{
	if (!condition)
		abort();
}

struct subject {
	const struct pattern *pattern;
	const unsigned char *bytes;
	size_t size;
	size_t ends[SUBJECT_MAXIMUM];	/* of the match that begins there, one
					 * more than it is; 0: none */
};

/* False where PCRE2 gives up. */
static bool attempt_all(struct subject *subject)
{
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	bool good = data && context;

	if (good)
		pcre2_set_match_limit(context, STEPS_MAXIMUM);
	for (size_t at = 0; good && at < subject->size; at++) {
		bool inside = subject->pattern->utf &&
			      (subject->bytes[at] & 0xc0) == 0x80;
		int code;

		subject->ends[at] = 0;
		if (inside)
			continue;
		pcre2_set_offset_limit(context, at);
		code = pcre2_match(subject->pattern->attempt, subject->bytes,
				   subject->size, at, 0, data, context);
		if (code >= 0)
			subject->ends[at] =
				pcre2_get_ovector_pointer(data)[1] + 1;
		else
			good = code == PCRE2_ERROR_NOMATCH;
	}
	pcre2_match_data_free(data);
	pcre2_match_context_free(context);
	return good;
}

/* What is passed over are the matches that come first. */
static void check_pass(const struct subject *subject, struct filter *filter,
		       size_t length)
{
	struct filter_range last = { 0, 0, 0 };
	size_t after = 0;
	size_t count = filter_pass(filter, &after, length, &last);

	for (size_t at = 0; at < after;) {
		size_t end = subject->ends[at];

		if (end > 0 && count-- == 1)
			expect(last.start == at && last.match_end + 1 == end);
		at = end > 0 ? end - 1 : at + 1;
	}
	expect(count == 0);
}

/* The window is LENGTH bytes of the subject. */
static void check(const struct subject *subject, struct filter *filter,
		  size_t length)
{
	bool complete = length == subject->size;
	/* A copy: the sanitizer sees who reads behind it. */
	unsigned char *window = malloc(length ? length : 1);
	size_t at = 0;

	expect(window);
	memcpy(window, subject->bytes, length);
	filter_look(filter, window, length, complete);
	filter_tune(filter, 0);
	while (at < length) {
		struct filter_range range;
		bool found = filter_next(filter, at, length, &range);

		if (!found)
			range = (struct filter_range){ length, length, 0 };
		expect(range.start >= at && range.end <= length);
		expect(!found || range.end > range.start);
		for (; at < range.start; at++)
			expect(!subject->ends[at]);
		if (found && range.match_end)
			expect(subject->ends[at] == range.match_end + 1);
		at = range.end;
	}
	check_pass(subject, filter, length);
	free(window);
}

static void check_pattern(struct subject *subject)
{
	if (!attempt_all(subject))
		return;
	for (int i = 0; i < 2 * FILTER_KINDS; i++) {
		filter_force_narrow(i >= FILTER_KINDS);

		struct filter *filter = filter_new(
			(enum filter_kind)(i % FILTER_KINDS),
			subject->pattern->syntax, subject->pattern->utf);

		if (!filter)
			continue;
		check(subject, filter, subject->size);
		check(subject, filter, subject->size / 2);
		filter_free(filter);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct subject subject;
	const uint8_t *newline = memchr(data, '\n', size);
	size_t length = newline ? (size_t)(newline - data) : size;
	char *text = malloc(length + 1);
	size_t position = 0;

	expect(text);
	memcpy(text, data, length);
	text[length] = '\0';

	struct pattern *pattern = *text == '@' ? NULL
				  : pattern_parse(text, &position, NULL);

	if (pattern && pattern->syntax && newline) {
		subject.pattern = pattern;
		subject.bytes = newline + 1;
		subject.size = size - length - 1;
		if (subject.size <= SUBJECT_MAXIMUM)
			check_pattern(&subject);
	}
	pattern_free(pattern);
	free(text);
	return 0;
}
