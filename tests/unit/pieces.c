/*
 * pieces against the plainest model there is: an array with one entry a
 * byte, for the document and for every stretch.
 */
#include "pieces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memory.h"
#include "sizes.h"

enum { FILE_SIZE = 6000 };

/* A byte of the model: from where, as what. */
struct cell {
	const unsigned char *bytes;	/* of the byte, or of the repetition */
	uint32_t period;
	uint32_t phase;
	enum piece_kind kind;
};

struct line {
	struct cell *cells;
	size_t length;
	size_t capacity;
};

/* A document and its model. */
struct pair {
	struct pieces *pieces;
	struct line line;
	size_t file_size;
};

/* An edit, and what it has taken out. */
struct edit {
	struct range range;
	struct stretch stretch;
	struct line line;
};

static unsigned char file[FILE_SIZE];
static unsigned char other[1000];
static unsigned long long seed = 1;

static unsigned random_below(size_t limit)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)((seed >> 33) % limit);
}

/* --- memory that runs out --- */

static unsigned long allowed;

static bool refuse(void)
{
	if (allowed == 0)
		return true;
	allowed--;
	return false;
}

static void allow(unsigned long count)
{
	allowed = count;
	memory_refuse = refuse;
}

static void allow_all(void)
{
	memory_refuse = NULL;
}

/* --- the model --- */

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

static void line_append(struct line *line, const struct cell *cells,
			size_t count)
{
	if (!count)
		return;
	if (line->length + count > line->capacity) {
		line->capacity = 2 * line->length + count;
		line->cells = realloc(line->cells,
				      line->capacity * sizeof(*cells));
	}
	memcpy(line->cells + line->length, cells, count * sizeof(*cells));
	line->length += count;
}

static void line_add(struct line *line, struct piece piece)
{
	for (uint64_t i = 0; i < piece.length; i++) {
		struct cell cell = cell_of(piece, i);

		line_append(line, &cell, 1);
	}
}

/* RANGE of LINE and the whole of OUT change places. */
static void line_exchange(struct line *line, struct range range,
			  struct line *out)
{
	struct line whole = { .length = 0 }, old = { .length = 0 };

	line_append(&old, line->cells + range.start, range_length(range));
	if (old.length == out->length && old.length > 0) {
		memcpy(line->cells + range.start, out->cells,
		       old.length * sizeof(*old.cells));
	} else {
		line_append(&whole, line->cells, range.start);
		line_append(&whole, out->cells, out->length);
		line_append(&whole, line->cells + range.end,
			    line->length - range.end);
		free(line->cells);
		*line = whole;
	}
	free(out->cells);
	*out = old;
}

/* All changes, the slow way. */
static size_t line_changes(const struct line *line, size_t file_size,
			   struct change_place *changes)
{
	size_t count = 0;
	uint64_t covered = 0, gap = 0;

