/*
 * spool: bytes that come from where nothing can be mapped, kept in an
 * unlinked temporary file.
 */
#ifndef OCTAVO_SPOOL_H
#define OCTAVO_SPOOL_H

#include "octavo/file.h"
#include "octavo/job.h"

struct spool_source {
	int fd;
	const char *name;	/* for messages */
	bool waits;		/* a pipe: bytes may come later */
	uint64_t maximum;	/* more bytes than that are an error */
	file_progress *progress;
	void *context;
};

/*
 * Reads SOURCE up to its end, or until its progress function says stop.
 * Returns a read-only descriptor of a file that has no name and goes with
 * its last descriptor; -1 on an error.
 */
int spool_read(const struct spool_source *source, struct error *error);

/*
 * The same while a forked child reads SOURCE, whose progress function is not
 * asked: the file grows.  *FLOW is to be polled until it no longer says
 * JOB_RUNNING: JOB_FAILED with what went wrong, after which the file stays as
 * long as it is; *MORE where it has grown since the last time.  spool_end at
 * any time, which stops the child.
 */
struct spool_flow;

int spool_begin(const struct spool_source *source, struct spool_flow **flow,
		struct error *error);
enum job_state spool_poll(struct spool_flow *flow, bool *more,
			  struct error *error);
size_t spool_descriptors(const struct spool_flow *flow, int *fds,
			 size_t count);
void spool_end(struct spool_flow *flow);

#endif
