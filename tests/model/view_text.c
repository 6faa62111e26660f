/*
 * view in text mode: rows, motions and drawing over small documents of every
 * kind of bytes, against a plain implementation that parts all of a document
 * into rows from its start.
 *
 * The document is one of our own here: an array, and a hole in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sizes.h"
#include "view_internal.h"

enum { SMALL = 600, SIZE_MAXIMUM = 6 * TEXT_LINE_MAXIMUM + SMALL };

struct document {
	unsigned char *bytes;
	uint64_t size;
	uint64_t revision;
	struct range hole;	/* zeros stand there; may be empty */
};

uint64_t document_size(const struct document *document)
{
	return document->size;
}

uint64_t document_revision(const struct document *document)
{
	return document->revision;
}

const unsigned char *document_span_around(const struct document *document,
					  uint64_t offset, uint64_t *before,
					  uint64_t *after)
{
	/* In runs, as pieces would have it. */
	enum { RUN = 24 };

	assert_true(offset < document->size);
	*before = offset % RUN;
	*after = RUN - *before;
	if (*after > document->size - offset)
		*after = document->size - offset;
	return document->bytes + offset;
}

size_t document_read(const struct document *document, uint64_t offset,
		     void *buffer, size_t size)
{
	assert_true(offset <= document->size);
	if (size > document->size - offset)
		size = (size_t)(document->size - offset);
	memcpy(buffer, document->bytes + offset, size);
	return size;
}

bool document_read_file(const struct document *document, uint64_t offset,
			void *buffer, size_t size)
{
	(void)document;
	(void)offset;
	(void)buffer;
	(void)size;
	return false;
}

bool document_lost(const struct document *document, uint64_t offset,
		   uint64_t *length)
{
	assert_true(offset < document->size);
	*length = document->size - offset;
	return false;
}

bool document_hole(const struct document *document, uint64_t offset,
		   struct range *hole)
{
	assert_true(offset < document->size);
	*hole = document->hole;
	return range_contains(*hole, offset);
}

bool document_change_from(const struct document *document, uint64_t offset,
			  struct change *change, uint64_t *index)
{
	(void)document;
	(void)offset;
	(void)change;
	(void)index;
	return false;
}

static unsigned pick(unsigned below)
{
	static uint64_t seed = 88172645463325252u;

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 11) % below;
}

/* --- documents --- */

static const struct {
	const char *bytes;
	unsigned length;
} pieces[] = {
	{ "a", 1 }, { "bc", 2 }, { " ", 1 }, { "\t", 1 }, { "\n", 1 },
	{ "\r\n", 2 }, { "\r", 1 }, { "\0", 1 }, { "\0\n", 2 }, { "\n\0", 2 },
	{ "\xc3\xa9", 2 }, { "\xe6\xbc\xa2", 3 }, { "\xf0\x9f\x98\x80", 4 },
	{ "\xcc\x81", 2 }, { "\xe2\x80\x8d", 3 }, { "\x80", 1 },
	{ "\xf0\x9f", 2 }, { "\x1b[31m", 5 }, { "\x1b[0m", 4 }, { "\x1b", 1 },
	{ "\x15", 1 }, { "\x3d\xd8\x00\xde", 4 }, { "words, and so on", 16 },
};

enum { PIECES = sizeof pieces / sizeof *pieces };

/* Of up to SIZE bytes, mostly of a few kinds of pieces, so some lines are
 * long; at random with a hole. */
static void fill(struct document *document, uint64_t size)
{
	unsigned kinds = 1 + pick(6);
	unsigned first = pick(PIECES);

	document->size = 0;
	document->revision++;
	while (document->size + 16 < size) {
		unsigned kind = pick(20) ? (first + pick(kinds)) % PIECES
					 : pick(PIECES);

		memcpy(document->bytes + document->size, pieces[kind].bytes,
		       pieces[kind].length);
		document->size += pieces[kind].length;
	}
	document->hole = range_of(0, 0);
	if (pick(3) || document->size == 0)
		return;

	uint64_t start = pick((unsigned)document->size);
	uint64_t length = pick((unsigned)(document->size - start)) + 1;

	if (pick(4) == 0)
		length = document->size - start;
	document->hole = range_of(start, length);
	memset(document->bytes + start, 0, (size_t)length);
}

