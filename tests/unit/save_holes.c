/* save_holes: holes stay holes, and what is in their place is found. */
#include "saving.h"

#include "sharing.h"
#include "sizes.h"

enum { KILO = 1 << 10, LONG = 3 << 20 };

static unsigned char bytes[LONG + KILO];

static void copy_all(struct document *document)
{
	struct error error = ERROR_NONE;
	struct save_plan done;

	if (!save_copy(document, range_of(0, document_size(document)), "copy",
		       false, &done, &error))
		fail_msg("%s", error.message);
}

/* The bytes of a file that is not what it was go out of memory: zeros, hole or
 * not, become holes. */
static void test_holes_of_changed_file(void **state)
{
	struct document *document;

	(void)state;
	memset(bytes, 'x', LONG / 3);
	bytes[0] = 0;
	memset(bytes + LONG / 3, 0, LONG / 3 * 2);
	put_file("file", bytes, LONG);
	document = open_document("file");
	int fd = open("file", O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "more", 4), 4);
	close(fd);
	copy_all(document);
	assert_file("copy", bytes, LONG);
	assert_true(status_of("copy").st_blocks < status_of("file").st_blocks);
	document_close(document);
}

/* --- what is said of holes is not so --- */

static bool is_file(int fd, const char *name)
{
	struct stat one, other;

	return real.fstat(fd, &one) == 0 && stat(name, &other) == 0
		&& one.st_ino == other.st_ino;
}

static bool is_new(int fd)
{
	return is_file(fd, ".copy.ovn");
}

static off_t lseek_hole(int fd, off_t offset, int whence)
{
	if (!is_new(fd))
		return real.lseek(fd, offset, whence);
	errno = ENXIO;
	return -1;
}

static ssize_t pwrite_flaw(int fd, const void *from, size_t size, off_t at)
{
	char flawed[64];

	if (!is_new(fd) || size == 0 || size > sizeof flawed)
		return real.pwrite(fd, from, size, at);
	memcpy(flawed, from, size);
	flawed[0] ^= 1;
	return real.pwrite(fd, flawed, size, at);
}

/* What is said to be a hole is read where it should not be one. */
static void test_holes_that_are_none(void **state)
{
	struct document *document = open_text();
	struct error error = ERROR_NONE;
	struct save_plan done;

	(void)state;
	assert_true(document_insert(document, 4, "--", 2, NULL));
	io.lseek = lseek_hole;
	copy_all(document);
	assert_text("copy", "0123--456789abcdefghijklmnopqrstuvwxyz");
	assert_int_equal(unlink("copy"), 0);
	io.pwrite = pwrite_flaw;
	assert_false(save_copy(document, range_of(0, 9), "copy", false, &done,
			       &error));
	assert_words(&error, "copy not created: it reads back differently");
	assert_int_equal(count_entries(), 1);
	document_close(document);
}

static ssize_t lying_copy(int from, off_t *from_offset, int to,
			  off_t *to_offset, size_t length)
{
	(void)from, (void)from_offset, (void)to, (void)to_offset;
	return (ssize_t)length;
}

static int remote_file_system(int fd, bool *shares, bool *local)
{
	(void)fd;
	*shares = *local = false;
	return 0;
}

/* A copy that was not made has left a hole in front. */
static void test_holes_left_by_copy(void **state)
{
	enum { SIZE = SAVE_SHORT + 64 * KILO };
	struct document *document;

	(void)state;
	memset(bytes, 'x', SIZE);
	put_file("file", bytes, SIZE);
	document = open_document("file");
	assert_true(document_insert(document, SIZE, "X", 1, NULL));
	io.copy_range = lying_copy;
	io.file_system = remote_file_system;
	refused(document, &replace, "unchanged: it reads back differently");
	assert_file("file", bytes, SIZE);
	assert_int_equal(count_entries(), 1);
	document_close(document);
}

/* --- shared --- */

/* Bytes that have moved by one, a hole, and behind it blocks that are shared:
 * these are not read back, but the bytes before are. */
