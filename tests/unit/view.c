/*
 * view: what is drawn, as text and as roles.
 *
 * The document is one of our own here, so that bytes can be lost and changed
 * without a file.
 */
#include "octavo/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct document {
	const char *bytes;	/* what stands from START on; zeros elsewhere */
	uint64_t length;
	uint64_t start;
	uint64_t size;
	struct range lost;
	struct range hole;
	const struct change *changes;
	size_t change_count;
};

uint64_t document_size(const struct document *document)
{
	return document->size;
}

size_t document_read(const struct document *document, uint64_t offset,
		     void *buffer, size_t size)
{
	unsigned char *out = buffer;

	assert_true(size <= document->size - offset);
	for (size_t i = 0; i < size; i++) {
		uint64_t at = offset + i - document->start;

		out[i] = at < document->length ?
			 (unsigned char)document->bytes[at] : 0;
	}
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
	if (offset < document->lost.start)
		*length = document->lost.start - offset;
	else if (offset < document->lost.end)
		*length = document->lost.end - offset;
	else
		*length = document->size - offset;
	return range_contains(document->lost, offset);
}

bool document_hole(const struct document *document, uint64_t offset,
		   struct range *hole)
{
	assert_true(offset < document->size);
	*hole = document->hole;
	return range_contains(document->hole, offset);
}

bool document_change_from(const struct document *document, uint64_t offset,
			  struct change *change, uint64_t *index)
{
	for (*index = 0; *index < document->change_count; ++*index) {
		*change = document->changes[*index];
		if (change->now.end > offset ||
		    (range_is_empty(change->now) &&
		     change->now.start >= offset))
			return true;
	}
	return false;
}

#define TEXT "\x7f" "ELF\x02\x01\x01\x00 hello, world\n\xff\xc3\xa9 the end"

static struct document text_document(void)
{
	return (struct document){
		.bytes = TEXT,
		.length = sizeof TEXT - 1,
		.size = sizeof TEXT - 1,
	};
}

static struct grid *draw(struct view *view, unsigned columns, unsigned rows,
			 struct range match)
{
	struct grid *grid = grid_new(columns, rows);

	assert_non_null(grid);
	view_resize(view, columns, rows);
	view_check(view);
	view_draw(view, grid, 0, &(struct view_matches){ &match, 1,
							 ROLE_MATCH },
		  range_is_empty(match) ? 0 : 1);
	grid_check(grid);
	return grid;
}

static void assert_drawn(struct view *view, unsigned columns, unsigned rows,
			 const char *expected)
{
	struct grid *grid = draw(view, columns, rows, range_of(0, 0));
	char *text = grid_to_text(grid);

	assert_string_equal(text, expected);
	free(text);
	grid_free(grid);
}

static void test_view_draws_widths(void **state)
{
	struct document document = text_document();
	struct view view;

	(void)state;
	view_init(&view, &document);
	assert_drawn(&view, 20, 3,
		     "00000000  7f 45  .E\n"
		     "00000002  4c 46  LF\n"
		     "00000004  02 01  ..\n");
	assert_drawn(&view, 40, 3,
		     "00000000  7f 45 4c 46  .ELF\n"
		     "00000004  02 01 01 00  ....\n"
		     "00000008  20 68 65 6c   hel            |\n");
}

static void test_view_draws_80_columns(void **state)
{
	struct document document = text_document();
	struct view view;

	(void)state;
	view_init(&view, &document);
	assert_drawn(&view, 80, 4,
		"00000000  7f 45 4c 46 02 01 01 00  20 68 65 6c 6c 6f 2c 20"
		"  .ELF.... hello,\n"
		"00000010  77 6f 72 6c 64 0a ff c3  a9 20 74 68 65 20 65 6e"
		"  world.... the en\n"
		"00000020  64                                              "
		"  d\n"
		"\n");
	view_set_options(&view, &(struct layout_options){ 5, 2 });
	assert_drawn(&view, 80, 2,
		"00000000  7f 45  4c 46  02  .ELF.\n"
		"00000005  01 01  00 20  68  ... h"
		"                                              |\n");
}

