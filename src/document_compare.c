/*
 * What others have written, compared with what the document knows.
 *
 * Base pieces outside of private granules show what is on disk at any time.
 * Private granules do not, so they are compared with it.  In the state that was
 * saved all their bytes are those that were on disk when they were last looked
 * at, whatever was overwritten or deleted since: going there by the history's
 * swaps and back (document_settle.c does likewise) tells what each change has
 * replaced, without a copy of it.  Bytes that no change replaces are made what
 * is on disk; those below a change stay, as the proof of the conflict, until
 * that is decided.
 *
 * All swaps belong to edits since the last flush, so in the saved state each of
 * them is undone: a slot that restores holds what was on disk, and follows it.
 */
#include <string.h>

#include "document_internal.h"
#include "io.h"
#include "memory.h"
#include "sizes.h"

/* --- comparing --- */

/* What of a file is others on disk; IS is NULL where that cannot be read. */
typedef void outside_visitor(void *context, struct range file,
			     const unsigned char *is);

static void compare_block(const struct document *document, struct range block,
			  outside_visitor *visit, void *context)
{
	const unsigned char *was = mapping_bytes(document->mapping)
				   + block.start;
	unsigned char is[CONFLICT_BLOCK];
	size_t length = (size_t)range_length(block);
	ssize_t got = io_read_at(file_descriptor(document->file), is, length,
				 block.start);
	size_t read = got > 0 ? (size_t)got : 0;

	if (memcmp(was, is, read) != 0)
		for (size_t i = 0, end; i < read; i = end) {
			bool same = was[i] == is[i];

			for (end = i + 1; end < read; end++)
				if ((was[end] == is[end]) != same)
					break;
			if (!same)
				visit(context, range_of(block.start + i,
							end - i), is + i);
		}
	if (read < length)
		visit(context, (struct range){ block.start + read,
					       block.end }, NULL);
}

static void compare_range(const struct document *document, struct range file,
			  outside_visitor *visit, void *context)
{
	while (file.start < file.end) {
		uint64_t length;
		bool private = mapping_private_run(document->mapping,
						   file.start, &length);

		if (length > range_length(file))
			length = range_length(file);
		if (private && length > CONFLICT_BLOCK)
			length = CONFLICT_BLOCK;
		if (private)
			compare_block(document, range_of(file.start, length),
				      visit, context);
		file.start += length;
	}
}

/* --- conflicts --- */

void outside_forget_conflicts(struct outside *outside)
{
	outside->count = 0;
	outside->changes = 0;
	outside->more = false;
}

void outside_free(struct outside *outside)
{
	memory_free(outside->conflicts);
	range_set_free(&outside->decided);
	*outside = (struct outside){ .conflicts = NULL };
}

static struct conflict *conflict_new(struct outside *outside)
{
	size_t capacity = outside->capacity ? outside->capacity * 2 : 16;
	struct conflict *conflicts;

	if (outside->count == outside->capacity) {
		conflicts = outside->count < CONFLICTS_MAXIMUM
			    ? memory_resize(outside->conflicts,
					    capacity * sizeof *conflicts)
			    : NULL;
		if (!conflicts) {
			outside->more = true;
			return NULL;
		}
		outside->conflicts = conflicts;
		outside->capacity = capacity;
	}
	return &outside->conflicts[outside->count++];
}

/* The change that is looked at. */
struct inquiry {
	struct document *document;
	struct change change;
	bool moved;		/* the file's identity is another one */
	bool found;		/* a conflict in it */
};

/* Can the last conflict take FILE as well? */
static bool conflict_extend(struct outside *outside, struct range file,
			    bool known)
{
	struct conflict *last = &outside->conflicts[outside->count - 1];

	if (last->known != known || last->file.end != file.start)
		return false;
	last->file.end = file.end;
	last->now.end += range_length(file);
	return true;
}

/* FILE is of an overwrite, of which each byte counts for itself, or all that
 * another change has replaced. */
static void conflict_add(struct inquiry *inquiry, struct range file,
			 bool known)
{
	struct document *document = inquiry->document;
	struct outside *outside = &document->outside;
	const struct change *change = &inquiry->change;
	bool first = !inquiry->found;

	inquiry->found = true;
	outside->changes += first;
	if (!first && change->kind != CHANGE_OVERWRITE) {
		outside->conflicts[outside->count - 1].known &= known;
		return;
	}
	if (!first && conflict_extend(outside, file, known))
		return;

	struct conflict *conflict = conflict_new(outside);

	if (!conflict) {
		inquiry->found = false;
		return;
	}
	*conflict = (struct conflict){ change->now, change->file, known,
				       { 0 } };
	if (change->kind == CHANGE_OVERWRITE) {
		conflict->file = file;
		conflict->now = range_of(change->now.start + file.start
					 - change->file.start,
					 range_length(file));
	}
}

