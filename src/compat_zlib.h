/*
 * compat_zlib: the CRC-32 of zlib, which need not be there.
 */
#ifndef OCTAVO_COMPAT_ZLIB_H
#define OCTAVO_COMPAT_ZLIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef OCTAVO_ZLIB

#include <zlib.h>

static inline bool compat_has_zlib(void)
{
	return true;
}

/* The checksum of what gave CRC (0 for nothing) followed by SIZE bytes. */
static inline uint32_t compat_crc32(uint32_t crc, const void *bytes,
				    size_t size)
{
	return (uint32_t)crc32_z(crc, bytes, size);
}

#else

static inline bool compat_has_zlib(void)
{
	return false;
}

static inline uint32_t compat_crc32(uint32_t crc, const void *bytes,
				    size_t size)
{
	(void)bytes;
	(void)size;
	return crc;
}

#endif

#endif
