/*
 * document: what its header promises, a promise at a time; the model test has
 * the combinations.
 */
#include "octavo/document.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "device.h"
#include "io.h"
#include "sizes.h"

static char memory_folder[] = "/dev/shm/octavo-XXXXXX";
static char other_folder[] = "/tmp/octavo-XXXXXX";
static const char *folder;
static char path[64];

static bool file_is_huge(void)
{
	struct stat status;

	return stat(path, &status) == 0 && status.st_size >= 1LL << 40;
}

static struct document *open_path(void)
{
	struct file *file = file_open(path, NULL, NULL, NULL);
	struct document *document;

	assert_non_null(file);
	document = document_open(file, NULL);
	/* Under valgrind there is no room for the huge ones. */
	if (!document && file_is_huge())
		skip();
	assert_non_null(document);
	return document;
}

static struct document *open_bytes(const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
	return open_path();
}

static struct document *open_sparse(uint64_t size)
{
	struct document *document = open_bytes("", 0);

	document_close(document);
	assert_int_equal(truncate(path, (off_t)size), 0);
	return open_path();
}

static void assert_text(const struct document *document, const char *text)
{
	char bytes[200];
	size_t length = strlen(text);

	document_check(document);
	assert_int_equal(document_size(document), length);
	assert_int_equal(document_read(document, 0, bytes, sizeof(bytes)),
			 length);
	assert_memory_equal(bytes, text, length);
}

static void assert_change(const struct document *document, uint64_t index,
			  const char *text)
{
	struct change change;
	char found[100];

	assert_true(document_change(document, index, &change));
	snprintf(found, sizeof(found), "%s %llu-%llu %llu-%llu",
		 change_kind_name(change.kind),
		 (unsigned long long)change.now.start,
		 (unsigned long long)change.now.end,
		 (unsigned long long)change.file.start,
		 (unsigned long long)change.file.end);
	assert_string_equal(found, text);
}

static void undo(struct document *document)
{
	struct range touched;

	assert_true(document_undo(document, &touched, NULL));
}

static void redo(struct document *document)
{
	struct range touched;

	assert_true(document_redo(document, &touched, NULL));
}

static void test_document_edits(void **state)
{
	struct document *document = open_bytes("0123456789", 10);

	(void)state;
	assert_true(document_overwrite(document, 2, "ab", 2, NULL));
	assert_text(document, "01ab456789");
	assert_true(document_insert(document, 0, "<", 1, NULL));
	assert_true(document_delete(document, range_of(6, 2), NULL));
	assert_true(document_replace(document, range_of(7, 1), "xyz", 3,
				     NULL));
	assert_text(document, "<01ab47xyz9");
	assert_int_equal(document_change_count(document), 4);
	assert_change(document, 0, "insert 0-1 0-0");
	assert_change(document, 1, "overwrite 3-5 2-4");
	assert_change(document, 2, "delete 6-6 5-7");
	assert_change(document, 3, "replace 7-10 8-9");
	assert_true(document_fill(document, range_of(1, 5), "-=", 2, NULL));
	assert_text(document, "<-=-=-7xyz9");
	assert_true(document_overwrite(document, 10, "end", 3, NULL));
	assert_text(document, "<-=-=-7xyzend");
	document_close(document);
}

static void test_document_new_file(void **state)
{
	struct file *file;
	struct document *document;

	(void)state;
	unlink(path);
	file = file_open(path, NULL, NULL, NULL);
	assert_int_equal(file_kind(file), FILE_NEW);
	document = document_open(file, NULL);
	assert_text(document, "");
	assert_true(document_insert(document, 0, "new", 3, NULL));
	assert_text(document, "new");
	assert_change(document, 0, "insert 0-3 0-0");
	assert_true(document_revert(document, range_of(0, 3), NULL));
	assert_text(document, "");
	assert_true(document_delete(document, range_of(0, 0), NULL));
	undo(document);
	undo(document);
	assert_false(document_modified(document));
	document_close(document);
}

static void test_document_steps(void **state)
{
	struct document *document = open_bytes("0123456789", 10);
	struct range touched;
	struct error error;

	(void)state;
	document_begin(document);
	document_begin(document);
	assert_true(document_insert(document, 9, "b", 1, NULL));
	document_end(document);
	assert_true(document_insert(document, 1, "a", 1, NULL));
	document_end(document);
	document_begin(document);
	document_end(document);
	assert_int_equal(document_undo_steps(document), 1);
	assert_true(document_undo(document, &touched, NULL));
	assert_text(document, "0123456789");
	assert_int_equal(touched.start, 1);
	assert_int_equal(touched.end, 9);
	assert_false(document_modified(document));
	assert_false(document_undo(document, &touched, &error));
	assert_string_equal(error.message, "nothing to undo");
	redo(document);
	assert_text(document, "0a12345678b9");
	assert_false(document_redo(document, &touched, &error));
	assert_string_equal(error.message, "nothing to redo");
	document_close(document);
}

/* Once the branch with the saved state is gone, nothing is unmodified. */
static void test_document_modified(void **state)
{
	struct document *document = open_bytes("0123456789", 10);
	uint64_t revision = document_revision(document);

	(void)state;
	assert_true(document_overwrite(document, 0, "a", 1, NULL));
	assert_true(document_revision(document) > revision);
	int fd = open(path, O_WRONLY);
	struct range range = { 0, 1 };

	assert_true(document_detach(document, &range, 1, NULL));
	assert_int_equal(pwrite(fd, "a", 1, 0), 1);
	close(fd);
	document_written(document);
	assert_false(document_modified(document));
	assert_int_equal(document_change_count(document), 0);
	undo(document);
	assert_true(document_modified(document));
	assert_text(document, "0123456789");
	assert_change(document, 0, "overwrite 0-1 0-1");
	redo(document);
	assert_false(document_modified(document));
	assert_text(document, "a123456789");
	undo(document);
	assert_true(document_insert(document, 0, "b", 1, NULL));
	assert_int_equal(document_redo_steps(document), 0);
	undo(document);
	assert_true(document_modified(document));
	document_close(document);
}

