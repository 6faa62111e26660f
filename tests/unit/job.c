/* Unit tests of the job room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "io.h"
#include "octavo/job.h"

/* What arrives: message K of chunk C is the number 1000 C + K. */
struct stream {
	uint64_t chunks;
	unsigned messages;	/* for each chunk */
	size_t padding;		/* bytes beside the number */
	uint64_t bad;		/* the chunk at which something happens */
	uint64_t stop;		/* the parent stops at this number */
	uint64_t next;		/* the number that must come now */
	uint64_t received;
};

static void sum_up(struct stream *stream)
{
	stream->received++;
	if (++stream->next % 1000 == stream->messages)
		stream->next += 1000 - stream->messages;
}

static bool stream_result(void *context, uint64_t chunk, const void *data,
			  size_t size)
{
	struct stream *stream = context;
	uint64_t number;

	assert_int_equal(size, sizeof number + stream->padding);
	memcpy(&number, data, sizeof number);
	assert_int_equal(chunk, number / 1000);
	assert_int_equal(number, stream->next);
	if (stream->padding)
		assert_int_equal(((const unsigned char *)data)[size - 1],
				 (unsigned char)number);
	sum_up(stream);
	return number != stream->stop;
}

static bool send_chunk(struct job_worker *worker, struct stream *stream,
		       uint64_t chunk, struct error *error)
{
	unsigned char buffer[70000];
	size_t size = sizeof chunk + stream->padding;

	for (unsigned i = 0; i < stream->messages; i++) {
		uint64_t number = chunk * 1000 + i;

		memset(buffer, (int)(unsigned char)number, size);
		memcpy(buffer, &number, sizeof number);
		if (!job_send(worker, chunk, buffer, size, error))
			return false;
	}
	job_advance(worker, 10, stream->messages);
	return job_finish(worker, chunk, error);
}

static bool stream_work(struct job_worker *worker, void *context,
			struct error *error)
{
	uint64_t chunk;

	while (job_claim(worker, &chunk))
		if (!send_chunk(worker, context, chunk, error))
			return false;
	return true;
}

static struct job *start(struct stream *stream, unsigned workers,
			 bool (*work)(struct job_worker *, void *,
				      struct error *))
{
	struct job_plan plan = {
		.work = work, .result = stream_result, .context = stream,
		.chunks = stream->chunks, .workers = workers,
		.shared_size = 4096
	};
	struct error error = ERROR_NONE;
	struct job *job = job_start(&plan, &error);

	if (!job)
		fail_msg("%s", error.message);
	return job;
}

