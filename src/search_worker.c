/*
 * The workers of a search: chunks of one pass, scanned at the same time.
 *
 * A chunk owns the attempts that begin in it.  Where the pass enters it is
 * known only when the chunk before is done, because a match may run across the
 * border; so a worker scans its chunk from the border, as if nothing came in,
 * and keeps what it finds.  Once the entry is known, the pass is followed from
 * there until it meets the one that was guessed: both are at one position
 * then, and position alone decides what follows.  The rest of the guess is the
 * truth.  Nearly always that is so at once.
 *
 * Invariants
 *  1. passed[i].position, once not 0, is one more than the position of the
 *     true pass after the attempts of chunk i; the rest of passed[i] is right
 *     from then on.  It is written once, by the worker that claimed chunk i,
 *     before it finishes the chunk.
 *  2. `pending` are the chunks that this worker has scanned and not finished,
 *     in ascending order; it waits for, sends and finishes the first of them
 *     only.  So a worker that waits, waits for a lower chunk than any it
 *     holds, and one that is blocked sending is so for its lowest chunk: the
 *     lowest unfinished chunk of all is never waiting for another (job.c,
 *     invariant 2).
 *  3. What is sent is exact; the parent only adds up.
 */
#include "search_internal.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "pattern_internal.h"
#include "scanner.h"
#include "search_output.h"
#include "sizes.h"

enum {
	SEARCH_PENDING = 4,
	/* Bytes that the kernel brings in together. */
	SEARCH_AROUND = 64 << 10,
	/* Places of a chunk that stand for all. */
	SEARCH_PROBES = 16,
	SEARCH_YIELDS = 16,
	SEARCH_WAIT_NANOSECONDS = 50000,
};

/* Where the pass stands after a chunk. */
struct passed {
	_Atomic uint64_t position;
	struct text_lines lines;	/* of SEARCH_LINES */
	/* Of a file larger than memory: was some of it there before? */
	_Atomic int cached;
};

enum { CACHED_UNKNOWN, CACHED_NONE, CACHED_SOME };

/* A chunk, and what a pass from its border finds in it. */
struct guess {
	uint64_t chunk;
	struct range range;
	struct finding *list;	/* the first findings */
	size_t count;
	size_t *ends;		/* what each becomes ends there in `text`; */
	struct expansion text;	/* both only where it has to be worked out */
	bool complete;		/* it went to the chunk's end */
	bool overflowed;	/* there were more than the list holds */
	uint64_t beyond;	/* ... of those that count: how many */
	struct match last;	/* ... and the last one; not of SEARCH_COUNT */
	uint64_t after;		/* the position after the last finding */
	uint64_t newlines;	/* in the chunk; of SEARCH_LINES */
	uint64_t parts;		/* of those beyond; of SEARCH_PACKED */
};

struct worker {
	const struct search *search;
	struct job_worker *job;
	struct scanner *scanner;
	struct passed *passed;
	struct guess pending[SEARCH_PENDING];
	unsigned waiting;
	size_t capacity;	/* of a guess's list */
	struct search_output output;	/* of the chunk that is being finished */
	uint64_t newlines;	/* before the next one; of SEARCH_LINES */
	struct expansion text;	/* what the last match becomes */
};

size_t search_shared_size(const struct search *search)
{
	return sizeof(struct search_shared) +
	       search->chunks * sizeof(struct passed);
}

static enum search_kind kind_of(const struct worker *worker)
{
	return worker->search->plan.kind;
}

static bool counts(const struct worker *worker, struct match match)
{
	return search_counts(worker->search, match);
}

/* Where chunk INDEX begins.  A chunk begins at a character. */
static uint64_t border(const struct worker *worker, uint64_t index)
{
	const struct search *search = worker->search;

	if (index == 0)
		return search->begin;
	if (index >= search->chunks)
		return search->limit;

	uint64_t offset = scanner_align(worker->scanner,
					search->begin + index * search->chunk);

	return offset < search->limit ? offset : search->limit;
}

/* --- memory --- */

