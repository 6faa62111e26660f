/* save: the right bytes, the right way, and nothing else of the file lost. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "device.h"
#include "entries.h"
#include "io.h"
#include "octavo/save.h"
#include "sizes.h"

static char folder[] = "/tmp/octavo-save-XXXXXX";
static struct io real;
static const char text[] = "0123456789abcdefghijklmnopqrstuvwxyz";
enum { TEXT = sizeof text - 1 };

static const char *in_folder(const char *name)
{
	static char paths[32][4096];
	static int next;
	char *path = paths[next++ % 32];

	snprintf(path, sizeof paths[0], "%s/%s", folder, name);
	return path;
}

static void put_file(const char *path, const void *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

static void assert_content(const char *path, const void *bytes, size_t size)
{
	static char content[1 << 16];
	FILE *file = fopen(path, "rb");

	assert_non_null(file);
	assert_int_equal(fread(content, 1, sizeof content, file), size);
	assert_memory_equal(content, bytes, size);
	fclose(file);
}

static struct stat status_of(const char *path)
{
	struct stat status;

	assert_int_equal(lstat(path, &status), 0);
	return status;
}

static int count_entries(void)
{
	return entries_count(folder);
}

static struct document *open_document(const char *path)
{
	struct error error = ERROR_NONE;
	struct file *file = file_open(path, NULL, NULL, &error);

	if (!file)
		fail_msg("%s", error.message);
	struct document *document = document_open(file, &error);
	assert_non_null(document);
	return document;
}

static struct save_plan write_document(struct document *document)
{
	struct error error = ERROR_NONE;
	struct save_plan plan;
	struct save_plan done;

	if (!save_plan(document, NULL, &plan, &error)
	    || !save_write(document, NULL, &done, &error))
		fail_msg("%s", error.message);
	assert_int_equal(plan.method, done.method);
	assert_int_equal(plan.bytes, done.bytes);
	assert_int_equal(plan.ranges, done.ranges);
	assert_false(document_modified(document));
	assert_int_equal(file_check(document_file(document), NULL), FILE_SAME);
	document_check(document);
	return done;
}

/* Refused by the plan and by the flush, with WORDS in the message. */
static void assert_refused(struct document *document, const char *words)
{
	struct error error = ERROR_NONE;
	struct save_plan plan;

	assert_false(save_write(document, NULL, &plan, &error));
	if (!strstr(error.message, words))
		fail_msg("\"%s\" has no \"%s\"", error.message, words);
	assert_false(save_plan(document, NULL, &plan, NULL));
	assert_true(document_modified(document));
}

