/*
 * Unit tests of the syntax room: what is read, as text, and what it takes from
 * PCRE2.  That nothing is missing from it is what tests/unit/filter.c sees to.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "syntax.h"

enum { TEXT = 4000 };

/* A byte, or how many there are in a larger set. */
static char *put_set(char *out, const struct byte_set *set)
{
	unsigned count = 0;
	unsigned last = 0;

	for (unsigned byte = 0; byte <= 0xff; byte++)
		if (byte_set_has(set, byte)) {
			count++;
			last = byte;
		}
	if (count == 1 && last > ' ' && last < 0x7f)
		return out + sprintf(out, "%c", (int)last);
	if (count == 1)
		return out + sprintf(out, "<%02x>", last);
	return out + sprintf(out, "[%u]", count);
}

/* Branches with | between them; what is before a match has : behind it; a run
 * is * or has its limit behind it, and ? or + as in a regex; ... is a branch
 * that goes on.  ! is exact, with < and > if it has bounds. */
static const char *read_text(const char *regex, uint32_t options)
{
	static char text[TEXT];
	struct syntax *syntax = syntax_read(regex, strlen(regex), options);
	char *out = text;

	*out = '\0';
	for (size_t i = 0; syntax && i < syntax->count; i++) {
		const struct syntax_branch *branch = &syntax->branches[i];

		if (i > 0)
			out += sprintf(out, "|");
		for (size_t j = 0; j < branch->count; j++) {
			const struct syntax_item *item = &branch->items[j];

			if (j > 0 && j == syntax->behind)
				*out++ = ':';
			out = put_set(out, &item->set);
			if (!item->single && item->most == SYNTAX_MANY)
				out += sprintf(out, "*");
			else if (!item->single)
				out += sprintf(out, "{%u}", item->most);
			if (item->greed != SYNTAX_GREEDY)
				*out++ = " ?+"[item->greed];
		}
		*out = '\0';
		if (branch->cut)
			out += sprintf(out, "...");
	}
	if (syntax && syntax->exact)
		sprintf(out, "!%s%s", syntax->bounds.start ? "<" : "",
			syntax->bounds.end ? ">" : "");
	if (!syntax)
		strcpy(text, "?");
	syntax_free(syntax);
	return text;
}

static void expect(const char *regex, uint32_t options, const char *wanted)
{
	const char *text = read_text(regex, options);

	if (strcmp(text, wanted) != 0)
		fail_msg("%s: %s, not %s", regex, text, wanted);
}

static void test_syntax_bytes(void **state)
{
	(void)state;
	expect("abc", 0, "abc!");
	expect("a\\x00\\.\\n", 0, "a<00>.<0a>!");
	expect("ab", PCRE2_CASELESS, "[2][2]!");
	expect("a(?i)b(?-i)c", 0, "a[2]c!");
	expect("a(?i:b)c", 0, "a[2]c!");
	expect("[a-c]\\d.", 0, "[3][10][255]!");
	expect(".", PCRE2_DOTALL, "[256]!");
	expect("[]a\\]x][^]b]", 0, "[3][254]!");
	expect("[[:digit:]_]", 0, "[11]!");
	expect("a b # c", PCRE2_EXTENDED, "ab!");
	expect("\\xe9", 0, "<e9>!");
}

