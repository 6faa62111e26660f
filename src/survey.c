/*
 * A survey keeps, for each chunk with a match, how many there are before it,
 * and its matches packed or the place from which they are found again.  What
 * is looked at is unpacked, or loaded, into one page.
 *
 * Invariants
 *  1. portions[i].before + portions[i].count == portions[i + 1].before; the
 *     matches of a portion start at or after its first, and not behind the
 *     first of the next.
 *  2. The page's matches are those from page.index on, all of one portion.
 *  3. Of a portion with no bytes kept, matches come into the page only from a
 *     load; one runs at a time, and what it was for is not asked again before
 *     it has ended.
 */
#include "survey.h"

#include <stdlib.h>
#include <string.h>

#include "sizes.h"

enum { MARKS = 4096 };

/* The matches that begin in one chunk. */
struct portion {
	uint64_t before;	/* how many are before them */
	uint64_t count;
	uint64_t first;		/* the start of the first */
	uint64_t entry;		/* where the pass enters */
	uint64_t chunk;		/* the chunk's length */
	size_t bytes;		/* where they are packed; SIZE_MAX: nowhere */
};

/* Some matches that follow each other. */
struct page {
	size_t portion;
	uint64_t index;		/* of the first one, in all */
	size_t count;
	struct match matches[SURVEY_PAGE];
};

/* A chunk that is searched again, for the matches around one that is wanted:
 * the first that is neither before INDEX nor starts before OFFSET. */
struct load {
	struct search *search;	/* NULL: none */
	struct portion portion;
	uint64_t index;
	uint64_t offset;
	uint64_t seen;		/* of the portion's matches */
	bool reached;
	size_t behind;		/* matches kept behind the wanted one */
	struct page page;
};

struct survey {
	struct search_plan plan;
	struct search *search;	/* NULL: it has ended */
	enum job_state state;
	struct error error;
	struct portion *portions;
	size_t portion_count;
	size_t portion_capacity;
	unsigned char *bytes;
	size_t length;
	size_t capacity;
	uint64_t count;
	uint64_t done;		/* as it was at the end */
	uint64_t total;
	uint64_t marks[MARKS / 64];
	struct page page;
	struct load load;
	bool load_failed;	/* it would do so again */
	/* The rank that was asked for last. */
	uint64_t rank_offset;
	uint64_t rank;
	bool rank_known;
};

/* --- filling --- */

static void mark(struct survey *survey, struct range range)
{
	double size = (double)document_size(survey->plan.document);

	if (size == 0)
		return;

	size_t from = (size_t)((double)range.start / size * MARKS);
	size_t to = (size_t)((double)(range.end - 1) / size * MARKS);

	for (size_t i = from; i <= to && i < MARKS; i++)
		survey->marks[i / 64] |= UINT64_C(1) << (i % 64);
}

/* A match may stand at the document's end, which is in the last part. */
static void mark_match(struct survey *survey, struct match match)
{
	uint64_t size = document_size(survey->plan.document);
	uint64_t at = match.start > 0 && match.start == size ? size - 1
							     : match.start;

	mark(survey, range_of(at, 1));
}

static void mark_crowd(struct survey *survey, const struct packed *packed)
{
	uint64_t size = document_size(survey->plan.document);
	uint64_t length = (range_length(packed->range) - 1) / PACKED_PARTS + 1;

	for (unsigned i = 0; i < PACKED_PARTS; i++) {
		struct range range = range_intersect(
			range_of(packed->range.start + i * length, length),
			(struct range){ 0, size });

		if (packed->parts >> i & 1 && !range_is_empty(range))
			mark(survey, range);
	}
}

static void mark_all(struct survey *survey, const struct packed *packed)
{
	struct match match = { packed->first, packed->first };
	const unsigned char *bytes = packed->bytes;

	if (packed->length == 0)
		mark_crowd(survey, packed);
	else for (uint64_t i = 0; i < packed->count; i++) {
		packed_next(&bytes, &match);
		mark_match(survey, match);
	}
}

/* Room for LENGTH bytes more; false where they are not to be kept. */
static bool reserve_bytes(struct survey *survey, size_t length)
{
	size_t needed = survey->length + length;

	if (length == 0 || needed > SURVEY_BYTES)
		return false;
	if (needed <= survey->capacity)
		return true;

	size_t capacity = 2 * needed < SURVEY_BYTES ? 2 * needed
						    : SURVEY_BYTES;
	unsigned char *more = realloc(survey->bytes, capacity);

	if (!more)
		return false;
	survey->bytes = more;
	survey->capacity = capacity;
	return true;
}

