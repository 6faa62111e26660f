/*
 * filter: the loops, in the width of newer processors.
 */
#include "compat_simd.h"

#define LOOP(name) wide_##name
#define LOOP_SIZE WIDE_SIZE
#define LOOP_INLINE WIDE_INLINE
#define LOOP_FUNCTION WIDE static
#include "filter_loops.h"

/* The buckets whose words may have their places at each of a vector of
 * places. */
WIDE_INLINE wide_bytes buckets(const struct filter_tables *tables,
			       unsigned length, bool whole,
			       const unsigned char *bytes)
{
	wide_bytes all = wide_fill(0xff);

#pragma GCC unroll 8
	for (unsigned i = 0; i < length; i++) {
		wide_bytes next = wide_load(bytes + i);

		/* What is ASCII alone needs no mask. */
		all = wide_and(all, wide_lookup(tables->low[i],
						whole ? wide_low(next)
						      : next));
		if (whole)
			all = wide_and(all, wide_lookup(tables->high[i],
							wide_high(next)));
	}
	return all;
}

WIDE_INLINE size_t loop_words(const struct filter_tables *tables,
			      unsigned length, bool whole,
			      const unsigned char *bytes, size_t at,
			      size_t end, uint64_t *mask)
{
	enum { PARTS = FILTER_BLOCK / WIDE_SIZE };
	const wide_bytes zero = wide_fill(0);
	const struct filter_tables kept = *tables;
	uint64_t none = UINT64_MAX;

	for (; at + FILTER_BLOCK <= end; at += FILTER_BLOCK) {
		wide_bytes found[PARTS];
		wide_bytes any = zero;

		__builtin_prefetch(bytes + at + LOOP_AHEAD);
#pragma GCC unroll 8
		for (unsigned i = 0; i < PARTS; i++) {
			found[i] = buckets(&kept, length, whole,
					   bytes + at + i * WIDE_SIZE);
			any = wide_or(any, found[i]);
		}
		if (wide_mask(wide_equal(any, zero)) ==
		    wide_mask(wide_fill(0xff)))
			continue;
		none = 0;
#pragma GCC unroll 8
		for (unsigned i = 0; i < PARTS; i++)
			none |= wide_mask(wide_equal(found[i], zero))
				<< (i * WIDE_SIZE);
		break;
	}
	*mask = ~none;
	return at;
}

WIDE static size_t find_words(const struct filter_tables *tables,
			      const unsigned char *bytes, size_t at,
			      size_t end, uint64_t *mask)
{
	if (tables->length == 1)
		return loop_words(tables, 1, true, bytes, at, end, mask);
	if (tables->length == 2)
		return loop_words(tables, 2, true, bytes, at, end, mask);
	if (tables->length == 3)
		return loop_words(tables, 3, true, bytes, at, end, mask);
	if (tables->whole)
		return loop_words(tables, 4, true, bytes, at, end, mask);
	return loop_words(tables, 4, false, bytes, at, end, mask);
}

const struct filter_loops filter_loops_wide = {
	find, find_words, pass, classify, skip, find_gap, count, keep_behind,
	add_behind,
};
