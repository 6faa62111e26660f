/*
 * filter: where a match may begin, found faster than by trying.
 *
 * A filter is made from what is known of a pattern's matches (syntax.h) and
 * goes over contiguous bytes, many at a time.  It names places where an attempt
 * could succeed: all those where one does, and some more.  So a bad filter
 * costs time and never a match.  There are three kinds, which suit different
 * patterns:
 *
 *   FILTER_ANCHOR  bytes that stand in each match at a known or a bounded
 *                  distance from its start, or behind nothing but bytes of
 *                  one set: the rarest of them are looked for.
 *   FILTER_WORDS   the same where a match begins in one of several ways.
 *   FILTER_TILE    a row of sets: for each tile of the bytes and each set a
 *                  bitmap, and operations on those.
 *
 * Order of calls: filter_new; filter_look for each window of bytes;
 * filter_tune if the bytes are new; filter_next.  A filter belongs to one
 * scanner.
 */
#ifndef OCTAVO_FILTER_H
#define OCTAVO_FILTER_H

#include "syntax.h"

enum filter_kind {
	FILTER_ANCHOR,
	FILTER_WORDS,
	FILTER_TILE,
	FILTER_KINDS,
};

struct filter;

/* Offsets in the window. */
struct filter_range {
	size_t start;		/* attempts begin at start up to end - 1 */
	size_t end;
	size_t match_end;	/* not 0: there is no need to try; a match goes
				 * from start to here */
};

/* NULL: there is none of this kind for the syntax, which must outlive it; or
 * no memory.  CHARACTERS: no match begins at a byte that continues a character
 * of UTF-8. */
struct filter *filter_new(enum filter_kind kind, const struct syntax *syntax,
			  bool characters);
void filter_free(struct filter *filter);

/* Are matches nothing but bytes that are looked for, with no choice but that
 * of a letter's case?  Then no other way is better than FILTER_ANCHOR. */
bool filter_is_literal(const struct filter *filter);

/* From now on it is about SIZE bytes at BYTES, which stay as they are.  Not
 * COMPLETE: others follow, and attempts that would need them may succeed. */
void filter_look(struct filter *filter, const unsigned char *bytes,
		 size_t size, bool complete);

/* Makes it suit bytes like those from FROM on. */
void filter_tune(struct filter *filter, size_t from);

/* The first places from FROM up to TO, false where there are none. */
bool filter_next(struct filter *filter, size_t from, size_t to,
		 struct filter_range *range);

/* The matches in a row from *FROM on that need no attempt, where each is the
 * next one of the pass and begins before TO: how many, and the LAST.  *FROM
 * becomes TO, or where the first place is that must be tried. */
size_t filter_pass(struct filter *filter, size_t *from, size_t to,
		   struct filter_range *last);

/* How many of LENGTH bytes are BYTE. */
uint64_t filter_count(unsigned char byte, const unsigned char *bytes,
		      size_t length);

/* For tests: filters made from now on, and filter_count, do without what newer
 * processors have, or no longer do. */
void filter_force_narrow(bool narrow);

#endif
