/*
 * command: the language, from its addresses to its tables: what each form
 * means, where an error points, and that every key of every keymap speaks it.
 */
#include "session.h"

#include "octavo/escape.h"

/* 8 KiB: a few numbers, lines at 256, zeros. */
static void open_sample(struct session *session)
{
	static const char lines[] = "line one\nline two\nline three\n";
	unsigned char bytes[8192] = { 1, 2, 3, 4, 5, 6, 7, 8, 0xff };

	memcpy(bytes + 256, lines, sizeof lines - 1);
	session_open(session, bytes, sizeof bytes);
}

static void test_command_addresses(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
	} cases[] = {
		{ "0", 0 },
		{ "4096", 4096 },
		{ "0x10", 16 },
		{ "0XaB", 171 },
		{ "1K", 1024 },
		{ "0x2K", 2048 },
		{ "3M", 3 << 20 },
		{ "5G", UINT64_C(5) << 30 },
		{ "7T", UINT64_C(7) << 40 },
		{ "18446744073709551615", UINT64_MAX },
		{ "0xffffffffffffffff", UINT64_MAX },
		{ "16777215T", UINT64_C(16777215) << 40 },
		{ ".", 100 },
		{ "$", 8192 },
		{ "$-1", 8191 },
		{ "+5", 105 },
		{ "-5", 95 },
		{ "+5-3", 102 },
		{ "(+5)", 105 },
		{ "2+3*4", 14 },
		{ "(2+3)*4", 20 },
		{ "20/3/2", 3 },
		{ "10-3-2", 5 },
		{ " 1 + ( 2 * 3 ) ", 7 },
		{ "'a", 42 },
		{ "'a+'a", 84 },
		{ "u8(8)", 255 },
		{ "u16le(0)", 0x0201 },
		{ "u16be(0)", 0x0102 },
		{ "u32le(0)", 0x04030201 },
		{ "u32be(0)", 0x01020304 },
		{ "u64le(0)", UINT64_C(0x0807060504030201) },
		{ "u64be(0)", UINT64_C(0x0102030405060708) },
		{ "u8(u8(1)+1)", 4 },
		{ "line(1)", 0 },
		{ "line(2)", 265 },
		{ "line(4)", 285 },
		{ "/two/", 270 },
		{ "/TWO/i+1", 271 },
		{ "?\\x03?", 2 },
		{ "0xffffffffffffffff-0xffffffffffffffff", 0 },
		{ "4294967295*4294967297", UINT64_MAX },
	};
	struct session *session = *state;

	open_sample(session);
	session_run(session, "42 mark a");
	session_run(session, "100");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error error = ERROR_NONE;
		size_t position = 0;
		uint64_t address = 0;

		if (!address_parse(session->editor, cases[i].text, &position,
				   &address, &error))
			fail_msg("%s: %s", cases[i].text, error.message);
		if (address != cases[i].value)
			fail_msg("%s is 0x%llx", cases[i].text,
				 (unsigned long long)address);
		position += strspn(cases[i].text + position, " ");
		assert_int_equal(position, strlen(cases[i].text));
	}
}

