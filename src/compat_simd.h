/*
 * compat: many bytes at a time, for src/filter*.c alone.
 *
 * Two widths with the same operations: wide_* wants a processor that has them
 * (wide_there), narrow_* runs everywhere.  Functions that use wide_* are marked
 * WIDE.  Masks have a bit for each byte, the lowest for the first, whatever
 * the byte order.
 */
#ifndef OCTAVO_COMPAT_SIMD_H
#define OCTAVO_COMPAT_SIMD_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__) && !defined(OCTAVO_PORTABLE)

#include <immintrin.h>

#define WIDE __attribute__((target("avx2,bmi")))
#define WIDE_INLINE WIDE static inline __attribute__((always_inline))
#define NARROW_INLINE static inline __attribute__((always_inline))

enum { WIDE_SIZE = 32, NARROW_SIZE = 16 };

typedef __m256i wide_bytes;
typedef __m128i narrow_bytes;

static inline bool wide_there(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
}

WIDE_INLINE wide_bytes wide_load(const unsigned char *bytes)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)bytes);
}

WIDE_INLINE wide_bytes wide_fill(unsigned char byte)
{
	return _mm256_set1_epi8((char)byte);
}

WIDE_INLINE wide_bytes wide_or(wide_bytes one, wide_bytes other)
{
	return _mm256_or_si256(one, other);
}

WIDE_INLINE wide_bytes wide_and(wide_bytes one, wide_bytes other)
{
	return _mm256_and_si256(one, other);
}

WIDE_INLINE wide_bytes wide_subtract(wide_bytes one, wide_bytes other)
{
	return _mm256_sub_epi8(one, other);
}

WIDE_INLINE wide_bytes wide_equal(wide_bytes one, wide_bytes other)
{
	return _mm256_cmpeq_epi8(one, other);
}

WIDE_INLINE wide_bytes wide_at_most(wide_bytes one, wide_bytes other)
{
	return _mm256_cmpeq_epi8(_mm256_min_epu8(one, other), one);
}

WIDE_INLINE uint64_t wide_mask(wide_bytes bytes)
{
	return (uint32_t)_mm256_movemask_epi8(bytes);
}

/* The bytes of a table of 16 at the places that the low four bits of PLACES
 * say; 0 for those from 0x80 on. */
WIDE_INLINE wide_bytes wide_lookup(const unsigned char *table,
				   wide_bytes places)
{
	__m128i half = _mm_loadu_si128((const __m128i *)(const void *)table);

	return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(half), places);
}

WIDE_INLINE wide_bytes wide_low(wide_bytes bytes)
{
	return _mm256_and_si256(bytes, _mm256_set1_epi8(15));
}

WIDE_INLINE wide_bytes wide_high(wide_bytes bytes)
{
	return wide_low(_mm256_srli_epi16(bytes, 4));
}

NARROW_INLINE narrow_bytes narrow_load(const unsigned char *bytes)
{
	return _mm_loadu_si128((const __m128i *)(const void *)bytes);
}

NARROW_INLINE narrow_bytes narrow_fill(unsigned char byte)
{
	return _mm_set1_epi8((char)byte);
}

NARROW_INLINE narrow_bytes narrow_or(narrow_bytes one, narrow_bytes other)
{
	return _mm_or_si128(one, other);
}

NARROW_INLINE narrow_bytes narrow_and(narrow_bytes one, narrow_bytes other)
{
	return _mm_and_si128(one, other);
}

NARROW_INLINE narrow_bytes narrow_subtract(narrow_bytes one,
					   narrow_bytes other)
{
	return _mm_sub_epi8(one, other);
}

NARROW_INLINE narrow_bytes narrow_equal(narrow_bytes one, narrow_bytes other)
{
	return _mm_cmpeq_epi8(one, other);
}

NARROW_INLINE narrow_bytes narrow_at_most(narrow_bytes one,
					  narrow_bytes other)
{
	return _mm_cmpeq_epi8(_mm_min_epu8(one, other), one);
}

NARROW_INLINE uint64_t narrow_mask(narrow_bytes bytes)
{
	return (uint32_t)_mm_movemask_epi8(bytes);
}

#else

#define WIDE
#define WIDE_INLINE static inline
#define NARROW_INLINE static inline

enum { WIDE_SIZE = 16, NARROW_SIZE = 16 };

typedef uint8_t narrow_bytes __attribute__((vector_size(16)));
typedef narrow_bytes wide_bytes;

static inline bool wide_there(void)
{
	return false;
}

NARROW_INLINE narrow_bytes narrow_load(const unsigned char *bytes)
{
	narrow_bytes loaded;

	memcpy(&loaded, bytes, sizeof loaded);
	return loaded;
}

NARROW_INLINE narrow_bytes narrow_fill(unsigned char byte)
{
	return (narrow_bytes){ 0 } + byte;
}

NARROW_INLINE narrow_bytes narrow_or(narrow_bytes one, narrow_bytes other)
{
	return one | other;
}

NARROW_INLINE narrow_bytes narrow_and(narrow_bytes one, narrow_bytes other)
{
	return one & other;
}

NARROW_INLINE narrow_bytes narrow_subtract(narrow_bytes one,
					   narrow_bytes other)
{
	return one - other;
}

NARROW_INLINE narrow_bytes narrow_equal(narrow_bytes one, narrow_bytes other)
{
	return (narrow_bytes)(one == other);
}

NARROW_INLINE narrow_bytes narrow_at_most(narrow_bytes one,
					  narrow_bytes other)
{
	return (narrow_bytes)(one <= other);
}

/* Most of them are all zeros. */
NARROW_INLINE uint64_t narrow_mask(narrow_bytes bytes)
{
	uint64_t halves[2];
	uint64_t mask = 0;

	memcpy(halves, &bytes, sizeof halves);
	if ((halves[0] | halves[1]) == 0)
		return 0;
	for (unsigned i = 0; i < sizeof bytes; i++)
		mask |= (uint64_t)(bytes[i] & 1) << i;
	return mask;
}

#define wide_load narrow_load
#define wide_fill narrow_fill
#define wide_or narrow_or
#define wide_and narrow_and
#define wide_subtract narrow_subtract
#define wide_equal narrow_equal
#define wide_at_most narrow_at_most
#define wide_mask narrow_mask

static inline wide_bytes wide_lookup(const unsigned char *table,
				     wide_bytes places)
{
	wide_bytes found = { 0 };

	for (unsigned i = 0; i < sizeof found; i++)
		found[i] = places[i] < 0x80 ? table[places[i] & 15] : 0;
	return found;
}

static inline wide_bytes wide_low(wide_bytes bytes)
{
	return bytes & 15;
}

static inline wide_bytes wide_high(wide_bytes bytes)
{
	return bytes >> 4;
}

#endif

#endif
