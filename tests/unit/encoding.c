/* Unit tests of the encoding room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "encoding.h"

static void check(const char *name, uint32_t character, const void *bytes,
		  size_t length)
{
	struct error error = ERROR_NONE;
	struct encoding *encoding = encoding_open(name, strlen(name), &error);
	unsigned char put[ENCODING_BYTES];

	if (!encoding)
		fail_msg("%s: %s", name, error.message);
	assert_int_equal(encoding_put(encoding, character, put), length);
	assert_memory_equal(put, bytes, length);
	/* Nothing of the first is left. */
	assert_int_equal(encoding_put(encoding, character, put), length);
	assert_memory_equal(put, bytes, length);
	encoding_close(encoding);
}

static void refuse(const char *name, const char *words)
{
	struct error error = ERROR_NONE;

	if (encoding_open(name, strlen(name), &error))
		fail_msg("%s: taken", name);
	if (!strstr(error.message, words))
		fail_msg("%s: %s", name, error.message);
}

static void test_encoding_put(void **state)
{
	(void)state;
	check("utf8", 'A', "A", 1);
	check("utf8", 0, "\0", 1);
	check("utf8", 0x20ac, "\xe2\x82\xac", 3);
	check("latin1", 0xe9, "\xe9", 1);
	check("latin1", 0x20ac, "", 0);
	check("utf16le", 'A', "A\0", 2);
	check("utf16be", 'A', "\0A", 2);
	check("utf16le", 0x1f600, "\x3d\xd8\x00\xde", 4);
	check("ebcdic", 'A', "\xc1", 1);
	check("ebcdic", 0x20ac, "", 0);
	check("UTF-32BE", 'A', "\0\0\0A", 4);
}

static void test_encoding_refused(void **state)
{
	(void)state;
	assert_false(encoding_is_known("nothing-like-it"));
	assert_true(encoding_is_known("utf8"));
	assert_true(encoding_is_known("utf16le"));
	refuse("", "wanted");
	refuse("nothing-like-it", "iconv knows no encoding nothing-like-it");
	refuse("utf-16", "marks its start");
	refuse("a-name-that-is-much-longer-than-any-that-there-has-ever-been-"
	       "so-far", "wanted");
}

static void test_encoding_name(void **state)
{
	(void)state;
	assert_int_equal(encoding_name_length("utf16le,latin1"), 7);
	assert_int_equal(encoding_name_length("ISO_8859-1.x /"), 12);
	assert_int_equal(encoding_name_length(""), 0);
	assert_int_equal(encoding_name_length("/x"), 0);
}

/* What iconv makes of a character is read as that character, whatever follows,
 * and cut anywhere within it is cut at its start. */
static void test_encoding_get(void **state)
{
	static const uint32_t characters[] = {
		0, '\n', 'A', 0x7f, 0x80, 0xe9, 0xff, 0x100, 0x7ff, 0x800,
		0x6f22, 0xd7ff, 0xe000, 0xfffd, 0x10000, 0x1f600, 0x10ffff,
	};

	(void)state;
	for (enum encoding_form form = 0; form < ENCODING_FORMS; form++) {
		const char *name = encoding_form_name(form);
		struct encoding *encoding =
			encoding_open(name, strlen(name), NULL);

		assert_non_null(encoding);
		for (size_t i = 0; i < sizeof characters / sizeof *characters;
		     i++) {
			unsigned char bytes[2 * ENCODING_BYTES];
			uint32_t character;
			size_t one = encoding_put(encoding, characters[i],
						  bytes);

			if (one == 0)
				continue;
			memcpy(bytes + one, bytes, one);
			assert_int_equal(encoding_get(form, bytes, 2 * one,
						      &character), one);
			assert_int_equal(character, characters[i]);
			for (size_t at = 0; at <= 2 * one; at++)
				if (form < ENCODING_UTF16LE || at % 2 == 0)
					assert_int_equal(
						encoding_split(form, bytes, at,
							       2 * one),
						at % one);
		}
		encoding_close(encoding);
	}
}

static void test_encoding_get_what_is_none(void **state)
{
	static const struct {
		enum encoding_form form;
		const char *bytes;
		size_t length;
		size_t taken;
		uint32_t character;
	} none[] = {
		{ ENCODING_UTF8, "\xe2\x82", 2, 1, UINT32_MAX },
		{ ENCODING_UTF8, "\x80", 1, 1, UINT32_MAX },
		{ ENCODING_UTF8, "\xed\xa0\x80", 3, 1, UINT32_MAX },
		{ ENCODING_UTF8, "\xc0\x80", 2, 1, UINT32_MAX },
		{ ENCODING_UTF16LE, "\x41", 1, 1, UINT32_MAX },
		{ ENCODING_UTF16LE, "\x3d\xd8\x41\x00", 4, 2, 0xd83d },
		{ ENCODING_UTF16BE, "\xd8\x3d", 2, 2, 0xd83d },
		{ ENCODING_UTF16BE, "\xde\x00\xd8\x3d", 4, 2, 0xde00 },
		{ ENCODING_LATIN1, "\xff", 1, 1, 0xff },
		{ ENCODING_EBCDIC, "\xc1", 1, 1, 'A' },
		{ ENCODING_EBCDIC, "\x15", 1, 1, 0x85 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		const unsigned char *bytes =
			(const unsigned char *)none[i].bytes;
		uint32_t character;

		assert_int_equal(encoding_get(none[i].form, bytes,
					      none[i].length, &character),
				 none[i].taken);
		assert_int_equal(character, none[i].character);
		for (size_t at = 0; at <= none[i].length; at += 2)
			assert_int_equal(encoding_split(none[i].form, bytes,
							at, none[i].length),
					 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encoding_put),
		cmocka_unit_test(test_encoding_refused),
		cmocka_unit_test(test_encoding_name),
		cmocka_unit_test(test_encoding_get),
		cmocka_unit_test(test_encoding_get_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
