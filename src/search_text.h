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

/* How far lines have come; what the chunks of a search hand on. */
struct text_lines {
	uint64_t newlines;	/* before the next chunk */
	/* Of the lines that begin before it is known whether they are selected,
	 * and what is to be written of them is.  A line begins there. */
	uint64_t decided;
	uint64_t printed;	/* the end of the last line that was written */
	uint64_t owed;		/* so many lines behind that as context */
	bool any;		/* one was written */
};

/* All zeros but the first six is one that has written nothing. */
struct text_writer {
	struct newlines newlines;	/* of the document */
	struct range range;	/* of the search */
	struct search_lines which;
	const char *prefix;	/* of each line; or NULL */
	text_sink *put;
	void *sink;
	struct text_lines lines;
	uint64_t number;	/* newlines before */
	uint64_t counted;	/* this place */
};

/* "OFFSET LENGTH". */
bool text_write_match(struct text_writer *writer, struct match match,
		      struct error *error);

/*
 * Lines are written chunk by chunk: text_lines_begin; text_lines_match for
 * each match, in order; text_lines_end.  *COUNT grows by the lines that are
 * selected.
 */

/* A chunk begins at OFFSET; BEFORE is what the one before it has left, NULL for
 * the first. */
void text_lines_begin(struct text_writer *writer, uint64_t offset,
		      const struct text_lines *before);
/* A match starts at START: its line, unless that has been decided, and what is
 * due before it. */
bool text_lines_match(struct text_writer *writer, uint64_t start,
		      uint64_t *count, struct error *error);
/* No more matches start in CHUNK, which is the LAST one of the search or not:
 * what is due of the lines that end in it. */
bool text_lines_end(struct text_writer *writer, struct range chunk, bool last,
		    uint64_t *count, struct error *error);

/* Is that nothing, and does all that is handed on but newlines follow from the
 * last match? */
bool text_lines_are_plain(const struct text_writer *writer);
/* If so, `decided` as it will be after the match at START. */
uint64_t text_lines_after(struct text_writer *writer, uint64_t start);

#endif
