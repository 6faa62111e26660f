/*
 * lines: a count for each stretch of the document, and the job that finds
 * those that are unknown.
 *
 * A job covers the stretches from the first unknown one to the last of all, in
 * chunks of a few, and what it sends is taken over one by one; it may end at
 * any time without a loss.  The document's next edit ends it: it knows the
 * stretches by their numbers before.  So does a flush, though no byte is
 * another one then: the workers know the pieces as they lay at the fork, and
 * see over what was written there what the file holds now.  Who waits gets
 * another job than the background does, because priority is given at the fork.
 *
 * The newlines within a stretch are counted when they are asked for, from the
 * last place that was asked about if that is nearer: rows of a screen ask one
 * behind the other.
 *
 * Invariants
 *  1. The stretches are those of the document as it is.
 *  2. What arrives from a job is taken only while `job_revision` is that of
 *     the document, and nothing was told since.
 *  3. If `any_last`, `last_newlines` stand before `last_offset`, and all
 *     stretches before it are known.
 */
#include "lines.h"

#include <assert.h>
#include <string.h>

#include "memory.h"
#include "sizes.h"
#include "stretches.h"

enum {
	/* Stretches that a worker counts for one message. */
	CHUNK = 4,
	/* As many of a usual length are counted here, for it takes less than a
	 * fork. */
	HERE = 4,
};

/* Of a stretch that was known already. */
static const uint64_t SKIPPED = UINT64_MAX;

struct lines {
	struct document *document;
	enum newline_form form;
	unsigned workers;
	struct stretches *stretches;
	struct document_follower follower;
	uint64_t wanted;	/* which line somebody waits for; 0: none */
	struct job *job;	/* NULL: none */
	bool killed;		/* the job */
	size_t job_first;	/* the stretch where it began */
	uint64_t job_revision;	/* of the document, when it began */
	bool failed;		/* the last one */
	struct error error;	/* by that */
	bool any_last;		/* the place that was asked about last */
	uint64_t last_offset;
	uint64_t last_newlines;
};

static bool is_wide(const struct lines *lines)
{
	return lines->form == NEWLINE_UTF16LE || lines->form == NEWLINE_UTF16BE;
}

/* --- following --- */

/* Units of UTF-16 behind an edit of odd length are others. */
static void forget_behind(struct lines *lines, uint64_t offset)
{
	size_t number = stretches_number(lines->stretches);

	for (size_t i = 0; i < number; i++)
		if (stretches_get(lines->stretches, i).range.end > offset)
			stretches_forget(lines->stretches, i);
}

static void kill_job(struct lines *lines)
{
	if (lines->job && !lines->killed)
		job_kill(lines->job);
	lines->killed = lines->job != NULL;
}

static void touched(void *context, struct range range, uint64_t length)
{
	struct lines *lines = context;

	/* Without memory it is unknown, and counted again. */
	stretches_edit(lines->stretches, range, length, NULL);
	if (is_wide(lines) && (length - range_length(range)) % 2 != 0)
		forget_behind(lines, range.start);
	kill_job(lines);
	lines->any_last = false;
	lines->failed = false;
}

struct lines *lines_new(struct document *document, enum newline_form form,
			unsigned workers, struct error *error)
{
	struct lines *lines;

	if (document_by_blocks(document)) {
		error_set(error, "%s has no lines",
			  file_path(document_file(document)));
		return NULL;
	}
	lines = memory_allocate(sizeof(*lines));
	if (!lines) {
		error_set_memory(error);
		return NULL;
	}
	*lines = (struct lines){
		.document = document, .form = form, .workers = workers,
		.stretches = stretches_new(document_size(document), NULL,
					   error),
		.follower = { .touched = touched, .context = lines },
	};
	if (!lines->stretches) {
		memory_free(lines);
		return NULL;
	}
	document_follow(document, &lines->follower);
	return lines;
}

void lines_free(struct lines *lines)
{
	if (!lines)
		return;
	document_unfollow(lines->document, &lines->follower);
	job_free(lines->job);
	stretches_free(lines->stretches);
	memory_free(lines);
}

/* --- counting here --- */

static uint64_t count_range(const struct lines *lines, struct range range)
{
	struct newlines newlines = newlines_of(lines->document, lines->form);

	return newlines_count(&newlines, range);
}

static void count_stretch(struct lines *lines, size_t index)
{
	struct range range = stretches_get(lines->stretches, index).range;

	stretches_know(lines->stretches, index, count_range(lines, range),
		       NULL);
}

/* Would reading OFFSET not wait for the disk? */
static bool is_at_hand(const struct lines *lines, uint64_t offset)
{
	struct range hole;

	return document_cached(lines->document, offset) ||
	       document_hole(lines->document, offset, &hole);
}

/* Are the unknown stretches before END short, few, and in memory? */
static bool is_little(struct lines *lines, size_t end)
{
	uint64_t length = 0;
	size_t index = stretches_unknown(lines->stretches, 0);

	for (; index < end;
	     index = stretches_unknown(lines->stretches, index + 1)) {
		struct range range =
			stretches_get(lines->stretches, index).range;

		length += range_length(range);
		if (length > HERE * STRETCH_BYTES ||
		    !is_at_hand(lines, range.start) ||
		    !is_at_hand(lines, range.end - 1))
			return false;
	}
	return true;
}

