/*
 * save_journal: what the two methods share that write into the file as it
 * stands: their journal, and the document over the file afterwards.
 */
#include <stdio.h>
#include <string.h>

#include "io.h"
#include "save_internal.h"

/* A journal that doesn't lie beside its file says where that is. */
static bool absolute_path(const struct save_target *target, char *path,
			  struct error *cause)
{
	const char *folder = *target->folder_path ? target->folder_path : ".";
	char resolved[PATH_MAX];

	if (!io.realpath(folder, resolved))
		return error_set_system(cause, errno, "can't find its folder");
	const char *slash = strcmp(resolved, "/") == 0 ? "" : "/";
	int length = snprintf(path, PATH_MAX, "%s%s%s", resolved, slash,
			      target->name);
	return length < PATH_MAX
		|| error_set_system(cause, ENAMETOOLONG,
				    "can't find its folder");
}

static bool fill_header(const struct save_flush *flush,
			struct journal_header *header)
{
	const struct save_target *target = &flush->target;

	header->old_size = flush->old_size;
	header->new_size = flush->new_size;
	header->identity = file_identity(document_file(flush->document));
	header->content_crc = flush->report->crc;
	strcpy(header->name, target->name);
	return !flush->place.in_state
		|| absolute_path(target, header->path, save_cause(flush));
}

static bool create(struct save_flush *flush)
{
	flush->report->journal = true;
	flush->journal = save_place_create(&flush->place, flush->place.journal,
					   save_cause(flush));
	flush->report->journal = flush->journal >= 0;
	return flush->report->journal;
}

bool save_journal_write(struct save_flush *flush, enum journal_kind kind,
			uint64_t extents,
			bool (*add)(struct save_flush *flush,
				    struct journal_writer *writer))
{
	struct error *cause = save_cause(flush);
	struct journal_header header = {
		.kind = kind, .extents = extents,
		.backup = kind == JOURNAL_EXTENTS && save_backup_copies(flush),
	};

	if (!fill_header(flush, &header) || !create(flush))
		return false;
	struct journal_writer *writer = journal_begin(flush->journal, &header,
						      cause);
	bool written = writer && (!add || add(flush, writer))
		&& journal_commit(writer, cause);
	journal_end(writer);
	if (!written)
		return false;
	return (io_fsync(flush->journal) == 0
		&& io_fsync(flush->place.folder) == 0)
		|| error_set_system(cause, errno, "can't sync the journal");
}

struct document_move *save_move_to_target(struct save_flush *flush)
{
	struct error *cause = save_cause(flush);
	const struct save_target *target = &flush->target;
	struct file *file = file_open_at(target->folder, target->name,
					 target->path, cause);
	struct stat status;

	if (!file)
		return NULL;
	if (io.fstat(target->fd, &status) != 0
	    || file_identity(file).device != status.st_dev
	    || file_identity(file).inode != status.st_ino) {
		file_close(file);
		error_set(cause, "another file has taken its place");
		return NULL;
	}
	/* What somebody has added since is not ours. */
	file_set_size(file, flush->new_size);
	return document_move_begin(flush->document, file, cause);
}
