/*
 * recovery_scenario: flushes that can be cut off: those that the format of the
 * journal allows (src/journal.h), whoever makes them, and those that are made.
 */
#ifndef OCTAVO_TEST_RECOVERY_SCENARIO_H
#define OCTAVO_TEST_RECOVERY_SCENARIO_H

#include "crc32c.h"
#include "octavo/recovery.h"
#include "save_scenario.h"
#include "sizes.h"

enum cut {
	SAME, LONGER, SHORTER, CONTENT,
	MADE_FLUSH,		/* and on: those of save_scenario.h */
	CUTS = MADE_FLUSH + CREATED
};

static inline enum method cut_method(enum cut cut)
{
	return (enum method)(cut - MADE_FLUSH);
}

static inline const char *cut_name(enum cut cut)
{
	static const char *const models[MADE_FLUSH] = {
		"same length", "longer", "shorter", "content",
	};

	return cut < MADE_FLUSH ? models[cut] : method_names[cut_method(cut)];
}

enum { CUT_START = 400, CUT_PART = 64 };

static inline struct bytes cut_before(void)
{
	return pattern(OLD_SIZE, 3);
}

static inline struct bytes cut_after(enum cut cut)
{
	struct bytes bytes = cut_before();
	unsigned char *tail = bytes.byte + CUT_START;
	size_t rest = OLD_SIZE - CUT_START;

	if (cut >= MADE_FLUSH)
		return bytes_after(cut_method(cut));
	if (cut == SAME)
		return bytes_after(IN_PLACE);
	if (cut == CONTENT)
		return bytes_after(REPLACED);
	bytes.byte[10] ^= 0xff;
	if (cut == LONGER) {
		memmove(tail + 20, tail, rest);
		memset(tail, '+', 20);
		bytes.size += 20;
	} else {
		memmove(tail, tail + 70, rest - 70);
		bytes.size -= 70;
	}
	return bytes;
}

static inline struct bytes cut_side(enum cut cut,
				    enum recovery_action action)
{
	return action == RECOVERY_FINISH ? cut_after(cut) : cut_before();
}

/* --- its parts --- */

struct parts {
	struct journal_extent extent[32];
	size_t count;
};

static inline void add_part(struct parts *parts, const struct bytes *before,
			    const struct bytes *after, size_t start,
			    size_t length)
{
	struct journal_extent *extent = &parts->extent[parts->count++];
	size_t end = start + length;

	assert_true(parts->count <= 32);
	*extent = (struct journal_extent){
		.offset = start,
		.old_length = start >= before->size ? 0 :
			(uint32_t)((end < before->size ? end : before->size)
				   - start),
		.new_length = start >= after->size ? 0 :
			(uint32_t)((end < after->size ? end : after->size)
				   - start),
		.old_bytes = before->byte + start,
		.new_bytes = after->byte + start,
	};
}

static inline void find_parts(struct parts *parts, enum cut cut,
			      const struct bytes *before,
			      const struct bytes *after)
{
	size_t end = before->size > after->size ? before->size : after->size;

	parts->count = 0;
	if (cut == CONTENT)
		return;
	add_part(parts, before, after, 10, 1);
	if (cut == SAME) {
		add_part(parts, before, after, 100, 150);
		add_part(parts, before, after, OLD_SIZE - 1, 1);
		return;
	}
	for (size_t at = CUT_START; at < end; at += CUT_PART)
		add_part(parts, before, after, at,
			 end - at < CUT_PART ? end - at : CUT_PART);
}

/* --- its steps --- */

struct model {
	enum cut cut;
	struct bytes before;
	struct bytes after;
	struct parts parts;
	int folder;
	int journal;
	int content;
	int file;
};

static inline int model_open(const struct model *model, const char *name,
			     int flags)
{
	return io.openat(model->folder, name, flags | O_RDWR | O_CLOEXEC,
			 0600);
}

static inline bool model_content(struct model *model)
{
	if (model->cut != CONTENT)
		return true;
	model->content = model_open(model, ".file.ovn", O_CREAT | O_EXCL);
	return model->content >= 0
		&& io_write_at(model->content, model->after.byte,
			       model->after.size, 0)
		&& io_fsync(model->content) == 0
		&& io_fsync(model->folder) == 0;
}

static inline struct journal_header model_header(const struct model *model)
{
	struct stat status;

	assert_int_equal(real.fstatat(model->folder, "file", &status, 0), 0);
	return (struct journal_header){
		.kind = model->cut == CONTENT ? JOURNAL_CONTENT
					      : JOURNAL_EXTENTS,
		.old_size = model->before.size,
		.new_size = model->after.size,
		.identity = {
			.device = status.st_dev, .inode = status.st_ino,
			.modified = status.st_mtim, .changed = status.st_ctim,
		},
		.extents = model->parts.count,
		.content_crc = model->cut != CONTENT ? 0 :
			crc32c(0, model->after.byte, model->after.size),
		.name = "file",
	};
}

