/* mapping: bytes, private granules, truncation by others, the handler. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io.h"
#include "octavo/mapping.h"
#include "sizes.h"

enum { G = MAPPING_GRANULE, PAGE = 4096 };

static char folder[] = "/tmp/octavo-mapping-XXXXXX";
static char path[64];

/* What byte I of every test file is; never 0. */
static unsigned char byte_at(uint64_t i)
{
	return (unsigned char)(i * 7 + i / 251) | 1;
}

static void fill_file(uint64_t size)
{
	FILE *out = fopen(path, "wb");

	assert_non_null(out);
	for (uint64_t i = 0; i < size; i++)
		fputc(byte_at(i), out);
	assert_int_equal(fclose(out), 0);
}

static void sparse_file(uint64_t size)
{
	int fd = open(path, O_CREAT | O_RDWR | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	close(fd);
}

struct fixture {
	struct file *file;
	struct mapping *mapping;
	struct error error;
};

static struct fixture open_fixture(void)
{
	struct fixture f = { .error = ERROR_NONE };

	f.file = file_open(path, NULL, NULL, &f.error);
	assert_non_null(f.file);
	f.mapping = mapping_open(f.file, &f.error);
	assert_non_null(f.mapping);
	return f;
}

static void close_fixture(struct fixture *f)
{
	mapping_check(f->mapping);
	mapping_close(f->mapping);
	file_close(f->file);
	unlink(path);
}

/* Reads every byte of RANGE and counts those that are not as written. */
static uint64_t wrong_bytes(const struct mapping *mapping, struct range range)
{
	const unsigned char *bytes = mapping_bytes(mapping);
	uint64_t wrong = 0;

	for (uint64_t i = range.start; i < range.end; i++)
		wrong += bytes[i] != byte_at(i);
	return wrong;
}

static bool all_zero(const struct mapping *mapping, struct range range)
{
	for (uint64_t i = range.start; i < range.end; i++)
		if (mapping_bytes(mapping)[i])
			return false;
	return true;
}

static void write_text(struct mapping *mapping, uint64_t offset,
		       const char *text)
{
	mapping_write(mapping, offset, (const unsigned char *)text,
		      strlen(text));
}

static void assert_lost(const struct mapping *mapping, uint64_t offset,
			bool lost, uint64_t length)
{
	uint64_t run;

	assert_int_equal(mapping_lost(mapping, offset, &run), lost);
	assert_int_equal(run, length);
}

static void test_mapping_shows_the_file(void **state)
{
	static const uint64_t sizes[] = { 1, PAGE - 1, PAGE, G, G + 1,
					  3 * G + 17 };

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		fill_file(sizes[i]);
		struct fixture f = open_fixture();

		assert_int_equal(mapping_size(f.mapping), sizes[i]);
		assert_int_equal(wrong_bytes(f.mapping,
					     range_of(0, sizes[i])), 0);
		assert_int_equal(mapping_private_bytes(f.mapping), 0);
		assert_false(mapping_verify(f.mapping));
		assert_lost(f.mapping, 0, false, sizes[i]);
		close_fixture(&f);
	}
}

static void test_mapping_of_nothing(void **state)
{
	(void)state;
	fill_file(0);
	struct fixture f = open_fixture();
	assert_int_equal(mapping_size(f.mapping), 0);
	assert_non_null(mapping_bytes(f.mapping));
	assert_false(mapping_verify(f.mapping));
	assert_true(mapping_prepare(f.mapping, range_of(0, 0), &f.error));
	close_fixture(&f);

	struct fixture n = open_fixture();	/* it is not there now */
	assert_int_equal(file_kind(n.file), FILE_NEW);
	assert_int_equal(mapping_size(n.mapping), 0);
	assert_false(mapping_verify(n.mapping));
	close_fixture(&n);
}

