/*
 * patch: what is written is read by others the same way, and applied makes the
 * same bytes; what is damaged or does not fit is refused at its place.
 *
 * The others are the small appliers below.  They go by the descriptions of the
 * formats, believe everything and share nothing with the program.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io.h"
#include "octavo/patch.h"
#include "sizes.h"

enum { ROOM = 1 << 20, FORMATS = PATCH_BPS + 1 };

static char folder[] = "/tmp/octavo-patch-XXXXXX";
static char path[64];

/* --- bytes --- */

struct bytes {
	unsigned char *bytes;
	size_t size;
	size_t room;
};

static void bytes_reserve(struct bytes *bytes, size_t room)
{
	if (room <= bytes->room)
		return;
	bytes->room = 2 * room;
	bytes->bytes = realloc(bytes->bytes, bytes->room);
	assert_non_null(bytes->bytes);
}

static void bytes_add(struct bytes *bytes, const void *more, size_t size)
{
	bytes_reserve(bytes, bytes->size + size + 1);
	if (size > 0)
		memcpy(bytes->bytes + bytes->size, more, size);
	bytes->size += size;
	bytes->bytes[bytes->size] = '\0';
}

static bool sink(void *context, const void *bytes, size_t length,
		 struct error *error)
{
	(void)error;
	bytes_add(context, bytes, length);
	return true;
}

static void bytes_free(struct bytes *bytes)
{
	free(bytes->bytes);
	*bytes = (struct bytes){ NULL, 0, 0 };
}

static void assert_same(const struct bytes *one, const struct bytes *other)
{
	assert_int_equal(one->size, other->size);
	if (one->size)
		assert_memory_equal(one->bytes, other->bytes, one->size);
}

/* --- documents --- */

static void put_file(const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
}

static struct document *open_document(void)
{
	struct file *file = file_open(path, NULL, NULL, NULL);

	assert_non_null(file);

	struct document *document = document_open(file, NULL);

	assert_non_null(document);
	return document;
}

static struct document *open_with(const void *bytes, size_t size)
{
	put_file(bytes, size);
	return open_document();
}

static struct bytes content(const struct document *document)
{
	struct bytes bytes = { NULL, 0, 0 };

	bytes_reserve(&bytes, document_size(document) + 1);
	bytes.size = document_read(document, 0, bytes.bytes,
				   document_size(document));
	return bytes;
}

static struct bytes exported(const struct document *document,
			     enum patch_format format)
{
	struct bytes patch = { NULL, 0, 0 };
	struct error error = ERROR_NONE;

	if (!patch_write(document, format, sink, &patch, &error))
		fail_msg("%s: %s", patch_format_name(format), error.message);
	return patch;
}

static bool missing(enum patch_format format)
{
	return patch_format_missing(format) != NULL;
}

/* --- the appliers of others --- */

static uint32_t slow_crc(const unsigned char *bytes, size_t size,
			 uint32_t polynomial)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
	}
	return ~crc;
}

static uint32_t crc32(const unsigned char *bytes, size_t size)
{
	return slow_crc(bytes, size, 0xedb88320);
}

static void write_at(struct bytes *bytes, size_t offset, unsigned char byte)
{
	while (bytes->size <= offset)
		bytes_add(bytes, "", 1);
	bytes->bytes[offset] = byte;
}

static struct bytes other_ips(const struct bytes *patch,
			      const struct bytes *old)
{
	const unsigned char *p = patch->bytes + 5;
	struct bytes new = { NULL, 0, 0 };

	bytes_add(&new, old->bytes, old->size);
	assert_memory_equal(patch->bytes, "PATCH", 5);
	while (memcmp(p, "EOF", 3) != 0) {
		size_t offset = (size_t)(p[0] << 16 | p[1] << 8 | p[2]);
		size_t size = (size_t)(p[3] << 8 | p[4]);
		bool run = size == 0;

		p += 5;
		if (run) {
			size = (size_t)(p[0] << 8 | p[1]);
			p += 2;
		}
		assert_true(size > 0);
		for (size_t i = 0; i < size; i++)
			write_at(&new, offset + i, run ? *p : *p++);
		p += run;
	}
	p += 3;
	if (p < patch->bytes + patch->size) {
		assert_ptr_equal(p + 3, patch->bytes + patch->size);
		new.size = (size_t)(p[0] << 16 | p[1] << 8 | p[2]);
	}
	return new;
}

static uint64_t bps_number(const unsigned char **p)
{
	uint64_t number = 0, shift = 1;

	for (;;) {
		unsigned char byte = *(*p)++;

		number += (byte & 0x7f) * shift;
		if (byte & 0x80)
			return number;
		shift <<= 7;
		number += shift;
	}
}

