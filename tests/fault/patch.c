/*
 * No memory while a patch is applied: whichever allocation fails, and whether
 * that is once or for good, the document is what it was.
 */
#include "memory.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "octavo/patch.h"

enum { SIZE = 5000, ROOM = 1 << 16, FORMATS = PATCH_BPS + 1 };

static char folder[] = "/tmp/octavo-XXXXXX";
static char path[64];
static unsigned char original[SIZE];

static struct patch {
	unsigned char bytes[ROOM];
	size_t size;
} patches[FORMATS];

/* --- refusing --- */

static unsigned countdown;
static bool for_good;

static bool refuse(void)
{
	if (countdown > 0) {
		countdown--;
		return false;
	}
	if (!for_good)
		memory_refuse = NULL;
	return true;
}

/* --- patches --- */

static struct document *open_document(void)
{
	struct file *file = file_open(path, NULL, NULL, NULL);

	assert_non_null(file);

	struct document *document = document_open(file, NULL);

	assert_non_null(document);
	return document;
}

static bool sink(void *context, const void *bytes, size_t length,
		 struct error *error)
{
	struct patch *patch = context;

	(void)error;
	assert_true(patch->size + length <= ROOM);
	memcpy(patch->bytes + patch->size, bytes, length);
	patch->size += length;
	return true;
}

static void make_patches(void)
{
	struct document *document = open_document();

	document_overwrite(document, 10, "overwritten", 11, NULL);
	document_insert(document, 300, "inserted", 8, NULL);
	document_fill(document, range_of(400, 200), "ab", 2, NULL);
	document_delete(document, range_of(4000, 500), NULL);
	for (int format = 0; format < FORMATS; format++)
		if (!patch_format_missing((enum patch_format)format))
			assert_true(patch_write(document,
						(enum patch_format)format,
						sink, &patches[format],
						NULL));
	document_close(document);
}

/* Did it fail? */
static bool fail_apply(const struct patch *patch, unsigned allocation,
		       bool good)
{
	struct document *document = open_document();
	struct patch_report report;
	struct error error = ERROR_NONE;
	unsigned char bytes[SIZE + 1];
	struct range touched;

	countdown = allocation;
	for_good = good;
	memory_refuse = refuse;

	bool fine = patch_apply(document, "p", patch->bytes, patch->size,
				&report, &error);

	memory_refuse = NULL;
	document_check(document);
	if (fine)
		assert_true(document_undo(document, &touched, NULL));
	else
		assert_string_equal(error.message, "out of memory");
	assert_int_equal(document_undo_steps(document), 0);
	assert_false(document_modified(document));
	assert_int_equal(document_read(document, 0, bytes, SIZE + 1), SIZE);
	assert_memory_equal(bytes, original, SIZE);
	document_close(document);
	return !fine;
}

static void test_patch_apply_is_all_or_nothing(void **state)
{
	(void)state;
	for (int format = 0; format < FORMATS; format++) {
		unsigned n = 0;

		if (patches[format].size == 0)
			continue;
		while (fail_apply(&patches[format], n, false))
			n++;
		assert_true(n > 3);
		for (n = 0; fail_apply(&patches[format], n, true); n++)
			assert_true(n < 1000);
	}
}

static int set_up(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SIZE; i++)
		original[i] = (unsigned char)(i * 31 + i / 251);
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/file", folder);

	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	if (fd < 0 || write(fd, original, SIZE) != SIZE)
		return -1;
	close(fd);
	make_patches();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patch_apply_is_all_or_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
