/*
 * journal_read: nothing is believed before it is checked.
 *
 * One walk from the first byte to the last serves everybody; where it stops,
 * it knows what that says about the journal.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io.h"
#include "journal_internal.h"

struct journal_reader {
	int fd;
	uint64_t offset;
	uint32_t crc;		/* of everything before it */
	uint64_t version;
	uint64_t nonce;
	struct journal_header *header;
	enum journal_state state;	/* if the walk ends here */
	unsigned char *bytes;		/* of both sides of an extent */
};

static uint64_t get_number(const unsigned char **at, int bytes)
{
	uint64_t value = 0;

	for (int i = 0; i < bytes; i++)
		value |= (uint64_t)*(*at)++ << 8 * i;
	return value;
}

static struct timespec get_time(const unsigned char **at)
{
	struct timespec time = { .tv_sec = (time_t)get_number(at, 8) };

	time.tv_nsec = (long)get_number(at, 4);
	return time;
}

static bool unreadable(struct journal_reader *reader, struct error *error)
{
	int number = errno;

	reader->state = JOURNAL_UNREADABLE;
	return error_set_system(error, number, "can't read the journal");
}

static bool get(struct journal_reader *reader, void *bytes, size_t size,
		struct error *error)
{
	ssize_t got = io_read_at(reader->fd, bytes, size, reader->offset);

