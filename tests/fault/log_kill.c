/*
 * kill -9 at any moment: the program is typed into in a pseudo-terminal and
 * killed at random moments.  Whatever its screen has shown until then, its log
 * has; and what the log has is the document after some key.
 *
 * The screen is what the terminal was told, by a model of as much of a VT100
 * as is needed.  The document is empty or all zeros, so that what was typed
 * is what does not look like a zero in the text pane.
 *
 * OCTAVO_MOMENTS is how many, OCTAVO_SEED the seed of the first; the program
 * is OCTAVO.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "octavo/log.h"

enum {
	ROWS = 24, COLUMNS = 80,
	TEXT = 60,		/* the column of the text pane */
	WIDTH = 16,
	KEYS = 200,
	FILE_SIZE = 400,
	PATIENCE = 20000,	/* milliseconds */
};

static char folder[] = "/tmp/octavo-kill-XXXXXX";
static char path[64], state_path[64];
static const char *program;
static unsigned long long seed;

static uint64_t chance(uint64_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed * 0x2545f4914f6cdd1dull >> 20) % limit;
}

/* --- the screen --- */

static struct {
	char cells[ROWS][COLUMNS];
	unsigned row, column;
	char sequence[64];	/* that is not complete */
	size_t length;
	size_t shown;		/* most that was seen of what was typed */
} screen;

static void screen_move(long row, long column)
{
	screen.row = row < 0 ? 0 : row >= ROWS ? ROWS - 1 : (unsigned)row;
	screen.column = column < 0 ? 0 : column >= COLUMNS
				? COLUMNS - 1 : (unsigned)column;
}

static void screen_erase(unsigned row, unsigned from, unsigned to)
{
	memset(screen.cells[row] + from, ' ', to - from);
}

static void screen_control(char command, long first, long second)
{
	long row = screen.row, column = screen.column;
	long count = first > 0 ? first : 1;

	switch (command) {
	case 'A':
		screen_move(row - count, column);
		break;
	case 'B':
		screen_move(row + count, column);
		break;
	case 'C':
		screen_move(row, column + count);
		break;
	case 'D':
		screen_move(row, column - count);
		break;
	case 'H':
		screen_move(count - 1, (second > 0 ? second : 1) - 1);
		break;
	case 'J':
		for (unsigned i = screen.row + 1; i < ROWS; i++)
			screen_erase(i, 0, COLUMNS);
		screen_erase(screen.row, screen.column, COLUMNS);
		break;
	case 'K':
		if (first == 1)
			screen_erase(screen.row, 0, screen.column + 1);
		else
			screen_erase(screen.row, screen.column, COLUMNS);
		break;
	default:
		break;
	}
}

/* A byte of an escape sequence; true at its end. */
static bool screen_escape(char byte)
{
	char *text = screen.sequence;
	long first = -1, second = -1;

	if (screen.length + 1 < sizeof screen.sequence)
		text[screen.length++] = byte;
	text[screen.length] = '\0';
	if (screen.length == 1)
		return !strchr("[()#", byte);
	if (text[0] != '[')
		return true;
	if (byte < '@')
		return false;
	sscanf(text + 1, "%ld;%ld", &first, &second);
	screen_control(byte, first, second);
	return true;
}

static bool escaping;

static void screen_byte(char byte)
{
	if (escaping) {
		escaping = !screen_escape(byte);
	} else if (byte == '\033') {
		escaping = true;
		screen.length = 0;
	} else if (byte == '\r') {
		screen.column = 0;
	} else if (byte == '\n') {
		screen_move((long)screen.row + 1, screen.column);
	} else if (byte == '\b') {
		screen_move(screen.row, (long)screen.column - 1);
	} else if (byte == '\t') {
		screen_move(screen.row, (screen.column | 7) + 1);
	} else if ((unsigned char)byte >= ' ') {
		screen.cells[screen.row][screen.column] = byte;
		if (screen.column + 1 < COLUMNS)
			screen.column++;
	}
}

/* How much of what was typed does it show? */
static size_t screen_shows(void)
{
	size_t count = 0;

	while (count < KEYS) {
		char cell = screen.cells[count / WIDTH][TEXT + count % WIDTH];

		if (cell != (char)('a' + count % 26))
			break;
		count++;
	}
	return count;
}

/* --- the program --- */

static struct {
	pid_t process;
	int terminal;
	bool ended;
} run;

static void run_start(void)
{
	struct winsize size = { .ws_row = ROWS, .ws_col = COLUMNS };
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	assert_true(master >= 0);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	assert_int_equal(ioctl(master, TIOCSWINSZ, &size), 0);
	run.terminal = master;
	run.ended = false;
	run.process = fork();
	assert_true(run.process >= 0);
	if (run.process > 0)
		return;
	setsid();
	int slave = open(ptsname(master), O_RDWR);
	for (int i = 0; i < 3; i++)
		dup2(slave, i);
	close(slave);
	setenv("TERM", "vt100", 1);
	execl(program, program, "--no-config", path, (char *)NULL);
	_exit(127);
}

