/*
 * matches: all matches of a search as a list in the panel.
 */
#ifndef OCTAVO_MATCHES_H
#define OCTAVO_MATCHES_H

#include "octavo/editor.h"

/* Shows those in RANGE, which may still be looked for; the first one from the
 * cursor on is selected. */
bool match_list_open(struct editor *editor, struct range range,
		     struct error *error);
/* Is that what the panel shows? */
bool match_list_shown(const struct editor *editor);
/* More is known: brings the list up to that. */
void match_list_follow(struct editor *editor);

#endif
