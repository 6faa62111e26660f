/*
 * pace: which way of searching is the fastest here, found by the clock.
 *
 * Invariants
 *  1. A stretch of another way than the best one is short, and ends early
 *     where it takes many times what the best one would.
 *  2. A stretch is judged only by what the pass went through from its start on,
 *     and by no time in which the pass stood.
 */
#include "scanner_pace.h"

#include <string.h>
#include <time.h>

#include "sizes.h"

enum {
	PACE_PLAIN = PACE_WAYS - 1,
	PACE_STRETCH_MAXIMUM = 16 << 20,
	/* A stretch of another way than the best is shorter. */
	PACE_TRIAL = SEARCH_STRETCH / 4,
	/* Of less of it nothing is learned. */
	PACE_LEAST = PACE_TRIAL / 4,
	/* Stretches that take less are made longer. */
	PACE_LONG_ENOUGH = 300000,
	/* A clock tells little of less time. */
	PACE_SHORTEST = 20000,
	PACE_ASKED = 32,
	PACE_TOO_LONG = 4,
	PACE_PATIENCE = 32,
	PACE_PATIENCE_MAXIMUM = 1024,
};

/* Time in which others ran does not count. */
static uint64_t look_at_clock(struct pace *pace)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	pace->now = (uint64_t)time.tv_sec * 1000000000 +
		    (uint64_t)time.tv_nsec;
	return pace->now;
}

void pace_start(struct pace *pace, unsigned ways)
{
	memset(pace, 0, sizeof *pace);
	pace->ways = ways;
	pace->best = -1;
	for (int way = 0; way < PACE_WAYS; way++)
		pace->costs[way].patience = PACE_PATIENCE;
}

static bool only_one(const struct pace *pace)
{
	return (pace->ways & (pace->ways - 1)) == 0;
}

static void find_best(struct pace *pace)
{
	int best = -1;

	for (int way = 0; way < PACE_WAYS; way++)
		if (pace->costs[way].known &&
		    (best < 0 ||
		     pace->costs[way].cost < pace->costs[best].cost))
			best = way;
	if (best != pace->best)
		pace->length = SEARCH_STRETCH;
	pace->best = best;
}

/* The stretch took until now, and came to END. */
static void judge(struct pace *pace, uint64_t end)
{
	struct pace_way *way = &pace->costs[pace->way];
	uint64_t spent = pace->now - pace->begun;
	double cost = (double)spent / (double)(end - pace->start);
	double trial;

	/* What hinders does so now and then; nothing makes it faster. */
	way->cost = way->known && cost > way->cost ? (way->cost + cost) / 2
						   : cost;
	way->known = true;
	find_best(pace);
	if (pace->best == pace->way) {
		way->patience = PACE_PATIENCE;
		pace->spent = spent;
		return;
	}
	/* What hindered the stretch would not hinder a trial. */
	trial = way->cost * PACE_TRIAL;
	if ((double)spent < trial)
		trial = (double)spent;
	way->again = pace->now + (uint64_t)trial * way->patience;
	if (way->patience < PACE_PATIENCE_MAXIMUM)
		way->patience *= 2;
}

/* The way whose turn it is. */
static int take_turn(const struct pace *pace)
{
	for (int way = 0; way < PACE_WAYS; way++) {
		const struct pace_way *other = &pace->costs[way];

		if ((pace->ways >> way & 1) && way != pace->best &&
		    (!other->known || pace->now >= other->again))
			return way;
	}
	return pace->best;
}

static void begin(struct pace *pace, uint64_t from, uint64_t limit)
{
	uint64_t length = PACE_TRIAL;

	pace->way = take_turn(pace);
	if (pace->way == pace->best) {
		length = pace->length;
		/* Each call of PCRE2 forgets what it has learned. */
		if ((pace->way == PACE_PLAIN ||
		     pace->spent < PACE_LONG_ENOUGH) &&
		    pace->length < PACE_STRETCH_MAXIMUM)
			pace->length *= 2;
	}
	pace->start = from;
	pace->end = length < limit - from ? from + length : limit;
	pace->asked = 0;
	pace->begun = pace->now;
}

int pace_choose(struct pace *pace, uint64_t from, uint64_t limit, bool *fresh)
{
	*fresh = false;
	if (only_one(pace)) {
		pace->way = __builtin_ctz(pace->ways);
		pace->end = limit;
		return pace->way;
	}
	if (from >= pace->start && from < pace->end)
		return pace->way;
	*fresh = true;
	pace_stop(pace, from);
	begin(pace, from, limit);
	return pace->way;
}

void pace_stop(struct pace *pace, uint64_t from)
{
	/* A match may end far behind the stretch. */
	uint64_t end = from > pace->end + SEARCH_STRETCH ? pace->end : from;

	if (only_one(pace))
		return;
	look_at_clock(pace);
	if (pace->end > pace->start && end >= pace->start + PACE_LEAST)
		judge(pace, end);
	pace->start = pace->end = 0;
}

void pace_pause(struct pace *pace)
{
	if (!only_one(pace))
		pace->paused = look_at_clock(pace);
}

void pace_resume(struct pace *pace)
{
	if (!only_one(pace))
		pace->begun += look_at_clock(pace) - pace->paused;
}

void pace_begin_again(struct pace *pace, uint64_t from)
{
	pace->start = from;
	if (!only_one(pace))
		pace->begun = look_at_clock(pace);
}

bool pace_goes_on(struct pace *pace, uint64_t from)
{
	const struct pace_way *plain = &pace->costs[PACE_PLAIN];
	/* Nobody knows yet: a byte a nanosecond. */
	double limit = plain->known ? plain->cost : 1;
	uint64_t spent;

	if (only_one(pace) || ++pace->asked % PACE_ASKED != 0)
		return true;
	spent = look_at_clock(pace) - pace->begun;
	if (spent < PACE_SHORTEST ||
	    (double)spent < PACE_TOO_LONG * limit *
			    (double)(pace->end - pace->start))
		return true;
	judge(pace, from > pace->start ? from : from + 1);
	pace->start = pace->end = 0;
	return false;
}