static void test_mapping_write_stays_private(void **state)
{
	unsigned char disk[8];

	(void)state;
	fill_file(4 * G + 5);
	struct fixture f = open_fixture();
	struct range edit = range_of(2 * G - 4, 8);

	assert_false(mapping_is_private(f.mapping, edit));
	assert_true(mapping_prepare(f.mapping, edit, &f.error));
	assert_true(mapping_is_private(f.mapping, range_of(G, 2 * G)));
	assert_false(mapping_is_private(f.mapping, range_of(G - 1, 2)));
	assert_int_equal(mapping_private_bytes(f.mapping), 2 * G);
	assert_int_equal(wrong_bytes(f.mapping, range_of(0, 4 * G + 5)), 0);

	mapping_write(f.mapping, edit.start,
		      (const unsigned char *)"\0\0\0\0\0\0\0\0", 8);
	assert_true(all_zero(f.mapping, edit));
	assert_int_equal(wrong_bytes(f.mapping, range_of(0, edit.start)), 0);
	assert_int_equal(wrong_bytes(f.mapping,
				     (struct range){ edit.end, 4 * G + 5 }),
			 0);
	int fd = open(path, O_RDONLY);
	assert_int_equal(pread(fd, disk, 8, (off_t)edit.start), 8);
	for (uint64_t i = 0; i < 8; i++)
		assert_int_equal(disk[i], byte_at(edit.start + i));
	close(fd);
	close_fixture(&f);
}

static void test_mapping_private_runs_join(void **state)
{
	uint64_t length;

	(void)state;
	fill_file(6 * G + 5);
	struct fixture f = open_fixture();

	assert_true(mapping_prepare(f.mapping, range_of(G, 1), NULL));
	assert_true(mapping_prepare(f.mapping, range_of(3 * G, 1), NULL));
	assert_false(mapping_private_run(f.mapping, 0, &length));
	assert_int_equal(length, G);
	assert_true(mapping_private_run(f.mapping, G + 3, &length));
	assert_int_equal(length, G - 3);
	assert_false(mapping_private_run(f.mapping, 2 * G, &length));
	assert_int_equal(length, G);
	assert_false(mapping_private_run(f.mapping, 4 * G + 1, &length));
	assert_int_equal(length, 2 * G + 4);
	mapping_check(f.mapping);

	assert_true(mapping_prepare(f.mapping, range_of(2 * G, 1), NULL));
	assert_true(mapping_private_run(f.mapping, G, &length));
	assert_int_equal(length, 3 * G);
	mapping_check(f.mapping);
	assert_true(mapping_prepare(f.mapping, range_of(0, 6 * G + 5), NULL));
	assert_int_equal(mapping_private_bytes(f.mapping), 6 * G + 5);
	assert_true(mapping_private_run(f.mapping, 0, &length));
	assert_int_equal(length, 6 * G + 5);
	assert_int_equal(wrong_bytes(f.mapping, range_of(0, 6 * G + 5)), 0);
	close_fixture(&f);
}

/* Against an array of flags, in every order of many. */
static void test_mapping_private_model(void **state)
{
	enum { GRANULES = 12 };
	bool private[GRANULES] = { false };
	unsigned seed = 1;

	(void)state;
	sparse_file(GRANULES * (uint64_t)G);
	for (unsigned round = 0; round < 200; round++) {
		struct fixture f = { .error = ERROR_NONE };

		f.file = file_open(path, NULL, NULL, NULL);
		f.mapping = mapping_open(f.file, NULL);
		memset(private, 0, sizeof private);
		for (unsigned step = 0; step < 8; step++) {
			seed = seed * 1103515245 + 12345;
			unsigned from = seed >> 16 & 0xffff;
			unsigned first = from % GRANULES;
			unsigned last = first + (from >> 8) % 2;

			last = last < GRANULES ? last : first;
			assert_true(mapping_prepare(
				f.mapping, (struct range){
					first * (uint64_t)G + 1,
					last * (uint64_t)G + 2 }, NULL));
			private[first] = private[last] = true;
			mapping_check(f.mapping);
			for (unsigned i = 0; i < GRANULES; i++)
				assert_int_equal(
					mapping_is_private(
						f.mapping,
						range_of(i * (uint64_t)G, G)),
					private[i]);
		}
		mapping_close(f.mapping);
		file_close(f.file);
	}
	unlink(path);
}

