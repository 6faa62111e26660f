/*
 * search: where the pattern is in the document: the parent's half.
 *
 * It cuts the range into chunks, starts the workers, and adds up what they
 * send, which is exact and comes in order (search_worker.c).
 */
#include <stdlib.h>
#include <string.h>

#include "pattern_internal.h"
#include "search_internal.h"
#include "sizes.h"

enum {
	/* Each takes 8 bytes of shared memory, and a few messages. */
	SEARCH_CHUNKS_MAXIMUM = 65536,
	SEARCH_BATCH = 256,
};

/* Hands matches on, copied: a message need not be aligned. */
static bool take_all(struct search *search, const unsigned char *data,
		     size_t count)
{
	struct match batch[SEARCH_BATCH];

	while (count > 0) {
		size_t taken = count < SEARCH_BATCH ? count : SEARCH_BATCH;

		memcpy(batch, data, taken * sizeof *batch);
		search->count += taken;
		if (search->plan.found &&
		    !search->plan.found(search->plan.context, batch, taken))
			return false;
		data += taken * sizeof *batch;
		count -= taken;
	}
	return true;
}

/* Matches that all become the same. */
static bool take_constant(struct search *search, const unsigned char *data,
			  size_t size)
{
	struct replaced replaced = { .more = false };

	replaced.bytes = replacement_constant(search->plan.replacement,
					      &replaced.length);
	for (size_t at = 0; at < size; at += sizeof replaced.match) {
		memcpy(&replaced.match, data + at, sizeof replaced.match);
		search->count++;
		if (!search->plan.replaced(search->plan.context, &replaced))
			return false;
	}
	return true;
}

static bool take_replaced(struct search *search, const unsigned char *data,
			  size_t size)
{
	struct search_part part;

	if (search->constant)
		return take_constant(search, data, size);
	for (size_t at = 0; at < size; at += part.length) {
		memcpy(&part, data + at, sizeof part);
		at += sizeof part;
		search->count += !part.more;

		const struct replaced replaced = {
			part.match, data + at, part.length, part.more != 0,
			part.unfinished != 0,
		};

		if (!search->plan.replaced(search->plan.context, &replaced))
			return false;
	}
	return true;
}

static uint64_t packed_number(const unsigned char **bytes)
{
	uint64_t value = 0;
	unsigned shift = 0;

	do
		value |= (uint64_t)(**bytes & 0x7f) << shift;
	while (shift += 7, *(*bytes)++ & 0x80);
	return value;
}

void packed_next(const unsigned char **bytes, struct match *match)
{
	match->start = match->end + packed_number(bytes);
	match->end = match->start + packed_number(bytes);
}

static bool take_packed(struct search *search, const unsigned char *data,
			size_t size)
{
	struct packed packed;

	memcpy(&packed, data, sizeof packed);
	packed.bytes = data + sizeof packed;
	packed.length = size - sizeof packed;
	search->count += packed.count;
	return search->plan.packed(search->plan.context, &packed);
}

static bool take_one(struct search *search, const void *data)
{
	memcpy(&search->match, data, sizeof search->match);
	search->any = true;
	search->count = 1;
	/* Forwards, a later one is the last one. */
	return search->plan.kind == SEARCH_LAST && !search->leftwards;
}

static bool search_result(void *context, uint64_t chunk, const void *data,
			  size_t size)
{
	struct search *search = context;
	uint64_t count;

	(void)chunk;
	switch (search->plan.kind) {
	case SEARCH_COUNT:
		memcpy(&count, data, sizeof count);
		search->count += count;
		return true;
	case SEARCH_ALL:
		return take_all(search, data, size / sizeof(struct match));
	case SEARCH_REPLACE:
		return take_replaced(search, data, size);
	case SEARCH_PRINT:
	case SEARCH_LINES:
		return search->plan.text(search->plan.context, data, size);
	case SEARCH_PACKED:
		return take_packed(search, data, size);
	case SEARCH_FIRST:
	case SEARCH_LAST:
		break;
	}
	return take_one(search, data);
}

/* Where the pass begins, and before what offset attempts count: the
 * document's end is one more place to be at. */
static void set_bounds(struct search *search)
{
	const struct search_plan *plan = &search->plan;
	uint64_t size = document_size(plan->document);
	uint64_t end = plan->range.end;

	search->begin = plan->range.start;
	search->limit = end;
	if (end > size || (end == size && plan->kind != SEARCH_LAST))
		search->limit = size + 1;
	if (plan->kind != SEARCH_LAST)
		return;
	if (search->limit <= SEARCH_LAST_EXACT || plan->pattern->sequential)
		search->begin = 0;
	else
		search->leftwards = true;
}

/* Where all of the range is looked at anyway, longer chunks cost less; but
 * each core shall get many, so that all of them end at the same time. */
