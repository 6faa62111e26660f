/*
 * syntax: what a class or a character stands for, which PCRE2 is asked.
 *
 * A class is tried on each byte.  In UTF-8 mode it is those of its bytes that
 * are ASCII and any longer character; and the other cases of a letter are found
 * by searching among all there are.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "syntax_internal.h"

enum {
	/* Asking PCRE2 takes some microseconds each time. */
	SYNTAX_SETS_MAXIMUM = 64,
	/* Letters that have another case are below this; a test asks PCRE2
	 * whether it knows others. */
	SYNTAX_CASES_END = 0x20000,
	SYNTAX_VARIANTS = 8,
	SYNTAX_CLASS_MAXIMUM = 4096,
};

/* --- asking --- */

/* OPTIONS: those that decide what a class or a letter matches. */
static pcre2_code *compile(const char *regex, size_t length, uint32_t options)
{
	const uint32_t kept = PCRE2_CASELESS | PCRE2_DOTALL | PCRE2_UTF |
			      PCRE2_UCP | PCRE2_MATCH_INVALID_UTF |
			      PCRE2_NEVER_UTF;
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	pcre2_code *code = NULL;
	int number;
	size_t offset;

	if (!context)
		return NULL;
	pcre2_set_newline(context, PCRE2_NEWLINE_LF);
	code = pcre2_compile((PCRE2_SPTR)regex, length, options & kept,
			     &number, &offset, context);
	pcre2_compile_context_free(context);
	return code;
}

static bool ask(struct reader *reader, const char *regex, size_t length,
		struct byte_set *set)
{
	unsigned last = reader->options & PCRE2_UTF ? 0x7f : 0xff;
	pcre2_code *code = compile(regex, length, reader->options);
	pcre2_match_data *data = code ? pcre2_match_data_create(1, NULL)
				      : NULL;

	memset(set, 0, sizeof *set);
	for (unsigned byte = 0; data && byte <= last; byte++) {
		unsigned char subject = (unsigned char)byte;

		if (pcre2_match(code, &subject, 1, 0, PCRE2_ANCHORED, data,
				NULL) >= 0)
			byte_set_add(set, byte);
	}
	pcre2_match_data_free(data);
	pcre2_code_free(code);
	return data ? true : syntax_lose(reader);
}

/* The bytes that the class or the like at REGEX matches. */
static bool class_set(struct reader *reader, const char *regex, size_t length,
		      struct byte_set *set)
{
	bool known = reader->class && reader->class_length == length &&
		     reader->class_options == reader->options &&
		     memcmp(reader->class, regex, length) == 0;

	if (!known && (reader->sets == SYNTAX_SETS_MAXIMUM ||
		       length > SYNTAX_CLASS_MAXIMUM)) {
		reader->exact = false;
		*set = byte_set_all();
		return true;
	}
	if (!known) {
		reader->sets++;
		if (!ask(reader, regex, length, &reader->class_set))
			return false;
		reader->class = regex;
		reader->class_length = length;
		reader->class_options = reader->options;
	}
	*set = reader->class_set;
	return true;
}

/* --- atoms --- */

static struct byte_set set_between(unsigned first, unsigned last)
{
	struct byte_set set = { { 0 } };

	for (unsigned byte = first; byte <= last; byte++)
		byte_set_add(&set, byte);
	return set;
}

bool syntax_take_class(struct reader *reader, const char *regex,
		       size_t length, struct syntax_branch *branch)
{
	struct byte_set set;
	struct byte_set longer = set_between(0xc2, 0xf4);
	struct byte_set rest = set_between(0x80, 0xbf);

	if (!class_set(reader, regex, length, &set))
		return false;
	if (reader->options & PCRE2_UTF) {
		byte_set_unite(&set, &longer);
		reader->exact = false;
	}
	syntax_branch_single(branch, &set);
	if (reader->options & PCRE2_UTF)
		syntax_branch_run(branch, &rest, 3, SYNTAX_GREEDY);
	return true;
}

bool syntax_take_bound(struct reader *reader)
{
	bool start = reader->at == reader->start + 2;
	bool end = reader->at == reader->end;
	struct syntax_bounds *bounds = &reader->bounds;

	/* What words are made of is another thing in UTF-8; and behind a space
	 * it may be said how often it is there. */
	if (reader->options & (PCRE2_UTF | PCRE2_UCP | PCRE2_EXTENDED) ||
	    !(end || (start && !strchr("*+?{", *reader->at)))) {
		reader->exact = false;
		return true;
	}
	bounds->start = bounds->start || start;
	bounds->end = bounds->end || end;
	return class_set(reader, "\\w", 2, &bounds->word);
}

