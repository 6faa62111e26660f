/*
 * Fuzz target: reading /regex/text/flags.  What is typed may be anything; a
 * place of an error lies in the text, and a replacement that is called
 * constant gives the same for a match as without one.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "replacement_internal.h"

enum { LIMIT = 10000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char subject[] = "one two 1 22 aa\nab abab \xc3\xa9\xe2\x82\xac";

static void expect(bool condition)
{
	if (!condition)
		abort();
}

static void check_expansion(const struct pattern *pattern,
			    const struct replacement *replacement)
{
	const unsigned char *bytes = (const unsigned char *)subject;
	pcre2_match_data *match = pcre2_match_data_create_from_pattern(
		pattern->code, NULL);
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	struct expansion out = { NULL, 0, 0 };
	size_t length;

	expect(match && context);
	pcre2_set_match_limit(context, LIMIT);
	pcre2_set_heap_limit(context, LIMIT);
	if (pcre2_match(pattern->code, bytes, sizeof subject - 1, 0, 0, match,
			context) > 0 &&
	    replacement_expand(replacement, bytes, sizeof subject - 1, match,
			       &out, NULL)) {
		const unsigned char *constant = replacement_constant(
			replacement, &length);

		expect(!constant || (length == out.length &&
				     memcmp(constant, out.bytes, length) == 0));
	}
	expansion_free(&out);
	pcre2_match_context_free(context);
	pcre2_match_data_free(match);
}

static void check(const char *text)
{
	struct error error = ERROR_NONE;
	size_t position = 0, start, length;
	struct pattern *pattern = pattern_parse_replace(text, &position,
							&start, &length,
							&error);

	if (!pattern) {
		expect(position == 0 && error.message[0]);
		expect(error.position >= ERROR_NO_POSITION &&
		       error.position <= (long)strlen(text));
		return;
	}
	expect(start + length < position && position <= strlen(text));

	struct replacement *replacement = replacement_new(
		pattern, text + start, length, &error);

	if (replacement)
		check_expansion(pattern, replacement);
	else
		expect(error.message[0] && error.position <= (long)length);
	replacement_free(replacement);
	pattern_free(pattern);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	expect(text);
	memcpy(text, data, size);
	text[size] = '\0';
	check(text);
	free(text);
	return 0;
}
