/*
 * save_target: which file a flush is about, under what names it works beside
 * that file, and whether it may.
 *
 * Symbolic links are followed here, once, by reading them; from then on the
 * folder is held open and everything happens relative to it, so that nobody
 * can move the flush elsewhere by changing a link.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io.h"
#include "save_internal.h"

enum { SAVE_LINKS_MAXIMUM = 40 };

static const uint64_t hash_start = 0xcbf29ce484222325;

/* FNV-1a, for names only. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
	const unsigned char *byte = bytes;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ byte[i]) * 0x100000001b3;
	return hash;
}

/* Follows one link at PATH; *IS_LINK says whether there was one. */
static bool follow(char *path, bool *is_link, struct error *cause)
{
	char link[PATH_MAX];
	char next[2 * PATH_MAX];
	ssize_t length;

	do
		length = io.readlink(path, link, sizeof link);
	while (save_again(length));
	*is_link = length >= 0;
	if (length < 0)
		return errno == EINVAL || errno == ENOENT
			|| error_set_system(cause, errno, "can't follow it");
	char *slash = strrchr(path, '/');
	int folder = slash && link[0] != '/' ? (int)(slash + 1 - path) : 0;
	int total = snprintf(next, sizeof next, "%.*s%.*s", folder, path,
			     (int)length, link);
	if (total >= PATH_MAX)
		return error_set_system(cause, ENAMETOOLONG, "can't follow it");
	memcpy(path, next, (size_t)total + 1);
	return true;
}

static bool resolve(char *path, struct error *cause)
{
	bool is_link = true;

	for (int i = 0; i < SAVE_LINKS_MAXIMUM && is_link; i++) {
		if (!follow(path, &is_link, cause))
			return false;
	}
	return !is_link || error_set_system(cause, ELOOP, "can't follow it");
}

/* .NAME and ENDING, or a hash of NAME where that is too long for a name. */
static void name_beside(const char *name, const char *ending, char *beside)
{
	size_t length = strlen(name);
	char hashed[32];

	if (length + strlen(ending) + 1 > NAME_MAX) {
		snprintf(hashed, sizeof hashed, "octavo-%016llx",
			 (unsigned long long)hash_bytes(hash_start, name,
							length));
		name = hashed;
	}
	beside[0] = '.';
	strcpy(beside + 1, name);
	strcat(beside, ending);
}

static bool split(struct save_target *target, const char *resolved,
		  struct error *cause)
{
	const char *slash = strrchr(resolved, '/');
	const char *name = slash ? slash + 1 : resolved;
	size_t folder = slash ? (size_t)(slash - resolved) : 0;

	if (!*name || strlen(name) > NAME_MAX)
		return error_set_system(cause, *name ? ENAMETOOLONG : EISDIR,
					"can't be written");
	memcpy(target->name, name, strlen(name) + 1);
	if (slash && !folder)
		folder = 1;
	snprintf(target->folder_path, sizeof target->folder_path, "%.*s",
		 (int)folder, resolved);
	name_beside(name, ".ovj", target->journal);
	name_beside(name, ".ovn", target->fresh);
	name_beside(name, ".ovb", target->spare);
	if (strlen(name) < NAME_MAX) {
		strcpy(target->backup, name);
		strcat(target->backup, "~");
	}
	return true;
}

int save_stat_name(int folder, const char *name, struct stat *status)
{
	return io.fstatat(folder, name, status, AT_SYMLINK_NOFOLLOW);
}

bool save_target_find(struct save_target *target, const char *path,
		      struct error *cause)
{
	char resolved[PATH_MAX];

	*target = (struct save_target){ .folder = -1, .fd = -1 };
	snprintf(target->path, sizeof target->path, "%s", path);
	if (strlen(path) >= sizeof resolved)
		return error_set_system(cause, ENAMETOOLONG, "can't open it");
	strcpy(resolved, path);
	if (!resolve(resolved, cause) || !split(target, resolved, cause))
		return false;
	target->folder = io_open_folder(*target->folder_path
					? target->folder_path : ".");
	if (target->folder < 0)
		return error_set_system(cause, errno, "can't open its folder");
	target->exists = save_stat_name(target->folder, target->name,
					&target->status) == 0;
	return target->exists || errno == ENOENT
		|| error_set_system(cause, errno, "can't look at it");
}

static bool in_use(struct error *cause)
{
	return error_set(cause, "it is mounted, or otherwise in use");
}

