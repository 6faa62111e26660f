/*
 * timestamp: the time that a line of a log says it is of.
 *
 * What is recognised, wherever it stands in the first TIMESTAMP_WITHIN bytes
 * of the line (seconds may have a fraction behind a point or a comma):
 *   2026-11-22T10:15:30+01:00   ISO 8601 and RFC 3339, also with a blank, with
 *                               slashes or points, without a zone, compact
 *   22/Nov/2026:10:15:30 +0100  web servers; Sun, 22 Nov 2026 10:15:30 GMT
 *   Nov 22 10:15:30             syslog; Sun Nov 22 10:15:30 2026
 *   11/22/2026 10:15:30 AM      month first
 *   11-22 10:15:30.123          without a year; I1122 10:15:30.123456
 *   261122 101530
 *   1795342530.123              since 1970, in seconds or in milliseconds, at
 *                               the line's start or behind "ts": "time":
 *   [   12.345678]              the kernel: seconds since it was started
 *   10:15:30                    a time of day
 *
 * Order of calls: timestamps_new; the others in any order; timestamps_free.
 */
#ifndef OCTAVO_TIMESTAMP_H
#define OCTAVO_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "octavo/error.h"

enum { TIMESTAMP_WITHIN = 256 };

enum timestamp_part {
	TIMESTAMP_YEAR = 1 << 0,
	TIMESTAMP_DAY = 1 << 1,		/* and its month */
	TIMESTAMP_CLOCK = 1 << 2,	/* hour, minute, second */
	TIMESTAMP_ZONE = 1 << 3,
	TIMESTAMP_SINCE_1970 = 1 << 4,	/* seconds, instead of all these */
	TIMESTAMP_SINCE_START = 1 << 5,	/* likewise; of a machine */
	TIMESTAMP_SECONDS = 1 << 6,	/* likewise; it isn't said since when */
};

struct timestamp {
	unsigned parts;		/* which of the following there are */
	int year;
	int month;		/* from 1 */
	int day;		/* from 1 */
	int64_t seconds;	/* of the day; or since something */
	uint32_t nanoseconds;
	int zone;		/* minutes east of Greenwich */
};

struct timestamps;

struct timestamps *timestamps_new(struct error *error);
void timestamps_free(struct timestamps *timestamps);

/* The first one in the line of LENGTH bytes at LINE; false where there is
 * none. */
bool timestamps_read(struct timestamps *timestamps, const void *line,
		     size_t length, struct timestamp *stamp);

/*
 * What a user means: one of these forms, with the seconds or the clock left
 * out (then it is the first moment of the minute or day), or a number of
 * seconds.  The error says what would be understood.
 */
bool timestamps_parse(struct timestamps *timestamps, const char *text,
		      size_t length, struct timestamp *stamp,
		      struct error *error);

/* Gives TARGET, which a user wrote, the parts of a date that it lacks and
 * FROM has. */
void timestamp_complete(struct timestamp *target,
			const struct timestamp *from);

/*
 * Gives STAMP, a day without a year, that in which it is not later than a day
 * after NOW, in seconds since 1970: what is in a log has been written.
 */
void timestamp_date(struct timestamp *stamp, int64_t now);

/*
 * Which is earlier, STAMP of a line or TARGET: less than 0, 0 or more as with
 * memcmp.  They are compared by what both have; as they are written, unless
 * both are in a zone; and a time since 1970 with one of this machine's zone.
 * False: they have nothing in common.
 */
bool timestamp_compare(const struct timestamp *stamp,
		       const struct timestamp *target, int *order);

#endif
