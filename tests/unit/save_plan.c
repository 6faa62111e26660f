/* save_plan: what a flush says beforehand, and where it may not happen. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

#include "io.h"
#include "octavo/save.h"
#include "sizes.h"

static char folder[] = "/tmp/octavo-plan-XXXXXX";
static struct io real;

static int make_folder(void **state)
{
	(void)state;
	real = io;
	return mkdtemp(folder) && chdir(folder) == 0
		&& setenv("XDG_STATE_HOME", folder, 1) == 0 ? 0 : -1;
}

static int empty_folder(void **state)
{
	char command[80];

	(void)state;
	io = real;
	snprintf(command, sizeof command, "rm -rf %s/* %s/.[!.]*", folder,
		 folder);
	return system(command);
}

static int remove_folder(void **state)
{
	(void)state;
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

static void put_file(const char *name, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "0123456789", 10), 10);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static struct document *open_document(const char *name)
{
	struct file *file = file_open(name, NULL, NULL, NULL);
	struct document *document = file ? document_open(file, NULL) : NULL;

	assert_non_null(document);
	return document;
}

static struct save_plan plan_of(const struct document *document,
				struct save_options options)
{
	struct error error = ERROR_NONE;
	struct save_plan plan;

	if (!save_plan(document, &options, &plan, &error))
		fail_msg("%s", error.message);
	return plan;
}

static void assert_refused(struct document *document, const char *words)
{
	struct error error = ERROR_NONE;
	struct save_plan done;

	assert_false(save_write(document, NULL, &done, &error));
	if (!strstr(error.message, words))
		fail_msg("\"%s\" has no \"%s\"", error.message, words);
}

static void test_plan_of_new_file(void **state)
{
	const struct save_options copy = { .backup = SAVE_BACKUP_COPY };
	const struct save_options simple = { .backup = SAVE_BACKUP_SIMPLE };
	struct document *document = open_document("new");
	struct save_plan done;

	(void)state;
	assert_int_equal(plan_of(document, copy).method, SAVE_CREATED);
	assert_true(document_insert(document, 0, "12345", 5, NULL));
	assert_int_equal(plan_of(document, copy).space, 5);
	assert_false(plan_of(document, copy).backup);
	assert_string_equal(plan_of(document, simple).note, "");
	assert_true(document_undo(document, &(struct range){ 0, 0 }, NULL));
	assert_true(save_write(document, &copy, &done, NULL));
	assert_int_equal(done.bytes, 0);
	assert_int_equal(access("new", F_OK), 0);
	document_close(document);
}

/* Where the file is one that the kernel takes bits from, and has holes. */
static void test_plan_notes(void **state)
{
	const struct save_options in_place = { SAVE_WAY_IN_PLACE,
					       SAVE_BACKUP_SIMPLE };
	static const mode_t modes[] = { 04755, 02755, 02745, 0755 };

	(void)state;
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		put_file("file", 0600);
		assert_int_equal(truncate("file", 1 << 20), 0);
		assert_int_equal(chmod("file", modes[i]), 0);
		struct document *document = open_document("file");
		assert_true(document_overwrite(document, 600000, "x", 1, NULL));
		struct save_plan plan = plan_of(document, in_place);
		bool falls = strstr(plan.note, "bit may fall") != NULL;

		assert_int_equal(falls, i < 2);
		assert_non_null(strstr(plan.note, "no backup"));
		document_close(document);
	}
}

/* Only so many looks for holes are worth it. */
static void test_plan_of_many_holes(void **state)
{
	enum { RANGES = 1100, SIZE = 1 << 20 };
	struct document *document;
	struct save_plan plan;
	struct error error = ERROR_NONE;

	(void)state;
	put_file("file", 0644);
	assert_int_equal(truncate("file", SIZE), 0);
	document = open_document("file");
	for (uint64_t i = 0; i < RANGES; i++)
		assert_true(document_overwrite(document, i ? SIZE - 2 * i : 0,
					       "x", 1, &error));
	plan = plan_of(document, (struct save_options){
		.way = SAVE_WAY_IN_PLACE });
	assert_int_equal(plan.ranges, RANGES);
	/* Two a range, and one for that which has none. */
	if (*plan.note)
		assert_string_equal(plan.note,
				    "512 bytes of its holes are filled");
	document_close(document);
}

