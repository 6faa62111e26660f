/*
 * The invariants, by looking at all of a tree.
 */
#include <assert.h>

#include "pieces_internal.h"

static bool summary_equal(const struct summary *one, const struct summary *two)
{
	return one->length == two->length && one->count == two->count &&
	       one->anchored == two->anchored && one->gaps == two->gaps &&
	       one->changes == two->changes;
}

/* The third and fourth invariant.  Returns how many nodes there are. */
static uint32_t tree_check(const struct pieces *pieces, uint32_t index,
			   const struct summary *expected, bool root)
{
	const struct node *node = &pieces->nodes[index];
	struct summary sum = node_summary(node);
	uint32_t nodes = 1;

	assert(index > 0 && index < pieces->used);
	assert(node->count <= node_capacity(node));
	assert(node->count >= (root ? 1u + !!node->level : node_minimum(node)));
	assert(summary_equal(&sum, expected));
	for (unsigned i = 0; node->level && i < node->count; i++) {
		uint32_t child = node->children[i];

		assert(pieces->nodes[child].level + 1 == node->level);
		nodes += tree_check(pieces, child, &node->summaries[i], false);
	}
	return nodes;
}

/* The second invariant, and the gap bits; of all that CURSOR walks over. */
static void walk_check(struct piece_cursor cursor, uint64_t length,
		       uint64_t count)
{
	const struct pieces *pieces = cursor.pieces;
	struct piece last = { .length = 0 }, piece;
	uint64_t start;

	for (; piece_cursor_next(&cursor, &piece, &start); last = piece) {
		assert(piece.length > 0);
		assert(!piece.period || piece.phase < piece.period);
		assert(!piece_anchored(&piece) || !piece.period);
		assert(piece_anchored(&piece) || !piece.gap);
		if (last.length) {
			assert(!piece_joins(&last, &piece));
			assert(piece.gap == piece_gap(pieces, &last, &piece));
		}
		length -= piece.length;
		count--;
	}
	assert(length == 0 && count == 0);
}

/* The first invariant. */
static void pieces_check_order(const struct pieces *pieces)
{
	struct piece_cursor cursor = pieces_walk(pieces, 0);
	struct piece piece;
	uint64_t start, covered = 0;

	while (piece_cursor_next(&cursor, &piece, &start)) {
		uint64_t place = (uint64_t)(piece.bytes - pieces->base);

		if (start == 0)
			assert(piece.gap == piece_gap(pieces, NULL, &piece));
		if (!piece_anchored(&piece))
			continue;
		assert(piece.bytes >= pieces->base && place >= covered);
		covered = place + piece.length;
		assert(covered <= pieces->size);
	}
}

void pieces_check(const struct pieces *pieces)
{
	const struct branch *document = &pieces->document;
	uint32_t nodes = 0;

	if (document->node)
		nodes = tree_check(pieces, document->node, &document->summary,
				   true);
	walk_check(pieces_walk(pieces, 0), document->summary.length,
		   document->summary.count);
	pieces_check_order(pieces);
	assert(pieces->used <= pieces->capacity);
	assert(nodes == nodes_in_use(pieces) ||
	       (nodes < nodes_in_use(pieces) && pieces->outside));
	for (const struct array *array = pieces->arrays; array;
	     array = array->next)
		assert(!array->next || array->next->previous == array);
}

void stretch_check(const struct pieces *pieces, const struct stretch *stretch)
{
	if (stretch_is_tree(stretch)) {
		struct branch tree = tree_of(pieces, stretch->root);

		tree_check(pieces, tree.node, &tree.summary, true);
		assert(pieces->outside >= stretch_weight(stretch->count));
	}
	assert(stretch_is_tree(stretch) || stretch->count <= 1 ||
	       stretch->count <= stretch->capacity);
	walk_check(stretch_walk(pieces, stretch), stretch->length,
		   stretch->count);
}
