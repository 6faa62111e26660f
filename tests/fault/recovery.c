/*
 * recovery under faults: a flush is killed at each of its calls, then the
 * recovery at each of its own, or a call of it fails; and is made again.
 * Whatever happens, the file becomes the old or the new one, and what the
 * message says is so.
 */
#include "recovery_scenario.h"
#include "simulator.h"
#include "allocations.h"

#include <sys/wait.h>

#include "octavo/log.h"

static bool allocation_fails(void)
{
	return simulator_allocation();
}

struct trial {
	enum cut cut;
	enum recovery_action action;
	long flushed;		/* the call at which the flush was killed */
	const char *words;
};

static void complain(const struct trial *trial, const char *what)
{
	print_error("%s, %s, flush killed at %ld, call %ld (%s), mode %d, %s: "
		    "%s: \"%s\"\n", cut_name(trial->cut),
		    recovery_action_name(trial->action), trial->flushed,
		    fault.target, fault.kind ? fault.kind : "-",
		    (int)fault.mode, strerror(fault.error), what,
		    trial->words ? trial->words : "");
	fail();
}

/* Runs WHAT of TRIAL in a child that is killed at call TARGET; false where it
 * got to its end. */
static bool killed(void (*what)(const struct trial *), enum mode mode,
		   long target, const struct trial *trial)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		arm(mode, target, 0);
		what(trial);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) == 0;
}

static void flush(const struct trial *trial)
{
	model_run(trial->cut);
}

static bool recover(const struct trial *trial, struct error *error)
{
	struct document *document = model_document();
	struct recovery found = recovery_find(document);
	bool done = found.state == RECOVERY_NONE
		|| model_recover(document, &found, trial->action, error);

	document_close(document);
	return done;
}

static void recover_once(const struct trial *trial)
{
	recover(trial, NULL);
}

/* The folder as the killed flush has left it; false where it was not. */
static bool leave(const struct trial *trial, enum mode mode)
{
	model_begin(trial->cut);
	return killed(flush, mode, trial->flushed, trial);
}

/* To the end, and nothing is left. */
static void recover_all(const struct trial *trial)
{
	struct document *document = model_document();
	struct error error = ERROR_NONE;
	struct recovery found = recovery_find(document);

	document_close(document);
	for (int i = 0; i < 3 && found.state != RECOVERY_NONE; i++) {
		if (!recover(trial, &error)) {
			struct trial said = *trial;

			said.words = error.message;
			complain(&said, "not recovered");
		}
		document = model_document();
		found = recovery_find(document);
		document_close(document);
	}
	if (found.state != RECOVERY_NONE
	    || access(path_of(".file.ovb"), F_OK) == 0)
		complain(trial, "something is left");
	if (!file_is_whole(trial->cut))
		complain(trial, "neither old nor new");
}

static struct recovery find(void)
{
	struct document *document = model_document();
	struct recovery found = recovery_find(document);

	document_close(document);
	return found;
}

static bool is_decided(const struct trial *trial)
{
	struct recovery found = find();

	return found.may[trial->action] && !found.clear;
}

/* Is there nothing that a user would be asked about? */
static bool is_clear(void)
{
	struct recovery found = find();

	return found.state == RECOVERY_NONE || found.clear;
}

/* What was left again, from what a killed flush had left. */
enum { ENTRIES = 5 };

struct folder {
	struct bytes bytes[ENTRIES];
};

static const char *const entries[ENTRIES] = {
	"file", ".file.ovj", ".file.ovn", ".file.ovb", "file~",
};

static void keep_folder(struct folder *folder)
{
	for (int i = 0; i < ENTRIES; i++)
		folder->bytes[i] = read_bytes(path_of(entries[i]));
}

