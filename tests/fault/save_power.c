/*
 * save when the power goes: what a flush asks of the disk is recorded, then
 * the power is cut after each step.  What no sync has covered is there or
 * not, in any combination, torn within each write; a sync that failed may
 * have dropped what it should have written, whatever a later one says.
 */
#include "power.h"

enum { DRAWS = 12 };	/* random states of each cut */

/* A journal that is valid must have what it promises, however the file is
 * found; *VALID says whether it is. */
static bool completes(const struct disk *disk, struct bytes found,
		      const struct bytes *after, bool *valid)
{
	static int fd = -1;
	struct bytes journal = content_of(disk, ".file.ovj");
	struct bytes content = content_of(disk, ".file.ovn");

	if (fd < 0)
		fd = open(path_of("journal"), O_RDWR | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, journal.byte, journal.size, 0),
			 journal.size);
	*valid = journal.there && journal_is_valid(fd);
	return *valid && journal_completes(fd, found, &content, after);
}

/* The older backup may still be there while the file is the OLD one; of a file
 * that is exchanged, as long as both are. */
static bool backup_is_whole(const struct disk *disk, enum method method,
			    bool old)
{
	struct bytes found = content_of(disk, "file~");
	struct bytes before = bytes_before(method);
	struct bytes older = bytes_older();

	return !has_backup(method) || bytes_equal(&found, &before)
		|| ((old || method == KEPT) && bytes_equal(&found, &older));
}

enum allowed { OLD = 1, NEW = 2, TO_COMPLETE = 4 };

/* What FOUND is, once a valid journal has been obeyed or not. */
static enum allowed found_on(const struct disk *disk, enum method method)
{
	struct bytes found = content_of(disk, target_name(method));
	struct bytes before = bytes_before(method);
	struct bytes after = bytes_after(method);
	bool old = bytes_equal(&found, &before);
	bool valid = false;
	bool complete = has_journal(method)
		&& completes(disk, found, &after, &valid);

	if ((valid && !complete) || !backup_is_whole(disk, method, old))
		return 0;
	/* Of a rewrite there is only finishing. */
	if (valid && is_rewrite(method))
		return bytes_equal(&found, &after) ? NEW : TO_COMPLETE;
	if (old)
		return OLD;
	if (bytes_equal(&found, &after))
		return NEW;
	return complete ? TO_COMPLETE : 0;
}

/* All states that a cut before event CUT can leave, or some of them. */
static long check_cut(enum method method, int cut, unsigned allowed,
		      const char *words)
{
	struct disk disk;

	for (int choice = 0; choice < 2 + DRAWS; choice++) {
		draw(&disk, cut, choice);
		if (!(found_on(&disk, method) & allowed)) {
			print_error("%s, fault %ld (%s), cut at %d of %d: "
				    "\"%s\"\n", method_names[method],
				    fault.target, fault.kind ? fault.kind : "-",
				    cut, event_count, words);
			fail();
		}
	}
	return 2 + DRAWS;
}

/* --- one flush --- */

static unsigned allowed_by(bool worked, const char *words)
{
	if (worked)
		return NEW;
	if (strstr(words, "is interrupted"))
		return OLD | NEW | TO_COMPLETE;
	if (strstr(words, "is not safe"))
		return OLD | NEW | TO_COMPLETE;
	return OLD;
}

/* Returns the number of states; *CALLS of calls that can fail. */
static long try_power(enum method method, long target, bool for_good,
		      long *calls)
{
	struct document *document = scenario_open(method);
	struct error error = ERROR_NONE;
	struct save_plan done = { .note = "" };
	unsigned during = OLD | NEW | (has_journal(method) ? TO_COMPLETE : 0);
	long states = 0;

	forget();
	remember_first();
	arm(target, for_good);
	bool worked = scenario_run(document, method, &done, &error);
	io = real;
	*calls = fault.count;
	for (int cut = 0; cut < event_count; cut++)
		states += check_cut(method, cut, during, "cut");
	states += check_cut(method, event_count,
			    allowed_by(worked, error.message),
			    worked ? "worked" : error.message);
	document_close(document);
	return states;
}

static void test_save_power_cut_anywhere(void **state)
{
	long states = 0;
	long calls;

	(void)state;
	do {
		for (enum method method = 0; method < METHODS; method++)
			states += try_power(method, 0, false, &calls);
	} while (more_states(states));
	forget();
	states_tell("power", states);
}

static void test_save_power_cut_after_errors(void **state)
{
	long states = 0;
	long calls;
	long ignored;

	(void)state;
	do {
		for (enum method method = 0; method < METHODS; method++) {
			try_power(method, 0, false, &calls);
			for (long n = 1; n <= calls; n++) {
				states += try_power(method, n, false,
						    &ignored);
				states += try_power(method, n, true, &ignored);
			}
		}
	} while (more_states(states));
	forget();
	states_tell("power", states);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_save_power_cut_anywhere),
		cmocka_unit_test(test_save_power_cut_after_errors),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
