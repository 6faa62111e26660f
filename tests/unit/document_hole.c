/*
 * document: holes of the file through random edits, against a list of where
 * each byte of the document comes from.
 */
#include "octavo/document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sizes.h"
#include "sparse.h"

enum { BLOCKS = 12, SIZE = BLOCKS * SPARSE_BLOCK, ROOM = 2 * SIZE };
enum { TYPED = -1 };

static char path[] = "/tmp/octavo-document-hole-XXXXXX";
static uint64_t seed = 7;

static unsigned random_below(unsigned bound)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (unsigned)(seed >> 33) % bound;
}

/* The document, and for each of its bytes the file offset, or TYPED. */
struct sample {
	struct document *document;
	struct sparse sparse;
	int fd;
	int *origin;
	size_t size;
};

static void sample_open(struct sample *sample, int fd)
{
	struct file *file = file_open(path, NULL, NULL, NULL);

	assert_non_null(file);
	sample->fd = fd;
	sample->document = document_open(file, NULL);
	assert_non_null(sample->document);
	if (!sparse_look(&sample->sparse, fd)) {
		document_close(sample->document);
		close(fd);
		skip();
	}
	sample->origin = malloc(ROOM * sizeof *sample->origin);
	assert_non_null(sample->origin);
	sample->size = SIZE;
	for (int i = 0; i < SIZE; i++)
		sample->origin[i] = i;
}

static void sample_close(struct sample *sample)
{
	document_close(sample->document);
	free(sample->origin);
	close(sample->fd);
}

static void sample_random(struct sample *sample)
{
	int fd = sparse_new(path, SIZE);

	for (unsigned i = random_below(BLOCKS / 2); i > 0; i--)
		sparse_put(fd, random_below(SIZE - 4), "data", 4);
	sample_open(sample, fd);
}

/* --- edits --- */

static void edit_origin(struct sample *sample, size_t at, size_t old,
			size_t new)
{
	int *place = sample->origin + at;

	memmove(place + new, place + old,
		(sample->size - at - old) * sizeof *place);
	for (size_t i = 0; i < new; i++)
		place[i] = TYPED;
	sample->size = sample->size - old + new;
}

static void random_edit(struct sample *sample)
{
	static const char bytes[300];
	size_t at = random_below((unsigned)sample->size + 1);
	size_t old = random_below(2) ? random_below(300) : 0;
	size_t new = random_below(3) ? random_below(300) : 0;

	if (random_below(2) == 0)
		new = old;
	if (old > sample->size - at)
		old = sample->size - at;
	if (random_below(2) == 0 && old > 0)
		assert_true(document_overwrite(sample->document, at, bytes,
					       new = old, NULL));
	else
		assert_true(document_replace(sample->document,
					     range_of(at, old), bytes, new,
					     NULL));
	edit_origin(sample, at, old, new);
}

/* --- what is right --- */

static bool is_hole(const struct sample *sample, size_t at)
{
	return sample->origin[at] != TYPED &&
	       sparse_at(&sample->sparse, (uint64_t)sample->origin[at]);
}

/* Do the bytes at AT - 1 and AT belong to one hole? */
static bool goes_on(const struct sample *sample, size_t at)
{
	return at > 0 && at < sample->size && is_hole(sample, at - 1) &&
	       is_hole(sample, at) &&
	       sample->origin[at] == sample->origin[at - 1] + 1;
}

static struct range hole_of(const struct sample *sample, size_t at)
{
	size_t start = at;
	size_t end = at + 1;

	while (goes_on(sample, start))
		start--;
	while (goes_on(sample, end))
		end++;
	return (struct range){ start, end };
}

static void assert_hole(bool found, struct range hole, bool wanted,
			struct range want)
{
	assert_int_equal(found, wanted);
	if (!wanted)
		return;
	assert_int_equal(hole.start, want.start);
	assert_int_equal(hole.end, want.end);
}

static void compare(const struct sample *sample, size_t at)
{
	const struct document *document = sample->document;
	struct range hole = { 0, 0 };
	size_t next = at;
	size_t last = at;

	assert_hole(document_hole(document, at, &hole), hole,
		    is_hole(sample, at), hole_of(sample, at));
	while (next < sample->size && !is_hole(sample, next))
		next++;
	assert_hole(document_hole_from(document, at, &hole), hole,
		    next < sample->size,
		    next < sample->size ? hole_of(sample, next)
					: range_of(0, 0));
	while (last > 0 && !is_hole(sample, last - 1))
		last--;
	assert_hole(document_hole_before(document, at, &hole), hole, last > 0,
		    last > 0 ? hole_of(sample, last - 1) : range_of(0, 0));
}

