/*
 * data: bytes as they are written in commands.
 *
 * Hex and numbers never give more bytes than they have characters, but for
 * numbers, which give 8 at most; so one block of that size is taken at the
 * start and nothing grows while it is read.  Text takes another, which has room
 * for the longest characters.  Files are read in pieces, because their size
 * may change meanwhile.
 */
#include "octavo/data.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io.h"
#include "text.h"

enum { DATA_READ_FIRST = 64 << 10, DATA_NUMBER_MAXIMUM = 64 };

struct number_kind {
	const char *name;
	struct data_type type;
};

static const struct number_kind number_kinds[] = {
	{ "u8:", { 'u', 1, false } },
	{ "i8:", { 'i', 1, false } },
	{ "u16le:", { 'u', 2, false } },
	{ "u16be:", { 'u', 2, true } },
	{ "u32le:", { 'u', 4, false } },
	{ "u32be:", { 'u', 4, true } },
	{ "u64le:", { 'u', 8, false } },
	{ "u64be:", { 'u', 8, true } },
	{ "i16le:", { 'i', 2, false } },
	{ "i16be:", { 'i', 2, true } },
	{ "i32le:", { 'i', 4, false } },
	{ "i32be:", { 'i', 4, true } },
	{ "i64le:", { 'i', 8, false } },
	{ "i64be:", { 'i', 8, true } },
	{ "f32le:", { 'f', 4, false } },
	{ "f32be:", { 'f', 4, true } },
	{ "f64le:", { 'f', 8, false } },
	{ "f64be:", { 'f', 8, true } },
};