/* What is here now was so before this search, which has not come near yet. */
static void probe(struct worker *worker, uint64_t chunk)
{
	const struct search *search = worker->search;
	const struct document *document = search->plan.document;
	uint64_t offset = search->begin + chunk * search->chunk;
	uint64_t step = search->chunk / SEARCH_PROBES + 1;
	int cached = CACHED_NONE;

	for (unsigned i = 0; i < SEARCH_PROBES && cached == CACHED_NONE &&
	     offset < document_size(document); i++, offset += step)
		if (document_cached(document, offset))
			cached = CACHED_SOME;
	atomic_store_explicit(&worker->passed[chunk].cached, cached,
			      memory_order_relaxed);
}

static int find_cached(const struct worker *worker, uint64_t chunk)
{
	return atomic_load_explicit(&worker->passed[chunk].cached,
				    memory_order_relaxed);
}

/* Looks at a chunk that nobody has read ahead for, and at this one if nobody
 * has. */
static void probe_ahead(struct worker *worker, uint64_t chunk)
{
	const struct search *search = worker->search;
	uint64_t ahead = chunk + SEARCH_READ_AHEAD / search->chunk + 2;

	if (!search->once)
		return;
	if (find_cached(worker, chunk) == CACHED_UNKNOWN)
		probe(worker, chunk);
	if (ahead < search->chunks)
		probe(worker, ahead);
}

/* All at once at the end would take the kernel long, while somebody who has
 * pressed Esc waits for it.  And what only this search has brought in would
 * push out what others have in memory, and be gone itself before anybody came
 * back to it. */
static void let_go(const struct worker *worker, uint64_t chunk,
		   struct range range)
{
	const struct document *document = worker->search->plan.document;

	document_release(document, (struct range){
		range.start, range.end + SEARCH_AROUND });
	if (find_cached(worker, chunk) != CACHED_NONE)
		return;
	/* A large page that reaches into this chunk goes only as a whole. */
	while (chunk > 0 && find_cached(worker, chunk - 1) == CACHED_NONE &&
	       range_length(range) < 2 * MAPPING_LARGE_PAGE)
		range.start = border(worker, --chunk);
	document_discard(document, range);
}

/* --- finishing a chunk --- */

/* Lines are counted on from where the chunk before has come to. */
static void lines_begin(struct worker *worker, const struct guess *guess)
{
	struct text_writer *writer = &worker->output.writer;

	text_lines_begin(writer, guess->range.start,
			 guess->chunk > 0
				 ? &worker->passed[guess->chunk - 1].lines
				 : NULL);
	worker->newlines = writer->lines.newlines + guess->newlines;
}

/* The one that the scanner has just found. */
static bool accept_found(struct worker *worker, struct match match,
			 struct error *error)
{
	struct expansion *text = &worker->text;

	text->length = 0;
	if (worker->output.replacement && counts(worker, match) &&
	    !scanner_expand(worker->scanner, worker->output.replacement, text, error))
		return false;
	return search_output_match(&worker->output, match, text->bytes, text->length, error);
}

/* Where matches are only counted, those that can be passed over from *POSITION
 * on: how many of them count. */
static uint64_t pass_over(struct worker *worker, uint64_t *position,
			  uint64_t limit)
{
	struct match last;
	uint64_t count = 0;

	if (kind_of(worker) == SEARCH_COUNT)
		count = scanner_pass(worker->scanner, position, limit, &last);
	/* No other can end behind the range. */
	return count > 0 && !counts(worker, last) ? count - 1 : count;
}

/* The pass from *POSITION on, attempts before LIMIT. */
static bool scan_on(struct worker *worker, uint64_t *position, uint64_t limit,
		    struct error *error)
{
	struct finding finding;
	enum scan_result result = SCAN_NONE;

	/* Nobody asks what comes after the first one. */
	while ((kind_of(worker) != SEARCH_FIRST || worker->output.count == 0) &&
	       (result = scanner_next(worker->scanner, *position, limit,
				      &finding, error)) == SCAN_MATCH) {
		if (!accept_found(worker, finding.match, error))
			return false;
		*position = scanner_after(worker->scanner, &finding);
		worker->output.count += pass_over(worker, position, limit);
	}
	return result != SCAN_FAILED;
}

