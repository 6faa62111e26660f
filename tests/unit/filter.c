/*
 * Unit tests of the filter room: each kind names the places where an attempt of
 * PCRE2 succeeds, in both widths, in windows that are all there is and that are
 * not.  (tests/fuzz/filter.c does the same with any pattern.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "pattern_internal.h"

enum { TEXT = 3000 };

static uint64_t seed;

static unsigned random_below(unsigned bound)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (unsigned)(seed >> 33) % bound;
}

static struct pattern *pattern_of(const char *regex, const char *flags)
{
	struct error error = ERROR_NONE;
	struct pattern *pattern = pattern_regex(regex, strlen(regex), flags,
						&error);

	if (!pattern)
		fail_msg("%s: %s", regex, error.message);
	if (!pattern->syntax)
		fail_msg("%s: no syntax", regex);
	return pattern;
}

/* Text of which a few words in each line are like what is looked for. */
static void make_text(unsigned char *text)
{
	static const char *const words[] = {
		"foo", "fo", "FOO", "bar", "qux7", "quux", "1.22.333.4", "1.2",
		"ABC123456", "AB123", "ab-pool:12]", "-pool:7]", "ERROR",
		"timeout", "bar7", " ", " ", "\n", "x@y", "@", "key=", "caf\xc3\xa9",
		"CAF\xc3\x89", "\xe2\x84\xaa", "0000", "\xff", "abcdefghijkl",
	};

	for (size_t length = 0; length < TEXT;) {
		const char *word = words[random_below(sizeof words /
						      sizeof *words)];

		while (*word && length < TEXT)
			text[length++] = (unsigned char)*word++;
	}
}

/* The end of the match at AT, one more; or 0. */
static size_t attempt(const struct pattern *pattern,
		      const unsigned char *text, size_t at)
{
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	size_t end = 0;

	pcre2_set_offset_limit(context, at);
	if (pcre2_match(pattern->attempt, text, TEXT, at, 0, data,
			context) >= 0)
		end = pcre2_get_ovector_pointer(data)[1] + 1;
	pcre2_match_data_free(data);
	pcre2_match_context_free(context);
	return end;
}

/* All that is passed over from AT on are the matches that come first. */
static size_t check_pass(const struct pattern *pattern, struct filter *filter,
			 const unsigned char *text, size_t at, size_t to)
{
	struct filter_range last = { 0, 0, 0 };
	size_t after = at;
	size_t count = filter_pass(filter, &after, to, &last);

	while (at < after) {
		size_t end = (text[at] & 0xc0) != 0x80
				     ? attempt(pattern, text, at) : 0;

		if (end > 0 && count-- == 1) {
			assert_int_equal(at, last.start);
			assert_int_equal(end, last.match_end + 1);
		}
		at = end > 0 ? end - 1 : at + 1;
	}
	assert_int_equal(count, 0);
	return after;
}

/* Asks for places in steps of STEP; the number of those named. */
static size_t check(const struct pattern *pattern, struct filter *filter,
		    const unsigned char *text, size_t size, size_t step)
{
	unsigned char *window = malloc(size);
	size_t named = 0;

	assert_non_null(window);
	memcpy(window, text, size);
	filter_look(filter, window, size, size == TEXT);
	filter_tune(filter, 0);
	for (size_t at = 0; at < size;) {
		size_t to = size - at < step ? size : at + step;
		struct filter_range range = { to, to, 0 };
		bool found = filter_next(filter, at, to, &range);

		if (!found)
			range = (struct filter_range){ to, to, 0 };
		assert_true(range.start >= at && range.end <= to);
		assert_true(!found || !pattern->utf ||
			    (text[range.start] & 0xc0) != 0x80);
		for (; at < range.start; at++)
			if ((text[at] & 0xc0) != 0x80 &&
			    attempt(pattern, text, at))
				fail_msg("%s: %d is missing",
					 pattern_text(pattern), (int)at);
		if (range.match_end)
			assert_int_equal(attempt(pattern, text, at),
					 range.match_end + 1);
		named += range.end - range.start;
		at = range.end;
	}
	for (size_t at = 0, to = 0; at < size;) {
		size_t after;

		to = size - to < step ? size : to + step;
		after = at < to ? check_pass(pattern, filter, text, at, to) : at;
		at = after < to && after == at ? after + 1 : after;
	}
	free(window);
	return named;
}

