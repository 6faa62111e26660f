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
 * document would have given.  Windows are also copied out of the file, where the
 * scanner is told so: to map a page costs more than to read it.
 *
 * Where a filter (filter.h) knows places that are worth an attempt, only those
 * are attempted, stretch by stretch, for as long as that is the faster way
 * (scanner_pace.h).
 *
 * Most patterns cannot match at a zero byte, or not unless another byte is
 * near, and holes of the file are made of zeros; there no attempt is made, so
 * nothing of a hole is read unless a match runs into it, or could begin at its
 * end.
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
 *  7. What is read by blocks is scanned section by section: as if each run of
 *     bytes that are there was a document; none is looked for at its end.
 *  8. No match touches a lost byte.
 */
#include "scanner_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sizes.h"

enum {
	SCANNER_STACK_FIRST = 32 << 10,
	/* The usual limits; stack and heap in MiB. */
	SCANNER_STACK_LIMIT = 64,
	SCANNER_MATCH_LIMIT = 10000000,
	SCANNER_HEAP_LIMIT = 64,
	/* Without JIT each call looks at all of the rest for bad UTF-8. */
	SCANNER_INTERPRETED = 64 << 10,
	/* More attempts than that in a row are worth a look ahead. */
	SCANNER_FEW = 64,
	/* Bytes that the kernel brings in together, at least. */
	SCANNER_AROUND = 64 << 10,
	/* A filter is tuned anew after so many bytes. */
	SCANNER_TUNED = 16 << 20,
	SCANNER_MESSAGE_SIZE = 256,
};

_Static_assert((int)PACE_WAYS == (int)SCANNER_WAYS, "ways of searching");

static int scanner_forced = SCANNER_WAYS;

void scanner_force(int way)
{
	scanner_forced = way;
}

static uint64_t find_tail(const struct scanner *scanner)
{
	unsigned char last = 0;

	if (scanner->size == 0 || !scanner->pattern->utf ||
	    scanner_needs_all(scanner))
		return scanner->size;
	document_read(scanner->document, scanner->size - 1, &last, 1);
	return last < 0x80 ? scanner->size : scanner->size - 1;
}

static struct pattern_limits limits_of(const struct pattern *pattern)
{
	struct pattern_limits limits = pattern->limits;

	if (limits.matches == 0)
		limits.matches = SCANNER_MATCH_LIMIT;
	if (limits.heap == 0)
		limits.heap = SCANNER_HEAP_LIMIT;
	if (limits.stack == 0)
		limits.stack = SCANNER_STACK_LIMIT;
	return limits;
}

static bool scanner_prepare(struct scanner *scanner)
{
	const struct pattern_limits limits = limits_of(scanner->pattern);

	scanner->data = pcre2_match_data_create(1, NULL);
	scanner->context = pcre2_match_context_create(NULL);
	if (!scanner->data || !scanner->context)
		return false;
	pcre2_set_match_limit(scanner->context, limits.matches);
	pcre2_set_heap_limit(scanner->context, limits.heap << 10);
	/* The heap is what depth takes. */
	pcre2_set_depth_limit(scanner->context, UINT32_MAX);
	return true;
}

/* A filter that cannot be had is one way less.  A literal has no other. */
static void make_filters(struct scanner *scanner)
{
	const struct pattern *pattern = scanner->pattern;
	bool literal = false;
	unsigned ways = 0;

	for (int kind = 0; pattern->syntax && kind < FILTER_KINDS && !literal;
	     kind++) {
		if (scanner_forced != SCANNER_WAYS && scanner_forced != kind)
			continue;
		scanner->filters[kind] = filter_new((enum filter_kind)kind,
						    pattern->syntax,
						    pattern->utf);
		scanner->tuned[kind] = UINT64_MAX;
		if (!scanner->filters[kind])
			continue;
		ways |= 1u << kind;
		literal = filter_is_literal(scanner->filters[kind]);
	}
	if (!literal && (ways == 0 || scanner_forced == SCANNER_WAYS))
		ways |= 1u << SCANNER_PLAIN;
	pace_start(&scanner->pace, ways);
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
	scanner->whole = scanner->size;
	if (!pattern->jit && scanner->window > SCANNER_INTERPRETED)
		scanner->window = SCANNER_INTERPRETED;
	scanner->tail = find_tail(scanner);
	make_filters(scanner);
	/* An empty document: the window is there, and covers it. */
	scanner->bytes = (const unsigned char *)"";
	if (!scanner_prepare(scanner)) {
		scanner_free(scanner);
		error_set_memory(error);
		return NULL;
	}
	return scanner;
}

