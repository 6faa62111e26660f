/*
 * save_verify: a new file is read back and compared with what it should hold.
 *
 * That finds what a copy from file to file, made by the system, did not do as
 * it said, and bytes that somebody has changed meanwhile.  Blocks that both
 * files share are one and the same, so there is nothing to compare; they are
 * read only where a checksum is wanted.
 */
#include <stdlib.h>
#include <string.h>

#include "crc32c.h"
#include "io.h"
#include "save_internal.h"
#include "sizes.h"

struct reading {
	const struct save_content *content;
	int fd;
	unsigned char *block;	/* room for two blocks */
	uint32_t crc;		/* of what has been read */
	size_t shared;		/* of the content's shared ranges, the next */
	struct error *cause;
};

/* From where RANGE begins: how much of it is shared, or if nothing is, how much
 * is not. */
static bool shared_part(struct reading *reading, struct range range,
			uint64_t *length)
{
	const struct save_ranges *shared = &reading->content->shared;

	*length = range_length(range);
	if (reading->content->checked)
		return false;
	while (reading->shared < shared->count
	       && shared->list[reading->shared].end <= range.start)
		reading->shared++;
	if (reading->shared == shared->count)
		return false;
	struct range part = range_intersect(shared->list[reading->shared],
					    range);
	if (range_is_empty(part))
		return false;
	*length = part.start > range.start ? part.start - range.start
					   : range_length(part);
	return part.start == range.start;
}

/* Is the first block what the document has at OFFSET?  A run of it that is as
 * long is looked at where it stands. */
static bool same_bytes(const struct reading *reading, uint64_t offset,
		       size_t length)
{
	const struct document *document = reading->content->document;
	unsigned char *other = reading->block + SAVE_BLOCK;
	uint64_t run;
	const unsigned char *bytes = document_span(document, offset, &run);

	if (run >= length)
		return memcmp(reading->block, bytes, length) == 0;
	document_read(document, offset, other, length);
	return memcmp(reading->block, other, length) == 0;
}

static bool compare_bytes(struct reading *reading, struct range range)
{
	const struct save_content *content = reading->content;
	unsigned char *block = reading->block;

	while (!range_is_empty(range)) {
		uint64_t length;

		if (shared_part(reading, range, &length)) {
			range.start += length;
			if (!save_step(content->flush, length, reading->cause))
				return false;
			continue;
		}
		if (length > SAVE_BLOCK)
			length = SAVE_BLOCK;
		ssize_t got = io_read_at(reading->fd, block, (size_t)length,
					 range.start - content->range.start);
		if (got < 0)
			return error_set_system(reading->cause, errno,
						"can't read it back");
		if ((uint64_t)got < length
		    || !same_bytes(reading, range.start, (size_t)length))
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