static bool reserve_portion(struct survey *survey)
{
	if (survey->portion_count < survey->portion_capacity)
		return true;

	size_t capacity = 2 * survey->portion_capacity + 16;
	struct portion *more = realloc(survey->portions, capacity * sizeof *more);

	if (!more)
		return error_set_memory(&survey->error);
	survey->portions = more;
	survey->portion_capacity = capacity;
	return true;
}

static bool take_packed(void *context, const struct packed *packed)
{
	struct survey *survey = context;
	struct portion portion = {
		.before = survey->count, .count = packed->count,
		.first = packed->first, .entry = packed->entry,
		.chunk = range_length(packed->range), .bytes = SIZE_MAX,
	};

	if (!reserve_portion(survey))
		return false;
	if (reserve_bytes(survey, packed->length)) {
		portion.bytes = survey->length;
		memcpy(survey->bytes + survey->length, packed->bytes,
		       packed->length);
		survey->length += packed->length;
	}
	survey->portions[survey->portion_count++] = portion;
	survey->count += packed->count;
	mark_all(survey, packed);
	return true;
}

struct survey *survey_new(const struct document *document,
			  const struct pattern *pattern, struct range range,
			  unsigned workers, struct error *error)
{
	struct survey *survey = calloc(1, sizeof *survey);
	const struct error none = ERROR_NONE;

	if (!survey) {
		error_set_memory(error);
		return NULL;
	}
	survey->plan = (struct search_plan){
		.document = document, .pattern = pattern,
		.kind = SEARCH_PACKED, .range = range,
		.packed = take_packed, .context = survey,
		.workers = workers, .background = true,
	};
	survey->error = none;
	survey->search = search_start(&survey->plan, error);
	if (!survey->search) {
		free(survey);
		return NULL;
	}
	return survey;
}

void survey_free(struct survey *survey)
{
	if (!survey)
		return;
	search_free(survey->search);
	search_free(survey->load.search);
	free(survey->portions);
	free(survey->bytes);
	free(survey);
}

/* --- loading --- */

/* Room for one more: the first half is far from what is wanted. */
static void page_push(struct page *page, struct match match)
{
	enum { HALF = SURVEY_PAGE / 2 };

	if (page->count == SURVEY_PAGE) {
		page->count -= HALF;
		page->index += HALF;
		memmove(page->matches, page->matches + HALF,
			page->count * sizeof *page->matches);
	}
	page->matches[page->count++] = match;
}

/* Takes a match of the portion; false where no more are wanted. */
static bool load_take(struct load *load, struct match match)
{
	uint64_t index = load->portion.before + load->seen++;

	page_push(&load->page, match);
	if (load->reached)
		load->behind++;
	else
		load->reached = index >= load->index
				&& match.start >= load->offset;
	/* The one before it stays as well: it says that it is the first. */
	return load->seen < load->portion.count
	       && load->behind < SURVEY_PAGE / 2 - 1;
}

static bool load_found(void *context, const struct match *matches,
		       size_t count)
{
	struct survey *survey = context;

	for (size_t i = 0; i < count; i++)
		if (!load_take(&survey->load, matches[i]))
			return false;
	return true;
}

static void load_begin(struct survey *survey, size_t index)
{
	struct load *load = &survey->load;

	load->portion = survey->portions[index];
	load->seen = 0;
	load->reached = false;
	load->behind = 0;
	load->page.portion = index;
	load->page.index = load->portion.before;
	load->page.count = 0;
}

/* Searches portion INDEX again for what stands around the match WANTED, or around
 * OFFSET. */
static void load_start(struct survey *survey, size_t index, uint64_t wanted,
		       uint64_t offset)
{
	struct load *load = &survey->load;

	if (load->search || survey->load_failed)
		return;
	load_begin(survey, index);
	load->index = wanted;
	load->offset = offset;

	const struct search_plan plan = {
		.document = survey->plan.document,
		.pattern = survey->plan.pattern,
		.kind = SEARCH_ALL,
		.range = { load->portion.entry, survey->plan.range.end },
		.found = load_found,
		.context = survey,
		.workers = 1,
		.chunk = load->portion.chunk,
	};

	load->search = search_start(&plan, NULL);
	survey->load_failed = !load->search;
}

/* The same where the portion is packed: at once. */
static void unpack(struct survey *survey, size_t index, uint64_t wanted,
		   uint64_t offset)
{
	struct load *load = &survey->load;
	struct match match;
	const unsigned char *bytes;
	bool more = true;

	load_begin(survey, index);
	load->index = wanted;
	load->offset = offset;
	match.start = match.end = load->portion.first;
	bytes = survey->bytes + load->portion.bytes;
	while (more) {
		packed_next(&bytes, &match);
		more = load_take(load, match);
	}
	survey->page = load->page;
}

