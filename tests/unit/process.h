/*
 * process: one with known memory, to look into and to write to.
 *
 * It is a child of the test and has its pages at the test's own addresses:
 * PAGES of them from `at` on, all filled, of which HOLE, and the one behind it,
 * are not mapped, and NONE may not be read.
 */
#ifndef OCTAVO_TEST_PROCESS_H
#define OCTAVO_TEST_PROCESS_H

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 12, HOLE = 3, NONE = 8 };

struct process {
	unsigned char *at;
	pid_t number;
	int ask;		/* a byte to it: do something, see below */
	int answer;		/* then comes one from it */
	char path[40];
};

static inline uint64_t process_offset(const struct process *process,
				     unsigned page)
{
	return (uint64_t)(uintptr_t)process->at + (uint64_t)page * PAGE;
}

static inline unsigned char process_byte(size_t i)
{
	return (unsigned char)('a' + i * 7 % 23);
}

/* What the process does when it is asked: '+' adds one to its first byte, 'm'
 * maps the hole, another character changes nothing.  It answers with the byte
 * of page 1 that has the number of the request. */
static inline void process_live(const struct process *process, int in, int out)
{
	unsigned char request;

	while (read(in, &request, 1) == 1) {
		if (request == '+')
			process->at[0]++;
		if (request == 'm')
			mmap(process->at + HOLE * PAGE, 2 * PAGE,
			     PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		if (write(out, process->at + PAGE + request, 1) != 1)
			break;
	}
	_exit(0);
}

static inline unsigned char process_ask(const struct process *process,
				       unsigned char request)
{
	unsigned char answer = 0;

	assert_int_equal(write(process->ask, &request, 1), 1);
	assert_int_equal(read(process->answer, &answer, 1), 1);
	return answer;
}

static inline void process_begin(struct process *process)
{
	size_t size = (size_t)PAGES * PAGE;
	int in[2], out[2];

	/* Room around it, so that no neighbour touches it. */
	unsigned char *room = mmap(NULL, size + 2 * PAGE, PROT_NONE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(room, MAP_FAILED);
	process->at = room + PAGE;
	assert_int_equal(mprotect(process->at, size, PROT_READ | PROT_WRITE),
			 0);
	for (size_t i = 0; i < size; i++)
		process->at[i] = process_byte(i);
	assert_int_equal(munmap(process->at + HOLE * PAGE, 2 * PAGE), 0);
	assert_int_equal(mprotect(process->at + NONE * PAGE, PAGE, PROT_NONE),
			 0);
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	fflush(NULL);
	process->number = fork();
	assert_true(process->number >= 0);
	if (process->number == 0) {
		close(in[1]);
		close(out[0]);
		process_live(process, in[0], out[1]);
	}
	close(in[0]);
	close(out[1]);
	process->ask = in[1];
	process->answer = out[0];
	snprintf(process->path, sizeof process->path, "/proc/%ld/mem",
		 (long)process->number);
}

/* Kills it, and returns when it is gone. */
static inline void process_kill(struct process *process)
{
	if (process->number < 0)
		return;
	kill(process->number, SIGKILL);
	waitpid(process->number, NULL, 0);
	process->number = -1;
}

static inline void process_end(struct process *process)
{
	process_kill(process);
	close(process->ask);
	close(process->answer);
	munmap(process->at - PAGE, (size_t)(PAGES + 2) * PAGE);
}

#endif
