/* io: the loops over short counts and EINTR, and the Linux entries. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io.h"
#include "sizes.h"

static char folder[] = "/tmp/octavo-io-XXXXXX";
static struct io real;

static int create(const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	int fd = open(path, O_CREAT | O_RDWR | O_TRUNC | flags, 0600);
	assert_true(fd >= 0);
	return fd;
}

static void discard(const char *name, int fd)
{
	char path[64];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	close(fd);
	unlink(path);
}

/* Every other call is interrupted, the others move one byte. */
static unsigned calls;

static bool interrupted(void)
{
	errno = EINTR;
	return calls++ % 2 == 0;
}

static ssize_t slow_pread(int fd, void *buffer, size_t size, off_t offset)
{
	return interrupted() ? -1 : pread(fd, buffer, size ? 1 : 0, offset);
}

static ssize_t slow_pwrite(int fd, const void *buffer, size_t size,
			   off_t offset)
{
	return interrupted() ? -1 : pwrite(fd, buffer, size ? 1 : 0, offset);
}

static ssize_t slow_write(int fd, const void *buffer, size_t size)
{
	return interrupted() ? -1 : write(fd, buffer, size ? 1 : 0);
}

static int slow_fsync(int fd)
{
	return interrupted() ? -1 : fsync(fd);
}

static int slow_openat(int at, const char *name, int flags, mode_t mode)
{
	return interrupted() ? -1 : openat(at, name, flags, mode);
}

static void test_io_loops_finish(void **state)
{
	char buffer[16] = "";
	int fd = create("slow", 0);

	(void)state;
	io.pread = slow_pread;
	io.pwrite = slow_pwrite;
	io.write = slow_write;
	io.fsync = slow_fsync;
	io.openat = slow_openat;
	assert_true(io_write_all(fd, "abcdef", 6));
	assert_true(io_write_at(fd, "XYZ", 3, 4));
	assert_int_equal(io_read_at(fd, buffer, 7, 0), 7);
	assert_string_equal(buffer, "abcdXYZ");
	assert_int_equal(io_read_at(fd, buffer, sizeof buffer, 5), 2);
	assert_int_equal(io_read_at(fd, buffer, sizeof buffer, 99), 0);
	calls = 0;
	assert_int_equal(io_fsync(fd), 0);
	calls = 0;
	int again = io_open(AT_FDCWD, folder, O_RDONLY | O_CLOEXEC);
	assert_true(again >= 0);
	close(again);
	io = real;
	discard("slow", fd);
}

static ssize_t failing_pread(int fd, void *buffer, size_t size, off_t offset)
{
	if (offset >= 2) {
		errno = EIO;
		return -1;
	}
	return pread(fd, buffer, size < 2 ? size : 2, offset);
}

static ssize_t full_pwrite(int fd, const void *buffer, size_t size,
			   off_t offset)
{
	(void)fd, (void)buffer, (void)size, (void)offset;
	errno = ENOSPC;
	return -1;
}

static ssize_t stuck_pwrite(int fd, const void *buffer, size_t size,
			    off_t offset)
{
	(void)fd, (void)buffer, (void)size, (void)offset;
	return 0;
}

static ssize_t stuck_write(int fd, const void *buffer, size_t size)
{
	(void)fd, (void)buffer, (void)size;
	return 0;
}

static void test_io_loops_report_errors(void **state)
{
	char buffer[8];
	int fd = create("errors", 0);

	(void)state;
	assert_true(io_write_all(fd, "abcdef", 6));
	io.pread = failing_pread;
	assert_int_equal(io_read_at(fd, buffer, 2, 0), 2);
	assert_int_equal(io_read_at(fd, buffer, 6, 0), -1);
	assert_int_equal(errno, EIO);
	io.pwrite = full_pwrite;
	assert_false(io_write_at(fd, "x", 1, 0));
	assert_int_equal(errno, ENOSPC);
	io.pwrite = stuck_pwrite;
	assert_false(io_write_at(fd, "x", 1, 0));
	assert_int_equal(errno, EIO);
	io.write = stuck_write;
	assert_false(io_write_all(fd, "x", 1));
	assert_int_equal(errno, EIO);
	io = real;
	discard("errors", fd);
}

