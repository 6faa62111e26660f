/*
 * Holes of the file, seen through the edits.
 *
 * A hole is one run of the file that the document shows as it is on disk: of
 * one segment, and of one hole there.  How far that goes to the right is told
 * by all who know; to the left it is looked for, because whatever is part of
 * the same run ends where it ends.
 */
#include "document_internal.h"

#include "sizes.h"

static uint64_t smaller(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

/* A private granule keeps bytes that somebody may have made a hole of since:
 * then its zeros, if it has any, are not to be taken for granted. */
static bool distrusts_private(const struct document *document)
{
	return mapping_private_bytes(document->mapping) > 0 &&
	       file_check(document->file, NULL) != FILE_SAME;
}

/* The hole at OFFSET: its end, and where it begins at the earliest. */
static bool hole_at(const struct document *document, uint64_t offset,
		    bool distrustful, struct range *hole)
{
	struct segment segment = document_segment(document, offset);
	uint64_t at = segment.file_offset;
	uint64_t length = range_length(segment.now);
	uint64_t same;
	struct range in_file;

	if (!segment.in_file || !file_hole(document->file, at, &in_file))
		return false;
	/* Gaps of a process are both. */
	if (document_lost(document, offset, &same) !=
	    document_by_blocks(document))
		return false;
	length = smaller(length, smaller(same, in_file.end - at));
	if (distrustful) {
		if (mapping_private_run(document->mapping, at, &same))
			return false;
		length = smaller(length, same);
	}
	hole->start = offset - smaller(offset, at - in_file.start);
	hole->end = offset + length;
	return true;
}

bool document_hole(const struct document *document, uint64_t offset,
		   struct range *hole)
{
	bool distrustful = distrusts_private(document);
	uint64_t high = offset;
	struct range left;

	if (!hole_at(document, offset, distrustful, hole))
		return false;
	/* Most often it begins as early as it can. */
	for (uint64_t low = hole->start, probe = low; low < high;
	     probe = low + (high - low) / 2)
		if (hole_at(document, probe, distrustful, &left) &&
		    left.end > offset)
			high = probe;
		else
			low = probe + 1;
	hole->start = high;
	return true;
}

/* How many bytes from OFFSET on are in no hole, at least. */
static uint64_t data_length(const struct document *document, uint64_t offset)
{
	struct segment segment = document_segment(document, offset);
	uint64_t at = segment.file_offset;
	uint64_t length = range_length(segment.now);
	struct range hole;

	if (!segment.in_file || !file_hole_from(document->file, at, &hole))
		return length;
	if (hole.start > at)
		return smaller(length, hole.start - at);
	/* It is one, but lost or not to be trusted. */
	return smaller(length, MAPPING_GRANULE - at % MAPPING_GRANULE);
}

bool document_hole_from(const struct document *document, uint64_t offset,
			struct range *hole)
{
	uint64_t size = document_size(document);

	while (offset < size && !document_hole(document, offset, hole))
		offset += data_length(document, offset);
	return offset < size;
}

/* The hole that is found from LOW on begins before OFFSET, the one from HIGH
 * on does not; each step halves what is between. */
bool document_hole_before(const struct document *document, uint64_t offset,
			  struct range *hole)
{
	uint64_t low = 0;
	uint64_t high = offset;
	struct range next;

	if (!document_hole_from(document, 0, hole) || hole->start >= offset)
		return false;
	while (low < high) {
		uint64_t probe = low + (high - low) / 2;

		if (document_hole_from(document, probe, &next) &&
		    next.start < offset) {
			*hole = next;
			low = probe + 1;
			if (low < next.end)
				low = next.end;
		} else {
			high = probe;
		}
	}
	return true;
}
