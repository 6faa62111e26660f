/*
 * What the files of the file room share.
 */
#ifndef OCTAVO_FILE_INTERNAL_H
#define OCTAVO_FILE_INTERNAL_H

#include "file_process.h"
#include "holes.h"
#include "octavo/file.h"

struct file {
	char *path;
	int fd;
	enum file_kind kind;
	struct file_identity known;
	const char *read_only;
	struct holes holes;
	struct file_process *process;	/* of FILE_PROCESS */
	struct spool_flow *flow;	/* of FILE_SPOOLED while it grows */
	bool cut_off;			/* not all of it has come */
};

/* Takes the identity that the descriptor has now as the known one. */
bool file_know(struct file *file, struct error *error);
/* Why NAME in FOLDER cannot be accessed in MODE, or NULL. */
const char *file_access_text(int folder, const char *name, int mode);

/* --- file_blocks.c --- */

/* What FILE is once its descriptor is open: the process whose files are in
 * FOLDER, or a character device. */
bool file_begin_process(struct file *file, const char *folder,
			struct error *error);
bool file_begin_character(struct file *file, struct error *error);

/* Is the byte at OFFSET between the regions of a process?  Then *GAP is how
 * far that goes. */
bool file_gap(const struct file *file, uint64_t offset, struct range *gap);

#endif
