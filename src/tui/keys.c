/*
 * keys: what ncurses reads, in the numbers of octavo/key.h.
 *
 * Keys are read through a pad of their own: reading through the screen's
 * window would draw it as a side effect.
 *
 * A sequence that the terminal's description does not know is taken whole: its
 * letters are no keys, or Shift-F3 (Esc [ 1 ; 2 R) would start to overwrite.
 */
#include <string.h>

#include "octavo/key.h"
#include "tui/tui_internal.h"

static const struct {
	int code;
	uint32_t key;
} codes[] = {
	{ KEY_UP, KEYCODE_UP },
	{ KEY_DOWN, KEYCODE_DOWN },
	{ KEY_LEFT, KEYCODE_LEFT },
	{ KEY_RIGHT, KEYCODE_RIGHT },
	{ KEY_HOME, KEYCODE_HOME },
	{ KEY_FIND, KEYCODE_HOME },
	{ KEY_END, KEYCODE_END },
	{ KEY_SELECT, KEYCODE_END },
	{ KEY_PPAGE, KEYCODE_PAGE_UP },
	{ KEY_NPAGE, KEYCODE_PAGE_DOWN },
	{ KEY_IC, KEYCODE_INSERT },
	{ KEY_DC, KEYCODE_DELETE },
	{ KEY_BTAB, KEYCODE_BACK_TAB },
	{ KEY_BACKSPACE, KEYCODE_BACKSPACE },
	{ KEY_ENTER, KEYCODE_ENTER },
};

/* Keys that only a terminfo entry's own extensions name; ncurses gives them
 * codes of its choice. */
static struct {
	const char *capability;
	uint32_t key;
	int code;
} extended[] = {
	{ "kHOM5", KEYCODE_CONTROL_HOME, 0 },
	{ "kEND5", KEYCODE_CONTROL_END, 0 },
	{ "kLFT5", KEYCODE_CONTROL_LEFT, 0 },
	{ "kRIT5", KEYCODE_CONTROL_RIGHT, 0 },
};

/* What terminals send behind an Esc and their descriptions often keep quiet
 * about. */
static const struct {
	const char *text;
	uint32_t key;
} sequences[] = {
	{ "[A", KEYCODE_UP }, { "OA", KEYCODE_UP },
	{ "[B", KEYCODE_DOWN }, { "OB", KEYCODE_DOWN },
	{ "[C", KEYCODE_RIGHT }, { "OC", KEYCODE_RIGHT },
	{ "[D", KEYCODE_LEFT }, { "OD", KEYCODE_LEFT },
	{ "[H", KEYCODE_HOME }, { "OH", KEYCODE_HOME },
	{ "[1~", KEYCODE_HOME }, { "[7~", KEYCODE_HOME },
	{ "[F", KEYCODE_END }, { "OF", KEYCODE_END },
	{ "[4~", KEYCODE_END }, { "[8~", KEYCODE_END },
	{ "[1;5H", KEYCODE_CONTROL_HOME }, { "[7^", KEYCODE_CONTROL_HOME },
	{ "[1;5F", KEYCODE_CONTROL_END }, { "[8^", KEYCODE_CONTROL_END },
	{ "[1;5C", KEYCODE_CONTROL_RIGHT }, { "Oc", KEYCODE_CONTROL_RIGHT },
	{ "[1;5D", KEYCODE_CONTROL_LEFT }, { "Od", KEYCODE_CONTROL_LEFT },
};

enum { ESCAPE = 27, SEQUENCE_SIZE = 32 };
enum { WHEEL_ROWS = 3, REPORTS = 8 };

static WINDOW *pad;
/* Reports of the mouse that came together, newest first. */
static struct {
	MEVENT reports[REPORTS];
	size_t count;
} mice;
static struct {
	bool down;
	int row;
	int column;
} button;

void keys_resume(void)
{
	keypad(pad, TRUE);
}

bool keys_start(struct error *error)
{
	pad = newpad(1, 1);
	if (!pad)
		return error_set_memory(error);
	keys_resume();
	nodelay(pad, TRUE);
	set_escdelay(25);
	for (size_t i = 0; i < sizeof(extended) / sizeof(extended[0]); i++) {
		const char *text = tigetstr(extended[i].capability);
		bool known = text && text != (char *)-1;
		extended[i].code = known ? key_defined(text) : 0;
	}
	return true;
}