static uint64_t usual_chunk(const struct search *search, uint64_t length)
{
	uint64_t share = length / (SEARCH_SHARES * (uint64_t)job_cores());

	switch (search->plan.kind) {
	case SEARCH_FIRST:
	case SEARCH_LAST:
	/* So that all of a chunk can be kept (SEARCH_AHEAD). */
	case SEARCH_REPLACE:
	case SEARCH_PRINT:
	/* And is in the processor's cache when its newlines are counted. */
	case SEARCH_LINES:
	/* And is soon searched again. */
	case SEARCH_PACKED:
		return SEARCH_CHUNK_MINIMUM;
	case SEARCH_COUNT:
	case SEARCH_ALL:
		break;
	}
	if (share < SEARCH_CHUNK_MINIMUM)
		return SEARCH_CHUNK_MINIMUM;
	return share < SEARCH_CHUNK_USUAL ? share : SEARCH_CHUNK_USUAL;
}

/* About how much of LENGTH bytes is not in holes that are passed over. */
static uint64_t length_to_scan(const struct search *search, uint64_t length)
{
	const struct search_plan *plan = &search->plan;
	uint64_t saved = 0;

	if (plan->pattern->zero_starts != ZERO_STARTS_ALL ||
	    document_by_blocks(plan->document))
		saved = file_saved(document_file(plan->document));
	return length - (saved < length ? saved : length);
}

/* Chunks are as many as what is to be scanned deserves: a chunk that is
 * nothing but hole takes longer to deal out than to do. */
static uint64_t choose_chunk(const struct search *search, uint64_t length)
{
	uint64_t to_scan = length_to_scan(search, length);
	uint64_t chunk = usual_chunk(search, to_scan);
	uint64_t count = to_scan / chunk;

	if (count < SEARCH_SPARSE_CHUNKS)
		count = SEARCH_SPARSE_CHUNKS;
	if (to_scan < length && chunk < length / count)
		chunk = length / count;
	return chunk;
}

static void set_chunks(struct search *search)
{
	uint64_t length = search->limit > search->begin
				  ? search->limit - search->begin : 0;
	uint64_t least = length / SEARCH_CHUNKS_MAXIMUM + 1;

	search->chunk = search->plan.chunk ? search->plan.chunk
					   : choose_chunk(search, length);
	if (search->chunk < least)
		search->chunk = least;
	if (search->chunk > length || search->plan.pattern->sequential)
		search->chunk = length;
	search->chunks = length ? (length - 1) / search->chunk + 1 : 0;
}

static bool is_constant(const struct search_plan *plan)
{
	size_t length;

	return plan->replacement &&
	       replacement_constant(plan->replacement, &length);
}

struct search *search_start(const struct search_plan *plan,
			    struct error *error)
{
	struct search *search;

	if (plan->kind == SEARCH_LINES && document_by_blocks(plan->document)) {
		error_set(error, "%s has no lines",
			  file_path(document_file(plan->document)));
		return NULL;
	}
	search = calloc(1, sizeof *search);
	if (!search) {
		error_set_memory(error);
		return NULL;
	}
	search->plan = *plan;
	search->constant = is_constant(plan);
	search->once = document_exceeds_memory(plan->document);
	set_bounds(search);
	set_chunks(search);
	if (document_by_blocks(plan->document) &&
	    !document_reread((struct document *)plan->document, error)) {
		free(search);
		return NULL;
	}
	/* Only marks what the file has lost already. */
	document_verify((struct document *)plan->document);
	search->epoch = document_epoch(plan->document);

	const struct job_plan job = {
		.work = search_work,
		.result = search_result,
		.context = search,
		.chunks = search->chunks,
		.workers = plan->workers,
		.shared_size = search_shared_size(search),
		.here = plan->here,
		.background = plan->background,
	};

	search->job = job_start(&job, error);
	if (!search->job) {
		free(search);
		return NULL;
	}
	return search;
}

void search_free(struct search *search)
{
	if (!search)
		return;
	job_free(search->job);
	free(search);
}

size_t search_descriptors(const struct search *search, int *fds, size_t count)
{
	return job_descriptors(search->job, fds, count);
}

enum job_state search_poll(struct search *search, struct error *error)
{
	return job_poll(search->job, error);
}

enum job_state search_wait(struct search *search, struct error *error)
{
	return job_wait(search->job, error);
}

void search_progress(const struct search *search, uint64_t *done,
		     uint64_t *total, uint64_t *found)
{
	job_progress(search->job, done, found);
	*total = search->limit > search->begin
			 ? search->limit - search->begin : 0;
}

uint64_t search_count(const struct search *search)
{
	uint64_t done;
	uint64_t found = search->count;

	/* Text is not looked into. */
	if (search->plan.text || search->plan.lines.only_count)
		job_progress(search->job, &done, &found);
	return found;
}

uint64_t search_unreadable(const struct search *search, uint64_t *first)
{
	struct search_shared *shared = job_shared(search->job);

	*first = atomic_load(&shared->unread) - 1;
	return atomic_load(&shared->unreadable);
}

bool search_match(const struct search *search, struct match *match)
{
	*match = search->match;
	return search->any;
}
