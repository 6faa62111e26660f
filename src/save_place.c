/*
 * save_place: journal and new content lie beside the file, where everybody who
 * opens it finds them; and in the user's state where that can't be, or where it
 * would not last: beside a device is memory.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io.h"
#include "save_internal.h"
#include "state.h"

bool save_place_in_state(const struct save_target *target)
{
	if (S_ISBLK(target->status.st_mode))
		return true;
	return io.faccessat(target->folder, ".", W_OK | X_OK, AT_EACCESS) != 0
		&& (errno == EACCES || errno == EPERM || errno == EROFS);
}

static bool open_in_state(struct save_place *place,
			  const struct save_target *target, bool create,
			  struct error *cause)
{
	struct error why;

	*place = (struct save_place){ .in_state = true };
	place->folder = state_open_folder("journals", create, place->path,
					  &why);
	if (place->folder < 0)
		return error_set(cause, "no folder for its journal: %s",
				 why.message);
	save_state_name(target, place->journal);
	strcpy(place->content, place->journal);
	place->content[strlen(place->content) - 1] = 'n';
	return true;
}

bool save_place_look(struct save_place *place,
		     const struct save_target *target)
{
	return open_in_state(place, target, false, NULL);
}

bool save_place_open(struct save_place *place,
		     const struct save_target *target, bool in_state,
		     struct error *cause)
{
	if (in_state)
		return open_in_state(place, target, true, cause);
	*place = (struct save_place){ .folder = -1 };
	place->folder = target->folder;
	strcpy(place->path, target->folder_path);
	strcpy(place->journal, target->journal);
	strcpy(place->content, target->fresh);
	return true;
}

void save_place_close(struct save_place *place)
{
	if (place->in_state && place->folder >= 0)
		io_close(place->folder);
	place->folder = -1;
}

int save_place_create(const struct save_place *place, const char *name,
		      struct error *cause)
{
	const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	char shown[PATH_MAX];
	int fd;

	do
		fd = io.openat(place->folder, name, flags, 0600);
	while (save_again(fd));
	if (fd < 0) {
		int number = errno;

		save_place_name(place, name, shown);
		error_set_system(cause, number, "can't create %s", shown);
	}
	return fd;
}

int save_place_read(const struct save_place *place, const char *name,
		    struct error *cause)
{
	int fd = io_open(place->folder, name,
			 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		error_set_system(cause, errno, "can't read %s", name);
	return fd;
}

bool save_place_drop(const struct save_place *place, const char *name)
{
	int result;

	do
		result = io.unlinkat(place->folder, name, 0);
	while (save_again(result));
	return (result == 0 || errno == ENOENT)
		&& io_fsync(place->folder) == 0;
}

void save_place_name(const struct save_place *place, const char *name,
		     char *shown)
{
	const char *slash = *place->path && strcmp(place->path, "/") != 0
		? "/" : "";
	size_t length = strlen(place->path);

	/* Cut rather than refused: it is for a message. */
	if (length + strlen(name) + 2 > PATH_MAX) {
		length = 0;
		slash = "";
	}
	snprintf(shown, PATH_MAX, "%.*s%s%s", (int)length, place->path, slash,
		 name);
}
