/*
 * windows: splitting, closing, the focus, views of their own; and where the
 * screen has them, at any size.
 */
#include "session.h"

#include "octavo/screen.h"

static const char lines[] = "0123456789abcdef0123456789ABCDEF"
			    "one two three four five six seve";

static void check_windows(struct session *session, size_t count, size_t focus)
{
	struct editor *editor = session->editor;

	assert_int_equal(editor->window_count, count);
	assert_int_equal(editor->focus, focus);
	assert_ptr_equal(editor->windows[focus].buffer, editor->buffer);
	for (size_t i = 0; editor->buffer && i < count; i++) {
		struct view *view = editor_window_view(editor, i);

		assert_ptr_equal(view->document,
				 editor->windows[i].buffer->document);
		view_check(view);
	}
}

static uint64_t cursor_of(struct session *session, size_t window)
{
	return editor_window_view(session->editor, window)->cursor;
}

static void test_windows_split(void **state)
{
	struct session *session = *state;

	session_fail(session, "split", -1, "split needs a file");
	session_text(session, lines);
	check_windows(session, 1, 0);
	session_fail(session, "close-window", -1, "this is the only window");
	session_fail(session, "other-window", -1, "there is no window there");
	session_run(session, "5");
	session_run(session, "split");
	check_windows(session, 2, 1);
	assert_int_equal(session_cursor(session), 5);
	session_run(session, "9");
	assert_int_equal(cursor_of(session, 0), 5);
	session_run(session, "other-window");
	check_windows(session, 2, 0);
	assert_int_equal(session_cursor(session), 5);
	assert_int_equal(cursor_of(session, 1), 9);
	/* The new one stands behind the one it comes from. */
	session_run(session, "split");
	check_windows(session, 3, 1);
	session_run(session, "close-window");
	check_windows(session, 2, 0);
	session_run(session, "close-window");
	check_windows(session, 1, 0);
	assert_int_equal(session_cursor(session), 9);
	for (int i = 1; i < EDITOR_WINDOWS; i++)
		session_run(session, "split");
	session_fail(session, "split", -1, "there are 8 windows already");
	session_run(session, "only");
	check_windows(session, 1, 0);
	assert_int_equal(session_cursor(session), 9);
}

static void test_windows_ways(void **state)
{
	struct session *session = *state;

	session_text(session, lines);
	session_run(session, "split");
	session_run(session, "split");
	session_keys(session, "^Wh");
	check_windows(session, 3, 1);
	session_keys(session, "^Wh^Wh");
	check_windows(session, 3, 0);
	assert_string_equal(session->editor->message,
			    "there is no window there");
	session_keys(session, "^Wj");
	check_windows(session, 3, 0);
	session_keys(session, "^Wl^Wl^Wl");
	check_windows(session, 3, 2);
	session_keys(session, "^W^W");
	check_windows(session, 3, 0);
	session_run(session, "other-window previous");
	check_windows(session, 3, 2);
	session_keys(session, "^Ws");
	assert_true(session->editor->stacked);
	check_windows(session, 4, 3);
	session_keys(session, "^Wl^Wk");
	check_windows(session, 4, 2);
	session_keys(session, "^Wj^Wj^Ww");
	check_windows(session, 4, 0);
	session_fail(session, "other-window sideways", 13, "sideways is none "
		     "of: next previous left right up down");
	session_fail(session, "other-window left 2", 18, "other-window takes "
		     "nothing more");
}

static void test_windows_buffers(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "first");
	char line[100];
	char path[80];

	session_text(session, "second");
	session_run(session, "split");
	session_run(session, "buffer 1");
	check_windows(session, 2, 1);
	session_holds(session, "first");
	session_run(session, "other-window");
	session_holds(session, "second");
	snprintf(line, sizeof line, "split-below %s",
		 session_path(session, 0, path));
	session_run(session, line);
	session_holds(session, "first");
	check_windows(session, 3, 1);
	/* What cannot be opened leaves no window behind. */
	session_run(session, "2");
	snprintf(line, sizeof line, "split %s", session->folder);
	assert_int_equal(session_execute(session, line, NULL), STATUS_FAILED);
	check_windows(session, 3, 1);
	assert_int_equal(session_cursor(session), 2);
	/* A buffer takes its windows with it. */
	session_run(session, "close");
	check_windows(session, 1, 0);
	session_holds(session, "second");
	session_run(session, "close");
	assert_int_equal(editor->window_count, 1);
	assert_null(editor->windows[0].buffer);
}