static void test_document_refuses(void **state)
{
	struct document *document = open_bytes("0123456789", 10);
	struct error error;

	(void)state;
	assert_false(document_overwrite(document, 11, "a", 1, &error));
	assert_false(document_insert(document, 11, "a", 1, &error));
	assert_false(document_delete(document, range_of(9, 2), &error));
	assert_null(document_copy(document, range_of(9, 2), &error));
	assert_non_null(strstr(error.message, "past the end"));
	document_set_read_only(document, "opened with -R");
	assert_string_equal(document_read_only(document), "opened with -R");
	assert_false(document_insert(document, 0, "a", 1, &error));
	assert_non_null(strstr(error.message, "opened with -R"));
	assert_false(document_revert(document, range_of(0, 1), &error));
	document_close(document);
}

/* However much was overwritten, the document is one array. */
static void test_document_overwritten_is_one_span(void **state)
{
	struct document *document = open_sparse(5 * MAPPING_GRANULE);
	uint64_t length;

	(void)state;
	for (unsigned i = 0; i < 500; i++)
		assert_true(document_overwrite(document,
			i * 7919 % (5 * MAPPING_GRANULE - 3), "abc", 3, NULL));
	document_check(document);
	document_span(document, 0, &length);
	assert_int_equal(length, 5 * MAPPING_GRANULE);
	assert_true(document_change_count(document) > 100);
	document_close(document);
}

static void test_document_typing_is_one_segment(void **state)
{
	struct document *document = open_bytes("0123456789", 10);

	(void)state;
	for (unsigned i = 0; i < STORE_BLOCK; i++)
		assert_true(document_insert(document, 5 + i, "x", 1, NULL));
	struct segment segment = document_segment(document, 5);

	assert_int_equal(range_length(segment.now), STORE_BLOCK);
	assert_false(segment.in_file);
	segment = document_segment(document, STORE_BLOCK + 5);
	assert_true(segment.in_file);
	assert_int_equal(segment.file_offset, 5);
	document_close(document);
}

/* A document may be huge: nothing here costs memory or time by its length. */
/* --- walks --- */

static void test_document_dense(void **state)
{
	static const unsigned char zeros[1000];
	struct document *document = open_bytes(zeros, sizeof(zeros));

	(void)state;
	/* 100 of the file, 3, 10 of the file, 20, the rest of the file. */
	assert_true(document_insert(document, 100, "abc", 3, NULL));
	assert_true(document_insert(document, 113, zeros, 20, NULL));
	assert_int_equal(document_dense(document, (struct range){ 0, 1023 },
					50), 0);
	assert_int_equal(document_dense(document, (struct range){ 50, 1023 },
					50), 50);
	assert_int_equal(document_dense(document, (struct range){ 60, 1023 },
					50), 133);
	assert_int_equal(document_dense(document, (struct range){ 51, 1023 },
					20), 51);
	assert_int_equal(document_dense(document, (struct range){ 90, 1023 },
					15), 113);
	assert_int_equal(document_dense(document, (struct range){ 90, 1023 },
					2000), 1023);
	assert_int_equal(document_dense(document, (struct range){ 90, 95 },
					2000), 95);
	assert_int_equal(document_dense(document, (struct range){ 9, 9 }, 1),
			 9);
	document_close(document);
}

static size_t released;

static int count_released(void *address, size_t length)
{
	(void)address;
	released += length;
	return 0;
}

/* However short the pieces are, whole pages go. */
static void test_document_release(void **state)
{
	enum { SIZE = 64 << 10 };
	static unsigned char bytes[SIZE];
	struct document *document = open_bytes(bytes, SIZE);
	struct io real = io;

	(void)state;
	for (unsigned at = 0; at < SIZE; at += 512)
		assert_true(document_insert(document, at, "xy", 2, NULL));
	released = 0;
	io.release = count_released;
	document_release(document, (struct range){ 100, SIZE / 2 });
	io = real;
	assert_in_range(released, SIZE / 4, SIZE / 2);
	/* Past the end, and with nothing in it. */
	document_release(document, (struct range){ SIZE, 4 * SIZE });
	document_release(document, (struct range){ 2 * SIZE, 4 * SIZE });
	document_release(document, (struct range){ 5, 5 });
	document_check(document);
	document_close(document);
}

/* A repeated piece is read from any place in it. */
static void test_document_read_repeated(void **state)
{
	struct document *document = open_sparse(3 * DOCUMENT_REPEAT_MINIMUM);
	struct range range = { 5, 2 * DOCUMENT_REPEAT_MINIMUM + 7 };
	uint64_t size = document_size(document);
	unsigned char bytes[64];

	(void)state;
	assert_true(document_fill(document, range, "abc", 3, NULL));
	for (uint64_t at = 0; at < size; at += 1 + at / 3) {
		size_t got = document_read(document, at, bytes, sizeof(bytes));

		assert_int_equal(got, size - at < sizeof(bytes)
				 ? size - at : sizeof(bytes));
		for (size_t i = 0; i < got; i++)
			assert_int_equal(bytes[i],
					 range_contains(range, at + i)
					 ? 'a' + (at + i - 5) % 3 : 0);
	}
	assert_int_equal(document_read(document, size, bytes, 1), 0);
	document_close(document);
}

