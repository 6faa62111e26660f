/*
 * scanner: one pass of PCRE2 over a document, from wherever it is told.
 *
 * PCRE2 wants contiguous bytes.  A document that is one run in memory is given
 * to it as it is, all of it, so nothing is copied and everything around a match
 * is there.  Else the pass goes through windows: in place where a run is long
 * enough, gathered into a buffer around seams.  A window that does not reach
 * the document's end is searched with PCRE2_PARTIAL_HARD, which stops at the
 * first attempt that wanted to see beyond; a larger window is then placed for
 * that attempt, until it is decided.  So what a window gives is what the whole
 * document would have given.
 *
 * Most patterns cannot match at a zero byte, and holes of the file are made of
 * them; there no attempt is made, so nothing of a hole is read unless a match
 * runs into it.
 *
 * Invariants
 *  1. A window begins at the document's start, or more bytes before the
 *     position that it is used from than the pattern can look behind.  So \A,
 *     ^ and \b never see where it begins.
 *  2. A window that ends before the document ends neither in a newline
 *     (PCRE2 reports no partial match for ^ there) nor inside a character.
 *  3. Attempts are made before the window's end only; the one at its end is
 *     left to the next window.
 *  4. In UTF mode, a document that ends in no whole character does so in a
 *     gathered window with zeros behind: at \b there PCRE2's JIT looks for
 *     the rest of the character past the end.  (Not with invariant 5.)
 *  5. A pattern that steers the search or looks back without bound has one
 *     window: the document.
 *  6. Attempts at bytes of a hole are left out only where the pattern could
 *     not match there.
 */
#include "scanner.h"

#include <stdlib.h>
#include <string.h>

#include "pattern_internal.h"
#include "sizes.h"

enum {
	SCANNER_STACK_FIRST = 32 << 10,
	SCANNER_STACK_MAXIMUM = 64 << 20,
	SCANNER_MATCH_LIMIT = 10000000,
	SCANNER_HEAP_KIBIBYTES = 64 << 10,
	/* Without JIT each call looks at all of the rest for bad UTF-8. */
	SCANNER_INTERPRETED = 64 << 10,
	SCANNER_GATHER_MAXIMUM = 256 << 20,
	/* Zeros behind a gathered window: longer than a character, and than
	 * the 16 bytes that PCRE2's JIT looks at together. */
	SCANNER_SLACK = 32,
	SCANNER_MESSAGE_SIZE = 256,
};

struct scanner {
	const struct document *document;
	const struct pattern *pattern;
	uint64_t size;
	uint64_t window;	/* bytes asked for at first */
	uint64_t tail;		/* windows in place end here at the latest */
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
	/* The window: bytes[0] is the byte at `start`. */
	const unsigned char *bytes;
	uint64_t start;
	uint64_t end;
	unsigned char *buffer;
	size_t capacity;
	/* Attempts to be made, and from where on again: behind the hole that
	 * ends them. */
	struct range attempts;
	uint64_t resume;
};

