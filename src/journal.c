/*
 * journal: writing goes through one block of memory, reading checks before
 * it believes.
 *
 * Invariants of a writer
 *  1. What has been put is what stands in the file up to `offset`, followed
 *     by the first `used` bytes of `block`.
 *  2. `crc` is the checksum of all of that.
 *  3. `extents` are still to come; the next one starts at `least` or later.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "crc32c.h"
#include "io.h"
#include "journal.h"
#include "sizes.h"

enum {
	JOURNAL_VERSION = 1,
	JOURNAL_KIND_EXTENTS = 1,
	JOURNAL_FIXED = 94,	/* of a header, up to the name */
	JOURNAL_HEADER_MAXIMUM = JOURNAL_FIXED + JOURNAL_NAME_MAXIMUM + 4,
	JOURNAL_EXTENT_HEAD = 16,
	JOURNAL_TRAILER = 32,
};

static const char journal_magic[] = "OVJRNL01";
static const char journal_commit_magic[] = "OVCOMMIT";

struct journal_writer {
	int fd;
	uint64_t offset;
	uint64_t nonce;
	uint64_t extents;
	uint64_t least;
	uint32_t crc;
	size_t used;
	unsigned char block[SAVE_BLOCK];
};

static void writer_check(const struct journal_writer *writer)
{
	assert(writer->used < sizeof writer->block);
	assert(writer->offset % sizeof writer->block == 0);
}

static unsigned char *put_number(unsigned char *at, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		*at++ = (unsigned char)(value >> 8 * i);
	return at;
}

static uint64_t get_number(const unsigned char **at, int bytes)
{
	uint64_t value = 0;

	for (int i = 0; i < bytes; i++)
		value |= (uint64_t)*(*at)++ << 8 * i;
	return value;
}

static unsigned char *put_time(unsigned char *at, struct timespec time)
{
	at = put_number(at, (uint64_t)time.tv_sec, 8);
	return put_number(at, (uint64_t)time.tv_nsec, 4);
}

static struct timespec get_time(const unsigned char **at)
{
	struct timespec time = { .tv_sec = (time_t)get_number(at, 8) };

	time.tv_nsec = (long)get_number(at, 4);
	return time;
}

/* Only has to differ from journal to journal, so that no trailer of an old
 * one can end a new one. */
static uint64_t new_nonce(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec << 32 ^ (uint64_t)now.tv_nsec
		^ (uint64_t)getpid() << 44;
}

static bool put_out(struct journal_writer *writer, struct error *error)
{
	if (!io_write_at(writer->fd, writer->block, writer->used,
			 writer->offset))
		return error_set_system(error, errno, "can't write the journal");
	writer->offset += writer->used;
	writer->used = 0;
	return true;
}

static bool put(struct journal_writer *writer, const void *bytes, size_t size,
		struct error *error)
{
	const unsigned char *from = bytes;

	writer->crc = crc32c(writer->crc, bytes, size);
	while (size) {
		size_t part = sizeof writer->block - writer->used;

		if (part > size)
			part = size;
		memcpy(writer->block + writer->used, from, part);
		writer->used += part;
		from += part;
		size -= part;
		if (writer->used == sizeof writer->block
		    && !put_out(writer, error))
			return false;
	}
	writer_check(writer);
	return true;
}

struct journal_writer *journal_begin(int fd,
				     const struct journal_header *header,
				     struct error *error)
{
	struct journal_writer *writer = calloc(1, sizeof *writer);
	unsigned char bytes[JOURNAL_HEADER_MAXIMUM];
	unsigned char *at = bytes;
	size_t length = strlen(header->name);