static inline bool model_journal(struct model *model)
{
	struct journal_header header = model_header(model);

	model->journal = model_open(model, ".file.ovj", O_CREAT | O_EXCL);
	if (model->journal < 0)
		return false;
	struct journal_writer *writer = journal_begin(model->journal, &header,
						      NULL);
	bool done = writer != NULL;
	for (size_t i = 0; done && i < model->parts.count; i++)
		done = journal_put(writer, &model->parts.extent[i], NULL);
	done = done && journal_commit(writer, NULL);
	journal_end(writer);
	return done && io_fsync(model->journal) == 0
		&& io_fsync(model->folder) == 0;
}

static inline bool model_file(struct model *model)
{
	model->file = model_open(model, "file", 0);
	if (model->file < 0)
		return false;
	for (size_t i = 0; i < model->parts.count; i++) {
		const struct journal_extent *extent = &model->parts.extent[i];

		if (!io_write_at(model->file, extent->new_bytes,
				 extent->new_length, extent->offset))
			return false;
	}
	if (model->cut == CONTENT
	    && !io_write_at(model->file, model->after.byte, model->after.size,
			    0))
		return false;
	return io.ftruncate(model->file, (off_t)model->after.size) == 0
		&& io_fsync(model->file) == 0;
}

static inline bool model_remove(struct model *model)
{
	return io.unlinkat(model->folder, ".file.ovj", 0) == 0
		&& io_fsync(model->folder) == 0
		&& (model->cut != CONTENT
		    || (io.unlinkat(model->folder, ".file.ovn", 0) == 0
			&& io_fsync(model->folder) == 0));
}

/* The folder as it is before. */
static inline void model_begin(enum cut cut)
{
	struct bytes before = cut_before();

	remove_entries();
	write_bytes(path_of("file"), &before);
	if (cut >= MADE_FLUSH && has_backup(cut_method(cut))) {
		struct bytes older = bytes_older();

		write_bytes(path_of("file~"), &older);
	}
}

static inline struct document *model_document(void)
{
	struct file *file = file_open(path_of("file"), NULL, NULL, NULL);

	assert_non_null(file);
	struct document *document = document_open(file, NULL);
	assert_non_null(document);
	return document;
}

static inline bool made_run(enum cut cut)
{
	struct document *document = model_document();
	struct save_plan done;

	edit(document, cut_method(cut));
	bool worked = scenario_run(document, cut_method(cut), &done, NULL);
	document_close(document);
	return worked;
}

/* The flush; one that is not made by save ends at the first call that
 * fails. */
static inline bool model_run(enum cut cut)
{
	if (cut >= MADE_FLUSH)
		return made_run(cut);

	struct model model = { .cut = cut, .before = cut_before(),
			       .after = cut_after(cut),
			       .journal = -1, .content = -1, .file = -1 };

	find_parts(&model.parts, cut, &model.before, &model.after);
	model.folder = real.open(scenario_folder, O_RDONLY | O_DIRECTORY, 0);
	assert_true(model.folder >= 0);
	bool done = model_content(&model) && model_journal(&model)
		&& model_file(&model) && model_remove(&model);
	close(model.folder);
	if (model.journal >= 0)
		close(model.journal);
	if (model.content >= 0)
		close(model.content);
	if (model.file >= 0)
		close(model.file);
	return done;
}

/* --- recovery --- */

/* Does what is to be done about FOUND: ACTION where that can be. */
static inline bool model_recover(const struct document *document,
				 const struct recovery *found,
				 enum recovery_action action,
				 struct error *error)
{
	char done[RECOVERY_WORDS];

	if (found->clear)
		return recovery_clear(document, error);
	for (int i = 0; i < RECOVERY_ACTIONS && !found->may[action]; i++)
		action = (enum recovery_action)i;
	return recovery_do(document, action, false, done, error);
}

/* The call after number N that is tried: each one, but where tiny blocks make
 * many that are alike, fewer and fewer. */
static inline long next_call(long n)
{
	const long block = SAVE_BLOCK;

	return n + 1 + (block < 4096 ? n / 6 : 0);
}

static inline bool file_is(const struct bytes *bytes)
{
	struct bytes found = read_bytes(path_of("file"));

	return bytes_equal(&found, bytes);
}

/* With the new file there is the copy of the old one that was wanted; nothing
 * says that the old one itself was. */
static inline bool backup_is_there(enum cut cut)
{
	struct bytes found = read_bytes(path_of("file~"));
	struct bytes before = cut_before();

	return cut < MADE_FLUSH || !has_backup(cut_method(cut))
		|| cut_method(cut) == KEPT || bytes_equal(&found, &before);
}

static inline bool file_is_whole(enum cut cut)
{
	struct bytes before = cut_before();
	struct bytes after = cut_after(cut);

	return file_is(&before) || (file_is(&after) && backup_is_there(cut));
}

#endif