static void test_view_draws_wide_windows(void **state)
{
	struct document document = text_document();
	struct view view;

	(void)state;
	view_init(&view, &document);
	assert_drawn(&view, 132, 2,
		"00000000  7f 45 4c 46 02 01 01 00  20 68 65 6c 6c 6f 2c 20"
		"  77 6f 72 6c 64 0a ff c3  .ELF.... hello, world...\n"
		"00000018  a9 20 74 68 65 20 65 6e  64                     "
		"                           . the end\n");
	/* One row of 64 holds it all. */
	assert_drawn(&view, 300, 2,
		"00000000  7f 45 4c 46 02 01 01 00  20 68 65 6c 6c 6f 2c 20"
		"  77 6f 72 6c 64 0a ff c3  a9 20 74 68 65 20 65 6e"
		"  64                     "
		"                         "
		"                         "
		"                         "
		"  .ELF.... hello, world.... the end\n\n");
}

static void test_view_draws_what_fits(void **state)
{
	struct document document = text_document();
	struct view view;

	(void)state;
	view_init(&view, &document);
	view_set_options(&view, &(struct layout_options){ 16, 8 });
	assert_drawn(&view, 30, 2,
		     "00000000  7f 45 4c 46 02 01 01\n"
		     "00000010  77 6f 72 6c 64 0a ff\n");
	assert_drawn(&view, 5, 1, "00000\n");
	assert_drawn(&view, 1, 1, "0\n");
	/* The cursor is outside what fits. */
	view_set_pane(&view, VIEW_TEXT);
	struct grid *grid = draw(&view, 30, 2, range_of(0, 0));
	assert_false(grid->cursor_visible);
	grid_free(grid);
}

static void test_view_draws_empty_document(void **state)
{
	struct document document = { .size = 0 };
	struct view view;

	(void)state;
	view_init(&view, &document);
	assert_drawn(&view, 20, 2, "00000000\n\n");
	struct grid *grid = draw(&view, 20, 2, range_of(0, 0));
	assert_true(grid->cursor_visible);
	assert_int_equal(grid->cursor_column, 10);
	assert_int_equal(grid_cell(grid, 0, 10)->role, ROLE_CURSOR);
	assert_int_equal(grid_cell(grid, 0, 17)->role, ROLE_CURSOR_OTHER);
	grid_free(grid);
}

static void test_view_draws_large_offsets(void **state)
{
	struct document document = {
		.bytes = "octavo", .length = 6,
		.start = ((uint64_t)1 << 40) + 3, .size = (uint64_t)1 << 41,
	};
	struct view view;

	(void)state;
	view_init(&view, &document);
	view_goto(&view, document.start);
	view_resize(&view, 80, 1);
	assert_drawn(&view, 80, 1,
		"10000000000  00 00 00 6f 63 74 61 76  6f 00 00 00 00 00 00 00"
		"  ...octavo.......\n");
	document.start = (uint64_t)5 << 30;
	document.size = (uint64_t)6 << 30;
	view_goto(&view, document.start);
	assert_drawn(&view, 40, 1,
		     "140000000  6f 63 74 61  octa\n");
	document.size = (uint64_t)1 << 63;
	view_move(&view, VIEW_END, 1);
	assert_drawn(&view, 80, 1,
		"7ffffffffffffff8  00 00 00 00 00 00 00 00  ........\n");
}

/* --- roles: a letter for each --- */

static char role_letter(enum role role)
{
	static const char letters[ROLE_COUNT] = {
		[ROLE_NORMAL] = '.', [ROLE_OFFSET] = 'o', [ROLE_ZERO] = 'z',
		[ROLE_PRINTABLE] = 'p', [ROLE_SPACE] = 's',
		[ROLE_CONTROL] = 'c', [ROLE_HIGH] = 'h', [ROLE_LOST] = '?',
		[ROLE_CHANGED] = '*', [ROLE_MATCH] = 'M',
		[ROLE_SELECTION] = 'S', [ROLE_CURSOR] = 'C',
		[ROLE_CURSOR_OTHER] = 'O', [ROLE_SCROLL] = '|',
		[ROLE_SCROLL_THUMB] = '#',
	};

	assert_int_not_equal(letters[role], 0);
	return letters[role];
}

