/*
 * The log under faults: each system call fails in turn, once or from then on,
 * or is the last one before the process is killed; each allocation fails.
 *
 * Whatever happens, the document is edited as if nothing had; what a log holds
 * is the document after some edit; and unless log_problem has said otherwise,
 * after the last one.
 */
#include "octavo/log.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "memory.h"
#include "octavo/save.h"
#include "simulator.h"

static char memory_folder[] = "/dev/shm/octavo-XXXXXX";
static char other_folder[] = "/tmp/octavo-XXXXXX";
static char *folder;
static char path[64], state_path[64];

static const char text[] = "The quick brown fox jumps over the lazy dog. ";

/* --- faults --- */

/* Real syncs would only cost time here; and the thread that libc has for them
 * does not come along into the children, while what it had locked stays
 * locked there. */
static int done_aio_fsync(int flag, struct aiocb *request)
{
	(void)flag;
	(void)request;
	return 0;
}

static int done_aio_error(const struct aiocb *request)
{
	(void)request;
	return 0;
}

static ssize_t done_aio_return(struct aiocb *request)
{
	(void)request;
	return 0;
}

static long countdown;
static bool for_good;

static bool refuse(void)
{
	if (countdown > 0) {
		countdown--;
		return false;
	}
	if (!for_good)
		memory_refuse = NULL;
	return true;
}

/* --- the script --- */

enum { EDITS = 14, LONGEST = 1024 };

struct content {
	size_t length;
	char bytes[LONGEST];
};

/* The document after each edit, and after how many it was how it is. */
static struct content expected[EDITS + 1];

static struct document *open_document(void)
{
	struct document *document =
		document_open(file_open(path, NULL, NULL, NULL), NULL);

	assert_non_null(document);
	return document;
}

static struct content content_of(const struct document *document)
{
	struct content content = { .length = 0 };

	content.length = document_read(document, 0, content.bytes, LONGEST);
	return content;
}

static bool same(const struct content *one, const struct content *other)
{
	return one->length == other->length
	       && memcmp(one->bytes, other->bytes, one->length) == 0;
}

static void make_file(void)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	for (int i = 0; i < 4; i++)
		assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static bool edit(struct document *document, int number)
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

/* How many edits the child has made, seen by its parent; and how many of them
 * are said to be protected. */
static volatile int *made;
static int protected;

/* Edits as the editor does; the log is as if the process were killed then. */
static bool run_edits(struct document *document, struct log *log)
{
	for (int i = 0; i < EDITS; i++) {
		if (!log_ready(log, NULL) || !edit(document, i))
			return false;
		*made = i + 1;
		if (!log_problem(log))
			protected = i + 1;
		if (i % 4 == 3)
			log_tick(log);
	}
	return true;
}

/* Empties the folders of logs and sessions, which may not be there. */
static void remove_state(void)
{
	static const char *const names[] = { "sessions", "saved" };

	for (int i = 0; i < 2; i++) {
		char name[128];
		struct dirent *entry;

		snprintf(name, sizeof name, "%s/octavo/%s", state_path,
			 names[i]);

		DIR *entries = opendir(name);

		while (entries && (entry = readdir(entries)))
			unlinkat(dirfd(entries), entry->d_name, 0);
		if (entries)
			closedir(entries);
		rmdir(name);
	}
}

/* What recovery makes of what is there. */
static struct content recovered(void)
{
	struct document *document = open_document();
	struct log_report report = log_look(document);
	struct log *log = NULL;
	struct error error;

	if (report.state != LOG_NONE) {
		log = log_recover(document, true, false, &report, &error);
		if (!log)
			fail_msg("call %ld: %s", fault.target, error.message);
	}

	struct content content = content_of(document);

	log_close(log, true);
	document_close(document);
	return content;
}

/* After which edit was the document so?  The last one. */
static int edit_of(const struct content *content)
{
	for (int i = EDITS; i >= 0; i--)
		if (same(content, &expected[i]))
			return i;
	fail_msg("call %ld, mode %d: the document never was like that",
		 fault.target, fault.mode);
	return -1;
}

static void expect_edits(void)
{
	struct document *document = open_document();

	expected[0] = content_of(document);
	for (int i = 0; i < EDITS; i++) {
		assert_true(edit(document, i));
		expected[i + 1] = content_of(document);
	}
	document_close(document);
}

/* --- killed --- */

static bool kill_at(enum mode mode, long target)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		struct document *document = open_document();
		struct log *log = log_attach(document, NULL);

		arm(mode, target, 0);
		if (!run_edits(document, log))
			_exit(2);
		_exit(fault.count < target ? 1 : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 2);
	return WEXITSTATUS(status) == 0;
}

