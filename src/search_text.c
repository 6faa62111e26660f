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
 *  2. `run` is empty, or `bytes` are those of the document there.
 */
#include "search_text.h"

#include <string.h>

#include "filter.h"
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

/* --- runs --- */

/* The bytes at OFFSET (< size), as far as they go on in memory. */
static const unsigned char *run_at(struct text_writer *writer, uint64_t offset)
{
	uint64_t before, after;

	if (!range_contains(writer->run, offset)) {
		writer->bytes = document_span_around(writer->document, offset,
						     &before, &after) - before;
		writer->run = (struct range){ offset - before,
					      offset + after };
	}
	return writer->bytes + (offset - writer->run.start);
}

/* --- newlines --- */

/* How many bytes from AT on, up to *END, must be looked at before it pays to
 * ask again whether there is a hole; 0: all up to *END is one. */
static uint64_t stretch(const struct text_writer *writer, uint64_t at,
			uint64_t *end)
{
	struct range hole;

	if (*end - at < SEARCH_HOLE)
		return *end - at;
	if (document_hole(writer->document, at, &hole) &&
	    hole.end - at >= SEARCH_HOLE) {
		if (hole.end < *end)
			*end = hole.end;
		return 0;
	}
	return SEARCH_HOLE;
}

uint64_t text_newlines(struct text_writer *writer, struct range range)
{
	uint64_t count = 0;
	uint64_t at = range.start;

	while (at < range.end) {
		uint64_t end = range.end;
		uint64_t length = stretch(writer, at, &end);

		if (length == 0) {
			at = end;
			continue;
		}

		const unsigned char *bytes = run_at(writer, at);

		if (length > writer->run.end - at)
			length = writer->run.end - at;
		count += filter_count('\n', bytes, (size_t)length);
		at += length;
	}
	return count;
}

/* --- lines --- */

/* How many bytes before AT, down to *LEAST, must be looked at before it pays to
 * ask again whether there is a hole; 0: all from *LEAST on is one. */
static uint64_t stretch_before(const struct text_writer *writer, uint64_t at,
			       uint64_t *least)
{
	struct range hole;

	if (at - *least < SEARCH_HOLE)
		return at - *least;
	if (document_hole(writer->document, at - 1, &hole) &&
	    at - hole.start >= SEARCH_HOLE) {
		if (hole.start > *least)
			*least = hole.start;
		return 0;
	}
	return SEARCH_HOLE;
}

/* Behind the last newline before OFFSET, or LEAST.  Nobody asks for a hole
 * within the first bytes: nearly all lines are short. */
static uint64_t line_start(struct text_writer *writer, uint64_t offset,
			   uint64_t least)
{
	uint64_t near = offset - least < SEARCH_HOLE ? least
						     : offset - SEARCH_HOLE;

	while (offset > least) {
		uint64_t first = least;
		uint64_t length = offset > near
					  ? offset - near
					  : stretch_before(writer, offset,
							   &first);

		if (length == 0) {
			offset = first;
			continue;
		}

		const unsigned char *last = run_at(writer, offset - 1);

		if (length > offset - writer->run.start)
			length = offset - writer->run.start;

		const unsigned char *newline = memrchr(last + 1 - length, '\n',
						       (size_t)length);

		if (newline)
			return offset - (uint64_t)(last - newline);
		offset -= length;
	}
	return least;
}

/* Behind the first newline from OFFSET on, or the document's end. */
static uint64_t line_end(struct text_writer *writer, uint64_t offset)
{
	uint64_t size = document_size(writer->document);
	uint64_t near = size - offset < SEARCH_HOLE ? size
						    : offset + SEARCH_HOLE;

	while (offset < size) {
		uint64_t end = size;
		uint64_t length = offset < near
					  ? near - offset
					  : stretch(writer, offset, &end);

		if (length == 0) {
			offset = end;
			continue;
		}

		const unsigned char *bytes = run_at(writer, offset);

		if (length > writer->run.end - offset)
			length = writer->run.end - offset;

		const unsigned char *newline = memchr(bytes, '\n',
						      (size_t)length);

		if (newline)
			return offset + (uint64_t)(newline - bytes) + 1;
		offset += length;
	}
	return size;
}

static bool put_bytes(struct text_writer *writer, struct range range,
		      struct error *error)
{
	while (range.start < range.end) {
		const unsigned char *bytes = run_at(writer, range.start);
		uint64_t length = writer->run.end - range.start;

		if (length > range_length(range))
			length = range_length(range);
		if (length > SEARCH_TEXT_PART)
			length = SEARCH_TEXT_PART;
		if (!writer->put(writer->sink, bytes, (size_t)length, error))
			return false;
		range.start += length;
		/* Of a line that is longer than memory none is kept. */
		if (length == SEARCH_TEXT_PART)
			document_release(writer->document,
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
	line.start = line_start(writer, start, writer->printed);
	line.end = line_end(writer, start);
	if (range_is_empty(line))
		return true;
	if (line.start > writer->counted)
		writer->newlines += text_newlines(writer, (struct range){
			writer->counted, line.start });
	*written = true;
	if (!put_line(writer, line, error))
		return false;
	writer->printed = line.end;
	writer->counted = line.end;
	if (*run_at(writer, line.end - 1) != '\n')
		return put_text(writer, "\n", 1, error);
	writer->newlines++;
	return true;
}
