/*
 * One survey at a time, of the current buffer, is begun when there is nothing
 * else to do, and thrown away by the next edit, buffer or pattern.
 *
 * Edits come in bursts, and a survey reads all of the file; so after an edit
 * one is begun again only when there has been none for a while, and only if
 * the last was quick.  Else it waits until somebody searches again.
 *
 * Invariants
 *  1. editor->live->survey is of `document` in its revision `revision`, and of
 *     the pattern `serial`; both exist as long.  What is shown of it is shown
 *     only while these are the current ones (live_survey).
 */
#include "live.h"

#include <stdlib.h>
#include <time.h>

#include "editor_internal.h"
#include "matches.h"
#include "task.h"

enum {
	LIVE_QUIET_MILLISECONDS = 500,
	LIVE_QUICK_MILLISECONDS = 2000,
};

struct live {
	struct survey *survey;	/* NULL: none */
	const struct document *document;
	uint64_t revision;
	uint64_t serial;
	int64_t begun;		/* in milliseconds */
	bool whole;		/* it is of all that there was */
	int64_t cost;		/* of the last one that went as far */
	uint64_t seen;		/* the revision seen last, and since when */
	int64_t changed;
	bool wanted;
};

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* --- one survey --- */

static bool is_current(const struct editor *editor, const struct live *live)
{
	const struct document *document =
		editor->buffer ? editor->buffer->document : NULL;

	return live && live->survey && live->document == document
	       && live->revision == document_revision(document)
	       && live->serial == editor->pattern_serial;
}

struct survey *live_survey(const struct editor *editor)
{
	return is_current(editor, editor->live) ? editor->live->survey : NULL;
}

/* What it has cost is remembered. */
static void drop(struct live *live)
{
	if (!live->survey)
		return;
	if (survey_state(live->survey, NULL) == JOB_RUNNING)
		live->cost = now() - live->begun;
	survey_free(live->survey);
	live->survey = NULL;
}

void live_stop(struct editor *editor)
{
	if (!editor->live)
		return;
	drop(editor->live);
	free(editor->live);
	editor->live = NULL;
}

bool live_begin(struct editor *editor, struct range range,
		struct error *error)
{
	const struct document *document = editor->buffer->document;
	struct live *live = editor->live;

	if (!live)
		live = editor->live = calloc(1, sizeof *live);
	if (!live)
		return error_set_memory(error);
	drop(live);
	live->survey = survey_new(document, editor->pattern, range,
				  (unsigned)editor->options.values
					  [OPTION_WORKERS], error);
	live->document = document;
	live->revision = live->seen = document_revision(document);
	live->serial = editor->pattern_serial;
	live->whole = range.start == 0 && range.end == document_size(document);
	live->begun = now();
	live->wanted = false;
	editor->serial++;
	return live->survey != NULL;
}

void live_want(struct editor *editor)
{
	if (editor->live)
		editor->live->wanted = true;
}

size_t live_descriptors(const struct editor *editor, int *fds, size_t count)
{
	struct survey *survey = live_survey(editor);

	return survey ? survey_descriptors(survey, fds, count) : 0;
}

/* What arrives while it goes on is shown from time to time (editor_surveying),
 * what ends it at once. */
void live_poll(struct editor *editor)
{
	struct live *live = editor->live;

	if (!live || !live->survey)
		return;
	if (!is_current(editor, live)) {
		drop(live);
		return;
	}

	bool running = survey_state(live->survey, NULL) == JOB_RUNNING;
	bool loading = survey_loading(live->survey);

	survey_poll(live->survey);
	if (running && survey_state(live->survey, NULL) != JOB_RUNNING)
		live->cost = now() - live->begun;
	else if (!loading || survey_loading(live->survey))
		return;
	editor->serial++;
	match_list_follow(editor);
}

/* --- when --- */

/* After an edit: is it time to begin again? */
static bool is_time(struct live *live, uint64_t revision)
{
	if (live->wanted)
		return true;
	if (live->seen != revision) {
		live->seen = revision;
		live->changed = now();
	}
	return live->cost <= LIVE_QUICK_MILLISECONDS
	       && now() - live->changed >= LIVE_QUIET_MILLISECONDS;
}

static bool is_typed(const struct editor *editor)
{
	return editor->prompt_kind == PROMPT_SEARCH
	       || editor->prompt_kind == PROMPT_SEARCH_BACK;
}

/* A file that grows would else be counted again and again, and never to its
 * end. */
static bool goes_on(const struct live *live, struct survey *survey)
{
	return live->whole && (survey_state(survey, NULL) == JOB_RUNNING
			       || (live->cost > LIVE_QUICK_MILLISECONDS
				   && !live->wanted));
}

static bool is_complete(const struct editor *editor, struct survey *survey)
{
	return editor->live->whole
	       && survey_range(survey).end
			  == document_size(editor->buffer->document);
}

void editor_survey(struct editor *editor)
{
	struct live *live = editor->live;
	struct survey *survey = live_survey(editor);

	if (!editor->buffer || !editor->pattern || editor->task
	    || is_typed(editor)
	    || !editor->options.values[OPTION_COUNT_MATCHES])
		return;

	const struct document *document = editor->buffer->document;

	if (survey && (is_complete(editor, survey) || goes_on(live, survey)
		       || match_list_shown(editor)))
		return;
	if (live && !survey && live->document == document
	    && live->serial == editor->pattern_serial
	    && !is_time(live, document_revision(document)))
		return;
	live_begin(editor, (struct range){ 0, document_size(document) },
		   NULL);
}

bool editor_surveying(const struct editor *editor)
{
	struct survey *survey = live_survey(editor);

	return survey && survey_state(survey, NULL) == JOB_RUNNING;
}

void editor_settle(struct editor *editor)
{
	editor_tell_views(editor);
	editor_lines_settle(editor);
	editor_filter_settle(editor);
	for (;;) {
		struct survey *survey = live_survey(editor);
		int fds[64];

		if (!survey
		    || (survey_state(survey, NULL) != JOB_RUNNING
			&& !survey_loading(survey)))
			return;
		if (!task_wait(editor, fds, live_descriptors(editor, fds, 64)))
			return;
		live_poll(editor);
	}
}

/* --- what is known --- */

bool editor_match_place(const struct editor *editor, struct match_place *place)
{
	struct survey *survey = live_survey(editor);
	const struct buffer *buffer = editor->buffer;
	uint64_t rank;

	if (!survey || !editor->live->whole || !buffer->has_match
	    || buffer->match.start != buffer->view.cursor)
		return false;
	place->state = survey_state(survey, NULL);
	place->count = survey_count(survey);
	place->known = survey_rank(survey, buffer->match.start, &rank);
	place->number = rank + 1;
	return true;
}

bool editor_marked(const struct editor *editor, unsigned row, unsigned rows)
{
	struct survey *survey = live_survey(editor);

	return survey && survey_marked(survey, row, rows);
}
