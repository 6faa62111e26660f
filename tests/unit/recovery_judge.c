/* recovery_judge: odd names, times, owners and systems; and what others put
 * where a flush had left something. */
#include "recovery_left.h"

#include <stddef.h>

static const char *const in_state = "state/octavo/journals/0123456789abcdef.ovj";

static int calls;

/* A journal of a flush that was cut off, in the state, under a name that only
 * its path explains. */
static void leave_by_path(void)
{
	make_state();
	put_text("file", "0AB3456789abcdef");
	struct journal_header header = header_of("file", 16, 16);
	strcpy(header.path, in_folder("file"));
	put_journal(in_state, &header, same_length, 2);
}

static struct recovery find_at(const char *path)
{
	struct file *file = file_open(path, NULL, NULL, NULL);

	assert_non_null(file);
	struct document *document = document_open(file, NULL);
	assert_non_null(document);
	struct recovery found = recovery_find(document);
	document_close(document);
	return found;
}

/* --- paths --- */

static void test_recovery_judge_double_slash(void **state)
{
	char path[64];

	(void)state;
	leave_journal("0AB3456789abcdef");
	snprintf(path, sizeof path, "%s//file", folder);
	struct recovery found = find_at(path);
	assert_int_equal(found.state, RECOVERY_CUT_OFF);
	assert_string_equal(found.left, in_folder(".file.ovj"));
}

/* Makes folders in PATH until it has LENGTH bytes. */
static void make_deep(char *path, size_t length)
{
	for (size_t end; (end = strlen(path)) < length; ) {
		size_t more = length - end;

		if (more > 202)
			more = 201;
		path[end] = '/';
		memset(path + end + 1, 'x', more - 1);
		path[end + more] = '\0';
		assert_int_equal(mkdir(path, 0700), 0);
	}
}

