/*
 * power: what is asked of the disk is recorded, and then what a power cut
 * after any step of it can leave.  What no sync has covered is there or not, in
 * any combination, torn within each write; a sync that failed may have dropped
 * what it should have written, whatever a later one says.
 */
#ifndef OCTAVO_TEST_POWER_H
#define OCTAVO_TEST_POWER_H

#include "save_scenario.h"

enum {
	SECTOR = 64,		/* what reaches the disk whole */
	FILES_MAXIMUM = 64,
	EVENTS_MAXIMUM = 4096,
	NO_FILE = -1,
};

enum what { DATA, SIZE, NAMES, SYNC, SYNC_FAILED };

/* Files and names are numbered as they come. */
struct event {
	enum what what;
	int file;		/* NO_FILE: the folder, for both syncs */
	size_t offset;
	size_t size;
	unsigned char *bytes;
	/* One step sets up to two names. */
	int name[2];
	int becomes[2];
	int count;
};

static struct event events[EVENTS_MAXIMUM];
static int event_count;
static ino_t files[FILES_MAXIMUM];
static int file_count;
static char names[FILES_MAXIMUM][256];
static int name_count;

struct disk {
	int entry[FILES_MAXIMUM];	/* the file of each name */
	struct bytes content[FILES_MAXIMUM];
};

static struct disk first;	/* before the flush */

static struct {
	long count;
	long target;
	bool for_good;
	bool dead;		/* all fail from there on, and do nothing */
	const char *kind;
} fault;

static inline int file_of(ino_t inode)
{
	for (int i = 0; i < file_count; i++) {
		if (files[i] == inode)
			return i;
	}
	assert_true(file_count < FILES_MAXIMUM);
	files[file_count] = inode;
	return file_count++;
}

static inline int name_of(const char *name)
{
	for (int i = 0; i < name_count; i++) {
		if (strcmp(names[i], name) == 0)
			return i;
	}
	assert_true(name_count < FILES_MAXIMUM);
	strcpy(names[name_count], name);
	return name_count++;
}

static inline int file_of_descriptor(int fd)
{
	struct stat status;

	assert_int_equal(real.fstat(fd, &status), 0);
	return S_ISDIR(status.st_mode) ? NO_FILE : file_of(status.st_ino);
}

static inline int file_of_name(int folder, const char *name)
{
	struct stat status;

	return real.fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0
		? file_of(status.st_ino) : NO_FILE;
}

static inline struct event *record(enum what what, int file)
{
	assert_true(event_count < EVENTS_MAXIMUM);
	struct event *event = &events[event_count++];

	*event = (struct event){ .what = what, .file = file };
	return event;
}

static inline void record_data(int fd, const void *bytes, size_t size,
			       off_t offset)
{
	struct event *event = record(DATA, file_of_descriptor(fd));

	event->bytes = malloc(size + 1);
	assert_non_null(event->bytes);
	memcpy(event->bytes, bytes, size);
	event->size = size;
	event->offset = (size_t)offset;
}

/* What NAME is now, as part of EVENT. */
static inline void record_name(struct event *event, int folder,
			       const char *name)
{
	event->name[event->count] = name_of(name);
	event->becomes[event->count++] = file_of_name(folder, name);
}

/* --- the calls that change the disk --- */

static inline bool hits(const char *kind)
{
	if (++fault.count == fault.target)
		fault.kind = kind;
	errno = EIO;
	if (fault.dead && fault.target && fault.count >= fault.target)
		return true;
	return fault.count == fault.target
		|| (fault.for_good && fault.kind == kind);
}

static const char opening[] = "openat", writing[] = "pwrite",
	copying[] = "copy_range", reflinking[] = "share_range",
	sizing[] = "ftruncate", syncing[] = "fsync",
	exchanging[] = "exchange", linking[] = "linkat",
	unlinking[] = "unlinkat", renaming[] = "renameat";

