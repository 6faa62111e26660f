/*
 * A way around a bug of PCRE2's JIT: up to 10.42 it remembers where a run of
 * one character (x*, \d+) was tried in vain, and takes each earlier place for
 * as vain.  That is not so if what stands before the run can end in several
 * places: (?:ab|a)x*b does not match "ab" then, nor does (?:bar|ba).*?[a-z]
 * "bar".  The interpreter finds both.
 */
#ifndef OCTAVO_PATTERN_EARLY_H
#define OCTAVO_PATTERN_EARLY_H

#include <stdbool.h>
#include <stddef.h>

/* May the JIT of the PCRE2 that is here miss matches of the regex? */
bool pattern_early_misses(const char *regex, size_t length);

/*
 * The same regex, with the same groups and matches, in which the JIT is more
 * careful (*LENGTH bytes, to be freed), or NULL without memory.  LINES: all its
 * matches begin where ^ matches.  Where it does not compile, as for a regex
 * that begins with (*UCP), only the interpreter is right.
 */
char *pattern_early_detour(const char *regex, bool lines, size_t *length);

#endif
