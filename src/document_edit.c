/*
 * The edits of a document.  Each is prepared in a struct edit, in which
 * everything that can fail is done, and then committed.
 */
#include <assert.h>
#include <string.h>

#include "document_internal.h"
#include "memory.h"
#include "sizes.h"

/* No document is longer: offsets can be added without a thought. */
static const uint64_t length_maximum = (uint64_t)1 << 62;

bool edit_allowed(const struct document *document, struct range range,
		  uint64_t length, struct error *error)
{
	const char *path = file_path(document->file);
	uint64_t size = document_size(document);

	if (document->read_only)
		return error_set(error, "%s may not be edited: %s", path,
				 document->read_only);
	if (range.start > range.end || range.end > size)
		return error_set(error, "the range goes past the end of %s",
				 path);
	if (document_fixed_length(document) && length != range_length(range))
		return error_set(error, "the length of %s is fixed", path);
	if (length > length_maximum - (size - range_length(range)))
		return error_set(error, "%s would become too long", path);
	return true;
}

void edit_begin(struct document *document, struct edit *edit,
		struct range range)
{
	settlement_drop(document);
	*edit = (struct edit){
		.range = range,
		.typed = store_mark(&document->typed),
		.slots = store_mark(&document->slots),
	};
}

bool edit_type(struct document *document, struct edit *edit,
	       const unsigned char *bytes, uint64_t length)
{
	unsigned char *copy = store_copy(&document->typed, bytes, length);

	return copy && piece_list_add(&edit->inserted, (struct piece){
		.bytes = copy, .length = length, .kind = PIECE_FOREIGN,
	});
}

bool edit_swap(struct document *document, struct edit *edit, uint64_t offset,
	       uint64_t length, unsigned char *slot)
{
	struct history *history = &document->history;

	if (!history_reserve_swap(history, edit->swap_count))
		return false;
	history->swaps[history->swap_count + edit->swap_count++] =
		(struct swap){ offset, length, slot };
	return true;
}

bool edit_cancel(struct document *document, struct edit *edit)
{
	piece_list_free(&edit->inserted);
	store_rewind(&document->typed, edit->typed);
	store_rewind(&document->slots, edit->slots);
	return false;
}

static void edit_record(struct document *document, struct edit *edit,
			struct piece_list *removed)
{
	history_push(&document->history, (struct record){
		.offset = edit->range.start,
		.length = piece_list_length(&edit->inserted),
		.pieces = removed->pieces,
		.count = (uint32_t)removed->count,
		.swap_first = document->history.swap_count,
		.swap_count = (uint32_t)edit->swap_count,
	}, !document->step_open, document_time(document));
	document->step_open = document->depth > 0;
}

bool edit_commit(struct document *document, struct edit *edit,
		 struct error *error)
{
	const struct history *history = &document->history;
	struct piece_list *inserted = &edit->inserted;
	struct piece_list removed = { .pieces = NULL };

	if (!history_reserve(&document->history) ||
	    !pieces_reserve(document->pieces, edit->range, inserted->count,
			    &removed)) {
		piece_list_free(&removed);
		error_set_memory(error);
		return edit_cancel(document, edit);
	}
	document_tell_edit(document, edit);
	for (size_t i = 0; i < edit->swap_count; i++)
		swap_exchange(document->mapping,
			      &history->swaps[history->swap_count + i]);
	pieces_replace(document->pieces, edit->range, inserted->pieces,
		       inserted->count, &removed);
	edit_record(document, edit, &removed);
	piece_list_free(inserted);
	document_touch(document);
	return true;
}

/* --- overwriting --- */

/* Makes the granules of RANGE of the file private, if they may be. */
static bool granules_prepare(struct document *document, struct range range)
{
	struct range granules = {
		range.start - range.start % MAPPING_GRANULE,
		range.end + (MAPPING_GRANULE - 1) -
			(range.end + (MAPPING_GRANULE - 1)) % MAPPING_GRANULE,
	};

	if (mapping_is_private(document->mapping, range))
		return true;
	return mapping_private_bytes(document->mapping) <
		       DOCUMENT_PRIVATE_MAXIMUM &&
	       !range_set_touches(&document->shared, granules) &&
	       mapping_prepare(document->mapping, range, NULL);
}

/* One stretch of anchored pieces from FILE on becomes BYTES. */
static bool overwrite_stretch(struct document *document, struct edit *edit,
			      struct range file, const unsigned char *bytes)
{
	uint64_t length = range_length(file);

	if (!granules_prepare(document, file))
		return edit_type(document, edit, bytes, length);

	unsigned char *slot = store_copy(&document->slots, bytes, length);

	return slot && edit_swap(document, edit, file.start, length, slot) &&
	       piece_list_add(&edit->inserted, (struct piece){
			.bytes = mapping_bytes(document->mapping) + file.start,
			.length = length, .kind = PIECE_DIRTY,
	       });
}

