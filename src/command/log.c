/*
 * The command `session`: what earlier sessions have left, and sessions that
 * are saved under a name.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command/command.h"
#include "octavo/escape.h"

/* One of the things that `session` does. */
struct action {
	const char *name;
	bool needs_file;
	bool named;		/* takes a name */
	bool (*run)(struct editor *editor, const char *name, bool bang,
		    struct error *error);
};

static void print_time(struct editor *editor, int64_t time)
{
	char text[32] = "-";
	time_t seconds = (time_t)time;
	struct tm parts;

	if (localtime_r(&seconds, &parts))
		strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
	editor_print(editor, "%s", text);
}

/* --- what was left --- */

static bool run_recover(struct editor *editor, const char *name, bool bang,
			struct error *error)
{
	uint64_t edits;

	(void)name;
	if (!editor_recover(editor, bang, &edits, error))
		return false;
	editor_print(editor, "recovered %" PRIu64 " edit%s\n", edits,
		     edits == 1 ? "" : "s");
	return true;
}

static const char *kind_of(const struct log_entry *entry)
{
	uint64_t old = range_length(entry->range);
	enum change_kind kind = CHANGE_REPLACE;

	if (old == entry->length)
		kind = CHANGE_OVERWRITE;
	else if (old == 0)
		kind = CHANGE_INSERT;
	else if (entry->length == 0)
		kind = CHANGE_DELETE;
	return change_kind_name(kind);
}

static bool print_entry(void *context, const struct log_entry *entry)
{
	struct editor *editor = context;

	print_time(editor, entry->time);
	if (!entry->edit)
		editor_print(editor, " state %" PRIu64 "\n", entry->state);
	else
		editor_print(editor, " %s 0x%" PRIx64 " %" PRIu64 " %" PRIu64
			     "\n", kind_of(entry), entry->range.start,
			     range_length(entry->range), entry->length);
	return !editor->output_full;
}

static bool run_show(struct editor *editor, const char *name, bool bang,
		     struct error *error)
{
	(void)name;
	(void)bang;
	return log_show(editor->buffer->document, print_entry, editor, error);
}

static bool run_discard(struct editor *editor, const char *name, bool bang,
			struct error *error)
{
	(void)name;
	(void)bang;
	if (!log_discard(editor->buffer->document, error))
		return false;
	editor->buffer->left = log_look(editor->buffer->document,
					!editor->buffer->interrupted);
	if (editor->interactive)
		editor_message(editor, "they are gone");
	return true;
}

static bool run_insist(struct editor *editor, const char *name, bool bang,
		       struct error *error)
{
	(void)name;
	(void)bang;
	(void)error;
	editor_insist(editor);
	return true;
}

/* --- under a name --- */

static bool run_save(struct editor *editor, const char *name, bool bang,
		     struct error *error)
{
	if (!editor_save_session(editor, name, bang, error))
		return false;
	if (editor->interactive)
		editor_message(editor, "saved session %s", name);
	return true;
}

static bool run_load(struct editor *editor, const char *name, bool bang,
		     struct error *error)
{
	(void)bang;
	return editor_load_session(editor, name, error);
}

static bool print_listed(void *context, const struct log_listed *listed)
{
	static const char *const states[] = {
		[LOG_NONE] = "-", [LOG_LEFT] = "left",
		[LOG_DAMAGED] = "damaged", [LOG_LIVE] = "live",
	};
	struct editor *editor = context;
	const struct log_report *report = &listed->report;
	const char *state = states[report->state];
	char text[4 * sizeof report->path];

	if (listed->saved && report->state == LOG_LEFT)
		state = "saved";
	editor_print(editor, "%s ", state);
	print_time(editor, report->time);
	escape_text(text, sizeof text, listed->name, strlen(listed->name));
	editor_print(editor, " %" PRIu64 " ", report->edits);
	editor_print_bytes(editor, text, strlen(text));
	return editor_print_bytes(editor, "\n", 1);
}

static bool run_list(struct editor *editor, const char *name, bool bang,
		     struct error *error)
{
	(void)name;
	(void)bang;
	return log_list(print_listed, editor, error);
}

/* --- the command --- */

static const struct action actions[] = {
	{ "recover", true, false, run_recover },
	{ "show", true, false, run_show },
	{ "discard", true, false, run_discard },
	{ "insist", true, false, run_insist },
	{ "list", false, false, run_list },
	{ "save", true, true, run_save },
	{ "load", false, true, run_load },
};

enum { ACTIONS = sizeof actions / sizeof *actions };

static const struct action *find_action(const char *word)
{
	for (size_t i = 0; i < ACTIONS; i++)
		if (strcmp(actions[i].name, word) == 0)
			return &actions[i];
	return NULL;
}

static enum status run_session(struct editor *editor,
			       const struct command_call *call,
			       struct error *error)
{
	size_t position = call->position;
	char word[32] = "";
	char *name = NULL;

	command_word(call, &position, word, sizeof word);

	size_t length = strlen(word);
	bool bang = length > 0 && word[length - 1] == '!';

	if (bang)
		word[length - 1] = '\0';

	const struct action *action = find_action(word);

	if (!action) {
		error_set_at(error, call->position, "one is wanted of: "
			     "recover show discard insist list save load");
		return STATUS_FAILED;
	}
	if (action->needs_file && !editor->buffer) {
		error_set(error, "session %s needs a file", word);
		return STATUS_FAILED;
	}
	if (!command_rest(call, position, &name, error))
		return STATUS_FAILED;
	if (action->named != (name != NULL)) {
		free(name);
		error_set_at(error, position, "session %s takes %s", word,
			     action->named ? "a name" : "nothing more");
		return STATUS_FAILED;
	}

	bool done = action->run(editor, name, bang, error);

	free(name);
	editor->serial++;
	return done ? STATUS_DONE : STATUS_FAILED;
}

const struct command commands_log[] = {
	{ "session", NULL, COMMAND_NO_RANGE, COMMAND_NO_FILE,
	  "recover|show|discard|insist|list|save|load [NAME]",
	  "take up, list or drop edits that were left of this file, or edit "
	  "what another process edits; keep all buffers as NAME", run_session },
	{ .name = NULL },
};
