/* Unit tests of patterns that are hex. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "matching.h"

/* How many bytes PATTERN takes where it first matches. */
static size_t taken(const char *text, const char *subject, size_t length)
{
	size_t position = 0;
	struct pattern *pattern = pattern_parse(text, &position, NULL);

	assert_non_null(pattern);

	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	int code = pcre2_match(pattern->code, (PCRE2_SPTR)subject, length, 0,
			       0, data, NULL);
	size_t *places = pcre2_get_ovector_pointer(data);
	size_t size = code < 0 ? 0 : places[1] - places[0];

	pcre2_match_data_free(data);
	pattern_free(pattern);
	return size;
}

static void test_pattern_hex_bytes(void **state)
{
	(void)state;
	expect("{00 ff}", "a\0\xff", 3, 1);
	expect("{00ff}", "a\0\xff", 3, 1);
	expect("{?1 4? ??}", "0\x21\x4f\n", 4, 1);
	expect("{?? 41}", "AA", 2, 0);
	expect("{5c 5d 5b 5e 2d}", "\\][^-", 5, 0);
	expect("{0a}", "\n", 1, 0);
	refuse("{}", ERROR_NO_POSITION, "empty");
	refuse("{ }", ERROR_NO_POSITION, "empty");
	refuse("{7f", 0, "} is missing");
	refuse("{7}", 2, "two hex digits");
	refuse("{7 f}", 2, "two hex digits");
	refuse("{7g}", 2, "not a hex digit");
	refuse("{7", 2, "two hex digits");
}

static void test_pattern_hex_gaps(void **state)
{
	(void)state;
	assert_int_equal(taken("{41 [2] 42}", "A\n.B", 4), 4);
	assert_int_equal(taken("{41 [2] 42}", "A.B", 3), 0);
	assert_int_equal(taken("{41[1-3]42}", "AB", 2), 0);
	assert_int_equal(taken("{41[1-3]42}", "A.B.B", 5), 3);
	assert_int_equal(taken("{41[1-3]42}", "A...B", 5), 5);
	assert_int_equal(taken("{41[1-3]42}", "A....B", 6), 0);
	assert_int_equal(taken("{41[0-]42}", "AB B", 4), 2);
	assert_int_equal(taken("{41[2-]42}", "AB.B", 4), 4);
	assert_int_equal(taken("{41[3-3]42}", "A...B", 5), 5);
	refuse("{[2] 41}", 1, "between bytes");
	refuse("{41 [2]}", 4, "between bytes");
	refuse("{41 [2] [3] 42}", 8, "between bytes");
	refuse("{41 [2", 6, "a gap is");
	refuse("{41 [] 42}", 5, "a gap is");
	refuse("{41 [a] 42}", 5, "a gap is");
	refuse("{41 [1-a] 42}", 7, "a gap is");
	refuse("{41 [4-2] 42}", 7, "before it begins");
	refuse("{41 [65536] 42}", 5, "at most 65535");
	refuse("{41 [1-99999999999] 42}", 7, "at most 65535");
}

static void test_pattern_hex_alternatives(void **state)
{
	(void)state;
	assert_int_equal(taken("{41 (42|43 44) 45}", "ABE", 3), 3);
	assert_int_equal(taken("{41 (42|43 44) 45}", "ACDE", 4), 4);
	assert_int_equal(taken("{41 (42|43 44) 45}", "ACE", 3), 0);
	assert_int_equal(taken("{(41|41 42)}", "AB", 2), 1);
	assert_int_equal(taken("{(41(42|?3)|44[1]45)}", "AC", 2), 2);
	assert_int_equal(taken("{(41(42|?3)|44[1]45)}", "D.E", 3), 3);
	refuse("{41 (42|) 45}", 8, "empty");
	refuse("{41 (|42) 45}", 5, "empty");
	refuse("{41 () 45}", 5, "empty");
	refuse("{41 (42 45}", 4, ") is missing");
	refuse("{41 (42", 4, ") is missing");
	refuse("{41 | 45}", 4, "stands in parentheses");
	refuse("{41 ) 45}", 4, "no ( before");
	refuse("{41 ([1] 42)}", 5, "between bytes");
	refuse("{41 (42 [1])}", 8, "between bytes");

	char deep[512] = "{";

	for (int i = 0; i < 101; i++)
		strcat(deep, "(");
	strcat(deep, "41");
	refuse(deep, 101, "too many parentheses");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pattern_hex_bytes),
		cmocka_unit_test(test_pattern_hex_gaps),
		cmocka_unit_test(test_pattern_hex_alternatives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
