/*
 * The list of matches: what a search has found is kept as ranges; how a match
 * looks is read from the document when its line is drawn.
 */
#include "matches.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sizes.h"

struct match_list {
	struct editor *editor;
	struct match *matches;
	size_t count;
	size_t capacity;
	bool full;
};

struct match_list *match_list_new(struct editor *editor, struct error *error)
{
	struct match_list *list = calloc(1, sizeof *list);

	if (!list)
		error_set_memory(error);
	else
		list->editor = editor;
	return list;
}

void match_list_free(struct match_list *list)
{
	if (!list)
		return;
	free(list->matches);
	free(list);
}

static bool reserve(struct match_list *list, size_t count)
{
	if (count <= list->capacity)
		return true;

	size_t capacity = 2 * list->capacity + count;
	struct match *more = realloc(list->matches, capacity * sizeof *more);

	if (!more)
		return false;
	list->matches = more;
	list->capacity = capacity;
	return true;
}

bool match_list_add(struct match_list *list, const struct match *matches,
		    size_t count)
{
	if (count > MATCHES_MAXIMUM - list->count) {
		count = MATCHES_MAXIMUM - list->count;
		list->full = true;
	}
	if (!reserve(list, list->count + count)) {
		list->full = true;
		return false;
	}
	if (count > 0)
		memcpy(list->matches + list->count, matches,
		       count * sizeof *matches);
	list->count += count;
	return !list->full;
}

/* --- in the panel --- */

static uint64_t list_count(void *context)
{
	const struct match_list *list = context;

	return list->count;
}

/* Bytes as hex, those of the match, and as text, also those behind it. */
static size_t put_bytes(const unsigned char *bytes, size_t matched,
			size_t count, char *text)
{
	static const char digits[] = "0123456789abcdef";
	enum { HEX = 8 };
	size_t used = 0;

	for (size_t i = 0; i < HEX; i++) {
		bool shown = i < matched && i < count;

		text[used++] = shown ? digits[bytes[i] >> 4] : ' ';
		text[used++] = shown ? digits[bytes[i] & 15] : ' ';
		text[used++] = ' ';
	}
	text[used++] = ' ';
	for (size_t i = 0; i < count; i++)
		text[used++] = bytes[i] >= ' ' && bytes[i] < 0x7f
				       ? (char)bytes[i] : '.';
	return used;
}

static size_t list_line(void *context, uint64_t index, unsigned columns,
			char *text, size_t size)
{
	enum { BYTES = 256 };
	const struct match_list *list = context;
	const struct document *document = list->editor->buffer->document;
	struct match match = list->matches[index];
	unsigned char bytes[BYTES];
	size_t count = 0;
	size_t used = (size_t)snprintf(text, size, "0x%-8" PRIx64 " %5" PRIu64
				       "  ", match.start,
				       match.end - match.start);
	size_t matched = match.end - match.start < BYTES
				 ? (size_t)(match.end - match.start) : BYTES;

	if (match.start < document_size(document))
		count = document_read(document, match.start, bytes,
				      columns < BYTES ? columns : BYTES);
	return used + put_bytes(bytes, matched, count, text + used);
}

static bool list_command(void *context, uint64_t index, const char *action,
			 char *text, size_t size)
{
	const struct match_list *list = context;

	if (strcmp(action, "go") != 0)
		return false;
	snprintf(text, size, "goto 0x%" PRIx64, list->matches[index].start);
	return true;
}

static void list_free(void *context)
{
	match_list_free(context);
}

static size_t first_from(const struct match_list *list, uint64_t offset)
{
	size_t low = 0;
	size_t high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list->matches[middle].start < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void match_list_open(struct match_list *list)
{
	const struct panel_source source = {
		.count = list_count,
		.line = list_line,
		.command = list_command,
		.free = list_free,
		.context = list,
		.hint = "[panel go] goes there, [panel close] closes",
	};

	panel_open(&list->editor->panel, list->full ? "matches, cut off"
						    : "matches", &source,
		   first_from(list, list->editor->buffer->view.cursor));
}