/* Released pages read as the file again; private ones are not touched. */
static void test_mapping_release(void **state)
{
	(void)state;
	fill_file(8 * G + 5);

	struct fixture f = open_fixture();
	struct range all = range_of(0, 8 * G + 5);

	assert_true(mapping_prepare(f.mapping, range_of(2 * G, 1), &f.error));
	assert_true(mapping_prepare(f.mapping, range_of(8 * G, 1), &f.error));
	write_text(f.mapping, 2 * G, "edit");
	write_text(f.mapping, 8 * G, "end");
	assert_int_equal(wrong_bytes(f.mapping, range_of(0, 2 * G)), 0);
	mapping_release(f.mapping, all);
	mapping_release(f.mapping, range_of(2 * G - 1, 3));
	mapping_release(f.mapping, range_of(8 * G + 5, 0));
	assert_memory_equal(mapping_bytes(f.mapping) + 2 * G, "edit", 4);
	assert_memory_equal(mapping_bytes(f.mapping) + 8 * G, "end", 3);
	assert_int_equal(wrong_bytes(f.mapping, range_of(0, 2 * G)), 0);
	assert_int_equal(wrong_bytes(f.mapping, range_of(2 * G + 4, 6 * G - 4)),
			 0);
	close_fixture(&f);
}

static void test_mapping_last_granule(void **state)
{
	(void)state;
	fill_file(G + 3);
	struct fixture f = open_fixture();

	assert_true(mapping_prepare(f.mapping, range_of(G + 2, 1), NULL));
	assert_int_equal(mapping_private_bytes(f.mapping), 3);
	write_text(f.mapping, G, "abc");
	assert_memory_equal(mapping_bytes(f.mapping) + G, "abc", 3);
	assert_int_equal(wrong_bytes(f.mapping, range_of(0, G)), 0);
	close_fixture(&f);
}

static void test_mapping_truncated_by_another(void **state)
{
	(void)state;
	uint64_t size = 8 * G + 9, cut = 2 * G + 100;

	fill_file(size);
	struct fixture f = open_fixture();
	assert_true(mapping_prepare(f.mapping, range_of(5 * G, 1), NULL));
	write_text(f.mapping, 5 * G, "edit");
	unsigned before = mapping_epoch(f.mapping);

	assert_int_equal(truncate(path, (off_t)cut), 0);
	assert_true(all_zero(f.mapping, (struct range){ cut, 5 * G }));
	assert_true(all_zero(f.mapping, (struct range){ 6 * G, size }));
	assert_memory_equal(mapping_bytes(f.mapping) + 5 * G, "edit", 4);
	assert_int_equal(wrong_bytes(f.mapping,
				     (struct range){ 5 * G + 4, 6 * G }), 0);
	assert_int_equal(wrong_bytes(f.mapping, range_of(0, cut)), 0);
	/* One fault before the private granule, one behind it. */
	assert_int_equal(mapping_epoch(f.mapping), before + 2);

	assert_lost(f.mapping, 0, false, cut);
	assert_lost(f.mapping, cut, true, 5 * G - cut);
	assert_lost(f.mapping, 5 * G, false, G);
	assert_lost(f.mapping, 6 * G, true, size - 6 * G);
	assert_lost(f.mapping, size - 1, true, 1);
	assert_true(mapping_verify(f.mapping));
	assert_false(mapping_prepare(f.mapping, range_of(2 * G, 1),
				     &f.error));
	assert_non_null(strstr(f.error.message, path));
	assert_true(mapping_prepare(f.mapping, range_of(5 * G, G), NULL));
	close_fixture(&f);
}

/* Only what the file has, and all of it, is read from there. */
static void test_mapping_reads_the_file(void **state)
{
	uint64_t size = 4 * G;
	unsigned char *buffer = malloc(size);

	(void)state;
	assert_non_null(buffer);
	fill_file(size);
	struct fixture f = open_fixture();

	assert_true(mapping_read_file(f.mapping, 3, buffer, size - 3));
	for (uint64_t i = 3; i < size; i++)
		assert_int_equal(buffer[i - 3], byte_at(i));
	assert_false(mapping_read_file(f.mapping, 3, buffer, size));
	assert_true(mapping_prepare(f.mapping, range_of(G, 1), NULL));
	assert_false(mapping_read_file(f.mapping, G, buffer, 1));
	assert_false(mapping_read_file(f.mapping, G - 1, buffer, 2));
	assert_true(mapping_read_file(f.mapping, G - 1, buffer, 1));
	assert_int_equal(truncate(path, 3 * G + 1), 0);
	assert_false(mapping_read_file(f.mapping, 3 * G, buffer, 2));
	assert_true(mapping_verify(f.mapping));
	assert_int_equal(truncate(path, (off_t)size), 0);
	assert_false(mapping_read_file(f.mapping, 3 * G, buffer, 2));
	assert_true(mapping_read_file(f.mapping, 3 * G, buffer, 1));
	free(buffer);
	close_fixture(&f);
}

