/*
 * Going on after a flush.
 *
 * After a flush the document is one base piece again, and granules hold what
 * is on disk.  The history goes on, but the places in the file that it knows
 * are places of another state of the file; so its pieces become foreign ones,
 * of bytes that never change any more.  That is settling:
 *   - what a swap of the same record holds: the slot, and the swap goes;
 *   - what else lies in private granules: a copy, as the bytes were at their
 *     time, which is found by undoing and redoing all swaps in turn;
 *   - the rest: as it is, in granules that are kept from becoming private.
 * It takes memory, so it is done before the flush and put in place after.
 *
 * A flush in place changes bytes under pieces that refer to the file
 * (document_detach copies those), and can leave private granules with other
 * bytes than are on disk now, where something was moved (patches).
 */
#include <assert.h>
#include <string.h>

#include "document_internal.h"
#include "memory.h"

/* --- copying what a flush in place will overwrite --- */

/* Is the byte of the file at OFFSET one that will change under its readers:
 * in RANGES, not in a private granule; for how many bytes? */
static bool doomed_run(const struct document *document,
		       const struct range *ranges, size_t count,
		       uint64_t offset, uint64_t *length)
{
	size_t low = 0, high = count;
	bool private = mapping_private_run(document->mapping, offset, length);

	if (private)
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ranges[middle].end <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	bool inside = low < count && ranges[low].start <= offset;
	uint64_t edge = low == count ? UINT64_MAX
		: inside ? ranges[low].end : ranges[low].start;

	if (*length > edge - offset)
		*length = edge - offset;
	return inside;
}

/* Appends PIECE to LIST with its doomed bytes copied; *DOOMED if it had any.
 */
static bool detach_piece(struct document *document, const struct range *ranges,
			 size_t count, struct piece piece,
			 struct piece_list *list, bool *doomed,
			 struct error *error)
{
	uint64_t offset;

	if (!document_place(document, piece, &offset))
		return piece_list_add(list, piece) || error_set_memory(error);
	for (uint64_t done = 0, same; done < piece.length; done += same) {
		bool copy = doomed_run(document, ranges, count, offset + done,
				       &same);

		if (same > piece.length - done)
			same = piece.length - done;

		struct piece part = piece_slice(piece, done, same);

		if (copy) {
			part.bytes = document_keep(document, &document->typed,
						   part.bytes, same, error);
			part.kind = PIECE_FOREIGN;
			*doomed = true;
			if (!part.bytes)
				return false;
		}
		if (!piece_list_add(list, part))
			return error_set_memory(error);
	}
	return true;
}

/* LIST without doomed bytes. */
static bool detach_list(struct document *document, const struct range *ranges,
			size_t count, struct piece_list *list,
			struct error *error)
{
	struct piece_list detached = { .pieces = NULL };
	bool doomed = false, fine = true;

	for (size_t i = 0; fine && i < list->count; i++)
		fine = detach_piece(document, ranges, count, list->pieces[i],
				    &detached, &doomed, error);
	if (fine && doomed) {
		piece_list_free(list);
		*list = detached;
	} else {
		piece_list_free(&detached);
	}
	return fine;
}

static bool detach_history(struct document *document,
			   const struct range *ranges, size_t count,
			   struct error *error)
{
	struct history *history = &document->history;
	bool fine = true;

	for (size_t i = 0; fine && i < history->count; i++) {
		struct record *record = &history->records[i];
		struct piece_list list = {
			record->pieces, record->count, record->count,
		};

		fine = detach_list(document, ranges, count, &list, error);
		record->pieces = list.pieces;
		record->count = (uint32_t)list.count;
	}
	return fine;
}

/* The document's own pieces that are in the file at another place than their
 * offset: the others are overwritten by themselves. */
static bool detach_tree(struct document *document, const struct range *ranges,
			size_t count, struct error *error)
{
	struct range all = { 0, document_size(document) };
	struct piece_list list = { .pieces = NULL };
	bool fine = pieces_copy(document->pieces, all, &list) ||
		    error_set_memory(error);
	uint64_t at = 0, offset;

	for (size_t i = 0; fine && i < list.count; i++) {
		struct piece piece = list.pieces[i];
		struct piece_list detached = { .pieces = NULL };
		struct range now = range_of(at, piece.length);
		bool doomed = false;

		at = now.end;
		if (!document_place(document, piece, &offset) ||
		    offset == now.start)
			continue;
		fine = detach_piece(document, ranges, count, piece, &detached,
				    &doomed, error);
		if (fine && doomed)
			fine = pieces_reserve(document->pieces, now,
					      detached.count, NULL) ||
			       error_set_memory(error);
		if (fine && doomed)
			pieces_replace(document->pieces, now, detached.pieces,
				       detached.count, NULL);
		piece_list_free(&detached);
	}
	piece_list_free(&list);
	return fine;
}