/* --- guessing --- */

/* Keeps what the finding becomes; false where that is too much, or fails: it
 * is worked out again once the finding is known to be right. */
static bool guess_expand(const struct worker *worker, struct guess *guess,
			 const struct finding *finding)
{
	if (!worker->output.replacement)
		return true;
	if (counts(worker, finding->match) &&
	    !scanner_expand(worker->scanner, worker->output.replacement, &guess->text,
			    NULL))
		return false;
	guess->ends[guess->count] = guess->text.length;
	return guess->text.length <= SEARCH_AHEAD_BYTES;
}

static uint64_t guess_part(const struct worker *worker,
			   const struct guess *guess)
{
	return kind_of(worker) == SEARCH_PACKED
		       ? search_output_part(guess->range, guess->last.start)
		       : 0;
}

/* Takes a finding; false where the list is full and no more is wanted. */
static bool guess_take(const struct worker *worker, struct guess *guess,
		       const struct finding *finding)
{
	enum search_kind kind = kind_of(worker);

	if (guess->count < worker->capacity) {
		if (!guess_expand(worker, guess, finding))
			return false;
		guess->list[guess->count++] = *finding;
	} else {
		guess->overflowed = true;
		if (counts(worker, finding->match)) {
			guess->beyond++;
			guess->last = finding->match;
			guess->parts |= guess_part(worker, guess);
		}
	}
	if (kind == SEARCH_FIRST && counts(worker, finding->match))
		return false;
	return !worker->output.listing || guess->count < worker->capacity;
}

/* An error is kept to itself: the true pass may never come to that place. */
static void guess_make(struct worker *worker, struct guess *guess)
{
	uint64_t position = guess->range.start;
	enum scan_result result;
	struct finding finding;
	bool more = true;

	guess->count = 0;
	guess->text.length = 0;
	guess->beyond = 0;
	guess->parts = 0;
	guess->overflowed = false;
	while ((result = scanner_next(worker->scanner, position,
				      guess->range.end, &finding, NULL)) ==
	       SCAN_MATCH) {
		position = scanner_after(worker->scanner, &finding);
		more = guess_take(worker, guess, &finding);
		if (!more)
			break;
		if (guess->overflowed)
			guess->beyond += pass_over(worker, &position,
						   guess->range.end);
	}
	guess->after = position;
	guess->complete = result == SCAN_NONE;
}

/* --- bringing into step --- */

/* DECIDED is as it is, or will be (text_lines_are_plain). */
static void publish_lines(struct worker *worker, uint64_t position,
			  uint64_t decided)
{
	struct passed *passed = &worker->passed[worker->output.chunk];

	passed->lines = worker->output.writer.lines;
	passed->lines.newlines = worker->newlines;
	passed->lines.decided = decided;
	atomic_store_explicit(&passed->position, position + 1,
			      memory_order_release);
}

/* Behind all that is sent of the chunk, RANGE. */
static bool publish(struct worker *worker, struct range range,
		    uint64_t position, struct error *error)
{
	if (!search_output_leave(&worker->output, range, error))
		return false;
	publish_lines(worker, position, worker->output.writer.lines.decided);
	return true;
}

/* Where the pass enters CHUNK; false while that is not known. */
static bool entry_known(const struct worker *worker, uint64_t chunk,
			uint64_t *entry)
{
	uint64_t value = worker->search->begin + 1;

	if (chunk > 0)
		value = atomic_load_explicit(
			&worker->passed[chunk - 1].position,
			memory_order_acquire);
	*entry = value - 1;
	return value != 0;
}

/* The position after the finding before INDEX: that of the guessed pass. */
static uint64_t guess_position(const struct worker *worker,
			       const struct guess *guess, size_t index)
{
	return index == 0 ? guess->range.start
			  : scanner_after(worker->scanner,
					  &guess->list[index - 1]);
}

/*
 * Follows the pass from *POSITION until it meets the guessed one, or leaves
 * the chunk.  *INDEX is the first of the guess's findings that is right.
 */
