/*
 * view: random motions over documents of every size up to 2^63, against a
 * model that steps one byte, row or group at a time.
 *
 * The document is one of our own here, which is only a size and some holes: no
 * file system has files as long as that, and the view asks for nothing else but
 * bytes.
 */
#include "octavo/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sizes.h"

enum { HOLES = 4, FOLD_MINIMUM = 3 };

struct document {
	uint64_t size;
	struct range holes[HOLES];	/* ascending; maybe past the end */
};

uint64_t document_size(const struct document *document)
{
	return document->size;
}

size_t document_read(const struct document *document, uint64_t offset,
		     void *buffer, size_t size)
{
	assert_true(offset <= document->size);
	assert_true(size <= document->size - offset);
	for (size_t i = 0; i < size; i++)
		((unsigned char *)buffer)[i] = (unsigned char)(offset + i);
	return size;
}

uint64_t document_revision(const struct document *document)
{
	return document->size;
}

/* Only text mode asks for that. */
const unsigned char *document_span_around(const struct document *document,
					  uint64_t offset, uint64_t *before,
					  uint64_t *after)
{
	(void)document;
	(void)offset;
	*before = *after = 0;
	fail();
	return NULL;
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

static const struct range *hole_of(const struct document *document,
				   uint64_t offset)
{
	for (int i = 0; i < HOLES; i++)
		if (range_contains(document->holes[i], offset))
			return &document->holes[i];
	return NULL;
}

bool document_hole(const struct document *document, uint64_t offset,
		   struct range *hole)
{
	const struct range *found = hole_of(document, offset);

	assert_true(offset < document->size);
	if (!found)
		return false;
	*hole = range_intersect(*found, range_of(0, document->size));
	return true;
}

bool document_change_from(const struct document *document, uint64_t offset,
			  struct change *change, uint64_t *index)
{
	(void)offset;
	(void)change;
	(void)index;
	assert_true(document->size > 0);
	return false;
}

static uint64_t seed = 88172645463325252u;

static uint64_t random_number(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Of any magnitude. */
static uint64_t random_size(void)
{
	return random_number() >> (random_number() % 64);
}

/* Some touch: an edit parts them. */
static void random_holes(struct document *document)
{
	uint64_t at = 0;

	for (int i = 0; i < HOLES; i++) {
		uint64_t left = document->size - at;
		uint64_t start = at + random_number() % (left / 2 + 1);

		if (random_number() % 3 == 0)
			start = at;
		at = start + random_number() % (document->size - start + 1);
		if (random_number() % 6 == 0)
			at = document->size;
		document->holes[i] = (struct range){ start, at };
	}
}

static uint64_t limit_of(const struct view *view)
{
	uint64_t size = view->document->size;
	bool appends = view->mode == VIEW_OVERWRITE ||
		       view->mode == VIEW_INSERT;

	return size == 0 || appends ? size : size - 1;
}

/* --- the model: one step of a motion --- */

static bool starts_group(const struct view *view, uint64_t offset)
{
	uint64_t column = offset % view->layout.bytes_per_row;

	return column == 0 ||
	       (view->options.group && column % view->options.group == 0);
}

/* May row ROW of bytes be part of a fold while the cursor is at CURSOR? */
static const struct range *may_fold(const struct view *view, uint64_t cursor,
				    uint64_t row)
{
	uint64_t bytes = view->layout.bytes_per_row;
	uint64_t start = row * bytes;
	uint64_t size = view->document->size;
	const struct range *hole = hole_of(view->document, start);

	if (!view->folding || !hole || start >= size || size - start < bytes ||
	    hole->end - start < bytes || cursor / bytes == row ||
	    (view->selecting && view->anchor / bytes == row))
		return NULL;
	return hole;
}

/* The rows of bytes that are one row on the screen with ROW. */
static struct range rows_of(const struct view *view, uint64_t cursor,
			    uint64_t row)
{
	const struct range *hole = may_fold(view, cursor, row);
	struct range rows = range_of(row, 1);

	while (hole && rows.start > 0 &&
	       may_fold(view, cursor, rows.start - 1) == hole)
		rows.start--;
	while (hole && may_fold(view, cursor, rows.end) == hole)
		rows.end++;
	return range_length(rows) < FOLD_MINIMUM ? range_of(row, 1) : rows;
}

static uint64_t step_down(const struct view *view, uint64_t at)
{
	uint64_t bytes = view->layout.bytes_per_row;
	uint64_t limit = limit_of(view);
	uint64_t row = at / bytes;

	if (row == limit / bytes)
		return at;
	at += (rows_of(view, at, row + 1).end - 1 - row) * bytes;
	return at < limit ? at : limit;
}

static uint64_t step_up(const struct view *view, uint64_t at)
{
	uint64_t bytes = view->layout.bytes_per_row;
	uint64_t row = at / bytes;

	if (row == 0)
		return at;
	return at - (row - rows_of(view, at, row - 1).start) * bytes;
}

static uint64_t step(const struct view *view, enum view_motion motion,
		     uint64_t at)
{
	uint64_t limit = limit_of(view);

	switch (motion) {
	case VIEW_LEFT:
		return at > 0 ? at - 1 : 0;
	case VIEW_RIGHT:
		return at < limit ? at + 1 : at;
	case VIEW_UP:
		return step_up(view, at);
	case VIEW_DOWN:
		return step_down(view, at);
	case VIEW_ROW_START:
		while (at % view->layout.bytes_per_row != 0)
			at--;
		return at;
	case VIEW_ROW_END:
		while (at < limit && (at + 1) % view->layout.bytes_per_row != 0)
			at++;
		return at;
	case VIEW_GROUP_LEFT:
		do
			at -= at > 0;
		while (!starts_group(view, at));
		return at;
	case VIEW_GROUP_RIGHT:
		do
			at += at < limit;
		while (at < limit && !starts_group(view, at));
		return at;
	case VIEW_START:
		return 0;
	case VIEW_END:
		return limit;
	default:
		fail();
	}
	return at;
}

static uint64_t page(const struct view *view, enum view_motion motion,
		     uint64_t count)
{
	bool up = motion == VIEW_PAGE_UP || motion == VIEW_HALF_UP;
	bool half = motion == VIEW_HALF_UP || motion == VIEW_HALF_DOWN;
	uint64_t rows = view->rows;
	uint64_t at = view->cursor;
	uint64_t bytes = view->layout.bytes_per_row;

	if (half)
		rows = rows > 1 ? rows / 2 : 1;
	if (up && at / bytes == 0)
		return 0;
	if (!up && at / bytes == limit_of(view) / bytes)
		return limit_of(view);
	for (uint64_t i = 0; i < rows * count; i++)
		at = up ? step_up(view, at) : step_down(view, at);
	return at;
}

/* What is drawn, from the top on, and what a click there means. */
static void check_window(const struct view *view)
{
	struct grid *grid = grid_new(view->columns, view->rows);
	uint64_t bytes = view->layout.bytes_per_row;
	uint64_t row = view->top / bytes;

	assert_non_null(grid);
	view_draw(view, grid, 0, NULL, 0);
	for (unsigned i = 0; i < view->rows; i++) {
		struct range rows = rows_of(view, view->cursor, row);
		bool folded = range_length(rows) > 1;
		unsigned hex = view->layout.hex_column;
		enum layout_area area;
		uint64_t offset;
		unsigned nibble;

		if (view_hit(view, i, hex + 1, &area, &offset, &nibble) &&
		    area == LAYOUT_HEX) {
			assert_int_equal(offset, row * bytes);
			assert_int_equal(nibble, !folded);
		}
		if (hex < view->columns && offset <= limit_of(view))
			assert_int_equal(grid_cell(grid, i, hex)->character ==
					 'h', folded);
		assert_int_equal(rows.start, row);
		row = rows.end;
	}
	assert_int_equal(view_window(view).end,
			 row * bytes < view->document->size
				 ? row * bytes : view->document->size);
	grid_free(grid);
}

static uint64_t expected(const struct view *view, enum view_motion motion,
			 uint64_t count)
{
	uint64_t at = view->cursor;

	if (motion >= VIEW_PAGE_UP && motion <= VIEW_HALF_DOWN)
		return count ? page(view, motion, count) : at;
	for (uint64_t i = 0; i < count; i++)
		at = step(view, motion, at);
	return at;
}

/* --- random acts --- */

static void random_window(struct view *view)
{
	struct layout_options options = {
		.bytes_per_row = (unsigned)(random_number() % 20),
		.group = (unsigned)(random_number() % 10),
	};

	view_set_options(view, &options);
	view_check(view);
	view_resize(view, 1 + (unsigned)(random_number() % 200),
		    1 + (unsigned)(random_number() % 30));
	view_check(view);
}

static void random_act(struct view *view)
{
	uint64_t size = view->document->size;

	switch (random_number() % 9) {
	case 0:
		random_window(view);
		break;
	case 8:
		view_set_folding(view, random_number() % 4);
		break;
	case 1:
		view_goto(view, random_size());
		break;
	case 2:
		view_scroll(view, (int64_t)random_number() >>
				  (random_number() % 64));
		break;
	case 3:
		view_center(view);
		break;
	case 4:
		view_set_mode(view, (enum view_mode)(random_number() % 4));
		break;
	case 5:
		view_set_pane(view, (enum view_pane)(random_number() % 2));
		view_set_nibble(view, 1);
		break;
	case 6:
		view_select(view, random_number() % 2);
		break;
	case 7:
		view_goto(view, size - random_size() % (size / 2 + 1));
		break;
	}
	view_check(view);
}

static struct range random_match(struct range window)
{
	return range_of(window.start + random_number() % 8,
			random_number() % 40);
}

/* Sometimes into a grid that is too small, or has other things beside it. */
static void draw(const struct view *view)
{
	struct grid *grid = grid_new((unsigned)(random_number() % 200), 25);
	struct range match = random_match(view_window(view));

	assert_non_null(grid);
	view_draw(view, grid, 1,
		  &(struct view_matches){ &match, 1, ROLE_MATCH }, 1);
	grid_check(grid);
	for (unsigned column = 0; column < grid->columns; column++)
		assert_int_equal(grid_cell(grid, 0, column)->character, ' ');
	for (unsigned column = view->columns; column < grid->columns; column++)
		assert_int_equal(grid_cell(grid, 1, column)->character, ' ');
	grid_free(grid);
}

static void test_view_small_motions(void **state)
{
	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct document document = { .size = random_number() % 300 };
		struct view view;

		if (random_number() % 4)
			random_holes(&document);

		view_init(&view, &document);
		random_window(&view);
		for (int j = 0; j < 50; j++) {
			enum view_motion motion = (enum view_motion)
				(random_number() % (VIEW_END + 1));
			uint64_t count = random_number() % 5;

			/* Further than that folds do not count. */
			if (count * view.rows > VIEW_WALK)
				count = VIEW_WALK / view.rows;

			uint64_t before = view.cursor;
			bool nibble = view.nibble;
			uint64_t after = expected(&view, motion, count);
			bool moved = view_move(&view, motion, count);

			view_check(&view);
			assert_int_equal(view.cursor, after);
			assert_int_equal(moved, after != before ||
						(nibble && count > 0));
			random_act(&view);
			check_window(&view);
		}
		draw(&view);
	}
}

static void test_view_document_changes_size(void **state)
{
	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct document document = { .size = random_size() / 2 };
		struct view view;

		view_init(&view, &document);
		random_window(&view);
		view_goto(&view, random_size());
		view_select(&view, true);
		document.size = random_size() / 2;
		random_holes(&document);
		view_show(&view);
		view_check(&view);
		assert_int_equal(view.layout.offset_digits,
				 layout_compute(80, document.size,
						&view.options).offset_digits);
	}
}

