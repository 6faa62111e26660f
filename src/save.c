/*
 * save: takes a flush through its phases, and says what became of the file.
 *
 * Invariants of a flush
 *  1. Only finish and undo remove what prepare has made, and one of them is
 *     run, once: after the last phase, or after one that has failed, by whoever
 *     asks for the message, or at the end.
 *  2. What a child may change of it lies in `report`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "io.h"
#include "save_internal.h"

const char *save_method_name(enum save_method method)
{
	static const char *const names[] = {
		[SAVE_NOTHING] = "in place",
		[SAVE_IN_PLACE] = "in place",
		[SAVE_REWRITTEN] = "in place",
		[SAVE_REPLACED] = "replaced",
		[SAVE_CREATED] = "created",
		[SAVE_DIRECT] = "directly",
	};

	return names[method];
}

struct error *save_cause(const struct save_flush *flush)
{
	return &flush->report->failure.cause;
}

bool save_step(struct save_flush *flush, uint64_t bytes, struct error *cause)
{
	uint64_t done = flush->report->done + bytes;

	/* What is done a second time after an error is not more work. */
	if (flush->all && done > flush->all)
		done = flush->all;
	flush->report->done = done;
	if (flush->hooks.progress)
		flush->hooks.progress(flush->hooks.context, done, flush->all);
	return !flush->may_stop || !flush->hooks.stop
		|| !flush->hooks.stop(flush->hooks.context)
		|| error_set(cause, "stopped");
}

/* --- beginning and end --- */

struct save_flush *save_flush_new(const struct save_hooks *hooks,
				  const char *path, bool existed,
				  struct error *error)
{
	struct save_flush *flush = calloc(1, sizeof *flush);
	void *report = !flush ? MAP_FAILED
		: io.mmap(NULL, sizeof *flush->report, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct save_failure failure = { .aftermath = SAVE_UNCHANGED };

	if (report == MAP_FAILED) {
		error_set_memory(&failure.cause);
		save_fail(&failure, path, existed, error);
		free(flush);
		return NULL;
	}
	flush->report = report;
	flush->target.folder = flush->target.fd = -1;
	flush->place.folder = flush->journal = flush->fresh = -1;
	flush->may_stop = true;
	if (hooks)
		flush->hooks = *hooks;
	return flush;
}

static const struct save_steps *steps_of(enum save_method method)
{
	static const struct save_steps *const steps[] = {
		[SAVE_IN_PLACE] = &save_steps_in_place,
		[SAVE_REWRITTEN] = &save_steps_rewrite,
		[SAVE_REPLACED] = &save_steps_replace,
		[SAVE_CREATED] = &save_steps_replace,
		[SAVE_DIRECT] = &save_steps_direct,
	};

	return steps[method];
}

/* Bytes that are written or read back, all together. */
static uint64_t work_of(const struct save_flush *flush)
{
	uint64_t backup = flush->plan.backup
		&& flush->options.backup == SAVE_BACKUP_COPY
		? 2 * flush->old_size : 0;
	uint64_t journal = 0;

	switch (flush->plan.method) {
	case SAVE_IN_PLACE:
		for (size_t i = 0; i < flush->ranges.count; i++)
			journal += range_length(flush->ranges.list[i]);
		return backup + journal + flush->ranges.bytes;
	case SAVE_REWRITTEN:
		return backup + 2 * flush->new_size + 2 * flush->ranges.bytes;
	case SAVE_DIRECT:
		return 2 * flush->ranges.bytes;
	default:
		return backup + 2 * flush->new_size;
	}
}

/* Where file systems lie in layers, a file is copied to the upper one when it is
 * opened to be written.  Its time of change says so, and nothing else. */
static void accept_opening(struct save_flush *flush)
{
	struct file *file = document_file(flush->document);
	struct file_identity known = file_identity(file);
	struct file_identity now = file_identity_of(&flush->target.status);

	known.changed = now.changed;
	if (file_identity_equal(&known, &now))
		file_take(file, &now);
}

static bool open_target(struct save_flush *flush)
{
	struct save_target *target = &flush->target;
	struct error *cause = save_cause(flush);

	if (flush->plan.method == SAVE_DIRECT) {
		target->fd = file_open_to_write(
			document_file(flush->document), cause);
		return target->fd >= 0;
	}
	if (!target->exists || target->fd >= 0)
		return true;
	if (!save_target_open(target, cause))
		return false;
	if (flush->document && S_ISREG(target->status.st_mode))
		accept_opening(flush);
	return true;
}

/* Takes hold of the file and of where journal and content will be. */
bool save_flush_open(struct save_flush *flush)
{
	enum save_method method = flush->plan.method;

	flush->steps = steps_of(method);
	if (!flush->steps)
		return true;
	if (flush->document) {
		flush->content = save_content_of(flush->document,
						 (struct range){ 0,
						 flush->new_size });
		flush->content.checked = method == SAVE_REWRITTEN;
	}
	flush->content.flush = flush;
	flush->all = work_of(flush);
	return open_target(flush)
		&& save_place_open(&flush->place, &flush->target,
				   flush->plan.in_state, save_cause(flush));
}

static bool begin(struct save_flush *flush)
{
	/* What is new belongs to the document; from now on what is done to the
	 * file may be our own doing. */
	document_outside(flush->document, true);
	document_outside_pause(flush->document, true);
	return document_reread(flush->document, save_cause(flush))
		&& save_decide(flush, flush->document, save_cause(flush))
		&& save_flush_open(flush);
}

struct save_flush *save_begin(struct document *document,
			      const struct save_options *options,
			      const struct save_hooks *hooks,
			      struct error *error)
{
	struct file *file = document_file(document);
	bool existed = file_kind(file) != FILE_NEW;
	struct save_flush *flush = save_flush_new(hooks, file_path(file),
						  existed, error);

