/*
 * patch_text_write: the changes as text.
 *
 * A short overwrite is shown row by row, the old bytes above the new ones;
 * of anything else all old bytes stand before the new ones.  Rows have 16
 * bytes, counted from where the change begins.  A pattern of up to 16 bytes
 * that goes on for 64 or more is a repeat.
 */
#include <inttypes.h>
#include <string.h>

#include "crc32c.h"
#include "patch_internal.h"

enum { ROW = 16, REPEATED = 64, CONTEXT = 8, SHOWN = 4 * ROW };

typedef bool read_function(struct patch_writer *writer, uint64_t offset,
			   unsigned char *bytes, size_t size);

/* A side of a change, and the bytes of it that are at hand. */
struct side {
	struct patch_writer *writer;
	read_function *read;
	struct range range;
	struct range held;
	unsigned char bytes[PATCH_BLOCK];
};

static void side_open(struct side *side, struct patch_writer *writer,
		      read_function *read, struct range range)
{
	side->writer = writer;
	side->read = read;
	side->range = range;
	side->held = range_of(range.start, 0);
}

/* The bytes from OFFSET on: WANTED of them, or up to the end of the range;
 * *GOT may be more.  NULL: they can't be read. */
static const unsigned char *side_at(struct side *side, uint64_t offset,
				    size_t wanted, size_t *got)
{
	uint64_t left = side->range.end - offset;

	if (wanted > left)
		wanted = (size_t)left;
	if (offset < side->held.start || offset + wanted > side->held.end) {
		size_t size = left < sizeof side->bytes ? (size_t)left
							: sizeof side->bytes;

		if (!side->read(side->writer, offset, side->bytes, size))
			return NULL;
		side->held = range_of(offset, size);
	}
	*got = (size_t)(side->held.end - offset);
	return side->bytes + (offset - side->held.start);
}

/* --- lines --- */

/* Runs of bytes that repeat: PATTERN, for LENGTH bytes in all. */
struct repeat {
	unsigned char pattern[ROW];
	size_t period;
	uint64_t length;
};

/* How far the bytes of RANGE repeat from its start on; a length of 0 where
 * they do not. */
static bool find_repeat(struct side *side, struct range range,
			struct repeat *repeat)
{
	size_t phase = 0;
	size_t got;

	repeat->length = 0;
	if (range_length(range) < REPEATED)
		return true;

	const unsigned char *bytes = side_at(side, range.start, REPEATED,
					     &got);

	if (!bytes)
		return false;
	repeat->period = 1;
	while (repeat->period <= ROW
	       && memcmp(bytes, bytes + repeat->period,
			 REPEATED - repeat->period) != 0)
		repeat->period++;
	if (repeat->period > ROW)
		return true;
	memcpy(repeat->pattern, bytes, repeat->period);
	for (uint64_t at = range.start; at < range.end; at += got) {
		bytes = side_at(side, at, 1, &got);
		if (!bytes)
			return false;
		if (got > range.end - at)
			got = (size_t)(range.end - at);
		for (size_t i = 0; i < got; i++) {
			if (bytes[i] != repeat->pattern[phase])
				return true;
			if (++phase == repeat->period)
				phase = 0;
			repeat->length++;
		}
	}
	return true;
}

static size_t print_hex(char *text, const unsigned char *bytes, size_t count)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < count; i++) {
		text[3 * i] = ' ';
		text[3 * i + 1] = digits[bytes[i] >> 4];
		text[3 * i + 2] = digits[bytes[i] & 15];
	}
	return 3 * count;
}

/* SIGN, up to 16 bytes, and what they are as text. */
static bool print_row(struct patch_writer *writer, char sign,
		      const unsigned char *bytes, size_t count)
{
	char line[8 * ROW];
	char text[ROW + 1];

	memset(line, ' ', sizeof line);
	line[0] = sign;
	print_hex(line + 1, bytes, count);
	for (size_t i = 0; i < count; i++)
		text[i] = bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char)bytes[i]
							      : '.';
	text[count] = '\0';
	return patch_put(writer, line, 3 * ROW + 3)
		&& patch_print(writer, "# |%s|\n", text);
}

static bool print_repeat(struct patch_writer *writer, char sign,
			 const struct repeat *repeat)
{
	char pattern[3 * ROW];

	return patch_print(writer, "%c repeat %" PRIu64, sign, repeat->length)
		&& patch_put(writer, pattern,
			     print_hex(pattern, repeat->pattern,
				       repeat->period))
		&& patch_put(writer, "\n", 1);
}

/* The row at OFFSET, cut at END. */
static bool row(struct side *side, char sign, uint64_t offset, uint64_t end)
{
	size_t got;
	const unsigned char *bytes = side_at(side, offset, ROW, &got);

	if (got > end - offset)
		got = (size_t)(end - offset);
	return bytes && print_row(side->writer, sign, bytes,
				  got < ROW ? got : ROW);
}

