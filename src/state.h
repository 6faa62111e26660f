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

#endif
