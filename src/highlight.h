/*
 * highlight: which matches stand around the windows, of the search and of the
 * highlighters (editor_highlight).
 */
#ifndef OCTAVO_HIGHLIGHT_H
#define OCTAVO_HIGHLIGHT_H

#include "octavo/editor.h"

/* Takes what has arrived; ends the search that is done, or takes too long. */
void highlight_poll(struct editor *editor);
/* Ends the search; what it has found so far stands. */
void highlight_end(struct editor *editor);
/* Ends it and forgets what it has found. */
void highlight_stop(struct editor *editor);
/* Forgets what is known of DOCUMENT. */
void highlight_forget(struct editor *editor, const struct document *document);
/* Forgets everything, the highlighters too. */
void highlight_free(struct editor *editor);

/* As search_descriptors. */
size_t highlight_descriptors(const struct editor *editor, int *fds,
			     size_t count);

#endif
