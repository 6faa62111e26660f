/*
 * filter: the loops, in the width that every processor has.
 */
#include "compat_simd.h"

#define LOOP(name) narrow_##name
#define LOOP_SIZE NARROW_SIZE
#define LOOP_INLINE NARROW_INLINE
#define LOOP_FUNCTION static
#include "filter_loops.h"

static unsigned buckets(const struct filter_words *words,
			const unsigned char *bytes)
{
	unsigned all = 0xff;

	for (unsigned i = 0; i < words->length; i++)
		all &= words->low[i][bytes[i] & 15] &
		       words->high[i][bytes[i] >> 4];
	return all;
}

static size_t find_words(const struct filter_words *words,
			 const unsigned char *bytes, size_t at, size_t end,
			 uint64_t *mask)
{
	*mask = 0;
	for (; at + FILTER_BLOCK <= end; at += FILTER_BLOCK) {
		for (unsigned i = 0; i < FILTER_BLOCK; i++)
			*mask |= (uint64_t)(buckets(words, bytes + at + i)
					    != 0) << i;
		if (*mask)
			break;
	}
	return at;
}

const struct filter_loops filter_loops_narrow = {
	find, find_words, classify, skip, find_gap, keep_behind, add_behind,
};
