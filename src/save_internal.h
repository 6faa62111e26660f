/*
 * save_internal: what the files of the save room share.
 *
 * The way of a flush: target (which file, in which folder, under what
 * names) -> plan -> the steps of a method -> message.  Functions below give
 * causes; only save.c turns a cause and an aftermath into a message.
 */
#ifndef OCTAVO_SAVE_INTERNAL_H
#define OCTAVO_SAVE_INTERNAL_H

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/stat.h>

#include "octavo/document.h"
#include "octavo/save.h"
#include "io.h"
#include "journal.h"

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
	SAVE_PARTLY,		/* the cause says how much is new, and stays */
};

enum {
	SAVE_LEFT_SIZE = PATH_MAX + 3 * NAME_MAX,
	SAVE_FOUND_SIZE = 80,
};

struct save_failure {
	enum save_aftermath aftermath;
	struct error cause;
	/* What is left behind: the journal, the new or the old file. */
	char left[SAVE_LEFT_SIZE];
};

/* --- the target --- */

struct save_target {
	char path[PATH_MAX];	/* as the user named it */
	int folder;		/* of the file behind all symbolic links */
	char folder_path[PATH_MAX];	/* for messages */
	char name[NAME_MAX + 1];	/* in that folder */
	char journal[NAME_MAX + 1];	/* .NAME.ovj */
	char fresh[NAME_MAX + 1];	/* .NAME.ovn */
	char backup[NAME_MAX + 1];	/* NAME~; empty if that is too long */
	char spare[NAME_MAX + 1];	/* .NAME.ovb, until it gets that name */
	bool exists;
	struct stat status;	/* where it exists */
	int fd;			/* for reading and writing, or -1 */
	struct io_private private;	/* it, while it is locked */
};

/* Finds the file behind PATH and takes no hold of it.  Closed
 * with save_target_close also after a failure. */
bool save_target_find(struct save_target *target, const char *path,
		      struct error *cause);
/* Opens it for writing, sees that it is still the one that was found, and
 * keeps other octavos away from it. */
bool save_target_open(struct save_target *target, struct error *cause);
void save_target_close(struct save_target *target);

/* lstat(2) of NAME in FOLDER. */
int save_stat_name(int folder, const char *name, struct stat *status);
/* False where there is anything of an earlier flush that was cut off; CAUSE
 * is what that means for the file.  FD is the file, open in whatever way, or
 * -1: it tells a flush that is going on. */
bool save_target_clean(const struct save_target *target, int fd,
		       struct error *cause);
/* Fails where a device is mounted, or others have it for themselves. */
bool save_target_free(const struct save_target *target, struct error *cause);
/* May the file be replaced by another one, with nothing lost?  If not, CAUSE
 * says why, as far as one can know beforehand. */
bool save_target_replaceable(const struct save_target *target,
			     struct error *cause);
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
	size_t room;
	size_t written;		/* of them: the last may be what goes */
	uint64_t bytes;		/* in these */
	uint64_t typed;		/* of the document, in memory alone */
	/* Of the document, what a new file may share with the old one: also of
	 * holes, and an estimate. */
	uint64_t shareable;
};

/* Adds RANGE, which begins nowhere before the end of the last. */
bool save_ranges_add(struct save_ranges *ranges, struct range range,
		     struct error *cause);

/* What of the document is not at its place in the file already, and what of
 * the file is behind the document's end. */
bool save_ranges_find(struct save_ranges *ranges,
		      const struct document *document, struct error *cause);

/* Is the document's file what the document knows?  If not, the error says
 * what has happened to it and what can be done. */
bool save_same_file(const struct document *document, struct error *cause);

/* Fails where bytes of RANGE are lost. */
bool save_range_present(const struct document *document, struct range range,
			struct error *cause);

/* --- where journal and new content lie --- */

/* Beside the target, or in the user's state. */
struct save_place {
	int folder;		/* -1 where it is not open */
	bool in_state;
	char path[PATH_MAX];	/* of the folder, for messages */
	char journal[NAME_MAX + 1];
	char content[NAME_MAX + 1];
};

/* Would they lie in the user's state? */
bool save_place_in_state(const struct save_target *target);
/* The place where they lie or are to lie; made if it isn't there.  Both names
 * stay good until save_place_close, as TARGET must. */
bool save_place_open(struct save_place *place,
		     const struct save_target *target, bool in_state,
		     struct error *cause);
/* The one in the user's state, where that is there already. */
bool save_place_look(struct save_place *place,
		     const struct save_target *target);
void save_place_close(struct save_place *place);
/* Creates NAME, for reading and writing by nobody else; -1 where it fails. */
int save_place_create(const struct save_place *place, const char *name,
		      struct error *cause);
