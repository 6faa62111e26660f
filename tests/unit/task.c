/*
 * Unit tests of tasks that edit: what becomes of cursor, marks and selection,
 * and what ends them.
 */
#include "session.h"
#include "sizes.h"

/* Starts something that takes for ever. */
static struct editor *start_hostile(struct session *session)
{
	static const unsigned char zeros[200000];
	struct editor *editor = session_open(session, zeros, sizeof zeros);

	assert_int_equal(command_execute(editor,
					 "replace /(?=\\x00*b)c/x/s", NULL),
			 STATUS_RUNNING);
	assert_true(editor_busy(editor));
	return editor;
}

static bool unchanged(const struct editor *editor)
{
	const struct document *document = editor->buffer->document;

	return document_size(document) == 200000
	       && document_change_count(document) == 0;
}

static void test_task_replace(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "one two three two");

	session_prints(session, "replace /t(w|h)/<\\U$1>/", "3\n");
	session_holds(session, "one <W>o <H>ree <W>o");
	session_prints(session, "replace \"<\" {}", "3\n");
	session_prints(session, "4,9 replace /o|W/00/", "2\n");
	session_holds(session, "one 00>00 H>ree W>o");
	session_prints(session, "4 replace {30} u16le:0x4141", "1\n");
	session_holds(session, "one AA0>00 H>ree W>o");
	assert_int_equal(document_undo_steps(editor->buffer->document), 4);
	for (int i = 0; i < 4; i++)
		session_run(session, "undo");
	session_holds(session, "one two three two");
}

static void test_task_replace_nothing(void **state)
{
	struct session *session = *state;
	struct error error = ERROR_NONE;

	session_text(session, "abc");
	session->out[0] = '\0';
	assert_int_equal(session_execute(session, "replace /x/y/", &error),
			 STATUS_NOTHING);
	assert_string_equal(session->out, "0\n");
	session_fail(session, "undo", -1, "nothing to undo");
	session_holds(session, "abc");
}

/* The pattern is the one that `next` goes on with. */
static void test_task_replace_interactive(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "one two three two");

	editor->interactive = true;
	session_run(session, "goto 8");
	session_run(session, "replace /two/2/");
	assert_string_equal(editor->message, "2 replaced");
	assert_int_equal(session_cursor(session), 8);
	session_run(session, "undo");
	session_run(session, "goto 0");
	session_run(session, "next");
	assert_int_equal(session_cursor(session), 4);
}

static void test_task_replace_selection(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "a.a.a.a.a");

	session_run(session, "goto 2");
	session_run(session, "select");
	session_run(session, "goto 4");
	session_prints(session, "replace /a/bb/", "2\n");
	session_holds(session, "a.bb.bb.a.a");
	assert_false(editor->buffer->view.selecting);
	assert_int_equal(session_cursor(session), 2);
}

static void test_task_replace_marks(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "one two three two");
	struct buffer *buffer = editor->buffer;

	session_run(session, "8 mark t");	/* three */
	session_run(session, "5 mark w");	/* within the first two */
	session_run(session, "1 mark n");
	buffer->jumps[0] = 13;
	buffer->jump_count = 1;
	session_run(session, "replace /two/a longer word/");
	session_holds(session, "one a longer word three a longer word");
	assert_int_equal(buffer->marks['t'], 18);
	assert_int_equal(buffer->marks['w'], 5);
	assert_int_equal(buffer->marks['n'], 1);
	assert_int_equal(buffer->jumps[0], 23);
	/* One that is set meanwhile is not lost either. */
	session_run(session, "undo");
	assert_int_equal(command_execute(editor, "replace /o/0/", NULL),
			 STATUS_RUNNING);
	session_run(session, "16 mark l");
	assert_int_equal(editor_wait(editor, NULL), STATUS_DONE);
	assert_int_equal(buffer->marks['l'], 16);
}

static void test_task_cancel(void **state)
{
	struct session *session = *state;
	struct editor *editor = start_hostile(session);
	struct error error = ERROR_NONE;
	uint64_t done, total, found;
	int fds[64];

	assert_string_equal(editor_progress(editor, &done, &total, &found),
			    "replacing");
	assert_true(done <= total && total >= 200000);
	assert_true(editor_descriptors(editor, fds, 64) > 0);
	editor_cancel(editor);
	assert_false(editor_busy(editor));
	assert_int_equal(editor_wait(editor, &error), STATUS_FAILED);
	assert_string_equal(error.message, "stopped");
	assert_string_equal(editor->message,
			    "stopped: nothing has been changed");
	assert_true(unchanged(editor));
}

