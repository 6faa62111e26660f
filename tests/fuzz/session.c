/*
 * Fuzz target: a saved session of anybody's making is loaded, each of its
 * buffers over the same small file.  It is refused with the place before a
 * buffer is opened, or each of them holds together.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "log_input.h"
#include "octavo/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char state[] = "/tmp/octavo-fuzz-XXXXXX";
static char saved[128];
static char name[160];
static char path[64];

static void remove_all(void)
{
	unlink(name);
	rmdir(saved);
	*strrchr(saved, '/') = '\0';
	rmdir(saved);
	rmdir(state);
}

static void make_all(void)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	expect(fd >= 0 && mkdtemp(state));
	input_put(fd, "0123456789abcdefghijklmnopqrstuvwxyz", 36);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	snprintf(saved, sizeof saved, "%s/octavo", state);
	expect(mkdir(saved, 0700) == 0);
	strcat(saved, "/saved");
	expect(mkdir(saved, 0700) == 0);
	snprintf(name, sizeof name, "%s/it", saved);
	setenv("XDG_STATE_HOME", state, 1);
	atexit(remove_all);
}

static int opened;

static struct document *load_open(void *context, const char *file,
				  struct error *error)
{
	(void)context;
	opened++;
	if (strcmp(file, "/none") == 0) {
		error_set(error, "there is no such file");
		return NULL;
	}
	return document_open(file_open(path, NULL, NULL, NULL), error);
}

static void load_done(void *context, struct document *document,
		      const struct log_place *place, const struct error *error)
{
	(void)context;
	(void)place;
	if (error)
		expect(error->message[0]);
	else
		expect(document);
	if (document)
		document_check(document);
	document_close(document);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct log_loader loader = { load_open, load_done, NULL };
	struct error error = ERROR_NONE;

	if (!name[0])
		make_all();
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	expect(fd >= 0);
	input_write(fd, data, size);
	close(fd);
	opened = 0;
	if (!log_session_load("it", &loader, &error))
		expect(opened == 0 && strstr(error.message, "byte "));
	return 0;
}
