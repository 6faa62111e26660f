/*
 * keymap: binding and looking up, what takes whose place; and the tables:
 * every preset holds together, and the default has the keys it promises.
 */
#include "octavo/keymap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "octavo/key.h"

static struct keymap *open_preset(const char *name)
{
	struct error error = ERROR_NONE;
	struct keymap *keymap = keymap_new(name, &error);

	if (keymap == NULL)
		fail_msg("%s: %s", name, error.message);
	return keymap;
}

static size_t read_keys(const char *text, uint32_t *keys)
{
	size_t count = 0, position = 0;

	while (text[position] != '\0') {
		assert_true(count < KEYMAP_KEYS);
		assert_true(key_parse(&keys[count++], text, &position, NULL));
	}
	return count;
}

static enum keymap_found look_up(const struct keymap *keymap,
				 enum keymap_mode mode, const char *text,
				 const struct binding **binding,
				 uint32_t *character)
{
	uint32_t keys[KEYMAP_KEYS];
	size_t count = read_keys(text, keys);

	*binding = NULL;
	*character = UINT32_MAX;
	return keymap_lookup(keymap, mode, keys, count, binding, character);
}

/* What KEYS do; "prefix" and "nothing" where they are no command. */
static const char *command_of(const struct keymap *keymap,
			      enum keymap_mode mode, const char *keys)
{
	const struct binding *binding;
	uint32_t character;

	switch (look_up(keymap, mode, keys, &binding, &character)) {
	case KEYMAP_COMMAND:
		return binding->command;
	case KEYMAP_PREFIX:
		return "prefix";
	default:
		return "nothing";
	}
}

static void check_command(const struct keymap *keymap, enum keymap_mode mode,
			  const char *keys, const char *command)
{
	const char *found = command_of(keymap, mode, keys);

	if (strcmp(found, command) != 0)
		fail_msg("%s: %s, not %s", keys, found, command);
}

static void bind(struct keymap *keymap, const char *keys, const char *command)
{
	struct error error = ERROR_NONE;

	if (!keymap_bind(keymap, KEYMAP_BROWSE, keys, command, &error))
		fail_msg("%s: %s", keys, error.message);
	keymap_check(keymap);
}

static size_t count_bindings(const struct keymap *keymap)
{
	size_t count = 0;

	while (keymap_binding(keymap, count) != NULL)
		count++;
	return count;
}

/* --- looking up and binding --- */

static void test_keymap_lookup(void **state)
{
	struct keymap *keymap = open_preset("octavo");
	const struct binding *binding;
	uint32_t character;

	(void)state;
	check_command(keymap, KEYMAP_BROWSE, "g", "prefix");
	check_command(keymap, KEYMAP_BROWSE, "gg", "move start");
	check_command(keymap, KEYMAP_BROWSE, "gx", "nothing");
	check_command(keymap, KEYMAP_BROWSE, "ggg", "nothing");
	check_command(keymap, KEYMAP_EDIT, "g", "nothing");
	check_command(keymap, KEYMAP_PANEL, "q", "panel close");
	assert_int_equal(look_up(keymap, KEYMAP_BROWSE, "G", &binding,
				 &character), KEYMAP_COMMAND);
	assert_string_equal(binding->counted, "to {count}");
	assert_int_equal(character, 0);
	keymap_free(keymap);
}

static void test_keymap_lookup_any(void **state)
{
	struct keymap *keymap = open_preset("octavo");
	const struct binding *binding;
	uint32_t character;

	(void)state;
	check_command(keymap, KEYMAP_BROWSE, "m", "prefix");
	assert_int_equal(look_up(keymap, KEYMAP_BROWSE, "mx", &binding,
				 &character), KEYMAP_COMMAND);
	assert_string_equal(binding->command, "mark {char}");
	assert_int_equal(character, 'x');
	assert_int_equal(look_up(keymap, KEYMAP_BROWSE, "'\xc3\xa9", &binding,
				 &character), KEYMAP_COMMAND);
	assert_int_equal(character, 0xe9);
	/* The exact one, and what is no character. */
	check_command(keymap, KEYMAP_BROWSE, "''", "jump-back");
	check_command(keymap, KEYMAP_BROWSE, "m<Esc>", "nothing");
	check_command(keymap, KEYMAP_BROWSE, "m<F1>", "nothing");
	keymap_free(keymap);
}

