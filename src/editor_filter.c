/*
 * Which lines of a buffer are shown: its filter, kept up to date beside the
 * screen.
 *
 * A buffer has one from the first entry on.  The windows that show the buffer
 * say where somebody looks, and what a newline is; that of the focus comes last
 * and so decides.
 */
#include "editor_internal.h"
#include "task.h"

struct line_filter *editor_line_filter(struct editor *editor,
				       struct error *error)
{
	struct buffer *buffer = editor->buffer;

	if (buffer->filter)
		return buffer->filter;
	buffer->filter = line_filter_new(buffer->document,
					 view_newline_form(&buffer->view),
					 error);
	if (buffer->filter)
		line_filter_set_workers(
			buffer->filter,
			(unsigned)editor->options.values[OPTION_WORKERS]);
	return buffer->filter;
}

bool editor_add_filter(struct editor *editor, struct pattern *pattern,
		       bool exclude, struct error *error)
{
	struct line_filter *filter = editor_line_filter(editor, error);

	if (!filter) {
		pattern_free(pattern);
		return false;
	}
	editor_set_limits(editor, pattern);
	/* Who has turned all of them off means this one alone. */
	for (size_t i = 0; !line_filter_is_on(filter) &&
			   i < line_filter_count(filter); i++)
		line_filter_switch(filter, i, false);
	if (!line_filter_add(filter, pattern, exclude, error))
		return false;
	line_filter_turn(filter, true);
	if (editor->interactive && !editor->buffer->view.text_mode)
		editor_message(editor, "hex mode shows all bytes; in text mode "
			       "(F4) only these lines are shown");
	editor_seek_shown(editor, SEEK_NEAREST);
	editor->serial++;
	return true;
}

/* --- to a line that is shown --- */

/* A selection would become another. */
static bool may_seek(const struct buffer *buffer)
{
	return buffer->seek != SEEK_NOTHING && !buffer->view.selecting &&
	       buffer->view.cursor == buffer->seek_from;
}

/* True where the cursor is as was wanted. */
static bool seek(struct editor *editor, struct buffer *buffer)
{
	struct view *view = &buffer->view;
	uint64_t from = view->cursor;
	uint64_t offset;

	if (!may_seek(buffer)) {
		buffer->seek = SEEK_NOTHING;
		return false;
	}
	if (buffer->seek == SEEK_LAST)
		from = document_size(buffer->document);
	switch (view_nearest_shown(view, from, &offset)) {
	case VIEW_LINE_UNKNOWN:
		return false;
	case VIEW_LINE_FOUND:
		if (offset != view->cursor) {
			view_goto(view, offset);
			editor->serial++;
		}
		break;
	case VIEW_LINE_NONE:
		break;
	}
	buffer->seek = SEEK_NOTHING;
	return true;
}

bool editor_seek_shown(struct editor *editor, enum editor_seek what)
{
	struct buffer *buffer = editor->buffer;

	editor_tell_views(editor);
	buffer->seek = what;
	buffer->seek_from = buffer->view.cursor;
	return seek(editor, buffer);
}

/* --- what views ask --- */

static enum view_line answer_of(enum line_answer answer)
{
	static const enum view_line answers[] = {
		[LINE_FOUND] = VIEW_LINE_FOUND, [LINE_NONE] = VIEW_LINE_NONE,
		[LINE_UNKNOWN] = VIEW_LINE_UNKNOWN,
	};

	return answers[answer];
}

enum view_line editor_shown_from(void *context, uint64_t offset,
				 uint64_t *start)
{
	const struct buffer *buffer = context;

	return answer_of(line_filter_from(buffer->filter, offset, start));
}

enum view_line editor_shown_before(void *context, uint64_t offset,
				   uint64_t *start)
{
	const struct buffer *buffer = context;

	return answer_of(line_filter_before(buffer->filter, offset, start));
}

/* --- beside the screen --- */

static void look(struct editor *editor)
{
	for (size_t i = 0; i <= editor->window_count; i++) {
		size_t window = i < editor->window_count ? i : editor->focus;
		struct buffer *buffer = editor->windows[window].buffer;
		const struct view *view;

		if (!buffer || !buffer->filter)
			continue;
		view = editor_window_view(editor, window);
		line_filter_look(buffer->filter, view_window(view).start);
	}
}

/* What a newline is, the view with the focus says. */
static void follow_encoding(struct editor *editor)
{
	struct buffer *buffer = editor->buffer;

	if (buffer && buffer->filter &&
	    view_newline_form(&buffer->view) !=
		    line_filter_form(buffer->filter))
		line_filter_move(buffer->filter, buffer->document,
				 view_newline_form(&buffer->view));
}

static void poll_filter(struct editor *editor, struct line_filter *filter)
{
	struct error error = ERROR_NONE;
	bool failed = line_filter_state(filter, NULL) == JOB_FAILED;

	if (line_filter_poll(filter))
		editor->serial++;
	if (!failed && line_filter_state(filter, &error) == JOB_FAILED)
		editor_show_error(editor, &error);
}

void editor_filter_poll(struct editor *editor)
{
	follow_encoding(editor);
	look(editor);
	for (size_t i = 0; i < editor->buffer_count; i++)
		if (editor->buffers[i]->filter)
			poll_filter(editor, editor->buffers[i]->filter);
	editor_tell_views(editor);
	if (editor->buffer && editor->buffer->seek != SEEK_NOTHING)
		seek(editor, editor->buffer);
}

size_t editor_filter_descriptors(const struct editor *editor, int *fds,
				 size_t count)
{
	size_t used = 0;

	for (size_t i = 0; i < editor->buffer_count; i++)
		if (editor->buffers[i]->filter)
			used += line_filter_descriptors(
				editor->buffers[i]->filter, fds + used,
				count - used);
	return used;
}

bool editor_filtering(const struct editor *editor)
{
	for (size_t i = 0; i < editor->buffer_count; i++)
		if (editor->buffers[i]->filter &&
		    line_filter_state(editor->buffers[i]->filter, NULL) ==
			    JOB_RUNNING)
			return true;
	return false;
}

void editor_filter_settle(struct editor *editor)
{
	for (editor_filter_poll(editor); editor_filtering(editor);
	     editor_filter_poll(editor)) {
		int fds[64];

		if (!task_wait(editor, fds,
			       editor_filter_descriptors(editor, fds, 64)))
			return;
	}
}

bool editor_filter_status(const struct buffer *buffer,
			  struct filter_status *status)
{
	struct line_filter *filter = buffer->filter;

	if (!filter || line_filter_count(filter) == 0 ||
	    !line_filter_is_on(filter))
		return false;
	status->state = line_filter_state(filter, NULL);
	line_filter_progress(filter, &status->done, &status->total,
			     &status->lines);
	return status->state == JOB_FAILED || line_filter_hides(filter);
}
