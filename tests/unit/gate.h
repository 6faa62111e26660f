/*
 * gate: workers that wait before they look at anything, until the test lets
 * them: between is what happens while they work.
 */
#ifndef TESTS_GATE_H
#define TESTS_GATE_H

#include <unistd.h>

#include "io.h"

static int gate[2];

/* Is called by each worker before its work. */
static int gate_wait(void)
{
	char byte;

	close(gate[1]);
	/* No byte ever comes: the gate opens, or the parent has died. */
	return (int)read(gate[0], &byte, 1);
}

/* Workers that are forked from now on wait. */
static inline void gate_shut(void)
{
	assert_int_equal(pipe(gate), 0);
	io.die_with_parent = gate_wait;
}

static inline void gate_open(int (*die_with_parent)(void))
{
	io.die_with_parent = die_with_parent;
	close(gate[0]);
	close(gate[1]);
}

#endif
