/*
 * save_in_place: only the bytes that differ, into the file as it stands.
 *
 * The old and the new bytes go to a journal first, and the file is written
 * from the journal, never from the document: pieces that have moved show,
 * through the mapping, what has just been written over them.
 *
 * From the first write on there are three ways to end: all new, synced and
 * read back; all old, likewise; or the journal stays.
 */
#include <stdlib.h>
#include <string.h>

#include "io.h"
#include "journal.h"
#include "save_internal.h"
#include "sizes.h"

/* --- the journal --- */

static uint64_t count_extents(const struct save_ranges *ranges)
{
	uint64_t extents = 0;

	for (size_t i = 0; i < ranges->count; i++)
		extents += (range_length(ranges->list[i]) + SAVE_EXTENT - 1)
			/ SAVE_EXTENT;
	return extents;
}

/* How much of EXTENT a file of SIZE bytes has. */
static uint32_t within(struct range extent, uint64_t size)
{
	if (extent.start >= size)
		return 0;
	if (extent.end > size)
		extent.end = size;
	return (uint32_t)range_length(extent);
}

static bool add_extent(struct save_flush *flush,
		       struct journal_writer *writer, struct range range,
		       unsigned char *bytes)
{
	struct error *cause = save_cause(flush);
	struct journal_extent extent = {
		.offset = range.start,
		.old_length = within(range, flush->old_size),
		.new_length = within(range, flush->new_size),
		.old_bytes = bytes,
		.new_bytes = bytes + SAVE_EXTENT,
	};
	ssize_t got = io_read_at(flush->target.fd, bytes, extent.old_length,
				 range.start);

	if (got < 0)
		return error_set_system(cause, errno,
					"can't read the old bytes");
	if ((size_t)got < extent.old_length)
		return error_set(cause, "it has become shorter");
	if (extent.new_length)
		document_read(flush->document, range.start,
			      bytes + SAVE_EXTENT, extent.new_length);
	return journal_put(writer, &extent, cause)
		&& save_step(flush, range_length(range), cause);
}

static bool add_range(struct save_flush *flush, struct journal_writer *writer,
		      struct range range, unsigned char *bytes)
{
	while (!range_is_empty(range)) {
		uint64_t length = range_length(range);

		if (length > SAVE_EXTENT)
			length = SAVE_EXTENT;
		if (!add_extent(flush, writer, range_of(range.start, length),
				bytes))
			return false;
		range.start += length;
	}
	return true;
}

static bool write_extents(struct save_flush *flush,
			  struct journal_writer *writer)
{
	unsigned char *bytes = malloc((size_t)2 * SAVE_EXTENT);
	bool written = true;

	if (!bytes)
		return error_set_memory(save_cause(flush));
	for (size_t i = 0; written && i < flush->ranges.count; i++)
		written = add_range(flush, writer, flush->ranges.list[i],
				    bytes);
	free(bytes);
	return written;
}

/* A journal is complete before the file is touched, and it does no harm: what
 * it would be needed for is all there.  So is a backup's copy before it: who
 * finishes the flush from the journal has to find one. */
static bool prepare(struct save_flush *flush)
{
	unsigned epoch = document_epoch(flush->document);

	if (!save_backup_prepare(flush)
	    || !save_journal_write(flush, JOURNAL_EXTENTS,
				   count_extents(&flush->ranges),
				   write_extents))
		return false;
	document_verify(flush->document);
	return document_epoch(flush->document) == epoch
		|| error_set(save_cause(flush),
			     "bytes were lost while it was read");
}

/* A page that is written, if only a byte of it, is dirty as a whole, and a file
 * that lies in memory may lie there in pages of MiB.  Those around a few bytes
 * are given up; they come back small. */
static void let_go_of_pages(const struct save_flush *flush)
{
	const struct save_ranges *ranges = &flush->ranges;

	for (size_t i = 0; ranges->count <= SAVE_LET_GO && i < ranges->count;
	     i++) {
		struct range range = ranges->list[i];

		range.start -= range.start % SAVE_LARGE_PAGE;
		range.end += SAVE_LARGE_PAGE - 1;
		range.end -= range.end % SAVE_LARGE_PAGE;
		document_discard(flush->document, range);
	}
}

static bool commit(struct save_flush *flush)
{
	struct error *cause = save_cause(flush);

	if (!document_detach(flush->document, flush->ranges.list,
			     flush->ranges.count, cause)
	    || !save_same_file(flush->document, cause)
	    || !save_backup_commit(flush))
		return false;
	let_go_of_pages(flush);
	return true;
}

/* --- the file --- */

enum side { SIDE_OLD, SIDE_NEW };

struct put {
	int fd;
	enum side side;
	struct save_flush *flush;
};

enum { PUT_BLOCK = 4096 };

static size_t block_of(uint32_t length)
{
	return length < PUT_BLOCK ? length : PUT_BLOCK;
}

/* Does the file hold BYTES (up to PUT_BLOCK of them) at OFFSET? */
static bool reads_as(int fd, const unsigned char *bytes, size_t length,
		     uint64_t offset, struct error *cause)
{
	unsigned char block[PUT_BLOCK];
	ssize_t got = io_read_at(fd, block, length, offset);

	if (got < 0)
		return error_set_system(cause, errno, "can't read it back");
	return ((size_t)got == length && memcmp(block, bytes, length) == 0)
		|| error_set(cause, "it reads back differently at 0x%llx: "
			     "another program writes it",
			     (unsigned long long)offset);
}

