/*
 * view_rows: the rows of the screen, of which some are folds.
 *
 * Which row an offset belongs to is found from the document's holes around
 * it, the cursor and the selection alone.  Nobody counts rows from the
 * document's start, because of those nobody knows how many there are.
 */
#include "view_internal.h"

#include "sizes.h"

/* Fewer rows say as much as the line that would stand for them. */
enum { VIEW_FOLD_MINIMUM = 3 };

uint64_t view_limit(const struct view *view)
{
	bool appends = view->mode == VIEW_OVERWRITE ||
		       view->mode == VIEW_INSERT;
	uint64_t size = document_size(view->document);

	return appends || size == 0 ? size : size - 1;
}

static uint64_t smaller(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

/* Takes the row of bytes at ROW out of FOLD, and what lies behind it as seen
 * from START; false where START is in it. */
static bool leave_out(struct range *fold, uint64_t row, unsigned bytes,
		      uint64_t start)
{
	if (!range_contains(*fold, row))
		return true;
	if (row < start)
		fold->start = row + bytes;
	else
		fold->end = row;
	return row != start;
}

/* The fold that the row of bytes at START is part of. */
static bool find_fold(const struct view *view, uint64_t start,
		      struct range *fold)
{
	unsigned bytes = view->layout.bytes_per_row;
	uint64_t size = document_size(view->document);
	struct range hole;

	if (!view->folding || start >= size || size - start < bytes ||
	    !document_hole(view->document, start, &hole) ||
	    hole.end - start < bytes)
		return false;
	fold->start = start - (start - hole.start) / bytes * bytes;
	fold->end = start + (hole.end - start) / bytes * bytes;
	return leave_out(fold, view->cursor - view->cursor % bytes, bytes,
			 start) &&
	       (!view->selecting ||
		leave_out(fold, view->anchor - view->anchor % bytes, bytes,
			  start)) &&
	       range_length(*fold) / bytes >= VIEW_FOLD_MINIMUM;
}

struct view_row view_row(const struct view *view, uint64_t offset)
{
	unsigned bytes = view->layout.bytes_per_row;
	uint64_t start = offset - offset % bytes;
	struct view_row row = { .folded = true };

	if (view->text_mode)
		return view_text_row(view, offset);
	if (!find_fold(view, start, &row.range))
		row = (struct view_row){ .range = range_of(start, bytes) };
	return row;
}

/* Of how many bytes rows are taken to be that are too many to be looked at. */
static unsigned usual_bytes(const struct view *view)
{
	return view->text_mode ? view->text_width : view->layout.bytes_per_row;
}

uint64_t view_rows_down(const struct view *view, uint64_t offset,
			uint64_t rows)
{
	unsigned bytes = usual_bytes(view);
	uint64_t last = view_row(view, view_limit(view)).range.start;
	uint64_t at = view_row(view, offset).range.start;

	for (unsigned i = 0; rows > 0 && at < last && i < VIEW_WALK; i++) {
		at = view_row(view, at).range.end;
		rows--;
	}
	if (rows > 0 && at < last)
		at += smaller(rows, (last - at) / bytes) * bytes;
	return smaller(view_row(view, at).range.start, last);
}

uint64_t view_rows_up(const struct view *view, uint64_t offset, uint64_t rows)
{
	unsigned bytes = usual_bytes(view);
	uint64_t at = view_row(view, offset).range.start;

	for (unsigned i = 0; rows > 0 && at > 0 && i < VIEW_WALK; i++) {
		at = view_row(view, at - 1).range.start;
		rows--;
	}
	at -= smaller(rows, at / bytes) * bytes;
	return view_row(view, at).range.start;
}
