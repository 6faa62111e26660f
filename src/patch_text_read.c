/*
 * patch_text_read: text, applied.
 *
 * Read once, line by line.  The bytes of a change go to the rewrite as they
 * come, each in the place of an old one as long as there are such, whether
 * those have been checked by then or not: nothing is committed before
 * everything was.
 *
 * Invariant: of the open change, old_done bytes of `old` have been checked and
 * new_done of new_length been read; those in `pending` are not in the rewrite
 * yet.
 */
#include <inttypes.h>

#include "crc32c.h"
#include "memory.h"
#include "patch_words.h"

/* The longest pattern of a repeat; no more than a block. */
enum { PERIOD = 64 };

struct text {
	struct patch_reader *patch;
	struct words words;
	/* The open change, and where the one before ended. */
	bool open;
	uint64_t opened; /* in the patch */
	struct range old;
	uint64_t old_done;
	uint64_t follow_done;
	uint64_t new_length;
	uint64_t new_done;
	uint64_t place; /* up to there new ones are in the rewrite */
	size_t used;
	unsigned char pending[PATCH_BLOCK];
	uint64_t size; /* of the result, so far */
};

/* --- bytes of the document --- */

/* LENGTH bytes at OFFSET of the document are WANTED, PERIOD of them over and
 * over. */
static bool check_bytes(struct text *text, uint64_t offset, uint64_t length,
			const unsigned char *wanted, size_t period,
			uint64_t where)
{
	const struct patch_reader *patch = text->patch;
	uint64_t done = 0;
	uint64_t run;

	while (done < length) {
		const unsigned char *bytes =
			document_span(patch->document, offset + done, &run);

		for (uint64_t end = run < length - done ? done + run : length;
		     done < end; done++, bytes++)
			if (*bytes != wanted[done % period])
				return words_fail(&text->words, where,
						  "%s has %02x at "
						  "0x%" PRIx64 ", not %02x",
						  patch_document_name(patch),
						  *bytes, offset + done,
						  wanted[done % period]);
	}
	return true;
}

static uint32_t document_crc(const struct document *document,
			     struct range range)
{
	uint32_t crc = 0;

	while (!range_is_empty(range)) {
		uint64_t run;
		const unsigned char *bytes =
			document_span(document, range.start, &run);

		if (run > range_length(range))
			run = range_length(range);
		if (run > PATCH_SCANNED - range.start % PATCH_SCANNED)
			run = PATCH_SCANNED - range.start % PATCH_SCANNED;
		crc = crc32c(crc, bytes, (size_t)run);
		document_release(document, range_of(range.start, run));
		range.start += run;
	}
	return crc;
}

/* Takes LENGTH of the bytes that a line of SIGN may still have; *OFFSET is
 * where in the document the old ones are. */
static bool take_bytes(struct text *text, char sign, uint64_t length,
		       uint64_t where, uint64_t *offset)
{
	uint64_t *done = sign == '-'   ? &text->old_done
			 : sign == '+' ? &text->new_done
				       : &text->follow_done;
	uint64_t limit = sign == '-'   ? range_length(text->old)
			 : sign == '+' ? text->new_length
				       : document_size(text->patch->document) -
						 text->old.end;

	if (length > limit - *done)
		return words_fail(&text->words, where,
				  "these are more bytes than the "
				  "%s 0x%" PRIx64 " has",
				  sign == '=' ? "file behind" : "change at",
				  sign == '=' ? text->old.end
					      : text->old.start);
	*offset = *done + (sign == '=' ? text->old.end : text->old.start);
	*done += length;
	return sign == '+' ||
	       patch_present(text->patch, range_of(*offset, length));
}

/* --- new bytes --- */

static bool put(struct text *text, const unsigned char *bytes, uint64_t length)
{
	uint64_t room = text->old.end - text->place;
	struct range range =
		range_of(text->place, length < room ? length : room);

	text->place = range.end;
	return patch_replace(text->patch, range, bytes, length);
}

static bool put_pending(struct text *text)
{
	size_t used = text->used;

	text->used = 0;
	return used == 0 || put(text, text->pending, used);
}

static bool put_byte(struct text *text, unsigned char byte)
{
	text->pending[text->used++] = byte;
	return text->used < sizeof text->pending || put_pending(text);
}

