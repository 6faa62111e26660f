/*
 * transform: the bytes of a range become others.
 *
 * Workers make the result, block by block; the blocks arrive in order and go
 * into a rewrite.  A block is a message, so a worker needs memory for one; the
 * result is held once, here.
 *
 * Invariants
 *  1. `rewrite` holds the first `done` bytes of the result; it is NULL after
 *     the commit.
 *  2. Once `failed` is set nothing more is taken.
 */
#include "memory.h"
#include "sizes.h"
#include "transform_internal.h"

struct transform {
	struct transform_plan plan;
	struct job *job;
	struct rewrite *rewrite;
	uint64_t done;
	bool failed;
	struct error error;
};

bool transform_check(const struct transform_plan *plan, struct error *error)
{
	return !plan->what->check || plan->what->check(plan, error);
}

/* Bytes of the block at OFFSET, before END. */
static size_t block_length(uint64_t offset, uint64_t end)
{
	return end - offset < TRANSFORM_BLOCK ? (size_t)(end - offset)
					      : TRANSFORM_BLOCK;
}

/* --- at once --- */

static bool make_all(const struct transform_plan *plan, unsigned char *bytes,
		     struct error *error)
{
	uint64_t end = range_length(plan->range);
	size_t length;

	for (uint64_t offset = 0; offset < end; offset += length) {
		length = block_length(offset, end);
		if (!plan->what->make(plan, offset, bytes + offset, length,
				      error))
			return false;
	}
	return true;
}

bool transform_now(const struct transform_plan *plan, struct error *error)
{
	uint64_t length = range_length(plan->range);
	unsigned char *bytes = memory_allocate((size_t)length + 1);
	bool done = false;

	if (!bytes)
		return error_set_memory(error);
	if (make_all(plan, bytes, error))
		done = document_overwrite(plan->document, plan->range.start,
					  bytes, length, error);
	memory_free(bytes);
	return done;
}

/* --- beside the screen --- */

static bool make_chunk(const struct transform_plan *plan,
		       struct job_worker *worker, uint64_t chunk,
		       struct error *error)
{
	unsigned char bytes[TRANSFORM_BLOCK + 1];
	uint64_t offset = chunk * TRANSFORM_CHUNK;
	uint64_t end = range_length(plan->range);
	size_t length;

	if (end - offset > TRANSFORM_CHUNK)
		end = offset + TRANSFORM_CHUNK;
	for (; offset < end; offset += length) {
		length = block_length(offset, end);
		if (!plan->what->make(plan, offset, bytes, length, error)
		    || !job_send(worker, chunk, bytes, length, error))
			return false;
		job_advance(worker, length, 0);
	}
	return job_finish(worker, chunk, error);
}

static bool work(struct job_worker *worker, void *context,
		 struct error *error)
{
	const struct transform *transform = context;
	uint64_t chunk;

	while (job_claim(worker, &chunk))
		if (!make_chunk(&transform->plan, worker, chunk, error))
			return false;
	return true;
}

static bool take_block(void *context, uint64_t chunk, const void *data,
		       size_t size)
{
	struct transform *transform = context;
	uint64_t at = transform->plan.range.start + transform->done;

	(void)chunk;
	transform->failed = !rewrite_replace(transform->rewrite,
					     range_of(at, size), data, size,
					     &transform->error);
	transform->done += size;
	return !transform->failed;
}

struct transform *transform_start(const struct transform_plan *plan,
				  struct error *error)
{
	struct transform *transform = memory_allocate(sizeof *transform);

	if (!transform) {
		error_set_memory(error);
		return NULL;
	}
	*transform = (struct transform){ .plan = *plan };

	const struct job_plan job = {
		.work = work,
		.result = take_block,
		.context = transform,
		.chunks = (range_length(plan->range) + TRANSFORM_CHUNK - 1)
			  / TRANSFORM_CHUNK,
		.workers = plan->workers,
	};

	transform->rewrite = rewrite_begin(plan->document, error);
	if (transform->rewrite)
		transform->job = job_start(&job, error);
	if (!transform->job) {
		transform_free(transform);
		return NULL;
	}
	return transform;
}

void transform_free(struct transform *transform)
{
	if (!transform)
		return;
	job_free(transform->job);
	rewrite_cancel(transform->rewrite);
	memory_free(transform);
}

struct job *transform_job(const struct transform *transform)
{
	return transform->job;
}

static enum job_state ended(const struct transform *transform,
			    enum job_state state, struct error *error)
{
	if (!transform->failed)
		return state;
	if (error)
		*error = transform->error;
	return JOB_FAILED;
}

enum job_state transform_poll(struct transform *transform, struct error *error)
{
	return ended(transform, job_poll(transform->job, error), error);
}

enum job_state transform_wait(struct transform *transform, struct error *error)
{
	return ended(transform, job_wait(transform->job, error), error);
}

bool transform_commit(struct transform *transform, struct error *error)
{
	struct rewrite *rewrite = transform->rewrite;

	transform->rewrite = NULL;
	return rewrite_commit(rewrite, NULL, NULL, error);
}
