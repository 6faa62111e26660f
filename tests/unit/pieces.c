/*
 * pieces against the plainest model there is: an array with one entry a
 * byte.
 */
#include "pieces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FILE_SIZE = 60, MODEL_MAXIMUM = 4000 };

/* A byte of the model: from where, as what. */
struct cell {
	const unsigned char *bytes;	/* of the byte, or of the repetition */
	uint32_t period;
	uint32_t phase;
	enum piece_kind kind;
};

struct model {
	struct cell cells[MODEL_MAXIMUM];
	size_t length;
};

static unsigned char file[FILE_SIZE];
static unsigned char other[1000];
static unsigned long long seed = 1;

static unsigned random_below(unsigned limit)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)(seed >> 33) % limit;
}

static struct cell cell_of(struct piece piece, uint64_t at)
{
	struct cell cell = { piece.bytes, piece.period, 0, piece.kind };

	if (piece.period)
		cell.phase = (uint32_t)((piece.phase + at) % piece.period);
	else
		cell.bytes += at;
	return cell;
}

static bool cell_equal(struct cell one, struct cell two)
{
	return one.bytes == two.bytes && one.period == two.period &&
	       one.phase == two.phase && one.kind == two.kind;
}

static void model_replace(struct model *model, struct range range,
			  const struct piece *pieces, size_t count)
{
	size_t length = 0;

	for (size_t i = 0; i < count; i++)
		length += pieces[i].length;
	memmove(model->cells + range.start + length, model->cells + range.end,
		(model->length - range.end) * sizeof(*model->cells));
	model->length += length - range_length(range);
	for (size_t i = 0, at = range.start; i < count; i++)
		for (uint64_t j = 0; j < pieces[i].length; j++)
			model->cells[at++] = cell_of(pieces[i], j);
}

static bool cell_follows(struct cell one, struct cell two)
{
	if (one.kind != two.kind || one.period != two.period)
		return false;
	if (!one.period)
		return one.bytes + 1 == two.bytes;
	return one.bytes == two.bytes &&
	       (one.phase + 1) % one.period == two.phase;
}

/* Do two neighbours belong to one run? */
static bool cell_runs_on(struct cell one, struct cell two)
{
	bool anchored = one.kind != PIECE_FOREIGN && two.kind != PIECE_FOREIGN;

	if (anchored)
		return one.bytes + 1 == two.bytes;
	return cell_follows(one, two) &&
	       (!one.period || two.phase == one.phase + 1);
}

static const unsigned char *cell_address(struct cell cell)
{
	return cell.bytes + cell.phase;
}

/* All changes, the slow way. */
static size_t model_changes(const struct model *model,
			    struct change_place *changes)
{
	size_t count = 0;
	uint64_t covered = 0, gap = 0;

	for (uint64_t i = 0; i <= model->length; i++) {
		bool end = i == model->length;
		struct cell cell = model->cells[end ? 0 : i];

		if (!end && cell.kind == PIECE_FOREIGN)
			continue;

		uint64_t place = end ? FILE_SIZE
				     : (uint64_t)(cell.bytes - file);
		bool dirty = !end && cell.kind == PIECE_DIRTY;

		if (gap < i || covered < place) {
			changes[count++] = (struct change_place){
				{ gap, i }, { covered, place },
			};
		} else if (dirty && count && i > 0 &&
			   model->cells[i - 1].kind == PIECE_DIRTY) {
			changes[count - 1].now.end++;
			changes[count - 1].file.end++;
			dirty = false;
		}
		if (dirty)
			changes[count++] = (struct change_place){
				{ i, i + 1 }, { place, place + 1 },
			};
		gap = i + 1;
		covered = place + 1;
	}
	return count;
}