static void test_document_huge(void **state)
{
	const uint64_t size = (uint64_t)1 << 40;
	struct document *document = open_sparse(size);
	struct clip *clip;
	unsigned char bytes[4];
	uint64_t length;

	(void)state;
	assert_int_equal(document_size(document), size);
	assert_true(document_overwrite(document, size - 4, "last", 4, NULL));
	assert_true(document_insert(document, size / 2, "half", 4, NULL));
	assert_true(document_fill(document, range_of(100, size / 4), "fill", 4,
				  NULL));
	clip = document_copy(document, range_of(0, size + 4), NULL);
	assert_non_null(clip);
	assert_true(document_paste(document, range_of(size + 4, 0), clip,
				   NULL));
	assert_int_equal(document_size(document), 2 * (size + 4));
	document_check(document);
	assert_int_equal(document_read(document, 2 * size + 4, bytes, 4), 4);
	assert_memory_equal(bytes, "last", 4);
	assert_int_equal(document_read(document, size + 4 + size / 4, bytes,
				       4), 4);
	assert_memory_equal(bytes, "fill", 4);
	assert_false(document_lost(document, size / 2 + 4, &length));
	assert_true(document_revert(document, range_of(0, 2 * (size + 4)),
				    NULL));
	assert_int_equal(document_size(document), size);
	assert_int_equal(document_change_count(document), 0);
	while (document_undo_steps(document) > 0)
		undo(document);
	assert_false(document_modified(document));
	clip_free(clip);
	document_close(document);
}

/* No length overflows: a document is doubled until it may not grow. */
static void test_document_too_long(void **state)
{
	const uint64_t size = (uint64_t)1 << 40;
	struct document *document = open_sparse(size);
	struct error error;
	bool fine = document_fill(document, range_of(0, size), "fill", 4,
				  NULL);

	(void)state;
	for (unsigned i = 0; fine; i++) {
		struct range all = { 0, document_size(document) };
		struct clip *clip = document_copy(document, all, NULL);

		assert_true(i < 64);
		assert_non_null(clip);
		fine = document_paste(document, range_of(0, 0), clip, &error);
		clip_free(clip);
	}
	assert_non_null(strstr(error.message, "too long"));
	document_check(document);
	document_close(document);
}

/* What was pasted is not what is there later. */
static void test_document_clip_keeps(void **state)
{
	const uint64_t size = 4 * MAPPING_GRANULE;
	const uint64_t length = 2 * MAPPING_GRANULE;
	struct document *document = open_sparse(size);
	struct clip *clip;
	unsigned char byte;

	(void)state;
	assert_true(document_overwrite(document, 10, "a", 1, NULL));
	clip = document_copy(document, range_of(0, length), NULL);
	assert_int_equal(clip_length(clip), length);
	assert_true(document_overwrite(document, 10, "b", 1, NULL));
	assert_true(document_overwrite(document, length - 1, "c", 1, NULL));
	assert_true(document_paste(document, range_of(0, 0), clip, NULL));
	document_read(document, 10, &byte, 1);
	assert_int_equal(byte, 'a');
	document_read(document, length - 1, &byte, 1);
	assert_int_equal(byte, 0);
	document_read(document, 2 * length - 1, &byte, 1);
	assert_int_equal(byte, 'c');
	document_check(document);
	clip_free(clip);
	document_close(document);
}

/* Typed bytes and bytes of the file go to another document, and stay when the
 * first one has changed and is closed. */
static void test_document_clip_from(void **state)
{
	struct document *document = open_sparse(0);
	struct document *from = open_bytes("0123456789", 10);
	struct clip *there, *here;
	struct change change;

	(void)state;
	assert_true(document_insert(from, 10, "typed", 5, NULL));
	assert_true(document_overwrite(from, 0, "O", 1, NULL));
	assert_true(document_insert(from, 15, "x", 1, NULL));
	there = document_copy(from, range_of(0, 16), NULL);
	assert_non_null(there);

	here = document_clip_from(document, there, NULL);
	assert_non_null(here);
	assert_true(document_paste(document, range_of(0, 0), here, NULL));
	clip_free(here);
	clip_free(there);

	assert_true(document_delete(from, range_of(0, 16), NULL));
	document_close(from);
	assert_text(document, "O123456789typedx");
	assert_true(document_change(document, 0, &change));
	assert_int_equal(change.kind, CHANGE_INSERT);
	document_check(document);
	document_close(document);
}

/* The byte that a long file has at OFFSET. */
static unsigned char long_byte(uint64_t offset)
{
	return (unsigned char)(offset * 131 >> 3);
}

static struct document *open_long(uint64_t size)
{
	unsigned char *bytes = malloc(size);
	struct document *document;

	for (uint64_t i = 0; i < size; i++)
		bytes[i] = long_byte(i);
	document = open_bytes(bytes, size);
	free(bytes);
	return document;
}

static void assert_long(const struct document *document, uint64_t offset,
			uint64_t from, uint64_t length)
{
	unsigned char *bytes = malloc(length);

	assert_int_equal(document_read(document, offset, bytes, length),
			 length);
	for (uint64_t i = 0; i < length; i++)
		if (bytes[i] != long_byte(from + i))
			fail_msg("another byte at %llu",
				 (unsigned long long)i);
	free(bytes);
	document_check(document);
}

