/*
 * log_session: a saved session is a log of several buffers, with all unsaved
 * changes of each as one step.
 *
 * It is written under a name of its own and takes its place once it is on
 * disk.  It is read twice: the first time to see that it is whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "log_internal.h"
#include "memory.h"

struct log_session {
	struct log_file file;		/* the one that is being written */
	struct log_writer writer;
	char name[LOG_NAME_SIZE];
};

/* --- saving --- */

static bool name_fits(const char *name, struct error *error)
{
	if (!name[0] || name[0] == '.' || strchr(name, '/'))
		return error_set(error, "a session's name has no slash in it "
				 "and does not begin with a dot");
	return strlen(name) < LOG_NAME_SIZE - 8
	       || error_set(error, "a session's name is shorter");
}

/* The file NAME must not be there, unless it may be overwritten. */
static bool may_be_put(const struct log_file *file, const char *name,
		       bool overwrite, struct error *error)
{
	struct stat status;

	if (overwrite
	    || io.fstatat(file->folder, name, &status, AT_SYMLINK_NOFOLLOW)
	       != 0)
		return true;
	return error_set(error, "there is a session %s; \"session save! %s\" "
			 "overwrites it", name, name);
}

static bool session_create(struct log_session *session, bool overwrite,
			   struct error *error)
{
	char name[LOG_NAME_SIZE];

	if (!log_folder_open(&session->file, true, true, error)
	    || !may_be_put(&session->file, session->name, overwrite, error))
		return false;
	snprintf(name, sizeof name, ".%.*s+", LOG_NAME_SIZE - 3,
		 session->name);
	log_file_name(&session->file, name);
	log_file_remove(&session->file, NULL);
	if (!log_file_create(&session->file, error))
		return false;
	if (!log_writer_begin(&session->writer, session->file.fd, error))
		return false;
	log_put_start(&session->writer, true);
	return true;
}

struct log_session *log_session_begin(const char *name, bool overwrite,
				      struct error *error)
{
	if (!name_fits(name, error))
		return NULL;

	struct log_session *session = memory_allocate(sizeof *session);

	if (!session) {
		error_set_memory(error);
		return NULL;
	}
	*session = (struct log_session){ .file = LOG_FILE_NONE };
	snprintf(session->name, sizeof session->name, "%s", name);
	if (session_create(session, overwrite, error))
		return session;
	log_session_cancel(session);
	return NULL;
}

/* What the writer could not write. */
static bool session_written(const struct log_session *session,
			    struct error *error)
{
	return !session->writer.failed
	       || error_set(error, "%s: %s", session->file.shown,
			    session->writer.cause.message);
}

bool log_session_add(struct log_session *session,
		     const struct document *document,
		     const struct log_place *place, struct error *error)
{
	const struct file *file = document_file(document);
	struct log_buffer buffer = {
		.identity = log_identity_of(file),
		.state = UINT64_MAX,
		.place = *place,
	};
	struct error cause;

	if (!log_document_path(document, buffer.path, &cause))
		return error_set(error, "%s can't be in a session: %s",
				 file_path(file), cause.message);
	log_put_buffer(&session->writer, &buffer);
	log_write_changes(&session->writer, document);
	return session_written(session, error);
}

static bool session_put(struct log_session *session, struct error *error)
{
	struct log_file *file = &session->file;
	int result;

	if (io_fsync(file->fd) != 0)
		return error_set_system(error, errno, "can't sync %s",
					file->shown);
	do
		result = io.renameat(file->folder, file->name, file->folder,
				     session->name);
	while (result < 0 && errno == EINTR);
	if (result != 0)
		return error_set_system(error, errno, "can't rename %s",
					file->shown);
	log_file_name(file, session->name);
	return io_fsync(file->folder) == 0 || errno == EINVAL
	       || error_set_system(error, errno, "can't sync the folder of %s",
				   file->shown);
}

static void session_free(struct log_session *session)
{
	log_writer_end(&session->writer);
	log_file_close(&session->file);
	memory_free(session);
}

bool log_session_end(struct log_session *session, struct error *error)
{
	log_put_end(&session->writer);

	bool done = session_written(session, error)
		    && session_put(session, error);

	if (!done && session->file.name[0] == '.')
		log_file_remove(&session->file, NULL);
	session_free(session);
	return done;
}

void log_session_cancel(struct log_session *session)
{
	if (session->file.fd >= 0)
		log_file_remove(&session->file, NULL);
	session_free(session);
}

/* --- loading --- */

struct loading {
	const struct log_loader *loader;
	struct log_replay replay;
	struct log_place place;
	bool begun;		/* a buffer is */
	bool failed;
	struct error error;
};

static void buffer_end(struct loading *loading)
{
	struct document *document = loading->replay.document;

	if (!loading->begun)
		return;
	log_replay_end(&loading->replay);
	loading->replay.document = NULL;
	loading->begun = false;
	loading->loader->done(loading->loader->context, document,
			      &loading->place,
			      loading->failed ? &loading->error : NULL);
}

static void load_buffer(void *context, const struct log_buffer *buffer)
{
	struct loading *loading = context;
	const struct log_loader *loader = loading->loader;

	buffer_end(loading);
	loading->begun = true;
	loading->place = buffer->place;

	struct document *document = loader->open(loader->context, buffer->path,
						 &loading->error);

	loading->failed = !document
		|| !log_replay_begin(&loading->replay, document, buffer,
				     &buffer->identity, &loading->error);
	loading->replay.document = document;
}

static bool load_edit(void *context, const struct log_edit *edit,
		      struct log_reader *reader, struct error *error)
{
	struct loading *loading = context;

	(void)error;
	if (!loading->failed)
		loading->failed = !log_replay_edit(&loading->replay, edit,
						   reader, &loading->error);
	return true;
}

static bool session_read(const struct log_file *file,
			 const struct log_loader *loader, struct error *error)
{
	static const struct log_visitor visitor = {
		.buffer = load_buffer, .edit = load_edit,
	};
	struct loading loading = { .loader = loader };
	struct log_reader reader;

	if (!log_reader_begin(&reader, file->fd, file->shown, error))
		return false;
	bool done = log_read(&reader, &visitor, &loading, &loading.error);

	if (!done) {
		loading.failed = true;
		error_set(error, "%s", loading.error.message);
	}
	buffer_end(&loading);
	log_reader_end(&reader);
	return done;
}

bool log_session_load(const char *name, const struct log_loader *loader,
		      struct error *error)
{
	struct log_summary summary;
	struct log_file file = LOG_FILE_NONE;
	bool done = name_fits(name, error)
		    && log_folder_open(&file, true, false, error);

	if (done) {
		log_file_name(&file, name);
		done = log_file_open(&file, error)
		       && log_summarize(&file, &summary, error);
	}
	if (done && (!summary.ended || !summary.start.session))
		done = error_set(error, "%s: byte %llu: %s", file.shown,
				 (unsigned long long)summary.end,
				 summary.start.session ? "it is cut off"
						       : "not a session");
	done = done && session_read(&file, loader, error);
	log_file_close(&file);
	return done;
}
