/*
 * save_decide: what a flush has to write, and by which method.
 *
 * That is decided by what each would write (save_choose).  A length that stays
 * is changed in place, unless that is much, and more than a new file.  With
 * another length that is done where it is a small part of what a new file takes,
 * because its journal can be interrupted and the exchange of two names cannot.
 * What a file system may share with the old file a new one does not take.  What
 * is read by blocks is written directly, and not in any other way.
 */
#include <stdio.h>
#include <stdlib.h>

#include "io.h"
#include "save_internal.h"
#include "sizes.h"

/* --- what differs --- */

bool save_ranges_add(struct save_ranges *ranges, struct range range,
		     struct error *cause)
{
	if (ranges->count
	    && ranges->list[ranges->count - 1].end == range.start) {
		ranges->list[ranges->count - 1].end = range.end;
		return true;
	}
	if (ranges->count == ranges->room) {
		size_t more = ranges->room ? 2 * ranges->room : 16;
		struct range *list = realloc(ranges->list,
					     more * sizeof *list);

		if (!list)
			return error_set_memory(cause);
		ranges->list = list;
		ranges->room = more;
	}
	ranges->list[ranges->count++] = range;
	return true;
}

/* The block that a new file could share with the document's; 0 where the file
 * system does not know how, as far as one can tell. */
static uint64_t shared_block(const struct document *document)
{
	int fd = file_descriptor(document_file(document));
	bool shares, local;

	return io.file_system(fd, &shares, &local) == 0 && shares
		? save_block(fd) : 0;
}

bool save_ranges_find(struct save_ranges *ranges,
		      const struct document *document, struct error *cause)
{
	uint64_t block = shared_block(document);
	uint64_t size = document_size(document);
	uint64_t old_size = document_file_size(document);

	for (uint64_t offset = 0; offset < size; ) {
		struct save_run run = save_run_at(document, offset, size);
		bool same = run.in_file && run.file_offset == run.now.start;

		if (!same && !save_ranges_add(ranges, run.now, cause))
			return false;
		if (!same)
			ranges->bytes += range_length(run.now);
		if (run.in_file)
			ranges->shareable += range_length(
				save_shareable(run, 0, block));
		else
			ranges->typed += range_length(run.now);
		offset = run.now.end;
	}
	ranges->written = ranges->count;
	return old_size <= size
		|| save_ranges_add(ranges, (struct range){ size, old_size },
			      cause);
}

/* --- may it be written at all? --- */

bool save_same_file(const struct document *document, struct error *cause)
{
	enum file_state state = file_check(document_file(document), NULL);
	char text[ERROR_MESSAGE_SIZE];

	/* Others may have written without a trace but in the bytes. */
	if (document_outside_state(document) != FILE_SAME)
		return error_set(cause, "%.200s; %s",
				 document_outside_text(document, text,
						       sizeof text),
				 document_outside_advice(document));
	return state == FILE_SAME
		|| error_set(cause, "%s", file_state_text(state));
}

static bool may_write(const struct document *document, struct error *cause)
{
	struct file *file = document_file(document);
	const char *reason = file_read_only(file);

	if (!reason)
		reason = document_read_only(document);
	if (reason)
		return error_set(cause, file_by_blocks(file) ? "%s"
				 : "%s; \"write FILE\" makes a copy", reason);
	return save_same_file(document, cause);
}

static bool find_target(const struct document *document,
			struct save_target *target, struct error *cause)
{
	struct file *file = document_file(document);
	struct file_identity identity = file_identity(file);
	bool is_new = file_kind(file) == FILE_NEW;

	if (!save_target_find(target, file_path(file), cause))
		return false;
	if (target->exists == is_new
	    || (target->exists && (target->status.st_dev != identity.device
				   || target->status.st_ino != identity.inode)))
		return error_set(cause, "another file has taken its place");
	return save_target_free(target, cause)
		&& save_target_clean(target, file_descriptor(file), cause);
}

/* --- the method --- */

static void set_reason(struct save_flush *flush, const char *reason)
{
	snprintf(flush->plan.reason, sizeof flush->plan.reason, "%.150s",
		 reason);
}

/* What each way costs, in bytes that it writes. */
static uint64_t cost_in_place(const struct save_costs *costs)
{
	/* A journal has both. */
	return costs->old + 2 * costs->changed;
}

static uint64_t cost_replaced(const struct save_costs *costs)
{
	return costs->copy - costs->shared;
}

static uint64_t cost_rewritten(const struct save_costs *costs)
{
	return cost_replaced(costs) + costs->changed;
}

enum save_method save_choose(const struct save_costs *costs,
			     enum save_way way, bool replaceable)
{
	bool may_replace = way == SAVE_AUTO && replaceable;
	uint64_t cost = cost_in_place(costs);
	uint64_t limit = cost_rewritten(costs);

