/*
 * filter: which kind there is, and matches that need no attempt.
 *
 * Where the syntax says all there is to a match, and a sequence all that the
 * syntax says, a start whose items are there is a match.
 */
#include "filter.h"

#include <stdlib.h>

#include "compat_simd.h"
#include "filter_sequence.h"

void filter_choose_sequence(struct filter *filter,
			    const struct syntax_item *items, size_t back,
			    bool exact)
{
	const struct syntax_branch *branch = &filter->syntax->branches[0];
	size_t count = (size_t)(branch->items + branch->count - items);

	exact = exact && filter->syntax->exact;
	filter_sequence_make(filter->sequence, items, count, exact,
			     filter->loops);
	filter->back = back;
	filter->exact = exact && filter->sequence->whole;
}

bool filter_make_whole(struct filter *filter,
		       struct filter_sequence *sequence)
{
	const struct syntax_branch *branch = &filter->syntax->branches[0];

	filter_sequence_make(sequence, branch->items, branch->count,
			     filter->syntax->exact, filter->loops);
	return sequence->whole;
}

static bool filter_make(struct filter *filter)
{
	switch (filter->kind) {
	case FILTER_ANCHOR:
		return filter_anchor_make(filter);
	case FILTER_WORDS:
		return filter_words_make(filter);
	case FILTER_TILE:
		return filter_tile_make(filter);
	case FILTER_KINDS:
		break;
	}
	return false;
}

static bool filter_narrow;

void filter_force_narrow(bool narrow)
{
	filter_narrow = narrow;
}

static const struct filter_loops *choose_loops(void)
{
	return wide_there() && !filter_narrow ? &filter_loops_wide
					      : &filter_loops_narrow;
}

uint64_t filter_count(unsigned char byte, const unsigned char *bytes,
		      size_t length)
{
	return choose_loops()->count(byte, bytes, length);
}

/* Is a match just what the sequence is, and that nothing but bytes? */
static bool is_plain(const struct filter *filter)
{
	const struct syntax *syntax = filter->syntax;
	const struct filter_sequence *sequence = filter->sequence;

	if (filter->kind != FILTER_ANCHOR || !filter->exact ||
	    syntax->bounds.start || syntax->bounds.end || syntax->behind > 0)
		return false;
	for (size_t i = 0; i < sequence->count; i++)
		if (sequence->steps[i].kind != FILTER_STEP_BYTES)
			return false;
	return true;
}

struct filter *filter_new(enum filter_kind kind, const struct syntax *syntax,
			  bool characters)
{
	struct filter *filter = calloc(1, sizeof *filter);

	if (!filter)
		return NULL;
	filter->kind = kind;
	filter->syntax = syntax;
	filter->characters = characters;
	filter->loops = choose_loops();
	filter->sequence = calloc(1, sizeof *filter->sequence);
	filter->starts = calloc(1, sizeof *filter->starts);
	if (filter->sequence && filter->starts && filter_make(filter)) {
		filter->plain = is_plain(filter);
		return filter;
	}
	filter_free(filter);
	return NULL;
}

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	free(filter->sequence);
	free(filter->starts);
	free(filter->words);
	free(filter->tile);
	free(filter);
}

bool filter_is_literal(const struct filter *filter)
{
	const struct syntax *syntax = filter->syntax;
	const struct syntax_branch *branch = &syntax->branches[0];

	if (!filter->exact || syntax->count > 1)
		return false;
	for (size_t i = 0; i < branch->count; i++)
		if (!branch->items[i].single ||
		    byte_set_count(&branch->items[i].set) > 2)
			return false;
	return true;
}

static void forget(struct filter *filter)
{
	filter->mask = 0;
	filter_sequence_look(filter->sequence, filter->bytes, filter->size,
			     filter->complete);
	filter_sequence_look(filter->starts, filter->bytes, filter->size,
			     filter->complete);
	if (filter->tile)
		filter->tile->valid = false;
}

void filter_look(struct filter *filter, const unsigned char *bytes,
		 size_t size, bool complete)
{
	filter->bytes = bytes;
	filter->size = size;
	filter->complete = complete;
	forget(filter);
}

void filter_tune(struct filter *filter, size_t from)
{
	if (filter->kind == FILTER_ANCHOR)
		filter_anchor_tune(filter, from);
	else if (filter->kind == FILTER_WORDS)
		filter_words_tune(filter, from);
	forget(filter);
}

