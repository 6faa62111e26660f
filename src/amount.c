/*
 * amount: how many bytes, as people say it.
 */
#include "amount.h"

#include <inttypes.h>
#include <stdio.h>

char *amount_format(uint64_t bytes, char *text, size_t size)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB",
					     "PiB", "EiB" };
	uint64_t whole = bytes;
	unsigned tenths = 0;
	size_t unit = 0;

	while (whole >= 1024 && unit < 6) {
		tenths = (unsigned)(whole % 1024 * 10 / 1024);
		whole /= 1024;
		unit++;
	}
	if (unit == 0)
		snprintf(text, size, "%" PRIu64 " B", bytes);
	else
		snprintf(text, size, "%" PRIu64 ".%u %s", whole, tenths,
			 units[unit]);
	return text;
}