	if (!writer) {
		error_set_memory(error);
		return NULL;
	}
	writer->fd = fd;
	writer->nonce = new_nonce();
	writer->extents = header->extents;
	memcpy(at, journal_magic, 8);
	at = put_number(at + 8, JOURNAL_VERSION, 4);
	at = put_number(at, JOURNAL_KIND_EXTENTS, 4);
	at = put_number(at, header->old_size, 8);
	at = put_number(at, header->new_size, 8);
	at = put_number(at, header->identity.inode, 8);
	at = put_number(at, header->identity.device, 8);
	at = put_time(at, header->identity.modified);
	at = put_time(at, header->identity.changed);
	at = put_number(at, writer->nonce, 8);
	at = put_number(at, header->extents, 8);
	at = put_number(at, 0, 4);
	at = put_number(at, length, 2);
	assert(at == bytes + JOURNAL_FIXED);
	memcpy(at, header->name, length);
	at += length;
	at = put_number(at, crc32c(0, bytes, (size_t)(at - bytes)), 4);
	if (put(writer, bytes, (size_t)(at - bytes), error))
		return writer;
	free(writer);
	return NULL;
}

static uint32_t extent_crc(const unsigned char *head, uint32_t length,
			   const unsigned char *old_bytes,
			   const unsigned char *new_bytes)
{
	uint32_t crc = crc32c(0, head, 12);

	crc = crc32c(crc, old_bytes, length);
	return crc32c(crc, new_bytes, length);
}

bool journal_extent(struct journal_writer *writer, uint64_t offset,
		    uint32_t length, const unsigned char *old_bytes,
		    const unsigned char *new_bytes, struct error *error)
{
	unsigned char head[JOURNAL_EXTENT_HEAD];
	unsigned char *at = put_number(head, offset, 8);

	assert(length > 0 && length <= JOURNAL_EXTENT_MAXIMUM);
	assert(writer->extents > 0 && offset >= writer->least);
	writer->extents--;
	writer->least = offset + length;
	at = put_number(at, length, 4);
	put_number(at, extent_crc(head, length, old_bytes, new_bytes), 4);
	return put(writer, head, sizeof head, error)
		&& put(writer, old_bytes, length, error)
		&& put(writer, new_bytes, length, error);
}

bool journal_commit(struct journal_writer *writer, struct error *error)
{
	unsigned char trailer[JOURNAL_TRAILER];
	unsigned char *at = trailer;

	assert(writer->extents == 0);
	memcpy(at, journal_commit_magic, 8);
	at = put_number(at + 8, writer->nonce, 8);
	at = put_number(at, writer->offset + writer->used + JOURNAL_TRAILER, 8);
	at = put_number(at, writer->crc, 4);
	put_number(at, crc32c(0, trailer, JOURNAL_TRAILER - 4), 4);
	return put(writer, trailer, sizeof trailer, error)
		&& put_out(writer, error);
}

void journal_end(struct journal_writer *writer)
{
	free(writer);
}

/* --- reading --- */

struct journal_reader {
	int fd;
	uint64_t offset;
	uint32_t crc;
};

static bool get(struct journal_reader *reader, void *bytes, size_t size,
		struct error *error)
{
	ssize_t got = io_read_at(reader->fd, bytes, size, reader->offset);

	if (got < 0)
		return error_set_system(error, errno, "can't read the journal");
	if ((size_t)got < size)
		return error_set(error, "the journal is incomplete");
	reader->crc = crc32c(reader->crc, bytes, size);
	reader->offset += size;
	return true;
}

static bool damaged(const struct journal_reader *reader, struct error *error)
{
	return error_set(error, "the journal is damaged before byte %llu",
			 (unsigned long long)reader->offset);
}

