/* save_backup: the old content as FILE~, or why there is none. */
#include "saving.h"

#include "device.h"

static const struct save_options copies[] = {
	{ SAVE_WAY_IN_PLACE, SAVE_BACKUP_COPY },
	{ SAVE_WAY_REPLACE, SAVE_BACKUP_COPY },
};

static int renameat_fails(int from_folder, const char *from, int to_folder,
			  const char *to)
{
	(void)from_folder, (void)from, (void)to_folder, (void)to;
	errno = EIO;
	return -1;
}

/* A copy that does not get its name ends every method before it has touched
 * the file, and does not stay. */
static void test_backup_without_name(void **state)
{
	static const enum save_method methods[] = {
		SAVE_IN_PLACE, SAVE_REPLACED, SAVE_REWRITTEN, SAVE_REPLACED,
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct document *document = open_text();
		const struct save_options *options = &copies[i % 2];

		assert_true(i < 2
			    ? document_overwrite(document, 0, "+", 1, NULL)
			    : document_insert(document, 0, "+", 1, NULL));
		io.renameat = renameat_fails;
		refused(document, options, "not written, unchanged: can't make "
			"file~: Input/output error");
		io.renameat = real.renameat;
		assert_text("file", text);
		assert_int_equal(count_entries(), 1);
		assert_int_equal(written(document, options).method, methods[i]);
		assert_text("file~", text);
		document_close(document);
		saving_empty(NULL);
	}
}

static unsigned journals;

/* By now the copy is whole. */
static int openat_after_copy(int at, const char *name, int flags, mode_t mode)
{
	if (strcmp(name, ".file.ovj") == 0 && (flags & O_CREAT)) {
		journals++;
		assert_text(".file.ovb", text);
	}
	return real.openat(at, name, flags, mode);
}

/* Whoever has a journal to finish finds a whole copy to give its name to. */
static void test_backup_before_journal(void **state)
{
	struct document *document = open_text();

	(void)state;
	assert_true(document_overwrite(document, 0, "+", 1, NULL));
	io.openat = openat_after_copy;
	assert_int_equal(written(document, &copies[0]).method, SAVE_IN_PLACE);
	assert_int_equal(journals, 1);
	assert_text("file~", text);
	document_close(document);
}

/* There is no old file; and what was the new one's other name is not it. */
static void test_backup_of_new_file(void **state)
{
	struct document *document = open_document("file");

	(void)state;
	assert_true(document_insert(document, 0, "new", 3, NULL));
	assert_false(written(document, &(struct save_options){
			     .backup = SAVE_BACKUP_SIMPLE }).backup);
	assert_text("file", "new");
	assert_int_equal(count_entries(), 1);
	document_close(document);
}

static void test_backup_of_device(void **state)
{
	struct document *document;

	(void)state;
	put_file("file", text, TEXT);
	device_begin("file");
	document = open_document("file");
	assert_true(document_overwrite(document, 0, "+", 1, NULL));
	refused(document, &copies[0], "no backup: not a regular file");
	document_close(document);
	device_end();
	assert_text("file", text);
	assert_int_equal(count_entries(), 1);
}

/* Who clears up finds that there is nothing, as after a child that was killed
 * before it made what it had noted. */
static void test_backup_is_gone(void **state)
{
	static const char *const names[] = { ".file.ovb", ".file.ovn" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct document *document = open_text();
		struct error error = ERROR_NONE;

		assert_true(document_insert(document, 0, "+", 1, NULL));
		struct save_flush *flush = save_begin(document, &copies[1],
						      NULL, NULL);
		assert_non_null(flush);
		assert_true(save_prepare(flush));
		assert_int_equal(count_entries(), 3);
		assert_int_equal(unlink(names[i]), 0);
		save_message(flush, &error);
		save_end(flush);
		assert_string_equal(error.message,
				    "file not written, unchanged: stopped");
		assert_int_equal(count_entries(), 1);
		document_close(document);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SAVING_TEST(test_backup_without_name),
		SAVING_TEST(test_backup_before_journal),
		SAVING_TEST(test_backup_of_new_file),
		SAVING_TEST(test_backup_of_device),
		SAVING_TEST(test_backup_is_gone),
	};

	return cmocka_run_group_tests(tests, saving_begin, saving_end);
}
