/*
 * pattern: what to look for, as one compiled PCRE2 program.
 *
 *   /regex/FLAGS  any punctuation but " { @ as the delimiter; a backslash
 *                 before the delimiter takes its meaning away.  Bytes by
 *                 default, ^ and $ at lines (newline is LF), . not a newline.
 *                 Flags: i ignore case, s dot is any byte, u UTF-8, x
 *                 extended, w whole words.
 *   data          as octavo/data.h says, with wildcards in hex.
 *
 * All kinds become one internal form: a PCRE2 pattern over bytes.  A pattern
 * is immutable, and shared with forked workers by the fork.
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
 * the text.  The error is PCRE2's message, its position the place in TEXT.
 * An empty regex is an error.
 */
struct pattern *pattern_parse(const char *text, size_t *position,
			      struct error *error);

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

/* From bytes, of which only the bits in MASK count (NULL: all). */
struct pattern *pattern_bytes(const unsigned char *bytes,
			      const unsigned char *mask, size_t length,
			      struct error *error);

void pattern_free(struct pattern *pattern);

/* As it can be typed again, delimiters and flags included. */
const char *pattern_text(const struct pattern *pattern);

#endif
