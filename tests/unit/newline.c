/*
 * Unit tests of the newline room: every question about every place of small
 * documents in many pieces, against looking at each byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "newline.h"
#include "sizes.h"

enum { SIZE_MAXIMUM = 40 };

/* A document of LENGTH bytes, each inserted by itself, so all are pieces. */
static struct document *document_of(const unsigned char *bytes, size_t length,
				    char *path)
{
	struct error error = ERROR_NONE;
	struct document *document;
	struct file *file;

	close(mkstemp(path));
	file = file_open(path, NULL, NULL, &error);
	document = file ? document_open(file, &error) : NULL;
	if (!document)
		fail_msg("%s", error.message);
	for (size_t i = length; i-- > 0;)
		assert_true(document_insert(document, 0, bytes + i, 1, NULL));
	return document;
}

/* Does a newline stand at AT, and where is it over? */
static bool stands(enum newline_form form, const unsigned char *bytes,
		   size_t length, size_t at, size_t *behind)
{
	size_t unit = at / 2 * 2;

	*behind = at + 1;
	switch (form) {
	case NEWLINE_BYTE:
		return bytes[at] == '\n';
	case NEWLINE_EBCDIC:
		return bytes[at] == 0x15;
	case NEWLINE_UTF16LE:
	case NEWLINE_UTF16BE:
		*behind = unit + 2;
		return *behind <= length &&
		       at == unit + (form == NEWLINE_UTF16BE) &&
		       bytes[at] == '\n' && bytes[at ^ 1] == 0;
	}
	return false;
}

static void check_all(enum newline_form form, const unsigned char *bytes,
		      size_t length, const struct document *document)
{
	struct newlines lines = newlines_of(document, form);

	for (size_t from = 0; from <= length; from++) {
		uint64_t count = 0;
		size_t after = SIZE_MAX;
		size_t behind;

		for (size_t to = from; to <= length; to++) {
			uint64_t offset = 0;
			uint64_t before = from;

			if (to > from &&
			    stands(form, bytes, length, to - 1, &behind)) {
				count++;
				if (after == SIZE_MAX)
					after = behind;
			}
			for (size_t at = from; at < to; at++)
				if (stands(form, bytes, length, at, &behind) &&
				    behind <= to)
					before = behind;
			assert_int_equal(newlines_count(&lines,
				(struct range){ from, to }), count);
			assert_int_equal(newlines_after(&lines, from, to),
					 after == SIZE_MAX ? to : after);
			assert_int_equal(newlines_before(&lines, to, from),
					 before);
			assert_int_equal(newlines_skip(&lines,
				(struct range){ from, to }, 1, &offset),
				count > 0);
			assert_true(count == 0 || offset == after);
			assert_false(newlines_skip(&lines,
				(struct range){ from, to }, count + 1,
				&offset));
		}
	}
}

static void test_newline_like_each_byte(void **state)
{
	static const unsigned char letters[] = { 'x', '\n', 0, 0x15 };

	(void)state;
	srand(7);
	for (unsigned round = 0; round < 40; round++) {
		unsigned char bytes[SIZE_MAXIMUM];
		size_t length = (size_t)rand() % SIZE_MAXIMUM;
		char path[] = "/tmp/octavo-newline-XXXXXX";
		struct document *document;

		for (size_t i = 0; i < length; i++)
			bytes[i] = letters[rand() % 4];
		document = document_of(bytes, length, path);
		for (enum newline_form form = NEWLINE_BYTE;
		     form <= NEWLINE_UTF16BE; form++)
			check_all(form, bytes, length, document);
		document_close(document);
		unlink(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_newline_like_each_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
