/*
 * document: a mapping of the file, a tree of pieces over it, two stores and a
 * history.
 *
 * An overwrite goes to private granules of the mapping where it can, so that
 * a document that was only overwritten stays one array; everything else is a
 * change of the tree.  The files of this room: document.c answers questions,
 * document_read.c passes over the bytes, document_edit.c edits,
 * document_rewrite.c makes one edit of many, document_clip.c copies and
 * pastes, document_hold.c keeps what other documents have pasted,
 * document_revert.c restores what is on disk, document_state.c goes from state
 * to state, document_outside.c looks what others do to the file,
 * document_compare.c compares it, document_carry.c goes on over another one,
 * document_tell.c tells of edits and document_apply.c makes them again,
 * document_flush.c goes on after a flush, for which document_settle.c prepares
 * the history, document_hole.c finds holes.
 *
 * Invariants (document_check)
 *  1. A base piece shows what is on disk, a dirty piece lies in private
 *     granules.
 *  2. The bytes of a foreign piece, in the tree, in the history or in a clip,
 *     never change: they lie in a store, in granules of an older mapping that
 *     are not private and never will be, or in the present mapping in granules
 *     that are not private and are kept from becoming so by `shared`.
 *  3. Anchored pieces in the history were taken out since the last flush.
 *     Their bytes are those of their own time: undoing and redoing exchanges
 *     the granules' bytes in step with the tree.
 *  4. At history.saved the document is the file: the tree is one base piece,
 *     and the private granules hold what is on disk.
 */
#include "document_internal.h"

#include <assert.h>
#include <string.h>

#include "memory.h"

static bool document_map(struct document *document, struct error *error)
{
	document->mapping = mapping_open(document->file, error);
	if (!document->mapping)
		return false;
	document->pieces = pieces_new(mapping_bytes(document->mapping),
				      mapping_size(document->mapping));
	if (!document->pieces || !history_init(&document->history))
		return error_set_memory(error);
	document->history.steps[0].time = document_time(document);
	if (file_kind(document->file) == FILE_GENERATED)
		document->read_only = "its content is made by the system";
	return true;
}

struct document *document_open(struct file *file, struct error *error)
{
	struct document *document = memory_allocate(sizeof(*document));

	if (!document) {
		file_close(file);
		error_set_memory(error);
		return NULL;
	}
	*document = (struct document){ .file = file };
	document_list(document);
	if (!document_map(document, error)) {
		document_close(document);
		return NULL;
	}
	return document;
}

void document_close(struct document *document)
{
	if (!document)
		return;
	assert(!document->clips);
	assert(!document->followers);
	settlement_drop(document);
	history_free(&document->history);
	pieces_free(document->pieces);
	document->pieces = NULL;
	range_set_free(&document->shared);
	outside_free(&document->outside);
	document_release_held(document);
	document->closed = true;
	document_free(document);
}

struct file *document_file(const struct document *document)
{
	return document->file;
}

uint64_t document_size(const struct document *document)
{
	return pieces_length(document->pieces);
}

uint64_t document_file_size(const struct document *document)
{
	return mapping_size(document->mapping);
}

uint64_t document_revision(const struct document *document)
{
	return document->revision;
}

const char *document_read_only(const struct document *document)
{
	return document->read_only;
}

void document_set_read_only(struct document *document, const char *reason)
{
	document->read_only = reason;
}

bool document_fixed_length(const struct document *document)
{
	return file_fixed_length(document->file);
}

/* --- reading --- */

bool document_by_blocks(const struct document *document)
{
	return mapping_by_blocks(document->mapping);
}

/* The run at BYTES where it is in memory: of what is read by blocks, a copy of
 * the part of it that is in one block. */
static const unsigned char *span_of(const struct document *document,
				    const unsigned char *bytes,
				    uint64_t *before, uint64_t *after)
{
	uint64_t place, block_before, block_after;

	if (!document_by_blocks(document) ||
	    !mapping_place(document->mapping, bytes, &place))
		return bytes;
	bytes = mapping_block(document->mapping, place, &block_before,
			      &block_after);
	if (before && *before > block_before)
		*before = block_before;
	if (*after > block_after)
		*after = block_after;
	return bytes;
}

const unsigned char *document_span(const struct document *document,
				   uint64_t offset, uint64_t *length)
{
	return span_of(document, pieces_run(document->pieces, offset, NULL,
					    length), NULL, length);
}

const unsigned char *document_span_around(const struct document *document,
					  uint64_t offset, uint64_t *before,
					  uint64_t *after)
{
	const unsigned char *bytes = pieces_run(document->pieces, offset,
						before, after);

	return span_of(document, bytes, before, after);
}

void document_take(const struct document *document, void *buffer,
		   const unsigned char *bytes, size_t length)
{
	uint64_t place;

	if (document_by_blocks(document) &&
	    mapping_place(document->mapping, bytes, &place))
		mapping_read(document->mapping, place, buffer, length);
	else
		memcpy(buffer, bytes, length);
}

/* --- changes --- */

bool document_modified(const struct document *document)
{
	return document_change_count(document) > 0;
}

