/*
 * holes: compared with what the system says when it is asked from left to
 * right.
 */
#include "holes.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "io.h"
#include "sparse.h"

static char path[] = "/tmp/octavo-holes-XXXXXX";
static int fd;
static uint64_t seed = 1;

static unsigned random_below(unsigned bound)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (unsigned)(seed >> 33) % bound;
}

/* --- the system calls, counted --- */

static unsigned calls;
static int failure;

static off_t counting_lseek(int file, off_t offset, int whence)
{
	calls++;
	if (failure && (whence == SEEK_DATA || whence == SEEK_HOLE)) {
		errno = failure;
		return -1;
	}
	return lseek(file, offset, whence);
}

static void begin(uint64_t size)
{
	fd = sparse_new(path, size);
	if (fd < 0)
		skip();
	calls = 0;
	failure = 0;
	io.lseek = counting_lseek;
}

static int end(void **state)
{
	(void)state;
	io.lseek = lseek;
	if (fd >= 0)
		close(fd);
	unlink(path);
	return 0;
}

static void assert_range(struct range range, uint64_t start, uint64_t stop)
{
	assert_int_equal(range.start, start);
	assert_int_equal(range.end, stop);
}

/* --- tests --- */

static void compare_at(struct holes *holes, const struct sparse *sparse,
		       uint64_t offset)
{
	const struct range *want = sparse_at(sparse, offset);
	struct range hole;

	assert_int_equal(holes_at(holes, fd, offset, &hole), want != NULL);
	if (want)
		assert_range(hole, want->start, want->end);
}

static void compare_from(struct holes *holes, const struct sparse *sparse,
			 uint64_t offset)
{
	struct range hole;
	unsigned i = 0;

	while (i < sparse->count && sparse->holes[i].end <= offset)
		i++;
	assert_int_equal(holes_from(holes, fd, offset, &hole),
			 i < sparse->count);
	if (i < sparse->count)
		assert_range(hole, sparse->holes[i].start,
			     sparse->holes[i].end);
}

static void test_holes_random(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		unsigned blocks = 1 + random_below(200);
		unsigned size = blocks * SPARSE_BLOCK - random_below(600);
		struct holes holes = { .hole = { 0, 0 } };
		struct sparse sparse;

		begin(size);
		for (unsigned j = random_below(blocks); j > 0; j--)
			sparse_put(fd, random_below(size - 4), "data", 4);
		sparse_look(&sparse, fd);
		for (int j = 0; j < 500; j++) {
			unsigned offset = random_below(size);

			if (random_below(20) == 0)
				holes_forget(&holes);
			if (random_below(4))
				compare_at(&holes, &sparse, offset);
			else
				compare_from(&holes, &sparse, offset);
		}
		end(state);
	}
}

/* The length of a hole is nothing to its price, and asking again is free. */
static void test_holes_cost(void **state)
{
	const uint64_t size = UINT64_C(1) << 40;
	struct holes holes = { .hole = { 0, 0 } };
	struct sparse sparse;
	struct range hole;

	(void)state;
	begin(size);
	sparse_put(fd, 0, "data", 4);
	sparse_put(fd, size / 4, "data", 4);
	if (!sparse_look(&sparse, fd))
		skip();
	assert_true(holes_at(&holes, fd, size / 4 - 5000, &hole));
	assert_range(hole, sparse.holes[0].start, sparse.holes[0].end);
	assert_true(calls < 100);
	calls = 0;
	assert_true(holes_at(&holes, fd, size / 5, &hole));
	assert_int_equal(calls, 0);
	/* The last hole ends with the file, behind which there is none. */
	assert_true(holes_at(&holes, fd, size / 2, &hole));
	assert_range(hole, sparse.holes[1].start, size);
	assert_true(calls < 100);
	assert_false(holes_at(&holes, fd, size, &hole));
	assert_false(holes_from(&holes, fd, size, &hole));
	calls = 0;
	for (unsigned i = 0; i < 100; i++)
		assert_false(holes_at(&holes, fd, i, &hole));
	assert_int_equal(calls, 1);
}

static void test_holes_remembers_until_told(void **state)
{
	struct holes holes = { .hole = { 0, 0 } };
	struct sparse sparse;
	struct range hole;

	(void)state;
	begin(1 << 20);
	if (!sparse_look(&sparse, fd))
		skip();
	assert_true(holes_at(&holes, fd, 5, &hole));
	assert_range(hole, 0, 1 << 20);
	sparse_put(fd, 0, "data", 4);
	assert_true(holes_at(&holes, fd, 5, &hole));
	holes_forget(&holes);
	assert_false(holes_at(&holes, fd, 5, &hole));
	assert_true(holes_at(&holes, fd, 1 << 19, &hole));
	assert_true(hole.start > 0);
	/* A file that was cut off has no hole where it was. */
	holes_forget(&holes);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_false(holes_at(&holes, fd, 1 << 19, &hole));
	assert_false(holes_from(&holes, fd, 5, &hole));
}

/* Who does not tell is not asked again for each byte. */
static void test_holes_unknown(void **state)
{
	struct holes holes = { .hole = { 0, 0 } };
	struct range hole;

	(void)state;
	begin(1 << 20);
	failure = EINVAL;
	for (unsigned i = 0; i < 1000; i++)
		assert_false(holes_at(&holes, fd, i * 1000, &hole));
	assert_false(holes_from(&holes, fd, 0, &hole));
	assert_true(calls < 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_holes_random),
		cmocka_unit_test_teardown(test_holes_cost, end),
		cmocka_unit_test_teardown(test_holes_remembers_until_told,
					  end),
		cmocka_unit_test_teardown(test_holes_unknown, end),
	};

	close(mkstemp(path));
	return cmocka_run_group_tests(tests, NULL, end);
}
