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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encoding_put),
		cmocka_unit_test(test_encoding_refused),
		cmocka_unit_test(test_encoding_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
