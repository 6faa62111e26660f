/*
 * Going on after a flush: the document is one base piece again, granules hold
 * what is on disk, and the history is settled.
 *
 * A flush in place changes bytes under pieces that refer to the file;
 * document_detach copies those.  It also leaves other bytes in private
 * granules than are on disk then, where something was moved; those are the
 * settlement's patches.
 */
#include <assert.h>

#include "document_internal.h"
#include "memory.h"

/* --- copying what a flush in place will overwrite --- */

/* Is the byte of the file at OFFSET one that will change under its readers:
 * in RANGES, not in a private granule; for how many bytes? */
static bool doomed_run(const struct mapping *mapping,
		       const struct range *ranges, size_t count,
		       uint64_t offset, uint64_t *length)
{
	size_t low = 0, high = count;
	bool private = mapping_private_run(mapping, offset, length);

	if (private)
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ranges[middle].end <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	bool inside = low < count && ranges[low].start <= offset;
	uint64_t edge = low == count ? UINT64_MAX
		: inside ? ranges[low].end : ranges[low].start;

	if (*length > edge - offset)
		*length = edge - offset;
	return inside;
}

/* What is about to be overwritten, and of whose file. */
struct doom {
	const struct document *document;
	const struct range *ranges;
	size_t count;
};

/* Appends PIECE of DOCUMENT to LIST with its doomed bytes copied. */
static bool detach_piece(struct document *document, const struct doom *doom,
			 struct piece piece, struct stretch *list,
			 struct error *error)
{
	uint64_t offset;

	if (!document_place(doom->document, piece, &offset))
		return stretch_add(document->pieces, list, piece) ||
		       error_set_memory(error);
	for (uint64_t done = 0, same; done < piece.length; done += same) {
		bool copy = doomed_run(doom->document->mapping, doom->ranges,
				       doom->count, offset + done, &same);

		if (same > piece.length - done)
			same = piece.length - done;

		struct piece part = piece_slice(piece, done, same);

		if (copy) {
			part.bytes = document_keep(document, &document->typed,
						   part.bytes, same, error);
			part.kind = PIECE_FOREIGN;
			if (!part.bytes)
				return false;
		}
		if (!stretch_add(document->pieces, list, part))
			return error_set_memory(error);
	}
	return true;
}

static bool is_doomed(const struct doom *doom, struct piece piece)
{
	uint64_t offset, same;

	if (!document_place(doom->document, piece, &offset))
		return false;
	for (uint64_t done = 0; done < piece.length; done += same)
		if (doomed_run(doom->document->mapping, doom->ranges,
			       doom->count, offset + done, &same))
			return true;
	return false;
}

/* LIST without doomed bytes. */
static bool detach_list(struct document *document, const struct doom *doom,
			struct stretch *list, struct error *error)
{
	struct pieces *pieces = document->pieces;
	struct piece_cursor cursor = stretch_walk(pieces, list);
	struct stretch detached = { .count = 0 };
	bool doomed = false, fine = true;
	struct piece piece;
	uint64_t start;

	while (!doomed && piece_cursor_next(&cursor, &piece, &start))
		doomed = is_doomed(doom, piece);
	if (!doomed)
		return true;
	cursor = stretch_walk(pieces, list);
	while (fine && piece_cursor_next(&cursor, &piece, &start))
		fine = detach_piece(document, doom, piece, &detached, error);
	stretch_free(pieces, fine ? list : &detached);
	if (fine)
		*list = detached;
	return fine;
}

static bool detach_history(struct document *document, const struct doom *doom,
			   struct error *error)
{
	struct history *history = &document->history;
	bool fine = true;

	for (size_t i = 0; fine && i < history->count; i++)
		fine = detach_list(document, doom, &history->records[i].other,
				   error);
	return fine;
}

/* The first piece from OFFSET on that has to be detached; false: none has.
 * Those of the document's own file that stand where they belong are
 * overwritten by themselves. */
static bool next_doomed(const struct document *document,
			const struct doom *doom, uint64_t offset,
			struct piece *piece, uint64_t *start)
{
	struct piece_cursor cursor = pieces_walk(document->pieces, offset);
	uint64_t place;

	while (piece_cursor_next(&cursor, piece, start)) {
		if (doom->document == document &&
		    document_place(document, *piece, &place) &&
		    place == *start)
			continue;
		if (is_doomed(doom, *piece))
			return true;
	}
	return false;
}

static bool detach_tree(struct document *document, const struct doom *doom,
			struct error *error)
{
	struct pieces *pieces = document->pieces;
	struct piece piece;
	uint64_t at = 0, start;

	for (; next_doomed(document, doom, at, &piece, &start);
	     at = start + piece.length) {
		struct stretch detached = { .count = 0 };
		struct reservation reservation = { 0, 0 };
		bool fine = detach_piece(document, doom, piece, &detached,
					 error);

		if (fine && !pieces_reserve(pieces, &detached, 1,
					    &reservation))
			fine = error_set_memory(error);
		if (fine)
			pieces_exchange(pieces, range_of(start, piece.length),
					&detached);
		stretch_free(pieces, &detached);
		if (!fine)
			return false;
	}
	return true;
}

