/*
 * Settling: what becomes of the history at a flush.
 *
 * The places in the file that the history knows are places of another state
 * of the file then; so its pieces become foreign ones, of bytes that never
 * change any more:
 *   - what a swap of the same record holds: the slot, and the swap goes;
 *   - what else lies in private granules: a copy, as the bytes were at their
 *     time, which is found by going through all states, swaps only;
 *   - what is short: a copy too, so that a few bytes hold neither a whole
 *     old file nor a granule;
 *   - the rest: as it is, in granules that are kept from becoming private.
 * It takes memory, so it is prepared before the flush and put in place after.
 */
#include <string.h>

#include "document_internal.h"
#include "memory.h"
#include "sizes.h"

void settlement_drop(struct document *document)
{
	struct settlement *settlement = &document->settlement;

	if (!settlement->ready)
		return;
	for (size_t i = 0; i < settlement->count; i++)
		stretch_free(document->pieces, &settlement->lists[i]);
	memory_free(settlement->lists);
	memory_free(settlement->patches);
	store_free(&settlement->store);
	store_rewind(&document->slots, settlement->mark);
	*settlement = (struct settlement){ .ready = false };
}

/* What the byte of the file at OFFSET is settled as, while RECORD's swaps are
 * exchanged: a foreign piece of up to LENGTH bytes. */
static bool settle_run(struct document *document, const struct record *record,
		       uint64_t offset, uint64_t length, struct piece *piece,
		       struct error *error)
{
	const struct swap *swap = swap_after(
		history_swaps(&document->history, record), record->swap_count,
		offset);
	const unsigned char *bytes = mapping_bytes(document->mapping) + offset;
	uint64_t same;
	bool private = mapping_private_run(document->mapping, offset, &same);

	if (swap && swap->offset > offset && same > swap->offset - offset)
		same = swap->offset - offset;
	if (swap && swap->offset <= offset)
		same = swap->offset + swap->length - offset;
	if (same > length)
		same = length;
	*piece = (struct piece){ bytes, same, .kind = PIECE_FOREIGN };
	if (swap && swap->offset <= offset) {
		/* Exchanged now: the slot's bytes will be back there. */
		piece->bytes = swap->slot + (offset - swap->offset);
		return true;
	}
	if (private) {
		piece->bytes = document_keep(document, &document->slots, bytes,
					     same, error);
		return piece->bytes != NULL;
	}
	/* Where it can't be copied, because it is lost, it stays lost. */
	const unsigned char *copy = same > DOCUMENT_KEEP_MAXIMUM ? NULL :
		document_keep(document, &document->slots, bytes, same, NULL);

	if (copy) {
		piece->bytes = copy;
		return true;
	}
	return range_set_add(&document->shared, range_of(offset, same)) ||
	       error_set_memory(error);
}

/* Adds what PIECE, which is anchored, is settled as. */
static bool settle_piece(struct document *document,
			 const struct record *record, struct piece piece,
			 struct stretch *list, struct error *error)
{
	struct piece part;
	uint64_t offset;

	document_place(document, piece, &offset);
	for (uint64_t done = 0; done < piece.length; done += part.length)
		if (!settle_run(document, record, offset + done,
				piece.length - done, &part, error) ||
		    (!stretch_add(document->pieces, list, part) &&
		     !error_set_memory(error)))
			return false;
	return true;
}

static bool has_anchored(const struct document *document,
			 const struct stretch *stretch)
{
	struct piece_cursor cursor = stretch_walk(document->pieces, stretch);
	struct piece piece;
	uint64_t start;

	while (piece_cursor_next(&cursor, &piece, &start))
		if (piece.kind != PIECE_FOREIGN)
			return true;
	return false;
}

static bool settle_record(struct document *document,
			  const struct record *record, struct stretch *list,
			  struct error *error)
{
	struct piece_cursor cursor = stretch_walk(document->pieces,
						  &record->other);
	struct piece piece;
	uint64_t start;

	if (!has_anchored(document, &record->other))
		return true;
	while (piece_cursor_next(&cursor, &piece, &start)) {
		if (piece.kind != PIECE_FOREIGN) {
			if (!settle_piece(document, record, piece, list,
					  error))
				return false;
		} else if (!stretch_add(document->pieces, list, piece)) {
			return error_set_memory(error);
		}
	}
	return true;
}

/* Settles the records of STEP, from its parent's state on, with the granules
 * as they were at each one's time. */