static bool catch_up(struct worker *worker, const struct guess *guess,
		     uint64_t *position, size_t *index, struct error *error)
{
	for (;;) {
		while (*index < guess->count &&
		       guess->list[*index].attempt < *position)
			(*index)++;

		uint64_t guessed = guess_position(worker, guess, *index);

		if (guessed <= *position || *position >= guess->range.end)
			return true;
		/* What the dropped finding may have hidden. */
		if (guessed > guess->range.end)
			guessed = guess->range.end;

		struct finding finding;

		switch (scanner_next(worker->scanner, *position, guessed,
				     &finding, error)) {
		case SCAN_FAILED:
			return false;
		case SCAN_NONE:
			*position = guessed;
			break;
		case SCAN_MATCH:
			if (!accept_found(worker, finding.match, error))
				return false;
			*position = scanner_after(worker->scanner,
						  &finding);
		}
	}
}

static bool accept_kept(struct worker *worker, const struct guess *guess,
			size_t index, struct error *error)
{
	struct match match = guess->list[index].match;

	if (!worker->output.replacement)
		return search_output_match(&worker->output, match, NULL, 0, error);

	size_t start = index > 0 ? guess->ends[index - 1] : 0;

	return search_output_match(&worker->output, match, guess->text.bytes + start,
			    guess->ends[index] - start, error);
}

/* What `decided` will be when the guess from INDEX on is written. */
static uint64_t decided_after(struct worker *worker, const struct guess *guess,
			      size_t index)
{
	struct text_writer *writer = &worker->output.writer;
	size_t last = guess->count;

	while (last > index && !counts(worker, guess->list[last - 1].match))
		last--;
	if (kind_of(worker) != SEARCH_LINES || last == index)
		return writer->lines.decided;
	return text_lines_after(writer, guess->list[last - 1].match.start);
}

static bool take_kept(struct worker *worker, const struct guess *guess,
		      size_t index, struct error *error)
{
	for (; index < guess->count; index++)
		if (!accept_kept(worker, guess, index, error))
			return false;
	if (guess->beyond)
		search_output_beyond(&worker->output, guess->beyond,
				     guess->last, guess->parts);
	return true;
}

/* All of the guess from INDEX on is right. */
static bool take_guess(struct worker *worker, const struct guess *guess,
		       size_t index, uint64_t position, struct error *error)
{
	bool nothing = index == guess->count && !guess->overflowed;

	if (!nothing)
		position = guess->after;
	/* If lines have a context, only they say what follows. */
	if (kind_of(worker) == SEARCH_LINES &&
	    !text_lines_are_plain(&worker->output.writer))
		return take_kept(worker, guess, index, error) &&
		       publish(worker, guess->range, position, error);
	/* Before the parent makes us wait. */
	publish_lines(worker, position, decided_after(worker, guess, index));
	return take_kept(worker, guess, index, error);
}

/* The guess is right up to its list's end at most: on from there. */
static bool take_list(struct worker *worker, const struct guess *guess,
		      size_t index, uint64_t position, struct error *error)
{
	for (; index < guess->count; index++) {
		if (!accept_kept(worker, guess, index, error))
			return false;
		position = scanner_after(worker->scanner,
					 &guess->list[index]);
	}
	return scan_on(worker, &position, guess->range.end, error) &&
	       publish(worker, guess->range, position, error);
}

static bool guess_resolve(struct worker *worker, const struct guess *guess,
			  uint64_t entry, struct error *error)
{
	uint64_t position = entry > guess->range.start ? entry
						       : guess->range.start;
	size_t index = 0;
	bool done;

	search_output_begin(&worker->output, guess->chunk, guess->range,
			    position);
	if (kind_of(worker) == SEARCH_LINES)
		lines_begin(worker, guess);
	if (!catch_up(worker, guess, &position, &index, error))
		return false;
	if (position >= guess->range.end) {
		done = publish(worker, guess->range, position, error);
	} else {
		/* With all of the list dropped, the pass must be where the
		 * list ends: nothing is known of the attempts behind it. */
		bool in_step = index < guess->count || !guess->overflowed ||
			       position == guess_position(worker, guess,
							  index);

		done = guess->complete && in_step
			       ? take_guess(worker, guess, index, position,
					    error)
			       : take_list(worker, guess, index, position,
					   error);
	}
	done = done && search_output_end(&worker->output, guess->range, error);
	let_go(worker, guess->chunk, guess->range);
	return done;
}