static bool is_continuation(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

static bool needs_everything(const struct scanner *scanner)
{
	return scanner->pattern->sequential ||
	       scanner->pattern->lookbehind == SIZE_MAX;
}

static uint64_t find_tail(const struct scanner *scanner)
{
	unsigned char last = 0;

	if (scanner->size == 0 || !scanner->pattern->utf ||
	    needs_everything(scanner))
		return scanner->size;
	document_read(scanner->document, scanner->size - 1, &last, 1);
	return last < 0x80 ? scanner->size : scanner->size - 1;
}

static bool scanner_prepare(struct scanner *scanner)
{
	scanner->data = pcre2_match_data_create(1, NULL);
	scanner->context = pcre2_match_context_create(NULL);
	if (!scanner->data || !scanner->context)
		return false;
	pcre2_set_match_limit(scanner->context, SCANNER_MATCH_LIMIT);
	pcre2_set_heap_limit(scanner->context, SCANNER_HEAP_KIBIBYTES);
	if (!scanner->pattern->jit)
		return true;
	scanner->stack = pcre2_jit_stack_create(SCANNER_STACK_FIRST,
						SCANNER_STACK_MAXIMUM, NULL);
	pcre2_jit_stack_assign(scanner->context, NULL, scanner->stack);
	return scanner->stack != NULL;
}

struct scanner *scanner_new(const struct document *document,
			    const struct pattern *pattern,
			    struct error *error)
{
	struct scanner *scanner = calloc(1, sizeof *scanner);

	if (!scanner) {
		error_set_memory(error);
		return NULL;
	}
	scanner->document = document;
	scanner->pattern = pattern;
	scanner->size = document_size(document);
	scanner->window = SEARCH_WINDOW;
	if (!pattern->jit && scanner->window > SCANNER_INTERPRETED)
		scanner->window = SCANNER_INTERPRETED;
	scanner->tail = find_tail(scanner);
	/* An empty document: the window is there, and covers it. */
	scanner->bytes = (const unsigned char *)"";
	if (!scanner_prepare(scanner)) {
		scanner_free(scanner);
		error_set_memory(error);
		return NULL;
	}
	return scanner;
}

void scanner_free(struct scanner *scanner)
{
	if (!scanner)
		return;
	pcre2_match_data_free(scanner->data);
	pcre2_match_context_free(scanner->context);
	pcre2_jit_stack_free(scanner->stack);
	free(scanner->buffer);
	free(scanner);
}

bool scanner_keep_groups(struct scanner *scanner, struct error *error)
{
	pcre2_match_data *data = pcre2_match_data_create_from_pattern(
		scanner->pattern->code, NULL);

	if (!data)
		return error_set_memory(error);
	pcre2_match_data_free(scanner->data);
	scanner->data = data;
	return true;
}

/* --- windows --- */

/* Where a window for an attempt at AT must begin, at the latest. */
static uint64_t first_byte(const struct scanner *scanner, uint64_t at)
{
	uint64_t behind = scanner->pattern->lookbehind;

	return needs_everything(scanner) || at < behind ? 0 : at - behind;
}

static bool covers(const struct scanner *scanner, uint64_t at)
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

		if (is_continuation(byte))
			continue;

		unsigned length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3
						: byte >= 0xc0	  ? 2 : 1;

		return length > i ? i : 0;
	}
	return 0;
}

/* Moves the end back to where a window may end; false where nothing after AT
 * would be left. */
