/*
 * patch_words: lines, words and numbers of a patch that is text, and where they
 * stand.
 */
#include "patch_words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool words_fail(struct words *words, uint64_t at, const char *format, ...)
{
	char message[ERROR_MESSAGE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof message, format, arguments);
	va_end(arguments);
	return patch_fail(words->patch, at, "line %" PRIu64 ": %s", words->line,
			  message);
}

static unsigned char byte_at(const struct words *words, uint64_t at)
{
	return words->patch->bytes[at];
}

static bool is_blank(unsigned char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r';
}

uint64_t words_next(struct words *words)
{
	while (words->at < words->end && is_blank(byte_at(words, words->at)))
		words->at++;
	return words->at;
}

bool words_at_end(struct words *words)
{
	return words_next(words) == words->end;
}

bool words_next_line(struct words *words)
{
	const struct patch_reader *patch = words->patch;

	do {
		const unsigned char *line = patch->bytes + words->next;
		uint64_t left = patch->size - words->next;

		words->at = words->end = words->next;
		if (left == 0)
			return false;

		const unsigned char *newline = memchr(line, '\n', (size_t)left);
		uint64_t length = newline ? (uint64_t)(newline - line) : left;
		const unsigned char *comment =
			memchr(line, '#', (size_t)length);

		words->next += length + (newline != NULL);
		words->end += comment ? (uint64_t)(comment - line) : length;
		words->line++;
	} while (words_at_end(words));
	return true;
}

bool words_take(struct words *words, const char *word)
{
	size_t length = strlen(word);

	words_next(words);
	if (words->end - words->at < length ||
	    memcmp(words->patch->bytes + words->at, word, length) != 0)
		return false;
	words->at += length;
	return true;
}

bool words_want(struct words *words, const char *word)
{
	return words_take(words, word) ||
	       words_fail(words, words->at, "\"%s\" is wanted here", word);
}

static int digit_at(const struct words *words, uint64_t at)
{
	unsigned char byte = at < words->end ? byte_at(words, at) : 0;

	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	return 16;
}

bool words_number(struct words *words, uint64_t *number)
{
	uint64_t start = words_next(words);
	unsigned base = words_take(words, "0x") ? 16 : 10;
	uint64_t first = words->at;

	*number = 0;
	for (unsigned digit;
	     (digit = (unsigned)digit_at(words, words->at)) < base;
	     words->at++) {
		if (*number > (words_number_maximum - digit) / base)
			return words_fail(words, start,
					  "the number is too large");
		*number = *number * base + digit;
	}
	return words->at > first ||
	       words_fail(words, start, "a number is wanted here");
}

bool words_end(struct words *words)
{
	return words_at_end(words) ||
	       words_fail(words, words->at, "nothing more is wanted here");
}

bool words_byte(struct words *words, unsigned char *byte)
{
	words_next(words);

	int high = digit_at(words, words->at);
	int low = digit_at(words, words->at + 1);

	if (high == 16 || low == 16)
		return words_fail(words, words->at,
				  "a byte, two hex digits, is "
				  "wanted here");
	*byte = (unsigned char)(high << 4 | low);
	words->at += 2;
	return true;
}
