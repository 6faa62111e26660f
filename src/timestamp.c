/*
 * timestamp: the time that a line of a log says it is of.
 *
 * Each form is a regex whose groups have one-letter names for the parts of a
 * time; reading one is copying what they hold.  The form that has matched last
 * is asked first: the lines of a log are alike.
 *
 * Days are counted as in "chrono-Compatible Low-Level Date Algorithms" (Howard
 * Hinnant), from 1970-01-01, in the Gregorian calendar.
 */
#include "timestamp.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define MONTH "(?<m>0[1-9]|1[0-2])"
#define DAY "(?<d>0[1-9]|[12]\\d|3[01])"
#define NAMED "(?<b>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
#define NAMED_DAY "(?<d>0?[1-9]|[12]\\d|3[01])"
#define MINUTE "(?<H>[01]?\\d|2[0-4]):(?<M>[0-5]\\d)"
#define FRACTION "(?:[.,](?<f>\\d{1,9})\\d*)?"
#define CLOCK MINUTE ":(?<S>[0-5]\\d|60)(?!\\d)" FRACTION
#define ZONE "(?:\\s?(?<z>Z|UTC|GMT|[+-]\\d\\d:?\\d\\d)(?!\\w))?"
#define FREE "(?<![\\w.])"

enum { FORMS_OF_LINES = 12, FORMS = 16 };

/* Those of lines, the more particular ones first; then those that only a user
 * writes. */
static const char *const forms[FORMS] = {
	FREE "(?<Y>\\d{4})([-/.])" MONTH "\\g{2}" DAY
	     "(?:[Tt]|[ _:-]\\s*)" CLOCK ZONE,
	FREE NAMED_DAY "[/ -]" NAMED "[/ -](?<Y>\\d{4})(?::|,?\\s+)"
	     CLOCK ZONE,
	FREE NAMED "\\s+" NAMED_DAY ",?\\s+(?:(?<Y>\\d{4}),?\\s+)?" CLOCK
	     "(?:(?:\\s+[A-Z]{3,4})?\\s+(?<Y>\\d{4})(?!\\d))?",
	FREE MONTH "/" DAY "/(?<Y>\\d{4}),?\\s+" CLOCK
	     "(?:\\s?(?<p>[AaPp])[Mm]\\b)?",
	"^[IWEFDV]" MONTH DAY "\\s+" CLOCK,
	FREE MONTH "-" DAY "\\s+" CLOCK,
	FREE "(?<Y>(?:19|20)\\d\\d)" MONTH DAY "[T _-]?"
	     "(?<H>[01]\\d|2[0-3])(?<M>[0-5]\\d)(?<S>[0-5]\\d)(?!\\d)"
	     FRACTION ZONE,
	"^(?<y>\\d\\d)" MONTH DAY " "
	"(?<H>[01]\\d|2[0-3])(?<M>[0-5]\\d)(?<S>[0-5]\\d)(?!\\d)",
	"^(?:<\\d+>)?\\[\\s*(?<u>\\d{1,9})\\.(?<f>\\d{1,9})\\]",
	"(?:^\\[?|\"(?:ts|time|timestamp)\"\\s*:\\s*\"?)(?<e>1\\d{9})"
	"(?:(?<f>\\d{3})|[.,](?<f>\\d{1,9})\\d*)?(?![\\d.])",
	"(?:^\\[?|\"(?:ts|time|timestamp)\"\\s*:\\s*\"?)(?<e>1\\d{9})"
	"(?<f>\\d{6}|\\d{9})(?![\\d.])",
	FREE CLOCK,

	"^(?<Y>\\d{4})([-/.])" MONTH "\\g{2}" DAY
	"(?:(?:[Tt]|\\s+)" MINUTE ZONE ")?$",
	"^" MONTH "-" DAY "(?:\\s+" MINUTE ")?$",
	"^" MINUTE "$",
	"^(?<s>\\d{1,15})(?:\\.(?<f>\\d{1,9})\\d*)?$",
};