/* Opens it for reading; -1 where it fails. */
int save_place_read(const struct save_place *place, const char *name,
		    struct error *cause);
/* Removes NAME, and syncs its folder; false where it may be there, or come
 * back. */
bool save_place_drop(const struct save_place *place, const char *name);
/* PATH/NAME into SHOWN, which has PATH_MAX bytes. */
void save_place_name(const struct save_place *place, const char *name,
		     char *shown);

/* --- a flush --- */

struct save_flush;

/* What somebody else makes, and how much that has been. */
struct save_making {
	save_maker *make;
	void *context;
	struct save_flush *flush;	/* to be told how far it is */
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
	bool checked;		/* a checksum is wanted */
	struct save_making *making;
	struct save_flush *flush;	/* to be told how far it is */
	/* Of the document, what the new file shares with the old one. */
	struct save_ranges shared;
};

/*
 * What has been done, in memory that a forked child shares: all that the next
 * phase, and who clears up, must know.  What is said to be there is noted
 * before it is made, for a child can be killed.
 */
struct save_report {
	_Atomic uint64_t done;		/* bytes, of flush->all */
	struct save_failure failure;
	bool journal;			/* it is there, and ours */
	bool content;			/* likewise the new file */
	bool backup;			/* likewise the copy for a backup */
	bool touched;			/* the target is not as it was known */
	uint32_t crc;			/* of the new content */
	/* What was found out while it was written, for the note; or empty. */
	char found[SAVE_FOUND_SIZE];
	uint64_t made;			/* bytes of it that somebody has made */
};

/* How a new file has taken its place. */
enum save_placed {
	SAVE_PLACED_NOT,
	SAVE_PLACED_EXCHANGED,
	SAVE_PLACED_LINKED,
	SAVE_PLACED_RENAMED,		/* the other name is gone */
};

/* How a method does it; each but undo fails with report->failure. */
struct save_steps {
	bool (*prepare)(struct save_flush *flush);
	bool (*commit)(struct save_flush *flush);
	bool (*apply)(struct save_flush *flush);
	bool (*finish)(struct save_flush *flush);
	/* After a failure, or instead of the next: removes what is there and
	 * says in report->failure what could not be. */
	void (*undo)(struct save_flush *flush);
};

extern const struct save_steps save_steps_in_place;
extern const struct save_steps save_steps_rewrite;
extern const struct save_steps save_steps_replace;
extern const struct save_steps save_steps_direct;

struct save_flush {
	struct document *document;	/* NULL: a copy, nobody's file */
	struct save_options options;
	struct save_hooks hooks;
	struct save_plan plan;
	struct save_target target;
	struct save_place place;
	struct save_ranges ranges;
	struct save_content content;
	struct save_making making;	/* what that is, if content.making */
	const struct save_steps *steps;	/* NULL: nothing to do */
	struct save_report *report;
	uint64_t old_size;
	uint64_t new_size;
	uint64_t all;			/* bytes to write and to read back */
	bool existed;			/* the target did */
	bool may_stop;
	bool ended;			/* finished, or undone */
	int journal;			/* descriptors, or -1 */
	int fresh;
	struct document_move *move;	/* over the new content */
	bool moved;			/* it was made, and is not over yet */
	struct file *file;		/* the new one, until the move has it */
	enum save_placed placed;	/* of a replacing flush */
	char left[SAVE_LEFT_SIZE];	/* after it has worked */
};

/* What the new file has of range INDEX. */
static inline struct range save_range_new(const struct save_flush *flush,
					  size_t index)
{
	struct range range = flush->ranges.list[index];

	if (range.end > flush->new_size)
		range.end = flush->new_size;
	return range;
}

/* What a flush of a file that is there would write, all in bytes. */
struct save_costs {
	uint64_t old;		/* that are overwritten or cut off in place */
	uint64_t changed;	/* that are written there instead */
	uint64_t copy;		/* that a complete new file keeps */
	uint64_t shared;	/* of these, with the old one */
	bool same_size;
};

/* The method; SAVE_WAY_REPLACE wants a file that can be replaced. */
enum save_method save_choose(const struct save_costs *costs,
			     enum save_way way, bool replaceable);

/* Decides how the document is flushed; what it has found is freed by
 * save_decided_end, also after a failure. */
bool save_decide(struct save_flush *flush, const struct document *document,
		 struct error *cause);
void save_decided_end(struct save_flush *flush);
/* The same of what is read by blocks, if it may be written. */
bool save_decide_direct(struct save_flush *flush,
			const struct document *document, struct error *cause);

/* Bytes of the ranges that the old file has. */
uint64_t save_old_bytes(const struct save_flush *flush);
/* Bytes that a complete new file needs, TYPED of them from memory: holes need
 * none. */
