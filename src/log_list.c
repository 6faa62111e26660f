/*
 * log_list: all logs and saved sessions there are, and those that are of no
 * use any more.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log_internal.h"
#include "memory.h"

/* --- names in a folder --- */

struct names {
	char (*list)[LOG_NAME_SIZE];
	size_t count;
	size_t capacity;
};

static bool names_add(struct names *names, const char *name)
{
	if (names->count == names->capacity) {
		size_t capacity = 2 * names->capacity + 16;
		void *list = memory_resize(names->list,
					   capacity * sizeof *names->list);

		if (!list)
			return false;
		names->list = list;
		names->capacity = capacity;
	}
	strcpy(names->list[names->count++], name);
	return true;
}

static int name_order(const void *one, const void *other)
{
	return strcmp(one, other);
}

static bool names_read(struct names *names, DIR *folder, const char *shown,
		       struct error *error)
{
	struct dirent *entry;

	while (errno = 0, (entry = io.readdir(folder))) {
		assert(strlen(entry->d_name) < LOG_NAME_SIZE);
		if (entry->d_name[0] != '.'
		    && !names_add(names, entry->d_name))
			return error_set_memory(error);
	}
	if (errno != 0)
		return error_set_system(error, errno, "can't read %s", shown);
	if (names->count > 0)
		qsort(names->list, names->count, sizeof *names->list,
		      name_order);
	return true;
}

/* The names in the folder of FILE. */
static bool names_find(struct names *names, const struct log_file *file,
		       struct error *error)
{
	int fd = io_open(file->folder, ".",
			 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : io.fdopendir(fd);

	*names = (struct names){ .list = NULL };
	if (!folder) {
		error_set_system(error, errno, "can't read %s", file->shown);
		if (fd >= 0)
			io_close(fd);
		return false;
	}
	bool done = names_read(names, folder, file->shown, error);

	closedir(folder);
	return done;
}

/* --- the list --- */

static bool is_log_name(const char *name)
{
	return strspn(name, "0123456789abcdef") == 16 && name[16] == '.'
	       && name[17] && strspn(name + 17, "0123456789")
			      == strlen(name + 17);
}

static bool list_one(struct log_file *file, bool saved, log_list_visit *visit,
		     void *context)
{
	struct log_summary summary = { .edits = 0 };
	struct log_listed listed = { .saved = saved };
	struct log_report *report = &listed.report;
	bool live = log_file_live(file);
	bool whole = log_summarize(file, &summary, &report->error);

	if (!whole)
		report->state = LOG_DAMAGED;
	else if (live)
		report->state = LOG_LIVE;
	else if (summary.unsaved || saved)
		report->state = LOG_LEFT;
	if (report->state == LOG_NONE)
		return true;
	memcpy(report->log, file->shown, sizeof report->log);
	memcpy(report->path, summary.buffer.path, sizeof report->path);
	report->edits = summary.edits;
	report->process = summary.process;
	report->time = summary.time;
	listed.name = saved ? file->name : report->path;
	return visit(context, &listed);
}

static bool list_folder(bool saved, log_list_visit *visit, void *context,
			struct error *error)
{
	struct log_file file;
	struct names names = { .list = NULL };

	if (!log_folder_open(&file, saved, false, error))
		return errno == ENOENT;
	bool done = names_find(&names, &file, error);

	for (size_t i = 0; done && i < names.count; i++) {
		if (!saved && !is_log_name(names.list[i]))
			continue;
		log_file_name(&file, names.list[i]);
		if (!log_file_open(&file, NULL))
			continue;
		done = list_one(&file, saved, visit, context);
		io_close(file.fd);
		file.fd = -1;
	}
	memory_free(names.list);
	log_file_close(&file);
	return done;
}

bool log_list(log_list_visit *visit, void *context, struct error *error)
{
	return list_folder(true, visit, context, error)
	       && list_folder(false, visit, context, error);
}

/* --- cleaning --- */

/* Has it been lying there for 30 days? */
static bool is_old(const struct log_file *file, bool *stub)
{
	struct stat status;

	if (io.fstat(file->fd, &status) != 0)
		return false;
	*stub = status.st_size < LOG_HEAD;
	return time(NULL) - status.st_mtim.tv_sec
	       > (time_t)30 * 24 * 60 * 60;
}

/* A log that was to take another's place, and did not. */
static bool is_spare(const char *name)
{
	return name[strlen(name) - 1] == '+';
}

static void clean_one(struct log_file *file)
{
	struct log_summary summary;
	bool stub;

	if (!is_old(file, &stub) || !log_file_lock(file, NULL))
		return;
	if (stub || is_spare(file->name)
	    || (log_summarize(file, &summary, NULL) && !summary.unsaved))
		log_file_remove(file, NULL);
}

void log_clean(void)
{
	struct log_file file;
	struct names names = { .list = NULL };

	if (!log_folder_open(&file, false, false, NULL))
		return;
	names_find(&names, &file, NULL);
	for (size_t i = 0; i < names.count; i++) {
		if (!is_log_name(names.list[i]) && !is_spare(names.list[i]))
			continue;
		log_file_name(&file, names.list[i]);
		if (!log_file_open(&file, NULL))
			continue;
		clean_one(&file);
		io_close(file.fd);
		file.fd = -1;
	}
	memory_free(names.list);
	log_file_close(&file);
}
