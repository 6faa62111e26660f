/*
 * line_filter: documents in pieces, stacks of all sorts of patterns, contexts
 * and edits at random, against a plain look at each line of the flat bytes.
 * What is not known yet may be unknown, and nothing else.
 */
#include "../unit/sample.h"

#include "newline.h"
#include "octavo/line_filter.h"

enum { LINES_MAXIMUM = 2000, STACK_MAXIMUM = 4 };

struct line {
	uint64_t start;
	uint64_t end;
	bool passes;
	bool shown;
};

static struct model {
	struct sample sample;
	enum newline_form form;
	struct line lines[LINES_MAXIMUM];
	size_t count;
} model;

/* Does a newline end behind the byte at AT? */
static bool ends_behind(size_t at)
{
	const unsigned char *bytes = model.sample.bytes;

	switch (model.form) {
	case NEWLINE_BYTE:
		return bytes[at] == '\n';
	case NEWLINE_EBCDIC:
		return bytes[at] == 0x15;
	case NEWLINE_UTF16LE:
		return at % 2 == 1 && bytes[at - 1] == '\n' && bytes[at] == 0;
	case NEWLINE_UTF16BE:
		return at % 2 == 1 && bytes[at - 1] == 0 && bytes[at] == '\n';
	}
	return false;
}

static void find_lines(void)
{
	uint64_t start = 0;

	model.count = 0;
	for (size_t at = 0; at < model.sample.size; at++) {
		if (!ends_behind(at) && at + 1 < model.sample.size)
			continue;
		assert_true(model.count < LINES_MAXIMUM);
		model.lines[model.count++] = (struct line){
			.start = start, .end = at + 1,
		};
		start = at + 1;
	}
}

/* Does a match begin in the line? */
static bool matches(const struct pattern *pattern, const struct line *line)
{
	const struct sample *sample = &model.sample;
	bool open = line->end == sample->size && !ends_behind(line->end - 1);
	uint64_t from = line->start;
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	bool found;

	for (int i = 0; i < 3 && pattern->utf && from < sample->size &&
			(sample->bytes[from] & 0xc0) == 0x80; i++)
		from++;
	found = pcre2_match(pattern->code, sample->bytes, sample->size, from, 0,
			    data, NULL) >= 0 &&
		pcre2_get_startchar(data) < line->end + open;
	pcre2_match_data_free(data);
	return found;
}

static bool line_passes(const struct line_filter *filter,
			const struct line *line)
{
	for (size_t i = 0; i < line_filter_count(filter); i++) {
		const struct line_filter_entry *entry =
			line_filter_entry(filter, i);

		if (entry->on && matches(entry->pattern, line) ==
					 entry->exclude)
			return false;
	}
	return true;
}

static void judge_lines(const struct line_filter *filter)
{
	uint64_t before, after;

	find_lines();
	line_filter_context(filter, &before, &after);
	for (size_t i = 0; i < model.count; i++)
		model.lines[i].passes = line_passes(filter, &model.lines[i]);
	for (size_t i = 0; i < model.count; i++)
		for (size_t j = 0; j < model.count; j++) {
			uint64_t one = model.lines[i].start;
			uint64_t other = model.lines[j].start;
			size_t away = i > j ? i - j : j - i;

			if (model.lines[j].passes &&
			    (i == j ||
			     (away <= (i > j ? after : before) &&
			      (one > other ? one - other : other - one) <=
				      LINE_FILTER_REACH)))
				model.lines[i].shown = true;
		}
}

/* --- questions --- */

static void check_from(struct line_filter *filter, uint64_t offset, bool all)
{
	uint64_t start = UINT64_MAX;
	enum line_answer answer = line_filter_from(filter, offset, &start);
	size_t i = 0;

	while (i < model.count && (model.lines[i].start < offset ||
				   !model.lines[i].shown))
		i++;
	if (answer == LINE_UNKNOWN && !all)
		return;
	assert_int_equal(answer, i < model.count ? LINE_FOUND : LINE_NONE);
	if (answer == LINE_FOUND)
		assert_int_equal(start, model.lines[i].start);
}

