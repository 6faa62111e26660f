/*
 * Unit tests of the replace room.  What it makes of a document is what a
 * plain loop makes of the flat bytes: one pass of PCRE2, pcre2_substitute for
 * each match.
 */
#include "sample.h"

#include "octavo/replace.h"
#include "sizes.h"

/* --- the plain loop --- */

/* The flat bytes with the replacements made so far. */
struct flat {
	const struct sample *sample;
	const struct pattern *pattern;
	const char *text;
	unsigned char *bytes;
	size_t size;
	uint64_t from;		/* in the sample: copied up to here */
	uint64_t count;
};

static void flat_copy(struct flat *flat, uint64_t to)
{
	size_t more = (size_t)(to - flat->from);

	memcpy(flat->bytes + flat->size, flat->sample->bytes + flat->from,
	       more);
	flat->size += more;
	flat->from = to;
}

static void substitute(void *context, struct match match,
		       pcre2_match_data *data)
{
	struct flat *flat = context;
	size_t room = flat->sample->size * 4 + 4096;

	/* As much again as this can take. */
	flat->bytes = realloc(flat->bytes, flat->size + flat->sample->size +
					   room);
	assert_non_null(flat->bytes);
	flat_copy(flat, match.start);

	int code = pcre2_substitute(
		flat->pattern->code, flat->sample->bytes, flat->sample->size,
		0, PCRE2_SUBSTITUTE_MATCHED | PCRE2_SUBSTITUTE_EXTENDED |
		PCRE2_SUBSTITUTE_REPLACEMENT_ONLY |
		PCRE2_SUBSTITUTE_UNSET_EMPTY, data, NULL,
		(PCRE2_SPTR)flat->text, PCRE2_ZERO_TERMINATED,
		flat->bytes + flat->size, &room);

	assert_int_equal(code, 1);
	flat->size += room;
	flat->from = match.end;
	flat->count++;
}

static struct flat flat_replace(const struct sample *sample,
				const struct pattern *pattern,
				const char *text, struct range range)
{
	struct flat flat = { .sample = sample, .pattern = pattern,
			     .text = text };

	pass_visit(sample, pattern, range, true, substitute, &flat);
	flat.bytes = realloc(flat.bytes, flat.size + sample->size + 1);
	assert_non_null(flat.bytes);
	flat_copy(&flat, sample->size);
	return flat;
}

/* --- and ours --- */

static struct replacement *replacement_of(const struct pattern *pattern,
					  const char *text)
{
	struct error error = ERROR_NONE;
	struct replacement *replacement = replacement_new(
		pattern, text, strlen(text), &error);

	if (!replacement)
		fail_msg("%s: %s", text, error.message);
	return replacement;
}

static struct replace *run(const struct replace_plan *plan)
{
	struct error error = ERROR_NONE;
	struct replace *replace = replace_start(plan, &error);

	if (!replace || replace_wait(replace, &error) != JOB_DONE)
		fail_msg("%s: %s", pattern_text(plan->pattern), error.message);
	return replace;
}

static void expect_bytes(const struct document *document,
			 const unsigned char *bytes, size_t size,
			 const char *what)
{
	unsigned char *now = malloc(size + 1);

	document_check(document);
	assert_non_null(now);
	if (document_size(document) != size)
		fail_msg("%s: %d bytes, not %zu", what,
			 (int)document_size(document), size);
	document_read(document, 0, now, size);
	if (memcmp(now, bytes, size) != 0)
		fail_msg("%s: other bytes", what);
	free(now);
}

/* Replaces, compares, and undoes that again. */
static void check_replace(const struct sample *sample, const struct form *form,
			  const char *text, uint64_t chunk, unsigned workers,
			  struct range range)
{
	struct pattern *pattern = pattern_of(form);
	struct replacement *replacement = replacement_of(pattern, text);
	struct flat flat = flat_replace(sample, pattern, text, range);
	struct document *document = sample->document;
	uint64_t steps = document_undo_steps(document);
	struct replace *replace = run(&(struct replace_plan){
		.document = document, .pattern = pattern,
		.replacement = replacement, .range = range,
		.workers = workers, .chunk = chunk,
	});
	struct range touched;
	uint64_t length;
	char what[200];

