/*
 * line_filter: which lines of a document are shown.
 *
 * A stack of entries, each a pattern.  A line is shown if all entries that are
 * on let it pass: an including one if the line has a match of it, an excluding
 * one if it has none.  So are, as its context, up to BEFORE lines before and
 * AFTER lines behind each such line; no further than LINE_FILTER_REACH bytes
 * (src/sizes.h) from start to start, so that a line without end is not walked.
 *
 * A line has a match if one begins in it.  (With \K: is found by an attempt
 * that does.)  Attempts begin at the line's start, so look-behind sees what
 * stands before it; a match may run on behind the line's end.  An empty match
 * at the newline counts, as it does for grep: each line has one.  Behind the
 * last newline there is no line, unless there are bytes.
 *
 * Which lines pass is found out by forked workers, from the place on that
 * somebody looks at, stretch by stretch, and kept: for each line about as many
 * bytes as it takes to write down how far it is from the one before.  It
 * follows the document (document_follow), and looks again at what an edit or
 * growth may have changed.  That is the stretch in which the edit is, and those
 * before it whose lines may look at it: none, but for a pattern of which a
 * match, or what it looks ahead at, can go on behind its line; of such a one
 * all that may reach the edit.
 *
 * Order of calls: line_filter_new; entries and context, at any time; then
 * line_filter_poll, whenever a descriptor of line_filter_descriptors is
 * readable, and after each change of the stack, the document, or the place
 * that is looked at.  It starts and restarts the workers.  The questions never
 * wait, and are only for a filter that hides (line_filter_hides).
 * line_filter_free before the document is closed.
 *
 * Errors: a pattern that fails or comes to a limit, a worker that is killed,
 * no memory: the filter has failed, line_filter_state says why, all lines are
 * shown, and it is tried again once the stack is another, or switched on
 * again.  A line is never hidden because something went wrong.
 */
#ifndef OCTAVO_LINE_FILTER_H
#define OCTAVO_LINE_FILTER_H

#include "octavo/document.h"
#include "octavo/job.h"
#include "octavo/pattern.h"
#include "octavo/search.h"

struct line_filter;

struct line_filter_entry {
	struct pattern *pattern;
	bool exclude;		/* hides the lines with a match */
	bool on;
};

/* No entries yet.  FORM is a newline_form (src/newline.h). */
struct line_filter *line_filter_new(struct document *document, unsigned form,
				    struct error *error);
void line_filter_free(struct line_filter *filter);
/* The same stack for another document (while both are open), or another
 * form. */
void line_filter_move(struct line_filter *filter, struct document *document,
		      unsigned form);
unsigned line_filter_form(const struct line_filter *filter);

/* --- the stack --- */

size_t line_filter_count(const struct line_filter *filter);
const struct line_filter_entry *
line_filter_entry(const struct line_filter *filter, size_t index);
/* On top of the others, and on.  Takes PATTERN over, also on failure. */
bool line_filter_add(struct line_filter *filter, struct pattern *pattern,
		     bool exclude, struct error *error);
/* The same in the place of INDEX, which is not on if it was not. */
void line_filter_replace(struct line_filter *filter, size_t index,
			 struct pattern *pattern, bool exclude);
void line_filter_switch(struct line_filter *filter, size_t index, bool on);
void line_filter_remove(struct line_filter *filter, size_t index);

void line_filter_set_context(struct line_filter *filter, uint64_t before,
			     uint64_t after);
void line_filter_context(const struct line_filter *filter, uint64_t *before,
			 uint64_t *after);

/* All of it, whatever its entries are; it is on at first. */
void line_filter_turn(struct line_filter *filter, bool on);
bool line_filter_is_on(const struct line_filter *filter);
/* Is there an entry that is on, in a filter that is, and has not failed?  Else
 * all lines are shown. */
bool line_filter_hides(const struct line_filter *filter);

/* --- finding out --- */

/* Somebody looks at OFFSET: what stands there is found out first. */
void line_filter_look(struct line_filter *filter, uint64_t offset);

size_t line_filter_descriptors(const struct line_filter *filter, int *fds,
			       size_t count);
/* Takes what has arrived, and starts what is to be done.  True: what is shown
 * where somebody looks may be another now; elsewhere more may be known also
 * without that. */
bool line_filter_poll(struct line_filter *filter);
/* Polls, waiting between, until all is known, or it has failed. */
void line_filter_wait(struct line_filter *filter);

/* JOB_RUNNING while not all is known; JOB_FAILED with *ERROR (may be NULL).
 * JOB_DONE: all is known, or nothing is hidden. */
enum job_state line_filter_state(const struct line_filter *filter,
				 struct error *error);
/* Bytes known of how many; lines that pass so far, without context. */
void line_filter_progress(struct line_filter *filter, uint64_t *done,
			  uint64_t *total, uint64_t *lines);
/* How many workers; 0: one for each core (tests set it). */
void line_filter_set_workers(struct line_filter *filter, unsigned workers);
/* Asserts the invariants; for tests. */
void line_filter_check(struct line_filter *filter);

/* --- questions --- */

enum line_answer {
	LINE_FOUND,
	LINE_NONE,
	LINE_UNKNOWN,	/* something that decides it is not found out yet */
};

/* The first line that is shown and begins at or behind OFFSET; the last one
 * that begins before it. */
enum line_answer line_filter_from(struct line_filter *filter, uint64_t offset,
				  uint64_t *start);
enum line_answer line_filter_before(struct line_filter *filter,
				    uint64_t offset, uint64_t *start);

enum line_kind { LINE_HIDDEN, LINE_PASSES, LINE_CONTEXT, LINE_NOT_KNOWN };

/* Of the line that begins at START. */
enum line_kind line_filter_kind(struct line_filter *filter, uint64_t start);

/* --- one line, judged at once --- */

/*
 * For the workers of a search (search_plan.accept), who may not wait for what
 * the filter does not know yet: they look at the line itself.  The filter and
 * its document must not change while it is used.
 */
struct line_judge;

struct line_judge *line_judge_new(const struct line_filter *filter,
				  struct error *error);
void line_judge_free(struct line_judge *judge);
/* Is the line shown in which MATCH begins?  Also where that cannot be told, as
 * all lines are then. */
bool line_judge_accepts(void *judge, struct match match);

#endif
