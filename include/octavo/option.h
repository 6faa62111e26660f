/*
 * option: what `set NAME=VALUE` can set: names, types, limits, help, in one
 * table that the parser, the help and the manual read.
 */
#ifndef OCTAVO_OPTION_H
#define OCTAVO_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "octavo/error.h"

enum option_id {
	OPTION_BYTES_PER_ROW,
	OPTION_GROUP,
	OPTION_FOLD_HOLES,
	OPTION_MODE,
	OPTION_WRAP,
	OPTION_TAB_WIDTH,
	OPTION_ENCODING,
	OPTION_ANSI,
	OPTION_LINE_NUMBERS,
	OPTION_COLOR,
	OPTION_MOUSE,
	OPTION_WRAP_SEARCH,
	OPTION_COUNT_MATCHES,
	OPTION_SCROLL_TOGETHER,
	OPTION_WORKERS,
	OPTION_MATCH_LIMIT,
	OPTION_HEAP_LIMIT,
	OPTION_STACK_LIMIT,
	OPTION_WRITE_METHOD,
	OPTION_BACKUP,
	OPTION_SCREEN_COLUMNS,
	OPTION_SCREEN_ROWS,
	OPTION_COUNT
};

enum option_type { OPTION_NUMBER, OPTION_BOOLEAN, OPTION_CHOICE };

struct option_entry {
	const char *name;
	enum option_type type;
	long initial;
	long minimum;
	long maximum;
	const char *choices;	/* names parted by blanks; value = index */
	const char *help;
};

extern const struct option_entry option_table[OPTION_COUNT];

struct options {
	long values[OPTION_COUNT];
};

void options_init(struct options *options);

/* "NAME=VALUE"; a boolean (on off, also yes no, true false, 1 0) also as "NAME"
 * and "noNAME".  Numbers are decimal or 0x.  Names may be cut short where that
 * is unambiguous.  *ID (may be NULL) says which was set. */
bool options_set(struct options *options, const char *text, enum option_id *id,
		 struct error *error);

/* "NAME=VALUE" as `set` would take it, in TEXT; returns TEXT. */
char *option_format(enum option_id id, long value, char *text, size_t size);

#endif
