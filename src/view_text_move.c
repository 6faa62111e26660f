/*
 * view_text_move: motions in text mode that are not by rows.
 *
 * All of them go from character to character, each found in its row, so the
 * way is as long as what is passed over: no more than VIEW_WALK characters,
 * and behind these by bytes, or not at all.
 */
#include "sizes.h"
#include "view_internal.h"

/* The character before AT's, or the first of all. */
static uint64_t character_before(const struct view *view, uint64_t at)
{
	uint64_t start = view_character(view, at).start;

	return start > 0 ? view_character(view, start - 1).start : 0;
}

/* The one behind it; where there is none, it itself or the end. */
static uint64_t character_behind(const struct view *view, uint64_t at)
{
	uint64_t limit = view_limit(view);
	uint64_t start = view_character(view, at).start;
	uint64_t end = view_character(view, at).end;
	struct view_row row = view_row(view, at);

	/* What is not shown behind a row belongs to it. */
	if (end >= row.shown.end && end < row.range.end &&
	    end < document_size(view->document))
		end = row.range.end;
	if (end > limit)
		return start;
	row = view_row(view, end);
	return row.unknown ? start : view_character(view, end).start;
}

static uint64_t characters_left(const struct view *view, uint64_t count)
{
	uint64_t at = view->cursor;

	for (unsigned i = 0; count > 0 && at > 0 && i < VIEW_WALK; i++) {
		at = character_before(view, at);
		count--;
	}
	return count < at ? at - count : 0;
}

static uint64_t characters_right(const struct view *view, uint64_t count)
{
	uint64_t limit = view_limit(view);
	uint64_t at = view->cursor;

	for (unsigned i = 0; count > 0 && i < VIEW_WALK; i++) {
		uint64_t next = character_behind(view, at);

		if (next == at)
			return at;
		at = next;
		count--;
	}
	return count < limit - at ? at + count : limit;
}

/* --- words --- */

static enum glyph_class class_at(const struct view *view, uint64_t offset)
{
	struct view_row row = view_row(view, offset);

	if (row.folded)
		return GLYPH_OTHER;

	struct view_glyph glyph = view_text_find(view, &row, offset);

	return glyph_class(&glyph.glyph);
}

static bool is_empty_line(const struct view *view, uint64_t offset)
{
	struct view_row row = view_row(view, offset);

	return row.begins_line && row.shown.start == offset &&
	       view_at_newline(view, offset);
}

/* Does a word begin at OFFSET, or is it a line without any? */
static bool begins_word(const struct view *view, uint64_t offset)
{
	enum glyph_class class = class_at(view, offset);
	uint64_t before = character_before(view, offset);

	if (class == GLYPH_BLANK)
		return is_empty_line(view, offset);
	return before == offset || class_at(view, before) != class;
}

static uint64_t word(const struct view *view, uint64_t at,
		     uint64_t (*step)(const struct view *, uint64_t))
{
	for (unsigned i = 0; i < VIEW_WALK; i++) {
		uint64_t next = step(view, at);

		if (next == at)
			return at;
		at = next;
		if (begins_word(view, at))
			return at;
	}
	return at;
}

static uint64_t words(const struct view *view, uint64_t count,
		      uint64_t (*step)(const struct view *, uint64_t))
{
	uint64_t at = view->cursor;

	for (unsigned i = 0; count > 0 && i < VIEW_WALK / 8; i++) {
		at = word(view, at, step);
		count--;
	}
	return at;
}

/* --- the ends of a line --- */

/* Of a line that is very long one that goes on at most TEXT_LINE_LOOK. */
static uint64_t line_start(const struct view *view)
{
	return view_text_line(view, view->cursor).start;
}

/* Whoever types goes to where the line goes on. */
static uint64_t line_end(const struct view *view)
{
	uint64_t limit = view_limit(view);
	struct view_row row = view_row(view, view->cursor);
	uint64_t start = row.part.start;
	uint64_t end = view_text_line(view, view->cursor).end;

	if (row.folded || end == start)
		return row.shown.start;
	if (end == document_size(view->document) && limit == end &&
	    !view_at_newline(view, end - 1))
		return end;

	uint64_t last = view_character(view, end - 1).start;
	bool newline = view_at_newline(view, last);

	if (newline && last > start && view->mode == VIEW_BROWSE)
		last = character_before(view, last);
	return last;
}

uint64_t view_text_target(const struct view *view, enum view_motion motion,
			  uint64_t count)
{
	switch (motion) {
	case VIEW_LEFT:
		return characters_left(view, count);
	case VIEW_RIGHT:
		return characters_right(view, count);
	case VIEW_GROUP_LEFT:
		return words(view, count, character_before);
	case VIEW_GROUP_RIGHT:
		return words(view, count, character_behind);
	case VIEW_ROW_START:
		return line_start(view);
	case VIEW_ROW_END:
		return line_end(view);
	default:
		break;
	}
	return view->cursor;
}