/* Are all stretches before END known, if need be after counting them? */
static bool know_before(struct lines *lines, size_t end)
{
	size_t index = stretches_unknown(lines->stretches, 0);

	if (index >= end)
		return true;
	if (!is_little(lines, end))
		return false;
	for (; index < end;
	     index = stretches_unknown(lines->stretches, index + 1))
		count_stretch(lines, index);
	return true;
}

static bool know_all(struct lines *lines)
{
	return know_before(lines, stretches_number(lines->stretches));
}

/* --- in a worker --- */

static uint64_t count_in_worker(const struct lines *lines,
				struct newlines *newlines, size_t index)
{
	struct stretch stretch = stretches_get(lines->stretches, index);
	uint64_t count;
	bool keep;

	if (stretch.known)
		return SKIPPED;
	keep = document_pass_begin(lines->document, stretch.range);
	count = newlines_count(newlines, stretch.range);
	document_pass_end(lines->document, stretch.range, keep);
	return count;
}

/* The stretches of CHUNK, their number. */
static size_t chunk_stretches(const struct lines *lines, uint64_t chunk,
			      size_t *first)
{
	size_t number = stretches_number(lines->stretches);

	*first = lines->job_first + (size_t)chunk * CHUNK;
	return number - *first < CHUNK ? number - *first : CHUNK;
}

static bool count_chunks(struct job_worker *worker, void *context,
			 struct error *error)
{
	const struct lines *lines = context;
	struct newlines newlines = newlines_of(lines->document, lines->form);
	uint64_t counts[CHUNK];
	uint64_t chunk;
	size_t first;
	bool done = true;

	/* Without memory for it, it is looked at where it is mapped. */
	newlines.copy = memory_allocate(LINES_COPY);
	newlines.copy_size = LINES_COPY;
	while (done && job_claim(worker, &chunk)) {
		size_t number = chunk_stretches(lines, chunk, &first);

		for (size_t i = 0; i < number; i++)
			counts[i] = count_in_worker(lines, &newlines,
						    first + i);
		done = job_send(worker, chunk, counts, number * sizeof *counts,
				error) &&
		       job_finish(worker, chunk, error);
	}
	memory_free(newlines.copy);
	return done;
}

/* --- the job --- */

/* Which stretch line NUMBER (> 1) begins behind a newline of, or their number;
 * false where that is not known. */
static bool find_line(struct lines *lines, uint64_t number, size_t *index)
{
	size_t unknown = stretches_unknown(lines->stretches, 0);

	*index = stretches_find(lines->stretches, number - 2);
	return *index < unknown ||
	       unknown == stretches_number(lines->stretches);
}

/* The same, if need be after counting a little. */
static bool know_line(struct lines *lines, uint64_t number, size_t *index)
{
	for (unsigned i = 0; !find_line(lines, number, index); i++) {
		size_t unknown = stretches_unknown(lines->stretches, 0);

		if (i == HERE || !know_before(lines, unknown + 1))
			return false;
	}
	return true;
}

/* Is all known that anybody needs? */
static bool is_enough(struct lines *lines)
{
	size_t index;

	if (lines->wanted == 0 || lines->wanted == LINES_ALL)
		return know_all(lines);
	return lines->wanted == 1 || know_line(lines, lines->wanted, &index);
}

/* Takes what a worker has counted; false where no more of it is needed. */
static bool take_counts(void *context, uint64_t chunk, const void *data,
			size_t size)
{
	struct lines *lines = context;
	uint64_t counts[CHUNK];
	size_t first, index;

	if (lines->killed)
		return false;
	chunk_stretches(lines, chunk, &first);
	memcpy(counts, data, size);
	for (size_t i = 0; i < size / sizeof *counts; i++)
		if (counts[i] != SKIPPED)
			stretches_know(lines->stretches, first + i, counts[i],
				       NULL);
	return lines->wanted == 0 || lines->wanted == LINES_ALL ||
	       (lines->wanted > 1 && !find_line(lines, lines->wanted, &index));
}

static bool start_job(struct lines *lines, struct error *error)
{
	size_t number = stretches_number(lines->stretches);

	lines->job_first = stretches_unknown(lines->stretches, 0);
	lines->job_revision = document_revision(lines->document);
	lines->killed = false;
	/* All places are made here, or each worker would do that in a copy of
	 * the table. */
	stretches_get(lines->stretches, number - 1);

	const struct job_plan plan = {
		.work = count_chunks, .result = take_counts, .context = lines,
		.chunks = (number - lines->job_first - 1) / CHUNK + 1,
		.workers = lines->workers,
		.background = lines->wanted == 0,
	};

	lines->job = job_start(&plan, error);
	return lines->job != NULL;
}

