/*
 * Trees: all that moves more than one piece is made of two operations.
 *
 * Joining hangs the lower tree at the edge of the higher one, at its own
 * level, and evens out the two nodes that meet there.  Splitting takes the
 * nodes on the way down apart and joins what is left of them on either side,
 * from the bottom up, each a little higher than the one before.  Either takes
 * time in proportion to the height.
 *
 * Recursion follows the height of the tree, which is logarithmic.  Nodes must
 * have been reserved, so no pointer to one goes stale.
 */
#include <assert.h>

#include "pieces_internal.h"

/* One node, or two neighbours of the same level; none has node 0. */
struct pair {
	struct branch one;
	struct branch two;
};

static struct node *node_at(const struct pieces *pieces, uint32_t index)
{
	return &pieces->nodes[index];
}

/* --- making and freeing --- */

struct branch tree_of(const struct pieces *pieces, uint32_t node)
{
	return (struct branch){ node, node_summary(node_at(pieces, node)) };
}

struct branch tree_of_pieces(struct pieces *pieces, const struct piece *list,
			     unsigned count)
{
	if (!count)
		return (struct branch){ .node = 0 };

	uint32_t index = node_new(pieces, 0);
	struct node *leaf = node_at(pieces, index);

	for (unsigned i = 0; i < count; i++)
		leaf->pieces[i] = list[i];
	leaf->count = (uint16_t)count;
	return tree_of(pieces, index);
}

void tree_free(struct pieces *pieces, uint32_t index)
{
	if (!index)
		return;

	const struct node *node = node_at(pieces, index);

	for (unsigned i = 0; node->level && i < node->count; i++)
		tree_free(pieces, node->children[i]);
	node_free(pieces, index);
}

struct piece *tree_empty(struct pieces *pieces, uint32_t index,
			 struct piece *list)
{
	const struct node *node = node_at(pieces, index);

	for (unsigned i = 0; i < node->count; i++) {
		if (node->level)
			list = tree_empty(pieces, node->children[i], list);
		else
			*list++ = node->pieces[i];
	}
	node_free(pieces, index);
	return list;
}

/* --- joining --- */

/* Moves the last COUNT entries of LEFT in front of those of RIGHT. */
static void nodes_shift_right(struct node *left, struct node *right,
			      unsigned count)
{
	node_move(right, count, right, 0, right->count);
	node_move(right, 0, left, left->count - count, count);
	left->count = (uint16_t)(left->count - count);
	right->count = (uint16_t)(right->count + count);
}

/* Moves the first COUNT entries of RIGHT behind those of LEFT. */
static void nodes_shift_left(struct node *left, struct node *right,
			     unsigned count)
{
	node_move(left, left->count, right, 0, count);
	node_move(right, 0, right, count, right->count - count);
	left->count = (uint16_t)(left->count + count);
	right->count = (uint16_t)(right->count - count);
}

/* Two of one level: one node if they fit, else neither less than half full. */
static struct pair nodes_even(struct pieces *pieces, struct branch one,
			      struct branch two)
{
	struct node *left = node_at(pieces, one.node);
	struct node *right = node_at(pieces, two.node);
	unsigned count = left->count + right->count;
	unsigned minimum = node_minimum(left);
	struct summary both = one.summary;

	summary_add(&both, &two.summary);
	if (count <= node_capacity(left)) {
		nodes_shift_left(left, right, right->count);
		node_free(pieces, two.node);
		return (struct pair){ .one = { one.node, both } };
	}
	if (left->count >= minimum && right->count >= minimum)
		return (struct pair){ one, two };
	if (left->count > count / 2)
		nodes_shift_right(left, right, left->count - count / 2);
	else
		nodes_shift_left(left, right, count / 2 - left->count);
	one.summary = node_summary(left);
	two.summary = both;
	summary_subtract(&two.summary, &one.summary);
	return (struct pair){ one, two };
}

/* Puts CHILD before child AT of TREE's node, which becomes two if need be. */
static struct pair node_insert(struct pieces *pieces, struct branch tree,
			       unsigned at, struct branch child)
{
	struct node *node = node_at(pieces, tree.node);
	unsigned half = node->count / 2;

	if (node->count < PIECES_INNER) {
		node_move(node, at + 1, node, at, node->count - at);
		node_set_child(node, at, child);
		node->count++;
		summary_add(&tree.summary, &child.summary);
		return (struct pair){ .one = tree };
	}

	struct branch other = { .node = node_new(pieces, node->level) };

	nodes_shift_right(node, node_at(pieces, other.node),
			  node->count - half);
	tree.summary = node_summary(node);
	other = tree_of(pieces, other.node);
	if (at <= half)
		tree = node_insert(pieces, tree, at, child).one;
	else
		other = node_insert(pieces, other, at - half, child).one;
	return (struct pair){ tree, other };
}

