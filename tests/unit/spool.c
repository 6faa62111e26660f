/*
 * spool: what a child reads beside the screen, and standard input as a file
 * that grows.  What is read to its end is tested with the file room.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"
#include "octavo/document.h"
#include "spool.h"

enum { PATIENCE = 10000, LONG = 300000 };

static int ends[2];		/* of the pipe that is read */
static struct io real;

/* The child is not among those who write. */
static pid_t fork_reader(void)
{
	pid_t child = fork();

	if (child == 0)
		close(ends[1]);
	return child;
}

static int setup(void **state)
{
	(void)state;
	real = io;
	io.fork = fork_reader;
	signal(SIGPIPE, SIG_IGN);
	return pipe2(ends, O_CLOEXEC);
}

static int teardown(void **state)
{
	(void)state;
	io = real;
	for (int i = 0; i < 2; i++)
		if (ends[i] >= 0)
			close(ends[i]);
	return 0;
}

static struct spool_source source(void)
{
	return (struct spool_source){ .fd = ends[0], .name = "the pipe",
				      .waits = true, .maximum = UINT64_MAX };
}

/* The child has the reading end alone. */
static int begin(struct spool_flow **flow, struct error *error)
{
	struct spool_source from = source();
	int reader = spool_begin(&from, flow, error);

	close(ends[0]);
	ends[0] = -1;
	return reader;
}

static void wait_for(const struct spool_flow *flow)
{
	struct pollfd wait = { .events = POLLIN };

	assert_int_equal(spool_descriptors(flow, &wait.fd, 1), 1);
	assert_int_equal(poll(&wait, 1, PATIENCE), 1);
}

static enum job_state wait_more(struct spool_flow *flow, struct error *error)
{
	enum job_state state;
	bool more;

	do {
		wait_for(flow);
		state = spool_poll(flow, &more, error);
	} while (state == JOB_RUNNING && !more);
	return state;
}

static void write_all(const char *text, size_t length)
{
	assert_int_equal(write(ends[1], text, length), length);
}

static void assert_holds(int reader, const char *text, size_t length)
{
	char *bytes = malloc(length + 1);

	assert_non_null(bytes);
	assert_int_equal(pread(reader, bytes, length + 1, 0), length);
	assert_memory_equal(bytes, text, length);
	free(bytes);
}

static void test_spool_flows(void **state)
{
	struct spool_flow *flow;
	int reader = begin(&flow, NULL);
	bool more;

	(void)state;
	assert_true(reader >= 0);
	assert_int_equal(spool_poll(flow, &more, NULL), JOB_RUNNING);
	assert_false(more);
	write_all("one", 3);
	assert_int_equal(wait_more(flow, NULL), JOB_RUNNING);
	assert_holds(reader, "one", 3);
	write_all("two", 3);
	assert_int_equal(wait_more(flow, NULL), JOB_RUNNING);
	assert_holds(reader, "onetwo", 6);
	write_all("end", 3);
	close(ends[1]);
	ends[1] = -1;
	while (wait_more(flow, NULL) == JOB_RUNNING)
		;
	assert_holds(reader, "onetwoend", 9);
	spool_end(flow);
	close(reader);
}

/* Nothing is lost or comes twice, and the parent may sleep meanwhile. */
static void test_spool_of_much(void **state)
{
	char *text = malloc(LONG);
	struct spool_flow *flow;
	int reader = begin(&flow, NULL);

	(void)state;
	assert_true(text && reader >= 0);
	for (size_t i = 0; i < LONG; i++)
		text[i] = (char)(i * 31 >> 3);
	for (size_t i = 0; i < LONG; i += LONG / 100)
		write_all(text + i, LONG / 100);
	close(ends[1]);
	ends[1] = -1;
	while (wait_more(flow, NULL) == JOB_RUNNING)
		;
	assert_holds(reader, text, LONG);
	spool_end(flow);
	close(reader);
	free(text);
}

/* Who writes is told that nobody reads any more. */
static void test_spool_ends_early(void **state)
{
	struct spool_flow *flow;
	int reader = begin(&flow, NULL);

	(void)state;
	write_all("one", 3);
	wait_more(flow, NULL);
	spool_end(flow);
	assert_int_equal(write(ends[1], "two", 3), -1);
	assert_int_equal(errno, EPIPE);
	assert_holds(reader, "one", 3);
	close(reader);
}

