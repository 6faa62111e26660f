/*
 * What the search room needs of its scanner beside octavo/search.h.
 */
#ifndef OCTAVO_SCANNER_H
#define OCTAVO_SCANNER_H

#include "octavo/search.h"

/*
 * A match, and where the attempt began that found it.  Attempts decide which
 * chunk owns a match; they differ from its start only after \K.
 */
struct finding {
	uint64_t attempt;
	struct match match;
};

/* As scanner_next, with LIMIT for the attempt. */
enum scan_result scanner_find(struct scanner *scanner, uint64_t from,
			      uint64_t limit, struct finding *finding,
			      struct error *error);

/* OFFSET, or in UTF mode the first character that starts at or after it. */
uint64_t scanner_align(const struct scanner *scanner, uint64_t offset);

#endif
