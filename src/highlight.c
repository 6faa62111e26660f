/*
 * The matches around the window are looked for beside the screen, each time
 * the window leaves what is known, by one worker.
 *
 * Invariants
 *  1. editor->highlights says of what it is true; who shows it may find that
 *     it is of an older revision, until the next is there.
 *  2. What was found stands, also where the search failed or was stopped: it
 *     is not begun again before the window, the pattern or the document is
 *     another.
 */
#include "highlight.h"

#include <stdlib.h>
#include <time.h>

/* Matches are looked for this far around the window, so that scrolling does
 * not start a search for each row. */
enum { HIGHLIGHT_MARGIN = 64 << 10 };
enum { HIGHLIGHT_MATCHES = 100000 };
/* A pattern that needs longer for so little is not worth a busy core. */
enum { HIGHLIGHT_SECONDS = 5 };

struct highlight {
	struct search *search;
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

void highlight_end(struct editor *editor)
{
	struct highlight *highlight = editor->highlight;

	if (!highlight)
		return;
	free(editor->highlights.matches);
	editor->highlights = highlight->found;
	highlight->found.matches = NULL;
	highlight_stop(editor);
	editor->serial++;
}

void highlight_poll(struct editor *editor)
{
	struct highlight *highlight = editor->highlight;

	if (highlight
	    && (search_poll(highlight->search, NULL) != JOB_RUNNING
		|| now() - highlight->begun > HIGHLIGHT_SECONDS))
		highlight_end(editor);
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

/* Is what is known, or being looked for, true of WINDOW as it is now? */
static bool covers(const struct editor *editor, struct range window,
		   const struct highlights *found)
{
	const struct document *document = editor->buffer->document;

	return found->document == document
	       && found->serial == editor->pattern_serial
	       && found->revision == document_revision(document)
	       && window.start >= found->range.start
	       && window.end <= found->range.end;
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

static void highlight_start(struct editor *editor, struct range window)
{
	const struct document *document = editor->buffer->document;
	struct highlight *highlight = calloc(1, sizeof *highlight);

	if (!highlight)
		return;
	highlight->begun = now();
	highlight->found = (struct highlights){
		.range = around(window, document_size(document)),
		.document = document,
		.revision = document_revision(document),
		.serial = editor->pattern_serial,
	};

	struct search_plan plan = {
		.document = document,
		.pattern = editor->pattern,
		.kind = SEARCH_ALL,
		.range = highlight->found.range,
		.found = collect,
		.context = &highlight->found,
		.workers = 1,
	};

	highlight->search = search_start(&plan, NULL);
	editor->highlight = highlight;
	if (!highlight->search)
		highlight_stop(editor);
}

void editor_highlight(struct editor *editor)
{
	if (!editor->buffer || !editor->pattern)
		return;

	struct range window = view_window(&editor->buffer->view);
	struct highlights *known = &editor->highlights;

	if (range_is_empty(window) || covers(editor, window, known)
	    || (editor->highlight
		&& covers(editor, window, &editor->highlight->found)))
		return;
	if (known->serial != editor->pattern_serial
	    || known->document != editor->buffer->document)
		known->count = 0;
	highlight_stop(editor);
	highlight_start(editor, window);
}