static int empty_folder(void **state)
{
	char command[4200];

	(void)state;
	snprintf(command, sizeof command, "rm -rf %s/* %s/.[!.]*", folder,
		 folder);
	return system(command);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	return setenv("XDG_STATE_HOME", in_folder("state"), 1);
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

/* --- in place --- */

static void test_save_in_place(void **state)
{
	const char *path = in_folder("file");
	const char expected[] = "01XX456789abcdefYhijklmnopqrstuvwxyZ";

	(void)state;
	put_file(path, text, TEXT);
	assert_int_equal(link(path, in_folder("other")), 0);
	assert_int_equal(chmod(path, 0640), 0);
	struct stat before = status_of(path);
	struct document *document = open_document(path);
	assert_true(document_overwrite(document, 35, "Z", 1, NULL));
	assert_true(document_overwrite(document, 3, "X", 1, NULL));
	assert_true(document_overwrite(document, 2, "X", 1, NULL));
	assert_true(document_overwrite(document, 16, "Y", 1, NULL));
	struct save_plan done = write_document(document);
	assert_string_equal(save_method_name(done.method), "in place");
	assert_int_equal(done.bytes, 4);
	assert_int_equal(done.ranges, 3);
	assert_string_equal(done.note, "");
	assert_content(path, expected, TEXT);
	struct stat after = status_of(path);
	assert_int_equal(after.st_ino, before.st_ino);
	assert_int_equal(after.st_mode, before.st_mode);
	assert_int_equal(after.st_nlink, 2);
	assert_int_equal(count_entries(), 2);
	document_close(document);
}

static void test_save_nothing(void **state)
{
	const char *path = in_folder("file");

	(void)state;
	put_file(path, text, TEXT);
	struct stat before = status_of(path);
	struct document *document = open_document(path);
	struct save_plan done = write_document(document);
	assert_int_equal(done.method, SAVE_NOTHING);
	assert_int_equal(done.bytes, 0);
	assert_int_equal(done.ranges, 0);
	struct stat after = status_of(path);
	assert_int_equal(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
	assert_int_equal(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
	document_close(document);
}

/* What was cut out and put back where it was needs no writing, though it was
 * an edit. */
static void test_save_edits_to_nothing(void **state)
{
	enum { CUT = DOCUMENT_GRANULE_MAXIMUM + 1, SIZE = CUT + TEXT };
	const char *path = in_folder("file");
	struct range cut = { 4, 4 + CUT };

	(void)state;
	put_file(path, text, TEXT);
	assert_int_equal(truncate(path, SIZE), 0);
	struct stat before = status_of(path);
	struct document *document = open_document(path);
	struct clip *clip = document_copy(document, cut, NULL);
	assert_non_null(clip);
	assert_true(document_delete(document, cut, NULL));
	assert_true(document_paste(document, range_of(4, 0), clip, NULL));
	clip_free(clip);
	assert_true(document_modified(document));
	struct save_plan done = write_document(document);
	assert_int_equal(done.method, SAVE_NOTHING);
	assert_int_equal(done.bytes, 0);
	struct stat after = status_of(path);
	assert_int_equal(after.st_ctim.tv_sec, before.st_ctim.tv_sec);
	assert_int_equal(after.st_ctim.tv_nsec, before.st_ctim.tv_nsec);
	document_close(document);
}

/* More ranges than there is room for at first. */
static void test_save_many_ranges(void **state)
{
	enum { RANGES = 100 };
	const char *path = in_folder("file");
	char bytes[3 * RANGES];

	(void)state;
	memset(bytes, 'x', sizeof bytes);
	put_file(path, bytes, sizeof bytes);
	struct document *document = open_document(path);
	for (size_t i = 0; i < RANGES; i++) {
		bytes[3 * i] = (char)('A' + i % 26);
		assert_true(document_overwrite(document, 3 * i, bytes + 3 * i,
					       1, NULL));
	}
	struct save_plan done = write_document(document);
	assert_int_equal(done.ranges, RANGES);
	assert_int_equal(done.bytes, RANGES);
	assert_content(path, bytes, sizeof bytes);
	document_close(document);
}

static struct {
	int calls;
	off_t offset;
	off_t length;
} discarded;

static int note_discard(int fd, off_t offset, off_t length)
{
	(void)fd;
	discarded.calls++;
	discarded.offset = offset;
	discarded.length = length;
	return 0;
}

/* Around a few bytes the system is to give up its large pages, which would be
 * dirty as a whole. */
static void test_save_lets_go_of_large_pages(void **state)
{
	const char *path = in_folder("file");
	enum { PAGE = SAVE_LARGE_PAGE };

	(void)state;
	put_file(path, text, TEXT);
	assert_int_equal(truncate(path, 3 * PAGE), 0);
	struct document *document = open_document(path);
	real = io;
	io.discard = note_discard;
	assert_true(document_overwrite(document, PAGE + 5, "X", 1, NULL));
	write_document(document);
	assert_int_equal(discarded.calls, 1);
	assert_int_equal(discarded.offset, PAGE);
	assert_int_equal(discarded.length, PAGE);
	/* Around many it would be brought again too often. */
	for (int i = 0; i <= SAVE_LET_GO; i++)
		assert_true(document_overwrite(document, (uint64_t)i * 4, "Y",
					       1, NULL));
	assert_int_equal(write_document(document).ranges, SAVE_LET_GO + 1);
	assert_int_equal(discarded.calls, 1);
	io = real;
	document_close(document);
}

/* Same length, but two parts have changed their places: written one after
 * the other straight from the mapping, the second would be wrong. */
static void test_save_in_place_moved(void **state)
{
	const char *path = in_folder("file");
	struct range part = { 4, 8 };
	const char expected[] = "89ab01234567";

	(void)state;
	put_file(path, "0123456789ab", 12);
	struct document *document = open_document(path);
	struct clip *clip = document_copy(document, part, NULL);
	assert_non_null(clip);
	assert_true(document_delete(document, part, NULL));
	assert_true(document_paste(document, range_of(8, 0), clip, NULL));
	clip_free(clip);
	part = range_of(4, 4);
	clip = document_copy(document, part, NULL);
	assert_true(document_delete(document, part, NULL));
	assert_true(document_paste(document, range_of(0, 0), clip, NULL));
	clip_free(clip);
	struct save_plan done = write_document(document);
	assert_int_equal(done.method, SAVE_IN_PLACE);
	assert_int_equal(done.bytes, 12);
	assert_int_equal(done.ranges, 1);
	assert_content(path, expected, 12);
	unsigned char bytes[12];
	assert_int_equal(document_read(document, 0, bytes, 12), 12);
	assert_memory_equal(bytes, expected, 12);
	/* And back, though the old bytes are nowhere on the disk now. */
	while (document_undo_steps(document))
		assert_true(document_undo(document, &part, NULL));
	assert_int_equal(write_document(document).method, SAVE_IN_PLACE);
	assert_content(path, "0123456789ab", 12);
	document_close(document);
}

static void test_save_twice(void **state)
{
	const char *path = in_folder("file");

	(void)state;
	put_file(path, text, TEXT);
	struct document *document = open_document(path);
	assert_true(document_overwrite(document, 0, "A", 1, NULL));
	assert_int_equal(write_document(document).bytes, 1);
	assert_true(document_insert(document, 1, "B", 1, NULL));
	assert_int_equal(write_document(document).bytes, TEXT + 1);
	assert_true(document_overwrite(document, 2, "C", 1, NULL));
	assert_int_equal(write_document(document).bytes, 1);
	assert_content(path, "ABC23456789abcdefghijklmnopqrstuvwxyz",
		       TEXT + 1);
	assert_int_equal(count_entries(), 1);
	document_close(document);
}

static void test_save_sparse_stays_sparse(void **state)
{
	const char *path = in_folder("file");
	const off_t size = (off_t)1 << 35;

	(void)state;
	put_file(path, text, TEXT);
	assert_int_equal(truncate(path, size), 0);
	struct document *document = open_document(path);
	assert_true(document_overwrite(document, (uint64_t)size / 2, "X", 1,
				       NULL));
	assert_int_equal(write_document(document).bytes, 1);
	struct stat after = status_of(path);
	assert_int_equal(after.st_size, size);
	assert_true(after.st_blocks < 256);
	document_close(document);
}

/* Who is not root for the moment. */
static void become_owner(bool other)
{
	if (getuid() != 0)
		return;
	if (!other)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(setegid(other ? 65534 : 0), 0);
	if (other)
		assert_int_equal(seteuid(65534), 0);
}

/* The set-user-ID bit falls when its owner writes: that is said. */
static void test_save_notes_mode(void **state)
{
	const char *path = in_folder("file");
	struct save_plan plan = { .note = "" };
	struct save_plan done = { .note = "" };

	(void)state;
	assert_int_equal(chmod(folder, 0777), 0);
	become_owner(true);
	put_file(path, text, TEXT);
	assert_int_equal(chmod(path, 04755), 0);
	struct document *document = open_document(path);
	assert_true(document_overwrite(document, 0, "X", 1, NULL));
	bool planned = save_plan(document, NULL, &plan, NULL);
	bool written = save_write(document, NULL, &done, NULL);
	document_close(document);
	become_owner(false);
	assert_int_equal(chmod(folder, 0700), 0);
	assert_true(planned && written);
	assert_non_null(strstr(plan.note, "set-user-ID"));
	assert_string_equal(done.note, "its mode was 4755 and is 0755 now");
	assert_int_equal(status_of(path).st_mode & 07777, 0755);
}

/* The journal of a file in a folder that can't be written. */
static void test_save_journal_elsewhere(void **state)
{
	const char *path = in_folder("closed/file");
	int status;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(folder, 0777), 0);
	assert_int_equal(mkdir(in_folder("closed"), 0711), 0);
	put_file(path, text, TEXT);
	assert_int_equal(chmod(path, 0666), 0);
	pid_t child = fork();
	if (child == 0) {
		struct save_plan done;
		struct error error = ERROR_NONE;

		if (setgid(65534) || setuid(65534))
			_exit(1);
		struct document *document = open_document(path);
		document_overwrite(document, 0, "X", 1, NULL);
		if (!save_write(document, NULL, &done, &error)) {
			fprintf(stderr, "%s\n", error.message);
			_exit(2);
		}
		document_insert(document, 0, "Y", 1, NULL);
		if (!save_plan(document, NULL, &done, NULL)
		    || done.method != SAVE_REWRITTEN || !done.in_state
		    || strcmp(done.reason, "its owner would not be kept"))
			_exit(3);
		if (!save_write(document, NULL, &done, &error)
		    || done.method != SAVE_REWRITTEN) {
			fprintf(stderr, "%s\n", error.message);
			_exit(4);
		}
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_content(path, "YX123456789abcdefghijklmnopqrstuvwxyz",
		       TEXT + 1);
	assert_int_equal(status_of(in_folder("state/octavo/journals")).st_mode
			 & 0777, 0700);
	assert_int_equal(rmdir(in_folder("state/octavo/journals")), 0);
	assert_int_equal(chmod(folder, 0700), 0);
}

/* --- in place, with another length --- */

static struct save_plan write_by(struct document *document,
				 const struct save_options *options)
{
	struct error error = ERROR_NONE;
	struct save_plan plan;
	struct save_plan done;

	if (!save_plan(document, options, &plan, &error)
	    || !save_write(document, options, &done, &error))
		fail_msg("%s", error.message);
	assert_int_equal(plan.method, done.method);
	assert_int_equal(plan.bytes, done.bytes);
	assert_int_equal(plan.ranges, done.ranges);
	assert_false(document_modified(document));
	assert_int_equal(file_check(document_file(document), NULL), FILE_SAME);
	document_check(document);
	return done;
}

static void assert_document(const struct document *document,
			    const char *bytes)
{
	char read[256];
	size_t size = strlen(bytes);

	assert_int_equal(document_size(document), size);
	assert_int_equal(document_read(document, 0, read, sizeof read), size);
	assert_memory_equal(read, bytes, size);
}

static void undo_all(struct document *document)
{
	struct range touched;

	while (document_undo_steps(document) > 0)
		assert_true(document_undo(document, &touched, NULL));
}

/* The end of a file, longer, shorter and gone; each undone and written too,
 * though the old end is nowhere on the disk any more. */
static void test_save_tail(void **state)
{
	static const struct { uint64_t at, removed; const char *inserted,
			      *expected; } cases[] = {
		{ TEXT, 0, "++", "0123456789abcdefghijklmnopqrstuvwxyz++" },
		{ 34, 0, "+", "0123456789abcdefghijklmnopqrstuvwx+yz" },
		{ 33, 1, "", "0123456789abcdefghijklmnopqrstuvwyz" },
		{ 30, 6, "", "0123456789abcdefghijklmnopqrst" },
		{ 35, 1, "+-", "0123456789abcdefghijklmnopqrstuvwxy+-" },
	};
	const char *path = in_folder("file");

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		put_file(path, text, TEXT);
		struct stat before = status_of(path);
		struct document *document = open_document(path);

		assert_true(document_replace(document,
			range_of(cases[i].at, cases[i].removed),
			cases[i].inserted, strlen(cases[i].inserted), NULL));
		struct save_plan done = write_document(document);
		assert_int_equal(done.method, SAVE_IN_PLACE);
		assert_true(done.bytes < 9);
		assert_content(path, cases[i].expected,
			       strlen(cases[i].expected));
		assert_document(document, cases[i].expected);
		assert_int_equal(status_of(path).st_ino, before.st_ino);
		assert_int_equal(count_entries(), 1);
		undo_all(document);
		assert_document(document, text);
		write_by(document, &(struct save_options){
			 .way = SAVE_WAY_IN_PLACE });
		assert_content(path, text, TEXT);
		assert_int_equal(status_of(path).st_ino, before.st_ino);
		document_close(document);
	}
}

/* One byte near the end of a large file, which is not copied for it. */
static void test_save_tail_of_large_file(void **state)
{
	const char *path = in_folder("file");
	const off_t size = (off_t)1 << 35;
	char bytes[2];

	(void)state;
	put_file(path, text, TEXT);
	assert_int_equal(truncate(path, size), 0);
	struct document *document = open_document(path);
	assert_true(document_overwrite(document, 1, "X", 1, NULL));
	assert_true(document_insert(document, (uint64_t)size - 9, "YZ", 2,
				    NULL));
	struct save_plan done = write_document(document);
	assert_int_equal(done.method, SAVE_IN_PLACE);
	assert_int_equal(done.bytes, 12);
	assert_int_equal(done.ranges, 2);
	assert_int_equal(status_of(path).st_size, size + 2);
	assert_true(status_of(path).st_blocks < 256);
	int fd = open(path, O_RDONLY);
	assert_int_equal(pread(fd, bytes, 2, size - 9), 2);
	assert_memory_equal(bytes, "YZ", 2);
	assert_int_equal(pread(fd, bytes, 2, 1), 2);
	assert_memory_equal(bytes, "X2", 2);
	close(fd);
	document_close(document);
}

/* --- rewritten --- */

static void test_save_rewritten(void **state)
{
	const char *path = in_folder("file");
	const char *other = in_folder("other");

	(void)state;
	put_file(path, text, TEXT);
	assert_int_equal(link(path, other), 0);
	struct document *document = open_document(path);
	struct clip *clip = document_copy(document, range_of(0, TEXT), NULL);
	assert_non_null(clip);
	assert_true(document_insert(document, 4, "++", 2, NULL));
	struct save_plan done = write_document(document);
	assert_string_equal(save_method_name(done.method), "in place");
	assert_int_equal(done.method, SAVE_REWRITTEN);
	assert_string_equal(done.reason,
			    "its other hard links would not be kept");
	assert_int_equal(done.bytes, TEXT - 4 + 2);
	assert_int_equal(done.ranges, 1);
	assert_content(other, "0123++456789abcdefghijklmnopqrstuvwxyz",
		       TEXT + 2);
	assert_document(document, "0123++456789abcdefghijklmnopqrstuvwxyz");
	assert_true(document_delete(document, range_of(2, 20), NULL));
	assert_int_equal(write_document(document).method, SAVE_REWRITTEN);
	assert_content(other, "01klmnopqrstuvwxyz", TEXT - 18);
	assert_true(document_paste(document, range_of(0, 0), clip, NULL));
	clip_free(clip);
	assert_document(document, "0123456789abcdefghijklmnopqrstuvwxyz"
			"01klmnopqrstuvwxyz");
	undo_all(document);
	assert_document(document, text);
	write_document(document);
	assert_content(other, text, TEXT);
	assert_int_equal(status_of(path).st_ino, status_of(other).st_ino);
	assert_int_equal(count_entries(), 2);
	document_close(document);
}

/* Holes stay holes where they can. */
static void test_save_rewritten_sparse(void **state)
{
	const char *path = in_folder("file");
	const off_t size = (off_t)1 << 33;
	char bytes[TEXT];

	(void)state;
	put_file(path, text, TEXT);
	assert_int_equal(truncate(path, size), 0);
	int fd = open(path, O_RDWR);
	assert_int_equal(pwrite(fd, text, TEXT, size / 2), TEXT);
	struct document *document = open_document(path);
	assert_true(document_insert(document, 0, "XY", 2, NULL));
	struct save_plan done = write_by(document, &(struct save_options){
		.way = SAVE_WAY_IN_PLACE });
	assert_int_equal(done.method, SAVE_REWRITTEN);
	assert_string_equal(done.reason, "write-method=in-place");
	assert_int_equal(status_of(path).st_size, size + 2);
	assert_true(status_of(path).st_blocks < 512);
	assert_int_equal(pread(fd, bytes, TEXT, size / 2 + 2), TEXT);
	assert_memory_equal(bytes, text, TEXT);
	assert_int_equal(pread(fd, bytes, 4, size / 2), 4);
	assert_memory_equal(bytes, "\0\0" "01", 4);
	close(fd);
	document_close(document);
}

/* --- ways, backups --- */

static void test_save_ways(void **state)
{
	const struct save_options in_place = { .way = SAVE_WAY_IN_PLACE };
	const struct save_options replace = { .way = SAVE_WAY_REPLACE };
	const char *path = in_folder("file");
	struct error error = ERROR_NONE;
	struct save_plan plan;

	(void)state;
	put_file(path, text, TEXT);
	struct document *document = open_document(path);
	assert_true(document_overwrite(document, 0, "X", 1, NULL));
	struct save_plan done = write_by(document, &replace);
	assert_int_equal(done.method, SAVE_REPLACED);
	assert_int_equal(done.bytes, TEXT);
	assert_true(document_insert(document, 0, "Y", 1, NULL));
	done = write_by(document, &in_place);
	assert_int_equal(done.method, SAVE_REWRITTEN);
	assert_true(document_insert(document, TEXT, "Z", 1, NULL));
	assert_int_equal(write_by(document, &replace).method, SAVE_REPLACED);
	assert_content(path, "YX123456789abcdefghijklmnopqrstuvwxyZz",
		       TEXT + 2);
	assert_int_equal(link(path, in_folder("other")), 0);
	document_close(document);
	document = open_document(path);
	assert_true(document_overwrite(document, 0, "X", 1, NULL));
	assert_false(save_plan(document, &replace, &plan, &error));
	assert_non_null(strstr(error.message, "hard links"));
	assert_false(save_write(document, &replace, &done, &error));
	document_close(document);
}

static void test_save_backup_copy(void **state)
{
	const struct save_options options = { .backup = SAVE_BACKUP_COPY };
	const char *path = in_folder("file");
	const char *backup = in_folder("file~");

	(void)state;
	put_file(path, text, TEXT);
	assert_int_equal(chmod(path, 0604), 0);
	struct document *document = open_document(path);
	assert_true(document_overwrite(document, 0, "X", 1, NULL));
	struct save_plan done = write_by(document, &options);
	assert_int_equal(done.method, SAVE_IN_PLACE);
	assert_true(done.backup);
	assert_content(backup, text, TEXT);
	assert_int_equal(status_of(backup).st_mode & 07777, 0604);
	/* What is left of one that was cut off is nobody's. */
	put_file(in_folder(".file.ovb"), "half", 4);
	assert_true(document_insert(document, 0, "Y", 1, NULL));
	assert_int_equal(write_by(document, &options).method, SAVE_REPLACED);
	assert_content(backup, "X123456789abcdefghijklmnopqrstuvwxyz", TEXT);
	assert_int_equal(count_entries(), 2);
	/* A folder is not replaced. */
	assert_int_equal(unlink(backup), 0);
	assert_int_equal(mkdir(backup, 0700), 0);
	assert_true(document_insert(document, 0, "Z", 1, NULL));
	assert_false(save_plan(document, &options, &done, NULL));
	assert_false(save_write(document, &options, &done, NULL));
	write_document(document);
	document_close(document);
}

static int refused_mode(int fd, mode_t mode)
{
	(void)fd;
	(void)mode;
	errno = EPERM;
	return -1;
}

static int refused_owner(int fd, uid_t owner, gid_t group)
{
	(void)owner;
	(void)group;
	return refused_mode(fd, 0);
}

/* As on a vfat that somebody else has mounted: what all files have need not be
 * said, and may not. */
static void test_save_modes_and_owners_are_given(void **state)
{
	const struct save_options options = { .backup = SAVE_BACKUP_COPY };
	const char *path = in_folder("file");
	struct error error = ERROR_NONE;
	struct io whole = io;
	struct save_plan done;

	(void)state;
	put_file(path, text, TEXT);
	assert_int_equal(chmod(path, 0600), 0);
	struct document *document = open_document(path);
	io.fchmod = refused_mode;
	io.fchown = refused_owner;
	assert_true(document_overwrite(document, 0, "X", 1, NULL));
	assert_int_equal(write_by(document, &options).method, SAVE_IN_PLACE);
	assert_true(document_insert(document, 0, "Y", 1, NULL));
	assert_int_equal(write_by(document, &options).method, SAVE_REPLACED);
	assert_int_equal(count_entries(), 2);
	/* Here it would have to. */
	assert_int_equal(chmod(path, 0640), 0);
	file_accept(document_file(document), NULL);
	assert_true(document_insert(document, 0, "Z", 1, NULL));
	assert_false(save_write(document, &options, &done, &error));
	assert_non_null(strstr(error.message, "its mode would not be kept"));
	io = whole;
	document_close(document);
}

static bool copying_grows;

/* As an overlay does: opening it to write is a change of the file. */
static int copying_openat(int at, const char *name, int flags, mode_t mode)
{
	int fd = openat(at, name, flags, mode);
	struct stat before, now;

	if ((flags & (O_RDWR | O_CREAT)) != O_RDWR || fd < 0)
		return fd;
	assert_int_equal(fstat(fd, &before), 0);
	do {
		assert_int_equal(fchmod(fd, 0600), 0);
		assert_int_equal(fstat(fd, &now), 0);
	} while (now.st_ctim.tv_sec == before.st_ctim.tv_sec
		 && now.st_ctim.tv_nsec == before.st_ctim.tv_nsec);
	if (copying_grows)
		assert_int_equal(pwrite(fd, "more", 4, now.st_size), 4);
	return fd;
}

static void test_save_opening_is_a_change(void **state)
{
	struct io whole = io;
	struct save_plan done;
	struct error error = ERROR_NONE;

	(void)state;
	put_file(in_folder("file"), text, TEXT);
	struct document *document = open_document(in_folder("file"));
	io.openat = copying_openat;
	assert_true(document_overwrite(document, 0, "X", 1, NULL));
	assert_int_equal(write_document(document).method, SAVE_IN_PLACE);
	assert_true(document_insert(document, 0, "Y", 1, NULL));
	assert_int_equal(write_document(document).method, SAVE_REPLACED);
	/* That was not all. */
	copying_grows = true;
	assert_true(document_insert(document, 0, "Z", 1, NULL));
	assert_false(save_write(document, NULL, &done, &error));
	io = whole;
	assert_non_null(strstr(error.message, "unchanged"));
	document_close(document);
}

static int (*whole_lock)(int fd);

/* Somebody else writes in the moment in which the file is locked. */
static int locked_late(int fd)
{
	struct stat before, now;
	int other = open(in_folder("file"), O_WRONLY);

	assert_int_equal(fstat(other, &before), 0);
	do {
		assert_int_equal(pwrite(other, "other", 5, 0), 5);
		assert_int_equal(fstat(other, &now), 0);
	} while (now.st_ctim.tv_sec == before.st_ctim.tv_sec
		 && now.st_ctim.tv_nsec == before.st_ctim.tv_nsec);
	close(other);
	return whole_lock(fd);
}

static void test_save_changed_while_opened(void **state)
{
	struct io whole = io;
	struct save_plan done;
	struct error error = ERROR_NONE;
	char bytes[6] = "";

	(void)state;
	put_file(in_folder("file"), text, TEXT);
	struct document *document = open_document(in_folder("file"));
	assert_true(document_overwrite(document, 1, "X", 1, NULL));
	whole_lock = io.lock;
	io.lock = locked_late;
	assert_false(save_write(document, NULL, &done, &error));
	io = whole;
	assert_non_null(strstr(error.message, "has changed on disk"));
	document_close(document);
	int fd = open(in_folder("file"), O_RDONLY);
	assert_int_equal(read(fd, bytes, 5), 5);
	close(fd);
	assert_string_equal(bytes, "other");
}

static int refused_name(int at, const char *name, int flags, mode_t mode)
{
	if (flags & O_CREAT) {
		errno = EINVAL;
		return -1;
	}
	return openat(at, name, flags, mode);
}

/* As vfat does with a colon. */
static void test_save_name_is_refused(void **state)
{
	struct error error = ERROR_NONE;
	struct io whole = io;
	struct save_plan done;

	(void)state;
	put_file(in_folder("file"), text, TEXT);
	struct document *document = open_document(in_folder("file"));
	io.openat = refused_name;
	assert_false(save_copy(document, (struct range){ 0, TEXT },
			       in_folder("a:b"), false, &done, &error));
	io = whole;
	assert_non_null(strstr(error.message, "a:b not created: its file "
			       "system takes no such name"));
	document_close(document);
	assert_int_equal(count_entries(), 1);
}

/* Keeping the old file takes that. */
static bool has_exchange(void)
{
	int at = open(folder, O_RDONLY | O_DIRECTORY);

	put_file(in_folder("one"), text, 1);
	put_file(in_folder("two"), text, 1);
	bool has = io.exchange(at, "one", "two") == 0;
	close(at);
	assert_int_equal(unlink(in_folder("one")), 0);
	assert_int_equal(unlink(in_folder("two")), 0);
	return has;
}

static void test_save_backup_simple(void **state)
{
	const struct save_options options = { .backup = SAVE_BACKUP_SIMPLE };
	const char *path = in_folder("file");
	const char *backup = in_folder("file~");

	(void)state;
	if (!has_exchange())
		skip();
	put_file(path, text, TEXT);
	struct stat before = status_of(path);
	struct document *document = open_document(path);
	assert_true(document_overwrite(document, 0, "X", 1, NULL));
	struct save_plan plan;
	assert_true(save_plan(document, &options, &plan, NULL));
	assert_false(plan.backup);
	assert_non_null(strstr(plan.note, "no backup"));
	write_by(document, &options);
	assert_int_equal(count_entries(), 1);
	assert_true(document_insert(document, 0, "Y", 1, NULL));
	struct save_plan done = write_by(document, &options);
	assert_true(done.backup);
	assert_int_equal(status_of(backup).st_ino, before.st_ino);
	assert_content(backup, "X123456789abcdefghijklmnopqrstuvwxyz", TEXT);
	assert_int_equal(count_entries(), 2);
	/* Undo still knows what was in it, whatever becomes of that. */
	put_file(backup, "other bytes that are as long as that", TEXT);
	undo_all(document);
	assert_document(document, text);
	document_close(document);
}

/* --- what stands against it --- */

static int is_mount_point(int at, const char *name, bool *mounted)
{
	(void)at, (void)name;
	*mounted = true;
	return 0;
}

static int busy_exchange(int at, const char *one, const char *other)
{
	(void)at, (void)one, (void)other;
	errno = EBUSY;
	return -1;
}

/* What is mounted on can't be replaced, and the plan knows. */
static void test_save_mount_point(void **state)
{
	const char *path = in_folder("file");
	struct io whole = io;
	struct error error = ERROR_NONE;
	struct save_plan done;

	(void)state;
	put_file(path, text, TEXT);
	struct document *document = open_document(path);
	assert_true(document_insert(document, 0, "+", 1, NULL));
	/* A system that does not say it at first. */
	io.exchange = busy_exchange;
	assert_false(save_write(document, NULL, &done, &error));
	assert_non_null(strstr(error.message, "mounted on it"));
	assert_content(path, text, TEXT);
	assert_int_equal(count_entries(), 1);
	io.mount_point = is_mount_point;
	done = write_document(document);
	io = whole;
	assert_int_equal(done.method, SAVE_REWRITTEN);
	assert_string_equal(done.reason, "something is mounted on it");
	assert_int_equal(status_of(path).st_size, TEXT + 1);
	document_close(document);
}

static int full_system(int fd, struct statvfs *status)
{
	(void)fd;
	*status = (struct statvfs){ .f_blocks = 100, .f_frsize = 10 };
	return 0;
}

/* Without room nothing is begun. */
static void test_save_no_room(void **state)
{
	const char *path = in_folder("file");
	struct io whole = io;
	struct error error = ERROR_NONE;
	struct save_plan plan;

	(void)state;
	put_file(path, text, TEXT);
	struct document *document = open_document(path);
	assert_true(document_overwrite(document, 0, "+", 1, NULL));
	assert_true(save_plan(document, NULL, &plan, NULL));
	assert_true(plan.space > 0 && plan.space < plan.room);
	assert_true(save_outlook(document, NULL));
	io.fstatvfs = full_system;
	assert_refused(document, "no room");
	assert_false(save_outlook(document, &error));
	io = whole;
	assert_non_null(strstr(error.message, "full"));
	assert_int_equal(count_entries(), 1);
	document_close(document);
}

static bool changed_owner(void)
{
	return setgid(65534) == 0 && setuid(65534) == 0;
}

/* Somebody else's file in a sticky folder, and what is said of it and of its
 * neighbours when they are opened. */
static void test_save_sticky(void **state)
{
	const char *path = in_folder("file");
	int status;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(folder, 01777), 0);
	put_file(path, text, TEXT);
	assert_int_equal(chmod(path, 0666), 0);
	put_file(in_folder("closed"), text, TEXT);
	assert_int_equal(chmod(in_folder("closed"), 0644), 0);
	pid_t child = fork();
	if (child == 0) {
		struct save_plan done;
		struct error error = ERROR_NONE;

		if (!changed_owner())
			_exit(1);
		struct document *document = open_document(path);
		document_insert(document, 0, "Y", 1, NULL);
		if (!save_outlook(document, NULL)
		    || !save_write(document, NULL, &done, NULL)
		    || done.method != SAVE_REWRITTEN || done.in_state)
			_exit(2);
		document = open_document(in_folder("closed"));
		if (save_outlook(document, &error)
		    || !strstr(error.message, "permission denied")
		    || strstr(error.message, "elsewhere"))
			_exit(3);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_content(path, "Y0123456789abcdefghijklmnopqrstuvwxyz",
		       TEXT + 1);
	assert_int_equal(chmod(folder, 0755), 0);
	child = fork();
	if (child == 0) {
		struct error error = ERROR_NONE;

		if (!changed_owner())
			_exit(1);
		if (save_outlook(open_document(path), &error)
		    || !strstr(error.message, "only written in place"))
			_exit(2);
		if (save_outlook(open_document(in_folder("closed")), &error)
		    || !strstr(error.message, "elsewhere"))
			_exit(3);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(chmod(folder, 0700), 0);
	assert_int_equal(count_entries(), 2);
}

/* --- where it writes --- */

static int strange_files;

/* Files may be created in the target's folder and that of the state. */
static int watch_openat(int at, const char *name, int flags, mode_t mode)
{
	char path[4096];
	int fd = real.openat(at, name, flags, mode);

	if (fd < 0 || (flags & O_ACCMODE) == O_RDONLY)
		return fd;
	char link[64];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, path, sizeof path - 1);
	assert_true(length > 0);
	path[length] = '\0';
	char *slash = strrchr(path, '/');
	*slash = '\0';
	if (strcmp(path, folder) != 0
	    && strcmp(path, in_folder("state/octavo/journals")) != 0)
		strange_files++;
	return fd;
}

static int watch_open(const char *path, int flags, mode_t mode)
{
	if ((flags & O_ACCMODE) != O_RDONLY)
		strange_files++;
	return real.open(path, flags, mode);
}

static int watch_temporary(char *pattern)
{
	strange_files++;
	return real.temporary(pattern);
}

/* All methods, with and without a backup. */
static void test_save_writes_nowhere_else(void **state)
{
	const char *path = in_folder("file");
	struct save_plan done;

	(void)state;
	if (!has_exchange())
		skip();
	real = io;
	strange_files = 0;
	for (unsigned n = 0; n < 18; n++) {
		struct save_options options = {
			.way = (enum save_way)(n % 3),
			.backup = (enum save_backup)(n / 3 % 3),
		};

		put_file(path, text, TEXT);
		struct document *document = open_document(path);
		io.openat = watch_openat;
		io.open = watch_open;
		io.temporary = watch_temporary;
		assert_true(n < 9 ? document_insert(document, 0, "X", 1, NULL)
			    : document_overwrite(document, 0, "X", 1, NULL));
		assert_true(save_write(document, &options, &done, NULL));
		io = real;
		document_close(document);
	}
	assert_int_equal(strange_files, 0);
}

/* --- in phases --- */

static bool in_child(bool (*phase)(struct save_flush *),
		     struct save_flush *flush)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		_exit(phase(flush) ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status == 0;
}

struct steps {
	uint64_t done;
	uint64_t all;
	int stop_after;
};

static void count_progress(void *context, uint64_t done, uint64_t all)
{
	struct steps *steps = context;

	assert_true(done >= steps->done);
	assert_true(done <= all);
	steps->done = done;
	steps->all = all;
}

static bool stop_soon(void *context)
{
	struct steps *steps = context;

	return steps->stop_after-- == 0;
}

/* The two long phases in a child each, or only the first. */
static void test_save_in_children(void **state)
{
	static const struct { enum save_way way; uint64_t at; } cases[] = {
		{ SAVE_WAY_IN_PLACE, TEXT - 1 }, { SAVE_WAY_IN_PLACE, 0 },
		{ SAVE_WAY_REPLACE, 0 },
	};
	const char *path = in_folder("file");

	(void)state;
	for (size_t n = 0; n < 2 * (sizeof cases / sizeof *cases); n++) {
		size_t i = n / 2;
		struct save_options options = { .way = cases[i].way,
						.backup = SAVE_BACKUP_COPY };
		struct save_plan done;
		uint64_t now, all;

		put_file(path, text, TEXT);
		struct document *document = open_document(path);
		assert_true(document_insert(document, cases[i].at, "+", 1,
					    NULL));
		struct save_flush *flush = save_begin(document, &options,
						      NULL, NULL);
		assert_non_null(flush);
		assert_true(save_planned(flush)->backup);
		assert_true(in_child(save_prepare, flush));
		save_progress(flush, &now, &all);
		assert_true(now > 0 && now <= all);
		assert_content(path, text, TEXT);
		assert_true(save_commit(flush));
		assert_int_equal(document_size(document), TEXT + 1);
		assert_true(n % 2 ? save_apply(flush)
			    : in_child(save_apply, flush));
		assert_true(save_finish(flush, &done));
		save_progress(flush, &now, &all);
		assert_int_equal(now, all);
		save_end(flush);
		assert_false(document_modified(document));
		assert_int_equal(file_check(document_file(document), NULL),
				 FILE_SAME);
		assert_int_equal(status_of(path).st_size, TEXT + 1);
		assert_int_equal(count_entries(), 2);
		document_close(document);
	}
}

/* What is this process's alone must not be what it has as standard input. */
static bool keeps_input(struct save_flush *flush)
{
	int before = fcntl(0, F_GETFD);

	(void)flush;
	io_private_close();
	return fcntl(0, F_GETFD) == before;
}

/* There is no file to keep from others. */
static void test_save_new_in_child(void **state)
{
	const char *path = in_folder("file");
	struct document *document = open_document(path);
	struct save_plan done;

	(void)state;
	assert_true(document_insert(document, 0, text, TEXT, NULL));
	struct save_flush *flush = save_begin(document, NULL, NULL, NULL);
	assert_non_null(flush);
	save_share(flush, true);
	assert_true(in_child(save_prepare, flush));
	save_share(flush, false);
	assert_true(in_child(keeps_input, flush));
	assert_true(save_commit(flush) && save_apply(flush)
		    && save_finish(flush, &done));
	save_end(flush);
	assert_int_equal(done.method, SAVE_CREATED);
	assert_content(path, text, TEXT);
	assert_int_equal(count_entries(), 1);
	document_close(document);
}

/* A child that prepares is killed, or the flush is just given up. */
static void test_save_given_up(void **state)
{
	static const struct save_options ways[] = {
		{ .way = SAVE_WAY_IN_PLACE }, { .way = SAVE_WAY_REPLACE },
	};
	const char *path = in_folder("file");

	(void)state;
	put_file(path, text, TEXT);
	for (size_t i = 0; i < 4; i++) {
		struct document *document = open_document(path);
		struct error error = ERROR_NONE;

		assert_true(document_insert(document, 0, "+", 1, NULL));
		struct save_flush *flush = save_begin(document, &ways[i % 2],
						      NULL, NULL);
		assert_true(in_child(save_prepare, flush));
		if (i < 2) {
			save_message(flush, &error);
			assert_non_null(strstr(error.message,
					       "unchanged: stopped"));
		}
		save_end(flush);
		assert_content(path, text, TEXT);
		assert_int_equal(count_entries(), 1);
		assert_true(document_modified(document));
		document_close(document);
	}
}

static void test_save_stopped(void **state)
{
	static const enum save_way ways[] = { SAVE_WAY_IN_PLACE,
					      SAVE_WAY_REPLACE };
	const char *path = in_folder("file");
	int stopped = 0;

	(void)state;
	for (int n = 0; n < 40; n++) {
		struct save_options options = { .way = ways[n % 2] };
		struct steps steps = { .stop_after = n / 2 };
		struct save_hooks hooks = { count_progress, stop_soon, &steps };
		struct error error = ERROR_NONE;
		struct save_plan done;

		put_file(path, text, TEXT);
		struct document *document = open_document(path);
		assert_true(document_insert(document, 5, "+", 1, NULL));
		struct save_flush *flush = save_begin(document, &options,
						      &hooks, NULL);
		assert_non_null(flush);
		if (save_prepare(flush)) {
			steps.stop_after = 0;
			assert_true(save_commit(flush) && save_apply(flush)
				    && save_finish(flush, &done));
			assert_int_equal(steps.done, steps.all);
			assert_false(document_modified(document));
		} else {
			save_message(flush, &error);
			assert_non_null(strstr(error.message, "stopped"));
			assert_content(path, text, TEXT);
			assert_true(document_modified(document));
			stopped++;
		}
		save_end(flush);
		assert_int_equal(count_entries(), 1);
		document_close(document);
	}
	assert_true(stopped >= 4 && stopped < 40);
}

/* --- replaced --- */

static void test_save_replaced(void **state)
{
	const char *path = in_folder("file");

	(void)state;
	put_file(path, text, TEXT);
	assert_int_equal(chmod(path, 06751), 0);
	bool attributes = setxattr(path, "user.colour", "red", 3, 0) == 0;
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 12, 34), 0);
		assert_int_equal(chmod(path, 06751), 0);
	}
	struct stat before = status_of(path);
	struct document *document = open_document(path);
	assert_true(document_insert(document, 10, "++", 2, NULL));
	assert_true(document_delete(document, range_of(0, 1), NULL));
	struct save_plan done = write_document(document);
	assert_string_equal(save_method_name(done.method), "replaced");
	assert_int_equal(done.bytes, TEXT + 1);
	assert_int_equal(done.ranges, 1);
	assert_content(path, "123456789++abcdefghijklmnopqrstuvwxyz",
		       TEXT + 1);
	struct stat after = status_of(path);
	assert_int_equal(after.st_mode, before.st_mode);
	assert_int_equal(after.st_uid, before.st_uid);
	assert_int_equal(after.st_gid, before.st_gid);
	char value[8];
	if (attributes) {
		assert_int_equal(getxattr(path, "user.colour", value, 8), 3);
		assert_memory_equal(value, "red", 3);
	}
	assert_int_equal(count_entries(), 1);
	document_close(document);
}

