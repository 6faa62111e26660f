/*
 * journal: what makes a flush that was cut off whole again, in a file that is
 * either complete or worth nothing.
 *
 * Two kinds:
 *
 *  extents  the old and the new bytes of what a flush in place changes.  Where
 *           the sizes differ that is everything behind the shorter one too,
 *           and what was moved before it: a tail rewrite.  To finish: write
 *           the new bytes, cut or leave the file at the new size.  To undo:
 *           write the old bytes, cut it at the old size.
 *  content  the complete new content is a file of its own beside the journal
 *           (.NAME.ovn beside .NAME.ovj, HASH.ovn beside HASH.ovj), synced
 *           with its folder before the journal is begun; the journal has its
 *           size and checksum.  There is only finishing: copy it into the
 *           file, cut that at the new size, sync; remove the journal, sync the
 *           folder; remove the content.
 *
 * It lies beside its file as .NAME.ovj.  Where it can't, it lies in the folder
 * "journals" of the user's state (save_state_name), and has the path.
 *
 * Format, version 2, little endian; every checksum is a CRC-32C:
 *
 *  header   "OVJRNL01", u32 version, u32 kind (1: extents, 2: content, 3:
 *           extents, and a copy for a backup was whole before), u64 old size,
 *           u64 new size, u64 inode, u64 device, i64 s + u32 ns modified, i64
 *           s + u32 ns changed, u64 nonce, u64 number of extents (0 for
 *           content), u32 checksum of the content (0 for extents), u16 length
 *           + base name, u16 length + path (0: it lies beside its file; else
 *           absolute, and ending in the base name), u32 checksum of the header
 *  extent   u64 offset, u32 old length, u32 new length (the longer one 1 to
 *           JOURNAL_EXTENT_MAXIMUM), u32 checksum of these three fields and
 *           the bytes, old bytes, new bytes
 *  trailer  "OVCOMMIT", u64 nonce, u64 length of the whole journal,
 *           u32 checksum of everything before the trailer,
 *           u32 checksum of the trailer
 *
 * Extents ascend and don't overlap.  The lengths of one are the same, but for
 * what lies behind the end of the old file or of the new one; and from the end
 * of the shorter on they leave nothing out.
 *
 * Version 1, which is read too, has no path, no kind but extents, and one
 * length in an extent.
 *
 * The trailer is the commit: without a valid one the file it belongs to has
 * not been touched.
 */
#ifndef OCTAVO_JOURNAL_H
#define OCTAVO_JOURNAL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "octavo/error.h"
#include "octavo/file.h"

enum {
	JOURNAL_EXTENT_MAXIMUM = 1 << 20,
	JOURNAL_NAME_MAXIMUM = 255,
};

enum journal_kind {
	JOURNAL_EXTENTS = 1,
	JOURNAL_CONTENT = 2,
};

struct journal_header {
	enum journal_kind kind;
	/* Of extents: there is a copy of the file, whole, which gets its name
	 * as the backup before the file is touched. */
	bool backup;
	uint64_t old_size;	/* of the file, in bytes */
	uint64_t new_size;
	struct file_identity identity;	/* before the flush; its size unused */
	uint64_t extents;
	uint32_t content_crc;
	char name[JOURNAL_NAME_MAXIMUM + 1];	/* without a folder */
	char path[PATH_MAX];			/* or empty */
};

/* Both sides begin at OFFSET. */
struct journal_extent {
	uint64_t offset;
	uint32_t old_length;
	uint32_t new_length;
	const unsigned char *old_bytes;
	const unsigned char *new_bytes;
};

/* --- writing --- */

struct journal_writer;

/* Starts a journal at the beginning of FD, which the caller keeps. */
struct journal_writer *journal_begin(int fd,
				     const struct journal_header *header,
				     struct error *error);
bool journal_put(struct journal_writer *writer,
		 const struct journal_extent *extent, struct error *error);
/* Writes the trailer; exactly header.extents extents must stand before it.
 * The caller syncs. */
bool journal_commit(struct journal_writer *writer, struct error *error);
void journal_end(struct journal_writer *writer);

/* --- reading --- */

enum journal_state {
	JOURNAL_COMPLETE,
	/* It ends early, or its end is not valid: nothing was touched. */
	JOURNAL_INCOMPLETE,
	/* Its end is valid and something before it is not.  That is either a
	 * power cut before it was synced, or a disk that has lost something
	 * since. */
	JOURNAL_DAMAGED,
	/* Not a journal, or one of a later version. */
	JOURNAL_OTHER,
	/* The system failed; nothing is known. */
	JOURNAL_UNREADABLE,
};

/* What the journal in FD is worth; if it is not complete, ERROR says why.
 * *HEADER is what it says, with an empty name where no header is valid. */
enum journal_state journal_look(int fd, struct journal_header *header,
				struct error *error);

/* Only what its header says, if that is valid. */
bool journal_peek(int fd, struct journal_header *header, struct error *error);

/* Told of each extent in order; false stops with what it put into ERROR. */
typedef bool journal_visit(void *context, const struct journal_extent *extent,
			   struct error *error);

/*
 * Reads the journal in FD: *HEADER, then each extent to VISIT (may be NULL),
 * and fails unless all of it is valid to the last byte of the trailer.  An
 * extent is shown once its own checksum is right, before the trailer is
 * known to be: who does not know the journal reads it with no VISIT first.
 */
bool journal_read(int fd, struct journal_header *header, journal_visit *visit,
		  void *context, struct error *error);

#endif