/* Adds what of FILE was not decided yet. */
static void undecided(struct inquiry *inquiry, struct range file, bool known)
{
	struct range_set *decided = &inquiry->document->outside.decided;

	while (file.start < file.end) {
		uint64_t end;
		bool is = range_set_contains(decided, file.start, &end);

		if (end > file.end)
			end = file.end;
		if (!is)
			conflict_add(inquiry, (struct range){ file.start, end },
				     known);
		file.start = end;
	}
}

static void visit_conflict(void *context, struct range file,
			   const unsigned char *is)
{
	struct inquiry *inquiry = context;

	/* A file that is the same, but cannot be read, is no conflict. */
	if (is || inquiry->moved)
		undecided(inquiry, file, is != NULL);
}

/* Nobody knows what was where nothing is private. */
static void inquire_unknown(struct inquiry *inquiry)
{
	struct range file = inquiry->change.file;

	while (file.start < file.end) {
		uint64_t length;
		bool private = mapping_private_run(inquiry->document->mapping,
						   file.start, &length);

		if (length > range_length(file))
			length = range_length(file);
		if (!private)
			undecided(inquiry, range_of(file.start, length), false);
		file.start += length;
	}
}

/* Does what the change puts in stand in the file, elsewhere? */
static bool refers_to_file(const struct document *document, struct range now)
{
	while (now.start < now.end) {
		struct segment segment = document_segment(document, now.start);

		if (segment.in_file)
			return true;
		now.start = segment.now.end;
	}
	return false;
}

static void inquire(struct inquiry *inquiry)
{
	struct document *document = inquiry->document;
	struct outside *outside = &document->outside;
	const struct change *change = &inquiry->change;
	size_t count = outside->count;

	inquiry->found = false;
	compare_range(document, change->file, visit_conflict, inquiry);
	if (inquiry->moved) {
		inquire_unknown(inquiry);
		if (!inquiry->found && change->kind != CHANGE_OVERWRITE &&
		    refers_to_file(document, change->now))
			conflict_add(inquiry, change->file, false);
	}
	for (size_t i = count; i < outside->count; i++) {
		struct conflict *one = &outside->conflicts[i];
		uint64_t length = range_length(one->file);

		if (one->known)
			memcpy(one->was, mapping_bytes(document->mapping)
					 + one->file.start,
			       length < CONFLICT_SHOWN ? (size_t)length
						       : CONFLICT_SHOWN);
	}
}

static void find_conflicts(struct document *document, bool moved)
{
	struct inquiry inquiry = { .document = document, .moved = moved };

	outside_forget_conflicts(&document->outside);
	for (uint64_t i = 0; !document->outside.more &&
	     document_change(document, i, &inquiry.change); i++)
		inquire(&inquiry);
}

/* --- what is not edited becomes what is on disk --- */

static void visit_refresh(void *context, struct range file,
			  const unsigned char *is)
{
	struct document *document = context;

	if (!is)
		return;
	mapping_write(document->mapping, file.start, is, range_length(file));
	document->outside.written = true;
}

static void refresh_slots(struct document *document)
{
	const struct history *history = &document->history;

	for (uint32_t i = 0; i < history->swap_count; i++) {
		const struct swap *swap = &history->swaps[i];

		/* What cannot be read stays what it was. */
		if (swap->restores)
			document_read_disk(document, swap->offset, swap->slot,
					   (size_t)swap->length);
	}
}

/* All but what changes have replaced. */
static void refresh(struct document *document)
{
	struct range clean = { 0, 0 };
	struct change change;

	for (uint64_t i = 0; document_change(document, i, &change); i++) {
		clean.end = change.file.start;
		compare_range(document, clean, visit_refresh, document);
		clean.start = change.file.end;
	}
	clean.end = mapping_size(document->mapping);
	compare_range(document, clean, visit_refresh, document);
	refresh_slots(document);
}

static void go_to_saved(struct document *document)
{
	history_swap(&document->history, document->history.now,
		     document->history.saved, document->mapping);
}

static void go_back(struct document *document)
{
	history_swap(&document->history, document->history.saved,
		     document->history.now, document->mapping);
}

void outside_compare(struct document *document, bool moved)
{
	struct outside *outside = &document->outside;
	bool before = outside->written;

	outside->written = false;
	go_to_saved(document);
	find_conflicts(document, moved);
	refresh(document);
	go_back(document);
	if (outside->written) {
		document_touch(document);
		document_tell_all(document);
	}
	outside->written |= before || outside->count > 0;
	outside->revision = document->revision;
	outside->compared = true;
}

void outside_take_disk(struct document *document)
{
	go_to_saved(document);
	compare_range(document, range_of(0, mapping_size(document->mapping)),
		      visit_refresh, document);
	go_back(document);
	document_touch(document);
	document_tell_all(document);
}