static void check_changes(const struct pieces *pieces,
			  const struct model *model)
{
	static struct change_place expected[MODEL_MAXIMUM];
	size_t count = model_changes(model, expected);
	struct change_place found;

	assert_int_equal(pieces_changes(pieces), count);
	for (size_t i = 0; i < count; i++) {
		assert_true(pieces_change(pieces, i, &found));
		assert_memory_equal(&found, &expected[i], sizeof(found));
	}
	assert_false(pieces_change(pieces, count, &found));
	for (uint64_t at = 0; at <= model->length + 1; at++) {
		size_t i = 0;
		uint64_t index = 0;

		while (i < count && !(expected[i].now.end > at ||
		       (range_is_empty(expected[i].now) &&
			expected[i].now.start >= at)))
			i++;
		assert_int_equal(
			pieces_change_from(pieces, at, &found, &index),
			i < count);
		if (i == count)
			continue;
		assert_int_equal(index, i);
		assert_memory_equal(&found, &expected[i], sizeof(found));
	}
}

static void check_runs(const struct pieces *pieces, const struct model *model)
{
	for (uint64_t at = 0; at < model->length; at++) {
		uint64_t before, after, start = at, end = at + 1;
		const unsigned char *run =
			pieces_run(pieces, at, &before, &after);

		while (start > 0 && cell_runs_on(model->cells[start - 1],
						 model->cells[start]))
			start--;
		while (end < model->length &&
		       cell_runs_on(model->cells[end - 1], model->cells[end]))
			end++;
		assert_ptr_equal(run, cell_address(model->cells[at]));
		assert_int_equal(before, at - start);
		assert_int_equal(after, end - at);
	}
}

static void check_all(const struct pieces *pieces, const struct model *model)
{
	size_t count = 0;

	pieces_check(pieces);
	assert_int_equal(pieces_length(pieces), model->length);
	for (uint64_t at = 0; at < model->length; at++) {
		uint64_t start;
		struct piece piece = pieces_at(pieces, at, &start);

		assert_true(cell_equal(cell_of(piece, at - start),
				       model->cells[at]));
		if (at == 0 || !cell_follows(model->cells[at - 1],
					     model->cells[at])) {
			assert_int_equal(start, at);
			count++;
		}
	}
	assert_int_equal(pieces_count(pieces), count);
	check_changes(pieces, model);
	check_runs(pieces, model);
}

static struct piece random_foreign(void)
{
	uint32_t length = 1 + random_below(12);

	if (random_below(3))
		return (struct piece){
			.bytes = other + random_below(900), .length = length,
			.kind = PIECE_FOREIGN,
		};
	uint32_t period = 1 + random_below(5);

	return (struct piece){
		.bytes = other + 950, .length = length, .period = period,
		.phase = random_below(period) & 0x3fffffff,
		.kind = PIECE_FOREIGN,
	};
}

/* New pieces for RANGE: foreign ones, or the same bytes dirtied. */
static size_t random_pieces(const struct pieces *pieces, struct range range,
			    struct piece *out)
{
	struct piece_list list = { .pieces = NULL };
	size_t count = random_below(3);

	if (random_below(2)) {
		for (size_t i = 0; i < count; i++)
			out[i] = random_foreign();
		return count;
	}
	assert_true(pieces_copy(pieces, range, &list));
	count = list.count;
	for (size_t i = 0; i < count; i++) {
		out[i] = list.pieces[i];
		if (out[i].kind == PIECE_BASE)
			out[i].kind = PIECE_DIRTY;
	}
	piece_list_free(&list);
	return count;
}

struct done {
	struct range range;
	struct piece_list list;
};

