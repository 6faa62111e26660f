/*
 * failing: a table of system calls of which the n-th fails, alone or with all
 * that follow.  FAULTY makes an entry of it out of that of `real`.
 */
#ifndef TESTS_FAILING_H
#define TESTS_FAILING_H

#include <errno.h>
#include <stdbool.h>

#include "io.h"

static struct io real;

static unsigned calls;		/* so far */
static unsigned failing;	/* the call that fails, from 1 */
static bool for_good;		/* and all after it */
static int failure;		/* with this errno */

static inline bool fails(void)
{
	calls++;
	errno = failure;
	return calls == failing || (for_good && calls > failing);
}

#define FAULTY(result, entry, parameters, arguments)		\
	static result faulty_##entry parameters			\
	{							\
		return fails() ? (result)-1 : real.entry arguments;	\
	}

#endif
