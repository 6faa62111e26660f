/*
 * matches: all matches of a search as a list in the panel.
 */
#ifndef OCTAVO_MATCHES_H
#define OCTAVO_MATCHES_H

#include "octavo/editor.h"

struct match_list;

/* Of the current buffer; NULL: no memory. */
struct match_list *match_list_new(struct editor *editor, struct error *error);
void match_list_free(struct match_list *list);
/* Adds COUNT matches, in order; false where no more are wanted. */
bool match_list_add(struct match_list *list, const struct match *matches,
		    size_t count);
/* Shows LIST, which the panel owns from then on; the first match from the
 * cursor on is selected. */
void match_list_open(struct match_list *list);

#endif
