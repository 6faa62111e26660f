/*
 * save_transfer: a range of one file into another one, at the same place, by
 * whatever shares or copies it fastest, and compared afterwards.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io.h"
#include "save_internal.h"
#include "sizes.h"

struct range save_data_at(int fd, uint64_t offset, uint64_t end)
{
	off_t data;
	off_t hole;

	do
		data = io.lseek(fd, (off_t)offset, SEEK_DATA);
	while (save_again(data));
	if (data < 0)
		return (struct range){ errno == ENXIO ? end : offset, end };
	if ((uint64_t)data >= end)
		return (struct range){ end, end };
	do
		hole = io.lseek(fd, data, SEEK_HOLE);
	while (save_again(hole));
	if (hole <= data || (uint64_t)hole > end)
		hole = (off_t)end;
	return (struct range){ (uint64_t)data, (uint64_t)hole };
}

bool save_set_size(int fd, uint64_t size, struct error *cause)
{
	int result;

	do
		result = io.ftruncate(fd, (off_t)size);
	while (save_again(result));
	return result == 0 || error_set_system(cause, errno, "can't write");
}

bool save_reserve(int fd, uint64_t offset, uint64_t length,
		  struct error *cause)
{
	int result;

	do
		result = io.reserve(fd, (off_t)offset, (off_t)length);
	while (save_again(result));
	return result == 0 || (errno != ENOSPC && errno != EDQUOT
			       && errno != EFBIG)
		|| error_set_system(cause, errno, "no room for %llu bytes",
				    (unsigned long long)length);
}

/* --- writing --- */

struct transfer {
	int from;
	int to;
	struct save_flush *flush;
	struct error *cause;
	unsigned char *block;	/* room for two blocks */
};

/* As far as the system does it. */
static bool share(struct transfer *transfer, struct range *range)
{
	while (!range_is_empty(*range)) {
		off_t from_offset = (off_t)range->start;
		off_t to_offset = from_offset;
		uint64_t length = range_length(*range);

		if (length > SAVE_AT_ONCE)
			length = SAVE_AT_ONCE;
		ssize_t got = io.copy_range(transfer->from, &from_offset,
					    transfer->to, &to_offset,
					    (size_t)length);
		if (save_again(got))
			continue;
		/* Whatever stopped it, writing finds out what is wrong. */
		if (got <= 0)
			return true;
		range->start += (uint64_t)got;
		if (!save_step(transfer->flush, (uint64_t)got,
			       transfer->cause))
			return false;
	}
	return true;
}

static size_t block_of(struct range range)
{
	return range_length(range) < SAVE_BLOCK ? (size_t)range_length(range)
						: SAVE_BLOCK;
}

static bool copy(struct transfer *transfer, struct range range)
{
	while (!range_is_empty(range)) {
		size_t length = block_of(range);
		ssize_t got = io_read_at(transfer->from, transfer->block,
					 length, range.start);

		if (got < 0)
			return error_set_system(transfer->cause, errno,
						"can't read");
		if ((size_t)got < length)
			return error_set(transfer->cause,
					 "it has become shorter");
		if (!io_write_at(transfer->to, transfer->block, length,
				 range.start))
			return error_set_system(transfer->cause, errno,
						"can't write");
		range.start += length;
		if (!save_step(transfer->flush, length, transfer->cause))
			return false;
	}
	return true;
}

/* Zeros, where there is something else than a hole. */
static bool clear(struct transfer *transfer, struct range range)
{
	struct save_flush *flush = transfer->flush;
	struct error *cause = transfer->cause;
	uint64_t from = range.start;

	memset(transfer->block, 0, SAVE_BLOCK);
	while (!range_is_empty(range)) {
		struct range data = save_data_at(transfer->to, range.start,
						 range.end);

		range.start = data.start;
		while (range.start < data.end) {
			size_t length = block_of((struct range){ range.start,
						 data.end });

			if (!io_write_at(transfer->to, transfer->block, length,
					 range.start))
				return error_set_system(cause, errno,
							"can't write");
			range.start += length;
		}
	}
	return save_step(flush, range.end - from, cause);
}

bool save_transfer(int from, int to, struct range range,
		   struct save_flush *flush, struct error *cause)
{
	struct transfer transfer = {
		.from = from, .to = to, .flush = flush, .cause = cause,
		.block = malloc(2 * SAVE_BLOCK),
	};
	bool done = true;

	if (!transfer.block)
		return error_set_memory(cause);
	while (done && !range_is_empty(range)) {
		struct range data = save_data_at(from, range.start, range.end);

		done = clear(&transfer, (struct range){ range.start,
			     data.start })
			&& share(&transfer, &data) && copy(&transfer, data);
		range.start = data.end;
	}
	free(transfer.block);
	return done;
}

/* --- comparing --- */

static bool same_block(const struct transfer *transfer, uint64_t offset,
		       size_t length)
{
	unsigned char *other = transfer->block + SAVE_BLOCK;
	ssize_t one = io_read_at(transfer->from, transfer->block, length,
				 offset);
	ssize_t two = one < 0 ? -1 : io_read_at(transfer->to, other, length,
						offset);

	if (two < 0)
		return error_set_system(transfer->cause, errno,
					"can't read it back");
	return (one == two && (size_t)one == length
		&& memcmp(transfer->block, other, length) == 0)
		|| error_set(transfer->cause, "it reads back differently "
			     "behind 0x%llx: another program writes it",
			     (unsigned long long)offset);
}

/* The next part of RANGE in which there is data in either. */
static struct range next_data(const struct transfer *transfer,
			      struct range range)
{
	struct range one = save_data_at(transfer->from, range.start,
					range.end);
	struct range two = save_data_at(transfer->to, range.start, range.end);

	return two.start < one.start ? two : one;
}

bool save_transferred(int from, int to, struct range range,
		      struct save_flush *flush, struct error *cause)
{
	struct transfer transfer = {
		.from = from, .to = to, .flush = flush, .cause = cause,
		.block = malloc(2 * SAVE_BLOCK),
	};
	bool same = true;

	if (!transfer.block)
		return error_set_memory(cause);
	while (same && !range_is_empty(range)) {
		struct range data = next_data(&transfer, range);
		uint64_t skipped = data.start - range.start;

		range.start = data.start;
		while (same && range.start < data.end) {
			size_t length = block_of((struct range){ range.start,
						 data.end });

			same = same_block(&transfer, range.start, length)
				&& save_step(flush, length + skipped, cause);
			skipped = 0;
			range.start += length;
		}
		if (skipped)
			same = save_step(flush, skipped, cause);
	}
	free(transfer.block);
	return same;
}
