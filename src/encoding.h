/*
 * encoding: characters as bytes, in UTF-8 and whatever else iconv knows.
 *
 * Only encodings in which a character is the same bytes wherever it stands:
 * one that marks its start or has states is refused, or lacks the characters
 * for which it would change its state.
 */
#ifndef OCTAVO_ENCODING_H
#define OCTAVO_ENCODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "octavo/error.h"

enum { ENCODING_BYTES = 16 };	/* of one character, at most */

struct encoding;

/* How many characters at TEXT may be the name of one; 0: none. */
size_t encoding_name_length(const char *text);

/*
 * The encoding NAME (LENGTH bytes of it): utf8, latin1, utf16le, utf16be,
 * ebcdic (that of the United States, IBM037), or as iconv names it.  The error
 * says that iconv does not know it.
 */
struct encoding *encoding_open(const char *name, size_t length,
			       struct error *error);
void encoding_close(struct encoding *encoding);
/* False where iconv does not know it. */
bool encoding_is_known(const char *name);

/* The bytes of CHARACTER, and their number; 0 where there is no such
 * character. */
size_t encoding_put(struct encoding *encoding, uint32_t character,
		    unsigned char bytes[ENCODING_BYTES]);

/*
 * --- reading, in those that a view knows ---
 *
 * Bytes need not be text: what is no character is passed over in its smallest
 * part, so one gets into step again wherever one begins.
 */
enum encoding_form {
	ENCODING_UTF8,
	ENCODING_LATIN1,
	ENCODING_UTF16LE,
	ENCODING_UTF16BE,
	ENCODING_EBCDIC,
	ENCODING_FORMS
};

/* As encoding_open takes it. */
const char *encoding_form_name(enum encoding_form form);

/* The first character of BYTES (LENGTH > 0 of them) in *CHARACTER, UINT32_MAX
 * where they begin none, and of how many bytes it is.  Half of a pair in UTF-16
 * is told as what it is: d800 to dfff. */
size_t encoding_get(enum encoding_form form, const unsigned char *bytes,
		    size_t length, uint32_t *character);

/* How many bytes before AT, of LENGTH BYTES, the character begins that a cut
 * at AT would go through; 0: none. */
size_t encoding_split(enum encoding_form form, const unsigned char *bytes,
		      size_t at, size_t length);

#endif
