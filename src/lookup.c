/*
 * What an address has to look for: waited for inside a command, and stopped by
 * whatever stops the wait.
 */
#include "task.h"
#include "timestamp_seek.h"

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

/* JUDGE (may be NULL) says which lines count. */
static bool find(struct editor *editor, struct pattern *pattern, bool backward,
		 struct range range, struct line_judge *judge,
		 struct match *match, bool *found, struct error *error)
{
	struct search_plan plan = {
		.document = editor->buffer->document,
		.pattern = pattern,
		.kind = backward ? SEARCH_LAST : SEARCH_FIRST,
		.range = range,
		.accept = judge ? line_judge_accepts : NULL,
		.context = judge,
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

bool editor_find_now(struct editor *editor, struct pattern *pattern,
		     bool backward, struct range range, struct match *match,
		     bool *found, struct error *error)
{
	return find(editor, pattern, backward, range, NULL, match, found,
		    error);
}

bool editor_find_shown(struct editor *editor, struct pattern *pattern,
		       bool backward, struct range range, struct match *match,
		       bool *found, struct error *error)
{
	const struct line_filter *filter = editor->buffer->filter;
	struct line_judge *judge = NULL;
	bool done;

	if (filter && line_filter_hides(filter)) {
		judge = line_judge_new(filter, error);
		if (!judge)
			return false;
	}
	done = find(editor, pattern, backward, range, judge, match, found,
		    error);
	line_judge_free(judge);
	return done;
}

static bool seek_time(struct editor *editor, const struct timestamp_log *log,
		      const char *text, size_t length, uint64_t *offset,
		      struct error *error)
{
	struct timestamp target, near;
	bool later;

	if (!timestamps_parse(log->timestamps, text, length, &target, error))
		return false;
	if (timestamp_near(log, editor->buffer->view.cursor, &near))
		timestamp_complete(&target, &near);
	timestamp_date(&target, log->now);
	if (!timestamp_seek(log, &target, offset, &later, error))
		return false;
	return !later || error_set(error, "no line is as late as %.*s",
				   (int)length, text);
}

bool editor_find_time(struct editor *editor, const char *text, size_t length,
		      uint64_t *offset, struct error *error)
{
	const struct document *document = editor->buffer->document;
	const struct file *file = document_file(document);
	struct timestamp_log log = {
		.document = document,
		.form = (enum newline_form)view_newline_form(
			&editor->buffer->view),
		.timestamps = timestamps_new(error),
		.now = file_identity(file).modified.tv_sec,
	};
	bool found = log.timestamps
		     && seek_time(editor, &log, text, length, offset, error);

	timestamps_free(log.timestamps);
	return found;
}