static void test_mapping_lost_stays_lost(void **state)
{
	(void)state;
	fill_file(4 * G);
	struct fixture f = open_fixture();

	assert_int_equal(truncate(path, G + 10), 0);
	assert_true(mapping_verify(f.mapping));
	unsigned epoch = mapping_epoch(f.mapping);
	assert_int_equal(truncate(path, 4 * G), 0);
	assert_true(mapping_verify(f.mapping));
	assert_int_equal(mapping_epoch(f.mapping), epoch);
	assert_lost(f.mapping, 0, false, G + 10);
	assert_lost(f.mapping, G + 10, true, 3 * G - 10);
	assert_true(all_zero(f.mapping, (struct range){ G + 10, 4 * G }));
	assert_int_equal(mapping_epoch(f.mapping), epoch);
	close_fixture(&f);
}

/* No signal tells of the bytes in the page that the new end lies in. */
static void test_mapping_cut_within_last_page(void **state)
{
	(void)state;
	fill_file(PAGE);
	struct fixture f = open_fixture();

	assert_int_equal(truncate(path, 10), 0);
	unsigned epoch = mapping_epoch(f.mapping);
	assert_true(mapping_verify(f.mapping));
	assert_int_not_equal(mapping_epoch(f.mapping), epoch);
	assert_lost(f.mapping, 0, false, 10);
	assert_lost(f.mapping, 10, true, PAGE - 10);
	close_fixture(&f);
}

static void test_mapping_all_private_loses_nothing(void **state)
{
	(void)state;
	fill_file(2 * G);
	struct fixture f = open_fixture();

	assert_true(mapping_prepare(f.mapping, range_of(0, 2 * G), NULL));
	assert_int_equal(truncate(path, 0), 0);
	assert_false(mapping_verify(f.mapping));
	assert_int_equal(wrong_bytes(f.mapping, range_of(0, 2 * G)), 0);
	assert_lost(f.mapping, 0, false, 2 * G);
	close_fixture(&f);
}

static off_t pretended_size;

static int fstat_pretends(int fd, struct stat *status)
{
	int result = fstat(fd, status);

	status->st_size = pretended_size;
	return result;
}

/* A page that faults inside the file is one that the medium did not give:
 * only that one is lost. */
static void test_mapping_bad_medium(void **state)
{
	enum { PAGES = 40 };
	uint64_t length;

	(void)state;
	fill_file(PAGES * PAGE);
	struct fixture f = open_fixture();
	const volatile unsigned char *bytes = mapping_bytes(f.mapping);

	pretended_size = PAGES * PAGE;
	io.fstat = fstat_pretends;
	assert_int_equal(truncate(path, 2 * PAGE), 0);
	assert_int_equal(bytes[5 * PAGE + 7], 0);
	assert_lost(f.mapping, 0, false, 5 * PAGE);
	assert_lost(f.mapping, 5 * PAGE, true, PAGE);
	assert_lost(f.mapping, 6 * PAGE, false, (PAGES - 6) * PAGE);
	assert_int_equal(bytes[6 * PAGE], 0);
	assert_lost(f.mapping, 5 * PAGE, true, 2 * PAGE);
	assert_int_equal(mapping_epoch(f.mapping), 2);

	/* More places than the list holds: none may be forgotten. */
	for (unsigned page = 8; page < PAGES; page += 2)
		assert_int_equal(bytes[page * PAGE], 0);
	for (unsigned page = 8; page < PAGES; page += 2)
		assert_true(mapping_lost(f.mapping, page * PAGE, &length));
	assert_lost(f.mapping, 0, false, 5 * PAGE);
	mapping_check(f.mapping);
	io.fstat = fstat;
	assert_true(mapping_verify(f.mapping));
	close_fixture(&f);
}

