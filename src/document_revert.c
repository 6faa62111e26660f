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

/* Reads what is on disk of a private run, to be swapped in. */
static bool revert_read(struct document *document, struct edit *edit,
			struct range file, struct error *error)
{
	uint64_t length = range_length(file);
	unsigned char *slot = store_allocate(&document->slots, length);

	if (!slot || !edit_swap(edit, file.start, length, slot))
		return error_set_memory(error);

	ssize_t got = io_read_at(file_descriptor(document->file), slot,
				 (size_t)length, file.start);

	if (got < 0)
		return error_set_system(error, errno, "%s: cannot read",
					file_path(document->file));
	if ((uint64_t)got < length)
		return error_set(error, "%s: bytes are lost that are needed",
				 file_path(document->file));
	return true;
}

/* Adds FILE as on disk. */
static bool revert_restore(struct document *document, struct edit *edit,
			   struct range file, struct error *error)
{
	const unsigned char *base = mapping_bytes(document->mapping);

	if (range_is_empty(file))
		return true;
	if (!piece_list_add(&edit->inserted, (struct piece){
		.bytes = base + file.start, .length = range_length(file),
		.kind = PIECE_BASE,
	    }))
		return error_set_memory(error);
	for (uint64_t at = file.start, same; at < file.end; at += same) {
		bool private = mapping_private_run(document->mapping, at,
						   &same);

		if (same > file.end - at)
			same = file.end - at;
		if (private && !revert_read(document, edit, range_of(at, same),
					    error))
			return false;
	}
	return true;
}

/* Adds what is in the document already. */
static bool revert_keep(struct document *document, struct edit *edit,
			struct range now, struct error *error)
{
	return pieces_copy(document->pieces, now, &edit->inserted) ||
	       error_set_memory(error);
}

static bool revert_change(struct document *document, struct edit *edit,
			  const struct change *change, struct range range,
			  struct error *error)
{
	if (change->kind != CHANGE_OVERWRITE)
		return revert_restore(document, edit, change->file, error);

	struct range part = range_intersect(change->now, range);
	struct range before = { change->now.start, part.start };
	struct range after = { part.end, change->now.end };
	uint64_t offset = change->file.start + range_length(before);

	return revert_keep(document, edit, before, error) &&
	       revert_restore(document, edit,
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
