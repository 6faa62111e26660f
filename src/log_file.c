/*
 * log_file: files in a folder of the user's state, opened relative to it and
 * never through a link.
 *
 * What stands there under a log's name is believed to be one only if it is a
 * regular file, ours, closed to others and known by no other name.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log_internal.h"
#include "state.h"

bool log_folder_open(struct log_file *file, bool saved, bool create,
		     struct error *error)
{
	*file = (struct log_file)LOG_FILE_NONE;
	file->folder = state_open_folder(saved ? "saved" : "sessions", create,
					 file->shown, error);
	return file->folder >= 0;
}

void log_file_name(struct log_file *file, const char *name)
{
	size_t old = strlen(file->name);
	size_t length = strlen(file->shown) - (old ? old + 1 : 0);

	snprintf(file->name, sizeof file->name, "%s", name);
	snprintf(file->shown + length, sizeof file->shown - length, "/%s",
		 file->name);
}

static int open_at(const struct log_file *file, int flags)
{
	int fd;

	do
		fd = io.openat(file->folder, file->name, flags | O_RDWR
			       | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
			       | O_CLOEXEC, 0600);
	while (fd < 0 && errno == EINTR);
	return fd;
}

static bool is_ours(const struct log_file *file, struct error *error)
{
	struct stat status;

	if (io.fstat(file->fd, &status) != 0)
		return error_set_system(error, errno, "can't look at %s",
					file->shown);
	return (S_ISREG(status.st_mode) && status.st_nlink == 1
		&& status.st_uid == geteuid() && (status.st_mode & 077) == 0)
	       || error_set(error, "%s is not a file of yours alone",
			    file->shown);
}

bool log_file_open(struct log_file *file, struct error *error)
{
	file->fd = open_at(file, 0);
	if (file->fd < 0)
		return error_set_system(error, errno, "can't open %s",
					file->shown);
	if (is_ours(file, error))
		return true;
	io_close(file->fd);
	file->fd = -1;
	errno = EPERM;
	return false;
}

bool log_file_create(struct log_file *file, struct error *error)
{
	file->fd = open_at(file, O_CREAT | O_EXCL);
	return file->fd >= 0
	       || error_set_system(error, errno, "can't create %s",
				   file->shown);
}

bool log_file_live(const struct log_file *file)
{
	int result;

	do
		result = io.lock_probe(file->fd);
	while (result < 0 && errno == EINTR);
	return result < 0 && (errno == EAGAIN || errno == EACCES);
}

bool log_file_lock(const struct log_file *file, struct error *error)
{
	struct stat status;
	int result;

	do
		result = io.lock(file->fd);
	while (result < 0 && errno == EINTR);
	if (result < 0 && errno != ENOSYS && errno != EINVAL)
		return error_set_system(error, errno, "can't lock %s",
					file->shown);
	/* Who held it before may have removed it. */
	if (io.fstat(file->fd, &status) != 0)
		return error_set_system(error, errno, "can't look at %s",
					file->shown);
	return status.st_nlink > 0
	       || error_set(error, "%s has gone", file->shown);
}

bool log_file_remove(const struct log_file *file, struct error *error)
{
	int result;

	do
		result = io.unlinkat(file->folder, file->name, 0);
	while (result < 0 && errno == EINTR);
	return result == 0
	       || error_set_system(error, errno, "can't remove %s",
				   file->shown);
}

void log_file_close(struct log_file *file)
{
	if (file->fd >= 0)
		io_close(file->fd);
	if (file->folder >= 0)
		io_close(file->folder);
	*file = (struct log_file)LOG_FILE_NONE;
}

/* --- names --- */

static bool resolve(const char *path, char *resolved, const char *shown,
		    struct error *error)
{
	return io.realpath(path, resolved)
	       || error_set_system(error, errno, "can't follow %s", shown);
}

/* Of a file that does not exist yet, the folder does. */
static bool resolve_new(const char *path, char *resolved, struct error *error)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t length = slash ? (size_t)(slash + 1 - path) : 0;
	char folder[PATH_MAX] = ".";

	if (length > 0)
		snprintf(folder, sizeof folder, "%.*s", (int)length, path);
	if (!resolve(folder, resolved, path, error))
		return false;
	length = strlen(resolved);
	if (length + 1 + strlen(name) >= PATH_MAX)
		return error_set_system(error, ENAMETOOLONG, "%s", path);
	sprintf(resolved + length, "%s%s", resolved[1] ? "/" : "", name);
	return true;
}

bool log_document_path(const struct document *document, char *path,
		       struct error *error)
{
	const struct file *file = document_file(document);

	switch (file_kind(file)) {
	case FILE_SPOOLED:
		return error_set(error, "it came through a pipe");
	case FILE_GENERATED:
		return error_set(error, "its content is made by the system");
	case FILE_PROCESS:
	case FILE_CHARACTER:
		return error_set(error, "its content does not last");
	case FILE_NEW:
		return resolve_new(file_path(file), path, error);
	default:
		return resolve(file_path(file), path, file_path(file), error);
	}
}

void log_slot_name(const char *path, unsigned slot, char *name)
{
	/* FNV-1a. */
	uint64_t hash = 0xcbf29ce484222325;

	for (const char *at = path; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 0x100000001b3;
	snprintf(name, LOG_NAME_SIZE, "%016llx.%u", (unsigned long long)hash,
		 slot);
}
