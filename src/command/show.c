/*
 * Commands that show: bytes as xxd prints them, what the file is, the screen
 * as text, help.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command/command.h"
#include "io.h"
#include "newline.h"
#include "octavo/escape.h"
#include "octavo/key.h"
#include "octavo/screen.h"

/* --- print --- */

enum { ROW = 16, ROW_TEXT = 96 };

/* One row as xxd prints it, in TEXT; the length. */
static size_t format_row(uint64_t offset, const unsigned char *bytes,
			 size_t count, char *text)
{
	static const char digits[] = "0123456789abcdef";
	size_t used = (size_t)snprintf(text, ROW_TEXT, "%08" PRIx64 ":",
				       offset);

	for (size_t i = 0; i < ROW; i++) {
		if (i % 2 == 0)
			text[used++] = ' ';
		text[used++] = i < count ? digits[bytes[i] >> 4] : ' ';
		text[used++] = i < count ? digits[bytes[i] & 15] : ' ';
	}
	text[used++] = ' ';
	text[used++] = ' ';
	for (size_t i = 0; i < count; i++)
		text[used++] = bytes[i] >= 0x20 && bytes[i] < 0x7f
				       ? (char)bytes[i] : '.';
	text[used++] = '\n';
	return used;
}

/* No byte of RANGE may be lost: zeros in their place would be a lie. */
static bool all_there(struct document *document, struct range range,
		      struct error *error)
{
	uint64_t run;

	document_verify(document);
	for (uint64_t at = range.start; at < range.end; at += run)
		if (document_lost(document, at, &run))
			return error_set(error, "%s: the bytes at 0x%" PRIx64
					 " are lost",
					 file_path(document_file(document)),
					 at);
	return true;
}

enum { ROWS = 256 };

static bool print_rows(struct editor *editor, uint64_t offset,
		       const unsigned char *bytes, size_t count)
{
	char text[ROWS * ROW_TEXT];
	size_t used = 0;

	for (size_t i = 0; i < count; i += ROW)
		used += format_row(offset + i, bytes + i,
				   count - i < ROW ? count - i : ROW,
				   text + used);
	return editor_print_bytes(editor, text, used);
}

/* Of what has gaps anyway those are passed over, unless all of it is gone. */
static bool passes_gaps(const struct document *document, struct error *error)
{
	const struct file *file = document_file(document);
	enum file_state state = file_check(file, NULL);

	if (!document_by_blocks(document))
		return false;
	return state != FILE_ENDED
	       || error_set(error, "%s %s", file_path(file),
			    file_state_text(state));
}

/* How many bytes of RANGE, from its start on, are in a gap or are in none. */
static uint64_t same_run(const struct document *document, struct range range,
			 bool *gap)
{
	uint64_t length = range_length(range), run = 0, more;

	*gap = false;
	if (!document_by_blocks(document))
		return length;
	*gap = document_lost(document, range.start, &run);
	while (run < length
	       && document_lost(document, range.start + run, &more) == *gap)
		run += more;
	return run < length ? run : length;
}

static enum status run_print(struct editor *editor,
			     const struct command_call *call,
			     struct error *error)
{
	struct document *document = editor->buffer->document;
	unsigned char bytes[ROWS * ROW];
	uint64_t offset = call->range.start;

	while (offset < call->range.end) {
		struct range rest = { offset, call->range.end };
		bool gap;
		uint64_t run = same_run(document, rest, &gap);

		if (gap) {
			offset += run;
			continue;
		}
		/* What is lost is only found out by reading it. */
		size_t count = document_read(document, offset, bytes,
					     run < sizeof bytes ? (size_t)run
								: sizeof bytes);
		bool there = all_there(document, range_of(offset, count),
				       error);

		if (!there && !passes_gaps(document, error))
			return STATUS_FAILED;
		if (!there)
			continue;
		if (!print_rows(editor, offset, bytes, count))
			break;
		offset += count;
	}
	return document_by_blocks(document) && !passes_gaps(document, error)
		       ? STATUS_FAILED : STATUS_DONE;
}

/* --- text --- */

/* RANGE, and what the lines at its ends have besides. */
static struct range whole_lines(const struct view *view, struct range range)
{
	const struct document *document = view->document;
	struct newlines newlines = newlines_of(
		document, (enum newline_form)view_newline_form(view));

	if (range_is_empty(range))
		return range;
	return (struct range){
		newlines_before(&newlines, range.start, 0),
		newlines_after(&newlines, range.end - 1,
			       document_size(document)),
	};
}

static enum status run_text(struct editor *editor,
			    const struct command_call *call,
			    struct error *error)
{
	struct document *document = editor->buffer->document;
	unsigned char bytes[1 << 16];
	struct range rest;

