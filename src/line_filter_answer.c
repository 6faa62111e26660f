/*
 * line_filter: the questions.
 *
 * A line that passes is found by the sums of the counts, and then in its
 * stretch.  Context is walked to: of the line at OFFSET as far as it takes to
 * know whether it is context, and of the nearest line that passes as far as
 * its context goes.  Since context is a run of lines beside one that passes,
 * nothing else can be in between.
 */
#include <string.h>

#include "line_filter_internal.h"

/* --- lines that pass --- */

static struct mark mark_of(const struct hits *hits, size_t index)
{
	struct mark mark;

	memcpy(&mark, hits->bytes + index * sizeof mark, sizeof mark);
	return mark;
}

/* How many marks are of lines before OFFSET. */
static size_t marks_before(struct stretch stretch, uint64_t offset)
{
	size_t first = 0;
	size_t end = (size_t)(stretch.count / LINE_FILTER_MARK);

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (stretch.range.start + mark_of(stretch.data, middle).start <
		    offset)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

struct walk walk_begin(struct stretch stretch, uint64_t offset)
{
	const struct hits *hits = stretch.data;
	struct walk walk = { NULL, stretch.range.start, false, stretch.count };
	size_t marks;

	if (stretch.count == 0)
		return walk;
	walk.bytes = hits->bytes + marks_size(stretch.count);
	marks = marks_before(stretch, offset);
	if (marks > 0) {
		struct mark mark = mark_of(hits, marks - 1);

		walk.bytes += mark.at;
		walk.offset += mark.start;
		walk.any = true;
		walk.left -= marks * (uint64_t)LINE_FILTER_MARK;
	}
	return walk;
}

bool walk_next(struct walk *walk)
{
	uint64_t step = 0;
	unsigned shift = 0;

	if (walk->left == 0)
		return false;
	do
		step |= (uint64_t)(*walk->bytes & 0x7f) << shift;
	while (shift += 7, *walk->bytes++ & 0x80);
	walk->offset += step;
	walk->any = true;
	walk->left--;
	return true;
}

/* The first one in STRETCH at or behind OFFSET. */
static bool first_in(struct stretch stretch, uint64_t offset, uint64_t *start)
{
	struct walk walk = walk_begin(stretch, offset);

	while (walk_next(&walk)) {
		*start = walk.offset;
		if (walk.offset >= offset)
			return true;
	}
	return false;
}

/* The last one in STRETCH before OFFSET. */
static bool last_in(struct stretch stretch, uint64_t offset, uint64_t *start)
{
	struct walk next = walk_begin(stretch, offset);
	struct walk walk = next;

	while (walk_next(&next) && next.offset < offset)
		walk = next;
	*start = walk.offset;
	return walk.any;
}

/* Where lines that begin from FIRST up to LAST are not all known: is it unknown
 * what comes before stretch FOUND? */
static bool unknown_between(struct stretches *stretches, size_t first,
			    size_t last, size_t found)
{
	size_t unknown = stretches_unknown(stretches, first);

	return unknown < found && unknown <= last;
}

/* The first one at or behind OFFSET; of those behind MOST only if all that is
 * before it is known. */
static enum line_answer pass_from(struct line_filter *filter, uint64_t offset,
				  uint64_t most, uint64_t *start)
{
	struct stretches *stretches = filter->stretches;
	uint64_t size = document_size(filter->document);

	if (offset >= size)
		return LINE_NONE;
	if (!stretches)
		return LINE_UNKNOWN;

	size_t index = stretches_at(stretches, offset);
	size_t last = stretches_at(stretches, most < size ? most : size - 1);

	if (first_in(stretches_get(stretches, index), offset, start))
		return LINE_FOUND;

	size_t found = stretches_find(stretches,
				      stretches_before(stretches, index + 1));

	if (unknown_between(stretches, index, last, found))
		return LINE_UNKNOWN;
	if (found == stretches_number(stretches))
		return LINE_NONE;
	first_in(stretches_get(stretches, found), offset, start);
	return LINE_FOUND;
}

/* The last one before OFFSET; of those before LEAST only if all that is behind
 * it is known. */
static enum line_answer pass_before(struct line_filter *filter,
				    uint64_t offset, uint64_t least,
				    uint64_t *start)
{
	struct stretches *stretches = filter->stretches;

	if (offset <= least)
		return LINE_NONE;
	if (!stretches)
		return LINE_UNKNOWN;

	size_t index = stretches_at(stretches, offset - 1);
	size_t first = stretches_at(stretches, least);

	if (last_in(stretches_get(stretches, index), offset, start))
		return LINE_FOUND;

	uint64_t count = stretches_before(stretches, index);
	size_t found = count > 0 ? stretches_find(stretches, count - 1) : 0;

	if (count > 0 && found > first)
		first = found;
	if (unknown_between(stretches, first, index, index + 1))
		return LINE_UNKNOWN;
	if (count == 0)
		return LINE_NONE;
	last_in(stretches_get(stretches, found), offset, start);
	return LINE_FOUND;
}

/* --- and their context --- */

/* Does a line pass of up to `after` before the one at START? */
static enum line_answer passes_before(struct line_filter *filter,
				      struct newlines *lines, uint64_t start)
{
	uint64_t least = line_least(start);
	uint64_t first = start;
	uint64_t found;
	enum line_answer answer;

	for (uint64_t i = 0; i < filter->after; i++)
		if (!line_previous(lines, &first, least))
			break;
	answer = pass_before(filter, start, first, &found);
	return answer == LINE_FOUND && found < first ? LINE_NONE : answer;
}

/* Does a line pass of up to `before` behind the one at START? */
static enum line_answer passes_behind(struct line_filter *filter,
				      struct newlines *lines, uint64_t start)
{
	uint64_t most = line_most(filter->document, start);
	uint64_t last = start;
	uint64_t found;
	enum line_answer answer;

	for (uint64_t i = 0; i < filter->before; i++)
		if (!line_next(lines, &last, most))
			break;
	if (last == start)
		return LINE_NONE;
	answer = pass_from(filter, start + 1, last, &found);
	return answer == LINE_FOUND && found > last ? LINE_NONE : answer;
}

/* The first line that begins at or behind OFFSET (< size), if it is near. */
static bool line_from(struct line_filter *filter, struct newlines *lines,
		      uint64_t offset, uint64_t *start)
{
	*start = offset;
	if (line_begins(lines, offset))
		return true;
	*start = offset - 1;
	return line_next(lines, start, line_most(filter->document, offset));
}

enum line_answer line_filter_from(struct line_filter *filter, uint64_t offset,
				  uint64_t *start)
{
	struct newlines lines = newlines_of(filter->document, filter->form);
	uint64_t size = document_size(filter->document);
	enum line_answer answer;
	uint64_t passes, line;

	if (offset >= size)
		return LINE_NONE;
	answer = pass_from(filter, offset, size, &passes);
	if (filter->after > 0 && line_from(filter, &lines, offset, &line) &&
	    (answer != LINE_FOUND || line < passes)) {
		enum line_answer behind = passes_before(filter, &lines, line);

		*start = line;
		if (behind != LINE_NONE)
			return behind;
	}
	if (answer != LINE_FOUND)
		return answer;
	line = *start = passes;
	for (uint64_t i = 0; i < filter->before; i++) {
		if (!line_previous(&lines, &line, line_least(passes)) ||
		    line < offset)
			break;
		*start = line;
	}
	return LINE_FOUND;
}

enum line_answer line_filter_before(struct line_filter *filter,
				    uint64_t offset, uint64_t *start)
{
	struct newlines lines = newlines_of(filter->document, filter->form);
	uint64_t size = document_size(filter->document);
	enum line_answer answer;
	uint64_t passes, line;

	if (offset > size)
		offset = size;
	answer = pass_before(filter, offset, 0, &passes);
	line = offset;
	if (filter->before > 0 &&
	    line_previous(&lines, &line, line_least(offset)) &&
	    (answer != LINE_FOUND || line > passes)) {
		enum line_answer ahead = passes_behind(filter, &lines, line);

		*start = line;
		if (ahead != LINE_NONE)
			return ahead;
	}
	if (answer != LINE_FOUND)
		return answer;
	line = *start = passes;
	for (uint64_t i = 0; i < filter->after; i++) {
		if (!line_next(&lines, &line,
			       line_most(filter->document, passes)) ||
		    line >= offset)
			break;
		*start = line;
	}
	return LINE_FOUND;
}

enum line_kind line_filter_kind(struct line_filter *filter, uint64_t start)
{
	struct newlines lines = newlines_of(filter->document, filter->form);
	enum line_answer answer, before, behind;
	uint64_t found;

	answer = pass_from(filter, start, start, &found);
	if (answer == LINE_UNKNOWN)
		return LINE_NOT_KNOWN;
	if (answer == LINE_FOUND && found == start)
		return LINE_PASSES;
	before = passes_before(filter, &lines, start);
	behind = passes_behind(filter, &lines, start);
	if (before == LINE_FOUND || behind == LINE_FOUND)
		return LINE_CONTEXT;
	return before == LINE_UNKNOWN || behind == LINE_UNKNOWN
		       ? LINE_NOT_KNOWN : LINE_HIDDEN;
}