static void test_keymap_bind(void **state)
{
	struct keymap *keymap = open_preset("octavo");
	size_t count = count_bindings(keymap);
	char keys[] = "^X^S", command[] = "write";

	(void)state;
	bind(keymap, keys, command);
	memset(keys, '!', sizeof keys - 1);
	memset(command, '!', sizeof command - 1);
	check_command(keymap, KEYMAP_BROWSE, "^X", "prefix");
	check_command(keymap, KEYMAP_BROWSE, "^X^S", "write");
	check_command(keymap, KEYMAP_EDIT, "^X^S", "nothing");
	assert_int_equal(count_bindings(keymap), count + 1);
	const struct binding *last = keymap_binding(keymap, count);
	assert_string_equal(last->keys, "^X^S");
	assert_string_equal(last->help, "write");
	assert_null(last->counted);
	bind(keymap, "<F8>", "info");
	bind(keymap, "<F8>", "undo");
	check_command(keymap, KEYMAP_BROWSE, "<F8>", "undo");
	assert_int_equal(count_bindings(keymap), count + 2);
	keymap_free(keymap);
}

static void test_keymap_bind_in_place(void **state)
{
	struct keymap *keymap = open_preset("octavo");
	size_t count = count_bindings(keymap);

	(void)state;
	bind(keymap, "<Up>", "help");
	assert_int_equal(count_bindings(keymap), count);
	assert_string_equal(keymap_binding(keymap, 0)->command, "help");
	/* However the keys are written. */
	bind(keymap, "<up>", "info");
	assert_int_equal(count_bindings(keymap), count);
	check_command(keymap, KEYMAP_BROWSE, "<Up>", "info");
	keymap_free(keymap);
}

static void test_keymap_bind_takes_away(void **state)
{
	struct keymap *keymap = open_preset("octavo");

	(void)state;
	bind(keymap, "g", "move start");
	check_command(keymap, KEYMAP_BROWSE, "gg", "nothing");
	check_command(keymap, KEYMAP_PANEL, "gg", "panel start");
	bind(keymap, "gg", "move end");
	check_command(keymap, KEYMAP_BROWSE, "g", "prefix");
	check_command(keymap, KEYMAP_BROWSE, "gg", "move end");
	bind(keymap, "m", "help");
	check_command(keymap, KEYMAP_BROWSE, "mx", "nothing");
	/* <Any> stands for whatever the other has there. */
	bind(keymap, "'ab", "help");
	check_command(keymap, KEYMAP_BROWSE, "'c", "nothing");
	check_command(keymap, KEYMAP_BROWSE, "''", "jump-back");
	bind(keymap, "'<Any>", "info");
	check_command(keymap, KEYMAP_BROWSE, "'ab", "nothing");
	check_command(keymap, KEYMAP_BROWSE, "'a", "info");
	bind(keymap, "'<Esc>x", "help");
	check_command(keymap, KEYMAP_BROWSE, "'a", "info");
	bind(keymap, "<Any>", "help");
	check_command(keymap, KEYMAP_BROWSE, "zz", "nothing");
	check_command(keymap, KEYMAP_BROWSE, "q", "quit-ask");
	check_command(keymap, KEYMAP_BROWSE, "Q", "help");
	keymap_free(keymap);
}

static void test_keymap_unbind(void **state)
{
	struct keymap *keymap = open_preset("octavo");
	size_t count = count_bindings(keymap);

	(void)state;
	bind(keymap, "q", "");
	check_command(keymap, KEYMAP_BROWSE, "q", "nothing");
	check_command(keymap, KEYMAP_PANEL, "q", "panel close");
	assert_int_equal(count_bindings(keymap), count - 1);
	bind(keymap, "q", "");
	bind(keymap, "g", "");
	check_command(keymap, KEYMAP_BROWSE, "gg", "move start");
	assert_int_equal(count_bindings(keymap), count - 1);
	bind(keymap, "q", "quit");
	bind(keymap, "q", "");
	assert_int_equal(count_bindings(keymap), count - 1);
	keymap_free(keymap);
}