/* In the child: there is room for one block. */
static ssize_t write_little(int fd, const void *buffer, size_t size)
{
	struct stat status;

	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)
	    && status.st_size > 0) {
		errno = ENOSPC;
		return -1;
	}
	return write(fd, buffer, size);
}

static void test_spool_on_full_disk(void **state)
{
	struct error error = ERROR_NONE;
	struct spool_flow *flow;
	int reader;

	(void)state;
	io.write = write_little;
	reader = begin(&flow, NULL);
	write_all("one", 3);
	assert_int_equal(wait_more(flow, &error), JOB_RUNNING);
	write_all("two", 3);
	while (wait_more(flow, &error) == JOB_RUNNING)
		;
	assert_non_null(strstr(error.message, "the pipe: kept 3 bytes in /"));
	assert_non_null(strstr(error.message, ": No space left on device"));
	assert_holds(reader, "one", 3);
	spool_end(flow);
	/* The child has left the pipe. */
	assert_int_equal(write(ends[1], "more", 4), -1);
	close(reader);
}

static int fail_temporary(char *pattern)
{
	(void)pattern;
	errno = EACCES;
	return -1;
}

static pid_t fail_fork(void)
{
	errno = EAGAIN;
	return -1;
}

static int next_descriptor(void)
{
	int fd = dup(STDOUT_FILENO);

	close(fd);
	return fd;
}

static void assert_fails(const char *message)
{
	struct error error = ERROR_NONE;
	struct spool_flow *flow;
	struct spool_source from = source();
	int before = next_descriptor();

	assert_int_equal(spool_begin(&from, &flow, &error), -1);
	assert_null(flow);
	if (!strstr(error.message, message))
		fail_msg("%s", error.message);
	assert_int_equal(next_descriptor(), before);
	io = real;
}

static void test_spool_cannot_begin(void **state)
{
	(void)state;
	/* What all jobs share stays open. */
	io.fork = fail_fork;
	spool_begin(&(struct spool_source){ .name = "" },
		    &(struct spool_flow *){ NULL }, NULL);
	io.temporary = fail_temporary;
	assert_fails("cannot keep the pipe in a temporary file");
	io.fork = fail_fork;
	assert_fails("cannot start a worker");
}

/* Last, for standard input is gone then. */
static void test_spool_is_a_file_that_grows(void **state)
{
	struct error error = ERROR_NONE;
	struct pollfd wait = { .events = POLLIN };
	struct document *document;
	struct file *file;
	char bytes[16];

	(void)state;
	file_let_input_flow();
	assert_true(dup2(ends[0], STDIN_FILENO) >= 0);
	close(ends[0]);
	ends[0] = -1;
	file = file_open("-", NULL, NULL, &error);
	assert_non_null(file);
	assert_int_equal(file_flow(file), FILE_FLOWING);
	assert_int_equal(file_kind(file), FILE_SPOOLED);
	document = document_open(file, NULL);
	assert_non_null(document);
	assert_int_equal(document_size(document), 0);
	assert_int_equal(document_outside(document, false), FILE_SAME);

	write_all("one", 3);
	do {
		assert_int_equal(file_flow_descriptors(file, &wait.fd, 1), 1);
		assert_int_equal(poll(&wait, 1, PATIENCE), 1);
	} while (!file_flow_poll(file, &error));
	assert_int_equal(document_outside(document, false), FILE_SAME);
	assert_int_equal(document_size(document), 3);
	assert_true(document_insert(document, 1, "--", 2, NULL));

	write_all("two", 3);
	close(ends[1]);
	ends[1] = -1;
	while (file_flow(file) == FILE_FLOWING) {
		assert_int_equal(file_flow_descriptors(file, &wait.fd, 1), 1);
		assert_int_equal(poll(&wait, 1, PATIENCE), 1);
		file_flow_poll(file, &error);
	}
	assert_string_equal(error.message, "");
	assert_int_equal(file_flow(file), FILE_STILL);
	assert_int_equal(document_outside(document, false), FILE_SAME);
	assert_int_equal(document_read(document, 0, bytes, sizeof bytes), 8);
	assert_memory_equal(bytes, "o--netwo", 8);
	document_check(document);

	assert_null(file_open("-", NULL, NULL, &error));
	assert_string_equal(error.message,
			    "standard input was opened before");
	document_close(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_spool_flows, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_spool_of_much, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_spool_ends_early, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_spool_on_full_disk,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_spool_cannot_begin,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_spool_is_a_file_that_grows, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
