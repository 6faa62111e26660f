/*
 * file_process: the memory of a running process as a file: which one it is,
 * what is mapped where, whether it still lives.
 *
 * The system shows it as /proc/N/mem, read and written at offsets that are
 * addresses, and /proc/N/maps, a line for each region.  Descriptors of both
 * belong to the address space that the process had when they were opened: they
 * come to their end when it ends or runs another program, whoever has its
 * number then.
 */
#ifndef OCTAVO_FILE_PROCESS_H
#define OCTAVO_FILE_PROCESS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "octavo/error.h"
#include "octavo/file.h"

struct file_process {
	struct file_process_name name;
	char folder[PATH_MAX];	/* of its files */
	uint64_t started;	/* since the system did, in its ticks */
	int map;		/* a descriptor of the list of regions */
	struct file_region *regions;	/* ascending */
	size_t count;
	char *text;		/* what their names point into */
	struct range *present;	/* those that can be read, joined where they
				 * touch; ascending */
	size_t present_count;
};

/* Does PATH, which need not exist, name the memory of a process?  Then FOLDER,
 * of PATH_MAX bytes, is where its files are. */
bool file_process_is(const char *path, char *folder);

/* The process whose files are in FOLDER; NULL with the reason. */
struct file_process *file_process_open(const char *folder,
				       struct error *error);
void file_process_close(struct file_process *process);

/* Reads the list of regions anew; on failure, and when the address space is
 * gone, it stays what it was. */
bool file_process_read_map(struct file_process *process, struct error *error);

/* Is the address space still there? */
bool file_process_lives(const struct file_process *process);
/* Is it that of the process that has the number now? */
bool file_process_is_same(const struct file_process *process);

/* Where the last region ends. */
uint64_t file_process_size(const struct file_process *process);

/* As file_present. */
bool file_process_present(const struct file_process *process, uint64_t offset,
			  struct range *same);
/* Bytes that can be read. */
uint64_t file_process_bytes(const struct file_process *process);

/* Why the process whose files are in FOLDER cannot be opened, after an open
 * that has failed with NUMBER; always false. */
bool file_process_refused(const char *folder, int number,
			  struct error *error);

#endif
