/*
 * The list of matches: which there are the survey knows (live.h); how a match
 * looks is read from the document when its line is drawn.  A line whose match
 * is not at hand is empty until it is.
 *
 * An edit ends the survey and empties the list, but nothing can be edited
 * while it is shown.
 */
#include "matches.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live.h"

struct match_list {
	struct editor *editor;
	bool aiming;		/* nobody has moved in it */
	uint64_t selected;	/* what it has selected so far */
};

/* --- in the panel --- */

static uint64_t list_count(void *context)
{
	const struct match_list *list = context;
	struct survey *survey = live_survey(list->editor);

	return survey ? survey_count(survey) : 0;
}

/* Bytes as hex, those of the match, and as text, also those behind it. */
static size_t put_bytes(const unsigned char *bytes, size_t matched,
			size_t count, char *text)
{
	static const char digits[] = "0123456789abcdef";
	enum { HEX = 8 };
	size_t used = 0;

	for (size_t i = 0; i < HEX; i++) {
		bool shown = i < matched && i < count;

		text[used++] = shown ? digits[bytes[i] >> 4] : ' ';
		text[used++] = shown ? digits[bytes[i] & 15] : ' ';
		text[used++] = ' ';
	}
	text[used++] = ' ';
	for (size_t i = 0; i < count; i++)
		text[used++] = bytes[i] >= ' ' && bytes[i] < 0x7f
				       ? (char)bytes[i] : '.';
	return used;
}

static size_t list_line(void *context, uint64_t index, unsigned columns,
			char *text, size_t size)
{
	enum { BYTES = 256 };
	const struct match_list *list = context;
	struct survey *survey = live_survey(list->editor);
	const struct document *document = list->editor->buffer->document;
	struct match match;
	unsigned char bytes[BYTES];
	size_t count = 0;

	if (!survey_match(survey, index, &match))
		return 0;

	size_t used = (size_t)snprintf(text, size, "0x%-8" PRIx64 " %5" PRIu64
				       "  ", match.start,
				       match.end - match.start);
	size_t matched = match.end - match.start < BYTES
				 ? (size_t)(match.end - match.start) : BYTES;

	if (match.start < document_size(document))
		count = document_read(document, match.start, bytes,
				      columns < BYTES ? columns : BYTES);
	return used + put_bytes(bytes, matched, count, text + used);
}

static bool list_command(void *context, uint64_t index, const char *action,
			 char *text, size_t size)
{
	const struct match_list *list = context;
	struct match match;

	if (strcmp(action, "go") != 0
	    || !survey_match(live_survey(list->editor), index, &match))
		return false;
	snprintf(text, size, "goto 0x%" PRIx64, match.start);
	return true;
}

bool match_list_shown(const struct editor *editor)
{
	return editor->panel.source.line == list_line;
}

/* Selects the match at the cursor as soon as that is known. */
static void aim(struct match_list *list, struct survey *survey)
{
	struct panel *panel = &list->editor->panel;
	uint64_t rank;

	list->aiming = list->aiming && panel->selected == list->selected;
	if (!list->aiming)
		return;
	list->aiming = !survey_rank(survey, list->editor->buffer->view.cursor,
				    &rank);
	if (!list->aiming)
		panel->selected = rank;
}

void match_list_follow(struct editor *editor)
{
	struct panel *panel = &editor->panel;
	struct survey *survey = live_survey(editor);
	struct error error = ERROR_NONE;
	static const char *const titles[] = {
		[JOB_RUNNING] = "matches, searching",
		[JOB_DONE] = "matches",
		[JOB_FAILED] = "matches, not all",
	};

	if (!match_list_shown(editor) || !survey)
		return;

	enum job_state state = survey_state(survey, &error);

	snprintf(panel->title, sizeof panel->title, "%s", titles[state]);
	aim(panel->source.context, survey);
	if (state == JOB_FAILED)
		editor_show_error(editor, &error);
	if (state == JOB_RUNNING || survey_count(survey) > 0)
		return;
	panel_clear(panel);
	if (state == JOB_DONE)
		editor_message(editor, "no matches of %s",
			       pattern_text(editor->pattern));
}

bool match_list_open(struct editor *editor, struct range range,
		     struct error *error)
{
	struct match_list *list = calloc(1, sizeof *list);
	struct survey *survey = live_survey(editor);
	struct range known = survey ? survey_range(survey) : range;

	if (!list)
		return error_set_memory(error);
	/* What there is goes on. */
	if ((!survey || known.start != range.start || known.end != range.end)
	    && !live_begin(editor, range, error)) {
		free(list);
		return false;
	}
	*list = (struct match_list){ .editor = editor, .aiming = true };

	const struct panel_source source = {
		.count = list_count,
		.line = list_line,
		.command = list_command,
		.free = free,
		.context = list,
		.hint = "[panel go] goes there, [panel close] closes",
	};

	panel_open(&editor->panel, "", &source, 0);
	match_list_follow(editor);
	return true;
}
