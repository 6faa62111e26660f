/*
 * What editor.c, editor_recovery.c, editor_log.c, editor_outside.c,
 * editor_lines.c and editor_filter.c tell each other, task.c and live.c.
 */
#ifndef OCTAVO_EDITOR_INTERNAL_H
#define OCTAVO_EDITOR_INTERNAL_H

#include "octavo/editor.h"

/* --- editor.c --- */

/* The buffer that has FILE already, or NULL. */
struct buffer *editor_buffer_of(const struct editor *editor,
				const struct file *file);
/* A document over FILE, which it owns, also on failure. */
struct document *editor_open_document(struct editor *editor, struct file *file,
				      struct error *error);
/* DOCUMENT and its log as another buffer, the current one then; NULL: they are
 * still the caller's. */
struct buffer *editor_add_buffer(struct editor *editor,
				 struct document *document, struct log *log,
				 struct error *error);
/* The same in the place of what the current buffer shows, which is closed; it
 * must have no log any more. */
void editor_put_document(struct editor *editor, struct document *document,
			 struct log *log);
/* Makes BUFFER the current one. */
void editor_select(struct editor *editor, const struct buffer *buffer);

/* Opens the current buffer's file again, without a look at what is left. */
bool editor_reopen(struct editor *editor, struct error *error);

/* --- editor_filter.c --- */

void editor_filter_poll(struct editor *editor);
size_t editor_filter_descriptors(const struct editor *editor, int *fds,
				 size_t count);
/* Waits until it is known which lines are shown. */
void editor_filter_settle(struct editor *editor);
/* As struct view_lines has them; the context is the buffer, which has a filter
 * that hides lines. */
enum view_line editor_shown_from(void *context, uint64_t offset,
				 uint64_t *start);
enum view_line editor_shown_before(void *context, uint64_t offset,
				   uint64_t *start);

/* --- editor_view.c --- */

/* A view of DOCUMENT from its start on, as the options have it. */
void editor_begin_view(const struct editor *editor, struct view *view,
		       struct document *document);
/* Lets the views know what is known of the lines of their buffers. */
void editor_tell_views(struct editor *editor);

/* --- editor_recovery.c --- */

/* Does about what a flush has left of BUFFER's file, which is the current one
 * and has no edits, what goes without saying or was asked for; the rest is
 * SAID, if anything.  False: what was asked for can't be done. */
bool editor_flush_settle(struct editor *editor, struct buffer *buffer,
			 struct error *said, struct error *error);
/* Asks about what was left of the current buffer's file, once; false where
 * nothing was. */
bool editor_flush_offer(struct editor *editor);

/* --- editor_lines.c --- */

size_t editor_lines_descriptors(const struct editor *editor, int *fds,
				size_t count);
void editor_lines_poll(struct editor *editor);
/* VIEW shows BUFFER: sees to it that the numbers of its lines get known. */
void editor_lines_show(struct editor *editor, struct buffer *buffer,
		       const struct view *view);
/* As struct view_lines has it; the context is the buffer. */
bool editor_shown_number(void *context, uint64_t offset, uint64_t *number);
/* Waits until all of them are known that there are. */
void editor_lines_settle(struct editor *editor);
/* Drops the index of BUFFER, whose document goes. */
void editor_lines_end(struct buffer *buffer);

/* --- editor_log.c --- */

/* Looks what there is for BUFFER's file, and says so. */
void editor_log_look(struct editor *editor, struct buffer *buffer);
/* Asks about what was left of the current buffer's file, once. */
void editor_log_offer(struct editor *editor);
/* A log for DOCUMENT, where logs are kept; false: out of memory. */
bool editor_log_attach(struct editor *editor, struct document *document,
		       struct log **log, struct error *error);
/* Takes the log from BUFFER; KEEP: unsaved edits are left in it. */
void editor_log_end(struct buffer *buffer, bool keep);
void editor_log_tick(struct editor *editor, struct buffer *buffer);

#endif