/* No child is left over. */
static void expect_no_children(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void test_job_order(void **state)
{
	static const struct {
		uint64_t chunks;
		unsigned messages;
		size_t padding;
		unsigned workers;
	} cases[] = {
		{ 0, 1, 0, 2 }, { 1, 1, 0, 4 }, { 100, 0, 0, 2 },
		{ 500, 3, 0, 3 }, { 40, 5, 60000, 3 }, { 300, 2, 100, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct stream stream = {
			.chunks = cases[i].chunks,
			.messages = cases[i].messages,
			.padding = cases[i].padding, .stop = UINT64_MAX
		};
		struct error error = ERROR_NONE;
		struct job *job = start(&stream, cases[i].workers,
					stream_work);
		uint64_t units, found;

		assert_int_equal(job_wait(job, &error), JOB_DONE);
		assert_int_equal(stream.received,
				 stream.chunks * stream.messages);
		job_progress(job, &units, &found);
		assert_int_equal(units, stream.chunks * 10);
		assert_int_equal(found, stream.received);
		assert_int_equal(job_poll(job, &error), JOB_DONE);
		assert_int_equal(job_descriptors(job, NULL, 0), 0);
		job_free(job);
		expect_no_children();
	}
}

static int here_process;

static bool here_work(struct job_worker *worker, void *context,
		      struct error *error)
{
	here_process = getpid();
	return stream_work(worker, context, error);
}

static bool here_failing_work(struct job_worker *worker, void *context,
			      struct error *error)
{
	uint64_t chunk;

	return job_claim(worker, &chunk) &&
	       send_chunk(worker, context, chunk, error) &&
	       error_set(error, "chunk 1 is bad");
}

/* Nothing before the first poll; then all, or up to where it is stopped. */
static void test_job_here(void **state)
{
	struct stream stream = { .chunks = 40, .messages = 3,
				 .padding = 60000, .stop = UINT64_MAX };
	struct job_plan plan = {
		.work = here_work, .result = stream_result,
		.context = &stream, .chunks = 40, .here = true,
		.shared_size = 4096,
	};
	struct job *job = job_start(&plan, NULL);
	struct error error = ERROR_NONE;
	struct pollfd wait = { .events = POLLIN };

	(void)state;
	assert_non_null(job);
	assert_int_equal(stream.received, 0);
	assert_int_equal(job_descriptors(job, &wait.fd, 1), 1);
	assert_int_equal(poll(&wait, 1, 0), 1);
	assert_int_equal(job_wait(job, NULL), JOB_DONE);
	assert_int_equal(here_process, getpid());
	assert_int_equal(stream.received, 120);
	job_free(job);

	stream = (struct stream){ .chunks = 40, .messages = 3, .stop = 5001 };
	job = job_start(&plan, NULL);
	assert_int_equal(job_wait(job, NULL), JOB_DONE);
	assert_int_equal(stream.received, 17);
	job_free(job);

	stream = (struct stream){ .chunks = 40, .messages = 3,
				  .stop = UINT64_MAX };
	plan.work = here_failing_work;
	job = job_start(&plan, NULL);
	assert_int_equal(job_wait(job, &error), JOB_FAILED);
	assert_string_equal(error.message, "chunk 1 is bad");
	assert_int_equal(stream.received, 3);
	job_free(job);
	expect_no_children();
}

static void test_job_stop_early(void **state)
{
	struct stream stream = { .chunks = 1000000, .messages = 2,
				 .stop = 5001 };
	struct job *job = start(&stream, 2, stream_work);

	(void)state;
	assert_int_equal(job_wait(job, NULL), JOB_DONE);
	assert_int_equal(stream.received, 12);
	expect_no_children();
	job_free(job);
}

static bool failing_work(struct job_worker *worker, void *context,
			 struct error *error)
{
	struct stream *stream = context;
	uint64_t chunk;

	while (job_claim(worker, &chunk)) {
		if (chunk == stream->bad)
			return error_set_at(error, 7, "chunk %d is bad",
					    (int)chunk);
		if (!send_chunk(worker, stream, chunk, error))
			return false;
	}
	return true;
}

static void test_job_failure_in_order(void **state)
{
	(void)state;
	for (unsigned workers = 1; workers <= 3; workers++) {
		struct stream stream = { .chunks = 100, .messages = 2,
					 .bad = 50, .stop = UINT64_MAX };
		struct error error = ERROR_NONE;
		struct job *job = start(&stream, workers, failing_work);

		assert_int_equal(job_wait(job, &error), JOB_FAILED);
		assert_string_equal(error.message, "chunk 50 is bad");
		assert_int_equal(error.position, 7);
		assert_int_equal(stream.received, 100);
		expect_no_children();
		job_free(job);
	}
}

static bool crashing_work(struct job_worker *worker, void *context,
			  struct error *error)
{
	struct stream *stream = context;
	uint64_t chunk;

	while (job_claim(worker, &chunk)) {
		if (chunk == stream->bad)
			raise(SIGSEGV);
		if (!send_chunk(worker, stream, chunk, error))
			return false;
	}
	return true;
}

static void test_job_crash(void **state)
{
	struct stream stream = { .chunks = 100, .messages = 1, .bad = 20,
				 .stop = UINT64_MAX };
	struct error error = ERROR_NONE;
	struct job *job = start(&stream, 2, crashing_work);

	(void)state;
	assert_int_equal(job_wait(job, &error), JOB_FAILED);
	assert_string_equal(error.message, "a worker was killed by signal 11 "
			    "(Segmentation fault)");
	assert_true(stream.received <= 20);
	expect_no_children();
	job_free(job);
}

static bool exiting_work(struct job_worker *worker, void *context,
			 struct error *error)
{
	(void)worker;
	(void)context;
	(void)error;
	_exit(3);
}

static void test_job_exit(void **state)
{
	struct stream stream = { .chunks = 4, .messages = 1 };
	struct error error = ERROR_NONE;
	struct job *job = start(&stream, 2, exiting_work);

	(void)state;
	assert_int_equal(job_wait(job, &error), JOB_FAILED);
	assert_string_equal(error.message,
			    "a worker ended early, with status 3");
	job_free(job);
	expect_no_children();
}

/* Leaves a chunk unfinished: a mistake, but not one to hang on. */
static bool forgetful_work(struct job_worker *worker, void *context,
			   struct error *error)
{
	uint64_t chunk;

	while (job_claim(worker, &chunk))
		if (chunk != 3 && !send_chunk(worker, context, chunk, error))
			return false;
	return true;
}

static void test_job_forgotten_chunk(void **state)
{
	struct stream stream = { .chunks = 10, .messages = 1,
				 .stop = UINT64_MAX };
	struct error error = ERROR_NONE;
	struct job *job = start(&stream, 2, forgetful_work);

	(void)state;
	assert_int_equal(job_wait(job, &error), JOB_FAILED);
	assert_int_equal(stream.received, 3);
	job_free(job);
	expect_no_children();
}

static bool endless_work(struct job_worker *worker, void *context,
			 struct error *error)
{
	(void)worker;
	(void)context;
	(void)error;
	while (pause() < 0)
		;
	return true;
}

static void test_job_free_while_running(void **state)
{
	struct stream stream = { .chunks = 4, .messages = 1 };
	struct job *job = start(&stream, 3, endless_work);

	(void)state;
	assert_int_equal(job_poll(job, NULL), JOB_RUNNING);
	job_free(job);
	job_free(NULL);
	expect_no_children();
}

/* Each worker waits for what the chunk before gives, as a search does. */
static bool chain_work(struct job_worker *worker, void *context,
		       struct error *error)
{
	_Atomic uint64_t *ready = job_worker_shared(worker);
	uint64_t chunk;

	while (job_claim(worker, &chunk)) {
		while (atomic_load(ready) < chunk)
			;
		atomic_store(ready, chunk + 1);
		if (!send_chunk(worker, context, chunk, error))
			return false;
	}
	return true;
}

static void test_job_chain(void **state)
{
	struct stream stream = { .chunks = 60, .messages = 3,
				 .padding = 65000, .stop = UINT64_MAX };
	struct job *job = start(&stream, 3, chain_work);
	_Atomic uint64_t *ready = job_shared(job);

	(void)state;
	assert_int_equal(job_wait(job, NULL), JOB_DONE);
	assert_int_equal(atomic_load(ready), 60);
	job_free(job);
}

/* --- a parent that takes its time --- */

enum { PATIENT_CHUNKS = 12 };

/* Silent before the last chunk until the parent has had all others. */
static bool patient_work(struct job_worker *worker, void *context,
			 struct error *error)
{
	_Atomic uint64_t *taken = job_worker_shared(worker);
	uint64_t chunk;

	while (job_claim(worker, &chunk)) {
		while (chunk == PATIENT_CHUNKS - 1 &&
		       atomic_load(taken) < chunk)
			;
		if (!send_chunk(worker, context, chunk, error))
			return false;
	}
	return true;
}

struct slow {
	struct stream stream;
	_Atomic uint64_t *taken;
};

static bool slow_result(void *context, uint64_t chunk, const void *data,
			size_t size)
{
	struct slow *slow = context;
	struct timespec start, now;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - start.tv_sec) * 1000000000 + now.tv_nsec -
	       start.tv_nsec < 6000000);
	atomic_store(slow->taken, chunk + 1);
	return stream_result(&slow->stream, chunk, data, size);
}

