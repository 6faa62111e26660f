/*
 * "text"FLAGS:ENCODING,...: what is typed, in every one of the encodings that
 * has all of its characters.
 *
 * Case and words are matters of characters, and what is matched are bytes, so
 * a character without regard to case is its forms in the encoding, and a word
 * is what has none of the encoding's letters and digits around it.  The forms
 * are those that PCRE2 makes of it; a C library would ask the locale.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pattern_form.h"
#include "pattern_internal.h"
#include "octavo/escape.h"
#include "text.h"

enum { TEXT_ENCODINGS = 16, TEXT_FORMS = 4 };

static const char *const all_encodings[] = {
	"utf8", "latin1", "utf16le", "utf16be", "ebcdic",
};
enum { ALL_ENCODINGS = sizeof all_encodings / sizeof *all_encodings };

struct name {
	const char *name;
	size_t length;
	size_t position;	/* where it, or all, is typed */
};

struct reader {
	struct text text;
	bool caseless;
	bool words;
	struct name names[TEXT_ENCODINGS];
	size_t name_count;
	pcre2_code *character;	/* any one, for its other forms */
	struct error *error;
};

/* --- flags and encodings --- */

static bool read_flags(struct reader *reader, const char *text, size_t *at)
{
	for (; isalpha((unsigned char)text[*at]); (*at)++)
		switch (text[*at]) {
		case 'i':
			reader->caseless = true;
			break;
		case 'w':
			reader->words = true;
			break;
		default:
			return error_set_at(reader->error, *at, "unknown flag "
					    "%c: flags of a text are i w",
					    text[*at]);
		}
	return true;
}

static bool add_name(struct reader *reader, const char *name, size_t length,
		     size_t position)
{
	if (reader->name_count == TEXT_ENCODINGS)
		return false;
	reader->names[reader->name_count++] =
		(struct name){ name, length, position };
	return true;
}

/* All that there are on this system. */
static bool add_all(struct reader *reader, size_t position)
{
	bool done = true;

	for (size_t i = 0; i < ALL_ENCODINGS && done; i++)
		if (encoding_is_known(all_encodings[i]))
			done = add_name(reader, all_encodings[i],
					strlen(all_encodings[i]), position);
	return done;
}

/* At the colon, if there is one: NAME,... */
static bool read_names(struct reader *reader, const char *text, size_t *at)
{
	if (text[*at] != ':')
		return add_name(reader, "utf8", 4, *at);
	do {
		size_t start = ++*at;
		size_t length = encoding_name_length(text + start);
		bool all = length == 3 && !memcmp(text + start, "all", 3);

		*at += length;
		if (all ? !add_all(reader, start)
			: !add_name(reader, text + start, length, start))
			return error_set_at(reader->error, start,
					    "too many encodings");
	} while (text[*at] == ',');
	return true;
}

/* --- letters --- */

static bool open_character(struct reader *reader)
{
	PCRE2_UCHAR message[128] = "";
	PCRE2_SIZE offset;
	int code;

	if (!reader->caseless)
		return true;
	reader->character = pcre2_compile((PCRE2_SPTR) ".", 1,
					  PCRE2_DOTALL | PCRE2_UTF, &code,
					  &offset, NULL);
	if (reader->character)
		return true;
	pcre2_get_error_message(code, message, sizeof message);
	return error_set(reader->error, "%s", (char *)message);
}

/* What HOW (\U or \L) makes of CHARACTER. */
static uint32_t changed_case(const struct reader *reader, uint32_t character,
			     const char *how)
{
	char before[4];
	PCRE2_UCHAR after[16];
	PCRE2_SIZE length = sizeof after;
	size_t size = escape_encode(before, character);
	int count = pcre2_substitute(reader->character, (PCRE2_SPTR)before,
				     size, 0, PCRE2_SUBSTITUTE_EXTENDED, NULL,
				     NULL, (PCRE2_SPTR)how,
				     PCRE2_ZERO_TERMINATED, after, &length);

	if (count == 1 && length > 0)
		escape_decode(&character, (char *)after, length);
	return character;
}

/* The forms of UNIT in ENCODING; how many. */
static size_t forms_of(const struct reader *reader,
		       const struct text_unit *unit, struct encoding *encoding,
		       struct form_string forms[TEXT_FORMS])
{
	uint32_t values[TEXT_FORMS] = { unit->value };
	size_t wanted = 1;
	size_t count = 0;

