/*
 * stretches: an array of lengths and counts, and their sums, which are made
 * when somebody asks for them.
 *
 * An edit puts new entries in the place of those that it touches, and makes
 * them of the usual length; so they are never many more than the document's
 * size asks for, whatever is done to it.
 *
 * Invariants, beside those of the header
 *  1. The starts of the first `placed` entries are right.
 *  2. The sums of the first `summed` entries are right.
 *  3. The first `all_known` entries are known.
 *  4. There is room for one entry or more, so that an edit can always leave one.
 *  5. They are not more than STRETCHES_MAXIMUM: where the document asks for more
 *     `usual` is longer.
 */
#include "stretches.h"

#include <assert.h>
#include <string.h>

#include "memory.h"
#include "sizes.h"

/* A count that says that there is none. */
static const uint64_t UNKNOWN = UINT64_MAX;

struct entry {
	uint64_t length;
	uint64_t count;
	uint64_t start;		/* the lengths of those before */
	uint64_t before;	/* the counts of those before */
	void *data;
};

struct stretches {
	struct entry *entries;
	size_t number;
	size_t capacity;
	size_t placed;
	size_t summed;
	size_t all_known;
	uint64_t usual;		/* length of one */
	uint64_t size;
	void (*forget)(void *data);
};

static size_t smaller(size_t one, size_t other)
{
	return one < other ? one : other;
}

/* USUAL, or as much longer as keeps the number of SIZE bytes small. */
static uint64_t usual_for(uint64_t size, uint64_t usual)
{
	while (size / usual > STRETCHES_MAXIMUM)
		usual *= 2;
	return usual;
}

/* How many entries LENGTH bytes are. */
static size_t number_for(const struct stretches *stretches, uint64_t length)
{
	uint64_t number = length / stretches->usual;

	return number == 0 && length > 0 ? 1 : (size_t)number;
}

/* Makes NUMBER unknown entries of LENGTH bytes from ENTRY on. */
static void part(const struct stretches *stretches, struct entry *entry,
		 size_t number, uint64_t length)
{
	for (; number > 0; entry++, number--) {
		*entry = (struct entry){
			.length = number > 1 ? stretches->usual : length,
			.count = UNKNOWN,
		};
		length -= entry->length;
	}
}

/* Room for NUMBER entries and some more. */
static bool make_room(struct stretches *stretches, size_t number,
		      struct error *error)
{
	size_t capacity = number + number / 8 + 1;
	struct entry *entries;

	if (number <= stretches->capacity && stretches->capacity > 0)
		return true;
	entries = memory_resize(stretches->entries,
				capacity * sizeof(*entries));
	if (!entries)
		return error_set_memory(error);
	stretches->entries = entries;
	stretches->capacity = capacity;
	return true;
}

struct stretches *stretches_new(uint64_t size, void (*forget)(void *data),
				struct error *error)
{
	struct stretches *stretches = memory_allocate(sizeof(*stretches));

	if (!stretches) {
		error_set_memory(error);
		return NULL;
	}
	*stretches = (struct stretches){
		.usual = usual_for(size, STRETCH_BYTES),
		.size = size,
		.forget = forget,
	};
	stretches->number = number_for(stretches, size);
	if (!make_room(stretches, stretches->number, error)) {
		memory_free(stretches);
		return NULL;
	}
	part(stretches, stretches->entries, stretches->number, size);
	return stretches;
}

static void drop(struct stretches *stretches, struct entry *entry)
{
	if (entry->data && stretches->forget)
		stretches->forget(entry->data);
	entry->data = NULL;
	entry->count = UNKNOWN;
}

void stretches_free(struct stretches *stretches)
{
	if (!stretches)
		return;
	for (size_t i = 0; i < stretches->number; i++)
		drop(stretches, &stretches->entries[i]);
	memory_free(stretches->entries);
	memory_free(stretches);
}

/* --- edits --- */

/* Those from FIRST up to but not including END, LENGTH bytes once the edit is
 * made, which are to be entries of the usual length. */
struct touched {
	size_t first;
	size_t end;
	uint64_t length;
};

static struct touched touched_by(struct stretches *stretches,
				 struct range range, uint64_t length)
{
	struct touched touched = { .length = length };
	struct range all = { 0, 0 };

	if (stretches->number == 0)
		return touched;
	touched.first = stretches_at(stretches,
				     range.start ? range.start - 1 : 0);
	touched.end = range.end == stretches->size
			      ? stretches->number
			      : stretches_at(stretches, range.end) + 1;
	all.start = stretches_get(stretches, touched.first).range.start;
	all.end = stretches_get(stretches, touched.end - 1).range.end;
	touched.length += range_length(all) - range_length(range);
	return touched;
}

/* Takes in neighbours of what would be too short to stand by itself. */
static void take_neighbours(const struct stretches *stretches,
			    struct touched *touched)
{
	const struct entry *entries = stretches->entries;

	while (touched->length < stretches->usual / 2 &&
	       touched->end - touched->first < stretches->number) {
		if (touched->end < stretches->number)
			touched->length += entries[touched->end++].length;
		else
			touched->length += entries[--touched->first].length;
	}
}

/* The touched entries become NUMBER others, for which there is room. */
static void replace(struct stretches *stretches, struct touched touched,
		    size_t number)
{
	struct entry *first = stretches->entries + touched.first;
	size_t behind = stretches->number - touched.end;

	for (size_t i = touched.first; i < touched.end; i++)
		drop(stretches, &stretches->entries[i]);
	memmove(first + number, stretches->entries + touched.end,
		behind * sizeof(*first));
	part(stretches, first, number, touched.length);
	stretches->number = touched.first + number + behind;
	stretches->placed = smaller(stretches->placed, touched.first);
	stretches->summed = smaller(stretches->summed, touched.first);
	stretches->all_known = smaller(stretches->all_known, touched.first);
}

