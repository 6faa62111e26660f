/*
 * {7f ?? 4? [4-8] (45|46 47)}: bytes with gaps and alternatives.
 *
 * Every sequence begins and ends with a byte or with alternatives, so none of
 * them matches nothing, and a gap is always between something.  A gap takes as
 * few bytes as it can.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pattern_form.h"
#include "text.h"

enum {
	HEX_GAP_MAXIMUM = 65535,	/* what PCRE2 repeats at most */
	HEX_DEPTH_MAXIMUM = 100,	/* of parentheses in one another */
};

struct hex {
	struct form *form;
	const char *text;
	size_t at;
	struct error *error;
};

static bool fail(const struct hex *hex, size_t at, const char *message)
{
	return error_set_at(hex->error, at, "%s", message);
}

static void skip_blanks(struct hex *hex)
{
	while (hex->text[hex->at] && strchr(" \t\r\n", hex->text[hex->at]))
		hex->at++;
}

/* --- bytes --- */

/* The digit at AT, which may be any. */
static bool read_digit(const struct hex *hex, size_t at, unsigned *value,
		       unsigned *mask)
{
	char c = hex->text[at];
	int digit = text_hex_digit(c);

	*value = digit > 0 ? (unsigned)digit : 0;
	*mask = c == '?' ? 0 : 0xf;
	if (digit >= 0 || c == '?')
		return true;
	return fail(hex, at, !c || strchr(" \t\r\n}[]()|", c)
		    ? "a byte has two hex digits" : "not a hex digit");
}

static bool read_byte(struct hex *hex)
{
	unsigned high, low, high_mask, low_mask;
	bool set[256];

	if (!read_digit(hex, hex->at, &high, &high_mask) ||
	    !read_digit(hex, hex->at + 1, &low, &low_mask))
		return false;

	unsigned byte = high << 4 | low;
	unsigned mask = high_mask << 4 | low_mask;

	for (unsigned value = 0; value <= 0xff; value++)
		set[value] = (value & mask) == byte;
	form_set(hex->form, set);
	hex->at += 2;
	return true;
}

/* --- gaps --- */

/* A number of bytes; false where it is none, or too large. */
static bool read_length(struct hex *hex, unsigned *length)
{
	size_t start = hex->at;

	*length = 0;
	while (isdigit((unsigned char)hex->text[hex->at]) &&
	       *length <= HEX_GAP_MAXIMUM)
		*length = 10 * *length +
			  (unsigned)(hex->text[hex->at++] - '0');
	if (hex->at == start)
		return fail(hex, start, "a gap is [N], [N-M] or [N-]");
	return *length <= HEX_GAP_MAXIMUM ||
	       error_set_at(hex->error, start, "a gap has at most %d bytes",
			    HEX_GAP_MAXIMUM);
}

/* [N] [N-M] [N-], at the bracket. */
static bool read_gap(struct hex *hex)
{
	char text[32];
	unsigned least, most;

	hex->at++;
	if (!read_length(hex, &least))
		return false;
	most = least;

	size_t end = hex->at + 1;

	if (hex->text[hex->at] == '-') {
		hex->at++;
		most = HEX_GAP_MAXIMUM;
		if (hex->text[hex->at] != ']' && !read_length(hex, &most))
			return false;
	}
	if (hex->text[hex->at] != ']')
		return fail(hex, hex->at, "a gap is [N], [N-M] or [N-]");
	if (most < least)
		return fail(hex, end, "the gap ends before it begins");
	hex->at++;
	if (least == most)
		snprintf(text, sizeof text, ".{%u}", least);
	else
		snprintf(text, sizeof text, ".{%u,%u}?", least, most);
	form_put(hex->form, text);
	return true;
}

/* --- sequences --- */

static bool read_alternatives(struct hex *hex, unsigned depth);

/* Up to what ends it, at which it stops: a brace, or within alternatives a bar
 * or a parenthesis. */
static bool read_sequence(struct hex *hex, unsigned depth)
{
	size_t gap = SIZE_MAX;		/* what stands before, if it is one */
	bool empty = true;

	for (skip_blanks(hex); hex->text[hex->at]; skip_blanks(hex)) {
		char c = hex->text[hex->at];
		bool done;

		if (c == '}' || c == '|' || c == ')')
			break;
		if (c == '[' && (empty || gap != SIZE_MAX))
			return fail(hex, hex->at, "a gap stands between bytes");
		gap = c == '[' ? hex->at : SIZE_MAX;
		done = c == '[' ? read_gap(hex) :
		       c == '(' ? read_alternatives(hex, depth + 1) :
				  read_byte(hex);
		if (!done)
			return false;
		empty = false;
	}
	if (gap != SIZE_MAX)
		return fail(hex, gap, "a gap stands between bytes");
	return !empty || depth == 0 ||
	       fail(hex, hex->at, "an alternative is empty");
}

/* (A|B|C), at the parenthesis. */
static bool read_alternatives(struct hex *hex, unsigned depth)
{
	size_t start = hex->at;

	if (depth > HEX_DEPTH_MAXIMUM)
		return fail(hex, start, "too many parentheses");
	form_put(hex->form, "(?:");
	do {
		if (hex->at > start)
			form_put(hex->form, "|");
		hex->at++;
		if (!read_sequence(hex, depth))
			return false;
	} while (hex->text[hex->at] == '|');
	if (hex->text[hex->at] != ')')
		return fail(hex, start, "the closing ) is missing");
	hex->at++;
	form_put(hex->form, ")");
	return true;
}

bool pattern_read_hex(struct form *form, const char *text, size_t *at,
		      struct error *error)
{
	struct hex hex = { form, text, *at + 1, error };

	if (!read_sequence(&hex, 0))
		return false;

	char end = text[hex.at];

	if (end != '}')
		return fail(&hex, end ? hex.at : *at,
			    end == '|' ? "a | stands in parentheses" :
			    end == ')' ? "there is no ( before" :
					 "the closing } is missing");
	*at = hex.at + 1;
	return true;
}