static void paste_from(struct document *document, uint64_t offset,
		       struct document *from, struct range range)
{
	struct clip *there = document_copy(from, range, NULL);
	struct clip *here = document_clip_from(document, there, NULL);

	assert_non_null(here);
	assert_true(document_paste(document, range_of(offset, 0), here, NULL));
	clip_free(here);
	clip_free(there);
}

static void *mmap_fixed_fails(void *address, size_t length, int protection,
			      int flags, int fd, off_t offset)
{
	if ((flags & MAP_FIXED) && (flags & MAP_ANONYMOUS)) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	return mmap(address, length, protection, flags, fd, offset);
}

/* Where the kernel gives no private granules the overwritten bytes are pieces,
 * and nobody notices. */
static void test_document_overwrites_without_granules(void **state)
{
	struct document *document = open_bytes("0123456789", 10);

	(void)state;
	io.mmap = mmap_fixed_fails;
	assert_true(document_overwrite(document, 3, "abc", 3, NULL));
	assert_true(document_overwrite(document, 5, "de", 2, NULL));
	io.mmap = mmap;
	assert_text(document, "012abde789");
	assert_change(document, 0, "overwrite 3-7 3-7");
	assert_int_equal(document_change_count(document), 1);
	assert_true(document_overwrite(document, 0, "x", 1, NULL));
	assert_text(document, "x12abde789");
	undo(document);
	undo(document);
	undo(document);
	assert_text(document, "0123456789");
	document_close(document);
}

/* What is long is not copied; and yet it stays what it was while the document
 * it came from is edited, flushed in place, replaced and closed, and a third
 * one that had it from the second needs neither. */
static void test_document_clip_from_refers(void **state)
{
	enum { LENGTH = DOCUMENT_GRANULE_MAXIMUM + 3 * MAPPING_GRANULE };
	static unsigned char nines[MAPPING_GRANULE];
	struct range range = range_of(5, LENGTH - 10);
	struct document *second, *third, *from;
	struct file *file;
	int fd;

	(void)state;
	second = open_sparse(0);
	unlink(path);
	third = open_sparse(0);
	unlink(path);
	from = open_long(LENGTH);
	paste_from(second, 0, from, range);
	paste_from(third, 0, second, range_of(0, LENGTH - 10));

	memset(nines, '9', sizeof(nines));
	assert_true(document_overwrite(from, 1000, nines, sizeof(nines),
				       NULL));
	assert_long(second, 0, 5, LENGTH - 10);

	struct range flushed = range_of(1000, sizeof(nines));

	assert_true(document_detach(from, &flushed, 1, NULL));
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, nines, sizeof(nines), 1000),
			 sizeof(nines));
	close(fd);
	document_written(from);
	assert_long(second, 0, 5, LENGTH - 10);
	assert_long(third, 0, 5, LENGTH - 10);

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "new", 3), 3);
	close(fd);
	file = file_open(path, NULL, NULL, NULL);
	assert_true(document_delete(from, range_of(3, LENGTH - 3), NULL));
	assert_true(document_replaced(from, file, NULL));
	assert_long(second, 0, 5, LENGTH - 10);

	document_close(from);
	assert_long(second, 0, 5, LENGTH - 10);
	document_close(second);
	assert_long(third, 0, 5, LENGTH - 10);
	undo(third);
	assert_int_equal(document_size(third), 0);
	document_close(third);
}

static void flush_first_byte(struct document *document, int fd)
{
	struct range first = range_of(0, 1);

	assert_true(document_overwrite(document, 0, "?", 1, NULL));
	assert_true(document_detach(document, &first, 1, NULL));
	assert_int_equal(pwrite(fd, "?", 1, 0), 1);
	document_written(document);
}

/* A file that has become longer in place is mapped twice; both mappings show
 * what is written into it from then on, and a clip must not. */
static void test_document_moved_over_same_file(void **state)
{
	enum { LENGTH = DOCUMENT_GRANULE_MAXIMUM + 100 };
	struct document *document;
	struct clip *clip;
	int fd;

	(void)state;
	unlink(path);
	document = open_long(LENGTH);
	fd = open(path, O_WRONLY);
	clip = document_copy(document, range_of(0, LENGTH), NULL);
	assert_non_null(clip);
	assert_true(document_insert(document, LENGTH, "end", 3, NULL));

	struct range tail = range_of(LENGTH, 3);

	assert_true(document_detach_past(document, &tail, 1, NULL));
	assert_int_equal(pwrite(fd, "end", 3, LENGTH), 3);

	struct document_move *move = document_move_begin(document,
		file_open(path, NULL, NULL, NULL), NULL);

	assert_non_null(move);
	document_move_cancel(move);
	assert_true(document_modified(document));
	move = document_move_begin(document, file_open(path, NULL, NULL, NULL),
				   NULL);
	assert_non_null(move);
	document_move(move);
	assert_false(document_modified(document));
	document_check(document);
	flush_first_byte(document, fd);
	close(fd);
	assert_true(document_paste(document, range_of(0, LENGTH + 3), clip,
				   NULL));
	assert_long(document, 0, 0, LENGTH);
	undo(document);
	undo(document);
	undo(document);
	assert_long(document, 0, 0, LENGTH);
	clip_free(clip);
	document_close(document);
}

/* What was pasted stays what it was also where its document is closed, and its
 * file opened again and written then. */
static void test_document_clip_from_reopened(void **state)
{
	enum { LENGTH = DOCUMENT_GRANULE_MAXIMUM + 100 };
	struct document *document = open_sparse(0), *from;
	int fd;

	(void)state;
	unlink(path);
	from = open_long(LENGTH);
	fd = open(path, O_WRONLY);
	paste_from(document, 0, from, range_of(0, LENGTH));
	document_close(from);
	from = open_path();
	flush_first_byte(from, fd);
	close(fd);
	assert_long(document, 0, 0, LENGTH);
	document_close(from);
	document_close(document);
}

