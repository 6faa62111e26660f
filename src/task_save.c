/*
 * Writing beside the screen: the phases of a flush (octavo/save.h), the long
 * ones in a forked child, the short ones here, one after the other as the child
 * ends.
 *
 * Invariants
 *  1. One flush at most is under way.  Its document, if it has one, is neither
 *     edited nor closed nor read again meanwhile (editor_may_edit,
 *     saving_may_leave).
 *  2. Until the commit it can be stopped, by killing the child: the file is as
 *     it was, and nothing is left beside it.  From the commit on it comes to an
 *     end: if the child dies, this process does the child's work again, and if
 *     this one dies, the child does with it and the journal tells recovery.
 *  3. What is said of the file is said by task_lock.c and save_message,
 *     nowhere else.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "octavo/job.h"
#include "sizes.h"
#include "task_internal.h"

/* --- stopping in batch --- */

static volatile sig_atomic_t interrupted;

static void note_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static bool is_interrupted(void *context)
{
	(void)context;
	return interrupted;
}

/* Of what runs in this process; a child is killed. */
static const struct save_hooks stop_hooks = { .stop = is_interrupted };

/* --- a phase --- */

static bool run_phase(const struct saving *saving)
{
	return saving->phase == SAVING_PREPARES ? save_prepare(saving->flush)
						: save_apply(saving->flush);
}

static bool work(struct job_worker *worker, void *context,
		 struct error *error)
{
	uint64_t chunk;

	if (!job_claim(worker, &chunk))
		return true;

	unsigned char worked = run_phase(context);

	return job_send(worker, chunk, &worked, sizeof worked, error)
	       && job_finish(worker, chunk, error);
}

static bool take(void *context, uint64_t chunk, const void *data, size_t size)
{
	struct saving *saving = context;

	(void)chunk;
	if (size == 1)
		saving->worked = *(const unsigned char *)data;
	return true;
}

static bool start_phase(struct saving *saving, struct error *error)
{
	const struct job_plan plan = {
		.work = work, .result = take, .context = saving,
		.chunks = 1, .workers = 1,
	};

	saving->worked = false;
	save_share(saving->flush, true);
	saving->job = job_start(&plan, error);
	save_share(saving->flush, false);
	return saving->job != NULL;
}

static void end_phase(struct saving *saving)
{
	job_free(saving->job);
	saving->job = NULL;
}

static void saving_free(struct saving *saving)
{
	end_phase(saving);
	save_end(saving->flush);
	free(saving->path);
	free(saving);
}

/* --- the end of it --- */

static struct buffer *buffer_of(const struct editor *editor,
				const struct document *document)
{
	for (size_t i = 0; i < editor->buffer_count; i++)
		if (editor->buffers[i]->document == document)
			return editor->buffers[i];
	return NULL;
}

/* Lets go of the file, and looks at what it is now. */
static void settle(struct editor *editor, struct saving *saving, bool written)
{
	struct buffer *buffer = buffer_of(editor, saving->document);

	save_end(saving->flush);
	saving->flush = NULL;
	if (!saving->document || !buffer)
		return;
	if (!written) {
		editor_flush_look(buffer);
		return;
	}
	editor_check_files(editor);
	view_show(&buffer->view);
	editor->serial++;
}

static void leave(struct editor *editor)
{
	enum editor_leaving leaving = editor->leaving;
	struct error why;

	editor->leaving = EDITOR_STAYS;
	if (leaving == EDITOR_LEAVES && !editor_all_saved(editor, &why))
		editor_show_error(editor, &why);
	else if (leaving != EDITOR_STAYS)
		editor->quit = true;
}

static bool commit(struct editor *editor, struct saving *saving)
{
	/* Workers look at a file that is about to change; one that is replaced
	 * stays as it is, as long as they do. */
	if (saving->document
	    && save_planned(saving->flush)->method != SAVE_REPLACED) {
		if (editor->task)
			editor_message(editor, "%s stopped: %s is being "
				       "written", editor->task->label,
				       saving->path);
		task_stop_all(editor);
	}
	if (!save_commit(saving->flush))
		return false;
	saving->phase = SAVING_APPLIES;
	return true;
}

static enum status failed(const struct saving *saving, struct error *error)
{
	save_message(saving->flush, error);
	return STATUS_FAILED;
}

static enum status finish(struct editor *editor, struct saving *saving,
			  struct error *error)
{
	struct save_plan done;

	if (!save_finish(saving->flush, &done))
		return failed(saving, error);
	saving_say_written(editor, &done);
	return STATUS_DONE;
}

/* The child is at its end, as STATE says, for the reason WHY. */
static enum status go_on(struct editor *editor, struct saving *saving,
			 enum job_state state, const struct error *why,
			 struct error *error)
{
	bool lost = state == JOB_FAILED;

	end_phase(saving);
	if (saving->stopping) {
		const struct error stopped = ERROR_NONE;

		save_lost(saving->flush, &stopped);
		return failed(saving, error);
	}
	if (lost)
		save_lost(saving->flush, why);
	if (lost && saving->phase == SAVING_APPLIES)
		saving->worked = run_phase(saving);
	if (!saving->worked)
		return failed(saving, error);
	if (saving->phase == SAVING_APPLIES)
		return finish(editor, saving, error);
	if (!commit(editor, saving))
		return failed(saving, error);
	if (start_phase(saving, NULL))
		return STATUS_RUNNING;
	/* There is no way back, and so none but this one. */
	return run_phase(saving) ? finish(editor, saving, error)
				 : failed(saving, error);
}

