/*
 * A task is one search in forked workers, what to say while it runs, and a
 * function that takes its result over into the session.  One runs at most: it
 * shows its progress and is stopped by Esc.  (The matches around the window
 * are looked for beside it, by highlight.c; the tasks that edit are those of
 * task_edit.c.)
 *
 * Invariants
 *  1. A task refers to a document and a pattern that outlive it: closing the
 *     buffer and setting another pattern end the tasks first.
 *  2. A result is taken over only once.  An edit ends a search that is to
 *     move the cursor, and what is to edit itself; counts and lists are of the
 *     document as it was when they were begun.
 */
#include "task_internal.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "editor_internal.h"
#include "follow.h"
#include "highlight.h"
#include "live.h"
#include "matches.h"
#include "sizes.h"

void task_free(struct task *task)
{
	if (!task)
		return;
	if (task->edit)
		task_edit_free(task->edit);
	else
		search_free(task->search);
	line_judge_free(task->judge);
	free(task);
}

struct task *task_new(struct editor *editor, const char *label,
		      struct error *error)
{
	struct task *task = calloc(1, sizeof *task);

	if (!task) {
		error_set_memory(error);
		return NULL;
	}
	task->editor = editor;
	task->document = editor->buffer->document;
	task->label = label;
	return task;
}

static bool task_start(struct task *task, struct search_plan *plan,
		       struct error *error)
{
	plan->document = task->document;
	plan->pattern = task->editor->pattern;
	plan->context = task;
	plan->pass_over = true;
	if (plan->workers == 0)
		plan->workers = (unsigned)
			task->editor->options.values[OPTION_WORKERS];
	/* One of many small files: nobody waits at a screen. */
	plan->here = task->editor->prefix
		     && document_size(task->document) <= SEARCH_HERE;
	search_free(task->search);
	task->search = search_start(plan, error);
	return task->search != NULL;
}

bool task_install(struct editor *editor, struct task *task, bool started)
{
	if (!started) {
		task_free(task);
		return false;
	}
	task_stop(editor);
	editor->task = task;
	editor->status = STATUS_RUNNING;
	editor->serial++;
	return true;
}

void task_stop(struct editor *editor)
{
	if (!editor->task)
		return;
	task_free(editor->task);
	editor->task = NULL;
	/* What it has printed is not all of it. */
	editor->output_length = 0;
}

void task_stop_all(struct editor *editor)
{
	task_stop(editor);
	ask_stop(editor);
	highlight_stop(editor);
	live_stop(editor);
}

void editor_set_pattern(struct editor *editor, struct pattern *pattern)
{
	task_stop_all(editor);
	pattern_free(editor->pattern);
	editor->pattern = pattern;
	editor_use_pattern(editor);
}

void editor_use_pattern(struct editor *editor)
{
	task_stop_all(editor);
	editor->pattern_serial++;
	editor->serial++;
	editor_set_limits(editor, editor->pattern);
}

void editor_set_limits(const struct editor *editor, struct pattern *pattern)
{
	const long *values = editor->options.values;
	const struct pattern_limits limits = {
		(uint32_t)values[OPTION_MATCH_LIMIT],
		(uint32_t)values[OPTION_HEAP_LIMIT],
		(uint32_t)values[OPTION_STACK_LIMIT],
	};

	if (pattern)
		pattern_set_limits(pattern, &limits);
}

/* --- find --- */

static bool keep_nth(void *context, const struct match *matches, size_t count)
{
	struct task *task = context;

	if (task->beyond && count > 0 && matches->start == task->from
	    && matches->end == task->from) {
		matches++;
		count--;
	}
	task->beyond = false;
	if (count < task->remaining) {
		task->remaining -= count;
		return true;
	}
	task->match = matches[task->remaining - 1];
	task->found = true;
	return false;
}

static bool accept_shown(void *context, struct match match)
{
	struct task *task = context;

	return line_judge_accepts(task->judge, match);
}

static bool find_start(struct task *task, struct error *error)
{
	uint64_t size = document_size(task->document);
	struct search_plan plan = {
		.kind = SEARCH_FIRST,
		.accept = task->judge ? accept_shown : NULL,
	};

	if (task->backward) {
		plan.kind = SEARCH_LAST;
		plan.range = (struct range){ 0, task->from };
	} else {
		plan.range = (struct range){ task->from, size };
		if (task->remaining > 1 || task->beyond) {
			plan.kind = SEARCH_ALL;
			plan.found = keep_nth;
		}
	}
	return task_start(task, &plan, error);
}

