/*
 * save_replace: a complete new file, synced and read back under a name of
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

enum placed {
	PLACED_NOT,
	PLACED_EXCHANGED,
	PLACED_LINKED,
	PLACED_RENAMED,		/* the other name is gone */
};

struct replace {
	struct save_target *target;
	const struct save_content *content;
	struct document *adopt;
	struct file *file;	/* the new one, for ADOPT */
	struct save_failure *failure;
	int fd;			/* the new file, -1 until it is there */
	enum placed placed;
};

static bool cause_system(struct replace *replace, const char *what)
{
	return error_set_system(&replace->failure->cause, errno, "%s", what);
}

static bool create(struct replace *replace)
{
	const struct save_target *target = replace->target;
	const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	/* A new file's mode is up to the folder and the umask; the content of
	 * an old one is nobody's business until it has its owner. */
	mode_t mode = target->exists ? 0600 : 0666;

	do
		replace->fd = io.openat(target->folder, target->fresh, flags,
					mode);
	while (save_again(replace->fd));
	return replace->fd >= 0
		|| error_set_system(&replace->failure->cause, errno,
				    "can't create %s beside it",
				    target->fresh);
}

static bool fill(struct replace *replace)
{
	struct error *cause = &replace->failure->cause;
	const struct save_target *target = replace->target;

	if (!save_content_write(replace->content, replace->fd, cause))
		return false;
	if (target->exists
	    && !save_attributes_copy(target->fd, &target->status, replace->fd,
				     &replace->failure->refused, cause))
		return false;
	if (io_fsync(replace->fd) != 0)
		return cause_system(replace, "can't sync");
	return save_content_verify(replace->content, replace->fd, cause);
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
		&& status->st_mtim.tv_sec == known->st_mtim.tv_sec
		&& status->st_mtim.tv_nsec == known->st_mtim.tv_nsec;
}

static bool is_expected(const struct save_target *target, const char *name)
{
	struct stat status;
	int result;

	do
		result = io.fstatat(target->folder, name, &status,
				    AT_SYMLINK_NOFOLLOW);
	while (save_again(result));
	return result == 0 && expected(target, &status);
}

/* The last look before the step. */
static bool check(struct replace *replace)
{
	struct save_target *target = replace->target;
	struct error *cause = &replace->failure->cause;

	if (replace->adopt) {
		if (!save_same_file(replace->adopt, cause))
			return false;
		replace->file = file_open_at(target->folder, target->fresh,
					     target->path, cause);
		if (!replace->file)
			return false;
	}
	return !target->exists || is_expected(target, target->name)
		|| error_set(cause, "it has changed on disk meanwhile");
}

/* --- the step --- */

static bool rename_over(struct replace *replace)
{
	const struct save_target *target = replace->target;
	int result;

	do
		result = io.renameat(target->folder, target->fresh,
				     target->folder, target->name);
	while (save_again(result));
	if (result != 0)
		return cause_system(replace, "can't take its place");
	replace->placed = PLACED_RENAMED;
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

static bool place_exchanged(struct replace *replace)
{
	const struct save_target *target = replace->target;

	if (exchange(target) != 0) {
		if (errno == ENOSYS || errno == EINVAL)
			return rename_over(replace);
		if (errno == EBUSY) {
			replace->failure->refused = true;
			return error_set(&replace->failure->cause,
					 "something is mounted on it; "
					 "\"write FILE\" makes a copy");
		}
		return cause_system(replace, "can't take its place");
	}
	replace->placed = PLACED_EXCHANGED;
	return is_expected(target, target->fresh)
		|| error_set(&replace->failure->cause,
			     "it has changed on disk meanwhile");
}

static bool no_links(int number)
{
	return number == EPERM || number == EOPNOTSUPP || number == ENOSYS
		|| number == EMLINK;
}

static bool place_linked(struct replace *replace)
{
	const struct save_target *target = replace->target;
	struct stat status;
	int result;

	do
		result = io.linkat(target->folder, target->fresh,
				   target->folder, target->name, 0);
	while (save_again(result));
	if (result == 0) {
		replace->placed = PLACED_LINKED;
		return true;
	}
	if (!no_links(errno))
		return cause_system(replace, "can't take its place");
	do
		result = io.fstatat(target->folder, target->name, &status,
				    AT_SYMLINK_NOFOLLOW);
	while (save_again(result));
	if (result != 0 && errno == ENOENT)
		return rename_over(replace);
	errno = result == 0 ? EEXIST : errno;
	return cause_system(replace, "can't take its place");
}

static bool place(struct replace *replace)
{
	struct error *cause = &replace->failure->cause;
	struct file *file = replace->file;

	if (!(replace->target->exists ? place_exchanged(replace)
				      : place_linked(replace)))
		return false;
	if (io_fsync(replace->target->folder) != 0)
		return cause_system(replace, "can't sync its folder");
	if (!file)
		return true;
	replace->file = NULL;
	return file_accept(file, cause)
		? document_replaced(replace->adopt, file, cause)
		: (file_close(file), false);
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

/* Takes the step back; false where nobody can say what is there after a
 * power cut. */
static bool withdraw(struct replace *replace)
{
	const struct save_target *target = replace->target;
	bool back;

	switch (replace->placed) {
	case PLACED_NOT:
		return true;
	case PLACED_EXCHANGED:
		back = exchange(target) == 0;
		break;
	case PLACED_LINKED:
		back = unlink_name(target, target->name);
		break;
	default:
		return false;
	}
	return back && io_fsync(target->folder) == 0;
}

static void fail(struct replace *replace)
{
	struct save_target *target = replace->target;
	struct save_failure *failure = replace->failure;
	struct stat now;
	bool remains = replace->fd >= 0 && replace->placed != PLACED_RENAMED;

	if (!withdraw(replace)) {
		failure->aftermath = SAVE_UNCERTAIN;
	} else {
		if (remains)
			remains = !unlink_name(target, target->fresh);
		/* Our names have come and gone; that is not a change. */
		if (replace->adopt && replace->placed == PLACED_EXCHANGED
		    && io.fstat(target->fd, &now) == 0
		    && expected(target, &now))
			file_accept(document_file(replace->adopt), NULL);
	}
	if (remains)
		save_target_name(target, target->fresh, failure->left);
}

static void clean_up(struct replace *replace, char *left)
{
	struct save_target *target = replace->target;

	if (replace->placed == PLACED_RENAMED)
		return;
	if (!unlink_name(target, target->fresh)
	    || io_fsync(target->folder) != 0)
		save_target_name(target, target->fresh, left);
	/* One link fewer is a change, but ours. */
	if (replace->adopt)
		file_accept(document_file(replace->adopt), NULL);
}

bool save_replace(struct save_target *target,
		  const struct save_content *content, struct document *adopt,
		  struct save_failure *failure, char *left)
{
	struct replace replace = {
		.target = target,
		.content = content,
		.adopt = adopt,
		.failure = failure,
		.fd = -1,
	};
	bool done = create(&replace) && fill(&replace) && check(&replace)
		&& place(&replace);

	if (done)
		clean_up(&replace, left);
	else
		fail(&replace);
	file_close(replace.file);
	if (replace.fd >= 0)
		io_close(replace.fd);
	return done;
}
