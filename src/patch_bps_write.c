/*
 * patch_bps_write: the changes as BPS.
 *
 * What has not changed is read from the source at its place, what has moved is
 * copied from there, and the rest stands in the patch.  Nothing is searched
 * for: the document knows where its bytes come from.
 */
#include "compat_zlib.h"
#include "patch_bps.h"

static bool put_number(struct patch_writer *writer, uint64_t number)
{
	for (;;) {
		unsigned char byte = number & 0x7f;

		number >>= 7;
		if (number == 0)
			byte |= 0x80;
		if (!patch_put(writer, &byte, 1))
			return false;
		if (number == 0)
			return true;
		/* Each number has one form only. */
		number--;
	}
}

static bool put_action(struct patch_writer *writer, enum bps_action action,
		       uint64_t length)
{
	return put_number(writer, (length - 1) << 2 | action);
}

/* --- actions --- */

static bool put_bytes(struct patch_writer *writer, struct range range)
{
	unsigned char block[PATCH_BLOCK];

	if (!put_action(writer, BPS_TARGET_READ, range_length(range)))
		return false;
	while (!range_is_empty(range)) {
		size_t size = range_length(range) < sizeof block
			? (size_t)range_length(range) : sizeof block;

		if (!patch_new_bytes(writer, range.start, block, size)
		    || !patch_put(writer, block, size))
			return false;
		range.start += size;
	}
	return true;
}

/* *NEXT is where the last copy ended in the source. */
static bool put_copy(struct patch_writer *writer,
		     const struct segment *segment, uint64_t *next)
{
	uint64_t from = segment->file_offset;
	uint64_t length = range_length(segment->now);
	uint64_t distance = from < *next ? (*next - from) << 1 | 1
					 : (from - *next) << 1;

	if (from == segment->now.start)
		return put_action(writer, BPS_SOURCE_READ, length);
	*next = from + length;
	return put_action(writer, BPS_SOURCE_COPY, length)
		&& put_number(writer, distance);
}

static bool put_actions(struct patch_writer *writer)
{
	const struct document *document = writer->document;
	uint64_t size = document_size(document);
	uint64_t next = 0;
	uint64_t start = 0;	/* of bytes that are not in the file */

	for (uint64_t at = 0; at < size; ) {
		struct segment segment = document_segment(document, at);

		if (segment.in_file && start < at
		    && !put_bytes(writer, (struct range){ start, at }))
			return false;
		if (segment.in_file && !put_copy(writer, &segment, &next))
			return false;
		at = segment.now.end;
		if (segment.in_file)
			start = at;
	}
	return start == size
		|| put_bytes(writer, (struct range){ start, size });
}

/* --- checksums --- */

static bool put_crc(struct patch_writer *writer, uint32_t crc)
{
	unsigned char bytes[4];

	for (int i = 0; i < 4; i++)
		bytes[i] = (unsigned char)(crc >> 8 * i);
	return patch_put(writer, bytes, sizeof bytes);
}

static bool put_source_crc(struct patch_writer *writer)
{
	uint64_t size = document_file_size(writer->document);
	unsigned char block[PATCH_BLOCK];
	uint32_t crc = 0;

	for (uint64_t at = 0; at < size; ) {
		size_t part = size - at < sizeof block ? (size_t)(size - at)
						       : sizeof block;

		if (!patch_old_bytes(writer, at, block, part))
			return false;
		crc = compat_crc32(crc, block, part);
		at += part;
	}
	return put_crc(writer, crc);
}

static bool put_target_crc(struct patch_writer *writer)
{
	uint64_t size = document_size(writer->document);
	unsigned char block[PATCH_BLOCK];
	uint32_t crc = 0;

	for (uint64_t at = 0; at < size; ) {
		size_t part = size - at < sizeof block ? (size_t)(size - at)
						       : sizeof block;

		if (!patch_new_bytes(writer, at, block, part))
			return false;
		document_release(writer->document, range_of(at, part));
		crc = compat_crc32(crc, block, part);
		at += part;
	}
	return put_crc(writer, crc);
}

bool patch_bps_write(struct patch_writer *writer)
{
	const struct document *document = writer->document;

	return patch_put(writer, "BPS1", BPS_MAGIC)
		&& put_number(writer, document_file_size(document))
		&& put_number(writer, document_size(document))
		&& put_number(writer, 0)	/* no metadata */
		&& put_actions(writer) && put_source_crc(writer)
		&& put_target_crc(writer) && put_crc(writer, writer->crc);
}