static void test_keymap_bind_refused(void **state)
{
	static const char *const bad[] = {
		"", "^", "<", "<F13>", "a<Nothing>", "\xff", "123", "1", "9x",
		"abcdefghi", "<Any><Any>",
	};
	struct keymap *keymap = open_preset("octavo");
	size_t count = count_bindings(keymap);

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct error error = ERROR_NONE;

		assert_false(keymap_bind(keymap, KEYMAP_BROWSE, bad[i], "help",
					 &error));
		assert_string_not_equal(error.message, "");
		assert_int_equal(count_bindings(keymap), count);
		keymap_check(keymap);
	}
	bind(keymap, "abcdefgh", "help");
	assert_true(keymap_bind(keymap, KEYMAP_PANEL, "1", "help", NULL));
	keymap_free(keymap);
}

/* Whatever is bound in whatever order, the invariants hold and the last one
 * bound is found. */
static void test_keymap_bind_random(void **state)
{
	static const char *const alphabet[] = { "a", "b", "<Any>", "<F5>" };
	struct keymap *keymap = open_preset("octavo");

	(void)state;
	srand(11);
	for (int step = 0; step < 500; step++) {
		char keys[32] = "";
		bool any = false;
		int length = 1 + rand() % 4;

		while (length-- > 0) {
			int pick = rand() % 4;

			if (pick == 2 && any)
				pick = 0;
			any |= pick == 2;
			strcat(keys, alphabet[pick]);
		}
		bool unbind = rand() % 8 == 0;
		bind(keymap, keys, unbind ? "" : keys);
		if (any)
			continue;
		const char *found = command_of(keymap, KEYMAP_BROWSE, keys);
		assert_true((strcmp(found, keys) == 0) == !unbind);
	}
	keymap_free(keymap);
}

static void test_keymap_new_unknown(void **state)
{
	struct error error = ERROR_NONE;

	(void)state;
	assert_null(keymap_new("pico", &error));
	assert_string_equal(error.message, "unknown keymap: pico (there are "
			    "octavo, vi, less, hexedit, mc, emacs, hiew)");
	assert_null(keymap_new("", NULL));
	keymap_free(NULL);
}

/* --- the tables --- */

/* The commands that keys may use, and what may follow. */
static const char *const commands[] = {
	"move left", "move right", "move up", "move down", "move page-up",
	"move page-down", "move half-up", "move half-down", "move row-start",
	"move row-end", "move group-left", "move group-right", "move start",
	"move end", "move left {count}", "move right {count}",
	"move up {count}", "move down {count}", "move page-up {count}",
	"move page-down {count}", "move half-up {count}",
	"move half-down {count}", "move group-left {count}",
	"move group-right {count}", "scroll up {count}",
	"scroll down {count}", "to {count}", "percent {count}", "view",
	"prompt command", "prompt search", "prompt search-back",
	"prompt goto", "prompt command percent", "prompt command fill",
	"next {count}", "previous {count}", "pane", "mode browse",
	"mode overwrite", "mode insert", "mode append", "mode replace-one",
	"mode toggle", "select", "copy", "cut", "delete", "type-delete", "paste",
	"paste-over", "copy-out", "undo {count}", "redo {count}",
	"mark {char}", "jump-mark {char}", "mark b", "jump-mark b",
	"jump-back", "next-change", "previous-change",
	"next-data", "previous-data", "next-hole", "previous-hole", "fold",
	"next-region", "previous-region",
	"next-highlight", "previous-highlight", "next-highlight levels",
	"previous-highlight levels",
	 "write-ask",
	"quit-ask", "help", "redraw", "suspend", "cancel", "center",
	"type-backspace", "panel up", "panel down", "panel page-up",
	"panel page-down", "panel start", "panel end", "panel close", "info",
	"panel go", "panel remove", "panel edit", "panel mine", "panel theirs",
	"prompt filter", "filter toggle", "changes", "matches", "undo-list",
	"split", "split-below", "other-window next", "other-window left",
	"other-window right", "other-window up", "other-window down",
	"close-window", "only",
	"follow", "wq", "quit!", "increment", "increment {count}", "increment -1",
	"increment -{count}",
};

