/*
 * line_filter: no process to be had, a worker that is killed, no memory at any
 * allocation, here or in a worker: the filter fails, says why, and shows all
 * lines; and it can be tried again.
 */
#include "../unit/sample.h"

#include <errno.h>
#include <signal.h>

#include "io.h"
#include "memory.h"
#include "newline.h"
#include "octavo/line_filter.h"

static struct document *document;

static struct line_filter *filter_new(void)
{
	struct line_filter *filter = line_filter_new(document, NEWLINE_BYTE,
						     NULL);

	if (filter)
		line_filter_set_workers(filter, 2);
	return filter;
}

static bool add(struct line_filter *filter, const char *text)
{
	return line_filter_add(filter, pattern_of(&(struct form){ text, "" }),
			       false, NULL);
}

/* It shows the lines with a match, of which there are four. */
static void check_works(struct line_filter *filter)
{
	uint64_t done, total, lines;

	line_filter_wait(filter);
	assert_int_equal(line_filter_state(filter, NULL), JOB_DONE);
	assert_true(line_filter_hides(filter));
	line_filter_progress(filter, &done, &total, &lines);
	assert_int_equal(lines, 4);
}

static void check_failed(struct line_filter *filter, const char *message)
{
	struct error error = ERROR_NONE;

	assert_int_equal(line_filter_state(filter, &error), JOB_FAILED);
	if (!strstr(error.message, message))
		fail_msg("%s", error.message);
	assert_false(line_filter_hides(filter));
	line_filter_check(filter);
	/* And no more is tried. */
	line_filter_poll(filter);
	assert_int_equal(line_filter_state(filter, NULL), JOB_FAILED);
	line_filter_turn(filter, false);
	line_filter_turn(filter, true);
}

/* --- processes --- */

static pid_t worker;

static pid_t no_fork(void)
{
	errno = EAGAIN;
	return -1;
}

static pid_t note_fork(void)
{
	worker = fork();
	/* It does nothing until it is killed. */
	if (worker == 0)
		for (;;)
			pause();
	return worker;
}

static void test_line_filter_without_processes(void **state)
{
	struct line_filter *filter = filter_new();
	pid_t (*usual)(void) = io.fork;

	(void)state;
	assert_true(add(filter, "a"));
	io.fork = no_fork;
	line_filter_wait(filter);
	io.fork = usual;
	check_failed(filter, "cannot start a worker");
	check_works(filter);
	line_filter_free(filter);
}

static void test_line_filter_worker_killed(void **state)
{
	struct line_filter *filter = filter_new();
	pid_t (*usual)(void) = io.fork;

	(void)state;
	assert_true(add(filter, "a"));
	line_filter_set_workers(filter, 1);
	io.fork = note_fork;
	line_filter_poll(filter);
	io.fork = usual;
	assert_int_equal(line_filter_state(filter, NULL), JOB_RUNNING);
	kill(worker, SIGKILL);
	line_filter_wait(filter);
	check_failed(filter, "killed by signal 9");
	check_works(filter);
	line_filter_free(filter);
}

/* --- memory --- */

static unsigned countdown;
static bool for_good;
static bool refused;

static bool refuse(void)
{
	if (countdown > 0) {
		countdown--;
		return false;
	}
	refused = true;
	if (!for_good)
		memory_refuse = NULL;
	return true;
}

/* A filter is made, used, told of an edit and used again. */
static void use_filter(void)
{
	struct line_filter *filter = filter_new();
	struct line_judge *judge;
	bool added;

	if (!filter)
		return;
	added = add(filter, "a");
	added = add(filter, "[abc]") && added;
	line_filter_wait(filter);
	line_filter_check(filter);
	document_overwrite(document, 0, "b", 1, NULL);
	line_filter_wait(filter);
	judge = line_judge_new(filter, NULL);
	if (judge)
		line_judge_accepts(judge, (struct match){ 0, 1 });
	line_judge_free(judge);
	memory_refuse = NULL;
	if (line_filter_state(filter, NULL) == JOB_FAILED)
		check_failed(filter, "out of memory");
	if (added)
		check_works(filter);
	line_filter_free(filter);
}

static void test_line_filter_without_memory(void **state)
{
	(void)state;
	for (int good = 0; good < 2; good++) {
		unsigned number = 0;

		for_good = good;
		do {
			countdown = number++;
			refused = false;
			memory_refuse = refuse;
			use_filter();
			memory_refuse = NULL;
		} while (refused || number < 60);
	}
}

static int make_document(void **state)
{
	static const char text[] =
		"one\na line with a\nand\nb\nc\nx a\nnothing\n.........\n"
		"..........\n............\n............\na\n...";

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/file", folder);
	document = document_of(text, sizeof text - 1);
	return 0;
}

static int close_document(void **state)
{
	(void)state;
	document_close(document);
	unlink(path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line_filter_without_processes),
		cmocka_unit_test(test_line_filter_worker_killed),
		cmocka_unit_test(test_line_filter_without_memory),
	};

	return cmocka_run_group_tests(tests, make_document, close_document);
}
