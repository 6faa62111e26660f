/*
 * Making an edit as it was told.  The parts may come from anywhere, so what
 * the tree of pieces takes for granted is looked at here: that parts of the
 * file are in it, and that those which are to stand where they belong can.
 */
#include <string.h>

#include "document_internal.h"
#include "memory.h"
#include "sizes.h"

/* An edit that is being put together. */
struct application {
	struct document *document;
	struct edit edit;
	uint64_t length;	/* of what is put in, so far */
	struct range file;	/* where DISK parts can still stand */
	struct error *error;
};

static bool misplaced(const struct application *application,
		      const struct part *part)
{
	error_set(application->error, "%s: an edit refers to %llu bytes at "
		  "0x%llx of the file, which are not in it",
		  file_path(application->document->file),
		  (unsigned long long)part->length,
		  (unsigned long long)part->file_offset);
	return false;
}

/* How far the file is covered by what stands before OFFSET. */
static uint64_t file_before(const struct document *document, uint64_t offset)
{
	struct change change;
	uint64_t index, start, place;

	if (offset == 0)
		return 0;

	struct piece piece = pieces_at(document->pieces, offset - 1, &start);

	if (piece.kind == PIECE_FOREIGN) {
		document_change_from(document, offset - 1, &change, &index);
		return change.file.start;
	}
	document_place(document, piece, &place);
	return place + (offset - start);
}

/* Where what stands at OFFSET and behind begins in the file. */
static uint64_t file_behind(const struct document *document, uint64_t offset)
{
	struct change change;
	uint64_t index, start, place;

	if (offset == document_size(document))
		return mapping_size(document->mapping);

	struct piece piece = pieces_at(document->pieces, offset, &start);

	if (piece.kind == PIECE_FOREIGN) {
		document_change_from(document, offset, &change, &index);
		return change.file.end;
	}
	document_place(document, piece, &place);
	return place + (offset - start);
}

static bool add_piece(struct application *application, struct piece piece)
{
	return edit_add(application->document, &application->edit, piece) ||
	       error_set_memory(application->error);
}

static bool add_bytes(struct application *application, const struct part *part)
{
	return edit_type(application->document, &application->edit,
			 part->bytes, part->length) ||
	       error_set_memory(application->error);
}

static bool in_file(const struct application *application,
		    const struct part *part)
{
	uint64_t size = mapping_size(application->document->mapping);

	return part->file_offset <= size &&
	       part->length <= size - part->file_offset;
}

static bool add_file(struct application *application, const struct part *part)
{
	struct document *document = application->document;
	struct range range = range_of(part->file_offset, part->length);
	bool private;

	if (!in_file(application, part))
		return misplaced(application, part);
	for (uint64_t same; range.start < range.end; range.start += same) {
		struct piece piece = { .kind = PIECE_FOREIGN };

		private = mapping_private_run(document->mapping, range.start,
					      &same);
		if (same > range_length(range))
			same = range_length(range);
		piece.length = same;
		piece.bytes = mapping_bytes(document->mapping) + range.start;
		if (private || same <= DOCUMENT_GRANULE_MAXIMUM)
			piece.bytes = document_fetch(document,
				&document->typed,
				range_of(range.start, same),
				application->error);
		else if (!range_set_add(&document->shared,
					range_of(range.start, same)))
			return error_set_memory(application->error);
		if (!piece.bytes || !add_piece(application, piece))
			return false;
	}
	return true;
}

/* What was pasted where the edit was told may have been overwritten here, and
 * then keeps a place in the file that there nothing had: where others before
 * or behind leave no room the bytes are copied. */
static bool add_disk(struct application *application, const struct part *part)
{
	struct range *file = &application->file;

	if (!in_file(application, part) || part->file_offset < file->start ||
	    part->file_offset + part->length > file->end)
		return add_file(application, part);
	file->start = part->file_offset + part->length;
	return edit_restore(application->document, &application->edit,
			    range_of(part->file_offset, part->length),
			    application->error);
}

static bool is_file_of(const struct file *file, const struct part *part)
{
	struct file_identity identity = file_identity(file);

	return file_identity_equal(&identity, &part->identity);
}

static bool has_changed(const struct application *application,
			const struct part *part)
{
	return error_set(application->error, "%s has changed since %llu bytes "
			 "of it were pasted into %s", part->path,
			 (unsigned long long)part->length,
			 file_path(application->document->file));
}

/* PART's file as a document that stays as long as this one. */
static struct document *other_open(struct application *application,
				   const struct part *part)
{
	struct file *file = file_open(part->path, NULL, NULL,
				      application->error);
	struct document *other;

	if (!file)
		return NULL;
	if (!is_file_of(file, part)) {
		file_close(file);
		has_changed(application, part);
		return NULL;
	}
	other = document_open(file, application->error);
	if (!other)
		return NULL;

	bool held = document_hold(application->document, other) ||
		    error_set_memory(application->error);

	/* Held, it stays as its bytes. */
	document_close(other);
	return held ? other : NULL;
}

