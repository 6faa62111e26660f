/*
 * The loops of the filter room, in the width that the file has chosen which
 * includes this: LOOP(name) is the name of an operation of compat_simd.h,
 * LOOP_SIZE the bytes of a vector, LOOP_INLINE and LOOP_FUNCTION what stands
 * before a function.
 */
#include <string.h>

#include "filter_sequence.h"

/* Inner loops have a few rounds and a known number of them.  Where they are
 * left as loops, what they work on is kept in memory, not in registers; the
 * compilers take that for the better way unless they are told. */

enum {
	LOOP_AHEAD = 2048,
	LOOP_TOGETHER = 32,
};

struct loop_test {
	LOOP(bytes) fold;
	LOOP(bytes) start;
	LOOP(bytes) width;
	size_t place;
};

LOOP_INLINE struct loop_test loop_test_of(const struct filter_test *test)
{
	return (struct loop_test){
		LOOP(fill)(test->fold), LOOP(fill)(test->start),
		LOOP(fill)(test->width), test->place,
	};
}

LOOP_INLINE LOOP(bytes) loop_passes(const struct loop_test *test,
				    LOOP(bytes) bytes)
{
	bytes = LOOP(subtract)(LOOP(or)(bytes, test->fold), test->start);
	return LOOP(at_most)(bytes, test->width);
}

/* One vector of places; EQUAL: the tests are for one byte each. */
LOOP_INLINE LOOP(bytes) loop_try(const struct loop_test *tests, unsigned count,
				 bool equal, const unsigned char *bytes)
{
	LOOP(bytes) all = LOOP(load)(bytes + tests[0].place);

	all = equal ? LOOP(equal)(all, tests[0].start)
		    : loop_passes(&tests[0], all);
#pragma GCC unroll 8
	for (unsigned i = 1; i < count; i++) {
		LOOP(bytes) next = LOOP(load)(bytes + tests[i].place);

		next = equal ? LOOP(equal)(next, tests[i].start)
			     : loop_passes(&tests[i], next);
		all = LOOP(and)(all, next);
	}
	return all;
}

/* Are the tests for one byte each? */
LOOP_INLINE bool loop_are_equal(const struct filter_test *tests,
				unsigned count)
{
	bool equal = true;

#pragma GCC unroll 8
	for (unsigned i = 0; i < count; i++)
		equal = equal && tests[i].fold == 0 && tests[i].width == 0;
	return equal;
}

LOOP_INLINE size_t loop_find(const struct filter_test *tests, unsigned count,
			     bool equal, const unsigned char *bytes, size_t at,
			     size_t end, uint64_t *mask)
{
	enum { PARTS = FILTER_BLOCK / LOOP_SIZE };
	struct loop_test loaded[FILTER_TESTS];

#pragma GCC unroll 8
	for (unsigned i = 0; i < count; i++)
		loaded[i] = loop_test_of(&tests[i]);
	for (; at + FILTER_BLOCK <= end; at += FILTER_BLOCK) {
		LOOP(bytes) found[PARTS];
		LOOP(bytes) any;

		__builtin_prefetch(bytes + at + LOOP_AHEAD);
#pragma GCC unroll 8
		for (unsigned i = 0; i < PARTS; i++)
			found[i] = loop_try(loaded, count, equal,
					    bytes + at + i * LOOP_SIZE);
		any = found[0];
#pragma GCC unroll 8
		for (unsigned i = 1; i < PARTS; i++)
			any = LOOP(or)(any, found[i]);
		if (LOOP(mask)(any) == 0)
			continue;
		*mask = 0;
#pragma GCC unroll 8
		for (unsigned i = 0; i < PARTS; i++)
			*mask |= LOOP(mask)(found[i]) << (i * LOOP_SIZE);
		return at;
	}
	*mask = 0;
	return at;
}