static bool is_command(const char *command)
{
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		if (strcmp(commands[i], command) == 0)
			return true;
	}
	return false;
}

static void check_binding(const struct binding *binding)
{
	uint32_t keys[KEYMAP_KEYS];
	size_t count = read_keys(binding->keys, keys);

	if (!is_command(binding->command) ||
	    (binding->counted != NULL && !is_command(binding->counted)))
		fail_msg("%s: %s", binding->keys, binding->command);
	assert_true(strlen(binding->help) > 0);
	assert_true(strlen(binding->help) < 60);
	assert_true(count > 0);
	if (strstr(binding->command, "{char}") != NULL)
		assert_int_equal(keys[count - 1], KEYCODE_ANY);
	/* Characters are typed in edit mode. */
	if (binding->mode == KEYMAP_EDIT)
		assert_false(key_is_character(keys[0]));
}

/* Are the keys of one entry the same as, or a beginning of, the other's? */
static bool clash(const struct binding *a, const struct binding *b)
{
	uint32_t a_keys[KEYMAP_KEYS], b_keys[KEYMAP_KEYS];
	size_t a_count = read_keys(a->keys, a_keys);
	size_t b_count = read_keys(b->keys, b_keys);
	size_t count = a_count < b_count ? a_count : b_count;

	return a->mode == b->mode &&
	       memcmp(a_keys, b_keys, count * sizeof a_keys[0]) == 0;
}

static void test_presets_tables(void **state)
{
	(void)state;
	assert_string_equal(keymap_presets[0].name, "octavo");
	for (size_t p = 0; keymap_presets[p].name != NULL; p++) {
		const struct binding *first = keymap_presets[p].bindings;

		assert_true(strlen(keymap_presets[p].help) > 0);
		for (const struct binding *b = first; b->keys != NULL; b++) {
			check_binding(b);
			for (const struct binding *a = first; a < b; a++) {
				if (clash(a, b))
					fail_msg("%s: %s and %s",
						 keymap_presets[p].name,
						 a->keys, b->keys);
			}
		}
	}
}

/* Laid over the default: nothing of the preset is lost, nothing waits. */
static void test_presets_merged(void **state)
{
	(void)state;
	for (size_t p = 0; keymap_presets[p].name != NULL; p++) {
		struct keymap *keymap = open_preset(keymap_presets[p].name);
		const struct binding *b = keymap_presets[p].bindings;

		keymap_check(keymap);
		for (; b->keys != NULL; b++) {
			if (strstr(b->keys, "<Any>") == NULL)
				check_command(keymap, b->mode, b->keys,
					      b->command);
		}
		keymap_free(keymap);
	}
}

/* What no preset may take away. */
static void test_presets_promises(void **state)
{
	static const char *const needed[] = {
		"prompt command", "prompt goto", "prompt search",
		"prompt search-back", "next {count}", "previous {count}",
		"pane", "mode overwrite", "mode insert", "select", "copy",
		"paste-over", "undo {count}", "write-ask", "quit-ask", "help",
		"move start", "move end", "move page-up {count}",
		"move page-down {count}", "mark {char}", "jump-back",
	};

	(void)state;
	for (size_t p = 0; keymap_presets[p].name != NULL; p++) {
		struct keymap *keymap = open_preset(keymap_presets[p].name);

		check_command(keymap, KEYMAP_BROWSE, "<Esc>", "cancel");
		check_command(keymap, KEYMAP_BROWSE, "^C", "cancel");
		check_command(keymap, KEYMAP_EDIT, "<Esc>", "mode browse");
		check_command(keymap, KEYMAP_EDIT, "^C", "mode browse");
		check_command(keymap, KEYMAP_PANEL, "<Esc>", "panel close");
		check_command(keymap, KEYMAP_BROWSE, ":", "prompt command");
		check_command(keymap, KEYMAP_BROWSE, "<F1>", "help");
		check_command(keymap, KEYMAP_BROWSE, "<F10>", "quit-ask");
		for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
			bool found = false;

			for (size_t n = 0; keymap_binding(keymap, n); n++)
				found |= strcmp(keymap_binding(keymap, n)
						->command, needed[i]) == 0;
			if (!found)
				fail_msg("%s: no key for %s",
					 keymap_presets[p].name, needed[i]);
		}
		keymap_free(keymap);
	}
}

