/*
 * memory: the one way to the heap for rooms that hold unsaved work, so that
 * a test can make any allocation fail.
 */
#ifndef OCTAVO_MEMORY_H
#define OCTAVO_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* As malloc, realloc and free; NULL where there is no memory. */
void *memory_allocate(size_t size);
void *memory_resize(void *old, size_t size);
void memory_free(void *old);

/* For tests: asked before every allocation and resize, which fails where it
 * says true.  NULL outside of tests. */
extern bool (*memory_refuse)(void);

#endif
