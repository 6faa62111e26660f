/*
 * state: where the folder is, and that it may be trusted.
 */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io.h"

static bool state_path(const char *name, char *path)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	int length = -1;

	if (state && state[0] == '/')
		length = snprintf(path, PATH_MAX, "%s/octavo/%s", state, name);
	else if (home && home[0] == '/')
		length = snprintf(path, PATH_MAX, "%s/.local/state/octavo/%s",
				  home, name);
	return length > 0 && length < PATH_MAX;
}

static int open_folder(const char *path, int flags)
{
	return io_open(AT_FDCWD, path,
		       flags | O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Makes the folder PATH, whose parent is there, and makes it last. */
static bool make_folder(const char *path, size_t parent_length)
{
	char parent[PATH_MAX];
	int result;

	do
		result = io.mkdirat(AT_FDCWD, path, 0700);
	while (result < 0 && errno == EINTR);
	if (result != 0)
		return false;
	snprintf(parent, sizeof parent, "%.*s",
		 parent_length ? (int)parent_length : 1, path);
	int folder = open_folder(parent, 0);
	if (folder < 0)
		return false;
	bool synced = io_fsync(folder) == 0;
	io_close(folder);
	return synced;
}

static void make_folders(char *path)
{
	size_t parent = 0;

	/* What fails here shows when the last of them is opened. */
	for (size_t i = 1; ; i++) {
		char end = path[i];

		if (end != '/' && end)
			continue;
		path[i] = '\0';
		make_folder(path, parent);
		path[i] = end;
		parent = i;
		if (!end)
			return;
	}
}

int state_open_folder(const char *name, bool create, char *path,
		      struct error *error)
{
	struct stat status;

	if (!state_path(name, path)) {
		error_set(error, "HOME is not set");
		errno = ENOENT;
		return -1;
	}
	int folder = open_folder(path, O_NOFOLLOW);
	if (folder < 0 && errno == ENOENT && create) {
		make_folders(path);
		folder = open_folder(path, O_NOFOLLOW);
	}
	if (folder < 0) {
		error_set_system(error, errno, "can't open %s", path);
		return -1;
	}
	if (io.fstat(folder, &status) == 0 && status.st_uid == geteuid()
	    && (status.st_mode & 077) == 0)
		return folder;
	error_set(error, "%s is not private to you", path);
	io_close(folder);
	errno = EPERM;
	return -1;
}