static bool name_is_plain(const char *name, size_t length)
{
	return length > 0 && strlen(name) == length && !strchr(name, '/')
		&& strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static void parse_fixed(const unsigned char *at, struct journal_header *header,
			uint64_t *nonce, size_t *name_length)
{
	*header = (struct journal_header){ 0 };
	header->old_size = get_number(&at, 8);
	header->new_size = get_number(&at, 8);
	header->identity.size = header->old_size;
	header->identity.inode = (ino_t)get_number(&at, 8);
	header->identity.device = (dev_t)get_number(&at, 8);
	header->identity.modified = get_time(&at);
	header->identity.changed = get_time(&at);
	*nonce = get_number(&at, 8);
	header->extents = get_number(&at, 8);
	get_number(&at, 4);
	*name_length = get_number(&at, 2);
}

static bool read_header(struct journal_reader *reader,
			struct journal_header *header, uint64_t *nonce,
			struct error *error)
{
	unsigned char bytes[JOURNAL_HEADER_MAXIMUM];
	const unsigned char *at = bytes + 8;
	size_t length;

	if (!get(reader, bytes, JOURNAL_FIXED, error))
		return false;
	if (memcmp(bytes, journal_magic, 8) != 0)
		return error_set(error, "not a journal");
	uint64_t version = get_number(&at, 4);
	uint64_t kind = get_number(&at, 4);
	if (version != JOURNAL_VERSION || kind != JOURNAL_KIND_EXTENTS)
		return error_set(error, "a journal of another version");
	parse_fixed(at, header, nonce, &length);
	if (length > JOURNAL_NAME_MAXIMUM)
		return damaged(reader, error);
	if (!get(reader, bytes + JOURNAL_FIXED, length + 4, error))
		return false;
	memcpy(header->name, bytes + JOURNAL_FIXED, length);
	at = bytes + JOURNAL_FIXED + length;
	uint32_t crc = crc32c(0, bytes, JOURNAL_FIXED + length);
	if (get_number(&at, 4) != crc || !name_is_plain(header->name, length))
		return damaged(reader, error);
	return true;
}

static bool read_extents(struct journal_reader *reader,
			 const struct journal_header *header,
			 journal_visit *visit, void *context,
			 unsigned char *bytes, struct error *error)
{
	uint64_t least = 0;

	for (uint64_t i = 0; i < header->extents; i++) {
		unsigned char head[JOURNAL_EXTENT_HEAD];
		const unsigned char *at = head;

		if (!get(reader, head, sizeof head, error))
			return false;
		uint64_t offset = get_number(&at, 8);
		uint32_t length = (uint32_t)get_number(&at, 4);
		if (length == 0 || length > JOURNAL_EXTENT_MAXIMUM
		    || offset < least || offset > header->new_size
		    || length > header->new_size - offset)
			return damaged(reader, error);
		if (!get(reader, bytes, (size_t)2 * length, error))
			return false;
		if (get_number(&at, 4)
		    != extent_crc(head, length, bytes, bytes + length))
			return damaged(reader, error);
		if (visit && !visit(context, offset, length, bytes,
				    bytes + length, error))
			return false;
		least = offset + length;
	}
	return true;
}

static bool read_trailer(struct journal_reader *reader, uint64_t nonce,
			 struct error *error)
{
	unsigned char trailer[JOURNAL_TRAILER + 1];
	const unsigned char *at = trailer + 8;
	uint32_t crc = reader->crc;

	if (!get(reader, trailer, JOURNAL_TRAILER, error))
		return false;
	if (memcmp(trailer, journal_commit_magic, 8) != 0
	    || get_number(&at, 8) != nonce
	    || get_number(&at, 8) != reader->offset
	    || get_number(&at, 4) != crc
	    || get_number(&at, 4) != crc32c(0, trailer, JOURNAL_TRAILER - 4))
		return damaged(reader, error);
	ssize_t more = io_read_at(reader->fd, trailer, 1, reader->offset);
	if (more < 0)
		return error_set_system(error, errno, "can't read the journal");
	return more == 0 || error_set(error, "the journal does not end where "
				      "it says");
}

bool journal_read(int fd, struct journal_header *header, journal_visit *visit,
		  void *context, struct error *error)
{
	struct journal_reader reader = { .fd = fd };
	uint64_t nonce;

	if (!read_header(&reader, header, &nonce, error))
		return false;
	unsigned char *bytes = malloc((size_t)2 * JOURNAL_EXTENT_MAXIMUM);
	if (!bytes)
		return error_set_memory(error);
	bool valid = read_extents(&reader, header, visit, context, bytes, error)
		&& read_trailer(&reader, nonce, error);
	free(bytes);
	return valid;
}