/* The last page of a file is in it also where the file ends within. */
static void test_mapping_bad_last_page(void **state)
{
	(void)state;
	fill_file(5 * PAGE + 8);
	struct fixture f = open_fixture();
	const volatile unsigned char *bytes = mapping_bytes(f.mapping);

	pretended_size = 5 * PAGE + 8;
	io.fstat = fstat_pretends;
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(bytes[5 * PAGE], 0);
	assert_lost(f.mapping, 0, false, 5 * PAGE);
	assert_lost(f.mapping, 5 * PAGE, true, 8);
	io.fstat = fstat;
	close_fixture(&f);
}

/* A scan over a bad stretch is one place, however long. */
static void test_mapping_bad_pages_join(void **state)
{
	enum { PAGES = 40 };

	(void)state;
	fill_file(PAGES * PAGE);
	struct fixture f = open_fixture();
	const volatile unsigned char *bytes = mapping_bytes(f.mapping);

	pretended_size = PAGES * PAGE;
	io.fstat = fstat_pretends;
	assert_int_equal(truncate(path, 0), 0);
	for (unsigned page = 3; page < 30; page++)
		assert_int_equal(bytes[page * PAGE], 0);
	assert_int_equal(bytes[35 * PAGE], 0);
	assert_lost(f.mapping, 3 * PAGE, true, 27 * PAGE);
	assert_lost(f.mapping, 30 * PAGE, false, 5 * PAGE);
	assert_lost(f.mapping, 35 * PAGE, true, PAGE);
	io.fstat = fstat;
	close_fixture(&f);
}

static bool run_line(const char *format, const char *argument, char *out,
		     size_t size)
{
	char line[128];

	snprintf(line, sizeof line, format, argument);
	FILE *in = popen(line, "r");
	bool good = in && (!out || fgets(out, (int)size, in));

	if (out)
		out[strcspn(out, "\n")] = '\0';
	return in && pclose(in) == 0 && good;
}

/* Far enough from the start that nobody has read ahead so far. */
enum { DEVICE_SIZE = 4 << 20, DEVICE_SPOT = 3 << 20 };

static bool device_lost(const char *device)
{
	struct error error = ERROR_NONE;
	struct file *file = file_open(device, NULL, NULL, &error);
	struct mapping *mapping = file ? mapping_open(file, &error) : NULL;
	uint64_t length = 0;
	bool good = mapping && mapping_bytes(mapping)[5] == byte_at(5) &&
		    !mapping_verify(mapping) && truncate(path, PAGE) == 0 &&
		    mapping_bytes(mapping)[DEVICE_SPOT] == 0 &&
		    mapping_lost(mapping, DEVICE_SPOT, &length) &&
		    mapping_verify(mapping) && mapping_epoch(mapping) == 1 &&
		    mapping_bytes(mapping)[6] == byte_at(6) &&
		    !mapping_lost(mapping, 0, &length) &&
		    !mapping_prepare(mapping, range_of(DEVICE_SPOT, 1),
				     &error);

	mapping_close(mapping);
	file_close(file);
	return good;
}

/* The same with a medium that is bad: a device whose image is cut off. */
static void test_mapping_bad_device(void **state)
{
	char device[64] = "";

	(void)state;
	fill_file(DEVICE_SIZE);
	if (geteuid() != 0 ||
	    !run_line("losetup -f --show '%s' 2>/dev/null", path, device,
		      sizeof device)) {
		unlink(path);
		skip();
	}
	bool good = device_lost(device);
	assert_true(run_line("losetup -d %s", device, NULL, 0));
	unlink(path);
	assert_true(good);
}

