/*
 * save under faults: each system call fails in turn, is cut short, or is the
 * last one.  Whatever happens, the file is the old or the new one, and what
 * the message says is so.
 */
#include "save_scenario.h"
#include "simulator.h"
#include "allocations.h"
#include "sizes.h"

#include <limits.h>
#include <sys/wait.h>
#include <sys/xattr.h>

static bool allocation_fails(void)
{
	return simulator_allocation();
}

/* --- what has become of the folder --- */

struct outcome {
	enum method method;
	bool worked;
	const char *words;	/* of the message or the note */
};

static void complain(const struct outcome *outcome, const char *what)
{
	print_error("%s, call %ld (%s), mode %d, %s: %s: \"%s\"\n",
		    method_names[outcome->method], fault.target,
		    fault.kind ? fault.kind : "-", (int)fault.mode,
		    strerror(fault.error), what, outcome->words);
	fail();
}

static bool says(const struct outcome *outcome, const char *words)
{
	return strstr(outcome->words, words) != NULL;
}

static const char state_folder[] = "state/octavo/journals";

/* Is NAME in FOLDER that of a journal, or of new content? */
static bool is_ours(const char *folder, const char *name)
{
	if (folder == state_folder)
		return name[0] != '.';
	return strncmp(name, ".file", 5) == 0 || strncmp(name, ".copy", 5) == 0;
}

/* Counts what else is there; it must have been named. */
static int check_folder(const struct outcome *outcome, const char *name)
{
	DIR *folder = opendir(path_of(name));
	struct dirent *entry;
	int others = 0;

	while (folder && (entry = readdir(folder))) {
		if (!is_ours(name, entry->d_name))
			continue;
		others++;
		if (!says(outcome, entry->d_name))
			complain(outcome, "something left behind unnamed");
	}
	if (folder)
		closedir(folder);
	return others;
}

static int check_entries(const struct outcome *outcome)
{
	return check_folder(outcome, ".")
		+ check_folder(outcome, state_folder);
}

/* What lies beside the file under NAME, or instead in the user's state with
 * its last letter. */
static const char *path_left(const char *name)
{
	const char *path = path_of(name);
	DIR *folder = opendir(path_of(state_folder));
	char last = name[strlen(name) - 1];
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		char in_state[sizeof state_folder + NAME_MAX + 1];

		snprintf(in_state, sizeof in_state, "%s/%s", state_folder,
			 entry->d_name);
		if (in_state[strlen(in_state) - 1] == last)
			path = path_of(in_state);
	}
	if (folder)
		closedir(folder);
	return path;
}

/* What a journal says must be so, however the file is found. */
static bool completes(const struct outcome *outcome, struct bytes found,
		      const struct bytes *after)
{
	int fd = open(path_left(".file.ovj"), O_RDONLY);
	struct bytes content = read_bytes(path_left(".file.ovn"));
	bool complete = fd >= 0 && journal_completes(fd, found, &content,
						     after);

	if (journal_is_valid(fd) && !complete)
		complain(outcome, "a journal that does not complete it");
	if (fd >= 0)
		close(fd);
	return complete;
}

static void check_backup(const struct outcome *outcome)
{
	struct bytes found = read_bytes(path_of("file~"));
	struct bytes before = bytes_before(outcome->method);
	struct bytes older = bytes_older();

	if (!has_backup(outcome->method) || bytes_equal(&found, &before))
		return;
	if (outcome->worked && !says(outcome, "could not be removed"))
		complain(outcome, "no backup");
	if (!bytes_equal(&found, &older))
		complain(outcome, "a damaged backup");
}

