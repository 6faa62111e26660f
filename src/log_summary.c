/*
 * log_summary: what a log says as a whole, and which one belongs to a file.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "log_internal.h"
#include "sizes.h"
#include "state.h"

/* --- reading one --- */

static void take_start(void *context, const struct log_start *start)
{
	struct log_summary *summary = context;

	summary->start = *start;
	summary->process = start->process;
	summary->time = start->time;
}

static void take_buffer(void *context, const struct log_buffer *buffer)
{
	struct log_summary *summary = context;

	summary->buffer = *buffer;
	summary->has_buffer = true;
	summary->identity = buffer->identity;
	summary->base = buffer->state;
}

static bool take_edit(void *context, const struct log_edit *edit,
		      struct log_reader *reader, struct error *error)
{
	struct log_summary *summary = context;

	if (!summary->has_buffer)
		return log_wrong(reader, error, "an edit of no file");
	/* That it is all there is known once its parts were read. */
	for (struct log_part part = { .part = { .length = 1 } };
	     part.part.length > 0;)
		if (!log_read_part(reader, &part, error))
			return false;
	summary->edits++;
	summary->offset = edit->range.start;
	summary->unsaved = true;
	summary->flushed = false;
	return true;
}

static bool take_go(void *context, uint64_t state, int64_t time,
		    struct error *error)
{
	struct log_summary *summary = context;

	(void)time;
	(void)error;
	summary->unsaved = state != summary->base;
	summary->flushed = false;
	return true;
}

static void take_flush(void *context, const struct log_flush *flush)
{
	struct log_summary *summary = context;

	summary->flush = *flush;
	summary->flushed = true;
}

static bool take_resume(void *context, const struct log_resume *resume,
			struct error *error)
{
	struct log_summary *summary = context;

	(void)error;
	summary->identity = resume->identity;
	summary->process = resume->process;
	summary->time = resume->time;
	summary->base = 0;
	summary->flushed = false;
	return true;
}

static void take_end(void *context)
{
	struct log_summary *summary = context;

	summary->ended = true;
}

bool log_summarize(const struct log_file *file, struct log_summary *summary,
		   struct error *error)
{
	static const struct log_visitor visitor = {
		.start = take_start, .buffer = take_buffer, .edit = take_edit,
		.go = take_go, .flush = take_flush, .resume = take_resume,
		.end = take_end,
	};
	struct log_reader reader;

	*summary = (struct log_summary){ .edits = 0 };
	if (!log_reader_begin(&reader, file->fd, file->shown, error))
		return false;
	bool done = log_read(&reader, &visitor, summary, error);

	summary->end = reader.end;
	log_reader_end(&reader);
	return done;
}

/* --- finding the one --- */

/* A log that was being begun when its process died has nothing to tell. */
static bool is_stub(const struct log_file *file)
{
	struct stat status;

	return io.fstat(file->fd, &status) == 0 && status.st_size < LOG_HEAD;
}

static void fill_report(struct log_report *report, const struct log_file *file,
			const struct log_summary *summary)
{
	memcpy(report->log, file->shown, sizeof report->log);
	if (summary->has_buffer)
		memcpy(report->path, summary->buffer.path,
		       sizeof report->path);
	report->edits = summary->edits;
	report->process = summary->process;
	report->time = summary->time;
	report->offset = summary->offset;
}

/* What became of the flush in SUMMARY has to be found out from the file. */
static bool was_written(const struct document *document,
			const struct log_summary *summary)
{
	struct log_identity now = log_identity_of(document_file(document));

	return summary->flushed
		&& !log_identity_equal(&summary->identity, &now)
		&& log_flush_done(document, &summary->flush);
}

/* Looks at one that is open. */
static struct log_report judge(const struct document *document,
			       const char *path, const struct log_file *file,
			       bool tidy, struct log_summary *summary)
{
	struct log_report report = { .state = LOG_NONE };
	bool live = log_file_live(file);
	bool whole = log_summarize(file, summary, &report.error);

	if (summary->has_buffer && strcmp(summary->buffer.path, path) != 0)
		return report;
	fill_report(&report, file, summary);
	if (live)
		report.state = LOG_LIVE;
	else if (!whole && !is_stub(file))
		report.state = LOG_DAMAGED;
	else if (whole && summary->unsaved && !was_written(document, summary))
		report.state = LOG_LEFT;
	else if (whole && summary->unsaved && tidy
		 && log_file_lock(file, NULL))
		log_file_remove(file, NULL);
	return report;
}