static void test_pieces_random_edits(void **state)
{
	(void)state;
	for (unsigned script = 0; script < 60; script++) {
		static struct model model;
		static struct done done[40];
		struct pieces *pieces = pieces_new(file, FILE_SIZE);
		struct piece all = { .bytes = file, .length = FILE_SIZE };

		model.length = 0;
		model_replace(&model, range_of(0, 0), &all, 1);
		check_all(pieces, &model);
		for (unsigned i = 0; i < 40; i++) {
			struct piece inserted[MODEL_MAXIMUM];
			uint64_t length = pieces_length(pieces);
			uint64_t start = random_below((unsigned)length + 1);
			uint64_t rest = length - start;
			struct range range = range_of(start, random_below(
				(unsigned)(rest < 20 ? rest : 20) + 1));
			size_t count = random_pieces(pieces, range, inserted);
			struct piece_list *list = &done[i].list;

			*list = (struct piece_list){ .pieces = NULL };
			assert_true(pieces_reserve(pieces, range, count, list));
			pieces_replace(pieces, range, inserted, count, list);
			model_replace(&model, range, inserted, count);
			length -= range_length(range);
			done[i].range = range_of(start,
					pieces_length(pieces) - length);
			check_all(pieces, &model);
		}
		for (unsigned i = 40; i-- > 0;) {
			struct piece_list *list = &done[i].list;

			assert_true(pieces_reserve(pieces, done[i].range,
						   list->count, NULL));
			pieces_replace(pieces, done[i].range, list->pieces,
				       list->count, NULL);
			model_replace(&model, done[i].range, list->pieces,
				      list->count);
			pieces_check(pieces);
			piece_list_free(list);
		}
		check_all(pieces, &model);
		assert_int_equal(pieces_count(pieces), 1);
		assert_int_equal(pieces_changes(pieces), 0);
		pieces_free(pieces);
	}
}

static void test_pieces_empty_file(void **state)
{
	(void)state;
	struct pieces *pieces = pieces_new(NULL, 0);
	struct change_place change;
	struct piece piece = {
		.bytes = other, .length = 5, .kind = PIECE_FOREIGN,
	};
	uint64_t index;

	pieces_check(pieces);
	assert_int_equal(pieces_changes(pieces), 0);
	assert_false(pieces_change_from(pieces, 0, &change, &index));
	assert_true(pieces_reserve(pieces, range_of(0, 0), 1, NULL));
	pieces_replace(pieces, range_of(0, 0), &piece, 1, NULL);
	pieces_check(pieces);
	assert_int_equal(pieces_changes(pieces), 1);
	assert_true(pieces_change_from(pieces, 4, &change, &index));
	assert_int_equal(change.now.end, 5);
	assert_int_equal(change.file.end, 0);
	assert_false(pieces_change_from(pieces, 5, &change, &index));
	pieces_free(pieces);
}

static void test_pieces_typing_is_one_piece(void **state)
{
	(void)state;
	struct pieces *pieces = pieces_new(file, FILE_SIZE);

	for (unsigned i = 0; i < 500; i++) {
		struct piece piece = {
			.bytes = other + i, .length = 1, .kind = PIECE_FOREIGN,
		};

		assert_true(pieces_reserve(pieces, range_of(30 + i, 0), 1,
					   NULL));
		pieces_replace(pieces, range_of(30 + i, 0), &piece, 1, NULL);
	}
	pieces_check(pieces);
	assert_int_equal(pieces_count(pieces), 3);
	pieces_free(pieces);
}

/* Many pieces: all summaries stay right, and a run over all of them is seen
 * as one. */
static void test_pieces_many_dirty_pieces_are_one_run(void **state)
{
	(void)state;
	enum { SIZE = 200000 };
	unsigned char *large = calloc(1, SIZE);
	struct pieces *pieces = pieces_new(large, SIZE);
	uint64_t before, after;

	for (uint64_t at = 0; at < SIZE; at += 2) {
		struct piece piece = {
			.bytes = large + at, .length = 1, .kind = PIECE_DIRTY,
		};

		assert_true(pieces_reserve(pieces, range_of(at, 1), 1, NULL));
		pieces_replace(pieces, range_of(at, 1), &piece, 1, NULL);
	}
	pieces_check(pieces);
	assert_int_equal(pieces_count(pieces), SIZE);
	assert_int_equal(pieces_changes(pieces), SIZE / 2);
	assert_ptr_equal(pieces_run(pieces, 777, &before, &after), large + 777);
	assert_int_equal(before, 777);
	assert_int_equal(after, SIZE - 777);
	pieces_free(pieces);
	free(large);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces_random_edits),
		cmocka_unit_test(test_pieces_empty_file),
		cmocka_unit_test(test_pieces_typing_is_one_piece),
		cmocka_unit_test(test_pieces_many_dirty_pieces_are_one_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
