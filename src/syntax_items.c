/*
 * syntax: how branches are put together.
 *
 * Invariant: an operation allows what its operands allow, in that order, and
 * perhaps more.  A branch that has no room for more items is cut, and stands
 * for all that begins with it.
 */
#include <string.h>

#include "syntax_internal.h"

bool byte_set_equal(const struct byte_set *one, const struct byte_set *other)
{
	return memcmp(one, other, sizeof *one) == 0;
}

bool byte_set_meet(const struct byte_set *one, const struct byte_set *other)
{
	uint64_t both = 0;

	for (int i = 0; i < 4; i++)
		both |= one->bits[i] & other->bits[i];
	return both != 0;
}

void byte_set_unite(struct byte_set *set, const struct byte_set *other)
{
	for (int i = 0; i < 4; i++)
		set->bits[i] |= other->bits[i];
}

struct byte_set byte_set_all(void)
{
	return (struct byte_set){ { UINT64_MAX, UINT64_MAX, UINT64_MAX,
				    UINT64_MAX } };
}

size_t syntax_branch_least(const struct syntax_branch *branch)
{
	size_t least = 0;

	for (size_t i = 0; i < branch->count; i++)
		least += branch->items[i].single;
	return least;
}

/* Bytes of a branch at most. */
static size_t branch_most(const struct syntax_branch *branch)
{
	size_t most = 0;

	if (branch->cut)
		return SYNTAX_MANY;
	for (size_t i = 0; i < branch->count; i++) {
		most += branch->items[i].most;
		if (most >= SYNTAX_MANY)
			return SYNTAX_MANY;
	}
	return most;
}

static void branch_add(struct syntax_branch *branch,
		       const struct syntax_item *item)
{
	if (branch->count == SYNTAX_ITEMS)
		branch->cut = true;
	if (!branch->cut)
		branch->items[branch->count++] = *item;
}

void syntax_branch_single(struct syntax_branch *branch,
			  const struct byte_set *set)
{
	branch_add(branch, &(struct syntax_item){ *set, true, 1,
						  SYNTAX_GREEDY });
}

void syntax_branch_run(struct syntax_branch *branch,
		       const struct byte_set *set, size_t most,
		       enum syntax_greed greed)
{
	unsigned count = most < SYNTAX_MANY ? (unsigned)most : SYNTAX_MANY;

	if (count > 0)
		branch_add(branch, &(struct syntax_item){ *set, false,
							  count, greed });
}

bool syntax_branch_append(struct syntax_branch *branch,
			  const struct syntax_branch *next)
{
	for (size_t i = 0; i < next->count; i++)
		branch_add(branch, &next->items[i]);
	branch->cut = branch->cut || next->cut;
	return !branch->cut;
}

static struct byte_set syntax_set(const struct syntax *syntax)
{
	struct byte_set set = { { 0 } };

	for (size_t i = 0; i < syntax->count; i++) {
		const struct syntax_branch *branch = &syntax->branches[i];

		if (branch->cut)
			return byte_set_all();
		for (size_t j = 0; j < branch->count; j++)
			byte_set_unite(&set, &branch->items[j].set);
	}
	return set;
}

/* Branches of one length, byte by byte. */
static void overlay(const struct syntax *syntax, struct syntax_branch *flat)
{
	*flat = syntax->branches[0];
	for (size_t i = 1; i < syntax->count; i++)
		for (size_t j = 0; j < flat->count; j++)
			byte_set_unite(&flat->items[j].set,
				       &syntax->branches[i].items[j].set);
}

/* One branch for all. */
static void flatten(const struct syntax *syntax, struct syntax_branch *flat)
{
	struct byte_set set = syntax_set(syntax);
	size_t least = SIZE_MAX;
	size_t most = 0;
	bool fixed = true;

	for (size_t i = 0; i < syntax->count; i++) {
		const struct syntax_branch *branch = &syntax->branches[i];
		size_t shortest = syntax_branch_least(branch);
		size_t longest = branch_most(branch);

		fixed = fixed && shortest == longest;
		least = shortest < least ? shortest : least;
		most = longest > most ? longest : most;
	}
	if (syntax->count == 1 || (fixed && least == most)) {
		overlay(syntax, flat);
		return;
	}
	flat->count = 0;
	flat->cut = false;
	for (size_t i = 0; i < least && !flat->cut; i++)
		syntax_branch_single(flat, &set);
	syntax_branch_run(flat, &set,
			  most == SYNTAX_MANY ? most : most - least,
			  SYNTAX_GREEDY);
}

/* Each branch of WHOLE with each of NEXT behind it, in the order in which they
 * are tried. */
static void multiply(struct syntax *whole, const struct syntax *next)
{
	for (size_t i = whole->count; i-- > 0;) {
		struct syntax_branch *branches =
			&whole->branches[i * next->count];

		for (size_t j = next->count; j-- > 0;) {
			branches[j] = whole->branches[i];
			syntax_branch_append(&branches[j], &next->branches[j]);
		}
	}
	whole->count *= next->count;
}

bool syntax_append(struct syntax *whole, const struct syntax *next)
{
	if (whole->count * next->count <= SYNTAX_BRANCHES) {
		multiply(whole, next);
		return true;
	}

	struct syntax_branch flat;

	flatten(next, &flat);
	for (size_t i = 0; i < whole->count; i++)
		syntax_branch_append(&whole->branches[i], &flat);
	return false;
}

void syntax_flatten(struct syntax *whole)
{
	struct syntax_branch flat;

	flatten(whole, &flat);
	whole->branches[0] = flat;
	whole->count = 1;
}

bool syntax_unite(struct syntax *whole, const struct syntax *other)
{
	if (whole->count + other->count > SYNTAX_BRANCHES)
		return false;
	for (size_t i = 0; i < other->count; i++)
		whole->branches[whole->count++] = other->branches[i];
	return true;
}

bool syntax_repeat(struct syntax *whole, size_t least, size_t most,
		   enum syntax_greed greed)
{
	struct syntax_branch once;

	if (least == 1 && most == 1)
		return true;
	flatten(whole, &once);

	struct syntax_branch *branch = &whole->branches[0];
	struct byte_set set = syntax_set(whole);
	bool one = whole->count == 1;
	size_t longest = branch_most(&once);
	size_t more = most == SYNTAX_MANY ? most : most - least;

	whole->count = 1;
	branch->count = 0;
	branch->cut = false;
	for (size_t i = 0; i < least && !branch->cut && once.count > 0; i++)
		syntax_branch_append(branch, &once);
	if (longest > 0 && more > 0)
		syntax_branch_run(branch, &set,
				  more >= SYNTAX_MANY / longest
					  ? SYNTAX_MANY : more * longest,
				  greed);
	return one && (least == most ||
		       (once.count == 1 && once.items[0].single));
}