static bool lock_target(struct save_target *target, struct error *cause)
{
	int result;

	target->private = (struct io_private){ target->fd, .unsynced = true };
	io_private_add(&target->private);

	do
		result = io.lock(target->fd);
	while (save_again(result));
	/* File systems without locks are written all the same. */
	return result == 0 || (errno != EAGAIN && errno != EACCES)
		|| error_set(cause, "another octavo is writing it");
}

/* Without O_CREAT that flag is about block devices: a mount, a swap or a RAID
 * has them for itself. */
bool save_target_free(const struct save_target *target, struct error *cause)
{
	if (!S_ISBLK(target->status.st_mode))
		return true;

	int fd = io_open(target->folder, target->name, O_RDONLY | O_EXCL
			 | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return errno != EBUSY || in_use(cause);
	io_close(fd);
	return true;
}

bool save_target_open(struct save_target *target, struct error *cause)
{
	struct stat now;
	int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

	if (S_ISBLK(target->status.st_mode))
		flags |= O_EXCL;	/* not while it is mounted */
	target->fd = io_open(target->folder, target->name, flags);
	if (target->fd < 0 && errno == EBUSY)
		return in_use(cause);
	if (target->fd < 0)
		return error_set_system(cause, errno, "can't open it to write");
	if (io.fstat(target->fd, &now) != 0)
		return error_set_system(cause, errno, "can't look at it");
	if (now.st_dev != target->status.st_dev
	    || now.st_ino != target->status.st_ino)
		return error_set(cause, "another file has taken its place");
	target->status = now;
	return lock_target(target, cause);
}

void save_target_close(struct save_target *target)
{
	io_private_remove(&target->private);
	if (target->fd >= 0)
		io_close_behind(target->fd);
	if (target->folder >= 0)
		io_close(target->folder);
	target->fd = target->folder = -1;
}

/* --- may it be replaced? --- */

static bool in_our_groups(gid_t group)
{
	gid_t groups[1 << 8];
	int count = getgroups(1 << 8, groups);

	for (int i = 0; i < count; i++)
		if (groups[i] == group)
			return true;
	/* More than fit: the attempt will tell. */
	return group == getegid() || count < 0;
}

static bool folder_lets_us(const struct save_target *target,
			   struct error *cause)
{
	return io.faccessat(target->folder, ".", W_OK | X_OK, AT_EACCESS) == 0
		|| error_set(cause, "its folder can't be written (%s)",
			     strerror(errno));
}

/* Of a sticky folder too: it lets an owner rename his files. */
static bool owner_is_kept(const struct save_target *target,
			  struct error *cause)
{
	const struct stat *status = &target->status;

	if (geteuid() == 0)
		return true;
	if (status->st_uid != geteuid())
		return error_set(cause, "its owner would not be kept");
	return in_our_groups(status->st_gid)
		|| error_set(cause, "its group would not be kept");
}

static bool is_mounted_on(const struct save_target *target)
{
	bool mounted = false;

	return io.mount_point(target->folder, target->name, &mounted) == 0
		&& mounted;
}

static bool attributes_are_kept(const struct save_target *target,
				struct error *cause)
{
	if (geteuid() == 0)
		return true;

	int fd = io_open(target->folder, target->name,
			 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool capabilities = fd >= 0 && save_has_capabilities(fd);

	if (fd >= 0)
		io_close(fd);
	return !capabilities
		|| error_set(cause, "its capabilities would not be kept");
}

bool save_target_replaceable(const struct save_target *target,
			     struct error *cause)
{
	if (!S_ISREG(target->status.st_mode))
		return error_set(cause, "not a regular file");
	if (target->status.st_nlink > 1)
		return error_set(cause, "its other hard links would not be "
				 "kept");
	if (is_mounted_on(target))
		return error_set(cause, "something is mounted on it");
	return owner_is_kept(target, cause) && folder_lets_us(target, cause)
		&& attributes_are_kept(target, cause);
}

/* --- journals that cannot lie beside their file --- */

void save_state_name(const struct save_target *target, char *name)
{
	const uint64_t key[2] = { target->status.st_dev,
				  target->status.st_ino };
	uint64_t hash = hash_bytes(hash_start, key, sizeof key);

	hash = hash_bytes(hash, target->name, strlen(target->name));
	snprintf(name, NAME_MAX + 1, "%016llx.ovj", (unsigned long long)hash);
}