void scanner_read_file(struct scanner *scanner)
{
	scanner->copies = scanner->pattern->jit &&
			  !scanner_needs_all(scanner) &&
			  !document_by_blocks(scanner->document);
}

void scanner_free(struct scanner *scanner)
{
	if (!scanner)
		return;
	pcre2_match_data_free(scanner->data);
	pcre2_match_context_free(scanner->context);
	pcre2_jit_stack_free(scanner->stack);
	for (int kind = 0; kind < FILTER_KINDS; kind++)
		filter_free(scanner->filters[kind]);
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
	scanner->groups = true;
	return true;
}

/* --- matching --- */

/* No pattern sets it. */
#define NOT_OF_PATTERNS UINT32_MAX

struct limit {
	int code;
	uint32_t info;		/* how the pattern itself is asked for one */
	const char *name;
	const char *option;	/* that raises it */
	uint32_t value;
	uint32_t maximum;
	uint32_t unit;
};

/* Ten times, or as much as there is. */
static uint32_t more_than(const struct limit *limit)
{
	return limit->value < limit->maximum / 10 ? limit->value * 10
						  : limit->maximum;
}

/* Which limit, where, and what raises it. */
static bool give_up_at_limit(const struct scanner *scanner,
			     const struct limit *limit, uint64_t at,
			     struct error *error)
{
	uint32_t own;
	char raise[64] = "; the pattern itself sets it";

	if (pcre2_pattern_info(scanner->pattern->code, limit->info, &own) < 0 ||
	    own / limit->unit >= limit->value)
		snprintf(raise, sizeof raise, "; set %s=%u raises it",
			 limit->option, more_than(limit));
	return error_set(error, "the pattern %s reached PCRE2's %s at offset "
			 "0x%llx%s", scanner->pattern->text, limit->name,
			 (unsigned long long)at, raise);
}

static bool give_up(const struct scanner *scanner, int code, uint64_t at,
		    struct error *error)
{
	const struct pattern_limits usual = limits_of(scanner->pattern);
	const struct limit limits[] = {
		{ PCRE2_ERROR_MATCHLIMIT, PCRE2_INFO_MATCHLIMIT, "match limit",
		  "match-limit", usual.matches, UINT32_MAX, 1 },
		{ PCRE2_ERROR_HEAPLIMIT, PCRE2_INFO_HEAPLIMIT, "heap limit",
		  "heap-limit", usual.heap, PATTERN_MIB_MAXIMUM, 1024 },
		{ PCRE2_ERROR_JIT_STACKLIMIT, NOT_OF_PATTERNS, "stack limit",
		  "stack-limit", usual.stack, PATTERN_MIB_MAXIMUM, 1 },
		/* Of patterns only. */
		{ PCRE2_ERROR_DEPTHLIMIT, PCRE2_INFO_DEPTHLIMIT,
		  "depth limit", "", UINT32_MAX, UINT32_MAX, 1 },
	};
	PCRE2_UCHAR message[SCANNER_MESSAGE_SIZE] = "";

	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		if (limits[i].code == code)
			return give_up_at_limit(scanner, &limits[i], at, error);
	pcre2_get_error_message(code, message, sizeof message);
	return error_set(error, "the pattern %s failed at offset 0x%llx: %s",
			 scanner->pattern->text, (unsigned long long)at,
			 (char *)message);
}

/* A stack for what JIT has compiled: few patterns need more than PCRE2 takes of
 * the machine's, and to make one takes as long as to search a small file. */
static bool prepare_stack(struct scanner *scanner)
{
	size_t most = (size_t)limits_of(scanner->pattern).stack << 20;

	scanner->stack = pcre2_jit_stack_create(SCANNER_STACK_FIRST, most,
						NULL);
	pcre2_jit_stack_assign(scanner->context, NULL, scanner->stack);
	return scanner->stack != NULL;
}

static int match(struct scanner *scanner, const pcre2_code *program,
		 uint64_t from)
{
	return pcre2_match(program, scanner->bytes,
			   scanner->end - scanner->start,
			   from - scanner->start,
			   scanner->end == scanner->size
				   ? 0 : PCRE2_PARTIAL_HARD,
			   scanner->data, scanner->context);
}

