/*
 * Searches that an address needs: waited for inside a command, and stopped by
 * whatever stops the wait.
 */
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
