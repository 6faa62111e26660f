/*
 * panel: texts that scroll, lists in which one walks, and lines that are made
 * only when they are shown.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "octavo/panel.h"

/* A source of COUNT lines that counts what is asked of it. */
struct numbers {
	uint64_t count;
	unsigned made;
	unsigned freed;
};

static uint64_t numbers_count(void *context)
{
	const struct numbers *numbers = context;

	return numbers->count;
}

static size_t numbers_line(void *context, uint64_t index, unsigned columns,
			   char *text, size_t size)
{
	struct numbers *numbers = context;

	assert_true(index < numbers->count);
	numbers->made++;
	return (size_t)snprintf(text, size, "line %d of %u columns",
				(int)index, columns);
}

static bool numbers_command(void *context, uint64_t index, const char *action,
			    char *text, size_t size)
{
	const struct numbers *numbers = context;

	assert_true(index < numbers->count);
	snprintf(text, size, "%s %d", action, (int)index);
	return strcmp(action, "fly") != 0;
}

static void numbers_free(void *context)
{
	struct numbers *numbers = context;

	numbers->freed++;
}

static void open_numbers(struct panel *panel, uint64_t selected,
				   struct numbers *numbers)
{
	const struct panel_source source = {
		.count = numbers_count,
		.line = numbers_line,
		.command = numbers_command,
		.free = numbers_free,
		.context = numbers,
	};

	panel_open(panel, "numbers", &source, selected);
}

static void check_row(const struct grid *grid, unsigned row, const char *text)
{
	char *all = grid_to_text(grid);
	char *line = all;

	while (row-- > 0)
		line = strchr(line, '\n') + 1;
	line[strcspn(line, "\n")] = '\0';
	assert_string_equal(line, text);
	free(all);
}

static void draw(struct panel *panel, struct grid *grid)
{
	grid_clear(grid);
	panel_draw(panel, grid, 0, grid->rows);
	grid_check(grid);
}

static void test_panel_text(void **state)
{
	struct panel panel = { .title = "" };
	struct grid *grid = grid_new(40, 3);
	char line[40];

	(void)state;
	assert_false(panel_visible(&panel));
	assert_true(panel_set(&panel, "words", "one\ntwo\n\n\x1b[m", 11));
	assert_true(panel_visible(&panel));
	assert_false(panel_is_list(&panel));
	assert_int_equal(panel_count(&panel), 4);
	draw(&panel, grid);
	check_row(grid, 0, "words   1-2 of 4   (q closes)");
	check_row(grid, 1, "one");
	panel_move(&panel, 100);
	draw(&panel, grid);
	check_row(grid, 1, "");
	check_row(grid, 2, "\\x1b[");
	panel_scroll(&panel, -1);
	draw(&panel, grid);
	check_row(grid, 1, "two");
	assert_false(panel_select(&panel, 1));
	assert_false(panel_command(&panel, "go", line, sizeof line));
	panel_clear(&panel);
	assert_false(panel_visible(&panel));
	assert_int_equal(panel_count(&panel), 0);
	panel_clear(&panel);
	grid_free(grid);
}

static void test_panel_text_empty(void **state)
{
	struct panel panel = { .title = "" };
	struct grid *grid = grid_new(40, 3);

	(void)state;
	assert_true(panel_set(&panel, "nothing", "", 0));
	assert_true(panel_visible(&panel));
	panel_move(&panel, 3);
	draw(&panel, grid);
	panel_clear(&panel);
	grid_free(grid);
}

static void test_panel_walk(void **state)
{
	struct panel panel = { .title = "" };
	struct numbers numbers = { .count = 10 };
	struct grid *grid = grid_new(40, 4);
	char line[40];

	(void)state;
	open_numbers(&panel, 1, &numbers);
	assert_true(panel_is_list(&panel));
	draw(&panel, grid);
	check_row(grid, 0, "numbers   2 of 10");
	check_row(grid, 1, "  line 0 of 38 columns");
	check_row(grid, 2, "> line 1 of 38 columns");
	panel_move(&panel, 3);
	draw(&panel, grid);
	assert_int_equal(panel.top, 2);
	check_row(grid, 3, "> line 4 of 38 columns");
	assert_true(panel_command(&panel, "go", line, sizeof line));
	assert_string_equal(line, "go 4");
	assert_false(panel_command(&panel, "fly", line, sizeof line));
	panel_move(&panel, INT64_MAX);
	assert_int_equal(panel.selected, 9);
	panel_move(&panel, INT64_MIN);
	assert_int_equal(panel.selected, 0);
	assert_int_equal(panel.top, 0);
	/* The window moves, and takes the selection with it. */
	panel_scroll(&panel, 2);
	assert_int_equal(panel.selected, 2);
	panel_scroll(&panel, INT64_MAX);
	assert_int_equal(panel.selected, 7);
	panel_scroll(&panel, -3);
	assert_int_equal(panel.top, 4);
	assert_int_equal(panel.selected, 6);
	panel_clear(&panel);
	assert_int_equal(numbers.freed, 1);
	grid_free(grid);
}