struct form {
	pcre2_code *code;
	uint32_t name_count;
	uint32_t name_size;
	PCRE2_SPTR names;
};

struct timestamps {
	struct form forms[FORMS];
	pcre2_match_data *data;
	size_t last;		/* that has matched */
};

/* --- the forms --- */

static bool compile(struct timestamps *timestamps, size_t index)
{
	struct form *form = &timestamps->forms[index];
	int number;
	PCRE2_SIZE offset;

	form->code = pcre2_compile((PCRE2_SPTR)forms[index],
				   PCRE2_ZERO_TERMINATED, PCRE2_DUPNAMES,
				   &number, &offset, NULL);
	if (!form->code)
		return false;
	pcre2_pattern_info(form->code, PCRE2_INFO_NAMECOUNT,
			   &form->name_count);
	pcre2_pattern_info(form->code, PCRE2_INFO_NAMEENTRYSIZE,
			   &form->name_size);
	pcre2_pattern_info(form->code, PCRE2_INFO_NAMETABLE, &form->names);
	return true;
}

struct timestamps *timestamps_new(struct error *error)
{
	struct timestamps *timestamps = calloc(1, sizeof *timestamps);
	bool made = timestamps != NULL;

	for (size_t i = 0; made && i < FORMS; i++)
		made = compile(timestamps, i);
	if (made)
		timestamps->data = pcre2_match_data_create(16, NULL);
	if (made && timestamps->data)
		return timestamps;
	timestamps_free(timestamps);
	error_set_memory(error);
	return NULL;
}

void timestamps_free(struct timestamps *timestamps)
{
	if (!timestamps)
		return;
	for (size_t i = 0; i < FORMS; i++)
		pcre2_code_free(timestamps->forms[i].code);
	pcre2_match_data_free(timestamps->data);
	free(timestamps);
}

/* --- what their groups say --- */

static int month_of(const char *name)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int month = 1;

	while (memcmp(names + 3 * (month - 1), name, 3) != 0)
		month++;
	return month;
}

static int zone_of(const char *text, size_t length)
{
	if (text[0] != '+' && text[0] != '-')
		return 0;

	int hours = (text[1] - '0') * 10 + text[2] - '0';
	int minutes = (text[length - 2] - '0') * 10 + text[length - 1] - '0';
	int zone = 60 * hours + minutes;

	return text[0] == '-' ? -zone : zone;
}

static uint32_t nanoseconds_of(const char *digits, size_t length)
{
	uint32_t value = 0;

	for (size_t i = 0; i < 9; i++)
		value = 10 * value
			+ (i < length ? (uint32_t)(digits[i] - '0') : 0);
	return value;
}

/* From the afternoon on twelve hours are to be added; at noon they are in, at
 * midnight too many. */
static void take_half(struct timestamp *stamp, char half)
{
	int64_t hour = stamp->seconds / 3600;

	if ((half == 'p' || half == 'P') && hour < 12)
		stamp->seconds += 12 * 3600;
	else if ((half == 'a' || half == 'A') && hour == 12)
		stamp->seconds -= 12 * 3600;
}

static void take(struct timestamp *stamp, char name, const char *text,
		 size_t length)
{
	int64_t value = 0;

	if (text[0] >= '0' && text[0] <= '9')
		value = strtoll(text, NULL, 10);
	switch (name) {
	case 'Y':
	case 'y':
		stamp->year = (int)value + (name == 'y' ? 2000 : 0);
		stamp->parts |= TIMESTAMP_YEAR;
		break;
	case 'm':
		stamp->month = (int)value;
		stamp->parts |= TIMESTAMP_DAY;
		break;
	case 'b':
		stamp->month = month_of(text);
		stamp->parts |= TIMESTAMP_DAY;
		break;
	case 'd':
		stamp->day = (int)value;
		break;
	case 'H':
		stamp->seconds += 3600 * value;
		stamp->parts |= TIMESTAMP_CLOCK;
		break;
	case 'M':
		stamp->seconds += 60 * value;
		break;
	case 'S':
		stamp->seconds += value;
		break;
	case 'f':
		stamp->nanoseconds = nanoseconds_of(text, length);
		break;
	case 'z':
		stamp->zone = zone_of(text, length);
		stamp->parts |= TIMESTAMP_ZONE;
		break;
	case 'e':
	case 'u':
	case 's':
		stamp->seconds = value;
		stamp->parts = name == 'e' ? TIMESTAMP_SINCE_1970 :
			       name == 'u' ? TIMESTAMP_SINCE_START
					   : TIMESTAMP_SECONDS;
		break;
	}
}

