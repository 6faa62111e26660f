/*
 * filter: which bytes to look for.
 *
 * The rarest, counted in a sample of what is searched; and two together, since
 * bytes of a word are not independent: each pair of the rarest is counted.
 */
#include <string.h>

#include "filter_sequence.h"

enum {
	ANCHOR_SAMPLE = 16 << 10,
	/* Of so many bytes one is counted: no power of two, for what repeats
	 * in files does so at those. */
	ANCHOR_STRIDE = 5,
	/* Places of a run that are tried against each other. */
	ANCHOR_RAREST = 4,
	/* Where two tests let pass one in so many places, a third is made. */
	ANCHOR_ENOUGH = 1024,
	/* What an anchor costs, in walks from it: one behind which matches
	 * are looked for, and one that PCRE2 makes attempts for.  Of these
	 * there are a few even if the sample has none. */
	ANCHOR_REFINED = 4,
	ANCHOR_ATTEMPTS = 16,
	ANCHOR_AT_LEAST = 4,
};

/* How often each byte is there. */
struct anchor_sample {
	size_t from;
	size_t end;
	unsigned counts[256];
};

static unsigned set_frequency(const struct anchor_sample *sample,
			      const struct byte_set *set)
{
	unsigned sum = 0;

	for (unsigned byte = 0; byte <= 0xff; byte++)
		if (byte_set_has(set, byte))
			sum += sample->counts[byte];
	return sum;
}

/* The places of the rarest bytes of a run; the number of them. */
static size_t find_rarest(const struct anchor_sample *sample,
			  const struct filter_run *run, size_t *places)
{
	unsigned counts[ANCHOR_RAREST];
	size_t found = 0;

	for (size_t i = 0; i < run->count; i++) {
		unsigned count = set_frequency(sample, &run->items[i].set);
		size_t at = found;

		while (at > 0 && counts[at - 1] > count)
			at--;
		if (at == ANCHOR_RAREST)
			continue;
		found += found < ANCHOR_RAREST;
		for (size_t j = found - 1; j > at; j--) {
			counts[j] = counts[j - 1];
			places[j] = places[j - 1];
		}
		counts[at] = count;
		places[at] = i;
	}
	return found;
}

/* How many places of the sample pass. */
static size_t count_passing(const struct filter *filter,
			    const struct anchor_sample *sample,
			    const struct filter_test *tests, unsigned count)
{
	size_t passed = 0;
	size_t at = sample->from;
	uint64_t mask;

	for (;;) {
		at = filter->loops->find(tests, count, filter->bytes, at,
					 sample->end, &mask);
		if (!mask)
			return passed;
		passed += (size_t)__builtin_popcountll(mask);
		at += FILTER_BLOCK;
	}
}

struct anchor_choice {
	struct filter_test tests[FILTER_TESTS];
	unsigned count;
	size_t passed;
};

static void set_test(const struct filter_run *run, size_t place,
		     struct filter_test *test)
{
	filter_test_of(&run->items[place].set, test);
	test->place = place;
}

static void try_choice(const struct filter *filter,
		       const struct anchor_sample *sample,
		       struct anchor_choice *choice,
		       struct anchor_choice *best)
{
	choice->passed = count_passing(filter, sample, choice->tests,
				       choice->count);
	if (best->count == 0 || choice->passed < best->passed)
		*best = *choice;
}

static void choose_tests(const struct filter *filter,
			 const struct anchor_sample *sample,
			 const struct filter_run *run,
			 struct anchor_choice *best)
{
	size_t places[ANCHOR_RAREST];
	size_t count = find_rarest(sample, run, places);
	struct anchor_choice choice = { .count = count > 1 ? 2 : 1 };

	best->count = 0;
	for (size_t i = 0; i < count; i++)
		for (size_t j = count > 1 ? i + 1 : i; j < count; j++) {
			set_test(run, places[i], &choice.tests[0]);
			if (count > 1)
				set_test(run, places[j], &choice.tests[1]);
			try_choice(filter, sample, &choice, best);
		}
	if (count < 3 ||
	    best->passed * ANCHOR_ENOUGH < sample->end - sample->from)
		return;
	choice = *best;
	choice.count = 3;
	for (size_t i = 0; i < count; i++) {
		set_test(run, places[i], &choice.tests[2]);
		/* One more test must be worth it. */
		struct anchor_choice third = { .count = 0 };

		try_choice(filter, sample, &choice, &third);
		if (third.passed < best->passed - best->passed / 4)
			*best = third;
	}
}

static bool take_sample(const struct filter *filter, size_t from,
			struct anchor_sample *sample)
{
	size_t size = filter->size;
	size_t wanted = ANCHOR_SAMPLE + SYNTAX_ITEMS;

	memset(sample, 0, sizeof *sample);
	if (size < wanted)
		wanted = size;
	if (wanted < SYNTAX_ITEMS + FILTER_BLOCK)
		return false;
	sample->from = from < size - wanted ? from : size - wanted;
	sample->end = sample->from + wanted - SYNTAX_ITEMS;
	for (size_t i = sample->from; i < sample->end; i += ANCHOR_STRIDE)
		sample->counts[filter->bytes[i]]++;
	return true;
}

static void tune_gap(const struct filter *filter,
		     const struct anchor_sample *sample,
		     struct filter_sequence *sequence)
{
	struct filter_run run = { .items = sequence->items,
				  .count = sequence->item_count };
	struct anchor_choice choice;

	if (run.count == 0)
		return;
	choose_tests(filter, sample, &run, &choice);
	filter_sequence_tune(sequence, choice.tests, choice.count);
}

/* Of anchors at the run that is looked for now. */
static size_t cost_of(const struct filter *filter, size_t passed)
{
	if (filter->exact)
		return passed;
	return (passed + ANCHOR_AT_LEAST) *
	       (filter->refined ? ANCHOR_REFINED : ANCHOR_ATTEMPTS);
}

void filter_anchor_tune(struct filter *filter, size_t from)
{
	struct anchor_sample sample;
	struct anchor_choice best = { .count = 0 };
	size_t best_cost = 0;
	const struct filter_run *chosen = NULL;

	if (!take_sample(filter, from, &sample))
		return;
	for (size_t i = 0; i < filter->run_count; i++) {
		struct anchor_choice choice;
		size_t cost;

		choose_tests(filter, &sample, &filter->runs[i], &choice);
		if (i == 0)
			filter_set_start_tests(filter, choice.tests,
					       choice.count);
		filter_choose_run(filter, &filter->runs[i]);
		cost = cost_of(filter, choice.passed);
		/* The first run names its starts at no cost. */
		if (i > 0 && cost * 2 + 4 >= best_cost)
			continue;
		best = choice;
		best_cost = cost;
		chosen = &filter->runs[i];
	}
	filter_choose_run(filter, chosen);
	tune_gap(filter, &sample, filter->sequence);
	if (filter->refined)
		tune_gap(filter, &sample, filter->starts);
	memcpy(filter->tests, best.tests, sizeof best.tests);
	filter->test_count = best.count;
}
