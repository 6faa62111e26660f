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

bool edit_has_place(const struct document *document, struct range range,
		    struct error *error)
{
	uint64_t length;

	if (!document_by_blocks(document))
		return true;
	for (; range.start < range.end; range.start += length)
		if (document_lost(document, range.start, &length))
			return error_set(error, "there is nothing at 0x%llx of "
					 "%s", (unsigned long long)range.start,
					 file_path(document->file));
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

bool edit_add(struct document *document, struct edit *edit, struct piece piece)
{
	return stretch_add(document->pieces, &edit->inserted, piece);
}

bool edit_type(struct document *document, struct edit *edit,
	       const unsigned char *bytes, uint64_t length)
{
	unsigned char *copy = store_copy(&document->typed, bytes, length);

	return copy && edit_add(document, edit, (struct piece){
		.bytes = copy, .length = length, .kind = PIECE_FOREIGN,
	});
}

bool edit_swap(struct document *document, struct edit *edit, struct swap swap)
{
	struct history *history = &document->history;

	if (!history_reserve_swap(history, edit->swap_count))
		return false;
	history->swaps[history->swap_count + edit->swap_count++] = swap;
	return true;
}

bool edit_cancel(struct document *document, struct edit *edit)
{
	stretch_free(document->pieces, &edit->inserted);
	store_rewind(&document->typed, edit->typed);
	store_rewind(&document->slots, edit->slots);
	return false;
}

/* --- granules --- */

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

/* Makes what is taken out of the file private, of a few granules.  Where it
 * cannot be, what was there is not known later. */
static void guard_range(struct document *document, struct range file,
			unsigned *granules)
{
	uint64_t touched = (file.end - 1) / MAPPING_GRANULE -
			   file.start / MAPPING_GRANULE + 1;

	if (mapping_is_private(document->mapping, file))
		return;
	if (touched > *granules) {
		*granules = 0;
		return;
	}
	*granules -= (unsigned)touched;
	granules_prepare(document, file);
}

/* The next piece of LIST that is anchored, as a range of the file; an empty one
 * at the end of all files where there is none. */
static struct range next_anchored(const struct document *document,
				  struct piece_cursor *list)
{
	struct piece piece;
	uint64_t start, offset;

	while (piece_cursor_next(list, &piece, &start))
		if (piece.kind != PIECE_FOREIGN) {
			document_place(document, piece, &offset);
			return range_of(offset, piece.length);
		}
	return range_of(UINT64_MAX, 0);
}

/* Base pieces in the edit's range that are not put back are guarded. */
static void edit_guard(struct document *document, const struct edit *edit)
{
	struct piece_cursor old = pieces_walk(document->pieces,
					      edit->range.start);
	struct piece_cursor new = stretch_walk(document->pieces,
					       &edit->inserted);
	struct range kept = next_anchored(document, &new);
	struct range rest = edit->range;
	unsigned granules = DOCUMENT_GUARDED_MAXIMUM;
	struct piece piece;
	uint64_t offset;

	while (granules > 0 && piece_cursor_next_in(&old, &rest, &piece)) {
		if (piece.kind != PIECE_BASE)
			continue;
		document_place(document, piece, &offset);
		for (struct range out = range_of(offset, piece.length);
		     granules > 0 && out.start < out.end;) {
			uint64_t end = kept.start < out.end ? kept.start
							    : out.end;

			if (kept.end <= out.start) {
				kept = next_anchored(document, &new);
				continue;
			}
			if (out.start < end)
				guard_range(document, (struct range){
					out.start, end }, &granules);
			out.start = kept.start < out.end ? kept.end : out.end;
		}
	}
}

bool edit_commit(struct document *document, struct edit *edit,
		 struct error *error)
{
	struct history *history = &document->history;
	struct reservation reservation = { 0, 0 };
	int64_t time = document->step_open ? history->steps[history->now].time
					   : document_time(document);
	struct record record = {
		.offset = edit->range.start, .length = edit->inserted.length,
		.swap_first = history->swap_count,
		.swap_count = edit->swap_count,
	};

