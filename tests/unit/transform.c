/*
 * Unit tests of the transform room: against the plainest way of saying what
 * each transformation does, over documents with pieces, in this process and in
 * workers.
 */
#include "sample.h"

#include "octavo/transform.h"
#include "sizes.h"

/* --- the plainest way --- */

static uint64_t number_at(const unsigned char *bytes, struct data_type type)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < type.size; i++)
		value = value << 8 | bytes[type.big ? i : type.size - 1u - i];
	return value;
}

static bool bit_at(const unsigned char *bytes, int64_t size, int64_t bit)
{
	if (bit < 0 || bit >= 8 * size)
		return false;
	return bytes[bit / 8] >> (7 - bit % 8) & 1;
}

static void plain_add(const struct transform_plan *plan,
		      const unsigned char *from, unsigned char *to,
		      size_t size)
{
	struct data_type type = plan->type;

	if (type.size == 0)
		type.size = 1;
	for (size_t i = 0; i < size; i += type.size) {
		unsigned char with[8];

		for (unsigned k = 0; k < type.size; k++)
			with[k] = plan->data.bytes[(i + k)
						   % plan->data.length];

		uint64_t sum = number_at(from + i, type)
			       + number_at(with, type);

		for (unsigned k = 0; k < type.size; k++)
			to[i + (type.big ? type.size - 1 - k : k)] =
				(unsigned char)(sum >> (8 * k));
	}
}

static void plain(const struct transform_plan *plan, const char *name,
		  const unsigned char *from, unsigned char *to, size_t size)
{
	if (strcmp(name, "add") == 0) {
		plain_add(plan, from, to, size);
		return;
	}
	for (size_t i = 0; i < size; i++) {
		size_t unit = (size_t)plan->number;
		unsigned char with = plan->data.length == 0 ? 0
			: plan->data.bytes[i % plan->data.length];

		if (strcmp(name, "xor") == 0)
			to[i] = from[i] ^ with;
		else if (strcmp(name, "and") == 0)
			to[i] = from[i] & with;
		else if (strcmp(name, "or") == 0)
			to[i] = from[i] | with;
		else if (strcmp(name, "reverse") == 0)
			to[i] = from[size - 1 - i];
		else if (strcmp(name, "swap") == 0)
			to[i] = from[i - i % unit + unit - 1 - i % unit];
		else
			for (int bit = 0; bit < 8; bit++)
				to[i] = (unsigned char)(to[i] << 1 | bit_at(
					from, (int64_t)size, 8 * (int64_t)i
					+ bit + plan->number));
	}
}

/* --- and ours --- */

/* Data as it is typed, and what of it the plan needs. */
static void set_data(struct transform_plan *plan, const char *text)
{
	size_t position = 0;

	assert_true(data_parse(&plan->data, text, &position, NULL));
	position = 0;
	data_type_parse(&plan->type, text, &position);
}

static void in_workers(const struct transform_plan *plan)
{
	struct error error = ERROR_NONE;
	struct transform *transform = transform_start(plan, &error);

	if (!transform || transform_wait(transform, &error) != JOB_DONE
	    || !transform_commit(transform, &error))
		fail_msg("%s", error.message);
	transform_free(transform);
}

/* In both ways; each is undone again. */
static void check(const struct sample *sample, struct range range,
		  const char *name, const char *data, int64_t number)
{
	struct transform_plan plan = {
		.document = sample->document, .range = range,
		.what = transformation_find(name), .number = number,
		.workers = 2,
	};
	struct error error = ERROR_NONE;
	unsigned char *wanted = malloc(sample->size + 1);
	unsigned char *got = malloc(sample->size + 1);
	uint64_t steps = document_undo_steps(sample->document);

	assert_non_null(plan.what);
	assert_true(wanted && got);
	if (data)
		set_data(&plan, data);
	if (!transform_check(&plan, &error))
		fail_msg("%s: %s", name, error.message);
	memcpy(wanted, sample->bytes, sample->size);
	plain(&plan, name, sample->bytes + range.start, wanted + range.start,
	      range_length(range));
	for (int way = 0; way < 2; way++) {
		struct range touched;

		if (way)
			in_workers(&plan);
		else if (!transform_now(&plan, &error))
			fail_msg("%s: %s", name, error.message);
		document_check(sample->document);
		assert_int_equal(document_size(sample->document),
				 sample->size);
		document_read(sample->document, 0, got, sample->size);
		if (memcmp(got, wanted, sample->size) != 0)
			fail_msg("%s %s %d, way %d", name, data ? data : "",
				 (int)number, way);
		if (range_is_empty(range))
			continue;
		assert_int_equal(document_undo_steps(sample->document),
				 steps + 1);
		assert_true(document_undo(sample->document, &touched, NULL));
		document_read(sample->document, 0, got, sample->size);
		assert_memory_equal(got, sample->bytes, sample->size);
	}
	data_free(&plan.data);
	free(wanted);
	free(got);
}

