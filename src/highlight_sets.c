/*
 * Sets of highlighters: what a log is read by.  A set is the highlighters that
 * have its name; there is nothing else to it.
 */
#include <string.h>

#include "task.h"

/* Those that every session has.  Words in capitals are levels wherever they
 * stand, others where something says so.  They are looked for while a key
 * waits, so nothing in them is without a bound: a search for what may be any
 * number of bytes further on goes through all of a long line. */
static const struct {
	char set[EDITOR_SET_SIZE];
	enum role role;
	const char *regex;
} own_sets[] = {
	{ "levels", ROLE_INK_YELLOW,
	  "\\bWARN(?:ING)?\\b"
	  "|(?:\\blevel=\"?|\"level\":\\s{0,3}\"|[\\[<(])"
	  "\\K(?i:warn(?:ing)?)\\b" },
	{ "levels", ROLE_INK_RED,
	  "\\b(?:EMERG(?:ENCY)?|ALERT|CRIT(?:ICAL)?|FATAL|PANIC|SEVERE"
	  "|ERR(?:OR)?)\\b"
	  "|(?:\\blevel=\"?|\"level\":\\s{0,3}\"|[\\[<(])\\K(?i:emerg|alert"
	  "|crit(?:ical)?|fatal|panic|severe|err(?:or)?)\\b" },
	{ "times", ROLE_INK_CYAN,
	  "(?<![\\w.])(?:\\d{4}[-/.]\\d\\d[-/.]\\d\\d(?:[Tt _:-]\\s{0,3})?"
	  "|\\d\\d[/ -][A-Z][a-z]{2}[/ -]\\d{4}[: ]"
	  "|[A-Z][a-z]{2} [ \\d]\\d )?"
	  "\\d\\d:\\d\\d:\\d\\d(?:[.,]\\d{1,9})?"
	  "(?:Z|\\s?[+-]\\d\\d:?\\d\\d)?(?!\\w)" },
};

void editor_own_sets(struct editor *editor)
{
	if (editor->has_own_sets)
		return;
	editor->has_own_sets = true;
	for (size_t i = 0; i < sizeof own_sets / sizeof *own_sets; i++) {
		const char *regex = own_sets[i].regex;
		struct highlighter own = {
			.pattern = pattern_regex(regex, strlen(regex), "",
						 NULL),
			.role = own_sets[i].role,
			.own = true,
			.on = true,
			.lines_only = true,
		};

		strcpy(own.set, own_sets[i].set);
		/* Where there is no memory or place, it is a set less. */
		if (own.pattern)
			editor_add_highlighter(editor, &own, NULL);
	}
}

bool editor_switch_set(struct editor *editor, const char *name, bool on)
{
	bool there = false;

	editor_own_sets(editor);
	for (size_t i = 0; i < editor->highlighter_count; i++) {
		struct highlighter *one = editor->highlighters[i];

		if (name[0] == '\0' || strcmp(one->set, name) != 0)
			continue;
		there = true;
		one->on = on;
		one->lines_only = false;
		editor->serial++;
	}
	return there;
}

bool editor_highlights_in(struct editor *editor,
			  const struct highlighter *highlighter, size_t window)
{
	return highlighter->on
	       && (!highlighter->lines_only
		   || editor_window_view(editor, window)->text_mode);
}

/* --- going to one --- */

static bool is_meant(const struct highlighter *highlighter, const char *which)
{
	if (which[0] == '\0')
		return highlighter->set[0] == '\0';
	return strcmp(highlighter->set, which) == 0
	       || strcmp(roles[highlighter->role].name, which) == 0;
}

/* A match that begins in front of the best one may end behind it. */
enum { OVERLAP = 64 << 10 };

static struct range range_to_look(const struct editor *editor, bool backward,
				  const struct match *best)
{
	uint64_t cursor = editor->buffer->view.cursor;
	uint64_t size = document_size(editor->buffer->document);
	struct range range = { 0, cursor };

	if (backward) {
		if (best)
			range.start = best->start;
		return range;
	}
	range.start = cursor < size ? cursor + 1 : size;
	range.end = size;
	if (best && size - best->start > OVERLAP)
		range.end = best->start + OVERLAP;
	return range;
}

static bool is_nearer(struct match match, const struct match *best,
		      bool backward)
{
	return backward ? match.start > best->start
			: match.start < best->start;
}

bool editor_find_highlight(struct editor *editor, const char *which,
			   bool backward, struct match *match, bool *found,
			   struct error *error)
{
	bool any = false;

	*found = false;
	editor_own_sets(editor);
	for (size_t i = 0; i < editor->highlighter_count; i++) {
		const struct highlighter *one = editor->highlighters[i];
		struct match other;
		bool there;

		if (!is_meant(one, which))
			continue;
		any = true;
		if (!editor_find_shown(editor, one->pattern, backward,
				       range_to_look(editor, backward,
						     *found ? match : NULL),
				       &other, &there, error))
			return false;
		if (there && (!*found || is_nearer(other, match, backward)))
			*match = other;
		*found = *found || there;
	}
	if (any)
		return true;
	if (which[0])
		return error_set(error, "no highlight is %s, by its colour or "
				 "its set", which);
	return error_set(error, "there are no highlights: highlight COLOUR "
			 "PATTERN adds one");
}
