/*
 * grid: what is drawn, and that nothing that is drawn can harm a terminal.
 */
#include "octavo/grid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct grid *new_grid(unsigned columns, unsigned rows)
{
	struct grid *grid = grid_new(columns, rows);

	assert_non_null(grid);
	return grid;
}

static void assert_text(const struct grid *grid, const char *expected)
{
	char *text = grid_to_text(grid);

	grid_check(grid);
	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static void test_grid_roles_are_named(void **state)
{
	(void)state;
	for (int i = 0; i < ROLE_COUNT; i++) {
		assert_non_null(roles[i].name);
		assert_non_null(roles[i].help);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(roles[i].name, roles[j].name);
	}
}

static void test_grid_new_is_blank(void **state)
{
	(void)state;
	struct grid *grid = new_grid(5, 2);
	assert_text(grid, "\n\n");
	assert_false(grid->cursor_visible);
	assert_int_equal(grid_cell(grid, 1, 4)->character, ' ');
	assert_int_equal(grid_cell(grid, 1, 4)->role, ROLE_NORMAL);
	grid_free(grid);
	grid_free(NULL);
}

static void test_grid_put_and_fill(void **state)
{
	(void)state;
	struct grid *grid = new_grid(6, 3);
	grid_put(grid, 0, 0, 'a', ROLE_KEY);
	grid_put(grid, 0, 5, 'z', ROLE_KEY);
	grid_fill(grid, 1, 2, 3, '-', ROLE_STATUS);
	grid_fill(grid, 2, 4, UINT32_MAX, '.', ROLE_STATUS);
	assert_text(grid, "a    z\n  ---\n    ..\n");
	assert_int_equal(grid_cell(grid, 0, 0)->role, ROLE_KEY);
	assert_int_equal(grid_cell(grid, 1, 1)->role, ROLE_NORMAL);
	assert_int_equal(grid_cell(grid, 1, 4)->role, ROLE_STATUS);
	assert_int_equal(grid_cell(grid, 1, 5)->role, ROLE_NORMAL);
	grid_free(grid);
}

static void test_grid_ignores_what_is_outside(void **state)
{
	(void)state;
	struct grid *grid = new_grid(3, 1);
	grid_put(grid, 0, 3, 'x', ROLE_KEY);
	grid_put(grid, 1, 0, 'x', ROLE_KEY);
	grid_put(grid, UINT32_MAX, UINT32_MAX, 'x', ROLE_KEY);
	grid_fill(grid, 0, 3, 10, 'x', ROLE_KEY);
	grid_fill(grid, 7, 0, 10, 'x', ROLE_KEY);
	assert_int_equal(grid_text(grid, 0, 3, 10, "x", ROLE_KEY), 0);
	grid_text(grid, 1, 0, 10, "x", ROLE_KEY);
	assert_text(grid, "\n");
	grid_free(grid);
}

static void test_grid_put_refuses_unprintable(void **state)
{
	static const uint32_t refused[] = {
		0, '\n', 0x1b, 0x7f, 0x9b, 0x301, 0x200b, 0x202e, 0xd800,
		0x110000, UINT32_MAX,
	};

	(void)state;
	struct grid *grid = new_grid(4, 1);
	grid_fill(grid, 0, 0, 4, '.', ROLE_NORMAL);
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		grid_put(grid, 0, 1, refused[i], ROLE_KEY);
		grid_fill(grid, 0, 2, 2, refused[i], ROLE_KEY);
	}
	assert_text(grid, "....\n");
	assert_int_equal(grid_cell(grid, 0, 1)->role, ROLE_NORMAL);
	grid_free(grid);
}

static void test_grid_text_escapes(void **state)
{
	(void)state;
	struct grid *grid = new_grid(40, 1);
	unsigned used = grid_text(grid, 0, 1, 39, "a\x1b[2J\\n\xff\u202e!",
				  ROLE_MESSAGE);
	assert_text(grid, " a\\x1b[2J\\n\\xff\\xe2\\x80\\xae!\n");
	assert_int_equal(used, 27);
	grid_clear(grid);
	assert_int_equal(grid_bytes(grid, 0, 0, 40, "a\0b", 3, ROLE_MESSAGE),
			 6);
	assert_text(grid, "a\\x00b\n");
	grid_free(grid);
}

