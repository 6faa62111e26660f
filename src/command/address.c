/*
 * Addresses: expressions over numbers, marks, searches and numbers stored in
 * the document, read by recursive descent.  All arithmetic is on 64-bit
 * offsets and every overflow is an error: an address is right or it is none.
 *
 *   sum     = ["+" | "-"] product { ("+" | "-") product }
 *   product = factor { ("*" | "/") factor }
 *   factor  = number | "." | "$" | "'" mark | "/re/" | "?re?" | "(" sum ")"
 *           | "line(" sum ")" | "u16le(" sum ")" ... | "region(" name ")"
 *           | "time(" time ")"
 *
 * A sign in front counts from the cursor.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"

enum { DEPTH = 100 };

struct reader {
	struct editor *editor;
	const char *line;
	size_t position;
	unsigned depth;
	struct error *error;
};

static bool fail(struct reader *reader, const char *why)
{
	return error_set_at(reader->error, reader->position, "%s", why);
}

static void skip(struct reader *reader)
{
	while (reader->line[reader->position] == ' '
	       || reader->line[reader->position] == '\t')
		reader->position++;
}

static bool accept(struct reader *reader, char character)
{
	skip(reader);
	if (reader->line[reader->position] != character)
		return false;
	reader->position++;
	return true;
}

static bool sum(struct reader *reader, uint64_t *value);

static bool parenthesised(struct reader *reader, uint64_t *value)
{
	if (!accept(reader, '('))
		return fail(reader, "( is wanted here");
	if (!sum(reader, value))
		return false;
	return accept(reader, ')') || fail(reader, ") is wanted here");
}

static bool number(struct reader *reader, uint64_t *value)
{
	const char *line = reader->line;
	size_t start = reader->position;
	bool hex = line[start] == '0' && (line[start + 1] | 0x20) == 'x'
		   && isxdigit((unsigned char)line[start + 2]);
	uint64_t base = hex ? 16 : 10;

	*value = 0;
	reader->position += hex ? 2 : 0;
	for (;; reader->position++) {
		unsigned char c = (unsigned char)line[reader->position];
		uint64_t digit;

		if (isdigit(c))
			digit = (uint64_t)(c - '0');
		else if (hex && isxdigit(c))
			digit = (uint64_t)((c | 0x20) - 'a' + 10);
		else
			break;
		if (*value > (UINT64_MAX - digit) / base) {
			reader->position = start;
			return fail(reader, "the number is too large");
		}
		*value = base * *value + digit;
	}

	static const char multiples[] = "KMGT";
	const char *multiple = line[reader->position]
				       ? strchr(multiples,
						line[reader->position])
				       : NULL;

	if (!multiple)
		return true;

	unsigned shift = 10 * (unsigned)(multiple - multiples + 1);

	if (*value > UINT64_MAX >> shift) {
		reader->position = start;
		return fail(reader, "the number is too large");
	}
	*value <<= shift;
	reader->position++;
	return true;
}

static bool mark(struct reader *reader, uint64_t *value)
{
	struct buffer *buffer = reader->editor->buffer;
	unsigned char name =
		(unsigned char)reader->line[reader->position + 1];

	if (name >= EDITOR_MARKS || name <= ' ')
		return fail(reader, "the name of a mark is wanted here");
	if (!buffer->marked[name])
		return error_set_at(reader->error, reader->position,
				    "there is no mark %c", name);
	reader->position += 2;
	*value = buffer->marks[name];
	return true;
}

static bool find(struct reader *reader, bool backward, uint64_t *value)
{
	size_t start = reader->position;
	struct buffer *buffer = reader->editor->buffer;
	struct pattern *pattern = pattern_parse(reader->line,
						&reader->position,
						reader->error);
	struct match match;
	bool found;

	if (!pattern)
		return false;

	uint64_t from = buffer->view.cursor;
	uint64_t size = document_size(buffer->document);

	/* The next match is one behind the cursor. */
	if (!backward && from < size)
		from++;

	struct range range = { backward ? 0 : from, backward ? from : size };
	bool done = editor_find_now(reader->editor, pattern, backward, range,
				    &match, &found, reader->error);

	if (done && found)
		*value = match.start;
	if (done && !found) {
		error_set_at(reader->error, start, "no match for %s %s the "
			     "cursor", pattern_text(pattern),
			     backward ? "before" : "behind");
		done = false;
	}
	pattern_free(pattern);
	return done;
}

/* The name of a number type: its width in bytes and byte order, or 0. */
static unsigned stored_type(const char *name, size_t length, bool *big)
{
	static const struct {
		const char *name;
		unsigned width;
		bool big;
	} types[] = {
		{ "u8", 1, false },    { "u16le", 2, false },
		{ "u16be", 2, true },  { "u32le", 4, false },
		{ "u32be", 4, true },  { "u64le", 8, false },
		{ "u64be", 8, true },
	};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (strlen(types[i].name) != length
		    || memcmp(types[i].name, name, length) != 0)
			continue;
		*big = types[i].big;
		return types[i].width;
	}
	return 0;
}

