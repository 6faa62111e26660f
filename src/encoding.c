/*
 * encoding: characters as bytes.
 *
 * A character is converted alone, from the initial state back to it.  What
 * is written on the way back would not stand there between two characters of
 * a text, so whoever writes something then cannot be searched for character
 * by character.  UTF-8 needs no conversion, and works where iconv has nothing.
 *
 * Reading must take any bytes and be fast, so it is done here; iconv is asked
 * for the 256 characters of EBCDIC, once.
 */
#include "encoding.h"

#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "octavo/escape.h"

enum { ENCODING_NAME = 64 };

struct encoding {
	bool converts;		/* else it is UTF-8 */
	iconv_t converter;
};

/* Our names that iconv has others for. */
static const struct {
	const char *name;
	const char *iconv;
} names[] = {
	{ "utf8", "UTF-8" },	   { "latin1", "ISO-8859-1" },
	{ "utf16le", "UTF-16LE" }, { "utf16be", "UTF-16BE" },
	{ "ebcdic", "IBM037" },
};

size_t encoding_name_length(const char *text)
{
	size_t length = 0;

	while (isalnum((unsigned char)text[length]) ||
	       (text[length] && strchr("-_.", text[length])))
		length++;
	return length;
}

static const char *iconv_name(const char *name)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(names[i].name, name))
			return names[i].iconv;
	return name;
}

/* COUNT times CHARACTER; SIZE_MAX where that cannot be done. */
static size_t convert(struct encoding *encoding, uint32_t character,
		      unsigned count, char *bytes, size_t size)
{
	char from[8];
	char *in = from;
	char *out = bytes;
	size_t in_left = escape_encode(from, character);
	size_t out_left = size;

	if (count == 2) {
		memcpy(from + in_left, from, in_left);
		in_left *= 2;
	}
	iconv(encoding->converter, NULL, NULL, NULL, NULL);
	/* Anything but 0 says that it put another character there. */
	if (iconv(encoding->converter, &in, &in_left, &out, &out_left) != 0)
		return SIZE_MAX;

	size_t length = size - out_left;

	if (iconv(encoding->converter, NULL, NULL, &out, &out_left) != 0 ||
	    size - out_left != length)
		return SIZE_MAX;
	return length;
}

/* Does it write the same for a character the second time? */
static bool is_plain(struct encoding *encoding)
{
	char bytes[2 * ENCODING_BYTES];
	size_t one = convert(encoding, 'A', 1, bytes, sizeof bytes);
	size_t two = convert(encoding, 'A', 2, bytes, sizeof bytes);

	return one != SIZE_MAX && two == 2 * one &&
	       !memcmp(bytes, bytes + one, one);
}

/* False also where there is nothing to convert. */
static bool open_converter(struct encoding *encoding, const char *name)
{
	iconv_t none = (iconv_t)-1;

	errno = 0;
	encoding->converter = strcmp(name, "utf8")
				      ? iconv_open(iconv_name(name), "UTF-8")
				      : none;
	encoding->converts = encoding->converter != none;
	return encoding->converts;
}

bool encoding_is_known(const char *name)
{
	struct encoding encoding;

	if (!open_converter(&encoding, name))
		return errno != EINVAL;
	iconv_close(encoding.converter);
	return true;
}

static bool open_named(struct encoding *encoding, const char *name,
		       struct error *error)
{
	if (!open_converter(encoding, name))
		return errno == 0 ||
		       (errno == EINVAL
			? error_set(error, "iconv knows no encoding %s", name)
			: error_set_system(error, errno, "%s", name));
	return is_plain(encoding) ||
	       error_set(error, "%s marks its start or has states: it cannot "
			 "be searched for", name);
}

struct encoding *encoding_open(const char *name, size_t length,
			       struct error *error)
{
	char word[ENCODING_NAME];

	if (length == 0 || length >= sizeof word) {
		error_set(error, "the name of an encoding is wanted here");
		return NULL;
	}
	memcpy(word, name, length);
	word[length] = '\0';

