/*
 * config: lines of the language from a file that may hold anything.
 */
#include "session.h"

#include <sys/stat.h>

#include "octavo/config.h"

/* The file with TEXT (SIZE bytes) in it; NULL: a folder in its place. */
static void write_config(struct session *session, const char *text,
			 size_t size)
{
	char path[80];

	snprintf(path, sizeof path, "%s/octavo", session->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	strcat(path, "/config");
	if (!text) {
		assert_int_equal(mkdir(path, 0700), 0);
		return;
	}

	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	fclose(file);
}

static void remove_config(struct session *session)
{
	char path[80];

	snprintf(path, sizeof path, "%s/octavo/config", session->folder);
	remove(path);
	snprintf(path, sizeof path, "%s/octavo", session->folder);
	remove(path);
}

/* Loads TEXT; the error, or "". */
static const char *load(struct session *session, const char *text, size_t size)
{
	static struct error error;

	setenv("XDG_CONFIG_HOME", session->folder, 1);
	write_config(session, text, size);
	error.message[0] = '\0';

	bool done = config_load(session->editor, &error);

	remove_config(session);
	assert_int_equal(done, error.message[0] == '\0');
	return strrchr(error.message, '/') ? strrchr(error.message, '/') + 1
					   : error.message;
}

static void test_config_lines(void **state)
{
	static const char text[] = "# mine\n\n  set group=4\nmap Q move right 2\n"
				   "set wrap-search";
	struct session *session = *state;

	assert_string_equal(load(session, text, sizeof text - 1), "");
	assert_int_equal(session->editor->options.values[OPTION_GROUP], 4);
	assert_int_equal(session->editor->options.values[OPTION_WRAP_SEARCH],
			 1);
	session_text(session, "0123456789");
	session_keys(session, "Q");
	assert_int_equal(session_cursor(session), 2);
}

static void test_config_none(void **state)
{
	struct session *session = *state;

	setenv("XDG_CONFIG_HOME", session->folder, 1);
	assert_true(config_load(session->editor, NULL));
	setenv("XDG_CONFIG_HOME", "relative", 1);
	setenv("HOME", session->folder, 1);
	assert_true(config_load(session->editor, NULL));
	unsetenv("HOME");
	assert_true(config_load(session->editor, NULL));
}

static void test_config_bad(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} cases[] = {
		{ "set group=4\n\nfrobnicate\nset group=8\n",
		  "config:3: no command frobnicate" },
		{ "set nonsense=1", "config:1: unknown option: nonsense" },
		{ "goto 5", "config:1: goto needs a file" },
		{ "find /x/", "config:1: find needs a file" },
		{ "5", "config:1: an address needs a file" },
		{ "%", "config:1: an address needs a file" },
		{ "write", "config:1: write needs a file" },
		{ "map <Nothing> help", "config:1: unknown key: <Nothing>" },
		{ "\xff\xfe\x01", "config:1: a command's name is wanted "
				  "here" },
	};
	struct session *session = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(load(session, cases[i].text,
					 strlen(cases[i].text)),
				    cases[i].message);
	assert_int_equal(session->editor->options.values[OPTION_GROUP], 4);
	assert_string_equal(load(session, NULL, 0), "config: Is a directory");
}

static void test_config_hostile(void **state)
{
	enum { SIZE = 1 << 20 };
	struct session *session = *state;
	char *text = malloc(SIZE);

	assert_non_null(text);
	memset(text, 'x', SIZE);
	assert_string_not_equal(load(session, text, SIZE), "");
	memset(text, '(', SIZE);
	assert_string_not_equal(load(session, text, SIZE), "");
	memset(text, 0, SIZE);
	assert_string_equal(load(session, text, SIZE), "");
	memset(text, 'x', SIZE);
	memcpy(text, "map Q ", 6);
	assert_string_equal(load(session, text, SIZE), "");
	session_text(session, "0123456789");
	session_keys(session, "Q");
	assert_string_equal(session->editor->message,
			    "the command of these keys is too long");
	memset(text, 'g', SIZE);
	memcpy(text, "set ", 4);
	assert_string_not_equal(load(session, text, SIZE), "");
	free(text);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_config_lines),
		TEST(test_config_none),
		TEST(test_config_bad),
		TEST(test_config_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
