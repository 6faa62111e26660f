/*
 * state: where the folder is, and that it may be trusted.
 */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "io.h"

enum {
	STATE_FOLDERS = 4,
	/* Seconds that a folder's time must be past before it says that there
	 * was no change since: it may be as coarse as that. */
	STATE_SETTLED = 3,
};

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

/* --- what is not there --- */

/* Folders in which there was nothing. */
static struct stat empty_folders[STATE_FOLDERS];
static unsigned empty_next;

static bool is_same_time(struct timespec one, struct timespec other)
{
	return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

static bool was_empty(const struct stat *status)
{
	for (unsigned i = 0; i < STATE_FOLDERS; i++) {
		const struct stat *known = &empty_folders[i];

		if (known->st_ino == status->st_ino &&
		    known->st_dev == status->st_dev &&
		    is_same_time(known->st_mtim, status->st_mtim) &&
		    is_same_time(known->st_ctim, status->st_ctim))
			return true;
	}
	return false;
}

/* STATUS was taken before it was read. */
static void remember_empty(const struct stat *status)
{
	time_t settled = time(NULL) - STATE_SETTLED;

	if (status->st_mtim.tv_sec < settled &&
	    status->st_ctim.tv_sec < settled)
		empty_folders[empty_next++ % STATE_FOLDERS] = *status;
}

/* Takes FOLDER. */
static bool has_nothing(int folder)
{
	DIR *entries = io.fdopendir(folder);
	const struct dirent *entry;
	bool nothing;

	if (!entries) {
		io_close(folder);
		return false;
	}
	do {
		errno = 0;
		entry = io.readdir(entries);
	} while (entry && (strcmp(entry->d_name, ".") == 0 ||
			   strcmp(entry->d_name, "..") == 0));
	nothing = !entry && errno == 0;
	closedir(entries);
	return nothing;
}

bool state_folder_is_empty(const char *name)
{
	char path[PATH_MAX];
	struct stat status;
	int folder;

	if (!state_path(name, path))
		return true;
	if (io.fstatat(AT_FDCWD, path, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT;
	if (was_empty(&status))
		return true;
	folder = open_folder(path, O_NOFOLLOW);
	if (folder < 0 || !has_nothing(folder))
		return false;
	remember_empty(&status);
	return true;
}
