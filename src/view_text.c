/*
 * view_text: the rows of text.
 *
 * A line is parted near the multiples of TEXT_LINE_MAXIMUM before which it
 * has as many bytes or more, each moved back to the start of a character.  So
 * where the part that an offset is in begins and ends is seen from less than
 * three times as many bytes around it, and nobody asks how long the line is.
 * Rows are counted from the start of a part, in which they are laid out
 * together.
 *
 * What was laid out last is kept, because the next question is nearly always
 * about a row beside the last one.  It is relied on until somebody shows the
 * view again, or edits, and then it is enough to compare the bytes: others may
 * have written some of them.
 *
 * Invariants
 *  1. A part is at most 2 * TEXT_LINE_MAXIMUM bytes, and not empty.
 *  2. Of any offset, view_text_row(offset).range contains it, and the row of
 *     the range's start is the same one.
 */
#include <string.h>

#include "newline.h"
#include "sizes.h"
#include "view_internal.h"

enum {
	PART_SIZE = 2 * TEXT_LINE_MAXIMUM + 8,
	SCROLL_WIDTH = 40,	/* narrower windows have no scroll bar */
	WIDTH_MINIMUM = 12,	/* beside a margin */
};

struct laid_row {
	uint32_t start;
	uint8_t color;
};

struct laid {
	bool trusted;
	const struct document *document;
	uint64_t revision;
	struct text_options options;
	unsigned width;
	struct range part;
	size_t count;		/* of rows; 0: not laid out yet */
	struct laid_row rows[PART_SIZE];
	unsigned char bytes[PART_SIZE];
};

/* Short parts, and long ones beside each other, do not drive each other out. */
enum { LAID = 3, SHORT = TEXT_LINE_MAXIMUM / 16 };
static struct laid all_laid[LAID];
static struct laid *laid = all_laid;	/* the one that was asked for last */

