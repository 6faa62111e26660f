/*
 * filter: sequences.
 *
 * Invariants
 *  1. Behind a run that is no gap a single item stands, of other bytes, with
 *     runs of other bytes between, or there are only runs that match.
 *  2. Behind the gap a single item stands.
 *  3. What is `known` of a gap holds wherever a walk comes from: the bytes of
 *     a window do not change.
 */
#include "filter_sequence.h"

#include <string.h>

enum {
	/* A longer run is one that must not be gone through again and again,
	 * by walks that begin at different places. */
	SEQUENCE_LIMIT = 256,
	/* Bytes of a run that are looked at one by one at first. */
	SEQUENCE_FEW = 16,
	SEQUENCE_WORD = 8,
};

/* --- making --- */

/* Is it a byte, but for the bits of *FOLD? */
static bool is_byte(const struct byte_set *set, unsigned char *byte,
		    unsigned char *fold)
{
	struct filter_class class;

	filter_class_of(set, &class);
	*byte = class.parts[0].start;
	*fold = class.parts[0].fold;
	return class.exact && class.count == 1 && class.parts[0].width == 0;
}

static struct filter_step *add_step(struct filter_sequence *sequence,
				    enum filter_step_kind kind,
				    const struct syntax_item *item)
{
	struct filter_step *step = &sequence->steps[sequence->count++];

	memset(step, 0, sizeof *step);
	step->kind = kind;
	step->most = item->most;
	step->greed = item->greed;
	filter_class_of(&item->set, &step->class);
	return step;
}

static void set_byte(uint64_t *word, unsigned place, unsigned char byte)
{
	memcpy((unsigned char *)word + place, &byte, 1);
}

static void add_single(struct filter_sequence *sequence,
		       const struct syntax_item *item)
{
	struct filter_step *step = NULL;
	unsigned char byte, fold;

	if (!is_byte(&item->set, &byte, &fold)) {
		add_step(sequence, FILTER_STEP_SET, item);
		return;
	}
	if (sequence->count > 0)
		step = &sequence->steps[sequence->count - 1];
	if (!step || step->kind != FILTER_STEP_BYTES ||
	    step->length == SEQUENCE_WORD)
		step = add_step(sequence, FILTER_STEP_BYTES, item);
	set_byte(&step->bytes, step->length, byte);
	set_byte(&step->fold, step->length, fold);
	set_byte(&step->mask, step->length, 0xff);
	step->length++;
}

/* Can a byte of the run at ITEMS begin what is behind it?  *LAST: nothing but
 * runs is. */
static bool is_ambiguous(const struct syntax_item *items, size_t count,
			 bool *last)
{
	bool meets = false;
	size_t i = 1;

	for (; i < count && !items[i].single; i++)
		meets = meets || filter_sets_meet(&items[0].set, &items[i].set);
	*last = i == count;
	return !*last && (meets || filter_sets_meet(&items[0].set, &items[i].set));
}

static bool add_gap(struct filter_sequence *sequence,
		    const struct syntax_item *items, size_t count)
{
	struct byte_set others = byte_set_all();
	bool limited = items->most != SYNTAX_MANY;

	if (sequence->gap != SIZE_MAX || count < 2 || !items[1].single)
		return false;
	sequence->gap = sequence->count;
	add_step(sequence, FILTER_STEP_GAP, items);
	if (items->greed == SYNTAX_POSSESSIVE ||
	    (items->greed == SYNTAX_GREEDY && limited &&
	     items->most > SEQUENCE_LIMIT))
		sequence->whole = false;
	sequence->items = items + 1;
	while (sequence->item_count + 1 < count &&
	       sequence->items[sequence->item_count].single)
		sequence->item_count++;
	sequence->test_count = 1;
	filter_test_of(&sequence->items[0].set, &sequence->tests[0]);
	for (int i = 0; i < 4; i++)
		others.bits[i] &= ~items->set.bits[i];
	filter_test_of(&others, &sequence->stop_test);
	return true;
}

/* Would walks that begin at different places all take the run?  Those of a
 * gap's end begin behind it. */
static bool is_repeated(const struct filter_sequence *sequence,
			const struct syntax_item *items,
			const struct syntax_item *run)
{
	if (run->most <= SEQUENCE_LIMIT)
		return false;
	for (items = sequence->items ? sequence->items : items; items < run;
	     items++)
		if (items->single && !filter_sets_meet(&items->set, &run->set))
			return false;
	return true;
}

/* The items from AT on begin with a run. */
static bool add_run(struct filter_sequence *sequence,
		    const struct syntax_item *items, size_t at, size_t count)
{
	const struct syntax_item *run = &items[at];
	bool last;

	if (is_ambiguous(run, count - at, &last))
		return add_gap(sequence, run, count - at);
	if (!last && is_repeated(sequence, items, run))
		return false;
	if (!last || run->greed != SYNTAX_LAZY)
		add_step(sequence, FILTER_STEP_RUN, run);
	if (!last)
		sequence->decisive = sequence->count;
	return true;
}

