/*
 * error: what went wrong, in one line.
 *
 * Whatever can fail takes a struct error * last and returns false or NULL.
 * The message is built where the cause is known: it names the file, the
 * offset and the cause, begins in lower case and has no full stop.  It may
 * hold raw bytes of a file name or a pattern; whoever shows it passes it
 * through escape_text() (octavo/escape.h), nobody else needs to.
 *
 * Every function accepts a NULL error and then keeps the message to itself.
 * Nothing here allocates, so running out of memory can be reported too.
 */
#ifndef OCTAVO_ERROR_H
#define OCTAVO_ERROR_H

#include <stdbool.h>
#include <stddef.h>

enum { ERROR_MESSAGE_SIZE = 1024 };
enum { ERROR_NO_POSITION = -1 };

struct error {
	char message[ERROR_MESSAGE_SIZE];
	/* Where in the text that was being read the cause lies, in bytes, for
	 * a caret; ERROR_NO_POSITION where there is no such text. */
	long position;
};

#define ERROR_NONE { .message = "", .position = ERROR_NO_POSITION }

/* Sets the message, printf style, and no position.  Always false, so that a
 * function can say "return error_set(error, ...)". */
bool error_set(struct error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same, with the place in the text that was being read. */
bool error_set_at(struct error *error, size_t position, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same, followed by ": " and what the system says of errno NUMBER. */
bool error_set_system(struct error *error, int number, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* "out of memory". */
bool error_set_memory(struct error *error);

#endif
