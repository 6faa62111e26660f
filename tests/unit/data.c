/* Unit tests of the data room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "octavo/data.h"

/* TEXT reads as LENGTH BYTES and ends REST before its end. */
static void expect(const char *text, const void *bytes, size_t length,
		   size_t rest)
{
	struct error error = ERROR_NONE;
	struct data data;
	size_t position = 0;

	if (!data_parse(&data, text, &position, &error))
		fail_msg("%s: %s", text, error.message);
	assert_int_equal(data.length, length);
	assert_memory_equal(data.bytes, bytes, length);
	assert_int_equal(position, strlen(text) - rest);
	data_free(&data);
}

/* TEXT is refused, at PLACE. */
static void refuse(const char *text, long place)
{
	struct error error = ERROR_NONE;
	struct data data;
	size_t position = 0;

	if (data_parse(&data, text, &position, &error))
		fail_msg("%s: taken", text);
	assert_int_equal(position, 0);
	assert_true(error.message[0]);
	if (error.position != place)
		fail_msg("%s: %s at %ld", text, error.message, error.position);
}

static void test_data_text(void **state)
{
	(void)state;
	expect("\"\"", "", 0, 0);
	expect("\"abc\" x", "abc", 3, 2);
	expect("\"\\n\\t\\r\\0\\e\\a\\\"\\\\\"", "\n\t\r\0\033\a\"\\", 8, 0);
	expect("\"\\x00\\xfF\"", "\0\xff", 2, 0);
	expect("\"\\u0041\\u00e9\\u20ac\"", "A\xc3\xa9\xe2\x82\xac", 6, 0);
	expect("\"\xc3\xa9\"", "\xc3\xa9", 2, 0);
	refuse("\"abc", 0);
	refuse("\"abc\\\"", 0);
	refuse("\"a\\", 2);
	refuse("\"a\\q\"", 2);
	refuse("\"\\x4\"", 1);
	refuse("\"\\u123\"", 1);
	refuse("\"\\ud800\"", 1);
}

static void test_data_encoded(void **state)
{
	(void)state;
	expect("\"a\\n\\xff\":utf16le x", "a\0\n\0\xff", 5, 2);
	expect("\"\\u20ac\":utf16be", "\x20\xac", 2, 0);
	expect("\"\\u00e9\":latin1", "\xe9", 1, 0);
	expect("\"\":latin1", "", 0, 0);
	expect("\"ab\":utf-32be", "\0\0\0a\0\0\0b", 8, 0);
	refuse("\"a\\u20ac\":latin1", 2);
	refuse("\"a\":nothing", 4);
	refuse("\"a\":", 4);
}

static void test_data_hex(void **state)
{
	(void)state;
	expect("{}", "", 0, 0);
	expect("{7f 45 4c46}", "\x7f" "ELF", 4, 0);
	expect("{ FF\n00 }z", "\xff\0", 2, 1);
	refuse("{7f", 0);
	refuse("{7}", 2);
	refuse("{7 f}", 2);
	refuse("{7g}", 2);
	refuse("{7f ??}", 4);
}

static void test_data_numbers(void **state)
{
	(void)state;
	expect("u8:255", "\xff", 1, 0);
	expect("i8:-128", "\x80", 1, 0);
	expect("u16be:0x102 ", "\1\2", 2, 1);
	expect("u32le:258", "\2\1\0\0", 4, 0);
	expect("i16be:-1", "\xff\xff", 2, 0);
	expect("u64be:18446744073709551615", "\xff\xff\xff\xff\xff\xff\xff\xff",
	       8, 0);
	expect("i64le:-9223372036854775808", "\0\0\0\0\0\0\0\x80", 8, 0);
	expect("u16le:010", "\x0a\0", 2, 0);
	expect("i32be:-0x10", "\xff\xff\xff\xf0", 4, 0);
	refuse("u8:256", 3);
	refuse("u8:-1", 3);
	refuse("i8:128", 3);
	refuse("i8:-129", 3);
	refuse("u64le:18446744073709551616", 6);
	refuse("u32le:", 6);
	refuse("u32le:0x", 6);
	refuse("u32le:12x", 6);
	refuse("u32le:+1", 6);
	refuse("u32le: 1", 6);
	refuse("u24le:1", 0);
}