static inline int power_openat(int folder, const char *name, int flags,
			       mode_t mode)
{
	if (!(flags & O_CREAT))
		return real.openat(folder, name, flags, mode);
	if (hits(opening))
		return -1;
	int fd = real.openat(folder, name, flags, mode);
	if (fd >= 0)
		record_name(record(NAMES, NO_FILE), folder, name);
	return fd;
}

static inline ssize_t power_pwrite(int fd, const void *buffer, size_t size,
			    off_t offset)
{
	if (hits(writing))
		return -1;
	record_data(fd, buffer, size, offset);
	return real.pwrite(fd, buffer, size, offset);
}

static inline ssize_t power_copy_range(int from, off_t *from_offset, int to,
				off_t *to_offset, size_t length)
{
	unsigned char bytes[BYTES_MAXIMUM];
	off_t start = *to_offset;

	if (hits(copying))
		return -1;
	ssize_t got = real.copy_range(from, from_offset, to, to_offset,
				      length);
	if (got > 0) {
		assert_int_equal(real.pread(to, bytes, (size_t)got, start),
				 got);
		record_data(to, bytes, (size_t)got, start);
	}
	return got;
}

static inline int power_share_range(int from, off_t from_offset, int to,
				    off_t to_offset, off_t length)
{
	unsigned char bytes[BYTES_MAXIMUM];
	int result = hits(reflinking) ? -1
		: real.share_range(from, from_offset, to, to_offset, length);

	if (result == 0) {
		assert_int_equal(real.pread(to, bytes, (size_t)length,
					    to_offset), length);
		record_data(to, bytes, (size_t)length, to_offset);
	}
	return result;
}

static inline int power_ftruncate(int fd, off_t size)
{
	if (hits(sizing))
		return -1;
	record(SIZE, file_of_descriptor(fd))->size = (size_t)size;
	return real.ftruncate(fd, size);
}

static inline int power_fsync(int fd)
{
	bool failed = hits(syncing);

	if (failed && fault.dead)
		return -1;
	record(failed ? SYNC_FAILED : SYNC, file_of_descriptor(fd));
	errno = EIO;
	return failed ? -1 : 0;
}

static inline int power_fdatasync(int fd)
{
	return power_fsync(fd);
}

/* Done at once; its result waits in a field that no sync has a use for. */
static inline int power_aio_fsync(int flag, struct aiocb *request)
{
	(void)flag;
	request->aio_nbytes = power_fsync(request->aio_fildes) == 0 ? 0 : EIO;
	return 0;
}

static inline int power_aio_error(const struct aiocb *request)
{
	return (int)request->aio_nbytes;
}

static inline int power_exchange(int folder, const char *one, const char *other)
{
	int result = hits(exchanging) ? -1 : real.exchange(folder, one, other);

	if (result == 0) {
		struct event *event = record(NAMES, NO_FILE);

		record_name(event, folder, one);
		record_name(event, folder, other);
	}
	return result;
}

static inline int power_linkat(int from_folder, const char *from, int to_folder,
			const char *to, int flags)
{
	int result = hits(linking) ? -1 : real.linkat(from_folder, from,
						      to_folder, to, flags);

	if (result == 0)
		record_name(record(NAMES, NO_FILE), to_folder, to);
	return result;
}

static inline int power_unlinkat(int folder, const char *name, int flags)
{
	int result = hits(unlinking) ? -1 : real.unlinkat(folder, name, flags);

	if (result == 0)
		record_name(record(NAMES, NO_FILE), folder, name);
	return result;
}

static inline int power_renameat(int from_folder, const char *from,
				 int to_folder, const char *to)
{
	int result = hits(renaming) ? -1 : real.renameat(from_folder, from,
							 to_folder, to);

	if (result == 0) {
		struct event *event = record(NAMES, NO_FILE);

		record_name(event, to_folder, to);
		record_name(event, from_folder, from);
	}
	return result;
}

