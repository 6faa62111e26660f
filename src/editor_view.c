/*
 * How a document is shown: as the options say, and where these leave it to the
 * file, by its first bytes.
 */
#include "encoding.h"
#include "editor_internal.h"

/* So much of a file says whether it is text. */
enum { LOOKED_AT = 4096 };

enum { MODE_AUTO, MODE_HEX, MODE_TEXT };

/* The first choice of the option is to find out; the others are in the order
 * of the forms. */
static enum encoding_form encoding_of(const struct document *document,
				      long option)
{
	unsigned char mark[2];

	if (option > 0)
		return (enum encoding_form)(option - 1);
	if (document_size(document) < 2 ||
	    document_read(document, 0, mark, 2) != 2)
		return ENCODING_UTF8;
	if (mark[0] == 0xff && mark[1] == 0xfe)
		return ENCODING_UTF16LE;
	if (mark[0] == 0xfe && mark[1] == 0xff)
		return ENCODING_UTF16BE;
	return ENCODING_UTF8;
}

static bool is_of_text(uint32_t character)
{
	if (character < ' ')
		return (character >= '\b' && character <= '\r') ||
		       character == 0x1b;
	return character != 0x7f &&
	       (character < 0x80 || character >= 0xa0 || character == 0x85);
}

/* Of so many characters one may be none: a log may have bytes of anybody, or be
 * in Latin-1, but no other bytes are free of what text does not have. */
enum { CHARACTERS_OF_TEXT = 8 };

static bool looks_like_text(const struct document *document,
			    enum encoding_form form)
{
	enum { CHARACTER = 4 };
	unsigned char bytes[LOOKED_AT];
	uint64_t size = document_size(document);
	size_t length = size < LOOKED_AT ? (size_t)size : LOOKED_AT;
	size_t invalid = 0;
	size_t count = 0;
	size_t at = 0;

	length = document_read(document, 0, bytes, length);

	/* The last character may be cut off. */
	size_t end = length < size && length >= CHARACTER
			     ? length - CHARACTER + 1 : length;

	while (at < end) {
		uint32_t character;

		at += encoding_get(form, bytes + at, length - at, &character);
		if (!is_of_text(character))
			return false;
		invalid += character == UINT32_MAX;
		count++;
	}
	return count > 0 && invalid <= count / CHARACTERS_OF_TEXT;
}

void editor_choose_mode(const struct editor *editor, struct view *view)
{
	long mode = editor->options.values[OPTION_MODE];

	view_set_text_mode(view, mode == MODE_TEXT ||
				 (mode == MODE_AUTO && editor->interactive &&
				  looks_like_text(view->document,
						  view->text.encoding)));
}

void editor_lay_out_view(const struct editor *editor, struct view *view)
{
	const long *values = editor->options.values;

	view_set_options(view, &(struct layout_options){
		(unsigned)values[OPTION_BYTES_PER_ROW],
		(unsigned)values[OPTION_GROUP],
	});
	view_set_text_options(view, &(struct text_options){
		.wrap = values[OPTION_WRAP],
		.colors = values[OPTION_ANSI] == 0,
		.numbers = values[OPTION_LINE_NUMBERS],
		.tab = (unsigned)values[OPTION_TAB_WIDTH],
		.encoding = encoding_of(view->document,
					values[OPTION_ENCODING]),
	});
	view_set_folding(view, values[OPTION_FOLD_HOLES]);
}

void editor_begin_view(const struct editor *editor, struct view *view,
		       struct document *document)
{
	view_init(view, document);
	editor_lay_out_view(editor, view);
	editor_choose_mode(editor, view);
}

/* Only of a filter that hides lines a view knows. */
static void tell_view(struct editor *editor, struct view *view,
		      struct buffer *buffer)
{
	bool hides = buffer->filter && line_filter_hides(buffer->filter);
	struct view_lines lines = {
		.context = buffer,
		.number = editor_shown_number,
		.from = hides ? editor_shown_from : NULL,
		.before = hides ? editor_shown_before : NULL,
	};

	editor_lines_show(editor, buffer, view);
	if (lines.context != view->lines.context
	    || lines.from != view->lines.from)
		view_set_lines(view, &lines);
}

void editor_tell_views(struct editor *editor)
{
	for (size_t i = 0; i < editor->window_count; i++)
		if (editor->windows[i].buffer)
			tell_view(editor, editor_window_view(editor, i),
				  editor->windows[i].buffer);
}
