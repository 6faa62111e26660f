/*
 * Pieces by themselves.
 */
#include <assert.h>

#include "pieces.h"

struct piece piece_slice(struct piece piece, uint64_t from, uint64_t length)
{
	struct piece slice = piece;

	assert(length > 0 && from + length <= piece.length);
	slice.length = length;
	if (piece.period)
		slice.phase = (uint32_t)((piece.phase + from) % piece.period) &
			      PIECE_PHASE_MASK;
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
