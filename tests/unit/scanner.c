/*
 * Unit tests of the scanner room's pace: what it takes for a stretch.  (What
 * is found is tests/unit/search.c's: it does not depend on the pace.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scanner_pace.h"
#include "sizes.h"

enum { WAYS = 1 << 0 | 1 << (PACE_WAYS - 1) };

/* Not even where stretches have become long: what lies behind the limit is
 * somebody else's chunk. */
static void test_scanner_pace_keeps_to_the_limit(void **state)
{
	const uint64_t chunk = SEARCH_STRETCH + SEARCH_STRETCH / 2;
	struct pace pace;
	bool fresh;

	(void)state;
	pace_start(&pace, WAYS);
	for (uint64_t start = 0; start < 64 * chunk; start += 2 * chunk)
		for (uint64_t at = start; at < start + chunk; at = pace.end) {
			pace_choose(&pace, at, start + chunk, &fresh);
			assert_true(fresh);
			assert_true(pace.start == at && pace.end > at);
			assert_true(pace.end <= start + chunk);
		}
}

/* A pass that goes on elsewhere says nothing of the way that it was going. */
static void test_scanner_pace_judges_whole_stretches(void **state)
{
	struct pace pace;
	bool fresh;

	(void)state;
	pace_start(&pace, WAYS);
	pace_choose(&pace, 1000, UINT64_MAX, &fresh);
	pace_choose(&pace, 10, UINT64_MAX, &fresh);
	assert_true(fresh);
	assert_int_equal(pace.best, -1);
	pace_choose(&pace, pace.end - 1, UINT64_MAX, &fresh);
	assert_false(fresh);
	pace_choose(&pace, pace.end, UINT64_MAX, &fresh);
	assert_true(fresh);
	assert_int_equal(pace.best, 0);
}

/* What is done between two stretches is not held against a way: nor is a few
 * bytes' time, of which the clock's is too large a part. */
static void test_scanner_pace_stops(void **state)
{
	struct pace pace;
	bool fresh;
	uint64_t end;
	double cost;

	(void)state;
	pace_start(&pace, WAYS);
	pace_choose(&pace, 0, UINT64_MAX, &fresh);
	pace_stop(&pace, 1);
	assert_int_equal(pace.best, -1);
	pace_choose(&pace, 1, UINT64_MAX, &fresh);
	assert_true(fresh);
	end = pace.end - 1;
	pace_stop(&pace, end);
	assert_int_equal(pace.best, 0);
	cost = pace.costs[0].cost;
	pace_stop(&pace, 2 * end);
	pace_choose(&pace, 2 * end, UINT64_MAX, &fresh);
	assert_true(fresh);
	assert_true(pace.costs[0].cost == cost);
	assert_false(pace.costs[PACE_WAYS - 1].known);
}

/* Nor is what is done in the middle of one. */
static void test_scanner_pace_pauses(void **state)
{
	struct pace pace;
	bool fresh;
	uint64_t begun;

	(void)state;
	pace_start(&pace, WAYS);
	pace_choose(&pace, 0, UINT64_MAX, &fresh);
	begun = pace.begun;
	pace_pause(&pace);
	pace_resume(&pace);
	assert_int_equal(pace.begun - begun, pace.now - pace.paused);
	pace_choose(&pace, 1, UINT64_MAX, &fresh);
	assert_false(fresh);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scanner_pace_keeps_to_the_limit),
		cmocka_unit_test(test_scanner_pace_judges_whole_stretches),
		cmocka_unit_test(test_scanner_pace_stops),
		cmocka_unit_test(test_scanner_pace_pauses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
