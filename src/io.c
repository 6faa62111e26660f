/*
 * io: the table, filled with the real calls, and the loops around them.
 */
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compat.h"
#include "sizes.h"

static int real_open(const char *path, int flags, mode_t mode)
{
	return open(path, flags, mode);
}

static int real_openat(int folder, const char *name, int flags, mode_t mode)
{
	return openat(folder, name, flags, mode);
}

static int real_temporary(char *pattern)
{
	return mkostemp(pattern, O_CLOEXEC);
}

static int real_device_size(int fd, uint64_t *size)
{
	if (compat_device_size(fd, size) == 0)
		return 0;

	off_t end = lseek(fd, 0, SEEK_END);
	if (end < 0)
		return -1;
	*size = (uint64_t)end;
	return 0;
}

static int real_pipe(int ends[2])
{
	return pipe2(ends, O_CLOEXEC);
}

struct io io = {
	.open = real_open,
	.openat = real_openat,
	.close = close,
	.stat = stat,
	.fstat = fstat,
	.fstatat = fstatat,
	.fstatvfs = fstatvfs,
	.faccessat = faccessat,
	.temporary = real_temporary,
	.read = read,
	.write = write,
	.pread = pread,
	.pwrite = pwrite,
	.lseek = lseek,
	.ftruncate = ftruncate,
	.reserve = compat_reserve,
	.copy_range = compat_copy_range,
	.share_range = compat_share_range,
	.file_system = compat_file_system,
	.keeps_status = compat_keeps_status,
	.write_early = compat_write_early,
	.fsync = fsync,
	.fdatasync = fdatasync,
	.aio_fsync = aio_fsync,
	.aio_error = aio_error,
	.aio_return = aio_return,
	.aio_suspend = aio_suspend,
	.fchown = fchown,
	.fchmod = fchmod,
	.flistxattr = compat_flistxattr,
	.fgetxattr = compat_fgetxattr,
	.fsetxattr = compat_fsetxattr,
	.fremovexattr = compat_fremovexattr,
	.mkdirat = mkdirat,
	.renameat = renameat,
	.exchange = compat_exchange,
	.linkat = linkat,
	.unlinkat = unlinkat,
	.readlink = readlink,
	.realpath = realpath,
	.fdopendir = fdopendir,
	.readdir = readdir,
	.lock = compat_lock,
	.lock_probe = compat_lock_probe,
	.mmap = mmap,
	.munmap = munmap,
	.release = compat_release,
	.discard = compat_discard,
	.cached = compat_cached,
	.memory = compat_memory,
	.device_size = real_device_size,
	.device_read_only = compat_device_read_only,
	.attributes = compat_attributes,
	.mount_point = compat_mount_point,
	.watch = compat_watch,
	.watch_add = compat_watch_add,
	.pipe = real_pipe,
	.fork = fork,
	.waitpid = waitpid,
	.kill = kill,
	.die_with_parent = compat_die_with_parent,
};

int io_open(int folder, const char *name, int flags)
{
	int fd;

	do
		fd = io.openat(folder, name, flags, 0);
	while (fd < 0 && errno == EINTR);
	return fd;
}

int io_open_folder(const char *path)
{
	int flags = O_DIRECTORY | O_CLOEXEC;
	int fd = io_open(AT_FDCWD, path, O_RDONLY | flags);

	if (fd < 0 && errno == EACCES)
		fd = io_open(AT_FDCWD, path, COMPAT_SEARCH | flags);
	return fd;
}

ssize_t io_read_at(int fd, void *buffer, size_t size, uint64_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t count = io.pread(fd, (char *)buffer + done,
					 size - done, (off_t)(offset + done));
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -1;
		if (count == 0)
			break;
		done += (size_t)count;
	}
	return (ssize_t)done;
}

bool io_write_at(int fd, const void *buffer, size_t size, uint64_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t count = io.pwrite(fd, (const char *)buffer + done,
					  size - done, (off_t)(offset + done));
		if (count < 0 && errno == EINTR)
			continue;
		if (count == 0)
			errno = EIO;
		if (count <= 0)
			return false;
		done += (size_t)count;
	}
	return true;
}

bool io_write_all(int fd, const void *buffer, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t count = io.write(fd, (const char *)buffer + done,
					 size - done);
		if (count < 0 && errno == EINTR)
			continue;
		if (count == 0)
			errno = EIO;
		if (count <= 0)
			return false;
		done += (size_t)count;
	}
	return true;
}

int io_fsync(int fd)
{
	int result;

	do
		result = io.fsync(fd);
	while (result < 0 && errno == EINTR);
	return result;
}

int io_fdatasync(int fd)
{
	int result;

	do
		result = io.fdatasync(fd);
	while (result < 0 && errno == EINTR);
	return result;
}

void io_close(int fd)
{
	int number = errno;

	io.close(fd);
	errno = number;
}

/* FIRST to LAST, if there are any. */
static void close_all(int first, int last)
{
	enum { MAXIMUM = 1 << 16 };	/* we never have as many */

	if (first > last || compat_close_range(first, last) == 0)
		return;
	for (int fd = first; fd <= last && fd < MAXIMUM; fd++)
		close(fd);
}

/* A lock would be held, somebody who reads to the end would wait. */
static void close_others(int one, int other)
{
	int lower = one < other ? one : other;
	int upper = one < other ? other : one;

	close_all(0, lower - 1);
	close_all(lower + 1, upper - 1);
	close_all(upper + 1, INT_MAX);
}

/* Until the other end of WAIT is closed. */
static _Noreturn void hold(int wait)
{
	char byte;
	ssize_t got;

	do
		got = read(wait, &byte, 1);
	while (got < 0 && errno == EINTR);
	_exit(0);
}

/* Forks twice: whose parent is gone nobody has to wait for. */
static void hold_in_child(int fd, const int wait[2])
{
	sigset_t all, before;
	pid_t child;

	/* No signal is the holder's business. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	child = io.fork();
	if (child == 0) {
		/* Before anybody goes on who waits for this one. */
		close_others(fd, wait[0]);
		if (fork() == 0)
			hold(wait[0]);
		_exit(0);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	/* Without a child it is ours to close, and to wait for. */
	while (child > 0 && io.waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

static bool takes_long_to_close(int fd)
{
	struct stat status;

	return io.fstat(fd, &status) == 0 && S_ISREG(status.st_mode)
		&& status.st_nlink == 0 && status.st_blocks >= IO_BEHIND;
}

void io_close_behind(int fd)
{
	int number = errno;
	int wait[2];
	bool held = takes_long_to_close(fd) && io.pipe(wait) == 0;

	if (held) {
		hold_in_child(fd, wait);
		io_close(wait[0]);
	}
	io_close(fd);
	if (held)
		io_close(wait[1]);
	errno = number;
}

/* A handler may come between any two of these stores, and then finds a list
 * that is whole, with the new one or without. */
static struct io_private *volatile privates;

void io_private_add(struct io_private *private)
{
	private->next = privates;
	privates = private;
}

void io_private_remove(struct io_private *private)
{
	if (privates == private) {
		privates = private->next;
		return;
	}
	for (struct io_private *at = privates; at; at = at->next)
		if (at->next == private)
			at->next = private->next;
}

void io_private_close(void)
{
	for (struct io_private *at = privates; at; at = at->next)
		io_close(at->fd);
	privates = NULL;
}

void io_private_sync(void)
{
	int number = errno;

	for (struct io_private *at = privates; at; at = at->next)
		if (!at->unsynced)
			io.fdatasync(at->fd);
	errno = number;
}