static const char *const operands[] = {
	"{ff}", "{01 80 7f}", "\"a longer one, than fits\"", "u8:200",
	"i8:-1", "u16le:258", "u16be:258", "u32le:4294967295", "u32be:70000",
	"i32be:-2", "u64le:18446744073709551615", "u64be:1234567890123456",
	"i64le:-5",
};

static void check_all(const struct sample *sample, struct range range)
{
	static const char *const with_data[] = { "xor", "and", "or", "add" };
	static const int64_t shifts[] = {
		0, 1, -1, 4, 7, 8, -8, 9, -9, 63, -100, 1000, -1000,
		INT64_MAX, INT64_MIN, INT64_MIN + 1,
	};

	/* A multiple of each unit. */
	range.end -= range_length(range) % 8;
	for (size_t i = 0; i < sizeof operands / sizeof *operands; i++)
		for (size_t k = 0; k < 4; k++)
			check(sample, range, with_data[k], operands[i], 0);
	for (size_t i = 0; i < sizeof shifts / sizeof *shifts; i++)
		/* More than the plain way can count. */
		if (shifts[i] < 10000 && shifts[i] > -10000)
			check(sample, range, "shift", NULL, shifts[i]);
	for (int64_t unit = 2; unit <= 8; unit *= 2)
		check(sample, range, "swap", NULL, unit);
	check(sample, range, "reverse", NULL, 0);
}

static void test_transform_as_said(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 4; round++) {
		seed = 700 + round;

		struct sample sample = random_sample(
			200 + random_below(200), random_below(20));
		struct range range = { random_below(50), sample.size };

		check_all(&sample, range);
		range.end = range.start + 9 + random_below(60);
		check_all(&sample, range);
		check(&sample, range, "xor", "{12 34}", 0);
		check(&sample, range, "shift", NULL, -13);
		check(&sample, range, "reverse", NULL, 0);
		check(&sample, range_of(range.start, 0), "xor", "{ff}", 0);
		check(&sample, range_of(range.start, 0), "reverse", NULL, 0);
		sample_free(&sample);
	}
}

/* Many blocks and chunks in any build. */
static void test_transform_large(void **state)
{
	(void)state;
	seed = 800;

	struct sample sample = random_sample(2 * TRANSFORM_CHUNK + 1000, 30);
	struct range range = { 3, sample.size - 2 };

	check(&sample, range, "xor", "\"a longer one\"", 0);
	check(&sample, range, "shift", NULL, 13);
	check(&sample, range, "shift", NULL, -700001);
	check(&sample, range, "reverse", NULL, 0);
	range.end -= range_length(range) % 8;
	check(&sample, range, "add", "u64be:77777777777", 0);
	check(&sample, range, "swap", NULL, 4);
	sample_free(&sample);
}

/* As far as it goes and further: all zeros. */
static void test_transform_shift_out(void **state)
{
	static const int64_t numbers[] = {
		24, -24, 1000, -1000, INT64_MAX, -INT64_MAX, INT64_MIN,
	};
	struct document *document = document_of("abcde", 5);
	struct transform_plan plan = {
		.document = document, .range = { 1, 4 },
		.what = transformation_find("shift"),
	};
	struct range touched;
	char bytes[5];

	(void)state;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		plan.number = numbers[i];
		assert_true(transform_now(&plan, NULL));
		document_read(document, 0, bytes, 5);
		assert_memory_equal(bytes, "a\0\0\0e", 5);
		assert_true(document_undo(document, &touched, NULL));
	}
	document_close(document);
}