/* A rewrite refers to what was pasted as well: it fails where that is about to
 * change. */
static void test_document_rewrite_meets_a_flush(void **state)
{
	enum { LENGTH = DOCUMENT_GRANULE_MAXIMUM + 100 };
	struct document *document = open_sparse(0), *from;
	struct rewrite *rewrite;
	int fd;

	(void)state;
	unlink(path);
	from = open_long(LENGTH);
	fd = open(path, O_WRONLY);
	paste_from(document, 0, from, range_of(0, LENGTH));
	rewrite = rewrite_begin(document, NULL);
	assert_true(rewrite_replace(rewrite, range_of(0, 0), "x", 1, NULL));
	assert_true(rewrite_replace(rewrite, range_of(LENGTH, 0), "x", 1,
				    NULL));
	flush_first_byte(from, fd);
	close(fd);
	assert_false(rewrite_commit(rewrite, NULL, NULL, NULL));
	assert_long(document, 0, 0, LENGTH);
	document_close(from);
	document_close(document);
}

/* The bytes of two files are never one run, also where both fill their pages
 * and one is mapped right behind the other, whichever: a flush of it must not
 * show in a third document. */
static void test_document_clip_from_two_files(void **state)
{
	enum {
		PAGE = 4096,
		HALF = (DOCUMENT_GRANULE_MAXIMUM / PAGE + 1) * PAGE,
	};
	struct document *document = open_sparse(0), *from[2];
	uint64_t size = 0;
	int fds[2];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		unlink(path);
		from[i] = open_long(2 * HALF);
		fds[i] = open(path, O_WRONLY);
	}
	for (unsigned i = 0; i < 2; i++, size += 2 * HALF) {
		paste_from(document, size, from[i], range_of(HALF, HALF));
		paste_from(document, size + HALF, from[1 - i],
			   range_of(0, HALF));
	}
	document_release(document, range_of(0, size));
	for (unsigned i = 0; i < 2; i++) {
		flush_first_byte(from[i], fds[i]);
		close(fds[i]);
	}
	for (uint64_t at = 0; at < size; at += 2 * HALF) {
		assert_long(document, at, HALF, HALF);
		assert_long(document, at + HALF, 0, HALF);
	}
	document_close(from[0]);
	document_close(from[1]);
	document_close(document);
}

/* No memory could hold a copy. */
static void test_document_clip_from_huge(void **state)
{
	const uint64_t length = 1ull << 40;
	struct document *document = open_sparse(0), *from;
	unsigned char byte;

	(void)state;
	unlink(path);
	from = open_sparse(length);
	paste_from(document, 0, from, range_of(0, length));
	document_close(from);
	assert_int_equal(document_size(document), length);
	assert_int_equal(document_read(document, length - 1, &byte, 1), 1);
	assert_int_equal(byte, 0);
	document_close(document);
}

static struct part told_part;

static bool take_part(void *context, const struct part *part)
{
	(void)context;
	told_part = *part;
	return true;
}

static void take_edit(void *context, const struct document *document,
		      const struct document_edit *edit)
{
	document_edit_parts(document, edit, false, take_part, context);
}

static bool give_part(void *context, struct part *part, struct error *error)
{
	bool *given = context;

	(void)error;
	*part = told_part;
	if (*given)
		part->length = 0;
	*given = true;
	return true;
}

/* What is pasted from another file is told as such, and can be pasted again
 * while that file is what it was. */
static void test_document_told_of_another_file(void **state)
{
	static const struct document_watcher watcher = { .edit = take_edit };
	enum { LENGTH = DOCUMENT_GRANULE_MAXIMUM + 100 };
	struct document *document = open_sparse(0), *again = open_sparse(0);
	struct document *from;
	struct error error = { .message = "" };
	bool given = false;

	(void)state;
	unlink(path);
	from = open_long(LENGTH);
	document_watch(document, &watcher);
	paste_from(document, 0, from, range_of(50, LENGTH - 50));
	document_watch(document, NULL);
	assert_int_equal(told_part.kind, PART_OTHER);
	assert_string_equal(told_part.path, path);
	assert_int_equal(told_part.file_offset, 50);

	told_part.bytes = NULL;
	assert_true(document_apply(again, range_of(0, 0), give_part, &given,
				   0, &error));
	assert_long(again, 0, 50, LENGTH - 50);
	document_close(again);

	assert_int_equal(truncate(path, LENGTH - 1), 0);
	given = false;
	again = open_sparse(0);
	assert_false(document_apply(again, range_of(0, 0), give_part, &given,
				    0, &error));
	assert_non_null(strstr(error.message, "has changed since"));
	document_check(again);
	document_close(again);
	document_close(document);
	document_close(from);
}

static void apply_part(struct document *document, struct range range,
		       struct part part)
{
	bool given = false;

	told_part = part;
	assert_true(document_apply(document, range, give_part, &given, 0,
				   NULL));
}

/* The bytes of another file are those on disk, not what became of them in a
 * document that is closed and held. */
