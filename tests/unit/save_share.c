/* save: which method moves less, and what is taken over from the old file. */
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "save_internal.h"
#include "sharing.h"
#include "sizes.h"

enum { BLOCK = SHARING_BLOCK, SIZE = 64 * SAVE_SHORT };

static char folder[] = "/tmp/octavo-share-XXXXXX";
static char path[64];
static unsigned char old[SIZE];

/* What the document holds, as it should be in the file. */
static unsigned char expected[2 * SIZE];
static size_t expected_size;

/* --- the choice --- */

static void test_save_choose(void **state)
{
	const enum save_way A = SAVE_AUTO, P = SAVE_WAY_IN_PLACE,
		R = SAVE_WAY_REPLACE;
	const uint64_t small = SAVE_IN_PLACE_SMALL, most = SAVE_IN_PLACE_MAXIMUM;
	const uint64_t large = 16 * most;
	const struct {
		struct save_costs costs;	/* old changed copy shared */
		enum save_way way;
		bool replaceable;
		enum save_method method;
	} cases[] = {
		/* The length stays: up to so much in place at any cost. */
		{ { 1, 1, 1, 0, true }, A, true, SAVE_IN_PLACE },
		{ { small / 3, small / 3, 9, 0, true }, A, true,
		  SAVE_IN_PLACE },
		{ { small, small, 2 * small, 0, true }, A, true,
		  SAVE_REPLACED },
		{ { small, small, 3 * small, 0, true }, A, true,
		  SAVE_IN_PLACE },
		{ { small, small, 3 * small, 1, true }, A, true,
		  SAVE_REPLACED },
		{ { most, most, large, 0, true }, A, true, SAVE_REPLACED },
		{ { most, most, large, 0, true }, A, false, SAVE_IN_PLACE },
		{ { most, most, large, 0, true }, P, true, SAVE_IN_PLACE },
		{ { 1, 1, large, 0, true }, R, true, SAVE_REPLACED },
		/* Near the end; in front; where the front can be shared. */
		{ { 10, 11, 10000, 0, false }, A, true, SAVE_IN_PLACE },
		{ { 9999, 10000, 10000, 0, false }, A, true, SAVE_REPLACED },
		{ { 10, 11, 128, 0, false }, A, true, SAVE_IN_PLACE },
		{ { 10, 11, 127, 0, false }, A, true, SAVE_REPLACED },
		{ { 1000, 1001, 100000, 98000, false }, A, true,
		  SAVE_REPLACED },
		{ { 1000, 1001, 100000, 0, false }, A, true, SAVE_IN_PLACE },
		{ { most, 9, large, 0, false }, A, true, SAVE_REPLACED },
		{ { 10, 11, 10000, 0, false }, R, true, SAVE_REPLACED },
		/* What can't be replaced, or must not be. */
		{ { 9999, 10000, 10000, 0, false }, A, false,
		  SAVE_REWRITTEN },
		{ { 9999, 10000, 10000, 0, false }, P, true, SAVE_REWRITTEN },
		{ { 4000, 5000, 10000, 0, false }, A, false, SAVE_IN_PLACE },
		{ { 5001, 5000, 10000, 0, false }, A, false, SAVE_REWRITTEN },
		{ { 4000, 5000, 10000, 2000, false }, A, false,
		  SAVE_REWRITTEN },
		{ { most, 9, large, 0, false }, A, false, SAVE_REWRITTEN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		enum save_method method = save_choose(&cases[i].costs,
						      cases[i].way,
						      cases[i].replaceable);

		if (method != cases[i].method)
			fail_msg("case %zu: %d", i, (int)method);
	}
}

static void test_save_shareable(void **state)
{
	enum { S = SAVE_SHORT };
	const struct { uint64_t now, end, from, base, block, start, stop; }
	cases[] = {
		{ 0, 8 * S, 0, 0, S, 0, 8 * S },
		{ 1, 8 * S, 1, 0, S, S, 8 * S },
		{ 1, 8 * S - 1, S + 1, 0, S, S, 7 * S },
		{ 1, 8 * S, 0, 0, S, 1, 1 },
		{ 1, 8 * S, 0, 1, S, 1, 7 * S + 1 },
		{ 1, S, 1, 0, S, 1, 1 },
		{ 0, 8 * S, 0, 0, 0, 0, 0 },
		/* Less than is worth it. */
		{ 0, S - 1, 0, 0, 1, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct save_run run = {
			.now = { cases[i].now, cases[i].end },
			.in_file = true, .file_offset = cases[i].from,
		};
		struct range got = save_shareable(run, cases[i].base,
						  cases[i].block);

		if (got.start != cases[i].start || got.end != cases[i].stop)
			fail_msg("case %zu: %llu to %llu", i,
				 (unsigned long long)got.start,
				 (unsigned long long)got.end);
	}
}

/* --- documents --- */

static int make_folder(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZE; i++)
		old[i] = (unsigned char)(1 + i * 7 % 251);
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

static struct document *open_document(const char *name)
{
	struct error error = ERROR_NONE;
	struct file *file = file_open(name, NULL, NULL, &error);

	if (!file)
		fail_msg("%s", error.message);
	struct document *document = document_open(file, &error);
	assert_non_null(document);
	return document;
}

static void edit(struct document *document, size_t at, size_t removed,
		 size_t inserted)
{
	static unsigned char bytes[SIZE];

	memset(bytes, '+', inserted);
	assert_true(document_replace(document, range_of(at, removed), bytes,
				     inserted, NULL));
	memmove(expected + at + inserted, expected + at + removed,
		expected_size - at - removed);
	memset(expected + at, '+', inserted);
	expected_size += inserted - removed;
}

/* A document over a file of OLD, with a block more in front, two fewer in the
 * middle, and a byte more behind that. */
static struct document *open_edited(void)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(old, 1, SIZE, file), SIZE);
	fclose(file);
	memcpy(expected, old, SIZE);
	expected_size = SIZE;
	struct document *document = open_document(path);
	edit(document, SIZE - SAVE_SHORT, 0, 1);
	edit(document, SIZE / 2, 2 * BLOCK, 0);
	edit(document, 2, 0, BLOCK);
	return document;
}

