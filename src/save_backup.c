/*
 * save_backup: the old content stays, as FILE~.
 *
 * A copy is complete and synced under a name of its own, and gets its name,
 * from which an older backup goes, right before the flush is committed.  What
 * has that name of its own is a copy that was not finished, and not needed:
 * the next backup removes it, or recovery when the file is opened.
 */
#include <fcntl.h>
#include <string.h>

#include "io.h"
#include "save_internal.h"

bool save_backup_allowed(const struct save_flush *flush, struct error *cause)
{
	const struct save_target *target = &flush->target;
	struct stat status;

	if (!flush->plan.backup)
		return true;
	if (!S_ISREG(target->status.st_mode))
		return error_set(cause, "no backup: not a regular file");
	if (!*target->backup)
		return error_set(cause, "no backup: its name would be too "
				 "long");
	if (io.faccessat(target->folder, ".", W_OK | X_OK, AT_EACCESS) != 0)
		return error_set(cause, "no backup: its folder can't be "
				 "written (%s)", strerror(errno));
	if (save_stat_name(target->folder, target->backup, &status) == 0)
		return S_ISREG(status.st_mode)
			|| error_set(cause, "no backup: %s is not a regular "
				     "file", target->backup);
	return errno == ENOENT
		|| error_set_system(cause, errno, "can't look at %s",
				    target->backup);
}

bool save_backup_copies(const struct save_flush *flush)
{
	return flush->plan.backup
		&& flush->options.backup == SAVE_BACKUP_COPY;
}

static int unlink_spare(const struct save_target *target)
{
	int result;

	do
		result = io.unlinkat(target->folder, target->spare, 0);
	while (save_again(result));
	return result;
}

static bool fill(struct save_flush *flush, int fd)
{
	const struct save_target *target = &flush->target;
	struct error *cause = save_cause(flush);
	struct range all = { 0, flush->old_size };

	if (!save_set_size(fd, flush->old_size, cause)
	    || !save_transfer(target->fd, fd, all, flush, cause))
		return false;
	if (!save_mode_copy(&target->status, fd) || io_fsync(fd) != 0)
		return error_set_system(cause, errno, "can't make the backup");
	return save_transferred(target->fd, fd, all, flush, cause);
}

bool save_backup_prepare(struct save_flush *flush)
{
	const struct save_target *target = &flush->target;
	struct save_place beside;

	if (!save_backup_copies(flush))
		return true;
	save_place_open(&beside, target, false, NULL);
	if (unlink_spare(target) != 0 && errno != ENOENT)
		return error_set_system(save_cause(flush), errno,
					"can't remove %s", target->spare);
	flush->report->backup = true;
	int fd = save_place_create(&beside, target->spare, save_cause(flush));
	flush->report->backup = fd >= 0;
	if (fd < 0)
		return false;
	bool filled = fill(flush, fd);
	io_close(fd);
	return filled;
}

bool save_backup_keep(const struct save_flush *flush, const char *name)
{
	const struct save_target *target = &flush->target;
	int result;

	do
		result = io.renameat(target->folder, name, target->folder,
				     target->backup);
	while (save_again(result));
	return result == 0;
}

bool save_backup_commit(struct save_flush *flush)
{
	struct error *cause = save_cause(flush);

	if (!save_backup_copies(flush))
		return true;
	if (!save_backup_keep(flush, flush->target.spare))
		return error_set_system(cause, errno, "can't make %s",
					flush->target.backup);
	flush->report->backup = false;
	return io_fsync(flush->target.folder) == 0
		|| error_set_system(cause, errno, "can't sync its folder");
}

void save_backup_undo(struct save_flush *flush)
{
	struct save_place beside;

	if (!flush->report->backup)
		return;
	save_place_open(&beside, &flush->target, false, NULL);
	if (unlink_spare(&flush->target) != 0 && errno != ENOENT)
		save_add_left(flush->report->failure.left, &beside,
			      flush->target.spare);
	flush->report->backup = false;
}