static bool stored(struct reader *reader, unsigned width, bool big,
		   uint64_t *value)
{
	size_t start = reader->position;
	const struct document *document = reader->editor->buffer->document;
	unsigned char bytes[8];
	uint64_t at;

	if (!parenthesised(reader, &at))
		return false;
	if (document_read(document, at, bytes, width) < width) {
		reader->position = start;
		return fail(reader, "the number is past the end");
	}
	*value = 0;
	for (unsigned i = 0; i < width; i++)
		*value = *value << 8 | bytes[big ? i : width - 1 - i];
	return true;
}

/* The length of the name at POSITION of something that takes an address in
 * parentheses, else 0. */
static size_t call_length(const char *line, size_t position)
{
	size_t length = 0;
	bool big;

	while (isalnum((unsigned char)line[position + length]))
		length++;
	if (line[position + length] != '(')
		return 0;
	if (length == 4 && memcmp(line + position, "line", 4) == 0)
		return length;
	return stored_type(line + position, length, &big) ? length : 0;
}

static bool call(struct reader *reader, uint64_t *value)
{
	const char *name = reader->line + reader->position;
	size_t length = call_length(reader->line, reader->position);
	size_t start = reader->position;
	uint64_t line;
	bool big = false;
	unsigned width = stored_type(name, length, &big);

	if (length == 0)
		return fail(reader, "an address is wanted here");
	if (width > 0) {
		reader->position += length;
		return stored(reader, width, big, value);
	}
	reader->position += length;
	if (!parenthesised(reader, &line))
		return false;
	if (editor_find_line(reader->editor, line, value, reader->error))
		return true;
	if (reader->error)
		reader->error->position = (long)start;
	return false;
}

/* --- those whose argument is text --- */

static bool region(struct reader *reader, const char *name, size_t length,
		   uint64_t *value)
{
	if (region_find(reader->editor, name, length, value))
		return true;
	return error_set_at(reader->error, reader->position,
			    "there is no region %.*s", (int)length, name);
}

static bool time_of(struct reader *reader, const char *text, size_t length,
		    uint64_t *value)
{
	if (editor_find_time(reader->editor, text, length, value,
			     reader->error))
		return true;
	if (reader->error)
		reader->error->position = (long)reader->position;
	return false;
}

static const struct text_call {
	const char *start;
	bool (*find)(struct reader *reader, const char *text, size_t length,
		     uint64_t *value);
} text_calls[] = { { "region(", region }, { "time(", time_of } };

static const struct text_call *text_call_at(const char *line)
{
	for (size_t i = 0; i < sizeof text_calls / sizeof *text_calls; i++)
		if (strncmp(line, text_calls[i].start,
			    strlen(text_calls[i].start)) == 0)
			return &text_calls[i];
	return NULL;
}

static bool find_text(struct reader *reader, const struct text_call *call,
		      uint64_t *value)
{
	size_t start = reader->position + strlen(call->start);
	const char *text = reader->line + start;
	size_t length = strcspn(text, ")");

	if (text[length] == '\0') {
		reader->position = start + length;
		return fail(reader, ") is wanted here");
	}
	if (!call->find(reader, text, length, value))
		return false;
	reader->position = start + length + 1;
	return true;
}

static bool factor(struct reader *reader, uint64_t *value)
{
	struct buffer *buffer = reader->editor->buffer;

	skip(reader);

	char c = reader->line[reader->position];

	if (isdigit((unsigned char)c))
		return number(reader, value);
	switch (c) {
	case '.':
		reader->position++;
		*value = buffer->view.cursor;
		return true;
	case '$':
		reader->position++;
		*value = document_size(buffer->document);
		return true;
	case '\'':
		return mark(reader, value);
	case '/':
	case '?':
		return find(reader, c == '?', value);
	case '(':
		return parenthesised(reader, value);
	default:
		break;
	}

	const struct text_call *text =
		text_call_at(reader->line + reader->position);

	return text ? find_text(reader, text, value) : call(reader, value);
}

static bool product(struct reader *reader, uint64_t *value)
{
	if (!factor(reader, value))
		return false;
	for (;;) {
		uint64_t other;
		bool times = accept(reader, '*');

		if (!times && !accept(reader, '/'))
			return true;
		if (!factor(reader, &other))
			return false;
		if (times ? other != 0 && *value > UINT64_MAX / other
			  : other == 0)
			return fail(reader, times ? "the address is too large"
						  : "division by zero");
		*value = times ? *value * other : *value / other;
	}
}

