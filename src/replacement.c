/*
 * replacement: what a match becomes.
 *
 * PCRE2 reads the text anew for each match and has no way of only looking
 * whether it is right.  So it is tried out beforehand, on two matches of an
 * empty subject: one in which all groups of the pattern are set, to nothing,
 * and one in which none is.  They are those of a made-up pattern that has the
 * same groups under the same names.
 *
 * Without a group in it, the text gives the same bytes each time: those of the
 * trial.
 */
#include <stdio.h>
#include <string.h>

#include "memory.h"
#include "replacement_internal.h"

enum {
	REPLACEMENT_OPTIONS = PCRE2_SUBSTITUTE_MATCHED |
			      PCRE2_SUBSTITUTE_EXTENDED |
			      PCRE2_SUBSTITUTE_REPLACEMENT_ONLY |
			      PCRE2_SUBSTITUTE_UNSET_EMPTY |
			      PCRE2_SUBSTITUTE_OVERFLOW_LENGTH,
	REPLACEMENT_ROOM = 64,
	REPLACEMENT_MESSAGE_SIZE = 256,
};

struct replacement {
	const struct pattern *pattern;
	char *text;
	size_t length;
	bool constant;
	bool fills;		/* as long as what it replaces */
	struct expansion bytes;	/* where it is constant, or fills */
};

void replacement_free(struct replacement *replacement)
{
	if (!replacement)
		return;
	memory_free(replacement->text);
	expansion_free(&replacement->bytes);
	memory_free(replacement);
}

const unsigned char *replacement_constant(
	const struct replacement *replacement, size_t *length)
{
	*length = replacement->bytes.length;
	return replacement->constant ? replacement->bytes.bytes : NULL;
}

void expansion_free(struct expansion *out)
{
	memory_free(out->bytes);
	*out = (struct expansion){ NULL, 0, 0 };
}

/* Room for MORE bytes behind those that are there. */
static bool expansion_reserve(struct expansion *out, size_t more)
{
	size_t capacity = out->length + more;

	if (capacity <= out->capacity)
		return true;
	if (capacity < 2 * out->capacity)
		capacity = 2 * out->capacity;

	unsigned char *bytes = memory_resize(out->bytes, capacity);

	if (!bytes)
		return false;
	out->bytes = bytes;
	out->capacity = capacity;
	return true;
}

/* --- expanding --- */

static bool say(int code, size_t position, struct error *error)
{
	PCRE2_UCHAR message[REPLACEMENT_MESSAGE_SIZE] = "";

	/* What sed and perl users will type. */
	if (code == PCRE2_ERROR_BADREPESCAPE && position != PCRE2_UNSET)
		return error_set_at(error, position, "the replacement: "
				    "unknown escape (groups are $1, all of "
				    "the match is $0)");
	pcre2_get_error_message(code, message, sizeof message);
	if (position == PCRE2_UNSET)
		return error_set(error, "the replacement: %s",
				 (char *)message);
	return error_set_at(error, position, "the replacement: %s",
			    (char *)message);
}

/* A match of CODE, which is the pattern or has the same groups. */
static bool expand(const struct replacement *replacement,
		   const pcre2_code *code, uint32_t options,
		   const unsigned char *subject, size_t length,
		   pcre2_match_data *data, struct expansion *out,
		   struct error *error)
{
	size_t room = REPLACEMENT_ROOM;
	int result;

	do {
		/* With the NUL that PCRE2 puts behind it. */
		if (room == PCRE2_UNSET || !expansion_reserve(out, room))
			return error_set_memory(error);
		room = out->capacity - out->length;
		result = pcre2_substitute(code, subject, length, 0,
					  REPLACEMENT_OPTIONS | options, data,
					  NULL,
					  (PCRE2_SPTR)replacement->text,
					  replacement->length,
					  out->bytes + out->length, &room);
	} while (result == PCRE2_ERROR_NOMEMORY);
	if (result < 0)
		return say(result, room, error);
	out->length += room;
	return true;
}

static bool fill(const struct replacement *replacement,
		 pcre2_match_data *data, struct expansion *out,
		 struct error *error)
{
	const PCRE2_SIZE *places = pcre2_get_ovector_pointer(data);
	const struct expansion *filler = &replacement->bytes;
	size_t length = places[1] - places[0];

	if (!expansion_reserve(out, length + 1))
		return error_set_memory(error);
	for (size_t i = 0; i < length; i++)
		out->bytes[out->length++] = filler->bytes[i % filler->length];
	return true;
}

bool replacement_expand(const struct replacement *replacement,
			const unsigned char *subject, size_t length,
			pcre2_match_data *data, struct expansion *out,
			struct error *error)
{
	if (replacement->fills)
		return fill(replacement, data, out, error);
	/* That the text is UTF-8 was seen to at the trial. */
	return expand(replacement, replacement->pattern->code,
		      PCRE2_NO_UTF_CHECK, subject, length, data, out, error);
}

/* --- the trial --- */

