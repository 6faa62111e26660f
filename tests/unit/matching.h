/*
 * What tests of patterns share: where they match, why they are refused.
 */
#ifndef OCTAVO_TESTS_MATCHING_H
#define OCTAVO_TESTS_MATCHING_H

#include <string.h>

#include "pattern_internal.h"

/* Where PATTERN first matches in LENGTH bytes of SUBJECT; -1: nowhere. */
static inline long first_match(const struct pattern *pattern,
			       const char *subject, size_t length)
{
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	int code = pcre2_match(pattern->code, (PCRE2_SPTR)subject, length, 0,
			       0, data, NULL);
	long start = code < 0 ? -1 : (long)*pcre2_get_ovector_pointer(data);

	pcre2_match_data_free(data);
	return start;
}

static inline void expect(const char *text, const char *subject,
			  size_t length, long start)
{
	struct error error = ERROR_NONE;
	size_t position = 0;
	struct pattern *pattern = pattern_parse(text, &position, &error);

	if (!pattern)
		fail_msg("%s: %s", text, error.message);
	if (first_match(pattern, subject, length) != start)
		fail_msg("%s: matches at %ld", text,
			 first_match(pattern, subject, length));
	assert_int_equal(position, strlen(text));

	/* What it prints reads as the same pattern. */
	struct pattern *again;

	position = 0;
	again = pattern_parse(pattern_text(pattern), &position, &error);
	assert_non_null(again);
	assert_int_equal(first_match(again, subject, length), start);
	pattern_free(again);
	pattern_free(pattern);
}

static inline void refuse(const char *text, long place, const char *words)
{
	struct error error = ERROR_NONE;
	size_t position = 0;

	if (pattern_parse(text, &position, &error))
		fail_msg("%s: taken", text);
	assert_int_equal(position, 0);
	if (error.position != place || !strstr(error.message, words))
		fail_msg("%s: %s at %ld", text, error.message, error.position);
}

#endif
