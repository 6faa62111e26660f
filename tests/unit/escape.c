/* escape: UTF-8 against libc's, widths, what is never let through. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

#include "octavo/escape.h"

/* What libc makes of TEXT, as escape_decode would say it. */
static size_t oracle_decode(uint32_t *character, const char *text,
			    size_t length)
{
	mbstate_t shift = { 0 };
	wchar_t wide;
	size_t count = mbrtowc(&wide, text, length, &shift);

	*character = UINT32_MAX;
	if (count == (size_t)-1 || count == (size_t)-2 ||
	    (uint32_t)wide > 0x10ffff)	/* glibc takes those */
		return 1;
	*character = (uint32_t)wide;
	return count ? count : 1;
}

static void test_escape_encodes_as_libc(void **state)
{
	(void)state;
	for (uint32_t c = 1; c <= 0x10ffff; c++) {
		char ours[4], theirs[16];
		mbstate_t shift = { 0 };
		uint32_t back;
		size_t count = wcrtomb(theirs, (wchar_t)c, &shift);

		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		if (escape_encode(ours, c) != count ||
		    memcmp(ours, theirs, count) != 0 ||
		    escape_decode(&back, ours, count) != count || back != c)
			fail_msg("U+%04X", c);
	}
}

static void test_escape_decodes_as_libc(void **state)
{
	/* Bytes at the edges of what UTF-8 allows in each place. */
	static const unsigned char edges[] = {
		0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0,
		0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0,
		0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xfc, 0xfe, 0xff,
	};
	enum { EDGES = sizeof edges };

	(void)state;
	for (unsigned i = 0; i < EDGES * EDGES * EDGES * EDGES; i++) {
		char text[4] = {
			(char)edges[i % EDGES],
			(char)edges[i / EDGES % EDGES],
			(char)edges[i / EDGES / EDGES % EDGES],
			(char)edges[i / EDGES / EDGES / EDGES],
		};
		uint32_t ours, theirs;

		for (size_t length = 1; length <= 4; length++)
			if (escape_decode(&ours, text, length) !=
				    oracle_decode(&theirs, text, length) ||
			    ours != theirs)
				fail_msg("%02x %02x %02x %02x / %zu",
					 text[0] & 255, text[1] & 255,
					 text[2] & 255, text[3] & 255, length);
	}
}

static void test_escape_width_of_shown(void **state)
{
	(void)state;
	for (uint32_t c = 0x20; c < 0x7f; c++)
		assert_int_equal(escape_width(c), 1);
	assert_int_equal(escape_width(0xe4), 1);	/* a umlaut */
	assert_int_equal(escape_width(0x3b1), 1);	/* alpha */
	assert_int_equal(escape_width(0x2588), 1);	/* full block */
	assert_int_equal(escape_width(0x6f22), 2);	/* han */
	assert_int_equal(escape_width(0xac00), 2);	/* hangul */
	assert_int_equal(escape_width(0x1f600), 2);	/* a face */
}

static void test_escape_width_of_hidden(void **state)
{
	static const uint32_t hidden[] = {
		0xad, 0x300, 0x36f, 0x61c, 0x903, 0x93e, 0x115f, 0x180e,
		0x200b, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a,
		0x202e, 0x2060, 0x2066, 0x2069, 0x20dd, 0x3164, 0xd800,
		0xdfff, 0xfe0f, 0xfeff, 0xfff9, 0xfffb, 0xffff, 0x1d173,
		0xe0001, 0xe0061, 0xe0100, 0x10ffff, 0x110000, UINT32_MAX,
	};

	(void)state;
	for (uint32_t c = 0; c < 0x20; c++)
		assert_int_equal(escape_width(c), 0);
	for (uint32_t c = 0x7f; c < 0xa0; c++)
		assert_int_equal(escape_width(c), 0);
	for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
		if (escape_width(hidden[i]) != 0)
			fail_msg("U+%04X", hidden[i]);
}

/* The answers must not hang on the locale of the process. */
static void test_escape_width_in_c_locale(void **state)
{
	(void)state;
	setlocale(LC_ALL, "C");
	assert_int_equal(escape_width(0xe4), 1);
	assert_int_equal(escape_width(0x6f22), 2);
	assert_int_equal(wcwidth(0x6f22), -1);	/* it is the C locale again */
	setlocale(LC_ALL, "C.UTF-8");
}