/* The bytes that it was to replace are not those any more. */
static void test_task_edited(void **state)
{
	static const char *const lines[] = {
		"0 insert \"x\"", "0 overwrite \"x\"", "undo", "% delete",
	};
	struct session *session = *state;

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct editor *editor = start_hostile(session);

		editor_cancel(editor);
		session_run(session, "0 overwrite \"ab\"");
		assert_int_equal(command_execute(
			editor, "replace /(?=\\x00*b)c/x/s", NULL),
			STATUS_RUNNING);
		session_run(session, lines[i]);
		assert_false(editor_busy(editor));
		assert_string_equal(editor->message,
				    "replacing stopped: the bytes have "
				    "changed");
	}
}

/* Whatever else ends it leaves the document as it was. */
static void test_task_ends(void **state)
{
	static const char *const lines[] = {
		"count /x/", "replace /x/y/", "next-buffer", "write", "edit",
	};
	struct session *session = *state;

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct editor *editor = start_hostile(session);
		const struct buffer *buffer = editor->buffer;

		session_text(session, "other");
		editor_select_buffer(editor, editor_buffer_index(editor) - 1);
		assert_ptr_equal(editor->buffer, buffer);
		assert_int_equal(command_execute(
			editor, "replace /(?=\\x00*b)c/x/s", NULL),
			STATUS_RUNNING);
		session_execute(session, lines[i], NULL);
		assert_false(editor_busy(editor));
		editor_poll(editor);
		assert_int_equal(document_change_count(buffer->document), 0);
	}
	start_hostile(session);
	/* The teardown frees the editor under it. */
}

/* --- transformations --- */

static void test_task_transform(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "abcdefgh");

	session_run(session, "% xor {20}");
	session_holds(session, "ABCDEFGH");
	session_run(session, "0,4 add u16be:1");
	session_holds(session, "ACCEEFGH");
	session_run(session, "% swap 4");
	session_holds(session, "ECCAHGFE");
	session_run(session, "1,+3 reverse");
	session_holds(session, "EACCHGFE");
	session_run(session, "0 shift 1");
	session_run(session, "1 and {fe}");
	session_run(session, "2 or \" \"");
	session_holds(session, "\x8a@cCHGFE");
	for (int i = 0; i < 7; i++)
		session_run(session, "undo");
	session_holds(session, "abcdefgh");
	session_run(session, "goto 2");
	session_run(session, "select");
	session_run(session, "goto 4");
	session_run(session, "reverse");
	session_holds(session, "abedcfgh");
	assert_false(editor->buffer->view.selecting);
	assert_int_equal(session_cursor(session), 2);
}

static void test_task_increment(void **state)
{
	struct session *session = *state;

	session_text(session, "a\xff\xff" "d");
	session_run(session, "increment");
	session_run(session, "3 increment -3");
	session_holds(session, "b\xff\xff" "a");
	session_run(session, "1 increment 0x42 u16be");
	session_run(session, "1 increment +65 u8");
	session_holds(session, "bA" "Aa");
	session_run(session, "2 increment 512 i16le");
	session_holds(session, "bAAc");
	keymap_free(session->editor->keymap);
	session->editor->keymap = keymap_new("vi", NULL);
	session_run(session, "goto 0");
	session_keys(session, "^A^A4^X12^A");
	session_holds(session, "lAAc");
	session_fail(session, "3 increment u16le", -1,
		     "there are no 2 bytes at 0x3");
	session_fail(session, "increment f32le", 15, "increment takes a whole "
		     "number and one of u8 i8 u16le u16be ... i64be");
	session_fail(session, "increment 1 2", 12, "increment takes a whole "
		     "number and one of u8 i8 u16le u16be ... i64be");
	session_fail(session, "increment 1 u8 u8", 15,
		     "increment takes nothing more");
	session_fail(session, "% shift", 7, "a number is wanted here");
	session_fail(session, "% shift 9223372036854775808", 27,
		     "the number is too large");
	session_fail(session, "% swap 8 8", 9, "swap takes nothing more");
	session_fail(session, "xor {01}", -1,
		     "xor wants a range or a selection: v selects");
	session_fail(session, "% add", 5, "data is wanted: \"text\", {hex}, "
		     "u32le:N or @FILE");
	session_holds(session, "lAAc");
}