static int count_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* Undo needs what was deleted, but not a whole old file for a few bytes. */
static void test_save_replaced_often(void **state)
{
	const char *path = in_folder("file");
	struct range touched;

	(void)state;
	put_file(path, text, TEXT);
	struct document *document = open_document(path);
	int before = count_descriptors();

	for (int i = 0; i < 20; i++) {
		assert_true(document_delete(document, (struct range){ 3, 4 },
					    NULL));
		assert_int_equal(write_document(document).method,
				 SAVE_REPLACED);
	}
	assert_content(path, "012nopqrstuvwxyz", 16);
	assert_int_equal(count_descriptors(), before);
	while (document_undo(document, &touched, NULL))
		document_check(document);
	write_document(document);
	assert_content(path, text, TEXT);
	document_close(document);
}

static void test_save_to_nothing(void **state)
{
	const char *path = in_folder("file");

	(void)state;
	put_file(path, text, TEXT);
	struct document *document = open_document(path);
	assert_true(document_delete(document, range_of(0, TEXT), NULL));
	struct save_plan done = write_document(document);
	assert_int_equal(done.bytes, 0);
	assert_int_equal(done.ranges, 0);
	assert_int_equal(status_of(path).st_size, 0);
	assert_true(document_insert(document, 0, "x", 1, NULL));
	assert_int_equal(write_document(document).bytes, 1);
	assert_content(path, "x", 1);
	document_close(document);
}