static void show_match(struct editor *editor, const struct task *task)
{
	struct buffer *buffer = editor->buffer;

	buffer->match = (struct range){ task->match.start, task->match.end };
	buffer->has_match = true;
	if (task->quietly)
		view_goto(&buffer->view, task->match.start);
	else
		editor_jump(editor, task->match.start);
	if (task->quietly)
		return;
	live_want(editor);
	if (editor->interactive) {
		editor_message(editor, "%s%s",
			       task->wrapped ? "search wrapped: " : "",
			       pattern_text(editor->pattern));
		editor->message_is_match = true;
	} else {
		editor_print(editor, "0x%" PRIx64 " %" PRIu64 "\n",
			     task->match.start,
			     task->match.end - task->match.start);
	}
}

/* Another search for the rest. */
static enum status find_from_there(struct task *task, uint64_t from,
				   struct error *error)
{
	task->from = from;
	return find_start(task, error) ? STATUS_RUNNING : STATUS_FAILED;
}

static enum status find_finish(struct editor *editor, struct task *task,
			       struct error *error)
{
	if (!task->found)
		task->found = search_match(task->search, &task->match);
	if (task->found && task->backward && task->remaining > 1) {
		task->remaining--;
		task->found = false;
		return find_from_there(task, task->match.start, error);
	}
	if (task->found) {
		show_match(editor, task);
		return STATUS_DONE;
	}
	if (!task->wrapped && editor->options.values[OPTION_WRAP_SEARCH]) {
		task->wrapped = true;
		return find_from_there(task, task->backward
				       ? document_size(task->document) : 0,
				       error);
	}
	error_set(error, "no match for %s %s%s", pattern_text(editor->pattern),
		  task->backward ? "before the cursor" : "from here to the end",
		  task->judge ? ", in the lines that are shown" : "");
	return STATUS_NOTHING;
}

/*
 * Where a search from the cursor begins.  After a match that is where it ends,
 * as in the pass; after an empty one too, for \K may have left it the bytes in
 * front: then the pass gives the next match, else the same again.
 */
static void find_from(struct task *task, const struct buffer *buffer,
		      bool again)
{
	uint64_t cursor = buffer->view.cursor;
	uint64_t size = document_size(buffer->document);

	task->from = cursor;
	if (task->backward || !again)
		return;
	if (buffer->has_match && buffer->match.start == cursor) {
		task->beyond = range_is_empty(buffer->match);
		if (buffer->match.end <= size)
			task->from = buffer->match.end;
	} else if (cursor < size) {
		task->from = cursor + 1;
	}
}

/* Matches in hidden lines do not count. */
static bool find_shown(struct task *task, const struct buffer *buffer,
		       struct error *error)
{
	if (!buffer->filter || !line_filter_hides(buffer->filter))
		return true;
	task->judge = line_judge_new(buffer->filter, error);
	return task->judge != NULL;
}

bool editor_find(struct editor *editor, bool backward, bool again,
		 uint64_t count, bool quietly, struct error *error)
{
	if (!editor->pattern)
		return error_set(error, "nothing has been searched for yet");

	struct task *task = task_new(editor, "searching", error);

	if (!task)
		return false;
	task->finish = find_finish;
	task->present = true;
	task->backward = backward;
	task->quietly = quietly;
	task->remaining = count > 0 ? count : 1;
	find_from(task, editor->buffer, again);
	return task_install(editor, task,
			    find_shown(task, editor->buffer, error) &&
				    find_start(task, error));
}

void task_edited(struct editor *editor)
{
	const char *label;

	ask_stop(editor);
	if (!editor->task || !editor->task->present)
		return;
	label = editor->task->label;
	editor_cancel(editor);
	editor_message(editor, "%s stopped: the bytes have changed", label);
}

/* --- count, matches, lines --- */

static enum status count_finish(struct editor *editor, struct task *task,
				struct error *error)
{
	uint64_t count = search_count(task->search);

