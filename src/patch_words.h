/*
 * patch_words: a patch that is text, line by line and word by word.
 *
 * Invariant: at <= end <= next <= size; what is left of the line, without its
 * comment, is [at, end).
 *
 * What is wanted and not there is an error that names the line and the place.
 */
#ifndef OCTAVO_PATCH_WORDS_H
#define OCTAVO_PATCH_WORDS_H

#include "patch_internal.h"

/* No document is longer, and no number larger. */
static const uint64_t words_number_maximum = (uint64_t)1 << 62;

struct words {
	struct patch_reader *patch;
	uint64_t at;
	uint64_t end;
	uint64_t next;		/* line */
	uint64_t line;		/* counted from 1 */
};

/* What is wrong at AT of the patch; false. */
bool words_fail(struct words *words, uint64_t at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* To the next line that has something in it; false at the end. */
bool words_next_line(struct words *words);
/* Goes to where the next word of the line begins. */
uint64_t words_next(struct words *words);
bool words_at_end(struct words *words);

/* Takes WORD where it stands next; or it must. */
bool words_take(struct words *words, const char *word);
bool words_want(struct words *words, const char *word);
/* Decimal, or hexadecimal with 0x. */
bool words_number(struct words *words, uint64_t *number);
/* Two hex digits. */
bool words_byte(struct words *words, unsigned char *byte);
/* Nothing more may stand in the line. */
bool words_end(struct words *words);

#endif
