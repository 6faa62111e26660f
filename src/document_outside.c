/*
 * Other writers: what has become of the file, whether that is known already,
 * and what is decided where it concerns a change (document_compare.c finds
 * that).
 *
 * Invariants
 *  1. The identity is taken before bytes are compared, so a write that comes
 *     between is a difference found the next time.
 *  2. file_take is called for the identity that was compared, and no other.
 *  3. Followers know of all that has made the file's identity another one than
 *     file_take has taken, or where it is `any_told`, than `told`.
 */
#include <stdio.h>

#include "document_internal.h"

/* --- looking --- */

static bool take_growth(struct document *document,
			const struct file_identity *identity)
{
	uint64_t before = document_size(document);

	if (!pieces_reserve_growth(document->pieces) ||
	    !mapping_grow(document->mapping, identity->size))
		return false;
	pieces_grow(document->pieces, identity->size);
	file_take(document->file, identity);
	document_tell_touched(document, range_of(before, 0),
			      document_size(document) - before);
	return true;
}

/* A file that has lost its name may be written to for a while.  Nothing else of
 * it is accounted for: it may get its name back. */
static void take_late_growth(struct document *document, uint64_t size)
{
	struct file_identity identity = file_identity(document->file);

	if (size <= identity.size)
		return;
	identity.size = size;
	take_growth(document, &identity);
}

/* All that was found is dealt with. */
static void settle(struct outside *outside)
{
	outside_forget_conflicts(outside);
	range_set_free(&outside->decided);
	outside->written = outside->compared = false;
	outside->state = FILE_SAME;
}

static enum file_state examine(struct document *document,
			       enum file_state state,
			       const struct file_identity *now, bool thorough)
{
	struct outside *outside = &document->outside;

	if (thorough || !outside->compared ||
	    outside->revision != document->revision ||
	    !file_identity_equal(&outside->seen, now))
		outside_compare(document, state != FILE_SAME);
	outside->seen = *now;
	if (outside->written)
		return state == FILE_SAME ? FILE_WRITTEN : state;
	if (state == FILE_GREW && outside->count == 0 && !outside->more &&
	    take_growth(document, now))
		state = FILE_SAME;
	if (state == FILE_SAME)
		settle(outside);
	return state;
}

/* Tells the followers once of each file that is another one: where is not
 * known. */
static void tell_outside(struct document *document, enum file_state state,
			 const struct file_identity *now)
{
	struct outside *outside = &document->outside;
	struct file_identity known = file_identity(document->file);
	const struct file_identity *before = outside->any_told ? &outside->told
							       : &known;
	bool longer = state == FILE_GREW && now->size > before->size;
	bool same = outside->any_told && file_identity_equal(before, now);

	outside->any_told = state != FILE_SAME;
	outside->told = *now;
	if (state != FILE_SAME && !longer && !same)
		document_tell_all(document);
}

static enum file_state look(struct document *document, bool thorough)
{
	struct outside *outside = &document->outside;
	struct file_identity now;
	enum file_state state = file_check(document->file, &now);
	bool whole = state == FILE_SAME || state == FILE_WRITTEN ||
		     state == FILE_GREW;

	/* That changes all the time. */
	if (document_by_blocks(document)) {
		document_verify(document);
		document_tell_all(document);
		return state;
	}
	/* Where holes are does not change without a trace. */
	if (state == FILE_SAME)
		mapping_verify(document->mapping);
	else
		document_verify(document);
	if (whole && mapping_is_cut(document->mapping)) {
		state = FILE_SHRUNK;
		whole = false;
	}
	tell_outside(document, state, &now);
	if (!whole)
		outside_forget_conflicts(outside);
	if (state == FILE_REPLACED || state == FILE_REMOVED)
		take_late_growth(document, now.size);
	if (!whole)
		return state;
	if (state != FILE_SAME || thorough || outside->written)
		state = examine(document, state, &now, thorough);
	else
		settle(outside);
	return state;
}

enum file_state document_outside(struct document *document, bool thorough)
{
	struct outside *outside = &document->outside;

	if (!outside->paused)
		outside->state = look(document, thorough);
	return outside->state;
}

void document_outside_pause(struct document *document, bool paused)
{
	document->outside.paused = paused;
}

enum file_state document_outside_state(const struct document *document)
{
	return document->outside.state;
}

size_t document_conflict_count(const struct document *document)
{
	return document->outside.count;
}

bool document_conflict(const struct document *document, size_t index,
		       struct conflict *conflict)
{
	if (index >= document->outside.count)
		return false;
	*conflict = document->outside.conflicts[index];
	return true;
}

uint64_t document_conflict_changes(const struct document *document)
{
	return document->outside.changes;
}

const char *document_outside_text(const struct document *document, char *text,
				  size_t size)
{
	const struct outside *outside = &document->outside;
	unsigned long long changes = outside->changes;

	if (outside->state != FILE_WRITTEN && outside->state != FILE_GREW)
		snprintf(text, size, "%s", file_state_text(outside->state));
	else if (outside->count > 0)
		snprintf(text, size, "was changed by another program, %swhere "
			 "%llu%s of your changes %s",
			 outside->conflicts[0].known ? "" : "perhaps ",
			 changes, outside->more ? " or more" : "",
			 changes == 1 ? "is" : "are");
	else
		snprintf(text, size, "was changed by another program%s",
			 document_modified(document)
				 ? ", not where your changes are" : "");
	return text;
}

