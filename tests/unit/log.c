/* log: what is kept, found, taken up again and refused. */
#include "octavo/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "child.h"
#include "io.h"
#include "log_internal.h"
#include "octavo/job.h"
#include "octavo/save.h"
#include "sizes.h"

static char folder[] = "/tmp/octavo-log-XXXXXX";
static char path[64], state_path[64], sessions[128];
static struct io real;

static const char text[] = "The quick brown fox jumps over the lazy dog";

/* --- files --- */

static void write_file(const char *name, const char *bytes)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, strlen(bytes)), strlen(bytes));
	close(fd);
}

static struct document *open_path(const char *name)
{
	struct document *document =
		document_open(file_open(name, NULL, NULL, NULL), NULL);

	assert_non_null(document);
	return document;
}

static struct document *open_document(void)
{
	return open_path(path);
}

static void assert_content(const struct document *document,
			   const char *expected)
{
	char bytes[512] = "";

	assert_int_equal(document_size(document), strlen(expected));
	document_read(document, 0, bytes, sizeof bytes - 1);
	assert_string_equal(bytes, expected);
}

/* How many files are in the folder of logs. */
static int logs(void)
{
	DIR *entries = opendir(sessions);
	struct dirent *entry;
	int count = 0;

	while (entries && (entry = readdir(entries)))
		count += entry->d_name[0] != '.';
	if (entries)
		closedir(entries);
	return count;
}

static int set_up(void **state)
{
	(void)state;
	write_file(path, text);
	return 0;
}

static int clean_up(void **state)
{
	char command[256];

	(void)state;
	io = real;
	snprintf(command, sizeof command, "rm -rf %s/*", folder);
	return system(command);
}

/* --- sessions --- */

struct session {
	struct document *document;
	struct log *log;
};

static struct session begin(void)
{
	struct session session = { .document = open_document() };

	session.log = log_attach(session.document, NULL);
	assert_non_null(session.log);
	return session;
}

static void insert(struct session *session, uint64_t offset, const char *what)
{
	assert_true(log_ready(session->log, NULL));
	assert_true(document_insert(session->document, offset, what,
				    strlen(what), NULL));
}

static void end(struct session *session, bool keep)
{
	log_close(session->log, keep);
	document_close(session->document);
}

/* As if it had been killed: a child writes the log and ends. */
static void die_with(void (*edit)(struct session *session))
{
	pid_t child = child_fork();
	int status;

	if (child == 0) {
		struct session session = begin();

		edit(&session);
		_exit(0);
	}
	assert_true(waitpid(child, &status, 0) == child);
	assert_int_equal(status, 0);
}

static struct session recover(bool passive)
{
	struct session session = { .document = open_document() };
	struct log_report report;
	struct error error;

	session.log = log_recover(session.document, passive, false, &report,
				  &error);
	if (!session.log)
		fail_msg("%s", error.message);
	return session;
}

static void session_discard(void)
{
	struct document *document = open_document();

	assert_true(log_discard(document, NULL));
	document_close(document);
}

static void assert_refused(const char *words)
{
	struct document *document = open_document();
	struct log_report report;
	struct error error;

	assert_null(log_recover(document, true, false, &report, &error));
	if (!strstr(error.message, words))
		fail_msg("\"%s\" does not say \"%s\"", error.message, words);
	document_close(document);
}

static enum log_state look(void)
{
	struct document *document = open_document();
	enum log_state state = log_look(document, true).state;

	document_close(document);
	return state;
}

static void edit_some(struct session *session)
{
	insert(session, 4, "very ");
	assert_true(document_delete(session->document, range_of(9, 6), NULL));
	assert_true(document_overwrite(session->document, 0, "t", 1, NULL));
}

static const char some[] = "the very brown fox jumps over the lazy dog";

/* --- keeping --- */

