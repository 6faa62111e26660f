/*
 * Commands for the memory of a process: the list of its regions, and going
 * from one to the next.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "amount.h"
#include "command/command.h"
#include "octavo/escape.h"

enum { NAME_SIZE = 4 * 4096 };

static struct file *file_of(const struct editor *editor)
{
	return document_file(editor->buffer->document);
}

static bool is_process(const struct editor *editor, struct error *error)
{
	const struct file *file = file_of(editor);

	return file_process(file)
	       || error_set(error, "%s is not the memory of a process",
			    file_path(file));
}

static void region_name(const struct file_region *region, char *name)
{
	escape_text(name, NAME_SIZE, region->name, strlen(region->name));
}

/* --- by name --- */

/* Is REGION called NAME: in full, as the file of a path, or without the
 * brackets around what is no file? */
static bool is_called(const struct file_region *region, const char *name,
		      size_t length)
{
	const char *own = region->name;
	const char *slash = strrchr(own, '/');

	if (own[0] == '[' && strlen(own) == length + 2)
		return memcmp(own + 1, name, length) == 0;
	if (slash && strlen(slash + 1) == length)
		return memcmp(slash + 1, name, length) == 0;
	return strlen(own) == length && memcmp(own, name, length) == 0;
}

bool region_find(const struct editor *editor, const char *name, size_t length,
		 uint64_t *start)
{
	const struct file *file = file_of(editor);

	for (size_t i = 0; i < file_region_count(file); i++) {
		struct file_region region = file_region(file, i);

		*start = region.range.start;
		if (is_called(&region, name, length))
			return true;
	}
	return false;
}

/* --- the list --- */

static uint64_t regions_count(void *context)
{
	const struct editor *editor = context;

	return editor->buffer ? file_region_count(file_of(editor)) : 0;
}

static size_t regions_line(void *context, uint64_t index, unsigned columns,
			   char *text, size_t size)
{
	struct file_region region = file_region(file_of(context),
						(size_t)index);
	char name[NAME_SIZE];
	char amount[32];
	int used;

	(void)columns;
	region_name(&region, name);
	amount_format(range_length(region.range), amount, sizeof amount);
	used = snprintf(text, size, "0x%012" PRIx64 " %7s %s %s",
			region.range.start, amount, region.permissions, name);
	return (size_t)used < size ? (size_t)used : size - 1;
}

static bool regions_command(void *context, uint64_t index, const char *action,
			    char *text, size_t size)
{
	struct file_region region = file_region(file_of(context),
						(size_t)index);

	if (strcmp(action, "go") != 0)
		return false;
	snprintf(text, size, "goto 0x%" PRIx64, region.range.start);
	return true;
}

static void print_regions(struct editor *editor)
{
	const struct file *file = file_of(editor);
	char name[NAME_SIZE];

	for (size_t i = 0; i < file_region_count(file); i++) {
		struct file_region region = file_region(file, i);

		region_name(&region, name);
		editor_print(editor, "0x%" PRIx64 " 0x%" PRIx64 " %s ",
			     region.range.start, region.range.end,
			     region.permissions);
		editor_print_bytes(editor, name, strlen(name));
		editor_print(editor, "\n");
	}
}

static enum status run_regions(struct editor *editor,
			       const struct command_call *call,
			       struct error *error)
{
	const struct panel_source source = {
		.count = regions_count,
		.line = regions_line,
		.command = regions_command,
		.context = editor,
		.hint = "[panel go] goes there, [panel close] closes",
	};

	(void)call;
	if (!is_process(editor, error)
	    || !document_reread(editor->buffer->document, error))
		return STATUS_FAILED;
	if (editor->interactive)
		panel_open(&editor->panel, "regions: start, length, "
			   "permissions, name", &source,
			   file_region_from(file_of(editor),
					    editor->buffer->view.cursor));
	else
		print_regions(editor);
	editor->serial++;
	return STATUS_DONE;
}

/* --- from one to the next --- */

static enum status go(struct editor *editor, size_t index, const char *where,
		      struct error *error)
{
	const struct file *file = file_of(editor);

	if (index >= file_region_count(file)) {
		error_set(error, "no region %s the cursor", where);
		return STATUS_FAILED;
	}
	editor_jump(editor, file_region(file, index).range.start);
	return STATUS_DONE;
}

static enum status run_next_region(struct editor *editor,
				   const struct command_call *call,
				   struct error *error)
{
	uint64_t cursor = editor->buffer->view.cursor;
	size_t index = file_region_from(file_of(editor), cursor);

	(void)call;
	if (!is_process(editor, error))
		return STATUS_FAILED;
	if (index < file_region_count(file_of(editor))
	    && file_region(file_of(editor), index).range.start <= cursor)
		index++;
	return go(editor, index, "behind", error);
}

static enum status run_previous_region(struct editor *editor,
				       const struct command_call *call,
				       struct error *error)
{
	uint64_t cursor = editor->buffer->view.cursor;
	size_t index = file_region_from(file_of(editor), cursor);

	(void)call;
	if (!is_process(editor, error))
		return STATUS_FAILED;
	/* In one, to its start first. */
	if (index == file_region_count(file_of(editor))
	    || file_region(file_of(editor), index).range.start >= cursor)
		index--;
	return go(editor, index, "before", error);
}

const struct command commands_region[] = {
	{ "regions", NULL, COMMAND_NO_RANGE, 0, "",
	  "list what is mapped in a process: start, end, permissions, name",
	  run_regions },
	{ "next-region", NULL, COMMAND_NO_RANGE, 0, "",
	  "go to the next region of a process", run_next_region },
	{ "previous-region", NULL, COMMAND_NO_RANGE, 0, "",
	  "go to where this region of a process begins, or the one before",
	  run_previous_region },
	{ .name = NULL },
};
