/*
 * terminal: start, stop, suspend, size.
 *
 * Invariants
 *  1. From signals_guard(true) to signals_guard(false) the terminal is in our
 *     modes, and at no other time.
 *  2. Whatever is refused is refused before the terminal was touched.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tui/tui.h"
#include "tui/tui_internal.h"

/* tigetstr and setupterm; it defines common words as macros. */
#include <term.h>

enum {
	COLUMNS_MAXIMUM = 2000,
	ROWS_MAXIMUM = 1000,
	/* Bytes; a third more when encoded.  Terminals drop longer ones. */
	CLIPBOARD_MAXIMUM = 75000,
};

static struct {
	SCREEN *screen;
	FILE *keys;		/* /dev/tty, where it had to be opened */
	int input;
} state = { .input = -1 };

/* Is there an entry for TERM, and does it say how to move the cursor?
 * initscr would end the program, newterm says nothing. */
static bool terminal_known(struct error *error)
{
	const char *name = getenv("TERM");
	if (!name || !*name)
		return error_set(error, "needs a terminal; TERM is not set");
	int found;
	if (setupterm(NULL, STDOUT_FILENO, &found) != OK && found != 1)
		return error_set(error, found == 0 ?
			"needs a terminal; TERM '%s' is unknown" :
			"needs a terminal; nothing describes TERM '%s'",
			name);
	const char *move_to = cur_term ? tigetstr("cup") : NULL;
	bool can = move_to && move_to != (char *)-1;
	if (cur_term)
		del_curterm(cur_term);
	return can || error_set(error, "needs a terminal that can move the "
				"cursor; TERM is '%s'", name);
}

static bool terminal_open_keys(struct error *error)
{
	state.input = STDIN_FILENO;
	if (isatty(STDIN_FILENO))
		return true;
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	state.keys = fd < 0 ? NULL : fdopen(fd, "r");
	if (!state.keys) {
		int number = errno;
		if (fd >= 0)
			close(fd);
		return error_set_system(error, number, "/dev/tty");
	}
	state.input = fd;
	return true;
}

static void terminal_close_keys(void)
{
	if (state.keys)
		fclose(state.keys);
	state.keys = NULL;
	state.input = -1;
}

/* Raw: ^C ^Z ^S ^Q and ^\ are keys. */
static void terminal_modes(void)
{
	raw();
	noecho();
	nonl();
	/* Or a frame would stop half-way where a key comes. */
	typeahead(-1);
}

static bool terminal_enter(struct error *error)
{
	struct termios modes;
	if (tcgetattr(STDOUT_FILENO, &modes) != 0)
		return error_set_system(error, errno, "the terminal's modes");
	/* Before newterm, which then installs no handlers of its own. */
	if (!signals_start(STDOUT_FILENO, &modes, error))
		return false;
	signals_guard(true);
	state.screen = newterm(NULL, stdout, state.keys ? state.keys : stdin);
	if (!state.screen) {
		signals_stop();
		return error_set(error, "the terminal cannot be started");
	}
	terminal_modes();
	/* Until a first endwin ncurses takes itself for a program that only
	 * moves the cursor, and writes out every row on its own: twenty writes
	 * a frame instead of one.  The next refresh comes back. */
	endwin();
	return true;
}

bool tui_start(struct editor *editor, struct error *error)
{
	if (!isatty(STDOUT_FILENO))
		return error_set(error, "needs a terminal; standard output "
				 "is none (-b works without)");
	if (!terminal_known(error) || !terminal_open_keys(error))
		return false;
	if (!terminal_enter(error)) {
		terminal_close_keys();
		return false;
	}
	if (!keys_start(error) || !paint_start(error)) {
		tui_stop();
		return false;
	}
	colors_choose(colors_limit(&editor->options));
	terminal_resize();
	return true;
}

void tui_stop(void)
{
	if (!state.screen)
		return;
	keys_mouse(false);
	endwin();
	signals_stop();
	keys_stop();
	paint_stop();
	delscreen(state.screen);
	state.screen = NULL;
	terminal_close_keys();
}

int terminal_descriptor(void)
{
	return state.input;
}

static int terminal_bound(unsigned value, unsigned unknown, unsigned maximum)
{
	if (value == 0)
		value = unknown;
	return (int)(value < maximum ? value : maximum);
}

void terminal_resize(void)
{
	struct winsize size = { 0 };
	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	resize_term(terminal_bound(size.ws_row, 24, ROWS_MAXIMUM),
		    terminal_bound(size.ws_col, 80, COLUMNS_MAXIMUM));
	/* What the terminal made of the old picture is unknown. */
	clearok(curscr, TRUE);
	paint_forget();
}

unsigned terminal_columns(void)
{
	return (unsigned)COLS;
}

unsigned terminal_rows(void)
{
	return (unsigned)LINES;
}

void terminal_resume(void)
{
	signals_guard(true);
	reset_prog_mode();
	terminal_modes();
	/* Also turns the mouse on again. */
	doupdate();
	keys_resume();
	terminal_resize();
}

void terminal_suspend(void)
{
	struct sigaction stop = { .sa_handler = SIG_DFL };
	struct sigaction ours;
	sigaction(SIGTSTP, NULL, &ours);
	/* Nobody is there who would wake us. */
	if (ours.sa_handler == SIG_IGN)
		return;
	endwin();
	signals_guard(false);
	sigemptyset(&stop.sa_mask);
	sigaction(SIGTSTP, &stop, NULL);
	kill(0, SIGTSTP);
	sigaction(SIGTSTP, &ours, NULL);
	signals_take(SIGNAL_CONTINUED);
	signals_take(SIGNAL_STOP);
	terminal_resume();
}

/* BYTES as base64 in TEXT, which has room for 4 characters for every 3 bytes
 * begun; the length. */
static size_t terminal_encode(char *text, const unsigned char *bytes,
			      size_t length)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t made = 0;
	for (size_t i = 0; i < length; i += 3) {
		uint32_t bits = (uint32_t)bytes[i] << 16;
		if (i + 1 < length)
			bits |= (uint32_t)bytes[i + 1] << 8;
		if (i + 2 < length)
			bits |= bytes[i + 2];
		text[made++] = digits[bits >> 18];
		text[made++] = digits[bits >> 12 & 63];
		text[made++] = i + 1 < length ? digits[bits >> 6 & 63] : '=';
		text[made++] = i + 2 < length ? digits[bits & 63] : '=';
	}
	return made;
}

static bool terminal_write(const char *text, size_t length)
{
	while (length > 0) {
		ssize_t count = write(STDOUT_FILENO, text, length);
		if (count < 0 && errno != EINTR)
			return false;
		if (count > 0) {
			text += count;
			length -= (size_t)count;
		}
	}
	return true;
}

bool terminal_clipboard(const void *bytes, size_t length, struct error *error)
{
	static const char start[] = "\033]52;c;";
	if (length > CLIPBOARD_MAXIMUM)
		return error_set(error, "the terminal's clipboard takes at "
				 "most %d bytes, not %zu", CLIPBOARD_MAXIMUM,
				 length);
	char *text = malloc(sizeof(start) + (length + 2) / 3 * 4 + 1);
	if (!text)
		return error_set_memory(error);
	memcpy(text, start, sizeof(start) - 1);
	size_t end = sizeof(start) - 1;
	end += terminal_encode(text + end, bytes, length);
	text[end++] = '\a';
	bool written = terminal_write(text, end);
	int number = errno;
	free(text);
	return written || error_set_system(error, number, "the terminal");
}
