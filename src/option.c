/*
 * The table of options, and reading and writing their values by it.  A
 * boolean is a choice of "off on" that has more ways to be written.
 */
#include "octavo/option.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct option_entry option_table[OPTION_COUNT] = {
	[OPTION_BYTES_PER_ROW] = {
		"bytes-per-row", OPTION_NUMBER, 0, 0, 4096, NULL,
		"bytes in a row of the hex view; 0: as many as fit"},
	[OPTION_GROUP] = {
		"group", OPTION_NUMBER, 8, 0, 64, NULL,
		"bytes between two gaps in a row; 0: no gaps"},
	[OPTION_FOLD_HOLES] = {
		"fold-holes", OPTION_BOOLEAN, 1, 0, 1, "off on",
		"show a hole of a sparse file as one line"},
	[OPTION_MODE] = {
		"mode", OPTION_CHOICE, 0, 0, 2, "auto hex text",
		"how a file is shown at first; auto: one that looks like text as "
		"text, in batch all in hex"},
	[OPTION_WRAP] = {
		"wrap", OPTION_BOOLEAN, 1, 0, 1, "off on",
		"a line of text that is too long goes on in the next row"},
	[OPTION_TAB_WIDTH] = {
		"tab-width", OPTION_NUMBER, 8, 1, 64, NULL,
		"columns from one tab stop of text to the next"},
	[OPTION_ENCODING] = {
		"encoding", OPTION_CHOICE, 0, 0, 5,
		"auto utf8 latin1 utf16le utf16be ebcdic",
		"of text; auto: UTF-16 where the file begins with its mark, else "
		"UTF-8"},
	[OPTION_ANSI] = {
		"ansi", OPTION_CHOICE, 0, 0, 1, "colors raw",
		"ANSI sequences in text that set colours colour it, or are shown"},
	[OPTION_LINE_NUMBERS] = {
		"line-numbers", OPTION_BOOLEAN, 0, 0, 1, "off on",
		"show the numbers of lines of text that are known"},
	[OPTION_COLOR] = {
		"color", OPTION_CHOICE, 0, 0, 4, "auto never 8 16 256",
		"how many colours to use; auto: what the terminal has"},
	[OPTION_MOUSE] = {
		"mouse", OPTION_BOOLEAN, 1, 0, 1, "off on",
		"the mouse places the cursor, selects and scrolls"},
	[OPTION_WRAP_SEARCH] = {
		"wrap-search", OPTION_BOOLEAN, 0, 0, 1, "off on",
		"a search goes on at the other end of the file"},
	[OPTION_COUNT_MATCHES] = {
		"count-matches", OPTION_BOOLEAN, 1, 0, 1, "off on",
		"after a search count all matches, in the background"},
	[OPTION_SCROLL_TOGETHER] = {
		"scroll-together", OPTION_BOOLEAN, 0, 0, 1, "off on",
		"the other windows move as far as the one with the focus"},
	[OPTION_WORKERS] = {
		"workers", OPTION_NUMBER, 0, 0, 64, NULL,
		"processes that work at a search; 0: one for each core"},
	[OPTION_MATCH_LIMIT] = {
		"match-limit", OPTION_NUMBER, 10000000, 1000, 4294967295, NULL,
		"work that a regex may do at one offset, in PCRE2's measure"},
	[OPTION_HEAP_LIMIT] = {
		"heap-limit", OPTION_NUMBER, 64, 1, 4096, NULL,
		"MiB of memory that a regex may take, where it is interpreted"},
	[OPTION_STACK_LIMIT] = {
		"stack-limit", OPTION_NUMBER, 64, 1, 4096, NULL,
		"MiB of stack that a regex may take"},
	[OPTION_WRITE_METHOD] = {
		"write-method", OPTION_CHOICE, 0, 0, 2, "auto in-place replace",
		"how write changes a file; auto: what keeps all that hangs on it"},
	[OPTION_BACKUP] = {
		"backup", OPTION_CHOICE, 0, 0, 2, "none copy simple",
		"what write leaves as FILE~: a copy of the old file, or the old "
		"file where a new one replaces it"},
	[OPTION_SCREEN_COLUMNS] = {
		"screen-columns", OPTION_NUMBER, 80, 20, 1000, NULL,
		"columns of save-screen where there is no terminal"},
	[OPTION_SCREEN_ROWS] = {
		"screen-rows", OPTION_NUMBER, 24, 3, 1000, NULL,
		"rows of save-screen where there is no terminal"},
};

void options_init(struct options *options)
{
	for (size_t id = 0; id < OPTION_COUNT; id++)
		options->values[id] = option_table[id].initial;
}

/* The option that LENGTH bytes of TEXT name; OPTION_COUNT: none, or several
 * (*SEVERAL is a second one). */
