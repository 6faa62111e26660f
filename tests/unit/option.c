/*
 * option: every option's limits and default, and how values are written.
 */
#include "octavo/option.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void check_set(const char *text, enum option_id expected, long value)
{
	struct error error = ERROR_NONE;
	struct options options;
	enum option_id id = OPTION_COUNT;

	options_init(&options);
	if (!options_set(&options, text, &id, &error))
		fail_msg("%s: %s", text, error.message);
	assert_int_equal(id, expected);
	for (size_t i = 0; i < OPTION_COUNT; i++)
		assert_int_equal(options.values[i], i == expected ? value :
				 option_table[i].initial);
}

static void check_refused(const char *text, const char *cause, long position)
{
	struct error error = ERROR_NONE;
	struct options options, before;

	options_init(&options);
	before = options;
	if (options_set(&options, text, NULL, &error))
		fail_msg("%s was taken", text);
	if (strstr(error.message, cause) == NULL)
		fail_msg("%s: %s", text, error.message);
	assert_int_equal(error.position, position);
	assert_memory_equal(&options, &before, sizeof options);
}

static void test_option_defaults(void **state)
{
	static const struct { const char *name; long initial, low, high; }
	expected[OPTION_COUNT] = {
		{ "bytes-per-row", 0, 0, 4096 }, { "group", 8, 0, 64 },
		{ "fold-holes", 1, 0, 1 }, { "mode", 0, 0, 2 },
		{ "wrap", 1, 0, 1 }, { "tab-width", 8, 1, 64 },
		{ "encoding", 0, 0, 5 }, { "ansi", 0, 0, 1 },
		{ "line-numbers", 0, 0, 1 },
		{ "color", 0, 0, 4 }, { "mouse", 1, 0, 1 },
		{ "wrap-search", 0, 0, 1 }, { "count-matches", 1, 0, 1 },
		{ "scroll-together", 0, 0, 1 },
		{ "workers", 0, 0, 64 },
		{ "match-limit", 10000000, 1000, 4294967295 },
		{ "heap-limit", 64, 1, 4096 }, { "stack-limit", 64, 1, 4096 },
		{ "write-method", 0, 0, 2 }, { "backup", 0, 0, 2 },
		{ "screen-columns", 80, 20, 1000 },
		{ "screen-rows", 24, 3, 1000 },
	};
	struct options options;

	(void)state;
	options_init(&options);
	for (size_t id = 0; id < OPTION_COUNT; id++) {
		const struct option_entry *option = &option_table[id];

		assert_string_equal(option->name, expected[id].name);
		assert_int_equal(options.values[id], expected[id].initial);
		assert_int_equal(option->initial, expected[id].initial);
		assert_int_equal(option->minimum, expected[id].low);
		assert_int_equal(option->maximum, expected[id].high);
		assert_true(strlen(option->help) > 0);
	}
}

static void test_option_numbers(void **state)
{
	(void)state;
	check_set("bytes-per-row=16", OPTION_BYTES_PER_ROW, 16);
	check_set("bytes-per-row=0x1000", OPTION_BYTES_PER_ROW, 4096);
	check_set("bytes-per-row=0", OPTION_BYTES_PER_ROW, 0);
	check_set("group=0xa", OPTION_GROUP, 10);
	check_set("group=010", OPTION_GROUP, 10);
	check_refused("bytes-per-row=4097", "from 0 to 4096", 14);
	check_refused("screen-rows=2", "from 3 to 1000", 12);
	check_refused("screen-columns=19", "from 20 to 1000", 15);
	check_refused("group=-1", "from 0 to 64", 6);
	check_refused("group=+1", "from 0 to 64", 6);
	check_refused("group= 1", "from 0 to 64", 6);
	check_refused("group=1 ", "from 0 to 64", 6);
	check_refused("group=", "from 0 to 64", 6);
	check_refused("group=0x", "from 0 to 64", 6);
	check_refused("group=8k", "from 0 to 64", 6);
	check_refused("group=a", "from 0 to 64", 6);
	check_refused("group=99999999999999999999999999", "from 0 to 64", 6);
	check_refused("group=0x10000000000000001", "from 0 to 64", 6);
	check_refused("group", "group needs a value", 5);
}

