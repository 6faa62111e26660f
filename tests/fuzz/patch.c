/*
 * patch: whatever is applied to a file of 256 bytes either fails with a message
 * and touches nothing, or is one step: it can be undone, and exported as text
 * and applied again.
 *
 * A fuzzer finds no checksums, so those of a BPS patch are made right.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compat_zlib.h"
#include "octavo/patch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SIZE = 256, LARGE = 1 << 16 };

static char path[] = "/tmp/octavo-fuzz-XXXXXX";
static unsigned char original[SIZE];

static void expect(bool condition)
{
	if (!condition)
		abort();
}

static void remove_file(void)
{
	unlink(path);
}

static void make_file(void)
{
	int fd = mkstemp(path);

	expect(fd >= 0);
	atexit(remove_file);
	for (int i = 0; i < SIZE; i++)
		original[i] = (unsigned char)(i < 128 ? i : 0);
	expect(write(fd, original, SIZE) == SIZE);
	close(fd);
}

static struct document *open_document(void)
{
	struct file *file = file_open(path, NULL, NULL, NULL);
	struct document *document = file ? document_open(file, NULL) : NULL;

	expect(document);
	return document;
}

static void assert_original(const struct document *document)
{
	unsigned char bytes[SIZE];

	document_check(document);
	expect(document_size(document) == SIZE);
	expect(document_read(document, 0, bytes, SIZE) == SIZE);
	expect(memcmp(bytes, original, SIZE) == 0);
}

struct text {
	unsigned char *bytes;
	size_t size;
};

static bool sink(void *context, const void *bytes, size_t length,
		 struct error *error)
{
	struct text *text = context;

	(void)error;
	text->bytes = realloc(text->bytes, text->size + length);
	expect(text->bytes);
	memcpy(text->bytes + text->size, bytes, length);
	text->size += length;
	return true;
}

/* The text says the same. */
static void check_text(const struct document *document)
{
	static unsigned char one[LARGE], other[LARGE];
	struct document *again = open_document();
	struct text text = { NULL, 0 };
	struct patch_report report;

	expect(patch_write(document, PATCH_TEXT, sink, &text, NULL));
	expect(patch_apply(again, "text", text.bytes, text.size, &report,
			   NULL));

	size_t size = document_read(document, 0, one, LARGE);

	expect(document_size(document) == document_size(again));
	expect(document_read(again, 0, other, LARGE) == size);
	expect(memcmp(one, other, size) == 0);
	free(text.bytes);
	document_close(again);
}

static void check(const uint8_t *patch, size_t size)
{
	struct document *document = open_document();
	struct error error = ERROR_NONE;
	struct patch_report report;
	struct range touched;

	if (!patch_apply(document, "p", patch, size, &report, &error)) {
		expect(strncmp(error.message, "p: ", 3) == 0
		       || strstr(error.message, "lost"));
		expect(document_undo_steps(document) == 0);
	} else if (report.changes > 0) {
		document_check(document);
		if (document_modified(document)
		    && document_size(document) < LARGE)
			check_text(document);
		expect(document_undo(document, &touched, NULL));
	}
	assert_original(document);
	document_close(document);
}

static void set_crc(uint8_t *bytes, uint32_t crc)
{
	for (int i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(crc >> 8 * i);
}

/* The one of the target is found by trying: the message has it. */
static void fix_checksums(uint8_t *patch, size_t size)
{
	struct document *document = open_document();
	struct patch_report report;
	struct error error = ERROR_NONE;
	unsigned crc;
	const char *said;

	set_crc(patch + size - 12, compat_crc32(0, original, SIZE));
	set_crc(patch + size - 4, compat_crc32(0, patch, size - 4));
	if (!patch_apply(document, "p", patch, size, &report, &error)
	    && (said = strstr(error.message, "would have the checksum "))
	    && sscanf(said, "would have the checksum %x", &crc) == 1) {
		set_crc(patch + size - 8, crc);
		set_crc(patch + size - 4, compat_crc32(0, patch, size - 4));
	}
	document_close(document);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *patch = malloc(size + 1);

	expect(patch);
	memcpy(patch, data, size);
	if (!original[1])
		make_file();
	if (compat_has_zlib() && size >= 16 && memcmp(patch, "BPS1", 4) == 0)
		fix_checksums(patch, size);
	check(patch, size);
	free(patch);
	return 0;
}