/* --- the model --- */

struct model {
	struct range rows[SIZE_MAXIMUM + 2];
	struct range shown[SIZE_MAXIMUM + 2];
	bool folded[SIZE_MAXIMUM + 2];
	size_t count;
	uint64_t parts[SIZE_MAXIMUM + 2];	/* starts, and the size */
	size_t part_count;			/* without the size */
};

/* Is the byte at AT what stands for a newline, and where does that end? */
static bool newline_at(const struct document *document,
		       enum encoding_form form, uint64_t at, uint64_t *end)
{
	const unsigned char *bytes = document->bytes;
	uint64_t unit = at / 2 * 2;

	*end = at + 1;
	if (form == ENCODING_EBCDIC)
		return bytes[at] == 0x15;
	if (form == ENCODING_UTF8 || form == ENCODING_LATIN1)
		return bytes[at] == '\n';
	*end = unit + 2;
	return *end <= document->size && bytes[at] == '\n' &&
	       at - unit == (form == ENCODING_UTF16BE) && bytes[at ^ 1] == 0;
}

/* Does a line begin at AT? */
static bool line_at(const struct document *document, enum encoding_form form,
		    uint64_t at)
{
	uint64_t end;

	for (uint64_t i = at < 2 ? 0 : at - 2; i < at; i++)
		if (newline_at(document, form, i, &end) && end == at)
			return true;
	return at == 0;
}

static bool newline_in(const struct document *document,
		       enum encoding_form form, uint64_t start, uint64_t end)
{
	uint64_t behind;

	while (start < end)
		if (newline_at(document, form, start++, &behind))
			return true;
	return false;
}

static uint64_t cut_before(const struct document *document,
			   enum encoding_form form, uint64_t at)
{
	for (uint64_t back = 1; back < 4 && back <= at; back++) {
		uint32_t character;
		uint64_t left = document->size - (at - back);

		if (form != ENCODING_UTF8 && back % 2)
			continue;
		if (form == ENCODING_LATIN1 || form == ENCODING_EBCDIC)
			break;
		if (encoding_get(form, document->bytes + at - back,
				 (size_t)left, &character) > back)
			return at - back;
	}
	return at;
}

static void find_parts(struct model *model, const struct document *document,
		       enum encoding_form form)
{
	static bool begins[SIZE_MAXIMUM + 1];
	uint64_t step = TEXT_LINE_MAXIMUM;

	memset(begins, 0, sizeof begins);
	for (uint64_t at = 0; at < document->size; at++)
		begins[at] |= line_at(document, form, at);
	for (uint64_t at = step; at < document->size; at += step)
		if (!newline_in(document, form, at - step, at))
			begins[cut_before(document, form, at)] = true;
	model->part_count = 0;
	for (uint64_t at = 0; at < document->size; at++)
		if (begins[at])
			model->parts[model->part_count++] = at;
	model->parts[model->part_count] = document->size;
}

static void add(struct model *model, uint64_t start, uint64_t end, bool folded)
{
	model->rows[model->count] = (struct range){ start, end };
	model->shown[model->count] = (struct range){ start, end };
	model->folded[model->count++] = folded;
}