uint64_t document_change_count(const struct document *document)
{
	return pieces_changes(document->pieces);
}

static struct change change_of(struct change_place place)
{
	struct change change = { .now = place.now, .file = place.file };

	if (range_length(place.now) == range_length(place.file))
		change.kind = CHANGE_OVERWRITE;
	else if (range_is_empty(place.file))
		change.kind = CHANGE_INSERT;
	else if (range_is_empty(place.now))
		change.kind = CHANGE_DELETE;
	else
		change.kind = CHANGE_REPLACE;
	return change;
}

bool document_change(const struct document *document, uint64_t index,
		     struct change *change)
{
	struct change_place place;

	if (!pieces_change(document->pieces, index, &place))
		return false;
	*change = change_of(place);
	return true;
}

bool document_change_from(const struct document *document, uint64_t offset,
			  struct change *change, uint64_t *index)
{
	struct change_place place;

	if (!pieces_change_from(document->pieces, offset, &place, index))
		return false;
	*change = change_of(place);
	return true;
}

const char *change_kind_name(enum change_kind kind)
{
	static const char *const names[] = {
		[CHANGE_OVERWRITE] = "overwrite",
		[CHANGE_INSERT] = "insert",
		[CHANGE_DELETE] = "delete",
		[CHANGE_REPLACE] = "replace",
	};

	return names[kind];
}

/* --- where bytes come from --- */

bool document_place(const struct document *document, struct piece piece,
		    uint64_t *offset)
{
	return !piece.period &&
	       mapping_place(document->mapping, piece.bytes, offset);
}

static bool bytes_lost(const struct document *document,
		       const unsigned char *bytes, uint64_t *length)
{
	uint64_t offset, same = *length;
	const struct mapping *mapping = document_mapping_of(document, bytes, &offset);
	bool lost = mapping && mapping_lost(mapping, offset, &same);

	if (same < *length)
		*length = same;
	return lost;
}

bool document_lost(const struct document *document, uint64_t offset,
		   uint64_t *length)
{
	const unsigned char *bytes = pieces_run(document->pieces, offset, NULL,
						length);

	return bytes_lost(document, bytes, length);
}

/* Of the mappings of DOCUMENT alone. */
static bool own_verify(const struct document *document)
{
	bool lost = mapping_verify(document->mapping);

	for (size_t i = 0; i < document->older_count; i++)
		lost |= mapping_verify(document->older[i].mapping);
	return lost;
}

/* What is held is all there is (document_hold.c), so that nobody is asked for
 * what it holds: that may be this one. */
bool document_verify(const struct document *document)
{
	bool lost = own_verify(document);

	file_forget_holes(document->file);
	for (size_t i = 0; i < document->held_count; i++)
		lost |= own_verify(document->held[i]);
	return lost;
}

bool document_reread(struct document *document, struct error *error)
{
	bool done = mapping_reread(document->mapping, error);

	if (document_by_blocks(document))
		document_tell_all(document);
	return done;
}

static unsigned own_epoch(const struct document *document)
{
	unsigned epoch = mapping_epoch(document->mapping);

	for (size_t i = 0; i < document->older_count; i++)
		epoch += mapping_epoch(document->older[i].mapping);
	return epoch;
}

unsigned document_epoch(const struct document *document)
{
	unsigned epoch = own_epoch(document);

	for (size_t i = 0; i < document->held_count; i++)
		epoch += own_epoch(document->held[i]);
	return epoch;
}

bool document_present(const struct document *document,
		      const unsigned char *bytes, uint64_t length,
		      struct error *error)
{
	uint64_t offset, done = 0;
	struct mapping *mapping = document_mapping_of(document, bytes, &offset);

	if (!mapping || !mapping_verify(mapping))
		return true;
	while (done < length) {
		uint64_t same = length - done;

		if (bytes_lost(document, bytes + done, &same))
			return error_set(error, "%s: bytes are lost that are "
					 "needed", file_path(document->file));
		done += same;
	}
	return true;
}

const unsigned char *document_keep(struct document *document,
				   struct store *store,
				   const unsigned char *bytes, uint64_t length,
				   struct error *error)
{
	unsigned char *copy = store_allocate(store, length);

	if (!copy) {
		error_set_memory(error);
		return NULL;
	}
	document_take(document, copy, bytes, (size_t)length);
	return document_present(document, bytes, length, error) ? copy : NULL;
}

struct segment document_segment(const struct document *document,
				uint64_t offset)
{
	uint64_t start, length;
	struct piece piece = pieces_at(document->pieces, offset, &start);
	struct segment segment = {
		.bytes = piece_run(piece, offset - start, &length),
	};

	piece.bytes = segment.bytes;
	segment.in_file = piece.kind != PIECE_DIRTY &&
		document_place(document, piece, &segment.file_offset);
	segment.now = range_of(offset, length);
	return segment;
}

/* --- state --- */

void document_touch(struct document *document)
{
	document->revision++;
	settlement_drop(document);
}

void document_begin(struct document *document)
{
	document->depth++;
}

void document_end(struct document *document)
{
	assert(document->depth > 0);
	if (--document->depth == 0)
		document->step_open = false;
}
