/*
 * keymap: which keys mean which line of the command language.
 *
 * Every binding of every preset is an entry of a table: keys, mode, command,
 * help.  A preset is the default keymap with its own entries laid over it;
 * `map` lays the user's over that.
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

/* A function key's short label for the bottom line, by mode: keymap_labels[
 * mode][n] for F(n+1), "" where it has none. */
extern const char *const keymap_labels[KEYMAP_MODES][12];

struct keymap;

/* A keymap of the preset NAME; an unknown one is an error that lists them. */
struct keymap *keymap_new(const char *name, struct error *error);
void keymap_free(struct keymap *keymap);

/* Binds KEYS to COMMAND in MODE, over what was there; "" unbinds. */
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

#endif
