/*
 * What the kinds of pattern that are not regexes become: a regex over bytes,
 * in which . is any byte (PCRE2_DOTALL), written piece by piece.
 *
 * Running out of memory is remembered in FAILED; what is put afterwards is
 * ignored, so it is enough to ask once, at the end.
 */
#ifndef OCTAVO_PATTERN_FORM_H
#define OCTAVO_PATTERN_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "octavo/error.h"

struct form {
	char *text;		/* LENGTH characters, then NUL; or NULL */
	size_t length;
	size_t capacity;
	bool failed;
};

/* A string of bytes that is one of several. */
struct form_string {
	unsigned char bytes[16];
	size_t length;
};

void form_free(struct form *form);

/* A piece of a regex, as it is. */
void form_put(struct form *form, const char *text);
void form_bytes(struct form *form, const unsigned char *bytes, size_t length);
/* One byte out of SET. */
void form_set(struct form *form, const bool set[256]);
/* One byte from LOW to HIGH. */
void form_range(struct form *form, unsigned low, unsigned high);
/* Any of COUNT > 0 strings. */
void form_any_of(struct form *form, const struct form_string *strings,
		 size_t count);

/*
 * Each reads a kind of pattern from TEXT at *AT, which is moved behind it, and
 * puts it into FORM, which stays empty where there is nothing to look for.
 * The error's position is in TEXT.
 */
bool pattern_read_text(struct form *form, const char *text, size_t *at,
		       struct error *error);
bool pattern_read_hex(struct form *form, const char *text, size_t *at,
		      struct error *error);
bool pattern_read_number(struct form *form, const char *text, size_t *at,
			 struct error *error);
/* Does a number stand at POSITION, by its type? */
bool pattern_is_number(const char *text, size_t position);

#endif
