/*
 * log_read: believes nothing that it has not checked, and says where it goes
 * wrong.
 *
 * Invariant of a reader: `end` is behind the last content that was read to its
 * end, and that the visitor has taken.
 */
#include <errno.h>
#include <string.h>

#include "crc32c.h"
#include "io.h"
#include "log_take.h"
#include "memory.h"
#include "sizes.h"

static const char log_magic[] = "OVLOGS01";

const enum part_kind log_part_kinds[LOG_PART_KINDS] = {
	PART_BYTES, PART_DISK, PART_FILE, PART_OTHER, PART_REPEAT,
};

/* --- edits --- */

bool log_read_known(struct log_reader *reader, const unsigned char **bytes,
		    size_t *length, struct error *error)
{
	*length = 0;
	if (reader->known == 0)
		return true;
	if (!log_get_run(reader, reader->known, bytes, length, error))
		return false;
	reader->known -= *length;
	return true;
}

/* The bytes of a part, all of them unless it is long. */
static bool take_bytes(struct log_reader *reader, struct part *part,
		       struct error *error)
{
	uint64_t length = reader->part.length;
	size_t got;

	*part = reader->part;
	if (length > LOG_WHOLE_MAXIMUM || length <= reader->length - reader->at) {
		if (!log_get_run(reader, length, &part->bytes, &got, error))
			return false;
		part->length = got;
	} else {
		if (!log_reserve(&reader->whole, &reader->whole_capacity,
				 (size_t)length, error) ||
		    !log_get_bytes(reader, reader->whole, (size_t)length,
				   error))
			return false;
		part->bytes = reader->whole;
	}
	reader->part.length -= part->length;
	reader->left -= part->length;
	return true;
}

static bool take_file(struct log_reader *reader, struct log_part *part,
		      struct error *error)
{
	unsigned char checksum[4] = { 0 };

	if (!log_get_number(reader, &part->part.file_offset, error) ||
	    !log_get_flag(reader, &part->checked, error) ||
	    (part->checked && !log_get_bytes(reader, checksum, 4, error)))
		return false;
	part->checksum = (uint32_t)log_get_fixed(checksum, 4);
	return true;
}

static bool take_other(struct log_reader *reader, struct part *part,
		       struct error *error)
{
	struct log_identity identity;

	if (!log_get_text(reader, reader->path, sizeof reader->path, error) ||
	    !log_get_identity(reader, &identity, error) ||
	    !log_get_number(reader, &part->file_offset, error))
		return false;
	part->path = reader->path;
	part->identity = identity.file;
	return true;
}

static bool take_repeat(struct log_reader *reader, struct part *part,
			struct error *error)
{
	uint64_t period, phase;

	if (!log_get_number(reader, &period, error) ||
	    !log_get_number(reader, &phase, error))
		return false;
	if (period == 0 || period > INT32_MAX || phase >= period ||
	    period > reader->size)
		return log_wrong(reader, error, "nothing repeats like that");
	if (!log_reserve(&reader->whole, &reader->whole_capacity,
			 (size_t)period, error) ||
	    !log_get_bytes(reader, reader->whole, (size_t)period, error))
		return false;
	part->bytes = reader->whole;
	part->period = (uint32_t)period;
	part->phase = (uint32_t)phase;
	return true;
}

static bool skip_known(struct log_reader *reader, struct error *error)
{
	const unsigned char *bytes;
	size_t length = 1;

	while (length > 0)
		if (!log_read_known(reader, &bytes, &length, error))
			return false;
	return true;
}

bool log_read_part(struct log_reader *reader, struct log_part *part,
		   struct error *error)
{
	uint64_t kind, length;

	*part = (struct log_part){.checked = false};
	if (!skip_known(reader, error))
		return false;
	if (reader->part.length > 0)
		return take_bytes(reader, &part->part, error);
	if (reader->left == 0)
		return true;
	if (!log_get_number(reader, &kind, error) ||
	    !log_get_number(reader, &length, error))
		return false;
	if (kind >= LOG_PART_KINDS)
		return log_wrong(reader, error, "a part of an unknown kind");
	if (length == 0 || length > reader->left)
		return log_wrong(reader, error, "a part that is too %s",
				 length ? "long" : "short");
	part->part.kind = log_part_kinds[kind];
	part->part.length = length;
	if (part->part.kind == PART_BYTES) {
		reader->part = part->part;
		return take_bytes(reader, &part->part, error);
	}
	reader->left -= length;
	if (part->part.kind == PART_REPEAT)
		return take_repeat(reader, &part->part, error);
	return part->part.kind == PART_OTHER
		       ? take_other(reader, &part->part, error)
		       : take_file(reader, part, error);
}