static void check_outcome(const struct outcome *outcome)
{
	enum method method = outcome->method;
	struct bytes found = read_bytes(path_of(target_name(method)));
	struct bytes before = bytes_before(method);
	struct bytes after = bytes_after(method);
	bool is_old = bytes_equal(&found, &before);
	bool is_new = bytes_equal(&found, &after);
	bool complete = has_journal(method)
		&& completes(outcome, found, &after);

	check_backup(outcome);
	if (outcome->worked) {
		if (!is_new)
			complain(outcome, "success without the new content");
	} else if (says(outcome, "is interrupted")) {
		if (!complete)
			complain(outcome, "no journal to complete it");
	} else if (says(outcome, "is not safe")) {
		if (!is_old && !is_new)
			complain(outcome, "neither old nor new");
	} else if (!says(outcome, "unchanged")
		   && !says(outcome, "not created")) {
		complain(outcome, "the message says nothing of the file");
	} else if (!is_old) {
		complain(outcome, "unchanged is not true");
	}
}

/* With the fault gone, all that was not done can be done. */
static void check_retry(struct document *document, struct outcome *outcome)
{
	struct save_plan done;
	struct error error = ERROR_NONE;

	if (!scenario_run(document, outcome->method, &done, &error)) {
		outcome->words = error.message;
		/* Put back, and then not to be looked at: not known again. */
		if (fault.mode != ONCE && strcmp(fault.kind, "fstat") == 0
		    && says(outcome, "was changed by another program"))
			return;
		complain(outcome, "the retry fails");
	}
	outcome->worked = true;
	outcome->words = done.note;
	check_outcome(outcome);
	assert_int_equal(check_entries(outcome), 0);
}

/* A flush with what was armed; returns the number of calls. */
static long try_armed(struct document *document, enum method method,
		      bool *worked)
{
	struct error error = ERROR_NONE;
	struct save_plan done = { .note = "" };

	*worked = scenario_run(document, method, &done, &error);
	disarm();
	long calls = fault.count;
	struct outcome outcome = {
		.method = method,
		.worked = *worked,
		.words = *worked ? done.note : error.message,
	};
	check_outcome(&outcome);
	int others = check_entries(&outcome);
	/* What was read wrong may be taken for another program's doing. */
	bool misled = fault.mode == EMPTY || fault.mode == WRONG;
	if (!misled)
		assert_document(document, method);
	/* A rewrite that was interrupted will be finished. */
	if (!is_copy(method) && document_modified(document) == *worked
	    && !(is_rewrite(method) && says(&outcome, "is interrupted")))
		complain(&outcome, "the document does not know");
	if (!*worked && fault.kind && !others && !misled
	    && !says(&outcome, "is not safe"))
		check_retry(document, &outcome);
	document_close(document);
	return calls;
}

/* One flush with one fault. */
static long try_fault(enum method method, enum mode mode, long target,
		      int number, bool *worked)
{
	struct document *document = scenario_open(method);

	arm(mode, target, number);
	return try_armed(document, method, worked);
}

static long try_allocation(enum method method, enum mode mode, long target,
			   bool *worked)
{
	struct document *document = scenario_open(method);

	arm_allocations(mode, target);
	return try_armed(document, method, worked);
}

static long fail_each_call(enum method method, long *failures)
{
	const long errors = errors_wanted();
	bool worked;
	long calls = try_fault(method, COUNT, 0, 0, &worked);
	long runs = 0;

	assert_true(worked);
	for (enum mode mode = ONCE; mode <= DEAD; mode++) {
		for (long n = 0; n < errors * calls; n++, runs++) {
			try_fault(method, mode, 1 + n / errors,
				  fault_errors[n % errors], &worked);
			*failures += !worked;
		}
	}
	return runs;
}

static void test_save_each_call_fails(void **state)
{
	long runs = 0, failures = 0;

	(void)state;
	do {
		for (enum method method = 0; method < METHODS; method++)
			runs += fail_each_call(method, &failures);
	} while (more_states(runs));
	assert_true(failures > runs / 3);
	states_tell("failing", runs);
}

/* What the system answers where it cannot do a thing, or not now. */
static void test_save_other_errors(void **state)
{
	static const int errors[] = {
		EAGAIN, EBUSY, EINVAL, ENOSYS, EOPNOTSUPP, EPERM, EDQUOT,
		EFBIG, EACCES, EROFS, EMLINK, EXDEV,
	};
	bool worked;

	(void)state;
	for (enum method method = 0; method < METHODS; method++) {
		long calls = try_fault(method, COUNT, 0, 0, &worked);

		for (long n = 1; n <= calls; n++)
			for (size_t i = 0; i < sizeof errors / sizeof *errors;
			     i++)
				try_fault(method, ONCE, n, errors[i], &worked);
	}
}