/* What is there has no path that a call takes; its name is shown. */
static void test_recovery_judge_deep(void **state)
{
	static const char *const names[] = { "file", ".file.ovj" };
	char path[PATH_MAX];

	(void)state;
	leave_journal("0AB3456789abcdef");
	strcpy(path, folder);
	make_deep(path, PATH_MAX - 8);
	int deep = open(path, O_RDONLY | O_DIRECTORY);
	assert_true(deep >= 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(renameat(AT_FDCWD, in_folder(names[i]), deep,
					  names[i]), 0);
	close(deep);
	strcat(path, "/file");
	struct recovery found = find_at(path);
	assert_int_equal(found.state, RECOVERY_CUT_OFF);
	assert_string_equal(found.left, ".file.ovj");
}

/* --- in the state --- */

static void test_recovery_judge_link_in_state(void **state)
{
	(void)state;
	leave_by_path();
	assert_state(RECOVERY_CUT_OFF, "");
	assert_int_equal(rename(in_folder(in_state), in_folder("kept")), 0);
	assert_int_equal(symlink(in_folder("kept"), in_folder(in_state)), 0);
	assert_state(RECOVERY_NONE, "");
}

static union {
	struct dirent entry;
	char bytes[sizeof(struct dirent) + 2 * NAME_MAX];
} longer;

static struct dirent *longer_readdir(DIR *entries)
{
	char *name = longer.bytes + offsetof(struct dirent, d_name);

	(void)entries;
	memset(name, 'x', NAME_MAX + 1);
	strcpy(name + NAME_MAX + 1, ".ovj");
	return calls++ < 3 ? &longer.entry : NULL;
}

static int longer_openat(int at, const char *name, int flags, mode_t mode)
{
	return strlen(name) > NAME_MAX
		? whole.open(in_folder(in_state), flags, mode)
		: whole.openat(at, name, flags, mode);
}

/* On some file systems names are longer than the system says: there is no room
 * for them. */
static void test_recovery_judge_longer_name(void **state)
{
	(void)state;
	leave_by_path();
	calls = 0;
	io.readdir = longer_readdir;
	io.openat = longer_openat;
	assert_state(RECOVERY_NONE, "");
	io = whole;
	assert_true(calls > 3);
}

static int vanishing_openat(int at, const char *name, int flags, mode_t mode)
{
	errno = ENOENT;
	return strcmp(name, strrchr(in_state, '/') + 1) == 0 && calls++ > 0
		? -1 : whole.openat(at, name, flags, mode);
}

/* Another octavo finishes it once its name is known. */
static void test_recovery_judge_vanishes(void **state)
{
	(void)state;
	leave_by_path();
	calls = 0;
	io.openat = vanishing_openat;
	assert_state(RECOVERY_NONE, "");
	io = whole;
	assert_int_equal(calls, 2);
}

/* --- the file is another one, or none --- */

static void test_recovery_judge_no_file_any_more(void **state)
{
	struct error error = ERROR_NONE;
	char done[RECOVERY_WORDS];

	(void)state;
	leave_journal("0AB3456789abcdef");
	struct document *document = open_document();
	assert_int_equal(recovery_find(document).state, RECOVERY_CUT_OFF);
	assert_int_equal(unlink(in_folder("file")), 0);
	assert_int_equal(mkfifo(in_folder("file"), 0600), 0);
	assert_int_equal(recovery_find(document).state, RECOVERY_NONE);
	assert_false(recovery_do(document, RECOVERY_FINISH, true, done,
				 &error));
	assert_non_null(strstr(error.message, "no flush was interrupted"));
	document_close(document);
	assert_true(is_there(".file.ovj"));
}

/* A file that is not there was not touched by what was not complete. */
static void test_recovery_judge_unbegun_without_file(void **state)
{
	(void)state;
	leave_journal(old_text);
	assert_int_equal(truncate(in_folder(".file.ovj"), 150), 0);
	assert_int_equal(unlink(in_folder("file")), 0);
	assert_state(RECOVERY_NEVER_BEGUN, "before it changed anything");
	assert_cleared();
	assert_int_equal(count_entries(), 0);
}

/* But nothing is known of one that was complete once. */
static void test_recovery_judge_damaged_without_file(void **state)
{
	(void)state;
	leave_journal(old_text);
	overwrite(".file.ovj", 130, "!", 1);
	assert_int_equal(unlink(in_folder("file")), 0);
	assert_state(RECOVERY_UNREADABLE, "damaged before byte");
	assert_not_cleared();
}

/* Somebody has written the file, and put back when that was. */
static void test_recovery_judge_written_secretly(void **state)
{
	(void)state;
	put_text("file", old_text);
	struct journal_header header = header_of("file", 16, 16);
	for (int i = 0; i < 2; i++) {
		header.identity.changed.tv_sec -= i;
		put_journal(".file.ovj", &header, same_length, 2);
		overwrite(".file.ovj", 130, "!", 1);
		assert_state(i ? RECOVERY_UNREADABLE : RECOVERY_NEVER_BEGUN,
			     "");
	}
	assert_not_cleared();
}

static void test_recovery_judge_changed_twice(void **state)
{
	(void)state;
	/* A zero, where the file had its end neither before nor after. */
	leave_journal("0123456789abcCDf");
	overwrite("file", 2, "", 1);
	assert_state(RECOVERY_CHANGED, "0x2 is neither old nor new");
	assert_int_equal(find().changed_parts, 1);
	overwrite("file", 14, "?", 1);
	assert_state(RECOVERY_CHANGED, "0x2 is neither old nor new");
	assert_int_equal(find().changed_parts, 2);
}

/* A device keeps its length, and is written over, not replaced. */
static void test_recovery_judge_device(void **state)
{
	static const struct patch longer_text[] = { { 8, "89", "xx89" } };

	(void)state;
	leave_content("9876543210", "0123456789");
	struct journal_header header = header_of("file", 10, 10);
	header.kind = JOURNAL_CONTENT;
	header.content_crc = crc32c(0, "9876543210", 10);
	put_journal(".file.ovj", &header, NULL, 0);
	assert_state(RECOVERY_CUT_OFF, "");
	device_begin(in_folder("file"));
	assert_state(RECOVERY_STRANGER, "another length");
	device_end();
	header = header_of("file", 10, 12);
	put_journal(".file.ovj", &header, longer_text, 1);
	device_begin(in_folder("file"));
	assert_state(RECOVERY_STRANGER, "another length");
	device_end();
	assert_state(RECOVERY_NOT_BEGUN, "");
}

/* --- systems --- */

static int late_fstat(int fd, struct stat *status)
{
	int result = whole.fstat(fd, status);

	status->st_mtim.tv_sec = (time_t)(INT64_MAX >> 1);
	return result;
}

/* A time that no calendar has is left out. */
static void test_recovery_judge_no_time(void **state)
{
	(void)state;
	leave_journal(old_text);
	assert_state(RECOVERY_NOT_BEGUN, "a flush of ");
	io.fstat = late_fstat;
	assert_state(RECOVERY_NOT_BEGUN,
		     "a flush was interrupted before it wrote anything");
	io = whole;
}

static ssize_t no_first_byte(int fd, void *buffer, size_t size, off_t offset)
{
	errno = EIO;
	return size == 1 ? -1 : whole.pread(fd, buffer, size, offset);
}

/* What cannot be read is not known to be a journal. */
static void test_recovery_judge_first_byte(void **state)
{
	(void)state;
	leave_journal(old_text);
	assert_int_equal(truncate(in_folder(".file.ovj"), 50), 0);
	io.pread = no_first_byte;
	assert_state(RECOVERY_NEVER_BEGUN, "");
	assert_not_cleared();
	io = whole;
	assert_cleared();
}

/* --- a second file --- */

static void test_recovery_judge_second_of_others(void **state)
{
	(void)state;
	put_text("file", old_text);
	put_text(".file.ovn", old_text);
	assert_state(RECOVERY_FINISHED, "");
	assert_int_equal(link(in_folder(".file.ovn"), in_folder("more")), 0);
	assert_state(RECOVERY_STRANGER, "has several names");
	assert_not_cleared();
	assert_not_done(RECOVERY_FINISH, true, "has several names");
	assert_int_equal(unlink(in_folder(".file.ovn")), 0);
	assert_int_equal(mkfifo(in_folder(".file.ovn"), 0600), 0);
	assert_state(RECOVERY_STRANGER, "not a regular file");
	assert_not_done(RECOVERY_UNDO, true, "not a regular file");
	assert_text("file", old_text);
}

enum { SOMEBODY = 12345 };

/* What root has left is believed as well. */
static void test_recovery_judge_of_root(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	put_text("file", old_text);
	put_text(".file.ovn", old_text);
	assert_int_equal(chmod(in_folder(".file.ovn"), 0644), 0);
	assert_int_equal(chmod(in_folder("file"), 0644), 0);
	assert_int_equal(chmod(folder, 0755), 0);
	assert_int_equal(seteuid(SOMEBODY), 0);
	struct recovery found = find();
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(found.state, RECOVERY_FINISHED);
	assert_int_equal(chown(in_folder(".file.ovn"), SOMEBODY + 1, 0), 0);
	assert_int_equal(seteuid(SOMEBODY), 0);
	found = find();
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(found.state, RECOVERY_STRANGER);
	assert_int_equal(chmod(folder, 0700), 0);
}

/* Of the first descriptor, which is what is left. */
static int first_elsewhere(int fd, struct stat *status)
{
	int result = whole.fstat(fd, status);

	status->st_dev += calls++ == 0;
	return result;
}

static int all_elsewhere(int fd, struct stat *status)
{
	int result = whole.fstat(fd, status);

	status->st_dev++;
	return result;
}

/* A file on another disk may have the same number. */
static void test_recovery_judge_same_number(void **state)
{
	(void)state;
	put_text("file", old_text);
	assert_int_equal(link(in_folder("file"), in_folder(".file.ovn")), 0);
	assert_state(RECOVERY_FINISHED, "");
	struct document *document = open_document();
	calls = 0;
	io.fstat = first_elsewhere;
	struct recovery found = recovery_find(document);
	io = whole;
	document_close(document);
	assert_int_equal(found.state, RECOVERY_STRANGER);
	assert_non_null(strstr(found.words, "has several names"));
}

/* The log knows the file before the flush, and this is none of the two. */
static void test_recovery_judge_known_to_log(void **state)
{
	(void)state;
	put_text("file", old_text);
	leave_log();
	put_text(".file.ovn", "new: 0123");
	assert_state(RECOVERY_NOT_REPLACED, "");
	struct document *document = open_document();
	io.fstat = all_elsewhere;
	struct recovery found = recovery_find(document);
	io = whole;
	document_close(document);
	assert_int_equal(found.state, RECOVERY_ONE_OF_TWO);
	put_text("file", "longer than it was before");
	assert_state(RECOVERY_ONE_OF_TWO, "is the one before or");
	assert_not_cleared();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_recovery_judge_double_slash),
		TEST(test_recovery_judge_deep),
		TEST(test_recovery_judge_link_in_state),
		TEST(test_recovery_judge_longer_name),
		TEST(test_recovery_judge_vanishes),
		TEST(test_recovery_judge_no_file_any_more),
		TEST(test_recovery_judge_unbegun_without_file),
		TEST(test_recovery_judge_damaged_without_file),
		TEST(test_recovery_judge_written_secretly),
		TEST(test_recovery_judge_changed_twice),
		TEST(test_recovery_judge_device),
		TEST(test_recovery_judge_no_time),
		TEST(test_recovery_judge_first_byte),
		TEST(test_recovery_judge_second_of_others),
		TEST(test_recovery_judge_of_root),
		TEST(test_recovery_judge_same_number),
		TEST(test_recovery_judge_known_to_log),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
