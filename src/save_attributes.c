/*
 * save_attributes: a new file gets the owner, the extended attributes
 * (access lists and capabilities among them) and the mode of the old one.
 *
 * In this order: a change of the owner clears the set-user-ID bit and the
 * capabilities, an access list changes the mode.  What is so already is not asked
 * for: file systems that give all files the same let nobody else say it.
 */
#include <stdlib.h>
#include <string.h>

#include "io.h"
#include "save_internal.h"

enum { VALUE_MAXIMUM = 64 << 10 };	/* what the kernel allows */

struct copying {
	int from;
	int to;
	struct error *cause;
	char *names;		/* VALUE_MAXIMUM bytes each */
	char *value;
	char *other;
};

static bool not_kept(struct copying *copying, const char *what)
{
	return error_set(copying->cause, "its %s would not be kept: %s; "
			 "\"set write-method=in-place\" rewrites it", what,
			 strerror(errno));
}

/* The names of FD's attributes, one after the other; 0 where there are
 * none, also because the file system has no such thing. */
static ssize_t list_names(struct copying *copying, int fd)
{
	ssize_t size;

	do
		size = io.flistxattr(fd, copying->names, VALUE_MAXIMUM);
	while (save_again(size));
	return size < 0 && (errno == ENOTSUP || errno == ENOSYS) ? 0 : size;
}

static ssize_t get_value(int fd, const char *name, char *value, size_t room)
{
	ssize_t size;

	do
		size = io.fgetxattr(fd, name, value, room);
	while (save_again(size));
	return size;
}

static bool copy_value(struct copying *copying, const char *name)
{
	ssize_t size = get_value(copying->from, name, copying->value,
				 VALUE_MAXIMUM);
	int result;

	if (size < 0)
		return not_kept(copying, name);
	ssize_t there = get_value(copying->to, name, copying->other,
				  VALUE_MAXIMUM);
	if (there == size
	    && memcmp(copying->value, copying->other, (size_t)size) == 0)
		return true;
	do
		result = io.fsetxattr(copying->to, name, copying->value,
				      (size_t)size, 0);
	while (save_again(result));
	return result == 0 || not_kept(copying, name);
}

/* A folder's default access list has no business on the old file's heir. */
static bool remove_value(struct copying *copying, const char *name)
{
	ssize_t size = get_value(copying->from, name, copying->value,
				 VALUE_MAXIMUM);
	int result;

	if (size >= 0)
		return true;
	do
		result = io.fremovexattr(copying->to, name);
	while (save_again(result));
	return result == 0 || errno == ENODATA || not_kept(copying, name);
}

static bool each_name(struct copying *copying, int fd,
		      bool (*act)(struct copying *, const char *))
{
	ssize_t size = list_names(copying, fd);

	if (size < 0)
		return not_kept(copying, "extended attributes");
	for (ssize_t at = 0; at < size; ) {
		const char *name = copying->names + at;

		if (!act(copying, name))
			return false;
		at += (ssize_t)strlen(name) + 1;
	}
	return true;
}

static bool copy_owner(struct copying *copying, const struct stat *status)
{
	struct stat now;
	int result;

	if (io.fstat(copying->to, &now) == 0 && now.st_uid == status->st_uid
	    && now.st_gid == status->st_gid)
		return true;
	do
		result = io.fchown(copying->to, status->st_uid,
				   status->st_gid);
	while (save_again(result));
	return result == 0 || not_kept(copying, "owner");
}

bool save_mode_copy(const struct stat *status, int to)
{
	mode_t mode = status->st_mode & 07777;
	struct stat now;
	int result;

	if (io.fstat(to, &now) == 0 && (now.st_mode & 07777) == mode)
		return true;
	do
		result = io.fchmod(to, mode);
	while (save_again(result));
	return result == 0;
}

bool save_attributes_copy(int from, const struct stat *status, int to,
			  struct error *cause)
{
	char *memory = malloc((size_t)3 * VALUE_MAXIMUM);
	struct copying copying = {
		.from = from,
		.to = to,
		.cause = cause,
		.names = memory,
	};

	if (!memory)
		return error_set_memory(cause);
	copying.value = memory + VALUE_MAXIMUM;
	copying.other = memory + (size_t)2 * VALUE_MAXIMUM;
	bool copied = copy_owner(&copying, status)
		&& each_name(&copying, to, remove_value)
		&& each_name(&copying, from, copy_value)
		&& (save_mode_copy(status, to) || not_kept(&copying, "mode"));
	free(memory);
	return copied;
}

bool save_has_capabilities(int fd)
{
	char value[64];

	return get_value(fd, "security.capability", value, sizeof value) > 0;
}
