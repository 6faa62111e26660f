/*
 * holes: where a file has no bytes on disk, as its file system tells.
 *
 * The system can be asked where the next data or the next hole begins, from
 * an offset on.  Asked within data, the first is answered at once; the second
 * may take a walk over every extent up to the next hole, so it is left to
 * those who want to know just that.  Where a hole begins is found from its
 * inside: the next data of an offset before it is not that of one within.
 *
 * Invariants
 *  1. `hole` is one whole hole as it was found, `data` a run of bytes of which
 *     each was found to be data; either may be empty.
 *  2. The answers do not depend on what was asked before, as long as nobody
 *     changes the file: holes begin and end at multiples of HOLES_UNIT.
 */
#include "holes.h"

#include <errno.h>
#include <unistd.h>

#include "io.h"

enum {
	/* No file system counts in less. */
	HOLES_UNIT = 512,
	/* Steps of a search for a hole's start: twice for each bit of an
	 * offset, if nobody changes the file meanwhile. */
	HOLES_STEPS = 128,
	HOLES_STEP_FIRST = 4096,
};

static const uint64_t NOWHERE = UINT64_MAX;

void holes_forget(struct holes *holes)
{
	*holes = (struct holes){ .hole = { 0, 0 } };
}

static uint64_t seek(int fd, uint64_t offset, int whence)
{
	off_t found = io.lseek(fd, (off_t)offset, whence);

	return found < 0 ? NOWHERE : (uint64_t)found;
}

/* Where the hole begins that goes from HIGH, at the latest, to END. */
static uint64_t find_start(int fd, uint64_t high, uint64_t end)
{
	uint64_t step = HOLES_STEP_FIRST;
	uint64_t low = 0;
	bool bounded = false;	/* there is data at or behind LOW */

	for (int i = 0; i < HOLES_STEPS && low < high; i++) {
		uint64_t probe = bounded     ? low + (high - low) / 2 :
				 high > step ? high - step : 0;
		uint64_t data = seek(fd, probe, SEEK_DATA);

		step *= 2;
		if (data >= end) {
			high = probe;
			continue;
		}
		bounded = true;
		low = seek(fd, data, SEEK_HOLE);
		if (low >= high || seek(fd, low, SEEK_DATA) >= end)
			return low < high ? low : high;
	}
	return high;
}

static void note_data(struct holes *holes, struct range range)
{
	if (range.start == holes->data.end)
		range.start = holes->data.start;
	holes->data = range;
}

/* OFFSET is in no data that is known and in no hole that is known. */
static bool look_up(struct holes *holes, int fd, uint64_t offset)
{
	uint64_t data = seek(fd, offset, SEEK_DATA);
	uint64_t unit = offset / HOLES_UNIT * HOLES_UNIT;

	if (data == NOWHERE && errno == ENXIO) {
		/* The last hole, or behind the end. */
		data = seek(fd, 0, SEEK_END);
	} else if (data == NOWHERE) {
		holes->data = (struct range){ 0, NOWHERE };
		return false;
	}
	if (data == NOWHERE || data <= offset) {
		note_data(holes, range_of(unit, HOLES_UNIT));
		return false;
	}
	holes->hole = (struct range){ find_start(fd, offset, data), data };
	return true;
}

bool holes_at(struct holes *holes, int fd, uint64_t offset, struct range *hole)
{
	if (range_contains(holes->data, offset) ||
	    (!range_contains(holes->hole, offset) &&
	     !look_up(holes, fd, offset)))
		return false;
	*hole = holes->hole;
	return true;
}

bool holes_from(struct holes *holes, int fd, uint64_t offset,
		struct range *hole)
{
	uint64_t start, end;

	if (holes_at(holes, fd, offset, hole))
		return true;
	if (range_contains(holes->data, offset))
		offset = holes->data.end;
	if (offset == NOWHERE)
		return false;
	start = seek(fd, offset, SEEK_HOLE);
	end = seek(fd, 0, SEEK_END);
	if (start == NOWHERE || end == NOWHERE)
		return false;
	if (start > offset)
		note_data(holes, (struct range){ offset, start });
	/* Every file has a hole at its end, of no bytes. */
	return start < end && holes_at(holes, fd, start, hole);
}