/* Does TEXT hold a dollar that stands for something else? */
static bool has_group(const char *text, size_t length)
{
	bool quoted = false;

	for (size_t i = 0; i < length; i++) {
		char next = i + 1 < length ? text[i + 1] : '\0';

		if (text[i] == '\\') {
			if (quoted ? next == 'E' : next == 'Q')
				quoted = !quoted;
			if (!quoted)
				i += next == 'c' ? 2 : 1;
		} else if (text[i] == '$' && !quoted) {
			if (next != '$')
				return true;
			i++;
		}
	}
	return false;
}

/* The name of group NUMBER in PATTERN, or NULL. */
static const char *group_name(const struct pattern *pattern, uint32_t number)
{
	PCRE2_SPTR table;
	uint32_t count, size;

	pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMECOUNT, &count);
	pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
	pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMETABLE, &table);
	for (uint32_t i = 0; i < count; i++, table += size)
		if ((uint32_t)(table[0] << 8 | table[1]) == number)
			return (const char *)table + 2;
	return NULL;
}

/* A pattern of the groups of PATTERN, all empty; behind an alternative that
 * comes without them where they shall not be SET.  To be freed. */
static char *groups_text(const struct pattern *pattern, bool set)
{
	enum { EACH = 40 };	/* a name has 32 characters at most */
	uint32_t count;

	pcre2_pattern_info(pattern->code, PCRE2_INFO_CAPTURECOUNT, &count);

	char *text = memory_allocate((size_t)(count + 1) * EACH);
	char *out = text;

	if (!text)
		return NULL;
	out += sprintf(out, "(?J)(?:%s", set ? "" : "|");
	for (uint32_t i = 1; i <= count; i++) {
		const char *name = group_name(pattern, i);

		out += name ? sprintf(out, "(?<%s>)", name)
			    : sprintf(out, "()");
	}
	strcpy(out, ")");
	return text;
}

static pcre2_code *groups_compile(const struct pattern *pattern, bool set,
				  struct error *error)
{
	char *text = groups_text(pattern, set);
	uint32_t options;
	int code;
	size_t offset;

	if (!text) {
		error_set_memory(error);
		return NULL;
	}
	pcre2_pattern_info(pattern->code, PCRE2_INFO_ALLOPTIONS, &options);

	pcre2_code *program = pcre2_compile((PCRE2_SPTR)text,
					    PCRE2_ZERO_TERMINATED,
					    options & (PCRE2_UTF | PCRE2_UCP),
					    &code, &offset, NULL);

	memory_free(text);
	if (!program)
		say(code, PCRE2_UNSET, error);
	return program;
}

/* Expands it for a match in which all groups are SET or none. */
static bool try_out(const struct replacement *replacement, bool set,
		    struct expansion *out, struct error *error)
{
	pcre2_code *program = groups_compile(replacement->pattern, set,
					     error);
	pcre2_match_data *data = NULL;
	const unsigned char *nothing = (const unsigned char *)"";
	bool done = false;

	if (!program)
		return false;
	data = pcre2_match_data_create_from_pattern(program, NULL);
	if (!data)
		error_set_memory(error);
	else if (pcre2_match(program, nothing, 0, 0, 0, data, NULL) < 0)
		error_set(error, "the replacement cannot be tried out");
	else
		done = expand(replacement, program, 0, nothing, 0, data, out,
			      error);
	pcre2_match_data_free(data);
	pcre2_code_free(program);
	return done;
}

static bool prepare(struct replacement *replacement, struct error *error)
{
	struct expansion *bytes = &replacement->bytes;

	if (!try_out(replacement, true, bytes, error))
		return false;
	bytes->length = 0;
	if (!try_out(replacement, false, bytes, error))
		return false;
	replacement->constant = !has_group(replacement->text,
					   replacement->length);
	return true;
}

static struct replacement *replacement_make(void)
{
	struct replacement *replacement = memory_allocate(sizeof *replacement);

	if (replacement)
		*replacement = (struct replacement){ .constant = false };
	return replacement;
}

struct replacement *replacement_new(const struct pattern *pattern,
				    const char *text, size_t length,
				    struct error *error)
{
	struct replacement *replacement = replacement_make();

	if (replacement)
		replacement->text = memory_allocate(length + 1);
	if (!replacement || !replacement->text) {
		replacement_free(replacement);
		error_set_memory(error);
		return NULL;
	}
	replacement->pattern = pattern;
	replacement->length = length;
	memcpy(replacement->text, text, length);
	if (prepare(replacement, error))
		return replacement;
	replacement_free(replacement);
	return NULL;
}

struct replacement *replacement_of_bytes(const void *bytes, size_t length,
					 struct error *error)
{
	struct replacement *replacement = replacement_make();

	if (!replacement
	    || !expansion_reserve(&replacement->bytes, length + 1)) {
		replacement_free(replacement);
		error_set_memory(error);
		return NULL;
	}
	if (length > 0)
		memcpy(replacement->bytes.bytes, bytes, length);
	replacement->bytes.length = length;
	replacement->constant = true;
	return replacement;
}

struct replacement *replacement_of_filler(const void *bytes, size_t length,
					  struct error *error)
{
	struct replacement *replacement =
		replacement_of_bytes(bytes, length, error);

	if (replacement) {
		replacement->constant = false;
		replacement->fills = true;
	}
	return replacement;
}
