/*
 * simulator: the system calls of save, recovery and log, each of which fails
 * in turn, is cut short, or is the last one.  Allocations fail in the same
 * way, apart from the calls, where simulator_allocation is asked about them.
 */
#ifndef OCTAVO_TEST_SIMULATOR_H
#define OCTAVO_TEST_SIMULATOR_H

#include <sys/mman.h>
#include <unistd.h>

#include "states.h"

enum mode {
	COUNT,		/* only count the calls */
	ONCE,		/* the n-th call fails */
	KIND,		/* and from then on all of its kind */
	DEAD,		/* and from then on all */
	KILL,		/* the process ends before the n-th call */
	KILL_HALF,	/* or half-way through it */
	SHORT,		/* all transfers are short */
	EMPTY,		/* the n-th, if it reads, finds the end of the file */
	WRONG,		/* or a byte that is another */
	STORM,		/* every other call is interrupted */
};

static struct {
	enum mode mode;
	long target;		/* from 1 */
	int error;
	long count;
	const char *kind;	/* of the call that failed */
	bool allocations;	/* these count, and not the calls */
} fault;

static inline bool strikes(const char *kind)
{
	bool now = ++fault.count == fault.target;

	if (now && fault.mode == KILL)
		_exit(0);
	if (now)
		fault.kind = kind;
	if (fault.mode == KIND)
		now = fault.kind == kind;
	else if (fault.mode == DEAD)
		now = fault.kind != NULL;
	else if (fault.mode == STORM)
		now = fault.count % 2;
	else if (fault.mode != ONCE)
		now = false;
	if (now)
		errno = fault.mode == STORM ? EINTR : fault.error;
	return now;
}

static inline bool hits(const char *kind)
{
	return !fault.allocations && strikes(kind);
}

static inline bool simulator_allocation(void)
{
	static const char kind[] = "allocation";

	return fault.allocations && strikes(kind);
}

/* For calls that no signal interrupts. */
static inline bool hits_plain(const char *kind)
{
	return fault.mode != STORM && fault.error != EINTR && hits(kind);
}

static inline size_t cut(size_t size)
{
	return fault.mode == SHORT && size > 1 ? 1 + size / 3 : size;
}

#define WRAP(how, type, failed, name, parameters, arguments) \
static inline type fault_##name parameters \
{ \
	static const char kind[] = #name; \
	return how(kind) ? failed : real.name arguments; \
}

WRAP(hits, int, -1, open, (const char *path, int flags, mode_t mode),
     (path, flags, mode))
WRAP(hits, int, -1, openat,
     (int folder, const char *name, int flags, mode_t mode),
     (folder, name, flags, mode))
WRAP(hits_plain, int, -1, stat, (const char *path, struct stat *status),
     (path, status))
WRAP(hits_plain, int, -1, fstat, (int fd, struct stat *status), (fd, status))
WRAP(hits_plain, int, -1, fstatat,
     (int folder, const char *name, struct stat *status, int flags),
     (folder, name, status, flags))
WRAP(hits_plain, int, -1, fstatvfs, (int fd, struct statvfs *status),
     (fd, status))
WRAP(hits_plain, int, -1, mount_point,
     (int folder, const char *name, bool *mounted), (folder, name, mounted))
WRAP(hits_plain, int, -1, faccessat,
     (int folder, const char *name, int mode, int flags),
     (folder, name, mode, flags))
WRAP(hits, off_t, -1, lseek, (int fd, off_t offset, int whence),
     (fd, offset, whence))
WRAP(hits, int, -1, ftruncate, (int fd, off_t size), (fd, size))
WRAP(hits, int, -1, reserve, (int fd, off_t offset, off_t length),
     (fd, offset, length))
WRAP(hits, int, -1, share_range,
     (int from, off_t from_offset, int to, off_t to_offset, off_t length),
     (from, from_offset, to, to_offset, length))
WRAP(hits_plain, int, -1, file_system, (int fd, bool *shares, bool *local),
     (fd, shares, local))
WRAP(hits_plain, int, -1, keeps_status, (int fd, bool *keeps), (fd, keeps))
WRAP(hits, int, -1, write_early, (int fd, off_t offset, off_t length),
     (fd, offset, length))
WRAP(hits, int, -1, fchown, (int fd, uid_t owner, gid_t group),
     (fd, owner, group))
