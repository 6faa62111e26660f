/*
 * log: every edit of a document, on disk before the screen shows it.
 *
 * A log is an append-only, checksummed file in the user's state folder
 * (sessions/, 0700, the file 0600), named after the file it belongs to.  It
 * is begun at the first edit, so who only looks at files writes nothing; it is
 * removed once nothing in it is unsaved any more.  What a process leaves that
 * was killed can be made again by log_recover.  The file is never touched.
 *
 *   kill -9      loses nothing that the screen has shown: each edit is in the
 *                kernel's hands then
 *   power cut    loses the last second: the log is synced by log_tick, off
 *                the calling thread, and every so many edits
 *   full disk    loses nothing as long as the process lives: log_problem says
 *                what is wrong, and once there is room again the log is begun
 *                anew with all that is unsaved
 *
 * A lock on the log, held while it is written, says whether a session lives.
 *
 * Order of calls, one log a document: log_attach; log_ready before each edit;
 * log_tick every second; log_flush before a flush; log_close before the
 * document is closed.
 *
 * Errors name the log, and the offset in it where it goes wrong.
 */
#ifndef OCTAVO_LOG_H
#define OCTAVO_LOG_H

#include "octavo/document.h"

struct log;

/* --- keeping one --- */

/* Watches DOCUMENT from now on.  Touches no disk. */
struct log *log_attach(struct document *document, struct error *error);

/*
 * To be asked before an edit; begins the log.  False, with the reason: another
 * process edits the file.  Where the log cannot be written it is true all the
 * same: editing goes on, and log_problem says so.
 */
bool log_ready(struct log *log, struct error *error);
/* Never mind the other process, from now on. */
void log_insist(struct log *log);

/* Why unsaved edits are not protected, or NULL. */
const char *log_problem(const struct log *log);
/* Where the log is, or NULL where there is none (yet). */
const char *log_path(const struct log *log);

/* Starts or ends a sync, and tries again what has failed. */
void log_tick(struct log *log);

/* Before a flush: what will be written, so that a flush after which the
 * process dies is known to have been done; and the log is synced.  The log is
 * removed once the document says that it was written. */
void log_flush(struct log *log);

/* The document goes on over what others have made of the file: the log begins
 * anew with that, and all that is unsaved is one step in it. */
void log_moved(struct log *log);

/* Ends it.  KEEP: what is unsaved is left for log_recover; else, and where
 * nothing is unsaved, the log is removed.  NULL is no log. */
void log_close(struct log *log, bool keep);

/* --- taking one up --- */

enum log_state {
	LOG_NONE,	/* nothing that is unsaved */
	LOG_LEFT,	/* edits of a session that has ended */
	LOG_DAMAGED,	/* the same, but it cannot be read to its end */
	LOG_LIVE,	/* a process has it: the file is being edited */
};

/* What a log says of itself. */
struct log_report {
	enum log_state state;
	char path[4096];	/* of the file; what could be read of it */
	char log[4096];		/* of the log */
	uint64_t edits;
	uint64_t process;
	int64_t time;		/* of its beginning */
	uint64_t offset;	/* of the last edit */
	struct error error;	/* where it is damaged */
};

/*
 * What there is for the file of DOCUMENT: a live log if there is one, else
 * the newest that has unsaved edits.  With TIDY one whose edits a flush has
 * written, before the process could say so, is removed: not before it is
 * decided what becomes of what that flush has left, for log_knows needs it.
 */
struct log_report log_look(const struct document *document, bool tidy);

/* Which file the newest log for the path of DOCUMENT's file is about that ends
 * in a flush, as that file was before.  False where there is none: a log of
 * edits alone may be of the time after. */
bool log_knows(const struct document *document,
	       struct file_identity *identity);

/*
 * Makes the edits of that log again, in DOCUMENT, which is as on disk and
 * has no history: steps, branches and times.  The document is closed by the
 * caller where that fails; the log stays.  Where the file is not the one that
 * the log knows, each edit must find the bytes that it knows.
 *
 * The log goes on as the document's; PASSIVE: it is only held, and removed if
 * the document is written.  DAMAGED: of a damaged log what stands before the
 * damage is taken; it stays where it is, and a new one is begun.
 */
struct log *log_recover(struct document *document, bool passive, bool damaged,
			struct log_report *report, struct error *error);

/* What stands in it, an edit or a step to another state at a time. */
struct log_entry {
	int64_t time;
	bool edit;		/* else a step to STATE, by undo or redo */
	struct range range;	/* became */
	uint64_t length;	/* bytes */
	uint64_t state;
};

typedef bool log_visit(void *context, const struct log_entry *entry);

bool log_show(const struct document *document, log_visit *visit,
	      void *context, struct error *error);
/* Removes it. */
bool log_discard(const struct document *document, struct error *error);

/* --- saved sessions --- */

enum { LOG_MARKS = 128 };

/* A buffer in a saved session. */
struct log_place {
	uint64_t cursor;
	uint64_t marks[LOG_MARKS];
	bool marked[LOG_MARKS];
};

struct log_session;

/* Begins the file NAME in the user's state folder (saved/).  Nothing is there
 * before log_session_end; an existing one is refused unless OVERWRITE. */
struct log_session *log_session_begin(const char *name, bool overwrite,
				      struct error *error);
/* Adds DOCUMENT with all its unsaved changes. */
bool log_session_add(struct log_session *session,
		     const struct document *document,
		     const struct log_place *place, struct error *error);
/* Syncs it and puts it in place; frees it whatever happens. */
bool log_session_end(struct log_session *session, struct error *error);
void log_session_cancel(struct log_session *session);

/* Who takes the buffers of a session. */
struct log_loader {
	/* A document over PATH, as on disk; or NULL with the error. */
	struct document *(*open)(void *context, const char *path,
				 struct error *error);
	/* The changes have been made in it; or not (ERROR says why), and then
	 * it is to be closed. */
	void (*done)(void *context, struct document *document,
		     const struct log_place *place, const struct error *error);
	void *context;
};

/* Makes the changes of session NAME again.  False where the session cannot be
 * read; what became of a buffer, only its `done` is told. */
bool log_session_load(const char *name, const struct log_loader *loader,
		      struct error *error);

/* --- all of them --- */

struct log_listed {
	bool saved;
	const char *name;	/* of a saved session; of the file otherwise */
	struct log_report report;
};

typedef bool log_list_visit(void *context, const struct log_listed *listed);

/* Saved sessions, then logs; in the order of their names. */
bool log_list(log_list_visit *visit, void *context, struct error *error);

/* Removes logs that have no unsaved edits and were left more than 30 days
 * ago. */
void log_clean(void);

#endif
