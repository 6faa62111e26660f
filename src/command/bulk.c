/*
 * Commands that change all of a range at once.  Long ones run beside the
 * screen (task_edit.c).
 */
#include <inttypes.h>
#include <stdlib.h>

#include "command/command.h"

/* --- replace --- */

/* What is looked for, and what that becomes. */
struct replacing {
	struct pattern *pattern;
	struct replacement *replacement;
};

/* /regex/replacement/flags at *POSITION. */
static bool take_regex(const char *line, size_t *position,
		       struct replacing *replacing, struct error *error)
{
	size_t start, length;

	replacing->pattern = pattern_parse_replace(line, position, &start,
						   &length, error);
	if (!replacing->pattern)
		return false;
	replacing->replacement = replacement_new(replacing->pattern,
						 line + start, length, error);
	if (replacing->replacement)
		return true;
	if (error && error->position != ERROR_NO_POSITION)
		error->position += (long)start;
	return false;
}

/* Data, and data in its place. */
static bool take_data(const struct command_call *call, size_t *position,
		      struct replacing *replacing, struct error *error)
{
	struct data data;

	replacing->pattern = pattern_parse(call->line, position, error);
	if (!replacing->pattern)
		return false;
	command_at_end(call, position);
	if (!data_parse(&data, call->line, position, error))
		return false;
	replacing->replacement = replacement_of_bytes(data.bytes, data.length,
						      error);
	data_free(&data);
	return replacing->replacement != NULL;
}

typedef bool take_function(const struct command_call *call, size_t *position,
			   struct replacing *replacing, struct error *error);

static bool take_replace(const struct command_call *call, size_t *position,
			 struct replacing *replacing, struct error *error)
{
	if (command_at_end(call, position))
		return error_set_at(error, *position, "what becomes what? "
				    "/regex/replacement/flags, or data and "
				    "data");
	return pattern_is_data(call->line, *position)
		       ? take_data(call, position, replacing, error)
		       : take_regex(call->line, position, replacing, error);
}

/* A pattern, and data to cover its matches with. */
static bool take_mask(const struct command_call *call, size_t *position,
		      struct replacing *replacing, struct error *error)
{
	struct data data = { .bytes = NULL };
	bool given;

	if (command_at_end(call, position))
		return error_set_at(error, *position, "a pattern is wanted: "
				    "/regex/flags, \"text\" or {hex}");
	replacing->pattern = pattern_parse(call->line, position, error);
	if (!replacing->pattern)
		return false;
	given = !command_at_end(call, position);
	if (given && !data_parse(&data, call->line, position, error))
		return false;
	if (given && data.length == 0) {
		data_free(&data);
		return error_set_at(error, *position, "data of a byte or "
				    "more is wanted");
	}
	replacing->replacement =
		given
			? replacement_of_filler(data.bytes, data.length, error)
			: replacement_of_filler("*", 1, error);
	data_free(&data);
	return replacing->replacement != NULL;
}

/* The pattern becomes the editor's. */
static struct replacement *take_replacement(struct editor *editor,
					    const struct command_call *call,
					    take_function *take,
					    struct error *error)
{
	struct replacing replacing = { NULL, NULL };
	size_t position = call->position;

	if (!take(call, &position, &replacing, error)
	    || !command_no_more(call, position, error)) {
		replacement_free(replacing.replacement);
		pattern_free(replacing.pattern);
		return NULL;
	}
	editor_set_pattern(editor, replacing.pattern);
	return replacing.replacement;
}

static enum status replace_with(struct editor *editor,
				const struct command_call *call,
				take_function *take, struct error *error)
{
	struct replacement *replacement = take_replacement(editor, call, take,
							   error);

	return replacement
	       && editor_replace(editor, call->range, call->selected,
				 replacement, error)
		       ? STATUS_RUNNING : STATUS_FAILED;
}

static enum status run_replace(struct editor *editor,
			       const struct command_call *call,
			       struct error *error)
{
	return replace_with(editor, call, take_replace, error);
}

static enum status run_mask(struct editor *editor,
			    const struct command_call *call,
			    struct error *error)
{
	return replace_with(editor, call, take_mask, error);
}

static enum status run_replace_ask(struct editor *editor,
				   const struct command_call *call,
				   struct error *error)
{
	struct replacement *replacement;

	if (!editor->interactive) {
		error_set(error, "nobody is there to answer: replace does not "
			  "ask");
		return STATUS_FAILED;
	}
	replacement = take_replacement(editor, call, take_replace, error);
	return replacement
	       && editor_replace_ask(editor, call->range, replacement, error)
		       ? STATUS_RUNNING : STATUS_FAILED;
}

static enum status run_answer(struct editor *editor,
			      const struct command_call *call,
			      struct error *error)
{
	size_t position = call->position;
	char word[16] = "";

	command_word(call, &position, word, sizeof word);
	return command_no_more(call, position, error)
		       ? editor_answer(editor, word, error) : STATUS_FAILED;
}

/* --- transformations --- */

/* Takes PLAN's data over. */
static enum status transform(struct editor *editor,
			     const struct command_call *call,
			     struct transform_plan *plan, struct error *error)
{
	plan->document = editor->buffer->document;
	return editor_transform(editor, plan, call->selected, error);
}

/* xor, and, or, add: the command's name is the transformation's. */
static enum status run_with_data(struct editor *editor,
				 const struct command_call *call,
				 struct error *error)
{
	struct transform_plan plan = {
		.range = call->range,
		.what = transformation_find(call->command->name),
	};
	size_t position = call->position;