struct kinds {
	const char *regex;
	const char *flags;
	const char *kinds;	/* those that there are: a w t */
};

static const struct kinds patterns[] = {
	{ "foo", "", "at" }, { "foo", "i", "at" }, { "foo|bar|qu+x", "", "w" },
	{ "(?:foo|key|bar)=", "", "w" }, { "\\d{1,3}(\\.\\d{1,3}){3}", "", "at" },
	{ "[A-Z]{3}\\d{6}", "", "at" }, { "[a-z]+-pool:\\d+\\]", "", "at" },
	{ "ERROR.*timeout", "", "at" }, { "^.*timeout", "", "a" },
	{ "\\w+@\\w+", "", "at" }, { "0{3,}", "", "at" },
	{ "[a-l]{8,}", "", "at" }, { "caf\xc3\xa9", "iu", "at" },
	{ "k|\xc3\xa9", "iu", "w" }, { "(?<=key=)foo", "", "at" },
	{ ".{2,40}qux\\d", "s", "at" }, { "\\bfoo|fo\\b", "", "w" },
	{ "x?foo|.{0,3}bar", "", "w" }, { ".{1,2}foo", "u", "at" },
	{ "foo.*?bar\\d+", "", "at" }, { "foo.*bar\\d*", "s", "at" },
	{ "ERROR.*+timeout", "", "at" }, { "fo+.{0,9}qux\\d", "", "at" },
	{ "fo+.{0,9}?qux\\d\\b", "", "at" }, { "foo[^x]*bar.*key", "", "at" },
	{ "[a-z]++-pool:\\d+?\\]", "", "at" }, { "foo.*\\d+@", "", "at" },
	{ "(?<=key=)fo+", "", "at" }, { "(?<=ERR)OR.*?bar", "i", "at" },
	{ "(?<=E..)R.{0,40}timeout", "", "at" },
	{ "[A-Z]++[A-Z]+\\d", "", "at" }, { "foo.*?\\d*", "", "at" },
	{ "\\b\\d{1,3}(\\.\\d{1,3}){3}\\b", "", "at" },
	{ "\\b[a-z7]+\\b", "", "at" }, { "-\\d*\\b", "", "at" },
	{ "\\b[a-z-]+:", "", "at" }, { "\\w{1,2}?[a-f]\\b", "", "at" },
	{ "foo.*bar\\b", "", "at" },
	{ "\\bfoo.*?\\d?\\b", "", "at" }, { "o\\b", "", "at" },
	{ "[a-f]{3,70}\\b", "", "at" }, { "\\d{2,4}[A-Z]?", "", "at" },
	{ "[a-z]{2}\\d{0,2}[ -]{1,3}[a-z]", "", "at" },
	{ "[\\x00-\\x7f]{70,}", "", "at" }, { "\\b1?0*\\b", "", "" },
	{ "x?foo|.{0,3}bar", "", "w" }, { "(?:fo|f)(?:o|oq)|\\.\\d|qux", "", "w" },
	{ "00", "", "at" }, { "bcdefghijkl", "", "at" },
	{ "bcdefghijkl", "iu", "at" }, { "o", "", "at" },
	{ "timeout|ERROR|key=|FOO", "", "w" }, { "timeout|eout", "i", "w" },
};

static void test_filter_misses_nothing(void **state)
{
	static unsigned char text[TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		struct pattern *pattern = pattern_of(patterns[i].regex,
						     patterns[i].flags);

		seed = i;
		make_text(text);
		for (int kind = 0; kind < 2 * FILTER_KINDS; kind++) {
			filter_force_narrow(kind >= FILTER_KINDS);

			struct filter *filter = filter_new(
				(enum filter_kind)(kind % FILTER_KINDS),
				pattern->syntax, pattern->utf);
			char letter = "awt"[kind % FILTER_KINDS];

			if (!filter != !strchr(patterns[i].kinds, letter))
				fail_msg("%s: kind %c", patterns[i].regex,
					 letter);
			if (!filter)
				continue;
			check(pattern, filter, text, TEXT, TEXT);
			check(pattern, filter, text, TEXT, 7);
			for (size_t size = 1; size < 200; size++)
				check(pattern, filter, text, size, 50);
			filter_free(filter);
		}
		pattern_free(pattern);
	}
	filter_force_narrow(false);
}

