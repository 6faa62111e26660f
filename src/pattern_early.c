/*
 * A way around a bug of PCRE2's JIT, see the header.
 *
 * Whether the bug is there is found out by trying it.  A regex is read from
 * left to right, as far as it takes to see a group of alternatives with a run
 * behind it and none before it: once there was a run, or anything that stands
 * there or not, the JIT remembers both ends of what it has tried, and is right.
 * The detour is to begin each regex with such a thing, a byte that is none.
 *
 * What the reader does not understand may be missed, for all it knows: that
 * costs a little speed.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "pattern_early.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { EARLY_DEPTH = 32 };

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

struct early {
	const char *at;
	const char *end;
	struct before before;
	struct group groups[EARLY_DEPTH];
	unsigned depth;
	bool closed;		/* behind a parenthesis */
	bool misses;
};

static bool next_is(const struct early *early, char character)
{
	return early->at < early->end && *early->at == character;
}

/* Behind the bracket that opens a class, up to behind the one that closes
 * it. */
static void skip_class(struct early *early)
{
	early->at += next_is(early, '^');
	early->at += next_is(early, ']');
	while (early->at < early->end && *early->at != ']') {
		const char *end = NULL;

		if (*early->at == '[' && early->at + 1 < early->end &&
		    early->at[1] == ':')
			end = memmem(early->at, (size_t)(early->end -
							 early->at), ":]", 2);
		if (end && (size_t)(end - early->at) < sizeof "[:^xdigit")
			early->at = end + 2;
		else
			early->at += 1 + (*early->at == '\\');
	}
	early->at++;
}

static struct before either(struct before one, struct before other)
{
	return (struct before){ one.varied || other.varied,
				one.loose || other.loose };
}

/* Behind an opening parenthesis. */
static void open_group(struct early *early)
{
	early->misses = early->depth == EARLY_DEPTH || next_is(early, '*');
	if (early->misses)
		return;
	early->groups[early->depth++] = (struct group){
		early->before, { false, false }, false,
	};
	/* The letter behind (? is none of the inside. */
	if (next_is(early, '?'))
		early->at += 2;
}

static void next_alternative(struct early *early)
{
	if (early->depth == 0) {
		early->before = (struct before){ false, false };
		return;
	}

	struct group *group = &early->groups[early->depth - 1];

	group->alternatives = true;
	group->all = either(group->all, early->before);
	early->before = group->start;
}

static void close_group(struct early *early)
{
	early->misses = early->depth == 0;
	if (early->misses)
		return;

	struct group *group = &early->groups[--early->depth];

	early->before = either(group->all, early->before);
	early->before.varied |= group->alternatives;
	early->closed = true;
}

/* Behind a quantifier that is more than a number, which says how many copies
 * of a group there are. */
static void quantify(struct early *early)
{
	/* A group that is repeated ends the JIT's memory. */
	early->misses = !early->closed && early->before.varied &&
			!early->before.loose;
	early->before.loose = true;
	early->at += next_is(early, '+') || next_is(early, '?');
}

/* Behind an opening brace, which may stand for itself. */
static void read_brace(struct early *early)
{
	const char *rest = early->at;

	while (rest < early->end && isdigit((unsigned char)*rest))
		rest++;
	if (rest == early->at || rest == early->end)
		return;
	if (*rest == ',') {
		quantify(early);
	} else if (*rest == '}') {
		early->at = rest + 1;
		early->at += next_is(early, '+') || next_is(early, '?');
	}
}

static void read_next(struct early *early)
{
	switch (*early->at++) {
	case '\\':
		early->at += next_is(early, 'c') ? 2 : 1;
		break;
	case '[':
		skip_class(early);
		break;
	case '(':
		open_group(early);
		break;
	case '|':
		next_alternative(early);
		break;
	case ')':
		close_group(early);
		return;
	case '*':
	case '+':
	case '?':
		quantify(early);
		break;
	case '{':
		read_brace(early);
		break;
	}
	early->closed = false;
}

/* With letters of a regex that may stand for themselves. */
static bool has_text(const char *regex, size_t length)
{
	return memchr(regex, '#', length) || memmem(regex, length, "\\Q", 2);
}

static bool reads_as_missed(const char *regex, size_t length)
{
	struct early early = { .at = regex, .end = regex + length };

	if (!memchr(regex, '(', length) || !memchr(regex, '|', length))
		return false;
	if (has_text(regex, length))
		return true;
	while (!early.misses && early.at < early.end)
		read_next(&early);
	return early.misses;
}

static bool jit_has_bug(void)
{
	static const char regex[] = "(?:ab|a)x*b";
	int code;
	size_t offset;
	pcre2_code *program = pcre2_compile((PCRE2_SPTR)regex,
					    sizeof regex - 1, 0, &code,
					    &offset, NULL);
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	bool found = false;

	if (program && data) {
		pcre2_jit_compile(program, PCRE2_JIT_COMPLETE);
		found = pcre2_match(program, (PCRE2_SPTR)"ab", 2, 0, 0, data,
				    NULL) > 0;
	}
	pcre2_match_data_free(data);
	pcre2_code_free(program);
	return !found;
}

bool pattern_early_misses(const char *regex, size_t length)
{
	return reads_as_missed(regex, length) && jit_has_bug();
}

char *pattern_early_detour(const char *regex, bool lines, size_t *length)
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
