/*
 * save_content: a part of a document as the content of a new file, written
 * and then read back.
 *
 * What is unchanged is copied from file to file, extent by extent, so that
 * holes stay holes and file systems that can share blocks do.  The new file
 * has its full size from the start: what is skipped is a hole.  Where changes
 * are dense, what stands between them is gathered and written with them.
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

static bool all_zero(const unsigned char *bytes, size_t size)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

/* --- writing --- */

/* Writes RANGE of the document; blocks of zeros become holes if SPARSE. */
static bool write_bytes(const struct save_content *content, int fd,
			struct range range, bool sparse, struct error *cause)
{
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
		    && !io_write_at(fd, bytes, (size_t)length,
				    range.start - content->range.start))
			return errno == EFAULT
				? error_set(cause, "the bytes at 0x%llx can't "
					    "be read any more",
					    (unsigned long long)range.start)
				: error_set_system(cause, errno, "can't write");
		range.start += length;
		if (!save_step(content->flush, length, cause))
			return false;
	}
	return true;
}

/* Copies from file to file as far as the system does. */
static bool copy_extent(const struct save_content *content, int fd,
			uint64_t from, struct range *to, struct error *cause)
{
	off_t from_offset = (off_t)from;
	off_t to_offset = (off_t)(to->start - content->range.start);

	while (!range_is_empty(*to)) {
		uint64_t part = range_length(*to);

		if (part > SAVE_AT_ONCE)
			part = SAVE_AT_ONCE;
		ssize_t got = io.copy_range(content->source, &from_offset, fd,
					    &to_offset, (size_t)part);
		if (save_again(got))
			continue;
		/* Whatever stopped it, writing finds out what is wrong. */
		if (got <= 0)
			return true;
		to->start += (uint64_t)got;
		if (!save_step(content->flush, (uint64_t)got, cause))
			return false;
	}
	return true;
}

static bool copy_run(const struct save_content *content, int fd,
		     struct save_run run, struct error *cause)
{
	uint64_t offset = run.file_offset;
	uint64_t end = offset + range_length(run.now);

	while (offset < end) {
		struct range data = save_data_at(content->source, offset, end);
		struct range to = range_of(run.now.start
					   + (data.start - run.file_offset),
					   range_length(data));

		if (!save_step(content->flush, data.start - offset, cause)
		    || !copy_extent(content, fd, data.start, &to, cause)
		    || !write_bytes(content, fd, to, false, cause))
			return false;
		offset = data.end;
	}
	return true;
}

static bool write_run(const struct save_content *content, int fd,
		      struct save_run run, struct error *cause)
{
	if (run.in_file && content->source_same)
		return copy_run(content, fd, run, cause);
	if (run.in_file)
		return write_bytes(content, fd, run.now, true, cause);
	return save_reserve(fd, run.now.start - content->range.start,
			    range_length(run.now), cause)
		&& write_bytes(content, fd, run.now, false, cause);
}

/* Writes RANGE, not longer than BLOCK, at once. */
static bool write_gathered(const struct save_content *content, int fd,
			   struct range range, unsigned char *block,
			   struct error *cause)
{
	size_t length = (size_t)range_length(range);

	document_read(content->document, range.start, block, length);
	document_release(content->document, range);
	if (!io_write_at(fd, block, length,
			 range.start - content->range.start))
		return error_set_system(cause, errno, "can't write");
	return save_step(content->flush, length, cause);
}

static bool write_all(const struct save_content *content, int fd,
		      unsigned char *block, struct error *cause)
{
	uint64_t offset = content->range.start;

	while (offset < content->range.end) {
		struct save_run run = { .now = { offset, content->range.end } };
		bool written;

		if (range_length(run.now) > SAVE_BLOCK)
			run.now.end = offset + SAVE_BLOCK;
		run.now.end = document_dense(content->document, run.now,
					     SAVE_SHORT);

		if (!range_is_empty(run.now)) {
			written = write_gathered(content, fd, run.now, block,
						 cause);
		} else {
			run = save_run_at(content->document, offset,
					  content->range.end);
			written = write_run(content, fd, run, cause);
		}
		if (!written)
			return false;
		offset = run.now.end;
	}
	return true;
}

