/*
 * pieces: the document as a balanced tree of pieces, each a run of bytes that
 * lies somewhere in memory.
 *
 * A piece never owns its bytes.  There is one edit: a range of the document
 * and a stretch of pieces that stands outside of it change places.  Undo is
 * the same exchange.
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
 *     one piece.  So the pieces depend on the content alone, not on the way
 *     that led there.  (Bytes of two files, or of a file and of the store, are
 *     never next to each other: octavo/mapping.h, store.h.)
 *  3. The summaries in the nodes are those of their subtrees.
 *  4. Every node but a root is at least half full, so the nodes that a number
 *     of pieces can take is bounded, and can be reserved.
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
 * Every operation is O(log n) in the number of pieces; what a long stretch
 * holds is moved as whole subtrees.
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
	uint32_t phase : 29;	/* < period */
	uint32_t kind : 2;
	uint32_t gap : 1;	/* private; whatever a new piece says */
};

enum { PIECE_PHASE_MASK = (1 << 29) - 1 };

/* The LENGTH (> 0) bytes from FROM on of PIECE. */
struct piece piece_slice(struct piece piece, uint64_t from, uint64_t length);
/* The address of byte FROM of PIECE, and in *LENGTH how many follow. */
const unsigned char *piece_run(struct piece piece, uint64_t from,
			       uint64_t *length);

/*
 * A stretch of pieces outside of the document: what an edit is to put in, or
 * has taken out.  All zeros is empty.  One piece stands in the struct, a few
 * in an array, many in a tree of nodes.  Array and nodes belong to the struct
 * pieces that the stretch was made with, and it can only be used with that
 * one.  The struct itself may be moved, but only one copy of it be used.
 */
struct stretch {
	uint64_t length;	/* bytes */
	uint32_t count;		/* pieces; the rest is private */
	uint32_t capacity;	/* of the array; 0: there is none */
	union {
		struct piece one;
		struct {
			struct piece *list;
			uint32_t root;
		};
	};
};

struct pieces;

/* A tree of one base piece of SIZE bytes at BASE (none where SIZE is 0); NULL
 * where there is no memory. */
struct pieces *pieces_new(const unsigned char *base, uint64_t size);
/* With all stretches, which need not be freed before. */
void pieces_free(struct pieces *pieces);

/* Back to one base piece, over another base if wished.  Stretches stay what
 * they are.  Cannot fail. */
void pieces_reset(struct pieces *pieces, const unsigned char *base,
		  uint64_t size);

/* Makes sure that a pieces_grow right after it cannot fail; false where there
 * is no memory. */
bool pieces_reserve_growth(struct pieces *pieces);
/* The base is SIZE bytes now, more than it was: a base piece of those that are
 * new stands behind all else. */
void pieces_grow(struct pieces *pieces, uint64_t size);

uint64_t pieces_length(const struct pieces *pieces);
size_t pieces_count(const struct pieces *pieces);

/* Appends PIECE, which may become one with the last one (invariant 2).  False
 * where there is no memory; the stretch is what it was. */
bool stretch_add(struct pieces *pieces, struct stretch *stretch,
		 struct piece piece);
/* Appends the document's pieces in RANGE, cut to it; false without memory,
 * and then some may have been appended. */
bool stretch_copy(struct pieces *pieces, struct stretch *stretch,
		  struct range range);
void stretch_free(struct pieces *pieces, struct stretch *stretch);

/* The pieces in RANGE of the document, cut ones included. */
size_t pieces_in(const struct pieces *pieces, struct range range);

/* What is reserved for the exchanges that are to come.  All zeros: nothing. */
struct reservation {
	uint64_t exchanges;
	uint64_t pieces;
};

/*
 * Makes sure that an exchange of STRETCH with a range that will have up to
 * STANDING pieces (pieces_in) cannot fail, together with all those that
 * RESERVATION has been handed for, each once, in whatever order, and the
 * exchanges that put them back, the last one first (or, where no two overlap
 * and all keep the length, in whatever order too).  No stretch_add or
 * stretch_copy may come between.  Costs memory in proportion to the pieces,
 * not to the exchanges times the height of the tree.  False where there is no
 * memory; nothing changed.
 */
bool pieces_reserve(struct pieces *pieces, struct stretch *stretch,
		    size_t standing, struct reservation *reservation);

/* RANGE becomes the pieces of STRETCH, and STRETCH what stood there, cut to
 * RANGE.  Needs pieces_reserve before it; cannot fail. */
void pieces_exchange(struct pieces *pieces, struct range range,
		     struct stretch *stretch);

/* The piece that holds OFFSET (< length), and where it starts. */
struct piece pieces_at(const struct pieces *pieces, uint64_t offset,
		       uint64_t *start);

/* A walk over pieces in order, O(1) a step on average.  Ends where the tree is
 * changed. */
struct piece_cursor {
	const struct pieces *pieces;
	const struct stretch *stretch;	/* NULL: the document */
	uint64_t at;			/* where the next piece starts */
	uint32_t leaf;			/* private */
	uint32_t index;
};

/* From the piece that holds OFFSET on (at the end: none). */
struct piece_cursor pieces_walk(const struct pieces *pieces, uint64_t offset);
struct piece_cursor stretch_walk(const struct pieces *pieces,
				 const struct stretch *stretch);
/* The next piece, whole, and where it starts; false at the end. */
bool piece_cursor_next(struct piece_cursor *cursor, struct piece *piece,
		       uint64_t *start);
/* For those who walk from RANGE's start to its end: the next piece, cut to
 * *RANGE, which then begins behind it. */
bool piece_cursor_next_in(struct piece_cursor *cursor, struct range *range,
			  struct piece *piece);

/*
 * The longest run of bytes that is contiguous in memory around OFFSET
 * (< length): returns the address of the byte at OFFSET; *BEFORE bytes stand
 * contiguously before it and *AFTER (>= 1) from it on.  Contiguous anchored
 * pieces are one run; a foreign piece is a run of its own.  In a repeated piece
 * a run ends where the period ends.  BEFORE may be NULL.
 */
const unsigned char *pieces_run(const struct pieces *pieces, uint64_t offset,
				uint64_t *before, uint64_t *after);

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

/* Asserts the invariants above; of a stretch all but the first. */
void pieces_check(const struct pieces *pieces);
void stretch_check(const struct pieces *pieces, const struct stretch *stretch);

#endif
