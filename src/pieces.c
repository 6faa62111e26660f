/*
 * pieces: a B+tree with wide nodes.  Leaves hold pieces, inner nodes what is
 * known of each child: plain sums, so that an edit within a leaf moves a few
 * pieces in it and adds a difference to the nodes above.  Any other edit cuts
 * the tree in three, and joins what is left and right of the range with the
 * stretch between them.
 *
 * What makes the sums plain: a gap in the file is counted at the anchored
 * piece that ends it, by a bit in the piece.  The bit depends on the piece
 * right before alone (piece_gap), so an edit alters it in what it puts in and
 * in the piece behind, nowhere else.
 *
 * How an exchange can promise not to fail: with nodes half full, the number of
 * nodes is bounded by the number of pieces, and an exchange makes two pieces
 * more at most, by cutting.  So the nodes that any number of exchanges can
 * take are known before (pieces_reserve).
 */
#include "pieces_internal.h"

#include <assert.h>
#include <string.h>

#include "memory.h"

/* --- life --- */

struct pieces *pieces_new(const unsigned char *base, uint64_t size)
{
	struct pieces *pieces = memory_allocate(sizeof(*pieces));

	if (!pieces)
		return NULL;
	*pieces = (struct pieces){ .used = 1 };
	if (!nodes_reserve(pieces, 0)) {
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
	for (struct array *array = pieces->arrays, *next; array; array = next) {
		next = array->next;
		memory_free(array);
	}
	memory_free(pieces->nodes);
	memory_free(pieces);
}

void pieces_reset(struct pieces *pieces, const unsigned char *base,
		  uint64_t size)
{
	struct piece all = {
		.bytes = base, .length = size, .kind = PIECE_BASE,
	};

	tree_free(pieces, pieces->document.node);
	pieces->base = base;
	pieces->size = size;
	pieces->document = tree_of_pieces(pieces, &all, size > 0);
}

uint64_t pieces_length(const struct pieces *pieces)
{
	return pieces->document.summary.length;
}

size_t pieces_count(const struct pieces *pieces)
{
	return pieces->document.summary.count;
}

/* --- reserving --- */

/* Levels of a tree of COUNT pieces at most: the root has two children, every
 * other node is at least half full. */
static unsigned levels_maximum(uint64_t count)
{
	uint64_t nodes = count / PIECES_LEAF_MINIMUM;
	unsigned levels = 1;

	for (; nodes >= 2; nodes /= PIECES_INNER_MINIMUM)
		levels++;
	return levels;
}

/* Nodes of trees of WEIGHT in all (stretch_weight), and of the document. */
static uint64_t nodes_maximum(uint64_t weight)
{
	uint64_t leaves = weight / PIECES_LEAF_MINIMUM + 1;

	return leaves + leaves / (PIECES_INNER_MINIMUM - 1);
}

bool pieces_reserve(struct pieces *pieces, struct stretch *stretch,
		    size_t standing, struct reservation *reservation)
{
	uint32_t out = standing <= PIECES_LEAF ? (uint32_t)standing : 0;
	uint32_t in = stretch_is_tree(stretch) ? 0 : stretch->count;
	uint32_t room = in > out ? in : out;
	struct reservation all = {
		.exchanges = reservation->exchanges + 1,
		/* Two pieces may be cut. */
		.pieces = reservation->pieces + in + 2 +
			  (out < standing ? PIECES_LEAF_MINIMUM : 0),
	};
	uint64_t weight = pieces_count(pieces) + pieces->outside + all.pieces;
	/* What one exchange takes at worst, until it is over: a node each
	 * level where the tree is cut, at two places, and where it is joined,
	 * at two places more. */
	uint64_t each = 6 * (uint64_t)(levels_maximum(weight) + 2);
	uint64_t most = nodes_maximum(weight) - nodes_in_use(pieces);

	if (most > all.exchanges * each)
		most = all.exchanges * each;
	if ((room > 1 && !stretch_make_room(pieces, stretch, room)) ||
	    !nodes_reserve(pieces, most + each))
		return false;
	*reservation = all;
	return true;
}

/* --- an edit within a leaf --- */

/* A leaf, how it is reached, and where in it an edit is. */
struct spot {
	struct node *path[PIECES_LEVELS];
	unsigned at[PIECES_LEVELS];	/* which child */
	unsigned depth;
	struct node *leaf;
	struct range range;		/* in bytes of the leaf */
	unsigned first;			/* pieces that the edit touches */
	unsigned end;
	uint64_t before;		/* bytes before `first` */
};

/* Finds the leaf that holds RANGE and the bytes on either side of it, so that
 * the edit looks at no other piece. */
static bool spot_find(const struct pieces *pieces, struct range range,
		      struct spot *spot)
{
	uint64_t length = pieces_length(pieces);
	uint64_t one = range.start ? range.start - 1 : 0;
	uint64_t two = range.end < length ? range.end : length - 1;
	struct node *node = &pieces->nodes[pieces->document.node];

