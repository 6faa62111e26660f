/*
 * u32le:1000..2000, int:5, f32le:3.14~0.01: numbers by their value, in one
 * width and byte order or in several.
 *
 * A range of values is one or two ranges of bits in each type, and those are
 * sequences of byte ranges (pattern_range.c).
 */
#include "pattern_number.h"

#include <string.h>

/* --- types --- */

static bool read_word(const char *text, size_t *at, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(text + *at, word, length) != 0)
		return false;
	*at += length;
	return true;
}

static bool read_kind(struct number_types *types, const char *text,
		      size_t *at)
{
	static const struct {
		const char *name;
		char kind;
		unsigned sizes;
	} kinds[] = {
		{ "int", 'n', 2 | 4 | 8 }, { "float", 'f', 4 | 8 },
		{ "u8", 'u', 1 },	   { "i8", 'i', 1 },
		{ "u16", 'u', 2 },	   { "i16", 'i', 2 },
		{ "u32", 'u', 4 },	   { "i32", 'i', 4 },
		{ "u64", 'u', 8 },	   { "i64", 'i', 8 },
		{ "f32", 'f', 4 },	   { "f64", 'f', 8 },
	};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (read_word(text, at, kinds[i].name)) {
			types->kind = kinds[i].kind;
			types->sizes = kinds[i].sizes;
			return true;
		}
	return false;
}

/* TYPE: at *AT, which is moved behind the colon. */
static bool read_types(struct number_types *types, const char *text,
		       size_t *at)
{
	if (!read_kind(types, text, at))
		return false;
	types->orders[0] = types->orders[1] = true;
	if (types->sizes == 1)
		types->orders[1] = false;
	else if (read_word(text, at, "le"))
		types->orders[1] = false;
	else if (read_word(text, at, "be"))
		types->orders[0] = false;
	return read_word(text, at, ":");
}

bool pattern_is_number(const char *text, size_t position)
{
	struct number_types types;

	return read_types(&types, text, &position);
}

/* --- what is typed --- */

static void find_words(struct number_words *words, const char *text,
		       size_t at)
{
	*words = (struct number_words){ .text = text, .start = at };
	words->end = at + strcspn(text + at, " \t\r\n");
	for (; at < words->end && !words->other; at++) {
		bool range = !strncmp(text + at, "..", 2);

		words->tolerance = text[at] == '~';
		if (range || words->tolerance)
			words->other = at + 1 + range;
	}
}

bool number_read(const struct number_words *words, struct data_type type,
		 bool second, uint64_t *value, struct error *error)
{
	size_t start = second ? words->other : words->start;
	size_t end = words->end;

	if (!second && words->other)
		end = words->other - (words->tolerance ? 1 : 2);
	return data_number_parse(type, words->text, start, end - start, value,
				 error);
}

bool number_backwards(const struct number_words *words, struct error *error)
{
	return error_set_at(error, words->other,
			    "the range ends before it begins");
}

/* --- integers --- */

/* An end of a range: 64 bits of an integer of either sign. */
struct end {
	uint64_t bits;
	bool negative;
};

static bool read_end(const struct number_words *words,
		     const struct number_types *types, bool second,
		     struct end *end, struct error *error)
{
	bool minus = words->text[second ? words->other : words->start] == '-';
	struct data_type type = { types->kind, (unsigned char)types->sizes,
				  false };

	if (types->kind == 'n')
		type = (struct data_type){ minus ? 'i' : 'u', NUMBER_BYTES,
					   false };
	if (!number_read(words, type, second, &end->bits, error))
		return false;
	end->negative = type.kind == 'i' && end->bits >> 63;
	return true;
}

static void add_integers(struct number_sequences *sequences,
			 const struct number_types *types, unsigned size,
			 struct end low, struct end high)
{
	uint64_t mask = number_all_ones(size);
	uint64_t sign = mask ^ mask >> 1;
	/* The least negative number, in 64 bits. */
	uint64_t least = ~(sign - 1);
	uint64_t most = types->kind == 'i' ? sign - 1 : mask;

	if (low.negative) {
		uint64_t first = low.bits > least ? low.bits : least;
		uint64_t last = high.negative ? high.bits : UINT64_MAX;

		if (first <= last)
			number_add(sequences, types, size, first & mask,
				   last & mask);
		low.bits = 0;
	}
	if (high.negative)
		return;
	if (high.bits < most)
		most = high.bits;
	if (low.bits <= most)
		number_add(sequences, types, size, low.bits, most);
}

static bool read_integers(struct number_sequences *sequences,
			  const struct number_types *types,
			  const struct number_words *words,
			  struct error *error)
{
	struct end low, high;

	if (words->tolerance)
		return error_set_at(error, words->other - 1, "a tolerance is "
				    "for f32 and f64; for integers there is "
				    "LOW..HIGH");
	if (!read_end(words, types, false, &low, error))
		return false;
	high = low;
	if (words->other && !read_end(words, types, true, &high, error))
		return false;
	if (low.negative == high.negative ? low.bits > high.bits
					  : high.negative)
		return number_backwards(words, error);
	for (unsigned size = NUMBER_BYTES; size > 0; size /= 2)
		if (types->sizes & size)
			add_integers(sequences, types, size, low, high);
	return true;
}

/* --- */

bool pattern_read_number(struct form *form, const char *text, size_t *at,
			 struct error *error)
{
	struct number_sequences sequences = { .count = 0 };
	struct number_types types = { .kind = 'u' };
	struct number_words words;

	read_types(&types, text, at);
	find_words(&words, text, *at);
	if (types.kind == 'f'
		    ? !number_read_floats(&sequences, &types, &words, error)
		    : !read_integers(&sequences, &types, &words, error))
		return false;
	number_put(form, &sequences);
	*at = words.end;
	return true;
}
