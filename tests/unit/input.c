/*
 * input: what keys and the mouse do to a session, from counts and prefixes to
 * prompts, questions and panels.
 */
#include "session.h"

#include <sys/stat.h>
#include <time.h>

#include "octavo/key.h"
#include "octavo/screen.h"

static const char sample[] = "one two three two one, and two more lines of "
			     "text to search through, one by one";

static struct editor *open_sample(struct session *session)
{
	return session_open(session, sample, sizeof sample - 1);
}

static void check_message(const struct session *session, const char *text)
{
	assert_string_equal(session->editor->message, text);
}

static void check_match(const struct session *session, uint64_t start,
			uint64_t end)
{
	const struct buffer *buffer = session->editor->buffer;

	assert_true(buffer->has_match);
	assert_int_equal(buffer->match.start, start);
	assert_int_equal(buffer->match.end, end);
	assert_int_equal(buffer->view.cursor, start);
}

/* --- counts and sequences --- */

static void test_input_counts(void **state)
{
	static const struct {
		const char *keys;
		uint64_t cursor;
	} cases[] = {
		{ "l", 1 },	 { "3l", 3 },	   { "10l", 10 },
		{ "20G", 20 },	 { "5ggl", 6 },	   { "ggl", 1 },
		{ "50%", 39 },	 { "100%", 78 },   { "5l0", 0 },
		{ "0l", 1 },	 { "3<Esc>l", 1 }, { "3^Cl", 1 },
		{ "2j", 32 },	 { "$", 15 },	   { "gxl", 1 },
		{ "3gxl", 1 },	 { "m<Esc>l", 1 }, { "5lma3l'a", 5 },
		{ "5G9G''", 5 }, { "5G9G^O^O", 0 },
		{ "99999999999999999999999l", 78 },
	};
	struct session *session = *state;

	open_sample(session);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		session_run(session, "goto 0");
		session_keys(session, "<Esc>");
		session->editor->buffer->jump_count = 0;
		session_keys(session, cases[i].keys);
		if (session_cursor(session) != cases[i].cursor)
			fail_msg("%s: cursor at %d", cases[i].keys,
				 (int)session_cursor(session));
		assert_string_equal(session->editor->pending, "");
		view_check(&session->editor->buffer->view);
	}
}

static void test_input_pending(void **state)
{
	struct session *session = *state;

	open_sample(session);
	session_keys(session, "12");
	assert_string_equal(session->editor->pending, "12");
	session_keys(session, "g");
	assert_string_equal(session->editor->pending, "12g");
	session_keys(session, "<Esc>");
	assert_string_equal(session->editor->pending, "");
	session_keys(session, "m");
	assert_string_equal(session->editor->pending, "m");
	session_keys(session, "\xe2\x82\xac");
	assert_true(session->editor->message_is_error);
	assert_string_equal(session->editor->pending, "");
}

static void test_input_unbound(void **state)
{
	struct session *session = *state;

	open_sample(session);
	session_keys(session, "Q");
	assert_string_not_equal(session->editor->message, "");
	session_keys(session, "gx");
	assert_string_not_equal(session->editor->message, "");
	session_keys(session, "l");
	check_message(session, "");
}

/* --- keys that stand for keys --- */

static void test_input_keys_in_circles(void **state)
{
	struct session *session = *state;

	open_sample(session);
	session_run(session, "map Q keys QQQQQQQQ");
	session_run(session, "map K keys :keys<Space>KK<Enter>KK");
	session_run(session, "map Z keys ll");
	session_fail(session, "keys Q", -1, "these keys stand for themselves");
	session_fail(session, "keys K", -1, "these keys stand for themselves");
	session_keys(session, "<Esc><Esc>");
	session_run(session, "goto 0");
	session_run(session, "keys Z2lZ");
	assert_int_equal(session_cursor(session), 6);
	session_run(session, "keys :keys<Space>ll<Enter>");
	assert_int_equal(session_cursor(session), 8);
}

