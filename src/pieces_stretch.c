/*
 * Stretches: pieces outside of the document, in one of three forms.
 *
 *  1. More than a leaf's worth is a tree; else, with an array (capacity > 0),
 *     they stand in that, and without one there is at most one, in the struct.
 *  2. A tree may have an array beside it, for what is to come instead of it.
 *  3. All arrays are in a list, and the weight of all trees is summed up.
 */
#include <assert.h>
#include <string.h>

#include "memory.h"
#include "pieces_internal.h"

/* --- arrays --- */

static struct array *stretch_array(const struct stretch *stretch)
{
	if (!stretch->capacity)
		return NULL;
	return (struct array *)((char *)stretch->list -
				offsetof(struct array, pieces));
}

bool stretch_make_room(struct pieces *pieces, struct stretch *stretch,
		       uint32_t count)
{
	if (count <= stretch->capacity)
		return true;

	struct array *array = memory_resize(stretch_array(stretch),
		sizeof(*array) + count * sizeof(*array->pieces));

	if (!array)
		return false;
	if (!stretch->capacity) {
		if (!stretch_is_tree(stretch) && stretch->count)
			array->pieces[0] = stretch->one;
		array->previous = NULL;
		array->next = pieces->arrays;
	}
	/* It may be at another address now. */
	if (array->previous)
		array->previous->next = array;
	else
		pieces->arrays = array;
	if (array->next)
		array->next->previous = array;
	stretch->list = array->pieces;
	stretch->capacity = count;
	return true;
}

static void stretch_free_array(struct pieces *pieces, struct stretch *stretch)
{
	struct array *array = stretch_array(stretch);

	if (!array)
		return;
	if (array->previous)
		array->previous->next = array->next;
	else
		pieces->arrays = array->next;
	if (array->next)
		array->next->previous = array->previous;
	memory_free(array);
	stretch->capacity = 0;
}

/* --- what an exchange takes and gives --- */

struct branch stretch_take(struct pieces *pieces, struct stretch *stretch)
{
	struct branch tree;

	if (stretch_is_tree(stretch)) {
		tree = tree_of(pieces, stretch->root);
		pieces->outside -= stretch_weight(stretch->count);
	} else {
		tree = tree_of_pieces(pieces, stretch_list(stretch),
				      stretch->count);
	}
	stretch->count = 0;
	stretch->length = 0;
	return tree;
}

void stretch_hold(struct pieces *pieces, struct stretch *stretch,
		  struct branch tree)
{
	stretch->count = tree.summary.count;
	stretch->length = tree.summary.length;
	if (stretch_is_tree(stretch)) {
		stretch->root = tree.node;
		pieces->outside += stretch_weight(stretch->count);
	} else if (tree.node) {
		assert(stretch->count <= 1 ||
		       stretch->count <= stretch->capacity);
		tree_empty(pieces, tree.node, stretch->capacity
			   ? stretch->list : &stretch->one);
	}
}

void stretch_hold_pieces(struct stretch *stretch, const struct piece *list,
			 uint32_t count)
{
	struct piece *to = stretch->capacity ? stretch->list : &stretch->one;

	assert(count <= 1 || count <= stretch->capacity);
	stretch->count = count;
	stretch->length = 0;
	for (uint32_t i = 0; i < count; i++) {
		to[i] = list[i];
		stretch->length += list[i].length;
	}
}

/* --- building one --- */

static bool stretch_add_to_list(struct pieces *pieces, struct stretch *stretch,
				const struct piece *piece)
{
	uint32_t count = stretch->count;
	uint32_t room = count < 2 ? 4 * count : 2 * count;

	if (room > PIECES_LEAF)
		room = PIECES_LEAF;
	if (count > 0 && count >= stretch->capacity &&
	    !stretch_make_room(pieces, stretch, room))
		return false;
	*(stretch->capacity ? stretch->list + count : &stretch->one) = *piece;
	stretch->count++;
	stretch->length += piece->length;
	return true;
}

/* Adds a leaf of one piece behind the tree; a full list becomes a tree. */
static bool stretch_add_leaf(struct pieces *pieces, struct stretch *stretch,
			     const struct piece *piece)
{
	unsigned level = stretch_is_tree(stretch)
		? pieces->nodes[stretch->root].level : 0;

	/* One node may become two at each level; and there is the new leaf,
	 * a new root, and the list as a leaf. */
	if (!nodes_reserve(pieces, level + 4u))
		return false;

	struct branch tree = stretch_take(pieces, stretch);

	stretch_free_array(pieces, stretch);
	stretch_hold(pieces, stretch, tree_join(pieces, tree,
		     tree_of_pieces(pieces, piece, 1)));
	return true;
}

/* Makes the last leaf longer by MORE, which has been put there already. */
static void stretch_grow(struct pieces *pieces, struct stretch *stretch,
			 const struct summary *more)
{
	if (stretch_is_tree(stretch)) {
		tree_grow_last(pieces, stretch->root, more);
		pieces->outside += more->count;
	}
	stretch->count += more->count;
	stretch->length += more->length;
}

bool stretch_add(struct pieces *pieces, struct stretch *stretch,
		 struct piece piece)
{
	bool tree = stretch_is_tree(stretch);
	struct node *leaf = tree ? tree_last_leaf(pieces, stretch->root) : NULL;
	struct piece *list = tree ? leaf->pieces
		: stretch->capacity ? stretch->list : &stretch->one;
	uint32_t count = tree ? leaf->count : stretch->count;
	struct piece *last = count ? &list[count - 1] : NULL;

	assert(piece.length > 0);
	if (last && piece_joins(last, &piece)) {
		struct summary more = { .length = piece.length };

		last->length += piece.length;
		stretch_grow(pieces, stretch, &more);
		return true;
	}
	piece.gap = last && piece_gap(pieces, last, &piece);
	if (count == PIECES_LEAF)
		return stretch_add_leaf(pieces, stretch, &piece);
	if (!tree)
		return stretch_add_to_list(pieces, stretch, &piece);

	struct summary more = piece_summary(&piece);

	leaf->pieces[leaf->count++] = piece;
	stretch_grow(pieces, stretch, &more);
	return true;
}

bool stretch_copy(struct pieces *pieces, struct stretch *stretch,
		  struct range range)
{
	struct piece_cursor cursor = pieces_walk(pieces, range.start);
	struct piece piece;
	uint64_t start;

	assert(range.start <= range.end && range.end <= pieces_length(pieces));
	while (!range_is_empty(range) && cursor.at < range.end &&
	       piece_cursor_next(&cursor, &piece, &start)) {
		struct range part = range_intersect(
			range_of(start, piece.length), range);

		piece = piece_slice(piece, part.start - start,
				    range_length(part));
		if (!stretch_add(pieces, stretch, piece))
			return false;
	}
	return true;
}

void stretch_free(struct pieces *pieces, struct stretch *stretch)
{
	if (stretch_is_tree(stretch)) {
		tree_free(pieces, stretch->root);
		pieces->outside -= stretch_weight(stretch->count);
	}
	stretch_free_array(pieces, stretch);
	*stretch = (struct stretch){ .count = 0 };
}
