/*
 * holes: where a file has no bytes on disk, as its file system tells; they
 * read as zeros.  A file system that does not tell has no holes.
 *
 * What was found is remembered, for those who ask again and again; others may
 * fill holes and punch new ones meanwhile, so holes_forget must be called
 * before an answer that matters.  To take a hole for data costs only time, so
 * in doubt that is the answer.
 */
#ifndef OCTAVO_HOLES_H
#define OCTAVO_HOLES_H

#include "octavo/range.h"

/* Zeroed: nothing is known. */
struct holes {
	struct range hole;
	struct range data;
};

void holes_forget(struct holes *holes);

/* Is the byte at OFFSET of FD's file in a hole?  Then *HOLE is all of it.  A
 * few system calls, whatever the length of the hole and of the file. */
bool holes_at(struct holes *holes, int fd, uint64_t offset,
	      struct range *hole);

/* The first hole that ends behind OFFSET.  The file system may have to walk
 * all the data before it. */
bool holes_from(struct holes *holes, int fd, uint64_t offset,
		struct range *hole);

#endif