static void test_log_killed_at_each_call(void **state)
{
	long tried = 0;

	(void)state;
	for (int half = 0; half < 2; half++)
		for (long i = 1;; i++) {
			*made = 0;
			if (!kill_at(half ? KILL_HALF : KILL, i))
				break;
			fault.target = i;

			struct content content = recovered();

			assert_true(edit_of(&content) >= *made
				    || same(&content, &expected[*made]));
			remove_state();
			tried++;
		}
	remove_state();
	assert_true(tried > 4 * EDITS);
	states_tell("killed", tried);
}

/* --- failing --- */

static void fail_at(enum mode mode, long target, int error, bool *over)
{
	struct document *document = open_document();
	struct log *log = log_attach(document, NULL);

	assert_non_null(log);
	protected = 0;
	arm(mode, target, error);
	assert_true(run_edits(document, log));
	*over = fault.count < target;

	bool safe = !log_problem(log);
	struct content content = content_of(document);

	assert_true(same(&content, &expected[EDITS]));
	if (mode == ONCE) {
		/* It has had its chance to recover. */
		log_tick(log);
		safe = true;
		assert_null(log_problem(log));
	}
	/* Dies: a passive end leaves the file as it is. */
	log_close(log, true);
	disarm();
	content = recovered();
	if (safe)
		assert_true(same(&content, &expected[EDITS]));
	else
		assert_true(edit_of(&content) >= protected);
	document_close(document);
	remove_state();
}

/* At each call, until there is none; returns how many. */
static long fail_anywhere(enum mode mode, int error)
{
	bool over = false;
	long runs = 0;

	while (!over)
		fail_at(mode, ++runs, error, &over);
	return runs;
}

static void test_log_each_call_fails(void **state)
{
	long runs = fail_anywhere(ONCE, EINTR);

	(void)state;
	for (long e = 0; e < errors_wanted(); e++)
		for (enum mode mode = ONCE; mode <= DEAD; mode++)
			runs += fail_anywhere(mode, fault_errors[e]);
	states_tell("failing", runs);
}

static void test_log_each_allocation_fails(void **state)
{
	(void)state;
	for (int good = 0; good < 2; good++)
		for (long i = 0;; i++) {
			struct document *document = open_document();
			struct log *log;
			int done = 0;

			countdown = i;
			for_good = good != 0;
			memory_refuse = refuse;
			log = log_attach(document, NULL);
			/* An edit that fails is made again. */
			for (int n = 0; log && n < EDITS; n++) {
				assert_true(log_ready(log, NULL));
				if (!edit(document, n)) {
					memory_refuse = NULL;
					assert_true(edit(document, n));
				}
				done = n + 1;
			}
			bool over = memory_refuse && countdown > 0;

			memory_refuse = NULL;
			if (log) {
				log_tick(log);
				assert_null(log_problem(log));
			}
			log_close(log, true);

			struct content content = recovered();

			assert_true(same(&content, &expected[done]));
			document_close(document);
			remove_state();
			if (over)
				break;
		}
}

/* --- recovery --- */

