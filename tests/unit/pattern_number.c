/* Unit tests of patterns that are numbers: against comparing the values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "matching.h"
#include "pattern_number.h"

static uint64_t seed = 1;

static uint64_t any(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * UINT64_C(2685821657736338717);
}

/* A number with few bits, or with few that differ from others, more often
 * than chance would have it. */
static uint64_t any_number(unsigned size)
{
	uint64_t value = any() >> (any() % 64);

	if (any() % 4 == 0)
		value = ~value;
	if (any() % 4 == 0)
		value &= ~((1ull << (any() % 64)) - 1);
	return value & number_all_ones(size);
}

/* --- one pattern, asked for many values --- */

struct matcher {
	struct pattern *pattern;
	pcre2_match_data *data;
	struct data_type type;
	char text[128];
};

static void matcher_open(struct matcher *matcher, struct data_type type,
			 const char *text)
{
	struct error error = ERROR_NONE;
	size_t position = 0;

	snprintf(matcher->text, sizeof matcher->text, "%s", text);
	matcher->type = type;
	matcher->pattern = pattern_parse(text, &position, &error);
	if (!matcher->pattern)
		fail_msg("%s: %s", text, error.message);
	assert_int_equal(position, strlen(text));
	matcher->data = pcre2_match_data_create(1, NULL);
}

static void matcher_close(struct matcher *matcher)
{
	pcre2_match_data_free(matcher->data);
	pattern_free(matcher->pattern);
}

static void matcher_check(struct matcher *matcher, uint64_t bits, bool wanted)
{
	unsigned char bytes[8];
	size_t size = matcher->type.size;

	data_put_number(matcher->type, bits, bytes);

	int code = pcre2_match(matcher->pattern->code, bytes, size, 0, 0,
			       matcher->data, NULL);
	size_t *places = pcre2_get_ovector_pointer(matcher->data);
	bool matches = code > 0 && places[0] == 0 && places[1] == size;

	if (matches != wanted)
		fail_msg("%s: %#" PRIx64 " %s", matcher->text, bits,
			 matches ? "matches" : "does not match");
}

/* --- integers --- */

static int64_t signed_value(unsigned size, uint64_t bits)
{
	uint64_t sign = 1ull << (8 * size - 1);

	bits &= number_all_ones(size);
	return (int64_t)((bits ^ sign) - sign);
}

static bool is_between(struct data_type type, uint64_t bits, uint64_t low,
		       uint64_t high)
{
	if (type.kind == 'i')
		return signed_value(type.size, bits) >=
			       signed_value(type.size, low) &&
		       signed_value(type.size, bits) <=
			       signed_value(type.size, high);
	return bits >= low && bits <= high;
}

static void open_range(struct matcher *matcher, struct data_type type,
		       uint64_t low, uint64_t high)
{
	char text[128];
	const char *order = type.size == 1 ? "" : type.big ? "be" : "le";

	if (type.kind == 'i')
		snprintf(text, sizeof text, "i%u%s:%" PRId64 "..%" PRId64,
			 8u * type.size, order, signed_value(type.size, low),
			 signed_value(type.size, high));
	else
		snprintf(text, sizeof text, "u%u%s:%" PRIu64 "..0x%" PRIx64,
			 8u * type.size, order, low, high);
	matcher_open(matcher, type, text);
}

static void check_all(struct data_type type, uint64_t low, uint64_t high)
{
	struct matcher matcher;

	open_range(&matcher, type, low, high);
	for (uint64_t bits = 0; bits <= number_all_ones(type.size); bits++)
		matcher_check(&matcher, bits,
			      is_between(type, bits, low, high));
	matcher_close(&matcher);
}

static void any_range(struct data_type type, uint64_t *low, uint64_t *high)
{
	*low = any_number(type.size);
	*high = any_number(type.size);
	if (is_between(type, *low, *low, *high))
		return;

	uint64_t other = *low;

	*low = *high;
	*high = other;
}

/* All numbers of one and of two bytes. */
static void test_pattern_number_short(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 60; i++) {
		struct data_type type = { i & 1 ? 'i' : 'u',
					  i % 10 == 0 ? 2 : 1, i & 4 };
		uint64_t low, high;

		any_range(type, &low, &high);
		check_all(type, low, high);
	}
	check_all((struct data_type){ 'u', 2, true }, 0, 0xffff);
	check_all((struct data_type){ 'u', 2, false }, 0xff, 0x100);
	check_all((struct data_type){ 'i', 2, true }, 0xfffb, 5);
	check_all((struct data_type){ 'i', 2, false }, 0x8000, 0x7fff);
	check_all((struct data_type){ 'u', 2, false }, 0x1234, 0x1234);
}

