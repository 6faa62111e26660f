/*
 * The command language: a line is parsed into an entry of the tables, the
 * addresses before it and the text behind it, and the entry's function does
 * the rest.  Nothing is changed before the whole front of the line is right.
 */
#include "command/command.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "octavo/escape.h"

static const struct command *const families[] = {
	commands_move, commands_search, commands_highlight, commands_filter,
	commands_edit, commands_bulk, commands_undo, commands_list,
	commands_region, commands_file, commands_outside, commands_export,
	commands_window, commands_show, commands_session, commands_log,
	commands_recovery,
};

const struct command *command_at(size_t index)
{
	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		for (const struct command *entry = families[i]; entry->name;
		     entry++)
			if (index-- == 0)
				return entry;
	return NULL;
}

/* Is NAME (LENGTH bytes) a word of WORDS? */
static bool has_word(const char *words, const char *name, size_t length)
{
	while (words && *words) {
		size_t word = strcspn(words, " ");

		if (word == length && memcmp(words, name, length) == 0)
			return true;
		words += word + (words[word] == ' ');
	}
	return false;
}

const struct command *command_find(const char *name, size_t length,
				   struct error *error)
{
	const struct command *found = NULL;
	char candidates[200] = "";
	size_t count = 0;

	for (size_t i = 0; command_at(i); i++) {
		const struct command *entry = command_at(i);

		if (has_word(entry->name, name, length)
		    || has_word(entry->aliases, name, length))
			return entry;
		if (strncmp(entry->name, name, length) != 0)
			continue;

		size_t used = strlen(candidates);

		snprintf(candidates + used, sizeof candidates - used, "%s%s",
			 used ? ", " : "", entry->name);
		found = entry;
		count++;
	}
	if (count == 1)
		return found;
	if (count == 0)
		error_set(error, "no command %.*s", (int)length, name);
	else
		error_set(error, "%.*s may be %s", (int)length, name,
			  candidates);
	return NULL;
}

static size_t skip_blanks(const char *line, size_t position)
{
	while (line[position] == ' ' || line[position] == '\t')
		position++;
	return position;
}

static size_t name_length(const char *line, size_t position)
{
	size_t length = 0;

	while (isalnum((unsigned char)line[position + length])
	       || (length > 0 && line[position + length] == '-'
		   && isalpha((unsigned char)line[position + length + 1])))
		length++;
	return length;
}

const struct command *command_typed(const char *line, size_t *start)
{
	/* Addresses are skipped without their meaning: a search must not
	 * start for a hint. */
	size_t position = address_skip(line, 0);
	size_t length = name_length(line, position);

	*start = position;
	return length > 0 ? command_find(line + position, length, NULL) : NULL;
}

char *command_usage(const struct command *command, char *text, size_t size)
{
	static const char *const ranges[] = { "", "[ADDRESS] ", "[RANGE] ",
					      "[RANGE] " };

	snprintf(text, size, "%s%s%s%s%s", ranges[command->range],
		 command->name, command->flags & COMMAND_QUERY ? "[!|?]"
		 : command->flags & COMMAND_BANG ? "[!]" : "",
		 command->arguments[0] ? " " : "", command->arguments);
	return text;
}

/* --- what stands before the name --- */

static bool check_range(const struct command *command, unsigned given,
			size_t position, struct error *error)
{
	if (given > 0 && command->range == COMMAND_NO_RANGE)
		return error_set_at(error, position,
				    "%s takes no address before it",
				    command->name);
	if (given > 1 && command->range == COMMAND_ADDRESS)
		return error_set_at(error, position,
				    "%s takes one address, not a range",
				    command->name);
	return true;
}

static bool fill_range(struct editor *editor, struct command_call *call,
		       struct error *error)
{
	const struct command *command = call->command;
	struct buffer *buffer = editor->buffer;

	if (!buffer)
		return true;

	uint64_t size = document_size(buffer->document);

	call->address = call->given > 0 ? call->range.start
					: buffer->view.cursor;
	if (call->given == 1 && command->range >= COMMAND_RANGE) {
		if (call->range.start >= size)
			return error_set(error, "0x%" PRIx64 " is past the "
					 "end", call->range.start);
		call->range = range_of(call->range.start, 1);
	}
	if (call->given > 0 || command->range < COMMAND_RANGE)
		return true;
	if (view_selection(&buffer->view, &call->range)) {
		call->given = 2;
		call->selected = true;
		return true;
	}
	if (command->range == COMMAND_RANGE_ALL)
		call->range = (struct range){ 0, size };
	else
		call->range = range_of(buffer->view.cursor, 0);
	return true;
}

static bool may_run(struct editor *editor, const struct command *command,
		    struct error *error)
{
	if (!editor->buffer && !(command->flags & COMMAND_NO_FILE))
		return error_set(error, "%s needs a file", command->name);
	return !(command->flags & COMMAND_EDITS)
	       || editor_may_edit(editor, error);
}

/* A line that ends after its address goes there. */
static enum status go(struct editor *editor, unsigned given,
		      struct range range, struct error *error)
{
	if (given != 1) {
		error_set(error, "a range needs a command behind it");
		return STATUS_FAILED;
	}
	if (!editor->buffer) {
		error_set(error, "there is no file to go to");
		return STATUS_FAILED;
	}
	editor_end_typing(editor);
	editor_jump(editor, range.start);
	return STATUS_DONE;
}

enum status command_execute(struct editor *editor, const char *line,
			    struct error *error)
{
	struct command_call call = { .line = line };
	size_t position = skip_blanks(line, 0);

