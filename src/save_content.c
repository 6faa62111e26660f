/*
 * save_content: a part of a document as the content of a new file.
 *
 * What is unchanged is taken over from file to file: whole blocks are shared,
 * where the file system can, whatever number of blocks they have moved by; the
 * rest is copied, extent by extent, so that holes stay holes.  The system does
 * that where the bytes might otherwise go over a network; on a local disk it
 * takes half as long again as reading and writing large blocks.  The new file has its full size
 * from the start: what is skipped is a hole.  Where changes are dense, what
 * stands between them is gathered and written with them.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crc32c.h"
#include "io.h"
#include "save_internal.h"
#include "sizes.h"

struct save_run save_run_at(const struct document *document, uint64_t offset,
			    uint64_t end)
{
	struct segment segment = document_segment(document, offset);
	struct save_run run = { segment.now, segment.in_file,
				segment.file_offset };

	while (run.now.end < end) {
		segment = document_segment(document, run.now.end);
		if (segment.in_file != run.in_file)
			break;
		if (run.in_file && segment.file_offset
		    != run.file_offset + range_length(run.now))
			break;
		run.now.end = segment.now.end;
	}
	if (run.now.end > end)
		run.now.end = end;
	return run;
}

bool save_range_present(const struct document *document, struct range range,
			struct error *cause)
{
	while (!range_is_empty(range)) {
		uint64_t length;

		if (document_lost(document, range.start, &length))
			return error_set(cause, "the bytes at 0x%llx are lost",
					 (unsigned long long)range.start);
		if (length >= range_length(range))
			break;
		range.start += length;
	}
	return true;
}

struct save_content save_content_of(const struct document *document,
				    struct range range)
{
	struct file *file = document_file(document);

	return (struct save_content){
		.document = document,
		.range = range,
		.source = file_descriptor(file),
		.source_same = file_check(file, NULL) == FILE_SAME,
	};
}

void save_content_end(struct save_content *content)
{
	free(content->shared.list);
	content->shared = (struct save_ranges){ .list = NULL };
}

static bool all_zero(const unsigned char *bytes, size_t size)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

struct writing {
	struct save_content *content;
	int fd;
	unsigned char *block;
	uint64_t shares;	/* in blocks of so many bytes; 0: it does not */
	bool local;		/* nobody copies it better than we do */
	struct range early;	/* of the file: written, but not begun to be
				   written out */
	struct error *cause;
};

/* LENGTH bytes from OFFSET of the document on are written. */
static bool advance(struct writing *writing, uint64_t offset, uint64_t length)
{
	struct range *early = &writing->early;

	offset -= writing->content->range.start;
	if (early->end != offset)
		*early = range_of(offset, 0);
	early->end += length;
	if (range_length(*early) >= SAVE_EARLY) {
		/* Whatever comes of it, the sync will say. */
		io.write_early(writing->fd, (off_t)early->start,
			       (off_t)range_length(*early));
		early->start = early->end;
	}
	return save_step(writing->content->flush, length, writing->cause);
}

/* Writes RANGE of the document; blocks of zeros become holes if SPARSE. */
static bool write_bytes(struct writing *writing, struct range range,
			bool sparse)
{
	const struct save_content *content = writing->content;

	while (!range_is_empty(range)) {
		uint64_t length;
		const unsigned char *bytes = document_span(content->document,
							   range.start,
							   &length);

		if (length > range_length(range))
			length = range_length(range);
		if (length > SAVE_BLOCK)
			length = SAVE_BLOCK;
		if (!(sparse && all_zero(bytes, (size_t)length))
		    && !io_write_at(writing->fd, bytes, (size_t)length,
				    range.start - content->range.start))
			return errno == EFAULT
				? error_set(writing->cause, "the bytes at "
					    "0x%llx can't be read any more",
					    (unsigned long long)range.start)
				: error_set_system(writing->cause, errno,
						   "can't write");
		if (!advance(writing, range.start, length))
			return false;
		range.start += length;
	}
	return true;
}

