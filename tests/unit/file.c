/* file: kinds, refusals, spooling, what happened since. */
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
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io.h"
#include "octavo/file.h"
#include "sizes.h"

static char folder[] = "/tmp/octavo-file-XXXXXX";
static char name[64], other[64];

static void put(const char *path, const char *text)
{
	FILE *out = fopen(path, "wb");

	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

static struct file *open_good(const char *path)
{
	struct error error = ERROR_NONE;
	struct file *file = file_open(path, NULL, NULL, &error);

	if (!file)
		fail_msg("%s", error.message);
	return file;
}

static void assert_refused(const char *path, const char *why)
{
	struct error error = ERROR_NONE;

	assert_null(file_open(path, NULL, NULL, &error));
	if (!strstr(error.message, path) || !strstr(error.message, why))
		fail_msg("%s", error.message);
	assert_null(file_open(path, NULL, NULL, NULL));
}

/* What the descriptor holds, terminated, to be freed. */
static char *content(const struct file *file)
{
	size_t size = (size_t)file_size(file);
	char *text = calloc(1, size + 1);

	assert_non_null(text);
	assert_int_equal(io_read_at(file_descriptor(file), text, size + 1, 0),
			 size);
	return text;
}

static void assert_content(const struct file *file, const char *want)
{
	char *text = content(file);

	assert_string_equal(text, want);
	free(text);
}

static void assert_read_only_descriptor(const struct file *file)
{
	int flags = fcntl(file_descriptor(file), F_GETFL);

	assert_int_equal(flags & O_ACCMODE, O_RDONLY);
	assert_true(fcntl(file_descriptor(file), F_GETFD) & FD_CLOEXEC);
}

/* --- kinds --- */

static void test_file_regular(void **state)
{
	(void)state;
	put(name, "hello");
	struct file *file = open_good(name);

	assert_int_equal(file_kind(file), FILE_REGULAR);
	assert_string_equal(file_path(file), name);
	assert_int_equal(file_size(file), 5);
	assert_null(file_read_only(file));
	assert_read_only_descriptor(file);
	assert_content(file, "hello");
	file_close(file);
	file_close(NULL);
}

static void test_file_empty(void **state)
{
	(void)state;
	put(name, "");
	struct file *file = open_good(name);

	assert_int_equal(file_kind(file), FILE_REGULAR);
	assert_int_equal(file_size(file), 0);
	file_close(file);
}

static void test_file_symlink_is_followed(void **state)
{
	(void)state;
	put(name, "through");
	assert_int_equal(symlink(name, other), 0);
	struct file *file = open_good(other);

	assert_int_equal(file_kind(file), FILE_REGULAR);
	assert_content(file, "through");
	assert_int_equal(file_check(file, NULL), FILE_SAME);
	file_close(file);
	unlink(other);
}

static void test_file_new(void **state)
{
	(void)state;
	struct file *file = open_good(other);

	assert_int_equal(file_kind(file), FILE_NEW);
	assert_int_equal(file_descriptor(file), -1);
	assert_int_equal(file_size(file), 0);
	assert_null(file_read_only(file));
	assert_int_equal(file_check(file, NULL), FILE_SAME);
	assert_true(file_accept(file, NULL));
	put(other, "now");
	assert_int_equal(file_check(file, NULL), FILE_REPLACED);
	file_close(file);
	unlink(other);
}

static void test_file_new_in_working_folder(void **state)
{
	(void)state;
	char *before = getcwd(NULL, 0);

	assert_int_equal(chdir(folder), 0);
	struct file *file = open_good("not-there-yet");
	assert_int_equal(file_kind(file), FILE_NEW);
	file_close(file);
	assert_int_equal(chdir(before), 0);
	free(before);
	file = open_good("/octavo-not-in-the-root-folder");
	assert_int_equal(file_kind(file), FILE_NEW);
	file_close(file);
}

static void test_file_refusals(void **state)
{
	char path[128];
	struct error error = ERROR_NONE;

	(void)state;
	assert_null(file_open("", NULL, NULL, &error));
	assert_string_equal(error.message, "empty file name");
	assert_refused(folder, "directory");
	assert_refused("/dev/zero", "character device");
	snprintf(path, sizeof path, "%s/no/file", folder);
	assert_refused(path, "No such file");
	snprintf(path, sizeof path, "%s/none/", folder);
	assert_refused(path, "No such file");
	put(name, "x");
	snprintf(path, sizeof path, "%s/below", name);
	assert_refused(path, "Not a directory");
	assert_int_equal(symlink(other, other), 0);
	assert_refused(other, "symbolic link");
	unlink(other);
}

static void test_file_refuses_socket(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	snprintf(address.sun_path, sizeof address.sun_path, "%s", other);
	assert_int_equal(bind(fd, (struct sockaddr *)&address,
			      sizeof address), 0);
	assert_refused(other, "socket");
	close(fd);
	unlink(other);
}

static int openat_after_swap(int at, const char *path, int flags, mode_t mode)
{
	unlink(name);
	put(name, "another file");
	return openat(at, path, flags, mode);
}

static void test_file_replaced_while_opening(void **state)
{
	struct io real = io;

	(void)state;
	put(name, "x");
	assert_int_equal(link(name, other), 0);	/* keeps its inode */
	io.openat = openat_after_swap;
	struct error error = ERROR_NONE;
	struct file *file = file_open(name, NULL, NULL, &error);
	io = real;
	assert_null(file);
	assert_non_null(strstr(error.message, "replaced"));
	unlink(other);
}

/* As another user, in a child: root may read and write everything. */
static int as_nobody(bool (*what)(void))
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
			_exit(2);
		_exit(what() ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static bool cannot_read(void)
{
	struct error error = ERROR_NONE;

	return !file_open(name, NULL, NULL, &error) &&
	       strstr(error.message, "Permission denied");
}

static bool cannot_write(void)
{
	struct file *file = file_open(name, NULL, NULL, NULL);
	const char *why = file ? file_read_only(file) : NULL;
	bool good = why && strcmp(why, "permission denied") == 0;

	file_close(file);
	return good;
}

static bool cannot_create(void)
{
	struct file *file = file_open(other, NULL, NULL, NULL);
	const char *why = file ? file_read_only(file) : NULL;
	bool good = why && strcmp(why, "permission denied") == 0;

	file_close(file);
	return good;
}

static void test_file_permissions(void **state)
{
	(void)state;
	put(name, "secret");
	assert_int_equal(chmod(folder, 0755), 0);
	assert_int_equal(chmod(name, 0), 0);
	assert_int_equal(as_nobody(cannot_read), 0);
	assert_int_equal(chmod(name, 0444), 0);
	assert_int_equal(as_nobody(cannot_write), 0);
	assert_int_equal(chmod(folder, 0555), 0);
	assert_int_equal(as_nobody(cannot_create), 0);
	assert_int_equal(chmod(folder, 0700), 0);
	assert_int_equal(chmod(name, 0600), 0);
}

static int attributes_append(int fd, bool *immutable, bool *append_only)
{
	(void)fd;
	*immutable = false;
	*append_only = true;
	return 0;
}

static int attributes_immutable(int fd, bool *immutable, bool *append_only)
{
	(void)fd;
	*immutable = true;
	*append_only = false;
	return 0;
}

static int fstatvfs_read_only(int fd, struct statvfs *system)
{
	int result = fstatvfs(fd, system);

	system->f_flag |= ST_RDONLY;
	return result;
}

static void assert_read_only(const char *why)
{
	struct file *file = open_good(name);

	assert_non_null(file_read_only(file));
	assert_string_equal(file_read_only(file), why);
	file_close(file);
}

static void test_file_read_only_reasons(void **state)
{
	struct io real = io;

	(void)state;
	put(name, "x");
	io.attributes = attributes_append;
	assert_read_only("append-only");
	io.attributes = attributes_immutable;
	assert_read_only("immutable");
	io.fstatvfs = fstatvfs_read_only;
	assert_read_only("read-only file system");
	io = real;
}

static void test_file_generated(void **state)
{
	(void)state;
	struct file *file = open_good("/proc/self/status");
	char *text = content(file);

	assert_int_equal(file_kind(file), FILE_GENERATED);
	assert_true(file_size(file) > 100);
	assert_memory_equal(text, "Name:", 5);
	assert_string_equal(file_read_only(file), "generated by the system");
	assert_read_only_descriptor(file);
	assert_int_equal(file_check(file, NULL), FILE_SAME);
	void *page = mmap(NULL, 1, PROT_READ, MAP_PRIVATE,
			  file_descriptor(file), 0);
	assert_ptr_not_equal(page, MAP_FAILED);
	munmap(page, 1);
	free(text);
	file_close(file);
}

/* sysfs says 4096 bytes and has fewer. */
static void test_file_generated_with_size(void **state)
{
	static const char path[] = "/sys/kernel/mm/transparent_hugepage/"
				   "enabled";
	struct stat status;

	(void)state;
	if (stat(path, &status) < 0)
		skip();
	struct file *file = open_good(path);
	assert_int_equal(file_kind(file), FILE_GENERATED);
	assert_true(file_size(file) > 0);
	assert_true(file_size(file) < (uint64_t)status.st_size);
	file_close(file);
}

static void test_file_generated_too_long(void **state)
{
	struct stat status;

	(void)state;
	if (FILE_GENERATED_MAXIMUM > 1 << 20 ||
	    stat("/proc/kallsyms", &status) < 0)
		skip();
	assert_refused("/proc/kallsyms", "holds more than");
}

static void test_file_process_memory(void **state)
{
	(void)state;

	struct file *file = open_good("/proc/self/mem");

	assert_int_equal(file_kind(file), FILE_PROCESS);
	assert_int_equal(file_process(file)->number, getpid());
	file_close(file);
}

/* --- pipes --- */

/* A child that opens the FIFO, writes COUNT bytes and ends. */
static pid_t start_writer(size_t count)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (child > 0)
		return child;

	int fd = open(other, O_WRONLY);
	for (size_t i = 0; i < count; i++) {
		char byte = (char)(i * 31 >> 3);
		if (write(fd, &byte, 1) != 1)
			_exit(1);
	}
	_exit(0);
}

static void end_writer(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_file_fifo_is_spooled(void **state)
{
	static const size_t counts[] = { 0, 1, 200000 };

	(void)state;
	assert_int_equal(mkfifo(other, 0600), 0);
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		pid_t child = start_writer(counts[i]);
		struct file *file = open_good(other);
		char *text = content(file);

		end_writer(child);
		assert_int_equal(file_kind(file), FILE_SPOOLED);
		assert_int_equal(file_size(file), counts[i]);
		for (size_t k = 0; k < counts[i]; k++)
			assert_int_equal(text[k], (char)(k * 31 >> 3));
		assert_string_equal(file_read_only(file),
				    "came through a pipe");
		assert_read_only_descriptor(file);
		assert_int_equal(file_check(file, NULL), FILE_SAME);
		free(text);
		file_close(file);
	}
	unlink(other);
}

struct told {
	unsigned times;
	unsigned stop_at;
	uint64_t bytes;
	pid_t writer;
};

static bool tell(void *context, uint64_t bytes)
{
	struct told *told = context;

	told->bytes = bytes;
	if (++told->times == 2 && told->stop_at > 2)
		told->writer = start_writer(3);
	return told->times < told->stop_at;
}

/* Nobody ever writes: only the progress function can end it. */
static void test_file_fifo_without_writer_is_stopped(void **state)
{
	struct told told = { .stop_at = 2 };

	(void)state;
	assert_int_equal(mkfifo(other, 0600), 0);
	struct file *file = file_open(other, tell, &told, NULL);
	assert_non_null(file);
	assert_int_equal(told.times, 2);
	assert_int_equal(file_size(file), 0);
	file_close(file);
	unlink(other);
}

static void test_file_fifo_waits_for_a_late_writer(void **state)
{
	struct told told = { .stop_at = 200 };

	(void)state;
	assert_int_equal(mkfifo(other, 0600), 0);
	struct file *file = file_open(other, tell, &told, NULL);
	assert_non_null(file);
	assert_int_equal(file_size(file), 3);
	end_writer(told.writer);
	file_close(file);
	unlink(other);
}

/* The writer is there, has written, and does not go on. */
static void test_file_stop_keeps_what_arrived(void **state)
{
	struct told told = { .stop_at = 2 };
	int ends[2], before = dup(STDIN_FILENO);

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "so far", 6), 6);
	assert_true(dup2(ends[0], STDIN_FILENO) >= 0);
	struct file *file = file_open("-", tell, &told, NULL);
	assert_true(dup2(before, STDIN_FILENO) >= 0);
	assert_non_null(file);
	assert_int_equal(told.bytes, 6);
	assert_content(file, "so far");
	close(ends[0]);
	close(ends[1]);
	close(before);
	file_close(file);
}

