/*
 * recovery: what is left, and whether that may be believed.
 *
 * Places are looked at in the order in which a flush prefers them: beside the
 * file, then in the user's state.  What lies in the first that has anything is
 * the case.  The copy for a backup comes last: it says nothing of the file.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "io.h"
#include "recovery_internal.h"
#include "state.h"

static const char *const action_names[RECOVERY_ACTIONS] = {
	[RECOVERY_FINISH] = "finish",
	[RECOVERY_UNDO] = "undo",
	[RECOVERY_IGNORE] = "ignore",
};

const char *recovery_action_name(enum recovery_action action)
{
	return action_names[action];
}

bool recovery_action_parse(const char *word, enum recovery_action *action,
			   bool *insist)
{
	size_t length = strlen(word);

	*insist = length > 0 && word[length - 1] == '!';
	length -= *insist;
	for (int i = 0; i < RECOVERY_ACTIONS; i++) {
		if (strlen(action_names[i]) != length
		    || memcmp(action_names[i], word, length) != 0)
			continue;
		*action = (enum recovery_action)i;
		return true;
	}
	return false;
}

void recovery_shown(const struct recovery_case *recovery, const char *name,
		    char *shown)
{
	const char *folder = recovery->folder_path;
	size_t length = strlen(folder);

	/* Cut rather than refused: it is for a message. */
	if (length + strlen(name) + 2 > PATH_MAX)
		length = 0;
	snprintf(shown, PATH_MAX, "%.*s%s%s", (int)length, folder,
		 length > 0 && folder[length - 1] != '/' ? "/" : "", name);
}

/* --- places --- */

/* -1 where there is nothing, or what there is says no. */
static int open_left(struct recovery_case *recovery, const char *name,
		     int flags, struct stat *status)
{
	int fd = io_open(recovery->folder, name, flags | O_NOFOLLOW | O_NONBLOCK
			 | O_NOCTTY | O_CLOEXEC);

	if (fd < 0) {
		if (errno != ENOENT)
			recovery_say(recovery, RECOVERY_STRANGER,
				     "can't look at %s: %s", name,
				     errno == ELOOP ? "it is a symbolic link"
						    : strerror(errno));
		return -1;
	}
	if (io.fstat(fd, status) == 0)
		return fd;
	recovery_say(recovery, RECOVERY_UNREADABLE, "can't look at %s: %s",
		     name, strerror(errno));
	io_close(fd);
	return -1;
}

static bool open_content_alone(struct recovery_case *recovery)
{
	recovery_shown(recovery, recovery->content_name, recovery->found.left);
	recovery->content = open_left(recovery, recovery->content_name,
				      O_RDONLY, &recovery->content_status);
	recovery->found.time = recovery->content_status.st_mtim;
	return recovery->content >= 0
		|| recovery->found.state != RECOVERY_NONE;
}

/* False where this place has nothing. */
static bool open_place(struct recovery_case *recovery, bool write)
{
	recovery_shown(recovery, recovery->journal_name, recovery->found.left);
	recovery->journal = open_left(recovery, recovery->journal_name,
				      write ? O_RDWR : O_RDONLY,
				      &recovery->journal_status);
	recovery->found.time = recovery->journal_status.st_mtim;
	if (recovery->found.state != RECOVERY_NONE)
		return true;
	if (recovery->journal < 0)
		return open_content_alone(recovery);
	recovery->content = open_left(recovery, recovery->content_name,
				      O_RDONLY, &recovery->content_status);
	return true;
}

static void name_beside(struct recovery_case *recovery, const char *content)
{
	recovery->folder = recovery->target.folder;
	memcpy(recovery->folder_path, recovery->target.folder_path,
	       sizeof recovery->folder_path);
	strcpy(recovery->journal_name, recovery->target.journal);
	strcpy(recovery->content_name, content);
}

static bool open_beside(struct recovery_case *recovery, bool write)
{
	name_beside(recovery, recovery->target.fresh);
	return open_place(recovery, write);
}

/* Where the file is gone, the copy may be all that there is of it. */
static bool open_spare(struct recovery_case *recovery)
{
	if (!recovery->target.exists)
		return false;
	name_beside(recovery, recovery->target.spare);
	recovery->is_spare = true;
	if (open_content_alone(recovery) && recovery->content >= 0)
		return true;
	/* One that can't be opened is not ours. */
	recovery->found = (struct recovery){ .state = RECOVERY_NONE };
	return false;
}

