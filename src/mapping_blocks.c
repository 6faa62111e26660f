/*
 * mapping_blocks: mappings of what cannot be mapped: the memory of a process,
 * a character device.
 *
 * Everybody counts offsets from an address, so such a mapping has one: among
 * those that no processor gives to any memory.  To read there is a mistake
 * that ends the program at once.
 *
 * Whoever wants bytes has them read.  A page that cannot be is marked as bad,
 * and the latest marks are kept: bytes are asked for, then whether they were
 * there.
 *
 * Invariant: `held` is empty, or `bytes` are those that were read there last.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io.h"
#include "mapping_internal.h"

enum { BLOCKS_SLOTS = 64 };

/* Each mapping has a part of them, far from the next one. */
static const uint64_t BLOCKS_FIRST = UINT64_C(1) << 62;
static const uint64_t BLOCKS_APART = UINT64_C(1) << 56;

static bool slots_taken[BLOCKS_SLOTS];

struct blocks {
	unsigned char *bytes;		/* MAPPING_GRANULE of them */
	struct range held;
	size_t next_bad;		/* the oldest mark, once there are all */
	int slot;
};

static uint64_t smaller(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

/* --- opening --- */

static bool take_slot(struct mapping *mapping, struct error *error)
{
	int slot = 0;

	while (slot < BLOCKS_SLOTS && slots_taken[slot])
		slot++;
	if (sizeof(void *) < sizeof(uint64_t) || slot == BLOCKS_SLOTS ||
	    mapping->size >= BLOCKS_APART)
		return error_set(error, "cannot show %s: there are no "
				 "addresses left for it",
				 file_path(mapping->file));
	slots_taken[slot] = true;
	mapping->blocks->slot = slot;
	mapping->bytes = (unsigned char *)(uintptr_t)
		(BLOCKS_FIRST + (uint64_t)slot * BLOCKS_APART);
	return true;
}

bool blocks_open(struct mapping *mapping, struct error *error)
{
	struct blocks *blocks = calloc(1, sizeof *blocks);
	unsigned char *bytes = malloc(MAPPING_GRANULE);

	mapping->blocks = blocks;
	if (!blocks || !bytes)
		error_set_memory(error);
	else if (take_slot(mapping, error)) {
		blocks->bytes = bytes;
		return true;
	}
	free(blocks);
	free(bytes);
	return false;
}

void blocks_close(struct mapping *mapping)
{
	slots_taken[mapping->blocks->slot] = false;
	free(mapping->blocks->bytes);
	free(mapping->blocks);
}

/* --- reading --- */

static void mark_bad(struct mapping *mapping, struct range page)
{
	size_t count = mapping->bad_count;
	struct range *last = count > 0 ? &mapping->bad[count - 1] : NULL;

	for (size_t i = 0; i < count; i++)
		if (range_contains(mapping->bad[i], page.start))
			return;
	if (last && last->end == page.start) {
		last->end = page.end;
		return;
	}
	if (count < MAPPING_BAD_MAXIMUM) {
		mapping->bad[mapping->bad_count++] = page;
		return;
	}
	mapping->bad[mapping->blocks->next_bad++] = page;
	mapping->blocks->next_bad %= MAPPING_BAD_MAXIMUM;
}

/* Zeros from OFFSET to the end of its page, or of LENGTH bytes; how many. */
static size_t read_nothing(struct mapping *mapping, uint64_t offset,
			   unsigned char *buffer, size_t length)
{
	uint64_t start = offset / mapping->page * mapping->page;
	uint64_t end = start + mapping->page;
	size_t rest = (size_t)smaller(length, end - offset);

	mark_bad(mapping, (struct range){ start, end });
	memset(buffer, 0, rest);
	return rest;
}

static void read_present(struct mapping *mapping, uint64_t offset,
			 unsigned char *buffer, size_t length)
{
	int fd = file_descriptor(mapping->file);

	while (length > 0) {
		ssize_t count = io.pread(fd, buffer, length, (off_t)offset);
		size_t done;

		if (count < 0 && errno == EINTR)
			continue;
		done = count > 0 ? (size_t)count
				 : read_nothing(mapping, offset, buffer,
						length);
		buffer += done;
		offset += done;
		length -= done;
	}
}

void mapping_read(struct mapping *mapping, uint64_t offset, void *buffer,
		  size_t length)
{
	unsigned char *next = buffer;

	if (!mapping->blocks) {
		memcpy(buffer, mapping->bytes + offset, length);
		return;
	}
	while (length > 0) {
		struct range same;
		bool present = file_present(mapping->file, offset, &same) &&
			       offset < mapping->kept;
		size_t part = (size_t)smaller(length, same.end - offset);

		if (present)
			read_present(mapping, offset, next, part);
		else
			memset(next, 0, part);
		next += part;
		offset += part;
		length -= part;
	}
}

const unsigned char *mapping_block(struct mapping *mapping, uint64_t offset,
				   uint64_t *before, uint64_t *after)
{
	struct blocks *blocks = mapping->blocks;

	if (!range_contains(blocks->held, offset)) {
		uint64_t start = offset / MAPPING_GRANULE * MAPPING_GRANULE;

		blocks->held = (struct range){
			start, smaller(mapping->size, start + MAPPING_GRANULE),
		};
		mapping_read(mapping, start, blocks->bytes,
			     (size_t)range_length(blocks->held));
	}
	*before = offset - blocks->held.start;
	*after = blocks->held.end - offset;
	return blocks->bytes + *before;
}

/* --- what there is --- */

bool mapping_by_blocks(const struct mapping *mapping)
{
	return mapping->blocks != NULL;
}

void blocks_verify(struct mapping *mapping)
{
	mapping->blocks->held = (struct range){ 0, 0 };
	if (mapping->kept > 0 &&
	    file_check(mapping->file, NULL) == FILE_ENDED) {
		mapping->kept = 0;
		atomic_fetch_add(&mapping->epoch, 1);
	}
}

bool mapping_reread(struct mapping *mapping, struct error *error)
{
	if (!mapping->blocks)
		return true;
	mapping->blocks->held = (struct range){ 0, 0 };
	mapping->bad_count = 0;
	mapping->blocks->next_bad = 0;
	return file_reread_regions(mapping->file, error);
}
