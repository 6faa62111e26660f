/*
 * Tasks that edit: what is worked out beside the screen becomes one edit at
 * the end.  A task_edit is one of a kind: it replaces or it transforms.
 *
 * Marks and remembered places are told to the replacement when it begins, and
 * looked up again by their old offsets at the end; one that has been set
 * meanwhile moves as with any other edit.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "sizes.h"
#include "task_internal.h"

enum { PLACES = EDITOR_MARKS + EDITOR_JUMPS };

struct task_edit {
	struct replace *replace;
	struct replacement *replacement;
	struct transform *transform;
	struct data data;	/* of the transformation */
	struct range range;	/* that is worked on */
	bool selected;		/* it is the selection */
	uint64_t before[PLACES];	/* ascending */
	uint64_t after[PLACES];
	size_t count;
};

void task_edit_free(struct task_edit *edit)
{
	replace_free(edit->replace);
	replacement_free(edit->replacement);
	transform_free(edit->transform);
	data_free(&edit->data);
	free(edit);
}

enum job_state task_edit_poll(struct task_edit *edit, struct error *error)
{
	return edit->transform ? transform_poll(edit->transform, error)
			       : replace_poll(edit->replace, error);
}

size_t task_edit_descriptors(const struct task_edit *edit, int *fds,
			     size_t count)
{
	return edit->transform
		       ? job_descriptors(transform_job(edit->transform), fds,
					 count)
		       : search_descriptors(replace_search(edit->replace),
					    fds, count);
}

struct replace *task_replace(const struct task *task)
{
	return task->edit->replace;
}

void task_edit_progress(const struct task_edit *edit, uint64_t *done,
			uint64_t *total, uint64_t *found)
{
	if (!edit->transform) {
		search_progress(replace_search(edit->replace), done, total,
				found);
		return;
	}
	job_progress(transform_job(edit->transform), done, found);
	*total = range_length(edit->range);
	*found = UINT64_MAX;
}

/* --- places --- */

static int compare(const void *one, const void *other)
{
	const uint64_t *a = one;
	const uint64_t *b = other;

	return (*a > *b) - (*a < *b);
}

static void collect_places(struct task_edit *edit, const struct buffer *buffer)
{
	for (size_t i = 0; i < EDITOR_MARKS; i++)
		if (buffer->marked[i])
			edit->before[edit->count++] = buffer->marks[i];
	for (size_t i = 0; i < buffer->jump_count; i++)
		edit->before[edit->count++] = buffer->jumps[i];
	qsort(edit->before, edit->count, sizeof *edit->before, compare);
	for (size_t i = 0; i < edit->count; i++)
		edit->after[i] = edit->before[i];
}

/* Where PLACE is now, if that is known. */
static void move_place(const struct task_edit *edit, uint64_t before,
		       uint64_t *place)
{
	const uint64_t *found = bsearch(&before, edit->before, edit->count,
					sizeof *edit->before, compare);

	if (found)
		*place = edit->after[found - edit->before];
}

static void leave_selection(struct editor *editor, bool selected,
			    struct range range)
{
	struct view *view = &editor->buffer->view;

	if (!selected)
		return;
	view_select(view, false);
	view_goto(view, range.start);
}

/* As editor_edited, but that what moved within RANGE is known. */
static void edited(struct editor *editor, const struct task_edit *edit,
		   struct range range, uint64_t length)
{
	struct buffer *buffer = editor->buffer;
	struct buffer before = *buffer;

	leave_selection(editor, edit->selected, edit->range);
	editor_edited(editor, range, length);
	/* It may have moved although the length is the same. */
	buffer->has_match = false;
	for (size_t i = 0; i < EDITOR_MARKS; i++)
		move_place(edit, before.marks[i], &buffer->marks[i]);
	for (size_t i = 0; i < buffer->jump_count; i++)
		move_place(edit, before.jumps[i], &buffer->jumps[i]);
}

static struct task *edit_new(struct editor *editor, const char *label,
			     struct range range, bool selected,
			     struct error *error)
{
	struct task *task = task_new(editor, label, error);

	if (!task)
		return NULL;
	task->edit = calloc(1, sizeof *task->edit);
	if (!task->edit) {
		task_free(task);
		error_set_memory(error);
		return NULL;
	}
	task->present = true;
	task->edit->range = range;
	task->edit->selected = selected;
	return task;
}

