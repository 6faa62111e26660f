/* Unit tests of the pattern room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "matching.h"

static void test_pattern_regex(void **state)
{
	(void)state;
	expect("/b+/", "abb", 3, 1);
	expect("/b+", "abb", 3, 1);
	expect("#b/c#", "ab/c", 4, 1);
	expect("/b\\/c/", "ab/c", 4, 1);
	expect("|a\\|b|", "b a|b", 5, 2);
	expect("/a\\\\/", "a a\\", 4, 2);
	expect("/[\\/]/", "a/", 2, 1);
	expect("/^b/", "a\nb", 3, 2);
	expect("/a$/", "a\nb", 3, 0);
	expect("/a.b/", "a\nb", 3, -1);
	expect("/\\xff/", "a\xff", 2, 1);
	expect("/\xff/", "a\xff", 2, 1);
}

static void test_pattern_flags(void **state)
{
	(void)state;
	expect("/B/i", "ab", 2, 1);
	expect("/a.b/s", "a\nb", 3, 0);
	expect("/a b/x", "ab", 2, 0);
	expect("/a|b/w", "ba a", 4, 3);
	expect("/\xc3\x89/iu", "x\xc3\xa9", 3, 1);
	expect("/\\w/u", "\xc3\xa9", 2, 0);
	expect("/^.$/u", "\xc3\xa9", 2, 0);
	expect("/^..$/", "\xc3\xa9", 2, 0);
	refuse("/a/q", 3, "flag");
	refuse("/a/iq", 4, "flag");
	refuse("/a/iiiiiiiiiiiiiiiiiiiiiiii", 3, "flags");
}

static void test_pattern_position(void **state)
{
	struct error error = ERROR_NONE;
	size_t position = 5;
	struct pattern *pattern = pattern_parse("find /a/i+4", &position,
						&error);

	(void)state;
	assert_non_null(pattern);
	assert_int_equal(position, 9);
	assert_string_equal(pattern_text(pattern), "/a/i");
	pattern_free(pattern);

	position = 5;
	assert_null(pattern_parse("find /ab(/", &position, &error));
	assert_int_equal(error.position, 9);
	assert_int_equal(position, 5);
}

static void test_pattern_refused(void **state)
{
	(void)state;
	refuse("", 0, "missing");
	refuse("abc", 0, "/regex/");
	refuse("//", 0, "empty");
	refuse("/", 0, "empty");
	refuse("\"\"", ERROR_NO_POSITION, "empty");
	refuse("{7?", 0, "missing");
	refuse("/a(b/", 5 - 1, "parenthes");
	refuse("/a(b/w", 4, "parenthes");
	refuse("/(*UTF)a/", 7, "UTF");
	refuse("/(*CRLF)a/", 1, "newline");
	refuse("/(*NUL)a/", 1, "newline");
	refuse("/\\C/u", 3, "\\C");
}

static void test_pattern_data(void **state)
{
	(void)state;
	expect("\"a.b\"", "axb a.b", 7, 4);
	expect("{00 ff}", "a\0\xff", 3, 1);
	expect("{?1 4? ??}", "0\x21\x4f\n", 4, 1);
	expect("{?? 41}", "AA", 2, 0);
	expect("u16be:258", "\0\1\2", 3, 1);
	expect("{5c 5d 5b 5e 2d}", "\\][^-", 5, 0);
}

static void test_pattern_text_again(void **state)
{
	static const struct {
		const char *regex;
		size_t length;
		const char *text;
	} cases[] = {
		{ "a", 1, "/a/i" },
		{ "a/b", 3, ",a/b,i" },
		{ "\\/", 2, ",\\/,i" },
		{ "a\0b", 3, "/a\\x00b/i" },
		{ "a\\\0b", 4, "/a\\x00b/i" },
		{ "/,!%;~&'`=:_#<>-\\|", 18,
		  "/\\/,!%;~&'`=:_#<>-\\|/i" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error error = ERROR_NONE;
		struct pattern *pattern = pattern_regex(
			cases[i].regex, cases[i].length, "i", &error);

		assert_non_null(pattern);
		assert_string_equal(pattern_text(pattern), cases[i].text);
		pattern_free(pattern);
	}
}

static struct pattern *regex(const char *text, const char *flags)
{
	struct pattern *pattern = pattern_regex(text, strlen(text), flags,
						NULL);

	assert_non_null(pattern);
	return pattern;
}

static void test_pattern_sequential(void **state)
{
	static const char *const yes[] = {
		"\\Ga", "a\\G", "a(*COMMIT)b", "(*PRUNE:x)a", "a(*SKIP)b",
		"a(*THEN)b|c"
	};
	static const char *const no[] = { "a", "(*ACCEPT)", "\\g1(a)", "G" };

	(void)state;
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
		struct pattern *pattern = regex(yes[i], "");

		assert_true(pattern->sequential);
		pattern_free(pattern);
	}
	for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
		struct pattern *pattern = regex(no[i], "");

		assert_false(pattern->sequential);
		pattern_free(pattern);
	}
}

static void test_pattern_lookbehind(void **state)
{
	static const struct {
		const char *regex;
		const char *flags;
		size_t least;
	} cases[] = {
		{ "a", "", 1 }, { "\\ba", "", 2 }, { "^a", "", 2 },
		{ "(?<=abc)d", "", 4 }, { "(?<=(?<!b)a)c", "", 3 },
		{ "(?<=(?<=(?<=ab)cd)ef)g", "", 7 },
		{ "(?<=abc)d", "u", 13 }, { "\\X", "u", 1000 },
		{ "(*plb:(*plb:ab)cd)e", "", 5 },
		{ "(a)(?<=(?=(?1)).)", "", SIZE_MAX },
		{ "(?<=(?=(?R)|b).)", "", SIZE_MAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pattern *pattern = regex(cases[i].regex,
						cases[i].flags);

		assert_true(pattern->lookbehind >= cases[i].least);
		assert_true(pattern->lookbehind == SIZE_MAX ||
			    pattern->lookbehind < 8192);
		pattern_free(pattern);
	}
}

static void test_pattern_no_jit(void **state)
{
	struct pattern *with = regex("a", "");
	struct pattern *without = regex("(*NO_JIT)a", "");
	uint32_t available = 0;

	(void)state;
	pcre2_config(PCRE2_CONFIG_JIT, &available);
	assert_int_equal(with->jit, available);
	assert_false(without->jit);
	pattern_free(with);
	pattern_free(without);
}

static enum zero_starts zero_starts(const char *text)
{
	size_t position = 0;
	struct pattern *pattern = pattern_parse(text, &position, NULL);

	assert_non_null(pattern);

	enum zero_starts starts = pattern->zero_starts;

	pattern_free(pattern);
	return starts;
}

static size_t zero_reach(const char *text)
{
	size_t position = 0;
	struct pattern *pattern = pattern_parse(text, &position, NULL);

	assert_non_null(pattern);

	size_t reach = pattern->jit &&
		       pattern->zero_starts == ZERO_STARTS_LAST
			       ? pattern->zero_reach : 0;
	bool expected = pattern->jit;

	pattern_free(pattern);
	return expected ? reach : SIZE_MAX;
}

/* How long zeros may be before a byte that is none. */
static void test_pattern_zero_reach(void **state)
{
	static const struct { const char *text; size_t reach; } cases[] = {
		{ "/\\x00\\x01/", 1 }, { "/\\x00{4}ELF/", 4 },
		{ "/(?s).{3}a/", 3 }, { "{?? [0-20] 41}", 21 },
		{ "/a|\\x00b/", 1 }, { "/\\x00{2,7}x*[ab]/", 7 },
		{ "/(?<=\\x00\\x00)\\x00a/", 1 }, { "i32be:1", 3 },
		{ "/\\x00\\Ka/", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t reach = zero_reach(cases[i].text);

		if (reach != cases[i].reach && reach != SIZE_MAX)
			fail_msg("%s: %zu", cases[i].text, reach);
	}
}

static void test_pattern_zero_starts(void **state)
{
	static const char *const none[] = {
		"/foo/", "/FOO/i", "/a|b/", "/\\n/", "/a\\Kb/",
		"/(?<=\\x00)a/", "/a\\x00*/", "\"text\"", "{41 ?? 42}",
		"/a$/", "/(?=a)|b/", "/(*NO_JIT)foo/", "/[a-z]+/",
		"/[^\\x00]x/",
	};
	static const char *const first[] = {
		"/^a/", "/^a.*b/", "/^(a|b)/", "/^a|^b/", "/^/", "/^[^x]*x/",
	};
	static const char *const all[] = {
		"/\\x00/", "/\\x00{16,}/", "/[^a]/", "/a*/", "/./", "/.*x/",
		"/(?!a)/", "{00}", "/a|\\x00/", "/\\x00+b/", "/\\x00(?=a)/",
		"/\\x00b|\\x00a*/", "/\\x00[a-z]?/", "/(?=\\x00*b)/", "/\\x00a/u",
		"/foo/u", "/\\Ga/", "/a(*SKIP)b/", "/^a|.*b/", "/. *x/x",
		"/\\b/", "/^a|^.{0,}b/", "/$/",
	};

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		if (zero_starts(none[i]) != ZERO_STARTS_NONE)
			fail_msg("%s", none[i]);
	for (size_t i = 0; i < sizeof first / sizeof *first; i++)
		if (zero_starts(first[i]) != ZERO_STARTS_FIRST)
			fail_msg("%s", first[i]);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (zero_starts(all[i]) != ZERO_STARTS_ALL)
			fail_msg("%s", all[i]);
}

/* Where the interpreter first matches the regex as it stands; -1: nowhere. */
static long interpreted(const char *text, const char *subject, size_t length)
{
	int code;
	size_t offset;
	pcre2_code *program = pcre2_compile((PCRE2_SPTR)text, strlen(text),
					    PCRE2_MULTILINE, &code, &offset,
					    NULL);
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);

	assert_non_null(program);
	code = pcre2_match(program, (PCRE2_SPTR)subject, length, 0, 0, data,
			   NULL);

	long start = code < 0 ? -1 : (long)*pcre2_get_ovector_pointer(data);

	pcre2_match_data_free(data);
	pcre2_code_free(program);
	return start;
}