static void test_input_keys_keep_batch(void **state)
{
	struct session *session = *state;

	open_sample(session);
	session_run(session, "keys :info<Enter>");
	assert_string_equal(session->out, "");
	assert_true(panel_visible(&session->editor->panel));
	session_prints(session, "count /two/", "3\n");
}

static void test_input_bad_keys(void **state)
{
	struct session *session = *state;
	struct error error = ERROR_NONE;

	open_sample(session);
	assert_int_equal(session_execute(session, "keys l<Nothing>", &error),
			 STATUS_FAILED);
	assert_int_equal(error.position, 6);
	assert_int_equal(session_cursor(session), 1);
	assert_int_equal(session_execute(session, "map a<Nothing> help",
					 &error), STATUS_FAILED);
	assert_int_equal(error.position, 5);
}

static void test_input_map(void **state)
{
	struct session *session = *state;
	char line[8000];

	open_sample(session);
	session_run(session, "map Q move right {count}");
	session_keys(session, "4Q");
	assert_int_equal(session_cursor(session), 4);
	session_run(session, "map Q");
	session_keys(session, "Q");
	assert_int_equal(session_cursor(session), 4);
	/* No part of a line may run for the whole of it. */
	memset(line, ' ', sizeof line);
	memcpy(line, "map Q delete", 12);
	strcpy(line + sizeof line - 10, "nonsense");
	session_run(session, line);
	session_keys(session, "vQ");
	session_holds(session, sample);
	check_message(session, "the command of these keys is too long");
}

/* --- searching --- */

static void test_input_search_as_typed(void **state)
{
	struct session *session = *state;

	open_sample(session);
	session_keys(session, "l/t");
	check_match(session, 4, 5);
	session_keys(session, "h");
	check_match(session, 8, 10);
	session_keys(session, "<Backspace>w");
	check_match(session, 4, 6);
	session_keys(session, "zzz");
	assert_int_equal(session_cursor(session), 1);
	check_message(session, "");
	session_keys(session, "^Utwo<Enter>");
	check_match(session, 4, 7);
	assert_int_equal(session->editor->prompt_kind, PROMPT_NONE);
	session_keys(session, "n");
	check_match(session, 14, 17);
	session_keys(session, "n");
	check_match(session, 27, 30);
	session_keys(session, "n");
	check_message(session, "no match for /two/ from here to the end");
	assert_true(session->editor->message_is_error);
	session_keys(session, "N");
	check_match(session, 14, 17);
	session_keys(session, "gg2n");
	check_match(session, 14, 17);
	session_keys(session, "''");
	assert_int_equal(session_cursor(session), 0);
}

static void test_input_search_back(void **state)
{
	struct session *session = *state;

	open_sample(session);
	session_keys(session, "G?two<Enter>");
	check_match(session, 27, 30);
	session_keys(session, "n");
	check_match(session, 14, 17);
	session_keys(session, "N");
	check_match(session, 27, 30);
	session_keys(session, "2n");
	check_match(session, 4, 7);
	session_run(session, "set wrap-search");
	session_keys(session, "n");
	check_match(session, 27, 30);
	check_message(session, "search wrapped: /two/");
	/* With no new pattern only the direction changes. */
	session_keys(session, "gg/<Enter>");
	check_match(session, 4, 7);
}

static void test_input_search_cancelled(void **state)
{
	static const char *const cancels[] = { "<Esc>", "^C",
					       "^U<Backspace>" };
	struct session *session = *state;

	open_sample(session);
	for (size_t i = 0; i < 3; i++) {
		session_keys(session, "<Esc>gg/one<Enter>5l/two");
		assert_int_equal(session_cursor(session), 14);
		session_keys(session, cancels[i]);
		assert_int_equal(session_cursor(session), 5);
		assert_int_equal(session->editor->prompt_kind, PROMPT_NONE);
		session_keys(session, "n");
		check_match(session, 18, 21);
	}
	session_keys(session, "gg?one<Esc>n");
	check_match(session, 18, 21);
}

