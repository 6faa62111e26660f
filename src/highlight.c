/*
 * The matches around the windows are looked for beside the screen, each time
 * a window leaves what is known, by one worker at a time: for the window with
 * the focus before the others, and there for what was searched for before the
 * highlighters.
 *
 * Patterns are numbered: 0 is that of the search, those of the highlighters
 * follow.
 *
 * Invariants
 *  1. What is found says of what it is true; who shows it may find that it is
 *     of an older revision, until the next is there.
 *  2. What was found stands, also where the search failed or was stopped: it
 *     is not begun again before the window, the pattern or the document is
 *     another.
 *  3. While a search runs, its pattern keeps its number.
 */
#include "highlight.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Matches are looked for this far around the window, so that scrolling does
 * not start a search for each row. */
enum { HIGHLIGHT_MARGIN = 64 << 10 };
enum { HIGHLIGHT_MATCHES = 100000 };
/* A pattern that needs longer for so little is not worth a busy core. */
enum { HIGHLIGHT_SECONDS = 2 };

struct highlight {
	struct search *search;
	size_t number;		/* of the pattern */
	size_t window;
	struct highlights found;
	time_t begun;
};

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

void highlight_stop(struct editor *editor)
{
	struct highlight *highlight = editor->highlight;

	if (!highlight)
		return;
	search_free(highlight->search);
	free(highlight->found.matches);
	free(highlight);
	editor->highlight = NULL;
}

/* --- what is known --- */

static struct highlights *known(struct editor *editor, size_t number,
				size_t window)
{
	return number == 0
		       ? &editor->highlights[window]
		       : &editor->highlighters[number - 1]->found[window];
}

static const struct pattern *pattern_of(const struct editor *editor,
					size_t number)
{
	return number == 0 ? editor->pattern
			   : editor->highlighters[number - 1]->pattern;
}

/* Highlighters keep their pattern. */
static uint64_t serial_of(const struct editor *editor, size_t number)
{
	return number == 0 ? editor->pattern_serial : 0;
}

void highlight_forget(struct editor *editor, const struct document *document)
{
	for (size_t number = 0; number <= editor->highlighter_count; number++)
		for (size_t i = 0; i < EDITOR_WINDOWS; i++) {
			struct highlights *found = known(editor, number, i);

			if (found->document != document)
				continue;
			found->document = NULL;
			found->count = 0;
		}
}

static void free_highlighter(struct highlighter *highlighter)
{
	if (!highlighter)
		return;
	for (size_t i = 0; i < EDITOR_WINDOWS; i++)
		free(highlighter->found[i].matches);
	pattern_free(highlighter->pattern);
	free(highlighter);
}

void highlight_free(struct editor *editor)
{
	highlight_stop(editor);
	while (editor->highlighter_count > 0)
		free_highlighter(
			editor->highlighters[--editor->highlighter_count]);
	for (size_t i = 0; i < EDITOR_WINDOWS; i++)
		free(editor->highlights[i].matches);
}

/* --- the search --- */

void highlight_end(struct editor *editor)
{
	struct highlight *highlight = editor->highlight;

	if (!highlight)
		return;

	struct highlights *found = known(editor, highlight->number,
					 highlight->window);

	free(found->matches);
	*found = highlight->found;
	highlight->found.matches = NULL;
	highlight_stop(editor);
	editor->serial++;
}

void highlight_poll(struct editor *editor)
{
	struct highlight *highlight = editor->highlight;

	if (highlight
	    && (search_poll(highlight->search, NULL) != JOB_RUNNING
		|| now() - highlight->begun > HIGHLIGHT_SECONDS)) {
		highlight_end(editor);
		editor_highlight(editor);
	}
}

size_t highlight_descriptors(const struct editor *editor, int *fds,
			     size_t count)
{
	return editor->highlight
		       ? search_descriptors(editor->highlight->search, fds,
					    count)
		       : 0;
}

static bool collect(void *context, const struct match *matches, size_t count)
{
	struct highlights *found = context;

	if (found->count + count > found->capacity) {
		size_t capacity = 2 * found->capacity + count;
		struct range *more = realloc(found->matches,
					     capacity * sizeof *more);

		if (!more)
			return false;
		found->matches = more;
		found->capacity = capacity;
	}
	for (size_t i = 0; i < count; i++)
		found->matches[found->count++] =
			(struct range){ matches[i].start, matches[i].end };
	return found->count < HIGHLIGHT_MATCHES;
}

/* Is FOUND true of RANGE of DOCUMENT as it is now? */
static bool covers(const struct highlights *found,
		   const struct document *document, struct range range,
		   uint64_t serial)
{
	return found->document == document && found->serial == serial
	       && found->revision == document_revision(document)
	       && range.start >= found->range.start
	       && range.end <= found->range.end;
}

static struct range around(struct range window, uint64_t size)
{
	return (struct range){
		window.start > HIGHLIGHT_MARGIN
			? window.start - HIGHLIGHT_MARGIN : 0,
		size - window.end > HIGHLIGHT_MARGIN
			? window.end + HIGHLIGHT_MARGIN : size,
	};
}