static void test_octavo_browse(void **state)
{
	static const struct { const char *keys, *command; } table[] = {
		{ "<Up>", "move up {count}" }, { "k", "move up {count}" },
		{ "<Down>", "move down {count}" }, { "j", "move down {count}" },
		{ "<Left>", "move left {count}" }, { "h", "move left {count}" },
		{ "<Right>", "move right {count}" },
		{ "l", "move right {count}" },
		{ "<PgUp>", "move page-up {count}" },
		{ "b", "move page-up {count}" },
		{ "^B", "move page-up {count}" },
		{ "<PgDn>", "move page-down {count}" },
		{ "<Space>", "move page-down {count}" },
		{ "^F", "move page-down {count}" },
		{ "^D", "move half-down {count}" },
		{ "^U", "move half-up {count}" },
		{ "<Home>", "move row-start" }, { "0", "move row-start" },
		{ "<End>", "move row-end" }, { "$", "move row-end" },
		{ "gg", "move start" }, { "<^Home>", "move start" },
		{ "<Less>", "move start" }, { "G", "move end" },
		{ "<^End>", "move end" }, { ">", "move end" },
		{ "<^Left>", "move group-left {count}" },
		{ "<^Right>", "move group-right {count}" },
		{ "<F5>", "prompt goto" }, { "^G", "prompt goto" },
		{ "/", "prompt search" }, { "<F7>", "prompt search" },
		{ "?", "prompt search-back" }, { "n", "next {count}" },
		{ "N", "previous {count}" }, { ":", "prompt command" },
		{ "<Tab>", "pane" }, { "R", "mode overwrite" },
		{ "<F3>", "mode overwrite" }, { "i", "mode insert" },
		{ "<Ins>", "mode insert" }, { "a", "mode append" },
		{ "r", "mode replace-one" }, { "v", "select" }, { "y", "copy" },
		{ "d", "cut" }, { "x", "delete" }, { "<Del>", "delete" },
		{ "p", "paste-over" }, { "P", "paste" }, { "Y", "copy-out" },
		{ "u", "undo {count}" }, { "^R", "redo {count}" },
		{ "mq", "mark {char}" }, { "'q", "jump-mark {char}" },
		{ "''", "jump-back" }, { "^O", "jump-back" },
		{ "<Backspace>", "jump-back" }, { "]c", "next-change" },
		{ "[c", "previous-change" }, { "<F2>", "write-ask" },
		{ "<F1>", "help" }, { "<F10>", "quit-ask" },
		{ "q", "quit-ask" }, { "^L", "redraw" }, { "^Z", "suspend" },
		{ "zz", "center" }, { "<Esc>", "cancel" }, { "^C", "cancel" },
	};
	static const char *const counted[][2] = {
		{ "G", "to {count}" }, { "gg", "to {count}" },
		{ "%", "percent {count}" },
	};
	struct keymap *keymap = open_preset("octavo");

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		check_command(keymap, KEYMAP_BROWSE, table[i].keys,
			      table[i].command);
	for (size_t i = 0; i < 3; i++) {
		const struct binding *binding;
		uint32_t character;

		assert_int_equal(look_up(keymap, KEYMAP_BROWSE, counted[i][0],
					 &binding, &character),
				 KEYMAP_COMMAND);
		assert_string_equal(binding->counted, counted[i][1]);
	}
	keymap_free(keymap);
}