/* What is read ends too early, or has a byte that is another. */
static void test_save_wrong_reads(void **state)
{
	bool worked;

	(void)state;
	for (enum method method = 0; method < METHODS; method++) {
		long calls = try_fault(method, COUNT, 0, 0, &worked);

		for (long n = 1; n <= calls; n++) {
			try_fault(method, EMPTY, n, 0, &worked);
			try_fault(method, WRONG, n, 0, &worked);
		}
	}
}

static void test_save_each_allocation_fails(void **state)
{
	bool worked;

	(void)state;
	for (enum method method = 0; method < METHODS; method++) {
		long calls = try_allocation(method, COUNT, 0, &worked);

		assert_true(worked && calls > 0);
		for (long n = 1; n <= calls; n++) {
			try_allocation(method, ONCE, n, &worked);
			try_allocation(method, DEAD, n, &worked);
		}
	}
}

/* --- large --- */

enum { CLIP = DOCUMENT_GRANULE_MAXIMUM + 1, LARGE = 2 * CLIP };

static unsigned char large[2][LARGE + 1];	/* before and after */

static void assert_large(const char *name, const unsigned char *bytes,
			 uint64_t size)
{
	static unsigned char found[LARGE + 2];
	int fd = open(path_of(name), O_RDONLY);

	assert_int_equal(read(fd, found, sizeof found), size);
	assert_memory_equal(found, bytes, size);
	close(fd);
}

enum large_edit { CUT_ONLY, PUT_BACK, HELD };

/* Cuts what is the end; puts back where it was what was cut out; or inserts
 * where a clip that is not a copy refers to what is behind. */
static struct clip *edit_large(struct document *document, enum large_edit edit)
{
	struct range range = { 8, 8 + CLIP };
	struct clip *clip = document_copy(document, range, NULL);

	assert_non_null(clip);
	memcpy(large[1], large[0], LARGE);
	if (edit == CUT_ONLY) {
		range = range_of(LARGE - 3, 3);
		assert_true(document_delete(document, range, NULL));
	} else if (edit == PUT_BACK) {
		assert_true(document_delete(document, range, NULL));
		range = range_of(8, 0);
		assert_true(document_paste(document, range, clip, NULL));
	} else {
		assert_true(document_insert(document, 0, "+", 1, NULL));
		large[1][0] = '+';
		memcpy(large[1] + 1, large[0], LARGE);
	}
	return clip;
}

