/*
 * save_scenario: the flushes that faults are tried on, what each starts from
 * and what it has to end with.
 */
#ifndef OCTAVO_TEST_SAVE_SCENARIO_H
#define OCTAVO_TEST_SAVE_SCENARIO_H

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crc32c.h"
#include "journal.h"
#include "octavo/save.h"
#include "states.h"

#include "../unit/sharing.h"

enum method {
	IN_PLACE,
	MOVED_TAIL,		/* in place, becoming longer */
	CUT_TAIL,		/* and shorter */
	REWRITTEN,
	SHORTENED,		/* rewritten, becoming shorter */
	REPLACED,
	BACKED_UP,		/* in place, with a copy of the old file */
	KEPT,			/* replaced, the old file becoming the backup */
	CREATED,
	COPIED, COPIED_OVER, MADE,
	METHODS
};

static const char *const method_names[METHODS] = {
	"in place", "tail", "cut tail", "rewritten", "shortened", "replaced", "backed up", "kept",
	"created", "copied", "copied over", "made",
};

enum { OLD_SIZE = 600, BYTES_MAXIMUM = 4096, EDITS_MAXIMUM = 5 };

struct bytes {
	bool there;
	size_t size;
	unsigned char byte[BYTES_MAXIMUM];
};

static char scenario_folder[64];

/* Does the document's own file stay as it is? */
static inline bool is_copy(enum method method)
{
	return method >= COPIED;
}

static inline const char *target_name(enum method method)
{
	return is_copy(method) ? "copy" : "file";
}

static inline const char *path_of(const char *name)
{
	static char paths[8][512];
	static int next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof paths[0], "%s/%s", scenario_folder, name);
	return path;
}

static inline struct bytes read_bytes(const char *path)
{
	struct bytes bytes = { .there = false };
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return bytes;
	ssize_t got = read(fd, bytes.byte, sizeof bytes.byte);
	assert_true(got >= 0);
	bytes.there = true;
	bytes.size = (size_t)got;
	close(fd);
	return bytes;
}

static inline void write_bytes(const char *path, const struct bytes *bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes->byte, bytes->size), bytes->size);
	close(fd);
}

static inline bool bytes_equal(const struct bytes *one,
			       const struct bytes *other)
{
	return one->there == other->there && one->size == other->size
		&& memcmp(one->byte, other->byte, one->size) == 0;
}

static inline struct bytes pattern(size_t size, unsigned step)
{
	struct bytes bytes = { .there = true, .size = size };

	for (size_t i = 0; i < size; i++)
		bytes.byte[i] = (unsigned char)(i * step + i / 7 + 1);
	return bytes;
}

/* What is at the target's name before. */
static inline struct bytes bytes_before(enum method method)
{
	if (method == CREATED || method == COPIED || method == MADE)
		return (struct bytes){ .there = false };
	return pattern(method == COPIED_OVER ? 90 : OLD_SIZE, 3);
}

/* The file NAME~ before, where there is one. */
static inline struct bytes bytes_older(void)
{
	return pattern(77, 11);
}

static inline bool has_backup(enum method method)
{
	return method == BACKED_UP || method == KEPT;
}

static inline bool has_journal(enum method method)
{
	return method <= SHORTENED || method == BACKED_UP;
}

/* Finished, or never begun: never undone. */
static inline bool is_rewrite(enum method method)
{
	return method == REWRITTEN || method == SHORTENED;
}

static inline bool is_tail(enum method method)
{
	return method == MOVED_TAIL || method == CUT_TAIL;
}

/* --- edits --- */

/* At AT REMOVED bytes go and INSERTED come, '+' and on. */
struct scenario_edit {
	size_t at;
	size_t removed;
	size_t inserted;
};

/* 0 for the edits that are written down here; others are drawn. */
static unsigned scenario_seed;

static inline size_t drawn(unsigned *seed, size_t below)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 16) % below;
}

static inline int draw_edits(enum method method, struct scenario_edit *edits)
{
	unsigned seed = scenario_seed * METHODS + (unsigned)method;
	int count = 1 + (int)drawn(&seed, EDITS_MAXIMUM);
	size_t size = OLD_SIZE;

	for (int i = 0; i < count; i++) {
		bool same = method == IN_PLACE || method == BACKED_UP
			|| (is_tail(method) && i < count - 1);
		size_t start = is_tail(method) && !same ? size - 30 : 0;
		struct scenario_edit *edit = &edits[i];

		edit->at = start + drawn(&seed, size - start - 20);
		edit->removed = 1 + drawn(&seed, 20);
		edit->inserted = same ? edit->removed
			: drawn(&seed, method == CUT_TAIL || method == SHORTENED
				? edit->removed : 20);
		if (!same && edit->inserted == edit->removed)
			edit->inserted++;
		size = size - edit->removed + edit->inserted;
	}
	return count;
}