/* Block by block: what cannot be written, for want of room in a hole, may
 * never have been written over. */
static bool put_old(int fd, const unsigned char *bytes, uint32_t length,
		    uint64_t offset, struct error *cause)
{
	while (length) {
		size_t part = block_of(length);

		if (!io_write_at(fd, bytes, part, offset)
		    && !reads_as(fd, bytes, part, offset, cause))
			return false;
		bytes += part;
		offset += part;
		length -= (uint32_t)part;
	}
	return true;
}

static bool put_extent(void *context, const struct journal_extent *extent,
		       struct error *cause)
{
	const struct put *put = context;

	if (put->side == SIDE_OLD)
		return put_old(put->fd, extent->old_bytes, extent->old_length,
			       extent->offset, cause);
	if (!io_write_at(put->fd, extent->new_bytes, extent->new_length,
			 extent->offset))
		return error_set_system(cause, errno, "can't write");
	return save_step(put->flush, extent->new_length, cause);
}

static bool compare_extent(void *context, const struct journal_extent *extent,
			   struct error *cause)
{
	const struct put *put = context;
	bool is_new = put->side == SIDE_NEW;
	const unsigned char *bytes = is_new ? extent->new_bytes
					    : extent->old_bytes;
	uint32_t length = is_new ? extent->new_length : extent->old_length;
	uint64_t offset = extent->offset;

	while (length) {
		size_t part = block_of(length);

		if (!reads_as(put->fd, bytes, part, offset, cause))
			return false;
		bytes += part;
		offset += part;
		length -= (uint32_t)part;
	}
	return true;
}

/* The size is set where it is another; more than that is somebody else's. */
static bool put_size(struct save_flush *flush, uint64_t size,
		     struct error *cause)
{
	return flush->old_size == flush->new_size
		|| save_set_size(flush->target.fd, size, cause);
}

static bool size_is(int fd, uint64_t size, struct error *cause)
{
	struct stat status;

	if (io.fstat(fd, &status) != 0)
		return error_set_system(cause, errno, "can't look at it");
	return S_ISBLK(status.st_mode) || (uint64_t)status.st_size >= size
		|| error_set(cause, "it has become shorter: another program "
			     "writes it");
}

/* Writes one side of the journal, syncs it and reads it back. */
static bool put_side(struct save_flush *flush, enum side side,
		     struct error *cause)
{
	struct put put = {
		.fd = flush->target.fd, .side = side, .flush = flush,
	};
	uint64_t size = side == SIDE_OLD ? flush->old_size : flush->new_size;
	struct journal_header header;

	if (!journal_read(flush->journal, &header, put_extent, &put, cause)
	    || !put_size(flush, size, cause))
		return false;
	if (io_fsync(put.fd) != 0)
		return error_set_system(cause, errno, "can't sync");
	return journal_read(flush->journal, &header, compare_extent, &put,
			    cause)
		&& size_is(put.fd, size, cause);
}

/* The old bytes again; or the journal stays. */
static bool put_back(struct save_flush *flush)
{
	struct save_failure *failure = &flush->report->failure;

	if (put_side(flush, SIDE_OLD, NULL))
		return true;
	failure->aftermath = SAVE_INTERRUPTED;
	save_add_left(failure->left, &flush->place, flush->place.journal);
	return false;
}

static bool apply(struct save_flush *flush)
{
	if (flush->journal < 0)
		flush->journal = save_place_read(&flush->place,
						 flush->place.journal,
						 save_cause(flush));
	if (flush->journal < 0)
		return false;
	flush->report->touched = true;
	/* After a failed sync the kernel may have thrown the bytes away and
	 * call the next one a success: all is written again. */
	if (put_side(flush, SIDE_NEW, save_cause(flush))
	    || put_side(flush, SIDE_NEW, NULL))
		return true;
	put_back(flush);
	return false;
}

/* The document over the file of another length. */
static bool move(struct save_flush *flush)
{
	struct document_move *move = save_move_to_target(flush);

	if (!move) {
		put_back(flush);
		return false;
	}
	document_move(move);
	return true;
}

static bool finish(struct save_flush *flush)
{
	bool moves = flush->old_size != flush->new_size;

	if (moves && !move(flush))
		return false;
	if (!moves)
		file_accept(document_file(flush->document), NULL);
	if (!save_place_drop(&flush->place, flush->place.journal))
		save_add_left(flush->left, &flush->place,
			      flush->place.journal);
	if (moves)
		document_tell_written(flush->document);
	else
		document_written(flush->document);
	return true;
}

static void undo(struct save_flush *flush)
{
	struct save_report *report = flush->report;

	save_backup_undo(flush);
	if (report->failure.aftermath == SAVE_INTERRUPTED)
		return;
	if (report->touched)
		file_accept(document_file(flush->document), NULL);
	if (report->journal
	    && !save_place_drop(&flush->place, flush->place.journal))
		save_add_left(report->failure.left, &flush->place,
			      flush->place.journal);
}

const struct save_steps save_steps_in_place = {
	prepare, commit, apply, finish, undo,
};