/* True where no allocation has failed any more. */
static bool try_large(enum large_edit how, long n)
{
	const struct save_options options = { .way = SAVE_WAY_IN_PLACE };
	struct error error = ERROR_NONE;
	struct save_plan done;
	int fd = open(path_of("file"), O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_int_equal(write(fd, large[0], LARGE), LARGE);
	close(fd);
	struct document *document = document_open(
		file_open(path_of("file"), NULL, NULL, NULL), NULL);
	assert_non_null(document);
	struct clip *clip = edit_large(document, how);
	uint64_t size = document_size(document);

	arm_allocations(ONCE, n);
	bool worked = save_write(document, &options, &done, &error);
	bool met = fault.count >= n;
	disarm();
	if (how == HELD && !worked && strstr(error.message, ".ovn is kept")) {
		/* The document is over what has to be finished. */
		assert_large(".file.ovn", large[1], size);
		remove_entries();
	} else {
		if (!worked && !strstr(error.message, "unchanged: "))
			fail_msg("allocation %ld: \"%s\"", n, error.message);
		assert_large("file", large[worked], worked ? size : LARGE);
		assert_true(worked != document_modified(document));
	}
	assert_int_equal(document_size(document), size);
	document_check(document);
	clip_free(clip);
	document_close(document);
	return worked && !met;
}

/* Where a flush has to make room for what does not happen in small files. */
static void test_save_large_without_memory(void **state)
{
	(void)state;
	remove_entries();
	for (size_t i = 0; i < LARGE; i++)
		large[0][i] = (unsigned char)(1 + i % 251);
	for (enum large_edit how = CUT_ONLY; how <= HELD; how++) {
		long n = 1;

		while (!try_large(how, n))
			n++;
		assert_true(n > 2);
	}
}

static void test_save_survives_interruption(void **state)
{
	bool worked;

	(void)state;
	for (enum method method = 0; method < METHODS; method++) {
		long calls = try_fault(method, STORM, 0, 0, &worked);

		assert_true(worked);
		for (long n = 1; n <= calls; n++) {
			try_fault(method, ONCE, n, EINTR, &worked);
			assert_true(worked);
		}
	}
}

static void test_save_short_transfers(void **state)
{
	bool worked;

	(void)state;
	for (enum method method = 0; method < METHODS; method++) {
		try_fault(method, SHORT, 0, 0, &worked);
		assert_true(worked);
	}
}

static int fail_with(int number)
{
	errno = number;
	return -1;
}

static int no_exchange(int folder, const char *one, const char *other)
{
	(void)folder, (void)one, (void)other;
	return fail_with(EINVAL);
}

static int no_link(int from_folder, const char *from, int to_folder,
		   const char *to, int flags)
{
	(void)from_folder, (void)from, (void)to_folder, (void)to, (void)flags;
	return fail_with(EPERM);
}

static ssize_t no_copy(int from, off_t *from_offset, int to, off_t *to_offset,
		       size_t length)
{
	(void)from, (void)from_offset, (void)to, (void)to_offset, (void)length;
	return fail_with(EXDEV);
}

static off_t no_holes(int fd, off_t offset, int whence)
{
	(void)fd, (void)offset, (void)whence;
	return fail_with(EINVAL);
}

static int no_lock(int fd)
{
	(void)fd;
	return fail_with(ENOSYS);
}

static ssize_t no_attributes(int fd, char *list, size_t size)
{
	(void)fd, (void)list, (void)size;
	return fail_with(EOPNOTSUPP);
}

/* File systems that lack a call get along without it, faults or not. */
static void test_save_without_calls(void **state)
{
	struct io whole = real;
	bool worked;

	(void)state;
	real.exchange = no_exchange;
	real.linkat = no_link;
	real.copy_range = no_copy;
	real.lseek = no_holes;
	real.lock = no_lock;
	real.flistxattr = no_attributes;
	for (enum method method = 0; method < METHODS; method++) {
		long calls = try_fault(method, COUNT, 0, 0, &worked);

		/* Keeping the old file takes an exchange. */
		assert_true(worked == (method != KEPT));
		if (!worked)
			continue;
		for (long n = 1; n <= calls; n++) {
			try_fault(method, ONCE, n, EIO, &worked);
			try_fault(method, ONCE, n, EINTR, &worked);
			assert_true(worked);
		}
	}
	real = whole;
	disarm();
}

/* On a disk of its own the new file is written by reading and writing. */
static void test_save_on_local_disk(void **state)
{
	struct io whole = real;
	bool worked;

	(void)state;
	real.file_system = local_file_system;
	for (enum method method = REWRITTEN; method < METHODS; method++) {
		long calls = try_fault(method, COUNT, 0, 0, &worked);

		assert_true(worked);
		for (long n = 1; n <= calls; n++)
			try_fault(method, ONCE, n, EIO, &worked);
		try_fault(method, SHORT, 0, 0, &worked);
		assert_true(worked);
	}
	real = whole;
	disarm();
}

static int closed_faccessat(int folder, const char *name, int mode, int flags)
{
	return strcmp(name, ".") == 0 ? fail_with(EACCES)
		: faccessat(folder, name, mode, flags);
}

/* What is needed beside a file in a folder that can't be written lies in the
 * user's state. */
static void test_save_in_closed_folder(void **state)
{
	struct io whole = real;
	bool worked;

	(void)state;
	real.faccessat = closed_faccessat;
	for (enum method method = 0; method <= SHORTENED; method++) {
		long calls = try_fault(method, COUNT, 0, 0, &worked);

		assert_true(worked);
		for (long n = 1; n <= calls; n++) {
			try_fault(method, ONCE, n, EIO, &worked);
			try_fault(method, ONCE, n, EINTR, &worked);
			try_fault(method, DEAD, n, ENOSPC, &worked);
		}
	}
	real = whole;
	disarm();
}

/* --- what is only looked at --- */

/* Whatever call or allocation fails, who asks is told why not; and of what may
 * be written, nothing has become of it. */
static void look_at(struct document *document, enum method method)
{
	struct save_options options = scenario_options(method);
	struct error error = ERROR_NONE;
	struct save_plan plan;

	if (!save_outlook(document, &error))
		assert_string_not_equal(error.message, "");
	error.message[0] = '\0';
	if (!save_plan(document, &options, &plan, &error))
		assert_string_not_equal(error.message, "");
}

static void test_save_looks_fail(void **state)
{
	(void)state;
	for (enum method method = 0; method <= CREATED; method++) {
		struct document *document = scenario_open(method);
		struct bytes before = bytes_before(method);
		bool met = true;

		for (long n = 1; met; n++) {
			arm_allocations(ONCE, n);
			look_at(document, method);
			arm(ONCE, n, EINTR);
			look_at(document, method);
			for (int i = 0; i < errors_wanted(); i++) {
				arm(ONCE, n, fault_errors[i]);
				look_at(document, method);
			}
			met = fault.count >= n;
			disarm();
		}
		struct bytes found = read_bytes(path_of("file"));

		assert_true(bytes_equal(&found, &before));
		document_close(document);
	}
}

/* --- stopped --- */

static bool stop_after(void *context)
{
	long *left = context;

	return (*left)-- <= 0;
}

/* True where it was stopped. */
static bool try_stop(enum method method, long steps)
{
	struct document *document = scenario_open(method);
	const struct save_hooks hooks = {
		.stop = stop_after, .context = &steps,
	};
	struct error error = ERROR_NONE;
	struct save_plan done = { .note = "" };
	struct save_flush *flush = scenario_begin(document, method, &hooks,
						  &error);

	assert_non_null(flush);
	bool worked = save_prepare(flush) && save_commit(flush)
		&& save_apply(flush) && save_finish(flush, &done);
	if (!worked)
		save_message(flush, &error);
	save_end(flush);
	struct outcome outcome = {
		.method = method,
		.worked = worked,
		.words = worked ? done.note : error.message,
	};
	if (!worked && !says(&outcome, "stopped"))
		complain(&outcome, "not only stopped");
	check_outcome(&outcome);
	assert_int_equal(check_entries(&outcome), 0);
	assert_document(document, method);
	document_close(document);
	return !worked;
}

static void test_save_stopped_anywhere(void **state)
{
	struct io whole = real;

	(void)state;
	for (int how = 0; how < 3; how++) {
		if (how == 1)
			io.file_system = local_file_system;
		if (how == 2)
			io.copy_range = no_copy;
		for (enum method method = 0; method < METHODS; method++) {
			long steps = 0;

			while (try_stop(method, steps))
				steps++;
			assert_true(steps > 1);
		}
	}
	io = whole;
}

/* --- what belongs to a file --- */

/* What a folder gives to all files in it: an access list for user 1. */
static const unsigned char access_list[] = {
	2, 0, 0, 0,
	0x01, 0, 7, 0, 0xff, 0xff, 0xff, 0xff,
	0x02, 0, 7, 0, 1, 0, 0, 0,
	0x04, 0, 5, 0, 0xff, 0xff, 0xff, 0xff,
	0x10, 0, 7, 0, 0xff, 0xff, 0xff, 0xff,
	0x20, 0, 5, 0, 0xff, 0xff, 0xff, 0xff,
};

/* The old file has one attribute, and the new one is given another that it
 * must not have; where the file system has such things. */
static struct document *open_with_attributes(enum method method)
{
	static const char list[] = "system.posix_acl_default";

	removexattr(scenario_folder, list);
	struct document *document = scenario_open(method);
	setxattr(path_of(target_name(method)), "user.octavo", "kept", 4, 0);
	/* Only root can have files of others. */
	if (geteuid() == 0)
		assert_int_equal(chown(path_of(target_name(method)),
				       method == KEPT ? 0 : 1, 1), 0);
	setxattr(scenario_folder, list, access_list, sizeof access_list, 0);
	document_close(document);
	document = document_open(file_open(path_of("file"), NULL, NULL, NULL),
				 NULL);
	assert_non_null(document);
	edit(document, method);
	return document;
}

static long try_attributes(enum method method, enum mode mode, long target,
			   int number, bool *worked)
{
	struct document *document = open_with_attributes(method);
	char value[64];
	ssize_t there = getxattr(path_of(target_name(method)), "user.octavo",
				 value, sizeof value);

	arm(mode, target, number);
	long calls = try_armed(document, method, worked);
	const char *path = path_of(target_name(method));

	assert_int_equal(getxattr(path, "user.octavo", value, sizeof value),
			 there);
	assert_true(getxattr(path, "system.posix_acl_access", value,
			     sizeof value) < 0);
	return calls;
}

static void test_save_attributes_fail(void **state)
{
	static const enum method methods[] = { REPLACED, KEPT, COPIED_OVER };
	bool worked;

	(void)state;
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		long calls = try_attributes(methods[i], COUNT, 0, 0, &worked);

		assert_true(worked);
		for (long n = 1; n <= calls; n++) {
			try_attributes(methods[i], ONCE, n, EIO, &worked);
			try_attributes(methods[i], ONCE, n, EINTR, &worked);
			try_attributes(methods[i], KIND, n, EPERM, &worked);
		}
	}
	removexattr(scenario_folder, "system.posix_acl_default");
}

