/*
 * Commands that move: the cursor, the window, the selection, the panel.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command/command.h"

/* The index of WORD in NAMES (ended by NULL), or -1 with an error that lists
 * what there is. */
static int choose(const char *word, const char *const *names,
		  size_t position, struct error *error)
{
	char list[300] = "";

	for (int i = 0; names[i]; i++) {
		if (strcmp(names[i], word) == 0)
			return i;
		if (strlen(list) + strlen(names[i]) + 2 < sizeof list) {
			strcat(list, i ? " " : "");
			strcat(list, names[i]);
		}
	}
	error_set_at(error, position, "%s is none of: %s", word, list);
	return -1;
}

/* Reads the word that says which; then an optional count. */
static int choose_word(const struct command_call *call,
		       const char *const *names, uint64_t *count,
		       struct error *error)
{
	struct command_call rest = *call;
	char word[64];

	if (!command_word(call, &rest.position, word, sizeof word)) {
		error_set_at(error, call->position, "%s what?",
			     call->command->name);
		return -1;
	}

	int choice = choose(word, names, call->position, error);

	if (choice < 0 || !command_number(&rest, count, error))
		return -1;
	return choice;
}

/* The same where the word may be left out: then it is OTHERWISE. */
static int choose_or(const struct command_call *call,
		     const char *const *names, int otherwise,
		     struct error *error)
{
	size_t position = call->position;
	uint64_t count;

	return command_at_end(call, &position)
		       ? otherwise : choose_word(call, names, &count, error);
}

static enum status run_goto(struct editor *editor,
			    const struct command_call *call,
			    struct error *error)
{
	size_t position = call->position;
	uint64_t size = document_size(editor->buffer->document);
	uint64_t address;

	if (!address_parse(editor, call->line, &position, &address, error)
	    || !command_no_more(call, position, error))
		return STATUS_FAILED;
	if (address > size) {
		error_set_at(error, call->position, "0x%" PRIx64 " is past "
			     "the end, 0x%" PRIx64, address, size);
		return STATUS_FAILED;
	}
	editor_jump(editor, address);
	return STATUS_DONE;
}

/* What a count before G means. */
static enum status run_to(struct editor *editor,
			  const struct command_call *call,
			  struct error *error)
{
	char line[64];
	uint64_t number;

	if (!command_number(call, &number, error))
		return STATUS_FAILED;
	snprintf(line, sizeof line,
		 editor->buffer->view.text_mode ? "goto line(%" PRIu64 ")"
						: "goto %" PRIu64, number);
	return command_execute(editor, line, error);
}

static enum status run_move(struct editor *editor,
			    const struct command_call *call,
			    struct error *error)
{
	/* In the order of enum view_motion. */
	static const char *const names[] = {
		"left", "right", "up", "down", "page-up", "page-down",
		"half-up", "half-down", "row-start", "row-end", "group-left",
		"group-right", "start", "end", NULL,
	};
	uint64_t count;
	int motion = choose_word(call, names, &count, error);
	struct buffer *buffer = editor->buffer;

	if (motion < 0)
		return STATUS_FAILED;

	uint64_t before = buffer->view.cursor;

	view_move(&buffer->view, (enum view_motion)motion, count);
	/* The far moves are jumps: one may want to come back. */
	if (motion == VIEW_START || motion == VIEW_END) {
		uint64_t after = buffer->view.cursor;

		view_goto(&buffer->view, before);
		editor_jump(editor, after);
		editor_seek_shown(editor, SEEK_NEAREST);
	}
	editor->serial++;
	return STATUS_DONE;
}

static enum status run_scroll(struct editor *editor,
			      const struct command_call *call,
			      struct error *error)
{
	static const char *const names[] = { "up", "down", NULL };
	uint64_t count;
	int down = choose_word(call, names, &count, error);

	if (down < 0)
		return STATUS_FAILED;
	if (count > INT64_MAX)
		count = INT64_MAX;
	view_scroll(&editor->buffer->view,
		    down ? (int64_t)count : -(int64_t)count);
	editor->serial++;
	return STATUS_DONE;
}

