/*
 * Searches that an address needs: waited for inside a command, and stopped by
 * whatever stops the wait.
 */
#include <inttypes.h>

#include "task.h"

static bool wait_search(struct editor *editor, struct search *search,
			struct error *error)
{
	for (;;) {
		switch (search_poll(search, error)) {
		case JOB_DONE:
			return true;
		case JOB_FAILED:
			return false;
		case JOB_RUNNING:
			break;
		}

		int fds[64];
		size_t count = search_descriptors(search, fds, 64);

		if (!task_wait(editor, fds, count))
			return error_set(error, "stopped");
	}
}

bool editor_find_now(struct editor *editor, struct pattern *pattern,
		     bool backward, uint64_t offset, struct match *match,
		     bool *found, struct error *error)
{
	struct document *document = editor->buffer->document;
	uint64_t size = document_size(document);
	struct search_plan plan = {
		.document = document,
		.pattern = pattern,
		.kind = backward ? SEARCH_LAST : SEARCH_FIRST,
		.range = { backward ? 0 : offset, backward ? offset : size },
	};

	editor_set_limits(editor, pattern);

	struct search *search = search_start(&plan, error);

	if (!search)
		return false;

	bool done = wait_search(editor, search, error);

	*found = done && search_match(search, match);
	search_free(search);
	return done;
}

struct line_search {
	uint64_t remaining;
	uint64_t offset;
	bool found;
};

static bool count_newlines(void *context, const struct match *matches,
			   size_t count)
{
	struct line_search *line = context;

	if (count < line->remaining) {
		line->remaining -= count;
		return true;
	}
	line->offset = matches[line->remaining - 1].end;
	line->found = true;
	return false;
}

bool editor_find_line(struct editor *editor, uint64_t number,
		      uint64_t *offset, struct error *error)
{
	*offset = 0;
	if (number <= 1)
		return number == 1 || error_set(error, "lines count from 1");

	struct document *document = editor->buffer->document;
	struct pattern *newline = pattern_regex("\n", 1, "", error);

	if (!newline)
		return false;

	struct line_search line = { .remaining = number - 1 };
	struct search_plan plan = {
		.document = document,
		.pattern = newline,
		.kind = SEARCH_ALL,
		.range = { 0, document_size(document) },
		.found = count_newlines,
		.context = &line,
	};
	struct search *search = search_start(&plan, error);
	bool done = search && wait_search(editor, search, error);

	search_free(search);
	pattern_free(newline);
	if (done && !line.found)
		return error_set(error, "there is no line %" PRIu64, number);
	*offset = line.offset;
	return done;
}
