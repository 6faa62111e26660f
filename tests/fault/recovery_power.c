/*
 * recovery when the power goes: a flush is cut off after each of its calls,
 * by the end of its process or by a sync that fails; then the power is cut
 * after each step of its recovery.  What is left can always be recovered again.
 */
#include "power.h"
#include "recovery_scenario.h"

enum { DRAWS = 4 };	/* random states of each cut */

struct trial {
	enum cut cut;
	enum recovery_action action;
	bool dead;		/* the process has ended, or a call failed */
	long flushed;		/* at this call of the flush */
	long fault;		/* that fails in the recovery, or 0 */
	struct document *document;
};

static void complain(const struct trial *trial, int cut, const char *what,
		     const struct recovery *found)
{
	print_error("%s, %s, flush %s at %ld, fault %ld, cut at %d of %d: %s: "
		    "state %d \"%s\"\n", cut_name(trial->cut),
		    recovery_action_name(trial->action),
		    trial->dead ? "killed" : "failed", trial->flushed,
		    trial->fault, cut, event_count, what,
		    found ? (int)found->state : -1, found ? found->words : "");
	fail();
}

/* The folder as DISK has it; the file stays the file. */
static void materialize(const struct disk *disk)
{
	static const char *const others[] = { ".file.ovj", ".file.ovn",
					      ".file.ovb" };
	struct bytes file = content_of(disk, "file");

	assert_true(file.there);
	write_bytes(path_of("file"), &file);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		struct bytes bytes = content_of(disk, others[i]);

		unlink(path_of(others[i]));
		if (!bytes.there)
			continue;
		write_bytes(path_of(others[i]), &bytes);
		assert_int_equal(chmod(path_of(others[i]), 0600), 0);
	}
}

/* What may be found where the file is not one or the other. */
static bool is_recoverable(enum recovery_state state)
{
	return state == RECOVERY_CUT_OFF || state == RECOVERY_NOT_BEGUN
		|| state == RECOVERY_FINISHED;
}

static void check_again(const struct trial *trial, int cut)
{
	struct recovery found = recovery_find(trial->document);
	struct error error = ERROR_NONE;

	if (!is_recoverable(found.state) && !file_is_whole(trial->cut))
		complain(trial, cut, "neither old nor new", &found);
	if (found.state == RECOVERY_CHANGED || found.state == RECOVERY_STRANGER
	    || strstr(found.words, "is not there"))
		complain(trial, cut, "not known again", &found);
	for (int i = 0; i < 3 && found.state != RECOVERY_NONE; i++) {
		struct bytes side = cut_side(trial->cut, trial->action);
		bool decides = found.may[trial->action] && !found.clear
			&& is_recoverable(found.state);

		if (!model_recover(trial->document, &found, trial->action,
				   &error))
			complain(trial, cut, error.message, &found);
		if (decides && !file_is(&side))
			complain(trial, cut, "not as was asked for", &found);
		found = recovery_find(trial->document);
	}
	if (found.state != RECOVERY_NONE)
		complain(trial, cut, "something is left", &found);
	if (!file_is_whole(trial->cut))
		complain(trial, cut, "recovered to neither", &found);
}

static long check_cut(const struct trial *trial, int cut, bool done)
{
	struct bytes side = cut_side(trial->cut, trial->action);
	struct disk disk;

	for (int choice = 0; choice < 2 + DRAWS; choice++) {
		draw(&disk, cut, choice);
		materialize(&disk);
		if (done && (!file_is(&side) || recovery_find(trial->document)
						.state != RECOVERY_NONE))
			complain(trial, cut, "said to be done", NULL);
		check_again(trial, cut);
	}
	return 2 + DRAWS;
}

/* A name that a failed sync of its folder may have dropped can't be written
 * again, as bytes can: who has seen that fail takes the name back himself. */
static bool folder_has_failed(void)
{
	return event_count > 0
		&& events[event_count - 1].what == SYNC_FAILED
		&& events[event_count - 1].file == NO_FILE;
}

/* False where the flush got to its end.  *CALLS of the recovery. */
static bool try_power(struct trial *trial, long *calls, long *states)
{
	struct recovery found;
	struct error error;

	forget();
	model_begin(trial->cut);
	trial->document = model_document();
	remember_first();
	arm(trial->flushed, false);
	fault.dead = trial->dead;
	bool flushed = model_run(trial->cut);
	if (flushed || folder_has_failed()) {
		io = real;
		document_close(trial->document);
		return !flushed;
	}
	arm(trial->fault, false);
	found = recovery_find(trial->document);
	bool decides = found.may[trial->action] && !found.clear;
	int start = event_count;
	bool done = found.state == RECOVERY_NONE
		|| model_recover(trial->document, &found, trial->action,
				 &error);
	io = real;
	*calls = fault.count;
	for (int cut = start; cut <= event_count; cut++)
		*states += check_cut(trial, cut, cut == event_count && done
				     && decides && is_recoverable(found.state));
	document_close(trial->document);
	return true;
}

/* After each flush that is cut off, or every other one where few states are
 * wanted. */
static void fail_each_call(struct trial *trial, long calls, long *states)
{
	long ignored;

	if (!states_wanted() && trial->flushed % 2)
		return;
	for (long n = 1; n <= calls; n = next_call(n)) {
		trial->fault = n;
		try_power(trial, &ignored, states);
	}
	trial->fault = 0;
}

static long each_flush(bool with_faults, bool dead)
{
	struct trial trial = { .dead = dead };
	long states = 0;
	long calls = 0;

	for (int i = 0; i < MADE_FLUSH * RECOVERY_IGNORE; i++) {
		trial.cut = (enum cut)(i / RECOVERY_IGNORE);
		trial.action = (enum recovery_action)(i % RECOVERY_IGNORE);
		for (trial.flushed = 1; try_power(&trial, &calls, &states);
		     trial.flushed = next_call(trial.flushed)) {
			if (with_faults)
				fail_each_call(&trial, calls, &states);
		}
	}
	forget();
	return states;
}

static void test_recovery_power_cut_anywhere(void **state)
{
	long states = each_flush(false, true);

	(void)state;
	states += each_flush(false, false);
	states_tell("power", states);
}

static void test_recovery_power_cut_after_errors(void **state)
{
	(void)state;
	states_tell("power", each_flush(true, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recovery_power_cut_anywhere),
		cmocka_unit_test(test_recovery_power_cut_after_errors),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
