/*
 * line_filter: the work of a worker: which of the lines that begin in a
 * stretch pass.
 *
 * A pass over the stretch finds the lines that have a match of an entry: it
 * goes from match to the end of its line.  What the last line has behind the
 * end of the stretch is looked at for itself.  With several entries the first
 * pass leaves some lines, and each further entry looks at these only, if they
 * are few; else there is a pass of it, and what both have found is compared.
 * Including entries come first, because they leave less; of these the one of
 * which a pass over the first stretch takes the shortest time.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "line_filter_internal.h"
#include "memory.h"
#include "pattern_internal.h"
#include "scanner.h"
#include "search_output.h"
#include "sizes.h"

/* Starts of lines, ascending. */
struct starts {
	uint64_t *list;
	size_t count;
	size_t capacity;
};

struct worker {
	struct line_filter *filter;
	struct job_worker *job;
	struct looker *looker;
	struct starts left;	/* pass what was looked at */
	struct starts found;	/* by one pass */
	unsigned char *message;
	size_t capacity;
	bool ordered;		/* the entries are, by what they cost */
};

/* --- lists --- */

static bool starts_add(struct starts *starts, uint64_t start,
		       struct error *error)
{
	if (starts->count == starts->capacity) {
		size_t capacity = 2 * starts->capacity + 256;
		uint64_t *list = memory_resize(starts->list,
					       capacity * sizeof *list);

		if (!list)
			return error_set_memory(error);
		starts->list = list;
		starts->capacity = capacity;
	}
	starts->list[starts->count++] = start;
	return true;
}

/* LEFT keeps those that are in FOUND, or with EXCLUDE those that are not. */
static void starts_keep(struct starts *left, const struct starts *found,
			bool exclude)
{
	size_t kept = 0;
	size_t j = 0;

	for (size_t i = 0; i < left->count; i++) {
		while (j < found->count && found->list[j] < left->list[i])
			j++;

		bool matches = j < found->count &&
			       found->list[j] == left->list[i];

		if (matches != exclude)
			left->list[kept++] = left->list[i];
	}
	left->count = kept;
}

/* --- a stretch --- */

/* The first line that begins at or behind RANGE's start; no less than its end
 * where none begins in it. */
static uint64_t first_line(struct newlines *lines, struct range range)
{
	uint64_t at = range.start < 2 ? 0 : range.start - 2;

	if (range.start == 0)
		return 0;
	do
		at = newlines_after(lines, at, range.end);
	while (at < range.start);
	return at;
}

static bool find_lines(struct worker *worker, struct range range,
		       uint64_t first, struct starts *starts,
		       struct error *error)
{
	struct newlines *lines = &worker->looker->lines;

	starts->count = 0;
	while (first < range.end) {
		if (!starts_add(starts, first, error))
			return false;
		first = newlines_after(lines, first, range.end);
	}
	return true;
}

/* The line that goes on behind the stretch has no match of entry INDEX within
 * it; POSITION is where a line begins at or before that one. */
static bool pass_beyond(struct worker *worker, size_t index,
			struct range range, uint64_t position,
			struct starts *starts, struct error *error)
{
	struct looker *looker = worker->looker;
	bool matches = false;

	if (range.end == document_size(looker->document) ||
	    line_begins(&looker->lines, range.end))
		return true;

	uint64_t start = newlines_before(&looker->lines, range.end, position);

	return looker_matches(looker, index, start, range.end, &matches,
			      error) &&
	       (!matches || starts_add(starts, start, error));
}

/* The lines with a match of entry INDEX, of those from FIRST on that begin in
 * RANGE. */
static bool pass(struct worker *worker, size_t index, struct range range,
		 uint64_t first, struct starts *starts, struct error *error)
{
	struct looker *looker = worker->looker;
	struct newlines *lines = &looker->lines;
	uint64_t limit = looker_limit(looker, range.end);
	struct finding finding;

	starts->count = 0;
	while (first < range.end) {
		enum scan_result result = looker_next(looker, index, first,
						      limit, &finding, error);

		if (result == SCAN_FAILED)
			return false;
		if (result == SCAN_NONE)
			return pass_beyond(worker, index, range, first, starts,
					   error);

		uint64_t at = finding.attempt;
		uint64_t start = newlines_before(lines, at, first);

		if (!starts_add(starts, start, error))
			return false;
		if (at >= range.end)
			break;
		first = newlines_after(lines, at > start ? at - 1 : start,
				       range.end);
	}
	return true;
}

/* Of those that are left, the ones that entry INDEX lets pass. */
static bool pass_left(struct worker *worker, size_t index,
		      struct error *error)
{
	struct looker *looker = worker->looker;
	struct starts *left = &worker->left;
	size_t kept = 0;

	for (size_t i = 0; i < left->count; i++) {
		bool matches;

		if (!looker_matches(looker, index, left->list[i],
				    left->list[i], &matches, error))
			return false;
		if (matches != looker->entries[index].entry->exclude)
			left->list[kept++] = left->list[i];
	}
	left->count = kept;
	return true;
}

/* Where an attempt may depend on where the pass began, each line is its own. */
static bool by_lines(const struct worker *worker, size_t index)
{
	return worker->looker->entries[index].entry->pattern->sequential;
}

static bool scan_entry(struct worker *worker, size_t index,
		       struct range range, uint64_t first,
		       struct error *error)
{
	bool exclude = worker->looker->entries[index].entry->exclude;
	bool lines = by_lines(worker, index);

