/*
 * What the search room needs of a replacement and nobody else.
 */
#ifndef OCTAVO_REPLACEMENT_INTERNAL_H
#define OCTAVO_REPLACEMENT_INTERNAL_H

#include "octavo/replacement.h"
#include "pattern_internal.h"

/* Bytes that grow.  All zeros is none. */
struct expansion {
	unsigned char *bytes;
	size_t length;
	size_t capacity;
};

void expansion_free(struct expansion *out);

/*
 * Appends what a match becomes to OUT: the one that DATA, with room for all
 * groups, holds of the LENGTH bytes at SUBJECT.
 */
bool replacement_expand(const struct replacement *replacement,
			const unsigned char *subject, size_t length,
			pcre2_match_data *data, struct expansion *out,
			struct error *error);

#endif
