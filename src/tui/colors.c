/*
 * colors: how each role looks, without colours, with 8 and with 16; more than
 * 16 are not needed by any role.
 *
 * The roles that fill the screen differ from the terminal's own colours in
 * the foreground alone, by one of the first 16 colours and no attribute: a
 * change to one of them is one sequence of five bytes.  Offsets, printable
 * bytes and spaces keep the terminal's own colours, so that a page of text
 * costs no sequence at all, and is readable on a light background as on a
 * dark one.  Black, white and bright yellow are never used without a background
 * of ours, for the same reason.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "tui/tui_internal.h"

enum { OWN = -1 };	/* the terminal's own colour */

struct look {
	attr_t plain;		/* attributes where there are no colours */
	attr_t attributes;	/* in addition to colours */
	short ink8;
	short paper8;
	short ink16;
	short paper16;
};

#define OWN_COLORS OWN, OWN, OWN, OWN
#define INK(eight, sixteen) eight, OWN, sixteen, OWN
#define BOTH(ink, paper) ink, paper, ink, paper
#define BRIGHT(color) (8 + (color))

static const struct look looks[ROLE_COUNT] = {
	[ROLE_NORMAL] = { A_NORMAL, A_NORMAL, OWN_COLORS },
	[ROLE_OFFSET] = { A_NORMAL, A_NORMAL, OWN_COLORS },
	[ROLE_ZERO] = { A_NORMAL, A_NORMAL,
			INK(COLOR_BLUE, BRIGHT(COLOR_BLUE)) },
	[ROLE_PRINTABLE] = { A_NORMAL, A_NORMAL, OWN_COLORS },
	[ROLE_SPACE] = { A_NORMAL, A_NORMAL, INK(COLOR_CYAN, COLOR_CYAN) },
	[ROLE_CONTROL] = { A_NORMAL, A_NORMAL, INK(COLOR_GREEN, COLOR_GREEN) },
	[ROLE_HIGH] = { A_NORMAL, A_NORMAL,
			INK(COLOR_MAGENTA, COLOR_MAGENTA) },
	[ROLE_LOST] = { A_REVERSE, A_NORMAL, BOTH(COLOR_WHITE, COLOR_RED) },
	[ROLE_HOLE] = { A_DIM, A_DIM, OWN_COLORS },
	[ROLE_CHANGED] = { A_BOLD | A_UNDERLINE, A_BOLD,
			   INK(COLOR_RED, COLOR_RED) },
	[ROLE_INK_RED] = { A_NORMAL, A_NORMAL, INK(COLOR_RED, COLOR_RED) },
	[ROLE_INK_GREEN] = { A_NORMAL, A_NORMAL, INK(COLOR_GREEN, COLOR_GREEN) },
	[ROLE_INK_YELLOW] = { A_NORMAL, A_NORMAL,
			      INK(COLOR_YELLOW, COLOR_YELLOW) },
	[ROLE_INK_BLUE] = { A_NORMAL, A_NORMAL, INK(COLOR_BLUE, COLOR_BLUE) },
	[ROLE_INK_MAGENTA] = { A_NORMAL, A_NORMAL,
			       INK(COLOR_MAGENTA, COLOR_MAGENTA) },
	[ROLE_INK_CYAN] = { A_NORMAL, A_NORMAL, INK(COLOR_CYAN, COLOR_CYAN) },
	/* In none of them do the selection and the other cursor get lost. */
	[ROLE_RED] = { A_UNDERLINE, A_NORMAL, COLOR_BLACK, COLOR_RED,
		       COLOR_BLACK, BRIGHT(COLOR_RED) },
	[ROLE_GREEN] = { A_UNDERLINE, A_NORMAL, COLOR_BLACK, COLOR_GREEN,
			 COLOR_BLACK, BRIGHT(COLOR_GREEN) },
	[ROLE_YELLOW] = { A_UNDERLINE, A_NORMAL, COLOR_BLACK, COLOR_YELLOW,
			  COLOR_BLACK, BRIGHT(COLOR_YELLOW) },
	[ROLE_BLUE] = { A_UNDERLINE, A_NORMAL, COLOR_BLACK, COLOR_BLUE,
			COLOR_BLACK, BRIGHT(COLOR_BLUE) },
	[ROLE_MAGENTA] = { A_UNDERLINE, A_NORMAL, COLOR_BLACK, COLOR_MAGENTA,
			   COLOR_BLACK, BRIGHT(COLOR_MAGENTA) },
	[ROLE_CYAN] = { A_UNDERLINE, A_UNDERLINE, COLOR_BLACK, COLOR_CYAN,
			COLOR_BLACK, BRIGHT(COLOR_CYAN) },
	[ROLE_REVERSE] = { A_REVERSE, A_REVERSE, OWN_COLORS },
	[ROLE_MATCH] = { A_UNDERLINE, A_NORMAL,
			 BOTH(COLOR_BLACK, COLOR_YELLOW) },
	[ROLE_SELECTION] = { A_REVERSE, A_NORMAL,
			     BOTH(COLOR_WHITE, COLOR_BLUE) },
	[ROLE_CURSOR] = { A_REVERSE | A_BOLD, A_REVERSE, OWN_COLORS },
	[ROLE_CURSOR_OTHER] = { A_BOLD | A_UNDERLINE, A_NORMAL,
				BOTH(COLOR_BLACK, COLOR_CYAN) },
	[ROLE_STATUS] = { A_REVERSE, A_REVERSE, OWN_COLORS },
	[ROLE_STATUS_MODE] = { A_REVERSE | A_BOLD, A_NORMAL,
			       BOTH(COLOR_BLACK, COLOR_GREEN) },
	[ROLE_STATUS_OTHER] = { A_UNDERLINE, A_UNDERLINE, OWN_COLORS },
	[ROLE_MESSAGE] = { A_NORMAL, A_NORMAL, OWN_COLORS },
	[ROLE_ERROR] = { A_BOLD, A_BOLD, INK(COLOR_RED, COLOR_RED) },
	[ROLE_BANNER] = { A_REVERSE | A_BOLD, A_BOLD,
			  BOTH(COLOR_WHITE, COLOR_RED) },
	[ROLE_KEY] = { A_NORMAL, A_NORMAL, OWN_COLORS },
	[ROLE_KEY_LABEL] = { A_REVERSE, A_NORMAL,
			     BOTH(COLOR_BLACK, COLOR_CYAN) },
	[ROLE_PROMPT] = { A_BOLD, A_BOLD, OWN_COLORS },
	[ROLE_INPUT] = { A_NORMAL, A_NORMAL, OWN_COLORS },
	[ROLE_HINT] = { A_NORMAL, A_NORMAL, INK(COLOR_CYAN, COLOR_CYAN) },
	[ROLE_SCROLL] = { A_NORMAL, A_NORMAL, OWN_COLORS },
	[ROLE_SCROLL_THUMB] = { A_REVERSE, A_REVERSE, OWN_COLORS },
	[ROLE_TITLE] = { A_REVERSE | A_BOLD, A_REVERSE | A_BOLD, OWN_COLORS },
};