static void test_document_applies_what_is_on_disk(void **state)
{
	enum {
		PASTED = DOCUMENT_GRANULE_MAXIMUM + 100,
		LENGTH = PASTED + 2 * MAPPING_GRANULE,
	};
	struct document *document = open_sparse(0), *from;
	struct part part = { .kind = PART_OTHER, .length = 10, .path = path };

	(void)state;
	unlink(path);
	from = open_long(LENGTH);
	part.identity = file_identity(document_file(from));
	part.file_offset = LENGTH - 10;
	paste_from(document, 0, from, range_of(0, PASTED));
	assert_true(document_overwrite(from, LENGTH - 5, "?", 1, NULL));
	document_close(from);
	apply_part(document, range_of(0, 0), part);
	assert_long(document, 0, LENGTH - 10, 10);
	document_close(document);
}

static void take_time(void *context, const struct document *document,
		      const struct document_edit *edit)
{
	int64_t *time = context;

	(void)document;
	*time = edit->time;
}

/* All edits of a step are told with its time. */
static void test_document_told_the_time_of_the_step(void **state)
{
	int64_t time = 0;
	const struct document_watcher watcher = {
		.edit = take_time, .context = &time,
	};
	struct document *document = open_bytes("0123456789", 10);
	bool given = false;

	(void)state;
	told_part = (struct part){
		.kind = PART_BYTES, .length = 1,
		.bytes = (const unsigned char *)"x",
	};
	document_begin(document);
	assert_true(document_apply(document, range_of(0, 0), give_part, &given,
				   77, NULL));
	document_watch(document, &watcher);
	assert_true(document_insert(document, 5, "y", 1, NULL));
	document_end(document);
	assert_int_equal(document_state(document, 1).time, 77);
	assert_int_equal(time, 77);
	document_close(document);
}

/* Parts of the file that cannot stand where they belong, because others do or
 * because those before or behind them leave no room, are copied. */
static void test_document_applies_out_of_order(void **state)
{
	struct document *document = open_bytes("0123456789", 10);
	struct part disk = { .kind = PART_DISK, .length = 3 };
	struct part bytes = {
		.kind = PART_BYTES, .length = 2,
		.bytes = (const unsigned char *)"ab",
	};

	(void)state;
	apply_part(document, range_of(5, 0), disk);
	assert_text(document, "0123401256789");
	undo(document);

	/* As many bytes as were there: anchored, wherever they came from. */
	assert_true(document_delete(document, range_of(3, 1), NULL));
	apply_part(document, range_of(3, 2), bytes);
	assert_text(document, "012ab6789");
	disk.file_offset = 3;
	apply_part(document, range_of(3, 0), disk);
	assert_text(document, "012345ab6789");
	while (document_undo_steps(document) > 0)
		undo(document);
	assert_text(document, "0123456789");
	document_close(document);
}

/* Each holds the other: both go all the same. */
static void test_document_clip_from_each_other(void **state)
{
	enum { LENGTH = DOCUMENT_GRANULE_MAXIMUM + 100 };
	struct document *one = open_long(LENGTH), *two;

	(void)state;
	unlink(path);
	two = open_long(LENGTH);
	paste_from(two, 7, one, range_of(0, LENGTH));
	paste_from(one, 3, two, range_of(0, LENGTH));
	assert_false(document_verify(one));
	assert_int_equal(document_epoch(one), document_epoch(two));
	document_close(one);
	assert_false(document_verify(two));
	assert_long(two, 7, 0, LENGTH);
	document_close(two);
}

/* A fill goes there as its pattern, however long it is. */
static void test_document_clip_from_fill(void **state)
{
	const uint64_t length = (uint64_t)DOCUMENT_REPEAT_MINIMUM << 10;
	struct document *document = open_sparse(0);
	struct document *from = open_sparse(length);
	struct clip *there, *here;
	char bytes[4];

	(void)state;
	assert_true(document_fill(from, range_of(0, length), "abc", 3, NULL));
	there = document_copy(from, range_of(1, length - 1), NULL);
	here = document_clip_from(document, there, NULL);
	assert_non_null(here);
	assert_int_equal(clip_length(here), length - 1);
	assert_true(document_paste(document, range_of(0, 0), here, NULL));
	clip_free(there);
	document_close(from);
	assert_int_equal(document_read(document, 0, bytes, 4), 4);
	assert_memory_equal(bytes, "bcab", 4);
	assert_int_equal(document_read(document, length - 4, bytes, 4), 3);
	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(bytes[i], "abc"[(length - 3 + i) % 3]);
	document_check(document);
	clip_free(here);
	document_close(document);
}

static void test_document_lost_bytes(void **state)
{
	const uint64_t size = 4 * MAPPING_GRANULE;
	struct document *document = open_sparse(size);
	unsigned epoch = document_epoch(document);
	struct range lost = { 2 * MAPPING_GRANULE, 2 * MAPPING_GRANULE + 9 };
	struct error error;
	uint64_t length;
	char bytes[4];

	(void)state;
	assert_true(document_overwrite(document, size - 5, "kept", 4, NULL));
	assert_false(document_verify(document));
	assert_int_equal(truncate(path, MAPPING_GRANULE), 0);
	assert_true(document_verify(document));
	assert_true(document_epoch(document) != epoch);
	assert_false(document_lost(document, 0, &length));
	assert_int_equal(length, MAPPING_GRANULE);
	assert_true(document_lost(document, MAPPING_GRANULE, &length));
	assert_int_equal(length, 2 * MAPPING_GRANULE);
	assert_false(document_lost(document, size - 5, &length));
	/* Copying them would make them look like bytes. */
	assert_null(document_copy(document, lost, &error));
	assert_non_null(strstr(error.message, "lost"));
	assert_true(document_overwrite(document, lost.start, "over", 4,
				       NULL));
	assert_false(document_lost(document, lost.start, &length));
	assert_int_equal(length, 4);
	document_read(document, size - 5, bytes, 4);
	assert_memory_equal(bytes, "kept", 4);
	document_check(document);
	undo(document);
	assert_true(document_lost(document, lost.start, &length));
	document_close(document);
}