static void test_syntax_repeats(void **state)
{
	(void)state;
	expect("a+b*", 0, "aa*b*!");
	expect("a{2,4}b{2}c?", 0, "aaa{2}bbc{1}!");
	expect("a+?b*+", 0, "aa*?b*+!");
	expect("(ab){2}+", 0, "abab");
	expect("(a?\?)*", 0, "a*");
	expect("(ab){2}", 0, "abab!");
	expect("(ab)+", 0, "ab[2]*");
	expect("(a|bc){2}", 0, "[3][3]{1}[3][3]{1}");
	expect("x{0}y", 0, "y!");
	expect("a{1000}b", 0,
	       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...");
}

static void test_syntax_branches(void **state)
{
	(void)state;
	expect("foo|bar", 0, "foo|bar!");
	expect("(?:a|bc)d", 0, "ad|bcd!");
	expect("(?<n>a|b)(?'m'c|d)", 0, "ac|ad|bc|bd!");
	expect("(?|(a)|(b))", 0, "a|b!");
	expect("a|", 0, "a|!");
}

static void test_syntax_without_width(void **state)
{
	(void)state;
	expect("\\bab$", 0, "ab");
	expect("\\bab", 0, "ab!<");
	expect("\\ba+\\b", 0, "aa*!<>");
	expect("(?<=x)a+\\b", 0, "x:aa*!>");
	expect("a\\bb", 0, "ab");
	expect("\\b+a", 0, "a");
	expect("(\\ba)", 0, "a");
	/* Where another length of the last run may end at a bound. */
	expect("-a*\\b", 0, "-a*");
	expect("aa*?\\b", 0, "aa*?");
	expect("[a.]b*\\b", 0, "[2]b*");
	expect("\\ba|b", 0, "a|b");
	expect("\\ba", PCRE2_UTF, "a");
	expect("a\\b", PCRE2_EXTENDED, "a");
	expect("(?<=x)a(?!b)", 0, "x:a");
	expect("(?<=x[ab])a+", 0, "x[2]:aa*!");
	expect("(?<=\\bx)a", 0, "x:a");
	expect("(?<=x)?a", 0, "a");
	expect("(?<=x)a*", 0, "a*");
	expect("(?<=xy|y)a", 0, "a");
	expect("(?<=x)a|b", 0, "a|b");
	expect("a(?<=x)(?<=y)b", 0, "ab");
	expect("(?<!x)a", 0, "a");
	expect("^a\\Kb", 0, "ab");
	expect("(a)\\1b", 0, "a[256]*b");
	expect("a(?R)?b", 0, "a[256]*b");
}

static void test_syntax_gives_up(void **state)
{
	static const char *const regexes[] = {
		"(*ANYCRLF)a", "\\Qa.b\\E", "(?(?=a)b|c)", "a\\10", "\\cA",
		"a{,3}", "(?C1)a", "(?xx)a", "a(?#b)",
	};

	(void)state;
	for (size_t i = 0; i < sizeof regexes / sizeof *regexes; i++)
		expect(regexes[i], 0, "?");
}

static void test_syntax_characters(void **state)
{
	const uint32_t utf = PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF;

	(void)state;
	expect("\xc3\xa9", utf, "<c3><a9>");
	expect("\\x{e9}+", utf, "<c3><a9>[2]*");
	expect("a.", utf, "a[178][64]{3}");
	expect("1a", utf | PCRE2_CASELESS, "1[2]");
	/* The Kelvin sign has three bytes. */
	expect("k", utf | PCRE2_CASELESS, "[5][5]{2}");
	/* The two have one byte in common. */
	expect("\xc3\xa9", utf | PCRE2_CASELESS, "<c3>[2]");
}

static size_t encode_range(unsigned char *out, unsigned from, unsigned to)
{
	unsigned char *start = out;

	for (unsigned point = from; point < to; point++) {
		*out++ = (unsigned char)(0xf0 | point >> 18);
		*out++ = (unsigned char)(0x80 | (point >> 12 & 0x3f));
		*out++ = (unsigned char)(0x80 | (point >> 6 & 0x3f));
		*out++ = (unsigned char)(0x80 | (point & 0x3f));
	}
	return (size_t)(out - start);
}

/* Beyond SYNTAX_CASES_END PCRE2 knows no letter with another case. */
static void test_syntax_knows_all_cases(void **state)
{
	static const char regex[] = "\\p{Lu}|\\p{Ll}|\\p{Lt}";
	unsigned char *points = malloc(0xf0000 * 4);
	int number;
	size_t offset;

	(void)state;
	assert_non_null(points);

	size_t length = encode_range(points, 0x20000, 0x110000);
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)regex, sizeof regex - 1,
					 PCRE2_UTF, &number, &offset, NULL);
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);

	assert_non_null(code);
	pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	assert_int_equal(pcre2_match(code, points, length, 0, 0, data, NULL),
			 PCRE2_ERROR_NOMATCH);
	pcre2_match_data_free(data);
	pcre2_code_free(code);
	free(points);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_syntax_bytes),
		cmocka_unit_test(test_syntax_repeats),
		cmocka_unit_test(test_syntax_branches),
		cmocka_unit_test(test_syntax_without_width),
		cmocka_unit_test(test_syntax_gives_up),
		cmocka_unit_test(test_syntax_characters),
		cmocka_unit_test(test_syntax_knows_all_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
