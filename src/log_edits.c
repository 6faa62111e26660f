/*
 * log_edits: what of an edit, or of all changes, goes into a log.
 *
 * An edit carries what is needed to make it again, and what is needed to
 * notice that the file is not what it was: the bytes it takes away, or a few
 * around it, and checksums of those it refers to in the file.
 */
#include <string.h>
#include <time.h>

#include "crc32c.h"
#include "log_internal.h"
#include "memory.h"
#include "sizes.h"

/* --- parts --- */

/* Parts on their way to a log. */
struct outlet {
	struct log_writer *writer;
	uint64_t checked;	/* bytes of the file, so far */
};

static bool put_part(void *context, const struct part *part)
{
	struct outlet *outlet = context;
	struct log_part put = { .part = *part };
	bool of_file = part->kind == PART_DISK || part->kind == PART_FILE;
	char path[PATH_MAX];

	if (part->kind == PART_OTHER) {
		/* What is short does not depend on another file. */
		if (part->length <= LOG_KNOWN_MAXIMUM)
			put.part.kind = PART_BYTES;
		else if (io.realpath(part->path, path))
			put.part.path = path;
	}
	if (of_file && part->length <= LOG_KNOWN_MAXIMUM - outlet->checked) {
		put.checked = true;
		put.checksum = crc32c(0, part->bytes, (size_t)part->length);
		outlet->checked += part->length;
	}
	log_put_part(outlet->writer, &put);
	return !outlet->writer->failed;
}

/* --- what is too long --- */

static bool count_part(void *context, const struct part *part)
{
	uint64_t *left = context;
	uint64_t length = part->kind == PART_BYTES ? part->length
			: part->kind == PART_REPEAT ? part->period : 0;
	bool fits = length <= *left;

	*left = fits ? *left - length : 0;
	return fits;
}

/* Nobody waits until gigabytes are copied into a log. */
static void give_up(struct log_writer *writer)
{
	writer->failed = true;
	error_set(&writer->cause, "more than %d MiB of new bytes",
		  LOG_VERBATIM_MAXIMUM >> 20);
}

static bool edit_fits(const struct document *document,
		      const struct document_edit *edit)
{
	uint64_t left = LOG_VERBATIM_MAXIMUM;

	return edit->length <= left
	       || document_edit_parts(document, edit, false, count_part,
				      &left);
}

static bool changes_fit(const struct document *document)
{
	uint64_t count = document_change_count(document);
	uint64_t left = LOG_VERBATIM_MAXIMUM;
	struct change change;

	for (uint64_t i = 0; i < count; i++) {
		document_change(document, i, &change);
		if (!document_edit_parts(document, &(struct document_edit){
				.range = change.now,
			}, true, count_part, &left))
			return false;
	}
	return true;
}

/* --- what is known of the document before --- */

static void put_edit(struct log_writer *writer, const struct document *document,
		     struct log_edit *edit)
{
	unsigned char few[256] = { 0 };
	unsigned char *bytes = few;
	uint64_t start = edit->range.start;
	uint64_t length = range_length(edit->range);

	if (length == 0) {
		edit->before = start < LOG_CONTEXT ? start : LOG_CONTEXT;
		length = edit->before + LOG_CONTEXT;
	} else if (length > LOG_KNOWN_MAXIMUM) {
		length = 0;
	}
	/* Without room it is as if it was too long. */
	if (length > sizeof few)
		bytes = memory_allocate((size_t)length);
	if (bytes && length > 0)
		edit->known = document_read(document, start - edit->before,
					    bytes, (size_t)length);
	log_put_edit(writer, edit, bytes);
	if (bytes != few)
		memory_free(bytes);
}

void log_write_edit(struct log_writer *writer, const struct document *document,
		    const struct document_edit *edit)
{
	struct outlet outlet = { .writer = writer };
	struct log_edit head = {
		.state = edit->state, .first = edit->first,
		.time = edit->time, .range = edit->range,
		.length = edit->length,
	};

	if (!edit_fits(document, edit)) {
		give_up(writer);
		return;
	}
	put_edit(writer, document, &head);
	document_edit_parts(document, edit, false, put_part, &outlet);
	log_put_done(writer);
}

/* --- all changes --- */

/* Up to LENGTH bytes at OFFSET of the file; how many could be had, of a new one
 * none. */
static size_t read_file(const struct document *document, uint64_t offset,
			unsigned char *bytes, size_t length)
{
	ssize_t got = io_read_at(file_descriptor(document_file(document)),
				 bytes, length, offset);

	return got > 0 ? (size_t)got : 0;
}

/*
 * A change as an edit of the document in which those before it have been
 * made, and those behind it have not: from its place on there is the file.
 */
