/*
 * A line being typed.  Invariants:
 *
 *  1. text is terminated at length, which is below PROMPT_SIZE;
 *  2. cursor <= length, and is not within a UTF-8 character;
 *  3. while recalled < history->count the text is that line of the history,
 *     and typed holds what stood there before.
 *
 * The text may hold bytes that are no UTF-8 (a file name, a pattern taken from
 * elsewhere).  So a character is here one byte with the continuation bytes
 * that follow it, which is true of UTF-8 and does no harm elsewhere.
 */
#include "octavo/prompt.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "octavo/escape.h"
#include "octavo/key.h"

enum { PROMPT_CONTROL = 0x40 };	/* 'A' - PROMPT_CONTROL is ^A */

static bool prompt_continues(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

/* LENGTH bytes of TEXT, cut to LIMIT at a character. */
static size_t prompt_fit(const char *text, size_t length, size_t limit)
{
	if (length <= limit)
		return length;
	while (limit > 0 && prompt_continues(text[limit]))
		limit--;
	return limit;
}

static size_t prompt_before(const struct prompt *prompt)
{
	size_t position = prompt->cursor;
	while (position > 0 && prompt_continues(prompt->text[--position]))
		;
	return position;
}

static size_t prompt_behind(const struct prompt *prompt)
{
	size_t position = prompt->cursor;
	if (position < prompt->length)
		position++;
	while (prompt_continues(prompt->text[position]))
		position++;
	return position;
}

static size_t prompt_word_before(const struct prompt *prompt)
{
	size_t position = prompt->cursor;
	while (position > 0 && prompt->text[position - 1] == ' ')
		position--;
	while (position > 0 && prompt->text[position - 1] != ' ')
		position--;
	return position;
}

static size_t prompt_history_count(const struct prompt *prompt)
{
	return prompt->history == NULL ? 0 : prompt->history->count;
}

static void prompt_show(struct prompt *prompt, const char *text)
{
	size_t length = prompt_fit(text, strlen(text), PROMPT_SIZE - 1);
	memmove(prompt->text, text, length);
	prompt->text[length] = '\0';
	prompt->length = length;
	prompt->cursor = length;
}

void prompt_set(struct prompt *prompt, const char *text)
{
	prompt_show(prompt, text);
	prompt->recalled = prompt_history_count(prompt);
}

void prompt_start(struct prompt *prompt, struct prompt_history *history,
		  const char *text)
{
	prompt->history = history;
	prompt->typed[0] = '\0';
	prompt_set(prompt, text);
}

static enum prompt_result prompt_move(struct prompt *prompt, size_t position)
{
	if (position == prompt->cursor)
		return PROMPT_NOTHING;
	prompt->cursor = position;
	return PROMPT_MOVED;
}

/* Puts LENGTH bytes of TEXT in the place of [START, END). */
static enum prompt_result prompt_replace(struct prompt *prompt, size_t start,
					 size_t end, const char *text,
					 size_t length)
{
	if (start == end && length == 0)
		return PROMPT_NOTHING;
	memmove(prompt->text + start + length, prompt->text + end,
		prompt->length - end + 1);
	memcpy(prompt->text + start, text, length);
	prompt->length = prompt->length - (end - start) + length;
	prompt->cursor = start + length;
	prompt->recalled = prompt_history_count(prompt);
	return PROMPT_CHANGED;
}

static enum prompt_result prompt_erase(struct prompt *prompt, size_t start,
				       size_t end)
{
	return prompt_replace(prompt, start, end, "", 0);
}

void prompt_complete(struct prompt *prompt, size_t start, const char *text)
{
	assert(start <= prompt->cursor);
	size_t kept = prompt->length - (prompt->cursor - start);
	size_t length = prompt_fit(text, strlen(text), PROMPT_SIZE - 1 - kept);
	prompt_replace(prompt, start, prompt->cursor, text, length);
}

static enum prompt_result prompt_insert(struct prompt *prompt, uint32_t key)
{
	if (!key_is_character(key))
		return PROMPT_NOTHING;
	char text[4];
	size_t length = escape_encode(text, key);
	if (prompt->length + length >= PROMPT_SIZE)
		return PROMPT_NOTHING;
	return prompt_replace(prompt, prompt->cursor, prompt->cursor, text,
			      length);
}

static enum prompt_result prompt_backspace(struct prompt *prompt)
{
	if (prompt->length == 0)
		return PROMPT_CANCELLED;
	return prompt_erase(prompt, prompt_before(prompt), prompt->cursor);
}

/* Shows line INDEX of the history; its count stands for what was typed. */
static enum prompt_result prompt_recall(struct prompt *prompt, size_t index)
{
	size_t count = prompt_history_count(prompt);
	if (prompt->recalled >= count)
		memcpy(prompt->typed, prompt->text, prompt->length + 1);
	prompt_show(prompt, index < count ? prompt->history->lines[index]
					  : prompt->typed);
	prompt->recalled = index;
	return PROMPT_CHANGED;
}

static enum prompt_result prompt_older(struct prompt *prompt)
{
	size_t count = prompt_history_count(prompt);
	size_t shown = prompt->recalled < count ? prompt->recalled : count;
	return shown == 0 ? PROMPT_NOTHING : prompt_recall(prompt, shown - 1);
}

static enum prompt_result prompt_newer(struct prompt *prompt)
{
	if (prompt->recalled >= prompt_history_count(prompt))
		return PROMPT_NOTHING;
	return prompt_recall(prompt, prompt->recalled + 1);
}

enum prompt_result prompt_key(struct prompt *prompt, uint32_t key)
{
	switch (key) {
	case KEYCODE_ENTER:
		return PROMPT_ACCEPTED;
	case KEYCODE_ESCAPE:
	case 'C' - PROMPT_CONTROL:
		return PROMPT_CANCELLED;
	case KEYCODE_TAB:
		return PROMPT_TAB;
	case KEYCODE_BACK_TAB:
		return PROMPT_BACK_TAB;
	case KEYCODE_LEFT:
	case 'B' - PROMPT_CONTROL:
		return prompt_move(prompt, prompt_before(prompt));
	case KEYCODE_RIGHT:
	case 'F' - PROMPT_CONTROL:
		return prompt_move(prompt, prompt_behind(prompt));
	case KEYCODE_HOME:
	case 'A' - PROMPT_CONTROL:
		return prompt_move(prompt, 0);
	case KEYCODE_END:
	case 'E' - PROMPT_CONTROL:
		return prompt_move(prompt, prompt->length);
	case KEYCODE_BACKSPACE:
		return prompt_backspace(prompt);
	case KEYCODE_DELETE: {
		size_t end = prompt_behind(prompt);
		return prompt_erase(prompt, prompt->cursor, end);
	}
	case 'W' - PROMPT_CONTROL:
		return prompt_erase(prompt, prompt_word_before(prompt),
				    prompt->cursor);
	case 'U' - PROMPT_CONTROL:
		return prompt_erase(prompt, 0, prompt->cursor);
	case 'K' - PROMPT_CONTROL:
		return prompt_erase(prompt, prompt->cursor, prompt->length);
	case KEYCODE_UP:
	case 'P' - PROMPT_CONTROL:
		return prompt_older(prompt);
	case KEYCODE_DOWN:
	case 'N' - PROMPT_CONTROL:
		return prompt_newer(prompt);
	default:
		return prompt_insert(prompt, key);
	}
}

void prompt_check(const struct prompt *prompt)
{
	assert(prompt->length < PROMPT_SIZE);
	assert(strlen(prompt->text) == prompt->length);
	size_t position = 0;
	while (position < prompt->cursor) {
		uint32_t character;
		position += escape_decode(&character, prompt->text + position,
					  prompt->length - position);
	}
	assert(position == prompt->cursor);
	if (prompt->recalled < prompt_history_count(prompt)) {
		const char *line = prompt->history->lines[prompt->recalled];
		assert(strncmp(line, prompt->text, prompt->length) == 0);
	}
}

void prompt_history_add(struct prompt_history *history, const char *line)
{
	size_t count = history->count;
	if (*line == '\0' ||
	    (count > 0 && strcmp(history->lines[count - 1], line) == 0))
		return;
	char *copy = strdup(line);
	if (copy == NULL)
		return;
	if (count == PROMPT_HISTORY) {
		free(history->lines[0]);
		count--;
		memmove(history->lines, history->lines + 1,
			count * sizeof history->lines[0]);
	}
	history->lines[count] = copy;
	history->count = count + 1;
}

void prompt_history_free(struct prompt_history *history)
{
	for (size_t i = 0; i < history->count; i++)
		free(history->lines[i]);
	history->count = 0;
}
