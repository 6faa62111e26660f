/*
 * Commands that change the document, take a change back, or say what has
 * changed.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "io.h"
#include "sizes.h"

static enum status ended(bool done)
{
	return done ? STATUS_DONE : STATUS_FAILED;
}

/* An edit of RANGE that made LENGTH bytes of it went well. */
static void edited(struct editor *editor, const struct command_call *call,
		   struct range range, uint64_t length)
{
	struct view *view = &editor->buffer->view;

	if (view->selecting && call->given == 2) {
		view_select(view, false);
		view_goto(view, range.start);
	}
	editor_edited(editor, range, length);
}

/* --- data at an address --- */

/* The range of the document that LENGTH bytes at the address take the place
 * of. */
static struct range place_of(const struct editor *editor,
			     const struct command_call *call, uint64_t length,
			     bool over)
{
	uint64_t room = document_size(editor->buffer->document)
			- call->address;

	return range_of(call->address, !over ? 0 : length < room ? length
								 : room);
}

/* Is the data a file, one that need not be read because it is long?  Its PATH
 * is to be freed. */
static bool is_long_file(const struct command_call *call, char **path)
{
	struct stat status;

	*path = NULL;
	if (call->line[call->position] != '@')
		return false;
	*path = strdup(call->line + call->position + 1);
	/* "-" would be standard input to file_open. */
	return *path && strcmp(*path, "-") != 0
	       && io.stat(*path, &status) == 0 && S_ISREG(status.st_mode)
	       && status.st_size > DOCUMENT_GRANULE_MAXIMUM;
}

/* What the file PATH holds, for DOCUMENT: referred to, not read. */
static struct clip *clip_of_file(struct document *document, const char *path,
				 struct error *error)
{
	struct file *file = file_open(path, NULL, NULL, error);
	struct document *other = file ? document_open(file, error) : NULL;
	struct clip *all = NULL;
	struct clip *clip = NULL;

	if (other)
		all = document_copy(other, (struct range){
			0, document_size(other) }, error);
	if (all)
		clip = document_clip_from(document, all, error);
	clip_free(all);
	document_close(other);
	return clip;
}

static bool put_file(struct editor *editor, const struct command_call *call,
		     const char *path, bool over, struct error *error)
{
	struct document *document = editor->buffer->document;
	struct clip *clip = clip_of_file(document, path, error);

	if (!clip)
		return false;

	uint64_t length = clip_length(clip);
	struct range range = place_of(editor, call, length, over);
	bool done = document_paste(document, range, clip, error);

	clip_free(clip);
	if (done)
		edited(editor, call, range, length);
	return done;
}

static bool put_data(struct editor *editor, const struct command_call *call,
		     bool over, struct error *error)
{
	struct data data;

	if (!command_data(call, &data, error))
		return false;

	struct document *document = editor->buffer->document;
	bool done = (over ? document_overwrite : document_insert)(
		document, call->address, data.bytes, data.length, error);

	if (done)
		edited(editor, call, range_of(call->address,
					      over ? data.length : 0),
		       data.length);
	data_free(&data);
	return done;
}

static enum status put(struct editor *editor, const struct command_call *call,
		       bool over, struct error *error)
{
	char *path;
	bool done = is_long_file(call, &path)
			    ? put_file(editor, call, path, over, error)
			    : put_data(editor, call, over, error);

	free(path);
	return ended(done);
}

static enum status run_insert(struct editor *editor,
			      const struct command_call *call,
			      struct error *error)
{
	return put(editor, call, false, error);
}

static enum status run_overwrite(struct editor *editor,
				 const struct command_call *call,
				 struct error *error)
{
	return put(editor, call, true, error);
}

static enum status run_delete(struct editor *editor,
			      const struct command_call *call,
			      struct error *error)
{
	if (!command_wants_range(call, error)
	    || !document_delete(editor->buffer->document, call->range, error))
		return STATUS_FAILED;
	edited(editor, call, call->range, 0);
	return STATUS_DONE;
}

static enum status run_fill(struct editor *editor,
			    const struct command_call *call,
			    struct error *error)
{
	struct data data;

	if (!command_wants_range(call, error) || !command_data(call, &data, error))
		return STATUS_FAILED;

	bool done = data.length > 0
			    ? document_fill(editor->buffer->document,
					    call->range, data.bytes,
					    data.length, error)
			    : error_set(error, "nothing to fill with");

