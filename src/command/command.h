/*
 * command: the one language of the prompt, -c, scripts, keys and the
 * configuration file: [RANGE] NAME[!|?] [ARGUMENT]...
 *
 * Each command is an entry of a table, with its help, beside its function;
 * the tables are one a family, a file each.  The parser, the completion, the
 * help screen, `--list commands` and the manual read the same entries.
 *
 * An address alone is `goto`.  Blank lines and lines beginning with # are
 * nothing.
 */
#ifndef OCTAVO_COMMAND_H
#define OCTAVO_COMMAND_H

#include "octavo/data.h"
#include "octavo/editor.h"
#include "octavo/save.h"

enum command_range {
	COMMAND_NO_RANGE,
	COMMAND_ADDRESS,	/* one address may stand before it */
	COMMAND_RANGE,		/* a range; else the selection; else nothing */
	COMMAND_RANGE_ALL,	/* a range; else the selection; else all */
};

enum command_flag {
	COMMAND_EDITS = 1,	/* needs a document that may be edited */
	COMMAND_BANG = 2,	/* takes a ! */
	COMMAND_NO_FILE = 4,	/* works without a file */
	COMMAND_QUERY = 16,	/* takes a ?, which only asks */
	COMMAND_TYPING = 8,	/* does not end the step of typed keys */
};

/* What a command's function gets. */
struct command_call {
	const struct command *command;
	const char *line;	/* the whole line */
	size_t position;	/* of the arguments in it, blanks skipped */
	unsigned given;		/* addresses given before the name: 0, 1, 2 */
	bool selected;		/* two because of the selection */
	struct range range;	/* given, selected or by default */
	uint64_t address;	/* given, else the cursor */
	bool bang;
	bool query;
};

struct command {
	const char *name;
	const char *aliases;	/* parted by blanks, or NULL */
	enum command_range range;
	unsigned flags;
	const char *arguments;	/* as the help shows them; "" for none, and
				 * then none are taken */
	const char *help;	/* one line, lower case, no full stop */
	enum status (*run)(struct editor *editor,
			   const struct command_call *call,
			   struct error *error);
};

/* Where the first region of a process called NAME (LENGTH bytes) begins: its
 * name in full, of a path the last part, of others what is in brackets. */
bool region_find(const struct editor *editor, const char *name, size_t length,
		 uint64_t *start);

/* Runs one line.  STATUS_RUNNING: a task has been started. */
enum status command_execute(struct editor *editor, const char *line,
			    struct error *error);

/* Puts the cursor at ADDRESS, which stands on the command line (-o). */
bool command_start(struct editor *editor, const char *address,
		   struct error *error);

/* All commands, in the order of the help; NULL at the end. */
const struct command *command_at(size_t index);
/* By name, alias or unambiguous beginning of a name (LENGTH bytes). */
const struct command *command_find(const char *name, size_t length,
				   struct error *error);
/* The command whose arguments are being typed in LINE (for the hint), or
 * NULL; *START is where its name begins. */
const struct command *command_typed(const char *line, size_t *start);

/* "[RANGE] NAME ARGUMENTS" in TEXT; returns TEXT. */
char *command_usage(const struct command *command, char *text, size_t size);

/* --- for the command functions --- */

/* A word up to the next blank in WORD (SIZE bytes); false at the end. */
bool command_word(const struct command_call *call, size_t *position,
		  char *word, size_t size);
/* Skips blanks; true at the end of the line. */
bool command_at_end(const struct command_call *call, size_t *position);
/* An error unless nothing but blanks follows. */
bool command_no_more(const struct command_call *call, size_t position,
		     struct error *error);
/* Prints the name of FILE, safe for a terminal and without a newline. */
void command_print_path(struct editor *editor, const struct file *file);
/* An optional decimal count; 1 where there is none. */
bool command_number(const struct command_call *call, uint64_t *number,
		    struct error *error);
/* An optional whole number, decimal or 0x, with a sign, at *POSITION, which is
 * moved behind it: its size in *VALUE, which stays what it was where there is
 * none.  False: it is too large. */
bool command_integer(const struct command_call *call, size_t *position,
		     uint64_t *value, bool *negative, struct error *error);
/* The data behind the command and nothing more; data_free afterwards. */
bool command_data(const struct command_call *call, struct data *data,
		  struct error *error);
/* An error unless a range was given or something is selected. */
bool command_wants_range(const struct command_call *call,
			 struct error *error);
/* The rest of the line, without blanks at its ends, in *REST, to be freed;
 * NULL where there is none.  False: no memory. */
bool command_rest(const struct command_call *call, size_t position,
		  char **rest, struct error *error);

/*
 * Reads an address expression from LINE at *POSITION.  Looks for /re/ from
 * the cursor, waiting for the result.
 */
bool address_parse(struct editor *editor, const char *line, size_t *position,
		   uint64_t *address, struct error *error);
/* Does an address stand at POSITION? */
bool address_starts(const char *line, size_t position);
/* Behind the addresses at POSITION, whatever they mean: they may be
 * unfinished. */
size_t address_skip(const char *line, size_t position);
/* The addresses before a name: 0, 1 or 2 of them in *GIVEN. */
bool address_parse_range(struct editor *editor, const char *line,
			 size_t *position, unsigned *given,
			 struct range *range, struct error *error);

/* The tables of commands, keys and options as text, through editor_print. */
void show_commands(struct editor *editor);
void show_keys(struct editor *editor);
void show_options(struct editor *editor);

/* What more than one family does: opening PATH as a buffer (file.c), the list
 * of buffers (list.c). */
bool command_open(struct editor *editor, const char *path,
		  struct error *error);
void list_buffers(struct editor *editor);
/* Appends BYTES to TEXT, as many as COLUMNS hold (three each): COUNT of them
 * are known, of TOTAL.  Returns the columns taken (list.c). */
size_t command_put_bytes(char *text, size_t columns,
			 const unsigned char *bytes, size_t count,
			 uint64_t total);

/* The families; each ends with name == NULL. */
extern const struct command commands_move[];
extern const struct command commands_search[];
extern const struct command commands_highlight[];
extern const struct command commands_filter[];
extern const struct command commands_edit[];
extern const struct command commands_bulk[];
extern const struct command commands_undo[];
extern const struct command commands_list[];
extern const struct command commands_region[];
extern const struct command commands_file[];
extern const struct command commands_outside[];
extern const struct command commands_window[];
extern const struct command commands_export[];
extern const struct command commands_show[];
extern const struct command commands_session[];
extern const struct command commands_log[];
extern const struct command commands_recovery[];

#endif