static void assert_roles(struct view *view, struct range match,
			 const char *expected)
{
	struct grid *grid = draw(view, 44, 2, match);
	char found[45] = "";

	for (unsigned column = 0; column < 44; column++)
		found[column] = role_letter(grid_cell(grid, 0, column)->role);
	assert_string_equal(found, expected);
	grid_free(grid);
}

/* A row of 8 bytes; the cursor stands in the row after it. */
static void show_bytes(struct document *document, struct view *view,
		       const char *bytes)
{
	*document = (struct document){ .bytes = bytes, .length = 8,
				       .size = 16 };
	view_init(view, document);
	view_resize(view, 44, 2);
	view->cursor = 8;
}

#define OFFSET "oooooooooo"
#define NO_MATCH range_of(0, 0)

static void test_view_roles_of_kinds(void **state)
{
	struct document document;
	struct view view;

	(void)state;
	show_bytes(&document, &view, "\0\t\x01!~\x7f\x80\xff");
	assert_roles(&view, NO_MATCH,
		     OFFSET "zzzssscccppppppccchhhhh" "hh" "zscppchh.");
	/* A blank between words is no change of role. */
	show_bytes(&document, &view, "a b \tc\0 ");
	assert_roles(&view, NO_MATCH,
		     OFFSET "ppppppppppppssspppzzzpp" "pp" "ppppspzz.");
}

static void test_view_roles_of_marks(void **state)
{
	static const struct change changes[] = {
		{ CHANGE_OVERWRITE, { 1, 3 }, { 1, 3 } },
		{ CHANGE_DELETE, { 5, 5 }, { 5, 9 } },
		{ CHANGE_INSERT, { 7, 12 }, { 11, 11 } },
	};
	struct document document;
	struct view view;

	(void)state;
	show_bytes(&document, &view, "ab defgh");
	document.changes = changes;
	document.change_count = 3;
	assert_roles(&view, NO_MATCH,
		     OFFSET "ppp" "*****p" "pppppp" "**p" "ppp" "**"
		     "pp" "p**pp*p*.");
	document.change_count = 0;
	assert_roles(&view, range_of(2, 1),
		     OFFSET "ppppppMMppppppppppppppp" "pp" "ppMppppp.");
	document.lost = range_of(6, 10);
	assert_roles(&view, NO_MATCH,
		     OFFSET "pppppp" "ppp" "ppppppppp" "?????"
		     "pp" "pppppp??.");
}

/* Each covers the ones before it. */
static void test_view_roles_cover(void **state)
{
	static const struct change changes[] = {
		{ CHANGE_OVERWRITE, { 1, 7 }, { 1, 7 } },
	};
	struct document document;
	struct view view;

	(void)state;
	show_bytes(&document, &view, "abcdefgh");
	document.lost = range_of(0, 8);
	document.changes = changes;
	document.change_count = 1;
	view_goto(&view, 4);
	view_select(&view, true);
	view_goto(&view, 5);
	assert_roles(&view, range_of(2, 4),
		     OFFSET "??.**.MMMMM.SSSCC.**.??" ".." "?*MMSO*?.");
	view_set_pane(&view, VIEW_TEXT);
	assert_roles(&view, range_of(2, 4),
		     OFFSET "??.**.MMMMM.SSSOO.**.??" ".." "?*MMSC*?.");
	/* Nor does a short row mark the blanks behind it. */
	document.size = 5;
	view_show(&view);
	assert_roles(&view, NO_MATCH,
		     OFFSET "??.********.OO..........." "?***C....");
	document.size = 16;
	/* Whatever covers them, lost bytes cannot be read. */
	assert_drawn(&view, 44, 1,
		     "00000000  ?? ?? ?? ?? ?? ?? ?? ??  ????????\n");
}

