/*
 * Commands that open, write and leave files.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "io.h"
#include "task.h"

/* --- write --- */

static struct save_options options_of(const struct editor *editor)
{
	const long *values = editor->options.values;

	return (struct save_options){
		.way = (enum save_way)values[OPTION_WRITE_METHOD],
		.backup = (enum save_backup)values[OPTION_BACKUP],
	};
}

static size_t plan_direct(const struct save_plan *plan, char *text,
			  size_t size)
{
	return (size_t)snprintf(text, size, "from 0x%" PRIx64 "\nto 0x%" PRIx64
				"\nof %s\nprepares nothing: no journal\n"
				"note a write that fails half-way is not "
				"undone\n", plan->span.start,
				plan->span.end - 1, plan->owner);
}

/* One NAME VALUE a line; returns their length. */
static size_t plan_text(const struct save_plan *plan, char *text, size_t size)
{
	const char *method = plan->method == SAVE_NOTHING ? "nothing"
		: save_method_name(plan->method);
	char room[24] = "unknown";

	if (plan->room != UINT64_MAX)
		snprintf(room, sizeof room, "%" PRIu64, plan->room);
	int length = snprintf(text, size, "method %s\nbytes %" PRIu64
			      "\nranges %" PRIu64 "\n", method, plan->bytes,
			      plan->ranges);
	if (plan->method == SAVE_NOTHING)
		return (size_t)length;
	if (plan->method == SAVE_DIRECT)
		return (size_t)length + plan_direct(plan, text + length,
						    size - (size_t)length);
	length += snprintf(text + length, size - (size_t)length,
			   "prepares %s\nplace %s\nspace %" PRIu64
			   "\nroom %s\nbackup %s\n",
			   plan->method == SAVE_IN_PLACE
			   ? "a journal of what changes"
			   : plan->method == SAVE_REWRITTEN
			   ? "a complete copy and a journal"
			   : "the new file",
			   plan->in_state ? "the state folder" : "beside it",
			   plan->space, room, plan->backup ? "yes" : "no");
	if (plan->shared)
		length += snprintf(text + length, size - (size_t)length,
				   "shares %" PRIu64 "\n", plan->shared);
	if (*plan->reason)
		length += snprintf(text + length, size - (size_t)length,
				   "reason %s\n", plan->reason);
	if (*plan->note)
		length += snprintf(text + length, size - (size_t)length,
				   "note %s\n", plan->note);
	return (size_t)length;
}

enum {
	PLAN_TEXT = 512 + SAVE_OWNER_SIZE + SAVE_REASON_SIZE + SAVE_NOTE_SIZE,
};

static enum status show_plan(struct editor *editor, struct error *error)
{
	struct save_options options = options_of(editor);
	struct save_plan plan;
	char text[PLAN_TEXT];

	if (!save_plan(editor->buffer->document, &options, &plan, error))
		return STATUS_FAILED;
	plan_text(&plan, text, sizeof text);
	editor_print(editor, "%s", text);
	return STATUS_DONE;
}

/* Asks before PATH is overwritten by what is to be CALLed; false where nothing
 * is there to be asked about. */
static bool ask_overwrite(struct editor *editor,
			  const struct command_call *call, const char *path)
{
	struct question *question = &editor->question;
	size_t length = call->position;
	struct stat status;

	if (!editor->interactive || call->bang
	    || io.stat(path, &status) != 0)
		return false;
	while (length > 0 && call->line[length - 1] == ' ')
		length--;
	*question = (struct question){ .answers = { { 'y', "" } } };
	if (snprintf(question->line, sizeof question->line, "%.*s! %s",
		     (int)length, call->line, call->line + call->position)
	    >= (int)sizeof question->line)
		return false;
	snprintf(question->text, sizeof question->text,
		 "overwrite %s? (y/n)", path);
	editor->serial++;
	return true;
}

static enum status write_copy(struct editor *editor,
			      const struct command_call *call,
			      const char *path, struct error *error)
{
	const struct document *document = editor->buffer->document;
	struct range range = { 0, document_size(document) };

	if (call->given > 0 && !call->selected)
		range = call->range;
	if (ask_overwrite(editor, call, path))
		return STATUS_DONE;
	return editor_write_copy(editor, range, path, call->bang, error);
}

static enum status write_file(struct editor *editor, struct error *error)
{
	struct save_options options = options_of(editor);

	return editor_write(editor, &options, error);
}

