/*
 * save_shrunk: another program makes the files of a flush shorter, between any
 * two of its steps.  That is found and said, and not made worse.
 */
#include "others.h"

#include "sizes.h"

static void cut_to_33(void)
{
	assert_int_equal(truncate("file", 33), 0);
}

static void cut_to_10(void)
{
	assert_int_equal(truncate("file", 10), 0);
}

static void cut_both(void)
{
	cut_to_10();
	assert_int_equal(truncate(".file.ovn", 10), 0);
}

/* All is data where nobody knows: nothing behind the end is a hole. */
static off_t no_lseek(int fd, off_t offset, int whence)
{
	(void)fd, (void)offset, (void)whence;
	errno = EINVAL;
	return -1;
}

/* Behind what is written, where no comparison looks. */
static void test_shrunk_in_place(void **state)
{
	struct document *document = open_changed();

	(void)state;
	after_syncs(9, "file", cut_to_33);
	refused(document, &in_place, "is interrupted between old and new: it "
		"has become shorter: another program writes it; its journal "
		".file.ovj is kept");
	assert_file("file", text, 33);
	assert_int_equal(count_entries(), 2);
	document_close(document);
}

static void assert_interrupted_rewrite(const char *words)
{
	struct document *document = open_moved();
	struct error error = ERROR_NONE;
	struct save_plan done;

	io.fsync = fsync_and;
	assert_false(save_write(document, &in_place, &done, &error));
	io.fsync = real.fsync;
	assert_words(&error, "is interrupted between old and new");
	assert_words(&error, words);
	assert_words(&error, "its journal .file.ovj, .file.ovn is kept");
	assert_int_equal(count_entries(), 3);
	document_check(document);
	document_close(document);
}

static void test_shrunk_rewritten(void **state)
{
	(void)state;
	after_syncs(9, "file", cut_to_33);
	assert_interrupted_rewrite("it has become shorter: another program");
	assert_text(".file.ovn", "01++23456789abcdefghijklmnopqrstwxy");
	assert_file("file", "01++23456789abcdefghijklmnopqrstw", 33);
}

/* What is compared is shorter, or what it is compared with too. */
static void test_shrunk_compared(void **state)
{
	(void)state;
	after_syncs(9, "file", cut_to_10);
	assert_interrupted_rewrite("it reads back differently behind 0x");
	saving_empty(NULL);
	after_syncs(9, "file", cut_both);
	io.lseek = no_lseek;
	assert_interrupted_rewrite("it reads back differently behind 0x");
}

static int ftruncate_and(int fd, off_t size)
{
	int result = real.ftruncate(fd, size);

	happens();
	return result;
}

/* While it is copied for a backup. */
static void test_shrunk_backup(void **state)
{
	const struct save_options copy = { SAVE_WAY_IN_PLACE,
					   SAVE_BACKUP_COPY };
	struct document *document = open_changed();

	(void)state;
	others = cut_to_10;
	events = 1;
	io.ftruncate = ftruncate_and;
	refused(document, &copy, "not written, unchanged: it reads back "
		"differently behind 0xa");
	io.lseek = no_lseek;
	document_close(document);
	document = open_changed();
	events = 1;
	refused(document, &copy, "not written, unchanged: it has become "
		"shorter");
	assert_file("file", text, 10);
	assert_int_equal(count_entries(), 1);
	document_close(document);
}

/* While a journal, or a copy, is made of what is mapped: the rest of the page
 * reads as zeros. */
static void test_shrunk_mapped(void **state)
{
	struct document *document = open_changed();
	struct error error = ERROR_NONE;
	struct save_plan done;

	(void)state;
	after_syncs(1, ".file.ovj", cut_to_10);
	refused(document, &in_place, "unchanged: bytes were lost while it was "
		"read");
	assert_file("file", text, 10);
	assert_int_equal(count_entries(), 1);
	document_close(document);
	document = open_text();
	others = cut_to_10;
	events = 1;
	io.ftruncate = ftruncate_and;
	assert_false(save_copy(document, range_of(0, TEXT), "copy", false,
			       &done, &error));
	assert_words(&error, "copy not created: bytes were lost while it was "
		     "read");
	assert_int_equal(count_entries(), 1);
	document_close(document);
}