static void put_folder(const struct folder *folder)
{
	unlink(path_of(".file.ovn.kept"));
	for (int i = 0; i < ENTRIES; i++) {
		if (i > 0)
			unlink(path_of(entries[i]));
		if (!folder->bytes[i].there)
			continue;
		write_bytes(path_of(entries[i]), &folder->bytes[i]);
		assert_int_equal(chmod(path_of(entries[i]), 0600), 0);
	}
}

/* --- killed, and killed again --- */

/* Kills the recovery of FOLDER at call N; false where it has none. */
static bool kill_recovery(const struct trial *trial, enum mode mode, long n,
			  const struct folder *folder, bool decided,
			  bool clear)
{
	struct bytes side = cut_side(trial->cut, trial->action);

	put_folder(folder);
	if (!killed(recover_once, mode, n, trial)) {
		if (decided && !file_is(&side))
			complain(trial, "not as was asked for");
		return false;
	}
	if (clear && !is_clear())
		complain(trial, "would be clear, and is not");
	bool still = is_decided(trial);
	if (decided && !still && !is_clear())
		complain(trial, "was decided, and nothing can be done now");
	recover_all(trial);
	if (still && !file_is(&side))
		complain(trial, "not as was asked for");
	return true;
}

static long kill_recoveries(const struct trial *trial)
{
	struct folder folder;
	bool decided = is_decided(trial);
	long kills = 0;
	long n = 1;

	bool clear = is_clear();
	keep_folder(&folder);
	recover(trial, NULL);
	clear = clear && is_clear();
	while (kill_recovery(trial, KILL, n, &folder, decided, clear)) {
		kills += 1 + kill_recovery(trial, KILL_HALF, n, &folder,
					   decided, clear);
		n = next_call(n);
	}
	put_folder(&folder);
	return kills;
}

/* All that a killed flush can leave, to WHAT; every STEP-th call. */
static long each_flush(long (*what)(const struct trial *), enum cut first,
		       enum cut end, int step)
{
	static const enum mode modes[] = { KILL, KILL_HALF };
	struct trial trial = { .words = NULL };
	long count = 0;
	bool more = true;

	for (trial.cut = first; trial.cut < end; trial.cut++, more = true) {
		for (long n = 1; more; n = next_call(n)) {
			trial.flushed = 1 + (n - 1) * step;
			for (int i = 0; i < 2 * RECOVERY_IGNORE; i++) {
				trial.action = (enum recovery_action)(i / 2);
				bool left = leave(&trial, modes[i % 2]);

				if (left)
					count += what(&trial);
				if (i % 2 == 0)
					more = left;
			}
		}
	}
	return count;
}

static void test_recovery_killed_anywhere(void **state)
{
	(void)state;
	states_tell("killed", each_flush(kill_recoveries, SAME, MADE_FLUSH,
					 states_wanted() ? 2 : 4));
}

/* What save makes. */
static void test_recovery_killed_after_save(void **state)
{
	(void)state;
	states_tell("killed", each_flush(kill_recoveries, MADE_FLUSH, CUTS,
					 states_wanted() ? 4 : 17));
}

/* --- calls that fail --- */

static void check_failed(const struct trial *trial, const char *words)
{
	struct trial said = *trial;
	struct bytes before = cut_before();
	struct bytes after = cut_after(trial->cut);

	said.words = words;
	if (!*words)
		complain(&said, "no message");
	if ((strstr(words, " is finished, but") && !file_is(&after))
	    || (strstr(words, " is undone, but") && !file_is(&before)))
		complain(&said, "said to be done");
	if (strstr(words, " is kept") && access(path_of(".file.ovj"), F_OK)
	    && access(path_of(".file.ovn"), F_OK)
	    && access(path_of(".file.ovb"), F_OK))
		complain(&said, "nothing is kept");
}

/* Returns whether the fault was met; without a NUMBER it is an allocation's. */
static bool try_fault(const struct trial *trial, const struct folder *folder,
		      enum mode mode, long n, int number, bool decided)
{
	struct bytes side = cut_side(trial->cut, trial->action);
	struct error error = ERROR_NONE;

