/*
 * What outlives a session: the logs of the buffers' edits, what earlier
 * sessions have left, and sessions that are saved under a name.
 *
 * What was left is made again in a fresh document, which takes the buffer's
 * place once it is complete: a recovery that fails changes nothing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "editor_internal.h"
#include "task.h"

/* --- logs --- */

bool editor_log_attach(struct editor *editor, struct document *document,
		       struct log **log, struct error *error)
{
	/* Who has a process's edits again has not the process. */
	bool wanted = editor->logs == EDITOR_LOGS_KEPT
		      && !document_by_blocks(document);

	*log = wanted ? log_attach(document, error) : NULL;
	return *log || !wanted;
}

void editor_log_end(struct buffer *buffer, bool keep)
{
	log_close(buffer->log, keep);
	buffer->log = NULL;
}

void editor_log_tick(struct editor *editor, struct buffer *buffer)
{
	if (!buffer->log)
		return;

	bool protected = !log_problem(buffer->log);

	log_tick(buffer->log);
	if (protected == (log_problem(buffer->log) != NULL))
		editor->serial++;
}

bool editor_may_edit(struct editor *editor, struct error *error)
{
	struct buffer *buffer = editor->buffer;
	const char *reason = document_read_only(buffer->document);

	if (reason)
		return error_set(error, "%s cannot be edited: %s",
				 file_path(document_file(buffer->document)),
				 reason);
	if (saving_locks(editor, buffer->document, error))
		return false;
	if (!buffer->log)
		return true;
	if (!log_ready(buffer->log, error))
		return false;
	if (!editor->logs_cleaned)
		log_clean();
	editor->logs_cleaned = true;
	return true;
}

void editor_insist(struct editor *editor)
{
	struct buffer *buffer = editor->buffer;

	if (buffer->held)
		document_set_read_only(buffer->document, NULL);
	buffer->held = false;
	if (buffer->log)
		log_insist(buffer->log);
}

/* --- what is there when a file is opened --- */

static void format_time(int64_t time, char text[32])
{
	time_t seconds = (time_t)time;
	struct tm parts;

	text[0] = '\0';
	if (localtime_r(&seconds, &parts))
		strftime(text, 32, "%Y-%m-%d %H:%M", &parts);
}

/* The file is only to be looked at, as long as another process edits it. */
static void hold(struct editor *editor, struct buffer *buffer)
{
	char who[64] = "another process";

	if (buffer->left.process)
		snprintf(who, sizeof who, "process %" PRIu64,
			 buffer->left.process);
	if (editor->logs == EDITOR_LOGS_KEPT
	    && !document_read_only(buffer->document)) {
		document_set_read_only(buffer->document,
				       "another process is editing it; "
				       "\"session insist\" edits it all the "
				       "same");
		buffer->held = true;
	}
	editor_message(editor, "%s is being edited by %s",
		       file_path(document_file(buffer->document)), who);
}

static void tell(struct editor *editor, const struct buffer *buffer)
{
	const struct log_report *left = &buffer->left;
	bool one = left->edits == 1;
	char time[32];

	format_time(left->time, time);
	if (left->state == LOG_LEFT)
		editor_message(editor, "%s: %" PRIu64 " edit%s of an earlier "
			       "session (%s) %s there; \"session recover\" "
			       "makes %s again",
			       file_path(document_file(buffer->document)),
			       left->edits, one ? "" : "s", time,
			       one ? "is" : "are", one ? "it" : "them");
	else
		editor_message(editor, "edits of an earlier session are "
			       "there, but: %s", left->error.message);
}

void editor_log_look(struct editor *editor, struct buffer *buffer)
{
	buffer->held = false;
	buffer->offered = false;
	buffer->left = (struct log_report){ .state = LOG_NONE };
	if (editor->logs == EDITOR_LOGS_NONE || editor->read_only
	    || document_by_blocks(buffer->document))
		return;
	buffer->left = log_look(buffer->document, !buffer->interrupted);
	if (buffer->left.state == LOG_LIVE)
		hold(editor, buffer);
	else if (buffer->left.state != LOG_NONE)
		tell(editor, buffer);
}

void editor_log_offer(struct editor *editor)
{
	struct buffer *buffer = editor->buffer;
	struct question *question = &editor->question;
	bool one = buffer->left.edits == 1;
	char time[32];

	if (editor->logs != EDITOR_LOGS_KEPT || buffer->offered
	    || buffer->left.state != LOG_LEFT)
		return;
	buffer->offered = true;
	*question = (struct question){
		.answers = {
			{ 'r', "session recover" }, { 'l', "session show" },
			{ 'd', "session discard" },
		},
	};
	format_time(buffer->left.time, time);
	snprintf(question->text, sizeof question->text,
		 "%" PRIu64 " edit%s of %s %s left: r recovers, l lists, d "
		 "discards %s", buffer->left.edits, one ? "" : "s", time,
		 one ? "is" : "are", one ? "it" : "them");
	editor->serial++;
}

/* --- recovery --- */

static struct document *open_again(struct editor *editor, const char *path,
				   struct error *error)
{
	struct file *file = file_open(path, NULL, NULL, error);

	return file ? editor_open_document(editor, file, error) : NULL;
}