void saving_poll(struct editor *editor)
{
	struct saving *saving = editor->saving;
	struct error why = ERROR_NONE;
	struct error error = ERROR_NONE;
	enum job_state state = job_poll(saving->job, &why);

	if (state == JOB_RUNNING)
		return;

	enum status status = go_on(editor, saving, state, &why, &error);

	editor->serial++;
	if (status == STATUS_RUNNING)
		return;
	editor->saving = NULL;
	editor->status = status;
	editor->error = error;
	if (status == STATUS_FAILED)
		editor_show_error(editor, &error);
	settle(editor, saving, status == STATUS_DONE);
	if (status == STATUS_DONE)
		leave(editor);
	editor->leaving = EDITOR_STAYS;
	saving_free(saving);
}

/* --- in this process --- */

/* Where the user stops it after the commit the line has failed all the same,
 * so that the run ends. */
static enum status run_here(struct editor *editor, struct saving *saving,
			    struct error *error)
{
	struct sigaction before;
	const struct sigaction noting = { .sa_handler = note_interrupt };
	bool noted;
	enum status status;

	noted = !editor->interactive && sigaction(SIGINT, NULL, &before) == 0
		&& before.sa_handler == SIG_DFL
		&& sigaction(SIGINT, &noting, NULL) == 0;
	status = save_prepare(saving->flush) && commit(editor, saving)
			 && save_apply(saving->flush)
			 ? finish(editor, saving, error)
			 : failed(saving, error);
	if (noted)
		sigaction(SIGINT, &before, NULL);
	if (interrupted && status == STATUS_DONE) {
		saving_refuse(SAVING_TEXT_WRITTEN, saving->path, error);
		status = STATUS_FAILED;
		settle(editor, saving, true);
	} else {
		settle(editor, saving, status == STATUS_DONE);
	}
	return status;
}

/* --- the beginning --- */

static struct saving *saving_new(const char *path, struct error *error)
{
	struct saving *saving = calloc(1, sizeof *saving);

	if (saving)
		saving->path = strdup(path);
	if (saving && saving->path)
		return saving;
	free(saving);
	error_set_memory(error);
	return NULL;
}

static bool is_long(const struct save_flush *flush, const struct saving *saving)
{
	uint64_t done;
	uint64_t all;

	save_progress(flush, &done, &all);
	return all >= SAVE_BESIDE || (all == 0 && !saving->document);
}

/* Takes SAVING over. */
static enum status begin(struct editor *editor, struct saving *saving,
			 struct error *error)
{
	enum status status = STATUS_FAILED;

	if (!saving->flush) {
		saving_free(saving);
		return status;
	}
	interrupted = 0;
	clock_gettime(CLOCK_MONOTONIC, &saving->began);
	if (!editor->interactive || !is_long(saving->flush, saving)) {
		status = run_here(editor, saving, error);
	/* Without a child it takes as long, with nobody at the keys. */
	} else if (start_phase(saving, NULL)) {
		editor->saving = saving;
		editor->status = STATUS_RUNNING;
		editor->serial++;
		return STATUS_RUNNING;
	} else {
		status = run_here(editor, saving, error);
	}
	saving_free(saving);
	return status;
}

static bool may_begin(const struct editor *editor, struct error *error)
{
	return !editor->saving
	       || saving_refuse(SAVING_TEXT_BUSY, editor->saving->path, error);
}

enum status editor_write(struct editor *editor,
			 const struct save_options *options,
			 struct error *error)
{
	struct buffer *buffer = editor->buffer;
	struct saving *saving;

	if (!may_begin(editor, error))
		return STATUS_FAILED;
	saving = saving_new(file_path(document_file(buffer->document)), error);
	if (!saving)
		return STATUS_FAILED;
	editor_cancel(editor);
	if (buffer->log)
		log_flush(buffer->log);
	saving->document = buffer->document;
	saving->flush = save_begin(buffer->document, options, &stop_hooks,
				   error);
	if (!saving->flush)
		settle(editor, saving, false);
	return begin(editor, saving, error);
}

enum status editor_write_copy(struct editor *editor, struct range range,
			      const char *path, bool overwrite,
			      struct error *error)
{
	struct saving *saving = may_begin(editor, error)
					? saving_new(path, error) : NULL;

	if (!saving)
		return STATUS_FAILED;
	saving->flush = save_copy_begin(editor->buffer->document, range, path,
					overwrite, &stop_hooks, error);
	return begin(editor, saving, error);
}

enum status editor_write_made(struct editor *editor, save_maker *make,
			      void *context, const char *path, bool overwrite,
			      struct error *error)
{
	struct saving *saving = may_begin(editor, error)
					? saving_new(path, error) : NULL;

	if (!saving)
		return STATUS_FAILED;
	saving->flush = save_made_begin(editor->buffer->document, make,
					context, path, overwrite, &stop_hooks,
					error);
	return begin(editor, saving, error);
}

void saving_end(struct editor *editor)
{
	if (!editor->saving)
		return;
	if (editor->saving->phase == SAVING_PREPARES)
		saving_stop(editor);
	while (editor->saving) {
		job_wait(editor->saving->job, NULL);
		saving_poll(editor);
	}
}
