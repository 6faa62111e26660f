/*
 * error: one line in a fixed buffer.
 *
 * A message is first put together in a local buffer, so that an argument may
 * be part of the message that it replaces: error_set(e, "%s: %s", x,
 * e->message).  Where it is too long, the cause of the system at its end is
 * kept and what stands before it is cut.
 */
#include "octavo/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void error_store(struct error *error, long position,
			const char *suffix, const char *format, va_list args)
{
	char message[ERROR_MESSAGE_SIZE] = "";
	size_t room = sizeof message - strlen(suffix);

	if (vsnprintf(message, room, format, args) < 0)
		snprintf(message, room, "%s", format);
	strcat(message, suffix);
	memcpy(error->message, message, sizeof message);
	error->position = position;
}

bool error_set(struct error *error, const char *format, ...)
{
	if (!error)
		return false;

	va_list args;
	va_start(args, format);
	error_store(error, ERROR_NO_POSITION, "", format, args);
	va_end(args);
	return false;
}

bool error_set_at(struct error *error, size_t position, const char *format, ...)
{
	if (!error)
		return false;

	va_list args;
	va_start(args, format);
	error_store(error, (long)position, "", format, args);
	va_end(args);
	return false;
}

bool error_set_system(struct error *error, int number, const char *format, ...)
{
	if (!error)
		return false;

	char suffix[128];
	snprintf(suffix, sizeof suffix, ": %s", strerror(number));

	va_list args;
	va_start(args, format);
	error_store(error, ERROR_NO_POSITION, suffix, format, args);
	va_end(args);
	return false;
}

bool error_set_memory(struct error *error)
{
	return error_set(error, "out of memory");
}