static void wrap(struct model *model, const struct view *view, uint64_t start,
		 uint64_t end)
{
	struct glyphs glyphs = {
		.bytes = view->document->bytes + start,
		.length = (size_t)(end - start),
		.form = view->text.encoding,
		.colors = view->text.colors,
	};
	unsigned width = view->text_width;
	uint64_t row = start;
	unsigned column = 0;
	struct glyph glyph;

	while (view->text.wrap && glyphs_next(&glyphs, &glyph)) {
		unsigned columns = glyph_columns(&glyph, column,
						 view->text.tab);
		bool fits = column + columns <= width ||
			    (glyph.kind == GLYPH_TAB && column < width);

		if (!fits && column > 0 && glyph.kind != GLYPH_NEWLINE) {
			add(model, row, start + glyph.start, false);
			row = start + glyph.start;
			column = 0;
			columns = glyph_columns(&glyph, 0, view->text.tab);
		}
		column += columns;
		if (glyph.kind == GLYPH_TAB && column > width)
			column = width;
	}
	add(model, row, end, false);
}

static bool in_hole(const struct view *view, uint64_t start, uint64_t end)
{
	struct range hole = view->document->hole;

	return view->folding && start < end && start >= hole.start &&
	       end <= hole.end;
}

static void build(struct model *model, const struct view *view)
{
	const struct document *document = view->document;
	enum encoding_form form = view->text.encoding;

	find_parts(model, document, form);
	model->count = 0;
	for (size_t i = 0; i < model->part_count; i++) {
		uint64_t start = model->parts[i];
		uint64_t end = model->parts[i + 1];
		size_t last = model->count - 1;

		if (!in_hole(view, start, end)) {
			wrap(model, view, start, end);
		} else if (i > 0 && model->folded[last] &&
			   model->rows[last].end == start) {
			model->rows[last].end = model->shown[last].end = end;
		} else {
			add(model, start, end, true);
		}
	}
	if (line_at(document, form, document->size))
		add(model, document->size, document->size + 1, false);
	else
		model->rows[model->count - 1].end++;
}

static size_t row_of(const struct model *model, uint64_t offset)
{
	size_t i = 0;

	while (!range_contains(model->rows[i], offset))
		i++;
	return i;
}

/* --- */

static void start_view(struct view *view, struct document *document)
{
	static const unsigned widths[] = { 20, 21, 30, 39, 47, 80 };
	struct text_options options = {
		.wrap = pick(3) > 0,
		.colors = pick(2),
		.tab = 1 + pick(9),
		.encoding = pick(2) ? ENCODING_UTF8 : pick(ENCODING_FORMS),
	};

	view_init(view, document);
	view_set_text_mode(view, true);
	view_set_text_options(view, &options);
	view_set_folding(view, pick(4) > 0);
	view_resize(view, widths[pick(6)], 1 + pick(9));
	view_check(view);
}

static struct document *new_document(void)
{
	struct document *document = calloc(1, sizeof *document);

	assert_non_null(document);
	document->bytes = malloc(SIZE_MAXIMUM);
	assert_non_null(document->bytes);
	return document;
}

static void free_document(struct document *document)
{
	free(document->bytes);
	free(document);
}

static void check_rows(const struct view *view, const struct model *model)
{
	for (uint64_t at = 0; at <= view->document->size; at++) {
		size_t index = row_of(model, at);
		struct view_row row = view_row(view, at);

		assert_int_equal(row.range.start, model->rows[index].start);
		assert_int_equal(row.range.end, model->rows[index].end);
		assert_int_equal(row.folded, model->folded[index]);
		if (at < view->document->size) {
			assert_int_equal(row.shown.start,
					 model->shown[index].start);
			assert_int_equal(row.shown.end,
					 model->shown[index].end);
		}
	}
}

static void check_walks(const struct view *view, const struct model *model)
{
	size_t last = row_of(model, view_limit(view));

	for (unsigned i = 0; i < 40; i++) {
		uint64_t at = pick((unsigned)view_limit(view) + 1);
		size_t index = row_of(model, at);
		size_t rows = pick(20);
		size_t down = index + rows < last ? index + rows : last;
		size_t up = rows < index ? index - rows : 0;

		assert_int_equal(view_rows_down(view, at, rows),
				 model->rows[down].start);
		assert_int_equal(view_rows_up(view, at, rows),
				 model->rows[up].start);
	}
}