static void test_command_bad_addresses(void **state)
{
	static const struct {
		const char *text;
		long position;
		const char *message;
	} cases[] = {
		{ "18446744073709551616", 0, "the number is too large" },
		{ "0x10000000000000000", 0, "the number is too large" },
		{ "16777216T", 0, "the number is too large" },
		{ "18446744073709551615+1", 21, "the address is too large" },
		{ "4294967296*4294967296", 21, "the address is too large" },
		{ "1-2", 2, "the address is before the start" },
		{ "-101", 1, "the address is before the start" },
		{ "1/0", 3, "division by zero" },
		{ "1*", 2, "an address is wanted here" },
		{ "1+", 2, "an address is wanted here" },
		{ "(1", 2, ") is wanted here" },
		{ "u8(", 3, "an address is wanted here" },
		{ "u8(8192)", 2, "the number is past the end" },
		{ "u32le($-3)", 5, "the number is past the end" },
		{ "u64le(18446744073709551615)", 5,
		  "the number is past the end" },
		{ "'q", 0, "there is no mark q" },
		{ "'", 0, "the name of a mark is wanted here" },
		{ "'\xc3\xa9", 0, "the name of a mark is wanted here" },
		{ "line(0)", 0, "lines count from 1" },
		{ "line(5)", 0, "there is no line 5" },
		{ "/nowhere/", 0,
		  "no match for /nowhere/ behind the cursor" },
		{ "?nowhere?", 0,
		  "no match for ?nowhere? before the cursor" },
		{ "/a(/", 3, "missing closing parenthesis" },
		{ "9000", 0, "0x2328 is past the end, 0x2000" },
		{ "0,9000", 0, "0x2328 is past the end, 0x2000" },
		{ "5,4", 2, "the range ends before it starts" },
		{ "5,", 2, "an address is wanted here" },
		{ "0,1", -1, "a range needs a command behind it" },
		{ "%", -1, "a range needs a command behind it" },
		{ "sel", 0, "nothing is selected" },
		{ "5 6 print", 2, "no command 6" },
		{ "5 , 6 quit", 6, "quit takes no address before it" },
		{ "0,5 insert \"x\"", 4,
		  "insert takes one address, not a range" },
	};
	struct session *session = *state;

	open_sample(session);
	session_run(session, "100");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		session_fail(session, cases[i].text, cases[i].position,
			     cases[i].message);
	assert_int_equal(session_cursor(session), 100);
}

static void test_command_deep_address(void **state)
{
	struct session *session = *state;
	char text[20000];

	open_sample(session);
	memset(text, '(', sizeof text);
	text[sizeof text - 1] = '\0';
	session_fail(session, text, 100, "too many parentheses");
	memset(text, '(', 90);
	text[90] = '7';
	memset(text + 91, ')', 90);
	text[181] = '\0';
	session_run(session, text);
	assert_int_equal(session_cursor(session), 7);
}

static void test_command_ranges(void **state)
{
	static const struct {
		const char *text;
		unsigned given;
		uint64_t start;
		uint64_t end;
	} cases[] = {
		{ "print", 0, 0, 0 },
		{ "5", 1, 5, 5 },
		{ "0,10", 2, 0, 10 },
		{ "10,+6", 2, 10, 16 },
		{ "10,+6+1", 2, 10, 17 },
		{ "10,$", 2, 10, 8192 },
		{ ".,+1", 2, 100, 101 },
		{ "90,-4", 2, 90, 96 },
		{ "%", 2, 0, 8192 },
		{ "sel", 2, 100, 105 },
		{ "8192,8192", 2, 8192, 8192 },
	};
	struct session *session = *state;

	open_sample(session);
	session_run(session, "100,105 select");
	session_run(session, "100");
	session_run(session, "move right 4");
	session_run(session, "select off");
	session_run(session, "100,105 select");
	session->editor->buffer->view.cursor = 100;
	session->editor->buffer->view.anchor = 104;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error error = ERROR_NONE;
		struct range range = { 0, 0 };
		unsigned given;
		size_t position = 0;

		if (!address_parse_range(session->editor, cases[i].text,
					 &position, &given, &range, &error))
			fail_msg("%s: %s", cases[i].text, error.message);
		assert_int_equal(given, cases[i].given);
		assert_int_equal(range.start, cases[i].start);
		assert_int_equal(range.end, cases[i].end);
	}
}

/* What a command works on: what stands before it, else the selection, else
 * what its help says. */
static void test_command_default_range(void **state)
{
	struct session *session = *state;

	session_text(session, "aaabaa");
	session_prints(session, "count /a/", "5\n");
	session_prints(session, "0,2 count /a/", "2\n");
	session_prints(session, "3 count {62}", "1\n");
	session_run(session, "3,5 select");
	session_prints(session, "count /a/", "1\n");
	session_prints(session, "% count /a/", "5\n");
	session_run(session, "delete");
	session_holds(session, "aaaa");
	assert_false(session->editor->buffer->view.selecting);
	session_fail(session, "delete", -1,
		     "delete wants a range or a selection: v selects");
	session_fail(session, "4 print", -1, "0x4 is past the end");
}

