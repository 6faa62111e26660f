/*
 * loop: waits for keys, tasks, signals and the clock, and draws.
 *
 * Everything that has arrived is taken before a frame is drawn, but for
 * no longer than BATCH_MILLISECONDS, so that a key held down or a paste
 * shows where it has got to.
 *
 * Invariants
 *  1. A frame is drawn only when editor->serial has moved, something has
 *     forced it, or the progress of a task, of the count of matches or of a
 *     filter is due.
 *  2. With nothing to do the process sleeps, but for a look at the files once
 *     a second, and as often as following one asks for.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "octavo/input.h"
#include "octavo/key.h"
#include "octavo/screen.h"
#include "tui/tui.h"
#include "tui/tui_internal.h"

enum {
	BATCH_MILLISECONDS = 40,
	PROGRESS_MILLISECONDS = 100,
	CHECK_MILLISECONDS = 1000,
	IDLE_MILLISECONDS = 250,
	DESCRIPTORS = 256,
	QUEUE = 256,
	STATUS_TERMINAL_GONE = 2,
};

struct loop {
	struct editor *editor;
	struct input *input;
	struct grid *grid;
	unsigned serial;	/* of the editor, when it was drawn */
	bool forced;		/* draw whatever the serial says */
	bool more;		/* the last batch has left keys unread */
	bool gone;		/* the terminal has been taken away */
	int64_t drawn;		/* when; milliseconds */
	int64_t checked;	/* the files */
	int64_t typed;		/* the last key */
	long colors;		/* as chosen last; -1: not yet */
	long mouse;
	struct event queue[QUEUE];	/* came during a nested wait */
	size_t queued;
};

static int64_t loop_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- drawing --- */

/* Options that `set` may have changed. */
static void loop_options(struct loop *loop)
{
	long colors = colors_limit(&loop->editor->options);
	if (colors != loop->colors) {
		colors_choose(colors);
		paint_forget();
		loop->colors = colors;
	}
	long mouse = loop->editor->options.values[OPTION_MOUSE];
	if (mouse != loop->mouse) {
		keys_mouse(mouse != 0);
		loop->mouse = mouse;
	}
}

/* Draws the grid of the present state; false where there is no memory. */
static bool loop_compose(struct loop *loop)
{
	unsigned columns = terminal_columns();
	unsigned rows = terminal_rows();
	if ((loop->grid->columns != columns || loop->grid->rows != rows) &&
	    !grid_resize(loop->grid, columns, rows))
		return false;
	grid_clear(loop->grid);
	screen_draw(loop->editor, loop->grid);
	return true;
}

static void loop_show(struct loop *loop)
{
	loop->serial = loop->editor->serial;
	if (loop_compose(loop))
		paint_grid(loop->grid);
	loop->forced = false;
	loop->drawn = loop_now();
}

static void loop_draw(struct loop *loop)
{
	loop_options(loop);
	loop_show(loop);
	/* Afterwards, because drawing says which bytes are in the window. */
	editor_highlight(loop->editor);
}

/* Is something shown that changes by itself? */
static bool loop_moves(const struct loop *loop)
{
	return editor_busy(loop->editor) || editor_surveying(loop->editor) ||
	       editor_counting(loop->editor) ||
	       editor_filtering(loop->editor);
}

static bool loop_due(const struct loop *loop)
{
	return loop->forced || loop->serial != loop->editor->serial ||
		(loop_moves(loop) &&
		 loop_now() - loop->drawn >= PROGRESS_MILLISECONDS);
}

/* --- what arrives --- */

static void loop_check_files(struct loop *loop)
{
	editor_check_files(loop->editor);
	loop->checked = loop_now();
}

static void loop_signals(struct loop *loop)
{
	signals_drain();
	if (signals_take(SIGNAL_STOP)) {
		terminal_suspend();
		loop_check_files(loop);
		loop->forced = true;
	}
	if (signals_take(SIGNAL_CONTINUED)) {
		terminal_resume();
		loop->forced = true;
	}
	if (signals_take(SIGNAL_RESIZED)) {
		terminal_resize();
		loop->forced = true;
	}
}