static void check_before(struct line_filter *filter, uint64_t offset, bool all)
{
	uint64_t start = UINT64_MAX;
	enum line_answer answer = line_filter_before(filter, offset, &start);
	size_t i = model.count;

	while (i > 0 && (model.lines[i - 1].start >= offset ||
			 !model.lines[i - 1].shown))
		i--;
	if (answer == LINE_UNKNOWN && !all)
		return;
	assert_int_equal(answer, i > 0 ? LINE_FOUND : LINE_NONE);
	if (answer == LINE_FOUND)
		assert_int_equal(start, model.lines[i - 1].start);
}

static void check_kinds(struct line_filter *filter, bool all)
{
	for (size_t i = 0; i < model.count; i++) {
		const struct line *line = &model.lines[i];
		enum line_kind kind = line_filter_kind(filter, line->start);

		if (kind != LINE_NOT_KNOWN || all)
			assert_int_equal(kind, line->passes ? LINE_PASSES
					       : line->shown ? LINE_CONTEXT
							     : LINE_HIDDEN);
	}
}

static void check_count(struct line_filter *filter, bool all)
{
	uint64_t done, total, lines;
	uint64_t passing = 0;

	for (size_t i = 0; i < model.count; i++)
		passing += model.lines[i].passes;
	line_filter_progress(filter, &done, &total, &lines);
	assert_int_equal(total, model.sample.size);
	assert_true(done <= total && lines <= passing);
	if (all)
		assert_true(done == total && lines == passing);
}

/* Of a filter that hides; ALL: everything is known. */
static void check_questions(struct line_filter *filter, bool all)
{
	line_filter_check(filter);
	for (uint64_t at = 0; at <= model.sample.size + 1; at++) {
		check_from(filter, at, all);
		check_before(filter, at, all);
	}
	check_kinds(filter, all);
	check_count(filter, all);
}

/* What a line is judged to be at once. */
static void check_judge(struct line_filter *filter)
{
	struct line_judge *judge = line_judge_new(filter, NULL);
	size_t i = 0;

	assert_non_null(judge);
	for (uint64_t at = 0; at <= model.sample.size; at++) {
		struct match match = { at, at };
		bool shown;

		while (i + 1 < model.count && model.lines[i].end <= at)
			i++;
		shown = model.count > 0 && model.lines[i].shown &&
			(at < model.lines[i].end ||
			 !ends_behind(model.lines[i].end - 1));
		assert_int_equal(line_judge_accepts(judge, match), shown);
	}
	line_judge_free(judge);
}

/* --- the filter --- */

/* What is decided far from the line, by a letter that only edits bring; and
 * within a newline of two bytes. */
static const struct form far_forms[] = {
	{ "a.*q", "s" }, { "foo(?=.*q)", "s" }, { "x(?!.*q)", "s" },
	{ "a.{20,60}q", "s" }, { "b[^q]*\\z", "" }, { "b\\s*q", "" },
	{ "(?<=q.{5}|q.{9}|q.{12}|q.{17}|q.{21}|q.{26})[abx]", "s" },
	{ "(?<!q.{20})a", "s" },
	{ "(?<=q\\n.{9})\\w", "" }, { "(?<=\\n)\\x00", "" },
	{ "\\x00[^\\n]?b", "" }, { "\\nq?", "" },
};

static struct pattern *random_pattern(void)
{
	size_t far = sizeof far_forms / sizeof *far_forms;
	size_t plain = sizeof forms / sizeof *forms;
	size_t unicode = sizeof unicode_forms / sizeof *unicode_forms;
	unsigned i = random_below((unsigned)(plain + unicode));

	if (random_below(4) == 0)
		return pattern_of(&far_forms[random_below((unsigned)far)]);
	return pattern_of(i < plain ? &forms[i] : &unicode_forms[i - plain]);
}

static void random_change(struct line_filter *filter)
{
	size_t count = line_filter_count(filter);
	unsigned index = count ? random_below((unsigned)count) : 0;
	bool exclude = random_below(3) == 0;

	switch (count ? random_below(5) : 0) {
	case 0:
		if (count < STACK_MAXIMUM)
			assert_true(line_filter_add(filter, random_pattern(),
						    exclude, NULL));
		break;
	case 1:
		line_filter_replace(filter, index, random_pattern(), exclude);
		break;
	case 2:
		line_filter_switch(filter, index, random_below(3) > 0);
		break;
	case 3:
		line_filter_remove(filter, index);
		break;
	case 4:
		line_filter_set_context(filter, random_below(4),
					random_below(4));
		break;
	}
}

