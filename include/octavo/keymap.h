/*
 * keymap: which keys mean which line of the command language.
 *
 * Every binding of every preset is an entry of a table: keys, mode, command,
 * help.  A preset is the default keymap with its own entries laid over it;
 * `map` lays the user's over that.
 *
 * What is bound last wins.  In one mode no sequence of keys is the beginning
 * of another, so that no key ever has to wait for a clock: binding keys takes
 * away whatever was bound to the same keys, to a beginning of them, and to
 * sequences that begin with them.  (`g` bound anew takes gg away.)  Of two
 * bindings that both fit, the one without <Any> is meant: '' before '<Any>.
 *
 * In a command, {count} stands for the count typed before the keys (1 where
 * there was none), {char} for the character that <Any> took.  Where a binding
 * has a second command, that one is meant when a count was typed.
 */
#ifndef OCTAVO_KEYMAP_H
#define OCTAVO_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "octavo/error.h"

enum { KEYMAP_KEYS = 8 };	/* longest sequence */

enum keymap_mode {
	KEYMAP_BROWSE,
	KEYMAP_EDIT,	/* overwrite, insert, replace one */
	KEYMAP_PANEL,	/* help, lists */
	KEYMAP_MODES
};

struct binding {
	enum keymap_mode mode;
	const char *keys;	/* as octavo/key.h writes them */
	const char *command;	/* "" unbinds */
	const char *counted;	/* instead, when a count was typed; or NULL */
	const char *help;	/* what it does, for the help screen */
};

struct keymap_preset {
	const char *name;
	const char *help;
	const struct binding *bindings;	/* ends with keys == NULL */
};

/* The presets; the first one, "octavo", is the default that the others lie
 * upon.  Ends with name == NULL. */
extern const struct keymap_preset keymap_presets[];

struct keymap;

/* A keymap of the preset NAME; an unknown one is an error that lists them. */
struct keymap *keymap_new(const char *name, struct error *error);
void keymap_free(struct keymap *keymap);

/*
 * Binds KEYS to COMMAND in MODE, over what was there; "" unbinds just them.
 * Refused: keys that cannot be read, more than KEYMAP_KEYS of them, two <Any>,
 * and 1 to 9 first in browse mode, where they begin a count.  On an error
 * nothing has changed.  Bindings handed out before may be gone afterwards.
 */
bool keymap_bind(struct keymap *keymap, enum keymap_mode mode,
		 const char *keys, const char *command, struct error *error);

enum keymap_found {
	KEYMAP_NOTHING,	/* no binding begins like this */
	KEYMAP_PREFIX,	/* more keys are needed */
	KEYMAP_COMMAND
};

/*
 * Looks up COUNT keys.  KEYMAP_COMMAND: *BINDING is what they mean and
 * *CHARACTER what <Any> took (0 where none).
 */
enum keymap_found keymap_lookup(const struct keymap *keymap,
				enum keymap_mode mode, const uint32_t *keys,
				size_t count, const struct binding **binding,
				uint32_t *character);

/* All bindings in force, in table order: INDEX from 0; NULL at the end. */
const struct binding *keymap_binding(const struct keymap *keymap,
				     size_t index);

/* The short label for the bottom line of what F(NUMBER + 1) does in MODE, for a
 * view in TEXT_MODE or not; "" where it does nothing.  A command without a
 * label of its own is one itself: cut it. */
const char *keymap_label(const struct keymap *keymap, enum keymap_mode mode,
			 bool text_mode, unsigned number);

/*
 * What to say of keys that mean nothing.  Each entry is for any one of KEYS,
 * which users of other programs press; the last one of a mode has keys == NULL
 * and is for all others.  In TEXT [COMMAND] stands for the keys that COMMAND
 * is bound to, in MODE or else in browse mode (":COMMAND" where there are
 * none), so that it stays true under every preset.
 */
struct keymap_hint {
	enum keymap_mode mode;
	const char *keys;
	const char *text;
};

extern const struct keymap_hint keymap_hints[];	/* ends with text == NULL */

/*
 * What would have done it, for COUNT > 0 KEYS of which keymap_lookup says
 * KEYMAP_NOTHING: for a key alone its hint, behind the beginning of a sequence
 * how that could have gone on.  In TEXT (cut to SIZE), which it returns.
 */
char *keymap_hint(const struct keymap *keymap, enum keymap_mode mode,
		  const uint32_t *keys, size_t count, char *text, size_t size);

/* TEXT, in which [COMMAND] stands for the keys that it is bound to (see struct
 * keymap_hint), in LINE (cut to SIZE), which it returns. */
char *keymap_expand(const struct keymap *keymap, enum keymap_mode mode,
		    const char *text, char *line, size_t size);

/* Asserts the invariants. */
void keymap_check(const struct keymap *keymap);

#endif
