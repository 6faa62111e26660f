/*
 * syntax: reading a regex, from left to right, group by group.
 *
 * PCRE2 has taken the regex before, so it is well formed, and the reader need
 * only find where each part ends.  A part that it does not know makes it give
 * up (`lost`): a filter less, and never a match.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "syntax_internal.h"

enum {
	SYNTAX_LENGTH_MAXIMUM = 64 << 10,
	SYNTAX_DEPTH_MAXIMUM = 16,
};

static bool read_branches(struct reader *reader, struct syntax *whole);

static struct syntax *syntax_new(void)
{
	struct syntax *syntax = malloc(sizeof *syntax);

	if (syntax) {
		syntax->exact = false;
		syntax->behind = 0;
		syntax->count = 1;
		syntax->branches[0].count = 0;
		syntax->branches[0].cut = false;
	}
	return syntax;
}

void syntax_free(struct syntax *syntax)
{
	free(syntax);
}

static bool next_is(const struct reader *reader, const char *word)
{
	size_t length = strlen(word);

	return (size_t)(reader->end - reader->at) >= length &&
	       memcmp(reader->at, word, length) == 0;
}

static bool skip_word(struct reader *reader, const char *word)
{
	if (!next_is(reader, word))
		return false;
	reader->at += strlen(word);
	return true;
}

/* Moves behind the class that begins at a bracket. */
static bool skip_class(struct reader *reader)
{
	reader->at++;
	skip_word(reader, "^");
	skip_word(reader, "]");
	while (reader->at < reader->end && *reader->at != ']') {
		if (next_is(reader, "[.") || next_is(reader, "[="))
			return syntax_lose(reader);
		if (skip_word(reader, "[:")) {
			const char *end = reader->at;

			while (end < reader->end &&
			       (isalpha((unsigned char)*end) || *end == '^'))
				end++;
			if (end + 1 < reader->end && end[0] == ':' &&
			    end[1] == ']')
				reader->at = end + 2;
			continue;
		}
		if (*reader->at == '\\') {
			reader->at++;
			if (reader->at == reader->end ||
			    strchr("cQEN", *reader->at))
				return syntax_lose(reader);
		}
		reader->at++;
	}
	if (reader->at == reader->end)
		return syntax_lose(reader);
	reader->at++;
	return true;
}

/* Moves behind up to MOST hexadecimal digits, or those in braces. */
static unsigned read_hex(struct reader *reader)
{
	bool braces = skip_word(reader, "{");
	unsigned point = 0;

	for (int i = 0; reader->at < reader->end && (braces || i < 2) &&
			isxdigit((unsigned char)*reader->at); i++) {
		int digit = tolower((unsigned char)*reader->at++);

		point = (point << 4 & 0x1fffff) |
			(unsigned)(digit <= '9' ? digit - '0'
						: digit - 'a' + 10);
	}
	if (braces && !skip_word(reader, "}"))
		syntax_lose(reader);
	return point;
}

/* Moves behind the name of a property. */
static bool skip_property(struct reader *reader)
{
	if (skip_word(reader, "{")) {
		while (reader->at < reader->end && *reader->at != '}')
			reader->at++;
		if (reader->at == reader->end)
			return syntax_lose(reader);
	}
	if (reader->at == reader->end)
		return syntax_lose(reader);
	reader->at++;
	return true;
}

static bool read_control(struct reader *reader, char letter,
			 struct syntax *atom)
{
	static const char letters[] = "aefnrt";
	static const unsigned char codes[] = { 7, 27, 12, 10, 13, 9 };
	const char *found = strchr(letters, letter);

	return syntax_take_literal(reader, codes[found - letters], atom);
}

