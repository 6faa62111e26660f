/*
 * Unit tests of the search room.  Its promise is one sentence: the answers of
 * one pass of PCRE2 over the flat bytes.  So most tests make that pass, over
 * documents with edits everywhere, and compare.
 */
#include "sample.h"
#include "scanner.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "io.h"

enum { WORKERS_MAXIMUM = 4 };

/* --- the one pass, as a list --- */

struct list {
	struct match *matches;
	size_t count;
	size_t capacity;
};

static void list_add(struct list *list, struct match match)
{
	if (list->count == list->capacity) {
		list->capacity = list->capacity * 2 + 16;
		list->matches = realloc(list->matches, list->capacity *
					sizeof *list->matches);
		assert_non_null(list->matches);
	}
	list->matches[list->count++] = match;
}

static void keep(void *context, struct match match, pcre2_match_data *data)
{
	(void)data;
	list_add(context, match);
}

static struct list pass(const struct sample *sample,
			const struct pattern *pattern, struct range range,
			bool whole)
{
	struct list list = { NULL, 0, 0 };

	pass_visit(sample, pattern, range, whole, keep, &list);
	return list;
}

static void expect_equal(const struct list *wanted, const struct list *got,
			 const char *what)
{
	for (size_t i = 0; i < wanted->count && i < got->count; i++) {
		struct match one = wanted->matches[i];
		struct match other = got->matches[i];

		if (one.start != other.start || one.end != other.end)
			fail_msg("%s: match %zu is [%d,%d), not [%d,%d)", what,
				 i, (int)other.start, (int)other.end,
				 (int)one.start, (int)one.end);
	}
	if (wanted->count != got->count)
		fail_msg("%s: %zu matches, not %zu", what, got->count,
			 wanted->count);
}

/* --- the scanner --- */

/* The pass again, through a scanner, in steps of up to STEP offsets; READ: of
 * what is in the file it reads copies. */
static struct list scan(const struct sample *sample,
			const struct pattern *pattern, unsigned step,
			bool read)
{
	struct error error = ERROR_NONE;
	struct scanner *scanner = scanner_new(sample->document, pattern,
					      &error);
	struct list list = { NULL, 0, 0 };
	uint64_t at = 0;
	uint64_t limit = 0;

	assert_non_null(scanner);
	if (read)
		scanner_read_file(scanner);
	while (at <= sample->size) {
		struct finding finding;

		/* A limit is a place where a pass may stop and go on, but not
		 * for patterns that know where they began. */
		limit = step && !pattern->sequential
				? at + 1 + random_below(step)
				: sample->size + 1;
		switch (scanner_next(scanner, at, limit, &finding,
				     &error)) {
		case SCAN_FAILED:
			fail_msg("%s: %s", pattern_text(pattern),
				 error.message);
			break;
		case SCAN_NONE:
			at = limit;
			continue;
		case SCAN_MATCH:
			list_add(&list, finding.match);
			at = scanner_after(scanner, &finding);
		}
	}
	scanner_free(scanner);
	return list;
}

static void check_scanner(const struct sample *sample,
			  const struct form *form, unsigned step)
{
	struct pattern *pattern = pattern_of(form);
	struct list wanted = pass(sample, pattern,
				  (struct range){ 0, sample->size }, true);

	for (int read = 0; read < 2; read++) {
		struct list got = scan(sample, pattern, step, read);

		expect_equal(&wanted, &got, pattern_text(pattern));
		free(got.matches);
	}
	free(wanted.matches);
	pattern_free(pattern);
}

static void test_scanner_is_one_pass(void **state)
{
	size_t count = sizeof forms / sizeof *forms;

	(void)state;
	for (unsigned round = 0; round < 60; round++) {
		seed = round;

		struct sample sample = random_sample(
			random_below(round < 40 ? 60 : 700),
			round % 4 == 0 ? 0 : random_below(30));

		for (size_t i = 0; i < count; i++) {
			check_scanner(&sample, &forms[i], 0);
			check_scanner(&sample, &forms[i], 20);
		}
		sample_free(&sample);
	}
}

/* Only where a pass begins at a character are there no two readings, so no
 * steps here. */
static void test_scanner_unicode(void **state)
{
	size_t count = sizeof unicode_forms / sizeof *unicode_forms;

	(void)state;
	for (unsigned round = 0; round < 60; round++) {
		seed = 1000 + round;

		struct sample sample = random_sample(random_below(300),
						     random_below(20));

		for (size_t i = 0; i < count; i++)
			check_scanner(&sample, &unicode_forms[i], 0);
		sample_free(&sample);
	}
}

/* What stands behind the document's end in memory is none of it. */
static void test_scanner_unicode_cut_off(void **state)
{
	static const unsigned char bytes[] = "\x80 a\xe9\x80";
	struct error error = ERROR_NONE;
	struct sample sample = {
		document_of(bytes, sizeof bytes - 1), NULL, 0
	};
	const struct form inside = { "\\B", "u" };
	struct pattern *pattern = pattern_of(&inside);

	(void)state;
	assert_true(document_delete(sample.document, (struct range){ 4, 5 },
				    &error));
	flatten(&sample);

	struct list found = scan(&sample, pattern, 0, false);

	assert_int_equal(found.count, 3);
	assert_int_equal(found.matches[2].start, 4);
	free(found.matches);
	pattern_free(pattern);
	sample_free(&sample);
}

/* Windows of the real size, with matches across their seams. */
static void test_scanner_large(void **state)
{
	static const struct form large[] = {
		{ "foo", "" }, { "a.*?b.*?\\Rfoo", "s" }, { "(?<=\\n)a", "" },
		{ "(?s)a.{300}b", "" }, { "^.*$", "" }, { "\\n^a", "" },
	};

	(void)state;
	seed = 77;

	struct sample sample = random_sample(3 * SEARCH_WINDOW + 5000, 40);

	for (size_t i = 0; i < sizeof large / sizeof *large; i++)
		check_scanner(&sample, &large[i], 0);
	sample_free(&sample);
}

/* Newlines on both sides of every seam: no window may end in one, and of those
 * behind the first x none ends behind it that is not much larger. */
static void test_scanner_newlines(void **state)
{
	static const struct form lines[] = {
		{ "\\n^", "" }, { "^\\n", "" }, { "$", "" }, { "\\n\\n^x", "" },
		{ "x\\n+x", "" },
	};
	struct sample sample = { NULL, NULL, 0 };
	size_t size = SEARCH_WINDOW * 2;
	unsigned char *bytes = malloc(size);

	(void)state;
	assert_non_null(bytes);
	memset(bytes, '\n', size);
	sample.document = document_of(bytes, size);
	assert_true(document_insert(sample.document, size / 2, "\n\n", 2,
				    NULL));
	assert_true(document_insert(sample.document, size - 3, "x", 1, NULL));
	assert_true(document_insert(sample.document, 3, "x", 1, NULL));
	flatten(&sample);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		check_scanner(&sample, &lines[i], 0);
	sample_free(&sample);
	free(bytes);
}

static void test_scanner_holes(void **state)
{
	size_t count = sizeof hole_forms / sizeof *hole_forms;

	(void)state;
	for (unsigned round = 0; round < 6; round++) {
		seed = 6000 + round;

		struct sample sample = sparse_sample(round < 3 ? 0 : round);

		for (size_t i = 0; i < count; i++) {
			check_scanner(&sample, &hole_forms[i], 0);
			if (!strchr(hole_forms[i].flags, 'u'))
				check_scanner(&sample, &hole_forms[i], 100000);
		}
		sample_free(&sample);
	}
}

