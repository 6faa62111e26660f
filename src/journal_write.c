/*
 * journal_write: everything goes through one block of memory.
 *
 * Invariants
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

#include "io.h"
#include "journal_internal.h"
#include "sizes.h"

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

static unsigned char *put_time(unsigned char *at, struct timespec time)
{
	at = put_number(at, (uint64_t)time.tv_sec, 8);
	return put_number(at, (uint64_t)time.tv_nsec, 4);
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

static unsigned char *put_text(unsigned char *at, const char *text)
{
	size_t length = strlen(text);

	at = put_number(at, length, 2);
	memcpy(at, text, length);
	return at + length;
}

static size_t make_header(const struct journal_header *header, uint64_t nonce,
			  unsigned char *bytes)
{
	unsigned char *at = bytes;

	memcpy(at, JOURNAL_MAGIC, 8);
	at = put_number(at + 8, JOURNAL_VERSION, 4);
	at = put_number(at, header->backup ? JOURNAL_KIND_BACKUP
					   : header->kind, 4);
	at = put_number(at, header->old_size, 8);
	at = put_number(at, header->new_size, 8);
	at = put_number(at, header->identity.inode, 8);
	at = put_number(at, header->identity.device, 8);
	at = put_time(at, header->identity.modified);
	at = put_time(at, header->identity.changed);
	at = put_number(at, nonce, 8);
	at = put_number(at, header->extents, 8);
	at = put_number(at, header->content_crc, 4);
	at = put_text(at, header->name);
	at = put_text(at, header->path);
	at = put_number(at, crc32c(0, bytes, (size_t)(at - bytes)), 4);
	return (size_t)(at - bytes);
}

struct journal_writer *journal_begin(int fd,
				     const struct journal_header *header,
				     struct error *error)
{
	struct journal_writer *writer = calloc(1, sizeof *writer);
	unsigned char bytes[JOURNAL_HEADER_MAXIMUM];

	assert(header->kind == JOURNAL_EXTENTS || header->extents == 0);
	if (!writer) {
		error_set_memory(error);
		return NULL;
	}
	writer->fd = fd;
	writer->nonce = new_nonce();
	writer->extents = header->extents;
	if (put(writer, bytes, make_header(header, writer->nonce, bytes),
		error))
		return writer;
	free(writer);
	return NULL;
}

bool journal_put(struct journal_writer *writer,
		 const struct journal_extent *extent, struct error *error)
{
	unsigned char head[JOURNAL_EXTENT_HEAD];
	unsigned char *at = put_number(head, extent->offset, 8);
	uint32_t length = journal_longer(extent);

	assert(length > 0 && length <= JOURNAL_EXTENT_MAXIMUM);
	assert(writer->extents > 0 && extent->offset >= writer->least);
	writer->extents--;
	writer->least = extent->offset + length;
	at = put_number(at, extent->old_length, 4);
	at = put_number(at, extent->new_length, 4);
	put_number(at, journal_extent_crc(head, (size_t)(at - head), extent),
		   4);
	return put(writer, head, sizeof head, error)
		&& put(writer, extent->old_bytes, extent->old_length, error)
		&& put(writer, extent->new_bytes, extent->new_length, error);
}

bool journal_commit(struct journal_writer *writer, struct error *error)
{
	unsigned char trailer[JOURNAL_TRAILER];
	unsigned char *at = trailer;

	assert(writer->extents == 0);
	memcpy(at, JOURNAL_COMMIT_MAGIC, 8);
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
