/* save_place: the folders where a flush works, and how they are shown. */
#include <limits.h>

#include "save_internal.h"
#include "saving.h"

static void assert_shown(const char *path, const char *shown)
{
	static struct save_place place;
	char got[PATH_MAX];

	strcpy(place.path, path);
	save_place_name(&place, "name", got);
	assert_string_equal(got, shown);
}

/* Without its folder rather than cut, or in a folder where it is not. */
static void test_place_name(void **state)
{
	char path[PATH_MAX];
	char shown[PATH_MAX];

	(void)state;
	assert_shown("", "name");
	assert_shown("/", "/name");
	assert_shown("/tmp", "/tmp/name");
	memset(path, 'x', sizeof path);
	path[PATH_MAX - 6] = '\0';
	snprintf(shown, sizeof shown, "%.*s/name", PATH_MAX - 6, path);
	assert_shown(path, shown);
	path[PATH_MAX - 6] = 'x';
	path[PATH_MAX - 5] = '\0';
	assert_shown(path, "name");
}

/* What a child has created is opened by who goes on. */
static void test_place_read(void **state)
{
	struct save_target target = { .folder = open(".", O_RDONLY) };
	struct save_place place;
	struct error error;
	char byte;

	(void)state;
	assert_true(target.folder >= 0);
	assert_true(save_place_open(&place, &target, false, NULL));
	assert_int_equal(save_place_read(&place, "made", &error), -1);
	assert_words(&error, "can't read made: No such file");
	int fd = save_place_create(&place, "made", NULL);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(save_place_create(&place, "made", &error), -1);
	assert_words(&error, "can't create made: File exists");
	close(fd);
	fd = save_place_read(&place, "made", NULL);
	assert_int_equal(read(fd, &byte, 1), 1);
	close(fd);
	assert_true(save_place_drop(&place, "made"));
	assert_int_equal(count_entries(), 0);
	close(target.folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SAVING_TEST(test_place_name),
		SAVING_TEST(test_place_read),
	};

	return cmocka_run_group_tests(tests, saving_begin, saving_end);
}
