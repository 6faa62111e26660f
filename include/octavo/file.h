/*
 * file: which file this is, of what kind, and whether it is still the same.
 *
 * A struct file holds one read-only descriptor for its whole life; nothing
 * here can write.  What cannot be mapped as it is (a pipe, standard input,
 * a generated file below /proc) is read into an unlinked temporary file
 * first, so everyone behind this room sees a descriptor that can be mapped,
 * with a size.
 *
 * Two kinds are neither: the memory of a process, and a character device.
 * They are read at positions, piece by piece (file_by_blocks), what they hold
 * may change at any moment, and not all of it need be there
 * (file_present): between the regions of a process is nothing.
 *
 * Order of calls: file_open, any of the questions, file_close.
 * Errors name the path as it was given.
 */
#ifndef OCTAVO_FILE_H
#define OCTAVO_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#include "octavo/error.h"
#include "octavo/range.h"

enum file_kind {
	FILE_REGULAR,	/* a regular file, empty ones included */
	FILE_NEW,	/* does not exist yet; size 0, no descriptor */
	FILE_DEVICE,	/* a block device: the size is fixed */
	FILE_SPOOLED,	/* came through a pipe: can only be saved as a copy */
	FILE_GENERATED,	/* st_size 0 but has bytes (/proc): read-only */
	FILE_PROCESS,	/* the memory of a process; offsets are addresses */
	FILE_CHARACTER,	/* a character device; only where that is allowed */
};

/* What must not change behind our back.  ctime is among it because mtime can
 * be set back by anybody. */
struct file_identity {
	dev_t device;
	ino_t inode;
	uint64_t size;
	struct timespec modified;
	struct timespec changed;
};

enum file_state {
	FILE_SAME,
	FILE_GREW,	/* same file, longer */
	FILE_SHRUNK,	/* same file, shorter: bytes are lost */
	FILE_WRITTEN,	/* same file, same size, written or touched since */
	FILE_REPLACED,	/* the path names another file now */
	FILE_REMOVED,	/* the path names nothing now */
	FILE_ENDED,	/* the process has: its memory is gone */
};

/*
 * Told while a pipe is spooled, at least every 100 ms, with the bytes so far.
 * Returns false to stop: what has arrived is the file then.
 */
typedef bool file_progress(void *context, uint64_t bytes);

struct file;

/*
 * Opens PATH; "-" is standard input.  Does stat first, then open with
 * O_NONBLOCK | O_NOCTTY | O_CLOEXEC, then fstat, and compares, so that a
 * device has no chance to act.  A path that does not exist gives FILE_NEW if
 * its folder exists, else an error.  /proc/N/mem gives FILE_PROCESS.  Refused
 * with an error: directories, sockets, what may not be read, a PATH of length
 * 0, and character devices unless file_allow_characters was called; then
 * those that cannot be read at an offset.  PROGRESS may be NULL.
 */
struct file *file_open(const char *path, file_progress *progress,
		       void *context, struct error *error);

/* From now on character devices are opened: to read from one can do things. */
void file_allow_characters(void);

/*
 * Opens the regular file NAME in the folder FOLDER (a descriptor, kept by the
 * caller) as the file that PATH names from now on; used after a replacing
 * flush.  A symbolic link is refused.
 */
struct file *file_open_at(int folder, const char *name, const char *path,
			  struct error *error);

void file_close(struct file *file);

/*
 * Standard input that still flows.  From file_let_input_flow on "-" is opened
 * at once, and a forked child goes on reading it; so the file is FILE_SPOOLED
 * and grows (file_check says FILE_GREW).  The pipe is the child's then, and
 * cannot be opened again.  The child dies with the file and with us.
 */
enum file_flow {
	FILE_STILL,		/* all of it is there, or it never flowed */
	FILE_FLOWING,
	FILE_CUT_OFF,		/* the rest will never come: stopped, or lost */
};

void file_let_input_flow(void);
enum file_flow file_flow(const struct file *file);
/* Takes what the child tells.  True: there may be more in the file, or it has
 * ended; if that is because something went wrong the error says what. */
bool file_flow_poll(struct file *file, struct error *error);
/* Descriptors to wait for before that. */
size_t file_flow_descriptors(const struct file *file, int *fds, size_t count);
/* No more is read of it; who writes to the pipe is told so by the system. */
void file_flow_stop(struct file *file);

/* The folder that its path lies in, to be freed; NULL: no memory. */
char *file_folder(const struct file *file);

