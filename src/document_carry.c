/*
 * Going on over another state of the file: a document that cannot be brought
 * up to date where it is, because its file was replaced by another one or has
 * lost bytes, hands its changes to a fresh one.
 *
 * A change is put where it was in the file, from the last one to the first, so
 * that those before do not move.  Whether the bytes that it replaces are still
 * the same, only the old document knows: in private granules, in the state that
 * was saved; or, where its file is another one that nobody has written since,
 * in all of the mapping.
 */
#include <string.h>

#include "document_internal.h"
#include "memory.h"
#include "sizes.h"

struct carry {
	struct document *from;
	struct document *to;
	bool trusted;		/* FROM's file is what was opened */
	unsigned char *kept;	/* of each change: do its old bytes match? */
};

/* Time and size: its links may have changed. */
static bool is_untouched(const struct document *document)
{
	struct file_identity known = file_identity(document->file), now;

	if (file_check(document->file, &now) != FILE_REPLACED)
		return false;
	return now.size == known.size &&
	       now.modified.tv_sec == known.modified.tv_sec &&
	       now.modified.tv_nsec == known.modified.tv_nsec &&
	       !mapping_is_cut(document->mapping);
}

/* Are the bytes of FILE what they were?  UNKNOWN is the answer where nobody
 * knows. */
static bool matches(const struct carry *carry, struct range file, bool unknown)
{
	const struct mapping *mapping = carry->from->mapping;
	unsigned char is[256];
	uint64_t same;

	for (; file.start < file.end; file.start += same) {
		bool private = mapping_private_run(mapping, file.start, &same);

		if (same > range_length(file))
			same = range_length(file);
		if (!private && !carry->trusted) {
			if (!unknown)
				return false;
			continue;
		}
		if (same > sizeof is)
			same = sizeof is;
		if (document_read(carry->to, file.start, is, (size_t)same) <
			    same ||
		    memcmp(mapping_bytes(mapping) + file.start, is,
			   (size_t)same) != 0)
			return false;
	}
	return true;
}

/* An insertion replaces nothing: what stands around it is looked at. */
static bool surroundings_match(const struct carry *carry, uint64_t offset)
{
	enum { AROUND = 8 };
	uint64_t size = mapping_size(carry->from->mapping);
	struct range around = {
		offset > AROUND ? offset - AROUND : 0,
		size - offset > AROUND ? offset + AROUND : size,
	};

	return matches(carry, around, true);
}

/* How many changes have no place in TO? */
static uint64_t judge(const struct carry *carry)
{
	struct document *from = carry->from;
	struct history *history = &from->history;
	uint64_t size = document_size(carry->to);
	uint64_t outside = 0;
	struct change change;

	history_swap(history, history->now, history->saved, from->mapping);
	for (uint64_t i = 0; document_change(from, i, &change); i++) {
		outside += change.file.end > size;
		carry->kept[i] = range_is_empty(change.file)
			? surroundings_match(carry, change.file.start)
			: matches(carry, change.file, false);
	}
	history_swap(history, history->saved, history->now, from->mapping);
	return outside;
}

/* RANGE of TO becomes NOW of FROM. */
static bool put(const struct carry *carry, struct range range,
		struct range now, struct error *error)
{
	struct clip *clip = document_copy(carry->from, now, error);
	struct clip *taken = clip ? document_clip_from(carry->to, clip, error)
				  : NULL;
	bool done = taken && document_paste(carry->to, range, taken, error);

	clip_free(taken);
	clip_free(clip);
	return done;
}

/* Makes the changes that are KEPT, or the others, behind which the kept ones
 * have moved what follows by SHIFT. */
static bool put_all(const struct carry *carry, uint64_t count, bool kept,
		    uint64_t shift, struct error *error)
{
	struct change change;
	bool done = true;

	document_begin(carry->to);
	while (done && count-- > 0) {
		document_change(carry->from, count, &change);
		if (carry->kept[count] == kept)
			done = put(carry, (struct range){
				change.file.start + (kept ? 0 : shift),
				change.file.end + (kept ? 0 : shift),
			    }, change.now, error);
		else if (!kept)
			shift -= range_length(change.now)
				 - range_length(change.file);
	}
	document_end(carry->to);
	return done;
}

static bool carry_all(const struct carry *carry, uint64_t count,
		      uint64_t *others, struct error *error)
{
	uint64_t before = document_size(carry->to);
	uint64_t behind = judge(carry);
	struct range touched;

	*others = 0;
	for (uint64_t i = 0; i < count; i++)
		*others += !carry->kept[i];
	if (behind > 0)
		return error_set(error, "%s: %llu of your changes lie behind "
				 "its end; \"write FILE\" keeps them, "
				 "\"reload!\" drops all",
				 file_path(carry->to->file),
				 (unsigned long long)behind);
	if (!put_all(carry, count, true, 0, error))
		return false;
	return *others == 0 ||
	       (put_all(carry, count, false,
			document_size(carry->to) - before, error) &&
		document_undo(carry->to, &touched, error));
}

bool document_carry(struct document *from, struct document *to,
		    uint64_t *kept, uint64_t *others, struct error *error)
{
	uint64_t count = document_change_count(from);
	struct carry carry = {
		.from = from, .to = to, .trusted = is_untouched(from),
		.kept = memory_allocate((size_t)count + 1),
	};
	bool done;

	if (!carry.kept)
		return error_set_memory(error);
	document_verify(from);
	done = carry_all(&carry, count, others, error);
	*kept = count - *others;
	memory_free(carry.kept);
	return done;
}
