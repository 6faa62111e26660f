/*
 * Ranges of bits as sequences of byte ranges: the smallest number of them.
 *
 * A range parts into the numbers that begin with its first byte, those that
 * begin with its last one, and those between, of which any other bytes may
 * follow.  The outer two part again by their next byte, and are not there
 * where they would be full.
 *
 * Nearly everywhere in a file none of them matches, and to find that out from
 * one after the other is slow.  So a look at the highest bytes, which tell most,
 * is put before those of a group.
 */
#include "pattern_number.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

uint64_t number_all_ones(unsigned size)
{
	return size == NUMBER_BYTES ? UINT64_MAX : (1ull << (8 * size)) - 1;
}

static bool is_same(const struct number_sequence *one,
		    const struct number_sequence *other)
{
	return one->size == other->size &&
	       !memcmp(one->low, other->low, one->size) &&
	       !memcmp(one->high, other->high, one->size);
}

/* As it stands in the file, unless it is there already. */
static void add_sequence(struct number_sequences *sequences,
			 const struct number_sequence *sequence)
{
	struct number_sequence added = *sequence;

	for (unsigned i = 0; i < added.size && !added.big; i++) {
		added.low[i] = sequence->low[added.size - 1 - i];
		added.high[i] = sequence->high[added.size - 1 - i];
	}
	for (size_t i = 0; i < sequences->count; i++)
		if (is_same(&sequences->list[i], &added))
			return;
	assert(sequences->count < NUMBER_SEQUENCES);
	sequences->list[sequences->count++] = added;
}

/*
 * The numbers from LOW to HIGH of SIZE bytes: the sequences whose bytes up to
 * PLACE are those of SEQUENCE.  LOW and HIGH hold only the bytes behind.
 */
static void split(struct number_sequences *sequences,
		  struct number_sequence *sequence, unsigned place,
		  uint64_t low, uint64_t high)
{
	unsigned left = sequence->size - place;
	uint64_t rest = left > 0 ? number_all_ones(left) >> 8 : 0;
	unsigned shift = left > 0 ? 8 * (left - 1) : 0;
	uint64_t first = low >> shift;
	uint64_t last = high >> shift;

	if (left == 0) {
		add_sequence(sequences, sequence);
		return;
	}
	if (first < last && (low & rest) != 0) {
		split(sequences, sequence, place, low, first << shift | rest);
		first++;
		low = first << shift;
	}
	if (first < last && (high & rest) != rest) {
		split(sequences, sequence, place, last << shift, high);
		last--;
		high = last << shift | rest;
	}
	sequence->low[place] = (unsigned char)first;
	sequence->high[place] = (unsigned char)last;
	if (first == last)
		split(sequences, sequence, place + 1, low & rest, high & rest);
	else
		split(sequences, sequence, place + 1, 0, rest);
}

void number_add(struct number_sequences *sequences,
		const struct number_types *types, unsigned size, uint64_t low,
		uint64_t high)
{
	for (int big = 0; big < 2; big++) {
		struct number_sequence sequence = {
			.size = size, .group = sequences->groups, .big = big,
		};

		if (!types->orders[big])
			continue;
		split(sequences, &sequence, 0, low, high);
		sequences->groups++;
	}
}

/* --- as a regex --- */

/* Where the group of the sequence at START ends. */
static size_t group_end(const struct number_sequences *sequences, size_t start)
{
	size_t end = start;

	while (end < sequences->count &&
	       sequences->list[end].group == sequences->list[start].group)
		end++;
	return end;
}

/* The bytes from PLACE up to END of COUNT sequences, each any that one of them
 * may have there. */
static void put_hull(struct form *form, const struct number_sequence *list,
		     size_t count, unsigned place, unsigned end)
{
	for (; place < end; place++) {
		unsigned low = 0xff;
		unsigned high = 0;

		for (size_t i = 0; i < count; i++) {
			if (list[i].low[place] < low)
				low = list[i].low[place];
			if (list[i].high[place] > high)
				high = list[i].high[place];
		}
		form_range(form, low, high);
	}
}

static void put_group(struct form *form, const struct number_sequence *list,
		      size_t count)
{
	unsigned size = list->size;

	if (count > 1 && size > 1) {
		unsigned looks = size > 2 ? 2 : 1;
		unsigned first = list->big ? 0 : size - looks;
		char skipped[16];

		snprintf(skipped, sizeof skipped, first ? "(?=.{%u}" : "(?=",
			 first);
		form_put(form, skipped);
		put_hull(form, list, count, first, first + looks);
		form_put(form, ")");
	}
	form_put(form, count > 1 ? "(?:" : "");
	for (size_t i = 0; i < count; i++) {
		form_put(form, i > 0 ? "|" : "");
		put_hull(form, list + i, 1, 0, size);
	}
	form_put(form, count > 1 ? ")" : "");
}

void number_put(struct form *form, const struct number_sequences *sequences)
{
	bool several = group_end(sequences, 0) < sequences->count;

	form_put(form, several ? "(?:" : "");
	for (size_t i = 0; i < sequences->count;) {
		size_t end = group_end(sequences, i);

		form_put(form, i > 0 ? "|" : "");
		put_group(form, sequences->list + i, end - i);
		i = end;
	}
	form_put(form, several ? ")" : "");
}