void filter_sequence_make(struct filter_sequence *sequence,
			  const struct syntax_item *items, size_t count,
			  bool all, const struct filter_loops *loops)
{
	memset(sequence, 0, sizeof *sequence);
	sequence->whole = all;
	sequence->gap = SIZE_MAX;
	sequence->loops = loops;
	for (size_t i = 0; i < count; i++) {
		if (items[i].single) {
			add_single(sequence, &items[i]);
			sequence->decisive = sequence->count;
		} else if (!add_run(sequence, items, i, count)) {
			sequence->whole = false;
			break;
		}
	}
	/* Runs at the end decide nothing but where that is. */
	if (!sequence->whole)
		sequence->count = sequence->decisive;
	if (sequence->gap > sequence->count)
		sequence->gap = sequence->count;
}

void filter_sequence_look(struct filter_sequence *sequence,
			  const unsigned char *bytes, size_t size,
			  bool complete)
{
	sequence->bytes = bytes;
	sequence->size = size;
	sequence->complete = complete;
	memset(&sequence->known, 0, sizeof sequence->known);
}

/* --- single steps: each moves *AT behind what it takes --- */

static enum filter_walk at_end(const struct filter_sequence *sequence)
{
	return sequence->complete ? FILTER_WALK_NONE : FILTER_WALK_OPEN;
}

static enum filter_walk take_bytes(const struct filter_sequence *sequence,
				   const struct filter_step *step, size_t *at)
{
	size_t left = sequence->size - *at;
	uint64_t mask = step->mask;
	uint64_t word = 0;

	if (left >= SEQUENCE_WORD) {
		memcpy(&word, sequence->bytes + *at, SEQUENCE_WORD);
	} else {
		memcpy(&word, sequence->bytes + *at, left);
		for (size_t i = left; i < SEQUENCE_WORD; i++)
			set_byte(&mask, (unsigned)i, 0);
	}
	if (((word | step->fold) ^ step->bytes) & mask)
		return FILTER_WALK_NONE;
	if (left < step->length)
		return at_end(sequence);
	*at += step->length;
	return FILTER_WALK_DONE;
}

static enum filter_walk take_set(const struct filter_sequence *sequence,
				 const struct filter_step *step, size_t *at)
{
	if (*at == sequence->size)
		return at_end(sequence);
	if (!byte_set_has(&step->class.set, sequence->bytes[*at]))
		return FILTER_WALK_NONE;
	++*at;
	return FILTER_WALK_DONE;
}

static enum filter_walk take_run(const struct filter_sequence *sequence,
				 const struct filter_step *step, size_t *at)
{
	const struct byte_set *set = &step->class.set;
	const unsigned char *bytes = sequence->bytes;
	size_t place = *at;
	size_t left = sequence->size - place;
	size_t end = step->most < left ? place + step->most : sequence->size;
	size_t few = end - place < SEQUENCE_FEW ? end : place + SEQUENCE_FEW;

	while (place < few && byte_set_has(set, bytes[place]))
		place++;
	if (place == few && few < end) {
		if (step->class.exact)
			place = sequence->loops->skip(&step->class, bytes,
						      place, end);
		while (place < end && byte_set_has(set, bytes[place]))
			place++;
	}
	if (place == sequence->size && place - *at < step->most &&
	    !sequence->complete)
		return FILTER_WALK_OPEN;
	*at = place;
	return FILTER_WALK_DONE;
}

/* --- gaps --- */

static enum filter_walk take_steps(struct filter_sequence *sequence,
				   size_t from, size_t to, size_t *at);

static bool is_stop(struct filter_sequence *sequence, size_t at)
{
	const struct filter_step *gap = &sequence->steps[sequence->gap];

	return !byte_set_has(&gap->class.set, sequence->bytes[at]);
}

/* Does what is behind the gap begin here, or can that not be told? */
static bool is_place(struct filter_sequence *sequence, size_t at)
{
	return take_steps(sequence, sequence->gap + 1, sequence->decisive,
			  &at) != FILTER_WALK_NONE;
}

/* What to look for: TESTS pass wherever `holds`, and look at no more than SPAN
 * bytes. */
struct wanted {
	const struct filter_test *tests;
	unsigned count;
	size_t span;
	bool (*holds)(struct filter_sequence *sequence, size_t at);
};

/* The first place from AT on, before END; or END. */
static size_t find(struct filter_sequence *sequence,
		   const struct wanted *wanted, size_t at, size_t end)
{
	size_t reach = sequence->size >= wanted->span
			       ? sequence->size - wanted->span + 1 : 0;
	size_t whole = end < reach ? end : reach;
	/* Of whole blocks, the last one goes on behind the end. */
	size_t blocks_end = reach - whole < FILTER_BLOCK
				    ? reach : whole + FILTER_BLOCK - 1;
	uint64_t mask;

	while (at < whole) {
		at = sequence->loops->find(wanted->tests, wanted->count,
					   sequence->bytes, at, blocks_end,
					   &mask);
		if (!mask)
			break;
		for (; mask; mask &= mask - 1) {
			size_t place = at + (size_t)__builtin_ctzll(mask);

			if (place >= end)
				return end;
			if (wanted->holds(sequence, place))
				return place;
		}
		at += FILTER_BLOCK;
	}
	for (; at < end; at++)
		if (wanted->holds(sequence, at))
			return at;
	return end;
}

