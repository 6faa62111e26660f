/*
 * spoil [-n N] [-g] [-o FILE] [-x END] HOW PREFIX COMMAND...: runs a program whose N-th
 * (1) call that changes or syncs a file goes wrong.
 *
 * Counted are calls on files whose path begins with PREFIX, and does not end
 * with END.  HOW is
 *	kill	the program is killed (SIGKILL) before the call
 *	half	likewise, when a write has written half of its bytes
 *	short	a write writes half of its bytes and says so
 *	ENOSPC EIO EDQUOT EROFS EINTR	the call fails and has done nothing
 * half and short count writes only.  With -g so does every one that follows.
 * FILE gets a line for each call that was counted, with a `*` before those that
 * were struck.  Ends with the status of COMMAND, 128 and the signal if one has
 * killed it, 99 where the system can't do this.
 *
 * It is done by a seccomp filter that asks this process about each such call,
 * so it reaches what the C library does by itself, as in fclose, and programs
 * that are not linked with it.  Children are counted too; a killed program is
 * the process that called and the first one.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANNOT = 99 };

enum shape { ON_FILE, ON_PATH, ON_PATH_AT };

/* The argument that is the file, its path, or the folder before its path. */
static const struct call {
	long number;
	const char *name;
	enum shape shape;
	int argument;
	bool writes;
} calls[] = {
	{ SYS_write, "write", ON_FILE, 0, true },
	{ SYS_pwrite64, "pwrite", ON_FILE, 0, true },
	{ SYS_writev, "writev", ON_FILE, 0, false },
	{ SYS_pwritev, "pwritev", ON_FILE, 0, false },
	{ SYS_copy_file_range, "copy_file_range", ON_FILE, 2, false },
	{ SYS_sendfile, "sendfile", ON_FILE, 0, false },
	{ SYS_ioctl, "clone", ON_FILE, 0, false },
	{ SYS_ftruncate, "ftruncate", ON_FILE, 0, false },
	{ SYS_fallocate, "fallocate", ON_FILE, 0, false },
	{ SYS_fsync, "fsync", ON_FILE, 0, false },
	{ SYS_fdatasync, "fdatasync", ON_FILE, 0, false },
	{ SYS_fchmod, "fchmod", ON_FILE, 0, false },
	{ SYS_fchown, "fchown", ON_FILE, 0, false },
	{ SYS_fsetxattr, "fsetxattr", ON_FILE, 0, false },
	{ SYS_openat, "open", ON_PATH_AT, 0, false },
	{ SYS_unlinkat, "unlink", ON_PATH_AT, 0, false },
	{ SYS_linkat, "link", ON_PATH_AT, 2, false },
	{ SYS_renameat, "rename", ON_PATH_AT, 2, false },
	{ SYS_renameat2, "rename", ON_PATH_AT, 2, false },
	{ SYS_truncate, "truncate", ON_PATH, 0, false },
#ifdef SYS_rename	/* old calls, which new machines do not have */
	{ SYS_open, "open", ON_PATH, 0, false },
	{ SYS_creat, "open", ON_PATH, 0, false },
	{ SYS_unlink, "unlink", ON_PATH, 0, false },
	{ SYS_link, "link", ON_PATH, 1, false },
	{ SYS_rename, "rename", ON_PATH, 1, false },
#endif
};

enum { CALLS = sizeof(calls) / sizeof(*calls) };

static const struct how {
	const char *name;
	int error;		/* 0: see below */
	bool kills;
	bool halves;
} hows[] = {
	{ "kill", 0, true, false },
	{ "half", 0, true, true },
	{ "short", 0, false, true },
	{ "ENOSPC", ENOSPC, false, false },
	{ "EIO", EIO, false, false },
	{ "EDQUOT", EDQUOT, false, false },
	{ "EROFS", EROFS, false, false },
	{ "EINTR", EINTR, false, false },
};

static const struct how *how;
static const char *prefix;
static const char *excepted;
static unsigned long wanted = 1, counted;
static bool go_on;
static FILE *trace;

static int die(const char *what)
{
	fprintf(stderr, "spoil: %s: %s\n", what, strerror(errno));
	return CANNOT;
}

/* --- the program --- */

/* What two processes wait for each other by, with calls that are not asked
 * about. */
struct meeting {
	sem_t listens, taken;
	int listener;		/* in the program's table of files; -1: no */
};

