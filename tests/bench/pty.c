/*
 * pty [-s COLUMNSxROWS] [-b KEYS] [-k KEYS [-n TIMES] [-u TEXT]] [-d]
 * COMMAND...: times a program that runs in a terminal.
 *
 * Runs COMMAND in a pseudo-terminal that answers nothing, and prints what its
 * first screen cost; then types the keys of -b (with \e for escape, \r and \t),
 * and KEYS TIMES times, each time when the frame before is complete, and prints
 * what a frame of KEYS cost; with -d also what stands on the screen in the end.
 * Then kills it.
 *
 * When is a frame complete?  No sleep decides it.
 *  1. The program has read every byte that was typed: what /proc/PID/io says
 *     it has read has grown by as many.
 *  2. It sleeps in a call that waits for input, says /proc/PID/syscall.
 *  3. A mark, then written into the terminal behind its back, has come
 *     through, so that everything before the mark has; and 2. still holds.
 * The frame's time is that of its last byte, or that at which the program was
 * seen to wait, whichever came later.  With -u the program goes on showing what
 * it finds while it waits, and the frame is complete with the TEXT on it.
 *
 * What changed on the screen is counted by libvterm, after the frame has been
 * timed: a cell has when its character, its attributes or its colours have;
 * the ink of a blank does not count.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>
#include <vterm.h>

enum {
	BUFFER = 16 << 20,
	LOOK_NANOSECONDS = 20000,	/* at first; then 1 % of the time */
	LOOK_MAXIMUM = 10000000,
	PATIENCE_MILLISECONDS = 600000,
};

static const char mark[] = { 0, 30, 0 };

struct terminal {
	int columns;
	int rows;
	pid_t process;
	int master;
	int slave;
	char *output;		/* of one frame */
	size_t length;
	VTerm *vterm;
	VTermScreen *screen;
	VTermScreenCell *cells;	/* after the frame before */
	const char *until;	/* what must stand on the screen; or NULL */
};

struct frame {
	double milliseconds;
	size_t bytes;
	size_t cells;
};

_Noreturn static void die(const char *what)
{
	fprintf(stderr, "pty: %s: %s\n", what, strerror(errno));
	exit(2);
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* --- the process --- */

static void process_read(const struct terminal *terminal, const char *name,
			 char *text, size_t size)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)terminal->process,
		 name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die(path);
	ssize_t got = read(fd, text, size - 1);
	close(fd);
	text[got > 0 ? got : 0] = '\0';
}

/* The number after NAME, in a file of such lines. */
static long long process_number(const struct terminal *terminal,
				const char *file, const char *name)
{
	char text[8192];
	process_read(terminal, file, text, sizeof(text));
	const char *found = strstr(text, name);
	return found ? strtoll(found + strlen(name), NULL, 10) : -1;
}

static bool process_has_terminal(const struct terminal *terminal, long fd)
{
	static const char terminals[] = "/dev/pts/";
	char path[64];
	char target[64] = "";
	snprintf(path, sizeof(path), "/proc/%d/fd/%ld",
		 (int)terminal->process, fd);
	return readlink(path, target, sizeof(target) - 1) > 0 &&
		(strncmp(target, terminals, strlen(terminals)) == 0 ||
		 strcmp(target, "/dev/tty") == 0);
}

/* The file says "running" unless the process sleeps; and a read may wait for
 * a disk. */
static bool process_waits(const struct terminal *terminal)
{
	static const long waits[] = {
		SYS_pselect6, SYS_ppoll,
#ifdef SYS_poll
		SYS_poll, SYS_select,
#endif
	};
	char text[256];
	char *end;
	process_read(terminal, "syscall", text, sizeof(text));
	long call = strtol(text, &end, 10);
	if (end != text && call == SYS_read)
		return process_has_terminal(terminal, strtol(end, NULL, 16));
	for (size_t i = 0; end != text && i < sizeof(waits) / sizeof(*waits);
	     i++)
		if (waits[i] == call)
			return true;
	return false;
}

/* --- the terminal --- */

static void terminal_start(struct terminal *terminal, char **command)
{
	struct winsize size = { .ws_col = (unsigned short)terminal->columns,
				.ws_row = (unsigned short)terminal->rows };
	if (openpty(&terminal->master, &terminal->slave, NULL, NULL,
		    &size) != 0)
		die("no terminal");
	fcntl(terminal->master, F_SETFD, FD_CLOEXEC);
	fcntl(terminal->master, F_SETFL, O_NONBLOCK);
	terminal->process = fork();
	if (terminal->process < 0)
		die("no process");
	if (terminal->process == 0) {
		login_tty(terminal->slave);
		execvp(command[0], command);
		_exit(127);
	}
}

