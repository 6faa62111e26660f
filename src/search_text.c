/*
 * search_text: what a search finds as text.
 *
 * A line is read where it stands, in runs of the document, and handed on in
 * pieces, so its length is of no matter: a line of many gigabytes is passed
 * over once for its end, and once for its bytes.  Of holes only the latter
 * is read: there are no newlines in them.
 *
 * Which lines are selected is decided from left to right, each once: by the
 * match that starts in it, or by the first one behind it, or by the end of a
 * chunk in which it ends.  Lines behind a selected one are only owed, because
 * one of them may be selected itself: they are written when that is decided.
 *
 * Invariants
 *  1. lines.printed <= lines.decided, and both are starts of lines, or the
 *     document's end.
 *  2. What is owed is owed from lines.printed on, and only of lines that are
 *     not selected.
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
	struct newlines *newlines = &writer->newlines;

	while (range.start < range.end) {
		const unsigned char *bytes = newlines_run(newlines,
							  range.start);
		uint64_t length = newlines->run.end - range.start;

		if (length > range_length(range))
			length = range_length(range);
		if (length > SEARCH_TEXT_PART)
			length = SEARCH_TEXT_PART;
		if (!writer->put(writer->sink, bytes, (size_t)length, error))
			return false;
		range.start += length;
		/* Of a line that is longer than memory none is kept. */
		if (length == SEARCH_TEXT_PART)
			document_release(newlines->document,
					 range_of(range.start - length,
						  length));
	}
	return true;
}

/* LINE behind its number and MARK. */
static bool put_line(struct text_writer *writer, struct range line, char mark,
		     struct error *error)
{
	char text[NUMBER_SIZE];
	char *end = text + sizeof text;
	char *start = end;

	*--start = mark;
	start = put_number(start, writer->number + 1, 10);
	if (!put_prefix(writer, error) ||
	    !put_text(writer, start, (size_t)(end - start), error) ||
	    !put_bytes(writer, line, error))
		return false;
	writer->counted = line.end;
	if (*newlines_run(&writer->newlines, line.end - 1) != '\n')
		return put_text(writer, "\n", 1, error);
	writer->number++;
	return true;
}

static uint64_t line_end(struct text_writer *writer, uint64_t offset)
{
	return newlines_after(&writer->newlines, offset,
			      document_size(writer->newlines.document));
}

/* Counts up to OFFSET, or back to it. */
static void count_to(struct text_writer *writer, uint64_t offset)
{
	if (offset > writer->counted)
		writer->number += newlines_count(&writer->newlines,
			(struct range){ writer->counted, offset });
	else
		writer->number -= newlines_count(&writer->newlines,
			(struct range){ offset, writer->counted });
	writer->counted = offset;
}

/* Those in RANGE, which begins and ends where lines do. */
static bool put_lines(struct text_writer *writer, struct range range, char mark,
		      struct error *error)
{
	struct range line = { range.start, range.start };

	if (range_is_empty(range))
		return true;
	count_to(writer, range.start);
	while (line.end < range.end) {
		line.start = line.end;
		line.end = line_end(writer, line.start);
		if (!put_line(writer, line, mark, error))
			return false;
	}
	writer->lines.printed = range.end;
	return true;
}

/* --- context --- */

/* What is owed, up to LIMIT. */
static bool put_owed(struct text_writer *writer, uint64_t limit,
		     struct error *error)
{
	struct range range = { writer->lines.printed, writer->lines.printed };

	for (; writer->lines.owed > 0 && range.end < limit;
	     writer->lines.owed--)
		range.end = line_end(writer, range.end);
	return put_lines(writer, range, '-', error);
}

/* Where the context before START begins. */
static uint64_t context_start(struct text_writer *writer, uint64_t start)
{
	for (uint64_t i = writer->which.before;
	     i > 0 && start > writer->lines.printed; i--)
		start = newlines_before(&writer->newlines, start - 1,
					writer->lines.printed);
	return start;
}

/* --- selecting --- */

static uint64_t lines_in(struct text_writer *writer, struct range range)
{
	return newlines_count(&writer->newlines, range) +
	       (*newlines_run(&writer->newlines, range.end - 1) != '\n');
}

/* The lines in RANGE, one or more, are selected. */
static bool select_lines(struct text_writer *writer, struct range range,
			 uint64_t *count, struct error *error)
{
	struct text_lines *lines = &writer->lines;
	uint64_t start;

	/* The usual is to count those with a match. */
	*count += writer->which.others ? lines_in(writer, range) : 1;
	if (writer->which.only_count)
		return true;
	if (!put_owed(writer, range.start, error))
		return false;
	start = context_start(writer, range.start);
	if (writer->which.with_context && lines->any &&
	    start > lines->printed && !put_text(writer, "--\n", 3, error))
		return false;
	if (!put_lines(writer, (struct range){ start, range.start }, '-',
		       error) ||
	    !put_lines(writer, range, ':', error))
		return false;
	lines->owed = writer->which.behind;
	lines->any = true;
	return true;
}

void text_lines_begin(struct text_writer *writer, uint64_t offset,
		      const struct text_lines *before)
{
	struct newlines *newlines = &writer->newlines;

	if (before)
		writer->lines = *before;
	else
		writer->lines = (struct text_lines){
			.newlines = writer->which.only_count ? 0 :
				newlines_count(newlines,
					       (struct range){ 0, offset }),
			.decided = newlines_before(newlines, offset, 0),
		};
	writer->number = writer->lines.newlines;
	writer->counted = offset;
}

bool text_lines_match(struct text_writer *writer, uint64_t start,
		      uint64_t *count, struct error *error)
{
	uint64_t decided = writer->lines.decided;
	struct range line;

	if (start < decided)
		return true;
	line.start = newlines_before(&writer->newlines, start, decided);
	line.end = line_end(writer, start);
	if (range_is_empty(line))
		return true;
	writer->lines.decided = line.end;
	if (!writer->which.others)
		return select_lines(writer, line, count, error);
	return decided == line.start ||
	       select_lines(writer, (struct range){ decided, line.start },
			    count, error);
}

/* Where the lines end that are decided once no more matches start in CHUNK. */
static uint64_t decided_after(struct text_writer *writer, struct range chunk,
			      bool last)
{
	uint64_t decided = writer->lines.decided;
	uint64_t least = decided > chunk.start ? decided : chunk.start;
	uint64_t end = writer->range.end;
	uint64_t behind;

	if (last)
		return end > decided ? line_end(writer, end - 1) : decided;
	if (chunk.end <= least)
		return decided;
	/* Not further back than the chunk: a line may be longer than many. */
	behind = newlines_before(&writer->newlines, chunk.end, least);
	return behind > least ? behind : decided;
}

bool text_lines_end(struct text_writer *writer, struct range chunk, bool last,
		    uint64_t *count, struct error *error)
{
	uint64_t size = document_size(writer->newlines.document);
	struct range range = { writer->lines.decided, 0 };

	if (text_lines_are_plain(writer))
		return true;
	range.end = decided_after(writer, chunk, last);
	writer->lines.decided = range.end;
	if (writer->which.others && !range_is_empty(range) &&
	    !select_lines(writer, range, count, error))
		return false;
	return put_owed(writer, last ? size : range.end, error);
}

bool text_lines_are_plain(const struct text_writer *writer)
{
	const struct search_lines *which = &writer->which;

	return !which->others && (which->only_count || !which->with_context);
}

uint64_t text_lines_after(struct text_writer *writer, uint64_t start)
{
	uint64_t decided = writer->lines.decided;

	return start < decided ? decided : line_end(writer, start);
}
