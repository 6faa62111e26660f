/*
 * input_prompt: the half of the input room that has an open prompt.
 */
#ifndef OCTAVO_INPUT_PROMPT_H
#define OCTAVO_INPUT_PROMPT_H

#include "octavo/editor.h"

/* A key while editor->prompt_kind is not PROMPT_NONE. */
void input_prompt_key(struct editor *editor, uint32_t key);

/* Runs a command line; its error goes to the message line. */
void input_run(struct editor *editor, const char *line);

#endif
