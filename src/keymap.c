/*
 * A keymap is a list of bindings in force, each with its keys already read.
 * A preset is bound onto the default entry by entry, as the user's own are, so
 * one function decides what takes whose place.  Invariants, in one mode:
 *
 *  1. no two entries have the same keys;
 *  2. the keys of no entry are a beginning of another's, where <Any> counts as
 *     every character;
 *  3. an entry has 1 to KEYMAP_KEYS keys, one <Any> at most, and a command.
 */
#include "octavo/keymap.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "octavo/key.h"

struct keymap_entry {
	struct binding binding;
	char *owned;	/* what the strings of a user's binding lie in */
	uint32_t keys[KEYMAP_KEYS];
	size_t count;
};

struct keymap {
	struct keymap_entry *entries;
	size_t count;
	size_t capacity;
};

static bool keymap_parse(struct keymap_entry *entry, struct error *error)
{
	const char *text = entry->binding.keys;
	size_t position = 0;
	size_t any = 0;
	do {
		if (entry->count == KEYMAP_KEYS)
			return error_set_at(error, position, "more than %d "
					    "keys to a command", KEYMAP_KEYS);
		uint32_t *key = &entry->keys[entry->count];
		if (!key_parse(key, text, &position, error))
			return false;
		entry->count++;
		any += *key == KEYCODE_ANY;
	} while (text[position] != '\0');
	if (any > 1)
		return error_set(error, "only one <Any> to a command");
	if (entry->binding.mode == KEYMAP_BROWSE &&
	    entry->keys[0] >= '1' && entry->keys[0] <= '9')
		return error_set(error, "1 to 9 begin a count, they cannot be "
				 "bound");
	return true;
}

/* Does a PRESSED key fit the key of a binding? */
static bool keymap_fits(uint32_t bound, uint32_t pressed)
{
	return bound == pressed ||
	       (bound == KEYCODE_ANY && key_is_character(pressed));
}

static bool keymap_same(const struct keymap_entry *a,
			const struct keymap_entry *b)
{
	return a->binding.mode == b->binding.mode && a->count == b->count &&
	       memcmp(a->keys, b->keys, a->count * sizeof a->keys[0]) == 0;
}

/* Are the keys of one a beginning of the other's? */
static bool keymap_collide(const struct keymap_entry *a,
			   const struct keymap_entry *b)
{
	if (a->binding.mode != b->binding.mode || a->count == b->count)
		return false;
	size_t count = a->count < b->count ? a->count : b->count;
	for (size_t i = 0; i < count; i++) {
		if (!keymap_fits(a->keys[i], b->keys[i]) &&
		    !keymap_fits(b->keys[i], a->keys[i]))
			return false;
	}
	return true;
}

/* Drops what ENTRY collides with.  Returns where ENTRY belongs: at the place
 * of the one with the same keys, which is freed but still there, or behind
 * all. */
static size_t keymap_make_way(struct keymap *keymap,
			      const struct keymap_entry *entry)
{
	size_t kept = 0;
	size_t place = SIZE_MAX;
	for (size_t i = 0; i < keymap->count; i++) {
		struct keymap_entry *other = &keymap->entries[i];
		bool same = keymap_same(other, entry);
		bool collides = keymap_collide(other, entry);
		if (same || collides)
			free(other->owned);
		if (collides)
			continue;
		if (same)
			place = kept;
		keymap->entries[kept++] = *other;
	}
	keymap->count = kept;
	return place == SIZE_MAX ? kept : place;
}

static bool keymap_reserve(struct keymap *keymap, struct error *error)
{
	if (keymap->count < keymap->capacity)
		return true;
	size_t capacity = keymap->capacity == 0 ? 256 : keymap->capacity * 2;
	struct keymap_entry *entries =
		realloc(keymap->entries, capacity * sizeof *entries);
	if (entries == NULL)
		return error_set_memory(error);
	keymap->entries = entries;
	keymap->capacity = capacity;
	return true;
}

static void keymap_remove(struct keymap *keymap,
			  const struct keymap_entry *entry)
{
	for (size_t i = 0; i < keymap->count; i++) {
		struct keymap_entry *found = &keymap->entries[i];
		if (!keymap_same(found, entry))
			continue;
		free(found->owned);
		keymap->count--;
		memmove(found, found + 1,
			(keymap->count - i) * sizeof *found);
		return;
	}
}

/* The default preset, which takes nothing's place: no two of its own bindings
 * are in each other's way (keymap_check). */
static bool keymap_lay_out(struct keymap *keymap, struct error *error)
{
	for (const struct binding *binding = keymap_presets[0].bindings;
	     binding->keys != NULL; binding++) {
		struct keymap_entry entry = {.binding = *binding};
		if (!keymap_parse(&entry, error) ||
		    !keymap_reserve(keymap, error))
			return false;
		keymap->entries[keymap->count++] = entry;
	}
	return true;
}