/* Every motion there and back, near both ends of the longest document. */
static void test_view_huge_motions(void **state)
{
	(void)state;
	for (int i = 0; i < 8000; i++) {
		struct document document = {
			.size = ((uint64_t)1 << 63) - random_number() % 1000,
		};
		struct view view;

		if (i % 2)
			random_holes(&document);

		view_init(&view, &document);
		random_window(&view);
		random_act(&view);
		for (int j = 0; j < 10; j++) {
			view_move(&view,
				  (enum view_motion)
				  (random_number() % (VIEW_END + 1)),
				  random_size());
			view_check(&view);
			random_act(&view);
		}
		view_move(&view, VIEW_END, 1);
		assert_int_equal(view.cursor, limit_of(&view));
		assert_false(view_move(&view, VIEW_PAGE_DOWN, UINT64_MAX));
		assert_false(view_move(&view, VIEW_RIGHT, UINT64_MAX));
		assert_false(view_move(&view, VIEW_GROUP_RIGHT, UINT64_MAX));
		view_check(&view);
		if (i % 20 == 0)
			draw(&view);
		assert_true(view_move(&view, VIEW_UP, UINT64_MAX));
		assert_true(view.cursor < view.layout.bytes_per_row);
		assert_int_equal(view.top, 0);
		view_move(&view, VIEW_GROUP_RIGHT, UINT64_MAX);
		assert_int_equal(view.cursor, limit_of(&view));
		view_move(&view, VIEW_GROUP_LEFT, UINT64_MAX);
		assert_int_equal(view.cursor, 0);
		view_move(&view, VIEW_PAGE_DOWN, UINT64_MAX);
		view_move(&view, VIEW_PAGE_DOWN, 1);
		assert_int_equal(view.cursor, limit_of(&view));
	}
}

