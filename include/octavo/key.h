/*
 * key: a key pressed, as a number, and its name.
 *
 * A key is a Unicode character (control characters for ^A to ^Z, 9 Tab, 13
 * Enter, 27 Esc, 127 Backspace), or one of the codes below, beyond Unicode.
 *
 * Written in commands (`map`, `keys`) a sequence of keys is text in which
 *   ^X       stands for a control key,
 *   <NAME>   for a key with a name: <F5> <PgDn> <Esc> <Tab> <Enter> <Space>
 *            <Less> <Caret> <Bar> <^Home> ...
 * and every other character for itself; in a name the case is free.  Shown to
 * people the name stands alone: F5, PgDn, ^F, gg; only <any> keeps its <>.
 */
#ifndef OCTAVO_KEY_H
#define OCTAVO_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "octavo/error.h"

enum key_code {
	KEYCODE_TAB = 9,
	KEYCODE_ENTER = 13,
	KEYCODE_ESCAPE = 27,
	KEYCODE_BACKSPACE = 127,
	KEYCODE_UP = 0x110000,
	KEYCODE_DOWN,
	KEYCODE_LEFT,
	KEYCODE_RIGHT,
	KEYCODE_HOME,
	KEYCODE_END,
	KEYCODE_PAGE_UP,
	KEYCODE_PAGE_DOWN,
	KEYCODE_INSERT,
	KEYCODE_DELETE,
	KEYCODE_BACK_TAB,
	KEYCODE_CONTROL_HOME,
	KEYCODE_CONTROL_END,
	KEYCODE_CONTROL_LEFT,
	KEYCODE_CONTROL_RIGHT,
	KEYCODE_ANY,		/* in a binding: whatever character comes */
	KEYCODE_F1 = 0x110100,	/* F2 is KEYCODE_F1 + 1 ... F12 */
	KEYCODE_LIMIT = 0x110200
};

/* Reads one key from TEXT at *POSITION, which moves behind it. */
bool key_parse(uint32_t *key, const char *text, size_t *position,
	       struct error *error);

/* The name of KEY for people, in NAME (at least 16 bytes); returns NAME.
 * Printable; what a terminal must not get stands as U+0085. */
char *key_format(uint32_t key, char *name, size_t size);

/* The names of COUNT keys, or of keys written as above, in NAMES, cut to SIZE;
 * blanks part those of several letters: "gg", "^X ^C", "m <any>".  Returns
 * NAMES. */
char *key_names(const uint32_t *keys, size_t count, char *names, size_t size);
char *key_sequence_name(const char *keys, char *names, size_t size);

/* Is KEY a character that can be typed: no control character, no key with a
 * code of its own? */
bool key_is_character(uint32_t key);

#endif
