/*
 * runs: a sorted array of ranges; looking up is a binary search, adding
 * moves what stands behind.
 */
#include "runs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS_FIRST = 16 };	/* room of the first allocation */

/* The first run that ends after OFFSET; the count where there is none. */
static size_t runs_after(const struct runs *runs, uint64_t offset)
{
	size_t low = 0, high = runs->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (runs->ranges[middle].end > offset)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* The runs that RANGE touches: *FIRST up to but not including *LAST. */
static void runs_touched(const struct runs *runs, struct range range,
			 size_t *first, size_t *last)
{
	*first = range.start ? runs_after(runs, range.start - 1) : 0;
	*last = *first;
	while (*last < runs->count && runs->ranges[*last].start <= range.end)
		++*last;
}

bool runs_contain(const struct runs *runs, uint64_t offset, uint64_t size,
		  uint64_t *end)
{
	size_t index = runs_after(runs, offset);

	if (index == runs->count) {
		*end = size;
		return false;
	}
	bool inside = runs->ranges[index].start <= offset;
	*end = inside ? runs->ranges[index].end : runs->ranges[index].start;
	return inside;
}

bool runs_is_apart(const struct runs *runs, struct range range)
{
	size_t first, last;

	runs_touched(runs, range, &first, &last);
	return first == last;
}

bool runs_reserve(struct runs *runs)
{
	if (runs->count < runs->capacity)
		return true;

	size_t capacity = runs->capacity ? runs->capacity * 2 : RUNS_FIRST;
	struct range *ranges = realloc(runs->ranges,
				       capacity * sizeof *ranges);
	if (!ranges)
		return false;
	runs->ranges = ranges;
	runs->capacity = capacity;
	return true;
}

void runs_add(struct runs *runs, struct range range)
{
	struct range joined = range;
	size_t first, last;

	runs_touched(runs, range, &first, &last);
	if (first < last) {
		if (runs->ranges[first].start < range.start)
			joined.start = runs->ranges[first].start;
		if (runs->ranges[last - 1].end > range.end)
			joined.end = runs->ranges[last - 1].end;
	}
	memmove(&runs->ranges[first + 1], &runs->ranges[last],
		(runs->count - last) * sizeof joined);
	runs->ranges[first] = joined;
	runs->count = runs->count + 1 + first - last;
	runs->bytes += range_length(range);
}

void runs_free(struct runs *runs)
{
	free(runs->ranges);
	*runs = (struct runs){ 0 };
}

void runs_check(const struct runs *runs)
{
	uint64_t total = 0;

	for (size_t i = 0; i < runs->count; i++) {
		struct range range = runs->ranges[i];

		assert(range.start < range.end);
		assert(i == 0 || runs->ranges[i - 1].end < range.start);
		total += range_length(range);
	}
	assert(total == runs->bytes);
	(void)total;
	assert(runs->count <= runs->capacity);
}