/* --- the work --- */

static uint64_t await_entry(const struct worker *worker, uint64_t chunk)
{
	const struct timespec pause = { 0, SEARCH_WAIT_NANOSECONDS };
	uint64_t entry;

	for (unsigned tries = 0; !entry_known(worker, chunk, &entry); tries++)
		if (tries < SEARCH_YIELDS)
			sched_yield();
		else
			nanosleep(&pause, NULL);
	return entry;
}

static bool resolve_first(struct worker *worker, struct error *error)
{
	struct guess first = worker->pending[0];
	uint64_t entry = await_entry(worker, first.chunk);

	if (!guess_resolve(worker, &first, entry, error))
		return false;
	worker->waiting--;
	for (unsigned i = 0; i < worker->waiting; i++)
		worker->pending[i] = worker->pending[i + 1];
	/* Its list goes round. */
	worker->pending[worker->waiting] = first;
	return true;
}

/* Finishes what can be, and more than that where there is no room. */
static bool resolve_some(struct worker *worker, unsigned room,
			 struct error *error)
{
	uint64_t entry;

	while (worker->waiting > 0 &&
	       (worker->waiting > room ||
		entry_known(worker, worker->pending[0].chunk, &entry)))
		if (!resolve_first(worker, error))
			return false;
	return true;
}

/* The last chunk has a place more than bytes. */
static struct range guess_bytes(const struct worker *worker,
				const struct guess *guess)
{
	uint64_t size = document_size(worker->search->plan.document);

	return range_intersect(guess->range, (struct range){ 0, size });
}

static bool chunk_scan(struct worker *worker, uint64_t chunk,
		       struct error *error)
{
	struct guess *guess = &worker->pending[worker->waiting];
	uint64_t entry;

	guess->chunk = chunk;
	guess->range = (struct range){ border(worker, chunk),
				       border(worker, chunk + 1) };
	probe_ahead(worker, chunk);
	if (kind_of(worker) == SEARCH_LINES &&
	    !worker->search->plan.lines.only_count)
		guess->newlines = newlines_count(
			&worker->output.writer.newlines,
			guess_bytes(worker, guess));
	/* No need to guess: and a match that runs far is not looked for again
	 * in each chunk that it covers. */
	if (worker->waiting == 0 && entry_known(worker, chunk, &entry)) {
		guess->count = 0;
		guess->overflowed = false;
		guess->complete = false;
		return guess_resolve(worker, guess, entry, error);
	}
	guess_make(worker, guess);
	worker->waiting++;
	return resolve_some(worker, SEARCH_PENDING - 1, error);
}

static bool work_forwards(struct worker *worker, struct error *error)
{
	uint64_t chunk;

	while (job_claim(worker->job, &chunk))
		if (!chunk_scan(worker, chunk, error))
			return false;
	return resolve_some(worker, 0, error);
}

/*
 * From the end of the range to the left.  Each chunk has a run-in before it,
 * so that the pass is in step with one from further left when it gets there:
 * nearly always it is, where no match crosses the chunk's start.  Where one
 * does, the run-in is made longer, up to a bound; there that match counts, if
 * it is the last one.
 */
struct leftward {
	uint64_t start;		/* of the chunk */
	uint64_t end;
	bool last;		/* no chunk further left */
	bool crossed;		/* a match of the run-in crosses the start */
};

static bool leftward_pass(struct worker *worker, struct leftward *left,
			  uint64_t position, struct error *error)
{
	struct match crossing = { 0, 0 };
	enum scan_result result;
	struct finding finding;

	left->crossed = false;
	while ((result = scanner_next(worker->scanner, position, left->end,
				      &finding, error)) == SCAN_MATCH) {
		position = scanner_after(worker->scanner, &finding);
		if (left->last || finding.attempt >= left->start) {
			if (!accept_found(worker, finding.match, error))
				return false;
		} else if (finding.match.end > left->start) {
			left->crossed = true;
			crossing = finding.match;
		}
	}
	if (result == SCAN_NONE && left->crossed && worker->output.count == 0)
		return search_output_match(&worker->output, crossing, NULL, 0, error);
	return result == SCAN_NONE;
}

