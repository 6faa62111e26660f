/*
 * range: bytes [start, end) of a file or a document; offsets are in bytes.
 *
 * A plain value.  start <= end always; an empty range has start == end and
 * still says where it is.
 */
#ifndef OCTAVO_RANGE_H
#define OCTAVO_RANGE_H

#include <stdbool.h>
#include <stdint.h>

struct range {
	uint64_t start;
	uint64_t end;
};

static inline struct range range_of(uint64_t start, uint64_t length)
{
	return (struct range){ start, start + length };
}

static inline uint64_t range_length(struct range range)
{
	return range.end - range.start;
}

static inline bool range_is_empty(struct range range)
{
	return range.start == range.end;
}

static inline bool range_contains(struct range range, uint64_t offset)
{
	return offset >= range.start && offset < range.end;
}

static inline bool range_overlaps(struct range one, struct range other)
{
	return one.start < other.end && other.start < one.end;
}

/* What both have; empty, at one's nearer end, where they have nothing. */
static inline struct range range_intersect(struct range one, struct range other)
{
	struct range both = {
		one.start > other.start ? one.start : other.start,
		one.end < other.end ? one.end : other.end,
	};

	if (both.start > both.end)
		both.start = both.end = other.end < one.start ? one.start
							      : one.end;
	return both;
}

/* Where what stood at OFFSET is after RANGE became LENGTH bytes. */
static inline uint64_t range_follow(struct range range, uint64_t length,
				    uint64_t offset)
{
	if (offset < range.start)
		return offset;
	if (offset >= range.end)
		return offset - range_length(range) + length;

	uint64_t inside = offset - range.start;

	return range.start + (inside < length ? inside : length);
}

#endif
