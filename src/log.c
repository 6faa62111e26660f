/*
 * log: follows a document and writes what happens to it.
 *
 * Nothing may fail while an edit is told, so what does fail is remembered: the
 * log is then behind, and says so (log_problem).  It is not mended, for what a
 * failed write or sync has left of a file nobody knows.  A new one is written
 * with all that is unsaved, synced, and put in the old one's place, which
 * holds what it holds until then.
 *
 * Invariants
 *  1. Unless the log is behind, what it holds makes the document of the file.
 *  2. It knows the state in which the document was when it was begun, and
 *     those from `fresh` on; to no other state it goes by number.
 *  3. The lock on the file is held as long as it is open.
 *  4. Unless the log is behind, `state` is the document's between two steps.
 */
#include "octavo/log.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log_internal.h"
#include "memory.h"
#include "sizes.h"

/* What was put may not have been written. */
static bool put_fine(struct log *log)
{
	if (log->writer.failed)
		log_fall_behind(log, &log->writer.cause);
	return !log->writer.failed;
}

const char *log_problem(const struct log *log)
{
	return log->problem.message[0] ? log->problem.message : NULL;
}

const char *log_path(const struct log *log)
{
	return log->file.fd >= 0 ? log->file.shown : NULL;
}

/* --- keeping up --- */

static bool is_up(const struct log *log)
{
	return log->file.fd >= 0 && !log->behind;
}

/* Has somebody removed it? */
static bool is_gone(const struct log *log)
{
	struct stat status;

	return io.fstat(log->file.fd, &status) == 0 && status.st_nlink == 0;
}

/* Brings the log up to the document as it is; true where it is. */
static bool catch_up(struct log *log)
{
	struct error cause;

	if (is_up(log))
		return true;
	/* Its name may be another's by now. */
	if (log->file.fd >= 0 && is_gone(log))
		log_file_forget(log);
	if (log->file.fd < 0 ? log_begin(log, &cause)
			     : log_renew(log, &cause))
		return true;
	log_fall_behind(log, &cause);
	return false;
}

/* The same, but not more often than is worth it. */
static bool keep_up(struct log *log)
{
	enum { PAUSE = 1000 };

	if (!is_up(log) && log->problem.message[0]
	    && log_now() - log->tried < PAUSE)
		return false;
	return catch_up(log);
}

/* Between two steps. */
static void log_check(const struct log *log)
{
	assert(!is_up(log)
	       || document_state_now(log->document) == log->state);
}

/* After each thing written. */
static void count_edit(struct log *log)
{
	if (!put_fine(log))
		return;
	log->wanted[SYNC_FILE] = true;
	if (++log->unsynced >= LOG_SYNC_EDITS) {
		log_sync_take(log, false);
		log_sync_start(log);
	}
}

static void told_edit(void *context, const struct document *document,
		      const struct document_edit *edit)
{
	struct log *log = context;

	if (log->passive)
		return;
	if (edit->first)
		log_check(log);
	/* Within a step the document is in no state to begin with. */
	if (edit->first ? !keep_up(log) : !is_up(log)) {
		log->behind = true;
		return;
	}
	log_write_edit(&log->writer, document, edit);
	log->state = edit->state;
	count_edit(log);
}

static bool told_go(void *context, uint64_t number)
{
	struct log *log = context;

	if (log->passive)
		return true;
	log_check(log);
	/* The document has the bytes of NUMBER already, and not yet its name:
	 * a log that begins now would be wrong.  Edit by edit there is time. */
	if (!is_up(log) || (number != log->begun && number < log->fresh))
		return false;
	log_put_go(&log->writer, number);
	log->state = number;
	count_edit(log);
	return true;
}

static void told_written(void *context, const struct document *document)
{
	struct log *log = context;

	(void)document;
	log_file_drop(log);
	log->behind = false;
	log->problem.message[0] = '\0';
}

/* --- the calls --- */

struct log *log_attach(struct document *document, struct error *error)
{
	struct log *log = memory_allocate(sizeof *log);

	if (!log) {
		error_set_memory(error);
		return NULL;
	}
	*log = (struct log){
		.document = document,
		.file = LOG_FILE_NONE,
		.watcher = { told_edit, told_go, told_written, log },
	};
	document_watch(document, &log->watcher);
	return log;
}

static bool say_live(const struct log *log, uint64_t process,
		     struct error *error)
{
	char who[64] = "another process";

	if (process)
		snprintf(who, sizeof who, "process %llu",
			 (unsigned long long)process);
	return error_set(error, "%s is editing %s; \"session insist\" edits "
			 "it all the same", who,
			 file_path(document_file(log->document)));
}

bool log_ready(struct log *log, struct error *error)
{
	char path[PATH_MAX];
	uint64_t process;

	if (log->file.fd >= 0)
		return true;
	bool alone = log->insisted
		     || !log_document_path(log->document, path, NULL);

	if (!alone && log_path_live(path, log->file.name, &process))
		return say_live(log, process, error);
	if (!catch_up(log) || alone)
		return true;
	/* Both may have begun at once; then each sees the other. */
	if (!log_path_live(path, log->file.name, &process))
		return true;
	log_file_drop(log);
	return say_live(log, process, error);
}

void log_insist(struct log *log)
{
	log->insisted = true;
}

void log_tick(struct log *log)
{
	struct error gone;

	if (log->passive)
		return;
	log_sync_take(log, false);
	if (log->file.fd >= 0 && is_gone(log)) {
		error_set(&gone, "the log was removed");
		log_fall_behind(log, &gone);
	}
	if (log->file.fd < 0 && !log->behind)
		return;
	log_check(log);
	/* Once a second is often enough for both. */
	if (catch_up(log))
		log_sync_start(log);
}

void log_moved(struct log *log)
{
	if (log->passive || log->file.fd < 0)
		return;
	log->behind = true;
	catch_up(log);
}

void log_flush(struct log *log)
{
	struct log_flush flush;

	if (log->passive || (log->file.fd < 0 && !log->behind)
	    || !catch_up(log))
		return;
	log_flush_of(log->document, &flush);
	log_put_flush(&log->writer, &flush);
	log->wanted[SYNC_FILE] = true;
	if (put_fine(log))
		log_sync_now(log);
}

void log_close(struct log *log, bool keep)
{
	if (!log)
		return;
	document_watch(log->document, NULL);
	if (log->passive || (keep && document_modified(log->document))) {
		if (!log->passive && (log->file.fd >= 0 || log->behind)
		    && catch_up(log))
			log_sync_now(log);
		log_file_forget(log);
	} else {
		log_file_drop(log);
	}
	memory_free(log);
}

struct log *log_adopt(struct document *document, struct log_file *file,
		      const struct log_reader *reader, bool passive,
		      struct error *error)
{
	struct log_resume resume = {
		.time = time(NULL), .process = (uint64_t)getpid(),
		.states = document_state_count(document),
		.identity = log_identity_of(document_file(document)),
	};
	struct log *log = log_attach(document, error);
	struct log_writer writer;

	if (!log)
		return NULL;
	log->passive = passive;
	if ((!passive && io.ftruncate(file->fd, (off_t)reader->end) != 0
	     && !error_set_system(error, errno, "can't go on in %s",
				  file->shown))
	    || !log_writer_resume(&writer, reader, error)) {
		log_close(log, true);
		return NULL;
	}
	log_file_take(log, file, &writer);
	*file = (struct log_file)LOG_FILE_NONE;
	log->state = document_state_now(document);
	if (passive)
		return log;
	log_put_resume(&log->writer, &resume);
	put_fine(log);
	return log;
}