	put_folder(folder);
	struct document *document = model_document();
	struct recovery found = recovery_find(document);
	if (number)
		arm(mode, n, number);
	else
		arm_allocations(mode, n);
	bool done = found.state == RECOVERY_NONE
		|| model_recover(document, &found, trial->action, &error);
	bool met = fault.count >= n;
	disarm();
	document_close(document);
	if (!done)
		check_failed(trial, error.message);
	else if (decided && (!file_is(&side)
			     || access(path_of(".file.ovj"), F_OK) == 0))
		complain(trial, "said to be done");
	recover_all(trial);
	return met;
}

static long fail_recoveries(const struct trial *trial)
{
	struct folder folder;
	bool decided = is_decided(trial);
	long runs = 0;

	keep_folder(&folder);
	for (long n = 1; try_fault(trial, &folder, ONCE, n, EINTR, decided);
	     n = next_call(n))
		runs++;
	for (long i = 0; i < errors_wanted(); i++) {
		int error = fault_errors[i];

		for (long n = 1;
		     try_fault(trial, &folder, ONCE, n, error, decided);
		     n = next_call(n), runs += 3) {
			try_fault(trial, &folder, KIND, n, error, decided);
			try_fault(trial, &folder, DEAD, n, error, decided);
		}
	}
	for (long n = 1; try_fault(trial, &folder, ONCE, n, 0, decided); n++)
		runs++;
	for (long n = 1; try_fault(trial, &folder, EMPTY, n, EIO, decided);
	     n = next_call(n))
		runs++;
	try_fault(trial, &folder, SHORT, 0, EIO, decided);
	try_fault(trial, &folder, STORM, 0, EINTR, decided);
	return runs + 2;
}

static void test_recovery_fails_anywhere(void **state)
{
	(void)state;
	states_tell("failing", each_flush(fail_recoveries, SAME, MADE_FLUSH,
					  states_wanted() ? 5 : 11));
}

static void test_recovery_fails_after_save(void **state)
{
	(void)state;
	states_tell("failing", each_flush(fail_recoveries, MADE_FLUSH, CUTS,
					  states_wanted() ? 20 : 40));
}

/* The exchange of two names, at each call of the flush. */
static void test_recovery_of_exchange_fails(void **state)
{
	static const int errors[] = { EIO, EINTR, EINVAL };
	struct trial trial = { .cut = MADE_FLUSH + REPLACED };
	struct folder folder;

	(void)state;
	for (trial.flushed = 1; leave(&trial, KILL); trial.flushed++) {
		bool decided = is_decided(&trial);

		keep_folder(&folder);
		for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
			for (long n = 1; try_fault(&trial, &folder, ONCE, n,
						   errors[i], decided); n++)
				;
	}
}

/* --- one of two files, and the log knows which --- */

/* The new file has taken its place, and the old one is still there. */
static void leave_exchanged(void)
{
	struct bytes before = cut_before();
	struct bytes after = cut_after(CONTENT);

	remove_entries();
	empty_folder(path_of("state/octavo/sessions"));
	write_bytes(path_of("file"), &before);
	struct document *document = model_document();
	struct log *log = log_attach(document, NULL);
	assert_true(log_ready(log, NULL));
	assert_true(document_overwrite(document, 3, "!", 1, NULL));
	log_flush(log);
	log_close(log, true);
	document_close(document);
	write_bytes(path_of(".file.ovn"), &after);
	assert_int_equal(chmod(path_of(".file.ovn"), 0600), 0);
	assert_int_equal(real.exchange(AT_FDCWD, path_of("file"),
				       path_of(".file.ovn")), 0);
}

/* Whatever fails, the name is that of a whole file, and that which was asked
 * for where it is said to have worked; returns whether the fault was met. */