	(void)error;
	if (editor->interactive)
		editor_message(editor, "%" PRIu64 " %s of %s", count,
			       count == 1 ? "match" : "matches",
			       pattern_text(editor->pattern));
	else
		editor_print(editor, "%" PRIu64 "\n", count);
	return count > 0 ? STATUS_DONE : STATUS_NOTHING;
}

bool editor_count(struct editor *editor, struct range range,
		  struct error *error)
{
	struct task *task = task_new(editor, "counting", error);

	if (!task)
		return false;
	task->finish = count_finish;

	struct search_plan plan = { .kind = SEARCH_COUNT, .range = range };

	return task_install(editor, task, task_start(task, &plan, error));
}

static bool print_text(void *context, const void *bytes, size_t length)
{
	struct task *task = context;

	return editor_print_bytes(task->editor, bytes, length);
}

static enum status text_finish(struct editor *editor, struct task *task,
			       struct error *error)
{
	bool found = search_count(task->search) > 0;

	(void)error;
	if (editor->interactive && !found)
		editor_message(editor, "no matches of %s",
			       pattern_text(editor->pattern));
	return found ? STATUS_DONE : STATUS_NOTHING;
}

/* Prints what the search of PLAN makes into text. */
static bool start_text(struct editor *editor, struct search_plan *plan,
		       const char *label, struct error *error)
{
	struct task *task = task_new(editor, label, error);

	if (!task)
		return false;
	task->finish = text_finish;
	plan->text = print_text;
	plan->prefix = editor->prefix;
	return task_install(editor, task, task_start(task, plan, error));
}

enum status editor_matches(struct editor *editor, struct range range,
			   struct error *error)
{
	if (editor->interactive)
		return match_list_open(editor, range, error) ? STATUS_DONE
							     : STATUS_FAILED;

	struct search_plan plan = { .kind = SEARCH_PRINT, .range = range };

	return start_text(editor, &plan, "listing matches", error)
		       ? STATUS_RUNNING : STATUS_FAILED;
}

static enum status lines_finish(struct editor *editor, struct task *task,
				struct error *error)
{
	uint64_t count = search_count(task->search);

	(void)error;
	if (editor->interactive)
		editor_message(editor, "%" PRIu64 " %s", count,
			       count == 1 ? "line" : "lines");
	else
		editor_print(editor, "%" PRIu64 "\n", count);
	return count > 0 ? STATUS_DONE : STATUS_NOTHING;
}

static bool count_lines(struct editor *editor, struct search_plan *plan,
			struct error *error)
{
	struct task *task = task_new(editor, "counting lines", error);

	if (!task)
		return false;
	task->finish = lines_finish;
	return task_install(editor, task, task_start(task, plan, error));
}

bool editor_lines(struct editor *editor, struct range range,
		  const struct search_lines *which, struct error *error)
{
	struct search_plan plan = {
		.kind = SEARCH_LINES, .range = range, .lines = *which,
	};

	return which->only_count
		       ? count_lines(editor, &plan, error)
		       : start_text(editor, &plan, "listing lines", error);
}

/* --- what runs --- */

bool editor_busy(const struct editor *editor)
{
	return editor->task || editor->saving;
}

const char *editor_progress(const struct editor *editor, uint64_t *done,
			    uint64_t *total, uint64_t *found)
{
	const struct task *task = editor->task;

	if (task->edit)
		task_edit_progress(task->edit, done, total, found);
	else
		search_progress(task->search, done, total, found);
	return editor->task->label;
}

static size_t task_descriptors(const struct task *task, int *fds, size_t count)
{
	return task->edit ? task_edit_descriptors(task->edit, fds, count)
			  : search_descriptors(task->search, fds, count);
}

size_t editor_descriptors(const struct editor *editor, int *fds, size_t count)
{
	size_t used = 0;

	if (editor->task)
		used = task_descriptors(editor->task, fds, count);
	used += saving_descriptors(editor, fds + used, count - used);
	used += highlight_descriptors(editor, fds + used, count - used);
	used += editor_lines_descriptors(editor, fds + used, count - used);
	used += editor_filter_descriptors(editor, fds + used, count - used);
	used += follow_descriptors(editor, fds + used, count - used);
	return used + live_descriptors(editor, fds + used, count - used);
}

static void add_message(struct editor *editor, const char *text)
{
	char before[ERROR_MESSAGE_SIZE];

	snprintf(before, sizeof before, "%s", editor->message);
	editor_message(editor, "%s%s%s", before, *before ? "; " : "", text);
}