/* Where JIT alone (10.42) takes a run for one that was tried in vain. */
static void test_pattern_jit_misses(void **state)
{
	static const char *const regexes[] = {
		"(?:bar|ba).*?[a-z]", "(?:bar|ba)x*r", "(?:bar|ba)x*+r",
		"(?:bar|ba)x{0,}r", "(bar|ba)[x-z]*r", "((?:bar|b)|ba)x*ar",
		"(?:bar|ba){1}?x*r", "b(?:ar|a)(?:x*)r", "(?:bar|(?:ba))x*\\S",
		"x*y|(?:bar|ba)x*r", "(?:bar|ba)\\B[^\\n]*r", "^(?:bar|ba)x*r",
		"^(?:bar|ba)x*r|^y", "[[:alpha:]](?:ar|a)x*r",
		"[^])](?:ar|a)x*r", "b(?:ar\\Q(\\E|ar|a)x*r",
		"(*UCP)(?:bar|ba)x*r", "(?:bar|ba)x*r(*PRUNE)",
		"(?#|()(?:bar|ba)x*r", "(?:b(?:(?:ar)|(?:a)))x*r",
		"(?|(bar)|(ba))x*r", "(?<n>bar|ba)x*r", "(?i:BAR|BA)x*r",
		"x*(?:bar|ba)x*r", "(?:bar|ba)+x*r", "(?:bar|ba)?x*r",
		"\\A\\n(?:bar|ba)x*r", "(?:bar|ba)\\R?x*r", ".*(?:r|a)x*r",
		"(?:bar|bq*a)x*r", "(?:(?:bar|ba)x*){2}r",
	};
	static const char subject[] = "\nbar";

	(void)state;
	for (size_t i = 0; i < sizeof regexes / sizeof *regexes; i++) {
		struct pattern *pattern = regex(regexes[i], "");
		long start = first_match(pattern, subject, 4);

		if (start != interpreted(regexes[i], subject, 4))
			fail_msg("%s: %ld", regexes[i], start);
		pattern_free(pattern);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pattern_regex),
		cmocka_unit_test(test_pattern_flags),
		cmocka_unit_test(test_pattern_position),
		cmocka_unit_test(test_pattern_refused),
		cmocka_unit_test(test_pattern_data),
		cmocka_unit_test(test_pattern_text_again),
		cmocka_unit_test(test_pattern_sequential),
		cmocka_unit_test(test_pattern_lookbehind),
		cmocka_unit_test(test_pattern_no_jit),
		cmocka_unit_test(test_pattern_zero_starts),
		cmocka_unit_test(test_pattern_zero_reach),
		cmocka_unit_test(test_pattern_jit_misses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
