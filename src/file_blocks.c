/*
 * file_blocks: files that are not mapped but read and written at positions:
 * the memory of a process (file_process.h) and character devices.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "file_internal.h"
#include "io.h"

/* --- opening --- */

bool file_begin_process(struct file *file, const char *folder,
			struct error *error)
{
	file->kind = FILE_PROCESS;
	file->process = file_process_open(folder, error);
	if (!file->process)
		return false;
	file->known.size = file_process_size(file->process);
	return file_know(file, error);
}

/* Reading from such a device at an offset, or asking for its end, is all that
 * is known to do no harm. */
bool file_begin_character(struct file *file, struct error *error)
{
	unsigned char byte;
	off_t end = io.lseek(file->fd, 0, SEEK_END);
	ssize_t count;

	do
		count = io.pread(file->fd, &byte, 1, 0);
	while (count < 0 && errno == EINTR);
	if (count < 0 && (errno == ESPIPE || errno == EINVAL))
		return error_set(error, "cannot open %s: it cannot be read at "
				 "an offset", file->path);
	file->kind = FILE_CHARACTER;
	file->known.size = end > 0 ? (uint64_t)end : count == 0 ? 0
						     : FILE_ENDLESS;
	file->read_only = file_access_text(AT_FDCWD, file->path, W_OK);
	return file_know(file, error);
}

/* --- questions --- */

bool file_by_blocks(const struct file *file)
{
	return file->kind == FILE_PROCESS || file->kind == FILE_CHARACTER;
}

bool file_fixed_length(const struct file *file)
{
	return file->kind == FILE_DEVICE || file_by_blocks(file);
}

bool file_present(const struct file *file, uint64_t offset,
		  struct range *same)
{
	*same = (struct range){ 0, UINT64_MAX };
	return !file->process ||
	       file_process_present(file->process, offset, same);
}

static bool file_is_same(const struct file *file, int fd)
{
	struct stat now;

	if (file->process)
		return file_process_is_same(file->process);
	return io.fstat(fd, &now) == 0 &&
	       now.st_dev == file->known.device &&
	       now.st_ino == file->known.inode;
}

int file_open_to_write(const struct file *file, struct error *error)
{
	int fd = io_open(AT_FDCWD, file->path,
			 O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0) {
		error_set_system(error, errno, "can't open it to write");
		return -1;
	}
	/* Asked once it is open, so that the one that is open is meant. */
	if (file_is_same(file, fd))
		return fd;
	io_close(fd);
	error_set(error, "another %s has taken its place",
		  file->process ? "process" : "file");
	return -1;
}

const struct file_process_name *file_process(const struct file *file)
{
	return file->process ? &file->process->name : NULL;
}

size_t file_region_count(const struct file *file)
{
	return file->process ? file->process->count : 0;
}

struct file_region file_region(const struct file *file, size_t index)
{
	assert(index < file_region_count(file));
	return file->process->regions[index];
}

size_t file_region_from(const struct file *file, uint64_t offset)
{
	size_t low = 0, high = file_region_count(file);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (file->process->regions[middle].range.end <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool file_region_at(const struct file *file, uint64_t offset,
		    struct file_region *region)
{
	size_t index = file_region_from(file, offset);

	if (index == file_region_count(file))
		return false;
	*region = file_region(file, index);
	return range_contains(region->range, offset);
}

bool file_reread_regions(struct file *file, struct error *error)
{
	return !file->process || file_process_read_map(file->process, error);
}

bool file_gap(const struct file *file, uint64_t offset, struct range *gap)
{
	if (offset >= file->known.size || file_present(file, offset, gap))
		return false;
	if (gap->end > file->known.size)
		gap->end = file->known.size;
	return true;
}