static void bring(struct survey *survey, size_t index, uint64_t wanted,
		  uint64_t offset)
{
	if (survey->portions[index].bytes == SIZE_MAX)
		load_start(survey, index, wanted, offset);
	else if (!survey->load.search)
		unpack(survey, index, wanted, offset);
}

static void poll_load(struct survey *survey)
{
	struct load *load = &survey->load;
	enum job_state state = search_poll(load->search, NULL);

	if (state == JOB_RUNNING)
		return;
	search_free(load->search);
	load->search = NULL;
	if (state == JOB_DONE && load->page.count > 0)
		survey->page = load->page;
	else
		survey->load_failed = true;
}

static void poll_search(struct survey *survey)
{
	uint64_t found;

	survey->state = search_poll(survey->search, &survey->error);
	if (survey->state == JOB_RUNNING)
		return;
	/* No memory to go on. */
	if (survey->error.message[0])
		survey->state = JOB_FAILED;
	search_progress(survey->search, &survey->done, &survey->total,
			&found);
	search_free(survey->search);
	survey->search = NULL;
}

void survey_poll(struct survey *survey)
{
	if (survey->search)
		poll_search(survey);
	if (survey->load.search)
		poll_load(survey);
}

size_t survey_descriptors(const struct survey *survey, int *fds, size_t count)
{
	size_t used = 0;

	if (survey->load.search)
		used = search_descriptors(survey->load.search, fds, count);
	if (survey->search)
		used += search_descriptors(survey->search, fds + used,
					   count - used);
	return used;
}

/* --- questions --- */

enum job_state survey_state(const struct survey *survey, struct error *error)
{
	if (survey->state == JOB_FAILED && error)
		*error = survey->error;
	return survey->state;
}

bool survey_loading(const struct survey *survey)
{
	return survey->load.search != NULL;
}

void survey_progress(const struct survey *survey, uint64_t *done,
		     uint64_t *total)
{
	uint64_t found;

	*done = survey->done;
	*total = survey->total;
	if (survey->search)
		search_progress(survey->search, done, total, &found);
}

struct range survey_range(const struct survey *survey)
{
	return survey->plan.range;
}

uint64_t survey_count(const struct survey *survey)
{
	return survey->count;
}

/* The last portion whose first match has a number <= INDEX and starts before
 * LIMIT; the first one where there is none. */
static size_t portion_at(const struct survey *survey, uint64_t index,
		      uint64_t limit)
{
	size_t low = 0;
	size_t high = survey->portion_count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		const struct portion *portion = &survey->portions[middle];

		if (portion->before <= index && portion->first < limit)
			low = middle;
		else
			high = middle;
	}
	return low;
}

bool survey_match(struct survey *survey, uint64_t index, struct match *match)
{
	const struct page *page = &survey->page;

	if (index < page->index || index - page->index >= page->count)
		bring(survey, portion_at(survey, index, UINT64_MAX), index, 0);
	if (index < page->index || index - page->index >= page->count)
		return false;
	*match = page->matches[index - page->index];
	return true;
}

/* Is the answer for OFFSET, in portion INDEX, in the page? */
static bool rank_in_page(const struct survey *survey, size_t index,
			 uint64_t offset, uint64_t *rank)
{
	const struct page *page = &survey->page;
	const struct portion *portion = &survey->portions[index];
	size_t i = 0;

	if (page->count == 0 || page->portion != index
	    || (page->index > portion->before
		&& page->matches[0].start >= offset))
		return false;
	while (i < page->count && page->matches[i].start < offset)
		i++;
	*rank = page->index + i;
	return i < page->count || *rank == portion->before + portion->count;
}

static bool find_rank(struct survey *survey, uint64_t offset, uint64_t *rank)
{
	size_t index = portion_at(survey, UINT64_MAX, offset);

	*rank = 0;
	if (survey->portion_count > 0 && offset > survey->portions[0].first) {
		if (!rank_in_page(survey, index, offset, rank))
			bring(survey, index, 0, offset);
		if (!rank_in_page(survey, index, offset, rank))
			return false;
	}
	/* The next one may still be found before OFFSET. */
	return *rank < survey->count || !survey->search;
}

bool survey_rank(struct survey *survey, uint64_t offset, uint64_t *rank)
{
	if (!survey->rank_known || survey->rank_offset != offset)
		survey->rank_known = find_rank(survey, offset, &survey->rank);
	survey->rank_offset = offset;
	*rank = survey->rank;
	return survey->rank_known;
}

bool survey_marked(const struct survey *survey, unsigned row, unsigned rows)
{
	size_t from = (size_t)row * MARKS / rows;
	size_t to = (size_t)(row + 1) * MARKS / rows;

	for (size_t i = from; i < to || i == from; i++)
		if (survey->marks[i / 64] >> (i % 64) & 1)
			return true;
	return false;
}