static int install_filter(void)
{
	struct sock_filter code[2 * CALLS + 2], *next = code;

	*next++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		(uint32_t)offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < CALLS; i++) {
		*next++ = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[i].number,
			0, 1);
		*next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
			SECCOMP_RET_USER_NOTIF);
	}
	*next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
		SECCOMP_RET_ALLOW);
	struct sock_fprog program = {
		.len = (unsigned short)(next - code), .filter = code,
	};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			    SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

static void run_program(char **command, struct meeting *meeting)
{
	meeting->listener = install_filter();
	sem_post(&meeting->listens);
	if (meeting->listener < 0)
		_exit(CANNOT);
	sem_wait(&meeting->taken);
	execvp(command[0], command);
	_exit(127);
}

/* --- its calls --- */

static bool read_memory(pid_t process, uint64_t address, void *bytes,
			size_t size)
{
	struct iovec to = { bytes, size };
	struct iovec from = { (void *)(uintptr_t)address, size };
	return process_vm_readv(process, &to, 1, &from, 1, 0) == (ssize_t)size;
}

static void read_string(pid_t process, uint64_t address, char *string,
			size_t size)
{
	size_t length = 0;
	while (length + 1 < size
	       && read_memory(process, address + length, string + length, 1)
	       && string[length])
		length++;
	string[length] = 0;
}

static void read_link_of(pid_t process, int file, char *path, size_t size)
{
	char link[64];
	if (file == AT_FDCWD)
		snprintf(link, sizeof(link), "/proc/%d/cwd", (int)process);
	else
		snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)process,
			 file);
	ssize_t length = readlink(link, path, size - 1);
	path[length < 0 ? 0 : length] = 0;
}

static void find_path(const struct call *call, const struct seccomp_notif *asked,
		      char *path, size_t size)
{
	const __u64 *argument = asked->data.args + call->argument;
	pid_t process = (pid_t)asked->pid;
	char name[PATH_MAX];

	if (call->shape == ON_FILE) {
		read_link_of(process, (int)argument[0], path, size);
		return;
	}
	read_string(process, argument[call->shape == ON_PATH_AT], name,
		    sizeof(name));
	if (name[0] == '/') {
		snprintf(path, size, "%s", name);
		return;
	}
	read_link_of(process, call->shape == ON_PATH ? AT_FDCWD
		     : (int)argument[0], path, size);
	size_t length = strlen(path);
	snprintf(path + length, size - length, "/%s", name);
}

/* Most calls of these names change nothing. */
static bool is_harmless(const struct call *call,
			const struct seccomp_notif *asked)
{
	const __u64 *arguments = asked->data.args;
	if (call->number == SYS_ioctl)
		return arguments[1] != FICLONE && arguments[1] != FICLONERANGE;
	if (strcmp(call->name, "open") != 0)
		return false;
	if (call->number == SYS_openat)
		return !(arguments[2] & (O_CREAT | O_TRUNC));
#ifdef SYS_open
	if (call->number == SYS_open)
		return !(arguments[1] & (O_CREAT | O_TRUNC));
#endif
	return false;
}

static const struct call *find_call(const struct seccomp_notif *asked)
{
	for (size_t i = 0; i < CALLS; i++) {
		if (calls[i].number == asked->data.nr)
			return is_harmless(&calls[i], asked) ? NULL : &calls[i];
	}
	return NULL;
}

static bool is_excepted(const char *path)
{
	size_t end = excepted ? strlen(excepted) : 0;
	size_t length = strlen(path);
	return end && length >= end
		&& strcmp(path + length - end, excepted) == 0;
}

static bool is_struck(const struct call *call,
		      const struct seccomp_notif *asked)
{
	char path[2 * PATH_MAX];

	if (!call || (how->halves && !call->writes))
		return false;
	find_path(call, asked, path, sizeof(path));
	if (strncmp(path, prefix, strlen(prefix)) != 0 || is_excepted(path))
		return false;
	counted++;
	bool struck = go_on ? counted >= wanted : counted == wanted;
	if (trace) {
		fprintf(trace, "%s%lu %s %s\n", struck ? "*" : "", counted,
			call->name, path);
		fflush(trace);
	}
	return struck;
}

/* --- what becomes of them --- */

/* Writes half of the bytes, at least one, in the program's place; returns how
 * many. */