static enum status run_percent(struct editor *editor,
			       const struct command_call *call,
			       struct error *error)
{
	uint64_t size = document_size(editor->buffer->document);
	uint64_t percent;

	if (!command_number(call, &percent, error))
		return STATUS_FAILED;
	if (percent > 100) {
		error_set_at(error, call->position, "a file has 100 percent");
		return STATUS_FAILED;
	}
	editor_jump(editor, size / 100 * percent + size % 100 * percent / 100);
	return STATUS_DONE;
}

static enum status run_center(struct editor *editor,
			      const struct command_call *call,
			      struct error *error)
{
	(void)call;
	(void)error;
	view_center(&editor->buffer->view);
	editor->serial++;
	return STATUS_DONE;
}

static enum status run_pane(struct editor *editor,
			    const struct command_call *call,
			    struct error *error)
{
	static const char *const names[] = { "hex", "text", NULL };
	struct view *view = &editor->buffer->view;
	int pane = choose_or(call, names,
			     view->pane == VIEW_HEX ? VIEW_TEXT : VIEW_HEX,
			     error);

	if (pane < 0)
		return STATUS_FAILED;
	if (view->text_mode) {
		error_set(error, "text mode has no panes; F4 goes to hex mode");
		return STATUS_FAILED;
	}
	view_set_pane(view, (enum view_pane)pane);
	editor->serial++;
	return STATUS_DONE;
}

static enum status run_view(struct editor *editor,
			    const struct command_call *call,
			    struct error *error)
{
	static const char *const names[] = { "hex", "text", NULL };
	struct view *view = &editor->buffer->view;
	int text = choose_or(call, names, !view->text_mode, error);

	if (text < 0)
		return STATUS_FAILED;
	view_set_text_mode(view, text);
	editor->serial++;
	return STATUS_DONE;
}

enum mode_word {
	WORD_BROWSE, WORD_OVERWRITE, WORD_INSERT, WORD_APPEND,
	WORD_REPLACE_ONE, WORD_TOGGLE
};

static enum status run_mode(struct editor *editor,
			    const struct command_call *call,
			    struct error *error)
{
	static const char *const names[] = {
		"browse", "overwrite", "insert", "append", "replace-one",
		"toggle", NULL,
	};
	struct view *view = &editor->buffer->view;
	const struct document *document = editor->buffer->document;
	uint64_t count;
	int word = choose_word(call, names, &count, error);

	if (word < 0)
		return STATUS_FAILED;
	if (word == WORD_TOGGLE)
		word = view->mode == VIEW_INSERT ? WORD_OVERWRITE
						 : WORD_INSERT;
	if (word != WORD_BROWSE && !editor_may_edit(editor, error))
		return STATUS_FAILED;
	if ((word == WORD_INSERT || word == WORD_APPEND)
	    && document_fixed_length(document)) {
		error_set(error, "the length of %s is fixed; R overwrites",
			  file_path(document_file(document)));
		return STATUS_FAILED;
	}

	if (word == WORD_REPLACE_ONE && document_size(document) == 0) {
		error_set(error, "there is no byte to replace");
		return STATUS_FAILED;
	}

	static const enum view_mode modes[] = {
		[WORD_BROWSE] = VIEW_BROWSE,
		[WORD_OVERWRITE] = VIEW_OVERWRITE,
		[WORD_INSERT] = VIEW_INSERT,
		[WORD_APPEND] = VIEW_INSERT,
		[WORD_REPLACE_ONE] = VIEW_REPLACE_ONE,
	};

	/* Esc lets go of a selection first. */
	if (word == WORD_BROWSE || view->selecting)
		view_select(view, false);
	view_set_mode(view, modes[word]);
	/* Nothing is appended to a newline, but before it. */
	if (word == WORD_APPEND
	    && !(view->text_mode && view_at_newline(view, view->cursor)))
		view_move(view, VIEW_RIGHT, 1);
	editor->serial++;
	return STATUS_DONE;
}

