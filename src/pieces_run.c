/*
 * Runs: from the piece that holds an offset outwards, a whole subtree at a
 * time where its summary says that it is contiguous.
 */
#include <assert.h>

#include "pieces_internal.h"

/* A contiguous run that is growing, and whether it still can at its ends. */
struct run {
	const unsigned char *at;
	const unsigned char *start;
	const unsigned char *end;
	bool open_start;
	bool open_end;
};

/* Takes the whole of a stretch if it goes on where the run ends. */
static bool run_take_after(struct run *run, const struct summary *sum)
{
	if (!run->open_end || !sum->count)
		return run->open_end;
	if (sum->solid && sum->first == run->end)
		run->end = sum->last;
	else
		run->open_end = false;
	return run->open_end;
}

static bool run_take_before(struct run *run, const struct summary *sum)
{
	if (!run->open_start || !sum->count)
		return run->open_start;
	if (sum->solid && sum->last == run->start)
		run->start = sum->first;
	else
		run->open_start = false;
	return run->open_start;
}

/* Takes what it can of TREE, from its start. */
static void run_extend_after(const struct pieces *pieces, struct run *run,
			     uint32_t tree)
{
	if (!run->open_end || run_take_after(run, &pieces->nodes[tree].sum))
		return;
	/* Not all of it, so the run ends somewhere inside. */
	while (tree) {
		const struct node *node = &pieces->nodes[tree];
		struct summary own = summary_of(node->piece);

		run->open_end = true;
		if (!run_take_after(run, &pieces->nodes[node->left].sum)) {
			tree = node->left;
			continue;
		}
		if (!run_take_after(run, &own))
			return;
		tree = node->right;
	}
	run->open_end = false;
}

static void run_extend_before(const struct pieces *pieces, struct run *run,
			      uint32_t tree)
{
	if (!run->open_start || run_take_before(run, &pieces->nodes[tree].sum))
		return;
	while (tree) {
		const struct node *node = &pieces->nodes[tree];
		struct summary own = summary_of(node->piece);

		run->open_start = true;
		if (!run_take_before(run, &pieces->nodes[node->right].sum)) {
			tree = node->right;
			continue;
		}
		if (!run_take_before(run, &own))
			return;
		tree = node->left;
	}
	run->open_start = false;
}

static void run_begin(struct run *run, struct piece piece, uint64_t at)
{
	uint64_t after;
	uint64_t phase = piece.period ? (piece.phase + at) % piece.period : at;

	run->at = piece_run(piece, at, &after);
	run->start = run->at - (phase < at ? phase : at);
	run->end = run->at + after;
	run->open_start = run->open_end = piece_anchored(piece);
}

static void run_find(const struct pieces *pieces, uint32_t tree,
		     uint64_t offset, struct run *run)
{
	const struct node *node = &pieces->nodes[tree];
	struct summary own = summary_of(node->piece);
	uint64_t start = pieces->nodes[node->left].sum.total;

	if (offset < start) {
		run_find(pieces, node->left, offset, run);
		run_take_after(run, &own);
		run_extend_after(pieces, run, node->right);
	} else if (offset - start < node->piece.length) {
		run_begin(run, node->piece, offset - start);
		run_extend_before(pieces, run, node->left);
		run_extend_after(pieces, run, node->right);
	} else {
		run_find(pieces, node->right,
			 offset - start - node->piece.length, run);
		run_take_before(run, &own);
		run_extend_before(pieces, run, node->left);
	}
}

const unsigned char *pieces_run(const struct pieces *pieces, uint64_t offset,
				uint64_t *before, uint64_t *after)
{
	struct run run;

	assert(offset < pieces_length(pieces));
	run_find(pieces, pieces->root, offset, &run);
	if (before)
		*before = (uint64_t)(run.at - run.start);
	*after = (uint64_t)(run.end - run.at);
	return run.at;
}
