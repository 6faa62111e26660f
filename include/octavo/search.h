/*
 * search: where the pattern is in the document, edits included.
 *
 * The answers are those of one pass from left to right over the whole
 * document: look-behind, \b, ^ and $ see the real neighbours, matches do not
 * overlap, and after an attempt that took no bytes the pass goes on one byte
 * (in UTF mode one character) further.  A pass over a range begins at the range's start
 * and keeps the matches that lie wholly inside it; the bytes outside are
 * there for look-around.
 *
 * Most patterns cannot match at a zero byte, or not where none but zeros follow
 * for long, and nothing else is in the holes of a sparse file: those are passed
 * over, unless a match runs into one, and but for their last bytes.
 *
 * Bytes that cannot be read are in no match.  A search of what is read by blocks
 * passes over them, and one of a bad disk if it is told to: how many they were
 * is told with the result (search_unreadable).  A match that would run into them
 * is none, and none is looked for within it.  Bytes that a file loses while it
 * is searched make that fail.
 *
 * The work is done in forked workers (octavo/job.h); chunks own the starts of
 * matches, and where a match runs on into the next chunk, that one is brought
 * back in step.  Runs that PCRE2 gives up (match, depth, heap limit, JIT
 * stack) fail with a message that names the limit and the offset; they are
 * never "no match".
 */
#ifndef OCTAVO_SEARCH_H
#define OCTAVO_SEARCH_H

#include "octavo/document.h"
#include "octavo/job.h"
#include "octavo/pattern.h"
#include "octavo/replacement.h"

struct match {
	uint64_t start;
	uint64_t end;
};

/* --- in this process; for workers and for tests --- */

struct scanner;

enum scan_result { SCAN_MATCH, SCAN_NONE, SCAN_FAILED };

/*
 * A match, and where the attempt began that found it.  Attempts decide which
 * chunk owns a match and where the pass goes on; they differ from the match's
 * start only after \K.
 */
struct finding {
	uint64_t attempt;
	struct match match;
};

/* Both must outlive the scanner, and the document must not be edited. */
struct scanner *scanner_new(const struct document *document,
			    const struct pattern *pattern,
			    struct error *error);
void scanner_free(struct scanner *scanner);
/* From now on matches are found with all their groups, for scanner_expand. */
bool scanner_keep_groups(struct scanner *scanner, struct error *error);
/* The first match of a pass beginning at FROM whose attempt is < LIMIT. */
enum scan_result scanner_next(struct scanner *scanner, uint64_t from,
			      uint64_t limit, struct finding *finding,
			      struct error *error);
/* Where the pass goes on after FINDING. */
uint64_t scanner_after(const struct scanner *scanner,
		       const struct finding *finding);

/* --- in workers --- */

enum search_kind {
	SEARCH_COUNT,	/* only how many */
	SEARCH_ALL,	/* each of them, in order, through `found` */
	SEARCH_REPLACE,	/* the same, with what it becomes, through `replaced` */
	SEARCH_PRINT,	/* the same as text: a line "OFFSET LENGTH" for each */
	SEARCH_LINES,	/* each line of the document in which a match starts,
			 * once, as "NUMBER:TEXT" with a newline behind; lines
			 * count from 1.  An empty match behind the last
			 * newline is in none.  Or as `lines` says. */
	SEARCH_PACKED,	/* how many in each chunk, and where, through `packed` */
	SEARCH_FIRST,	/* the first one of a pass that begins at range.start */
	SEARCH_LAST,	/* the last one that starts in the range: the previous
			 * match.  The pass begins far enough before it to be
			 * in step with one from the document's start. */
};

/* What becomes of a match, or of a part of one. */
struct replaced {
	struct match match;
	const unsigned char *bytes;
	size_t length;
	bool more;		/* bytes behind those of the one before, whose
				 * match's end this one has for its start and
				 * its end: they were too many for one call */
	bool unfinished;	/* there will be such ones behind this */
};

/*
 * The matches that begin in one chunk, at least one: for those who keep very
 * many.  BYTES are read by packed_next, from `first` on.  A chunk with too many
 * has none: it can be searched again, as a pass that begins at `entry` and goes
 * on for `count` matches.
 */
