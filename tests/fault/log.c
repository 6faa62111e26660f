/*
 * The log under faults: each system call fails in turn, once or from then on,
 * or is the last one before the process is killed; each allocation fails.
 *
 * Whatever happens, the document is edited as if nothing had; what a log holds
 * is the document after some edit; and unless log_problem has said otherwise,
 * after the last one.
 */
#include "simulator.h"
#include "log_scenario.h"

#include <sys/wait.h>

#include "log_internal.h"
#include "memory.h"
#include "octavo/save.h"
#include "sizes.h"

/* --- memory --- */

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

/* --- a log of its edits --- */

/* How many edits the child has made, seen by its parent; and how many of them
 * are said to be protected. */
static volatile int *made;
static int protected;
/* A second passes between two of them, so what has failed is tried again. */
static bool slow;

static int share_made(void **state)
{
	made = mmap(NULL, sizeof *made, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return made == MAP_FAILED ? -1 : log_set_up(state);
}

/* Edits as the editor does; the log is as if the process were killed then. */
static bool run_edits(struct document *document, struct log *log)
{
	for (int i = 0; i < EDITS; i++) {
		if (slow)
			log->tried -= 1000;
		if (!log_ready(log, NULL) || !script_edit(document, i))
			return false;
		*made = i + 1;
		if (!log_problem(log))
			protected = i + 1;
		if (i % 4 == 3)
			log_tick(log);
	}
	return true;
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
	struct content content = script_content(document);

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
	for (int s = 0; s < 2; s++) {
		slow = s != 0;
		for (long e = 0; e < errors_wanted(); e++)
			for (enum mode mode = ONCE; mode <= DEAD; mode++)
				runs += fail_anywhere(mode, fault_errors[e]);
	}
	slow = false;
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
				if (!script_edit(document, n)) {
					memory_refuse = NULL;
					assert_true(script_edit(document, n));
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

/* --- edits of many bytes --- */

/* Of a longer file more is taken away, all of which the log has to know. */
enum { LONG = 4 * LOG_CHUNK, TAKEN = LONG / 2 < LOG_KNOWN_MAXIMUM
				     ? LONG / 2 : LOG_KNOWN_MAXIMUM };

static void make_long_file(void)
{
	static char bytes[LONG];
	int fd = open(script_path, O_WRONLY | O_TRUNC);

	for (int i = 0; i < LONG; i++)
		bytes[i] = (char)('A' + i % 50);
	assert_int_equal(write(fd, bytes, LONG), LONG);
	close(fd);
}

static void assert_taken(const struct document *document)
{
	struct content content = script_content(document);

	assert_int_equal(document_size(document), LONG - TAKEN);
	for (size_t i = 0; i < content.length; i++)
		assert_int_equal(content.bytes[i],
				 'A' + (i < 9 ? i : i + TAKEN) % 50);
}

static void assert_taken_in_log(void)
{
	struct document *document = open_document();
	struct log_report report;
	struct error error;
	struct log *log = log_recover(document, true, false, &report, &error);

	if (!log)
		fail_msg("%s", error.message);
	assert_taken(document);
	log_close(log, true);
	document_close(document);
}

static void take_away(struct document *document)
{
	while (!document_delete(document, range_of(9, TAKEN), NULL))
		assert_null(memory_refuse);
}

static void test_log_long_edit_without_memory(void **state)
{
	(void)state;
	make_long_file();
	for (long i = 0, over = 0; !over; i++) {
		struct document *document = open_document();
		struct log *log = log_attach(document, NULL);

		countdown = i;
		for_good = false;
		memory_refuse = refuse;
		assert_true(log_ready(log, NULL));
		take_away(document);
		over = memory_refuse != NULL;
		memory_refuse = NULL;
		log_tick(log);
		assert_null(log_problem(log));
		log_close(log, true);
		document_close(document);
		assert_taken_in_log();
		remove_state();
	}
	make_file();
}

static struct document *begin_long(struct log **log)
{
	struct document *document;

	make_long_file();
	document = open_document();
	*log = log_attach(document, NULL);
	assert_true(log_ready(*log, NULL));
	return document;
}

/* With tiny sizes the log has the pattern once. */
static void test_log_long_fill_without_memory(void **state)
{
	struct document *document;
	struct log *log;

	(void)state;
	document = begin_long(&log);
	assert_true(document_fill(document, range_of(0, LONG), "-=", 2, NULL));

	struct content content = script_content(document);

	log_close(log, true);
	document_close(document);
	for (long i = 0, over = 0; !over; i++) {
		struct log_report report;
		struct error error = ERROR_NONE;

		document = open_document();
		countdown = i;
		for_good = false;
		memory_refuse = refuse;
		log = log_recover(document, true, false, &report, &error);
		over = memory_refuse != NULL;
		memory_refuse = NULL;
		if (log) {
			struct content now = script_content(document);

			assert_true(same(&now, &content));
			assert_int_equal(document_size(document), LONG);
		} else {
			assert_false(over);
			assert_non_null(strstr(error.message, "out of memory"));
		}
		log_close(log, true);
		document_close(document);
	}
	remove_state();
	make_file();
}

/* Another file with the same bytes: each is compared with those in the log. */
static void test_log_long_recovery_fails(void **state)
{
	const struct timespec times[2] = { { 1, 0 }, { 1, 0 } };
	struct document *document;
	struct log *log;

	(void)state;
	document = begin_long(&log);
	take_away(document);
	log_close(log, true);
	document_close(document);
	assert_int_equal(utimensat(AT_FDCWD, script_path, times, 0), 0);
	for (long i = 1, over = 0; !over; i++) {
		struct log_report report;
		struct error error = ERROR_NONE;

		document = open_document();
		arm(ONCE, i, EIO);
		log = log_recover(document, true, false, &report, &error);
		over = fault.count < i;
		disarm();
		if (log)
			assert_taken(document);
		else
			assert_string_not_equal(error.message, "");
		assert_true(log || !over);
		log_close(log, true);
		document_close(document);
		assert_taken_in_log();
	}
	remove_state();
	make_file();
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
		struct content content = script_content(document);

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

/* --- what is only looked at --- */

static bool pass_listed(void *context, const struct log_listed *listed)
{
	(void)context, (void)listed;
	return true;
}

static bool pass_entry(void *context, const struct log_entry *entry)
{
	(void)context, (void)entry;
	return true;
}

static bool look_list(struct document *document, struct error *error)
{
	(void)document;
	return log_list(pass_listed, NULL, error);
}

static bool look_show(struct document *document, struct error *error)
{
	return log_show(document, pass_entry, NULL, error);
}

static bool look_at(struct document *document, struct error *error)
{
	struct log_report report = log_look(document, true);
	struct file_identity identity;

	*error = report.error;
	log_knows(document, &identity);
	return report.state != LOG_DAMAGED;
}

static bool look_clean(struct document *document, struct error *error)
{
	(void)document, (void)error;
	log_clean();
	return true;
}

static bool look_load(struct document *document, struct error *error)
{
	struct loaded loaded = { .good = false };
	const struct log_loader loader = { load_open, load_done, &loaded };

	(void)document;
	return log_session_load("it", &loader, error);
}

static bool look_discard(struct document *document, struct error *error)
{
	return log_discard(document, error);
}

typedef bool look(struct document *document, struct error *error);

/* With the N-th call or allocation (ERROR is 0) failing; whether it was met. */
static bool look_fails(look *what, enum mode mode, long n, int number)
{
	struct document *document = open_document();
	struct error error = ERROR_NONE;

	countdown = n - 1;
	for_good = mode != ONCE;
	if (number)
		arm(mode, n, number);
	else
		memory_refuse = refuse;
	bool done = what(document, &error);
	bool met = number ? fault.count >= n
			  : countdown <= 0 && (for_good || !memory_refuse);
	memory_refuse = NULL;
	disarm();
	if (!done)
		assert_string_not_equal(error.message, "");
	document_close(document);
	return met;
}

/* Behind the records of the log of this file is what a power cut may leave of
 * others: zeros, and what looks like the head of one. */
static void tear_log(void)
{
	static unsigned char torn[2 * 4096] = {
		[30] = 60, [30 + 8] = 100,
	};
	struct document *document = open_document();
	struct log_report report = log_look(document, true);
	int fd = open(report.log, O_WRONLY | O_APPEND);

	assert_int_equal(report.state, LOG_LEFT);
	assert_int_equal(write(fd, torn, sizeof torn), sizeof torn);
	close(fd);
	document_close(document);
}

/* Not the log of this file alone: one that is old, one that is to take
 * another's place, and what is no log. */
static void leave_others(void)
{
	static const char *const names[] = {
		"0123456789abcdef.0", "0123456789abcdef.0+", "notes",
		"0123456789abcdef.x", "0123456789abcdef.", "0123456789abcdef",
	};
	const struct timespec old[2] = { { 1, 0 }, { 1, 0 } };

	leave_log();
	tear_log();
	assert_true(save_session(open_document(), 2));
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char name[128];

		snprintf(name, sizeof name, "%s/octavo/sessions/%s",
			 state_path, names[i]);
		int fd = open(name, O_WRONLY | O_CREAT, 0600);
		assert_int_equal(write(fd, "long enough for a log's head", 28),
				 28);
		close(fd);
		assert_int_equal(utimensat(AT_FDCWD, name, old, 0), 0);
	}
}

static void fail_look(look *what, enum mode mode, int number)
{
	bool changes = what == look_clean || what == look_discard;

	for (long n = 1; look_fails(what, mode, n, number); n++)
		if (changes)
			leave_others();
	if (changes)
		return;
	struct content content = recovered();
	assert_true(same(&content, &expected[EDITS]));
}

static void test_log_looks_fail(void **state)
{
	static look *const looks[] = {
		look_list, look_show, look_at, look_load, look_clean,
		look_discard,
	};
	static const int errors[] = { 0, EINTR, EIO, EACCES };

	(void)state;
	for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
		leave_others();
		for (size_t e = 0; e < sizeof errors / sizeof *errors; e++) {
			fail_look(looks[i], ONCE, errors[e]);
			if (errors[e] != EINTR)
				fail_look(looks[i], KIND, errors[e]);
		}
	}
	remove_state();
}

/* --- saved sessions --- */

/* With a session BEFORE it, or none; over it is once nothing has failed. */
static bool session_save_fails(bool before, enum mode mode, long n, int number)
{
	struct document *document;

	remove_state();
	if (before)
		assert_true(save_session(open_document(), 2));
	document = open_document();
	arm(mode, n, number);

	bool done = save_session(document, EDITS);
	bool over = fault.count < n;

	disarm();

	int edits = session_edit();

	if (number == EINTR)
		assert_true(done);
	if (edits != EDITS && (done || edits != (before ? 2 : -1)))
		fail_msg("call %ld (%s): %d edits", n, fault.kind, edits);
	return over;
}

static void test_log_session_save_fails(void **state)
{
	const long errors = errors_wanted();
	long runs = 0;

	(void)state;
	for (int before = 0; before < 2; before++) {
		for (long m = 0; m < 3 * errors; m++)
			for (long i = 1, over = 0; !over; i++, runs++)
				over = session_save_fails(before,
					ONCE + (enum mode)(m % 3), i,
					fault_errors[m / 3]);
		for (long i = 1, over = 0; !over; i++, runs++)
			over = session_save_fails(before, ONCE, i, EINTR);
	}
	remove_state();
	states_tell("failing", runs);
}

/* Nothing is put in place unless it is the whole session. */
static void test_log_session_save_without_memory(void **state)
{
	static const char name[] = "it";
	const struct log_place place = { .cursor = 1 };

	(void)state;
	make_long_file();
	for (long i = 0, over = 0; !over; i++) {
		struct document *document = open_document();
		struct loaded loaded = { .good = false };
		const struct log_loader loader = {
			load_open, load_done, &loaded,
		};
		struct error error = ERROR_NONE;

		take_away(document);

		struct content content = script_content(document);

		countdown = i;
		for_good = false;
		memory_refuse = refuse;

		struct log_session *session = log_session_begin(name, false,
								&error);

		if (session)
			assert_true(log_session_add(session, document, &place,
						    &error)
				    && log_session_end(session, &error));
		else
			assert_string_equal(error.message, "out of memory");
		over = memory_refuse != NULL;
		memory_refuse = NULL;
		document_close(document);
		assert_int_equal(log_session_load(name, &loader, NULL),
				 session != NULL);
		if (session)
			assert_true(loaded.good
				    && same(&loaded.content, &content));
		remove_state();
	}
	make_file();
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_killed_at_each_call),
		cmocka_unit_test(test_log_each_call_fails),
		cmocka_unit_test(test_log_each_allocation_fails),
		cmocka_unit_test(test_log_long_edit_without_memory),
		cmocka_unit_test(test_log_long_fill_without_memory),
		cmocka_unit_test(test_log_long_recovery_fails),
		cmocka_unit_test(test_log_recovery_fails),
		cmocka_unit_test(test_log_recovery_killed),
		cmocka_unit_test(test_log_recovery_without_memory),
		cmocka_unit_test(test_log_looks_fail),
		cmocka_unit_test(test_log_session_save_fails),
		cmocka_unit_test(test_log_session_save_without_memory),
		cmocka_unit_test(test_log_session_save_killed),
	};

	return cmocka_run_group_tests(tests, share_made, log_clean_up);
}