	if (index == 0 && !exclude && !lines)
		return pass(worker, 0, range, first, &worker->left, error);
	if (index == 0 &&
	    !find_lines(worker, range, first, &worker->left, error))
		return false;
	if (lines || worker->left.count <= LINE_FILTER_FEW)
		return pass_left(worker, index, error);
	if (!pass(worker, index, range, first, &worker->found, error))
		return false;
	starts_keep(&worker->left, &worker->found, exclude);
	return true;
}

/* --- what comes first --- */

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* What an entry costs that comes first; one that fails is to come late. */
static uint64_t measure(struct worker *worker, size_t index,
			struct range range, uint64_t first)
{
	uint64_t begin = now();

	if (worker->looker->entries[index].entry->exclude)
		return UINT64_MAX;
	if (by_lines(worker, index) ||
	    !pass(worker, index, range, first, &worker->found, NULL))
		return UINT64_MAX - 1;
	return now() - begin;
}

/* Few entries, and once. */
static void order_entries(struct worker *worker, struct range range,
			  uint64_t first)
{
	struct looker *looker = worker->looker;

	for (size_t i = 0; i < looker->count && looker->count > 1; i++) {
		looker->entries[i].cost = measure(worker, i, range, first);
		for (size_t j = i; j > 0 && looker->entries[j].cost <
						    looker->entries[j - 1].cost;
		     j--) {
			struct looker_entry other = looker->entries[j];

			looker->entries[j] = looker->entries[j - 1];
			looker->entries[j - 1] = other;
		}
	}
	worker->ordered = true;
}

/* --- results --- */

static bool reserve(struct worker *worker, size_t size, struct error *error)
{
	if (size <= worker->capacity)
		return true;

	unsigned char *message = memory_resize(worker->message, size);

	if (!message)
		return error_set_memory(error);
	worker->message = message;
	worker->capacity = size;
	return true;
}

static void put_mark(struct worker *worker, size_t index, struct mark mark)
{
	memcpy(worker->message + sizeof(uint64_t) + index * sizeof mark, &mark,
	       sizeof mark);
}

/* Writes what is left behind the count; the size of both. */
static size_t pack(struct worker *worker, uint64_t from)
{
	const uint64_t start = from;
	uint64_t count = worker->left.count;
	size_t first = sizeof count + marks_size(count);
	size_t size = first;

	memcpy(worker->message, &count, sizeof count);
	for (size_t i = 0; i < count; i++) {
		uint64_t step = worker->left.list[i] - from;

		for (; step >= 0x80; step >>= 7)
			worker->message[size++] = (unsigned char)step | 0x80;
		worker->message[size++] = (unsigned char)step;
		from = worker->left.list[i];
		if ((i + 1) % LINE_FILTER_MARK == 0)
			put_mark(worker, i / LINE_FILTER_MARK,
				 (struct mark){ from - start, size - first });
	}
	return size;
}

/* A step takes no more bytes than it is long, and one; and than this. */
static size_t packed_most(const struct worker *worker, struct range range)
{
	enum { NUMBER = 10 };
	uint64_t count = worker->left.count;
	uint64_t most = range_length(range) + count;

	return sizeof count + marks_size(count) +
	       (size_t)(most < NUMBER * count ? most : NUMBER * count);
}

static bool send_stretch(struct worker *worker, uint64_t chunk,
			 struct range range, bool begins, struct error *error)
{
	size_t size = 0;

	if (begins) {
		if (packed_most(worker, range) > LINE_FILTER_MESSAGE)
			return error_set(error, "too many lines are shown from "
					 "0x%llx on",
					 (unsigned long long)range.start);
		if (!reserve(worker, packed_most(worker, range), error))
			return false;
		size = pack(worker, range.start);
	}
	/* Zeros that stand for lost bytes are no lines. */
	return search_check_lost(worker->filter->document,
				 worker->filter->epoch, range, error) &&
	       job_send(worker->job, chunk, worker->message, size, error);
}

static bool scan_chunk(struct worker *worker, uint64_t chunk,
		       struct error *error)
{
	struct line_filter *filter = worker->filter;
	struct looker *looker = worker->looker;
	struct range range = stretches_get(filter->stretches,
					   filter->order[chunk]).range;
	bool keep = document_pass_begin(filter->document, range);
	uint64_t first = first_line(&looker->lines, range);
	bool begins = first < range.end;

	worker->left.count = 0;
	if (begins && !worker->ordered)
		order_entries(worker, range, first);
	for (size_t i = 0; begins && i < looker->count; i++)
		if (!scan_entry(worker, i, range, first, error))
			return false;
	if (!send_stretch(worker, chunk, range, begins, error))
		return false;
	document_pass_end(filter->document, range, keep);
	job_advance(worker->job, range_length(range), worker->left.count);
	return job_finish(worker->job, chunk, error);
}

bool line_filter_work(struct job_worker *job, void *context,
		      struct error *error)
{
	struct worker worker = { .filter = context, .job = job };
	uint64_t chunk;
	bool done;

	worker.looker = looker_new(context, error);
	done = worker.looker != NULL;
	while (done && job_claim(job, &chunk))
		done = scan_chunk(&worker, chunk, error);
	looker_free(worker.looker);
	memory_free(worker.left.list);
	memory_free(worker.found.list);
	memory_free(worker.message);
	return done;
}
