/*
 * Unit tests of the replacement room: what is right and wrong in a text, what
 * is constant, what a match becomes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "replacement_internal.h"

static struct pattern *pattern_of(const char *text)
{
	size_t position = 0;
	struct pattern *pattern = pattern_parse(text, &position, NULL);

	assert_non_null(pattern);
	return pattern;
}

/* The first match of PATTERN in SUBJECT becomes RESULT. */
static void becomes(const char *regex, const char *subject, const char *text,
		    const char *result, bool constant)
{
	struct error error = ERROR_NONE;
	struct pattern *pattern = pattern_of(regex);
	struct replacement *replacement = replacement_new(
		pattern, text, strlen(text), &error);
	struct expansion out = { NULL, 0, 0 };
	pcre2_match_data *data = pcre2_match_data_create_from_pattern(
		pattern->code, NULL);
	const unsigned char *bytes = (const unsigned char *)subject;
	size_t length;

	if (!replacement)
		fail_msg("%s: %s", text, error.message);
	assert_true(pcre2_match(pattern->code, bytes, strlen(subject), 0, 0,
				data, NULL) > 0);
	if (!replacement_expand(replacement, bytes, strlen(subject), data,
				&out, &error))
		fail_msg("%s: %s", text, error.message);
	assert_int_equal(out.length, strlen(result));
	assert_memory_equal(out.bytes, result, out.length);

	const unsigned char *same = replacement_constant(replacement, &length);

	assert_int_equal(same != NULL, constant);
	if (constant) {
		assert_int_equal(length, out.length);
		assert_memory_equal(same, result, length);
	}
	expansion_free(&out);
	pcre2_match_data_free(data);
	replacement_free(replacement);
	pattern_free(pattern);
}

static void test_replacement_groups(void **state)
{
	(void)state;
	becomes("/(a)(?<n>b)/", "xaby", "$2$1 ${1} ${n} $n <$0>",
		"ba a b b <ab>", false);
	becomes("/(a)|(b)/", "b", "[$1][$2]", "[][b]", false);
	becomes("/(a)|(b)/", "b", "${1:+yes:no} ${2:-none} ${1:-none}",
		"no b none", false);
	becomes("/(?J)(?<n>a)|(?<n>b)/", "b", "[$n]", "[b]", false);
	becomes("/(?|(?<n>a)|(?<n>b))/", "b", "[$n]", "[b]", false);
	becomes("/a(*MARK:here)b/", "ab", "$*MARK", "here", false);
	becomes("/(\xc3\xa9)/u", "\xc3\xa9", "\\U$1", "\xc3\x89", false);
}

static void test_replacement_case(void **state)
{
	(void)state;
	becomes("/(\\w+) (\\w+)/", "Foo baR", "\\U$1\\E \\L$2 \\u$2 \\l$1",
		"FOO bar BaR foo", false);
	becomes("/a/", "a", "\\Uabc\\E \\uabc \\LABC", "ABC Abc abc", true);
}

static void test_replacement_constant(void **state)
{
	(void)state;
	becomes("/a/", "a", "", "", true);
	becomes("/a/", "a", "plain & simple", "plain & simple", true);
	becomes("/a/", "a", "\\n\\t\\x41\\x{42}\\/\\\\\\$$$", "\n\tAB/\\$$",
		true);
	becomes("/(a)/", "a", "\\Q$1\\n\\E", "$1\\n", true);
	becomes("/(a)/", "a", "\\Q$1\\E$1", "$1a", false);
	becomes("/(a)/", "a", "\\\\$1", "\\a", false);
	becomes("/(a)/", "a", "\\c$$1", "da", false);
	becomes("/a/u", "a", "\\x{20ac}\xc3\xa9\\xe9",
		"\xe2\x82\xac\xc3\xa9\xc3\xa9", true);
}

/* It grows as it must, whatever room there is. */
static void test_replacement_long(void **state)
{
	char subject[5000];
	char result[sizeof subject * 2];

	(void)state;
	memset(subject, 'x', sizeof subject - 1);
	subject[sizeof subject - 1] = '\0';
	strcpy(result, subject);
	strcat(result, subject);
	becomes("/x+/", subject, "$0$0", result, false);
}

static void wrong(const char *regex, const char *text, long position,
		  const char *message)
{
	struct error error = ERROR_NONE;
	struct pattern *pattern = pattern_of(regex);

	assert_null(replacement_new(pattern, text, strlen(text), &error));
	if (strcmp(error.message, message) != 0 || error.position != position)
		fail_msg("%s: \"%s\" at %ld", text, error.message,
			 error.position);
	pattern_free(pattern);
}

static void test_replacement_wrong(void **state)
{
	static const char escape[] = "the replacement: unknown escape (groups "
		"are $1, all of the match is $0)";
	static const char unknown[] = "the replacement: unknown substring";

	(void)state;
	wrong("/a/", "x$1", 3, unknown);
	wrong("/(a)|b/", "${1:+$2:n}", 7, unknown);
	wrong("/(a)|b/", "${1:+y:$2}", 9, unknown);
	wrong("/(a)/", "${name}", 7, unknown);
	wrong("/(a)/", "\\1", 1, escape);
	wrong("/a/", "b\\q", 2, escape);
	wrong("/a/", "x$", 2,
	      "the replacement: invalid replacement string");
	wrong("/(a)/", "${1", 3, "the replacement: expected closing curly "
	      "bracket in replacement string");
	wrong("/a/u", "\xff", ERROR_NO_POSITION, "the replacement: UTF-8 "
	      "error: illegal byte (0xfe or 0xff)");
}

static void test_replacement_of_bytes(void **state)
{
	struct replacement *replacement = replacement_of_bytes("$0\0", 3,
							       NULL);
	size_t length;

	(void)state;
	assert_non_null(replacement);
	assert_memory_equal(replacement_constant(replacement, &length), "$0",
			    3);
	assert_int_equal(length, 3);
	replacement_free(replacement);
	replacement = replacement_of_bytes(NULL, 0, NULL);
	assert_non_null(replacement_constant(replacement, &length));
	assert_int_equal(length, 0);
	replacement_free(replacement);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replacement_groups),
		cmocka_unit_test(test_replacement_case),
		cmocka_unit_test(test_replacement_constant),
		cmocka_unit_test(test_replacement_long),
		cmocka_unit_test(test_replacement_wrong),
		cmocka_unit_test(test_replacement_of_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
