/*
 * recovery_compare: how far a flush had come, from the bytes of its file.
 *
 * A power cut leaves each sector old or new, torn ones partly either, and a
 * file that was growing, or growing back, any size on the way, with zeros where
 * nothing has arrived.  So a byte may be the old one, the new one, or behind
 * the end of the shorter file zero; any other was written by somebody since.
 */
#include <string.h>

#include "io.h"
#include "recovery_internal.h"

struct comparison {
	struct recovery_case *recovery;
	uint64_t size;		/* of the file now */
};

/* Has the file at OFFSET what a file of SIZE with EXPECTED there has?  Behind
 * its end, nothing; BYTE is -1 behind the end of ours. */
static bool is_as(int byte, uint64_t offset, uint64_t size,
		  const unsigned char *expected)
{
	return offset < size ? byte == *expected : byte < 0;
}

struct tally {
	bool old_whole;
	bool new_whole;
	bool changed;
	uint64_t changed_at;
};

static uint64_t shorter(const struct journal_header *header)
{
	return header->old_size < header->new_size ? header->old_size
						   : header->new_size;
}

static void compare_byte(const struct journal_header *header,
			 const struct journal_extent *extent, uint32_t i,
			 int byte, struct tally *tally)
{
	uint64_t offset = extent->offset + i;
	bool is_old = is_as(byte, offset, header->old_size,
			    extent->old_bytes + i);
	bool is_new = is_as(byte, offset, header->new_size,
			    extent->new_bytes + i);

	tally->old_whole = tally->old_whole && is_old;
	tally->new_whole = tally->new_whole && is_new;
	if (is_old || is_new || tally->changed
	    || (byte == 0 && offset >= shorter(header)))
		return;
	tally->changed = true;
	tally->changed_at = offset;
}

static void count_extent(struct recovery *found, const struct tally *tally)
{
	found->parts++;
	found->old_parts += tally->old_whole;
	found->new_parts += tally->new_whole;
	if (tally->changed && !found->changed_parts++)
		found->changed_at = tally->changed_at;
}

static bool compare_extent(void *context, const struct journal_extent *extent,
			   struct error *error)
{
	const struct comparison *comparison = context;
	struct recovery_case *recovery = comparison->recovery;
	struct tally tally = { .old_whole = true, .new_whole = true };
	uint32_t length = extent->old_length > extent->new_length
		? extent->old_length : extent->new_length;
	unsigned char block[RECOVERY_BLOCK];

	for (uint32_t at = 0; at < length; at += RECOVERY_BLOCK) {
		uint32_t size = length - at < RECOVERY_BLOCK
			? length - at : RECOVERY_BLOCK;
		ssize_t got = io_read_at(recovery->file, block, size,
					 extent->offset + at);

		if (got < 0)
			return error_set_system(error, errno, "can't read it");
		for (uint32_t i = 0; i < size; i++)
			compare_byte(&recovery->header, extent, at + i,
				     i < (uint32_t)got ? block[i] : -1, &tally);
	}
	count_extent(&recovery->found, &tally);
	return true;
}

static enum recovery_state state_of(const struct recovery *found)
{
	if (found->changed_parts)
		return RECOVERY_CHANGED;
	if (found->new_parts == found->parts)
		return RECOVERY_FINISHED;
	return found->old_parts == found->parts ? RECOVERY_NOT_BEGUN
						: RECOVERY_CUT_OFF;
}

static void unreadable(struct recovery_case *recovery,
		       const struct error *cause)
{
	recovery_say(recovery, RECOVERY_UNREADABLE,
		     "%s can't be understood: %s", recovery->found.left,
		     cause->message);
}

static void compare_extents(struct recovery_case *recovery)
{
	struct comparison comparison = { .recovery = recovery };
	struct journal_header header;
	struct error cause;

	if (journal_read(recovery->journal, &header, compare_extent,
			 &comparison, &cause))
		recovery->found.state = state_of(&recovery->found);
	else
		unreadable(recovery, &cause);
}

/* --- content --- */

bool recovery_untouched(const struct recovery_case *recovery)
{
	const struct file_identity *known = &recovery->header.identity;
	const struct stat *now = &recovery->status;

	return now->st_ino == known->inode
		&& (uint64_t)now->st_size == recovery->header.old_size
		&& file_time_equal(now->st_mtim, known->modified)
		&& file_time_equal(now->st_ctim, known->changed);
}

bool recovery_same(const struct recovery_case *recovery, bool *same,
		   struct error *cause)
{
	unsigned char ours[RECOVERY_BLOCK];
	unsigned char wanted[RECOVERY_BLOCK];
	uint64_t offset = 0;
	ssize_t got;

	do {
		got = io_read_at(recovery->content, wanted, sizeof wanted,
				 offset);
		ssize_t there = io_read_at(recovery->file, ours, sizeof ours,
					   offset);

		if (got < 0 || there < 0)
			return error_set_system(cause, errno, "can't read it");
		*same = got == there
			&& memcmp(ours, wanted, (size_t)got) == 0;
		offset += (uint64_t)got;
	} while (*same && got > 0);
	return true;
}

/* Its old bytes are kept nowhere, so those of the file say nothing unless they
 * are the new ones. */
static void compare_content(struct recovery_case *recovery)
{
	struct error cause;
	bool same;

	if (!recovery_same(recovery, &same, &cause))
		unreadable(recovery, &cause);
	else
		recovery->found.state = same ? RECOVERY_FINISHED
					     : RECOVERY_CUT_OFF;
}

void recovery_compare(struct recovery_case *recovery)
{
	if (recovery->header.kind == JOURNAL_EXTENTS)
		compare_extents(recovery);
	else
		compare_content(recovery);
}