/* Bytes in memory of those of RANGE. */
static uint64_t resident(const struct document *document, struct range range)
{
	uint64_t length = range_length(range);
	unsigned char *pages = malloc(length / SPARSE_BLOCK);
	const unsigned char *bytes = document_span(document, range.start,
						   &length);
	uint64_t count = 0;

	assert_non_null(pages);
	assert_int_equal(mincore((void *)bytes, length, pages), 0);
	for (uint64_t i = 0; i < length / SPARSE_BLOCK; i++)
		count += pages[i] & 1;
	free(pages);
	return count * SPARSE_BLOCK;
}

/* The system may read ahead from what is data, but that is not far. */
static void test_scanner_leaves_holes_alone(void **state)
{
	static const struct form searched[] = {
		{ "foo", "" }, { "foo", "" }, { "\n", "" }, { "^foo", "" },
		{ "(*NO_JIT)foo", "" }, { "\\x00{4}foo", "" },
	};
	const uint64_t size = UINT64_C(1) << 28;

	(void)state;
	if (sysconf(_SC_PAGESIZE) != SPARSE_BLOCK)
		skip();
	for (size_t i = 0; i < sizeof searched / sizeof *searched; i++) {
		int fd = sparse_new(path, size);
		struct sparse sparse;

		sparse_put(fd, size - 3, "foo", 3);
		sparse_put(fd, 0, "foo", 3);
		if (!sparse_look(&sparse, fd))
			skip();

		struct sample sample = { document_of_path(), NULL, size };
		struct pattern *pattern = pattern_of(&searched[i]);
		struct list list = scan(&sample, pattern, 0, i % 2);

		assert_true(list.count <= 2);
		assert_true(resident(sample.document, range_of(0, size))
			    < size / 2);
		free(list.matches);
		pattern_free(pattern);
		sample_free(&sample);
		close(fd);
	}
}

/* --- the search --- */

struct take {
	struct list list;
	size_t most;
};

static bool take_found(void *context, const struct match *matches,
		       size_t count)
{
	struct take *take = context;

	for (size_t i = 0; i < count; i++)
		list_add(&take->list, matches[i]);
	return take->list.count < take->most;
}

/* Runs PLAN to its end, which must be a good one. */
static struct search *run(const struct search_plan *plan)
{
	struct error error = ERROR_NONE;
	struct search *search = search_start(plan, &error);

	if (!search || search_wait(search, &error) != JOB_DONE)
		fail_msg("%s: %s", pattern_text(plan->pattern),
			 error.message);
	return search;
}

static void check_all(struct search_plan plan, const struct list *wanted)
{
	struct take take = { { NULL, 0, 0 }, SIZE_MAX };
	uint64_t done, total, found;
	struct search *search;

	plan.kind = SEARCH_ALL;
	plan.found = take_found;
	plan.context = &take;
	search = run(&plan);
	expect_equal(wanted, &take.list, pattern_text(plan.pattern));
	assert_int_equal(search_count(search), wanted->count);
	search_progress(search, &done, &total, &found);
	assert_int_equal(done, total);
	assert_int_equal(found, wanted->count);
	search_free(search);
	free(take.list.matches);
}

static void check_count(struct search_plan plan, const struct list *wanted)
{
	struct search *search;

	plan.kind = SEARCH_COUNT;
	search = run(&plan);
	if (search_count(search) != wanted->count)
		fail_msg("%s: count %d, not %zu", pattern_text(plan.pattern),
			 (int)search_count(search), wanted->count);
	search_free(search);
}

static void check_one(struct search_plan plan, enum search_kind kind,
		      const struct match *wanted)
{
	struct match match;
	struct search *search;

	plan.kind = kind;
	search = run(&plan);
	if (search_match(search, &match) != (wanted != NULL))
		fail_msg("%s: kind %d: found %d", pattern_text(plan.pattern),
			 (int)kind, wanted == NULL);
	assert_int_equal(search_count(search), wanted != NULL);
	if (wanted && (match.start != wanted->start ||
		       match.end != wanted->end))
		fail_msg("%s: kind %d: [%d,%d), not [%d,%d)",
			 pattern_text(plan.pattern), (int)kind,
			 (int)match.start, (int)match.end, (int)wanted->start,
			 (int)wanted->end);
	search_free(search);
}

static void check_last(const struct search_plan *plan,
		       const struct sample *sample)
{
	struct range before = { 0, plan->range.end };
	struct list list = pass(sample, plan->pattern, before, false);
	const struct match *wanted = NULL;

	for (size_t i = 0; i < list.count; i++)
		if (list.matches[i].start >= plan->range.start)
			wanted = &list.matches[i];
	check_one(*plan, SEARCH_LAST, wanted);
	free(list.matches);
}

/* --- as text --- */

struct text {
	char *bytes;
	size_t length;
};

static void text_add(struct text *text, const void *bytes, size_t length)
{
	text->bytes = realloc(text->bytes, text->length + length + 1);
	assert_non_null(text->bytes);
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
}

static bool take_text(void *context, const void *bytes, size_t length)
{
	text_add(context, bytes, length);
	return true;
}

static struct text print(const struct list *list)
{
	struct text text = { NULL, 0 };

	for (size_t i = 0; i < list->count; i++) {
		char line[60];
		struct match match = list->matches[i];
		int length = snprintf(line, sizeof line, "=0x%x %d\n",
				      (unsigned)match.start,
				      (int)(match.end - match.start));

		text_add(&text, line, (size_t)length);
	}
	return text;
}

/* Lines as grep has them: all of them first. */
struct line {
	const unsigned char *bytes;
	size_t length;
	bool newline;
	bool selected;
	bool shown;
};

/* Does a match start in each, or does the range touch it and none does? */
static size_t split(const struct search_plan *plan,
		    const struct sample *sample, const struct list *list,
		    struct line **lines)
{
	size_t count = 0, next = 0, end;

	*lines = NULL;
	for (size_t start = 0; start < sample->size; start = end) {
		const unsigned char *bytes = sample->bytes + start;
		const unsigned char *newline = memchr(bytes, '\n',
						      sample->size - start);
		bool found = false;

		end = newline ? (size_t)(newline - sample->bytes) + 1
			      : sample->size;
		for (; next < list->count && (list->matches[next].start < end
					      || !newline); next++)
			found = true;
		*lines = realloc(*lines, (count + 1) * sizeof **lines);
		assert_non_null(*lines);
		(*lines)[count++] = (struct line){
			bytes, end - start, newline != NULL,
			plan->lines.others
				? !found && start < plan->range.end
				  && end > plan->range.start
				  && !range_is_empty(plan->range)
				: found,
			false,
		};
	}
	return count;
}

static void show_context(struct line *lines, size_t count,
			 const struct search_lines *which)
{
	for (size_t i = 0; i < count; i++) {
		size_t from = i > which->before ? i - which->before : 0;
		size_t to = i + which->behind;

		for (size_t j = from; lines[i].selected && j <= to && j < count;
		     j++)
			lines[j].shown = true;
	}
}