static void test_save_holes_kept(void **state)
{
	const char *path = in_folder("file");
	const char *expected = in_folder("expected");
	const off_t hole = 64 << 20;
	char command[9000];

	(void)state;
	put_file(path, text, TEXT);
	assert_int_equal(truncate(path, hole), 0);
	int fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, text, TEXT, hole / 2), TEXT);
	close(fd);
	struct document *document = open_document(path);
	assert_true(document_insert(document, 4, "abc", 3, NULL));
	assert_true(document_delete(document, range_of((uint64_t)hole - 9, 9),
				    NULL));
	snprintf(command, sizeof command, "{ head -c 4 %s; printf abc; "
		 "tail -c +5 %s; } | head -c %lld > %s", path, path,
		 (long long)hole - 6 - 9 + 9, expected);
	assert_int_equal(system(command), 0);
	assert_int_equal(truncate(expected, hole + 3 - 9), 0);
	write_document(document);
	snprintf(command, sizeof command, "cmp %s %s", path, expected);
	assert_int_equal(system(command), 0);
	assert_true(status_of(path).st_blocks < 256);
	document_close(document);
}

static void test_save_through_links(void **state)
{
	const char *path = in_folder("file");
	const char *one = in_folder("one");

	(void)state;
	assert_int_equal(mkdir(in_folder("deep"), 0700), 0);
	put_file(path, text, TEXT);
	assert_int_equal(symlink("deep/two", one), 0);
	assert_int_equal(symlink("../file", in_folder("deep/two")), 0);
	struct document *document = open_document(one);
	assert_true(document_insert(document, 0, "!", 1, NULL));
	write_document(document);
	assert_true(document_overwrite(document, 1, "?", 1, NULL));
	write_document(document);
	assert_content(path, "!?123456789abcdefghijklmnopqrstuvwxyz",
		       TEXT + 1);
	assert_true(S_ISLNK(status_of(one).st_mode));
	assert_true(S_ISLNK(status_of(in_folder("deep/two")).st_mode));
	assert_true(S_ISREG(status_of(path).st_mode));
	document_close(document);
}