static void loop_dispatch(struct loop *loop, const struct event *event)
{
	switch (event->kind) {
	case EVENT_KEY:
		input_key(loop->input, event->key);
		break;
	case EVENT_CLICK:
		input_click(loop->input, event->row, event->column,
			    loop->grid);
		break;
	case EVENT_DRAG:
		input_drag(loop->input, event->row, event->column, loop->grid);
		break;
	case EVENT_WHEEL:
		input_wheel(loop->input, event->rows, event->row,
			    event->column, loop->grid);
		break;
	case EVENT_NONE:
	case EVENT_IGNORED:
		break;
	}
}

/* The next event: queued or read. */
static struct event loop_next(struct loop *loop)
{
	if (loop->queued == 0)
		return keys_read();
	struct event event = loop->queue[0];
	loop->queued--;
	for (size_t i = 0; i < loop->queued; i++)
		loop->queue[i] = loop->queue[i + 1];
	return event;
}

static void loop_keys(struct loop *loop)
{
	int64_t start = loop_now();
	if (start - loop->typed >= IDLE_MILLISECONDS)
		loop_check_files(loop);
	loop->typed = start;
	loop->forced = true;
	loop->more = true;
	while (loop->more && !loop->editor->quit &&
	       loop_now() - start < BATCH_MILLISECONDS) {
		struct event event = loop_next(loop);
		loop_dispatch(loop, &event);
		loop->more = event.kind != EVENT_NONE;
	}
}

/* --- waiting --- */

static int loop_timeout(const struct loop *loop)
{
	if (loop->queued > 0 || loop->more || loop_due(loop))
		return 0;
	int64_t now = loop_now();
	int64_t until = loop->checked + CHECK_MILLISECONDS;
	if (loop_moves(loop) &&
	    loop->drawn + PROGRESS_MILLISECONDS < until)
		until = loop->drawn + PROGRESS_MILLISECONDS;
	int patience = editor_patience(loop->editor);
	if (patience >= 0 && now + patience < until)
		until = now + patience;
	return until > now ? (int)(until - now) : 0;
}

