/*
 * recovery_left: a folder with a file, what a flush may have left beside it or
 * in the user's state, and what is found and done then.
 */
#ifndef OCTAVO_TEST_RECOVERY_LEFT_H
#define OCTAVO_TEST_RECOVERY_LEFT_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "crc32c.h"
#include "device.h"
#include "entries.h"
#include "io.h"
#include "journal.h"
#include "octavo/log.h"
#include "octavo/recovery.h"
#include "save_internal.h"

static char folder[] = "/tmp/octavo-recovery-XXXXXX";

static inline const char *in_folder(const char *name)
{
	static char paths[16][1024];
	static int next;
	char *path = paths[next++ % 16];

	snprintf(path, sizeof paths[0], "%s/%s", folder, name);
	return path;
}

static inline void put_text(const char *name, const char *content)
{
	int fd = open(in_folder(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	size_t size = strlen(content);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, size), size);
	close(fd);
}

static inline void assert_text(const char *name, const char *content)
{
	char bytes[256];
	int fd = open(in_folder(name), O_RDONLY);

	assert_true(fd >= 0);
	ssize_t got = read(fd, bytes, sizeof bytes - 1);
	assert_true(got >= 0);
	bytes[got] = '\0';
	assert_string_equal(bytes, content);
	close(fd);
}

static inline bool is_there(const char *name)
{
	return access(in_folder(name), F_OK) == 0;
}

static inline int count_entries(void)
{
	return entries_count(folder);
}

static struct io whole;		/* as it was before any test */

/* Before each test. */
static inline int empty_folder(void **state)
{
	char command[600];

	(void)state;
	io = whole;
	snprintf(command, sizeof command, "rm -rf %s/* %s/.[!.]*", folder,
		 folder);
	return system(command);
}

static inline struct document *open_document(void)
{
	struct error error = ERROR_NONE;
	struct file *file = file_open(in_folder("file"), NULL, NULL, &error);

	if (!file)
		fail_msg("%s", error.message);
	struct document *document = document_open(file, &error);
	assert_non_null(document);
	return document;
}

/* --- journals --- */

struct patch {
	uint64_t offset;
	const char *old_text;
	const char *new_text;
};

static inline struct journal_header header_of(const char *name,
					      uint64_t old_size,
					      uint64_t new_size)
{
	struct journal_header header = {
		.kind = JOURNAL_EXTENTS,
		.old_size = old_size,
		.new_size = new_size,
	};
	struct stat status;

	assert_int_equal(stat(in_folder("file"), &status), 0);
	header.identity = (struct file_identity){
		.device = status.st_dev, .inode = status.st_ino,
		.modified = status.st_mtim, .changed = status.st_ctim,
	};
	strcpy(header.name, name);
	return header;
}

static inline void put_journal(const char *place,
			       struct journal_header *header,
			       const struct patch *changes, size_t count)
{
	int fd = open(in_folder(place), O_RDWR | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	header->extents = count;
	struct journal_writer *writer = journal_begin(fd, header, NULL);
	assert_non_null(writer);
	for (size_t i = 0; i < count; i++) {
		const struct patch *patch = &changes[i];
		struct journal_extent extent = {
			.offset = patch->offset,
			.old_length = (uint32_t)strlen(patch->old_text),
			.new_length = (uint32_t)strlen(patch->new_text),
			.old_bytes = (const unsigned char *)patch->old_text,
			.new_bytes = (const unsigned char *)patch->new_text,
		};

		assert_true(journal_put(writer, &extent, NULL));
	}
	assert_true(journal_commit(writer, NULL));
	journal_end(writer);
	close(fd);
}

static const char old_text[] = "0123456789abcdef";
static const char new_text[] = "0AB3456789abcCDf";
static const struct patch same_length[] = {
	{ 1, "12", "AB" }, { 13, "de", "CD" },
};

/* A journal from the old text to the new one, over a file with TEXT. */
static inline void leave_journal(const char *content)
{
	put_text("file", content);
	struct journal_header header = header_of("file", 16, 16);
	put_journal(".file.ovj", &header, same_length, 2);
}

static inline void overwrite(const char *name, off_t offset,
			     const char *bytes, size_t size)
{
	int fd = open(in_folder(name), O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, size, offset), size);
	close(fd);
}