/* What job_poll leaves for the next time wakes the one who waits. */
static void test_job_wakes_for_the_rest(void **state)
{
	struct slow slow = { .stream = { .chunks = PATIENT_CHUNKS,
					 .messages = 1,
					 .stop = UINT64_MAX } };
	struct job_plan plan = {
		.work = patient_work, .result = slow_result, .context = &slow,
		.chunks = PATIENT_CHUNKS, .workers = 1, .shared_size = 8
	};
	struct job *job = job_start(&plan, NULL);

	(void)state;
	assert_non_null(job);
	slow.taken = job_shared(job);
	while (job_poll(job, NULL) == JOB_RUNNING) {
		struct pollfd waits[4];
		int fds[4];
		size_t count = job_descriptors(job, fds, 4);

		for (size_t i = 0; i < count; i++)
			waits[i] = (struct pollfd){ .fd = fds[i],
						    .events = POLLIN };
		assert_true(poll(waits, (nfds_t)count, 20000) > 0);
	}
	assert_int_equal(job_poll(job, NULL), JOB_DONE);
	assert_int_equal(slow.stream.received, PATIENT_CHUNKS);
	job_free(job);
	expect_no_children();
}

/* --- surroundings of a worker --- */

static volatile sig_atomic_t handled;

static void handler(int signal)
{
	handled = signal;
}