static struct text grep(const struct search_plan *plan,
			const struct sample *sample, const struct list *list,
			uint64_t *selected)
{
	struct text text = { NULL, 0 };
	struct line *lines;
	size_t count = split(plan, sample, list, &lines);
	size_t last = SIZE_MAX;

	*selected = 0;
	show_context(lines, count, &plan->lines);
	for (size_t i = 0; i < count; i++) {
		char head[40];
		int length;

		*selected += lines[i].selected;
		if (!lines[i].shown || plan->lines.only_count)
			continue;
		if (plan->lines.with_context && last < i - 1 && i > 0)
			text_add(&text, "--\n", 3);
		length = snprintf(head, sizeof head, "=%zu%c", i + 1,
				  lines[i].selected ? ':' : '-');
		text_add(&text, head, (size_t)length);
		text_add(&text, lines[i].bytes, lines[i].length);
		if (!lines[i].newline)
			text_add(&text, "\n", 1);
		last = i;
	}
	free(lines);
	return text;
}

static void check_one_text(struct search_plan plan, enum search_kind kind,
			   const struct text *wanted, uint64_t count)
{
	struct text got = { NULL, 0 };
	struct search *search;

	plan.kind = kind;
	plan.text = take_text;
	plan.prefix = "=";
	plan.context = &got;
	search = run(&plan);
	if (search_count(search) != count || got.length != wanted->length
	    || (got.length > 0
		&& memcmp(got.bytes, wanted->bytes, got.length) != 0))
		fail_msg("%s %d,%d%s%s%s -B %d -A %d: kind %d: %d, not %d\n"
			 "%.*s\nnot\n%.*s", pattern_text(plan.pattern),
			 (int)plan.range.start, (int)plan.range.end,
			 plan.lines.others ? " others" : "",
			 plan.lines.only_count ? " count" : "",
			 plan.lines.with_context ? " context" : "",
			 (int)plan.lines.before, (int)plan.lines.behind,
			 (int)kind,
			 (int)search_count(search), (int)count,
			 (int)got.length, got.bytes, (int)wanted->length,
			 wanted->bytes);
	search_free(search);
	free(got.bytes);
}

static void check_text(struct search_plan plan, const struct sample *sample,
		       const struct list *list)
{
	struct text text = print(list);
	uint64_t count;

	plan.here = list->count % 4 == 1;
	check_one_text(plan, SEARCH_PRINT, &text, list->count);
	free(text.bytes);
	for (unsigned i = 0; i < 2; i++) {
		text = grep(&plan, sample, list, &count);
		check_one_text(plan, SEARCH_LINES, &text, count);
		free(text.bytes);
		/* And some other way. */
		plan.lines.others = rand() % 2;
		plan.lines.only_count = rand() % 4 == 0;
		plan.lines.with_context = rand() % 2;
		if (!plan.lines.with_context)
			continue;
		plan.lines.before = (unsigned)rand() % 4;
		plan.lines.behind = (unsigned)rand() % 4;
	}
}

/* --- packed --- */

struct unpack {
	const struct search_plan *plan;
	struct list list;
};

/* The matches of a chunk once more: those of a pass from its entry. */
static void search_again(const struct search_plan *plan,
			 const struct packed *packed, struct list *list)
{
	struct take take = { { NULL, 0, 0 }, packed->count };
	struct search_plan again = *plan;

	again.kind = SEARCH_ALL;
	again.range.start = packed->entry;
	again.found = take_found;
	again.context = &take;
	search_free(run(&again));
	assert_true(take.list.count >= packed->count);
	for (size_t i = 0; i < packed->count; i++)
		list_add(list, take.list.matches[i]);
	free(take.list.matches);
}

static bool take_packed(void *context, const struct packed *packed)
{
	struct unpack *unpack = context;
	struct match match = { packed->first, packed->first };
	const unsigned char *bytes = packed->bytes;
	uint64_t parts = 0;
	uint64_t length = (range_length(packed->range) - 1) / PACKED_PARTS + 1;
	size_t start = unpack->list.count;

	assert_true(packed->count > 0);
	if (packed->length == 0) {
		search_again(unpack->plan, packed, &unpack->list);
	} else for (uint64_t i = 0; i < packed->count; i++) {
		packed_next(&bytes, &match);
		list_add(&unpack->list, match);
	}
	if (packed->length > 0)
		assert_ptr_equal(bytes, packed->bytes + packed->length);
	assert_int_equal(unpack->list.matches[start].start, packed->first);
	for (size_t i = start; i < unpack->list.count; i++) {
		uint64_t part = (unpack->list.matches[i].start -
				 packed->range.start) / length;

		parts |= UINT64_C(1) << (part < 63 ? part : 63);
	}
	assert_int_equal(parts, packed->parts);
	return true;
}

static void check_packed(struct search_plan plan, const struct list *wanted)
{
	struct unpack unpack = { &plan, { NULL, 0, 0 } };
	struct search_plan packing = plan;
	struct search *search;

	packing.kind = SEARCH_PACKED;
	packing.packed = take_packed;
	packing.context = &unpack;
	packing.background = true;
	search = run(&packing);
	expect_equal(wanted, &unpack.list, pattern_text(plan.pattern));
	assert_int_equal(search_count(search), wanted->count);
	search_free(search);
	free(unpack.list.matches);
}

static struct search_plan check_forwards(const struct sample *sample,
					 const struct pattern *pattern,
					 uint64_t chunk, unsigned workers,
					 struct range range)
{
	struct list wanted = pass(sample, pattern, range, true);
	const struct search_plan plan = {
		.document = sample->document, .pattern = pattern,
		.range = range, .chunk = chunk, .workers = workers,
	};

	check_all(plan, &wanted);
	check_count(plan, &wanted);
	check_text(plan, sample, &wanted);
	check_packed(plan, &wanted);
	check_one(plan, SEARCH_FIRST, wanted.count ? wanted.matches : NULL);
	free(wanted.matches);
	return plan;
}

static void check_search(const struct sample *sample, const struct form *form,
			 uint64_t chunk, unsigned workers, struct range range)
{
	struct pattern *pattern = pattern_of(form);
	struct search_plan plan = check_forwards(sample, pattern, chunk,
						 workers, range);

	/* Leftwards, a match longer than the run-in has more than one
	 * reading. */
	if (range.end <= SEARCH_LAST_EXACT || !strchr(form->flags, 's'))
		check_last(&plan, sample);
	pattern_free(pattern);
}

static void test_search_is_one_pass(void **state)
{
	static const uint64_t chunks[] = { 1, 2, 3, 7, 64, UINT64_MAX, 0 };
	size_t count = sizeof forms / sizeof *forms;

	(void)state;
	for (unsigned round = 0; round < 2; round++) {
		seed = 2000 + round;

		struct sample sample = random_sample(100 + random_below(200),
						     random_below(20));

		for (size_t i = 0; i < count; i++) {
			struct range range = { 0, sample.size };
			uint64_t chunk = chunks[random_below(7)];

			if (random_below(2)) {
				range.start = random_below(100);
				range.end = range.start + random_below(100);
			}
			check_search(&sample, &forms[i], chunk,
				     1 + random_below(WORKERS_MAXIMUM), range);
		}
		sample_free(&sample);
	}
}

static void test_search_unicode(void **state)
{
	size_t count = sizeof unicode_forms / sizeof *unicode_forms;

	(void)state;
	seed = 3000;

	struct sample sample = random_sample(400, 20);

	for (size_t i = 0; i < count; i++)
		check_search(&sample, &unicode_forms[i], 1 + i % 9, 2,
			     (struct range){ 0, sample.size });
	sample_free(&sample);
}