static void test_io_close_keeps_errno(void **state)
{
	(void)state;
	errno = ENOSPC;
	io_close(-1);
	assert_int_equal(errno, ENOSPC);
}

static void test_io_exchange_swaps_names(void **state)
{
	char byte = 0;
	int one = create("one", 0), other = create("other", 0);
	int at = open(folder, O_RDONLY | O_DIRECTORY);

	(void)state;
	assert_true(io_write_all(one, "1", 1) && io_write_all(other, "2", 1));
	if (io.exchange(at, "one", "other") == 0) {
		int fd = openat(at, "one", O_RDONLY);

		assert_int_equal(read(fd, &byte, 1), 1);
		assert_int_equal(byte, '2');
		close(fd);
	} else {
		assert_true(errno == ENOSYS || errno == EINVAL);
	}
	close(at);
	discard("one", one);
	discard("other", other);
}

static void test_io_lock_keeps_others_out(void **state)
{
	int one = create("lock", 0), other = create("lock", 0);

	(void)state;
	if (io.lock(one) == 0) {
		assert_int_equal(io.lock(other), -1);
		assert_int_equal(errno, EAGAIN);
		close(one);
		assert_int_equal(io.lock(other), 0);
	} else {
		assert_true(errno == ENOSYS || errno == EINVAL);
		close(one);
	}
	discard("lock", other);
}

static void test_io_lock_probe_takes_nothing(void **state)
{
	char path[64];
	int writer = create("lock", 0);

	(void)state;
	snprintf(path, sizeof path, "%s/lock", folder);
	int reader = open(path, O_RDONLY);
	if (io.lock_probe(reader) < 0) {
		assert_true(errno == ENOSYS || errno == EINVAL);
	} else {
		assert_int_equal(io.lock(writer), 0);
		assert_int_equal(io.lock_probe(writer), 0);
		assert_int_equal(io.lock_probe(reader), -1);
		assert_int_equal(errno, EAGAIN);
	}
	close(writer);
	discard("lock", reader);
}

static void test_io_reserve_keeps_size(void **state)
{
	struct stat status;
	int fd = create("reserve", 0);

	(void)state;
	if (io.reserve(fd, 0, 1 << 16) == 0) {
		assert_int_equal(fstat(fd, &status), 0);
		assert_int_equal(status.st_size, 0);
		assert_true(status.st_blocks * 512 >= 1 << 16);
	} else {
		assert_true(errno == ENOSYS || errno == EOPNOTSUPP);
	}
	discard("reserve", fd);
}

static void test_io_copy_range_moves_both_offsets(void **state)
{
	char buffer[4] = "";
	off_t from = 1, to = 0;
	int source = create("source", 0), target = create("target", 0);

	(void)state;
	assert_true(io_write_all(source, "abcd", 4));
	ssize_t count = io.copy_range(source, &from, target, &to, 3);
	if (count >= 0) {
		assert_int_equal(count, 3);
		assert_int_equal(from, 4);
		assert_int_equal(to, 3);
		assert_int_equal(io_read_at(target, buffer, 3, 0), 3);
		assert_string_equal(buffer, "bcd");
	} else {
		assert_true(errno == ENOSYS || errno == EXDEV ||
			    errno == EINVAL);
	}
	discard("source", source);
	discard("target", target);
}

static void test_io_temporary_is_new_and_private(void **state)
{
	char path[64];
	struct stat status;

	(void)state;
	snprintf(path, sizeof path, "%s/t-XXXXXX", folder);
	int fd = io.temporary(path);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	assert_int_equal(unlink(path), 0);
}

static void test_io_pipe_is_close_on_exec(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(io.pipe(ends), 0);
	for (int i = 0; i < 2; i++) {
		assert_true(fcntl(ends[i], F_GETFD) & FD_CLOEXEC);
		close(ends[i]);
	}
}

/* --- what is closed behind us --- */