/* Of bytes that are written over only those that a hole has. */
static void test_plan_of_half_a_hole(void **state)
{
	struct document *document;

	(void)state;
	put_file("file", 0644);
	assert_int_equal(truncate("file", 1 << 20), 0);
	int fd = open("file", O_RDONLY);
	off_t hole = lseek(fd, 0, SEEK_HOLE);
	close(fd);
	if (hole >= 1 << 20)
		skip();
	document = open_document("file");
	assert_true(document_overwrite(document, (uint64_t)hole - 3,
				       "12345678", 8, NULL));
	assert_string_equal(plan_of(document, (struct save_options){
		.way = SAVE_WAY_IN_PLACE }).note,
		"5 bytes of its holes are filled");
	document_close(document);
}

/* What of the file the kernel takes away. */
static void test_plan_of_capabilities(void **state)
{
	/* cap_chown, for whom it is permitted. */
	static const unsigned char capability[20] = { 0, 0, 0, 2, 1 };
	struct document *document;

	(void)state;
	put_file("file", 0644);
	if (setxattr("file", "security.capability", capability,
		     sizeof capability, 0) != 0
	    || (io.fgetxattr(-1, "security.capability", NULL, 0) < 0
		&& errno != EBADF))
		skip();
	document = open_document("file");
	assert_true(document_overwrite(document, 3, "x", 1, NULL));
	assert_string_equal(plan_of(document, (struct save_options){
		.way = SAVE_WAY_IN_PLACE }).note, "its capabilities fall");
	document_close(document);
}

/* All of a large file is changed. */
static void test_plan_of_much(void **state)
{
	enum { SIZE = SAVE_IN_PLACE_SMALL / 2 };
	unsigned char *bytes = calloc(1, SIZE);
	struct document *document;

	(void)state;
	assert_non_null(bytes);
	put_file("file", 0644);
	assert_int_equal(truncate("file", SIZE), 0);
	document = open_document("file");
	assert_true(document_overwrite(document, 0, bytes, SIZE, NULL));
	free(bytes);
	struct save_plan plan = plan_of(document, (struct save_options){
		.way = SAVE_AUTO });
	assert_int_equal(plan.method, SAVE_REPLACED);
	assert_string_equal(plan.reason, "so much has changed that a journal "
			    "would take more than a new file");
	document_close(document);
}

/* What has no file that it could be written to is refused also where nothing
 * was changed. */
static void test_plan_of_generated(void **state)
{
	struct document *document = open_document("/proc/self/maps");
	struct error error = ERROR_NONE;
	struct save_plan plan;

	(void)state;
	assert_false(save_plan(document, NULL, &plan, &error));
	assert_non_null(strstr(error.message, "\"write FILE\" makes a copy"));
	document_close(document);
}

static int no_blocks(int fd, struct statvfs *system)
{
	int result = real.fstatvfs(fd, system);

	system->f_blocks = 0;
	return result;
}

static void test_plan_without_room_known(void **state)
{
	struct document *document;

	(void)state;
	put_file("file", 0644);
	document = open_document("file");
	io.fstatvfs = no_blocks;
	assert_true(save_outlook(document, NULL));
	assert_true(document_insert(document, 0, "x", 1, NULL));
	assert_true(plan_of(document, (struct save_options){
			    .way = SAVE_AUTO }).room == UINT64_MAX);
	document_close(document);
}

