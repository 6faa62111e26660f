/*
 * watch: is it time to look at a file again, because something may have
 * happened to it?
 *
 * The system is asked to tell (inotify) of the file and of the folder that its
 * path lies in: there it appears again after it was renamed or removed.  What
 * has happened it is not asked: who looks at the file knows that better, and
 * what is told may be incomplete.  Where nobody tells, or not of all, as on
 * network file systems, looking is due every WATCH_POLL milliseconds.
 *
 * However much happens, it is due no more often than every WATCH_PAUSE
 * milliseconds.  Times are milliseconds of a clock that the caller has.
 */
#ifndef OCTAVO_WATCH_H
#define OCTAVO_WATCH_H

#include <stddef.h>

#include "octavo/file.h"

enum { WATCH_PAUSE = 30, WATCH_POLL = 100 };

struct watch;

/* Of FILE, which may be one that does not exist, and what comes in its place.
 * It need not live longer.  NULL: no memory. */
struct watch *watch_new(const struct file *file, struct error *error);
void watch_free(struct watch *watch);

/* Is it time?  If so that counts as a look, which must follow. */
bool watch_is_due(struct watch *watch, int64_t now);
/* A look is due after the next pause whatever happens. */
void watch_again(struct watch *watch);

/* What to wait for before asking again: a descriptor, or -1; and a time, or
 * -1. */
int watch_descriptor(const struct watch *watch, int64_t now);
int64_t watch_time(const struct watch *watch, int64_t now);

#endif
