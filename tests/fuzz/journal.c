/*
 * Fuzz target: a journal of anybody's making.  It is refused, or what it shows
 * lies where its sizes say, and is all that they need.
 *
 * The first byte says how the others are taken: 0, as they are; else the
 * checksums are made right first, so that a fuzzer gets past them.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "journal_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool condition)
{
	if (!condition)
		abort();
}

static uint64_t number_at(const uint8_t *at, int bytes)
{
	uint64_t value = 0;

	for (int i = bytes; i-- > 0; )
		value = value << 8 | at[i];
	return value;
}

static void put_crc(uint8_t *at, uint32_t crc)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(crc >> 8 * i);
}

/* The end of the header, whose checksum is right now; or SIZE. */
static size_t mend_header(uint8_t *bytes, size_t size)
{
	size_t end = JOURNAL_FIXED;

	if (size < end)
		return size;
	end += number_at(bytes + end - 2, 2);
	if (bytes[8] > JOURNAL_VERSION_FIRST) {
		end += 2;
		if (size < end)
			return size;
		end += number_at(bytes + end - 2, 2);
	}
	if (size < end + 4)
		return size;
	put_crc(bytes + end, crc32c(0, bytes, end));
	return end + 4;
}

static size_t mend_extent(uint8_t *bytes, size_t size, size_t at)
{
	size_t fields = bytes[8] > JOURNAL_VERSION_FIRST ? 16 : 12;
	size_t start = at + fields + 4;

	if (size < start)
		return size;
	uint64_t length = number_at(bytes + at + 8, 4)
		+ number_at(bytes + at + fields - 4, 4);
	if (length > size - start)
		return size;
	put_crc(bytes + start - 4,
		crc32c(crc32c(0, bytes + at, fields), bytes + start, length));
	return start + length;
}

static void mend(uint8_t *bytes, size_t size)
{
	size_t at = mend_header(bytes, size);

	if (at == size)
		return;
	for (uint64_t i = number_at(bytes + 80, 8); i && at < size; i--)
		at = mend_extent(bytes, size, at);
	if (size - at < JOURNAL_TRAILER)
		return;
	memcpy(bytes + at, JOURNAL_COMMIT_MAGIC, 8);
	memcpy(bytes + at + 8, bytes + 72, 8);
	for (int i = 0; i < 8; i++)
		bytes[at + 16 + (size_t)i] =
			(uint8_t)((uint64_t)size >> 8 * i);
	put_crc(bytes + at + 24, crc32c(0, bytes, at));
	put_crc(bytes + at + 28, crc32c(0, bytes + at, 28));
}

struct shown {
	uint64_t extents;
	uint64_t old_end;
	uint64_t new_end;
	uint64_t sum;
};

static bool show(void *context, const struct journal_extent *extent,
		 struct error *error)
{
	struct shown *shown = context;

	(void)error;
	expect(extent->offset >= shown->old_end
	       && extent->offset >= shown->new_end);
	shown->extents++;
	shown->old_end = extent->offset + extent->old_length;
	shown->new_end = extent->offset + extent->new_length;
	/* For a sanitizer to see. */
	for (uint32_t i = 0; i < extent->old_length; i++)
		shown->sum += extent->old_bytes[i];
	for (uint32_t i = 0; i < extent->new_length; i++)
		shown->sum += extent->new_bytes[i];
	return true;
}

static void read_journal(int fd)
{
	struct journal_header header;
	struct shown shown = { 0 };
	struct error error = ERROR_NONE;
	enum journal_state state = journal_look(fd, &header, NULL);
	bool valid = journal_read(fd, &header, show, &shown, &error);

	expect(valid == (state == JOURNAL_COMPLETE));
	expect(valid || error.message[0]);
	if (!valid)
		return;
	expect(*header.name && !strchr(header.name, '/'));
	expect(shown.extents == header.extents);
	if (header.kind == JOURNAL_EXTENTS
	    && header.old_size != header.new_size)
		expect((header.old_size < header.new_size
			? shown.new_end == header.new_size
			: shown.old_end == header.old_size));
	else
		expect(shown.new_end <= header.new_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("journal", MFD_CLOEXEC);
	uint8_t *bytes = malloc(size + 1);

	expect(fd >= 0 && bytes);
	if (size) {
		memcpy(bytes, data + 1, --size);
		if (data[0])
			mend(bytes, size);
	}
	expect(write(fd, bytes, size) == (ssize_t)size);
	read_journal(fd);
	free(bytes);
	close(fd);
	return 0;
}
