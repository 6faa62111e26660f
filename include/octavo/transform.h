/*
 * transform: the bytes of a range become others, as many, as one edit.
 *
 * What is done to them is an entry of one table, known by its name:
 *
 *   xor and or  with the data, byte by byte, which is repeated over the range
 *   add         the data likewise, each byte modulo 256; a number (u32le:1) is
 *               added to each number of its width and byte order, with carry,
 *               modulo that width
 *   shift       the range is one row of bits, the highest of its first byte
 *               first; it moves left by so many, or right by as many as the
 *               number is negative; zeros come in, what goes out is lost
 *   reverse     the last byte first
 *   swap        the bytes of each unit of 2, 4 or 8 in the other order
 *
 * Nothing of the document changes before all of it is worked out.  Bytes that
 * are lost make it fail with their offset.
 */
#ifndef OCTAVO_TRANSFORM_H
#define OCTAVO_TRANSFORM_H

#include "octavo/data.h"
#include "octavo/document.h"
#include "octavo/job.h"

struct transformation;

/* By name; NULL where there is none. */
const struct transformation *transformation_find(const char *name);

struct transform_plan {
	struct document *document;
	struct range range;
	const struct transformation *what;
	/* xor, and, or, add; must live until the end.  TYPE is that of a
	 * number, of size 0 for other data. */
	struct data data;
	struct data_type type;
	int64_t number;		/* shift: bits; swap: bytes of a unit */
	unsigned workers;	/* 0: one for each core */
};

/* Can it be done?  The error says why not. */
bool transform_check(const struct transform_plan *plan, struct error *error);

/* In this process, for a range that is short.  PLAN has been checked. */
bool transform_now(const struct transform_plan *plan, struct error *error);

/*
 * In forked workers.  Order of calls: transform_start, with a PLAN that has
 * been checked; transform_poll, whenever a descriptor of transform_job is
 * readable, until it no longer says JOB_RUNNING; after JOB_DONE
 * transform_commit; transform_free at any time, before the document is closed.
 * An edit of the document in between makes it fail.
 */
struct transform;

struct transform *transform_start(const struct transform_plan *plan,
				  struct error *error);
void transform_free(struct transform *transform);
/* For the descriptors and the progress, in bytes. */
struct job *transform_job(const struct transform *transform);
enum job_state transform_poll(struct transform *transform,
			      struct error *error);
enum job_state transform_wait(struct transform *transform,
			      struct error *error);
/* Once. */
bool transform_commit(struct transform *transform, struct error *error);

#endif