static void test_mapping_huge_sparse_file(void **state)
{
	(void)state;
	uint64_t size = (uint64_t)1 << 40;
	void *probe = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
			   MAP_NORESERVE, -1, 0);

	if (probe == MAP_FAILED)
		skip();		/* below valgrind, for one */
	munmap(probe, size);
	sparse_file(size);
	struct fixture f = open_fixture();
	assert_int_equal(mapping_size(f.mapping), size);
	assert_true(mapping_prepare(f.mapping, range_of(size - 5, 5),
				    &f.error));
	write_text(f.mapping, size - 5, "ultim");
	assert_int_equal(mapping_bytes(f.mapping)[size / 2], 0);
	assert_memory_equal(mapping_bytes(f.mapping) + size - 5, "ultim", 5);
	assert_false(mapping_verify(f.mapping));
	assert_int_equal(truncate(path, 100), 0);
	assert_int_equal(mapping_bytes(f.mapping)[size / 2], 0);
	assert_int_equal(mapping_bytes(f.mapping)[size / 4], 0);
	assert_lost(f.mapping, 100, true, size - 100 - G);
	assert_memory_equal(mapping_bytes(f.mapping) + size - 5, "ultim", 5);
	close_fixture(&f);
}

static void test_mapping_forked_child_has_its_own_marks(void **state)
{
	(void)state;
	fill_file(4 * G);
	struct fixture f = open_fixture();
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		uint64_t length;
		bool good = truncate(path, G) == 0 &&
			    mapping_bytes(f.mapping)[3 * G] == 0 &&
			    mapping_epoch(f.mapping) == 1 &&
			    mapping_lost(f.mapping, 2 * G, &length);
		_exit(good ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(mapping_epoch(f.mapping), 0);
	assert_true(mapping_verify(f.mapping));
	close_fixture(&f);
}

/* The wait status of a child that runs WHAT and then ends with 0. */
static int in_child(void (*what)(void))
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		struct rlimit no_core = { 0, 0 };

		setrlimit(RLIMIT_CORE, &no_core);
		signal(SIGBUS, SIG_DFL);	/* not the test library's */
		what();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void touch_foreign_page(void)
{
	struct fixture f = open_fixture();
	volatile unsigned char *page = mmap(NULL, PAGE, PROT_READ,
					    MAP_PRIVATE,
					    file_descriptor(f.file),
					    64 * PAGE);
	_exit(*page);
}

static void touch_after_close(void)
{
	struct fixture f = open_fixture();
	void *address = (void *)(uintptr_t)mapping_bytes(f.mapping);
	int fd = dup(file_descriptor(f.file));

	mapping_close(f.mapping);
	file_close(f.file);
	volatile unsigned char *page = mmap(address, PAGE, PROT_READ,
					    MAP_PRIVATE | MAP_FIXED, fd,
					    64 * PAGE);
	_exit(*page);
}

static void send_bus(void)
{
	struct fixture f = open_fixture();

	kill(getpid(), SIGBUS);
	close_fixture(&f);
}

/* A fault elsewhere, or a signal that somebody sent, is not ours. */
static void test_mapping_foreign_fault_ends_the_process(void **state)
{
	(void)state;
	fill_file(PAGE);
	int status = in_child(touch_foreign_page);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGBUS);
	status = in_child(touch_after_close);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGBUS);
	status = in_child(send_bus);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGBUS);
	unlink(path);
}

static void open_without_address_space(void)
{
	struct rlimit little = { 1 << 20, 1 << 20 };
	struct error error = ERROR_NONE;
	struct file *file = file_open(path, NULL, NULL, &error);

	setrlimit(RLIMIT_AS, &little);
	struct mapping *mapping = mapping_open(file, &error);
	bool good = !mapping && strstr(error.message, path) &&
		    strstr(error.message, "Cannot allocate memory");

	file_close(file);
	_exit(good ? 0 : 1);
}

static void test_mapping_without_address_space(void **state)
{
	(void)state;
	sparse_file((uint64_t)1 << 34);
	int status = in_child(open_without_address_space);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	unlink(path);
}