static inline int scenario_edits(enum method method,
				 struct scenario_edit *edits)
{
	static const struct scenario_edit moved[] = {
		{ 50, 0, 20 }, { 300, 5, 0 }
	};
	static const struct scenario_edit same[] = {
		{ 10, 1, 1 }, { 100, 150, 150 }, { OLD_SIZE - 1, 1, 1 }
	};
	static const struct scenario_edit tail[] = {
		{ 10, 3, 3 }, { 580, 2, 9 }
	};
	static const struct scenario_edit cut_tail[] = {
		{ 10, 3, 3 }, { 580, 9, 2 }
	};
	static const struct scenario_edit shorter[] = {
		{ 50, 80, 20 }, { 300, 70, 3 }
	};
	static const struct scenario_edit *const written[METHODS] = {
		[MOVED_TAIL] = tail, [CUT_TAIL] = cut_tail,
		[SHORTENED] = shorter,
	};

	if (scenario_seed > 0)
		return draw_edits(method, edits);
	if (method == IN_PLACE || method == BACKED_UP) {
		memcpy(edits, same, sizeof same);
		return 3;
	}
	memcpy(edits, written[method] ? written[method] : moved, sizeof moved);
	return 2;
}

static inline void edit_bytes(struct bytes *bytes,
			      const struct scenario_edit *edit)
{
	unsigned char *at = bytes->byte + edit->at;

	memmove(at + edit->inserted, at + edit->removed,
		bytes->size - edit->at - edit->removed);
	for (size_t i = 0; i < edit->inserted; i++)
		at[i] = (unsigned char)('+' + i);
	bytes->size += edit->inserted;
	bytes->size -= edit->removed;
}

/* The content of the document, and of the target in the end. */
static inline struct bytes bytes_after(enum method method)
{
	struct bytes bytes = pattern(OLD_SIZE, 3);
	struct scenario_edit edits[EDITS_MAXIMUM];

	if (method == CREATED)
		return pattern(200, 5);
	int count = scenario_edits(method, edits);
	for (int i = 0; i < count; i++)
		edit_bytes(&bytes, &edits[i]);
	return bytes;
}

static inline void edit(struct document *document, enum method method)
{
	struct scenario_edit edits[EDITS_MAXIMUM];
	unsigned char bytes[256];
	struct bytes after = bytes_after(method);

	if (method == CREATED) {
		assert_true(document_insert(document, 0, after.byte,
					    after.size, NULL));
		return;
	}
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)('+' + i);
	int count = scenario_edits(method, edits);
	for (int i = 0; i < count; i++) {
		struct range range = range_of(edits[i].at, edits[i].removed);

		assert_true(edits[i].removed == edits[i].inserted
			    ? document_overwrite(document, edits[i].at, bytes,
						 edits[i].inserted, NULL)
			    : document_replace(document, range, bytes,
					       edits[i].inserted, NULL));
	}
}

/* Goes on with other edits than those that are written down as long as there
 * are not as many states as wanted; then back to those. */
static inline bool more_states(long states)
{
	scenario_seed++;
	if (states < states_wanted())
		return true;
	scenario_seed = 0;
	return false;
}

static inline void empty_folder(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			unlinkat(dirfd(folder), entry->d_name, 0);
	}
	if (folder)
		closedir(folder);
}

static inline void remove_entries(void)
{
	empty_folder(scenario_folder);
	empty_folder(path_of("state/octavo/journals"));
}

/* The folder as it is before, and the document with its edits. */
static inline struct document *scenario_open(enum method method)
{
	struct bytes old = pattern(OLD_SIZE, 3);
	struct bytes before = bytes_before(method);

	remove_entries();
	if (method != CREATED)
		write_bytes(path_of("file"), &old);
	if (before.there)
		write_bytes(path_of(target_name(method)), &before);
	if (has_backup(method)) {
		struct bytes older = bytes_older();

		write_bytes(path_of("file~"), &older);
	}
	struct file *file = file_open(path_of("file"), NULL, NULL, NULL);
	assert_non_null(file);
	struct document *document = document_open(file, NULL);
	assert_non_null(document);
	edit(document, method);
	return document;
}

/* Makes what the document is, in small parts. */
static inline bool make_same(void *context, save_sink *put, void *sink,
			     struct error *error)
{
	const struct document *document = context;
	unsigned char bytes[100];
	uint64_t at = 0;
	size_t got;

	while ((got = document_read(document, at, bytes, sizeof bytes)) > 0) {
		if (!put(sink, bytes, got, error))
			return false;
		at += got;
	}
	return true;
}