static void test_save_long_name(void **state)
{
	char name[256];

	(void)state;
	memset(name, 'n', 255);
	name[255] = '\0';
	const char *path = in_folder(name);
	put_file(path, text, TEXT);
	struct document *document = open_document(path);
	assert_true(document_overwrite(document, 0, "X", 1, NULL));
	write_document(document);
	assert_true(document_insert(document, 0, "Y", 1, NULL));
	write_document(document);
	assert_content(path, "YX123456789abcdefghijklmnopqrstuvwxyz",
		       TEXT + 1);
	assert_int_equal(count_entries(), 1);
	document_close(document);
}

static void test_save_new_file(void **state)
{
	const char *path = in_folder("file");

	(void)state;
	mode_t mask = umask(027);
	struct document *document = open_document(path);
	assert_true(document_insert(document, 0, text, TEXT, NULL));
	struct save_plan done = write_document(document);
	umask(mask);
	assert_string_equal(save_method_name(done.method), "created");
	assert_int_equal(done.bytes, TEXT);
	assert_int_equal(done.ranges, 1);
	assert_content(path, text, TEXT);
	assert_int_equal(status_of(path).st_mode, S_IFREG | 0640);
	assert_int_equal(status_of(path).st_nlink, 1);
	assert_int_equal(count_entries(), 1);
	assert_true(document_overwrite(document, 0, "X", 1, NULL));
	assert_int_equal(write_document(document).method, SAVE_IN_PLACE);
	document_close(document);
}

/* --- refused --- */

static void test_save_refuses_what_appeared(void **state)
{
	const char *path = in_folder("file");

	(void)state;
	struct document *document = open_document(path);
	assert_true(document_insert(document, 0, text, TEXT, NULL));
	put_file(path, "theirs", 6);
	assert_refused(document, "not created");
	assert_content(path, "theirs", 6);
	assert_int_equal(count_entries(), 1);
	document_close(document);
}

static void test_save_refuses_changed(void **state)
{
	const char *path = in_folder("file");

	(void)state;
	put_file(path, text, TEXT);
	struct document *document = open_document(path);
	assert_true(document_overwrite(document, 0, "X", 1, NULL));
	put_file(path, "other and longer than it was before.", TEXT);
	assert_refused(document, "unchanged");
	assert_content(path, "other and longer than it was before.", TEXT);
	document_close(document);
}

static void test_save_refuses_replaced(void **state)
{
	const char *path = in_folder("file");

	(void)state;
	put_file(path, text, TEXT);
	struct document *document = open_document(path);
	assert_true(document_overwrite(document, 0, "X", 1, NULL));
	put_file(in_folder("other"), "theirs", 6);
	assert_int_equal(rename(in_folder("other"), path), 0);
	assert_refused(document, "replaced");
	assert_content(path, "theirs", 6);
	assert_int_equal(unlink(path), 0);
	assert_refused(document, "removed");
	assert_int_equal(count_entries(), 0);
	document_close(document);
}

static void test_save_refuses_leftovers(void **state)
{
	static const char *const names[] = { ".file.ovj", ".file.ovn" };
	const char *path = in_folder("file");

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		put_file(path, text, TEXT);
		put_file(in_folder(names[i]), "precious", 8);
		struct document *document = open_document(path);
		assert_true(document_overwrite(document, 0, "X", 1, NULL));
		assert_refused(document, names[i]);
		assert_true(document_insert(document, 0, "X", 1, NULL));
		assert_refused(document, names[i]);
		assert_content(path, text, TEXT);
		assert_content(in_folder(names[i]), "precious", 8);
		assert_int_equal(unlink(in_folder(names[i])), 0);
		document_close(document);
	}
}