static bool try_second(enum recovery_action action, long n, int number)
{
	struct bytes side = cut_side(CONTENT, action);
	struct error error = ERROR_NONE;
	char done[RECOVERY_WORDS] = "";

	leave_exchanged();
	struct document *document = model_document();
	arm(ONCE, n, number);
	bool worked = recovery_do(document, action, false, done, &error);
	bool met = fault.count >= n;
	disarm();
	document_close(document);
	assert_true(file_is_whole(CONTENT));
	if (worked && action != RECOVERY_IGNORE && !file_is(&side))
		fail_msg("call %ld (%s), %s, %s: %s", n, fault.kind,
			 recovery_action_name(action), strerror(number), done);
	assert_string_not_equal(worked ? done : error.message, "");
	assert_true(met || worked);
	return met;
}

static void test_recovery_of_second_fails(void **state)
{
	static const int errors[] = { EIO, EINTR, EINVAL };

	(void)state;
	for (int action = 0; action < RECOVERY_ACTIONS; action++)
		for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
			for (long n = 1; try_second((enum recovery_action)action,
						    n, errors[i]); n++)
				;
	empty_folder(path_of("state/octavo/sessions"));
}

/* --- journals that lie in the user's state --- */

static int closed_faccessat(int folder, const char *name, int mode, int flags)
{
	if (strcmp(name, ".") != 0)
		return faccessat(folder, name, mode, flags);
	errno = EACCES;
	return -1;
}

/* The same file as another one. */
static void replace_file(void)
{
	struct bytes bytes = read_bytes(path_of("file"));

	write_bytes(path_of("another"), &bytes);
	assert_int_equal(rename(path_of("another"), path_of("file")), 0);
}

/* Whatever fails of that, looking changes nothing that recovery needs. */
static void find_failing(void)
{
	struct document *document = model_document();
	bool met = true;

	for (long n = 1; met; n++) {
		arm_allocations(ONCE, n);
		recovery_find(document);
		arm(ONCE, n, EINTR);
		recovery_find(document);
		arm(ONCE, n, EIO);
		recovery_find(document);
		met = fault.count >= n;
		disarm();
	}
	document_close(document);
}

static void test_recovery_in_closed_folder(void **state)
{
	static const enum method methods[] = {
		IN_PLACE, MOVED_TAIL, REWRITTEN,
	};
	struct io whole = real;
	struct trial trial = { .words = NULL };

	(void)state;
	real.faccessat = io.faccessat = closed_faccessat;
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		trial.cut = MADE_FLUSH + (enum cut)methods[i];
		trial.action = i % 2 ? RECOVERY_UNDO : RECOVERY_FINISH;
		if (is_rewrite(methods[i]))
			trial.action = RECOVERY_FINISH;
		for (trial.flushed = 1; leave(&trial, KILL); trial.flushed++) {
			find_failing();
			recover_all(&trial);
			leave(&trial, KILL);
			replace_file();
			find_failing();
		}
	}
	real = io = whole;
}

/* What is only looked at stays as it is, also if that fails. */
static void test_recovery_find_changes_nothing(void **state)
{
	struct trial trial = { .cut = LONGER };
	struct folder before;
	struct folder after;

	(void)state;
	for (trial.flushed = 1; leave(&trial, KILL); trial.flushed++) {
		keep_folder(&before);
		find_failing();
		keep_folder(&after);
		assert_memory_equal(&before, &after, sizeof before);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recovery_killed_anywhere),
		cmocka_unit_test(test_recovery_killed_after_save),
		cmocka_unit_test(test_recovery_fails_anywhere),
		cmocka_unit_test(test_recovery_fails_after_save),
		cmocka_unit_test(test_recovery_of_exchange_fails),
		cmocka_unit_test(test_recovery_of_second_fails),
		cmocka_unit_test(test_recovery_in_closed_folder),
		cmocka_unit_test(test_recovery_find_changes_nothing),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
