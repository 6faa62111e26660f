/*
 * Typing into the document.  All that is typed in one place is one step of
 * undo: the step is opened by the first character and ended by whatever is
 * not typing (editor_end_typing).
 *
 * In the hex pane a byte is typed as two digits.  The first one changes the
 * document already (its other digit stays, or is 0 in a new byte), so what is
 * on the screen is what would be written.
 *
 * Backspace in overwrite mode takes the byte back: what was overwritten is
 * kept as long as the step is open.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "encoding.h"
#include "octavo/editor.h"

enum { EBCDIC_NEWLINE = 0x85 };

struct overwritten {
	uint64_t offset;
	unsigned char byte;
	bool appended;		/* there was no byte */
	bool changed;		/* it was not as on disk */
};

void editor_end_typing(struct editor *editor)
{
	struct buffer *buffer = editor->buffer;

	if (!buffer || !buffer->typing)
		return;
	document_end(buffer->document);
	buffer->typing = false;
	free(buffer->overwritten);
	buffer->overwritten = NULL;
	buffer->overwritten_count = 0;
}

static bool begin_typing(struct editor *editor, struct error *error)
{
	struct buffer *buffer = editor->buffer;

	if (buffer->typing)
		return true;
	if (!editor_may_edit(editor, error))
		return false;
	document_begin(buffer->document);
	buffer->typing = true;
	return true;
}

/* Would reverting the byte at OFFSET take more back than the byte? */
static bool is_changed(const struct document *document, uint64_t offset)
{
	struct change change;
	uint64_t index;

	if (!document_change_from(document, offset, &change, &index))
		return false;
	return change.now.start <= offset
	       || (range_is_empty(change.now)
		   && change.now.start == offset + 1);
}

/* Keeps the byte at OFFSET, which is about to be overwritten. */
static bool keep(struct buffer *buffer, uint64_t offset, struct error *error)
{
	enum { STEP = 64 };
	size_t count = buffer->overwritten_count;
	struct overwritten *kept = buffer->overwritten;

	if (count % STEP == 0) {
		kept = realloc(kept, (count + STEP) * sizeof *kept);
		if (!kept)
			return error_set_memory(error);
		buffer->overwritten = kept;
	}
	kept += count;
	*kept = (struct overwritten){ .offset = offset };
	kept->appended = document_read(buffer->document, offset, &kept->byte,
				       1) == 0;
	kept->changed = is_changed(buffer->document, offset);
	buffer->overwritten_count++;
	return true;
}

static bool overwrite(struct buffer *buffer, uint64_t offset,
		      const char *bytes, size_t length, struct error *error)
{
	size_t count = buffer->overwritten_count;

	for (size_t i = 0; i < length; i++)
		if (!keep(buffer, offset + i, error))
			goto failed;
	if (document_overwrite(buffer->document, offset, bytes, length, error))
		return true;
failed:
	buffer->overwritten_count = count;
	return false;
}

/* Puts BYTES at the cursor as the mode has it. */
static bool put(struct editor *editor, const char *bytes, size_t length,
		struct error *error)
{
	struct buffer *buffer = editor->buffer;
	uint64_t cursor = buffer->view.cursor;
	bool insert = buffer->view.mode == VIEW_INSERT;
	bool done = insert ? document_insert(buffer->document, cursor, bytes,
					     length, error)
			   : overwrite(buffer, cursor, bytes, length, error);

	if (done)
		editor_edited(editor, range_of(cursor, insert ? 0 : length),
			      length);
	return done;
}

/* Goes on behind the LENGTH bytes typed at the cursor. */
static void go_on(struct view *view, size_t length)
{
	if (view->mode == VIEW_REPLACE_ONE)
		view_set_mode(view, VIEW_BROWSE);
	else
		view_goto(view, view->cursor + length);
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
	char typed;

	if (view->nibble == 0) {
		if (view->mode != VIEW_INSERT)
			document_read(document, view->cursor, &byte, 1);
		typed = (char)((byte & 0x0f) | digit << 4);
		if (!put(editor, &typed, 1, error))
			return false;
		view_set_nibble(view, 1);
		return true;
	}
	document_read(document, view->cursor, &byte, 1);
	typed = (char)((byte & 0xf0) | digit);
	if (!document_overwrite(document, view->cursor, &typed, 1, error))
		return false;
	editor_edited(editor, range_of(view->cursor, 1), 1);
	go_on(view, 1);
	return true;
}