/* Matches that cover many chunks, and more of them than a worker keeps. */
static void test_search_large(void **state)
{
	static const struct form large[] = {
		{ "a.*b", "s" }, { "[ab]", "" }, { "x*", "" }, { "foo", "" },
		{ "a.{50000}", "s" }, { "a.*?foo.*?bar", "s" },
	};

	(void)state;
	seed = 4000;

	/* Tiny chunks are as many boundaries in less. */
	struct sample sample = random_sample(SEARCH_WINDOW < 1000 ? 60000
								  : 300000,
					     200);

	for (size_t i = 0; i < sizeof large / sizeof *large; i++)
		check_search(&sample, &large[i], 20000, 2,
			     (struct range){ 0, sample.size });
	sample_free(&sample);
}

static void test_search_holes(void **state)
{
	static const uint64_t chunks[] = { 0, UINT64_MAX, 3000, 500000 };
	size_t count = sizeof hole_forms / sizeof *hole_forms;

	(void)state;
	for (unsigned round = 0; round < 2; round++) {
		seed = 7000 + round;

		struct sample sample = sparse_sample(round * 5);

		for (size_t i = 0; i < count; i++) {
			struct pattern *pattern = pattern_of(&hole_forms[i]);
			unsigned size = (unsigned)sample.size;
			struct range range = { 0, sample.size };

			if (random_below(3) == 0)
				range.start = random_below(size);

			struct search_plan plan = check_forwards(
				&sample, pattern, chunks[random_below(4)],
				1 + random_below(WORKERS_MAXIMUM), range);

			/* Through a hole a match can be long. */
			if (range.end <= SEARCH_LAST_EXACT
			    || !strpbrk(hole_forms[i].regex, "*+{"))
				check_last(&plan, &sample);
			pattern_free(pattern);
		}
		sample_free(&sample);
	}
}

static void test_search_empty_document(void **state)
{
	struct sample sample = { document_of("", 0), NULL, 0 };
	static const struct form some[] = {
		{ "a", "" }, { "x*", "" }, { "^", "" }, { "\\z", "" }
	};

	(void)state;
	flatten(&sample);
	for (size_t i = 0; i < sizeof some / sizeof *some; i++)
		check_search(&sample, &some[i], 0, 2, (struct range){ 0, 0 });
	sample_free(&sample);
}

static void test_search_stops_when_told(void **state)
{
	struct sample sample;
	struct pattern *pattern = pattern_of(&(struct form){ "a", "" });
	struct take take = { { NULL, 0, 0 }, 1 };

	(void)state;
	seed = 5;
	sample = random_sample(5000, 10);

	const struct search_plan plan = {
		.document = sample.document, .pattern = pattern,
		.kind = SEARCH_ALL, .range = { 0, sample.size },
		.found = take_found, .context = &take, .chunk = 64,
	};
	struct search *search = run(&plan);

	assert_true(take.list.count >= 1);
	assert_int_equal(search_count(search), take.list.count);
	search_free(search);
	free(take.list.matches);
	pattern_free(pattern);
	sample_free(&sample);
}

static bool drop_text(void *context, const void *bytes, size_t length)
{
	uint64_t *dropped = context;

	(void)bytes;
	*dropped += length;
	return true;
}

static bool ignore_packed(void *context, const struct packed *packed)
{
	(void)context;
	(void)packed;
	return true;
}

/* In a process of its own: the most memory that one of its workers had is what
 * the system tells of the children that have ended. */
static long peak_of_workers(struct search_plan *plan)
{
	struct rusage usage;
	int ends[2];
	long peak = 0;

	assert_int_equal(pipe(ends), 0);

	pid_t process = fork();

	if (process == 0) {
		search_free(run(plan));
		getrusage(RUSAGE_CHILDREN, &usage);
		_exit(write(ends[1], &usage.ru_maxrss, sizeof peak) < 0);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &peak, sizeof peak), sizeof peak);
	close(ends[0]);
	assert_int_equal(waitpid(process, NULL, 0), process);
	return peak;
}

/* What has been passed over is let go of, also where all of the file is one
 * line that is printed. */
static void test_search_memory_is_bounded(void **state)
{
	static const struct { enum search_kind kind; const char *regex; }
	searches[] = {
		{ SEARCH_COUNT, "\\x00y" }, { SEARCH_PACKED, "\\x00y" },
		{ SEARCH_LINES, "\\x00y" }, { SEARCH_LINES, "^." },
		{ SEARCH_FIRST, "\\x00y" },
	};
	const uint64_t size = UINT64_C(1) << 28;
	int fd = sparse_new(path, size);
	struct document *document;

	(void)state;
	sparse_put(fd, size - 1, "y", 1);
	close(fd);
	if (io.release(NULL, 0) != 0)
		skip();
	document = document_of_path();
	for (size_t i = 0; i < sizeof searches / sizeof *searches; i++) {
		struct pattern *pattern = pattern_of(&(struct form){
			searches[i].regex, "" });
		uint64_t dropped = 0;
		struct search_plan plan = {
			.document = document, .pattern = pattern,
			.kind = searches[i].kind, .range = { 0, size },
			.text = searches[i].kind == SEARCH_LINES ? drop_text
								 : NULL,
			.packed = ignore_packed, .context = &dropped,
			.workers = 2, .chunk = 1 << 20,
		};

		/* Only whole pages are let go of. */
		if (plan.kind != SEARCH_LINES ||
		    (size_t)SEARCH_TEXT_PART >= SPARSE_BLOCK)
			assert_in_range(peak_of_workers(&plan), 1,
					(long)(size >> 11));
		pattern_free(pattern);
	}
	document_close(document);
}

/* Where the mapping is, and what is said and seen of the system's memory. */
static struct {
	const unsigned char *bytes;
	struct range cached;
	struct range discarded[64];
	size_t count;
} memory;

static uint64_t little_memory(void)
{
	return 4096;
}

static int tell_cached(void *address, bool *cached)
{
	uint64_t offset = (uint64_t)((unsigned char *)address - memory.bytes);

	*cached = range_contains(memory.cached, offset);
	return 0;
}

static int see_discarded(int fd, off_t offset, off_t length)
{
	(void)fd;
	assert_true(memory.count < 64);
	memory.discarded[memory.count++] = range_of((uint64_t)offset,
						    (uint64_t)length);
	return 0;
}

static uint64_t count_here(const struct document *document, uint64_t chunk)
{
	struct pattern *pattern = pattern_of(&(struct form){ "ab", "" });
	const struct search_plan plan = {
		.document = document, .pattern = pattern,
		.kind = SEARCH_COUNT, .chunk = chunk, .here = true,
		.range = { 0, document_size(document) },
	};
	struct search *search = search_start(&plan, NULL);
	uint64_t count;

	memory.count = 0;
	assert_int_equal(search_wait(search, NULL), JOB_DONE);
	count = search_count(search);
	search_free(search);
	pattern_free(pattern);
	return count;
}

/* Of a file larger than memory, what was there before stays, and the rest does
 * not push out what others need. */
static void test_search_keeps_the_cache(void **state)
{
	enum { CHUNK = 64 << 10, CHUNKS = 16, SIZE = CHUNK * CHUNKS };
	static unsigned char bytes[SIZE];
	const struct io real = io;
	struct document *document;
	uint64_t length;

	(void)state;
	memset(bytes, 'a', SIZE);
	bytes[SIZE / 2] = 'b';
	document = document_of(bytes, SIZE);
	memory.bytes = document_span(document, 0, &length);
	memory.cached = range_of(5 * CHUNK + CHUNK / 2, 2 * CHUNK);
	io.cached = tell_cached;
	io.discard = see_discarded;
	assert_int_equal(count_here(document, CHUNK), 1);
	assert_int_equal(memory.count, 0);
	io.memory = little_memory;
	assert_int_equal(count_here(document, CHUNK), 1);
	io = real;
	for (size_t chunk = 0; chunk < CHUNKS; chunk++) {
		bool discarded = false;

		for (size_t i = 0; i < memory.count; i++)
			discarded |= range_length(range_intersect(
					     memory.discarded[i],
					     range_of(chunk * CHUNK, CHUNK)))
				     == CHUNK;
		assert_int_equal(discarded, chunk < 5 || chunk > 7);
	}
	document_close(document);
}

