/*
 * mapping: the file's pages, private granules over them, and what was lost.
 *
 * Invariants (mapping_check; those of the header besides)
 *  1. `runs` are the private bytes; each begins at a granule and ends at one
 *     or at the size.
 *  2. A byte is lost where it is not private and either lies at or past
 *     `kept`, the smallest size that the file was seen to have, or in one of
 *     the `bad` ranges, whose pages the medium did not give.  Neither ever
 *     shrinks, and no lost byte becomes private.
 *  3. Nothing here reads a page of the file through the mapping, so the fault
 *     handler never meets a half-changed struct.
 */
#include "octavo/mapping.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io.h"
#include "mapping_internal.h"
#include "sizes.h"

enum {
	MAPPING_BLOCK = 1 << 20,	/* made private at once */
	MAPPING_SMALL = 1 << 20,	/* up to here a file is small */
};

/* Of all mappings: the kernel's limit is one for the process. */
static size_t mapping_runs;

static uint64_t round_up(uint64_t value, uint64_t unit)
{
	return (value + unit - 1) / unit * unit;
}

static uint64_t smaller(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

bool mapping_private_run(const struct mapping *mapping, uint64_t offset,
			 uint64_t *length)
{
	uint64_t end;
	bool private = runs_contain(&mapping->runs, offset, mapping->size,
				    &end);

	*length = end - offset;
	return private;
}

bool mapping_is_private(const struct mapping *mapping, struct range range)
{
	uint64_t length;

	return range_is_empty(range) ||
	       (mapping_private_run(mapping, range.start, &length) &&
		length >= range_length(range));
}

uint64_t mapping_private_bytes(const struct mapping *mapping)
{
	return mapping->runs.bytes;
}

static void release_pages(const struct mapping *mapping, struct range range)
{
	uint64_t start = round_up(range.start, mapping->page);
	uint64_t end = range.end / mapping->page * mapping->page;

	/* Only memory is at stake, not a byte: where it fails, they stay. */
	if (start < end)
		io.release(mapping->bytes + start, (size_t)(end - start));
}

void mapping_release(const struct mapping *mapping, struct range range)
{
	while (!mapping->blocks && range.start < range.end) {
		uint64_t length;
		bool private = mapping_private_run(mapping, range.start,
						   &length);

		length = smaller(length, range_length(range));
		if (!private)
			release_pages(mapping, range_of(range.start, length));
		range.start += length;
	}
}

void mapping_discard(const struct mapping *mapping, struct range range)
{
	mapping_release(mapping, range);
	io.discard(file_descriptor(mapping->file), (off_t)range.start,
		   (off_t)range_length(range));
}

bool mapping_cached(const struct mapping *mapping, uint64_t offset)
{
	bool cached = true;

	return io.cached(mapping->bytes + offset, &cached) != 0 || cached;
}

/* --- what was lost --- */

static void bad_add(struct mapping *mapping, struct range page)
{
	struct range *nearest = NULL;
	uint64_t distance = UINT64_MAX;

	for (size_t i = 0; i < mapping->bad_count; i++) {
		struct range *bad = &mapping->bad[i];
		uint64_t gap = bad->start > page.end ? bad->start - page.end :
			       page.start > bad->end ? page.start - bad->end :
			       0;

		if (gap < distance) {
			nearest = bad;
			distance = gap;
		}
	}
	/* Where the list is full, what lies between counts as lost as well:
	 * better than bytes that nobody knows to be wrong. */
	if (distance == 0 || mapping->bad_count == MAPPING_BAD_MAXIMUM) {
		nearest->start = smaller(nearest->start, page.start);
		if (nearest->end < page.end)
			nearest->end = page.end;
		return;
	}
	mapping->bad[mapping->bad_count++] = page;
}

/* Is the page at START past the end of the file? */
static bool page_is_cut(struct mapping *mapping, uint64_t start)
{
	struct stat status;

	if (file_kind(mapping->file) == FILE_DEVICE ||
	    io.fstat(file_descriptor(mapping->file), &status) < 0 ||
	    (uint64_t)status.st_size > start)
		return false;
	mapping->kept = smaller(mapping->kept, (uint64_t)status.st_size);
	return true;
}

/*
 * In the signal handler: zeros from the page at OFFSET on.  A truncated file
 * is patched as far as it goes, a bad medium only where it is bad.
 */
static bool mapping_patch(struct fault_region *region, size_t offset)
{
	struct mapping *mapping = (struct mapping *)region;
	uint64_t start = offset / mapping->page * mapping->page;
	uint64_t end;

	runs_contain(&mapping->runs, start, mapping->size, &end);
	if (!page_is_cut(mapping, start)) {
		end = smaller(end, start + mapping->page);
		bad_add(mapping, (struct range){ start, end });
	}
	uint64_t length = round_up(end - start, mapping->page);
	atomic_fetch_add(&mapping->epoch, 1);
	return io.mmap(mapping->bytes + start, (size_t)length, PROT_READ,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED,
		       -1, 0) != MAP_FAILED;
}

/* Is the byte at OFFSET lost; the answer is the same up to *END at least. */
static bool mapping_lost_here(const struct mapping *mapping, uint64_t offset,
			      uint64_t *end)
{
	if (runs_contain(&mapping->runs, offset, mapping->size, end))
		return false;
	if (offset >= mapping->kept)
		return true;
	*end = smaller(*end, mapping->kept);
	if (mapping->blocks) {
		struct range same;
		bool present = file_present(mapping->file, offset, &same);

		*end = smaller(*end, same.end);
		if (!present)
			return true;
	}
	for (size_t i = 0; i < mapping->bad_count; i++) {
		struct range bad = mapping->bad[i];

		if (range_contains(bad, offset)) {
			*end = smaller(*end, bad.end);
			return true;
		}
		if (bad.start > offset)
			*end = smaller(*end, bad.start);
	}
	return false;
}

bool mapping_lost(const struct mapping *mapping, uint64_t offset,
		  uint64_t *length)
{
	uint64_t end = mapping->size;
	bool lost = false;

	if (mapping->kept < mapping->size || mapping->bad_count > 0 ||
	    mapping->blocks) {
		uint64_t next;

		lost = mapping_lost_here(mapping, offset, &end);
		while (end < mapping->size &&
		       mapping_lost_here(mapping, end, &next) == lost)
			end = next;
	}
	*length = end - offset;
	return lost;
}

bool mapping_verify(struct mapping *mapping)
{
	struct stat status;
	uint64_t length;

	if (mapping->size == 0)
		return false;
	if (mapping->blocks)
		blocks_verify(mapping);
	else if (file_kind(mapping->file) != FILE_DEVICE &&
	    io.fstat(file_descriptor(mapping->file), &status) == 0 &&
	    (uint64_t)status.st_size < mapping->kept) {
		mapping->kept = (uint64_t)status.st_size;
		atomic_fetch_add(&mapping->epoch, 1);
	}
	return mapping_lost(mapping, 0, &length) || length < mapping->size;
}

bool mapping_is_cut(const struct mapping *mapping)
{
	return mapping->kept < mapping->size;
}

unsigned mapping_epoch(const struct mapping *mapping)
{
	return atomic_load(&mapping->epoch);
}

bool mapping_read_file(const struct mapping *mapping, uint64_t offset,
		       void *buffer, size_t length)
{
	uint64_t same;

	if (mapping->blocks ||
	    mapping_private_run(mapping, offset, &same) || same < length ||
	    mapping_lost(mapping, offset, &same) || same < length)
		return false;
	return io_read_at(file_descriptor(mapping->file), buffer, length,
			  offset) == (ssize_t)length;
}

/* --- making granules private --- */

static bool mapping_lost_error(const struct mapping *mapping,
			       struct range range, struct error *error)
{
	return error_set(error, "bytes of %s between 0x%llx and 0x%llx are "
			 "lost", file_path(mapping->file),
			 (unsigned long long)range.start,
			 (unsigned long long)range.end);
}

/* Lays anonymous memory over BLOCK, or the file again where that fails: it
 * may have left a hole. */
static bool mapping_cover(struct mapping *mapping, struct range block,
			  struct error *error)
{
	size_t length = (size_t)round_up(range_length(block), mapping->page);
	unsigned char *address = mapping->bytes + block.start;

	if (io.mmap(address, length, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
	    MAP_FAILED)
		return true;

	int number = errno;
	io.mmap(address, length, PROT_READ,
		MAP_PRIVATE | MAP_NORESERVE | MAP_FIXED,
		file_descriptor(mapping->file), (off_t)block.start);
	return error_set_system(error, number, "cannot keep edits of %s in "
				"memory", file_path(mapping->file));
}

/* May BLOCK become private, without a run too many? */
static bool mapping_has_room(struct mapping *mapping, struct range block,
			     struct error *error)
{
	if (mapping_runs >= MAPPING_RUNS_MAXIMUM &&
	    runs_is_apart(&mapping->runs, block))
		return error_set(error, "%s is edited in too many separate "
				 "places", file_path(mapping->file));
	return runs_reserve(&mapping->runs) || error_set_memory(error);
}

/* Makes BLOCK (whole granules, not private) private, by way of BUFFER. */
static bool mapping_take(struct mapping *mapping, struct range block,
			 unsigned char *buffer, struct error *error)
{
	size_t length = (size_t)range_length(block);
	ssize_t count = io_read_at(file_descriptor(mapping->file), buffer,
				   length, block.start);

	if (count < 0)
		return error_set_system(error, errno,
					"cannot read %s at 0x%llx",
					file_path(mapping->file),
					(unsigned long long)block.start);
	if ((size_t)count < length) {
		mapping_verify(mapping);
		return mapping_lost_error(mapping, block, error);
	}
	if (!mapping_has_room(mapping, block, error) ||
	    !mapping_cover(mapping, block, error))
		return false;
	memcpy(mapping->bytes + block.start, buffer, length);
	mapping_runs -= mapping->runs.count;
	runs_add(&mapping->runs, block);
	mapping_runs += mapping->runs.count;
	return true;
}

/* Takes what is not private yet in RANGE (whole granules). */
static bool mapping_take_all(struct mapping *mapping, struct range range,
			     struct error *error)
{
	uint64_t most = round_up(MAPPING_BLOCK, mapping->granule);
	unsigned char *buffer =
		malloc((size_t)smaller(most, range_length(range)));
	bool taken = buffer || error_set_memory(error);

	while (taken && range.start < range.end) {
		uint64_t length;
		bool private = mapping_private_run(mapping, range.start,
						   &length);

		length = smaller(length, range_length(range));
		if (!private) {
			length = smaller(length, most);
			taken = mapping_take(mapping,
					     range_of(range.start, length),
					     buffer, error);
		}
		range.start += length;
	}
	free(buffer);
	return taken;
}

bool mapping_prepare(struct mapping *mapping, struct range range,
		     struct error *error)
{
	assert(range.start <= range.end && range.end <= mapping->size);
	if (mapping_is_private(mapping, range))
		return true;
	if (mapping->blocks)
		return error_set(error, "%s is not in memory",
				 file_path(mapping->file));

	uint64_t length;
	uint64_t end = round_up(range.end, mapping->granule);
	struct range whole = {
		range.start / mapping->granule * mapping->granule,
		smaller(end, mapping->size),
	};

	mapping_verify(mapping);
	if (mapping_lost(mapping, whole.start, &length) ||
	    length < range_length(whole))
		return mapping_lost_error(mapping, whole, error);
	return mapping_take_all(mapping, whole, error);
}

void mapping_write(struct mapping *mapping, uint64_t offset,
		   const unsigned char *bytes, uint64_t length)
{
	assert(mapping_is_private(mapping, range_of(offset, length)));
	memmove(mapping->bytes + offset, bytes, (size_t)length);
}

/* --- opening --- */

/* The file's bytes in memory of our own, all of it private, at ROOM. */
static void *mapping_read_in(struct mapping *mapping, void *room)
{
	size_t size = (size_t)mapping->size;
	unsigned char *bytes = io.mmap(room, size, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
				       -1, 0);

	if (bytes == MAP_FAILED)
		return MAP_FAILED;
	errno = EIO;
	if (io_read_at(file_descriptor(mapping->file), bytes, size, 0) !=
		    (ssize_t)size || !runs_reserve(&mapping->runs))
		return MAP_FAILED;
	runs_add(&mapping->runs, (struct range){ 0, mapping->size });
	mapping_runs++;
	return bytes;
}

/* The room of the bytes, and of a page behind them, so that no other mapping
 * begins where this one ends: bytes of two files would be one run. */
static uint64_t least_room(const struct mapping *mapping)
{
	return round_up(mapping->size, mapping->page) + mapping->page;
}

static void *reserve(size_t size)
{
	return io.mmap(NULL, size, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

/* Addresses for SIZE bytes, from a multiple of MAPPING_LARGE_PAGE on. */
static void *reserve_aligned(size_t size)
{
	const size_t alignment = MAPPING_LARGE_PAGE;
	unsigned char *area = reserve(size + alignment);

	if (area == MAP_FAILED)
		return MAP_FAILED;

	size_t before = (alignment - (uintptr_t)area % alignment) % alignment;

	/* What cannot be given back is only addresses. */
	if (before > 0)
		io.munmap(area, before);
	io.munmap(area + before + size, alignment - before);
	return area + before;
}

static void *reserve_for(const struct mapping *mapping)
{
	return mapping->size >= MAPPING_LARGE_PAGE
		       ? reserve_aligned((size_t)mapping->room)
		       : reserve((size_t)mapping->room);
}

/* What the file may grow by. */
static uint64_t growth_mib(const struct mapping *mapping)
{
	if (file_flow(mapping->file) == FILE_FLOWING)
		return MAPPING_FLOW_MIB;
	return mapping->size <= MAPPING_SMALL ? MAPPING_GROWTH_SMALL_MIB
					      : MAPPING_GROWTH_MIB;
}

/* Takes addresses for the file, and for what it may grow by, or for as much of
 * that as can be. */
static bool mapping_take_room(struct mapping *mapping)
{
	enum { LESS = 256 };
	uint64_t growth = growth_mib(mapping) << 20;
	void *room = MAP_FAILED;

	errno = ENOMEM;
	if (mapping->size > PTRDIFF_MAX - 2 * MAPPING_LARGE_PAGE -
				    2 * mapping->page - growth)
		return false;
	for (bool least = false; room == MAP_FAILED && !least;
	     growth /= LESS) {
		least = growth == 0;
		mapping->room = least_room(mapping) + growth;
		room = reserve_for(mapping);
	}
	if (room == MAP_FAILED)
		mapping->room = 0;
	else
		mapping->bytes = room;
	return room != MAP_FAILED;
}

static void mapping_give_room(struct mapping *mapping)
{
	int number = errno;

	if (mapping->room > 0)
		io.munmap(mapping->bytes, (size_t)mapping->room);
	mapping->room = 0;
	errno = number;
}

static bool mapping_map_bytes(struct mapping *mapping)
{
	void *bytes;

	if (!mapping_take_room(mapping))
		return false;
	bytes = io.mmap(mapping->bytes, (size_t)mapping->size, PROT_READ,
			MAP_PRIVATE | MAP_NORESERVE | MAP_FIXED,
			file_descriptor(mapping->file), 0);
	if (bytes == MAP_FAILED && errno == ENODEV &&
	    mapping->size <= FILE_GENERATED_MAXIMUM)
		bytes = mapping_read_in(mapping, mapping->bytes);
	if (bytes == MAP_FAILED)
		mapping_give_room(mapping);
	return bytes != MAP_FAILED;
}

/* The handler knows the bytes as far as they go. */
static void mapping_watch(struct mapping *mapping)
{
	bool known = mapping->region.length > 0;

	mapping->region.start = mapping->bytes;
	mapping->region.length =
		(size_t)round_up(mapping->size, mapping->page);
	mapping->region.patch = mapping_patch;
	if (!known)
		fault_watch(&mapping->region);
}

static bool mapping_map(struct mapping *mapping, struct error *error)
{
	if (!mapping_map_bytes(mapping))
		return error_set_system(error, errno,
					"cannot map %s (%llu bytes)",
					file_path(mapping->file),
					(unsigned long long)mapping->size);
	mapping_watch(mapping);
	return true;
}

struct mapping *mapping_open(struct file *file, struct error *error)
{
	static unsigned char nothing[1];
	struct mapping *mapping = calloc(1, sizeof *mapping);

	if (!mapping) {
		error_set_memory(error);
		return NULL;
	}
	mapping->file = file;
	mapping->bytes = nothing;
	mapping->size = mapping->kept = file_size(file);
	mapping->page = (uint64_t)sysconf(_SC_PAGESIZE);
	mapping->granule = round_up(MAPPING_GRANULE, mapping->page);
	if (mapping->size > 0 && !(file_by_blocks(file) ? blocks_open
							: mapping_map)(
					 mapping, error)) {
		free(mapping);
		return NULL;
	}
	/* An empty one may grow. */
	if (mapping->size == 0 && (file_kind(file) == FILE_REGULAR ||
				   file_flow(file) == FILE_FLOWING))
		mapping_take_room(mapping);
	return mapping;
}

void mapping_close(struct mapping *mapping)
{
	if (!mapping)
		return;
	if (mapping->blocks)
		blocks_close(mapping);
	else if (mapping->region.length > 0)
		fault_forget(&mapping->region);
	mapping_give_room(mapping);
	mapping_runs -= mapping->runs.count;
	runs_free(&mapping->runs);
	free(mapping);
}

/* --- growing --- */

/* What the last granule grows by: private if that is. */
static struct range growth_of_granule(const struct mapping *mapping,
				      uint64_t size)
{
	uint64_t length;
	struct range none = { mapping->size, mapping->size };

	if (mapping->size == 0 ||
	    !mapping_private_run(mapping, mapping->size - 1, &length))
		return none;
	none.end = smaller(round_up(mapping->size, mapping->granule), size);
	return none;
}

/* Adds REST to the last private granule, whose page it begins in. */
static bool granule_grow(struct mapping *mapping, struct range rest)
{
	uint64_t page = round_up(rest.start, mapping->page);
	size_t length = (size_t)range_length(rest);
	unsigned char *buffer = malloc(length);
	bool grown = buffer && runs_reserve(&mapping->runs) &&
		     io_read_at(file_descriptor(mapping->file), buffer, length,
				rest.start) == (ssize_t)length;

	if (grown && page < rest.end)
		grown = mapping_cover(mapping, (struct range){ page, rest.end },
				      NULL);
	if (grown) {
		memcpy(mapping->bytes + rest.start, buffer, length);
		runs_add(&mapping->runs, rest);
	}
	free(buffer);
	return grown;
}

bool mapping_grow(struct mapping *mapping, uint64_t size)
{
	struct range rest = growth_of_granule(mapping, size);
	uint64_t from = round_up(rest.end, mapping->page);

	if (mapping_is_cut(mapping) || size <= mapping->size ||
	    round_up(size, mapping->page) + mapping->page > mapping->room)
		return false;
	if (from < size &&
	    io.mmap(mapping->bytes + from, (size_t)(size - from), PROT_READ,
		    MAP_PRIVATE | MAP_NORESERVE | MAP_FIXED,
		    file_descriptor(mapping->file), (off_t)from) == MAP_FAILED)
		return false;
	if (!range_is_empty(rest) && !granule_grow(mapping, rest))
		return false;
	mapping->size = mapping->kept = size;
	mapping_watch(mapping);
	return true;
}

const unsigned char *mapping_bytes(const struct mapping *mapping)
{
	return mapping->bytes;
}

const struct file *mapping_file(const struct mapping *mapping)
{
	return mapping->file;
}

uint64_t mapping_size(const struct mapping *mapping)
{
	return mapping->size;
}

void mapping_check(const struct mapping *mapping)
{
	runs_check(&mapping->runs);
	for (size_t i = 0; i < mapping->runs.count; i++) {
		struct range run = mapping->runs.ranges[i];

		assert(run.start % mapping->granule == 0);
		assert(run.end % mapping->granule == 0 ||
		       run.end == mapping->size);
		assert(run.end <= mapping->size);
		(void)run;
	}
	assert(mapping->runs.count <= mapping_runs);
	assert(mapping->kept <= mapping->size);
	assert(mapping->bad_count <= MAPPING_BAD_MAXIMUM);
	assert(!mapping->blocks || mapping->runs.count == 0);
}
