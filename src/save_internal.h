/*
 * save_internal: what the files of the save room share.
 *
 * The way of a flush: target (which file, in which folder, under what
 * names) -> plan -> in place | replace -> message.  Functions below give
 * causes; only save.c turns a cause and an aftermath into a message.
 */
#ifndef OCTAVO_SAVE_INTERNAL_H
#define OCTAVO_SAVE_INTERNAL_H

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <sys/stat.h>

#include "octavo/document.h"
#include "octavo/save.h"

/* Must a call that returned RESULT be made again? */
static inline bool save_again(intmax_t result)
{
	return result < 0 && errno == EINTR;
}

/* --- what became of the file when a flush failed --- */

enum save_aftermath {
	SAVE_UNCHANGED,		/* never touched, or put back and synced */
	SAVE_INTERRUPTED,	/* old and new mixed; the journal completes it */
	SAVE_UNCERTAIN,		/* a power cut may leave the old or the new */
};

struct save_failure {
	enum save_aftermath aftermath;
	struct error cause;
	/* What is left behind: the journal, the new or the old file. */
	char left[PATH_MAX];
	/* Replacing would lose something; nothing has gone wrong. */
	bool refused;
};

/* --- the target --- */

struct save_target {
	const char *path;	/* as the user named it */
	int folder;		/* of the file behind all symbolic links */
	char folder_path[PATH_MAX];	/* for messages */
	char name[NAME_MAX + 1];	/* in that folder */
	char journal[NAME_MAX + 1];	/* .NAME.ovj */
	char fresh[NAME_MAX + 1];	/* .NAME.ovn */
	bool exists;
	struct stat status;	/* where it exists */
	int fd;			/* for reading and writing, or -1 */
};

/* Finds the file behind PATH, which is kept, and takes no hold of it.  Closed
 * with save_target_close also after a failure. */
bool save_target_find(struct save_target *target, const char *path,
		      struct error *cause);
/* Opens it for writing, sees that it is still the one that was found, and
 * keeps other octavos away from it. */
bool save_target_open(struct save_target *target, struct error *cause);
void save_target_close(struct save_target *target);

/* lstat(2) of NAME in FOLDER, as often as it takes. */
int save_stat_name(int folder, const char *name, struct stat *status);
/* False where there is anything of an earlier flush that was cut off; CAUSE
 * is what that means for the file.  FD is the file, open in whatever way, or
 * -1: it tells a flush that is going on. */
bool save_target_clean(const struct save_target *target, int fd,
		       struct error *cause);
/* May the file be replaced by another one? */
bool save_target_replaceable(const struct save_target *target,
			     struct error *cause);
/* FOLDER_PATH/NAME into LEFT, which has PATH_MAX bytes. */
void save_target_name(const struct save_target *target, const char *name,
		      char *left);

/* The name of a journal that cannot lie beside its file, in the folder
 * "journals" of the user's state. */
void save_state_name(const struct save_target *target, char *name);

/* --- ranges --- */

/* Bytes of the document that come from one place, or from memory. */
struct save_run {
	struct range now;
	bool in_file;
	uint64_t file_offset;
};

/* The longest run from OFFSET on, cut at END. */
struct save_run save_run_at(const struct document *document, uint64_t offset,
			    uint64_t end);

struct save_ranges {
	struct range *list;	/* ascending, never adjacent */
	size_t count;
	uint64_t bytes;
};

/* What of the document differs from a file of the same length. */
bool save_ranges_find(struct save_ranges *ranges,
		      const struct document *document, struct error *cause);

/* Is the document's file what the document knows?  If not, the error says
 * what has happened to it and what can be done. */
bool save_same_file(const struct document *document, struct error *cause);

/* Fails where bytes of RANGE are lost. */
bool save_range_present(const struct document *document, struct range range,
			struct error *cause);

/* --- the methods --- */

bool save_in_place(struct document *document, struct save_target *target,
		   const struct save_ranges *ranges,
		   struct save_failure *failure, char *left);

/* What somebody else makes, and how much that has been. */
struct save_making {
	save_maker *make;
	void *context;
	int fd;
	uint64_t bytes;
	uint32_t crc;
};

/* The content of a new file: a part of a document, or what MAKING makes. */
struct save_content {
	const struct document *document;
	struct range range;
	int source;		/* the document's file, or -1 */
	bool source_same;	/* it is as the document knows it */
	struct save_making *making;
};

struct save_content save_content_of(const struct document *document,
				    struct range range);
/* Writes the content into the empty FD; holes stay holes. */
bool save_content_write(const struct save_content *content, int fd,
			struct error *cause);
/* Reads FD back and compares. */
bool save_content_verify(const struct save_content *content, int fd,
			 struct error *cause);

/* The same for what is made. */
bool save_making_write(struct save_making *making, int fd,
		       struct error *cause);
bool save_making_verify(const struct save_making *making, int fd,
			struct error *cause);

/* Gives the file TO the owner, attributes and mode of FROM, whose status is
 * STATUS; *REFUSED if something would not be kept. */
bool save_attributes_copy(int from, const struct stat *status, int to,
			  bool *refused, struct error *cause);

/*
 * Puts CONTENT where TARGET is, in the place of what is there if it exists.
 * ADOPT is the document whose file it becomes, or NULL for a copy.  LEFT
 * names what could not be removed after it had worked.
 */
bool save_replace(struct save_target *target,
		  const struct save_content *content, struct document *adopt,
		  struct save_failure *failure, char *left);

/* Notes that LEFT, if not empty, could not be removed. */
void save_note_left(struct save_plan *done, const char *left);

/* The message for FAILURE; always false. */
bool save_fail(const struct save_failure *failure, const char *path,
	       bool existed, struct error *error);

#endif
