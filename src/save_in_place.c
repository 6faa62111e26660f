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
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "io.h"
#include "journal.h"
#include "save_internal.h"
#include "sizes.h"
#include "state.h"

struct flush {
	struct document *document;
	struct save_target *target;
	const struct save_ranges *ranges;
	struct error *cause;
	int journal;			/* -1 until it is there */
	int folder;			/* the journal's */
	bool folder_is_ours;		/* to close */
	char name[NAME_MAX + 1];	/* the journal's, in its folder */
	char shown[PATH_MAX];		/* the same, for messages */
};

/* *PROBLEM is the errno, 0 where there was none. */
static bool create_journal(struct flush *flush, int *problem)
{
	const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

	do
		flush->journal = io.openat(flush->folder, flush->name, flags,
					   0600);
	while (save_again(flush->journal));
	*problem = flush->journal < 0 ? errno : 0;
	return flush->journal >= 0
		|| error_set_system(flush->cause, *problem, "can't create %s",
				    flush->shown);
}

static bool create_beside(struct flush *flush, int *problem)
{
	flush->folder = flush->target->folder;
	strcpy(flush->name, flush->target->journal);
	save_target_name(flush->target, flush->name, flush->shown);
	return create_journal(flush, problem);
}

static bool create_in_state(struct flush *flush)
{
	struct save_target shown = { .path = NULL };
	struct error cause;
	int problem;

	flush->folder = state_open_folder("journals", true, shown.folder_path,
					  &cause);
	if (flush->folder < 0)
		return error_set(flush->cause, "no folder for its journal: %s",
				 cause.message);
	flush->folder_is_ours = true;
	save_state_name(flush->target, flush->name);
	save_target_name(&shown, flush->name, flush->shown);
	return create_journal(flush, &problem);
}

static bool open_journal(struct flush *flush)
{
	int problem;

	/* Beside a device would be in memory only. */
	if (S_ISBLK(flush->target->status.st_mode))
		return create_in_state(flush);
	if (create_beside(flush, &problem))
		return true;
	if (problem != EACCES && problem != EPERM && problem != EROFS)
		return false;
	return create_in_state(flush);
}

/* --- the journal's content --- */

static uint64_t count_extents(const struct save_ranges *ranges)
{
	uint64_t extents = 0;

	for (size_t i = 0; i < ranges->count; i++)
		extents += (range_length(ranges->list[i]) + SAVE_EXTENT - 1)
			/ SAVE_EXTENT;
	return extents;
}

static bool add_extent(struct flush *flush, struct journal_writer *writer,
		       struct range extent, unsigned char *bytes)
{
	size_t length = (size_t)range_length(extent);
	unsigned char *new_bytes = bytes + SAVE_EXTENT;
	ssize_t got = io_read_at(flush->target->fd, bytes, length,
				 extent.start);

	if (got < 0)
		return error_set_system(flush->cause, errno,
					"can't read the old bytes");
	if ((size_t)got < length
	    || document_read(flush->document, extent.start, new_bytes, length)
	       < length)
		return error_set(flush->cause, "it has become shorter");
	return journal_put(writer, &(struct journal_extent){
			.offset = extent.start,
			.old_length = (uint32_t)length,
			.new_length = (uint32_t)length,
			.old_bytes = bytes,
			.new_bytes = new_bytes,
		}, flush->cause);
}

