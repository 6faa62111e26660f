/*
 * memory: malloc and its friends with a place where a test can stand in the
 * way.
 */
#include "memory.h"

#include <stdlib.h>

bool (*memory_refuse)(void);

void *memory_allocate(size_t size)
{
	if (memory_refuse && memory_refuse())
		return NULL;
	return malloc(size);
}

void *memory_resize(void *old, size_t size)
{
	if (memory_refuse && memory_refuse())
		return NULL;
	return realloc(old, size);
}

void memory_free(void *old)
{
	free(old);
}