static bool read_edit(struct log_reader *reader, struct log_edit *edit,
		      struct error *error)
{
	if (!log_get_number(reader, &edit->state, error) ||
	    !log_get_flag(reader, &edit->first, error) ||
	    !log_get_signed(reader, &edit->time, error) ||
	    !log_get_range(reader, &edit->range, error) ||
	    !log_get_number(reader, &edit->length, error) ||
	    !log_get_number(reader, &edit->before, error) ||
	    !log_get_number(reader, &edit->known, error))
		return false;
	if (edit->length > INT64_MAX || edit->before > edit->range.start ||
	    edit->known > INT64_MAX || edit->before > edit->known)
		return log_wrong(reader, error, "no edit is like that");
	reader->known = edit->known;
	reader->left = edit->length;
	reader->part.length = 0;
	return true;
}

static bool visit_edit(struct log_reader *reader,
		       const struct log_visitor *visitor, void *context,
		       struct error *error)
{
	struct log_edit edit;
	struct log_part part = {.part = {.length = 1}};

	if (!read_edit(reader, &edit, error) ||
	    !visitor->edit(context, &edit, reader, error))
		return false;
	while (part.part.length > 0)
		if (!log_read_part(reader, &part, error))
			return false;
	return true;
}

/* --- the others --- */

static bool visit_start(struct log_reader *reader,
			const struct log_visitor *visitor, void *context,
			struct error *error)
{
	struct log_start start;

	if (!log_get_flag(reader, &start.session, error) ||
	    !log_get_signed(reader, &start.time, error) ||
	    !log_get_number(reader, &start.process, error) ||
	    !log_get_text(reader, start.host, sizeof start.host, error) ||
	    !log_get_text(reader, start.boot, sizeof start.boot, error))
		return false;
	if (visitor->start)
		visitor->start(context, &start);
	return true;
}

static bool read_place(struct log_reader *reader, struct log_place *place,
		       struct error *error)
{
	uint64_t count, mark;

	*place = (struct log_place){.cursor = 0};
	if (!log_get_number(reader, &place->cursor, error) ||
	    !log_get_number(reader, &count, error))
		return false;
	while (count-- > 0) {
		if (!log_get_number(reader, &mark, error))
			return false;
		if (mark >= LOG_MARKS)
			return log_wrong(reader, error,
					 "there is no such "
					 "mark");
		if (!log_get_number(reader, &place->marks[mark], error))
			return false;
		place->marked[mark] = true;
	}
	return true;
}

static bool visit_buffer(struct log_reader *reader,
			 const struct log_visitor *visitor, void *context,
			 struct error *error)
{
	struct log_buffer buffer;

	if (!log_get_text(reader, buffer.path, sizeof buffer.path, error))
		return false;
	if (buffer.path[0] != '/')
		return log_wrong(reader, error, "a path that is not absolute");
	if (!log_get_identity(reader, &buffer.identity, error) ||
	    !log_get_number(reader, &buffer.state, error) ||
	    !read_place(reader, &buffer.place, error))
		return false;
	if (visitor->buffer)
		visitor->buffer(context, &buffer);
	return true;
}

static bool visit_go(struct log_reader *reader,
		     const struct log_visitor *visitor, void *context,
		     struct error *error)
{
	uint64_t state;
	int64_t time;

	return log_get_number(reader, &state, error) &&
	       log_get_signed(reader, &time, error) &&
	       (!visitor->go || visitor->go(context, state, time, error));
}

static bool visit_flush(struct log_reader *reader,
			const struct log_visitor *visitor, void *context,
			struct error *error)
{
	struct log_flush flush;
	uint64_t checksum, count;

	if (!log_get_signed(reader, &flush.time, error) ||
	    !log_get_number(reader, &flush.size, error) ||
	    !log_get_number(reader, &checksum, error) ||
	    !log_get_number(reader, &count, error))
		return false;
	if (checksum > UINT32_MAX || count > LOG_RANGES_MAXIMUM)
		return log_wrong(reader, error, "no flush is like that");
	flush.checksum = (uint32_t)checksum;
	flush.count = (size_t)count;
	for (size_t i = 0; i < flush.count; i++)
		if (!log_get_range(reader, &flush.ranges[i], error))
			return false;
	if (visitor->flush)
		visitor->flush(context, &flush);
	return true;
}

