/*
 * save: decides how a flush is made, has it made, and says what became of
 * the file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io.h"
#include "save_internal.h"
#include "sizes.h"

const char *save_method_name(enum save_method method)
{
	static const char *const names[] = {
		[SAVE_NOTHING] = "in place",
		[SAVE_IN_PLACE] = "in place",
		[SAVE_REPLACED] = "replaced",
		[SAVE_CREATED] = "created",
	};

	return names[method];
}

/* --- what differs --- */

static bool ranges_add(struct save_ranges *ranges, size_t *room,
		       struct range range, struct error *cause)
{
	ranges->bytes += range_length(range);
	if (ranges->count
	    && ranges->list[ranges->count - 1].end == range.start) {
		ranges->list[ranges->count - 1].end = range.end;
		return true;
	}
	if (ranges->count == *room) {
		size_t more = *room ? 2 * *room : 16;
		struct range *list = NULL;

		if (more <= SIZE_MAX / sizeof *list)
			list = realloc(ranges->list, more * sizeof *list);
		if (!list)
			return error_set_memory(cause);
		ranges->list = list;
		*room = more;
	}
	ranges->list[ranges->count++] = range;
	return true;
}

bool save_ranges_find(struct save_ranges *ranges,
		      const struct document *document, struct error *cause)
{
	uint64_t size = document_size(document);
	size_t room = 0;

	for (uint64_t offset = 0; offset < size; ) {
		struct save_run run = save_run_at(document, offset, size);

		if (!(run.in_file && run.file_offset == run.now.start)
		    && !ranges_add(ranges, &room, run.now, cause))
			return false;
		offset = run.now.end;
	}
	return true;
}

/* --- the plan --- */

/* Everything that is known about a flush before it begins. */
struct decision {
	struct save_plan plan;
	struct save_target target;
	struct save_ranges ranges;	/* of a flush in place */
	bool by_size;			/* replaced only because of the size */
};

bool save_same_file(const struct document *document, struct error *cause)
{
	enum file_state state = file_check(document_file(document), NULL);

	return state == FILE_SAME
		|| error_set(cause, "%s; \"write FILE\" makes a copy, "
			     "\"edit!\" reads it again",
			     file_state_text(state));
}

static bool may_write(const struct document *document, struct error *cause)
{
	struct file *file = document_file(document);
	const char *reason = file_read_only(file);

	if (!reason)
		reason = document_read_only(document);
	if (reason)
		return error_set(cause, "%s; \"write FILE\" makes a copy",
				 reason);
	return save_same_file(document, cause);
}

static bool find_target(const struct document *document,
			struct save_target *target, struct error *cause)
{
	struct file *file = document_file(document);
	struct file_identity identity = file_identity(file);
	bool is_new = file_kind(file) == FILE_NEW;

	if (!save_target_find(target, file_path(file), cause))
		return false;
	if (target->exists == is_new
	    || (target->exists && (target->status.st_dev != identity.device
				   || target->status.st_ino != identity.inode)))
		return error_set(cause, "another file has taken its place");
	return save_target_clean(target, file_descriptor(file), cause);
}

static void plan_whole(const struct document *document,
		       enum save_method method, struct save_plan *plan)
{
	plan->method = method;
	plan->bytes = document_size(document);
	plan->ranges = plan->bytes > 0;
}

static void note_mode(const struct save_target *target,
		      struct save_plan *plan)
{
	mode_t mode = target->status.st_mode;

	if ((mode & S_ISUID) || (mode & (S_ISGID | S_IXGRP))
				 == (S_ISGID | S_IXGRP))
		snprintf(plan->note, sizeof plan->note,
			 "its set-user-ID or set-group-ID bit may fall");
}

static bool plan_same_length(const struct document *document,
			     struct decision *decision, struct error *cause)
{
	struct save_plan *plan = &decision->plan;

	if (!save_ranges_find(&decision->ranges, document, cause))
		return false;
	decision->by_size = decision->ranges.bytes > SAVE_IN_PLACE_MAXIMUM
		&& save_target_replaceable(&decision->target, NULL);
	if (decision->by_size) {
		plan_whole(document, SAVE_REPLACED, plan);
		return true;
	}
	plan->method = decision->ranges.count ? SAVE_IN_PLACE : SAVE_NOTHING;
	plan->bytes = decision->ranges.bytes;
	plan->ranges = decision->ranges.count;
	note_mode(&decision->target, plan);
	for (size_t i = 0; i < decision->ranges.count; i++) {
		if (!save_range_present(document, decision->ranges.list[i],
					cause))
			return false;
	}
	return true;
}

