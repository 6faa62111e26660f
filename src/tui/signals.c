/*
 * signals: what the system tells us, and the terminal's last rites.
 *
 * An event (resized, stop, continued) sets a flag and writes a byte into a
 * pipe, which wakes the loop; all work is done there.  A deadly signal gives
 * the terminal back with tcsetattr and one write, both safe in a handler,
 * and dies of the same signal, so that the parent sees the true cause.  Where
 * it was told to go it sees to it first that the logs of unsaved edits are on
 * disk.
 *
 * Invariants
 *  1. The terminal is touched in a handler only while the guard is on, only
 *     by the process that started it (never by a forked worker) and only in
 *     the foreground.
 *  2. A signal that was ignored when we started stays ignored, and a SIGBUS
 *     handler of the mapping stays: without it bytes that another process
 *     truncates away would end the program.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "io.h"
#include "tui/tui_internal.h"

/* Attributes, mouse, bracketed paste, keypad and alternate screen off, cursor
 * on. */
static const char restore[] =
	"\033[0m\033[?1006l\033[?1003l\033[?1002l\033[?1000l\033[?2004l"
	"\033[?1l\033>\033[?25h\033[?1049l";

static const int deadly[] = {
	SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL,
	SIGTERM, SIGHUP, SIGINT, SIGQUIT,
};
enum { DEADLY = sizeof(deadly) / sizeof(deadly[0]) };

static const int events[SIGNAL_EVENTS] = {
	[SIGNAL_RESIZED] = SIGWINCH,
	[SIGNAL_STOP] = SIGTSTP,
	[SIGNAL_CONTINUED] = SIGCONT,
};

static struct {
	pid_t owner;
	int terminal;
	struct termios modes;
	int pipe[2];
	void *stack;
	stack_t old_stack;
	struct sigaction old_deadly[DEADLY];
	struct sigaction old_events[SIGNAL_EVENTS];
	bool started;
} state = { .pipe = { -1, -1 } };

static volatile sig_atomic_t guarded;
static volatile sig_atomic_t seen[SIGNAL_EVENTS];

static void signals_die(int number)
{
	pid_t foreground = tcgetpgrp(state.terminal);
	/* -1: not our controlling terminal, which cannot stop us then. */
	if (guarded && getpid() == state.owner &&
	    (foreground == -1 || foreground == getpgrp())) {
		guarded = 0;
		tcsetattr(state.terminal, TCSANOW, &state.modes);
		/* Nothing could be done about a failure. */
		ssize_t ignored = write(state.terminal, restore,
					sizeof(restore) - 1);
		(void)ignored;
	}
	if (getpid() == state.owner && (number == SIGTERM || number == SIGHUP))
		io_private_sync();
	/* SA_RESETHAND has put the default back. */
	raise(number);
}

static void signals_note(int number)
{
	if (getpid() != state.owner)
		return;
	int kept = errno;
	for (int i = 0; i < SIGNAL_EVENTS; i++)
		if (events[i] == number)
			seen[i] = 1;
	/* A full pipe wakes the loop as well. */
	ssize_t ignored = write(state.pipe[1], "", 1);
	(void)ignored;
	errno = kept;
}

static void signals_install(int number, const struct sigaction *action,
			    struct sigaction *old)
{
	sigaction(number, NULL, old);
	bool theirs = number == SIGBUS && old->sa_handler != SIG_DFL;
	if (old->sa_handler != SIG_IGN && !theirs)
		sigaction(number, action, NULL);
}

static bool signals_pipe(struct error *error)
{
	if (pipe(state.pipe) != 0)
		return error_set_system(error, errno, "no pipe for signals");
	for (int i = 0; i < 2; i++) {
		fcntl(state.pipe[i], F_SETFL, O_NONBLOCK);
		fcntl(state.pipe[i], F_SETFD, FD_CLOEXEC);
	}
	return true;
}

bool signals_start(int fd, const struct termios *modes, struct error *error)
{
	/* A stack that has overflown cannot run the handler. */
	size_t size = (size_t)SIGSTKSZ + (64 << 10);
	state.stack = malloc(size);
	if (!state.stack)
		return error_set_memory(error);
	if (!signals_pipe(error)) {
		free(state.stack);
		return false;
	}
	stack_t stack = { .ss_sp = state.stack, .ss_size = size };
	sigaltstack(&stack, &state.old_stack);
	state.owner = getpid();
	state.terminal = fd;
	state.modes = *modes;

	struct sigaction die = {
		.sa_handler = signals_die,
		.sa_flags = (int)(SA_ONSTACK | SA_RESETHAND | SA_NODEFER),
	};
	sigemptyset(&die.sa_mask);
	/* Or tcsetattr would stop a process in the background for good. */
	sigaddset(&die.sa_mask, SIGTTOU);
	for (int i = 0; i < DEADLY; i++)
		signals_install(deadly[i], &die, &state.old_deadly[i]);

	struct sigaction note = {
		.sa_handler = signals_note,
		.sa_flags = SA_ONSTACK | SA_RESTART,
	};
	sigemptyset(&note.sa_mask);
	for (int i = 0; i < SIGNAL_EVENTS; i++)
		signals_install(events[i], &note, &state.old_events[i]);
	state.started = true;
	return true;
}

/* Others (the mapping's SIGBUS) may have laid a handler over ours, which
 * then stays. */
static void signals_remove(int number, const struct sigaction *old,
			   void (*handler)(int))
{
	struct sigaction now;
	sigaction(number, NULL, &now);
	if (now.sa_handler == handler)
		sigaction(number, old, NULL);
}

void signals_stop(void)
{
	if (!state.started)
		return;
	signals_guard(false);
	for (int i = 0; i < DEADLY; i++)
		signals_remove(deadly[i], &state.old_deadly[i], signals_die);
	for (int i = 0; i < SIGNAL_EVENTS; i++)
		signals_remove(events[i], &state.old_events[i], signals_note);
	sigaltstack(&state.old_stack, NULL);
	free(state.stack);
	for (int i = 0; i < 2; i++) {
		close(state.pipe[i]);
		state.pipe[i] = -1;
	}
	state.started = false;
}

void signals_guard(bool on)
{
	guarded = on;
}

int signals_descriptor(void)
{
	return state.pipe[0];
}

void signals_drain(void)
{
	char bytes[64];
	while (read(state.pipe[0], bytes, sizeof(bytes)) > 0)
		;
}

bool signals_take(enum signal_event event)
{
	bool came = seen[event];
	seen[event] = 0;
	return came;
}