/* Behind a backslash. */
static bool read_escape(struct reader *reader, struct syntax *atom)
{
	struct syntax_branch *branch = &atom->branches[0];
	const char *start = reader->at - 1;

	if (reader->at == reader->end)
		return syntax_lose(reader);

	char letter = *reader->at++;

	if (!isalnum((unsigned char)letter))
		return isascii((unsigned char)letter) ? syntax_take_literal(reader,
						      (unsigned char)letter,
						      atom)
				       : syntax_lose(reader);
	if (strchr("aefnrt", letter))
		return read_control(reader, letter, atom);
	if (letter == 'x') {
		unsigned point = read_hex(reader);

		return !reader->lost && syntax_take_literal(reader, point, atom);
	}
	if (letter == 'b')
		return syntax_take_bound(reader);
	if (strchr("BAzZK", letter)) {
		reader->exact = false;
		return true;
	}
	if (strchr("pP", letter) && !skip_property(reader))
		return false;
	if (strchr("dDwWsShHvVpP", letter) ||
	    (letter == 'N' && !next_is(reader, "{")))
		return syntax_take_class(reader, start, (size_t)(reader->at - start),
				  branch);
	if (strchr("RX", letter) ||
	    (letter >= '1' && letter <= '9' &&
	     !(reader->at < reader->end &&
	       isdigit((unsigned char)*reader->at)))) {
		syntax_take_anything(reader, branch);
		return true;
	}
	return syntax_lose(reader);
}

/* --- groups --- */

/* Moves behind the parenthesis that closes what is no group of its own. */
static bool skip_call(struct reader *reader)
{
	while (reader->at < reader->end && *reader->at != ')')
		reader->at++;
	if (reader->at == reader->end)
		return syntax_lose(reader);
	reader->at++;
	return true;
}

static bool skip_name(struct reader *reader, char close)
{
	while (reader->at < reader->end && *reader->at != close)
		reader->at++;
	if (reader->at == reader->end)
		return syntax_lose(reader);
	reader->at++;
	return true;
}

/* Flags behind "(?", up to ":" or ")".  Those after ")" hold for the rest of
 * the group around it. */
static bool read_flags(struct reader *reader, bool *group)
{
	bool on = true;

	for (; reader->at < reader->end; reader->at++) {
		uint32_t option = 0;

		switch (*reader->at) {
		case 'i':
			option = PCRE2_CASELESS;
			break;
		case 's':
			option = PCRE2_DOTALL;
			break;
		case 'x':
			if (next_is(reader, "xx"))
				return syntax_lose(reader);
			option = PCRE2_EXTENDED;
			break;
		case 'm':
		case 'n':
			break;
		case '-':
			on = false;
			break;
		case ':':
		case ')':
			*group = *reader->at++ == ':';
			return true;
		default:
			return syntax_lose(reader);
		}
		reader->options = on ? reader->options | option
				     : reader->options & ~option;
	}
	return syntax_lose(reader);
}

/* What follows "(?" and is no flag; *EMPTY: it has no width.  False where it
 * is not known. */
static bool read_kind(struct reader *reader, bool *empty)
{
	static const char *const arounds[] = { "=", "!", "<=", "<!", "*",
					       "<*", NULL };

	for (const char *const *word = arounds; *word; word++)
		if (skip_word(reader, *word)) {
			*empty = true;
			return true;
		}
	if (skip_word(reader, "|"))
		return true;
	if (skip_word(reader, ">")) {
		reader->exact = false;
		return true;
	}
	if (skip_word(reader, "P<") || skip_word(reader, "<"))
		return skip_name(reader, '>');
	if (skip_word(reader, "'"))
		return skip_name(reader, '\'');
	return false;
}

static bool is_call(const struct reader *reader)
{
	const char *at = reader->at;

	if (next_is(reader, "P=") || next_is(reader, "P>") ||
	    next_is(reader, "&") || next_is(reader, "R"))
		return true;
	if (at < reader->end && (*at == '+' || *at == '-'))
		at++;
	return at < reader->end && isdigit((unsigned char)*at);
}

static bool is_row(const struct syntax *atom)
{
	const struct syntax_branch *branch = &atom->branches[0];

	for (size_t i = 0; i < branch->count; i++)
		if (!branch->items[i].single)
			return false;
	return atom->count == 1 && !branch->cut;
}