static bool decide(const struct document *document, struct decision *decision,
		   struct error *cause)
{
	enum file_kind kind = file_kind(document_file(document));
	bool changed = document_modified(document) || kind == FILE_NEW;

	*decision = (struct decision){ .target = { .folder = -1, .fd = -1 } };
	if (kind != FILE_SPOOLED && kind != FILE_GENERATED && !changed)
		return true;
	if (!may_write(document, cause)
	    || !find_target(document, &decision->target, cause))
		return false;
	if (kind == FILE_NEW) {
		plan_whole(document, SAVE_CREATED, &decision->plan);
		return true;
	}
	if (document_size(document) == document_file_size(document))
		return plan_same_length(document, decision, cause);
	plan_whole(document, SAVE_REPLACED, &decision->plan);
	return save_target_replaceable(&decision->target, cause)
		&& save_range_present(document, (struct range){ 0,
				      document_size(document) }, cause);
}

static void decision_end(struct decision *decision)
{
	save_target_close(&decision->target);
	free(decision->ranges.list);
}

bool save_plan(const struct document *document, struct save_plan *plan,
	       struct error *error)
{
	struct save_failure failure = { .aftermath = SAVE_UNCHANGED };
	struct decision decision;
	bool decided = decide(document, &decision, &failure.cause);

	*plan = decision.plan;
	decision_end(&decision);
	return decided
		|| save_fail(&failure, file_path(document_file(document)),
			     file_kind(document_file(document)) != FILE_NEW,
			     error);
}

/* --- the flush --- */

static bool write_whole(struct document *document, struct decision *decision,
			struct save_failure *failure, char *left)
{
	struct range all = { 0, document_size(document) };
	struct save_content content = save_content_of(document, all);

	return save_replace(&decision->target, &content, document, failure,
			    left);
}

/* The file holds the document already, edits that came to nothing included. */
static bool write_nothing(struct document *document, struct error *cause)
{
	if (!document_modified(document))
		return true;
	if (!document_detach(document, NULL, 0, cause))
		return false;
	document_written(document);
	return true;
}

static bool carry_out(struct document *document, struct decision *decision,
		      struct save_failure *failure, char *left)
{
	struct save_target *target = &decision->target;
	struct save_plan *plan = &decision->plan;

	if (plan->method == SAVE_NOTHING)
		return write_nothing(document, &failure->cause);
	if (target->exists && !save_target_open(target, &failure->cause))
		return false;
	if (plan->method != SAVE_IN_PLACE) {
		if (write_whole(document, decision, failure, left))
			return true;
		if (!decision->by_size || !failure->refused || *failure->left)
			return false;
		*failure = (struct save_failure){ .aftermath = SAVE_UNCHANGED };
		plan->method = SAVE_IN_PLACE;
		plan->bytes = decision->ranges.bytes;
		plan->ranges = decision->ranges.count;
	}
	return save_in_place(document, target, &decision->ranges, failure,
			     left);
}

/* What the kernel has taken from the mode. */
static void note_fallen(const struct save_target *target,
			struct save_plan *done)
{
	struct stat now;

	*done->note = '\0';
	if (done->method == SAVE_IN_PLACE
	    && io.fstat(target->fd, &now) == 0
	    && now.st_mode != target->status.st_mode)
		snprintf(done->note, sizeof done->note,
			 "its mode was %04o and is %04o now",
			 target->status.st_mode & 07777, now.st_mode & 07777);
}

void save_note_left(struct save_plan *done, const char *left)
{
	if (*left)
		snprintf(done->note, sizeof done->note,
			 "%s could not be removed", left);
}

bool save_write(struct document *document, struct save_plan *done,
		struct error *error)
{
	struct save_failure failure = { .aftermath = SAVE_UNCHANGED };
	struct decision decision;
	char left[PATH_MAX] = "";
	/* The file may be another one afterwards. */
	bool existed = file_kind(document_file(document)) != FILE_NEW;

	document_verify(document);
	bool written = decide(document, &decision, &failure.cause)
		&& carry_out(document, &decision, &failure, left);
	if (written) {
		*done = decision.plan;
		note_fallen(&decision.target, done);
		save_note_left(done, left);
	}
	decision_end(&decision);
	return written
		|| save_fail(&failure, file_path(document_file(document)),
			     existed, error);
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
	default:
		return error_set(error, "%s not %s: %s%s%s%s", path,
				 existed ? "written, unchanged" : "created",
				 cause, *left ? "; " : "", left,
				 *left ? " is left behind" : "");
	}
}
