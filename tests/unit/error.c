/* error: messages, positions, cutting, NULL. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "octavo/error.h"

static void test_error_set_formats(void **state)
{
	struct error error = ERROR_NONE;

	(void)state;
	assert_int_equal(error.position, ERROR_NO_POSITION);
	assert_false(error_set(&error, "no %s at %d", "byte", 7));
	assert_string_equal(error.message, "no byte at 7");
	assert_int_equal(error.position, ERROR_NO_POSITION);
}

static void test_error_set_at_keeps_position(void **state)
{
	struct error error = ERROR_NONE;

	(void)state;
	assert_false(error_set_at(&error, 12, "bad %c", 'x'));
	assert_string_equal(error.message, "bad x");
	assert_int_equal(error.position, 12);
	error_set(&error, "other");
	assert_int_equal(error.position, ERROR_NO_POSITION);
}

static void test_error_set_system_appends_cause(void **state)
{
	struct error error = ERROR_NONE;

	(void)state;
	assert_false(error_set_system(&error, ENOENT, "cannot open %s", "f"));
	assert_string_equal(error.message,
			    "cannot open f: No such file or directory");
}

static void test_error_long_message_is_cut(void **state)
{
	struct error error = ERROR_NONE;
	char name[3 * ERROR_MESSAGE_SIZE];
	const char *cause = ": Permission denied";

	(void)state;
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	error_set(&error, "%s", name);
	assert_int_equal(strlen(error.message), ERROR_MESSAGE_SIZE - 1);
	error_set_system(&error, EACCES, "%s", name);
	assert_int_equal(strlen(error.message), ERROR_MESSAGE_SIZE - 1);
	assert_string_equal(error.message + ERROR_MESSAGE_SIZE - 1 -
			    strlen(cause), cause);
}

static void test_error_may_hold_itself(void **state)
{
	struct error error = ERROR_NONE;

	(void)state;
	error_set(&error, "inner");
	error_set(&error, "outer: %s", error.message);
	assert_string_equal(error.message, "outer: inner");
}

static void test_error_null_is_accepted(void **state)
{
	(void)state;
	assert_false(error_set(NULL, "x %d", 1));
	assert_false(error_set_at(NULL, 1, "x"));
	assert_false(error_set_system(NULL, EIO, "x"));
	assert_false(error_set_memory(NULL));
}

static void test_error_set_memory_says_so(void **state)
{
	struct error error = ERROR_NONE;

	(void)state;
	assert_false(error_set_memory(&error));
	assert_string_equal(error.message, "out of memory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_error_set_formats),
		cmocka_unit_test(test_error_set_at_keeps_position),
		cmocka_unit_test(test_error_set_system_appends_cause),
		cmocka_unit_test(test_error_long_message_is_cut),
		cmocka_unit_test(test_error_may_hold_itself),
		cmocka_unit_test(test_error_null_is_accepted),
		cmocka_unit_test(test_error_set_memory_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
