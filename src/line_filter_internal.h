/*
 * What the files of the line filter share: the stack and what is known
 * (line_filter.c), the workers (line_filter_worker.c), one line
 * (line_filter_line.c), questions (line_filter_answer.c), and what an edit may
 * have changed (line_filter_reach.c).
 */
#ifndef OCTAVO_LINE_FILTER_INTERNAL_H
#define OCTAVO_LINE_FILTER_INTERNAL_H

#include "newline.h"
#include "octavo/line_filter.h"
#include "sizes.h"
#include "stretches.h"

/* How far from an edit the bytes are that may decide of a line.  UINT64_MAX:
 * nobody knows a bound. */
struct reach {
	uint64_t ahead;		/* behind the line's end */
	uint64_t behind;	/* before an attempt */
};

struct entry {
	struct line_filter_entry shown;
	struct reach reach;
};

/* The lines of a stretch that pass: how far the first begins behind the start
 * of the stretch, each other behind the one before, as numbers of 7 bits in a
 * byte, low ones first.  Before these, for each LINE_FILTER_MARK lines, a mark
 * that says where it goes on behind them.  No line begins in the stretch: there
 * are no hits, not even empty ones. */
struct hits {
	size_t length;
	unsigned char bytes[];
};

struct mark {
	uint64_t start;		/* of the line, from the stretch's */
	uint64_t at;		/* the byte behind its number, from the first
				 * number's */
};

static inline size_t marks_size(uint64_t count)
{
	return (size_t)(count / LINE_FILTER_MARK) * sizeof(struct mark);
}

struct line_filter {
	struct document *document;
	struct document_follower follower;
	enum newline_form form;
	struct entry *entries;
	size_t count;
	size_t capacity;
	uint64_t before;	/* context */
	uint64_t after;
	bool on;
	unsigned workers;

	struct stretches *stretches;	/* NULL: nothing is known */
	bool failed;
	struct error error;
	bool changed;		/* since the last poll */
	uint64_t place;		/* somebody looks there */

	struct job *job;	/* NULL: none runs */
	uint64_t revision;	/* of the document, when it began */
	unsigned epoch;
	size_t *order;		/* the stretches that it looks at, */
	size_t order_count;
	size_t begun;		/* the one in which the place was */
	uint64_t left;		/* bytes unknown when it began */
	uint64_t screen;	/* lines still to be found before the rest is
				 * less urgent; 0: it is */
};

/* --- line_filter_reach.c --- */

struct reach line_filter_reach(const struct pattern *pattern,
			       enum newline_form form);
/* Forgets what an edit that has left RANGE may have changed beside what
 * stretches_edit has forgotten; SHIFTED: newlines behind it are others, for it
 * has moved them by an odd number of bytes. */
void line_filter_forget(struct line_filter *filter, struct range range,
			bool shifted);

/* --- line_filter_line.c: in workers --- */

/* Does a line begin at OFFSET, or would one if there were bytes? */
bool line_begins(struct newlines *lines, uint64_t offset);
/* To the line behind the one that begins at *START, if it does not begin behind
 * MOST (<= size); to the one before, if it does not before LEAST. */
bool line_next(struct newlines *lines, uint64_t *start, uint64_t most);
bool line_previous(struct newlines *lines, uint64_t *start, uint64_t least);
/* How far from START context is looked for. */
uint64_t line_least(uint64_t start);
uint64_t line_most(const struct document *document, uint64_t start);

/* The entries that are on, each with a scanner. */
struct looker_entry {
	const struct line_filter_entry *entry;
	struct scanner *scanner;
	uint64_t cost;		/* nanoseconds for a stretch */
};

struct looker {
	const struct document *document;
	struct newlines lines;
	size_t count;
	struct looker_entry entries[];
};

struct looker *looker_new(const struct line_filter *filter,
			  struct error *error);
void looker_free(struct looker *looker);

/* Before which offset attempts are to begin, of all that begin before END: the
 * document's end is one more place to be at, of a last line without newline. */
uint64_t looker_limit(struct looker *looker, uint64_t end);
enum scan_result looker_next(struct looker *looker, size_t index,
			     uint64_t from, uint64_t limit,
			     struct finding *finding, struct error *error);
/* Does a match of entry INDEX begin at or behind FROM in the line that begins
 * at START, in which FROM is? */
bool looker_matches(struct looker *looker, size_t index, uint64_t start,
		    uint64_t from, bool *matches, struct error *error);

/* --- line_filter_worker.c --- */

/* The work of a job; CONTEXT is the struct line_filter, a chunk one of its
 * order.  There is one message a chunk: the number of lines that pass, a
 * uint64_t, and the bytes of the hits; an empty one, where none begins. */
bool line_filter_work(struct job_worker *worker, void *context,
		      struct error *error);

/* --- line_filter_answer.c --- */

/* A walk over the lines of a stretch that pass. */
struct walk {
	const unsigned char *bytes;
	uint64_t offset;	/* of the line that was passed last */
	bool any;		/* there is one */
	uint64_t left;		/* lines behind it */
};

/* One that has passed some of the lines before OFFSET, and no others. */
struct walk walk_begin(struct stretch stretch, uint64_t offset);
/* To the next line; false where none is left. */
bool walk_next(struct walk *walk);

#endif