static int run(struct scanner *scanner, const pcre2_code *program,
	       uint64_t from, uint64_t limit)
{
	int code;

	/* Before the document's start and end there is nothing to look at;
	 * elsewhere invariants 1 to 3 apply. */
	if (scanner->end < scanner->size && limit > scanner->end)
		limit = scanner->end;
	pcre2_set_offset_limit(scanner->context, limit - 1 - scanner->start);
	code = match(scanner, program, from);
	if (code != PCRE2_ERROR_JIT_STACKLIMIT || scanner->stack)
		return code;
	return prepare_stack(scanner) ? match(scanner, program, from)
				      : PCRE2_ERROR_NOMEMORY;
}

/* PCRE2's offset limit finds the attempt that gave up: the smallest limit
 * with which it still does. */
static uint64_t find_culprit(struct scanner *scanner,
			     const pcre2_code *program, uint64_t from,
			     uint64_t limit)
{
	uint64_t low = from;
	uint64_t high = limit > scanner->end ? scanner->end : limit - 1;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		int code = run(scanner, program, from, middle + 1);

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

/* Attempts in the window from *FROM on, before STOP: either the answer, or
 * SCAN_NONE with *FROM moved to where the next ones are wanted, in a window of
 * *NEED bytes from there. */
static enum scan_result attempt(struct scanner *scanner,
				const pcre2_code *program, uint64_t *from,
				uint64_t *need, uint64_t stop, uint64_t limit,
				struct finding *finding, struct error *error)
{
	bool last = scanner->end == scanner->size;
	int code = run(scanner, program, *from, stop);

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
			*from = limit;
			return SCAN_NONE;
		}
		if (last || finding->attempt < scanner->end)
			return SCAN_MATCH;
	} else if (code != PCRE2_ERROR_NOMATCH) {
		give_up(scanner, code,
			find_culprit(scanner, program, *from, stop), error);
		return SCAN_FAILED;
	}
	*from = last || stop < scanner->end ? stop : scanner->end;
	*need = 0;
	return SCAN_NONE;
}

/* The filter knows the window, and what is in it. */
static struct filter *prepare_filter(struct scanner *scanner, int kind,
				     uint64_t from)
{
	struct filter *filter = scanner->filters[kind];
	uint64_t tuned = scanner->tuned[kind];

	if (!scanner->looked[kind])
		filter_look(filter, scanner->bytes,
			    (size_t)(scanner->end - scanner->start),
			    scanner->end == scanner->size);
	scanner->looked[kind] = true;
	if (tuned > from || from - tuned >= SCANNER_TUNED) {
		filter_tune(filter, (size_t)(from - scanner->start));
		scanner->tuned[kind] = from;
		pace_begin_again(&scanner->pace, from);
	}
	return filter;
}

static void take_known(const struct scanner *scanner,
		       const struct filter_range *range,
		       struct finding *finding)
{
	finding->attempt = scanner->start + range->start;
	finding->match = (struct match){ finding->attempt,
					 scanner->start + range->match_end };
}

/* The same as above where the filter says; a match is not empty then. */
static enum scan_result attempt_some(struct scanner *scanner, int kind,
				     uint64_t *from, uint64_t *need,
				     uint64_t stop, uint64_t limit,
				     struct finding *finding,
				     struct error *error)
{
	struct filter *filter = prepare_filter(scanner, kind, *from);
	uint64_t start = scanner->start;
	uint64_t to = stop < scanner->end ? stop : scanner->end;
	struct filter_range range;

	*need = 0;
	while (*from < to && pace_goes_on(&scanner->pace, *from)) {
		if (!filter_next(filter, (size_t)(*from - start),
				 (size_t)(to - start), &range)) {
			*from = to;
			break;
		}
		if (range.match_end && !scanner->groups) {
			take_known(scanner, &range, finding);
			scanner->known = (struct range){ finding->attempt,
							 to };
			scanner->knows = filter;
			return SCAN_MATCH;
		}
		*from = start + range.start;

		bool few = range.end - range.start < SCANNER_FEW;
		enum scan_result result =
			attempt(scanner,
				few ? scanner->pattern->attempt
				    : scanner->pattern->code,
				from, need, start + range.end, limit, finding,
				error);

		if (result != SCAN_NONE || *need > 0)
			return result;
	}
	if (*from == scanner->size)
		*from = stop;
	return SCAN_NONE;
}

/* Brings in what is judged by the time that it takes to search: the first to
 * read a page waits for it, whichever way it goes. */
