/*
 * data: bytes as they are written in commands.
 *
 * Text, hex and numbers never give more bytes than they have characters, but
 * for numbers, which give 8 at most; so one block of that size is taken at the
 * start and nothing grows while it is read.  Only files are read in pieces,
 * because their size may change meanwhile.
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
#include "octavo/escape.h"

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

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Reads exactly DIGITS hex digits; UINT32_MAX where they are not there. */
static uint32_t hex_value(const char *text, int digits)
{
	uint32_t value = 0;

	for (int i = 0; i < digits; i++) {
		int digit = hex_digit(text[i]);

		if (digit < 0)
			return UINT32_MAX;
		value = value << 4 | (uint32_t)digit;
	}
	return value;
}

/* --- "text" --- */

/* \xHH and \uHHHH, at the backslash. */
static bool parse_code(struct data *data, const char *text, size_t *at,
		       struct error *error)
{
	bool wide = text[*at + 1] == 'u';
	int digits = wide ? 4 : 2;
	uint32_t value = hex_value(text + *at + 2, digits);

	if (value == UINT32_MAX)
		return error_set_at(error, *at, "\\%c needs %d hex digits",
				    text[*at + 1], digits);
	if (value >= 0xd800 && value <= 0xdfff)
		return error_set_at(error, *at,
				    "a surrogate is not a character");
	if (wide)
		data->length += escape_encode(
			(char *)data->bytes + data->length, value);
	else
		data->bytes[data->length++] = (unsigned char)value;
	*at += 2 + (size_t)digits;
	return true;
}

static bool parse_escape(struct data *data, const char *text, size_t *at,
			 struct error *error)
{
	static const char letters[] = "ntr0ea\"\\";
	static const char values[] = "\n\t\r\0\033\a\"\\";
	char letter = text[*at + 1];
	const char *found = letter ? strchr(letters, letter) : NULL;

	if (letter == 'x' || letter == 'u')
		return parse_code(data, text, at, error);
	if (!letter)
		return error_set_at(error, *at, "a backslash at the end");
	if (!found)
		return error_set_at(error, *at, "unknown escape \\%c", letter);
	data->bytes[data->length++] = (unsigned char)values[found - letters];
	*at += 2;
	return true;
}

static bool parse_text(struct data *data, const char *text, size_t *at,
		       struct error *error)
{
	size_t start = (*at)++;

	while (text[*at] != '"') {
		if (!text[*at])
			return error_set_at(error, start,
					    "the closing \" is missing");
		if (text[*at] != '\\')
			data->bytes[data->length++] =
				(unsigned char)text[(*at)++];
		else if (!parse_escape(data, text, at, error))
			return false;
	}
	(*at)++;
	return true;
}

/* --- {hex} --- */

/* One digit into the lower half of the byte being built. */
static bool parse_digit(struct data *data, const char *text, size_t at,
			struct error *error)
{
	int digit = hex_digit(text[at]);
	bool any = text[at] == '?';

	if (any && !data->mask)
		return error_set_at(error, at, "no wildcards here");
	if (!any && digit < 0)
		return error_set_at(error, at, text[at] == '}' ||
				    is_blank(text[at]) || !text[at]
				    ? "a byte has two hex digits"
				    : "not a hex digit");

	unsigned char *byte = data->bytes + data->length;

	*byte = (unsigned char)(*byte << 4 | (any ? 0 : digit));
	if (data->mask) {
		unsigned char *mask = data->mask + data->length;

		*mask = (unsigned char)(*mask << 4 | (any ? 0 : 0xf));
	}
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

/* A mask that lets every bit count says nothing. */
static void drop_full_mask(struct data *data)
{
	if (!data->mask)
		return;
	for (size_t i = 0; i < data->length; i++)
		if (data->mask[i] != 0xff)
			return;
	free(data->mask);
	data->mask = NULL;
}

/* --- numbers --- */

static bool parse_integer(const struct number_kind *kind, const char *digits,
			  uint64_t *value, struct error *error, size_t at)
{
	bool negative = *digits == '-' && kind->type.kind == 'i';
	const char *first = digits + negative;
	int base = first[0] == '0' && (first[1] == 'x' || first[1] == 'X')
			   ? 16 : 10;
	char *end;

	if (base == 16)
		first += 2;
	if (hex_digit(*first) < 0)
		return error_set_at(error, at, "not a number");
	errno = 0;
	*value = strtoull(first, &end, base);
	if (*end)
		return error_set_at(error, at, "not a number");

	unsigned bits = kind->type.size * 8u - (kind->type.kind == 'i');
	uint64_t maximum = bits == 64 ? UINT64_MAX : (1ull << bits) - 1;

	if (errno == ERANGE || *value > maximum + (negative ? 1 : 0))
		return error_set_at(error, at, "out of range for %.*s",
				    (int)strlen(kind->name) - 1, kind->name);
	if (negative)
		*value = -*value;
	return true;
}

/* In the C locale: the point is a point wherever the user lives. */
static bool parse_float(const struct number_kind *kind, const char *digits,
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

	bool infinite = kind->type.size == 4 ? isinf(narrow) : isinf(wide);

	if (infinite && !strpbrk(digits, "iI"))
		return error_set_at(error, at, "out of range for %.*s",
				    (int)strlen(kind->name) - 1, kind->name);
	if (kind->type.size == 4) {
		uint32_t bits;

		memcpy(&bits, &narrow, sizeof bits);
		*value = bits;
	} else {
		memcpy(value, &wide, sizeof wide);
	}
	return true;
}

static bool parse_number(struct data *data, const char *text, size_t *at,
			 struct error *error)
{
	const struct number_kind *kind = number_find(text + *at);
	size_t start = *at + strlen(kind->name);
	size_t length = strcspn(text + start, " \t\r\n");
	char digits[DATA_NUMBER_MAXIMUM + 1];
	uint64_t value = 0;

	if (length == 0 || length > DATA_NUMBER_MAXIMUM)
		return error_set_at(error, start, "not a number");
	memcpy(digits, text + start, length);
	digits[length] = '\0';
	if (kind->type.kind == 'f' ? !parse_float(kind, digits, &value, error, start)
			      : !parse_integer(kind, digits, &value, error,
					       start))
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
	*data = (struct data){ NULL, NULL, 0 };
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
		bool wildcards, struct error *error)
{
	size_t at = *position;

	*data = (struct data){ NULL, NULL, 0 };
	if (!data_starts(text, at))
		return error_set_at(error, at, text[at]
				    ? "not \"text\", {hex}, u32le:N or @FILE"
				    : "data is missing");

	size_t room = strlen(text + at) + sizeof(uint64_t);

	wildcards = wildcards && text[at] == '{';
	data->bytes = calloc(room, 1);
	data->mask = wildcards ? calloc(room, 1) : NULL;
	if (!data->bytes || (wildcards && !data->mask)) {
		data_free(data);
		return error_set_memory(error);
	}
	if (!parse_any(data, text, &at, error)) {
		data_free(data);
		return false;
	}
	drop_full_mask(data);
	*position = at;
	return true;
}

void data_free(struct data *data)
{
	free(data->bytes);
	free(data->mask);
	*data = (struct data){ NULL, NULL, 0 };
}
