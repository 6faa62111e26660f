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

static void write_example(int fd, uint64_t extents)
{
	struct journal_header header = header_with(extents);
	struct journal_writer *writer = journal_begin(fd, &header, NULL);

	assert_non_null(writer);
	for (uint64_t i = 0; i < extents; i++)
		assert_true(journal_extent(writer, i * 1000, sizeof old_text,
					   (const unsigned char *)old_text,
					   (const unsigned char *)new_text,
					   NULL));
	assert_true(journal_commit(writer, NULL));
	journal_end(writer);
}

static bool count_extent(void *context, uint64_t offset, uint32_t length,
			 const unsigned char *old_bytes,
			 const unsigned char *new_bytes, struct error *error)
{
	uint64_t *count = context;

	(void)error;
	assert_int_equal(offset, *count * 1000);
	assert_int_equal(length, sizeof old_text);
	assert_memory_equal(old_bytes, old_text, length);
	assert_memory_equal(new_bytes, new_text, length);
	++*count;
	return true;
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
	size_t header = 94 + 6 + 4;
	size_t extent = 16 + 2 * sizeof old_text;
	assert_int_equal(size, header + extent + 32);
	assert_memory_equal(bytes, "OVJRNL01\1\0\0\0\1\0\0\0\0\0\x10\0\0\0\0\0",
			    24);
	assert_memory_equal(bytes + 32, "\x63\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0",
			    16);
	assert_memory_equal(bytes + 48, "\xfb\xff\xff\xff\xff\xff\xff\xff\x11",
			    9);
	assert_memory_equal(bytes + 92, "\6\0a file", 8);
	uint32_t crc = crc32c(0, bytes, 100);
	for (int i = 0; i < 4; i++)
		assert_int_equal(bytes[100 + i], crc >> 8 * i & 255);
	assert_memory_equal(bytes + header + 16, old_text, sizeof old_text);
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
	unsigned char header[100];

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
		{ 8, 2, 4 },			/* version */
		{ 12, 2, 4 },			/* kind */
		{ 24, 1, 8 },			/* extents past the end */
		{ 80, UINT64_MAX, 8 },		/* number of extents */
		{ 92, 65535, 2 },		/* length of the name */
		{ 92, 0, 2 },
		{ 94, '/', 1 },			/* the name leads elsewhere */
		{ 95, 0, 1 },			/* the name ends early */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crc32c_known_values),
		cmocka_unit_test(test_journal_reads_back),
		cmocka_unit_test(test_journal_format),
		cmocka_unit_test(test_journal_cut_anywhere),
		cmocka_unit_test(test_journal_any_byte_wrong),
		cmocka_unit_test(test_journal_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
