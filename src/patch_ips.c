/*
 * patch_ips: IPS, written and applied.
 *
 * "PATCH", records, "EOF", and then three bytes of the length that a longer
 * result is cut to, or nothing.  A record is an offset (24 bits, the highest
 * byte first), a size (16 bits) and so many bytes; or, with a size of 0, a run:
 * its length (16 bits) and one byte.
 *
 * An offset of 0x454f46 looks like "EOF", so a record that would begin there
 * is written to begin a byte earlier.  One of another program is taken for the
 * end only where what follows is what may follow an end; that a record cannot
 * be.
 *
 * Records of others may stand in any order and overwrite each other.  They are
 * put together in memory first, which 16 MiB and one record are enough for.
 */
#include <inttypes.h>
#include <string.h>

#include "memory.h"
#include "patch_internal.h"

enum {
	IPS_END = 0x454f46,
	IPS_REACH = 1 << 24,
	IPS_RUN = 14,	/* from here on a run is shorter than its bytes */
};

static const char magic[] = "PATCH";

/* --- writing --- */

/* The next stretch from *RANGE's end on in which the document is not the file
 * at the same place. */
static bool next_difference(const struct document *document,
			    struct range *range)
{
	uint64_t size = document_size(document);
	struct segment segment;
	bool found = false;

	for (uint64_t at = range->end; at < size; at = segment.now.end) {
		segment = document_segment(document, at);

		bool same = segment.in_file
			&& segment.file_offset == segment.now.start;

		if (found && same)
			break;
		if (same)
			continue;
		if (!found)
			range->start = segment.now.start;
		range->end = segment.now.end;
		found = true;
	}
	return found;
}

/* The first change of another length, if it is before END. */
static bool shifts(const struct document *document, uint64_t end,
		   uint64_t *offset)
{
	struct change change;

	for (uint64_t i = 0; document_change(document, i, &change)
	     && change.now.start < end; i++) {
		*offset = change.now.start;
		if (change.kind != CHANGE_OVERWRITE)
			return true;
	}
	return false;
}

static bool too_far(struct patch_writer *writer, struct range range)
{
	const char *name = file_path(document_file(writer->document));
	uint64_t offset;

	if (shifts(writer->document, range.end, &offset))
		return error_set(writer->error, "%s: IPS can't shift bytes: "
				 "all behind the change at 0x%" PRIx64 " would be "
				 "overwritten, up to 0x%" PRIx64 ", and it "
				 "reaches to 0x%x only", name, offset,
				 range.end, IPS_REACH);
	return error_set(writer->error, "%s: IPS reaches to 0x%x only, and "
			 "the change at 0x%" PRIx64 " goes to 0x%" PRIx64,
			 name, IPS_REACH, range.start, range.end);
}

static bool expressible(struct patch_writer *writer)
{
	const struct document *document = writer->document;
	uint64_t size = document_size(document);
	struct range range = { 0, 0 };

	while (next_difference(document, &range))
		if (range.end > IPS_REACH)
			return too_far(writer, range);
	return size >= document_file_size(document) || size < IPS_REACH
		|| error_set(writer->error, "%s: IPS can cut a file to less "
			     "than 0x%x bytes only, and it is cut to 0x%"
			     PRIx64, file_path(document_file(document)),
			     IPS_REACH, size);
}

static bool put_number(struct patch_writer *writer, uint64_t number, int size)
{
	unsigned char bytes[3];

	for (int i = 0; i < size; i++)
		bytes[i] = (unsigned char)(number >> (8 * (size - 1 - i)));
	return patch_put(writer, bytes, (size_t)size);
}

static size_t run_length(const unsigned char *bytes, size_t count)
{
	size_t length = 1;

	while (length < count && bytes[length] == bytes[0])
		length++;
	return length;
}

/* How many of COUNT bytes stand before a run that is worth a record. */
static size_t plain_length(const unsigned char *bytes, size_t count)
{
	size_t length = 0;

	while (length < count) {
		size_t run = run_length(bytes + length, count - length);

		if (run >= IPS_RUN)
			break;
		length += run;
	}
	return length;
}

/* One record of the beginning of COUNT bytes at OFFSET; *TAKEN of them. */
static bool put_record(struct patch_writer *writer, uint64_t offset,
		       const unsigned char *bytes, size_t count,
		       size_t *taken)
{
	size_t run = run_length(bytes, count);

	*taken = run >= IPS_RUN ? run : plain_length(bytes, count);
	if (run < IPS_RUN)
		return put_number(writer, offset, 3)
			&& put_number(writer, *taken, 2)
			&& patch_put(writer, bytes, *taken);
	return put_number(writer, offset, 3) && put_number(writer, 0, 2)
		&& put_number(writer, run, 2) && patch_put(writer, bytes, 1);
}

/* What would begin at the offset that looks like the end: it and the byte
 * before it. */
static bool put_around_end(struct patch_writer *writer)
{
	unsigned char bytes[2];

	return patch_new_bytes(writer, IPS_END - 1, bytes, 2)
		&& put_number(writer, IPS_END - 1, 3)
		&& put_number(writer, 2, 2) && patch_put(writer, bytes, 2);
}

