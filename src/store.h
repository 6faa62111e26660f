/*
 * store: blocks of bytes that only grow.  What was allocated keeps its
 * address until store_free; consecutive allocations are contiguous as long
 * as a block lasts.  Nothing else begins right behind them.
 */
#ifndef OCTAVO_STORE_H
#define OCTAVO_STORE_H

#include <stddef.h>
#include <stdint.h>

struct store_block;

/* All zeros is an empty store. */
struct store {
	struct store_block *newest;
};

struct store_mark {
	struct store_block *block;
	size_t used;
};

/* LENGTH (> 0) bytes, not initialised; NULL where there is no memory. */
unsigned char *store_allocate(struct store *store, uint64_t length);
/* The same with a copy of BYTES in it. */
unsigned char *store_copy(struct store *store, const void *bytes,
			  uint64_t length);

/* Gives back all that was allocated since the mark was taken. */
struct store_mark store_mark(const struct store *store);
void store_rewind(struct store *store, struct store_mark mark);

/* Takes over all that OTHER holds, which is empty then.  It is not part of what
 * a rewind gives back. */
void store_absorb(struct store *store, struct store *other);

void store_free(struct store *store);

#endif