	snprintf(what, sizeof what, "%s to %s", pattern_text(pattern), text);
	expect_bytes(document, sample->bytes, sample->size, what);
	assert_int_equal(replace_count(replace), flat.count);
	assert_true(replace_commit(replace, &touched, &length, NULL));
	expect_bytes(document, flat.bytes, flat.size, what);
	assert_int_equal(sample->size - range_length(touched) + length,
			 flat.size);
	/* Nothing in the place of nothing is no edit. */
	if (length > 0 || !range_is_empty(touched)) {
		assert_int_equal(document_undo_steps(document), steps + 1);
		assert_true(document_undo(document, &touched, NULL));
	} else {
		assert_int_equal(document_undo_steps(document), steps);
	}
	expect_bytes(document, sample->bytes, sample->size, what);
	replace_free(replace);
	free(flat.bytes);
	replacement_free(replacement);
	pattern_free(pattern);
}

/* More than twice what a tiny message holds. */
#define LONG_TEXT \
	"0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 " \
	"0123456789 0123456789 0123456789 0123456789 0123456789 0123456789"

/* All of them can be had for any pattern, the last one where it has a group. */
static const char *const texts[] = {
	"", "X", "<$0>", "$0$0", "\\U$0\\E!", "\\u$0-\\L$0\\x00\\n", "\\$0$$",
	LONG_TEXT,
	"${0:-none} and $0 and $0 and $0 and $0 and $0 and $0 and $0 and $0",
	"[$1]",
};

static const char *random_text(const struct form *form)
{
	struct pattern *pattern = pattern_of(form);
	uint32_t groups;

	pcre2_pattern_info(pattern->code, PCRE2_INFO_CAPTURECOUNT, &groups);
	pattern_free(pattern);
	return texts[random_below(sizeof texts / sizeof *texts -
				  (groups == 0))];
}

static void test_replace_is_one_pass(void **state)
{
	static const uint64_t chunks[] = { 1, 2, 3, 7, 64, UINT64_MAX, 0 };
	size_t count = sizeof forms / sizeof *forms;

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		seed = 100 + round;

		struct sample sample = random_sample(100 + random_below(200),
						     random_below(20));

		for (size_t i = 0; i < count; i++) {
			struct range range = { 0, sample.size };
			uint64_t chunk = chunks[random_below(7)];

			if (random_below(2)) {
				range.start = random_below(50);
				range.end = range.start + random_below(50);
			}
			check_replace(&sample, &forms[i],
				      random_text(&forms[i]), chunk,
				      1 + random_below(3), range);
		}
		sample_free(&sample);
	}
}

static void test_replace_unicode(void **state)
{
	size_t count = sizeof unicode_forms / sizeof *unicode_forms;

	(void)state;
	seed = 200;

	struct sample sample = random_sample(400, 20);

	for (size_t i = 0; i < count; i++)
		check_replace(&sample, &unicode_forms[i], i % 2
			      ? "\\x{20ac}$0\\xe9" : "\\U$0\xc3\xa9",
			      1 + i % 9, 2, (struct range){ 0, sample.size });
	sample_free(&sample);
}

/* Holes are passed over, and copied, as what they are. */
static void test_replace_holes(void **state)
{
	size_t count = sizeof hole_forms / sizeof *hole_forms;

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		seed = 400 + round;

		struct sample sample = sparse_sample(random_below(10));

		for (size_t i = 0; i < count; i++)
			check_replace(&sample, &hole_forms[i], i % 2 ? "y"
				      : "<$0>", 0, 2,
				      (struct range){ 0, sample.size });
		sample_free(&sample);
	}
}

/* More matches in a chunk, and more bytes, than a worker keeps; and one match
 * that becomes more than goes into a message. */
static void test_replace_large(void **state)
{
	static const struct form large[] = {
		{ "[ab]", "" }, { "a.*b", "s" }, { "a.{50000}", "s" },
		{ "(foo|bar)", "" }, { "a(?=.)", "s" },
	};

	(void)state;
	seed = 300;

	struct sample sample = random_sample(200000, 100);

	for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
		check_replace(&sample, &large[i], "<$0$0>", 100000, 2,
			      (struct range){ 0, sample.size });
		check_replace(&sample, &large[i], "y", 100000, 2,
			      (struct range){ 0, sample.size });
	}
	sample_free(&sample);
}

/* --- places --- */

/* Each offset of "one two three" is told; `letters` says what stands there
 * afterwards. */