static void test_view_pages_keep_the_row(void **state)
{
	struct document document = { .size = 1600 };
	struct view view;

	(void)state;
	view_init(&view, &document);
	view_resize(&view, 80, 10);
	view_goto(&view, 5 * 16 + 3);
	assert_true(view_move(&view, VIEW_PAGE_DOWN, 2));
	assert_int_equal(view.top, 20 * 16);
	assert_int_equal(view.cursor, 25 * 16 + 3);
	assert_true(view_move(&view, VIEW_HALF_UP, 1));
	assert_int_equal(view.top, 15 * 16);
	assert_int_equal(view.cursor, 20 * 16 + 3);
	/* Cut at the end: the window stops at the last full page. */
	assert_true(view_move(&view, VIEW_PAGE_DOWN, 8));
	assert_int_equal(view.top, 90 * 16);
	assert_int_equal(view.cursor, 99 * 16 + 3);
	assert_true(view_move(&view, VIEW_PAGE_DOWN, 1));
	assert_int_equal(view.cursor, 1599);
	assert_false(view_move(&view, VIEW_PAGE_DOWN, 1));
}

static void test_view_goto_and_scroll(void **state)
{
	struct document document = { .size = 16 * 1000 };
	struct view view;

	(void)state;
	view_init(&view, &document);
	view_resize(&view, 80, 20);
	view_goto(&view, 16 * 19 + 15);
	assert_int_equal(view.top, 0);
	view_goto(&view, 16 * 500);
	assert_int_equal(view.top, 16 * 490);
	view_scroll(&view, 5);
	assert_int_equal(view.top, 16 * 495);
	assert_int_equal(view.cursor, 16 * 500);
	view_scroll(&view, 10);
	assert_int_equal(view.cursor, 16 * 505);
	view_scroll(&view, -30);
	assert_int_equal(view.top, 16 * 475);
	assert_int_equal(view.cursor, 16 * 494);
	view_scroll(&view, INT64_MAX);
	assert_int_equal(view.top, 16 * 980);
	view_scroll(&view, INT64_MIN);
	assert_int_equal(view.top, 0);
	view_goto(&view, UINT64_MAX);
	assert_int_equal(view.cursor, 15999);
	assert_int_equal(view.top, 16 * 980);
	/* A smaller window keeps the cursor, a larger one has no blank end. */
	view_resize(&view, 80, 5);
	assert_int_equal(view.top, 16 * 995);
	view_resize(&view, 80, 30);
	assert_int_equal(view.top, 16 * 970);
}

