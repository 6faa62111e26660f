/*
 * pieces: a treap.  Nodes live in one growing array and name each other by
 * index; 0 is the empty tree.  A node's priority is a hash of its index, so
 * no memory is spent on it and no two are alike.  Splitting and joining take
 * nodes only where a piece is cut in two, which is why an edit that has
 * reserved its nodes cannot fail.
 *
 * Recursion follows the depth of the tree, which is logarithmic.
 */
#include "pieces.h"

#include <assert.h>
#include <string.h>

#include "memory.h"

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

/* --- pieces by themselves --- */

static bool piece_anchored(struct piece piece)
{
	return piece.kind != PIECE_FOREIGN;
}

struct piece piece_slice(struct piece piece, uint64_t from, uint64_t length)
{
	struct piece slice = piece;

	assert(length > 0 && from + length <= piece.length);
	slice.length = length;
	if (piece.period)
		slice.phase = (uint32_t)((piece.phase + from) % piece.period) &
			      0x3fffffff;
	else
		slice.bytes += from;
	return slice;
}

const unsigned char *piece_run(struct piece piece, uint64_t from,
			       uint64_t *length)
{
	uint64_t rest = piece.length - from;

	if (!piece.period) {
		*length = rest;
		return piece.bytes + from;
	}
	uint64_t phase = (piece.phase + from) % piece.period;
	uint64_t run = piece.period - phase;

	*length = run < rest ? run : rest;
	return piece.bytes + phase;
}

bool piece_list_reserve(struct piece_list *list, size_t more)
{
	if (list->capacity - list->count >= more)
		return true;
	if (more > SIZE_MAX / sizeof(*list->pieces) - list->count)
		return false;

	size_t capacity = list->count + more;
	void *pieces = memory_resize(list->pieces,
				     capacity * sizeof(*list->pieces));

	if (!pieces)
		return false;
	list->pieces = pieces;
	list->capacity = capacity;
	return true;
}

bool piece_list_add(struct piece_list *list, struct piece piece)
{
	size_t half = list->count == list->capacity ? list->count / 2 : 0;

	if (!piece_list_reserve(list, half + 1))
		return false;
	list->pieces[list->count++] = piece;
	return true;
}

uint64_t piece_list_length(const struct piece_list *list)
{
	uint64_t length = 0;

	for (size_t i = 0; i < list->count; i++)
		length += list->pieces[i].length;
	return length;
}

void piece_list_free(struct piece_list *list)
{
	memory_free(list->pieces);
	*list = (struct piece_list){ .pieces = NULL };
}

/* --- summaries --- */

static struct summary summary_of(struct piece piece)
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
static bool summary_gap(const struct summary *one, const struct summary *two)
{
	return one->trail || two->lead || one->last != two->first;
}

static struct summary summary_join(struct summary one, struct summary two)
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

/* --- nodes --- */

static uint32_t node_priority(uint32_t index)
{
	index ^= index >> 16;
	index *= 0x7feb352du;
	index ^= index >> 15;
	index *= 0x846ca68bu;
	return index ^ index >> 16;
}

static struct summary node_summary(const struct pieces *pieces,
				   const struct node *node)
{
	struct summary sum = summary_join(pieces->nodes[node->left].sum,
					  summary_of(node->piece));

	return summary_join(sum, pieces->nodes[node->right].sum);
}

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

/* Is TWO one piece with ONE, which it follows? */
static bool piece_joins(const struct pieces *pieces, struct piece one,
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

/* A contiguous run that is growing, and whether it still can at its ends. */
struct run {
	const unsigned char *at;
	const unsigned char *start;
	const unsigned char *end;
	bool open_start;
	bool open_end;
};

/* Takes the whole of a stretch if it goes on where the run ends. */
static bool run_take_after(struct run *run, const struct summary *sum)
{
	if (!run->open_end || !sum->count)
		return run->open_end;
	if (sum->solid && sum->first == run->end)
		run->end = sum->last;
	else
		run->open_end = false;
	return run->open_end;
}

static bool run_take_before(struct run *run, const struct summary *sum)
{
	if (!run->open_start || !sum->count)
		return run->open_start;
	if (sum->solid && sum->last == run->start)
		run->start = sum->first;
	else
		run->open_start = false;
	return run->open_start;
}

/* Takes what it can of TREE, from its start. */
static void run_extend_after(const struct pieces *pieces, struct run *run,
			     uint32_t tree)
{
	if (!run->open_end || run_take_after(run, &pieces->nodes[tree].sum))
		return;
	/* Not all of it, so the run ends somewhere inside. */
	while (tree) {
		const struct node *node = &pieces->nodes[tree];
		struct summary own = summary_of(node->piece);

		run->open_end = true;
		if (!run_take_after(run, &pieces->nodes[node->left].sum)) {
			tree = node->left;
			continue;
		}
		if (!run_take_after(run, &own))
			return;
		tree = node->right;
	}
	run->open_end = false;
}

static void run_extend_before(const struct pieces *pieces, struct run *run,
			      uint32_t tree)
{
	if (!run->open_start || run_take_before(run, &pieces->nodes[tree].sum))
		return;
	while (tree) {
		const struct node *node = &pieces->nodes[tree];
		struct summary own = summary_of(node->piece);

		run->open_start = true;
		if (!run_take_before(run, &pieces->nodes[node->right].sum)) {
			tree = node->right;
			continue;
		}
		if (!run_take_before(run, &own))
			return;
		tree = node->left;
	}
	run->open_start = false;
}

static void run_begin(struct run *run, struct piece piece, uint64_t at)
{
	uint64_t after;
	uint64_t phase = piece.period ? (piece.phase + at) % piece.period : at;

	run->at = piece_run(piece, at, &after);
	run->start = run->at - (phase < at ? phase : at);
	run->end = run->at + after;
	run->open_start = run->open_end = piece_anchored(piece);
}

static void run_find(const struct pieces *pieces, uint32_t tree,
		     uint64_t offset, struct run *run)
{
	const struct node *node = &pieces->nodes[tree];
	struct summary own = summary_of(node->piece);
	uint64_t start = pieces->nodes[node->left].sum.total;

	if (offset < start) {
		run_find(pieces, node->left, offset, run);
		run_take_after(run, &own);
		run_extend_after(pieces, run, node->right);
	} else if (offset - start < node->piece.length) {
		run_begin(run, node->piece, offset - start);
		run_extend_before(pieces, run, node->left);
		run_extend_after(pieces, run, node->right);
	} else {
		run_find(pieces, node->right,
			 offset - start - node->piece.length, run);
		run_take_before(run, &own);
		run_extend_before(pieces, run, node->left);
	}
}

const unsigned char *pieces_run(const struct pieces *pieces, uint64_t offset,
				uint64_t *before, uint64_t *after)
{
	struct run run;

	assert(offset < pieces_length(pieces));
	run_find(pieces, pieces->root, offset, &run);
	if (before)
		*before = (uint64_t)(run.at - run.start);
	*after = (uint64_t)(run.end - run.at);
	return run.at;
}

/* --- changes --- */

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

/* --- checking --- */

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