/* The workers see the document as it was. */
static void test_search_while_editing(void **state)
{
	struct sample sample = { document_of("aXaXa", 5), NULL, 0 };
	struct pattern *pattern = pattern_of(&(struct form){ "X", "" });
	const struct search_plan plan = {
		.document = sample.document, .pattern = pattern,
		.kind = SEARCH_COUNT, .range = { 0, 5 },
	};
	struct search *search = search_start(&plan, NULL);

	(void)state;
	assert_non_null(search);
	assert_true(document_delete(sample.document, range_of(0, 5), NULL));
	assert_int_equal(search_wait(search, NULL), JOB_DONE);
	assert_int_equal(search_count(search), 2);
	search_free(search);
	pattern_free(pattern);
	sample_free(&sample);
}

/* --- only some of the matches --- */

static bool accept_some(void *context, struct match match)
{
	(void)context;
	return match.start % 3 == 0;
}

static struct list accepted(const struct list *all)
{
	struct list list = { NULL, 0, 0 };

	for (size_t i = 0; i < all->count; i++)
		if (accept_some(NULL, all->matches[i]))
			list_add(&list, all->matches[i]);
	return list;
}

static void check_accepted(const struct sample *sample,
			   const struct form *form, uint64_t chunk)
{
	struct pattern *pattern = pattern_of(form);
	struct list all = pass(sample, pattern,
			       (struct range){ 0, sample->size }, true);
	struct list wanted = accepted(&all);
	struct search_plan plan = {
		.document = sample->document, .pattern = pattern,
		.range = { 0, sample->size }, .accept = accept_some,
		.chunk = chunk, .workers = 1 + random_below(WORKERS_MAXIMUM),
	};

	check_one(plan, SEARCH_FIRST, wanted.count ? wanted.matches : NULL);
	plan.range.end++;
	check_one(plan, SEARCH_LAST, wanted.count
			? &wanted.matches[wanted.count - 1] : NULL);
	free(all.matches);
	free(wanted.matches);
	pattern_free(pattern);
}

static void test_search_accepts_some(void **state)
{
	static const uint64_t chunks[] = { 1, 7, 64, 0 };

	(void)state;
	seed = 77;
	for (unsigned round = 0; round < 4; round++) {
		struct sample sample = random_sample(100 + random_below(200),
						     random_below(20));

		for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
			check_accepted(&sample, &forms[i], chunks[round]);
		sample_free(&sample);
	}
}

/* A document too large to be scanned from its start for `previous`: nearly
 * all of it is a hole. */
static void test_search_last_leftwards(void **state)
{
	uint64_t size = 2 * (uint64_t)SEARCH_LAST_EXACT;
	struct document *document = document_of("", 0);
	struct pattern *pattern = pattern_of(&(struct form){ "ab+", "" });
	struct match match;

	(void)state;
	document_close(document);
	assert_int_equal(truncate(path, (off_t)size), 0);
	document = document_open(file_open(path, NULL, NULL, NULL), NULL);
	assert_non_null(document);
	assert_true(document_insert(document, size - 10, "abab", 4, NULL));
	assert_true(document_overwrite(document, 5000, "abbb", 4, NULL));

	struct search_plan plan = {
		.document = document, .pattern = pattern, .kind = SEARCH_LAST,
		.range = { 0, size + 4 }, .chunk = SEARCH_LAST_EXACT / 16,
	};
	struct search *search = run(&plan);

	assert_true(search_match(search, &match));
	assert_int_equal(match.start, size - 8);
	assert_int_equal(match.end, size - 6);
	search_free(search);

	plan.range.end = size - 8;
	search = run(&plan);
	assert_true(search_match(search, &match));
	assert_int_equal(match.start, size - 10);
	search_free(search);

	plan.range.end = size - 10;
	search = run(&plan);
	assert_true(search_match(search, &match));
	assert_int_equal(match.start, 5000);
	assert_int_equal(match.end, 5004);
	search_free(search);

	plan.range.start = 5001;
	search = run(&plan);
	assert_false(search_match(search, &match));
	search_free(search);

	/* Matches side by side, each longer than a chunk and its run-in. */
	uint64_t length = plan.chunk * 3;
	char regex[64];

	if (length < 32768)
		snprintf(regex, sizeof regex, "\\x00{%d}", (int)length);
	else
		snprintf(regex, sizeof regex, "(?:\\x00{32768}){%d}",
			 (int)(length / 32768));

	struct pattern *wide = pattern_of(&(struct form){ regex, "" });

	plan.pattern = wide;
	plan.range = (struct range){ 0, SEARCH_LAST_EXACT + 2000 };
	search = run(&plan);
	assert_true(search_match(search, &match));
	assert_int_equal(match.end - match.start, length);
	assert_true(match.start < plan.range.end &&
		    plan.range.end - match.start <= length);
	search_free(search);
	pattern_free(wide);
	pattern_free(pattern);
	document_close(document);
}

/* --- filters --- */

/* Parts of a regex, and text that matches each or nearly does. */
struct atom {
	const char *regex;
	const char *texts[4];
};

static const struct atom atoms[] = {
	{ "foo", { "foo", "fo", "Foo", "ffoo" } },
	{ "x", { "x", "y", "xx", "X" } },
	{ "pool:", { "pool:", "pool", "pol:", "POOL:" } },
	{ "\\d", { "7", "12", "a", "" } },
	{ "\\d+", { "7", "123", "", "x" } },
	{ "\\d{1,3}", { "1", "123", "1234", "" } },
	{ "[a-z]+", { "a", "abcab", "aB", "" } },
	{ "[a-z]*", { "", "ab", "A", "z" } },
	{ "[A-Z]{3}", { "ABC", "AB", "ABCD", "aBC" } },
	{ "\\.", { ".", ",", "..", "" } },
	{ ".*", { "", "ab ab", "a\nb", " " } },
	{ ".*?", { "", "ab", "\n", "x x" } },
	{ ".{2,5}", { "ab", "abcde", "a", "a\nb" } },
	{ "\\w+@", { "ab@", "@", "a@", "a @" } },
	{ "(?:foo|bar|ba)", { "foo", "bar", "ba", "baz" } },
	{ "(?i:err)", { "err", "ERR", "eRr", "er" } },
	{ "(?i)k", { "k", "K", "\xe2\x84\xaa", "j" } },
	{ "(a|bc)?", { "a", "bc", "", "b" } },
	{ "(ab|a)+", { "ab", "aab", "aba", "b" } },
	{ "(\\w)x", { "ax", "xx", "x", "a" } },
	{ "(?<=b)", { "b", "", "a", "bb" } },
	{ "(?<!b)", { "b", "", "a", "bb" } },
	{ "(?=f)", { "f", "", "g", "ff" } },
	{ "\\b", { " ", "", "a", "_" } },
	{ "^", { "\n", "", "a", "\n\n" } },
	{ "$", { "\n", "", "a", "\n\n" } },
	{ "\\K", { "", "", "a", "" } },
	{ "\\n", { "\n", "\n\n", "", "\r" } },
	{ "\\x00{3,}", { "\1\1\1", "\1\1", "\1\1\1\1\1", "" } },
	{ "[\\x20-\\x7e]{4,}", { "abcd", "ab", "a b c", "ab\n" } },
	{ "[^a]", { "b", "a", "\n", "\xff" } },
	{ "[\\x80-\\xff]", { "\x80", "\xff", "a", "\xc3\xa9" } },
	{ "\\x{e9}", { "\xe9", "\xc3\xa9", "\xc3\x89", "e" } },
	{ "\\s", { " ", "\n", "a", "\t" } },
	{ "a{0,2}b", { "b", "aab", "aaab", "a" } },
	{ "a++b", { "ab", "aab", "b", "aa" } },
	{ "(?:\\.\\d{1,2}){2}", { ".1.2", ".12.34", ".1", ".123.4" } },
	{ "(?>a|ab)c", { "ac", "abc", "c", "aac" } },
	{ "[[:alpha:]_]", { "a", "_", "1", "Z" } },
	{ "\\D\\W", { "a ", "a", "1 ", " ." } },
	{ "q+", { "q", "qqq", "", "Q" } },
	{ "a|b", { "a", "b", "c", "" } },
	{ "|", { "", "", "", "" } },
};

