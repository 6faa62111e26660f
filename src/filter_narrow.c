/*
 * filter: the loops, in the width that every processor has.
 */
#include "compat_simd.h"

#define LOOP(name) narrow_##name
#define LOOP_SIZE NARROW_SIZE
#define LOOP_INLINE NARROW_INLINE
#define LOOP_FUNCTION static
#include "filter_loops.h"

static unsigned buckets(const struct filter_tables *tables,
			const unsigned char *bytes)
{
	unsigned all = 0xff;

	for (unsigned i = 0; i < tables->length; i++)
		all &= tables->low[i][bytes[i] & 15] &
		       tables->high[i][bytes[i] >> 4];
	return all;
}

static size_t find_words(const struct filter_tables *tables,
			 const unsigned char *bytes, size_t at, size_t end,
			 uint64_t *mask)
{
	*mask = 0;
	for (; at + FILTER_BLOCK <= end; at += FILTER_BLOCK) {
		for (unsigned i = 0; i < FILTER_BLOCK; i++)
			*mask |= (uint64_t)(buckets(tables, bytes + at + i)
					    != 0) << i;
		if (*mask)
			break;
	}
	return at;
}

const struct filter_loops filter_loops_narrow = {
	find, find_words, pass, classify, skip, find_gap, count, keep_behind,
	add_behind,
};
