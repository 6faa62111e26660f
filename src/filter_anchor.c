/*
 * filter: anchors.
 *
 * An anchor is where a run of single items stands in a match.  What stands
 * before it in the match is of a bounded length, or of a set that lacks some
 * byte; so from an anchor one knows the starts that it may belong to, and goes
 * back over the bytes of that set for the first of them.
 *
 * Invariants
 *  1. The first start of a later anchor is not before that of an earlier one:
 *     all have the same bounds and the same set.  So starts are named in
 *     order, and those before the first start of the next anchor are none.
 *  2. An anchor from `reach` on does not lie wholly in the window.  Starts
 *     that it could belong to are named if the window is not complete.
 *  3. `mask`, if not 0, has all places that pass the tests of the block at
 *     `block`.
 */
#include <string.h>

#include "filter_sequence.h"

enum {
	/* Bytes before an anchor that are looked at one by one at first. */
	ANCHOR_FEW = 16,
};

/* --- runs --- */

static bool is_usable(const struct filter_before *before)
{
	struct byte_set all = byte_set_all();

	return before->most <= FILTER_BEFORE_MAXIMUM ||
	       !byte_set_equal(&before->set, &all);
}

static bool is_telling(const struct syntax_item *item)
{
	struct byte_set all = byte_set_all();

	return !byte_set_equal(&item->set, &all);
}

static void pass_item(struct filter_before *before,
		      const struct syntax_item *item)
{
	before->least += item->single;
	before->most = before->most == SYNTAX_MANY || item->most == SYNTAX_MANY
			       ? SYNTAX_MANY : before->most + item->most;
	byte_set_unite(&before->set, &item->set);
}

size_t filter_find_runs(const struct syntax_branch *branch,
			struct filter_run *runs, size_t most)
{
	struct filter_before before = { 0, 0, { { 0 } } };
	size_t count = 0;
	bool inside = false;

	for (size_t i = 0; i < branch->count; i++) {
		const struct syntax_item *item = &branch->items[i];

		/* A run may begin anew at an item that tells nothing, but
		 * need not end there. */
		if (item->single && inside) {
			runs[count - 1].count++;
		} else if (item->single && is_telling(item) &&
			   is_usable(&before) && count < most) {
			runs[count++] = (struct filter_run){ item, 1, before };
			inside = true;
		} else {
			inside = false;
		}
		pass_item(&before, item);
	}
	for (size_t i = 0; i < count; i++)
		while (!is_telling(&runs[i].items[runs[i].count - 1]))
			runs[i].count--;
	return count;
}

/* Are all items before the run of its one set, and is that none of the run's
 * first byte?  Then those bytes before an anchor tell the first start; but one
 * that gives nothing back leaves nothing to another. */
static bool is_start_known(const struct filter *filter,
			   const struct filter_run *run)
{
	const struct byte_set *set = &run->before.set;
	const struct syntax_item *item = filter->syntax->branches[0].items;

	for (; item < run->items; item++)
		if (!byte_set_equal(&item->set, set) ||
		    (item->greed == SYNTAX_POSSESSIVE &&
		     item + 1 < run->items))
			return false;
	return !byte_set_meet(set, &run->items[0].set);
}

/* Can what is before the run be told by walks from the first one? */
static bool can_refine(struct filter *filter, const struct filter_run *run)
{
	const struct filter_before *before = &filter->runs[0].before;

	return !filter->exact && run > filter->runs &&
	       before->least == before->most &&
	       filter_make_whole(filter, filter->starts);
}

void filter_set_start_tests(struct filter *filter,
			    const struct filter_test *tests, unsigned count)
{
	memcpy(filter->start_tests, tests, sizeof *tests * count);
	filter->start_test_count = count;
	for (unsigned i = 0; i < count; i++)
		filter->start_tests[i].place += filter->runs[0].before.least;
}