/* Nor is much named that is no match. */
static void test_filter_is_of_use(void **state)
{
	static unsigned char text[TEXT];
	struct pattern *pattern = pattern_of("[a-z]+-pool:\\d", "");
	struct filter *filter = filter_new(FILTER_ANCHOR, pattern->syntax,
					   false);

	(void)state;
	memset(text, 'x', TEXT);
	memset(text, '-', TEXT / 2);
	assert_int_equal(check(pattern, filter, text, TEXT, TEXT), 0);
	memcpy(text + 100, "abc-pool:1", 10);
	assert_int_equal(check(pattern, filter, text, TEXT, TEXT), 3);
	filter_free(filter);
	pattern_free(pattern);
}

static void test_filter_is_literal(void **state)
{
	static const struct {
		const char *regex;
		const char *flags;
		bool literal;
	} cases[] = {
		{ "session", "", true }, { "session", "i", true },
		{ "a[bc]d", "", true }, { "a[bcd]e", "", false },
		{ "session+", "", false }, { "session$", "", false },
		{ "(?<=x)session", "", true }, { "a.*b", "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pattern *pattern = pattern_of(cases[i].regex,
						     cases[i].flags);
		struct filter *filter = filter_new(FILTER_ANCHOR,
						   pattern->syntax, false);

		assert_non_null(filter);
		if (filter_is_literal(filter) != cases[i].literal)
			fail_msg("%s", cases[i].regex);
		filter_free(filter);
		pattern_free(pattern);
	}
}

static void test_filter_count(void **state)
{
	enum { LONG = 20000 };
	static unsigned char bytes[LONG];
	uint64_t sums[LONG + 1] = { 0 };

	(void)state;
	for (size_t i = 0; i < LONG; i++) {
		/* Many in a row, and few. */
		bytes[i] = i < LONG / 2 || random_below(50) == 0 ? '\n' : 0xff;
		sums[i + 1] = sums[i] + (bytes[i] == '\n');
	}
	for (int narrow = 0; narrow < 2; narrow++) {
		filter_force_narrow(narrow);
		for (size_t start = 0; start < LONG; start += 1 + start / 9)
			for (size_t end = start; end <= LONG;
			     end += 1 + (end - start) * 2)
				assert_int_equal(
					filter_count('\n', bytes + start,
						     end - start),
					sums[end] - sums[start]);
	}
	filter_force_narrow(false);
}

/* What the filter names first in TEXT, which is filled with FILL and has WORDS
 * at its middle; the match is BEFORE of them on. */
static void expect_match(const char *regex, const char *fill,
			 const char *words, size_t before, size_t length)
{
	static unsigned char text[TEXT];
	struct pattern *pattern = pattern_of(regex, "");
	struct filter *filter = filter_new(FILTER_ANCHOR, pattern->syntax,
					   false);
	size_t start = TEXT / 2 + before;
	struct filter_range range;

	for (size_t i = 0; i < TEXT; i++)
		text[i] = (unsigned char)fill[i % strlen(fill)];
	assert_int_equal(check(pattern, filter, text, TEXT, TEXT), 0);
	memcpy(text + TEXT / 2, words, strlen(words));
	filter_look(filter, text, TEXT, true);
	filter_tune(filter, 0);
	assert_true(filter_next(filter, 0, TEXT, &range));
	assert_int_equal(range.start, start);
	assert_int_equal(range.match_end, start + length);
	filter_free(filter);
	pattern_free(pattern);
}

/* Matches that need no attempt, and nothing else is named. */
static void test_filter_knows_matches(void **state)
{
	(void)state;
	expect_match("[a-z]+-pool:\\d+\\]", "ab-pool ", "\nab-pool:12]", 1,
		     11);
	expect_match("foo.*bar", "foo ", "\nfoo bar bar f\n", 1, 11);
	expect_match("foo.*?bar\\d*", "bar ", "\nfo foo bar12 bar\n", 4, 9);
	expect_match("foo.{0,7}bar", "foo\n", "foo .. bar bar\n", 0, 10);
	expect_match("(?<=key=)fo+", "foo ", "key=fooo,", 4, 4);
	expect_match("(?<=a)b.*?c", "b c ", "ab  c  c", 1, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter_misses_nothing),
		cmocka_unit_test(test_filter_is_of_use),
		cmocka_unit_test(test_filter_is_literal),
		cmocka_unit_test(test_filter_count),
		cmocka_unit_test(test_filter_knows_matches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