/* Long ones at their ends, and where a byte differs. */
static void test_pattern_number_long(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		struct data_type type = { i & 1 ? 'i' : 'u', i & 2 ? 4 : 8,
					  i & 4 };
		uint64_t ones = number_all_ones(type.size);
		uint64_t low, high;
		struct matcher matcher;

		any_range(type, &low, &high);
		open_range(&matcher, type, low, high);
		for (unsigned j = 0; j < 60; j++) {
			uint64_t bits = (j & 1 ? low : high) + any() % 5 - 2;

			if (j % 4 == 2)
				bits ^= (any() & 0xff) << 8 * (any() % 8);
			else if (j % 4 == 3)
				bits = any_number(type.size);
			bits &= ones;
			matcher_check(&matcher, bits,
				      is_between(type, bits, low, high));
		}
		matcher_close(&matcher);
	}
}

static size_t sequence_count(unsigned size, uint64_t low, uint64_t high)
{
	const struct number_types types = { 'u', size, { true, false } };
	struct number_sequences sequences = { .count = 0 };

	number_add(&sequences, &types, size, low, high);
	return sequences.count;
}

static void test_pattern_number_minimal(void **state)
{
	(void)state;
	assert_int_equal(sequence_count(8, 0, UINT64_MAX), 1);
	assert_int_equal(sequence_count(4, 7, 7), 1);
	assert_int_equal(sequence_count(4, 0x100, 0x1ff), 1);
	assert_int_equal(sequence_count(4, 0x100, 0x200), 2);
	assert_int_equal(sequence_count(4, 0x101, 0x200), 2);
	assert_int_equal(sequence_count(4, 0x101, 0x2fe), 2);
	assert_int_equal(sequence_count(4, 0x101, 0x3fe), 3);
	assert_int_equal(sequence_count(8, 1, UINT64_MAX - 1), 15);
}

static void test_pattern_number_any_type(void **state)
{
	(void)state;
	expect("u16le:258", "\1\2\1", 3, 1);
	expect("u16:258", "\1\2", 2, 0);
	expect("u16:258", "\2\1", 2, 0);
	expect("i32:-2..-1", "\xff\xff\xff\xfe", 4, 0);
	expect("i32:-2..-1", "\xfe\xff\xff\xff", 4, 0);
	expect("int:258", "\2\1\0\0", 4, 0);
	expect("int:258", "\0\0\0\0\0\0\1\2", 8, 0);
	expect("int:5", "\5\5", 2, -1);
	expect("intbe:258", "\2\1\0\0\1\2", 6, 2);
	expect("int:-1", "\xff\xff", 2, 0);
	expect("int:65535", "\xff\xff", 2, 0);
	expect("int:-5..5", "\xff\xfb", 2, 0);
	expect("int:40000..70000", "\x9c\x40", 2, 0);
	expect("int:18446744073709551615", "\xff\xff\xff\xff", 4, -1);
	expect("int:-9223372036854775808..18446744073709551615", "ab", 2, 0);
	expect("float:0.5", "\x3f\0\0\0", 4, 0);
	expect("float:0.5", "\0\0\0\0\0\0\xe0\x3f", 8, 0);
	expect("float:1e300..1e301", "\x7e\x40\0\0\0\0\0\0", 8, 0);
}

static void test_pattern_number_refused(void **state)
{
	(void)state;
	refuse("u8:256", 3, "out of range for u8");
	refuse("u8:1..256", 6, "out of range for u8");
	refuse("u16:-1", 4, "not a number");
	refuse("u16:", 4, "not a number");
	refuse("u16:1..", 7, "not a number");
	refuse("u16:..1", 4, "not a number");
	refuse("u16:1..2..3", 7, "not a number");
	refuse("u16:2..1", 7, "before it begins");
	refuse("i16:1..-1", 7, "before it begins");
	refuse("int:-1..-2", 8, "before it begins");
	refuse("int:18446744073709551616", 4, "out of range");
	refuse("u16:5~1", 5, "for f32 and f64");
	refuse("u8le:5", 0, "a pattern is");
	refuse("u24:5", 0, "a pattern is");
	refuse("f32:1e39", 4, "out of range for f32");
	refuse("f32:1..1e39", 7, "out of range for f32");
	refuse("float:1e309", 6, "out of range");
	refuse("f32:2..1", 7, "before it begins");
	refuse("f32:nan..1", 9, "NaN");
	refuse("f32:1..nan", 7, "NaN");
	refuse("f32:nan~1", 8, "NaN");
	refuse("f32:1~-1", 6, "not a tolerance");
	refuse("f32:1~nan", 6, "not a tolerance");
	refuse("f32:inf~1", 8, "not a tolerance");
	refuse("f32:1~x", 6, "not a number");
	refuse("f32:0x10~", 9, "only a decimal");
}

/* --- floats --- */

static double float_value(unsigned size, uint64_t bits)
{
	uint32_t narrow_bits = (uint32_t)bits;
	float narrow;
	double wide;

	memcpy(&narrow, &narrow_bits, sizeof narrow);
	memcpy(&wide, &bits, sizeof wide);
	return size == 4 ? (double)narrow : wide;
}

static uint64_t float_bits(unsigned size, double value)
{
	float narrow = (float)value;
	uint32_t narrow_bits;
	uint64_t bits;

	memcpy(&narrow_bits, &narrow, sizeof narrow);
	memcpy(&bits, &value, sizeof bits);
	return size == 4 ? narrow_bits : bits;
}

