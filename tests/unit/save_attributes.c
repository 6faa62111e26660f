/* save_attributes: what belongs to a file belongs to the one that replaces it,
 * and nothing else. */
#include "saving.h"

#include <sys/xattr.h>

enum { LIST = 44 };

static const char access_name[] = "system.posix_acl_access";
static const char default_name[] = "system.posix_acl_default";

/* An access list in which USER may read and write. */
static void make_list(unsigned char *list, unsigned char user)
{
	static const unsigned char form[LIST] = {
		2, 0, 0, 0,
		0x01, 0, 6, 0, 0xff, 0xff, 0xff, 0xff,
		0x02, 0, 6, 0, 0, 0, 0, 0,
		0x04, 0, 4, 0, 0xff, 0xff, 0xff, 0xff,
		0x10, 0, 6, 0, 0xff, 0xff, 0xff, 0xff,
		0x20, 0, 4, 0, 0xff, 0xff, 0xff, 0xff,
	};

	memcpy(list, form, LIST);
	list[16] = user;
}

/* The folder gives every new file an access list for user 1. */
static struct document *open_in_listed_folder(void)
{
	struct document *document = open_text();
	unsigned char list[LIST];

	make_list(list, 1);
	/* Not every file system has lists, nor every build looks at them. */
	if (setxattr(".", default_name, list, LIST, 0) != 0
	    || (io.fgetxattr(-1, access_name, NULL, 0) < 0 && errno != EBADF)) {
		document_close(document);
		skip();
	}
	return document;
}

static int end_list(void **state)
{
	removexattr(".", default_name);
	return saving_empty(state);
}

/* A list that is as long as the folder's, and another. */
static void test_attributes_other_value(void **state)
{
	struct document *document;
	unsigned char list[LIST], got[2 * LIST];

	(void)state;
	document_close(open_in_listed_folder());
	make_list(list, 2);
	assert_int_equal(setxattr("file", access_name, list, LIST, 0), 0);
	document = open_document("file");
	assert_true(document_insert(document, 0, "+", 1, NULL));
	written(document, &replace);
	assert_int_equal(getxattr("file", access_name, got, sizeof got), LIST);
	assert_memory_equal(got, list, LIST);
	document_close(document);
}

static int fremovexattr_gone(int fd, const char *name)
{
	real.fremovexattr(fd, name);
	errno = ENODATA;
	return -1;
}

/* What the folder gives is removed; it may be gone when its turn comes. */
static void test_attributes_are_gone(void **state)
{
	struct document *document = open_in_listed_folder();
	unsigned char got[2 * LIST];

	(void)state;
	assert_true(document_insert(document, 0, "+", 1, NULL));
	io.fremovexattr = fremovexattr_gone;
	written(document, &replace);
	assert_int_equal(getxattr("file", access_name, got, sizeof got), -1);
	assert_int_equal(errno, ENODATA);
	document_close(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_attributes_other_value,
					  end_list),
		cmocka_unit_test_teardown(test_attributes_are_gone, end_list),
	};

	return cmocka_run_group_tests(tests, saving_begin, saving_end);
}
