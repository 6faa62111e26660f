/*
 * device: a regular file that is taken for a block device, for there is not
 * everywhere one to be had.
 */
#ifndef OCTAVO_TEST_DEVICE_H
#define OCTAVO_TEST_DEVICE_H

#include <sys/stat.h>

#include "io.h"

static struct io device_real;
static ino_t device_inode;

static int device_change(int result, struct stat *status)
{
	if (result == 0 && status->st_ino == device_inode) {
		status->st_mode = (status->st_mode & 07777) | S_IFBLK;
		status->st_size = 0;
	}
	return result;
}

static int device_stat(const char *path, struct stat *status)
{
	return device_change(device_real.stat(path, status), status);
}

static int device_fstat(int fd, struct stat *status)
{
	return device_change(device_real.fstat(fd, status), status);
}

static int device_fstatat(int folder, const char *name, struct stat *status,
			  int flags)
{
	return device_change(device_real.fstatat(folder, name, status, flags),
			     status);
}

static int device_size(int fd, uint64_t *size)
{
	struct stat status;
	int result = device_real.fstat(fd, &status);

	*size = (uint64_t)status.st_size;
	return result;
}

static int device_read_only(int fd, bool *read_only)
{
	(void)fd;
	*read_only = false;
	return 0;
}

/* Until device_end PATH is a block device. */
static void device_begin(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	device_inode = status.st_ino;
	device_real = io;
	io.stat = device_stat;
	io.fstat = device_fstat;
	io.fstatat = device_fstatat;
	io.device_size = device_size;
	io.device_read_only = device_read_only;
}

static void device_end(void)
{
	io = device_real;
}

#endif
