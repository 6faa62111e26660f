/*
 * history: what was edited, so that it can be undone and redone.
 *
 * A record stands for one replacement in the tree of pieces and for the bytes
 * that were exchanged in private granules along with it.  It always holds the
 * other side: what stood there before, if it is done; what will stand there,
 * if it is undone.  Undo and redo are the same exchange.
 *
 * A step is one act of the user: one record or many.  It leads from its parent
 * to a state of its own, so the steps are a tree, and a step's number names
 * the state behind it as well; number 0 is the document as opened, which no
 * step led to.  Nothing is ever taken out of the tree.
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
	/* It restores: what it puts in is what is on disk. */
	bool restores;
};

struct record {
	uint64_t offset;	/* in the document */
	uint64_t length;	/* of what stands there now */
	struct stretch other;	/* what stands there on the other side */
	uint32_t swap_first;	/* in the history's swaps, ascending */
	uint32_t swap_count;
};

struct step {
	uint32_t parent;
	uint32_t next;		/* the child that redo leads to; 0: none */
	uint32_t depth : 31;	/* steps from state 0 to here */
	uint32_t done : 1;	/* the present state, or on the way to it */
	uint32_t way;		/* scratch: the child on a way that is gone */
	size_t first;		/* its records: from here up to those of the
				 * step after it */
	int64_t time;
};

#define HISTORY_NEVER UINT32_MAX

struct history {
	struct record *records;
	size_t count;
	size_t capacity;
	struct step *steps;
	uint32_t step_count;	/* with state 0 */
	uint32_t step_capacity;
	struct swap *swaps;	/* those behind swap_count are being made */
	uint32_t swap_count;
	uint32_t swap_capacity;
	uint32_t now;		/* the present state */
	uint32_t saved;		/* where the document equals the file;
				 * HISTORY_NEVER: nowhere any more */
	uint64_t redo_steps;
};

/* With state 0; false where there is no memory. */
bool history_init(struct history *history);
void history_free(struct history *history);

/* Makes room for one more step and record; false where there is no memory. */
bool history_reserve(struct history *history);
/* Adds a record, done, and takes it over; as the FIRST of a new step, which
 * begins at TIME, or to the newest step, which is the present state then. */
void history_push(struct history *history, struct record record, bool first,
		  int64_t time);

/* The records of STEP: [*START, *END). */
void history_step_records(const struct history *history, uint32_t step,
			  size_t *start, size_t *end);
struct swap *history_swaps(const struct history *history,
			   const struct record *record);

/* Who is told of the way to another state. */
struct history_listener {
	/* The way is gone.  True: its end says enough. */
	bool (*gone)(void *context);
	/* Else it is gone again, and this called before each RECORD. */
	void (*tell)(void *context, const struct record *record);
	void *context;
};

/*
 * Goes to state TARGET: back to where its way and the present one part, then
 * on.  *TOUCHED is where the document differs now.  LISTENER may be NULL.  All
 * or nothing; fails only for lack of memory, before anybody is told.
 */
bool history_go(struct history *history, uint32_t target,
		struct pieces *pieces, struct mapping *mapping,
		const struct history_listener *listener,
		struct range *touched, struct error *error);

/* The first of COUNT swaps that ends behind OFFSET: it holds that byte, or
 * stands behind it.  NULL: none does. */
const struct swap *swap_after(const struct swap *swaps, size_t count,
			      uint64_t offset);
/* Exchanges the bytes of granule and slot. */
void swap_exchange(struct mapping *mapping, const struct swap *swap);
/* All those of RECORD. */
void history_swap_record(const struct history *history, size_t record,
			 struct mapping *mapping);
/* Those on the way from state FROM to state TO, and nothing else. */
void history_swap(struct history *history, uint32_t from, uint32_t to,
		  struct mapping *mapping);
/* Makes room for one more swap, which is no record's yet. */
bool history_reserve_swap(struct history *history, uint32_t made);

void history_check(const struct history *history,
		   const struct mapping *mapping);

#endif
