/*
 * The filter of a buffer: what the status says, next and previous under it,
 * and what becomes of it when its file is read again, fails, or is closed.
 */
#include "session.h"

static struct filter_status status_of(struct session *session)
{
	struct filter_status status;

	editor_settle(session->editor);
	if (!editor_filter_status(session->editor->buffer, &status))
		fail_msg("all lines are shown");
	return status;
}

static void check_lines(struct session *session, uint64_t lines)
{
	struct filter_status status = status_of(session);

	assert_int_equal(status.state, JOB_DONE);
	assert_int_equal(status.done, status.total);
	assert_int_equal(status.lines, lines);
}

static bool is_filtered(const struct session *session)
{
	struct filter_status status;

	return editor_filter_status(session->editor->buffer, &status);
}

static void test_editor_filter_follows_edits(void **state)
{
	struct session *session = *state;

	session_text(session, "one\ntwo\nthree\nfour");
	assert_false(is_filtered(session));
	session_run(session, "filter /o/");
	check_lines(session, 3);
	session_run(session, "0 overwrite \"x\"");
	check_lines(session, 2);
	session_run(session, "undo");
	check_lines(session, 3);
	session_run(session, "$ insert \"\\nfive\\nforty\"");
	session_run(session, "0,2 delete");
	check_lines(session, 3);
	session_run(session, "filter !/w/");
	check_lines(session, 2);
	session_run(session, "filter off");
	assert_false(is_filtered(session));
	session_run(session, "0 insert \"o\"");
	session_run(session, "filter on");
	check_lines(session, 3);
	session_run(session, "filter toggle 2");
	check_lines(session, 4);
	session_run(session, "filter toggle 1");
	assert_false(is_filtered(session));
	session_run(session, "filter clear");
	assert_false(is_filtered(session));
}

static void check_cursor(struct session *session, const char *line,
			 uint64_t offset)
{
	session_run(session, line);
	assert_int_equal(session->editor->buffer->view.cursor, offset);
}

static void test_editor_filter_next_in_shown_lines(void **state)
{
	struct session *session = *state;

	session_text(session, "ab\naab\nb\nac\nab\n");
	session_run(session, "set wrap-search=on");
	session_run(session, "filter /b/");
	check_cursor(session, "find /a/", 0);
	check_cursor(session, "next", 3);
	check_cursor(session, "next", 4);
	check_cursor(session, "next", 12);
	check_cursor(session, "next", 0);
	check_cursor(session, "next 3", 12);
	check_cursor(session, "previous", 4);
	check_cursor(session, "previous 3", 12);
	/* Empty matches. */
	check_cursor(session, "find /^/", 12);
	check_cursor(session, "next", 0);
	check_cursor(session, "next", 3);
	check_cursor(session, "next", 7);
	check_cursor(session, "next", 12);
	session_run(session, "filter -A 1 /b$/");
	check_cursor(session, "find /c/", 10);
	check_cursor(session, "find /b$/", 13);
}

static void test_editor_filter_highlights_in_shown_lines(void **state)
{
	struct session *session = *state;

	session_text(session, "a\nERROR a\nERROR b\na\nWARN b\n");
	session_run(session, "filter /b/");
	check_cursor(session, "next-highlight levels", 10);
	check_cursor(session, "next-highlight levels", 20);
	check_cursor(session, "previous-highlight levels", 10);
	session_run(session, "filter off");
	check_cursor(session, "previous-highlight levels", 2);
	session_run(session, "filter on");
	session_run(session, "highlight red /ERR|a/");
	check_cursor(session, "next-highlight", 10);
}

static void test_editor_filter_nothing_in_shown_lines(void **state)
{
	struct session *session = *state;
	struct error error = ERROR_NONE;

	session_text(session, "ab\nac\n");
	session_run(session, "filter /b/");
	assert_int_equal(session_execute(session, "find /c/", &error),
			 STATUS_NOTHING);
	assert_string_equal(error.message, "no match for /c/ from here to the "
			    "end, in the lines that are shown");
	session_run(session, "filter off");
	check_cursor(session, "next", 4);
}

static void test_editor_filter_stays_with_its_file(void **state)
{
	struct session *session = *state;
	char path[80];
	FILE *file;

	session_text(session, "one\ntwo\n");
	session_run(session, "filter /o/");
	check_lines(session, 2);
	file = fopen(session_path(session, 0, path), "w");
	fputs("four\nfive\nsix of\none\n", file);
	fclose(file);
	session_run(session, "reload");
	check_lines(session, 3);
	/* Another one has its own. */
	session_text(session, "o\n");
	assert_false(is_filtered(session));
	session_prints(session, "filter", "");
	session_run(session, "filter /[ab]/");
	check_lines(session, 0);
	session_run(session, "close");
	check_lines(session, 3);
	session_run(session, "filter edit 1 !/o/");
	/* Before anything is known. */
	session_run(session, "close");
}