static const struct number_kind *number_find(const char *text)
{
	for (size_t i = 0; i < sizeof number_kinds / sizeof *number_kinds; i++)
		if (!strncmp(text, number_kinds[i].name,
			     strlen(number_kinds[i].name)))
			return &number_kinds[i];
	return NULL;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* --- "text" --- */

/* In the encoding NAME (LENGTH bytes). */
static bool encode(struct data *data, const struct text *text,
		   const char *name, size_t length, struct error *error)
{
	struct encoding *encoding = encoding_open(name, length, error);
	unsigned char *bytes = malloc(text->count * ENCODING_BYTES + 1);
	bool done = encoding && (bytes || error_set_memory(error));

	free(data->bytes);
	data->bytes = bytes;
	for (size_t i = 0; done && i < text->count; i++) {
		size_t put = text_put(&text->units[i], encoding,
				      bytes + data->length);

		done = put > 0 || text_lacks(&text->units[i], name, length,
					     error);
		data->length += put;
	}
	encoding_close(encoding);
	return done;
}

static bool parse_text(struct data *data, const char *line, size_t *at,
		       struct error *error)
{
	struct error inner = ERROR_NONE;
	const char *name = "utf8";
	struct text text;

	if (!text_parse(&text, line, at, error))
		return false;

	size_t start = *at + 1;
	size_t length = strlen(name);

	if (line[*at] == ':') {
		name = line + start;
		length = encoding_name_length(name);
		*at = start + length;
	}

	bool done = encode(data, &text, name, length, &inner);

	text_free(&text);
	if (done)
		return true;
	return error_set_at(error, inner.position == ERROR_NO_POSITION
			    ? start : (size_t)inner.position, "%s",
			    inner.message);
}

/* --- {hex} --- */

/* One digit into the lower half of the byte being built. */
static bool parse_digit(struct data *data, const char *text, size_t at,
			struct error *error)
{
	int digit = text_hex_digit(text[at]);

	if (digit < 0)
		return error_set_at(error, at, text[at] == '?'
				    ? "no wildcards here" : text[at] == '}' ||
				    is_blank(text[at]) || !text[at]
				    ? "a byte has two hex digits"
				    : "not a hex digit");

	unsigned char *byte = data->bytes + data->length;

	*byte = (unsigned char)(*byte << 4 | digit);
	return true;
}

static bool parse_hex(struct data *data, const char *text, size_t *at,
		      struct error *error)
{
	size_t start = (*at)++;

	for (;;) {
		while (is_blank(text[*at]))
			(*at)++;
		if (!text[*at])
			return error_set_at(error, start,
					    "the closing } is missing");
		if (text[*at] == '}')
			break;
		if (!parse_digit(data, text, *at, error) ||
		    !parse_digit(data, text, *at + 1, error))
			return false;
		data->length++;
		*at += 2;
	}
	(*at)++;
	return true;
}

/* --- numbers --- */

static bool out_of_range(struct data_type type, size_t at,
			 struct error *error)
{
	return error_set_at(error, at, "out of range for %c%u", type.kind,
			    8u * type.size);
}

static bool parse_integer(struct data_type type, const char *digits,
			  uint64_t *value, struct error *error, size_t at)
{
	bool negative = *digits == '-' && type.kind == 'i';
	const char *first = digits + negative;
	int base = first[0] == '0' && (first[1] == 'x' || first[1] == 'X')
			   ? 16 : 10;
	char *end;

	if (base == 16)
		first += 2;
	if (text_hex_digit(*first) < 0)
		return error_set_at(error, at, "not a number");
	errno = 0;
	*value = strtoull(first, &end, base);
	if (*end)
		return error_set_at(error, at, "not a number");

	unsigned bits = type.size * 8u - (type.kind == 'i');
	uint64_t maximum = bits == 64 ? UINT64_MAX : (1ull << bits) - 1;

	if (errno == ERANGE || *value > maximum + (negative ? 1 : 0))
		return out_of_range(type, at, error);
	if (negative)
		*value = -*value;
	return true;
}

/* In the C locale: the point is a point wherever the user lives. */
static bool parse_float(struct data_type type, const char *digits,
			uint64_t *value, struct error *error, size_t at)
{
	locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	char *end;

	if (plain == (locale_t)0)
		return error_set_memory(error);

	locale_t before = uselocale(plain);
	double wide = strtod(digits, &end);
	float narrow = strtof(digits, NULL);

	uselocale(before);
	freelocale(plain);
	if (end == digits || *end)
		return error_set_at(error, at, "not a number");

	bool infinite = type.size == 4 ? isinf(narrow) : isinf(wide);

	if (infinite && !strpbrk(digits, "iI"))
		return out_of_range(type, at, error);
	if (type.size == 4) {
		uint32_t bits;

		memcpy(&bits, &narrow, sizeof bits);
		*value = bits;
	} else {
		memcpy(value, &wide, sizeof wide);
	}
	return true;
}

bool data_number_parse(struct data_type type, const char *text, size_t start,
		       size_t length, uint64_t *value, struct error *error)
{
	char digits[DATA_NUMBER_MAXIMUM + 1];

	if (length == 0 || length > DATA_NUMBER_MAXIMUM)
		return error_set_at(error, start, "not a number");
	memcpy(digits, text + start, length);
	digits[length] = '\0';
	return type.kind == 'f'
		       ? parse_float(type, digits, value, error, start)
		       : parse_integer(type, digits, value, error, start);
}

static bool parse_number(struct data *data, const char *text, size_t *at,
			 struct error *error)
{
	const struct number_kind *kind = number_find(text + *at);
	size_t start = *at + strlen(kind->name);
	size_t length = strcspn(text + start, " \t\r\n");
	uint64_t value = 0;

	if (!data_number_parse(kind->type, text, start, length, &value, error))
		return false;
	data_put_number(kind->type, value, data->bytes);
	data->length = kind->type.size;
	*at = start + length;
	return true;
}

bool data_type_parse(struct data_type *type, const char *text,
		     size_t *position)
{
	size_t length = 0;

	while (isalnum((unsigned char)text[*position + length]))
		length++;
	for (size_t i = 0; i < sizeof number_kinds / sizeof *number_kinds;
	     i++) {
		const char *name = number_kinds[i].name;

		/* Without its colon. */
		if (strlen(name) - 1 == length
		    && !strncmp(text + *position, name, length)) {
			*type = number_kinds[i].type;
			*position += length;
			return true;
		}
	}
	return false;
}

/* How far the byte at I is shifted in the number. */
static unsigned byte_shift(struct data_type type, unsigned i)
{
	return 8 * (type.big ? type.size - 1u - i : i);
}

uint64_t data_number(struct data_type type, const unsigned char *bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < type.size; i++)
		value |= (uint64_t)bytes[i] << byte_shift(type, i);
	return value;
}