/* Long ranges go beside the screen, and can be stopped. */
static void test_task_transform_long(void **state)
{
	enum { SIZE = 3 * TRANSFORM_AT_ONCE + 5 };
	struct session *session = *state;
	char *bytes = malloc(SIZE);
	uint64_t done, total, found;
	char byte;

	assert_non_null(bytes);
	memset(bytes, 'a', SIZE);

	struct editor *editor = session_open(session, bytes, SIZE);
	const struct document *document = editor->buffer->document;

	free(bytes);
	assert_int_equal(command_execute(editor, "% xor {01}", NULL),
			 STATUS_RUNNING);
	assert_string_equal(editor_progress(editor, &done, &total, &found),
			    "transforming");
	assert_int_equal(total, SIZE);
	assert_true(found == UINT64_MAX);
	editor_cancel(editor);
	assert_int_equal(document_change_count(document), 0);
	assert_int_equal(command_execute(editor, "% xor {01}", NULL),
			 STATUS_RUNNING);
	session_run(session, "0 overwrite \"b\"");
	assert_string_equal(editor->message, "transforming stopped: the bytes "
			    "have changed");
	session_run(session, "undo");
	session_run(session, "% xor {01}");
	document_read(document, SIZE - 1, &byte, 1);
	assert_int_equal(byte, 'a' ^ 1);
	assert_int_equal(document_undo_steps(document), 1);
	session_run(session, "undo");
	assert_int_equal(session_execute(session, "% swap 8", NULL),
			 STATUS_FAILED);
	assert_false(editor_busy(editor));
}

static void test_task_wrong(void **state)
{
	struct session *session = *state;

	session_text(session, "abc");
	session_fail(session, "replace", 7, "what becomes what? "
		     "/regex/replacement/flags, or data and data");
	session_fail(session, "replace /a", 10,
		     "a / is missing here: /regex/replacement/flags");
	session_fail(session, "replace /a/", 11,
		     "a / is missing here: /regex/replacement/flags");
	session_fail(session, "replace ,a,b", 12,
		     "a , is missing here: ,regex,replacement,flags");
	session_fail(session, "replace //b/", 8, "the pattern is empty");
	session_fail(session, "replace a/b/", 8,
		     "/regex/replacement/flags is wanted");
	session_fail(session, "replace /a(/b/", 11,
		     "missing closing parenthesis");
	session_fail(session, "replace /a/$1/", 13,
		     "the replacement: unknown substring");
	session_fail(session, "replace /a/b/g", 13,
		     "unknown flag g: flags are i s u x w");
	session_fail(session, "replace /a/b/ c", 14,
		     "replace takes nothing more");
	session_fail(session, "replace \"a\"", 11, "data is missing");
	session_fail(session, "replace \"a\" {6}", 14,
		     "a byte has two hex digits");
	session_fail(session, "replace \"a\" {?6}", 13, "no wildcards here");
	session_fail(session, "replace \"a\" \"b\" c", 16,
		     "replace takes nothing more");
	session_holds(session, "abc");
	document_set_read_only(session->editor->buffer->document, "so");
	assert_int_equal(session_execute(session, "replace /a/b/", NULL),
			 STATUS_FAILED);
}

/* --- with questions --- */

static void expect_question(struct session *session, uint64_t cursor,
			    const char *text)
{
	const struct editor *editor = session->editor;

	if (strncmp(editor->question.text, text, strlen(text)) != 0)
		fail_msg("%s, not %s", editor->question.text, text);
	assert_int_equal(session_cursor(session), cursor);
	assert_false(editor_busy(editor));
}

static void expect_end(struct session *session, const char *message)
{
	assert_string_equal(session->editor->question.text, "");
	assert_null(session->editor->asking);
	assert_string_equal(session->editor->message, message);
}

static void test_task_ask(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "one two three two two");

	session_keys(session, ":replace-ask /t(w|h)/[\\U$1]/<Enter>");
	expect_question(session, 4, "\"tw\" to \"[W]\"?");
	/* Other keys are none. */
	session_keys(session, "x<F5>");
	expect_question(session, 4, "\"tw\" to \"[W]\"?");
	session_keys(session, "y");
	expect_question(session, 8, "\"th\" to \"[H]\"?");
	session_holds(session, "one two three two two");
	session_keys(session, "n");
	expect_question(session, 14, "\"tw\" to");
	session_keys(session, "yq");
	expect_end(session, "2 replaced");
	session_holds(session, "one [W]o three [W]o two");
	assert_int_equal(document_undo_steps(editor->buffer->document), 1);
	session_run(session, "undo");
	session_holds(session, "one two three two two");
	session_keys(session, ":replace-ask /t(w|h)/-/<Enter>nay");
	session_holds(session, "one two -ree -o -o");
	/* To the end, one by one; and none. */
	session_keys(session, ":replace-ask /-/two/<Enter>yyy");
	expect_end(session, "3 replaced");
	session_holds(session, "one two tworee twoo twoo");
	session_keys(session, ":replace-ask /zebra/x/<Enter>");
	expect_end(session, "0 replaced");
	session_keys(session, ":replace-ask /t/x/<Enter>nnnn");
	expect_end(session, "0 replaced");
	assert_int_equal(document_undo_steps(editor->buffer->document), 2);
}