	for (uint64_t i = 0; i <= line->length; i++) {
		bool end = i == line->length;
		struct cell cell = { .kind = PIECE_BASE };

		if (!end)
			cell = line->cells[i];
		if (cell.kind == PIECE_FOREIGN)
			continue;

		uint64_t place = end ? file_size
				     : (uint64_t)(cell.bytes - file);
		bool dirty = !end && cell.kind == PIECE_DIRTY;

		if (gap < i || covered < place) {
			changes[count++] = (struct change_place){
				{ gap, i }, { covered, place },
			};
		} else if (dirty && count && i > 0 &&
			   line->cells[i - 1].kind == PIECE_DIRTY) {
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

/* --- comparing --- */

static void check_walk(struct piece_cursor cursor, const struct line *line,
		       uint64_t at, uint64_t count)
{
	struct piece piece;
	uint64_t start;

	while (piece_cursor_next(&cursor, &piece, &start)) {
		assert_int_equal(start, at);
		assert_true(at + piece.length <= line->length);
		for (uint64_t i = 0; i < piece.length; i++, at++)
			if (!cell_equal(cell_of(piece, i), line->cells[at]))
				fail();
		count--;
	}
	assert_int_equal(at, line->length);
	assert_int_equal(count, 0);
}

static void check_document(const struct pair *pair)
{
	const struct pieces *pieces = pair->pieces;

	pieces_check(pieces);
	assert_int_equal(pieces_length(pieces), pair->line.length);
	check_walk(pieces_walk(pieces, 0), &pair->line, 0,
		   pieces_count(pieces));
}

static void check_stretch(const struct pieces *pieces,
			  const struct stretch *stretch,
			  const struct line *line)
{
	stretch_check(pieces, stretch);
	assert_int_equal(stretch->length, line->length);
	check_walk(stretch_walk(pieces, stretch), line, 0, stretch->count);
}

static void check_changes(const struct pair *pair)
{
	const struct pieces *pieces = pair->pieces;
	struct change_place *expected = malloc(
		(2 * pair->line.length + 2) * sizeof(*expected));
	size_t count = line_changes(&pair->line, pair->file_size, expected);
	struct change_place found;
	uint64_t index = 0;
	size_t next = 0;

	assert_int_equal(pieces_changes(pieces), count);
	for (size_t i = 0; i < count; i++) {
		assert_true(pieces_change(pieces, i, &found));
		assert_memory_equal(&found, &expected[i], sizeof(found));
	}
	assert_false(pieces_change(pieces, count, &found));
	for (uint64_t at = 0; at <= pair->line.length + 1; at++) {
		while (next < count && !(expected[next].now.end > at ||
		       (range_is_empty(expected[next].now) &&
			expected[next].now.start >= at)))
			next++;
		assert_int_equal(pieces_change_from(pieces, at, &found, &index),
				 next < count);
		if (next == count)
			continue;
		assert_int_equal(index, next);
		assert_memory_equal(&found, &expected[next], sizeof(found));
	}
	free(expected);
}

static void check_runs(const struct pair *pair)
{
	const struct cell *cells = pair->line.cells;
	uint64_t start = 0, end = 0;

	for (uint64_t at = 0; at < pair->line.length; at++) {
		uint64_t before, after, only;
		const unsigned char *run =
			pieces_run(pair->pieces, at, &before, &after);

		if (at == end) {
			start = at;
			while (++end < pair->line.length &&
			       cell_runs_on(cells[end - 1], cells[end]))
				;
		}
		assert_ptr_equal(run, cell_address(cells[at]));
		assert_int_equal(before, at - start);
		assert_int_equal(after, end - at);
		assert_ptr_equal(run, pieces_run(pair->pieces, at, NULL,
						 &only));
		assert_int_equal(only, after);
	}
}

/* Pieces one by one: where they start, how many there are. */
static void check_pieces(const struct pair *pair)
{
	const struct cell *cells = pair->line.cells;
	uint64_t count = 0, expected = 0;

	for (uint64_t at = 0; at < pair->line.length; at++) {
		uint64_t start, length = pair->line.length;
		struct piece piece = pieces_at(pair->pieces, at, &start);

		assert_true(cell_equal(cell_of(piece, at - start), cells[at]));
		if (at == 0 || !cell_follows(cells[at - 1], cells[at])) {
			count++;
			expected = at;
		}
		assert_int_equal(start, expected);
		assert_int_equal(pieces_in(pair->pieces, range_of(0, at + 1)),
				 count);
		assert_int_equal(pieces_in(pair->pieces, range_of(at, 0)), 0);
		if (at % 8)
			continue;
		check_walk(pieces_walk(pair->pieces, at), &pair->line, start,
			   pieces_in(pair->pieces, (struct range){
				   at, length }));
	}
	assert_int_equal(pieces_count(pair->pieces), count);
}

static void check_all(const struct pair *pair)
{
	check_document(pair);
	check_pieces(pair);
	check_changes(pair);
	check_runs(pair);
}

/* --- documents and edits --- */

static struct pair pair_new(size_t file_size)
{
	struct pair pair = {
		.pieces = pieces_new(file, file_size),
		.file_size = file_size,
	};

	assert_non_null(pair.pieces);
	if (file_size)
		line_add(&pair.line, (struct piece){
			.bytes = file, .length = file_size });
	return pair;
}

static void pair_reset(struct pair *pair)
{
	pieces_reset(pair->pieces, file, pair->file_size);
	pair->line.length = 0;
	line_add(&pair->line, (struct piece){
		.bytes = file, .length = pair->file_size });
}

static void pair_free(struct pair *pair)
{
	pieces_free(pair->pieces);
	free(pair->line.cells);
}

/* Typed, repeated, or copied from the file. */
static struct piece random_foreign(const struct pair *pair, unsigned limit)
{
	uint32_t length = 1 + random_below(limit);
	unsigned what = random_below(4);

	if (what == 0 && pair->file_size > length)
		return (struct piece){
			.bytes = file + random_below(pair->file_size - length +
						     1),
			.length = length, .kind = PIECE_FOREIGN,
		};
	if (what < 3)
		return (struct piece){
			.bytes = other + random_below(900), .length = length,
			.kind = PIECE_FOREIGN,
		};
	uint32_t period = 1 + random_below(5);

	return (struct piece){
		.bytes = other + 950, .length = length, .period = period,
		.phase = random_below(period) & PIECE_PHASE_MASK,
		.kind = PIECE_FOREIGN,
	};
}

static void edit_add(struct pair *pair, struct edit *edit, struct piece piece)
{
	assert_true(stretch_add(pair->pieces, &edit->stretch, piece));
	line_add(&edit->line, piece);
}

/* Adds RANGE as it is in the document, but base bytes are dirty now. */
static void edit_add_dirty(struct pair *pair, struct edit *edit)
{
	struct stretch copy = { .count = 0 };
	struct piece_cursor cursor;
	struct piece piece;
	uint64_t start;

	assert_true(stretch_copy(pair->pieces, &copy, edit->range));
	stretch_check(pair->pieces, &copy);
	cursor = stretch_walk(pair->pieces, &copy);
	while (piece_cursor_next(&cursor, &piece, &start)) {
		if (piece.kind == PIECE_BASE)
			piece.kind = PIECE_DIRTY;
		edit_add(pair, edit, piece);
	}
	assert_int_equal(edit->stretch.length, range_length(edit->range));
	stretch_free(pair->pieces, &copy);
}

static void edit_add_copy(struct pair *pair, struct edit *edit)
{
	assert_true(stretch_copy(pair->pieces, &edit->stretch, edit->range));
	line_append(&edit->line, pair->line.cells + edit->range.start,
		    range_length(edit->range));
}

/* Somewhere, up to REACH bytes; up to MANY pieces. */
static struct edit edit_random(struct pair *pair, unsigned reach, unsigned many)
{
	uint64_t length = pieces_length(pair->pieces);
	uint64_t start = random_below(length + 1);
	uint64_t rest = length - start < reach ? length - start : reach;
	struct edit edit = {
		.range = range_of(start, random_below(random_below(rest + 1) +
						      1)),
	};
	unsigned count = random_below(many + 1);

	switch (random_below(8)) {
	case 0:
		break;
	case 1:
		edit_add_copy(pair, &edit);
		break;
	case 2:
	case 3:
	case 4:
		edit_add_dirty(pair, &edit);
		break;
	default:
		for (unsigned i = 0; i < count; i++)
			edit_add(pair, &edit, random_foreign(
				pair, many > 9 ? 2 : 9));
	}
	check_stretch(pair->pieces, &edit.stretch, &edit.line);
	return edit;
}

/* Without a single allocation. */
static void edit_exchange(struct pair *pair, struct edit *edit)
{
	uint64_t length = edit->stretch.length;

	allow(0);
	pieces_exchange(pair->pieces, edit->range, &edit->stretch);
	allow_all();
	line_exchange(&pair->line, edit->range, &edit->line);
	edit->range = range_of(edit->range.start, length);
}

static void edit_do(struct pair *pair, struct edit *edit)
{
	struct reservation reservation = { .pieces = 0 };

	assert_true(pieces_reserve(pair->pieces, &edit->stretch,
				   pieces_in(pair->pieces, edit->range),
				   &reservation));
	edit_exchange(pair, edit);
}

static void edit_free(struct pair *pair, struct edit *edit)
{
	stretch_free(pair->pieces, &edit->stretch);
	free(edit->line.cells);
}

/* --- exchanges at random --- */

static void test_pieces_random_edits(void **state)
{
	enum { EDITS = 40 };

	(void)state;
	for (unsigned script = 0; script < 60; script++) {
		struct edit done[EDITS];
		struct pair pair = pair_new(60);

		check_all(&pair);
		for (unsigned i = 0; i < EDITS; i++) {
			done[i] = edit_random(&pair, 20, 3);
			edit_do(&pair, &done[i]);
			check_all(&pair);
			check_stretch(pair.pieces, &done[i].stretch,
				      &done[i].line);
		}
		for (unsigned i = EDITS; i-- > 0;) {
			edit_do(&pair, &done[i]);
			check_document(&pair);
			edit_free(&pair, &done[i]);
		}
		check_all(&pair);
		assert_int_equal(pieces_count(pair.pieces), 1);
		assert_int_equal(pieces_changes(pair.pieces), 0);
		pair_free(&pair);
	}
}

/* A history that is gone up and down, and forgotten now and then. */
static void random_history(size_t file_size, unsigned steps, unsigned reach,
			   unsigned many)
{
	enum { EDITS = 64 };
	struct edit edits[EDITS];
	unsigned count = 0, done = 0;
	struct pair pair = pair_new(file_size);

	for (unsigned step = 0; step < steps; step++) {
		unsigned what = random_below(10);
		struct edit *edit;

		if (what < 3 && done > 0) {
			edit = &edits[--done];
		} else if (what < 5 && done < count) {
			edit = &edits[done++];
		} else {
			while (count > (done == EDITS ? 0 : done))
				edit_free(&pair, &edits[--count]);
			done = count;
			if (!done && (pair.line.length < file_size / 2 ||
				      pair.line.length > file_size * 3))
				pair_reset(&pair);
			edits[count++] = edit_random(&pair, reach, many);
			edit = &edits[done++];
		}
		edit_do(&pair, edit);
		check_document(&pair);
		check_stretch(pair.pieces, &edit->stretch, &edit->line);
		if (step % 1024 == 0)
			check_all(&pair);
	}
	check_all(&pair);
	/* The stretches that are left go with the pieces. */
	while (count > 0)
		free(edits[--count].line.cells);
	pair_free(&pair);
}

static void test_pieces_random_histories(void **state)
{
	(void)state;
	random_history(60, 70000, 16, 4);
	random_history(800, 30000, 60, 24);
}

static void test_pieces_random_long_stretches(void **state)
{
	(void)state;
	random_history(FILE_SIZE, 2000, 3000, 300);
	random_history(FILE_SIZE, 150, 20000, 3000);
}

/* --- memory --- */

/* Edits of equal length in the MANY parts of the document. */
static void edits_random(struct pair *pair, struct edit *edits, unsigned many)
{
	uint64_t part = pieces_length(pair->pieces) / many;

	for (unsigned i = 0; i < many; i++) {
		unsigned length = 1 + random_below(part / 2);
		unsigned from = random_below(part / 2);
		bool dirty = random_below(4) > 0;

		edits[i] = (struct edit){
			.range = range_of(i * part + from, length),
		};
		if (dirty)
			edit_add_dirty(pair, &edits[i]);
		while (edits[i].stretch.length < length)
			edit_add(pair, &edits[i], random_foreign(pair, 1));
	}
}

static bool edits_reserve(struct pair *pair, struct edit *edits, unsigned many)
{
	struct reservation reservation = { .pieces = 0 };

	for (unsigned i = 0; i < many; i++) {
		struct reservation before = reservation;
		struct edit *edit = &edits[i];
		size_t standing = pieces_in(pair->pieces, edit->range);

		if (pieces_reserve(pair->pieces, &edit->stretch, standing,
				   &reservation))
			continue;
		assert_memory_equal(&before, &reservation, sizeof(before));
		return false;
	}
	return true;
}

/* In whatever order. */
static void edits_exchange(struct pair *pair, struct edit *edits, unsigned many)
{
	bool done[100] = { false };

	assert_true(many <= 100);
	for (unsigned left = many; left > 0;) {
		unsigned i = random_below(many);

		if (done[i])
			continue;
		edit_exchange(pair, &edits[i]);
		check_stretch(pair->pieces, &edits[i].stretch, &edits[i].line);
		done[i] = true;
		left--;
	}
	check_document(pair);
}

static void test_pieces_reserve_without_memory(void **state)
{
	(void)state;
	for (unsigned script = 0; script < 300; script++) {
		struct edit first, edits[100];
		struct pair pair = pair_new(script % 3 ? FILE_SIZE : 600);
		unsigned many = 1 + random_below(script % 2 ? 100 : 5);
		unsigned long count = 0;

		first = edit_random(&pair, 2000, 1000);
		edit_do(&pair, &first);
		edits_random(&pair, edits, many);
		for (allow(0); !edits_reserve(&pair, edits, many);
		     allow(++count)) {
			check_document(&pair);
			for (unsigned i = 0; i < many; i++)
				check_stretch(pair.pieces, &edits[i].stretch,
					      &edits[i].line);
		}
		allow_all();
		edits_exchange(&pair, edits, many);
		edits_exchange(&pair, edits, many);
		assert_true(edits_reserve(&pair, edits, many));
		edits_exchange(&pair, edits, many);
		for (unsigned i = 0; i < many; i++)
			edit_free(&pair, &edits[i]);
		edit_do(&pair, &first);
		edit_free(&pair, &first);
		pair_free(&pair);
	}
}

/* One after the other, each in what the one before has left; and back. */
static void test_pieces_reserve_a_step(void **state)
{
	enum { STEP = 50 };

	(void)state;
	for (unsigned script = 0; script < 200; script++) {
		struct pair pair = pair_new(FILE_SIZE);
		struct reservation reservation = { .pieces = 0 };
		struct edit edits[STEP];

		for (unsigned i = 0; i < STEP; i++) {
			edits[i] = edit_random(&pair, 30, 60);
			edit_do(&pair, &edits[i]);
		}
		for (unsigned i = STEP; i-- > 0;)
			assert_true(pieces_reserve(pair.pieces,
				&edits[i].stretch,
				range_length(edits[i].range), &reservation));
		for (unsigned i = STEP; i-- > 0;)
			edit_exchange(&pair, &edits[i]);
		check_document(&pair);
		assert_int_equal(pieces_count(pair.pieces), 1);
		for (unsigned i = 0; i < STEP; i++)
			edit_exchange(&pair, &edits[i]);
		check_document(&pair);
		for (unsigned i = 0; i < STEP; i++) {
			check_stretch(pair.pieces, &edits[i].stretch,
				      &edits[i].line);
			edit_free(&pair, &edits[i]);
		}
		pair_free(&pair);
	}
}

/* Every leaf is full at first, and becomes two. */
static void test_pieces_reserve_where_leaves_are_full(void **state)
{
	enum { MANY = 20000, APART = PIECES_LEAF, STEP = MANY / APART };
	static unsigned char bytes[2 * MANY];
	static struct stretch step[STEP];
	struct pieces *pieces = pieces_new(NULL, 0);
	struct stretch all = { .count = 0 };
	struct reservation reservation = { .pieces = 0 };
	struct piece piece = { .length = 1, .kind = PIECE_FOREIGN };

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		piece.bytes = bytes + 2 * i;
		assert_true(stretch_add(pieces, &all, piece));
	}
	assert_true(pieces_reserve(pieces, &all, 0, &reservation));
	pieces_exchange(pieces, range_of(0, 0), &all);
	reservation = (struct reservation){ .pieces = 0 };
	for (unsigned i = 0; i < STEP; i++) {
		piece.bytes = other + 2 * (i % 100);
		assert_true(stretch_add(pieces, &step[i], piece));
	}
	for (unsigned i = 0; i < STEP; i++)
		assert_true(pieces_reserve(pieces, &step[i], 0, &reservation));
	allow(0);
	for (unsigned i = 0; i < STEP; i++)
		pieces_exchange(pieces, range_of((APART + 1) * i + APART / 2,
						 0), &step[i]);
	pieces_check(pieces);
	assert_int_equal(pieces_count(pieces), MANY + STEP);
	for (unsigned i = STEP; i-- > 0;)
		pieces_exchange(pieces, range_of((APART + 1) * i + APART / 2,
						 1), &step[i]);
	allow_all();
	pieces_check(pieces);
	assert_int_equal(pieces_count(pieces), MANY);
	pieces_free(pieces);
}

static void test_pieces_new_without_memory(void **state)
{
	struct pieces *pieces = NULL;

	(void)state;
	for (unsigned long count = 0; !pieces; count++) {
		allow(count);
		pieces = pieces_new(file, FILE_SIZE);
		allow_all();
		assert_true(count > 0 || !pieces);
	}
	pieces_free(pieces);
}

/* --- stretches --- */

static void test_stretch_add_without_memory(void **state)
{
	(void)state;
	for (unsigned script = 0; script < 30; script++) {
		struct pair pair = pair_new(FILE_SIZE);
		struct edit edit = { .range = { 0, 0 } };
		unsigned failed = 0;

		for (unsigned i = 0; i < 700; i++) {
			struct piece piece = random_foreign(&pair, 3);

			allow(0);
			if (stretch_add(pair.pieces, &edit.stretch, piece)) {
				allow_all();
				line_add(&edit.line, piece);
				continue;
			}
			allow_all();
			failed++;
			check_stretch(pair.pieces, &edit.stretch, &edit.line);
			edit_add(&pair, &edit, piece);
		}
		assert_true(failed > 0);
		check_stretch(pair.pieces, &edit.stretch, &edit.line);
		edit_free(&pair, &edit);
		check_document(&pair);
		pair_free(&pair);
	}
}

static void test_stretch_copy_appends(void **state)
{
	(void)state;
	for (unsigned script = 0; script < 100; script++) {
		struct pair pair = pair_new(FILE_SIZE);
		struct edit edit = edit_random(&pair, 100, 300);
		struct edit copies = { .range = { 0, 0 } };

		edit_do(&pair, &edit);
		for (unsigned i = 0; i < 8; i++) {
			uint64_t length = pieces_length(pair.pieces);
			uint64_t start = random_below(length + 1);

			copies.range = range_of(start, random_below(
				length - start + 1));
			edit_add_copy(&pair, &copies);
			check_stretch(pair.pieces, &copies.stretch,
				      &copies.line);
		}
		stretch_free(pair.pieces, &copies.stretch);
		assert_int_equal(copies.stretch.count, 0);
		assert_int_equal(copies.stretch.length, 0);
		free(copies.line.cells);
		edit_free(&pair, &edit);
		check_document(&pair);
		pair_free(&pair);
	}
}

/* Full leaves, and all of it moves at once. */
static void test_stretch_of_many_pieces(void **state)
{
	enum { MANY = 100000 };
	static unsigned char bytes[2 * MANY];
	struct pieces *pieces = pieces_new(file, FILE_SIZE);
	struct stretch stretch = { .count = 0 };
	struct reservation reservation = { .pieces = 0 };

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		assert_true(stretch_add(pieces, &stretch, (struct piece){
			.bytes = bytes + 2 * i, .length = 1,
			.kind = PIECE_FOREIGN }));
	stretch_check(pieces, &stretch);
	assert_int_equal(stretch.count, MANY);
	assert_true(pieces_reserve(pieces, &stretch, 1, &reservation));
	allow(0);
	pieces_exchange(pieces, range_of(1000, 1000), &stretch);
	pieces_check(pieces);
	assert_int_equal(stretch.count, 1);
	assert_int_equal(pieces_count(pieces), MANY + 2);
	pieces_exchange(pieces, range_of(1000, MANY), &stretch);
	allow_all();
	pieces_check(pieces);
	stretch_check(pieces, &stretch);
	assert_int_equal(stretch.count, MANY);
	assert_int_equal(pieces_count(pieces), 1);
	pieces_free(pieces);
}

static void test_pieces_reset_leaves_stretches(void **state)
{
	(void)state;
	for (unsigned script = 0; script < 100; script++) {
		struct pair pair = pair_new(script % 4 ? FILE_SIZE : 0);
		struct edit edits[10];

		for (unsigned i = 0; i < 10; i++) {
			edits[i] = edit_random(&pair, 500, 300);
			edit_do(&pair, &edits[i]);
		}
		pieces_reset(pair.pieces, file, script % 2 ? 500 : 0);
		pieces_check(pair.pieces);
		assert_int_equal(pieces_changes(pair.pieces), 0);
		assert_int_equal(pieces_count(pair.pieces), script % 2);
		pieces_reset(pair.pieces, file, FILE_SIZE);
		for (unsigned i = 0; i < 10; i++) {
			check_stretch(pair.pieces, &edits[i].stretch,
				      &edits[i].line);
			edit_free(&pair, &edits[i]);
		}
		pieces_check(pair.pieces);
		assert_int_equal(pieces_length(pair.pieces), FILE_SIZE);
		pair_free(&pair);
	}
}

/* --- single cases --- */

static void exchange_one(struct pieces *pieces, struct range range,
			 struct piece piece)
{
	struct stretch stretch = { .count = 0 };
	struct reservation reservation = { .pieces = 0 };

	assert_true(stretch_add(pieces, &stretch, piece));
	assert_true(pieces_reserve(pieces, &stretch, pieces_in(pieces, range),
				   &reservation));
	pieces_exchange(pieces, range, &stretch);
	stretch_free(pieces, &stretch);
}

static void test_pieces_empty_file(void **state)
{
	struct pieces *pieces = pieces_new(NULL, 0);
	struct change_place change;
	struct piece_cursor cursor = pieces_walk(pieces, 0);
	struct piece piece;
	uint64_t index;

	(void)state;
	pieces_check(pieces);
	assert_false(piece_cursor_next(&cursor, &piece, &index));
	assert_int_equal(pieces_changes(pieces), 0);
	assert_false(pieces_change_from(pieces, 0, &change, &index));
	exchange_one(pieces, range_of(0, 0), (struct piece){
		.bytes = other, .length = 5, .kind = PIECE_FOREIGN });
	pieces_check(pieces);
	assert_int_equal(pieces_changes(pieces), 1);
	assert_true(pieces_change_from(pieces, 4, &change, &index));
	assert_int_equal(change.now.end, 5);
	assert_int_equal(change.file.end, 0);
	assert_false(pieces_change_from(pieces, 5, &change, &index));
	pieces_free(pieces);
}

static void test_pieces_delete_everything(void **state)
{
	struct pair pair = pair_new(FILE_SIZE);
	struct edit edit = { .range = { 0, FILE_SIZE } };

	(void)state;
	edit_do(&pair, &edit);
	check_all(&pair);
	assert_int_equal(pieces_changes(pair.pieces), 1);
	edit_do(&pair, &edit);
	check_all(&pair);
	assert_int_equal(pieces_changes(pair.pieces), 0);
	edit_free(&pair, &edit);
	pair_free(&pair);
}

static void test_pieces_typing_is_one_piece(void **state)
{
	struct pieces *pieces = pieces_new(file, FILE_SIZE);

	(void)state;
	for (unsigned i = 0; i < 500; i++)
		exchange_one(pieces, range_of(30 + i, 0), (struct piece){
			.bytes = other + i, .length = 1,
			.kind = PIECE_FOREIGN });
	pieces_check(pieces);
	assert_int_equal(pieces_count(pieces), 3);
	pieces_free(pieces);
}

/* The file's last bytes once more: they are not its end. */
static void test_pieces_last_bytes_once_more(void **state)
{
	struct pieces *pieces = pieces_new(file + 100, 100);

	(void)state;
	exchange_one(pieces, range_of(100, 0), (struct piece){
		.bytes = file + 150, .length = 50, .kind = PIECE_FOREIGN });
	assert_int_equal(pieces_changes(pieces), 1);
	pieces_check(pieces);
	pieces_free(pieces);
}

/* Many pieces: all summaries stay right, and a run over all of them is seen
 * as one. */
static void test_pieces_many_dirty_pieces_are_one_run(void **state)
{
	enum { SIZE = 200000 };
	unsigned char *large = calloc(1, SIZE);
	struct pieces *pieces = pieces_new(large, SIZE);
	uint64_t before, after;

	(void)state;
	for (uint64_t at = 0; at < SIZE; at += 2)
		exchange_one(pieces, range_of(at, 1), (struct piece){
			.bytes = large + at, .length = 1,
			.kind = PIECE_DIRTY });
	pieces_check(pieces);
	assert_int_equal(pieces_count(pieces), SIZE);
	assert_int_equal(pieces_changes(pieces), SIZE / 2);
	for (uint64_t at = 0; at < SIZE; at += 777) {
		assert_ptr_equal(pieces_run(pieces, at, &before, &after),
				 large + at);
		assert_int_equal(before, at);
		assert_int_equal(after, SIZE - at);
	}
	exchange_one(pieces, range_of(5000, 0), (struct piece){
		.bytes = other, .length = 7, .kind = PIECE_FOREIGN });
	pieces_run(pieces, 4000, &before, &after);
	assert_int_equal(before, 4000);
	assert_int_equal(after, 1000);
	pieces_run(pieces, SIZE, &before, &after);
	assert_int_equal(before, SIZE - 5007);
	assert_int_equal(after, 7);
	pieces_free(pieces);
	free(large);
}

static void assert_change(const struct pieces *pieces, uint64_t index,
			  struct range now, struct range in_file)
{
	struct change_place place;

	assert_true(pieces_change(pieces, index, &place));
	assert_int_equal(place.now.start, now.start);
	assert_int_equal(place.now.end, now.end);
	assert_int_equal(place.file.start, in_file.start);
	assert_int_equal(place.file.end, in_file.end);
	pieces_check(pieces);
}

/* Behind a change at the end, too. */
static void test_pieces_grow(void **state)
{
	struct piece typed = {
		.bytes = other, .length = 3, .kind = PIECE_FOREIGN,
	};
	struct pieces *pieces = pieces_new(file, 0);

	(void)state;
	assert_true(pieces_reserve_growth(pieces));
	pieces_grow(pieces, 10);
	assert_int_equal(pieces_changes(pieces), 0);
	assert_int_equal(pieces_count(pieces), 1);
	exchange_one(pieces, range_of(8, 2), typed);
	assert_change(pieces, 0, range_of(8, 3), range_of(8, 2));
	assert_true(pieces_reserve_growth(pieces));
	allow(0);
	pieces_grow(pieces, 20);
	allow_all();
	assert_int_equal(pieces_length(pieces), 21);
	assert_int_equal(pieces_changes(pieces), 1);
	assert_change(pieces, 0, range_of(8, 3), range_of(8, 2));
	assert_int_equal(pieces_changes(pieces), 1);
	pieces_check(pieces);
	pieces_free(pieces);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces_random_edits),
		cmocka_unit_test(test_pieces_random_histories),
		cmocka_unit_test(test_pieces_random_long_stretches),
		cmocka_unit_test(test_pieces_reserve_without_memory),
		cmocka_unit_test(test_pieces_reserve_a_step),
		cmocka_unit_test(test_pieces_reserve_where_leaves_are_full),
		cmocka_unit_test(test_pieces_new_without_memory),
		cmocka_unit_test(test_stretch_add_without_memory),
		cmocka_unit_test(test_stretch_copy_appends),
		cmocka_unit_test(test_stretch_of_many_pieces),
		cmocka_unit_test(test_pieces_reset_leaves_stretches),
		cmocka_unit_test(test_pieces_empty_file),
		cmocka_unit_test(test_pieces_delete_everything),
		cmocka_unit_test(test_pieces_typing_is_one_piece),
		cmocka_unit_test(test_pieces_last_bytes_once_more),
		cmocka_unit_test(test_pieces_many_dirty_pieces_are_one_run),
		cmocka_unit_test(test_pieces_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
