/*
 * filter: which kind there is, and matches that need no attempt.
 *
 * Where the syntax says all there is to a match, and that is single items with
 * perhaps a run behind them, a start whose items are there is a match, as long
 * as the run goes.
 */
#include "filter.h"

#include <stdlib.h>

#include "compat_simd.h"
#include "filter_internal.h"

/* Is a match the first item's byte on, and nothing but a run at the end? */
static bool is_exact(const struct syntax *syntax)
{
	const struct syntax_branch *branch = &syntax->branches[0];

	if (!syntax->exact || branch->count == 0)
		return false;
	for (size_t i = 0; i + 1 < branch->count; i++)
		if (!branch->items[i].single)
			return false;
	return branch->items[0].single;
}

static void make_exact(struct filter *filter)
{
	const struct syntax_branch *branch = &filter->syntax->branches[0];
	const struct syntax_item *last = &branch->items[branch->count - 1];

	filter->exact = true;
	filter->singles = syntax_branch_least(branch);
	if (last->single)
		return;
	filter->tail_most = last->most;
	filter_class_of(&last->set, &filter->tail);
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

struct filter *filter_new(enum filter_kind kind, const struct syntax *syntax,
			  bool characters)
{
	struct filter *filter = calloc(1, sizeof *filter);

	if (!filter)
		return NULL;
	filter->kind = kind;
	filter->syntax = syntax;
	filter->characters = characters;
	filter->loops = wide_there() && !filter_narrow ? &filter_loops_wide
						       : &filter_loops_narrow;
	if (is_exact(syntax))
		make_exact(filter);
	if (filter_make(filter))
		return filter;
	filter_free(filter);
	return NULL;
}

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	free(filter->tile);
	free(filter);
}

static void forget(struct filter *filter)
{
	filter->mask = 0;
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
	filter_anchor_tune(filter, from);
	forget(filter);
}

/* --- matches --- */

/* The end of the run at AT. */
static size_t tail_end(const struct filter *filter, size_t at)
{
	size_t end = filter->size;

	if (filter->tail_most < end - at)
		end = at + filter->tail_most;
	if (filter->tail.exact)
		at = filter->loops->skip(&filter->tail, filter->bytes, at, end);
	while (at < end && byte_set_has(&filter->tail.set, filter->bytes[at]))
		at++;
	return at;
}

/* Whether there is a match at the start of RANGE, which is one place; true
 * also where that cannot be told. */
static bool is_match(const struct filter *filter, struct filter_range *range)
{
	const struct syntax_item *items = filter->syntax->branches[0].items;
	size_t end = range->start + filter->singles;

	if (end > filter->size)
		return !filter->complete;
	for (size_t i = 0; i < filter->singles; i++)
		if (!byte_set_has(&items[i].set,
				  filter->bytes[range->start + i]))
			return false;
	if (filter->tail_most > 0)
		end = tail_end(filter, end);
	/* More of the run may follow. */
	if (filter->tail_most == 0 || end < filter->size || filter->complete)
		range->match_end = end;
	return true;
}

static bool continues_character(const struct filter *filter, size_t at)
{
	return filter->characters && (filter->bytes[at] & 0xc0) == 0x80;
}

/* Narrows RANGE to what may be tried; false where nothing is left. */
static bool accept(const struct filter *filter, struct filter_range *range)
{
	while (range->start < range->end &&
	       continues_character(filter, range->start))
		range->start++;
	range->match_end = 0;
	if (range->start == range->end)
		return false;
	return !filter->exact || range->end - range->start > 1 ||
	       is_match(filter, range);
}

bool filter_next(struct filter *filter, size_t from, size_t to,
		 struct filter_range *range)
{
	for (; from < to; from = range->end) {
		bool found = filter->kind == FILTER_TILE
				     ? filter_tile_next(filter, from, to, range)
				     : filter_anchor_next(filter, from, to,
							  range);

		if (!found)
			return false;
		if (accept(filter, range))
			return true;
	}
	return false;
}
