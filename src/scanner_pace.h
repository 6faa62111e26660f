/*
 * pace: which way of searching is the fastest here, found by the clock.
 *
 * The pass goes in stretches.  Each is searched in one way, and the processor
 * time that took decides the next ones: a filter that names too many places
 * loses to none at all, where a line is long or bytes are of another kind.
 * What is found does not depend on it.
 *
 * Another way is tried again from time to time: so seldom that all trials take
 * a small part of the time, and the less often, the more often it has lost.
 */
#ifndef OCTAVO_SCANNER_PACE_H
#define OCTAVO_SCANNER_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum { PACE_WAYS = 4 };

struct pace_way {
	bool known;
	double cost;		/* nanoseconds a byte */
	uint64_t again;		/* nanoseconds: when to try it again, and */
	unsigned patience;	/* after how many times what a trial takes */
};

struct pace {
	unsigned ways;		/* bits */
	int way;		/* of this stretch */
	int best;
	uint64_t start;		/* the stretch */
	uint64_t end;
	uint64_t length;	/* of the next one of the best way */
	uint64_t spent;		/* nanoseconds, by the last one of it */
	uint64_t begun;		/* nanoseconds; so is */
	uint64_t now;		/* when this was called last */
	uint64_t paused;	/* nanoseconds: since then it stands still */
	unsigned asked;
	struct pace_way costs[PACE_WAYS];
};

/* With the WAYS that there are, a bit each; the highest is what any other must
 * be faster than. */
void pace_start(struct pace *pace, unsigned ways);
/* The way at FROM; pace->end, LIMIT (> FROM) at most, is where to choose again.
 * Where *FRESH, a stretch begins, and pace_begin_again tells when its time
 * does: what of it is not in memory may be brought in before. */
int pace_choose(struct pace *pace, uint64_t from, uint64_t limit, bool *fresh);
/* The stretch is over: the pass stands at FROM, and what is done until the next
 * choice is not a way's. */
void pace_stop(struct pace *pace, uint64_t from);
/* What is done between these two is no part of the stretch. */
void pace_pause(struct pace *pace);
void pace_resume(struct pace *pace);
/* What was done since is no part of the stretch. */
void pace_begin_again(struct pace *pace, uint64_t from);
/* To be asked before each attempt: false where the stretch takes far too long,
 * and ends at FROM. */
bool pace_goes_on(struct pace *pace, uint64_t from);

#endif
