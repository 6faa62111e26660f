/*
 * watch: one descriptor for a file and its folder, and the clock.
 *
 * While the pause lasts the descriptor is not waited for, so whoever appends
 * without end costs one wake-up for each look.  Events of the same kind that
 * nobody has read are one to the system, and a queue that is full says so by
 * another event; so neither needs any care here.
 *
 * Invariants
 *  1. fd is -1 where the system does not tell; then, and where it does not
 *     tell of all, `polls` is set.
 */
#include "watch.h"

#include <stdlib.h>

#include "io.h"

enum { WATCH_EVENTS = 4096 };

struct watch {
	int fd;
	bool polls;
	bool again;
	int64_t looked;		/* when it was due last */
};

/* The descriptor's file and its folder, all of it; else false. */
static bool add_all(struct watch *watch, const struct file *file,
		    const char *folder)
{
	bool shares, local;
	int fd = file_descriptor(file);
	bool added = io.watch_add(watch->fd, folder, true) >= 0;

	if (fd < 0)
		return added;
	added &= io.watch_add(watch->fd, file_path(file), false) >= 0;
	return added && io.file_system(fd, &shares, &local) == 0 && local;
}

struct watch *watch_new(const struct file *file, struct error *error)
{
	struct watch *watch = calloc(1, sizeof *watch);
	char *folder = file_folder(file);

	if (!watch || !folder) {
		free(watch);
		free(folder);
		error_set_memory(error);
		return NULL;
	}
	watch->fd = io.watch();
	watch->polls = watch->fd < 0 || !add_all(watch, file, folder);
	/* What happened before is seen by the first look. */
	watch->again = true;
	free(folder);
	return watch;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	if (watch->fd >= 0)
		io_close(watch->fd);
	free(watch);
}

/* Takes what was told; was there anything? */
static bool take_events(struct watch *watch)
{
	_Alignas(8) char events[WATCH_EVENTS];

	/* What is left makes it due again. */
	return watch->fd >= 0
	       && io.read(watch->fd, events, sizeof events) > 0;
}

bool watch_is_due(struct watch *watch, int64_t now)
{
	if (now - watch->looked < WATCH_PAUSE)
		return false;

	bool told = take_events(watch);

	if (!told && !watch->again
	    && !(watch->polls && now - watch->looked >= WATCH_POLL))
		return false;
	watch->again = false;
	watch->looked = now;
	return true;
}

void watch_again(struct watch *watch)
{
	watch->again = true;
}

int watch_descriptor(const struct watch *watch, int64_t now)
{
	return now - watch->looked < WATCH_PAUSE ? -1 : watch->fd;
}

int64_t watch_time(const struct watch *watch, int64_t now)
{
	int64_t pause = watch->looked + WATCH_PAUSE;

	if (now < pause || watch->again)
		return pause;
	return watch->polls ? watch->looked + WATCH_POLL : -1;
}
