/*
 * gate: loaded before the C library, makes a forked worker of the program wait
 * at its first fsync, so that a test can act while a file is being written.
 *
 * With GATE=FOLDER in the environment the worker writes its number into
 * FOLDER/reached and then waits until somebody opens the pipe FOLDER/gate for
 * writing.  Workers are told from their parent by being killed with it; with
 * GATE_ALL in the environment the parent waits as well.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int in(const char *folder, const char *name, int flags)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return open(path, flags | O_CLOEXEC, 0600);
}

int fsync(int fd)
{
	static pid_t passed;
	const char *folder = getenv("GATE");
	int fatal = 0;

	prctl(PR_GET_PDEATHSIG, &fatal);
	if (folder && (fatal || getenv("GATE_ALL")) && passed != getpid()) {
		passed = getpid();
		int reached = in(folder, "reached", O_WRONLY | O_CREAT);

		dprintf(reached, "%ld\n", (long)passed);
		close(reached);
		close(in(folder, "gate", O_RDONLY));
	}
	return (int)syscall(SYS_fsync, fd);
}