static void test_document_revert(void **state)
{
	struct document *document = open_bytes("0123456789", 10);

	(void)state;
	assert_true(document_overwrite(document, 1, "abcd", 4, NULL));
	assert_true(document_delete(document, range_of(8, 2), NULL));
	assert_true(document_insert(document, 7, "xyz", 3, NULL));
	assert_text(document, "0abcd56xyz7");
	/* Of an overwrite only the part, of an insertion all. */
	assert_true(document_revert(document, range_of(2, 2), NULL));
	assert_text(document, "0a23d56xyz7");
	assert_true(document_revert(document, range_of(8, 1), NULL));
	assert_text(document, "0a23d567");
	assert_true(document_revert(document, range_of(5, 3), NULL));
	assert_text(document, "0a23d56789");
	undo(document);
	undo(document);
	undo(document);
	assert_text(document, "0abcd56xyz7");
	assert_true(document_revert(document, range_of(0, 11), NULL));
	assert_text(document, "0123456789");
	assert_int_equal(document_change_count(document), 0);
	document_close(document);
}

/* Undo goes on over the file that was replaced, and back. */
static void test_document_replaced(void **state)
{
	struct document *document = open_bytes("0123456789", 10);
	char other[80];

	(void)state;
	assert_true(document_overwrite(document, 3, "abc", 3, NULL));
	assert_true(document_delete(document, range_of(0, 2), NULL));
	snprintf(other, sizeof(other), "%s.new", path);
	int fd = open(other, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, "2abc6789", 8), 8);
	close(fd);
	assert_int_equal(rename(other, path), 0);
	assert_true(document_replaced(document,
				      file_open(path, NULL, NULL, NULL),
				      NULL));
	assert_int_equal(document_file_size(document), 8);
	assert_false(document_modified(document));
	undo(document);
	assert_text(document, "012abc6789");
	assert_change(document, 0, "insert 0-2 0-0");
	undo(document);
	assert_text(document, "0123456789");
	assert_true(document_modified(document));
	redo(document);
	redo(document);
	assert_text(document, "2abc6789");
	assert_false(document_modified(document));
	document_close(document);
}

/* One of two changes that meet, which no range could tell apart. */
static void test_document_revert_change(void **state)
{
	struct document *document = open_bytes("0123456789", 10);
	struct range touched;
	struct error error;

	(void)state;
	assert_true(document_delete(document, range_of(2, 3), NULL));
	assert_true(document_overwrite(document, 2, "AB", 2, NULL));
	assert_true(document_delete(document, range_of(4, 3), NULL));
	assert_text(document, "01AB");
	assert_int_equal(document_change_count(document), 3);
	assert_true(document_revert_change(document, 1, NULL));
	assert_text(document, "0156");
	assert_int_equal(document_change_count(document), 2);
	assert_true(document_undo(document, &touched, NULL));
	assert_true(document_revert_change(document, 0, NULL));
	assert_text(document, "01234AB");
	assert_true(document_revert_change(document, 1, NULL));
	assert_text(document, "01234AB789");
	assert_false(document_revert_change(document, 1, &error));
	assert_true(document_revert_change(document, 0, NULL));
	assert_text(document, "0123456789");
	assert_int_equal(document_change_count(document), 0);
	document_close(document);
}

/* Whichever is reverted, the others stay what they are. */
static void test_document_revert_change_random(void **state)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	struct document *document = open_bytes(letters, 26);

	(void)state;
	srand(5);
	for (int step = 0; step < 600; step++) {
		uint64_t size = document_size(document);
		uint64_t count = document_change_count(document);
		uint64_t at = size ? (uint64_t)rand() % size : 0;
		struct change gone, other, left;

		if (count > 0 && rand() % 3 == 0) {
			uint64_t index = (uint64_t)rand() % count;

			document_change(document, index, &gone);
			if (index > 0)
				document_change(document, index - 1, &other);
			assert_true(document_revert_change(document, index,
							   NULL));
			/* What parted two overwrites may be gone. */
			if (gone.kind == CHANGE_INSERT)
				continue;
			assert_int_equal(document_change_count(document),
					 count - 1);
			if (index == 0)
				continue;
			document_change(document, index - 1, &left);
			assert_int_equal(left.kind, other.kind);
			assert_int_equal(left.file.start, other.file.start);
			assert_int_equal(left.file.end, other.file.end);
		} else if (size > 40 || rand() % 3 == 0) {
			uint64_t length = size - at < 3 ? size - at : 3;

			assert_true(document_delete(document,
						    range_of(at, length),
						    NULL));
		} else if (rand() % 2) {
			assert_true(document_insert(document, at, "XYZ", 3,
						    NULL));
		} else {
			assert_true(document_overwrite(document, at, "12", 2,
						       NULL));
		}
		document_check(document);
	}
	while (document_change_count(document) > 0)
		assert_true(document_revert_change(document, 0, NULL));
	assert_text(document, letters);
	document_close(document);
}

