/*
 * The command line: which files, which commands, with a terminal or without.
 */
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/command.h"
#include "octavo/batch.h"
#include "octavo/config.h"
#include "octavo/input.h"
#include "tui/tui.h"



struct arguments {
	const char **commands;	/* -c, in order; room for all words */
	size_t command_count;
	const char **files;
	size_t file_count;
	char **processes;	/* of files, those that are made here */
	size_t process_count;
	const char *address;
	const char *keymap;
	const char *list;
	bool batch;
	bool read_only;
	bool text_mode;
	bool no_config;
	bool no_log;
	struct editor_recovery recovery;
	bool help;
	bool version;
};

static const char usage[] =
"usage: octavo [OPTION]... [FILE]...       browse and edit\n"
"       octavo -b [-c COMMAND]... [FILE]...\n"
"                                          run commands without a terminal\n"
"       command | octavo -                 browse what comes through a pipe\n"
"\n"
"  -c COMMAND           run it once the file is open (any number of them)\n"
"  -b                   batch: results on standard output; without -c the\n"
"                       commands come from standard input\n"
"  -o ADDRESS, +ADDRESS start there\n"
"  -t                   text mode\n"
"  -R                   read-only\n"
"  --pid N              the memory of process N (any number of them)\n"
"  --device             open character devices too\n"
"  -k NAME              keymap: octavo, vi, less, hexedit, mc, emacs, hiew\n"
"  --list WHAT          print the table of commands, keys or options\n"
"  --no-config          do not read the configuration file\n"
"  --no-log             do not keep a log of unsaved edits\n"
"  --recover ACTION     where a write was interrupted: finish, undo or ignore\n"
"  -h, -V               this help; the version\n";

static int usage_error(const char *message, const char *what)
{
	struct error error;

	error_set(&error, "%s%s (octavo -h helps)", message, what);
	batch_error(&error, NULL);
	return STATUS_FAILED;
}

/* A process is opened by the name of its memory. */
static int take_process(struct arguments *arguments, const char *number)
{
	enum { DIGITS = 10 };
	static const char form[] = "/proc/%s/mem";
	size_t length = strlen(number);
	char *path;

	if (length == 0 || length > DIGITS ||
	    strspn(number, "0123456789") != length)
		return usage_error("--pid takes the number of a process", "");
	path = malloc(sizeof form + length);
	if (!path)
		return usage_error("out of memory", "");
	sprintf(path, form, number);
	arguments->processes[arguments->process_count++] = path;
	arguments->files[arguments->file_count++] = path;
	return STATUS_DONE;
}

/* WORD is what stands on the command line, for the error. */
static int take_option(struct arguments *arguments, int option,
		       const char *word)
{
	char letter[] = "-?";

	switch (option) {
	case 'b':
		arguments->batch = true;
		break;
	case 'c':
		arguments->commands[arguments->command_count++] = optarg;
		break;
	case 'h':
		arguments->help = true;
		break;
	case 'k':
		arguments->keymap = optarg;
		break;
	case 'l':
		arguments->list = optarg;
		break;
	case 'n':
		arguments->no_config = true;
		break;
	case 'L':
		arguments->no_log = true;
		break;
	case 'r':
		arguments->recovery.wanted = true;
		if (!recovery_action_parse(optarg,
					   &arguments->recovery.action,
					   &arguments->recovery.insist))
			return usage_error("--recover takes finish, undo or "
					   "ignore", "");
		break;
	case 'p':
		return take_process(arguments, optarg);
	case 'd':
		file_allow_characters();
		break;
	case 'o':
		arguments->address = optarg;
		break;
	case 'R':
		arguments->read_only = true;
		break;
	case 'V':
		arguments->version = true;
		break;
	case 't':
		arguments->text_mode = true;
		break;
	case ':':
		return usage_error("an argument is missing behind ", word);
	default:
		letter[1] = (char)optopt;
		return usage_error("there is no option ",
				   optopt ? letter : word);
	}
	return STATUS_DONE;
}

static int parse(struct arguments *arguments, int argc, char **argv)
{
	static const struct option options[] = {
		{ "list", required_argument, NULL, 'l' },
		{ "no-config", no_argument, NULL, 'n' },
		{ "no-log", no_argument, NULL, 'L' },
		{ "recover", required_argument, NULL, 'r' },
		{ "pid", required_argument, NULL, 'p' },
		{ "device", no_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":bc:hk:o:RtV", options, NULL))
	       != -1) {
		int status = take_option(arguments, option, argv[optind - 1]);

		if (status != STATUS_DONE)
			return status;
	}
	for (int i = optind; i < argc; i++) {
		if (argv[i][0] == '+' && argv[i][1])
			arguments->address = argv[i] + 1;
		else
			arguments->files[arguments->file_count++] = argv[i];
	}
	return STATUS_DONE;
}

static void print(void *context, const char *bytes, size_t length)
{
	(void)context;
	fwrite(bytes, 1, length, stdout);
}

static int list(struct editor *editor, const char *what)
{
	editor->print = print;
	if (strcmp(what, "commands") == 0)
		show_commands(editor);
	else if (strcmp(what, "keys") == 0)
		show_keys(editor);
	else if (strcmp(what, "options") == 0)
		show_options(editor);
	else
		return usage_error("--list takes commands, keys or options",
				   "");
	return STATUS_DONE;
}

/* What the command line says holds before what the configuration does. */
static bool take_mode(struct editor *editor, const struct arguments *arguments,
		      struct error *error)
{
	return !arguments->text_mode
	       || options_set(&editor->options, "mode=text", NULL, error);
}

