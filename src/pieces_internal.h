/*
 * What the files of the pieces room share: the nodes of the tree, what they
 * know of the pieces below them, and how trees are cut and joined.
 */
#ifndef OCTAVO_PIECES_INTERNAL_H
#define OCTAVO_PIECES_INTERNAL_H

#include "pieces.h"
#include "sizes.h"

enum {
	PIECES_LEAF_MINIMUM = PIECES_LEAF / 2,
	PIECES_INNER_MINIMUM = PIECES_INNER / 2,
	/* Levels that 2^32 pieces can make, with tiny nodes as well. */
	PIECES_LEVELS = 24,
};

/* What is known of some pieces: plain sums, so that it can be kept by adding
 * and subtracting. */
struct summary {
	uint64_t length;	/* bytes */
	uint32_t count;		/* pieces */
	uint32_t anchored;
	uint32_t gaps;		/* pieces with the gap bit */
	uint32_t changes;	/* gaps and dirty pieces */
};

struct node {
	uint32_t next;		/* of the free ones */
	uint16_t count;		/* of pieces or children */
	uint16_t level;		/* 0: a leaf */
	union {
		struct piece pieces[PIECES_LEAF];
		struct {
			struct summary summaries[PIECES_INNER];
			uint32_t children[PIECES_INNER];
		};
	};
};

/* A tree, or a part of one: its topmost node, 0 where it is empty. */
struct branch {
	uint32_t node;
	struct summary summary;
};

/* The array of a stretch, in the list of all, with which it is freed. */
struct array {
	struct array *previous;
	struct array *next;
	struct piece pieces[];
};

struct pieces {
	struct node *nodes;	/* [0] is never used */
	uint32_t capacity;
	uint32_t used;		/* nodes ever taken, [0] included */
	uint32_t free;		/* returned nodes, chained */
	uint32_t free_count;
	struct branch document;
	const unsigned char *base;
	uint64_t size;
	uint64_t outside;	/* stretch_weight of all stretches' trees */
	struct array *arrays;
};

/* --- pieces --- */

static inline bool piece_anchored(const struct piece *piece)
{
	return piece->kind != PIECE_FOREIGN;
}

static inline struct summary piece_summary(const struct piece *piece)
{
	return (struct summary){
		.length = piece->length,
		.count = 1,
		.anchored = piece_anchored(piece),
		.gaps = piece->gap,
		.changes = (uint32_t)piece->gap + (piece->kind == PIECE_DIRTY),
	};
}

/* Is TWO one piece with ONE, which it follows? */
static inline bool piece_joins(const struct piece *one,
			       const struct piece *two)
{
	if (one->kind != two->kind || one->period != two->period)
		return false;
	if (one->period)
		return one->bytes == two->bytes &&
		       (one->phase + one->length) % one->period == two->phase;
	return one->bytes + one->length == two->bytes;
}

/*
 * The gap bit of PIECE behind BEFORE, NULL at the document's start: it is
 * anchored and does not go on, in the file, where the piece before it ends.
 * So it ends a change.  A foreign piece has none.
 */
static inline bool piece_gap(const struct pieces *pieces,
			     const struct piece *before,
			     const struct piece *piece)
{
	if (!piece_anchored(piece))
		return false;
	if (!before)
		return piece->bytes != pieces->base;
	return !piece_anchored(before) ||
	       before->bytes + before->length != piece->bytes;
}

/* --- summaries --- */

static inline void summary_add(struct summary *sum, const struct summary *more)
{
	sum->length += more->length;
	sum->count += more->count;
	sum->anchored += more->anchored;
	sum->gaps += more->gaps;
	sum->changes += more->changes;
}

static inline void summary_subtract(struct summary *sum,
				    const struct summary *less)
{
	sum->length -= less->length;
	sum->count -= less->count;
	sum->anchored -= less->anchored;
	sum->gaps -= less->gaps;
	sum->changes -= less->changes;
}

/* Do these pieces go on with the run of bytes that stands before them, from
 * the first to the last? */
static inline bool summary_solid(const struct summary *sum)
{
	return sum->anchored == sum->count && sum->gaps == 0;
}

/* --- nodes (pieces_node.c) --- */

static inline unsigned node_capacity(const struct node *node)
{
	return node->level ? PIECES_INNER : PIECES_LEAF;
}

static inline unsigned node_minimum(const struct node *node)
{
	return node_capacity(node) / 2;
}