static struct file *open_input(int fd, struct error *error)
{
	int before = dup(STDIN_FILENO);

	assert_true(dup2(fd, STDIN_FILENO) >= 0);
	struct file *file = file_open("-", NULL, NULL, error);
	assert_true(dup2(before, STDIN_FILENO) >= 0);
	close(before);
	return file;
}

static void test_file_standard_input(void **state)
{
	(void)state;
	put(name, "from a file");
	int fd = open(name, O_RDONLY);
	struct file *file = open_input(fd, NULL);
	close(fd);
	assert_non_null(file);
	assert_string_equal(file_path(file), "standard input");
	assert_int_equal(file_kind(file), FILE_SPOOLED);
	assert_content(file, "from a file");
	assert_int_equal(file_check(file, NULL), FILE_SAME);
	file_close(file);
}

static void test_file_standard_input_socket(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(write(ends[1], "sent", 4), 4);
	close(ends[1]);
	struct file *file = open_input(ends[0], NULL);
	close(ends[0]);
	assert_non_null(file);
	assert_content(file, "sent");
	file_close(file);
}

static void assert_input_refused(int fd, const char *why)
{
	struct error error = ERROR_NONE;

	assert_true(fd >= 0);
	assert_null(open_input(fd, &error));
	close(fd);
	if (!strstr(error.message, "standard input") ||
	    !strstr(error.message, why))
		fail_msg("%s", error.message);
}

