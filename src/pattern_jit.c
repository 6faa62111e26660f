/*
 * Ways around bugs of PCRE2's JIT, see the header.
 *
 * Whether a bug is there is found out by trying it.  A regex is read from left
 * to right, as far as it takes to see a group of alternatives with a run behind
 * it and none before it: once there was a run, or anything that stands there or
 * not, the JIT remembers both ends of what it has tried, and is right.  The
 * detour is to begin each regex with such a thing, a byte that is none.
 *
 * What the reader does not understand may be missed, for all it knows: that
 * costs a little speed.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "pattern_jit.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JIT_DEPTH = 32 };

/* What stands before a place, within the alternative that it is in. */
struct before {
	bool varied;		/* a group of alternatives */
	bool loose;		/* something that stands there or not, or runs */
};

struct group {
	struct before start;	/* ... before the group */
	struct before all;	/* ... at the end of any alternative so far */
	bool alternatives;
};

struct reader {
	const char *at;
	const char *end;
	struct before before;
	struct group groups[JIT_DEPTH];
	unsigned depth;
	bool closed;		/* behind a parenthesis */
	bool misses;
};

static bool next_is(const struct reader *reader, char character)
{
	return reader->at < reader->end && *reader->at == character;
}

/* Behind the bracket that opens a class, up to behind the one that closes
 * it. */
static void skip_class(struct reader *reader)
{
	reader->at += next_is(reader, '^');
	reader->at += next_is(reader, ']');
	while (reader->at < reader->end && *reader->at != ']') {
		const char *end = NULL;

		if (*reader->at == '[' && reader->at + 1 < reader->end &&
		    reader->at[1] == ':')
			end = memmem(reader->at, (size_t)(reader->end -
							 reader->at), ":]", 2);
		if (end && (size_t)(end - reader->at) < sizeof "[:^xdigit")
			reader->at = end + 2;
		else
			reader->at += 1 + (*reader->at == '\\');
	}
	reader->at++;
}

static struct before either(struct before one, struct before other)
{
	return (struct before){ one.varied || other.varied,
				one.loose || other.loose };
}

/* Behind an opening parenthesis. */
static void open_group(struct reader *reader)
{
	reader->misses = reader->depth == JIT_DEPTH || next_is(reader, '*');
	if (reader->misses)
		return;
	reader->groups[reader->depth++] = (struct group){
		reader->before, { false, false }, false,
	};
	/* The letter behind (? is none of the inside. */
	if (next_is(reader, '?'))
		reader->at += 2;
}

static void next_alternative(struct reader *reader)
{
	if (reader->depth == 0) {
		reader->before = (struct before){ false, false };
		return;
	}

	struct group *group = &reader->groups[reader->depth - 1];

	group->alternatives = true;
	group->all = either(group->all, reader->before);
	reader->before = group->start;
}

static void close_group(struct reader *reader)
{
	reader->misses = reader->depth == 0;
	if (reader->misses)
		return;

	struct group *group = &reader->groups[--reader->depth];

	reader->before = either(group->all, reader->before);
	reader->before.varied |= group->alternatives;
	reader->closed = true;
}

/* Behind a quantifier that is more than a number, which says how many copies
 * of a group there are. */
static void quantify(struct reader *reader)
{
	/* A group that is repeated ends the JIT's memory. */
	reader->misses = !reader->closed && reader->before.varied &&
			!reader->before.loose;
	reader->before.loose = true;
	reader->at += next_is(reader, '+') || next_is(reader, '?');
}

/* Behind an opening brace, which may stand for itself. */
static void read_brace(struct reader *reader)
{
	const char *rest = reader->at;

	while (rest < reader->end && isdigit((unsigned char)*rest))
		rest++;
	if (rest == reader->at || rest == reader->end)
		return;
	if (*rest == ',') {
		quantify(reader);
	} else if (*rest == '}') {
		reader->at = rest + 1;
		reader->at += next_is(reader, '+') || next_is(reader, '?');
	}
}

static void read_next(struct reader *reader)
{
	switch (*reader->at++) {
	case '\\':
		reader->at += next_is(reader, 'c') ? 2 : 1;
		break;
	case '[':
		skip_class(reader);
		break;
	case '(':
		open_group(reader);
		break;
	case '|':
		next_alternative(reader);
		break;
	case ')':
		close_group(reader);
		return;
	case '*':
	case '+':
	case '?':
		quantify(reader);
		break;
	case '{':
		read_brace(reader);
		break;
	}
	reader->closed = false;
}

/* With letters of a regex that may stand for themselves. */
static bool has_text(const char *regex, size_t length)
{
	return memchr(regex, '#', length) || memmem(regex, length, "\\Q", 2);
}

static bool reads_as_missed(const char *regex, size_t length)
{
	struct reader reader = { .at = regex, .end = regex + length };

	if (!memchr(regex, '(', length) || !memchr(regex, '|', length))
		return false;
	if (has_text(regex, length))
		return true;
	while (!reader.misses && reader.at < reader.end)
		read_next(&reader);
	return reader.misses;
}

/* Where the JIT's first match of REGEX in SUBJECT ends; 0: nowhere. */
static size_t try_jit(const char *regex, uint32_t options, const char *subject)
{
	int code;
	size_t end = 0;
	pcre2_code *program = pcre2_compile((PCRE2_SPTR)regex, strlen(regex),
					    options, &code, &end, NULL);
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);

	end = 0;
	if (program && data) {
		pcre2_jit_compile(program, PCRE2_JIT_COMPLETE);
		if (pcre2_match(program, (PCRE2_SPTR)subject, strlen(subject),
				0, 0, data, NULL) > 0)
			end = pcre2_get_ovector_pointer(data)[1];
	}
	pcre2_match_data_free(data);
	pcre2_code_free(program);
	return end;
}

bool pattern_jit_misses(const char *regex, size_t length)
{
	return reads_as_missed(regex, length) &&
	       try_jit("(?:ab|a)x*b", 0, "ab") == 0;
}

bool pattern_jit_joins_flags(const char *regex, size_t length)
{
	static const char letter[] = "\xf0\x9f\x87\xa6";
	char three[sizeof letter * 3];

	if (!memmem(regex, length, "\\X", 2))
		return false;
	snprintf(three, sizeof three, "%s%s%s", letter, letter, letter);
	return try_jit("\\X", PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, three) !=
	       strlen(letter) * 2;
}

char *pattern_jit_detour(const char *regex, bool lines, size_t *length)
{
	const char *head = lines ? "^[^\\s\\S]?(?:" : "[^\\s\\S]?(?:";
	size_t before = strlen(head);
	char *text = malloc(before + *length + 1);

	if (!text)
		return NULL;
	memcpy(text, head, before);
	memcpy(text + before, regex, *length);
	text[before + *length] = ')';
	*length += before + 1;
	return text;
}