/* Of many matches and changes those in the row are found. */
static void test_view_roles_of_long_runs(void **state)
{
	static const struct range matches[] = {
		{ 0, 1 }, { 2, 2 }, { 3, 18 }, { 21, 22 }, { 22, 23 },
		{ 30, 31 },
	};
	static const struct change change = {
		CHANGE_OVERWRITE, { 5, 20 }, { 5, 20 },
	};
	struct document document = { .size = 100, .changes = &change,
				     .change_count = 1 };
	struct grid *grid = grid_new(44, 3);
	char found[9] = "";
	struct view view;

	(void)state;
	view_init(&view, &document);
	view_resize(&view, 44, 3);
	view_draw(&view, grid, 0,
		  &(struct view_matches){ matches, 6, ROLE_MATCH }, 1);
	for (unsigned i = 0; i < 8; i++)
		found[i] = role_letter(grid_cell(grid, 1, 35 + i)->role);
	assert_string_equal(found, "MMMMMMMM");
	for (unsigned i = 0; i < 8; i++)
		found[i] = role_letter(grid_cell(grid, 2, 35 + i)->role);
	assert_string_equal(found, "MM**zMMz");
	for (unsigned i = 0; i < 8; i++)
		found[i] = role_letter(grid_cell(grid, 0, 35 + i)->role);
	assert_string_equal(found, "OzzMMMMM");
	grid_free(grid);
}

/* The later pattern is over the earlier. */
static void test_view_roles_of_patterns(void **state)
{
	static const struct range one[] = { { 1, 4 }, { 6, 10 } };
	static const struct range other[] = { { 3, 7 } };
	const struct view_matches matches[] = {
		{ one, 2, ROLE_RED }, { other, 1, ROLE_GREEN },
		{ NULL, 0, ROLE_MATCH },
	};
	static const uint8_t roles_shown[] = {
		ROLE_CURSOR_OTHER, ROLE_RED, ROLE_RED, ROLE_GREEN, ROLE_GREEN,
		ROLE_GREEN, ROLE_GREEN, ROLE_RED, ROLE_RED, ROLE_RED,
		ROLE_ZERO,
	};
	struct document document = { .size = 16 };
	struct grid *grid = grid_new(44, 2);
	struct view view;

	(void)state;
	view_init(&view, &document);
	view_resize(&view, 44, 2);
	view_draw(&view, grid, 0, matches, 3);
	for (unsigned i = 0; i < sizeof roles_shown; i++)
		assert_int_equal(grid_cell(grid, i / 8, 35 + i % 8)->role,
				 roles_shown[i]);
	grid_free(grid);
}

static void assert_cursor(struct view *view, unsigned row, unsigned column)
{
	struct grid *grid = grid_new(44, 4);

	view_resize(view, 44, 2);
	view_draw(view, grid, 1, NULL, 0);
	assert_true(grid->cursor_visible);
	assert_int_equal(grid->cursor_row, row + 1);
	assert_int_equal(grid->cursor_column, column);
	assert_int_equal(grid_cell(grid, row + 1, column)->role, ROLE_CURSOR);
	grid_free(grid);
}

static void test_view_places_the_cursor(void **state)
{
	struct document document;
	struct view view;

	(void)state;
	show_bytes(&document, &view, "abcdefgh");
	assert_cursor(&view, 1, 10);
	view_move(&view, VIEW_RIGHT, 2);
	assert_cursor(&view, 1, 16);
	view_set_nibble(&view, 1);
	assert_cursor(&view, 1, 16);
	view_set_mode(&view, VIEW_OVERWRITE);
	view_set_nibble(&view, 1);
	assert_cursor(&view, 1, 17);
	view_set_pane(&view, VIEW_TEXT);
	assert_cursor(&view, 1, 37);
	/* One past the last byte, at the start of a row of its own. */
	view_move(&view, VIEW_END, 1);
	assert_cursor(&view, 1, 35);
	assert_drawn(&view, 44, 2,
		     "00000008  00 00 00 00 00 00 00 00  ........\n"
		     "00000010\n");
	/* And inside a row. */
	document.size = 13;
	view_move(&view, VIEW_END, 1);
	assert_cursor(&view, 0, 40);
	view_set_mode(&view, VIEW_BROWSE);
	assert_cursor(&view, 0, 39);

}

