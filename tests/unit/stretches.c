/*
 * Unit tests of the stretches room: random edits, growth, and things known and
 * forgotten, against a plain array of bytes in which a stretch counts those
 * that are 1, and keeps a copy of all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memory.h"
#include "sizes.h"
#include "stretches.h"

enum {
	/* In the usual build a few stretches of a megabyte are enough. */
	SIZE_MAXIMUM = 12 * STRETCH_BYTES,
	ROUNDS = STRETCH_BYTES > 1000 ? 60 : 3000,
};

static unsigned char bytes[SIZE_MAXIMUM];
static size_t size;
static long copies;

static size_t below(size_t limit)
{
	return limit ? (size_t)rand() % limit : 0;
}

static void forget(void *data)
{
	copies--;
	free(data);
}

static uint64_t ones(struct range range)
{
	uint64_t count = 0;

	for (uint64_t i = range.start; i < range.end; i++)
		count += bytes[i] == 1;
	return count;
}

static void know(struct stretches *stretches, size_t index)
{
	struct range range = stretches_get(stretches, index).range;
	unsigned char *copy = NULL;

	if (rand() % 4) {
		copy = malloc(range_length(range));
		assert_non_null(copy);
		memcpy(copy, bytes + range.start, range_length(range));
		copies++;
	}
	stretches_know(stretches, index, ones(range), copy);
}

/* One that is known is as it was when that was found out. */
static long check_stretch(struct stretch stretch)
{
	uint64_t length = range_length(stretch.range);

	assert_in_range(length, 1, 2 * STRETCH_BYTES);
	if (!stretch.known) {
		assert_int_equal(stretch.count, 0);
		assert_null(stretch.data);
		return 0;
	}
	assert_int_equal(stretch.count, ones(stretch.range));
	if (!stretch.data)
		return 0;
	assert_memory_equal(stretch.data, bytes + stretch.range.start, length);
	return 1;
}

static void check_sums(struct stretches *stretches)
{
	size_t number = stretches_number(stretches);
	size_t index = below(number + 1);
	uint64_t before = 0, all = 0;
	size_t found = number, unknown = number;
	uint64_t wanted;

	for (size_t i = 0; i < number; i++)
		all += stretches_get(stretches, i).count;
	wanted = below((size_t)all + 2);
	all = 0;
	for (size_t i = number; i-- > 0;)
		if (!stretches_get(stretches, i).known && i >= index)
			unknown = i;
	for (size_t i = 0; i < number; i++) {
		uint64_t count = stretches_get(stretches, i).count;

		if (i < index)
			before += count;
		if (all <= wanted && all + count > wanted)
			found = i;
		all += count;
	}
	/* In either order: the one must not help the other. */
	if (rand() % 2)
		assert_int_equal(stretches_find(stretches, wanted), found);
	assert_int_equal(stretches_before(stretches, index), before);
	assert_int_equal(stretches_find(stretches, wanted), found);
	assert_int_equal(stretches_unknown(stretches, index), unknown);
}

static void check(struct stretches *stretches)
{
	size_t number = stretches_number(stretches);
	uint64_t at = 0;
	long kept = 0;

	stretches_check(stretches);
	for (size_t i = 0; i < number; i++) {
		struct stretch stretch = stretches_get(stretches, i);

		assert_int_equal(stretch.range.start, at);
		kept += check_stretch(stretch);
		at = stretch.range.end;
		assert_int_equal(stretches_at(stretches, stretch.range.start),
				 i);
		assert_int_equal(stretches_at(stretches, at - 1), i);
	}
	assert_int_equal(at, size);
	assert_int_equal(kept, copies);
	assert_true(number <= 2 * (size / STRETCH_BYTES) + 1);
	check_sums(stretches);
}

static void assert_unknown(struct stretches *stretches, uint64_t offset)
{
	assert_false(stretches_get(stretches,
		stretches_at(stretches, offset)).known);
}

/* LENGTH other bytes in the place of those in RANGE. */
static void edit_bytes(struct range range, size_t length)
{
	memmove(bytes + range.start + length, bytes + range.end,
		size - range.end);
	for (size_t i = 0; i < length; i++)
		bytes[range.start + i] = (unsigned char)(rand() % 3);
	size += length - range_length(range);
}

static size_t some_length(void)
{
	switch (rand() % 4) {
	case 0:
		return 0;
	case 1:
		return below(4);
	case 2:
		return STRETCH_BYTES;
	default:
		return below(3 * STRETCH_BYTES);
	}
}

/* Mostly somewhere, often at a border. */
static struct range some_range(struct stretches *stretches)
{
	size_t number = stretches_number(stretches);
	uint64_t start = below(size + 1);
	size_t length = some_length();

