/*
 * tui_internal: what the files of the terminal tell each other.
 *
 *   signals.c   handlers: flags and a pipe to wake the loop; the last rites
 *   terminal.c  start, stop, suspend, size, clipboard
 *   colors.c    a role's colours and attributes
 *   keys.c      the next thing typed or clicked
 *   paint.c     a grid onto the terminal
 *   loop.c      waits, reads, draws
 */
#ifndef OCTAVO_TUI_INTERNAL_H
#define OCTAVO_TUI_INTERNAL_H

#include <curses.h>
#include <signal.h>
#include <termios.h>

#include "octavo/editor.h"
#include "octavo/grid.h"

/* --- signals.c --- */

enum signal_event {
	SIGNAL_RESIZED,
	SIGNAL_STOP,		/* somebody asks us to stop: SIGTSTP */
	SIGNAL_CONTINUED,
	SIGNAL_EVENTS
};

/* Installs the handlers.  FD is the terminal, *MODES what to give back. */
bool signals_start(int fd, const struct termios *modes, struct error *error);
/* Puts back the handlers that were there. */
void signals_stop(void);
/* From now on (ON) a deadly signal restores the terminal first. */
void signals_guard(bool on);
/* Readable when an event has come; signals_drain before looking. */
int signals_descriptor(void);
void signals_drain(void);
/* Has EVENT come since the last time this was asked? */
bool signals_take(enum signal_event event);

/* --- terminal.c --- */

/* Where the keys come from; -1 while the terminal is not started. */
int terminal_descriptor(void);
/* Takes over the size that the terminal has now. */
void terminal_resize(void);
unsigned terminal_columns(void);
unsigned terminal_rows(void);
/* Back from a stop, or another program has drawn: the next painting starts
 * from an empty screen in our modes. */
void terminal_resume(void);
/* Gives the terminal back and stops the process group until SIGCONT. */
void terminal_suspend(void);
bool terminal_clipboard(const void *bytes, size_t length,
			struct error *error);

/* --- colors.c --- */

struct style {
	attr_t attributes;
	short pair;
	bool ink_only;		/* nothing of it shows in a blank cell */
};

/* Chooses colours for all roles: at most those that the option COLOR_LIMIT
 * allows: 0 none, 8, 16 ...; LONG_MAX whatever the terminal has. */
void colors_choose(long limit);
/* The limit that the option `color` and NO_COLOR set. */
long colors_limit(const struct options *options);
struct style colors_style(enum role role);

/* --- keys.c --- */

enum event_kind {
	EVENT_NONE,		/* nothing is there to be read */
	EVENT_IGNORED,
	EVENT_KEY,
	EVENT_CLICK,
	EVENT_DRAG,
	EVENT_WHEEL
};

struct event {
	enum event_kind kind;
	uint32_t key;
	unsigned row;
	unsigned column;
	int rows;		/* of the wheel; down is positive */
};

bool keys_start(struct error *error);
void keys_stop(void);
/* Tells the terminal again which keys it is to send. */
void keys_resume(void);
void keys_mouse(bool on);
/* Never waits, but for ESCDELAY after an Esc. */
struct event keys_read(void);

/* --- paint.c --- */

bool paint_start(struct error *error);
void paint_stop(void);
/* Shows GRID.  Only what differs from the grid shown before is touched. */
void paint_grid(const struct grid *grid);
/* The next painting repeats everything. */
void paint_forget(void);

#endif