enum {
	ATOMS = sizeof atoms / sizeof *atoms,
	ATOMS_MAXIMUM = 5,
	CASE_SIZE = 400,
};

struct filter_case {
	char regex[200];
	char flags[4];
	const struct atom *used[ATOMS_MAXIMUM];
	size_t count;
};

static struct pattern *random_pattern(struct filter_case *made)
{
	static const char *const flags[] = { "", "", "", "i", "s", "w", "u",
					     "iu", "x" };
	struct pattern *pattern = NULL;

	while (!pattern) {
		strcpy(made->flags, flags[random_below(9)]);
		made->count = 1 + random_below(ATOMS_MAXIMUM);
		made->regex[0] = '\0';
		for (size_t i = 0; i < made->count; i++) {
			made->used[i] = &atoms[random_below(ATOMS)];
			strcat(made->regex, made->used[i]->regex);
		}
		pattern = pattern_regex(made->regex, strlen(made->regex),
					made->flags, NULL);
	}
	return pattern;
}

static bool is_utf8(const struct sample *sample)
{
	const uint32_t options = PCRE2_UTF;
	int code;
	size_t offset;
	pcre2_code *any = pcre2_compile((PCRE2_SPTR)"", 0, options, &code,
					&offset, NULL);
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);

	code = pcre2_match(any, sample->bytes, sample->size, 0, 0, data, NULL);
	pcre2_match_data_free(data);
	pcre2_code_free(any);
	return code >= 0;
}

/* The interpreter finds the same as JIT.  Only in what is no UTF-8 do the two
 * differ (10.42), and there is no telling what is right. */
static bool is_certain(const struct sample *sample,
		       const struct pattern *pattern,
		       const struct list *wanted)
{
	pass_options = PCRE2_NO_JIT;

	struct list other = pass(sample, pattern,
				 (struct range){ 0, sample->size }, true);
	bool same = other.count == wanted->count;

	pass_options = 0;
	for (size_t i = 0; same && i < other.count; i++)
		same = memcmp(&other.matches[i], &wanted->matches[i],
			      sizeof *other.matches) == 0;
	if (!same && (!pattern->utf || is_utf8(sample)))
		expect_equal(&other, wanted, pattern_text(pattern));
	free(other.matches);
	return same;
}

/* What matches, what nearly does, and what has nothing to do with it; a text
 * of \1 stands for zeros. */
static size_t random_subject(const struct filter_case *made,
			     unsigned char *bytes)
{
	size_t wanted = random_below(CASE_SIZE);
	size_t length = 0;

	while (length < wanted) {
		if (random_below(3) == 0)
			length += random_bytes(bytes + length, 5);
		for (size_t i = 0; i < made->count; i++) {
			unsigned odd = random_below(6);
			const char *text =
				made->used[i]->texts[odd < 4 ? odd : 0];

			for (; *text; text++)
				bytes[length++] = *text == 1
					? 0 : (unsigned char)*text;
		}
	}
	return length;
}

static bool check_filter_case(unsigned round)
{
	static const uint64_t chunks[] = { 16, 17, 50, 100, 0 };
	unsigned char bytes[CASE_SIZE + 200];
	char what[300];
	struct filter_case made;
	struct pattern *pattern = random_pattern(&made);
	size_t size = random_subject(&made, bytes);
	struct sample sample = { document_of(bytes, size), NULL, 0 };

	for (unsigned edits = random_below(12); edits > 6; edits--)
		random_edit(sample.document);
	flatten(&sample);

	struct list wanted = pass(&sample, pattern,
				  (struct range){ 0, sample.size }, true);

	filter_force_narrow(round % 3 == 0);

	bool certain = is_certain(&sample, pattern, &wanted);

	/* Each way alone, and all of them. */
	for (int way = 0; certain && way <= SCANNER_WAYS; way++) {
		scanner_force(way);

		struct list got = scan(&sample, pattern,
				       pattern->utf ? 0 : random_below(3) * 30, round % 2);

		snprintf(what, sizeof what, "round %u, way %d: %s", round, way,
			 pattern_text(pattern));
		expect_equal(&wanted, &got, what);
		free(got.matches);
	}
	/* In workers: one of the ways, in turn. */
	if (certain && round % 16 == 0) {
		const struct search_plan plan = {
			.document = sample.document, .pattern = pattern,
			.range = { 0, sample.size },
			.chunk = chunks[random_below(5)],
			.workers = 1 + random_below(WORKERS_MAXIMUM),
		};

		scanner_force((int)random_below(SCANNER_WAYS + 1));
		check_all(plan, &wanted);

		struct search_plan before = plan;

		before.range.end = random_below((unsigned)sample.size + 1);
		if (before.range.end <= SEARCH_LAST_EXACT)
			check_last(&before, &sample);
	}
	scanner_force(SCANNER_WAYS);
	filter_force_narrow(false);
	free(wanted.matches);
	pattern_free(pattern);
	sample_free(&sample);
	return certain;
}

static void test_search_filters(void **state)
{
	unsigned certain = 0;

	(void)state;
	for (unsigned round = 0; round < 10500; round++) {
		seed = 100000 + round;
		certain += check_filter_case(round);
	}
	assert_true(certain >= 10000);
}

/* --- an oracle outside --- */

/* `grep -ob` on the flat bytes, read as a list of matches. */
static bool grep_list(const struct sample *sample, const char *regex,
		      struct list *list)
{
	char command[256], line[4096];
	char flat[sizeof path + 8];
	FILE *file;

	snprintf(flat, sizeof flat, "%s.flat", path);
	file = fopen(flat, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(sample->bytes, 1, sample->size, file),
			 sample->size);
	assert_int_equal(fclose(file), 0);
	snprintf(command, sizeof command,
		 "LC_ALL=C grep -obUaP -e '%s' %s 2>&1", regex, flat);
	file = popen(command, "r");
	assert_non_null(file);
	while (fgets(line, sizeof line, file)) {
		char *rest;
		uint64_t start = strtoull(line, &rest, 10);

		if (*rest != ':')
			fail_msg("%s", line);
		rest[strcspn(rest, "\n")] = '\0';
		list_add(list, (struct match){ start,
					       start + strlen(rest + 1) });
	}
	unlink(flat);
	return pclose(file) == 0;
}

