/*
 * states: what all simulators of faults share: the calls as they are, which
 * errors there are, and how many states are wanted and have been tried.
 *
 * OCTAVO_STATES is how many each test is to try, where it can go on with other
 * cases.  Where it is set, all errors are tried and not only the first ones.
 */
#ifndef OCTAVO_TEST_STATES_H
#define OCTAVO_TEST_STATES_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "io.h"

static struct io real;			/* the calls as they are */

/* Those that come once or for good; EINTR is a mode of its own. */
static const int fault_errors[] = {
	ENOSPC, EIO, EDQUOT, EROFS, EACCES, ENOMEM, EFBIG, EMFILE,
};

/* 0: as many as there are without going on. */
static inline long states_wanted(void)
{
	const char *wanted = getenv("OCTAVO_STATES");

	return wanted ? atol(wanted) : 0;
}

static inline long errors_wanted(void)
{
	return states_wanted() ? sizeof fault_errors / sizeof *fault_errors
			       : 2;
}

/* For who adds up; KIND is "killed", "failing" or "power". */
static inline void states_tell(const char *kind, long states)
{
	assert_true(states > 0);
	print_message("# states %s %ld\n", kind, states);
}

#endif