/* A match that is found in front of it does not depend on it. */
static bool is_told(const struct task *task, uint64_t first)
{
	return !task->present || !task->found || task->backward ||
	       first < task->match.start;
}

/* What could not be read may have held a match: to have found none then says
 * nothing. */
static enum status tell_unreadable(struct editor *editor,
				   const struct task *task,
				   enum status status, struct error *error)
{
	uint64_t first;
	uint64_t count = search_unreadable(task->search, &first);
	const struct error none = *error;
	struct error told;

	if (count == 0 || !is_told(task, first))
		return status;
	error_set(&told, "%s: %" PRIu64 " bytes that cannot be read were "
		  "passed over, the first at 0x%" PRIx64,
		  file_path(document_file(task->document)), count, first);
	if (status == STATUS_NOTHING) {
		error_set(error, "%s%s%s", none.message,
			  *none.message ? "; " : "", told.message);
		return STATUS_FAILED;
	}
	/* In the terminal a match is shown, and what cannot be read. */
	if (!editor->interactive || !task->present)
		add_message(editor, told.message);
	return status;
}

/* One look at a task: it ends, goes on, or fails. */
static enum status task_poll(struct editor *editor, struct task *task,
			     struct error *error)
{
	switch (task->edit ? task_edit_poll(task->edit, error)
			   : search_poll(task->search, error)) {
	case JOB_RUNNING:
		return STATUS_RUNNING;
	case JOB_FAILED:
		return STATUS_FAILED;
	case JOB_DONE:
		break;
	}

	enum status status = task->finish(editor, task, error);

	return task->edit || (status != STATUS_DONE && status != STATUS_NOTHING)
		       ? status
		       : tell_unreadable(editor, task, status, error);
}

static void poll_foreground(struct editor *editor)
{
	struct task *task = editor->task;
	struct error error = ERROR_NONE;
	enum status status = task_poll(editor, task, &error);

	if (status == STATUS_RUNNING) {
		if (task->asks)
			ask_next(editor, task);
		return;
	}
	editor->status = status;
	editor->error = error;
	if (editor->buffer)
		editor_check_file(editor, editor->buffer);
	if (editor->interactive && !task->quietly && error.message[0])
		editor_show_error(editor, &error);
	/* The finish function may have set another one going. */
	if (editor->task == task)
		editor->task = NULL;
	task_free(task);
	editor_show_output(editor);
	editor->serial++;
}

void editor_poll(struct editor *editor)
{
	if (editor->task)
		poll_foreground(editor);
	if (editor->saving)
		saving_poll(editor);
	/* What has come is looked at by the others at once: what they had begun
	 * before would end with it, each time. */
	follow_poll(editor);
	highlight_poll(editor);
	editor_tell_views(editor);
	editor_lines_poll(editor);
	editor_filter_poll(editor);
	live_poll(editor);
}

bool task_wait(struct editor *editor, const int *fds, size_t count)
{
	if (editor->hooks.wait)
		return editor->hooks.wait(editor->hooks.context, fds, count);

	struct pollfd polled[64];

	if (count > 64)
		count = 64;
	for (size_t i = 0; i < count; i++)
		polled[i] = (struct pollfd){ fds[i], POLLIN, 0 };
	poll(polled, (nfds_t)count, 100);
	return true;
}

enum status editor_wait(struct editor *editor, struct error *error)
{
	while (editor_busy(editor)) {
		int fds[64];
		size_t count = editor_descriptors(editor, fds, 64);

		if (!task_wait(editor, fds, count))
			editor_cancel(editor);
		editor_poll(editor);
	}
	if (editor->status != STATUS_DONE && error)
		*error = editor->error;
	return editor->status;
}

void editor_cancel(struct editor *editor)
{
	bool asking = editor->asking != NULL;

	highlight_end(editor);
	ask_stop(editor);
	if (!editor->task && !asking && editor->saving)
		saving_stop(editor);
	if (!editor->task)
		return;
	if (!editor->task->quietly)
		editor_message(editor, editor->task->edit
			       ? "stopped: nothing has been changed"
			       : "stopped");
	task_stop(editor);
	editor->status = STATUS_FAILED;
	error_set(&editor->error, "stopped");
	editor->serial++;
}
