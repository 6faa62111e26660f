/*
 * text: what is typed between quotation marks.
 *
 * There are never more units than characters typed, so one block of that size
 * is taken at the start.
 */
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "octavo/escape.h"

int text_hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

/* Reads exactly DIGITS hex digits; UINT32_MAX where they are not there. */
static uint32_t hex_value(const char *line, int digits)
{
	uint32_t value = 0;

	for (int i = 0; i < digits; i++) {
		int digit = text_hex_digit(line[i]);

		if (digit < 0)
			return UINT32_MAX;
		value = value << 4 | (uint32_t)digit;
	}
	return value;
}

static void add(struct text *text, size_t position, uint32_t value,
		bool is_byte)
{
	text->units[text->count++] = (struct text_unit){
		.value = value, .is_byte = is_byte, .position = position,
	};
}

/* \xHH and \uHHHH, at the backslash. */
static bool parse_code(struct text *text, const char *line, size_t *at,
		       struct error *error)
{
	bool wide = line[*at + 1] == 'u';
	int digits = wide ? 4 : 2;
	uint32_t value = hex_value(line + *at + 2, digits);

	if (value == UINT32_MAX)
		return error_set_at(error, *at, "\\%c needs %d hex digits",
				    line[*at + 1], digits);
	if (value >= 0xd800 && value <= 0xdfff)
		return error_set_at(error, *at,
				    "a surrogate is not a character");
	add(text, *at, value, !wide);
	*at += 2 + (size_t)digits;
	return true;
}

static bool parse_escape(struct text *text, const char *line, size_t *at,
			 struct error *error)
{
	static const char letters[] = "ntr0ea\"\\";
	static const char values[] = "\n\t\r\0\033\a\"\\";
	char letter = line[*at + 1];
	const char *found = letter ? strchr(letters, letter) : NULL;

	if (letter == 'x' || letter == 'u')
		return parse_code(text, line, at, error);
	if (!letter)
		return error_set_at(error, *at, "a backslash at the end");
	if (!found)
		return error_set_at(error, *at, "unknown escape \\%c", letter);
	add(text, *at, (unsigned char)values[found - letters], false);
	*at += 2;
	return true;
}

static bool parse_units(struct text *text, const char *line, size_t *at,
			struct error *error)
{
	size_t start = (*at)++;
	size_t length = strlen(line + *at);
	size_t end = *at + length;

	while (line[*at] != '"') {
		uint32_t character;

		if (!line[*at])
			return error_set_at(error, start,
					    "the closing \" is missing");
		if (line[*at] == '\\') {
			if (!parse_escape(text, line, at, error))
				return false;
			continue;
		}

		size_t step = escape_decode(&character, line + *at, end - *at);
		bool is_byte = character == UINT32_MAX;

		add(text, *at, is_byte ? (unsigned char)line[*at] : character,
		    is_byte);
		*at += step;
	}
	(*at)++;
	return true;
}

bool text_parse(struct text *text, const char *line, size_t *position,
		struct error *error)
{
	size_t at = *position;

	text->count = 0;
	text->units = calloc(strlen(line + at) + 1, sizeof *text->units);
	if (!text->units)
		return error_set_memory(error);
	if (!parse_units(text, line, &at, error)) {
		text_free(text);
		return false;
	}
	*position = at;
	return true;
}

void text_free(struct text *text)
{
	free(text->units);
	*text = (struct text){ NULL, 0 };
}

size_t text_put(const struct text_unit *unit, struct encoding *encoding,
		unsigned char bytes[ENCODING_BYTES])
{
	if (!unit->is_byte)
		return encoding_put(encoding, unit->value, bytes);
	bytes[0] = (unsigned char)unit->value;
	return 1;
}

bool text_lacks(const struct text_unit *unit, const char *name, size_t length,
		struct error *error)
{
	return error_set_at(error, unit->position, "%.*s has no U+%04" PRIX32,
			    (int)length, name, unit->value);
}