static struct style styles[ROLE_COUNT];
static bool started;

/* Pair ROLE + 1, or the pair of an earlier role with the same colours: two
 * pairs of one look would be told apart, at a sequence each. */
static short colors_pair(enum role role, short inks[], short papers[])
{
	for (int i = 0; i < (int)role; i++)
		if (inks[i] == inks[role] && papers[i] == papers[role])
			return (short)(i + 1);
	short pair = (short)(role + 1);
	init_pair(pair, inks[role], papers[role]);
	return pair;
}

static void colors_plain(void)
{
	for (int role = 0; role < ROLE_COUNT; role++) {
		attr_t plain = looks[role].plain;
		styles[role] = (struct style){ .attributes = plain,
			.ink_only = !(plain & (A_REVERSE | A_UNDERLINE)) };
	}
}

static void colors_paint(bool sixteen)
{
	short inks[ROLE_COUNT];
	short papers[ROLE_COUNT];
	for (int role = 0; role < ROLE_COUNT; role++) {
		const struct look *look = &looks[role];
		inks[role] = sixteen ? look->ink16 : look->ink8;
		papers[role] = sixteen ? look->paper16 : look->paper8;
		styles[role] = (struct style){
			.attributes = look->attributes,
			.pair = colors_pair((enum role)role, inks, papers),
			.ink_only = papers[role] == OWN &&
				!(look->attributes & A_REVERSE),
		};
	}
}

/* start_color itself sends a colour sequence, so it waits until colours are
 * wanted.  A terminal that cannot return to its own colours would leave us
 * no colour for what is written without one. */
static bool colors_start(void)
{
	if (!started)
		started = has_colors() && start_color() == OK &&
			use_default_colors() == OK;
	return started;
}

void colors_choose(long limit)
{
	if (limit >= 8 && colors_start() && COLORS >= 8 &&
	    COLOR_PAIRS > ROLE_COUNT)
		colors_paint(limit >= 16 && COLORS >= 16);
	else
		colors_plain();
}

long colors_limit(const struct options *options)
{
	const char *no_color = getenv("NO_COLOR");
	if (no_color && *no_color)
		return 0;
	char text[64];
	option_format(OPTION_COLOR, options->values[OPTION_COLOR], text,
		      sizeof(text));
	const char *equals = strchr(text, '=');
	const char *value = equals ? equals + 1 : text;
	if (strcmp(value, "never") == 0)
		return 0;
	long limit = strtol(value, NULL, 10);
	return limit > 0 ? limit : LONG_MAX;
}

struct style colors_style(enum role role)
{
	return styles[role];
}