/* All that DOCUMENT refers to, but for a rewrite that is being made: that
 * finds another revision and fails. */
static bool detach_all(struct document *document, const struct doom *doom,
		       struct error *error)
{
	bool fine = true;

	document_touch(document);
	for (struct clip *clip = document->clips; fine && clip;
	     clip = clip->next)
		fine = detach_list(document, doom, &clip->list, error);
	return fine && detach_history(document, doom, error) &&
	       detach_tree(document, doom, error);
}

/* All that others refer to in OF's file. */
static bool detach_holders(const struct document *of,
			   const struct range *ranges, size_t count,
			   struct error *error)
{
	struct doom doom = { of, ranges, count };

	for (size_t i = 0; i < of->holder_count; i++)
		if (!detach_all(of->holders[i], &doom, error))
			return false;
	return true;
}

/* --- the flush --- */

bool document_detach(struct document *document, const struct range *ranges,
		     size_t count, struct error *error)
{
	struct doom doom = { document, ranges, count };

	for (const struct document *of = document_same_file(document, NULL);
	     of; of = document_same_file(document, of))
		if (!detach_holders(of, ranges, count, error))
			return false;
	if (!detach_all(document, &doom, error) ||
	    !settlement_prepare(document, error))
		return false;
	if (settlement_add_patches(document, error))
		return true;
	settlement_drop(document);
	return false;
}

/* The document is what the file of its mapping holds. */
static void document_settle(struct document *document)
{
	document->history.saved = document->history.now;
	pieces_reset(document->pieces, mapping_bytes(document->mapping),
		     mapping_size(document->mapping));
	document->step_open = false;
	document_touch(document);
}

/* Is the document what the file holds already, all in its place? */
static bool document_in_place(const struct document *document)
{
	struct segment segment;
	uint64_t at = 0;

	for (; at < document_size(document); at = segment.now.end) {
		segment = document_segment(document, at);
		if (!segment.in_file || segment.file_offset != at)
			return false;
	}
	return at == mapping_size(document->mapping);
}

void document_written(struct document *document)
{
	const struct settlement *settlement = &document->settlement;
	bool ready = settlement->ready;

	assert(ready || document_in_place(document));
	assert(document_size(document) == mapping_size(document->mapping));
	for (size_t i = 0; i < settlement->patch_count; i++) {
		const struct swap *patch = &settlement->patches[i];

		mapping_write(document->mapping, patch->offset, patch->slot,
			      patch->length);
	}
	/* Where nothing was written, places in the file are what they were. */
	if (ready)
		settlement_commit(document);
	document_settle(document);
	document_tell_written(document);
}

/* Does anything refer to the bytes of MAPPING? */
static bool list_refers(const struct document *document,
			const struct stretch *list,
			const struct mapping *mapping)
{
	struct piece_cursor cursor = stretch_walk(document->pieces, list);
	uintptr_t from = (uintptr_t)mapping_bytes(mapping);
	uintptr_t end = from + mapping_size(mapping);
	struct piece piece;
	uint64_t start;

	while (piece_cursor_next(&cursor, &piece, &start)) {
		uintptr_t bytes = (uintptr_t)piece.bytes;

		if (!piece.period && bytes < end &&
		    bytes + piece.length > from)
			return true;
	}
	return false;
}

static bool mapping_needed(const struct document *document,
			   const struct mapping *mapping)
{
	const struct history *history = &document->history;

	/* Of others it is not looked for: they may, as long as they hold. */
	if (document->holder_count > 0)
		return true;
	for (size_t i = 0; i < history->count; i++)
		if (list_refers(document, &history->records[i].other,
				mapping))
			return true;
	for (const struct clip *clip = document->clips; clip;
	     clip = clip->next)
		if (list_refers(document, &clip->list, mapping))
			return true;
	return false;
}

/* Puts the mapping that was flushed over with the older ones, and closes
 * those that nothing refers to. */
static void document_retire(struct document *document, struct source source)
{
	size_t count = 0;

	document->older[document->older_count++] = source;
	for (size_t i = 0; i < document->older_count; i++) {
		struct source older = document->older[i];

		if (mapping_needed(document, older.mapping)) {
			document->older[count++] = older;
			continue;
		}
		mapping_close(older.mapping);
		file_close(older.file);
	}
	document->older_count = count;
}

static bool older_reserve(struct document *document)
{
	void *older = memory_resize(document->older,
		(document->older_count + 1) * sizeof(*document->older));

	if (older)
		document->older = older;
	return older != NULL;
}

bool document_replaced(struct document *document, struct file *file,
		       struct error *error)
{
	struct source source = { document->file, document->mapping };
	struct mapping *mapping = mapping_open(file, error);

	if (!mapping || (!older_reserve(document) && !error_set_memory(error)) ||
	    !settlement_prepare(document, error)) {
		if (mapping)
			mapping_close(mapping);
		file_close(file);
		return false;
	}
	document->file = file;
	document->mapping = mapping;
	settlement_commit(document);
	range_set_free(&document->shared);
	document_settle(document);
	document_retire(document, source);
	document_tell_written(document);
	return true;
}