static inline void arm(long target, bool for_good)
{
	fault.count = 0;
	fault.target = target;
	fault.for_good = for_good;
	fault.dead = false;
	fault.kind = NULL;
	io.openat = power_openat;
	io.pwrite = power_pwrite;
	io.copy_range = power_copy_range;
	io.share_range = power_share_range;
	io.ftruncate = power_ftruncate;
	io.fsync = power_fsync;
	io.fdatasync = power_fdatasync;
	io.aio_fsync = power_aio_fsync;
	io.aio_error = power_aio_error;
	io.exchange = power_exchange;
	io.linkat = power_linkat;
	io.unlinkat = power_unlinkat;
	io.renameat = power_renameat;
}

/* --- what a power cut leaves --- */

static unsigned long random_state = 1;

static inline bool heads(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return random_state >> 40 & 1;
}

/* Has a sync before CUT made event NUMBER last, none having failed since? */
static inline bool lasts(int number, int cut)
{
	for (int i = number + 1; i < cut; i++) {
		if (events[i].file != events[number].file)
			continue;
		if (events[i].what == SYNC)
			return true;
		if (events[i].what == SYNC_FAILED)
			return false;
	}
	return false;
}

static inline void set_size(struct bytes *bytes, size_t size)
{
	if (size > bytes->size)
		memset(bytes->byte + bytes->size, 0, size - bytes->size);
	bytes->size = size;
}

static inline void put_sectors(struct bytes *bytes, const struct event *event,
			bool (*reaches)(void))
{
	size_t end = event->offset + event->size;

	assert_true(end <= BYTES_MAXIMUM);
	for (size_t at = event->offset; at < end; ) {
		size_t next = (at / SECTOR + 1) * SECTOR;

		if (next > end)
			next = end;
		if (!reaches || reaches()) {
			if (next > bytes->size)
				set_size(bytes, next);
			memcpy(bytes->byte + at,
			       event->bytes + (at - event->offset), next - at);
		}
		at = next;
	}
}

/* CHOICE 0: nothing that was not synced; 1: all of it; else at random. */
static inline void draw(struct disk *disk, int cut, int choice)
{
	memcpy(disk->entry, first.entry, sizeof disk->entry);
	for (int i = 0; i < file_count; i++)
		disk->content[i] = first.content[i];
	for (int i = 0; i < cut; i++) {
		const struct event *event = &events[i];
		bool certain = choice == 1 || lasts(i, cut);

		if (!certain && choice == 0)
			continue;
		if (event->what == DATA)
			put_sectors(&disk->content[event->file], event,
				    certain ? NULL : heads);
		else if (event->what == SIZE && (certain || heads()))
			set_size(&disk->content[event->file], event->size);
		else if (event->what == NAMES && (certain || heads()))
			for (int j = 0; j < event->count; j++)
				disk->entry[event->name[j]] =
					event->becomes[j];
	}
}

static inline struct bytes content_of(const struct disk *disk, const char *name)
{
	int file = disk->entry[name_of(name)];
	struct bytes bytes = { .there = false };

	if (file != NO_FILE) {
		bytes = disk->content[file];
		bytes.there = true;
	}
	return bytes;
}

/* --- from nothing --- */

static inline void forget(void)
{
	while (event_count)
		free(events[--event_count].bytes);
	file_count = name_count = 0;
}

static inline void remember_first(void)
{
	static const char *const known[] = { "file", "copy", ".file.ovj",
					     ".file.ovn", ".copy.ovn",
					     "file~", ".file.ovb" };
	int folder = open(scenario_folder, O_RDONLY | O_DIRECTORY);

	for (int i = 0; i < FILES_MAXIMUM; i++) {
		first.entry[i] = NO_FILE;
		first.content[i] = (struct bytes){ .there = false };
	}
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		int name = name_of(known[i]);
		int file = file_of_name(folder, known[i]);

		first.entry[name] = file;
		if (file != NO_FILE)
			first.content[file] = read_bytes(path_of(known[i]));
	}
	close(folder);
}

#endif