/* A prompt that is only looked at leaves what runs alone. */
static void test_input_search_beside_task(void **state)
{
	static const unsigned char zeros[200000];
	struct session *session = *state;
	struct editor *editor = session_open(session, zeros, sizeof zeros);

	assert_int_equal(command_execute(editor, "count /(?=\\x00*b)/s",
					 NULL), STATUS_RUNNING);
	input_key(session->input, '/');
	input_key(session->input, KEYCODE_ESCAPE);
	assert_int_equal(editor->prompt_kind, PROMPT_NONE);
	assert_true(editor_busy(editor));
	input_key(session->input, '/');
	input_key(session->input, 'x');
	editor_wait(editor, NULL);
	input_key(session->input, KEYCODE_ESCAPE);
	assert_false(editor_busy(editor));
	assert_string_equal(pattern_text(editor->pattern),
			    "/(?=\\x00*b)/s");
	assert_int_equal(command_execute(editor, "next", NULL),
			 STATUS_RUNNING);
	input_key(session->input, KEYCODE_ESCAPE);
	assert_false(editor_busy(editor));
	check_message(session, "stopped");
}

/* The prompt stays, says why, and points at it; the old search goes on. */
static void test_input_search_bad(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_sample(session);

	session_keys(session, "/two<Enter>/a(b<Enter>");
	assert_int_equal(editor->prompt_kind, PROMPT_SEARCH);
	assert_string_equal(editor->hint, "missing closing parenthesis");
	assert_int_equal(editor->hint_position, 3);
	session_keys(session, ")");
	assert_string_equal(editor->hint, "");
	assert_int_equal(editor->hint_position, -1);
	session_keys(session, "<Esc>n");
	check_match(session, 14, 17);
}

static void test_input_search_types(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_sample(session);

	session_keys(session, "/<Tab>one,<Enter>");
	assert_int_equal(editor->search_type, SEARCH_TYPE_TEXT);
	check_match(session, 18, 22);
	session_keys(session, "gg/<Tab>74 ?7 6?<Enter>");
	assert_int_equal(editor->search_type, SEARCH_TYPE_HEX);
	check_match(session, 4, 7);
	session_keys(session, "gg/<Tab>u16be:0x6f2c<Enter>");
	assert_int_equal(editor->search_type, SEARCH_TYPE_VALUE);
	check_message(session, "no match for u16be:0x6f2c from here to the "
		      "end");
	session_keys(session, "/u16be:0x652c<Enter>");
	check_match(session, 20, 22);
	/* A number without a type is an int, or a float with a point. */
	session_keys(session, "gg/0x6f2c<Enter>");
	check_message(session, "no match for int:0x6f2c from here to the end");
	session_keys(session, "/28519..28527<Enter>");
	check_match(session, 0, 2);
	session_keys(session, "/0.5~<Enter>");
	check_message(session, "no match for float:0.5~ from here to the end");
	session_keys(session, "/-1<Enter>");
	check_message(session, "no match for int:-1 from here to the end");
	session_keys(session, "gg/<BackTab>");
	assert_int_equal(editor->search_type, SEARCH_TYPE_HEX);
	session_keys(session, "<Esc>/(74|6f) [1-2] 6f<Enter>");
	check_match(session, 4, 7);
	/* What has quotation marks is as in commands. */
	session_keys(session, "gg/<BackTab>\"TWO\"i<Enter>");
	assert_int_equal(editor->search_type, SEARCH_TYPE_TEXT);
	check_match(session, 4, 7);
	session_keys(session, "gg/a\"\\b<Enter>");
	check_message(session, "no match for \"a\\\"\\\\b\" from here to the "
		      "end");
	session_keys(session, "gg/<Tab>");
	assert_int_equal(editor->search_type, SEARCH_TYPE_HEX);
	session_keys(session, "<Tab><Tab>tw.<Enter>");
	assert_int_equal(editor->search_type, SEARCH_TYPE_REGEX);
	check_match(session, 4, 7);
}

