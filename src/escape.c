/*
 * escape: what may reach a terminal as it is, and how the rest is written.
 *
 * Whether a character can be printed and how wide it is, libc knows, in a
 * locale of UTF-8 that is asked for here, because batch and tests run in the
 * C locale as well.  Without such a locale only ASCII is shown as it is.
 * libc gives a width to some characters that steer the text around them or
 * that many terminals do not draw at all; those stand in a table here.
 */
#include "octavo/escape.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

enum { ESCAPE_LENGTH = 4 };	/* of \xNN */

/* Format and bidirectional characters, line separators, fillers. */
static const struct {
	uint32_t first;
	uint32_t last;
} escape_hidden[] = {
	{ 0x00ad, 0x00ad }, { 0x034f, 0x034f }, { 0x0600, 0x0605 },
	{ 0x061c, 0x061c }, { 0x06dd, 0x06dd }, { 0x070f, 0x070f },
	{ 0x0890, 0x0891 }, { 0x08e2, 0x08e2 }, { 0x115f, 0x1160 },
	{ 0x17b4, 0x17b5 }, { 0x180b, 0x180f }, { 0x200b, 0x200f },
	{ 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0x3164, 0x3164 },
	{ 0xd800, 0xdfff }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff },
	{ 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb }, { 0xfffe, 0xffff },
	{ 0x110bd, 0x110bd }, { 0x110cd, 0x110cd }, { 0x13430, 0x1343f },
	{ 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

static bool escape_is_hidden(uint32_t character)
{
	size_t count = sizeof escape_hidden / sizeof escape_hidden[0];

	for (size_t i = 0; i < count; i++)
		if (character >= escape_hidden[i].first &&
		    character <= escape_hidden[i].last)
			return true;
	return false;
}

static bool locale_is_utf8(locale_t locale)
{
	return strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
}

/* The locale to ask; (locale_t)0 where there is none.  Never freed. */
static locale_t escape_locale(void)
{
	static const char *const names[] = { "C.UTF-8", "C.utf8",
					     "en_US.UTF-8", "" };
	static locale_t locale;
	static bool looked;

	for (size_t i = 0; !looked && i < sizeof names / sizeof names[0];
	     i++) {
		locale = newlocale(LC_CTYPE_MASK, names[i], (locale_t)0);
		if (locale && locale_is_utf8(locale))
			break;
		if (locale)
			freelocale(locale);
		locale = (locale_t)0;
	}
	looked = true;
	return locale;
}

/* What libc says; *COMBINES where it belongs to the character before. */
static int escape_locale_width(uint32_t character, bool *combines)
{
	locale_t locale = escape_locale();

	*combines = false;
	if (!locale)
		return 0;

	locale_t before = uselocale(locale);
	int width = wcwidth((wchar_t)character);
	bool shown = iswprint((wint_t)character);
	bool combining = iswctype((wint_t)character, wctype("combining"));
	uselocale(before);
	*combines = shown && combining && width == 0;
	return shown && !combining && (width == 1 || width == 2) ? width : 0;
}

static bool escape_is_plain(uint32_t character)
{
	return character >= 0xa0 && character <= 0x10ffff &&
	       !escape_is_hidden(character);
}

int escape_width(uint32_t character)
{
	if (character < 0x80)
		return character >= 0x20 && character < 0x7f;
	bool combines;

	return escape_is_plain(character)
		       ? escape_locale_width(character, &combines) : 0;
}

bool escape_combines(uint32_t character)
{
	bool combines = false;

	/* The first of them is U+0300. */
	if (character >= 0x300 && escape_is_plain(character))
		escape_locale_width(character, &combines);
	return combines;
}

/* The length that the first byte promises, and its own bits; 0 for none. */
static size_t utf8_begin(unsigned char byte, uint32_t *bits)
{
	if (byte < 0x80) {
		*bits = byte;
		return 1;
	}
	if (byte >= 0xc2 && byte <= 0xdf) {
		*bits = byte & 0x1f;
		return 2;
	}
	if (byte >= 0xe0 && byte <= 0xef) {
		*bits = byte & 0x0f;
		return 3;
	}
	if (byte >= 0xf0 && byte <= 0xf4) {
		*bits = byte & 0x07;
		return 4;
	}
	return 0;
}

size_t escape_decode(uint32_t *character, const char *text, size_t length)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *bytes = (const unsigned char *)text;
	uint32_t value = 0;
	size_t need = utf8_begin(bytes[0], &value);

	*character = UINT32_MAX;
	if (need == 0 || need > length)
		return 1;
	for (size_t i = 1; i < need; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 1;
		value = value << 6 | (bytes[i] & 0x3f);
	}
	if (value < smallest[need] || value > 0x10ffff ||
	    (value >= 0xd800 && value <= 0xdfff))
		return 1;
	*character = value;
	return need;
}

size_t escape_encode(char out[4], uint32_t character)
{
	static const unsigned char marks[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t length = character < 0x80 ? 1 : character < 0x800 ? 2 :
			character < 0x10000 ? 3 : 4;

	if (length == 1) {
		out[0] = (char)character;
		return 1;
	}
	for (size_t i = length - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (character & 0x3f));
		character >>= 6;
	}
	out[0] = (char)(marks[length] | character);
	return length;
}

static void escape_byte(char out[ESCAPE_LENGTH], unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";

	out[0] = '\\';
	out[1] = 'x';
	out[2] = digits[byte >> 4];
	out[3] = digits[byte & 15];
}

size_t escape_text(char *out, size_t size, const char *text, size_t length)
{
	size_t written = 0;

	if (size == 0)
		return 0;
	while (length > 0) {
		char escaped[ESCAPE_LENGTH];
		const char *from = text;
		uint32_t character;
		size_t step = escape_decode(&character, text, length);
		size_t needed = step;

		if (escape_width(character) == 0) {
			escape_byte(escaped, (unsigned char)*text);
			from = escaped;
			needed = ESCAPE_LENGTH;
			step = 1;
		}
		if (needed >= size - written)
			break;
		memcpy(out + written, from, needed);
		written += needed;
		text += step;
		length -= step;
	}
	out[written] = '\0';
	return written;
}
