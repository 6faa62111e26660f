/*
 * Tasks that edit: what is worked out beside the screen becomes one edit at
 * the end.
 *
 * Marks and remembered places are told to the replacement when it begins, and
 * looked up again by their old offsets at the end; one that has been set
 * meanwhile moves as with any other edit.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "task_internal.h"

enum { PLACES = EDITOR_MARKS + EDITOR_JUMPS };

struct task_edit {
	struct replace *replace;
	struct replacement *replacement;
	bool selected;		/* the selection is what is worked on */
	uint64_t start;		/* of the range */
	uint64_t before[PLACES];	/* ascending */
	uint64_t after[PLACES];
	size_t count;
};

void task_edit_free(struct task_edit *edit)
{
	replace_free(edit->replace);
	replacement_free(edit->replacement);
	free(edit);
}

enum job_state task_edit_poll(struct task_edit *edit, struct error *error)
{
	return replace_poll(edit->replace, error);
}

size_t task_edit_descriptors(const struct task_edit *edit, int *fds,
			     size_t count)
{
	return search_descriptors(replace_search(edit->replace), fds, count);
}

void task_edit_progress(const struct task_edit *edit, uint64_t *done,
			uint64_t *total, uint64_t *found)
{
	search_progress(replace_search(edit->replace), done, total, found);
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

/* As editor_edited, but that what moved within RANGE is known. */
static void edited(struct editor *editor, const struct task_edit *edit,
		   struct range range, uint64_t length)
{
	struct buffer *buffer = editor->buffer;
	struct buffer before = *buffer;

	if (edit->selected) {
		view_select(&buffer->view, false);
		view_goto(&buffer->view, edit->start);
	}
	editor_edited(editor, range, length);
	/* It may have moved although the length is the same. */
	buffer->has_match = false;
	for (size_t i = 0; i < EDITOR_MARKS; i++)
		move_place(edit, before.marks[i], &buffer->marks[i]);
	for (size_t i = 0; i < buffer->jump_count; i++)
		move_place(edit, before.jumps[i], &buffer->jumps[i]);
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
			  struct range range, struct error *error)
{
	struct task_edit *edit = task->edit;
	const struct replace_plan plan = {
		.document = task->document,
		.pattern = editor->pattern,
		.replacement = edit->replacement,
		.range = range,
		.places = edit->after,
		.place_count = edit->count,
		.workers = (unsigned)editor->options.values[OPTION_WORKERS],
	};

	edit->replace = replace_start(&plan, error);
	return edit->replace != NULL;
}

bool editor_replace(struct editor *editor, struct range range, bool selected,
		    struct replacement *replacement, struct error *error)
{
	struct task *task = task_new(editor, "replacing", error);
	struct task_edit *edit = task ? calloc(1, sizeof *edit) : NULL;

	if (!edit) {
		task_free(task);
		replacement_free(replacement);
		return error_set_memory(error);
	}
	task->edit = edit;
	task->present = true;
	task->finish = replace_finish;
	edit->replacement = replacement;
	edit->selected = selected;
	edit->start = range.start;
	collect_places(edit, editor->buffer);
	return task_install(editor, task, replace_begin(editor, task, range,
							error));
}
