/*
 * Fuzz target: a log of anybody's making is read, and made again in a document
 * over a small file.  It is refused with the place, or the document holds
 * together.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>

#include "log_input.h"
#include "log_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct document *open_file(void)
{
	static const char text[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	static char path[64];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("file", MFD_CLOEXEC);
		expect(fd >= 0);
		for (int i = 0; i < 8; i++)
			input_put(fd, text, sizeof text - 1);
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	}
	return document_open(file_open(path, NULL, NULL, NULL), NULL);
}

static void replay(const struct log_file *file,
		   const struct log_summary *summary)
{
	struct document *document = open_file();
	struct log_reader reader = { .fd = -1 };
	struct error error = ERROR_NONE;

	expect(document);
	if (!log_replay_file(document, file, summary, &reader, &error))
		expect(error.message[0]);
	log_reader_end(&reader);
	document_check(document);
	document_close(document);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct log_file file = { .fd = memfd_create("log", MFD_CLOEXEC),
				 .shown = "log" };
	struct log_summary summary;
	struct error error = ERROR_NONE;

	expect(file.fd >= 0);
	input_write(file.fd, data, size);
	if (!log_summarize(&file, &summary, &error))
		expect(strstr(error.message, "byte "));
	/* As far as it goes, too. */
	replay(&file, &summary);
	close(file.fd);
	return 0;
}
