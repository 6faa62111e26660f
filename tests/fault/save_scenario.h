/*
 * save_scenario: the flushes that faults are tried on, what each starts from
 * and what it has to end with.
 */
#ifndef OCTAVO_TEST_SAVE_SCENARIO_H
#define OCTAVO_TEST_SAVE_SCENARIO_H

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "io.h"
#include "journal.h"
#include "octavo/save.h"

enum method {
	IN_PLACE, REPLACED, CREATED, COPIED, COPIED_OVER, MADE, METHODS
};

static const char *const method_names[METHODS] = {
	"in place", "replaced", "created", "copied", "copied over",
	"made",
};

enum { OLD_SIZE = 600, BYTES_MAXIMUM = 1024 };

struct bytes {
	bool there;
	size_t size;
	unsigned char byte[BYTES_MAXIMUM];
};

static char scenario_folder[64];
static struct io real;			/* the calls as they are */

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

/* The content of the document, and of the target in the end. */
static inline struct bytes bytes_after(enum method method)
{
	struct bytes bytes = pattern(OLD_SIZE, 3);

	if (method == CREATED)
		return pattern(200, 5);
	if (method == IN_PLACE) {
		bytes.byte[10] ^= 0xff;
		for (size_t i = 100; i < 250; i++)
			bytes.byte[i] ^= 0x55;
		bytes.byte[OLD_SIZE - 1] ^= 0xff;
		return bytes;
	}
	memmove(bytes.byte + 70, bytes.byte + 50, OLD_SIZE - 50);
	memset(bytes.byte + 50, '+', 20);
	memmove(bytes.byte + 300, bytes.byte + 305, OLD_SIZE + 20 - 305);
	bytes.size = OLD_SIZE + 20 - 5;
	return bytes;
}

static inline void remove_entries(void)
{
	DIR *folder = opendir(scenario_folder);
	struct dirent *entry;

	assert_non_null(folder);
	while ((entry = readdir(folder))) {
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			unlink(path_of(entry->d_name));
	}
	closedir(folder);
}

static inline void edit(struct document *document, enum method method)
{
	struct bytes after = bytes_after(method);

	if (method == CREATED) {
		assert_true(document_insert(document, 0, after.byte,
					    after.size, NULL));
	} else if (method == IN_PLACE) {
		assert_true(document_overwrite(document, 10, after.byte + 10,
					       1, NULL));
		assert_true(document_overwrite(document, 100, after.byte + 100,
					       150, NULL));
		assert_true(document_overwrite(document, OLD_SIZE - 1,
					       after.byte + OLD_SIZE - 1, 1,
					       NULL));
	} else {
		assert_true(document_insert(document, 50, after.byte + 50, 20,
					    NULL));
		assert_true(document_delete(document, range_of(300, 5), NULL));
	}
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

static inline bool scenario_run(struct document *document, enum method method,
				struct save_plan *done, struct error *error)
{
	struct range all = { 0, document_size(document) };

	if (method == MADE)
		return save_made(document, make_same, document,
				 path_of("copy"), false, done, error);
	if (is_copy(method))
		return save_copy(document, all, path_of("copy"),
				 method == COPIED_OVER, done, error);
	return save_write(document, done, error);
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

		if (*byte != extent->old_bytes[i]
		    && *byte != extent->new_bytes[i])
			return error_set(error, "neither old nor new");
		*byte = extent->new_bytes[i];
	}
	return true;
}

/* Does the journal in FD make AFTER of FOUND? */
static inline bool journal_completes(int fd, struct bytes found,
				     const struct bytes *after)
{
	struct journal_header header;

	return found.there && journal_read(fd, &header, NULL, NULL, NULL)
		&& header.new_size == found.size
		&& strcmp(header.name, "file") == 0
		&& journal_read(fd, &header, complete_extent, &found, NULL)
		&& bytes_equal(&found, after);
}

static inline int make_folder(void **state)
{
	(void)state;
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

static inline int remove_folder(void **state)
{
	(void)state;
	remove_entries();
	return rmdir(scenario_folder);
}

#endif