/* --- the process ends --- */

/* True if only the journal makes it whole. */
static bool check_killed(enum method method, bool finished)
{
	struct bytes found = read_bytes(path_of(target_name(method)));
	struct bytes before = bytes_before(method);
	struct bytes after = bytes_after(method);
	struct outcome outcome = { method, finished, "" };
	bool complete = has_journal(method)
		&& completes(&outcome, found, &after);

	check_backup(&outcome);
	if (bytes_equal(&found, &after)
	    || (!finished && bytes_equal(&found, &before)))
		return false;
	if (finished || !complete)
		complain(&outcome, "neither old, new nor to be completed");
	return true;
}

static long kill_anywhere(enum method method, long *mixed)
{
	bool worked;
	long calls = try_fault(method, COUNT, 0, 0, &worked);
	long kills = 0;

	for (long n = 1; n <= 2 * (calls + 1); n++, kills++) {
		long target = (n + 1) / 2;
		struct document *document = scenario_open(method);
		pid_t child = fork();
		int status;

		if (child == 0) {
			struct save_plan done;

			arm(n % 2 ? KILL : KILL_HALF, target, 0);
			scenario_run(document, method, &done, NULL);
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		*mixed += check_killed(method, target > calls);
		document_close(document);
	}
	return kills;
}

static void test_save_killed_anywhere(void **state)
{
	long kills = 0, mixed = 0;

	(void)state;
	do {
		for (enum method method = 0; method < METHODS; method++)
			kills += kill_anywhere(method, &mixed);
	} while (more_states(kills));
	assert_true(mixed > 0);
	states_tell("killed", kills);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_save_each_call_fails),
		cmocka_unit_test(test_save_other_errors),
		cmocka_unit_test(test_save_wrong_reads),
		cmocka_unit_test(test_save_each_allocation_fails),
		cmocka_unit_test(test_save_large_without_memory),
		cmocka_unit_test(test_save_survives_interruption),
		cmocka_unit_test(test_save_short_transfers),
		cmocka_unit_test(test_save_without_calls),
		cmocka_unit_test(test_save_on_local_disk),
		cmocka_unit_test(test_save_in_closed_folder),
		cmocka_unit_test(test_save_looks_fail),
		cmocka_unit_test(test_save_stopped_anywhere),
		cmocka_unit_test(test_save_attributes_fail),
		cmocka_unit_test(test_save_killed_anywhere),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
