/*
 * io: the table of system calls.
 *
 * Every system call by which the library can touch a file, memory mapping or
 * process goes through `io`, so that a test can make the n-th one fail, be
 * short, or be the last one before the power goes.  Linux-only calls live
 * here too, each with its fallback: where the system lacks one, its entry
 * fails with ENOSYS and its user knows what to do.
 *
 * An entry behaves exactly as the call of its name (result, errno), EINTR
 * included: callers loop.  io_read_full and friends below do the looping.
 */
#ifndef OCTAVO_IO_H
#define OCTAVO_IO_H

#include <aio.h>
#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>

struct io {
	int (*open)(const char *path, int flags, mode_t mode);
	int (*openat)(int folder, const char *name, int flags, mode_t mode);
	int (*close)(int fd);
	int (*stat)(const char *path, struct stat *status);
	int (*fstat)(int fd, struct stat *status);
	int (*fstatat)(int folder, const char *name, struct stat *status,
		       int flags);
	int (*fstatvfs)(int fd, struct statvfs *status);
	int (*faccessat)(int folder, const char *name, int mode, int flags);
	/* mkostemp(3) with O_CLOEXEC: PATTERN ends in XXXXXX. */
	int (*temporary)(char *pattern);
	ssize_t (*read)(int fd, void *buffer, size_t size);
	ssize_t (*write)(int fd, const void *buffer, size_t size);
	ssize_t (*pread)(int fd, void *buffer, size_t size, off_t offset);
	ssize_t (*pwrite)(int fd, const void *buffer, size_t size,
			  off_t offset);
	off_t (*lseek)(int fd, off_t offset, int whence);
	int (*ftruncate)(int fd, off_t size);
	/* fallocate(2) with FALLOC_FL_KEEP_SIZE; ENOSYS or EOPNOTSUPP where
	 * there is none. */
	int (*reserve)(int fd, off_t offset, off_t length);
	/* copy_file_range(2); ENOSYS where there is none. */
	ssize_t (*copy_range)(int from, off_t *from_offset, int to,
			      off_t *to_offset, size_t length);
	/* FICLONERANGE: the same bytes, kept once, until one of the files is
	 * written there.  All or, as far as anybody is told, nothing.
	 * EOPNOTSUPP, EXDEV, EINVAL, ENOTTY or ENOSYS where that cannot be. */
	int (*share_range)(int from, off_t from_offset, int to,
			   off_t to_offset, off_t length);
	/* A guess, by the kind of file system: does it know how?  And is it one
	 * of those for which copy_range only reads and writes, on this machine?
	 * ENOSYS where there is no telling. */
	int (*file_system)(int fd, bool *shares, bool *local);
	/* By the kind of file system, a guess: has a file the same inode number
	 * when it is mounted again?  And has it a mode of its own, other than all
	 * the others?  ENOSYS where there is no telling. */
	int (*keeps_status)(int fd, bool *keeps);
	/* A hint that these bytes may go to the disk now; it promises
	 * nothing.  ENOSYS where there is none. */
	int (*write_early)(int fd, off_t offset, off_t length);
	int (*fsync)(int fd);
	int (*fdatasync)(int fd);
	int (*aio_fsync)(int flag, struct aiocb *request);
	int (*aio_error)(const struct aiocb *request);
	ssize_t (*aio_return)(struct aiocb *request);
	int (*aio_suspend)(const struct aiocb *const *requests, int count,
			   const struct timespec *patience);
	int (*fchown)(int fd, uid_t owner, gid_t group);
	int (*fchmod)(int fd, mode_t mode);
	ssize_t (*flistxattr)(int fd, char *list, size_t size);
	ssize_t (*fgetxattr)(int fd, const char *name, void *value,
			     size_t size);
	int (*fsetxattr)(int fd, const char *name, const void *value,
			 size_t size, int flags);
	int (*fremovexattr)(int fd, const char *name);
	int (*mkdirat)(int folder, const char *name, mode_t mode);
	int (*renameat)(int from_folder, const char *from, int to_folder,
			const char *to);
	/* renameat2(RENAME_EXCHANGE); ENOSYS or EINVAL where there is none. */
	int (*exchange)(int folder, const char *one, const char *other);
	int (*linkat)(int from_folder, const char *from, int to_folder,
		      const char *to, int flags);
	int (*unlinkat)(int folder, const char *name, int flags);
	ssize_t (*readlink)(const char *path, char *buffer, size_t size);
	char *(*realpath)(const char *path, char *resolved);
	DIR *(*fdopendir)(int fd);
	struct dirent *(*readdir)(DIR *folder);
	/* Takes a whole-file OFD write lock without waiting; EAGAIN where
	 * another holds one, ENOSYS or EINVAL where there are none. */
	int (*lock)(int fd);
	/* Fails as lock would, but takes nothing: FD may be read-only. */
	int (*lock_probe)(int fd);
	void *(*mmap)(void *address, size_t length, int protection, int flags,
		      int fd, off_t offset);
	int (*munmap)(void *address, size_t length);
	/* Takes clean pages out of this process's memory, until they are read
	 * again; private bytes there are lost.  ENOSYS where there is no such
	 * thing. */
	int (*release)(void *address, size_t length);
	/* posix_fadvise(POSIX_FADV_DONTNEED), with errno set: the system keeps
	 * none of the clean pages that nobody has mapped. */
	int (*discard)(int fd, off_t offset, off_t length);
	/* mincore(2): is the page at ADDRESS in memory? */
	int (*cached)(void *address, bool *cached);
	/* Bytes of memory that the machine has; 0: who knows. */
	uint64_t (*memory)(void);
	/* The size of a block device in bytes, and whether it is read-only. */
	int (*device_size)(int fd, uint64_t *size);
	int (*device_read_only)(int fd, bool *read_only);
	/* FS_IOC_GETFLAGS: is the file immutable, append-only?  ENOSYS or
	 * ENOTTY where the file system does not say. */
	int (*attributes)(int fd, bool *immutable, bool *append_only);
	/* Is something mounted on NAME, which is not followed?  ENOSYS where the
	 * system does not say. */
	int (*mount_point)(int folder, const char *name, bool *mounted);
	/* A descriptor (inotify) that becomes readable where something happens to
	 * what was added to it: PATH's content, length, attributes, name; of a
	 * FOLDER which names are in it.  Never waits when it is read.  ENOSYS
	 * where there is no such thing. */
	int (*watch)(void);
	int (*watch_add)(int watch, const char *path, bool folder);
	int (*pipe)(int ends[2]);	/* both close-on-exec */
	pid_t (*fork)(void);
	pid_t (*waitpid)(pid_t process, int *status, int options);
	int (*kill)(pid_t process, int signal);
	/* The calling process is killed when its parent dies; ENOSYS where
	 * there is no such thing. */
	int (*die_with_parent)(void);
};

