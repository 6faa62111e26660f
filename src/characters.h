/*
 * characters: the bytes of a line as a terminal shows them.
 *
 * What one can put a cursor on is a glyph: a character with those that combine
 * with it, or what is shown in place of something that must not reach a
 * terminal.  A glyph is some bytes, all of which belong to it, and takes some
 * columns; the glyphs of a line follow each other without a gap.
 *
 *   text       as it is, one column or two; with up to CELL_COMBINING others
 *              over it
 *   tab        blanks up to the next stop
 *   newline    a blank: a place for the cursor; a carriage return before it
 *              belongs to it
 *   control    ^A ^@ ^?
 *   unshown    <U+200D>: a character that has no place of its own, or steers
 *   invalid    <80>: a byte that begins no character
 *
 * ANSI sequences that set colours (ESC [ ... m) are shown likewise, or colour
 * what follows: then they take no column and belong to the glyph behind them,
 * at the end of the bytes to the one before, or are a blank where there is
 * none.  So do those that clear the rest of the line (ESC [ ... K), which clear
 * nothing.  Other sequences are controls and text.
 */
#ifndef OCTAVO_CHARACTERS_H
#define OCTAVO_CHARACTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encoding.h"
#include "octavo/grid.h"

enum glyph_kind {
	GLYPH_TEXT,
	GLYPH_TAB,
	GLYPH_NEWLINE,
	GLYPH_CONTROL,
	GLYPH_UNSHOWN,
	GLYPH_INVALID,
};

enum { GLYPH_TEXT_SIZE = 12 };	/* <U+10FFFF> */

struct glyph {
	enum glyph_kind kind;
	size_t start;		/* of its bytes */
	size_t length;		/* at least 1 */
	uint32_t character;	/* of an invalid one its byte */
	uint32_t combining[CELL_COMBINING];	/* 0: none */
	enum role color;	/* as ANSI has it, else ROLE_NORMAL */
};

/*
 * Goes through BYTES from `position` on, which begins a glyph, in the colour
 * that holds there.  A plain struct: position and color say where it can be
 * begun anew.
 */
struct glyphs {
	const unsigned char *bytes;
	size_t length;
	enum encoding_form form;
	bool colors;		/* ANSI sequences colour */
	size_t position;
	enum role color;
};

/* The next glyph; false at the end. */
bool glyphs_next(struct glyphs *glyphs, struct glyph *glyph);

/* How many columns GLYPH takes at COLUMN, from a row's start, with a tab stop
 * each TAB columns: at least 1. */
unsigned glyph_columns(const struct glyph *glyph, unsigned column,
		       unsigned tab);

/* What stands for a GLYPH that is control, unshown or invalid, in TEXT;
 * returns its length. */
unsigned glyph_text(const struct glyph *glyph, char text[GLYPH_TEXT_SIZE]);

/* Words are parted by blanks, and by a change between letters and others. */
enum glyph_class { GLYPH_BLANK, GLYPH_LETTER, GLYPH_OTHER };

enum glyph_class glyph_class(const struct glyph *glyph);

#endif