	if (way == SAVE_WAY_REPLACE)
		return SAVE_REPLACED;
	if (costs->same_size
	    && (!may_replace || cost <= SAVE_IN_PLACE_SMALL))
		return SAVE_IN_PLACE;
	if (may_replace)
		limit = costs->same_size ? cost_replaced(costs)
			: cost_replaced(costs) / SAVE_TAIL_SHARE;
	if (cost <= SAVE_IN_PLACE_MAXIMUM && cost <= limit)
		return SAVE_IN_PLACE;
	return may_replace ? SAVE_REPLACED : SAVE_REWRITTEN;
}

static struct save_costs costs_of(const struct save_flush *flush,
				  const struct document *document)
{
	uint64_t copy = save_copy_bytes(document, flush->ranges.typed);
	uint64_t shared = flush->ranges.shareable;

	return (struct save_costs){
		.old = save_old_bytes(flush),
		.changed = flush->ranges.bytes,
		.copy = copy,
		.shared = shared < copy ? shared : copy,
		.same_size = flush->old_size == flush->new_size,
	};
}

static bool refuse(const struct error *why, struct error *cause)
{
	return error_set(cause, "%s; \"set write-method=auto\" rewrites it in "
			 "place", why->message);
}

static bool choose(struct save_flush *flush, const struct document *document,
		   struct error *cause)
{
	enum save_way way = flush->options.way;
	struct error why = ERROR_NONE;
	bool replaceable = save_target_replaceable(&flush->target, &why);
	struct save_costs costs = costs_of(flush, document);
	struct save_plan *plan = &flush->plan;

	if (way == SAVE_WAY_REPLACE && !replaceable)
		return refuse(&why, cause);
	plan->method = save_choose(&costs, way, replaceable);
	if (plan->method != SAVE_IN_PLACE)
		plan->shared = costs.shared;
	if (plan->method == SAVE_REPLACED && way == SAVE_AUTO
	    && costs.same_size)
		set_reason(flush, "so much has changed that a journal would "
			   "take more than a new file");
	if (plan->method == SAVE_REWRITTEN)
		set_reason(flush, way == SAVE_AUTO ? why.message
						   : "write-method=in-place");
	return true;
}

static bool bytes_are_there(const struct save_flush *flush,
			    const struct document *document,
			    struct error *cause)
{
	/* Older states of the file too, of which our own flushes may have cut
	 * something off: from now on a loss is a loss. */
	document_verify(document);
	if (flush->plan.method != SAVE_IN_PLACE)
		return save_range_present(document, (struct range){ 0,
					  flush->new_size }, cause);
	for (size_t i = 0; i < flush->ranges.written; i++)
		if (!save_range_present(document, save_range_new(flush, i),
					cause))
			return false;
	return true;
}

/* --- all of it --- */

static bool plan_existing(struct save_flush *flush,
			  const struct document *document,
			  struct error *cause)
{
	struct save_plan *plan = &flush->plan;

	if (!save_ranges_find(&flush->ranges, document, cause))
		return false;
	if (flush->ranges.count == 0)
		return true;
	if (!choose(flush, document, cause))
		return false;
	plan->bytes = flush->ranges.bytes;
	plan->ranges = flush->ranges.written;
	if (plan->method == SAVE_REPLACED) {
		plan->bytes = flush->new_size;
		plan->ranges = flush->new_size > 0;
	}
	return bytes_are_there(flush, document, cause);
}

static bool plan_created(struct save_flush *flush)
{
	struct save_plan *plan = &flush->plan;

	plan->method = SAVE_CREATED;
	plan->bytes = flush->new_size;
	plan->ranges = plan->bytes > 0;
	return true;
}

static bool plan_mapped(struct save_flush *flush,
			const struct document *document, struct error *cause)
{
	if (!find_target(document, &flush->target, cause))
		return false;
	return flush->existed ? plan_existing(flush, document, cause)
			      : plan_created(flush);
}

bool save_decide(struct save_flush *flush, const struct document *document,
		 struct error *cause)
{
	struct save_plan *plan = &flush->plan;
	enum file_kind kind = file_kind(document_file(document));
	bool by_blocks = file_by_blocks(document_file(document));
	bool changed = document_modified(document) || kind == FILE_NEW;

	flush->existed = kind != FILE_NEW;
	flush->old_size = document_file_size(document);
	flush->new_size = document_size(document);
	plan->room = UINT64_MAX;
	if (kind != FILE_SPOOLED && kind != FILE_GENERATED && !changed)
		return true;
	if (!may_write(document, cause)
	    || !(by_blocks ? save_decide_direct
			   : plan_mapped)(flush, document, cause))
		return false;
	if (plan->method == SAVE_NOTHING)
		return true;
	save_plan_notes(flush, document);
	return (by_blocks || save_plan_space(flush, document, cause))
		&& save_backup_allowed(flush, cause);
}

void save_decided_end(struct save_flush *flush)
{
	save_target_close(&flush->target);
	free(flush->ranges.list);
	flush->ranges = (struct save_ranges){ .list = NULL };
}