static bool leftward_scan(struct worker *worker, uint64_t chunk,
			  struct error *error)
{
	const struct search *search = worker->search;
	uint64_t end = search->limit - chunk * search->chunk;
	bool last = chunk + 1 == search->chunks;
	uint64_t start = last ? search->begin : end - search->chunk;
	struct leftward left = { start, end, last, false };
	uint64_t run_in = search->chunk < SEARCH_CHUNK_USUAL
				  ? search->chunk : SEARCH_CHUNK_USUAL;
	uint64_t position;

	do {
		position = start < run_in ? 0 : start - run_in;
		search_output_begin(&worker->output, chunk,
				    (struct range){ start, end }, position);
		if (!leftward_pass(worker, &left,
				   scanner_align(worker->scanner, position),
				   error))
			return false;
		run_in *= 4;
	} while (left.crossed && position > 0 &&
		 run_in <= SEARCH_LAST_EXACT);

	bool done = search_output_end(&worker->output,
				      (struct range){ start, end }, error);

	let_go(worker, chunk, (struct range){ start, end });
	return done;
}

static bool work_leftwards(struct worker *worker, struct error *error)
{
	uint64_t chunk;

	while (job_claim(worker->job, &chunk))
		if (!leftward_scan(worker, chunk, error))
			return false;
	return true;
}

static void guess_free(struct guess *guess)
{
	free(guess->list);
	free(guess->ends);
	expansion_free(&guess->text);
}

/* Room for the findings of a guess. */
static bool guess_prepare(const struct worker *worker, struct guess *guess)
{
	guess->list = malloc(worker->capacity * sizeof *guess->list);
	if (worker->output.replacement)
		guess->ends = malloc(worker->capacity * sizeof *guess->ends);
	return guess->list && (guess->ends || !worker->output.replacement);
}

static void worker_free(struct worker *worker)
{
	if (!worker)
		return;
	for (size_t i = 0; i < SEARCH_PENDING; i++)
		guess_free(&worker->pending[i]);
	expansion_free(&worker->text);
	scanner_free(worker->scanner);
	free(worker);
}

static struct worker *worker_new(const struct search *search,
				 struct job_worker *job, struct error *error)
{
	const struct search_plan *plan = &search->plan;
	struct worker *worker = calloc(1, sizeof *worker);
	bool room = worker != NULL;

	if (room) {
		worker->search = search;
		worker->job = job;
		worker->passed = (struct passed *)
			((struct search_shared *)job_worker_shared(job) + 1);
		search_output_init(&worker->output, search, job);
		worker->capacity = worker->output.listing ||
				   plan->kind == SEARCH_PACKED
					   ? SEARCH_AHEAD : SEARCH_KEPT;
	}
	for (size_t i = 0; room && i < SEARCH_PENDING; i++)
		room = guess_prepare(worker, &worker->pending[i]);
	if (!room) {
		worker_free(worker);
		error_set_memory(error);
		return NULL;
	}
	worker->scanner = scanner_new(plan->document, plan->pattern, error);
	/* Lines are looked for in what is mapped. */
	if (worker->scanner && plan->kind != SEARCH_LINES)
		scanner_read_file(worker->scanner);
	if (!worker->scanner ||
	    (worker->output.replacement &&
	     !scanner_keep_groups(worker->scanner, error))) {
		worker_free(worker);
		return NULL;
	}
	return worker;
}

bool search_work(struct job_worker *job, void *context, struct error *error)
{
	const struct search *search = context;
	struct worker *worker = worker_new(search, job, error);

	if (!worker)
		return false;

	bool done = search->leftwards ? work_leftwards(worker, error)
				      : work_forwards(worker, error);

	worker_free(worker);
	return done;
}
