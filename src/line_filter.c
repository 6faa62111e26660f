/*
 * line_filter: the stack, what is known, and the job that finds out more.
 *
 * A job looks at all stretches that are unknown when it begins, those nearest
 * to the place first: its order.  Whatever changes what they are, an edit or
 * another stack, ends it, and so does a flush, which writes under workers who
 * know the bytes at their old places; the next poll begins another.  The first
 * one ends as soon as there are lines for a screen; the one that follows lets
 * all else go before it.
 *
 * Invariants
 *  1. What stands in a known stretch is true of the document and the entries
 *     that are on.
 *  2. While a job runs, the stretches are those with which it began, and
 *     `order` is where they are.  What it sends is taken only while `revision`
 *     is that of the document.
 *  3. Nothing is known after a failure.  No job runs then, nor while nothing
 *     is hidden; what is known stays while all of it is switched off.
 */
#include "octavo/line_filter.h"

#include <assert.h>
#include <string.h>

#include "line_filter_internal.h"
#include "memory.h"
#include "sizes.h"

/* What a stretch has in which lines begin and none passes. */
static struct hits no_hits;

static void hits_free(void *data)
{
	if (data != &no_hits)
		memory_free(data);
}

/* --- the job --- */

static void stop(struct line_filter *filter)
{
	job_free(filter->job);
	filter->job = NULL;
	memory_free(filter->order);
	filter->order = NULL;
}

/* Nothing is known any more. */
static void forget(struct line_filter *filter)
{
	stop(filter);
	stretches_free(filter->stretches);
	filter->stretches = NULL;
	filter->failed = false;
	filter->screen = LINE_FILTER_SCREEN;
	filter->changed = true;
}

static bool fail(struct line_filter *filter, const struct error *error)
{
	forget(filter);
	filter->failed = true;
	filter->error = *error;
	return false;
}

static struct hits *hits_of(const unsigned char *bytes, size_t length)
{
	struct hits *hits = &no_hits;

	if (length > 0)
		hits = memory_allocate(sizeof *hits + length);
	if (hits && length > 0) {
		hits->length = length;
		memcpy(hits->bytes, bytes, length);
	}
	return hits;
}

/* Is stretch INDEX among those that are looked at first? */
static bool is_near(const struct line_filter *filter, size_t index)
{
	size_t away = index > filter->begun ? index - filter->begun
					    : filter->begun - index;

	return away <= LINE_FILTER_NEAR;
}

static bool take(void *context, uint64_t chunk, const void *data, size_t size)
{
	struct line_filter *filter = context;
	size_t index = filter->order[chunk];
	struct hits *hits = NULL;
	uint64_t count = 0;

	if (size > 0) {
		memcpy(&count, data, sizeof count);
		hits = hits_of((const unsigned char *)data + sizeof count,
			       size - sizeof count);
		if (!hits)
			return error_set_memory(&filter->error);
	}
	stretches_know(filter->stretches, index, count, hits);
	filter->changed = filter->changed || is_near(filter, index);
	if (filter->screen == 0)
		return true;
	filter->screen -= count < filter->screen ? count : filter->screen;
	return filter->screen > 0;
}

/* Puts the unknown stretches in their order, nearest to the place first. */
static void put_in_order(struct line_filter *filter, size_t number)
{
	struct stretches *stretches = filter->stretches;
	uint64_t size = document_size(filter->document);
	size_t behind = stretches_at(stretches, filter->place < size
							? filter->place
							: size - 1);
	size_t before = behind;

	filter->begun = behind;
	filter->order_count = 0;
	filter->left = 0;
	while (behind < number || before > 0) {
		size_t near[2];
		size_t count = 0;

		if (behind < number)
			near[count++] = behind++;
		if (before > 0)
			near[count++] = --before;
		for (size_t i = 0; i < count; i++) {
			struct stretch stretch =
				stretches_get(stretches, near[i]);

			if (stretch.known)
				continue;
			filter->order[filter->order_count++] = near[i];
			filter->left += range_length(stretch.range);
		}
	}
}

static bool has_lines(const struct line_filter *filter, struct error *error)
{
	return !document_by_blocks(filter->document) ||
	       error_set(error, "%s has no lines",
			 file_path(document_file(filter->document)));
}

static bool prepare(struct line_filter *filter, struct error *error)
{
	if (filter->stretches)
		return true;
	if (!has_lines(filter, error))
		return false;
	filter->stretches = stretches_new(document_size(filter->document),
					  hits_free, error);
	return filter->stretches != NULL;
}