static bool settle_step(struct document *document, uint32_t step,
			struct stretch *lists, struct error *error)
{
	const struct history *history = &document->history;
	bool done = history->steps[step].done, fine = true;
	size_t start, end;

	history_step_records(history, step, &start, &end);
	for (size_t i = start; i < end; i++) {
		const struct record *record = &history->records[i];

		/* What it holds stood there before, or will stand there. */
		if (fine && done)
			fine = settle_record(document, record, &lists[i],
					     error);
		history_swap_record(history, i, document->mapping);
		if (fine && !done)
			fine = settle_record(document, record, &lists[i],
					     error);
	}
	return fine;
}

/* In the order of the states, which is not far from the way that the user has
 * gone; then the granules are as they are. */
static bool settle_states(struct document *document, struct stretch *lists,
			  struct error *error)
{
	struct history *history = &document->history;
	uint32_t at = history->now;
	bool fine = true;

	for (uint32_t step = 1; fine && step < history->step_count; step++) {
		history_swap(history, at, history->steps[step].parent,
			     document->mapping);
		fine = settle_step(document, step, lists, error);
		at = step;
	}
	history_swap(history, at, history->now, document->mapping);
	return fine;
}

bool settlement_prepare(struct document *document, struct error *error)
{
	struct settlement *settlement = &document->settlement;
	size_t count = document->history.count;
	struct stretch *lists =
		memory_allocate((count + 1) * sizeof(*lists));

	settlement_drop(document);
	if (!lists)
		return error_set_memory(error);
	memset(lists, 0, (count + 1) * sizeof(*lists));
	*settlement = (struct settlement){
		.ready = true, .lists = lists, .count = count,
		.mark = store_mark(&document->slots),
	};
	if (settle_states(document, lists, error))
		return true;
	settlement_drop(document);
	return false;
}

void settlement_commit(struct document *document)
{
	struct settlement *settlement = &document->settlement;
	struct history *history = &document->history;

	for (size_t i = 0; i < history->count; i++) {
		struct record *record = &history->records[i];
		struct stretch *list = &settlement->lists[i];

		record->swap_count = 0;
		if (!list->count)
			continue;
		stretch_free(document->pieces, &record->other);
		record->other = *list;
		*list = (struct stretch){ .count = 0 };
	}
	history->swap_count = 0;
	/* What it put into the slots is used from now on. */
	settlement->mark = store_mark(&document->slots);
}

/* --- private granules after a flush in place --- */

static bool patch_add(struct document *document, uint64_t offset,
		      struct piece piece, struct error *error)
{
	struct settlement *settlement = &document->settlement;
	size_t count = settlement->patch_count;
	unsigned char *bytes = store_allocate(&settlement->store,
					      piece.length);

	if (!bytes)
		return error_set_memory(error);
	if ((count & (count - 1)) == 0) {
		void *patches = memory_resize(settlement->patches,
			(count ? count * 2 : 1) *
			sizeof(*settlement->patches));

		if (!patches)
			return error_set_memory(error);
		settlement->patches = patches;
	}
	for (uint64_t done = 0, length; done < piece.length; done += length) {
		const unsigned char *run = piece_run(piece, done, &length);

		memcpy(bytes + done, run, (size_t)length);
	}
	settlement->patches[settlement->patch_count++] = (struct swap){
		.offset = offset, .length = piece.length, .slot = bytes,
	};
	return true;
}

/* What the document has at a private run of the file, where it is not those
 * very bytes. */
static bool patch_run(struct document *document, struct range run,
		      struct error *error)
{
	for (uint64_t at = run.start, next; at < run.end; at = next) {
		uint64_t start, offset;
		struct piece piece = pieces_at(document->pieces, at, &start);

		next = start + piece.length;
		if (next > run.end)
			next = run.end;
		piece = piece_slice(piece, at - start, next - at);
		if (document_place(document, piece, &offset) && offset == at)
			continue;
		if (!patch_add(document, at, piece, error))
			return false;
	}
	return true;
}

bool settlement_add_patches(struct document *document, struct error *error)
{
	uint64_t size = document_size(document);

	if (size > mapping_size(document->mapping))
		size = mapping_size(document->mapping);
	for (uint64_t at = 0, same; at < size; at += same) {
		bool private = mapping_private_run(document->mapping, at,
						   &same);

		if (same > size - at)
			same = size - at;
		if (private && !patch_run(document, range_of(at, same), error))
			return false;
	}
	return true;
}
