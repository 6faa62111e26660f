/*
 * store: a chain of blocks, newest first; an allocation is cut off the newest
 * one, and one that does not fit opens the next.
 */
#include "store.h"

#include <string.h>

#include "memory.h"
#include "sizes.h"

struct store_block {
	struct store_block *older;
	size_t size;
	size_t used;
	unsigned char bytes[];
};

static struct store_block *block_new(struct store *store, size_t length)
{
	size_t size = length > STORE_BLOCK ? length : STORE_BLOCK;
	/* A byte more, which is never used: else a mapping could begin where
	 * the block ends, and a run of bytes go on there. */
	struct store_block *block = memory_allocate(sizeof(*block) + size + 1);

	if (!block)
		return NULL;
	block->older = store->newest;
	block->size = size;
	block->used = 0;
	store->newest = block;
	return block;
}

unsigned char *store_allocate(struct store *store, uint64_t length)
{
	struct store_block *block = store->newest;

	if (length > SIZE_MAX / 2)
		return NULL;
	size_t size = (size_t)length;

	if (!block || block->size - block->used < size)
		block = block_new(store, size);
	if (!block)
		return NULL;
	block->used += size;
	return block->bytes + block->used - size;
}

unsigned char *store_copy(struct store *store, const void *bytes,
			  uint64_t length)
{
	unsigned char *copy = store_allocate(store, length);

	if (copy)
		memcpy(copy, bytes, (size_t)length);
	return copy;
}

struct store_mark store_mark(const struct store *store)
{
	return (struct store_mark){
		store->newest, store->newest ? store->newest->used : 0,
	};
}

void store_rewind(struct store *store, struct store_mark mark)
{
	while (store->newest != mark.block) {
		struct store_block *block = store->newest;

		store->newest = block->older;
		memory_free(block);
	}
	if (store->newest)
		store->newest->used = mark.used;
}

void store_absorb(struct store *store, struct store *other)
{
	struct store_block *oldest = other->newest;

	if (!oldest)
		return;
	while (oldest->older)
		oldest = oldest->older;
	/* Below the newest block, which goes on being filled. */
	if (store->newest) {
		oldest->older = store->newest->older;
		store->newest->older = other->newest;
	} else {
		store->newest = other->newest;
	}
	other->newest = NULL;
}

void store_free(struct store *store)
{
	store_rewind(store, (struct store_mark){ NULL, 0 });
}
