/*
 * amount: how many bytes, as people say it: "812 B", "1.5 GiB".
 */
#ifndef OCTAVO_AMOUNT_H
#define OCTAVO_AMOUNT_H

#include <stddef.h>
#include <stdint.h>

/* In TEXT of SIZE bytes, of which 16 are enough; returns TEXT.  Cut off, not
 * rounded, after one tenth. */
char *amount_format(uint64_t bytes, char *text, size_t size);

#endif
