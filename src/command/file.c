/*
 * Commands that open, write and leave files.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"

void command_say_written(struct editor *editor, const struct save_plan *done)
{
	char text[200];

	snprintf(text, sizeof text, "wrote %" PRIu64 " bytes in %" PRIu64
		 " ranges, %s", done->bytes, done->ranges,
		 save_method_name(done->method));
	if (editor->interactive) {
		editor_message(editor, "%s%s%s", text,
			       done->note[0] ? "; " : "", done->note);
		return;
	}
	editor_print(editor, "%s\n", text);
	if (done->note[0])
		editor_message(editor, "%s", done->note);
}

static enum status write_copy(struct editor *editor,
			      const struct command_call *call, char *path,
			      struct error *error)
{
	const struct document *document = editor->buffer->document;
	struct range range = { 0, document_size(document) };
	struct save_plan done;

	if (call->given > 0 && !call->selected)
		range = call->range;

	bool written = save_copy(document, range, path, call->bang, &done,
				 error);

	free(path);
	if (!written)
		return STATUS_FAILED;
	command_say_written(editor, &done);
	return STATUS_DONE;
}

static enum status run_write(struct editor *editor,
			     const struct command_call *call,
			     struct error *error)
{
	struct buffer *buffer = editor->buffer;
	char *path;
	struct save_plan done;

	/* Without memory for its name a copy must not become the file. */
	if (!command_rest(call, call->position, &path, error))
		return STATUS_FAILED;
	if (path)
		return write_copy(editor, call, path, error);
	if (call->given > 0 && !call->selected) {
		error_set(error, "a range is written to a file of its own: "
			  "write FILE");
		return STATUS_FAILED;
	}
	/* Workers look at the file that is about to change. */
	editor_cancel(editor);
	if (buffer->log)
		log_flush(buffer->log);
	if (!save_write(buffer->document, NULL, &done, error))
		return STATUS_FAILED;
	command_say_written(editor, &done);
	if (buffer->interrupted)
		buffer->interrupted = save_interrupted(buffer->document, NULL);
	editor_check_files(editor);
	view_show(&buffer->view);
	editor->serial++;
	return STATUS_DONE;
}

static bool all_saved(const struct editor *editor, struct error *error)
{
	for (size_t i = 0; i < editor->buffer_count; i++)
		if (!editor_is_saved(editor->buffers[i]->document, error))
			return false;
	return true;
}

static enum status run_quit(struct editor *editor,
			    const struct command_call *call,
			    struct error *error)
{
	if (!call->bang && !all_saved(editor, error)) {
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
	    && run_write(editor, &plain, error) != STATUS_DONE)
		return STATUS_FAILED;
	return run_quit(editor, &plain, error);
}

static enum status run_write_ask(struct editor *editor,
				 const struct command_call *call,
				 struct error *error)
{
	const struct document *document = editor->buffer->document;
	struct question *question = &editor->question;
	struct save_plan plan;

	(void)call;
	if (!save_plan(document, NULL, &plan, error))
		return STATUS_FAILED;
	if (plan.method == SAVE_NOTHING) {
		editor_message(editor, "nothing to write");
		return STATUS_DONE;
	}
	*question = (struct question){
		.answers = { { 'y', "write" } },
	};
	snprintf(question->text, sizeof question->text,
		 "write %" PRIu64 " bytes in %" PRIu64 " range%s to %s, %s%s%s? "
		 "(y/n)", plan.bytes, plan.ranges, plan.ranges == 1 ? "" : "s",
		 file_path(document_file(document)),
		 save_method_name(plan.method), plan.note[0] ? "; " : "",
		 plan.note);
	editor->serial++;
	return STATUS_DONE;
}

static enum status run_quit_ask(struct editor *editor,
				const struct command_call *call,
				struct error *error)
{
	struct question *question = &editor->question;
	struct error why;

	(void)call;
	(void)error;
	if (all_saved(editor, &why)) {
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
	if (!call->bang
	    && !editor_is_saved(editor->buffer->document, error))
		return STATUS_FAILED;
	editor_close_buffer(editor);
	if (editor->buffer_count == 0)
		editor->quit = true;
	return STATUS_DONE;
}

const struct command commands_file[] = {
	{ "write", "w", COMMAND_RANGE_ALL, COMMAND_BANG, "[FILE]",
	  "write the changes to the file; or a copy of all, or the range, to "
	  "FILE (! overwrites it)", run_write },
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