static void assert_expected(void)
{
	static unsigned char bytes[2 * SIZE];
	FILE *file = fopen(path, "rb");

	assert_non_null(file);
	assert_int_equal(fread(bytes, 1, sizeof bytes, file), expected_size);
	fclose(file);
	assert_memory_equal(bytes, expected, expected_size);
}

/* Writes and closes it. */
static struct save_plan write_document(struct document *document,
				       enum save_way way)
{
	struct save_options options = { .way = way };
	struct error error = ERROR_NONE;
	struct save_plan done;

	if (!save_write(document, &options, &done, &error))
		fail_msg("%s", error.message);
	document_check(document);
	document_close(document);
	return done;
}

/* --- shared --- */

/* Not of the old file, where a flush looks for what others have written. */
static uint64_t bytes_read;
static int old_file;

static ssize_t counting_pread(int fd, void *bytes, size_t size, off_t offset)
{
	ssize_t got = sharing_real.pread(fd, bytes, size, offset);

	bytes_read += got > 0 && fd != old_file ? (uint64_t)got : 0;
	return got;
}

/* Whole blocks are shared wherever they are now, and not read back. */
static void test_save_share(void **state)
{
	struct save_plan done;

	(void)state;
	struct document *document = open_edited();
	sharing_begin();
	io.pread = counting_pread;
	bytes_read = 0;
	old_file = file_descriptor(document_file(document));
	done = write_document(document, SAVE_WAY_REPLACE);
	sharing_end();
	assert_int_equal(done.method, SAVE_REPLACED);
	assert_true(sharing.bytes > (uint64_t)SIZE / 2);
	assert_true(sharing.bytes < (uint64_t)SIZE - SAVE_SHORT);
	assert_int_equal(done.shared, sharing.bytes);
	/* And its last byte, where it is opened. */
	assert_in_range(bytes_read, expected_size - sharing.bytes,
			expected_size - sharing.bytes + 1);
	assert_expected();
}

