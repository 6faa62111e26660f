/*
 * What a worker sends of the chunk that it finishes: a count, matches, what
 * they become, text, or packed matches.  Others of its chunks may be scanned
 * already; of those nothing is sent.
 *
 * Order of calls: search_output_init; for each chunk search_output_begin,
 * search_output_match for the matches of the pass, perhaps
 * search_output_beyond, search_output_leave, search_output_end.
 */
#ifndef OCTAVO_SEARCH_OUTPUT_H
#define OCTAVO_SEARCH_OUTPUT_H

#include "search_internal.h"
#include "search_text.h"
#include "sizes.h"

struct search_output {
	const struct search *search;
	struct job_worker *job;
	bool listing;		/* all matches are sent */
	const struct replacement *replacement;	/* and what becomes of them,
						 * which is not the same for
						 * all; or NULL */
	struct text_writer writer;	/* of SEARCH_PRINT and SEARCH_LINES */
	/* Of the chunk: */
	uint64_t chunk;
	uint64_t count;		/* matches, or lines */
	struct match last;
	struct packed packed;	/* of SEARCH_PACKED */
	bool crowded;		/* there are too many to be packed */
	unsigned char out[SEARCH_RESULT];
	size_t out_size;
};

/* *OUTPUT does not move from then on. */
void search_output_init(struct search_output *output,
			const struct search *search, struct job_worker *job);

/* Zeros that stand for lost bytes must not be taken for the file's: false where
 * one of RANGE was lost since the document's epoch was EPOCH. */
bool search_check_lost(const struct document *document, unsigned epoch,
		       struct range range, struct error *error);

/* Does MATCH belong to the answer?  (The pass goes on after it either way.) */
bool search_counts(const struct search *search, struct match match);

/* The pass enters RANGE, chunk number CHUNK, at ENTRY. */
void search_output_begin(struct search_output *output, uint64_t chunk,
			 struct range range, uint64_t entry);

/* The next one of the pass.  BYTES, LENGTH of them, is what it becomes, where
 * that is wanted. */
bool search_output_match(struct search_output *output, struct match match,
			 const unsigned char *bytes, size_t length,
			 struct error *error);

/* COUNT (> 0) more of which only the last one is known, and the parts of the
 * chunk in which they start. */
void search_output_beyond(struct search_output *output, uint64_t count,
			  struct match last, uint64_t parts);

/* The bit of the part of RANGE in which START is; of SEARCH_PACKED. */
uint64_t search_output_part(struct range range, uint64_t start);

/* The pass has left RANGE, the chunk: of SEARCH_LINES, what follows from that
 * there is no more. */
bool search_output_leave(struct search_output *output, struct range range,
			 struct error *error);

/* Sends the rest, and finishes the chunk, which was RANGE. */
bool search_output_end(struct search_output *output, struct range range,
		       struct error *error);

#endif