static struct branch node_remove(struct pieces *pieces, struct branch *tree,
				 unsigned at)
{
	struct node *node = node_at(pieces, tree->node);
	struct branch child = node_child(node, at);

	node_move(node, at, node, at + 1, node->count - at - 1);
	node->count--;
	summary_subtract(&tree->summary, &child.summary);
	return child;
}

/* Where the last child is full and the one before it is not, fills that: what
 * grows at its end has full nodes then, and not half full ones. */
static void node_fill_before_last(struct pieces *pieces, struct node *node)
{
	if (node->count < 2)
		return;

	unsigned at = node->count - 2;
	struct branch one = node_child(node, at);
	struct branch two = node_child(node, at + 1);
	struct node *left = node_at(pieces, one.node);
	struct node *right = node_at(pieces, two.node);
	unsigned capacity = node_capacity(left);
	unsigned count = capacity - left->count;

	if (right->count < capacity || !count)
		return;
	if (count > capacity - node_minimum(right))
		count = capacity - node_minimum(right);
	summary_add(&one.summary, &two.summary);
	nodes_shift_left(left, right, count);
	two.summary = node_summary(right);
	summary_subtract(&one.summary, &two.summary);
	node_set_child(node, at, one);
	node_set_child(node, at + 1, two);
}

/* ONE and behind it TWO, as one or two nodes of the higher one's level. */
static struct pair branch_join(struct pieces *pieces, struct branch one,
			       struct branch two)
{
	struct node *left = node_at(pieces, one.node);
	struct node *right = node_at(pieces, two.node);
	struct pair pair;

	if (left->level == right->level)
		return nodes_even(pieces, one, two);
	if (left->level > right->level) {
		node_fill_before_last(pieces, left);
		pair = branch_join(pieces, node_remove(pieces, &one,
						       left->count - 1u), two);
		one = node_insert(pieces, one, left->count, pair.one).one;
		return pair.two.node
			? node_insert(pieces, one, left->count, pair.two)
			: (struct pair){ .one = one };
	}
	pair = branch_join(pieces, one, node_remove(pieces, &two, 0));
	if (pair.two.node)
		two = node_insert(pieces, two, 0, pair.two).one;
	return node_insert(pieces, two, 0, pair.one);
}

struct branch tree_join(struct pieces *pieces, struct branch one,
			struct branch two)
{
	if (!one.node || !two.node)
		return one.node ? one : two;

	struct pair pair = branch_join(pieces, one, two);

	if (!pair.two.node)
		return pair.one;

	struct branch root = {
		.node = node_new(pieces,
				 node_at(pieces, pair.one.node)->level + 1u),
	};

	root = node_insert(pieces, root, 0, pair.one).one;
	return node_insert(pieces, root, 1, pair.two).one;
}

struct branch tree_concatenate(struct pieces *pieces, struct branch one,
			       struct branch two)
{
	if (!one.node || !two.node)
		return tree_join(pieces, one, two);

	struct piece *last = tree_last(pieces, one.node);
	struct piece *first = tree_first(pieces, two.node);

	if (piece_joins(last, first)) {
		struct summary more = { .length = first->length };
		struct branch head;

		tree_split(pieces, two, more.length, &head, &two);
		tree_free(pieces, head.node);
		last->length += more.length;
		summary_add(&one.summary, &more);
		tree_grow_last(pieces, one.node, &more);
	} else {
		tree_mark_first(pieces, &two, piece_gap(pieces, last, first));
	}
	return tree_join(pieces, one, two);
}

/* --- splitting --- */

/* What NODE, which was taken apart, is as a tree of its own. */
static struct branch tree_trim(struct pieces *pieces, uint32_t index)
{
	struct node *node = node_at(pieces, index);

	if (node->count > 1)
		return tree_of(pieces, index);

	struct branch child = { .node = 0 };

	if (node->count == 1)
		child = node_child(node, 0);
	node_free(pieces, index);
	return child;
}

static void leaf_split(struct pieces *pieces, uint32_t index, uint64_t at,
		       struct branch *one, struct branch *two)
{
	struct node *leaf = node_at(pieces, index);
	uint32_t other = node_new(pieces, 0);
	struct node *right = node_at(pieces, other);
	unsigned i = 0;

