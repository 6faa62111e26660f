/*
 * What the search room needs of a pattern and nobody else: the PCRE2 program
 * and the facts that decide how it may be run.
 */
#ifndef OCTAVO_PATTERN_INTERNAL_H
#define OCTAVO_PATTERN_INTERNAL_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "octavo/pattern.h"
#include "syntax.h"

/* Which attempts can match that begin in a run of zero bytes; others may run
 * on into it. */
enum zero_starts {
	ZERO_STARTS_ALL,
	ZERO_STARTS_FIRST,	/* at its first byte: a newline may be before */
	ZERO_STARTS_LAST,	/* at its last `zero_reach` bytes */
	ZERO_STARTS_NONE,
};

struct pattern {
	pcre2_code *code;	/* unanchored, PCRE2_USE_OFFSET_LIMIT; JIT
				 * compiled for complete and hard partial
				 * matching where JIT is to be had */
	pcre2_code *attempt;	/* the same for single attempts: it does not
				 * look ahead for what they may need.  NULL
				 * where there is no syntax. */
	struct syntax *syntax;	/* what its matches are like, or NULL: it is
				 * not known, or is of no use */
	char *text;
	size_t lookbehind;	/* more bytes than a match can look at before
				 * its start; SIZE_MAX: no bound is known */
	bool utf;
	bool jit;
	bool sequential;	/* cannot be cut into chunks: \G, or verbs that
				 * steer the search */
	enum zero_starts zero_starts;
	size_t zero_reach;
	struct pattern_limits limits;
};

#endif