struct packed {
	uint64_t entry;		/* where the pass enters the chunk */
	uint64_t count;
	uint64_t first;		/* the start of the first one */
	struct range range;	/* the chunk, in PACKED_PARTS parts: bit i of */
	uint64_t parts;		/* this is set where one starts in part i */
	const unsigned char *bytes;
	size_t length;
};

enum { PACKED_PARTS = 64 };

/* Which lines SEARCH_LINES selects, and what stands beside them.  All zeros:
 * those with a match, alone. */
struct search_lines {
	bool others;		/* of those that the range touches the ones in
				 * which no match of it starts */
	bool only_count;	/* nothing is written: search_count */
	/* Lines before and behind each selected one are written as well, where
	 * no match starts in the range as "NUMBER-TEXT", and "--" where lines
	 * are left out between them; WITH_CONTEXT, or neither is. */
	bool with_context;
	uint64_t before;
	uint64_t behind;
};

/* Moves *MATCH on to the next one in *BYTES, which is moved behind it.  Before
 * the first one both its ends are packed.first. */
void packed_next(const unsigned char **bytes, struct match *match);

struct search_plan {
	const struct document *document;
	const struct pattern *pattern;
	enum search_kind kind;
	struct range range;
	/* For SEARCH_ALL: called inside search_poll, COUNT matches in order;
	 * false ends the search early as done.  May be NULL. */
	bool (*found)(void *context, const struct match *matches,
		      size_t count);
	/* For SEARCH_REPLACE, likewise; what matches become is worked out by
	 * the workers, who see the document as it was at the start. */
	const struct replacement *replacement;
	bool (*replaced)(void *context, const struct replaced *replaced);
	/* For SEARCH_PRINT and SEARCH_LINES, likewise, LENGTH bytes of text,
	 * which may end within a line: lines can be of any length. */
	bool (*text)(void *context, const void *bytes, size_t length);
	const char *prefix;	/* of each such line but "--"; or NULL */
	struct search_lines lines;	/* of SEARCH_LINES */
	/* For SEARCH_PACKED, likewise, for each chunk with a match. */
	bool (*packed)(void *context, const struct packed *packed);
	/* For SEARCH_FIRST, SEARCH_LAST and SEARCH_ALL: is MATCH one of those
	 * that are looked for?  The pass goes on after it either way.  Called
	 * in the workers, which have CONTEXT as it was when they were forked,
	 * perhaps more than once for a match.  NULL: all are. */
	bool (*accept)(void *context, struct match match);
	void *context;
	unsigned workers;	/* 0: one for each core */
	uint64_t chunk;		/* bytes; 0: chosen by size (tests set it) */
	bool pass_over;		/* what cannot be read, instead of failing */
	bool here;		/* as in struct job_plan */
	bool background;	/* likewise */
};

struct search;

/* The document may be edited while it runs (the workers do not see that); the
 * pattern, the replacement and the prefix must live until search_free. */
struct search *search_start(const struct search_plan *plan,
			    struct error *error);
void search_free(struct search *search);

size_t search_descriptors(const struct search *search, int *fds, size_t count);
/* As job_poll.  The result is there once it says JOB_DONE. */
enum job_state search_poll(struct search *search, struct error *error);
enum job_state search_wait(struct search *search, struct error *error);

/* Bytes looked at of how many, and matches so far. */
void search_progress(const struct search *search, uint64_t *done,
		     uint64_t *total, uint64_t *found);

/* After JOB_DONE: how many (all kinds; lines for LINES; 0 or 1 for FIRST and
 * LAST). */
uint64_t search_count(const struct search *search);
/* After JOB_DONE: how many bytes where it has searched were passed over because
 * they cannot be read, and the first of them, if there are any.  What lies
 * between the regions of a process is none of them. */
uint64_t search_unreadable(const struct search *search, uint64_t *first);
/* After JOB_DONE of FIRST or LAST: the match, if there is one. */
bool search_match(const struct search *search, struct match *match);

#endif
