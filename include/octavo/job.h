/*
 * job: whatever is long, in forked children beside the screen.
 *
 * A job is a function that runs in one or more forked workers.  They see
 * memory as it was at the fork, claim chunks from a shared counter, and send
 * results, which arrive in the parent in the order of the chunks.  Stopping a
 * job kills its workers: nothing that runs in one can hang, crash or corrupt
 * the parent.
 *
 * Order of calls: job_start; then, whenever a descriptor of job_descriptors
 * is readable (or at any time), job_poll, until it no longer says
 * JOB_RUNNING; job_free, at any time, which stops what still runs.
 * job_wait does the polling for those who have nothing else to do.
 *
 * In a worker: no descriptor but its own pipe and what was open before; the
 * worker dies with its parent; SIGINT is ignored; standard input and output
 * must not be touched.
 */
#ifndef OCTAVO_JOB_H
#define OCTAVO_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "octavo/error.h"

struct job;
struct job_worker;

enum job_state { JOB_RUNNING, JOB_DONE, JOB_FAILED };

struct job_plan {
	/* Runs in each worker.  Returning false with the error set ends the
	 * whole job as failed, in the order of the chunks: what was sent for
	 * chunks before the failing worker's current one still arrives. */
	bool (*work)(struct job_worker *worker, void *context,
		     struct error *error);
	/* Runs in the parent, inside job_poll, for each message: all those of
	 * chunk 0 first, then those of chunk 1 ...; of one chunk in the order
	 * they were sent.  Returns false to end the job early as done. */
	bool (*result)(void *context, uint64_t chunk, const void *data,
		       size_t size);
	void *context;
	uint64_t chunks;	/* 0 .. chunks - 1 are claimed, in order */
	unsigned workers;	/* 0: one for each core */
	size_t shared_size;	/* zeroed memory that all of them share */
	/* No worker is forked: `work` runs in this process, inside the first
	 * job_poll.  For what is shorter than a fork takes, where nobody has
	 * to be protected from it. */
	bool here;
	bool background;	/* all else comes first */
};

/* Forks the workers.  *PLAN is copied. */
struct job *job_start(const struct job_plan *plan, struct error *error);
void job_free(struct job *job);
/* Kills the workers and does not wait for that: one that the disk holds up
 * takes its time.  Where one was killed, job_poll says JOB_FAILED later. */
void job_kill(struct job *job);

/* Puts up to COUNT descriptors to wait for into FDS; the number of them. */
size_t job_descriptors(const struct job *job, int *fds, size_t count);

/*
 * Takes what has arrived, without waiting, for no longer than about 5 ms.
 * JOB_DONE: every chunk was claimed and finished, or `result` said stop.
 * JOB_FAILED: *ERROR says why (a worker's error, or the signal that killed
 * it).
 */
enum job_state job_poll(struct job *job, struct error *error);

/* Polls, waiting between, until the job ends. */
enum job_state job_wait(struct job *job, struct error *error);

/* Sum of what the workers have told by job_advance; `units` is whatever they
 * count (bytes), `found` likewise (matches). */
void job_progress(const struct job *job, uint64_t *units, uint64_t *found);

void *job_shared(const struct job *job);
unsigned job_cores(void);

/* --- in a worker --- */

/* Claims the next chunk; false where none is left. */
bool job_claim(struct job_worker *worker, uint64_t *chunk);
/* Sends a message for CHUNK, which must have been claimed by this worker and
 * not be finished.  Chunks must be sent in ascending order. */
bool job_send(struct job_worker *worker, uint64_t chunk, const void *data,
	      size_t size, struct error *error);
/* No more messages for CHUNK; each claimed chunk must be finished, in
 * ascending order. */
bool job_finish(struct job_worker *worker, uint64_t chunk,
		struct error *error);
void job_advance(struct job_worker *worker, uint64_t units, uint64_t found);
void *job_worker_shared(struct job_worker *worker);

#endif