static bool trim_end(struct scanner *scanner, uint64_t at)
{
	if (scanner->end == scanner->size)
		return true;

	uint64_t end = scanner->end;

	for (;;) {
		unsigned cut = 0;

		if (end <= at)
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

static bool gather(struct scanner *scanner, uint64_t first, uint64_t end,
		   uint64_t at, struct error *error)
{
	uint64_t length = end - first;

	if (length > SCANNER_GATHER_MAXIMUM)
		return error_set(error, "the search at offset 0x%llx needs "
				 "more than %d MiB around an edit",
				 (unsigned long long)at,
				 SCANNER_GATHER_MAXIMUM >> 20);
	if (length > scanner->capacity) {
		free(scanner->buffer);
		scanner->capacity = 0;
		scanner->buffer = malloc((size_t)length + SCANNER_SLACK);
		if (!scanner->buffer)
			return error_set_memory(error);
		scanner->capacity = (size_t)length;
	}
	document_read(scanner->document, first, scanner->buffer,
		      (size_t)length);
	memset(scanner->buffer + length, 0, SCANNER_SLACK);
	scanner->bytes = scanner->buffer;
	scanner->start = first;
	scanner->end = end;
	return true;
}

/* Takes the window from the run around AT, if that goes from FIRST to END. */
static bool place_in_run(struct scanner *scanner, uint64_t at, uint64_t first,
			 uint64_t end)
{
	uint64_t probe = at < scanner->size ? at : at - 1;
	uint64_t before, after;
	const unsigned char *bytes = document_span_around(
		scanner->document, probe, &before, &after);
	uint64_t run_start = probe - before;
	uint64_t run_end = probe + after;

	if (run_end > scanner->tail)
		run_end = scanner->tail;
	if (run_start > first || run_end < end)
		return false;
	/* All of the run, but for the interpreter. */
	if (!scanner->pattern->jit) {
		run_start = first;
		run_end = end;
	}
	scanner->bytes = bytes - (probe - run_start);
	scanner->start = run_start;
	scanner->end = run_end;
	return true;
}

/* A window with at least NEED bytes from AT on, or up to the document's end. */
static bool place(struct scanner *scanner, uint64_t at, uint64_t need,
		  struct error *error)
{
	uint64_t first = first_byte(scanner, at);

	for (;;) {
		uint64_t end = scanner->size - at < need ? scanner->size
							 : at + need;

		if (needs_everything(scanner))
			end = scanner->size;
		if (!place_in_run(scanner, at, first, end) &&
		    !gather(scanner, first, end, at, error))
			return false;
		if (trim_end(scanner, at))
			return true;
		/* Nothing but newlines: look further. */
		need = (need > scanner->end - at ? need : scanner->end - at)
		       * 4;
	}
}

/* --- matching --- */

static bool give_up(const struct scanner *scanner, int code, uint64_t at,
		    struct error *error)
{
	const char *limit = NULL;
	PCRE2_UCHAR message[SCANNER_MESSAGE_SIZE] = "";

	if (code == PCRE2_ERROR_MATCHLIMIT)
		limit = "match limit";
	else if (code == PCRE2_ERROR_DEPTHLIMIT)
		limit = "depth limit";
	else if (code == PCRE2_ERROR_HEAPLIMIT)
		limit = "heap limit";
	else if (code == PCRE2_ERROR_JIT_STACKLIMIT)
		limit = "stack limit";
	if (limit)
		return error_set(error, "the pattern %s reached PCRE2's %s at "
				 "offset 0x%llx", scanner->pattern->text,
				 limit, (unsigned long long)at);
	pcre2_get_error_message(code, message, sizeof message);
	return error_set(error, "the pattern %s failed at offset 0x%llx: %s",
			 scanner->pattern->text, (unsigned long long)at,
			 (char *)message);
}

static int run(const struct scanner *scanner, uint64_t from, uint64_t limit)
{
	bool last = scanner->end == scanner->size;

	/* Before the document's start and end there is nothing to look at;
	 * elsewhere invariants 1 to 3 apply. */
	if (!last && limit > scanner->end)
		limit = scanner->end;
	pcre2_set_offset_limit(scanner->context, limit - 1 - scanner->start);
	return pcre2_match(scanner->pattern->code, scanner->bytes,
			   scanner->end - scanner->start,
			   from - scanner->start,
			   last ? 0 : PCRE2_PARTIAL_HARD, scanner->data,
			   scanner->context);
}

/* PCRE2's offset limit finds the attempt that gave up: the smallest limit
 * with which it still does. */
static uint64_t find_culprit(const struct scanner *scanner, uint64_t from,
			     uint64_t limit)
{
	uint64_t low = from;
	uint64_t high = limit > scanner->end ? scanner->end : limit - 1;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		int code = run(scanner, from, middle + 1);

		if (code < 0 && code != PCRE2_ERROR_NOMATCH &&
		    code != PCRE2_ERROR_PARTIAL)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* What PCRE2 found, in the document.  A \K in a called group can put the
 * start outside [attempt, end]; nobody behind us should have to know. */
static struct finding take_match(const struct scanner *scanner)
{
	size_t *pair = pcre2_get_ovector_pointer(scanner->data);
	uint64_t attempt = scanner->start +
			   pcre2_get_startchar(scanner->data);
	struct match match = { scanner->start + pair[0],
			       scanner->start + pair[1] };

	if (match.end < attempt)
		match.end = attempt;
	if (match.start < attempt)
		match.start = attempt;
	if (match.start > match.end)
		match.start = match.end;
	pair[0] = (size_t)(match.start - scanner->start);
	pair[1] = (size_t)(match.end - scanner->start);
	return (struct finding){ attempt, match };
}

/* One step of the pass within the window: either the answer, or SCAN_NONE
 * with *FROM moved to where the next window is wanted, *NEED bytes long;
 * *FROM == UINT64_MAX: nothing is left. */
static enum scan_result step(struct scanner *scanner, uint64_t *from,
			     uint64_t *need, uint64_t limit,
			     struct finding *finding, struct error *error)
{
	bool last = scanner->end == scanner->size;
	int code = run(scanner, *from, limit);

	if (code == PCRE2_ERROR_PARTIAL) {
		*from = scanner->start +
			*pcre2_get_ovector_pointer(scanner->data);
		*need = (scanner->end - *from) * 4;
		return SCAN_NONE;
	}
	if (code >= 0) {
		*finding = take_match(scanner);
		/* In UTF mode an attempt may begin a character past the
		 * limit. */
		if (finding->attempt >= limit) {
			*from = UINT64_MAX;
			return SCAN_NONE;
		}
		if (last || finding->attempt < scanner->end)
			return SCAN_MATCH;
	} else if (code != PCRE2_ERROR_NOMATCH) {
		give_up(scanner, code, find_culprit(scanner, *from, limit),
			error);
		return SCAN_FAILED;
	}
	*from = last ? UINT64_MAX : scanner->end;
	*need = 0;
	return SCAN_NONE;
}

/* The first match of the pass from FROM on whose attempt is < LIMIT, when each
 * attempt is made. */
static enum scan_result scan(struct scanner *scanner, uint64_t from,
			     uint64_t limit, struct finding *finding,
			     struct error *error)
{
	uint64_t need = 0;

	while (from < limit && from <= scanner->size) {
		bool here = need == 0 && covers(scanner, from);

		if (need < scanner->window)
			need = scanner->window;
		if (!here && !place(scanner, from, need, error))
			return SCAN_FAILED;

		enum scan_result result = step(scanner, &from, &need, limit,
					       finding, error);

		if (result != SCAN_NONE)
			return result;
	}
	return SCAN_NONE;
}

/* --- holes --- */

/* Looks how far attempts are to be made from FROM on.  A hole of the length
 * that counts has a byte at one of the places that are asked for. */
static void find_attempts(struct scanner *scanner, uint64_t from,
			  uint64_t limit)
{
	uint64_t end = limit < scanner->size ? limit : scanner->size;
	struct range hole;

	for (uint64_t at = from; at < end; at += SEARCH_HOLE) {
		if (!document_hole(scanner->document, at, &hole))
			continue;
		if (hole.start < from)
			hole.start = from;
		else if (scanner->pattern->zero_starts == ZERO_STARTS_FIRST)
			hole.start++;
		if (hole.start + SEARCH_HOLE <= hole.end) {
			scanner->attempts = (struct range){ from, hole.start };
			scanner->resume = hole.end;
			return;
		}
	}
	scanner->attempts = (struct range){ from, limit };
	scanner->resume = limit;
}

enum scan_result scanner_next(struct scanner *scanner, uint64_t from,
			      uint64_t limit, struct finding *finding,
			      struct error *error)
{
	if (scanner->pattern->zero_starts == ZERO_STARTS_ALL)
		return scan(scanner, from, limit, finding, error);
	while (from < limit) {
		if (!range_contains(scanner->attempts, from))
			find_attempts(scanner, from, limit);

		bool cut = scanner->attempts.end > limit;
		enum scan_result result =
			scan(scanner, from,
			     cut ? limit : scanner->attempts.end, finding,
			     error);

		if (result != SCAN_NONE)
			return result;
		from = cut ? limit : scanner->resume;
	}
	return SCAN_NONE;
}

bool scanner_expand(const struct scanner *scanner,
		    const struct replacement *replacement,
		    struct expansion *out, struct error *error)
{
	return replacement_expand(replacement, scanner->bytes,
				  (size_t)(scanner->end - scanner->start),
				  scanner->data, out, error);
}

uint64_t scanner_align(const struct scanner *scanner, uint64_t offset)
{
	unsigned char next[3];
	size_t count;
	size_t i = 0;

	if (!scanner->pattern->utf || offset >= scanner->size)
		return offset;
	count = document_read(scanner->document, offset, next, sizeof next);
	while (i < count && is_continuation(next[i]))
		i++;
	return offset + i;
}

uint64_t scanner_after(const struct scanner *scanner,
		       const struct finding *finding)
{
	if (finding->match.end > finding->attempt)
		return finding->match.end;
	return scanner_align(scanner, finding->attempt + 1);
}