/* --- folds --- */

static enum role fold_role(struct view *view, unsigned row)
{
	struct grid *grid = draw(view, 80, 4, range_of(0, 200));
	enum role role = grid_cell(grid, row, view->layout.hex_column)->role;

	assert_int_equal(grid_cell(grid, row, 0)->role, ROLE_OFFSET);
	grid_free(grid);
	return role;
}

static void test_view_draws_folds(void **state)
{
	struct document document = {
		.size = 0x40010008, .hole = { 0x8, 0x40010000 },
	};
	struct view view;

	(void)state;
	view_init(&view, &document);
	assert_drawn(&view, 80, 4,
		"00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00"
		"  ................\n"
		"00000010  hole, 1.0 GiB (0x4000fff0 bytes) to 40010000\n"
		"40010000  00 00 00 00 00 00 00 00                         "
		"  ........\n"
		"\n");
	/* Cut off at the scroll bar. */
	assert_drawn(&view, 40, 3,
		     "00000000  00 00 00 00  ....\n"
		     "00000004  00 00 00 00  ....\n"
		     "00000008  hole, 1.0 GiB (0x4000fff8 by\n");
	view_goto(&view, 0x20000000);
	assert_drawn(&view, 80, 5,
		"00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00"
		"  ................\n"
		"00000010  hole, 511.9 MiB (0x1ffffff0 bytes) to 20000000\n"
		"20000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00"
		"  ................\n"
		"20000010  hole, 512.0 MiB (0x2000fff0 bytes) to 40010000\n"
		"40010000  00 00 00 00 00 00 00 00                         "
		"  ........\n");
	/* Two rows are not worth a line. */
	view_goto(&view, 0x30);
	assert_drawn(&view, 80, 3,
		"00000010  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00"
		"  ................\n"
		"00000020  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00"
		"  ................   |\n"
		"00000030  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00"
		"  ................   |\n");
	view_set_folding(&view, false);
	view_goto(&view, 0);
	assert_drawn(&view, 80, 2,
		"00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00"
		"  ................\n"
		"00000010  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00"
		"  ................   |\n");
}

static void test_view_roles_of_folds(void **state)
{
	const struct change change = {
		.kind = CHANGE_DELETE, .now = { 0x10, 0x10 },
	};
	struct document document = {
		.size = 0x1000, .hole = { 0x10, 0x800 },
	};
	struct view view;

	(void)state;
	view_init(&view, &document);
	assert_int_equal(fold_role(&view, 1), ROLE_HOLE);
	document.changes = &change;
	document.change_count = 1;
	assert_int_equal(fold_role(&view, 1), ROLE_CHANGED);
	view_select(&view, true);
	assert_int_equal(fold_role(&view, 1), ROLE_CHANGED);
	view_goto(&view, 0x7ff);
	assert_int_equal(fold_role(&view, 1), ROLE_SELECTION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_view_draws_widths),
		cmocka_unit_test(test_view_draws_80_columns),
		cmocka_unit_test(test_view_draws_wide_windows),
		cmocka_unit_test(test_view_draws_what_fits),
		cmocka_unit_test(test_view_draws_empty_document),
		cmocka_unit_test(test_view_draws_large_offsets),
		cmocka_unit_test(test_view_roles_of_kinds),
		cmocka_unit_test(test_view_roles_of_marks),
		cmocka_unit_test(test_view_roles_cover),
		cmocka_unit_test(test_view_roles_of_long_runs),
		cmocka_unit_test(test_view_roles_of_patterns),
		cmocka_unit_test(test_view_places_the_cursor),
		cmocka_unit_test(test_view_draws_folds),
		cmocka_unit_test(test_view_roles_of_folds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
