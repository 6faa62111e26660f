/*
 * Unit tests of the survey room: against the list of all matches, with so many
 * that they are not kept, and while it goes on.
 */
#include "sample.h"

#include <poll.h>

#include "survey.h"

struct all {
	struct match *matches;
	size_t count;
	size_t capacity;
};

static void keep(void *context, struct match match, pcre2_match_data *data)
{
	struct all *all = context;

	(void)data;
	if (all->count == all->capacity) {
		all->capacity = all->capacity * 2 + 16;
		all->matches = realloc(all->matches, all->capacity
					* sizeof *all->matches);
		assert_non_null(all->matches);
	}
	all->matches[all->count++] = match;
}

static void wait_for(struct survey *survey)
{
	while (survey_state(survey, NULL) == JOB_RUNNING
	       || survey_loading(survey)) {
		struct pollfd waits[8];
		int fds[8];
		size_t count = survey_descriptors(survey, fds, 8);

		for (size_t i = 0; i < count; i++)
			waits[i] = (struct pollfd){ fds[i], POLLIN, 0 };
		assert_true(count > 0);
		poll(waits, (nfds_t)count, -1);
		survey_poll(survey);
	}
}

static void check_match(struct survey *survey, const struct all *all,
			uint64_t index)
{
	struct match match = { 0, 0 };

	/* It is at hand, or will be. */
	if (!survey_match(survey, index, &match)) {
		assert_true(survey_loading(survey));
		wait_for(survey);
		assert_true(survey_match(survey, index, &match));
	}
	assert_int_equal(match.start, all->matches[index].start);
	assert_int_equal(match.end, all->matches[index].end);
}

static void check_rank(struct survey *survey, const struct all *all,
		       uint64_t offset)
{
	uint64_t wanted = 0;
	uint64_t rank;

	while (wanted < all->count && all->matches[wanted].start < offset)
		wanted++;
	if (!survey_rank(survey, offset, &rank)) {
		assert_true(survey_loading(survey));
		wait_for(survey);
		assert_true(survey_rank(survey, offset, &rank));
	}
	assert_int_equal(rank, wanted);
}

/* A part of the document that has a match has a mark, and where there is a
 * mark there is a match, or one is near. */
static void check_marks(const struct survey *survey, const struct all *all,
			const struct sample *sample)
{
	enum { ROWS = 16 };
	bool starts[ROWS + 2] = { false };
	size_t unit = sample->size / ROWS + 1;

	if (sample->size < ROWS)
		return;
	for (size_t i = 0; i < all->count; i++)
		starts[1 + all->matches[i].start * ROWS / sample->size] = true;
	starts[ROWS] |= starts[ROWS + 1];
	for (unsigned row = 0; row < ROWS; row++) {
		if (survey_marked(survey, row, ROWS))
			assert_true(starts[row] || starts[row + 1]
				    || starts[row + 2] || unit < 2);
		else
			assert_false(starts[row + 1] && starts[row]
				     && starts[row + 2]);
	}
}

static void check_survey(const struct sample *sample, const struct form *form,
			 struct range range, unsigned tries)
{
	struct pattern *pattern = pattern_of(form);
	struct all all = { NULL, 0, 0 };
	struct survey *survey = survey_new(sample->document, pattern, range,
					   1 + tries % 3, NULL);
	uint64_t done, total;

	assert_non_null(survey);
	pass_visit(sample, pattern, range, true, keep, &all);
	wait_for(survey);
	assert_int_equal(survey_state(survey, NULL), JOB_DONE);
	assert_int_equal(survey_count(survey), all.count);
	survey_progress(survey, &done, &total);
	assert_int_equal(done, total);
	check_marks(survey, &all, sample);
	for (unsigned i = 0; i < tries; i++) {
		if (all.count > 0)
			check_match(survey, &all,
				    random_below((unsigned)all.count));
		check_rank(survey, &all,
			   random_below((unsigned)sample->size + 2));
	}
	if (all.count > 0) {
		check_match(survey, &all, 0);
		check_match(survey, &all, all.count - 1);
		check_rank(survey, &all, all.matches[all.count / 2].start);
	}
	survey_free(survey);
	free(all.matches);
	pattern_free(pattern);
}

