/*
 * line_filter: which lines an edit may have changed.
 *
 * Those that it touches are in stretches that have been forgotten.  Others see
 * it from afar: the line that it is in may begin in a stretch before; one
 * behind it may be looked back from; and one before it has a match that goes
 * on, or looks ahead, over the end of its line.  How far that can go says what
 * is known of the bytes of a match (syntax.h); of most patterns, that no
 * newline is among them.
 */
#include <string.h>

#include "line_filter_internal.h"
#include "pattern_internal.h"

/* What a newline, \b or $ behind a match is looked at. */
enum { NEIGHBOURS = 2 };

static unsigned newline_byte(enum newline_form form)
{
	return form == NEWLINE_EBCDIC ? 0x15 : '\n';
}

/* Does what stands behind "(?" look ahead, or make $ mean another place? */
static bool group_looks_ahead(const char *group)
{
	group += strspn(group, "imsxnJU^");
	return *group != '\0' && strchr("=!*-", *group);
}

/* Does a look at the text leave it possible that there is a look ahead? */
static bool may_look_ahead(const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' && (text[1] == 'z' || text[1] == 'Z'))
			return true;
		if (*text == '(' && text[1] == '*')
			return true;
		if (*text == '(' && text[1] == '?' &&
		    group_looks_ahead(text + 2))
			return true;
	}
	return false;
}

/* How many bytes the matches of BRANCH have at most, UINT64_MAX where there is
 * no bound; 0 where no newline is among them. */
static uint64_t branch_ahead(const struct syntax_branch *branch,
			     unsigned newline)
{
	uint64_t length = 0;
	bool crosses = false;
	bool bounded = !branch->cut;

	for (size_t i = 0; i < branch->count; i++) {
		const struct syntax_item *item = &branch->items[i];

		crosses = crosses || byte_set_has(&item->set, newline);
		bounded = bounded && item->most != SYNTAX_MANY;
		length += item->most;
	}
	if (!crosses && !branch->cut)
		return 0;
	return bounded ? length : UINT64_MAX;
}

struct reach line_filter_reach(const struct pattern *pattern,
			       enum newline_form form)
{
	struct reach reach = {
		.ahead = UINT64_MAX,
		.behind = pattern->lookbehind == SIZE_MAX
				  ? UINT64_MAX : pattern->lookbehind,
	};
	const struct syntax *syntax = pattern->syntax;

	if (!syntax || may_look_ahead(pattern_text(pattern)))
		return reach;
	reach.ahead = 0;
	for (size_t i = 0; i < syntax->count; i++) {
		uint64_t ahead = branch_ahead(&syntax->branches[i],
					      newline_byte(form));

		if (ahead > reach.ahead)
			reach.ahead = ahead;
	}
	return reach;
}

/* --- forgetting --- */

/* The farthest of all that count. */
static struct reach reach_of(const struct line_filter *filter)
{
	struct reach reach = { 0, 0 };

	for (size_t i = 0; i < filter->count; i++) {
		const struct entry *entry = &filter->entries[i];

		if (!entry->shown.on)
			continue;
		if (entry->reach.ahead > reach.ahead)
			reach.ahead = entry->reach.ahead;
		if (entry->reach.behind > reach.behind)
			reach.behind = entry->reach.behind;
	}
	return reach;
}

static uint64_t less(uint64_t offset, uint64_t length)
{
	return offset < length ? 0 : offset - length;
}

/* The line that goes on into stretch INDEX begins in the last one before it in
 * which any does. */
static void forget_begin(struct stretches *stretches, size_t index)
{
	while (index-- > 0) {
		struct stretch stretch = stretches_get(stretches, index);

		if (!stretch.known || !stretch.data)
			continue;
		stretches_forget(stretches, index);
		return;
	}
}

void line_filter_forget(struct line_filter *filter, struct range range,
			bool shifted)
{
	struct stretches *stretches = filter->stretches;
	struct reach reach = reach_of(filter);
	size_t number = stretches_number(stretches);
	uint64_t first = less(less(range.start, NEIGHBOURS), reach.ahead);
	size_t begin, end;

	if (number == 0)
		return;

	uint64_t size = stretches_get(stretches, number - 1).range.end;

	begin = stretches_at(stretches, first < size ? first : size - 1);
	end = shifted || reach.behind >= size - range.end
		      ? number
		      : stretches_at(stretches, range.end + reach.behind) + 1;
	for (size_t i = begin; i < end; i++)
		stretches_forget(stretches, i);
	forget_begin(stretches, begin);
}
