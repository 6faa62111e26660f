/*
 * recovery: what an interrupted flush has left of a file, and making it whole
 * again.
 *
 * A flush leaves something only if its process died, or could neither go on
 * nor back: a journal (src/journal.h), a file with the new content, or, where
 * the file was being replaced, a second file under another name.  It lies
 * beside the file as .NAME.ovj and .NAME.ovn, or in the folder "journals" of
 * the user's state.  A copy that was to become the backup lies beside the file
 * as .NAME.ovb.
 *
 * Believed is only what nobody can have put there who could not write the file
 * itself: a regular file with one name, owned by the user, root or who owns the
 * file, closed to others (where a file system keeps no modes: as open as the
 * file), that names this file and has sizes that fit.  The rest is a stranger's:
 * it is shown, and never obeyed.  Of a copy for a backup it is not shown either.
 *
 * Nothing here asks.  What is done to a file is done so that it can be cut off
 * at any point, and then be done again.
 *
 * Order of calls: recovery_find; then one of recovery_clear, recovery_do, for
 * the document as it was opened, for the file changes under it: it has to be
 * opened again.  More may be left then, so recovery_find again.
 */
#ifndef OCTAVO_RECOVERY_H
#define OCTAVO_RECOVERY_H

#include <limits.h>
#include <time.h>

#include "octavo/document.h"

enum recovery_state {
	RECOVERY_NONE,		/* nothing is left */
	RECOVERY_BUSY,		/* a flush is going on */
	RECOVERY_STRANGER,	/* not ours, or not about this file */
	RECOVERY_UNREADABLE,	/* damaged, of a later version, or the system
				 * fails: nothing is known */
	/* Of a flush with a journal, or a backup: */
	RECOVERY_NEVER_BEGUN,	/* it is not complete: nothing was touched */
	RECOVERY_NOT_BEGUN,	/* it is, and the file is the old one */
	RECOVERY_CUT_OFF,	/* the file is partly old and partly new */
	RECOVERY_FINISHED,	/* the file is the new one */
	RECOVERY_CHANGED,	/* somebody has written the file since */
	/* Of one that was replacing the file, which is whole: */
	RECOVERY_WAS_REPLACED,	/* the old one is left */
	RECOVERY_NOT_REPLACED,	/* a new one is left, complete or not */
	RECOVERY_ONE_OF_TWO,	/* the old one or the new one is left */
};

enum recovery_action {
	RECOVERY_FINISH,	/* the file becomes the new one */
	RECOVERY_UNDO,		/* the file becomes the old one */
	/* The file stays as it is; what was left is kept under another name,
	 * where it is in nobody's way. */
	RECOVERY_IGNORE,
	RECOVERY_ACTIONS
};

enum { RECOVERY_WORDS = ERROR_MESSAGE_SIZE };

struct recovery {
	enum recovery_state state;
	/* It is ours and says nothing that the file does not say already. */
	bool clear;
	bool harmless;		/* a flush is not hindered by it either */
	bool may[RECOVERY_ACTIONS];
	bool may_insist[RECOVERY_ACTIONS];	/* only so */
	char left[PATH_MAX];	/* the journal or file that is there */
	struct timespec time;	/* of the flush */
	/* Of the parts of the file that it changes: */
	uint64_t parts;
	uint64_t old_parts;	/* that are old, new, both, in a word whole */
	uint64_t new_parts;
	uint64_t changed_parts;	/* that have bytes which are neither */
	uint64_t changed_at;	/* the first of these bytes */
	/* All of that in words, for a message: what is so, but not what can be
	 * done. */
	char words[RECOVERY_WORDS];
};

/* "finish", "undo", "ignore". */
const char *recovery_action_name(enum recovery_action action);
/* One of these, or with a ! behind it, which is to insist; false where it is
 * none. */
bool recovery_action_parse(const char *word, enum recovery_action *action,
			   bool *insist);

/* What there is for the file of DOCUMENT.  Touches nothing. */
struct recovery recovery_find(const struct document *document);

/* Removes what is left where `clear` says so; fails where it is not so any
 * more. */
bool recovery_clear(const struct document *document, struct error *error);

/*
 * Does ACTION.  Bytes that somebody has written since are not written over,
 * unless INSIST.  On success *DONE says what, in RECOVERY_WORDS bytes.  On
 * failure the message says what is true of the file.
 */
bool recovery_do(const struct document *document, enum recovery_action action,
		 bool insist, char *done, struct error *error);

#endif
