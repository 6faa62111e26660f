/*
 * Going on after a flush: the document is one base piece again, granules hold
 * what is on disk, and the history is settled.
 *
 * A flush in place leaves other bytes in private granules than are on disk
 * then, where something was moved; those are the settlement's patches.  After
 * any other one the document lies over another mapping: of another file, or
 * of the same one with its other length.
 */
#include <assert.h>

#include "document_internal.h"
#include "memory.h"

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

struct document_move {
	struct document *document;
	struct file *file;
	struct mapping *mapping;
};

static bool move_prepare(struct document_move *move, struct error *error)
{
	move->mapping = mapping_open(move->file, error);
	if (!move->mapping)
		return false;
	if (mapping_size(move->mapping) != document_size(move->document))
		return error_set(error, "%s has another length than it should",
				 file_path(move->file));
	return (older_reserve(move->document) || error_set_memory(error)) &&
	       settlement_prepare(move->document, error);
}

struct document_move *document_move_begin(struct document *document,
					  struct file *file,
					  struct error *error)
{
	struct document_move *move = memory_allocate(sizeof(*move));

	if (!move) {
		error_set_memory(error);
		file_close(file);
		return NULL;
	}
	*move = (struct document_move){ document, file, NULL };
	if (move_prepare(move, error))
		return move;
	document_move_cancel(move);
	return NULL;
}

void document_move_cancel(struct document_move *move)
{
	if (!move)
		return;
	settlement_drop(move->document);
	if (move->mapping)
		mapping_close(move->mapping);
	file_close(move->file);
	memory_free(move);
}

void document_move(struct document_move *move)
{
	struct document *document = move->document;
	struct source source = { document->file, document->mapping };

	document->file = move->file;
	document->mapping = move->mapping;
	memory_free(move);
	settlement_commit(document);
	range_set_free(&document->shared);
	document_settle(document);
	document_retire(document, source);
}

bool document_replaced(struct document *document, struct file *file,
		       struct error *error)
{
	struct document_move *move = document_move_begin(document, file,
							 error);

	if (!move)
		return false;
	document_move(move);
	document_tell_written(document);
	return true;
}