static void refused(struct range range, const char *name, const char *data,
		    int64_t number, const char *message)
{
	struct transform_plan plan = {
		.range = range, .what = transformation_find(name),
		.number = number,
	};
	struct error error = ERROR_NONE;

	if (data)
		set_data(&plan, data);
	assert_false(transform_check(&plan, &error));
	assert_string_equal(error.message, message);
	data_free(&plan.data);
}

static void test_transform_refused(void **state)
{
	(void)state;
	refused(range_of(0, 10), "swap", NULL, 4,
		"swap: the range has 10 bytes, no multiple of 4");
	refused(range_of(0, 12), "swap", NULL, 3, "swap takes 2, 4 or 8");
	refused(range_of(0, 12), "swap", NULL, 0, "swap takes 2, 4 or 8");
	refused(range_of(5, 6), "add", "u32le:1", 0,
		"add: the range has 6 bytes, no multiple of 4");
	refused(range_of(0, 8), "add", "f64le:1", 0,
		"add takes whole numbers");
	refused(range_of(0, 8), "xor", "\"\"", 0, "xor with nothing");
	refused(range_of(0, 8), "add", "{}", 0, "add with nothing");
	assert_null(transformation_find("nor"));
}

static void test_transform_ends_with_an_edit(void **state)
{
	struct document *document = document_of("abcdefgh", 8);
	const struct transform_plan plan = {
		.document = document, .range = { 0, 8 },
		.what = transformation_find("reverse"),
	};
	struct error error = ERROR_NONE;
	struct transform *transform = transform_start(&plan, NULL);
	char bytes[9] = "";

	(void)state;
	assert_non_null(transform);
	assert_true(document_delete(document, range_of(0, 4), NULL));
	assert_int_equal(transform_wait(transform, &error), JOB_FAILED);
	assert_non_null(strstr(error.message, "edited meanwhile"));
	transform_free(transform);
	transform = transform_start(&(struct transform_plan){
		.document = document, .range = { 0, 4 },
		.what = transformation_find("reverse"),
	}, NULL);
	assert_int_equal(transform_wait(transform, NULL), JOB_DONE);
	transform_free(transform);
	document_read(document, 0, bytes, 8);
	assert_string_equal(bytes, "efgh");
	document_close(document);
}

/* What is not there any more can't become anything. */
static void test_transform_lost(void **state)
{
	enum { PAGE = 4096, SIZE = 4 * PAGE };
	unsigned char *bytes = calloc(1, SIZE);
	struct document *document = document_of(bytes, SIZE);
	struct transform_plan plan = {
		.document = document, .range = { 5, SIZE - 5 },
		.what = transformation_find("reverse"),
	};
	struct error error = ERROR_NONE;
	struct transform *transform;

	(void)state;
	free(bytes);
	assert_int_equal(truncate(path, PAGE + 100), 0);
	assert_false(transform_now(&plan, &error));
	assert_non_null(strstr(error.message, "are lost"));
	transform = transform_start(&plan, NULL);
	assert_non_null(transform);
	error = (struct error)ERROR_NONE;
	assert_int_equal(transform_wait(transform, &error), JOB_FAILED);
	assert_non_null(strstr(error.message, "are lost"));
	transform_free(transform);
	plan.what = transformation_find("shift");
	plan.number = 3;
	assert_false(transform_now(&plan, &error));
	assert_non_null(strstr(error.message, "bytes at 0x1064 are lost"));
	assert_int_equal(document_change_count(document), 0);
	plan.range.end = PAGE - 1;
	assert_true(transform_now(&plan, &error));
	document_close(document);
}

/* --- setup --- */

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/file", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transform_as_said),
		cmocka_unit_test(test_transform_large),
		cmocka_unit_test(test_transform_shift_out),
		cmocka_unit_test(test_transform_refused),
		cmocka_unit_test(test_transform_ends_with_an_edit),
		cmocka_unit_test(test_transform_lost),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