LOOP_FUNCTION size_t find(const struct filter_test *tests, unsigned count,
			  const unsigned char *bytes, size_t at, size_t end,
			  uint64_t *mask)
{
	/* So that the compiler knows the numbers. */
	switch (count * 2 + loop_are_equal(tests, count)) {
	case 2:
		return loop_find(tests, 1, false, bytes, at, end, mask);
	case 3:
		return loop_find(tests, 1, true, bytes, at, end, mask);
	case 4:
		return loop_find(tests, 2, false, bytes, at, end, mask);
	case 5:
		return loop_find(tests, 2, true, bytes, at, end, mask);
	case 6:
		return loop_find(tests, 3, false, bytes, at, end, mask);
	}
	return loop_find(tests, 3, true, bytes, at, end, mask);
}

LOOP_INLINE size_t loop_length(const struct filter_sequence *sequence)
{
	size_t length = 0;

	for (size_t i = 0; i < sequence->count; i++)
		length += sequence->steps[i].length;
	return length;
}

LOOP_INLINE bool loop_is_at(const struct filter_sequence *sequence, size_t at)
{
	for (size_t i = 0; i < sequence->count; i++) {
		const struct filter_step *step = &sequence->steps[i];
		uint64_t word;

		memcpy(&word, sequence->bytes + at, sizeof word);
		if (((word | step->fold) ^ step->bytes) & step->mask)
			return false;
		at += step->length;
	}
	return true;
}

/* Blocks with something in them, and what that is. */
struct loop_list {
	size_t count;
	size_t blocks[LOOP_TOGETHER];
	uint64_t masks[LOOP_TOGETHER];
};

/* Of the next LOOP_TOGETHER blocks from AT on: what comes next does not depend
 * on which have something, so nothing is guessed wrong where many do.  Where
 * the blocks end. */
LOOP_INLINE size_t loop_list(const struct loop_test *tests, unsigned count,
			     bool equal, const unsigned char *bytes, size_t at,
			     size_t end, struct loop_list *list)
{
	list->count = 0;
	if ((end - at) / FILTER_BLOCK > LOOP_TOGETHER)
		end = at + LOOP_TOGETHER * FILTER_BLOCK;
	for (; at + FILTER_BLOCK <= end; at += FILTER_BLOCK) {
		uint64_t mask = 0;

		__builtin_prefetch(bytes + at + LOOP_AHEAD);
#pragma GCC unroll 8
		for (unsigned i = 0; i < FILTER_BLOCK; i += LOOP_SIZE)
			mask |= LOOP(mask)(loop_try(tests, count, equal,
						    bytes + at + i)) << i;
		list->blocks[list->count] = at;
		list->masks[list->count] = mask;
		list->count += mask != 0;
	}
	return at;
}

/* Those of the block at BLOCK that MASK has. */
LOOP_INLINE size_t loop_pass_block(const struct filter_sequence *sequence,
				   size_t length, size_t block, uint64_t mask,
				   size_t *at, size_t *last)
{
	size_t passed = 0;

	for (; mask; mask &= mask - 1) {
		size_t place = block + (size_t)__builtin_ctzll(mask);

		if (place < *at || !loop_is_at(sequence, place))
			continue;
		passed++;
		*last = place;
		*at = place + length;
	}
	return passed;
}

LOOP_INLINE size_t loop_pass(const struct filter_sequence *sequence,
			     const struct filter_test *tests, unsigned count,
			     bool equal, size_t *at, size_t end, size_t *last)
{
	struct loop_test loaded[FILTER_TESTS] = { { .place = 0 } };
	size_t length = loop_length(sequence);
	size_t block = *at;
	size_t passed = 0;
	struct loop_list list;

#pragma GCC unroll 8
	for (unsigned i = 0; i < count; i++)
		loaded[i] = loop_test_of(&tests[i]);
	while (block + FILTER_BLOCK <= end) {
		block = loop_list(loaded, count, equal, sequence->bytes, block,
				  end, &list);
		for (size_t i = 0; i < list.count; i++)
			passed += loop_pass_block(sequence, length,
						  list.blocks[i],
						  list.masks[i], at, last);
	}
	if (*at < block)
		*at = block;
	return passed;
}