static inline uint32_t nodes_in_use(const struct pieces *pieces)
{
	return pieces->used - 1 - pieces->free_count;
}

/* Makes sure that MORE nodes can be taken, and one for pieces_reset. */
bool nodes_reserve(struct pieces *pieces, uint64_t more);
/* An empty node; there must be one. */
uint32_t node_new(struct pieces *pieces, unsigned level);
void node_free(struct pieces *pieces, uint32_t index);

/* Moves COUNT entries, from FIRST of FROM to AT of TO (same level; may be the
 * same node).  Does not change the nodes' counts. */
void node_move(struct node *to, unsigned at, const struct node *from,
	       unsigned first, unsigned count);
struct branch node_child(const struct node *node, unsigned at);
void node_set_child(struct node *node, unsigned at, struct branch child);
struct summary node_summary(const struct node *node);

/* --- trees (pieces_tree.c) --- */

struct branch tree_of(const struct pieces *pieces, uint32_t node);
/* A leaf of COUNT pieces, which must fit; none where COUNT is 0. */
struct branch tree_of_pieces(struct pieces *pieces, const struct piece *list,
			     unsigned count);
void tree_free(struct pieces *pieces, uint32_t node);

/* TREE cut before byte AT; a piece is cut with it. */
void tree_split(struct pieces *pieces, struct branch tree, uint64_t at,
		struct branch *one, struct branch *two);
/* ONE and behind it TWO, with the pieces as they are. */
struct branch tree_join(struct pieces *pieces, struct branch one,
			struct branch two);
/* Also joins the pieces where they meet, or sets the second one's gap bit. */
struct branch tree_concatenate(struct pieces *pieces, struct branch one,
			       struct branch two);

/* The first and last piece of a tree that is not empty. */
struct piece *tree_first(const struct pieces *pieces, uint32_t node);
struct piece *tree_last(const struct pieces *pieces, uint32_t node);
struct node *tree_last_leaf(const struct pieces *pieces, uint32_t node);
/* Sets the first piece's gap bit. */
void tree_mark_first(struct pieces *pieces, struct branch *tree, bool gap);
/* Adds MORE to all summaries above the last leaf of the tree at NODE. */
void tree_grow_last(struct pieces *pieces, uint32_t node,
		    const struct summary *more);

/* Writes the pieces of the tree at NODE to LIST and frees it; returns the end
 * of what it has written. */
struct piece *tree_empty(struct pieces *pieces, uint32_t node,
			 struct piece *list);

/* A piece, and what stands before it. */
struct place {
	uint32_t leaf;
	uint32_t index;
	const struct piece *piece;
	struct summary before;
};

enum measure { BY_LENGTH, BY_ANCHORED, BY_CHANGES };

/* The piece of the tree at NODE that holds the byte at OFFSET, which there must
 * be; of what stands before only the length is told.  The quickest look there
 * is: everything that asks for bytes begins with it. */
struct place tree_find(const struct pieces *pieces, uint32_t node,
		       uint64_t offset);

/* The piece of the tree at NODE that holds byte, or is anchored piece, or ends
 * or is change RANK, which there must be. */
struct place tree_seek(const struct pieces *pieces, uint32_t node,
		       enum measure by, uint64_t rank);

/* --- stretches (pieces_stretch.c) --- */

static inline bool stretch_is_tree(const struct stretch *stretch)
{
	return stretch->count > PIECES_LEAF;
}

/* The pieces of a stretch that is not a tree. */
static inline const struct piece *stretch_list(const struct stretch *stretch)
{
	return stretch->capacity ? stretch->list : &stretch->one;
}

/* How many pieces, at worst, have the nodes of a tree: a root may be all but
 * empty. */
static inline uint64_t stretch_weight(uint64_t count)
{
	return count > PIECES_LEAF ? count + PIECES_LEAF_MINIMUM : 0;
}

/* Makes the array large enough for COUNT pieces; false without memory. */
bool stretch_make_room(struct pieces *pieces, struct stretch *stretch,
		       uint32_t count);
/* What STRETCH holds, as a tree, and it is empty. */
struct branch stretch_take(struct pieces *pieces, struct stretch *stretch);
/* Puts TREE into STRETCH, which was emptied and has the room. */
void stretch_hold(struct pieces *pieces, struct stretch *stretch,
		  struct branch tree);
/* COUNT pieces take the place of those of STRETCH; it neither is nor becomes
 * a tree. */
void stretch_hold_pieces(struct stretch *stretch, const struct piece *list,
			 uint32_t count);

#endif