static void test_command_names(void **state)
{
	static const struct {
		const char *typed;
		const char *name;
	} cases[] = {
		{ "goto", "goto" },	 { "w", "write" },
		{ "q", "quit" },	 { "wq", "wq" },
		{ "x", "wq" },		 { "e", "edit" },
		{ "u", "undo" },	 { "over", "overwrite" },
		{ "ins", "insert" },	 { "paste", "paste" },
		{ "paste-", "paste-over" }, { "f", NULL },
		{ "frobnicate", NULL },	 { "Goto", NULL },
		{ "gotox", NULL },	 { "writ", NULL },
		{ "mark ", NULL },
	};
	struct error error;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct command *command =
			command_find(cases[i].typed, strlen(cases[i].typed),
				     &error);

		if (!cases[i].name)
			assert_null(command);
		else if (!command)
			fail_msg("%s: %s", cases[i].typed, error.message);
		else
			assert_string_equal(command->name, cases[i].name);
	}
	assert_null(command_find("writ", 4, &error));
	assert_string_equal(error.message, "writ may be write, write-ask");
	assert_null(command_find("zz", 2, &error));
	assert_string_equal(error.message, "no command zz");
}

static void test_command_line(void **state)
{
	struct session *session = *state;

	open_sample(session);
	session_run(session, "");
	session_run(session, "  \t ");
	session_run(session, "# quit!");
	session_run(session, "  goto 0x10  ");
	assert_int_equal(session_cursor(session), 16);
	session_run(session, "+1");
	assert_int_equal(session_cursor(session), 17);
	session_run(session, "100print");
	session_fail(session, "100goto 5", 3, "goto takes no address before it");
	session_fail(session, "goto 1 2", 7, "goto takes nothing more");
	session_fail(session, "!", 0, "a command's name is wanted here");
	session_fail(session, "undo!", 4, "a number is wanted here");
	session_fail(session, "undo 2x", 6, "a number is wanted here");
	session_fail(session, "undo 99999999999999999999", 5,
		     "the number is too large");
	session_fail(session, "move", 4, "move what?");
	session_fail(session, "scroll left", 7,
		     "left is none of: up down");
}

static void test_command_without_file(void **state)
{
	struct session *session = *state;
	const struct command *command;

	session_fail(session, "print", -1, "print needs a file");
	session_fail(session, "0", 0, "an address needs a file");
	session_fail(session, "% quit", 0, "an address needs a file");
	session_fail(session, "prompt search", -1, "there is no file");
	/* None of those that work without a file may look at one. */
	for (size_t i = 0; (command = command_at(i)); i++)
		if (command->flags & COMMAND_NO_FILE
		    && strcmp(command->name, "help") != 0
		    && strcmp(command->name, "set") != 0
		    && strcmp(command->name, "map") != 0)
			command_execute(session->editor, command->name, NULL);
	assert_true(session->editor->quit);
}

/* --- the tables --- */

static bool is_known(const char *name)
{
	const struct command *command = command_find(name, strlen(name), NULL);

	return command != NULL;
}

static void test_command_tables(void **state)
{
	const struct command *command;
	size_t i;

	(void)state;
	for (i = 0; (command = command_at(i)); i++) {
		char usage[60];
		size_t length = strlen(command->help);

		assert_ptr_equal(command_find(command->name,
					      strlen(command->name), NULL),
				 command);
		assert_non_null(command->run);
		assert_non_null(command->arguments);
		assert_true(length > 5 && length <= 140);
		assert_true(command->help[length - 1] != '.');
		assert_false(command->help[0] >= 'A'
			     && command->help[0] <= 'Z');
		command_usage(command, usage, sizeof usage);
		assert_true(strlen(usage) < sizeof usage - 1);
		assert_non_null(strstr(usage, command->name));
	}
	assert_true(i > 40);
	assert_null(command_at(i + 1000));
}