static void ask_write(struct editor *editor, const struct save_plan *plan)
{
	const struct file *file = document_file(editor->buffer->document);
	char *text = editor->question.text;
	size_t size = sizeof editor->question.text;

	if (plan->method == SAVE_DIRECT)
		snprintf(text, size, "write %" PRIu64 " bytes %s 0x%" PRIx64
			 " of %s, no journal? (y/n)", plan->bytes,
			 plan->ranges == 1 ? "at" : "from", plan->span.start,
			 plan->owner);
	else
		snprintf(text, size, "write %" PRIu64 " bytes in %" PRIu64
			 " range%s to %s, %s? (y/n)", plan->bytes,
			 plan->ranges, plan->ranges == 1 ? "" : "s",
			 file_path(file), save_method_name(plan->method));
	editor->serial++;
}

/* Where others have written to the file, but not where the changes are, and
 * these move nothing, they may be written all the same. */
static bool may_write_beside(struct document *document)
{
	enum file_state state = document_outside(document, true);

	return (state == FILE_WRITTEN || state == FILE_GREW)
	       && document_modified(document)
	       && document_conflict_count(document) == 0
	       && document_size(document) == document_file_size(document);
}

static void ask_write_beside(struct editor *editor,
			     const struct document *document)
{
	struct question *question = &editor->question;

	*question = (struct question){ .answers = { { 'y', "write!" } } };
	snprintf(question->text, sizeof question->text,
		 "another program has written to %s, not where your "
		 "%" PRIu64 " changes are: write them? (y/n)",
		 file_path(document_file(document)),
		 document_change_count(document));
	editor->serial++;
}

static enum status run_write_ask(struct editor *editor,
				 const struct command_call *call,
				 struct error *error)
{
	struct document *document = editor->buffer->document;
	struct save_options options = options_of(editor);
	struct save_plan plan;
	char text[PLAN_TEXT];

	(void)call;
	if (!editor_flush_decided(editor->buffer, error))
		return STATUS_FAILED;
	if (may_write_beside(document)) {
		ask_write_beside(editor, document);
		return STATUS_DONE;
	}
	if (!save_plan(document, &options, &plan, error))
		return STATUS_FAILED;
	if (plan.method == SAVE_NOTHING) {
		editor_message(editor, "nothing to write");
		return STATUS_DONE;
	}
	editor->question = (struct question){
		/* "write" would ask about a process again. */
		.answers = { { 'y', plan.method == SAVE_DIRECT ? "write!"
							       : "write" } },
		.panel = panel_set(&editor->panel, "write", text,
				   plan_text(&plan, text, sizeof text)),
	};
	ask_write(editor, &plan);
	return STATUS_DONE;
}

static enum status run_write(struct editor *editor,
			     const struct command_call *call,
			     struct error *error)
{
	char *path;

	/* Without memory for its name a copy must not become the file. */
	if (!command_rest(call, call->position, &path, error))
		return STATUS_FAILED;
	if (path && call->query) {
		free(path);
		error_set_at(error, call->position,
			     "write? is about the file itself");
		return STATUS_FAILED;
	}
	if (path) {
		enum status status = write_copy(editor, call, path, error);

		free(path);
		return status;
	}
	if (call->query)
		return show_plan(editor, error);
	if (call->given > 0 && !call->selected) {
		error_set(error, "a range is written to a file of its own: "
			  "write FILE");
		return STATUS_FAILED;
	}
	if (!editor_flush_decided(editor->buffer, error))
		return STATUS_FAILED;
	/* A process is running: each time somebody has to say so. */
	if (editor->interactive && !call->bang
	    && file_process(document_file(editor->buffer->document)))
		return run_write_ask(editor, call, error);
	if (call->bang && may_write_beside(editor->buffer->document)) {
		if (!document_accept(editor->buffer->document, error))
			return STATUS_FAILED;
		editor_decided(editor);
	}
	return write_file(editor, error);
}

static enum status run_quit(struct editor *editor,
			    const struct command_call *call,
			    struct error *error)
{
	if (editor_leave(editor, call->bang))
		return STATUS_RUNNING;
	if (!call->bang && !editor_all_saved(editor, error)) {
		if (editor->interactive && error)
			error_set(error, "%s; quit! leaves them",
				  error->message);
		return STATUS_FAILED;
	}
	editor->quit = true;
	return STATUS_DONE;
}

static enum status run_write_quit(struct editor *editor,
				  const struct command_call *call,
				  struct error *error)
{
	struct command_call plain = *call;

	plain.given = 0;
	if (document_modified(editor->buffer->document)
	    && !saving_is(editor, editor->buffer->document)
	    && run_write(editor, &plain, error) == STATUS_FAILED)
		return STATUS_FAILED;
	if (editor->question.text[0])
		return STATUS_DONE;
	return run_quit(editor, &plain, error);
}