static void check_places(const char *regex, const char *text,
			 const char *result, const char *letters)
{
	static const char before[] = "one two three";
	struct document *document = document_of(before, strlen(before));
	struct pattern *pattern = pattern_of(&(struct form){ regex, "" });
	struct replacement *replacement = replacement_of(pattern, text);
	uint64_t places[sizeof before];
	char now[64] = "";

	for (size_t i = 0; i < sizeof before; i++)
		places[i] = i;

	struct replace *replace = run(&(struct replace_plan){
		.document = document, .pattern = pattern,
		.replacement = replacement,
		.range = { 0, strlen(before) }, .chunk = 2,
		.places = places, .place_count = sizeof before,
	});

	assert_true(replace_commit(replace, NULL, NULL, NULL));
	document_read(document, 0, now, sizeof now - 1);
	assert_string_equal(now, result);
	for (size_t i = 0; i < sizeof before - 1; i++)
		if (now[places[i]] != letters[i])
			fail_msg("%s: place %zu is at %d", regex, i,
				 (int)places[i]);
	assert_int_equal(places[sizeof before - 1], strlen(result));
	replace_free(replace);
	replacement_free(replacement);
	pattern_free(pattern);
	document_close(document);
}

static void test_replace_moves_places(void **state)
{
	(void)state;
	check_places("t", "TTT", "one TTTwo TTThree", "one Two Three");
	check_places("o", "", "ne tw three", "nne tw  three");
	check_places(" ", "$0$0", "one  two  three", "one two three");
	check_places("two ", "2-", "one 2-three", "one 2-ttthree");
	check_places("e\\K", "!", "one! two thre!e!", "one two three");
	check_places("nothing", "x", "one two three", "one two three");
}

/* --- what can go wrong --- */

static void test_replace_ends_with_an_edit(void **state)
{
	struct document *document = document_of("aXaXa", 5);
	struct pattern *pattern = pattern_of(&(struct form){ "X", "" });
	struct replacement *replacement = replacement_of(pattern, "yy");
	const struct replace_plan plan = {
		.document = document, .pattern = pattern,
		.replacement = replacement, .range = { 0, 5 },
	};
	struct error error = ERROR_NONE;
	struct replace *replace = replace_start(&plan, NULL);

	(void)state;
	assert_non_null(replace);
	assert_true(document_insert(document, 1, "b", 1, NULL));
	assert_int_equal(replace_wait(replace, &error), JOB_FAILED);
	assert_non_null(strstr(error.message, "edited meanwhile"));
	replace_free(replace);
	/* After all have come, the commit sees it. */
	replace = run(&plan);
	assert_true(document_insert(document, 1, "c", 1, NULL));
	assert_false(replace_commit(replace, NULL, NULL, &error));
	replace_free(replace);
	expect_bytes(document, (const unsigned char *)"acbXaXa", 7, "edited");
	/* And one that nobody waits for leaves nothing. */
	replace = replace_start(&plan, NULL);
	replace_free(replace);
	expect_bytes(document, (const unsigned char *)"acbXaXa", 7, "freed");
	replacement_free(replacement);
	pattern_free(pattern);
	document_close(document);
}

/* A group that is not there, in a branch that no trial leads to. */
static void test_replace_bad_branch(void **state)
{
	struct document *document = document_of("aXaX", 4);
	struct pattern *pattern = pattern_of(&(struct form){ "(X)|(b)", "" });
	struct replacement *replacement = replacement_of(
		pattern, "${1:+${2:-$3}:n}");
	struct error error = ERROR_NONE;
	struct replace *replace = replace_start(&(struct replace_plan){
		.document = document, .pattern = pattern,
		.replacement = replacement, .range = { 0, 4 },
	}, NULL);

	(void)state;
	assert_non_null(replace);
	assert_int_equal(replace_wait(replace, &error), JOB_FAILED);
	assert_string_equal(error.message,
			    "the replacement: unknown substring");
	replace_free(replace);
	expect_bytes(document, (const unsigned char *)"aXaX", 4, "bad");
	replacement_free(replacement);
	pattern_free(pattern);
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
		cmocka_unit_test(test_replace_is_one_pass),
		cmocka_unit_test(test_replace_unicode),
		cmocka_unit_test(test_replace_holes),
		cmocka_unit_test(test_replace_large),
		cmocka_unit_test(test_replace_moves_places),
		cmocka_unit_test(test_replace_ends_with_an_edit),
		cmocka_unit_test(test_replace_bad_branch),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
