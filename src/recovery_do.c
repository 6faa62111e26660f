/*
 * recovery_do: doing something about what is left.
 *
 * Whatever is taken away last is what says that there is something to do: of
 * a complete journal and its content, the content; of one that is not, the
 * journal.  Between the two the folder is synced, or a power cut could swap
 * them.
 */
#include <stdio.h>
#include <string.h>

#include "io.h"
#include "recovery_internal.h"

struct deed {
	struct recovery_case recovery;
	const struct document *document;
	enum recovery_action action;
	bool insist;
	struct error cause;
	bool refused;
	bool made;		/* the file is as wanted; something is left */
};

static bool cause_system(struct deed *deed, const char *what, const char *name)
{
	return error_set_system(&deed->cause, errno, "%s %s", what, name);
}

/* --- names --- */

static bool sync_folder(struct deed *deed)
{
	return io_fsync(deed->recovery.folder) == 0
		|| cause_system(deed, "can't sync the folder of",
				deed->recovery.found.left);
}

/* What is gone already has been taken away by one who was cut off. */
static bool take_away(struct deed *deed, const char *name)
{
	int result;

	do
		result = io.unlinkat(deed->recovery.folder, name, 0);
	while (save_again(result));
	if (result != 0 && errno != ENOENT)
		return cause_system(deed, "can't remove", name);
	return sync_folder(deed);
}

static int rename_in(int folder, const char *from, const char *to)
{
	int result;

	do
		result = io.renameat(folder, from, folder, to);
	while (save_again(result));
	return result;
}

static bool exchange_back(struct deed *deed)
{
	struct recovery_case *recovery = &deed->recovery;
	int result;

	do
		result = io.exchange(recovery->folder, recovery->target.name,
				     recovery->content_name);
	while (save_again(result));
	if (result != 0)
		return cause_system(deed, "can't take the place of",
				    recovery->target.name);
	return sync_folder(deed);
}

/* --- finish and undo --- */

/* That there are no modes here was a guess.  Where one can be changed there
 * are, and ours would be closed; it is tried with a bit that leaves it open. */
static bool has_no_mode(int fd, const struct stat *status)
{
	mode_t mode = status->st_mode & 07777;
	mode_t other = mode ^ (mode & S_IXOTH ? S_IXGRP : S_IXOTH);
	struct stat now;

	if (io.fchmod(fd, other) != 0 || io.fstat(fd, &now) != 0
	    || (now.st_mode & 07777) == mode)
		return true;
	io.fchmod(fd, mode);
	return false;
}

static bool is_ours(struct deed *deed, int fd, const char *name)
{
	struct stat status;

	if (fd < 0)
		return true;
	if (io.fstat(fd, &status) != 0)
		return cause_system(deed, "can't look at", name);
	return !(status.st_mode & (S_IRWXG | S_IRWXO))
		|| has_no_mode(fd, &status)
		|| error_set(&deed->cause, "%s is open to others", name);
}

/* With the lock on the file nobody else is at it; but somebody may have been
 * between looking and locking. */
static bool hold(struct deed *deed)
{
	struct recovery_case *recovery = &deed->recovery;
	struct stat status;

	if (recovery->target.exists
	    && !save_target_open(&recovery->target, &deed->cause))
		return false;
	/* What is left was trusted because of that file's owner and mode. */
	if (recovery->target.exists
	    && (recovery->target.status.st_dev != recovery->status.st_dev
		|| recovery->target.status.st_ino != recovery->status.st_ino))
		return error_set(&deed->cause,
				 "another file has taken its place");
	if (recovery->journal < 0)
		return true;
	if (!is_ours(deed, recovery->journal, recovery->journal_name)
	    || !is_ours(deed, recovery->content, recovery->content_name))
		return false;
	if (io.fstat(recovery->journal, &status) != 0)
		return cause_system(deed, "can't look at",
				    recovery->found.left);
	return status.st_nlink == 1
		|| error_set(&deed->cause, "somebody else has just done it");
}