	if (!flush)
		return NULL;
	flush->document = document;
	flush->existed = existed;
	if (options)
		flush->options = *options;
	if (begin(flush))
		return flush;
	flush->ended = true;
	save_message(flush, error);
	save_end(flush);
	return NULL;
}

const struct save_plan *save_planned(const struct save_flush *flush)
{
	return &flush->plan;
}

void save_progress(const struct save_flush *flush, uint64_t *done,
		   uint64_t *all)
{
	*done = flush->report->done;
	*all = flush->all;
}

/* Nothing but clearing up, once. */
static void undo(struct save_flush *flush)
{
	if (flush->steps && !flush->ended)
		flush->steps->undo(flush);
	flush->ended = true;
}

void save_share(struct save_flush *flush, bool shared)
{
	struct io_private *private = &flush->target.private;

	if (flush->target.fd < 0)
		return;
	if (shared)
		io_private_remove(private);
	else
		io_private_add(private);
}

void save_lost(struct save_flush *flush, const struct error *why)
{
	flush->report->failure = (struct save_failure){ .cause = *why };
}

void save_message(struct save_flush *flush, struct error *error)
{
	struct save_failure *failure = &flush->report->failure;

	undo(flush);
	if (!*failure->cause.message)
		error_set(&failure->cause, "stopped");
	save_fail(failure, flush->document
		  ? file_path(document_file(flush->document))
		  : flush->target.path, flush->existed, error);
}

void save_end(struct save_flush *flush)
{
	if (!flush)
		return;
	undo(flush);
	if (flush->document)
		document_outside_pause(flush->document, false);
	if (flush->journal >= 0)
		io_close(flush->journal);
	if (flush->fresh >= 0)
		io_close(flush->fresh);
	save_place_close(&flush->place);
	save_content_end(&flush->content);
	save_decided_end(flush);
	io.munmap(flush->report, sizeof *flush->report);
	free(flush);
}

/* --- the phases --- */

bool save_prepare(struct save_flush *flush)
{
	/* The sync at its end may have taken long. */
	return !flush->steps
		|| (flush->steps->prepare(flush)
		    && save_step(flush, 0, save_cause(flush)));
}

/* The file holds the document already, edits that came to nothing included. */
static bool write_nothing(struct save_flush *flush)
{
	if (!document_modified(flush->document))
		return true;
	if (!document_detach(flush->document, NULL, 0, save_cause(flush)))
		return false;
	document_written(flush->document);
	return true;
}

bool save_commit(struct save_flush *flush)
{
	flush->may_stop = false;
	return flush->steps ? flush->steps->commit(flush)
			    : write_nothing(flush);
}

bool save_apply(struct save_flush *flush)
{
	return !flush->steps || flush->steps->apply(flush);
}

/* What the kernel has taken from the mode. */
static void note_fallen(const struct save_target *target,
			struct save_plan *done)
{
	struct stat now;

