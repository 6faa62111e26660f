/*
 * What the two halves of the search room share: the parent's (search.c) and
 * the workers' (search_worker.c).
 */
#ifndef OCTAVO_SEARCH_INTERNAL_H
#define OCTAVO_SEARCH_INTERNAL_H

#include <stdatomic.h>

#include "octavo/search.h"

/* What goes before the bytes that a match becomes. */
struct search_part {
	struct match match;
	uint32_t length;
	uint16_t more;		/* as in struct replaced */
	uint16_t unfinished;
};

struct search {
	struct search_plan plan;
	struct job *job;
	uint64_t begin;		/* where the pass begins */
	uint64_t limit;		/* attempts before it count */
	uint64_t chunk;
	uint64_t chunks;
	bool constant;		/* all matches become the same */
	bool once;		/* a second pass finds nothing in memory */
	bool leftwards;		/* chunk 0 is the last one */
	unsigned epoch;		/* of the document, when it began */
	/* In the parent: what has arrived. */
	uint64_t count;
	bool any;
	struct match match;
};

/* Begins the memory that the workers share with the parent. */
struct search_shared {
	_Alignas(64) _Atomic uint64_t unreadable;	/* bytes passed over */
	_Atomic uint64_t unread;	/* one more than the first; 0: none */
};

/* The work of a worker; CONTEXT is the struct search.  Messages are a
 * uint64_t for SEARCH_COUNT, text for SEARCH_PRINT and SEARCH_LINES, parts for
 * SEARCH_REPLACE, a struct packed and its bytes for SEARCH_PACKED, else
 * matches. */
bool search_work(struct job_worker *worker, void *context,
		 struct error *error);

/* Bytes of shared memory that the workers need. */
size_t search_shared_size(const struct search *search);

#endif