	if (done)
		edited(editor, call, call->range, range_length(call->range));
	data_free(&data);
	return ended(done);
}

/* --- registers --- */

/* The register named behind the command; '"' where none is. */
static bool register_name(const struct command_call *call,
			  unsigned char *name, struct error *error)
{
	size_t position = call->position;

	*name = '"';
	if (command_at_end(call, &position))
		return true;
	*name = (unsigned char)call->line[position];
	if (*name >= EDITOR_REGISTERS || *name <= ' ')
		return error_set_at(error, position,
				    "a register is named by a letter");
	return command_no_more(call, position + 1, error);
}

static void register_set(struct editor *editor, unsigned char name,
			 struct clip *clip)
{
	clip_free(editor->registers[name].clip);
	editor->registers[name].clip = clip;
	editor->registers[name].document = editor->buffer->document;
}

/* A clip of the range, and in *NAME the register it is for. */
static struct clip *copy_for(struct editor *editor,
			     const struct command_call *call,
			     unsigned char *name, struct error *error)
{
	if (!command_wants_range(call, error)
	    || !register_name(call, name, error))
		return NULL;
	return document_copy(editor->buffer->document, call->range, error);
}

static enum status run_copy(struct editor *editor,
			    const struct command_call *call,
			    struct error *error)
{
	unsigned char name;
	struct clip *clip = copy_for(editor, call, &name, error);

	if (!clip)
		return STATUS_FAILED;
	register_set(editor, name, clip);
	if (editor->interactive)
		editor_message(editor, "copied %" PRIu64 " bytes",
			       range_length(call->range));
	view_select(&editor->buffer->view, false);
	editor->serial++;
	return STATUS_DONE;
}

static enum status run_cut(struct editor *editor,
			   const struct command_call *call,
			   struct error *error)
{
	struct document *document = editor->buffer->document;
	unsigned char name;
	struct clip *clip = copy_for(editor, call, &name, error);

	if (!clip)
		return STATUS_FAILED;
	/* What is not cut does not take the register's place. */
	if (!document_delete(document, call->range, error)) {
		clip_free(clip);
		return STATUS_FAILED;
	}
	register_set(editor, name, clip);
	edited(editor, call, call->range, 0);
	return STATUS_DONE;
}

/* What was copied in another buffer is copied over first. */
static bool paste_held(struct document *document, struct range range,
		       const struct clip_register *held, struct error *error)
{
	if (held->document == document)
		return document_paste(document, range, held->clip, error);

	struct clip *clip = document_clip_from(document, held->clip, error);
	bool done = clip && document_paste(document, range, clip, error);

	clip_free(clip);
	return done;
}

static enum status paste(struct editor *editor,
			 const struct command_call *call, bool over,
			 struct error *error)
{
	unsigned char name;

	if (!register_name(call, &name, error))
		return STATUS_FAILED;

	const struct clip_register *held = &editor->registers[name];

	if (!held->clip) {
		error_set(error, "register %c is empty: y copies", name);
		return STATUS_FAILED;
	}

	uint64_t length = clip_length(held->clip);
	struct range range = place_of(editor, call, length, over);

	if (!paste_held(editor->buffer->document, range, held, error))
		return STATUS_FAILED;
	edited(editor, call, range, length);
	return STATUS_DONE;
}

static enum status run_paste(struct editor *editor,
			     const struct command_call *call,
			     struct error *error)
{
	return paste(editor, call, false, error);
}

static enum status run_paste_over(struct editor *editor,
				  const struct command_call *call,
				  struct error *error)
{
	return paste(editor, call, true, error);
}

static enum status run_copy_out(struct editor *editor,
				const struct command_call *call,
				struct error *error)
{
	enum { LIMIT = 64 << 10 };
	char bytes[LIMIT];
	uint64_t length = range_length(call->range);

	if (!command_wants_range(call, error))
		return STATUS_FAILED;
	if (length > LIMIT) {
		error_set(error, "terminals take no more than %d bytes",
			  LIMIT);
		return STATUS_FAILED;
	}
	if (!editor->hooks.clipboard) {
		error_set(error, "there is no terminal to copy to");
		return STATUS_FAILED;
	}
	document_read(editor->buffer->document, call->range.start, bytes,
		      (size_t)length);
	if (!editor->hooks.clipboard(editor->hooks.context, bytes,
				     (size_t)length, error))
		return STATUS_FAILED;
	view_select(&editor->buffer->view, false);
	editor_message(editor, "%" PRIu64 " bytes to the terminal's clipboard",
		       length);
	return STATUS_DONE;
}

