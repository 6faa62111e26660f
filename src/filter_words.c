/*
 * filter: words.
 *
 * A match that begins in one of several ways has one of several words in it,
 * each at its own distance from the start.  A few places in a row of each word
 * are looked for, all words together: a byte's low and high four bits each say
 * in which buckets of words it may stand at a place.  Which places of a word
 * those are is counted on what is searched, since words are alike in some parts
 * of them and common in others.
 *
 * Invariants
 *  1. A word of which the places are found stands there wholly and names its
 *     starts; so a place names none of a word that the window cuts off.  In a
 *     window that is not complete, starts that such a word could have are
 *     named besides: those less than `longest` before its end.
 *  2. The next start is known when each place is looked at that could name an
 *     earlier one: words differ in their distance.
 */
#include <stdlib.h>
#include <string.h>

#include "filter_internal.h"

enum {
	WORDS_SAMPLE = 16 << 10,
	/* The low four bits are enough where they let pass one place in so
	 * many. */
	WORDS_ENOUGH = 1024,
	/* Of the first run of a word that is used. */
	WORDS_SHORTEST = 2,
};

/* --- words --- */

/* The run of a branch that names it: the first, unless that is short. */
static bool choose_word(const struct syntax_branch *branch,
			struct filter_run *chosen)
{
	struct filter_run runs[FILTER_RUNS];
	size_t count = filter_find_runs(branch, runs, FILTER_RUNS);
	bool found = false;

	for (size_t i = 0; i < count; i++) {
		if (runs[i].before.most > FILTER_BEFORE_MAXIMUM)
			continue;
		if (found && (chosen->count >= WORDS_SHORTEST ||
			      runs[i].count <= chosen->count))
			continue;
		*chosen = runs[i];
		found = true;
	}
	return found;
}

/* Its bytes, if each of its sets is one. */
static void find_bytes(struct filter_word *word)
{
	word->plain = true;
	for (size_t i = 0; i < word->run.count && word->plain; i++) {
		const struct byte_set *set = &word->run.items[i].set;
		unsigned byte = 0;

		while (byte < 0xff && !byte_set_has(set, byte))
			byte++;

		struct byte_set one = { { 0 } };

		byte_set_add(&one, byte);
		word->bytes[i] = (unsigned char)byte;
		word->plain = byte_set_equal(set, &one);
	}
}

static bool add_word(struct filter_words *words,
		     const struct syntax_branch *branch)
{
	struct filter_word *word = &words->words[words->count];
	size_t longest;

	if (!choose_word(branch, &word->run))
		return false;
	find_bytes(word);
	words->count++;
	longest = word->run.before.most + word->run.count;
	if (longest > words->longest)
		words->longest = longest;
	if (word->run.count < words->tables.length)
		words->tables.length = (unsigned)word->run.count;
	if (word->run.count < branch->count)
		words->exact = false;
	return true;
}

static bool is_at(const struct filter *filter, const struct filter_word *word,
		  size_t at)
{
	if (word->plain)
		return memcmp(filter->bytes + at, word->bytes,
			      word->run.count) == 0;
	for (size_t i = 0; i < word->run.count; i++)
		if (!byte_set_has(&word->run.items[i].set,
				  filter->bytes[at + i]))
			return false;
	return true;
}

/* --- tables --- */

/* The places of WORD from PLACE on are one more thing in a bucket. */
static void tables_add(struct filter_tables *tables,
		       const struct filter_word *word, size_t place,
		       unsigned bucket)
{
	const unsigned char bit = (unsigned char)(1u << bucket);

	for (unsigned i = 0; i < tables->length; i++) {
		const struct byte_set *set = &word->run.items[place + i].set;

		for (unsigned byte = 0; byte <= 0xff; byte++) {
			if (!byte_set_has(set, byte))
				continue;
			tables->low[i][byte & 15] |= bit;
			tables->high[i][byte >> 4] |= bit;
		}
	}
}

static void tables_clear(struct filter_tables *tables)
{
	memset(tables->low, 0, sizeof tables->low);
	memset(tables->high, 0, sizeof tables->high);
}

/* The low bits are looked at alone where bytes from 0x80 on need not pass. */
static bool only_ascii(const struct filter_tables *tables)
{
	for (unsigned i = 0; i < tables->length; i++)
		for (unsigned nibble = 8; nibble < FILTER_NIBBLES; nibble++)
			if (tables->high[i][nibble])
				return false;
	return true;
}

