/*
 * What the files of the mapping room share.
 */
#ifndef OCTAVO_MAPPING_INTERNAL_H
#define OCTAVO_MAPPING_INTERNAL_H

#include <stdatomic.h>

#include "fault.h"
#include "octavo/mapping.h"
#include "runs.h"
#include "sizes.h"

struct blocks;

struct mapping {
	struct fault_region region;
	struct file *file;
	unsigned char *bytes;
	uint64_t size;
	uint64_t room;		/* of addresses from `bytes` on; 0: none */
	uint64_t page;
	uint64_t granule;
	struct runs runs;
	uint64_t kept;
	struct range bad[MAPPING_BAD_MAXIMUM];
	size_t bad_count;
	atomic_uint epoch;
	struct blocks *blocks;	/* NULL: it is mapped */
};

/* --- mapping_blocks.c --- */

/* Gives the mapping addresses that no memory has, and a block. */
bool blocks_open(struct mapping *mapping, struct error *error);
void blocks_close(struct mapping *mapping);
/* Is it all gone now?  And what was read is not believed any more. */
void blocks_verify(struct mapping *mapping);

#endif
