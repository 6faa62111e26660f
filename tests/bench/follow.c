/*
 * follow [-p] [-s SECONDS] [-r MIB] COMMAND...: keys, and lines, while a writer
 * appends as fast as MIB (200) a second for SECONDS (5) to what COMMAND follows
 * in a terminal: a file, or with -p its standard input.
 *
 * Types `k`, which ends following, and `F`, which begins it, in turn, and
 * prints how long it took until the mode word said so.  At the end COMMAND is
 * asked to count the lines; they are to be those that were written.
 *
 * Nothing of the screen is interpreted: the six letters of one mode are all
 * others than those of the other, so they arrive together when it changes.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

enum {
	LINE = 100,
	LINES = 640,		/* written at once */
	DIGITS = 12,
	SCREEN = 1 << 20,
	KEYS = 4000,
	PATIENCE = 60000,	/* milliseconds */
};

static struct {
	const char *folder;
	char path[256];
	double seconds;
	double rate;		/* bytes a second */
	bool piped;
	int master;
	pid_t program;
	pid_t writer;
	char output[SCREEN];	/* since the last key */
	size_t length;
	volatile uint64_t *lines;	/* that were written; shared */
} run = { .seconds = 5, .rate = 200 << 20 };

_Noreturn static void die(const char *what)
{
	fprintf(stderr, "follow: %s: %s\n", what, strerror(errno));
	if (run.program > 0)
		kill(run.program, SIGKILL);
	if (run.writer > 0)
		kill(run.writer, SIGKILL);
	unlink(run.path);
	rmdir(run.folder);
	exit(2);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* --- the writer --- */

static void write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t count = write(fd, bytes, length);

		if (count < 0)
			_exit(1);
		bytes += count;
		length -= (size_t)count;
	}
}

_Noreturn static void write_lines(int fd)
{
	static char block[LINES * LINE];
	double start = now();
	uint64_t line = 0;

	memset(block, 'x', sizeof block);
	while (now() - start < run.seconds * 1e3) {
		double ahead = (double)(line * LINE) / run.rate * 1e3
			       - (now() - start);

		if (ahead > 1)
			usleep((useconds_t)(ahead * 1e3));
		for (int i = 0; i < LINES; i++) {
			char number[DIGITS + 1];

			snprintf(number, sizeof number, "%0*llu", DIGITS,
				 (unsigned long long)(line + (uint64_t)i));
			memcpy(block + i * LINE, number, DIGITS);
			block[(i + 1) * LINE - 1] = '\n';
		}
		write_all(fd, block, sizeof block);
		line += LINES;
		*run.lines = line;
	}
	_exit(0);
}

/* --- the program --- */

/* What has arrived within MILLISECONDS, behind the rest. */
static void take_output(double milliseconds)
{
	struct pollfd wait = { .fd = run.master, .events = POLLIN };

	if (poll(&wait, 1, (int)milliseconds) <= 0)
		return;
	if (run.length > SCREEN / 2) {
		memmove(run.output, run.output + run.length - LINE, LINE);
		run.length = LINE;
	}

	ssize_t count = read(run.master, run.output + run.length,
			     SCREEN - run.length);

	if (count <= 0)
		die("the program has ended");
	run.length += (size_t)count;
}

static void let_run(double milliseconds)
{
	double end = now() + milliseconds;

	while (now() < end)
		take_output(end - now() + 1);
}

/* Until TEXT arrives; how long that took. */
static double wait_for(const char *text)
{
	double start = now();

	while (!memmem(run.output, run.length, text, strlen(text))) {
		if (now() - start > PATIENCE) {
			errno = ETIMEDOUT;
			die(text);
		}
		take_output(100);
	}
	return now() - start;
}

static double type(const char *keys, const char *text)
{
	size_t length = strlen(keys);

	run.length = 0;
	if (write(run.master, keys, length) != (ssize_t)length)
		die("the terminal");
	return wait_for(text);
}