/* CHARACTER as the view's text has it. */
static bool encode(const struct view *view, uint32_t character,
		   char bytes[ENCODING_BYTES], size_t *length,
		   struct error *error)
{
	enum encoding_form form = view->text_mode ? view->text.encoding
						  : ENCODING_UTF8;
	const char *name = encoding_form_name(form);
	struct encoding *encoding = encoding_open(name, strlen(name), error);

	if (!encoding)
		return false;
	if (character == '\n' && form == ENCODING_EBCDIC)
		character = EBCDIC_NEWLINE;
	*length = encoding_put(encoding, character, (unsigned char *)bytes);
	encoding_close(encoding);
	return *length > 0 ||
	       error_set(error, "there is no such character in %s", name);
}

/* May LENGTH bytes take the place of what the cursor is on? */
static bool may_replace(const struct view *view, size_t length,
			struct error *error)
{
	struct range there = view_character(view, view->cursor);

	if (view->mode != VIEW_REPLACE_ONE || range_length(there) == length)
		return true;
	if (range_length(there) == 1)
		return error_set(error, "one byte is replaced, and that "
				 "character has %zu; R overwrites", length);
	return error_set(error, "%" PRIu64 " bytes are replaced, and that "
			 "character has %zu; R overwrites",
			 range_length(there), length);
}

bool editor_type(struct editor *editor, uint32_t character,
		 struct error *error)
{
	struct buffer *buffer = editor->buffer;

	if (view_takes_digits(&buffer->view)) {
		int digit = digit_value(character);

		if (digit < 0)
			return error_set(error, "only hex digits can be typed "
					 "here; Tab goes to the text pane");
		return begin_typing(editor, error)
		       && type_digit(editor, digit, error);
	}

	char bytes[ENCODING_BYTES];
	size_t length;

	if (!encode(&buffer->view, character, bytes, &length, error) ||
	    !may_replace(&buffer->view, length, error))
		return false;
	if (!begin_typing(editor, error)
	    || !put(editor, bytes, length, error))
		return false;
	go_on(&buffer->view, length);
	return true;
}

/* What was typed last: a byte of which only one digit is typed goes as a
 * whole, in text mode a character. */
static struct range last_typed(const struct view *view)
{
	uint64_t cursor = view->cursor;

	if (view->nibble)
		return range_of(cursor, 1);
	return (struct range){ view_character(view, cursor - 1).start,
			       cursor };
}

static bool erase(struct editor *editor, struct range range,
		  struct error *error)
{
	if (!document_delete(editor->buffer->document, range, error))
		return false;
	view_goto(&editor->buffer->view, range.start);
	editor_edited(editor, range, 0);
	return true;
}

/* What stood at KEPT's place before it was typed over. */
static bool put_back(struct editor *editor, const struct overwritten *kept,
		     struct error *error)
{
	struct document *document = editor->buffer->document;
	struct range range = range_of(kept->offset, 1);
	unsigned char now;

	if (kept->appended) {
		if (!document_delete(document, range, error))
			return false;
		editor_edited(editor, range, 0);
		return true;
	}
	/* Reverted it is no change any more, if nothing else hinders that. */
	if (!kept->changed && !document_revert(document, range, error))
		return false;
	if ((document_read(document, kept->offset, &now, 1) == 0
	     || now != kept->byte)
	    && !document_overwrite(document, kept->offset, &kept->byte, 1,
				   error))
		return false;
	editor_edited(editor, range, 1);
	return true;
}

bool editor_type_backspace(struct editor *editor, struct error *error)
{
	struct buffer *buffer = editor->buffer;
	struct view *view = &buffer->view;

	if (view->cursor == 0 && view->nibble == 0)
		return error_set(error, "this is the start");
	if (!begin_typing(editor, error))
		return false;
	if (view->mode == VIEW_INSERT)
		return erase(editor, last_typed(view), error);

	uint64_t at = last_typed(view).start;

	while (buffer->overwritten_count > 0) {
		size_t last = buffer->overwritten_count - 1;

		if (buffer->overwritten[last].offset < at)
			break;
		if (!put_back(editor, &buffer->overwritten[last], error))
			return false;
		buffer->overwritten_count = last;
	}
	view_goto(view, at);
	editor->serial++;
	return true;
}

bool editor_type_delete(struct editor *editor, struct error *error)
{
	const struct view *view = &editor->buffer->view;
	struct range there = view_character(view, view->cursor);

	if (range_is_empty(there))
		return error_set(error, "this is the end");
	return erase(editor, there, error);
}