static uint32_t little(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static struct bytes other_bps(const struct bytes *patch,
			      const struct bytes *old)
{
	const unsigned char *p = patch->bytes + 4;
	const unsigned char *end = patch->bytes + patch->size - 12;
	struct bytes new = { NULL, 0, 0 };
	uint64_t source = 0, target = 0;

	assert_memory_equal(patch->bytes, "BPS1", 4);
	assert_int_equal(bps_number(&p), old->size);
	uint64_t size = bps_number(&p);
	p += bps_number(&p);
	bytes_reserve(&new, size + 1);
	while (p < end) {
		uint64_t number = bps_number(&p), moved;
		uint64_t length = (number >> 2) + 1;

		switch (number & 3) {
		case 0:
			bytes_add(&new, old->bytes + new.size, length);
			break;
		case 1:
			bytes_add(&new, p, length);
			p += length;
			break;
		case 2:
			moved = bps_number(&p);
			source += moved & 1 ? -(moved >> 1) : moved >> 1;
			bytes_add(&new, old->bytes + source, length);
			source += length;
			break;
		default:
			moved = bps_number(&p);
			target += moved & 1 ? -(moved >> 1) : moved >> 1;
			while (length--)
				bytes_add(&new, new.bytes + target++, 1);
		}
	}
	assert_int_equal(new.size, size);
	assert_int_equal(little(end), crc32(old->bytes, old->size));
	assert_int_equal(little(end + 4), crc32(new.bytes, new.size));
	assert_int_equal(little(end + 8),
			 crc32(patch->bytes, patch->size - 4));
	return new;
}

/* COUNT bytes at OUT as a line's TEXT has them. */
static void other_run(char *text, const unsigned char *old, struct bytes *out)
{
	unsigned long long count;
	unsigned crc;
	char *next;
	size_t start = out->size;

	text[strcspn(text, "#\n")] = '\0';
	if (sscanf(text, " omitted %llu crc32c %x", &count, &crc) == 2)
		assert_int_equal(slow_crc(old + start, count, 0x82f63b78),
				 crc);
	if (sscanf(text, " omitted %llu", &count) == 1) {
		bytes_add(out, old + start, count);
		return;
	}
	bool repeat = sscanf(text, " repeat %llu", &count) == 1;
	if (repeat)
		strtoull(text + strlen(" repeat "), &text, 10);
	for (;; text = next) {
		unsigned char byte = (unsigned char)strtoul(text, &next, 16);

		if (next == text)
			break;
		bytes_add(out, &byte, 1);
	}
	size_t period = out->size - start;

	while (repeat && out->size < start + count) {
		unsigned char byte = out->bytes[out->size - period];

		bytes_add(out, &byte, 1);
	}
}

static struct bytes other_text(const struct bytes *patch,
			       const struct bytes *old)
{
	struct bytes new = { NULL, 0, 0 };
	struct bytes removed = { NULL, 0, 0 }, follows = { NULL, 0, 0 };
	unsigned long long offset = 0, done = 0, size = 0, old_count, count;
	FILE *file = fmemopen(patch->bytes, patch->size, "r");
	char line[400];
	bool ended = false;

	while (fgets(line, sizeof line, file)) {
		for (char *c = line; *c; c++)
			assert_true(*c == '\n' || (*c >= ' ' && *c < 0x7f));
		assert_true(strlen(line) <= 80 && strcspn(line, "\n") < 80);
		if (sscanf(line, "size %llu", &size) == 1)
			assert_int_equal(size, old->size);
		if (sscanf(line, "@ 0x%llx -%llu +%llu", &offset, &old_count,
			   &count) == 3) {
			bytes_add(&new, old->bytes + done, offset - done);
			done = offset + old_count;
			removed.size = follows.size = 0;
		}
		if (line[0] == '-') {
			other_run(line + 1, old->bytes + offset, &removed);
			assert_true(removed.size <= old_count);
			assert_memory_equal(removed.bytes,
					    old->bytes + offset, removed.size);
		}
		if (line[0] == '+')
			other_run(line + 1, NULL, &new);
		if (line[0] == '=') {
			other_run(line + 1, NULL, &follows);
			assert_memory_equal(follows.bytes, old->bytes + done,
					    follows.size);
		}
		if (sscanf(line, "end %llu", &size) == 1)
			ended = true;
	}
	fclose(file);
	assert_true(ended);
	bytes_add(&new, old->bytes + done, old->size - done);
	assert_int_equal(new.size, size);
	bytes_free(&removed);
	bytes_free(&follows);
	return new;
}

static struct bytes other(enum patch_format format, const struct bytes *patch,
			  const struct bytes *old)
{
	return format == PATCH_TEXT ? other_text(patch, old)
	       : format == PATCH_IPS ? other_ips(patch, old)
				     : other_bps(patch, old);
}

/* --- there and back --- */

/* Applied to the file, the patch makes NEW, in one step that can be undone. */
static void check_apply(const struct bytes *patch, const struct bytes *old,
			const struct bytes *new)
{
	struct document *document = open_document();
	struct patch_report report;
	struct error error = ERROR_NONE;
	struct bytes now;
	struct range touched;

	if (!patch_apply(document, "p", patch->bytes, patch->size, &report,
			 &error))
		fail_msg("%s", error.message);
	document_check(document);
	now = content(document);
	assert_same(&now, new);
	bytes_free(&now);
	assert_int_equal(document_undo_steps(document), report.changes > 0);
	if (report.changes > 0) {
		assert_true(report.touched.start + report.length <= new->size);
		assert_int_equal(report.touched.end - report.touched.start
				 + new->size, old->size + report.length);
		assert_true(document_undo(document, &touched, NULL));
	}
	now = content(document);
	assert_same(&now, old);
	bytes_free(&now);
	document_close(document);
}

static void check_format(struct document *document, enum patch_format format,
			 const struct bytes *old)
{
	struct bytes new = content(document);
	struct bytes patch = exported(document, format);
	struct bytes again = exported(document, format);
	struct bytes made = other(format, &patch, old);

	assert_same(&patch, &again);
	assert_same(&made, &new);
	check_apply(&patch, old, &new);
	bytes_free(&new);
	bytes_free(&patch);
	bytes_free(&again);
	bytes_free(&made);
}

static void check_all(struct document *document, const struct bytes *old)
{
	for (int format = 0; format < FORMATS; format++)
		if (!missing((enum patch_format)format))
			check_format(document, (enum patch_format)format, old);
}

static uint64_t seed = 20261125;

static uint64_t chance(uint64_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed * 0x2545f4914f6cdd1dull >> 20) % limit;
}

static size_t chance_length(void)
{
	return chance(3) == 0 ? chance(1500) : chance(3) ? 1 + chance(20)
						: chance(300);
}

static struct range chance_range(const struct document *document)
{
	uint64_t size = document_size(document);
	uint64_t start = chance(size + 1);
	uint64_t length = chance_length();

	return range_of(start, length < size - start ? length : size - start);
}

static void chance_edit(struct document *document)
{
	unsigned char bytes[1500];
	struct range range = chance_range(document);
	size_t length = chance_length();
	struct clip *clip;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(chance(3) ? chance(256) : 7);
	switch (chance(6)) {
	case 0:
		document_insert(document, range.start, bytes, length, NULL);
		break;
	case 1:
		document_delete(document, range, NULL);
		break;
	case 2:
		document_fill(document, range, bytes, 1 + chance(20), NULL);
		break;
	case 3:
		clip = document_copy(document, range, NULL);
		document_paste(document, chance_range(document), clip, NULL);
		clip_free(clip);
		break;
	default:
		document_overwrite(document, range.start, bytes,
				   range_length(range), NULL);
	}
}

