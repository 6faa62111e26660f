/*
 * key: names to keys and back, for every key there is.
 */
#include "octavo/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "octavo/escape.h"

static uint32_t parse(const char *text)
{
	struct error error = ERROR_NONE;
	uint32_t key = UINT32_MAX;
	size_t position = 0;

	if (!key_parse(&key, text, &position, &error))
		fail_msg("%s: %s", text, error.message);
	assert_int_equal(position, strlen(text));
	return key;
}

static void test_key_parse_names(void **state)
{
	static const struct { const char *text; uint32_t key; } keys[] = {
		{ "a", 'a' }, { " ", ' ' }, { ">", '>' }, { "]", ']' },
		{ "\xc3\xa9", 0xe9 }, { "\xf0\x9f\x98\x80", 0x1f600 },
		{ "^A", 1 }, { "^a", 1 }, { "^Z", 26 }, { "^@", 0 },
		{ "^[", KEYCODE_ESCAPE }, { "^]", 29 }, { "^^", 30 },
		{ "^_", 31 }, { "^?", KEYCODE_BACKSPACE },
		{ "^I", KEYCODE_TAB }, { "^M", KEYCODE_ENTER },
		{ "<Tab>", KEYCODE_TAB }, { "<Enter>", KEYCODE_ENTER },
		{ "<Esc>", KEYCODE_ESCAPE }, { "<esc>", KEYCODE_ESCAPE },
		{ "<Backspace>", KEYCODE_BACKSPACE }, { "<Up>", KEYCODE_UP },
		{ "<PgDn>", KEYCODE_PAGE_DOWN }, { "<PGUP>", KEYCODE_PAGE_UP },
		{ "<PageUp>", KEYCODE_PAGE_UP }, { "<Ins>", KEYCODE_INSERT },
		{ "<Del>", KEYCODE_DELETE }, { "<BackTab>", KEYCODE_BACK_TAB },
		{ "<^Home>", KEYCODE_CONTROL_HOME },
		{ "<^Right>", KEYCODE_CONTROL_RIGHT }, { "<Any>", KEYCODE_ANY },
		{ "<F1>", KEYCODE_F1 }, { "<F9>", KEYCODE_F1 + 8 },
		{ "<F10>", KEYCODE_F1 + 9 }, { "<f12>", KEYCODE_F1 + 11 },
		{ "<Space>", ' ' }, { "<Less>", '<' }, { "<Caret>", '^' },
		{ "<Bar>", '|' },
	};

	(void)state;
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		assert_int_equal(parse(keys[i].text), keys[i].key);
}

static void test_key_parse_sequence(void **state)
{
	static const uint32_t expected[] = {
		'g', 24, KEYCODE_F1 + 4, '<', 0xe9, KEYCODE_ANY
	};
	const char *text = "g^X<F5><Less>\xc3\xa9<Any>";
	size_t position = 0;
	uint32_t key;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		assert_true(key_parse(&key, text, &position, NULL));
		assert_int_equal(key, expected[i]);
	}
	assert_false(key_parse(&key, text, &position, NULL));
}