	if (reader->caseless && !unit->is_byte) {
		values[1] = changed_case(reader, unit->value, "\\U$0");
		values[2] = changed_case(reader, unit->value, "\\L$0");
		values[3] = changed_case(reader, values[1], "\\L$0");
		wanted = TEXT_FORMS;
	}
	for (size_t i = 0; i < wanted; i++) {
		const struct text_unit one = { values[i], unit->is_byte, 0 };
		bool again = false;

		for (size_t j = 0; j < i; j++)
			again |= values[j] == values[i];
		forms[count].length = again ? 0 : text_put(
			&one, encoding, forms[count].bytes);
		count += forms[count].length > 0;
	}
	return count;
}

/* Not beside a letter, digit or _; WHERE is the look-around. */
static void put_border(struct form *form, struct encoding *encoding,
		       const char *where)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789_";
	struct form_string strings[sizeof letters];
	size_t count = 0;

	for (const char *c = letters; *c; c++) {
		struct form_string *string = &strings[count];

		string->length = encoding_put(encoding, (unsigned char)*c,
					      string->bytes);
		count += string->length > 0;
	}
	if (count == 0)
		return;
	form_put(form, where);
	form_any_of(form, strings, count);
	form_put(form, ")");
}

/* --- in one encoding --- */

/* False where the encoding lacks some of it: the error says what. */
static bool put_encoded(const struct reader *reader, const struct name *name,
			struct encoding *encoding, struct form *form)
{
	if (reader->words)
		put_border(form, encoding, "(?<!");
	for (size_t i = 0; i < reader->text.count; i++) {
		const struct text_unit *unit = &reader->text.units[i];
		struct form_string forms[TEXT_FORMS + 1];
		size_t count = forms_of(reader, unit, encoding, forms);

		if (count == 0)
			return text_lacks(unit, name->name, name->length,
					  reader->error);
		form_any_of(form, forms, count);
	}
	if (reader->words)
		put_border(form, encoding, "(?!");
	return true;
}

/* The text in the encoding NAME in FORM, which stays empty where that lacks
 * some of it. */
static bool read_encoded(const struct reader *reader, const struct name *name,
			 struct form *form)
{
	struct error inner = ERROR_NONE;
	struct encoding *encoding = encoding_open(name->name, name->length,
						  &inner);

	if (!encoding)
		return error_set_at(reader->error, name->position, "%s",
				    inner.message);
	if (!put_encoded(reader, name, encoding, form))
		form_free(form);
	encoding_close(encoding);
	return true;
}

static bool is_among(const struct form *forms, size_t count,
		     const struct form *form)
{
	for (size_t i = 0; i < count; i++)
		if (forms[i].length == form->length &&
		    !memcmp(forms[i].text, form->text, form->length))
			return true;
	return false;
}

/* The text in all encodings, each a form; how many in *COUNT. */
static bool read_all(const struct reader *reader,
		     struct form forms[TEXT_ENCODINGS], size_t *count)
{
	for (size_t i = 0; i < reader->name_count; i++) {
		struct form *form = &forms[*count];

		if (!read_encoded(reader, &reader->names[i], form))
			return false;
		if (form->failed)
			return error_set_memory(reader->error);
		if (form->length == 0 || is_among(forms, *count, form))
			form_free(form);
		else
			++*count;
	}
	return *count > 0 || reader->text.count == 0;
}

static void put_all(struct form *form, const struct form *forms, size_t count)
{
	if (count > 1)
		form_put(form, "(?:");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			form_put(form, "|");
		form_put(form, forms[i].text);
	}
	if (count > 1)
		form_put(form, ")");
}

bool pattern_read_text(struct form *form, const char *text, size_t *at,
		       struct error *error)
{
	struct reader reader = { .error = error };
	struct form forms[TEXT_ENCODINGS] = { { .text = NULL } };
	size_t count = 0;
	bool done = text_parse(&reader.text, text, at, error) &&
		    read_flags(&reader, text, at) &&
		    read_names(&reader, text, at) && open_character(&reader) &&
		    (reader.text.count == 0 ||
		     read_all(&reader, forms, &count));

	if (done)
		put_all(form, forms, count);
	for (size_t i = 0; i < TEXT_ENCODINGS; i++)
		form_free(&forms[i]);
	pcre2_code_free(reader.character);
	text_free(&reader.text);
	return done;
}
