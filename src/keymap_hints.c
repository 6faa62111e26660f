/*
 * What the keymap has to say to people: the labels of the function keys, and
 * what would have done what somebody expected of a key that means nothing.
 * Both name commands and ask the keymap in force for the rest.
 */
#include "octavo/keymap.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "octavo/key.h"

static const struct keymap_label {
	const char *command;
	const char *label;
	const char *in_text;	/* instead, in text mode; or NULL */
} keymap_label_table[] = {
	{"help", "Help", NULL},
	{"write-ask", "Write", NULL},
	{"quit-ask", "Quit", NULL},
	{"mode overwrite", "Edit", NULL},
	{"mode insert", "Insert", NULL},
	{"mode browse", "Browse", NULL},
	{"mode toggle", "Ins/Ovr", NULL},
	{"prompt goto", "Goto", NULL},
	{"prompt search", "Search", NULL},
	{"prompt search-back", "Back", NULL},
	{"prompt command", "Command", NULL},
	{"prompt command fill", "Fill", NULL},
	{"next {count}", "Next", NULL},
	{"previous {count}", "Prev", NULL},
	{"undo {count}", "Undo", NULL},
	{"redo {count}", "Redo", NULL},
	{"type-backspace", "Undo", NULL},
	{"select", "Select", NULL},
	{"copy", "Copy", NULL},
	{"cut", "Cut", NULL},
	{"paste", "Paste", NULL},
	{"paste-over", "Paste", NULL},
	{"pane", "Pane", NULL},
	{"view", "Text", "Hex"},
	{"panel close", "Close", NULL},
	{"move page-up {count}", "PageUp", NULL},
	{"move page-up", "PageUp", NULL},
	{"move page-down {count}", "PageDown", NULL},
	{"move page-down", "PageDown", NULL},
};

const struct keymap_hint keymap_hints[] = {
	{KEYMAP_BROWSE, "ABDEcefoOsS.~",
	 "to type bytes: [mode overwrite] overwrites, [mode insert] inserts"},
	{KEYMAP_BROWSE, "^S",
	 "[write-ask] or :write writes, [prompt search] searches"},
	{KEYMAP_BROWSE, "^X^QQ", "[quit-ask] or :quit quits"},
	{KEYMAP_BROWSE, "Z", "[quit-ask] or :quit quits, [write-ask] writes"},
	{KEYMAP_BROWSE, "^V",
	 "[paste-over] pastes over, [paste] inserts what was copied"},
	{KEYMAP_BROWSE, "^@", "[select] starts to select"},
	{KEYMAP_BROWSE, "V", "[select] starts to select"},
	{KEYMAP_BROWSE, "^A", "[move row-start] goes to the start of the row; "
	 "all is selected by %, as in :% copy"},
	{KEYMAP_BROWSE, "^_", "[undo {count}] undoes, [redo {count}] redoes"},
	{KEYMAP_BROWSE, "<Enter>@",
	 "[prompt goto] goes to an address, [move down {count}] moves down"},
	{KEYMAP_BROWSE, "^N", "[move down {count}] moves down, "
	 "[next {count}] goes to the next match"},
	{KEYMAP_BROWSE, "^P", "[move up {count}] moves up, "
	 "[previous {count}] goes to the previous match"},
	{KEYMAP_BROWSE, "we", "[move group-right {count}] and [move group-left "
	 "{count}] move by groups of bytes, in text by words"},
	{KEYMAP_BROWSE, "#*\\;,", "[prompt search] searches, [next {count}] "
	 "and [previous {count}] repeat it"},
	{KEYMAP_BROWSE, "I<F6>=", ":info describes the file"},
	{KEYMAP_BROWSE, "+-", "[prompt goto] takes +N and -N; "
	 "[mark {char}] sets a mark, [jump-mark {char}] goes there"},
	{KEYMAP_BROWSE, "HM", "[move page-up {count}] and "
	 "[move page-down {count}] move by pages"},
	{KEYMAP_BROWSE, "`", "[jump-mark {char}] goes to a mark"},
	{KEYMAP_BROWSE, "<Caret>", "[move row-start] goes to the start of the "
	 "row"},
	{KEYMAP_BROWSE, NULL, "[help] lists the keys, [prompt command] takes a "
	 "command"},
	{KEYMAP_EDIT, "^S^W", "[write-ask] writes"},
	{KEYMAP_EDIT, "^X^Q", "[quit-ask] quits, [mode browse] ends editing"},
	{KEYMAP_EDIT, "^U^_^R", "[type-backspace] takes the last byte back; "
	 "after [mode browse], [undo {count}] undoes and [redo {count}] "
	 "redoes"},
	{KEYMAP_EDIT, "^V^Y", "after [mode browse], [paste-over] pastes over and "
	 "[paste] inserts"},
	{KEYMAP_EDIT, "^N^P^F^B^D^A^E", "the arrows, [move page-up] and "
	 "[move page-down] move here"},
	{KEYMAP_EDIT, "^O", "after [mode browse], [jump-back] jumps back"},
	{KEYMAP_EDIT, NULL, "[mode browse] ends editing, [help] lists the "
	 "keys"},
	{KEYMAP_PANEL, NULL, "[panel close] closes this, the arrows move"},
	{KEYMAP_MODES, NULL, NULL},
};