/* Wherever sharing ends, and for what reason, the rest is copied, and it is
 * not tried again. */
static void test_save_share_fails(void **state)
{
	static const int errors[] = {
		EOPNOTSUPP, EXDEV, EINVAL, ENOTTY, ENOSYS, EPERM, ENOSPC, EIO,
		ETXTBSY, EINTR,
	};

	(void)state;
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		for (int failing = 1; failing <= 2; failing++) {
			struct document *document = open_edited();

			sharing_begin();
			sharing.failing = failing;
			sharing.error = errors[i];
			write_document(document, SAVE_WAY_REPLACE);
			sharing_end();
			assert_true(errors[i] == EINTR
				    || sharing.calls == failing);
			assert_expected();
		}
}

static int blockless_fstat(int fd, struct stat *status)
{
	int result = sharing_real.fstat(fd, status);

	status->st_blksize = 0;
	return result;
}

/* Nothing is where nobody knows of blocks. */
static void test_save_share_no_blocks(void **state)
{
	struct document *document = open_edited();

	(void)state;
	sharing_begin();
	io.fstat = blockless_fstat;
	write_document(document, SAVE_WAY_REPLACE);
	sharing_end();
	assert_int_equal(sharing.calls, 0);
	assert_expected();
}

/* Where a checksum is wanted all is read, and a flaw is found. */
static void test_save_share_read_back(void **state)
{
	struct save_options options = { .way = SAVE_WAY_IN_PLACE };
	struct error error = ERROR_NONE;
	struct save_plan done;

	(void)state;
	struct document *document = open_edited();
	sharing_begin();
	sharing.flaw = 1;
	assert_false(save_write(document, &options, &done, &error));
	assert_true(sharing.calls > 0);
	assert_non_null(strstr(error.message, "reads back differently"));
	sharing.flaw = 0;
	write_document(document, SAVE_WAY_IN_PLACE);
	sharing_end();
	assert_expected();
}

/* --- copied --- */

static int copy_error;
static int copy_calls;

/* Copies at most 7 bytes, three times; then it fails. */
static ssize_t weak_copy(int from, off_t *from_offset, int to,
			 off_t *to_offset, size_t length)
{
	if (++copy_calls > 3) {
		errno = copy_error;
		return copy_error ? -1 : 0;
	}
	return sharing_real.copy_range(from, from_offset, to, to_offset,
				       length > 7 ? 7 : length);
}

/* Copies for itself, and shares nothing. */
static int remote_file_system(int fd, bool *shares, bool *local)
{
	(void)fd;
	*shares = *local = false;
	return 0;
}

static int no_share(int from, off_t from_offset, int to, off_t to_offset,
		    off_t length)
{
	(void)from, (void)from_offset, (void)to, (void)to_offset;
	(void)length;
	errno = EOPNOTSUPP;
	return -1;
}

static void test_save_copy_range_fails(void **state)
{
	static const int errors[] = {
		EOPNOTSUPP, EXDEV, EINVAL, ENOSYS, ENOSPC, EIO, EPERM, 0,
	};

	(void)state;
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
		struct document *document = open_edited();

		sharing_real = io;
		copy_error = errors[i];
		copy_calls = 0;
		io.share_range = no_share;
		io.file_system = remote_file_system;
		io.copy_range = weak_copy;
		write_document(document, SAVE_WAY_REPLACE);
		io = sharing_real;
		assert_true(copy_calls > 3);
		assert_expected();
	}
}

static int no_file_system(int fd, bool *shares, bool *local)
{
	(void)fd, (void)shares, (void)local;
	errno = ENOSYS;
	return -1;
}

static int local_file_system(int fd, bool *shares, bool *local)
{
	(void)fd;
	*shares = false;
	*local = true;
	return 0;
}