LOOP_FUNCTION size_t pass(const struct filter_sequence *sequence,
			  const struct filter_test *tests, unsigned count,
			  size_t *at, size_t end, size_t *last)
{
	/* So that the compiler knows the numbers. */
	switch (count * 2 + loop_are_equal(tests, count)) {
	case 2:
		return loop_pass(sequence, tests, 1, false, at, end, last);
	case 3:
		return loop_pass(sequence, tests, 1, true, at, end, last);
	case 4:
		return loop_pass(sequence, tests, 2, false, at, end, last);
	case 5:
		return loop_pass(sequence, tests, 2, true, at, end, last);
	case 6:
		return loop_pass(sequence, tests, 3, false, at, end, last);
	}
	return loop_pass(sequence, tests, 3, true, at, end, last);
}

LOOP_INLINE size_t loop_find_gap(const struct filter_gap_tests *tests,
				 bool equal, const unsigned char *bytes,
				 size_t at, size_t end, uint64_t *stops,
				 uint64_t *places)
{
	struct loop_test stop = loop_test_of(&tests->stop);
	struct loop_test pair[] = { loop_test_of(&tests->places[0]),
				    loop_test_of(&tests->places[1]) };

	*stops = *places = 0;
	for (; at + FILTER_BLOCK <= end; at += FILTER_BLOCK) {
#pragma GCC unroll 8
		for (unsigned i = 0; i < FILTER_BLOCK; i += LOOP_SIZE) {
			const unsigned char *next = bytes + at + i;
			LOOP(bytes) stopped = loop_try(&stop, 1, equal, next);
			LOOP(bytes) placed = loop_try(pair, 2, equal, next);

			*stops |= LOOP(mask)(stopped) << i;
			*places |= LOOP(mask)(placed) << i;
		}
		if (*stops | *places)
			break;
	}
	return at;
}

LOOP_FUNCTION size_t find_gap(const struct filter_gap_tests *tests,
			      const unsigned char *bytes, size_t at,
			      size_t end, uint64_t *stops, uint64_t *places)
{
	bool equal = (tests->stop.fold | tests->stop.width |
		      tests->places[0].fold | tests->places[0].width |
		      tests->places[1].fold | tests->places[1].width) == 0;

	return equal ? loop_find_gap(tests, true, bytes, at, end, stops,
				     places)
		     : loop_find_gap(tests, false, bytes, at, end, stops,
				     places);
}

LOOP_INLINE void loop_classify(const struct filter_class *class,
			       unsigned parts, bool equal,
			       const unsigned char *bytes, size_t count,
			       uint64_t *bits)
{
	struct loop_test tests[FILTER_PARTS];

#pragma GCC unroll 8
	for (unsigned i = 0; i < parts; i++)
		tests[i] = loop_test_of(&class->parts[i]);
	for (; count-- > 0; bytes += FILTER_BLOCK) {
		uint64_t word = 0;

#pragma GCC unroll 8
		for (unsigned i = 0; i < FILTER_BLOCK; i += LOOP_SIZE) {
			LOOP(bytes) loaded = LOOP(load)(bytes + i);
			LOOP(bytes) any = equal ? LOOP(equal)(loaded,
							      tests[0].start)
						: loop_passes(&tests[0],
							      loaded);

#pragma GCC unroll 8
			for (unsigned j = 1; j < parts; j++)
				any = LOOP(or)(any, loop_passes(&tests[j],
								loaded));
			word |= LOOP(mask)(any) << i;
		}
		*bits++ = word;
	}
}

LOOP_FUNCTION void classify(const struct filter_class *class,
			    const unsigned char *bytes, size_t count,
			    uint64_t *bits)
{
	const struct filter_test *first = &class->parts[0];
	bool equal = first->fold == 0 && first->width == 0;

	/* So that the compiler knows the numbers. */
	switch (class->count) {
	case 1:
		if (equal)
			loop_classify(class, 1, true, bytes, count, bits);
		else
			loop_classify(class, 1, false, bytes, count, bits);
		break;
	case 2:
		loop_classify(class, 2, false, bytes, count, bits);
		break;
	case 3:
		loop_classify(class, 3, false, bytes, count, bits);
		break;
	default:
		loop_classify(class, FILTER_PARTS, false, bytes, count, bits);
	}
}

