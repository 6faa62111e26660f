/*
 * The invariants of a document (document.c).
 */
#include <assert.h>

#include "document_internal.h"

/* Asserts that all of RANGE is in SET, without sorting that. */
static void check_covers(const struct range_set *set, struct range range)
{
	while (range.start < range.end) {
		size_t i = 0;

		while (i < set->count &&
		       !range_contains(set->ranges[i], range.start))
			i++;
		assert(i < set->count);
		range.start = set->ranges[i].end;
	}
}

/* Asserts that PIECE, where it lies in the mapping of OWNER's file, is of bytes
 * that never change. */
static void check_foreign_of(const struct document *owner, struct piece piece)
{
	uint64_t offset, same;

	if (!document_place(owner, piece, &offset))
		return;
	assert(!mapping_private_run(owner->mapping, offset, &same));
	assert(same >= piece.length);
	check_covers(&owner->shared, range_of(offset, piece.length));
}

static void check_foreign(const struct document *document, struct piece piece)
{
	assert(piece.kind == PIECE_FOREIGN);
	check_foreign_of(document, piece);
	for (size_t i = 0; i < document->held_count; i++)
		if (!document->held[i]->closed)
			check_foreign_of(document->held[i], piece);
}

static size_t count_of(struct document *const *list, size_t count,
		       const struct document *document)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		found += list[i] == document;
	return found;
}

/* The first invariant of holding. */
static void check_held(const struct document *document)
{
	for (size_t i = 0; i < document->held_count; i++) {
		const struct document *held = document->held[i];

		assert(held != document);
		assert(count_of(document->held, document->held_count, held) ==
		       1);
		assert(count_of(held->holders, held->holder_count, document) ==
		       1);
	}
	assert(!document->closed || document->held_count == 0);
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
	mapping_check(document->mapping);
	check_held(document);
	check_tree(document);
	for (size_t i = 0; i < history->count; i++)
		check_list(document, &history->records[i].other);
	for (const struct clip *clip = document->clips; clip;
	     clip = clip->next)
		check_list(document, &clip->list);
	if (history->now == history->saved)
		assert(document_change_count(document) == 0);
}
