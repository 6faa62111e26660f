/*
 * log_write: a record is put together in memory and goes out in one write.
 *
 * Invariants of a writer
 *  1. The first LOG_RECORD_HEAD bytes of `bytes` are the head's, which is
 *     filled in when the record goes out; `used` counts them.
 *  2. Records stand in the file up to `offset`; after a failure whatever is
 *     behind is no record, or not a whole content.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "crc32c.h"
#include "io.h"
#include "log_format.h"
#include "memory.h"
#include "sizes.h"

static const char log_magic[] = "OVLOGS01";

static unsigned char *put_fixed(unsigned char *at, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		*at++ = (unsigned char)(value >> 8 * i);
	return at;
}

/* --- records --- */

static void record_begin(struct log_writer *writer, enum log_kind kind)
{
	writer->kind = kind;
	writer->used = LOG_RECORD_HEAD;
}

static void record_out(struct log_writer *writer, bool more)
{
	unsigned char *at = writer->bytes;
	unsigned kind = writer->kind | (more ? LOG_MORE : 0u);
	size_t length = writer->used - 8;

	put_fixed(at, length, 4);
	at = put_fixed(at + 8, writer->sequence, 8);
	*at = (unsigned char)kind;

	uint32_t crc = crc32c(writer->seed, writer->bytes, 4);

	crc = crc32c(crc, writer->bytes + 8, length);
	put_fixed(writer->bytes + 4, crc, 4);
	if (writer->failed)
		return;
	if (!io_write_at(writer->fd, writer->bytes, writer->used,
			 writer->offset)) {
		writer->failed = true;
		error_set_system(&writer->cause, errno, "can't write");
		return;
	}
	writer->offset += writer->used;
	writer->sequence++;
}

static void put_bytes(struct log_writer *writer, const void *bytes,
		      uint64_t length)
{
	const unsigned char *from = bytes;

	while (length > 0 && !writer->failed) {
		uint64_t room = LOG_RECORD_HEAD + LOG_CHUNK - writer->used;

		if (room == 0) {
			record_out(writer, true);
			record_begin(writer, writer->kind);
			continue;
		}
		if (room > length)
			room = length;
		memcpy(writer->bytes + writer->used, from, (size_t)room);
		writer->used += (size_t)room;
		from += room;
		length -= room;
	}
}

static void put_number(struct log_writer *writer, uint64_t value)
{
	unsigned char bytes[LOG_NUMBER_MAXIMUM];
	size_t length = 0;

	for (; value >= 0x80; value >>= 7)
		bytes[length++] = (unsigned char)(value | 0x80);
	bytes[length++] = (unsigned char)value;
	put_bytes(writer, bytes, length);
}

static void put_signed(struct log_writer *writer, int64_t value)
{
	uint64_t bits = (uint64_t)value << 1;

	put_number(writer, value < 0 ? ~bits : bits);
}

static void put_text(struct log_writer *writer, const char *text)
{
	size_t length = strlen(text);

	put_number(writer, length);
	put_bytes(writer, text, length);
}

static void put_identity(struct log_writer *writer,
			 const struct log_identity *identity)
{
	const struct file_identity *file = &identity->file;

	put_number(writer, identity->exists);
	put_number(writer, file->device);
	put_number(writer, file->inode);
	put_number(writer, file->size);
	put_signed(writer, file->modified.tv_sec);
	put_number(writer, (uint64_t)file->modified.tv_nsec);
	put_signed(writer, file->changed.tv_sec);
	put_number(writer, (uint64_t)file->changed.tv_nsec);
}

/* --- the file --- */

