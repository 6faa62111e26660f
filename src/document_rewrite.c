/*
 * Rewriting: one edit of many replacements, gathered from left to right.
 *
 * What is put in lies in a store of its own until the commit, because copies
 * may be made in between, and the document's store is given back by its end.
 * A replacement with the same bytes as the one before refers to those.
 */
#include <assert.h>
#include <string.h>

#include "document_internal.h"
#include "memory.h"

struct rewrite {
	struct document *document;
	struct edit edit;		/* its range ends behind the last one */
	struct store store;
	const unsigned char *last;	/* the bytes of the last one */
	uint64_t last_length;
	uint64_t count;
	uint64_t revision;		/* of the document */
};

struct rewrite *rewrite_begin(struct document *document, struct error *error)
{
	struct rewrite *rewrite = memory_allocate(sizeof(*rewrite));

	if (!rewrite) {
		error_set_memory(error);
		return NULL;
	}
	*rewrite = (struct rewrite){
		.document = document, .revision = document->revision,
	};
	return rewrite;
}

uint64_t rewrite_count(const struct rewrite *rewrite)
{
	return rewrite->count;
}

/* BYTES for as long as the rewrite lives, and with it the document. */
static const unsigned char *rewrite_keep(struct rewrite *rewrite,
					 const void *bytes, uint64_t length)
{
	if (!rewrite->last || rewrite->last_length != length ||
	    memcmp(rewrite->last, bytes, (size_t)length) != 0) {
		rewrite->last = store_copy(&rewrite->store, bytes, length);
		rewrite->last_length = length;
	}
	return rewrite->last;
}

static bool rewrite_put(struct rewrite *rewrite, const void *bytes,
			uint64_t length)
{
	if (length == 0)
		return true;
	bytes = rewrite_keep(rewrite, bytes, length);
	return bytes && edit_add(rewrite->document, &rewrite->edit,
				 (struct piece){
		.bytes = bytes, .length = length, .kind = PIECE_FOREIGN,
	});
}

bool rewrite_replace(struct rewrite *rewrite, struct range range,
		     const void *bytes, uint64_t length, struct error *error)
{
	struct document *document = rewrite->document;
	struct edit *edit = &rewrite->edit;

	if (document->revision != rewrite->revision)
		return error_set(error, "%s has been edited meanwhile",
				 file_path(document->file));
	if (!edit_allowed(document, range, length, error) ||
	    !edit_has_place(document, range, error))
		return false;
	if (rewrite->count == 0)
		edit->range = range_of(range.start, 0);
	assert(range.start >= edit->range.end);
	if (!stretch_copy(document->pieces, &edit->inserted,
			  (struct range){ edit->range.end, range.start }) ||
	    !rewrite_put(rewrite, bytes, length))
		return error_set_memory(error);
	edit->range.end = range.end;
	rewrite->count++;
	return true;
}

void rewrite_cancel(struct rewrite *rewrite)
{
	if (!rewrite)
		return;
	stretch_free(rewrite->document->pieces, &rewrite->edit.inserted);
	store_free(&rewrite->store);
	memory_free(rewrite);
}

static bool rewrite_make(struct rewrite *rewrite, struct error *error)
{
	struct document *document = rewrite->document;
	struct edit edit;

	if (!edit_allowed(document, rewrite->edit.range,
			  rewrite->edit.inserted.length, error))
		return false;
	edit_begin(document, &edit, rewrite->edit.range);
	edit.inserted = rewrite->edit.inserted;
	rewrite->edit.inserted = (struct stretch){ .count = 0 };
	if (!edit_commit(document, &edit, error))
		return false;
	store_absorb(&document->typed, &rewrite->store);
	return true;
}

bool rewrite_commit(struct rewrite *rewrite, struct range *touched,
		    uint64_t *length, struct error *error)
{
	uint64_t now = rewrite->edit.inserted.length;
	bool fine = true;

	if (touched)
		*touched = rewrite->edit.range;
	if (length)
		*length = now;
	if (rewrite->document->revision != rewrite->revision)
		fine = error_set(error, "%s has been edited meanwhile",
				 file_path(rewrite->document->file));
	else if (now > 0 || !range_is_empty(rewrite->edit.range))
		fine = rewrite_make(rewrite, error);
	rewrite_cancel(rewrite);
	return fine;
}