static void test_view_other_widths_keep_the_row(void **state)
{
	struct document document = { .size = 16 * 1000 };
	struct view view;

	(void)state;
	view_init(&view, &document);
	view_goto(&view, 16 * 500);
	assert_int_equal(view.top, 16 * (500 - 12));
	view_resize(&view, 300, 24);
	assert_int_equal(view.layout.bytes_per_row, 64);
	assert_int_equal(view.top, 64 * (125 - 12));
	assert_int_equal(view.cursor, 16 * 500);
	view_set_options(&view, &(struct layout_options){ 1000, 8 });
	assert_int_equal(view.top, 0);
	view_set_options(&view, &(struct layout_options){ 2, 8 });
	assert_int_equal(view.top, 2 * (4000 - 8));
}

static void test_view_selection(void **state)
{
	struct document document = { .size = 100 };
	struct range selection;
	struct view view;

	(void)state;
	view_init(&view, &document);
	assert_false(view_selection(&view, &selection));
	view_goto(&view, 10);
	view_select(&view, true);
	assert_true(view_selection(&view, &selection));
	assert_int_equal(selection.start, 10);
	assert_int_equal(selection.end, 11);
	view_goto(&view, 5);
	view_select(&view, true);
	assert_true(view_selection(&view, &selection));
	assert_int_equal(selection.start, 5);
	assert_int_equal(selection.end, 11);
	view_set_mode(&view, VIEW_INSERT);
	view_move(&view, VIEW_END, 1);
	assert_int_equal(view.cursor, 100);
	assert_true(view_selection(&view, &selection));
	assert_int_equal(selection.start, 10);
	assert_int_equal(selection.end, 100);
	document.size = 4;
	view_show(&view);
	assert_int_equal(view.anchor, 4);
	assert_false(view_selection(&view, &selection));
	view_select(&view, false);
	view_set_mode(&view, VIEW_BROWSE);
	assert_int_equal(view.cursor, 3);
	document.size = 0;
	view_show(&view);
	view_select(&view, true);
	assert_false(view_selection(&view, &selection));
}