static bool put_range(struct patch_writer *writer, struct range range)
{
	unsigned char bytes[PATCH_BLOCK - 1];	/* a record has no more */
	size_t taken;

	for (; !range_is_empty(range); range.start += taken) {
		uint64_t left = range_length(range);
		size_t count = left < sizeof bytes ? (size_t)left
						   : sizeof bytes;

		if (range.start == IPS_END) {
			if (!put_around_end(writer))
				return false;
			taken = 1;
			continue;
		}
		if (!patch_new_bytes(writer, range.start, bytes, count)
		    || !put_record(writer, range.start, bytes, count, &taken))
			return false;
	}
	return true;
}

bool patch_ips_write(struct patch_writer *writer)
{
	const struct document *document = writer->document;
	struct range range = { 0, 0 };

	if (!expressible(writer)
	    || !patch_put(writer, magic, sizeof magic - 1))
		return false;
	while (next_difference(document, &range))
		if (!put_range(writer, range))
			return false;
	return put_number(writer, IPS_END, 3)
		&& (document_size(document) >= document_file_size(document)
		    || put_number(writer, document_size(document), 3));
}

/* --- applying --- */

struct ips {
	struct patch_reader *patch;
	uint64_t at;
	/* What the records make of [0, end): bytes, and which of them they
	 * have set. */
	uint64_t end;
	unsigned char *bytes;
	unsigned char *set;
	/* The length of the result. */
	uint64_t size;
};

struct record {
	uint64_t offset;
	uint64_t size;
	const unsigned char *bytes;
	bool run;		/* one byte, over and over */
};

static uint64_t number_at(const struct ips *ips, uint64_t at, int size)
{
	uint64_t number = 0;

	for (int i = 0; i < size; i++)
		number = number << 8 | ips->patch->bytes[at + (unsigned)i];
	return number;
}

static uint64_t left(const struct ips *ips)
{
	return ips->patch->size - ips->at;
}

static bool is_end(const struct ips *ips)
{
	return left(ips) >= 3 && number_at(ips, ips->at, 3) == IPS_END
		&& (left(ips) == 3 || left(ips) == 6);
}

static bool cut_off(struct ips *ips, uint64_t at)
{
	return patch_fail(ips->patch, at, "the patch is cut off");
}

static bool next_record(struct ips *ips, struct record *record)
{
	uint64_t start = ips->at;
	uint64_t held;

	if (left(ips) < 5)
		return cut_off(ips, start);
	record->offset = number_at(ips, start, 3);
	record->size = held = number_at(ips, start + 3, 2);
	ips->at += 5;
	record->run = held == 0;
	if (record->run) {
		if (left(ips) < 3)
			return cut_off(ips, start);
		record->size = number_at(ips, ips->at, 2);
		ips->at += 2;
		held = 1;
		if (record->size == 0)
			return patch_fail(ips->patch, start, "a run of no "
					  "bytes");
	}
	if (left(ips) < held)
		return cut_off(ips, start);
	record->bytes = ips->patch->bytes + ips->at;
	ips->at += held;
	return true;
}

static void set_record(struct ips *ips, const struct record *record)
{
	unsigned char *bytes = ips->bytes + record->offset;

	if (record->run)
		memset(bytes, record->bytes[0], (size_t)record->size);
	else
		memcpy(bytes, record->bytes, (size_t)record->size);
	memset(ips->set + record->offset, 1, (size_t)record->size);
}

/* Goes through the records: how far they reach, or what they set. */
static bool read_records(struct ips *ips)
{
	struct record record = { .size = 0 };

	ips->at = sizeof magic - 1;
	while (!is_end(ips)) {
		if (!next_record(ips, &record))
			return false;
		if (ips->bytes)
			set_record(ips, &record);
		else if (record.offset + record.size > ips->end)
			ips->end = record.offset + record.size;
	}
	return true;
}

/* Behind the end of the file nothing is left as it was: there zeros stand
 * between records. */
static void set_gap(struct ips *ips)
{
	uint64_t size = document_size(ips->patch->document);

	ips->size = size > ips->end ? size : ips->end;
	if (size < ips->end)
		memset(ips->set + size, 1, (size_t)(ips->end - size));
	if (left(ips) == 6 && number_at(ips, ips->at + 3, 3) < ips->size)
		ips->size = number_at(ips, ips->at + 3, 3);
}

static bool replace_set(struct ips *ips)
{
	uint64_t size = document_size(ips->patch->document);
	uint64_t limit = ips->end < ips->size ? ips->end : ips->size;
	uint64_t end;

	for (uint64_t at = 0; at < limit; at = end) {
		unsigned char set = ips->set[at];
		struct range range = { at < size ? at : size, size };

		for (end = at + 1; end < limit && ips->set[end] == set; end++)
			;
		if (end < size)
			range.end = end;
		if (set && !patch_replace(ips->patch, range, ips->bytes + at,
					  end - at))
			return false;
		ips->patch->report->changes += set;
	}
	if (ips->size >= size)
		return true;
	ips->patch->report->changes++;
	return patch_replace(ips->patch, (struct range){ ips->size, size },
			     NULL, 0);
}

static bool apply(struct ips *ips)
{
	size_t size = (size_t)ips->end;

	ips->bytes = memory_allocate(2 * size + 1);
	if (!ips->bytes)
		return error_set_memory(ips->patch->error);
	ips->set = ips->bytes + size;
	memset(ips->bytes, 0, 2 * size);
	if (!read_records(ips))
		return false;
	set_gap(ips);
	return replace_set(ips);
}

bool patch_ips_read(struct patch_reader *reader)
{
	struct ips ips = { .patch = reader };

	reader->report->unchecked = true;

	bool done = read_records(&ips) && apply(&ips);

	memory_free(ips.bytes);
	return done;
}