static void test_input_search_type_errors(void **state)
{
	static const struct {
		enum search_type type;
		const char *keys;
		long position;
	} cases[] = {
		{ SEARCH_TYPE_HEX, "7g", 1 },
		{ SEARCH_TYPE_HEX, "74} 12", 3 },
		{ SEARCH_TYPE_HEX, "zz", 0 },
		{ SEARCH_TYPE_HEX, "74 [3", 5 },
		{ SEARCH_TYPE_TEXT, "\"x", 0 },
		{ SEARCH_TYPE_TEXT, "\"x\"y", 3 },
		{ SEARCH_TYPE_VALUE, "12x", 0 },
		{ SEARCH_TYPE_VALUE, "5..x", 3 },
		{ SEARCH_TYPE_VALUE, "u8:256", 3 },
		{ SEARCH_TYPE_VALUE, "u8:25 x", 5 },
	};
	struct session *session = *state;
	struct editor *editor = open_sample(session);

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		editor->search_type = cases[i].type;
		session_keys(session, "<Esc>/");
		session_keys(session, cases[i].keys);
		session_keys(session, "<Enter>");
		assert_int_equal(editor->prompt_kind, PROMPT_SEARCH);
		assert_string_not_equal(editor->hint, "");
		assert_int_equal(editor->hint_position, cases[i].position);
	}
}

/* --- the command prompt --- */

static void test_input_command(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_sample(session);

	session_keys(session, ":");
	assert_int_equal(editor->prompt_kind, PROMPT_COMMAND);
	session_keys(session, "goto");
	assert_string_equal(editor->hint, "goto ADDRESS: go to an address; +N "
			    "and -N count from the cursor");
	assert_int_equal(editor->hint_position, -1);
	session_keys(session, " 7<Enter>");
	assert_int_equal(session_cursor(session), 7);
	session_keys(session, ":goto 5x<Enter>");
	assert_int_equal(editor->prompt_kind, PROMPT_COMMAND);
	assert_string_equal(editor->hint, "goto takes nothing more");
	assert_int_equal(editor->hint_position, 6);
	session_keys(session, "<Backspace><Enter>");
	assert_int_equal(session_cursor(session), 5);
	/* What retyping does not mend goes to the message line. */
	session_keys(session, ":delete<Enter>");
	assert_int_equal(editor->prompt_kind, PROMPT_NONE);
	check_message(session, "delete wants a range or a selection: v "
		      "selects");
	session_keys(session, ":<Enter>");
	assert_int_equal(editor->prompt_kind, PROMPT_NONE);
	session_keys(session, ":count /two/<Enter>");
	check_message(session, "3 matches of /two/");
}

static void test_input_goto(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_sample(session);

	session_keys(session, "<F5>0x10<Enter>");
	assert_int_equal(session_cursor(session), 16);
	session_keys(session, "^G+4<Enter>");
	assert_int_equal(session_cursor(session), 20);
	session_keys(session, "<F5>1/0<Enter>");
	assert_int_equal(editor->prompt_kind, PROMPT_GOTO);
	assert_string_equal(editor->hint, "division by zero");
	assert_int_equal(editor->hint_position, 3);
	session_keys(session, "<Esc>");
	assert_int_equal(session_cursor(session), 20);
	session_keys(session, "%50<Enter>");
	assert_int_equal(session_cursor(session), 39);
}

static void test_input_history(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_sample(session);

	session_keys(session, ":goto 5<Enter>:goto 9<Enter>:<Up><Up>");
	assert_string_equal(editor->prompt.text, "goto 5");
	session_keys(session, "<Enter>");
	assert_int_equal(session_cursor(session), 5);
	session_keys(session, "/<Up>");
	assert_string_equal(editor->prompt.text, "");
	session_keys(session, "two<Enter>/<Up>");
	assert_string_equal(editor->prompt.text, "two");
	session_keys(session, "<Esc>");
}

/* A line that fails again and again does not move what the history shows. */
static void test_input_full_history(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_sample(session);

	for (int i = 0; i < PROMPT_HISTORY + 5; i++) {
		char keys[40];

		snprintf(keys, sizeof keys, ":goto %d<Enter>", i % 80);
		session_keys(session, keys);
	}
	session_keys(session, ":<Up><Up><Up>x<Enter>");
	assert_int_equal(editor->prompt_kind, PROMPT_COMMAND);
	prompt_check(&editor->prompt);
	session_keys(session, "<Up><Down><Down>");
	prompt_check(&editor->prompt);
}

