/*
 * line_filter: one line: where it begins, whether a pattern has a match in it,
 * and whether it is shown.
 *
 * In UTF-16 a newline has two bytes, and whoever looks from within it for the
 * next one must find it: so looks begin a byte earlier.
 */
#include <string.h>

#include "line_filter_internal.h"
#include "memory.h"
#include "pattern_internal.h"
#include "scanner.h"
#include "sizes.h"

/* --- lines --- */

bool line_begins(struct newlines *lines, uint64_t offset)
{
	return offset == 0 ||
	       newlines_before(lines, offset, offset < 2 ? 0 : offset - 2) ==
		       offset;
}

bool line_next(struct newlines *lines, uint64_t *start, uint64_t most)
{
	uint64_t end = newlines_after(lines, *start, most);

	if (end > most || end == document_size(lines->document) ||
	    !line_begins(lines, end))
		return false;
	*start = end;
	return true;
}

bool line_previous(struct newlines *lines, uint64_t *start, uint64_t least)
{
	if (*start <= least)
		return false;

	uint64_t before = newlines_before(lines, *start - 1, least);

	if (!line_begins(lines, before))
		return false;
	*start = before;
	return true;
}

uint64_t line_least(uint64_t start)
{
	return start < LINE_FILTER_REACH ? 0 : start - LINE_FILTER_REACH;
}

uint64_t line_most(const struct document *document, uint64_t start)
{
	uint64_t size = document_size(document);

	return size - start < LINE_FILTER_REACH ? size
						: start + LINE_FILTER_REACH;
}

/* --- matches in them --- */

void looker_free(struct looker *looker)
{
	if (!looker)
		return;
	for (size_t i = 0; i < looker->count; i++)
		scanner_free(looker->entries[i].scanner);
	memory_free(looker);
}

struct looker *looker_new(const struct line_filter *filter,
			  struct error *error)
{
	struct looker *looker = memory_allocate(
		sizeof *looker + filter->count * sizeof *looker->entries);

	if (!looker) {
		error_set_memory(error);
		return NULL;
	}
	looker->document = filter->document;
	looker->lines = newlines_of(filter->document, filter->form);
	looker->count = 0;
	for (size_t i = 0; i < filter->count; i++) {
		const struct line_filter_entry *entry =
			&filter->entries[i].shown;

		if (!entry->on)
			continue;

		struct scanner *scanner = scanner_new(filter->document,
						      entry->pattern, error);

		if (!scanner) {
			looker_free(looker);
			return NULL;
		}
		looker->entries[looker->count].entry = entry;
		looker->entries[looker->count].cost = 0;
		looker->entries[looker->count++].scanner = scanner;
	}
	return looker;
}

uint64_t looker_limit(struct looker *looker, uint64_t end)
{
	bool open = end == document_size(looker->document) &&
		    !line_begins(&looker->lines, end);

	return end + open;
}

enum scan_result looker_next(struct looker *looker, size_t index,
			     uint64_t from, uint64_t limit,
			     struct finding *finding, struct error *error)
{
	struct scanner *scanner = looker->entries[index].scanner;

	return scanner_next(scanner, scanner_align(scanner, from), limit,
			    finding, error);
}

/* Where it matters to an attempt where the pass began, there is one. */
static uint64_t step_of(const struct looker *looker, size_t index)
{
	return looker->entries[index].entry->pattern->sequential
		       ? UINT64_MAX : LINE_FILTER_STEP;
}

/* A line can be very long: its end is looked for as far as there was no
 * match. */
bool looker_matches(struct looker *looker, size_t index, uint64_t start,
		    uint64_t from, bool *matches, struct error *error)
{
	uint64_t size = document_size(looker->document);
	uint64_t step = step_of(looker, index);
	enum scan_result result = SCAN_NONE;
	struct finding finding;
	bool over = false;

	while (result == SCAN_NONE && !over) {
		uint64_t most = size - from < step ? size : from + step;
		uint64_t end = newlines_after(&looker->lines,
					      from > start ? from - 1 : start,
					      most);

		over = end == size || line_begins(&looker->lines, end);
		result = looker_next(looker, index, from,
				     looker_limit(looker, end), &finding,
				     error);
		from = end;
	}
	*matches = result == SCAN_MATCH;
	return result != SCAN_FAILED;
}

/* --- judging --- */

struct line_judge {
	const struct line_filter *filter;
	struct looker *looker;	/* made when it is needed, in the worker */
	bool failed;
	struct range line;	/* judged last */
	bool shown;
};

struct line_judge *line_judge_new(const struct line_filter *filter,
				  struct error *error)
{
	struct line_judge *judge = memory_allocate(sizeof *judge);

	if (!judge) {
		error_set_memory(error);
		return NULL;
	}
	*judge = (struct line_judge){ .filter = filter };
	return judge;
}

void line_judge_free(struct line_judge *judge)
{
	if (!judge)
		return;
	looker_free(judge->looker);
	memory_free(judge);
}

static bool line_passes(struct line_judge *judge, uint64_t start)
{
	struct looker *looker = judge->looker;

	for (size_t i = 0; i < looker->count && !judge->failed; i++) {
		bool matches = false;

		judge->failed = !looker_matches(looker, i, start, start,
						&matches, NULL);
		if (!judge->failed &&
		    matches == looker->entries[i].entry->exclude)
			return false;
	}
	return true;
}

/* Does one of the COUNT lines in a direction pass? */
static bool near_passes(struct line_judge *judge, uint64_t start,
			uint64_t count, uint64_t bound,
			bool (*step)(struct newlines *lines, uint64_t *start,
				     uint64_t bound))
{
	while (count-- > 0 && step(&judge->looker->lines, &start, bound))
		if (line_passes(judge, start))
			return true;
	return false;
}

static bool line_shown(struct line_judge *judge, uint64_t start)
{
	const struct line_filter *filter = judge->filter;

	return line_passes(judge, start) ||
	       near_passes(judge, start, filter->after, line_least(start),
			   line_previous) ||
	       near_passes(judge, start, filter->before,
			   line_most(filter->document, start), line_next);
}

bool line_judge_accepts(void *context, struct match match)
{
	struct line_judge *judge = context;
	uint64_t size = document_size(judge->filter->document);

	if (!line_filter_hides(judge->filter) || judge->failed)
		return true;
	if (range_contains(judge->line, match.start))
		return judge->shown;
	if (!judge->looker)
		judge->looker = looker_new(judge->filter, NULL);
	judge->failed = !judge->looker;
	if (judge->failed)
		return true;

	struct newlines *lines = &judge->looker->lines;
	uint64_t start = newlines_before(lines, match.start, 0);

	if (start == size)
		return false;
	judge->line.start = start;
	judge->line.end = newlines_after(
		lines, match.start > start ? match.start - 1 : start, size);
	judge->shown = line_shown(judge, start);
	return judge->shown;
}
