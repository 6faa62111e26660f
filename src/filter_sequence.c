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
		meets = meets || byte_set_meet(&items[0].set, &items[i].set);
	*last = i == count;
	return !*last && (meets || byte_set_meet(&items[0].set, &items[i].set));
}

void filter_sequence_tune(struct filter_sequence *sequence,
			  const struct filter_test *tests, unsigned count)
{
	sequence->tests.places[0] = tests[0];
	sequence->tests.places[1] = tests[count > 1];
	/* There is no test that nothing passes; this one passes for nothing
	 * only where it is asked for anyway. */
	if (sequence->endless)
		sequence->tests.stop = tests[0];
}

static bool add_gap(struct filter_sequence *sequence,
		    const struct syntax_item *items, size_t count)
{
	struct byte_set others = byte_set_all();
	struct byte_set none = { { 0 } };
	struct filter_test first;
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
	for (int i = 0; i < 4; i++)
		others.bits[i] &= ~items->set.bits[i];
	sequence->endless = byte_set_equal(&others, &none);
	filter_test_of(&others, &sequence->tests.stop);
	filter_test_of(&sequence->items[0].set, &first);
	filter_sequence_tune(sequence, &first, 1);
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
		if (items->single && !byte_set_meet(&items->set, &run->set))
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

static bool is_stop(const struct filter_sequence *sequence, size_t at)
{
	const struct filter_step *gap = &sequence->steps[sequence->gap];

	return !sequence->endless &&
	       !byte_set_has(&gap->class.set, sequence->bytes[at]);
}

/* Does what is behind the gap begin here, or can that not be told? */
static bool is_place(struct filter_sequence *sequence, size_t at)
{
	return take_steps(sequence, sequence->gap + 1, sequence->decisive,
			  &at) != FILTER_WALK_NONE;
}

/* Of the COUNT bytes from `clear` on, those may stop the gap that STOPS has,
 * and what is behind it may begin where PLACES are. */
static void pass_block(struct filter_sequence *sequence,
		       struct filter_gap *known, unsigned count,
		       uint64_t stops, uint64_t places, bool lazy)
{
	size_t start = known->clear;
	unsigned stop = count;

	for (; stops && !known->stopped; stops &= stops - 1) {
		stop = (unsigned)__builtin_ctzll(stops);
		known->stopped = is_stop(sequence, start + stop);
	}
	if (known->stopped)
		places &= (UINT64_C(2) << stop) - 1;
	else
		stop = count;
	known->clear = start + stop;
	while (places) {
		unsigned place = lazy ? (unsigned)__builtin_ctzll(places)
				      : 63 - (unsigned)__builtin_clzll(places);

		if (is_place(sequence, start + place)) {
			known->found = true;
			known->place = start + place;
			break;
		}
		places &= ~(UINT64_C(1) << place);
	}
	if (lazy && known->found) {
		known->clear = known->place;
		known->stopped = false;
	}
}

/* Looks on from `clear`, up to LIMIT and not much farther, or until the gap
 * ends. */
static void pass_gap(struct filter_sequence *sequence,
		     struct filter_gap *known, size_t limit, bool lazy)
{
	size_t size = sequence->size;
	/* Of whole blocks, the last one goes on behind the end. */
	size_t reach = size - (sequence->item_count < size
				       ? sequence->item_count : size);
	size_t end = reach > limit && reach - limit > FILTER_BLOCK
			     ? limit + FILTER_BLOCK : reach;

	while (known->clear <= limit && !known->stopped &&
	       !(lazy && known->found)) {
		uint64_t stops = 1;
		uint64_t places = 1;
		unsigned count = 1;

		if (known->clear + FILTER_BLOCK <= end) {
			known->clear = sequence->loops->find_gap(
				&sequence->tests, sequence->bytes,
				known->clear, end, &stops, &places);
			if (!(stops | places) || known->clear > limit)
				continue;
			count = FILTER_BLOCK;
		} else if (known->clear == size) {
			stops = 0;
		}
		/* A place behind the limit would hide the last before it. */
		if (!lazy && limit - known->clear < FILTER_BLOCK - 1)
			places &= (UINT64_C(2) << (limit - known->clear)) - 1;
		pass_block(sequence, known, count, stops, places, lazy);
	}
}

static enum filter_walk take_gap(struct filter_sequence *sequence,
				 const struct filter_step *step, size_t *at)
{
	size_t left = sequence->size - *at;
	size_t limit = step->most < left ? *at + step->most : sequence->size;
	bool lazy = !sequence->whole || step->greed == SYNTAX_LAZY;
	struct filter_gap here = { .from = *at, .clear = *at };
	struct filter_gap *known = &sequence->known;

	if (*at < known->from || *at > known->clear ||
	    (!lazy && step->most != SYNTAX_MANY))
		*known = here;
	pass_gap(sequence, known, limit, lazy);
	if (!lazy && !known->stopped && limit == sequence->size &&
	    !sequence->complete)
		return FILTER_WALK_OPEN;
	if (!known->found || known->place < *at || known->place > limit)
		return FILTER_WALK_NONE;
	*at = known->place;
	return FILTER_WALK_DONE;
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

/* The first of the block at AT that MASK has, before END, where a walk does not
 * fail; or END. */
static size_t find_in_block(struct filter_sequence *sequence, size_t at,
			    uint64_t mask, size_t end, enum filter_walk *walk,
			    size_t *walk_end)
{
	for (; mask; mask &= mask - 1) {
		size_t place = at + (size_t)__builtin_ctzll(mask);

		if (place >= end)
			break;
		*walk = filter_sequence_walk(sequence, place, walk_end);
		if (*walk != FILTER_WALK_NONE)
			return place;
	}
	return end;
}

bool filter_sequence_find(struct filter_sequence *sequence,
			  const struct filter_test *tests, unsigned count,
			  size_t span, size_t *at, size_t end,
			  enum filter_walk *walk, size_t *walk_end)
{
	size_t reach = sequence->size - (span < sequence->size
						 ? span : sequence->size);
	/* Of whole blocks, the last one goes on behind the end. */
	size_t last = reach > end && reach - end > FILTER_BLOCK
			      ? end + FILTER_BLOCK : reach;
	size_t found = end;
	uint64_t mask = 1;

	while (*at < end && found == end) {
		size_t next = *at + 1;

		mask = 1;
		if (*at + FILTER_BLOCK <= last) {
			*at = sequence->loops->find(tests, count,
						    sequence->bytes, *at, last,
						    &mask);
			next = mask ? *at + FILTER_BLOCK : *at;
		}
		found = find_in_block(sequence, *at, mask, end, walk,
				      walk_end);
		*at = next;
	}
	*at = found;
	return found < end;
}
