/*
 * file: one descriptor, what it is, and what it looked like last.
 *
 * Invariants
 *  1. The descriptor is read-only and, but for what is read by blocks, can be
 *     mapped; -1 only for FILE_NEW.
 *  2. `known` is the identity of the descriptor (not of the path) when it was
 *     opened, or last accepted or taken; its size is that of the opening, or
 *     of the last file_take.  All zero for FILE_NEW.  Of what is read by blocks
 *     it has no times: those change by themselves.
 */
#include "octavo/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "file_internal.h"
#include "io.h"
#include "sizes.h"
#include "spool.h"

static bool characters_allowed;
static bool input_flows;
static bool input_given;	/* to a child: it is not ours any more */

void file_allow_characters(void)
{
	characters_allowed = true;
}

void file_let_input_flow(void)
{
	input_flows = true;
}

enum { FILE_OPEN_FLAGS = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC };

/* --- identity --- */

bool file_time_equal(struct timespec one, struct timespec other)
{
	return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

bool file_identity_equal(const struct file_identity *one,
			 const struct file_identity *other)
{
	return one->device == other->device && one->inode == other->inode &&
	       one->size == other->size &&
	       file_time_equal(one->modified, other->modified) &&
	       file_time_equal(one->changed, other->changed);
}

struct file_identity file_identity_of(const struct stat *status)
{
	return (struct file_identity){
		.device = status->st_dev,
		.inode = status->st_ino,
		.size = (uint64_t)status->st_size,
		.modified = status->st_mtim,
		.changed = status->st_ctim,
	};
}

static bool file_identify(const struct file *file,
			  struct file_identity *identity)
{
	struct stat status;

	if (io.fstat(file->fd, &status) < 0)
		return false;
	*identity = file_identity_of(&status);
	if (file_by_blocks(file)) {
		identity->size = file->known.size;
		identity->modified = identity->changed = (struct timespec){ 0 };
	}
	return file->kind != FILE_DEVICE ||
	       io.device_size(file->fd, &identity->size) == 0;
}

bool file_know(struct file *file, struct error *error)
{
	struct file_identity now;

	if (!file_identify(file, &now))
		return error_set_system(error, errno, "cannot examine %s",
					file->path);
	file->known = now;
	return true;
}

bool file_accept(struct file *file, struct error *error)
{
	uint64_t size = file->known.size;

	if (file->kind == FILE_NEW)
		return true;
	file_forget_holes(file);
	if (!file_know(file, error))
		return false;
	file->known.size = size;
	return true;
}

void file_set_size(struct file *file, uint64_t size)
{
	file->known.size = size;
}

void file_take(struct file *file, const struct file_identity *identity)
{
	file_forget_holes(file);
	file->known = *identity;
}

/* What the path says; FILE_SAME where it still names the descriptor's file,
 * or where nobody may look. */
static enum file_state file_check_path(const struct file *file)
{
	struct stat status;

	if (io.stat(file->path, &status) < 0) {
		bool gone = errno == ENOENT || errno == ENOTDIR;

		return gone && file->kind != FILE_NEW ? FILE_REMOVED
						      : FILE_SAME;
	}
	if (file->kind == FILE_NEW || status.st_dev != file->known.device ||
	    status.st_ino != file->known.inode)
		return FILE_REPLACED;
	return FILE_SAME;
}

static enum file_state file_check_named(const struct file *file,
					struct file_identity *now)
{
	if (!file_identify(file, now))
		return FILE_REMOVED;
	if (now->size < file->known.size)
		return FILE_SHRUNK;

	enum file_state state = file_check_path(file);
	if (state != FILE_SAME)
		return state;
	if (now->size > file->known.size)
		return FILE_GREW;
	return file_identity_equal(now, &file->known) ? FILE_SAME
						      : FILE_WRITTEN;
}

/* Nobody else knows it: its times are of no interest. */
static enum file_state file_check_spooled(const struct file *file,
					  struct file_identity *now)
{
	struct file_identity identity;

	if (!file_identify(file, &identity)
	    || identity.size <= file->known.size)
		return FILE_SAME;
	*now = identity;
	return FILE_GREW;
}

enum file_state file_check(const struct file *file, struct file_identity *now)
{
	struct file_identity identity = file->known;
	enum file_state state = FILE_SAME;

	if (file->kind == FILE_NEW)
		state = file_check_path(file);
	else if (file->kind == FILE_REGULAR || file->kind == FILE_DEVICE)
		state = file_check_named(file, &identity);
	else if (file->kind == FILE_SPOOLED)
		state = file_check_spooled(file, &identity);
	else if (file->kind == FILE_CHARACTER)
		state = file_check_path(file);
	else if (file->kind == FILE_PROCESS &&
		 !file_process_lives(file->process))
		state = FILE_ENDED;
	if (now)
		*now = identity;
	return state;
}

const char *file_state_text(enum file_state state)
{
	static const char *const texts[] = {
		[FILE_SAME] = "is the same as before",
		[FILE_GREW] = "has grown on disk",
		[FILE_SHRUNK] = "has shrunk on disk, bytes are lost",
		[FILE_WRITTEN] = "has changed on disk",
		[FILE_REPLACED] = "was replaced on disk by another file",
		[FILE_REMOVED] = "was removed from disk",
		[FILE_ENDED] =
			"is gone: the process has ended, or runs another program",
	};

	return texts[state];
}

/* --- may it be written? --- */

const char *file_access_text(int folder, const char *name, int mode)
{
	if (io.faccessat(folder, name, mode, AT_EACCESS) == 0)
		return NULL;
	switch (errno) {
	case EROFS:
		return "read-only file system";
	case EACCES:
	case EPERM:
		return "permission denied";
	default:
		return "not writable";
	}
}

static const char *file_regular_read_only(int fd, int folder, const char *name)
{
	struct statvfs system;
	bool immutable = false, append_only = false;

	if (io.fstatvfs(fd, &system) == 0 && (system.f_flag & ST_RDONLY))
		return "read-only file system";
	if (io.attributes(fd, &immutable, &append_only) == 0) {
		if (immutable)
			return "immutable";
		if (append_only)
			return "append-only";
	}
	return file_access_text(folder, name, W_OK);
}

static const char *file_device_read_only(int fd, const char *name)
{
	bool read_only = false;

	if (io.device_read_only(fd, &read_only) == 0 && read_only)
		return "read-only device";
	return file_access_text(AT_FDCWD, name, W_OK);
}

/* --- opening --- */

static const char *file_refusal(mode_t mode)
{
	if (S_ISDIR(mode))
		return "it is a directory";
	if (S_ISCHR(mode))
		return "it is a character device";
	if (S_ISSOCK(mode))
		return "it is a socket";
	return NULL;
}

static struct file *file_new(const char *path, struct error *error)
{
	struct file *file = calloc(1, sizeof *file);
	char *copy = strdup(path);

	if (!file || !copy) {
		free(file);
		free(copy);
		error_set_memory(error);
		return NULL;
	}
	file->path = copy;
	file->fd = -1;
	return file;
}

/* FILE or, where it did not come to be one, nothing. */
static struct file *file_finish(struct file *file, bool good)
{
	if (good)
		return file;
	file_close(file);
	return NULL;
}

/* FILE is what is spooled to FD. */
static bool file_take_spool(struct file *file, int fd, enum file_kind kind,
			    struct error *error)
{
	if (fd < 0)
		return false;
	if (file->fd >= 0)
		io_close(file->fd);
	file->fd = fd;
	file->kind = kind;
	file->read_only = kind == FILE_SPOOLED ? "came through a pipe"
					       : "generated by the system";
	return file_know(file, error);
}

static bool file_spool(struct file *file, const struct spool_source *source,
		       enum file_kind kind, struct error *error)
{
	return file_take_spool(file, spool_read(source, error), kind, error);
}

/* Standard input is the child's alone, so that who writes to it knows when
 * nobody reads any more. */
static void give_input_away(void)
{
	input_given = true;
	io_close(STDIN_FILENO);
	/* The lowest descriptor that is free. */
	io_open(AT_FDCWD, "/dev/null", O_RDONLY);
}

static bool file_flow_in(struct file *file, const struct spool_source *source,
			 struct error *error)
{
	int fd = spool_begin(source, &file->flow, error);

	if (!file_take_spool(file, fd, FILE_SPOOLED, error))
		return false;
	give_input_away();
	return true;
}

static bool file_can_be_mapped(const struct file *file)
{
	void *page = io.mmap(NULL, 1, PROT_READ, MAP_PRIVATE, file->fd, 0);

	if (page != MAP_FAILED)
		io.munmap(page, 1);
	return page != MAP_FAILED || errno != ENODEV;
}

/* Is it a regular file whose bytes are made up as they are read?  It cannot be
 * mapped, and where it says that it ends it does not.  Of a small one the end
 * is read first, which is the less work. */
static bool file_is_generated(const struct file *file, uint64_t size,
			      bool *generated, struct error *error)
{
	unsigned char bytes[2];
	uint64_t last = size > 0 ? size - 1 : 0;

	*generated = false;
	if (size > FILE_SMALL && file_can_be_mapped(file))
		return true;

	ssize_t count = io_read_at(file->fd, bytes, 2, last);
	int number = errno;

	if (count >= 0 && (uint64_t)count == size - last)
		return true;
	if (size > 0 && size <= FILE_SMALL && file_can_be_mapped(file))
		return true;
	if (count < 0)
		return error_set_system(error, number, "cannot read %s",
					file->path);
	*generated = true;
	return true;
}

static bool file_begin_regular(struct file *file, int folder, const char *name,
			       struct error *error)
{
	bool generated;

	file->kind = FILE_REGULAR;
	if (!file_know(file, error) ||
	    !file_is_generated(file, file->known.size, &generated, error))
		return false;
	if (generated) {
		struct spool_source source = {
			.fd = file->fd, .name = file->path,
			.maximum = FILE_GENERATED_MAXIMUM,
		};

		return file_spool(file, &source, FILE_GENERATED, error);
	}
	file->read_only = file_regular_read_only(file->fd, folder, name);
	return true;
}

static bool file_begin_device(struct file *file, struct error *error)
{
	file->kind = FILE_DEVICE;
	file->read_only = file_device_read_only(file->fd, file->path);
	return file_know(file, error);
}

/* The message for what errno says; always false. */
static bool file_open_failed(const struct file *file, struct error *error)
{
	char folder[PATH_MAX];
	int number = errno;

	if (file_process_is(file->path, folder))
		return file_process_refused(folder, number, error);
	return error_set_system(error, number, "cannot open %s", file->path);
}

/* Opens NAME, which fstatat said is SEEN, and makes sure that it still is. */
static bool file_open_seen(struct file *file, int folder, const char *name,
			   int flags, const struct stat *seen,
			   struct error *error)
{
	struct stat status;

	file->fd = io_open(folder, name, FILE_OPEN_FLAGS | flags);
	if (file->fd < 0 || io.fstat(file->fd, &status) < 0)
		return file_open_failed(file, error);
	if (status.st_dev != seen->st_dev || status.st_ino != seen->st_ino ||
	    ((status.st_mode ^ seen->st_mode) & S_IFMT))
		return error_set(error, "cannot open %s: it was replaced just "
				 "now", file->path);
	return true;
}

/* The folder that PATH lies in, to be freed; NULL where there is no memory. */
static char *path_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* A path that names nothing: a new file, where its folder exists. */
static bool file_begin_new(struct file *file, struct error *error)
{
	char *folder = path_folder(file->path);
	struct stat status;

	if (!folder)
		return error_set_memory(error);

	bool found = io.stat(folder, &status) == 0 &&
		     S_ISDIR(status.st_mode);
	if (found)
		file->read_only = file_access_text(AT_FDCWD, folder,
						   W_OK | X_OK);
	free(folder);
	file->kind = FILE_NEW;
	return found || error_set_system(error, ENOENT, "cannot open %s",
					 file->path);
}

static bool file_begin_input(struct file *file, file_progress *progress,
			     void *context, struct error *error)
{
	struct stat status;
	struct spool_source source = {
		.fd = STDIN_FILENO, .name = file->path, .waits = true,
		.maximum = UINT64_MAX,
		.progress = progress, .context = context,
	};

	if (input_given)
		return error_set(error, "%s was opened before", file->path);
	if (io.fstat(STDIN_FILENO, &status) < 0)
		return error_set_system(error, errno, "cannot read %s",
					file->path);
	const char *refusal = S_ISSOCK(status.st_mode) ? NULL :
			      isatty(STDIN_FILENO) ? "it is the terminal" :
			      file_refusal(status.st_mode);
	if (refusal)
		return error_set(error, "cannot read %s: %s", file->path,
				 refusal);
	if (input_flows)
		return file_flow_in(file, &source, error);
	return file_spool(file, &source, FILE_SPOOLED, error);
}

static bool file_begin(struct file *file, file_progress *progress,
		       void *context, struct error *error)
{
	char folder[PATH_MAX];
	struct stat seen;

	if (io.stat(file->path, &seen) < 0) {
		if (errno == ENOENT && !file_process_is(file->path, folder))
			return file_begin_new(file, error);
		return file_open_failed(file, error);
	}
	bool character = S_ISCHR(seen.st_mode) && characters_allowed;

	if (file_refusal(seen.st_mode) && !character)
		return error_set(error, "cannot open %s: %s%s", file->path,
				 file_refusal(seen.st_mode),
				 S_ISCHR(seen.st_mode)
					 ? ", which --device opens" : "");
	if (!file_open_seen(file, AT_FDCWD, file->path, 0, &seen, error))
		return false;
	if (S_ISREG(seen.st_mode) && file_process_is(file->path, folder))
		return file_begin_process(file, folder, error);
	if (S_ISREG(seen.st_mode))
		return file_begin_regular(file, AT_FDCWD, file->path, error);
	if (S_ISBLK(seen.st_mode))
		return file_begin_device(file, error);
	if (character)
		return file_begin_character(file, error);

	struct spool_source source = {
		.fd = file->fd, .name = file->path, .waits = true,
		.maximum = UINT64_MAX,
		.progress = progress, .context = context,
	};
	return file_spool(file, &source, FILE_SPOOLED, error);
}

struct file *file_open(const char *path, file_progress *progress,
		       void *context, struct error *error)
{
	if (!*path) {
		error_set(error, "empty file name");
		return NULL;
	}

	bool input = strcmp(path, "-") == 0;
	struct file *file = file_new(input ? "standard input" : path, error);
	if (!file)
		return NULL;
	return file_finish(file, input ? file_begin_input(file, progress,
							  context, error)
				       : file_begin(file, progress, context,
						    error));
}

struct file *file_open_at(int folder, const char *name, const char *path,
			  struct error *error)
{
	struct file *file = file_new(path, error);
	struct stat seen;

	if (!file)
		return NULL;
	if (io.fstatat(folder, name, &seen, AT_SYMLINK_NOFOLLOW) < 0) {
		error_set_system(error, errno, "cannot open %s", path);
		return file_finish(file, false);
	}
	if (!S_ISREG(seen.st_mode)) {
		error_set(error, "cannot open %s: it is not a regular file",
			  path);
		return file_finish(file, false);
	}
	return file_finish(file, file_open_seen(file, folder, name, O_NOFOLLOW,
						&seen, error) &&
				 file_begin_regular(file, folder, name,
						    error));
}

void file_close(struct file *file)
{
	if (!file)
		return;
	if (file->fd >= 0)
		io_close_behind(file->fd);
	spool_end(file->flow);
	file_process_close(file->process);
	free(file->path);
	free(file);
}

/* --- questions --- */

const char *file_path(const struct file *file)
{
	return file->path;
}

enum file_kind file_kind(const struct file *file)
{
	return file->kind;
}

int file_descriptor(const struct file *file)
{
	return file->fd;
}

uint64_t file_size(const struct file *file)
{
	return file->known.size;
}

struct file_identity file_identity(const struct file *file)
{
	return file->known;
}

const char *file_read_only(const struct file *file)
{
	return file->read_only;
}

char *file_folder(const struct file *file)
{
	return path_folder(file->path);
}

/* --- what still flows in --- */

enum file_flow file_flow(const struct file *file)
{
	return file->flow ? FILE_FLOWING
	       : file->cut_off ? FILE_CUT_OFF : FILE_STILL;
}

bool file_flow_poll(struct file *file, struct error *error)
{
	bool more;
	enum job_state state;

	if (!file->flow)
		return false;
	state = spool_poll(file->flow, &more, error);
	if (state == JOB_RUNNING)
		return more;
	spool_end(file->flow);
	file->flow = NULL;
	file->cut_off = state == JOB_FAILED;
	return true;
}

size_t file_flow_descriptors(const struct file *file, int *fds, size_t count)
{
	return file->flow ? spool_descriptors(file->flow, fds, count) : 0;
}

void file_flow_stop(struct file *file)
{
	file->cut_off |= file->flow != NULL;
	spool_end(file->flow);
	file->flow = NULL;
}

/* --- holes --- */

static bool file_tells_holes(const struct file *file)
{
	return file->kind != FILE_NEW && file->kind != FILE_DEVICE &&
	       !file_by_blocks(file);
}

bool file_hole(struct file *file, uint64_t offset, struct range *hole)
{
	if (file->process)
		return file_gap(file, offset, hole);
	return file_tells_holes(file) &&
	       holes_at(&file->holes, file->fd, offset, hole);
}

bool file_hole_from(struct file *file, uint64_t offset, struct range *hole)
{
	struct range same;

	if (file->process)
		return file_gap(file, offset, hole) ||
		       (file_present(file, offset, &same) &&
			file_gap(file, same.end, hole));
	return file_tells_holes(file) &&
	       holes_from(&file->holes, file->fd, offset, hole);
}

void file_forget_holes(struct file *file)
{
	holes_forget(&file->holes);
}

uint64_t file_saved(const struct file *file)
{
	enum { BLOCK = 512 };	/* whatever st_blksize is */
	struct stat status;
	uint64_t kept;

	if (file->process) {
		kept = file_process_bytes(file->process);
		return kept < file->known.size ? file->known.size - kept : 0;
	}
	if (!file_tells_holes(file) || io.fstat(file->fd, &status) < 0)
		return 0;
	kept = (uint64_t)status.st_blocks * BLOCK;
	return kept < (uint64_t)status.st_size
		       ? (uint64_t)status.st_size - kept : 0;
}
