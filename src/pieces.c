/*
 * pieces: a treap.  Nodes live in one growing array and name each other by
 * index; 0 is the empty tree.  A node's priority is a hash of its index, so
 * no memory is spent on it and no two are alike.  Splitting and joining take
 * nodes only where a piece is cut in two, which is why an edit that has
 * reserved its nodes cannot fail.
 *
 * Recursion follows the depth of the tree, which is logarithmic.
 */
#include "pieces_internal.h"

#include <assert.h>
#include <string.h>

#include "memory.h"

/* --- nodes --- */

static void node_update(struct pieces *pieces, uint32_t index)
{
	struct node *node = &pieces->nodes[index];

	node->sum = node_summary(pieces, node);
}

static uint32_t node_new(struct pieces *pieces, struct piece piece)
{
	uint32_t index = pieces->free;

	if (index) {
		pieces->free = pieces->nodes[index].left;
		pieces->free_count--;
	} else {
		assert(pieces->used < pieces->capacity);
		index = pieces->used++;
	}
	pieces->nodes[index] = (struct node){
		.piece = piece, .sum = summary_of(piece),
	};
	return index;
}

static void node_free(struct pieces *pieces, uint32_t index)
{
	pieces->nodes[index].left = pieces->free;
	pieces->free = index;
	pieces->free_count++;
}

static bool nodes_reserve(struct pieces *pieces, size_t more)
{
	size_t room = pieces->capacity - pieces->used + pieces->free_count;

	if (room >= more)
		return true;

	size_t capacity = pieces->capacity + (more - room);

	if (capacity > NODE_COUNT_MASK)
		return false;
	if (capacity < pieces->capacity * 2)
		capacity = pieces->capacity * 2;
	if (capacity > NODE_COUNT_MASK)
		capacity = NODE_COUNT_MASK;

	void *nodes = memory_resize(pieces->nodes,
				    capacity * sizeof(*pieces->nodes));

	if (!nodes)
		return false;
	pieces->nodes = nodes;
	pieces->capacity = (uint32_t)capacity;
	return true;
}

/* --- the treap --- */

static uint32_t tree_join(struct pieces *pieces, uint32_t one, uint32_t two)
{
	struct node *nodes = pieces->nodes;

	if (!one || !two)
		return one ? one : two;
	if (node_priority(one) > node_priority(two)) {
		nodes[one].right = tree_join(pieces, nodes[one].right, two);
		node_update(pieces, one);
		return one;
	}
	nodes[two].left = tree_join(pieces, one, nodes[two].left);
	node_update(pieces, two);
	return two;
}

/* Divides TREE at AT into *ONE and *TWO.  Where a piece is cut its first part
 * stays in ONE and the second is *TAIL, in neither. */
static void tree_divide(struct pieces *pieces, uint32_t tree, uint64_t at,
			uint32_t *one, uint32_t *two, struct piece *tail)
{
	if (!tree) {
		*one = *two = 0;
		return;
	}
	struct node *node = &pieces->nodes[tree];
	uint64_t start = pieces->nodes[node->left].sum.total;
	uint64_t end = start + node->piece.length;

	if (at <= start) {
		tree_divide(pieces, node->left, at, one, &node->left, tail);
		*two = tree;
	} else if (at >= end) {
		tree_divide(pieces, node->right, at - end, &node->right, two,
			    tail);
		*one = tree;
	} else {
		*tail = piece_slice(node->piece, at - start, end - at);
		node->piece.length = at - start;
		*two = node->right;
		node->right = 0;
		*one = tree;
	}
	node_update(pieces, tree);
}

/* Cuts TREE at AT into *ONE and *TWO; takes a node where a piece is cut. */
static void tree_split(struct pieces *pieces, uint32_t tree, uint64_t at,
		       uint32_t *one, uint32_t *two)
{
	struct piece tail = { .length = 0 };

	tree_divide(pieces, tree, at, one, two, &tail);
	if (tail.length)
		*two = tree_join(pieces, node_new(pieces, tail), *two);
}

/* Makes the last piece of TREE longer by MORE. */
static void tree_stretch(struct pieces *pieces, uint32_t tree, uint64_t more)
{
	struct node *node = &pieces->nodes[tree];

	if (node->right)
		tree_stretch(pieces, node->right, more);
	else
		node->piece.length += more;
	node_update(pieces, tree);
}

static struct piece tree_last(const struct pieces *pieces, uint32_t tree)
{
	while (pieces->nodes[tree].right)
		tree = pieces->nodes[tree].right;
	return pieces->nodes[tree].piece;
}

static struct piece tree_first(const struct pieces *pieces, uint32_t tree)
{
	while (pieces->nodes[tree].left)
		tree = pieces->nodes[tree].left;
	return pieces->nodes[tree].piece;
}

static uint32_t tree_append(struct pieces *pieces, uint32_t tree,
			    struct piece piece)
{
	if (tree && piece_joins(pieces, tree_last(pieces, tree), piece)) {
		tree_stretch(pieces, tree, piece.length);
		return tree;
	}
	return tree_join(pieces, tree, node_new(pieces, piece));
}

/* Appends TREE's pieces to REMOVED, which has the room, and frees it. */
static void tree_remove(struct pieces *pieces, uint32_t tree,
			struct piece_list *removed)
{
	while (tree) {
		struct node *node = &pieces->nodes[tree];
		uint32_t right = node->right;

		tree_remove(pieces, node->left, removed);
		if (removed) {
			assert(removed->count < removed->capacity);
			removed->pieces[removed->count++] = node->piece;
		}
		node_free(pieces, tree);
		tree = right;
	}
}