/* Words in the order of the bytes that are looked for: those next to each
 * other let pass least besides when they share a bucket. */
static void sort_words(const struct filter_words *words, uint8_t *order)
{
	for (size_t i = 0; i < words->count; i++) {
		const struct filter_word *word = &words->words[i];
		size_t at = i;

		for (; at > 0; at--) {
			const struct filter_word *other =
				&words->words[order[at - 1]];

			if (memcmp(other->bytes + other->place,
				   word->bytes + word->place,
				   words->tables.length) <= 0)
				break;
			order[at] = order[at - 1];
		}
		order[at] = (uint8_t)i;
	}
}

static void make_tables(struct filter_words *words)
{
	uint8_t order[SYNTAX_BRANCHES];

	tables_clear(&words->tables);
	memset(words->members, 0, sizeof words->members);
	sort_words(words, order);
	words->least = SIZE_MAX;
	words->most = 0;
	for (size_t i = 0; i < words->count; i++) {
		const struct filter_word *word = &words->words[order[i]];
		size_t bucket = words->count <= FILTER_BUCKETS
					? i
					: i * FILTER_BUCKETS / words->count;
		size_t least = word->run.before.least + word->place;
		size_t most = word->run.before.most + word->place;

		tables_add(&words->tables, word, word->place,
			   (unsigned)bucket);
		words->members[bucket] |= UINT32_C(1) << order[i];
		words->least = least < words->least ? least : words->least;
		words->most = most > words->most ? most : words->most;
	}
	words->tables.whole = true;
}

bool filter_words_make(struct filter *filter)
{
	const struct syntax *syntax = filter->syntax;
	struct filter_words *words;

	if (syntax->count < 2)
		return false;
	words = filter->words = calloc(1, sizeof *words);
	if (!words)
		return false;
	words->tables.length = FILTER_WORD_PLACES;
	words->exact = syntax->exact;
	for (size_t i = 0; i < syntax->count; i++)
		if (!add_word(words, &syntax->branches[i]))
			return false;
	make_tables(words);
	return true;
}

/* --- tuning --- */

/* Buckets of what may be at AT. */
static unsigned buckets_at(const struct filter *filter,
			   const struct filter_tables *tables, size_t at)
{
	unsigned buckets = 0xff;

	for (unsigned i = 0; i < tables->length; i++) {
		unsigned byte = filter->bytes[at + i];

		buckets &= tables->low[i][byte & 15] &
			   tables->high[i][byte >> 4];
	}
	return buckets;
}

/* How often each bucket passes; the number of places that do. */
static size_t count_buckets(const struct filter *filter,
			    const struct filter_tables *tables,
			    struct range sample, unsigned *counts)
{
	size_t at = (size_t)sample.start;
	size_t passed = 0;
	uint64_t mask;

	memset(counts, 0, FILTER_BUCKETS * sizeof *counts);
	for (;; at += FILTER_BLOCK) {
		at = filter->loops->find_words(tables, filter->bytes, at,
					       (size_t)sample.end, &mask);
		if (!mask)
			return passed;
		passed += (size_t)__builtin_popcountll(mask);
		for (; mask; mask &= mask - 1) {
			unsigned buckets = buckets_at(
				filter, tables,
				at + (size_t)__builtin_ctzll(mask));

			for (; buckets; buckets &= buckets - 1)
				counts[__builtin_ctz(buckets)]++;
		}
	}
}

/* The places of the word that are there least often. */
static void choose_place(const struct filter *filter, struct filter_word *word,
			 struct range sample)
{
	struct filter_tables tables = { .length = filter->words->tables.length,
					.whole = true };
	size_t places = word->run.count - tables.length + 1;
	unsigned fewest = UINT_MAX;

	for (size_t first = 0; first < places; first += FILTER_BUCKETS) {
		unsigned counts[FILTER_BUCKETS];
		unsigned together = places - first < FILTER_BUCKETS
					    ? (unsigned)(places - first)
					    : FILTER_BUCKETS;

		tables_clear(&tables);
		for (unsigned i = 0; i < together; i++)
			tables_add(&tables, word, first + i, i);
		count_buckets(filter, &tables, sample, counts);
		for (unsigned i = 0; i < together; i++)
			if (counts[i] < fewest) {
				fewest = counts[i];
				word->place = first + i;
			}
	}
}

