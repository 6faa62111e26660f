/*
 * save_others: another program writes to the files of a flush, or puts others
 * in their place, between any two of its steps.  That is found and said, and
 * not made worse.
 */
#include "others.h"

/* --- they write --- */

static ssize_t pwrite_and(int fd, const void *bytes, size_t size, off_t at)
{
	ssize_t result = real.pwrite(fd, bytes, size, at);

	happens();
	return result;
}

static void lengthen_new(void)
{
	assert_int_equal(truncate(".file.ovn", 100), 0);
}

/* The new file has another length than it was given. */
static void test_others_write_new_file(void **state)
{
	struct document *document = open_text();

	(void)state;
	assert_true(document_insert(document, 0, "X", 1, NULL));
	others = lengthen_new;
	events = 99;
	io.pwrite = pwrite_and;
	refused(document, &replace, "unchanged: it has another size than was "
		"written");
	assert_text("file", text);
	assert_int_equal(count_entries(), 1);
	document_close(document);
}

static void write_in_hole(void)
{
	int fd = open("file", O_WRONLY);

	assert_int_equal(pwrite(fd, "z", 1, 0x80000), 1);
	close(fd);
}

/* Where the new content has a hole. */
static void test_others_write_in_hole(void **state)
{
	struct error error = ERROR_NONE;
	struct save_plan done;

	(void)state;
	put_file("file", text, TEXT);
	assert_int_equal(truncate("file", 1 << 20), 0);
	struct document *document = open_document("file");
	assert_true(document_insert(document, 0, "+", 1, NULL));
	after_syncs(9, "file", write_in_hole);
	assert_false(save_write(document, &in_place, &done, &error));
	assert_words(&error, "is interrupted");
	assert_words(&error, "it reads back differently behind 0x");
	document_close(document);
}

/* What was data is a hole. */
static void punch_hole(void)
{
	int fd = open("file", O_WRONLY);

	assert_int_equal(fallocate(fd, FALLOC_FL_PUNCH_HOLE
				   | FALLOC_FL_KEEP_SIZE, 0, LONG), 0);
	close(fd);
}

static void test_others_punch_holes(void **state)
{
	struct error error = ERROR_NONE;
	struct save_plan done;

	(void)state;
	put_long("file");
	int fd = open("file", O_WRONLY);
	int punched = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				0, 4096);
	close(fd);
	if (punched != 0)
		skip();
	put_long("file");
	struct document *document = open_document("file");
	assert_true(document_insert(document, 0, "+", 1, NULL));
	after_syncs(9, "file", punch_hole);
	assert_false(save_write(document, &in_place, &done, &error));
	assert_words(&error, "is interrupted");
	assert_words(&error, "it reads back differently behind 0x0");
	document_close(document);
}

static void write_old(void)
{
	/* The clock may be a coarse one. */
	const struct timespec times[2] = { { 1, 0 }, { 1, 0 } };
	int fd = open(".file.ovn", O_WRONLY);

	assert_int_equal(write(fd, "theirs", 6), 6);
	assert_int_equal(futimens(fd, times), 0);
	close(fd);
}

static int exchange_and(int folder, const char *one, const char *other)
{
	int result = real.exchange(folder, one, other);

	if (result == 0)
		happens();
	return result;
}

static bool has_exchange(void)
{
	int folder = open(".", O_RDONLY);

	put_file("one", text, 1);
	put_file("two", text, 1);
	bool has = real.exchange(folder, "one", "two") == 0;
	close(folder);
	assert_int_equal(unlink("one"), 0);
	assert_int_equal(unlink("two"), 0);
	return has;
}

/* The old file when it has lost its name: it gets that back, and is not taken
 * for the one that the document knows. */
static void test_others_write_old_file(void **state)
{
	struct document *document;

	(void)state;
	if (!has_exchange())
		skip();
	document = open_text();
	assert_true(document_insert(document, 0, "X", 1, NULL));
	others = write_old;
	events = 1;
	io.exchange = exchange_and;
	refused(document, &replace, "unchanged: it has changed on disk "
		"meanwhile");
	assert_text("file", "theirs6789abcdefghijklmnopqrstuvwxyz");
	assert_int_equal(count_entries(), 1);
	assert_int_equal(file_check(document_file(document), NULL),
			 FILE_WRITTEN);
	document_close(document);
}

/* --- they put another file there --- */

static void put_theirs(void)
{
	put_file("theirs", "theirs", 6);
	assert_int_equal(rename("theirs", "file"), 0);
}

static void remove_it(void)
{
	assert_int_equal(unlink("file"), 0);
}

static ssize_t readlink_and(const char *path, char *link, size_t size)
{
	happens();
	return real.readlink(path, link, size);
}

/* Between the look at the file and the look for it. */
static void assert_found_other(struct document *document, void (*act)(void))
{
	others = act;
	events = 1;
	io.readlink = readlink_and;
	refused(document, &in_place, "another file has taken its place");
	io.readlink = real.readlink;
	document_close(document);
}

