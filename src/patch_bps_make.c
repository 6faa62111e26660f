/*
 * patch_bps_make: the target of a BPS patch, made from left to right.
 *
 * What stays where it is in the source is skipped, the rest put into the
 * rewrite.  Reading the source can take long and what is put in costs memory,
 * but both are bounded: what stays is disjoint in the source, and the rest is
 * in the patch or charged to the budget before it is looked at.
 *
 * Invariant: in the source, everything up to `place` has stayed or gone; up to
 * `limit`, where the next copy stays, it can be replaced.
 */
#include <string.h>

#include "compat_zlib.h"
#include "patch_bps.h"

uint32_t bps_source_crc(const struct bps *bps, uint32_t crc,
			struct range range)
{
	const struct document *document = bps->patch->document;

	while (!range_is_empty(range)) {
		uint64_t run;
		const unsigned char *bytes = document_span(document,
							   range.start, &run);

		if (run > range_length(range))
			run = range_length(range);
		if (run > PATCH_SCANNED - range.start % PATCH_SCANNED)
			run = PATCH_SCANNED - range.start % PATCH_SCANNED;
		crc = compat_crc32(crc, bytes, (size_t)run);
		document_release(document, range_of(range.start, run));
		range.start += run;
	}
	return crc;
}

static bool put(struct bps *bps, const unsigned char *bytes, uint64_t length)
{
	uint64_t room = bps->limit - bps->place;
	struct range range = range_of(bps->place,
				      length < room ? length : room);

	bps->crc = compat_crc32(bps->crc, bytes, (size_t)length);
	bps->place = range.end;
	return patch_replace(bps->patch, range, bytes, length);
}

static bool put_source(struct bps *bps, uint64_t where, struct range range)
{
	if (!patch_charge(bps->patch, where, range_length(range)))
		return false;
	while (!range_is_empty(range)) {
		uint64_t run;
		const unsigned char *bytes = document_span(
			bps->patch->document, range.start, &run);

		if (run > range_length(range))
			run = range_length(range);
		if (!put(bps, bytes, run))
			return false;
		range.start += run;
	}
	return true;
}

/* The step that makes the byte at OFFSET of the target. */
static const struct bps_step *step_at(const struct bps *bps, uint64_t offset)
{
	size_t low = 0;
	size_t high = bps->count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (bps->steps[middle].target.start <= offset)
			low = middle;
		else
			high = middle;
	}
	return &bps->steps[low];
}

/* SIZE bytes of the target from OFFSET on, all of them made. */
static void read_target(const struct bps *bps, uint64_t offset,
			unsigned char *bytes, uint64_t size)
{
	const struct bps_step *step = step_at(bps, offset);

	for (; size > 0; step++) {
		uint64_t skipped = offset - step->target.start;
		uint64_t part = step->target.end - offset;

		if (part > size)
			part = size;
		if (step->kind == BPS_SOURCE_COPY)
			document_read(bps->patch->document,
				      step->from + skipped, bytes,
				      (size_t)part);
		else
			memcpy(bytes, step->bytes + skipped, (size_t)part);
		bytes += part;
		offset += part;
		size -= part;
	}
}

static bool put_target(struct bps *bps, struct bps_step *step)
{
	uint64_t length = range_length(step->target);
	uint64_t done = step->target.start - step->from;

	if (!patch_charge(bps->patch, step->where, length))
		return false;

	unsigned char *bytes = store_allocate(&bps->store, length);

	if (!bytes)
		return error_set_memory(bps->patch->error);
	if (done > length)
		done = length;
	read_target(bps, step->from, bytes, done);
	/* It goes on with what it has made: doubling keeps that in step. */
	while (done < length) {
		uint64_t part = done < length - done ? done : length - done;

		memcpy(bytes + done, bytes, (size_t)part);
		done += part;
	}
	step->bytes = bytes;
	return put(bps, bytes, length);
}

/* Up to where the source can be replaced: the copy that stays next, of those
 * from NEXT on. */
static void find_limit(struct bps *bps, size_t next)
{
	while (next < bps->copy_count && !bps->copies[next].kept)
		next++;
	bps->limit = next < bps->copy_count ? bps->copies[next].source.start
					    : bps->source_size;
	if (bps->limit < bps->place)
		bps->limit = bps->place;
}

static bool remove_rest(struct bps *bps)
{
	struct range rest = { bps->place, bps->limit };

	bps->place = bps->limit;
	return range_is_empty(rest)
		|| patch_replace(bps->patch, rest, NULL, 0);
}

/* The INDEX-th copy stays where it is, but for what overlaps the one before
 * it. */
static bool keep(struct bps *bps, size_t index, uint64_t where)
{
	struct range source = bps->copies[index].source;
	uint64_t start = bps->limit;

	if (!put_source(bps, where, (struct range){ source.start, start })
	    || !remove_rest(bps))
		return false;
	source.start = start;
	bps->crc = bps_source_crc(bps, bps->crc, source);
	bps->place = source.end;
	find_limit(bps, index + 1);
	return true;
}

bool bps_make(struct bps *bps)
{
	size_t copy = 0;

	find_limit(bps, 0);
	for (size_t i = 0; i < bps->count; i++) {
		struct bps_step *step = &bps->steps[i];
		uint64_t length = range_length(step->target);
		bool done;

		if (step->kind == BPS_TARGET_READ)
			done = put(bps, step->bytes, length);
		else if (step->kind == BPS_TARGET_COPY)
			done = put_target(bps, step);
		else if (bps->copies[copy].kept)
			done = keep(bps, copy++, step->where);
		else
			done = put_source(bps, step->where,
					  bps->copies[copy++].source);
		if (!done)
			return false;
	}
	return remove_rest(bps);
}
