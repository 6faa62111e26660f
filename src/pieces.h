/*
 * pieces: the document as a balanced tree of pieces, each a run of bytes that
 * lies somewhere in memory.
 *
 * A piece never owns its bytes.  What an edit takes out of the tree is handed
 * to the caller, who can put it back: that is undo.
 *
 * Three kinds of piece:
 *   PIECE_BASE     bytes of the file, in the mapping, as on disk.  Its place
 *                  in the file is (bytes - base).
 *   PIECE_DIRTY    bytes of the mapping that were overwritten in private
 *                  granules.  Still anchored at (bytes - base).
 *   PIECE_FOREIGN  any other bytes: typed, pasted, filled, or of an older
 *                  mapping.  Not anchored.  With period > 0 the piece repeats
 *                  `period` bytes: byte i of it is origin[(phase + i) % period]
 *                  where origin = bytes and phase is kept in the piece.
 *
 * Invariants (pieces_check)
 *  1. Anchored pieces (base and dirty) stand in strictly ascending order of
 *     their place in the file and do not overlap.
 *  2. No piece is empty; two neighbours of the same kind of which the second
 *     goes on where the first ends (in memory, or in the same repetition) are
 *     one piece, unless it would cross the start or end of the base.  So the
 *     pieces depend on the content alone, not on the way that led there.
 *  3. The summaries in the nodes are those of their subtrees.
 *
 * A change is a maximal stretch in which the document differs from the file:
 *   - a maximal run of dirty pieces contiguous in the file and the document
 *     (an overwrite of equal length), or
 *   - a gap between two neighbouring anchored pieces (the file's start and end
 *     counting as such): OLD bytes of the file between them, NEW foreign bytes
 *     in the document between them, not both 0.
 * They are counted in the nodes' summaries, so asking how many there are and
 * finding the one at an offset take O(log n).
 *
 * Every operation is O(log n) and a bit for what it moves.
 */
#ifndef OCTAVO_PIECES_H
#define OCTAVO_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "octavo/range.h"

enum piece_kind { PIECE_BASE, PIECE_DIRTY, PIECE_FOREIGN };

struct piece {
	const unsigned char *bytes;
	uint64_t length;
	uint32_t period;	/* > 0: repeats that many bytes from `bytes` */
	uint32_t phase : 30;	/* < period */
	uint32_t kind : 2;
};

/* The LENGTH (> 0) bytes from FROM on of PIECE. */
struct piece piece_slice(struct piece piece, uint64_t from, uint64_t length);
/* The address of byte FROM of PIECE, and in *LENGTH how many follow. */
const unsigned char *piece_run(struct piece piece, uint64_t from,
			       uint64_t *length);

/* A growing array of pieces: what an edit took out.  All zeros is empty. */
struct piece_list {
	struct piece *pieces;
	size_t count;
	size_t capacity;
};

bool piece_list_reserve(struct piece_list *list, size_t more);
bool piece_list_add(struct piece_list *list, struct piece piece);
uint64_t piece_list_length(const struct piece_list *list);
void piece_list_free(struct piece_list *list);

struct pieces;

/* A tree of one base piece of SIZE bytes at BASE (none where SIZE is 0); NULL
 * where there is no memory. */
struct pieces *pieces_new(const unsigned char *base, uint64_t size);
void pieces_free(struct pieces *pieces);

/* Back to one base piece, over another base if wished.  Cannot fail. */
void pieces_reset(struct pieces *pieces, const unsigned char *base,
		  uint64_t size);

uint64_t pieces_length(const struct pieces *pieces);
size_t pieces_count(const struct pieces *pieces);

/*
 * Makes sure that the next pieces_replace of RANGE with COUNT new pieces
 * cannot fail: nodes for it, and room in REMOVED (which the caller clears;
 * may be NULL) for what it takes out.  Includes the nodes for the replacement
 * that puts everything back, as long as the replacements in between were
 * put back as well.  False where there is no memory; nothing changed.
 */
bool pieces_reserve(struct pieces *pieces, struct range range, size_t count,
		    struct piece_list *removed);

/*
 * Replaces RANGE by COUNT pieces, and appends to REMOVED (may be NULL) what
 * was there, cut to RANGE.  Needs pieces_reserve for the same arguments
 * before it; cannot fail.
 */
void pieces_replace(struct pieces *pieces, struct range range,
		    const struct piece *inserted, size_t count,
		    struct piece_list *removed);

/* The piece that holds OFFSET (< length), and where it starts. */
struct piece pieces_at(const struct pieces *pieces, uint64_t offset,
		       uint64_t *start);

/*
 * The longest run of bytes that is contiguous in memory around OFFSET
 * (< length): returns the address of the byte at OFFSET; *BEFORE bytes stand
 * contiguously before it and *AFTER (>= 1) from it on.  Contiguous anchored
 * pieces are one run; a foreign piece is a run of its own.  In a repeated piece
 * a run ends where the period ends.  BEFORE may be NULL.
 */
const unsigned char *pieces_run(const struct pieces *pieces, uint64_t offset,
				uint64_t *before, uint64_t *after);

/* Appends the pieces of RANGE, cut to it, to LIST; false without memory. */
bool pieces_copy(const struct pieces *pieces, struct range range,
		 struct piece_list *list);

struct change_place {
	struct range now;	/* in the document */
	struct range file;	/* in the file */
};

/* How many changes there are. */
uint64_t pieces_changes(const struct pieces *pieces);

/*
 * The first change whose range in the document ends after OFFSET, or that is
 * a deletion at or after OFFSET; false where there is none.  To walk them all
 * in order use pieces_change with 0, 1, 2 ...
 */
bool pieces_change_from(const struct pieces *pieces, uint64_t offset,
			struct change_place *change, uint64_t *index);

/* The INDEX-th change in file order, from 0; O(log n). */
bool pieces_change(const struct pieces *pieces, uint64_t index,
		   struct change_place *change);

/* Asserts the invariants above. */
void pieces_check(const struct pieces *pieces);

#endif
