/*
 * scanner: windows, in place in the document's bytes, copied out of the file, or
 * gathered around a seam.
 * Where they may begin and end is in the invariants of src/scanner.c.
 */
#include <stdlib.h>
#include <string.h>

#include "scanner_internal.h"
#include "sizes.h"

enum {
	SCANNER_GATHER_MAXIMUM = 256 << 20,
	/* Zeros behind a gathered window: longer than a character, and than
	 * the 16 bytes that PCRE2's JIT looks at together. */
	SCANNER_SLACK = 32,
};

/* Where a window for an attempt at AT must begin, at the latest. */
static uint64_t first_byte(const struct scanner *scanner, uint64_t at)
{
	uint64_t behind = scanner->pattern->lookbehind;

	return scanner_needs_all(scanner) || at - scanner->origin < behind
		       ? scanner->origin : at - behind;
}

bool scanner_covers(const struct scanner *scanner, uint64_t at)
{
	if (scanner->start > first_byte(scanner, at))
		return false;
	return at < scanner->end || scanner->end == scanner->size;
}

/* Bytes of a character that the window's end cuts off; 0 for none. */
static unsigned cut_character(const struct scanner *scanner, uint64_t end)
{
	for (unsigned i = 1; i <= 3 && i <= end - scanner->start; i++) {
		unsigned char byte = scanner->bytes[end - scanner->start - i];

		if (scanner_continues(byte))
			continue;

		unsigned length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3
						: byte >= 0xc0	  ? 2 : 1;

		return length > i ? i : 0;
	}
	return 0;
}

/* Moves the end back to where a window may end; false where nothing after PAST
 * would be left. */
static bool trim_end(struct scanner *scanner, uint64_t past)
{
	if (scanner->end == scanner->size)
		return true;

	uint64_t end = scanner->end;

	for (;;) {
		unsigned cut = 0;

		if (end <= past)
			return false;
		if (scanner->bytes[end - scanner->start - 1] == '\n')
			cut = 1;
		else if (scanner->pattern->utf)
			cut = cut_character(scanner, end);
		if (cut == 0)
			break;
		end -= cut;
	}
	scanner->end = end;
	return true;
}

/* Has the buffer room for LENGTH bytes, now? */
static bool reserve(struct scanner *scanner, uint64_t length)
{
	if (length <= scanner->capacity)
		return true;
	free(scanner->buffer);
	scanner->capacity = 0;
	scanner->buffer = malloc((size_t)length + SCANNER_SLACK);
	if (scanner->buffer)
		scanner->capacity = (size_t)length;
	return scanner->buffer != NULL;
}

/* The window is what the buffer has. */
static void take_buffer(struct scanner *scanner, uint64_t first, uint64_t end)
{
	memset(scanner->buffer + (end - first), 0, SCANNER_SLACK);
	scanner->bytes = scanner->buffer;
	scanner->start = first;
	scanner->end = end;
}

static bool gather(struct scanner *scanner, uint64_t first, uint64_t end,
		   uint64_t at, struct error *error)
{
	uint64_t length = end - first;

	if (length > SCANNER_GATHER_MAXIMUM)
		return error_set(error, "the search at offset 0x%llx needs "
				 "more than %d MiB around an edit",
				 (unsigned long long)at,
				 SCANNER_GATHER_MAXIMUM >> 20);
	if (!reserve(scanner, length))
		return error_set_memory(error);
	document_read(scanner->document, first, scanner->buffer,
		      (size_t)length);
	take_buffer(scanner, first, end);
	return true;
}

/* Where a copy for an attempt at AT ends: a little behind where a chunk may, so
 * that no other one need be made for its last attempts. */
static uint64_t copy_end(const struct scanner *scanner, uint64_t at,
			 uint64_t need)
{
	const uint64_t part = SEARCH_COPY;
	uint64_t end = (at + need + part - 1) / part * part + part / 128;

	return end < scanner->size ? end : scanner->size;
}

/* Takes the window out of the file: not where that is a long one, nor where a
 * hole would be read. */
static bool copy(struct scanner *scanner, uint64_t first, uint64_t at,
		 uint64_t need)
{
	uint64_t end = copy_end(scanner, at, need);
	const struct range *attempts = &scanner->attempts;
	bool hole = attempts->end < end && scanner->resume > attempts->end;

	if (!scanner->copies || need > scanner->window || hole ||
	    first == end || end - first > 3 * SEARCH_COPY ||
	    !reserve(scanner, end - first) ||
	    !document_read_file(scanner->document, first, scanner->buffer,
			    (size_t)(end - first)))
		return false;
	take_buffer(scanner, first, end);
	return true;
}

/* Takes the window from the run around AT, if that goes from FIRST to END. */
static bool place_in_run(struct scanner *scanner, uint64_t at, uint64_t first,
			 uint64_t end)
{
	uint64_t probe = at < scanner->size ? at : at - 1;
	uint64_t before, after;

	/* What is read by blocks is read once like this. */
	if (document_by_blocks(scanner->document))
		return false;

	const unsigned char *bytes = document_span_around(
		scanner->document, probe, &before, &after);
	uint64_t run_start = probe - before;
	uint64_t run_end = probe + after;

	if (run_end > scanner->tail)
		run_end = scanner->tail;
	if (run_start > first || run_end < end)
		return false;
	/* All of the run, but for the interpreter, and where what comes next
	 * may be copied. */
	if (!scanner->pattern->jit || scanner->copies) {
		run_start = first;
		run_end = end;
	}
	scanner->bytes = bytes - (probe - run_start);
	scanner->start = run_start;
	scanner->end = run_end;
	return true;
}

bool scanner_place(struct scanner *scanner, uint64_t at, uint64_t need,
		   uint64_t past, struct error *error)
{
	uint64_t first = first_byte(scanner, at);

	memset(scanner->looked, 0, sizeof scanner->looked);
	scanner->known = (struct range){ 0, 0 };
	for (;;) {
		uint64_t end = scanner->size - at < need ? scanner->size
							 : at + need;

		if (scanner_needs_all(scanner))
			end = scanner->size;
		if (!copy(scanner, first, at, need) &&
		    !place_in_run(scanner, at, first, end) &&
		    !gather(scanner, first, end, at, error))
			return false;
		if (trim_end(scanner, past))
			return true;
		/* Nothing but newlines: look further. */
		need = (need > scanner->end - at ? need : scanner->end - at)
		       * 4;
	}
}