static bool add(struct reader *reader, uint64_t *value, bool minus)
{
	uint64_t other;
	size_t start = reader->position;

	if (!product(reader, &other))
		return false;
	if (minus ? other > *value : other > UINT64_MAX - *value) {
		reader->position = start;
		return fail(reader, minus ? "the address is before the start"
					  : "the address is too large");
	}
	*value = minus ? *value - other : *value + other;
	return true;
}

static bool sum_from(struct reader *reader, uint64_t from, uint64_t *value)
{
	skip(reader);

	char c = reader->line[reader->position];

	*value = from;
	if (c != '+' && c != '-' && !product(reader, value))
		return false;
	for (;;) {
		bool plus = accept(reader, '+');

		if (!plus && !accept(reader, '-'))
			return true;
		if (!add(reader, value, !plus))
			return false;
	}
}

static bool sum(struct reader *reader, uint64_t *value)
{
	if (++reader->depth > DEPTH)
		return fail(reader, "too many parentheses");

	bool done = sum_from(reader, reader->editor->buffer->view.cursor,
			     value);

	reader->depth--;
	return done;
}

bool address_parse(struct editor *editor, const char *line, size_t *position,
		   uint64_t *address, struct error *error)
{
	struct reader reader = { editor, line, *position, 0, error };

	if (!editor->buffer)
		return error_set_at(error, *position,
				    "an address needs a file");
	if (!sum(&reader, address))
		return false;
	*position = reader.position;
	return true;
}

bool address_starts(const char *line, size_t position)
{
	char c = line[position];

	return isdigit((unsigned char)c)
	       || (c != '\0' && strchr(".$'/?(+-", c))
	       || text_call_at(line + position)
	       || call_length(line, position) > 0;
}

static bool is_selection(const char *line, size_t position)
{
	return strncmp(line + position, "sel", 3) == 0
	       && !isalnum((unsigned char)line[position + 3])
	       && line[position + 3] != '-';
}

/* Behind the search that begins at POSITION, flags included. */
static size_t skip_search(const char *line, size_t position)
{
	char delimiter = line[position++];

	while (line[position] && line[position] != delimiter) {
		if (line[position] == '\\' && line[position + 1])
			position++;
		position++;
	}
	if (line[position])
		position++;
	while (isalpha((unsigned char)line[position]))
		position++;
	return position;
}

size_t address_skip(const char *line, size_t position)
{
	bool behind_factor = false;	/* where a slash divides */

	for (;;) {
		struct reader reader = { NULL, line, position, 0, NULL };
		size_t length = call_length(line, position);
		char c = line[position];
		uint64_t value;

		if (c == '\0')
			return position;
		if (c == ' ' || c == '\t') {
			position++;
			continue;
		}
		if (c == '?' || (c == '/' && !behind_factor))
			position = skip_search(line, position);
		else if (c == '\'' && line[position + 1])
			position += 2;
		else if (isdigit((unsigned char)c) && number(&reader, &value))
			position = reader.position;
		else if (is_selection(line, position))
			position += 3;
		else if (text_call_at(line + position))
			position += strcspn(line + position, ")");
		else if (length > 0)
			position += length;
		else if (strchr("+-*/(),.$%", c))
			position++;
		else
			return position;
		behind_factor = length == 0 && !strchr("+-*(,", c)
				&& !(c == '/' && behind_factor);
	}
}

/* The end of a range; "+N" counts from its start. */
static bool range_end(struct reader *reader, struct range *range)
{
	size_t start;
	uint64_t cursor = reader->editor->buffer->view.cursor;

	skip(reader);
	start = reader->position;
	if (!sum_from(reader, reader->line[start] == '+' ? range->start
							 : cursor,
		      &range->end))
		return false;
	if (range->end >= range->start)
		return true;
	reader->position = start;
	return fail(reader, "the range ends before it starts");
}

bool address_parse_range(struct editor *editor, const char *line,
			 size_t *position, unsigned *given,
			 struct range *range, struct error *error)
{
	struct reader reader = { editor, line, *position, 0, error };
	size_t start = *position;
	bool all = line[start] == '%';
	bool selected = is_selection(line, start);

	*given = 0;
	if (!all && !selected && !address_starts(line, start))
		return true;
	if (!editor->buffer)
		return fail(&reader, "an address needs a file");

	uint64_t size = document_size(editor->buffer->document);

	*given = 2;
	if (all || selected) {
		*position += all ? 1 : 3;
		*range = (struct range){ 0, size };
		if (all || view_selection(&editor->buffer->view, range))
			return true;
		return fail(&reader, "nothing is selected");
	}
	if (!sum(&reader, &range->start))
		return false;
	range->end = range->start;
	if (accept(&reader, ',')) {
		if (!range_end(&reader, range))
			return false;
	} else {
		*given = 1;
	}
	if (range->end > size) {
		reader.position = start;
		return error_set_at(error, start, "0x%" PRIx64 " is past the "
				    "end, 0x%" PRIx64, range->end, size);
	}
	*position = reader.position;
	return true;
}
