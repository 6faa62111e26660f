/*
 * save: what must be written, and writing it so that a crash, an error or a
 * power cut leaves the old file or the new one, never a third.
 *
 * Methods
 *  in place   only what differs is written into the file, after a journal
 *             .NAME.ovj with the old and the new bytes beside it was synced
 *             with its folder.  For changes that leave the length as it is,
 *             and for others where little lies behind the first byte that has
 *             moved.
 *  rewritten  the complete new content goes to .NAME.ovn, synced; then a
 *             journal that names it, synced: from there on the outcome is the
 *             new file; then from the one into the other.  For what can't be
 *             replaced: a file with several hard links, of another owner, with
 *             attributes that only root may set, in a folder that can't be
 *             written, or on which something is mounted.
 *  replaced   the complete new file .NAME.ovn, synced, takes the old one's
 *             name by an exchange; folder synced; the old one is removed.
 *  created    a file that was not there.
 *  directly   what is read by blocks (octavo/file.h), and nothing else: the
 *             bytes that differ are written where they belong and read back.
 *             Nothing of a process outlives the power, and one that has gone
 *             on can't be given old bytes: so there is no journal.  Where that
 *             fails midway, the message says how many bytes were written.
 *
 * Journal and new content lie beside the file; where that can't be, in the
 * folder "journals" of the user's state.  Nothing is written anywhere else.
 *
 * Before any: symbolic links are resolved once, the target is opened again
 * and must be the same file (device and inode) with the same identity as the
 * document knows, bytes that are lost must not be needed, and the space must
 * be there.
 *
 * A flush does what its plan says, or it fails.  A message never says more
 * than a sync that returned 0 has made true.
 */
#ifndef OCTAVO_SAVE_H
#define OCTAVO_SAVE_H

#include "octavo/document.h"

enum save_method {
	SAVE_NOTHING,	/* nothing to write */
	SAVE_IN_PLACE,
	SAVE_REWRITTEN,
	SAVE_REPLACED,
	SAVE_CREATED,	/* a file that was not there */
	SAVE_DIRECT,	/* bytes of a process or a character device */
};

/* Which methods may be chosen. */
enum save_way {
	SAVE_AUTO,		/* the cheapest that keeps all there is */
	SAVE_WAY_IN_PLACE,	/* the file stays the same file */
	SAVE_WAY_REPLACE,	/* the old file is never written to */
};

/* What is kept of the old content, as FILE~. */
enum save_backup {
	SAVE_BACKUP_NONE,
	SAVE_BACKUP_COPY,	/* a copy, synced before the file changes */
	SAVE_BACKUP_SIMPLE,	/* the old file, where it is replaced */
};

struct save_options {
	enum save_way way;
	enum save_backup backup;
};

enum {
	SAVE_NOTE_SIZE = 512,
	SAVE_REASON_SIZE = 160,
	SAVE_OWNER_SIZE = 96,
};

struct save_plan {
	enum save_method method;
	uint64_t bytes;		/* that will be written into the file */
	uint64_t ranges;	/* in how many runs */
	/* Bytes that a new file may share with the old one instead of being
	 * written, where the file system does that: an estimate. */
	uint64_t shared;
	/* Bytes that are needed beside the file while it is written, at most
	 * (where a file system shares blocks it is less), and how many there
	 * are; UINT64_MAX where nobody knows. */
	uint64_t space;
	uint64_t room;
	bool in_state;		/* they are needed in the user's state folder */
	bool backup;		/* FILE~ will be made */
	/* Of SAVE_DIRECT: all ranges are in there, its bounds being bytes that
	 * are written; and whose they are: "process 12 (name)". */
	struct range span;
	char owner[SAVE_OWNER_SIZE];
	/* Why not the method that would be taken otherwise, or empty. */
	char reason[SAVE_REASON_SIZE];
	/* What will not be kept, or has not been, in words, or empty: a mode
	 * bit that may fall, a file beside it that could not be removed. */
	char note[SAVE_NOTE_SIZE];
};

/* "in place", "replaced", "created", "directly"; "in place" for SAVE_NOTHING
 * too. */
const char *save_method_name(enum save_method method);

/* What a flush would do now; fails with the reason where it would refuse.
 * Touches nothing.  OPTIONS may be NULL here and below: auto, no backup. */
bool save_plan(const struct document *document,
	       const struct save_options *options, struct save_plan *plan,
	       struct error *error);