void data_put_number(struct data_type type, uint64_t value,
		     unsigned char *bytes)
{
	for (unsigned i = 0; i < type.size; i++)
		bytes[i] = (unsigned char)(value >> byte_shift(type, i));
}

/* --- @FILE --- */

/* Opens only what ends: a pipe or a device is not even touched. */
static int open_regular(const char *path, struct error *error)
{
	struct stat status;

	if (io.stat(path, &status) != 0) {
		error_set_system(error, errno, "%s", path);
		return -1;
	}
	if (!S_ISREG(status.st_mode)) {
		error_set(error, "%s: not a regular file", path);
		return -1;
	}

	int fd = io.open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);

	if (fd < 0) {
		error_set_system(error, errno, "%s", path);
		return -1;
	}
	if (io.fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		return fd;
	error_set(error, "%s: not a regular file", path);
	io_close(fd);
	return -1;
}

static bool read_all(struct data *data, int fd, const char *path,
		     struct error *error)
{
	size_t capacity = DATA_READ_FIRST;

	for (;;) {
		unsigned char *bytes = realloc(data->bytes, capacity);

		if (!bytes)
			return error_set_memory(error);
		data->bytes = bytes;

		ssize_t got = io_read_at(fd, bytes + data->length,
					 capacity - data->length,
					 data->length);

		if (got < 0)
			return error_set_system(error, errno, "%s", path);
		data->length += (size_t)got;
		if (data->length < capacity)
			return true;
		if (capacity > SIZE_MAX / 2)
			return error_set_memory(error);
		capacity *= 2;
	}
}

static bool read_file(struct data *data, const char *path,
		      struct error *error)
{
	int fd = open_regular(path, error);
	bool done = fd >= 0 && read_all(data, fd, path, error);

	if (fd >= 0)
		io_close(fd);
	return done;
}

bool data_read_file(struct data *data, const char *path, struct error *error)
{
	*data = (struct data){ NULL, 0 };
	if (read_file(data, path, error))
		return true;
	data_free(data);
	return false;
}

static bool parse_file(struct data *data, const char *text, size_t *at,
		       struct error *error)
{
	size_t length = strcspn(text + *at + 1, "\n");
	char *path;

	if (!length)
		return error_set_at(error, *at, "a file name is missing");
	path = strndup(text + *at + 1, length);
	if (!path)
		return error_set_memory(error);

	bool done = read_file(data, path, error);

	free(path);
	*at += 1 + length;
	return done;
}

bool data_starts(const char *text, size_t position)
{
	char first = text[position];

	return first == '"' || first == '{' || first == '@' ||
	       number_find(text + position);
}

static bool parse_any(struct data *data, const char *text, size_t *at,
		      struct error *error)
{
	switch (text[*at]) {
	case '"':
		return parse_text(data, text, at, error);
	case '{':
		return parse_hex(data, text, at, error);
	case '@':
		return parse_file(data, text, at, error);
	default:
		return parse_number(data, text, at, error);
	}
}

bool data_parse(struct data *data, const char *text, size_t *position,
		struct error *error)
{
	size_t at = *position;

	*data = (struct data){ NULL, 0 };
	if (!data_starts(text, at))
		return error_set_at(error, at, text[at]
				    ? "not \"text\", {hex}, u32le:N or @FILE"
				    : "data is missing");

	size_t room = strlen(text + at) + sizeof(uint64_t);

	data->bytes = calloc(room, 1);
	if (!data->bytes)
		return error_set_memory(error);
	if (!parse_any(data, text, &at, error)) {
		data_free(data);
		return false;
	}
	*position = at;
	return true;
}

void data_free(struct data *data)
{
	free(data->bytes);
	*data = (struct data){ NULL, 0 };
}
