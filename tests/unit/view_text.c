/*
 * view in text mode: what is drawn, as text and as roles; numbers of lines, and
 * what is not known.  Rows and motions are tests/model/view_text.c's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "encoding.h"
#include "octavo/view.h"
#include "sizes.h"

struct document {
	const char *bytes;
	uint64_t size;
	struct range lost;
	const struct change *change;	/* or NULL */
};

uint64_t document_size(const struct document *document)
{
	return document->size;
}

uint64_t document_revision(const struct document *document)
{
	return (uint64_t)(uintptr_t)document->bytes;
}

const unsigned char *document_span_around(const struct document *document,
					  uint64_t offset, uint64_t *before,
					  uint64_t *after)
{
	*before = offset;
	*after = document->size - offset;
	return (const unsigned char *)document->bytes + offset;
}

size_t document_read(const struct document *document, uint64_t offset,
		     void *buffer, size_t size)
{
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
	bool lost = range_contains(document->lost, offset);

	*length = lost ? document->lost.end - offset : 1;
	return lost;
}

bool document_hole(const struct document *document, uint64_t offset,
		   struct range *hole)
{
	(void)document;
	(void)offset;
	(void)hole;
	return false;
}

bool document_change_from(const struct document *document, uint64_t offset,
			  struct change *change, uint64_t *index)
{
	*index = 0;
	if (!document->change ||
	    (document->change->now.end <= offset &&
	     document->change->now.start < offset))
		return false;
	*change = *document->change;
	return true;
}

static struct document document_of(const char *bytes)
{
	return (struct document){ .bytes = bytes, .size = strlen(bytes) };
}

static void start(struct view *view, struct document *document)
{
	view_init(view, document);
	view_set_text_mode(view, true);
	view_resize(view, 30, 6);
}

/* A letter for the role of each cell of ROW up to COLUMNS. */
static void check_roles(const struct view *view,
			const struct view_matches *matches, size_t count,
			unsigned row, const char *expected)
{
	static const char letters[ROLE_COUNT] = {
		[ROLE_NORMAL] = '.', [ROLE_ZERO] = '0', [ROLE_CONTROL] = 'c',
		[ROLE_HIGH] = 'h', [ROLE_LOST] = '?', [ROLE_CHANGED] = '+',
		[ROLE_INK_RED] = 'r', [ROLE_BLUE] = 'b', [ROLE_MATCH] = 'm',
		[ROLE_SELECTION] = 's', [ROLE_CURSOR] = 'C', [ROLE_HINT] = 'i',
		[ROLE_OFFSET] = 'o', [ROLE_HOLE] = '~',
	};
	struct grid *grid = grid_new(view->columns, view->rows);
	char found[100] = "";

	assert_non_null(grid);
	view_draw(view, grid, 0, matches, count);
	grid_check(grid);
	for (unsigned i = 0; i < strlen(expected); i++)
		found[i] = letters[grid_cell(grid, row, i)->role];
	assert_string_equal(found, expected);
	grid_free(grid);
}

static void check_text(const struct view *view, const char *expected)
{
	struct grid *grid = grid_new(view->columns, view->rows);
	char *text;

	assert_non_null(grid);
	view_draw(view, grid, 0, NULL, 0);
	text = grid_to_text(grid);
	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
	grid_free(grid);
}

static void test_view_text_roles(void **state)
{
	struct document document =
		document_of("ab\x1b[31mcd\x1b[m\x01\xff\n12345\n");
	const struct range first = { 0, 1 };
	const struct range seam = { 14, 17 };
	const struct view_matches matches[] = {
		{ &first, 1, ROLE_BLUE }, { &seam, 1, ROLE_MATCH },
	};
	struct view view;

	(void)state;
	start(&view, &document);
	check_roles(&view, NULL, 0, 0, "C.rrcchhhh..");
	view_goto(&view, 18);
	check_roles(&view, matches, 2, 0, "b.rrcchhhhm..");
	check_roles(&view, matches, 2, 1, "mm.C.");
	view_goto(&view, 0);
	view_select(&view, true);
	view_goto(&view, 12);
	check_roles(&view, matches, 2, 0, "ssssCChhhhm");
	view_goto(&view, 15);
	/* Over what matches. */
	check_roles(&view, matches, 2, 0, "sssssssssss.");
	check_roles(&view, matches, 2, 1, "Cm...");
}

static void test_view_text_changed_and_lost(void **state)
{
	struct document document = document_of("one \xc3\xa9 two\n");
	struct change change = { .now = { 5, 6 } };
	struct view view;

	(void)state;
	start(&view, &document);
	document.change = &change;
	check_roles(&view, NULL, 0, 0, "C...+....");
	/* A deletion shows at what stands there now. */
	change.now = (struct range){ 1, 1 };
	check_roles(&view, NULL, 0, 0, "C+.......");
	document.lost = (struct range){ 7, 8 };
	document.change = NULL;
	check_roles(&view, NULL, 0, 0, "C.....?..");
	check_text(&view, "one \xc3\xa9 ?wo\n\n\n\n\n\n");
}

