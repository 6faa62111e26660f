/*
 * Floats by their value: exactly, from one to another, or near one.
 *
 * They are compared as integers: their bits, upside down where the sign is
 * set, are in the order of the values (key_of).  NaN is outside of all that.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pattern_number.h"

static uint64_t sign_of(unsigned size)
{
	return 1ull << (8 * size - 1);
}

/* From the bits of a float to an integer in the order of the values; -0 is
 * just below 0. */
static uint64_t key_of(unsigned size, uint64_t bits)
{
	return bits & sign_of(size) ? number_all_ones(size) ^ bits
				    : bits | sign_of(size);
}

static double value_of(unsigned size, uint64_t key)
{
	uint64_t bits = key & sign_of(size) ? key ^ sign_of(size)
					    : number_all_ones(size) ^ key;
	uint32_t narrow_bits = (uint32_t)bits;
	double wide;
	float narrow;

	memcpy(&wide, &bits, sizeof wide);
	memcpy(&narrow, &narrow_bits, sizeof narrow);
	return size == 4 ? (double)narrow : wide;
}

/* The key of the float nearest to VALUE. */
static uint64_t nearest(unsigned size, double value)
{
	float narrow = (float)value;
	uint32_t narrow_bits;
	uint64_t bits;

	memcpy(&narrow_bits, &narrow, sizeof narrow);
	memcpy(&bits, &value, sizeof bits);
	return key_of(size, size == 4 ? narrow_bits : bits);
}

/* The numbers from LOW to HIGH, both keys, and both zeros if one. */
static void add_floats(struct number_sequences *sequences,
		       const struct number_types *types, unsigned size,
		       uint64_t low, uint64_t high)
{
	uint64_t sign = sign_of(size);
	uint64_t ones = number_all_ones(size);

	if (low == sign)
		low--;
	if (high == sign - 1)
		high++;
	if (high >= sign)
		number_add(sequences, types, size,
			   (low > sign ? low : sign) ^ sign, high ^ sign);
	if (low < sign)
		number_add(sequences, types, size,
			   ones ^ (high < sign ? high : sign - 1), ones ^ low);
}

static void add_nans(struct number_sequences *sequences,
		     const struct number_types *types, unsigned size)
{
	uint64_t sign = sign_of(size);
	uint64_t infinity = nearest(size, (double)INFINITY) ^ sign;

	number_add(sequences, types, size, infinity + 1, sign - 1);
	number_add(sequences, types, size, (infinity | sign) + 1,
		   number_all_ones(size));
}

/* Half a unit of the last digit typed: 0.005 for 3.14, 50 for 12e2. */
static bool half_unit(const struct number_words *words, uint64_t *half,
		      struct error *error)
{
	const struct data_type wide = { 'f', NUMBER_BYTES, false };
	size_t end = words->other - 1;
	size_t at = words->start + (words->text[words->start] == '-');
	bool fraction = false;
	long exponent = -1;
	char number[32];
	char *rest;

	for (; isdigit((unsigned char)words->text[at]) ||
	       words->text[at] == '.'; at++) {
		exponent -= fraction;
		fraction |= words->text[at] == '.';
	}
	if (words->text[at] == 'e' || words->text[at] == 'E') {
		exponent += strtol(words->text + at + 1, &rest, 10);
		at = (size_t)(rest - words->text);
	}
	if (at != end)
		return error_set_at(error, words->other, "only a decimal "
				    "number has a tolerance of its own");
	snprintf(number, sizeof number, "5e%ld", exponent);
	return data_number_parse(wide, number, 0, strlen(number), half, error);
}

/* A tolerance into LOW and HIGH, keys of the value: all that is no further
 * away, or nearest to it. */
static bool widen(const struct number_words *words, unsigned size,
		  uint64_t *low, uint64_t *high, struct error *error)
{
	const struct data_type wide = { 'f', NUMBER_BYTES, false };
	uint64_t bits;
	double value, tolerance;

	if (!number_read(words, wide, false, &bits, error))
		return false;
	memcpy(&value, &bits, sizeof value);
	if (words->other == words->end
		    ? !half_unit(words, &bits, error)
		    : !number_read(words, wide, true, &bits, error))
		return false;
	memcpy(&tolerance, &bits, sizeof tolerance);
	if (!isfinite(value) || !isfinite(tolerance) || tolerance < 0)
		return error_set_at(error, words->other, "not a tolerance");

	uint64_t first = nearest(size, value - tolerance);
	uint64_t last = nearest(size, value + tolerance);

	if (value_of(size, first) < value - tolerance)
		first++;
	if (value_of(size, last) > value + tolerance)
		last--;
	*low = first < *low ? first : *low;
	*high = last > *high ? last : *high;
	return true;
}

static bool read_float(struct number_sequences *sequences,
		       const struct number_types *types, unsigned size,
		       const struct number_words *words, struct error *error)
{
	struct data_type type = { 'f', (unsigned char)size, false };
	bool range = words->other && !words->tolerance;
	uint64_t low, high;

	if (!number_read(words, type, false, &low, error))
		return false;
	high = low;
	if (range && !number_read(words, type, true, &high, error))
		return false;
	low = key_of(size, low);
	high = key_of(size, high);

	bool no_number = isnan(value_of(size, low)) ||
			 isnan(value_of(size, high));

	if (no_number && words->other)
		return error_set_at(error, words->other, "NaN has no range");
	if (no_number) {
		add_nans(sequences, types, size);
		return true;
	}
	if (words->tolerance && !widen(words, size, &low, &high, error))
		return false;
	/* Of the two zeros either may come first. */
	if (value_of(size, low) > value_of(size, high))
		return number_backwards(words, error);
	add_floats(sequences, types, size, low < high ? low : high,
		   low < high ? high : low);
	return true;
}

/* What is too large for one width may be right for the other. */
bool number_read_floats(struct number_sequences *sequences,
			const struct number_types *types,
			const struct number_words *words, struct error *error)
{
	struct error inner = ERROR_NONE;
	bool done = false;

	for (unsigned size = NUMBER_BYTES; size >= 4; size /= 2)
		if (types->sizes & size)
			done |= read_float(sequences, types, size, words,
					   &inner);
	if (!done && error)
		*error = inner;
	return done;
}
