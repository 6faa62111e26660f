/*
 * While a file is being written: what may be done meanwhile, how far it is, and
 * what is said of all that.
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "task_internal.h"

/* --- what is said --- */

static const char *const texts[] = {
	[SAVING_TEXT_LOCKED] =
		"%s is being written and can't be edited; Esc stops that",
	[SAVING_TEXT_LOCKED_LATE] =
		"%s is being written and can't be edited",
	[SAVING_TEXT_BUSY] = "%s is being written; one at a time",
	[SAVING_TEXT_STAYS] = "%s is being written and stays open until then",
	[SAVING_TEXT_LATE] = "writing %s can't be stopped any more",
	[SAVING_TEXT_LEAVING] = "leaves as soon as %s is written",
	[SAVING_TEXT_WRITTEN] = "stopped, but %s was written before",
};

bool saving_refuse(enum saving_text text, const char *path,
		   struct error *error)
{
	char message[ERROR_MESSAGE_SIZE];

	snprintf(message, sizeof message, texts[text], path);
	return error_set(error, "%s", message);
}

static void say(struct editor *editor, enum saving_text text,
		const char *path)
{
	char message[ERROR_MESSAGE_SIZE];

	snprintf(message, sizeof message, texts[text], path);
	editor_message(editor, "%s", message);
}

void saving_say_written(struct editor *editor,
			const struct save_plan *done)
{
	char text[200];

	snprintf(text, sizeof text, "wrote %" PRIu64 " bytes in %" PRIu64
		 " ranges, %s", done->bytes, done->ranges,
		 save_method_name(done->method));
	if (editor->interactive) {
		editor_message(editor, "%s%s%s", text,
			       done->note[0] ? "; " : "", done->note);
		return;
	}
	editor_print(editor, "%s\n", text);
	if (done->note[0])
		editor_message(editor, "%s", done->note);
}

/* --- how far it is --- */

bool editor_writing(const struct editor *editor,
		    struct editor_writing *writing)
{
	const struct saving *saving = editor->saving;
	struct timespec now;

	if (!saving)
		return false;
	clock_gettime(CLOCK_MONOTONIC, &now);

	int64_t passed = (int64_t)(now.tv_sec - saving->began.tv_sec) * 1000
			 + (now.tv_nsec - saving->began.tv_nsec) / 1000000;

	*writing = (struct editor_writing){
		.committed = saving->phase == SAVING_APPLIES,
		.stopping = saving->stopping,
	};
	save_progress(saving->flush, &writing->done, &writing->total);
	/* The first moment says nothing of the rest. */
	if (passed >= 1000)
		writing->rate = (uint64_t)((double)writing->done * 1000
					   / (double)passed);
	return true;
}

size_t saving_descriptors(const struct editor *editor, int *fds, size_t count)
{
	return editor->saving
		       ? job_descriptors(editor->saving->job, fds, count) : 0;
}

/* --- what may be done --- */

bool saving_locks(const struct editor *editor, const struct document *document,
		  struct error *error)
{
	const struct saving *saving = editor->saving;

	return saving && saving->document == document
	       && !saving_refuse(saving->phase == SAVING_PREPARES
				 ? SAVING_TEXT_LOCKED
				 : SAVING_TEXT_LOCKED_LATE,
				 saving->path, error);
}

bool saving_may_leave(const struct editor *editor,
		      const struct document *document, struct error *error)
{
	const struct saving *saving = editor->saving;

	return !saving || saving->document != document
	       || saving_refuse(SAVING_TEXT_STAYS, saving->path, error);
}

bool saving_is(const struct editor *editor, const struct document *document)
{
	return editor->saving && editor->saving->document == document;
}

void saving_stop(struct editor *editor)
{
	struct saving *saving = editor->saving;

	editor->leaving = EDITOR_STAYS;
	if (saving->phase == SAVING_APPLIES) {
		say(editor, SAVING_TEXT_LATE, saving->path);
		return;
	}
	saving->stopping = true;
	job_kill(saving->job);
	editor->serial++;
}

bool editor_leave(struct editor *editor, bool drop)
{
	struct saving *saving = editor->saving;

	if (!saving || (drop && saving->phase == SAVING_PREPARES))
		return false;
	editor->leaving = drop ? EDITOR_DROPS : EDITOR_LEAVES;
	say(editor, SAVING_TEXT_LEAVING, saving->path);
	return true;
}