static inline struct save_options scenario_options(enum method method)
{
	static const struct save_options ways[METHODS] = {
		[IN_PLACE] = { .way = SAVE_WAY_IN_PLACE },
		[MOVED_TAIL] = { .way = SAVE_WAY_IN_PLACE },
		[CUT_TAIL] = { .way = SAVE_WAY_IN_PLACE },
		[REWRITTEN] = { .way = SAVE_WAY_IN_PLACE },
		[SHORTENED] = { .way = SAVE_WAY_IN_PLACE },
		[REPLACED] = { .way = SAVE_WAY_REPLACE },
		[BACKED_UP] = { SAVE_WAY_IN_PLACE, SAVE_BACKUP_COPY },
		[KEPT] = { SAVE_WAY_REPLACE, SAVE_BACKUP_SIMPLE },
	};

	return ways[method];
}

static inline bool scenario_run(struct document *document, enum method method,
				struct save_plan *done, struct error *error)
{
	struct save_options options = scenario_options(method);
	struct range all = { 0, document_size(document) };

	if (method == MADE)
		return save_made(document, make_same, document,
				 path_of("copy"), false, done, error);
	if (is_copy(method))
		return save_copy(document, all, path_of("copy"),
				 method == COPIED_OVER, done, error);
	return save_write(document, &options, done, error);
}

/* The same up to the first phase. */
static inline struct save_flush *scenario_begin(struct document *document,
						enum method method,
						const struct save_hooks *hooks,
						struct error *error)
{
	struct save_options options = scenario_options(method);
	struct range all = { 0, document_size(document) };

	if (method == MADE)
		return save_made_begin(document, make_same, document,
				       path_of("copy"), false, hooks, error);
	if (is_copy(method))
		return save_copy_begin(document, all, path_of("copy"),
				       method == COPIED_OVER, hooks, error);
	return save_begin(document, &options, hooks, error);
}

static inline void assert_document(const struct document *document,
				   enum method method)
{
	struct bytes after = bytes_after(method);
	unsigned char bytes[BYTES_MAXIMUM];

	document_check(document);
	assert_int_equal(document_size(document), after.size);
	assert_int_equal(document_read(document, 0, bytes, sizeof bytes),
			 after.size);
	assert_memory_equal(bytes, after.byte, after.size);
}

/* --- journals --- */

static inline bool complete_extent(void *context,
				   const struct journal_extent *extent,
				   struct error *error)
{
	struct bytes *bytes = context;

	for (uint32_t i = 0; i < extent->new_length; i++) {
		unsigned char *byte = &bytes->byte[extent->offset + i];

		/* What was not there is whatever the disk makes of it. */
		if (i < extent->old_length && *byte != extent->old_bytes[i]
		    && *byte != extent->new_bytes[i]
		    && extent->offset + i < bytes->size)
			return error_set(error, "neither old nor new");
		*byte = extent->new_bytes[i];
	}
	return true;
}

/* Does what a flush has left, the journal in FD and the new content, make AFTER
 * of FOUND? */
static inline bool journal_completes(int fd, struct bytes found,
				     const struct bytes *content,
				     const struct bytes *after)
{
	struct journal_header header;

	if (!found.there || !journal_read(fd, &header, NULL, NULL, NULL)
	    || strcmp(header.name, "file") != 0
	    || header.new_size != after->size)
		return false;
	if (header.kind == JOURNAL_CONTENT)
		return bytes_equal(content, after)
			&& header.content_crc == crc32c(0, content->byte,
							content->size);
	if (!journal_read(fd, &header, complete_extent, &found, NULL))
		return false;
	found.size = header.new_size;
	return bytes_equal(&found, after);
}

/* Is there a journal that would be obeyed? */
static inline bool journal_is_valid(int fd)
{
	struct journal_header header;

	return fd >= 0 && journal_read(fd, &header, NULL, NULL, NULL);
}

static int remote_file_system(int fd, bool *shares, bool *local)
{
	(void)fd;
	*shares = *local = false;
	return 0;
}

/* One for which we copy ourselves. */
static inline int local_file_system(int fd, bool *shares, bool *local)
{
	(void)fd;
	*shares = false;
	*local = true;
	return 0;
}

static inline int make_folder(void **state)
{
	(void)state;
	sharing_begin();
	/* A choice of methods that knows of it is for tests of that. */
	io.file_system = remote_file_system;
	real = io;
	/* Thousands of small files: in memory if that can be had. */
	strcpy(scenario_folder, "/dev/shm/octavo-fault-XXXXXX");
	if (!mkdtemp(scenario_folder)) {
		strcpy(scenario_folder, "/tmp/octavo-fault-XXXXXX");
		if (!mkdtemp(scenario_folder))
			return -1;
	}
	return setenv("XDG_STATE_HOME", path_of("state"), 1);
}

/* With what has gone to the state folder. */
static inline int remove_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof command, "rm -rf '%s'", scenario_folder);
	return system(command);
}

#endif