/* --- revert --- */

/* The change that is named by its line in the list. */
static enum status revert_change(struct editor *editor,
				 const struct command_call *call,
				 struct error *error)
{
	struct document *document = editor->buffer->document;
	struct change change;
	uint64_t number;

	if (call->given > 0 && !call->selected) {
		error_set_at(error, call->position, "revert takes a range or "
			     "the number of a change, not both");
		return STATUS_FAILED;
	}
	if (!command_number(call, &number, error))
		return STATUS_FAILED;
	if (number == 0 || !document_change(document, number - 1, &change)) {
		error_set_at(error, call->position, "there are %" PRIu64
			     " changes", document_change_count(document));
		return STATUS_FAILED;
	}
	if (!document_revert_change(document, number - 1, error))
		return STATUS_FAILED;
	editor_edited(editor, change.now, range_length(change.file));
	return STATUS_DONE;
}

static enum status run_revert(struct editor *editor,
			      const struct command_call *call,
			      struct error *error)
{
	struct document *document = editor->buffer->document;
	uint64_t size = document_size(document);
	size_t position = call->position;

	if (!command_at_end(call, &position))
		return revert_change(editor, call, error);
	if (!command_wants_range(call, error)
	    || !document_revert(document, call->range, error))
		return STATUS_FAILED;

	uint64_t now = document_size(document);

	edited(editor, call, call->range,
	       range_length(call->range) + now >= size
		       ? range_length(call->range) + now - size : 0);
	return STATUS_DONE;
}

static enum status run_type_backspace(struct editor *editor,
				      const struct command_call *call,
				      struct error *error)
{
	(void)call;
	return ended(editor_type_backspace(editor, error));
}

static enum status run_type_delete(struct editor *editor,
				   const struct command_call *call,
				   struct error *error)
{
	(void)call;
	return ended(editor_type_delete(editor, error));
}

const struct command commands_edit[] = {
	{ "insert", NULL, COMMAND_ADDRESS, COMMAND_EDITS, "DATA",
	  "insert data at the cursor or the address", run_insert },
	{ "overwrite", NULL, COMMAND_ADDRESS, COMMAND_EDITS, "DATA",
	  "overwrite with data at the cursor or the address", run_overwrite },
	{ "delete", NULL, COMMAND_RANGE, COMMAND_EDITS, "",
	  "delete the range or the selection", run_delete },
	{ "fill", NULL, COMMAND_RANGE, COMMAND_EDITS, "DATA",
	  "fill the range or the selection with data over and over",
	  run_fill },
	{ "copy", NULL, COMMAND_RANGE, 0, "[REGISTER]",
	  "copy the range or the selection", run_copy },
	{ "cut", NULL, COMMAND_RANGE, COMMAND_EDITS, "[REGISTER]",
	  "copy the range or the selection and delete it", run_cut },
	{ "paste", NULL, COMMAND_ADDRESS, COMMAND_EDITS, "[REGISTER]",
	  "insert what was copied at the cursor or the address", run_paste },
	{ "paste-over", NULL, COMMAND_ADDRESS, COMMAND_EDITS, "[REGISTER]",
	  "overwrite with what was copied", run_paste_over },
	{ "copy-out", NULL, COMMAND_RANGE, 0, "",
	  "copy the range or the selection to the terminal's clipboard",
	  run_copy_out },
	{ "revert", NULL, COMMAND_RANGE, COMMAND_EDITS, "[N]",
	  "make the range or the selection as on disk again; % is all of it; or "
	  "only the N-th of the changes",
	  run_revert },
	{ "type-backspace", NULL, COMMAND_NO_RANGE,
	  COMMAND_EDITS | COMMAND_TYPING, "",
	  "while typing: take the last byte back", run_type_backspace },
	{ "type-delete", NULL, COMMAND_NO_RANGE, COMMAND_EDITS, "",
	  "while typing: delete the byte at the cursor, in text the character",
	  run_type_delete },
	{ .name = NULL },
};