static enum option_id option_find(const char *text, size_t length,
				  const struct option_entry **several)
{
	size_t found = OPTION_COUNT;
	*several = NULL;
	for (size_t id = 0; id < OPTION_COUNT && length > 0; id++) {
		const char *name = option_table[id].name;
		if (strncmp(name, text, length) != 0)
			continue;
		if (found == OPTION_COUNT || name[length] == '\0')
			found = id;
		else
			*several = &option_table[id];
	}
	if (found == OPTION_COUNT || *several == NULL)
		return (enum option_id)found;
	if (option_table[found].name[length] == '\0')
		return (enum option_id)found;
	return OPTION_COUNT;
}

/* Which word of CHOICES the text is; -1: none. */
static long option_choice(const char *choices, const char *text)
{
	size_t length = strlen(text);
	const char *word = choices;
	for (long index = 0; *word != '\0'; index++) {
		size_t word_length = strcspn(word, " ");
		if (word_length == length && memcmp(word, text, length) == 0)
			return index;
		word += word_length;
		word += strspn(word, " ");
	}
	return -1;
}

static long option_boolean(const char *text)
{
	static const char *const forms[] = {
		"off on", "no yes", "false true", "0 1"
	};
	long value = -1;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0] && value < 0; i++)
		value = option_choice(forms[i], text);
	return value;
}

/* Unlike strtol takes no blanks, no sign and no octal. */
static bool option_number(long *value, const char *text)
{
	int base = strncmp(text, "0x", 2) == 0 ? 16 : 10;
	const char *digits = base == 16 ? text + 2 : text;
	const char *allowed = base == 16 ? "0123456789abcdefABCDEF"
					 : "0123456789";
	size_t length = strspn(digits, allowed);
	if (length == 0 || digits[length] != '\0')
		return false;
	errno = 0;
	*value = strtol(digits, NULL, base);
	return errno == 0;
}

static bool option_parse(const struct option_entry *option, long *value,
			 const char *text, size_t position,
			 struct error *error)
{
	long parsed = -1;
	if (option->type == OPTION_NUMBER) {
		if (!option_number(&parsed, text) ||
		    parsed < option->minimum || parsed > option->maximum)
			return error_set_at(error, position,
					    "%s is a number from %ld to %ld",
					    option->name, option->minimum,
					    option->maximum);
	} else {
		parsed = option->type == OPTION_BOOLEAN
			 ? option_boolean(text)
			 : option_choice(option->choices, text);
		if (parsed < 0)
			return error_set_at(error, position,
					    "%s is one of: %s", option->name,
					    option->choices);
	}
	*value = parsed;
	return true;
}

static bool option_not_found(const char *text, size_t length,
			     const struct option_entry *several,
			     struct error *error)
{
	int shown = length > 40 ? 40 : (int)length;
	if (length == 0)
		return error_set_at(error, 0, "the name of an option is "
				    "missing");
	if (several == NULL)
		return error_set_at(error, 0, "unknown option: %.*s", shown,
				    text);
	return error_set_at(error, 0, "%.*s may be several options, one is %s",
			    shown, text, several->name);
}

bool options_set(struct options *options, const char *text, enum option_id *id,
		 struct error *error)
{
	size_t length = strcspn(text, "=");
	const char *value = text[length] == '=' ? text + length + 1 : NULL;
	const struct option_entry *several;
	enum option_id found = option_find(text, length, &several);
	bool negated = false;
	if (found == OPTION_COUNT && several == NULL && length > 2 &&
	    strncmp(text, "no", 2) == 0) {
		found = option_find(text + 2, length - 2, &several);
		negated = true;
	}
	if (found == OPTION_COUNT)
		return option_not_found(text, length, several, error);
	const struct option_entry *option = &option_table[found];
	if (negated && option->type != OPTION_BOOLEAN)
		return error_set_at(error, 0, "%s cannot be switched off",
				    option->name);
	if (negated && value != NULL)
		return error_set_at(error, length, "no%s takes no value",
				    option->name);
	if (value == NULL && option->type != OPTION_BOOLEAN)
		return error_set_at(error, length, "%s needs a value: %s=VALUE",
				    option->name, option->name);
	long parsed = negated ? 0 : 1;
	if (value != NULL &&
	    !option_parse(option, &parsed, value, length + 1, error))
		return false;
	options->values[found] = parsed;
	if (id != NULL)
		*id = found;
	return true;
}

char *option_format(enum option_id id, long value, char *text, size_t size)
{
	const struct option_entry *option = &option_table[id];

	if (option->type == OPTION_NUMBER) {
		snprintf(text, size, "%s=%ld", option->name, value);
		return text;
	}

	const char *word = option->choices;

	for (long i = 0; i < value; i++) {
		word += strcspn(word, " ");
		word += strspn(word, " ");
	}
	snprintf(text, size, "%s=%.*s", option->name,
		 (int)strcspn(word, " "), word);
	return text;
}