static bool visit_resume(struct log_reader *reader,
			 const struct log_visitor *visitor, void *context,
			 struct error *error)
{
	struct log_resume resume;

	return log_get_signed(reader, &resume.time, error) &&
	       log_get_number(reader, &resume.process, error) &&
	       log_get_number(reader, &resume.states, error) &&
	       log_get_identity(reader, &resume.identity, error) &&
	       (!visitor->resume || visitor->resume(context, &resume, error));
}

static bool visit(struct log_reader *reader, const struct log_visitor *visitor,
		  void *context, struct error *error)
{
	bool begins = reader->end == LOG_HEAD;

	if (begins != (reader->kind == LOG_START))
		return log_wrong(reader, error, "%s",
				 begins ? "it does not begin as a log does"
					: "a beginning that is none");
	switch (reader->kind) {
	case LOG_START:
		return visit_start(reader, visitor, context, error);
	case LOG_BUFFER:
		return visit_buffer(reader, visitor, context, error);
	case LOG_EDIT:
		return visit_edit(reader, visitor, context, error);
	case LOG_GO:
		return visit_go(reader, visitor, context, error);
	case LOG_FLUSH:
		return visit_flush(reader, visitor, context, error);
	case LOG_RESUME:
		return visit_resume(reader, visitor, context, error);
	case LOG_END:
		if (visitor->end)
			visitor->end(context);
		return true;
	}
	return log_wrong(reader, error, "a record of an unknown kind");
}

/* --- the whole --- */

bool log_reader_begin(struct log_reader *reader, int fd, const char *name,
		      struct error *error)
{
	unsigned char head[LOG_HEAD];
	struct stat status;
	bool broken;

	*reader = (struct log_reader){.fd = fd, .name = name};
	if (io.fstat(fd, &status) != 0)
		return error_set_system(error, errno, "can't read %s", name);
	reader->size = (uint64_t)status.st_size;
	reader->offset = reader->end = LOG_HEAD;
	if (!log_read_at(reader, head, sizeof head, 0, &broken, error)) {
		if (!broken)
			error_set(error, "%s: byte %llu: it ends here, which "
				  "is too early", name,
				  (unsigned long long)reader->size);
		return false;
	}
	if (memcmp(head, log_magic, 8) != 0)
		return error_set(error, "%s: byte 0: not a session log", name);
	if (log_get_fixed(head + 8, 4) != LOG_VERSION)
		return error_set(error,
				 "%s: byte 8: version %llu, and only %d "
				 "can be read",
				 name,
				 (unsigned long long)log_get_fixed(head + 8, 4),
				 LOG_VERSION);
	if (log_get_fixed(head + 20, 4) != crc32c(0, head, 20))
		return error_set(error, "%s: byte 20: damaged", name);
	reader->seed = crc32c(0, head + 12, 8);
	return true;
}

void log_reader_end(struct log_reader *reader)
{
	memory_free(reader->bytes);
	memory_free(reader->whole);
	reader->bytes = reader->whole = NULL;
}

/* The records end at `start`: is that all? */
static bool torn_off(struct log_reader *reader, struct error *error)
{
	uint64_t place = reader->start;
	bool found;

	if (!log_record_behind(reader, &found, error))
		return false;
	return !found || error_set(error,
				   "%s: byte %llu: damaged, and more "
				   "stands behind",
				   reader->name, (unsigned long long)place);
}

bool log_read(struct log_reader *reader, const struct log_visitor *visitor,
	      void *context, struct error *error)
{
	while (reader->offset < reader->size) {
		reader->torn = false;
		if (!log_record_load(reader, error) ||
		    !visit(reader, visitor, context, error))
			return reader->torn && torn_off(reader, error);
		if (reader->at < reader->length || reader->more)
			return log_wrong(reader, error,
					 "a content ends before its record");
		reader->end = reader->offset;
		reader->end_sequence = reader->sequence;
	}
	return true;
}

/* --- identities --- */

struct log_identity log_identity_of(const struct file *file)
{
	struct log_identity identity = {
		.exists = file_kind(file) != FILE_NEW,
	};

	if (identity.exists)
		identity.file = file_identity(file);
	return identity;
}

bool log_identity_equal(const struct log_identity *one,
			const struct log_identity *other)
{
	return one->exists == other->exists &&
	       (!one->exists || file_identity_equal(&one->file, &other->file));
}
