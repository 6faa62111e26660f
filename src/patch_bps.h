/*
 * patch_bps: what is known of BPS by the one who writes it and the one who
 * applies it.
 *
 *   "BPS1", source size, target size, size of the metadata, metadata,
 *   actions up to 12 bytes before the end,
 *   CRC-32 of the source, of the target, of the patch so far (32 bits each,
 *   the lowest byte first)
 *
 * A number is 7 bits in a byte, the lowest first; the last byte has its high
 * bit set, and each byte before it adds one to the rest.  An action is a number
 * of which the lowest two bits are its kind and the others its length less 1.
 * Those that copy are followed by a number that moves a place of their own, one
 * in the source and one in the target: its lowest bit is the sign.
 */
#ifndef OCTAVO_PATCH_BPS_H
#define OCTAVO_PATCH_BPS_H

#include "patch_internal.h"
#include "store.h"

enum bps_action {
	BPS_SOURCE_READ,	/* from the source, at the place it goes to */
	BPS_TARGET_READ,	/* from the patch */
	BPS_SOURCE_COPY,	/* from anywhere in the source */
	BPS_TARGET_COPY,	/* from the target, what this makes included */
};

enum { BPS_MAGIC = 4, BPS_TAIL = 12 };

/* --- applying --- */

/* An action, checked. */
struct bps_step {
	enum bps_action kind;	/* BPS_SOURCE_COPY for both of that sort */
	uint64_t where;		/* in the patch */
	struct range target;
	uint64_t from;		/* in the source or the target */
	const unsigned char *bytes;	/* neither: in the patch; the target's
					 * once they have been made */
};

struct bps {
	struct patch_reader *patch;
	uint64_t at;
	uint64_t end;		/* of the actions */
	uint64_t source_size;
	uint64_t target_size;
	uint64_t source_at;	/* where the next copies are counted from */
	uint64_t target_at;
	uint64_t made;
	struct bps_step *steps;
	size_t count;
	struct patch_copy *copies;	/* of the source, in the same order */
	size_t copy_count;
	size_t capacity;	/* of both */
	struct store store;
	uint64_t place;
	uint64_t limit;
	uint32_t crc;		/* of the target so far */
};

/* CRC followed by RANGE of the source. */
uint32_t bps_source_crc(const struct bps *bps, uint32_t crc,
			struct range range);

/* Makes the target, in the rewrite, and its checksum. */
bool bps_make(struct bps *bps);

#endif
