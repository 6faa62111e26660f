/*
 * Where in a log a time begins, by bisection: as few lines are read as there
 * are digits in the log's size, however large that is.
 */
#ifndef OCTAVO_TIMESTAMP_SEEK_H
#define OCTAVO_TIMESTAMP_SEEK_H

#include "newline.h"
#include "timestamp.h"

struct timestamp_log {
	const struct document *document;
	enum newline_form form;
	struct timestamps *timestamps;
	int64_t now;		/* when it was written last, since 1970 */
};

/* The time of the line that OFFSET is in, or of the nearest before it, or
 * behind it; not far away. */
bool timestamp_near(const struct timestamp_log *log, uint64_t offset,
		    struct timestamp *stamp);

/*
 * The start of the first line that is not earlier than TARGET, where lines are
 * in the order of their times; lines without one belong to the line before.
 * *LATER is set where all of them are earlier.  Fails where no line has a time
 * that TARGET could be compared with, or too much is without any.
 */
bool timestamp_seek(const struct timestamp_log *log,
		    const struct timestamp *target, uint64_t *offset,
		    bool *later, struct error *error);

#endif
