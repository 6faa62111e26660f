/*
 * Passing over a document, piece by piece: what is next to the last piece is
 * found without looking for it in the tree.
 */
#include "document_internal.h"
#include "io.h"
#include "sizes.h"

size_t document_read(const struct document *document, uint64_t offset,
		     void *buffer, size_t size)
{
	struct piece_cursor cursor = pieces_walk(document->pieces, offset);
	struct piece piece;
	size_t done = 0;

	for (uint64_t start; done < size
	     && piece_cursor_next(&cursor, &piece, &start);)
		/* A repeated piece comes in several runs. */
		for (uint64_t at = offset + done - start, length;
		     done < size && at < piece.length; at += length) {
			const unsigned char *bytes = piece_run(piece, at,
							       &length);

			if (length > size - done)
				length = size - done;
			document_take(document,
				      (unsigned char *)buffer + done, bytes,
				      (size_t)length);
			done += (size_t)length;
		}
	return done;
}

bool document_read_file(const struct document *document, uint64_t offset,
			void *buffer, size_t size)
{
	uint64_t length, place;
	const unsigned char *bytes = document_span(document, offset, &length);
	const struct mapping *mapping = document_mapping_of(document, bytes,
							    &place);

	return mapping && length >= size &&
	       mapping_read_file(mapping, place, buffer, size);
}

uint64_t document_dense(const struct document *document, struct range range,
			uint64_t length)
{
	struct piece_cursor cursor = pieces_walk(document->pieces,
						 range.start);
	uint64_t end = range.start;
	struct piece piece;

	for (uint64_t start; end < range.end
	     && piece_cursor_next(&cursor, &piece, &start);) {
		uint64_t next = start + piece.length;

		if (next - end >= length)
			return end;
		end = next;
	}
	return end < range.end ? end : range.end;
}

/* Pages of MAPPING that are to be let go of together, in this way. */
struct release {
	void (*way)(const struct mapping *mapping, struct range range);
	const struct mapping *mapping;
	struct range range;
};

static void release_now(struct release *release)
{
	if (release->mapping)
		release->way(release->mapping, release->range);
	release->mapping = NULL;
}

/* What lies close behind the rest goes with it: by itself, a piece shorter than
 * a page would release none. */
static void release_add(struct release *release, const struct mapping *mapping,
			struct range range)
{
	if (mapping != release->mapping || range.start < release->range.end
	    || range.start - release->range.end > MAPPING_GRANULE) {
		release_now(release);
		release->range.start = range.start;
	}
	release->mapping = mapping;
	release->range.end = range.end;
}

static void release_all(const struct document *document, struct range range,
			struct release release)
{
	struct piece_cursor cursor = pieces_walk(document->pieces,
						 range.start);
	struct piece piece;

	for (uint64_t start; piece_cursor_next(&cursor, &piece, &start)
	     && start < range.end;) {
		struct range part = range_intersect(
			range_of(start, piece.length), range);
		uint64_t length, offset;
		/* Of a repeated piece the bytes once. */
		const unsigned char *bytes = piece_run(
			piece, part.start - start, &length);
		const struct mapping *mapping = document_mapping_of(
			document, bytes, &offset);

		if (length > range_length(part))
			length = range_length(part);
		if (mapping)
			release_add(&release, mapping,
				    range_of(offset, length));
	}
	release_now(&release);
}

void document_release(const struct document *document, struct range range)
{
	release_all(document, range, (struct release){
		.way = mapping_release,
	});
}

void document_discard(const struct document *document, struct range range)
{
	release_all(document, range, (struct release){
		.way = mapping_discard,
	});
}

bool document_cached(const struct document *document, uint64_t offset)
{
	uint64_t length, place;
	const unsigned char *bytes = document_span(document, offset, &length);
	const struct mapping *mapping = document_mapping_of(document, bytes,
							    &place);

	return !mapping || mapping_cached(mapping, place);
}

/* Its end, because the system reads ahead. */
bool document_pass_begin(const struct document *document, struct range range)
{
	return !document_exceeds_memory(document) ||
	       document_cached(document, range.end - 1);
}

void document_pass_end(const struct document *document, struct range range,
		       bool keep)
{
	if (keep)
		document_release(document, range);
	else
		document_discard(document, range);
}

bool document_exceeds_memory(const struct document *document)
{
	uint64_t memory = io.memory();

	return memory > 0 && !document_by_blocks(document) &&
	       file_size(document->file) > memory;
}
