/*
 * patch_bps_read: BPS, read and checked.
 *
 * First the actions are read into memory, each checked against the sizes that
 * the patch declares; then is found out which copies of the source can stay
 * where they are; and then the target is made (patch_bps_make.c).
 *
 * Invariant: steps stand one behind the other in the target, from 0 to `made`.
 */
#include <inttypes.h>

#include "compat_zlib.h"
#include "memory.h"
#include "patch_bps.h"

/* No document is longer. */
static const uint64_t length_maximum = (uint64_t)1 << 62;

/* --- numbers --- */

static bool read_number(struct bps *bps, uint64_t *number)
{
	uint64_t start = bps->at;
	uint64_t unit = 1;
	unsigned char byte;

	*number = 0;
	for (;;) {
		if (bps->at == bps->end)
			return patch_fail(bps->patch, start, "the patch is "
					  "cut off");
		byte = bps->patch->bytes[bps->at++];
		if ((byte & 0x7f) > (UINT64_MAX - *number) / unit)
			break;
		*number += (byte & 0x7f) * unit;
		if (byte & 0x80)
			return true;
		if (unit >> 57)
			break;
		unit <<= 7;
		if (unit > UINT64_MAX - *number)
			break;
		*number += unit;
	}
	return patch_fail(bps->patch, start, "the number is too large");
}

/* Moves *PLACE (<= LIMIT) by a number with a sign; to LIMIT at most. */
static bool read_move(struct bps *bps, uint64_t *place, uint64_t limit,
		      const char *what)
{
	uint64_t start = bps->at;
	uint64_t number;

	if (!read_number(bps, &number))
		return false;

	uint64_t distance = number >> 1;

	if (number & 1 ? distance > *place
		       : distance > limit - *place)
		return patch_fail(bps->patch, start, "it copies from outside "
				  "of the %s", what);
	*place = number & 1 ? *place - distance : *place + distance;
	return true;
}

static uint32_t crc_at(const struct bps *bps, uint64_t at)
{
	const unsigned char *bytes = bps->patch->bytes + at;

	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16
		| (uint32_t)bytes[3] << 24;
}

/* --- reading the actions --- */

static bool make_room(struct bps *bps)
{
	size_t capacity = 2 * bps->capacity + 16;
	void *memory;

	if (bps->count < bps->capacity)
		return true;
	memory = memory_resize(bps->steps, capacity * sizeof *bps->steps);
	if (!memory)
		return error_set_memory(bps->patch->error);
	bps->steps = memory;
	memory = memory_resize(bps->copies, capacity * sizeof *bps->copies);
	if (!memory)
		return error_set_memory(bps->patch->error);
	bps->copies = memory;
	bps->capacity = capacity;
	return true;
}

static bool outside(struct bps *bps, uint64_t where, const char *what)
{
	return patch_fail(bps->patch, where, "it goes past the end of the %s",
			  what);
}

/* Where STEP takes its LENGTH bytes from. */
static bool read_origin(struct bps *bps, struct bps_step *step,
			uint64_t length)
{
	switch (step->kind) {
	case BPS_TARGET_READ:
		step->bytes = bps->patch->bytes + bps->at;
		if (length > bps->end - bps->at)
			return outside(bps, step->where, "patch");
		bps->at += length;
		return true;
	case BPS_TARGET_COPY:
		if (!read_move(bps, &bps->target_at, bps->made, "target"))
			return false;
		step->from = bps->target_at;
		/* What it reads is there, or it makes it itself. */
		if (step->from >= bps->made)
			return outside(bps, step->where, "target so far");
		bps->target_at += length;
		return true;
	case BPS_SOURCE_COPY:
		if (!read_move(bps, &bps->source_at, bps->source_size,
			       "source"))
			return false;
		step->from = bps->source_at;
		bps->source_at += length;
		break;
	default:
		step->kind = BPS_SOURCE_COPY;
		step->from = bps->made;
		break;
	}
	return (step->from <= bps->source_size
		&& length <= bps->source_size - step->from)
		|| outside(bps, step->where, "source");
}

