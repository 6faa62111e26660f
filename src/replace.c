/*
 * replace: a search whose matches go into a rewrite as they arrive.
 *
 * Invariants
 *  1. `rewrite` holds all matches that have arrived and are to be replaced,
 *     which is all but those in the queue and those that somebody did not
 *     want.  It is NULL after the commit.
 *  2. Of the places, those before `place` are where they will be; all others
 *     are not before the end of the last match, and will move by `shift`
 *     (modulo 2^64) as far as is known.
 *  3. Once `failed` is set nothing more is taken.
 */
#include "octavo/replace.h"

#include <assert.h>

#include "memory.h"
#include "replace_queue.h"

struct replace {
	struct replace_plan plan;
	struct search *search;
	struct rewrite *rewrite;
	size_t place;
	uint64_t shift;
	uint64_t count;
	bool asking;		/* what arrives goes into the queue */
	struct replace_queue queue;
	bool failed;
	struct error error;
};

/* Moves the places up to the end of what is replaced. */
static void move_places(struct replace *replace,
			const struct replaced *replaced)
{
	const struct replace_plan *plan = &replace->plan;
	struct match match = replaced->match;

	for (; replace->place < plan->place_count; replace->place++) {
		uint64_t *place = &plan->places[replace->place];

		if (*place >= match.end)
			break;
		if (*place >= match.start
		    && *place - match.start > replaced->length)
			*place = match.start + replaced->length;
		*place += replace->shift;
	}
	replace->shift += replaced->length - (match.end - match.start);
}

static bool take(struct replace *replace, const struct replaced *replaced)
{
	struct range range = { replaced->match.start, replaced->match.end };

	move_places(replace, replaced);
	replace->failed = !rewrite_replace(replace->rewrite, range,
					   replaced->bytes, replaced->length,
					   &replace->error);
	replace->count += !replaced->more;
	return !replace->failed;
}

static bool take_replaced(void *context, const struct replaced *replaced)
{
	struct replace *replace = context;

	if (!replace->asking)
		return take(replace, replaced);
	replace->failed = !queue_add(&replace->queue, replaced,
				     &replace->error);
	return !replace->failed;
}

struct replace *replace_start(const struct replace_plan *plan,
			      struct error *error)
{
	struct replace *replace = memory_allocate(sizeof *replace);

	if (!replace) {
		error_set_memory(error);
		return NULL;
	}
	*replace = (struct replace){ .plan = *plan, .asking = plan->ask };

	const struct search_plan search = {
		.document = plan->document,
		.pattern = plan->pattern,
		.kind = SEARCH_REPLACE,
		.range = plan->range,
		.replacement = plan->replacement,
		.replaced = take_replaced,
		.context = replace,
		.workers = plan->workers,
		.chunk = plan->chunk,
	};

	replace->rewrite = rewrite_begin(plan->document, error);
	if (replace->rewrite)
		replace->search = search_start(&search, error);
	if (!replace->search) {
		replace_free(replace);
		return NULL;
	}
	return replace;
}

void replace_free(struct replace *replace)
{
	if (!replace)
		return;
	search_free(replace->search);
	rewrite_cancel(replace->rewrite);
	queue_free(&replace->queue);
	memory_free(replace);
}

struct search *replace_search(const struct replace *replace)
{
	return replace->search;
}

/* The rest of the places are known once the search has ended, and nothing
 * waits. */
static enum job_state ended(struct replace *replace, enum job_state state,
			    struct error *error)
{
	const struct replace_plan *plan = &replace->plan;

	if (replace->failed && error)
		*error = replace->error;
	if (replace->failed)
		return JOB_FAILED;
	if (state == JOB_DONE && replace_waiting(replace, NULL))
		return JOB_RUNNING;
	for (; state == JOB_DONE && replace->place < plan->place_count;
	     replace->place++)
		plan->places[replace->place] += replace->shift;
	return state;
}

enum job_state replace_poll(struct replace *replace, struct error *error)
{
	if (replace_waiting(replace, NULL))
		return JOB_RUNNING;
	return ended(replace, search_poll(replace->search, error), error);
}

enum job_state replace_wait(struct replace *replace, struct error *error)
{
	return ended(replace, search_wait(replace->search, error), error);
}

bool replace_waiting(const struct replace *replace, struct replaced *replaced)
{
	struct replaced first;

	return queue_first(&replace->queue, replaced ? replaced : &first);
}

/* All that waits, also the beginning of what is still arriving. */
static bool take_all(struct replace *replace)
{
	struct replaced first;

	replace->asking = false;
	while (queue_first_part(&replace->queue, &first)) {
		if (!take(replace, &first))
			return false;
		queue_pop(&replace->queue);
	}
	return true;
}

bool replace_answer(struct replace *replace, enum replace_answer answer,
		    struct error *error)
{
	struct replaced first;
	bool taken = true;

	assert(replace_waiting(replace, NULL));
	queue_first(&replace->queue, &first);
	if (answer == REPLACE_ALL)
		taken = take_all(replace);
	else if (answer == REPLACE_YES)
		taken = take(replace, &first);
	if (taken && answer != REPLACE_ALL)
		queue_pop(&replace->queue);
	if (!taken && error)
		*error = replace->error;
	return taken;
}

void replace_end(struct replace *replace)
{
	queue_free(&replace->queue);
	ended(replace, JOB_DONE, NULL);
}

uint64_t replace_count(const struct replace *replace)
{
	return replace->count;
}

bool replace_commit(struct replace *replace, struct range *touched,
		    uint64_t *length, struct error *error)
{
	struct rewrite *rewrite = replace->rewrite;

	replace->rewrite = NULL;
	return rewrite_commit(rewrite, touched, length, error);
}