static bool is_better(const struct log_report *one,
		      const struct log_report *other)
{
	if (one->state == LOG_NONE || other->state == LOG_NONE)
		return one->state != LOG_NONE;
	if (one->state == LOG_LIVE || other->state == LOG_LIVE)
		return one->state == LOG_LIVE && other->state != LOG_LIVE;
	return one->time >= other->time;
}

struct log_report log_find(const struct document *document, bool tidy,
			   struct log_file *file, struct log_summary *summary)
{
	struct log_report best = { .state = LOG_NONE };
	struct log_summary said;
	struct log_file at;
	char path[PATH_MAX];
	char name[LOG_NAME_SIZE];
	int found = -1;

	*file = (struct log_file)LOG_FILE_NONE;
	if (state_folder_is_empty("sessions")
	    || !log_document_path(document, path, NULL)
	    || !log_folder_open(&at, false, false, NULL))
		return best;
	for (unsigned slot = 0; slot < LOG_SLOTS; slot++) {
		struct log_report report = { .state = LOG_DAMAGED };

		log_slot_name(path, slot, name);
		log_file_name(&at, name);
		if (log_file_open(&at, &report.error))
			report = judge(document, path, &at, tidy, &said);
		else if (errno == ENOENT)
			continue;
		if (is_better(&report, &best)) {
			if (found >= 0)
				io_close(found);
			found = at.fd;
			best = report;
			if (found >= 0)
				*summary = said;
			memcpy(file->name, at.name, sizeof file->name);
			memcpy(file->shown, at.shown, sizeof file->shown);
		} else if (at.fd >= 0) {
			io_close(at.fd);
		}
		at.fd = -1;
	}
	file->folder = at.folder;
	file->fd = found;
	if (best.state == LOG_NONE)
		log_file_close(file);
	return best;
}

struct log_report log_look(const struct document *document, bool tidy)
{
	struct log_summary summary;
	struct log_file file;
	struct log_report report = log_find(document, tidy, &file, &summary);

	log_file_close(&file);
	return report;
}

/* What AT says, as far as it can be read, if it is a log for PATH that no
 * process has. */
static bool summary_of(struct log_file *at, const char *path,
		       struct log_summary *summary)
{
	if (!log_file_open(at, NULL))
		return false;
	bool live = log_file_live(at);

	log_summarize(at, summary, NULL);
	io_close(at->fd);
	at->fd = -1;
	/* Where it says of no file, the path is empty. */
	return !live && strcmp(summary->buffer.path, path) == 0
	       && summary->flushed && summary->identity.exists;
}

bool log_knows(const struct document *document,
	       struct file_identity *identity)
{
	struct log_summary summary;
	struct log_file at;
	char path[PATH_MAX];
	char name[LOG_NAME_SIZE];
	int64_t newest = INT64_MIN;
	bool known = false;

	if (!log_document_path(document, path, NULL)
	    || !log_folder_open(&at, false, false, NULL))
		return false;
	for (unsigned slot = 0; slot < LOG_SLOTS; slot++) {
		log_slot_name(path, slot, name);
		log_file_name(&at, name);
		if (!summary_of(&at, path, &summary)
		    || summary.time < newest)
			continue;
		newest = summary.time;
		*identity = summary.identity.file;
		known = true;
	}
	log_file_close(&at);
	return known;
}

bool log_is_left(const struct document *document,
		 const struct log_report *report, bool damaged,
		 struct error *error)
{
	const char *path = file_path(document_file(document));

	if (report->state == LOG_NONE)
		return error_set(error, "no earlier session has left edits of "
				 "%s", path);
	if (report->state == LOG_LIVE)
		return error_set(error, "process %llu is editing %s",
				 (unsigned long long)report->process, path);
	if (report->state == LOG_DAMAGED && !damaged)
		return error_set(error, "%s", report->error.message);
	return true;
}

bool log_discard(const struct document *document, struct error *error)
{
	struct log_summary summary;
	struct log_file file;
	struct log_report report = log_find(document, false, &file, &summary);
	bool done = log_is_left(document, &report, true, error)
		    && (file.fd < 0 || log_file_lock(&file, error))
		    && log_file_remove(&file, error);

	log_file_close(&file);
	return done;
}
