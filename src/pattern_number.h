/*
 * What the files that read numbers share.
 */
#ifndef OCTAVO_PATTERN_NUMBER_H
#define OCTAVO_PATTERN_NUMBER_H

#include <stdint.h>

#include "octavo/data.h"
#include "pattern_form.h"

enum {
	NUMBER_BYTES = 8,
	/* More than int, the type with most forms, can be: of 8, 4 and 2
	 * bytes, in two orders, with two ranges of at most 2 * bytes - 1. */
	NUMBER_SEQUENCES = 256,
};

/* The types that a number may have. */
struct number_types {
	char kind;		/* u, i or f; n: an integer, signed or not */
	unsigned sizes;		/* 1, 2, 4 and 8, whichever there are */
	bool orders[2];		/* little, big */
};

/* What stands behind the colon: a value, maybe another one. */
struct number_words {
	const char *text;
	size_t start;
	size_t end;
	size_t other;		/* where the second value starts; or 0 */
	bool tolerance;		/* and it is one */
};

/* The first value, or the second, as data_number_parse. */
bool number_read(const struct number_words *words, struct data_type type,
		 bool second, uint64_t *value, struct error *error);
bool number_backwards(const struct number_words *words, struct error *error);

/* A byte range for each byte, in the order of the file.  Those of one type and
 * one range of bits are a group, and stand together. */
struct number_sequence {
	unsigned size;
	unsigned group;
	bool big;		/* the highest byte is the first */
	unsigned char low[NUMBER_BYTES];
	unsigned char high[NUMBER_BYTES];
};

struct number_sequences {
	struct number_sequence list[NUMBER_SEQUENCES];
	size_t count;
	unsigned groups;
};

/* A number of SIZE bytes, at most 8, that are all ones. */
uint64_t number_all_ones(unsigned size);
/* Adds the numbers of SIZE bytes whose bits are from LOW to HIGH, in the
 * orders of TYPES. */
void number_add(struct number_sequences *sequences,
		const struct number_types *types, unsigned size, uint64_t low,
		uint64_t high);
void number_put(struct form *form, const struct number_sequences *sequences);

/* pattern_float.c: adds the floats of TYPES that WORDS say. */
bool number_read_floats(struct number_sequences *sequences,
			const struct number_types *types,
			const struct number_words *words, struct error *error);

#endif
