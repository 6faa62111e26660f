/*
 * What the files of the view room share: the rows of the screen.
 *
 * The document is parted into rows of bytes_per_row bytes.  On the screen a
 * row is one of these, or a fold: several of them that lie wholly in a hole.
 * Where one ends the next begins.  The cursor's row is never part of a fold,
 * nor is that of the selection's other end, so a fold is selected as a whole
 * or not at all.  Moving the cursor, selecting and editing change the rows.
 */
#ifndef OCTAVO_VIEW_INTERNAL_H
#define OCTAVO_VIEW_INTERNAL_H

#include "octavo/view.h"

struct view_row {
	struct range range;	/* whole rows of bytes, also past the end */
	bool folded;
};

/* The last offset that the cursor may have. */
uint64_t view_limit(const struct view *view);

/* The row of the screen that OFFSET belongs to. */
struct view_row view_row(const struct view *view, uint64_t offset);

/* The start of the row that is ROWS below OFFSET's, or above it; of the last
 * or the first where there are fewer.  Only so many are looked at; beyond
 * these, as many rows of bytes are taken. */
uint64_t view_rows_down(const struct view *view, uint64_t offset,
			uint64_t rows);
uint64_t view_rows_up(const struct view *view, uint64_t offset,
		      uint64_t rows);

#endif