static void assert_escaped(const char *text, size_t length, const char *want)
{
	char out[256];

	assert_int_equal(escape_text(out, sizeof out, text, length),
			 strlen(want));
	assert_string_equal(out, want);
}

static void test_escape_text_keeps_and_escapes(void **state)
{
	(void)state;
	assert_escaped("", 0, "");
	assert_escaped("plain ~ \\x41", 12, "plain ~ \\x41");
	assert_escaped("a\tb\n\0c", 6, "a\\x09b\\x0a\\x00c");
	assert_escaped("\033]0;x\a", 6, "\\x1b]0;x\\x07");
	assert_escaped("\x7f\xff", 2, "\\x7f\\xff");
	assert_escaped("\xc3\xa4\xe6\xbc\xa2", 5, "\xc3\xa4\xe6\xbc\xa2");
	assert_escaped("\xe6\xbc", 2, "\\xe6\\xbc");
	assert_escaped("\xc2\x9b" "1m", 4, "\\xc2\\x9b1m");	/* C1 CSI */
	assert_escaped("\xe2\x80\xae", 3, "\\xe2\\x80\\xae");
	assert_escaped("\xc0\xaf", 2, "\\xc0\\xaf");	/* overlong / */
	assert_escaped("\xed\xa0\x80", 3, "\\xed\\xa0\\x80");
	assert_escaped("\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80");
}

static void test_escape_text_cuts_whole_characters(void **state)
{
	static const char text[] = "a\xe6\xbc\xa2\nb";	/* 1 + 3 + \x0a + 1 */
	static const size_t fits[] = { 0, 0, 1, 1, 1, 4, 4, 4, 4, 8, 9, 9 };

	(void)state;
	for (size_t size = 0; size < sizeof fits / sizeof fits[0]; size++) {
		char *out = malloc(size + 1);

		assert_non_null(out);
		out[size] = '!';
		assert_int_equal(escape_text(out, size, text,
					     sizeof text - 1), fits[size]);
		assert_int_equal(out[size], '!');
		if (size)
			assert_int_equal(strlen(out), fits[size]);
		free(out);
	}
}

/* Whatever goes in, what comes out is printable, and escaping it again
 * changes nothing. */
static void test_escape_text_of_anything(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		char text[24], out[100], again[100];

		for (size_t i = 0; i < sizeof text; i++) {
			seed = seed * 1664525 + 1013904223;
			text[i] = (char)(seed >> 24);
		}
		size_t length = escape_text(out, sizeof out, text,
					    sizeof text);
		for (size_t i = 0, step; i < length; i += step) {
			uint32_t c;

			step = escape_decode(&c, out + i, length - i);
			assert_true(escape_width(c) > 0);
		}
		assert_int_equal(escape_text(again, sizeof again, out, length),
				 length);
		assert_string_equal(out, again);
	}
}

static void test_escape_combines(void **state)
{
	static const uint32_t combining[] = {
		0x300, 0x301, 0x36f, 0x591, 0x64b, 0x20d0, 0xfe20,
	};
	static const uint32_t others[] = {
		0, 'a', 0xad, 0xe9, 0x34f, 0x200b, 0x200d, 0x6f22, 0xfe0f,
		0x1f600, 0x110000, UINT32_MAX,
	};

	(void)state;
	for (size_t i = 0; i < sizeof combining / sizeof *combining; i++) {
		assert_true(escape_combines(combining[i]));
		assert_int_equal(escape_width(combining[i]), 0);
	}
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_false(escape_combines(others[i]));
}

static int need_utf8(void **state)
{
	(void)state;
	return setlocale(LC_ALL, "C.UTF-8") ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape_encodes_as_libc),
		cmocka_unit_test(test_escape_decodes_as_libc),
		cmocka_unit_test(test_escape_width_of_shown),
		cmocka_unit_test(test_escape_width_of_hidden),
		cmocka_unit_test(test_escape_combines),
		cmocka_unit_test(test_escape_width_in_c_locale),
		cmocka_unit_test(test_escape_text_keeps_and_escapes),
		cmocka_unit_test(test_escape_text_cuts_whole_characters),
		cmocka_unit_test(test_escape_text_of_anything),
	};

	return cmocka_run_group_tests(tests, need_utf8, NULL);
}