/* A flush is killed at its ENDth sync. */
static int syncs;

static int killed_fsync(int fd)
{
	return --syncs > 0 ? fsync(fd) : (_exit(9), -1);
}

static void write_killed(const char *path, bool insert, int at)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct document *document = open_document(path);
		struct save_plan done;

		syncs = at;
		io.fsync = killed_fsync;
		if (insert)
			document_insert(document, 1, "XY", 2, NULL);
		else
			document_overwrite(document, 1, "XY", 2, NULL);
		save_write(document, NULL, &done, NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), 9);
}

static void assert_interrupted(const char *path, const char *words)
{
	struct document *document = open_document(path);

	assert_true(document_overwrite(document, 0, "Z", 1, NULL));
	assert_refused(document, words);
	document_close(document);
}

static void test_save_interrupted(void **state)
{
	const char *path = in_folder("file");

	(void)state;
	put_file(path, text, TEXT);
	write_killed(path, false, 3);
	assert_interrupted(path, "may be between old and new");
	assert_interrupted(path, "/.file.ovj has both");
	assert_int_equal(truncate(in_folder(".file.ovj"), 60), 0);
	assert_interrupted(path, "before it changed anything");
	assert_int_equal(unlink(in_folder(".file.ovj")), 0);
	write_killed(path, true, 1);
	assert_interrupted(path, "the file is whole");
	assert_int_equal(unlink(in_folder(".file.ovn")), 0);
	/* The fifth sync is that of a file that is rewritten. */
	assert_int_equal(link(path, in_folder("other")), 0);
	write_killed(path, true, 5);
	assert_interrupted(path, "/.file.ovj has the new");
	assert_int_equal(unlink(in_folder("other")), 0);
	assert_int_equal(unlink(in_folder(".file.ovj")), 0);
	assert_int_equal(unlink(in_folder(".file.ovn")), 0);
	assert_int_equal(unlink(path), 0);
	put_file(in_folder(".file.ovn"), text, 3);
	assert_interrupted(path, "the file is not there");
}

/* A device is written in place, with its journal where it lasts. */
static void test_save_device(void **state)
{
	const char *path = in_folder("file");
	char command[4200];

	(void)state;
	put_file(path, text, TEXT);
	device_begin(path);
	struct document *document = open_document(path);
	assert_true(document_overwrite(document, 1, "XY", 2, NULL));
	assert_int_equal(write_document(document).method, SAVE_IN_PLACE);
	assert_content(path, "0XY3456789abcdefghijklmnopqrstuvwxyz", TEXT);
	assert_int_equal(count_entries(), 2);
	document_close(document);
	/* From here on its folder and the one of the journals are there. */
	write_killed(path, false, 3);
	assert_interrupted(path, "may be between old and new");
	device_end();
	snprintf(command, sizeof command, "test $(ls -A %s | wc -l) = 1",
		 in_folder("state/octavo/journals"));
	assert_int_equal(system(command), 0);
}

static int open_error;		/* 0: none */

static int open_mounted(int at, const char *name, int flags, mode_t mode)
{
	if (open_error && (flags & O_EXCL) && !(flags & O_CREAT)) {
		errno = open_error;
		return -1;
	}
	return device_real.openat(at, name, flags, mode);
}

/* That it is mounted is said at open, in the plan, and at the flush. */
static void test_save_device_in_use(void **state)
{
	const char *path = in_folder("file");
	struct error error = ERROR_NONE;
	struct save_plan plan;

	(void)state;
	put_file(path, text, TEXT);
	device_begin(path);
	io.openat = open_mounted;
	struct document *document = open_document(path);
	assert_true(save_outlook(document, &error));
	open_error = EBUSY;
	assert_false(save_outlook(document, &error));
	assert_non_null(strstr(error.message, "can't be written (it is mounted"
			       ", or otherwise in use)"));
	assert_false(document_insert(document, 1, "X", 1, &error));
	assert_true(document_overwrite(document, 1, "XY", 2, NULL));
	assert_false(save_plan(document, NULL, &plan, &error));
	assert_non_null(strstr(error.message, "it is mounted"));
	assert_false(save_write(document, NULL, &plan, &error));
	assert_non_null(strstr(error.message, "unchanged: it is mounted"));
	/* What else it can be the flush will tell. */
	open_error = EACCES;
	assert_true(save_outlook(document, &error));
	assert_true(save_plan(document, NULL, &plan, &error));
	assert_false(save_write(document, NULL, &plan, &error));
	assert_non_null(strstr(error.message, "unchanged: can't open it to "
			       "write: Permission denied"));
	open_error = 0;
	assert_int_equal(write_document(document).method, SAVE_IN_PLACE);
	document_close(document);
	device_end();
}

static bool probe_interrupted;

static int interrupted_probe(int fd)
{
	probe_interrupted = !probe_interrupted;
	if (!probe_interrupted)
		return real.lock_probe(fd);
	errno = EINTR;
	return -1;
}

static void test_save_refuses_second_octavo(void **state)
{
	const char *path = in_folder("file");
	struct error error = ERROR_NONE;
	struct save_plan done;

	(void)state;
	put_file(path, text, TEXT);
	struct document *document = open_document(path);
	assert_true(document_overwrite(document, 0, "X", 1, NULL));
	int other = open(path, O_RDWR);
	assert_int_equal(io.lock(other), 0);
	assert_false(save_write(document, NULL, &done, &error));
	assert_non_null(strstr(error.message, "another octavo"));
	put_file(in_folder(".file.ovj"), text, TEXT);
	assert_refused(document, "another octavo");
	real = io;
	io.lock_probe = interrupted_probe;
	assert_refused(document, "another octavo");
	io = real;
	assert_int_equal(unlink(in_folder(".file.ovj")), 0);
	assert_content(path, text, TEXT);
	close(other);
	write_document(document);
	document_close(document);
}

/* --- others, at the worst moment --- */

static const char *late_path;

/* Another file takes the place just before the exchange. */
static int late_exchange(int at, const char *one, const char *other)
{
	put_file(in_folder("other"), "theirs", 6);
	rename(in_folder("other"), late_path);
	io.exchange = real.exchange;
	return real.exchange(at, one, other);
}

static void test_save_stranger_slips_in(void **state)
{
	const char *path = in_folder("file");
	struct error error = ERROR_NONE;
	struct save_plan done;

	(void)state;
	put_file(path, text, TEXT);
	struct document *document = open_document(path);
	assert_true(document_insert(document, 0, "X", 1, NULL));
	real = io;
	late_path = path;
	io.exchange = late_exchange;
	assert_false(save_write(document, NULL, &done, &error));
	io = real;
	assert_non_null(strstr(error.message, "unchanged"));
	assert_non_null(strstr(error.message, "meanwhile"));
	assert_content(path, "theirs", 6);
	assert_int_equal(count_entries(), 1);
	assert_refused(document, "replaced");
	document_close(document);
}

/* When the new file is complete somebody writes as many bytes and puts the time
 * back: only the time of that change tells. */
static int forging_openat(int at, const char *name, int flags, mode_t mode)
{
	struct stat status = status_of(late_path);
	struct timespec times[2] = { status.st_atim, status.st_mtim };
	struct stat now;

	if ((flags & O_CREAT) || strcmp(name, ".file.ovn") != 0)
		return real.openat(at, name, flags, mode);
	int other = open(late_path, O_WRONLY);
	assert_int_equal(write(other, "theirs", 6), 6);
	/* The clock may be a coarse one. */
	do {
		assert_int_equal(futimens(other, times), 0);
		assert_int_equal(fstat(other, &now), 0);
	} while (now.st_ctim.tv_sec == status.st_ctim.tv_sec
		 && now.st_ctim.tv_nsec == status.st_ctim.tv_nsec);
	close(other);
	return real.openat(at, name, flags, mode);
}

static void test_save_time_put_back(void **state)
{
	const char *path = in_folder("file");
	struct error error = ERROR_NONE;
	struct save_plan done;

	(void)state;
	put_file(path, text, TEXT);
	struct document *document = open_document(path);
	assert_true(document_insert(document, 0, "X", 1, NULL));
	struct save_options options = { .way = SAVE_WAY_REPLACE };
	real = io;
	late_path = path;
	io.openat = forging_openat;
	assert_false(save_write(document, &options, &done, &error));
	io = real;
	assert_non_null(strstr(error.message, "unchanged"));
	assert_content(path, "theirs6789abcdefghijklmnopqrstuvwxyz", TEXT);
	assert_int_equal(count_entries(), 1);
	document_close(document);
}

/* Another file takes the place just before it is opened for writing. */
static int late_openat(int at, const char *name, int flags, mode_t mode)
{
	if ((flags & (O_ACCMODE | O_CREAT)) == O_RDWR) {
		put_file(in_folder("other"), "theirs", 6);
		rename(in_folder("other"), late_path);
		io.openat = real.openat;
	}
	return real.openat(at, name, flags, mode);
}

static void test_save_other_file_opened(void **state)
{
	const char *path = in_folder("file");
	const char *copy = in_folder("copy");
	struct error error = ERROR_NONE;
	struct save_plan done;

	(void)state;
	put_file(path, text, TEXT);
	put_file(copy, text, TEXT);
	struct document *document = open_document(path);
	assert_true(document_overwrite(document, 0, "X", 1, NULL));
	real = io;
	for (int copying = 0; copying < 2; copying++) {
		late_path = copying ? copy : path;
		io.openat = late_openat;
		assert_false(copying
			     ? save_copy(document, range_of(0, 5), copy, true,
					 &done, &error)
			     : save_write(document, NULL, &done, &error));
		io = real;
		assert_non_null(strstr(error.message,
				       "another file has taken its place"));
		assert_content(late_path, "theirs", 6);
		assert_int_equal(count_entries(), 2);
	}
	document_close(document);
}

static int late_link(int from_folder, const char *from, int to_folder,
		     const char *to, int flags)
{
	put_file(late_path, "theirs", 6);
	return real.linkat(from_folder, from, to_folder, to, flags);
}