static void test_survey_is_one_pass(void **state)
{
	size_t count = sizeof forms / sizeof *forms;

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		seed = 100 + round;

		struct sample sample = random_sample(random_below(900),
						     random_below(20));

		for (size_t i = 0; i < count; i++) {
			struct range range = { 0, sample.size };

			if (i % 4 == 3)
				range.start = random_below(
					(unsigned)sample.size + 1);
			check_survey(&sample, &forms[i], range, 10);
		}
		sample_free(&sample);
	}
}

/* Chunks with too many, which are searched again for each page. */
static void test_survey_crowded(void **state)
{
	static const struct form crowded[] = {
		{ "[a-z]", "" }, { "", "" }, { "\\w*", "" }, { "a\\Kb|.", "" },
		{ "(?<=a)b|x*", "u" },
	};
	(void)state;
	seed = 7;

	struct sample sample = random_sample(3 * SEARCH_CHUNK_MINIMUM + 10,
					     20);

	for (size_t i = 0; i < sizeof crowded / sizeof *crowded; i++)
		check_survey(&sample, &crowded[i],
			     (struct range){ 0, sample.size }, 5);
	sample_free(&sample);
}

static void test_survey_empty(void **state)
{
	struct sample sample = { document_of("", 0), NULL, 0 };

	(void)state;
	flatten(&sample);
	check_survey(&sample, &(struct form){ "a", "" },
		     (struct range){ 0, 0 }, 3);
	check_survey(&sample, &(struct form){ "", "" },
		     (struct range){ 0, 0 }, 3);
	sample_free(&sample);
}

/* What is behind the place it has come to is not known; it can be thrown away
 * at any time, also while it loads. */
static void test_survey_goes_on(void **state)
{
	struct pattern *pattern = pattern_of(&(struct form){
		"a(?=b)|(?:x+x+)+y", "" });
	unsigned char *bytes = malloc(4 * SEARCH_CHUNK_MINIMUM);
	uint64_t rank;

	(void)state;
	assert_non_null(bytes);
	memset(bytes, 'x', 4 * SEARCH_CHUNK_MINIMUM);

	struct document *document = document_of(bytes,
						4 * SEARCH_CHUNK_MINIMUM);
	struct survey *survey = survey_new(document, pattern,
					   range_of(0, document_size(document)),
					   1, NULL);

	assert_non_null(survey);
	assert_false(survey_rank(survey, 10, &rank));
	assert_int_equal(survey_count(survey), 0);
	assert_false(survey_marked(survey, 0, 10));
	survey_free(survey);
	document_close(document);
	free(bytes);
	pattern_free(pattern);
}

/* What it has found before a limit stands, and it says that this is not all. */
static void test_survey_given_up(void **state)
{
	struct pattern *pattern = pattern_of(&(struct form){
		"b|(?:a+)+$", "" });
	size_t size = 2 * SEARCH_CHUNK_MINIMUM + 100;
	unsigned char *bytes = malloc(size);
	struct error error = ERROR_NONE;
	struct match match;

	(void)state;
	assert_non_null(bytes);
	memset(bytes, '-', size);
	bytes[5] = 'b';
	memset(bytes + 2 * SEARCH_CHUNK_MINIMUM, 'a', 90);

	struct document *document = document_of(bytes, size);
	struct survey *survey = survey_new(document, pattern,
					   range_of(0, size), 2, NULL);

	wait_for(survey);
	assert_int_equal(survey_state(survey, &error), JOB_FAILED);
	assert_non_null(strstr(error.message, "limit"));
	assert_int_equal(survey_count(survey), 1);
	assert_true(survey_match(survey, 0, &match));
	assert_int_equal(match.start, 5);
	survey_free(survey);
	document_close(document);
	free(bytes);
	pattern_free(pattern);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/file", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_survey_is_one_pass),
		cmocka_unit_test(test_survey_crowded),
		cmocka_unit_test(test_survey_empty),
		cmocka_unit_test(test_survey_goes_on),
		cmocka_unit_test(test_survey_given_up),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