static void test_log_begins_with_first_edit(void **state)
{
	struct session session = begin();
	struct stat status;

	(void)state;
	assert_int_equal(access(sessions, F_OK), -1);
	assert_null(log_path(session.log));
	insert(&session, 0, "x");
	assert_int_equal(logs(), 1);
	assert_int_equal(stat(log_path(session.log), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(stat(sessions, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	end(&session, false);
	assert_int_equal(logs(), 0);
}

static void test_log_is_removed_with_nothing_unsaved(void **state)
{
	struct session session = begin();
	struct range touched;

	(void)state;
	insert(&session, 0, "x");
	assert_true(document_undo(session.document, &touched, NULL));
	end(&session, true);
	assert_int_equal(logs(), 0);
}

static void put_outside(off_t offset, const char *bytes)
{
	int fd = open(path, O_WRONLY);

	assert_int_equal(pwrite(fd, bytes, strlen(bytes), offset),
			 strlen(bytes));
	close(fd);
}

/* What was added meanwhile is in no edit's way. */
static void test_log_of_a_file_that_grows(void **state)
{
	struct session session = begin();

	(void)state;
	insert(&session, 4, "very ");
	put_outside(sizeof text - 1, ", twice");
	assert_int_equal(document_outside(session.document, false), FILE_SAME);
	insert(&session, document_size(session.document), "!");
	end(&session, true);
	session = recover(false);
	assert_content(session.document, "The very quick brown fox jumps over "
		       "the lazy dog, twice!");
	end(&session, false);
}

/* Where one's own bytes are to stay, they are there after a crash as well. */
static void test_log_knows_what_was_decided(void **state)
{
	(void)state;
	for (int told = 0; told < 2; told++) {
		write_file(path, text);
		struct session session = begin();

		assert_true(log_ready(session.log, NULL));
		assert_true(document_overwrite(session.document, 4, "QUICK", 5,
					       NULL));
		put_outside(5, "ui");
		put_outside(6, "_");
		document_outside(session.document, false);
		assert_true(document_decide_mine(session.document,
			range_of(0, sizeof text - 1), NULL));
		assert_int_equal(document_outside_state(session.document),
				 FILE_SAME);
		if (told)
			log_moved(session.log);
		end(&session, true);
		if (!told) {
			assert_refused("has changed");
			clean_up(NULL);
			continue;
		}
		session = recover(false);
		assert_content(session.document, "The QUICK brown fox jumps "
			       "over the lazy dog");
		end(&session, false);
	}
}

static void test_log_is_removed_by_flush(void **state)
{
	struct session session = begin();
	struct save_plan done;

	(void)state;
	insert(&session, 0, "x");
	log_flush(session.log);
	assert_int_equal(logs(), 1);
	assert_true(save_write(session.document, NULL, &done, NULL));
	assert_int_equal(logs(), 0);
	insert(&session, 0, "y");
	assert_int_equal(logs(), 1);
	end(&session, true);
	session = recover(false);
	assert_content(session.document, "yxThe quick brown fox jumps over "
		       "the lazy dog");
	end(&session, false);
}

static void test_log_of_a_new_file(void **state)
{
	struct session session;

	(void)state;
	unlink(path);
	session = begin();
	insert(&session, 0, "all of it");
	end(&session, true);
	session = recover(false);
	assert_content(session.document, "all of it");
	end(&session, false);
}

static void test_log_of_a_removed_log(void **state)
{
	struct session session = begin();

	(void)state;
	insert(&session, 0, "one ");
	unlink(log_path(session.log));
	insert(&session, 0, "two ");
	log_tick(session.log);
	assert_null(log_problem(session.log));
	assert_int_equal(logs(), 1);
	end(&session, true);
	session = recover(true);
	assert_content(session.document, "two one The quick brown fox jumps "
		       "over the lazy dog");
	end(&session, true);
}

static void test_log_of_a_name_taken_by_another(void **state)
{
	struct session one = begin(), other = begin();

	(void)state;
	insert(&one, 0, "one ");
	unlink(log_path(one.log));
	insert(&other, 0, "two ");
	log_tick(one.log);
	assert_null(log_problem(one.log));
	assert_int_equal(logs(), 2);
	assert_string_not_equal(log_path(one.log), log_path(other.log));
	end(&one, false);
	end(&other, true);
	one = recover(true);
	assert_content(one.document, "two The quick brown fox jumps over the "
		       "lazy dog");
	end(&one, true);
}

static void test_log_without_a_folder(void **state)
{
	struct session session = begin();

	(void)state;
	unsetenv("XDG_STATE_HOME");
	unsetenv("HOME");
	insert(&session, 0, "x");
	assert_string_equal(log_problem(session.log), "HOME is not set");
	setenv("XDG_STATE_HOME", state_path, 1);
	log_tick(session.log);
	assert_null(log_problem(session.log));
	end(&session, true);
	session = recover(true);
	assert_int_equal(document_size(session.document), sizeof text);
	end(&session, true);
}

static void test_log_of_a_folder_open_to_others(void **state)
{
	struct session session = begin();

	(void)state;
	mkdir(state_path, 0700);
	insert(&session, 0, "x");
	end(&session, false);
	chmod(sessions, 0750);
	session = begin();
	insert(&session, 0, "x");
	assert_non_null(strstr(log_problem(session.log), "not private"));
	end(&session, true);
	assert_int_equal(look(), LOG_NONE);
}

/* A full disk. */
static bool full;

static ssize_t full_pwrite(int fd, const void *buffer, size_t size,
			   off_t offset)
{
	errno = ENOSPC;
	return full ? -1 : real.pwrite(fd, buffer, size, offset);
}

static bool only_new;

static int no_openat(int at, const char *name, int flags, mode_t mode)
{
	if (only_new && !(flags & O_CREAT))
		return real.openat(at, name, flags, mode);
	errno = EMFILE;
	return -1;
}

/* It is tried again until it can be, and then all is in it. */
static void test_log_cannot_be_renewed(void **state)
{
	struct session session = begin();

	(void)state;
	insert(&session, 0, "one ");
	io.pwrite = full_pwrite;
	full = true;
	insert(&session, 0, "two ");
	io.openat = no_openat;
	for (int tried = 0; tried < 2; tried++) {
		only_new = tried > 0;
		log_tick(session.log);
		assert_non_null(strstr(log_problem(session.log),
				       strerror(EMFILE)));
		assert_int_equal(logs(), 1);
	}
	io = real;
	log_tick(session.log);
	assert_null(log_problem(session.log));
	assert_int_equal(logs(), 1);
	end(&session, true);
	session = recover(true);
	assert_content(session.document, "two one The quick brown fox "
		       "jumps over the lazy dog");
	end(&session, true);
}

static void test_log_on_a_full_disk(void **state)
{
	struct session session = begin();

	(void)state;
	insert(&session, 0, "one ");
	io.pwrite = full_pwrite;
	full = true;
	insert(&session, 0, "two ");
	assert_string_equal(log_problem(session.log),
			    "can't write: No space left on device");
	log_tick(session.log);
	assert_non_null(log_problem(session.log));
	full = false;
	log_tick(session.log);
	assert_null(log_problem(session.log));
	insert(&session, 0, "three ");
	assert_int_equal(logs(), 1);
	end(&session, true);
	session = recover(true);
	assert_content(session.document, "three two one The quick brown fox "
		       "jumps over the lazy dog");
	end(&session, true);
}

static int broken_fsync(int flag, struct aiocb *request)
{
	(void)flag;
	(void)request;
	errno = EAGAIN;
	return -1;
}

static bool broken;

static int broken_fdatasync(int fd)
{
	errno = EIO;
	return broken ? -1 : real.fdatasync(fd);
}

static void test_log_that_cannot_be_synced(void **state)
{
	struct session session = begin();

	(void)state;
	io.aio_fsync = broken_fsync;
	io.fdatasync = broken_fdatasync;
	broken = true;
	insert(&session, 0, "one ");
	log_tick(session.log);
	assert_string_equal(log_problem(session.log),
			    "can't sync: Input/output error");
	broken = false;
	log_tick(session.log);
	assert_null(log_problem(session.log));
	end(&session, true);
	session = recover(true);
	assert_content(session.document, "one The quick brown fox jumps over "
		       "the lazy dog");
	end(&session, true);
}

static int synced;

static int count_aio(int flag, struct aiocb *request)
{
	synced++;
	return real.aio_fsync(flag, request);
}

static void test_log_is_synced(void **state)
{
	struct session session = begin();

	(void)state;
	io.aio_fsync = count_aio;
	synced = 0;
	insert(&session, 0, "x");
	log_tick(session.log);
	assert_int_equal(synced, 2);	/* the file and its folder */
	for (int i = 0; i < LOG_SYNC_EDITS - 1; i++)
		insert(&session, 0, "x");
	assert_int_equal(synced, 2);
	insert(&session, 0, "x");
	/* The one before may not be through. */
	assert_in_range(synced, 2, 3);
	end(&session, false);
}

/* --- who has it --- */

static void test_log_live(void **state)
{
	struct session one = begin(), other = begin();
	struct error error;
	struct log_report report;

	(void)state;
	insert(&one, 0, "x");
	assert_false(log_ready(other.log, &error));
	assert_non_null(strstr(error.message, "is editing"));
	report = log_look(other.document, true);
	assert_int_equal(report.state, LOG_LIVE);
	assert_int_equal(report.process, getpid());
	assert_refused("is editing");
	assert_false(log_discard(other.document, NULL));
	log_insist(other.log);
	insert(&other, 0, "y");
	assert_int_equal(logs(), 2);
	end(&one, false);
	assert_int_equal(logs(), 1);
	end(&other, false);
}

/* The other one begins while the first is between creating its log and
 * locking it. */
static struct session intruder;
static bool intruder_ready;

static int late_lock(int fd)
{
	io.lock = real.lock;
	intruder_ready = log_ready(intruder.log, NULL);
	return real.lock(fd);
}

static void test_log_both_begin_at_once(void **state)
{
	struct session one = begin();

	(void)state;
	intruder = begin();
	io.lock = late_lock;
	assert_true(log_ready(one.log, NULL) != intruder_ready);
	assert_int_equal(logs(), 1);
	end(&one, true);
	end(&intruder, true);
	assert_int_equal(logs(), 0);
}

/* The other one asks while the log is locked, and nothing is in it yet. */
static struct error intruder_error;

static ssize_t late_pwrite(int fd, const void *buffer, size_t size,
			   off_t offset)
{
	io.pwrite = real.pwrite;
	intruder_ready = log_ready(intruder.log, &intruder_error);
	return real.pwrite(fd, buffer, size, offset);
}

static void test_log_that_says_nothing_yet(void **state)
{
	struct session one = begin();

	(void)state;
	intruder = begin();
	io.pwrite = late_pwrite;
	assert_true(log_ready(one.log, NULL));
	assert_false(intruder_ready);
	assert_non_null(strstr(intruder_error.message,
			       "another process is editing"));
	assert_int_equal(logs(), 1);
	end(&one, true);
	end(&intruder, true);
}

/* Two paths may have the same name for their logs. */
static void test_log_live_of_another_path(void **state)
{
	struct session one = begin(), other;
	char name[LOG_NAME_SIZE], taken[512], twin[80];

	(void)state;
	insert(&one, 0, "x");
	snprintf(twin, sizeof twin, "%s/twin", folder);
	write_file(twin, text);
	log_slot_name(twin, 0, name);
	snprintf(taken, sizeof taken, "%s/%s", sessions, name);
	assert_int_equal(rename(log_path(one.log), taken), 0);
	other.document = open_path(twin);
	other.log = log_attach(other.document, NULL);
	assert_int_equal(log_look(other.document, true).state, LOG_NONE);
	insert(&other, 0, "y");
	assert_null(log_problem(other.log));
	assert_string_not_equal(log_path(other.log), taken);
	assert_int_equal(logs(), 2);
	end(&other, false);
	end(&one, false);
	assert_int_equal(unlink(taken), 0);
}

/* Of two that live the first is told of. */
static void test_log_two_live(void **state)
{
	struct session one = begin(), other = begin();
	struct log_report report;

	(void)state;
	insert(&one, 0, "x");
	log_insist(other.log);
	insert(&other, 0, "y");
	report = log_look(other.document, true);
	assert_int_equal(report.state, LOG_LIVE);
	assert_string_equal(report.log, log_path(one.log));
	end(&other, false);
	end(&one, false);
}

/* A worker lives on after the process that started it. */
static bool work_forever(struct job_worker *worker, void *context,
			 struct error *error)
{
	(void)worker;
	(void)context;
	(void)error;
	for (;;)
		pause();
	return false;
}

static int no_death(void)
{
	return 0;
}

static void test_log_is_not_held_by_workers(void **state)
{
	int ends[2];
	pid_t worker = 0;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid_t child = child_fork();

	if (child == 0) {
		struct session session = begin();
		struct job_plan plan = {
			.work = work_forever, .chunks = 1, .workers = 1,
		};
		pid_t started;

		io.die_with_parent = no_death;
		insert(&session, 0, "x");
		assert_non_null(job_start(&plan, NULL));
		/* Who the worker is, its parent's children say. */
		char name[64];
		snprintf(name, sizeof name, "/proc/%d/task/%d/children",
			 (int)getpid(), (int)getpid());
		FILE *children = fopen(name, "r");
		if (!children || fscanf(children, "%d", &started) != 1)
			started = 0;
		if (write(ends[1], &started, sizeof started) < 0)
			_exit(1);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	assert_int_equal(read(ends[0], &worker, sizeof worker),
			 sizeof worker);
	close(ends[0]);
	close(ends[1]);
	if (worker == 0)
		skip();
	/* It closes the log before anything else, but it may not have begun
	 * yet. */
	while (look() == LOG_LIVE && kill(worker, 0) == 0)
		sched_yield();
	assert_int_equal(kill(worker, 0), 0);
	assert_int_equal(look(), LOG_LEFT);
	kill(worker, SIGKILL);
}

static void test_log_slots(void **state)
{
	struct session session;

	(void)state;
	/* What was left is never written over. */
	for (int i = 1; i <= LOG_SLOTS; i++) {
		session = begin();
		insert(&session, 0, "x");
		assert_null(log_problem(session.log));
		end(&session, true);
		assert_int_equal(logs(), i);
	}
	session = begin();
	insert(&session, 0, "x");
	assert_non_null(strstr(log_problem(session.log), "in the way"));
	assert_true(log_discard(session.document, NULL));
	log_tick(session.log);
	assert_null(log_problem(session.log));
	end(&session, false);
	assert_int_equal(logs(), LOG_SLOTS - 1);
}

/* --- taking up --- */

static void test_log_recover_after_death(void **state)
{
	struct log_report report;
	struct session session = { .document = open_document() };

	(void)state;
	die_with(edit_some);
	report = log_look(session.document, true);
	assert_int_equal(report.state, LOG_LEFT);
	assert_int_equal(report.edits, 3);
	assert_string_equal(report.path, path);
	document_close(session.document);
	session = recover(false);
	assert_content(session.document, some);
	assert_int_equal(document_state_count(session.document), 4);
	end(&session, true);
	/* It goes on. */
	session = recover(false);
	insert(&session, 0, "> ");
	end(&session, true);
	assert_int_equal(logs(), 1);
	session = recover(false);
	assert_int_equal(document_state_count(session.document), 5);
	end(&session, false);
	assert_int_equal(logs(), 0);
	assert_refused("no earlier session");
}

static void test_log_recover_passive(void **state)
{
	struct session session;
	struct save_plan done;

	(void)state;
	die_with(edit_some);
	session = recover(true);
	insert(&session, 0, "not logged ");
	end(&session, false);
	session = recover(true);
	assert_content(session.document, some);
	log_flush(session.log);
	assert_true(save_write(session.document, NULL, &done, NULL));
	assert_int_equal(logs(), 0);
	end(&session, true);
}

static void touch_file(void)
{
	struct timespec times[2] = { { 1, 0 }, { 1, 0 } };

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void test_log_recover_changed_file(void **state)
{
	struct session session;

	(void)state;
	die_with(edit_some);
	/* Another one with the same bytes where it matters. */
	write_file(path, "The quick brown cat jumps over the lazy dog");
	session = recover(true);
	assert_content(session.document,
		       "the very brown cat jumps over the lazy dog");
	end(&session, true);
	/* The deletion does not find "quick ". */
	write_file(path, "The quirk brown fox jumps over the lazy dog");
	assert_refused("has changed: the edit at 0x");
	assert_int_equal(look(), LOG_LEFT);
}

static void append(struct session *session)
{
	insert(session, sizeof text - 1, "!");
}

static void test_log_recover_at_moved_end(void **state)
{
	(void)state;
	die_with(append);
	write_file(path, "The quick brown fox jumps over the lazy dog, and");
	assert_refused("has changed");
	write_file(path, text);
	touch_file();
	struct session session = recover(true);
	assert_int_equal(document_size(session.document), sizeof text);
	end(&session, true);
}

/* --- bytes of the file that stand elsewhere --- */

/* So many are not copied into a clip, and the log has a checksum of them. */
enum {
	MOVED = DOCUMENT_GRANULE_MAXIMUM + 1,
	MOVED_FROM = 4,
	MOVED_TO = 2 * MOVED,
	PART_SIZE = 3 * MOVED,
};

static void write_pattern(void)
{
	static char bytes[PART_SIZE + 1];

	for (int i = 0; i < PART_SIZE; i++)
		bytes[i] = (char)('A' + i % 50);
	bytes[PART_SIZE] = '\0';
	write_file(path, bytes);
}

static void edit_copied(struct session *session)
{
	struct clip *clip = document_copy(session->document,
					  range_of(MOVED_FROM, MOVED), NULL);

	assert_true(log_ready(session->log, NULL));
	assert_true(document_paste(session->document, range_of(MOVED_TO, 0),
				   clip, NULL));
	clip_free(clip);
}

static ssize_t moved_read_result;

static ssize_t read_moved(int fd, void *buffer, size_t size, off_t offset)
{
	if (offset != MOVED_FROM)
		return real.pread(fd, buffer, size, offset);
	errno = EIO;
	return moved_read_result;
}

static void test_log_recover_copied_bytes(void **state)
{
	struct session session;
	static unsigned char bytes[MOVED];

	(void)state;
	/* Only with tiny sizes; else there is no checksum of so many. */
	if ((int)MOVED > (int)LOG_KNOWN_MAXIMUM)
		skip();
	write_pattern();
	die_with(edit_copied);
	touch_file();
	session = recover(true);
	assert_int_equal(document_read(session.document, MOVED_TO, bytes,
				       MOVED), MOVED);
	for (int i = 0; i < MOVED; i++)
		assert_int_equal(bytes[i], 'A' + (MOVED_FROM + i) % 50);
	end(&session, true);
	io.pread = read_moved;
	moved_read_result = -1;
	assert_refused("can't read");
	moved_read_result = 0;
	assert_refused("its bytes at 0x4 are not those that the log knows");
	io.pread = real.pread;

	int fd = open(path, O_WRONLY);

	assert_int_equal(pwrite(fd, "?", 1, MOVED_FROM + 1), 1);
	close(fd);
	assert_refused("its bytes at 0x4 are not those that the log knows");
}

static void edit_copied_much(struct session *session)
{
	struct document *document = session->document;
	struct clip *clip = document_copy(document,
					  range_of(0, LOG_KNOWN_MAXIMUM + 1),
					  NULL);

	assert_true(log_ready(session->log, NULL));
	assert_true(document_paste(document, range_of(document_size(document),
						      0), clip, NULL));
	clip_free(clip);
}

static void test_log_recover_too_many_copied_bytes(void **state)
{
	(void)state;
	assert_int_equal(truncate(path, 2 * LOG_KNOWN_MAXIMUM), 0);
	die_with(edit_copied_much);
	touch_file();
	assert_refused("does not know enough of its bytes at 0x0");
}

/* --- bytes of another file --- */

/* So many are not copied into a log. */
enum { PASTED = LOG_KNOWN_MAXIMUM + DOCUMENT_GRANULE_MAXIMUM, PASTED_TO = 4 };

static void paste_from(struct document *document, const char *name)
{
	struct document *other = open_path(name);
	struct clip *clip = document_copy(other, range_of(0, PASTED), NULL);
	struct clip *ours = document_clip_from(document, clip, NULL);

	assert_true(document_paste(document, range_of(PASTED_TO, 0), ours,
				   NULL));
	clip_free(ours);
	clip_free(clip);
	document_close(other);
}

static char *no_realpath(const char *name, char *resolved)
{
	(void)name, (void)resolved;
	errno = EIO;
	return NULL;
}

static void edit_pasted(struct session *session)
{
	assert_int_equal(chdir(folder), 0);
	assert_true(log_ready(session->log, NULL));
	paste_from(session->document, "other");
	assert_int_equal(chdir("/"), 0);
}

/* Where the way to the other file cannot be found out, it is the one by which
 * that was opened. */
static void edit_pasted_unresolved(struct session *session)
{
	char name[64];

	snprintf(name, sizeof name, "%s/other", folder);
	assert_true(log_ready(session->log, NULL));
	io.realpath = no_realpath;
	paste_from(session->document, name);
	io.realpath = real.realpath;
}

static char *other_file(off_t size)
{
	static char name[64];

	snprintf(name, sizeof name, "%s/other", folder);
	write_file(name, "other bytes");
	assert_int_equal(truncate(name, size), 0);
	return name;
}

static void assert_pasted(struct session *session)
{
	char bytes[12] = "";

	assert_int_equal(document_size(session->document),
			 sizeof text - 1 + PASTED);
	document_read(session->document, PASTED_TO, bytes, 11);
	assert_string_equal(bytes, "other bytes");
}

/* They are what the other file has, whatever became of ours. */
static void test_log_recover_others_bytes(void **state)
{
	void (*const edits[])(struct session *session) = {
		edit_pasted, edit_pasted_unresolved,
	};
	const char *other = other_file(2 * PASTED);

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct session session = begin();
		edits[i](&session);
		end(&session, true);
		for (int changed = 0; changed < 2; changed++) {
			if (changed)
				touch_file();
			session = recover(true);
			assert_pasted(&session);
			end(&session, true);
		}
		session_discard();
	}
	die_with(edit_pasted);
	assert_int_equal(truncate(other, 2 * PASTED + 1), 0);
	assert_refused("other has changed since");
}

/* --- while it is behind --- */

static int rename_error;

static int broken_renameat(int from_folder, const char *from, int to_folder,
			   const char *to)
{
	errno = rename_error;
	if (rename_error == EINTR)
		rename_error = 0;
	return errno ? -1 : real.renameat(from_folder, from, to_folder, to);
}

static void test_log_stays_behind(void **state)
{
	struct session session = begin();
	struct range touched;

	(void)state;
	log_moved(session.log);
	assert_null(log_path(session.log));
	insert(&session, 0, "one ");
	io.pwrite = full_pwrite;
	full = true;
	insert(&session, 0, "two ");
	/* Not again within a second, and not at each change of state. */
	assert_true(document_insert(session.document, 0, "three ", 6, NULL));
	assert_true(document_undo(session.document, &touched, NULL));
	assert_true(document_redo(session.document, &touched, NULL));
	assert_non_null(log_problem(session.log));
	full = false;
	io.renameat = broken_renameat;
	rename_error = EIO;
	log_tick(session.log);
	assert_non_null(strstr(log_problem(session.log), "can't replace"));
	rename_error = EINTR;
	log_tick(session.log);
	assert_null(log_problem(session.log));
	end(&session, true);
	session = recover(true);
	assert_content(session.document, "three two one The quick brown fox "
		       "jumps over the lazy dog");
	end(&session, true);
}

/* As if it had tried the last time that long ago. */
static void let_pass(struct session *session, int milliseconds)
{
	session->log->tried -= milliseconds;
}

/* An undo is the first that happens behind a flush. */
static void test_log_begins_at_undo(void **state)
{
	struct session session = begin();
	struct save_plan done;
	struct range touched;

	(void)state;
	insert(&session, 0, "one ");
	insert(&session, 0, "two ");
	assert_true(save_write(session.document, NULL, &done, NULL));
	assert_null(log_path(session.log));
	assert_true(document_undo(session.document, &touched, NULL));
	assert_non_null(log_path(session.log));
	end(&session, true);
	session = recover(true);
	assert_content(session.document, "one The quick brown fox jumps over "
		       "the lazy dog");
	end(&session, true);
}

/* There is room again when a step is undone: the log begins anew, and the step
 * is made once. */
static void test_log_catches_up_at_undo(void **state)
{
	struct session session = begin();
	struct range touched;

	(void)state;
	insert(&session, 0, "one ");
	io.pwrite = full_pwrite;
	full = true;
	insert(&session, 0, "two ");
	assert_non_null(log_problem(session.log));
	full = false;
	let_pass(&session, 1000);
	assert_true(document_undo(session.document, &touched, NULL));
	assert_null(log_problem(session.log));
	end(&session, true);
	session = recover(true);
	assert_content(session.document, "one The quick brown fox jumps over "
		       "the lazy dog");
	end(&session, true);
}

static void edit_large(struct session *session)
{
	struct document *document = session->document;
	struct clip *clip;

	assert_true(log_ready(session->log, NULL));
	assert_true(document_fill(document, (struct range){
		0, document_size(document) }, "ab", 2, NULL));
	clip = document_copy(document, range_of(10, 20), NULL);
	assert_true(document_paste(document, range_of(5, 0), clip, NULL));
	clip_free(clip);
	assert_true(document_delete(document, (struct range){
		30, document_size(document) - 3 }, NULL));
}

static void test_log_of_a_huge_file(void **state)
{
	struct stat status;
	struct session session;

	(void)state;
	assert_int_equal(truncate(path, (off_t)1 << 32), 0);
	session = begin();
	edit_large(&session);
	assert_int_equal(stat(log_path(session.log), &status), 0);
	assert_true(status.st_size < 1 << 20);
	end(&session, true);
	session = recover(true);
	assert_content(session.document, "ababa" "abababababababababab"
		       "babab" "bab");
	end(&session, true);
	/* The log cannot know all that has been taken away. */
	touch_file();
	assert_refused("does not hold what the edit at 0x0 has taken away");
}

/* Only with tiny sizes is that little enough for a test. */
static void test_log_of_too_much(void **state)
{
	struct session session = begin();
	size_t length = (size_t)LOG_VERBATIM_MAXIMUM + 1;
	struct range touched;

	(void)state;
	if (length > 1 << 20) {
		end(&session, false);
		skip();
	}

	unsigned char *bytes = calloc(length, 1);

	insert(&session, 0, "x");
	assert_true(document_insert(session.document, 0, bytes, length, NULL));
	assert_non_null(strstr(log_problem(session.log), "of new bytes"));
	log_tick(session.log);
	assert_non_null(log_problem(session.log));
	assert_true(document_undo(session.document, &touched, NULL));
	log_tick(session.log);
	assert_null(log_problem(session.log));
	free(bytes);
	end(&session, true);
	session = recover(true);
	assert_int_equal(document_size(session.document), sizeof text);
	end(&session, true);
}

static void edit_and_flush(struct session *session)
{
	edit_some(session);
	log_flush(session->log);
}

static void test_log_flush_that_was_done(void **state)
{
	(void)state;
	/* The process dies once the file is there, and before it knows. */
	die_with(edit_and_flush);
	assert_int_equal(look(), LOG_LEFT);
	write_file(path, some);
	/* Whoever only looks takes nothing away. */
	struct document *document = open_document();
	assert_int_equal(log_look(document, false).state, LOG_NONE);
	assert_refused("no earlier session");
	document_close(document);
	assert_int_equal(logs(), 1);
	assert_int_equal(look(), LOG_NONE);
	assert_int_equal(logs(), 0);
}

/* More than is remembered of a flush. */
enum { MUCH = LOG_FLUSH_BYTES < 1000 ? 10000 : 3 * LOG_FLUSH_BYTES };

/* The file with MUCH in it. */
static const char *with_much(void)
{
	static char all[sizeof text + MUCH];

	memcpy(all, text, 4);
	memset(all + 4, 'x', MUCH);
	memcpy(all + 4 + MUCH, text + 4, sizeof text - 4);
	return all;
}

static void insert_much_and_flush(struct session *session)
{
	assert_true(log_ready(session->log, NULL));
	assert_true(document_insert(session->document, 4, with_much() + 4, MUCH,
				    NULL));
	log_flush(session->log);
}

/* The file has bad blocks. */
static ssize_t bad_pread(int fd, void *buffer, size_t size, off_t offset)
{
	struct stat one, other;

	if (offset < 4096 || fstat(fd, &one) != 0 || stat(path, &other) != 0
	    || one.st_ino != other.st_ino)
		return real.pread(fd, buffer, size, offset);
	errno = EIO;
	return -1;
}

/* Its end is asked for too, and what cannot be read has not been written. */
static void test_log_flush_of_much(void **state)
{
	char *other = strdup(with_much());

	(void)state;
	die_with(insert_much_and_flush);
	/* It has come as far as this. */
	other[MUCH] = '.';
	write_file(path, other);
	free(other);
	assert_int_equal(look(), LOG_LEFT);
	write_file(path, with_much());
	io.pread = bad_pread;
	assert_int_equal(look(), LOG_LEFT);
	io.pread = real.pread;
	assert_int_equal(look(), LOG_NONE);
	assert_int_equal(logs(), 0);
}

static int held_lock(int fd)
{
	(void)fd;
	errno = EAGAIN;
	return -1;
}

/* Somebody has taken it up meanwhile, so it is his. */
static void test_log_flush_that_was_done_and_is_held(void **state)
{
	(void)state;
	die_with(edit_and_flush);
	write_file(path, some);
	io.lock = held_lock;
	assert_int_equal(look(), LOG_NONE);
	assert_int_equal(logs(), 1);
	io.lock = real.lock;
	assert_int_equal(look(), LOG_NONE);
	assert_int_equal(logs(), 0);
}

static void test_log_flush_that_was_not(void **state)
{
	(void)state;
	die_with(edit_and_flush);
	touch_file();
	struct session session = recover(false);
	assert_content(session.document, some);
	/* And one that was made in vain, before more was edited. */
	log_flush(session.log);
	insert(&session, 0, "> ");
	end(&session, true);
	write_file(path, some);
	assert_refused("has changed");
}

static bool show_entry(void *context, const struct log_entry *entry)
{
	char *out = context;

	sprintf(out + strlen(out), "%d %llu %llu %llu %llu;", entry->edit,
		(unsigned long long)entry->range.start,
		(unsigned long long)range_length(entry->range),
		(unsigned long long)entry->length,
		(unsigned long long)entry->state);
	return true;
}

static void edit_and_undo(struct session *session)
{
	struct range touched;

	edit_some(session);
	document_undo(session->document, &touched, NULL);
}

static void test_log_show(void **state)
{
	struct document *document = open_document();
	char out[256] = "";

	(void)state;
	die_with(edit_and_undo);
	assert_true(log_show(document, show_entry, out, NULL));
	assert_string_equal(out, "1 4 0 5 1;1 9 6 0 2;1 0 1 1 3;0 0 0 0 2;");
	assert_true(log_discard(document, NULL));
	assert_false(log_show(document, show_entry, out, NULL));
	document_close(document);
}

/* --- what is refused --- */

static char *only_log(void)
{
	static char name[512];
	DIR *entries = opendir(sessions);
	struct dirent *entry;

	assert_non_null(entries);
	while ((entry = readdir(entries)) && entry->d_name[0] == '.')
		;
	assert_non_null(entry);
	snprintf(name, sizeof name, "%s/%s", sessions, entry->d_name);
	closedir(entries);
	return name;
}

static void put_byte(const char *name, off_t offset, unsigned change)
{
	int fd = open(name, O_RDWR);
	unsigned char byte = 0;

	assert_true(pread(fd, &byte, 1, offset) >= 0);
	byte ^= (unsigned char)change;
	assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
	close(fd);
}

static void test_log_damaged_anywhere(void **state)
{
	struct stat status;

	(void)state;
	die_with(edit_some);

	char *name = only_log();

	assert_int_equal(stat(name, &status), 0);
	for (off_t i = 0; i < status.st_size; i++) {
		struct document *document = open_document();
		struct log_report report;

		put_byte(name, i, 0x40);
		report = log_look(document, true);
		/* Either it says where, or the last record is the one that a
		 * cut could have left so. */
		if (report.state == LOG_DAMAGED)
			assert_non_null(strstr(report.error.message, "byte "));
		else
			assert_true(report.state == LOG_LEFT
				    && report.edits == 2);
		put_byte(name, i, 0x40);
		document_close(document);
	}
	assert_int_equal(look(), LOG_LEFT);
}

static void test_log_recover_what_is_before_the_damage(void **state)
{
	struct document *document = open_document();
	struct log_report report;
	struct stat status;

	(void)state;
	die_with(edit_some);

	char *name = only_log();

	/* In the second edit, of about 50 bytes each. */
	assert_int_equal(stat(name, &status), 0);
	put_byte(name, status.st_size - 60, 1);
	assert_refused("damaged, and more stands behind");

	struct log *log = log_recover(document, false, true, &report, NULL);

	assert_non_null(log);
	assert_content(document, "The very quick brown fox jumps over the "
		       "lazy dog");
	assert_true(log_ready(log, NULL));
	assert_int_equal(logs(), 2);
	log_close(log, false);
	document_close(document);
	assert_int_equal(logs(), 1);
}

static void assert_damaged(const char *words)
{
	struct document *document = open_document();
	struct log_report report = log_look(document, true);

	assert_int_equal(report.state, LOG_DAMAGED);
	if (!strstr(report.error.message, words))
		fail_msg("\"%s\" does not say \"%s\"", report.error.message,
			 words);
	document_close(document);
}

static void test_log_foreign(void **state)
{
	char *name, other[600];

	(void)state;
	die_with(edit_some);
	name = only_log();
	chmod(name, 0644);
	assert_damaged("not a file of yours alone");
	chmod(name, 0600);
	snprintf(other, sizeof other, "%s/link", folder);
	assert_int_equal(link(name, other), 0);
	assert_damaged("not a file of yours alone");
	unlink(name);
	assert_int_equal(symlink(other, name), 0);
	assert_damaged("can't open");
	unlink(name);
	write_file(name, "something else that is long enough");
	assert_damaged("byte 0: not a session log");
	assert_refused("byte 0: not a session log");
	unlink(name);
	assert_int_equal(rename(other, name), 0);
	put_byte(name, 8, 3);
	assert_damaged("byte 8: version 2");
	put_byte(name, 8, 3);
	assert_int_equal(look(), LOG_LEFT);
	/* One for another path, though under this name. */
	struct document *document = open_document();
	snprintf(other, sizeof other, "%s/moved", folder);
	assert_int_equal(rename(path, other), 0);
	write_file(path, text);
	assert_int_equal(look(), LOG_LEFT);
	document_close(document);
}

static void edit_nothing(struct session *session)
{
	assert_true(log_ready(session->log, NULL));
}

static void test_log_clean(void **state)
{
	struct timespec old[2] = {
		{ time(NULL) - 31 * 24 * 3600, 0 },
		{ time(NULL) - 31 * 24 * 3600, 0 },
	};
	struct session session;
	char name[600];

	(void)state;
	die_with(edit_some);
	assert_int_equal(utimensat(AT_FDCWD, only_log(), old, 0), 0);
	log_clean();
	assert_int_equal(logs(), 1);
	/* One in which nothing is unsaved; and one that a process has. */
	unlink(only_log());
	die_with(edit_nothing);
	assert_int_equal(logs(), 1);
	log_clean();
	assert_int_equal(logs(), 1);
	assert_int_equal(utimensat(AT_FDCWD, only_log(), old, 0), 0);
	log_clean();
	assert_int_equal(logs(), 0);
	log_clean();
	session = begin();
	assert_true(log_ready(session.log, NULL));
	snprintf(name, sizeof name, "%s", log_path(session.log));
	assert_int_equal(utimensat(AT_FDCWD, name, old, 0), 0);
	log_clean();
	assert_int_equal(logs(), 1);
	unlink(name);
	write_file(name, "");
	assert_int_equal(utimensat(AT_FDCWD, name, old, 0), 0);
	log_clean();
	assert_int_equal(logs(), 0);
	end(&session, true);
}

/* --- saved sessions --- */

struct loaded {
	struct document *document;
	struct log_place place;
	char error[ERROR_MESSAGE_SIZE];
	int count;
};

static struct document *load_open(void *context, const char *name,
				  struct error *error)
{
	struct file *file = file_open(name, NULL, NULL, error);

	(void)context;
	return file ? document_open(file, error) : NULL;
}

static void load_done(void *context, struct document *document,
		      const struct log_place *place, const struct error *error)
{
	struct loaded *loaded = context;

	loaded->count++;
	loaded->place = *place;
	if (error)
		strcpy(loaded->error, error->message);
	if (error)
		document_close(document);
	else
		loaded->document = document;
}

static bool save(const char *name, bool overwrite, struct error *error)
{
	struct document *document = open_document();
	struct log_place place = { .cursor = 7 };
	struct log_session *session = log_session_begin(name, overwrite,
							error);
	bool done = false;

	place.marked['a'] = true;
	place.marks['a'] = 12345;
	if (session) {
		document_insert(document, 4, "very ", 5, NULL);
		document_delete(document, range_of(9, 6), NULL);
		document_overwrite(document, 0, "t", 1, NULL);
		document_fill(document, range_of(30, 10), "-", 1, NULL);
		assert_true(log_session_add(session, document, &place,
					    error));
		done = log_session_end(session, error);
	}
	document_close(document);
	return done;
}

static bool load(const char *name, struct loaded *loaded, struct error *error)
{
	const struct log_loader loader = { load_open, load_done, loaded };

	*loaded = (struct loaded){ .count = 0 };
	return log_session_load(name, &loader, error);
}

static void test_log_session(void **state)
{
	struct loaded loaded;
	struct error error;

	(void)state;
	assert_true(save("one", false, &error));
	assert_true(load("one", &loaded, &error));
	assert_int_equal(loaded.count, 1);
	assert_content(loaded.document,
		       "the very brown fox jumps over ----------og");
	assert_int_equal(document_state_count(loaded.document), 2);
	assert_int_equal(loaded.place.cursor, 7);
	assert_true(loaded.place.marked['a']);
	assert_int_equal(loaded.place.marks['a'], 12345);
	document_close(loaded.document);
}

static void test_log_session_names(void **state)
{
	struct loaded loaded;
	struct error error;

	(void)state;
	assert_false(save(".one", false, &error));
	assert_false(save("a/b", false, &error));
	assert_false(save("", false, &error));
	assert_false(load("../sessions/x", &loaded, &error));
	assert_true(save("one", false, &error));
	assert_false(save("one", false, &error));
	assert_non_null(strstr(error.message, "there is a session one"));
	assert_true(save("one", true, &error));
	assert_false(load("two", &loaded, &error));
}

static void test_log_session_changed_file(void **state)
{
	struct loaded loaded;
	struct error error;

	(void)state;
	assert_true(save("one", false, &error));
	write_file(path, "The quirk brown fox jumps over the lazy dog");
	assert_true(load("one", &loaded, &error));
	assert_non_null(strstr(loaded.error, "has changed"));
	write_file(path, text);
	touch_file();
	assert_true(load("one", &loaded, &error));
	assert_string_equal(loaded.error, "");
	document_close(loaded.document);
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(load("one", &loaded, &error));
	assert_int_equal(loaded.count, 1);
	assert_string_not_equal(loaded.error, "");
}

static void test_log_session_damaged(void **state)
{
	struct loaded loaded;
	struct error error;
	struct stat status;
	char name[256];

	(void)state;
	assert_true(save("one", false, &error));
	snprintf(name, sizeof name, "%s/octavo/saved/one", state_path);
	assert_int_equal(stat(name, &status), 0);
	for (off_t i = 0; i < status.st_size; i++) {
		put_byte(name, i, 1);
		assert_false(load("one", &loaded, &error));
		assert_int_equal(loaded.count, 0);
		assert_non_null(strstr(error.message, "byte "));
		put_byte(name, i, 1);
	}
	for (off_t i = status.st_size; i-- > 0;) {
		assert_int_equal(truncate(name, i), 0);
		assert_false(load("one", &loaded, &error));
		assert_int_equal(loaded.count, 0);
	}
}

static bool list_entry(void *context, const struct log_listed *listed)
{
	char *out = context;

	sprintf(out + strlen(out), "%d %s %d %llu;", listed->saved,
		listed->name, (int)listed->report.state,
		(unsigned long long)listed->report.edits);
	return true;
}

static void test_log_list(void **state)
{
	struct session session;
	char out[512] = "", expected[512];

	(void)state;
	assert_true(log_list(list_entry, out, NULL));
	assert_string_equal(out, "");
	assert_true(save("one", false, NULL));
	die_with(edit_some);
	session = begin();
	insert(&session, 0, "x");
	assert_true(log_list(list_entry, out, NULL));
	snprintf(expected, sizeof expected, "1 one 1 3;0 %s 1 3;0 %s 3 1;",
		 path, path);
	assert_string_equal(out, expected);
	end(&session, false);
}

/* Not logs in which nothing is unsaved, but all sessions. */
static void test_log_list_without_edits(void **state)
{
	struct document *document = open_document();
	struct log_place place = { .cursor = 0 };
	struct log_session *saved;
	char out[512] = "";

	(void)state;
	die_with(edit_nothing);
	assert_int_equal(logs(), 1);
	assert_true(log_list(list_entry, out, NULL));
	assert_string_equal(out, "");
	assert_int_equal(unlink(only_log()), 0);
	assert_true(log_list(list_entry, out, NULL));
	assert_string_equal(out, "");
	saved = log_session_begin("one", false, NULL);
	assert_non_null(saved);
	assert_true(log_session_add(saved, document, &place, NULL));
	assert_true(log_session_end(saved, NULL));
	assert_true(log_list(list_entry, out, NULL));
	assert_string_equal(out, "1 one 1 0;");
	document_close(document);
}

/* --- several --- */

static void edit_insisting(struct session *session)
{
	assert_false(log_ready(session->log, NULL));
	log_insist(session->log);
	insert(session, 0, "mine ");
}

/* One that lives comes before one that was left, whichever was first. */
static void test_log_live_beside_left(void **state)
{
	struct session session;

	(void)state;
	die_with(edit_some);
	session = begin();
	insert(&session, 0, "x");
	assert_int_equal(logs(), 2);
	assert_int_equal(look(), LOG_LIVE);
	end(&session, false);
	assert_int_equal(look(), LOG_LEFT);
	assert_int_equal(unlink(only_log()), 0);
	session = begin();
	insert(&session, 0, "x");
	die_with(edit_insisting);
	assert_int_equal(logs(), 2);
	assert_int_equal(look(), LOG_LIVE);
	end(&session, false);
	assert_int_equal(look(), LOG_LEFT);
}

/* A log by hand, of a file with that inode, taken up at TIME, that ends in a
 * flush. */
static void write_log(unsigned slot, uint64_t inode, int64_t time_taken_up)
{
	struct log_buffer buffer = { .identity.exists = true };
	struct log_resume resume = {
		.time = time_taken_up,
		.identity = { .exists = true, .file.inode = (ino_t)inode },
	};
	struct log_flush flush = { .time = time_taken_up };
	struct log_writer writer;
	struct log_file file;
	char name[LOG_NAME_SIZE];

	snprintf(buffer.path, sizeof buffer.path, "%s", path);
	log_slot_name(path, slot, name);
	assert_true(log_folder_open(&file, false, true, NULL));
	log_file_name(&file, name);
	assert_true(log_file_create(&file, NULL));
	assert_true(log_writer_begin(&writer, file.fd, NULL));
	log_put_start(&writer, false);
	log_put_buffer(&writer, &buffer);
	log_put_resume(&writer, &resume);
	log_put_flush(&writer, &flush);
	assert_false(writer.failed);
	log_writer_end(&writer);
	log_file_close(&file);
}

static void test_log_knows_the_newest(void **state)
{
	struct document *document = open_document();
	struct file_identity known;
	int64_t now = time(NULL);

	(void)state;
	assert_false(log_knows(document, &known));
	write_log(1, 11, now - 1000);
	write_log(2, 12, now - 10);
	write_log(3, 13, now - 100);
	assert_true(log_knows(document, &known));
	assert_int_equal(known.inode, 12);
	document_close(document);
}

/* Nothing, while a process has it, and where there was no file. */
static void test_log_knows_nothing(void **state)
{
	struct session session = begin();
	struct file_identity known;

	(void)state;
	insert(&session, 0, "x");
	log_flush(session.log);
	assert_false(log_knows(session.document, &known));
	end(&session, true);
	session.document = open_document();
	assert_true(log_knows(session.document, &known));
	assert_true(log_discard(session.document, NULL));
	document_close(session.document);
	unlink(path);
	session = begin();
	insert(&session, 0, "x");
	log_flush(session.log);
	end(&session, true);
	assert_int_equal(look(), LOG_LEFT);
	session.document = open_document();
	assert_false(log_knows(session.document, &known));
	document_close(session.document);
}

static bool stop_show(void *context, const struct log_entry *entry)
{
	(void)entry;
	return --*(int *)context > 0;
}

static void test_log_show_stops(void **state)
{
	struct document *document = open_document();
	int left = 2;

	(void)state;
	die_with(edit_and_undo);
	assert_true(log_show(document, stop_show, &left, NULL));
	assert_int_equal(left, 0);
	left = 4;
	assert_true(log_show(document, stop_show, &left, NULL));
	assert_int_equal(left, 0);
	document_close(document);
}

/* A log that is only held says nothing of what is done. */
static void test_log_passive_says_nothing(void **state)
{
	struct session session;
	struct stat before, after;

	(void)state;
	die_with(edit_some);
	session = recover(true);
	assert_int_equal(stat(only_log(), &before), 0);
	log_tick(session.log);
	log_moved(session.log);
	assert_true(document_undo(session.document, &(struct range){ 0, 0 },
				  NULL));
	assert_int_equal(stat(only_log(), &after), 0);
	assert_int_equal(before.st_size, after.st_size);
	end(&session, true);
	assert_int_equal(look(), LOG_LEFT);
}

/* More is deleted, and more overwritten, than a log keeps of it. */
static void test_log_session_of_large_changes(void **state)
{
	static const char bytes[300] = "more than a few";
	struct document *document;
	struct log_place place = { .cursor = 0 };
	struct log_session *session;
	struct loaded loaded;
	char there[sizeof bytes];

	(void)state;
	assert_int_equal(truncate(path, 3 * LOG_KNOWN_MAXIMUM + 3000), 0);
	document = open_document();
	assert_true(document_overwrite(document, 100, bytes, sizeof bytes,
				       NULL));
	assert_true(document_delete(document, range_of(1000,
				    LOG_KNOWN_MAXIMUM + 1000), NULL));
	session = log_session_begin("large", false, NULL);
	assert_non_null(session);
	assert_true(log_session_add(session, document, &place, NULL));
	assert_true(log_session_end(session, NULL));
	assert_true(load("large", &loaded, NULL));
	assert_string_equal(loaded.error, "");
	assert_int_equal(document_size(loaded.document),
			 document_size(document));
	document_read(loaded.document, 100, there, sizeof there);
	assert_memory_equal(there, bytes, sizeof bytes);
	document_close(loaded.document);
	document_close(document);
}

/* Of a new file, and of another's bytes, which are in it where they are few. */
static void test_log_session_of_other_bytes(void **state)
{
	struct log_place place = { .cursor = 0 };
	struct document *document;
	struct log_session *session;
	struct loaded loaded;
	char *other = other_file(2 * PASTED), name[80], bytes[12] = "";

	(void)state;
	snprintf(name, sizeof name, "%s/new", folder);
	document = open_path(name);
	assert_true(document_insert(document, 0, "0123456789", 10, NULL));
	paste_from(document, other);
	assert_true(document_delete(document, (struct range){
		PASTED_TO + LOG_KNOWN_MAXIMUM, PASTED_TO + PASTED }, NULL));
	session = log_session_begin("new", false, NULL);
	assert_non_null(session);
	assert_true(log_session_add(session, document, &place, NULL));
	assert_true(log_session_end(session, NULL));
	assert_int_equal(unlink(other), 0);
	assert_true(load("new", &loaded, NULL));
	assert_string_equal(loaded.error, "");
	assert_int_equal(document_size(loaded.document),
			 10 + LOG_KNOWN_MAXIMUM);
	document_read(loaded.document, PASTED_TO, bytes, 11);
	assert_string_equal(bytes, "other bytes");
	document_close(loaded.document);
	document_close(document);
}

static int unknown_fsync(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	errno = EINVAL;
	return S_ISDIR(status.st_mode) ? -1 : real.fsync(fd);
}

/* Not every file system knows how to sync a folder. */
static void test_log_session_folder_without_sync(void **state)
{
	struct loaded loaded;

	(void)state;
	io.fsync = unknown_fsync;
	assert_true(save("one", false, NULL));
	io.fsync = real.fsync;
	assert_true(load("one", &loaded, NULL));
	assert_string_equal(loaded.error, "");
	document_close(loaded.document);
}

static void test_log_session_long_name(void **state)
{
	char name[LOG_MARKS * 2];
	struct error error;

	(void)state;
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	assert_false(save(name, false, &error));
	assert_non_null(strstr(error.message, "shorter"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, clean_up)
	const struct CMUnitTest tests[] = {
		TEST(test_log_begins_with_first_edit),
		TEST(test_log_is_removed_with_nothing_unsaved),
		TEST(test_log_is_removed_by_flush),
		TEST(test_log_of_a_file_that_grows),
		TEST(test_log_knows_what_was_decided),
		TEST(test_log_of_a_new_file),
		TEST(test_log_of_a_removed_log),
		TEST(test_log_of_a_name_taken_by_another),
		TEST(test_log_without_a_folder),
		TEST(test_log_of_a_folder_open_to_others),
		TEST(test_log_on_a_full_disk),
		TEST(test_log_cannot_be_renewed),
		TEST(test_log_that_cannot_be_synced),
		TEST(test_log_is_synced),
		TEST(test_log_live),
		TEST(test_log_both_begin_at_once),
		TEST(test_log_that_says_nothing_yet),
		TEST(test_log_live_of_another_path),
		TEST(test_log_two_live),
		TEST(test_log_is_not_held_by_workers),
		TEST(test_log_slots),
		TEST(test_log_recover_after_death),
		TEST(test_log_recover_passive),
		TEST(test_log_recover_changed_file),
		TEST(test_log_recover_at_moved_end),
		TEST(test_log_recover_copied_bytes),
		TEST(test_log_recover_too_many_copied_bytes),
		TEST(test_log_recover_others_bytes),
		TEST(test_log_stays_behind),
		TEST(test_log_begins_at_undo),
		TEST(test_log_catches_up_at_undo),
		TEST(test_log_of_a_huge_file),
		TEST(test_log_of_too_much),
		TEST(test_log_flush_that_was_done),
		TEST(test_log_flush_that_was_done_and_is_held),
		TEST(test_log_flush_of_much),
		TEST(test_log_flush_that_was_not),
		TEST(test_log_show),
		TEST(test_log_damaged_anywhere),
		TEST(test_log_recover_what_is_before_the_damage),
		TEST(test_log_foreign),
		TEST(test_log_clean),
		TEST(test_log_session),
		TEST(test_log_session_names),
		TEST(test_log_session_changed_file),
		TEST(test_log_session_damaged),
		TEST(test_log_list),
		TEST(test_log_list_without_edits),
		TEST(test_log_live_beside_left),
		TEST(test_log_knows_the_newest),
		TEST(test_log_knows_nothing),
		TEST(test_log_show_stops),
		TEST(test_log_passive_says_nothing),
		TEST(test_log_session_of_large_changes),
		TEST(test_log_session_of_other_bytes),
		TEST(test_log_session_folder_without_sync),
		TEST(test_log_session_long_name),
	};

	real = io;
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof path, "%s/file", folder);
	snprintf(state_path, sizeof state_path, "%s/state", folder);
	snprintf(sessions, sizeof sessions, "%s/octavo/sessions", state_path);
	setenv("XDG_STATE_HOME", state_path, 1);

	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rmdir(folder);
	return failed;
}
