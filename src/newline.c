/*
 * newline: where the lines of a document end.
 *
 * All of it looks for one byte; in UTF-16, where that byte may be half of
 * another character, its neighbour is asked as well.
 *
 * Invariants
 *  1. `run` is empty, or `bytes` are those of the document there.
 */
#include "newline.h"

#include <string.h>

#include "filter.h"
#include "sizes.h"

struct newlines newlines_of(const struct document *document,
			    enum newline_form form)
{
	return (struct newlines){ .document = document, .form = form };
}

const unsigned char *newlines_run(struct newlines *newlines, uint64_t offset)
{
	uint64_t before, after;

	if (!range_contains(newlines->run, offset)) {
		newlines->bytes =
			document_span_around(newlines->document, offset,
					     &before, &after) - before;
		newlines->run = (struct range){ offset - before,
						offset + after };
	}
	return newlines->bytes + (offset - newlines->run.start);
}

/* --- what a newline is --- */

static unsigned char byte_of(const struct newlines *newlines)
{
	return newlines->form == NEWLINE_EBCDIC ? 0x15 : '\n';
}

unsigned newline_unit(enum newline_form form)
{
	return form == NEWLINE_UTF16LE || form == NEWLINE_UTF16BE ? 2 : 1;
}

static bool is_wide(const struct newlines *newlines)
{
	return newline_unit(newlines->form) == 2;
}

/* Is the byte of a newline at AT one? */
static bool is_newline(struct newlines *newlines, uint64_t at)
{
	unsigned parity = newlines->form == NEWLINE_UTF16BE;

	if (!is_wide(newlines))
		return true;
	return at % 2 == parity &&
	       (at ^ 1) < document_size(newlines->document) &&
	       *newlines_run(newlines, at ^ 1) == 0;
}

static uint64_t behind(const struct newlines *newlines, uint64_t at)
{
	return is_wide(newlines) ? (at | 1) + 1 : at + 1;
}

/* --- stretches --- */

/* How many bytes from AT on, up to *END, must be looked at before it pays to
 * ask again whether there is a hole; 0: all up to *END is one. */
static uint64_t stretch(const struct newlines *newlines, uint64_t at,
			uint64_t *end)
{
	struct range hole;

	if (*end - at < SEARCH_HOLE)
		return *end - at;
	if (document_hole(newlines->document, at, &hole) &&
	    hole.end - at >= SEARCH_HOLE) {
		if (hole.end < *end)
			*end = hole.end;
		return 0;
	}
	return SEARCH_HOLE;
}

/* How many bytes before AT, down to *LEAST, must be looked at before it pays to
 * ask again whether there is a hole; 0: all from *LEAST on is one. */
static uint64_t stretch_before(const struct newlines *newlines, uint64_t at,
			       uint64_t *least)
{
	struct range hole;

	if (at - *least < SEARCH_HOLE)
		return at - *least;
	if (document_hole(newlines->document, at - 1, &hole) &&
	    at - hole.start >= SEARCH_HOLE) {
		if (hole.start > *least)
			*least = hole.start;
		return 0;
	}
	return SEARCH_HOLE;
}

/* --- finding --- */

/* The first byte of a newline from OFFSET on, or MOST.  Nobody asks for a hole
 * within the first bytes: nearly all lines are short. */
static uint64_t find_after(struct newlines *newlines, uint64_t offset,
			   uint64_t most)
{
	uint64_t near = most - offset < SEARCH_HOLE ? most
						    : offset + SEARCH_HOLE;

	while (offset < most) {
		uint64_t end = most;
		uint64_t length = offset < near
					  ? near - offset
					  : stretch(newlines, offset, &end);

		if (length == 0) {
			offset = end;
			continue;
		}

		const unsigned char *bytes = newlines_run(newlines, offset);

		if (length > newlines->run.end - offset)
			length = newlines->run.end - offset;

		const unsigned char *found = memchr(bytes, byte_of(newlines),
						    (size_t)length);

		if (found)
			return offset + (uint64_t)(found - bytes);
		offset += length;
	}
	return most;
}

uint64_t newlines_after(struct newlines *newlines, uint64_t offset,
			uint64_t most)
{
	for (; offset < most; offset++) {
		offset = find_after(newlines, offset, most);
		if (offset < most && is_newline(newlines, offset))
			return behind(newlines, offset);
	}
	return most;
}

/* Behind the last byte of a newline before OFFSET, or LEAST. */
static uint64_t find_before(struct newlines *newlines, uint64_t offset,
			    uint64_t least)
{
	uint64_t near = offset - least < SEARCH_HOLE ? least
						     : offset - SEARCH_HOLE;

	while (offset > least) {
		uint64_t first = least;
		uint64_t length = offset > near
					  ? offset - near
					  : stretch_before(newlines, offset,
							   &first);

		if (length == 0) {
			offset = first;
			continue;
		}

		const unsigned char *last = newlines_run(newlines, offset - 1);

		if (length > offset - newlines->run.start)
			length = offset - newlines->run.start;

		const unsigned char *found =
			memrchr(last + 1 - length, byte_of(newlines),
				(size_t)length);

		if (found)
			return offset - (uint64_t)(last - found);
		offset -= length;
	}
	return least;
}

uint64_t newlines_before(struct newlines *newlines, uint64_t offset,
			 uint64_t least)
{
	uint64_t at = offset;

	while (at > least) {
		at = find_before(newlines, at, least);
		if (at == least)
			break;
		at--;
		if (behind(newlines, at) <= offset && is_newline(newlines, at))
			return behind(newlines, at);
	}
	return least;
}

/* --- counting --- */

/* Of one byte each, in what is mapped or read. */
static uint64_t count_bytes(struct newlines *newlines, uint64_t at,
			    uint64_t length)
{
	uint64_t count = 0;

	while (length > 0 && newlines->copy) {
		size_t part = length < newlines->copy_size
				      ? (size_t)length : newlines->copy_size;

		if (!document_read_file(newlines->document, at,
					newlines->copy, part))
			break;
		count += filter_count(byte_of(newlines), newlines->copy, part);
		at += part;
		length -= part;
	}
	if (length > 0)
		count += filter_count(byte_of(newlines),
				      newlines_run(newlines, at),
				      (size_t)length);
	return count;
}

static uint64_t count_run(struct newlines *newlines, uint64_t at,
			  uint64_t length)
{
	uint64_t count = 0;
	uint64_t end = at + length;

	if (!is_wide(newlines))
		return count_bytes(newlines, at, length);
	for (; at < end; at++) {
		at = find_after(newlines, at, end);
		count += at < end && is_newline(newlines, at);
	}
	return count;
}

uint64_t newlines_count(struct newlines *newlines, struct range range)
{
	uint64_t count = 0;
	uint64_t at = range.start;

	while (at < range.end) {
		uint64_t end = range.end;
		uint64_t length = stretch(newlines, at, &end);

		if (length == 0) {
			at = end;
			continue;
		}
		newlines_run(newlines, at);
		if (length > newlines->run.end - at)
			length = newlines->run.end - at;
		count += count_run(newlines, at, length);
		at += length;
	}
	return count;
}

bool newlines_skip(struct newlines *newlines, struct range range,
		   uint64_t count, uint64_t *offset)
{
	for (uint64_t at = range.start; at < range.end; at++) {
		at = find_after(newlines, at, range.end);
		if (at == range.end || !is_newline(newlines, at) ||
		    --count > 0)
			continue;
		*offset = behind(newlines, at);
		return true;
	}
	return false;
}