static void test_option_booleans(void **state)
{
	static const char *const on[] = { "=on", "=yes", "=true", "=1", "" };
	static const char *const off[] = { "=off", "=no", "=false", "=0" };
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof on / sizeof on[0]; i++) {
		snprintf(text, sizeof text, "wrap-search%s", on[i]);
		check_set(text, OPTION_WRAP_SEARCH, 1);
	}
	for (size_t i = 0; i < sizeof off / sizeof off[0]; i++) {
		snprintf(text, sizeof text, "mouse%s", off[i]);
		check_set(text, OPTION_MOUSE, 0);
	}
	check_set("nomouse", OPTION_MOUSE, 0);
	check_set("nowrap", OPTION_WRAP, 0);
	check_set("nowrap-search", OPTION_WRAP_SEARCH, 0);
	check_refused("mouse=", "one of: off on", 6);
	check_refused("mouse=2", "one of: off on", 6);
	check_refused("mouse=o", "one of: off on", 6);
	check_refused("nomouse=on", "takes no value", 7);
	check_refused("nogroup", "group cannot be switched off", 0);
	check_refused("no", "unknown option: no", 0);
	check_refused("nono", "unknown option: nono", 0);
}

static void test_option_choices(void **state)
{
	static const char *const choices[] = {
		"auto", "never", "8", "16", "256"
	};
	char text[32];

	(void)state;
	for (long i = 0; i < 5; i++) {
		snprintf(text, sizeof text, "color=%s", choices[i]);
		check_set(text, OPTION_COLOR, i);
	}
	check_refused("color=", "auto never 8 16 256", 6);
	check_refused("color=1", "auto never 8 16 256", 6);
	check_refused("color=16 256", "auto never 8 16 256", 6);
	check_refused("color", "color needs a value", 5);
	check_refused("nocolor", "color cannot", 0);
}

static void test_option_names_cut_short(void **state)
{
	(void)state;
	check_set("by=1", OPTION_BYTES_PER_ROW, 1);
	check_set("wo=3", OPTION_WORKERS, 3);
	check_set("wrap", OPTION_WRAP, 1);
	check_set("wrap-", OPTION_WRAP_SEARCH, 1);
	check_refused("wra", "several options", 0);
	check_set("screen-r=30", OPTION_SCREEN_ROWS, 30);
	check_refused("screen=30", "several options", 0);
	check_refused("now", "several options", 0);
	check_refused("w=1", "several options", 0);
	check_refused("", "missing", 0);
	check_refused("=1", "missing", 0);
	check_refused("groups=1", "unknown option: groups", 0);
	check_refused("Group=1", "unknown option: Group", 0);
}

/* What is written can be set again, for every value of every option. */
static void test_option_format_round_trip(void **state)
{
	(void)state;
	for (size_t id = 0; id < OPTION_COUNT; id++) {
		const struct option_entry *option = &option_table[id];

		long step = 1 + (option->maximum - option->minimum) / 5000;

		for (long v = option->minimum; v <= option->maximum;
		     v += step) {
			char text[48];

			option_format((enum option_id)id, v, text,
				      sizeof text);
			check_set(text, (enum option_id)id, v);
		}
	}
}

static void test_option_format(void **state)
{
	char text[16];

	(void)state;
	assert_string_equal(option_format(OPTION_MOUSE, 1, text, 16), "mouse=on");
	assert_string_equal(option_format(OPTION_MOUSE, 0, text, 16), "mouse=off");
	assert_string_equal(option_format(OPTION_COLOR, 4, text, 16), "color=256");
	assert_string_equal(option_format(OPTION_GROUP, 8, text, 16), "group=8");
	assert_string_equal(option_format(OPTION_COLOR, 1, text, 9), "color=ne");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_option_defaults),
		cmocka_unit_test(test_option_numbers),
		cmocka_unit_test(test_option_booleans),
		cmocka_unit_test(test_option_choices),
		cmocka_unit_test(test_option_names_cut_short),
		cmocka_unit_test(test_option_format_round_trip),
		cmocka_unit_test(test_option_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