/* Each byte belongs to one character, and these stand in order. */
static void check_characters(const struct view *view, const struct model *model)
{
	const struct document *document = view->document;

	for (uint64_t at = 0; at < document->size;) {
		struct range character = view_character(view, at);
		struct view_row row = view_row(view, at);
		struct view_glyph glyph = view_text_find(view, &row, at);

		assert_int_equal(character.start, at);
		assert_true(character.end > at);
		for (uint64_t i = at; i < character.end && i < at + 70; i++)
			assert_int_equal(view_character(view, i).start, at);
		if (view->mode != VIEW_BROWSE ||
		    glyph.glyph.kind != GLYPH_NEWLINE || glyph.column == 0)
			assert_int_equal(view_text_at(view, &row,
						      glyph.column), at);
		assert_true(row_of(model, character.end - 1) ==
			    row_of(model, at));
		at = character.end;
	}
}

static void test_view_text_rows(void **state)
{
	struct document *document = new_document();
	struct model *model = malloc(sizeof *model);
	struct view view;

	(void)state;
	assert_non_null(model);
	for (unsigned round = 0; round < 400; round++) {
		fill(document, pick(SMALL));
		start_view(&view, document);
		if (pick(2))
			view_set_mode(&view, VIEW_INSERT);
		build(model, &view);
		check_rows(&view, model);
		check_walks(&view, model);
		check_characters(&view, model);
	}
	free(model);
	free_document(document);
}

/* The same where lines are longer than they are laid out together, at what
 * decides: around newlines and multiples. */
static void test_view_text_long_lines(void **state)
{
	struct document *document = new_document();
	struct model *model = malloc(sizeof *model);
	struct view view;

	(void)state;
	assert_non_null(model);
	for (unsigned round = 0; round < 8; round++) {
		fill(document, SIZE_MAXIMUM);
		memset(document->bytes, 'x', SIZE_MAXIMUM / 2);
		for (unsigned i = 0; i < 4; i++)
			document->bytes[pick(SIZE_MAXIMUM / 2)] = '\n';
		document->hole = range_of(0, 0);
		start_view(&view, document);
		build(model, &view);
		for (size_t i = 0; i < model->part_count; i++)
			for (unsigned j = 0; j < 5; j++) {
				uint64_t at = model->parts[i] + 2;

				at = at > j ? at - j : 0;
				if (at > document->size)
					continue;
				size_t index = row_of(model, at);

				assert_int_equal(
					view_row(&view, at).range.start,
					model->rows[index].start);
				assert_int_equal(
					view_row(&view, at).range.end,
					model->rows[index].end);
			}
	}
	free(model);
	free_document(document);
}

/* --- motions --- */

static void check_moved(const struct view *view, const struct model *model,
			enum view_motion motion, struct view before)
{
	uint64_t limit = view_limit(view);
	size_t from = row_of(model, before.cursor);
	size_t to = row_of(model, view->cursor);
	size_t last = row_of(model, limit);
	uint64_t start, line;

	view_check(view);
	assert_int_equal(view_character(view, view->cursor).start,
			 view->cursor);
	switch (motion) {
	case VIEW_LEFT:
		assert_true(view->cursor < before.cursor ||
			    before.cursor == 0);
		break;
	case VIEW_RIGHT:
		if (view_character(view, before.cursor).end <= limit)
			assert_int_equal(view->cursor,
					 view_character(view, before.cursor)
						 .end);
		break;
	case VIEW_UP:
		assert_int_equal(to, from > 0 ? from - 1 : 0);
		break;
	case VIEW_DOWN:
		assert_int_equal(to, from < last ? from + 1 : last);
		break;
	case VIEW_ROW_START:
	case VIEW_ROW_END:
		if (!view_line_start(view, before.cursor, &line) ||
		    !view_line_start(view, view->cursor, &start))
			break;
		assert_int_equal(start, line);
		if (motion == VIEW_ROW_START)
			assert_int_equal(view->cursor,
					 view_character(view, line).start);
		break;
	case VIEW_START:
		assert_int_equal(view->cursor, 0);
		break;
	case VIEW_END:
		assert_int_equal(view->cursor,
				 view_character(view, limit).start);
		break;
	default:
		break;
	}
}

