/*
 * Detaching: a flush in place changes bytes of a file under all that refers to
 * them, in this document or in another one; what undo, clips and moved pieces
 * need of them is copied first.
 *
 * Any mapping of the file will show the new bytes, older ones included: a file
 * that was written with another length has more than one.
 */
#include "document_internal.h"

/* Is the byte of the file at OFFSET one that will change under its readers:
 * in RANGES, not in a private granule; for how many bytes? */
static bool doomed_run(const struct mapping *mapping,
		       const struct range *ranges, size_t count,
		       uint64_t offset, uint64_t *length)
{
	size_t low = 0, high = count;
	bool private = mapping_private_run(mapping, offset, length);

	if (private)
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ranges[middle].end <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	bool inside = low < count && ranges[low].start <= offset;
	uint64_t edge = low == count ? UINT64_MAX
		: inside ? ranges[low].end : ranges[low].start;

	if (*length > edge - offset)
		*length = edge - offset;
	return inside;
}

/* What is about to be overwritten, of which file. */
struct doom {
	const struct document *document;
	struct file_identity file;
	const struct range *ranges;
	size_t count;
};

static bool is_doomed_file(const struct doom *doom,
			   const struct mapping *mapping)
{
	struct file_identity file = file_identity(mapping_file(mapping));

	return file.device == doom->file.device &&
	       file.inode == doom->file.inode;
}

/* The mapping of the file in which PIECE of DOCUMENT lies; NULL: in none. */
static const struct mapping *doomed_mapping(const struct document *document,
					    const struct doom *doom,
					    struct piece piece,
					    uint64_t *offset)
{
	const struct mapping *mapping = piece.period ? NULL :
		document_mapping_of(document, piece.bytes, offset);

	return mapping && is_doomed_file(doom, mapping) ? mapping : NULL;
}

/* Appends PIECE of DOCUMENT to LIST with its doomed bytes copied. */
static bool detach_piece(struct document *document, const struct doom *doom,
			 struct piece piece, struct stretch *list,
			 struct error *error)
{
	uint64_t offset;
	const struct mapping *mapping = doomed_mapping(document, doom, piece,
						       &offset);

	if (!mapping)
		return stretch_add(document->pieces, list, piece) ||
		       error_set_memory(error);
	for (uint64_t done = 0, same; done < piece.length; done += same) {
		bool copy = doomed_run(mapping, doom->ranges, doom->count,
				       offset + done, &same);

		if (same > piece.length - done)
			same = piece.length - done;

		struct piece part = piece_slice(piece, done, same);

		if (copy) {
			part.bytes = document_keep(document, &document->typed,
						   part.bytes, same, error);
			part.kind = PIECE_FOREIGN;
			if (!part.bytes)
				return false;
		}
		if (!stretch_add(document->pieces, list, part))
			return error_set_memory(error);
	}
	return true;
}

static bool is_doomed(const struct document *document,
		      const struct doom *doom, struct piece piece)
{
	uint64_t offset, same;
	const struct mapping *mapping = doomed_mapping(document, doom, piece,
						       &offset);

	for (uint64_t done = 0; mapping && done < piece.length; done += same)
		if (doomed_run(mapping, doom->ranges, doom->count,
			       offset + done, &same))
			return true;
	return false;
}

/* LIST without doomed bytes. */
static bool detach_list(struct document *document, const struct doom *doom,
			struct stretch *list, struct error *error)
{
	struct pieces *pieces = document->pieces;
	struct piece_cursor cursor = stretch_walk(pieces, list);
	struct stretch detached = { .count = 0 };
	bool doomed = false, fine = true;
	struct piece piece;
	uint64_t start;

	while (!doomed && piece_cursor_next(&cursor, &piece, &start))
		doomed = is_doomed(document, doom, piece);
	if (!doomed)
		return true;
	cursor = stretch_walk(pieces, list);
	while (fine && piece_cursor_next(&cursor, &piece, &start))
		fine = detach_piece(document, doom, piece, &detached, error);
	stretch_free(pieces, fine ? list : &detached);
	if (fine)
		*list = detached;
	return fine;
}