static void test_mapping_runs_end_at_a_limit(void **state)
{
	(void)state;
	if (MAPPING_RUNS_MAXIMUM > 1000)
		skip();		/* would take 2 GiB and ten seconds */
	uint64_t size = (uint64_t)(MAPPING_RUNS_MAXIMUM + 2) * 2 * G;

	sparse_file(size);
	struct fixture f = open_fixture();
	uint64_t offset = 0;
	while (offset < size &&
	       mapping_prepare(f.mapping, range_of(offset, 1), &f.error))
		offset += 2 * G;
	assert_int_equal(offset, (uint64_t)MAPPING_RUNS_MAXIMUM * 2 * G);
	assert_non_null(strstr(f.error.message, "too many separate places"));
	/* What joins two runs is no run more. */
	assert_true(mapping_prepare(f.mapping, range_of(G, 1), &f.error));
	mapping_check(f.mapping);

	/* With all of them in use there is still room to patch. */
	assert_int_equal(truncate(path, 0), 0);
	for (offset = 3 * G; offset < size; offset += 2 * G)
		assert_int_equal(mapping_bytes(f.mapping)[offset], 0);
	close_fixture(&f);

	/* Closing gave them back. */
	fill_file(G);
	f = open_fixture();
	assert_true(mapping_prepare(f.mapping, range_of(0, 1), &f.error));
	close_fixture(&f);
}

static void *mmap_fixed_fails(void *address, size_t length, int protection,
			      int flags, int fd, off_t offset)
{
	if ((flags & MAP_FIXED) && (flags & MAP_ANONYMOUS)) {
		/* As kernels before 6.12 do: the old mapping is gone. */
		munmap(address, length);
		errno = ENOMEM;
		return MAP_FAILED;
	}
	return mmap(address, length, protection, flags, fd, offset);
}

static void test_mapping_failed_prepare_changes_nothing(void **state)
{
	(void)state;
	fill_file(3 * G);
	struct fixture f = open_fixture();

	io.mmap = mmap_fixed_fails;
	assert_false(mapping_prepare(f.mapping, range_of(G, 1), &f.error));
	io.mmap = mmap;
	assert_non_null(strstr(f.error.message, "Cannot allocate memory"));
	assert_int_equal(mapping_private_bytes(f.mapping), 0);
	assert_int_equal(wrong_bytes(f.mapping, range_of(0, 3 * G)), 0);
	assert_true(mapping_prepare(f.mapping, range_of(G, 1), &f.error));
	close_fixture(&f);
}

static void *mmap_files_fails(void *address, size_t length, int protection,
			      int flags, int fd, off_t offset)
{
	if (fd >= 0) {
		errno = ENODEV;
		return MAP_FAILED;
	}
	return mmap(address, length, protection, flags, fd, offset);
}

