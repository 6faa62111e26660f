/*
 * filter: sets of bytes as tests that a processor makes on many at once.
 */
#include <string.h>

#include "filter_internal.h"

unsigned byte_set_count(const struct byte_set *set)
{
	unsigned count = 0;

	for (int i = 0; i < 4; i++)
		count += (unsigned)__builtin_popcountll(set->bits[i]);
	return count;
}

/* How many numbers below LIMIT have the bit FOLD set; all, if that is 0. */
static unsigned count_with(unsigned limit, unsigned fold)
{
	unsigned rest;

	if (fold == 0)
		return limit;
	rest = limit % (2 * fold);
	return limit / (2 * fold) * fold + (rest > fold ? rest - fold : 0);
}

/* The narrowest test with FOLD that all of SET pass; how many bytes do. */
static unsigned narrowest(const struct byte_set *set, unsigned fold,
			  struct filter_test *test)
{
	unsigned first = 0xff;
	unsigned last = 0;
	unsigned count;

	for (unsigned i = 0; i < 4; i++) {
		uint64_t bits = set->bits[i];

		for (; bits; bits &= bits - 1) {
			unsigned byte = (64 * i +
					 (unsigned)__builtin_ctzll(bits)) |
					fold;

			first = byte < first ? byte : first;
			last = byte > last ? byte : last;
		}
	}
	*test = (struct filter_test){
		(unsigned char)fold, (unsigned char)first,
		(unsigned char)(last - first), 0,
	};
	if (first > last)
		return byte_set_count(set);
	count = count_with(last + 1, fold) - count_with(first, fold);
	/* Each stands for the byte without the bit, too. */
	return fold ? 2 * count : count;
}

unsigned filter_test_of(const struct byte_set *set, struct filter_test *test)
{
	unsigned fewest = narrowest(set, 0, test);
	unsigned least = byte_set_count(set);

	for (unsigned fold = 1; fold <= 0x80 && fewest > least; fold <<= 1) {
		struct filter_test other;
		unsigned count = narrowest(set, fold, &other);

		if (count < fewest) {
			fewest = count;
			*test = other;
		}
	}
	return fewest;
}

/* The longest range of SET from its first byte on, with the same of the other
 * case if that is there. */
static struct filter_test first_part(const struct byte_set *set)
{
	unsigned first = 0;
	bool folded = true;

	while (!byte_set_has(set, first))
		first++;

	unsigned last = first;

	while (last < 0xff && byte_set_has(set, last + 1))
		last++;
	for (unsigned byte = first; byte <= last; byte++)
		folded = folded && !(byte & 0x20) &&
			 byte_set_has(set, byte | 0x20);
	return (struct filter_test){
		folded ? 0x20 : 0,
		(unsigned char)(folded ? first | 0x20 : first),
		(unsigned char)(last - first), 0,
	};
}

static void remove_byte(struct byte_set *set, unsigned byte)
{
	set->bits[byte >> 6] &= ~(UINT64_C(1) << (byte & 63));
}

void filter_class_of(const struct byte_set *set, struct filter_class *class)
{
	struct byte_set rest = *set;

	class->set = *set;
	class->exact = byte_set_count(set) > 0;
	class->count = 1;
	class->parts[0] = (struct filter_test){ 0, 0, 0, 0 };
	if (!class->exact)
		return;
	for (class->count = 0; byte_set_count(&rest) > 0; class->count++) {
		if (class->count == FILTER_PARTS) {
			/* One wide part instead. */
			class->exact = filter_test_of(set, class->parts) ==
				       byte_set_count(set);
			class->count = 1;
			return;
		}

		struct filter_test part = first_part(&rest);

		class->parts[class->count] = part;
		for (unsigned i = 0; i <= part.width; i++) {
			remove_byte(&rest, part.start + i);
			if (part.fold)
				remove_byte(&rest,
					    (part.start + i) ^ part.fold);
		}
	}
}