static unsigned forks;
static int behind;	/* the descriptor that is closed */
static int again;	/* the same file, opened once more */
static int others[2];	/* a pipe that is open meanwhile */

static pid_t count_fork(void)
{
	forks++;
	return fork();
}

static pid_t no_fork(void)
{
	forks++;
	errno = EAGAIN;
	return -1;
}

static int no_pipe(int ends[2])
{
	(void)ends;
	errno = EMFILE;
	return -1;
}

static int lock_file(int fd, int command)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, command, &lock);
}

/* Once we have closed it, the holder still has it, and nothing else. */
static int close_and_look(int fd)
{
	char byte;
	int result = close(fd);

	if (fd != behind)
		return result;
	assert_int_equal(lock_file(again, F_OFD_SETLK), -1);
	close(others[1]);
	assert_int_equal(read(others[0], &byte, 1), 0);
	close(others[0]);
	return result;
}

/* Opens twice a file without a name, of so many blocks, locked. */
static void open_nameless(off_t blocks)
{
	char path[64];

	behind = create("behind", 0);
	snprintf(path, sizeof path, "%s/behind", folder);
	again = open(path, O_RDWR);
	assert_true(again >= 0);
	assert_int_equal(posix_fallocate(behind, 0, blocks * 512), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(lock_file(behind, F_OFD_SETLK), 0);
	forks = 0;
}

/* BEHIND is closed, here and in any other process, at last. */
static void assert_let_go(void)
{
	assert_int_equal(fcntl(behind, F_GETFD), -1);
	assert_int_equal(lock_file(again, F_OFD_SETLKW), 0);
	close(again);
}

static void test_io_close_behind_has_it_held(void **state)
{
	(void)state;
	open_nameless(IO_BEHIND);
	assert_int_equal(pipe(others), 0);
	io.fork = count_fork;
	io.close = close_and_look;
	errno = ENOENT;
	io_close_behind(behind);
	assert_int_equal(errno, ENOENT);
	io = real;
	assert_int_equal(forks, 1);
	assert_let_go();
	/* Nothing is left to wait for. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_io_close_behind_closes_small_ones_itself(void **state)
{
	(void)state;
	open_nameless(8);
	io.fork = count_fork;
	io_close_behind(behind);
	io = real;
	assert_int_equal(forks, 0);
	assert_let_go();
}

static void test_io_close_behind_closes_without_a_child(void **state)
{
	(void)state;
	open_nameless(IO_BEHIND);
	io.fork = no_fork;
	io_close_behind(behind);
	assert_int_equal(forks, 1);
	assert_let_go();
	open_nameless(IO_BEHIND);
	io.pipe = no_pipe;
	io_close_behind(behind);
	io = real;
	assert_int_equal(forks, 0);
	assert_let_go();
}

/* No entry may be forgotten: a new one is NULL until it is filled in. */
static void test_io_table_is_full(void **state)
{
	const unsigned char *bytes = (const unsigned char *)&io;
	void (*none)(void) = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof io; i += sizeof none)
		assert_memory_not_equal(bytes + i, &none, sizeof none);
}

static int make_folder(void **state)
{
	(void)state;
	real = io;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_io_loops_finish),
		cmocka_unit_test(test_io_loops_report_errors),
		cmocka_unit_test(test_io_close_keeps_errno),
		cmocka_unit_test(test_io_exchange_swaps_names),
		cmocka_unit_test(test_io_lock_keeps_others_out),
		cmocka_unit_test(test_io_lock_probe_takes_nothing),
		cmocka_unit_test(test_io_reserve_keeps_size),
		cmocka_unit_test(test_io_copy_range_moves_both_offsets),
		cmocka_unit_test(test_io_temporary_is_new_and_private),
		cmocka_unit_test(test_io_pipe_is_close_on_exec),
		cmocka_unit_test(test_io_close_behind_has_it_held),
		cmocka_unit_test(test_io_close_behind_closes_small_ones_itself),
		cmocka_unit_test(test_io_close_behind_closes_without_a_child),
		cmocka_unit_test(test_io_table_is_full),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