static void test_octavo_edit(void **state)
{
	static const struct { const char *keys, *command; } table[] = {
		{ "<Up>", "move up" }, { "<Down>", "move down" },
		{ "<Left>", "move left" }, { "<Right>", "move right" },
		{ "<PgUp>", "move page-up" }, { "<PgDn>", "move page-down" },
		{ "<Home>", "move row-start" }, { "<End>", "move row-end" },
		{ "<^Home>", "move start" }, { "<^End>", "move end" },
		{ "<^Left>", "move group-left" },
		{ "<^Right>", "move group-right" }, { "<Tab>", "pane" },
		{ "<Ins>", "mode toggle" }, { "<Del>", "type-delete" },
		{ "<Backspace>", "type-backspace" },
		{ "<Esc>", "mode browse" }, { "^C", "mode browse" },
		{ "<F1>", "help" }, { "<F2>", "write-ask" },
		{ "<F5>", "prompt goto" }, { "<F7>", "prompt search" },
		{ "<F10>", "quit-ask" }, { "^L", "redraw" },
		{ "^Z", "suspend" }, { "^R", "nothing" },
	};
	struct keymap *keymap = open_preset("octavo");

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		check_command(keymap, KEYMAP_EDIT, table[i].keys,
			      table[i].command);
	for (char c = ' '; c < 127; c++) {
		uint32_t key = (unsigned char)c;
		const struct binding *binding;
		uint32_t character;

		assert_int_equal(keymap_lookup(keymap, KEYMAP_EDIT, &key, 1,
					       &binding, &character),
				 KEYMAP_NOTHING);
	}
	keymap_free(keymap);
}

/* --- labels and hints --- */

static void check_labels(const char *preset, enum keymap_mode mode,
			 const char *expected)
{
	struct keymap *keymap = open_preset(preset);
	char labels[256] = "";

	for (unsigned n = 0; n < 12; n++) {
		const char *label = keymap_label(keymap, mode, false, n);

		if (*label != '\0')
			snprintf(labels + strlen(labels),
				 sizeof labels - strlen(labels), "%u%s ",
				 n + 1, label);
	}
	assert_string_equal(labels, expected);
	keymap_free(keymap);
}

static void test_keymap_label(void **state)
{
	struct keymap *keymap = open_preset("octavo");

	(void)state;
	check_labels("octavo", KEYMAP_BROWSE,
		     "1Help 2Write 3Edit 4Text 5Goto 7Search 10Quit ");
	check_labels("octavo", KEYMAP_EDIT,
		     "1Help 2Write 4Text 5Goto 7Search 10Quit ");
	check_labels("octavo", KEYMAP_PANEL, "1Close 10Close ");
	check_labels("mc", KEYMAP_BROWSE,
		     "1Help 2Edit 3Quit 4Text 5Goto 6Write 7Search 10Quit ");
	check_labels("hiew", KEYMAP_EDIT, "1Help 2Write 3Undo 4Text 5Goto 7Search "
		     "9Write 10Quit ");
	bind(keymap, "<F12>", "goto 0x200");
	assert_string_equal(keymap_label(keymap, KEYMAP_BROWSE, true, 3),
			    "Hex");
	assert_string_equal(keymap_label(keymap, KEYMAP_BROWSE, true, 4),
			    "Goto");
	assert_string_equal(keymap_label(keymap, KEYMAP_BROWSE, false, 11),
			    "goto 0x200");
	keymap_free(keymap);
}

/* A function key of a preset has a label of its own, not its command. */
static void test_keymap_label_every(void **state)
{
	(void)state;
	for (size_t p = 0; keymap_presets[p].name != NULL; p++) {
		struct keymap *keymap = open_preset(keymap_presets[p].name);

		for (int mode = 0; mode < KEYMAP_MODES; mode++) {
			for (unsigned n = 0; n < 12; n++) {
				const char *label = keymap_label(
					keymap, (enum keymap_mode)mode, n % 2,
					n);

				assert_true(strlen(label) <= 8);
				assert_false(is_command(label));
			}
		}
		keymap_free(keymap);
	}
}

static void check_hint(const struct keymap *keymap, enum keymap_mode mode,
		       const char *keys, const char *expected)
{
	uint32_t read[KEYMAP_KEYS];
	size_t count = read_keys(keys, read);
	char text[256];

	assert_string_equal(keymap_hint(keymap, mode, read, count, text,
					sizeof text), expected);
}

