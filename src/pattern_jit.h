/*
 * Ways around bugs of PCRE2's JIT, where the interpreter is right.
 *
 * Up to 10.42 it remembers where a run of one character (x*, \d+) was tried in
 * vain, and takes each earlier place for as vain.  That is not so if what
 * stands before the run can end in several places: (?:ab|a)x*b does not match
 * "ab" then, nor does (?:bar|ba).*?[a-z] "bar".
 *
 * And where bytes may be no UTF-8, its \X takes more than two letters of a
 * flag (regional indicators) together.
 */
#ifndef OCTAVO_PATTERN_JIT_H
#define OCTAVO_PATTERN_JIT_H

#include <stdbool.h>
#include <stddef.h>

/* May the JIT of the PCRE2 that is here miss matches of the regex? */
bool pattern_jit_misses(const char *regex, size_t length);

/*
 * The same regex, with the same groups and matches, in which it does not
 * (*LENGTH bytes, to be freed), or NULL without memory.  LINES: all matches
 * begin where ^ matches.  Where it does not compile, as for a regex that begins
 * with (*UCP), only the interpreter is right.
 */
char *pattern_jit_detour(const char *regex, bool lines, size_t *length);

/* Is the regex, in UTF mode, one of which only the interpreter is right? */
bool pattern_jit_joins_flags(const char *regex, size_t length);

#endif