static void test_view_hit(void **state)
{
	struct document document = { .size = 100 };
	enum layout_area area;
	uint64_t offset;
	unsigned nibble;
	struct view view;

	(void)state;
	view_init(&view, &document);
	view_resize(&view, 80, 3);
	view_goto(&view, 99);
	assert_int_equal(view.top, 64);
	assert_true(view_hit(&view, 1, 11, &area, &offset, &nibble));
	assert_int_equal(area, LAYOUT_HEX);
	assert_int_equal(offset, 80);
	assert_int_equal(nibble, 1);
	assert_true(view_hit(&view, 2, 63, &area, &offset, &nibble));
	assert_int_equal(area, LAYOUT_TEXT);
	assert_int_equal(offset, 99);
	assert_false(view_hit(&view, 2, 64, &area, &offset, &nibble));
	assert_false(view_hit(&view, 3, 11, &area, &offset, &nibble));
	assert_false(view_hit(&view, 0, 77, &area, &offset, &nibble));
	assert_int_equal(area, LAYOUT_NOWHERE);
	view_set_mode(&view, VIEW_INSERT);
	assert_true(view_hit(&view, 2, 64, &area, &offset, &nibble));
	assert_int_equal(offset, 100);
	assert_false(view_hit(&view, 2, 65, &area, &offset, &nibble));
	assert_true(view_hit(&view, 1, 0, &area, &offset, &nibble));
	assert_int_equal(area, LAYOUT_OFFSET);
	assert_int_equal(offset, 80);
}