/* Joins the trees, and the pieces where they meet. */
static uint32_t tree_concatenate(struct pieces *pieces, uint32_t one,
				 uint32_t two)
{
	if (one && two) {
		struct piece first = tree_first(pieces, two);
		uint32_t head;

		if (piece_joins(pieces, tree_last(pieces, one), first)) {
			tree_split(pieces, two, first.length, &head, &two);
			node_free(pieces, head);
			tree_stretch(pieces, one, first.length);
		}
	}
	return tree_join(pieces, one, two);
}

/* --- life --- */

struct pieces *pieces_new(const unsigned char *base, uint64_t size)
{
	struct pieces *pieces = memory_allocate(sizeof(*pieces));

	if (!pieces)
		return NULL;
	*pieces = (struct pieces){ .nodes = NULL };
	if (!nodes_reserve(pieces, 8)) {
		pieces_free(pieces);
		return NULL;
	}
	pieces_reset(pieces, base, size);
	return pieces;
}

void pieces_free(struct pieces *pieces)
{
	if (!pieces)
		return;
	memory_free(pieces->nodes);
	memory_free(pieces);
}

void pieces_reset(struct pieces *pieces, const unsigned char *base,
		  uint64_t size)
{
	pieces->base = base;
	pieces->size = size;
	pieces->used = 1;
	pieces->free = 0;
	pieces->free_count = 0;
	memset(pieces->nodes, 0, sizeof(*pieces->nodes));
	pieces->root = size == 0 ? 0 : node_new(pieces, (struct piece){
		.bytes = base, .length = size, .kind = PIECE_BASE,
	});
}

uint64_t pieces_length(const struct pieces *pieces)
{
	return pieces->nodes[pieces->root].sum.total;
}

size_t pieces_count(const struct pieces *pieces)
{
	return pieces->nodes[pieces->root].sum.count;
}

/* --- replacing --- */

/* How many pieces stand before the one that holds OFFSET. */
static size_t piece_index(const struct pieces *pieces, uint64_t offset)
{
	const struct node *nodes = pieces->nodes;
	uint32_t tree = pieces->root;
	size_t index = 0;

	while (tree) {
		const struct node *node = &nodes[tree];
		const struct summary *left = &nodes[node->left].sum;

		if (offset < left->total) {
			tree = node->left;
			continue;
		}
		index += left->count;
		if (offset - left->total < node->piece.length)
			break;
		index++;
		offset -= left->total + node->piece.length;
		tree = node->right;
	}
	return index;
}

static size_t pieces_in(const struct pieces *pieces, struct range range)
{
	assert(range.start <= range.end && range.end <= pieces_length(pieces));
	if (range_is_empty(range))
		return 0;
	return piece_index(pieces, range.end - 1) -
	       piece_index(pieces, range.start) + 1;
}

bool pieces_reserve(struct pieces *pieces, struct range range, size_t count,
		    struct piece_list *removed)
{
	size_t taken = pieces_in(pieces, range);

	/* Two pieces may be cut on the way there and two on the way back. */
	if (count > NODE_COUNT_MASK ||
	    !nodes_reserve(pieces, count + taken + 4))
		return false;
	return !removed || piece_list_reserve(removed, taken);
}

void pieces_replace(struct pieces *pieces, struct range range,
		    const struct piece *inserted, size_t count,
		    struct piece_list *removed)
{
	uint32_t before, middle, after;

	tree_split(pieces, pieces->root, range.end, &middle, &after);
	tree_split(pieces, middle, range.start, &before, &middle);
	tree_remove(pieces, middle, removed);
	for (size_t i = 0; i < count; i++)
		before = tree_append(pieces, before, inserted[i]);
	pieces->root = tree_concatenate(pieces, before, after);
}

/* --- reading --- */

struct piece pieces_at(const struct pieces *pieces, uint64_t offset,
		       uint64_t *start)
{
	uint32_t tree = pieces->root;
	uint64_t before = 0;

	assert(offset < pieces_length(pieces));
	for (;;) {
		const struct node *node = &pieces->nodes[tree];
		uint64_t at = before + pieces->nodes[node->left].sum.total;

		if (offset < at) {
			tree = node->left;
		} else if (offset - at < node->piece.length) {
			*start = at;
			return node->piece;
		} else {
			before = at + node->piece.length;
			tree = node->right;
		}
	}
}

/* Appends what TREE, which starts at AT, has in RANGE (not empty). */
static void tree_copy(const struct pieces *pieces, uint32_t tree, uint64_t at,
		      struct range range, struct piece_list *list)
{
	while (tree && at < range.end) {
		const struct node *node = &pieces->nodes[tree];
		uint64_t start = at + pieces->nodes[node->left].sum.total;
		struct range here = range_of(start, node->piece.length);

		if (range.start < start)
			tree_copy(pieces, node->left, at, range, list);
		if (range_overlaps(here, range)) {
			struct range part = range_intersect(here, range);

			list->pieces[list->count++] = piece_slice(
				node->piece, part.start - start,
				range_length(part));
		}
		at = here.end;
		tree = node->right;
	}
}

bool pieces_copy(const struct pieces *pieces, struct range range,
		 struct piece_list *list)
{
	size_t count = pieces_in(pieces, range);

	/* A list that is gathered bit by bit grows in proportion. */
	if (!piece_list_reserve(list, count) ||
	    (list->count && list->capacity - list->count == count &&
	     !piece_list_reserve(list, count + list->count / 2)))
		return false;
	if (!range_is_empty(range))
		tree_copy(pieces, pieces->root, 0, range, list);
	return true;
}