static void test_file_standard_input_refusals(void **state)
{
	(void)state;
	assert_input_refused(open(folder, O_RDONLY), "directory");
	assert_input_refused(open("/dev/zero", O_RDONLY), "character device");
	int terminal = posix_openpt(O_RDWR | O_NOCTTY);
	if (terminal >= 0)
		assert_input_refused(terminal, "terminal");
}

static ssize_t write_full(int fd, const void *buffer, size_t size)
{
	(void)fd, (void)buffer, (void)size;
	errno = ENOSPC;
	return -1;
}

static void test_file_spool_on_full_disk(void **state)
{
	struct error error = ERROR_NONE;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	close(ends[1]);
	io.write = write_full;
	assert_null(open_input(ends[0], &error));
	io.write = write;
	close(ends[0]);
	assert_non_null(strstr(error.message, "standard input"));
	assert_non_null(strstr(error.message, "No space left"));
}

static void test_file_spool_leaves_no_name(void **state)
{
	(void)state;
	assert_int_equal(setenv("TMPDIR", folder, 1), 0);
	unlink(name);
	struct file *file = open_good("/proc/self/status");
	struct stat folder_status, status;

	assert_int_equal(stat(folder, &folder_status), 0);
	assert_int_equal(fstat(file_descriptor(file), &status), 0);
	assert_int_equal(status.st_dev, folder_status.st_dev);
	assert_int_equal(status.st_nlink, 0);
	/* Nothing but . and .. in it: rmdir and make it again. */
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(mkdir(folder, 0700), 0);
	file_close(file);

	/* A TMPDIR that is not there is passed over. */
	assert_int_equal(setenv("TMPDIR", other, 1), 0);
	file_close(open_good("/proc/self/status"));
	assert_int_equal(unsetenv("TMPDIR"), 0);
}

