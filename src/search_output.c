/*
 * search_output: what a worker sends of the chunk that it finishes.
 *
 * What is sent goes through one buffer, so that a message is worth its way.
 * Before any leaves, the document is asked whether bytes were lost: a match
 * may be one of zeros that stand for them.  With the end of a chunk those of it
 * that cannot be read are counted: this process has read it.
 */
#include "search_output.h"

#include <string.h>

/* --- what was lost meanwhile --- */

static bool say_lost(const struct document *document, uint64_t offset,
		     struct error *error)
{
	if (file_check(document_file(document), NULL) == FILE_SHRUNK)
		return error_set(error, "bytes from 0x%llx on were lost while "
				 "searching: the file has shrunk",
				 (unsigned long long)offset);
	return error_set(error, "bytes from 0x%llx on cannot be read",
			 (unsigned long long)offset);
}

/* What is not there is passed over, but not all of it. */
static bool check_lives(const struct document *document, struct error *error)
{
	const struct file *file = document_file(document);
	enum file_state state = file_check(file, NULL);

	return state != FILE_ENDED ||
	       error_set(error, "%s %s", file_path(file),
			 file_state_text(state));
}

bool search_check_lost(const struct document *read, unsigned epoch,
		       struct range range, struct error *error)
{
	/* Marks in this process's copy of the document. */
	struct document *document = (struct document *)read;
	uint64_t offset = range.start;

	document_verify(document);
	if (document_by_blocks(document))
		return check_lives(document, error);
	if (document_epoch(document) == epoch)
		return true;
	while (offset < range.end && offset < document_size(document)) {
		uint64_t length;

		if (document_lost(document, offset, &length))
			return say_lost(document, offset, error);
		offset += length;
	}
	return true;
}

/* What is to be passed over is no loss, unless the file has shrunk. */
static bool is_passed_over(const struct search *search)
{
	const struct document *document = search->plan.document;

	if (!search->plan.pass_over || document_by_blocks(document))
		return false;
	document_verify(document);
	return document_epoch(document) != search->epoch &&
	       file_check(document_file(document), NULL) != FILE_SHRUNK;
}

static bool check_lost(const struct search *search, struct error *error)
{
	const struct range range = { search->begin, search->limit };

	return is_passed_over(search) ||
	       search_check_lost(search->plan.document, search->epoch, range,
				 error);
}

static void add_unreadable(struct search_shared *shared, struct range range)
{
	uint64_t first = atomic_load(&shared->unread);

	atomic_fetch_add(&shared->unreadable, range_length(range));
	while ((first == 0 || range.start < first - 1) &&
	       !atomic_compare_exchange_weak(&shared->unread, &first,
					     range.start + 1))
		;
}

/* How far the answer at OFFSET is the same: is there something that cannot be
 * read? */
static bool is_unreadable(const struct document *document, uint64_t offset,
			  uint64_t *length)
{
	bool lost = document_lost(document, offset, length);
	struct range same;

	if (!lost || !document_by_blocks(document))
		return lost;
	lost = file_present(document_file(document), offset, &same);
	if (*length > same.end - offset)
		*length = same.end - offset;
	return lost;
}

/* Counts what cannot be read of RANGE, which was searched. */
static void count_unreadable(const struct search_output *output,
			     struct range range)
{
	const struct document *document = output->search->plan.document;
	uint64_t size = document_size(document);

	if (document_epoch(document) == 0 && !document_by_blocks(document))
		return;
	range = range_intersect(range, (struct range){ 0, size });
	while (range.start < range.end) {
		uint64_t length;
		bool unreadable = is_unreadable(document, range.start,
						&length);

		if (length > range_length(range))
			length = range_length(range);
		if (unreadable)
			add_unreadable(job_worker_shared(output->job),
				       range_of(range.start, length));
		range.start += length;
	}
}

bool search_counts(const struct search *search, struct match match)
{
	const struct search_plan *plan = &search->plan;
	bool inside = plan->kind == SEARCH_LAST
			      ? match.start >= plan->range.start &&
					match.start < search->limit
			      : match.end <= plan->range.end;

	return inside &&
	       (!plan->accept || plan->accept(plan->context, match));
}

/* --- messages --- */

static bool flush(struct search_output *output, struct error *error)
{
	size_t size = output->out_size;

	output->out_size = 0;
	return check_lost(output->search, error) &&
	       job_send(output->job, output->chunk, output->out, size, error);
}

/* Room for a record of SIZE bytes, which does not go into two messages. */
static bool out_reserve(struct search_output *output, size_t size,
			struct error *error)
{
	return output->out_size + size <= sizeof output->out ||
	       flush(output, error);
}

static void out_put(struct search_output *output, const void *data, size_t size)
{
	memcpy(output->out + output->out_size, data, size);
	output->out_size += size;
}

static bool send_match(struct search_output *output, struct match match,
		       struct error *error)
{
	if (!out_reserve(output, sizeof match, error))
		return false;
	out_put(output, &match, sizeof match);
	return true;
}

/* What a match becomes, in as many parts as it takes. */
static bool send_replaced(struct search_output *output, struct match match,
			  const unsigned char *bytes, size_t length,
			  struct error *error)
{
	struct search_part part = { .match = match };
	const size_t most = sizeof output->out - sizeof part;

