/*
 * fault: reading on where a mapped page has gone.
 *
 * A page of a mapping that its file no longer has, or that the medium does
 * not give, raises SIGBUS at the instruction that reads it.  The handler asks
 * the region that it lies in for a patch and goes on with the same
 * instruction.  A fault elsewhere is handled as it was before.
 */
#ifndef OCTAVO_FAULT_H
#define OCTAVO_FAULT_H

#include <stdbool.h>
#include <stddef.h>

struct fault_region {
	struct fault_region *next;
	const unsigned char *start;
	size_t length;
	/* Makes the page at OFFSET readable; false where it cannot.  Runs in
	 * the signal handler. */
	bool (*patch)(struct fault_region *region, size_t offset);
};

/* The region belongs to the caller and must be forgotten before it ends. */
void fault_watch(struct fault_region *region);
void fault_forget(struct fault_region *region);

#endif