/* Esc changes nothing; neither does what goes elsewhere. */
static void test_task_ask_cancelled(void **state)
{
	static const char *const lines[] = {
		"0 insert \"x\"", "count /a/", "next-buffer", "answer cancel",
		"cancel",
	};
	struct session *session = *state;
	struct editor *editor;

	session_text(session, "other");
	editor = session_text(session, "abababab");
	session_keys(session, ":replace-ask \"a\" {00 ff}<Enter>");
	expect_question(session, 0, "\"a\" to \"\\x00\\xff\"?");
	session_keys(session, "yy<Esc>");
	expect_end(session, "stopped: nothing has been changed");
	session_holds(session, "abababab");
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		session_run(session, "buffer 2");
		session_keys(session, ":replace-ask /a/x/<Enter>y");
		assert_non_null(editor->asking);
		session_run(session, lines[i]);
		assert_null(editor->asking);
		assert_string_equal(editor->question.text, "");
	}
	session_run(session, "buffer 2");
	session_run(session, "undo");
	session_holds(session, "abababab");
	session_fail(session, "answer yes", -1, "nothing was asked");
	session_fail(session, "replace-ask /a/b/", -1, "nobody is there to "
		     "answer: replace does not ask");
	session_keys(session, ":replace-ask /a/x/<Enter>");
	session_fail(session, "answer maybe", -1, "the answer is yes, no, "
		     "all, quit or cancel");
	/* The teardown frees the editor under it. */
	assert_non_null(editor->asking);
}

/* Marks go with their bytes, and a range ends where it ended. */
static void test_task_ask_range(void **state)
{
	struct session *session = *state;

	session_text(session, "aXaYaZa");
	session_keys(session, "lmxllmyllmz");
	session_keys(session, "0v4l:replace-ask /a/bcd/<Enter>");
	expect_question(session, 0, "\"a\"");
	session_keys(session, "nyy");
	session_holds(session, "aXbcdYbcdZa");
	session_run(session, "'x");
	assert_int_equal(session_cursor(session), 1);
	session_run(session, "'y");
	assert_int_equal(session_cursor(session), 5);
	session_run(session, "'z");
	assert_int_equal(session_cursor(session), 9);
}

/* More than a worker sends at once: of one match, and matches. */
static void test_task_ask_long(void **state)
{
	enum { LENGTH = 200000 };
	struct session *session = *state;
	char *bytes = malloc(LENGTH + 2);

	assert_non_null(bytes);
	memset(bytes, 'a', LENGTH);
	bytes[0] = 'x';
	bytes[LENGTH] = 'x';
	bytes[LENGTH + 1] = 'y';

	struct editor *editor = session_open(session, bytes, LENGTH + 2);

	free(bytes);
	session_keys(session, ":replace-ask /xa+|a+x|y/[$0]/<Enter>");
	expect_question(session, 0, "\"xaaaaaaaaaaaaaaaaaaaaaaa\"... to "
			"\"[xaaaaaaaaaaaaaaaaaaaaaa\"...?");
	session_keys(session, "y");
	expect_question(session, LENGTH + 1, "\"y\" to \"[y]\"");
	session_keys(session, "y");
	assert_int_equal(document_size(editor->buffer->document), LENGTH + 6);
	session_keys(session, ":replace-ask /a/bb/<Enter>yna");
	assert_int_equal(document_size(editor->buffer->document),
			 LENGTH + 6 + LENGTH - 1 - 1);
	session_run(session, "count /b/");
	assert_int_equal(document_undo_steps(editor->buffer->document), 2);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, session_setup, \
					session_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_task_replace),
		TEST(test_task_replace_nothing),
		TEST(test_task_replace_interactive),
		TEST(test_task_replace_selection),
		TEST(test_task_replace_marks),
		TEST(test_task_ask),
		TEST(test_task_ask_cancelled),
		TEST(test_task_ask_range),
		TEST(test_task_ask_long),
		TEST(test_task_cancel),
		TEST(test_task_edited),
		TEST(test_task_ends),
		TEST(test_task_transform),
		TEST(test_task_increment),
		TEST(test_task_transform_long),
		TEST(test_task_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
