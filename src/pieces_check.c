/*
 * The invariants of the tree, by looking at all of it.
 */
#include <assert.h>

#include "pieces_internal.h"

static void tree_check(const struct pieces *pieces, uint32_t tree)
{
	const struct node *node = &pieces->nodes[tree];
	uint32_t sides[] = { node->left, node->right };

	assert(node->piece.length > 0);
	assert(!node->piece.period || node->piece.phase < node->piece.period);
	for (int i = 0; i < 2; i++) {
		if (!sides[i])
			continue;
		assert(node_priority(sides[i]) < node_priority(tree));
		tree_check(pieces, sides[i]);
	}

	struct summary sum = node_summary(pieces, node);

	assert(sum.total == node->sum.total && sum.count == node->sum.count);
	assert(sum.first == node->sum.first && sum.last == node->sum.last);
	assert(sum.changes == node->sum.changes);
	assert(sum.lead == node->sum.lead && sum.trail == node->sum.trail);
	assert(sum.solid == node->sum.solid);
}

/* In order: *LAST is the piece before, *FILE where the file is covered to. */
static void tree_check_order(const struct pieces *pieces, uint32_t tree,
			     struct piece *last, uint64_t *file)
{
	if (!tree)
		return;
	const struct node *node = &pieces->nodes[tree];
	struct piece piece = node->piece;

	tree_check_order(pieces, node->left, last, file);
	assert(!last->length || !piece_joins(pieces, *last, piece));
	if (piece_anchored(piece)) {
		uint64_t place = (uint64_t)(piece.bytes - pieces->base);

		assert(!piece.period && piece.bytes >= pieces->base);
		assert(place >= *file && place + piece.length <= pieces->size);
		*file = place + piece.length;
	}
	*last = piece;
	tree_check_order(pieces, node->right, last, file);
}

void pieces_check(const struct pieces *pieces)
{
	struct piece last = { .length = 0 };
	uint64_t file = 0;

	assert(pieces->nodes[0].sum.count == 0);
	if (pieces->root)
		tree_check(pieces, pieces->root);
	tree_check_order(pieces, pieces->root, &last, &file);
	assert(pieces_count(pieces) + pieces->free_count + 1 == pieces->used);
}
