/*
 * crc32c: the Castagnoli checksum, eight bytes at a time.
 *
 * tables[n][b] is what byte b does to the checksum n bytes further on; made
 * at the first use.
 */
#include "crc32c.h"

static const uint32_t CASTAGNOLI = 0x82f63b78;

static uint32_t tables[8][256];

static void make_tables(void)
{
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t crc = byte;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? CASTAGNOLI : 0);
		tables[0][byte] = crc;
	}
	for (int n = 1; n < 8; n++) {
		for (int byte = 0; byte < 256; byte++) {
			uint32_t crc = tables[n - 1][byte];

			tables[n][byte] = crc >> 8 ^ tables[0][crc & 255];
		}
	}
}

uint32_t crc32c(uint32_t crc, const void *bytes, size_t size)
{
	const unsigned char *b = bytes;

	if (!tables[0][1])
		make_tables();
	crc = ~crc;
	for (; size >= 8; size -= 8, b += 8)
		crc = tables[7][b[0] ^ (crc & 255)]
			^ tables[6][b[1] ^ (crc >> 8 & 255)]
			^ tables[5][b[2] ^ (crc >> 16 & 255)]
			^ tables[4][b[3] ^ crc >> 24]
			^ tables[3][b[4]] ^ tables[2][b[5]]
			^ tables[1][b[6]] ^ tables[0][b[7]];
	for (; size; size--)
		crc = crc >> 8 ^ tables[0][(crc ^ *b++) & 255];
	return ~crc;
}

/* Of polynomials, the bit of the highest value being that of x^0. */
static uint32_t multiply(uint32_t one, uint32_t other)
{
	uint32_t product = 0;

	for (; one; one <<= 1) {
		if (one >> 31)
			product ^= other;
		other = other >> 1 ^ (other & 1 ? CASTAGNOLI : 0);
	}
	return product;
}

uint32_t crc32c_zeros(uint32_t crc, uint64_t count)
{
	uint32_t power = 1u << 31;	/* x^0, to become x^(8 * COUNT) */
	uint32_t square = 1u << 23;	/* x^8 */

	for (; count; count >>= 1) {
		if (count & 1)
			power = multiply(power, square);
		square = multiply(square, square);
	}
	return ~multiply(power, ~crc);
}
