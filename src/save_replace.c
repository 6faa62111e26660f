/*
 * save_replace: a complete new file, read back and synced under a name of
 * its own, takes a place in one step.
 *
 * Where a file is in that place the two exchange their names, so that the
 * step can be taken back, and so that what came back under the other name
 * shows whether it is the file that was meant.  Where none is, a second name
 * is linked, which fails if one has appeared.  File systems that can do
 * neither get a plain rename.
 */
#include <fcntl.h>
#include <string.h>

#include "io.h"
#include "save_internal.h"

static bool cause_system(struct save_flush *flush, const char *what)
{
	return error_set_system(save_cause(flush), errno, "%s", what);
}

/* --- the new file --- */

static bool create(struct save_flush *flush)
{
	const struct save_target *target = &flush->target;
	const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	/* A new file's mode is up to the folder and the umask; the content of
	 * an old one is nobody's business until it has its owner. */
	mode_t mode = target->exists ? 0600 : 0666;

	flush->report->content = true;
	do
		flush->fresh = io.openat(target->folder, target->fresh, flags,
					 mode);
	while (save_again(flush->fresh));
	flush->report->content = flush->fresh >= 0;
	/* That is what a name is that the file system does not take. */
	if (flush->fresh < 0 && errno == EINVAL)
		return error_set(save_cause(flush),
				 "its file system takes no such name");
	return flush->fresh >= 0
		|| error_set_system(save_cause(flush), errno,
				    "can't create %s beside it",
				    target->fresh);
}

static bool copy_attributes(struct save_flush *flush)
{
	const struct save_target *target = &flush->target;

	return !target->exists
		|| save_attributes_copy(target->fd, &target->status,
					flush->fresh, save_cause(flush));
}

static bool prepare(struct save_flush *flush)
{
	struct error *cause = save_cause(flush);

	/* First to see that it can be done, before much is written, and then
	 * because writing takes some of them away. */
	if (!create(flush) || !copy_attributes(flush)
	    || !save_content_write(&flush->content, flush->fresh, cause)
	    || !copy_attributes(flush)
	    /* While the system writes it out. */
	    || !save_content_verify(&flush->content, flush->fresh,
				    &flush->report->crc, cause))
		return false;
	if (io_fsync(flush->fresh) != 0)
		return cause_system(flush, "can't sync");
	return save_backup_prepare(flush);
}

/* Is STATUS the file that is to be replaced, as it was?  Its time of change
 * is not asked: a new name changes it. */
static bool expected(const struct save_target *target,
		     const struct stat *status)
{
	const struct stat *known = &target->status;

	return status->st_dev == known->st_dev
		&& status->st_ino == known->st_ino
		&& status->st_size == known->st_size
		&& file_time_equal(status->st_mtim, known->st_mtim);
}

static bool is_expected(const struct save_target *target, const char *name)
{
	struct stat status;

	return save_stat_name(target->folder, name, &status) == 0
		&& expected(target, &status);
}

/* The document's move over the new file, before the last look. */
static bool make_ready(struct save_flush *flush)
{
	struct save_target *target = &flush->target;
	struct error *cause = save_cause(flush);

	if (flush->document) {
		struct file *file = file_open_at(target->folder, target->fresh,
						 target->path, cause);

		if (!file)
			return false;
		flush->move = document_move_begin(flush->document, file,
						  cause);
		if (!flush->move || !save_same_file(flush->document, cause))
			return false;
		flush->file = file;
	}
	return !target->exists || is_expected(target, target->name)
		|| error_set(cause, "it has changed on disk meanwhile");
}

/* --- the step --- */

static bool rename_over(struct save_flush *flush)
{
	const struct save_target *target = &flush->target;
	int result;

	do
		result = io.renameat(target->folder, target->fresh,
				     target->folder, target->name);
	while (save_again(result));
	if (result != 0)
		return cause_system(flush, "can't take its place");
	flush->placed = SAVE_PLACED_RENAMED;
	return true;
}

static int exchange(const struct save_target *target)
{
	int result;

	do
		result = io.exchange(target->folder, target->name,
				     target->fresh);
	while (save_again(result));
	return result;
}

static bool place_exchanged(struct save_flush *flush)
{
	const struct save_target *target = &flush->target;

	if (exchange(target) != 0) {
		bool missing = errno == ENOSYS || errno == EINVAL;

		if (missing && flush->options.backup == SAVE_BACKUP_SIMPLE)
			return error_set(save_cause(flush), "the old file "
					 "can't be kept here; \"set "
					 "backup=copy\" makes a copy of it");
		if (missing)
			return rename_over(flush);
		if (errno == EBUSY)
			return error_set(save_cause(flush),
					 "something is mounted on it; \"set "
					 "write-method=in-place\" rewrites it");
		return cause_system(flush, "can't take its place");
	}
	flush->placed = SAVE_PLACED_EXCHANGED;
	return is_expected(target, target->fresh)
		|| error_set(save_cause(flush),
			     "it has changed on disk meanwhile");
}