static dev_t other_device;

static int fstatat_elsewhere(int folder, const char *name, struct stat *status,
			     int flags)
{
	int result = real.fstatat(folder, name, status, flags);

	if (result == 0 && strcmp(name, "file") == 0)
		status->st_dev += other_device;
	return result;
}

static void test_others_replace_first(void **state)
{
	struct document *document;

	(void)state;
	assert_found_other(open_changed(), put_theirs);
	assert_text("file", "theirs");
	assert_found_other(open_changed(), remove_it);
	assert_int_equal(count_entries(), 0);
	document = open_document("file");
	assert_true(document_insert(document, 0, "X", 1, NULL));
	assert_found_other(document, put_theirs);
	assert_text("file", "theirs");
	document = open_changed();
	other_device = 1;
	io.fstatat = fstatat_elsewhere;
	refused(document, &in_place, "another file has taken its place");
	assert_false(save_plan(document, NULL, &(struct save_plan){
			       .method = SAVE_NOTHING }, NULL));
	assert_text("file", text);
	document_close(document);
}

static int fstat_elsewhere(int fd, struct stat *status)
{
	int result = real.fstat(fd, status);

	if (result == 0 && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR)
		status->st_dev += other_device;
	return result;
}

/* Another one is opened to be written. */
static void test_others_on_another_device(void **state)
{
	struct document *document = open_changed();

	(void)state;
	other_device = 1;
	io.fstat = fstat_elsewhere;
	refused(document, &in_place, "another file has taken its place");
	io.fstat = real.fstat;
	assert_text("file", text);
	assert_int_equal(count_entries(), 1);
	document_close(document);
}

static int link_refused(int from_folder, const char *from, int to_folder,
			const char *to, int flags)
{
	(void)from_folder, (void)from, (void)to_folder, (void)to, (void)flags;
	happens();
	errno = EPERM;
	return -1;
}

/* Where there are no links, a file that has appeared is not overwritten. */
static void test_others_appear_without_links(void **state)
{
	struct document *document = open_document("file");

	(void)state;
	assert_true(document_insert(document, 0, "X", 1, NULL));
	others = put_theirs;
	events = 1;
	io.linkat = link_refused;
	refused(document, NULL, "not created: can't take its place: File "
		"exists");
	assert_text("file", "theirs");
	assert_int_equal(count_entries(), 1);
	document_close(document);
}

/* Up to where only the end is missing; DOCUMENT becomes longer. */
static struct save_flush *begun(struct document *document)
{
	struct save_flush *flush = save_begin(document, &in_place, NULL, NULL);

	assert_non_null(flush);
	assert_true(save_prepare(flush) && save_commit(flush)
		    && save_apply(flush));
	return flush;
}

static void assert_not_finished(struct save_flush *flush, const char *words)
{
	struct error error = ERROR_NONE;
	struct save_plan done;

	assert_false(save_finish(flush, &done));
	save_message(flush, &error);
	assert_words(&error, words);
	assert_words(&error, "another file has taken its place");
	save_end(flush);
}

/* What was written has lost its name before the end: in place the old bytes
 * are put back, a rewrite stays to be finished. */
static void test_others_replace_last(void **state)
{
	struct document *document = open_text();

	(void)state;
	assert_true(document_insert(document, TEXT, "X", 1, NULL));
	struct save_flush *flush = begun(document);
	assert_int_equal(link("file", "ours"), 0);
	put_theirs();
	assert_not_finished(flush, "not written, unchanged");
	assert_text("file", "theirs");
	assert_text("ours", text);
	assert_int_equal(count_entries(), 2);
	assert_true(document_modified(document));
	document_close(document);
	saving_empty(NULL);
	document = open_moved();
	flush = begun(document);
	put_theirs();
	assert_not_finished(flush, "is interrupted");
	assert_text("file", "theirs");
	assert_text(".file.ovn", "01++23456789abcdefghijklmnopqrstwxy");
	document_close(document);
}

static void test_others_mount_last(void **state)
{
	struct document *document = open_text();

	(void)state;
	assert_true(document_insert(document, TEXT, "X", 1, NULL));
	struct save_flush *flush = begun(document);
	other_device = 1;
	io.fstat = fstat_elsewhere;
	assert_not_finished(flush, "not written, unchanged");
	assert_text("file", text);
	assert_int_equal(count_entries(), 1);
	document_close(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SAVING_TEST(test_others_write_new_file),
		SAVING_TEST(test_others_write_in_hole),
		SAVING_TEST(test_others_punch_holes),
		SAVING_TEST(test_others_write_old_file),
		SAVING_TEST(test_others_replace_first),
		SAVING_TEST(test_others_on_another_device),
		SAVING_TEST(test_others_appear_without_links),
		SAVING_TEST(test_others_replace_last),
		SAVING_TEST(test_others_mount_last),
	};

	return cmocka_run_group_tests(tests, saving_begin, saving_end);
}
