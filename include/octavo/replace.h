/*
 * replace: every match in a range becomes something else, as one edit.
 *
 * The matches are those that a search of kind SEARCH_ALL lists.  They are
 * found, and what they become is worked out, in forked workers; it is gathered
 * in a rewrite (octavo/document.h), so the document is as it was until
 * replace_commit, and stays so if that is never called, or fails.
 *
 * Order of calls: replace_start; replace_poll, whenever a descriptor of
 * replace_search is readable, until it no longer says JOB_RUNNING; after
 * JOB_DONE replace_commit; replace_free at any time, before the document is
 * closed.  An edit of the document in between makes it fail.
 */
#ifndef OCTAVO_REPLACE_H
#define OCTAVO_REPLACE_H

#include "octavo/search.h"

struct replace_plan {
	struct document *document;
	/* Both must live until replace_free. */
	const struct pattern *pattern;
	const struct replacement *replacement;
	struct range range;
	/* Offsets in the document, ascending, COUNT of them, or NULL: after
	 * JOB_DONE they are those of the same bytes once it is committed, or
	 * in or behind what took the place of these. */
	uint64_t *places;
	size_t place_count;
	unsigned workers;	/* as in struct search_plan */
	uint64_t chunk;
	bool ask;		/* each match waits for an answer */
};

struct replace;

struct replace *replace_start(const struct replace_plan *plan,
			      struct error *error);
void replace_free(struct replace *replace);

/* The search that runs: for its descriptors and its progress. */
struct search *replace_search(const struct replace *replace);
/* As search_poll and search_wait. */
enum job_state replace_poll(struct replace *replace, struct error *error);
enum job_state replace_wait(struct replace *replace, struct error *error);

/*
 * With `ask`: the match that waits, and what it would become (up to the next
 * call).  As long as there is one nothing goes on, and replace_poll says
 * JOB_RUNNING.  After the answer either the next one waits, or replace_poll is
 * to be called again.
 */
enum replace_answer { REPLACE_YES, REPLACE_NO, REPLACE_ALL };

bool replace_waiting(const struct replace *replace,
		     struct replaced *replaced);
bool replace_answer(struct replace *replace, enum replace_answer answer,
		    struct error *error);
/* Leaves the rest as it is: JOB_DONE, from where on it may be committed. */
void replace_end(struct replace *replace);

/* After JOB_DONE: how many are replaced; none is no edit.  *TOUCHED and *LENGTH
 * are those of rewrite_commit. */
uint64_t replace_count(const struct replace *replace);
/* Once. */
bool replace_commit(struct replace *replace, struct range *touched,
		    uint64_t *length, struct error *error);

#endif
