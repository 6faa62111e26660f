/*
 * spool: bytes that come from where nothing can be mapped, kept in an
 * unlinked temporary file.
 */
#ifndef OCTAVO_SPOOL_H
#define OCTAVO_SPOOL_H

#include "octavo/file.h"

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

#endif