/* What is in the way is named as it is seen from here. */
static void test_plan_names_leftovers(void **state)
{
	struct document *document;

	(void)state;
	put_file("file", 0644);
	document = open_document("file");
	assert_true(document_insert(document, 0, "x", 1, NULL));
	put_file(".file.ovj", 0600);
	assert_refused(document, "; .file.ovj may be removed");
	assert_int_equal(unlink(".file.ovj"), 0);
	put_file(".file.ovn", 0600);
	assert_refused(document, "; .file.ovn may be removed");
	document_close(document);
}

/* --- a journal that lies elsewhere says where its file is --- */

static int closed_faccessat(int at, const char *name, int mode, int flags)
{
	if (strcmp(name, ".") != 0)
		return real.faccessat(at, name, mode, flags);
	errno = EACCES;
	return -1;
}

static const char *resolved_path;

static char *given_realpath(const char *path, char *resolved)
{
	(void)path;
	errno = EIO;
	return resolved_path ? strcpy(resolved, resolved_path) : NULL;
}

static void test_journal_says_where(void **state)
{
	static char longest[PATH_MAX - 3];
	const struct save_options in_place = { .way = SAVE_WAY_IN_PLACE };
	struct document *document;
	struct save_plan done;

	(void)state;
	memset(longest, '/', sizeof longest - 1);
	put_file("file", 0644);
	document = open_document("file");
	io.faccessat = closed_faccessat;
	io.realpath = given_realpath;
	assert_true(document_overwrite(document, 3, "x", 1, NULL));
	assert_refused(document, "can't find its folder: Input/output error");
	resolved_path = longest;
	assert_refused(document, "can't find its folder: File name too long");
	resolved_path = "/";
	assert_true(save_write(document, &in_place, &done, NULL));
	io.realpath = real.realpath;
	assert_true(document_overwrite(document, 3, "y", 1, NULL));
	assert_true(save_write(document, &in_place, &done, NULL));
	document_close(document);
}

static void test_plan_of_long_name(void **state)
{
	const struct save_options copy = { .backup = SAVE_BACKUP_COPY };
	char name[NAME_MAX + 1] = { 0 };
	struct document *document;
	struct error error = ERROR_NONE;
	struct save_plan plan;

	(void)state;
	memset(name, 'n', NAME_MAX);
	put_file(name, 0644);
	document = open_document(name);
	assert_true(document_overwrite(document, 0, "x", 1, NULL));
	assert_false(save_plan(document, &copy, &plan, &error));
	assert_non_null(strstr(error.message, "its name would be too long"));
	document_close(document);
}

/* --- the old file, looked at once more after the exchange --- */

static int changed_member;
static bool exchanged;

static int noted_exchange(int at, const char *one, const char *other)
{
	exchanged = true;
	return real.exchange(at, one, other);
}

static int changed_fstatat(int at, const char *name, struct stat *status,
			   int flags)
{
	size_t length = strlen(name);
	int result = real.fstatat(at, name, status, flags);

	if (!exchanged || result != 0
	    || strcmp(name + length - 4, ".ovn") != 0)
		return result;
	status->st_dev += changed_member == 0;
	status->st_ino += changed_member == 1;
	status->st_size += changed_member == 2;
	status->st_mtim.tv_sec += changed_member == 3;
	status->st_mtim.tv_nsec += changed_member == 4;
	return result;
}

static void test_replaced_is_another(void **state)
{
	const struct save_options replace = { .way = SAVE_WAY_REPLACE };

	(void)state;
	if (io.exchange(AT_FDCWD, "none", "neither") != 0 && errno == ENOSYS)
		skip();
	for (changed_member = 0; changed_member < 5; changed_member++) {
		struct document *document;
		struct error error = ERROR_NONE;
		struct save_plan done;

		put_file("file", 0644);
		document = open_document("file");
		assert_true(document_insert(document, 3, "x", 1, NULL));
		exchanged = false;
		io.exchange = noted_exchange;
		io.fstatat = changed_fstatat;
		assert_false(save_write(document, &replace, &done, &error));
		io.fstatat = real.fstatat;
		assert_non_null(strstr(error.message, "not written, unchanged: "
				       "it has changed on disk meanwhile"));
		assert_true(document_modified(document));
		document_close(document);
		empty_folder(NULL);
	}
}

