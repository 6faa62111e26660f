/*
 * What the files of the pieces room share: the nodes of the tree and what
 * they know of the stretch of pieces below them.
 */
#ifndef OCTAVO_PIECES_INTERNAL_H
#define OCTAVO_PIECES_INTERNAL_H

#include "pieces.h"

enum { NODE_COUNT_MASK = (1 << 29) - 1 };

/* What is known of a stretch of pieces. */
struct summary {
	uint64_t total;			/* bytes */
	const unsigned char *first;	/* where its first anchored piece
					 * starts; NULL: has none */
	const unsigned char *last;	/* where its last one ends */
	uint32_t changes;		/* dirty pieces, gaps between anchored
					 * ones */
	uint32_t count : 29;		/* pieces */
	uint32_t lead : 1;		/* begins with a foreign piece */
	uint32_t trail : 1;		/* ends with a foreign piece */
	uint32_t solid : 1;		/* anchored and contiguous all through */
};

struct node {
	struct piece piece;
	uint32_t left;
	uint32_t right;
	struct summary sum;
};

struct pieces {
	struct node *nodes;
	uint32_t capacity;
	uint32_t used;		/* nodes ever taken, the empty one included */
	uint32_t free;		/* returned nodes, chained by `left` */
	uint32_t free_count;
	uint32_t root;
	const unsigned char *base;
	uint64_t size;
};

static inline bool piece_anchored(struct piece piece)
{
	return piece.kind != PIECE_FOREIGN;
}

static inline struct summary summary_of(struct piece piece)
{
	bool anchored = piece_anchored(piece);

	return (struct summary){
		.total = piece.length,
		.first = anchored ? piece.bytes : NULL,
		.last = anchored ? piece.bytes + piece.length : NULL,
		.changes = piece.kind == PIECE_DIRTY,
		.count = 1,
		.lead = !anchored,
		.trail = !anchored,
		.solid = anchored,
	};
}

/* Is there a gap between the last anchored piece of ONE and the first of
 * TWO?  Both must have one. */
static inline bool summary_gap(const struct summary *one,
			       const struct summary *two)
{
	return one->trail || two->lead || one->last != two->first;
}

static inline struct summary summary_join(struct summary one,
					  struct summary two)
{
	if (!one.count)
		return two;
	if (!two.count)
		return one;

	bool gap = one.first && two.first && summary_gap(&one, &two);

	return (struct summary){
		.total = one.total + two.total,
		.first = one.first ? one.first : two.first,
		.last = two.first ? two.last : one.last,
		.changes = one.changes + two.changes + gap,
		.count = (one.count + two.count) & NODE_COUNT_MASK,
		.lead = one.lead,
		.trail = two.trail,
		.solid = one.solid && two.solid && one.last == two.first,
	};
}

static inline uint32_t node_priority(uint32_t index)
{
	index ^= index >> 16;
	index *= 0x7feb352du;
	index ^= index >> 15;
	index *= 0x846ca68bu;
	return index ^ index >> 16;
}

static inline struct summary node_summary(const struct pieces *pieces,
				   const struct node *node)
{
	struct summary sum = summary_join(pieces->nodes[node->left].sum,
					  summary_of(node->piece));

	return summary_join(sum, pieces->nodes[node->right].sum);
}

/* Is TWO one piece with ONE, which it follows? */
static inline bool piece_joins(const struct pieces *pieces, struct piece one,
			struct piece two)
{
	if (one.kind != two.kind || one.period != two.period)
		return false;
	if (one.period)
		return one.bytes == two.bytes &&
		       (one.phase + one.length) % one.period == two.phase;
	return one.bytes + one.length == two.bytes &&
	       two.bytes != pieces->base &&
	       two.bytes != pieces->base + pieces->size;
}

#endif
