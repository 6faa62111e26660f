/* Unit tests of patterns that are text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "matching.h"

static void test_pattern_text_flags(void **state)
{
	(void)state;
	expect("\"a.b\"", "axb a.b", 7, 4);
	expect("\"aB\"i", "ab", 2, 0);
	expect("\"aB\"i", "xAb", 3, 1);
	expect("\"aB\"", "ab", 2, -1);
	expect("\"a[\"i", "A[", 2, 0);
	/* Letters of other scripts, of other lengths, by their case. */
	expect("\"\\u00e9\"i", "\xc3\x89", 2, 0);
	expect("\"\\u03c3\"i", "\xce\xa3", 2, 0);
	expect("\"\\u0130\"i", "i", 1, -1);
	expect("\"\\u2c65\"i", "\xc8\xba", 2, 0);
	expect("\"\\x41\"i", "a", 1, -1);
	expect("\"ab\"w", "abc xab_ab ab", 13, 11);
	expect("\"-b\"w", "a-b -b", 6, 4);
	expect("\"AB\"wi", "abc ab", 6, 4);
	refuse("\"a\"q", 3, "flag q");
	refuse("\"a\"iq:utf8", 4, "flag q");
	refuse("\"\"", ERROR_NO_POSITION, "empty");
	refuse("\"\"i:all", ERROR_NO_POSITION, "empty");
	refuse("\"a\\q\"", 2, "unknown escape");
}

static void test_pattern_text_encodings(void **state)
{
	(void)state;
	expect("\"ab\":utf8", "xab", 3, 1);
	expect("\"ab\":utf16le", "xa\0b\0", 5, 1);
	expect("\"ab\":utf16be", "x\0a\0b", 5, 1);
	expect("\"\\u00e9\":latin1", "\xc3\xe9", 2, 1);
	expect("\"ab\":ebcdic", "ab\x81\x82", 4, 2);
	expect("\"ab\":ebcdic", "ab", 2, -1);
	expect("\"\\u00e9\":utf8,latin1", "xx\xe9", 3, 2);
	expect("\"\\u00e9\":utf8,latin1", "x\xc3\xa9", 3, 1);
	expect("\"\\xff\\u0041\":utf16be", "\xff\0A", 3, 0);
	expect("\"\\0\":utf16le", "a\0\0", 3, 1);
	expect("\"\\u0436\":koi8-r", "\xd6", 1, 0);
	for (int i = 0; i < 5; i++) {
		static const char *const bytes[] = {
			"a\xc3\xa9", "a\xe9", "a\0\xe9\0", "\0a\0\xe9",
			"\x81\x51",
		};
		static const size_t lengths[] = { 3, 2, 4, 4, 2 };

		expect("\"a\\u00e9\":all", bytes[i], lengths[i], 0);
	}
	/* Other case, other encoding. */
	expect("\"a\\u00c9\"i:utf16be", "\0A\0\xe9", 4, 0);
	expect("\"a\\u00e9\"i:latin1", "\x41\xc9", 2, 0);
	expect("\"\\u00ff\"i:latin1", "\xff", 1, 0);
	expect("\"\\u0178\"i:latin1", "\xff", 1, 0);
	expect("\"ab\"i:ebcdic", "\xc1\x82", 2, 0);
	/* A word is one of that encoding. */
	expect("\"ab\"w:utf16le", "\xff" "a\0b\0c\0a\0b\0", 11, -1);
	expect("\"ab\"w:utf16le", "c\0-\0a\0b\0", 8, 4);
	expect("\"ab\"w:utf16be", "\0c\0a\0b\0-\0a\0b", 12, 8);
	expect("\"ab\"w:ebcdic", "\x81\x81\x82 \x81\x82", 6, 4);
}

static void test_pattern_text_lacking(void **state)
{
	(void)state;
	expect("\"\\u20ac\":latin1,utf8", "\xe2\x82\xac", 3, 0);
	expect("\"\\u20ac\":all", "\xe2\x82\xac", 3, 0);
	expect("\"\\u20ac\":all", "\xac\x20", 2, 0);
	refuse("\"a\\u20ac\":latin1", 2, "latin1 has no U+20AC");
	refuse("\"a\\u20ac\":ebcdic,latin1", 2, "latin1 has no U+20AC");
	refuse("\"a\":utf8,nothing", 9, "iconv knows no encoding nothing");
	refuse("\"a\":", 4, "wanted");
	refuse("\"a\":utf8,", 9, "wanted");
	refuse("\"a\":all,all,all,all", 16, "too many");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pattern_text_flags),
		cmocka_unit_test(test_pattern_text_encodings),
		cmocka_unit_test(test_pattern_text_lacking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