static bool open_files(struct editor *editor,
		       const struct arguments *arguments, struct error *error)
{
	file_progress *progress = arguments->batch ? NULL
						   : tui_spool_progress;
	bool stopped = false;

	for (size_t i = 0; i < arguments->file_count; i++) {
		if (!editor_open(editor, arguments->files[i], progress,
				 &stopped, error))
			return false;
		if (arguments->batch)
			batch_message(editor);
	}
	if (editor->buffer_count > 1)
		editor_select_buffer(editor, 0);
	if (stopped)
		editor_message(editor, "reading was stopped: this is only "
			       "the beginning");
	return true;
}

static bool go_to_start(struct editor *editor,
			const struct arguments *arguments,
			struct error *error)
{
	return !arguments->address
	       || command_start(editor, arguments->address, error);
}

static bool take_keys(void *context, const char *keys, struct error *error)
{
	return input_keys(context, keys, error);
}

static int run_batch_one(struct editor *editor,
			 const struct arguments *arguments)
{
	struct error error = ERROR_NONE;

	if (!open_files(editor, arguments, &error)
	    || !go_to_start(editor, arguments, &error)) {
		batch_error(&error, NULL);
		return STATUS_FAILED;
	}
	return batch_run(editor, arguments->commands,
			 arguments->command_count);
}

static int run_batch(struct editor *editor, const struct arguments *arguments)
{
	struct error error = ERROR_NONE;
	struct input *input = input_new(editor, &error);
	int status;

	if (!input || !take_mode(editor, arguments, &error)) {
		input_free(input);
		batch_error(&error, NULL);
		return STATUS_FAILED;
	}
	editor->hooks.context = input;
	editor->hooks.keys = take_keys;
	if (arguments->file_count > 1)
		status = batch_run_files(editor, arguments->files,
					 arguments->file_count,
					 arguments->address,
					 arguments->commands,
					 arguments->command_count);
	else
		status = run_batch_one(editor, arguments);
	input_free(input);
	return status;
}

/* The commands of -c, before the first key. */
static void run_commands(struct editor *editor,
			 const struct arguments *arguments)
{
	for (size_t i = 0; i < arguments->command_count; i++) {
		struct error error = ERROR_NONE;
		enum status status = command_execute(editor,
						     arguments->commands[i],
						     &error);

		if (status == STATUS_RUNNING)
			status = editor_wait(editor, &error);
		editor_show_output(editor);
		if (status == STATUS_FAILED || status == STATUS_NOTHING) {
			editor_show_error(editor, &error);
			return;
		}
	}
}

static int run_terminal(struct editor *editor,
			const struct arguments *arguments)
{
	struct error error = ERROR_NONE;

	if (arguments->file_count == 0)
		return usage_error("which file?", "");
	editor->interactive = true;
	/* Those who name a place, or commands, want all of it to be there. */
	if (!arguments->address && arguments->command_count == 0)
		file_let_input_flow();
	/* The terminal first: its handlers lie below those of a mapping. */
	if ((!arguments->no_config && !config_load(editor, &error))
	    || !take_mode(editor, arguments, &error)
	    || !tui_start(editor, &error)
	    || !open_files(editor, arguments, &error)
	    || !go_to_start(editor, arguments, &error)) {
		tui_stop();
		batch_error(&error, NULL);
		return STATUS_FAILED;
	}
	run_commands(editor, arguments);

	int status = editor->quit ? STATUS_DONE : tui_run(editor);

	tui_stop();
	return status;
}

static int run(struct editor *editor, const struct arguments *arguments)
{
	struct error error = ERROR_NONE;

	if (arguments->keymap) {
		struct keymap *keymap = keymap_new(arguments->keymap, &error);

		if (!keymap) {
			batch_error(&error, NULL);
			return STATUS_FAILED;
		}
		keymap_free(editor->keymap);
		editor->keymap = keymap;
	}
	editor->read_only = arguments->read_only;
	editor->recovery = arguments->recovery;
	if (!arguments->no_log)
		editor->logs = arguments->batch ? EDITOR_LOGS_TOLD
						: EDITOR_LOGS_KEPT;
	if (arguments->list)
		return list(editor, arguments->list);
	return arguments->batch ? run_batch(editor, arguments)
				: run_terminal(editor, arguments);
}

int main(int argc, char **argv)
{
	struct arguments arguments = {
		.commands = calloc((size_t)argc, sizeof *arguments.commands),
		.files = calloc((size_t)argc + 1, sizeof *arguments.files),
		.processes = calloc((size_t)argc,
				    sizeof *arguments.processes),
	};
	struct error error = ERROR_NONE;
	struct editor *editor = NULL;
	int status = STATUS_FAILED;

	/* Characters are the user's; numbers and messages are the same
	 * everywhere, as scripts rely on them. */
	setlocale(LC_CTYPE, "");
	/* A file that may not become that long is an error like others. */
	signal(SIGXFSZ, SIG_IGN);
	if (!arguments.commands || !arguments.files || !arguments.processes) {
		error_set_memory(&error);
		batch_error(&error, NULL);
		goto out;
	}
	if (geteuid() != getuid()) {
		error_set(&error, "must not be run with raised rights");
		batch_error(&error, NULL);
		goto out;
	}
	status = parse(&arguments, argc, argv);
	if (status != STATUS_DONE)
		goto out;
	if (arguments.help || arguments.version) {
		fputs(arguments.help ? usage : "octavo " OCTAVO_VERSION "\n", stdout);
		goto out;
	}
	editor = editor_new(&error);
	if (editor) {
		status = run(editor, &arguments);
	} else {
		batch_error(&error, NULL);
		status = STATUS_FAILED;
	}
out:
	editor_free(editor);
	while (arguments.process_count > 0)
		free(arguments.processes[--arguments.process_count]);
	free(arguments.processes);
	free(arguments.commands);
	free(arguments.files);
	return status;
}