	if (number > 0 && rand() % 3 == 0)
		start = stretches_get(stretches, below(number)).range.start;
	if (rand() % 4 == 0)
		start = size;
	if (length > size - start)
		length = size - start;
	return range_of(start, length);
}

static void edit(struct stretches *stretches)
{
	struct range range = some_range(stretches);
	size_t length = rand() % 3 ? some_length() : range_length(range);

	if (size - range_length(range) + length > SIZE_MAXIMUM)
		length = 0;
	edit_bytes(range, length);
	assert_true(stretches_edit(stretches, range, length, NULL));
	if (range.start > 0)
		assert_unknown(stretches, range.start - 1);
	for (uint64_t at = range.start; at < size && at <= range.start + length;
	     at += STRETCH_BYTES / 4)
		assert_unknown(stretches, at);
	if (range.start + length < size)
		assert_unknown(stretches, range.start + length);
}

static void step(struct stretches *stretches)
{
	size_t number = stretches_number(stretches);

	switch (number > 0 ? rand() % 5 : 4) {
	case 0:
		stretches_forget(stretches, below(number));
		break;
	case 1:
		for (size_t i = 0; i < number; i++)
			know(stretches, i);
		break;
	case 2:
	case 3:
		know(stretches, below(number));
		break;
	default:
		edit(stretches);
	}
}

static void test_stretches_like_bytes(void **state)
{
	(void)state;
	srand(11);
	for (unsigned round = 0; round < 4; round++) {
		struct stretches *stretches;

		size = round ? below(SIZE_MAXIMUM) : 0;
		for (size_t i = 0; i < size; i++)
			bytes[i] = (unsigned char)(rand() % 3);
		stretches = stretches_new(size, forget, NULL);
		assert_non_null(stretches);
		for (unsigned i = 0; i < ROUNDS; i++) {
			check(stretches);
			step(stretches);
		}
		stretches_free(stretches);
		assert_int_equal(copies, 0);
	}
}

static bool refuse(void)
{
	return true;
}

/* Without memory it is all unknown, and goes on from there. */
static void test_stretches_without_memory(void **state)
{
	struct error error = ERROR_NONE;
	struct stretches *stretches;

	(void)state;
	size = 0;
	stretches = stretches_new(size, forget, &error);
	assert_non_null(stretches);
	for (unsigned round = 0; round < 2; round++) {
		bool done;

		memory_refuse = refuse;
		done = stretches_edit(stretches, range_of(size / 2, 0),
				      20 * STRETCH_BYTES, &error);
		memory_refuse = NULL;
		size += 20 * STRETCH_BYTES;
		assert_false(done);
		assert_string_equal(error.message, "out of memory");
		stretches_check(stretches);
		assert_int_equal(stretches_unknown(stretches, 0), 0);
		assert_int_equal(stretches_before(stretches,
			stretches_number(stretches)), 0);

		assert_true(stretches_edit(stretches, range_of(size / 2, 1), 1,
					   &error));
		stretches_check(stretches);
		for (size_t i = 0; i < stretches_number(stretches); i++)
			stretches_know(stretches, i, 2, NULL);
		assert_true(stretches_number(stretches) >= 20 * (round + 1));
		assert_int_equal(stretches_before(stretches,
			stretches_number(stretches)),
			2 * stretches_number(stretches));
	}
	stretches_free(stretches);

	memory_refuse = refuse;
	stretches = stretches_new(1, forget, &error);
	memory_refuse = NULL;
	assert_null(stretches);
}

/* However long the document, there are not too many, and all can be counted on
 * as before. */
static void test_stretches_of_long_documents(void **state)
{
	const uint64_t length = (uint64_t)STRETCH_BYTES * STRETCHES_MAXIMUM;
	struct stretches *stretches = stretches_new(5 * length, NULL, NULL);
	size_t number;

	(void)state;
	assert_non_null(stretches);
	stretches_check(stretches);
	for (unsigned round = 0; round < 60; round++) {
		uint64_t end = stretches_get(stretches,
			stretches_number(stretches) - 1).range.end;

		if (end < (uint64_t)1 << 62)
			assert_true(stretches_edit(stretches,
				range_of(round % 2 ? end : end / 3, 0), end,
				NULL));
		stretches_check(stretches);
		number = stretches_number(stretches);
		assert_in_range(number, STRETCHES_MAXIMUM / 4,
				STRETCHES_MAXIMUM);
	}
	for (size_t i = 0; i < number; i++)
		stretches_know(stretches, i, i, NULL);
	assert_true(stretches_edit(stretches, range_of(0, 0), 1, NULL));
	assert_int_equal(stretches_unknown(stretches, 2), number);
	assert_int_equal(stretches_unknown(stretches, 0), 0);
	stretches_free(stretches);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stretches_like_bytes),
		cmocka_unit_test(test_stretches_of_long_documents),
		cmocka_unit_test(test_stretches_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
