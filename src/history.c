/*
 * history: an array of steps, which is a tree by their parents, and an array
 * of their records.  A step's records stand together, because only the newest
 * step can get another one.
 *
 * Going to another state is a way of steps back and steps on.  It is gone
 * record by record, each reserved just before; what is reserved covers the way
 * back as well, so that if memory ends half-way everything can be put back.
 *
 * Invariants (history_check)
 *  1. A step's parent has a smaller number; its depth is one more than the
 *     parent's.
 *  2. `done` are the present state and all on the way to it from state 0.
 *  3. `next` of a step is a child of it; of one that is done, but the present
 *     state, the child that is done.
 */
#include "history.h"

#include <assert.h>
#include <string.h>

#include "memory.h"

bool history_init(struct history *history)
{
	*history = (struct history){ .records = NULL };
	if (!history_reserve(history))
		return false;
	history->steps[0] = (struct step){ .done = true };
	history->step_count = 1;
	return true;
}

void history_free(struct history *history)
{
	memory_free(history->records);
	memory_free(history->steps);
	memory_free(history->swaps);
	*history = (struct history){ .records = NULL };
}

static bool steps_reserve(struct history *history)
{
	uint32_t capacity = history->step_capacity * 2 + 16;

	if (history->step_count < history->step_capacity)
		return true;
	if (capacity > INT32_MAX)
		return false;
	void *steps = memory_resize(history->steps,
				    capacity * sizeof(*history->steps));

	if (!steps)
		return false;
	history->steps = steps;
	history->step_capacity = capacity;
	return true;
}

bool history_reserve(struct history *history)
{
	size_t capacity = history->capacity * 2 + 16;

	if (!steps_reserve(history))
		return false;
	if (history->count < history->capacity)
		return true;
	void *records = memory_resize(history->records,
				      capacity * sizeof(*history->records));

	if (!records)
		return false;
	history->records = records;
	history->capacity = capacity;
	return true;
}

static void step_push(struct history *history, int64_t time)
{
	struct step *parent = &history->steps[history->now];

	parent->next = history->step_count;
	history->steps[history->step_count] = (struct step){
		.parent = history->now,
		.depth = (parent->depth + 1u) & INT32_MAX, .done = true,
		 .first = history->count, .time = time,
	};
	history->now = history->step_count++;
	history->redo_steps = 0;
}

void history_push(struct history *history, struct record record, bool first,
		  int64_t time)
{
	assert(history->count < history->capacity);
	if (first)
		step_push(history, time);
	assert(history->now == history->step_count - 1);
	history->swap_count += record.swap_count;
	history->records[history->count++] = record;
}

void history_step_records(const struct history *history, uint32_t step,
			  size_t *start, size_t *end)
{
	*start = history->steps[step].first;
	*end = step + 1 < history->step_count ? history->steps[step + 1].first
					      : history->count;
}

struct swap *history_swaps(const struct history *history,
			   const struct record *record)
{
	return record->swap_count ? history->swaps + record->swap_first : NULL;
}

const struct swap *swap_after(const struct swap *swaps, size_t count,
			      uint64_t offset)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct swap *swap = &swaps[middle];

		if (swap->offset + swap->length <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count ? &swaps[low] : NULL;
}

void swap_exchange(struct mapping *mapping, const struct swap *swap)
{
	unsigned char buffer[4096];
	uint64_t done = 0;

	while (done < swap->length) {
		uint64_t rest = swap->length - done;
		size_t size = rest < sizeof(buffer) ? (size_t)rest
						    : sizeof(buffer);
		uint64_t offset = swap->offset + done;

		memcpy(buffer, mapping_bytes(mapping) + offset, size);
		mapping_write(mapping, offset, swap->slot + done, size);
		memcpy(swap->slot + done, buffer, size);
		done += size;
	}
}

void history_swap_record(const struct history *history, size_t record,
			 struct mapping *mapping)
{
	const struct record *one = &history->records[record];
	const struct swap *swaps = history_swaps(history, one);

	for (uint32_t i = 0; i < one->swap_count; i++)
		swap_exchange(mapping, &swaps[i]);
}

