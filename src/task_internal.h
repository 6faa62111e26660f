/*
 * What the files of tasks share: those that look (task.c), those that edit
 * (task_edit.c), the one that asks (task_ask.c), and writing (task_save.c,
 * task_lock.c).
 */
#ifndef OCTAVO_TASK_INTERNAL_H
#define OCTAVO_TASK_INTERNAL_H

#include <time.h>

#include "octavo/job.h"
#include "octavo/replace.h"
#include "task.h"

struct task_edit;

struct task {
	struct search *search;
	struct task_edit *edit;	/* what it does in the place of a search */
	struct document *document;
	const char *label;
	bool asks;		/* before it replaces */
	bool present;		/* of use only while the bytes are the same */
	enum status (*finish)(struct editor *editor, struct task *task,
			      struct error *error);
	struct editor *editor;
	/* find */
	bool backward;
	bool quietly;
	bool wrapped;		/* the search goes on at the other end already */
	uint64_t from;		/* where the search began */
	uint64_t remaining;	/* matches still to be passed */
	bool beyond;		/* not the match that the cursor is at */
	struct line_judge *judge;	/* of the lines in which one counts;
					 * NULL: all */
	struct match match;
	bool found;
};

struct task *task_new(struct editor *editor, const char *label,
		      struct error *error);
/* TASK becomes the one that shows progress, if it could be started. */
bool task_install(struct editor *editor, struct task *task, bool started);

/* --- task_edit.c --- */

void task_edit_free(struct task_edit *edit);
enum job_state task_edit_poll(struct task_edit *edit, struct error *error);
size_t task_edit_descriptors(const struct task_edit *edit, int *fds,
			     size_t count);
/* Of a task that replaces. */
struct replace *task_replace(const struct task *task);
void task_edit_progress(const struct task_edit *edit, uint64_t *done,
			uint64_t *total, uint64_t *found);

/* --- task_ask.c --- */

/* Puts TASK aside with a question about the match that waits; false where none
 * does. */
bool ask_next(struct editor *editor, struct task *task);
/* Ends what waits for an answer. */
void ask_stop(struct editor *editor);

/* --- task_save.c, task_lock.c --- */

enum saving_phase { SAVING_PREPARES, SAVING_APPLIES };

struct saving {
	struct save_flush *flush;
	struct document *document;	/* NULL: it is a copy */
	char *path;			/* for messages */
	enum saving_phase phase;
	struct job *job;		/* that runs it */
	bool worked;			/* what it has returned */
	bool stopping;
	struct timespec began;
};

enum saving_text {
	SAVING_TEXT_LOCKED,	/* instead of an edit */
	SAVING_TEXT_LOCKED_LATE,	/* the same from the commit on */
	SAVING_TEXT_BUSY,	/* instead of another flush */
	SAVING_TEXT_STAYS,	/* instead of closing it */
	SAVING_TEXT_LATE,	/* instead of stopping it */
	SAVING_TEXT_LEAVING,
	SAVING_TEXT_WRITTEN,	/* before it could be stopped */
};

/* Sets ERROR to TEXT about PATH; always false. */
bool saving_refuse(enum saving_text text, const char *path,
		   struct error *error);
/* Says what was written, and how. */
void saving_say_written(struct editor *editor, const struct save_plan *done);

#endif