static void bring_in(const struct scanner *scanner, struct range range)
{
	const volatile unsigned char *bytes = scanner->bytes;

	if (range.end > scanner->end)
		range.end = scanner->end;
	for (; range.start < range.end; range.start += SCANNER_AROUND)
		(void)bytes[range.start - scanner->start];
}

static enum scan_result step_way(struct scanner *scanner, int way,
				 uint64_t *from, uint64_t *need,
				 uint64_t stop, uint64_t limit,
				 struct finding *finding, struct error *error)
{
	scanner->known = (struct range){ 0, 0 };
	if (way != SCANNER_PLAIN && *from < scanner->size)
		return attempt_some(scanner, way, from, need, stop, limit,
				    finding, error);
	return attempt(scanner, scanner->pattern->code, from, need, stop,
		       limit, finding, error);
}

/* One step of the pass within the window.  What one way gives up another may
 * know to be no match: it must not depend on the clock which of them it is. */
static enum scan_result step(struct scanner *scanner, uint64_t *from,
			     uint64_t *need, uint64_t limit,
			     struct finding *finding, struct error *error)
{
	/* What is mapped is brought in as far as the window goes. */
	bool last = scanner->end == scanner->size || scanner->copies;
	uint64_t bound = last || limit < scanner->end ? limit : scanner->end;
	bool fresh;
	int way = pace_choose(&scanner->pace, *from, bound, &fresh);
	uint64_t stop = scanner->pace.end < limit ? scanner->pace.end : limit;
	uint64_t start = *from;
	enum scan_result result;

	if (fresh && !scanner->copies) {
		bring_in(scanner, (struct range){ *from, stop });
		pace_begin_again(&scanner->pace, *from);
	}
	result = step_way(scanner, way, from, need, stop, limit, finding,
			  error);
	for (int other = 0; result == SCAN_FAILED && other < SCANNER_WAYS;
	     other++) {
		if (other == way || !(scanner->pace.ways >> other & 1))
			continue;
		*from = start;
		result = step_way(scanner, other, from, need, stop, limit,
				  finding, error);
	}
	return result;
}

/* Who sees all that there is may know that there is no match where an attempt
 * in a copy has given up. */
static void stop_copying(struct scanner *scanner)
{
	scanner->copies = false;
	scanner->start = scanner->end = scanner->origin;
}

/* The first match of the pass from FROM on whose attempt is < LIMIT, when each
 * attempt is made. */
static enum scan_result scan(struct scanner *scanner, uint64_t from,
			     uint64_t limit, struct finding *finding,
			     struct error *error)
{
	uint64_t need = 0;

	while (from < limit && from <= scanner->size) {
		bool here = need == 0 && scanner_covers(scanner, from);
		/* What was seen did not do: a larger window need not be one
		 * that ends later, where newlines or half a character do. */
		uint64_t past = need > 0 ? scanner->end : from;

		if (need < scanner->window)
			need = scanner->window;
		if (!here) {
			if (!scanner->copies)
				pace_stop(&scanner->pace, from);
			pace_pause(&scanner->pace);
			if (!scanner_place(scanner, from, need, past, error))
				return SCAN_FAILED;
			pace_resume(&scanner->pace);
		}

		uint64_t start = from;
		enum scan_result result = step(scanner, &from, &need, limit,
					       finding, error);

		if (result == SCAN_FAILED && scanner->copies) {
			stop_copying(scanner);
			from = start;
			need = 0;
			continue;
		}
		if (result != SCAN_NONE)
			return result;
	}
	pace_stop(&scanner->pace, from);
	return SCAN_NONE;
}

/* The short way to a match: what follows one that a filter knew is nearly
 * always another.  False, with *FROM moved to where it is not so. */
static bool next_known(struct scanner *scanner, uint64_t *from, uint64_t limit,
		       struct finding *finding)
{
	uint64_t start = scanner->start;
	uint64_t end = scanner->known.end < limit ? scanner->known.end : limit;
	struct filter_range range;

	if (*from < scanner->known.start || *from >= end)
		return false;
	if (!filter_next(scanner->knows, (size_t)(*from - start),
			 (size_t)(end - start), &range)) {
		*from = end;
		return false;
	}
	if (range.match_end == 0) {
		*from = start + range.start;
		return false;
	}
	take_known(scanner, &range, finding);
	return true;
}