static ssize_t no_pread(int fd, void *bytes, size_t size, off_t offset)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	/* The new file can be read back. */
	if (status.st_size != SIZE || lseek(fd, 0, SEEK_END) != SIZE)
		return sharing_real.pread(fd, bytes, size, offset);
	errno = EIO;
	return -1;
}

/* Who copies on what, and what is done if the old file can't be read any
 * more: it may still be mapped. */
static void test_save_copies_itself(void **state)
{
	(void)state;
	for (int local = 0; local < 3; local++) {
		struct document *document = open_edited();

		sharing_real = io;
		copy_error = ENOSYS;
		copy_calls = 0;
		io.share_range = no_share;
		io.copy_range = weak_copy;
		io.file_system = local ? local_file_system : no_file_system;
		if (local == 2)
			io.pread = no_pread;
		write_document(document, SAVE_WAY_REPLACE);
		io = sharing_real;
		assert_true((copy_calls > 0) == !local);
		assert_expected();
	}
}

static uint64_t early_bytes;

static int failing_early(int fd, off_t offset, off_t length)
{
	struct stat status;

	assert_int_equal(sharing_real.fstat(fd, &status), 0);
	assert_true(offset >= 0 && length >= SAVE_EARLY);
	assert_true(offset + length <= status.st_size);
	early_bytes += (uint64_t)length;
	errno = EIO;
	return -1;
}

/* That is a hint: what comes of it matters to nobody. */
static void test_save_written_early(void **state)
{
	const uint64_t size = 3 * SAVE_EARLY;
	char command[200];
	struct stat status;

	(void)state;
	snprintf(command, sizeof command, "head -c %llu /dev/zero | tr '\\0' x "
		 ">%s", (unsigned long long)size, path);
	assert_int_equal(system(command), 0);
	struct document *document = open_document(path);
	assert_true(document_insert(document, 0, "+", 1, NULL));
	sharing_real = io;
	io.share_range = no_share;
	io.write_early = failing_early;
	early_bytes = 0;
	write_document(document, SAVE_WAY_REPLACE);
	io = sharing_real;
	assert_true(early_bytes > 0 && early_bytes <= size + 1);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_size, size + 1);
}

/* --- file systems --- */

enum {
	PAGE = 4096,		/* a block of each */
	PARTS = 256,
	NO_FILE_SYSTEM = 77,	/* what the child exits with */
};

/* Even parts of 64 KiB are data, odd ones holes; a block more in front. */
static void write_sparse(const char *name)
{
	static unsigned char part[16 * PAGE];
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	for (int i = 0; i < PARTS; i += 2) {
		memset(part, 1 + i % 255, sizeof part);
		assert_int_equal(pwrite(fd, part, sizeof part,
					(off_t)i * (off_t)sizeof part),
				 sizeof part);
	}
	assert_int_equal(ftruncate(fd, (off_t)PARTS * (off_t)sizeof part), 0);
	assert_int_equal(fsync(fd), 0);
	close(fd);
}

static void assert_sparse(const char *name)
{
	const off_t part = 16 * PAGE;
	static unsigned char bytes[16 * PAGE];
	int fd = open(name, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), PAGE + PARTS * part);
	for (int i = 0; i < PARTS; i++) {
		off_t start = PAGE + i * part;
		int byte = i % 2 ? 0 : 1 + i % 255;
		/* The block in front is data too. */
		off_t hole = lseek(fd, start, SEEK_HOLE);

		assert_int_equal(hole, i % 2 ? start : start + part);
		assert_int_equal(pread(fd, bytes, sizeof bytes, start), part);
		for (size_t k = 0; k < sizeof bytes; k++)
			assert_int_equal(bytes[k], byte);
	}
	close(fd);
}

