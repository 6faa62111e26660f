/*
 * child: fork for tests in which the child goes on writing a log.  The thread
 * that libc has for aio_fsync does not come along, and what it had locked stays
 * locked, so the child syncs by itself, as on systems without.
 */
#ifndef TESTS_CHILD_H
#define TESTS_CHILD_H

#include <errno.h>
#include <unistd.h>

#include "io.h"

static inline int child_aio_fsync(int flag, struct aiocb *request)
{
	(void)flag;
	(void)request;
	errno = ENOSYS;
	return -1;
}

static inline pid_t child_fork(void)
{
	pid_t child = fork();

	if (child == 0)
		io.aio_fsync = child_aio_fsync;
	return child;
}

#endif