static bool start(struct line_filter *filter, struct error *error)
{
	size_t number = stretches_number(filter->stretches);

	filter->order = memory_allocate(number * sizeof *filter->order);
	if (!filter->order)
		return error_set_memory(error);
	put_in_order(filter, number);
	/* Only marks what the file has lost already. */
	document_verify(filter->document);
	filter->epoch = document_epoch(filter->document);
	filter->revision = document_revision(filter->document);

	const struct job_plan plan = {
		.work = line_filter_work,
		.result = take,
		.context = filter,
		.chunks = filter->order_count,
		.workers = filter->workers,
		.background = filter->screen == 0,
	};

	filter->job = job_start(&plan, error);
	return filter->job != NULL;
}

static void touched(void *context, struct range range, uint64_t length)
{
	struct line_filter *filter = context;
	uint64_t old = range_length(range);
	bool shifted = (length - old) % 2 != 0 &&
		       (filter->form == NEWLINE_UTF16LE ||
			filter->form == NEWLINE_UTF16BE);

	if (!filter->stretches)
		return;
	stop(filter);
	/* Without memory all is unknown, which is right as well. */
	stretches_edit(filter->stretches, range, length, NULL);
	line_filter_forget(filter, range_of(range.start, length), shifted);
	filter->screen = LINE_FILTER_SCREEN;
	filter->changed = true;
}

static bool all_known(const struct line_filter *filter)
{
	return filter->stretches &&
	       stretches_unknown(filter->stretches, 0) ==
		       stretches_number(filter->stretches);
}

/* ASK is job_poll or job_wait. */
static void ask_job(struct line_filter *filter,
		    enum job_state (*ask)(struct job *job,
					  struct error *error))
{
	struct error error = ERROR_NONE;
	enum job_state state;

	filter->error = error;
	state = ask(filter->job, &error);
	/* No memory for what has come. */
	if (filter->error.message[0]) {
		state = JOB_FAILED;
		error = filter->error;
	}
	if (state == JOB_FAILED)
		fail(filter, &error);
	if (state == JOB_DONE)
		stop(filter);
	filter->changed = filter->changed || state != JOB_RUNNING;
}

bool line_filter_poll(struct line_filter *filter)
{
	struct error error = ERROR_NONE;
	bool changed;

	if (filter->job &&
	    filter->revision != document_revision(filter->document))
		stop(filter);
	if (filter->job)
		ask_job(filter, job_poll);
	if (!filter->job && line_filter_hides(filter) && !all_known(filter) &&
	    (!prepare(filter, &error) ||
	     (!all_known(filter) && !start(filter, &error))))
		fail(filter, &error);
	changed = filter->changed;
	filter->changed = false;
	return changed;
}

size_t line_filter_descriptors(const struct line_filter *filter, int *fds,
			       size_t count)
{
	return filter->job ? job_descriptors(filter->job, fds, count) : 0;
}

void line_filter_wait(struct line_filter *filter)
{
	for (line_filter_poll(filter); filter->job; line_filter_poll(filter))
		ask_job(filter, job_wait);
}

enum job_state line_filter_state(const struct line_filter *filter,
				 struct error *error)
{
	if (filter->failed) {
		if (error)
			*error = filter->error;
		return JOB_FAILED;
	}
	return line_filter_hides(filter) && !all_known(filter) ? JOB_RUNNING
							       : JOB_DONE;
}

void line_filter_progress(struct line_filter *filter, uint64_t *done,
			  uint64_t *total, uint64_t *lines)
{
	struct stretches *stretches = filter->stretches;
	uint64_t looked = 0;
	uint64_t found;

	*total = document_size(filter->document);
	*lines = stretches ? stretches_before(stretches,
					      stretches_number(stretches))
			   : 0;
	*done = all_known(filter) ? *total : 0;
	if (!filter->job)
		return;
	job_progress(filter->job, &looked, &found);
	*done = *total - filter->left + looked;
}

/* Begins anew where what stands around the place is unknown, and not among what
 * the job looks at first. */
void line_filter_look(struct line_filter *filter, uint64_t offset)
{
	uint64_t size = document_size(filter->document);
	struct stretches *stretches = filter->stretches;

	filter->place = offset;
	if (!filter->job || size == 0)
		return;

	size_t at = stretches_at(stretches, offset < size ? offset : size - 1);
	size_t first = at > 0 ? at - 1 : 0;

	if (is_near(filter, at) ||
	    stretches_unknown(stretches, first) > at + 1)
		return;
	stop(filter);
	filter->screen = LINE_FILTER_SCREEN;
}

/* --- the stack --- */

struct line_filter *line_filter_new(struct document *document, unsigned form,
				    struct error *error)
{
	struct line_filter *filter = memory_allocate(sizeof *filter);

	if (!filter) {
		error_set_memory(error);
		return NULL;
	}
	*filter = (struct line_filter){
		.document = document,
		.form = (enum newline_form)form,
		.on = true,
		.screen = LINE_FILTER_SCREEN,
		.error = ERROR_NONE,
		.follower = { .touched = touched, .context = filter },
	};
	document_follow(document, &filter->follower);
	return filter;
}