static void test_input_complete(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_sample(session);

	session_keys(session, ":ove<Tab>");
	assert_string_equal(editor->prompt.text, "overwrite ");
	session_keys(session, "^Upas<Tab>");
	assert_string_equal(editor->prompt.text, "paste");
	assert_string_equal(editor->hint, "paste paste-over");
	session_keys(session, "-<Tab>");
	assert_string_equal(editor->prompt.text, "paste-over ");
	session_keys(session, "^U0,5 del<Tab>");
	assert_string_equal(editor->prompt.text, "0,5 delete ");
	session_keys(session, "^Uzzz<Tab>");
	assert_string_equal(editor->prompt.text, "zzz");
	session_keys(session, "^Uhelp kvv<Left><Backspace><Tab>");
	assert_string_equal(editor->prompt.text, "help keys v");
	prompt_check(&editor->prompt);
}

/* Longer than the prompt takes, and than the screen is wide. */
static void test_input_long_line(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_sample(session);
	struct grid *grid = grid_new(30, 6);
	static const char *const prompts[] = { "command", "search" };
	char line[PROMPT_SIZE + 40];

	for (int i = 0; i < 3; i++) {
		memset(line, 'x', PROMPT_SIZE + 10);
		line[PROMPT_SIZE + 10] = '\0';
		memcpy(line, "prompt ", 7);
		strcpy(line + 7, prompts[i > 0]);
		line[strlen(line)] = ' ';
		editor->search_type = i == 2 ? SEARCH_TYPE_HEX
					     : SEARCH_TYPE_REGEX;
		session_run(session, line);
		session_keys(session, "<Backspace>xxxxxxxxxxxxxxxxxxxxxxxx");
		assert_int_equal(editor->prompt.length, PROMPT_SIZE - 1);
		screen_draw(editor, grid);
		assert_true(grid->cursor_visible);
		assert_true(grid->cursor_column < grid->columns);
		session_keys(session, "<Enter>");
		screen_draw(editor, grid);
		grid_check(grid);
		session_keys(session, "<Esc>");
	}
	grid_free(grid);
}

/* --- questions and panels --- */

static void test_input_question(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_sample(session);
	struct document *document = editor->buffer->document;

	session_keys(session, "<F2>");
	check_message(session, "nothing to write");
	session_run(session, "overwrite \"ONE\"");
	session_keys(session, "<F2>");
	assert_string_not_equal(editor->question.text, "");
	session_keys(session, "n");
	assert_string_equal(editor->question.text, "");
	assert_true(document_modified(document));
	session_keys(session, "<F2><Esc>");
	assert_string_equal(editor->question.text, "");
	assert_true(document_modified(document));
	session_keys(session, "<F2>y");
	assert_false(document_modified(document));
	assert_non_null(strstr(editor->message, "wrote 3 bytes"));
}

static void test_input_quit(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_sample(session);

	session_run(session, "overwrite \"ONE\"");
	session_keys(session, "q");
	assert_false(editor->quit);
	session_keys(session, "x");
	assert_false(editor->quit);
	assert_string_equal(editor->question.text, "");
	session_keys(session, "<F10>d");
	assert_true(editor->quit);
	assert_true(document_modified(editor->buffer->document));
	editor->quit = false;
	session_keys(session, "qW");
	assert_true(editor->quit);
	assert_false(document_modified(editor->buffer->document));
	editor->quit = false;
	session_keys(session, "q");
	assert_true(editor->quit);
}