static bool no_links(int number)
{
	return number == EPERM || number == EOPNOTSUPP || number == ENOSYS
		|| number == EMLINK;
}

static bool place_linked(struct save_flush *flush)
{
	const struct save_target *target = &flush->target;
	struct stat status;
	int result;

	do
		result = io.linkat(target->folder, target->fresh,
				   target->folder, target->name, 0);
	while (save_again(result));
	if (result == 0) {
		flush->placed = SAVE_PLACED_LINKED;
		return true;
	}
	if (!no_links(errno))
		return cause_system(flush, "can't take its place");
	result = save_stat_name(target->folder, target->name, &status);
	if (result != 0 && errno == ENOENT)
		return rename_over(flush);
	errno = result == 0 ? EEXIST : errno;
	return cause_system(flush, "can't take its place");
}

static bool commit(struct save_flush *flush)
{
	if (!make_ready(flush) || !save_backup_commit(flush))
		return false;
	if (!(flush->target.exists ? place_exchanged(flush)
				   : place_linked(flush)))
		return false;
	if (io_fsync(flush->target.folder) != 0)
		return cause_system(flush, "can't sync its folder");
	if (!flush->document)
		return true;
	/* From here on nothing can fail. */
	if (!file_accept(flush->file, save_cause(flush)))
		return false;
	document_move(flush->move);
	flush->move = NULL;
	return true;
}

/* The file has its place already. */
static bool apply(struct save_flush *flush)
{
	(void)flush;
	return true;
}

/* --- the end --- */

static bool unlink_name(const struct save_target *target, const char *name)
{
	int result;

	do
		result = io.unlinkat(target->folder, name, 0);
	while (save_again(result));
	return result == 0;
}

/* The other name, of the old file or a second one of the new, goes; or it
 * becomes the backup's. */
static bool drop_name(struct save_flush *flush)
{
	const struct save_target *target = &flush->target;
	bool keep = flush->options.backup == SAVE_BACKUP_SIMPLE
		&& flush->placed == SAVE_PLACED_EXCHANGED;

	return (keep ? save_backup_keep(flush, target->fresh)
		     : unlink_name(target, target->fresh))
		&& io_fsync(target->folder) == 0;
}

static bool finish(struct save_flush *flush)
{
	struct save_target *target = &flush->target;

	if (flush->placed != SAVE_PLACED_RENAMED && !drop_name(flush))
		save_add_left(flush->left, &flush->place, target->fresh);
	if (!flush->document)
		return true;
	/* One link fewer is a change, but ours. */
	if (flush->placed != SAVE_PLACED_RENAMED)
		file_accept(document_file(flush->document), NULL);
	document_tell_written(flush->document);
	return true;
}

/* Takes the step back; false where nobody can say what is there after a
 * power cut. */
static bool withdraw(struct save_flush *flush)
{
	const struct save_target *target = &flush->target;
	bool back;

	switch (flush->placed) {
	case SAVE_PLACED_NOT:
		return true;
	case SAVE_PLACED_EXCHANGED:
		back = exchange(target) == 0;
		break;
	case SAVE_PLACED_LINKED:
		back = unlink_name(target, target->name);
		break;
	default:
		return false;
	}
	return back && io_fsync(target->folder) == 0;
}

static void undo(struct save_flush *flush)
{
	struct save_target *target = &flush->target;
	struct save_failure *failure = &flush->report->failure;
	struct stat now;
	bool remains = flush->report->content
		&& flush->placed != SAVE_PLACED_RENAMED;

	document_move_cancel(flush->move);
	flush->move = NULL;
	save_backup_undo(flush);
	if (!withdraw(flush)) {
		failure->aftermath = SAVE_UNCERTAIN;
	} else {
		if (remains)
			remains = !unlink_name(target, target->fresh)
				&& errno != ENOENT;
		/* Our names have come and gone; that is not a change. */
		if (flush->document && flush->placed == SAVE_PLACED_EXCHANGED
		    && io.fstat(target->fd, &now) == 0
		    && expected(target, &now))
			file_accept(document_file(flush->document), NULL);
	}
	if (remains)
		save_add_left(failure->left, &flush->place, target->fresh);
}

const struct save_steps save_steps_replace = {
	prepare, commit, apply, finish, undo,
};
