/*
 * Unit tests of what is known of all matches in a session: their count, their
 * list, the marks in the scroll bar; and when it is found out again.
 */
#include "session.h"

#include "live.h"
#include "octavo/grid.h"
#include "octavo/screen.h"

static void expect_place(struct session *session, uint64_t number,
			 uint64_t count)
{
	struct match_place place;

	editor_survey(session->editor);
	editor_settle(session->editor);
	if (!editor_match_place(session->editor, &place))
		fail_msg("no place");
	assert_int_equal(place.state, JOB_DONE);
	assert_true(place.known);
	assert_int_equal(place.number, number);
	assert_int_equal(place.count, count);
	assert_false(editor_surveying(session->editor));
}

static void test_live_count(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "two one two one two");
	struct match_place place;
	struct survey *survey;

	editor_survey(editor);
	assert_null(live_survey(editor));
	session_run(session, "find /two/");
	assert_false(editor_match_place(editor, &place));
	expect_place(session, 1, 3);
	survey = live_survey(editor);
	session_run(session, "next 2");
	expect_place(session, 3, 3);
	session_run(session, "previous");
	expect_place(session, 2, 3);
	assert_ptr_equal(live_survey(editor), survey);
	session_run(session, "goto 1");
	assert_false(editor_match_place(editor, &place));
	session_run(session, "find /one/");
	expect_place(session, 1, 2);
	/* Each buffer for itself. */
	session_text(session, "one");
	editor_survey(editor);
	editor_settle(editor);
	assert_int_equal(survey_count(live_survey(editor)), 1);
	session_run(session, "close");
	assert_null(live_survey(editor));
	session_run(session, "set count-matches=off");
	editor_survey(editor);
	assert_null(live_survey(editor));
}

/* An edit makes what is known untrue; it is found out again when somebody
 * searches, at once. */
static void test_live_edited(void **state)
{
	static const char *const edits[] = {
		"4 overwrite \"two\"", "4 insert \"two\"", "0,4 delete",
		"undo", "redo", "replace /one/two/",
	};
	static const unsigned counts[] = { 4, 5, 4, 5, 4, 5 };
	struct session *session = *state;
	struct editor *editor = session_text(session, "two one two one two");
	struct match_place place;

	session_run(session, "find /two/");
	expect_place(session, 1, 3);
	for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
		session_run(session, edits[i]);
		assert_null(live_survey(editor));
		assert_false(editor_match_place(editor, &place));
		editor_poll(editor);
		session_run(session, "0");
		session_run(session, "find /two/");
		expect_place(session, 1, counts[i]);
	}
}

/* --- while it goes on --- */

/* A match at the start, and then nothing for a long time. */
static struct editor *open_endless(struct session *session)
{
	unsigned char *bytes = calloc(1, 400000);
	struct editor *editor;

	assert_non_null(bytes);
	bytes[0] = 'a';
	editor = session_open(session, bytes, 400000);
	free(bytes);
	session_run(session, "set workers=1");
	/* The survey ends with the test: nobody waits for it here. */
	assert_int_equal(command_execute(editor, "find /a|(?=\\x00*b)/s",
					 NULL), STATUS_RUNNING);
	assert_int_equal(editor_wait(editor, NULL), STATUS_DONE);
	return editor;
}

static void expect_screen(struct editor *editor, const char *text, bool wanted)
{
	struct grid *grid = grid_new(80, 10);
	char *screen;

	screen_draw(editor, grid);
	screen = grid_to_text(grid);
	if ((strstr(screen, text) != NULL) != wanted)
		fail_msg("%s: %d:\n%s", text, !wanted, screen);
	free(screen);
	grid_free(grid);
}

static void append(struct session *session, const char *text)
{
	char path[80];
	FILE *file = fopen(session_path(session, 0, path), "a");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	editor_check_files(session->editor);
}

/* A file that grows is counted again, but not before it was to its end. */
static void test_live_grown(void **state)
{
	struct session *session = *state;

	session_text(session, "two one two");
	session_run(session, "find /two/");
	expect_place(session, 1, 2);
	append(session, " two");
	expect_place(session, 1, 3);
}

