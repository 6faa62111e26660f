/*
 * Typing into the document.  All that is typed in one place is one step of
 * undo: the step is opened by the first character and ended by whatever is
 * not typing (editor_end_typing).
 *
 * In the hex pane a byte is typed as two digits.  The first one changes the
 * document already (its other digit stays, or is 0 in a new byte), so what is
 * on the screen is what would be written.
 */
#include <string.h>

#include "octavo/editor.h"
#include "octavo/escape.h"

void editor_end_typing(struct editor *editor)
{
	struct buffer *buffer = editor->buffer;

	if (!buffer || !buffer->typing)
		return;
	document_end(buffer->document);
	buffer->typing = false;
}

static void begin_typing(struct buffer *buffer)
{
	if (buffer->typing)
		return;
	document_begin(buffer->document);
	buffer->typing = true;
}

/* Puts BYTES at the cursor as the mode has it, and goes behind them. */
static bool type_bytes(struct editor *editor, const char *bytes,
		       size_t length, struct error *error)
{
	struct buffer *buffer = editor->buffer;
	uint64_t cursor = buffer->view.cursor;
	bool insert = buffer->view.mode == VIEW_INSERT;
	bool done = insert ? document_insert(buffer->document, cursor, bytes,
					     length, error)
			   : document_overwrite(buffer->document, cursor,
						bytes, length, error);

	if (!done)
		return false;
	editor_edited(editor, range_of(cursor, insert ? 0 : length), length);
	if (buffer->view.mode == VIEW_REPLACE_ONE)
		view_set_mode(&buffer->view, VIEW_BROWSE);
	else
		view_goto(&buffer->view, cursor + length);
	return true;
}

static int digit_value(uint32_t character)
{
	static const char digits[] = "0123456789abcdef";

	if (character >= 'A' && character <= 'F')
		character += 'a' - 'A';

	const char *place = character && character < 128
				    ? strchr(digits, (int)character) : NULL;

	return place ? (int)(place - digits) : -1;
}

static bool type_digit(struct editor *editor, int digit, struct error *error)
{
	struct view *view = &editor->buffer->view;
	struct document *document = editor->buffer->document;
	unsigned char byte = 0;

	if (view->nibble == 0) {
		bool insert = view->mode == VIEW_INSERT;

		if (!insert)
			document_read(document, view->cursor, &byte, 1);
		byte = (unsigned char)((byte & 0x0f) | digit << 4);
		if (insert ? !document_insert(document, view->cursor, &byte, 1,
					      error)
			   : !document_overwrite(document, view->cursor,
						 &byte, 1, error))
			return false;
		editor_edited(editor, range_of(view->cursor, insert ? 0 : 1),
			      1);
		view_set_nibble(view, 1);
		return true;
	}
	document_read(document, view->cursor, &byte, 1);
	byte = (unsigned char)((byte & 0xf0) | digit);
	if (!document_overwrite(document, view->cursor, &byte, 1, error))
		return false;
	editor_edited(editor, range_of(view->cursor, 1), 1);
	if (view->mode == VIEW_REPLACE_ONE)
		view_set_mode(view, VIEW_BROWSE);
	else
		view_goto(view, view->cursor + 1);
	return true;
}

bool editor_type(struct editor *editor, uint32_t character,
		 struct error *error)
{
	struct buffer *buffer = editor->buffer;

	if (buffer->view.pane == VIEW_HEX) {
		int digit = digit_value(character);

		if (digit < 0)
			return error_set(error, "only hex digits can be typed "
					 "here; Tab goes to the text pane");
		begin_typing(buffer);
		return type_digit(editor, digit, error);
	}

	char bytes[4];
	size_t length = escape_encode(bytes, character);

	begin_typing(buffer);
	return type_bytes(editor, bytes, length, error);
}

static bool erase_before(struct editor *editor, struct error *error)
{
	struct view *view = &editor->buffer->view;
	/* A byte of which only one digit is typed goes as a whole. */
	uint64_t at = view->nibble ? view->cursor : view->cursor - 1;

	if (!document_delete(editor->buffer->document, range_of(at, 1), error))
		return false;
	view_goto(view, at);
	editor_edited(editor, range_of(at, 1), 0);
	return true;
}

bool editor_type_backspace(struct editor *editor, struct error *error)
{
	struct buffer *buffer = editor->buffer;
	struct view *view = &buffer->view;

	if (view->cursor == 0 && view->nibble == 0)
		return error_set(error, "this is the start");
	begin_typing(buffer);
	if (view->mode == VIEW_INSERT)
		return erase_before(editor, error);

	uint64_t at = view->nibble ? view->cursor : view->cursor - 1;
	uint64_t size = document_size(buffer->document);

	if (!document_revert(buffer->document, range_of(at, 1), error))
		return false;
	view_goto(view, at);
	if (document_size(buffer->document) < size)
		editor_edited(editor, range_of(at, 1), 0);
	else
		editor_edited(editor, range_of(at, 1), 1);
	return true;
}