/* No name or alias means two commands. */
static void test_command_no_duplicates(void **state)
{
	const struct command *command;
	const struct command *other;

	(void)state;
	for (size_t i = 0; (command = command_at(i)); i++) {
		for (size_t j = 0; (other = command_at(j)); j++)
			if (i != j)
				assert_string_not_equal(command->name,
							other->name);
		if (!command->aliases)
			continue;
		assert_null(strchr(command->aliases, ','));

		char aliases[60];

		strcpy(aliases, command->aliases);
		for (char *alias = strtok(aliases, " "); alias;
		     alias = strtok(NULL, " "))
			assert_ptr_equal(command_find(alias, strlen(alias),
						      NULL), command);
	}
}

static void test_command_promised(void **state)
{
	static const char *const names[] = {
		"goto", "find", "next", "previous", "matches", "count",
		"insert", "overwrite", "delete", "fill", "copy", "cut",
		"paste", "undo", "redo", "changes", "revert", "write",
		"quit", "print", "info", "save-screen", "set", "map", "help",
		"w", "q", "wq", "x", "e", "u",
	};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!is_known(names[i]))
			fail_msg("there is no %s", names[i]);
}

static void test_command_usage(void **state)
{
	static const struct {
		const char *name;
		const char *usage;
	} cases[] = {
		{ "goto", "goto ADDRESS" },
		{ "insert", "[ADDRESS] insert DATA" },
		{ "print", "[RANGE] print" },
		{ "write", "[RANGE] write[!|?] [FILE]" },
		{ "quit", "quit[!]" },
	};
	char usage[60];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(
			command_usage(command_find(cases[i].name,
						   strlen(cases[i].name),
						   NULL),
				      usage, sizeof usage),
			cases[i].usage);
	command_usage(command_find("write", 5, NULL), usage, 8);
	assert_string_equal(usage, "[RANGE]");
}

/* The command whose help shows while LINE is typed. */
static void test_command_typed(void **state)
{
	static const struct {
		const char *line;
		const char *name;
		size_t start;
	} cases[] = {
		{ "goto 5", "goto", 0 },
		{ "  print", "print", 2 },
		{ "0x10,0x20 print", "print", 10 },
		{ "0x10", NULL, 0 },
		{ "1K", NULL, 0 },
		{ "'x", NULL, 0 },
		{ "'x,'e print", "print", 6 },
		{ "/quit/ delete", "delete", 7 },
		{ "/quit", NULL, 0 },
		{ "/a\\/quit/i,$ delete", "delete", 13 },
		{ "?u?", NULL, 0 },
		{ "u32le(4) print", "print", 9 },
		{ "line(2", NULL, 0 },
		{ "sel delete", "delete", 4 },
		{ "% count /x/", "count", 2 },
		{ "(1+2)*3 insert", "insert", 8 },
		{ "", NULL, 0 },
		{ "# quit", NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t start;
		const struct command *command =
			command_typed(cases[i].line, &start);
		const char *name = command ? command->name : "nothing";

		if (strcmp(name, cases[i].name ? cases[i].name : "nothing"))
			fail_msg("%s: %s", cases[i].line, name);
		if (command)
			assert_int_equal(start, cases[i].start);
	}
}

/* --- keys --- */

/* COMMAND with {count} and {char} filled in. */
static void fill_in(char *line, size_t size, const char *command)
{
	size_t used = 0;

	while (*command && used + 8 < size) {
		if (strncmp(command, "{count}", 7) == 0) {
			line[used++] = '2';
			command += 7;
		} else if (strncmp(command, "{char}", 6) == 0) {
			line[used++] = 'x';
			command += 6;
		} else {
			line[used++] = *command++;
		}
	}
	line[used] = '\0';
}

static void test_command_export_shown(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "0123456789");

	session_run(session, "2 overwrite \"X\"");
	editor->interactive = true;
	session_fail(session, "export ips", -1, "export ips wants a FILE");
	session_run(session, "export patch");
	editor_show_output(editor);
	assert_true(panel_visible(&editor->panel));
}