/* A document with PART's file as it is: where granules are private they may hold
 * something else, also if it is closed. */
static struct document *other_document(struct application *application,
				       const struct part *part)
{
	const struct document *document = application->document;

	for (size_t i = 0; i < document->held_count; i++) {
		struct document *other = document->held[i];

		if (other->closed && !mapping_private_bytes(other->mapping) &&
		    is_file_of(other->file, part))
			return other;
	}
	return other_open(application, part);
}

static bool add_other(struct application *application, const struct part *part)
{
	const struct document *other = other_document(application, part);
	uint64_t size;

	if (!other)
		return false;
	size = mapping_size(other->mapping);
	if (part->file_offset > size ||
	    part->length > size - part->file_offset)
		return has_changed(application, part);
	return add_piece(application, (struct piece){
		.bytes = mapping_bytes(other->mapping) + part->file_offset,
		.length = part->length, .kind = PIECE_FOREIGN,
	});
}

static bool add_repeat(struct application *application,
		       const struct part *part)
{
	struct document *document = application->document;

	if (!part->period || part->period > DOCUMENT_PERIOD_MAXIMUM ||
	    part->phase >= part->period)
		return error_set(application->error, "%s: an edit repeats %u "
				 "bytes from the %uth on, which cannot be",
				 file_path(document->file), part->period,
				 part->phase);
	unsigned char *bytes = store_copy(&document->typed, part->bytes,
					  part->period);

	if (!bytes)
		return error_set_memory(application->error);
	return add_piece(application, (struct piece){
		.bytes = bytes, .length = part->length,
		.period = part->period, .phase = part->phase & PIECE_PHASE_MASK,
		.kind = PIECE_FOREIGN,
	});
}

static bool add_part(struct application *application, const struct part *part)
{
	if (part->length > UINT64_MAX / 2 - application->length)
		return error_set(application->error, "%s would become too "
				 "long", file_path(application->document->file));
	application->length += part->length;
	switch (part->kind) {
	case PART_BYTES:
		return add_bytes(application, part);
	case PART_DISK:
		return add_disk(application, part);
	case PART_FILE:
		return add_file(application, part);
	case PART_OTHER:
		return add_other(application, part);
	case PART_REPEAT:
		return add_repeat(application, part);
	}
	return false;
}

/* PART, and all that READ gives behind it. */
static bool add_parts(struct application *application, struct part part,
		      part_reader *read, void *context)
{
	while (part.length > 0)
		if (!add_part(application, &part) ||
		    !read(context, &part, application->error))
			return false;
	return true;
}

/* Where bytes take the place of as many others, they are overwritten, as they
 * were when the edit was told. */
static bool add_overwrite(struct application *application, struct part part,
			  part_reader *read, void *context)
{
	unsigned char *bytes = memory_allocate((size_t)part.length);
	struct part next;

	if (!bytes)
		return error_set_memory(application->error);
	memcpy(bytes, part.bytes, (size_t)part.length);
	part.bytes = bytes;

	bool fine = read(context, &next, application->error);

	if (fine && next.length == 0) {
		application->length = part.length;
		fine = edit_overwrite(application->document,
				      &application->edit, bytes,
				      part.length) ||
		       error_set_memory(application->error);
	} else if (fine) {
		fine = add_part(application, &part) &&
		       add_parts(application, next, read, context);
	}
	memory_free(bytes);
	return fine;
}

static bool add_all(struct application *application, part_reader *read,
		    void *context)
{
	struct document *document = application->document;
	struct range range = application->edit.range;
	struct part part;

	if (!read(context, &part, application->error))
		return false;
	bool overwrites = part.kind == PART_BYTES && part.length > 0 &&
			  part.length == range_length(range) &&
			  part.length <= DOCUMENT_GRANULE_MAXIMUM;

	if (!(overwrites ? add_overwrite : add_parts)(application, part, read,
						      context))
		return false;
	return edit_allowed(document, range, application->length,
			    application->error);
}

bool document_apply(struct document *document, struct range range,
		    part_reader *read, void *context, int64_t time,
		    struct error *error)
{
	struct application application = {
		.document = document, .error = error,
	};

	if (!edit_allowed(document, range, range_length(range), error))
		return false;
	application.file = (struct range){
		file_before(document, range.start),
		file_behind(document, range.end),
	};
	edit_begin(document, &application.edit, range);
	if (!add_all(&application, read, context))
		return edit_cancel(document, &application.edit);
	if (application.length == 0 && range_is_empty(range)) {
		edit_cancel(document, &application.edit);
		return true;
	}
	document->time = time;
	bool fine = edit_commit(document, &application.edit, error);

	document->time = 0;
	return fine;
}