static void test_windows_close_focused(void **state)
{
	struct session *session = *state;
	char line[100];
	char path[80];

	session_text(session, "first");
	session_text(session, "second");
	snprintf(line, sizeof line, "split %s", session_path(session, 0, path));
	session_run(session, line);
	session_run(session, "split");
	session_run(session, "other-window next");
	check_windows(session, 3, 0);
	session_run(session, "close");
	session_holds(session, "first");
	check_windows(session, 2, 0);
	session_run(session, "3");
	session_run(session, "other-window");
	session_run(session, "close");
	assert_null(session->editor->buffer);
	assert_int_equal(session->editor->window_count, 1);
}

/* The same bytes in two windows. */
static void test_windows_edits(void **state)
{
	struct session *session = *state;

	session_text(session, "0123456789");
	session_run(session, "8");
	session_run(session, "split");
	session_run(session, "2 insert \"abc\"");
	assert_int_equal(cursor_of(session, 0), 11);
	session_run(session, "other-window");
	session_run(session, "select");
	session_run(session, "other-window");
	session_run(session, "0,5 delete");
	assert_int_equal(cursor_of(session, 0), 6);
	assert_false(editor_window_view(session->editor, 0)->selecting);
	session_run(session, "% delete");
	check_windows(session, 2, 1);
	assert_int_equal(cursor_of(session, 0), 0);
	session_run(session, "undo 3");
	session_run(session, "other-window");
	session_holds(session, "0123456789");
	check_windows(session, 2, 0);
	/* Typing ends where the focus goes. */
	session_keys(session, "R4141");
	assert_true(session->editor->buffer->typing);
	session_run(session, "other-window");
	assert_false(session->editor->buffer->typing);
	assert_int_equal(editor_keymap_mode(session->editor), KEYMAP_BROWSE);
	session_run(session, "other-window");
	assert_int_equal(editor_keymap_mode(session->editor), KEYMAP_EDIT);
}

static void test_windows_reload(void **state)
{
	struct session *session = *state;
	char path[80];
	FILE *file;

	session_text(session, "0123456789");
	session_run(session, "8");
	session_run(session, "split");
	session_run(session, "1");
	file = fopen(session_path(session, 0, path), "w");
	fputs("abc", file);
	fclose(file);
	session_run(session, "edit");
	check_windows(session, 2, 1);
	session_holds(session, "abc");
	assert_int_equal(cursor_of(session, 0), 2);
	session_run(session, "set bytes-per-row=1");
	check_windows(session, 2, 1);
	assert_int_equal(editor_window_view(session->editor, 0)
				 ->layout.bytes_per_row, 1);
}

/* --- on the screen --- */

static char *drawn(struct session *session, struct grid *grid)
{
	screen_draw(session->editor, grid);
	grid_check(grid);
	return grid_to_text(grid);
}

static void test_windows_sizes(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, lines);

	session_text(session, "other");
	srand(7);
	for (int step = 0; step < 3000; step++) {
		static const char *const commands[] = {
			"split", "split-below", "other-window",
			"close-window", "next-buffer", "move down 1",
			"move end", "only", "set scroll-together",
			"set scroll-together=off", "insert \"x\"", "undo",
		};
		size_t pick = (size_t)rand() % (sizeof commands
						/ sizeof *commands);
		unsigned columns = 1 + (unsigned)rand() % 300;
		unsigned rows = 1 + (unsigned)rand() % (rand() % 2 ? 12 : 100);
		struct grid *grid = grid_new(columns, rows);

		session_execute(session, commands[pick], NULL);
		free(drawn(session, grid));
		check_windows(session, editor->window_count, editor->focus);
		for (int i = 0; i < 5; i++) {
			unsigned row = (unsigned)rand() % (rows + 2);
			unsigned column = (unsigned)rand() % (columns + 2);

			input_click(session->input, row, column, grid);
			input_drag(session->input, row, column + 3, grid);
			input_wheel(session->input, rand() % 9 - 4, row,
				    column, grid);
		}
		if (columns >= SCREEN_COLUMNS_MINIMUM
		    && rows >= SCREEN_ROWS_MINIMUM)
			assert_true(screen_hit(editor, grid, 0, 0,
					       &(struct screen_place){ 0 }));
		grid_free(grid);
	}
}