bool history_reserve_swap(struct history *history, uint32_t made)
{
	uint32_t capacity = history->swap_capacity * 2 + 16;

	if (history->swap_count + made < history->swap_capacity)
		return true;
	if (capacity > INT32_MAX)
		return false;
	void *swaps = memory_resize(history->swaps,
				    capacity * sizeof(*history->swaps));

	if (!swaps)
		return false;
	history->swaps = swaps;
	history->swap_capacity = capacity;
	return true;
}

/* Makes *TOUCHED say what it says in a document where RANGE has become
 * LENGTH bytes, these included. */
static void touched_add(struct range *touched, struct range range,
			uint64_t length)
{
	struct range now = range_of(range.start, length);
	uint64_t *ends[] = { &touched->start, &touched->end };

	for (int i = 0; i < 2; i++) {
		if (*ends[i] >= range.end)
			*ends[i] += length - range_length(range);
		else if (*ends[i] > range.start)
			*ends[i] = i == 0 ? now.start : now.end;
	}
	if (now.start < touched->start)
		touched->start = now.start;
	if (now.end > touched->end)
		touched->end = now.end;
}

/* The range that became another one. */
static struct range record_exchange(struct history *history, size_t record,
				    struct pieces *pieces,
				    struct mapping *mapping)
{
	struct record *one = &history->records[record];
	struct range range = range_of(one->offset, one->length);

	one->length = one->other.length;
	history_swap_record(history, record, mapping);
	pieces_exchange(pieces, range, &one->other);
	return range;
}

/* --- from state to state --- */

/* The records to exchange, in their order. */
struct way {
	size_t *records;
	size_t count;
	size_t capacity;
};

static bool way_add(struct way *way, size_t record)
{
	if (way->count == way->capacity) {
		size_t capacity = way->capacity * 2 + 16;
		void *records = memory_resize(way->records,
			capacity * sizeof(*way->records));

		if (!records)
			return false;
		way->records = records;
		way->capacity = capacity;
	}
	way->records[way->count++] = record;
	return true;
}

/* The records of STEP, the last one first. */
static bool way_add_step(struct way *way, const struct history *history,
			 uint32_t step)
{
	size_t start, end;

	history_step_records(history, step, &start, &end);
	while (end > start)
		if (!way_add(way, --end))
			return false;
	return true;
}

static void way_reverse(struct way *way, size_t from)
{
	for (size_t end = way->count; from + 1 < end; from++) {
		size_t record = way->records[from];

		way->records[from] = way->records[--end];
		way->records[end] = record;
	}
}

/* Where the ways to the present state and to TARGET part. */
static uint32_t fork_of(const struct history *history, uint32_t target)
{
	while (!history->steps[target].done)
		target = history->steps[target].parent;
	return target;
}

static bool way_find(struct way *way, const struct history *history,
		     uint32_t target)
{
	uint32_t fork = fork_of(history, target);
	uint32_t step;

	for (step = history->now; step != fork;
	     step = history->steps[step].parent)
		if (!way_add_step(way, history, step))
			return false;

	size_t on = way->count;

	for (step = target; step != fork; step = history->steps[step].parent)
		if (!way_add_step(way, history, step))
			return false;
	way_reverse(way, on);
	return true;
}

/* The steps are what the way has made of them. */
static void steps_go(struct history *history, uint32_t target)
{
	struct step *steps = history->steps;
	uint32_t fork = fork_of(history, target);
	uint32_t step;

	for (step = history->now; step != fork; step = steps[step].parent) {
		steps[step].done = false;
		history->redo_steps++;
	}
	/* On the same line redo still leads to the same end. */
	bool other = false;

	for (step = target; step != fork; step = steps[step].parent) {
		uint32_t parent = steps[step].parent;

		steps[step].done = true;
		other |= steps[parent].next != step;
		steps[parent].next = step;
		history->redo_steps--;
	}
	history->now = target;
	if (!other)
		return;
	history->redo_steps = 0;
	for (step = steps[target].next; step; step = steps[step].next)
		history->redo_steps++;
}

/* Puts back what the first COUNT records of WAY have exchanged. */
static void way_put_back(struct history *history, const struct way *way,
			 size_t count, struct pieces *pieces,
			 struct mapping *mapping)
{
	while (count-- > 0)
		record_exchange(history, way->records[count], pieces, mapping);
}

static bool way_go(struct history *history, const struct way *way,
		   struct pieces *pieces, struct mapping *mapping,
		   struct range *touched)
{
	struct reservation reservation = { 0, 0 };

