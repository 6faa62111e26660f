/*
 * Sequences: items of a syntax as steps that are taken without a way back.
 *
 * A run is taken as far as it goes if none of its bytes can begin what stands
 * behind it: then no other length would do.  It is also if nothing but runs
 * stand behind it: the first way that is tried is a match then.  One run, the
 * gap, may be of bytes that can begin what is behind; it ends at the first
 * place, or the last if it is greedy, where that is.  These places are looked
 * for many bytes at a time and remembered, so that all walks together look at
 * a byte of a gap once.
 *
 * So one walk from a start says whether a match begins there, and where it
 * ends.  Items from the first one on that fits none of that are left out:
 * `whole` says whether all are there.  If not, a walk that fails still means
 * that there is no match.  Nor do walks from many starts take one long run
 * again and again: an item that such a run cannot be part of stands before it,
 * or it is left out.
 *
 * Order of calls: filter_sequence_make; filter_sequence_look for each window;
 * filter_sequence_walk.
 */
#ifndef OCTAVO_FILTER_SEQUENCE_H
#define OCTAVO_FILTER_SEQUENCE_H

#include "filter_internal.h"

enum filter_step_kind {
	FILTER_STEP_BYTES,	/* up to 8 that must be there */
	FILTER_STEP_SET,	/* one of a set */
	FILTER_STEP_RUN,
	FILTER_STEP_GAP,
};

struct filter_step {
	enum filter_step_kind kind;
	/* Of bytes: how many; they are `bytes` once `fold` is set, where
	 * `mask` is.  In the order of memory. */
	unsigned length;
	uint64_t bytes;
	uint64_t fold;
	uint64_t mask;
	/* Of the others: */
	unsigned most;
	enum syntax_greed greed;
	struct filter_class class;
};

/* What is known of the bytes of a gap: from `from` on before `clear` there is
 * none of another set; at `clear` there is, if `stopped`.  What is behind the
 * gap begins: of a lazy one, nowhere there, but at `clear` if `found`; of a
 * greedy one, for the last time at `place`, if `found`, which may be where it
 * has stopped. */
struct filter_gap {
	size_t from;
	size_t clear;
	bool stopped;
	bool found;
	size_t place;
};

struct filter_sequence {
	bool whole;
	size_t count;
	size_t decisive;	/* steps up to the last that can fail */
	struct filter_step steps[SYNTAX_ITEMS];
	size_t gap;		/* its step; or `count` */
	/* The single items behind the gap, and how to look for its end. */
	const struct syntax_item *items;
	size_t item_count;
	struct filter_gap_tests tests;
	bool endless;		/* any byte may be in the gap */
	const struct filter_loops *loops;
	const unsigned char *bytes;
	size_t size;
	bool complete;
	struct filter_gap known;
};

enum filter_walk {
	FILTER_WALK_NONE,	/* there is no match */
	FILTER_WALK_DONE,	/* the items are there */
	FILTER_WALK_OPEN,	/* that depends on bytes behind the window */
};

static inline bool
filter_sequence_has_gap(const struct filter_sequence *sequence)
{
	return sequence->gap < sequence->count;
}

/* From COUNT items, which must outlive it.  ALL: they are everything there is
 * to a match. */
void filter_sequence_make(struct filter_sequence *sequence,
			  const struct syntax_item *items, size_t count,
			  bool all, const struct filter_loops *loops);
/* Looks for what is behind the gap with these tests from now on. */
void filter_sequence_tune(struct filter_sequence *sequence,
			  const struct filter_test *tests, unsigned count);
void filter_sequence_look(struct filter_sequence *sequence,
			  const unsigned char *bytes, size_t size,
			  bool complete);
/* Takes the steps from AT on, which may be the window's end; *END is where they
 * end, if they are done. */
enum filter_walk filter_sequence_walk(struct filter_sequence *sequence,
				      size_t at, size_t *end);
/* The first place from AT on, before END, where a walk does not fail, with the
 * WALK and where it ends; else false.  The COUNT TESTS pass at such a place,
 * and look at no more than SPAN bytes. */
bool filter_sequence_find(struct filter_sequence *sequence,
			  const struct filter_test *tests, unsigned count,
			  size_t span, size_t *at, size_t end,
			  enum filter_walk *walk, size_t *walk_end);

#endif
