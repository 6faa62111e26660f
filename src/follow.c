/*
 * Following: the current buffer's file is looked at as soon as something has
 * happened to it (watch.h), or as its child tells (file_flow), and the cursor
 * goes to its end.
 *
 * A file that is another one now, or begins anew, is opened again in the same
 * buffer, as long as there is nothing unsaved in it.  Of one that was replaced
 * the last bytes are shown before that, for a frame at least: who was writing
 * to it may not have noticed yet.
 *
 * To close what the system tells by takes it 20 ms while somebody writes, so
 * that stays open when a key has ended following, and is not waited for.
 *
 * Invariants
 *  1. follow->watch is of follow->document, which is open; the document is NULL
 *     until the next poll has seen which one is current.
 *  2. Nothing is followed while there is no buffer, or follow->on is not set.
 */
#include "follow.h"

#include <stdlib.h>
#include <time.h>

#include "task.h"
#include "watch.h"

struct follow {
	bool on;
	const struct document *document;
	struct watch *watch;	/* NULL: somebody else tells, or nobody does */
	bool replaced;		/* it was, and its last bytes are shown */
};

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* --- on and off --- */

static bool can_follow(const struct file *file)
{
	enum file_kind kind = file_kind(file);

	return kind == FILE_REGULAR || kind == FILE_NEW
	       || kind == FILE_SPOOLED;
}

/* The buffer's document is another one. */
static void watch_document(struct editor *editor)
{
	struct follow *follow = editor->follow;
	const struct document *document = editor->buffer->document;
	const struct file *file = document_file(document);

	watch_free(follow->watch);
	follow->watch = file_kind(file) == FILE_SPOOLED
				? NULL : watch_new(file, NULL);
	follow->document = document;
}

static bool is_on(const struct editor *editor)
{
	return editor->follow && editor->follow->on && editor->buffer;
}

bool editor_start_following(struct editor *editor, struct error *error)
{
	struct buffer *buffer = editor->buffer;
	const struct file *file = document_file(buffer->document);

	if (!can_follow(file))
		return error_set(error, "%s is nothing that could grow",
				 file_path(file));
	if (!editor->follow)
		editor->follow = calloc(1, sizeof *editor->follow);
	if (!editor->follow)
		return error_set_memory(error);
	editor->follow->on = true;
	if (editor->follow->watch)
		watch_again(editor->follow->watch);
	editor_jump(editor, document_size(buffer->document));
	return true;
}

void editor_stop_following(struct editor *editor)
{
	if (!editor->follow || !editor->follow->on)
		return;
	editor->follow->on = false;
	editor->serial++;
}

const char *editor_following(const struct editor *editor)
{
	if (!is_on(editor))
		return NULL;
	switch (document_outside_state(editor->buffer->document)) {
	case FILE_REMOVED:
		return "FOLLOW gone";
	case FILE_REPLACED:
		return "FOLLOW rotated";
	default:
		return "FOLLOW";
	}
}

void follow_forget(struct editor *editor, const struct document *document)
{
	struct follow *follow = editor->follow;

	if (!follow || follow->document != document)
		return;
	watch_free(follow->watch);
	*follow = (struct follow){ .on = follow->on };
}

void follow_end(struct editor *editor)
{
	if (editor->follow)
		watch_free(editor->follow->watch);
	free(editor->follow);
	editor->follow = NULL;
}

/* --- what was seen --- */

/* The last line that is shown; what has just come has mostly to be looked at
 * first.  If it comes faster than that the end is shown as it is. */
static void show_end(struct editor *editor)
{
	struct buffer *buffer = editor->buffer;
	bool late = buffer->seek == SEEK_LAST;

	if (buffer->filter && line_filter_hides(buffer->filter) &&
	    buffer->view.text_mode &&
	    (editor_seek_shown(editor, SEEK_LAST) || !late))
		return;
	if (view_move(&buffer->view, VIEW_END, 1))
		editor->serial++;
}

static void forget_beyond(struct buffer *buffer)
{
	uint64_t size = document_size(buffer->document);
	size_t kept = 0;

	for (int i = 0; i < EDITOR_MARKS; i++)
		buffer->marked[i] = buffer->marked[i]
				    && buffer->marks[i] <= size;
	for (size_t i = 0; i < buffer->jump_count; i++)
		if (buffer->jumps[i] <= size)
			buffer->jumps[kept++] = buffer->jumps[i];
	buffer->jump_count = kept;
}

/* What the path names now takes the document's place. */
static void begin_anew(struct editor *editor, enum file_state state)
{
	struct buffer *buffer = editor->buffer;
	bool appeared = file_kind(document_file(buffer->document))
			== FILE_NEW;
	struct error error = ERROR_NONE;
	uint64_t kept, others;

	/* Gone again, or not to be read: that may change. */
	if (!editor_take_up(editor, &kept, &others, &error)) {
		editor_show_error(editor, &error);
		return;
	}
	editor->follow->replaced = false;
	forget_beyond(buffer);
	editor_message(editor, "%s %s",
		       file_path(document_file(buffer->document)),
		       state == FILE_SHRUNK ? "was truncated: it is read anew" :
		       state == FILE_GREW ? "was read anew" :
		       appeared ? "is there now" :
		       "was rotated: this is the new file");
}