/* Is there the copy that the journal speaks of? */
static bool find_backup(struct deed *deed, bool *there)
{
	const struct recovery_case *recovery = &deed->recovery;
	const struct save_target *target = &recovery->target;
	struct stat status;

	*there = false;
	if (save_stat_name(target->folder, target->spare, &status) != 0)
		return errno == ENOENT
			|| cause_system(deed, "can't look at", target->spare);
	*there = !recovery_distrust(recovery, &status)
		&& (uint64_t)status.st_size == recovery->header.old_size;
	return true;
}

/* A copy for a backup is whole before there is a journal, and has its name
 * before the file is touched; so it may be that this is to be done yet. */
static bool keep_backup(struct deed *deed)
{
	const struct save_target *target = &deed->recovery.target;
	bool there;

	if (deed->action != RECOVERY_FINISH || !deed->recovery.header.backup
	    || !*target->backup)
		return true;
	if (!find_backup(deed, &there))
		return false;
	if (!there)
		return true;
	if (rename_in(target->folder, target->spare, target->backup) != 0)
		return cause_system(deed, "can't make", target->backup);
	return io_fsync(target->folder) == 0
		|| cause_system(deed, "can't sync the folder of",
				target->backup);
}

static bool write_file(struct deed *deed)
{
	struct recovery_case *recovery = &deed->recovery;

	if (!keep_backup(deed))
		return false;
	if (!recovery_write(recovery, deed->action, &deed->cause))
		return false;
	deed->made = true;
	return take_away(deed, recovery->journal_name)
		&& (recovery->header.kind == JOURNAL_EXTENTS
		    || take_away(deed, recovery->content_name));
}

/* The journal is not complete: the file is the old one.  Only a content of the
 * length that it says is its own. */
static bool drop_unbegun(struct deed *deed)
{
	struct recovery_case *recovery = &deed->recovery;
	bool owns = recovery->content >= 0
		&& (recovery->journal < 0
		    || (*recovery->header.name
			&& recovery->header.kind == JOURNAL_CONTENT
			&& (uint64_t)recovery->content_status.st_size
			   == recovery->header.new_size));

	deed->made = true;
	if (owns && !take_away(deed, recovery->content_name))
		return false;
	return recovery->journal < 0
		|| take_away(deed, recovery->journal_name);
}

/* One of two files is to go: first the other one has to last, its bytes, for
 * it may be a copy, and its name. */
static bool drop_second(struct deed *deed)
{
	struct recovery_case *recovery = &deed->recovery;
	bool back = recovery->found.state == RECOVERY_WAS_REPLACED
		&& deed->action == RECOVERY_UNDO;

	if (recovery->target.fd >= 0 && io_fsync(recovery->target.fd) != 0)
		return cause_system(deed, "can't sync",
				    recovery->target.name);
	if (back ? !exchange_back(deed) : !sync_folder(deed))
		return false;
	deed->made = true;
	return take_away(deed, recovery->content_name);
}

static bool carry_out(struct deed *deed)
{
	struct recovery_case *recovery = &deed->recovery;

	if (!hold(deed))
		return false;
	switch (recovery->found.state) {
	case RECOVERY_NEVER_BEGUN:
		return drop_unbegun(deed);
	case RECOVERY_WAS_REPLACED:
	case RECOVERY_NOT_REPLACED:
		return drop_second(deed);
	default:
		return recovery->journal < 0 ? drop_second(deed)
					     : write_file(deed);
	}
}

/* --- ignore --- */

enum { KEPT_MAXIMUM = 1000 };

/* NAME.kept, or with a number, that nothing has. */
static bool free_name(struct deed *deed, const char *name, char *kept)
{
	struct stat status;

	for (int i = 1; i < KEPT_MAXIMUM; i++) {
		if (i == 1)
			snprintf(kept, NAME_MAX + 1, "%.240s.kept", name);
		else
			snprintf(kept, NAME_MAX + 1, "%.240s.kept-%d", name,
				 i);
		if (save_stat_name(deed->recovery.folder, kept, &status) == 0)
			continue;
		return errno == ENOENT
			|| cause_system(deed, "can't look at", kept);
	}
	return error_set(&deed->cause, "%s has been kept too often", name);
}

