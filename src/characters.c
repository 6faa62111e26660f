/*
 * characters: the bytes of a line as a terminal shows them.
 *
 * Nearly all text is ASCII, so that is told first, by two bytes: only behind
 * other bytes may something combine with it.
 *
 * Invariants
 *  1. A glyph is at least one byte; glyphs follow each other without a gap.
 *  2. Where glyphs begin depends on the bytes alone, so they are the same
 *     from wherever one begins a glyph, and so are the colours if the one
 *     that holds there is given.
 */
#include "characters.h"

#include <stdio.h>
#include <string.h>

#include "octavo/escape.h"

enum {
	ESCAPE = 0x1b,
	SEQUENCE_MAXIMUM = 64,	/* characters; longer ones are none */
};

struct character {
	uint32_t code;		/* UINT32_MAX: none */
	size_t length;
};

static struct character character_at(const struct glyphs *glyphs, size_t at)
{
	struct character character = { UINT32_MAX, 0 };

	if (at < glyphs->length)
		character.length = encoding_get(glyphs->form,
						glyphs->bytes + at,
						glyphs->length - at,
						&character.code);
	return character;
}

static bool is_newline(const struct glyphs *glyphs, uint32_t code)
{
	return code == (glyphs->form == ENCODING_EBCDIC ? 0x85 : '\n');
}

/* --- ANSI sequences --- */

/* The six colours that have roles, by how red, green and blue they are; where
 * none of these stands out, it is that of all text. */
static enum role color_of(unsigned red, unsigned green, unsigned blue)
{
	static const enum role colors[] = {
		ROLE_NORMAL, ROLE_INK_RED, ROLE_INK_GREEN, ROLE_INK_YELLOW,
		ROLE_INK_BLUE, ROLE_INK_MAGENTA, ROLE_INK_CYAN, ROLE_NORMAL,
	};
	unsigned most = red > green ? red : green;
	unsigned half;

	most = blue > most ? blue : most;
	half = most / 2;
	if (most == 0)
		return ROLE_NORMAL;
	return colors[(unsigned)(red > half) | (unsigned)(green > half) << 1 |
		      (unsigned)(blue > half) << 2];
}

/* That of the 256 of xterm: 16, a cube of 6 steps, and grays. */
static enum role color_of_256(unsigned number)
{
	unsigned bits = number & 7;

	if (number < 16)
		return color_of(bits & 1, bits >> 1 & 1, bits >> 2);
	if (number >= 232)
		return ROLE_NORMAL;
	number -= 16;
	return color_of(number / 36, number / 6 % 6, number % 6);
}

/* Takes what the COUNT numbers of a sequence say. */
static void take_numbers(struct glyphs *glyphs, const unsigned *numbers,
			 size_t count)
{
	for (size_t i = 0; i < count; i++) {
		unsigned number = numbers[i];
		bool extended = number == 38 || number == 48;

		if (number == 0 || number == 39 || number == 27)
			glyphs->color = ROLE_NORMAL;
		else if (number == 7)
			glyphs->color = ROLE_REVERSE;
		else if (number >= 30 && number <= 37)
			glyphs->color = color_of_256(number - 30);
		else if (number >= 90 && number <= 97)
			glyphs->color = color_of_256(number - 90);
		if (!extended || i + 1 >= count)
			continue;
		if (numbers[i + 1] == 5 && i + 2 < count) {
			if (number == 38)
				glyphs->color = color_of_256(numbers[i + 2] &
							     255);
			i += 2;
		} else if (numbers[i + 1] == 2 && i + 4 < count) {
			if (number == 38)
				glyphs->color = color_of(numbers[i + 2],
							 numbers[i + 3],
							 numbers[i + 4]);
			i += 4;
		}
	}
}

/* Passes over a sequence that sets colours, or has them go on to the end of the
 * line, as grep writes behind each; false where none stands here. */
static bool take_sequence(struct glyphs *glyphs)
{
	unsigned numbers[SEQUENCE_MAXIMUM] = { 0 };
	size_t count = 1;
	size_t at = glyphs->position;

	for (unsigned i = 0; i < SEQUENCE_MAXIMUM; i++) {
		struct character next = character_at(glyphs, at);

		at += next.length;
		if (i == 0 ? next.code == ESCAPE : i == 1 && next.code == '[')
			continue;
		if (i < 2)
			return false;
		if (next.code >= '0' && next.code <= '9') {
			unsigned *number = &numbers[count - 1];

			if (*number < 1000)
				*number = 10 * *number + (next.code - '0');
		} else if (next.code == ';' || next.code == ':') {
			count++;
		} else if (next.code == 'm' || next.code == 'K') {
			if (next.code == 'm')
				take_numbers(glyphs, numbers, count);
			glyphs->position = at;
			return true;
		} else {
			return false;
		}
	}
	return false;
}

static bool begins_sequence(const struct glyphs *glyphs)
{
	return glyphs->colors && glyphs->position < glyphs->length &&
	       character_at(glyphs, glyphs->position).code == ESCAPE;
}