	if (line[position] == '\0' || line[position] == '#')
		return STATUS_DONE;
	/* What others have done meanwhile is known before it matters. */
	if (editor->buffer)
		editor_check_file(editor, editor->buffer);
	if (!address_parse_range(editor, line, &position, &call.given,
				 &call.range, error))
		return STATUS_FAILED;

	size_t start = position = skip_blanks(line, position);
	size_t length = name_length(line, position);

	if (length == 0) {
		if (line[position] == '\0')
			return go(editor, call.given, call.range, error);
		error_set_at(error, position, "a command's name is wanted "
			     "here");
		return STATUS_FAILED;
	}
	call.command = command_find(line + position, length, error);
	if (!call.command) {
		if (error)
			error->position = (long)position;
		return STATUS_FAILED;
	}
	position += length;
	if (line[position] == '!' && call.command->flags & COMMAND_BANG) {
		call.bang = true;
		position++;
	} else if (line[position] == '?'
		   && call.command->flags & COMMAND_QUERY) {
		call.query = true;
		position++;
	}
	call.position = skip_blanks(line, position);
	if (!check_range(call.command, call.given, start, error)
	    || !may_run(editor, call.command, error)
	    || !fill_range(editor, &call, error)
	    || (!call.command->arguments[0]
		&& !command_no_more(&call, call.position, error)))
		return STATUS_FAILED;
	if (!(call.command->flags & COMMAND_TYPING))
		editor_end_typing(editor);
	snprintf(editor->output_title, sizeof editor->output_title, "%s",
		 call.command->name);
	return call.command->run(editor, &call, error);
}

bool command_start(struct editor *editor, const char *address,
		   struct error *error)
{
	char line[1024];

	snprintf(line, sizeof line, "goto %s", address);
	if (command_execute(editor, line, error) == STATUS_DONE)
		return true;
	/* The position is in a line that nobody has typed. */
	struct error cause = *error;

	return error_set(error, "cannot start at %s: %s", address,
			 cause.message);
}

/* --- arguments --- */

bool command_at_end(const struct command_call *call, size_t *position)
{
	*position = skip_blanks(call->line, *position);
	return call->line[*position] == '\0';
}

void command_print_path(struct editor *editor, const struct file *file)
{
	const char *path = file_path(file);
	char text[4 * 4096];

	escape_text(text, sizeof text, path, strlen(path));
	editor_print(editor, "%s", text);
}

bool command_no_more(const struct command_call *call, size_t position,
		     struct error *error)
{
	if (command_at_end(call, &position))
		return true;
	return error_set_at(error, position, "%s takes nothing more",
			    call->command->name);
}

bool command_word(const struct command_call *call, size_t *position,
		  char *word, size_t size)
{
	size_t used = 0;

	if (command_at_end(call, position))
		return false;
	while (call->line[*position] && call->line[*position] != ' '
	       && call->line[*position] != '\t') {
		if (used + 1 < size)
			word[used++] = call->line[*position];
		(*position)++;
	}
	word[used] = '\0';
	return true;
}

bool command_number(const struct command_call *call, uint64_t *number,
		    struct error *error)
{
	size_t position = call->position;
	uint64_t value = 0;

	*number = 1;
	if (command_at_end(call, &position))
		return true;
	for (; isdigit((unsigned char)call->line[position]); position++) {
		unsigned digit = (unsigned)(call->line[position] - '0');

		if (value > (UINT64_MAX - digit) / 10)
			return error_set_at(error, call->position,
					    "the number is too large");
		value = 10 * value + digit;
	}
	if (position == call->position
	    || !command_no_more(call, position, NULL))
		return error_set_at(error, position, "a number is wanted "
				    "here");
	*number = value;
	return true;
}

bool command_integer(const struct command_call *call, size_t *position,
		     uint64_t *value, bool *negative, struct error *error)
{
	const char *text = call->line + *position;
	size_t sign = *text == '-' || *text == '+';
	bool hex = text[sign] == '0' && (text[sign + 1] == 'x'
					 || text[sign + 1] == 'X');
	char *end;

	if (!isdigit((unsigned char)text[sign]))
		return true;
	errno = 0;
	*value = strtoull(text + sign, &end, hex ? 16 : 10);
	*negative = *text == '-';
	if (errno == ERANGE)
		return error_set_at(error, *position,
				    "the number is too large");
	*position += (size_t)(end - text);
	return true;
}

bool command_data(const struct command_call *call, struct data *data,
		  struct error *error)
{
	size_t position = call->position;

	if (!data_starts(call->line, position))
		return error_set_at(error, position, "data is wanted: "
				    "\"text\", {hex}, u32le:N or @FILE");
	if (!data_parse(data, call->line, &position, error))
		return false;
	if (command_no_more(call, position, error))
		return true;
	data_free(data);
	return false;
}

bool command_wants_range(const struct command_call *call, struct error *error)
{
	if (call->given == 0)
		return error_set(error, "%s wants a range or a selection: "
				 "v selects", call->command->name);
	return true;
}

bool command_rest(const struct command_call *call, size_t position,
		  char **rest, struct error *error)
{
	*rest = NULL;
	if (command_at_end(call, &position))
		return true;

	size_t length = strlen(call->line + position);

	while (call->line[position + length - 1] == ' '
	       || call->line[position + length - 1] == '\t')
		length--;
	*rest = strndup(call->line + position, length);
	return *rest || error_set_memory(error);
}
