/*
 * prompt: a line being typed: text, cursor, history.  Knows nothing of what
 * the line means, nor of a terminal.
 *
 * Keys: characters insert; Left Right Home End ^A ^E ^B ^F move and never
 * erase; Backspace Delete ^W (word) ^U (to the start) ^K (to the end) erase;
 * Up Down ^P ^N go through the history, keeping what was typed (a line of the
 * history that was changed counts as typed); Enter accepts; Esc and ^C cancel,
 * Backspace in an empty line too.  Tab and BackTab are left to the owner.
 * What does not fit into PROMPT_SIZE is not taken.
 */
#ifndef OCTAVO_PROMPT_H
#define OCTAVO_PROMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROMPT_SIZE = 4096, PROMPT_HISTORY = 200 };

struct prompt_history {
	char *lines[PROMPT_HISTORY];	/* oldest first */
	size_t count;
};

struct prompt {
	char text[PROMPT_SIZE];	/* UTF-8, NUL-terminated */
	size_t length;
	size_t cursor;		/* byte index, at a character's start */
	struct prompt_history *history;
	size_t recalled;	/* index in the history; count: none */
	char typed[PROMPT_SIZE];	/* kept while the history is shown */
};

enum prompt_result {
	PROMPT_NOTHING,
	PROMPT_MOVED,	/* only the cursor */
	PROMPT_CHANGED,
	PROMPT_ACCEPTED,
	PROMPT_CANCELLED,
	PROMPT_TAB,
	PROMPT_BACK_TAB
};

/* HISTORY may be NULL. */
void prompt_start(struct prompt *prompt, struct prompt_history *history,
		  const char *text);
enum prompt_result prompt_key(struct prompt *prompt, uint32_t key);
/* Replaces the text; cursor at the end. */
void prompt_set(struct prompt *prompt, const char *text);
/* Replaces bytes [start, cursor) by TEXT (completion). */
void prompt_complete(struct prompt *prompt, size_t start, const char *text);

/* Asserts the invariants. */
void prompt_check(const struct prompt *prompt);

/* Adds LINE unless it is empty or the newest one already; the oldest goes
 * when it is full, and nothing is added where there is no memory. */
void prompt_history_add(struct prompt_history *history, const char *line);
void prompt_history_free(struct prompt_history *history);

#endif
