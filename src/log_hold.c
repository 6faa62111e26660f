/*
 * log_hold: the file of a log: begun, synced, renewed, let go.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "log_internal.h"
#include "sizes.h"

int64_t log_now(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void log_fall_behind(struct log *log, const struct error *cause)
{
	log->behind = true;
	log->tried = log_now();
	log->problem = *cause;
}

/* --- syncs --- */

static void sync_failed(struct log *log, int which, int number)
{
	struct error cause;

	/* Not every file system knows how to sync a folder. */
	if (which == SYNC_FOLDER && number == EINVAL)
		return;
	error_set_system(&cause, number, "can't sync");
	log_fall_behind(log, &cause);
}

/* Takes the results that are there; WAIT: all of them. */
void log_sync_take(struct log *log, bool wait)
{
	for (int i = 0; i < SYNCS; i++) {
		const struct aiocb *request = &log->requests[i];
		int number = EINPROGRESS;

		if (!log->running[i])
			continue;
		while ((number = io.aio_error(request)) == EINPROGRESS && wait)
			io.aio_suspend(&request, 1, NULL);
		if (number == EINPROGRESS)
			continue;
		log->running[i] = false;
		io.aio_return(&log->requests[i]);
		if (number != 0)
			sync_failed(log, i, number);
	}
}

void log_sync_start(struct log *log)
{
	for (int i = 0; i < SYNCS; i++) {
		int fd = i == SYNC_FILE ? log->file.fd : log->file.folder;

		if (!log->wanted[i] || log->running[i])
			continue;
		log->wanted[i] = false;
		log->requests[i] = (struct aiocb){ .aio_fildes = fd };
		log->requests[i].aio_sigevent.sigev_notify = SIGEV_NONE;
		if (io.aio_fsync(O_DSYNC, &log->requests[i]) == 0)
			log->running[i] = true;
		else if (io_fdatasync(fd) != 0)
			sync_failed(log, i, errno);
	}
	log->unsynced = 0;
}

void log_sync_now(struct log *log)
{
	log_sync_take(log, true);
	for (int i = 0; i < SYNCS; i++) {
		int fd = i == SYNC_FILE ? log->file.fd : log->file.folder;

		if (log->wanted[i] && io_fdatasync(fd) != 0)
			sync_failed(log, i, errno);
		log->wanted[i] = false;
	}
	log->unsynced = 0;
}

/* --- the file --- */

void log_file_forget(struct log *log)
{
	if (log->file.fd < 0)
		return;
	log_sync_take(log, true);
	io_private_remove(&log->private);
	log_writer_end(&log->writer);
	log_file_close(&log->file);
	log->wanted[SYNC_FILE] = log->wanted[SYNC_FOLDER] = false;
}

void log_file_drop(struct log *log)
{
	if (log->file.fd < 0)
		return;
	/* One that stays says nothing that is unsaved, or is found to have
	 * been written. */
	log_file_remove(&log->file, NULL);
	log_file_forget(log);
}

void log_file_take(struct log *log, const struct log_file *file,
		   const struct log_writer *writer)
{
	log->file = *file;
	log->writer = *writer;
	log->private.fd = file->fd;
	io_private_add(&log->private);
	log->wanted[SYNC_FILE] = log->wanted[SYNC_FOLDER] = true;
}

bool log_path_live(const char *path, const char *ours, uint64_t *process)
{
	struct log_summary summary;
	struct log_file file;
	char name[LOG_NAME_SIZE];
	bool live = false;

	if (!log_folder_open(&file, false, false, NULL))
		return false;
	for (unsigned slot = 0; !live && slot < LOG_SLOTS; slot++) {
		log_slot_name(path, slot, name);
		log_file_name(&file, name);
		if (strcmp(name, ours) == 0 || !log_file_open(&file, NULL))
			continue;
		if (log_file_live(&file)) {
			log_summarize(&file, &summary, NULL);
			live = !summary.has_buffer ||
			       strcmp(summary.buffer.path, path) == 0;
			*process = summary.process;
		}
		io_close(file.fd);
		file.fd = -1;
	}
	log_file_close(&file);
	return live;
}

