/* save_direct: a process and a device that are read by blocks, where the disk
 * is not asked. */
#include "saving.h"

#include "process.h"

static struct process process;

/* Not every place where tests run lets a process look into another. */
static struct document *open_process(void)
{
	int fd = open(process.path, O_RDWR);

	if (fd < 0)
		skip();
	close(fd);
	return open_document(process.path);
}

static uint64_t place(uint64_t i)
{
	return process_offset(&process, 1) + i;
}

static void assert_process(const char *bytes, uint64_t i)
{
	char got[16];
	size_t size = strlen(bytes);
	int fd = open(process.path, O_RDONLY);

	assert_int_equal(pread(fd, got, size, (off_t)place(i)), size);
	assert_memory_equal(got, bytes, size);
	close(fd);
}

static void test_direct_refused(void **state)
{
	struct document *document = open_process();
	struct error error = ERROR_NONE;
	struct save_plan done;

	(void)state;
	assert_true(document_overwrite(document, place(0), "XY", 2, NULL));
	refused(document, &replace, "unchanged: it can't be replaced; \"set "
		"write-method=auto\" writes into it");
	/* There is no making a copy of all of it. */
	document_set_read_only(document, "so it was said");
	assert_false(save_write(document, NULL, &done, &error));
	assert_string_equal(strstr(error.message, "unchanged: "),
			    "unchanged: so it was said");
	document_set_read_only(document, NULL);
	assert_true(save_outlook(document, &error));
	done = written(document, NULL);
	assert_int_equal(done.method, SAVE_DIRECT);
	assert_non_null(strstr(done.owner, "process "));
	assert_process("XY", 0);
	document_close(document);
}

static int faccessat_closed(int folder, const char *name, int mode, int flags)
{
	(void)folder, (void)name, (void)mode, (void)flags;
	errno = EACCES;
	return -1;
}

static void test_direct_device(void **state)
{
	struct error error = ERROR_NONE;
	struct save_plan done;

	(void)state;
	file_allow_characters();
	struct document *document = open_document("/dev/zero");
	assert_true(document_overwrite(document, 5, "XY", 2, NULL));
	assert_true(save_outlook(document, &error));
	assert_true(save_write(document, NULL, &done, &error));
	assert_string_equal(done.owner, "/dev/zero");
	assert_string_equal(done.note, "at 0x5 something else is read back");
	document_close(document);
	io.faccessat = faccessat_closed;
	document = open_document("/dev/zero");
	assert_false(save_outlook(document, &error));
	assert_string_equal(error.message, "/dev/zero: it can't be written "
			    "(permission denied)");
	document_close(document);
}

static int begin(void **state)
{
	process_begin(&process);
	return saving_begin(state);
}

static int end(void **state)
{
	process_end(&process);
	return saving_end(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SAVING_TEST(test_direct_refused),
		SAVING_TEST(test_direct_device),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
