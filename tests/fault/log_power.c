/*
 * The log when the power goes: what it asks of the disk is recorded, then the
 * power is cut after each step.  What is left is the document after some edit,
 * and after the last one that a sync has made last at least; of a session that
 * is saved, it is the one before or the one that was to be.
 */
#include "power.h"
#include "log_scenario.h"

#include "octavo/save.h"

enum { DRAWS = 4 };	/* random states of each cut */

/* At which event how many edits had been made to last. */
static struct {
	int event;
	int edits;
} promises[EDITS + 1];
static int promise_count;

/* Nothing is promised while something is wrong, or may be: SEEN calls have
 * been made by those whose results the log has taken. */
static void promise(const struct log *log, int edits, long seen)
{
	if (log_problem(log)
	    || (fault.kind && (fault.for_good || fault.target > seen)))
		return;
	promises[promise_count].event = event_count;
	promises[promise_count++].edits = edits;
}

static int promised(int cut)
{
	int edits = 0;

	for (int i = 0; i < promise_count; i++)
		if (promises[i].event <= cut)
			edits = promises[i].edits;
	return edits;
}

static const char *state_folder(const char *name)
{
	static char shown[128];

	snprintf(shown, sizeof shown, "%s/octavo/%s", state_path, name);
	return shown;
}

static const char *entry_of(const char *name, const char *entry)
{
	static char shown[512];

	snprintf(shown, sizeof shown, "%s/%.250s", state_folder(name), entry);
	return shown;
}

/* The folder of logs or sessions, empty, or as DISK has it. */
static void make_state(const char *name, const struct disk *disk)
{
	remove_state();
	mkdir(state_folder(""), 0700);
	mkdir(state_folder("sessions"), 0700);
	mkdir(state_folder("saved"), 0700);
	for (int i = 0; disk && i < name_count; i++) {
		struct bytes bytes = content_of(disk, names[i]);

		if (!bytes.there)
			continue;
		write_bytes(entry_of(name, names[i]), &bytes);
		assert_int_equal(chmod(entry_of(name, names[i]), 0600), 0);
	}
}

/* What there is in the folder NAME, before anything is asked of the disk. */
static void begin(const char *name, long target, bool for_good)
{
	int folder = open(state_folder(name), O_RDONLY | O_DIRECTORY);
	DIR *entries = fdopendir(folder);
	struct dirent *entry;

	assert_non_null(entries);
	forget();
	for (int i = 0; i < FILES_MAXIMUM; i++) {
		first.entry[i] = NO_FILE;
		first.content[i] = (struct bytes){ .there = false };
	}
	while ((entry = readdir(entries))) {
		if (entry->d_name[0] == '.')
			continue;
		int file = file_of_name(folder, entry->d_name);
		first.entry[name_of(entry->d_name)] = file;
		first.content[file] = read_bytes(entry_of(name,
							  entry->d_name));
	}
	closedir(entries);
	arm(target, for_good);
}

/* --- the log of a session --- */

/* Of a log whose beginning is not there, nothing can be made. */
static int edits_left(void)
{
	struct document *document = open_document();
	struct log_report report = log_look(document, true);
	bool damaged = report.state == LOG_DAMAGED;
	struct error error = ERROR_NONE;
	struct log *log = report.state == LOG_NONE ? NULL
		: log_recover(document, true, damaged, &report, &error);
	struct content content = script_content(document);

	if (!log && *error.message && !damaged)
		fail_msg("fault %ld: %s", fault.target, error.message);
	log_close(log, true);
	document_close(document);
	return log ? edit_of(&content) : 0;
}

static void check_log(int cut)
{
	struct disk disk;

	for (int choice = 0; choice < 2 + DRAWS; choice++) {
		draw(&disk, cut, choice);
		make_state("sessions", &disk);

		int edits = edits_left();

		if (edits < promised(cut))
			fail_msg("fault %ld (%s), cut at %d of %d: %d edits, "
				 "%d were to last", fault.target, fault.kind
				 ? fault.kind : "-", cut, event_count, edits,
				 promised(cut));
	}
}

/* Returns the number of states; *CALLS of calls that can fail. */
static long try_log(long target, bool for_good, long *calls)
{
	make_state("sessions", NULL);
	struct document *document = open_document();
	struct log *log = log_attach(document, NULL);

	assert_non_null(log);
	begin("sessions", target, for_good);
	promise_count = 0;
	for (int i = 0; i < EDITS; i++) {
		assert_true(log_ready(log, NULL));
		assert_true(script_edit(document, i));
		if (i % 4 != 3)
			continue;
		/* Each takes what the one before has begun. */
		log_tick(log);
		log_tick(log);
		long seen = fault.count;
		log_tick(log);
		promise(log, i + 1, seen);
	}
	log_flush(log);
	promise(log, EDITS, fault.count);
	io = real;
	*calls = fault.count;
	/* As if the process died: what it still does is none of the disk's. */
	log_close(log, true);
	document_close(document);
	for (int cut = 0; cut <= event_count; cut++)
		check_log(cut);
	return (event_count + 1) * (2 + DRAWS);
}

/* --- a saved session --- */

static void check_session(int cut, bool done)
{
	struct disk disk;

	for (int choice = 0; choice < 2 + DRAWS; choice++) {
		draw(&disk, cut, choice);
		make_state("saved", &disk);

		int edits = session_edit();

		if (edits != EDITS && (done || edits != 2))
			fail_msg("fault %ld (%s), cut at %d of %d: %d edits",
				 fault.target, fault.kind ? fault.kind : "-",
				 cut, event_count, edits);
	}
}

static long try_session(long target, bool for_good, long *calls)
{
	make_state("saved", NULL);
	assert_true(save_session(open_document(), 2));
	struct document *document = open_document();

	begin("saved", target, for_good);
	bool done = save_session(document, EDITS);
	io = real;
	*calls = fault.count;
	for (int cut = 0; cut <= event_count; cut++)
		check_session(cut, done && cut == event_count);
	return (event_count + 1) * (2 + DRAWS);
}

/* --- either --- */

static void cut_anywhere(long (*try)(long target, bool for_good, long *calls))
{
	long states = 0;
	long calls;
	long ignored;

	do {
		states += try(0, false, &calls);
		for (long n = 1; n <= calls; n++) {
			states += try(n, false, &ignored);
			states += try(n, true, &ignored);
		}
	} while (states < states_wanted());
	forget();
	remove_state();
	states_tell("power", states);
}

static void test_log_power_cut_anywhere(void **state)
{
	(void)state;
	cut_anywhere(try_log);
}

static void test_log_session_power_cut_anywhere(void **state)
{
	(void)state;
	cut_anywhere(try_session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_power_cut_anywhere),
		cmocka_unit_test(test_log_session_power_cut_anywhere),
	};

	return cmocka_run_group_tests(tests, log_set_up, log_clean_up);
}