static size_t find_place(struct filter_sequence *sequence, size_t at,
			 size_t end)
{
	struct wanted wanted = { sequence->tests, sequence->test_count,
				 sequence->item_count, is_place };

	return find(sequence, &wanted, at, end);
}

/* The first byte from AT on, before END, that is none of the gap; or END. */
static size_t find_stop(struct filter_sequence *sequence, size_t at,
			size_t end)
{
	struct filter_gap *known = &sequence->known;
	struct wanted wanted = { &sequence->stop_test, 1, 1, is_stop };

	if (at < known->from || at > known->clear) {
		known->from = known->clear = at;
		known->stopped = false;
	}
	if (!known->stopped && known->clear < end) {
		known->clear = find(sequence, &wanted, known->clear, end);
		known->stopped = known->clear < end;
	}
	return known->clear < end ? known->clear : end;
}

/* The first place where the gap that begins at START can end, up to LIMIT. */
static bool find_first(struct filter_sequence *sequence, size_t start,
		       size_t limit, size_t *place)
{
	struct filter_gap *known = &sequence->known;

	if (!known->looked || start < known->place_from ||
	    start > known->place) {
		known->looked = true;
		known->found = false;
		known->place_from = known->place = start;
	}
	while (!known->found && known->place <= limit) {
		size_t end = limit - known->place < FILTER_STRIDE
				     ? limit : known->place + FILTER_STRIDE;
		size_t stop = find_stop(sequence, start, end);

		if (stop < known->place)
			return false;
		known->place = find_place(sequence, known->place, stop + 1);
		known->found = known->place <= stop;
	}
	*place = known->place;
	return *place <= limit &&
	       find_stop(sequence, start, *place) == *place;
}

/* The last one of those, STOP being where it ends at the latest. */
static bool find_last(struct filter_sequence *sequence, size_t start,
		      size_t stop, size_t *place)
{
	size_t end = stop + 1;
	bool found = false;

	while (end > start && !found) {
		size_t from = end - start < FILTER_STRIDE
				      ? start : end - FILTER_STRIDE;

		for (size_t at = find_place(sequence, from, end); at < end;
		     at = find_place(sequence, at + 1, end)) {
			*place = at;
			found = true;
		}
		end = from;
	}
	return found;
}

/* The same for a gap without a limit, as far as it is not known. */
static bool recall_last(struct filter_sequence *sequence, size_t start,
			size_t stop, size_t *place)
{
	struct filter_gap *known = &sequence->known;

	if (!known->looked || known->place_stop != stop ||
	    (!known->found && start < known->place_from)) {
		known->looked = true;
		known->place_stop = stop;
		known->place_from = start;
		known->found = find_last(sequence, start, stop, &known->place);
	}
	*place = known->place;
	return known->found && start <= *place;
}

static enum filter_walk take_gap(struct filter_sequence *sequence,
				 const struct filter_step *step, size_t *at)
{
	size_t left = sequence->size - *at;
	size_t limit = step->most < left ? *at + step->most : sequence->size;
	bool found;
	size_t stop;

	if (!sequence->whole || step->greed == SYNTAX_LAZY)
		return find_first(sequence, *at, limit, at) ? FILTER_WALK_DONE
							    : FILTER_WALK_NONE;
	stop = find_stop(sequence, *at, limit);
	if (stop == sequence->size && !sequence->complete)
		return FILTER_WALK_OPEN;
	found = step->most == SYNTAX_MANY
			? recall_last(sequence, *at, stop, at)
			: find_last(sequence, *at, stop, at);
	return found ? FILTER_WALK_DONE : FILTER_WALK_NONE;
}

/* --- walking --- */

static enum filter_walk take_step(struct filter_sequence *sequence,
				  const struct filter_step *step, size_t *at)
{
	switch (step->kind) {
	case FILTER_STEP_BYTES:
		return take_bytes(sequence, step, at);
	case FILTER_STEP_SET:
		return take_set(sequence, step, at);
	case FILTER_STEP_RUN:
		return take_run(sequence, step, at);
	case FILTER_STEP_GAP:
		return take_gap(sequence, step, at);
	}
	return FILTER_WALK_NONE;
}

static enum filter_walk take_steps(struct filter_sequence *sequence,
				   size_t from, size_t to, size_t *at)
{
	enum filter_walk walk = FILTER_WALK_DONE;

	for (size_t i = from; i < to && walk == FILTER_WALK_DONE; i++)
		walk = take_step(sequence, &sequence->steps[i], at);
	return walk;
}

enum filter_walk filter_sequence_walk(struct filter_sequence *sequence,
				      size_t at, size_t *end)
{
	*end = at;
	return take_steps(sequence, 0, sequence->count, end);
}
