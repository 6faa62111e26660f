/*
 * Commands that hand the document on in another form, and take it from one:
 * export, apply.
 *
 * A format of export is an entry of a table, with its help beside the function
 * that makes it; where the bytes go is not its business.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "octavo/data.h"
#include "octavo/patch.h"

/* --- export --- */

/* What is exported, and in which format. */
struct export {
	const struct document *document;
	const char *path;	/* NULL: to be printed */
	const struct export_format *format;
};

struct export_format {
	const char *name;
	const char *help;
	bool binary;		/* nothing for a panel */
	bool (*make)(const struct export *export, save_sink *put, void *sink,
		     struct error *error);
};

static bool make_patch(const struct export *export, save_sink *put,
		       void *sink, struct error *error)
{
	return patch_write(export->document, export->path
			   ? patch_format_of(export->path) : PATCH_TEXT, put,
			   sink, error);
}

static bool make_ips(const struct export *export, save_sink *put, void *sink,
		     struct error *error)
{
	return patch_write(export->document, PATCH_IPS, put, sink, error);
}

static bool make_bps(const struct export *export, save_sink *put, void *sink,
		     struct error *error)
{
	return patch_write(export->document, PATCH_BPS, put, sink, error);
}

static const struct export_format formats[] = {
	{ "patch", "the unsaved changes as a patch: text, or by FILE's ending "
	  ".ips or .bps", false, make_patch },
	{ "ips", "the unsaved changes as an IPS patch", true, make_ips },
	{ "bps", "the unsaved changes as a BPS patch", true, make_bps },
};

enum { FORMATS = sizeof formats / sizeof *formats };

static const struct export_format *find_format(const char *name)
{
	for (int i = 0; i < FORMATS; i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}

static bool make(void *context, save_sink *put, void *sink,
		 struct error *error)
{
	const struct export *export = context;

	return export->format->make(export, put, sink, error);
}

struct output {
	struct editor *editor;
	bool full;
};

static bool print(void *sink, const void *bytes, size_t length,
		  struct error *error)
{
	struct output *output = sink;

	(void)error;
	output->full = !editor_print_bytes(output->editor, bytes, length);
	return !output->full;
}

/* To the panel or standard output. */
static bool print_export(struct editor *editor, struct export *export,
			 struct error *error)
{
	struct output output = { editor, false };

	if (editor->interactive && export->format->binary)
		return error_set(error, "export %s wants a FILE",
				 export->format->name);
	return make(export, print, &output, error) || output.full;
}

static void list_formats(struct editor *editor)
{
	for (int i = 0; i < FORMATS; i++)
		editor_print(editor, "%-7s  %s\n", formats[i].name,
			     formats[i].help);
}

static enum status run_export(struct editor *editor,
			      const struct command_call *call,
			      struct error *error)
{
	struct export export = { .document = editor->buffer->document };
	size_t position = call->position;
	char name[16];
	char *path;

	if (!command_word(call, &position, name, sizeof name)) {
		list_formats(editor);
		return STATUS_DONE;
	}
	export.format = find_format(name);
	if (!export.format) {
		error_set_at(error, call->position, "no format %s; export "
			     "alone lists them", name);
		return STATUS_FAILED;
	}
	if (!command_rest(call, position, &path, error))
		return STATUS_FAILED;
	export.path = path;

	enum status status = path
		? editor_write_made(editor, make, &export, path, call->bang,
				    error)
		: print_export(editor, &export, error) ? STATUS_DONE
						       : STATUS_FAILED;

	free(path);
	return status;
}

/* --- apply --- */

static void say_applied(struct editor *editor,
			const struct patch_report *report)
{
	static const char *const notes[] = {
		[PATCH_TEXT] = "what the patch omits was not checked",
		[PATCH_IPS] = "IPS has no old bytes, so none were checked",
		[PATCH_BPS] = "",
	};
	const char *note = report->unchecked ? notes[report->format] : "";

	if (editor->interactive) {
		editor_message(editor, "applied %" PRIu64 " changes%s%s",
			       report->changes, *note ? "; " : "", note);
		return;
	}
	editor_print(editor, "applied %" PRIu64 " changes\n",
		     report->changes);
	if (*note)
		editor_message(editor, "%s", note);
}

static enum status run_apply(struct editor *editor,
			     const struct command_call *call,
			     struct error *error)
{
	struct patch_report report;
	struct data data;
	char *path;

	if (!command_rest(call, call->position, &path, error))
		return STATUS_FAILED;
	if (!path) {
		error_set(error, "which patch?");
		return STATUS_FAILED;
	}

	bool done = data_read_file(&data, path, error);

	if (done) {
		done = patch_apply(editor->buffer->document, path, data.bytes,
				   data.length, &report, error);
		data_free(&data);
	}
	free(path);
	if (!done)
		return STATUS_FAILED;
	/* Where the cursor was follows its byte. */
	if (report.changes > 0)
		editor_jump(editor, report.touched.start);
	editor_edited(editor, report.touched, report.length);
	say_applied(editor, &report);
	return STATUS_DONE;
}

const struct command commands_export[] = {
	{ "export", NULL, COMMAND_NO_RANGE, COMMAND_BANG, "[FORMAT] [FILE]",
	  "hand on what FORMAT says, such as a patch, to FILE (! overwrites "
	  "it) or as output; alone: list the formats", run_export },
	{ "apply", NULL, COMMAND_NO_RANGE, COMMAND_EDITS, "FILE",
	  "apply a patch, text, IPS or BPS, as one step", run_apply },
	{ .name = NULL },
};