static void test_key_parse_errors(void **state)
{
	static const struct { const char *text; const char *cause; } bad[] = {
		{ "", "a key is missing" }, { "^", "<Caret>" },
		{ "^1", "<Caret>" }, { "^\xc3\xa9", "<Caret>" },
		{ "<", "<Less>" }, { "<>", "<Less>" }, { "<F5", "<Less>" },
		{ "<F13>", "unknown key: <F13>" }, { "<F0>", "<F0>" },
		{ "<F5x>", "<F5x>" }, { "<F>", "<F>" },
		{ "\x80", "UTF-8" }, { "\xc3", "UTF-8" },
		{ "\xed\xa0\x80", "UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct error error = ERROR_NONE;
		char text[16];
		size_t position = 1;
		uint32_t key;

		snprintf(text, sizeof text, "x%s", bad[i].text);
		assert_false(key_parse(&key, text, &position, &error));
		assert_int_equal(position, 1);
		assert_int_equal(error.position, 1);
		assert_non_null(strstr(error.message, bad[i].cause));
	}
}

static void test_key_parse_long_name(void **state)
{
	struct error error = ERROR_NONE;
	static char text[100000];
	size_t position = 0;
	uint32_t key;

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[0] = '<';
	text[sizeof text - 2] = '>';
	assert_false(key_parse(&key, text, &position, &error));
	assert_true(strlen(error.message) < 80);
}

static void check_name(uint32_t key, const char *expected)
{
	char name[16];

	assert_string_equal(key_format(key, name, sizeof name), expected);
}

static void test_key_format(void **state)
{
	(void)state;
	check_name('g', "g");
	check_name('<', "<");
	check_name('^', "^");
	check_name('|', "|");
	check_name(' ', "Space");
	check_name(6, "^F");
	check_name(0, "^@");
	check_name(31, "^_");
	check_name(KEYCODE_TAB, "Tab");
	check_name(KEYCODE_ENTER, "Enter");
	check_name(KEYCODE_ESCAPE, "Esc");
	check_name(KEYCODE_BACKSPACE, "Backspace");
	check_name(KEYCODE_PAGE_DOWN, "PgDn");
	check_name(KEYCODE_CONTROL_RIGHT, "^Right");
	check_name(KEYCODE_F1 + 4, "F5");
	check_name(KEYCODE_F1 + 11, "F12");
	check_name(KEYCODE_ANY, "<any>");
	check_name(0xe9, "\xc3\xa9");
	/* What a terminal must not get as it is. */
	check_name(0x85, "U+0085");
	check_name(0x202e, "U+202E");
	check_name(0xd800, "U+D800");
	check_name(KEYCODE_LIMIT, "U+110200");
}

/* Every key below the limit has a name; what has one of its own is read back
 * from it. */
static void test_key_name_round_trip(void **state)
{
	(void)state;
	for (uint32_t key = 0; key < KEYCODE_LIMIT; key++) {
		char name[16], text[20];
		uint32_t read;
		size_t position = 0;

		key_format(key, name, sizeof name);
		assert_true(name[0] != '\0' && strlen(name) < 16);
		if (strncmp(name, "U+", 2) == 0 || key == KEYCODE_ANY ||
		    key == '<' || key == '^')
			continue;
		bool plain = key < ' ' ? name[0] == '^' && name[2] == '\0'
				       : key_is_character(key) && key != ' ';
		snprintf(text, sizeof text, plain ? "%s" : "<%s>", name);
		assert_true(key_parse(&read, text, &position, NULL));
		assert_int_equal(read, key);
		assert_int_equal(text[position], '\0');
	}
}

static void check_sequence(const char *keys, const char *expected)
{
	char names[64];

	assert_string_equal(key_sequence_name(keys, names, sizeof names),
			    expected);
}

static void test_key_sequence_name(void **state)
{
	char names[8];
	const uint32_t keys[] = { 24, 's' };

	(void)state;
	check_sequence("gg", "gg");
	check_sequence("]c", "]c");
	check_sequence("<F5>", "F5");
	check_sequence("^X^C", "^X ^C");
	check_sequence("^Xu", "^X u");
	check_sequence("m<Any>", "m <any>");
	check_sequence("<Less>", "<");
	check_sequence("", "");
	assert_string_equal(key_names(keys, 2, names, sizeof names), "^X s");
	assert_string_equal(key_names(keys, 0, names, sizeof names), "");
	/* Cut at a whole name. */
	key_sequence_name("ab<PgUp><PgDn>", names, sizeof names);
	assert_string_equal(names, "ab PgUp");
	key_sequence_name("abc<PgUp>", names, sizeof names);
	assert_string_equal(names, "abc");
}

static void test_key_is_character(void **state)
{
	(void)state;
	assert_true(key_is_character(' '));
	assert_true(key_is_character('~'));
	assert_true(key_is_character(0xa0));
	assert_true(key_is_character(0x10ffff));
	assert_false(key_is_character(0));
	assert_false(key_is_character(KEYCODE_ESCAPE));
	assert_false(key_is_character(KEYCODE_BACKSPACE));
	assert_false(key_is_character(0x9f));
	assert_false(key_is_character(0xd800));
	assert_false(key_is_character(0xdfff));
	assert_false(key_is_character(KEYCODE_UP));
	assert_false(key_is_character(KEYCODE_F1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_parse_names),
		cmocka_unit_test(test_key_parse_sequence),
		cmocka_unit_test(test_key_parse_errors),
		cmocka_unit_test(test_key_parse_long_name),
		cmocka_unit_test(test_key_format),
		cmocka_unit_test(test_key_name_round_trip),
		cmocka_unit_test(test_key_sequence_name),
		cmocka_unit_test(test_key_is_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
