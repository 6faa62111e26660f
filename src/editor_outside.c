/*
 * Other writers, as the session sees them: each buffer's file is looked at when
 * something is done with it, and when nothing is; and taken up again with the
 * changes that are not on disk.
 */
#include "editor_internal.h"
#include "follow.h"
#include "task.h"

void editor_check_file(struct editor *editor, struct buffer *buffer)
{
	struct document *document = buffer->document;
	enum file_state before = document_outside_state(document);
	size_t conflicts = document_conflict_count(document);
	uint64_t size = document_size(document);
	uint64_t revision = document_revision(document);

	if (document_outside(document, false) != before
	    || document_conflict_count(document) != conflicts
	    || document_size(document) != size
	    || document_revision(document) != revision)
		editor->serial++;
}

void editor_check_files(struct editor *editor)
{
	for (size_t i = 0; i < editor->buffer_count; i++) {
		struct buffer *buffer = editor->buffers[i];

		/* It looks itself, and changes the file. */
		if (saving_is(editor, buffer->document))
			continue;
		editor_check_file(editor, buffer);
		editor_log_tick(editor, buffer);
	}
	follow_seen(editor);
}

void editor_decided(struct editor *editor)
{
	const struct buffer *buffer = editor->buffer;

	editor->serial++;
	if (buffer->log && document_outside_state(buffer->document) ==
				   FILE_SAME)
		log_moved(buffer->log);
}

/* The present file as a document with the buffer's changes. */
static struct document *carry_over(struct editor *editor, uint64_t *kept,
				   uint64_t *others, struct error *error)
{
	struct document *from = editor->buffer->document;
	const char *path = file_path(document_file(from));
	struct file *file = file_open(path, NULL, NULL, error);
	struct document *to;

	if (file && file_kind(file) != FILE_REGULAR) {
		file_close(file);
		error_set(error, "%s is no file that could be taken up", path);
		return NULL;
	}
	to = file ? editor_open_document(editor, file, error) : NULL;
	if (!to || document_carry(from, to, kept, others, error))
		return to;
	document_close(to);
	return NULL;
}

/* The edits are in a new log before the old one goes. */
static bool log_anew(struct editor *editor, struct document *document,
		     struct log **log, struct error *error)
{
	if (!editor_log_attach(editor, document, log, error))
		return false;
	if (!*log || !document_modified(document))
		return true;
	log_insist(*log);
	if (log_ready(*log, error))
		return true;
	log_close(*log, false);
	return false;
}

bool editor_take_up(struct editor *editor, uint64_t *kept, uint64_t *others,
		    struct error *error)
{
	struct buffer *buffer = editor->buffer;
	struct document *document = carry_over(editor, kept, others, error);
	struct log *log;

	if (!document)
		return false;
	if (!log_anew(editor, document, &log, error)) {
		document_close(document);
		return false;
	}
	editor_log_end(buffer, false);
	editor_put_document(editor, document, log);
	editor_flush_look(buffer);
	return true;
}