/* --- a backup of a file with holes --- */

static ino_t source;

/* Only of the old file it is known where its holes are. */
static off_t source_lseek(int fd, off_t offset, int whence)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	if (status.st_ino == source)
		return real.lseek(fd, offset, whence);
	errno = EINVAL;
	return -1;
}

static void test_backup_of_holes(void **state)
{
	const struct save_options copy = { SAVE_WAY_IN_PLACE,
					   SAVE_BACKUP_COPY };
	static unsigned char bytes[2][1 << 20];
	struct save_plan done;
	struct stat status;

	(void)state;
	for (int known = 0; known < 2; known++) {
		put_file("file", 0644);
		assert_int_equal(truncate("file", sizeof bytes[0]), 0);
		int fd = open("file", O_RDWR);
		assert_int_equal(pwrite(fd, "middle", 6, 500000), 6);
		assert_int_equal(pread(fd, bytes[0], sizeof bytes[0], 0),
				 sizeof bytes[0]);
		assert_int_equal(fstat(fd, &status), 0);
		close(fd);
		source = status.st_ino;
		struct document *document = open_document("file");
		assert_true(document_overwrite(document, 1, "x", 1, NULL));
		if (!known)
			io.lseek = source_lseek;
		assert_true(save_write(document, &copy, &done, NULL));
		io.lseek = real.lseek;
		document_close(document);
		fd = open("file~", O_RDONLY);
		assert_int_equal(pread(fd, bytes[1], sizeof bytes[1], 0),
				 sizeof bytes[1]);
		close(fd);
		assert_memory_equal(bytes[0], bytes[1], sizeof bytes[0]);
		empty_folder(NULL);
	}
}

/* --- what a child has prepared is gone --- */

static void lose_prepared(enum save_method method)
{
	const struct save_options in_place = { .way = SAVE_WAY_IN_PLACE };
	struct error error = ERROR_NONE;
	struct save_plan done;
	int status;

	put_file("file", 0644);
	assert_int_equal(truncate("file", 1 << 20), 0);
	struct document *document = open_document("file");
	if (method == SAVE_REWRITTEN)
		assert_true(document_insert(document, 0, "x", 1, NULL));
	else
		assert_true(document_overwrite(document, 0, "x", 1, NULL));
	struct save_flush *flush = save_begin(document, &in_place, NULL,
					      &error);
	assert_non_null(flush);
	assert_int_equal(save_planned(flush)->method, method);
	save_share(flush, true);
	pid_t child = fork();
	if (child == 0)
		_exit(!save_prepare(flush));
	save_share(flush, false);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(unlink(method == SAVE_REWRITTEN ? ".file.ovn"
							 : ".file.ovj"), 0);
	assert_false(save_commit(flush) && save_apply(flush)
		     && save_finish(flush, &done));
	save_message(flush, &error);
	save_end(flush);
	if (!strstr(error.message, "not written, unchanged"))
		fail_msg("\"%s\"", error.message);
	assert_true(document_modified(document));
	document_close(document);

	char byte;
	int fd = open("file", O_RDONLY);
	assert_int_equal(read(fd, &byte, 1), 1);
	assert_int_equal(byte, '0');
	close(fd);
	empty_folder(NULL);
}

/* A rewrite whose content is gone when it is to be applied can only be told
 * to be interrupted. */
static void test_committed_is_gone(void **state)
{
	const struct save_options in_place = { .way = SAVE_WAY_IN_PLACE };
	struct error error = ERROR_NONE;
	int status;

	(void)state;
	put_file("file", 0644);
	struct document *document = open_document("file");
	assert_true(document_insert(document, 0, "x", 1, NULL));
	struct save_flush *flush = save_begin(document, &in_place, NULL, NULL);
	assert_non_null(flush);
	pid_t child = fork();
	if (child == 0)
		_exit(!save_prepare(flush));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(save_commit(flush));
	assert_int_equal(unlink(".file.ovn"), 0);
	assert_false(save_apply(flush));
	save_message(flush, &error);
	save_end(flush);
	assert_string_equal(error.message, "file is interrupted between old "
			    "and new: can't read .file.ovn: No such file or "
			    "directory; its journal .file.ovj, .file.ovn is "
			    "kept");
	document_close(document);
}