static enum status run_quit_ask(struct editor *editor,
				const struct command_call *call,
				struct error *error)
{
	struct question *question = &editor->question;
	struct error why;

	(void)call;
	(void)error;
	if (editor_leave(editor, false))
		return STATUS_RUNNING;
	if (editor_all_saved(editor, &why)) {
		editor->quit = true;
		return STATUS_DONE;
	}
	*question = (struct question){
		.answers = { { 'w', "wq" }, { 'd', "quit!" } },
	};
	snprintf(question->text, sizeof question->text,
		 "w writes and quits, d drops them, any other key stays: %.400s",
		 why.message);
	editor->serial++;
	return STATUS_DONE;
}

/* --- buffers --- */

bool command_open(struct editor *editor, const char *path,
		  struct error *error)
{
	bool stopped = false;
	bool opened = editor_open(editor, path, editor->hooks.progress,
				  &stopped, error);

	if (opened && stopped)
		editor_message(editor, "reading was stopped: this is only the "
			       "beginning");
	return opened;
}

static enum status run_edit(struct editor *editor,
			    const struct command_call *call,
			    struct error *error)
{
	char *path;

	if (!command_rest(call, call->position, &path, error))
		return STATUS_FAILED;
	if (path) {
		bool opened = command_open(editor, path, error);

		free(path);
		return opened ? STATUS_DONE : STATUS_FAILED;
	}
	if (!editor->buffer) {
		error_set(error, "which file?");
		return STATUS_FAILED;
	}
	if (!call->bang && !editor_is_saved(editor->buffer->document, error))
		return STATUS_FAILED;
	return editor_reload(editor, error) ? STATUS_DONE : STATUS_FAILED;
}

static enum status run_buffer(struct editor *editor,
			      const struct command_call *call,
			      struct error *error)
{
	size_t position = call->position;
	uint64_t number;

	if (command_at_end(call, &position)) {
		list_buffers(editor);
		return STATUS_DONE;
	}
	if (!command_number(call, &number, error))
		return STATUS_FAILED;
	if (number == 0 || number > editor->buffer_count) {
		error_set_at(error, position, "there are %zu buffers",
			     editor->buffer_count);
		return STATUS_FAILED;
	}
	editor_select_buffer(editor, (size_t)number - 1);
	return STATUS_DONE;
}

static enum status run_next_buffer(struct editor *editor,
				   const struct command_call *call,
				   struct error *error)
{
	(void)call;
	(void)error;
	editor_select_buffer(editor, (editor_buffer_index(editor) + 1)
				     % editor->buffer_count);
	return STATUS_DONE;
}

static enum status run_close(struct editor *editor,
			     const struct command_call *call,
			     struct error *error)
{
	const struct document *document = editor->buffer->document;

	if (!saving_may_leave(editor, document, error)
	    || (!call->bang && !editor_is_saved(document, error)))
		return STATUS_FAILED;
	editor_close_buffer(editor);
	if (editor->buffer_count == 0)
		editor->quit = true;
	return STATUS_DONE;
}

const struct command commands_file[] = {
	{ "write", "w", COMMAND_RANGE_ALL, COMMAND_BANG | COMMAND_QUERY,
	  "[FILE]",
	  "write the changes to the file (? only says how, ! also beside what "
	  "others wrote); or a copy of all, or the range, to FILE (! overwrites "
	  "it)", run_write },
	{ "quit", "q", COMMAND_NO_RANGE, COMMAND_BANG | COMMAND_NO_FILE, "",
	  "leave; fails while there are unsaved changes (! drops them)",
	  run_quit },
	{ "wq", "x", COMMAND_NO_RANGE, 0, "",
	  "write the changes, if any, and leave", run_write_quit },
	{ "write-ask", NULL, COMMAND_NO_RANGE, 0, "",
	  "show what would be written and how, and ask", run_write_ask },
	{ "quit-ask", NULL, COMMAND_NO_RANGE, COMMAND_NO_FILE, "",
	  "leave; ask while there are unsaved changes", run_quit_ask },
	{ "edit", "e", COMMAND_NO_RANGE, COMMAND_BANG | COMMAND_NO_FILE,
	  "[FILE]",
	  "open a file as another buffer; without FILE read this one again "
	  "(! drops the changes)", run_edit },
	{ "buffer", NULL, COMMAND_NO_RANGE, 0, "[N]",
	  "list the buffers, or go to the N-th", run_buffer },
	{ "next-buffer", NULL, COMMAND_NO_RANGE, 0, "",
	  "go to the next buffer", run_next_buffer },
	{ "close", NULL, COMMAND_NO_RANGE, COMMAND_BANG, "",
	  "close the buffer (! drops its changes)", run_close },
	{ .name = NULL },
};