/* Many bits around the ends LOW and HIGH, and anywhere. */
static void check_floats(struct matcher *matcher, double low, double high)
{
	unsigned size = matcher->type.size;

	for (unsigned i = 0; i < 80; i++) {
		uint64_t bits = float_bits(size, i & 1 ? low : high);
		double value;

		bits += any() % 5 - 2;
		if (i % 4 == 2)
			bits = any();
		else if (i % 4 == 3)
			bits ^= any_number(size);
		bits &= number_all_ones(size);
		value = float_value(size, bits);
		matcher_check(matcher, bits, value >= low && value <= high);
	}
}

static double any_float(unsigned size)
{
	double value;

	do
		value = any() % 8 == 0
			? (double)(int)(any() % 7) - 3
			: float_value(size, any() & number_all_ones(size));
	while (isnan(value));
	return value;
}

static const char *float_name(struct data_type type)
{
	static char name[8];

	snprintf(name, sizeof name, "f%u%s", 8u * type.size,
		 type.big ? "be" : "le");
	return name;
}

static void test_pattern_number_floats(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		struct data_type type = { 'f', i & 1 ? 4 : 8, i & 2 };
		double low = any_float(type.size);
		double high = any_float(type.size);
		struct matcher matcher;
		char text[128];

		snprintf(text, sizeof text, "%s:%.17g..%.17g",
			 float_name(type), low < high ? low : high,
			 low < high ? high : low);
		matcher_open(&matcher, type, text);
		check_floats(&matcher, low < high ? low : high,
			     low < high ? high : low);
		matcher_close(&matcher);
	}
}

static void test_pattern_number_tolerance(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		struct data_type type = { 'f', i & 1 ? 4 : 8, i & 2 };
		double value = (double)(int64_t)(any() % 2000000) / 1e3 - 1e3;
		double tolerance = (double)(any() % 1000 + 1) / 7e2;
		struct matcher matcher;
		char text[128];

		snprintf(text, sizeof text, "%s:%.17g~%.17g",
			 float_name(type), value, tolerance);
		matcher_open(&matcher, type, text);
		check_floats(&matcher, value - tolerance, value + tolerance);
		matcher_close(&matcher);
	}
}

static void check_one(const char *text, double value, bool wanted)
{
	struct data_type type = { 'f', 8, false };
	struct matcher matcher;

	matcher_open(&matcher, type, text);
	matcher_check(&matcher, float_bits(8, value), wanted);
	matcher_close(&matcher);
}

static void test_pattern_number_half_unit(void **state)
{
	(void)state;
	check_one("f64le:3.14~", 3.1351, true);
	check_one("f64le:3.14~", 3.1449, true);
	check_one("f64le:3.14~", 3.1349, false);
	check_one("f64le:3.14~", 3.1451, false);
	check_one("f64le:3.14", 3.14, true);
	check_one("f64le:3.14", 3.1400001, false);
	check_one("f64le:-3~", -3.49, true);
	check_one("f64le:-3~", -3.51, false);
	check_one("f64le:12e2~", 1249, true);
	check_one("f64le:12e2~", 1251, false);
	check_one("f64le:1.5e-3~", 0.00154, true);
	check_one("f64le:1.5e-3~", 0.00156, false);
	check_one("f64le:3.~", 3.49, true);
}

static void test_pattern_number_special(void **state)
{
	const double nan_value = strtod("nan", NULL);
	const double infinity = strtod("inf", NULL);

	(void)state;
	check_one("f64le:0", -0.0, true);
	check_one("f64le:-0", 0.0, true);
	check_one("f64le:0..-0", -0.0, true);
	check_one("f64le:-1..-0", 0.0, true);
	check_one("f64le:0..1", -0.0, true);
	check_one("f64le:0~0", -0.0, true);
	check_one("f64le:-1..1", nan_value, false);
	check_one("f64le:-inf..inf", -nan_value, false);
	check_one("f64le:-inf..inf", -infinity, true);
	check_one("f64le:1..inf", infinity, true);
	check_one("f64le:nan", nan_value, true);
	check_one("f64le:nan", -nan_value, true);
	check_one("f64le:nan", infinity, false);
	check_one("f64le:inf", -infinity, false);
	/* The nearest one is always there. */
	expect("f32be:3.14~0", "\x40\x48\xf5\xc3", 4, 0);
	expect("f32be:3.14~1e-30", "\x40\x48\xf5\xc3", 4, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pattern_number_short),
		cmocka_unit_test(test_pattern_number_long),
		cmocka_unit_test(test_pattern_number_minimal),
		cmocka_unit_test(test_pattern_number_any_type),
		cmocka_unit_test(test_pattern_number_refused),
		cmocka_unit_test(test_pattern_number_floats),
		cmocka_unit_test(test_pattern_number_tolerance),
		cmocka_unit_test(test_pattern_number_half_unit),
		cmocka_unit_test(test_pattern_number_special),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
