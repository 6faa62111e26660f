/*
 * The matches around the windows are looked for beside the screen, each time
 * a window leaves what is known, by one worker at a time: for the window with
 * the focus before the others, and there for what was searched for before the
 * highlighters.  What a window hides between its rows is passed over: with a
 * filter that may be nearly all of a file.
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
enum { HIGHLIGHT_PARTS = 512, HIGHLIGHT_SENT = 64 };
/* A pattern that needs longer for so little is not worth a busy core. */
enum { HIGHLIGHT_SECONDS = 2 };

struct highlight {
	struct job *job;
	const struct pattern *pattern;
	size_t number;		/* of that */
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

static void free_found(struct highlights *found)
{
	free(found->matches);
	free(found->parts);
	*found = (struct highlights){ .count = 0 };
}

void highlight_stop(struct editor *editor)
{
	struct highlight *highlight = editor->highlight;

	if (!highlight)
		return;
	job_free(highlight->job);
	free_found(&highlight->found);
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
		free_found(&highlighter->found[i]);
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
		free_found(&editor->highlights[i]);
}

/* --- the search --- */

void highlight_end(struct editor *editor)
{
	struct highlight *highlight = editor->highlight;

	if (!highlight)
		return;

	struct highlights *found = known(editor, highlight->number,
					 highlight->window);

	free_found(found);
	*found = highlight->found;
	highlight->found = (struct highlights){ .count = 0 };
	highlight_stop(editor);
	editor->serial++;
}

void highlight_poll(struct editor *editor)
{
	struct highlight *highlight = editor->highlight;

	if (highlight
	    && (job_poll(highlight->job, NULL) != JOB_RUNNING
		|| now() - highlight->begun > HIGHLIGHT_SECONDS)) {
		highlight_end(editor);
		editor_highlight(editor);
	}
}

size_t highlight_descriptors(const struct editor *editor, int *fds,
			     size_t count)
{
	return editor->highlight
		       ? job_descriptors(editor->highlight->job, fds, count)
		       : 0;
}

/* In a worker: all that begins in its parts. */
static bool look_through(struct job_worker *worker, void *context,
			 struct error *error)
{
	const struct highlight *highlight = context;
	struct scanner *scanner = scanner_new(highlight->found.document,
					      highlight->pattern, error);
	enum scan_result result = SCAN_NONE;
	uint64_t chunk;

	while (scanner && result == SCAN_NONE && job_claim(worker, &chunk)) {
		struct range part = highlight->found.parts[chunk];
		struct range sent[HIGHLIGHT_SENT];
		struct finding finding;
		size_t count = 0;
		bool done = true;

		while (done
		       && (result = scanner_next(scanner, part.start, part.end,
						 &finding, error))
				  == SCAN_MATCH) {
			part.start = scanner_after(scanner, &finding);
			sent[count++] = (struct range){ finding.match.start,
							finding.match.end };
			if (count < HIGHLIGHT_SENT)
				continue;
			done = job_send(worker, chunk, sent, sizeof sent,
					error);
			count = 0;
		}
		if (!done
		    || !job_send(worker, chunk, sent, count * sizeof *sent,
				 error)
		    || !job_finish(worker, chunk, error))
			result = SCAN_FAILED;
	}
	scanner_free(scanner);
	return scanner && result == SCAN_NONE;
}

static bool collect(void *context, uint64_t chunk, const void *data,
		    size_t size)
{
	struct highlights *found = &((struct highlight *)context)->found;
	size_t count = size / sizeof *found->matches;

	(void)chunk;
	if (found->count + count > found->capacity) {
		size_t capacity = 2 * found->capacity + count;
		struct range *more = realloc(found->matches,
					     capacity * sizeof *more);

		if (!more)
			return false;
		found->matches = more;
		found->capacity = capacity;
	}
	if (count > 0)
		memcpy(found->matches + found->count, data, size);
	found->count += count;
	return found->count < HIGHLIGHT_MATCHES;
}

/* Is FOUND true of all COUNT PARTS of DOCUMENT as it is now? */
static bool covers(const struct highlights *found,
		   const struct document *document, const struct range *parts,
		   size_t count, uint64_t serial)
{
	size_t at = 0;

	if (found->document != document || found->serial != serial
	    || found->revision != document_revision(document))
		return false;
	for (size_t i = 0; i < count; i++) {
		while (at < found->part_count
		       && found->parts[at].end < parts[i].end)
			at++;
		if (at == found->part_count
		    || found->parts[at].start > parts[i].start)
			return false;
	}
	return true;
}

/* Those close to each other become one, and one alone is made wider. */
static size_t around(struct range *parts, size_t count, uint64_t size)
{
	size_t used = 1;

	for (size_t i = 1; i < count; i++)
		if (parts[i].start - parts[used - 1].end <= HIGHLIGHT_MARGIN)
			parts[used - 1].end = parts[i].end;
		else
			parts[used++] = parts[i];
	if (used > 1)
		return used;
	parts->start -= parts->start > HIGHLIGHT_MARGIN ? HIGHLIGHT_MARGIN
							: parts->start;
	parts->end += size - parts->end > HIGHLIGHT_MARGIN
			      ? HIGHLIGHT_MARGIN : size - parts->end;
	return used;
}

static void highlight_start(struct editor *editor, size_t number,
			    size_t window, struct range *parts, size_t count)
{
	const struct document *document =
		editor->windows[window].buffer->document;
	struct highlight *highlight = calloc(1, sizeof *highlight);
	struct range *kept = malloc(count * sizeof *kept);

	if (!highlight || !kept) {
		free(highlight);
		free(kept);
		return;
	}
	count = around(parts, count, document_size(document));
	memcpy(kept, parts, count * sizeof *kept);
	highlight->number = number;
	highlight->pattern = pattern_of(editor, number);
	highlight->window = window;
	highlight->begun = now();
	highlight->found = (struct highlights){
		.parts = kept,
		.part_count = count,
		.document = document,
		.revision = document_revision(document),
		.serial = serial_of(editor, number),
	};

	struct job_plan plan = {
		.work = look_through,
		.result = collect,
		.context = highlight,
		.chunks = count,
		.workers = 1,
		/* What our own patterns take for so little is less than a
		 * fork does, and known to end. */
		.here = number > 0 && editor->highlighters[number - 1]->own,
	};

	editor->highlight = highlight;
	highlight->job = job_start(&plan, NULL);
	if (!highlight->job)
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
	struct range parts[HIGHLIGHT_PARTS];
	struct highlights *found = known(editor, number, window);
	const struct highlight *running = editor->highlight;
	uint64_t serial = serial_of(editor, number);
	size_t count;

	if (!pattern_of(editor, number)
	    || (number > 0
		&& !editor_highlights_in(editor,
					 editor->highlighters[number - 1],
					 window)))
		return false;
	count = view_parts(editor_window_view(editor, window), parts,
			   HIGHLIGHT_PARTS);
	if (count == 0 || covers(found, document, parts, count, serial))
		return false;
	if (running && running->number == number && running->window == window
	    && covers(&running->found, document, parts, count, serial))
		return true;
	if (found->serial != serial || found->document != document)
		found->count = 0;
	highlight_stop(editor);
	highlight_start(editor, number, window, parts, count);
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