	if (document_by_blocks(document)) {
		error_set(error, "%s has no lines",
			  file_path(document_file(document)));
		return STATUS_FAILED;
	}
	rest = whole_lines(&editor->buffer->view, call->range);
	while (rest.start < rest.end) {
		uint64_t length = range_length(rest);
		struct range part = range_of(rest.start, document_read(
			document, rest.start, bytes,
			length < sizeof bytes ? (size_t)length
					      : sizeof bytes));

		/* What is lost is only found out by reading it. */
		if (!all_there(document, part, error))
			return STATUS_FAILED;
		if (!editor_print_bytes(editor, bytes,
					(size_t)range_length(part)))
			break;
		/* Of a line that is longer than memory none is kept. */
		document_release(document, part);
		rest.start = part.end;
	}
	return STATUS_DONE;
}

/* --- info --- */

static void print_process(struct editor *editor, const struct file *file)
{
	const struct file_process_name *process = file_process(file);
	struct file_region region;
	char name[4096];

	if (!process)
		return;
	escape_text(name, sizeof name, process->name, strlen(process->name));
	editor_print(editor, "process %ld %s\n", process->number, name);
	if (!file_region_at(file, editor->buffer->view.cursor, &region))
		return;
	escape_text(name, sizeof name, region.name, strlen(region.name));
	editor_print(editor, "region %s\n", name);
}

static enum status print_lines(struct editor *editor, struct error *error)
{
	uint64_t count;

	if (!editor_count_lines(editor, &count, error))
		return STATUS_FAILED;
	editor_print(editor, "lines %" PRIu64 "\n", count);
	return STATUS_DONE;
}

static void print_info(struct editor *editor)
{
	static const char *const kinds[] = {
		[FILE_REGULAR] = "regular", [FILE_NEW] = "new",
		[FILE_DEVICE] = "device", [FILE_SPOOLED] = "spooled",
		[FILE_GENERATED] = "generated", [FILE_PROCESS] = "process",
		[FILE_CHARACTER] = "character-device",
	};
	const struct document *document = editor->buffer->document;
	const struct file *file = document_file(document);
	struct file_identity identity = file_identity(file);
	const char *reason = document_read_only(document)
		? document_read_only(document) : file_read_only(file);
	char modified[64] = "-";
	struct tm time;

	if (file_kind(file) != FILE_NEW && !file_by_blocks(file)
	    && gmtime_r(&identity.modified.tv_sec, &time))
		strftime(modified, sizeof modified, "%Y-%m-%dT%H:%M:%SZ",
			 &time);
	editor_print(editor, "path ");
	command_print_path(editor, file);
	editor_print(editor, "\nsize %" PRIu64 "\n", document_size(document));
	editor_print(editor, "modified %s\n", modified);
	editor_print(editor, "kind %s\n", kinds[file_kind(file)]);
	editor_print(editor, "changes %" PRIu64 "\n",
		     document_change_count(document));
	if (reason)
		editor_print(editor, "read-only %s\n", reason);
	print_process(editor, file);
	if (editor->buffer->log && log_path(editor->buffer->log))
		editor_print(editor, "log %s\n",
			     log_path(editor->buffer->log));
}

/* Lines only where they are asked for: they take reading all of it. */
static enum status run_info(struct editor *editor,
			    const struct command_call *call,
			    struct error *error)
{
	size_t position = call->position;
	char word[16];

	if (!command_word(call, &position, word, sizeof word)) {
		print_info(editor);
		return STATUS_DONE;
	}
	if (strcmp(word, "lines") != 0) {
		error_set_at(error, call->position, "info has nothing but "
			     "\"lines\" to ask for");
		return STATUS_FAILED;
	}
	if (!command_no_more(call, position, error))
		return STATUS_FAILED;
	return print_lines(editor, error);
}

/* --- save-screen --- */

/* The screen must not fall on a file that is open here. */
static bool is_open_here(const struct editor *editor, int fd)
{
	struct stat status;

	if (io.fstat(fd, &status) != 0)
		return false;
	for (size_t i = 0; i < editor->buffer_count; i++) {
		struct file_identity identity = file_identity(
			document_file(editor->buffers[i]->document));

		if (identity.device == status.st_dev
		    && identity.inode == status.st_ino)
			return true;
	}
	return false;
}

static bool write_text(const struct editor *editor, const char *path,
		       const char *text, struct error *error)
{
	int fd = io.open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0)
		return error_set_system(error, errno, "%s", path);
	if (is_open_here(editor, fd)) {
		io_close(fd);
		return error_set(error, "%s is open here", path);
	}

	struct stat status;
	bool regular = io.fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
	bool done = (!regular || io.ftruncate(fd, 0) == 0)
		    && io_write_all(fd, text, strlen(text));
	int why = errno;

	if (io.close(fd) != 0 && done) {
		done = false;
		why = errno;
	}
	return done || error_set_system(error, why, "%s", path);
}

/* The screen as it is once nothing changes any more by itself: what is seen
 * may ask for more. */
static void draw_settled(struct editor *editor, struct grid *grid)
{
	editor_survey(editor);
	editor_settle(editor);
	screen_draw(editor, grid);
	editor_settle(editor);
	screen_draw(editor, grid);
}

static enum status run_save_screen(struct editor *editor,
				   const struct command_call *call,
				   struct error *error)
{
	char *path;
	const struct grid *shown = NULL;
	struct grid *drawn = NULL;
	char *text = NULL;
	bool done = false;