	if (!command_wants_range(call, error)
	    || !command_data(call, &plan.data, error))
		return STATUS_FAILED;
	data_type_parse(&plan.type, call->line, &position);
	return transform(editor, call, &plan, error);
}

/* shift, swap: with a number. */
static enum status run_with_number(struct editor *editor,
				   const struct command_call *call,
				   struct error *error)
{
	struct transform_plan plan = {
		.range = call->range,
		.what = transformation_find(call->command->name),
	};
	size_t position = call->position;
	uint64_t value = 0;
	bool negative = false;

	if (!command_wants_range(call, error)
	    || !command_integer(call, &position, &value, &negative, error))
		return STATUS_FAILED;
	if (position == call->position || value > INT64_MAX) {
		error_set_at(error, position, position == call->position
			     ? "a number is wanted here"
			     : "the number is too large");
		return STATUS_FAILED;
	}
	if (!command_no_more(call, position, error))
		return STATUS_FAILED;
	plan.number = negative ? -(int64_t)value : (int64_t)value;
	return transform(editor, call, &plan, error);
}

static enum status run_reverse(struct editor *editor,
			       const struct command_call *call,
			       struct error *error)
{
	struct transform_plan plan = {
		.range = call->range,
		.what = transformation_find("reverse"),
	};

	return command_wants_range(call, error)
		       ? transform(editor, call, &plan, error)
		       : STATUS_FAILED;
}

/* [N] [TYPE] */
static bool take_increment(const struct command_call *call, uint64_t *value,
			   struct data_type *type, struct error *error)
{
	size_t position = call->position;
	bool negative = false;

	*value = 1;
	*type = (struct data_type){ 'u', 1, false };
	if (!command_integer(call, &position, value, &negative, error))
		return false;
	if (negative)
		*value = -*value;
	if (!command_at_end(call, &position)
	    && (!data_type_parse(type, call->line, &position)
		|| type->kind == 'f'))
		return error_set_at(error, position, "increment takes a whole "
				    "number and one of u8 i8 u16le u16be ... "
				    "i64be");
	return command_no_more(call, position, error);
}

/* One number is added to: as add does it with a range of one. */
static enum status run_increment(struct editor *editor,
				 const struct command_call *call,
				 struct error *error)
{
	struct transform_plan plan = { .what = transformation_find("add") };
	uint64_t size = document_size(editor->buffer->document);
	uint64_t value;

	if (!take_increment(call, &value, &plan.type, error))
		return STATUS_FAILED;
	if (call->address > size || size - call->address < plan.type.size) {
		error_set(error, "there are no %d bytes at 0x%" PRIx64,
			  plan.type.size, call->address);
		return STATUS_FAILED;
	}
	plan.range = range_of(call->address, plan.type.size);
	plan.data.length = plan.type.size;
	plan.data.bytes = malloc(plan.type.size);
	if (!plan.data.bytes) {
		error_set_memory(error);
		return STATUS_FAILED;
	}
	data_put_number(plan.type, value, plan.data.bytes);
	return transform(editor, call, &plan, error);
}

const struct command commands_bulk[] = {
	{ "replace", NULL, COMMAND_RANGE_ALL, COMMAND_EDITS,
	  "/REGEX/TEXT/FLAGS",
	  "replace all matches; in TEXT $0 $1 ${name} are what was matched; "
	  "or DATA DATA", run_replace },
	{ "replace-ask", NULL, COMMAND_RANGE_ALL, COMMAND_EDITS,
	  "/REGEX/TEXT/FLAGS",
	  "the same, but ask at each place: y n a q; nothing changes before "
	  "the end", run_replace_ask },
	{ "mask", NULL, COMMAND_RANGE_ALL, COMMAND_EDITS, "PATTERN [DATA]",
	  "every match becomes as many *, or data over and over: its length "
	  "stays", run_mask },
	{ "answer", NULL, COMMAND_NO_RANGE, 0, "yes|no|all|quit|cancel",
	  "answer the question of replace-ask", run_answer },
	{ "xor", NULL, COMMAND_RANGE, COMMAND_EDITS, "DATA",
	  "exclusive or of the range or the selection with data over and over",
	  run_with_data },
	{ "and", NULL, COMMAND_RANGE, COMMAND_EDITS, "DATA",
	  "bitwise and with data over and over", run_with_data },
	{ "or", NULL, COMMAND_RANGE, COMMAND_EDITS, "DATA",
	  "bitwise or with data over and over", run_with_data },
	{ "add", NULL, COMMAND_RANGE, COMMAND_EDITS, "DATA",
	  "add data over and over, each byte by itself; u32le:N is added to "
	  "each number of that type, with carry; all wrap around",
	  run_with_data },
	{ "shift", NULL, COMMAND_RANGE, COMMAND_EDITS, "N",
	  "shift the range or the selection, as one row of bits, by N to the "
	  "left (towards its start), or by -N to the right; zeros come in",
	  run_with_number },
	{ "reverse", NULL, COMMAND_RANGE, COMMAND_EDITS, "",
	  "turn the range or the selection round: the last byte comes first",
	  run_reverse },
	{ "swap", NULL, COMMAND_RANGE, COMMAND_EDITS, "2|4|8",
	  "turn each unit of so many bytes round: the other byte order",
	  run_with_number },
	{ "increment", NULL, COMMAND_ADDRESS, COMMAND_EDITS, "[N] [TYPE]",
	  "add N (1; may be negative) to the number at the cursor or the "
	  "address, a u8 or u16le i32be ...; it wraps around", run_increment },
	{ .name = NULL },
};
