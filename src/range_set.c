/*
 * range_set: an array of ranges that is sorted and merged when it is asked,
 * so that adding many costs no more than one sort.
 */
#include "range_set.h"

#include <stdlib.h>

#include "memory.h"

bool range_set_add(struct range_set *set, struct range range)
{
	struct range *last = set->count ? &set->ranges[set->count - 1] : NULL;

	if (range_is_empty(range))
		return true;
	if (last && range.start >= last->start && range.start <= last->end) {
		if (range.end > last->end)
			last->end = range.end;
		return true;
	}
	if (set->count == set->capacity) {
		size_t capacity = set->capacity ? set->capacity * 2 : 8;
		void *ranges = memory_resize(set->ranges,
					     capacity * sizeof(*set->ranges));

		if (!ranges)
			return false;
		set->ranges = ranges;
		set->capacity = capacity;
	}
	if (set->count && range.start < set->ranges[set->count - 1].start)
		set->unsorted = true;
	set->ranges[set->count++] = range;
	return true;
}

static int compare_starts(const void *one, const void *two)
{
	const struct range *left = one, *right = two;

	return (left->start > right->start) - (left->start < right->start);
}

static void range_set_sort(struct range_set *set)
{
	size_t count = 0;

	qsort(set->ranges, set->count, sizeof(*set->ranges), compare_starts);
	for (size_t i = 1; i < set->count; i++) {
		struct range *last = &set->ranges[count];
		struct range next = set->ranges[i];

		if (next.start > last->end)
			set->ranges[++count] = next;
		else if (next.end > last->end)
			last->end = next.end;
	}
	set->count = count + 1;
	set->unsorted = false;
}

/* The first range that ends behind OFFSET; the count where there is none. */
static size_t range_set_find(struct range_set *set, uint64_t offset)
{
	size_t low = 0, high = set->count;

	if (set->unsorted) {
		range_set_sort(set);
		high = set->count;
	}
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->ranges[middle].end <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool range_set_touches(struct range_set *set, struct range range)
{
	size_t found = range_set_find(set, range.start);

	return found < set->count && set->ranges[found].start < range.end;
}

bool range_set_contains(struct range_set *set, uint64_t offset, uint64_t *end)
{
	size_t found = range_set_find(set, offset);
	bool inside = found < set->count &&
		      set->ranges[found].start <= offset;

	*end = found == set->count ? UINT64_MAX
		: inside ? set->ranges[found].end : set->ranges[found].start;
	return inside;
}

void range_set_free(struct range_set *set)
{
	memory_free(set->ranges);
	*set = (struct range_set){ .ranges = NULL };
}
