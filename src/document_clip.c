/*
 * Copies and pastes.  A clip is a list of foreign pieces: what cannot change
 * is referred to, the rest is copied.
 */
#include <assert.h>

#include "document_internal.h"
#include "memory.h"
#include "sizes.h"

static bool clip_refer(struct clip *clip, const unsigned char *bytes,
		       uint64_t length)
{
	return piece_list_add(&clip->list, (struct piece){
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
 * and must not become so from now on; but what is short is copied, because
 * overwriting beside it should go to private granules. */
static bool clip_add_file(struct clip *clip, uint64_t offset, uint64_t length,
			  struct error *error)
{
	struct document *document = clip->document;
	const unsigned char *bytes = mapping_bytes(document->mapping) + offset;

	while (length > 0) {
		uint64_t same;
		bool private = mapping_private_run(document->mapping, offset,
						   &same);

		if (same > length)
			same = length;
		if (private || clip->length <= DOCUMENT_GRANULE_MAXIMUM) {
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

static bool clip_add(struct clip *clip, struct piece piece,
		     struct error *error)
{
	uint64_t offset;

	if (piece.kind == PIECE_FOREIGN)
		return piece_list_add(&clip->list, piece) ||
		       error_set_memory(error);
	document_place(clip->document, piece, &offset);
	return clip_add_file(clip, offset, piece.length, error);
}

static struct clip *clip_new(struct document *document, uint64_t length,
			     struct error *error)
{
	struct clip *clip = memory_allocate(sizeof(*clip));

	if (!clip) {
		error_set_memory(error);
		return NULL;
	}
	*clip = (struct clip){
		.document = document, .length = length,
		.next = document->clips,
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
	piece_list_free(&clip->list);
	memory_free(clip);
}

uint64_t clip_length(const struct clip *clip)
{
	return clip->length;
}

struct clip *document_copy(struct document *document, struct range range,
			   struct error *error)
{
	struct piece_list list = { .pieces = NULL };

	if (range.end > document_size(document)) {
		error_set(error, "the range goes past the end of %s",
			  file_path(document->file));
		return NULL;
	}
	struct clip *clip = clip_new(document, range_length(range), error);

	if (!clip)
		return NULL;
	bool fine = pieces_copy(document->pieces, range, &list) ||
		    error_set_memory(error);

	for (size_t i = 0; fine && i < list.count; i++)
		fine = clip_add(clip, list.pieces[i], error);
	piece_list_free(&list);
	if (fine)
		return clip;
	clip_free(clip);
	return NULL;
}

struct clip *document_clip(struct document *document, const void *bytes,
			   uint64_t length, struct error *error)
{
	struct clip *clip = clip_new(document, length, error);

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
			piece_list_add(&clip->list, piece)) ||
		       error_set_memory(error);

	const unsigned char *bytes = document_keep(document, &document->typed,
						   piece.bytes, length, error);

	if (!bytes || !document_present(from, piece.bytes, length, error))
		return false;
	piece.bytes = bytes;
	return piece_list_add(&clip->list, piece) || error_set_memory(error);
}

struct clip *document_clip_from(struct document *document,
				const struct clip *from, struct error *error)
{
	struct clip *clip = clip_new(document, from->length, error);
	bool fine = clip != NULL;

	for (size_t i = 0; fine && i < from->list.count; i++)
		fine = clip_take(clip, from->document, from->list.pieces[i],
				 error);
	if (fine)
		return clip;
	clip_free(clip);
	return NULL;
}

bool document_paste(struct document *document, struct range range,
		    const struct clip *clip, struct error *error)
{
	struct edit edit;

	assert(clip->document == document);
	if (!edit_allowed(document, range, clip->length, error))
		return false;
	if (clip->length == 0 && range_is_empty(range))
		return true;
	edit_begin(document, &edit, range);
	if (!piece_list_reserve(&edit.inserted, clip->list.count)) {
		error_set_memory(error);
		return edit_cancel(document, &edit);
	}
	for (size_t i = 0; i < clip->list.count; i++)
		piece_list_add(&edit.inserted, clip->list.pieces[i]);
	return edit_commit(document, &edit, error);
}
