/*
 * Fuzz target: reading patterns.  What is typed may be anything; a pattern
 * that is taken reads back from its own text, and a place of an error lies in
 * the text.  No files: they depend on what is there.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "octavo/pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool condition)
{
	if (!condition)
		abort();
}

static void check(const char *text)
{
	struct error error = ERROR_NONE;
	size_t position = 0;
	struct pattern *pattern = pattern_parse(text, &position, &error);

	if (!pattern) {
		expect(position == 0 && error.message[0]);
		expect(error.position >= ERROR_NO_POSITION &&
		       error.position <= (long)strlen(text));
		return;
	}
	expect(position > 0 && position <= strlen(text));
	position = 0;

	struct pattern *again = pattern_parse(pattern_text(pattern), &position,
					      NULL);

	expect(again && position == strlen(pattern_text(pattern)));
	pattern_free(again);
	pattern_free(pattern);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	expect(text);
	memcpy(text, data, size);
	text[size] = '\0';
	if (text[0] != '@')
		check(text);
	free(text);
	return 0;
}
