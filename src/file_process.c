/*
 * file_process: the memory of a running process as a file.
 *
 * Invariants
 *  1. `map` is a descriptor of the address space whose regions are listed, not
 *     of whichever the process has now.
 *  2. `regions` ascend, are not empty, do not overlap, and end at
 *     FILE_PROCESS_MAXIMUM at the latest; `present` is made of them.
 */
#include "file_process.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"

/* What lies behind it, such as the page of old system calls in the last
 * megabytes of all addresses, is nobody's data. */
static const uint64_t FILE_PROCESS_MAXIMUM = UINT64_C(1) << 56;

enum { TEXT_FIRST = 64 << 10, TEXT_MAXIMUM = 256 << 20 };

/* --- its files --- */

bool file_process_is(const char *path, char *folder)
{
	static const char root[] = "/proc/", end[] = "/mem";
	size_t length = strlen(path);
	const size_t ending = sizeof end - 1;

	if (length < ending || length >= PATH_MAX ||
	    strcmp(path + length - ending, end) != 0)
		return false;
	/* Others name it by way of links: /proc/self. */
	if (!io.realpath(path, folder))
		strcpy(folder, path);
	length = strlen(folder);
	if (strncmp(folder, root, sizeof root - 1) != 0 ||
	    !isdigit((unsigned char)folder[sizeof root - 1]) ||
	    length < ending || strcmp(folder + length - ending, end) != 0)
		return false;
	folder[length - ending] = '\0';
	return true;
}

static int open_file(const char *folder, const char *name)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return io_open(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
}

/* The beginning of a file of the process, as a string; false with errno. */
static bool read_file(const char *folder, const char *name, char *text,
		      size_t size)
{
	int fd = open_file(folder, name);

	if (fd < 0)
		return false;
	ssize_t count = io_read_at(fd, text, size - 1, 0);

	io_close(fd);
	text[count > 0 ? count : 0] = '\0';
	return count > 0;
}

static bool read_name(struct file_process *process)
{
	char *name = process->name.name;

	if (!read_file(process->folder, "comm", name,
		       sizeof process->name.name))
		return false;
	name[strcspn(name, "\n")] = '\0';
	process->name.number = strtol(process->folder + strlen("/proc/"),
				      NULL, 10);
	return true;
}

/* When the process whose files are in FOLDER was started. */
static bool read_started(const char *folder, uint64_t *started)
{
	enum { FIELD = 20 };	/* behind the name, which may hold anything */
	char text[1024];

	if (!read_file(folder, "stat", text, sizeof text))
		return false;
	const char *at = strrchr(text, ')');

	for (int i = 0; at && i < FIELD; i++)
		at = strchr(at + 1, ' ');
	if (!at)
		return false;
	*started = strtoull(at, NULL, 10);
	return true;
}

/* --- the list of regions --- */

/* The whole text behind the descriptor, as a string. */
static char *read_text(const struct file_process *process,
		       struct error *error)
{
	size_t room = TEXT_FIRST, length = 0;
	char *text = NULL;

	for (;;) {
		char *more = room <= TEXT_MAXIMUM ? realloc(text, room) : NULL;

		if (!more) {
			free(text);
			error_set_memory(error);
			return NULL;
		}
		text = more;

		ssize_t count = io_read_at(process->map, text + length,
					   room - 1 - length, length);
		if (count < 0) {
			error_set_system(error, errno, "cannot read %s/maps",
					 process->folder);
			free(text);
			return NULL;
		}
		length += (size_t)count;
		if (length < room - 1)
			break;
		room *= 2;
	}
	text[length] = '\0';
	return text;
}

/* Reads a line, "START-END PERMISSIONS OFFSET DEVICE INODE NAME", and ends it
 * with a zero byte; false where it is no such line. */
static bool parse_region(char *line, struct file_region *region)
{
	char *at;
	int name = 0;

	region->range.start = strtoull(line, &at, 16);
	if (*at++ != '-')
		return false;
	region->range.end = strtoull(at, &at, 16);
	if (sscanf(at, " %4s %*s %*s %*s%n", region->permissions, &name) != 1 ||
	    name == 0)
		return false;
	at += name;
	at += strspn(at, " ");
	region->name = *at ? at : "[anonymous]";
	/* The kernel's clock is the process's own to read, and nobody else's. */
	region->readable = region->permissions[0] == 'r' &&
			   strncmp(region->name, "[vvar", 5) != 0;
	return region->range.start < region->range.end;
}

static size_t count_lines(const char *text)
{
	size_t count = 0;

	while ((text = strchr(text, '\n')) != NULL) {
		text++;
		count++;
	}
	return count;
}