/* Looks at the job, if there is one; false while it runs. */
static bool job_ended(struct lines *lines)
{
	enum job_state state;

	if (!lines->job)
		return true;
	if (lines->job_revision != document_revision(lines->document))
		kill_job(lines);
	state = job_poll(lines->job, &lines->error);
	if (state == JOB_RUNNING)
		return false;
	lines->failed = state == JOB_FAILED && !lines->killed;
	job_free(lines->job);
	lines->job = NULL;
	lines->killed = false;
	return true;
}

enum newline_form lines_form(const struct lines *lines)
{
	return lines->form;
}

size_t lines_descriptors(const struct lines *lines, int *fds, size_t count)
{
	return lines->job ? job_descriptors(lines->job, fds, count) : 0;
}

enum job_state lines_poll(struct lines *lines, struct error *error)
{
	if (!job_ended(lines))
		return JOB_RUNNING;
	if (!lines->failed && is_enough(lines))
		return JOB_DONE;
	if (!lines->failed)
		lines->failed = !start_job(lines, &lines->error);
	if (!lines->failed)
		return JOB_RUNNING;
	if (error)
		*error = lines->error;
	return JOB_FAILED;
}

void lines_want(struct lines *lines, uint64_t number)
{
	if (number == lines->wanted)
		return;
	/* One in the background would take its time; and one that is not shall
	 * not go on behind what was waited for. */
	if (number == 0 || lines->wanted == 0)
		kill_job(lines);
	lines->wanted = number;
	lines->failed = false;
}

/* --- questions --- */

/* How many newlines end at or before OFFSET, which is in stretch INDEX (or at
 * its end); those before it are known. */
static uint64_t newlines_at(struct lines *lines, size_t index, uint64_t offset)
{
	uint64_t start = stretches_get(lines->stretches, index).range.start;
	uint64_t newlines = stretches_before(lines->stretches, index);
	uint64_t last = lines->last_offset;

	if (lines->any_last && last <= offset && last >= start)
		newlines = lines->last_newlines +
			   count_range(lines, (struct range){ last, offset });
	else if (lines->any_last && last > offset &&
		 last - offset < offset - start)
		newlines = lines->last_newlines -
			   count_range(lines, (struct range){ offset, last });
	else if (offset > start)
		newlines += count_range(lines, (struct range){ start, offset });
	lines->any_last = true;
	lines->last_offset = offset;
	lines->last_newlines = newlines;
	return newlines;
}

bool lines_number(struct lines *lines, uint64_t offset, uint64_t *number)
{
	size_t index = stretches_number(lines->stretches);

	*number = 1;
	if (index == 0)
		return true;
	/* Within a newline its line is not over. */
	if (is_wide(lines))
		offset -= offset % 2;
	index = offset < document_size(lines->document)
			? stretches_at(lines->stretches, offset)
			: index - 1;
	if (!know_before(lines, index))
		return false;
	*number += newlines_at(lines, index, offset);
	return true;
}

/* The start of line NUMBER, which is behind a newline in stretch INDEX. */
static uint64_t find_start(struct lines *lines, size_t index, uint64_t number)
{
	struct range range = stretches_get(lines->stretches, index).range;
	struct newlines newlines = newlines_of(lines->document, lines->form);
	uint64_t before = stretches_before(lines->stretches, index);
	uint64_t offset = range.end;

	/* Other writers may have been faster than document_outside. */
	newlines_skip(&newlines, range, number - 1 - before, &offset);
	return offset;
}

enum lines_answer lines_start(struct lines *lines, uint64_t number,
			      uint64_t *offset)
{
	size_t index;

	assert(number > 0);
	*offset = 0;
	if (number == 1)
		return LINES_KNOWN;
	if (!know_line(lines, number, &index))
		return LINES_UNKNOWN;
	if (index == stretches_number(lines->stretches))
		return LINES_NONE;
	*offset = find_start(lines, index, number);
	return LINES_KNOWN;
}

/* Is there a last line without a newline? */
static bool has_open_end(const struct lines *lines)
{
	uint64_t size = document_size(lines->document);
	uint64_t unit = is_wide(lines) ? 2 : 1;

	return size % unit != 0 ||
	       (size > 0 && count_range(lines, (struct range){ size - unit,
							       size }) == 0);
}

bool lines_count(struct lines *lines, uint64_t *count)
{
	size_t number = stretches_number(lines->stretches);

	if (!know_all(lines))
		return false;
	*count = stretches_before(lines->stretches, number) +
		 has_open_end(lines);
	return true;
}

void lines_progress(struct lines *lines, uint64_t *done, uint64_t *total)
{
	size_t index = stretches_unknown(lines->stretches, 0);

	*total = document_size(lines->document);
	*done = index == stretches_number(lines->stretches)
			? *total
			: stretches_get(lines->stretches, index).range.start;
}

/* --- checking --- */

void lines_check(struct lines *lines)
{
	size_t number = stretches_number(lines->stretches);
	uint64_t size = 0;

	stretches_check(lines->stretches);
	if (number > 0)
		size = stretches_get(lines->stretches, number - 1).range.end;
	assert(size == document_size(lines->document));
	assert(!lines->killed || lines->job);
}