/* Writes what a new log begins with. */
static bool file_fill(struct log *log, const char *path,
		      struct log_writer *writer, const struct log_file *file,
		      struct error *error)
{
	struct document *document = log->document;
	bool modified = document_modified(document);
	uint64_t now = document_state_now(document);
	struct log_buffer buffer = {
		.identity = log_identity_of(document_file(document)),
		/* On disk there may be a state that it never goes to. */
		.state = modified ? UINT64_MAX : now,
	};

	snprintf(buffer.path, sizeof buffer.path, "%s", path);
	if (!log_file_lock(file, error) ||
	    !log_writer_begin(writer, file->fd, error))
		return false;
	log_put_start(writer, false);
	log_put_buffer(writer, &buffer);
	if (modified)
		log_write_changes(writer, document);
	if (!writer->failed)
		return true;
	error_set(error, "%s", writer->cause.message);
	log_writer_end(writer);
	return false;
}

static void begin_state(struct log *log)
{
	log->begun = log->state = document_state_now(log->document);
	log->fresh = document_state_count(log->document);
	log->behind = false;
	log->problem.message[0] = '\0';
}

/* The first slot in which nothing is. */
static bool file_create(struct log_file *file, const char *path,
			struct error *error)
{
	char name[LOG_NAME_SIZE];

	for (unsigned slot = 0; slot < LOG_SLOTS; slot++) {
		log_slot_name(path, slot, name);
		log_file_name(file, name);
		if (log_file_create(file, error))
			return true;
		if (errno != EEXIST)
			return false;
	}
	return error_set(error, "%d logs of earlier sessions are in the way",
			 LOG_SLOTS);
}

bool log_begin(struct log *log, struct error *error)
{
	struct log_file file = LOG_FILE_NONE;
	struct log_writer writer;
	char path[PATH_MAX];

	if (!log_document_path(log->document, path, error) ||
	    !log_folder_open(&file, false, true, error))
		return false;
	if (file_create(&file, path, error)) {
		if (file_fill(log, path, &writer, &file, error)) {
			log_file_take(log, &file, &writer);
			begin_state(log);
			return true;
		}
		log_file_remove(&file, NULL);
	}
	log_file_close(&file);
	return false;
}

/* A whole one takes the place of one that is behind. */
static bool file_put(struct log *log, struct log_file *file,
		     struct error *error)
{
	int result;

	if (io_fdatasync(file->fd) != 0)
		return error_set_system(error, errno, "can't sync");
	do
		result = io.renameat(file->folder, file->name, file->folder,
				     log->file.name);
	while (result < 0 && errno == EINTR);
	return result == 0 || error_set_system(error, errno, "can't replace %s",
					       log->file.shown);
}

bool log_renew(struct log *log, struct error *error)
{
	struct log_file file = LOG_FILE_NONE;
	struct log_writer writer = { .bytes = NULL };
	char path[PATH_MAX];
	char name[LOG_NAME_SIZE];
	char wanted[LOG_NAME_SIZE];

	if (!log_document_path(log->document, path, error) ||
	    !log_folder_open(&file, false, true, error))
		return false;
	memcpy(wanted, log->file.name, sizeof wanted);
	snprintf(name, sizeof name, "%.*s+", LOG_NAME_SIZE - 2, wanted);
	log_file_name(&file, name);
	log_file_remove(&file, NULL);
	if (log_file_create(&file, error)) {
		if (file_fill(log, path, &writer, &file, error) &&
		    file_put(log, &file, error)) {
			log_file_name(&file, wanted);
			log_file_forget(log);
			log_file_take(log, &file, &writer);
			begin_state(log);
			return true;
		}
		log_writer_end(&writer);
		log_file_remove(&file, NULL);
	}
	log_file_close(&file);
	return false;
}