static void test_patch_random(void **state)
{
	(void)state;
	for (int i = 0; i < 200; i++) {
		struct bytes old = { NULL, 0, 0 };
		size_t size = chance(5) ? chance(20000) : chance(4);
		size_t edits = 1 + chance(12);

		for (size_t j = 0; j < size; j++) {
			unsigned char byte = (unsigned char)(
				j % 4000 < 1000 ? 0xff : chance(256));

			bytes_add(&old, &byte, 1);
		}

		struct document *document = open_with(old.bytes ? (char *)
						      old.bytes : "", size);

		while (edits--)
			chance_edit(document);
		if (document_modified(document))
			check_all(document, &old);
		document_close(document);
		bytes_free(&old);
	}
}

/* After a flush the file is another one. */
static void test_patch_of_a_document(void **state)
{
	struct bytes old = { (unsigned char *)(char[]){ "0123456789" }, 10, 0 };
	struct document *document = open_with(old.bytes, old.size);
	struct error error = ERROR_NONE;
	struct bytes none = { NULL, 0, 0 };

	(void)state;
	for (int format = 0; format < FORMATS; format++) {
		if (missing((enum patch_format)format))
			continue;
		assert_false(patch_write(document, (enum patch_format)format,
					 sink, &none, &error));
		assert_non_null(strstr(error.message, "no unsaved changes"));
	}
	document_overwrite(document, 2, "x", 1, NULL);
	check_all(document, &old);
	document_insert(document, 10, "end", 3, NULL);
	document_delete(document, range_of(0, 1), NULL);
	check_all(document, &old);
	document_delete(document, range_of(0, 12), NULL);
	check_all(document, &old);
	document_close(document);
	assert_null(none.bytes);
}

static void test_patch_of_a_new_file(void **state)
{
	struct bytes old = { (unsigned char *)(char[]){ "" }, 0, 0 };

	(void)state;
	unlink(path);

	struct document *document = open_document();

	document_insert(document, 0, "content", 7, NULL);
	check_all(document, &old);
	document_close(document);
}

/* --- the text --- */

static void test_patch_text_looks_so(void **state)
{
	static const char expected[] =
"octavo patch 1\n"
"# file\n"
"size 300\n"
"\n"
"@ 0x0 -17 +17\n"
"- 30 31 32 33 34 35 36 37 38 39 30 31 32 33 34 35  # |0123456789012345|\n"
"+ 61 62 63 64 65 66 67 68 69 6a 6b 6c 6d 6e 6f 70  # |abcdefghijklmnop|\n"
"- 36                                               # |6|\n"
"+ 71                                               # |q|\n"
"\n"
"@ 0x1f -0 +3\n"
"+ 0d 0a ff                                         # |...|\n"
"= 31 32 33 34 35 36 37 38                          # |12345678|\n"
"\n"
"@ 0x32 -3 +2\n"
"- 30 31 32                                         # |012|\n"
"+ 78 79                                            # |xy|\n"
"\n"
"@ 0x64 -100 +100\n"
"- repeat 100 30 31 32 33 34 35 36 37 38 39\n"
"+ repeat 100 00 ff\n"
"\n"
"@ 0x127 -5 +0\n"
"- 35 36 37 38 39                                   # |56789|\n"
"\n"
"end 297\n";
	char old[300];

	(void)state;
	for (int i = 0; i < 300; i++)
		old[i] = (char)('0' + i % 10);

	struct document *document = open_with(old, sizeof old);

	document_delete(document, range_of(295, 5), NULL);
	document_fill(document, range_of(100, 100), "\0\xff", 2, NULL);
	document_replace(document, range_of(50, 3), "xy", 2, NULL);
	document_insert(document, 31, "\r\n\xff", 3, NULL);
	document_overwrite(document, 0, "abcdefghijklmnopq", 17, NULL);

	struct bytes patch = exported(document, PATCH_TEXT);

	assert_string_equal(patch.bytes, expected);
	bytes_free(&patch);
	document_close(document);
}

/* Of many old bytes the first and the last are listed, of very many there is
 * no checksum either. */
static void test_patch_text_omits(void **state)
{
	struct bytes old = { NULL, 0, 0 };
	uint64_t length = (int)PATCH_DIGESTED < (int)ROOM ? PATCH_DIGESTED + 1000
						: 3 * PATCH_LISTED;

	(void)state;
	for (uint64_t i = 0; i < length + 100; i++) {
		unsigned char byte = (unsigned char)(i * i >> 3);

		bytes_add(&old, &byte, 1);
	}
	for (int digested = 0; digested < 2; digested++) {
		struct document *document = open_with(old.bytes, old.size);
		struct range range = range_of(50, digested ? PATCH_LISTED + 1
							   : length);

		document_delete(document, range, NULL);

		struct bytes patch = exported(document, PATCH_TEXT);

		assert_non_null(strstr((char *)patch.bytes, "- omitted "));
		assert_true(patch.size < 1500);
		if (digested)
			assert_non_null(strstr((char *)patch.bytes, "crc32c"));
		bytes_free(&patch);
		check_all(document, &old);
		document_close(document);
	}
	bytes_free(&old);
}

static void test_patch_text_name(void **state)
{
	char long_path[100];

	(void)state;
	put_file("x", 1);
	snprintf(long_path, sizeof long_path, "%s/\xc3\xa9 \033\\", folder);
	assert_int_equal(rename(path, long_path), 0);

	struct file *file = file_open(long_path, NULL, NULL, NULL);
	struct document *document = document_open(file, NULL);

	document_overwrite(document, 0, "y", 1, NULL);

	struct bytes patch = exported(document, PATCH_TEXT);

	assert_non_null(strstr((char *)patch.bytes,
			       "\n# \\xc3\\xa9\\x20\\x1b\\x5c\n"));
	bytes_free(&patch);
	document_close(document);
	unlink(long_path);
}