/* --- what happened since --- */

static void test_file_check_states(void **state)
{
	struct file_identity now;

	(void)state;
	put(name, "0123456789");
	struct file *file = open_good(name);
	assert_int_equal(file_check(file, &now), FILE_SAME);
	struct file_identity known = file_identity(file);
	assert_true(file_identity_equal(&now, &known));

	assert_int_equal(truncate(name, 20), 0);
	assert_int_equal(file_check(file, &now), FILE_GREW);
	assert_int_equal(now.size, 20);
	assert_int_equal(file_size(file), 10);
	assert_true(file_accept(file, NULL));
	assert_int_equal(file_size(file), 10);
	assert_int_equal(file_check(file, NULL), FILE_GREW);
	assert_int_equal(truncate(name, 10), 0);
	assert_int_equal(file_check(file, NULL), FILE_WRITTEN);
	assert_true(file_accept(file, NULL));
	assert_int_equal(file_check(file, NULL), FILE_SAME);

	assert_int_equal(truncate(name, 5), 0);
	assert_int_equal(file_check(file, &now), FILE_SHRUNK);
	assert_int_equal(now.size, 5);
	assert_int_equal(rename(name, other), 0);
	assert_int_equal(file_check(file, NULL), FILE_SHRUNK);
	assert_int_equal(truncate(other, 10), 0);
	assert_int_equal(file_check(file, NULL), FILE_REMOVED);
	put(name, "01234");
	assert_int_equal(file_check(file, NULL), FILE_REPLACED);
	assert_int_equal(truncate(other, 50), 0);
	assert_int_equal(file_check(file, NULL), FILE_REPLACED);
	file_close(file);
	unlink(other);
}

