/*
 * pattern: what to look for, as one compiled PCRE2 program.
 *
 *   /regex/FLAGS  any punctuation but " { @ as the delimiter; a backslash
 *                 before the delimiter takes its meaning away.  Bytes by
 *                 default, ^ and $ at lines (newline is LF), . not a newline.
 *                 Flags: i ignore case, s dot is any byte, u UTF-8, x
 *                 extended, w whole words.
 *
 *   "text"FLAGS:ENCODING,...
 *                 the escapes of octavo/data.h, in UTF-8 or in any of the
 *                 encodings: utf8 latin1 utf16le utf16be ebcdic, all of these,
 *                 and what else iconv knows.  One that lacks a character is
 *                 passed over, an error where none is left.  Flags: i ignore
 *                 case; w whole words: no ASCII letter, digit or _ of that
 *                 encoding before or behind.
 *
 *   {7f ?? 4? [4-8] (45|46 47) 4c}
 *                 bytes, of which ? is any digit; [N], [N-M] and [N-] are any
 *                 bytes, so many of them, as few as will do, at most 65535;
 *                 in parentheses alternatives, of which the first that fits
 *                 is taken.
 *
 *   TYPE:VALUE    a number; TYPE is that of octavo/data.h, or without le and
 *                 be, which means either byte order, or int and float, which
 *                 mean any width from 16 bits on, the widest first.
 *   TYPE:LOW..HIGH
 *                 any number from LOW to HIGH.
 *   TYPE:VALUE~TOLERANCE
 *                 a float no further than that from VALUE; without TOLERANCE
 *                 half a unit of the last digit typed, 0.005 for 3.14~.
 *                 Of floats 0 is also -0; nan is any, and in no range.
 *
 *   @FILE         a file's content.
 *
 * All become one internal form: a PCRE2 pattern over bytes.  A pattern
 * is immutable, but for its limits, and shared with forked workers by the
 * fork.
 */
#ifndef OCTAVO_PATTERN_H
#define OCTAVO_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "octavo/error.h"

struct pattern;

/*
 * Reads a pattern from TEXT at *POSITION, which is moved behind it, flags
 * included.  A regex whose closing delimiter is missing runs to the end of
 * the text.  The error's position is in TEXT; of a regex the message is
 * PCRE2's.  An empty pattern is an error.
 */
struct pattern *pattern_parse(const char *text, size_t *position,
			      struct error *error);

/* Does a pattern that is not a regex stand at POSITION, by its beginning? */
bool pattern_is_data(const char *text, size_t position);

/*
 * The same for /regex/replacement/flags, with all three delimiters.  Where in
 * TEXT the replacement stands is in *START and *LENGTH (octavo/replacement.h
 * reads it).
 */
struct pattern *pattern_parse_replace(const char *text, size_t *position,
				      size_t *start, size_t *length,
				      struct error *error);

/* From a regex without delimiters (LENGTH bytes), with FLAGS as letters. */
struct pattern *pattern_regex(const char *regex, size_t length,
			      const char *flags, struct error *error);

void pattern_free(struct pattern *pattern);

/* What one attempt may take before the search fails, naming the limit; 0: the
 * usual.  For searches begun from then on. */
struct pattern_limits {
	uint32_t matches;	/* PCRE2's own measure of work */
	uint32_t heap;		/* in MiB, of the interpreter */
	uint32_t stack;		/* in MiB, of compiled patterns */
};

enum { PATTERN_MIB_MAXIMUM = 4096 };

void pattern_set_limits(struct pattern *pattern,
			const struct pattern_limits *limits);

/* As it can be typed again, delimiters and flags included. */
const char *pattern_text(const struct pattern *pattern);

#endif