LOOP_FUNCTION size_t skip(const struct filter_class *class,
			  const unsigned char *bytes, size_t at, size_t end)
{
	const uint64_t full = (UINT64_C(1) << LOOP_SIZE) - 1;
	struct loop_test tests[FILTER_PARTS];

	for (unsigned i = 0; i < class->count; i++)
		tests[i] = loop_test_of(&class->parts[i]);
	for (; at + LOOP_SIZE <= end; at += LOOP_SIZE) {
		LOOP(bytes) loaded = LOOP(load)(bytes + at);
		LOOP(bytes) any = loop_passes(&tests[0], loaded);
		uint64_t others;

		for (unsigned j = 1; j < class->count; j++)
			any = LOOP(or)(any, loop_passes(&tests[j], loaded));
		others = LOOP(mask)(any) ^ full;
		if (others)
			return at + (unsigned)__builtin_ctzll(others);
	}
	return at;
}

/* How many of ROUNDS (255 at most) vectors of bytes are BYTE.  One that is
 * equal is -1, and is taken from a sum of its own. */
LOOP_INLINE uint64_t loop_count(LOOP(bytes) byte, const unsigned char *bytes,
				size_t rounds)
{
	LOOP(bytes) sums = LOOP(fill)(0);
	unsigned char each[LOOP_SIZE];
	uint64_t count = 0;

	for (size_t i = 0; i < rounds; i++) {
		__builtin_prefetch(bytes + i * LOOP_SIZE + LOOP_AHEAD);
		sums = LOOP(subtract)(sums, LOOP(equal)(
				LOOP(load)(bytes + i * LOOP_SIZE), byte));
	}
	memcpy(each, &sums, sizeof each);
	for (size_t i = 0; i < LOOP_SIZE; i++)
		count += each[i];
	return count;
}

LOOP_FUNCTION uint64_t count(unsigned char byte, const unsigned char *bytes,
			     size_t length)
{
	const LOOP(bytes) filled = LOOP(fill)(byte);
	uint64_t sum = 0;

	while (length >= LOOP_SIZE) {
		size_t rounds = length / LOOP_SIZE;

		if (rounds > 255)
			rounds = 255;
		sum += loop_count(filled, bytes, rounds);
		bytes += rounds * LOOP_SIZE;
		length -= rounds * LOOP_SIZE;
	}
	while (length-- > 0)
		sum += *bytes++ == byte;
	return sum;
}

/* Words of a bitmap, four together. */
typedef uint64_t loop_words_4 __attribute__((vector_size(32)));

LOOP_INLINE void loop_load(const uint64_t *bits, loop_words_4 *words)
{
	memcpy(words, bits, sizeof *words);
}

/* What is COUNT places behind each. */
LOOP_INLINE void loop_behind(const uint64_t *bits, unsigned count,
			     loop_words_4 *words)
{
	loop_words_4 next;

	loop_load(bits, words);
	loop_load(bits + 1, &next);
	*words = *words >> count | next << (FILTER_BLOCK - count);
}

LOOP_FUNCTION void keep_behind(uint64_t *bits, unsigned count,
			       const uint64_t *class)
{
	for (size_t i = 0; i < FILTER_TILE_WORDS; i += 4) {
		loop_words_4 words, allowed;

		loop_behind(bits + i, count, &words);
		loop_load(class + i, &allowed);
		words &= allowed;
		memcpy(bits + i, &words, sizeof words);
	}
}

LOOP_FUNCTION void add_behind(uint64_t *bits, const uint64_t *class)
{
	for (size_t i = 0; i < FILTER_TILE_WORDS; i += 4) {
		loop_words_4 words, own, allowed;

		loop_behind(bits + i, 1, &words);
		loop_load(bits + i, &own);
		loop_load(class + i, &allowed);
		words = own | (words & allowed);
		memcpy(bits + i, &words, sizeof words);
	}
}
