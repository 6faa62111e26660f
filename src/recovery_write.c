/*
 * recovery_write: one side of a journal into its file, whoever wrote what of
 * it before.
 *
 * Order, each step synced before the next: the journal, with its folder; the
 * file.  That the journal is there does not mean that it is on the disk, and a
 * sync that has failed for the process that wrote it may succeed for us without
 * having written anything: so it is written again, over itself.  For the same
 * reason all of a side is written, also what the file has already, and written
 * again where a sync fails.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crc32c.h"
#include "io.h"
#include "recovery_internal.h"
#include "sizes.h"

/* Reads all of FD in blocks, told of each one; false stops. */
typedef bool block_visit(void *context, const unsigned char *bytes,
			 size_t size, uint64_t offset, struct error *cause);

static bool each_block(int fd, block_visit *visit, void *context,
		       struct error *cause)
{
	unsigned char *bytes = malloc(SAVE_BLOCK);
	uint64_t offset = 0;
	bool going = bytes != NULL;
	ssize_t got = 1;

	if (!bytes)
		return error_set_memory(cause);
	while (going && got > 0) {
		got = io_read_at(fd, bytes, SAVE_BLOCK, offset);
		going = got < 0
			? error_set_system(cause, errno, "can't read what is "
					   "left")
			: got == 0 || visit(context, bytes, (size_t)got,
					    offset, cause);
		offset += got > 0 ? (uint64_t)got : 0;
	}
	free(bytes);
	return going;
}

/* --- the journal --- */

static bool write_block(void *context, const unsigned char *bytes, size_t size,
			uint64_t offset, struct error *cause)
{
	const int *fd = context;

	return io_write_at(*fd, bytes, size, offset)
		|| error_set_system(cause, errno, "can't write");
}

static bool make_last(struct recovery_case *recovery, struct error *cause)
{
	int fd = recovery->journal;

	if (!each_block(fd, write_block, &fd, cause))
		return false;
	return (io_fsync(fd) == 0 && io_fsync(recovery->folder) == 0)
		|| error_set_system(cause, errno, "can't sync the journal");
}

/* --- extents --- */

struct side {
	struct recovery_case *recovery;
	bool is_new;
};

static uint64_t size_of(const struct side *side)
{
	const struct journal_header *header = &side->recovery->header;

	return side->is_new ? header->new_size : header->old_size;
}

static const unsigned char *bytes_of(const struct side *side,
				     const struct journal_extent *extent,
				     uint32_t *length)
{
	*length = side->is_new ? extent->new_length : extent->old_length;
	return side->is_new ? extent->new_bytes : extent->old_bytes;
}

/* Has the file BYTES at OFFSET? */
static bool reads_as(const struct recovery_case *recovery,
		     const unsigned char *bytes, size_t size, uint64_t offset,
		     struct error *cause)
{
	unsigned char block[RECOVERY_BLOCK];

	while (size) {
		size_t part = size < sizeof block ? size : sizeof block;
		ssize_t got = io_read_at(recovery->target.fd, block, part,
					 offset);

		if (got < 0)
			return error_set_system(cause, errno,
						"can't read it back");
		if ((size_t)got < part || memcmp(block, bytes, part) != 0)
			return error_set(cause, "it reads back differently at "
					 "0x%llx: another program writes it",
					 (unsigned long long)offset);
		bytes += part;
		offset += part;
		size -= part;
	}
	return true;
}

static bool put_extent(void *context, const struct journal_extent *extent,
		       struct error *cause)
{
	const struct side *side = context;
	uint32_t length;
	const unsigned char *bytes = bytes_of(side, extent, &length);

	/* What cannot be written, for want of room in a hole, may never have
	 * been written over. */
	for (uint32_t at = 0; at < length; at += RECOVERY_BLOCK) {
		size_t part = length - at < RECOVERY_BLOCK ? length - at
							   : RECOVERY_BLOCK;

		if (write_block(&side->recovery->target.fd, bytes + at, part,
				extent->offset + at, cause))
			continue;
		if (side->is_new || !reads_as(side->recovery, bytes + at, part,
					      extent->offset + at, NULL))
			return false;
	}
	return true;
}

