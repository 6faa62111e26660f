/*
 * crc32c: the Castagnoli checksum, as in iSCSI, of bytes in one or more
 * parts.
 */
#ifndef OCTAVO_CRC32C_H
#define OCTAVO_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of what gave CRC (0 for nothing) followed by SIZE bytes. */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t size);
/* The same followed by COUNT zero bytes, in no time. */
uint32_t crc32c_zeros(uint32_t crc, uint64_t count);

#endif