	do {
		part.length = (uint32_t)(length < most ? length : most);
		part.unfinished = length > most;
		if (!out_reserve(output, sizeof part + part.length, error))
			return false;
		out_put(output, &part, sizeof part);
		out_put(output, bytes, part.length);
		bytes += part.length;
		length -= part.length;
		part.match.start = match.end;
		part.more = 1;
	} while (length > 0);
	return true;
}

/* The text_sink of a worker: what is too long for one message becomes many. */
static bool send_text(void *sink, const void *bytes, size_t length,
		      struct error *error)
{
	struct search_output *output = sink;
	const unsigned char *next = bytes;

	while (length > 0) {
		size_t room = sizeof output->out - output->out_size;
		size_t part = length < room ? length : room;

		out_put(output, next, part);
		next += part;
		length -= part;
		if (part == room && !flush(output, error))
			return false;
	}
	return true;
}

/* --- packing --- */

uint64_t search_output_part(struct range range, uint64_t start)
{
	uint64_t length = (range_length(range) - 1) / PACKED_PARTS + 1;
	uint64_t part = (start - range.start) / length;

	return UINT64_C(1) << (part < PACKED_PARTS ? part : PACKED_PARTS - 1);
}

static void pack_number(struct search_output *output, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		output->out[output->out_size++] = (unsigned char)value | 0x80;
	output->out[output->out_size++] = (unsigned char)value;
}

static void pack_match(struct search_output *output, struct match match)
{
	enum { NUMBERS = 20 };	/* the longest two */
	struct packed *packed = &output->packed;
	uint64_t before = output->last.end;

	if (packed->count++ == 0)
		packed->first = before = match.start;
	packed->parts |= search_output_part(packed->range, match.start);
	if (output->out_size + NUMBERS > sizeof output->out)
		output->crowded = true;
	if (output->crowded)
		return;
	pack_number(output, match.start - before);
	pack_number(output, match.end - match.start);
}

static bool pack_send(struct search_output *output, struct error *error)
{
	unsigned char message[sizeof output->packed + SEARCH_RESULT];
	size_t size = output->crowded ? 0 : output->out_size;

	if (output->packed.count == 0)
		return true;
	memcpy(message, &output->packed, sizeof output->packed);
	memcpy(message + sizeof output->packed, output->out, size);
	return job_send(output->job, output->chunk, message,
			sizeof output->packed + size, error);
}

/* --- a chunk --- */

static bool is_listing(enum search_kind kind)
{
	return kind == SEARCH_ALL || kind == SEARCH_REPLACE ||
	       kind == SEARCH_PRINT || kind == SEARCH_LINES;
}

void search_output_init(struct search_output *output,
			const struct search *search, struct job_worker *job)
{
	const struct search_plan *plan = &search->plan;

	output->search = search;
	output->job = job;
	output->listing = is_listing(plan->kind);
	output->replacement = search->constant ? NULL : plan->replacement;
	output->writer = (struct text_writer){
		.newlines = newlines_of(plan->document, NEWLINE_BYTE),
		.range = plan->range, .which = plan->lines,
		.prefix = plan->prefix, .put = send_text, .sink = output,
	};
}

void search_output_begin(struct search_output *output, uint64_t chunk,
			 struct range range, uint64_t entry)
{
	output->chunk = chunk;
	output->count = 0;
	output->out_size = 0;
	output->packed = (struct packed){ .entry = entry, .range = range };
	output->crowded = false;
}

bool search_output_match(struct search_output *output, struct match match,
			 const unsigned char *bytes, size_t length,
			 struct error *error)
{
	enum search_kind kind = output->search->plan.kind;
	bool late = kind == SEARCH_FIRST && output->count > 0;

	if (late || !search_counts(output->search, match))
		return true;
	if (kind == SEARCH_LINES)
		return text_lines_match(&output->writer, match.start,
					&output->count, error);
	output->count++;
	if (kind == SEARCH_PACKED)
		pack_match(output, match);
	output->last = match;
	if (output->replacement)
		return send_replaced(output, match, bytes, length, error);
	if (kind == SEARCH_PRINT)
		return text_write_match(&output->writer, match, error);
	return !output->listing || send_match(output, match, error);
}

void search_output_beyond(struct search_output *output, uint64_t count,
			  struct match last, uint64_t parts)
{
	output->count += count;
	output->last = last;
	output->packed.count += count;
	output->packed.parts |= parts;
	output->crowded = true;
}

bool search_output_leave(struct search_output *output, struct range range,
			 struct error *error)
{
	const struct search *search = output->search;

	return search->plan.kind != SEARCH_LINES ||
	       text_lines_end(&output->writer, range,
			      range.end == search->limit, &output->count,
			      error);
}

bool search_output_end(struct search_output *output, struct range range,
		      struct error *error)
{
	enum search_kind kind = output->search->plan.kind;
	bool sent = check_lost(output->search, error);

	if (sent && kind == SEARCH_COUNT)
		sent = job_send(output->job, output->chunk, &output->count,
				sizeof output->count, error);
	else if (sent && kind == SEARCH_PACKED)
		sent = pack_send(output, error);
	else if (sent && output->listing)
		sent = output->out_size == 0 || flush(output, error);
	else if (sent && output->count > 0)
		sent = job_send(output->job, output->chunk, &output->last,
				sizeof output->last, error);
	count_unreadable(output, range);
	job_advance(output->job, range_length(range), output->count);
	return sent && job_finish(output->job, output->chunk, error);
}
