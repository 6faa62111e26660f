/*
 * save_making: content that somebody makes, written as it comes and then read
 * back against its length and a checksum, for it cannot be made twice.
 */
#include <stdlib.h>

#include "io.h"
#include "crc32c.h"
#include "save_internal.h"
#include "sizes.h"

static bool put(void *sink, const void *bytes, size_t length,
		struct error *error)
{
	struct save_making *making = sink;

	if (!io_write_at(making->fd, bytes, length, making->bytes))
		return error_set_system(error, errno, "can't write");
	making->bytes += length;
	making->crc = crc32c(making->crc, bytes, length);
	return save_step(making->flush, length, error);
}

bool save_making_write(struct save_making *making, int fd,
		       struct error *cause)
{
	making->fd = fd;
	making->bytes = 0;
	making->crc = 0;
	return making->make(making->context, put, making, cause);
}

bool save_making_verify(const struct save_making *making, int fd,
			struct error *cause)
{
	unsigned char *block = malloc(SAVE_BLOCK);
	uint64_t offset = 0;
	uint32_t crc = 0;
	ssize_t got;

	if (!block)
		return error_set_memory(cause);
	do {
		got = io_read_at(fd, block, SAVE_BLOCK, offset);
		if (got < 0) {
			error_set_system(cause, errno, "can't read it back");
			break;
		}
		crc = crc32c(crc, block, (size_t)got);
		offset += (uint64_t)got;
	} while (got == SAVE_BLOCK);
	free(block);
	return got >= 0 && ((offset == making->bytes && crc == making->crc)
			    || error_set(cause, "it reads back differently"));
}
