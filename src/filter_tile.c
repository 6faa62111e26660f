/*
 * filter: tiles.
 *
 * For a tile of the bytes each set of the pattern becomes a bitmap: which
 * bytes are of it?  Then the items are gone through from the last to the
 * first, with a bitmap of the places where the items behind begin: a single
 * item begins one place before, where its set allows; a run where it is
 * empty, or one place before a run.  So 64 places are worked on at once, and
 * what the items are makes no difference.
 *
 * Invariants
 *  1. The tile looks FILTER_PREFIX bytes ahead, and the items are shorter
 *     than that.
 *  2. What is not known, because it is behind the window, is allowed.
 */
#include <stdlib.h>
#include <string.h>

#include "filter_internal.h"

static unsigned class_index(struct filter_tile *tile,
			    const struct byte_set *set)
{
	for (size_t i = 0; i < tile->class_count; i++)
		if (byte_set_equal(&tile->classes[i].set, set))
			return (unsigned)i;
	filter_class_of(set, &tile->classes[tile->class_count]);
	return (unsigned)tile->class_count++;
}

/* The items of the branch that fit; at least one must be single. */
static bool choose_items(struct filter_tile *tile,
			 const struct syntax_branch *branch)
{
	size_t length = 0;
	bool single = false;

	for (size_t i = 0; i < branch->count; i++) {
		const struct syntax_item *item = &branch->items[i];

		if (item->most >= FILTER_PREFIX - length)
			break;
		length += item->most;
		single = single || item->single;
		tile->class_of[i] = (unsigned char)class_index(tile,
							       &item->set);
		tile->items = i + 1;
	}
	/* A run at the end adds nothing. */
	while (tile->items > 0 && !branch->items[tile->items - 1].single)
		tile->items--;
	return single;
}

bool filter_tile_make(struct filter *filter)
{
	if (filter->syntax->count != 1)
		return false;
	filter_choose_sequence(filter, filter->syntax->branches[0].items, 0,
			       true);
	filter->tile = calloc(1, sizeof *filter->tile);
	return filter->tile &&
	       choose_items(filter->tile, &filter->syntax->branches[0]);
}

/* --- bitmaps --- */

/* The bits of the places behind the last whole block: COUNT bytes at BYTES are
 * there. */
static uint64_t classify_rest(const struct filter *filter,
			      const struct filter_class *class,
			      const unsigned char *bytes, size_t count)
{
	unsigned char padded[FILTER_BLOCK] = { 0 };
	uint64_t known = (UINT64_C(1) << count) - 1;
	uint64_t bits;

	memcpy(padded, bytes, count);
	filter->loops->classify(class, padded, 1, &bits);
	return (bits & known) | (filter->complete ? 0 : ~known);
}

static void classify(const struct filter *filter, size_t index)
{
	const struct filter_tile *tile = filter->tile;
	uint64_t *bits = filter->tile->bits[index];
	const unsigned char *bytes = filter->bytes + tile->base;
	size_t left = filter->size - tile->base;
	size_t whole = left / FILTER_BLOCK;

	if (whole > FILTER_TILE_WORDS)
		whole = FILTER_TILE_WORDS;
	filter->loops->classify(&tile->classes[index], bytes, whole, bits);
	for (size_t i = whole; i < FILTER_TILE_WORDS; i++)
		bits[i] = i > whole ? (filter->complete ? 0 : UINT64_MAX)
				    : classify_rest(filter,
						    &tile->classes[index],
						    bytes + i * FILTER_BLOCK,
						    left - i * FILTER_BLOCK);
}

/* COUNT single items of one set before what BITS has. */
static void step_singles(const struct filter *filter, uint64_t *bits,
			 const uint64_t *class, unsigned count)
{
	uint64_t rows[FILTER_TILE_ROOM];
	unsigned length = 1;

	if (count == 1) {
		filter->loops->keep_behind(bits, 1, class);
		return;
	}
	memcpy(rows, class, sizeof *rows * FILTER_TILE_WORDS);
	rows[FILTER_TILE_WORDS] = UINT64_MAX;
	/* `rows` begin where `length` bytes of the set do. */
	while (length < count) {
		unsigned more = count - length < length ? count - length
							: length;
		uint64_t before[FILTER_TILE_WORDS];

		memcpy(before, rows, sizeof before);
		filter->loops->keep_behind(rows, more, before);
		length += more;
	}
	filter->loops->keep_behind(bits, count, rows);
}

static void make_tile(struct filter *filter, size_t base)
{
	struct filter_tile *tile = filter->tile;
	const struct syntax_item *items = filter->syntax->branches[0].items;

	tile->base = base;
	tile->valid = true;
	for (size_t i = 0; i < tile->class_count; i++)
		classify(filter, i);
	memset(tile->starts, 0xff, sizeof tile->starts);
	for (size_t i = tile->items; i-- > 0;) {
		const uint64_t *class = tile->bits[tile->class_of[i]];
		unsigned count = 1;

		if (!items[i].single) {
			for (unsigned j = 0; j < items[i].most; j++)
				filter->loops->add_behind(tile->starts, class);
			continue;
		}
		for (; i > 0 && items[i - 1].single &&
		     tile->class_of[i - 1] == tile->class_of[i]; i--)
			count++;
		step_singles(filter, tile->starts, class, count);
	}
}

/* --- starts --- */

/* The first place of the tile from AT on, that is one or is none; or its
 * end. */
static size_t find_place(const struct filter_tile *tile, size_t at, bool start)
{
	size_t place = at - tile->base;

	while (place < FILTER_TILE_SIZE) {
		uint64_t word = tile->starts[place / FILTER_BLOCK];

		word = (start ? word : ~word) >> place % FILTER_BLOCK;
		if (word)
			return tile->base + place +
			       (size_t)__builtin_ctzll(word);
		place += FILTER_BLOCK - place % FILTER_BLOCK;
	}
	return tile->base + FILTER_TILE_SIZE;
}

bool filter_tile_next(struct filter *filter, size_t from, size_t to,
		      struct filter_range *range)
{
	const struct filter_tile *tile = filter->tile;

	while (from < to) {
		if (!tile->valid || from < tile->base ||
		    from - tile->base >= FILTER_TILE_SIZE)
			make_tile(filter, from);
		from = find_place(tile, from, true);
		if (from >= to)
			return false;
		if (from - tile->base == FILTER_TILE_SIZE)
			continue;
		range->start = from;
		range->end = filter->exact ? from + 1
					   : find_place(tile, from, false);
		if (range->end > to)
			range->end = to;
		return true;
	}
	return false;
}
