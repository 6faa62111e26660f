/*
 * patch_keep: which of the bytes that a result takes from its source can stay
 * where they are.
 *
 * The heaviest chain of copies that ascend in the source, by the longest
 * increasing subsequence's usual means: the best chain to each copy, found
 * through a Fenwick tree over where copies end.  Neighbours of other programs
 * often overlap, so a copy may begin up to a quarter of its length before the
 * end of the one before; what overlaps is left to the caller.
 */
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "patch_internal.h"

/* No copy. */
static const size_t none = SIZE_MAX;

struct keep {
	struct patch_copy *copies;
	size_t count;
	uint64_t *ends;		/* ascending */
	uint64_t *weight;	/* of the best chain to each copy */
	size_t *before;		/* the copy before it in that chain */
	size_t *tree;		/* over `ends`: the copy with the best chain */
};

static int compare(const void *one, const void *other)
{
	uint64_t a = *(const uint64_t *)one;
	uint64_t b = *(const uint64_t *)other;

	return (a > b) - (a < b);
}

/* How many of the ends are no more than LIMIT. */
static size_t rank(const struct keep *keep, uint64_t limit)
{
	size_t low = 0;
	size_t high = keep->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (keep->ends[middle] <= limit)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t better(const struct keep *keep, size_t one, size_t other)
{
	if (one == none || other == none)
		return one == none ? other : one;
	return keep->weight[other] > keep->weight[one] ? other : one;
}

static size_t best_up_to(const struct keep *keep, uint64_t limit)
{
	size_t best = none;

	for (size_t i = rank(keep, limit); i > 0; i &= i - 1)
		best = better(keep, best, keep->tree[i - 1]);
	return best;
}

static void add(struct keep *keep, size_t copy)
{
	for (size_t i = rank(keep, keep->copies[copy].source.end);
	     i <= keep->count; i += i & -i)
		keep->tree[i - 1] = better(keep, keep->tree[i - 1], copy);
}

static void choose(struct keep *keep)
{
	size_t best = none;

	for (size_t i = 0; i < keep->count; i++) {
		struct range source = keep->copies[i].source;
		uint64_t overlap = range_length(source) / 4;
		size_t before = best_up_to(keep, source.start + overlap);

		keep->weight[i] = range_length(source) - overlap
			+ (before == none ? 0 : keep->weight[before]);
		keep->before[i] = before;
		add(keep, i);
		best = better(keep, best, i);
	}
	for (; best != none; best = keep->before[best])
		keep->copies[best].kept = true;
}

bool patch_keep(struct patch_copy *copies, size_t count)
{
	struct keep keep = { .copies = copies, .count = count };
	size_t each = sizeof *keep.ends + sizeof *keep.weight
		+ sizeof *keep.before + sizeof *keep.tree;
	char *memory = memory_allocate(count * each + 1);

	if (!memory)
		return false;
	keep.ends = (uint64_t *)(void *)memory;
	keep.weight = keep.ends + count;
	keep.before = (size_t *)(void *)(keep.weight + count);
	keep.tree = keep.before + count;
	for (size_t i = 0; i < count; i++) {
		keep.ends[i] = copies[i].source.end;
		keep.tree[i] = none;
	}
	qsort(keep.ends, count, sizeof *keep.ends, compare);
	choose(&keep);
	memory_free(memory);
	return true;
}