static void check_drawing(const struct view *view)
{
	struct grid *grid = grid_new(view->columns, view->rows);
	enum layout_area area;
	uint64_t offset;
	unsigned nibble;

	assert_non_null(grid);
	view_draw(view, grid, 0, NULL, 0);
	grid_check(grid);
	/* The cursor is where a click would put it, but for newlines. */
	if (!view_at_newline(view, view->cursor)) {
		assert_true(grid->cursor_visible);
		assert_int_equal(grid_cell(grid, grid->cursor_row,
					   grid->cursor_column)->role,
				 ROLE_CURSOR);
		assert_true(view_hit(view, grid->cursor_row,
				     grid->cursor_column, &area, &offset,
				     &nibble));
		assert_int_equal(offset, view_character(view, view->cursor)
						 .start);
	}
	grid_free(grid);
}

static void test_view_text_motions(void **state)
{
	struct document *document = new_document();
	struct model *model = malloc(sizeof *model);
	struct view view;

	(void)state;
	assert_non_null(model);
	for (unsigned round = 0; round < 300; round++) {
		fill(document, pick(SMALL));
		start_view(&view, document);
		build(model, &view);
		for (unsigned i = 0; i < 60; i++) {
			enum view_motion motion = pick(VIEW_END + 1);
			struct view before = view;
			uint64_t at = pick((unsigned)document->size + 1);
			struct range selection;

			if (pick(10) == 0)
				view_set_mode(&view, pick(3));
			if (pick(10) == 0)
				view_select(&view, pick(2));
			if (pick(10) == 0)
				view_scroll(&view, (int)pick(9) - 4);
			if (pick(10) == 0)
				view_set_text_mode(&view, false);
			if (pick(3) == 0 || !view.text_mode)
				view_goto(&view, at);
			view_set_text_mode(&view, true);
			view_check(&view);
			before = view;
			view_move(&view, motion, 1);
			check_moved(&view, model, motion, before);
			check_drawing(&view);
			if (view_selection(&view, &selection))
				assert_int_equal(
					selection.end,
					view_character(&view,
						       selection.end - 1).end);
		}
	}
	free(model);
	free_document(document);
}

/* --- only some lines --- */

/* Of the lines, those are shown of which the number is a multiple; nothing is
 * known of those that begin in `unknown`. */
struct filter {
	const struct document *document;
	enum encoding_form form;
	unsigned multiple;
	struct range unknown;
};

static bool is_match(const struct filter *filter, uint64_t line)
{
	return line * 2654435761u % 1000 % filter->multiple == 0;
}

static enum view_line filter_from(void *context, uint64_t offset,
				  uint64_t *start)
{
	const struct filter *filter = context;

	for (; offset < filter->document->size; offset++) {
		if (!line_at(filter->document, filter->form, offset))
			continue;
		if (range_contains(filter->unknown, offset))
			return VIEW_LINE_UNKNOWN;
		*start = offset;
		if (is_match(filter, offset))
			return VIEW_LINE_FOUND;
	}
	return VIEW_LINE_NONE;
}

static enum view_line filter_before(void *context, uint64_t offset,
				    uint64_t *start)
{
	const struct filter *filter = context;

	while (offset-- > 0) {
		if (!line_at(filter->document, filter->form, offset))
			continue;
		if (range_contains(filter->unknown, offset))
			return VIEW_LINE_UNKNOWN;
		*start = offset;
		if (is_match(filter, offset))
			return VIEW_LINE_FOUND;
	}
	return VIEW_LINE_NONE;
}

