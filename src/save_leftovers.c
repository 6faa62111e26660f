/*
 * save_leftovers: what a flush that was cut off has left, and what that says
 * of its file.
 *
 * A journal that is complete may have been followed by any part of the
 * writing; one that is not was followed by nothing.  A new file beside the
 * old one changes neither: one of them has the name, and is whole.
 */
#include <fcntl.h>

#include "io.h"
#include "journal.h"
#include "save_internal.h"

/* Is there no journal NAME in FOLDER?  SHOWN is its name for messages. */
static bool no_journal(int folder, const char *name, const char *shown,
		       struct error *cause)
{
	struct journal_header header;
	struct error why;
	int fd = io_open(folder, name,
			 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT
			|| error_set_system(cause, errno, "can't look at %s",
					    shown);
	bool complete = journal_read(fd, &header, NULL, NULL, &why);
	io_close(fd);
	return complete
		? error_set(cause, "an earlier flush was interrupted, it may "
			    "be between old and new; %s has %s", shown,
			    header.kind == JOURNAL_CONTENT ? "the new" : "both")
		: error_set(cause, "an earlier flush was interrupted before "
			    "it changed anything; %s may be removed (%s)",
			    shown, why.message);
}

/* Is there no new file NAME in FOLDER? */
static bool no_fresh(const struct save_target *target, int folder,
		     const char *name, const char *shown, struct error *cause)
{
	struct stat status;

	if (save_stat_name(folder, name, &status) == 0)
		return error_set(cause, "an earlier flush was interrupted, "
				 "the file is %s; %s may be removed",
				 target->exists ? "whole" : "not there", shown);
	return errno == ENOENT
		|| error_set_system(cause, errno, "can't look at %s", shown);
}

static bool nothing_in(const struct save_target *target,
		       const struct save_place *place, struct error *cause)
{
	char shown[PATH_MAX];

	save_place_name(place, place->journal, shown);
	if (!no_journal(place->folder, place->journal, shown, cause))
		return false;
	save_place_name(place, place->content, shown);
	return no_fresh(target, place->folder, place->content, shown, cause);
}

static bool nothing_in_state(const struct save_target *target,
			     struct error *cause)
{
	struct save_place place;

	if (!save_place_look(&place, target))
		return true;
	bool clean = nothing_in(target, &place, cause);
	save_place_close(&place);
	return clean;
}

static bool nothing_left(const struct save_target *target, struct error *cause)
{
	struct save_place beside;

	save_place_open(&beside, target, false, cause);
	return nothing_in(target, &beside, cause)
		&& (!target->exists || nothing_in_state(target, cause));
}

static bool being_written(int fd)
{
	int result;

	if (fd < 0)
		return false;
	do
		result = io.lock_probe(fd);
	while (save_again(result));
	return result != 0 && errno == EAGAIN;
}

bool save_target_clean(const struct save_target *target, int fd,
		       struct error *cause)
{
	if (nothing_left(target, cause))
		return true;
	if (being_written(fd))
		error_set(cause, "another octavo is writing it");
	return false;
}