struct surroundings {
	int other;	/* a read end of the other job */
	bool handler_gone;
	bool other_closed;
};

static bool look_around(struct job_worker *worker, void *context,
			struct error *error)
{
	struct surroundings *seen = context;
	struct sigaction action, interrupt;
	sigset_t mask;
	uint64_t chunk;

	job_claim(worker, &chunk);
	sigaction(SIGTERM, NULL, &action);
	sigaction(SIGINT, NULL, &interrupt);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	seen->handler_gone = action.sa_handler == SIG_DFL &&
			     interrupt.sa_handler == SIG_IGN &&
			     !sigismember(&mask, SIGTERM);
	struct stat status;

	seen->other_closed = fstat(seen->other, &status) != 0;
	return job_send(worker, chunk, seen, sizeof *seen, error) &&
	       job_finish(worker, chunk, error);
}

static bool take_surroundings(void *context, uint64_t chunk, const void *data,
			      size_t size)
{
	(void)chunk;
	assert_int_equal(size, sizeof(struct surroundings));
	memcpy(context, data, size);
	return true;
}

static void test_job_surroundings(void **state)
{
	struct stream stream = { .chunks = 1, .messages = 1 };
	struct job *other = start(&stream, 1, endless_work);
	struct surroundings seen = { 0 };
	struct job_plan plan = { .work = look_around,
				 .result = take_surroundings,
				 .context = &seen, .chunks = 1, .workers = 1 };
	void (*before)(int) = signal(SIGTERM, handler);

	(void)state;
	assert_int_equal(job_descriptors(other, &seen.other, 1), 1);

	struct job *job = job_start(&plan, NULL);

	assert_non_null(job);
	assert_int_equal(job_wait(job, NULL), JOB_DONE);
	assert_true(seen.handler_gone);
	assert_true(seen.other_closed);
	job_free(job);
	job_free(other);
	raise(SIGTERM);
	assert_int_equal(handled, SIGTERM);
	signal(SIGTERM, before);
	expect_no_children();
}

/* --- what the system may refuse --- */

static int forks_left;
static pid_t (*real_fork)(void);

static pid_t scarce_fork(void)
{
	if (forks_left-- > 0)
		return real_fork();
	errno = EAGAIN;
	return -1;
}

static void *no_mmap(void *address, size_t length, int protection, int flags,
		     int fd, off_t offset)
{
	(void)address, (void)length, (void)protection, (void)flags;
	(void)fd, (void)offset;
	errno = ENOMEM;
	return (void *)-1;
}

static void test_job_scarce(void **state)
{
	struct stream stream = { .chunks = 50, .messages = 1,
				 .stop = UINT64_MAX };
	struct job_plan plan = { .work = stream_work, .result = stream_result,
				 .context = &stream, .chunks = 50,
				 .workers = 3 };
	struct error error = ERROR_NONE;
	struct io before = io;

	(void)state;
	real_fork = io.fork;
	io.fork = scarce_fork;
	forks_left = 0;
	assert_null(job_start(&plan, &error));
	assert_non_null(strstr(error.message, "cannot start a worker"));

	/* One of three is enough. */
	forks_left = 1;

	struct job *job = job_start(&plan, &error);

	assert_non_null(job);
	assert_int_equal(job_wait(job, &error), JOB_DONE);
	assert_int_equal(stream.received, 50);
	job_free(job);
	io = before;
	io.mmap = no_mmap;
	assert_null(job_start(&plan, &error));
	io = before;
	expect_no_children();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_job_order),
		cmocka_unit_test(test_job_here),
		cmocka_unit_test(test_job_stop_early),
		cmocka_unit_test(test_job_failure_in_order),
		cmocka_unit_test(test_job_crash),
		cmocka_unit_test(test_job_exit),
		cmocka_unit_test(test_job_forgotten_chunk),
		cmocka_unit_test(test_job_free_while_running),
		cmocka_unit_test(test_job_chain),
		cmocka_unit_test(test_job_wakes_for_the_rest),
		cmocka_unit_test(test_job_surroundings),
		cmocka_unit_test(test_job_scarce),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