void filter_choose_run(struct filter *filter, const struct filter_run *run)
{
	const struct syntax_item *items = filter->syntax->branches[0].items;
	struct byte_set others;

	for (int i = 0; i < 4; i++)
		others.bits[i] = ~run->before.set.bits[i];
	filter_test_of(&others, &filter->before_stop);
	filter->run = run;
	filter->before = run->before;
	filter->span = run->count;
	if (run->before.least == run->before.most)
		filter_choose_sequence(filter, items, run->before.least, true);
	else
		filter_choose_sequence(filter, run->items, 0,
				       is_start_known(filter, run));
	filter->refined = can_refine(filter, run);
}

bool filter_anchor_make(struct filter *filter)
{
	if (filter->syntax->count != 1)
		return false;
	filter->run_count = filter_find_runs(&filter->syntax->branches[0],
					     filter->runs, FILTER_RUNS);
	if (filter->run_count == 0)
		return false;
	filter_choose_run(filter, &filter->runs[0]);
	filter->test_count = 1;
	filter_test_of(&filter->run->items[0].set, &filter->tests[0]);
	filter_set_start_tests(filter, filter->tests, 1);
	return true;
}

/* --- finding anchors --- */

static bool is_anchor(struct filter *filter, size_t at)
{
	enum filter_walk walk = filter_sequence_walk(
		filter->sequence, at - filter->back, &filter->end);

	filter->walk = (int)walk;
	return walk != FILTER_WALK_NONE;
}

/* Looks for the next block from AT on, before END, with something in it. */
static bool find_block(struct filter *filter, size_t at, size_t end)
{
	filter->block = filter->loops->find(filter->tests, filter->test_count,
					    filter->bytes, at, end,
					    &filter->mask);
	return filter->mask != 0;
}

/* The first anchor of the block from AT on. */
static bool find_in_block(struct filter *filter, size_t at,
			  size_t *anchor)
{
	size_t passed = at - filter->block;
	uint64_t mask = filter->mask >> passed << passed;

	for (; mask; mask &= mask - 1) {
		*anchor = filter->block + (size_t)__builtin_ctzll(mask);
		if (is_anchor(filter, *anchor))
			return true;
	}
	return false;
}

/* Behind the last place where an anchor lies wholly in the window. */
static size_t reach_of(const struct filter *filter)
{
	return filter->size >= filter->span ? filter->size - filter->span + 1
					    : 0;
}

/* The first anchor from AT on, before END. */
static bool find_anchor(struct filter *filter, size_t at, size_t end,
			size_t reach, size_t *anchor)
{
	/* Of whole blocks, the last one goes on behind the end. */
	size_t blocks_end = reach - end < FILTER_BLOCK ? reach
						       : end + FILTER_BLOCK - 1;

	while (at < end) {
		bool inside = filter->mask && at >= filter->block &&
			      at - filter->block < FILTER_BLOCK;

		if (!inside && !find_block(filter, at, blocks_end))
			break;
		if (at < filter->block)
			at = filter->block;
		if (find_in_block(filter, at, anchor))
			return *anchor < end;
		at = filter->block + FILTER_BLOCK;
	}
	if (at < filter->block && filter->mask == 0)
		at = filter->block;
	for (; at < end; at++)
		if (is_anchor(filter, at)) {
			*anchor = at;
			return true;
		}
	return false;
}

size_t filter_anchor_pass(struct filter *filter, size_t *from, size_t to,
			  struct filter_range *last)
{
	const struct filter_sequence *sequence = filter->sequence;
	/* Steps are compared as whole words. */
	size_t most = sequence->count * sizeof(uint64_t);
	size_t reach = filter->size > most ? filter->size - most : 0;
	size_t count = filter->loops->pass(sequence, filter->tests,
					   filter->test_count, from,
					   to < reach ? to : reach,
					   &last->start);

	last->end = last->start + 1;
	last->match_end = last->start + filter->span;
	return count;
}

/* --- starts --- */

/* From AT back to FROM at most, over bytes of a block that may stand before an
 * anchor; *STOPPED: there was another. */
