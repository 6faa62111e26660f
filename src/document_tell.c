/*
 * Telling the watcher what happens: an edit as the parts that it takes out
 * and puts in, a step back or forward as the state that it leads to; and the
 * followers where it happened.
 *
 * All of the former is told before a byte changes, when the bytes that go are still
 * in the document and those that come are in the edit: for private granules
 * in the slots of its swaps.
 */
#include <time.h>

#include "document_internal.h"

/* What is put in, and the granules' bytes along with it. */
struct edit_source {
	const struct stretch *stretch;
	const struct swap *swaps;
	size_t swap_count;
};

int64_t document_time(const struct document *document)
{
	return document->time ? document->time : (int64_t)time(NULL);
}

void document_watch(struct document *document,
		    const struct document_watcher *watcher)
{
	document->watcher = watcher;
}

/* --- parts --- */

/* Are PART's bytes those of a file that a document held has? */
static void find_other(const struct document *document, struct part *part)
{
	for (size_t i = 0; i < document->held_count; i++) {
		const struct document *other = document->held[i];

		if (!mapping_place(other->mapping, part->bytes,
				   &part->file_offset) ||
		    file_kind(other->file) != FILE_REGULAR)
			continue;
		part->kind = PART_OTHER;
		part->path = file_path(other->file);
		part->identity = file_identity(other->file);
	}
}

static struct part part_of_foreign(const struct document *document,
				   struct piece piece)
{
	struct part part = {
		.kind = PART_BYTES, .length = piece.length,
		.bytes = piece.bytes,
		.period = piece.period, .phase = piece.phase,
	};

	if (piece.period)
		part.kind = PART_REPEAT;
	else if (document_place(document, piece, &part.file_offset))
		part.kind = PART_FILE;
	else
		find_other(document, &part);
	return part;
}

/* An anchored piece, cut where swaps begin and end: the bytes that will be in
 * the granule are in the slot still. */
static bool visit_anchored(const struct document *document,
			   const struct edit_source *source,
			   struct piece piece, part_visitor *visit,
			   void *context)
{
	uint64_t offset;
	struct part part = {
		.kind = piece.kind == PIECE_BASE ? PART_DISK : PART_BYTES,
	};

	document_place(document, piece, &offset);
	for (uint64_t done = 0; done < piece.length; done += part.length) {
		uint64_t at = offset + done;
		const struct swap *swap = swap_after(source->swaps,
						     source->swap_count, at);

		part.file_offset = at;
		part.bytes = piece.bytes + done;
		part.length = piece.length - done;
		if (swap && swap->offset <= at) {
			uint64_t from = at - swap->offset;

			part.bytes = swap->slot + from;
			if (part.length > swap->length - from)
				part.length = swap->length - from;
		} else if (swap && part.length > swap->offset - at) {
			part.length = swap->offset - at;
		}
		if (!visit(context, &part))
			return false;
	}
	return true;
}

static bool visit_piece(const struct document *document,
			const struct edit_source *source, struct piece piece,
			part_visitor *visit, void *context)
{
	if (piece.kind != PIECE_FOREIGN)
		return visit_anchored(document, source, piece, visit, context);

	struct part part = part_of_foreign(document, piece);

	return visit(context, &part);
}

static bool visit_old(const struct document *document, struct range range,
		      part_visitor *visit, void *context)
{
	static const struct edit_source as_it_is;
	struct piece_cursor cursor = pieces_walk(document->pieces,
						 range.start);
	struct piece piece;

	while (piece_cursor_next_in(&cursor, &range, &piece))
		if (!visit_piece(document, &as_it_is, piece, visit, context))
			return false;
	return true;
}

bool document_edit_parts(const struct document *document,
			 const struct document_edit *edit, bool old,
			 part_visitor *visit, void *context)
{
	const struct edit_source *source = edit->source;
	struct piece_cursor cursor;
	struct piece piece;
	uint64_t start;

	if (old)
		return visit_old(document, edit->range, visit, context);
	cursor = stretch_walk(document->pieces, source->stretch);
	while (piece_cursor_next(&cursor, &piece, &start))
		if (!visit_piece(document, source, piece, visit, context))
			return false;
	return true;
}

/* --- telling --- */

void document_tell_edit(struct document *document, const struct edit *edit,
			int64_t time_of_step)
{
	const struct history *history = &document->history;
	const struct edit_source source = {
		&edit->inserted,
		edit->swap_count ? history->swaps + history->swap_count : NULL,
		edit->swap_count,
	};

	if (!document->watcher)
		return;
	document->watcher->edit(document->watcher->context, document,
				&(struct document_edit){
		.range = edit->range,
		.length = edit->inserted.length,
		.state = history->step_count - document->step_open,
		.first = !document->step_open,
		.time = time_of_step,
		.source = &source,
	});
}

/* A way to another state. */
struct telling {
	struct document *document;
	uint32_t number;
	bool begun;
};

static bool tell_gone(void *context)
{
	struct telling *telling = context;
	const struct document_watcher *watcher = telling->document->watcher;

	return watcher->go(watcher->context, telling->number);
}

static void tell_record(void *context, const struct record *record)
{
	struct telling *telling = context;
	const struct document *document = telling->document;
	const struct document_watcher *watcher = document->watcher;
	const struct edit_source source = {
		&record->other, history_swaps(&document->history, record),
		record->swap_count,
	};
	struct document_edit edit = {
		.range = range_of(record->offset, record->length),
		.length = record->other.length,
		.state = telling->number, .first = !telling->begun,
		.time = document_time(document), .source = &source,
	};

	telling->begun = true;
	watcher->edit(watcher->context, document, &edit);
}

bool document_tell_go(struct document *document, uint32_t number,
		      struct range *touched, struct error *error)
{
	struct telling telling = { document, number, false };
	const struct history_listener listener = {
		tell_gone, tell_record, &telling,
	};

	return history_go(&document->history, number, document->pieces,
			  document->mapping,
			  document->watcher ? &listener : NULL, touched,
			  error);
}

void document_tell_written(struct document *document)
{
	if (document->watcher)
		document->watcher->written(document->watcher->context,
					   document);
}

/* --- followers --- */

void document_follow(struct document *document,
		     struct document_follower *follower)
{
	follower->next = document->followers;
	document->followers = follower;
}

void document_unfollow(struct document *document,
		       struct document_follower *follower)
{
	struct document_follower **place = &document->followers;

	while (*place != follower)
		place = &(*place)->next;
	*place = follower->next;
}

void document_tell_touched(struct document *document, struct range range,
			   uint64_t length)
{
	for (struct document_follower *follower = document->followers;
	     follower; follower = follower->next)
		follower->touched(follower->context, range, length);
}

void document_tell_all(struct document *document)
{
	uint64_t size = document_size(document);

	document_tell_touched(document, range_of(0, size), size);
}
