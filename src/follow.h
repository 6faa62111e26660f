/*
 * follow: the end of the current file is kept in sight as it grows, and what
 * still flows into any of them is taken.
 */
#ifndef OCTAVO_FOLLOW_H
#define OCTAVO_FOLLOW_H

#include "octavo/editor.h"

/* Looks, where it is time to; never while a command runs. */
void follow_poll(struct editor *editor);
/* The files were just looked at.  One that has grown by more than can be taken
 * up is opened again, also where nobody follows, if that loses nothing. */
void follow_seen(struct editor *editor);
size_t follow_descriptors(const struct editor *editor, int *fds,
			  size_t count);
/* DOCUMENT goes. */
void follow_forget(struct editor *editor, const struct document *document);
/* The session ends. */
void follow_end(struct editor *editor);

#endif
