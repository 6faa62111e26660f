/*
 * survey: all matches of a pattern in a range, kept for looking at: how many,
 * the n-th, which one stands at an offset, in which parts of the document
 * there are any.
 *
 * A search in the background fills it from the range's start.  Memory is
 * bounded whatever it finds: matches are kept packed as long as there is room
 * (SURVEY_BYTES), else only counted for each chunk, and a chunk that somebody
 * looks into is searched again, beside the screen as well.
 *
 * It is true of the document as it was at the start, and no longer of use once
 * that is edited: begin another.  (To move what lies behind an edit, and search
 * again what it touches, one would have to know how far matches in the place of
 * others throw the pass out of step; beginning again costs a second for 10 GB.)
 *
 * Order of calls: survey_new; survey_poll whenever a descriptor is readable;
 * the questions at any time; survey_free before the document is closed.
 */
#ifndef OCTAVO_SURVEY_H
#define OCTAVO_SURVEY_H

#include "octavo/search.h"

struct survey;

/* Document and pattern must outlive it. */
struct survey *survey_new(const struct document *document,
			  const struct pattern *pattern, struct range range,
			  unsigned workers, struct error *error);
void survey_free(struct survey *survey);

size_t survey_descriptors(const struct survey *survey, int *fds, size_t count);
/* Takes what has arrived. */
void survey_poll(struct survey *survey);

/* Of the search: JOB_RUNNING while it goes on; JOB_FAILED with *ERROR (may be
 * NULL) where it was given up: then what is known is not all. */
enum job_state survey_state(const struct survey *survey, struct error *error);
/* Is a chunk being searched again? */
bool survey_loading(const struct survey *survey);
void survey_progress(const struct survey *survey, uint64_t *done,
		     uint64_t *total);

/* The range; so far found. */
struct range survey_range(const struct survey *survey);
uint64_t survey_count(const struct survey *survey);

/* The match INDEX (< count), from 0.  False: not at hand; it will be once
 * survey_loading no longer says so, unless that fails. */
bool survey_match(struct survey *survey, uint64_t index, struct match *match);
/* How many matches start before OFFSET.  False: not known, or not at hand. */
bool survey_rank(struct survey *survey, uint64_t offset, uint64_t *rank);
/* Does one start in part ROW of ROWS of the document, as far as is known? */
bool survey_marked(const struct survey *survey, unsigned row, unsigned rows);

#endif