/* A block of BYTES over and over is put in again and again, which costs the
 * memory of one. */
static bool put_repeat(struct text *text, const unsigned char *bytes,
		       size_t period, uint64_t length, uint64_t where)
{
	/* So that there are not too many either. */
	uint64_t size = length / 1024 < PATCH_BLOCK  ? PATCH_BLOCK
			: length / 1024 < (64 << 20) ? length / 1024
						     : 64 << 20;

	if (!put_pending(text))
		return false;
	size = size < length ? size - size % period : length;
	if (!patch_charge(text->patch, where, size + 64 * (length / size)))
		return false;

	unsigned char *block = memory_allocate((size_t)size);

	if (!block)
		return error_set_memory(text->patch->error);
	for (uint64_t i = 0; i < size; i++)
		block[i] = bytes[i % period];

	bool done = true;

	while (done && length > 0) {
		uint64_t part = length < size ? length : size;

		done = put(text, block, part);
		length -= part;
	}
	memory_free(block);
	return done;
}

/* --- lines of a change --- */

static bool read_bytes(struct text *text, char sign)
{
	do {
		uint64_t where = words_next(&text->words);
		uint64_t offset;
		unsigned char byte;

		if (!words_byte(&text->words, &byte) ||
		    !take_bytes(text, sign, 1, where, &offset) ||
		    (sign == '+'
			     ? !put_byte(text, byte)
			     : !check_bytes(text, offset, 1, &byte, 1, where)))
			return false;
	} while (!words_at_end(&text->words));
	return true;
}

static bool read_repeat(struct text *text, char sign)
{
	unsigned char bytes[PERIOD];
	uint64_t where = words_next(&text->words);
	uint64_t length;
	uint64_t offset;
	size_t period = 0;

	if (!words_number(&text->words, &length))
		return false;
	do {
		if (words_at_end(&text->words) || period == PERIOD)
			return words_fail(&text->words, text->words.at,
					  "1 to %d bytes are "
					  "repeated",
					  PERIOD);
		if (!words_byte(&text->words, &bytes[period++]))
			return false;
	} while (!words_at_end(&text->words));
	if (!take_bytes(text, sign, length, where, &offset))
		return false;
	if (length == 0)
		return true;
	return sign == '+' ? put_repeat(text, bytes, period, length, where)
			   : check_bytes(text, offset, length, bytes, period,
					 where);
}

static bool read_omitted(struct text *text, char sign)
{
	uint64_t where = words_next(&text->words);
	uint64_t length;
	uint64_t offset;
	uint32_t crc = 0;

	if (sign == '+')
		return words_fail(&text->words, where,
				  "new bytes can't be omitted");
	if (!words_number(&text->words, &length) ||
	    !take_bytes(text, sign, length, where, &offset))
		return false;
	if (words_at_end(&text->words)) {
		text->patch->report->unchecked = true;
		return true;
	}
	if (!words_want(&text->words, "crc32c"))
		return false;
	for (int i = 0; i < 4; i++) {
		unsigned char byte;

		if (!words_byte(&text->words, &byte))
			return false;
		crc = crc << 8 | byte;
	}

	uint32_t found =
		document_crc(text->patch->document, range_of(offset, length));

	if (found != crc)
		return words_fail(&text->words, where,
				  "the %" PRIu64 " bytes at 0x%" PRIx64
				  " of %s have the checksum %08" PRIx32
				  ", not %08" PRIx32,
				  length, offset,
				  patch_document_name(text->patch), found, crc);
	return words_end(&text->words);
}

static bool read_run(struct text *text, char sign)
{
	if (!text->open)
		return words_fail(&text->words, text->words.at - 1,
				  "an \"@\" line is wanted "
				  "before it");
	if (words_take(&text->words, "repeat"))
		return read_repeat(text, sign);
	if (words_take(&text->words, "omitted"))
		return read_omitted(text, sign);
	return read_bytes(text, sign);
}

/* --- changes --- */

