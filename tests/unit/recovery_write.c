/* recovery_write: what becomes of the file while others are at it too, and of
 * the holes of a new content. */
#include "recovery_left.h"

#include "sizes.h"
#include "sparse.h"

static int calls;

/* --- others at work --- */

static int second_unlinkat(int at, const char *name, int flags)
{
	calls++;
	return whole.unlinkat(at, name, flags) == 0
		? whole.unlinkat(at, name, flags) : -1;
}

/* Somebody takes away what is left at the same time: it is gone, all the
 * same. */
static void test_recovery_write_taken_away(void **state)
{
	(void)state;
	leave_content("the new bytes.", "0123456789");
	calls = 0;
	io.unlinkat = second_unlinkat;
	assert_done(RECOVERY_FINISH, false);
	io = whole;
	assert_int_equal(calls, 2);
	assert_text("file", "the new bytes.");
	assert_int_equal(count_entries(), 1);
}

/* A new file that has never had its name: there is no old one to make last. */
static void test_recovery_write_no_file(void **state)
{
	(void)state;
	put_text(".file.ovn", "some of it");
	assert_state(RECOVERY_NOT_REPLACED, "is that one, complete or not");
	assert_done(RECOVERY_UNDO, false);
	assert_int_equal(count_entries(), 0);
}

static int sync_and_append(int fd)
{
	(void)fd;
	overwrite("file", 16, "more", 4);
	return 0;
}

static void test_recovery_write_appended(void **state)
{
	(void)state;
	leave_journal("0AB3456789abcdef");
	io.fsync = sync_and_append;
	assert_not_done(RECOVERY_FINISH, false,
			"another length: another program writes it");
	io = whole;
	assert_text("file", "0AB3456789abcCDfmore");
	assert_true(is_there(".file.ovj"));
}

static int sync_and_cut(int fd)
{
	(void)fd;
	return truncate(in_folder("file"), 14);
}

/* A device says nothing of its length, but what it has reads back. */
static void test_recovery_write_device_ends(void **state)
{
	(void)state;
	leave_journal("0AB3456789abcdef");
	device_begin(in_folder("file"));
	io.fsync = sync_and_cut;
	assert_not_done(RECOVERY_FINISH, false,
			"reads back differently at 0xd");
	device_end();
	assert_true(is_there(".file.ovj"));
	assert_text("file", "0AB3456789abcC");
}

/* --- holes --- */

enum {
	PART = (int)SAVE_BLOCK > (int)SPARSE_BLOCK ? (int)SAVE_BLOCK
						   : (int)SPARSE_BLOCK,
	PARTS = 5,
};

/* Has FD the byte in each of its PARTS, or a hole where that is 0? */
static void assert_parts(int fd, const char *bytes)
{
	static unsigned char expected[PART], found[PART];

	assert_int_equal(lseek(fd, 0, SEEK_END), PARTS * PART);
	for (int i = 0; i < PARTS; i++) {
		memset(expected, bytes[i], PART);
		assert_int_equal(pread(fd, found, PART, (off_t)i * PART),
				 PART);
		assert_memory_equal(found, expected, PART);
	}
}

static void put_part(int fd, int part, char byte)
{
	static unsigned char bytes[PART];

	memset(bytes, byte, PART);
	sparse_put(fd, (uint64_t)part * PART, bytes, PART);
}

/* The content is "a.b..", where a dot is a hole, the file "..bx": with data
 * where there is to be a hole, and shorter. */
static void leave_holes(void)
{
	static unsigned char bytes[PART];
	int file = sparse_new(in_folder("file"), (PARTS - 1) * PART);
	int content = sparse_new(in_folder(".file.ovn"), PARTS * PART);

	assert_true(file >= 0 && content >= 0);
	put_part(file, 2, 'b');
	put_part(file, 3, 'x');
	put_part(content, 0, 'a');
	put_part(content, 2, 'b');
	close(file);
	struct journal_header header = header_of("file", (PARTS - 1) * PART,
						 PARTS * PART);
	header.kind = JOURNAL_CONTENT;
	for (int i = 0; i < PARTS; i++) {
		assert_int_equal(pread(content, bytes, PART, (off_t)i * PART),
				 PART);
		header.content_crc = crc32c(header.content_crc, bytes, PART);
	}
	close(content);
	put_journal(".file.ovj", &header, NULL, 0);
}

static bool has_hole(const struct sparse *sparse, int part)
{
	return sparse_at(sparse, (uint64_t)part * PART) != NULL;
}

static bool written[PARTS];

static ssize_t noting_pwrite(int fd, const void *bytes, size_t size,
			     off_t offset)
{
	written[offset / PART] = true;
	return whole.pwrite(fd, bytes, size, offset);
}

/* What is the same is written again, for it may not be on the disk; but not a
 * hole. */
static void test_recovery_write_holes(void **state)
{
	static const char expected[PARTS] = { 'a', 0, 'b', 0, 0 };
	struct sparse sparse;

	(void)state;
	leave_holes();
	int fd = open(in_folder(".file.ovn"), O_RDONLY);
	bool sparse_here = sparse_look(&sparse, fd);
	close(fd);
	assert_state(RECOVERY_CUT_OFF, "copied the new content");
	io.pwrite = noting_pwrite;
	assert_done(RECOVERY_FINISH, false);
	io = whole;
	assert_true(written[2] && written[3]);
	fd = open(in_folder("file"), O_RDONLY);
	assert_parts(fd, expected);
	if (sparse_here) {
		assert_false(written[1] || written[4]);
		assert_true(sparse_look(&sparse, fd));
		assert_true(has_hole(&sparse, 1));
		assert_false(has_hole(&sparse, 3));
		assert_true(has_hole(&sparse, 4));
	}
	close(fd);
}

static off_t no_holes_lseek(int fd, off_t offset, int whence)
{
	errno = EINVAL;
	return whence == SEEK_DATA ? -1 : whole.lseek(fd, offset, whence);
}

/* Where nobody can tell a hole from zeros, zeros are written. */
static void test_recovery_write_holes_unknown(void **state)
{
	static const char expected[PARTS] = { 'a', 0, 'b', 0, 0 };
	struct sparse sparse;

	(void)state;
	leave_holes();
	io.lseek = no_holes_lseek;
	assert_done(RECOVERY_FINISH, false);
	io = whole;
	int fd = open(in_folder("file"), O_RDONLY);
	assert_parts(fd, expected);
	assert_false(sparse_look(&sparse, fd));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_recovery_write_taken_away),
		TEST(test_recovery_write_no_file),
		TEST(test_recovery_write_appended),
		TEST(test_recovery_write_device_ends),
		TEST(test_recovery_write_holes),
		TEST(test_recovery_write_holes_unknown),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