	if (!length)
		return false;
	for (spot->depth = 0; node->level; spot->depth++) {
		const struct summary *child = node->summaries;

		for (; one >= child->length; child++) {
			one -= child->length;
			two -= child->length;
		}
		if (two >= child->length)
			return false;
		spot->path[spot->depth] = node;
		spot->at[spot->depth] = (unsigned)(child - node->summaries);
		node = &pieces->nodes[node->children[child - node->summaries]];
	}
	spot->leaf = node;
	spot->range = range_of(one + (range.start > 0), range_length(range));
	return true;
}

/* The pieces that hold the range and the bytes on either side. */
static void spot_find_pieces(struct spot *spot)
{
	const struct piece *piece = spot->leaf->pieces;
	uint64_t at = 0;
	unsigned i = 0;

	for (; at + piece[i].length < spot->range.start; i++)
		at += piece[i].length;
	spot->first = i;
	spot->before = at;
	while (i < spot->leaf->count && at <= spot->range.end)
		at += piece[i++].length;
	spot->end = i;
}

/* A leaf's worth of pieces, and one cut on either side. */
struct batch {
	struct piece pieces[PIECES_LEAF + 2];
	unsigned count;
};

/* Appends the part of PIECE, which starts at AT, that lies in RANGE.  The first
 * one keeps its gap bit. */
static void batch_add(const struct pieces *pieces, struct batch *batch,
		      const struct piece *piece, uint64_t at,
		      struct range range)
{
	struct range whole = range_of(at, piece->length);
	struct range part = range_intersect(whole, range);

	if (range_is_empty(part))
		return;

	struct piece *to = &batch->pieces[batch->count];
	struct piece *last = batch->count ? to - 1 : NULL;

	*to = piece_slice(*piece, part.start - at, range_length(part));
	if (last && piece_joins(last, to)) {
		last->length += to->length;
		return;
	}
	if (last)
		to->gap = piece_gap(pieces, last, to);
	batch->count++;
}

static struct summary pieces_sum(const struct piece *list, unsigned count)
{
	struct summary sum = { .length = 0 };

	for (unsigned i = 0; i < count; i++) {
		struct summary piece = piece_summary(&list[i]);

		summary_add(&sum, &piece);
	}
	return sum;
}

/* How many pieces the leaf has once BATCH is in their place. */
static unsigned spot_count(const struct spot *spot, const struct batch *batch)
{
	return spot->leaf->count - (spot->end - spot->first) + batch->count;
}

/* Tells the nodes above the leaf what is there MORE than before. */
static void spot_grow(struct pieces *pieces, struct spot *spot,
		      const struct summary *more)
{
	summary_add(&pieces->document.summary, more);
	for (unsigned i = 0; i < spot->depth; i++)
		summary_add(&spot->path[i]->summaries[spot->at[i]], more);
}

/* Puts BATCH in the place of the pieces at the spot, if the leaf can have that
 * many without its neighbours' help. */
static bool spot_replace(struct pieces *pieces, struct spot *spot,
			 const struct batch *batch)
{
	struct node *leaf = spot->leaf;
	unsigned touched = spot->end - spot->first;
	unsigned count = spot_count(spot, batch);

	if (count > PIECES_LEAF ||
	    count < (spot->depth ? PIECES_LEAF_MINIMUM : 1))
		return false;

	struct summary more = pieces_sum(batch->pieces, batch->count);
	struct summary less = pieces_sum(leaf->pieces + spot->first, touched);

	node_move(leaf, spot->first + batch->count, leaf, spot->end,
		  leaf->count - spot->end);
	memcpy(leaf->pieces + spot->first, batch->pieces,
	       batch->count * sizeof(*batch->pieces));
	leaf->count = (uint16_t)count;
	summary_subtract(&more, &less);
	spot_grow(pieces, spot, &more);
	return true;
}

/* The same if the leaf can become two, and the node above has the room. */
static bool spot_divide(struct pieces *pieces, struct spot *spot,
			const struct batch *batch)
{
	struct node *leaf = spot->leaf;
	struct piece list[2 * PIECES_LEAF];
	unsigned count = spot_count(spot, batch);
	unsigned half = count / 2;

	if (count <= PIECES_LEAF || count > 2 * PIECES_LEAF || !spot->depth)
		return false;

	struct node *above = spot->path[spot->depth - 1];
	unsigned at = spot->at[spot->depth - 1];

	if (above->count == PIECES_INNER)
		return false;
	memcpy(list, leaf->pieces, spot->first * sizeof(*list));
	memcpy(list + spot->first, batch->pieces, batch->count * sizeof(*list));
	memcpy(list + spot->first + batch->count, leaf->pieces + spot->end,
	       (leaf->count - spot->end) * sizeof(*list));
	memcpy(leaf->pieces, list, half * sizeof(*list));
	leaf->count = (uint16_t)half;

	struct branch one = node_child(above, at);
	struct branch two = tree_of_pieces(pieces, list + half, count - half);
	struct summary more = pieces_sum(list, count);

	summary_subtract(&more, &one.summary);
	spot_grow(pieces, spot, &more);
	one.summary = pieces_sum(list, half);
	node_set_child(above, at, one);
	node_move(above, at + 2, above, at + 1, above->count - at - 1);
	node_set_child(above, at + 1, two);
	above->count++;
	return true;
}

static bool exchange_in_leaf(struct pieces *pieces, struct range range,
			     struct stretch *stretch)
{
	struct spot spot;