void line_filter_free(struct line_filter *filter)
{
	if (!filter)
		return;
	forget(filter);
	document_unfollow(filter->document, &filter->follower);
	for (size_t i = 0; i < filter->count; i++)
		pattern_free(filter->entries[i].shown.pattern);
	memory_free(filter->entries);
	memory_free(filter);
}

void line_filter_move(struct line_filter *filter, struct document *document,
		      unsigned form)
{
	forget(filter);
	document_unfollow(filter->document, &filter->follower);
	document_follow(document, &filter->follower);
	filter->document = document;
	filter->form = (enum newline_form)form;
	for (size_t i = 0; i < filter->count; i++)
		filter->entries[i].reach = line_filter_reach(
			filter->entries[i].shown.pattern, filter->form);
}

unsigned line_filter_form(const struct line_filter *filter)
{
	return filter->form;
}

size_t line_filter_count(const struct line_filter *filter)
{
	return filter->count;
}

const struct line_filter_entry *
line_filter_entry(const struct line_filter *filter, size_t index)
{
	assert(index < filter->count);
	return &filter->entries[index].shown;
}

static struct entry entry_of(const struct line_filter *filter,
			     struct pattern *pattern, bool exclude, bool on)
{
	return (struct entry){
		.shown = { pattern, exclude, on },
		.reach = line_filter_reach(pattern, filter->form),
	};
}

bool line_filter_add(struct line_filter *filter, struct pattern *pattern,
		     bool exclude, struct error *error)
{
	if (filter->count == filter->capacity) {
		size_t capacity = 2 * filter->capacity + 4;
		struct entry *entries =
			memory_resize(filter->entries,
				      capacity * sizeof *entries);

		if (!entries) {
			pattern_free(pattern);
			return error_set_memory(error);
		}
		filter->entries = entries;
		filter->capacity = capacity;
	}
	filter->entries[filter->count++] = entry_of(filter, pattern, exclude,
						    true);
	forget(filter);
	return true;
}

void line_filter_replace(struct line_filter *filter, size_t index,
			 struct pattern *pattern, bool exclude)
{
	struct entry *entry = &filter->entries[index];

	assert(index < filter->count);
	pattern_free(entry->shown.pattern);
	*entry = entry_of(filter, pattern, exclude, entry->shown.on);
	forget(filter);
}

void line_filter_switch(struct line_filter *filter, size_t index, bool on)
{
	assert(index < filter->count);
	filter->entries[index].shown.on = on;
	forget(filter);
}

void line_filter_remove(struct line_filter *filter, size_t index)
{
	assert(index < filter->count);
	pattern_free(filter->entries[index].shown.pattern);
	filter->count--;
	memmove(filter->entries + index, filter->entries + index + 1,
		(filter->count - index) * sizeof *filter->entries);
	forget(filter);
}

void line_filter_set_context(struct line_filter *filter, uint64_t before,
			     uint64_t after)
{
	filter->before = before;
	filter->after = after;
	filter->changed = true;
}

void line_filter_context(const struct line_filter *filter, uint64_t *before,
			 uint64_t *after)
{
	*before = filter->before;
	*after = filter->after;
}

void line_filter_turn(struct line_filter *filter, bool on)
{
	filter->changed = true;
	/* What is known stays, and is told of edits, while it is off. */
	if (!on || filter->failed)
		stop(filter);
	if (on)
		filter->failed = false;
	filter->on = on;
}

bool line_filter_is_on(const struct line_filter *filter)
{
	return filter->on;
}

bool line_filter_hides(const struct line_filter *filter)
{
	bool any = false;

	for (size_t i = 0; i < filter->count; i++)
		any = any || filter->entries[i].shown.on;
	return any && filter->on && !filter->failed;
}

void line_filter_set_workers(struct line_filter *filter, unsigned workers)
{
	filter->workers = workers;
}

/* --- checking --- */

static void check_hits(struct stretch stretch)
{
	const struct hits *hits = stretch.data;
	struct walk walk = walk_begin(stretch, 0);

	while (walk_next(&walk))
		assert(range_contains(stretch.range, walk.offset));
	assert(stretch.count == 0 ||
	       walk.bytes == hits->bytes + hits->length);
}

void line_filter_check(struct line_filter *filter)
{
	struct stretches *stretches = filter->stretches;
	uint64_t size = 0;

	assert(!filter->job || (stretches && filter->order && filter->on));
	assert(!filter->failed || (!stretches && !filter->job));
	if (!stretches)
		return;
	for (size_t i = 0; i < stretches_number(stretches); i++) {
		struct stretch stretch = stretches_get(stretches, i);

		check_hits(stretch);
		size += range_length(stretch.range);
	}
	assert(size == document_size(filter->document));
}