/* Longer ones, where there would be too many. */
static void limit_number(struct stretches *stretches, struct touched *touched)
{
	size_t others = stretches->number - (touched->end - touched->first);

	if (others + number_for(stretches, touched->length) <=
	    STRETCHES_MAXIMUM)
		return;
	*touched = (struct touched){ 0, stretches->number, stretches->size };
	stretches->usual = usual_for(stretches->size, stretches->usual);
}

bool stretches_edit(struct stretches *stretches, struct range range,
		    uint64_t length, struct error *error)
{
	struct touched touched = touched_by(stretches, range, length);
	size_t number;
	bool room;

	assert(range.end <= stretches->size);
	take_neighbours(stretches, &touched);
	stretches->size += length - range_length(range);
	limit_number(stretches, &touched);
	number = number_for(stretches, touched.length);
	room = make_room(stretches, stretches->number + number -
				    (touched.end - touched.first), error);
	if (!room) {
		for (size_t i = 0; i < stretches->number; i++)
			drop(stretches, &stretches->entries[i]);
		number = 1;
	}
	replace(stretches, touched, number);
	if (!room)
		stretches->summed = stretches->all_known = 0;
	return room;
}

/* --- what there is --- */

size_t stretches_number(const struct stretches *stretches)
{
	return stretches->number;
}

static uint64_t count_of(const struct entry *entry)
{
	return entry->count == UNKNOWN ? 0 : entry->count;
}

/* Makes the starts right up to the entry INDEX. */
static void place(struct stretches *stretches, size_t index)
{
	for (; stretches->placed <= index; stretches->placed++) {
		size_t i = stretches->placed;
		struct entry *entry = &stretches->entries[i];

		entry->start = i ? entry[-1].start + entry[-1].length : 0;
	}
}

/* Makes the sums right up to that of the entry INDEX. */
static void sum(struct stretches *stretches, size_t index)
{
	for (; stretches->summed <= index; stretches->summed++) {
		size_t i = stretches->summed;
		struct entry *entry = &stretches->entries[i];

		entry->before = i ? entry[-1].before + count_of(entry - 1) : 0;
	}
}

struct stretch stretches_get(struct stretches *stretches, size_t index)
{
	const struct entry *entry = &stretches->entries[index];

	assert(index < stretches->number);
	place(stretches, index);
	return (struct stretch){
		.range = range_of(entry->start, entry->length),
		.known = entry->count != UNKNOWN,
		.count = count_of(entry),
		.data = entry->data,
	};
}

size_t stretches_at(struct stretches *stretches, uint64_t offset)
{
	size_t first = 0, end = stretches->number;

	assert(end > 0);
	place(stretches, end - 1);
	while (end - first > 1) {
		size_t middle = first + (end - first) / 2;

		if (stretches->entries[middle].start <= offset)
			first = middle;
		else
			end = middle;
	}
	return first;
}

void stretches_know(struct stretches *stretches, size_t index, uint64_t count,
		    void *data)
{
	struct entry *entry = &stretches->entries[index];

	assert(index < stretches->number && count != UNKNOWN);
	drop(stretches, entry);
	entry->count = count;
	entry->data = data;
	stretches->summed = smaller(stretches->summed, index + 1);
}

void stretches_forget(struct stretches *stretches, size_t index)
{
	assert(index < stretches->number);
	drop(stretches, &stretches->entries[index]);
	stretches->summed = smaller(stretches->summed, index + 1);
	stretches->all_known = smaller(stretches->all_known, index);
}

size_t stretches_unknown(struct stretches *stretches, size_t index)
{
	const struct entry *entries = stretches->entries;

	while (stretches->all_known < stretches->number &&
	       entries[stretches->all_known].count != UNKNOWN)
		stretches->all_known++;
	if (index < stretches->all_known)
		index = stretches->all_known;
	while (index < stretches->number && entries[index].count != UNKNOWN)
		index++;
	return index;
}

uint64_t stretches_before(struct stretches *stretches, size_t index)
{
	const struct entry *last;

	if (index == 0)
		return 0;
	last = &stretches->entries[index - 1];
	assert(index <= stretches->number);
	sum(stretches, index - 1);
	return last->before + count_of(last);
}

size_t stretches_find(struct stretches *stretches, uint64_t count)
{
	size_t first = 0, end = stretches->number;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (stretches_before(stretches, middle + 1) > count)
			end = middle;
		else
			first = middle + 1;
	}
	return first;
}

/* --- checking --- */

void stretches_check(struct stretches *stretches)
{
	uint64_t start = 0, before = 0;

	assert(stretches->capacity > 0);
	assert(stretches->number <= stretches->capacity);
	assert(stretches->number <= STRETCHES_MAXIMUM);
	assert(stretches->placed <= stretches->number);
	assert(stretches->summed <= stretches->number);
	assert(stretches->all_known <= stretches->number);
	for (size_t i = 0; i < stretches->number; i++) {
		const struct entry *entry = &stretches->entries[i];

		assert(entry->length > 0);
		assert(entry->length >= stretches->usual / 2 ||
		       stretches->number == 1);
		assert(i >= stretches->placed || entry->start == start);
		assert(i >= stretches->summed || entry->before == before);
		assert(i >= stretches->all_known || entry->count != UNKNOWN);
		assert(entry->count != UNKNOWN || !entry->data);
		start += entry->length;
		before += count_of(entry);
	}
	assert(start == stretches->size);
}