	if (stretch_is_tree(stretch) || !spot_find(pieces, range, &spot))
		return false;
	spot_find_pieces(&spot);

	struct range left = { 0, spot.range.start };
	struct range right = { spot.range.end, UINT64_MAX };
	const struct piece *list = stretch_list(stretch);
	struct batch batch, taken;
	uint64_t at = spot.before;

	batch.count = taken.count = 0;
	for (unsigned i = spot.first; i < spot.end; i++) {
		const struct piece *piece = &spot.leaf->pieces[i];

		batch_add(pieces, &batch, piece, at, left);
		batch_add(pieces, &taken, piece, at, spot.range);
		at += piece->length;
	}
	for (uint32_t i = 0; i < stretch->count; i++)
		batch_add(pieces, &batch, &list[i], 0, (struct range){
			0, UINT64_MAX });
	if (right.start < at) {
		const struct piece *last = &spot.leaf->pieces[spot.end - 1];

		batch_add(pieces, &batch, last, at - last->length, right);
	}
	if (range.start == 0 && batch.count > 0)
		batch.pieces[0].gap = piece_gap(pieces, NULL, batch.pieces);
	if (!spot_replace(pieces, &spot, &batch) &&
	    !spot_divide(pieces, &spot, &batch))
		return false;
	stretch_hold_pieces(stretch, taken.pieces, taken.count);
	return true;
}

/* --- any edit --- */

static void exchange_in_tree(struct pieces *pieces, struct range range,
			     struct stretch *stretch)
{
	struct branch *document = &pieces->document;
	struct branch before, middle, after;

	tree_split(pieces, *document, range.end, &middle, &after);
	tree_split(pieces, middle, range.start, &before, &middle);
	*document = tree_concatenate(pieces, before,
				     stretch_take(pieces, stretch));
	*document = tree_concatenate(pieces, *document, after);
	if (document->node) {
		struct piece *first = tree_first(pieces, document->node);

		tree_mark_first(pieces, document,
				piece_gap(pieces, NULL, first));
	}
	stretch_hold(pieces, stretch, middle);
}

void pieces_exchange(struct pieces *pieces, struct range range,
		     struct stretch *stretch)
{
	assert(range.start <= range.end && range.end <= pieces_length(pieces));
	if (!exchange_in_leaf(pieces, range, stretch))
		exchange_in_tree(pieces, range, stretch);
}

bool pieces_reserve_growth(struct pieces *pieces)
{
	struct reservation reservation = { 0, 0 };
	struct stretch more = { .count = 1 };

	return pieces_reserve(pieces, &more, 0, &reservation);
}

void pieces_grow(struct pieces *pieces, uint64_t size)
{
	struct stretch more = { .count = 0 };

	assert(size > pieces->size);
	/* One piece stands in the stretch itself. */
	stretch_add(pieces, &more, (struct piece){
		.bytes = pieces->base + pieces->size,
		.length = size - pieces->size, .kind = PIECE_BASE,
	});
	pieces->size = size;
	pieces_exchange(pieces, range_of(pieces_length(pieces), 0), &more);
}

/* --- reading --- */

struct piece pieces_at(const struct pieces *pieces, uint64_t offset,
		       uint64_t *start)
{
	assert(offset < pieces_length(pieces));

	struct place place = tree_find(pieces, pieces->document.node, offset);

	*start = place.before.length;
	return *place.piece;
}

size_t pieces_in(const struct pieces *pieces, struct range range)
{
	uint32_t root = pieces->document.node;

	assert(range.start <= range.end && range.end <= pieces_length(pieces));
	/* Of one byte it is known without looking. */
	if (range_length(range) <= 1)
		return (size_t)range_length(range);

	struct place one = tree_seek(pieces, root, BY_LENGTH, range.start);

	if (range.end <= one.before.length + one.piece->length)
		return 1;
	return tree_seek(pieces, root, BY_LENGTH, range.end - 1).before.count -
	       one.before.count + 1;
}