/* --- what others know of lines --- */

static bool number_of(void *context, uint64_t offset, uint64_t *number)
{
	const struct document *document = context;

	*number = 1;
	for (uint64_t i = 0; i < offset; i++)
		*number += document->bytes[i] == '\n';
	/* The third one is not known. */
	return *number != 3;
}

static void test_view_text_numbers(void **state)
{
	struct document document =
		document_of("one\na line that is too long\nthree\nfour\n");
	const struct view_lines lines = { .context = &document,
					  .number = number_of };
	struct text_options options;
	struct view view;

	(void)state;
	start(&view, &document);
	view_set_lines(&view, &lines);
	check_text(&view, "one\na line that is too long\nthree\nfour\n\n\n");
	options = view.text;
	options.numbers = true;
	view_set_text_options(&view, &options);
	view_resize(&view, 25, 6);
	check_text(&view, "    1 one\n    2 a line that is too\n"
		   "       long\n      three\n    4 four\n\n");
	check_roles(&view, NULL, 0, 0, "ooooo.C..");
	/* No room for a margin. */
	view_resize(&view, 18, 6);
	check_text(&view, "one\na line that is to\no long\nthree\nfour\n\n");
}

/* The second line is shown, beyond the third nobody has looked. */
static enum view_line shown_from(void *context, uint64_t offset,
				 uint64_t *start)
{
	(void)context;
	*start = 4;
	return offset <= 4 ? VIEW_LINE_FOUND : VIEW_LINE_UNKNOWN;
}

static enum view_line shown_before(void *context, uint64_t offset,
				   uint64_t *start)
{
	(void)context;
	*start = 4;
	return offset > 4 ? VIEW_LINE_FOUND : VIEW_LINE_NONE;
}

static void test_view_text_filtered(void **state)
{
	struct document document = document_of("one\ntwo\nthree\nfour\n");
	const struct view_lines lines = { .from = shown_from,
					  .before = shown_before };
	struct view view;

	(void)state;
	start(&view, &document);
	view_set_lines(&view, &lines);
	/* The cursor's own line is there as well, in another colour. */
	check_text(&view, "one\ntwo\nnot looked at yet\n\n\n\n");
	check_roles(&view, NULL, 0, 0, "Cii.");
	check_roles(&view, NULL, 0, 1, "....");
	check_roles(&view, NULL, 0, 2, "iii");
	assert_true(view_move(&view, VIEW_DOWN, 1));
	check_text(&view, "two\nnot looked at yet\n\n\n\n\n");
	/* One does not go to where nothing is known. */
	assert_false(view_move(&view, VIEW_DOWN, 1));
	view_goto(&view, 15);
	check_text(&view, "two\nnot looked at yet\nfour\n\n\n\n");
}

/* --- lines --- */

static void test_view_text_line_start(void **state)
{
	enum { LENGTH = 2 * TEXT_LINE_LOOK };
	char *bytes = calloc(1, LENGTH + 1);
	uint64_t start_of_line;
	struct view view;

	(void)state;
	assert_non_null(bytes);
	memset(bytes, 'x', LENGTH);
	bytes[2] = '\n';

	struct document document = document_of(bytes);
	struct view_lines lines = { .context = &document };

	start(&view, &document);
	assert_true(view_line_start(&view, 1, &start_of_line));
	assert_int_equal(start_of_line, 0);
	assert_true(view_line_start(&view, TEXT_LINE_LOOK, &start_of_line));
	assert_int_equal(start_of_line, 3);
	assert_false(view_line_start(&view, LENGTH - 1, &start_of_line));
	/* Of the first line one knows where it begins. */
	bytes[2] = 'x';
	assert_false(view_line_start(&view, LENGTH - 1, &start_of_line));
	lines.number = number_of;
	view_set_lines(&view, &lines);
	assert_true(view_line_start(&view, LENGTH - 1, &start_of_line));
	assert_int_equal(start_of_line, 0);
	free(bytes);
}

/* What others write into a file shows, though nothing was edited. */
static void test_view_text_written_by_others(void **state)
{
	char bytes[] = "one\ntwo\n";
	struct document document = document_of(bytes);
	struct view view;

	(void)state;
	start(&view, &document);
	check_text(&view, "one\ntwo\n\n\n\n\n");
	memcpy(bytes, "a\tb\n", 4);
	view_show(&view);
	check_text(&view, "a       b\ntwo\n\n\n\n\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_view_text_roles),
		cmocka_unit_test(test_view_text_changed_and_lost),
		cmocka_unit_test(test_view_text_numbers),
		cmocka_unit_test(test_view_text_filtered),
		cmocka_unit_test(test_view_text_line_start),
		cmocka_unit_test(test_view_text_written_by_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
