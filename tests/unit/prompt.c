/*
 * prompt: each key, characters of every length, and random keys against a
 * plain model of the line (an array of characters).
 */
#include "octavo/prompt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "octavo/escape.h"
#include "octavo/key.h"

#define CONTROL(letter) ((letter) - 0x40)

static struct prompt prompt;

static void check(enum prompt_result result, enum prompt_result expected,
		  const char *text, size_t cursor)
{
	prompt_check(&prompt);
	assert_int_equal(result, expected);
	assert_string_equal(prompt.text, text);
	assert_int_equal(prompt.cursor, cursor);
}

static void press(uint32_t key, enum prompt_result expected, const char *text,
		  size_t cursor)
{
	check(prompt_key(&prompt, key), expected, text, cursor);
}

static void test_prompt_start(void **state)
{
	(void)state;
	prompt_start(&prompt, NULL, "goto 5");
	check(PROMPT_NOTHING, PROMPT_NOTHING, "goto 5", 6);
	prompt_set(&prompt, "");
	check(PROMPT_NOTHING, PROMPT_NOTHING, "", 0);
}

static void test_prompt_insert(void **state)
{
	(void)state;
	prompt_start(&prompt, NULL, "");
	press('a', PROMPT_CHANGED, "a", 1);
	press(0xe9, PROMPT_CHANGED, "a\xc3\xa9", 3);
	press(0x20ac, PROMPT_CHANGED, "a\xc3\xa9\xe2\x82\xac", 6);
	press(0x1f600, PROMPT_CHANGED,
	      "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 10);
	prompt_set(&prompt, "ac");
	press(KEYCODE_LEFT, PROMPT_MOVED, "ac", 1);
	press('b', PROMPT_CHANGED, "abc", 2);
}

static void test_prompt_not_inserted(void **state)
{
	static const uint32_t keys[] = {
		0, CONTROL('G'), CONTROL('Z'), 0x80, 0x9f, 0xd800, 0xdfff,
		KEYCODE_ANY, KEYCODE_F1, KEYCODE_PAGE_UP, KEYCODE_INSERT,
		KEYCODE_CONTROL_LEFT, UINT32_MAX,
	};

	(void)state;
	prompt_start(&prompt, NULL, "x");
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		press(keys[i], PROMPT_NOTHING, "x", 1);
}

/* Every key that moves, over one character of each length. */
static void test_prompt_move(void **state)
{
	static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
	static const size_t stops[] = { 0, 1, 3, 6, 10 };
	static const uint32_t left[] = { KEYCODE_LEFT, CONTROL('B') };
	static const uint32_t right[] = { KEYCODE_RIGHT, CONTROL('F') };

	(void)state;
	prompt_start(&prompt, NULL, text);
	for (size_t i = 0; i < 2; i++) {
		for (size_t n = 4; n > 0; n--)
			press(left[i], PROMPT_MOVED, text, stops[n - 1]);
		press(left[i], PROMPT_NOTHING, text, 0);
		for (size_t n = 1; n < 5; n++)
			press(right[i], PROMPT_MOVED, text, stops[n]);
		press(right[i], PROMPT_NOTHING, text, 10);
	}
	press(KEYCODE_HOME, PROMPT_MOVED, text, 0);
	press(KEYCODE_HOME, PROMPT_NOTHING, text, 0);
	press(KEYCODE_END, PROMPT_MOVED, text, 10);
	press(CONTROL('A'), PROMPT_MOVED, text, 0);
	press(CONTROL('E'), PROMPT_MOVED, text, 10);
}

static void test_prompt_erase(void **state)
{
	(void)state;
	prompt_start(&prompt, NULL, "a\xc3\xa9\xe2\x82\xac");
	press(KEYCODE_BACKSPACE, PROMPT_CHANGED, "a\xc3\xa9", 3);
	press(KEYCODE_DELETE, PROMPT_NOTHING, "a\xc3\xa9", 3);
	press(KEYCODE_LEFT, PROMPT_MOVED, "a\xc3\xa9", 1);
	press(KEYCODE_DELETE, PROMPT_CHANGED, "a", 1);
	press(KEYCODE_HOME, PROMPT_MOVED, "a", 0);
	press(KEYCODE_BACKSPACE, PROMPT_NOTHING, "a", 0);
	press(KEYCODE_DELETE, PROMPT_CHANGED, "", 0);
	press(KEYCODE_DELETE, PROMPT_NOTHING, "", 0);
	press(KEYCODE_BACKSPACE, PROMPT_CANCELLED, "", 0);
}

static void test_prompt_erase_word(void **state)
{
	(void)state;
	prompt_start(&prompt, NULL, " one  caf\xc3\xa9  ");
	press(CONTROL('W'), PROMPT_CHANGED, " one  ", 6);
	press(CONTROL('W'), PROMPT_CHANGED, " ", 1);
	press(CONTROL('W'), PROMPT_CHANGED, "", 0);
	press(CONTROL('W'), PROMPT_NOTHING, "", 0);
	prompt_set(&prompt, "one two");
	press(KEYCODE_LEFT, PROMPT_MOVED, "one two", 6);
	press(CONTROL('W'), PROMPT_CHANGED, "one o", 4);
}

static void test_prompt_erase_line(void **state)
{
	(void)state;
	prompt_start(&prompt, NULL, "abcd");
	press(KEYCODE_LEFT, PROMPT_MOVED, "abcd", 3);
	press(CONTROL('K'), PROMPT_CHANGED, "abc", 3);
	press(CONTROL('K'), PROMPT_NOTHING, "abc", 3);
	press(KEYCODE_LEFT, PROMPT_MOVED, "abc", 2);
	press(CONTROL('U'), PROMPT_CHANGED, "c", 0);
	press(CONTROL('U'), PROMPT_NOTHING, "c", 0);
}

static void test_prompt_ends(void **state)
{
	(void)state;
	prompt_start(&prompt, NULL, "x");
	press(KEYCODE_ENTER, PROMPT_ACCEPTED, "x", 1);
	press(KEYCODE_ESCAPE, PROMPT_CANCELLED, "x", 1);
	press(CONTROL('C'), PROMPT_CANCELLED, "x", 1);
	press(KEYCODE_TAB, PROMPT_TAB, "x", 1);
	press(KEYCODE_BACK_TAB, PROMPT_BACK_TAB, "x", 1);
}

static void test_prompt_history_walk(void **state)
{
	struct prompt_history history = { .count = 0 };

	(void)state;
	prompt_history_add(&history, "first");
	prompt_history_add(&history, "second");
	prompt_start(&prompt, &history, "");
	press('x', PROMPT_CHANGED, "x", 1);
	press(KEYCODE_DOWN, PROMPT_NOTHING, "x", 1);
	press(KEYCODE_UP, PROMPT_CHANGED, "second", 6);
	press(KEYCODE_LEFT, PROMPT_MOVED, "second", 5);
	press(CONTROL('P'), PROMPT_CHANGED, "first", 5);
	press(KEYCODE_UP, PROMPT_NOTHING, "first", 5);
	press(CONTROL('N'), PROMPT_CHANGED, "second", 6);
	press(KEYCODE_DOWN, PROMPT_CHANGED, "x", 1);
	press(KEYCODE_DOWN, PROMPT_NOTHING, "x", 1);
	/* A changed line is one that was typed. */
	press(KEYCODE_UP, PROMPT_CHANGED, "second", 6);
	press('!', PROMPT_CHANGED, "second!", 7);
	press(KEYCODE_DOWN, PROMPT_NOTHING, "second!", 7);
	press(KEYCODE_UP, PROMPT_CHANGED, "second", 6);
	press(KEYCODE_DOWN, PROMPT_CHANGED, "second!", 7);
	assert_string_equal(history.lines[1], "second");
	prompt_history_free(&history);
	assert_int_equal(history.count, 0);
}

static void test_prompt_history_none(void **state)
{
	struct prompt_history history = { .count = 0 };

	(void)state;
	prompt_start(&prompt, &history, "x");
	press(KEYCODE_UP, PROMPT_NOTHING, "x", 1);
	press(KEYCODE_DOWN, PROMPT_NOTHING, "x", 1);
	prompt_start(&prompt, NULL, "x");
	press(KEYCODE_UP, PROMPT_NOTHING, "x", 1);
	press(KEYCODE_DOWN, PROMPT_NOTHING, "x", 1);
}

static void test_prompt_history_add(void **state)
{
	struct prompt_history history = { .count = 0 };
	char line[16];

	(void)state;
	prompt_history_add(&history, "");
	assert_int_equal(history.count, 0);
	prompt_history_add(&history, "a");
	prompt_history_add(&history, "a");
	assert_int_equal(history.count, 1);
	prompt_history_add(&history, "b");
	prompt_history_add(&history, "a");
	assert_int_equal(history.count, 3);
	for (int i = 0; i < 2 * PROMPT_HISTORY; i++) {
		snprintf(line, sizeof line, "line %d", i);
		prompt_history_add(&history, line);
	}
	assert_int_equal(history.count, PROMPT_HISTORY);
	for (int i = 0; i < PROMPT_HISTORY; i++) {
		snprintf(line, sizeof line, "line %d", i + PROMPT_HISTORY);
		assert_string_equal(history.lines[i], line);
	}
	prompt_history_free(&history);
}

static void test_prompt_complete(void **state)
{
	(void)state;
	prompt_start(&prompt, NULL, "goto st x");
	for (int i = 0; i < 2; i++)
		prompt_key(&prompt, KEYCODE_LEFT);
	prompt_complete(&prompt, 5, "start");
	check(PROMPT_NOTHING, PROMPT_NOTHING, "goto start x", 10);
	prompt_complete(&prompt, 10, ",");
	check(PROMPT_NOTHING, PROMPT_NOTHING, "goto start, x", 11);
	prompt_complete(&prompt, 4, "");
	check(PROMPT_NOTHING, PROMPT_NOTHING, "goto x", 4);
}

/* Nothing is taken beyond the size, and no half of a character. */
static void test_prompt_full(void **state)
{
	static char line[PROMPT_SIZE + 100];
	struct prompt_history history = { .count = 0 };

	(void)state;
	memset(line, 'x', sizeof line - 1);
	prompt_start(&prompt, &history, line);
	assert_int_equal(prompt.length, PROMPT_SIZE - 1);
	assert_int_equal(prompt_key(&prompt, 'y'), PROMPT_NOTHING);
	prompt_key(&prompt, KEYCODE_BACKSPACE);
	assert_int_equal(prompt_key(&prompt, 0xe9), PROMPT_NOTHING);
	assert_int_equal(prompt_key(&prompt, 'y'), PROMPT_CHANGED);
	assert_int_equal(prompt.length, PROMPT_SIZE - 1);
	prompt_check(&prompt);

	memcpy(line + PROMPT_SIZE - 3, "\xf0\x9f\x98\x80", 4);
	prompt_set(&prompt, line);
	assert_int_equal(prompt.length, PROMPT_SIZE - 3);
	prompt_check(&prompt);

	prompt_history_add(&history, line);
	prompt_set(&prompt, "");
	prompt_key(&prompt, KEYCODE_UP);
	assert_int_equal(prompt.length, PROMPT_SIZE - 3);
	prompt_check(&prompt);

	prompt_set(&prompt, "ab");
	prompt_key(&prompt, KEYCODE_LEFT);
	memcpy(line + PROMPT_SIZE - 3, "\xc3\xa9", 2);
	prompt_complete(&prompt, 0, line);
	assert_int_equal(prompt.length, PROMPT_SIZE - 2);
	assert_int_equal(prompt.text[prompt.length - 1], 'b');
	prompt_check(&prompt);
	prompt_history_free(&history);
}

static void test_prompt_invalid_text(void **state)
{
	(void)state;
	prompt_start(&prompt, NULL, "\x80" "a\xff\xc3");
	for (int i = 0; i < 6; i++)
		prompt_key(&prompt, KEYCODE_LEFT);
	assert_int_equal(prompt.cursor, 0);
	for (int i = 0; i < 6; i++)
		prompt_key(&prompt, KEYCODE_RIGHT);
	assert_int_equal(prompt.cursor, 4);
	for (int i = 0; i < 4; i++)
		prompt_key(&prompt, KEYCODE_BACKSPACE);
	assert_int_equal(prompt.length, 0);
}

/* --- against a model --- */

enum { MODEL_SIZE = PROMPT_SIZE };

static struct model {
	uint32_t characters[MODEL_SIZE];
	size_t length;
	size_t cursor;
} model;

static void model_erase(size_t start, size_t end)
{
	memmove(model.characters + start, model.characters + end,
		(model.length - end) * sizeof model.characters[0]);
	model.length -= end - start;
	model.cursor = start;
}

static void model_insert(uint32_t key)
{
	size_t at = model.cursor;

	memmove(model.characters + at + 1, model.characters + at,
		(model.length - at) * sizeof model.characters[0]);
	model.characters[at] = key;
	model.length++;
	model.cursor++;
}

static void model_key(uint32_t key)
{
	switch (key) {
	case KEYCODE_LEFT:
		model.cursor -= model.cursor > 0;
		break;
	case KEYCODE_RIGHT:
		model.cursor += model.cursor < model.length;
		break;
	case KEYCODE_HOME:
		model.cursor = 0;
		break;
	case KEYCODE_END:
		model.cursor = model.length;
		break;
	case KEYCODE_BACKSPACE:
		if (model.cursor > 0)
			model_erase(model.cursor - 1, model.cursor);
		break;
	case KEYCODE_DELETE:
		if (model.cursor < model.length)
			model_erase(model.cursor, model.cursor + 1);
		break;
	default:
		model_insert(key);
	}
}

static void model_compare(void)
{
	char text[PROMPT_SIZE];
	size_t length = 0, cursor = 0;

	for (size_t i = 0; i < model.length; i++) {
		if (i == model.cursor)
			cursor = length;
		length += escape_encode(text + length, model.characters[i]);
	}
	text[length] = '\0';
	check(PROMPT_NOTHING, PROMPT_NOTHING, text,
	      model.cursor == model.length ? length : cursor);
}

static void test_prompt_model(void **state)
{
	static const uint32_t keys[] = {
		'a', 'b', 0xe9, 0x20ac, 0x1f600, ' ', 'c', 0x7ff, 0xffff,
		KEYCODE_LEFT, KEYCODE_LEFT, KEYCODE_RIGHT, KEYCODE_HOME,
		KEYCODE_END, KEYCODE_BACKSPACE, KEYCODE_DELETE,
	};

	(void)state;
	srand(7);
	prompt_start(&prompt, NULL, "");
	memset(&model, 0, sizeof model);
	for (int step = 0; step < 2000; step++) {
		size_t pick = (size_t)rand() % (sizeof keys / sizeof keys[0]);

		prompt_key(&prompt, keys[pick]);
		model_key(keys[pick]);
		model_compare();
	}
	assert_true(model.length > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prompt_start),
		cmocka_unit_test(test_prompt_insert),
		cmocka_unit_test(test_prompt_not_inserted),
		cmocka_unit_test(test_prompt_move),
		cmocka_unit_test(test_prompt_erase),
		cmocka_unit_test(test_prompt_erase_word),
		cmocka_unit_test(test_prompt_erase_line),
		cmocka_unit_test(test_prompt_ends),
		cmocka_unit_test(test_prompt_history_walk),
		cmocka_unit_test(test_prompt_history_none),
		cmocka_unit_test(test_prompt_history_add),
		cmocka_unit_test(test_prompt_complete),
		cmocka_unit_test(test_prompt_full),
		cmocka_unit_test(test_prompt_invalid_text),
		cmocka_unit_test(test_prompt_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
