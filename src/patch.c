/*
 * patch: the formats by name and by content, and what all that write and all
 * that apply need.
 *
 * Whoever applies puts replacements into one rewrite, from left to right, and
 * checks on the way; only what was right to its very end is committed.
 */
#include "octavo/patch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "compat_zlib.h"
#include "io.h"
#include "patch_internal.h"

static const struct {
	const char *name;
	const char *ending;
	const char *magic;
	bool (*write)(struct patch_writer *writer);
	bool (*read)(struct patch_reader *reader);
} formats[] = {
	[PATCH_TEXT] = { "text", "", "octavo patch ", patch_text_write,
			 patch_text_read },
	[PATCH_IPS] = { "IPS", ".ips", "PATCH", patch_ips_write,
			patch_ips_read },
	[PATCH_BPS] = { "BPS", ".bps", "BPS1", patch_bps_write,
			patch_bps_read },
};

enum { FORMATS = sizeof formats / sizeof *formats };

const char *patch_format_name(enum patch_format format)
{
	return formats[format].name;
}

enum patch_format patch_format_of(const char *path)
{
	size_t length = strlen(path);

	for (int i = PATCH_TEXT + 1; i < FORMATS; i++) {
		size_t ending = strlen(formats[i].ending);

		if (length > ending
		    && strcmp(path + length - ending, formats[i].ending) == 0)
			return (enum patch_format)i;
	}
	return PATCH_TEXT;
}

const char *patch_format_missing(enum patch_format format)
{
	return format == PATCH_BPS && !compat_has_zlib()
		? "BPS needs zlib, which this octavo was built without" : NULL;
}

/* --- writing --- */

bool patch_flush(struct patch_writer *writer)
{
	size_t used = writer->used;

	writer->used = 0;
	return used == 0 || writer->put(writer->context, writer->buffer, used,
					writer->error);
}

bool patch_put(struct patch_writer *writer, const void *bytes, size_t length)
{
	const unsigned char *from = bytes;

	writer->crc = compat_crc32(writer->crc, bytes, length);
	writer->total += length;
	while (length > 0) {
		size_t part = sizeof writer->buffer - writer->used;

		if (part > length)
			part = length;
		memcpy(writer->buffer + writer->used, from, part);
		writer->used += part;
		from += part;
		length -= part;
		if (writer->used == sizeof writer->buffer
		    && !patch_flush(writer))
			return false;
	}
	return true;
}

bool patch_print(struct patch_writer *writer, const char *format, ...)
{
	char text[200];
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	return patch_put(writer, text, (size_t)length);
}

bool patch_old_bytes(struct patch_writer *writer, uint64_t offset,
		     unsigned char *bytes, size_t size)
{
	const struct file *file = document_file(writer->document);
	ssize_t got = io_read_at(file_descriptor(file), bytes, size, offset);

	if (got < 0)
		return error_set_system(writer->error, errno,
					"%s: can't read at 0x%" PRIx64,
					file_path(file), offset);
	return (size_t)got == size
		|| error_set(writer->error, "%s: the bytes at 0x%" PRIx64
			     " are lost", file_path(file),
			     offset + (uint64_t)got);
}

/* The first lost byte of RANGE in *AT; false where all are there. */
static bool find_lost(const struct document *document, struct range range,
		      uint64_t *at)
{
	uint64_t length;

	for (*at = range.start; *at < range.end; *at += length)
		if (document_lost(document, *at, &length))
			return true;
	return false;
}

static bool all_there(const struct document *document, struct range range,
		      struct error *error)
{
	uint64_t at;

	return !find_lost(document, range, &at)
		|| error_set(error, "%s: the bytes at 0x%" PRIx64 " are lost",
			     file_path(document_file(document)), at);
}

bool patch_new_bytes(struct patch_writer *writer, uint64_t offset,
		     unsigned char *bytes, size_t size)
{
	document_read(writer->document, offset, bytes, size);
	return all_there(writer->document, range_of(offset, size),
			 writer->error);
}

static bool same_file(const struct document *document, struct error *error)
{
	const struct file *file = document_file(document);
	enum file_state state = file_check(file, NULL);

	document_verify(document);
	return state == FILE_SAME
		|| error_set(error, "%s: %s", file_path(file),
			     file_state_text(state));
}

bool patch_write(const struct document *document, enum patch_format format,
		 patch_sink *put, void *context, struct error *error)
{
	struct patch_writer writer;
	const char *missing = patch_format_missing(format);

	if (missing)
		return error_set(error, "%s", missing);
	if (!document_modified(document))
		return error_set(error, "%s has no unsaved changes",
				 file_path(document_file(document)));
	writer.document = document;
	writer.put = put;
	writer.context = context;
	writer.error = error;
	writer.total = 0;
	writer.crc = 0;
	writer.used = 0;
	/* What was read while the file changed is not what it was. */
	return same_file(document, error) && formats[format].write(&writer)
		&& same_file(document, error) && patch_flush(&writer);
}

/* --- applying --- */

const char *patch_document_name(const struct patch_reader *reader)
{
	return file_path(document_file(reader->document));
}

bool patch_fail(struct patch_reader *reader, uint64_t at,
		const char *format, ...)
{
	char text[ERROR_MESSAGE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	return error_set(reader->error, "%s: 0x%" PRIx64 ": %s", reader->name,
			 at, text);
}

bool patch_charge(struct patch_reader *reader, uint64_t at, uint64_t size)
{
	if (size > reader->budget)
		return patch_fail(reader, at, "needs more than %d KiB "
				  "of memory",
				  PATCH_EXPANDED_MAXIMUM >> 10);
	reader->budget -= size;
	return true;
}

bool patch_present(struct patch_reader *reader, struct range range)
{
	return all_there(reader->document, range, reader->error);
}

bool patch_replace(struct patch_reader *reader, struct range range,
		   const void *bytes, uint64_t length)
{
	return rewrite_replace(reader->rewrite, range, bytes, length,
			       reader->error);
}

/* The format of what begins so; FORMATS where it is none of them. */
static int recognize(const unsigned char *bytes, uint64_t size)
{
	int format = 0;

	while (format < FORMATS) {
		size_t length = strlen(formats[format].magic);

		if (size >= length
		    && memcmp(bytes, formats[format].magic, length) == 0)
			break;
		format++;
	}
	return format;
}

static bool read_patch(struct patch_reader *reader, int format)
{
	reader->rewrite = rewrite_begin(reader->document, reader->error);
	if (!reader->rewrite)
		return false;
	document_verify(reader->document);
	if (formats[format].read(reader))
		return rewrite_commit(reader->rewrite,
				      &reader->report->touched,
				      &reader->report->length, reader->error);
	rewrite_cancel(reader->rewrite);
	return false;
}

bool patch_apply(struct document *document, const char *name,
		 const unsigned char *bytes, uint64_t size,
		 struct patch_report *report, struct error *error)
{
	struct patch_reader reader = {
		.document = document,
		.name = name,
		.bytes = bytes,
		.size = size,
		.report = report,
		.budget = PATCH_EXPANDED_MAXIMUM,
		.error = error,
	};
	int format = recognize(bytes, size);

	if (format == FORMATS)
		return patch_fail(&reader, 0, "neither an IPS, a BPS nor an "
				  "Octavo patch begins so");

	const char *missing = patch_format_missing((enum patch_format)format);

	*report = (struct patch_report){ .format = (enum patch_format)format };
	if (missing)
		return error_set(error, "%s: %s", name, missing);
	return read_patch(&reader, format);
}
