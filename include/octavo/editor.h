/*
 * editor: one session: buffers with their views, the options, the registers,
 * what is searched for, the running task, the message line.
 *
 * It knows nothing of a terminal.  Who runs it (batch or tui) gives it lines
 * of the command language (command.h), polls its tasks, and shows what it
 * has to say: in batch through `print`, on a screen through screen_draw.
 *
 * A plain struct.  Commands read and change it; nobody else changes it but
 * through the functions here.
 */
#ifndef OCTAVO_EDITOR_H
#define OCTAVO_EDITOR_H

#include "octavo/document.h"
#include "octavo/keymap.h"
#include "octavo/line_filter.h"
#include "octavo/log.h"
#include "octavo/option.h"
#include "octavo/panel.h"
#include "octavo/pattern.h"
#include "octavo/prompt.h"
#include "octavo/recovery.h"
#include "octavo/save.h"
#include "octavo/search.h"
#include "octavo/transform.h"
#include "octavo/view.h"

/* How a command ended; also the exit status of batch. */
enum status {
	STATUS_DONE = 0,
	STATUS_NOTHING = 1,	/* a search found nothing */
	STATUS_FAILED = 2,	/* the error says why */
	STATUS_RUNNING = 3,	/* a task goes on beside the screen */
};

enum {
	EDITOR_MARKS = 128,
	EDITOR_JUMPS = 64,
	EDITOR_REGISTERS = 128,
	EDITOR_WINDOWS = 8,
	EDITOR_HIGHLIGHTERS_LISTED = 32,
	EDITOR_HIGHLIGHTERS = EDITOR_HIGHLIGHTERS_LISTED + 4,
	EDITOR_SET_SIZE = 24,
};

enum editor_seek { SEEK_NOTHING, SEEK_NEAREST, SEEK_LAST };

/* One open file. */
struct buffer {
	struct document *document;
	struct view view;
	uint64_t marks[EDITOR_MARKS];	/* by character */
	bool marked[EDITOR_MARKS];
	uint64_t jumps[EDITOR_JUMPS];	/* newest last */
	size_t jump_count;
	bool typing;		/* a step is open: keys go into it */
	struct overwritten *overwritten;	/* by them; of typing.c */
	size_t overwritten_count;
	struct recovery flush;	/* what an earlier one has left of its file, */
	bool interrupted;	/* and that this is something */
	bool flush_offered;	/* the user was asked about that */
	struct log *log;	/* of its edits; NULL: none is kept */
	struct log_report left;	/* what earlier sessions, or a live one, have
				 * of its file, when it was opened */
	bool offered;		/* the user was asked about that */
	bool held;		/* read-only because of the live one */
	struct line_filter *filter;	/* which lines are shown; NULL: all */
	enum editor_seek seek;	/* to a line that is shown, once known; */
	uint64_t seek_from;	/* unless the cursor is elsewhere by then */
	struct range match;	/* where the last search stopped */
	bool has_match;
	struct lines *lines;	/* the index of its lines; NULL: none asked */
};

/* A place of the screen that shows a buffer. */
struct window {
	struct buffer *buffer;
	struct view view;	/* while another window has the focus */
	int64_t beyond;		/* how far it could not scroll together */
};

/* What a register holds; the clip belongs to the document of its buffer. */
struct clip_register {
	struct clip *clip;
	struct document *document;
};

enum prompt_kind {
	PROMPT_NONE,
	PROMPT_COMMAND,
	PROMPT_SEARCH,
	PROMPT_SEARCH_BACK,
	PROMPT_GOTO,
	PROMPT_FILTER,
	PROMPT_KINDS
};

/* What Tab in a search prompt goes through. */
enum search_type {
	SEARCH_TYPE_REGEX,
	SEARCH_TYPE_TEXT,
	SEARCH_TYPE_HEX,
	SEARCH_TYPE_VALUE,
	SEARCH_TYPES
};

/* What becomes of edits (log.h). */
enum editor_logs {
	EDITOR_LOGS_NONE,	/* nothing is kept, or looked for */
	EDITOR_LOGS_TOLD,	/* what is there is told of */
	EDITOR_LOGS_KEPT,	/* edits are logged, and those left offered */
};

/* What is to be done, unasked, about a flush that was interrupted. */
struct editor_recovery {
	bool wanted;
	enum recovery_action action;
	bool insist;
};