/* What LIST holds becomes BYTES, stretch by stretch. */
static bool overwrite_list(struct document *document, struct edit *edit,
			   const struct piece_list *list,
			   const unsigned char *bytes)
{
	for (size_t i = 0; i < list->count;) {
		struct piece first = list->pieces[i++];
		uint64_t length = first.length, offset = 0;
		bool anchored = first.kind != PIECE_FOREIGN;

		if (anchored)
			document_place(document, first, &offset);
		while (i < list->count) {
			struct piece next = list->pieces[i];
			bool other = next.kind != PIECE_FOREIGN;

			if (other != anchored || (anchored &&
			    next.bytes != first.bytes + length))
				break;
			length += next.length;
			i++;
		}
		if (anchored ? !overwrite_stretch(document, edit,
						  range_of(offset, length),
						  bytes)
			     : !edit_type(document, edit, bytes, length))
			return false;
		bytes += length;
	}
	return true;
}

bool edit_overwrite(struct document *document, struct edit *edit,
		    const unsigned char *bytes, uint64_t length)
{
	struct piece_list list = { .pieces = NULL };
	uint64_t inside = range_length(edit->range);

	if (length > DOCUMENT_GRANULE_MAXIMUM)
		return edit_type(document, edit, bytes, length);

	bool fine = pieces_copy(document->pieces, edit->range, &list) &&
		    overwrite_list(document, edit, &list, bytes);

	piece_list_free(&list);
	if (fine && length > inside)
		fine = edit_type(document, edit, bytes + inside,
				 length - inside);
	return fine;
}

bool document_overwrite(struct document *document, uint64_t offset,
			const void *bytes, uint64_t length,
			struct error *error)
{
	uint64_t size = document_size(document);
	uint64_t rest = offset < size ? size - offset : 0;
	struct range range = range_of(offset, length < rest ? length : rest);
	struct edit edit;

	if (!edit_allowed(document, range, length, error))
		return false;
	if (length == 0)
		return true;
	edit_begin(document, &edit, range);
	if (!edit_overwrite(document, &edit, bytes, length)) {
		error_set_memory(error);
		return edit_cancel(document, &edit);
	}
	return edit_commit(document, &edit, error);
}

/* --- other lengths --- */

bool document_replace(struct document *document, struct range range,
		      const void *bytes, uint64_t length, struct error *error)
{
	struct edit edit;

	if (!edit_allowed(document, range, length, error))
		return false;
	if (length == range_length(range))
		return document_overwrite(document, range.start, bytes, length,
					  error);
	edit_begin(document, &edit, range);
	if (length > 0 && !edit_type(document, &edit, bytes, length)) {
		error_set_memory(error);
		return edit_cancel(document, &edit);
	}
	return edit_commit(document, &edit, error);
}

bool document_insert(struct document *document, uint64_t offset,
		     const void *bytes, uint64_t length, struct error *error)
{
	return document_replace(document, range_of(offset, 0), bytes, length,
				error);
}

bool document_delete(struct document *document, struct range range,
		     struct error *error)
{
	return document_replace(document, range, NULL, 0, error);
}

/* --- filling --- */

static void pattern_repeat(unsigned char *out, uint64_t size,
			   const unsigned char *pattern, size_t length)
{
	uint64_t done = length < size ? length : size;

	memcpy(out, pattern, (size_t)done);
	while (done < size) {
		/* Whole patterns so far, so doubling keeps them in step. */
		uint64_t more = done < size - done ? done : size - done;

		memcpy(out + done, out, (size_t)more);
		done += more;
	}
}

/* A long fill: the pattern once in the store, as often as it takes to make
 * runs of a comfortable length. */
static bool fill_repeat(struct document *document, struct edit *edit,
			const unsigned char *pattern, size_t length)
{
	uint64_t size = range_length(edit->range);
	uint64_t period = length < DOCUMENT_REPEAT_PERIOD
		? length * (uint64_t)((DOCUMENT_REPEAT_PERIOD + length - 1) /
				      length)
		: length;

	if (period > size)
		period = size;
	unsigned char *bytes = store_allocate(&document->typed, period);

	if (!bytes)
		return false;
	pattern_repeat(bytes, period, pattern, length);

	struct piece piece = {
		.bytes = bytes, .length = period, .kind = PIECE_FOREIGN,
	};

	if (period < size && period <= DOCUMENT_PERIOD_MAXIMUM) {
		piece.period = (uint32_t)period;
		piece.length = size;
		return piece_list_add(&edit->inserted, piece);
	}
	/* A pattern too long for a period: the same bytes, piece by piece. */
	for (; size > 0; size -= piece.length) {
		if (piece.length > size)
			piece.length = size;
		if (!piece_list_add(&edit->inserted, piece))
			return false;
	}
	return true;
}

static bool fill_bytes(struct document *document, struct edit *edit,
		       const unsigned char *pattern, size_t length)
{
	uint64_t size = range_length(edit->range);
	unsigned char *bytes = memory_allocate((size_t)size);

	if (!bytes)
		return false;
	pattern_repeat(bytes, size, pattern, length);

	bool fine = edit_overwrite(document, edit, bytes, size);

	memory_free(bytes);
	return fine;
}

bool document_fill(struct document *document, struct range range,
		   const void *pattern, size_t length, struct error *error)
{
	uint64_t size = range_length(range);
	struct edit edit;

	assert(length > 0);
	if (!edit_allowed(document, range, size, error))
		return false;
	if (size == 0)
		return true;
	edit_begin(document, &edit, range);
	if (!(size < DOCUMENT_REPEAT_MINIMUM ? fill_bytes : fill_repeat)(
			document, &edit, pattern, length)) {
		error_set_memory(error);
		return edit_cancel(document, &edit);
	}
	return edit_commit(document, &edit, error);
}