static void test_save_file_appears(void **state)
{
	const char *path = in_folder("file");
	struct error error = ERROR_NONE;
	struct save_plan done;

	(void)state;
	struct document *document = open_document(path);
	assert_true(document_insert(document, 0, "X", 1, NULL));
	real = io;
	late_path = path;
	io.linkat = late_link;
	assert_false(save_write(document, NULL, &done, &error));
	io = real;
	assert_non_null(strstr(error.message, "not created"));
	assert_content(path, "theirs", 6);
	assert_int_equal(count_entries(), 1);
	document_close(document);
}

static int late_writes;		/* how many more of them */

/* Writes over the file after each sync of it. */
static int late_fsync(int fd)
{
	struct stat synced;
	struct stat target = status_of(late_path);
	int result = real.fsync(fd);

	assert_int_equal(real.fstat(fd, &synced), 0);
	if (synced.st_ino == target.st_ino && late_writes-- > 0) {
		int other = open(late_path, O_WRONLY);

		assert_int_equal(pwrite(other, "?", 1, 0), 1);
		close(other);
	}
	return result;
}

static void test_save_others_write_the_same(void **state)
{
	const char *path = in_folder("file");
	struct error error = ERROR_NONE;
	struct save_plan done;

	(void)state;
	put_file(path, text, TEXT);
	struct document *document = open_document(path);
	assert_true(document_overwrite(document, 0, "X", 1, NULL));
	real = io;
	late_path = path;
	late_writes = 1;
	io.fsync = late_fsync;
	assert_true(save_write(document, NULL, &done, &error));
	assert_content(path, "X123456789abcdefghijklmnopqrstuvwxyz", TEXT);
	assert_true(document_overwrite(document, 0, "Y", 1, NULL));
	late_writes = 9;
	assert_false(save_write(document, NULL, &done, &error));
	io = real;
	assert_non_null(strstr(error.message, "another program writes it"));
	assert_non_null(strstr(error.message, ".file.ovj is kept"));
	assert_content(path, "?123456789abcdefghijklmnopqrstuvwxyz", TEXT);
	assert_int_equal(count_entries(), 2);
	document_close(document);
}

/* The file changes after the journal was written, before it is used. */
static int early_fsync(int fd)
{
	int other = open(late_path, O_WRONLY | O_APPEND);

	assert_int_equal(write(other, "more", 4), 4);
	close(other);
	io.fsync = real.fsync;
	return real.fsync(fd);
}

static void test_save_changed_while_journalled(void **state)
{
	const char *path = in_folder("file");
	struct error error = ERROR_NONE;
	struct save_plan done;

	(void)state;
	put_file(path, text, TEXT);
	struct document *document = open_document(path);
	assert_true(document_overwrite(document, 0, "X", 1, NULL));
	real = io;
	late_path = path;
	io.fsync = early_fsync;
	assert_false(save_write(document, NULL, &done, &error));
	io = real;
	assert_non_null(strstr(error.message, "unchanged"));
	assert_content(path, "0123456789abcdefghijklmnopqrstuvwxyzmore",
		       TEXT + 4);
	assert_int_equal(count_entries(), 1);
	document_close(document);
}

/* It changes between the look at it and the journal of a rewrite. */
static int late_renameat(int from_folder, const char *from, int to_folder,
			 const char *to)
{
	int other = open(late_path, O_WRONLY | O_APPEND);

	assert_int_equal(write(other, "more", 4), 4);
	close(other);
	return real.renameat(from_folder, from, to_folder, to);
}

static void test_save_changed_before_rewrite(void **state)
{
	const struct save_options options = {
		SAVE_WAY_IN_PLACE, SAVE_BACKUP_COPY,
	};
	const char *path = in_folder("file");
	struct error error = ERROR_NONE;
	struct save_plan done;

	(void)state;
	put_file(path, text, TEXT);
	struct document *document = open_document(path);
	assert_true(document_insert(document, 0, "X", 1, NULL));
	real = io;
	late_path = path;
	io.renameat = late_renameat;
	assert_false(save_write(document, &options, &done, &error));
	io = real;
	assert_non_null(strstr(error.message, "unchanged"));
	assert_content(in_folder("file~"), text, TEXT);
	assert_int_equal(count_entries(), 2);
	document_close(document);
}

static int failing_syncs;	/* how many more of the target's */

static int failing_fsync(int fd)
{
	struct stat synced;

	assert_int_equal(real.fstat(fd, &synced), 0);
	if (synced.st_ino != status_of(late_path).st_ino || failing_syncs == 0)
		return real.fsync(fd);
	failing_syncs--;
	errno = EIO;
	return -1;
}

/* One failure of the target's sync is got over by writing all again; with two
 * a rewrite stays to be finished, and the document is the new content. */
static void test_save_second_try(void **state)
{
	const struct save_options options = { .way = SAVE_WAY_IN_PLACE };
	const char *path = in_folder("file");
	struct error error = ERROR_NONE;
	struct save_plan done;

	(void)state;
	for (int n = 0; n < 3; n++) {
		put_file(path, text, TEXT);
		struct document *document = open_document(path);
		assert_true(document_insert(document, n ? 0 : TEXT, "X", 1,
					    NULL));
		real = io;
		late_path = path;
		failing_syncs = n == 2 ? 2 : 1;
		io.fsync = failing_fsync;
		bool written = save_write(document, &options, &done, &error);
		io = real;
		assert_true(written == (n < 2));
		assert_false(document_modified(document));
		assert_document(document, n
				? "X0123456789abcdefghijklmnopqrstuvwxyz"
				: "0123456789abcdefghijklmnopqrstuvwxyzX");
		document_check(document);
		if (written)
			assert_int_equal(count_entries(), 1);
		document_close(document);
	}
	assert_non_null(strstr(error.message, "is interrupted"));
	assert_non_null(strstr(error.message, ".file.ovj, .file.ovn"));
	assert_int_equal(count_entries(), 3);
}

static ino_t grow_inode;	/* of a file or its folder */

/* Somebody adds to the file while GROW_INODE is synced. */
static int grow_fsync(int fd)
{
	struct stat status;

	assert_int_equal(real.fstat(fd, &status), 0);
	if (status.st_ino == grow_inode) {
		int other = open(late_path, O_WRONLY | O_APPEND);

		assert_int_equal(write(other, "more", 4), 4);
		close(other);
		io.fsync = real.fsync;
	}
	return real.fsync(fd);
}

static void assert_growth_is_seen(const char *synced, bool insert)
{
	const char *path = in_folder("file");
	struct error error = ERROR_NONE;
	struct save_plan done;

	put_file(path, text, TEXT);
	struct document *document = open_document(path);
	assert_true(insert
		    ? document_insert(document, 0, "X", 1, NULL)
		    : document_overwrite(document, 0, "X", 1, NULL));
	real = io;
	late_path = path;
	grow_inode = status_of(synced ? synced : folder).st_ino;
	io.fsync = grow_fsync;
	assert_true(save_write(document, NULL, &done, &error));
	io = real;
	assert_int_equal(status_of(path).st_size, TEXT + insert + 4);
	assert_int_equal(document_size(document), TEXT + insert);
	assert_int_equal(file_check(document_file(document), NULL), FILE_GREW);
	document_check(document);
	assert_true(document_delete(document, (struct range){ 0, 1 }, NULL));
	assert_true(save_write(document, NULL, &done, &error));
	assert_int_equal(document_size(document), TEXT + insert + 3);
	assert_int_equal(status_of(path).st_size, TEXT + insert + 3);
	document_close(document);
}

/* What another program adds while a flush is under way is neither taken for
 * ours nor lost with the next one. */
static void test_save_grown_meanwhile(void **state)
{
	const char *path = in_folder("file");

	(void)state;
	put_file(path, text, TEXT);
	assert_growth_is_seen(path, false);
	assert_growth_is_seen(NULL, true);
}

/* A copy that says it was made and was not. */
static ssize_t lying_copy(int from, off_t *from_offset, int to,
			  off_t *to_offset, size_t length)
{
	(void)from, (void)from_offset, (void)to, (void)to_offset;
	return (ssize_t)length;
}

static int no_file_system(int fd, bool *shares, bool *local)
{
	(void)fd, (void)shares, (void)local;
	errno = ENOSYS;
	return -1;
}

static void test_save_reads_back(void **state)
{
	static char bytes[SAVE_SHORT + 100];
	const char *path = in_folder("file");
	struct error error = ERROR_NONE;
	struct save_plan done;

	(void)state;
	memset(bytes, 'x', sizeof bytes);
	put_file(path, bytes, sizeof bytes);
	struct document *document = open_document(path);
	assert_true(document_insert(document, 0, "X", 1, NULL));
	real = io;
	io.file_system = no_file_system;
	io.copy_range = lying_copy;
	assert_false(save_write(document, NULL, &done, &error));
	io = real;
	assert_non_null(strstr(error.message, "reads back differently"));
	assert_content(path, bytes, sizeof bytes);
	assert_int_equal(count_entries(), 1);
	document_close(document);
}

static int full_writes;		/* how many more writes find no room */

static ssize_t full_pwrite(int fd, const void *bytes, size_t size, off_t at)
{
	struct stat written;
	struct stat target = status_of(late_path);

	assert_int_equal(real.fstat(fd, &written), 0);
	if (written.st_ino == target.st_ino && at > 0 && full_writes-- > 0) {
		errno = ENOSPC;
		return -1;
	}
	return real.pwrite(fd, bytes, size, at);
}

/* Room runs out half-way, as it can under shared or sparse ranges: what was
 * written is taken back, and nothing stays. */
static void test_save_rolls_back(void **state)
{
	const char *path = in_folder("file");
	struct error error = ERROR_NONE;
	struct save_plan done;

	(void)state;
	put_file(path, text, TEXT);
	struct document *document = open_document(path);
	assert_true(document_overwrite(document, 0, "X", 1, NULL));
	assert_true(document_overwrite(document, 9, "Y", 1, NULL));
	real = io;
	late_path = path;
	full_writes = 2;
	io.pwrite = full_pwrite;
	assert_false(save_write(document, NULL, &done, &error));
	io = real;
	assert_non_null(strstr(error.message, "not written, unchanged"));
	assert_non_null(strstr(error.message, "No space left"));
	assert_content(path, text, TEXT);
	assert_int_equal(count_entries(), 1);
	assert_int_equal(write_document(document).bytes, 2);
	assert_content(path, "X12345678Yabcdefghijklmnopqrstuvwxyz", TEXT);
	document_close(document);
}