/* A hole of 1 TiB between two rows of data. */
static void test_view_fold(void **state)
{
	const uint64_t end = (uint64_t)1 << 40;
	struct document document = {
		.size = end + 16, .holes = { { 16, end } },
	};
	struct range selection;
	struct view view;

	(void)state;
	view_init(&view, &document);
	view_goto(&view, 5);
	assert_int_equal(view_window(&view).end, document.size);
	view_move(&view, VIEW_DOWN, 1);
	assert_int_equal(view.cursor, end - 16 + 5);
	view_move(&view, VIEW_DOWN, 1);
	assert_int_equal(view.cursor, end + 5);
	view_move(&view, VIEW_UP, 1);
	assert_int_equal(view.cursor, 16 + 5);
	view_move(&view, VIEW_UP, 1);
	assert_int_equal(view.cursor, 5);
	/* Selecting goes across, and stays in sight. */
	view_select(&view, true);
	view_move(&view, VIEW_DOWN, 2);
	assert_true(view_selection(&view, &selection));
	assert_int_equal(range_length(selection), end + 1);
	assert_int_equal(view.top, 0);
	/* Within, the cursor's row is shown, with folds around it. */
	view_select(&view, false);
	view_goto(&view, end / 2);
	assert_int_equal(view_window(&view).end, document.size);
	view_set_folding(&view, false);
	assert_int_equal(view.top, end / 2 - 2 * 16);
	view_move(&view, VIEW_DOWN, 1);
	assert_int_equal(view.cursor, end / 2 + 16);
	view_set_folding(&view, true);
	assert_int_equal(view.top, 0);
	/* A fold is one place to click, and one step to scroll. */
	view_resize(&view, 80, 2);
	view_goto(&view, 0);
	view_scroll(&view, 1);
	assert_int_equal(view.top, 16);
	assert_int_equal(view.cursor, end - 16);
	view_scroll(&view, 1);
	assert_int_equal(view.top, end - 16);
	view_check(&view);
}

static bool is_thumb(const struct grid *grid, unsigned row)
{
	return grid_cell(grid, row, 79)->role == ROLE_SCROLL_THUMB;
}

/* A jump by the scroll bar moves the thumb to where it was clicked. */
static void test_view_scroll_bar(void **state)
{
	struct document document = { .size = (uint64_t)1 << 63 };
	struct grid *grid = grid_new(80, 24);
	struct view view;

	(void)state;
	view_init(&view, &document);
	view_set_options(&view, &(struct layout_options){ 8, 8 });
	assert_true(view.layout.has_scroll);
	for (unsigned row = 0; row < 24; row++) {
		enum layout_area area;
		uint64_t offset;
		unsigned nibble;

		assert_true(view_hit(&view, row, 79, &area, &offset, &nibble));
		assert_int_equal(area, LAYOUT_SCROLL);
		view_goto(&view, offset);
		view_draw(&view, grid, 0, NULL, 0);
		for (unsigned i = 0; i < 24; i++)
			assert_int_equal(is_thumb(grid, i), i == row);
	}
	assert_int_equal(view.cursor, document.size - 1);
	/* Half of the document shown: half of the bar. */
	document.size = 48 * 8;
	view_goto(&view, 0);
	view_draw(&view, grid, 0, NULL, 0);
	for (unsigned i = 0; i < 24; i++)
		assert_int_equal(is_thumb(grid, i), i < 12);
	grid_free(grid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_view_small_motions),
		cmocka_unit_test(test_view_document_changes_size),
		cmocka_unit_test(test_view_huge_motions),
		cmocka_unit_test(test_view_pages_keep_the_row),
		cmocka_unit_test(test_view_goto_and_scroll),
		cmocka_unit_test(test_view_other_widths_keep_the_row),
		cmocka_unit_test(test_view_selection),
		cmocka_unit_test(test_view_hit),
		cmocka_unit_test(test_view_fold),
		cmocka_unit_test(test_view_scroll_bar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