	if (got < 0)
		return unreadable(reader, error);
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

/* --- the header --- */

static bool name_is_plain(const char *name, size_t length)
{
	return length > 0 && strlen(name) == length && !strchr(name, '/')
		&& strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* Is PATH that of a file NAME, or empty? */
static bool path_fits(const char *path, size_t length, const char *name)
{
	size_t end = strlen(name);

	if (length == 0)
		return true;
	return strlen(path) == length && path[0] == '/' && length > end
		&& path[length - end - 1] == '/'
		&& strcmp(path + length - end, name) == 0;
}

static bool kind_fits(const struct journal_reader *reader)
{
	const struct journal_header *header = reader->header;

	if (reader->version == JOURNAL_VERSION_FIRST)
		return header->kind == JOURNAL_EXTENTS && !header->backup;
	return header->kind == JOURNAL_EXTENTS
		|| (header->kind == JOURNAL_CONTENT && header->extents == 0);
}

static void parse_kind(struct journal_header *header, uint64_t number)
{
	header->backup = number == JOURNAL_KIND_BACKUP;
	header->kind = header->backup ? JOURNAL_EXTENTS
				      : (enum journal_kind)number;
}

static void parse_fixed(struct journal_reader *reader,
			const unsigned char *at)
{
	struct journal_header *header = reader->header;

	header->old_size = get_number(&at, 8);
	header->new_size = get_number(&at, 8);
	header->identity.size = header->old_size;
	header->identity.inode = (ino_t)get_number(&at, 8);
	header->identity.device = (dev_t)get_number(&at, 8);
	header->identity.modified = get_time(&at);
	header->identity.changed = get_time(&at);
	reader->nonce = get_number(&at, 8);
	header->extents = get_number(&at, 8);
	header->content_crc = (uint32_t)get_number(&at, 4);
}

/* A text of up to MAXIMUM bytes, without the zero that ends it in memory,
 * whose length ends at *AT in what has been read. */
static bool get_text(struct journal_reader *reader, unsigned char **at,
		     char *text, size_t maximum, size_t *length,
		     struct error *error)
{
	const unsigned char *number = *at - 2;

	*length = (size_t)get_number(&number, 2);
	if (*length > maximum)
		return damaged(reader, error);
	if (!get(reader, *at, *length, error))
		return false;
	memcpy(text, *at, *length);
	text[*length] = '\0';
	*at += *length;
	return true;
}

static bool get_names(struct journal_reader *reader, unsigned char **at,
		      struct error *error)
{
	struct journal_header *header = reader->header;
	size_t name;
	size_t path = 0;

	if (!get_text(reader, at, header->name, JOURNAL_NAME_MAXIMUM, &name,
		      error))
		return false;
	if (reader->version > JOURNAL_VERSION_FIRST) {
		if (!get(reader, *at, 2, error))
			return false;
		*at += 2;
		if (!get_text(reader, at, header->path, PATH_MAX - 1, &path,
			      error))
			return false;
	}
	return (name_is_plain(header->name, name)
		&& path_fits(header->path, path, header->name))
		|| damaged(reader, error);
}

/* Sees from its first bytes whether this may be a journal at all.  Zeros may
 * be one whose first bytes never got to the disk. */
static bool get_magic(struct journal_reader *reader, unsigned char *bytes,
		      struct error *error)
{
	ssize_t got = io_read_at(reader->fd, bytes, 8, 0);
	size_t size = got < 0 ? 0 : (size_t)got;

	if (got < 0)
		return unreadable(reader, error);
	if (memcmp(bytes, JOURNAL_MAGIC, size) == 0)
		return get(reader, bytes, JOURNAL_FIXED, error);
	if (size == 8 && memcmp(bytes, "\0\0\0\0\0\0\0", 8) == 0)
		return damaged(reader, error);
	reader->state = JOURNAL_OTHER;
	return error_set(error, "not a journal");
}

static bool get_header(struct journal_reader *reader, struct error *error)
{
	unsigned char bytes[JOURNAL_HEADER_MAXIMUM];
	unsigned char crc[4];
	const unsigned char *at = bytes + 8;
	const unsigned char *crc_at = crc;
	unsigned char *end = bytes + JOURNAL_FIXED;

	if (!get_magic(reader, bytes, error))
		return false;
	reader->version = get_number(&at, 4);
	if (reader->version > JOURNAL_VERSION) {
		reader->state = JOURNAL_OTHER;
		return error_set(error, "a journal of another version");
	}
	parse_kind(reader->header, get_number(&at, 4));
	parse_fixed(reader, at);
	if (!get_names(reader, &end, error) || !get(reader, crc, 4, error))
		return false;
	if (get_number(&crc_at, 4) != crc32c(0, bytes, (size_t)(end - bytes))
	    || reader->version < JOURNAL_VERSION_FIRST
	    || !kind_fits(reader))
		return damaged(reader, error);
	return true;
}

/* --- extents --- */

/* How much of LENGTH bytes from OFFSET on a file of SIZE has. */
static uint64_t within(uint64_t offset, uint64_t length, uint64_t size)
{
	if (offset >= size)
		return 0;
	return length < size - offset ? length : size - offset;
}

/* May EXTENT follow one that ended at LEAST? */
static bool extent_fits(const struct journal_header *header,
			const struct journal_extent *extent, uint64_t least)
{
	uint64_t length = journal_longer(extent);
	uint64_t shorter = header->old_size < header->new_size
		? header->old_size : header->new_size;

	if (length == 0 || length > JOURNAL_EXTENT_MAXIMUM
	    || extent->offset < least)
		return false;
	if (extent->offset > least && extent->offset > shorter)
		return false;
	return extent->old_length == within(extent->offset, length,
					    header->old_size)
		&& extent->new_length == within(extent->offset, length,
						header->new_size);
}

static bool get_extent(struct journal_reader *reader, uint64_t least,
		       struct journal_extent *extent, struct error *error)
{
	bool first = reader->version == JOURNAL_VERSION_FIRST;
	size_t fields = first ? 12 : 16;
	unsigned char head[JOURNAL_EXTENT_HEAD];
	const unsigned char *at = head;

	if (!get(reader, head, fields + 4, error))
		return false;
	extent->offset = get_number(&at, 8);
	extent->old_length = (uint32_t)get_number(&at, 4);
	extent->new_length = first ? extent->old_length
				   : (uint32_t)get_number(&at, 4);
	if (!extent_fits(reader->header, extent, least))
		return damaged(reader, error);
	extent->old_bytes = reader->bytes;
	extent->new_bytes = reader->bytes + extent->old_length;
	if (!get(reader, reader->bytes,
		 (size_t)extent->old_length + extent->new_length, error))
		return false;
	return get_number(&at, 4) == journal_extent_crc(head, fields, extent)
		|| damaged(reader, error);
}

static bool get_extents(struct journal_reader *reader, journal_visit *visit,
			void *context, struct error *error)
{
	const struct journal_header *header = reader->header;
	struct journal_extent extent;
	uint64_t least = 0;

	for (uint64_t i = 0; i < header->extents; i++) {
		if (!get_extent(reader, least, &extent, error))
			return false;
		least = extent.offset + journal_longer(&extent);
		if (visit && !visit(context, &extent, error))
			return false;
	}
	return header->kind != JOURNAL_EXTENTS
		|| header->old_size == header->new_size
		|| (least >= header->old_size && least >= header->new_size)
		|| damaged(reader, error);
}

/* --- the trailer --- */

/* Is TRAILER, whole by itself, that of a journal of LENGTH bytes? */
static bool trailer_fits(const unsigned char *trailer, uint64_t length,
			 uint64_t *nonce, uint32_t *crc)
{
	const unsigned char *at = trailer + 8;

	*nonce = get_number(&at, 8);
	uint64_t said = get_number(&at, 8);
	*crc = (uint32_t)get_number(&at, 4);
	return memcmp(trailer, JOURNAL_COMMIT_MAGIC, 8) == 0 && said == length
		&& get_number(&at, 4) == crc32c(0, trailer,
						JOURNAL_TRAILER - 4);
}

static bool get_trailer(struct journal_reader *reader, struct error *error)
{
	unsigned char trailer[JOURNAL_TRAILER];
	uint32_t crc = reader->crc;
	uint64_t nonce;
	uint32_t said;

	if (!get(reader, trailer, JOURNAL_TRAILER, error))
		return false;
	if (!trailer_fits(trailer, reader->offset, &nonce, &said)
	    || nonce != reader->nonce || said != crc)
		return damaged(reader, error);
	ssize_t more = io_read_at(reader->fd, trailer, 1, reader->offset);
	if (more < 0)
		return unreadable(reader, error);
	return more == 0 || error_set(error, "the journal does not end where "
				      "it says");
}

/* A journal that is wrong somewhere may yet have got its end, which then was
 * synced, or was not. */
static enum journal_state end_of(int fd)
{
	unsigned char trailer[JOURNAL_TRAILER];
	struct stat status;
	uint64_t nonce;
	uint32_t crc;

	if (io.fstat(fd, &status) != 0)
		return JOURNAL_UNREADABLE;
	if (status.st_size < JOURNAL_TRAILER)
		return JOURNAL_INCOMPLETE;
	uint64_t size = (uint64_t)status.st_size;
	ssize_t got = io_read_at(fd, trailer, sizeof trailer,
				 size - sizeof trailer);
	if (got < 0)
		return JOURNAL_UNREADABLE;
	return got == sizeof trailer
		&& trailer_fits(trailer, size, &nonce, &crc)
		? JOURNAL_DAMAGED : JOURNAL_INCOMPLETE;
}

/* --- the walk --- */

static bool walk(struct journal_reader *reader, journal_visit *visit,
		 void *context, struct error *error)
{
	if (!get_header(reader, error)) {
		*reader->header->name = '\0';
		return false;
	}
	reader->bytes = malloc((size_t)2 * JOURNAL_EXTENT_MAXIMUM);
	if (!reader->bytes) {
		reader->state = JOURNAL_UNREADABLE;
		return error_set_memory(error);
	}
	bool valid = get_extents(reader, visit, context, error)
		&& get_trailer(reader, error);
	free(reader->bytes);
	if (valid)
		reader->state = JOURNAL_COMPLETE;
	return valid;
}

static struct journal_reader reader_of(int fd, struct journal_header *header)
{
	struct journal_reader reader = {
		.fd = fd,
		.header = header,
		.state = JOURNAL_INCOMPLETE,
	};

	*header = (struct journal_header){ .name = "" };
	return reader;
}

bool journal_peek(int fd, struct journal_header *header, struct error *error)
{
	struct journal_reader reader = reader_of(fd, header);

	return get_header(&reader, error);
}

bool journal_read(int fd, struct journal_header *header, journal_visit *visit,
		  void *context, struct error *error)
{
	struct journal_reader reader = reader_of(fd, header);

	return walk(&reader, visit, context, error);
}

enum journal_state journal_look(int fd, struct journal_header *header,
				struct error *error)
{
	struct journal_reader reader = reader_of(fd, header);

	walk(&reader, NULL, NULL, error);
	return reader.state == JOURNAL_INCOMPLETE ? end_of(fd) : reader.state;
}