static void compare_some(const struct sample *sample)
{
	assert_int_equal(document_size(sample->document), sample->size);
	for (int i = 0; i < 10; i++)
		compare(sample, random_below((unsigned)sample->size));
}

/* --- tests --- */

static void test_document_hole_random_edits(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++) {
		struct sample sample;
		struct range touched;

		sample_random(&sample);
		compare_some(&sample);
		for (int j = 0; j < 20; j++) {
			random_edit(&sample);
			compare_some(&sample);
		}
		while (document_undo(sample.document, &touched, NULL))
			;
		sample.size = SIZE;
		for (int j = 0; j < SIZE; j++)
			sample.origin[j] = j;
		compare_some(&sample);
		sample_close(&sample);
	}
}

/* What was put where the file has none, and is none any more. */
static void test_document_hole_follows_the_file(void **state)
{
	struct sample sample;
	struct range hole;

	(void)state;
	sample_open(&sample, sparse_new(path, SIZE));
	assert_true(document_hole(sample.document, 0, &hole));
	assert_int_equal(range_length(hole), SIZE);
	sparse_put(sample.fd, 0, "data", 4);
	document_verify(sample.document);
	assert_false(document_hole(sample.document, 0, &hole));
	assert_true(document_hole_from(sample.document, 0, &hole));
	assert_true(hole.start > 0);
	assert_int_equal(hole.end, SIZE);
	/* What has been cut off is lost, not a hole. */
	assert_int_equal(ftruncate(sample.fd, SIZE / 2), 0);
	assert_int_equal(ftruncate(sample.fd, SIZE / 2 + 1), 0);
	assert_true(document_verify(sample.document));
	assert_true(document_hole(sample.document, SIZE / 2 - 1, &hole));
	assert_true(hole.end <= SIZE / 2 + SPARSE_BLOCK);
	assert_false(document_hole(sample.document, SIZE - 1, &hole));
	assert_int_equal(ftruncate(sample.fd, SIZE), 0);
	document_verify(sample.document);
	assert_false(document_hole(sample.document, SIZE - 1, &hole));
	sample_close(&sample);
}

/* A granule that is private shows what it held when it became so. */
static void test_document_hole_punched_under_an_edit(void **state)
{
	static const char text[SPARSE_BLOCK] = "text";
	struct sample sample;
	struct range hole;
	int fd = sparse_new(path, 4 * MAPPING_GRANULE);

	(void)state;
	sparse_put(fd, 0, text, sizeof text);
	sample_open(&sample, fd);
	assert_true(document_overwrite(sample.document, 100, "x", 1, NULL));
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(ftruncate(fd, 4 * MAPPING_GRANULE), 0);
	document_verify(sample.document);
	assert_false(document_hole(sample.document, 0, &hole));
	assert_false(document_hole(sample.document, 200, &hole));
	assert_true(document_hole_from(sample.document, 0, &hole));
	assert_int_equal(hole.start, MAPPING_GRANULE);
	assert_false(document_hole_before(sample.document, 200, &hole));
	sample_close(&sample);
}

/* Moved as they are, the file's bytes remain what they were. */
static void test_document_hole_pasted(void **state)
{
	enum { LONG = 4 << 20 };	/* enough not to be copied */
	struct sample sample;
	struct range hole;

	(void)state;
	sample_open(&sample, sparse_new(path, 2 * LONG));

	struct clip *clip = document_copy(sample.document,
					  range_of(LONG / 2, LONG), NULL);

	assert_non_null(clip);
	assert_true(document_paste(sample.document, range_of(0, 0), clip,
				   NULL));
	assert_true(document_hole(sample.document, LONG / 2, &hole));
	assert_int_equal(hole.start, 0);
	assert_int_equal(hole.end, LONG);
	assert_true(document_hole(sample.document, LONG, &hole));
	assert_int_equal(hole.start, LONG);
	assert_int_equal(hole.end, 3 * LONG);
	clip_free(clip);
	sample_close(&sample);
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_document_hole_random_edits),
		cmocka_unit_test(test_document_hole_follows_the_file),
		cmocka_unit_test(test_document_hole_punched_under_an_edit),
		cmocka_unit_test(test_document_hole_pasted),
	};

	close(mkstemp(path));
	return cmocka_run_group_tests(tests, NULL, tear_down);
}
