/*
 * What the files of the scanner share.
 */
#ifndef OCTAVO_SCANNER_INTERNAL_H
#define OCTAVO_SCANNER_INTERNAL_H

#include "pattern_internal.h"
#include "scanner.h"
#include "scanner_pace.h"

struct scanner {
	const struct document *document;
	const struct pattern *pattern;
	uint64_t origin;	/* where attempts' look-behind ends, and ... */
	uint64_t size;		/* ... where their bytes end: the document's
				 * bounds, or those of a section */
	uint64_t whole;		/* of the document */
	struct range section;
	uint64_t window;	/* bytes asked for at first */
	uint64_t tail;		/* windows in place end here at the latest */
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
	/* The window: bytes[0] is the byte at `start`. */
	const unsigned char *bytes;
	uint64_t start;
	uint64_t end;
	bool copies;		/* windows are read rather than mapped */
	unsigned char *buffer;
	size_t capacity;
	/* Attempts to be made, and from where on again: behind the hole that
	 * ends them. */
	struct range attempts;
	uint64_t resume;
	bool groups;		/* matches are wanted with their groups */
	struct filter *filters[FILTER_KINDS];	/* NULL: not of this kind */
	bool looked[FILTER_KINDS];	/* it knows this window */
	uint64_t tuned[FILTER_KINDS];	/* ... and bytes like those here */
	struct pace pace;
	/* From the last match that a filter knew up to here, the same filter
	 * may be asked for the next one: all in this window and stretch. */
	struct range known;
	struct filter *knows;
};

static inline bool scanner_continues(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

static inline bool scanner_needs_all(const struct scanner *scanner)
{
	return scanner->pattern->sequential ||
	       scanner->pattern->lookbehind == SIZE_MAX;
}

/* --- scanner_window.c --- */

/* Is the window one for an attempt at AT? */
bool scanner_covers(const struct scanner *scanner, uint64_t at);
/* A window with about NEED (> 0) bytes from AT on that ends behind PAST (>= AT),
 * or at the document's end.  NEED is more than from AT to PAST. */
bool scanner_place(struct scanner *scanner, uint64_t at, uint64_t need,
		   uint64_t past, struct error *error);

#endif
