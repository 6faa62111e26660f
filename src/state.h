/*
 * state: the user's folder for what outlives a session, which is nobody
 * else's business: $XDG_STATE_HOME/octavo, else ~/.local/state/octavo.
 */
#ifndef OCTAVO_STATE_H
#define OCTAVO_STATE_H

#include <stdbool.h>

#include "octavo/error.h"

/*
 * Opens its folder NAME, making what is missing of it if CREATE.  Refused is
 * one that is a symbolic link, not ours, or open to others.  PATH gets
 * PATH_MAX bytes, and where it is.  -1 with the reason in ERROR, and in errno
 * ENOENT where it is only not there.
 */
int state_open_folder(const char *name, bool create, char *path,
		      struct error *error);

/*
 * Is its folder NAME not there, or is there nothing in it?  The answer is kept
 * for as long as the folder's time says that nobody has changed it, so that it
 * may be asked for each of many files.  False where that cannot be found out.
 */
bool state_folder_is_empty(const char *name);

#endif
