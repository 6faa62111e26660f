/*
 * Copies and pastes.  A clip is a list of foreign pieces: what cannot change
 * is referred to, the rest is copied.
 */
#include <assert.h>

#include "document_internal.h"
#include "memory.h"
#include "sizes.h"

static bool clip_put(struct clip *clip, struct piece piece)
{
	return stretch_add(clip->document->pieces, &clip->list, piece);
}

static bool clip_refer(struct clip *clip, const unsigned char *bytes,
		       uint64_t length)
{
	return clip_put(clip, (struct piece){
		.bytes = bytes, .length = length, .kind = PIECE_FOREIGN,
	});
}

static bool clip_keep(struct clip *clip, const unsigned char *bytes,
		      uint64_t length, struct error *error)
{
	struct document *document = clip->document;

	bytes = document_keep(document, &document->typed, bytes, length,
			      error);
	if (!bytes)
		return false;
	return clip_refer(clip, bytes, length) || error_set_memory(error);
}

/* Adds LENGTH bytes of the file: referred to in granules that are not private
 * and must not become so from now on.  Where the clip is short it COPIES all
 * of it, because overwriting beside that should go to private granules; and
 * where they are in no memory. */
static bool clip_add_file(struct clip *clip, uint64_t offset, uint64_t length,
			  bool copies, struct error *error)
{
	struct document *document = clip->document;
	const unsigned char *bytes = mapping_bytes(document->mapping) + offset;

	while (length > 0) {
		uint64_t same;
		bool private = mapping_private_run(document->mapping, offset,
						   &same);

		if (same > length)
			same = length;
		if (private || copies) {
			if (!clip_keep(clip, bytes, same, error))
				return false;
		} else if (!clip_refer(clip, bytes, same) ||
			   !range_set_add(&document->shared,
					  range_of(offset, same))) {
			return error_set_memory(error);
		}
		offset += same;
		bytes += same;
		length -= same;
	}
	return true;
}

static bool clip_add(struct clip *clip, struct piece piece, bool copies,
		     struct error *error)
{
	uint64_t offset;

	if (piece.kind == PIECE_FOREIGN)
		return clip_put(clip, piece) ||
		       error_set_memory(error);
	document_place(clip->document, piece, &offset);
	return clip_add_file(clip, offset, piece.length, copies, error);
}

static struct clip *clip_new(struct document *document, struct error *error)
{
	struct clip *clip = memory_allocate(sizeof(*clip));

	if (!clip) {
		error_set_memory(error);
		return NULL;
	}
	*clip = (struct clip){
		.document = document, .next = document->clips,
	};
	if (clip->next)
		clip->next->previous = clip;
	document->clips = clip;
	return clip;
}

void clip_free(struct clip *clip)
{
	if (!clip)
		return;
	if (clip->next)
		clip->next->previous = clip->previous;
	if (clip->previous)
		clip->previous->next = clip->next;
	else
		clip->document->clips = clip->next;
	stretch_free(clip->document->pieces, &clip->list);
	memory_free(clip);
}

uint64_t clip_length(const struct clip *clip)
{
	return clip->list.length;
}

static bool clip_add_range(struct clip *clip, struct range range,
			   struct error *error)
{
	bool copies = range_length(range) <= DOCUMENT_GRANULE_MAXIMUM ||
		      document_by_blocks(clip->document);
	struct piece_cursor cursor = pieces_walk(clip->document->pieces,
						 range.start);
	struct piece piece;

	if (!edit_has_place(clip->document, range, error))
		return false;
	while (piece_cursor_next_in(&cursor, &range, &piece))
		if (!clip_add(clip, piece, copies, error))
			return false;
	return true;
}

struct clip *document_copy(struct document *document, struct range range,
			   struct error *error)
{
	if (range.end > document_size(document)) {
		error_set(error, "the range goes past the end of %s",
			  file_path(document->file));
		return NULL;
	}
	struct clip *clip = clip_new(document, error);

	if (!clip || clip_add_range(clip, range, error))
		return clip;
	clip_free(clip);
	return NULL;
}

struct clip *document_clip(struct document *document, const void *bytes,
			   uint64_t length, struct error *error)
{
	struct clip *clip = clip_new(document, error);

	if (!clip || length == 0 || clip_keep(clip, bytes, length, error))
		return clip;
	clip_free(clip);
	return NULL;
}

/* Adds PIECE of another document: referred to where it is long, so that this
 * one has to hold the other; of a fill the pattern is copied. */
static bool clip_take(struct clip *clip, struct document *from,
		      struct piece piece, struct error *error)
{
	struct document *document = clip->document;
	uint64_t length = piece.period ? piece.period : piece.length;

	if (!piece.period && length > DOCUMENT_GRANULE_MAXIMUM)
		return (document_hold(document, from) &&
			clip_put(clip, piece)) ||
		       error_set_memory(error);

	const unsigned char *bytes = document_keep(document, &document->typed,
						   piece.bytes, length, error);

	if (!bytes || !document_present(from, piece.bytes, length, error))
		return false;
	piece.bytes = bytes;
	return clip_put(clip, piece) || error_set_memory(error);
}

struct clip *document_clip_from(struct document *document,
				const struct clip *from, struct error *error)
{
	struct clip *clip = clip_new(document, error);
	struct piece_cursor cursor = stretch_walk(from->document->pieces,
						  &from->list);
	struct piece piece;
	uint64_t start;
	bool fine = clip != NULL;

	while (fine && piece_cursor_next(&cursor, &piece, &start))
		fine = clip_take(clip, from->document, piece, error);
	if (fine)
		return clip;
	clip_free(clip);
	return NULL;
}

bool document_paste(struct document *document, struct range range,
		    const struct clip *clip, struct error *error)
{
	uint64_t length = clip->list.length, start;
	struct piece_cursor cursor = stretch_walk(document->pieces,
						  &clip->list);
	struct piece piece;
	struct edit edit;

	assert(clip->document == document);
	if (!edit_allowed(document, range, length, error) ||
	    !edit_has_place(document, range, error))
		return false;
	if (length == 0 && range_is_empty(range))
		return true;
	edit_begin(document, &edit, range);
	while (piece_cursor_next(&cursor, &piece, &start))
		if (!edit_add(document, &edit, piece)) {
			error_set_memory(error);
			return edit_cancel(document, &edit);
		}
	return edit_commit(document, &edit, error);
}
