/*
 * Walks over the pieces.  A cursor knows its leaf, or the list of a stretch;
 * from the end of a leaf the next one is sought from the root, which costs
 * little for each of a leaf's pieces.
 */
#include "pieces_internal.h"

/* The tree that is walked over; 0: there is none. */
static uint32_t cursor_root(const struct piece_cursor *cursor)
{
	if (!cursor->stretch)
		return cursor->pieces->document.node;
	return stretch_is_tree(cursor->stretch) ? cursor->stretch->root : 0;
}

static uint64_t cursor_end(const struct piece_cursor *cursor)
{
	return cursor->stretch ? cursor->stretch->length
			       : pieces_length(cursor->pieces);
}

/* Makes `leaf` and `index` what stands at `at`; moves that to the start of the
 * piece. */
static void cursor_seek(struct piece_cursor *cursor)
{
	uint32_t root = cursor_root(cursor);

	if (!root || cursor->at >= cursor_end(cursor))
		return;

	struct place place = tree_find(cursor->pieces, root, cursor->at);

	cursor->leaf = place.leaf;
	cursor->index = place.index;
	cursor->at = place.before.length;
}

struct piece_cursor pieces_walk(const struct pieces *pieces, uint64_t offset)
{
	struct piece_cursor cursor = { .pieces = pieces, .at = offset };

	cursor_seek(&cursor);
	return cursor;
}

struct piece_cursor stretch_walk(const struct pieces *pieces,
				 const struct stretch *stretch)
{
	struct piece_cursor cursor = { .pieces = pieces, .stretch = stretch };

	cursor_seek(&cursor);
	return cursor;
}

bool piece_cursor_next(struct piece_cursor *cursor, struct piece *piece,
		       uint64_t *start)
{
	const struct node *leaf = &cursor->pieces->nodes[cursor->leaf];

	if (cursor->at >= cursor_end(cursor))
		return false;
	if (cursor->leaf && cursor->index == leaf->count) {
		cursor_seek(cursor);
		leaf = &cursor->pieces->nodes[cursor->leaf];
	}
	*piece = cursor->leaf ? leaf->pieces[cursor->index]
			      : stretch_list(cursor->stretch)[cursor->index];
	*start = cursor->at;
	cursor->index++;
	cursor->at += piece->length;
	return true;
}

bool piece_cursor_next_in(struct piece_cursor *cursor, struct range *range,
			  struct piece *piece)
{
	uint64_t start, end;

	if (range_is_empty(*range) ||
	    !piece_cursor_next(cursor, piece, &start))
		return false;
	end = start + piece->length;
	if (end > range->end)
		end = range->end;
	*piece = piece_slice(*piece, range->start - start, end - range->start);
	range->start = end;
	return true;
}