/* As given on the command line; "standard input" for "-". */
const char *file_path(const struct file *file);
enum file_kind file_kind(const struct file *file);
/* Read-only; -1 for FILE_NEW. */
int file_descriptor(const struct file *file);
/* In bytes, when it was opened or last taken.  A character device that does not
 * tell has FILE_ENDLESS. */
uint64_t file_size(const struct file *file);
struct file_identity file_identity(const struct file *file);

/* Why the file cannot be written, in words for a message ("permission
 * denied", "read-only file system", "append-only", "came through a pipe",
 * ...), found out at open with no effect on the file; NULL where it can. */
const char *file_read_only(const struct file *file);

/*
 * Looks at the descriptor and the path and says what happened since open or
 * file_accept.  FILE_SHRUNK wins over FILE_REPLACED and FILE_REMOVED, because
 * bytes are lost; those win over FILE_GREW and FILE_WRITTEN.  *NOW, if not
 * NULL, is the descriptor's identity now.  A file without a path of its own
 * (spooled, generated, new and still absent) is FILE_SAME, but one that flows
 * in FILE_GREW; FILE_NEW that has appeared is FILE_REPLACED.  The link count
 * is not part of the identity.
 */
enum file_state file_check(const struct file *file, struct file_identity *now);

/* Takes the identity that the descriptor has now as the known one, after our
 * own flush.  The size stays what it was when the file was opened: where it is
 * another by now, somebody else has seen to that, and file_check says so. */
bool file_accept(struct file *file, struct error *error);

/* Takes SIZE as the known length of a file that was just opened: so long our
 * own flush has made it.  Where it is another one file_check says so. */
void file_set_size(struct file *file, uint64_t size);

/* Takes IDENTITY, with its size, as the known one: what somebody else has made
 * of the file is accounted for.  What happened since is not. */
void file_take(struct file *file, const struct file_identity *identity);

/*
 * Is the byte at OFFSET in a hole, where the file system keeps nothing and
 * zeros are read?  Then *HOLE is all of it.  Cheap, and remembered; others may
 * fill a hole meanwhile, so file_forget_holes before an answer that matters.
 * Where nobody tells (a device, some file systems) there is none.
 */
bool file_hole(struct file *file, uint64_t offset, struct range *hole);
/* The first hole that ends behind OFFSET; may take a walk over all data before
 * it. */
bool file_hole_from(struct file *file, uint64_t offset, struct range *hole);
void file_forget_holes(struct file *file);
/* About how many of its bytes the file system does not keep, in holes or
 * otherwise; 0 where it does not tell. */
uint64_t file_saved(const struct file *file);

/* --- what is read by blocks --- */

static const uint64_t FILE_ENDLESS = UINT64_C(1) << 52;

/* Can it only be read and written at positions, and not be mapped? */
bool file_by_blocks(const struct file *file);
/* Can its length change? */
bool file_fixed_length(const struct file *file);

/* Is there anything at OFFSET, as far as the regions of a process tell?  True
 * of every other file.  *SAME is all around it for which the answer is the
 * same, and may end far behind the file. */
bool file_present(const struct file *file, uint64_t offset,
		  struct range *same);

/* Opens what is read by blocks for writing, for the moment of a flush: a
 * descriptor to read and write, of the same process or device, or -1. */
int file_open_to_write(const struct file *file, struct error *error);

/* Of FILE_PROCESS: which one, and what is mapped where. */
struct file_process_name {
	long number;
	char name[64];
};

struct file_region {
	struct range range;
	char permissions[5];	/* as the system writes them: "r-xp" */
	bool readable;
	const char *name;	/* a path, "[heap]", "[anonymous]" */
};

/* NULL: it is no process. */
const struct file_process_name *file_process(const struct file *file);
size_t file_region_count(const struct file *file);
struct file_region file_region(const struct file *file, size_t index);
/* The first region that ends behind OFFSET; their count where none does. */
size_t file_region_from(const struct file *file, uint64_t offset);
/* The region that OFFSET is in; false where there is none. */
bool file_region_at(const struct file *file, uint64_t offset,
		    struct file_region *region);
/* Asks the system anew for the regions.  The size stays what it was. */
bool file_reread_regions(struct file *file, struct error *error);

/* What STATUS says of a file whose size it knows. */
struct file_identity file_identity_of(const struct stat *status);
bool file_time_equal(struct timespec one, struct timespec other);
bool file_identity_equal(const struct file_identity *one,
			 const struct file_identity *other);

/* The words of the message line for a state other than FILE_SAME. */
const char *file_state_text(enum file_state state);

#endif
