/*
 * log_input: a file of the log's format from the bytes of a fuzzer.
 *
 * The first byte says how: 0, the others are the file as it is.  Else they
 * are records without what makes them valid, which is put there: u8 kind, u16
 * length of the content (little endian), the content; so that a fuzzer gets
 * past the checksums.
 */
#ifndef OCTAVO_FUZZ_LOG_INPUT_H
#define OCTAVO_FUZZ_LOG_INPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crc32c.h"

static inline void expect(bool condition)
{
	if (!condition)
		abort();
}

static inline void input_put(int fd, const void *bytes, size_t size)
{
	expect(write(fd, bytes, size) == (ssize_t)size);
}

static inline void input_fixed(unsigned char *at, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		at[i] = (unsigned char)(value >> 8 * i);
}

static inline void input_record(int fd, uint32_t seed, uint64_t sequence,
				const uint8_t *data, size_t size)
{
	unsigned char head[17];
	uint32_t crc;

	input_fixed(head, size + 8, 4);
	input_fixed(head + 8, sequence, 8);
	head[16] = data[0];
	crc = crc32c(seed, head, 4);
	crc = crc32c(crc, head + 8, 9);
	crc = crc32c(crc, data + 1, size - 1);
	input_fixed(head + 4, crc, 4);
	input_put(fd, head, sizeof head);
	input_put(fd, data + 1, size - 1);
}

/* Writes the file to FD, which is empty. */
static inline void input_write(int fd, const uint8_t *data, size_t size)
{
	unsigned char head[24] = "OVLOGS01\1\0\0\0nonce 12";
	uint64_t sequence = 0;

	if (size == 0 || data[0] == 0) {
		input_put(fd, data + (size > 0), size - (size > 0));
		return;
	}
	input_fixed(head + 20, crc32c(0, head, 20), 4);
	input_put(fd, head, sizeof head);
	for (size_t at = 1; at + 3 <= size;) {
		size_t length = data[at + 1] | (size_t)data[at + 2] << 8;
		unsigned char record[1 << 16];

		if (length > size - at - 3)
			length = size - at - 3;
		record[0] = data[at];
		memcpy(record + 1, data + at + 3,
		       length < sizeof record - 1 ? length : sizeof record - 1);
		input_record(fd, crc32c(0, head + 12, 8), sequence++, record,
			     length + 1);
		at += 3 + length;
	}
}

#endif