static ssize_t write_half(const struct seccomp_notif *asked)
{
	const __u64 *arguments = asked->data.args;
	size_t size = (size_t)(arguments[2] + 1) / 2;
	ssize_t written = -1;
	char *bytes = malloc(size + 1);
	int process = (int)syscall(SYS_pidfd_open, asked->pid, 0);
	int file = (int)syscall(SYS_pidfd_getfd, process, (int)arguments[0], 0);

	if (bytes && file >= 0
	    && read_memory((pid_t)asked->pid, arguments[1], bytes, size))
		written = asked->data.nr == SYS_write
			? write(file, bytes, size)
			: pwrite(file, bytes, size, (off_t)arguments[3]);
	if (file >= 0)
		close(file);
	if (process >= 0)
		close(process);
	free(bytes);
	return written;
}

static void strike(const struct seccomp_notif *asked, pid_t program,
		   struct seccomp_notif_resp *answer)
{
	ssize_t written = how->halves ? write_half(asked) : 0;

	if (how->kills) {
		kill(program, SIGKILL);
		kill((pid_t)asked->pid, SIGKILL);
	} else if (how->error || written < 0) {
		answer->error = how->error ? -how->error : -EIO;
	} else {
		answer->val = written;
	}
}

/* The kernel's structures may be longer than ours. */
static struct seccomp_notif *asked;
static size_t asked_size;

static bool make_room(void)
{
	struct seccomp_notif_sizes sizes;
	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) != 0)
		return false;
	asked_size = sizes.seccomp_notif > sizeof(*asked)
		? sizes.seccomp_notif : sizeof(*asked);
	asked = malloc(asked_size);
	return asked != NULL;
}

/* Whoever asked may have been killed meanwhile: both calls may fail. */
static void answer_one(int listener, pid_t program)
{
	struct {
		struct seccomp_notif_resp answer;
		char rest[64];
	} whole;

	memset(asked, 0, asked_size);
	memset(&whole, 0, sizeof(whole));
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, asked) != 0)
		return;
	whole.answer.id = asked->id;
	if (is_struck(find_call(asked), asked))
		strike(asked, program, &whole.answer);
	else
		whole.answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &whole.answer);
}

static int watch(int listener, int process, pid_t program)
{
	struct pollfd both[] = {
		{ .fd = listener, .events = POLLIN },
		{ .fd = process, .events = POLLIN },
	};
	int status;

	while (poll(both, 2, -1) >= 0 || errno == EINTR) {
		if (both[0].revents & POLLIN)
			answer_one(listener, program);
		else if (both[1].revents & POLLIN)
			break;
		else if (both[0].revents)
			both[0].fd = -1;
	}
	if (waitpid(program, &status, 0) != program)
		return die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status)
		: 128 + WTERMSIG(status);
}

static int spoil(char **command)
{
	struct meeting *meeting = mmap(NULL, sizeof(*meeting),
		PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (meeting == MAP_FAILED || sem_init(&meeting->listens, 1, 0) != 0
	    || sem_init(&meeting->taken, 1, 0) != 0 || !make_room())
		return die("no filter");
	pid_t program = fork();
	if (program < 0)
		return die("fork");
	if (program == 0)
		run_program(command, meeting);
	sem_wait(&meeting->listens);
	int process = (int)syscall(SYS_pidfd_open, program, 0);
	int listener = meeting->listener < 0 ? -1
		: (int)syscall(SYS_pidfd_getfd, process, meeting->listener, 0);
	if (listener < 0) {
		kill(program, SIGKILL);
		return die("no filter");
	}
	sem_post(&meeting->taken);
	/* A ^C is for the program. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	return watch(listener, process, program);
}

int main(int count, char **arguments)
{
	int option;
	while ((option = getopt(count, arguments, "+n:go:x:")) != -1) {
		switch (option) {
		case 'n': wanted = strtoul(optarg, NULL, 10); break;
		case 'g': go_on = true; break;
		case 'x': excepted = optarg; break;
		case 'o': trace = fopen(optarg, "we"); break;
		default: return CANNOT;
		}
	}
	if (count - optind < 3) {
		fprintf(stderr, "usage: spoil [-n N] [-g] [-o FILE] [-x END] HOW "
			"PREFIX COMMAND...\n");
		return CANNOT;
	}
	for (size_t i = 0; i < sizeof(hows) / sizeof(*hows); i++) {
		if (strcmp(hows[i].name, arguments[optind]) == 0)
			how = &hows[i];
	}
	if (!how) {
		fprintf(stderr, "spoil: no such way: %s\n", arguments[optind]);
		return CANNOT;
	}
	prefix = arguments[optind + 1];
	return spoil(arguments + optind + 2);
}