static void take_sequences(struct glyphs *glyphs)
{
	while (begins_sequence(glyphs) && take_sequence(glyphs))
		;
}

/* --- glyphs --- */

static enum glyph_kind kind_of(const struct glyphs *glyphs, uint32_t code)
{
	if (is_newline(glyphs, code))
		return GLYPH_NEWLINE;
	if (code == '\t')
		return GLYPH_TAB;
	if (code < ' ' || code == 0x7f)
		return GLYPH_CONTROL;
	return escape_width(code) > 0 ? GLYPH_TEXT : GLYPH_UNSHOWN;
}

/* Takes what stands at the position, and what combines with it. */
static void take_character(struct glyphs *glyphs, struct glyph *glyph)
{
	struct character next = character_at(glyphs, glyphs->position);
	unsigned count = 0;

	glyph->character = next.code;
	glyph->kind = kind_of(glyphs, next.code);
	if (next.code == UINT32_MAX) {
		glyph->kind = GLYPH_INVALID;
		glyph->character = glyphs->bytes[glyphs->position];
	}
	glyphs->position += next.length;
	next = character_at(glyphs, glyphs->position);
	if (glyph->kind == GLYPH_CONTROL && glyph->character == '\r' &&
	    next.length > 0 && is_newline(glyphs, next.code)) {
		glyph->kind = GLYPH_NEWLINE;
		glyphs->position += next.length;
	}
	while (glyph->kind == GLYPH_TEXT && count < CELL_COMBINING &&
	       next.length > 0 && escape_combines(next.code)) {
		glyph->combining[count++] = next.code;
		glyphs->position += next.length;
		next = character_at(glyphs, glyphs->position);
	}
}

static bool is_ascii(unsigned char byte)
{
	return byte >= ' ' && byte < 0x7f;
}

/* A character of ASCII with another one behind it is alone. */
static bool take_plain(struct glyphs *glyphs, struct glyph *glyph)
{
	const unsigned char *bytes = glyphs->bytes + glyphs->position;

	if (glyphs->form > ENCODING_LATIN1 ||
	    glyphs->length - glyphs->position < 2 || !is_ascii(bytes[0]) ||
	    !is_ascii(bytes[1]))
		return false;
	glyph->character = bytes[0];
	glyph->length = 1;
	glyphs->position++;
	return true;
}

bool glyphs_next(struct glyphs *glyphs, struct glyph *glyph)
{
	if (glyphs->position >= glyphs->length)
		return false;
	*glyph = (struct glyph){
		.kind = GLYPH_TEXT,
		.start = glyphs->position,
		.color = glyphs->color,
	};
	if (take_plain(glyphs, glyph))
		return true;
	take_sequences(glyphs);
	glyph->color = glyphs->color;
	if (glyphs->position < glyphs->length) {
		size_t end;

		take_character(glyphs, glyph);
		end = glyphs->position;
		/* At the end of all there is nothing behind them. */
		take_sequences(glyphs);
		if (glyphs->position < glyphs->length) {
			glyphs->position = end;
			glyphs->color = glyph->color;
		}
	} else {
		glyph->character = ' ';
	}
	glyph->length = glyphs->position - glyph->start;
	return true;
}

unsigned glyph_columns(const struct glyph *glyph, unsigned column,
		       unsigned tab)
{
	char text[GLYPH_TEXT_SIZE];

	switch (glyph->kind) {
	case GLYPH_TEXT:
		return (unsigned)escape_width(glyph->character);
	case GLYPH_TAB:
		return tab - column % tab;
	case GLYPH_NEWLINE:
		return 1;
	case GLYPH_CONTROL:
		return 2;
	case GLYPH_UNSHOWN:
	case GLYPH_INVALID:
		break;
	}
	return glyph_text(glyph, text);
}

unsigned glyph_text(const struct glyph *glyph, char text[GLYPH_TEXT_SIZE])
{
	unsigned character = (unsigned)glyph->character & 0x1fffff;
	int length;

	if (glyph->kind == GLYPH_CONTROL)
		length = snprintf(text, GLYPH_TEXT_SIZE, "^%c",
				  (char)(character ^ 0x40));
	else if (glyph->kind == GLYPH_INVALID)
		length = snprintf(text, GLYPH_TEXT_SIZE, "<%02x>",
				  character & 255);
	else
		length = snprintf(text, GLYPH_TEXT_SIZE, "<U+%04X>", character);
	return (unsigned)length;
}

enum glyph_class glyph_class(const struct glyph *glyph)
{
	uint32_t character = glyph->character;

	if (glyph->kind == GLYPH_TAB || glyph->kind == GLYPH_NEWLINE ||
	    (glyph->kind == GLYPH_TEXT &&
	     (character == ' ' || character == 0xa0 || character == 0x3000)))
		return GLYPH_BLANK;
	if (glyph->kind == GLYPH_TEXT &&
	    (character >= 0x80 || character == '_' ||
	     (character >= '0' && character <= '9') ||
	     ((character | 0x20) >= 'a' && (character | 0x20) <= 'z')))
		return GLYPH_LETTER;
	return GLYPH_OTHER;
}
