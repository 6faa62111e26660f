/*
 * The command `recover`: about a flush that was interrupted.
 */
#include <string.h>

#include "command/command.h"
#include "octavo/escape.h"

static void print_safe(struct editor *editor, const char *text)
{
	char safe[4 * PATH_MAX];

	escape_text(safe, sizeof safe, text, strlen(text));
	editor_print_bytes(editor, safe, strlen(safe));
}

static bool show(struct editor *editor, struct error *error)
{
	const struct buffer *buffer = editor->buffer;
	const struct recovery found = recovery_find(buffer->document);

	if (found.state == RECOVERY_NONE)
		return error_set(error, "no flush was interrupted");
	print_safe(editor, found.words);
	editor_print(editor, "\nleft: ");
	print_safe(editor, found.left);
	editor_print(editor, "\ncan:");
	for (int i = 0; i < RECOVERY_ACTIONS; i++)
		if (found.may[i] || found.may_insist[i])
			editor_print(editor, " %s%s",
				     recovery_action_name(
					(enum recovery_action)i),
				     found.may[i] ? "" : "!");
	editor_print(editor, "\n");
	return true;
}

static enum status run_recover(struct editor *editor,
			       const struct command_call *call,
			       struct error *error)
{
	size_t position = call->position;
	char done[RECOVERY_WORDS];
	char word[16] = "";
	enum recovery_action action;
	bool insist;

	command_word(call, &position, word, sizeof word);
	if (!word[0])
		return show(editor, error) ? STATUS_DONE : STATUS_FAILED;
	if (!recovery_action_parse(word, &action, &insist)) {
		error_set_at(error, call->position, "one is wanted of: finish "
			     "undo ignore");
		return STATUS_FAILED;
	}
	if (!command_no_more(call, position, error)
	    || !editor_recover_flush(editor, action, insist, done,
				     error))
		return STATUS_FAILED;
	print_safe(editor, done);
	editor_print(editor, "\n");
	return STATUS_DONE;
}

const struct command commands_recovery[] = {
	{ "recover", NULL, COMMAND_NO_RANGE, 0, "[finish|undo|ignore]",
	  "finish or undo a write that was interrupted, or put out of the way "
	  "what it has left; alone: show that", run_recover },
	{ .name = NULL },
};
