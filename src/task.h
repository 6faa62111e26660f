/*
 * task: a search that runs beside the screen, and what becomes of its result.
 */
#ifndef OCTAVO_TASK_H
#define OCTAVO_TASK_H

#include "octavo/editor.h"

/* Stops it, whatever it does; NULL is nothing. */
void task_free(struct task *task);

/* Ends the running task without its result; and the highlighting with it. */
void task_stop(struct editor *editor);
void task_stop_all(struct editor *editor);

/* The current document was edited: a search for the next match in what it
 * was before is of no use. */
void task_edited(struct editor *editor);

/* --- task_save.c --- */

void saving_poll(struct editor *editor);
size_t saving_descriptors(const struct editor *editor, int *fds,
			  size_t count);
/* Is DOCUMENT being written, so that it can't be edited?  ERROR says so. */
bool saving_locks(const struct editor *editor, const struct document *document,
		  struct error *error);
/* May DOCUMENT be closed, or another take its place? */
bool saving_may_leave(const struct editor *editor,
		      const struct document *document, struct error *error);
bool saving_is(const struct editor *editor, const struct document *document);
/* The user wants it stopped. */
void saving_stop(struct editor *editor);
/* Waits for its end, if there is one; stops it if that is still possible. */
void saving_end(struct editor *editor);

/* Waits for one of FDS (COUNT of them), or for some time; false where the
 * user has cancelled. */
bool task_wait(struct editor *editor, const int *fds, size_t count);

#endif
