/*
 * Runs: from the piece that holds an offset outwards, a whole subtree at a
 * time where its summary says that it is contiguous.
 *
 * A piece without the gap bit goes on where the anchored piece before it
 * ends; so a run to the right ends before the first piece that has it or is
 * foreign, and one to the left with the first that has it.
 */
#include <assert.h>

#include "pieces_internal.h"

static struct summary entry_summary(const struct node *node, unsigned at)
{
	return node->level ? node->summaries[at]
			   : piece_summary(&node->pieces[at]);
}

/* Adds to *LENGTH the bytes of NODE's entries from FIRST on, as far as the run
 * goes; says whether it goes on behind them. */
static bool run_after(const struct pieces *pieces, const struct node *node,
		      unsigned first, uint64_t *length)
{
	for (unsigned i = first; i < node->count; i++) {
		struct summary sum = entry_summary(node, i);

		if (summary_solid(&sum)) {
			*length += sum.length;
			continue;
		}
		return node->level &&
		       run_after(pieces, &pieces->nodes[node->children[i]],
				 0, length);
	}
	return true;
}

/* The same to the left, from the entry before END. */
static bool run_before(const struct pieces *pieces, const struct node *node,
		       unsigned end, uint64_t *length)
{
	for (unsigned i = end; i-- > 0;) {
		struct summary sum = entry_summary(node, i);

		if (!node->level || summary_solid(&sum))
			*length += sum.length;
		if (summary_solid(&sum))
			continue;
		if (!node->level)
			return false;

		const struct node *child = &pieces->nodes[node->children[i]];

		return run_before(pieces, child, child->count, length);
	}
	return true;
}

/* The nodes above a piece, from the root to its leaf, and which entry. */
struct trail {
	const struct node *nodes[PIECES_LEVELS];
	unsigned at[PIECES_LEVELS];
	unsigned depth;
};

/* To the piece that holds OFFSET; returns the byte in it. */
static uint64_t trail_find(const struct pieces *pieces, uint64_t offset,
			   struct trail *trail)
{
	const struct node *node = &pieces->nodes[pieces->document.node];

	for (trail->depth = 0;; trail->depth++) {
		unsigned i = 0;

		while (offset >= entry_summary(node, i).length)
			offset -= entry_summary(node, i++).length;
		trail->nodes[trail->depth] = node;
		trail->at[trail->depth] = i;
		if (!node->level)
			return offset;
		node = &pieces->nodes[node->children[i]];
	}
}

const unsigned char *pieces_run(const struct pieces *pieces, uint64_t offset,
				uint64_t *before, uint64_t *after)
{
	struct trail trail;

	assert(offset < pieces_length(pieces));

	uint64_t at = trail_find(pieces, offset, &trail);
	const struct node *leaf = trail.nodes[trail.depth];
	const struct piece *piece = &leaf->pieces[trail.at[trail.depth]];
	const unsigned char *run = piece_run(*piece, at, after);
	uint64_t left = at;

	if (piece->period && (uint64_t)(run - piece->bytes) < at)
		left = (uint64_t)(run - piece->bytes);
	if (piece_anchored(piece)) {
		bool more = before && !piece->gap;

		for (unsigned i = trail.depth + 1; more && i-- > 0;)
			more = run_before(pieces, trail.nodes[i], trail.at[i],
					  &left);
		more = true;
		for (unsigned i = trail.depth + 1; more && i-- > 0;)
			more = run_after(pieces, trail.nodes[i],
					 trail.at[i] + 1, after);
	}
	if (before)
		*before = left;
	return run;
}