bool save_content_write(const struct save_content *content, int fd,
			struct error *cause)
{
	unsigned char *block;
	unsigned epoch;
	bool written;

	if (content->making)
		return save_making_write(content->making, fd, cause);

	bool lost = document_verify(content->document);

	epoch = document_epoch(content->document);
	if ((lost && !save_range_present(content->document, content->range,
					 cause))
	    || !save_set_size(fd, range_length(content->range), cause))
		return false;
	block = malloc(SAVE_BLOCK);
	if (!block)
		return error_set_memory(cause);
	written = write_all(content, fd, block, cause);
	free(block);
	if (!written)
		return false;
	/* What was cut off a page that stays reads as zeros, silently. */
	document_verify(content->document);
	return document_epoch(content->document) == epoch
		|| error_set(cause, "bytes were lost while it was read");
}

/* --- reading back --- */

struct reading {
	const struct save_content *content;
	int fd;
	unsigned char *block;	/* room for two blocks */
	uint32_t crc;		/* of what has been read */
	struct error *cause;
};

static bool compare_bytes(struct reading *reading, struct range range)
{
	const struct save_content *content = reading->content;
	unsigned char *block = reading->block;

	while (!range_is_empty(range)) {
		uint64_t length = range_length(range);

		if (length > SAVE_BLOCK)
			length = SAVE_BLOCK;
		ssize_t got = io_read_at(reading->fd, block, (size_t)length,
					 range.start - content->range.start);
		if (got < 0)
			return error_set_system(reading->cause, errno,
						"can't read it back");
		document_read(content->document, range.start,
			      block + SAVE_BLOCK, (size_t)length);
		if ((uint64_t)got < length
		    || memcmp(block, block + SAVE_BLOCK, (size_t)length) != 0)
			return error_set(reading->cause,
					 "it reads back differently");
		document_release(content->document,
				 range_of(range.start, length));
		if (content->checked)
			reading->crc = crc32c(reading->crc, block,
					      (size_t)length);
		range.start += length;
		if (!save_step(content->flush, length, reading->cause))
			return false;
	}
	return true;
}

/* RANGE is a hole in the new file: over a hole of the old one there is
 * nothing to compare, and reading it would take as long as real bytes. */
static bool compare_hole(struct reading *reading, struct range range)
{
	const struct save_content *content = reading->content;

	while (!range_is_empty(range)) {
		struct save_run run = save_run_at(content->document,
						  range.start, range.end);
		struct range data = { 0, range_length(run.now) };

		if (run.in_file && content->source_same) {
			data = save_data_at(content->source, run.file_offset,
					    run.file_offset
					    + range_length(run.now));
			data.start -= run.file_offset;
		}
		if (content->checked)
			reading->crc = crc32c_zeros(reading->crc, data.start);
		range.start += data.start;
		if (!save_step(content->flush, data.start, reading->cause)
		    || !compare_bytes(reading, (struct range){ range.start,
							       run.now.end }))
			return false;
		range.start = run.now.end;
	}
	return true;
}

bool save_content_verify(const struct save_content *content, int fd,
			 uint32_t *crc, struct error *cause)
{
	const uint64_t base = content->range.start;
	const uint64_t size = range_length(content->range);
	struct reading reading = {
		.content = content, .fd = fd, .cause = cause,
	};
	struct stat status;
	bool same = true;

	if (content->making)
		return save_making_verify(content->making, fd, cause);
	reading.block = malloc(2 * SAVE_BLOCK);
	if (!reading.block)
		return error_set_memory(cause);
	if (io.fstat(fd, &status) != 0 || (uint64_t)status.st_size != size)
		same = error_set(cause, "it has another size than was written");
	for (uint64_t offset = 0; same && offset < size; ) {
		struct range data = save_data_at(fd, offset, size);

		same = compare_hole(&reading, (struct range){ base + offset,
				    base + data.start })
			&& compare_bytes(&reading, (struct range){
					 base + data.start, base + data.end });
		offset = data.end;
	}
	free(reading.block);
	*crc = reading.crc;
	return same;
}
