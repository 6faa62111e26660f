/*
 * lines: how many newlines stand before each part of a document, and so which
 * line is where, without going through it again.
 *
 * Line N begins behind the (N-1)-th newline (src/newline.h says what one is),
 * line 1 at the document's start.  A line ends behind its newline; the bytes
 * behind the last one are a line as well, so there are as many as `grep -c ''`
 * counts: as `wc -l` does, and one more where the last line has no newline.
 *
 * It is counted from the start on, stretch by stretch (src/stretches.h), by
 * forked workers, who do not read holes.  It follows the document
 * (document_follow): what an edit touches is counted again, all else stays
 * known.  It is as fresh as the last document_outside.  Memory: 40 bytes for a
 * megabyte of the document, and never more than 3 MiB; as much once more while
 * workers see it as it was.
 *
 * No question waits.  What is short and in memory, what an edit has made
 * unknown for example, is counted at once; else the answer is that it is not
 * known yet.
 *
 * Order of calls: lines_new; lines_poll, which begins the counting, and again
 * whenever a descriptor is readable; lines_want before and after a wait; the
 * questions at any time; lines_free before the document is closed.
 */
#ifndef OCTAVO_LINES_H
#define OCTAVO_LINES_H

#include "newline.h"
#include "octavo/job.h"

struct lines;

enum lines_answer {
	LINES_KNOWN,
	LINES_NONE,	/* there is no such line */
	LINES_UNKNOWN,	/* it is not counted that far yet */
};

/* A line behind all others. */
#define LINES_ALL UINT64_MAX

/* Of DOCUMENT, which must outlive it; WORKERS as in struct job_plan.  What is
 * read by blocks (a process) has no lines: it changes all the time. */
struct lines *lines_new(struct document *document, enum newline_form form,
			unsigned workers, struct error *error);
void lines_free(struct lines *lines);
enum newline_form lines_form(const struct lines *lines);

size_t lines_descriptors(const struct lines *lines, int *fds, size_t count);
/*
 * Takes what has arrived, and has workers count what is unknown.  JOB_DONE:
 * all is known, or what is wanted.  JOB_FAILED with *ERROR (may be NULL): they
 * could not, and it is not tried again before an edit or lines_want.
 */
enum job_state lines_poll(struct lines *lines, struct error *error);

/* Somebody waits until it is known where line NUMBER begins, or that there is
 * none (LINES_ALL: until all is counted): workers are not in the background,
 * and stop there.  0: nobody waits, which is so at first; what still runs is
 * stopped, and the next lines_poll goes on in the background. */
void lines_want(struct lines *lines, uint64_t number);

/* Which line OFFSET (<= size) is in, from 1; the end of the document is in the
 * line that would go on there. */
bool lines_number(struct lines *lines, uint64_t offset, uint64_t *number);
/* Where line NUMBER (>= 1) begins, which may be the document's end. */
enum lines_answer lines_start(struct lines *lines, uint64_t number,
			      uint64_t *offset);
/* How many there are. */
bool lines_count(struct lines *lines, uint64_t *count);
/* Up to which offset (of what size) all is counted. */
void lines_progress(struct lines *lines, uint64_t *done, uint64_t *total);

/* Asserts the invariants. */
void lines_check(struct lines *lines);

#endif