/* Fills REGIONS, which has the room, from TEXT, and returns how many. */
static size_t parse_text(char *text, struct file_region *regions)
{
	uint64_t covered = 0;
	size_t count = 0;

	for (char *next; *text; text = next) {
		size_t length = strcspn(text, "\n");
		struct file_region *region = &regions[count];

		next = text + length + (text[length] == '\n');
		text[length] = '\0';
		/* Between two reads of a long list it may have changed. */
		if (!parse_region(text, region) ||
		    region->range.end > FILE_PROCESS_MAXIMUM ||
		    region->range.start < covered)
			continue;
		covered = region->range.end;
		count++;
	}
	return count;
}

static size_t join_present(const struct file_region *regions, size_t count,
			   struct range *present)
{
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		struct range range = regions[i].range;

		if (!regions[i].readable)
			continue;
		if (used > 0 && present[used - 1].end == range.start)
			present[used - 1].end = range.end;
		else
			present[used++] = range;
	}
	return used;
}

bool file_process_read_map(struct file_process *process, struct error *error)
{
	/* Who asks whether it lives will hear that it does not. */
	if (process->regions && !file_process_lives(process))
		return true;

	char *text = read_text(process, error);

	if (!text)
		return false;

	size_t room = count_lines(text) + 1;
	struct file_region *regions = calloc(room, sizeof *regions);
	struct range *present = calloc(room, sizeof *present);

	if (!regions || !present) {
		free(text);
		free(regions);
		free(present);
		return error_set_memory(error);
	}
	free(process->text);
	free(process->regions);
	free(process->present);
	process->text = text;
	process->regions = regions;
	process->count = parse_text(text, regions);
	process->present = present;
	process->present_count = join_present(regions, process->count,
					      present);
	return true;
}

/* --- opening --- */

bool file_process_refused(const char *folder, int number,
			  struct error *error)
{
	const char *process = folder + strlen("/proc/");
	char scope[8] = "";
	struct stat status;

	if (io.stat("/proc/self", &status) < 0 && errno == ENOENT)
		return error_set(error, "this system does not show the memory "
				 "of processes below /proc");
	if (number == ENOENT || number == ESRCH)
		return error_set(error, "there is no process %s", process);
	if (number != EACCES && number != EPERM)
		return error_set_system(error, number, "cannot open the memory "
					"of process %s", process);
	if (io.stat(folder, &status) == 0 && status.st_uid != geteuid())
		return error_set(error, "cannot open the memory of process %s: "
				 "permission denied, it is not yours", process);
	if (read_file("/proc/sys/kernel/yama", "ptrace_scope", scope,
		      sizeof scope) && scope[0] != '0')
		return error_set(error, "cannot open the memory of process %s: "
				 "permission denied, as "
				 "kernel.yama.ptrace_scope is %c", process,
				 scope[0]);
	return error_set(error, "cannot open the memory of process %s: "
			 "permission denied", process);
}

static bool read_process(struct file_process *process, struct error *error)
{
	const char *number = process->folder + strlen("/proc/");

	process->map = open_file(process->folder, "maps");
	if (process->map < 0 || !read_name(process) ||
	    !read_started(process->folder, &process->started))
		return file_process_refused(process->folder, errno, error);
	if (!file_process_read_map(process, error))
		return false;
	return process->present_count > 0 ||
	       error_set(error, "process %s has no memory of its own: it has "
			 "ended, or is a part of the system", number);
}

struct file_process *file_process_open(const char *folder,
				       struct error *error)
{
	struct file_process *process = calloc(1, sizeof *process);

	if (!process) {
		error_set_memory(error);
		return NULL;
	}
	process->map = -1;
	strcpy(process->folder, folder);
	if (read_process(process, error))
		return process;
	file_process_close(process);
	return NULL;
}

void file_process_close(struct file_process *process)
{
	if (!process)
		return;
	if (process->map >= 0)
		io_close(process->map);
	free(process->text);
	free(process->regions);
	free(process->present);
	free(process);
}

/* --- questions --- */

bool file_process_lives(const struct file_process *process)
{
	char byte;
	ssize_t count = io_read_at(process->map, &byte, 1, 0);

	/* A read that tells nothing is not the end of it. */
	return count > 0 || (count < 0 && errno != ESRCH);
}

bool file_process_is_same(const struct file_process *process)
{
	uint64_t started;

	return read_started(process->folder, &started) &&
	       started == process->started && file_process_lives(process);
}

uint64_t file_process_size(const struct file_process *process)
{
	return process->count > 0 ? process->regions[process->count - 1]
					    .range.end : 0;
}

bool file_process_present(const struct file_process *process, uint64_t offset,
			  struct range *same)
{
	const struct range *present = process->present;
	size_t low = 0, high = process->present_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (present[middle].end <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < process->present_count && present[low].start <= offset) {
		*same = present[low];
		return true;
	}
	same->start = low > 0 ? present[low - 1].end : 0;
	same->end = low < process->present_count ? present[low].start
						 : UINT64_MAX;
	return false;
}

uint64_t file_process_bytes(const struct file_process *process)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < process->present_count; i++)
		bytes += range_length(process->present[i]);
	return bytes;
}