static bool read_action(struct bps *bps)
{
	struct bps_step step = { .where = bps->at };
	uint64_t number;

	if (!read_number(bps, &number))
		return false;

	uint64_t length = (number >> 2) + 1;

	step.kind = (enum bps_action)(number & 3);
	if (length > bps->target_size - bps->made)
		return outside(bps, step.where, "target");
	if (!patch_charge(bps->patch, step.where, sizeof step
			  + sizeof *bps->copies + 4 * sizeof(uint64_t))
	    || !make_room(bps) || !read_origin(bps, &step, length))
		return false;
	step.target = range_of(bps->made, length);
	bps->made += length;
	bps->steps[bps->count++] = step;
	if (step.kind == BPS_SOURCE_COPY)
		bps->copies[bps->copy_count++] = (struct patch_copy){
			.source = range_of(step.from, length),
		};
	return true;
}

static bool read_actions(struct bps *bps)
{
	while (bps->at < bps->end)
		if (!read_action(bps))
			return false;
	return bps->made == bps->target_size
		|| patch_fail(bps->patch, bps->at, "it makes 0x%" PRIx64
			      " bytes, not 0x%" PRIx64, bps->made,
			      bps->target_size);
}

static bool read_head(struct bps *bps)
{
	struct patch_reader *patch = bps->patch;
	uint64_t start;
	uint64_t metadata;

	if (patch->size < BPS_MAGIC + BPS_TAIL)
		return patch_fail(patch, patch->size, "the patch is cut off");
	bps->at = BPS_MAGIC;
	bps->end = patch->size - BPS_TAIL;

	uint32_t crc = compat_crc32(0, patch->bytes,
				    (size_t)patch->size - 4);

	if (crc != crc_at(bps, patch->size - 4))
		return patch_fail(patch, patch->size - 4, "the patch is "
				  "damaged: its checksum is %08" PRIx32
				  ", not %08" PRIx32, crc,
				  crc_at(bps, patch->size - 4));
	if (!read_number(bps, &bps->source_size))
		return false;
	if (bps->source_size != document_size(patch->document))
		return patch_fail(patch, BPS_MAGIC, "it is for a file of %"
				  PRIu64 " bytes, and %s has %" PRIu64,
				  bps->source_size,
				  patch_document_name(patch),
				  document_size(patch->document));
	start = bps->at;
	if (!read_number(bps, &bps->target_size))
		return false;
	if (bps->target_size > length_maximum)
		return patch_fail(patch, start, "the file would become too "
				  "long");
	start = bps->at;
	if (!read_number(bps, &metadata))
		return false;
	if (metadata > bps->end - bps->at)
		return outside(bps, start, "patch");
	bps->at += metadata;
	return true;
}

/* --- checksums --- */

static bool check_source(struct bps *bps)
{
	struct patch_reader *patch = bps->patch;
	struct range all = { 0, bps->source_size };
	uint32_t wanted = crc_at(bps, bps->end);
	uint32_t crc = bps_source_crc(bps, 0, all);

	document_verify(patch->document);
	if (!patch_present(patch, all))
		return false;
	return crc == wanted
		|| patch_fail(patch, bps->end, "%s is another file: its "
			      "checksum is %08" PRIx32 ", not %08" PRIx32,
			      patch_document_name(patch), crc, wanted);
}

static bool check_target(struct bps *bps)
{
	uint32_t wanted = crc_at(bps, bps->end + 4);

	return bps->crc == wanted
		|| patch_fail(bps->patch, bps->end + 4, "the result would have "
			      "the checksum %08" PRIx32 ", not %08" PRIx32,
			      bps->crc, wanted);
}

bool patch_bps_read(struct patch_reader *reader)
{
	struct bps bps = { .patch = reader };
	bool done = read_head(&bps) && read_actions(&bps)
		&& check_source(&bps)
		&& (patch_keep(bps.copies, bps.copy_count)
		    || error_set_memory(reader->error))
		&& bps_make(&bps) && check_target(&bps);

	reader->report->changes = rewrite_count(reader->rewrite);
	memory_free(bps.steps);
	memory_free(bps.copies);
	store_free(&bps.store);
	return done;
}