/* Takes ENTRY over, with what it owns, unless it fails. */
static bool keymap_add(struct keymap *keymap, struct keymap_entry *entry,
		       struct error *error)
{
	if (!keymap_parse(entry, error) || !keymap_reserve(keymap, error))
		return false;
	if (*entry->binding.command == '\0') {
		keymap_remove(keymap, entry);
		free(entry->owned);
		return true;
	}
	size_t place = keymap_make_way(keymap, entry);
	keymap->entries[place] = *entry;
	if (place == keymap->count)
		keymap->count++;
	return true;
}

static bool keymap_lay_over(struct keymap *keymap,
			    const struct keymap_preset *preset,
			    struct error *error)
{
	for (const struct binding *binding = preset->bindings;
	     binding->keys != NULL; binding++) {
		struct keymap_entry entry = {.binding = *binding};
		if (!keymap_add(keymap, &entry, error))
			return false;
	}
	return true;
}

static const struct keymap_preset *keymap_find_preset(const char *name,
						      struct error *error)
{
	char names[256] = "";
	size_t length = 0;
	const struct keymap_preset *preset = keymap_presets;
	for (; preset->name != NULL && length < sizeof names; preset++) {
		if (strcmp(preset->name, name) == 0)
			return preset;
		length += (size_t)snprintf(names + length,
					   sizeof names - length, "%s%s",
					   length == 0 ? "" : ", ",
					   preset->name);
	}
	error_set(error, "unknown keymap: %s (there are %s)", name, names);
	return NULL;
}

struct keymap *keymap_new(const char *name, struct error *error)
{
	const struct keymap_preset *preset = keymap_find_preset(name, error);
	if (preset == NULL)
		return NULL;
	struct keymap *keymap = calloc(1, sizeof *keymap);
	if (keymap == NULL) {
		error_set_memory(error);
		return NULL;
	}
	if (keymap_lay_out(keymap, error) &&
	    (preset == &keymap_presets[0] ||
	     keymap_lay_over(keymap, preset, error)))
		return keymap;
	keymap_free(keymap);
	return NULL;
}

void keymap_free(struct keymap *keymap)
{
	if (keymap == NULL)
		return;
	for (size_t i = 0; i < keymap->count; i++)
		free(keymap->entries[i].owned);
	free(keymap->entries);
	free(keymap);
}

bool keymap_bind(struct keymap *keymap, enum keymap_mode mode,
		 const char *keys, const char *command, struct error *error)
{
	size_t keys_size = strlen(keys) + 1;
	size_t command_size = strlen(command) + 1;
	char *owned = malloc(keys_size + command_size);
	if (owned == NULL)
		return error_set_memory(error);
	memcpy(owned, keys, keys_size);
	memcpy(owned + keys_size, command, command_size);
	struct keymap_entry entry = {
		.binding = {
			.mode = mode,
			.keys = owned,
			.command = owned + keys_size,
			.help = owned + keys_size,
		},
		.owned = owned,
	};
	if (keymap_add(keymap, &entry, error))
		return true;
	free(owned);
	return false;
}

/* Whether the entry's keys begin with these COUNT, and what <Any> took. */
static bool keymap_begins(const struct keymap_entry *entry,
			  enum keymap_mode mode, const uint32_t *keys,
			  size_t count, uint32_t *character)
{
	if (entry->binding.mode != mode || entry->count < count)
		return false;
	*character = 0;
	for (size_t i = 0; i < count; i++) {
		if (!keymap_fits(entry->keys[i], keys[i]))
			return false;
		if (entry->keys[i] == KEYCODE_ANY)
			*character = keys[i];
	}
	return true;
}

enum keymap_found keymap_lookup(const struct keymap *keymap,
				enum keymap_mode mode, const uint32_t *keys,
				size_t count, const struct binding **binding,
				uint32_t *character)
{
	enum keymap_found found = KEYMAP_NOTHING;
	for (size_t i = 0; i < keymap->count; i++) {
		const struct keymap_entry *entry = &keymap->entries[i];
		uint32_t taken;
		if (!keymap_begins(entry, mode, keys, count, &taken))
			continue;
		if (entry->count > count)
			return KEYMAP_PREFIX;
		if (found == KEYMAP_COMMAND && taken != 0)
			continue;
		*binding = &entry->binding;
		*character = taken;
		found = KEYMAP_COMMAND;
	}
	return found;
}

const struct binding *keymap_binding(const struct keymap *keymap, size_t index)
{
	return index < keymap->count ? &keymap->entries[index].binding : NULL;
}

void keymap_check(const struct keymap *keymap)
{
	assert(keymap->count <= keymap->capacity);
	for (size_t i = 0; i < keymap->count; i++) {
		const struct keymap_entry *entry = &keymap->entries[i];
		struct keymap_entry again = {.binding = entry->binding};
		bool parsed = keymap_parse(&again, NULL);
		assert(parsed);
		assert(keymap_same(entry, &again));
		assert(*entry->binding.command != '\0');
		for (size_t j = 0; j < i; j++) {
			assert(!keymap_same(entry, &keymap->entries[j]));
			assert(!keymap_collide(entry, &keymap->entries[j]));
		}
	}
}