static uint64_t smaller(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

static uint64_t less(uint64_t one, uint64_t other)
{
	return one - smaller(one, other);
}

/* --- the width --- */

bool view_has_scroll(const struct view *view)
{
	return view->text_mode ? view->columns >= SCROLL_WIDTH
			       : view->layout.has_scroll;
}

static unsigned margin_of(const struct view *view)
{
	unsigned digits = 1;

	if (!view->text.numbers || !view->lines.number)
		return 0;
	/* No document has more lines than bytes. */
	for (uint64_t most = document_size(view->document); most > 9;
	     most /= 10)
		digits++;
	return digits < 5 ? 6 : digits + 1;
}

void view_text_lay_out(struct view *view)
{
	/* The last column is for the cursor behind a row that is full. */
	unsigned used = view_has_scroll(view) ? 2 : 1;
	unsigned width = view->columns > used ? view->columns - used : 1;
	unsigned margin = margin_of(view);

	if (margin + WIDTH_MINIMUM > width)
		margin = 0;
	view->text_margin = margin;
	view->text_width = width - margin;
	if (view->text.wrap)
		view->left = 0;
	for (unsigned i = 0; i < LAID; i++)
		all_laid[i].trusted = false;
}

/* --- parts --- */

unsigned view_newline_form(const struct view *view)
{
	static const enum newline_form forms[ENCODING_FORMS] = {
		[ENCODING_UTF8] = NEWLINE_BYTE,
		[ENCODING_LATIN1] = NEWLINE_BYTE,
		[ENCODING_UTF16LE] = NEWLINE_UTF16LE,
		[ENCODING_UTF16BE] = NEWLINE_UTF16BE,
		[ENCODING_EBCDIC] = NEWLINE_EBCDIC,
	};

	return forms[view->text.encoding];
}

static struct newlines newlines_in(const struct view *view)
{
	return newlines_of(view->document,
			   (enum newline_form)view_newline_form(view));
}

/* Does a line begin at OFFSET? */
static bool begins_line(struct newlines *newlines, uint64_t offset)
{
	return offset == 0 ||
	       (offset <= document_size(newlines->document) &&
		newlines_before(newlines, offset, less(offset, 2)) == offset);
}

/* Behind the last row that the document's bytes have.  Where no line begins at
 * its end, that is a place in this row. */
static uint64_t rows_end(const struct view *view)
{
	struct newlines newlines = newlines_in(view);
	uint64_t size = document_size(view->document);

	return begins_line(&newlines, size) ? size : size + 1;
}

/* MULTIPLE, or the start of the character that it lies in. */
static uint64_t moved_back(const struct view *view, uint64_t multiple)
{
	enum { AROUND = 4 };
	unsigned char bytes[2 * AROUND];
	uint64_t size = document_size(view->document);
	uint64_t from = less(multiple, AROUND);
	uint64_t to = smaller(multiple + AROUND, size);
	size_t length;

	if (multiple >= size)
		return size;
	length = document_read(view->document, from, bytes,
			       (size_t)(to - from));
	return multiple - encoding_split(view->text.encoding, bytes,
					 (size_t)(multiple - from), length);
}

static uint64_t part_start(const struct view *view, struct newlines *newlines,
			   uint64_t offset)
{
	uint64_t size = document_size(view->document);
	uint64_t here = offset - offset % TEXT_LINE_MAXIMUM;
	uint64_t next = here + TEXT_LINE_MAXIMUM;
	uint64_t before = less(here, TEXT_LINE_MAXIMUM);
	uint64_t line = newlines_before(newlines, offset, here);

	/* The next part may begin a little earlier than it should. */
	if (next - offset < 4 && next < size &&
	    newlines_before(newlines, next, here) == here &&
	    moved_back(view, next) <= offset)
		return moved_back(view, next);
	if (line > here || here == 0)
		return line;
	line = newlines_before(newlines, here, before);
	return line > before ? line : moved_back(view, here);
}

/* The end of the part that begins at START. */
static uint64_t part_end(const struct view *view, struct newlines *newlines,
			 uint64_t start)
{
	uint64_t size = document_size(view->document);
	uint64_t whole = (start + TEXT_LINE_MAXIMUM - 1) / TEXT_LINE_MAXIMUM;
	uint64_t most = (whole + 1) * TEXT_LINE_MAXIMUM;
	uint64_t end = newlines_after(newlines, start, smaller(most, size));

	return end == most ? moved_back(view, most) : end;
}

/* Would the same bytes be laid out in the same way? */
static bool laid_as(const struct view *view)
{
	return laid->count > 0 && laid->width == view->text_width &&
	       laid->options.wrap == view->text.wrap &&
	       laid->options.colors == view->text.colors &&
	       laid->options.tab == view->text.tab &&
	       laid->options.encoding == view->text.encoding;
}

static struct laid *place_for(struct range part)
{
	if (range_length(part) <= SHORT)
		return &all_laid[0];
	return &all_laid[1 + part.start / TEXT_LINE_MAXIMUM % (LAID - 1)];
}

static bool laid_is_of(const struct view *view)
{
	return laid->trusted && laid->document == view->document &&
	       laid->revision == document_revision(view->document) &&
	       laid_as(view);
}

/* The part that OFFSET (< size) is in. */
static struct range part_of(const struct view *view, uint64_t offset)
{
	struct newlines newlines = newlines_in(view);
	struct range part;

	for (unsigned i = 0; i < LAID; i++) {
		laid = &all_laid[i];
		if (laid_is_of(view) && range_contains(laid->part, offset))
			return laid->part;
	}
	part.start = part_start(view, &newlines, offset);
	part.end = part_end(view, &newlines, part.start);
	return part;
}

/* --- rows of a part --- */

static struct glyphs glyphs_of(const struct view *view)
{
	return (struct glyphs){
		.bytes = laid->bytes,
		.length = (size_t)range_length(laid->part),
		.form = view->text.encoding,
		.colors = view->text.colors,
		.color = ROLE_NORMAL,
	};
}

/* The columns of GLYPH at COLUMN, of WIDTH: a tab ends with the row. */
static unsigned columns_of(const struct glyph *glyph, unsigned column,
			   unsigned tab, unsigned width)
{
	unsigned columns = glyph_columns(glyph, column, tab);

	if (glyph->kind == GLYPH_TAB && column < width &&
	    columns > width - column)
		return width - column;
	return columns;
}

static void add_row(size_t start, enum role color)
{
	laid->rows[laid->count++] = (struct laid_row){ (uint32_t)start,
						     (uint8_t)color };
}

/* A newline has room behind a row that is full. */
static void wrap(const struct view *view)
{
	struct glyphs glyphs = glyphs_of(view);
	unsigned tab = view->text.tab;
	unsigned width = view->text_width;
	enum role color = glyphs.color;
	unsigned column = 0;
	struct glyph glyph;

	for (; glyphs_next(&glyphs, &glyph); color = glyphs.color) {
		unsigned columns = columns_of(&glyph, column, tab, width);

		if (column > 0 && column + columns > width &&
		    glyph.kind != GLYPH_NEWLINE) {
			add_row(glyph.start, color);
			column = 0;
			columns = columns_of(&glyph, 0, tab, width);
		}
		column += columns;
	}
}

/* Reads PART and lays its rows out. */
static void lay_out(const struct view *view, struct range part)
{
	laid = place_for(part);
	if (laid_is_of(view) && laid->part.start == part.start &&
	    laid->part.end == part.end)
		return;

	static unsigned char bytes[PART_SIZE];
	size_t length = document_read(view->document, part.start, bytes,
				      (size_t)range_length(part));
	bool same = laid_as(view) && length == range_length(laid->part) &&
		    memcmp(laid->bytes, bytes, length) == 0;

	laid->document = view->document;
	laid->revision = document_revision(view->document);
	laid->part = range_of(part.start, length);
	laid->trusted = laid->part.end == part.end;
	if (same)
		return;
	laid->options = view->text;
	laid->width = view->text_width;
	memcpy(laid->bytes, bytes, length);
	laid->count = 0;
	add_row(0, ROLE_NORMAL);
	if (view->text.wrap)
		wrap(view);
}

/* Which of the rows of what was laid out has byte AT of it. */
static size_t row_with(size_t at)
{
	size_t low = 0;
	size_t high = laid->count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (laid->rows[middle].start <= at)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static struct view_row row_in_part(const struct view *view, struct range part,
				   uint64_t offset)
{
	struct newlines newlines = newlines_in(view);
	struct view_row row = { .part = part };

	lay_out(view, part);

	size_t index = row_with((size_t)(offset - part.start));
	bool last = index + 1 == laid->count;

	row.shown.start = part.start + laid->rows[index].start;
	row.shown.end = last ? part.end
			     : part.start + laid->rows[index + 1].start;
	row.color = (enum role)laid->rows[index].color;
	row.begins_line = index == 0 && begins_line(&newlines, part.start);
	row.range = row.shown;
	return row;
}

/* --- holes --- */

/* The parts that lie wholly in the hole in which OFFSET is. */
static bool find_hole(const struct view *view, uint64_t offset,
		      struct range *fold)
{
	uint64_t size = document_size(view->document);
	struct newlines newlines = newlines_in(view);
	unsigned char byte;
	struct range hole;

	if (!view->folding ||
	    document_read(view->document, offset, &byte, 1) != 1 ||
	    byte != 0 || !document_hole(view->document, offset, &hole))
		return false;

	uint64_t whole = (hole.start + TEXT_LINE_MAXIMUM - 1) /
			 TEXT_LINE_MAXIMUM;
	uint64_t first = whole * TEXT_LINE_MAXIMUM;
	uint64_t before = less(first, TEXT_LINE_MAXIMUM);
	uint64_t line = first > size ? hole.start
				     : newlines_before(&newlines, first,
						       before);

	fold->start = first;
	if (begins_line(&newlines, hole.start))
		fold->start = hole.start;
	else if (line > before)
		fold->start = first + TEXT_LINE_MAXIMUM;
	fold->end = hole.end - hole.end % TEXT_LINE_MAXIMUM;
	if (fold->end < fold->start + TEXT_LINE_MAXIMUM)
		fold->end = fold->start;
	if (hole.end == size)
		fold->end = size;
	return range_contains(*fold, offset);
}

/* --- which lines are shown --- */

static bool is_filtered(const struct view *view)
{
	return view->lines.from && view->lines.before;
}

struct range view_text_line(const struct view *view, uint64_t offset)
{
	struct newlines newlines = newlines_in(view);
	uint64_t size = document_size(view->document);
	struct range part = view_text_row(view, offset).part;

	if (is_filtered(view) || part.start >= size)
		return part;
	return (struct range){
		newlines_before(&newlines, part.start,
				less(part.start, TEXT_LINE_LOOK)),
		newlines_after(&newlines, part.start,
			       smaller(size - part.start, TEXT_LINE_LOOK) +
				       part.start),
	};
}

enum view_line view_nearest_shown(const struct view *view, uint64_t from,
				  uint64_t *offset)
{
	struct newlines newlines = newlines_in(view);
	uint64_t least = less(from, TEXT_LINE_LOOK);
	void *context = view->lines.context;
	enum view_line found;
	uint64_t start, line;

	*offset = from;
	if (!view->text_mode || !is_filtered(view))
		return VIEW_LINE_FOUND;
	line = newlines_before(&newlines, from, least);
	if (line == least && least > 0)
		return VIEW_LINE_FOUND;
	found = view->lines.from(context, line, &start);
	if (found == VIEW_LINE_NONE)
		found = view->lines.before(context, line, &start);
	if (found == VIEW_LINE_FOUND && start != line)
		*offset = start;
	return found;
}

/* The part of the cursor is shown whatever else is. */
static struct range cursor_part(const struct view *view)
{
	uint64_t size = document_size(view->document);

	return part_of(view, view->cursor < size ? view->cursor : size - 1);
}

/* The first part to be shown that begins at or behind OFFSET. */
static enum view_line shown_from(const struct view *view, uint64_t offset,
				 uint64_t *start)
{
	struct range own = cursor_part(view);
	enum view_line found = view->lines.from(view->lines.context, offset,
						start);

	if (own.start < offset ||
	    (found == VIEW_LINE_FOUND && *start <= own.start))
		return found;
	*start = own.start;
	return found == VIEW_LINE_UNKNOWN && own.start > offset
		       ? VIEW_LINE_UNKNOWN : VIEW_LINE_FOUND;
}

static enum view_line shown_before(const struct view *view, uint64_t offset,
				   uint64_t *start)
{
	struct range own = cursor_part(view);
	enum view_line found = view->lines.before(view->lines.context, offset,
						  start);

	if (own.start >= offset ||
	    (found == VIEW_LINE_FOUND && *start >= own.start))
		return found;
	*start = own.start;
	return found == VIEW_LINE_UNKNOWN && own.end < offset
		       ? VIEW_LINE_UNKNOWN : VIEW_LINE_FOUND;
}

/* Gives the last row of a part what is not shown behind it. */
static void take_hidden(const struct view *view, struct view_row *row)
{
	uint64_t next;

	if (row->shown.end != row->part.end)
		return;
	switch (shown_from(view, row->part.end, &next)) {
	case VIEW_LINE_FOUND:
		row->range.end = next;
		break;
	case VIEW_LINE_NONE:
		row->range.end = rows_end(view);
		break;
	case VIEW_LINE_UNKNOWN:
		break;
	}
}

/* Is PART one of the lines that are to be shown? */
static bool is_shown(const struct view *view, struct range part)
{
	uint64_t start;

	return view->lines.from(view->lines.context, part.start, &start) ==
		       VIEW_LINE_FOUND && start == part.start;
}

static struct view_row shown_row(const struct view *view, struct range part,
				 uint64_t offset)
{
	struct view_row row = row_in_part(view, part, offset);
	uint64_t start;

	row.hidden = !is_shown(view, part);
	take_hidden(view, &row);
	if (row.shown.start == part.start &&
	    shown_before(view, part.start, &start) == VIEW_LINE_NONE)
		row.range.start = 0;
	return row;
}

/* A row that says it is not known what there is, from START on. */
static struct view_row unknown_row(const struct view *view, uint64_t start)
{
	struct view_row row = {
		.range = { start, rows_end(view) },
		.shown = { start, start },
		.part = { start, start },
		.unknown = true,
	};
	uint64_t own = cursor_part(view).start;
	uint64_t next;

	if (view->lines.from(view->lines.context, start, &next) ==
	    VIEW_LINE_FOUND)
		row.range.end = next;
	if (own > start && own < row.range.end)
		row.range.end = own;
	return row;
}

/* OFFSET is in a line that is not shown. */
static struct view_row hidden_row(const struct view *view, uint64_t offset)
{
	struct range part = part_of(view, offset);
	uint64_t start;

	switch (shown_before(view, offset, &start)) {
	case VIEW_LINE_FOUND:
		break;
	case VIEW_LINE_NONE:
		if (shown_from(view, offset, &start) != VIEW_LINE_FOUND)
			return unknown_row(view, 0);
		return shown_row(view, part_of(view, start), start);
	case VIEW_LINE_UNKNOWN:
		/* How far up that goes nobody knows. */
		return unknown_row(view, part.start);
	}
	part = part_of(view, start);

	struct view_row row = shown_row(view, part, part.end - 1);

	return range_contains(row.range, offset) ? row
						 : unknown_row(view, part.end);
}

static struct view_row filtered_row(const struct view *view, uint64_t offset)
{
	uint64_t size = document_size(view->document);
	uint64_t at = smaller(offset, size - 1);
	struct range part = part_of(view, at);
	struct range own = cursor_part(view);
	struct view_row row = part.start == own.start || is_shown(view, part)
				      ? shown_row(view, part, at)
				      : hidden_row(view, at);

	/* Whatever has been found meanwhile, there is a way on. */
	row.range.start = smaller(row.range.start, offset);
	if (row.range.end <= offset)
		row.range.end = offset + 1;
	return row;
}

/* --- rows --- */

struct view_row view_text_row(const struct view *view, uint64_t offset)
{
	uint64_t size = document_size(view->document);
	struct view_row row = {
		.range = range_of(offset, 1),
		.shown = { size, size },
		.part = { size, size },
		.begins_line = true,
		.folded = true,
	};

	if (offset >= rows_end(view)) {
		row.folded = false;
		return row;
	}

	uint64_t at = smaller(offset, size - 1);

	if (is_filtered(view))
		return filtered_row(view, offset);
	if (find_hole(view, at, &row.range))
		row.part = row.shown = row.range;
	else
		row = row_in_part(view, part_of(view, at), at);
	if (row.range.end == size)
		row.range.end = rows_end(view);
	return row;
}

/* --- characters of a row --- */

struct view_walk view_text_walk(const struct view *view,
				const struct view_row *row)
{
	struct view_walk walk = {
		.base = row->part.start,
		.tab = view->text.tab,
		.width = view->text.wrap ? view->text_width : UINT32_MAX,
	};

	if (row->folded || row->unknown || range_is_empty(row->shown))
		return walk;
	lay_out(view, row->part);
	walk.glyphs = glyphs_of(view);
	walk.glyphs.position = (size_t)(row->shown.start - row->part.start);
	walk.glyphs.color = row->color;
	walk.end = (size_t)(row->shown.end - row->part.start);
	return walk;
}

bool view_text_next(struct view_walk *walk, struct view_glyph *glyph)
{
	if (walk->glyphs.position >= walk->end ||
	    !glyphs_next(&walk->glyphs, &glyph->glyph))
		return false;
	glyph->range = range_of(walk->base + glyph->glyph.start,
				glyph->glyph.length);
	glyph->column = walk->column;
	glyph->columns = columns_of(&glyph->glyph, walk->column, walk->tab,
				    walk->width);
	walk->column += glyph->columns;
	return true;
}

struct view_glyph view_text_find(const struct view *view,
				 const struct view_row *row, uint64_t offset)
{
	struct view_walk walk = view_text_walk(view, row);
	struct view_glyph glyph = { .glyph.kind = GLYPH_NEWLINE };
	uint64_t size = document_size(view->document);

	if (row->folded) {
		glyph.range = row->shown;
		glyph.columns = 1;
		if (offset < size)
			return glyph;
	}
	if (row->unknown || offset >= size)
		offset = size;
	else if (offset < row->shown.start)
		offset = row->shown.start;
	else if (offset >= row->shown.end)
		offset = row->shown.end - 1;
	while (view_text_next(&walk, &glyph))
		if (offset < glyph.range.end)
			return glyph;
	glyph.glyph = (struct glyph){ .kind = GLYPH_NEWLINE };
	glyph.range = range_of(size, 0);
	glyph.column = walk.column;
	glyph.columns = 1;
	return glyph;
}

uint64_t view_text_at(const struct view *view, const struct view_row *row,
		      unsigned column)
{
	struct view_walk walk = view_text_walk(view, row);
	struct view_glyph glyph = { .range = row->shown };
	uint64_t before = row->shown.start;
	bool last_row = row->shown.end == document_size(view->document) &&
			row->range.end > row->shown.end;

	while (view_text_next(&walk, &glyph)) {
		bool newline = glyph.glyph.kind == GLYPH_NEWLINE;

		/* As in vi, one does not come to it by going up and down. */
		if (newline && view->mode == VIEW_BROWSE && !view->selecting)
			return glyph.column > 0 ? before : glyph.range.start;
		if (column - glyph.column < glyph.columns)
			return glyph.range.start;
		before = glyph.range.start;
	}
	/* Behind the last character there may be a place to append. */
	if (last_row && column >= walk.column && !row->folded &&
	    glyph.glyph.kind != GLYPH_NEWLINE)
		return row->shown.end;
	return glyph.range.start;
}

struct range view_character(const struct view *view, uint64_t offset)
{
	uint64_t size = document_size(view->document);

	if (offset >= size)
		return range_of(size, 0);
	if (!view->text_mode)
		return range_of(offset, 1);

	struct view_row row = view_text_row(view, offset);

	return view_text_find(view, &row, offset).range;
}

bool view_at_newline(const struct view *view, uint64_t offset)
{
	struct view_row row = view_text_row(view, offset);

	return view_text_find(view, &row, offset).glyph.kind == GLYPH_NEWLINE;
}

bool view_line_start(const struct view *view, uint64_t offset,
		     uint64_t *start)
{
	struct newlines newlines = newlines_in(view);
	uint64_t least = less(offset, TEXT_LINE_LOOK);
	uint64_t number;

	*start = newlines_before(&newlines, offset, least);
	if (*start > least || least == 0)
		return true;
	*start = 0;
	return view->lines.number &&
	       view->lines.number(view->lines.context, offset, &number) &&
	       number == 1;
}