static size_t back_block(const struct filter *filter, size_t at, bool *stopped)
{
	size_t start = at - FILTER_BLOCK;
	uint64_t mask;

	filter->loops->find(&filter->before_stop, 1, filter->bytes, start, at,
			    &mask);
	while (mask) {
		unsigned last = 63 - (unsigned)__builtin_clzll(mask);

		if (!byte_set_has(&filter->before.set,
				  filter->bytes[start + last])) {
			*stopped = true;
			return start + last + 1;
		}
		mask &= ~(UINT64_C(1) << last);
	}
	return start;
}

static size_t back_over(const struct filter *filter, size_t at, size_t from)
{
	size_t few = at - from < ANCHOR_FEW ? from : at - ANCHOR_FEW;
	const struct byte_set *set = &filter->before.set;
	bool stopped = false;

	while (at > few && byte_set_has(set, filter->bytes[at - 1]))
		at--;
	if (at > few)
		return at;
	while (at - from >= FILTER_BLOCK && !stopped)
		at = back_block(filter, at, &stopped);
	while (!stopped && at > from &&
	       byte_set_has(set, filter->bytes[at - 1]))
		at--;
	return at;
}

/* From AT back to FROM at most, over what may stand before an anchor. */
static size_t go_back(const struct filter *filter, size_t at, size_t from)
{
	const struct filter_before *before = &filter->before;

	if (before->most != SYNTAX_MANY && at > before->most &&
	    at - before->most > from)
		from = at - before->most;
	if (before->most == before->least)
		return from < at ? from : at;
	return back_over(filter, at, from);
}

/* Behind the last anchor that a start before TO can belong to. */
static size_t last_anchor(const struct filter *filter, size_t to, size_t reach)
{
	const struct filter_before *before = &filter->before;
	size_t at = to - 1;

	if (before->most != SYNTAX_MANY)
		return to + before->most < reach ? to + before->most : reach;
	while (at < reach && byte_set_has(&before->set, filter->bytes[at]))
		at++;
	return at < reach ? at + 1 : reach;
}

static bool anchor_starts(const struct filter *filter, size_t anchor,
			  size_t from, size_t to, struct filter_range *range)
{
	size_t first = go_back(filter, anchor, from);

	if (anchor - first < filter->before.least || first >= to)
		return false;
	range->start = first;
	range->end = anchor - filter->before.least + 1;
	if (range->end > to)
		range->end = to;
	if (filter->exact && filter->walk == FILTER_WALK_DONE)
		range->match_end = filter->end;
	return range->start < range->end;
}

/* Starts whose anchor may be behind what the window has. */
static bool open_starts(const struct filter *filter, size_t from, size_t to,
			size_t reach, struct filter_range *range)
{
	size_t at = reach > from ? go_back(filter, reach, from) : from;

	if (filter->complete || at >= to)
		return false;
	range->start = at;
	range->end = to;
	return true;
}

/* Narrows RANGE to the first place where a match begins. */
static bool refine(struct filter *filter, struct filter_range *range)
{
	const struct filter_run *run = &filter->runs[0];
	enum filter_walk walk;
	size_t end;

	if (!filter->refined)
		return true;
	if (!filter_sequence_find(filter->starts, filter->start_tests,
				  filter->start_test_count,
				  run->before.least + run->count,
				  &range->start, range->end, &walk, &end))
		return false;
	range->end = range->start + 1;
	if (walk == FILTER_WALK_DONE)
		range->match_end = end;
	return true;
}

bool filter_anchor_next(struct filter *filter, size_t from, size_t to,
			struct filter_range *range)
{
	size_t reach = reach_of(filter);
	size_t at = from + filter->before.least;
	size_t end = to + filter->before.least < reach
			     ? to + filter->before.least : reach;
	size_t anchor;

	for (;;) {
		while (find_anchor(filter, at, end, reach, &anchor)) {
			if (anchor_starts(filter, anchor, from, to, range)) {
				if (refine(filter, range))
					return true;
				/* Nor does one of another anchor begin
				 * there. */
				from = range->end;
			}
			at = anchor + 1;
		}
		at = at > end ? at : end;

		size_t last = last_anchor(filter, to, reach);

		if (last <= end)
			break;
		end = last;
	}
	return end == reach && open_starts(filter, from, to, reach, range);
}