static void check_type(const char *text, size_t end, struct data_type type)
{
	struct data_type got = { 0, 0, false };
	size_t position = 0;
	unsigned char bytes[8];

	assert_int_equal(data_type_parse(&got, text, &position), end > 0);
	assert_int_equal(position, end);
	if (end == 0)
		return;
	assert_int_equal(got.kind, type.kind);
	assert_int_equal(got.size, type.size);
	assert_int_equal(got.big, type.big);
	data_put_number(got, 0x0102030405060708, bytes);
	assert_int_equal(bytes[type.big ? type.size - 1 : 0], 8);
	assert_int_equal(data_number(got, bytes), 0x0102030405060708
			 & UINT64_MAX >> (64 - 8 * type.size));
}

static void test_data_types(void **state)
{
	(void)state;
	check_type("u8", 2, (struct data_type){ 'u', 1, false });
	check_type("i16be rest", 5, (struct data_type){ 'i', 2, true });
	check_type("u32le:5", 5, (struct data_type){ 'u', 4, false });
	check_type("f64be", 5, (struct data_type){ 'f', 8, true });
	check_type("u16", 0, (struct data_type){ 0, 0, false });
	check_type("u16lex", 0, (struct data_type){ 0, 0, false });
	check_type("", 0, (struct data_type){ 0, 0, false });
	check_type(":", 0, (struct data_type){ 0, 0, false });
}

static void test_data_floats(void **state)
{
	double three = 3.14;
	float half = -0.5f;
	/* Where the decimal point is a comma; where that locale is not
	 * installed this says nothing, and nothing else depends on it. */
	const char *changed = setlocale(LC_NUMERIC, "de_DE.UTF-8");

	(void)state;
	(void)changed;
	expect("f64le:3.14", &three, 8, 0);
	expect("f32le:-5e-1", &half, 4, 0);
	expect("f32be:1", "\x3f\x80\0\0", 4, 0);
	expect("f64be:inf", "\x7f\xf0\0\0\0\0\0\0", 8, 0);
	refuse("f32le:1e39", 6);
	refuse("f64le:1e309", 6);
	refuse("f64le:1,5", 6);
	refuse("f64le:x", 6);
	setlocale(LC_NUMERIC, "C");
}

static void test_data_file(void **state)
{
	char folder[] = "/tmp/octavo-data-XXXXXX";
	char path[64], text[80];
	static unsigned char big[200000];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/a b", folder);
	for (size_t i = 0; i < sizeof big; i++)
		big[i] = (unsigned char)(i * 7 >> 3);

	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(big, 1, sizeof big, file), sizeof big);
	fclose(file);
	snprintf(text, sizeof text, "@%s", path);
	expect(text, big, sizeof big, 0);
	snprintf(text, sizeof text, "@%s\nx", path);
	expect(text, big, sizeof big, 2);
	unlink(path);
	refuse(text, ERROR_NO_POSITION);
	snprintf(text, sizeof text, "@%s", folder);
	refuse(text, ERROR_NO_POSITION);
	/* Opening it would wait for a writer. */
	assert_int_equal(mkfifo(path, 0600), 0);
	snprintf(text, sizeof text, "@%s", path);
	refuse(text, ERROR_NO_POSITION);
	unlink(path);
	rmdir(folder);
	refuse("@", 0);
	refuse("@/dev/zero", ERROR_NO_POSITION);
}

static void test_data_read_file(void **state)
{
	char path[] = "/tmp/octavo-data-XXXXXX";
	int fd = mkstemp(path);
	struct error error = ERROR_NONE;
	struct data data;

	(void)state;
	assert_int_equal(write(fd, "a\n{", 3), 3);
	close(fd);
	assert_true(data_read_file(&data, path, &error));
	assert_int_equal(data.length, 3);
	assert_memory_equal(data.bytes, "a\n{", 3);
	data_free(&data);
	unlink(path);
	assert_false(data_read_file(&data, path, &error));
	assert_non_null(strstr(error.message, path));
	assert_null(data.bytes);
	assert_false(data_read_file(&data, "/dev/zero", &error));
}

static void test_data_starts(void **state)
{
	(void)state;
	assert_true(data_starts("x\"", 1));
	assert_true(data_starts("{", 0));
	assert_true(data_starts("@", 0));
	assert_true(data_starts("u8:", 0));
	assert_true(data_starts("f64be:1", 0));
	assert_false(data_starts("", 0));
	assert_false(data_starts("u8", 0));
	assert_false(data_starts("/u8:/", 0));
	refuse("", 0);
	refuse("abc", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_data_text),
		cmocka_unit_test(test_data_encoded),
		cmocka_unit_test(test_data_hex),
		cmocka_unit_test(test_data_numbers),
		cmocka_unit_test(test_data_types),
		cmocka_unit_test(test_data_floats),
		cmocka_unit_test(test_data_file),
		cmocka_unit_test(test_data_read_file),
		cmocka_unit_test(test_data_starts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