static bool close_change(struct text *text)
{
	uint64_t old = range_length(text->old);

	if (!text->open)
		return true;
	text->open = false;
	if (text->old_done != old || text->new_done != text->new_length)
		return words_fail(&text->words, text->opened,
				  "the change at 0x%" PRIx64 " has %" PRIu64
				  " of %" PRIu64 " old and %" PRIu64
				  " of %" PRIu64 " new bytes",
				  text->old.start, text->old_done, old,
				  text->new_done, text->new_length);
	if (!put_pending(text))
		return false;
	return text->place == text->old.end ||
	       patch_replace(text->patch,
			     (struct range){text->place, text->old.end}, NULL,
			     0);
}

static bool open_change(struct text *text)
{
	uint64_t before = text->old.end;
	uint64_t size = document_size(text->patch->document);
	uint64_t old;

	text->opened = text->words.at - 1;
	if (!words_number(&text->words, &text->old.start) ||
	    !words_want(&text->words, "-") ||
	    !words_number(&text->words, &old) ||
	    !words_want(&text->words, "+") ||
	    !words_number(&text->words, &text->new_length) ||
	    !words_end(&text->words))
		return false;
	if (text->old.start < before)
		return words_fail(
			&text->words, text->opened,
			"the change at 0x%" PRIx64
			" begins before the end of the last one, 0x%" PRIx64,
			text->old.start, before);
	if (text->old.start > size || old > size - text->old.start)
		return words_fail(&text->words, text->opened,
				  "the change at 0x%" PRIx64
				  " goes past the end, 0x%" PRIx64,
				  text->old.start, size);
	if (old == 0 && text->new_length == 0)
		return words_fail(&text->words, text->opened,
				  "the change at 0x%" PRIx64 " changes nothing",
				  text->old.start);
	if (text->new_length > words_number_maximum - (text->size - old))
		return words_fail(&text->words, text->opened,
				  "the file would become too "
				  "long");
	text->old.end = text->old.start + old;
	text->size = text->size - old + text->new_length;
	text->old_done = text->new_done = text->follow_done = 0;
	text->place = text->old.start;
	text->open = true;
	text->patch->report->changes++;
	return true;
}

/* --- the whole --- */

static bool read_head(struct text *text)
{
	uint64_t version;
	uint64_t where;
	uint64_t size;

	if (!words_next_line(&text->words) ||
	    !words_want(&text->words, "octavo patch"))
		return false;
	where = words_next(&text->words);
	if (!words_number(&text->words, &version))
		return false;
	if (version != 1)
		return words_fail(&text->words, where,
				  "version %" PRIu64 " is not known "
				  "here",
				  version);
	if (!words_end(&text->words))
		return false;
	words_next_line(&text->words);
	where = text->words.at;
	if (!words_want(&text->words, "size") ||
	    !words_number(&text->words, &size) || !words_end(&text->words))
		return false;
	return size == text->size ||
	       words_fail(&text->words, where,
			  "it is for a file of %" PRIu64
			  " bytes, and %s has %" PRIu64,
			  size, patch_document_name(text->patch), text->size);
}

static bool read_end(struct text *text)
{
	uint64_t where = words_next(&text->words);
	uint64_t size;

	if (!words_number(&text->words, &size) || !words_end(&text->words))
		return false;
	if (size != text->size)
		return words_fail(&text->words, where,
				  "the result would have %" PRIu64
				  " bytes, not %" PRIu64,
				  text->size, size);
	return !words_next_line(&text->words) ||
	       words_fail(&text->words, text->words.at,
			  "nothing may follow the end");
}

bool patch_text_read(struct patch_reader *reader)
{
	struct text text = {
		.patch = reader,
		.words = {.patch = reader},
		.size = document_size(reader->document),
	};

	if (!read_head(&text))
		return false;
	while (words_next_line(&text.words)) {
		if (words_take(&text.words, "end"))
			return close_change(&text) && read_end(&text);
		if (words_take(&text.words, "@")) {
			if (!close_change(&text) || !open_change(&text))
				return false;
			continue;
		}

		char sign = (char)reader->bytes[text.words.at];

		if (sign != '-' && sign != '+' && sign != '=')
			return words_fail(&text.words, text.words.at,
					  "\"@\", \"-\", \"+\", "
					  "\"=\" or \"end\" is wanted here");
		text.words.at++;
		if (!read_run(&text, sign))
			return false;
	}
	return words_fail(&text.words, text.words.at,
			  "it is cut off, the \"end\" is missing");
}
