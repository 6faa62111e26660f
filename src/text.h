/*
 * text: what is typed between quotation marks, as characters, and the bytes
 * that they are in an encoding.
 */
#ifndef OCTAVO_TEXT_H
#define OCTAVO_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encoding.h"
#include "octavo/error.h"

/* A character, or a byte that is the same in every encoding: \xHH, and what
 * was typed and is not UTF-8. */
struct text_unit {
	uint32_t value;
	bool is_byte;
	size_t position;	/* where it is typed */
};

struct text {
	struct text_unit *units;
	size_t count;
};

/* Reads "text" from LINE at *POSITION, the opening mark, which is moved behind
 * the closing one.  The escapes are those of octavo/data.h; the error's
 * position is in LINE.  text_free afterwards. */
bool text_parse(struct text *text, const char *line, size_t *position,
		struct error *error);
void text_free(struct text *text);

/* The bytes of a unit, and their number; 0 where ENCODING lacks it. */
size_t text_put(const struct text_unit *unit, struct encoding *encoding,
		unsigned char bytes[ENCODING_BYTES]);
/* That the encoding NAME (LENGTH bytes) lacks UNIT.  Always false. */
bool text_lacks(const struct text_unit *unit, const char *name, size_t length,
		struct error *error);

/* The value of a hexadecimal digit, or -1. */
int text_hex_digit(char digit);

#endif