/* Marks go with their bytes, and the cursor to the first change. */
static void test_command_apply(void **state)
{
	struct session *session = *state;
	struct editor *editor = session_text(session, "0123456789");
	char path[80], line[100];

	session_run(session, "2 insert \"abc\"");
	snprintf(path, sizeof path, "%s/patch", session->folder);
	snprintf(line, sizeof line, "export patch %s", path);
	session_run(session, line);
	session_run(session, "undo");
	session_run(session, "8 mark m");
	session_run(session, "goto 9");
	snprintf(line, sizeof line, "apply %s", path);
	editor->interactive = true;
	session_run(session, line);
	assert_string_equal(editor->message, "applied 1 changes");
	assert_int_equal(editor->buffer->view.cursor, 2);
	assert_int_equal(editor->buffer->marks['m'], 11);
	session_run(session, "jump-back");
	assert_int_equal(editor->buffer->view.cursor, 12);
	unlink(path);
}

/* Nothing that LINE can complain of lies in how it is written. */
static void check_line(struct session *session, const char *line)
{
	struct error error = ERROR_NONE;
	size_t start;
	const struct command *command = command_typed(line, &start);

	if (!command)
		fail_msg("%s is no command", line);
	session->editor->interactive = true;
	session_run(session, "goto 5");
	session_execute(session, line, &error);
	if (error.position != ERROR_NO_POSITION)
		fail_msg("%s: %s", line, error.message);
	session->editor->output_length = 0;
	panel_clear(&session->editor->panel);
	session->editor->prompt_kind = PROMPT_NONE;
	session->editor->question.text[0] = '\0';
	session->editor->quit = false;
}

static void test_command_bindings(void **state)
{
	struct session *session = *state;
	const struct keymap_preset *preset = keymap_presets;
	size_t count = 0;

	open_sample(session);
	session_run(session, "5");
	session_run(session, "mark x");
	for (; preset->name; preset++) {
		struct keymap *keymap = keymap_new(preset->name, NULL);
		const struct binding *binding;
		char line[200];

		for (size_t i = 0; (binding = keymap_binding(keymap, i)); i++) {
			fill_in(line, sizeof line, binding->command);
			check_line(session, line);
			count++;
			if (!binding->counted)
				continue;
			fill_in(line, sizeof line, binding->counted);
			check_line(session, line);
		}
		keymap_free(keymap);
	}
	assert_true(count > 500);
}

/* What questions answer with is a command as well. */
static void test_command_answers(void **state)
{
	static const char *const asking[] = { "write-ask", "quit-ask" };
	struct session *session = *state;

	session_text(session, "abc");
	session_run(session, "insert \"x\"");
	for (size_t i = 0; i < 2; i++) {
		struct question *question = &session->editor->question;

		session_run(session, asking[i]);
		assert_string_not_equal(question->text, "");
		for (size_t j = 0; j < 4; j++)
			if (question->answers[j].command) {
				size_t start;

				assert_non_null(command_typed(
					question->answers[j].command, &start));
			}
	}
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

/* The table says who takes nothing; nobody has to say it again. */
static void test_command_takes_nothing_more(void **state)
{
	struct session *session = *state;
	char line[100], message[100];
	size_t tried = 0;

	session_text(session, "0123456789");
	for (size_t i = 0; command_at(i); i++) {
		const char *name = command_at(i)->name;

		if (command_at(i)->arguments[0])
			continue;
		snprintf(line, sizeof line, "%s more", name);
		snprintf(message, sizeof message, "%s takes nothing more",
			 name);
		session_fail(session, line, (int)strlen(name) + 1, message);
		tried++;
	}
	assert_true(tried > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_command_addresses),
		TEST(test_command_bad_addresses),
		TEST(test_command_deep_address),
		TEST(test_command_ranges),
		TEST(test_command_default_range),
		TEST(test_command_names),
		TEST(test_command_line),
		TEST(test_command_takes_nothing_more),
		TEST(test_command_without_file),
		TEST(test_command_tables),
		TEST(test_command_no_duplicates),
		TEST(test_command_promised),
		TEST(test_command_usage),
		TEST(test_command_typed),
		TEST(test_command_export_shown),
		TEST(test_command_apply),
		TEST(test_command_bindings),
		TEST(test_command_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
