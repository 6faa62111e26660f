/*
 * layout: rows for many widths and sizes, and that hitting a column is the
 * inverse of placing a byte.
 */
#include "octavo/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const uint64_t sizes[] = {
	0, 1, UINT32_MAX, (uint64_t)UINT32_MAX + 1, (uint64_t)1 << 40,
	(uint64_t)1 << 62, (uint64_t)1 << 63,
};

enum { SIZES = sizeof sizes / sizeof sizes[0] };

static struct layout automatic(unsigned width, uint64_t size)
{
	return layout_compute(width, size,
			      &(struct layout_options){ .group = 8 });
}

static unsigned row_end(const struct layout *layout)
{
	return layout_text(layout, layout->bytes_per_row);
}

static void test_layout_bytes_per_row(void **state)
{
	static const struct { unsigned width, bytes; } rows[] = {
		{ 20, 2 }, { 26, 2 }, { 27, 4 }, { 40, 4 }, { 43, 8 },
		{ 44, 8 }, { 75, 8 }, { 76, 16 }, { 80, 16 }, { 108, 16 },
		{ 109, 24 }, { 132, 24 }, { 142, 32 }, { 300, 64 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(automatic(rows[i].width, 1000).bytes_per_row,
				 rows[i].bytes);
}

static void test_layout_columns(void **state)
{
	(void)state;
	struct layout layout = automatic(80, 1000);

	assert_int_equal(layout.offset_digits, 8);
	assert_int_equal(layout_hex(&layout, 0), 10);
	assert_int_equal(layout_hex(&layout, 1), 13);
	assert_int_equal(layout_hex(&layout, 7), 31);
	assert_int_equal(layout_hex(&layout, 8), 35);
	assert_int_equal(layout_hex(&layout, 15), 56);
	assert_int_equal(layout_text(&layout, 0), 60);
	assert_int_equal(layout_text(&layout, 15), 75);
	assert_true(layout.has_scroll);
}

static void test_layout_offset_digits(void **state)
{
	static const unsigned digits[SIZES] = { 8, 8, 8, 9, 11, 16, 16 };

	(void)state;
	for (size_t i = 0; i < SIZES; i++)
		assert_int_equal(automatic(80, sizes[i]).offset_digits,
				 digits[i]);
	/* As wide as two offsets more, and still 16 bytes. */
	assert_int_equal(automatic(80, (uint64_t)1 << 40).bytes_per_row, 16);
	assert_int_equal(automatic(80, (uint64_t)1 << 47).bytes_per_row, 16);
}

static void test_layout_every_width(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZES; i++) {
		unsigned before = 0;

		for (unsigned width = 0; width <= 1000; width++) {
			struct layout layout = automatic(width, sizes[i]);
			unsigned bytes = layout.bytes_per_row;

			assert_true(bytes == 1 || bytes == 2 || bytes == 4 ||
				    (bytes > 0 && bytes % 8 == 0));
			assert_true(bytes >= before);
			assert_true(bytes == 1 || row_end(&layout) <= width);
			if (layout.has_scroll)
				assert_true(row_end(&layout) + 1 < width);
			/* The next size up would not have fitted. */
			unsigned more = bytes < 8 ? bytes * 2 : bytes + 8;
			struct layout next = layout_compute(
				width, sizes[i],
				&(struct layout_options){ more, 8 });
			assert_true(row_end(&next) > width);
			before = bytes;
		}
	}
}

static void test_layout_set_bytes(void **state)
{
	struct layout_options options = { .bytes_per_row = 10, .group = 4 };

	(void)state;
	struct layout layout = layout_compute(80, 0, &options);
	assert_int_equal(layout.bytes_per_row, 10);
	assert_int_equal(layout_hex(&layout, 4), 10 + 4 * 3 + 1);
	assert_true(layout.has_scroll);
	options.bytes_per_row = 17;
	layout = layout_compute(80, 0, &options);
	assert_int_equal(layout.bytes_per_row, 17);
	assert_false(layout.has_scroll);
	options.bytes_per_row = UINT32_MAX;
	options.group = 1;
	layout = layout_compute(UINT32_MAX, UINT64_MAX, &options);
	assert_int_equal(layout.bytes_per_row, LAYOUT_BYTES_MAXIMUM);
}

static void check_hits(const struct layout *layout)
{
	unsigned index;
	unsigned nibble;

	for (unsigned i = 0; i < layout->bytes_per_row; i++) {
		unsigned column = layout_hex(layout, i);

		for (unsigned digit = 0; digit < 2; digit++) {
			if (column + digit >= layout->width)
				continue;
			assert_int_equal(layout_hit(layout, column + digit,
						    &index, &nibble),
					 LAYOUT_HEX);
			assert_int_equal(index, i);
			assert_int_equal(nibble, digit);
		}
		column = layout_text(layout, i);
		if (column >= layout->width)
			continue;
		assert_int_equal(layout_hit(layout, column, &index, &nibble),
				 LAYOUT_TEXT);
		assert_int_equal(index, i);
		assert_int_equal(nibble, 0);
	}
}

static void test_layout_hit_is_inverse(void **state)
{
	(void)state;
	for (unsigned width = 0; width <= 300; width += 7)
		for (unsigned bytes = 0; bytes <= 33; bytes++)
			for (unsigned group = 0; group <= 17; group++) {
				struct layout_options options = { bytes,
								  group };
				struct layout layout = layout_compute(
					width, 1, &options);

				check_hits(&layout);
			}
}

/* Every column of a row that has all there is, as a letter. */
static void test_layout_hit_everywhere(void **state)
{
	static const char areas[] = " OHTS";
	struct layout_options options = { .bytes_per_row = 4, .group = 2 };
	char found[41] = "";
	char indices[41] = "";
	char nibbles[41] = "";

	(void)state;
	struct layout layout = layout_compute(40, 0, &options);
	assert_true(layout.has_scroll);
	for (unsigned column = 0; column < 40; column++) {
		unsigned index;
		unsigned nibble;

		found[column] =
			areas[layout_hit(&layout, column, &index, &nibble)];
		indices[column] = (char)('0' + index);
		nibbles[column] = (char)('0' + nibble);
	}
	/*                  00000000  00 11  22 33  abcd */
	assert_string_equal(found,
			    "OOOOOOOOOHHHHHHHHHHHHHHTTTTT           S");
	assert_string_equal(indices,
			    "0000000000000111222233300123000000000000");
	assert_string_equal(nibbles,
			    "0000000000011011001101100000000000000000");
	unsigned index = 7;
	unsigned nibble = 7;
	assert_int_equal(layout_hit(&layout, 40, &index, &nibble),
			 LAYOUT_NOWHERE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout_bytes_per_row),
		cmocka_unit_test(test_layout_columns),
		cmocka_unit_test(test_layout_offset_digits),
		cmocka_unit_test(test_layout_every_width),
		cmocka_unit_test(test_layout_set_bytes),
		cmocka_unit_test(test_layout_hit_is_inverse),
		cmocka_unit_test(test_layout_hit_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
