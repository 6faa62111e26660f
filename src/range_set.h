/*
 * range_set: a set of offsets, kept as ranges.
 */
#ifndef OCTAVO_RANGE_SET_H
#define OCTAVO_RANGE_SET_H

#include <stddef.h>

#include "octavo/range.h"

/* All zeros is the empty set. */
struct range_set {
	struct range *ranges;
	size_t count;
	size_t capacity;
	bool unsorted;
};

/* False where there is no memory; the set is what it was then. */
bool range_set_add(struct range_set *set, struct range range);
/* Is anything of RANGE in the set? */
bool range_set_touches(struct range_set *set, struct range range);
/* Is the byte at OFFSET in the set?  The answer is the same up to *END. */
bool range_set_contains(struct range_set *set, uint64_t offset,
			uint64_t *end);
void range_set_free(struct range_set *set);

#endif