/* What people write, in their way. */
static void test_patch_text_is_lenient(void **state)
{
	static const char patch[] =
		"octavo patch 1 # by hand\r\n\r\n"
		"\t# a comment\n"
		"size 0xa\n"
		"@1 - 0x2 +4 # two\n"
		"+Aa bB\n"
		"  -31\t32\r\n"
		"+repeat 2 0A\n"
		"=3334\n"
		"=35\n"
		"@ 9 -1 +0\n"
		"-39\n"
		"end 11\n"
		"# the end";
	struct bytes bytes = { (unsigned char *)(char[sizeof patch]){ "" },
			       sizeof patch - 1, 0 };
	struct bytes old = { (unsigned char *)(char[]){ "0123456789" }, 10, 0 };
	struct bytes new = { (unsigned char *)(char[]){
		"0\xaa\xbb\n\n345678" }, 11, 0 };

	(void)state;
	memcpy(bytes.bytes, patch, sizeof patch);
	put_file(old.bytes, old.size);
	check_apply(&bytes, &old, &new);
}

/* --- refusing --- */

static const uint64_t ANYWHERE = UINT64_MAX;

/* The patch is refused for AT of it, with WORDS, and touches nothing. */
static void refuse(struct document *document, const void *patch, size_t size,
		   uint64_t at, const char *words)
{
	struct error error = ERROR_NONE;
	struct patch_report report;
	struct bytes before = content(document);
	char place[40];

	snprintf(place, sizeof place, at == ANYWHERE ? "p: 0x" : "p: 0x%llx: ",
		 (unsigned long long)at);
	if (patch_apply(document, "p", patch, size, &report, &error))
		fail_msg("applied, not \"%s\"", words);
	if (strncmp(error.message, place, strlen(place)) != 0
	    || !strstr(error.message, words))
		fail_msg("\"%s\" is not \"%s%s\"", error.message, place,
			 words);
	assert_int_equal(document_undo_steps(document), 0);
	assert_false(document_modified(document));

	struct bytes after = content(document);

	assert_same(&before, &after);
	bytes_free(&before);
	bytes_free(&after);
}

static void test_patch_refuses_strangers(void **state)
{
	struct document *document = open_with("0123456789", 10);

	(void)state;
	refuse(document, "", 0, 0, "neither");
	refuse(document, "PATC", 4, 0, "neither");
	refuse(document, "BPS2", 4, 0, "neither");
	refuse(document, "--- a\n+++ b\n", 12, 0, "neither");
	document_close(document);
}

#define HEAD "octavo patch 1\nsize 10\n"