/* A model of the screen, with nothing on it. */
static void terminal_model(struct terminal *terminal)
{
	terminal->output = malloc(BUFFER);
	terminal->cells = calloc((size_t)(terminal->columns * terminal->rows),
				 sizeof(*terminal->cells));
	terminal->vterm = vterm_new(terminal->rows, terminal->columns);
	if (!terminal->output || !terminal->cells || !terminal->vterm)
		die("no memory");
	vterm_set_utf8(terminal->vterm, 1);
	terminal->screen = vterm_obtain_screen(terminal->vterm);
	vterm_screen_enable_altscreen(terminal->screen, 1);
	vterm_screen_reset(terminal->screen, 1);
}

/* Takes what is there; when the last of it came, or 0. */
static double terminal_take(struct terminal *terminal)
{
	double last = 0;
	while (terminal->length < BUFFER) {
		ssize_t got = read(terminal->master,
				   terminal->output + terminal->length,
				   BUFFER - terminal->length);
		if (got <= 0)
			return last;
		last = now();
		terminal->length += (size_t)got;
	}
	errno = EFBIG;
	die("a frame");
}

/* Where the mark stands in what has come from FROM on; NULL: not there yet. */
static char *terminal_mark(const struct terminal *terminal, size_t from)
{
	return memmem(terminal->output + from, terminal->length - from, mark,
		      sizeof(mark));
}

/* Takes what was on its way; when the last of it came, or 0.  The program may
 * go on writing behind the mark. */
static double terminal_drain(struct terminal *terminal)
{
	if (write(terminal->slave, mark, sizeof(mark)) != sizeof(mark))
		die("the mark");
	size_t before = terminal->length;
	double last = 0;
	char *found;
	do {
		double took = terminal_take(terminal);
		if (took > 0)
			last = took;
		found = terminal_mark(terminal, before);
	} while (!found);
	terminal->length -= sizeof(mark);
	memmove(found, found + sizeof(mark),
		terminal->length - (size_t)(found - terminal->output));
	return terminal->length > before ? last : 0;
}

static bool cells_same(const VTermScreenCell *one,
		       const VTermScreenCell *other)
{
	if (one->attrs.underline != other->attrs.underline ||
	    one->attrs.reverse != other->attrs.reverse ||
	    !vterm_color_is_equal(&one->bg, &other->bg))
		return false;
	if (one->chars[0] <= ' ' && other->chars[0] <= ' ' &&
	    !one->attrs.underline && !one->attrs.reverse)
		return true;
	return one->chars[0] == other->chars[0] &&
		one->attrs.bold == other->attrs.bold &&
		vterm_color_is_equal(&one->fg, &other->fg);
}

/* Shows the frame to the model; how many cells it has changed. */
static size_t terminal_show(struct terminal *terminal)
{
	vterm_input_write(terminal->vterm, terminal->output,
			  terminal->length);
	size_t changed = 0;
	VTermScreenCell *old = terminal->cells;
	VTermPos at;
	for (at.row = 0; at.row < terminal->rows; at.row++)
		for (at.col = 0; at.col < terminal->columns; at.col++) {
			VTermScreenCell cell;
			vterm_screen_get_cell(terminal->screen, at, &cell);
			changed += !cells_same(&cell, old);
			*old++ = cell;
		}
	return changed;
}

/* The program has read all that was typed, and has shown something. */
static bool terminal_answered(const struct terminal *terminal,
			      long long reads)
{
	return terminal->length > 0 &&
		process_number(terminal, "io", "rchar: ") >= reads &&
		process_waits(terminal);
}

/* Waits for output, for as long as it does no harm to the measurement and
 * the program is there. */
static void terminal_look(const struct terminal *terminal, double start)
{
	struct pollfd polled = { .fd = terminal->master, .events = POLLIN };
	double passed = now() - start;
	double pause = passed * 1e4;
	struct timespec look = {
		.tv_nsec = pause < LOOK_NANOSECONDS ? LOOK_NANOSECONDS :
			pause > LOOK_MAXIMUM ? LOOK_MAXIMUM : (long)pause,
	};
	ppoll(&polled, 1, &look, NULL);
	errno = ETIMEDOUT;
	if (passed > PATIENCE_MILLISECONDS)
		die("the frame");
	errno = ESRCH;
	if (waitpid(terminal->process, NULL, WNOHANG) != 0)
		die("the program has ended");
}

/* Does what must stand on the screen? */
static bool terminal_has(const struct terminal *terminal)
{
	size_t length = terminal->until ? strlen(terminal->until) : 0;
	int count = terminal->rows * terminal->columns;
	for (int i = 0; i <= count - (int)length; i++) {
		size_t same = 0;
		while (same < length && terminal->cells[i + (int)same].chars[0]
		       == (unsigned char)terminal->until[same])
			same++;
		if (same == length)
			return true;
	}
	return false;
}

/* Waits until the frame is complete that the program has begun at START and
 * for which it reads until READS bytes are read. */
