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

/* Appends PIECE of DOCUMENT to LIST with its doomed bytes copied; *DOOMED if
 * it had any. */
static bool detach_piece(struct document *document, const struct doom *doom,
			 struct piece piece, struct piece_list *list,
			 bool *doomed, struct error *error)
{
	uint64_t offset;

	if (!document_place(doom->document, piece, &offset))
		return piece_list_add(list, piece) || error_set_memory(error);
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
			*doomed = true;
			if (!part.bytes)
				return false;
		}
		if (!piece_list_add(list, part))
			return error_set_memory(error);
	}
	return true;
}

/* LIST without doomed bytes. */
static bool detach_list(struct document *document, const struct doom *doom,
			struct piece_list *list, struct error *error)
{
	struct piece_list detached = { .pieces = NULL };
	bool doomed = false, fine = true;

	for (size_t i = 0; fine && i < list->count; i++)
		fine = detach_piece(document, doom, list->pieces[i],
				    &detached, &doomed, error);
	if (fine && doomed) {
		piece_list_free(list);
		*list = detached;
	} else {
		piece_list_free(&detached);
	}
	return fine;
}

static bool detach_history(struct document *document, const struct doom *doom,
			   struct error *error)
{
	struct history *history = &document->history;
	bool fine = true;

	for (size_t i = 0; fine && i < history->count; i++) {
		struct record *record = &history->records[i];
		struct piece_list list = {
			record->pieces, record->count, record->count,
		};

		fine = detach_list(document, doom, &list, error);
		record->pieces = list.pieces;
		record->count = (uint32_t)list.count;
	}
	return fine;
}

/* The document's pieces: those of its own file that stand where they belong
 * are overwritten by themselves. */
static bool detach_tree(struct document *document, const struct doom *doom,
			struct error *error)
{
	struct range all = { 0, document_size(document) };
	struct piece_list list = { .pieces = NULL };
	bool fine = pieces_copy(document->pieces, all, &list) ||
		    error_set_memory(error);
	uint64_t at = 0, offset;

	for (size_t i = 0; fine && i < list.count; i++) {
		struct piece piece = list.pieces[i];
		struct piece_list detached = { .pieces = NULL };
		struct range now = range_of(at, piece.length);
		bool doomed = false;

		at = now.end;
		if (!document_place(doom->document, piece, &offset) ||
		    (doom->document == document && offset == now.start))
			continue;
		fine = detach_piece(document, doom, piece, &detached, &doomed,
				    error);
		if (fine && doomed)
			fine = pieces_reserve(document->pieces, now,
					      detached.count, NULL) ||
			       error_set_memory(error);
		if (fine && doomed)
			pieces_replace(document->pieces, now, detached.pieces,
				       detached.count, NULL);
		piece_list_free(&detached);
	}
	piece_list_free(&list);
	return fine;
}

/* All that DOCUMENT refers to. */
static bool detach_all(struct document *document, const struct doom *doom,
		       struct error *error)
{
	bool fine = true;

	settlement_drop(document);
	for (struct clip *clip = document->clips; fine && clip;
	     clip = clip->next)
		fine = detach_list(document, doom, &clip->list, error);
	return fine && detach_history(document, doom, error) &&
	       detach_tree(document, doom, error);
}

/* --- the flush --- */

bool document_detach(struct document *document, const struct range *ranges,
		     size_t count, struct error *error)
{
	struct doom doom = { document, ranges, count };

	for (size_t i = 0; i < document->holder_count; i++)
		if (!detach_all(document->holders[i], &doom, error))
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
static bool list_refers(const struct piece *pieces, size_t count,
			const struct mapping *mapping)
{
	uintptr_t start = (uintptr_t)mapping_bytes(mapping);
	uintptr_t end = start + mapping_size(mapping);

	for (size_t i = 0; i < count; i++) {
		uintptr_t bytes = (uintptr_t)pieces[i].bytes;

		if (!pieces[i].period && bytes < end &&
		    bytes + pieces[i].length > start)
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
		if (list_refers(history->records[i].pieces,
				history->records[i].count, mapping))
			return true;
	for (const struct clip *clip = document->clips; clip;
	     clip = clip->next)
		if (list_refers(clip->list.pieces, clip->list.count, mapping))
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
