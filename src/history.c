/*
 * history: an array of records and a position in it.
 *
 * A step is applied record by record, each reserved just before it is
 * applied.  The array in which a record held its pieces is kept until the
 * step is through: it is the room that taking the record back needs, and
 * pieces_reserve has seen to the nodes, so taking back cannot fail.
 */
#include "history.h"

#include <assert.h>
#include <string.h>

#include "memory.h"

static void record_free(struct record *record)
{
	memory_free(record->pieces);
	memory_free(record->swaps);
}

bool history_reserve(struct history *history)
{
	if (history->position < history->capacity)
		return true;

	size_t capacity = history->capacity ? history->capacity * 2 : 16;
	void *records = memory_resize(history->records,
				      capacity * sizeof(*history->records));

	if (!records)
		return false;
	history->records = records;
	history->capacity = capacity;
	return true;
}

void history_push(struct history *history, struct record record)
{
	assert(history->position < history->capacity);
	while (history->count > history->position)
		record_free(&history->records[--history->count]);
	history->redo_steps = 0;
	if (history->saved > history->position)
		history->saved = HISTORY_NEVER;
	history->records[history->count++] = record;
	history->position = history->count;
	history->undo_steps += record.first;
}

void history_free(struct history *history)
{
	while (history->count > 0)
		record_free(&history->records[--history->count]);
	memory_free(history->records);
	*history = (struct history){ .records = NULL };
}

void swap_exchange(struct mapping *mapping, const struct swap *swap)
{
	unsigned char buffer[4096];
	uint64_t done = 0;

	while (done < swap->length) {
		uint64_t rest = swap->length - done;
		size_t size = rest < sizeof(buffer) ? (size_t)rest
						    : sizeof(buffer);
		uint64_t offset = swap->offset + done;

		memcpy(buffer, mapping_bytes(mapping) + offset, size);
		mapping_write(mapping, offset, swap->slot + done, size);
		memcpy(swap->slot + done, buffer, size);
		done += size;
	}
}

/* Makes *TOUCHED say what it says in a document where RANGE has become
 * LENGTH bytes, these included. */
static void touched_add(struct range *touched, struct range range,
			uint64_t length)
{
	struct range now = range_of(range.start, length);
	uint64_t *ends[] = { &touched->start, &touched->end };

	for (int i = 0; i < 2; i++) {
		if (*ends[i] >= range.end)
			*ends[i] += length - range_length(range);
		else if (*ends[i] > range.start)
			*ends[i] = i == 0 ? now.start : now.end;
	}
	if (now.start < touched->start)
		touched->start = now.start;
	if (now.end > touched->end)
		touched->end = now.end;
}

/* SPARE has room for what stands there now, and afterwards is the array in
 * which the record held its pieces. */
static struct range record_exchange(struct record *record,
				    struct pieces *pieces,
				    struct mapping *mapping,
				    struct piece_list *spare)
{
	struct piece_list list = {
		record->pieces, record->count, record->count,
	};
	struct range range = range_of(record->offset, record->length);

	for (uint32_t i = 0; i < record->swap_count; i++)
		swap_exchange(mapping, &record->swaps[i]);
	spare->count = 0;
	pieces_replace(pieces, range, list.pieces, list.count, spare);
	record->length = piece_list_length(&list);
	record->pieces = spare->pieces;
	record->count = (uint32_t)spare->count;
	*spare = list;
	return range;
}

/* Records [START, END), the last one first if BACK. */
static bool records_apply(struct history *history, struct range records,
			  bool back, struct pieces *pieces,
			  struct mapping *mapping, struct range *touched)
{
	size_t count = (size_t)range_length(records);
	struct piece_list *spares =
		memory_allocate(count * sizeof(*spares));
	size_t done;

	if (!spares)
		return false;
	memset(spares, 0, count * sizeof(*spares));
	for (done = 0; done < count; done++) {
		struct record *record = &history->records[
			back ? records.end - 1 - done : records.start + done];
		struct range range = range_of(record->offset, record->length);

		if (!pieces_reserve(pieces, range, record->count,
				    &spares[done]))
			break;
		record_exchange(record, pieces, mapping, &spares[done]);
		if (done == 0)
			*touched = range_of(range.start, record->length);
		else
			touched_add(touched, range, record->length);
	}
	for (size_t i = done; done < count && i-- > 0;)
		record_exchange(&history->records[
			back ? records.end - 1 - i : records.start + i],
			pieces, mapping, &spares[i]);
	for (size_t i = 0; i < count; i++)
		piece_list_free(&spares[i]);
	memory_free(spares);
	return done == count;
}

bool history_undo(struct history *history, struct pieces *pieces,
		  struct mapping *mapping, struct range *touched,
		  struct error *error)
{
	size_t start = history->position;

	if (start == 0)
		return error_set(error, "nothing to undo");
	while (!history->records[--start].first)
		;
	if (!records_apply(history, (struct range){ start, history->position },
			   true, pieces, mapping, touched))
		return error_set_memory(error);
	history->position = start;
	history->undo_steps--;
	history->redo_steps++;
	return true;
}

bool history_redo(struct history *history, struct pieces *pieces,
		  struct mapping *mapping, struct range *touched,
		  struct error *error)
{
	size_t end = history->position;

	if (end == history->count)
		return error_set(error, "nothing to redo");
	while (++end < history->count && !history->records[end].first)
		;
	if (!records_apply(history, (struct range){ history->position, end },
			   false, pieces, mapping, touched))
		return error_set_memory(error);
	history->position = end;
	history->undo_steps++;
	history->redo_steps--;
	return true;
}

void history_check(const struct history *history,
		   const struct mapping *mapping)
{
	uint64_t undo = 0, redo = 0;

	assert(history->position <= history->count);
	assert(history->count <= history->capacity);
	assert(history->saved <= history->count ||
	       history->saved == HISTORY_NEVER);
	for (size_t i = 0; i < history->count; i++) {
		const struct record *record = &history->records[i];
		uint64_t end = 0;

		*(i < history->position ? &undo : &redo) += record->first;
		for (uint32_t j = 0; j < record->count; j++)
			assert(record->pieces[j].length > 0);
		for (uint32_t j = 0; j < record->swap_count; j++) {
			const struct swap *swap = &record->swaps[j];

			assert(swap->offset >= end);
			end = swap->offset + swap->length;
			assert(mapping_is_private(mapping,
				range_of(swap->offset, swap->length)));
		}
	}
	assert(undo == history->undo_steps && redo == history->redo_steps);
	assert(history->count == 0 || history->records[0].first);
}
