/*
 * recovery_judge: what the thing that is left is, and whether that may be
 * believed.
 *
 * What a stranger could have put there says nothing, whatever stands in it; so
 * that is asked first.  Then the journal speaks for itself, and where there is
 * none the log of the edits does, which knows the file before the flush.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "io.h"
#include "octavo/log.h"
#include "recovery_internal.h"

/* --- the verdict --- */

void recovery_say(struct recovery_case *recovery, enum recovery_state state,
		  const char *format, ...)
{
	struct recovery *found = &recovery->found;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(found->words, sizeof found->words, format, arguments);
	va_end(arguments);
	found->state = state;
}

/* "a flush of <time> was interrupted" */
static const char *the_flush(const struct recovery_case *recovery, char *text,
			     size_t size)
{
	time_t seconds = recovery->found.time.tv_sec;
	char time[32] = "";
	struct tm parts;

	if (localtime_r(&seconds, &parts))
		strftime(time, sizeof time, " of %Y-%m-%d %H:%M", &parts);
	snprintf(text, size, "a flush%s was interrupted", time);
	return text;
}

static void say_cut_off(struct recovery_case *recovery)
{
	const struct recovery *found = &recovery->found;
	uint64_t whole = found->old_parts + found->new_parts;
	uint64_t torn = found->parts > whole ? found->parts - whole : 0;
	char flush[64];

	the_flush(recovery, flush, sizeof flush);
	if (recovery->header.kind == JOURNAL_CONTENT)
		recovery_say(recovery, found->state,
			     "%s while it copied the new content", flush);
	else
		recovery_say(recovery, found->state,
			     "%s: %llu of %llu parts old, %llu new, %llu torn",
			     flush, (unsigned long long)found->old_parts,
			     (unsigned long long)found->parts,
			     (unsigned long long)found->new_parts,
			     (unsigned long long)torn);
}

static void say_compared(struct recovery_case *recovery)
{
	struct recovery *found = &recovery->found;
	bool changed = found->state == RECOVERY_CHANGED;
	bool *may = changed ? found->may_insist : found->may;
	char flush[64];

	the_flush(recovery, flush, sizeof flush);
	may[RECOVERY_FINISH] = true;
	may[RECOVERY_UNDO] = recovery->header.kind == JOURNAL_EXTENTS;
	found->clear = found->state == RECOVERY_FINISHED;
	if (found->state == RECOVERY_CUT_OFF)
		say_cut_off(recovery);
	else if (found->state == RECOVERY_NOT_BEGUN)
		recovery_say(recovery, found->state,
			     "%s before it wrote anything", flush);
	else if (found->state == RECOVERY_FINISHED)
		recovery_say(recovery, found->state, "%s when all was written",
			     flush);
	else if (found->changed_parts)
		recovery_say(recovery, found->state,
			     "%s, and the file has been written since: the "
			     "byte at 0x%llx is neither old nor new",
			     flush, (unsigned long long)found->changed_at);
	else
		recovery_say(recovery, found->state,
			     "%s, and another file has taken the place of its "
			     "file since", flush);
}

static void say_never_begun(struct recovery_case *recovery, bool clear)
{
	char flush[64];

	recovery_say(recovery, RECOVERY_NEVER_BEGUN,
		     "%s before it changed anything",
		     the_flush(recovery, flush, sizeof flush));
	recovery->found.clear = clear;
	recovery->found.may[RECOVERY_UNDO] = true;
}

/* --- may it be believed? --- */

/* Do numbers last, and have files modes of their own? */
static bool keeps_status(const struct recovery_case *recovery)
{
	bool keeps;

	return io.keeps_status(recovery->file, &keeps) != 0 || keeps;
}

const char *recovery_distrust(const struct recovery_case *recovery,
			      const struct stat *status)
{
	/* Whose the file is can write it anyway. */
	bool owns = recovery->file >= 0
		&& status->st_uid == recovery->status.st_uid;

	if (!S_ISREG(status->st_mode))
		return "is not a regular file";
	if (status->st_nlink != 1)
		return "has several names";
	if (status->st_uid != geteuid() && status->st_uid != 0 && !owns)
		return "belongs to somebody else";
	return NULL;
}

/* Ours is closed to all others.  A file that others can read may have been taken
 * over from one of them, and an access list hides behind the group's bits.  But
 * where all files have the same mode, who can write one can write the other. */
static bool is_open(const struct recovery_case *recovery,
		    const struct stat *status)
{
	const struct stat *file = &recovery->status;
	mode_t open = status->st_mode & (S_IWGRP | S_IWOTH);

	if (!(status->st_mode & (S_IRWXG | S_IRWXO)))
		return false;
	if (recovery->file < 0 || status->st_dev != file->st_dev
	    || keeps_status(recovery))
		return true;
	/* Others of a file are not all but one of the other's group. */
	if (status->st_gid != file->st_gid)
		return open && (~file->st_mode & (S_IWGRP | S_IWOTH));
	return open & ~file->st_mode;
}

