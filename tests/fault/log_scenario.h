/*
 * log_scenario: the edits that a log and a saved session are made of, and what
 * can be made of what is left of them.  A simulator is included before it.
 */
#ifndef OCTAVO_TEST_LOG_SCENARIO_H
#define OCTAVO_TEST_LOG_SCENARIO_H

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "octavo/log.h"
#include "states.h"

static char memory_folder[] = "/dev/shm/octavo-XXXXXX";
static char other_folder[] = "/tmp/octavo-XXXXXX";
static char *log_folder;
static char script_path[64], state_path[64];

static const char script_text[] = "The quick brown fox jumps over the lazy dog. ";

/* --- the script --- */

enum { EDITS = 14, LONGEST = 1024 };

struct content {
	size_t length;
	char bytes[LONGEST];
};

/* The document after each edit, and after how many it was how it is. */
static struct content expected[EDITS + 1];

static inline struct document *open_document(void)
{
	struct document *document =
		document_open(file_open(script_path, NULL, NULL, NULL), NULL);

	assert_non_null(document);
	return document;
}

static inline struct content script_content(const struct document *document)
{
	struct content content = { .length = 0 };

	content.length = document_read(document, 0, content.bytes, LONGEST);
	return content;
}

static inline bool same(const struct content *one, const struct content *other)
{
	return one->length == other->length
	       && memcmp(one->bytes, other->bytes, one->length) == 0;
}

static inline void make_file(void)
{
	int fd = open(script_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	for (int i = 0; i < 4; i++)
		assert_int_equal(write(fd, script_text, strlen(script_text)), strlen(script_text));
	close(fd);
}

static inline bool script_edit(struct document *document, int number)
{
	static const char long_text[] =
		"a text that is longer than a chunk of a tiny log is, so that "
		"it goes out in several records, of which some may be missing";
	struct range touched;
	uint64_t at = 7 * (uint64_t)number;

	switch (number % 7) {
	case 2:
		return document_insert(document, at, long_text,
				       sizeof long_text - 1, NULL);
	case 3:
		return document_delete(document, range_of(at, 9), NULL);
	case 4:
		return document_undo(document, &touched, NULL);
	case 5:
		return document_fill(document, range_of(at, 40), "-=", 2,
				     NULL);
	case 6:
		return document_replace(document, range_of(at, 3), "seven", 5,
					NULL);
	default:
		return document_overwrite(document, at, "OVER", 4, NULL);
	}
}

/* Empties the folders of logs and sessions, which may not be there. */
static inline void remove_state(void)
{
	static const char *const folders[] = { "sessions", "saved" };

	for (int i = 0; i < 2; i++) {
		char name[128];
		struct dirent *entry;

		snprintf(name, sizeof name, "%s/octavo/%s", state_path,
			 folders[i]);

		DIR *entries = opendir(name);

		while (entries && (entry = readdir(entries)))
			unlinkat(dirfd(entries), entry->d_name, 0);
		if (entries)
			closedir(entries);
		rmdir(name);
	}
}

/* What recovery makes of what is there. */
static inline struct content recovered(void)
{
	struct document *document = open_document();
	struct log_report report = log_look(document, true);
	struct log *log = NULL;
	struct error error;

	if (report.state != LOG_NONE) {
		log = log_recover(document, true, false, &report, &error);
		if (!log)
			fail_msg("call %ld: %s", fault.target, error.message);
	}

	struct content content = script_content(document);

	log_close(log, true);
	document_close(document);
	return content;
}

/* After which edit was the document so?  The last one. */
static inline int edit_of(const struct content *content)
{
	for (int i = EDITS; i >= 0; i--)
		if (same(content, &expected[i]))
			return i;
	fail_msg("call %ld: the document never was like that", fault.target);
	return -1;
}

static inline void expect_edits(void)
{
	struct document *document = open_document();

	expected[0] = script_content(document);
	for (int i = 0; i < EDITS; i++) {
		assert_true(script_edit(document, i));
		expected[i + 1] = script_content(document);
	}
	document_close(document);
}

/* --- saved sessions --- */

struct loaded {
	struct content content;
	bool good;
};

static inline struct document *load_open(void *context, const char *name,
				  struct error *error)
{
	struct file *file = file_open(name, NULL, NULL, error);

	(void)context;
	return file ? document_open(file, error) : NULL;
}

static inline void load_done(void *context, struct document *document,
		      const struct log_place *place, const struct error *error)
{
	struct loaded *loaded = context;

	(void)place;
	loaded->good = !error;
	if (!document)
		return;
	loaded->content = script_content(document);
	document_close(document);
}

/* After which edit was what the session holds; -1: there is no session. */
static inline int session_edit(void)
{
	struct loaded loaded = { .good = false };
	const struct log_loader loader = { load_open, load_done, &loaded };
	struct error error;

	if (!log_session_load("it", &loader, &error)) {
		if (!strstr(error.message, "can't open"))
			fail_msg("call %ld: %s", fault.target, error.message);
		return -1;
	}
	assert_true(loaded.good);
	return edit_of(&loaded.content);
}

static inline bool save_session(struct document *document, int edits)
{
	struct log_place place = { .cursor = 1 };
	struct log_session *session;
	bool done = false;

	for (int i = 0; i < edits; i++)
		assert_true(script_edit(document, i));
	session = log_session_begin("it", true, NULL);
	if (session && log_session_add(session, document, &place, NULL))
		done = log_session_end(session, NULL);
	else if (session)
		log_session_cancel(session);
	document_close(document);
	return done;
}

/* --- the whole --- */

/* Real syncs would only cost time here; and the thread that libc has for them
 * does not come along into the children, while what it had locked stays
 * locked there. */
static inline int done_aio_fsync(int flag, struct aiocb *request)
{
	(void)flag;
	(void)request;
	return 0;
}

static inline int done_aio_error(const struct aiocb *request)
{
	(void)request;
	return 0;
}

static inline ssize_t done_aio_return(struct aiocb *request)
{
	(void)request;
	return 0;
}

static inline int log_set_up(void **state)
{
	(void)state;
	log_folder = mkdtemp(memory_folder);
	if (!log_folder)
		log_folder = mkdtemp(other_folder);
	real = io;
	real.aio_fsync = io.aio_fsync = done_aio_fsync;
	real.aio_error = io.aio_error = done_aio_error;
	real.aio_return = io.aio_return = done_aio_return;
	snprintf(script_path, sizeof script_path, "%s/file", log_folder);
	snprintf(state_path, sizeof state_path, "%s/state", log_folder);
	setenv("XDG_STATE_HOME", state_path, 1);
	make_file();
	mkdir(state_path, 0700);
	expect_edits();
	return 0;
}

static inline int log_clean_up(void **state)
{
	char command[256];

	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", log_folder);
	return system(command);
}

#endif