/* Growth, most often, or a few bytes become others anywhere. */
static void change_document(struct line_filter *filter)
{
	struct sample *sample = &model.sample;
	struct range range = { sample->size, sample->size };
	unsigned char bytes[16];
	size_t length = random_bytes(bytes, 4 + random_below(12));

	if (random_below(3) == 0)
		bytes[random_below(2)] = 'q';
	if (random_below(3) > 0) {
		range.start = random_below((unsigned)sample->size + 1);
		range.end = range.start + random_below(10);
		if (range.end > sample->size)
			range.end = sample->size;
	}
	if (random_below(6) == 0 && document_undo_steps(sample->document) > 0)
		assert_true(document_undo(sample->document, &range, NULL));
	else
		assert_true(document_replace(sample->document, range, bytes,
					     length, NULL));
	flatten(sample);
	if (random_below(4) == 0)
		line_filter_turn(filter, !line_filter_is_on(filter));
}

/* Some of what there is to know, then all. */
static void check_all(struct line_filter *filter)
{
	struct error error = ERROR_NONE;

	judge_lines(filter);
	line_filter_turn(filter, true);
	if (!line_filter_hides(filter)) {
		assert_false(line_filter_poll(filter) &&
			     line_filter_poll(filter));
		assert_int_equal(line_filter_state(filter, NULL), JOB_DONE);
		return;
	}
	check_questions(filter, false);
	line_filter_look(filter,
			 random_below((unsigned)model.sample.size + 2));
	for (unsigned i = random_below(3); i > 0; i--) {
		line_filter_poll(filter);
		check_questions(filter, false);
		line_filter_look(filter, random_below(
				 (unsigned)model.sample.size + 2));
	}
	if (random_below(4) == 0)
		return;
	line_filter_wait(filter);
	if (line_filter_state(filter, &error) != JOB_DONE)
		fail_msg("%s", error.message);
	check_questions(filter, true);
	check_judge(filter);
}

/* Most newlines become something else: lines over several stretches. */
static void lengthen_lines(struct sample *sample)
{
	for (size_t at = 0; at < sample->size; at++)
		if (sample->bytes[at] == '\n' && random_below(8) > 0)
			assert_true(document_overwrite(sample->document, at,
						       "b", 1, NULL));
	flatten(sample);
}

/* Newlines of two bytes, which chance seldom makes. */
static void put_newlines(struct sample *sample)
{
	const char *newline = model.form == NEWLINE_UTF16LE ? "\n\0" : "\0\n";

	for (size_t at = 0; at + 2 <= sample->size; at += 2)
		if (random_below(8) == 0)
			assert_true(document_overwrite(sample->document, at,
						       newline, 2, NULL));
	flatten(sample);
}

static void check_document(unsigned round)
{
	struct line_filter *filter;

	seed = round;
	model.form = random_below(2) ? NEWLINE_BYTE
				     : (enum newline_form)random_below(4);
	model.sample = round % 20 == 0
			       ? random_sample(0, 0)
			       : random_sample(random_below(400),
					       random_below(10));
	if (model.form >= NEWLINE_UTF16LE)
		put_newlines(&model.sample);
	else if (random_below(3) == 0)
		lengthen_lines(&model.sample);
	filter = line_filter_new(model.sample.document, model.form, NULL);
	assert_non_null(filter);
	line_filter_set_workers(filter, 1 + random_below(4));
	for (unsigned i = 0; i < 16; i++) {
		if (i == 0 || random_below(4) == 0)
			random_change(filter);
		else
			change_document(filter);
		check_all(filter);
	}
	line_filter_free(filter);
	sample_free(&model.sample);
}

static void test_line_filter_like_looking_at_each_line(void **state)
{
	enum { ROUNDS = 120 };

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++)
		check_document(round);
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
		cmocka_unit_test(test_line_filter_like_looking_at_each_line),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
