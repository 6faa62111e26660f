/*
 * batch: commands without a terminal; their results on standard output.
 */
#ifndef OCTAVO_BATCH_H
#define OCTAVO_BATCH_H

#include "octavo/editor.h"

/*
 * Runs LINES (COUNT of them; from standard input where there are none), in
 * order, up to the first that fails, and prints what they print.  Says on
 * standard error why it failed and which changes were not written.  Returns
 * the exit status: 0, 1 where a search found nothing, 2 where something
 * failed.
 */
int batch_run(struct editor *editor, const char *const *lines, size_t count);

/*
 * Runs the lines for each of PATHS in turn, each opened when its turn comes
 * and closed behind it, the cursor at ADDRESS (NULL: at the start).  Lines of
 * results have the path and a colon before them; bytes (print, export) come as
 * they are.  What fails ends the turn of its file, and everything where the
 * line itself is wrong.  Returns the exit status: 0 where the lines did so for
 * one file at least, 1, or 2 where anything failed.
 */
int batch_run_files(struct editor *editor, const char *const *paths,
		    size_t path_count, const char *address,
		    const char *const *lines, size_t count);

/* What the editor has to say besides results (a note on a flush), in the same
 * way, once. */
void batch_message(struct editor *editor);

/* "octavo: MESSAGE" on standard error, escaped; where the error has a
 * position in LINE (may be NULL), the line and a caret below. */
void batch_error(const struct error *error, const char *line);

#endif
