/*
 * save_target: where a file goes that is named through links or in odd ways,
 * and what another user than root may do with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "io.h"
#include "octavo/save.h"

static char folder[] = "/tmp/octavo-target-XXXXXX";
static struct io real;

enum { NOBODY = 65534, OTHERS = 12345 };

static const char *in_folder(const char *name)
{
	static char paths[8][PATH_MAX + 512];
	static int next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof paths[0], "%s/%s", folder, name);
	return path;
}

static void put_file(const char *name, mode_t mode)
{
	int fd = open(in_folder(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "0123456789", 10), 10);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static struct document *open_document(const char *path)
{
	struct file *file = file_open(path, NULL, NULL, NULL);
	struct document *document = file ? document_open(file, NULL) : NULL;

	assert_non_null(document);
	return document;
}

static int make_folder(void **state)
{
	(void)state;
	real = io;
	return mkdtemp(folder) && chmod(folder, 0755) == 0
		&& setenv("XDG_STATE_HOME", in_folder("state"), 1) == 0
		&& chdir(folder) == 0 ? 0 : -1;
}

static int empty_folder(void **state)
{
	char command[128];

	(void)state;
	io = real;
	snprintf(command, sizeof command, "rm -rf %s/*", folder);
	return system(command);
}

static int remove_folder(void **state)
{
	(void)state;
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

/* --- names --- */

/* A copy to PATH; "" where it worked, else the message. */
static const char *copy_to(const char *path)
{
	static struct error error;
	struct document *document = open_document(in_folder("file"));
	struct save_plan done;

	error.message[0] = '\0';
	if (save_copy(document, (struct range){ 2, 6 }, path, true, &done,
		      &error))
		assert_string_equal(error.message, "");
	else
		assert_string_not_equal(error.message, "");
	document_close(document);
	return error.message;
}

static void assert_copy(const char *name)
{
	char bytes[16];
	int fd = open(in_folder(name), O_RDONLY);

	assert_int_equal(read(fd, bytes, sizeof bytes), 4);
	assert_memory_equal(bytes, "2345", 4);
	close(fd);
}

static void assert_refused(const char *path, const char *words)
{
	const char *message = copy_to(path);

	if (!strstr(message, words))
		fail_msg("\"%s\" has no \"%s\"", message, words);
}

static void test_target_names(void **state)
{
	(void)state;
	put_file("file", 0644);
	assert_string_equal(copy_to("here"), "");
	assert_copy("here");
	assert_int_equal(symlink("there", in_folder("link")), 0);
	assert_string_equal(copy_to("link"), "");
	assert_copy("there");
	assert_int_equal(mkdir(in_folder("below"), 0755), 0);
	assert_int_equal(symlink("../up", in_folder("below/link")), 0);
	assert_string_equal(copy_to("below/link"), "");
	assert_copy("up");
	assert_int_equal(symlink(in_folder("away"), in_folder("below/far")),
			 0);
	assert_string_equal(copy_to("below/far"), "");
	assert_copy("away");
	assert_string_equal(copy_to("here"), "");
}

static ssize_t no_link(const char *path, char *link, size_t size)
{
	(void)path, (void)link, (void)size;
	errno = EINVAL;
	return -1;
}