static void highlight_start(struct editor *editor, size_t number,
			    size_t window, struct range range)
{
	const struct document *document =
		editor->windows[window].buffer->document;
	struct highlight *highlight = calloc(1, sizeof *highlight);

	if (!highlight)
		return;
	highlight->number = number;
	highlight->window = window;
	highlight->begun = now();
	highlight->found = (struct highlights){
		.range = around(range, document_size(document)),
		.document = document,
		.revision = document_revision(document),
		.serial = serial_of(editor, number),
	};

	struct search_plan plan = {
		.document = document,
		.pattern = pattern_of(editor, number),
		.kind = SEARCH_ALL,
		.range = highlight->found.range,
		.found = collect,
		.context = &highlight->found,
		.workers = 1,
		/* What our own patterns take for so little is less than a
		 * fork does, and known to end. */
		.here = number > 0 && editor->highlighters[number - 1]->own,
	};

	highlight->search = search_start(&plan, NULL);
	editor->highlight = highlight;
	if (!highlight->search)
		highlight_stop(editor);
	else if (plan.here)
		highlight_poll(editor);
}

/* True where the matches of pattern NUMBER in WINDOW are not known: then they
 * are being looked for. */
static bool look(struct editor *editor, size_t number, size_t window)
{
	const struct document *document =
		editor->windows[window].buffer->document;
	struct range range = view_window(editor_window_view(editor, window));
	struct highlights *found = known(editor, number, window);
	const struct highlight *running = editor->highlight;
	uint64_t serial = serial_of(editor, number);

	if (range_is_empty(range) || !pattern_of(editor, number)
	    || (number > 0
		&& !editor_highlights_in(editor,
					 editor->highlighters[number - 1],
					 window))
	    || covers(found, document, range, serial))
		return false;
	if (running && running->number == number && running->window == window
	    && covers(&running->found, document, range, serial))
		return true;
	if (found->serial != serial || found->document != document)
		found->count = 0;
	highlight_stop(editor);
	highlight_start(editor, number, window, range);
	return true;
}

void editor_highlight(struct editor *editor)
{
	size_t count = editor->buffer ? editor->window_count : 0;

	for (size_t i = 0; i < count; i++)
		if (editor_window_view(editor, i)->text_mode)
			editor_own_sets(editor);
	for (size_t i = 0; i < count; i++) {
		/* The one with the focus changes places with the first. */
		size_t window = i == 0 ? editor->focus
				: i == editor->focus ? 0 : i;

		for (size_t number = 0; number <= editor->highlighter_count;
		     number++)
			if (look(editor, number, window))
				return;
	}
}

/* --- highlighters --- */

void editor_remove_highlighter(struct editor *editor, size_t index)
{
	highlight_stop(editor);
	free_highlighter(editor->highlighters[index]);
	editor->highlighter_count--;
	memmove(editor->highlighters + index, editor->highlighters + index + 1,
		(editor->highlighter_count - index)
			* sizeof *editor->highlighters);
	editor->serial++;
}

static void remove_same(struct editor *editor,
			const struct highlighter *added)
{
	for (size_t i = editor->highlighter_count; i-- > 0;) {
		const struct highlighter *one = editor->highlighters[i];

		if (strcmp(one->set, added->set) == 0
		    && strcmp(pattern_text(one->pattern),
			      pattern_text(added->pattern)) == 0)
			editor_remove_highlighter(editor, i);
	}
}

size_t editor_listed_highlighters(const struct editor *editor)
{
	size_t count = 0;

	while (count < editor->highlighter_count
	       && !editor->highlighters[count]->own)
		count++;
	return count;
}

/* Those of its own stay behind all others. */
static void insert(struct editor *editor, struct highlighter *added)
{
	size_t index = added->own ? editor->highlighter_count
				  : editor_listed_highlighters(editor);

	/* A search that runs has a number. */
	highlight_stop(editor);
	memmove(editor->highlighters + index + 1, editor->highlighters + index,
		(editor->highlighter_count - index)
			* sizeof *editor->highlighters);
	editor->highlighters[index] = added;
	editor->highlighter_count++;
	editor->serial++;
}

bool editor_add_highlighter(struct editor *editor,
			    const struct highlighter *highlighter,
			    struct error *error)
{
	struct highlighter *added = calloc(1, sizeof *added);

	if (!added) {
		pattern_free(highlighter->pattern);
		return error_set_memory(error);
	}
	*added = *highlighter;
	remove_same(editor, added);
	if (!added->own
	    && editor_listed_highlighters(editor)
		       == EDITOR_HIGHLIGHTERS_LISTED) {
		free_highlighter(added);
		return error_set(error, "there are %d highlights already: "
				 "highlight! N removes one",
				 EDITOR_HIGHLIGHTERS_LISTED);
	}
	insert(editor, added);
	return true;
}
