/*
 * What a search finds as lines of text, which the workers make: one for each
 * match (SEARCH_PRINT) or for each line with a match (SEARCH_LINES).
 */
#ifndef OCTAVO_SEARCH_TEXT_H
#define OCTAVO_SEARCH_TEXT_H

#include "newline.h"
#include "octavo/search.h"

/* Takes LENGTH bytes of text, in order. */
typedef bool text_sink(void *sink, const void *bytes, size_t length,
		       struct error *error);

/* All zeros but the first four is one that has written nothing. */
struct text_writer {
	struct newlines lines;	/* of the document */
	const char *prefix;	/* of each line; or NULL */
	text_sink *put;
	void *sink;
	/* Of lines: `newlines` stand before `counted`, or before the first
	 * line that begins from there on. */
	uint64_t newlines;
	uint64_t counted;
	uint64_t printed;	/* the end of the last line that was written */
};

/* "OFFSET LENGTH". */
bool text_write_match(struct text_writer *writer, struct match match,
		      struct error *error);

/* "NUMBER:" and the line in which a match starts at START, which is not before
 * the one of the last call; nothing where that line has been written, and
 * behind the document's last newline.  *WRITTEN says whether it was. */
bool text_write_line(struct text_writer *writer, uint64_t start,
		     bool *written, struct error *error);

/* `printed` as it will be after the line around START was written. */
uint64_t text_printed_after(struct text_writer *writer, uint64_t start);

#endif
