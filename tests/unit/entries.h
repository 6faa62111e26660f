/*
 * entries: how many names a folder has.
 */
#ifndef OCTAVO_TEST_ENTRIES_H
#define OCTAVO_TEST_ENTRIES_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static inline int entries_count(const char *folder)
{
	DIR *entries = opendir(folder);
	int count = -2;

	assert_non_null(entries);
	while (readdir(entries))
		count++;
	closedir(entries);
	return count;
}

#endif
