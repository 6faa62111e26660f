/*
 * timestamp_seek: the line of a time, by bisection.
 *
 * What is halved are bytes, not lines.  From the middle on the next line with
 * a time is read; where that is too early, all up to it is, and else the line
 * itself is the best that is known.
 *
 * Invariants
 *  1. Lines that begin before `low` are earlier than the target, or have no
 *     time; those with a time that begin at or behind `high` are not earlier.
 */
#include "timestamp_seek.h"

#include <inttypes.h>

#include "sizes.h"

/* The first line with a time that begins in RANGE, within so many bytes. */
enum probe { PROBE_FOUND, PROBE_NONE, PROBE_FAR };

static bool read_line(const struct timestamp_log *log, struct range line,
		      struct timestamp *stamp)
{
	unsigned char bytes[2 * TIMESTAMP_WITHIN];
	unsigned char text[TIMESTAMP_WITHIN];
	unsigned step = newline_unit(log->form);
	size_t size = TIMESTAMP_WITHIN * step;
	size_t length = range_length(line) < size ? (size_t)range_length(line)
						  : size;
	size_t count = 0;

	length = document_read(log->document, line.start, bytes, length);
	/* What a time is written with is ASCII. */
	for (size_t i = log->form == NEWLINE_UTF16BE; i < length; i += step)
		text[count++] = bytes[i];
	if (!timestamps_read(log->timestamps, text, count, stamp))
		return false;
	timestamp_date(stamp, log->now);
	return true;
}

/* Where the first line begins that begins in RANGE; in UTF-16 that starts at
 * an even offset. */
static uint64_t first_line(struct newlines *newlines, struct range range)
{
	unsigned unit = newline_unit(newlines->form);

	return range.start < unit
		       ? 0
		       : newlines_after(newlines, range.start - unit,
					range.end);
}

static enum probe probe(const struct timestamp_log *log, struct range range,
			struct range *line, struct timestamp *stamp)
{
	struct newlines newlines = newlines_of(log->document, log->form);
	uint64_t size = document_size(log->document);
	uint64_t most = range.end;

	if (range_length(range) > TIMESTAMP_PROBE)
		most = range.start + TIMESTAMP_PROBE;
	line->start = first_line(&newlines, (struct range){ range.start,
							    most });
	while (line->start < most) {
		uint64_t end = size - line->start > TIMESTAMP_PROBE
				       ? line->start + TIMESTAMP_PROBE : size;

		line->end = newlines_after(&newlines, line->start, end);
		if (read_line(log, *line, stamp))
			return PROBE_FOUND;
		line->start = line->end;
	}
	return most < range.end ? PROBE_FAR : PROBE_NONE;
}

bool timestamp_near(const struct timestamp_log *log, uint64_t offset,
		    struct timestamp *stamp)
{
	struct newlines newlines = newlines_of(log->document, log->form);
	uint64_t size = document_size(log->document);
	uint64_t least = offset > TIMESTAMP_NEAR ? offset - TIMESTAMP_NEAR : 0;
	uint64_t end = offset < size ? offset + 1 : size;
	struct range line;

	while (end > least) {
		line = (struct range){
			newlines_before(&newlines, end - 1, least), end };
		if (read_line(log, line, stamp))
			return true;
		end = line.start;
	}
	return probe(log, (struct range){ offset, size }, &line, stamp) ==
	       PROBE_FOUND;
}

static bool fail_far(const struct timestamp_log *log, uint64_t offset,
		     struct error *error)
{
	return error_set(error, "%s: no line has a time in %d bytes from "
			 "0x%" PRIx64 " on",
			 file_path(document_file(log->document)),
			 TIMESTAMP_PROBE, offset);
}

bool timestamp_seek(const struct timestamp_log *log,
		    const struct timestamp *target, uint64_t *offset,
		    bool *later, struct error *error)
{
	struct range left = { 0, document_size(log->document) };
	bool compared = false;

	*offset = left.end;
	while (left.start < left.end) {
		uint64_t middle = left.start + range_length(left) / 2;
		struct timestamp stamp;
		struct range line;
		int order = 0;

		middle -= middle % newline_unit(log->form);
		switch (probe(log, (struct range){ middle, left.end }, &line,
			      &stamp)) {
		case PROBE_FAR:
			return fail_far(log, middle, error);
		case PROBE_NONE:
			left.end = middle;
			continue;
		case PROBE_FOUND:
			break;
		}
		if (!timestamp_compare(&stamp, target, &order))
			return error_set(error, "%s: the time of the line at "
					 "0x%" PRIx64 " is of another kind",
					 file_path(document_file(
						 log->document)), line.start);
		compared = true;
		if (order < 0) {
			left.start = line.end;
		} else {
			*offset = line.start;
			left.end = middle;
		}
	}
	*later = *offset == document_size(log->document);
	return compared || error_set(error, "%s: no line has a time",
				     file_path(document_file(log->document)));
}