void filter_words_tune(struct filter *filter, size_t from)
{
	struct filter_words *words = filter->words;
	unsigned counts[FILTER_BUCKETS];
	struct range sample = { from, from + WORDS_SAMPLE };

	if (filter->size < FILTER_BLOCK + FILTER_WORD_PLACES)
		return;
	if (sample.end > filter->size - FILTER_WORD_PLACES) {
		sample.end = filter->size - FILTER_WORD_PLACES;
		sample.start = sample.end < WORDS_SAMPLE
				       ? 0 : sample.end - WORDS_SAMPLE;
	}
	for (size_t i = 0; i < words->count; i++)
		choose_place(filter, &words->words[i], sample);
	make_tables(words);
	if (words->tables.length < FILTER_WORD_PLACES ||
	    !only_ascii(&words->tables))
		return;
	words->tables.whole = false;
	words->tables.whole = count_buckets(filter, &words->tables, sample,
					    counts) >=
			      range_length(sample) / WORDS_ENOUGH;
}

/* --- starts --- */

/* The first start that is known, and of those at one start the first word. */
struct words_found {
	size_t start;
	size_t end;		/* of the starts that this word can have */
	size_t word;
};

/* WORD is at AT. */
static void take_word(const struct filter *filter, size_t index, size_t at,
		      size_t from, struct words_found *found)
{
	const struct filter_before *before =
		&filter->words->words[index].run.before;
	size_t start = at > before->most ? at - before->most : 0;

	if (at < before->least)
		return;
	if (start < from)
		start = from;
	if (start > at - before->least || start > found->start ||
	    (start == found->start && index > found->word))
		return;
	*found = (struct words_found){ start, at - before->least + 1, index };
}

/* What the words say whose places are at AT. */
static void take_place(const struct filter *filter, size_t at, size_t from,
		       struct words_found *found)
{
	const struct filter_words *words = filter->words;
	unsigned buckets = buckets_at(filter, &words->tables, at);

	for (; buckets; buckets &= buckets - 1) {
		uint32_t members = words->members[__builtin_ctz(buckets)];

		for (; members; members &= members - 1) {
			size_t index = (size_t)__builtin_ctz(members);
			const struct filter_word *word = &words->words[index];
			size_t start = at - word->place;

			if (at >= word->place &&
			    word->run.count <= filter->size - start &&
			    is_at(filter, word, start))
				take_word(filter, index, start, from, found);
		}
	}
}

/* The next block with something in it, from AT on; `block` is where. */
static void find_block(struct filter *filter, size_t at, size_t end)
{
	filter->block = filter->loops->find_words(&filter->words->tables,
						  filter->bytes, at, end,
						  &filter->mask);
}

/* All places from AT on that could name a start before that of FOUND, or the
 * same. */
static void look(struct filter *filter, size_t at, size_t from,
		 struct words_found *found)
{
	const struct filter_words *words = filter->words;
	size_t length = words->tables.length;
	size_t reach = filter->size < length ? 0 : filter->size - length + 1;

	while (at < reach && at <= found->start + words->most) {
		if (filter->mask == 0 || at < filter->block ||
		    at - filter->block >= FILTER_BLOCK) {
			size_t last = found->start + words->most;

			find_block(filter, at,
				   reach - at > last - at + FILTER_BLOCK
					   ? last + FILTER_BLOCK : reach);
		}
		/* Behind the last whole block, or the last place. */
		if (filter->mask == 0) {
			for (at = filter->block;
			     at < reach && at <= found->start + words->most;
			     at++)
				take_place(filter, at, from, found);
			return;
		}
		if (at < filter->block)
			at = filter->block;

		uint64_t mask = filter->mask >> (at - filter->block);

		if (mask == 0) {
			at = filter->block + FILTER_BLOCK;
			continue;
		}
		at += (size_t)__builtin_ctzll(mask);
		if (at > found->start + words->most)
			return;
		take_place(filter, at++, from, found);
	}
}

bool filter_words_next(struct filter *filter, size_t from, size_t to,
		       struct filter_range *range)
{
	const struct filter_words *words = filter->words;
	struct words_found found = { to - 1, 0, SIZE_MAX };
	size_t known = to;

	if (!filter->complete)
		known = filter->size < words->longest
				? 0 : filter->size - words->longest + 1;
	look(filter, from + words->least, from, &found);
	range->start = found.start;
	range->end = found.end < to ? found.end : to;
	if (found.end > 0 && found.start < known) {
		if (words->exact)
			range->match_end = found.start +
					   words->words[found.word].run.count;
		return true;
	}
	if (known >= to)
		return false;
	range->start = from > known ? from : known;
	range->end = to;
	return true;
}
