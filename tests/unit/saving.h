/*
 * saving: a folder to flush in, which is the current one, and the table of
 * system calls as it was in `real`.
 */
#ifndef OCTAVO_TEST_SAVING_H
#define OCTAVO_TEST_SAVING_H

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

#include "entries.h"
#include "io.h"
#include "octavo/save.h"

static struct io real;
static char saving_folder[] = "/tmp/octavo-saving-XXXXXX";

static const char text[] = "0123456789abcdefghijklmnopqrstuvwxyz";
enum { TEXT = sizeof text - 1 };

static const struct save_options in_place = { .way = SAVE_WAY_IN_PLACE };
static const struct save_options replace = { .way = SAVE_WAY_REPLACE };

static inline int saving_begin(void **state)
{
	(void)state;
	real = io;
	return mkdtemp(saving_folder) && chdir(saving_folder) == 0
		&& setenv("XDG_STATE_HOME", saving_folder, 1) == 0 ? 0 : -1;
}

/* After each test. */
static inline int saving_empty(void **state)
{
	(void)state;
	io = real;
	return system("rm -rf ./* ./.[!.]*");
}

static inline int saving_end(void **state)
{
	(void)state;
	return chdir("/") == 0 ? rmdir(saving_folder) : -1;
}

static inline void put_file(const char *name, const void *bytes, size_t size)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
}

static inline void assert_file(const char *name, const void *bytes, size_t size)
{
	char *content = malloc(size + 1);
	int fd = open(name, O_RDONLY);

	assert_non_null(content);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, content, size + 1), size);
	assert_memory_equal(content, bytes, size);
	close(fd);
	free(content);
}

static inline void assert_text(const char *name, const char *bytes)
{
	assert_file(name, bytes, strlen(bytes));
}

static inline struct stat status_of(const char *name)
{
	struct stat status;

	assert_int_equal(stat(name, &status), 0);
	return status;
}

static inline int count_entries(void)
{
	return entries_count(".");
}

static inline struct document *open_document(const char *name)
{
	struct file *file = file_open(name, NULL, NULL, NULL);
	struct document *document = file ? document_open(file, NULL) : NULL;

	assert_non_null(document);
	return document;
}

/* A document over the text, in the file "file". */
static inline struct document *open_text(void)
{
	put_file("file", text, TEXT);
	return open_document("file");
}

static inline void assert_words(const struct error *error, const char *words)
{
	if (!strstr(error->message, words))
		fail_msg("\"%s\" has no \"%s\"", error->message, words);
}

static inline struct save_plan written(struct document *document,
				       const struct save_options *options)
{
	struct error error = ERROR_NONE;
	struct save_plan done;

	if (!save_write(document, options, &done, &error))
		fail_msg("%s", error.message);
	assert_false(document_modified(document));
	document_check(document);
	return done;
}

/* With WORDS in the message; nothing of the document is lost. */
static inline void refused(struct document *document,
			   const struct save_options *options,
			   const char *words)
{
	struct error error = ERROR_NONE;
	struct save_plan done;

	assert_false(save_write(document, options, &done, &error));
	assert_words(&error, words);
	assert_true(document_modified(document));
	document_check(document);
}

#define SAVING_TEST(name) cmocka_unit_test_teardown(name, saving_empty)

#endif