static void test_input_panel(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_sample(session);
	struct grid *grid = grid_new(80, 24);

	session_keys(session, "<F1>");
	assert_true(panel_visible(&editor->panel));
	assert_int_equal(editor_keymap_mode(editor), KEYMAP_PANEL);
	screen_draw(editor, grid);
	session_keys(session, "j");
	assert_int_equal(editor->panel.top, 1);
	session_keys(session, "<PgDn>");
	assert_int_equal(editor->panel.top, editor->panel.rows);
	session_keys(session, "G");
	assert_int_equal(editor->panel.top,
			 panel_count(&editor->panel) - editor->panel.rows);
	session_keys(session, "jgg");
	assert_int_equal(editor->panel.top, 0);
	input_wheel(session->input, 3, 0, 0, grid);
	assert_int_equal(editor->panel.top, 3);
	assert_int_equal(session_cursor(session), 0);
	session_keys(session, "q");
	assert_false(panel_visible(&editor->panel));
	assert_false(editor->quit);
	session_keys(session, "<F1><Enter>");
	assert_false(panel_visible(&editor->panel));
	session_keys(session, "<F1>x");
	check_message(session, "there is nothing to remove");
	grid_free(grid);
}

/* --- lists --- */

static void check_list(const struct session *session, const char *title,
		       uint64_t count, uint64_t selected)
{
	struct panel *panel = &session->editor->panel;

	assert_true(panel_is_list(panel));
	assert_memory_equal(panel->title, title, strlen(title));
	assert_int_equal(panel_count(panel), count);
	assert_int_equal(panel->selected, selected);
}

static void test_input_matches(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_sample(session);

	session_keys(session, "L");
	assert_true(editor->message_is_error);
	session_keys(session, ":matches /two/<Enter>");
	check_list(session, "matches", 3, 0);
	session_keys(session, "j<Enter>");
	assert_false(panel_visible(&editor->panel));
	assert_int_equal(session_cursor(session), 14);
	/* The list goes on from where the cursor is. */
	session_keys(session, "lL");
	check_list(session, "matches", 3, 2);
	session_keys(session, "x");
	check_message(session, "there is nothing to remove");
	session_keys(session, "k<Enter>''");
	assert_int_equal(session_cursor(session), 15);
	session_keys(session, ":matches /four/<Enter>");
	assert_false(panel_visible(&editor->panel));
	check_message(session, "no matches of /four/");
	/* No list outlives what it is of. */
	session_keys(session, ":matches /o/<Enter>");
	session_text(session, "other");
	assert_false(panel_visible(&editor->panel));
}

static void test_input_changes(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "0123456789");
	struct grid *grid = grid_new(80, 6);

	session_keys(session, "C");
	check_message(session, "no changes");
	session_run(session, "1 overwrite \"A\"");
	session_run(session, "4 insert \"BC\"");
	session_run(session, "7,9 delete");
	session_holds(session, "0A23BC4789");
	session_keys(session, "5GC");
	check_list(session, "changes", 3, 1);
	session_keys(session, "j<Enter>");
	assert_int_equal(session_cursor(session), 7);
	session_keys(session, "C");
	check_list(session, "changes", 3, 2);
	session_keys(session, "kx");
	check_list(session, "changes", 2, 1);
	session_holds(session, "0A234789");
	session_keys(session, "x");
	session_holds(session, "0A23456789");
	/* The last line is gone; the selection is on what is there. */
	session_keys(session, "x");
	assert_false(panel_visible(&editor->panel));
	session_holds(session, "0123456789");
	/* Each was a step of its own. */
	session_keys(session, "u");
	session_holds(session, "0A23456789");
	session_keys(session, "uu");
	session_holds(session, "0A23BC4789");
	session_keys(session, "C");
	screen_draw(editor, grid);
	session_run(session, "% revert");
	screen_draw(editor, grid);
	session_keys(session, "j<Enter>");
	check_message(session, "there is nothing to go to");
	grid_free(grid);
}

static void test_input_states(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "0123456789");

	session_run(session, "5 mark a");
	session_run(session, "0,1 delete");
	session_run(session, "3 insert \"abc\"");
	session_run(session, "undo");
	session_run(session, "2 insert \"XY\"");
	session_holds(session, "12XY3456789");
	session_keys(session, "U");
	check_list(session, "states", 4, 0);
	session_keys(session, "j<Enter>");
	assert_false(panel_visible(&editor->panel));
	session_holds(session, "123abc456789");
	assert_int_equal(editor->buffer->marks['a'], 7);
	session_keys(session, "U");
	check_list(session, "states", 4, 1);
	session_keys(session, "G<Enter>");
	session_holds(session, "0123456789");
	session_keys(session, "Ugg<Enter>");
	session_holds(session, "12XY3456789");
	/* Where it is already. */
	session_run(session, "7");
	session_run(session, "undo-to 3");
	assert_int_equal(session_cursor(session), 7);
	session_fail(session, "undo-to 4", 8, "the last state is 3");
	session_fail(session, "undo-to x", 8, "a number is wanted here");
	session_keys(session, "Ux");
	check_message(session, "there is nothing to remove");
}

