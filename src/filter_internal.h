/*
 * What the files of the filter room share.
 */
#ifndef OCTAVO_FILTER_INTERNAL_H
#define OCTAVO_FILTER_INTERNAL_H

#include "filter.h"
#include "octavo/range.h"
#include "sizes.h"

enum {
	FILTER_BLOCK = 64,	/* places that one word has bits for */
	FILTER_TESTS = 3,
	FILTER_PARTS = 4,
	FILTER_RUNS = 8,
	FILTER_BUCKETS = 8,
	FILTER_NIBBLES = 16,
	FILTER_WORD_PLACES = 4,
	/* Farther back than this a start is not looked for, if nothing but
	 * the distance bounds it. */
	FILTER_BEFORE_MAXIMUM = 256,
	FILTER_PREFIX = 64,	/* bytes that a tile looks ahead */
	/* Of a tile's bitmaps, with what is looked ahead; they are worked on
	 * four together. */
	FILTER_TILE_WORDS = (FILTER_TILE_SIZE / 64 + 1 + 3) / 4 * 4,
	/* One more, which is always full. */
	FILTER_TILE_ROOM = FILTER_TILE_WORDS + 1,
};

/* Is (byte | fold) - start at most width?  In unsigned bytes; for a byte at
 * `place` behind the one that is asked about. */
struct filter_test {
	unsigned char fold;
	unsigned char start;
	unsigned char width;
	size_t place;
};

/* A set as tests, one of which must hold. */
struct filter_class {
	struct byte_set set;
	struct filter_test parts[FILTER_PARTS];
	unsigned count;
	bool exact;		/* no other bytes pass */
};

/* Where the starts are that belong to an anchor. */
struct filter_before {
	size_t least;		/* bytes between */
	size_t most;		/* or SYNTAX_MANY */
	struct byte_set set;	/* what they are */
};

/* Single items in a row. */
struct filter_run {
	const struct syntax_item *items;
	size_t count;
	struct filter_before before;
};

/* For `length` places in a row: the buckets in which a byte with these low, or
 * high, four bits may stand there. */
struct filter_tables {
	unsigned length;
	bool whole;		/* the high bits are looked at, too */
	unsigned char low[FILTER_WORD_PLACES][FILTER_NIBBLES];
	unsigned char high[FILTER_WORD_PLACES][FILTER_NIBBLES];
};

struct filter_word {
	struct filter_run run;
	size_t place;		/* in the run: of those that are looked for */
	bool plain;		/* it is these bytes */
	unsigned char bytes[SYNTAX_ITEMS];
};

struct filter_words {
	struct filter_word words[SYNTAX_BRANCHES];
	size_t count;
	bool exact;		/* a word is a match, the first one first */
	size_t longest;		/* bytes from a start to a word's end */
	struct filter_tables tables;
	uint32_t members[FILTER_BUCKETS];	/* words, a bit each */
	/* Bytes between a start and the places that are looked for. */
	size_t least;
	size_t most;
};

/* Some bytes of a match, and then a run, which goes as far as it can. */
struct filter_tile_step {
	size_t before;
	size_t class;
	unsigned most;
	/* All up to its end are less than FILTER_BLOCK: a bit for `most`. */
	uint64_t stop;
};

struct filter_tile {
	size_t base;
	bool valid;
	size_t items;		/* of the branch, that fit in */
	/* Where the bitmaps say all there is to a match, the way from its
	 * start to its end. */
	bool matches;
	struct filter_tile_step steps[SYNTAX_ITEMS];
	size_t step_count;
	size_t after;		/* bytes behind the last step */
	size_t class_count;
	unsigned char class_of[SYNTAX_ITEMS];
	struct filter_class classes[SYNTAX_ITEMS];
	uint64_t bits[SYNTAX_ITEMS][FILTER_TILE_WORDS];
	uint64_t starts[FILTER_TILE_ROOM];
	uint64_t occupied;	/* words of `starts` that are not 0 */
};

/* A gap ends where `stop` passes, or both of `places`. */
struct filter_gap_tests {
	struct filter_test stop;
	struct filter_test places[2];
};

struct filter_sequence;

