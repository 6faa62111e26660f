/*
 * tui: the terminal.  The only room that knows ncurses: keys in, grid out,
 * and the loop that waits for keys, tasks and the files.
 *
 * Whatever ends the program, the terminal is restored: on a normal end, and
 * from the handler of every deadly signal but SIGKILL by tcsetattr and one
 * write, never by ncurses.
 *
 * The loop draws after every batch of keys and after everything that arrived,
 * at most once per batch; a key never waits for a task.  It looks at the
 * files (editor_check_files) once a second and before a key after 250 ms of
 * silence.
 */
#ifndef OCTAVO_TUI_H
#define OCTAVO_TUI_H

#include "octavo/editor.h"

/*
 * Starts the terminal; before the first file is opened, so that its SIGBUS
 * handler lies under the mapping's.  Refused with a message: standard output
 * is no terminal, TERM is empty, unknown or too dumb (cannot move the cursor).
 * Keys come from /dev/tty where standard input is not a terminal.
 */
bool tui_start(struct editor *editor, struct error *error);

/* Runs until editor->quit: 0; or until the terminal is gone: 2. */
int tui_run(struct editor *editor);

/* Restores the terminal; harmless when it was not started. */
void tui_stop(void);

/* A progress line while there is nothing else to show (spooling a pipe):
 * a file_progress.  Esc, ^C and q stop it, and set the bool CONTEXT. */
bool tui_spool_progress(void *context, uint64_t bytes);

#endif