static enum status run_select(struct editor *editor,
			      const struct command_call *call,
			      struct error *error)
{
	static const char *const names[] = { "off", "on", NULL };
	struct view *view = &editor->buffer->view;
	int on = choose_or(call, names, !view->selecting, error);

	if (on < 0)
		return STATUS_FAILED;
	if (!call->selected && call->given == 2
	    && call->range.end > call->range.start) {
		view_select(view, false);
		view_goto(view, call->range.start);
		view_select(view, true);
		view_goto(view, call->range.end - 1);
	} else {
		view_select(view, on);
	}
	editor->serial++;
	return STATUS_DONE;
}

/* --- marks and the way back --- */

static bool mark_name(const struct command_call *call, unsigned char *name,
		      struct error *error)
{
	size_t position = call->position;

	if (command_at_end(call, &position)
	    || (unsigned char)call->line[position] >= EDITOR_MARKS)
		return error_set_at(error, position,
				    "the name of a mark is wanted: a letter");
	*name = (unsigned char)call->line[position];
	return command_no_more(call, position + 1, error);
}

static enum status run_mark(struct editor *editor,
			    const struct command_call *call,
			    struct error *error)
{
	unsigned char name;

	if (!mark_name(call, &name, error))
		return STATUS_FAILED;
	editor->buffer->marks[name] = call->address;
	editor->buffer->marked[name] = true;
	if (editor->interactive)
		editor_message(editor, "mark %c at 0x%" PRIx64, name,
			       call->address);
	return STATUS_DONE;
}

static enum status run_jump_mark(struct editor *editor,
				 const struct command_call *call,
				 struct error *error)
{
	unsigned char name;

	if (!mark_name(call, &name, error))
		return STATUS_FAILED;
	if (!editor->buffer->marked[name]) {
		error_set(error, "there is no mark %c", name);
		return STATUS_FAILED;
	}
	editor_jump(editor, editor->buffer->marks[name]);
	return STATUS_DONE;
}

static enum status run_jump_back(struct editor *editor,
				 const struct command_call *call,
				 struct error *error)
{
	(void)call;
	if (editor_jump_back(editor))
		return STATUS_DONE;
	error_set(error, "this is where it began");
	return STATUS_FAILED;
}

/* --- from change to change --- */

static enum status run_next_change(struct editor *editor,
				   const struct command_call *call,
				   struct error *error)
{
	const struct document *document = editor->buffer->document;
	uint64_t cursor = editor->buffer->view.cursor;
	struct change change;
	uint64_t index;

	(void)call;

	bool found = document_change_from(document, cursor, &change, &index);

	while (found && change.now.start <= cursor)
		found = document_change(document, ++index, &change);
	if (!found) {
		error_set(error, "no change behind the cursor");
		return STATUS_FAILED;
	}
	editor_jump(editor, change.now.start);
	return STATUS_DONE;
}

static enum status run_previous_change(struct editor *editor,
				       const struct command_call *call,
				       struct error *error)
{
	const struct document *document = editor->buffer->document;
	uint64_t cursor = editor->buffer->view.cursor;
	struct change change;
	uint64_t index;

	(void)call;
	if (!document_change_from(document, cursor, &change, &index)) {
		index = document_change_count(document);
	} else if (change.now.start < cursor) {
		editor_jump(editor, change.now.start);
		return STATUS_DONE;
	}
	if (index == 0 || !document_change(document, index - 1, &change)) {
		error_set(error, "no change before the cursor");
		return STATUS_FAILED;
	}
	editor_jump(editor, change.now.start);
	return STATUS_DONE;
}

/* --- along the holes --- */

/* Behind the hole at OFFSET, and those that go on where it ends, parted from
 * it by an edit; OFFSET where there is none, the end where no data follows. */
static uint64_t behind_holes(const struct document *document, uint64_t offset)
{
	struct range hole;

	while (offset < document_size(document) &&
	       document_hole(document, offset, &hole))
		offset = hole.end;
	return offset;
}

