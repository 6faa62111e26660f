/*
 * save_outlook: what can be said of writing a file when it is opened, before
 * work has gone into it.
 */
#include <fcntl.h>
#include <unistd.h>

#include "io.h"
#include "save_internal.h"

static bool folder_is_closed(const struct save_target *target)
{
	return io.faccessat(target->folder, ".", W_OK | X_OK, AT_EACCESS) != 0;
}

static bool is_full(const struct save_target *target)
{
	struct statvfs system;

	return io.fstatvfs(target->folder, &system) == 0
		&& system.f_blocks > 0 && system.f_bavail == 0;
}

static bool look(const struct save_target *target, const char *read_only,
		 struct error *why)
{
	bool device = S_ISBLK(target->status.st_mode);
	bool closed = !device && folder_is_closed(target);
	struct error cause;

	if (!read_only && !save_target_free(target, &cause))
		read_only = cause.message;
	if (read_only)
		return error_set(why, "%s: it can't be written (%s), \"write "
				 "FILE\" makes a copy%s", target->path,
				 read_only, closed ? " elsewhere" : "");
	if (device)
		return true;
	if (is_full(target))
		return error_set(why, "%s: its file system is full, \"write "
				 "FILE\" makes a copy elsewhere",
				 target->path);
	if (closed)
		return error_set(why, "%s: its folder can't be written, it is "
				 "only written in place", target->path);
	return true;
}

bool save_outlook(const struct document *document, struct error *why)
{
	const struct file *file = document_file(document);
	enum file_kind kind = file_kind(file);
	struct save_target target;

	if (file_by_blocks(file))
		return !file_read_only(file)
			|| error_set(why, "%s: it can't be written (%s)",
				     file_path(file), file_read_only(file));
	if (kind != FILE_REGULAR && kind != FILE_NEW && kind != FILE_DEVICE)
		return true;
	bool fine = !save_target_find(&target, file_path(file), NULL)
		|| look(&target, file_read_only(file), why);
	save_target_close(&target);
	return fine;
}
