/*
 * log_format: the bytes of a log and of a saved session, written and read.
 *
 * Format, version 1.  u32 and u64 are little endian; n is a number in LEB128
 * (seven bits a byte, the low ones first), z one with a sign in zigzag; text
 * is n length and the bytes; every checksum is a CRC-32C.
 *
 *  head     "OVLOGS01", u32 version, u64 nonce, u32 checksum of these
 *  record   u32 length of what follows the checksum (9 to LOG_RECORD_MAXIMUM),
 *           u32 checksum of the nonce, the length and what follows,
 *           u64 number of the record from 0, u8 kind, its content
 *
 * A content that is long goes on in the next record, which LOG_MORE says in
 * all of them but the last; it counts once that is there.  A file is cut off
 * where no valid record stands; it is damaged where one stands behind.  Since
 * the nonce goes into the checksums, records of other logs (that somebody
 * edits, say) are none.
 *
 *  START    n 0: a log, 1: a saved session; z time, n process, text host,
 *           text boot
 *  BUFFER   text path, identity, n state, n cursor, n marks, {n character,
 *           n offset}...; what follows belongs to it
 *  EDIT     n state it leads to, n 1 if it begins that, z time, n offset,
 *           n old length, n new length; n before, n known, that many bytes
 *           that stood from `before` bytes before the offset on: what the edit
 *           takes away, or none where that is too long; or, where it takes
 *           nothing, LOG_CONTEXT on each side, fewer only at the document's
 *           start and end; then parts, new length in all:
 *             n 0 BYTES, n length, the bytes
 *             n 1 DISK, n length, n offset in the file, n checked, u32
 *             n 2 FILE    checksum of the bytes if checked, else nothing
 *             n 3 OTHER, n length, text path, identity, n offset in that file
 *             n 4 REPEAT, n length, n period, n phase, the period
 *  GO       n state, z time
 *  FLUSH    z time, n size of the file to be, n checksum of the ranges' bytes
 *           then, n count, {n start, n length}...
 *  RESUME   z time, n process, n states, identity: from here on states are
 *           numbered as they were when the edits before were made again
 *  END      nothing: of a saved session
 *
 *  identity n exists, n device, n inode, n size, z s, n ns modified, z s,
 *           n ns changed
 *
 * A log is START, BUFFER, then the others; a saved session START, then BUFFER
 * with its EDITs any number of times, then END.  The first state is as on
 * disk.
 */
#ifndef OCTAVO_LOG_FORMAT_H
#define OCTAVO_LOG_FORMAT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "octavo/document.h"
#include "octavo/log.h"

enum {
	LOG_VERSION = 1,
	LOG_HEAD = 24,
	LOG_RECORD_HEAD = 17,
	LOG_RECORD_MINIMUM = 9,
	LOG_RECORD_MAXIMUM = 1 << 20,
	LOG_TEXT_MAXIMUM = 4096,
	LOG_RANGES_MAXIMUM = 1024,
	LOG_NUMBER_MAXIMUM = 10,	/* bytes of an n */
	LOG_MORE = 0x80,
	LOG_CONTEXT = 8,
	LOG_PART_KINDS = 5,
};

enum log_kind {
	LOG_START = 1,
	LOG_BUFFER,
	LOG_EDIT,
	LOG_GO,
	LOG_FLUSH,
	LOG_RESUME,
	LOG_END,
};

/* Which file is meant, as far as a log can say. */
struct log_identity {
	bool exists;
	struct file_identity file;
};

struct log_start {
	bool session;
	int64_t time;
	uint64_t process;
	char host[256];
	char boot[64];
};

struct log_buffer {
	char path[LOG_TEXT_MAXIMUM];
	struct log_identity identity;
	uint64_t state;
	struct log_place place;
};

struct log_edit {
	uint64_t state;
	bool first;
	int64_t time;
	struct range range;
	uint64_t length;	/* of what it becomes */
	uint64_t before;
	uint64_t known;
};

struct log_part {
	struct part part;
	bool checked;
	uint32_t checksum;
};

struct log_flush {
	int64_t time;
	uint64_t size;
	uint32_t checksum;
	size_t count;
	struct range ranges[LOG_RANGES_MAXIMUM];
};

struct log_resume {
	int64_t time;
	uint64_t process;
	uint64_t states;
	struct log_identity identity;
};

/* What the numbers of parts mean. */
extern const enum part_kind log_part_kinds[LOG_PART_KINDS];

