/*
 * escape: bytes from outside (file names, contents, patterns, messages) made
 * safe for a terminal.  The only filter; whatever reaches a terminal or
 * standard error passes through it or through the grid, which uses it.
 */
#ifndef OCTAVO_ESCAPE_H
#define OCTAVO_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Writes LENGTH bytes of TEXT to OUT (SIZE bytes, always terminated where
 * SIZE > 0).  Valid UTF-8 that is printable, at least one column wide and
 * neither a format, bidirectional nor combining character stays; everything
 * else becomes \xNN, a byte at a time, and a backslash stays as it is.  Cuts
 * at a whole character.  Returns the length written, without the NUL.
 */
size_t escape_text(char *out, size_t size, const char *text, size_t length);

/*
 * The next character of TEXT (LENGTH > 0 bytes): its code point in *CHARACTER
 * and its length in bytes; 1 and UINT32_MAX for a byte that starts no valid
 * UTF-8 sequence.
 */
size_t escape_decode(uint32_t *character, const char *text, size_t length);

/* CHARACTER as UTF-8 in OUT (room for 4 bytes); the length written. */
size_t escape_encode(char out[4], uint32_t character);

/* Columns that CHARACTER takes when shown as it is: 1 or 2; 0 where it must
 * be shown escaped. */
int escape_width(uint32_t character);

/* Does CHARACTER take no column of its own but change the one before it, as
 * an accent does?  escape_width is 0 for it: shown alone it is escaped. */
bool escape_combines(uint32_t character);

#endif
