/*
 * compat: the calls that only Linux has, for src/io.c alone.  Elsewhere (or
 * with OCTAVO_PORTABLE, to try it) they fail with ENOSYS.
 */
#ifndef OCTAVO_COMPAT_H
#define OCTAVO_COMPAT_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#if defined(__linux__) && !defined(OCTAVO_PORTABLE)

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Opens a folder that may be passed through, but not read. */
enum { COMPAT_SEARCH = O_PATH };

static inline int compat_reserve(int fd, off_t offset, off_t length)
{
	return fallocate(fd, FALLOC_FL_KEEP_SIZE, offset, length);
}

static inline int compat_release(void *address, size_t length)
{
	return madvise(address, length, MADV_DONTNEED);
}

static inline int compat_discard(int fd, off_t offset, off_t length)
{
	errno = posix_fadvise(fd, offset, length, POSIX_FADV_DONTNEED);
	return errno ? -1 : 0;
}

static inline int compat_cached(void *address, bool *cached)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	unsigned char byte = 1;
	int result = mincore((char *)address - (uintptr_t)address % page, 1,
			     &byte);

	*cached = byte & 1;
	return result;
}

static inline uint64_t compat_memory(void)
{
	long pages = sysconf(_SC_PHYS_PAGES);

	return pages > 0 ? (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE)
			 : 0;
}

static inline ssize_t compat_copy_range(int from, off_t *from_offset, int to,
					off_t *to_offset, size_t length)
{
	return copy_file_range(from, from_offset, to, to_offset, length, 0);
}

static inline int compat_share_range(int from, off_t from_offset, int to,
				     off_t to_offset, off_t length)
{
	struct file_clone_range range = {
		.src_fd = from,
		.src_offset = (uint64_t)from_offset,
		.src_length = (uint64_t)length,
		.dest_offset = (uint64_t)to_offset,
	};

	return ioctl(to, FICLONERANGE, &range);
}

static inline int compat_file_system(int fd, bool *shares, bool *local)
{
	struct statfs system = { .f_type = 0 };
	int result = fstatfs(fd, &system);

	*shares = system.f_type == BTRFS_SUPER_MAGIC
		|| system.f_type == XFS_SUPER_MAGIC;
	*local = *shares || system.f_type == EXT4_SUPER_MAGIC
		|| system.f_type == F2FS_SUPER_MAGIC
		|| system.f_type == TMPFS_MAGIC;
	return result;
}

/* Those that have no numbers on the disk count the files as they come, FUSE
 * where the program behind it has no other way.  Not all headers know all. */
static inline int compat_keeps_status(int fd, bool *keeps)
{
	static const uint32_t without[] = {
		0x4d44,		/* FAT */
		0x2011bab0,	/* exFAT */
		0x65735546,	/* FUSE */
		0xff534d42, 0xfe534d42, 0x517b,	/* SMB */
		0x01021997,	/* 9p */
		0x786f4256,	/* VirtualBox */
	};
	struct statfs system;

	if (fstatfs(fd, &system) != 0)
		return -1;
	*keeps = true;
	for (size_t i = 0; i < sizeof without / sizeof *without; i++)
		*keeps = *keeps && (uint32_t)system.f_type != without[i];
	return 0;
}

static inline int compat_write_early(int fd, off_t offset, off_t length)
{
	return sync_file_range(fd, offset, length, SYNC_FILE_RANGE_WRITE);
}

static inline ssize_t compat_flistxattr(int fd, char *list, size_t size)
{
	return flistxattr(fd, list, size);
}

static inline ssize_t compat_fgetxattr(int fd, const char *name, void *value,
				       size_t size)
{
	return fgetxattr(fd, name, value, size);
}

static inline int compat_fsetxattr(int fd, const char *name,
				   const void *value, size_t size, int flags)
{
	return fsetxattr(fd, name, value, size, flags);
}

static inline int compat_fremovexattr(int fd, const char *name)
{
	return fremovexattr(fd, name);
}

static inline int compat_exchange(int folder, const char *one,
				  const char *other)
{
	return renameat2(folder, one, folder, other, RENAME_EXCHANGE);
}

static inline int compat_lock(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_SETLK, &whole);
}

static inline int compat_lock_probe(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_OFD_GETLK, &whole) < 0)
		return -1;
	if (whole.l_type == F_UNLCK)
		return 0;
	errno = EAGAIN;
	return -1;
}

