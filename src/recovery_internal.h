/*
 * recovery_internal: what the files of the recovery room share.
 *
 * A case is one thing that is left, in one place, held open together with the
 * file it belongs to.  Finding out what it is and doing something about it
 * both begin with opening it; who does something takes the locks first.
 */
#ifndef OCTAVO_RECOVERY_INTERNAL_H
#define OCTAVO_RECOVERY_INTERNAL_H

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <sys/stat.h>

#include "journal.h"
#include "octavo/recovery.h"
#include "save_internal.h"

enum { RECOVERY_BLOCK = 4096 };

struct recovery_case {
	struct save_target target;	/* the file */
	int file;			/* the same, to be read; or -1 */
	struct stat status;		/* of it */
	int folder;			/* where what is left lies; or -1 */
	bool in_state;
	bool is_spare;			/* the content is a copy for a backup */
	char folder_path[PATH_MAX];
	char journal_name[NAME_MAX + 1];
	char content_name[NAME_MAX + 1];
	int journal;			/* -1: there is none */
	int content;
	struct stat journal_status;
	struct stat content_status;
	struct journal_header header;
	struct recovery found;
};

/* --- recovery.c --- */

/* Opens what is left in the first place where there is anything, and says
 * what it is.  WRITE: to do something about it, so nobody else may be at it.
 * Ended with recovery_case_end in any case. */
void recovery_case_begin(struct recovery_case *recovery,
			 const struct document *document, bool write);
void recovery_case_end(struct recovery_case *recovery);

/* Folder and NAME, cut to PATH_MAX, for messages. */
void recovery_shown(const struct recovery_case *recovery, const char *name,
		    char *shown);

/* --- recovery_judge.c --- */

/* Says what is left, where opening it has not said so already. */
void recovery_judge(struct recovery_case *recovery,
		    const struct document *document);
/* Why what STATUS is of can't be ours, or NULL; of its mode nothing is asked. */
const char *recovery_distrust(const struct recovery_case *recovery,
			      const struct stat *status);
/* It is that. */
void recovery_say(struct recovery_case *recovery, enum recovery_state state,
		  const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* --- recovery_compare.c --- */

/* Is the file as it was before the flush, by its times? */
bool recovery_untouched(const struct recovery_case *recovery);

/* Is the file the same as what is left as content, to the end of both?  *SAME
 * says so. */
bool recovery_same(const struct recovery_case *recovery, bool *same,
		   struct error *cause);

/* What the file is, by a journal that is complete. */
void recovery_compare(struct recovery_case *recovery);

/* --- recovery_write.c --- */

/* Makes the file the old or the new one of a journal that is complete, synced
 * and read back. */
bool recovery_write(struct recovery_case *recovery,
		    enum recovery_action action, struct error *cause);

#endif