static bool detach_history(struct document *document, const struct doom *doom,
			   struct error *error)
{
	struct history *history = &document->history;
	bool fine = true;

	for (size_t i = 0; fine && i < history->count; i++)
		fine = detach_list(document, doom, &history->records[i].other,
				   error);
	return fine;
}

/* Is PIECE, at START of DOCUMENT, of what lies below its edits?  In the
 * document that is written it must stand where it belongs, to be overwritten
 * by itself; another one shows what its file has become. */
static bool is_base(const struct document *document, const struct doom *doom,
		    struct piece piece, uint64_t start)
{
	uint64_t place;

	return document_place(document, piece, &place) &&
	       (document != doom->document || place == start);
}

/* The first piece from OFFSET on that has to be detached; false: none has. */
static bool next_doomed(const struct document *document,
			const struct doom *doom, uint64_t offset,
			struct piece *piece, uint64_t *start)
{
	struct piece_cursor cursor = pieces_walk(document->pieces, offset);

	while (piece_cursor_next(&cursor, piece, start))
		if (!is_base(document, doom, *piece, *start) &&
		    is_doomed(document, doom, *piece))
			return true;
	return false;
}

static bool detach_tree(struct document *document, const struct doom *doom,
			struct error *error)
{
	struct pieces *pieces = document->pieces;
	struct piece piece;
	uint64_t at = 0, start;

	for (; next_doomed(document, doom, at, &piece, &start);
	     at = start + piece.length) {
		struct stretch detached = { .count = 0 };
		struct reservation reservation = { 0, 0 };
		bool fine = detach_piece(document, doom, piece, &detached,
					 error);

		if (fine && !pieces_reserve(pieces, &detached, 1,
					    &reservation))
			fine = error_set_memory(error);
		if (fine)
			pieces_exchange(pieces, range_of(start, piece.length),
					&detached);
		stretch_free(pieces, &detached);
		if (!fine)
			return false;
	}
	return true;
}

/* Clips and history. */
static bool detach_kept(struct document *document, const struct doom *doom,
			struct error *error)
{
	bool fine = true;

	document_touch(document);
	for (struct clip *clip = document->clips; fine && clip;
	     clip = clip->next)
		fine = detach_list(document, doom, &clip->list, error);
	return fine && detach_history(document, doom, error);
}

static bool has_doomed(const struct document *document,
		       const struct doom *doom)
{
	if (is_doomed_file(doom, document->mapping))
		return true;
	for (size_t i = 0; i < document->older_count; i++)
		if (is_doomed_file(doom, document->older[i].mapping))
			return true;
	return false;
}

static bool may_refer(const struct document *document,
		      const struct doom *doom)
{
	for (size_t i = 0; i < document->held_count; i++)
		if (has_doomed(document->held[i], doom))
			return true;
	return has_doomed(document, doom);
}

/* All that other documents refer to, but for a rewrite that is being made:
 * that finds another revision and fails. */
static bool detach_others(const struct doom *doom, struct error *error)
{
	struct document *other = document_next(NULL);

	for (; other; other = document_next(other))
		if (other != doom->document && !other->closed &&
		    may_refer(other, doom) &&
		    !(detach_kept(other, doom, error) &&
		      detach_tree(other, doom, error)))
			return false;
	return true;
}

static struct doom doom_of(const struct document *document,
			   const struct range *ranges, size_t count)
{
	return (struct doom){
		document, file_identity(document->file), ranges, count,
	};
}

bool document_detach_past(struct document *document,
			  const struct range *ranges, size_t count,
			  struct error *error)
{
	struct doom doom = doom_of(document, ranges, count);

	return detach_others(&doom, error) &&
	       detach_kept(document, &doom, error);
}

bool document_detach(struct document *document, const struct range *ranges,
		     size_t count, struct error *error)
{
	struct doom doom = doom_of(document, ranges, count);

	if (!document_detach_past(document, ranges, count, error) ||
	    !detach_tree(document, &doom, error) ||
	    !settlement_prepare(document, error))
		return false;
	if (settlement_add_patches(document, error))
		return true;
	settlement_drop(document);
	return false;
}
