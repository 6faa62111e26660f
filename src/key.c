/*
 * Keys as text.  One table has every key with a name; reading and writing
 * both go by it.
 */
#include "octavo/key.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "octavo/escape.h"

enum { KEY_DELETE_CHARACTER = 127, KEY_UNICODE_END = 0x110000 };

static const struct key_word {
	uint32_t key;
	const char *word;	/* the first one of a key is its name */
} key_words[] = {
	{KEYCODE_TAB, "Tab"},
	{KEYCODE_ENTER, "Enter"},
	{KEYCODE_ENTER, "Return"},
	{KEYCODE_ENTER, "CR"},
	{KEYCODE_ESCAPE, "Esc"},
	{KEYCODE_ESCAPE, "Escape"},
	{KEYCODE_BACKSPACE, "Backspace"},
	{KEYCODE_BACKSPACE, "BS"},
	{KEYCODE_UP, "Up"},
	{KEYCODE_DOWN, "Down"},
	{KEYCODE_LEFT, "Left"},
	{KEYCODE_RIGHT, "Right"},
	{KEYCODE_HOME, "Home"},
	{KEYCODE_END, "End"},
	{KEYCODE_PAGE_UP, "PgUp"},
	{KEYCODE_PAGE_UP, "PageUp"},
	{KEYCODE_PAGE_DOWN, "PgDn"},
	{KEYCODE_PAGE_DOWN, "PageDown"},
	{KEYCODE_INSERT, "Ins"},
	{KEYCODE_INSERT, "Insert"},
	{KEYCODE_DELETE, "Del"},
	{KEYCODE_DELETE, "Delete"},
	{KEYCODE_BACK_TAB, "BackTab"},
	{KEYCODE_CONTROL_HOME, "^Home"},
	{KEYCODE_CONTROL_END, "^End"},
	{KEYCODE_CONTROL_LEFT, "^Left"},
	{KEYCODE_CONTROL_RIGHT, "^Right"},
	{KEYCODE_ANY, "Any"},
	{KEYCODE_F1, "F1"},
	{KEYCODE_F1 + 1, "F2"},
	{KEYCODE_F1 + 2, "F3"},
	{KEYCODE_F1 + 3, "F4"},
	{KEYCODE_F1 + 4, "F5"},
	{KEYCODE_F1 + 5, "F6"},
	{KEYCODE_F1 + 6, "F7"},
	{KEYCODE_F1 + 7, "F8"},
	{KEYCODE_F1 + 8, "F9"},
	{KEYCODE_F1 + 9, "F10"},
	{KEYCODE_F1 + 10, "F11"},
	{KEYCODE_F1 + 11, "F12"},
	{' ', "Space"},
	{'<', "Less"},
	{'^', "Caret"},
	{'|', "Bar"},
};

enum { KEY_WORDS = sizeof key_words / sizeof key_words[0] };

bool key_is_character(uint32_t key)
{
	if (key >= KEY_UNICODE_END || (key >= 0xd800 && key < 0xe000))
		return false;
	return key >= 0xa0 || (key >= ' ' && key < KEY_DELETE_CHARACTER);
}

static bool key_parse_control(uint32_t *key, const char *text,
			      size_t *position, struct error *error)
{
	char c = text[*position + 1];
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c == '?')
		*key = KEY_DELETE_CHARACTER;
	else if (c >= '@' && c <= '_')
		*key = (uint32_t)(c - '@');
	else
		return error_set_at(error, *position,
				    "no control key follows ^ "
				    "(the key ^ itself is <Caret>)");
	*position += 2;
	return true;
}

static bool key_parse_word(uint32_t *key, const char *text, size_t *position,
			   struct error *error)
{
	const char *word = text + *position + 1;
	const char *end = strchr(word, '>');
	size_t length = end == NULL ? 0 : (size_t)(end - word);
	for (size_t i = 0; i < KEY_WORDS && length > 0; i++) {
		if (strlen(key_words[i].word) != length ||
		    strncasecmp(key_words[i].word, word, length) != 0)
			continue;
		*key = key_words[i].key;
		*position += length + 2;
		return true;
	}
	if (length == 0)
		return error_set_at(error, *position,
				    "no <NAME> of a key follows < "
				    "(the key < itself is <Less>)");
	return error_set_at(error, *position, "unknown key: %.*s",
			    length > 32 ? 34 : (int)length + 2, word - 1);
}

bool key_parse(uint32_t *key, const char *text, size_t *position,
	       struct error *error)
{
	const char *rest = text + *position;
	if (*rest == '\0')
		return error_set_at(error, *position, "a key is missing");
	if (*rest == '^')
		return key_parse_control(key, text, position, error);
	if (*rest == '<')
		return key_parse_word(key, text, position, error);
	uint32_t character;
	size_t length = escape_decode(&character, rest, strlen(rest));
	if (character == UINT32_MAX)
		return error_set_at(error, *position, "not valid UTF-8");
	*key = character;
	*position += length;
	return true;
}

/* The characters that have a word only because the syntax needs one; Space
 * is no use without. */
static bool key_shows_itself(uint32_t key)
{
	return key != ' ' && key_is_character(key) && escape_width(key) > 0;
}

char *key_format(uint32_t key, char *name, size_t size)
{
	if (key_shows_itself(key)) {
		char text[4];
		int length = (int)escape_encode(text, key);
		snprintf(name, size, "%.*s", length, text);
		return name;
	}
	if (key == KEYCODE_ANY) {
		snprintf(name, size, "<any>");
		return name;
	}
	for (size_t i = 0; i < KEY_WORDS; i++) {
		if (key_words[i].key != key)
			continue;
		snprintf(name, size, "%s", key_words[i].word);
		return name;
	}
	if (key < ' ')
		snprintf(name, size, "^%c", (int)key + '@');
	else
		snprintf(name, size, "U+%04X", (unsigned)key);
	return name;
}

/* Appends the name of KEY, with a blank where it or the one before it is a
 * word; false: no room. */
static bool key_append(char *names, size_t size, bool *word, uint32_t key)
{
	char name[16];
	key_format(key, name, sizeof name);
	size_t length = strlen(names);
	bool is_word = !key_shows_itself(key);
	bool blank = length > 0 && (is_word || *word);
	if (length + strlen(name) + (blank ? 1 : 0) >= size)
		return false;
	snprintf(names + length, size - length, "%s%s", blank ? " " : "", name);
	*word = is_word;
	return true;
}

char *key_names(const uint32_t *keys, size_t count, char *names, size_t size)
{
	bool word = false;
	names[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		if (!key_append(names, size, &word, keys[i]))
			break;
	}
	return names;
}

char *key_sequence_name(const char *keys, char *names, size_t size)
{
	bool word = false;
	size_t position = 0;
	uint32_t key;
	names[0] = '\0';
	while (key_parse(&key, keys, &position, NULL)) {
		if (!key_append(names, size, &word, key))
			break;
	}
	return names;
}