static bool trusted(struct recovery_case *recovery, const struct stat *status)
{
	const char *reason = recovery_distrust(recovery, status);

	if (!reason && is_open(recovery, status))
		reason = "is open to others";
	if (reason)
		recovery_say(recovery, RECOVERY_STRANGER,
			     "%s looks like what a flush leaves, but %s",
			     recovery->found.left, reason);
	return !reason;
}

enum lock { LOCK_NONE, LOCK_HELD, LOCK_UNKNOWN };

static enum lock lock_of(int fd)
{
	int result;

	do
		result = io.lock_probe(fd);
	while (save_again(result));
	if (result == 0)
		return LOCK_NONE;
	return errno == EAGAIN || errno == EACCES ? LOCK_HELD : LOCK_UNKNOWN;
}

static bool is_locked(int fd)
{
	return fd >= 0 && lock_of(fd) == LOCK_HELD;
}

/* What replaces a file holds the lock on the old one, under whatever name. */
static bool is_busy(struct recovery_case *recovery)
{
	if (!is_locked(recovery->file) && !is_locked(recovery->journal) &&
	    !is_locked(recovery->content))
		return false;
	recovery_say(recovery, RECOVERY_BUSY, "another octavo is writing it");
	return true;
}

static bool size_fits(const struct recovery_case *recovery)
{
	const struct journal_header *header = &recovery->header;
	uint64_t size = (uint64_t)recovery->status.st_size;

	if (!S_ISREG(recovery->status.st_mode))
		return header->kind == JOURNAL_EXTENTS &&
		       header->old_size == header->new_size;
	return (size >= header->old_size || size >= header->new_size) &&
	       (size <= header->old_size || size <= header->new_size);
}

/* Is the journal, whose header is valid, about the file? */
static bool fits(struct recovery_case *recovery)
{
	const struct journal_header *header = &recovery->header;
	const char *what = NULL;

	if (recovery->file < 0)
		what = "a file that is not there";
	else if (strcmp(header->name, recovery->target.name) != 0)
		what = "a file of another name";
	else if (!size_fits(recovery))
		what = "a file of another length";
	if (what)
		recovery_say(recovery, RECOVERY_STRANGER, "%s is about %s",
			     recovery->found.left, what);
	return !what;
}

/* --- a journal --- */

static bool content_is_there(struct recovery_case *recovery)
{
	const struct stat *status = &recovery->content_status;

	if (recovery->header.kind == JOURNAL_EXTENTS)
		return true;
	if (recovery->content < 0) {
		recovery_say(recovery, RECOVERY_UNREADABLE,
			     "%s, but %s, which has the "
			     "new content, is not there",
			     recovery->found.left, recovery->content_name);
		return false;
	}
	if (recovery_distrust(recovery, status) || is_open(recovery, status) ||
	    (uint64_t)status->st_size != recovery->header.new_size) {
		recovery_say(recovery, RECOVERY_STRANGER,
			     "%s is not the new content "
			     "that %s means",
			     recovery->content_name, recovery->found.left);
		return false;
	}
	return true;
}

/* What stands for a device is made anew whenever the machine starts, and where
 * numbers do not last the bytes alone say which file it is. */
static bool is_another(const struct recovery_case *recovery)
{
	return S_ISREG(recovery->status.st_mode)
		&& recovery->status.st_ino != recovery->header.identity.inode
		&& keeps_status(recovery);
}

static void judge_complete(struct recovery_case *recovery)
{
	struct recovery *found = &recovery->found;

	if (!fits(recovery) || !content_is_there(recovery))
		return;
	recovery_compare(recovery);
	if (found->state == RECOVERY_UNREADABLE)
		return;
	if (is_another(recovery))
		found->state = RECOVERY_CHANGED;
	say_compared(recovery);
}

/* Zeros are what a power cut leaves, but anybody can have zeros. */
static bool begins_as_journal(const struct recovery_case *recovery)
{
	char byte = 0;

	return recovery->journal_status.st_size == 0 ||
	       (io_read_at(recovery->journal, &byte, 1, 0) == 1 && byte);
}

static void judge_incomplete(struct recovery_case *recovery)
{
	if (!*recovery->header.name)
		say_never_begun(recovery, begins_as_journal(recovery));
	else if (recovery->file < 0 || fits(recovery))
		say_never_begun(recovery, true);
}

