/*
 * Changes: counted in the summaries, found by walking down with the summary
 * of all that stands to the left.
 */
#include "pieces_internal.h"

/* The file's start and end as pieces of no length, before and after all. */
static struct summary summary_start(const struct pieces *pieces)
{
	return (struct summary){
		.first = pieces->base, .last = pieces->base, .count = 1,
		.solid = 1,
	};
}

static struct summary summary_end(const struct pieces *pieces)
{
	struct summary sum = summary_start(pieces);

	if (pieces->size)
		sum.first = sum.last = pieces->base + pieces->size;
	return sum;
}

/* Where the changes of a file without bytes are told apart, NULL must not
 * stand for "has none". */
static bool pieces_hollow(const struct pieces *pieces)
{
	return pieces->size == 0;
}

uint64_t pieces_changes(const struct pieces *pieces)
{
	if (pieces_hollow(pieces))
		return pieces_length(pieces) > 0;

	struct summary sum = summary_join(summary_start(pieces),
					  pieces->nodes[pieces->root].sum);

	return summary_join(sum, summary_end(pieces)).changes;
}

/* The last anchored piece that ends at or before AT: how far the document and
 * the file are covered there. */
static void anchor_before(const struct pieces *pieces, uint64_t at,
			  uint64_t *now, uint64_t *file)
{
	const struct node *nodes = pieces->nodes;
	uint32_t tree = pieces->root, best = 0;
	uint64_t start = 0, best_start = 0;

	/* The lowest turn to the right past something anchored. */
	while (tree) {
		const struct node *node = &nodes[tree];
		uint64_t own = start + nodes[node->left].sum.total;

		if (at < own + node->piece.length) {
			tree = node->left;
			continue;
		}
		if (piece_anchored(node->piece) || nodes[node->left].sum.first) {
			best = tree;
			best_start = start;
		}
		start = own + node->piece.length;
		tree = node->right;
	}
	*now = *file = 0;
	for (tree = best, start = best_start; tree;) {
		const struct node *node = &nodes[tree];
		uint64_t own = start + nodes[node->left].sum.total;
		uint64_t end = own + node->piece.length;

		if (tree != best && nodes[node->right].sum.first) {
			start = end;
			tree = node->right;
		} else if (piece_anchored(node->piece)) {
			*now = end;
			*file = (uint64_t)(node->piece.bytes - pieces->base) +
				node->piece.length;
			return;
		} else {
			tree = node->left;
		}
	}
}

/* The gap that ends where FILE comes at NOW. */
static void change_gap(const struct pieces *pieces, uint64_t now, uint64_t file,
		       struct change_place *change)
{
	change->now.end = now;
	change->file.end = file;
	anchor_before(pieces, now, &change->now.start, &change->file.start);
}

bool pieces_change(const struct pieces *pieces, uint64_t index,
		   struct change_place *change)
{
	if (index >= pieces_changes(pieces))
		return false;

	const struct node *nodes = pieces->nodes;
	struct summary past = summary_start(pieces);
	uint32_t tree = pieces_hollow(pieces) ? 0 : pieces->root;
	uint64_t at = 0;

	while (tree) {
		const struct node *node = &nodes[tree];
		struct summary with = summary_join(past, nodes[node->left].sum);

		if (index < with.changes) {
			tree = node->left;
			continue;
		}
		struct piece piece = node->piece;
		uint64_t file = piece_anchored(piece)
			? (uint64_t)(piece.bytes - pieces->base) : 0;

		at += nodes[node->left].sum.total;
		past = summary_join(with, summary_of(piece));
		if (index < past.changes) {
			/* A gap before it comes before a dirty piece itself. */
			if (piece.kind == PIECE_DIRTY &&
			    index == past.changes - 1) {
				change->now = range_of(at, piece.length);
				change->file = range_of(file, piece.length);
			} else {
				change_gap(pieces, at, file, change);
			}
			return true;
		}
		at += piece.length;
		tree = node->right;
	}
	change_gap(pieces, pieces_length(pieces), pieces->size, change);
	return true;
}

bool pieces_change_from(const struct pieces *pieces, uint64_t offset,
			struct change_place *change, uint64_t *index)
{
	const struct node *nodes = pieces->nodes;
	struct summary past = summary_start(pieces);
	uint32_t tree = pieces_hollow(pieces) ? 0 : pieces->root;
	uint64_t rest = offset;

	/* Count the changes that are over before the piece with OFFSET. */
	while (tree) {
		const struct node *node = &nodes[tree];
		struct summary with = summary_join(past, nodes[node->left].sum);
		uint64_t left = nodes[node->left].sum.total;

		if (rest < left) {
			tree = node->left;
			continue;
		}
		past = with;
		rest -= left;
		if (rest < node->piece.length)
			break;
		rest -= node->piece.length;
		past = summary_join(past, summary_of(node->piece));
		tree = node->right;
	}
	*index = past.changes;
	/* At most the gap that ends where this piece begins is in doubt. */
	if (!pieces_change(pieces, *index, change))
		return false;
	if (change->now.end > offset ||
	    (range_is_empty(change->now) && change->now.end >= offset))
		return true;
	return pieces_change(pieces, ++*index, change);
}