const char *keymap_label(const struct keymap *keymap, enum keymap_mode mode,
			 bool text_mode, unsigned number)
{
	uint32_t key = KEYCODE_F1 + number;
	const struct binding *binding;
	uint32_t character;
	if (keymap_lookup(keymap, mode, &key, 1, &binding, &character) !=
	    KEYMAP_COMMAND)
		return "";
	size_t count = sizeof keymap_label_table / sizeof keymap_label_table[0];
	for (size_t i = 0; i < count; i++) {
		const struct keymap_label *label = &keymap_label_table[i];
		if (strcmp(label->command, binding->command) == 0)
			return text_mode && label->in_text ? label->in_text
							   : label->label;
	}
	return binding->command;
}

static void hint_append(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void hint_append(char *text, size_t size, const char *format, ...)
{
	size_t length = strlen(text);
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text + length, size - length, format, arguments);
	va_end(arguments);
}

/* The first binding of MODE with the command, LENGTH bytes of COMMAND. */
static const struct binding *hint_binding(const struct keymap *keymap,
					  enum keymap_mode mode,
					  const char *command, size_t length)
{
	const struct binding *binding;
	for (size_t i = 0; (binding = keymap_binding(keymap, i)); i++) {
		if (binding->mode == mode &&
		    strncmp(binding->command, command, length) == 0 &&
		    binding->command[length] == '\0')
			return binding;
	}
	return NULL;
}

/* Of LENGTH bytes of COMMAND what can be typed: no {count}. */
static size_t hint_typed_length(const char *command, size_t length)
{
	const char *brace = memchr(command, '{', length);
	size_t typed = brace == NULL ? length : (size_t)(brace - command);
	while (typed > 0 && command[typed - 1] == ' ')
		typed--;
	return typed;
}

/* What stands for the [COMMAND] of LENGTH bytes. */
static void hint_append_keys(const struct keymap *keymap,
			     enum keymap_mode mode, const char *command,
			     size_t length, char *text, size_t size)
{
	const struct binding *binding =
		hint_binding(keymap, mode, command, length);
	if (binding == NULL)
		binding = hint_binding(keymap, KEYMAP_BROWSE, command, length);
	char names[64];
	if (binding != NULL)
		hint_append(text, size, "%s",
			    key_sequence_name(binding->keys, names,
					      sizeof names));
	else
		hint_append(text, size, ":%.*s",
			    (int)hint_typed_length(command, length), command);
}

static void hint_expand(const struct keymap *keymap, enum keymap_mode mode,
			const char *hint, char *text, size_t size)
{
	while (*hint != '\0') {
		size_t plain = strcspn(hint, "[");
		hint_append(text, size, "%.*s", (int)plain, hint);
		hint += plain;
		if (*hint == '\0')
			return;
		size_t length = strcspn(hint + 1, "]");
		hint_append_keys(keymap, mode, hint + 1, length, text, size);
		hint += length + 2;
	}
}

char *keymap_expand(const struct keymap *keymap, enum keymap_mode mode,
		    const char *text, char *line, size_t size)
{
	line[0] = '\0';
	hint_expand(keymap, mode, text, line, size);
	return line;
}

static const char *hint_find(enum keymap_mode mode, uint32_t key)
{
	for (const struct keymap_hint *hint = keymap_hints;
	     hint->text != NULL; hint++) {
		if (hint->mode != mode)
			continue;
		if (hint->keys == NULL)
			return hint->text;
		size_t position = 0;
		uint32_t other;
		while (key_parse(&other, hint->keys, &position, NULL)) {
			if (other == key)
				return hint->text;
		}
	}
	return "";
}

/* Do the keys of BINDING go on from these COUNT? */
static bool hint_goes_on(const struct binding *binding, const uint32_t *keys,
			 size_t count)
{
	size_t position = 0;
	uint32_t key;
	for (size_t i = 0; i < count; i++) {
		if (!key_parse(&key, binding->keys, &position, NULL) ||
		    (key != keys[i] && key != KEYCODE_ANY))
			return false;
	}
	return binding->keys[position] != '\0';
}

static void hint_list(const struct keymap *keymap, enum keymap_mode mode,
		      const uint32_t *keys, size_t count, char *text,
		      size_t size)
{
	const struct binding *binding;
	const char *separator = "";
	for (size_t i = 0; (binding = keymap_binding(keymap, i)); i++) {
		if (binding->mode != mode ||
		    !hint_goes_on(binding, keys, count))
			continue;
		char names[64];
		key_sequence_name(binding->keys, names, sizeof names);
		hint_append(text, size, "%s%s: %s", separator, names,
			    binding->help);
		separator = "; ";
	}
}

char *keymap_hint(const struct keymap *keymap, enum keymap_mode mode,
		  const uint32_t *keys, size_t count, char *text, size_t size)
{
	char names[64];
	key_names(keys, count, names, sizeof names);
	text[0] = '\0';
	hint_append(text, size, "%s means nothing here: ", names);
	if (count > 1)
		hint_list(keymap, mode, keys, count - 1, text, size);
	else
		hint_expand(keymap, mode, hint_find(mode, keys[0]), text, size);
	return text;
}
