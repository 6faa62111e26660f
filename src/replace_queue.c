/*
 * Records one behind the other: where the match is, how long what it becomes
 * is, and those bytes.
 */
#include "replace_queue.h"

#include <string.h>

#include "memory.h"

struct record {
	struct match match;
	size_t length;
};

void queue_free(struct replace_queue *queue)
{
	memory_free(queue->bytes);
	*queue = (struct replace_queue){ .bytes = NULL };
}

static struct record record_at(const struct replace_queue *queue, size_t at)
{
	struct record record;

	memcpy(&record, queue->bytes + at, sizeof record);
	return record;
}

/* Room for LENGTH more; what has been taken out makes some. */
static bool reserve(struct replace_queue *queue, size_t length,
		    struct error *error)
{
	size_t used = queue->end - queue->start;

	if (length <= queue->capacity - queue->end)
		return true;
	if (queue->start > 0)
		memmove(queue->bytes, queue->bytes + queue->start, used);
	queue->last -= queue->start;
	queue->start = 0;
	queue->end = used;
	if (length <= queue->capacity - used)
		return true;

	size_t capacity = 2 * (used + length);
	unsigned char *more = memory_resize(queue->bytes, capacity);

	if (!more)
		return error_set_memory(error);
	queue->bytes = more;
	queue->capacity = capacity;
	return true;
}

static void put(struct replace_queue *queue, const void *bytes, size_t length)
{
	if (length > 0)
		memcpy(queue->bytes + queue->end, bytes, length);
	queue->end += length;
}

bool queue_add(struct replace_queue *queue, const struct replaced *replaced,
	       struct error *error)
{
	struct record record = { replaced->match, replaced->length };

	if (!reserve(queue, sizeof record + replaced->length, error))
		return false;
	if (replaced->more) {
		record = record_at(queue, queue->last);
		record.length += replaced->length;
		memcpy(queue->bytes + queue->last, &record, sizeof record);
	} else {
		queue->last = queue->end;
		put(queue, &record, sizeof record);
	}
	put(queue, replaced->bytes, replaced->length);
	queue->unfinished = replaced->unfinished;
	return true;
}

bool queue_first_part(const struct replace_queue *queue,
		      struct replaced *first)
{
	if (queue->start == queue->end)
		return false;

	struct record record = record_at(queue, queue->start);

	*first = (struct replaced){
		.match = record.match,
		.bytes = queue->bytes + queue->start + sizeof record,
		.length = record.length,
	};
	return true;
}

bool queue_first(const struct replace_queue *queue, struct replaced *first)
{
	return !(queue->unfinished && queue->last == queue->start)
	       && queue_first_part(queue, first);
}

void queue_pop(struct replace_queue *queue)
{
	queue->start += sizeof(struct record)
			+ record_at(queue, queue->start).length;
}
