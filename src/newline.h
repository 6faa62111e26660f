/*
 * newline: where the lines of a document end.
 *
 * A line ends behind its newline; the document's last one may have none.  What
 * a newline is depends on the encoding: the byte 0x0a; in EBCDIC 0x15, "new
 * line"; in UTF-16 a unit 0x000a that begins at an even offset.  (A carriage
 * return before it belongs to the line.)
 *
 * A newline stands at one byte of it: in UTF-16 that of the value 0x0a.  So
 * whatever parts a document has, each newline is in one of them.
 *
 * A plain struct that remembers the run of the document it read last: begin
 * anew after an edit.  Nothing can fail.  Holes are passed over, not read;
 * what is long is looked at once.
 */
#ifndef OCTAVO_NEWLINE_H
#define OCTAVO_NEWLINE_H

#include "octavo/document.h"

enum newline_form {
	NEWLINE_BYTE,
	NEWLINE_EBCDIC,
	NEWLINE_UTF16LE,
	NEWLINE_UTF16BE,
};

/* Bytes of a unit, at a multiple of which every line begins: 1 or 2. */
unsigned newline_unit(enum newline_form form);

struct newlines {
	const struct document *document;
	enum newline_form form;
	struct range run;
	const unsigned char *bytes;	/* of the run */
	unsigned char *copy;		/* room to read a file into, or NULL: */
	size_t copy_size;		/* for who counts in much of it once,
					 * whom mapped pages would cost more */
};

/* Of DOCUMENT, which must outlive it. */
struct newlines newlines_of(const struct document *document,
			    enum newline_form form);

/* How many stand in RANGE, which is in the document. */
uint64_t newlines_count(struct newlines *newlines, struct range range);

/* Behind the last one that ends at or before OFFSET and stands at or behind
 * LEAST; else LEAST: the start of the line in which OFFSET is. */
uint64_t newlines_before(struct newlines *newlines, uint64_t offset,
			 uint64_t least);

/* Behind the first one that stands at or behind OFFSET, and before MOST (<=
 * size); else MOST: the end of that line, newline and all. */
uint64_t newlines_after(struct newlines *newlines, uint64_t offset,
			uint64_t most);

/* Behind the COUNT-th (from 1) that stands in RANGE; false where there are
 * fewer. */
bool newlines_skip(struct newlines *newlines, struct range range,
		   uint64_t count, uint64_t *offset);

/* The bytes at OFFSET (< size), as far as they go on in memory: up to
 * newlines->run.end. */
const unsigned char *newlines_run(struct newlines *newlines, uint64_t offset);

#endif