static struct frame terminal_frame(struct terminal *terminal, double start,
				   long long reads)
{
	double end;
	do {
		while (terminal_take(terminal) > 0 ||
		       !terminal_answered(terminal, reads))
			terminal_look(terminal, start);
		end = now();
		double late = terminal_drain(terminal);
		if (late > 0)
			end = late;
	} while (!process_waits(terminal));
	struct frame frame = { end - start, terminal->length, 0 };
	frame.cells = terminal_show(terminal);
	terminal->length = 0;
	return frame;
}

static struct frame terminal_type(struct terminal *terminal, const char *keys)
{
	long long reads = process_number(terminal, "io", "rchar: ") +
		(long long)strlen(keys);
	double start = now();
	if (write(terminal->master, keys, strlen(keys)) < 0)
		die("typing");
	struct frame frame = terminal_frame(terminal, start, reads);
	while (!terminal_has(terminal)) {
		struct frame more = terminal_frame(terminal, start, reads);
		frame.milliseconds = more.milliseconds;
		frame.bytes += more.bytes;
		frame.cells += more.cells;
	}
	return frame;
}

/* --- what is asked --- */

static void unescape(char *text)
{
	static const char names[] = "ert";
	static const char bytes[] = "\033\r\t";
	char *to = text;
	for (const char *from = text; *from; from++) {
		const char *name = *from == '\\' && from[1] ?
			strchr(names, from[1]) : NULL;
		*to++ = name ? bytes[name - names] : *from;
		from += name != NULL;
	}
	*to = '\0';
}

static int frame_compare(const void *one, const void *other)
{
	double a = ((const struct frame *)one)->milliseconds;
	double b = ((const struct frame *)other)->milliseconds;
	return (a > b) - (a < b);
}

static void report(struct frame *frames, size_t count)
{
	size_t bytes = 0;
	size_t cells = 0;
	for (size_t i = 0; i < count; i++) {
		bytes += frames[i].bytes;
		cells += frames[i].cells;
	}
	qsort(frames, count, sizeof(*frames), frame_compare);
	printf("frame_ms %.3f\n", frames[count / 2].milliseconds);
	printf("frame_p99_ms %.3f\n", frames[count * 99 / 100].milliseconds);
	printf("frame_max_ms %.3f\n", frames[count - 1].milliseconds);
	printf("frame_bytes %.0f\n", (double)bytes / (double)count);
	printf("frame_cells %.0f\n", (double)cells / (double)count);
}

static void press(struct terminal *terminal, const char *keys, size_t count)
{
	struct frame *frames = calloc(count, sizeof(*frames));
	if (!frames)
		die("no memory");
	for (size_t i = 0; i < count; i++)
		frames[i] = terminal_type(terminal, keys);
	report(frames, count);
	free(frames);
}

static void dump(const struct terminal *terminal)
{
	for (int i = 0; i < terminal->rows * terminal->columns; i++) {
		unsigned character = terminal->cells[i].chars[0];
		putchar(character < ' ' ? ' ' :
			character < 0x7f ? (int)character : '?');
		if ((i + 1) % terminal->columns == 0)
			putchar('\n');
	}
}

int main(int argc, char **argv)
{
	struct terminal terminal = { .columns = 80, .rows = 24 };
	char *before = NULL;
	char *keys = NULL;
	const char *until = NULL;
	size_t count = 1;
	bool dumps = false;
	bool good = true;
	int option;
	while ((option = getopt(argc, argv, "+s:b:k:n:u:d")) != -1)
		if (option == 's')
			good = sscanf(optarg, "%dx%d", &terminal.columns,
				      &terminal.rows) == 2;
		else if (option == 'b')
			unescape(before = optarg);
		else if (option == 'k')
			unescape(keys = optarg);
		else if (option == 'n')
			count = strtoul(optarg, NULL, 10);
		else if (option == 'u')
			until = optarg;
		else if (option == 'd')
			dumps = true;
		else
			good = false;
	if (!good || optind == argc || count == 0) {
		fputs("pty [-s COLUMNSxROWS] [-b KEYS] [-k KEYS [-n TIMES] "
		      "[-u TEXT]] [-d] COMMAND...\n", stderr);
		return 2;
	}
	terminal_model(&terminal);
	double start = now();
	terminal_start(&terminal, argv + optind);
	struct frame first = terminal_frame(&terminal, start, 0);
	printf("first_ms %.3f\nfirst_bytes %zu\nanonymous_kib %lld\n",
	       first.milliseconds, first.bytes,
	       process_number(&terminal, "status", "RssAnon:"));
	if (before)
		terminal_type(&terminal, before);
	terminal.until = until;
	if (keys)
		press(&terminal, keys, count);
	if (dumps)
		dump(&terminal);
	kill(terminal.process, SIGKILL);
	return 0;
}