/*
 * Flushes the document to its file.  On success the document is the file's
 * content again and *DONE says what was written.  On failure the document is
 * as it was, and the message says which of these is true of the file:
 * unchanged; unchanged but something is left behind (named); interrupted,
 * journal kept (named); not all written, and how much is; not safe, where a
 * power cut may leave the old or the new.  Only if a rewritten file is
 * interrupted the document counts as written all the same: the new content is
 * safe, and recovery finishes the file.
 *
 * A file whose identity has changed since the document knew it is refused, if
 * there is something to write, until that is decided (document_outside, which
 * is asked, thoroughly, first: where the file has only grown, what is new
 * belongs to the document and stays).
 */
bool save_write(struct document *document, const struct save_options *options,
		struct save_plan *done, struct error *error);

/*
 * The same in phases, for who does not want to wait:
 *
 *   save_begin    decides, and takes hold of the file; short
 *   save_prepare  long: all that can be written while the file is as it was
 *   save_commit   short: the step from which on the file will be the new one,
 *                 or, in place, from which on it changes
 *   save_apply    long: the file itself
 *   save_finish   short: the document lies over what the file is now; nothing
 *                 of the flush is left beside it
 *   save_end      always; before the commit it removes what was prepared
 *
 * Each returns false where the flush has failed; save_message says why, and
 * the next is save_end.  The document must not be edited between save_begin
 * and save_end.
 *
 * save_prepare and save_apply change nothing but files and what lies in memory
 * that a forked child shares with its parent.  So a child may run either of
 * them, while the parent only waits and shows the document, and the parent goes
 * on with the next phase once the child has exited with what the function
 * returned.  A child that prepares may be killed at any time: then the flush
 * is stopped, as if save_prepare had failed.  One that applies must not be.
 */
struct save_flush;

/* Both may be called very often.  Either may be NULL. */
struct save_hooks {
	/* DONE of ALL bytes have been written or read back. */
	void (*progress)(void *context, uint64_t done, uint64_t all);
	/* True: stop.  Not asked from save_commit on. */
	bool (*stop)(void *context);
	void *context;
};

struct save_flush *save_begin(struct document *document,
			      const struct save_options *options,
			      const struct save_hooks *hooks,
			      struct error *error);
const struct save_plan *save_planned(const struct save_flush *flush);
bool save_prepare(struct save_flush *flush);
bool save_commit(struct save_flush *flush);
bool save_apply(struct save_flush *flush);
bool save_finish(struct save_flush *flush, struct save_plan *done);
/* A worker (octavo/job.h) closes the file, or it would go on holding the lock.
 * One for a phase must be forked after this with SHARED, and before the same
 * without. */
void save_share(struct save_flush *flush, bool shared);
/* How far it is, as the progress hook says it; also while a child is at it. */
void save_progress(const struct save_flush *flush, uint64_t *done,
		   uint64_t *all);
/* The child that ran a phase has died, WHY says of what, and with it what it
 * has noted of a failure.  A flush that was not committed has failed by that;
 * else save_apply must be run again, in whatever state the file is. */
void save_lost(struct save_flush *flush, const struct error *why);
/* What became of a flush that failed or is given up; before save_end. */
void save_message(struct save_flush *flush, struct error *error);
void save_end(struct save_flush *flush);

/* Will the file let itself be written as usual?  For who has just opened it;
 * WHY says what can't be done, and what can.  A device that is mounted will
 * not. */
bool save_outlook(const struct document *document, struct error *why);

/*
 * Writes RANGE of the document as a file of its own at PATH: complete and
 * synced under another name first, then put in place.  An existing PATH is
 * refused unless OVERWRITE (and keeps its mode then); the document's own file
 * is always refused here.  The document stays what it is.
 */
bool save_copy(const struct document *document, struct range range,
	       const char *path, bool overwrite, struct save_plan *done,
	       struct error *error);

/* Takes the next LENGTH bytes of a file. */
typedef bool save_sink(void *sink, const void *bytes, size_t length,
		       struct error *error);
/* Makes a file's content: hands it to PUT, with SINK, in order. */
typedef bool save_maker(void *context, save_sink *put, void *sink,
			struct error *error);

/* The same with what MAKE makes of DOCUMENT instead of its bytes: a patch, an
 * export.  CONTEXT is handed to it. */
bool save_made(const struct document *document, save_maker *make,
	       void *context, const char *path, bool overwrite,
	       struct save_plan *done, struct error *error);

/*
 * Both in the phases of a flush.  Only save_prepare reads the document, and
 * asks MAKE: once a child has begun with that, the parent may edit or close the
 * document, and CONTEXT may go.  How much MAKE makes nobody knows: all is 0.
 */
struct save_flush *save_copy_begin(const struct document *document,
				   struct range range, const char *path,
				   bool overwrite,
				   const struct save_hooks *hooks,
				   struct error *error);
struct save_flush *save_made_begin(const struct document *document,
				   save_maker *make, void *context,
				   const char *path, bool overwrite,
				   const struct save_hooks *hooks,
				   struct error *error);

#endif
