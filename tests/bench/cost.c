/*
 * cost [-m] COMMAND...: runs COMMAND without a terminal and prints what it
 * cost:
 *
 *	ms		from before fork to its end
 *	cpu_ms		of the processor, its children included
 *	written		bytes it has handed to write(2), standard output too
 *	disk		bytes of pages it has made dirty, in whole pages
 *	own_kib		with -m: the most memory of its own that it, its
 *			children and theirs had together, looked at every
 *			millisecond: what is anonymous, shared with another of
 *			them counted once
 *	processes	how many of them there were at that moment
 *
 * COMMAND's standard output goes to standard error.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TEXT = 8192, LOOK_NANOSECONDS = 1000000 };

_Noreturn static void die(const char *what)
{
	fprintf(stderr, "cost: %s: %s\n", what, strerror(errno));
	exit(2);
}

static double milliseconds(struct timeval time)
{
	return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* The number after NAME in /proc/PROCESS/FILE; 0 where it has gone. */
static long long number(pid_t process, const char *file, const char *name)
{
	char path[64];
	char text[TEXT];
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)process, file);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[got > 0 ? got : 0] = '\0';
	const char *found = strstr(text, name);
	return found ? strtoll(found + strlen(name), NULL, 10) : 0;
}

/* Is PROCESS a child of FAMILY, or a child's child ...? */
static bool descends(pid_t process, pid_t family)
{
	while (process > 1 && process != family)
		process = (pid_t)number(process, "status", "PPid:");
	return process == family;
}

/* The memory of PROCESS and all that came of it, in KiB.  A page that N of
 * them share is an Nth of a page of each. */
static long long family_memory(pid_t family, int *count)
{
	DIR *folder = opendir("/proc");
	if (!folder)
		die("/proc");
	long long sum = 0;
	*count = 0;
	struct dirent *entry;
	while ((entry = readdir(folder)) != NULL) {
		pid_t process = (pid_t)strtol(entry->d_name, NULL, 10);
		if (process < family || !descends(process, family))
			continue;
		sum += number(process, "smaps_rollup", "Pss_Anon:");
		++*count;
	}
	closedir(folder);
	return sum;
}

static pid_t start(char **command)
{
	pid_t process = fork();
	if (process < 0)
		die("no process");
	if (process == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execvp(command[0], command);
		_exit(127);
	}
	return process;
}

/* It stays a zombie, whose accounts can still be read. */
static bool ended(pid_t process, int options)
{
	siginfo_t information = { .si_pid = 0 };
	if (waitid(P_PID, (id_t)process, &information,
		   WEXITED | WNOWAIT | options) != 0)
		die("waiting");
	return information.si_pid == process;
}

int main(int argc, char **argv)
{
	bool memory = argc > 1 && strcmp(argv[1], "-m") == 0;
	if (argc < 2 + memory) {
		fputs("cost [-m] COMMAND...\n", stderr);
		return 2;
	}
	struct timespec look = { .tv_nsec = LOOK_NANOSECONDS };
	long long most = 0;
	int processes = 0;
	double before = now();
	pid_t process = start(argv + 1 + memory);
	while (memory && !ended(process, WNOHANG)) {
		int count;
		long long sum = family_memory(process, &count);
		if (sum > most) {
			most = sum;
			processes = count;
		}
		nanosleep(&look, NULL);
	}
	ended(process, 0);
	printf("ms %.1f\nwritten %lld\ndisk %lld\n", now() - before,
	       number(process, "io", "wchar: "),
	       number(process, "io", "write_bytes: "));
	if (memory)
		printf("own_kib %lld\nprocesses %d\n", most, processes);
	int status;
	struct rusage usage;
	if (wait4(process, &status, 0, &usage) != process)
		die("waiting");
	printf("cpu_ms %.1f\n",
	       milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