/* A question that one key answers: each answer is a command line. */
struct question {
	char text[ERROR_MESSAGE_SIZE];	/* "" where none is asked */
	struct {
		char key;
		const char *command;
	} answers[4];
	/* A command made for it; what an answer "" stands for. */
	char line[2 * ERROR_MESSAGE_SIZE];
	bool panel;		/* the panel is part of it, and goes with it */
	const char *cancel;	/* what Esc runs, other keys then being none;
				 * NULL: they all mean no */
};

struct editor;

/* What a long command does beside the screen; private to task.c. */
struct task;

/* A flush beside the screen; private to task_save.c. */
struct saving;

/* What the program does once that has come to its end. */
enum editor_leaving {
	EDITOR_STAYS,
	EDITOR_LEAVES,		/* if all the others are saved */
	EDITOR_DROPS,		/* whatever they are */
};

/* A search for matches around a window; private to highlight.c. */
struct highlight;

/* The survey of all matches; private to live.c. */
struct live;

/* Which line is where (lines.h). */
struct lines;

/* What keeps the end of a file in sight; private to follow.c. */
struct follow;

/* The matches of a pattern in some parts of a document, and of what they are
 * true. */
struct highlights {
	struct range *matches;
	size_t count;
	size_t capacity;
	struct range *parts;	/* ascending */
	size_t part_count;
	const struct document *document;
	uint64_t revision;	/* of the document */
	uint64_t serial;	/* of the pattern */
};

/*
 * A pattern whose matches show in a colour.  Those of a set are switched
 * together.
 */
struct highlighter {
	struct pattern *pattern;
	enum role role;
	char set[EDITOR_SET_SIZE];	/* its name; "": of none */
	bool on;
	bool own;		/* in a set that every session has */
	bool lines_only;	/* only where lines are shown, not bytes */
	struct highlights found[EDITOR_WINDOWS];	/* around each window */
};

/* What the terminal can do and batch cannot; members may be NULL. */
struct editor_hooks {
	void *context;
	/* Redraw from nothing; suspend the program. */
	void (*redraw)(void *context);
	void (*suspend)(void *context);
	/* Hands bytes to the terminal's clipboard. */
	bool (*clipboard)(void *context, const void *bytes, size_t length,
			  struct error *error);
	/*
	 * Something inside a command has to wait for one of FDS (COUNT of
	 * them): waits, shows progress, and returns false where the user has
	 * cancelled.  Without it the wait cannot be cancelled.
	 */
	bool (*wait)(void *context, const int *fds, size_t count);
	/* A pipe is being read.  Its context is a bool, which it sets where
	 * the user has stopped that. */
	file_progress *progress;
	/* A screen of the present state (save-screen); without it one of
	 * screen-columns by screen-rows is drawn. */
	const struct grid *(*screen)(void *context);
	/* Keys as if typed (the command `keys`). */
	bool (*keys)(void *context, const char *keys, struct error *error);
};

struct editor {
	struct buffer **buffers;
	size_t buffer_count;
	struct buffer *buffer;		/* the current one; may be NULL */
	struct window windows[EDITOR_WINDOWS];	/* in their order on screen */
	size_t window_count;		/* at least 1 */
	size_t focus;			/* the one that shows `buffer` */
	bool stacked;			/* one above the other, not side by
					 * side */
	struct view followed;		/* what the others have followed */
	struct options options;
	struct keymap *keymap;
	struct clip_register registers[EDITOR_REGISTERS];

	/* search */
	struct pattern *pattern;	/* NULL: none yet */
	uint64_t pattern_serial;	/* changes with it */
	bool backward;			/* direction of the last search */
	struct task *task;		/* the one that shows progress */
	struct task *asking;		/* the one that waits for an answer */
	struct saving *saving;		/* the flush that is under way */
	enum editor_leaving leaving;	/* at its end; given up where it fails */
	struct highlight *highlight;	/* what looks for the next: */
	struct highlights highlights[EDITOR_WINDOWS];	/* of `pattern` */
	struct highlighter *highlighters[EDITOR_HIGHLIGHTERS];
	size_t highlighter_count;
	bool has_own_sets;	/* those that every session has are made */
	struct live *live;	/* counts all of them beside the screen */
	struct follow *follow;	/* NULL: nothing was followed yet */