/* Behind "(", up to behind ")". */
static bool read_inside(struct reader *reader, struct syntax *atom)
{
	uint32_t options = reader->options;
	bool exact = reader->exact;
	bool behind = reader->at == reader->start + 1 &&
		      next_is(reader, "?<=");
	bool group = true;
	bool empty = false;

	if (next_is(reader, "*"))
		return syntax_lose(reader);
	if (skip_word(reader, "?")) {
		if (is_call(reader)) {
			syntax_take_anything(reader, &atom->branches[0]);
			return skip_call(reader);
		}
		if (!read_kind(reader, &empty) && !reader->lost &&
		    !read_flags(reader, &group))
			return false;
		if (reader->lost || !group)
			return !reader->lost;
	}
	if (!read_branches(reader, atom) || !skip_word(reader, ")"))
		return syntax_lose(reader);
	if (empty) {
		behind = behind && is_row(atom);
		if (behind)
			reader->behind = atom->branches[0];
		exact = exact && behind;
		atom->count = 1;
		atom->branches[0].count = 0;
		atom->branches[0].cut = false;
	}
	reader->exact = reader->exact && exact;
	reader->options = options;
	return true;
}

static bool read_group(struct reader *reader, struct syntax *atom)
{
	if (reader->depth == SYNTAX_DEPTH_MAXIMUM)
		return syntax_lose(reader);
	reader->depth++;

	bool read = read_inside(reader, atom);

	reader->depth--;
	return read;
}

/* --- rows and branches --- */

static unsigned read_character(struct reader *reader)
{
	unsigned char first = (unsigned char)*reader->at++;
	unsigned point = first;
	int more = 0;

	if (reader->options & PCRE2_UTF && first >= 0xc0) {
		more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
		point = first & (0x3fu >> more);
	}
	for (; more > 0 && reader->at < reader->end; more--)
		point = point << 6 | ((unsigned char)*reader->at++ & 0x3f);
	return point;
}

static bool read_atom(struct reader *reader, struct syntax *atom)
{
	const char *start = reader->at;

	switch (*start) {
	case '(':
		reader->at++;
		return read_group(reader, atom);
	case '[':
		return skip_class(reader) &&
		       syntax_take_class(reader, start, (size_t)(reader->at - start),
				  &atom->branches[0]);
	case '.':
		reader->at++;
		return syntax_take_class(reader, start, 1, &atom->branches[0]);
	case '\\':
		reader->at++;
		return read_escape(reader, atom);
	case '^':
	case '$':
		reader->at++;
		reader->exact = false;
		return true;
	}
	/* Some longer characters are space as well. */
	if (reader->options & PCRE2_EXTENDED && !isascii((unsigned char)*start))
		return syntax_lose(reader);
	return syntax_take_literal(reader, read_character(reader), atom);
}

/* Spaces and comments that are none of the pattern. */
static void skip_space(struct reader *reader)
{
	if (!(reader->options & PCRE2_EXTENDED))
		return;
	while (reader->at < reader->end) {
		if (*reader->at == '#')
			while (reader->at < reader->end &&
			       *reader->at != '\n')
				reader->at++;
		else if (isspace((unsigned char)*reader->at))
			reader->at++;
		else
			return;
	}
}

static bool read_number(struct reader *reader, size_t *number)
{
	const char *start = reader->at;

	*number = 0;
	while (reader->at < reader->end && isdigit((unsigned char)*reader->at))
		*number = (*number * 10 + (size_t)(*reader->at++ - '0'))
			  % 1000000;
	return reader->at > start;
}

/* How often; what is no quantifier is once.  A brace that stands for itself
 * is not told from one that newer releases of PCRE2 take for a quantifier. */
static bool read_quantifier(struct reader *reader, size_t *least, size_t *most,
			    enum syntax_greed *greed)
{
	*least = 1;
	*most = 1;
	*greed = SYNTAX_GREEDY;
	if (skip_word(reader, "*")) {
		*least = 0;
		*most = SYNTAX_MANY;
	} else if (skip_word(reader, "+")) {
		*most = SYNTAX_MANY;
	} else if (skip_word(reader, "?")) {
		*least = 0;
	} else if (skip_word(reader, "{")) {
		if (!read_number(reader, least))
			return syntax_lose(reader);
		*most = *least;
		if (skip_word(reader, ",") && !read_number(reader, most))
			*most = SYNTAX_MANY;
		if (!skip_word(reader, "}"))
			return syntax_lose(reader);
	} else {
		return true;
	}
	if (skip_word(reader, "?"))
		*greed = SYNTAX_LAZY;
	else if (skip_word(reader, "+"))
		*greed = SYNTAX_POSSESSIVE;
	return true;
}