static void judge_journal(struct recovery_case *recovery)
{
	struct error cause;
	enum journal_state state =
		journal_look(recovery->journal, &recovery->header, &cause);

	switch (state) {
	case JOURNAL_COMPLETE:
		judge_complete(recovery);
		return;
	case JOURNAL_INCOMPLETE:
		judge_incomplete(recovery);
		return;
	case JOURNAL_DAMAGED:
		/* It got its end, but was it ever used? */
		if (*recovery->header.name && recovery->file >= 0 &&
		    recovery_untouched(recovery)) {
			judge_incomplete(recovery);
			return;
		}
		break;
	default:
		break;
	}
	recovery_say(recovery,
		     state == JOURNAL_OTHER ? RECOVERY_STRANGER
					    : RECOVERY_UNREADABLE,
		     "%s can't be understood: %s", recovery->found.left,
		     cause.message);
}

/* --- a second file without a journal --- */

static bool is_same_file(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

static bool is_known(const struct file_identity *known,
		     const struct stat *status)
{
	/* The number may have been given to another file since. */
	return known->device == status->st_dev &&
	       known->inode == status->st_ino &&
	       known->size == (uint64_t)status->st_size &&
	       file_time_equal(known->modified, status->st_mtim);
}

/* Is it a second name of the file, or a copy of it? */
static bool is_no_other(const struct recovery_case *recovery)
{
	const struct stat *left = &recovery->content_status;
	bool same = false;

	if (recovery->file < 0)
		return false;
	return is_same_file(left, &recovery->status)
		|| (!recovery_distrust(recovery, left)
		    && left->st_size == recovery->status.st_size
		    && recovery_same(recovery, &same, NULL) && same);
}

/* Which one it is, says the log of the edits that were flushed. */
static void judge_second(struct recovery_case *recovery,
			 const struct document *document)
{
	const struct stat *left = &recovery->content_status;
	struct recovery *found = &recovery->found;
	struct file_identity known;
	bool knows = log_knows(document, &known);
	char flush[64];

	the_flush(recovery, flush, sizeof flush);
	if (recovery->file < 0 ||
	    (knows && is_known(&known, &recovery->status))) {
		recovery_say(recovery, RECOVERY_NOT_REPLACED,
			     "%s before the new file "
			     "took its place; %s is that one, complete or not",
			     flush, found->left);
		found->may[RECOVERY_UNDO] = true;
	} else if (knows && is_known(&known, left)) {
		recovery_say(recovery, RECOVERY_WAS_REPLACED,
			     "%s when the new file had "
			     "taken its place; %s is the old one",
			     flush, found->left);
		found->may[RECOVERY_FINISH] = found->may[RECOVERY_UNDO] = true;
	} else {
		recovery_say(
			recovery, RECOVERY_ONE_OF_TWO,
			"%s; the file is whole, and "
			"%s (%llu bytes) is the one before or the one after",
			flush, found->left, (unsigned long long)left->st_size);
	}
}

/* Of a flush that had not begun to write.  It is only removed, so it does not
 * matter what stands in it, and a stranger's is in nobody's way. */
static void judge_spare(struct recovery_case *recovery)
{
	char flush[64];

	if (recovery_distrust(recovery, &recovery->content_status))
		return;
	recovery_say(recovery, RECOVERY_NEVER_BEGUN,
		     "%s while it made a backup",
		     the_flush(recovery, flush, sizeof flush));
	recovery->found.clear = recovery->found.may[RECOVERY_UNDO] = true;
	recovery->found.harmless = true;
}

static void judge_alone(struct recovery_case *recovery,
			const struct document *document)
{
	const struct stat *left = &recovery->content_status;
	char flush[64];

	the_flush(recovery, flush, sizeof flush);
	if (is_no_other(recovery)) {
		recovery_say(recovery, RECOVERY_FINISHED,
			     "%s when all was written", flush);
		recovery->found.clear = recovery->found.may[RECOVERY_FINISH] =
			true;
	} else if (recovery_distrust(recovery, left)) {
		trusted(recovery, left);
	} else if (recovery->in_state) {
		/* Nothing there has ever had another name. */
		say_never_begun(recovery, true);
	} else {
		judge_second(recovery, document);
	}
}

void recovery_judge(struct recovery_case *recovery,
		    const struct document *document)
{
	if (recovery->found.state != RECOVERY_NONE)
		return;
	bool alone = recovery->journal < 0;
	if (!alone && !trusted(recovery, &recovery->journal_status))
		return;
	if (is_busy(recovery))
		return;
	if (recovery->is_spare)
		judge_spare(recovery);
	else if (alone)
		judge_alone(recovery, document);
	else
		judge_journal(recovery);
	/* Where there are no locks a flush may be going on all the same. */
	if (recovery->found.clear && recovery->file >= 0
	    && lock_of(recovery->file) == LOCK_UNKNOWN)
		recovery->found.clear = false;
}
