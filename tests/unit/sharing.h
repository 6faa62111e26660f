/*
 * sharing: a file system that shares blocks, for there is not everywhere one to
 * be had.  What is shared is copied, in blocks of SHARING_BLOCK bytes.
 */
#ifndef OCTAVO_TEST_SHARING_H
#define OCTAVO_TEST_SHARING_H

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "io.h"

enum { SHARING_BLOCK = 4 };

static struct io sharing_real;
static struct {
	int calls;
	int failing;		/* the call that fails, from 1; 0: none */
	int error;
	int flaw;		/* is put into the first byte */
	uint64_t bytes;
} sharing;

static int sharing_fstat(int fd, struct stat *status)
{
	int result = sharing_real.fstat(fd, status);

	status->st_blksize = SHARING_BLOCK;
	return result;
}

static int sharing_range(int from, off_t from_offset, int to, off_t to_offset,
			 off_t length)
{
	char *bytes = malloc((size_t)length);

	if (!bytes)
		return -1;
	assert_true(length > 0 && length % SHARING_BLOCK == 0);
	assert_true(from_offset % SHARING_BLOCK == 0);
	assert_true(to_offset % SHARING_BLOCK == 0);
	if (++sharing.calls == sharing.failing) {
		errno = sharing.error;
		free(bytes);
		return -1;
	}
	assert_int_equal(sharing_real.pread(from, bytes, (size_t)length,
					    from_offset), length);
	bytes[0] = (char)(bytes[0] ^ sharing.flaw);
	assert_int_equal(sharing_real.pwrite(to, bytes, (size_t)length,
					     to_offset), length);
	sharing.bytes += (uint64_t)length;
	free(bytes);
	return 0;
}

static int sharing_file_system(int fd, bool *shares, bool *local)
{
	(void)fd;
	*shares = true;
	*local = false;
	return 0;
}

/* Until sharing_end, which gives back what IO was. */
static inline void sharing_begin(void)
{
	sharing_real = io;
	sharing.calls = sharing.failing = 0;
	sharing.flaw = 0;
	sharing.bytes = 0;
	io.fstat = sharing_fstat;
	io.share_range = sharing_range;
	io.file_system = sharing_file_system;
}

static inline void sharing_end(void)
{
	io = sharing_real;
}

#endif
