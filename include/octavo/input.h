/*
 * input: what a key does: it answers a question, goes to the prompt or the
 * panel, is looked up in the keymap (counts and prefixes are kept here), or
 * is typed into the document.
 *
 * No terminal is needed: tests and the command `keys` feed it as well.
 */
#ifndef OCTAVO_INPUT_H
#define OCTAVO_INPUT_H

#include "octavo/editor.h"
#include "octavo/key.h"

struct input;

struct input *input_new(struct editor *editor, struct error *error);
void input_free(struct input *input);

/* One key.  Errors go to the editor's message line. */
void input_key(struct input *input, uint32_t key);

/* Keys as octavo/key.h writes them; false: they cannot be read. */
bool input_keys(struct input *input, const char *keys, struct error *error);

/* --- mouse: ROW and COLUMN in the grid --- */

void input_click(struct input *input, unsigned row, unsigned column,
		 const struct grid *grid);
void input_drag(struct input *input, unsigned row, unsigned column,
		const struct grid *grid);
/* Scrolls what is there, by ROWS, whichever window has the focus. */
void input_wheel(struct input *input, int rows, unsigned row, unsigned column,
		 const struct grid *grid);

#endif