static void test_prepared_is_gone(void **state)
{
	(void)state;
	lose_prepared(SAVE_REWRITTEN);
	lose_prepared(SAVE_IN_PLACE);
}

/* --- copies of a file that is not there yet --- */

static int stats_left;

static int late_fstat(int fd, struct stat *status)
{
	errno = EIO;
	return stats_left-- == 0 ? -1 : real.fstat(fd, status);
}

static bool copy_to(const struct document *document, const char *path,
		    struct error *error)
{
	struct save_plan done;

	return save_copy(document, (struct range){ 0, 5 }, path, true, &done,
			 error);
}

static void test_copy_of_new_file(void **state)
{
	struct document *document = open_document("new");
	struct error error = ERROR_NONE;
	bool worked = false;

	(void)state;
	assert_true(document_insert(document, 0, "12345", 5, NULL));
	assert_int_equal(mkdir("below", 0755), 0);
	assert_false(copy_to(document, "new", &error));
	assert_non_null(strstr(error.message, "the file being edited"));
	assert_false(copy_to(document, "../none/../new", &error));
	assert_true(copy_to(document, "below/new", &error));
	/* Its own folder is gone, and so it can't be its own. */
	assert_int_equal(mkdir("gone", 0755), 0);
	struct document *other = open_document("gone/new");
	assert_true(document_insert(other, 0, "12345", 5, NULL));
	assert_int_equal(rmdir("gone"), 0);
	assert_true(copy_to(other, "new", &error));
	assert_int_equal(unlink("new"), 0);
	document_close(other);
	io.fstat = late_fstat;
	for (int n = 0; !worked; n++) {
		stats_left = n;
		error.message[0] = '\0';
		worked = copy_to(document, "below/new", &error);
		if (!worked)
			assert_string_not_equal(error.message, "");
		worked = worked && stats_left >= 0;
	}
	document_close(document);
}

/* Another file system has numbers of its own. */
static void test_copy_elsewhere(void **state)
{
	static const char *const names[] = { "file", "new" };
	char there[] = "/dev/shm/octavo-plan-XXXXXX";

	(void)state;
	if (!mkdtemp(there))
		skip();
	put_file("file", 0644);
	for (size_t i = 0; i < 2; i++) {
		struct document *document = open_document(names[i]);
		struct error error = ERROR_NONE;
		char path[sizeof there + 8];

		assert_true(document_insert(document, 0, "12345", 5, NULL));
		snprintf(path, sizeof path, "%s/%s", there, names[i]);
		close(open(path, O_WRONLY | O_CREAT, 0600));
		bool worked = copy_to(document, path, &error);
		unlink(path);
		if (!worked)
			fail_msg("%s", error.message);
		document_close(document);
	}
	assert_int_equal(rmdir(there), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, empty_folder)
	const struct CMUnitTest tests[] = {
		TEST(test_plan_of_new_file),
		TEST(test_plan_notes),
		TEST(test_plan_of_many_holes),
		TEST(test_plan_of_half_a_hole),
		TEST(test_plan_of_capabilities),
		TEST(test_plan_of_much),
		TEST(test_plan_of_generated),
		TEST(test_plan_without_room_known),
		TEST(test_plan_names_leftovers),
		TEST(test_journal_says_where),
		TEST(test_plan_of_long_name),
		TEST(test_replaced_is_another),
		TEST(test_backup_of_holes),
		TEST(test_prepared_is_gone),
		TEST(test_committed_is_gone),
		TEST(test_copy_of_new_file),
		TEST(test_copy_elsewhere),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