static void test_target_names_refused(void **state)
{
	char name[2 * PATH_MAX];

	(void)state;
	assert_refused("/proc", "not a regular file");
	put_file("file", 0644);
	assert_int_equal(symlink("loop", in_folder("loop")), 0);
	assert_refused("loop", strerror(ELOOP));
	assert_int_equal(mkdir(in_folder("below"), 0755), 0);
	assert_refused("below/", strerror(EISDIR));
	assert_refused("/", strerror(EISDIR));
	assert_refused("below", "not a regular file");
	assert_refused("/octavo-not-here/x", "can't open its folder");
	memset(name, 'n', NAME_MAX + 1);
	name[NAME_MAX + 1] = '\0';
	assert_refused(name, strerror(ENAMETOOLONG));
	/* Whatever a file system takes for a name. */
	io.readlink = no_link;
	assert_refused(name, "can't be written: File name too long");
	io = real;
	/* The message is cut. */
	memset(name, '/', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	assert_string_not_equal(copy_to(name), "");
	/* Where the link leads is longer than any path. */
	memset(name, 'n', PATH_MAX - 2);
	name[PATH_MAX - 2] = '\0';
	assert_int_equal(symlink(name, in_folder("below/long")), 0);
	assert_refused("below/long", strerror(ENAMETOOLONG));
	assert_refused("file", "the file being edited");
}

/* --- another user --- */

static size_t group_count = 2;

static void become(uid_t user)
{
	static gid_t groups[300] = { 7, OTHERS };

	if (user == 0) {
		assert_int_equal(seteuid(0), 0);
		assert_int_equal(setegid(0), 0);
		assert_int_equal(setgroups(0, NULL), 0);
		return;
	}
	for (size_t i = 2; i < group_count; i++)
		groups[i] = (gid_t)(OTHERS + i);
	assert_int_equal(setgroups(group_count, groups), 0);
	assert_int_equal(setegid(NOBODY), 0);
	assert_int_equal(seteuid(user), 0);
}

/* What a longer one would be written by, as nobody. */
static struct save_plan plan_as_nobody(const char *name)
{
	struct save_plan plan = { .method = SAVE_NOTHING };
	struct error error = ERROR_NONE;

	become(NOBODY);
	struct document *document = open_document(in_folder(name));
	assert_true(document_insert(document, 0, "x", 1, NULL));
	struct save_options options = { .way = SAVE_WAY_REPLACE };
	bool planned = save_plan(document, &options, &plan, &error);
	document_close(document);
	become(0);
	snprintf(plan.reason, sizeof plan.reason, "%.150s",
		 planned ? "" : error.message);
	return plan;
}

static void assert_reason(const char *name, const char *words)
{
	struct save_plan plan = plan_as_nobody(name);

	if (!strstr(plan.reason, words))
		fail_msg("%s: \"%s\" has no \"%s\"", name, plan.reason, words);
}

static void put_owned(const char *name, uid_t owner, gid_t group)
{
	put_file(name, 0666);
	assert_int_equal(chown(in_folder(name), owner, group), 0);
}

static void test_target_of_others(void **state)
{
	/* cap_chown, for whom it is permitted. */
	static const unsigned char capability[20] = { 0, 0, 0, 2, 1 };

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(mkdir(in_folder("open"), 0777), 0);
	assert_int_equal(chmod(in_folder("open"), 0777), 0);
	put_owned("open/theirs", 0, 0);
	put_owned("open/ours", NOBODY, NOBODY);
	put_owned("open/group", NOBODY, OTHERS);
	put_owned("open/root", NOBODY, 0);
	put_owned("closed", NOBODY, NOBODY);
	put_owned("open/able", NOBODY, NOBODY);
	assert_reason("open/theirs", "its owner would not be kept");
	assert_reason("open/root", "its group would not be kept");
	assert_reason("closed", "its folder can't be written");
	assert_string_equal(plan_as_nobody("open/ours").reason, "");
	assert_string_equal(plan_as_nobody("open/group").reason, "");
	/* More groups than are looked at: the attempt will tell. */
	group_count = 300;
	assert_string_equal(plan_as_nobody("open/root").reason, "");
	group_count = 2;
	if (setxattr(in_folder("open/able"), "security.capability", capability,
		     sizeof capability, 0) == 0)
		assert_reason("open/able", "its capabilities would not");
}

/* A copy over what its owner may replace, but neither read nor write. */
static void test_target_closed(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(mkdir(in_folder("open"), 0777), 0);
	assert_int_equal(chmod(in_folder("open"), 0777), 0);
	put_file("file", 0644);
	put_owned("open/closed", NOBODY, NOBODY);
	assert_int_equal(chmod(in_folder("open/closed"), 0), 0);
	become(NOBODY);
	const char *message = copy_to(in_folder("open/closed"));
	become(0);
	assert_non_null(strstr(message, "unchanged: can't open it to write: "
			       "Permission denied"));
}

/* --- what is said at once --- */

static const char *outlook_of(const char *path, uid_t user)
{
	static struct error error;

	error.message[0] = '\0';
	if (user)
		become(user);
	struct document *document = open_document(path);
	bool fine = save_outlook(document, &error);
	assert_int_equal(fine, error.message[0] == '\0');
	document_close(document);
	if (user)
		become(0);
	return error.message;
}

static fsblkcnt_t blocks;

static int full_fstatvfs(int fd, struct statvfs *status)
{
	int result = real.fstatvfs(fd, status);

	status->f_blocks = blocks;
	status->f_bavail = 0;
	return result;
}

static void test_target_outlook(void **state)
{
	char own[64];

	(void)state;
	put_file("file", 0644);
	assert_string_equal(outlook_of(in_folder("file"), 0), "");
	io.fstatvfs = full_fstatvfs;
	assert_string_equal(outlook_of(in_folder("file"), 0), "");
	blocks = 1;
	assert_non_null(strstr(outlook_of(in_folder("file"), 0),
			       "its file system is full"));
	io = real;
	snprintf(own, sizeof own, "/proc/%d/maps", (int)getpid());
	assert_string_equal(outlook_of(own, 0), "");
	if (geteuid() != 0)
		return;
	put_owned("file", 0, 0);
	assert_non_null(strstr(outlook_of(in_folder("file"), NOBODY),
			       "its folder can't be written, it is only"));
	put_file("file", 0444);
	assert_non_null(strstr(outlook_of(in_folder("file"), NOBODY),
			       "makes a copy elsewhere"));
	assert_int_equal(chmod(folder, 0777), 0);
	const char *message = outlook_of(in_folder("file"), NOBODY);
	assert_non_null(strstr(message, "makes a copy"));
	assert_null(strstr(message, "elsewhere"));
	assert_int_equal(chmod(folder, 0755), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, empty_folder)
	const struct CMUnitTest tests[] = {
		TEST(test_target_names),
		TEST(test_target_names_refused),
		TEST(test_target_of_others),
		TEST(test_target_closed),
		TEST(test_target_outlook),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