	/* the lower lines */
	struct prompt prompt;
	enum prompt_kind prompt_kind;
	enum search_type search_type;
	uint64_t prompt_origin;		/* cursor when it was opened */
	char *prompt_pattern;		/* the pattern then, as text; or NULL */
	uint64_t prompt_serial;		/* of that pattern */
	struct prompt_history histories[PROMPT_KINDS];
	char hint[ERROR_MESSAGE_SIZE];	/* below the prompt */
	long hint_position;		/* the byte of the prompt's text that
					 * its caret points at, or -1 */
	char pending[32];		/* an unfinished count or sequence */
	struct question question;
	char message[ERROR_MESSAGE_SIZE];
	bool message_is_error;
	bool message_is_match;	/* about the match the cursor is on */
	bool message_is_note;	/* of batch, where no screen shows it */
	struct panel panel;

	/* output of commands: to `print` in batch; where a screen shows it, it
	 * is gathered, and becomes the message or a panel (editor_show_output)
	 * once the command has ended */
	void (*print)(void *context, const char *bytes, size_t length);
	void *print_context;
	const char *prefix;	/* of each line of it; or NULL */
	bool line_open;		/* the last line has no newline yet */
	bool interactive;
	char *output;
	size_t output_length;
	size_t output_capacity;
	bool output_full;	/* no more of it is wanted */
	char output_title[64];

	struct editor_hooks hooks;
	bool read_only;		/* option -R */
	enum editor_logs logs;
	struct editor_recovery recovery;	/* option --recover */
	bool logs_cleaned;
	bool quit;		/* the program is to end */
	enum status status;	/* of the last task that ended */
	struct error error;	/* its error */
	unsigned serial;	/* changes whenever the screen should */
};

struct editor *editor_new(struct error *error);
void editor_free(struct editor *editor);

/* Opens PATH as a buffer and makes it the current one; a file that is open
 * already keeps its buffer. */
bool editor_open(struct editor *editor, const char *path,
		 file_progress *progress, void *context, struct error *error);
/* Reads the current buffer's file again, without the edits. */
bool editor_reload(struct editor *editor, struct error *error);
/* Closes the current buffer, whatever its state; the one before it becomes
 * the current one. */
void editor_close_buffer(struct editor *editor);
void editor_select_buffer(struct editor *editor, size_t index);
size_t editor_buffer_index(const struct editor *editor);

/* Is all of DOCUMENT on disk?  Else the error says what is not. */
bool editor_is_saved(const struct document *document, struct error *error);
/* Are all of them? */
bool editor_all_saved(const struct editor *editor, struct error *error);

/* Which of the keymap's tables holds now. */
enum keymap_mode editor_keymap_mode(const struct editor *editor);