static void test_search_agrees_with_grep(void **state)
{
	static const char *const regexes[] = {
		"fo+", "\\bba", "[ab]{2,}x?", "(?<=a)b+", "^a", "1$", "a.*?b",
		"(a|b)_\\1", "\\w+(?= foo)",
	};
	static const char letters[] = "abx \nfoobar1_";
	struct sample sample = { NULL, NULL, 0 };
	unsigned char bytes[6000];

	(void)state;
	if (system("echo a | grep -obUaP a >/dev/null 2>&1") != 0)
		skip();
	seed = 6000;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)
			letters[random_below(sizeof letters - 1)];
	sample.document = document_of(bytes, sizeof bytes);
	for (int i = 0; i < 50; i++)
		assert_true(document_insert(sample.document,
					    random_below(6000), "foo b\nax", 8,
					    NULL));
	flatten(&sample);
	for (size_t i = 0; i < sizeof regexes / sizeof *regexes; i++) {
		struct form form = { regexes[i], "" };
		struct pattern *pattern = pattern_of(&form);
		struct list wanted = { NULL, 0, 0 };
		const struct search_plan plan = {
			.document = sample.document, .pattern = pattern,
			.range = { 0, sample.size }, .chunk = 100,
			.workers = 2,
		};

		assert_true(grep_list(&sample, regexes[i], &wanted));
		assert_true(wanted.count > 0);
		check_all(plan, &wanted);
		free(wanted.matches);
		pattern_free(pattern);
	}
	sample_free(&sample);
}

/* --- what can go wrong --- */

static void expect_failure(struct document *document, const char *regex,
			   const char *words)
{
	struct pattern *pattern = pattern_of(&(struct form){ regex, "" });
	const struct search_plan plan = {
		.document = document, .pattern = pattern,
		.kind = SEARCH_COUNT, .range = { 0, document_size(document) },
		.workers = 2, .chunk = 16,
	};
	struct error error = ERROR_NONE;
	struct search *search = search_start(&plan, &error);

	assert_non_null(search);
	assert_int_equal(search_wait(search, &error), JOB_FAILED);
	if (!strstr(error.message, words))
		fail_msg("%s: %s", regex, error.message);
	search_free(search);
	pattern_free(pattern);
}

static void test_search_reaches_limits(void **state)
{
	char bytes[80];
	struct document *document;

	(void)state;
	memset(bytes, 'a', sizeof bytes);
	memcpy(bytes, "some text, then: ", 17);
	bytes[sizeof bytes - 1] = 'b';
	document = document_of(bytes, sizeof bytes);
	expect_failure(document, "(a+)+$", "match limit at offset 0x11");
	expect_failure(document, "(*NO_JIT)(a+)+$",
		       "match limit at offset 0x11");
	document_close(document);
}

/* Each way in which an attempt can be too much, and what is said of it. */
static void test_search_names_limits(void **state)
{
	enum { LONG = 400000 };
	char *bytes = malloc(LONG);
	struct document *document;

	(void)state;
	assert_non_null(bytes);
	memset(bytes, 'a', LONG);
	memset(bytes, '.', 16);
	bytes[LONG - 1] = '.';
	document = document_of(bytes, LONG);
	expect_failure(document, "(a+)+$",
		       "match limit at offset 0x10; "
		       "set match-limit=100000000 raises it");
	expect_failure(document, "(*LIMIT_MATCH=9)(a|b)*[cd]",
		       "match limit at offset 0x10; the pattern itself sets it");
	expect_failure(document, "(*NO_JIT)(?:(a)|b)*[cd]",
		       "heap limit at offset 0x10; set heap-limit=640 raises it");
	expect_failure(document, "(*LIMIT_HEAP=9)(*NO_JIT)(a|b)*[cd]",
		       "heap limit at offset 0x10; the pattern itself sets it");
	expect_failure(document, "(*LIMIT_DEPTH=9)(*NO_JIT)(a|b)*[cd]",
		       "depth limit at offset 0x10; the pattern itself sets it");
	expect_failure(document, "((?1))", "stack limit at offset 0x0; "
		       "set stack-limit=640 raises it");
	expect_failure(document, "(*NO_JIT)((?1))", "at offset 0x0: ");
	document_close(document);
	free(bytes);
}

/* A filter knows that there is no match, where an attempt would be too much:
 * that one way knows it is enough, whichever is the faster one. */
static void test_search_fails_in_no_way_alone(void **state)
{
	enum { LONG = 400000 };
	char *bytes = malloc(LONG);
	struct sample sample = { NULL, NULL, 0 };
	struct pattern *pattern = pattern_of(&(struct form){ "(a+)+[.b]", "" });

	(void)state;
	assert_non_null(bytes);
	memset(bytes, 'a', LONG);
	memset(bytes, '.', 16);
	sample.document = document_of(bytes, LONG);
	sample.size = LONG;
	for (int round = 0; round < 3; round++) {
		struct list list = scan(&sample, pattern, 0, false);

		assert_int_equal(list.count, 0);
	}
	pattern_free(pattern);
	sample_free(&sample);
	free(bytes);
}

/* What no pass attempts cannot make a search fail: the hidden run of `a` is
 * inside a match, though a chunk begins in it. */
static void test_search_ignores_hidden_limits(void **state)
{
	char bytes[80];
	struct sample sample = { NULL, NULL, 0 };

	(void)state;
	memset(bytes, 'a', sizeof bytes);
	bytes[0] = '<';
	bytes[sizeof bytes - 2] = '>';
	bytes[sizeof bytes - 1] = 'b';
	sample.document = document_of(bytes, sizeof bytes);
	flatten(&sample);
	check_search(&sample, &(struct form){ "<.*>|(a+)+$", "" }, 16, 3,
		     (struct range){ 0, sizeof bytes });
	sample_free(&sample);
}

static void test_search_hostile_is_stopped(void **state)
{
	size_t size = 1 << 20;
	unsigned char *zeros = calloc(size, 1);
	struct document *document;
	struct pattern *pattern =
		pattern_of(&(struct form){ "(?=\\x00*b)", "" });

	(void)state;
	assert_non_null(zeros);
	document = document_of(zeros, size);

	const struct search_plan plan = {
		.document = document, .pattern = pattern,
		.kind = SEARCH_FIRST, .range = { 0, size }, .workers = 2,
	};
	struct search *search = search_start(&plan, NULL);

	assert_non_null(search);
	assert_int_equal(search_poll(search, NULL), JOB_RUNNING);
	search_free(search);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	pattern_free(pattern);
	document_close(document);
	free(zeros);
}

static bool truncate_found(void *context, const struct match *matches,
			   size_t count)
{
	(void)context;
	(void)matches;
	(void)count;
	assert_int_equal(truncate(path, 4096), 0);
	return true;
}

/* The pipe holds far less than the matches, so the workers have not ended
 * when the first ones arrive. */
static void test_search_notices_truncation(void **state)
{
	size_t size = 4 << 20;
	char *bytes = malloc(size);
	struct pattern *pattern = pattern_of(&(struct form){ "a", "" });
	struct error error = ERROR_NONE;

	(void)state;
	assert_non_null(bytes);
	memset(bytes, 'a', size);

	struct document *document = document_of(bytes, size);
	const struct search_plan plan = {
		.document = document, .pattern = pattern, .kind = SEARCH_ALL,
		.range = { 0, size }, .workers = 2, .found = truncate_found,
	};
	struct search *search = search_start(&plan, &error);

	assert_non_null(search);
	assert_int_equal(search_wait(search, &error), JOB_FAILED);
	assert_string_equal(error.message, "bytes from 0x1000 on were lost "
			    "while searching: the file has shrunk");
	search_free(search);
	pattern_free(pattern);
	document_close(document);
	free(bytes);
}