static void test_keymap_hint(void **state)
{
	struct keymap *keymap = open_preset("octavo");
	char text[16];
	const uint32_t key = 'c';

	(void)state;
	check_hint(keymap, KEYMAP_BROWSE, "c", "c means nothing here: to type "
		   "bytes: R overwrites, i inserts");
	check_hint(keymap, KEYMAP_BROWSE, "^S", "^S means nothing here: F2 or "
		   ":write writes, / searches");
	check_hint(keymap, KEYMAP_BROWSE, "^X",
		   "^X means nothing here: q or :quit quits");
	check_hint(keymap, KEYMAP_BROWSE, "<F11>", "F11 means nothing here: "
		   "F1 lists the keys, : takes a command");
	check_hint(keymap, KEYMAP_EDIT, "^V", "^V means nothing here: after "
		   "Esc, p pastes over and P inserts");
	check_hint(keymap, KEYMAP_PANEL, "x", "x means nothing here: Esc "
		   "closes this, the arrows move");
	check_hint(keymap, KEYMAP_BROWSE, "gx",
		   "gx means nothing here: gg: start of the file");
	check_hint(keymap, KEYMAP_BROWSE, "'<F5>", "' F5 means nothing here: "
		   "' <any>: go to a mark; '': back to before the last jump");
	/* It follows the keymap in force, and what has no key is typed. */
	bind(keymap, "R", "");
	bind(keymap, "i", "");
	bind(keymap, "<Ins>", "");
	check_hint(keymap, KEYMAP_BROWSE, "c", "c means nothing here: to type "
		   "bytes: F3 overwrites, :mode insert inserts");
	bind(keymap, "u", "");
	check_hint(keymap, KEYMAP_BROWSE, "^_", "^_ means nothing here: :undo "
		   "undoes, ^R redoes");
	keymap_hint(keymap, KEYMAP_BROWSE, &key, 1, text, sizeof text);
	assert_string_equal(text, "c means nothing");
	keymap_free(keymap);
}

static void check_hint_text(const char *text)
{
	const char *end;

	while ((text = strchr(text, '[')) != NULL) {
		char command[64];

		end = strchr(text, ']');
		assert_non_null(end);
		snprintf(command, sizeof command, "%.*s",
			 (int)(end - text - 1), text + 1);
		if (!is_command(command))
			fail_msg("no command: %s", command);
		text = end;
	}
}

/* Every hint can be read, is for keys that mean nothing in the default, and
 * names commands that there are. */
static void test_keymap_hints(void **state)
{
	struct keymap *keymap = open_preset("octavo");
	bool last[KEYMAP_MODES] = { false };

	(void)state;
	for (const struct keymap_hint *hint = keymap_hints;
	     hint->text != NULL; hint++) {
		size_t position = 0;
		uint32_t key, character;
		const struct binding *binding;

		check_hint_text(hint->text);
		assert_false(last[hint->mode]);
		last[hint->mode] = hint->keys == NULL;
		while (hint->keys != NULL && hint->keys[position] != '\0') {
			assert_true(key_parse(&key, hint->keys, &position,
					      NULL));
			if (keymap_lookup(keymap, hint->mode, &key, 1, &binding,
					  &character) != KEYMAP_NOTHING)
				fail_msg("%s has a meaning", hint->keys);
		}
	}
	for (int mode = 0; mode < KEYMAP_MODES; mode++)
		assert_true(last[mode]);
	keymap_free(keymap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keymap_lookup),
		cmocka_unit_test(test_keymap_lookup_any),
		cmocka_unit_test(test_keymap_bind),
		cmocka_unit_test(test_keymap_bind_in_place),
		cmocka_unit_test(test_keymap_bind_takes_away),
		cmocka_unit_test(test_keymap_unbind),
		cmocka_unit_test(test_keymap_bind_refused),
		cmocka_unit_test(test_keymap_bind_random),
		cmocka_unit_test(test_keymap_new_unknown),
		cmocka_unit_test(test_presets_tables),
		cmocka_unit_test(test_presets_merged),
		cmocka_unit_test(test_presets_promises),
		cmocka_unit_test(test_octavo_browse),
		cmocka_unit_test(test_octavo_edit),
		cmocka_unit_test(test_keymap_label),
		cmocka_unit_test(test_keymap_label_every),
		cmocka_unit_test(test_keymap_hint),
		cmocka_unit_test(test_keymap_hints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