	*done->note = '\0';
	if ((done->method == SAVE_IN_PLACE || done->method == SAVE_REWRITTEN)
	    && io.fstat(target->fd, &now) == 0
	    && now.st_mode != target->status.st_mode)
		snprintf(done->note, sizeof done->note,
			 "its mode was %04o and is %04o now",
			 target->status.st_mode & 07777, now.st_mode & 07777);
}

void save_add_left(char left[SAVE_LEFT_SIZE], const struct save_place *place,
		   const char *name)
{
	size_t length = strlen(left);

	if (length == 0)
		save_place_name(place, name, left);
	else
		snprintf(left + length, SAVE_LEFT_SIZE - length, ", %s", name);
}

/* Notes that LEFT, if not empty, could not be removed. */
static void note_left(struct save_plan *done, const char *left)
{
	if (*left)
		snprintf(done->note, sizeof done->note,
			 "%.400s could not be removed", left);
}

bool save_finish(struct save_flush *flush, struct save_plan *done)
{
	if (flush->steps && !flush->steps->finish(flush))
		return false;
	flush->ended = true;
	*done = flush->plan;
	if (flush->content.making) {
		done->bytes = flush->report->made;
		done->ranges = done->bytes > 0;
	}
	note_fallen(&flush->target, done);
	if (*flush->report->found)
		snprintf(done->note, sizeof done->note, "%s",
			 flush->report->found);
	note_left(done, flush->left);
	return true;
}

/* --- in one go --- */

bool save_run(struct save_flush *flush, struct save_plan *done,
	      struct error *error)
{
	bool written = save_prepare(flush) && save_commit(flush)
		&& save_apply(flush) && save_finish(flush, done);

	if (!written)
		save_message(flush, error);
	return written;
}

bool save_write(struct document *document, const struct save_options *options,
		struct save_plan *done, struct error *error)
{
	struct save_flush *flush = save_begin(document, options, NULL, error);
	bool written = flush && save_run(flush, done, error);

	save_end(flush);
	return written;
}

bool save_plan(const struct document *document,
	       const struct save_options *options, struct save_plan *plan,
	       struct error *error)
{
	struct save_failure failure = { .aftermath = SAVE_UNCHANGED };
	struct save_flush flush = {
		.target = { .folder = -1, .fd = -1 },
	};

	if (options)
		flush.options = *options;
	bool decided = save_decide(&flush, document, &failure.cause);
	*plan = flush.plan;
	save_decided_end(&flush);
	return decided
		|| save_fail(&failure, file_path(document_file(document)),
			     flush.existed, error);
}

/* --- the message --- */

bool save_fail(const struct save_failure *failure, const char *path,
	       bool existed, struct error *error)
{
	const char *left = failure->left;
	const char *cause = failure->cause.message;

	switch (failure->aftermath) {
	case SAVE_INTERRUPTED:
		return error_set(error, "%s is interrupted between old and "
				 "new: %s; its journal %s is kept", path,
				 cause, left);
	case SAVE_UNCERTAIN:
		return error_set(error, "%s is not safe, a power cut may leave "
				 "the old or the new: %s%s%s", path, cause,
				 *left ? "; the other one may be " : "", left);
	case SAVE_PARTLY:
		return error_set(error, "%s not all written: %s", path, cause);
	default:
		return error_set(error, "%s not %s: %s%s%s", path,
				 existed ? "written, unchanged" : "created",
				 cause, *left ? "; left behind: " : "", left);
	}
}