static void test_holes_before_shared(void **state)
{
	enum { BACK = 256 * KILO, SIZE = 2 * BACK };

	(void)state;
	memset(bytes, 0, SIZE);
	memcpy(bytes + 1, text, TEXT);
	memset(bytes + BACK, 'x', BACK);
	put_file("file", bytes + 1, 16 * KILO);
	int fd = open("file", O_WRONLY);
	assert_int_equal(pwrite(fd, bytes + BACK, BACK, BACK), BACK);
	close(fd);
	struct document *document = open_document("file");
	assert_true(document_insert(document, 0, "", 1, NULL));
	assert_true(document_delete(document, range_of(BACK - 1, 1), NULL));
	sharing_begin();
	written(document, &replace);
	assert_int_equal(sharing.bytes, BACK);
	assert_file("file", bytes, SIZE);
	sharing_end();
	document_close(document);
}

/* --- stopped --- */

static bool stop_after(void *context)
{
	long *left = context;

	return (*left)-- <= 0;
}

/* A file of which only a few bytes are none, in the middle. */
static struct document *open_sparse(void)
{
	put_file("file", "", 0);
	assert_int_equal(truncate("file", LONG), 0);
	int fd = open("file", O_WRONLY);
	assert_int_equal(pwrite(fd, text, TEXT, LONG / 2), TEXT);
	close(fd);
	return open_document("file");
}

static void test_holes_stopped(void **state)
{
	struct document *document = open_sparse();
	bool stopped = true;
	long steps = 0;

	(void)state;
	for (; stopped; steps++) {
		long left = steps;
		const struct save_hooks hooks = {
			.stop = stop_after, .context = &left,
		};
		struct error error = ERROR_NONE;
		struct save_flush *flush = save_copy_begin(document,
			range_of(0, LONG), "copy", false, &hooks, &error);

		assert_non_null(flush);
		stopped = !save_prepare(flush);
		save_message(flush, &error);
		save_end(flush);
		assert_string_equal(error.message,
				    "copy not created: stopped");
		assert_int_equal(count_entries(), 1);
	}
	assert_true(steps > 6);
	document_close(document);
}

/* --- rewritten --- */

static ssize_t pwrite_no_zeros(int fd, const void *from, size_t size, off_t at)
{
	const unsigned char *byte = from;

	if (is_file(fd, "file") && size > 1 && byte[0] == 0
	    && memcmp(byte, byte + 1, size - 1) == 0) {
		errno = EIO;
		return -1;
	}
	return real.pwrite(fd, from, size, at);
}

/* The bytes move far; where they stood is a hole of the new content, and zeros
 * of the file. */
static struct document *open_far(void)
{
	struct document *document = open_sparse();
	enum { FAR = 512 * KILO };

	memset(bytes, 0, sizeof bytes);
	memcpy(bytes + LONG / 2 - FAR, text, TEXT);
	assert_true(document_delete(document, range_of(64 * KILO, FAR), NULL));
	return document;
}

static void test_holes_moved(void **state)
{
	struct document *document = open_far();
	struct error error = ERROR_NONE;
	struct save_plan done;

	(void)state;
	assert_int_equal(written(document, &in_place).method, SAVE_REWRITTEN);
	assert_file("file", bytes, LONG - 512 * KILO);
	document_close(document);
	document = open_far();
	io.pwrite = pwrite_no_zeros;
	assert_false(save_write(document, &in_place, &done, &error));
	assert_words(&error, "is interrupted between old and new: can't write");
	assert_file(".file.ovn", bytes, LONG - 512 * KILO);
	document_close(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SAVING_TEST(test_holes_of_changed_file),
		SAVING_TEST(test_holes_that_are_none),
		SAVING_TEST(test_holes_left_by_copy),
		SAVING_TEST(test_holes_before_shared),
		SAVING_TEST(test_holes_stopped),
		SAVING_TEST(test_holes_moved),
	};

	return cmocka_run_group_tests(tests, saving_begin, saving_end);
}