/* A window that has no room is not there, also for the mouse. */
static void test_windows_narrow(void **state)
{
	struct session *session = *state;
	struct grid *grid = grid_new(41, 8);
	struct screen_place place;
	char *text;

	session_text(session, lines);
	session_run(session, "split");
	free(drawn(session, grid));
	assert_true(screen_hit(session->editor, grid, 1, 0, &place));
	assert_int_equal(place.window, 0);
	assert_false(screen_hit(session->editor, grid, 1, 20, &place));
	assert_true(screen_hit(session->editor, grid, 1, 21, &place));
	assert_int_equal(place.window, 1);
	assert_int_equal(place.column, 0);
	assert_true(screen_hit(session->editor, grid, 5, 40, &place));
	assert_false(place.in_view);
	assert_false(screen_hit(session->editor, grid, 6, 40, &place));
	grid_resize(grid, 39, 8);
	text = drawn(session, grid);
	assert_null(strchr(text, '|'));
	free(text);
	assert_true(screen_hit(session->editor, grid, 1, 0, &place));
	assert_int_equal(place.window, 1);
	session->editor->stacked = true;
	text = drawn(session, grid);
	assert_true(screen_hit(session->editor, grid, 0, 0, &place));
	assert_int_equal(place.window, 0);
	assert_true(screen_hit(session->editor, grid, 2, 0, &place));
	assert_false(place.in_view);
	assert_true(screen_hit(session->editor, grid, 3, 0, &place));
	assert_int_equal(place.window, 1);
	assert_int_equal(place.row, 0);
	free(text);
	grid_resize(grid, 39, 7);
	free(drawn(session, grid));
	assert_true(screen_hit(session->editor, grid, 0, 0, &place));
	assert_int_equal(place.window, 1);
	grid_free(grid);
}

static void test_windows_mouse(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, lines);
	struct grid *grid = grid_new(89, 6);
	unsigned second = 45;

	session_run(session, "split");
	session_run(session, "set bytes-per-row=8");
	screen_draw(editor, grid);
	assert_true(grid->cursor_visible);
	assert_int_equal(grid->cursor_column, second + 10);
	/* Over there: the window gets the focus, the cursor goes there. */
	input_click(session->input, 1, 10, grid);
	check_windows(session, 2, 0);
	assert_int_equal(session_cursor(session), 8);
	screen_draw(editor, grid);
	assert_int_equal(grid->cursor_column, 10);
	assert_int_equal(grid->cursor_row, 1);
	/* A drag does not change windows. */
	input_drag(session->input, 2, second + 10, grid);
	check_windows(session, 2, 0);
	assert_int_equal(session_cursor(session), 8);
	/* The wheel turns what is below it. */
	input_wheel(session->input, 2, 1, second, grid);
	assert_int_equal(editor_window_view(editor, 1)->top, 16);
	assert_int_equal(editor_window_view(editor, 0)->top, 0);
	check_windows(session, 2, 0);
	/* A status line gives the focus and nothing else. */
	input_click(session->input, 3, second + 10, grid);
	check_windows(session, 2, 1);
	assert_int_equal(session_cursor(session), 16);
	/* Not while something is asked. */
	session_keys(session, ":");
	input_click(session->input, 1, 10, grid);
	check_windows(session, 2, 1);
	session_keys(session, "<Esc>");
	grid_free(grid);
}

static void test_windows_together(void **state)
{
	struct session *session = *state;
	struct grid *grid = grid_new(89, 6);
	char long_lines[400];
	struct editor *editor;
	char line[100];
	char path[80];

	memset(long_lines, '.', sizeof long_lines);
	editor = session_open(session, long_lines, sizeof long_lines);
	session_text(session, lines);
	session_run(session, "set bytes-per-row=8 scroll-together");
	session_run(session, "8");
	snprintf(line, sizeof line, "split %s", session_path(session, 0, path));
	session_run(session, line);
	screen_draw(editor, grid);
	session_run(session, "16");
	screen_draw(editor, grid);
	assert_int_equal(cursor_of(session, 0), 24);
	session_run(session, "scroll down 1");
	session_run(session, "scroll down 1");
	screen_draw(editor, grid);
	assert_int_equal(editor_window_view(editor, 1)->top, 16);
	assert_int_equal(editor_window_view(editor, 0)->top, 24);
	/* The end of one does not lose the distance. */
	session_run(session, "399");
	screen_draw(editor, grid);
	assert_int_equal(cursor_of(session, 0), 63);
	session_run(session, "20");
	screen_draw(editor, grid);
	assert_int_equal(cursor_of(session, 0), 28);
	session_run(session, "0");
	screen_draw(editor, grid);
	assert_int_equal(cursor_of(session, 0), 8);
	/* With the focus over there, and without a frame between. */
	session_run(session, "move right 2");
	session_run(session, "other-window");
	assert_int_equal(session_cursor(session), 10);
	session_run(session, "move right 5");
	session_run(session, "other-window");
	assert_int_equal(session_cursor(session), 7);
	session_run(session, "set scroll-together=off");
	session_run(session, "0");
	screen_draw(editor, grid);
	assert_int_equal(cursor_of(session, 0), 15);
	grid_free(grid);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_windows_split),
		TEST(test_windows_ways),
		TEST(test_windows_buffers),
		TEST(test_windows_close_focused),
		TEST(test_windows_edits),
		TEST(test_windows_reload),
		TEST(test_windows_sizes),
		TEST(test_windows_narrow),
		TEST(test_windows_mouse),
		TEST(test_windows_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
