/*
 * What an interrupted flush has left of a file: what goes without saying is
 * done when the file is opened, the rest is told, asked about or done as the
 * user wants it.  The file changes then, so it is opened again.
 */
#include <stdio.h>
#include <string.h>

#include "editor_internal.h"
#include "task.h"

/* Two places may have something each, and a file may need two steps. */
enum { STEPS_MAXIMUM = 8 };

static bool is_left(const struct recovery *flush)
{
	return flush->state != RECOVERY_NONE && flush->state != RECOVERY_BUSY
		&& !flush->harmless;
}

void editor_flush_look(struct buffer *buffer)
{
	buffer->flush = recovery_find(buffer->document);
	buffer->interrupted = is_left(&buffer->flush);
}

/* What can be done about it, as words behind "recover". */
static void list_actions(const struct recovery *flush, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (int i = 0; i < RECOVERY_ACTIONS && used < size; i++) {
		if (!flush->may[i] && !flush->may_insist[i])
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%s%s",
					 used ? "|" : "",
					 recovery_action_name(
						(enum recovery_action)i),
					 flush->may[i] ? "" : "!");
	}
}

bool editor_flush_decided(struct buffer *buffer, struct error *error)
{
	char actions[64];

	if (buffer->interrupted)
		editor_flush_look(buffer);
	if (!buffer->interrupted)
		return true;
	list_actions(&buffer->flush, actions, sizeof actions);
	return error_set(error, "%s not written: %s; \"recover %s\" decides",
			 file_path(document_file(buffer->document)),
			 buffer->flush.words, actions);
}

static void tell(const struct editor *editor, const struct buffer *buffer,
		 struct error *said)
{
	const char *path = file_path(document_file(buffer->document));
	char actions[64];

	if (editor->read_only) {
		error_set(said, "%s: %s", path, buffer->flush.words);
		return;
	}
	list_actions(&buffer->flush, actions, sizeof actions);
	error_set(said, "%s: %s; \"recover %s\" decides", path,
		  buffer->flush.words, actions);
}

/* One step towards a file of which nothing is left; *GOING where there may be
 * another one. */
static bool settle_step(struct editor *editor, struct buffer *buffer,
			bool *going, struct error *said, struct error *error)
{
	const struct editor_recovery *wanted = &editor->recovery;
	const char *path = file_path(document_file(buffer->document));
	char done[RECOVERY_WORDS];
	struct error failed;

	editor_flush_look(buffer);
	*going = false;
	if (!buffer->interrupted && (!buffer->flush.clear || editor->read_only))
		return true;
	if (wanted->wanted && editor->read_only)
		return error_set(error, "%s: %s, and it is opened read-only",
				 path, buffer->flush.words);
	if (editor->read_only) {
		tell(editor, buffer, said);
		return true;
	}
	if (buffer->flush.clear) {
		if (!recovery_clear(buffer->document, &failed)) {
			if (buffer->interrupted)
				*said = failed;
			return true;
		}
		/* What was done before that is worth more words. */
		if (!said->message[0])
			error_set(said, "%s: %s; what it had left is removed",
				  path, buffer->flush.words);
	} else if (wanted->wanted) {
		if (!recovery_do(buffer->document, wanted->action,
				 wanted->insist, done, error))
			return false;
		error_set(said, "%s: %s", path, done);
	} else {
		tell(editor, buffer, said);
		return true;
	}
	*going = true;
	return editor_reopen(editor, error);
}

bool editor_flush_settle(struct editor *editor, struct buffer *buffer,
			 struct error *said, struct error *error)
{
	bool going = true;

	*said = (struct error)ERROR_NONE;
	buffer->flush_offered = false;
	for (int i = 0; i < STEPS_MAXIMUM && going; i++)
		if (!settle_step(editor, buffer, &going, said, error))
			return false;
	return true;
}

/* --- the question --- */

static void add_answer(struct question *question, size_t *count, char key,
		       const char *command, const char *words)
{
	size_t length = strlen(question->text);

	question->answers[*count].key = key;
	question->answers[(*count)++].command = command;
	snprintf(question->text + length, sizeof question->text - length,
		 "%s", words);
}

bool editor_flush_offer(struct editor *editor)
{
	struct buffer *buffer = editor->buffer;
	struct question *question = &editor->question;
	const bool *may = buffer->flush.may;
	size_t count = 0;

	if (!buffer->interrupted)
		return false;
	if (!editor->interactive || editor->read_only || buffer->flush_offered)
		return true;
	buffer->flush_offered = true;
	*question = (struct question){ .text = "" };
	if (may[RECOVERY_FINISH])
		add_answer(question, &count, 'f', "recover finish",
			   "f finishes, ");
	if (may[RECOVERY_UNDO])
		add_answer(question, &count, 'u', "recover undo",
			   "u undoes it, ");
	if (!count)
		add_answer(question, &count, 'i', "recover ignore",
			   "i ignores it, ");
	add_answer(question, &count, 'l', "recover", "l later: ");

	size_t length = strlen(question->text);

	snprintf(question->text + length, sizeof question->text - length,
		 "%.800s", buffer->flush.words);
	editor->serial++;
	return true;
}

/* --- the command --- */

bool editor_recover_flush(struct editor *editor, enum recovery_action action,
			  bool insist, char *done, struct error *error)
{
	struct buffer *buffer = editor->buffer;
	const char *path = file_path(document_file(buffer->document));
	bool writes = action != RECOVERY_IGNORE;

	if (editor->read_only)
		return error_set(error, "%s is opened read-only", path);
	if (!saving_may_leave(editor, buffer->document, error))
		return false;
	/* They are about the file as it is. */
	if (writes && document_modified(buffer->document))
		return error_set(error, "%s has unsaved edits; \"write FILE\" "
				 "keeps them, \"edit!\" drops them", path);
	/* Workers look at the file that is about to change. */
	editor_cancel(editor);
	if (!recovery_do(buffer->document, action, insist, done, error))
		return false;
	if (writes)
		return editor_reload(editor, error);
	editor_flush_look(buffer);
	editor->serial++;
	return true;
}