/* The same to the left: the first byte that the holes before OFFSET leave. */
static uint64_t before_holes(const struct document *document, uint64_t offset)
{
	struct range hole;

	while (document_hole_before(document, offset, &hole) &&
	       hole.end >= offset)
		offset = hole.start;
	return offset;
}

/* Where data begins last before OFFSET, which is behind some. */
static uint64_t data_start(const struct document *document, uint64_t offset)
{
	struct range hole;

	return document_hole_before(document, offset, &hole) ? hole.end : 0;
}

static enum status jump_if(struct editor *editor, bool found, uint64_t offset,
			   const char *what, struct error *error)
{
	if (!found) {
		error_set(error, "%s the cursor", what);
		return STATUS_FAILED;
	}
	editor_jump(editor, offset);
	return STATUS_DONE;
}

/* Asks the file anew, lest the holes of a while ago are gone through. */
static const struct document *document_now(const struct editor *editor,
					   uint64_t *cursor)
{
	const struct document *document = editor->buffer->document;

	document_verify(document);
	*cursor = editor->buffer->view.cursor;
	return document;
}

static enum status run_next_data(struct editor *editor,
				 const struct command_call *call,
				 struct error *error)
{
	uint64_t cursor;
	const struct document *document = document_now(editor, &cursor);
	uint64_t size = document_size(document);
	uint64_t data = size;
	struct range hole;

	(void)call;
	if (document_hole_from(document, cursor, &hole))
		data = behind_holes(document, hole.end);
	return jump_if(editor, data < size, data, "no other data behind",
		       error);
}

static enum status run_next_hole(struct editor *editor,
				 const struct command_call *call,
				 struct error *error)
{
	uint64_t cursor;
	const struct document *document = document_now(editor, &cursor);
	struct range hole;

	(void)call;

	bool found = document_hole_from(document,
					behind_holes(document, cursor), &hole);

	return jump_if(editor, found, hole.start, "no hole behind", error);
}

static enum status run_previous_data(struct editor *editor,
				     const struct command_call *call,
				     struct error *error)
{
	uint64_t cursor;
	const struct document *document = document_now(editor, &cursor);
	uint64_t end = before_holes(document, cursor);

	(void)call;
	return jump_if(editor, end > 0, data_start(document, end),
		       "no data before", error);
}

static enum status run_previous_hole(struct editor *editor,
				     const struct command_call *call,
				     struct error *error)
{
	uint64_t cursor;
	const struct document *document = document_now(editor, &cursor);
	struct range hole = { 0, 0 };

	(void)call;

	bool found = document_hole_before(document, cursor, &hole);

	if (hole.end > cursor)
		hole.end = cursor;
	return jump_if(editor, found, before_holes(document, hole.end),
		       "no hole before", error);
}

/* --- the panel --- */

/* Does with the selected line what ACTION says. */
static enum status act(struct editor *editor, const char *action,
		       struct error *error)
{
	struct panel *panel = &editor->panel;
	char line[PROMPT_SIZE];
	bool go = strcmp(action, "go") == 0;
	bool known = panel_command(panel, action, line, sizeof line);

	if (!known && !(go && panel_visible(panel) && !panel_is_list(panel))) {
		error_set(error, go ? "there is nothing to go to" :
			  strcmp(action, "remove") == 0
				  ? "there is nothing to remove" :
			  strcmp(action, "edit") == 0
				  ? "there is nothing to edit"
				  : "there is nothing to decide");
		return STATUS_FAILED;
	}
	if (go && !panel->source.stays)
		panel_clear(panel);
	editor->serial++;
	if (!known)
		return STATUS_DONE;

	enum status status = command_execute(editor, line, error);

	if (panel_is_list(panel) && panel_count(panel) == 0)
		panel_clear(panel);
	return status;
}

