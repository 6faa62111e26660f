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

enum {
	/* Of the first ones runs may be part of a match whose end is found in
	 * the bitmaps. */
	TILE_CLASSES = 4,
	TILE_BLOCKS = FILTER_TILE_SIZE / FILTER_BLOCK,
};

_Static_assert((int)TILE_BLOCKS <= 64, "a bit for each");

static unsigned class_index(struct filter_tile *tile,
			    const struct byte_set *set)
{
	for (size_t i = 0; i < tile->class_count; i++)
		if (byte_set_equal(&tile->classes[i].set, set))
			return (unsigned)i;
	filter_class_of(set, &tile->classes[tile->class_count]);
	return (unsigned)tile->class_count++;
}

/* A run at the end adds nothing. */
static void strip_run(struct filter_tile *tile,
		      const struct syntax_branch *branch)
{
	while (tile->items > 0 && !branch->items[tile->items - 1].single)
		tile->items--;
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
	strip_run(tile, branch);
	return single;
}

/* Can no byte of the run at ITEM begin what is behind it?  Then no other length
 * than the longest would do.  Nor is another tried first at the end. */
static bool is_decided(const struct syntax_item *item,
		       const struct syntax_item *end)
{
	for (const struct syntax_item *next = item + 1; next < end; next++) {
		if (byte_set_meet(&item->set, &next->set))
			return false;
		if (next->single)
			return true;
	}
	return item + 1 == end && item->greed != SYNTAX_LAZY;
}

static bool add_step(struct filter_tile *tile, const struct syntax_item *item,
		     size_t length)
{
	struct filter_tile_step *step = &tile->steps[tile->step_count++];

	*step = (struct filter_tile_step){ .before = tile->after,
				      .most = item->most };
	tile->after = 0;
	while (step->class < tile->class_count &&
	       !byte_set_equal(&tile->classes[step->class].set, &item->set))
		step->class++;
	if (step->most < FILTER_BLOCK - length)
		step->stop = UINT64_C(1) << step->most;
	return step->class < TILE_CLASSES && step->class < tile->class_count;
}

/* All that is single must be in the bitmaps, and the runs decided. */
static bool find_steps(struct filter_tile *tile,
		       const struct syntax_branch *branch)
{
	const struct syntax_item *end = branch->items + branch->count;
	size_t length = 0;

	for (size_t i = 0; i < tile->class_count; i++)
		if (!tile->classes[i].exact)
			return false;
	for (const struct syntax_item *item = branch->items; item < end;
	     item++) {
		if (length >= FILTER_BLOCK ||
		    (item->single && item >= branch->items + tile->items))
			return false;
		length += item->most;
		if (item->single)
			tile->after++;
		else if (!is_decided(item, end) ||
			 !add_step(tile, item, length - item->most))
			return false;
	}
	return true;
}

bool filter_tile_make(struct filter *filter)
{
	if (filter->syntax->count != 1)
		return false;
	filter_choose_sequence(filter, filter->syntax->branches[0].items, 0,
			       true);
	filter->tile = calloc(1, sizeof *filter->tile);
	if (!filter->tile ||
	    !choose_items(filter->tile, &filter->syntax->branches[0]))
		return false;
	if (filter->syntax->exact)
		filter->tile->matches = find_steps(
			filter->tile, &filter->syntax->branches[0]);
	return true;
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
	tile->occupied = 0;
	for (size_t i = 0; i < TILE_BLOCKS; i++)
		tile->occupied |= (uint64_t)(tile->starts[i] != 0) << i;
}

/* --- starts --- */

/* The first start from PLACE on, or the tile's end.  Words are skipped without a
 * loop, of which the processor could not tell how often it goes round. */
static size_t find_start(const struct filter_tile *tile, size_t place)
{
	size_t index = place / FILTER_BLOCK;
	uint64_t word = tile->starts[index] >> place % FILTER_BLOCK;
	uint64_t others = tile->occupied >> index >> 1;

	if (word)
		return place + (size_t)__builtin_ctzll(word);
	if (!others)
		return FILTER_TILE_SIZE;
	index += 1 + (size_t)__builtin_ctzll(others);
	return index * FILTER_BLOCK +
	       (size_t)__builtin_ctzll(tile->starts[index]);
}