static bool read_part(void *context, struct part *part, struct error *error)
{
	bool *done = context;

	(void)error;
	*part = (struct part){ .kind = PART_BYTES, .length = !*done,
			       .bytes = (const unsigned char *)"x" };
	*done = true;
	return true;
}

/* How long ago a state came to be. */
static void test_input_state_times(void **state)
{
	static const struct {
		int64_t age;
		const char *text;
	} cases[] = {
		{ 0, "  just now  " },	     { 60, "  1 min ago  " },
		{ 3590, "  59 min ago  " },  { 3600, "  1 h ago  " },
		{ 86300, "  23 h ago  " },   { 86400, "  20" },
		{ -1000, "  20" },
	};
	struct session *session = *state;
	struct editor *editor = session_text(session, "0123456789");
	const struct panel_source *source = &editor->panel.source;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[200];
		bool done = false;
		int64_t now = (int64_t)time(NULL);

		assert_true(document_apply(editor->buffer->document,
					   range_of(0, 1), read_part, &done,
					   now - cases[i].age, NULL));
		session_keys(session, "U");
		text[source->line(source->context, 0, 80, text,
				  sizeof text - 1)] = '\0';
		if (!strstr(text, cases[i].text))
			fail_msg("%s: no %s", text, cases[i].text);
		assert_non_null(strstr(text, "  overwrite 1 at 0x0"));
		session_keys(session, "q");
	}
}

static void test_input_buffers(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "first");

	session_text(session, "second");
	session_text(session, "third");
	session_keys(session, ":buffer<Enter>");
	check_list(session, "buffers", 3, 2);
	session_keys(session, "k<Enter>");
	session_holds(session, "second");
	assert_false(panel_visible(&editor->panel));
}

static void test_input_list_mouse(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_sample(session);
	struct grid *grid = grid_new(80, 6);

	session_keys(session, ":matches /o/<Enter>");
	screen_draw(editor, grid);
	check_list(session, "matches", 11, 0);
	input_click(session->input, 2, 5, grid);
	check_list(session, "matches", 11, 1);
	/* The title, the status line, nowhere. */
	input_click(session->input, 0, 5, grid);
	input_click(session->input, 3, 5, grid);
	input_click(session->input, 99, 5, grid);
	check_list(session, "matches", 11, 1);
	input_wheel(session->input, 3, 0, 0, grid);
	check_list(session, "matches", 11, 3);
	assert_int_equal(editor->panel.top, 3);
	input_wheel(session->input, -1, 0, 0, grid);
	check_list(session, "matches", 11, 3);
	screen_draw(editor, grid);
	input_click(session->input, 2, 5, grid);
	assert_false(panel_visible(&editor->panel));
	assert_int_equal(session_cursor(session), 18);
	grid_free(grid);
}

/* --- selecting and editing, by keys --- */

static void test_input_select(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "0123456789");

	session_keys(session, "v");
	assert_true(editor->buffer->view.selecting);
	session_keys(session, "llv");
	assert_false(editor->buffer->view.selecting);
	session_keys(session, "v<Esc>");
	assert_false(editor->buffer->view.selecting);
	session_keys(session, "ggvlly");
	check_message(session, "copied 3 bytes");
	assert_false(editor->buffer->view.selecting);
	session_keys(session, "5GP");
	session_holds(session, "0123401256789");
	session_keys(session, "uggvllx");
	session_holds(session, "3456789");
	session_keys(session, "u");
	session_holds(session, "0123456789");
	session_keys(session, "^R");
	session_holds(session, "3456789");
	session_keys(session, "uGhhp");
	session_holds(session, "0123456012");
}