static void test_grid_text_cuts_whole_characters(void **state)
{
	(void)state;
	struct grid *grid = new_grid(10, 1);
	assert_int_equal(grid_text(grid, 0, 0, 3, "abcdef", ROLE_NORMAL), 3);
	assert_text(grid, "abc\n");
	/* An escape and a wide character are drawn whole or not at all. */
	assert_int_equal(grid_text(grid, 0, 4, 5, "xy\n", ROLE_NORMAL), 2);
	assert_text(grid, "abc xy\n");
	assert_int_equal(grid_text(grid, 0, 7, 9, "xy\u4e2d", ROLE_NORMAL), 2);
	assert_text(grid, "abc xy xy\n");
	assert_int_equal(grid_text(grid, 0, 0, 0, "abc", ROLE_NORMAL), 0);
	grid_free(grid);
}

static void test_grid_wide_characters(void **state)
{
	(void)state;
	struct grid *grid = new_grid(6, 1);
	assert_int_equal(grid_text(grid, 0, 0, 6, "\u4e2d\u00e9\u4e2d",
				   ROLE_INPUT), 5);
	assert_text(grid, "\u4e2d\u00e9\u4e2d\n");
	assert_int_equal(grid_cell(grid, 0, 1)->character, 0);
	assert_int_equal(grid_cell(grid, 0, 1)->role, ROLE_INPUT);
	/* Covering one half leaves a blank for the other. */
	grid_put(grid, 0, 0, 'a', ROLE_NORMAL);
	assert_text(grid, "a \u00e9\u4e2d\n");
	grid_put(grid, 0, 4, 'b', ROLE_NORMAL);
	assert_text(grid, "a \u00e9 b\n");
	grid_text(grid, 0, 0, 6, "\u4e2d\u4e2d\u4e2d", ROLE_NORMAL);
	grid_put(grid, 0, 1, 0x4e2d, ROLE_NORMAL);
	assert_text(grid, " \u4e2d \u4e2d\n");
	grid_put(grid, 0, 5, 0x4e2d, ROLE_NORMAL);
	assert_text(grid, " \u4e2d \u4e2d\n");
	grid_fill(grid, 0, 0, 5, 0x4e2d, ROLE_NORMAL);
	assert_text(grid, "\u4e2d\u4e2d\u4e2d\n");
	grid_free(grid);
}

static void test_grid_combining_characters(void **state)
{
	(void)state;
	struct grid *grid = new_grid(5, 1);
	grid_put(grid, 0, 0, 'e', ROLE_NORMAL);
	assert_true(grid_combine(grid, 0, 0, 0x301));
	grid_put(grid, 0, 1, 0x6f22, ROLE_NORMAL);
	assert_true(grid_combine(grid, 0, 1, 0x302));
	assert_true(grid_combine(grid, 0, 1, 0x303));
	assert_text(grid, "e\xcc\x81\xe6\xbc\xa2\xcc\x82\xcc\x83\n");
	/* Full, on a right half, no combining character, outside. */
	assert_false(grid_combine(grid, 0, 1, 0x301));
	assert_false(grid_combine(grid, 0, 2, 0x301));
	assert_false(grid_combine(grid, 0, 3, 'e'));
	assert_false(grid_combine(grid, 0, 3, 0x200d));
	assert_false(grid_combine(grid, 0, 5, 0x301));
	/* What takes its place takes all of it. */
	grid_put(grid, 0, 0, 'f', ROLE_NORMAL);
	grid_put(grid, 0, 2, 'g', ROLE_NORMAL);
	assert_text(grid, "f g\n");
	grid_free(grid);
}

