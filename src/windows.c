/*
 * Windows.  A list, in one direction: all stand side by side, or all one above
 * the other.  Where they are on the screen is the screen's to say.
 *
 * Invariants
 *  1. 1 <= window_count <= EDITOR_WINDOWS, and focus < window_count.
 *  2. windows[focus].buffer is editor->buffer; where that is NULL there is no
 *     other window.  The buffers of the others are open.
 *  3. The view of the window with the focus is in its buffer, not in the
 *     window; those of the others hold for their documents as they are.
 */
#include "windows.h"

#include <assert.h>
#include <string.h>

struct view *editor_window_view(struct editor *editor, size_t index)
{
	assert(index < editor->window_count);
	return index == editor->focus ? &editor->buffer->view
				      : &editor->windows[index].view;
}

void editor_show(struct editor *editor, struct buffer *buffer)
{
	editor->buffer = buffer;
	editor->windows[editor->focus].buffer = buffer;
	editor->serial++;
}

/* What is of the window with the focus ends with it. */
static void leave(struct editor *editor)
{
	editor_end_typing(editor);
	if (editor->task || editor->asking)
		editor_cancel(editor);
	panel_clear(&editor->panel);
	editor_follow(editor);
	for (size_t i = 0; i < editor->window_count; i++)
		editor->windows[i].beyond = 0;
	editor->windows[editor->focus].view = editor->buffer->view;
}

/* Gives the focus to window INDEX, whose view goes to its buffer. */
static void enter(struct editor *editor, size_t index)
{
	struct window *window = &editor->windows[index];

	editor->focus = index;
	window->buffer->view = window->view;
	editor_show(editor, window->buffer);
	editor->followed = window->view;
}

static void take_out(struct editor *editor, size_t index)
{
	struct window *window = &editor->windows[index];

	editor->window_count--;
	memmove(window, window + 1,
		(editor->window_count - index) * sizeof *window);
}

bool editor_split(struct editor *editor, bool stacked, struct error *error)
{
	size_t next = editor->focus + 1;
	struct window *window = &editor->windows[next];

	if (editor->window_count == EDITOR_WINDOWS)
		return error_set(error, "there are %d windows already",
				 EDITOR_WINDOWS);
	leave(editor);
	memmove(window + 1, window,
		(editor->window_count - next) * sizeof *window);
	editor->window_count++;
	*window = editor->windows[editor->focus];
	editor->stacked = stacked;
	enter(editor, next);
	return true;
}

bool editor_close_window(struct editor *editor, struct error *error)
{
	size_t index = editor->focus;

	if (editor->window_count == 1)
		return error_set(error, "this is the only window");
	leave(editor);
	take_out(editor, index);
	enter(editor, index > 0 ? index - 1 : 0);
	return true;
}

void editor_only(struct editor *editor)
{
	editor->windows[0].buffer = editor->buffer;
	editor->window_count = 1;
	editor->focus = 0;
	editor->serial++;
}

void editor_focus(struct editor *editor, size_t index)
{
	assert(index < editor->window_count);
	if (index == editor->focus)
		return;
	leave(editor);
	enter(editor, index);
}

void windows_forget(struct editor *editor, const struct buffer *buffer)
{
	bool focused = buffer == editor->buffer;

	for (size_t i = editor->window_count; i-- > 0;) {
		if (editor->windows[i].buffer != buffer)
			continue;
		take_out(editor, i);
		if (editor->focus > i)
			editor->focus--;
	}
	if (!focused)
		return;
	editor->followed = (struct view){ .document = NULL };
	if (editor->window_count > 0) {
		enter(editor, editor->focus < editor->window_count
				      ? editor->focus
				      : editor->window_count - 1);
		return;
	}
	editor->window_count = 1;
	editor->focus = 0;
	editor_show(editor, NULL);
}

/* Is INDEX another window with the current buffer? */
static bool shows_it_too(const struct editor *editor, size_t index)
{
	return index != editor->focus
	       && editor->windows[index].buffer == editor->buffer;
}

void windows_reload(struct editor *editor)
{
	for (size_t i = 0; i < editor->window_count; i++) {
		struct view *view = &editor->windows[i].view;
		uint64_t cursor = view->cursor;

		if (!shows_it_too(editor, i))
			continue;
		*view = editor->buffer->view;
		view_goto(view, cursor);
	}
	editor->followed = editor->buffer->view;
}

void windows_edited(struct editor *editor, struct range range,
		    uint64_t length)
{
	for (size_t i = 0; i < editor->window_count; i++) {
		struct view *view = &editor->windows[i].view;

		if (!shows_it_too(editor, i))
			continue;
		if (range_length(range) != length) {
			view_select(view, false);
			view_goto(view, range_follow(range, length,
						     view->cursor));
		}
		view_show(view);
	}
}

void editor_lay_out(struct editor *editor)
{
	for (size_t i = 0; i < editor->buffer_count; i++)
		editor_lay_out_view(editor, &editor->buffers[i]->view);
	for (size_t i = 0; i < editor->window_count; i++)
		if (i != editor->focus)
			editor_lay_out_view(editor, &editor->windows[i].view);
}

void editor_choose_modes(struct editor *editor)
{
	for (size_t i = 0; i < editor->buffer_count; i++)
		editor_choose_mode(editor, &editor->buffers[i]->view);
	for (size_t i = 0; i < editor->window_count; i++)
		if (i != editor->focus)
			editor_choose_mode(editor, &editor->windows[i].view);
}

/* --- scrolling together --- */

/* Moves VIEW by DISTANCE bytes, to row ROW of its window; returns how far it
 * could not go. */
static int64_t move_along(struct view *view, int64_t distance, unsigned row)
{
	uint64_t size = document_size(view->document);
	int64_t target = (int64_t)view->cursor + distance;
	uint64_t offset = target < 0 ? 0 : (uint64_t)target;

	view_goto(view, offset < size ? offset : size);
	view_scroll(view, (int64_t)view_cursor_row(view) - (int64_t)row);
	return target - (int64_t)view->cursor;
}

void editor_follow(struct editor *editor)
{
	struct view before = editor->followed;

	if (!editor->buffer)
		return;

	const struct view *view = &editor->buffer->view;
	bool moved = view->cursor != before.cursor || view->top != before.top;

	editor->followed = *view;
	if (!editor->options.values[OPTION_SCROLL_TOGETHER] || !moved
	    || view->document != before.document)
		return;
	for (size_t i = 0; i < editor->window_count; i++) {
		struct window *window = &editor->windows[i];
		int64_t distance = (int64_t)view->cursor
				   - (int64_t)before.cursor + window->beyond;

		if (i != editor->focus)
			window->beyond = move_along(&window->view, distance,
						    view_cursor_row(view));
	}
}