static void test_editor_filter_grows(void **state)
{
	struct session *session = *state;
	char path[80];
	FILE *file;

	session_text(session, "one\ntwo");
	session_run(session, "filter /o$/");
	check_lines(session, 1);
	file = fopen(session_path(session, 0, path), "a");
	fputs("o\no\n", file);
	fclose(file);
	editor_check_files(session->editor);
	check_lines(session, 2);
}

static void check_shown(struct session *session, const char *keys,
			uint64_t offset)
{
	session_keys(session, keys);
	editor_settle(session->editor);
	assert_int_equal(session->editor->buffer->view.cursor, offset);
}

/* Behind the cursor, or before it; only goto goes to what is hidden. */
static void test_editor_filter_goes_to_what_is_shown(void **state)
{
	struct session *session = *state;

	session_text(session, "a\nb1\nb2\nc\nb3\nd\n");
	session_run(session, "view text");
	check_shown(session, "&b<Enter>", 2);
	check_shown(session, ":goto 0<Enter>", 0);
	check_shown(session, "z&", 0);
	check_shown(session, "lz&", 2);
	check_shown(session, "l", 3);
	check_shown(session, "z&z&", 3);
	check_shown(session, "G", 12);
	check_shown(session, "gg", 2);
	check_shown(session, ":goto $<Enter>", 14);
	check_shown(session, "&!2<Enter>", 10);
	check_shown(session, "&!b<Enter>", 10);
	check_shown(session, ":filter clear<Enter>:goto 8<Enter>", 8);
	/* A selection stays what it is. */
	check_shown(session, "v&b<Enter>", 8);
	/* In hex mode all bytes are shown, which is said. */
	check_shown(session, "<Esc>:goto 8<Enter>t:filter /1/<Enter>", 8);
	check_shown(session, "tG", 2);
	session_keys(session, "t&b<Enter>");
	assert_non_null(strstr(session->editor->message, "in text mode (F4)"));
}

static void test_editor_filter_follows_what_is_shown(void **state)
{
	struct session *session = *state;
	char path[80];
	FILE *file;

	session_text(session, "b1\na\n");
	session_run(session, "view text");
	check_shown(session, "&b<Enter>", 0);
	session_keys(session, "F");
	file = fopen(session_path(session, 0, path), "a");
	fputs("b2\nc\n", file);
	fclose(file);
	editor_check_files(session->editor);
	editor_settle(session->editor);
	assert_int_equal(session->editor->buffer->view.cursor, 5);
}

static void test_editor_filter_failure_is_said(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session,
					     "aaaaaaaaaaaaaaaaaaaaaaaaaac\n");

	session_run(session, "set match-limit=1000");
	session_run(session, "filter /(a+)+[bd]/");
	assert_int_equal(status_of(session).state, JOB_FAILED);
	assert_true(editor->message_is_error);
	assert_non_null(strstr(editor->message, "match limit at offset 0x0"));
	assert_false(line_filter_hides(editor->buffer->filter));
	session_run(session, "filter edit 1 /c/");
	check_lines(session, 1);
}

static void test_editor_filter_prompt(void **state)
{
	struct session *session = *state;

	session_text(session, "one\ntwo\nthree\n");
	session_keys(session, "&o<Enter>");
	check_lines(session, 2);
	session_keys(session, "&!w<Enter>");
	check_lines(session, 1);
	session_prints(session, "filter", "1 on  /o/\n2 on  !/w/\n");
	session_keys(session, "&<Enter>");
	assert_false(is_filtered(session));
	session_keys(session, ":filter on<Enter>&x<Esc>");
	check_lines(session, 1);
	/* Another one, after they were turned off, is alone. */
	session_keys(session, "z&&t<Enter>");
	check_lines(session, 2);
	session_prints(session, "filter",
		       "1 off /o/\n2 off !/w/\n3 on  /t/\n");
	session_keys(session, ":filter clear 3<Enter>");
	session_keys(session, ":filter toggle 1<Enter>:filter toggle 2<Enter>");
	/* The last one, edited. */
	session_keys(session, ":filter<Enter>je<Left><Backspace>n<Enter>q");
	session_prints(session, "filter", "1 on  /o/\n2 on  !/n/\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_editor_filter_follows_edits,
			session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(
			test_editor_filter_next_in_shown_lines,
			session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(
			test_editor_filter_highlights_in_shown_lines,
			session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(
			test_editor_filter_nothing_in_shown_lines,
			session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(
			test_editor_filter_stays_with_its_file,
			session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(
			test_editor_filter_grows,
			session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(
			test_editor_filter_goes_to_what_is_shown,
			session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(
			test_editor_filter_follows_what_is_shown,
			session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(
			test_editor_filter_failure_is_said,
			session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(
			test_editor_filter_prompt,
			session_setup, session_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
