/*
 * runs: a set of ranges that only grows: which bytes are private.
 *
 * Invariant (runs_check): the ranges stand in ascending order, none is empty
 * and no two touch.
 */
#ifndef OCTAVO_RUNS_H
#define OCTAVO_RUNS_H

#include <stddef.h>

#include "octavo/range.h"

struct runs {
	struct range *ranges;
	size_t count;
	size_t capacity;
	uint64_t bytes;		/* in all of them */
};

/* Is the byte at OFFSET in the set?  The answer is the same up to *END; for
 * one that is not and has none after it, *END is SIZE. */
bool runs_contain(const struct runs *runs, uint64_t offset, uint64_t size,
		  uint64_t *end);

/* Would RANGE be a run of its own, touching no other? */
bool runs_is_apart(const struct runs *runs, struct range range);

/* Room for one more, so that runs_add cannot fail; false: no memory. */
bool runs_reserve(struct runs *runs);

/* Adds RANGE, which is not empty and has no byte in the set yet. */
void runs_add(struct runs *runs, struct range range);

void runs_free(struct runs *runs);
void runs_check(const struct runs *runs);

#endif
