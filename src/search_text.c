/*
 * search_text: what a search finds as text.
 *
 * A line is read where it stands, in runs of the document, and handed on in
 * pieces, so its length is of no matter: a line of many gigabytes is passed
 * over once for its end, and once for its bytes.  Of holes only the latter
 * is read: there are no newlines in them.
 *
 * Invariants
 *  1. counted is not behind the line of the next match, unless that one has
 *     been written or began before counting did; and no line that begins
 *     before `printed` is written again.
 */
#include "search_text.h"

#include <string.h>

#include "sizes.h"

enum { NUMBER_SIZE = 24 };

/* --- numbers --- */

/* The digits of VALUE, to the left of END; their start. */
static char *put_number(char *end, uint64_t value, unsigned base)
{
	do
		*--end = "0123456789abcdef"[value % base];
	while (value /= base);
	return end;
}

static bool put_text(struct text_writer *writer, const char *text,
		     size_t length, struct error *error)
{
	return writer->put(writer->sink, text, length, error);
}

static bool put_prefix(struct text_writer *writer, struct error *error)
{
	return !writer->prefix ||
	       put_text(writer, writer->prefix, strlen(writer->prefix), error);
}

bool text_write_match(struct text_writer *writer, struct match match,
		      struct error *error)
{
	char text[2 * NUMBER_SIZE];
	char *end = text + sizeof text;
	char *start = end;

	*--start = '\n';
	start = put_number(start, match.end - match.start, 10);
	*--start = ' ';
	start = put_number(start, match.start, 16);
	*--start = 'x';
	*--start = '0';
	return put_prefix(writer, error) &&
	       put_text(writer, start, (size_t)(end - start), error);
}

/* --- lines --- */

static bool put_bytes(struct text_writer *writer, struct range range,
		      struct error *error)
{
	while (range.start < range.end) {
		const unsigned char *bytes = newlines_run(&writer->lines, range.start);
		uint64_t length = writer->lines.run.end - range.start;

		if (length > range_length(range))
			length = range_length(range);
		if (length > SEARCH_TEXT_PART)
			length = SEARCH_TEXT_PART;
		if (!writer->put(writer->sink, bytes, (size_t)length, error))
			return false;
		range.start += length;
		/* Of a line that is longer than memory none is kept. */
		if (length == SEARCH_TEXT_PART)
			document_release(writer->lines.document,
					 range_of(range.start - length,
						  length));
	}
	return true;
}

static bool put_line(struct text_writer *writer, struct range line,
		     struct error *error)
{
	char text[NUMBER_SIZE];
	char *end = text + sizeof text;
	char *start = end;

	*--start = ':';
	start = put_number(start, writer->newlines + 1, 10);
	return put_prefix(writer, error) &&
	       put_text(writer, start, (size_t)(end - start), error) &&
	       put_bytes(writer, line, error);
}

static uint64_t line_end(struct text_writer *writer, uint64_t offset)
{
	return newlines_after(&writer->lines, offset,
			      document_size(writer->lines.document));
}

uint64_t text_printed_after(struct text_writer *writer, uint64_t start)
{
	return start < writer->printed ? writer->printed
				       : line_end(writer, start);
}

bool text_write_line(struct text_writer *writer, uint64_t start,
		     bool *written, struct error *error)
{
	struct range line;

	*written = false;
	if (start < writer->printed)
		return true;
	line.start = newlines_before(&writer->lines, start,
				     writer->printed);
	line.end = line_end(writer, start);
	if (range_is_empty(line))
		return true;
	if (line.start > writer->counted)
		writer->newlines += newlines_count(
			&writer->lines,
			(struct range){ writer->counted, line.start });
	*written = true;
	if (!put_line(writer, line, error))
		return false;
	writer->printed = line.end;
	writer->counted = line.end;
	if (*newlines_run(&writer->lines, line.end - 1) != '\n')
		return put_text(writer, "\n", 1, error);
	writer->newlines++;
	return true;
}
