/*
 * save_copy: a part of the document, or what is made of it, as a file of its
 * own.
 */
#include <string.h>

#include "io.h"
#include "save_internal.h"

/* Is TARGET the document's own file, or where its new file would be? */
static bool is_own(const struct document *document,
		   const struct save_target *target)
{
	struct file *file = document_file(document);
	struct file_identity identity = file_identity(file);
	struct save_target own;
	struct stat one;
	struct stat other;

	if (file_kind(file) != FILE_NEW)
		return target->exists
			&& target->status.st_dev == identity.device
			&& target->status.st_ino == identity.inode;
	bool same = save_target_find(&own, file_path(file), NULL)
		&& strcmp(own.name, target->name) == 0
		&& io.fstat(own.folder, &one) == 0
		&& io.fstat(target->folder, &other) == 0
		&& one.st_dev == other.st_dev && one.st_ino == other.st_ino;
	save_target_close(&own);
	return same;
}

static bool may_copy(const struct document *document,
		     struct save_target *target, const char *path,
		     bool overwrite, struct error *cause)
{
	if (!save_target_find(target, path, cause))
		return false;
	if (is_own(document, target))
		return error_set(cause, "it is the file being edited; "
				 "\"write\" writes it");
	if (!save_target_clean(target, -1, cause))
		return false;
	if (!target->exists)
		return true;
	if (!S_ISREG(target->status.st_mode))
		return error_set(cause, "not a regular file");
	if (!overwrite)
		return error_set_system(cause, EEXIST, "can't create it");
	return save_target_replaceable(target, cause)
		&& save_target_open(target, cause);
}

/* A copy is a flush of nobody's file. */
static bool begin(struct save_flush *flush, const char *path, bool overwrite)
{
	struct error *cause = save_cause(flush);

	bool allowed = may_copy(flush->content.document, &flush->target, path,
				overwrite, cause);

	flush->existed = flush->target.exists;
	if (!allowed)
		return false;
	flush->plan.method = flush->existed ? SAVE_REPLACED : SAVE_CREATED;
	flush->new_size = range_length(flush->content.range);
	flush->plan.bytes = flush->new_size;
	flush->plan.ranges = flush->new_size > 0;
	return save_flush_open(flush);
}

static struct save_flush *begin_content(const struct save_content *content,
					const char *path, bool overwrite,
					const struct save_hooks *hooks,
					struct error *error)
{
	struct save_flush *flush = save_flush_new(hooks, path, overwrite,
						  error);

	if (!flush)
		return NULL;
	flush->content = *content;
	if (content->making) {
		flush->making = *content->making;
		flush->making.flush = flush;
		flush->content.making = &flush->making;
	}
	if (begin(flush, path, overwrite))
		return flush;
	save_message(flush, error);
	save_end(flush);
	return NULL;
}

struct save_flush *save_copy_begin(const struct document *document,
				   struct range range, const char *path,
				   bool overwrite,
				   const struct save_hooks *hooks,
				   struct error *error)
{
	struct save_content content = save_content_of(document, range);

	return begin_content(&content, path, overwrite, hooks, error);
}

struct save_flush *save_made_begin(const struct document *document,
				   save_maker *make, void *context,
				   const char *path, bool overwrite,
				   const struct save_hooks *hooks,
				   struct error *error)
{
	struct save_making making = { .make = make, .context = context };
	struct save_content content = {
		.document = document,
		.making = &making,
	};

	return begin_content(&content, path, overwrite, hooks, error);
}

static bool run(struct save_flush *flush, struct save_plan *done,
		struct error *error)
{
	bool written = flush && save_run(flush, done, error);

	save_end(flush);
	return written;
}

bool save_copy(const struct document *document, struct range range,
	       const char *path, bool overwrite, struct save_plan *done,
	       struct error *error)
{
	return run(save_copy_begin(document, range, path, overwrite, NULL,
				   error), done, error);
}

bool save_made(const struct document *document, save_maker *make,
	       void *context, const char *path, bool overwrite,
	       struct save_plan *done, struct error *error)
{
	return run(save_made_begin(document, make, context, path, overwrite,
				   NULL, error), done, error);
}