	struct encoding *encoding = calloc(1, sizeof *encoding);

	if (!encoding) {
		error_set_memory(error);
		return NULL;
	}
	if (open_named(encoding, word, error))
		return encoding;
	encoding_close(encoding);
	return NULL;
}

void encoding_close(struct encoding *encoding)
{
	if (encoding && encoding->converts)
		iconv_close(encoding->converter);
	free(encoding);
}

size_t encoding_put(struct encoding *encoding, uint32_t character,
		    unsigned char bytes[ENCODING_BYTES])
{
	size_t length;

	if (!encoding->converts)
		return escape_encode((char *)bytes, character);
	length = convert(encoding, character, 1, (char *)bytes,
			 ENCODING_BYTES);
	return length == SIZE_MAX ? 0 : length;
}

/* --- reading --- */

const char *encoding_form_name(enum encoding_form form)
{
	/* The names stand in the order of the forms. */
	return names[form].name;
}

/* Where iconv has no EBCDIC, all of it is what begins no character. */
static const uint32_t *ebcdic(void)
{
	static uint32_t table[256];
	static bool made;

	if (made)
		return table;

	iconv_t converter = iconv_open("UTF-8", iconv_name("ebcdic"));

	made = true;
	for (unsigned i = 0; i < 256; i++) {
		char byte = (char)i;
		char text[8];
		char *in = &byte;
		char *out = text;
		size_t in_left = 1;
		size_t out_left = sizeof text;

		table[i] = UINT32_MAX;
		if (converter != (iconv_t)-1 &&
		    iconv(converter, &in, &in_left, &out, &out_left) == 0)
			escape_decode(&table[i], text, sizeof text - out_left);
	}
	if (converter != (iconv_t)-1)
		iconv_close(converter);
	return table;
}

static uint32_t unit_of(enum encoding_form form, const unsigned char *bytes)
{
	return form == ENCODING_UTF16LE ? bytes[0] | (uint32_t)bytes[1] << 8
					: bytes[1] | (uint32_t)bytes[0] << 8;
}

static bool is_high(uint32_t unit)
{
	return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_low(uint32_t unit)
{
	return unit >= 0xdc00 && unit < 0xe000;
}

static size_t get_utf16(enum encoding_form form, const unsigned char *bytes,
			size_t length, uint32_t *character)
{
	*character = UINT32_MAX;
	if (length < 2)
		return 1;
	*character = unit_of(form, bytes);
	if (!is_high(*character) || length < 4)
		return 2;

	uint32_t low = unit_of(form, bytes + 2);

	if (!is_low(low))
		return 2;
	*character = 0x10000 + ((*character - 0xd800) << 10) + (low - 0xdc00);
	return 4;
}

size_t encoding_get(enum encoding_form form, const unsigned char *bytes,
		    size_t length, uint32_t *character)
{
	switch (form) {
	case ENCODING_UTF16LE:
	case ENCODING_UTF16BE:
		return get_utf16(form, bytes, length, character);
	case ENCODING_EBCDIC:
		*character = ebcdic()[bytes[0]];
		return 1;
	case ENCODING_LATIN1:
		*character = bytes[0];
		return 1;
	case ENCODING_UTF8:
	case ENCODING_FORMS:
		break;
	}
	return escape_decode(character, (const char *)bytes, length);
}

size_t encoding_split(enum encoding_form form, const unsigned char *bytes,
		      size_t at, size_t length)
{
	size_t step = form == ENCODING_UTF8 ? 1 : 2;
	size_t most = form == ENCODING_UTF8 ? 3 : 2;

	if (form == ENCODING_LATIN1 || form == ENCODING_EBCDIC)
		return 0;
	for (size_t back = step; back <= most && back <= at; back += step) {
		uint32_t character;

		if (encoding_get(form, bytes + at - back, length - at + back,
				 &character) > back)
			return back;
	}
	return 0;
}