static inline int compat_device_size(int fd, uint64_t *size)
{
	return ioctl(fd, BLKGETSIZE64, size);
}

static inline int compat_device_read_only(int fd, bool *read_only)
{
	int flag = 0;
	int result = ioctl(fd, BLKROGET, &flag);

	*read_only = flag != 0;
	return result;
}

static inline int compat_attributes(int fd, bool *immutable,
				    bool *append_only)
{
	/* The kernel stores an int, though the request's number says long. */
	int flags[2] = { 0, 0 };
	int result = ioctl(fd, FS_IOC_GETFLAGS, flags);

	*immutable = (flags[0] & FS_IMMUTABLE_FL) != 0;
	*append_only = (flags[0] & FS_APPEND_FL) != 0;
	return result;
}

static inline int compat_mount_point(int folder, const char *name,
				     bool *mounted)
{
	struct statx status;
	int result = statx(folder, name, AT_SYMLINK_NOFOLLOW, 0, &status);

	*mounted = result == 0
		&& (status.stx_attributes & STATX_ATTR_MOUNT_ROOT);
	return result;
}

static inline int compat_watch(void)
{
	return inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

static inline int compat_watch_add(int watch, const char *path, bool folder)
{
	return inotify_add_watch(watch, path, folder
		? IN_CREATE | IN_DELETE | IN_MOVE | IN_ONLYDIR
		: IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF);
}

static inline int compat_close_range(int first, int last)
{
	return (int)syscall(SYS_close_range, first, last, 0);
}

static inline int compat_die_with_parent(void)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL);
}

#else

#pragma GCC diagnostic ignored "-Wunused-parameter"

enum { COMPAT_SEARCH = 0 };

#define COMPAT_ABSENT(result, name, ...)		\
	static inline result name(__VA_ARGS__)		\
	{						\
		errno = ENOSYS;				\
		return -1;				\
	}

COMPAT_ABSENT(int, compat_reserve, int fd, off_t offset, off_t length)
COMPAT_ABSENT(int, compat_release, void *address, size_t length)
COMPAT_ABSENT(int, compat_discard, int fd, off_t offset, off_t length)
COMPAT_ABSENT(int, compat_cached, void *address, bool *cached)
COMPAT_ABSENT(ssize_t, compat_copy_range, int from, off_t *from_offset, int to,
	      off_t *to_offset, size_t length)
COMPAT_ABSENT(int, compat_share_range, int from, off_t from_offset, int to,
	      off_t to_offset, off_t length)
COMPAT_ABSENT(int, compat_file_system, int fd, bool *shares, bool *local)
COMPAT_ABSENT(int, compat_keeps_status, int fd, bool *keeps)
COMPAT_ABSENT(int, compat_write_early, int fd, off_t offset, off_t length)
COMPAT_ABSENT(ssize_t, compat_flistxattr, int fd, char *list, size_t size)
COMPAT_ABSENT(ssize_t, compat_fgetxattr, int fd, const char *name, void *value,
	      size_t size)
COMPAT_ABSENT(int, compat_fsetxattr, int fd, const char *name,
	      const void *value, size_t size, int flags)
COMPAT_ABSENT(int, compat_fremovexattr, int fd, const char *name)
COMPAT_ABSENT(int, compat_exchange, int folder, const char *one,
	      const char *other)
COMPAT_ABSENT(int, compat_lock, int fd)
COMPAT_ABSENT(int, compat_lock_probe, int fd)
COMPAT_ABSENT(int, compat_device_size, int fd, uint64_t *size)
COMPAT_ABSENT(int, compat_device_read_only, int fd, bool *read_only)
COMPAT_ABSENT(int, compat_attributes, int fd, bool *immutable,
	      bool *append_only)
COMPAT_ABSENT(int, compat_mount_point, int folder, const char *name,
	      bool *mounted)
COMPAT_ABSENT(int, compat_watch, void)
COMPAT_ABSENT(int, compat_watch_add, int watch, const char *path, bool folder)
COMPAT_ABSENT(int, compat_close_range, int first, int last)
COMPAT_ABSENT(int, compat_die_with_parent, void)

static inline uint64_t compat_memory(void)
{
	return 0;
}

#endif

#endif