/* RANGE of the side in rows and repeats. */
static bool rows(struct side *side, char sign, struct range range)
{
	while (!range_is_empty(range)) {
		struct repeat repeat;

		if (!find_repeat(side, range, &repeat))
			return false;
		if (repeat.length > 0) {
			if (!print_repeat(side->writer, sign, &repeat))
				return false;
			range.start += repeat.length;
			continue;
		}
		if (!row(side, sign, range.start, range.end))
			return false;
		range.start += range_length(range) < ROW ? range_length(range)
							 : ROW;
	}
	return true;
}

/* Says that RANGE of the old bytes is not listed. */
static bool omit(struct side *side, struct range range)
{
	uint64_t length = range_length(range);
	uint32_t crc = 0;
	size_t got;

	if (length > PATCH_DIGESTED)
		return patch_print(side->writer, "- omitted %" PRIu64 "\n",
				   length);
	for (uint64_t at = range.start; at < range.end; at += got) {
		const unsigned char *bytes = side_at(side, at, 1, &got);

		if (!bytes)
			return false;
		if (got > range.end - at)
			got = (size_t)(range.end - at);
		crc = crc32c(crc, bytes, got);
	}
	return patch_print(side->writer, "- omitted %" PRIu64 " crc32c %08"
			   PRIx32 "\n", length, crc);
}

/* --- changes --- */

static bool old_bytes(struct side *side)
{
	struct range range = side->range;
	struct range middle = { range.start + SHOWN, range.end - SHOWN };
	struct repeat repeat = { .length = 0 };

	if (range_length(range) <= PATCH_LISTED)
		return rows(side, '-', range);
	if (range_length(range) <= PATCH_DIGESTED
	    && !find_repeat(side, range, &repeat))
		return false;
	if (repeat.length == range_length(range))
		return print_repeat(side->writer, '-', &repeat);
	return rows(side, '-', (struct range){ range.start, middle.start })
		&& omit(side, middle)
		&& rows(side, '-', (struct range){ middle.end, range.end });
}

/* *ALL: one pattern over and over. */
static bool is_repeat(struct side *side, bool *all)
{
	struct repeat repeat;

	if (!find_repeat(side, side->range, &repeat))
		return false;
	*all = repeat.length == range_length(side->range);
	return true;
}

/* The old bytes row by row above the new ones. */
static bool interleave(struct side *old, struct side *new)
{
	uint64_t length = range_length(old->range);

	for (uint64_t at = 0; at < length; at += ROW)
		if (!row(old, '-', old->range.start + at, old->range.end)
		    || !row(new, '+', new->range.start + at, new->range.end))
			return false;
	return true;
}

static bool both(struct side *old, struct side *new, enum change_kind kind)
{
	bool old_repeats = true;
	bool new_repeats = true;

	if (kind == CHANGE_OVERWRITE
	    && range_length(old->range) <= PATCH_LISTED
	    && (!is_repeat(old, &old_repeats)
		|| !is_repeat(new, &new_repeats)))
		return false;
	return old_repeats || new_repeats
		? old_bytes(old) && rows(new, '+', new->range)
		: interleave(old, new);
}

/* What follows an insertion, so that it does not go just anywhere. */
static bool context(struct patch_writer *writer, uint64_t offset)
{
	uint64_t left = document_file_size(writer->document) - offset;
	size_t size = left < CONTEXT ? (size_t)left : CONTEXT;
	unsigned char bytes[CONTEXT];

	return size == 0 || (patch_old_bytes(writer, offset, bytes, size)
			     && print_row(writer, '=', bytes, size));
}

static bool write_change(struct patch_writer *writer,
			 const struct change *change)
{
	struct side old;
	struct side new;

	side_open(&old, writer, patch_old_bytes, change->file);
	side_open(&new, writer, patch_new_bytes, change->now);
	return patch_print(writer, "\n@ 0x%" PRIx64 " -%" PRIu64 " +%" PRIu64
			   "\n", change->file.start,
			   range_length(change->file),
			   range_length(change->now))
		&& both(&old, &new, change->kind)
		&& (change->kind != CHANGE_INSERT
		    || context(writer, change->file.start));
}

/* The name of the file, for people. */
static bool write_name(struct patch_writer *writer)
{
	const char *path = file_path(document_file(writer->document));
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	if (!patch_print(writer, "# "))
		return false;
	for (; *name; name++) {
		unsigned char byte = (unsigned char)*name;
		bool plain = byte > 0x20 && byte < 0x7f && byte != '\\';

		if (!patch_print(writer, plain ? "%c" : "\\x%02x", byte))
			return false;
	}
	return patch_print(writer, "\n");
}

bool patch_text_write(struct patch_writer *writer)
{
	const struct document *document = writer->document;
	struct change change;

	if (!patch_print(writer, "octavo patch 1\n") || !write_name(writer)
	    || !patch_print(writer, "size %" PRIu64 "\n",
			    document_file_size(document)))
		return false;
	for (uint64_t i = 0; document_change(document, i, &change); i++)
		if (!write_change(writer, &change))
			return false;
	return patch_print(writer, "\nend %" PRIu64 "\n",
			   document_size(document));
}