/* Only has to differ from file to file. */
static uint64_t new_nonce(void)
{
	static uint64_t count;
	struct timespec now = { 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec << 32 ^ (uint64_t)now.tv_nsec
		^ (uint64_t)getpid() << 42 ^ ++count << 56;
}

static bool writer_allocate(struct log_writer *writer, int fd,
			    struct error *error)
{
	*writer = (struct log_writer){ .fd = fd };
	writer->bytes = memory_allocate(LOG_RECORD_HEAD + LOG_CHUNK);
	return writer->bytes || error_set_memory(error);
}

bool log_writer_begin(struct log_writer *writer, int fd, struct error *error)
{
	unsigned char head[LOG_HEAD];

	if (!writer_allocate(writer, fd, error))
		return false;
	memcpy(head, log_magic, 8);
	put_fixed(head + 8, LOG_VERSION, 4);
	put_fixed(head + 12, new_nonce(), 8);
	put_fixed(head + 20, crc32c(0, head, 20), 4);
	writer->seed = crc32c(0, head + 12, 8);
	writer->offset = sizeof head;
	if (io_write_at(fd, head, sizeof head, 0))
		return true;
	error_set_system(error, errno, "can't write");
	log_writer_end(writer);
	return false;
}

bool log_writer_resume(struct log_writer *writer,
		       const struct log_reader *reader, struct error *error)
{
	if (!writer_allocate(writer, reader->fd, error))
		return false;
	writer->seed = reader->seed;
	writer->offset = reader->end;
	writer->sequence = reader->end_sequence;
	return true;
}

void log_writer_end(struct log_writer *writer)
{
	memory_free(writer->bytes);
	writer->bytes = NULL;
}

/* --- what is written --- */

/* Which start of this machine it is, where it says so: a process number is
 * worth nothing beyond it. */
static void read_boot(char *boot, size_t size)
{
	int fd = io_open(AT_FDCWD, "/proc/sys/kernel/random/boot_id",
			 O_RDONLY | O_CLOEXEC);
	ssize_t got = 0;

	if (fd >= 0) {
		got = io_read_at(fd, boot, size - 1, 0);
		io_close(fd);
	}
	boot[got > 0 ? got : 0] = '\0';
	boot[strcspn(boot, "\n")] = '\0';
}

void log_put_start(struct log_writer *writer, bool session)
{
	char host[256] = "";
	char boot[64];

	gethostname(host, sizeof host - 1);
	read_boot(boot, sizeof boot);
	record_begin(writer, LOG_START);
	put_number(writer, session);
	put_signed(writer, time(NULL));
	put_number(writer, (uint64_t)getpid());
	put_text(writer, host);
	put_text(writer, boot);
	record_out(writer, false);
}

void log_put_buffer(struct log_writer *writer, const struct log_buffer *buffer)
{
	const struct log_place *place = &buffer->place;
	uint64_t marks = 0;

	record_begin(writer, LOG_BUFFER);
	put_text(writer, buffer->path);
	put_identity(writer, &buffer->identity);
	put_number(writer, buffer->state);
	put_number(writer, place->cursor);
	for (int i = 0; i < LOG_MARKS; i++)
		marks += place->marked[i];
	put_number(writer, marks);
	for (unsigned i = 0; i < LOG_MARKS; i++) {
		if (!place->marked[i])
			continue;
		put_number(writer, i);
		put_number(writer, place->marks[i]);
	}
	record_out(writer, false);
}

void log_put_edit(struct log_writer *writer, const struct log_edit *edit,
		  const unsigned char *known)
{
	record_begin(writer, LOG_EDIT);
	put_number(writer, edit->state);
	put_number(writer, edit->first);
	put_signed(writer, edit->time);
	put_number(writer, edit->range.start);
	put_number(writer, range_length(edit->range));
	put_number(writer, edit->length);
	put_number(writer, edit->before);
	put_number(writer, edit->known);
	put_bytes(writer, known, edit->known);
}

void log_put_part(struct log_writer *writer, const struct log_part *part)
{
	unsigned char checksum[4];
	unsigned kind = 0;

	while (log_part_kinds[kind] != part->part.kind)
		kind++;
	put_number(writer, kind);
	put_number(writer, part->part.length);
	switch (part->part.kind) {
	case PART_BYTES:
		put_bytes(writer, part->part.bytes, part->part.length);
		break;
	case PART_DISK:
	case PART_FILE:
		put_number(writer, part->part.file_offset);
		put_number(writer, part->checked);
		put_fixed(checksum, part->checksum, 4);
		if (part->checked)
			put_bytes(writer, checksum, 4);
		break;
	case PART_OTHER:
		put_text(writer, part->part.path);
		put_identity(writer, &(struct log_identity){
			true, part->part.identity,
		});
		put_number(writer, part->part.file_offset);
		break;
	case PART_REPEAT:
		put_number(writer, part->part.period);
		put_number(writer, part->part.phase);
		put_bytes(writer, part->part.bytes, part->part.period);
		break;
	}
}

void log_put_done(struct log_writer *writer)
{
	record_out(writer, false);
}

void log_put_go(struct log_writer *writer, uint64_t state)
{
	record_begin(writer, LOG_GO);
	put_number(writer, state);
	put_signed(writer, time(NULL));
	record_out(writer, false);
}

void log_put_flush(struct log_writer *writer, const struct log_flush *flush)
{
	assert(flush->count <= LOG_RANGES_MAXIMUM);
	record_begin(writer, LOG_FLUSH);
	put_signed(writer, flush->time);
	put_number(writer, flush->size);
	put_number(writer, flush->checksum);
	put_number(writer, flush->count);
	for (size_t i = 0; i < flush->count; i++) {
		put_number(writer, flush->ranges[i].start);
		put_number(writer, range_length(flush->ranges[i]));
	}
	record_out(writer, false);
}

void log_put_resume(struct log_writer *writer, const struct log_resume *resume)
{
	record_begin(writer, LOG_RESUME);
	put_signed(writer, resume->time);
	put_number(writer, resume->process);
	put_number(writer, resume->states);
	put_identity(writer, &resume->identity);
	record_out(writer, false);
}

void log_put_end(struct log_writer *writer)
{
	record_begin(writer, LOG_END);
	record_out(writer, false);
}
