/*
 * Reverting: one replacement of everything from the first change to the last,
 * with base pieces where something is restored and the pieces that are there
 * between.
 *
 * A base piece may be put over private granules only together with what is on
 * disk there now.
 */
#include <errno.h>
#include <string.h>

#include "document_internal.h"
#include "io.h"
#include "sizes.h"

unsigned char *document_fetch(struct document *document, struct store *store,
			      struct range file, struct error *error)
{
	const char *path = file_path(document->file);
	uint64_t length = range_length(file);
	unsigned char *bytes = store_allocate(store, length);

	if (!bytes) {
		error_set_memory(error);
		return NULL;
	}
	ssize_t got = io_read_at(file_descriptor(document->file), bytes,
				 (size_t)length, file.start);

	if (got >= 0 && (uint64_t)got == length)
		return bytes;
	if (got < 0)
		error_set_system(error, errno, "cannot read %s at 0x%llx",
				 path, (unsigned long long)file.start);
	else
		error_set(error, "%s: bytes are lost that are needed", path);
	return NULL;
}

bool edit_restore(struct document *document, struct edit *edit,
		  struct range file, struct error *error)
{
	const unsigned char *base = mapping_bytes(document->mapping);

	if (range_is_empty(file))
		return true;
	if (!edit_add(document, edit, (struct piece){
		.bytes = base + file.start, .length = range_length(file),
		.kind = PIECE_BASE,
	    }))
		return error_set_memory(error);
	for (uint64_t at = file.start, same; at < file.end; at += same) {
		bool private = mapping_private_run(document->mapping, at,
						   &same);
		unsigned char *slot;

		if (same > file.end - at)
			same = file.end - at;
		if (!private)
			continue;
		slot = document_fetch(document, &document->slots,
				      range_of(at, same), error);
		if (!slot)
			return false;
		if (!edit_swap(document, edit, (struct swap){
			.offset = at, .length = same, .slot = slot,
			.restores = true,
		    }))
			return error_set_memory(error);
	}
	return true;
}

/* Adds what is in the document already. */
static bool revert_keep(struct document *document, struct edit *edit,
			struct range now, struct error *error)
{
	return stretch_copy(document->pieces, &edit->inserted, now) ||
	       error_set_memory(error);
}

static bool revert_change(struct document *document, struct edit *edit,
			  const struct change *change, struct range range,
			  struct error *error)
{
	if (change->kind != CHANGE_OVERWRITE)
		return edit_restore(document, edit, change->file, error);

	struct range part = range_intersect(change->now, range);
	struct range before = { change->now.start, part.start };
	struct range after = { part.end, change->now.end };
	uint64_t offset = change->file.start + range_length(before);

	return revert_keep(document, edit, before, error) &&
	       edit_restore(document, edit,
			      range_of(offset, range_length(part)), error) &&
	       revert_keep(document, edit, after, error);
}

/* Does the change touch RANGE?  A deletion at the very end belongs to a range
 * that reaches there: nothing else could. */
static bool revert_touches(const struct document *document,
			   const struct change *change, struct range range)
{
	uint64_t at = change->now.start;

	if (!range_is_empty(change->now))
		return range_overlaps(change->now, range) &&
		       !range_is_empty(range);
	return at == range.start || range_contains(range, at) ||
	       (at == range.end && at == document_size(document));
}

bool document_revert(struct document *document, struct range range,
		     struct error *error)
{
	struct change change;
	struct edit edit;
	uint64_t index;

	/* A device's changes have their old length, so no edit_allowed is
	 * needed for the lengths. */
	if (!edit_allowed(document, range, range_length(range), error))
		return false;
	if (!document_change_from(document, range.start, &change, &index) ||
	    !revert_touches(document, &change, range))
		return true;
	edit_begin(document, &edit, range_of(change.now.start, 0));
	do {
		struct range kept = { edit.range.end, change.now.start };

		edit.range.end = change.now.end;
		if (!revert_keep(document, &edit, kept, error) ||
		    !revert_change(document, &edit, &change, range, error))
			return edit_cancel(document, &edit);
	} while (document_change(document, ++index, &change) &&
		 revert_touches(document, &change, range));
	return edit_commit(document, &edit, error);
}

bool document_revert_change(struct document *document, uint64_t index,
			    struct error *error)
{
	struct change change;
	struct edit edit;

	if (!document_change(document, index, &change))
		return error_set(error, "%s has no such change",
				 file_path(document->file));
	if (!edit_allowed(document, change.now, range_length(change.file),
			  error))
		return false;
	edit_begin(document, &edit, change.now);
	if (!revert_change(document, &edit, &change, change.now, error))
		return edit_cancel(document, &edit);
	return edit_commit(document, &edit, error);
}

size_t document_read_disk(const struct document *document, uint64_t offset,
			  void *buffer, size_t size)
{
	ssize_t got = io_read_at(file_descriptor(document->file), buffer, size,
				 offset);

	return got > 0 ? (size_t)got : 0;
}
