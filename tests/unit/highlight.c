/*
 * highlight: the patterns that have colours, what is known of their matches in
 * each window, and how the screen shows it.
 */
#include "session.h"

#include <poll.h>

#include "octavo/screen.h"

/* Until nothing is looked for. */
static void settle(struct editor *editor)
{
	editor_highlight(editor);
	while (editor->highlight) {
		struct pollfd polled[8];
		int fds[8];
		size_t count = editor_descriptors(editor, fds, 8);

		for (size_t i = 0; i < count; i++)
			polled[i] = (struct pollfd){ fds[i], POLLIN, 0 };
		poll(polled, count, 1000);
		editor_poll(editor);
	}
}

/* The roles of the bytes of the first row, a letter each, in a window that
 * begins at COLUMN of a screen of COLUMNS. */
static void check_row(struct editor *editor, unsigned columns, unsigned column,
		      const char *letters)
{
	static const char names[ROLE_COUNT] = {
		[ROLE_PRINTABLE] = '.', [ROLE_RED] = 'R', [ROLE_GREEN] = 'G',
		[ROLE_YELLOW] = 'Y',	[ROLE_BLUE] = 'B',
		[ROLE_REVERSE] = 'X',	[ROLE_MATCH] = 'M',
		[ROLE_CURSOR] = 'C',
	};
	struct grid *grid = grid_new(columns, 8);
	char found[17] = "";

	/* Drawing says what is to be known. */
	screen_draw(editor, grid);
	settle(editor);
	screen_draw(editor, grid);
	for (unsigned i = 0; letters[i]; i++) {
		unsigned at = column + 10 + 3 * i + (i >= 8);
		char name = names[grid_cell(grid, 0, at)->role];

		found[i] = name ? name : '?';
	}
	assert_string_equal(found, letters);
	grid_free(grid);
}

static void check_list(struct session *session, const char *text)
{
	session_prints(session, "highlight", text);
}

static void test_highlight_list(void **state)
{
	struct session *session = *state;

	check_list(session, "");
	session_run(session, "highlight /a b/i");
	session_run(session, "highlight blue \"x\":all");
	session_run(session, "highlight {00 ??}");
	check_list(session, "1 red /a b/i\n2 blue \"x\":all\n"
			    "3 green {00 ??}\n");
	/* The same again has another colour, and is over the others. */
	session_run(session, "highlight reverse /a b/i");
	check_list(session, "1 blue \"x\":all\n2 green {00 ??}\n"
			    "3 reverse /a b/i\n");
	session_run(session, "highlight! 2");
	check_list(session, "1 blue \"x\":all\n2 reverse /a b/i\n");
	session_fail(session, "highlight! 3", 11, "there is no highlight 3");
	session_fail(session, "highlight! x", 11, "a number is wanted here");
	session_run(session, "highlight!");
	check_list(session, "");
	session_run(session, "highlight!");
}

static void test_highlight_refused(void **state)
{
	struct session *session = *state;
	char line[64];

	session_fail(session, "highlight red", 13, "a pattern is wanted: "
		     "/regex/flags, \"text\" or {hex}");
	session_fail(session, "highlight orange /x/", 10, "a colour is red "
		     "green yellow blue magenta cyan or reverse");
	session_fail(session, "highlight /x/ red", 14,
		     "highlight takes nothing more");
	session_fail(session, "highlight red {0}", 16,
		     "a byte has two hex digits");
	check_list(session, "");
	for (int i = 0; i < EDITOR_HIGHLIGHTERS_LISTED; i++) {
		snprintf(line, sizeof line, "highlight u32:%d", i);
		session_run(session, line);
	}
	session_fail(session, "highlight /x/", -1, "there are 32 highlights "
		     "already: highlight! N removes one");
	session_run(session, "highlight u32:7");
}