uint64_t save_copy_bytes(const struct document *document, uint64_t typed);
/* Adds to the plan what it takes, and what will not be kept; the first fails
 * where what it takes at least is not there. */
bool save_plan_space(struct save_flush *flush, const struct document *document,
		     struct error *cause);
void save_plan_notes(struct save_flush *flush,
		     const struct document *document);

/* BYTES more are done; false where it is to be stopped. */
bool save_step(struct save_flush *flush, uint64_t bytes, struct error *cause);

/* A failure's cause. */
struct error *save_cause(const struct save_flush *flush);

/* A flush of PATH, of which nothing is known yet; NULL with the message where
 * there is no memory. */
struct save_flush *save_flush_new(const struct save_hooks *hooks,
				  const char *path, bool existed,
				  struct error *error);
/* Opens what the planned method needs, where that is not open yet. */
bool save_flush_open(struct save_flush *flush);
/* All phases but the first and the end. */
bool save_run(struct save_flush *flush, struct save_plan *done,
	      struct error *error);

/* --- what in place and rewritten share --- */

/* Writes the flush's journal, the extents (EXTENTS of them) by ADD, which may
 * be NULL, and syncs it with its folder. */
bool save_journal_write(struct save_flush *flush, enum journal_kind kind,
			uint64_t extents,
			bool (*add)(struct save_flush *flush,
				    struct journal_writer *writer));
/* A move of the document over its file, which holds the new content; NULL
 * where that fails. */
struct document_move *save_move_to_target(struct save_flush *flush);

/* --- contents --- */

struct save_content save_content_of(const struct document *document,
				    struct range range);
void save_content_end(struct save_content *content);
/* Writes the content into the empty FD; holes stay holes. */
bool save_content_write(struct save_content *content, int fd,
			struct error *cause);
/* Of RUN, the whole blocks of BLOCK bytes that a new file with the bytes from
 * BASE on may share with the old one; where BLOCK is 0 it shares none. */
struct range save_shareable(struct save_run run, uint64_t base,
			    uint64_t block);
/* How many bytes a block of FD has; 0 where nobody knows. */
uint64_t save_block(int fd);
/* Reads FD back, but for what is shared, and compares; *CRC is its checksum, if
 * that is wanted: then it reads all. */
bool save_content_verify(const struct save_content *content, int fd,
			 uint32_t *crc, struct error *cause);

/* The same for what is made. */
bool save_making_write(struct save_making *making, int fd,
		       struct error *cause);
bool save_making_verify(const struct save_making *making, int fd,
			struct error *cause);

/* The first data of FD at or after OFFSET, within [OFFSET, END); empty at END
 * where there is none.  All is data where nobody knows. */
struct range save_data_at(int fd, uint64_t offset, uint64_t end);

/* Writes RANGE of the file FROM into the file TO, at the same place; holes
 * stay holes where they are holes in both. */
bool save_transfer(int from, int to, struct range range,
		   struct save_flush *flush, struct error *cause);
/* Is RANGE the same in both? */
bool save_transferred(int from, int to, struct range range,
		      struct save_flush *flush, struct error *cause);

/* Sets the size, or gets LENGTH bytes from OFFSET on ready for writing; the
 * latter fails only where there is no room. */
bool save_set_size(int fd, uint64_t size, struct error *cause);
bool save_reserve(int fd, uint64_t offset, uint64_t length,
		  struct error *cause);

/* Gives the file TO the owner, attributes and mode of FROM, whose status is
 * STATUS. */
bool save_attributes_copy(int from, const struct stat *status, int to,
			  struct error *cause);
/* Only its mode; false, with errno, where that fails. */
bool save_mode_copy(const struct stat *status, int to);
/* Has the file FD capabilities, which fall when it is written? */
bool save_has_capabilities(int fd);

/* --- backups --- */

/* Can there be the backup that is wanted? */
bool save_backup_allowed(const struct save_flush *flush, struct error *cause);
/* Is a copy wanted? */
bool save_backup_copies(const struct save_flush *flush);
/* Makes the copy; gives it its name; removes it where that has not come. */
bool save_backup_prepare(struct save_flush *flush);
bool save_backup_commit(struct save_flush *flush);
void save_backup_undo(struct save_flush *flush);
/* The file NAME beside the target becomes the backup. */
bool save_backup_keep(const struct save_flush *flush, const char *name);

/* --- messages --- */

/* Adds NAME, in the folder of PLACE, to what is LEFT behind. */
void save_add_left(char left[SAVE_LEFT_SIZE], const struct save_place *place,
		   const char *name);

/* The message for FAILURE; always false. */
bool save_fail(const struct save_failure *failure, const char *path,
	       bool existed, struct error *error);

#endif
