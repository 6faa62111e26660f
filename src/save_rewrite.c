/*
 * save_rewrite: the complete new content is synced under a name of its own,
 * and then goes into the file as it stands.
 *
 * The journal that names the content is the commit.  Before it the file has
 * not been touched and the content is nobody's; from then on the outcome is
 * the new file, whoever has to finish it, and no way leads back.  So the
 * document moves over the content, which nothing changes, and over the file
 * again at the end.  Both moves are made ready where a failure still has a
 * way: the first before the journal, the second before the journal goes.
 */
#include "io.h"
#include "save_internal.h"

/* --- the content --- */

static bool create(struct save_flush *flush)
{
	flush->report->content = true;
	flush->fresh = save_place_create(&flush->place, flush->place.content,
					 save_cause(flush));
	flush->report->content = flush->fresh >= 0;
	return flush->report->content;
}

static bool prepare(struct save_flush *flush)
{
	struct error *cause = save_cause(flush);

	if (!create(flush)
	    || !save_content_write(&flush->content, flush->fresh, cause)
	    || !save_content_verify(&flush->content, flush->fresh,
				    &flush->report->crc, cause))
		return false;
	if (io_fsync(flush->fresh) != 0 || io_fsync(flush->place.folder) != 0)
		return error_set_system(cause, errno, "can't sync");
	return save_backup_prepare(flush);
}

static bool open_content(struct save_flush *flush)
{
	if (flush->fresh < 0)
		flush->fresh = save_place_read(&flush->place,
					       flush->place.content,
					       save_cause(flush));
	return flush->fresh >= 0;
}

/* --- the commit --- */

/* Room for what the file becomes longer; that changes no byte of it, but its
 * times. */
static bool reserve_growth(struct save_flush *flush)
{
	if (flush->new_size <= flush->old_size)
		return true;
	flush->report->touched = true;
	return save_reserve(flush->target.fd, flush->old_size,
			    flush->new_size - flush->old_size,
			    save_cause(flush))
		&& file_accept(document_file(flush->document),
			       save_cause(flush));
}

/* A move of the document over the content. */
static bool make_ready(struct save_flush *flush)
{
	struct error *cause = save_cause(flush);

	if (!document_detach_past(flush->document, flush->ranges.list,
				  flush->ranges.count, cause))
		return false;
	struct file *file = file_open_at(flush->place.folder,
					 flush->place.content,
					 flush->target.path, cause);
	if (file)
		flush->move = document_move_begin(flush->document, file,
						  cause);
	return flush->move != NULL;
}

static bool commit(struct save_flush *flush)
{
	struct error *cause = save_cause(flush);

	if (!make_ready(flush) || !save_same_file(flush->document, cause)
	    || !reserve_growth(flush) || !save_backup_commit(flush)
	    || !save_same_file(flush->document, cause)
	    || !save_journal_write(flush, JOURNAL_CONTENT, 0, NULL))
		return false;
	document_move(flush->move);
	flush->move = NULL;
	flush->moved = true;
	return true;
}

/* --- the file --- */

static bool has_size(int fd, uint64_t size, struct error *cause)
{
	struct stat status;

	if (io.fstat(fd, &status) != 0)
		return error_set_system(cause, errno, "can't look at it");
	return (uint64_t)status.st_size >= size
		|| error_set(cause, "it has become shorter: another program "
			     "writes it");
}

/* Writes what differs, syncs it and reads it back. */
static bool put(struct save_flush *flush, struct error *cause)
{
	int from = flush->fresh;
	int to = flush->target.fd;

	for (size_t i = 0; i < flush->ranges.written; i++)
		if (!save_transfer(from, to, save_range_new(flush, i), flush,
				   cause))
			return false;
	if (!save_set_size(to, flush->new_size, cause))
		return false;
	if (io_fsync(to) != 0)
		return error_set_system(cause, errno, "can't sync");
	for (size_t i = 0; i < flush->ranges.written; i++)
		if (!save_transferred(from, to, save_range_new(flush, i),
				      flush, cause))
			return false;
	return has_size(to, flush->new_size, cause);
}

static bool interrupted(struct save_flush *flush)
{
	struct save_failure *failure = &flush->report->failure;

	failure->aftermath = SAVE_INTERRUPTED;
	save_add_left(failure->left, &flush->place, flush->place.journal);
	save_add_left(failure->left, &flush->place, flush->place.content);
	return false;
}

static bool apply(struct save_flush *flush)
{
	flush->report->touched = true;
	/* After a failed sync all is written again. */
	return (open_content(flush)
		&& (put(flush, save_cause(flush)) || put(flush, NULL)))
		|| interrupted(flush);
}

/* --- the end --- */

/* The journal first: without its content it would be worth nothing. */
static void drop_both(struct save_flush *flush, char *left)
{
	const struct save_place *place = &flush->place;

	if (flush->report->journal
	    && !save_place_drop(place, place->journal)) {
		save_add_left(left, place, place->journal);
		save_add_left(left, place, place->content);
		return;
	}
	flush->report->journal = false;
	if (flush->report->content && !save_place_drop(place, place->content))
		save_add_left(left, place, place->content);
}

static bool finish(struct save_flush *flush)
{
	struct document_move *move = save_move_to_target(flush);

	if (!move)
		return interrupted(flush);
	document_move(move);
	flush->moved = false;
	drop_both(flush, flush->left);
	document_tell_written(flush->document);
	return true;
}

static void undo(struct save_flush *flush)
{
	struct save_failure *failure = &flush->report->failure;

	document_move_cancel(flush->move);
	flush->move = NULL;
	save_backup_undo(flush);
	/* Where it was committed, this is the document's file now. */
	if (flush->moved) {
		document_tell_written(flush->document);
		return;
	}
	drop_both(flush, failure->left);
	/* A journal that comes back makes the file the new one. */
	if (flush->report->journal)
		failure->aftermath = SAVE_UNCERTAIN;
	if (flush->report->touched) {
		save_set_size(flush->target.fd, flush->old_size, NULL);
		file_accept(document_file(flush->document), NULL);
	}
}

const struct save_steps save_steps_rewrite = {
	prepare, commit, apply, finish, undo,
};