	for (size_t done = 0; done < way->count; done++) {
		struct record *record = &history->records[way->records[done]];
		struct range range = range_of(record->offset, record->length);

		if (!pieces_reserve(pieces, &record->other,
				    pieces_in(pieces, range), &reservation)) {
			way_put_back(history, way, done, pieces, mapping);
			return false;
		}
		record_exchange(history, way->records[done], pieces, mapping);
		if (done == 0)
			*touched = range_of(range.start, record->length);
		else
			touched_add(touched, range, record->length);
	}
	return true;
}

static void way_tell(struct history *history, const struct way *way,
		     struct pieces *pieces, struct mapping *mapping,
		     const struct history_listener *listener)
{
	way_put_back(history, way, way->count, pieces, mapping);
	for (size_t i = 0; i < way->count; i++) {
		listener->tell(listener->context,
			       &history->records[way->records[i]]);
		record_exchange(history, way->records[i], pieces, mapping);
	}
}

bool history_go(struct history *history, uint32_t target,
		struct pieces *pieces, struct mapping *mapping,
		const struct history_listener *listener,
		struct range *touched, struct error *error)
{
	struct way way = { .records = NULL };

	*touched = range_of(0, 0);
	bool fine = way_find(&way, history, target) &&
		    way_go(history, &way, pieces, mapping, touched);

	if (fine && way.count > 0 && listener &&
	    !listener->gone(listener->context))
		way_tell(history, &way, pieces, mapping, listener);
	memory_free(way.records);
	if (!fine)
		return error_set_memory(error);
	steps_go(history, target);
	return true;
}

static uint32_t common_state(const struct history *history, uint32_t one,
			     uint32_t two)
{
	const struct step *steps = history->steps;

	while (one != two) {
		if (steps[one].depth < steps[two].depth)
			two = steps[two].parent;
		else
			one = steps[one].parent;
	}
	return one;
}

void history_swap(struct history *history, uint32_t from, uint32_t to,
		  struct mapping *mapping)
{
	struct step *steps = history->steps;
	uint32_t fork = common_state(history, from, to);
	size_t start, end;

	for (; from != fork; from = steps[from].parent) {
		history_step_records(history, from, &start, &end);
		while (end > start)
			history_swap_record(history, --end, mapping);
	}
	/* Parents are named, children are not: mark the way up, go it down. */
	for (uint32_t step = to; step != fork; step = steps[step].parent)
		steps[steps[step].parent].way = step;
	while (from != to) {
		from = steps[from].way;
		history_step_records(history, from, &start, &end);
		while (start < end)
			history_swap_record(history, start++, mapping);
	}
}

/* --- checking --- */

static void records_check(const struct history *history,
			  const struct mapping *mapping)
{
	for (size_t i = 0; i < history->count; i++) {
		const struct record *record = &history->records[i];
		const struct swap *swaps = history_swaps(history, record);
		uint64_t end = 0;

		for (uint32_t j = 0; j < record->swap_count; j++) {
			assert(swaps[j].offset >= end);
			end = swaps[j].offset + swaps[j].length;
			assert(mapping_is_private(mapping,
				range_of(swaps[j].offset, swaps[j].length)));
		}
	}
}

void history_check(const struct history *history,
		   const struct mapping *mapping)
{
	const struct step *steps = history->steps;
	uint32_t done = 0;
	uint64_t redo = 0;

	assert(history->count <= history->capacity);
	assert(history->step_count > 0 && steps[0].done && !steps[0].depth);
	assert(history->now < history->step_count);
	assert(steps[history->now].done);
	for (uint32_t i = 1; i < history->step_count; i++) {
		const struct step *parent = &steps[steps[i].parent];

		assert(steps[i].parent < i);
		assert(steps[i].depth == parent->depth + 1u);
		assert(!steps[i].done || parent->done);
		assert(!steps[i].done || parent->next == i);
		assert(!steps[i].next || steps[steps[i].next].parent == i);
		assert(steps[i].first >= steps[i - 1].first);
		done += steps[i].done;
	}
	for (uint32_t i = steps[history->now].next; i; i = steps[i].next)
		redo++;
	assert(done == steps[history->now].depth);
	assert(redo == history->redo_steps);
	records_check(history, mapping);
}