/* The real calls; tests assign to its members and put them back. */
extern struct io io;

/* Reads or writes all of SIZE at OFFSET, looping over short counts and EINTR.
 * io_read_at returns the bytes read, fewer than SIZE only at the end of the
 * file; both return -1 with errno set on an error. */
ssize_t io_read_at(int fd, void *buffer, size_t size, uint64_t offset);
bool io_write_at(int fd, const void *buffer, size_t size, uint64_t offset);

/* write(2) of all of SIZE, looping. */
bool io_write_all(int fd, const void *buffer, size_t size);

/* open(2) and fsync(2) that go on after EINTR; close(2) where there is
 * nothing to do about an error (and EINTR means closed). */
int io_open(int folder, const char *name, int flags);
/* Opens a folder, for names in it; it can be synced only if it may be read. */
int io_open_folder(const char *path);
int io_fsync(int fd);
int io_fdatasync(int fd);
void io_close(int fd);

/*
 * Closes what may be the last descriptor of a file that has no name any more.
 * To give back the blocks of a large one takes the system a fifth of a second
 * for each GiB; so a process of its own has it last, and nobody waits.
 */
void io_close_behind(int fd);

/*
 * A descriptor that is this process's alone: a forked child closes it at
 * once, or it would go on holding the lock on it.  And its bytes are waited
 * for: on the way out of a signal handler there is time for a sync, but not
 * to ask whose it is.  In a list, so that nothing can fail; *PRIVATE must
 * live until io_private_remove.
 */
struct io_private {
	int fd;
	bool unsynced;		/* only closed: nobody waits for its bytes */
	struct io_private *next;
};

void io_private_add(struct io_private *private);
void io_private_remove(struct io_private *private);
/* In a child: closes all of them. */
void io_private_close(void);
/* Syncs all of them; may be called in a signal handler. */
void io_private_sync(void);

#endif