static inline void leave_content(const char *content, const char *now)
{
	put_text("file", now);
	struct journal_header header = header_of("file", 10, 14);
	header.kind = JOURNAL_CONTENT;
	header.content_crc = crc32c(0, content, strlen(content));
	put_text(".file.ovn", content);
	put_journal(".file.ovj", &header, NULL, 0);
}

/* A log as a process leaves it that dies, FLUSHING or not. */
static inline void leave_log_of(bool flushing)
{
	struct document *document = open_document();
	struct log *log = log_attach(document, NULL);

	assert_non_null(log);
	assert_true(log_ready(log, NULL));
	assert_true(document_insert(document, 0, "new: ", 5, NULL));
	if (flushing)
		log_flush(log);
	log_close(log, true);
	document_close(document);
}

static inline void leave_log(void)
{
	leave_log_of(true);
}

/* --- in the user's state --- */

static inline const char *state_name(const char *ending)
{
	static char name[600];
	struct save_target target;
	char journal[NAME_MAX + 1];

	assert_true(save_target_find(&target, in_folder("file"), NULL));
	save_state_name(&target, journal);
	save_target_close(&target);
	strcpy(strrchr(journal, '.'), ending);
	snprintf(name, sizeof name, "state/octavo/journals/%s", journal);
	return name;
}

static inline void make_state(void)
{
	assert_int_equal(mkdir(in_folder("state"), 0700), 0);
	assert_int_equal(mkdir(in_folder("state/octavo"), 0700), 0);
	assert_int_equal(mkdir(in_folder("state/octavo/journals"), 0700), 0);
}

/* --- what becomes of it --- */

static inline struct recovery find(void)
{
	struct document *document = open_document();
	struct recovery found = recovery_find(document);

	document_close(document);
	return found;
}

static inline void assert_state(enum recovery_state state, const char *words)
{
	struct recovery found = find();

	if (found.state != state || !strstr(found.words, words))
		fail_msg("state %d, not %d: \"%s\" has no \"%s\"",
			 (int)found.state, (int)state, found.words, words);
}

static inline void assert_done(enum recovery_action action, bool insist)
{
	struct document *document = open_document();
	struct error error = ERROR_NONE;
	char done[RECOVERY_WORDS] = "";

	if (!recovery_do(document, action, insist, done, &error))
		fail_msg("%s", error.message);
	assert_true(done[0]);
	document_close(document);
	assert_int_equal(find().state, RECOVERY_NONE);
}

/* Something else stays. */
static inline void assert_done_partly(enum recovery_action action)
{
	struct document *document = open_document();
	struct error error = ERROR_NONE;
	char done[RECOVERY_WORDS] = "";

	if (!recovery_do(document, action, false, done, &error))
		fail_msg("%s", error.message);
	document_close(document);
	assert_int_not_equal(find().state, RECOVERY_NONE);
}

static inline void assert_not_done(enum recovery_action action, bool insist,
				   const char *words)
{
	struct document *document = open_document();
	struct error error = ERROR_NONE;
	char done[RECOVERY_WORDS] = "";

	assert_false(recovery_do(document, action, insist, done, &error));
	if (!strstr(error.message, words))
		fail_msg("\"%s\" has no \"%s\"", error.message, words);
	document_close(document);
}

static inline void assert_cleared(void)
{
	struct document *document = open_document();
	struct error error = ERROR_NONE;

	assert_true(recovery_find(document).clear);
	if (!recovery_clear(document, &error))
		fail_msg("%s", error.message);
	document_close(document);
	assert_int_equal(find().state, RECOVERY_NONE);
}

static inline void assert_not_cleared(void)
{
	struct document *document = open_document();
	int entries = count_entries();

	assert_false(recovery_find(document).clear);
	assert_false(recovery_clear(document, NULL));
	document_close(document);
	assert_int_equal(count_entries(), entries);
}

/* --- main --- */

static inline int make_folder(void **state)
{
	(void)state;
	whole = io;
	return mkdtemp(folder) ? setenv("XDG_STATE_HOME", in_folder("state"),
					1) : -1;
}

static inline int remove_folder(void **state)
{
	empty_folder(state);
	return rmdir(folder);
}

#define TEST(test) cmocka_unit_test_setup(test, empty_folder)

#endif
