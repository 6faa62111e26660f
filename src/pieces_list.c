/*
 * Pieces by themselves, and lists of them.
 */
#include <assert.h>

#include "memory.h"
#include "pieces.h"

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