const char *document_outside_advice(const struct document *document)
{
	const struct outside *outside = &document->outside;
	bool modified = document_modified(document);

	switch (outside->state) {
	case FILE_SAME:
	case FILE_ENDED:
		break;
	case FILE_GREW:
	case FILE_WRITTEN:
		if (outside->count > 0)
			return "\"outside\" lists them, \"mine\" or "
			       "\"theirs\" decides";
		if (modified &&
		    document_size(document) == document_file_size(document))
			return "\"write!\" writes yours all the same";
		return "\"reload\" takes that up";
	case FILE_SHRUNK:
	case FILE_REPLACED:
		if (modified)
			return "\"reload\" takes that up with your changes, "
			       "\"write FILE\" makes a copy";
		return "\"reload\" takes that up";
	case FILE_REMOVED:
		return "\"write FILE\" makes a copy";
	}
	return "";
}

/* --- deciding --- */

static bool may_decide(const struct document *document, struct error *error)
{
	enum file_state state = document->outside.state;
	const char *path = file_path(document->file);

	if (document->outside.more && document->outside.count == 0)
		return error_set_memory(error);
	if (state == FILE_WRITTEN || state == FILE_GREW)
		return true;
	if (state == FILE_SAME)
		return error_set(error, "%s was not changed by another "
				 "program", path);
	return error_set(error, "%s %s: its bytes cannot be decided on one by "
			 "one", path, file_state_text(state));
}

bool document_accept(struct document *document, struct error *error)
{
	struct outside *outside = &document->outside;

	if (!may_decide(document, error))
		return false;
	if (outside->count > 0 || outside->more)
		return error_set(error, "%s: %llu of your changes are not "
				 "decided", file_path(document->file),
				 (unsigned long long)outside->changes);
	outside_take_disk(document);
	if (outside->seen.size > mapping_size(document->mapping)) {
		if (!take_growth(document, &outside->seen))
			return error_set(error, "there is no room for what %s "
					 "has grown by",
					 file_path(document->file));
	} else {
		file_take(document->file, &outside->seen);
	}
	settle(outside);
	return true;
}

/* Another look; and what is left undecided? */
static bool decided(struct document *document, struct error *error)
{
	struct outside *outside = &document->outside;

	outside->compared = false;
	outside->state = document_outside(document, false);
	if (outside->state != FILE_WRITTEN && outside->state != FILE_GREW)
		return true;
	return outside->count > 0 || outside->more ||
	       document_accept(document, error);
}

/* Does the conflict touch RANGE; then *NOW and *FILE are the part that is
 * decided. */
static bool conflict_part(const struct document *document,
			  const struct conflict *conflict, struct range range,
			  struct range *now, struct range *file)
{
	uint64_t at = conflict->now.start;

	*now = conflict->now;
	*file = conflict->file;
	if (range_is_empty(*now))
		return at == range.start || range_contains(range, at) ||
		       (at == range.end && at == document_size(document));
	if (!range_overlaps(*now, range))
		return false;
	if (range_length(*now) != range_length(*file))
		return true;
	*now = range_intersect(*now, range);
	*file = range_of(file->start + (now->start - at), range_length(*now));
	return true;
}

bool document_decide_mine(struct document *document, struct range range,
			  struct error *error)
{
	struct outside *outside = &document->outside;
	struct range all = { 0, document_size(document) };
	struct range now, file;

	if (!may_decide(document, error))
		return false;
	if (range.start == all.start && range.end == all.end) {
		outside_forget_conflicts(outside);
		return document_accept(document, error);
	}
	for (size_t i = 0; i < outside->count; i++)
		if (conflict_part(document, &outside->conflicts[i], range,
				  &now, &file) &&
		    !range_set_add(&outside->decided, file))
			return error_set_memory(error);
	return decided(document, error);
}

/* All conflicts that touch RANGE, and what stands between them, as one edit.
 * *ANY: there are some. */
static bool all_give_way(struct document *document, struct edit *edit,
			 struct range range, bool *any, struct error *error)
{
	const struct outside *outside = &document->outside;
	struct range now, file;

	for (size_t i = 0; i < outside->count; i++) {
		if (!conflict_part(document, &outside->conflicts[i], range,
				   &now, &file))
			continue;
		if (!*any)
			edit->range = range_of(now.start, 0);
		if (!stretch_copy(document->pieces, &edit->inserted,
				  (struct range){ edit->range.end, now.start }))
			return error_set_memory(error);
		*any = true;
		edit->range.end = now.end;
		if (!edit_restore(document, edit, file, error))
			return false;
	}
	return edit_allowed(document, edit->range, edit->inserted.length,
			    error);
}

bool document_decide_theirs(struct document *document, struct range range,
			    struct error *error)
{
	struct edit edit;
	bool any = false;

	if (!may_decide(document, error))
		return false;
	edit_begin(document, &edit, range_of(0, 0));
	if (!all_give_way(document, &edit, range, &any, error))
		return edit_cancel(document, &edit);
	if (any && !edit_commit(document, &edit, error))
		return false;
	return decided(document, error);
}
