/*
 * log_replay: makes the edits of a log again.
 *
 * States are numbered in a log as they were in the document that it was
 * written for, which may have had others before.  The document in which they
 * are made again numbers them from 1.
 *
 * Invariant: pairs ascend by their number in the log.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "crc32c.h"
#include "log_internal.h"
#include "memory.h"
#include "sizes.h"

/* --- states --- */

/* Where NUMBER stands, or would. */
static size_t states_place(const struct log_states *states, uint64_t number)
{
	size_t low = 0, high = states->count;

	if (high > 0 && states->pairs[high - 1].log < number)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (states->pairs[middle].log < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool states_set(struct log_states *states, uint64_t log,
		       uint64_t document, struct error *error)
{
	size_t place = states_place(states, log);

	if (place < states->count && states->pairs[place].log == log) {
		states->pairs[place].document = document;
		return true;
	}
	if (states->count == states->capacity) {
		size_t capacity = 2 * states->capacity + 16;
		void *pairs = memory_resize(states->pairs, capacity
					    * sizeof *states->pairs);

		if (!pairs)
			return error_set_memory(error);
		states->pairs = pairs;
		states->capacity = capacity;
	}
	memmove(states->pairs + place + 1, states->pairs + place,
		(states->count - place) * sizeof *states->pairs);
	states->pairs[place] = (struct log_state_pair){ log, document };
	states->count++;
	return true;
}

static bool states_get(const struct log_replay *replay, uint64_t log,
		       uint64_t *document)
{
	const struct log_states *states = &replay->states;
	size_t place = states_place(states, log);

	*document = log;
	if (place == states->count || states->pairs[place].log != log)
		return log < states->own;
	*document = states->pairs[place].document;
	return true;
}

/* --- what the edit has to find --- */

static bool changed(const struct log_replay *replay,
		    const struct log_edit *edit, struct error *error)
{
	return error_set(error, "%s has changed: the edit at 0x%llx does not "
			 "find the bytes that it knows",
			 file_path(document_file(replay->document)),
			 (unsigned long long)edit->range.start);
}

static bool check_known(const struct log_replay *replay,
			const struct log_edit *edit, struct log_reader *reader,
			struct error *error)
{
	uint64_t offset = edit->range.start - edit->before;
	uint64_t behind = edit->known - edit->before;
	unsigned char there[512];
	const unsigned char *bytes;
	size_t length;

	if (behind < range_length(edit->range))
		return error_set(error, "%s has changed, and the log does not "
				 "hold what the edit at 0x%llx has taken away",
				 file_path(document_file(replay->document)),
				 (unsigned long long)edit->range.start);
	/* Few behind an insertion: the document ended there. */
	if (range_is_empty(edit->range) && behind < LOG_CONTEXT
	    && edit->range.start + behind != document_size(replay->document))
		return changed(replay, edit, error);
	do {
		if (!log_read_known(reader, &bytes, &length, error))
			return false;
		for (size_t done = 0; done < length;) {
			size_t part = length - done < sizeof there
					      ? length - done : sizeof there;
			size_t got = document_read(replay->document, offset,
						   there, part);

			if (got < part
			    || memcmp(there, bytes + done, part) != 0)
				return changed(replay, edit, error);
			done += part;
			offset += part;
		}
	} while (length > 0);
	return true;
}

/* Does the file hold what the edit puts elsewhere? */
static bool check_file(const struct log_replay *replay,
		       const struct log_part *part, struct error *error)
{
	const char *path = file_path(document_file(replay->document));
	int fd = file_descriptor(document_file(replay->document));
	uint64_t offset = part->part.file_offset;
	uint64_t left = part->part.length;
	unsigned char bytes[4096];
	uint32_t crc = 0;

	if (!part->checked)
		return error_set(error, "%s has changed, and the log does not "
				 "know enough of its bytes at 0x%llx", path,
				 (unsigned long long)offset);
	while (left > 0) {
		size_t most = left < sizeof bytes ? (size_t)left : sizeof bytes;
		ssize_t got = io_read_at(fd, bytes, most, offset);

		if (got < 0)
			return error_set_system(error, errno, "can't read %s",
						path);
		if (got == 0)
			break;
		crc = crc32c(crc, bytes, (size_t)got);
		offset += (size_t)got;
		left -= (size_t)got;
	}
	return (left == 0 && crc == part->checksum)
	       || error_set(error, "%s has changed: its bytes at 0x%llx are "
			    "not those that the log knows", path,
			    (unsigned long long)part->part.file_offset);
}

/* --- making it --- */

struct supply {
	struct log_replay *replay;
	struct log_reader *reader;
};

static bool next_part(void *context, struct part *part, struct error *error)
{
	struct supply *supply = context;
	struct log_part read;

	if (!log_read_part(supply->reader, &read, error))
		return false;
	*part = read.part;

	bool of_file = part->kind == PART_DISK || part->kind == PART_FILE;

	return !of_file || supply->replay->same
	       || check_file(supply->replay, &read, error);
}

static void end_step(struct log_replay *replay)
{
	if (replay->open)
		document_end(replay->document);
	replay->open = false;
}

bool log_replay_edit(struct log_replay *replay, const struct log_edit *edit,
		     struct log_reader *reader, struct error *error)
{
	struct document *document = replay->document;
	struct supply supply = { replay, reader };
	struct error cause;

	/* An edit of no file has been refused before. */
	assert(document);
	if (!replay->same && !check_known(replay, edit, reader, error))
		return false;
	if (edit->first)
		end_step(replay);
	if (!replay->open)
		document_begin(document);
	replay->open = true;
	if (!document_apply(document, edit->range, next_part, &supply,
			    edit->time, &cause))
		return replay->same
		       ? log_wrong(reader, error, "%s", cause.message)
		       : error_set(error, "%s", cause.message);
	return states_set(&replay->states, edit->state,
			  document_state_now(document), error);
}

static bool replay_edit(void *context, const struct log_edit *edit,
			struct log_reader *reader, struct error *error)
{
	return log_replay_edit(context, edit, reader, error);
}

/* The visitor has no reader to name the place. */
static bool unknown_state(uint64_t state, struct error *error)
{
	return error_set(error, "the log goes to state %llu, which it never "
			 "was in", (unsigned long long)state);
}

static bool replay_go(void *context, uint64_t state, int64_t time,
		      struct error *error)
{
	struct log_replay *replay = context;
	struct range touched;
	uint64_t number;

	(void)time;
	if (!states_get(replay, state, &number))
		return unknown_state(state, error);
	end_step(replay);
	return document_go(replay->document, number, &touched, error);
}

static bool replay_resume(void *context, const struct log_resume *resume,
			  struct error *error)
{
	struct log_replay *replay = context;

	if (resume->states != document_state_count(replay->document))
		return unknown_state(resume->states, error);
	end_step(replay);
	replay->states.count = 0;
	replay->states.own = resume->states;
	return true;
}

bool log_replay_begin(struct log_replay *replay, struct document *document,
		      const struct log_buffer *buffer,
		      const struct log_identity *identity,
		      struct error *error)
{
	struct log_identity now = log_identity_of(document_file(document));

	end_step(replay);
	replay->document = document;
	replay->same = log_identity_equal(identity, &now);
	replay->states.count = 0;
	replay->states.own = 0;
	return states_set(&replay->states, buffer->state, 0, error);
}

void log_replay_end(struct log_replay *replay)
{
	if (replay->document)
		end_step(replay);
	memory_free(replay->states.pairs);
	replay->states = (struct log_states){ .pairs = NULL };
}

/* --- a log --- */

bool log_replay_file(struct document *document, const struct log_file *file,
		     const struct log_summary *summary,
		     struct log_reader *reader, struct error *error)
{
	static const struct log_visitor visitor = {
		.edit = replay_edit, .go = replay_go, .resume = replay_resume,
	};
	struct log_replay replay = { .document = NULL };
	bool done;

	if (!log_reader_begin(reader, file->fd, file->shown, error))
		return false;
	reader->size = summary->end;
	done = log_replay_begin(&replay, document, &summary->buffer,
				&summary->identity, error)
	       && log_read(reader, &visitor, &replay, error);
	log_replay_end(&replay);
	return done;
}

/* What goes on behind a log that was taken up. */
static struct log *go_on(struct document *document, struct log_file *file,
			 const struct log_reader *reader, bool passive,
			 bool damaged, struct error *error)
{
	if (!damaged)
		return log_adopt(document, file, reader, passive, error);
	return log_attach(document, error);
}

struct log *log_recover(struct document *document, bool passive, bool damaged,
			struct log_report *report, struct error *error)
{
	struct log_reader reader = { .fd = -1 };
	struct log_summary summary;
	struct log_file file;
	struct log *log = NULL;

	*report = log_find(document, false, &file, &summary);
	if (log_is_left(document, report, damaged, error)
	    && (file.fd >= 0 || error_set(error, "%s", report->error.message))
	    && log_file_lock(&file, error)
	    && log_replay_file(document, &file, &summary, &reader, error))
		log = go_on(document, &file, &reader, passive,
			    report->state == LOG_DAMAGED, error);
	log_reader_end(&reader);
	log_file_close(&file);
	return log;
}

/* --- looking at it --- */

struct show {
	log_visit *visit;
	void *context;
	bool stopped;
};

static bool show_edit(void *context, const struct log_edit *edit,
		      struct log_reader *reader, struct error *error)
{
	struct show *show = context;
	struct log_entry entry = {
		.time = edit->time, .edit = true, .range = edit->range,
		.length = edit->length, .state = edit->state,
	};

	(void)reader;
	(void)error;
	show->stopped = !show->visit(show->context, &entry);
	return !show->stopped;
}

static bool show_go(void *context, uint64_t state, int64_t time,
		    struct error *error)
{
	struct show *show = context;
	struct log_entry entry = { .time = time, .state = state };

	(void)error;
	show->stopped = !show->visit(show->context, &entry);
	return !show->stopped;
}

bool log_show(const struct document *document, log_visit *visit,
	      void *context, struct error *error)
{
	static const struct log_visitor visitor = {
		.edit = show_edit, .go = show_go,
	};
	struct show show = { .visit = visit, .context = context };
	struct log_summary summary;
	struct log_reader reader;
	struct log_file file;
	struct log_report report = log_find(document, false, &file, &summary);
	bool done = log_is_left(document, &report, true, error)
		    && (file.fd >= 0
			|| error_set(error, "%s", report.error.message))
		    && log_reader_begin(&reader, file.fd, file.shown, error);

	if (done) {
		done = log_read(&reader, &visitor, &show, error)
		       || show.stopped;
		log_reader_end(&reader);
	}
	log_file_close(&file);
	return done;
}