/* A group's text ends where something that is no digit of it may follow, so
 * it is copied. */
static void take_group(struct timestamp *stamp, char name, const char *text,
		       size_t length)
{
	char copy[32];

	if (length >= sizeof copy)
		length = sizeof copy - 1;
	memcpy(copy, text, length);
	copy[length] = '\0';
	take(stamp, name, copy, length);
}

static bool read_form(struct timestamps *timestamps, size_t index,
		      const char *line, size_t length,
		      struct timestamp *stamp)
{
	const struct form *form = &timestamps->forms[index];
	const PCRE2_SIZE *places;
	char half = '\0';

	if (pcre2_match(form->code, (PCRE2_SPTR)line, length, 0, 0,
			timestamps->data, NULL) < 0)
		return false;
	*stamp = (struct timestamp){ .parts = 0 };
	places = pcre2_get_ovector_pointer(timestamps->data);
	for (uint32_t i = 0; i < form->name_count; i++) {
		PCRE2_SPTR entry = form->names + i * form->name_size;
		unsigned group = (unsigned)entry[0] << 8 | entry[1];
		PCRE2_SIZE start = places[2 * group];

		if (start == PCRE2_UNSET)
			continue;
		if (entry[2] == 'p')
			half = line[start];
		else
			take_group(stamp, (char)entry[2], line + start,
				   places[2 * group + 1] - start);
	}
	take_half(stamp, half);
	return true;
}

static bool read_any(struct timestamps *timestamps, size_t count,
		     const char *line, size_t length, struct timestamp *stamp)
{
	size_t last = timestamps->last;

	if (read_form(timestamps, last, line, length, stamp))
		return true;
	for (size_t i = 0; i < count; i++) {
		if (i == last || !read_form(timestamps, i, line, length,
					    stamp))
			continue;
		if (i < FORMS_OF_LINES)
			timestamps->last = i;
		return true;
	}
	return false;
}

bool timestamps_read(struct timestamps *timestamps, const void *line,
		     size_t length, struct timestamp *stamp)
{
	if (length > TIMESTAMP_WITHIN)
		length = TIMESTAMP_WITHIN;
	return read_any(timestamps, FORMS_OF_LINES, line, length, stamp);
}

bool timestamps_parse(struct timestamps *timestamps, const char *text,
		      size_t length, struct timestamp *stamp,
		      struct error *error)
{
	if (length <= TIMESTAMP_WITHIN) {
		/* First as a whole: no form of a line leaves parts out. */
		for (size_t i = FORMS_OF_LINES; i < FORMS; i++)
			if (read_form(timestamps, i, text, length, stamp))
				return true;
		if (read_any(timestamps, FORMS_OF_LINES, text, length, stamp))
			return true;
	}
	return error_set(error, "%.*s is no time: 2026-11-22 10:15:30, "
			 "2026-11-22, 10:15, or as the file has it",
			 length > 40 ? 40 : (int)length, text);
}

/* --- comparing --- */

static int64_t days_of(int year, int month, int day)
{
	int64_t y = (int64_t)year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5
			  + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100
	       + of_year - 719468;
}

/* A time since 1970 has the date that it has here. */
static struct timestamp dated(const struct timestamp *stamp)
{
	struct timestamp date = *stamp;
	time_t seconds = (time_t)stamp->seconds;
	struct tm broken;