/* --- from file to file --- */

/* Copies from file to file as far as the system does. */
static bool copy_extent(struct writing *writing, uint64_t from,
			struct range *to)
{
	const struct save_content *content = writing->content;
	off_t from_offset = (off_t)from;
	off_t to_offset = (off_t)(to->start - content->range.start);

	while (!range_is_empty(*to)) {
		uint64_t part = range_length(*to);

		if (part > SAVE_AT_ONCE)
			part = SAVE_AT_ONCE;
		ssize_t got = io.copy_range(content->source, &from_offset,
					    writing->fd, &to_offset,
					    (size_t)part);
		if (save_again(got))
			continue;
		/* Whatever stopped it, writing finds out what is wrong. */
		if (got <= 0)
			return true;
		if (!advance(writing, to->start, (uint64_t)got))
			return false;
		to->start += (uint64_t)got;
	}
	return true;
}

/* The same by reading and writing.  Blocks of the new file, wherever they stood
 * in the old one, fit the pages in which the system keeps it. */
static bool copy_blocks(struct writing *writing, uint64_t from,
			struct range *to)
{
	const struct save_content *content = writing->content;
	uint64_t base = content->range.start;

	while (!range_is_empty(*to)) {
		uint64_t offset = to->start - base;
		size_t length = SAVE_BLOCK - (size_t)(offset % SAVE_BLOCK);

		if (length > range_length(*to))
			length = (size_t)range_length(*to);
		if (io_read_at(content->source, writing->block, length, from)
		    != (ssize_t)length)
			return true;
		if (!io_write_at(writing->fd, writing->block, length, offset))
			return error_set_system(writing->cause, errno,
						"can't write");
		if (!advance(writing, to->start, length))
			return false;
		to->start += length;
		from += length;
	}
	return true;
}

/* Copies PART of RUN, by the extents of the old file. */
static bool copy_part(struct writing *writing, struct save_run run,
		      struct range part)
{
	const struct save_content *content = writing->content;
	uint64_t offset = run.file_offset + (part.start - run.now.start);
	uint64_t end = offset + range_length(part);

	while (offset < end) {
		struct range data = save_data_at(content->source, offset, end);
		struct range to = range_of(run.now.start
					   + (data.start - run.file_offset),
					   range_length(data));

		if (!save_step(content->flush, data.start - offset,
			       writing->cause)
		    || !(writing->local
			 ? copy_blocks(writing, data.start, &to)
			 : copy_extent(writing, data.start, &to))
		    || !write_bytes(writing, to, false))
			return false;
		offset = data.end;
	}
	return true;
}

struct range save_shareable(struct save_run run, uint64_t base, uint64_t block)
{
	struct range none = range_of(run.now.start, 0);
	uint64_t start = run.now.start - base;
	uint64_t end = run.now.end - base;

	if (block == 0 || start % block != run.file_offset % block)
		return none;
	start += (block - start % block) % block;
	end -= end % block;
	/* Less would be more pieces rather than fewer bytes. */
	return start < end && end - start >= SAVE_SHORT
		? (struct range){ base + start, base + end } : none;
}

static int share_part(const struct writing *writing, struct save_run run,
		      struct range part)
{
	const struct save_content *content = writing->content;
	uint64_t from = run.file_offset + (part.start - run.now.start);
	int result;

	do
		result = io.share_range(content->source, (off_t)from,
					writing->fd,
					(off_t)(part.start
						- content->range.start),
					(off_t)range_length(part));
	while (save_again(result));
	return result;
}

/* Shares of RANGE, which is whole blocks of RUN, what it can; the rest of it
 * is left. */
static bool share_range(struct writing *writing, struct save_run run,
			struct range *range)
{
	struct save_content *content = writing->content;