/* --- writing --- */

/*
 * Puts a record together in a buffer that is there from the beginning, so
 * that only the write can fail: then `failed` with the cause, and nothing is
 * written any more.
 */
struct log_writer {
	int fd;
	uint64_t offset;	/* of the next record */
	uint64_t sequence;	/* its number */
	uint32_t seed;		/* the checksum of the nonce */
	enum log_kind kind;
	unsigned char *bytes;	/* of the record, its head first */
	size_t used;
	bool failed;
	struct error cause;
};

/* Writes the head of a new file to FD. */
bool log_writer_begin(struct log_writer *writer, int fd, struct error *error);
/* Goes on behind what READER has read. */
struct log_reader;
bool log_writer_resume(struct log_writer *writer,
		       const struct log_reader *reader, struct error *error);
void log_writer_end(struct log_writer *writer);

void log_put_start(struct log_writer *writer, bool session);
void log_put_buffer(struct log_writer *writer, const struct log_buffer *buffer);
void log_put_go(struct log_writer *writer, uint64_t state);
void log_put_flush(struct log_writer *writer, const struct log_flush *flush);
void log_put_resume(struct log_writer *writer, const struct log_resume *resume);
void log_put_end(struct log_writer *writer);

/* An edit: its head, with `known` bytes; then the parts, of which `length`
 * bytes must come; then log_put_done. */
void log_put_edit(struct log_writer *writer, const struct log_edit *edit,
		  const unsigned char *known);
void log_put_part(struct log_writer *writer, const struct log_part *part);
void log_put_done(struct log_writer *writer);

/* --- reading --- */

/*
 * Reads records one at a time, checking before it believes.  `end` is where
 * the last whole content ends.
 */
struct log_reader {
	int fd;
	const char *name;	/* for the messages */
	uint64_t size;		/* of what is read of the file */
	uint64_t offset;	/* of the next record */
	uint64_t sequence;	/* its number */
	uint32_t seed;
	uint64_t end;
	uint64_t end_sequence;
	/* the record that is being read */
	unsigned char *bytes;
	size_t capacity;
	uint64_t start;		/* its offset */
	size_t at;
	size_t length;
	enum log_kind kind;
	bool more;
	bool torn;		/* the next one is not there */
	/* the edit that is being read */
	uint64_t known;		/* bytes still to come */
	uint64_t left;		/* of its parts */
	struct part part;	/* of which `length` is still to come */
	unsigned char *whole;	/* a part that must not be cut */
	size_t whole_capacity;
	char path[LOG_TEXT_MAXIMUM];	/* of a part */
};

/* What is done with what is read; members but `edit` may be NULL.  False: it
 * fails. */
struct log_visitor {
	void (*start)(void *context, const struct log_start *start);
	void (*buffer)(void *context, const struct log_buffer *buffer);
	/* May take the known bytes, then the parts, from READER. */
	bool (*edit)(void *context, const struct log_edit *edit,
		     struct log_reader *reader, struct error *error);
	bool (*go)(void *context, uint64_t state, int64_t time,
		   struct error *error);
	void (*flush)(void *context, const struct log_flush *flush);
	bool (*resume)(void *context, const struct log_resume *resume,
		       struct error *error);
	void (*end)(void *context);
};

/* Reads the head of FD.  NAME must live as long. */
bool log_reader_begin(struct log_reader *reader, int fd, const char *name,
		      struct error *error);
void log_reader_end(struct log_reader *reader);

/*
 * Shows VISITOR everything.  True: up to the end, or to where it is cut off.
 * False where it is damaged, where something cannot be, and where the visitor
 * says so.
 */
bool log_read(struct log_reader *reader, const struct log_visitor *visitor,
	      void *context, struct error *error);

/* Of the edit: the next run of known bytes, of length 0 at their end. */
bool log_read_known(struct log_reader *reader, const unsigned char **bytes,
		    size_t *length, struct error *error);
/* Of the edit: the next part, of length 0 at the end.  The bytes are valid
 * until the next call; only BYTES and REPEAT have them. */
bool log_read_part(struct log_reader *reader, struct log_part *part,
		   struct error *error);
/* An error at the place where READER is. */
bool log_wrong(const struct log_reader *reader, struct error *error,
	       const char *format, ...) __attribute__((format(printf, 3, 4)));

struct log_identity log_identity_of(const struct file *file);
bool log_identity_equal(const struct log_identity *one,
			const struct log_identity *other);

#endif
