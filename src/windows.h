/*
 * windows: what the session tells its windows.
 */
#ifndef OCTAVO_WINDOWS_H
#define OCTAVO_WINDOWS_H

#include "octavo/editor.h"

/* BUFFER is about to be closed: so are its windows.  Where the focus was on
 * one, it is on another, or editor->buffer is NULL. */
void windows_forget(struct editor *editor, const struct buffer *buffer);
/* The current buffer has another document. */
void windows_reload(struct editor *editor);
/* LENGTH bytes of the current document stand where RANGE was: cursors behind
 * it follow their bytes. */
void windows_edited(struct editor *editor, struct range range,
		    uint64_t length);

#endif
