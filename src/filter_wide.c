/*
 * filter: the loops, in the width of newer processors.
 */
#include "compat_simd.h"

#define LOOP(name) wide_##name
#define LOOP_SIZE WIDE_SIZE
#define LOOP_INLINE WIDE_INLINE
#define LOOP_FUNCTION WIDE static
#include "filter_loops.h"

/* The buckets whose words may begin at each of a vector of places. */
WIDE_INLINE wide_bytes buckets(const struct filter_words *words,
			       unsigned length, const unsigned char *bytes)
{
	wide_bytes all = wide_fill(0xff);

	for (unsigned i = 0; i < length; i++) {
		wide_bytes next = wide_load(bytes + i);

		all = wide_and(all, wide_lookup(words->low[i],
						wide_low(next)));
		all = wide_and(all, wide_lookup(words->high[i],
						wide_high(next)));
	}
	return all;
}

WIDE_INLINE size_t loop_words(const struct filter_words *words,
			      unsigned length, const unsigned char *bytes,
			      size_t at, size_t end, uint64_t *mask)
{
	const wide_bytes zero = wide_fill(0);

	for (; at + FILTER_BLOCK <= end; at += FILTER_BLOCK) {
		uint64_t none = 0;

		for (unsigned i = 0; i < FILTER_BLOCK; i += WIDE_SIZE)
			none |= wide_mask(wide_equal(
					buckets(words, length,
						bytes + at + i), zero)) << i;
		if (~none) {
			*mask = ~none;
			return at;
		}
	}
	*mask = 0;
	return at;
}

WIDE static size_t find_words(const struct filter_words *words,
			      const unsigned char *bytes, size_t at,
			      size_t end, uint64_t *mask)
{
	if (words->length == 1)
		return loop_words(words, 1, bytes, at, end, mask);
	if (words->length == 2)
		return loop_words(words, 2, bytes, at, end, mask);
	return loop_words(words, 3, bytes, at, end, mask);
}

const struct filter_loops filter_loops_wide = {
	find, find_words, classify, skip, find_gap, keep_behind, add_behind,
};