static void test_patch_text_refuses(void **state)
{
	static const struct {
		const char *text;
		const char *at;		/* its place is the last such */
		const char *words;
	} cases[] = {
		{ "octavo patch 2\nsize 10\nend 10\n", "2\ns", "version 2" },
		{ "octavo patch 1 x\nsize 10\nend 10\n", "x\n", "nothing more" },
		{ "octavo patch x\n", "x\n", "a number is wanted" },
		{ "octavo patch 1\nend 10\n", "end", "\"size\" is wanted" },
		{ "octavo patch 1\nsize 11\nend 10\n", "size", "11 bytes, and" },
		{ "octavo patch 1\nsize 18446744073709551616\n", "184",
		  "too large" },
		{ HEAD, "", "cut off" },
		{ HEAD "@ 1 -1 +1\n- 31\n+ 32\n", "", "cut off" },
		{ HEAD "end 11\n", "11", "would have 10 bytes, not 11" },
		{ HEAD "end 10\nend 10\n", "end", "nothing may follow" },
		{ HEAD "what\n", "what", "is wanted here" },
		{ HEAD "- 31\n", "- ", "\"@\" line is wanted before" },
		{ HEAD "@ 1 1 +1\n", "1 +", "\"-\" is wanted" },
		{ HEAD "@ 1 -1 1\n", "1\n", "\"+\" is wanted" },
		{ HEAD "@ 11 -0 +1\n", "@", "goes past the end, 0xa" },
		{ HEAD "@ 9 -2 +1\n", "@", "goes past the end, 0xa" },
		{ HEAD "@ 3 -0 +0\nend 10\n", "@", "changes nothing" },
		{ HEAD "@ 3 -1 +4611686018427387900\n", "@", "too long" },
		{ HEAD "@ 3 -1 +1\n- 33\n+ 31\n@ 3 -1 +1\n", "@",
		  "0x3 begins before the end of the last one, 0x4" },
		{ HEAD "@ 3 -1 +1\n- 34\n+ 31\nend 10\n", "34",
		  "has 33 at 0x3, not 34" },
		{ HEAD "@ 3 -3 +0\n- 33 34 36\nend 7\n", "36",
		  "has 35 at 0x5, not 36" },
		{ HEAD "@ 3 -3 +0\n- repeat 3 33 34\nend 7\n", "3 33",
		  "has 35 at 0x5, not 33" },
		{ HEAD "@ 3 -3 +0\n- omitted 3 crc32c 00000000\nend 7\n",
		  "3 crc", "have the checksum" },
		{ HEAD "@ 3 -3 +0\n- omitted 3 sha1 00000000\nend 7\n",
		  "sha", "\"crc32c\" is wanted" },
		{ HEAD "@ 3 -3 +1\n+ omitted 3\nend 7\n", "3\ne",
		  "can't be omitted" },
		{ HEAD "@ 3 -0 +1\n+ 31\n= 34\nend 11\n", "34",
		  "has 33 at 0x3, not 34" },
		{ HEAD "@ 9 -0 +1\n+ 31\n= 39 40\nend 11\n", "40",
		  "than the file behind 0x9 has" },
		{ HEAD "@ 3 -1 +1\n- 33 34\n+ 31\nend 10\n", "34",
		  "than the change at 0x3 has" },
		{ HEAD "@ 3 -1 +1\n- 33\n+ 31 32\nend 10\n", "32",
		  "than the change at 0x3 has" },
		{ HEAD "@ 3 -1 +1\n- 33\n+ repeat 2 32\nend 10\n", "2 32",
		  "than the change at 0x3 has" },
		{ HEAD "@ 3 -2 +1\n- 33\n+ 31\nend 10\n", "@",
		  "1 of 2 old and 1 of 1 new" },
		{ HEAD "@ 3 -0 +2\n+ 31\n@ 4 -0 +1\n+ 31\nend 12\n", "@ 3",
		  "0 of 0 old and 1 of 2 new" },
		{ HEAD "@ 3 -1 +1\n- 33\n+ 3\nend 10\n", "3\ne",
		  "two hex digits" },
		{ HEAD "@ 3 -1 +1\n- 33\n+\nend 10\n", "\ne",
		  "two hex digits" },
		{ HEAD "@ 3 -1 +1\n- 33\n+ 3g\nend 10\n", "3g",
		  "two hex digits" },
		{ HEAD "@ 3 -1 +1\n- 33\n+ repeat 1\nend 10\n", "\ne",
		  "1 to 64 bytes" },
		{ HEAD "@ 3 -0 +4611686018427387000\n"
		  "+ repeat 4611686018427387000 00\nend 4611686018427387010\n",
		  "4611686018427387000 00", "of memory" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct document *document = open_with("0123456789", 10);
		const char *text = cases[i].text;
		const char *at = text + strlen(text);

		if (cases[i].at[0])
			do
				at--;
			while (strncmp(at, cases[i].at, strlen(cases[i].at))
			       != 0);
		refuse(document, text, strlen(text), (uint64_t)(at - text),
		       cases[i].words);
		document_close(document);
	}
}

static void test_patch_says_what_is_unchecked(void **state)
{
	static const char text[] =
		HEAD "@ 3 -3 +0\n- omitted 3\nend 7\n";
	struct document *document = open_with("0123456789", 10);
	struct patch_report report;

	(void)state;
	assert_true(patch_apply(document, "p", (const unsigned char *)text,
				sizeof text - 1, &report, NULL));
	assert_true(report.unchecked);
	assert_int_equal(report.changes, 1);
	assert_int_equal(document_size(document), 7);
	document_close(document);
}

/* --- IPS --- */

static void check_ips(const char *patch, size_t size, const char *old,
		      const char *expected)
{
	struct bytes bytes = { NULL, 0, 0 }, before = { NULL, 0, 0 };
	struct bytes after = { NULL, 0, 0 };

	bytes_add(&bytes, patch, size);
	bytes_add(&before, old, strlen(old));
	bytes_add(&after, expected, strlen(expected));
	put_file(old, strlen(old));
	check_apply(&bytes, &before, &after);
	bytes_free(&bytes);
	bytes_free(&before);
	bytes_free(&after);
}

#define IPS(text) "PATCH" text, sizeof("PATCH" text) - 1

static void test_patch_ips_of_others(void **state)
{
	(void)state;
	check_ips(IPS("EOF"), "01234", "01234");
	check_ips(IPS("\0\0\1\0\2ab" "EOF"), "01234", "0ab34");
	check_ips(IPS("\0\0\1\0\0\0\3x" "EOF"), "01234", "0xxx4");
	/* In any order, over each other, past the end. */
	check_ips(IPS("\0\0\3\0\4abcd" "\0\0\1\0\3xyz" "EOF"), "01234",
		  "0xyzbcd");
	/* Cut off; not where it is shorter anyway. */
	check_ips(IPS("\0\0\0\0\1a" "EOF" "\0\0\3"), "01234", "a12");
	check_ips(IPS("\0\0\0\0\1a" "EOF" "\0\0\7"), "01234", "a1234");
	check_ips(IPS("EOF" "\0\0\0"), "01234", "");
	check_ips(IPS("\0\0\1\0\5abcde" "EOF" "\0\0\3"), "01234", "0ab");
}

static void test_patch_ips_gap(void **state)
{
	static const unsigned char patch[] = "PATCH" "\0\0\7\0\1x" "EOF";
	struct document *document = open_with("0123", 4);
	struct patch_report report;

	(void)state;
	assert_true(patch_apply(document, "p", patch, sizeof patch - 1,
				&report, NULL));
	assert_true(report.unchecked);

	struct bytes now = content(document);

	assert_int_equal(now.size, 8);
	assert_memory_equal(now.bytes, "0123\0\0\0x", 8);
	bytes_free(&now);
	document_close(document);
}

static void test_patch_ips_refuses(void **state)
{
	struct document *document = open_with("0123456789", 10);

	(void)state;
	refuse(document, IPS(""), 5, "cut off");
	refuse(document, IPS("EO"), 5, "cut off");
	refuse(document, IPS("EOF\0"), 5, "cut off");
	refuse(document, IPS("EOF\0\0\0\0"), 5, "cut off");
	refuse(document, IPS("\0\0\1\0\1x"), 11, "cut off");
	refuse(document, IPS("\0\0\1\0\1x" "\0\0\2\0\4abcEOF"), 20, "cut off");
	refuse(document, IPS("\0\0\1\0\1x" "\0\0\2\0\11abcEOF"), 11, "cut off");
	refuse(document, IPS("\0\0\1\0\0\0"), 5, "cut off");
	refuse(document, IPS("\0\0\1\0\0\0\0x" "EOF"), 5, "no bytes");
	document_close(document);
}

/* Sparse: only what is edited takes room. */
static struct document *open_sparse(uint64_t size)
{
	put_file("x", 1);
	assert_int_equal(truncate(path, (off_t)size), 0);
	return open_document();
}

static struct document *sparse;

static void ips_refuses(const char *words)
{
	struct error error = ERROR_NONE;
	struct bytes none = { NULL, 0, 0 };

	assert_false(patch_write(sparse, PATCH_IPS, sink, &none, &error));
	if (!strstr(error.message, words))
		fail_msg("\"%s\" is not \"%s\"", error.message, words);
	assert_null(none.bytes);
	document_close(sparse);
}

static void test_patch_ips_reaches(void **state)
{
	const uint64_t reach = 1 << 24;
	struct range touched;

	(void)state;
	sparse = open_sparse(reach + 100);
	document_overwrite(sparse, reach - 1, "ab", 2, NULL);
	ips_refuses("the change at 0xffffff goes to 0x1000001");

	sparse = open_sparse(reach);
	document_insert(sparse, 5, "a", 1, NULL);
	ips_refuses("behind the change at 0x5 would be overwritten, up to "
		    "0x1000001");

	sparse = open_sparse(reach + 100);
	document_delete(sparse, range_of(reach + 1, 99), NULL);
	ips_refuses("cut to 0x1000001");

	/* What is back in step behind is not written. */
	sparse = open_sparse(reach + 100);
	document_insert(sparse, 100, "abc", 3, NULL);
	document_delete(sparse, range_of(200, 3), NULL);
	document_overwrite(sparse, reach - 1, "z", 1, NULL);

	struct bytes patch = exported(sparse, PATCH_IPS);

	assert_true(patch.size < 300);
	assert_true(document_undo(sparse, &touched, NULL));
	bytes_free(&patch);
	document_close(sparse);
}

static void test_patch_ips_around_the_end(void **state)
{
	const uint64_t end = 0x454f46;
	unsigned char bytes[200000];

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(i * 7 + i / 300 + 1);
	for (unsigned before = 0; before < 4; before++) {
		struct bytes old = { NULL, 0, 0 };
		uint64_t start = before == 3 ? end - 2 * (PATCH_BLOCK - 1)
					     : end - before;

		sparse = open_sparse(end + sizeof bytes);
		old = content(sparse);
		document_overwrite(sparse, start, bytes, before == 3
				   ? 3 * PATCH_BLOCK : before + 2, NULL);
		check_format(sparse, PATCH_IPS, &old);
		document_close(sparse);

		/* A run that begins there. */
		sparse = open_sparse(end + sizeof bytes);
		document_fill(sparse, range_of(end, 100), "r", 1, NULL);
		check_format(sparse, PATCH_IPS, &old);
		document_close(sparse);
		bytes_free(&old);
	}
}

/* --- BPS --- */

static void add_number(struct bytes *bytes, uint64_t number)
{
	for (;;) {
		unsigned char byte = number & 0x7f;

		number >>= 7;
		if (!number)
			byte |= 0x80;
		bytes_add(bytes, &byte, 1);
		if (byte & 0x80)
			return;
		number--;
	}
}

static void add_crc(struct bytes *bytes, uint32_t crc)
{
	for (int i = 0; i < 4; i++)
		bytes_add(bytes, &(unsigned char){
			(unsigned char)(crc >> 8 * i) }, 1);
}

/* A patch of these ACTIONS for OLD, which makes NEW. */
static struct bytes make_bps(const char *old, const char *new,
			     uint64_t new_size, const void *actions,
			     size_t size)
{
	struct bytes patch = { NULL, 0, 0 };

	bytes_add(&patch, "BPS1", 4);
	add_number(&patch, strlen(old));
	add_number(&patch, new_size);
	add_number(&patch, 3);
	bytes_add(&patch, "<x>", 3);
	bytes_add(&patch, actions, size);
	add_crc(&patch, crc32((const unsigned char *)old, strlen(old)));
	add_crc(&patch, crc32((const unsigned char *)new, strlen(new)));
	add_crc(&patch, crc32(patch.bytes, patch.size));
	return patch;
}

/* Actions, as bytes: lengths up to 32 only. */
#define SOURCE_READ(n) (0x80 | ((n) - 1) << 2)
#define TARGET_READ(n) (0x81 | ((n) - 1) << 2)
#define SOURCE_COPY(n) (0x82 | ((n) - 1) << 2)
#define TARGET_COPY(n) (0x83 | ((n) - 1) << 2)
#define FORWARD(n) (0x80 | (n) << 1)
#define BACK(n) (0x81 | (n) << 1)

#define ACTIONS(...) (unsigned char[]){ __VA_ARGS__ }, \
	sizeof((unsigned char[]){ __VA_ARGS__ })

static void check_bps(const char *old, const char *new, const void *actions,
		      size_t size)
{
	struct bytes patch = make_bps(old, new, strlen(new), actions, size);
	struct bytes before = { NULL, 0, 0 }, after = { NULL, 0, 0 };

	bytes_add(&before, old, strlen(old));
	bytes_add(&after, new, strlen(new));
	put_file(old, strlen(old));

	struct bytes made = other_bps(&patch, &before);

	assert_same(&made, &after);
	check_apply(&patch, &before, &after);
	bytes_free(&made);
	bytes_free(&patch);
	bytes_free(&before);
	bytes_free(&after);
}

static void test_patch_bps_of_others(void **state)
{
	(void)state;
	if (missing(PATCH_BPS))
		skip();
	check_bps("0123456789", "0123456789", ACTIONS(SOURCE_READ(10)));
	check_bps("0123456789", "", (const unsigned char *)"", 0);
	check_bps("", "ab", ACTIONS(TARGET_READ(2), 'a', 'b'));
	check_bps("0123456789", "01ab456789",
		  ACTIONS(SOURCE_READ(2), TARGET_READ(2), 'a', 'b',
			  SOURCE_READ(6)));
	/* Inserted, deleted, and what is behind it shifted. */
	check_bps("0123456789", "0123a456789",
		  ACTIONS(SOURCE_READ(4), TARGET_READ(1), 'a',
			  SOURCE_COPY(6), FORWARD(4)));
	check_bps("0123456789", "0189",
		  ACTIONS(SOURCE_READ(2), SOURCE_COPY(2), FORWARD(8)));
	/* Overlapping neighbours: one of them in full, the other in part. */
	check_bps("0123456789", "0123453456789",
		  ACTIONS(SOURCE_READ(6), SOURCE_COPY(7), FORWARD(3)));
	/* Moved to the front, repeated, and back again. */
	check_bps("0123456789", "8901234567",
		  ACTIONS(SOURCE_COPY(2), FORWARD(8), SOURCE_COPY(8),
			  BACK(10)));
	check_bps("0123456789", "789789789456012",
		  ACTIONS(SOURCE_COPY(3), FORWARD(7), TARGET_COPY(6),
			  FORWARD(0), SOURCE_COPY(3), BACK(6),
			  SOURCE_COPY(3), BACK(7)));
	/* The target copied: over seams, a run, its own end. */
	check_bps("0123456789", "01a12a1bbbbbb1b",
		  ACTIONS(SOURCE_READ(2), TARGET_READ(1), 'a',
			  SOURCE_COPY(2), FORWARD(1), TARGET_COPY(1),
			  FORWARD(2), TARGET_COPY(1), BACK(2), TARGET_READ(1),
			  'b', TARGET_COPY(5), FORWARD(5), TARGET_COPY(2),
			  BACK(6)));
}

/* What stays where it is costs nothing: a patch that shifts a large file. */
static void test_patch_bps_keeps(void **state)
{
	const uint64_t size = 8 * (uint64_t)PATCH_EXPANDED_MAXIMUM >> 10;
	struct document *document = open_sparse(size);
	struct change change;

	(void)state;
	if (missing(PATCH_BPS)) {
		document_close(document);
		skip();
	}
	document_overwrite(document, size - 2, "yz", 2, NULL);
	document_insert(document, 100, "abc", 3, NULL);
	document_delete(document, range_of(size / 2, 1000), NULL);

	struct bytes patch = exported(document, PATCH_BPS);
	struct patch_report report;

	document_close(document);
	assert_true(patch.size < 80);
	document = open_document();
	assert_true(patch_apply(document, "p", patch.bytes, patch.size,
				&report, NULL));
	assert_int_equal(document_change_count(document), 3);
	assert_true(document_change(document, 0, &change));
	assert_int_equal(change.kind, CHANGE_INSERT);
	assert_true(document_change(document, 1, &change));
	assert_int_equal(change.kind, CHANGE_DELETE);
	assert_int_equal(change.file.start, size / 2 - 3);
	assert_true(document_change(document, 2, &change));
	assert_int_equal(change.kind, CHANGE_OVERWRITE);
	document_close(document);
	bytes_free(&patch);
}

static void refuse_bps(const char *new, uint64_t new_size,
		       const void *actions, size_t size, uint64_t at,
		       const char *words)
{
	struct bytes patch = make_bps("0123456789", new, new_size, actions,
				      size);
	struct document *document = open_with("0123456789", 10);

	refuse(document, patch.bytes, patch.size, at, words);
	document_close(document);
	bytes_free(&patch);
}

static void test_patch_bps_refuses(void **state)
{
	static const unsigned char larger[] = { 0x7f, 0x7f, 0x7f, 0x7f, 0x7f,
						0x7f, 0x7f, 0x7f, 0x7f, 0x7f,
						0x80 };
	struct bytes large = { NULL, 0, 0 };

	(void)state;
	if (missing(PATCH_BPS))
		skip();
	/* Actions begin at 0xa. */
	refuse_bps("", 1, ACTIONS(SOURCE_READ(2)), 10, "end of the target");
	refuse_bps("", 20, ACTIONS(SOURCE_READ(11)), 10, "end of the source");
	refuse_bps("", 40, ACTIONS(TARGET_READ(12), SOURCE_READ(1)), 10,
		   "end of the patch");
	refuse_bps("", 40, ACTIONS(TARGET_READ(1), 'a', SOURCE_READ(10)), 12,
		   "end of the source");
	refuse_bps("", 40, ACTIONS(SOURCE_COPY(2), FORWARD(9)), 10,
		   "end of the source");
	refuse_bps("", 40, ACTIONS(SOURCE_COPY(2), FORWARD(11)), 11,
		   "outside of the source");
	refuse_bps("", 40, ACTIONS(SOURCE_COPY(2), BACK(1)), 11,
		   "outside of the source");
	refuse_bps("", 40, ACTIONS(TARGET_COPY(2), FORWARD(0)), 10,
		   "end of the target so far");
	refuse_bps("", 40, ACTIONS(SOURCE_READ(2), TARGET_COPY(2), FORWARD(3)),
		   12, "outside of the target");
	refuse_bps("", 40, ACTIONS(SOURCE_READ(2), TARGET_COPY(2), BACK(1)),
		   12, "outside of the target");
	refuse_bps("", 40, ACTIONS(SOURCE_READ(2), TARGET_COPY(2)), 12,
		   "cut off");
	refuse_bps("", 40, ACTIONS(SOURCE_READ(2), 0x10, 0x20), 11, "cut off");
	refuse_bps("", 40, ACTIONS(SOURCE_READ(2)), 11,
		   "makes 0x2 bytes, not 0x28");
	add_number(&large, UINT64_MAX);
	refuse_bps("", 1, large.bytes, large.size, 10, "end of the target");
	large.bytes[large.size - 1]++;
	refuse_bps("", 1, large.bytes, large.size, 10, "too large");
	bytes_free(&large);
	refuse_bps("", 1, larger, sizeof larger, 10, "too large");
	refuse_bps("01", 3, ACTIONS(SOURCE_READ(3)), 15,
		   "the result would have the checksum");
	refuse_bps("", UINT64_MAX, ACTIONS(SOURCE_READ(3)), 5, "too long");
}

static void test_patch_bps_bombs(void **state)
{
	struct bytes actions = { NULL, 0, 0 };
	const uint64_t huge = (uint64_t)1 << 50;

	(void)state;
	if (missing(PATCH_BPS))
		skip();
	/* A run of a PiB; the metadata's length moves the actions. */
	add_number(&actions, 3u);
	actions.bytes[0] = TARGET_READ(1);
	bytes_add(&actions, "x", 1);
	add_number(&actions, (huge - 2) << 2 | 3);
	add_number(&actions, 0);

	struct bytes patch = make_bps("0123456789", "", huge, actions.bytes,
				      actions.size);
	struct document *document = open_with("0123456789", 10);
	uint64_t start = patch.size - 12 - actions.size;

	refuse(document, patch.bytes, patch.size, start + 2, "of memory");
	bytes_free(&patch);

	/* The source again and again. */
	actions.size = 0;
	for (int i = 0; i < PATCH_EXPANDED_MAXIMUM / 20 && i < 100000; i++)
		bytes_add(&actions, (unsigned char[]){
			SOURCE_COPY(10), i ? BACK(10) : FORWARD(0) }, 2);
	patch = make_bps("0123456789", "", actions.size * 5, actions.bytes,
			 actions.size);
	if (PATCH_EXPANDED_MAXIMUM < 1 << 20)
		refuse(document, patch.bytes, patch.size, ANYWHERE,
		       "of memory");
	bytes_free(&patch);
	bytes_free(&actions);
	document_close(document);
}

static void test_patch_bps_checks(void **state)
{
	struct bytes patch = make_bps("0123456789", "0123", 4,
				      ACTIONS(SOURCE_READ(4)));
	struct document *document = open_with("0123456789", 10);

	(void)state;
	if (missing(PATCH_BPS)) {
		document_close(document);
		bytes_free(&patch);
		skip();
	}
	for (size_t size = 4; size < patch.size; size++)
		refuse(document, patch.bytes, size,
		       size < 16 ? size : size - 4,
		       size < 16 ? "cut off" : "damaged");
	for (size_t i = 4; i < patch.size; i++) {
		patch.bytes[i] ^= 4;
		refuse(document, patch.bytes, patch.size, patch.size - 4,
		       "damaged");
		patch.bytes[i] ^= 4;
	}
	document_close(document);
	document = open_with("01234567890", 11);
	refuse(document, patch.bytes, patch.size, 4, "a file of 10 bytes");
	document_close(document);
	document = open_with("0123456799", 10);
	refuse(document, patch.bytes, patch.size, patch.size - 12,
	       "is another file");
	document_close(document);
	bytes_free(&patch);
}

/* --- the file --- */

static ssize_t fail_read(int fd, void *buffer, size_t size, off_t offset)
{
	(void)fd, (void)buffer, (void)size, (void)offset;
	errno = EIO;
	return -1;
}

static bool full_sink(void *context, const void *bytes, size_t length,
		      struct error *error)
{
	(void)context, (void)bytes, (void)length;
	return error_set(error, "full");
}

static void write_fails(struct document *document, patch_sink *put,
			const char *words)
{
	for (int format = 0; format < FORMATS; format++) {
		struct bytes patch = { NULL, 0, 0 };
		struct error error = ERROR_NONE;

		/* IPS reads nothing of the file. */
		bool fine = missing((enum patch_format)format)
			|| patch_write(document, (enum patch_format)format,
				       put, &patch, &error);

		bytes_free(&patch);
		if (!fine && !strstr(error.message, words))
			fail_msg("\"%s\" is not \"%s\"", error.message,
				 words);
	}
}

static void test_patch_write_fails(void **state)
{
	struct document *document = open_with("0123456789", 10);
	struct io real = io;
	struct bytes patch = { NULL, 0, 0 };
	struct error error = ERROR_NONE;

	(void)state;
	document_overwrite(document, 5, "x", 1, NULL);
	io.pread = fail_read;
	write_fails(document, sink, "can't read at 0x");
	assert_false(patch_write(document, PATCH_TEXT, sink, &patch, &error));
	io = real;
	write_fails(document, full_sink, "full");
	assert_false(patch_write(document, PATCH_TEXT, full_sink, NULL,
				 &error));
	put_file("0123456", 7);
	write_fails(document, sink, "shrunk");
	assert_false(patch_write(document, PATCH_TEXT, sink, &patch, &error));
	assert_non_null(strstr(error.message, path));
	document_close(document);
	bytes_free(&patch);
}

static void test_patch_apply_needs_all_bytes(void **state)
{
	static const char text[] = HEAD "@ 0x2 -1 +1\n- 32\n+ 78\n"
				   "@ 8 -1 +0\n- 00\nend 9\n";
	struct document *document = open_with("0123456789", 10);
	struct patch_report report;
	struct error error = ERROR_NONE;

	(void)state;
	assert_int_equal(truncate(path, 5), 0);
	assert_false(patch_apply(document, "p", (const unsigned char *)text,
				 sizeof text - 1, &report, &error));
	assert_non_null(strstr(error.message, "the bytes at 0x8 are lost"));
	assert_false(document_modified(document));
	document_close(document);
}

static void test_patch_apply_to_edited(void **state)
{
	static const char text[] = HEAD "@ 3 -1 +2\n- 78\n+ 79 79\nend 11\n";
	struct document *document = open_with("0123456789", 10);
	struct patch_report report;
	struct range touched;

	(void)state;
	document_overwrite(document, 3, "x", 1, NULL);
	assert_true(patch_apply(document, "p", (const unsigned char *)text,
				sizeof text - 1, &report, NULL));
	assert_int_equal(report.touched.start, 3);
	assert_int_equal(report.touched.end, 4);
	assert_int_equal(report.length, 2);

	struct bytes now = content(document);

	assert_memory_equal(now.bytes, "012yy456789", 11);
	bytes_free(&now);
	assert_true(document_undo(document, &touched, NULL));
	assert_int_equal(document_undo_steps(document), 1);
	document_set_read_only(document, "so");
	assert_false(patch_apply(document, "p", (const unsigned char *)text,
				 sizeof text - 1, &report, NULL));
	document_close(document);
}

static void test_patch_formats(void **state)
{
	(void)state;
	assert_int_equal(patch_format_of("a.ips"), PATCH_IPS);
	assert_int_equal(patch_format_of("/x.y/a.bps"), PATCH_BPS);
	assert_int_equal(patch_format_of("a.patch"), PATCH_TEXT);
	assert_int_equal(patch_format_of(".ips"), PATCH_TEXT);
	assert_int_equal(patch_format_of("ips"), PATCH_TEXT);
	assert_int_equal(patch_format_of(""), PATCH_TEXT);
	assert_string_equal(patch_format_name(PATCH_TEXT), "text");
	assert_null(patch_format_missing(PATCH_TEXT));
	assert_null(patch_format_missing(PATCH_IPS));
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/file", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patch_random),
		cmocka_unit_test(test_patch_of_a_document),
		cmocka_unit_test(test_patch_of_a_new_file),
		cmocka_unit_test(test_patch_text_looks_so),
		cmocka_unit_test(test_patch_text_omits),
		cmocka_unit_test(test_patch_text_name),
		cmocka_unit_test(test_patch_text_is_lenient),
		cmocka_unit_test(test_patch_refuses_strangers),
		cmocka_unit_test(test_patch_text_refuses),
		cmocka_unit_test(test_patch_says_what_is_unchecked),
		cmocka_unit_test(test_patch_ips_of_others),
		cmocka_unit_test(test_patch_ips_gap),
		cmocka_unit_test(test_patch_ips_refuses),
		cmocka_unit_test(test_patch_ips_reaches),
		cmocka_unit_test(test_patch_ips_around_the_end),
		cmocka_unit_test(test_patch_bps_of_others),
		cmocka_unit_test(test_patch_bps_keeps),
		cmocka_unit_test(test_patch_bps_refuses),
		cmocka_unit_test(test_patch_bps_bombs),
		cmocka_unit_test(test_patch_bps_checks),
		cmocka_unit_test(test_patch_write_fails),
		cmocka_unit_test(test_patch_apply_needs_all_bytes),
		cmocka_unit_test(test_patch_apply_to_edited),
		cmocka_unit_test(test_patch_formats),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