	if (!(stamp->parts & TIMESTAMP_SINCE_1970)
	    || !localtime_r(&seconds, &broken))
		return date;
	date.parts = TIMESTAMP_YEAR | TIMESTAMP_DAY;
	date.year = broken.tm_year + 1900;
	date.month = broken.tm_mon + 1;
	date.day = broken.tm_mday;
	return date;
}

void timestamp_complete(struct timestamp *target,
			const struct timestamp *from)
{
	struct timestamp date = dated(from);
	const struct timestamp *other = &date;

	if (!(target->parts & TIMESTAMP_DAY)
	    && target->parts & TIMESTAMP_CLOCK
	    && other->parts & TIMESTAMP_DAY) {
		target->month = other->month;
		target->day = other->day;
		target->parts |= TIMESTAMP_DAY;
	}
	if (!(target->parts & TIMESTAMP_YEAR) && target->parts & TIMESTAMP_DAY
	    && other->parts & TIMESTAMP_YEAR) {
		target->year = other->year;
		target->parts |= TIMESTAMP_YEAR;
	}
}

void timestamp_date(struct timestamp *stamp, int64_t now)
{
	int64_t today = now / 86400;
	struct tm broken;
	time_t time = (time_t)now;

	if (stamp->parts & TIMESTAMP_YEAR || !(stamp->parts & TIMESTAMP_DAY)
	    || !gmtime_r(&time, &broken))
		return;
	stamp->year = broken.tm_year + 1900;
	/* At the end of a year tomorrow is in the next. */
	if (days_of(stamp->year + 1, stamp->month, stamp->day) <= today + 1)
		stamp->year++;
	else if (days_of(stamp->year, stamp->month, stamp->day) > today + 1)
		stamp->year--;
	stamp->parts |= TIMESTAMP_YEAR;
}

static int compare(int64_t one, int64_t other)
{
	return (one > other) - (one < other);
}

/* Seconds since 1970 as a clock shows them that keeps no zone. */
static int64_t written(const struct timestamp *stamp)
{
	return 86400 * days_of(stamp->year, stamp->month, stamp->day)
	       + stamp->seconds;
}

static int64_t absolute(const struct timestamp *stamp)
{
	struct tm broken = {
		.tm_year = stamp->year - 1900,
		.tm_mon = stamp->month - 1,
		.tm_mday = stamp->day,
		.tm_sec = (int)stamp->seconds,
		.tm_isdst = -1,
	};

	if (stamp->parts & TIMESTAMP_ZONE)
		return written(stamp) - 60 * stamp->zone;
	return (int64_t)mktime(&broken);
}

static bool is_complete(const struct timestamp *stamp)
{
	unsigned date = TIMESTAMP_YEAR | TIMESTAMP_DAY;

	return (stamp->parts & date) == date;
}

bool timestamp_compare(const struct timestamp *stamp,
		       const struct timestamp *target, int *order)
{
	unsigned both = stamp->parts & target->parts;
	unsigned numbers = TIMESTAMP_SINCE_1970 | TIMESTAMP_SINCE_START
			   | TIMESTAMP_SECONDS;

	if (stamp->parts & numbers && target->parts & numbers)
		*order = compare(stamp->seconds, target->seconds);
	else if (stamp->parts & TIMESTAMP_SINCE_1970 && is_complete(target))
		*order = compare(stamp->seconds, absolute(target));
	else if (is_complete(stamp) && target->parts & numbers)
		*order = compare(absolute(stamp), target->seconds);
	else if (both & TIMESTAMP_ZONE && is_complete(stamp)
		 && is_complete(target))
		*order = compare(absolute(stamp), absolute(target));
	else if (is_complete(stamp) && is_complete(target))
		*order = compare(written(stamp), written(target));
	else if (both & TIMESTAMP_CLOCK && !(stamp->parts & TIMESTAMP_DAY))
		*order = compare(stamp->seconds, target->seconds);
	else
		return false;
	if (*order == 0)
		*order = compare(stamp->nanoseconds, target->nanoseconds);
	return true;
}