static bool read_extent(void *context, const struct journal_extent *extent,
			struct error *cause)
{
	const struct side *side = context;
	uint32_t length;
	const unsigned char *bytes = bytes_of(side, extent, &length);

	return reads_as(side->recovery, bytes, length, extent->offset, cause);
}

/* --- content --- */

/* What the content has as a hole, and the file reads as zeros, stays so. */
static bool put_block(void *context, const unsigned char *bytes, size_t size,
		      uint64_t offset, struct error *cause)
{
	const struct side *side = context;
	off_t data = io.lseek(side->recovery->content, (off_t)offset,
			      SEEK_DATA);
	bool in_hole = data < 0 ? errno == ENXIO
				: (uint64_t)data >= offset + size;

	if (in_hole && reads_as(side->recovery, bytes, size, offset, NULL))
		return true;
	return write_block(&side->recovery->target.fd, bytes, size, offset,
			   cause);
}

static bool read_block(void *context, const unsigned char *bytes, size_t size,
		       uint64_t offset, struct error *cause)
{
	const struct side *side = context;

	return reads_as(side->recovery, bytes, size, offset, cause);
}

static bool add_crc(void *context, const unsigned char *bytes, size_t size,
		    uint64_t offset, struct error *cause)
{
	uint32_t *crc = context;

	(void)offset;
	(void)cause;
	*crc = crc32c(*crc, bytes, size);
	return true;
}

static bool content_is_whole(struct recovery_case *recovery,
			     struct error *cause)
{
	uint32_t crc = 0;

	if (!each_block(recovery->content, add_crc, &crc, cause))
		return false;
	return crc == recovery->header.content_crc
		|| error_set(cause, "%s, which has the new content, is damaged",
			     recovery->content_name);
}

/* --- either --- */

static bool put_all(struct side *side, struct error *cause)
{
	struct recovery_case *recovery = side->recovery;
	struct journal_header header;

	return recovery->header.kind == JOURNAL_EXTENTS
		? journal_read(recovery->journal, &header, put_extent, side,
			       cause)
		: each_block(recovery->content, put_block, side, cause);
}

static bool read_all(struct side *side, struct error *cause)
{
	struct recovery_case *recovery = side->recovery;
	struct journal_header header;
	struct stat now;

	if (io.fstat(recovery->target.fd, &now) != 0)
		return error_set_system(cause, errno, "can't look at it");
	if (S_ISREG(now.st_mode) && (uint64_t)now.st_size != size_of(side))
		return error_set(cause, "it has another length: another "
				 "program writes it");
	return recovery->header.kind == JOURNAL_EXTENTS
		? journal_read(recovery->journal, &header, read_extent, side,
			       cause)
		: each_block(recovery->content, read_block, side, cause);
}

static bool set_size(struct side *side, struct error *cause)
{
	const struct journal_header *header = &side->recovery->header;
	int result;

	if (header->kind == JOURNAL_EXTENTS
	    && header->old_size == header->new_size)
		return true;
	do
		result = io.ftruncate(side->recovery->target.fd,
				      (off_t)size_of(side));
	while (save_again(result));
	return result == 0
		|| error_set_system(cause, errno, "can't set its length");
}

static bool put_synced(struct side *side, struct error *cause)
{
	/* The length first: what is a hole then stays one. */
	if (!set_size(side, cause) || !put_all(side, cause))
		return false;
	if (io_fsync(side->recovery->target.fd) != 0)
		return error_set_system(cause, errno, "can't sync");
	return read_all(side, cause);
}

bool recovery_write(struct recovery_case *recovery,
		    enum recovery_action action, struct error *cause)
{
	struct side side = { recovery, action == RECOVERY_FINISH };

	if (!make_last(recovery, cause))
		return false;
	if (recovery->header.kind == JOURNAL_CONTENT
	    && !content_is_whole(recovery, cause))
		return false;
	return put_synced(&side, cause) || put_synced(&side, NULL);
}
