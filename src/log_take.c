/*
 * log_take: records, and numbers and bytes out of them.
 *
 * A content is taken piece by piece from the records that it is spread over,
 * so however long it is, one record of it is in memory at a time.
 *
 * Invariant of a reader: every byte of `bytes` up to `length` is under a
 * checksum that was right.
 */
#include "log_take.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "crc32c.h"
#include "io.h"
#include "memory.h"

bool log_wrong(const struct log_reader *reader, struct error *error,
	       const char *format, ...)
{
	char text[ERROR_MESSAGE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	return error_set(error, "%s: byte %llu: %s", reader->name,
			 (unsigned long long)(reader->start + reader->at),
			 text);
}

uint64_t log_get_fixed(const unsigned char *at, int bytes)
{
	uint64_t value = 0;

	for (int i = 0; i < bytes; i++)
		value |= (uint64_t)at[i] << 8 * i;
	return value;
}

/* SIZE bytes at OFFSET; false at the end of the file, or with ERROR set. */
bool log_read_at(const struct log_reader *reader, void *bytes, size_t size,
		 uint64_t offset, bool *broken, struct error *error)
{
	ssize_t got = io_read_at(reader->fd, bytes, size, offset);

	*broken = got < 0;
	if (got < 0)
		return error_set_system(error, errno, "can't read %s",
					reader->name);
	return (size_t)got == size;
}

bool log_reserve(unsigned char **bytes, size_t *capacity, size_t size,
		 struct error *error)
{
	if (size <= *capacity)
		return true;
	void *more = memory_resize(*bytes, size);

	if (!more)
		return error_set_memory(error);
	*bytes = more;
	*capacity = size;
	return true;
}

/* --- records --- */

static bool head_fits(const struct log_reader *reader,
		      const unsigned char *head, uint64_t offset)
{
	uint64_t length = log_get_fixed(head, 4);

	return length >= LOG_RECORD_MINIMUM && length <= LOG_RECORD_MAXIMUM &&
	       offset + 8 + length <= reader->size;
}

static bool checksum_right(const struct log_reader *reader, size_t length)
{
	uint32_t crc = crc32c(reader->seed, reader->bytes, 4);

	crc = crc32c(crc, reader->bytes + 8, length - 8);
	return crc == log_get_fixed(reader->bytes + 4, 4);
}

/* Reads what may be a record at OFFSET into `bytes`; *LENGTH in all, or 0
 * where there is none.  False: it cannot be found out. */
static bool record_at(struct log_reader *reader, uint64_t offset,
		      size_t *length, struct error *error)
{
	unsigned char head[8];
	bool broken;

	*length = 0;
	if (!log_read_at(reader, head, sizeof head, offset, &broken, error))
		return !broken;
	if (!head_fits(reader, head, offset))
		return true;

	size_t all = 8 + (size_t)log_get_fixed(head, 4);

	if (!log_reserve(&reader->bytes, &reader->capacity, all, error))
		return false;
	if (!log_read_at(reader, reader->bytes, all, offset, &broken, error))
		return !broken;
	if (checksum_right(reader, all))
		*length = all;
	return true;
}

/* The next record; `torn` where there is none. */
bool log_record_load(struct log_reader *reader, struct error *error)
{
	size_t length;

	reader->start = reader->offset;
	reader->at = 0;
	reader->length = 0;
	reader->more = false;
	if (!record_at(reader, reader->offset, &length, error))
		return false;
	if (length == 0 ||
	    log_get_fixed(reader->bytes + 8, 8) != reader->sequence) {
		reader->torn = true;
		return false;
	}
	reader->kind = (enum log_kind)(reader->bytes[16] & ~LOG_MORE);
	reader->more = (reader->bytes[16] & LOG_MORE) != 0;
	reader->length = length;
	reader->at = LOG_RECORD_HEAD;
	reader->offset += length;
	reader->sequence++;
	return true;
}

/* Does a record stand somewhere behind the place where the next one does not,
 * or there another one? */
bool log_record_behind(struct log_reader *reader, bool *found,
		       struct error *error)
{
	enum { BLOCK = 4096 };
	unsigned char block[BLOCK + LOG_RECORD_HEAD];
	uint64_t most = reader->sequence + reader->size / LOG_RECORD_HEAD;

	*found = false;
	for (uint64_t at = reader->start; at < reader->size; at += BLOCK) {
		ssize_t got = io_read_at(reader->fd, block, sizeof block, at);

		if (got < 0)
			return error_set_system(error, errno, "can't read %s",
						reader->name);
		for (size_t i = 0;
		     i < BLOCK && i + LOG_RECORD_HEAD <= (size_t)got; i++) {
			uint64_t number = log_get_fixed(block + i + 8, 8);
			size_t length;

			if (number < reader->sequence || number > most ||
			    !head_fits(reader, block + i, at + i))
				continue;
			if (!record_at(reader, at + i, &length, error))
				return false;
			if ((*found = length > 0))
				return true;
		}
	}
	return true;
}

/* --- contents --- */

/* Up to MOST bytes that are in one piece, at least one. */
bool log_get_run(struct log_reader *reader, uint64_t most,
		 const unsigned char **bytes, size_t *length,
		 struct error *error)
{
	enum log_kind kind = reader->kind;

	while (reader->at == reader->length) {
		if (!reader->more)
			return log_wrong(reader, error,
					 "a record ends before "
					 "its content");
		if (!log_record_load(reader, error))
			return false;
		if (reader->kind != kind)
			return log_wrong(reader, error,
					 "another record stands "
					 "inside a content");
	}
	*bytes = reader->bytes + reader->at;
	*length = reader->length - reader->at;
	if (*length > most)
		*length = (size_t)most;
	reader->at += *length;
	return true;
}

bool log_get_bytes(struct log_reader *reader, void *bytes, size_t size,
		   struct error *error)
{
	unsigned char *to = bytes;

	while (size > 0) {
		const unsigned char *from;
		size_t length;

		if (!log_get_run(reader, size, &from, &length, error))
			return false;
		memcpy(to, from, length);
		to += length;
		size -= length;
	}
	return true;
}

bool log_get_number(struct log_reader *reader, uint64_t *value,
		    struct error *error)
{
	unsigned char byte;

	*value = 0;
	for (int shift = 0;; shift += 7) {
		if (!log_get_bytes(reader, &byte, 1, error))
			return false;
		if (shift == 63 && byte > 1)
			return log_wrong(reader, error, "a number is too long");
		*value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
}

bool log_get_signed(struct log_reader *reader, int64_t *value,
		    struct error *error)
{
	uint64_t bits;

	if (!log_get_number(reader, &bits, error))
		return false;
	*value = (int64_t)(bits >> 1);
	if (bits & 1)
		*value = ~*value;
	return true;
}

bool log_get_flag(struct log_reader *reader, bool *flag, struct error *error)
{
	uint64_t value;

	if (!log_get_number(reader, &value, error))
		return false;
	*flag = value != 0;
	return value <= 1 || log_wrong(reader, error, "neither yes nor no");
}

bool log_get_text(struct log_reader *reader, char *text, size_t size,
		  struct error *error)
{
	uint64_t length;

	if (!log_get_number(reader, &length, error))
		return false;
	if (length >= size)
		return log_wrong(reader, error, "a text is too long");
	text[length] = '\0';
	if (!log_get_bytes(reader, text, (size_t)length, error))
		return false;
	return strlen(text) == length ||
	       log_wrong(reader, error, "a text has a zero in it");
}

static bool get_time(struct log_reader *reader, struct timespec *time,
		     struct error *error)
{
	int64_t seconds;
	uint64_t rest;

	if (!log_get_signed(reader, &seconds, error) ||
	    !log_get_number(reader, &rest, error))
		return false;
	time->tv_sec = (time_t)seconds;
	time->tv_nsec = (long)rest;
	return rest < 1000000000 ||
	       log_wrong(reader, error, "a second has no such part");
}

bool log_get_identity(struct log_reader *reader, struct log_identity *identity,
		      struct error *error)
{
	uint64_t device, inode;

	*identity = (struct log_identity){.exists = false};
	if (!log_get_flag(reader, &identity->exists, error) ||
	    !log_get_number(reader, &device, error) ||
	    !log_get_number(reader, &inode, error) ||
	    !log_get_number(reader, &identity->file.size, error) ||
	    !get_time(reader, &identity->file.modified, error) ||
	    !get_time(reader, &identity->file.changed, error))
		return false;
	identity->file.device = (dev_t)device;
	identity->file.inode = (ino_t)inode;
	return true;
}

/* Bytes [*start, *start + length) of a document or a file. */
bool log_get_range(struct log_reader *reader, struct range *range,
		   struct error *error)
{
	uint64_t length;

	if (!log_get_number(reader, &range->start, error) ||
	    !log_get_number(reader, &length, error))
		return false;
	if (range->start > INT64_MAX || length > INT64_MAX - range->start)
		return log_wrong(reader, error, "no file is that long");
	range->end = range->start + length;
	return true;
}