static void test_panel_select(void **state)
{
	struct panel panel = { .title = "" };
	struct numbers numbers = { .count = 3 };
	struct grid *grid = grid_new(40, 10);

	(void)state;
	open_numbers(&panel, 0, &numbers);
	assert_false(panel_select(&panel, 1));
	panel_draw(&panel, grid, 2, 6);
	assert_false(panel_select(&panel, 0));
	assert_true(panel_select(&panel, 3));
	assert_int_equal(panel.selected, 2);
	assert_false(panel_select(&panel, 4));
	/* One row has no title. */
	panel_draw(&panel, grid, 2, 1);
	assert_true(panel_select(&panel, 0));
	assert_int_equal(panel.selected, 2);
	assert_false(panel_select(&panel, 1));
	panel_clear(&panel);
	grid_free(grid);
}

/* Only what is shown is made. */
static void test_panel_million(void **state)
{
	struct panel panel = { .title = "" };
	struct numbers numbers = { .count = UINT64_MAX };
	struct grid *grid = grid_new(60, 20);

	(void)state;
	open_numbers(&panel, 0, &numbers);
	draw(&panel, grid);
	panel_move(&panel, INT64_MAX);
	panel_move(&panel, INT64_MAX);
	panel_move(&panel, INT64_MAX);
	draw(&panel, grid);
	assert_int_equal(panel.selected, UINT64_MAX - 1);
	assert_int_equal(numbers.made, 2 * 19);
	panel_clear(&panel);
	grid_free(grid);
}

/* Lines go while the list is shown. */
static void test_panel_shrinks(void **state)
{
	struct panel panel = { .title = "" };
	struct numbers numbers = { .count = 10 };
	struct grid *grid = grid_new(40, 4);
	char line[40];

	(void)state;
	open_numbers(&panel, 9, &numbers);
	draw(&panel, grid);
	numbers.count = 5;
	assert_true(panel_command(&panel, "go", line, sizeof line));
	assert_string_equal(line, "go 4");
	draw(&panel, grid);
	check_row(grid, 3, "> line 4 of 38 columns");
	numbers.count = 4;
	panel_move(&panel, 1);
	assert_int_equal(panel.selected, 3);
	numbers.count = 0;
	draw(&panel, grid);
	check_row(grid, 0, "numbers   0 of 0");
	assert_false(panel_select(&panel, 1));
	assert_false(panel_command(&panel, "go", line, sizeof line));
	panel_move(&panel, 1);
	panel_scroll(&panel, 1);
	draw(&panel, grid);
	panel_clear(&panel);
	grid_free(grid);
}

/* In any size, after any moves, the selected line is on the screen. */
static void test_panel_sizes(void **state)
{
	struct panel panel = { .title = "" };
	struct numbers numbers = { .count = 30 };

	(void)state;
	srand(3);
	open_numbers(&panel, 40, &numbers);
	for (int step = 0; step < 2000; step++) {
		unsigned columns = 1 + (unsigned)rand() % 50;
		unsigned rows = 1 + (unsigned)rand() % 12;
		struct grid *grid = grid_new(columns, rows);

		if (rand() % 2)
			panel_move(&panel, rand() % 21 - 10);
		else
			panel_scroll(&panel, rand() % 21 - 10);
		numbers.count = (uint64_t)(rand() % 40);
		draw(&panel, grid);
		assert_true(numbers.count == 0 ||
			    panel.selected < numbers.count);
		assert_true(panel.selected >= panel.top);
		assert_true(panel.selected - panel.top < panel.rows);
		grid_free(grid);
	}
	panel_clear(&panel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_panel_text),
		cmocka_unit_test(test_panel_text_empty),
		cmocka_unit_test(test_panel_walk),
		cmocka_unit_test(test_panel_select),
		cmocka_unit_test(test_panel_million),
		cmocka_unit_test(test_panel_shrinks),
		cmocka_unit_test(test_panel_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
