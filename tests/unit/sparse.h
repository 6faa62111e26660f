/*
 * Files with holes for tests, and where the holes are: what the system says
 * when it is asked from left to right.  Not every file system has them.
 */
#ifndef OCTAVO_TESTS_SPARSE_H
#define OCTAVO_TESTS_SPARSE_H

#include <assert.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "octavo/range.h"

enum { SPARSE_BLOCK = 4096, SPARSE_HOLES = 256 };

struct sparse {
	struct range holes[SPARSE_HOLES];
	unsigned count;
};

/* A file of SIZE bytes, all of it a hole; the descriptor to write to. */
static inline int sparse_new(const char *path, uint64_t size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	assert(fd >= 0);
	return ftruncate(fd, (off_t)size) == 0 ? fd : -1;
}

static inline void sparse_put(int fd, uint64_t offset, const void *bytes,
			      size_t size)
{
	ssize_t written = pwrite(fd, bytes, size, (off_t)offset);

	assert(written == (ssize_t)size);
	(void)written;
}

/* The holes of FD's file; false where there are none. */
static inline bool sparse_look(struct sparse *sparse, int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	off_t at = 0;

	sparse->count = 0;
	while (sparse->count < SPARSE_HOLES &&
	       (at = lseek(fd, at, SEEK_HOLE)) >= 0 && at < size) {
		off_t end = lseek(fd, at, SEEK_DATA);

		if (end < 0)
			end = size;
		sparse->holes[sparse->count++] =
			(struct range){ (uint64_t)at, (uint64_t)end };
		at = end;
	}
	return sparse->count > 0;
}

/* The hole with OFFSET in it; NULL: it is data. */
static inline const struct range *sparse_at(const struct sparse *sparse,
					    uint64_t offset)
{
	for (unsigned i = 0; i < sparse->count; i++)
		if (range_contains(sparse->holes[i], offset))
			return &sparse->holes[i];
	return NULL;
}

#endif