static void test_input_edit_keys(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "0123456789");

	session_keys(session, "i4142<Esc>");
	session_holds(session, "AB0123456789");
	session_keys(session, "R<Tab>xyz<Esc>");
	session_holds(session, "ABxyz3456789");
	session_keys(session, "<Ins>");
	assert_int_equal(editor->buffer->view.mode, VIEW_INSERT);
	session_keys(session, "<Ins>");
	assert_int_equal(editor->buffer->view.mode, VIEW_OVERWRITE);
	session_keys(session, "<^Home><Del><Del><Esc>");
	session_holds(session, "xyz3456789");
	session_keys(session, "uuuu");
	session_holds(session, "0123456789");
	session_keys(session, "u");
	check_message(session, "nothing to undo");
}

/* --- mouse --- */

static void test_input_mouse(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_sample(session);
	struct view *view = &editor->buffer->view;
	struct grid *grid = grid_new(80, 10);
	unsigned hex = 0;

	screen_draw(editor, grid);
	while (grid_cell(grid, 1, hex)->character != '2')
		hex++;
	/* The first byte of row 1, 0x65 or so, stands behind the offset. */
	hex = view->layout.hex_column;
	input_click(session->input, 1, hex, grid);
	assert_int_equal(session_cursor(session),
			 view->layout.bytes_per_row);
	assert_int_equal(view->pane, VIEW_HEX);
	input_drag(session->input, 2, hex, grid);
	assert_true(view->selecting);
	assert_int_equal(session_cursor(session),
			 2 * view->layout.bytes_per_row);
	input_click(session->input, 0, view->layout.text_column + 3, grid);
	assert_false(view->selecting);
	assert_int_equal(session_cursor(session), 3);
	assert_int_equal(view->pane, VIEW_TEXT);
	/* Below the view, behind it, and where there is no byte. */
	input_click(session->input, 9, hex, grid);
	input_click(session->input, 500, 500, grid);
	input_click(session->input, 6, hex, grid);
	assert_int_equal(session_cursor(session), 3);
	session_keys(session, ":");
	input_click(session->input, 1, hex, grid);
	assert_int_equal(session_cursor(session), 3);
	session_keys(session, "<Esc>R41");
	input_click(session->input, 1, hex, grid);
	assert_false(editor->buffer->typing);
	grid_free(grid);
}

static void test_input_mouse_tiny(void **state)
{
	struct session *session = *state;
	struct editor *editor = open_sample(session);

	for (unsigned rows = 1; rows < 8; rows++) {
		struct grid *grid = grid_new(20, rows);

		screen_draw(editor, grid);
		for (unsigned row = 0; row < rows + 2; row++) {
			input_click(session->input, row, 12, grid);
			input_drag(session->input, row, 15, grid);
		}
		view_check(&editor->buffer->view);
		grid_free(grid);
	}
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_input_counts),
		TEST(test_input_pending),
		TEST(test_input_unbound),
		TEST(test_input_keys_in_circles),
		TEST(test_input_keys_keep_batch),
		TEST(test_input_bad_keys),
		TEST(test_input_map),
		TEST(test_input_search_as_typed),
		TEST(test_input_search_back),
		TEST(test_input_search_cancelled),
		TEST(test_input_search_beside_task),
		TEST(test_input_search_bad),
		TEST(test_input_search_types),
		TEST(test_input_search_type_errors),
		TEST(test_input_command),
		TEST(test_input_goto),
		TEST(test_input_history),
		TEST(test_input_full_history),
		TEST(test_input_complete),
		TEST(test_input_long_line),
		TEST(test_input_question),
		TEST(test_input_quit),
		TEST(test_input_panel),
		TEST(test_input_matches),
		TEST(test_input_changes),
		TEST(test_input_states),
		TEST(test_input_state_times),
		TEST(test_input_buffers),
		TEST(test_input_list_mouse),
		TEST(test_input_select),
		TEST(test_input_edit_keys),
		TEST(test_input_mouse),
		TEST(test_input_mouse_tiny),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