/* Takes what comes within PATIENCE milliseconds; false: nothing. */
static bool run_read(int patience)
{
	struct pollfd polled = { .fd = run.terminal, .events = POLLIN };
	char bytes[4096];
	ssize_t got;

	if (poll(&polled, 1, patience) <= 0)
		return false;
	got = read(run.terminal, bytes, sizeof bytes);
	for (ssize_t i = 0; i < got; i++)
		screen_byte(bytes[i]);
	if (got > 0 && screen_shows() > screen.shown)
		screen.shown = screen_shows();
	run.ended = got <= 0;
	return got > 0;
}

static void run_type(const char *keys, size_t length)
{
	assert_int_equal(write(run.terminal, keys, length), length);
}

/* What was written before it died, the terminal still has. */
static void run_kill(void)
{
	kill(run.process, SIGKILL);
	waitpid(run.process, NULL, 0);
	while (run_read(0))
		;
	close(run.terminal);
}

/* --- a moment --- */

static void make_file(size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	close(fd);
}

/* Types, and kills somewhere on the way. */
static void type_and_kill(bool inserting)
{
	size_t count = chance(KEYS), typed = 0;
	size_t enough = chance(count + 1);
	char keys[KEYS];

	for (size_t i = 0; i < KEYS; i++)
		keys[i] = (char)('a' + i % 26);
	memset(&screen, 0, sizeof screen);
	memset(screen.cells, ' ', sizeof screen.cells);
	escaping = false;
	run_start();
	assert_true(run_read(PATIENCE));
	run_type(inserting ? "\ti" : "\tR", 2);
	while (typed < count) {
		size_t part = 1 + chance(10);

		if (part > count - typed)
			part = count - typed;
		run_type(keys + typed, part);
		typed += part;
		/* Some are typed ahead of what is shown. */
		while (screen.shown + chance(40) < typed)
			assert_true(run_read(PATIENCE));
		if (screen.shown >= enough && chance(4) == 0)
			break;
	}
	for (uint64_t i = chance(100000); i > 0; i--)
		run_read(0), i -= i > 100 ? 100 : i - 1;
	run_kill();
}

static void check_content(const struct document *document, bool inserting,
			  size_t size)
{
	unsigned char bytes[FILE_SIZE + KEYS];
	size_t length = document_read(document, 0, bytes, sizeof bytes);
	size_t typed = 0;

	while (typed < length && bytes[typed] == 'a' + typed % 26)
		typed++;
	if (typed < screen.shown)
		fail_msg("%zu bytes were shown, and %zu are there",
			 screen.shown, typed);
	assert_int_equal(length, inserting ? size + typed
			 : typed > size ? typed : size);
	for (size_t i = typed; i < length; i++)
		assert_int_equal(bytes[i], 0);
}

static void one_moment(void)
{
	bool inserting = chance(2);
	size_t size = chance(3) ? FILE_SIZE : 0;
	struct log_report report;
	struct error error;
	struct log *log = NULL;

	make_file(size);
	type_and_kill(inserting);

	struct document *document =
		document_open(file_open(path, NULL, NULL, NULL), NULL);

	assert_non_null(document);
	report = log_look(document, true);
	if (report.state != LOG_NONE) {
		log = log_recover(document, false, false, &report, &error);
		if (!log)
			fail_msg("%s", error.message);
	}
	check_content(document, inserting, size);
	log_close(log, false);
	document_close(document);
	/* One without edits is found by nobody. */
	char command[256];
	snprintf(command, sizeof command, "rm -rf %s/*", state_path);
	assert_int_equal(system(command), 0);
}

static unsigned long long number_of(const char *name, unsigned long long usual)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 0) : usual;
}

static void test_log_kill(void **state)
{
	unsigned long long first = number_of("OCTAVO_SEED", 1);
	unsigned long long moments = number_of("OCTAVO_MOMENTS", 30);
	size_t shown = 0;

	(void)state;
	if (access(program, X_OK) != 0)
		skip();
	for (unsigned long long i = 0; i < moments; i++) {
		seed = (first + i) * 0x9e3779b97f4a7c15ull + 1;
		one_moment();
		shown += screen.shown;
	}
	/* Or else nothing was tried. */
	assert_true(moments < 10 || shown > moments);
	if (getenv("OCTAVO_MOMENTS"))
		print_message("%llu moments, %zu bytes had been shown\n",
			      moments, shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_kill),
	};
	char command[256];

	program = getenv("OCTAVO");
	if (!program)
		program = "build/octavo";
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof path, "%s/file", folder);
	snprintf(state_path, sizeof state_path, "%s/state", folder);
	mkdir(state_path, 0700);
	setenv("XDG_STATE_HOME", state_path, 1);
	setenv("HOME", folder, 1);

	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command) == 0 ? failed : 1;
}