static enum status run_panel(struct editor *editor,
			     const struct command_call *call,
			     struct error *error)
{
	static const char *const names[] = {
		"up", "down", "page-up", "page-down", "start", "end",
		"close", "go", "remove", "edit", "mine", "theirs", NULL,
	};
	struct panel *panel = &editor->panel;
	uint64_t count = 1;
	int word = choose_word(call, names, &count, error);
	int64_t lines = count < 1000000 ? (int64_t)count : 1000000;
	int64_t page = panel->rows > 1 ? (int64_t)panel->rows - 1 : 1;
	const int64_t moves[] = { -lines, lines, -lines * page, lines * page,
				  INT64_MIN, INT64_MAX };

	if (word < 0)
		return STATUS_FAILED;
	if (word > 6)
		return act(editor, names[word], error);
	if (word == 6)
		panel_clear(panel);
	else
		panel_move(panel, moves[word]);
	editor->serial++;
	return STATUS_DONE;
}

const struct command commands_move[] = {
	{ "goto", NULL, COMMAND_NO_RANGE, 0, "ADDRESS",
	  "go to an address; +N and -N count from the cursor", run_goto },
	{ "to", NULL, COMMAND_NO_RANGE, 0, "N",
	  "go to line N in text mode, to offset N in hex mode", run_to },
	{ "move", NULL, COMMAND_NO_RANGE, 0, "WHERE [N]",
	  "move the cursor: left right up down page-up page-down half-up "
	  "half-down row-start row-end group-left group-right start end",
	  run_move },
	{ "scroll", NULL, COMMAND_NO_RANGE, 0, "up|down [N]",
	  "scroll by rows", run_scroll },
	{ "percent", NULL, COMMAND_NO_RANGE, 0, "N",
	  "go to that part of the file", run_percent },
	{ "center", NULL, COMMAND_NO_RANGE, 0, "",
	  "put the cursor's row into the middle of the window", run_center },
	{ "pane", NULL, COMMAND_NO_RANGE, COMMAND_TYPING, "[hex|text]",
	  "the hex pane or the text pane; the other one without argument",
	  run_pane },
	{ "view", NULL, COMMAND_NO_RANGE, 0, "[hex|text]",
	  "hex mode or text mode; the other one without argument", run_view },
	{ "mode", NULL, COMMAND_NO_RANGE, 0, "MODE",
	  "browse, overwrite, insert, append, replace-one, or toggle",
	  run_mode },
	{ "select", NULL, COMMAND_RANGE, 0, "[on|off]",
	  "select from the cursor on, or a range; off lets go", run_select },
	{ "mark", NULL, COMMAND_ADDRESS, 0, "LETTER",
	  "remember the place; 'LETTER is its address", run_mark },
	{ "jump-mark", NULL, COMMAND_NO_RANGE, 0, "LETTER",
	  "go to a mark; ' is where the last jump came from", run_jump_mark },
	{ "jump-back", NULL, COMMAND_NO_RANGE, 0, "",
	  "go back along the jumps", run_jump_back },
	{ "next-change", NULL, COMMAND_NO_RANGE, 0, "",
	  "go to the next unsaved change", run_next_change },
	{ "previous-change", NULL, COMMAND_NO_RANGE, 0, "",
	  "go to the unsaved change before", run_previous_change },
	{ "next-data", NULL, COMMAND_NO_RANGE, 0, "",
	  "go to where data begins again behind a hole", run_next_data },
	{ "previous-data", NULL, COMMAND_NO_RANGE, 0, "",
	  "go to where the data before begins", run_previous_data },
	{ "next-hole", NULL, COMMAND_NO_RANGE, 0, "",
	  "go to the next hole of a sparse file", run_next_hole },
	{ "previous-hole", NULL, COMMAND_NO_RANGE, 0, "",
	  "go to where the hole before begins", run_previous_hole },
	{ "panel", NULL, COMMAND_NO_RANGE, COMMAND_NO_FILE, "WHAT [N]",
	  "move in the panel: up down page-up page-down start end; close it; go "
	  "to what the line is about, or remove that",
	  run_panel },
	{ .name = NULL },
};
