/*
 * save_plan: what a flush that has been decided takes beside the file, and what
 * it will not keep.
 *
 * Where nobody knows how much it takes, because a file system may share blocks,
 * the plan says the most, and only the least must be there.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io.h"
#include "save_internal.h"

/* --- what it takes --- */

uint64_t save_old_bytes(const struct save_flush *flush)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < flush->ranges.count; i++) {
		struct range range = flush->ranges.list[i];

		if (range.end > flush->old_size)
			range.end = flush->old_size;
		if (range.start < range.end)
			bytes += range_length(range);
	}
	return bytes;
}

uint64_t save_copy_bytes(const struct document *document, uint64_t typed)
{
	uint64_t size = document_size(document);
	uint64_t saved = file_saved(document_file(document));
	uint64_t kept = document_file_size(document) - saved;

	return kept + typed < size ? kept + typed : size;
}

static uint64_t room_in(int folder)
{
	struct statvfs system;

	if (io.fstatvfs(folder, &system) != 0 || system.f_blocks == 0)
		return UINT64_MAX;
	return (uint64_t)system.f_frsize
		* (geteuid() == 0 ? system.f_bfree : system.f_bavail);
}

static uint64_t room_for(const struct save_flush *flush)
{
	struct save_place place;

	if (!flush->plan.in_state)
		return room_in(flush->target.folder);
	/* Looking must not make it. */
	if (!save_place_look(&place, &flush->target))
		return UINT64_MAX;
	uint64_t room = room_in(place.folder);
	save_place_close(&place);
	return room;
}

bool save_plan_space(struct save_flush *flush, const struct document *document,
		     struct error *cause)
{
	/* Header with a path, trailer; the head of an extent. */
	enum { JOURNAL_REST = 4608, JOURNAL_HEAD = 20 };
	struct save_plan *plan = &flush->plan;
	uint64_t least;

	plan->in_state = plan->method != SAVE_REPLACED
		&& plan->method != SAVE_CREATED
		&& save_place_in_state(&flush->target);
	if (plan->method == SAVE_IN_PLACE) {
		plan->space = save_old_bytes(flush)
			+ flush->ranges.bytes + JOURNAL_REST
			+ JOURNAL_HEAD * (uint64_t)flush->ranges.count;
		least = plan->space;
	} else {
		/* A file that was not there is all typed. */
		least = flush->existed ? flush->ranges.typed : flush->new_size;
		plan->space = save_copy_bytes(document, least);
	}
	if (plan->method == SAVE_REWRITTEN)
		plan->space += JOURNAL_REST;
	if (!plan->in_state && flush->new_size > flush->old_size
	    && plan->method != SAVE_REPLACED && plan->method != SAVE_CREATED)
		plan->space += flush->new_size - flush->old_size;
	if (flush->options.backup == SAVE_BACKUP_COPY && flush->existed)
		plan->space += flush->old_size
			- file_saved(document_file(document));
	plan->room = room_for(flush);
	return least <= plan->room
		|| error_set(cause, "no room: at least %llu bytes are needed "
			     "beside it, %llu are there",
			     (unsigned long long)least,
			     (unsigned long long)plan->room);
}

/* --- what will not be kept --- */

__attribute__((format(printf, 2, 3)))
static void add_note(struct save_plan *plan, const char *format, ...)
{
	size_t length = strlen(plan->note);
	va_list arguments;

	if (length)
		length += (size_t)snprintf(plan->note + length,
					   sizeof plan->note - length, "; ");
	assert(length < sizeof plan->note);
	va_start(arguments, format);
	vsnprintf(plan->note + length, sizeof plan->note - length, format,
		  arguments);
	va_end(arguments);
}

/* Bytes of holes that are written over; as far as some looks find them, where
 * there are very many. */
static uint64_t filled_bytes(const struct save_flush *flush,
			     struct file *file)
{
	int looks = 1024;
	uint64_t filled = 0;

	for (size_t i = 0; i < flush->ranges.written && looks > 0; i++) {
		struct range range = flush->ranges.list[i];
		struct range hole;

		if (range.end > flush->old_size)
			range.end = flush->old_size;
		while (looks-- > 0 && range.start < range.end
		       && file_hole_from(file, range.start, &hole)
		       && hole.start < range.end) {
			if (hole.start < range.start)
				hole.start = range.start;
			if (hole.end > range.end)
				hole.end = range.end;
			filled += range_length(hole);
			range.start = hole.end;
		}
	}
	return filled;
}

static void note_written(struct save_flush *flush,
			 const struct document *document)
{
	struct save_plan *plan = &flush->plan;
	struct file *file = document_file(document);
	mode_t mode = flush->target.status.st_mode;

	if ((mode & S_ISUID) || (mode & (S_ISGID | S_IXGRP))
				 == (S_ISGID | S_IXGRP))
		add_note(plan, "its set-user-ID or set-group-ID bit may fall");
	if (save_has_capabilities(file_descriptor(file)))
		add_note(plan, "its capabilities fall");
	if (plan->method == SAVE_IN_PLACE) {
		uint64_t filled = filled_bytes(flush, file);

		if (filled)
			add_note(plan, "%llu bytes of its holes are filled",
				 (unsigned long long)filled);
	}
}

void save_plan_notes(struct save_flush *flush, const struct document *document)
{
	struct save_plan *plan = &flush->plan;
	enum save_backup backup = flush->options.backup;

	assert(plan->method != SAVE_NOTHING);
	plan->backup = flush->existed
		&& (backup == SAVE_BACKUP_COPY
		    || (backup == SAVE_BACKUP_SIMPLE
			&& plan->method == SAVE_REPLACED));
	if (plan->method == SAVE_IN_PLACE || plan->method == SAVE_REWRITTEN)
		note_written(flush, document);
	if (backup == SAVE_BACKUP_SIMPLE && !plan->backup && flush->existed)
		add_note(plan, "no backup: it is not replaced");
}