static void cut_to_nothing(void)
{
	assert_int_equal(truncate("file", 0), 0);
}

/* And whole pages are gone. */
static void test_shrunk_pages(void **state)
{
	struct error error = ERROR_NONE;
	struct save_plan done;

	(void)state;
	put_long("file");
	struct document *document = open_document("file");
	others = cut_to_nothing;
	events = 1;
	io.ftruncate = ftruncate_and;
	io.lseek = no_lseek;
	assert_false(save_copy(document, range_of(0, LONG), "copy", false,
			       &done, &error));
	assert_words(&error, "the bytes at 0x0 can't be read any more");
	assert_int_equal(count_entries(), 1);
	document_close(document);
}

/* --- bytes that cannot be read --- */

static struct stat known;

static int fstat_known(int fd, struct stat *status)
{
	int result = real.fstat(fd, status);

	if (result == 0 && status->st_ino == known.st_ino)
		*status = known;
	return result;
}

static int stat_known(const char *path, struct stat *status)
{
	int result = real.stat(path, status);

	if (result == 0 && status->st_ino == known.st_ino)
		*status = known;
	return result;
}

/* As on a bad medium: the file is what it was, but for bytes that were to be
 * written to another place of it. */
static void test_shrunk_bad_medium(void **state)
{
	enum { MOVED = DOCUMENT_GRANULE_MAXIMUM + 1 };
	static char bytes[3 * MOVED];

	(void)state;
	memset(bytes, 'x', sizeof bytes);
	put_file("file", bytes, sizeof bytes);
	known = status_of("file");
	struct document *document = open_document("file");
	struct clip *clip = document_copy(document, range_of(0, MOVED), NULL);
	assert_non_null(clip);
	assert_true(document_delete(document, range_of(0, MOVED), NULL));
	assert_true(document_paste(document, range_of(MOVED, 0), clip, NULL));
	clip_free(clip);
	io.fstat = fstat_known;
	io.stat = stat_known;
	cut_to_nothing();
	/* Somebody looks at it, and it is known. */
	document_read(document, 0, bytes, sizeof bytes);
	refused(document, &in_place, "not written, unchanged: the bytes at 0x0 "
		"are lost");
	assert_int_equal(count_entries(), 1);
	document_close(document);
}

/* --- cut by ourselves --- */

/* Undo refers to bytes of the file as it was, which the flush before has made
 * shorter: not where they are. */
static void test_shrunk_by_the_flush_before(void **state)
{
	enum { LARGE = DOCUMENT_GRANULE_MAXIMUM + 1 };
	static char bytes[LARGE + 9];
	struct document *document;
	struct range touched;
	struct clip *clip;

	(void)state;
	memset(bytes, 'x', sizeof bytes);
	put_file("file", bytes, sizeof bytes);
	document = open_document("file");
	clip = document_copy(document, range_of(0, LARGE), NULL);
	assert_non_null(clip);
	assert_true(document_paste(document, range_of(0, 0), clip, NULL));
	clip_free(clip);
	assert_true(document_undo(document, &touched, NULL));
	for (uint64_t size = LARGE + 8; size > LARGE; size -= 4) {
		assert_true(document_delete(document, (struct range){
			size, document_size(document) }, NULL));
		assert_true(document_overwrite(document, 0, "y", 1, NULL));
		assert_int_equal(written(document, &in_place).method,
				 SAVE_IN_PLACE);
	}
	bytes[0] = 'y';
	assert_file("file", bytes, LARGE + 4);
	document_close(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SAVING_TEST(test_shrunk_in_place),
		SAVING_TEST(test_shrunk_rewritten),
		SAVING_TEST(test_shrunk_compared),
		SAVING_TEST(test_shrunk_backup),
		SAVING_TEST(test_shrunk_mapped),
		SAVING_TEST(test_shrunk_pages),
		SAVING_TEST(test_shrunk_bad_medium),
		SAVING_TEST(test_shrunk_by_the_flush_before),
	};

	return cmocka_run_group_tests(tests, saving_begin, saving_end);
}