static bool keep(struct deed *deed, const char *name, char *kept)
{
	int folder = deed->recovery.folder;
	struct stat status;

	*kept = '\0';
	if (save_stat_name(folder, name, &status) != 0)
		return errno == ENOENT
			|| cause_system(deed, "can't look at", name);
	if (!free_name(deed, name, kept))
		return false;
	if (rename_in(folder, name, kept) != 0)
		return cause_system(deed, "can't rename", name);
	deed->made = true;
	return sync_folder(deed);
}

/* The journal first: one without its content would only be in the way. */
static bool set_aside(struct deed *deed, char *done)
{
	struct recovery_case *recovery = &deed->recovery;
	char names[2][NAME_MAX + 1];
	char shown[PATH_MAX];

	if (!keep(deed, recovery->journal_name, names[0])
	    || !keep(deed, recovery->content_name, names[1]))
		return false;
	recovery_shown(recovery, *names[0] ? names[0] : names[1], shown);
	snprintf(done, RECOVERY_WORDS, "the file is as it was; what was left "
		 "is kept as %.300s", shown);
	return true;
}

/* --- what is asked for --- */

static bool refuse(struct deed *deed)
{
	const struct recovery *found = &deed->recovery.found;
	const char *action = recovery_action_name(deed->action);

	deed->refused = true;
	if (found->state == RECOVERY_NONE)
		return error_set(&deed->cause, "no flush was interrupted");
	if (!found->may_insist[deed->action])
		return error_set(&deed->cause, "%s", found->words);
	return error_set(&deed->cause, "%s; \"recover %s!\" writes over that",
			 found->words, action);
}

static bool may_be_done(const struct deed *deed)
{
	const struct recovery *found = &deed->recovery.found;

	return found->may[deed->action]
		|| (deed->insist && found->may_insist[deed->action]);
}

static void say_done(const struct deed *deed, char *done)
{
	bool is_new = deed->action == RECOVERY_FINISH;

	if (deed->recovery.is_spare) {
		snprintf(done, RECOVERY_WORDS, "the file is as it was; %.300s "
			 "is removed", deed->recovery.found.left);
		return;
	}
	snprintf(done, RECOVERY_WORDS, "the interrupted flush is %s: the file "
		 "is the %s one", is_new ? "finished" : "undone",
		 is_new ? "new" : "old");
}

static bool do_action(struct deed *deed, char *done)
{
	if (!may_be_done(deed))
		return refuse(deed);
	if (deed->action == RECOVERY_IGNORE)
		return set_aside(deed, done);
	if (!carry_out(deed))
		return false;
	say_done(deed, done);
	return true;
}

/* Says what is true of the file where it has not WORKED. */
static bool end(struct deed *deed, bool worked, struct error *error)
{
	const char *path = file_path(document_file(deed->document));
	const char *left = deed->recovery.found.left;
	const char *what = deed->action == RECOVERY_FINISH ? "finished"
		: deed->action == RECOVERY_UNDO ? "undone" : "ignored";

	recovery_case_end(&deed->recovery);
	if (worked)
		return true;
	if (deed->made)
		return error_set(error, "%s is %s, but %s may still be there: "
				 "%s", path, deed->recovery.is_spare
				 ? "as it was" : what, left,
				 deed->cause.message);
	if (deed->refused)
		return error_set(error, "%s: not %s: %s", path, what,
				 deed->cause.message);
	return error_set(error, "%s: not %s: %s; %s is kept", path, what,
			 deed->cause.message, left);
}

bool recovery_do(const struct document *document, enum recovery_action action,
		 bool insist, char *done, struct error *error)
{
	struct deed deed = { .document = document, .action = action,
			     .insist = insist };

	recovery_case_begin(&deed.recovery, document,
			    action != RECOVERY_IGNORE);
	return end(&deed, do_action(&deed, done), error);
}

bool recovery_clear(const struct document *document, struct error *error)
{
	struct deed deed = { .document = document,
			     .action = RECOVERY_FINISH };

	recovery_case_begin(&deed.recovery, document, true);
	if (deed.recovery.found.state == RECOVERY_NEVER_BEGUN)
		deed.action = RECOVERY_UNDO;
	return end(&deed, deed.recovery.found.clear ? carry_out(&deed)
						    : refuse(&deed), error);
}
