/*
 * What the two halves of the transform room share: what is done to bytes
 * (transform_table.c), and doing it to a range (transform.c).
 */
#ifndef OCTAVO_TRANSFORM_INTERNAL_H
#define OCTAVO_TRANSFORM_INTERNAL_H

#include "octavo/transform.h"

struct transformation {
	const char *name;
	/* Can it be done to the whole range?  NULL: always. */
	bool (*check)(const struct transform_plan *plan, struct error *error);
	/* What the LENGTH bytes from OFFSET of the range on become, in BYTES,
	 * which has room for one more; OFFSET is a multiple of 8. */
	bool (*make)(const struct transform_plan *plan, uint64_t offset,
		     unsigned char *bytes, size_t length, struct error *error);
};

#endif