/* Waits; true where keys may have come. */
static bool loop_wait(struct loop *loop)
{
	int fds[DESCRIPTORS];
	struct pollfd polled[DESCRIPTORS + 2] = {
		{ .fd = terminal_descriptor(), .events = POLLIN },
		{ .fd = signals_descriptor(), .events = POLLIN },
	};
	size_t count = editor_descriptors(loop->editor, fds, DESCRIPTORS);
	for (size_t i = 0; i < count; i++)
		polled[i + 2] = (struct pollfd){ .fd = fds[i],
						 .events = POLLIN };
	bool known = loop->queued > 0 || loop->more;
	if (poll(polled, (nfds_t)(count + 2), loop_timeout(loop)) < 0)
		return known;
	loop->gone = (polled[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
	return known || (polled[0].revents & POLLIN);
}

static void loop_turn(struct loop *loop)
{
	bool keys = loop_wait(loop);
	loop_signals(loop);
	if (keys)
		loop_keys(loop);
	editor_poll(loop->editor);
	editor_survey(loop->editor);
	if (loop_now() - loop->checked >= CHECK_MILLISECONDS)
		loop_check_files(loop);
	if (!loop->editor->quit && loop_due(loop))
		loop_draw(loop);
}

/* --- what the editor asks of a terminal --- */

static void loop_redraw(void *context)
{
	struct loop *loop = context;
	clearok(curscr, TRUE);
	paint_forget();
	loop->forced = true;
}

static void loop_suspend(void *context)
{
	struct loop *loop = context;
	terminal_suspend();
	loop_check_files(loop);
	loop->forced = true;
}

static bool loop_clipboard(void *context, const void *bytes, size_t length,
			   struct error *error)
{
	(void)context;
	return terminal_clipboard(bytes, length, error);
}

/* Takes the keys that came while a command waits; false: cancelled. */
static bool loop_wait_keys(struct loop *loop)
{
	for (;;) {
		struct event event = keys_read();
		if (event.kind == EVENT_NONE)
			return true;
		if (event.kind == EVENT_KEY &&
		    (event.key == KEYCODE_ESCAPE || event.key == 'C' - '@')) {
			loop->queued = 0;
			return false;
		}
		/* Typed that far ahead, keys are lost. */
		if (loop->queued < QUEUE)
			loop->queue[loop->queued++] = event;
	}
}

static bool loop_wait_for(void *context, const int *fds, size_t count)
{
	struct loop *loop = context;
	struct pollfd polled[DESCRIPTORS + 1] = {
		{ .fd = terminal_descriptor(), .events = POLLIN },
	};
	if (count > DESCRIPTORS)
		count = DESCRIPTORS;
	for (size_t i = 0; i < count; i++)
		polled[i + 1] = (struct pollfd){ .fd = fds[i],
						 .events = POLLIN };
	for (;;) {
		int ready = poll(polled, (nfds_t)(count + 1),
				 PROGRESS_MILLISECONDS);
		if (ready < 0 && errno != EINTR)
			return false;
		if (ready < 0)
			continue;
		if (polled[0].revents & (POLLHUP | POLLERR | POLLNVAL))
			return false;
		if ((polled[0].revents & POLLIN) && !loop_wait_keys(loop))
			return false;
		/* Shown only: the command that waits has the editor's task. */
		if (loop_now() - loop->drawn >= PROGRESS_MILLISECONDS)
			loop_show(loop);
		if (ready > (polled[0].revents ? 1 : 0))
			return true;
	}
}

static const struct grid *loop_screen(void *context)
{
	struct loop *loop = context;
	return loop_compose(loop) ? loop->grid : NULL;
}

static bool loop_type(void *context, const char *keys, struct error *error)
{
	struct loop *loop = context;
	return input_keys(loop->input, keys, error);
}

static struct editor_hooks loop_hooks(struct loop *loop)
{
	return (struct editor_hooks){
		.context = loop,
		.redraw = loop_redraw,
		.suspend = loop_suspend,
		.clipboard = loop_clipboard,
		.wait = loop_wait_for,
		.progress = tui_spool_progress,
		.screen = loop_screen,
		.keys = loop_type,
	};
}

int tui_run(struct editor *editor)
{
	struct loop loop = {
		.editor = editor,
		.forced = true,
		.colors = -1,
		.checked = loop_now(),
		.typed = loop_now(),
	};
	int status = STATUS_TERMINAL_GONE;
	struct editor_hooks hooks = editor->hooks;
	loop.input = input_new(editor, &editor->error);
	loop.grid = grid_new(terminal_columns(), terminal_rows());
	if (!loop.input || !loop.grid)
		goto out;
	editor->hooks = loop_hooks(&loop);
	while (!editor->quit && !loop.gone)
		loop_turn(&loop);
	if (editor->quit)
		status = 0;
out:
	editor->hooks = hooks;
	input_free(loop.input);
	grid_free(loop.grid);
	return status;
}

/* --- before there is anything to show --- */

static bool loop_spool_stopped(void)
{
	for (;;) {
		struct event event = keys_read();
		if (event.kind == EVENT_NONE)
			return false;
		if (event.kind == EVENT_KEY &&
		    (event.key == KEYCODE_ESCAPE || event.key == 'C' - '@' ||
		     event.key == 'q'))
			return true;
	}
}

bool tui_spool_progress(void *context, uint64_t bytes)
{
	bool *stopped = context;

	if (terminal_descriptor() < 0)
		return true;
	signals_drain();
	if (signals_take(SIGNAL_STOP))
		terminal_suspend();
	if (signals_take(SIGNAL_CONTINUED))
		terminal_resume();
	if (signals_take(SIGNAL_RESIZED))
		terminal_resize();
	struct grid *grid = grid_new(terminal_columns(), terminal_rows());
	if (grid) {
		char text[80];
		snprintf(text, sizeof(text), "reading standard input: "
			 "%.1f MiB (Esc stops)", (double)bytes / (1 << 20));
		grid_text(grid, 0, 0, grid->columns, text, ROLE_MESSAGE);
		paint_grid(grid);
	}
	grid_free(grid);
	if (!loop_spool_stopped())
		return true;
	*stopped = true;
	return false;
}
