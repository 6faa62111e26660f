/*
 * What the search room needs of its scanner beside octavo/search.h.
 */
#ifndef OCTAVO_SCANNER_H
#define OCTAVO_SCANNER_H

#include "octavo/search.h"
#include "filter.h"
#include "replacement_internal.h"

/* From now on what is in a file is read, not mapped, where that can be: a pass
 * over all of it takes less time then. */
void scanner_read_file(struct scanner *scanner);

/* OFFSET, or in UTF mode the first character that starts at or after it. */
uint64_t scanner_align(const struct scanner *scanner, uint64_t offset);

/* Behind a match that scanner_next has just found, at *POSITION, the pass may go
 * over more of them with less work, where nobody asks for their groups: how
 * many it has, whose attempts are < LIMIT, and the LAST.  Not all that there
 * are; *POSITION is where it goes on. */
uint64_t scanner_pass(struct scanner *scanner, uint64_t *position,
		      uint64_t limit, struct match *last);

/* Appends to OUT what REPLACEMENT makes of the match that scanner_next has
 * just found. */
bool scanner_expand(const struct scanner *scanner,
		    const struct replacement *replacement,
		    struct expansion *out, struct error *error);

/* The ways to search: the kinds of filter, and none. */
enum { SCANNER_PLAIN = FILTER_KINDS, SCANNER_WAYS };

/* For tests: scanners made from now on go only the way WAY, if the pattern
 * has that, else the plain one; SCANNER_WAYS: the fastest again. */
void scanner_force(int way);

#endif