/* Is NAME in the folder a journal that says it is about PATH? */
static bool is_about(const struct recovery_case *recovery, const char *name,
		     const char *path)
{
	size_t length = strlen(name);
	struct journal_header header;

	if (length < 4 || length > NAME_MAX
	    || strcmp(name + length - 4, ".ovj") != 0)
		return false;
	int fd = io_open(recovery->folder, name, O_RDONLY | O_NOFOLLOW
			 | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool about = journal_peek(fd, &header, NULL)
		&& strcmp(header.path, path) == 0;
	io_close(fd);
	return about;
}

static void name_in_state(struct recovery_case *recovery, const char *name)
{
	snprintf(recovery->journal_name, sizeof recovery->journal_name, "%s",
		 name);
	strcpy(recovery->content_name, recovery->journal_name);
	strcpy(strrchr(recovery->content_name, '.'), ".ovn");
}

/* Numbers of devices, and of the files that stand for them, are others after
 * the next start of the machine; the path is the same. */
static bool find_by_path(struct recovery_case *recovery)
{
	char path[PATH_MAX];
	struct dirent *entry;
	bool found = false;

	if (!io.realpath(recovery->target.path, path))
		return false;
	int fd = io_open(recovery->folder, ".", O_RDONLY | O_DIRECTORY
			 | O_CLOEXEC);
	DIR *entries = fd < 0 ? NULL : io.fdopendir(fd);
	if (!entries) {
		if (fd >= 0)
			io_close(fd);
		return false;
	}
	while (!found && (entry = io.readdir(entries))) {
		found = is_about(recovery, entry->d_name, path);
		if (found)
			name_in_state(recovery, entry->d_name);
	}
	closedir(entries);
	return found;
}

static bool open_in_state(struct recovery_case *recovery, bool write)
{
	if (!recovery->target.exists || state_folder_is_empty("journals"))
		return false;
	recovery->folder = state_open_folder("journals", false,
					     recovery->folder_path, NULL);
	if (recovery->folder < 0)
		return false;
	recovery->in_state = true;
	char name[NAME_MAX + 1];
	save_state_name(&recovery->target, name);
	name_in_state(recovery, name);
	if (open_place(recovery, write)
	    || (find_by_path(recovery) && open_place(recovery, write)))
		return true;
	io_close(recovery->folder);
	recovery->in_state = false;
	return false;
}

/* Of what is none of these nothing is left. */
static bool is_kind_of_case(const struct save_target *target)
{
	return !target->exists || S_ISREG(target->status.st_mode)
		|| S_ISBLK(target->status.st_mode);
}

static bool open_file(struct recovery_case *recovery)
{
	struct save_target *target = &recovery->target;

	if (!target->exists)
		return true;
	recovery->file = io_open(target->folder, target->name,
				 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
				 | O_CLOEXEC);
	if (recovery->file >= 0
	    && io.fstat(recovery->file, &recovery->status) == 0)
		return true;
	recovery_say(recovery, RECOVERY_UNREADABLE, "can't look at it: %s",
		     strerror(errno));
	return false;
}

void recovery_case_begin(struct recovery_case *recovery,
			 const struct document *document, bool write)
{
	const struct file *file = document_file(document);
	enum file_kind kind = file_kind(file);

	*recovery = (struct recovery_case){
		.target = { .folder = -1, .fd = -1 },
		.file = -1, .folder = -1, .journal = -1, .content = -1,
	};
	if (kind == FILE_SPOOLED || kind == FILE_GENERATED
	    || file_by_blocks(file)
	    || !save_target_find(&recovery->target, file_path(file), NULL)
	    || !is_kind_of_case(&recovery->target))
		return;
	if (!open_beside(recovery, write) && !open_in_state(recovery, write)
	    && !open_spare(recovery))
		return;
	if (!open_file(recovery))
		return;
	recovery_judge(recovery, document);
	recovery->found.may[RECOVERY_IGNORE] =
		recovery->found.state != RECOVERY_BUSY
		&& recovery->found.state != RECOVERY_NONE;
}

static void close_one(int fd)
{
	if (fd >= 0)
		io_close(fd);
}

void recovery_case_end(struct recovery_case *recovery)
{
	close_one(recovery->journal);
	close_one(recovery->content);
	close_one(recovery->file);
	if (recovery->in_state)
		close_one(recovery->folder);
	save_target_close(&recovery->target);
}

struct recovery recovery_find(const struct document *document)
{
	struct recovery_case recovery;

	recovery_case_begin(&recovery, document, false);
	recovery_case_end(&recovery);
	return recovery.found;
}