/* The document cannot go on as it is. */
static void go_over(struct editor *editor, enum file_state state)
{
	struct follow *follow = editor->follow;
	struct document *document = editor->buffer->document;

	if (document_modified(document)) {
		editor_stop_following(editor);
		editor_message(editor, "no longer followed: %s %s, and your "
			       "changes are not written",
			       file_path(document_file(document)),
			       file_state_text(state));
		return;
	}
	if (state == FILE_REPLACED && !follow->replaced) {
		follow->replaced = true;
		if (follow->watch)
			watch_again(follow->watch);
		return;
	}
	if (state == FILE_GREW && document_accept(document, NULL))
		return;
	/* What came through a pipe is named after it, and cannot come again. */
	if (file_kind(document_file(document)) != FILE_SPOOLED)
		begin_anew(editor, state);
}

/* It has grown by more than there are addresses for, and opening it again takes
 * nothing away and disturbs nobody. */
static bool is_outgrown(const struct editor *editor)
{
	const struct buffer *buffer = editor->buffer;

	return buffer
	       && document_outside_state(buffer->document) == FILE_GREW
	       && file_kind(document_file(buffer->document)) == FILE_REGULAR
	       && document_state_count(buffer->document) == 1
	       && !buffer->view.selecting && !editor_busy(editor)
	       && !editor->asking && !panel_visible(&editor->panel);
}

void follow_seen(struct editor *editor)
{
	struct document *document;
	uint64_t kept, others;
	enum file_state state;

	if (!is_on(editor) && is_outgrown(editor))
		editor_take_up(editor, &kept, &others, NULL);
	if (!is_on(editor) || saving_is(editor, editor->buffer->document))
		return;
	document = editor->buffer->document;
	state = document_outside_state(document);
	editor->follow->replaced &= state == FILE_REPLACED;
	switch (state) {
	case FILE_SAME:
	case FILE_REMOVED:
		break;
	case FILE_WRITTEN:
		/* Also for a moment where an append has set the time, and
		 * not yet the length. */
		if (!document_modified(document)
		    && document_accept(document, NULL))
			editor_decided(editor);
		break;
	case FILE_GREW:
	case FILE_SHRUNK:
	case FILE_REPLACED:
		go_over(editor, state);
		break;
	case FILE_ENDED:
		editor_stop_following(editor);
		return;
	}
	show_end(editor);
}

/* --- looking --- */

static void poll_watch(struct editor *editor)
{
	struct follow *follow = editor->follow;

	if (!editor->buffer)
		editor_stop_following(editor);
	if (!is_on(editor))
		return;
	if (follow->document != editor->buffer->document) {
		watch_document(editor);
		follow_seen(editor);
		return;
	}
	if (!follow->watch || !watch_is_due(follow->watch, now())
	    || saving_is(editor, editor->buffer->document))
		return;
	editor_check_file(editor, editor->buffer);
	follow_seen(editor);
}

static void poll_flow(struct editor *editor, struct buffer *buffer)
{
	struct file *file = document_file(buffer->document);
	bool empty = document_size(buffer->document) == 0;
	struct error error = ERROR_NONE;

	if (!file_flow_poll(file, &error))
		return;
	if (error.message[0])
		editor_show_error(editor, &error);
	editor->serial++;
	editor_check_file(editor, buffer);
	/* Only now it is seen whether it looks like text. */
	if (empty && !buffer->view.text_mode) {
		editor_lay_out_view(editor, &buffer->view);
		editor_choose_mode(editor, &buffer->view);
	}
	if (buffer == editor->buffer)
		follow_seen(editor);
}

void follow_poll(struct editor *editor)
{
	for (size_t i = 0; i < editor->buffer_count; i++)
		poll_flow(editor, editor->buffers[i]);
	poll_watch(editor);
}

size_t follow_descriptors(const struct editor *editor, int *fds, size_t count)
{
	const struct follow *follow = editor->follow;
	size_t used = 0;
	int fd = is_on(editor) && follow->watch
			 ? watch_descriptor(follow->watch, now()) : -1;

	if (fd >= 0 && used < count)
		fds[used++] = fd;
	for (size_t i = 0; i < editor->buffer_count; i++)
		used += file_flow_descriptors(
			document_file(editor->buffers[i]->document),
			fds + used, count - used);
	return used;
}

int editor_patience(const struct editor *editor)
{
	const struct follow *follow = editor->follow;
	int64_t time, moment = now();

	if (!is_on(editor))
		return -1;
	if (follow->document != editor->buffer->document)
		return 0;
	time = follow->watch ? watch_time(follow->watch, moment) : -1;
	return time < 0 ? -1 : time > moment ? (int)(time - moment) : 0;
}