/* Takes the rows of parts that are not shown out of MODEL. */
static void hide(struct model *model, const struct view *view,
		 const struct filter *filter)
{
	uint64_t size = view->document->size;
	uint64_t own = view->cursor < size ? view->cursor : size - 1;
	size_t kept = 0;

	for (size_t i = 0; i < model->count; i++) {
		size_t part = 0;

		if (model->rows[i].start == size) {
			add(model, size, size, false);
			model->rows[kept++] = model->rows[i];
			model->count--;
			continue;
		}
		while (model->parts[part + 1] <= model->rows[i].start)
			part++;
		if (!(line_at(view->document, filter->form,
			      model->parts[part]) &&
		      is_match(filter, model->parts[part])) &&
		    !(own >= model->parts[part] &&
		      own < model->parts[part + 1]))
			continue;
		model->rows[kept] = model->rows[i];
		model->shown[kept++] = model->shown[i];
	}
	/* What is left out belongs to the row before, or the first. */
	model->rows[0].start = 0;
	for (size_t i = 0; i + 1 < kept; i++)
		model->rows[i].end = model->rows[i + 1].start;
	if (model->rows[kept - 1].start < size)
		model->rows[kept - 1].end =
			size + !line_at(view->document, filter->form, size);
	model->count = kept;
}

static void test_view_text_filtered(void **state)
{
	struct document *document = new_document();
	struct model *model = malloc(sizeof *model);
	struct view view;

	(void)state;
	assert_non_null(model);
	for (unsigned round = 0; round < 300; round++) {
		struct filter filter = { document, 0, 1 + pick(6),
					 range_of(0, 0) };
		struct view_lines lines = { &filter, NULL, filter_from,
					    filter_before };

		do
			fill(document, pick(SMALL));
		while (document->size == 0);
		document->hole = range_of(0, 0);
		start_view(&view, document);
		filter.form = view.text.encoding;
		view_set_lines(&view, &lines);
		for (unsigned i = 0; i < 10; i++) {
			view_goto(&view, pick((unsigned)document->size));
			for (unsigned j = pick(4); j > 0; j--)
				view_move(&view, pick(VIEW_END + 1), 1);
			view_check(&view);
			build(model, &view);
			hide(model, &view, &filter);
			for (uint64_t at = 0; at < document->size; at++) {
				size_t index = row_of(model, at);
				struct view_row row = view_row(&view, at);

				assert_int_equal(row.range.start,
						 model->rows[index].start);
				assert_int_equal(row.range.end,
						 model->rows[index].end);
				assert_false(row.unknown);
			}
			check_drawing(&view);
		}
	}
	free(model);
	free_document(document);
}

/* With what is not known anywhere one can go on all the same. */
static void test_view_text_unknown(void **state)
{
	struct document *document = new_document();
	struct view view;

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		struct filter filter = { document, 0, 1 + pick(4),
					 range_of(0, 0) };
		struct view_lines lines = { &filter, NULL, filter_from,
					    filter_before };

		do
			fill(document, pick(SMALL));
		while (document->size == 0);
		start_view(&view, document);
		filter.form = view.text.encoding;
		filter.unknown = range_of(pick((unsigned)document->size),
					  pick((unsigned)document->size));
		view_set_lines(&view, &lines);
		for (unsigned i = 0; i < 30; i++) {
			if (pick(4) == 0)
				view_goto(&view,
					  pick((unsigned)document->size));
			view_move(&view, pick(VIEW_END + 1), 1);
			view_show(&view);
			view_check(&view);
			check_drawing(&view);
		}
		for (uint64_t at = 0; at < document->size; at++) {
			struct view_row row = view_row(&view, at);

			assert_true(range_contains(row.range, at));
		}
	}
	free_document(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_view_text_rows),
		cmocka_unit_test(test_view_text_long_lines),
		cmocka_unit_test(test_view_text_motions),
		cmocka_unit_test(test_view_text_filtered),
		cmocka_unit_test(test_view_text_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
