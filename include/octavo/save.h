/*
 * save: what must be written, and writing it so that a crash, an error or a
 * power cut leaves the old file or the new one, never a third.
 *
 * Two methods (a third, a rewrite in place from a journal, is not in this
 * version; what it would handle is refused with a message, before anything
 * is touched: several hard links, a folder that cannot be written, an owner,
 * ACL or attribute that cannot be carried over, a mount point):
 *
 *  in place   (same length) a journal .NAME.ovj with the old and new bytes
 *             beside the file, synced with its folder; then only the dirty
 *             ranges are written into the file; synced; journal removed.
 *  replaced   (other length) a complete new file .NAME.ovn, synced, takes the
 *             old one's name by an exchange; folder synced; the old one is
 *             removed.
 *
 * Before either: symbolic links are resolved once, the target is opened again
 * and must be the same file (device and inode) with the same identity as the
 * document knows, bytes that are lost must not be needed, and the space must
 * be there.
 *
 * A message never says more than a sync that returned 0 has made true.
 *
 * Everything runs in the calling process and returns when it is done.
 */
#ifndef OCTAVO_SAVE_H
#define OCTAVO_SAVE_H

#include "octavo/document.h"

enum save_method {
	SAVE_NOTHING,	/* nothing to write */
	SAVE_IN_PLACE,
	SAVE_REPLACED,
	SAVE_CREATED,	/* a file that was not there */
};

enum { SAVE_NOTE_SIZE = 512 };

struct save_plan {
	enum save_method method;
	uint64_t bytes;		/* that will be written */
	uint64_t ranges;	/* in how many runs */
	/* What else there is to know, in words, or empty: a mode bit that may
	 * fall or has fallen, a file beside it that could not be removed. */
	char note[SAVE_NOTE_SIZE];
};

/* "in place", "replaced", "created"; "in place" for SAVE_NOTHING. */
const char *save_method_name(enum save_method method);

/* What a flush would do now; fails with the reason where it would refuse.
 * Touches nothing. */
bool save_plan(const struct document *document, struct save_plan *plan,
	       struct error *error);

/*
 * Flushes the document to its file.  On success the document is the file's
 * content again (document_written or document_replaced has been called) and
 * *DONE says what was written.  On failure the document is as it was, and the
 * message says which of these is true of the file: unchanged; unchanged but
 * something is left behind (named); interrupted, journal kept (named); not
 * safe, where a power cut may leave the old or the new.
 *
 * A file whose identity has changed since the document knew it is refused,
 * if there is something to write.
 */
bool save_write(struct document *document, struct save_plan *done,
		struct error *error);

/* Is there something left of an earlier flush of the document's file that was
 * cut off?  ERROR says what and what that means for the file; it can be looked
 * at and edited, but a flush is refused as long as that is there. */
bool save_interrupted(const struct document *document, struct error *error);

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

#endif