static ssize_t no_pwrite(int fd, const void *bytes, size_t size, off_t at)
{
	struct stat written;
	struct stat target = status_of(late_path);

	assert_int_equal(real.fstat(fd, &written), 0);
	if (written.st_ino != target.st_ino)
		return real.pwrite(fd, bytes, size, at);
	errno = ENOSPC;
	return -1;
}

/* A hole that finds no room for new bytes has none for the old ones either,
 * and needs none: it still is what it was. */
static void test_save_no_room_for_holes(void **state)
{
	const char *path = in_folder("file");
	struct error error = ERROR_NONE;
	struct save_plan done;

	(void)state;
	put_file(path, text, TEXT);
	struct document *document = open_document(path);
	assert_true(document_overwrite(document, 3, "X", 1, NULL));
	assert_true(document_overwrite(document, 20, "Y", 1, NULL));
	real = io;
	late_path = path;
	io.pwrite = no_pwrite;
	assert_false(save_write(document, NULL, &done, &error));
	io = real;
	assert_non_null(strstr(error.message, "unchanged"));
	assert_content(path, text, TEXT);
	assert_int_equal(count_entries(), 1);
	write_document(document);
	document_close(document);
}

static void test_save_lost_bytes(void **state)
{
	const char *path = in_folder("file");
	struct error error = ERROR_NONE;
	struct save_plan done;

	(void)state;
	put_file(path, text, TEXT);
	struct document *document = open_document(path);
	assert_true(document_insert(document, 4, "X", 1, NULL));
	assert_int_equal(truncate(path, 20), 0);
	assert_false(save_copy(document, (struct range){ 0, TEXT },
			       in_folder("copy"), false, &done, &error));
	assert_non_null(strstr(error.message, "lost"));
	assert_true(save_copy(document, (struct range){ 0, 21 },
			      in_folder("copy"), false, &done, &error));
	assert_content(in_folder("copy"), "0123X456789abcdefghij", 21);
	assert_refused(document, "shrunk");
	assert_int_equal(count_entries(), 2);
	document_close(document);
}

/* --- copies --- */

static void test_save_copy(void **state)
{
	const char *path = in_folder("file");
	const char *copy = in_folder("copy");
	struct error error = ERROR_NONE;
	struct save_plan done;

	(void)state;
	put_file(path, text, TEXT);
	struct document *document = open_document(path);
	assert_true(document_insert(document, 10, "-+-", 3, NULL));
	assert_true(save_copy(document, (struct range){ 8, 16 }, copy, false,
			      &done, &error));
	assert_int_equal(done.bytes, 8);
	assert_int_equal(done.ranges, 1);
	assert_int_equal(done.method, SAVE_CREATED);
	assert_content(copy, "89-+-abc", 8);
	assert_true(document_modified(document));
	assert_false(save_copy(document, (struct range){ 0, 5 }, copy, false,
			       &done, &error));
	assert_content(copy, "89-+-abc", 8);
	assert_int_equal(chmod(copy, 0604), 0);
	assert_true(save_copy(document, (struct range){ 0, 5 }, copy, true,
			      &done, &error));
	assert_content(copy, "01234", 5);
	assert_int_equal(status_of(copy).st_mode, S_IFREG | 0604);
	assert_false(save_copy(document, (struct range){ 0, 5 }, path, true,
			       &done, &error));
	assert_non_null(strstr(error.message, "being edited"));
	assert_int_equal(unlink(copy), 0);
	assert_int_equal(symlink("file", copy), 0);
	assert_false(save_copy(document, (struct range){ 0, 5 }, copy, true,
			       &done, &error));
	assert_content(path, text, TEXT);
	assert_int_equal(count_entries(), 2);
	document_close(document);
}

static bool make_twice(void *context, save_sink *put, void *sink,
		       struct error *error)
{
	const char *words = context;

	return put(sink, words, strlen(words), error)
		&& put(sink, words, strlen(words), error);
}

static bool make_half(void *context, save_sink *put, void *sink,
		      struct error *error)
{
	return put(sink, context, 1, error)
		&& error_set(error, "there is no more");
}

static void test_save_made(void **state)
{
	const char *path = in_folder("file");
	const char *made = in_folder("made");
	char words[] = "twice";
	struct error error = ERROR_NONE;
	struct save_plan done;

	(void)state;
	put_file(path, text, TEXT);
	struct document *document = open_document(path);
	assert_false(save_made(document, make_half, words, made, false, &done,
			       &error));
	assert_non_null(strstr(error.message, "made not created: there is no"));
	assert_int_equal(count_entries(), 1);
	assert_true(save_made(document, make_twice, words, made, false, &done,
			      &error));
	assert_int_equal(done.bytes, 10);
	assert_int_equal(done.ranges, 1);
	assert_int_equal(done.method, SAVE_CREATED);
	assert_content(made, "twicetwice", 10);
	assert_false(save_made(document, make_twice, words, made, false, &done,
			       &error));
	strcpy(words, "again");
	assert_false(save_made(document, make_half, words, made, true, &done,
			       &error));
	assert_content(made, "twicetwice", 10);
	assert_true(save_made(document, make_twice, words, made, true, &done,
			      &error));
	assert_int_equal(done.method, SAVE_REPLACED);
	assert_content(made, "againagain", 10);
	assert_false(save_made(document, make_twice, words, path, true, &done,
			       &error));
	assert_content(path, text, TEXT);
	assert_int_equal(count_entries(), 2);
	document_close(document);
}

static void test_save_copy_of_new_file(void **state)
{
	const char *path = in_folder("file");
	struct save_plan done;

	(void)state;
	struct document *document = open_document(path);
	assert_true(document_insert(document, 0, text, TEXT, NULL));
	assert_false(save_copy(document, (struct range){ 0, TEXT },
			       in_folder("./file"), false, &done, NULL));
	assert_int_equal(count_entries(), 0);
	assert_true(save_copy(document, (struct range){ 0, TEXT },
			      in_folder("copy"), false, &done, NULL));
	assert_content(in_folder("copy"), text, TEXT);
	document_close(document);
}

static void test_save_copy_keeps_holes(void **state)
{
	const char *path = in_folder("file");
	const char *copy = in_folder("copy");
	const off_t size = (off_t)1 << 35;
	struct error error = ERROR_NONE;
	struct save_plan done;

	(void)state;
	put_file(path, text, TEXT);
	assert_int_equal(truncate(path, size), 0);
	struct document *document = open_document(path);
	assert_true(document_overwrite(document, 1, "X", 1, NULL));
	if (!save_copy(document, (struct range){ 0, (uint64_t)size }, copy,
		       false, &done, &error))
		fail_msg("%s", error.message);
	assert_int_equal(done.bytes, size);
	assert_int_equal(status_of(copy).st_size, size);
	assert_true(status_of(copy).st_blocks < 256);
	char command[9000];
	snprintf(command, sizeof command, "head -c 36 %s", copy);
	FILE *head = popen(command, "r");
	char bytes[37] = "";
	assert_int_equal(fread(bytes, 1, 36, head), 36);
	pclose(head);
	assert_string_equal(bytes, "0X23456789abcdefghijklmnopqrstuvwxyz");
	document_close(document);
}

#define TEST(name) cmocka_unit_test_teardown(name, empty_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_save_in_place),
		TEST(test_save_nothing),
		TEST(test_save_edits_to_nothing),
		TEST(test_save_many_ranges),
		TEST(test_save_lets_go_of_large_pages),
		TEST(test_save_in_place_moved),
		TEST(test_save_twice),
		TEST(test_save_sparse_stays_sparse),
		TEST(test_save_notes_mode),
		TEST(test_save_journal_elsewhere),
		TEST(test_save_tail),
		TEST(test_save_tail_of_large_file),
		TEST(test_save_rewritten),
		TEST(test_save_rewritten_sparse),
		TEST(test_save_ways),
		TEST(test_save_backup_copy),
		TEST(test_save_modes_and_owners_are_given),
		TEST(test_save_opening_is_a_change),
		TEST(test_save_changed_while_opened),
		TEST(test_save_name_is_refused),
		TEST(test_save_backup_simple),
		TEST(test_save_mount_point),
		TEST(test_save_no_room),
		TEST(test_save_sticky),
		TEST(test_save_writes_nowhere_else),
		TEST(test_save_in_children),
		TEST(test_save_new_in_child),
		TEST(test_save_given_up),
		TEST(test_save_stopped),
		TEST(test_save_replaced),
		TEST(test_save_replaced_often),
		TEST(test_save_to_nothing),
		TEST(test_save_holes_kept),
		TEST(test_save_through_links),
		TEST(test_save_long_name),
		TEST(test_save_new_file),
		TEST(test_save_refuses_what_appeared),
		TEST(test_save_refuses_changed),
		TEST(test_save_refuses_replaced),
		TEST(test_save_refuses_leftovers),
		TEST(test_save_interrupted),
		TEST(test_save_device),
		TEST(test_save_device_in_use),
		TEST(test_save_refuses_second_octavo),
		TEST(test_save_stranger_slips_in),
		TEST(test_save_other_file_opened),
		TEST(test_save_time_put_back),
		TEST(test_save_file_appears),
		TEST(test_save_others_write_the_same),
		TEST(test_save_changed_while_journalled),
		TEST(test_save_changed_before_rewrite),
		TEST(test_save_second_try),
		TEST(test_save_grown_meanwhile),
		TEST(test_save_reads_back),
		TEST(test_save_rolls_back),
		TEST(test_save_no_room_for_holes),
		TEST(test_save_lost_bytes),
		TEST(test_save_copy),
		TEST(test_save_made),
		TEST(test_save_copy_of_new_file),
		TEST(test_save_copy_keeps_holes),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