static void test_file_check_folder_is_gone(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof path, "%s/file", other);
	assert_int_equal(mkdir(other, 0700), 0);
	put(path, "deep");
	struct file *file = open_good(path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(other), 0);
	assert_int_equal(file_check(file, NULL), FILE_REMOVED);
	put(other, "not a folder");
	assert_int_equal(file_check(file, NULL), FILE_REMOVED);
	file_close(file);
	unlink(other);
}

/* mtime can be set back by anybody, ctime not. */
static void test_file_check_sees_a_faked_time(void **state)
{
	(void)state;
	put(name, "abc");
	struct timespec old[2] = { { .tv_sec = 1000000 }, { 1000000, 7 } };
	assert_int_equal(utimensat(AT_FDCWD, name, old, 0), 0);
	struct file *file = open_good(name);
	struct file_identity known = file_identity(file), now;

	/* Until the clock of the file system has moved on. */
	do {
		put(name, "xyz");
		assert_int_equal(utimensat(AT_FDCWD, name, old, 0), 0);
		file_check(file, &now);
	} while (now.changed.tv_sec == known.changed.tv_sec &&
		 now.changed.tv_nsec == known.changed.tv_nsec);
	assert_int_equal(now.modified.tv_sec, known.modified.tv_sec);
	assert_int_equal(now.modified.tv_nsec, known.modified.tv_nsec);
	assert_int_equal(file_check(file, NULL), FILE_WRITTEN);
	file_close(file);
}

static void test_file_identity_equal_compares_all(void **state)
{
	(void)state;
	const struct file_identity one = { 1, 2, 3, { 4, 5 }, { 6, 7 } };
	struct file_identity each[7] = { one, one, one, one, one, one, one };

	assert_true(file_identity_equal(&one, &each[0]));
	each[0].device++;
	each[1].inode++;
	each[2].size++;
	each[3].modified.tv_sec++;
	each[4].modified.tv_nsec++;
	each[5].changed.tv_sec++;
	each[6].changed.tv_nsec++;
	for (int i = 0; i < 7; i++)
		assert_false(file_identity_equal(&one, &each[i]));
}

static void test_file_state_texts_differ(void **state)
{
	(void)state;
	for (int i = FILE_SAME; i <= FILE_ENDED; i++)
		for (int k = FILE_SAME; k < i; k++)
			assert_string_not_equal(
				file_state_text((enum file_state)i),
				file_state_text((enum file_state)k));
}

/* --- after a replacing flush --- */

