/*
 * Nodes live in one growing array and name each other by index, so the array
 * can move.  Nodes that are not needed any more are chained and taken again.
 */
#include <assert.h>
#include <string.h>

#include "memory.h"
#include "pieces_internal.h"

/* So that a count of pieces always fits in 32 bits. */
enum { NODES_MAXIMUM = UINT32_MAX / PIECES_LEAF };

bool nodes_reserve(struct pieces *pieces, uint64_t more)
{
	uint64_t wanted = (uint64_t)nodes_in_use(pieces) + 1 + more + 1;
	uint64_t capacity = pieces->capacity + (uint64_t)pieces->capacity / 4;

	if (wanted <= pieces->capacity)
		return true;
	if (more > NODES_MAXIMUM || wanted > NODES_MAXIMUM)
		return false;
	if (capacity < wanted || capacity > NODES_MAXIMUM)
		capacity = wanted;

	void *nodes = memory_resize(pieces->nodes,
				    capacity * sizeof(*pieces->nodes));

	if (!nodes)
		return false;
	pieces->nodes = nodes;
	pieces->capacity = (uint32_t)capacity;
	return true;
}

uint32_t node_new(struct pieces *pieces, unsigned level)
{
	uint32_t index = pieces->free;

	if (index) {
		pieces->free = pieces->nodes[index].next;
		pieces->free_count--;
	} else {
		assert(pieces->used < pieces->capacity);
		index = pieces->used++;
	}
	pieces->nodes[index].count = 0;
	pieces->nodes[index].level = (uint16_t)level;
	return index;
}

void node_free(struct pieces *pieces, uint32_t index)
{
	pieces->nodes[index].next = pieces->free;
	pieces->free = index;
	pieces->free_count++;
}

void node_move(struct node *to, unsigned at, const struct node *from,
	       unsigned first, unsigned count)
{
	if (!to->level) {
		memmove(to->pieces + at, from->pieces + first,
			count * sizeof(*to->pieces));
		return;
	}
	memmove(to->summaries + at, from->summaries + first,
		count * sizeof(*to->summaries));
	memmove(to->children + at, from->children + first,
		count * sizeof(*to->children));
}

struct branch node_child(const struct node *node, unsigned at)
{
	return (struct branch){ node->children[at], node->summaries[at] };
}

void node_set_child(struct node *node, unsigned at, struct branch child)
{
	node->children[at] = child.node;
	node->summaries[at] = child.summary;
}

struct summary node_summary(const struct node *node)
{
	struct summary sum = { .length = 0 };

	for (unsigned i = 0; i < node->count; i++) {
		struct summary piece;

		if (!node->level)
			piece = piece_summary(&node->pieces[i]);
		summary_add(&sum, node->level ? &node->summaries[i] : &piece);
	}
	return sum;
}