	if (!history_reserve(history) ||
	    !pieces_reserve(document->pieces, &edit->inserted,
			    pieces_in(document->pieces, edit->range),
			    &reservation)) {
		error_set_memory(error);
		return edit_cancel(document, edit);
	}
	edit_guard(document, edit);
	document_tell_edit(document, edit, time);
	for (uint32_t i = 0; i < edit->swap_count; i++)
		swap_exchange(document->mapping,
			      &history->swaps[record.swap_first + i]);
	pieces_exchange(document->pieces, edit->range, &edit->inserted);
	record.other = edit->inserted;
	history_push(history, record, !document->step_open, time);
	document->step_open = document->depth > 0;
	document_touch(document);
	document_tell_touched(document, edit->range, record.length);
	return true;
}

/* --- overwriting --- */

/* One stretch of anchored pieces from FILE on becomes BYTES. */
static bool overwrite_anchored(struct document *document, struct edit *edit,
			      struct range file, const unsigned char *bytes)
{
	uint64_t length = range_length(file);

	if (!granules_prepare(document, file))
		return edit_type(document, edit, bytes, length);

	unsigned char *slot = store_copy(&document->slots, bytes, length);

	return slot &&
	       edit_swap(document, edit, (struct swap){
			.offset = file.start, .length = length, .slot = slot,
	       }) &&
	       edit_add(document, edit, (struct piece){
			.bytes = mapping_bytes(document->mapping) + file.start,
			.length = length, .kind = PIECE_DIRTY,
	       });
}

/* Pieces of which each goes on where the one before ends, as overwriting has
 * it: all of them anchored and contiguous, or none. */
struct overwritten_run {
	bool anchored;
	const unsigned char *bytes;
	uint64_t length;
};

static bool run_takes(struct overwritten_run *run, struct piece piece)
{
	bool anchored = piece.kind != PIECE_FOREIGN;

	if (run->length == 0) {
		run->anchored = anchored;
		run->bytes = piece.bytes;
	} else if (anchored != run->anchored ||
		   (anchored && piece.bytes != run->bytes + run->length)) {
		return false;
	}
	run->length += piece.length;
	return true;
}

static bool overwrite_run(struct document *document, struct edit *edit,
			  const struct overwritten_run *run,
			  const unsigned char *bytes)
{
	struct piece piece = { .bytes = run->bytes };
	uint64_t offset;

	if (!run->anchored)
		return edit_type(document, edit, bytes, run->length);
	document_place(document, piece, &offset);
	return overwrite_anchored(document, edit, range_of(offset, run->length),
				 bytes);
}

/* What stands in the edit's range becomes BYTES, run by run. */
static bool overwrite_inside(struct document *document, struct edit *edit,
			     const unsigned char *bytes)
{
	struct piece_cursor cursor = pieces_walk(document->pieces,
						 edit->range.start);
	struct overwritten_run run = { .length = 0 };
	struct range rest = edit->range;
	struct piece piece;

	while (piece_cursor_next_in(&cursor, &rest, &piece)) {
		if (run_takes(&run, piece))
			continue;
		if (!overwrite_run(document, edit, &run, bytes))
			return false;
		bytes += run.length;
		run.length = 0;
		run_takes(&run, piece);
	}
	return run.length == 0 || overwrite_run(document, edit, &run, bytes);
}

bool edit_overwrite(struct document *document, struct edit *edit,
		    const unsigned char *bytes, uint64_t length)
{
	uint64_t inside = range_length(edit->range);

	if (length > DOCUMENT_GRANULE_MAXIMUM)
		return edit_type(document, edit, bytes, length);
	if (!overwrite_inside(document, edit, bytes))
		return false;
	return length == inside ||
	       edit_type(document, edit, bytes + inside, length - inside);
}

bool document_overwrite(struct document *document, uint64_t offset,
			const void *bytes, uint64_t length,
			struct error *error)
{
	uint64_t size = document_size(document);
	uint64_t rest = offset < size ? size - offset : 0;
	struct range range = range_of(offset, length < rest ? length : rest);
	struct edit edit;

	if (!edit_allowed(document, range, length, error) ||
	    !edit_has_place(document, range, error))
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
		return edit_add(document, edit, piece);
	}
	/* A pattern too long for a period: the same bytes, piece by piece. */
	for (; size > 0; size -= piece.length) {
		if (piece.length > size)
			piece.length = size;
		if (!edit_add(document, edit, piece))
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
	if (!edit_allowed(document, range, size, error) ||
	    !edit_has_place(document, range, error))
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
