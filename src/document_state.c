/*
 * States: back, on, and to any of them by its number.
 */
#include "document_internal.h"

/* TOUCHED is where it differs from what it was, when its size was BEFORE. */
static void tell_gone(struct document *document, struct range touched,
		      uint64_t before)
{
	uint64_t behind = document_size(document) - touched.end;

	document_tell_touched(document,
			      (struct range){ touched.start, before - behind },
			      range_length(touched));
}

bool document_go(struct document *document, uint64_t number,
		 struct range *touched, struct error *error)
{
	struct history *history = &document->history;
	uint64_t before = document_size(document);
	bool moves = number != history->now;

	if (number >= history->step_count)
		return error_set(error, "%s has no state %llu",
				 file_path(document->file),
				 (unsigned long long)number);
	if (document->read_only)
		return error_set(error, "%s may not be edited: %s",
				 file_path(document->file),
				 document->read_only);
	if (!document_tell_go(document, (uint32_t)number, touched, error))
		return false;
	document->step_open = false;
	document_touch(document);
	if (history->now == history->saved)
		pieces_reset(document->pieces, mapping_bytes(document->mapping),
			     mapping_size(document->mapping));
	if (moves)
		tell_gone(document, *touched, before);
	return true;
}

bool document_undo(struct document *document, struct range *touched,
		   struct error *error)
{
	const struct history *history = &document->history;

	if (history->now == 0)
		return error_set(error, "nothing to undo");
	return document_go(document, history->steps[history->now].parent,
			   touched, error);
}

bool document_redo(struct document *document, struct range *touched,
		   struct error *error)
{
	const struct history *history = &document->history;

	if (!history->steps[history->now].next)
		return error_set(error, "nothing to redo");
	return document_go(document, history->steps[history->now].next,
			   touched, error);
}

uint64_t document_undo_steps(const struct document *document)
{
	const struct history *history = &document->history;

	return history->steps[history->now].depth;
}

uint64_t document_redo_steps(const struct document *document)
{
	return document->history.redo_steps;
}

uint64_t document_state_count(const struct document *document)
{
	return document->history.step_count;
}

uint64_t document_state_now(const struct document *document)
{
	return document->history.now;
}

struct document_state document_state(const struct document *document,
				     uint64_t number)
{
	const struct history *history = &document->history;
	const struct step *step = &history->steps[number];
	struct document_state state = {
		.number = number, .parent = step->parent,
		.next = step->next, .time = step->time,
		.done = step->done, .saved = number == history->saved,
	};
	size_t start, end;

	history_step_records(history, (uint32_t)number, &start, &end);
	state.edits = end - start;
	if (start == end)
		return state;

	const struct record *record = &history->records[start];
	uint64_t other = record->other.length;

	state.offset = record->offset;
	state.old_length = step->done ? other : record->length;
	state.new_length = step->done ? record->length : other;
	return state;
}
