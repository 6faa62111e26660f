/*
 * What can be done to the bytes of a range.  Each makes any block of the
 * result from the document alone, so blocks can be made in any order.
 */
#include <inttypes.h>
#include <string.h>

#include "sizes.h"
#include "transform_internal.h"

/* Reads LENGTH bytes at AT of the range, which may be before or behind it:
 * there zeros are. */
static bool source(const struct transform_plan *plan, int64_t at,
		   unsigned char *bytes, size_t length, struct error *error)
{
	const struct document *document = plan->document;
	int64_t size = (int64_t)range_length(plan->range);
	int64_t start = at > 0 ? at : 0;
	int64_t end = at + (int64_t)length;

	if (end > size)
		end = size;
	memset(bytes, 0, length);
	if (start >= end)
		return true;

	struct range range = range_of(plan->range.start + (uint64_t)start,
				      (uint64_t)(end - start));

	document_read(document, range.start, bytes + (start - at),
		      (size_t)range_length(range));
	/* Afterwards, when it is known whether they could be read. */
	document_verify(document);
	for (uint64_t same; !range_is_empty(range); range.start += same) {
		if (document_lost(document, range.start, &same))
			return error_set(error, "%s: the bytes at 0x%llx are "
					 "lost", file_path(document_file(
					 document)),
					 (unsigned long long)range.start);
		if (same > range_length(range))
			same = range_length(range);
	}
	return true;
}

/* --- with data --- */

static bool check_data(const struct transform_plan *plan, struct error *error)
{
	return plan->data.length > 0
	       || error_set(error, "%s with nothing", plan->what->name);
}

/* A block of the range, and what the repeated data has for it. */
static bool sources(const struct transform_plan *plan, uint64_t offset,
		    unsigned char *bytes, unsigned char *with, size_t length,
		    struct error *error)
{
	size_t at = (size_t)(offset % plan->data.length);

	for (size_t i = 0; i < length; i++) {
		with[i] = plan->data.bytes[at++];
		if (at == plan->data.length)
			at = 0;
	}
	return source(plan, (int64_t)offset, bytes, length, error);
}

static bool make_xor(const struct transform_plan *plan, uint64_t offset,
		     unsigned char *bytes, size_t length, struct error *error)
{
	unsigned char with[TRANSFORM_BLOCK];

	if (!sources(plan, offset, bytes, with, length, error))
		return false;
	for (size_t i = 0; i < length; i++)
		bytes[i] ^= with[i];
	return true;
}

static bool make_and(const struct transform_plan *plan, uint64_t offset,
		     unsigned char *bytes, size_t length, struct error *error)
{
	unsigned char with[TRANSFORM_BLOCK];

	if (!sources(plan, offset, bytes, with, length, error))
		return false;
	for (size_t i = 0; i < length; i++)
		bytes[i] &= with[i];
	return true;
}

static bool make_or(const struct transform_plan *plan, uint64_t offset,
		    unsigned char *bytes, size_t length, struct error *error)
{
	unsigned char with[TRANSFORM_BLOCK];

	if (!sources(plan, offset, bytes, with, length, error))
		return false;
	for (size_t i = 0; i < length; i++)
		bytes[i] |= with[i];
	return true;
}

static bool check_unit(const struct transform_plan *plan, uint64_t unit,
		       struct error *error)
{
	uint64_t length = range_length(plan->range);

	return length % unit == 0
	       || error_set(error, "%s: the range has %" PRIu64 " bytes, no "
			    "multiple of %" PRIu64, plan->what->name, length,
			    unit);
}

static bool check_add(const struct transform_plan *plan, struct error *error)
{
	if (plan->type.size == 0)
		return check_data(plan, error);
	if (plan->type.kind == 'f')
		return error_set(error, "add takes whole numbers");
	return check_unit(plan, plan->type.size, error);
}

static bool make_add(const struct transform_plan *plan, uint64_t offset,
		     unsigned char *bytes, size_t length, struct error *error)
{
	struct data_type type = plan->type;
	unsigned char with[TRANSFORM_BLOCK];

	/* Other data is added byte by byte. */
	if (type.size == 0)
		type.size = 1;
	if (!sources(plan, offset, bytes, with, length, error))
		return false;
	for (size_t i = 0; i < length; i += type.size)
		data_put_number(type, data_number(type, bytes + i)
				      + data_number(type, with + i),
				bytes + i);
	return true;
}

/* --- moving --- */

static bool make_shift(const struct transform_plan *plan, uint64_t offset,
		       unsigned char *bytes, size_t length,
		       struct error *error)
{
	/* Whole bytes to the left, rounded down, and bits. */
	int64_t bits = ((plan->number % 8) + 8) % 8;
	int64_t whole = (plan->number - bits) / 8;

	if (!source(plan, (int64_t)offset + whole, bytes, length + 1, error))
		return false;
	for (size_t i = 0; bits > 0 && i < length; i++)
		bytes[i] = (unsigned char)(bytes[i] << bits
					   | bytes[i + 1] >> (8 - bits));
	return true;
}

static void reverse(unsigned char *bytes, size_t length)
{
	for (size_t i = 0; i < length / 2; i++) {
		unsigned char byte = bytes[i];

		bytes[i] = bytes[length - 1 - i];
		bytes[length - 1 - i] = byte;
	}
}

static bool make_reverse(const struct transform_plan *plan, uint64_t offset,
			 unsigned char *bytes, size_t length,
			 struct error *error)
{
	uint64_t from = range_length(plan->range) - offset - length;

	if (!source(plan, (int64_t)from, bytes, length, error))
		return false;
	reverse(bytes, length);
	return true;
}

static bool check_swap(const struct transform_plan *plan, struct error *error)
{
	if (plan->number != 2 && plan->number != 4 && plan->number != 8)
		return error_set(error, "swap takes 2, 4 or 8");
	return check_unit(plan, (uint64_t)plan->number, error);
}

static bool make_swap(const struct transform_plan *plan, uint64_t offset,
		      unsigned char *bytes, size_t length, struct error *error)
{
	size_t unit = (size_t)plan->number;

	if (!source(plan, (int64_t)offset, bytes, length, error))
		return false;
	for (size_t i = 0; i < length; i += unit)
		reverse(bytes + i, unit);
	return true;
}

static const struct transformation transformations[] = {
	{ "xor", check_data, make_xor },
	{ "and", check_data, make_and },
	{ "or", check_data, make_or },
	{ "add", check_add, make_add },
	{ "shift", NULL, make_shift },
	{ "reverse", NULL, make_reverse },
	{ "swap", check_swap, make_swap },
};

const struct transformation *transformation_find(const char *name)
{
	for (size_t i = 0; i < sizeof transformations
			       / sizeof *transformations; i++)
		if (strcmp(transformations[i].name, name) == 0)
			return &transformations[i];
	return NULL;
}
