/*
 * journal: the old and the new bytes of an in-place flush, in a file that is
 * either complete or worth nothing.
 *
 * Format, version 1, little endian; every checksum is a CRC-32C:
 *
 *  header   "OVJRNL01", u32 version, u32 kind (1: extents), u64 old size,
 *           u64 new size, u64 inode, u64 device, i64 s + u32 ns modified,
 *           i64 s + u32 ns changed, u64 nonce, u64 number of extents,
 *           u32 0 (checksum of the new content in other kinds),
 *           u16 length + base name, u32 checksum of the header
 *  extent   u64 offset, u32 length (1 to JOURNAL_EXTENT_MAXIMUM),
 *           u32 checksum of these two fields and the bytes,
 *           old bytes, new bytes
 *  trailer  "OVCOMMIT", u64 nonce, u64 length of the whole journal,
 *           u32 checksum of everything before the trailer,
 *           u32 checksum of the trailer
 *
 * Extents ascend and don't overlap.  The trailer is the commit: without a
 * valid one the file it belongs to has not been touched.
 */
#ifndef OCTAVO_JOURNAL_H
#define OCTAVO_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "octavo/error.h"
#include "octavo/file.h"

enum {
	JOURNAL_EXTENT_MAXIMUM = 1 << 20,
	JOURNAL_NAME_MAXIMUM = 255,
};

struct journal_header {
	uint64_t old_size;	/* of the file, in bytes */
	uint64_t new_size;
	struct file_identity identity;	/* before the flush; its size unused */
	uint64_t extents;
	char name[JOURNAL_NAME_MAXIMUM + 1];	/* without a folder */
};

struct journal_writer;

/* Starts a journal at the beginning of FD, which the caller keeps. */
struct journal_writer *journal_begin(int fd,
				     const struct journal_header *header,
				     struct error *error);
bool journal_extent(struct journal_writer *writer, uint64_t offset,
		    uint32_t length, const unsigned char *old_bytes,
		    const unsigned char *new_bytes, struct error *error);
/* Writes the trailer; exactly header.extents extents must stand before it.
 * The caller syncs. */
bool journal_commit(struct journal_writer *writer, struct error *error);
void journal_end(struct journal_writer *writer);

/* Told of each extent in order; false stops with what it put into ERROR. */
typedef bool journal_visit(void *context, uint64_t offset, uint32_t length,
			   const unsigned char *old_bytes,
			   const unsigned char *new_bytes,
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
