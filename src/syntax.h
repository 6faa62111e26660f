/*
 * syntax: what the text of a regex says about the bytes of its matches.
 *
 * A regex is read as a few branches, each a row of items: sets of bytes, that
 * stand once or in a run.  Every match of the regex begins with the bytes of a
 * branch: a single item is one byte of its set, a run is none up to `most` of
 * them.  More than the matches may begin so, never less: what is not
 * understood is a run of any bytes, or there is no syntax at all.  What has no
 * width (\b, ^, look-around) is left out, but for the bytes that a regex looks
 * behind at where it begins, and that \b is there at an end of the regex.
 *
 * Which bytes a class or a caseless letter stands for is asked of PCRE2, by
 * trying them, so that the two can not disagree.
 */
#ifndef OCTAVO_SYNTAX_H
#define OCTAVO_SYNTAX_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SYNTAX_ITEMS = 40,
	SYNTAX_BRANCHES = 32,
};

/* As many as there are. */
#define SYNTAX_MANY UINT_MAX

struct byte_set {
	uint64_t bits[4];
};

static inline bool byte_set_has(const struct byte_set *set, unsigned byte)
{
	return set->bits[byte >> 6] >> (byte & 63) & 1;
}

static inline void byte_set_add(struct byte_set *set, unsigned byte)
{
	set->bits[byte >> 6] |= UINT64_C(1) << (byte & 63);
}

/* What a run does that could be of several lengths. */
enum syntax_greed {
	SYNTAX_GREEDY,
	SYNTAX_LAZY,
	SYNTAX_POSSESSIVE,
};

struct syntax_item {
	struct byte_set set;
	bool single;
	unsigned most;		/* 1 of a single one */
	enum syntax_greed greed;	/* of a run */
};

struct syntax_branch {
	size_t count;
	bool cut;		/* more bytes may follow than the items say */
	struct syntax_item items[SYNTAX_ITEMS];
};

/* Where a match must begin or end: between a byte of `word` and one that is
 * none, or nothing. */
struct syntax_bounds {
	bool start;
	bool end;
	struct byte_set word;
};

struct syntax {
	/* The items say everything: a match is the bytes of a branch, and of
	 * several ways to take them that which comes first by the order of the
	 * branches and the greed of the runs.  `bounds` come on top. */
	bool exact;
	struct syntax_bounds bounds;
	/* So many items of the one branch stand before the match; they are
	 * single. */
	size_t behind;
	size_t count;
	struct syntax_branch branches[SYNTAX_BRANCHES];
};

/* A regex that PCRE2 has compiled with OPTIONS.  NULL: nothing is known of it,
 * or there was no memory. */
struct syntax *syntax_read(const char *regex, size_t length, uint32_t options);
void syntax_free(struct syntax *syntax);

/* Bytes of a branch at least. */
size_t syntax_branch_least(const struct syntax_branch *branch);

bool byte_set_meet(const struct byte_set *one, const struct byte_set *other);
bool byte_set_equal(const struct byte_set *one, const struct byte_set *other);
void byte_set_unite(struct byte_set *set, const struct byte_set *other);
struct byte_set byte_set_all(void);

#endif