/* Bytes of the file that another file has too. */
static uint64_t bytes_shared(const char *name)
{
	static union {
		struct fiemap map;
		char bytes[sizeof(struct fiemap)
			   + 2 * PARTS * sizeof(struct fiemap_extent)];
	} map;
	int fd = open(name, O_RDONLY);
	uint64_t shared = 0;

	assert_true(fd >= 0);
	map.map = (struct fiemap){
		.fm_length = FIEMAP_MAX_OFFSET, .fm_flags = FIEMAP_FLAG_SYNC,
		.fm_extent_count = 2 * PARTS,
	};
	assert_int_equal(ioctl(fd, FS_IOC_FIEMAP, &map.map), 0);
	for (uint32_t i = 0; i < map.map.fm_mapped_extents; i++)
		if (map.map.fm_extents[i].fe_flags & FIEMAP_EXTENT_SHARED)
			shared += map.map.fm_extents[i].fe_length;
	close(fd);
	return shared;
}

/* Bytes that this process has handed to the system to write, or to copy. */
static unsigned long long bytes_written(void)
{
	unsigned long long written;
	char text[500] = "";
	int fd = open("/proc/self/io", O_RDONLY);

	assert_true(fd >= 0);
	assert_true(read(fd, text, sizeof text - 1) > 0);
	close(fd);
	assert_int_equal(sscanf(strstr(text, "wchar:"), "wchar: %llu",
				&written), 1);
	return written;
}

/* In a child, whose mounts nobody else sees and which end with it. */
static int on_file_system(const char *kind, bool shares)
{
	char command[400];
	char name[100];
	struct save_options options = { .backup = SAVE_BACKUP_SIMPLE };
	struct save_plan done;
	struct error error = ERROR_NONE;

	snprintf(command, sizeof command, "exec 2>/dev/null; "
		 "mount --make-rprivate / && truncate -s 512M %s && "
		 "mkfs.%s -q %s >/dev/null && mkdir %s/on && "
		 "mount -o loop %s %s/on", path, kind, path, folder, path,
		 folder);
	if (unshare(CLONE_NEWNS) != 0 || system(command) != 0)
		return NO_FILE_SYSTEM;
	snprintf(name, sizeof name, "%s/on/file", folder);
	write_sparse(name);
	struct document *document = open_document(name);
	static const unsigned char block[PAGE] = { 1 };
	assert_true(document_insert(document, 0, block, PAGE, NULL));
	unsigned long long written = bytes_written();
	if (!save_write(document, &options, &done, &error))
		fail_msg("%s", error.message);
	written = bytes_written() - written;
	assert_int_equal(done.method, SAVE_REPLACED);
	assert_true((done.shared > 0) == shares);
	assert_true((written < 64 << 10) == shares);
	/* The old file is still there, so that its blocks are shared. */
	assert_sparse(name);
	assert_int_equal(bytes_shared(name),
			 shares ? PARTS / 2 * 16 * PAGE : 0);
	document_close(document);
	return 0;
}

static void try_file_system(const char *kind, bool shares)
{
	char command[100];
	int status;
	pid_t child = fork();

	if (child == 0)
		_exit(on_file_system(kind, shares));
	assert_int_equal(waitpid(child, &status, 0), child);
	snprintf(command, sizeof command, "rm -rf %s/on %s", folder, path);
	assert_int_equal(system(command), 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_FILE_SYSTEM) {
		print_message("no %s here\n", kind);
		skip();
	}
	assert_int_equal(status, 0);
}

static void test_save_on_btrfs(void **state)
{
	(void)state;
	try_file_system("btrfs", true);
}

static void test_save_on_xfs(void **state)
{
	(void)state;
	try_file_system("xfs", true);
}

static void test_save_on_ext4(void **state)
{
	(void)state;
	try_file_system("ext4", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_save_choose),
		cmocka_unit_test(test_save_shareable),
		cmocka_unit_test(test_save_share),
		cmocka_unit_test(test_save_share_fails),
		cmocka_unit_test(test_save_share_no_blocks),
		cmocka_unit_test(test_save_share_read_back),
		cmocka_unit_test(test_save_copy_range_fails),
		cmocka_unit_test(test_save_copies_itself),
		cmocka_unit_test(test_save_written_early),
		cmocka_unit_test(test_save_on_btrfs),
		cmocka_unit_test(test_save_on_xfs),
		cmocka_unit_test(test_save_on_ext4),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
