/*
 * data: bytes as they are written in commands.
 *
 *   "text"        UTF-8; escapes \n \t \r \0 \xHH \uHHHH \" \\ (and \e \a)
 *   "text":NAME   in another encoding, utf16le for one; \xHH is that byte also
 *                 there
 *   {7f 45 4c 46} hex bytes, blanks optional
 *   u32le:258     numbers: u8 i8 u16le u16be ... u64be i64be f32le f64be;
 *                 the value decimal, 0x hex, negative for i, or a C float;
 *                 out of range is an error
 *   @FILE         a file's content, up to the end of the line; a pipe or a
 *                 device is refused
 */
#ifndef OCTAVO_DATA_H
#define OCTAVO_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "octavo/error.h"

struct data {
	unsigned char *bytes;
	size_t length;
};

/*
 * Reads one piece of data from TEXT (NUL-terminated) at *POSITION, which is
 * moved behind it.  The error's position is in TEXT.  data_free afterwards.
 */
bool data_parse(struct data *data, const char *text, size_t *position,
		struct error *error);
/* Does TEXT at POSITION look like data at all (by its first characters)? */
bool data_starts(const char *text, size_t position);
/* The content of the regular file PATH; data_free afterwards. */
bool data_read_file(struct data *data, const char *path,
		    struct error *error);
void data_free(struct data *data);

/* How a number lies in memory. */
struct data_type {
	char kind;		/* u, i or f */
	unsigned char size;	/* bytes */
	bool big;		/* the highest byte comes first */
};

/* Reads the name of a type, as u16le, from TEXT at *POSITION, which is moved
 * behind it; false where none stands there. */
bool data_type_parse(struct data_type *type, const char *text,
		     size_t *position);
/* The LENGTH characters of TEXT at START as a number of TYPE: its bits in
 * *VALUE, those of a negative integer up to the 64th. */
bool data_number_parse(struct data_type type, const char *text, size_t start,
		       size_t length, uint64_t *value, struct error *error);
/* The bits of the number at BYTES, and VALUE put there, modulo its width. */
uint64_t data_number(struct data_type type, const unsigned char *bytes);
void data_put_number(struct data_type type, uint64_t value,
		     unsigned char *bytes);

#endif
