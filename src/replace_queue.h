/*
 * The matches of a replacement that wait for an answer, with what they become,
 * in order: one run of bytes, out of which the first is taken.
 */
#ifndef OCTAVO_REPLACE_QUEUE_H
#define OCTAVO_REPLACE_QUEUE_H

#include "octavo/search.h"

/* All zeros is none. */
struct replace_queue {
	unsigned char *bytes;
	size_t start;
	size_t end;
	size_t capacity;
	size_t last;		/* where the last one begins */
	bool unfinished;	/* more of that one is to come */
};

void queue_free(struct replace_queue *queue);
/* A match, or more of what the last one becomes. */
bool queue_add(struct replace_queue *queue, const struct replaced *replaced,
	       struct error *error);
/* The first one, with all it becomes (until the queue is changed); false where
 * there is none. */
bool queue_first(const struct replace_queue *queue, struct replaced *first);
/* The same as far as it is here. */
bool queue_first_part(const struct replace_queue *queue,
		      struct replaced *first);
/* Takes the first one out. */
void queue_pop(struct replace_queue *queue);

#endif