static void test_file_open_at(void **state)
{
	struct error error = ERROR_NONE;
	int at = open(folder, O_RDONLY | O_DIRECTORY);

	(void)state;
	put(name, "new one");
	struct file *file = file_open_at(at, "file", name, &error);
	assert_non_null(file);
	assert_string_equal(file_path(file), name);
	assert_content(file, "new one");
	assert_int_equal(file_check(file, NULL), FILE_SAME);
	assert_null(file_read_only(file));
	file_close(file);

	assert_int_equal(symlink("file", other), 0);
	assert_null(file_open_at(at, "other", other, &error));
	assert_non_null(strstr(error.message, "not a regular file"));
	unlink(other);
	assert_int_equal(mkfifo(other, 0600), 0);
	assert_null(file_open_at(at, "other", other, &error));
	unlink(other);
	assert_null(file_open_at(at, "other", other, &error));
	assert_non_null(strstr(error.message, "No such file"));
	close(at);
}

/* --- a block device, where one can be had --- */

static bool attach_loop(char *device, size_t size)
{
	char line[128];

	snprintf(line, sizeof line,
		 "losetup -f --show '%s' 2>/dev/null", name);
	FILE *in = popen(line, "r");
	bool good = in && fgets(device, (int)size, in);

	if (in && pclose(in) != 0)
		good = false;
	if (good)
		device[strcspn(device, "\n")] = '\0';
	return good;
}

static void test_file_block_device(void **state)
{
	char device[64] = "", line[128];

	(void)state;
	put(name, "on a disk");
	assert_int_equal(truncate(name, 1 << 20), 0);
	if (geteuid() != 0 || !attach_loop(device, sizeof device))
		skip();
	struct error error = ERROR_NONE;
	struct file *file = file_open(device, NULL, NULL, &error);
	snprintf(line, sizeof line, "losetup -d %s", device);
	if (!file) {
		assert_int_equal(system(line), 0);
		fail_msg("%s", error.message);
	}
	char head[10] = "";
	enum file_kind kind = file_kind(file);
	uint64_t size = file_size(file);
	enum file_state check = file_check(file, NULL);
	ssize_t count = io_read_at(file_descriptor(file), head, 9, 0);
	bool writable = !file_read_only(file);

	file_close(file);
	assert_int_equal(system(line), 0);
	assert_int_equal(kind, FILE_DEVICE);
	assert_int_equal(size, 1 << 20);
	assert_int_equal(check, FILE_SAME);
	assert_int_equal(count, 9);
	assert_string_equal(head, "on a disk");
	assert_true(writable);
}

static int make_folder(void **state)
{
	(void)state;
	unsetenv("TMPDIR");
	if (!mkdtemp(folder))
		return -1;
	snprintf(name, sizeof name, "%s/file", folder);
	snprintf(other, sizeof other, "%s/other", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(name);
	unlink(other);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file_regular),
		cmocka_unit_test(test_file_empty),
		cmocka_unit_test(test_file_symlink_is_followed),
		cmocka_unit_test(test_file_new),
		cmocka_unit_test(test_file_new_in_working_folder),
		cmocka_unit_test(test_file_refusals),
		cmocka_unit_test(test_file_refuses_socket),
		cmocka_unit_test(test_file_replaced_while_opening),
		cmocka_unit_test(test_file_permissions),
		cmocka_unit_test(test_file_read_only_reasons),
		cmocka_unit_test(test_file_generated),
		cmocka_unit_test(test_file_generated_with_size),
		cmocka_unit_test(test_file_generated_too_long),
		cmocka_unit_test(test_file_process_memory),
		cmocka_unit_test(test_file_fifo_is_spooled),
		cmocka_unit_test(test_file_fifo_without_writer_is_stopped),
		cmocka_unit_test(test_file_fifo_waits_for_a_late_writer),
		cmocka_unit_test(test_file_stop_keeps_what_arrived),
		cmocka_unit_test(test_file_standard_input),
		cmocka_unit_test(test_file_standard_input_socket),
		cmocka_unit_test(test_file_standard_input_refusals),
		cmocka_unit_test(test_file_spool_on_full_disk),
		cmocka_unit_test(test_file_spool_leaves_no_name),
		cmocka_unit_test(test_file_check_states),
		cmocka_unit_test(test_file_check_folder_is_gone),
		cmocka_unit_test(test_file_check_sees_a_faked_time),
		cmocka_unit_test(test_file_identity_equal_compares_all),
		cmocka_unit_test(test_file_state_texts_differ),
		cmocka_unit_test(test_file_open_at),
		cmocka_unit_test(test_file_block_device),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
