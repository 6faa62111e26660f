/*
 * Changes: counted in the summaries, found by walking down with the number of
 * those to the left.  A gap is counted at the anchored piece that ends it; one
 * that the file's end ends, at none.
 */
#include "pieces_internal.h"

/* Is there a gap at the end? */
static bool pieces_end_gap(const struct pieces *pieces)
{
	if (!pieces->document.node)
		return pieces->size > 0;

	const struct piece *last = tree_last(pieces, pieces->document.node);

	return !piece_anchored(last) ||
	       last->bytes + last->length != pieces->base + pieces->size;
}

uint64_t pieces_changes(const struct pieces *pieces)
{
	return (uint64_t)pieces->document.summary.changes +
	       pieces_end_gap(pieces);
}

static uint64_t piece_place(const struct pieces *pieces,
			    const struct piece *piece)
{
	return (uint64_t)(piece->bytes - pieces->base);
}

/* The gap that ends at NOW in the document and FILE in the file, behind
 * ANCHORED anchored pieces. */
static struct change_place change_gap(const struct pieces *pieces, uint64_t now,
				      uint64_t file, uint64_t anchored)
{
	struct change_place gap = { { 0, now }, { 0, file } };

	if (!anchored)
		return gap;

	struct place last = tree_seek(pieces, pieces->document.node,
				      BY_ANCHORED, anchored - 1);

	gap.now.start = last.before.length + last.piece->length;
	gap.file.start = piece_place(pieces, last.piece) + last.piece->length;
	return gap;
}

bool pieces_change(const struct pieces *pieces, uint64_t index,
		   struct change_place *change)
{
	const struct summary *all = &pieces->document.summary;

	if (index >= pieces_changes(pieces))
		return false;
	if (index == all->changes) {
		*change = change_gap(pieces, all->length, pieces->size,
				     all->anchored);
		return true;
	}

	struct place place = tree_seek(pieces, pieces->document.node,
				       BY_CHANGES, index);
	uint64_t now = place.before.length;
	uint64_t file = piece_place(pieces, place.piece);

	/* A gap before it comes before a dirty piece itself. */
	if (place.piece->gap && index == place.before.changes) {
		*change = change_gap(pieces, now, file, place.before.anchored);
		return true;
	}
	change->now = range_of(now, place.piece->length);
	change->file = range_of(file, place.piece->length);
	return true;
}

bool pieces_change_from(const struct pieces *pieces, uint64_t offset,
			struct change_place *change, uint64_t *index)
{
	const struct summary *all = &pieces->document.summary;

	/* Those that are over before the piece with OFFSET. */
	*index = offset >= all->length ? all->changes
		: tree_seek(pieces, pieces->document.node, BY_LENGTH,
			    offset).before.changes;
	/* At most the gap that ends where this piece begins is in doubt. */
	if (!pieces_change(pieces, *index, change))
		return false;
	if (change->now.end > offset ||
	    (range_is_empty(change->now) && change->now.end >= offset))
		return true;
	return pieces_change(pieces, ++*index, change);
}