static void start_program(char **command, int input)
{
	struct winsize size = { .ws_row = 50, .ws_col = 150 };

	run.program = forkpty(&run.master, NULL, NULL, &size);
	if (run.program < 0)
		die("forkpty");
	if (run.program > 0)
		return;
	setenv("TERM", "xterm-256color", 1);
	if (input >= 0)
		dup2(input, STDIN_FILENO);
	execvp(command[0], command);
	_exit(127);
}

static void start_writer(int fd)
{
	run.writer = fork();
	if (run.writer == 0)
		write_lines(fd);
	if (run.writer < 0)
		die("fork");
	close(fd);
}

static void start(char **words, int count)
{
	char **command = calloc((size_t)count + 4, sizeof *command);
	int ends[2] = { -1, -1 };
	int fd;

	if (!command)
		die("memory");
	memcpy(command, words, (size_t)count * sizeof *command);
	command[count++] = "--no-config";
	command[count++] = "--no-log";
	command[count] = run.piped ? "-" : run.path;
	fd = open(run.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0 || pipe2(ends, O_CLOEXEC) != 0)
		die(run.path);
	start_program(command, run.piped ? ends[0] : -1);
	close(ends[0]);
	wait_for("browse");
	start_writer(run.piped ? ends[1] : fd);
	close(run.piped ? fd : ends[1]);
	free(command);
}

/* --- figures --- */

static int compare(const void *one, const void *other)
{
	double a = *(const double *)one, b = *(const double *)other;

	return (a > b) - (a < b);
}

static void print_keys(const char *name, double *times, size_t count)
{
	qsort(times, count, sizeof *times, compare);
	printf("%s: %zu times, median %.1f ms, 99 %% %.1f ms, most %.1f ms\n",
	       name, count, times[count / 2], times[count * 99 / 100],
	       times[count - 1]);
}

static void measure(void)
{
	static double stops[KEYS], begins[KEYS];
	double end = now() + run.seconds * 1e3 - 200;
	size_t count = 0;

	while (count < KEYS && now() < end) {
		begins[count] = type("F", "FOLLOW");
		let_run(40 + (double)(count * 7 % 60));
		stops[count++] = type("k", "browse");
		let_run(5);
	}
	if (count == 0)
		die("no time for a key");
	print_keys("k", stops, count);
	print_keys("F", begins, count);
}

static void check_lines(void)
{
	char wanted[32];
	struct rusage usage;
	int status;

	while (waitpid(run.writer, &status, 0) < 0 && errno == EINTR)
		;
	if (status != 0)
		die("the writer failed");
	/* A look at the file, once a second. */
	let_run(1500);
	snprintf(wanted, sizeof wanted, "%llu",
		 (unsigned long long)*run.lines);
	type(":count /\\n/\r", wanted);
	printf("lines: %s, all counted\n", wanted);
	kill(run.program, SIGTERM);
	wait4(run.program, &status, 0, &usage);
	printf("written: %.0f MiB/s; the program: %.2f s user, %.2f s system\n",
	       (double)(*run.lines * LINE) / run.seconds / (1 << 20),
	       (double)usage.ru_utime.tv_sec
	       + (double)usage.ru_utime.tv_usec / 1e6,
	       (double)usage.ru_stime.tv_sec
	       + (double)usage.ru_stime.tv_usec / 1e6);
}

int main(int argc, char **argv)
{
	static char folder[] = "/var/tmp/octavo-follow-XXXXXX";
	int option;

	while ((option = getopt(argc, argv, "+ps:r:")) != -1) {
		if (option == 'p')
			run.piped = true;
		else if (option == 's')
			run.seconds = atof(optarg);
		else if (option == 'r')
			run.rate = atof(optarg) * (1 << 20);
		else
			return 2;
	}
	run.lines = mmap(NULL, sizeof *run.lines, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	run.folder = mkdtemp(folder);
	if (optind == argc || run.lines == MAP_FAILED || !run.folder)
		die("cannot begin");
	snprintf(run.path, sizeof run.path, "%s/log", folder);
	start(argv + optind, argc - optind);
	measure();
	check_lines();
	unlink(run.path);
	rmdir(folder);
	return 0;
}