/* What is over what. */
static void test_highlight_order(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "-abcdefabcdef---");

	session_run(session, "highlight red /abcd/");
	check_row(editor, 80, 0, "CRRRR..RRRR.....");
	session_run(session, "highlight green /de/");
	check_row(editor, 80, 0, "CRRRGG.RRRGG....");
	session_run(session, "highlight red /abcd/");
	check_row(editor, 80, 0, "CRRRRG.RRRRG....");
	session_execute(session, "find /efa/", NULL);
	session_run(session, "goto 0");
	check_row(editor, 80, 0, "CRRRRMMMRRRG....");
	session_run(session, "highlight! 2");
	check_row(editor, 80, 0, "C...GMMM..GG....");
	session_run(session, "highlight!");
	check_row(editor, 80, 0, "C....MMM........");
}

static void test_highlight_edits(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "-ab-ab----------");

	session_run(session, "highlight blue \"ab\"");
	check_row(editor, 80, 0, "CBB.BB..........");
	session_run(session, "1,3 delete");
	check_row(editor, 80, 0, "C?BB..........");
	session_run(session, "2 overwrite \"b\"");
	session_run(session, "goto 0");
	check_row(editor, 80, 0, "C??...........");
	session_run(session, "undo");
	session_run(session, "goto 0");
	check_row(editor, 80, 0, "C?BB..........");
}

/* Each window has its own, also of another document. */
static void test_highlight_windows(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "-ab---a-b-ab----");

	session_run(session, "split");
	session_text(session, "ab--------------");
	session_run(session, "highlight red \"ab\"");
	session_execute(session, "find /-a/", NULL);
	session_run(session, "goto 9");
	assert_int_equal(editor->window_count, 2);
	check_row(editor, 161, 81, "RR.......C......");
	check_row(editor, 161, 0, "CMR..MM..MMR....");
	session_run(session, "close");
	assert_null(editor->highlighters[0]->found[1].document);
	session_run(session, "goto 5");
	check_row(editor, 80, 0, "MMR..CM..MMR....");
}

static void test_highlight_panel(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "-ab---a-b-ab----");

	session_keys(session, ":highlight<Enter>");
	assert_string_equal(editor->message, "none but the sets levels and "
			    "times: highlight COLOUR PATTERN adds one");
	session_keys(session, ":highlight /ab/<Enter>:hi /b-/<Enter>");
	session_keys(session, ":highlight<Enter>");
	assert_true(panel_is_list(&editor->panel));
	assert_int_equal(panel_count(&editor->panel), 2);
	session_keys(session, "x");
	assert_int_equal(editor->highlighter_count, 1);
	session_keys(session, "<Enter>");
	assert_false(panel_visible(&editor->panel));
	assert_int_equal(session_cursor(session), 2);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

/* Is a part of REGEX without a bound?  In none of those asked about does a
 * class begin with a bracket. */
static bool is_unbounded(const char *regex)
{
	bool in_class = false;

	for (const char *at = regex; *at; at++) {
		if (*at == '\\')
			at++;
		else if (*at == '[' || *at == ']')
			in_class = *at == '[' || (in_class && *at != ']');
		else if (!in_class && (*at == '*' || *at == '+'))
			return true;
		else if (!in_class && *at == ',' && at[1] == '}')
			return true;
	}
	return false;
}

/* They are looked for in this process, also in a line of many gigabytes. */
static void test_highlight_own_sets_are_bounded(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "x");

	assert_true(is_unbounded("[*]a+"));
	assert_false(is_unbounded("[*+]\\+a{1,2}"));
	editor_own_sets(editor);
	assert_true(editor->highlighter_count > 0);
	for (size_t i = 0; i < editor->highlighter_count; i++)
		assert_false(is_unbounded(
			pattern_text(editor->highlighters[i]->pattern)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_highlight_list),    TEST(test_highlight_refused),
		TEST(test_highlight_order),   TEST(test_highlight_edits),
		TEST(test_highlight_windows), TEST(test_highlight_panel),
		TEST(test_highlight_own_sets_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