static void test_live_grown_while_it_goes_on(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_endless(session);
	struct survey *survey;

	editor_survey(editor);
	survey = live_survey(editor);
	assert_true(editor_surveying(editor));
	append(session, "more");
	assert_int_equal(document_size(editor->buffer->document), 400004);
	editor_poll(editor);
	editor_survey(editor);
	assert_ptr_equal(live_survey(editor), survey);
	assert_true(editor_surveying(editor));
}

static void test_live_goes_on(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_endless(session);
	struct match_place place;
	int fds[8];

	editor->interactive = true;
	session_run(session, "0");
	session_run(session, "find /a|(?=\\x00*b)/s");
	editor_survey(editor);
	assert_true(editor_surveying(editor));
	assert_true(editor_descriptors(editor, fds, 8) > 0);
	editor_poll(editor);
	assert_true(editor_match_place(editor, &place));
	assert_int_equal(place.state, JOB_RUNNING);
	assert_false(place.known);
	expect_screen(editor, "match ? of 0...  /a|", true);
	/* It stands beside what the user does, and ends with the edit. */
	assert_false(editor_busy(editor));
	session_run(session, "info");
	assert_true(editor_surveying(editor));
	session_run(session, "0 insert \"x\"");
	assert_false(editor_surveying(editor));
	editor_poll(editor);
	assert_int_equal(editor_descriptors(editor, fds, 8), 0);
}

/* The list is there at once, and can be left. */
static void test_live_list_goes_on(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_endless(session);

	editor->interactive = true;
	assert_int_equal(command_execute(editor, "matches", NULL),
			 STATUS_DONE);
	assert_true(panel_is_list(&editor->panel));
	assert_string_equal(editor->panel.title, "matches, searching");
	assert_int_equal(panel_count(&editor->panel), 0);
	expect_screen(editor, "matches, searching   0 of 0", true);
	input_key(session->input, KEYCODE_ESCAPE);
	assert_false(panel_visible(&editor->panel));
}

/* --- lists and marks --- */

static void test_live_list_of_range(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "two one two one two");

	session_run(session, "find /two/");
	expect_place(session, 1, 3);
	session_keys(session, ":4,19 matches<Enter>");
	assert_int_equal(panel_count(&editor->panel), 2);
	editor_survey(editor);
	assert_int_equal(survey_range(live_survey(editor)).start, 4);
	session_keys(session, "<Esc>");
	expect_place(session, 1, 3);
	session_keys(session, "$L");
	assert_int_equal(panel_count(&editor->panel), 3);
	assert_int_equal(editor->panel.selected, 2);
	session_keys(session, "<Esc>:10,12 matches<Enter>");
	assert_false(panel_visible(&editor->panel));
	assert_string_equal(editor->message, "no matches of /two/");
}

static void test_live_list_given_up(void **state)
{
	struct session *session = *state;
	char bytes[200];

	memset(bytes, 'a', sizeof bytes);
	bytes[0] = 'x';
	bytes[199] = 'b';
	session_open(session, bytes, sizeof bytes);
	session_keys(session, ":matches /(a+)+$/<Enter>");
	assert_true(session->editor->message_is_error);
	assert_non_null(strstr(session->editor->message, "match limit"));
	assert_false(panel_visible(&session->editor->panel));
}

static void test_live_marks(void **state)
{
	struct session *session = *state;
	char bytes[1600];

	memset(bytes, '.', sizeof bytes);
	bytes[5] = bytes[810] = bytes[1599] = 'm';
	session_open(session, bytes, sizeof bytes);
	session_run(session, "find /m/");
	assert_false(editor_marked(session->editor, 0, 8));
	expect_place(session, 1, 3);
	for (unsigned row = 0; row < 8; row++)
		assert_int_equal(editor_marked(session->editor, row, 8),
				 row == 0 || row == 4 || row == 7);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_live_count),
		TEST(test_live_edited),
		TEST(test_live_grown),
		TEST(test_live_grown_while_it_goes_on),
		TEST(test_live_goes_on),
		TEST(test_live_list_goes_on),
		TEST(test_live_list_of_range),
		TEST(test_live_list_given_up),
		TEST(test_live_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