uint64_t scanner_pass(struct scanner *scanner, uint64_t *position,
		      uint64_t limit, struct match *last)
{
	uint64_t start = scanner->start;
	uint64_t end = scanner->known.end < limit ? scanner->known.end : limit;
	struct filter_range range;
	size_t from, count;

	/* Each match is looked at for lost bytes where there may be any. */
	if (*position < scanner->known.start || *position >= end ||
	    document_by_blocks(scanner->document) ||
	    document_epoch(scanner->document) != 0)
		return 0;
	from = (size_t)(*position - start);
	count = filter_pass(scanner->knows, &from, (size_t)(end - start),
			    &range);
	/* Some may just have been found out. */
	if (document_epoch(scanner->document) != 0)
		return 0;
	*position = start + from;
	if (count > 0)
		*last = (struct match){ start + range.start,
					start + range.match_end };
	return count;
}

/* --- holes --- */

/* Looks how far attempts are to be made from FROM on.  A hole of the length
 * that counts has a byte at one of the places that are asked for.  Where
 * attempts are made at its end, those go on from there. */
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

		uint64_t length = hole.end > hole.start
					  ? hole.end - hole.start : 0;

		if (length >= scanner->pattern->zero_reach + SEARCH_HOLE) {
			scanner->attempts = (struct range){ from, hole.start };
			scanner->resume = hole.end -
					  scanner->pattern->zero_reach;
			return;
		}
	}
	scanner->attempts = (struct range){ from, limit };
	scanner->resume = limit;
}

static enum scan_result next_in_holes(struct scanner *scanner, uint64_t from,
				      uint64_t limit, struct finding *finding,
				      struct error *error)
{
	if (next_known(scanner, &from, limit, finding))
		return SCAN_MATCH;
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

/* --- what is lost --- */

/* Is a byte of MATCH lost?  Asked once it was read. */
static bool touches_lost(const struct scanner *scanner, struct match match)
{
	uint64_t same;

	return match.start < scanner->size &&
	       (document_lost(scanner->document, match.start, &same) ||
		same < match.end - match.start);
}

/* A match of zeros that stand for lost bytes is none. */
static enum scan_result next_readable(struct scanner *scanner, uint64_t from,
				      uint64_t limit, struct finding *finding,
				      struct error *error)
{
	enum scan_result result;

	while ((result = next_in_holes(scanner, from, limit, finding,
				       error)) == SCAN_MATCH &&
	       document_epoch(scanner->document) != 0 &&
	       touches_lost(scanner, finding->match)) {
		from = scanner_after(scanner, finding);
		if (from >= limit)
			return SCAN_NONE;
	}
	return result;
}

/* --- sections --- */

/* The section that holds FROM, or the first one behind it; false: none. */
static bool find_section(struct scanner *scanner, uint64_t from)
{
	const struct file *file = document_file(scanner->document);
	struct range same;

	if (!file_present(file, from, &same) &&
	    !file_present(file, same.end, &same))
		return false;
	scanner->section = range_intersect(same, range_of(0, scanner->whole));
	scanner->origin = scanner->section.start;
	scanner->size = scanner->tail = scanner->section.end;
	/* No window holds bytes of two. */
	scanner->start = scanner->end = scanner->origin;
	return !range_is_empty(scanner->section);
}

static enum scan_result next_in_sections(struct scanner *scanner,
					 uint64_t from, uint64_t limit,
					 struct finding *finding,
					 struct error *error)
{
	while (from < limit) {
		if (!range_contains(scanner->section, from) &&
		    !find_section(scanner, from))
			return SCAN_NONE;
		if (from < scanner->section.start)
			from = scanner->section.start;

		uint64_t end = scanner->section.end;
		enum scan_result result =
			scan(scanner, from, limit < end ? limit : end, finding,
			     error);

		if (result == SCAN_FAILED ||
		    (result == SCAN_MATCH &&
		     !touches_lost(scanner, finding->match)))
			return result;
		from = result == SCAN_MATCH ? scanner_after(scanner, finding)
					    : end;
	}
	return SCAN_NONE;
}

enum scan_result scanner_next(struct scanner *scanner, uint64_t from,
			      uint64_t limit, struct finding *finding,
			      struct error *error)
{
	return (document_by_blocks(scanner->document) ? next_in_sections
						      : next_readable)(
		scanner, from, limit, finding, error);
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

	if (!scanner->pattern->utf || offset >= scanner->whole)
		return offset;
	count = document_read(scanner->document, offset, next, sizeof next);
	while (i < count && scanner_continues(next[i]))
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