/* --- settling the history --- */

void settlement_drop(struct document *document)
{
	struct settlement *settlement = &document->settlement;

	if (!settlement->ready)
		return;
	for (size_t i = 0; i < settlement->count; i++)
		piece_list_free(&settlement->lists[i]);
	memory_free(settlement->lists);
	memory_free(settlement->patches);
	store_free(&settlement->store);
	store_rewind(&document->slots, settlement->mark);
	*settlement = (struct settlement){ .ready = false };
}

/* The swap of RECORD that holds OFFSET, or the first one behind it. */
static const struct swap *record_swap(const struct record *record,
				      uint64_t offset)
{
	size_t low = 0, high = record->swap_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct swap *swap = &record->swaps[middle];

		if (swap->offset + swap->length <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low < record->swap_count ? &record->swaps[low] : NULL;
}

/* What the byte of the file at OFFSET is settled as, while RECORD's swaps are
 * exchanged: a foreign piece of up to LENGTH bytes. */
static bool settle_run(struct document *document, const struct record *record,
		       uint64_t offset, uint64_t length, struct piece *piece,
		       struct error *error)
{
	const struct swap *swap = record_swap(record, offset);
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
	return range_set_add(&document->shared, range_of(offset, same)) ||
	       error_set_memory(error);
}

static bool settle_record(struct document *document,
			  const struct record *record, struct piece_list *list,
			  struct error *error)
{
	bool anchored = false;

	for (uint32_t i = 0; i < record->count; i++)
		anchored |= record->pieces[i].kind != PIECE_FOREIGN;
	for (uint32_t i = 0; anchored && i < record->count; i++) {
		struct piece piece = record->pieces[i], part = piece;
		uint64_t offset;

		if (piece.kind == PIECE_FOREIGN) {
			if (!piece_list_add(list, piece))
				return error_set_memory(error);
			continue;
		}
		document_place(document, piece, &offset);
		for (uint64_t done = 0; done < piece.length;
		     done += part.length)
			if (!settle_run(document, record, offset + done,
					piece.length - done, &part, error) ||
			    (!piece_list_add(list, part) &&
			     !error_set_memory(error)))
				return false;
	}
	return true;
}

static void record_exchange_swaps(struct document *document,
				  const struct record *record)
{
	for (uint32_t i = 0; i < record->swap_count; i++)
		swap_exchange(document->mapping, &record->swaps[i]);
}

/* Settles the records that are done, the last one first, with the granules as
 * they were at each one's time; then makes the granules as they are. */
static bool settle_done(struct document *document, struct piece_list *lists,
			struct error *error)
{
	const struct history *history = &document->history;
	size_t i = history->position;
	bool fine = true;

	while (fine && i-- > 0) {
		record_exchange_swaps(document, &history->records[i]);
		fine = settle_record(document, &history->records[i], &lists[i],
				     error);
		if (!fine)
			break;
	}
	for (i = fine ? 0 : i; i < history->position; i++)
		record_exchange_swaps(document, &history->records[i]);
	return fine;
}

static bool settle_undone(struct document *document, struct piece_list *lists,
			  struct error *error)
{
	const struct history *history = &document->history;
	size_t i = history->position;
	bool fine = true;

	for (; fine && i < history->count; i++) {
		record_exchange_swaps(document, &history->records[i]);
		fine = settle_record(document, &history->records[i], &lists[i],
				     error);
	}
	while (i-- > history->position)
		record_exchange_swaps(document, &history->records[i]);
	return fine;
}

/* Prepares the settlement, without patches. */
static bool settlement_prepare(struct document *document, struct error *error)
{
	struct settlement *settlement = &document->settlement;
	size_t count = document->history.count;
	struct piece_list *lists =
		memory_allocate((count + 1) * sizeof(*lists));

	settlement_drop(document);
	if (!lists)
		return error_set_memory(error);
	memset(lists, 0, (count + 1) * sizeof(*lists));
	*settlement = (struct settlement){
		.ready = true, .lists = lists, .count = count,
		.mark = store_mark(&document->slots),
	};
	if (settle_done(document, lists, error) &&
	    settle_undone(document, lists, error))
		return true;
	settlement_drop(document);
	return false;
}

static void settlement_commit(struct document *document)
{
	struct settlement *settlement = &document->settlement;
	struct history *history = &document->history;

	for (size_t i = 0; i < history->count; i++) {
		struct record *record = &history->records[i];
		struct piece_list *list = &settlement->lists[i];

		memory_free(record->swaps);
		record->swaps = NULL;
		record->swap_count = 0;
		if (!list->count)
			continue;
		memory_free(record->pieces);
		record->pieces = list->pieces;
		record->count = (uint32_t)list->count;
		*list = (struct piece_list){ .pieces = NULL };
	}
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
		offset, piece.length, bytes,
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

static bool patches_prepare(struct document *document, struct error *error)
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

/* --- the flush --- */

bool document_detach(struct document *document, const struct range *ranges,
		     size_t count, struct error *error)
{
	bool fine = true;

	settlement_drop(document);
	for (struct clip *clip = document->clips; fine && clip;
	     clip = clip->next)
		fine = detach_list(document, ranges, count, &clip->list,
				   error);
	if (!fine || !detach_history(document, ranges, count, error) ||
	    !detach_tree(document, ranges, count, error) ||
	    !settlement_prepare(document, error))
		return false;
	if (patches_prepare(document, error))
		return true;
	settlement_drop(document);
	return false;
}

/* The document is what the file of its mapping holds. */
static void document_settle(struct document *document)
{
	document->history.saved = document->history.position;
	pieces_reset(document->pieces, mapping_bytes(document->mapping),
		     mapping_size(document->mapping));
	document->step_open = false;
	document_touch(document);
}

/* Is the document what the file holds already, all in its place? */
static bool document_in_place(const struct document *document)
{
	struct segment segment;
	uint64_t at = 0;

	for (; at < document_size(document); at = segment.now.end) {
		segment = document_segment(document, at);
		if (!segment.in_file || segment.file_offset != at)
			return false;
	}
	return at == mapping_size(document->mapping);
}

void document_written(struct document *document)
{
	const struct settlement *settlement = &document->settlement;
	bool ready = settlement->ready;

	assert(ready || document_in_place(document));
	assert(document_size(document) == mapping_size(document->mapping));
	for (size_t i = 0; i < settlement->patch_count; i++) {
		const struct swap *patch = &settlement->patches[i];

		mapping_write(document->mapping, patch->offset, patch->slot,
			      patch->length);
	}
	/* Where nothing was written, places in the file are what they were. */
	if (ready)
		settlement_commit(document);
	document_settle(document);
}

/* Does anything refer to the bytes of MAPPING? */
static bool list_refers(const struct piece *pieces, size_t count,
			const struct mapping *mapping)
{
	uintptr_t start = (uintptr_t)mapping_bytes(mapping);
	uintptr_t end = start + mapping_size(mapping);

	for (size_t i = 0; i < count; i++) {
		uintptr_t bytes = (uintptr_t)pieces[i].bytes;

		if (!pieces[i].period && bytes < end &&
		    bytes + pieces[i].length > start)
			return true;
	}
	return false;
}

static bool mapping_needed(const struct document *document,
			   const struct mapping *mapping)
{
	const struct history *history = &document->history;

	for (size_t i = 0; i < history->count; i++)
		if (list_refers(history->records[i].pieces,
				history->records[i].count, mapping))
			return true;
	for (const struct clip *clip = document->clips; clip;
	     clip = clip->next)
		if (list_refers(clip->list.pieces, clip->list.count, mapping))
			return true;
	return false;
}

/* Puts the mapping that was flushed over with the older ones, and closes
 * those that nothing refers to. */
static void document_retire(struct document *document, struct source source)
{
	size_t count = 0;

	document->older[document->older_count++] = source;
	for (size_t i = 0; i < document->older_count; i++) {
		struct source older = document->older[i];

		if (mapping_needed(document, older.mapping)) {
			document->older[count++] = older;
			continue;
		}
		mapping_close(older.mapping);
		file_close(older.file);
	}
	document->older_count = count;
}

static bool older_reserve(struct document *document)
{
	void *older = memory_resize(document->older,
		(document->older_count + 1) * sizeof(*document->older));

	if (older)
		document->older = older;
	return older != NULL;
}

bool document_replaced(struct document *document, struct file *file,
		       struct error *error)
{
	struct source source = { document->file, document->mapping };
	struct mapping *mapping = mapping_open(file, error);

	if (!mapping || (!older_reserve(document) && !error_set_memory(error)) ||
	    !settlement_prepare(document, error)) {
		if (mapping)
			mapping_close(mapping);
		file_close(file);
		return false;
	}
	document->file = file;
	document->mapping = mapping;
	settlement_commit(document);
	range_set_free(&document->shared);
	document_settle(document);
	document_retire(document, source);
	return true;
}
