/*
 * history: what was edited, so that it can be undone and redone.
 *
 * A record stands for one replacement in the tree of pieces and for the bytes
 * that were exchanged in private granules along with it.  It always holds the
 * other side: what stood there before, if it is done; what will stand there,
 * if it is undone.  Undo and redo are the same exchange.
 *
 * Records before `position` are done, those from there on undone.  A step is
 * a record that is marked as the first of one, and those up to the next such.
 */
#ifndef OCTAVO_HISTORY_H
#define OCTAVO_HISTORY_H

#include "octavo/error.h"
#include "octavo/mapping.h"
#include "pieces.h"

/* LENGTH bytes at OFFSET of the mapping, and in SLOT the other bytes. */
struct swap {
	uint64_t offset;
	uint64_t length;
	unsigned char *slot;
};

struct record {
	uint64_t offset;	/* in the document */
	uint64_t length;	/* of what stands there now */
	struct piece *pieces;	/* what stands there on the other side */
	uint32_t count;
	uint32_t swap_count;
	struct swap *swaps;	/* in ascending order */
	bool first;		/* of a step */
};

#define HISTORY_NEVER SIZE_MAX

struct history {
	struct record *records;
	size_t count;
	size_t capacity;
	size_t position;
	size_t saved;		/* where the document equals the file;
				 * HISTORY_NEVER: nowhere any more */
	uint64_t undo_steps;
	uint64_t redo_steps;
};

/* Makes room for one more record; false where there is no memory. */
bool history_reserve(struct history *history);
/* Forgets what could be redone and adds a record, done; takes it over. */
void history_push(struct history *history, struct record record);
void history_free(struct history *history);

/*
 * Undoes or redoes a step: exchanges tree and granules with its records.
 * *TOUCHED is where the document differs now.  All or nothing; fails only for
 * lack of memory.
 */
bool history_undo(struct history *history, struct pieces *pieces,
		  struct mapping *mapping, struct range *touched,
		  struct error *error);
bool history_redo(struct history *history, struct pieces *pieces,
		  struct mapping *mapping, struct range *touched,
		  struct error *error);

/* Exchanges the bytes of granule and slot. */
void swap_exchange(struct mapping *mapping, const struct swap *swap);

void history_check(const struct history *history,
		   const struct mapping *mapping);

#endif