void keys_stop(void)
{
	if (pad)
		delwin(pad);
	pad = NULL;
}

void keys_mouse(bool on)
{
	mouseinterval(0);
	mousemask(on ? BUTTON1_PRESSED | BUTTON1_RELEASED | BUTTON1_CLICKED |
		  BUTTON4_PRESSED | BUTTON5_PRESSED |
		  REPORT_MOUSE_POSITION : 0, NULL);
	button.down = false;
}

static struct event keys_at(enum event_kind kind, const MEVENT *mouse)
{
	return (struct event){ .kind = kind, .row = (unsigned)mouse->y,
			       .column = (unsigned)mouse->x };
}

static void keys_take_reports(void)
{
	mice.count = 0;
	while (mice.count < REPORTS &&
	       getmouse(&mice.reports[mice.count]) == OK)
		mice.count++;
}

/* A terminal that tells of movement drags step by step; with another the
 * selection is there when the button is let go. */
static struct event keys_report(const MEVENT *mouse)
{
	struct event ignored = { .kind = EVENT_IGNORED };
	if (mouse->x < 0 || mouse->y < 0)
		return ignored;
	if (mouse->bstate & (BUTTON4_PRESSED | BUTTON5_PRESSED)) {
		struct event event = keys_at(EVENT_WHEEL, mouse);
		bool up = (mouse->bstate & BUTTON4_PRESSED) != 0;
		event.rows = up ? -WHEEL_ROWS : WHEEL_ROWS;
		return event;
	}
	bool moved = mouse->y != button.row || mouse->x != button.column;
	bool dragged = button.down && moved;
	button.row = mouse->y;
	button.column = mouse->x;
	if (mouse->bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED)) {
		button.down = (mouse->bstate & BUTTON1_PRESSED) != 0;
		return keys_at(EVENT_CLICK, mouse);
	}
	if (mouse->bstate & BUTTON1_RELEASED)
		button.down = false;
	return dragged ? keys_at(EVENT_DRAG, mouse) : ignored;
}

static uint32_t keys_code(int code)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].code == code)
			return codes[i].key;
	for (size_t i = 0; i < sizeof(extended) / sizeof(extended[0]); i++)
		if (extended[i].code > 0 && extended[i].code == code)
			return extended[i].key;
	if (code >= KEY_F(1) && code <= KEY_F(12))
		return KEYCODE_F1 + (uint32_t)(code - KEY_F(1));
	return 0;
}

static void keys_unread(int result, wint_t character)
{
	if (result == KEY_CODE_YES)
		ungetch((int)character);
	else if (result == OK)
		unget_wch((wchar_t)character);
}

/* What an Esc begins: the key of a sequence, 0 for one that is unknown, or
 * the Esc itself where nothing that looks like one came with it. */
static uint32_t keys_sequence(void)
{
	char text[SEQUENCE_SIZE] = "";
	size_t length = 0;
	wint_t next;
	int result = wget_wch(pad, &next);

	if (result != OK || (next != '[' && next != 'O')) {
		keys_unread(result, next);
		return ESCAPE;
	}
	do {
		if (length < sizeof(text) - 1)
			text[length++] = (char)next;
		result = wget_wch(pad, &next);
	} while (result == OK && next >= ' ' && next < '@');
	if (result != OK || next < ' ' || next > '~') {
		keys_unread(result, next);
		if (length > 1)
			return 0;
		unget_wch((wchar_t)text[0]);
		return ESCAPE;
	}
	if (length < sizeof(text) - 1)
		text[length++] = (char)next;
	for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++)
		if (strcmp(sequences[i].text, text) == 0)
			return sequences[i].key;
	return 0;
}

struct event keys_read(void)
{
	if (mice.count > 0)
		return keys_report(&mice.reports[--mice.count]);
	wint_t character;
	int result = wget_wch(pad, &character);
	if (result == ERR)
		return (struct event){ .kind = EVENT_NONE };
	uint32_t key = (uint32_t)character;
	if (result == KEY_CODE_YES) {
		if (character == KEY_MOUSE)
			keys_take_reports();
		key = keys_code((int)character);
	} else if (character == (unsigned char)erasechar()) {
		key = KEYCODE_BACKSPACE;
	} else if (character == ESCAPE) {
		key = keys_sequence();
	}
	if (key == 0)
		return (struct event){ .kind = EVENT_IGNORED };
	return (struct event){ .kind = EVENT_KEY, .key = key };
}
