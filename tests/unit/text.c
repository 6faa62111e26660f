/* Unit tests of the text room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "text.h"

static void test_text_units(void **state)
{
	static const struct text_unit expected[] = {
		{ 'a', false, 3 },    { 0xe9, false, 4 }, { 0xff, true, 6 },
		{ 0x41, true, 7 },    { 0x20ac, false, 11 },
		{ '\n', false, 17 },
	};
	const char *line = "x \"a\xc3\xa9\xff\\x41\\u20ac\\n\"i";
	size_t position = 2;
	struct text text;

	(void)state;
	assert_true(text_parse(&text, line, &position, NULL));
	assert_int_equal(position, strlen(line) - 1);
	assert_int_equal(text.count, sizeof expected / sizeof *expected);
	for (size_t i = 0; i < text.count; i++) {
		assert_int_equal(text.units[i].value, expected[i].value);
		assert_int_equal(text.units[i].is_byte, expected[i].is_byte);
		assert_int_equal(text.units[i].position, expected[i].position);
	}
	text_free(&text);
}

static void test_text_refused(void **state)
{
	struct error error = ERROR_NONE;
	size_t position = 1;
	struct text text;

	(void)state;
	assert_false(text_parse(&text, " \"a\\q\"", &position, &error));
	assert_int_equal(position, 1);
	assert_int_equal(error.position, 3);
	assert_null(text.units);
	assert_false(text_parse(&text, " \"a", &position, &error));
	assert_int_equal(error.position, 1);
}

static void test_text_put(void **state)
{
	const struct text_unit character = { 0xe9, false, 5 };
	const struct text_unit byte = { 0xe9, true, 0 };
	const struct text_unit other = { 0x20ac, false, 7 };
	struct encoding *encoding = encoding_open("utf16le", 7, NULL);
	unsigned char bytes[ENCODING_BYTES];
	struct error error = ERROR_NONE;

	(void)state;
	assert_int_equal(text_put(&character, encoding, bytes), 2);
	assert_memory_equal(bytes, "\xe9\0", 2);
	assert_int_equal(text_put(&byte, encoding, bytes), 1);
	assert_memory_equal(bytes, "\xe9", 1);
	assert_false(text_lacks(&other, "latin1 and", 6, &error));
	assert_string_equal(error.message, "latin1 has no U+20AC");
	assert_int_equal(error.position, 7);
	encoding_close(encoding);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_units),
		cmocka_unit_test(test_text_refused),
		cmocka_unit_test(test_text_put),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