WRAP(hits, int, -1, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(hits, ssize_t, -1, flistxattr, (int fd, char *list, size_t size),
     (fd, list, size))
WRAP(hits, ssize_t, -1, fgetxattr,
     (int fd, const char *name, void *value, size_t size),
     (fd, name, value, size))
WRAP(hits, int, -1, fsetxattr,
     (int fd, const char *name, const void *value, size_t size, int flags),
     (fd, name, value, size, flags))
WRAP(hits, int, -1, fremovexattr, (int fd, const char *name), (fd, name))
WRAP(hits, int, -1, renameat,
     (int from_folder, const char *from, int to_folder, const char *to),
     (from_folder, from, to_folder, to))
WRAP(hits, int, -1, exchange, (int folder, const char *one, const char *other),
     (folder, one, other))
WRAP(hits, int, -1, linkat,
     (int from_folder, const char *from, int to_folder, const char *to,
      int flags), (from_folder, from, to_folder, to, flags))
WRAP(hits, int, -1, unlinkat, (int folder, const char *name, int flags),
     (folder, name, flags))
WRAP(hits, ssize_t, -1, readlink,
     (const char *path, char *buffer, size_t size), (path, buffer, size))
WRAP(hits_plain, int, -1, mkdirat, (int folder, const char *name, mode_t mode),
     (folder, name, mode))
WRAP(hits_plain, char *, NULL, realpath, (const char *path, char *resolved),
     (path, resolved))
WRAP(hits_plain, DIR *, NULL, fdopendir, (int fd), (fd))
WRAP(hits_plain, struct dirent *, NULL, readdir, (DIR *folder), (folder))
WRAP(hits, int, -1, lock, (int fd), (fd))
WRAP(hits, int, -1, lock_probe, (int fd), (fd))
WRAP(hits_plain, int, -1, aio_fsync, (int flag, struct aiocb *request),
     (flag, request))
WRAP(hits_plain, void *, MAP_FAILED, mmap,
     (void *address, size_t length, int protection, int flags, int fd,
      off_t offset), (address, length, protection, flags, fd, offset))

/* A real sync would only cost time here. */
static inline int fault_fsync(int fd)
{
	static const char kind[] = "fsync";
	struct stat status;

	return hits(kind) ? -1 : real.fstat(fd, &status);
}

static inline int fault_fdatasync(int fd)
{
	static const char kind[] = "fdatasync";
	struct stat status;

	return hits(kind) ? -1 : real.fstat(fd, &status);
}

static inline ssize_t fault_pread(int fd, void *buffer, size_t size,
				  off_t offset)
{
	static const char kind[] = "pread";

	if (hits(kind))
		return -1;
	bool now = fault.count == fault.target;
	if (now && fault.mode == EMPTY)
		return 0;
	ssize_t got = real.pread(fd, buffer, cut(size), offset);
	if (now && fault.mode == WRONG && got > 0)
		*(unsigned char *)buffer ^= 0x20;
	return got;
}

/* Of a write that fails, something may be there. */
static inline ssize_t fault_pwrite(int fd, const void *buffer, size_t size,
				   off_t offset)
{
	static const char kind[] = "pwrite";

	if (hits(kind)) {
		int number = errno;

		if (number != EINTR)
			real.pwrite(fd, buffer, size / 3, offset);
		errno = number;
		return -1;
	}
	if (fault.mode == KILL_HALF && fault.count == fault.target) {
		real.pwrite(fd, buffer, size / 2, offset);
		_exit(0);
	}
	return real.pwrite(fd, buffer, cut(size), offset);
}

static inline ssize_t fault_copy_range(int from, off_t *from_offset, int to,
				       off_t *to_offset, size_t length)
{
	static const char kind[] = "copy_range";

	if (hits(kind))
		return -1;
	if (fault.mode == EMPTY && fault.count == fault.target)
		return 0;
	if (fault.mode == KILL_HALF && fault.count == fault.target) {
		real.copy_range(from, from_offset, to, to_offset, length / 2);
		_exit(0);
	}
	return real.copy_range(from, from_offset, to, to_offset, cut(length));
}

static inline void arm(enum mode mode, long target, int error)
{
	fault.mode = mode;
	fault.target = target;
	fault.error = error;
	fault.count = 0;
	fault.kind = NULL;
	fault.allocations = false;
#define ARM(name) io.name = fault_##name
	ARM(open), ARM(openat), ARM(stat), ARM(fstat), ARM(fstatat);
	ARM(faccessat), ARM(pread), ARM(pwrite), ARM(lseek), ARM(ftruncate);
	ARM(reserve), ARM(copy_range), ARM(fsync), ARM(fchown), ARM(fchmod);
	ARM(flistxattr), ARM(fgetxattr), ARM(fsetxattr), ARM(renameat);
	ARM(exchange), ARM(linkat), ARM(unlinkat), ARM(readlink), ARM(lock);
	ARM(share_range), ARM(file_system), ARM(write_early);
	ARM(mmap), ARM(mkdirat), ARM(realpath), ARM(fdopendir), ARM(readdir);
	ARM(lock_probe), ARM(fdatasync), ARM(aio_fsync), ARM(fstatvfs);
	ARM(mount_point), ARM(fremovexattr), ARM(keeps_status);
#undef ARM
}

/* The same for allocations. */
static inline void arm_allocations(enum mode mode, long target)
{
	arm(mode, target, ENOMEM);
	fault.allocations = true;
}

static inline void disarm(void)
{
	io = real;
	fault.allocations = false;
}

#endif
