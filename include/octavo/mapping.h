/*
 * mapping: the bytes of one file at one address for as long as the mapping
 * lives, with private granules laid over it where something was written.
 *
 * Invariants
 *  1. mapping_bytes() never changes and all mapping_size() bytes behind it
 *     can be read at any time without a signal reaching anybody: a page that
 *     another process truncates away reads as zeros, and mapping_lost() says
 *     so (see below).
 *  2. The file's pages are mapped PROT_READ, MAP_PRIVATE | MAP_NORESERVE;
 *     nothing is charged for them, whatever the size.  Where the file system
 *     cannot map, a file that is not too long is read into memory instead, and
 *     is one private granule from then on.
 *  3. A granule (MAPPING_GRANULE bytes, a multiple of the page size) is either
 *     the file's or private: anonymous memory at the same address, holding a
 *     copy.  Private granules survive truncation by others.  A granule never
 *     becomes the file's again.
 *  4. Only mapping_write() changes a byte, and only in private granules.
 *     What the file grows by can be added behind the rest (mapping_grow).
 *  5. Bytes of two mappings never stand next to each other in memory.
 *
 * A file that is read by blocks (octavo/file.h) has a mapping without memory:
 * mapping_bytes() is a number to count offsets from, an address at which there
 * is nothing; the bytes are had by mapping_read() and mapping_block(), as they
 * are at that moment.  No granule becomes private; where the regions of a
 * process leave a gap, bytes are lost from the start.
 *
 * One thread uses a mapping.  A forked child has its own copy, and its own
 * marks of what is lost.
 */
#ifndef OCTAVO_MAPPING_H
#define OCTAVO_MAPPING_H

#include "octavo/file.h"
#include "octavo/range.h"

struct mapping;

/* Maps the whole of FILE, which must outlive the mapping; up to
 * FILE_GENERATED_MAXIMUM bytes are read where that cannot be.  An empty or new
 * file gives a mapping of size 0.  Installs the SIGBUS handler where another
 * one is installed; a fault that is not ours goes to that one. */
struct mapping *mapping_open(struct file *file, struct error *error);
void mapping_close(struct mapping *mapping);

const unsigned char *mapping_bytes(const struct mapping *mapping);
/* Has it no memory? */
bool mapping_by_blocks(const struct mapping *mapping);
/* Copies LENGTH bytes at OFFSET; zeros where they are lost, also if that is
 * found out just now. */
void mapping_read(struct mapping *mapping, uint64_t offset, void *buffer,
		  size_t length);
/* Copies LENGTH bytes at OFFSET by reading the file: for those who pass once
 * over many of them, whom bringing in pages costs more.  False where some of
 * them are private or lost, or the file does not give them. */
bool mapping_read_file(const struct mapping *mapping, uint64_t offset,
		       void *buffer, size_t length);
/* Of one without memory: a copy of the byte at OFFSET, with *BEFORE bytes
 * before it and *AFTER from it on.  Good until the next call. */
const unsigned char *mapping_block(struct mapping *mapping, uint64_t offset,
				   uint64_t *before, uint64_t *after);
/* Asks for the regions of a process anew, and tries again what could not be
 * read. */
bool mapping_reread(struct mapping *mapping, struct error *error);
uint64_t mapping_size(const struct mapping *mapping);
const struct file *mapping_file(const struct mapping *mapping);

/*
 * Makes every granule that RANGE touches private.  All or nothing as far as
 * the bytes are concerned: on failure (out of memory, the kernel's limit on
 * mappings, bytes in those granules are lost) some granules may have become
 * private but no byte has changed.
 */
bool mapping_prepare(struct mapping *mapping, struct range range,
		     struct error *error);

/* Are all granules that RANGE touches private? */
bool mapping_is_private(const struct mapping *mapping, struct range range);

/* From OFFSET on: is it in a private granule, and for how many bytes is the
 * answer the same (up to the end of the mapping)? */
bool mapping_private_run(const struct mapping *mapping, uint64_t offset,
			 uint64_t *length);

/* Overwrites bytes whose granules are all private already; cannot fail. */
void mapping_write(struct mapping *mapping, uint64_t offset,
		   const unsigned char *bytes, uint64_t length);

/* Takes the pages of RANGE, but for private ones, out of this process's memory
 * until they are read again. */
void mapping_release(const struct mapping *mapping, struct range range);
/* The same, and out of the system's memory as well, unless others use them. */
void mapping_discard(const struct mapping *mapping, struct range range);

/* Is the byte at OFFSET in memory already?  Yes, where nobody knows. */
bool mapping_cached(const struct mapping *mapping, uint64_t offset);

/* Bytes held in private granules. */
uint64_t mapping_private_bytes(const struct mapping *mapping);

/*
 * Asks the file for its size and remembers what is gone.  Returns true if
 * anything is lost since the mapping was opened.  Cheap (one fstat): call it
 * before showing bytes, and before and after trusting what a scan read.
 * Bytes once lost stay lost, also when the file grows again.
 */
bool mapping_verify(struct mapping *mapping);

/* Is the byte at OFFSET lost (neither in the file any more nor in a private
 * granule, or unreadable on the medium), and for how many bytes from there is
 * the answer the same?  Knows what mapping_verify and faults have found. */
bool mapping_lost(const struct mapping *mapping, uint64_t offset,
		  uint64_t *length);

/* Number of faults patched so far plus number of losses noticed: changes when
 * something was lost between two looks. */
unsigned mapping_epoch(const struct mapping *mapping);

/* Does the file, as far as is known, lack what was mapped of it, or has it
 * lacked that for a time? */
bool mapping_is_cut(const struct mapping *mapping);

/*
 * The file has SIZE bytes now, more than it had: they are mapped behind the
 * others, which stay what and where they are.  False, and nothing is changed,
 * where some were cut off before, or there is no room for them, or no memory.
 */
bool mapping_grow(struct mapping *mapping, uint64_t size);

/* Asserts what must hold of the private granules and the marks. */
void mapping_check(const struct mapping *mapping);

#endif