/* --- matches --- */

/* Whether there may be a match at the start of RANGE. */
static bool is_match(const struct filter *filter, struct filter_range *range)
{
	size_t end;
	size_t start = range->start - filter->syntax->behind;
	enum filter_walk walk = filter_sequence_walk(filter->sequence, start,
						     &end);

	if (walk == FILTER_WALK_DONE)
		range->match_end = end;
	return walk != FILTER_WALK_NONE;
}

static bool continues_character(const struct filter *filter, size_t at)
{
	return filter->characters && (filter->bytes[at] & 0xc0) == 0x80;
}

static bool is_word(const struct filter *filter, size_t at)
{
	return at < filter->size && byte_set_has(&filter->syntax->bounds.word,
						 filter->bytes[at]);
}

static bool starts_at_bound(const struct filter *filter, size_t start)
{
	return is_word(filter, start) !=
	       (start > 0 && is_word(filter, start - 1));
}

/* Then another way to a match may end elsewhere. */
static bool has_gap(const struct filter *filter)
{
	return filter->refined || filter_sequence_has_gap(filter->sequence);
}

/* Whether the match of RANGE begins and ends where it must; where that can not
 * be told, or another one may, it is no match any more that needs no attempt.
 * What is before the window's first byte nobody looks at. */
static bool is_bounded(const struct filter *filter, struct filter_range *range)
{
	const struct syntax_bounds *bounds = &filter->syntax->bounds;
	bool decided = range->end - range->start == 1;
	size_t end = range->match_end;
	bool start = !bounds->start || starts_at_bound(filter, range->start);
	bool open = bounds->end && end == filter->size && !filter->complete;

	if (start && !open &&
	    (!bounds->end || is_word(filter, end) != is_word(filter, end - 1)))
		return true;
	if (start)
		decided = decided && !open && !has_gap(filter);
	range->match_end = 0;
	return !decided;
}

/* Narrows RANGE to what may be tried; false where nothing is left. */
static bool accept(const struct filter *filter, struct filter_range *range)
{
	while (range->start < range->end &&
	       continues_character(filter, range->start))
		range->start++;
	if (range->start == range->end)
		return false;
	if (filter->kind == FILTER_TILE && filter->exact &&
	    range->match_end == 0 && !is_match(filter, range))
		return false;
	return range->match_end == 0 || is_bounded(filter, range);
}

/* The first places from FROM up to TO where the items of a branch may begin. */
static bool find_next(struct filter *filter, size_t from, size_t to,
		      struct filter_range *range)
{
	range->match_end = 0;
	switch (filter->kind) {
	case FILTER_ANCHOR:
		return filter_anchor_next(filter, from, to, range);
	case FILTER_WORDS:
		return filter_words_next(filter, from, to, range);
	case FILTER_TILE:
		return filter_tile_next(filter, from, to, range);
	case FILTER_KINDS:
		break;
	}
	return false;
}

/* ... where a match may begin: what must stand before it is in the items. */
static bool next_start(struct filter *filter, size_t from, size_t to,
		     struct filter_range *range)
{
	size_t behind = filter->syntax->behind;
	bool found = false;

	from -= from < behind ? from : behind;
	if (to > behind)
		found = find_next(filter, from, to - behind, range);
	if (found) {
		range->start += behind;
		range->end += behind;
	}
	return found;
}

bool filter_next(struct filter *filter, size_t from, size_t to,
		 struct filter_range *range)
{
	for (; from < to; from = range->end) {
		if (!next_start(filter, from, to, range))
			return false;
		if (accept(filter, range))
			return true;
	}
	return false;
}

size_t filter_pass(struct filter *filter, size_t *from, size_t to,
		   struct filter_range *last)
{
	struct filter_range range;
	size_t count = 0;

	/* No character of UTF-8 begins with a byte that continues one. */
	if (filter->plain)
		count = filter_anchor_pass(filter, from, to, last);
	while (*from < to) {
		if (!filter_next(filter, *from, to, &range)) {
			*from = to;
		} else if (range.match_end == 0) {
			*from = range.start;
			break;
		} else {
			*last = range;
			*from = range.match_end;
			count++;
		}
	}
	return count;
}