	while (at >= leaf->pieces[i].length)
		at -= leaf->pieces[i++].length;
	nodes_shift_right(leaf, right, leaf->count - i);
	if (at) {
		struct piece *piece = &right->pieces[0];

		leaf->pieces[leaf->count++] = piece_slice(*piece, 0, at);
		*piece = piece_slice(*piece, at, piece->length - at);
		piece->gap = 0;
	}
	*one = tree_of(pieces, index);
	*two = tree_of(pieces, other);
}

void tree_split(struct pieces *pieces, struct branch tree, uint64_t at,
		struct branch *one, struct branch *two)
{
	struct branch none = { .node = 0 };
	struct node *node = node_at(pieces, tree.node);

	if (at == 0 || at == tree.summary.length) {
		*one = at ? tree : none;
		*two = at ? none : tree;
		return;
	}
	if (!node->level) {
		leaf_split(pieces, tree.node, at, one, two);
		return;
	}

	uint32_t other = node_new(pieces, node->level);
	struct branch low, high;
	unsigned i = 0;

	while (at >= node->summaries[i].length)
		at -= node->summaries[i++].length;
	nodes_shift_right(node, node_at(pieces, other), node->count - i - 1);
	tree_split(pieces, node_remove(pieces, &tree, i), at, &low, &high);
	*one = tree_join(pieces, tree_trim(pieces, tree.node), low);
	*two = tree_join(pieces, high, tree_trim(pieces, other));
}

/* --- the edges --- */

struct piece *tree_first(const struct pieces *pieces, uint32_t index)
{
	struct node *node = node_at(pieces, index);

	while (node->level)
		node = node_at(pieces, node->children[0]);
	return &node->pieces[0];
}

struct node *tree_last_leaf(const struct pieces *pieces, uint32_t index)
{
	struct node *node = node_at(pieces, index);

	while (node->level)
		node = node_at(pieces, node->children[node->count - 1]);
	return node;
}

struct piece *tree_last(const struct pieces *pieces, uint32_t index)
{
	struct node *leaf = tree_last_leaf(pieces, index);

	return &leaf->pieces[leaf->count - 1];
}

void tree_mark_first(struct pieces *pieces, struct branch *tree, bool gap)
{
	struct piece *first = tree_first(pieces, tree->node);
	struct summary before = piece_summary(first);

	if (first->gap == gap)
		return;
	first->gap = gap;

	struct summary more = piece_summary(first);
	struct node *node = node_at(pieces, tree->node);

	summary_subtract(&more, &before);
	summary_add(&tree->summary, &more);
	for (; node->level; node = node_at(pieces, node->children[0]))
		summary_add(&node->summaries[0], &more);
}

void tree_grow_last(struct pieces *pieces, uint32_t index,
		    const struct summary *more)
{
	struct node *node = node_at(pieces, index);

	while (node->level) {
		unsigned last = node->count - 1u;

		summary_add(&node->summaries[last], more);
		node = node_at(pieces, node->children[last]);
	}
}

/* --- finding --- */

struct place tree_find(const struct pieces *pieces, uint32_t index,
		       uint64_t offset)
{
	const struct node *node = node_at(pieces, index);
	struct place place = { .leaf = index };
	uint64_t rest = offset;

	while (node->level) {
		const struct summary *child = node->summaries;

		for (; rest >= child->length; child++)
			rest -= child->length;
		place.leaf = node->children[child - node->summaries];
		node = node_at(pieces, place.leaf);
	}
	place.piece = node->pieces;
	for (; rest >= place.piece->length; place.piece++)
		rest -= place.piece->length;
	place.index = (uint32_t)(place.piece - node->pieces);
	place.before.length = offset - rest;
	return place;
}

static inline uint64_t summary_measure(const struct summary *sum,
				       enum measure by)
{
	switch (by) {
	case BY_ANCHORED:
		return sum->anchored;
	case BY_CHANGES:
		return sum->changes;
	default:
		return sum->length;
	}
}

struct place tree_seek(const struct pieces *pieces, uint32_t index,
		       enum measure by, uint64_t rank)
{
	const struct node *node = node_at(pieces, index);
	struct place place = { .leaf = index };
	struct summary sum;
	uint64_t here;

	while (node->level) {
		const struct summary *child = node->summaries;

		while (rank >= (here = summary_measure(child, by))) {
			rank -= here;
			summary_add(&place.before, child++);
		}
		place.leaf = node->children[child - node->summaries];
		node = node_at(pieces, place.leaf);
	}
	place.piece = node->pieces;
	sum = piece_summary(place.piece);
	while (rank >= (here = summary_measure(&sum, by))) {
		rank -= here;
		summary_add(&place.before, &sum);
		sum = piece_summary(++place.piece);
	}
	place.index = (uint32_t)(place.piece - node->pieces);
	return place;
}