	if (!command_rest(call, call->position, &path, error))
		return STATUS_FAILED;
	if (!path) {
		error_set(error, "to which file?");
		return STATUS_FAILED;
	}
	if (editor->hooks.screen) {
		shown = editor->hooks.screen(editor->hooks.context);
	} else {
		const long *values = editor->options.values;

		editor_check_files(editor);
		shown = drawn = grid_new(
			(unsigned)values[OPTION_SCREEN_COLUMNS],
			(unsigned)values[OPTION_SCREEN_ROWS]);
		if (drawn)
			draw_settled(editor, drawn);
	}
	if (shown)
		text = grid_to_text(shown);
	if (text)
		done = write_text(editor, path, text, error);
	else
		error_set_memory(error);
	free(text);
	free(path);
	grid_free(drawn);
	return done ? STATUS_DONE : STATUS_FAILED;
}

/* --- help --- */

/* In a table two blanks or more stand before the help, and nowhere before:
 * doc/tables and the completions part the columns there. */

void show_commands(struct editor *editor)
{
	char usage[100];
	const struct command *command;

	for (size_t i = 0; (command = command_at(i)); i++) {
		command_usage(command, usage, sizeof usage);
		editor_print(editor, "%-27s  %s", usage, command->help);
		if (command->aliases)
			editor_print(editor, " (also %s)", command->aliases);
		editor_print(editor, "\n");
	}
}

void show_keys(struct editor *editor)
{
	static const char *const modes[KEYMAP_MODES] = {
		[KEYMAP_BROWSE] = "browse", [KEYMAP_EDIT] = "edit",
		[KEYMAP_PANEL] = "panel",
	};
	const struct binding *binding;
	char keys[100];

	for (size_t i = 0; (binding = keymap_binding(editor->keymap, i)); i++) {
		if (!binding->command[0])
			continue;
		key_sequence_name(binding->keys, keys, sizeof keys);
		editor_print(editor, "%-7s %-10s  %s\n", modes[binding->mode],
			     keys, binding->help);
	}
}

void show_options(struct editor *editor)
{
	char value[64];

	for (int i = 0; i < OPTION_COUNT; i++) {
		option_format((enum option_id)i, editor->options.values[i],
			      value, sizeof value);
		editor_print(editor, "%-23s  %s\n", value, option_table[i].help);
	}
}

static enum status help_on(struct editor *editor, const char *name,
			   struct error *error)
{
	const struct command *command = command_find(name, strlen(name),
						     error);
	char usage[200];

	if (!command)
		return STATUS_FAILED;
	editor_print(editor, "%s: %s\n",
		     command_usage(command, usage, sizeof usage),
		     command->help);
	return STATUS_DONE;
}

static const char help_top[] =
"Octavo shows a file as bytes and changes it only in memory, until :write.\n"
"Letters move and search, as in less and vi; R overwrites, i inserts, Esc\n"
"goes back.  Esc and ^C only ever cancel.\n"
"\n"
"KEYS\n";

static const char help_language[] =
"\n"
"COMMANDS, at the : prompt: [RANGE] NAME [ARGUMENT]...\n"
"  addresses  4096 0x1000 4K 1G . (cursor) $ (end) 'a (mark) +N -N\n"
"             /re/ ?re? line(N) region(NAME) u32le(A) and + - * / ( )\n"
"  ranges     A,B (without B)  A,+N  % (all)  sel (the selection)\n"
"  data       \"text\"  {7f 45 4c 46}  u32le:258  @FILE\n"
"  patterns   /regex/isuxw, or data, hex with wildcards: {7f ?? 4?}\n"
"  replacing  /regex/text/isuxw: $0 $1 ${name} \\n \\xHH \\U \\L \\E\n"
"             or data, and data in its place\n"
"\n";

static enum status run_help(struct editor *editor,
			    const struct command_call *call,
			    struct error *error)
{
	size_t position = call->position;
	char name[64];

	if (command_word(call, &position, name, sizeof name))
		return help_on(editor, name, error);
	editor_print(editor, "%s", help_top);
	show_keys(editor);
	editor_print(editor, "%s", help_language);
	show_commands(editor);
	editor_print(editor, "\nOPTIONS, for set NAME=VALUE\n");
	show_options(editor);
	return STATUS_DONE;
}

const struct command commands_show[] = {
	{ "print", NULL, COMMAND_RANGE_ALL, 0, "",
	  "print the bytes as xxd does", run_print },
	{ "text", NULL, COMMAND_RANGE_ALL, 0, "",
	  "print the lines that the range is in as they are", run_text },
	{ "info", NULL, COMMAND_NO_RANGE, 0, "[lines]",
	  "say what file this is, and what has changed; or count its lines",
	  run_info },
	{ "save-screen", NULL, COMMAND_NO_RANGE, COMMAND_NO_FILE, "FILE",
	  "write the screen to FILE as text", run_save_screen },
	{ "help", NULL, COMMAND_NO_RANGE, COMMAND_NO_FILE, "[NAME]",
	  "show all keys, commands and options, or one command", run_help },
	{ .name = NULL },
};