static bool read_item(struct reader *reader, struct syntax *row,
		      struct syntax *atom)
{
	const char *start = reader->at;
	size_t least, most;
	enum syntax_greed greed;

	atom->count = 1;
	atom->branches[0].count = 0;
	atom->branches[0].cut = false;
	if (!read_atom(reader, atom))
		return false;
	skip_space(reader);
	if (!read_quantifier(reader, &least, &most, &greed))
		return false;
	/* It need not be there. */
	if (start == reader->start && least == 0 && reader->behind.count > 0) {
		reader->behind.count = 0;
		reader->exact = false;
	}

	/* What is taken as a whole has one way left, whichever that is. */
	bool taken = greed != SYNTAX_POSSESSIVE ||
		     (atom->count == 1 && atom->branches[0].count == 1 &&
		      atom->branches[0].items[0].single);
	bool repeated = syntax_repeat(atom, least, most, greed);

	if (!syntax_append(row, atom) || !repeated || !taken)
		reader->exact = false;
	return true;
}

/* One alternative. */
static bool read_row(struct reader *reader, struct syntax *row)
{
	struct syntax *atom = syntax_new();
	bool read = atom != NULL;

	row->count = 1;
	row->branches[0].count = 0;
	row->branches[0].cut = false;
	for (skip_space(reader); read && reader->at < reader->end &&
	     *reader->at != '|' && *reader->at != ')'; skip_space(reader))
		read = read_item(reader, row, atom);
	syntax_free(atom);
	return read || syntax_lose(reader);
}

static bool read_branches(struct reader *reader, struct syntax *whole)
{
	struct syntax *row;
	bool read = read_row(reader, whole);

	if (!read || !next_is(reader, "|"))
		return read;
	row = syntax_new();
	read = row != NULL;
	while (read && skip_word(reader, "|"))
		read = read_row(reader, row) && syntax_unite(whole, row);
	syntax_free(row);
	return read || syntax_lose(reader);
}

/* With a bound at the end: is that only where the last run ends?  All bytes
 * that may be the last one or the one before are on the same side, then. */
static bool bounds_decide(const struct syntax *syntax)
{
	const struct syntax_branch *branch = &syntax->branches[0];
	const struct syntax_bounds *bounds = &syntax->bounds;
	struct byte_set last = { { 0 } };
	struct byte_set others;
	size_t count = 0;

	if (!bounds->start && !bounds->end)
		return true;
	if (syntax->count > 1 || !bounds->end)
		return syntax->count == 1;
	for (size_t i = branch->count; i-- > 0;) {
		const struct syntax_item *item = &branch->items[i];

		byte_set_unite(&last, &item->set);
		if (item->single)
			break;
		if (count++ > 0 || item->greed == SYNTAX_LAZY)
			return false;
	}
	for (int i = 0; i < 4; i++)
		others.bits[i] = ~bounds->word.bits[i];
	return !byte_set_meet(&last, &bounds->word) ||
	       !byte_set_meet(&last, &others);
}

/* Puts what the regex looks behind at before its one branch, unless a match may
 * be empty. */
static void take_behind(struct reader *reader, struct syntax *syntax)
{
	struct syntax_branch row = reader->behind;

	if (row.count == 0)
		return;
	if (syntax->count > 1 ||
	    syntax_branch_least(&syntax->branches[0]) == 0 ||
	    !syntax_branch_append(&row, &syntax->branches[0])) {
		reader->exact = false;
		return;
	}
	syntax->branches[0] = row;
	syntax->behind = reader->behind.count;
}

struct syntax *syntax_read(const char *regex, size_t length, uint32_t options)
{
	struct reader reader = {
		.start = regex, .at = regex, .end = regex + length,
		.options = options, .exact = true,
	};
	struct syntax *syntax = length > SYNTAX_LENGTH_MAXIMUM ? NULL
							       : syntax_new();
	bool read = syntax && read_branches(&reader, syntax) &&
		    reader.at == reader.end;

	free(reader.letters);
	if (!read) {
		syntax_free(syntax);
		return NULL;
	}
	take_behind(&reader, syntax);
	syntax->bounds = reader.bounds;
	syntax->exact = reader.exact && bounds_decide(syntax);
	for (size_t i = 0; i < syntax->count; i++)
		if (syntax->branches[i].cut)
			syntax->exact = false;
	return syntax;
}
