/*
 * Holding: what was copied in one document and pasted into another lies in the
 * memory of the first one.  That stays until nobody refers to it any more: a
 * document that is closed while others hold it loses its pieces and its
 * history, but keeps its bytes.
 *
 * Invariants
 *  1. B is among A's holders as often as A is among what B holds: once, or
 *     not at all.
 *  2. Who holds a document holds all that this one held when it began to, for
 *     a clip may have come a long way.  So a closed document needs to hold
 *     nothing itself.
 *
 * A file may be written that another document has mapped, closed or not.  So
 * that all who refer to its bytes hear of it, all documents are in a list.
 */
#include <assert.h>

#include "document_internal.h"
#include "memory.h"

bool mapping_place(const struct mapping *mapping, const unsigned char *bytes,
		   uint64_t *offset)
{
	uintptr_t base = (uintptr_t)mapping_bytes(mapping);

	*offset = (uintptr_t)bytes - base;
	return (uintptr_t)bytes >= base && *offset < mapping_size(mapping);
}

static struct mapping *own_mapping_of(const struct document *document,
				      const unsigned char *bytes,
				      uint64_t *offset)
{
	if (mapping_place(document->mapping, bytes, offset))
		return document->mapping;
	for (size_t i = 0; i < document->older_count; i++)
		if (mapping_place(document->older[i].mapping, bytes, offset))
			return document->older[i].mapping;
	return NULL;
}

struct mapping *document_mapping_of(const struct document *document,
				    const unsigned char *bytes,
				    uint64_t *offset)
{
	struct mapping *mapping = own_mapping_of(document, bytes, offset);

	for (size_t i = 0; !mapping && i < document->held_count; i++)
		mapping = own_mapping_of(document->held[i], bytes, offset);
	return mapping;
}

/* All documents, closed ones that are held included. */
static struct document *documents;

void document_list(struct document *document)
{
	document->next = documents;
	if (documents)
		documents->previous = document;
	documents = document;
}

static void document_unlist(struct document *document)
{
	if (document->next)
		document->next->previous = document->previous;
	if (document->previous)
		document->previous->next = document->next;
	else
		documents = document->next;
}

struct document *document_next(const struct document *document)
{
	return document ? document->next : documents;
}

static bool holds(const struct document *document,
		  const struct document *other)
{
	for (size_t i = 0; i < document->held_count; i++)
		if (document->held[i] == other)
			return true;
	return document == other;
}

static bool list_reserve(struct document ***list, size_t count)
{
	void *larger = memory_resize(*list, (count + 1) * sizeof(**list));

	if (larger)
		*list = larger;
	return larger != NULL;
}

static bool hold_one(struct document *document, struct document *other)
{
	if (holds(document, other))
		return true;
	if (!list_reserve(&document->held, document->held_count) ||
	    !list_reserve(&other->holders, other->holder_count))
		return false;
	document->held[document->held_count++] = other;
	other->holders[other->holder_count++] = document;
	return true;
}

bool document_hold(struct document *document, struct document *other)
{
	for (size_t i = 0; i < other->held_count; i++)
		if (!hold_one(document, other->held[i]))
			return false;
	return hold_one(document, other);
}

static void forget_holder(struct document *document,
			  const struct document *holder)
{
	size_t i = 0;

	while (document->holders[i] != holder)
		i++;
	document->holders[i] = document->holders[--document->holder_count];
	document_free(document);
}

void document_release_held(struct document *document)
{
	while (document->held_count > 0)
		forget_holder(document->held[--document->held_count],
			      document);
}

void document_free(struct document *document)
{
	if (!document->closed || document->holder_count > 0)
		return;
	document_unlist(document);
	store_free(&document->typed);
	store_free(&document->slots);
	if (document->mapping)
		mapping_close(document->mapping);
	file_close(document->file);
	for (size_t i = 0; i < document->older_count; i++) {
		mapping_close(document->older[i].mapping);
		file_close(document->older[i].file);
	}
	memory_free(document->older);
	memory_free(document->held);
	memory_free(document->holders);
	memory_free(document);
}