static void put_change(struct log_writer *writer,
		       const struct document *document,
		       const struct change *change, struct log_edit *edit)
{
	unsigned char few[256] = { 0 };
	unsigned char *bytes = few;
	uint64_t length = range_length(change->file);
	size_t before = 0;

	edit->range = range_of(change->now.start, length);
	edit->length = range_length(change->now);
	if (length == 0) {
		before = edit->range.start < LOG_CONTEXT
				 ? (size_t)edit->range.start : LOG_CONTEXT;
		length = LOG_CONTEXT;
	} else if (length > LOG_KNOWN_MAXIMUM) {
		length = 0;
	}
	if (before + length > sizeof few)
		bytes = memory_allocate((size_t)length);
	edit->before = edit->known = 0;
	if (bytes && length > 0) {
		document_read(document, edit->range.start - before, bytes,
			      before);
		edit->before = before;
		edit->known = before + read_file(document, change->file.start,
						 bytes + before,
						 (size_t)length);
	}
	log_put_edit(writer, edit, bytes);
	if (bytes != few)
		memory_free(bytes);
}

void log_write_changes(struct log_writer *writer,
		       const struct document *document)
{
	uint64_t count = document_change_count(document);
	struct log_edit edit = {
		.state = document_state_now(document), .first = true,
	};
	struct change change;

	if (!changes_fit(document))
		give_up(writer);
	edit.time = document_state(document, edit.state).time;
	for (uint64_t i = 0; i < count && !writer->failed; i++) {
		struct outlet outlet = { .writer = writer };

		document_change(document, i, &change);
		put_change(writer, document, &change, &edit);
		document_edit_parts(document, &(struct document_edit){
			.range = change.now,
		}, true, put_part, &outlet);
		log_put_done(writer);
		edit.first = false;
	}
}

/* --- flushes --- */

/* Change INDEX, with some around it, but for what is in FLUSH already. */
static struct range known_range(const struct document *document,
				uint64_t index, const struct log_flush *flush)
{
	uint64_t size = document_size(document);
	uint64_t least = flush->count > 0
				 ? flush->ranges[flush->count - 1].end : 0;
	struct change change;
	struct range range;

	document_change(document, index, &change);
	range = change.now;
	range.start = range.start < LOG_CONTEXT ? 0 : range.start - LOG_CONTEXT;
	range.end = size - range.end < LOG_CONTEXT ? size : range.end + LOG_CONTEXT;
	if (range.start < least)
		range.start = least;
	return range;
}

static uint32_t document_checksum(const struct document *document,
				  struct range range, uint32_t crc)
{
	while (range.start < range.end) {
		uint64_t length;
		const unsigned char *bytes =
			document_span(document, range.start, &length);

		if (length > range_length(range))
			length = range_length(range);
		crc = crc32c(crc, bytes, (size_t)length);
		range.start += length;
	}
	return crc;
}

static void add_known(const struct document *document, struct range range,
		      struct log_flush *flush)
{
	flush->ranges[flush->count++] = range;
	flush->checksum = document_checksum(document, range, flush->checksum);
}

void log_flush_of(const struct document *document, struct log_flush *flush)
{
	uint64_t count = document_change_count(document);
	uint64_t left = LOG_FLUSH_BYTES;
	struct range range;

	flush->time = time(NULL);
	flush->size = document_size(document);
	flush->checksum = 0;
	flush->count = 0;
	for (uint64_t i = 0; i < count && left > 0
			     && flush->count < LOG_FLUSH_RANGES - 1; i++) {
		range = known_range(document, i, flush);
		if (range_length(range) > left)
			range.end = range.start + left;
		add_known(document, range, flush);
		left -= range_length(range);
	}
	if (!count)
		return;
	/* A file is written from its start to its end. */
	range = known_range(document, count - 1, flush);
	if (document_size(document) != document_file_size(document))
		range.end = document_size(document);
	if (range_length(range) > LOG_FLUSH_BYTES + LOG_CONTEXT)
		range.start = range.end - LOG_FLUSH_BYTES - LOG_CONTEXT;
	if (!range_is_empty(range))
		add_known(document, range, flush);
}

bool log_flush_done(const struct document *document,
		    const struct log_flush *flush)
{
	uint32_t crc = 0;
	unsigned char bytes[4096];

	if (document_file_size(document) != flush->size)
		return false;
	for (size_t i = 0; i < flush->count; i++) {
		struct range range = flush->ranges[i];

		while (range.start < range.end) {
			size_t most = range_length(range) < sizeof bytes
				? (size_t)range_length(range) : sizeof bytes;
			size_t got = read_file(document, range.start, bytes,
					       most);

			if (got < most)
				return false;
			crc = crc32c(crc, bytes, got);
			range.start += got;
		}
	}
	return crc == flush->checksum;
}