static bool may_be_replaced(const struct editor *editor,
			    const struct buffer *buffer, struct error *error)
{
	if (!saving_may_leave(editor, buffer->document, error))
		return false;
	return !document_modified(buffer->document)
	       || error_set(error, "%s has unsaved edits of its own",
			    file_path(document_file(buffer->document)));
}

/* A buffer goes on with the document it has. */
static void reattach(struct editor *editor, struct buffer *buffer)
{
	editor_log_attach(editor, buffer->document, &buffer->log, NULL);
}

bool editor_recover(struct editor *editor, bool damaged, uint64_t *edits,
		    struct error *error)
{
	struct buffer *buffer = editor->buffer;
	const char *path = file_path(document_file(buffer->document));
	bool passive = editor->logs != EDITOR_LOGS_KEPT;
	struct log_report report;

	if (!may_be_replaced(editor, buffer, error))
		return false;

	struct document *document = open_again(editor, path, error);

	if (!document)
		return false;
	/* One that holds nothing must not be in the way. */
	editor_log_end(buffer, true);

	struct log *log = log_recover(document, passive, damaged, &report,
				      error);

	if (!log) {
		document_close(document);
		reattach(editor, buffer);
		return false;
	}
	editor_put_document(editor, document, log);
	buffer->left.state = LOG_NONE;
	buffer->held = false;
	if (!passive)
		log_ready(log, NULL);
	view_goto(&buffer->view, report.offset);
	*edits = report.edits;
	return true;
}

/* --- saved sessions --- */

static struct log_place place_of(const struct buffer *buffer)
{
	struct log_place place = { .cursor = buffer->view.cursor };

	for (int i = 0; i < EDITOR_MARKS && i < LOG_MARKS; i++) {
		place.marks[i] = buffer->marks[i];
		place.marked[i] = buffer->marked[i];
	}
	return place;
}

bool editor_save_session(struct editor *editor, const char *name,
			 bool overwrite, struct error *error)
{
	struct log_session *session = log_session_begin(name, overwrite,
							error);

	if (!session)
		return false;
	for (size_t i = 0; i < editor->buffer_count; i++) {
		const struct buffer *buffer = editor->buffers[i];
		struct log_place place = place_of(buffer);

		if (!log_session_add(session, buffer->document, &place,
				     error)) {
			log_session_cancel(session);
			return false;
		}
	}
	return log_session_end(session, error);
}

struct loading {
	struct editor *editor;
	struct buffer *buffer;		/* that shows the file already */
	struct log *log;		/* of the document that is made */
	struct buffer *first;		/* that was loaded */
	bool failed;
	struct error error;		/* the first */
};

static struct document *load_open(void *context, const char *path,
				  struct error *error)
{
	struct loading *loading = context;
	struct editor *editor = loading->editor;
	struct file *file = file_open(path, NULL, NULL, error);

	loading->log = NULL;
	loading->buffer = NULL;
	if (!file)
		return NULL;

	struct buffer *buffer = editor_buffer_of(editor, file);

	if (buffer && !may_be_replaced(editor, buffer, error)) {
		file_close(file);
		return NULL;
	}

	struct document *document = editor_open_document(editor, file, error);

	if (!document)
		return NULL;
	loading->buffer = buffer;
	if (buffer)
		editor_log_end(buffer, true);
	if (!editor_log_attach(editor, document, &loading->log, error)
	    || (loading->log && !log_ready(loading->log, error))) {
		log_close(loading->log, false);
		document_close(document);
		if (buffer)
			reattach(editor, buffer);
		return NULL;
	}
	return document;
}

static void load_failed(struct loading *loading, const struct error *error)
{
	if (!loading->failed)
		loading->error = *error;
	loading->failed = true;
}

static void load_done(void *context, struct document *document,
		      const struct log_place *place, const struct error *error)
{
	struct loading *loading = context;
	struct editor *editor = loading->editor;
	struct buffer *buffer = loading->buffer;
	struct error cause;

	if (error || !document) {
		load_failed(loading, error);
	} else if (buffer) {
		editor_select(editor, buffer);
		editor_put_document(editor, document, loading->log);
	} else {
		buffer = editor_add_buffer(editor, document, loading->log,
					   &cause);
		if (!buffer)
			load_failed(loading, &cause);
		error = buffer ? NULL : &cause;
	}
	if (error) {
		if (document) {
			log_close(loading->log, false);
			document_close(document);
		}
		if (document && buffer)
			reattach(editor, buffer);
		return;
	}
	for (int i = 0; i < EDITOR_MARKS && i < LOG_MARKS; i++) {
		buffer->marks[i] = place->marks[i];
		buffer->marked[i] = place->marked[i];
	}
	view_goto(&buffer->view, place->cursor);
	if (!loading->first)
		loading->first = buffer;
}

bool editor_load_session(struct editor *editor, const char *name,
			 struct error *error)
{
	struct loading loading = { .editor = editor };
	const struct log_loader loader = { load_open, load_done, &loading };

	if (!log_session_load(name, &loader, error))
		return false;
	if (loading.first)
		editor_select(editor, loading.first);
	return !loading.failed
	       || error_set(error, "%s", loading.error.message);
}
