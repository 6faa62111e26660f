/*
 * What the files of the syntax room share: the reader, and what it makes of
 * single characters and classes.
 */
#ifndef OCTAVO_SYNTAX_INTERNAL_H
#define OCTAVO_SYNTAX_INTERNAL_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "syntax.h"

struct reader {
	const char *start;
	const char *at;
	const char *end;
	uint32_t options;	/* as they are here */
	unsigned depth;
	unsigned sets;		/* asked for so far */
	bool exact;
	struct syntax_bounds bounds;
	bool lost;		/* it has given up */
	struct syntax_branch behind;	/* what must be before a match */
	/* The class that was asked for last. */
	const char *class;
	size_t class_length;
	uint32_t class_options;
	struct byte_set class_set;
	unsigned char *letters;	/* one of each, in UTF-8; or NULL */
	size_t letters_length;
};

/* --- syntax_items.c --- */

/* Append an item to a branch. */
void syntax_branch_single(struct syntax_branch *branch,
			  const struct byte_set *set);
void syntax_branch_run(struct syntax_branch *branch,
		       const struct byte_set *set, size_t most,
		       enum syntax_greed greed);
/* NEXT behind the branch; false where there was no room for all of it. */
bool syntax_branch_append(struct syntax_branch *branch,
			  const struct syntax_branch *next);
/* WHOLE followed by NEXT, whatever the branches of either; false where more
 * is allowed now than the two say. */
bool syntax_append(struct syntax *whole, const struct syntax *next);
/* One branch for all those of WHOLE. */
void syntax_flatten(struct syntax *whole);
/* WHOLE or OTHER. */
bool syntax_unite(struct syntax *whole, const struct syntax *other);
/* WHOLE, at least LEAST times and at most MOST. */
bool syntax_repeat(struct syntax *whole, size_t least, size_t most,
		   enum syntax_greed greed);

/* --- syntax_atoms.c: each appends to what it is given --- */

/* Says that nothing is known; false, to be returned. */
static inline bool syntax_lose(struct reader *reader)
{
	reader->lost = true;
	return false;
}

/* One of a class or the like, which is the LENGTH bytes at REGEX. */
bool syntax_take_class(struct reader *reader, const char *regex,
		       size_t length, struct syntax_branch *branch);
/* \b, behind which the reader is. */
bool syntax_take_bound(struct reader *reader);
/* A character that stands for itself. */
bool syntax_take_literal(struct reader *reader, unsigned point,
			 struct syntax *atom);
void syntax_take_anything(struct reader *reader,
			  struct syntax_branch *branch);

#endif