/* On a file system that cannot map. */
static void test_mapping_read_into_memory(void **state)
{
	const uint64_t size = 2 * G + 5;
	struct fixture f;

	(void)state;
	fill_file(size);
	io.mmap = mmap_files_fails;
	f = open_fixture();
	assert_int_equal(file_kind(f.file), FILE_REGULAR);
	assert_int_equal(mapping_size(f.mapping), size);
	assert_int_equal(wrong_bytes(f.mapping, range_of(0, size)), 0);
	assert_int_equal(mapping_private_bytes(f.mapping), size);
	assert_true(mapping_prepare(f.mapping, range_of(G, 1), &f.error));
	mapping_write(f.mapping, G, (const unsigned char *)"x", 1);
	assert_int_equal(truncate(path, 1), 0);
	assert_false(mapping_verify(f.mapping));
	assert_int_equal(mapping_bytes(f.mapping)[G], 'x');
	close_fixture(&f);

	sparse_file((uint64_t)FILE_GENERATED_MAXIMUM + 1);
	f.file = file_open(path, NULL, NULL, &f.error);
	assert_null(mapping_open(f.file, &f.error));
	assert_non_null(strstr(f.error.message, "cannot map"));
	io.mmap = mmap;
	file_close(f.file);
	unlink(path);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/file", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

/* --- growing --- */

static void grow_file(uint64_t from, uint64_t size)
{
	FILE *out = fopen(path, "ab");

	assert_non_null(out);
	for (uint64_t i = from; i < size; i++)
		fputc(byte_at(i), out);
	assert_int_equal(fclose(out), 0);
}

/* From every size to every larger one, with the last granule private or not:
 * the bytes are those of the file, at the same address, and what is private
 * stays so. */
static void test_mapping_grows(void **state)
{
	static const uint64_t sizes[] = { 0, 1, PAGE - 1, PAGE, G - 1, G,
					  G + 1, 2 * G + 1, 3 * G };
	enum { COUNT = sizeof sizes / sizeof sizes[0] };

	(void)state;
	for (int from = 0; from < COUNT; from++)
		for (int to = from + 1; to < 2 * COUNT; to++) {
			bool private = to >= COUNT && sizes[from] > 0;
			uint64_t old = sizes[from], new = sizes[to % COUNT];

			if (new <= old)
				continue;
			fill_file(old);
			struct fixture f = open_fixture();
			const unsigned char *bytes = mapping_bytes(f.mapping);

			assert_true(!private ||
				    mapping_prepare(f.mapping,
						    range_of(old - 1, 1),
						    NULL));
			grow_file(old, new);
			assert_true(mapping_grow(f.mapping, new));
			mapping_check(f.mapping);
			assert_int_equal(mapping_size(f.mapping), new);
			assert_ptr_equal(mapping_bytes(f.mapping), bytes);
			assert_int_equal(wrong_bytes(f.mapping,
						     range_of(0, new)), 0);
			assert_false(mapping_verify(f.mapping));
			assert_true(!private ||
				    mapping_is_private(f.mapping,
						       range_of(old - 1, 1)));
			assert_true(mapping_prepare(f.mapping,
						    range_of(0, new), NULL));
			assert_int_equal(wrong_bytes(f.mapping,
						     range_of(0, new)), 0);
			close_fixture(&f);
		}
}

/* What has grown can be cut off as well. */
static void test_mapping_grown_and_cut(void **state)
{
	(void)state;
	fill_file(G);
	struct fixture f = open_fixture();

	grow_file(G, 3 * G);
	assert_true(mapping_grow(f.mapping, 3 * G));
	assert_int_equal(truncate(path, 2 * G), 0);
	assert_true(all_zero(f.mapping, range_of(2 * G, G)));
	assert_true(mapping_verify(f.mapping));
	assert_true(mapping_is_cut(f.mapping));
	assert_lost(f.mapping, 2 * G, true, G);
	grow_file(2 * G, 4 * G);
	assert_false(mapping_grow(f.mapping, 4 * G));
	assert_int_equal(mapping_size(f.mapping), 3 * G);
	close_fixture(&f);
}

/* More than there are addresses for. */
static void test_mapping_grows_no_further(void **state)
{
	const uint64_t size = (uint64_t)MAPPING_GROWTH_MIB << 20;

	(void)state;
	fill_file(G);
	struct fixture f = open_fixture();

	if (truncate(path, (off_t)(size + 2 * G)) == 0) {
		assert_false(mapping_grow(f.mapping, size + 2 * G));
		assert_int_equal(mapping_size(f.mapping), G);
		assert_int_equal(wrong_bytes(f.mapping, range_of(0, G)), 0);
	}
	close_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mapping_foreign_fault_ends_the_process),
		cmocka_unit_test(test_mapping_shows_the_file),
		cmocka_unit_test(test_mapping_of_nothing),
		cmocka_unit_test(test_mapping_write_stays_private),
		cmocka_unit_test(test_mapping_private_runs_join),
		cmocka_unit_test(test_mapping_private_model),
		cmocka_unit_test(test_mapping_release),
		cmocka_unit_test(test_mapping_last_granule),
		cmocka_unit_test(test_mapping_truncated_by_another),
		cmocka_unit_test(test_mapping_reads_the_file),
		cmocka_unit_test(test_mapping_lost_stays_lost),
		cmocka_unit_test(test_mapping_cut_within_last_page),
		cmocka_unit_test(test_mapping_all_private_loses_nothing),
		cmocka_unit_test(test_mapping_bad_medium),
		cmocka_unit_test(test_mapping_bad_last_page),
		cmocka_unit_test(test_mapping_bad_pages_join),
		cmocka_unit_test(test_mapping_bad_device),
		cmocka_unit_test(test_mapping_huge_sparse_file),
		cmocka_unit_test(test_mapping_forked_child_has_its_own_marks),
		cmocka_unit_test(test_mapping_without_address_space),
		cmocka_unit_test(test_mapping_runs_end_at_a_limit),
		cmocka_unit_test(test_mapping_failed_prepare_changes_nothing),
		cmocka_unit_test(test_mapping_read_into_memory),
		cmocka_unit_test(test_mapping_grows),
		cmocka_unit_test(test_mapping_grown_and_cut),
		cmocka_unit_test(test_mapping_grows_no_further),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