static bool add_range(struct flush *flush, struct journal_writer *writer,
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

static struct journal_header header_of(const struct flush *flush)
{
	struct journal_header header = {
		.kind = JOURNAL_EXTENTS,
		.old_size = document_size(flush->document),
		.new_size = document_size(flush->document),
		.identity = file_identity(document_file(flush->document)),
		.extents = count_extents(flush->ranges),
	};

	strcpy(header.name, flush->target->name);
	return header;
}

static bool write_journal(struct flush *flush)
{
	struct journal_header header = header_of(flush);
	unsigned char *bytes = malloc((size_t)2 * SAVE_EXTENT);

	if (!bytes)
		return error_set_memory(flush->cause);
	struct journal_writer *writer = journal_begin(flush->journal, &header,
						      flush->cause);
	bool written = writer != NULL;
	for (size_t i = 0; written && i < flush->ranges->count; i++)
		written = add_range(flush, writer, flush->ranges->list[i],
				    bytes);
	written = written && journal_commit(writer, flush->cause);
	journal_end(writer);
	free(bytes);
	return written;
}

static bool sync_journal(struct flush *flush)
{
	if (io_fsync(flush->journal) == 0 && io_fsync(flush->folder) == 0)
		return true;
	return error_set_system(flush->cause, errno, "can't sync the journal");
}

/* Everything before the file is touched. */
static bool prepare(struct flush *flush)
{
	unsigned epoch = document_epoch(flush->document);

	if (!document_detach(flush->document, flush->ranges->list,
			     flush->ranges->count, flush->cause)
	    || !open_journal(flush) || !write_journal(flush))
		return false;
	document_verify(flush->document);
	if (document_epoch(flush->document) != epoch)
		return error_set(flush->cause,
				 "bytes were lost while it was read");
	return sync_journal(flush) && save_same_file(flush->document, flush->cause);
}

/* --- the file --- */

enum side { SIDE_OLD, SIDE_NEW };

struct put {
	int fd;
	enum side side;
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
	return io_write_at(put->fd, extent->new_bytes, extent->new_length,
			   extent->offset)
		|| error_set_system(cause, errno, "can't write");
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

/* Writes one side of the journal, syncs it and reads it back. */
static bool put_side(struct flush *flush, enum side side, struct error *cause)
{
	struct put put = { .fd = flush->target->fd, .side = side };
	struct journal_header header;

	if (!journal_read(flush->journal, &header, put_extent, &put, cause))
		return false;
	if (io_fsync(put.fd) != 0)
		return error_set_system(cause, errno, "can't sync");
	return journal_read(flush->journal, &header, compare_extent, &put,
			    cause);
}

/* Removes the journal; false where it may still be there, or come back. */
static bool drop_journal(struct flush *flush)
{
	int result;

	do
		result = io.unlinkat(flush->folder, flush->name, 0);
	while (save_again(result));
	return result == 0 && io_fsync(flush->folder) == 0;
}

static bool carry_out(struct flush *flush, struct save_failure *failure)
{
	struct file *file = document_file(flush->document);

	/* After a failed sync the kernel may have thrown the bytes away and
	 * call the next one a success: all is written again. */
	if (put_side(flush, SIDE_NEW, flush->cause)
	    || put_side(flush, SIDE_NEW, NULL)) {
		file_accept(file, NULL);
		return true;
	}
	if (!put_side(flush, SIDE_OLD, NULL)) {
		failure->aftermath = SAVE_INTERRUPTED;
		strcpy(failure->left, flush->shown);
		return false;
	}
	file_accept(file, NULL);
	if (!drop_journal(flush))
		strcpy(failure->left, flush->shown);
	return false;
}

static bool give_up(struct flush *flush, struct save_failure *failure)
{
	if (flush->journal >= 0 && !drop_journal(flush))
		strcpy(failure->left, flush->shown);
	return false;
}

bool save_in_place(struct document *document, struct save_target *target,
		   const struct save_ranges *ranges,
		   struct save_failure *failure, char *left)
{
	struct flush flush = {
		.document = document,
		.target = target,
		.ranges = ranges,
		.cause = &failure->cause,
		.journal = -1,
		.folder = -1,
	};
	bool done = prepare(&flush) ? carry_out(&flush, failure)
				    : give_up(&flush, failure);

	if (done) {
		if (!drop_journal(&flush))
			strcpy(left, flush.shown);
		document_written(document);
	}
	if (flush.journal >= 0)
		io_close(flush.journal);
	if (flush.folder_is_ours)
		io_close(flush.folder);
	return done;
}
