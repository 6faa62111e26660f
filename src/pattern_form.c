/*
 * A regex written piece by piece.
 */
#include "pattern_form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FORM_FIRST = 256 };

void form_free(struct form *form)
{
	free(form->text);
	*form = (struct form){ NULL, 0, 0, false };
}

/* Room for MORE characters and a NUL. */
static bool form_grow(struct form *form, size_t more)
{
	size_t wanted = form->length + more + 1;
	size_t capacity = form->capacity ? form->capacity : FORM_FIRST;

	if (form->failed)
		return false;
	while (capacity < wanted && capacity <= SIZE_MAX / 2)
		capacity *= 2;
	if (capacity <= form->capacity)
		return true;

	char *text = capacity < wanted ? NULL
				       : realloc(form->text, capacity);

	if (!text) {
		form->failed = true;
		return false;
	}
	form->text = text;
	form->capacity = capacity;
	return true;
}

void form_put(struct form *form, const char *text)
{
	size_t length = strlen(text);

	if (!form_grow(form, length))
		return;
	memcpy(form->text + form->length, text, length + 1);
	form->length += length;
}

static void form_byte(struct form *form, unsigned byte)
{
	char text[8];

	snprintf(text, sizeof text, "\\x%02x", byte & 0xff);
	form_put(form, text);
}

void form_bytes(struct form *form, const unsigned char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		form_byte(form, bytes[i]);
}

/* Where the run of members of SET that begins at START ends. */
static unsigned run_end(const bool set[256], unsigned start)
{
	while (start < 256 && set[start])
		start++;
	return start;
}

void form_set(struct form *form, const bool set[256])
{
	unsigned first = 0;

	while (first < 255 && !set[first])
		first++;

	unsigned end = run_end(set, first);
	unsigned next = end;

	while (next < 256 && !set[next])
		next++;
	if (end - first == 256) {
		form_put(form, ".");
		return;
	}
	if (end - first == 1 && next == 256) {
		form_byte(form, first);
		return;
	}
	form_put(form, "[");
	for (unsigned at = first; at < 256; at++) {
		if (!set[at])
			continue;
		end = run_end(set, at);
		form_byte(form, at);
		if (end - at > 2)
			form_put(form, "-");
		if (end - at > 1)
			form_byte(form, end - 1);
		at = end;
	}
	form_put(form, "]");
}

void form_range(struct form *form, unsigned low, unsigned high)
{
	bool set[256] = { false };

	for (unsigned byte = low; byte <= high; byte++)
		set[byte] = true;
	form_set(form, set);
}

/* The only place at which strings of one length differ; LENGTH of the first
 * where they do not, SIZE_MAX where there are more places. */
static size_t difference(const struct form_string *strings, size_t count)
{
	size_t length = strings->length;
	size_t place = length;

	for (size_t i = 1; i < count; i++) {
		if (strings[i].length != length)
			return SIZE_MAX;
		for (size_t j = 0; j < length; j++) {
			if (strings[i].bytes[j] == strings->bytes[j])
				continue;
			if (place != length && place != j)
				return SIZE_MAX;
			place = j;
		}
	}
	return place;
}

void form_any_of(struct form *form, const struct form_string *strings,
		 size_t count)
{
	size_t place = difference(strings, count);
	bool set[256] = { false };

	if (place == SIZE_MAX) {
		form_put(form, "(?:");
		for (size_t i = 0; i < count; i++) {
			form_put(form, i > 0 ? "|" : "");
			form_bytes(form, strings[i].bytes, strings[i].length);
		}
		form_put(form, ")");
		return;
	}
	form_bytes(form, strings->bytes, place);
	if (place == strings->length)
		return;
	for (size_t i = 0; i < count; i++)
		set[strings[i].bytes[place]] = true;
	form_set(form, set);
	form_bytes(form, strings->bytes + place + 1,
		   strings->length - place - 1);
}
