/*
 * live: all matches of what was searched for last, surveyed beside the screen
 * (editor_survey): for the count, the list and the scroll bar.
 */
#ifndef OCTAVO_LIVE_H
#define OCTAVO_LIVE_H

#include "octavo/editor.h"
#include "survey.h"

/* The survey of the current pattern in the current document as it is, of
 * whatever range; NULL where there is none. */
struct survey *live_survey(const struct editor *editor);
/* Begins one, in the place of what there was. */
bool live_begin(struct editor *editor, struct range range,
		struct error *error);
/* The next editor_survey is to begin one whatever the last has cost. */
void live_want(struct editor *editor);

void live_poll(struct editor *editor);
void live_stop(struct editor *editor);
/* As search_descriptors. */
size_t live_descriptors(const struct editor *editor, int *fds, size_t count);

#endif