/* --- replacing --- */

static enum status replace_finish(struct editor *editor, struct task *task,
				  struct error *error)
{
	struct task_edit *edit = task->edit;
	uint64_t count = replace_count(edit->replace);
	struct range touched;
	uint64_t length;

	if (!replace_commit(edit->replace, &touched, &length, error))
		return STATUS_FAILED;
	/* It is not this edit that it is to be stopped by. */
	task->present = false;
	if (count > 0)
		edited(editor, edit, touched, length);
	if (editor->interactive)
		editor_message(editor, "%" PRIu64 " replaced", count);
	else
		editor_print(editor, "%" PRIu64 "\n", count);
	return count > 0 ? STATUS_DONE : STATUS_NOTHING;
}

static bool replace_begin(struct editor *editor, struct task *task,
			  struct error *error)
{
	struct task_edit *edit = task->edit;
	const struct replace_plan plan = {
		.document = task->document,
		.pattern = editor->pattern,
		.replacement = edit->replacement,
		.range = edit->range,
		.places = edit->after,
		.place_count = edit->count,
		.ask = task->asks,
		.workers = (unsigned)editor->options.values[OPTION_WORKERS],
	};

	edit->replace = replace_start(&plan, error);
	return edit->replace != NULL;
}

static bool replace_new(struct editor *editor, struct range range,
			bool selected, bool asks,
			struct replacement *replacement, struct error *error)
{
	struct task *task = edit_new(editor, "replacing", range, selected,
				     error);

	if (!task) {
		replacement_free(replacement);
		return false;
	}
	task->finish = replace_finish;
	task->asks = asks;
	task->edit->replacement = replacement;
	collect_places(task->edit, editor->buffer);
	return task_install(editor, task, replace_begin(editor, task, error));
}

bool editor_replace(struct editor *editor, struct range range, bool selected,
		    struct replacement *replacement, struct error *error)
{
	return replace_new(editor, range, selected, false, replacement, error);
}

bool editor_replace_ask(struct editor *editor, struct range range,
			struct replacement *replacement, struct error *error)
{
	/* The cursor goes from place to place and would change it. */
	view_select(&editor->buffer->view, false);
	return replace_new(editor, range, false, true, replacement, error);
}

/* --- transforming --- */

static void transformed(struct editor *editor, struct range range,
			bool selected)
{
	leave_selection(editor, selected, range);
	editor_edited(editor, range, range_length(range));
}

static enum status transform_finish(struct editor *editor, struct task *task,
				    struct error *error)
{
	struct task_edit *edit = task->edit;

	if (!transform_commit(edit->transform, error))
		return STATUS_FAILED;
	task->present = false;
	transformed(editor, edit->range, edit->selected);
	return STATUS_DONE;
}

/* A range that is short is done before the next key can come. */
static enum status transform_at_once(struct editor *editor,
				     const struct transform_plan *plan,
				     bool selected, struct error *error)
{
	struct transform_plan now = *plan;
	bool done = transform_check(plan, error)
		    && transform_now(plan, error);

	data_free(&now.data);
	if (!done)
		return STATUS_FAILED;
	transformed(editor, plan->range, selected);
	return STATUS_DONE;
}

static bool transform_begin(struct task_edit *edit,
			    const struct transform_plan *plan,
			    struct error *error)
{
	edit->data = plan->data;
	if (transform_check(plan, error))
		edit->transform = transform_start(plan, error);
	return edit->transform != NULL;
}

enum status editor_transform(struct editor *editor,
			     const struct transform_plan *plan, bool selected,
			     struct error *error)
{
	struct transform_plan own = *plan;
	struct task *task;

	if (range_length(plan->range) <= TRANSFORM_AT_ONCE)
		return transform_at_once(editor, plan, selected, error);
	task = edit_new(editor, "transforming", plan->range, selected, error);
	if (!task) {
		data_free(&own.data);
		return STATUS_FAILED;
	}
	task->finish = transform_finish;
	own.workers = (unsigned)editor->options.values[OPTION_WORKERS];
	return task_install(editor, task, transform_begin(task->edit, &own,
							  error))
		       ? STATUS_RUNNING : STATUS_FAILED;
}
