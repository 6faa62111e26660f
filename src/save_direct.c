/*
 * save_direct: what is read by blocks, written likewise: the memory of a
 * process, a character device.
 *
 * Nothing of it outlives the power, and nobody may put back old bytes in a
 * process that has gone on meanwhile: so there is no journal, and nothing to
 * undo.  The ranges are written in ascending order, and where that stops, the
 * message says how far it has come.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io.h"
#include "save_internal.h"
#include "sizes.h"

/* --- the plan --- */

static void set_owner(struct save_plan *plan, const struct file *file)
{
	const struct file_process_name *process = file_process(file);

	if (process)
		snprintf(plan->owner, sizeof plan->owner, "process %ld (%s)",
			 process->number, process->name);
	else
		snprintf(plan->owner, sizeof plan->owner, "%s",
			 file_path(file));
}

bool save_decide_direct(struct save_flush *flush,
			const struct document *document, struct error *cause)
{
	struct save_ranges *ranges = &flush->ranges;
	struct save_plan *plan = &flush->plan;

	if (!save_ranges_find(ranges, document, cause))
		return false;
	if (ranges->count == 0)
		return true;
	if (flush->options.way == SAVE_WAY_REPLACE)
		return error_set(cause, "it can't be replaced; \"set "
				 "write-method=auto\" writes into it");
	for (size_t i = 0; i < ranges->count; i++)
		if (!save_range_present(document, ranges->list[i], cause))
			return false;
	plan->method = SAVE_DIRECT;
	plan->bytes = ranges->bytes;
	plan->ranges = ranges->count;
	plan->span = (struct range){
		ranges->list[0].start, ranges->list[ranges->count - 1].end,
	};
	set_owner(plan, document_file(document));
	return true;
}

/* --- the bytes --- */

struct direct {
	struct save_flush *flush;
	unsigned char *bytes;		/* SAVE_BLOCK of them, ... */
	unsigned char *read_back;	/* ... and as many */
	uint64_t written;
};

static bool write_block(struct direct *direct, uint64_t offset, size_t length,
			struct error *cause)
{
	const unsigned char *bytes = direct->bytes;

	while (length > 0) {
		ssize_t count;

		do
			count = io.pwrite(direct->flush->target.fd, bytes,
					  length, (off_t)offset);
		while (save_again(count));
		if (count == 0)
			errno = EIO;
		if (count <= 0)
			return error_set_system(cause, errno,
						"can't write at 0x%llx",
						(unsigned long long)offset);
		direct->written += (uint64_t)count;
		bytes += count;
		offset += (uint64_t)count;
		length -= (size_t)count;
	}
	return true;
}

static bool compare_block(struct direct *direct, uint64_t offset,
			  size_t length, struct error *cause)
{
	const unsigned char *bytes = direct->bytes;
	unsigned char *back = direct->read_back;
	ssize_t got = io_read_at(direct->flush->target.fd, back, length,
				 offset);
	size_t same = 0;

	while (got > 0 && same < (size_t)got && bytes[same] == back[same])
		same++;
	return same == length
		|| error_set(cause, "at 0x%llx something else is read back",
			     (unsigned long long)(offset + same));
}

typedef bool block_step(struct direct *direct, uint64_t offset, size_t length,
			struct error *cause);

static bool each_block(struct direct *direct, block_step *step,
		       struct error *cause)
{
	struct save_flush *flush = direct->flush;

	for (size_t i = 0; i < flush->ranges.count; i++) {
		struct range range = flush->ranges.list[i];

		while (!range_is_empty(range)) {
			size_t length = range_length(range) < SAVE_BLOCK
				? (size_t)range_length(range) : SAVE_BLOCK;

			document_read(flush->document, range.start,
				      direct->bytes, length);
			if (!step(direct, range.start, length, cause))
				return false;
			/* It is too late to stop. */
			save_step(flush, length, cause);
			range.start += length;
		}
	}
	return true;
}

/* --- the steps --- */

/* The last moment to stop: what is written can't be taken back. */
static bool prepare(struct save_flush *flush)
{
	return save_step(flush, 0, save_cause(flush));
}

static bool commit(struct save_flush *flush)
{
	struct error *cause = save_cause(flush);

	return document_detach(flush->document, flush->ranges.list,
			       flush->ranges.count, cause)
		&& save_same_file(flush->document, cause);
}

static bool write_all(struct direct *direct)
{
	struct save_flush *flush = direct->flush;
	struct save_report *report = flush->report;
	struct error why;

	if (!each_block(direct, write_block, &why)) {
		report->failure.aftermath = SAVE_PARTLY;
		return error_set(save_cause(flush), "%llu of %llu bytes were "
				 "written: %s",
				 (unsigned long long)direct->written,
				 (unsigned long long)flush->ranges.bytes,
				 why.message);
	}
	/* A process may have changed them already: that is no failure. */
	if (!each_block(direct, compare_block, &why))
		snprintf(report->found, sizeof report->found, "%.70s",
			 why.message);
	return true;
}

static bool apply(struct save_flush *flush)
{
	struct direct direct = {
		.flush = flush, .bytes = malloc((size_t)2 * SAVE_BLOCK),
	};

	if (!direct.bytes)
		return error_set_memory(save_cause(flush));
	direct.read_back = direct.bytes + SAVE_BLOCK;
	bool written = write_all(&direct);
	free(direct.bytes);
	return written;
}

static bool finish(struct save_flush *flush)
{
	/* What was read of it before is not believed any more. */
	document_verify(flush->document);
	document_written(flush->document);
	return true;
}

static void undo(struct save_flush *flush)
{
	/* Blocks that were written show in what is displayed. */
	document_verify(flush->document);
}

const struct save_steps save_steps_direct = {
	prepare, commit, apply, finish, undo,
};
