/* journal: what was committed reads back; nothing less does. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "crc32c.h"
#include "io.h"
#include "journal.h"

static int temporary(void)
{
	char name[] = "/tmp/octavo-journal-XXXXXX";
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	unlink(name);
	return fd;
}

static struct journal_header header_with(uint64_t extents)
{
	struct journal_header header = {
		.kind = JOURNAL_EXTENTS,
		.old_size = 1 << 20,
		.new_size = 1 << 20,
		.identity = { .device = 7, .inode = 99, .size = 1 << 20,
			      .modified = { -5, 17 },
			      .changed = { 1700000000, 999999999 } },
		.extents = extents,
		.name = "a file",
	};

	return header;
}

static const char old_text[] = "old bytes, and a few more than a tiny block";
static const char new_text[] = "NEW BYTES, and a few more than a TINY BLOCK";

static bool put(struct journal_writer *writer, uint64_t offset,
		size_t old_length, size_t new_length)
{
	struct journal_extent extent = {
		.offset = offset,
		.old_length = (uint32_t)old_length,
		.new_length = (uint32_t)new_length,
		.old_bytes = (const unsigned char *)old_text,
		.new_bytes = (const unsigned char *)new_text,
	};

	return journal_put(writer, &extent, NULL);
}

static void write_example(int fd, uint64_t extents)
{
	struct journal_header header = header_with(extents);
	struct journal_writer *writer = journal_begin(fd, &header, NULL);

	assert_non_null(writer);
	for (uint64_t i = 0; i < extents; i++)
		assert_true(put(writer, i * 1000, sizeof old_text,
				sizeof new_text));
	assert_true(journal_commit(writer, NULL));
	journal_end(writer);
}

static bool count_extent(void *context, const struct journal_extent *extent,
			 struct error *error)
{
	uint64_t *count = context;

	(void)error;
	assert_int_equal(extent->offset, *count * 1000);
	assert_int_equal(extent->old_length, sizeof old_text);
	assert_int_equal(extent->new_length, sizeof new_text);
	assert_memory_equal(extent->old_bytes, old_text, sizeof old_text);
	assert_memory_equal(extent->new_bytes, new_text, sizeof new_text);
	++*count;
	return true;
}

static enum journal_state look(int fd)
{
	struct journal_header header;

	return journal_look(fd, &header, NULL);
}

static bool is_valid(int fd)
{
	struct journal_header header;

	return journal_read(fd, &header, NULL, NULL, NULL);
}

static void test_crc32c_known_values(void **state)
{
	unsigned char ones[32];

	(void)state;
	/* RFC 3720, appendix B.4, and the usual check value. */
	memset(ones, 0xff, sizeof ones);
	assert_int_equal(crc32c(0, ones, sizeof ones), 0x62a8ab43);
	assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
	assert_int_equal(crc32c(crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
	assert_int_equal(crc32c(0, "", 0), 0);
	memset(ones, 0, sizeof ones);
	for (size_t size = 0; size <= sizeof ones; size++)
		assert_int_equal(crc32c_zeros(crc32c(0, "ab", 2), size),
				 crc32c(crc32c(0, "ab", 2), ones, size));
}

/* Each part is whole, and the whole is not: an extent of another journal. */
static void test_journal_mixed(void **state)
{
	struct journal_header header = header_with(1);
	unsigned char record[20 + sizeof old_text + sizeof new_text];
	int one = temporary();
	int other = temporary();

	(void)state;
	write_example(one, 1);
	struct journal_writer *writer = journal_begin(other, &header, NULL);
	assert_non_null(writer);
	assert_true(put(writer, 1, sizeof old_text, sizeof new_text));
	assert_true(journal_commit(writer, NULL));
	journal_end(writer);
	off_t at = lseek(one, 0, SEEK_END) - 32 - (off_t)sizeof record;
	assert_int_equal(pread(other, record, sizeof record, at),
			 sizeof record);
	assert_true(is_valid(one));
	assert_int_equal(pwrite(one, record, sizeof record, at),
			 sizeof record);
	assert_false(is_valid(one));
	assert_int_equal(look(one), JOURNAL_DAMAGED);
	close(one);
	close(other);
}

static void test_journal_reads_back(void **state)
{
	int fd = temporary();
	uint64_t count = 0;
	struct journal_header header;
	struct journal_header expected = header_with(50);

	(void)state;
	write_example(fd, 50);
	assert_true(journal_read(fd, &header, count_extent, &count, NULL));
	assert_int_equal(count, 50);
	assert_string_equal(header.name, expected.name);
	assert_int_equal(header.extents, 50);
	assert_int_equal(header.old_size, expected.old_size);
	assert_int_equal(header.new_size, expected.new_size);
	assert_true(file_identity_equal(&header.identity, &expected.identity));
	close(fd);
}

/* The bytes as the format says them, put together by hand. */
static void test_journal_format(void **state)
{
	int fd = temporary();
	unsigned char bytes[512];

	(void)state;
	write_example(fd, 1);
	ssize_t size = pread(fd, bytes, sizeof bytes, 0);
	size_t header = 94 + 6 + 2 + 4;
	size_t extent = 20 + 2 * sizeof old_text;
	assert_int_equal(size, header + extent + 32);
	assert_memory_equal(bytes, "OVJRNL01\2\0\0\0\1\0\0\0\0\0\x10\0\0\0\0\0",
			    24);
	assert_memory_equal(bytes + 32, "\x63\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0",
			    16);
	assert_memory_equal(bytes + 48, "\xfb\xff\xff\xff\xff\xff\xff\xff\x11",
			    9);
	assert_memory_equal(bytes + 92, "\6\0a file\0\0", 10);
	uint32_t crc = crc32c(0, bytes, 102);
	for (int i = 0; i < 4; i++)
		assert_int_equal(bytes[102 + i], crc >> 8 * i & 255);
	assert_memory_equal(bytes + header, "\0\0\0\0\0\0\0\0"
			    "\x2c\0\0\0\x2c\0\0\0", 16);
	assert_memory_equal(bytes + header + 20, old_text, sizeof old_text);
	assert_memory_equal(bytes + header + extent, "OVCOMMIT", 8);
	assert_memory_equal(bytes + header + extent + 8, bytes + 72, 8);
	assert_int_equal(bytes[header + extent + 16], size & 255);
	assert_int_equal(bytes[header + extent + 17], size >> 8);
	close(fd);
}

static void test_journal_cut_anywhere(void **state)
{
	int fd = temporary();

	(void)state;
	write_example(fd, 3);
	for (off_t size = lseek(fd, 0, SEEK_END); size-- > 0; ) {
		assert_int_equal(ftruncate(fd, size), 0);
		assert_false(is_valid(fd));
	}
	close(fd);
}

static void test_journal_any_byte_wrong(void **state)
{
	int fd = temporary();

	(void)state;
	write_example(fd, 3);
	off_t size = lseek(fd, 0, SEEK_END);
	for (off_t at = 0; at < size; at++) {
		unsigned char byte;
		unsigned char wrong;

		assert_int_equal(pread(fd, &byte, 1, at), 1);
		wrong = byte ^ (unsigned char)(1 << at % 8);
		assert_int_equal(pwrite(fd, &wrong, 1, at), 1);
		assert_false(is_valid(fd));
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	assert_true(is_valid(fd));
	assert_int_equal(pwrite(fd, "", 1, size), 1);
	assert_false(is_valid(fd));
	close(fd);
}

/* A stranger can give a right checksum to anything. */
static void forge_header(int fd, size_t at, uint64_t value, int bytes)
{
	unsigned char header[102];

	assert_int_equal(pread(fd, header, sizeof header, 0), sizeof header);
	for (int i = 0; i < bytes; i++)
		header[at + (size_t)i] = (unsigned char)(value >> 8 * i);
	uint32_t crc = crc32c(0, header, sizeof header);
	assert_int_equal(pwrite(fd, header, sizeof header, 0), sizeof header);
	assert_int_equal(pwrite(fd, &crc, 4, sizeof header), 4);
}

static void test_journal_hostile(void **state)
{
	static const struct { size_t at; uint64_t value; int bytes; } cases[] = {
		{ 8, 0, 4 },			/* version */
		{ 8, 3, 4 },
		{ 12, 0, 4 },			/* kind */
		{ 12, 2, 4 },
		{ 12, 4, 4 },
		{ 24, 1, 8 },			/* extents past the end */
		{ 24, 1 << 21, 8 },		/* the end is in none */
		{ 80, UINT64_MAX, 8 },		/* number of extents */
		{ 92, 65535, 2 },		/* length of the name */
		{ 92, 0, 2 },
		{ 94, '/', 1 },			/* the name leads elsewhere */
		{ 95, 0, 1 },			/* the name ends early */
		{ 100, 65535, 2 },		/* length of the path */
		{ 100, 1, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int fd = temporary();

		write_example(fd, 2);
		forge_header(fd, cases[i].at, cases[i].value, cases[i].bytes);
		assert_false(is_valid(fd));
		close(fd);
	}
}

/* The kind says it, and nothing else differs. */
static void test_journal_of_a_backup(void **state)
{
	struct journal_header header;
	int fd = temporary();

	(void)state;
	write_example(fd, 2);
	assert_true(journal_peek(fd, &header, NULL));
	assert_false(header.backup);
	forge_header(fd, 12, 3, 4);
	assert_true(journal_peek(fd, &header, NULL));
	assert_true(header.backup);
	assert_int_equal(header.kind, JOURNAL_EXTENTS);
	header.extents = 0;
	assert_int_equal(ftruncate(fd, 0), 0);
	struct journal_writer *writer = journal_begin(fd, &header, NULL);
	assert_non_null(writer);
	assert_true(journal_commit(writer, NULL));
	journal_end(writer);
	assert_true(journal_peek(fd, &header, NULL));
	assert_true(header.backup);
	/* The first version had no such thing. */
	forge_header(fd, 8, 1, 4);
	assert_false(journal_peek(fd, &header, NULL));
	close(fd);
}

enum {
	EXAMPLE_HEADER = 106,
	EXAMPLE_EXTENT = 20 + sizeof old_text + sizeof new_text,
	EXAMPLE_EXTENTS = 2,
	EXAMPLE_TRAILER = EXAMPLE_HEADER + EXAMPLE_EXTENTS * EXAMPLE_EXTENT,
	EXAMPLE = EXAMPLE_TRAILER + 32,
};

static void put_crc(unsigned char *at, uint32_t crc)
{
	for (int i = 0; i < 4; i++)
		at[i] = (unsigned char)(crc >> 8 * i);
}

/* Every checksum of the example, right again. */
static void put_checksums(unsigned char *bytes)
{
	unsigned char *trailer = bytes + EXAMPLE_TRAILER;

	put_crc(bytes + EXAMPLE_HEADER - 4,
		crc32c(0, bytes, EXAMPLE_HEADER - 4));
	for (int i = 0; i < EXAMPLE_EXTENTS; i++) {
		unsigned char *at = bytes + EXAMPLE_HEADER
			+ i * EXAMPLE_EXTENT;
		uint32_t crc = crc32c(0, at, 16);

		put_crc(at + 16, crc32c(crc, at + 20, EXAMPLE_EXTENT - 20));
	}
	put_crc(trailer + 24, crc32c(0, bytes, EXAMPLE_TRAILER));
	put_crc(trailer + 28, crc32c(0, trailer, 28));
}

/* May the byte at AT be any other? */
static bool is_free(size_t at)
{
	if (at >= EXAMPLE_TRAILER)
		return at >= EXAMPLE_TRAILER + 24;
	if (at >= EXAMPLE_HEADER) {
		size_t in_extent = (at - EXAMPLE_HEADER) % EXAMPLE_EXTENT;

		return in_extent < 8 || in_extent >= 16;
	}
	return (at >= 32 && at < 72)		/* which file it was */
		|| (at >= 88 && at < 92)	/* checksum of a content */
		|| (at >= 94 && at < 100)	/* letters of its name */
		|| at >= EXAMPLE_HEADER - 4;
}

/* Also the number that the trailer has in common with the header. */
static void test_journal_forged(void **state)
{
	static const unsigned char values[] = { 0, 1, 4, '/', 0x7f, 0xff };
	unsigned char whole[EXAMPLE];
	int fd = temporary();

	(void)state;
	write_example(fd, EXAMPLE_EXTENTS);
	assert_int_equal(pread(fd, whole, EXAMPLE, 0), EXAMPLE);
	assert_int_equal(lseek(fd, 0, SEEK_END), EXAMPLE);
	for (size_t at = 0; at < EXAMPLE; at++) {
		for (size_t i = 0; i < sizeof values; i++) {
			unsigned char bytes[EXAMPLE];

			memcpy(bytes, whole, EXAMPLE);
			bytes[at] = values[i];
			put_checksums(bytes);
			assert_int_equal(pwrite(fd, bytes, EXAMPLE, 0),
					 EXAMPLE);
			if (is_valid(fd) && !is_free(at)
			    && bytes[at] != whole[at])
				fail_msg("byte %zu may be %d", at, values[i]);
		}
	}
	put_checksums(whole);
	assert_int_equal(pwrite(fd, whole, EXAMPLE, 0), EXAMPLE);
	assert_true(is_valid(fd));
	close(fd);
}

/* --- other lengths --- */

struct sizes {
	uint64_t old_size;
	uint64_t new_size;
};

struct piece {
	uint64_t offset;
	size_t old_length;
	size_t new_length;
};

static bool lengths_are_valid(struct sizes sizes, const struct piece *pieces,
			      size_t count)
{
	struct journal_header header = header_with(count);
	int fd = temporary();

	header.old_size = sizes.old_size;
	header.new_size = sizes.new_size;
	struct journal_writer *writer = journal_begin(fd, &header, NULL);
	assert_non_null(writer);
	for (size_t i = 0; i < count; i++)
		assert_true(put(writer, pieces[i].offset, pieces[i].old_length,
				pieces[i].new_length));
	assert_true(journal_commit(writer, NULL));
	journal_end(writer);
	bool valid = is_valid(fd);
	close(fd);
	return valid;
}

static void test_journal_other_lengths(void **state)
{
	static const struct {
		struct sizes sizes;
		size_t count;
		struct piece pieces[3];
		bool valid;
	} cases[] = {
		{ { 100, 90 }, 1, { { 80, 20, 10 } }, true },
		{ { 90, 100 }, 1, { { 80, 10, 20 } }, true },
		{ { 90, 100 }, 1, { { 90, 0, 10 } }, true },
		{ { 100, 90 }, 1, { { 90, 10, 0 } }, true },
		{ { 0, 10 }, 1, { { 0, 0, 10 } }, true },
		{ { 100, 90 }, 3, { { 5, 5, 5 }, { 70, 25, 20 }, { 95, 5, 0 } },
		  true },
		/* Something behind the shorter one is left out. */
		{ { 100, 90 }, 0, { { 0, 0, 0 } }, false },
		{ { 100, 90 }, 1, { { 80, 15, 10 } }, false },
		{ { 90, 100 }, 1, { { 80, 10, 15 } }, false },
		{ { 100, 90 }, 1, { { 91, 9, 0 } }, false },
		{ { 100, 90 }, 2, { { 80, 15, 10 }, { 96, 4, 0 } }, false },
		/* Lengths that the sizes don't give. */
		{ { 100, 90 }, 1, { { 80, 20, 9 } }, false },
		{ { 100, 90 }, 2, { { 10, 5, 6 }, { 80, 20, 10 } }, false },
		{ { 100, 90 }, 1, { { 80, 21, 10 } }, false },
		{ { 100, 100 }, 1, { { 90, 10, 11 } }, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(lengths_are_valid(cases[i].sizes,
						   cases[i].pieces,
						   cases[i].count),
				 cases[i].valid);
}

/* --- content, and paths --- */

static void test_journal_of_content(void **state)
{
	int fd = temporary();
	struct journal_header header = header_with(0);
	struct journal_header found;

	(void)state;
	header.kind = JOURNAL_CONTENT;
	header.new_size = 123;
	header.content_crc = 0x89abcdef;
	strcpy(header.path, "/a folder/a file");
	struct journal_writer *writer = journal_begin(fd, &header, NULL);
	assert_non_null(writer);
	assert_true(journal_commit(writer, NULL));
	journal_end(writer);
	assert_true(journal_read(fd, &found, count_extent, NULL, NULL));
	assert_int_equal(found.kind, JOURNAL_CONTENT);
	assert_int_equal(found.new_size, 123);
	assert_int_equal(found.content_crc, 0x89abcdef);
	assert_string_equal(found.path, "/a folder/a file");
	close(fd);
}

static void test_journal_path_of_another(void **state)
{
	static const char *const paths[] = {
		"/a folder/another", "a file", "/not a file", "folder/a file",
		"/a folder/b file", "/a",
	};

	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		int fd = temporary();
		struct journal_header header = header_with(0);

		strcpy(header.path, paths[i]);
		struct journal_writer *writer = journal_begin(fd, &header,
							      NULL);
		assert_non_null(writer);
		assert_true(journal_commit(writer, NULL));
		journal_end(writer);
		assert_false(is_valid(fd));
		close(fd);
	}
}

/* As an earlier version wrote it: a nonce of 1 to 8, and up to one extent of
 * three bytes on each side. */
static size_t put_first(unsigned char *bytes, unsigned char version,
			unsigned char kind, unsigned char extents)
{
	static const unsigned char header[] =
		"OVJRNL01\1\0\0\0\1\0\0\0"
		"\x40\0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0"
		"\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0"
		"\0\0\0\0\0\0\0\0\0\0\0\0" "\0\0\0\0\0\0\0\0\0\0\0\0"
		"\1\2\3\4\5\6\7\x8" "\1\0\0\0\0\0\0\0" "\0\0\0\0" "\1\0n";
	unsigned char *at = bytes + sizeof header - 1;

	memcpy(bytes, header, sizeof header - 1);
	bytes[8] = version;
	bytes[12] = kind;
	bytes[80] = extents;
	put_crc(at, crc32c(0, bytes, sizeof header - 1));
	at += 4;
	if (extents) {
		memcpy(at, "\7\0\0\0\0\0\0\0\3\0\0\0", 12);
		memcpy(at + 16, "oldNEW", 6);
		put_crc(at + 12, crc32c(crc32c(0, at, 12), "oldNEW", 6));
		at += 22;
	}
	memcpy(at, "OVCOMMIT\1\2\3\4\5\6\7\x8\0\0\0\0\0\0\0\0", 24);
	at[16] = (unsigned char)(at + 32 - bytes);
	put_crc(at + 24, crc32c(0, bytes, (size_t)(at - bytes)));
	put_crc(at + 28, crc32c(0, at, 28));
	return (size_t)(at + 32 - bytes);
}

static void test_journal_first_version(void **state)
{
	static const struct {
		unsigned char version, kind, extents;
		bool valid;
	} cases[] = {
		{ 1, JOURNAL_EXTENTS, 1, true },
		{ 1, JOURNAL_EXTENTS, 0, true },
		/* It did not know this kind, and was the first. */
		{ 1, JOURNAL_CONTENT, 0, false },
		{ 0, JOURNAL_EXTENTS, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		unsigned char bytes[256];
		struct journal_header found;
		int fd = temporary();
		size_t size = put_first(bytes, cases[i].version, cases[i].kind,
					cases[i].extents);

		assert_int_equal(pwrite(fd, bytes, size, 0), size);
		assert_int_equal(journal_read(fd, &found, NULL, NULL, NULL),
				 cases[i].valid);
		assert_string_equal(found.name, cases[i].valid ? "n" : "");
		assert_int_equal(look(fd), cases[i].valid ? JOURNAL_COMPLETE
							  : JOURNAL_DAMAGED);
		close(fd);
	}
}

/* --- what one that is not complete is worth --- */

static void test_journal_states(void **state)
{
	static const unsigned char zeros[64];
	int fd = temporary();
	struct journal_header header;

	(void)state;
	assert_int_equal(look(fd), JOURNAL_INCOMPLETE);
	write_example(fd, 3);
	assert_int_equal(look(fd), JOURNAL_COMPLETE);
	assert_int_equal(pwrite(fd, zeros, sizeof zeros, 0), sizeof zeros);
	assert_int_equal(journal_look(fd, &header, NULL), JOURNAL_DAMAGED);
	assert_string_equal(header.name, "");
	write_example(fd, 3);
	assert_int_equal(pwrite(fd, "!", 1, 150), 1);
	assert_int_equal(journal_look(fd, &header, NULL), JOURNAL_DAMAGED);
	assert_string_equal(header.name, "a file");
	assert_int_equal(ftruncate(fd, lseek(fd, 0, SEEK_END) - 1), 0);
	assert_int_equal(look(fd), JOURNAL_INCOMPLETE);
	assert_int_equal(ftruncate(fd, 8), 0);
	assert_int_equal(look(fd), JOURNAL_INCOMPLETE);
	assert_int_equal(pwrite(fd, "somebody's notes", 16, 0), 16);
	assert_int_equal(look(fd), JOURNAL_OTHER);
	assert_int_equal(ftruncate(fd, 3), 0);
	assert_int_equal(look(fd), JOURNAL_OTHER);
	close(fd);
	assert_int_equal(look(fd), JOURNAL_UNREADABLE);
}

static struct io longer_real;

static int longer_fstat(int fd, struct stat *status)
{
	int result = longer_real.fstat(fd, status);

	status->st_size += 20;
	return result;
}

/* It gets shorter between asking for its length and reading its end: what has
 * been read of that, the end of another trailer, says nothing. */
static void test_journal_shrinks(void **state)
{
	int fd = temporary();

	(void)state;
	write_example(fd, 3);
	assert_int_equal(pwrite(fd, "!", 1, 150), 1);
	assert_int_equal(look(fd), JOURNAL_DAMAGED);
	longer_real = io;
	io.fstat = longer_fstat;
	assert_int_equal(look(fd), JOURNAL_INCOMPLETE);
	io = longer_real;
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crc32c_known_values),
		cmocka_unit_test(test_journal_reads_back),
		cmocka_unit_test(test_journal_mixed),
		cmocka_unit_test(test_journal_format),
		cmocka_unit_test(test_journal_cut_anywhere),
		cmocka_unit_test(test_journal_any_byte_wrong),
		cmocka_unit_test(test_journal_hostile),
		cmocka_unit_test(test_journal_of_a_backup),
		cmocka_unit_test(test_journal_forged),
		cmocka_unit_test(test_journal_other_lengths),
		cmocka_unit_test(test_journal_of_content),
		cmocka_unit_test(test_journal_path_of_another),
		cmocka_unit_test(test_journal_first_version),
		cmocka_unit_test(test_journal_states),
		cmocka_unit_test(test_journal_shrinks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