/* What runs in one of two widths. */
struct filter_loops {
	/* The first block from AT on, of FILTER_BLOCK places each, in which
	 * some place passes all tests, with *MASK of those; else the first
	 * that does not end before END, with none. */
	size_t (*find)(const struct filter_test *tests, unsigned count,
		       const unsigned char *bytes, size_t at, size_t end,
		       uint64_t *mask);
	/* The same: places that have a bucket left. */
	size_t (*find_words)(const struct filter_tables *tables,
			     const unsigned char *bytes, size_t at, size_t end,
			     uint64_t *mask);
	/* Counts the places where the sequence is, which is nothing but bytes,
	 * from *AT on in whole blocks up to END, none in another: behind the
	 * last of them, at LAST, or behind the blocks *AT is then. */
	size_t (*pass)(const struct filter_sequence *sequence,
		       const struct filter_test *tests, unsigned count,
		       size_t *at, size_t end, size_t *last);
	/* One bit for each of FILTER_BLOCK * COUNT bytes. */
	void (*classify)(const struct filter_class *class,
			 const unsigned char *bytes, size_t count,
			 uint64_t *bits);
	/* The first byte from AT on, before END, that is not of an exact
	 * class; or one less than a vector before END. */
	size_t (*skip)(const struct filter_class *class,
		       const unsigned char *bytes, size_t at, size_t end);
	/* The first block from AT on, before END, in which a gap may end, with
	 * the masks; else the same as `find`. */
	size_t (*find_gap)(const struct filter_gap_tests *tests,
			   const unsigned char *bytes, size_t at, size_t end,
			   uint64_t *stops, uint64_t *places);
	/* How many of LENGTH bytes are BYTE. */
	uint64_t (*count)(unsigned char byte, const unsigned char *bytes,
			  size_t length);
	/* In the bitmap of a tile: the places of the class that are COUNT (1
	 * up to 63) before one that BITS has. */
	void (*keep_behind)(uint64_t *bits, unsigned count,
			    const uint64_t *class);
	/* ... and with COUNT 1, those besides BITS. */
	void (*add_behind)(uint64_t *bits, const uint64_t *class);
};

extern const struct filter_loops filter_loops_wide;
extern const struct filter_loops filter_loops_narrow;

struct filter {
	enum filter_kind kind;
	const struct syntax *syntax;
	const struct filter_loops *loops;
	bool characters;
	/* What stands `back` before an anchor or a start, and on. */
	struct filter_sequence *sequence;
	size_t back;
	bool exact;		/* and that is a match, whose start is known */
	bool plain;		/* it is nothing but the sequence's bytes */
	const unsigned char *bytes;
	size_t size;
	bool complete;
	/* Anchors. */
	struct filter_run runs[FILTER_RUNS];
	size_t run_count;
	const struct filter_run *run;	/* the one that is looked for */
	struct filter_before before;
	size_t span;
	struct filter_test tests[FILTER_TESTS];
	unsigned test_count;
	/* Of anchors behind a gap: the sequence that begins a match, whose
	 * first run is before the gap and has these tests. */
	struct filter_sequence *starts;
	bool refined;		/* it is looked for where an anchor is found */
	struct filter_test start_tests[FILTER_TESTS];
	unsigned start_test_count;
	struct filter_test before_stop;	/* passes for bytes not of before.set */
	struct filter_words *words;
	int walk;		/* an enum filter_walk, at the last anchor, */
	size_t end;		/* and the end of it */
	/* Of anchors and words: */
	size_t block;		/* where the last block began, */
	uint64_t mask;		/* and what was found in it */
	struct filter_tile *tile;
};

/* --- filter.c --- */

/* From now on anchors, or starts, are where the sequence of these items is,
 * BACK before them.  EXACT: one match begins there, if the syntax is exact. */
void filter_choose_sequence(struct filter *filter,
			    const struct syntax_item *items, size_t back,
			    bool exact);
/* All the items as a sequence; whether that says all there is to a match. */
bool filter_make_whole(struct filter *filter,
		       struct filter_sequence *sequence);

/* --- filter_class.c --- */

unsigned byte_set_count(const struct byte_set *set);
/* The test that passes fewest bytes beside those of SET; how many pass. */
unsigned filter_test_of(const struct byte_set *set, struct filter_test *test);
void filter_class_of(const struct byte_set *set, struct filter_class *class);

/* --- filter_anchor.c --- */

bool filter_anchor_make(struct filter *filter);
/* Finds up to MOST runs of a branch; the number of them. */
size_t filter_find_runs(const struct syntax_branch *branch,
			struct filter_run *runs, size_t most);
/* Looks for this run of the branch from now on. */
void filter_choose_run(struct filter *filter, const struct filter_run *run);
/* The COUNT TESTS are of the first run. */
void filter_set_start_tests(struct filter *filter,
			    const struct filter_test *tests, unsigned count);
bool filter_anchor_next(struct filter *filter, size_t from, size_t to,
			struct filter_range *range);
/* The same as filter_pass, where each anchor is a match: but not up to TO. */
size_t filter_anchor_pass(struct filter *filter, size_t *from, size_t to,
			  struct filter_range *last);

/* --- filter_tune.c --- */

void filter_anchor_tune(struct filter *filter, size_t from);

/* --- filter_words.c --- */

bool filter_words_make(struct filter *filter);
void filter_words_tune(struct filter *filter, size_t from);
bool filter_words_next(struct filter *filter, size_t from, size_t to,
		       struct filter_range *range);

/* --- filter_tile.c --- */

bool filter_tile_make(struct filter *filter);
bool filter_tile_next(struct filter *filter, size_t from, size_t to,
		      struct filter_range *range);

#endif