/* A file that says that it is as long as it was, and does not give its end. */
enum { UNREAD_GOOD = 8 * SPARSE_BLOCK, UNREAD_SIZE = 16 * SPARSE_BLOCK };

static int fstat_pretends(int fd, struct stat *status)
{
	int result = fstat(fd, status);

	status->st_size = UNREAD_SIZE;
	return result;
}

static uint64_t count_unread(const struct document *document,
			     const char *regex, struct search_plan plan,
			     uint64_t *unreadable, struct error *error)
{
	struct pattern *pattern = pattern_of(&(struct form){ regex, "" });
	uint64_t count = UINT64_MAX;
	uint64_t first = 0;

	plan.document = document;
	plan.pattern = pattern;
	plan.kind = SEARCH_COUNT;
	plan.range = (struct range){ 0, document_size(document) };

	struct search *search = search_start(&plan, error);

	assert_non_null(search);
	if (search_wait(search, error) == JOB_DONE) {
		count = search_count(search);
		*unreadable = search_unreadable(search, &first);
		if (*unreadable > 0)
			assert_int_equal(first, UNREAD_GOOD);
	}
	search_free(search);
	pattern_free(pattern);
	return count;
}

/* A search goes on behind what cannot be read, if it is to, and says how much
 * that was; zeros that stand for it are in no match. */
static void test_search_passes_over_bad_blocks(void **state)
{
	static const struct search_plan plans[] = {
		{ .pass_over = true, .here = true, .chunk = 5000 },
		{ .pass_over = true, .workers = 2, .chunk = 5000 },
		{ .pass_over = true, .workers = 1 },
	};
	static unsigned char bytes[UNREAD_SIZE];
	struct search_plan strict = { .workers = 2, .chunk = 5000 };
	struct error error = ERROR_NONE;
	uint64_t unreadable = 0;

	(void)state;
	if (sysconf(_SC_PAGESIZE) != SPARSE_BLOCK)
		skip();
	memset(bytes, 'a', sizeof bytes);
	for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
		struct document *document = document_of(bytes, UNREAD_SIZE);

		assert_true(document_insert(document, UNREAD_SIZE, "needle",
					    6, NULL));
		assert_int_equal(count_unread(document, "needle", plans[i],
					      &unreadable, &error), 1);
		assert_int_equal(unreadable, 0);
		io.fstat = fstat_pretends;
		assert_int_equal(truncate(path, UNREAD_GOOD), 0);
		assert_int_equal(count_unread(document, "needle", plans[i],
					      &unreadable, &error), 1);
		assert_int_equal(unreadable, UNREAD_SIZE - UNREAD_GOOD);
		assert_int_equal(count_unread(document, "a", plans[i],
					      &unreadable, &error),
				 UNREAD_GOOD);
		assert_int_equal(count_unread(document, "[a\\x00]", plans[i],
					      &unreadable, &error),
				 UNREAD_GOOD);
		assert_int_equal(count_unread(document, "a?\\x00", plans[i],
					      &unreadable, &error), 0);
		assert_int_equal(unreadable, UNREAD_SIZE - UNREAD_GOOD);
		if (!plans[i].here) {
			assert_int_equal(count_unread(document, "needle",
						      strict, &unreadable,
						      &error), UINT64_MAX);
			assert_non_null(strstr(error.message,
					       "on cannot be read"));
		}
		io.fstat = fstat;
		document_close(document);
	}
}

/* What another program does to the file while matches arrive. */
static bool (*disturb)(void);

static bool disturb_found(void *context, const struct match *matches,
			  size_t count)
{
	(void)matches;
	*(size_t *)context += count;
	return disturb();
}

static bool grow_file(void)
{
	assert_int_equal(truncate(path, 8 << 20), 0);
	return true;
}

static bool empty_file(void)
{
	assert_int_equal(truncate(path, 0), 0);
	return true;
}

static bool replace_file(void)
{
	unlink(path);
	return true;
}

static bool punch_file(void)
{
	int fd = open(path, O_RDWR);

	assert_true(fd >= 0);
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
		      4 << 20) != 0)
		assert_int_equal(errno, EOPNOTSUPP);
	close(fd);
	return true;
}

/* A search ends, and says so if it has not seen what there was. */
static void test_search_while_file_changes(void **state)
{
	static const struct {
		bool (*disturb)(void);
		enum job_state state;
	} cases[] = {
		{ grow_file, JOB_DONE }, { replace_file, JOB_DONE },
		{ punch_file, JOB_DONE }, { empty_file, JOB_FAILED },
	};
	size_t size = 4 << 20;
	char *bytes = malloc(size);
	struct pattern *pattern = pattern_of(&(struct form){ "a", "" });

	(void)state;
	assert_non_null(bytes);
	memset(bytes, 'a', size);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error error = ERROR_NONE;
		struct document *document = document_of(bytes, size);
		size_t count = 0;
		const struct search_plan plan = {
			.document = document, .pattern = pattern,
			.kind = SEARCH_ALL, .range = { 0, size }, .workers = 2,
			.found = disturb_found, .context = &count,
		};

		disturb = cases[i].disturb;

		struct search *search = search_start(&plan, &error);

		assert_non_null(search);
		assert_int_equal(search_wait(search, &error), cases[i].state);
		if (cases[i].state == JOB_FAILED)
			assert_non_null(strstr(error.message, "shrunk"));
		else if (disturb != punch_file)
			assert_int_equal(count, size);
		search_free(search);
		document_close(document);
	}
	pattern_free(pattern);
	free(bytes);
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
		cmocka_unit_test(test_scanner_is_one_pass),
		cmocka_unit_test(test_scanner_unicode),
		cmocka_unit_test(test_scanner_unicode_cut_off),
		cmocka_unit_test(test_scanner_large),
		cmocka_unit_test(test_scanner_newlines),
		cmocka_unit_test(test_scanner_holes),
		cmocka_unit_test(test_scanner_leaves_holes_alone),
		cmocka_unit_test(test_search_is_one_pass),
		cmocka_unit_test(test_search_unicode),
		cmocka_unit_test(test_search_large),
		cmocka_unit_test(test_search_holes),
		cmocka_unit_test(test_search_empty_document),
		cmocka_unit_test(test_search_stops_when_told),
		cmocka_unit_test(test_search_memory_is_bounded),
		cmocka_unit_test(test_search_keeps_the_cache),
		cmocka_unit_test(test_search_while_editing),
		cmocka_unit_test(test_search_accepts_some),
		cmocka_unit_test(test_search_last_leftwards),
		cmocka_unit_test(test_search_filters),
		cmocka_unit_test(test_search_agrees_with_grep),
		cmocka_unit_test(test_search_reaches_limits),
		cmocka_unit_test(test_search_names_limits),
		cmocka_unit_test(test_search_fails_in_no_way_alone),
		cmocka_unit_test(test_search_ignores_hidden_limits),
		cmocka_unit_test(test_search_hostile_is_stopped),
		cmocka_unit_test(test_search_notices_truncation),
		cmocka_unit_test(test_search_passes_over_bad_blocks),
		cmocka_unit_test(test_search_while_file_changes),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
