/*
 * Replacing with a question for each place.
 *
 * The task looks for the next match, and then waits, outside of editor->task:
 * while a question stands nothing runs that Esc would have to stop, and nothing
 * is shown as under way.  All questions are about the document as it is at the
 * start; what was answered becomes one edit at the end.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "octavo/escape.h"
#include "task_internal.h"

/* Bytes of a match, and of what it becomes, that are shown. */
enum { SHOWN = 24 };

void ask_stop(struct editor *editor)
{
	if (!editor->asking)
		return;
	task_free(editor->asking);
	editor->asking = NULL;
	editor->question.text[0] = '\0';
}

/* "BYTES", escaped and cut. */
static void quote(const unsigned char *bytes, size_t length,
		  char out[4 * SHOWN + 8])
{
	char text[4 * SHOWN + 1];

	escape_text(text, sizeof text, (const char *)bytes,
		    length < SHOWN ? length : SHOWN);
	snprintf(out, 4 * SHOWN + 8, "\"%s\"%s", text,
		 length > SHOWN ? "..." : "");
}

static void ask(struct editor *editor, const struct replaced *replaced)
{
	struct buffer *buffer = editor->buffer;
	struct question *question = &editor->question;
	struct match match = replaced->match;
	unsigned char bytes[SHOWN];
	char old[4 * SHOWN + 8];
	char new[4 * SHOWN + 8];

	quote(bytes, document_read(buffer->document, match.start, bytes,
				   match.end - match.start < SHOWN
				   ? (size_t)(match.end - match.start)
				   : SHOWN), old);
	if (match.end - match.start > SHOWN)
		strcat(old, "...");
	quote(replaced->bytes, replaced->length, new);
	*question = (struct question){
		.answers = {
			{ 'y', "answer yes" }, { 'n', "answer no" },
			{ 'a', "answer all" }, { 'q', "answer quit" },
		},
		.cancel = "answer cancel",
	};
	snprintf(question->text, sizeof question->text,
		 "%s to %s? y yes, n no, a all that are left, q leaves them",
		 old, new);
	buffer->match = (struct range){ match.start, match.end };
	buffer->has_match = true;
	view_goto(&buffer->view, match.start);
	editor->serial++;
}

bool ask_next(struct editor *editor, struct task *task)
{
	struct replaced replaced;

	if (!replace_waiting(task_replace(task), &replaced))
		return false;
	ask(editor, &replaced);
	editor->asking = task;
	if (editor->task == task)
		editor->task = NULL;
	editor->status = STATUS_DONE;
	return true;
}

/* The rest is left as it is: takes what was answered over. */
static enum status finish(struct editor *editor, struct task *task,
			  struct error *error)
{
	enum status status;

	replace_end(task_replace(task));
	status = task->finish(editor, task, error);
	task_free(task);
	return status;
}

static enum status cancel(struct editor *editor, struct task *task)
{
	task_free(task);
	editor_message(editor, "stopped: nothing has been changed");
	return STATUS_DONE;
}

/* The next question, or on with the search. */
static enum status go_on(struct editor *editor, struct task *task,
			 enum replace_answer answer, struct error *error)
{
	if (!replace_answer(task_replace(task), answer, error)) {
		task_free(task);
		return STATUS_FAILED;
	}
	if (ask_next(editor, task))
		return STATUS_DONE;
	return task_install(editor, task, true) ? STATUS_RUNNING
						: STATUS_FAILED;
}

enum status editor_answer(struct editor *editor, const char *word,
			  struct error *error)
{
	static const char *const words[] = {
		[REPLACE_YES] = "yes", [REPLACE_NO] = "no",
		[REPLACE_ALL] = "all",
	};
	struct task *task = editor->asking;

	if (!task) {
		error_set(error, "nothing was asked");
		return STATUS_FAILED;
	}
	for (unsigned i = REPLACE_YES; i <= REPLACE_ALL; i++) {
		if (strcmp(word, words[i]) != 0)
			continue;
		editor->asking = NULL;
		editor->question.text[0] = '\0';
		return go_on(editor, task, (enum replace_answer)i, error);
	}
	if (strcmp(word, "quit") != 0 && strcmp(word, "cancel") != 0) {
		error_set(error, "the answer is yes, no, all, quit or cancel");
		return STATUS_FAILED;
	}
	editor->asking = NULL;
	editor->question.text[0] = '\0';
	return strcmp(word, "quit") == 0 ? finish(editor, task, error)
					 : cancel(editor, task);
}