static void test_grid_resize(void **state)
{
	(void)state;
	struct grid *grid = new_grid(3, 1);
	grid_text(grid, 0, 0, 3, "abc", ROLE_NORMAL);
	grid->cursor_visible = true;
	assert_true(grid_resize(grid, 4, 2));
	assert_int_equal(grid->columns, 4);
	assert_int_equal(grid->rows, 2);
	assert_text(grid, "\n\n");
	assert_false(grid->cursor_visible);
	grid_text(grid, 0, 0, 4, "abcd", ROLE_NORMAL);
	/* Whatever cannot be had leaves it alone. */
	assert_false(grid_resize(grid, UINT32_MAX, UINT32_MAX));
	assert_text(grid, "abcd\n\n");
	assert_true(grid_resize(grid, 0, 0));
	grid_put(grid, 0, 0, 'x', ROLE_NORMAL);
	assert_text(grid, "");
	assert_true(grid_resize(grid, 0, 2));
	assert_text(grid, "\n\n");
	grid_free(grid);
}

/* Random bytes at random places never make a cell unfit for a terminal. */
static void test_grid_part(void **state)
{
	struct grid *grid = grid_new(10, 4);
	struct grid part = grid_part(grid, 1, 3, 4, 2);
	char *text;

	(void)state;
	assert_int_equal(part.columns, 4);
	assert_int_equal(part.rows, 2);
	grid_text(grid, 1, 0, 10, "0123456789", ROLE_NORMAL);
	grid_text(&part, 0, 0, 10, "abcdef", ROLE_TITLE);
	grid_text(&part, 1, 2, 10, "ghi", ROLE_NORMAL);
	grid_put(&part, 2, 0, 'x', ROLE_NORMAL);
	/* A wide character needs both its halves inside. */
	grid_put(&part, 1, 3, 0x4e00, ROLE_NORMAL);
	grid_check(&part);
	grid_check(grid);
	text = grid_to_text(grid);
	assert_string_equal(text, "\n012abcd789\n     gh\n\n");
	free(text);
	text = grid_to_text(&part);
	assert_string_equal(text, "abcd\n  gh\n");
	free(text);
	grid_clear(&part);
	text = grid_to_text(grid);
	assert_string_equal(text, "\n012    789\n\n\n");
	free(text);
	/* What is not in the grid is not in the part. */
	part = grid_part(grid, 3, 8, 100, 100);
	assert_int_equal(part.columns, 2);
	assert_int_equal(part.rows, 1);
	part = grid_part(grid, 4, 0, 1, 1);
	assert_int_equal(part.rows, 0);
	part = grid_part(grid, 0, 10, 1, 1);
	assert_int_equal(part.columns, 0);
	grid_free(grid);
}

static void test_grid_random_drawing(void **state)
{
	static const char *const pieces[] = {
		"\u4e2d", "a", "\x1b", "\u00e9", "\xf0", "\u0301", "\U0001f600",
	};
	unsigned seed = 1;

	(void)state;
	struct grid *grid = new_grid(9, 3);
	for (int i = 0; i < 20000; i++) {
		unsigned picked[5];

		for (int j = 0; j < 5; j++) {
			seed = seed * 1103515245 + 12345;
			picked[j] = seed >> 16;
		}
		char text[16];
		size_t count = sizeof pieces / sizeof pieces[0];
		strcpy(text, pieces[picked[0] % count]);
		strcat(text, pieces[picked[1] % count]);
		unsigned used = grid_text(grid, picked[2] % 4, picked[3] % 10,
					  picked[4] % 10, text, ROLE_NORMAL);
		assert_true(used <= picked[4] % 10);
		grid_check(grid);
	}
	grid_free(grid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grid_roles_are_named),
		cmocka_unit_test(test_grid_new_is_blank),
		cmocka_unit_test(test_grid_put_and_fill),
		cmocka_unit_test(test_grid_ignores_what_is_outside),
		cmocka_unit_test(test_grid_put_refuses_unprintable),
		cmocka_unit_test(test_grid_text_escapes),
		cmocka_unit_test(test_grid_text_cuts_whole_characters),
		cmocka_unit_test(test_grid_wide_characters),
		cmocka_unit_test(test_grid_combining_characters),
		cmocka_unit_test(test_grid_resize),
		cmocka_unit_test(test_grid_part),
		cmocka_unit_test(test_grid_random_drawing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