/* The message line. */
void editor_message(struct editor *editor, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void editor_show_error(struct editor *editor, const struct error *error);
/* Output of a command, with the prefix before each line. */
void editor_print(struct editor *editor, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same as it is.  False: nobody wants more. */
bool editor_print_bytes(struct editor *editor, const void *bytes,
			size_t length);

/* Shows what was gathered: one line as the message, more as a panel. */
void editor_show_output(struct editor *editor);

/* --- the cursor --- */

/* To OFFSET, remembering where it was for jump-back. */
void editor_jump(struct editor *editor, uint64_t offset);
bool editor_jump_back(struct editor *editor);

/*
 * --- windows (windows.c) ---
 *
 * One window has the focus: it shows the current buffer through buffer->view,
 * so commands need not know of windows.  The others have a view each, also of
 * the same buffer.
 */

/* The view in window INDEX. */
struct view *editor_window_view(struct editor *editor, size_t index);
/* Shows BUFFER (NULL: none) in the window that has the focus. */
void editor_show(struct editor *editor, struct buffer *buffer);
/* Another window with the current buffer behind this one, which gets the
 * focus; STACKED: all of them one above the other.  Fails with too many. */
bool editor_split(struct editor *editor, bool stacked, struct error *error);
/* Closes the window that has the focus; the one before it gets that.  Fails
 * with the only one. */
bool editor_close_window(struct editor *editor, struct error *error);
/* Closes the others. */
void editor_only(struct editor *editor);
void editor_focus(struct editor *editor, size_t index);
/* Lets all views lay their rows out by the options; and one of them. */
void editor_lay_out(struct editor *editor);
void editor_lay_out_view(const struct editor *editor, struct view *view);
/* Lets all views be in the mode that the option says; and one of them. */
void editor_choose_modes(struct editor *editor);
void editor_choose_mode(const struct editor *editor, struct view *view);
/* With the option scroll-together: the other windows have moved as far as the
 * one with the focus afterwards; call it before they are shown. */
void editor_follow(struct editor *editor);

/* --- edits: called around and after every one --- */

/* Marks and jumps behind an edit that made LENGTH bytes of RANGE follow their
 * bytes, a selection ends where these move; the view is brought back into the
 * document. */
void editor_edited(struct editor *editor, struct range range,
		   uint64_t length);
/* Ends the step that typing has opened. */
void editor_end_typing(struct editor *editor);
/* A character typed in an editing mode: a hex digit in the hex pane, text in
 * the text pane. */
bool editor_type(struct editor *editor, uint32_t character,
		 struct error *error);
/* Backspace in an editing mode: takes the last byte back; where nothing has
 * been typed over, only the cursor. */
bool editor_type_backspace(struct editor *editor, struct error *error);
/* Deletes the byte at the cursor, in text mode the character. */
bool editor_type_delete(struct editor *editor, struct error *error);

/* --- tasks (task.c) --- */

/* Takes PATTERN over as the one that next, previous and the highlighting
 * use. */
void editor_set_pattern(struct editor *editor, struct pattern *pattern);
/* The last one is given once more. */
void editor_use_pattern(struct editor *editor);
/* Gives PATTERN (may be NULL) the limits that the options say. */
void editor_set_limits(const struct editor *editor, struct pattern *pattern);

/*
 * Starts to look for the pattern, from the cursor on; AGAIN: from behind the
 * match the cursor is on (backward always: before the cursor), the COUNT-th
 * one.  Moves the cursor there when it is found.  QUIETLY: while a search is
 * typed: no message, no jump, no output.
 */
bool editor_find(struct editor *editor, bool backward, bool again,
		 uint64_t count, bool quietly, struct error *error);
bool editor_count(struct editor *editor, struct range range,
		  struct error *error);
/* On a screen a list that grows, and no task: STATUS_DONE. */
enum status editor_matches(struct editor *editor, struct range range,
			   struct error *error);
/* The lines with a match, or those that WHICH says, as `grep -n` prints them;
 * or their number. */
bool editor_lines(struct editor *editor, struct range range,
		  const struct search_lines *which, struct error *error);

/* Replaces what matches the pattern in RANGE, SELECTED or not, as one edit
 * once all are found.  Takes REPLACEMENT over, also on failure. */
bool editor_replace(struct editor *editor, struct range range, bool selected,
		    struct replacement *replacement, struct error *error);

/* The same, but each place is shown and asked about. */
bool editor_replace_ask(struct editor *editor, struct range range,
			struct replacement *replacement, struct error *error);
/* The answers: yes, no, all (that are left), quit (leave the rest), cancel
 * (change nothing). */
enum status editor_answer(struct editor *editor, const char *word,
			  struct error *error);

/*
 * Does what PLAN says, at once where the range is short, else as a task; its
 * range is SELECTED or not.  Takes PLAN's data over, also on failure.
 */
enum status editor_transform(struct editor *editor,
			     const struct transform_plan *plan, bool selected,
			     struct error *error);

/* Is a task or a flush under way? */
bool editor_busy(const struct editor *editor);
/* What task runs, which one must, and how far: for the status line.  DONE of TOTAL bytes; FOUND is
 * UINT64_MAX where nothing is looked for. */
const char *editor_progress(const struct editor *editor, uint64_t *done,
			    uint64_t *total, uint64_t *found);
/* Descriptors on which something may arrive. */
size_t editor_descriptors(const struct editor *editor, int *fds,
			  size_t count);
/* Takes what has arrived; ends tasks that are done. */
void editor_poll(struct editor *editor);
/* Waits until the task has ended; its status. */
enum status editor_wait(struct editor *editor, struct error *error);
/* Stops what runs, says so.  A flush is stopped where nothing else runs; one
 * that can't be stopped any more goes on, which is said. */
void editor_cancel(struct editor *editor);
/* Sees to it that the matches in the windows get known, as far as they have
 * been drawn. */
void editor_highlight(struct editor *editor);
/* From now on the matches of HIGHLIGHTER's pattern, which is taken over also on
 * failure, show in its colour: over those of the highlighters before it, under
 * those of what was searched for last.  One of its set with the same text is
 * gone. */
bool editor_add_highlighter(struct editor *editor,
			    const struct highlighter *highlighter,
			    struct error *error);
/* How many have been added by the user: the first ones. */
size_t editor_listed_highlighters(const struct editor *editor);
void editor_remove_highlighter(struct editor *editor, size_t index);

/* --- sets of highlighters (highlight_sets.c) --- */

/* Makes the sets that every session has, if that has not been done: levels and
 * times, which are on in text mode. */
void editor_own_sets(struct editor *editor);
/* Switches the set NAME; false: there is none. */
bool editor_switch_set(struct editor *editor, const char *name, bool on);
/* Do the matches of a highlighter show in this window? */
bool editor_highlights_in(struct editor *editor,
			  const struct highlighter *highlighter,
			  size_t window);
/*
 * The next or previous match of those highlighters that WHICH says, waited for:
 * the name of a colour or of a set; "" is all that are of no set.  False with
 * no error: there is none.
 */
bool editor_find_highlight(struct editor *editor, const char *which,
			   bool backward, struct match *match, bool *found,
			   struct error *error);

/*
 * --- writing (task_save.c, task_lock.c) ---
 *
 * On a screen what is long is written by a forked child: STATUS_RUNNING.
 * Meanwhile all goes on, but that the document can't be edited, closed or read
 * again if it is its file that is written, and that nothing else is written.
 * Else it is written here and now; in batch SIGINT stops it.
 */

/* The current document to its file, as OPTIONS say. */
enum status editor_write(struct editor *editor,
			 const struct save_options *options,
			 struct error *error);
/* RANGE of it to a file of its own (save_copy). */
enum status editor_write_copy(struct editor *editor, struct range range,
			      const char *path, bool overwrite,
			      struct error *error);
/* What MAKE makes of it (save_made); CONTEXT may go afterwards. */
enum status editor_write_made(struct editor *editor, save_maker *make,
			      void *context, const char *path, bool overwrite,
			      struct error *error);

struct editor_writing {
	uint64_t done;		/* bytes, written or read back */
	uint64_t total;		/* 0: not known */
	uint64_t rate;		/* bytes a second; 0: not known yet */
	bool stopping;		/* it was stopped, and will have ended soon */
	bool committed;		/* it can't be stopped any more */
};

/* False: nothing is being written. */
bool editor_writing(const struct editor *editor,
		    struct editor_writing *writing);
/* The program is to end; DROP: whatever is unsaved.  True: there is a flush to
 * wait for, and that will be done, which is said.  Else the caller goes on. */
bool editor_leave(struct editor *editor, bool drop);

/*
 * All matches in the current document (live.c): counted in the background, as
 * long as the option count-matches is on.
 */
/* Begins that, or begins it again, if it is to be; call it when idle. */
void editor_survey(struct editor *editor);
/* Does what is known of them grow by itself? */
bool editor_surveying(const struct editor *editor);
/* Waits until all is known that is asked for. */
void editor_settle(struct editor *editor);

/* Which match the cursor is on. */
struct match_place {
	uint64_t number;	/* from 1 */
	bool known;		/* is it known yet? */
	uint64_t count;		/* of all, as far as */
	enum job_state state;	/* says */
};

/* False: on none, or nothing is known. */
bool editor_match_place(const struct editor *editor,
			struct match_place *place);
/* Does a match start in part ROW of ROWS of the current document? */
bool editor_marked(const struct editor *editor, unsigned row, unsigned rows);

/*
 * The lines that are shown (editor_filter.c, octavo/line_filter.h); next and
 * previous, of matches and of highlights, stop in these only.
 */
/* The current buffer's filter, made where there is none. */
struct line_filter *editor_line_filter(struct editor *editor,
				       struct error *error);
/* Adds an entry to it, and turns it on; if it was off, with this entry only.
 * Takes PATTERN over, also on failure. */
bool editor_add_filter(struct editor *editor, struct pattern *pattern,
		       bool exclude, struct error *error);
/* The cursor goes to the nearest line that is shown, or to the last one, at
 * once or as soon as it is known which, unless it has been moved by then.  True:
 * at once. */
bool editor_seek_shown(struct editor *editor, enum editor_seek seek);
/* Is it being found out which are? */
bool editor_filtering(const struct editor *editor);

struct filter_status {
	enum job_state state;
	uint64_t lines;		/* that pass, so far; */
	uint64_t done;		/* after so many bytes */
	uint64_t total;
};

/* False: all lines of BUFFER are shown, and are meant to be. */
bool editor_filter_status(const struct buffer *buffer,
			  struct filter_status *status);

/* The first match in RANGE, or the last one, waited for. */
bool editor_find_now(struct editor *editor, struct pattern *pattern,
		     bool backward, struct range range, struct match *match,
		     bool *found, struct error *error);
/* The same in lines that are shown. */
bool editor_find_shown(struct editor *editor, struct pattern *pattern,
		       bool backward, struct range range, struct match *match,
		       bool *found, struct error *error);

/*
 * --- lines (editor_lines.c) ---
 *
 * A line is what src/lines.h says.  The first question about a buffer makes
 * its index; on a screen that is then counted in the background.
 */

/* Which line of BUFFER, one of the editor's, OFFSET (<= size) is in, from 1;
 * false where that is not known, or not yet.  Never waits. */
bool editor_line_number(struct editor *editor, struct buffer *buffer,
			uint64_t offset, uint64_t *number);
/* Is it being counted, so that more will be known? */
bool editor_counting(const struct editor *editor);
/* How many lines the current buffer has, waited for. */
bool editor_count_lines(struct editor *editor, uint64_t *count,
			struct error *error);
/* The offset at which line NUMBER (from 1) of it starts, waited for as far as
 * need be. */
bool editor_find_line(struct editor *editor, uint64_t number,
		      uint64_t *offset, struct error *error);
/* The start of the first line of a log that is not earlier than the time in
 * TEXT; the parts of the date that this lacks are those around the cursor. */
bool editor_find_time(struct editor *editor, const char *text, size_t length,
		      uint64_t *offset, struct error *error);

/*
 * --- following (follow.c) ---
 *
 * The current buffer's file, whichever that is, is looked at whenever something
 * happens to it, and the cursor stays at its end; a file that takes its place
 * (rotation), and one that begins anew, becomes the buffer's.  Where there are
 * unsaved changes nothing is done to them: following ends, and says why.
 */
/* Fails where the current file is none that grows. */
bool editor_start_following(struct editor *editor, struct error *error);
void editor_stop_following(struct editor *editor);
/* For the status line: a word, and what is wrong; NULL: nothing is followed. */
const char *editor_following(const struct editor *editor);
/* In how many milliseconds editor_poll is to be called although nothing has
 * arrived; -1: never. */
int editor_patience(const struct editor *editor);

/* --- flushes that were interrupted (editor_recovery.c) --- */

/* What one has left of BUFFER's file now. */
void editor_flush_look(struct buffer *buffer);
/* May the file be written: is nothing left, or not any more? */
bool editor_flush_decided(struct buffer *buffer, struct error *error);
/* Does ACTION about that, and opens the current buffer's file again; *DONE
 * says what was done, in RECOVERY_WORDS bytes. */
bool editor_recover_flush(struct editor *editor, enum recovery_action action,
			  bool insist, char *done, struct error *error);

/* --- the log of edits (editor_log.c) --- */

/* To be asked before the current document is edited: may it be, and is that
 * logged? */
bool editor_may_edit(struct editor *editor, struct error *error);
/* Makes the edits again that an earlier session has left of the current
 * buffer's file; DAMAGED: as far as they can be read. */
bool editor_recover(struct editor *editor, bool damaged, uint64_t *edits,
		    struct error *error);
/* Edits although another process does. */
void editor_insist(struct editor *editor);
/* Saves all buffers as session NAME; opens those of it, and goes to the
 * first. */
bool editor_save_session(struct editor *editor, const char *name,
			 bool overwrite, struct error *error);
bool editor_load_session(struct editor *editor, const char *name,
			 struct error *error);

/* --- other writers (editor_outside.c) --- */

/* Looks what others have done to the files (document_outside), and sees to the
 * logs; call it when idle and once a second. */
void editor_check_files(struct editor *editor);
/* The first for one of them. */
void editor_check_file(struct editor *editor, struct buffer *buffer);
/* To be called when something of that was decided. */
void editor_decided(struct editor *editor);
/* Opens the current buffer's file anew, for it is another one or has lost
 * bytes, and makes the changes again (document_carry). */
bool editor_take_up(struct editor *editor, uint64_t *kept, uint64_t *others,
		    struct error *error);

#endif