static void leave_log(void)
{
	remove_state();

	pid_t child = fork();
	int status;

	if (child == 0) {
		struct document *document = open_document();
		struct log *log = log_attach(document, NULL);

		_exit(run_edits(document, log) ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* Takes it up; what is made of it is all or nothing. */
static void try_recovery(struct document *document)
{
	struct log_report report;
	struct error error = ERROR_NONE;
	struct log *log = log_recover(document, false, false, &report, &error);

	if (log) {
		struct content content = content_of(document);

		assert_true(same(&content, &expected[EDITS]));
	} else {
		assert_string_not_equal(error.message, "");
	}
	log_close(log, true);
	document_close(document);
}

static void test_log_recovery_fails(void **state)
{
	const long errors = errors_wanted();
	long runs = 0;

	(void)state;
	for (long m = 0; m < 3 * errors; m++)
		for (long i = 1, over = 0; !over; i++, runs++) {
			struct document *document = open_document();

			/* A new one, for each recovery adds to it. */
			leave_log();
			arm(ONCE + (enum mode)(m % 3), i, fault_errors[m / 3]);
			try_recovery(document);
			over = fault.count < i;
			disarm();

			struct content content = recovered();

			assert_true(same(&content, &expected[EDITS]));
		}
	remove_state();
	states_tell("failing", runs);
}

static void test_log_recovery_killed(void **state)
{
	long kills = 0;

	(void)state;
	for (long i = 1, over = 0; !over; i++, kills++) {
		int status;

		leave_log();

		pid_t child = fork();

		if (child == 0) {
			struct document *document = open_document();

			arm(i % 2 ? KILL : KILL_HALF, (i + 1) / 2, 0);
			try_recovery(document);
			_exit(fault.count < (i + 1) / 2);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		over = WEXITSTATUS(status) == 1;

		struct content content = recovered();

		assert_true(same(&content, &expected[EDITS]));
	}
	remove_state();
	states_tell("killed", kills);
}

static void test_log_recovery_without_memory(void **state)
{
	(void)state;
	for (long i = 0, over = 0; !over; i++) {
		leave_log();

		struct document *document = open_document();
		struct log_report report;
		struct log *log;

		countdown = i;
		for_good = false;
		memory_refuse = refuse;
		log = log_recover(document, false, false, &report, NULL);
		over = memory_refuse != NULL;
		memory_refuse = NULL;
		assert_true(log || !over);
		log_close(log, true);
		document_close(document);

		struct content content = recovered();

		assert_true(same(&content, &expected[EDITS]));
	}
	remove_state();
}

/* --- saved sessions --- */

struct loaded {
	struct content content;
	bool good;
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

	(void)place;
	loaded->good = !error;
	loaded->content = content_of(document);
	document_close(document);
}

/* After which edit was what the session holds; -1: there is no session. */
static int session_edit(void)
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

static bool save_session(struct document *document, int edits)
{
	struct log_place place = { .cursor = 1 };
	struct log_session *session;
	bool done = false;

	for (int i = 0; i < edits; i++)
		assert_true(edit(document, i));
	session = log_session_begin("it", true, NULL);
	if (session && log_session_add(session, document, &place, NULL))
		done = log_session_end(session, NULL);
	else if (session)
		log_session_cancel(session);
	document_close(document);
	return done;
}

static void test_log_session_save_fails(void **state)
{
	const long errors = errors_wanted();
	long runs = 0;

	(void)state;
	for (int before = 0; before < 2; before++)
		for (long m = 0; m < 3 * errors; m++)
			for (long i = 1, over = 0; !over; i++, runs++) {
				remove_state();
				if (before)
					assert_true(save_session(open_document(), 2));
				struct document *document = open_document();

				arm(ONCE + (enum mode)(m % 3), i,
				    fault_errors[m / 3]);

				bool done = save_session(document, EDITS);

				over = fault.count < i;
				disarm();

				int edits = session_edit();

				if (edits != EDITS && (done
				    || edits != (before ? 2 : -1)))
					fail_msg("call %ld (%s): %d edits", i,
						 fault.kind, edits);
			}
	remove_state();
	states_tell("failing", runs);
}

static void test_log_session_save_killed(void **state)
{
	long kills = 0;

	(void)state;
	for (long i = 1, over = 0; !over; i++, kills++) {
		pid_t child;
		int status;

		remove_state();
		assert_true(save_session(open_document(), 2));
		child = fork();
		if (child == 0) {
			struct document *document = open_document();

			arm(i % 2 ? KILL : KILL_HALF, (i + 1) / 2, 0);
			save_session(document, EDITS);
			_exit(fault.count < (i + 1) / 2);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		over = WEXITSTATUS(status) == 1;
		fault.target = i;

		int edits = session_edit();

		assert_true(edits == 2 || edits == EDITS);
	}
	remove_state();
	states_tell("killed", kills);
}

static int set_up(void **state)
{
	(void)state;
	made = mmap(NULL, sizeof *made, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	folder = mkdtemp(memory_folder);
	if (!folder)
		folder = mkdtemp(other_folder);
	real = io;
	real.aio_fsync = io.aio_fsync = done_aio_fsync;
	real.aio_error = io.aio_error = done_aio_error;
	real.aio_return = io.aio_return = done_aio_return;
	snprintf(path, sizeof path, "%s/file", folder);
	snprintf(state_path, sizeof state_path, "%s/state", folder);
	setenv("XDG_STATE_HOME", state_path, 1);
	make_file();
	mkdir(state_path, 0700);
	expect_edits();
	return 0;
}

static int clean_up(void **state)
{
	char command[256];

	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_killed_at_each_call),
		cmocka_unit_test(test_log_each_call_fails),
		cmocka_unit_test(test_log_each_allocation_fails),
		cmocka_unit_test(test_log_recovery_fails),
		cmocka_unit_test(test_log_recovery_killed),
		cmocka_unit_test(test_log_recovery_without_memory),
		cmocka_unit_test(test_log_session_save_fails),
		cmocka_unit_test(test_log_session_save_killed),
	};

	return cmocka_run_group_tests(tests, set_up, clean_up);
}
