/*
 * replacement: what a match becomes: a text with places for what was matched,
 * or bytes as they are.
 *
 * The text is read by PCRE2 (pcre2_substitute, extended): $0 $1 ${name} are
 * the match and its groups, ${1:-TEXT} and ${1:+TEXT:TEXT} depend on whether a
 * group is set, $$ is a dollar; \n \t \xHH and so on are the characters they
 * are in a regex, a backslash before other punctuation takes its meaning away,
 * \Q...\E quotes; \U and \L turn what follows into capitals or small letters
 * up to \E, \u and \l only the next letter.  A group that is not set is empty.
 *
 * Immutable, and shared with forked workers by the fork.
 */
#ifndef OCTAVO_REPLACEMENT_H
#define OCTAVO_REPLACEMENT_H

#include "octavo/pattern.h"

struct replacement;

/*
 * From the LENGTH bytes at TEXT, for matches of PATTERN, which must outlive
 * it.  What is wrong with it is said here, but for what stands in a branch
 * that neither all groups nor none lead to.  The error's position is in TEXT.
 */
struct replacement *replacement_new(const struct pattern *pattern,
				    const char *text, size_t length,
				    struct error *error);
/* LENGTH bytes as they are. */
struct replacement *replacement_of_bytes(const void *bytes, size_t length,
					 struct error *error);
/* LENGTH bytes (at least 1), over and over, up to the length of the match. */
struct replacement *replacement_of_filler(const void *bytes, size_t length,
					  struct error *error);
void replacement_free(struct replacement *replacement);

/* The bytes that every match becomes, *LENGTH of them; NULL where it is not
 * the same for all. */
const unsigned char *replacement_constant(
	const struct replacement *replacement, size_t *length);

#endif