/* The first place from PLACE on without a bit, or END. */
static size_t find_clear(const uint64_t *bits, size_t place, size_t end)
{
	uint64_t word = ~bits[place / FILTER_BLOCK] >> place % FILTER_BLOCK;

	if (word)
		return place + (size_t)__builtin_ctzll(word);
	for (size_t i = place / FILTER_BLOCK + 1; i < end / FILTER_BLOCK; i++)
		if (~bits[i])
			return i * FILTER_BLOCK +
			       (size_t)__builtin_ctzll(~bits[i]);
	return end;
}

/* FILTER_BLOCK places from PLACE on. */
static uint64_t places_at(const uint64_t *bits, size_t place)
{
	const uint64_t *word = &bits[place / FILTER_BLOCK];
	unsigned passed = place % FILTER_BLOCK;

	return word[0] >> passed | word[1] << 1 << (FILTER_BLOCK - 1 - passed);
}

/* The end of the run of a class from AT on, or END. */
static size_t run_end(const struct filter *filter,
		      const struct filter_class *class, size_t at, size_t end)
{
	if (class->exact)
		at = filter->loops->skip(class, filter->bytes, at, end);
	while (at < end && byte_set_has(&class->set, filter->bytes[at]))
		at++;
	return at;
}

/* Of the run at PLACE. */
static size_t run_length(const struct filter *filter,
			 const struct filter_tile_step *step, size_t place)
{
	const struct filter_tile *tile = filter->tile;
	size_t known = FILTER_TILE_WORDS * FILTER_BLOCK;
	size_t end = find_clear(tile->bits[step->class], place, known);
	size_t size = filter->size - tile->base;

	if (end == known && known < size) {
		if (step->most < size - place)
			size = place + step->most;
		end = run_end(filter, &tile->classes[step->class],
			      tile->base + known, tile->base + size) -
		      tile->base;
	}
	return end - place < step->most ? end - place : step->most;
}

/* The end of the match that begins at START, unless that depends on what
 * follows. */
static size_t find_end(const struct filter *filter, size_t start)
{
	const struct filter_tile *tile = filter->tile;
	size_t place = start - tile->base;
	uint64_t others[TILE_CLASSES];
	size_t length = 0;
	size_t count = 0;

	for (size_t i = 0; i < tile->class_count && i < TILE_CLASSES; i++)
		others[i] = ~places_at(tile->bits[i], place);
	for (size_t i = 0; i < tile->step_count; i++) {
		const struct filter_tile_step *step = &tile->steps[i];

		length += step->before;
		count = step->stop
				? (size_t)__builtin_ctzll(
					  others[step->class] >> length |
					  step->stop)
				: run_length(filter, step, place + length);
		length += count;
	}
	length += tile->after;
	if (length < filter->size - start || filter->complete ||
	    (length == filter->size - start &&
	     (tile->after > 0 || tile->step_count == 0 ||
	      count == tile->steps[tile->step_count - 1].most)))
		return start + length;
	return 0;
}

bool filter_tile_next(struct filter *filter, size_t from, size_t to,
		      struct filter_range *range)
{
	const struct filter_tile *tile = filter->tile;

	while (from < to) {
		if (!tile->valid || from < tile->base ||
		    from - tile->base >= FILTER_TILE_SIZE)
			make_tile(filter, from);
		from = tile->base + find_start(tile, from - tile->base);
		if (from >= to)
			return false;
		if (from - tile->base == FILTER_TILE_SIZE)
			continue;
		range->start = from;
		range->end = filter->exact || tile->matches ? from + 1
					   : tile->base +
			     find_clear(tile->starts, from - tile->base,
					FILTER_TILE_SIZE);
		if (range->end > to)
			range->end = to;
		if (tile->matches)
			range->match_end = find_end(filter, from);
		return true;
	}
	return false;
}
