/*
 * others: another program that does something to the files of a flush, right
 * behind a call of it.
 */
#ifndef OCTAVO_TEST_OTHERS_H
#define OCTAVO_TEST_OTHERS_H

#include "saving.h"

/* Bytes of a file with whole pages. */
enum { LONG = 64 << 10 };

static inline void put_long(const char *name)
{
	static char bytes[LONG];

	memset(bytes, 'x', LONG);
	put_file(name, bytes, LONG);
}

static void (*others)(void);	/* what they do */
static int events;		/* how many more of them */
static const char *event_file;	/* behind a sync of which */

static inline void happens(void)
{
	if (events > 0) {
		events--;
		others();
	}
}

static inline int fsync_and(int fd)
{
	struct stat synced;
	struct stat wanted;
	int result = real.fsync(fd);

	assert_int_equal(real.fstat(fd, &synced), 0);
	if (stat(event_file, &wanted) == 0 && synced.st_ino == wanted.st_ino)
		happens();
	return result;
}

/* Behind each of COUNT syncs of FILE, ACT. */
static inline void after_syncs(int count, const char *file, void (*act)(void))
{
	others = act;
	events = count;
	event_file = file;
	io.fsync = fsync_and;
}

static inline struct document *open_changed(void)
{
	struct document *document = open_text();

	assert_true(document_overwrite(document, 3, "X", 1, NULL));
	return document;
}

/* A rewrite that moves what is between 2 and 32, and ends a byte earlier. */
static inline struct document *open_moved(void)
{
	struct document *document = open_text();

	assert_true(document_delete(document, range_of(35, 1), NULL));
	assert_true(document_delete(document, range_of(30, 2), NULL));
	assert_true(document_insert(document, 2, "++", 2, NULL));
	return document;
}

#endif