static void test_document_read_disk(void **state)
{
	struct document *document = open_bytes("0123456789", 10);
	char bytes[8];

	(void)state;
	assert_true(document_overwrite(document, 3, "ABC", 3, NULL));
	assert_true(document_delete(document, range_of(0, 2), NULL));
	assert_int_equal(document_read_disk(document, 2, bytes, 4), 4);
	assert_memory_equal(bytes, "2345", 4);
	assert_int_equal(document_read_disk(document, 8, bytes, 8), 2);
	assert_int_equal(document_read_disk(document, 10, bytes, 8), 0);
	assert_int_equal(document_read_disk(document, 1 << 20, bytes, 8), 0);
	assert_int_equal(truncate(path, 3), 0);
	assert_int_equal(document_read_disk(document, 2, bytes, 4), 1);
	document_close(document);
	unlink(path);
	document = open_path();
	assert_int_equal(document_read_disk(document, 0, bytes, 4), 0);
	document_close(document);
}

/* What was reverted is on disk, whatever the way there and back. */
static void test_document_unmodified_by_revert(void **state)
{
	struct document *document = open_bytes("0123456789", 10);

	(void)state;
	assert_true(document_delete(document, range_of(2, 3), NULL));
	assert_true(document_insert(document, 5, "ab", 2, NULL));
	assert_true(document_overwrite(document, 0, "x", 1, NULL));
	assert_true(document_modified(document));
	assert_true(document_revert(document, range_of(0, 9), NULL));
	assert_text(document, "0123456789");
	assert_false(document_modified(document));
	document_check(document);
	undo(document);
	assert_text(document, "x1567ab89");
	assert_true(document_modified(document));
	redo(document);
	assert_false(document_modified(document));
	assert_true(document_overwrite(document, 3, "y", 1, NULL));
	undo(document);
	assert_false(document_modified(document));
	document_close(document);
}

/* What would give a device another length is refused, the rest is not. */
static void test_document_fixed_length(void **state)
{
	struct document *document = open_bytes("0123456789", 10);
	struct error error;

	(void)state;
	document_close(document);
	device_begin(path);
	document = open_path();
	assert_int_equal(file_kind(document_file(document)), FILE_DEVICE);
	assert_true(document_fixed_length(document));
	struct clip *clip = document_copy(document, range_of(0, 3), NULL);

	assert_false(document_insert(document, 0, "a", 1, &error));
	assert_non_null(strstr(error.message, "is fixed"));
	assert_false(document_delete(document, range_of(4, 1), NULL));
	assert_false(document_replace(document, range_of(4, 1), "ab", 2,
				      NULL));
	assert_false(document_replace(document, range_of(4, 2), "a", 1,
				      NULL));
	assert_false(document_overwrite(document, 9, "ab", 2, &error));
	assert_non_null(strstr(error.message, "is fixed"));
	assert_false(document_paste(document, range_of(10, 0), clip, NULL));
	assert_false(document_paste(document, range_of(0, 4), clip, NULL));
	assert_text(document, "0123456789");
	assert_int_equal(document_undo_steps(document), 0);

	assert_true(document_overwrite(document, 9, "x", 1, NULL));
	assert_true(document_replace(document, range_of(4, 2), "yz", 2,
				     NULL));
	assert_true(document_paste(document, range_of(1, 3), clip, NULL));
	assert_true(document_fill(document, range_of(6, 3), "-", 1, NULL));
	assert_text(document, "0012yz---x");
	document_check(document);
	assert_true(document_revert(document, range_of(0, 5), NULL));
	assert_text(document, "01234z---x");
	undo(document);
	undo(document);
	assert_text(document, "0012yz678x");
	clip_free(clip);
	document_close(document);
	device_end();
}

static int set_up(void **state)
{
	(void)state;
	folder = mkdtemp(memory_folder);
	if (!folder)
		folder = mkdtemp(other_folder);
	if (!folder)
		return -1;
	snprintf(path, sizeof(path), "%s/file", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	rmdir(folder);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_document_edits),
		cmocka_unit_test(test_document_new_file),
		cmocka_unit_test(test_document_steps),
		cmocka_unit_test(test_document_fixed_length),
		cmocka_unit_test(test_document_modified),
		cmocka_unit_test(test_document_unmodified_by_revert),
		cmocka_unit_test(test_document_refuses),
		cmocka_unit_test(test_document_overwritten_is_one_span),
		cmocka_unit_test(test_document_typing_is_one_segment),
		cmocka_unit_test(test_document_dense),
		cmocka_unit_test(test_document_release),
		cmocka_unit_test(test_document_read_repeated),
		cmocka_unit_test(test_document_huge),
		cmocka_unit_test(test_document_too_long),
		cmocka_unit_test(test_document_clip_keeps),
		cmocka_unit_test(test_document_clip_from),
		cmocka_unit_test(test_document_overwrites_without_granules),
		cmocka_unit_test(test_document_clip_from_refers),
		cmocka_unit_test(test_document_moved_over_same_file),
		cmocka_unit_test(test_document_clip_from_reopened),
		cmocka_unit_test(test_document_rewrite_meets_a_flush),
		cmocka_unit_test(test_document_clip_from_two_files),
		cmocka_unit_test(test_document_clip_from_huge),
		cmocka_unit_test(test_document_told_of_another_file),
		cmocka_unit_test(test_document_applies_what_is_on_disk),
		cmocka_unit_test(test_document_told_the_time_of_the_step),
		cmocka_unit_test(test_document_applies_out_of_order),
		cmocka_unit_test(test_document_clip_from_each_other),
		cmocka_unit_test(test_document_clip_from_fill),
		cmocka_unit_test(test_document_lost_bytes),
		cmocka_unit_test(test_document_revert),
		cmocka_unit_test(test_document_revert_change),
		cmocka_unit_test(test_document_revert_change_random),
		cmocka_unit_test(test_document_read_disk),
		cmocka_unit_test(test_document_replaced),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
