/*
 * The invariants of a document (document.c).
 */
#include <assert.h>

#include "document_internal.h"

/* Is PIECE (foreign) of bytes that never change? */
static void check_foreign(const struct document *document, struct piece piece)
{
	const struct range_set *shared = &document->shared;
	uint64_t offset, same;

	assert(piece.kind == PIECE_FOREIGN);
	if (!document_place(document, piece, &offset))
		return;
	assert(!mapping_private_run(document->mapping, offset, &same));
	assert(same >= piece.length);
	/* Without sorting the set: whatever part holds the first byte. */
	size_t i = 0;

	while (i < shared->count &&
	       !range_contains(shared->ranges[i], offset))
		i++;
	assert(i < shared->count);
}

static void check_list(const struct document *document,
		       const struct stretch *list)
{
	struct piece_cursor cursor = stretch_walk(document->pieces, list);
	struct piece piece;
	uint64_t start;

	stretch_check(document->pieces, list);
	while (piece_cursor_next(&cursor, &piece, &start))
		if (piece.kind == PIECE_FOREIGN)
			check_foreign(document, piece);
}

static void check_tree(const struct document *document)
{
	uint64_t at = 0, start, offset;

	while (at < document_size(document)) {
		struct piece piece = pieces_at(document->pieces, at, &start);

		if (piece.kind == PIECE_FOREIGN)
			check_foreign(document, piece);
		else
			assert(document_place(document, piece, &offset));
		if (piece.kind == PIECE_DIRTY)
			assert(mapping_is_private(document->mapping,
				range_of(offset, piece.length)));
		at = start + piece.length;
	}
}

void document_check(const struct document *document)
{
	const struct history *history = &document->history;

	pieces_check(document->pieces);
	history_check(history, document->mapping);
	check_tree(document);
	for (size_t i = 0; i < history->count; i++)
		check_list(document, &history->records[i].other);
	for (const struct clip *clip = document->clips; clip;
	     clip = clip->next)
		check_list(document, &clip->list);
	if (history->now == history->saved)
		assert(document_change_count(document) == 0);
}