	while (!range_is_empty(*range)) {
		struct range part = *range;

		if (range_length(part) > SAVE_SHARED_AT_ONCE)
			part.end = part.start + SAVE_SHARED_AT_ONCE;
		/* Whatever it is, it is the same for all the rest. */
		if (share_part(writing, run, part) != 0) {
			writing->shares = 0;
			return true;
		}
		if (!save_ranges_add(&content->shared, part, writing->cause)
		    || !save_step(content->flush, range_length(part),
				  writing->cause))
			return false;
		range->start = part.end;
	}
	return true;
}

static bool copy_run(struct writing *writing, struct save_run run)
{
	struct range whole = save_shareable(run, writing->content->range.start,
					    writing->shares);
	struct range rest = { whole.start, run.now.end };

	if (range_is_empty(whole))
		return copy_part(writing, run, run.now);
	if (!copy_part(writing, run,
		       (struct range){ run.now.start, whole.start })
	    || !share_range(writing, run, &whole))
		return false;
	rest.start = whole.start;
	return copy_part(writing, run, rest);
}

/* --- all of it --- */

static bool write_run(struct writing *writing, struct save_run run)
{
	const struct save_content *content = writing->content;

	if (run.in_file && content->source_same)
		return copy_run(writing, run);
	if (run.in_file)
		return write_bytes(writing, run.now, true);
	return save_reserve(writing->fd, run.now.start - content->range.start,
			    range_length(run.now), writing->cause)
		&& write_bytes(writing, run.now, false);
}

/* Writes RANGE, not longer than BLOCK, at once. */
static bool write_gathered(struct writing *writing, struct range range)
{
	const struct save_content *content = writing->content;
	size_t length = (size_t)range_length(range);

	document_read(content->document, range.start, writing->block, length);
	document_release(content->document, range);
	if (!io_write_at(writing->fd, writing->block, length,
			 range.start - content->range.start))
		return error_set_system(writing->cause, errno, "can't write");
	return advance(writing, range.start, length);
}

static bool write_all(struct writing *writing)
{
	const struct save_content *content = writing->content;
	uint64_t offset = content->range.start;

	while (offset < content->range.end) {
		struct save_run run = { .now = { offset, content->range.end } };
		bool written;

		if (range_length(run.now) > SAVE_BLOCK)
			run.now.end = offset + SAVE_BLOCK;
		run.now.end = document_dense(content->document, run.now,
					     SAVE_SHORT);

		if (!range_is_empty(run.now)) {
			written = write_gathered(writing, run.now);
		} else {
			run = save_run_at(content->document, offset,
					  content->range.end);
			written = write_run(writing, run);
		}
		if (!written)
			return false;
		offset = run.now.end;
	}
	return true;
}

uint64_t save_block(int fd)
{
	struct stat status;

	return io.fstat(fd, &status) == 0 && status.st_blksize > 0
		? (uint64_t)status.st_blksize : 0;
}

bool save_content_write(struct save_content *content, int fd,
			struct error *cause)
{
	struct writing writing = {
		.content = content, .fd = fd, .cause = cause,
		.shares = save_block(fd),
	};
	bool shares;
	unsigned epoch;
	bool written;

	if (content->making) {
		if (!save_making_write(content->making, fd, cause))
			return false;
		content->flush->report->made = content->making->bytes;
		return true;
	}

	bool lost = document_verify(content->document);

	epoch = document_epoch(content->document);
	if ((lost && !save_range_present(content->document, content->range,
					 cause))
	    || !save_set_size(fd, range_length(content->range), cause))
		return false;
	if (io.file_system(fd, &shares, &writing.local) != 0)
		writing.local = false;
	writing.block = malloc(SAVE_BLOCK);
	if (!writing.block)
		return error_set_memory(cause);
	written = write_all(&writing);
	free(writing.block);
	if (!written)
		return false;
	/* What was cut off a page that stays reads as zeros, silently. */
	document_verify(content->document);
	return document_epoch(content->document) == epoch
		|| error_set(cause, "bytes were lost while it was read");
}
