/*
 * stretches: a document parted into stretches of about a megabyte, for what
 * is found out of each by itself: how many newlines stand in it, which lines
 * that begin in it are shown.
 *
 * They follow edits and growth: what lies behind an edit moves, what it
 * touches is unknown again.  Each question is answered in the time that it
 * takes to go through the table once at worst (40 bytes each), and mostly in
 * that of a search in it.  Of documents that would have more than
 * STRETCHES_MAXIMUM they are longer.
 *
 * Invariants
 *  1. The lengths add up to the document's size; none is 0, and none is
 *     longer than twice the usual length, unless memory has failed.
 *  2. None is shorter than half of that, unless it is the only one.
 *  3. Unknown ones have the count 0 and no data.
 */
#ifndef OCTAVO_STRETCHES_H
#define OCTAVO_STRETCHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "octavo/error.h"
#include "octavo/range.h"

struct stretch {
	struct range range;	/* of the document */
	bool known;
	uint64_t count;		/* of what begins in it */
	void *data;		/* whatever its user keeps of it */
};

struct stretches;

/* Of SIZE bytes, all unknown.  FORGET (may be NULL) frees data. */
struct stretches *stretches_new(uint64_t size, void (*forget)(void *data),
				struct error *error);
void stretches_free(struct stretches *stretches);

/* RANGE has become LENGTH bytes (growth: an empty range at the end): what it
 * touches, or adjoins, is unknown, and some neighbours may be.  On failure
 * (memory) all is unknown, and as long as it has to be. */
bool stretches_edit(struct stretches *stretches, struct range range,
		    uint64_t length, struct error *error);

/* How many; 0 where there are no bytes. */
size_t stretches_number(const struct stretches *stretches);

/* The one with INDEX (< number). */
struct stretch stretches_get(struct stretches *stretches, size_t index);
/* Which one OFFSET (< size) is in. */
size_t stretches_at(struct stretches *stretches, uint64_t offset);

/* COUNT is that of the one with INDEX; DATA becomes theirs. */
void stretches_know(struct stretches *stretches, size_t index, uint64_t count,
		    void *data);
void stretches_forget(struct stretches *stretches, size_t index);

/* The first from INDEX on that is unknown; their number where none is. */
size_t stretches_unknown(struct stretches *stretches, size_t index);

/* The sum of the counts of those before INDEX (<= number), unknown ones being
 * 0. */
uint64_t stretches_before(struct stretches *stretches, size_t index);
/* The first one with which the sum is greater than COUNT; their number where
 * there is none. */
size_t stretches_find(struct stretches *stretches, uint64_t count);

/* Asserts the invariants. */
void stretches_check(struct stretches *stretches);

#endif
