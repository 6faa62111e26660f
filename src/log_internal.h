/*
 * What the files of the log room share and nobody else needs.
 */
#ifndef OCTAVO_LOG_INTERNAL_H
#define OCTAVO_LOG_INTERNAL_H

#include <aio.h>

#include "io.h"
#include "log_format.h"

enum { LOG_NAME_SIZE = 256 };

/* --- log_file.c --- */

/* A log or saved session in its folder. */
struct log_file {
	int folder;
	int fd;
	char name[LOG_NAME_SIZE];
	char shown[PATH_MAX];	/* folder and name, for messages */
};

#define LOG_FILE_NONE { .folder = -1, .fd = -1 }

/* Opens the folder of logs or of saved sessions. */
bool log_folder_open(struct log_file *file, bool saved, bool create,
		     struct error *error);
/* Names the file in the folder. */
void log_file_name(struct log_file *file, const char *name);
/* Opens what is there, which must be ours; ENOENT in errno where nothing is.
 */
bool log_file_open(struct log_file *file, struct error *error);
/* Creates what is not there; EEXIST in errno where something is. */
bool log_file_create(struct log_file *file, struct error *error);
/* Is it held by somebody?  Where there are no such locks, by nobody. */
bool log_file_live(const struct log_file *file);
/* Takes the lock; fails where it is held, or the file is gone. */
bool log_file_lock(const struct log_file *file, struct error *error);
bool log_file_remove(const struct log_file *file, struct error *error);
void log_file_close(struct log_file *file);

/* The absolute path of DOCUMENT's file, PATH_MAX bytes; the reason where it
 * cannot have a log. */
bool log_document_path(const struct document *document, char *path,
		       struct error *error);
/* The name of the log for PATH in SLOT. */
void log_slot_name(const char *path, unsigned slot, char *name);

/* --- log_summary.c --- */

/* What a log says, read from its start to its end. */
struct log_summary {
	struct log_start start;
	struct log_buffer buffer;
	bool has_buffer;
	struct log_identity identity;	/* of the file, as it was last known */
	uint64_t process;
	int64_t time;
	uint64_t base;		/* the state that is as on disk */
	bool unsaved;
	uint64_t edits;
	uint64_t offset;	/* of the last one */
	bool flushed;		/* a flush was begun, and nothing came after */
	struct log_flush flush;
	uint64_t end;		/* of what is whole */
	bool ended;		/* by an END */
};

bool log_summarize(const struct log_file *file, struct log_summary *summary,
		   struct error *error);

/* The log that log_look tells of, open; and what it says. */
struct log_report log_find(const struct document *document, bool tidy,
			   struct log_file *file, struct log_summary *summary);

/* Is it one that was left, or also DAMAGED?  Else the error says what is. */
bool log_is_left(const struct document *document,
		 const struct log_report *report, bool damaged,
		 struct error *error);

/* --- log_edits.c --- */

/* Writes an edit as it is told. */
void log_write_edit(struct log_writer *writer, const struct document *document,
		    const struct document_edit *edit);
/* Writes all unsaved changes of DOCUMENT, as one step to its state. */
void log_write_changes(struct log_writer *writer,
		       const struct document *document);
void log_flush_of(const struct document *document, struct log_flush *flush);
/* Does the file of DOCUMENT hold what FLUSH was to write? */
bool log_flush_done(const struct document *document,
		    const struct log_flush *flush);

/* --- log_replay.c --- */

/* Which state of the document a number in the log means. */
struct log_states {
	struct log_state_pair {
		uint64_t log;
		uint64_t document;
	} *pairs;
	size_t count;
	size_t capacity;
	uint64_t own;		/* below it they mean themselves */
};

/* Edits that are made again. */
struct log_replay {
	struct document *document;	/* NULL: they are not */
	bool same;		/* the file is the one that the log knows */
	bool open;		/* a step is */
	struct log_states states;
};

bool log_replay_edit(struct log_replay *replay, const struct log_edit *edit,
		     struct log_reader *reader, struct error *error);
/* Begins at the state BUFFER has. */
bool log_replay_begin(struct log_replay *replay, struct document *document,
		      const struct log_buffer *buffer,
		      const struct log_identity *identity,
		      struct error *error);
void log_replay_end(struct log_replay *replay);

/* Makes the edits of FILE up to what SUMMARY knows to be whole.  READER is to
 * be ended by the caller. */
bool log_replay_file(struct document *document, const struct log_file *file,
		     const struct log_summary *summary,
		     struct log_reader *reader, struct error *error);

/* --- log_hold.c --- */

enum { SYNC_FILE, SYNC_FOLDER, SYNCS };

struct log {
	struct document *document;
	struct document_watcher watcher;
	struct log_file file;		/* fd -1: there is none */
	struct log_writer writer;
	struct io_private private;
	bool insisted;
	bool passive;		/* the log is only held */
	bool behind;
	struct error problem;	/* "" where there is none */
	uint64_t begun;		/* the state then */
	uint64_t fresh;		/* the first one after it */
	uint64_t state;		/* as told last */
	int64_t tried;		/* when it failed; milliseconds */
	unsigned unsynced;	/* edits */
	bool wanted[SYNCS];
	bool running[SYNCS];
	struct aiocb requests[SYNCS];
};

/* Of no clock that is set; milliseconds. */
int64_t log_now(void);
/* What LOG holds is not the document any more, because of CAUSE. */
void log_fall_behind(struct log *log, const struct error *cause);

/* Takes the results of syncs that are there; WAIT: of all of them. */
void log_sync_take(struct log *log, bool wait);
/* Starts those that are wanted. */
void log_sync_start(struct log *log);
void log_sync_now(struct log *log);

/* Is another process at the file PATH, in a log that is not called OURS?
 * *PROCESS is which, or 0 where its log does not say so yet. */
bool log_path_live(const char *path, const char *ours, uint64_t *process);

/* Begins a log with all that is unsaved, where there is none, or in the place
 * of the one there is. */
bool log_begin(struct log *log, struct error *error);
bool log_renew(struct log *log, struct error *error);
/* Takes FILE, which is locked, and WRITER as the log. */
void log_file_take(struct log *log, const struct log_file *file,
		   const struct log_writer *writer);
/* Closes it; and removes it. */
void log_file_forget(struct log *log);
void log_file_drop(struct log *log);

/* --- log.c --- */

/* Takes over FILE, which is locked and of which READER has read all, as the
 * log of DOCUMENT, whose state it describes. */
struct log *log_adopt(struct document *document, struct log_file *file,
		      const struct log_reader *reader, bool passive,
		      struct error *error);

#endif