void syntax_take_anything(struct reader *reader, struct syntax_branch *branch)
{
	struct byte_set set = byte_set_all();

	reader->exact = false;
	syntax_branch_run(branch, &set, SYNTAX_MANY, SYNTAX_GREEDY);
}

static size_t encode(unsigned char *out, unsigned point)
{
	if (point < 0x80) {
		out[0] = (unsigned char)point;
		return 1;
	}
	if (point < 0x800) {
		out[0] = (unsigned char)(0xc0 | point >> 6);
		out[1] = (unsigned char)(0x80 | (point & 0x3f));
		return 2;
	}
	if (point < 0x10000) {
		out[0] = (unsigned char)(0xe0 | point >> 12);
		out[1] = (unsigned char)(0x80 | (point >> 6 & 0x3f));
		out[2] = (unsigned char)(0x80 | (point & 0x3f));
		return 3;
	}
	out[0] = (unsigned char)(0xf0 | point >> 18);
	out[1] = (unsigned char)(0x80 | (point >> 12 & 0x3f));
	out[2] = (unsigned char)(0x80 | (point >> 6 & 0x3f));
	out[3] = (unsigned char)(0x80 | (point & 0x3f));
	return 4;
}

static bool have_letters(struct reader *reader)
{
	if (reader->letters)
		return true;
	reader->letters = malloc(SYNTAX_CASES_END * 4);
	if (!reader->letters)
		return syntax_lose(reader);
	for (unsigned point = 0; point < SYNTAX_CASES_END; point++)
		if (point < 0xd800 || point > 0xdfff)
			reader->letters_length += encode(
				reader->letters + reader->letters_length,
				point);
	return true;
}

/* The characters that CODE matches, each a branch of VARIANTS. */
static bool find_variants(const struct reader *reader, pcre2_code *code,
			  struct syntax *variants)
{
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	size_t at = 0;

	variants->count = 0;
	pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	while (data && pcre2_match(code, reader->letters,
				   reader->letters_length, at,
				   PCRE2_NO_UTF_CHECK, data, NULL) >= 0) {
		const size_t *pair = pcre2_get_ovector_pointer(data);

		if (variants->count == SYNTAX_VARIANTS)
			break;

		struct syntax_branch *branch =
			&variants->branches[variants->count++];

		branch->count = 0;
		branch->cut = false;
		for (at = pair[0]; at < pair[1]; at++) {
			unsigned byte = reader->letters[at];
			struct byte_set set = set_between(byte, byte);

			syntax_branch_single(branch, &set);
		}
	}
	pcre2_match_data_free(data);
	return data && variants->count > 0 &&
	       variants->count < SYNTAX_VARIANTS;
}

/* A character of UTF-8 and its other cases. */
static bool take_letter(struct reader *reader, unsigned point,
			struct syntax *atom)
{
	char regex[16];
	int length = snprintf(regex, sizeof regex, "\\x{%x}", point);
	uint32_t options = reader->options & ~(uint32_t)PCRE2_MATCH_INVALID_UTF;
	pcre2_code *code = have_letters(reader)
				   ? compile(regex, (size_t)length, options)
				   : NULL;
	bool found = code && find_variants(reader, code, atom);

	pcre2_code_free(code);
	reader->exact = false;
	if (!found)
		return syntax_lose(reader);
	syntax_flatten(atom);
	return true;
}

bool syntax_take_literal(struct reader *reader, unsigned point,
			 struct syntax *atom)
{
	struct syntax_branch *branch = &atom->branches[0];
	bool caseless = reader->options & PCRE2_CASELESS;
	unsigned char bytes[4];
	size_t length = 1;

	if (reader->options & PCRE2_UTF) {
		if (caseless && (point >= 0x80 || isalpha((int)point)))
			return take_letter(reader, point, atom);
		length = encode(bytes, point);
		reader->exact = reader->exact && point < 0x80;
	} else {
		bytes[0] = (unsigned char)point;
	}
	for (size_t i = 0; i < length; i++) {
		struct byte_set set = set_between(bytes[i], bytes[i]);

		/* The tables that PCRE2 comes with know ASCII alone. */
		if (caseless && isascii(bytes[i]) && isalpha(bytes[i]))
			byte_set_add(&set, bytes[i] ^ 0x20);
		syntax_branch_single(branch, &set);
	}
	return true;
}
