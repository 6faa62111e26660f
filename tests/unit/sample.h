/*
 * sample: documents with edits everywhere, the same bytes flat, patterns of
 * all sorts, and one pass of PCRE2 over those bytes: what searches and
 * replacements are compared with.
 */
#ifndef TESTS_SAMPLE_H
#define TESTS_SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "octavo/document.h"
#include "octavo/search.h"
#include "pattern_internal.h"
#include "sizes.h"
#include "sparse.h"

static char folder[] = "/tmp/octavo-search-XXXXXX";
static char path[sizeof folder + 8];
static uint64_t seed;

static inline unsigned random_below(unsigned bound)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (unsigned)(seed >> 33) % bound;
}

/* --- documents --- */

/* A document and the same bytes flat. */
struct sample {
	struct document *document;
	unsigned char *bytes;
	size_t size;
};

static inline struct document *document_of_path(void)
{
	struct error error = ERROR_NONE;
	struct file *opened = file_open(path, NULL, NULL, &error);
	struct document *document = opened ? document_open(opened, &error)
					   : NULL;

	if (!document)
		fail_msg("%s", error.message);
	return document;
}

static inline struct document *document_of(const void *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	return document_of_path();
}

static inline void flatten(struct sample *sample)
{
	sample->size = document_size(sample->document);
	free(sample->bytes);
	/* PCRE2's JIT looks at 16 bytes together, behind the end as well. */
	sample->bytes = calloc(1, sample->size + 32);
	assert_non_null(sample->bytes);
	assert_int_equal(document_read(sample->document, 0, sample->bytes,
				       sample->size), sample->size);
}

static inline void sample_free(struct sample *sample)
{
	document_close(sample->document);
	free(sample->bytes);
}

static inline size_t random_bytes(unsigned char *bytes, size_t size)
{
	static const char *const words[] = {
		"a", "b", "x", "\n", " ", "ab", "aa", "foo", "bar", "\r\n",
		"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\x80", "\xc3",
		"\xff", "", "A", "1", "12", "_", "\n\n"
	};
	size_t count = sizeof words / sizeof *words;
	size_t length = 0;

	while (length + 4 <= size) {
		const char *word = words[random_below((unsigned)count)];
		size_t more = *word ? strlen(word) : 1;

		memcpy(bytes + length, word, more);
		length += more;
	}
	return length;
}

static inline void random_edit(struct document *document)
{
	unsigned size = (unsigned)document_size(document);
	unsigned at = random_below(size + 1);
	unsigned length = random_below(12);
	unsigned char bytes[16];
	struct error error = ERROR_NONE;
	bool done = true;

	if (length > size - at)
		length = size - at;

	size_t count = random_bytes(bytes, sizeof bytes);

	switch (random_below(4)) {
	case 0:
		done = document_insert(document, at, bytes, count, &error);
		break;
	case 1:
		done = document_overwrite(document, at, bytes, count, &error);
		break;
	case 2:
		if (length)
			done = document_delete(document, range_of(at, length),
					       &error);
		break;
	case 3:
		if (length)
			done = document_fill(document, range_of(at, length),
					     bytes, 2, &error);
		break;
	}
	if (!done)
		fail_msg("%s", error.message);
}

static inline struct sample random_sample(size_t size, unsigned edits)
{
	unsigned char *bytes = malloc(size + 4);
	struct sample sample = { NULL, NULL, 0 };

	assert_non_null(bytes);
	sample.document = document_of(bytes, random_bytes(bytes, size));
	free(bytes);
	while (edits-- > 0)
		random_edit(sample.document);
	flatten(&sample);
	return sample;
}

/* Holes that are passed over, with text on and about their borders. */
static inline struct sample sparse_sample(unsigned edits)
{
	unsigned hole = SEARCH_HOLE;
	unsigned unit = hole < SPARSE_BLOCK ? SPARSE_BLOCK : hole;
	unsigned units = 2 + random_below(3);
	int fd = sparse_new(path, units * unit - random_below(100));
	struct sample sample = { NULL, NULL, 0 };
	struct sparse sparse;

	if (!sparse_look(&sparse, fd))
		skip();
	for (unsigned i = random_below(4); i > 0; i--) {
		unsigned border = random_below(units) * unit;
		unsigned before = random_below(40);
		unsigned char bytes[50];

		sparse_put(fd, border < before ? border : border - before,
			   bytes, random_bytes(bytes, sizeof bytes));
	}
	close(fd);
	sample.document = document_of_path();
	while (edits-- > 0)
		random_edit(sample.document);
	flatten(&sample);
	return sample;
}

/* --- patterns --- */

struct form {
	const char *regex;
	const char *flags;
};

static const struct form forms[] = {
	{ "a", "" }, { "foo", "" }, { "x*", "" }, { "", "" },
	{ "x*?", "" }, { "a.*b", "" }, { "a.*?b", "" }, { "a.*b", "s" },
	{ "a.*?b", "s" }, { "^", "" }, { "$", "" }, { "^a", "" },
	{ "b$", "" }, { "^.*$", "" }, { "\\Aa", "" }, { "b\\z", "" },
	{ "b\\Z", "" }, { "\\A", "" }, { "\\z", "" }, { "\\Z", "" },
	{ "(?-m)^.", "" }, { "(?-m).$", "" }, { "\\b", "" },
	{ "\\B", "" }, { "\\ba+\\b", "" }, { "(?<=a)b", "" },
	{ "(?<!a)b", "" }, { "(?<=\\n)a", "" }, { "(?<=(?<!b)a)x", "" },
	{ "(?<=\\Aab)", "" }, { "(?<=^.)a", "" }, { "(?<=a\\n\\n)x|foo", "" },
	{ "a(?=b)", "" }, { "a(?!b)", "" }, { "(?=a.*x)b?", "s" },
	{ "(a|b)x\\1", "" }, { "([ab]).*?\\1", "" }, { "\\n", "" },
	{ "\\n+", "" }, { "\\n^", "" }, { "\\n^a", "" }, { "\\n\\Z", "" },
	{ "\\s+", "" }, { "\\R", "" }, { "\\R+a", "" }, { "[^a]+", "" },
	{ "[^\\n]*", "" }, { "FOO|Bar", "i" }, { "foo|bar|a1", "" },
	{ "a|ab|abb", "" }, { "(?>a+)b", "" }, { "a++b?", "" },
	{ "\\d{1,3}", "" }, { "\\w+ \\w+", "" }, { "\\x00", "" },
	{ "[\\x80-\\xff]{2}", "" }, { "a\\Kb", "" }, { "a*\\K", "" },
	{ "a\\K", "" }, { "ab?\\K(?=.)", "s" },
	{ "(?(?=a)ab|b)", "" }, { "(a(?1)?b)", "" }, { "a|foo", "w" },
	{ "a  b", "x" }, { "(?s).{7}", "" }, { "(?s).{40}", "" },
	{ ".*x", "" }, { ".*", "s" }, { "(?m-s)^(?:.*\\n)??b", "" },
	{ "(?(DEFINE)(?<k>ab\\K))(?=(?&k))a", "" },
	{ "(?<=(?=(?&q))[ab])x(?(DEFINE)(?<q>a|b))", "" },
	/* Not to be cut. */
	{ "\\Ga", "" }, { "\\G[ab]|x", "" }, { "a+(*COMMIT)b", "" },
	{ "a(*SKIP)b|.", "" }, { "a+(*PRUNE)b", "" },
	{ "a(*ACCEPT)b|x", "" },
	/* The interpreter. */
	{ "(*NO_JIT)a.*?b", "s" }, { "(*NO_JIT)(?<=a)b|\\n^", "" },
	{ "(*NO_JIT)x*", "" },
};

/* Into holes, out of them, across them, and within. */
static const struct form hole_forms[] = {
	{ "a", "" }, { "foo|x", "" }, { "[a-z]+", "" }, { "FOO", "i" },
	{ "\\n", "" }, { "^a", "" }, { "^(?:a|b)", "" }, { "^[^x]*x", "" },
	{ "a.*b", "" }, { "a.*?b", "s" }, { ".*x", "" }, { "a$", "" },
	{ "a\\x00", "" }, { "a\\x00+b", "" }, { "a(?!\\x00)", "" },
	{ "\\x00a", "" }, { "(?<=\\x00)a", "" }, { "(?<=\\n\\x00)a", "" },
	{ "\\x00{100,}", "" }, { "(?s)a.{4000}b", "" }, { "\\x00\\Kb", "" },
	{ "a\\K\\x00", "" }, { "[ab]\\K.*", "s" }, { "a(?=\\x00*b)", "" },
	{ "^\\x00", "" }, { "^", "" }, { "\\n^", "" }, { "\\Aa", "" },
	{ "b\\z", "" }, { "\\x00\\z", "" }, { "\\ba", "" }, { "a", "w" },
	{ "^ *x", "" }, { "^.{0,}x", "" }, { ". *x", "x" },
	{ "^a|.*b", "" }, { "a(*SKIP)b|x", "" }, { "(*NO_JIT)foo|^a", "" },
	{ "(*NO_START_OPT)a", "" }, { "[\\x80-\\xff]", "u" }, { "a", "u" },
	{ "\\x00{1,40}[a-z]", "" }, { "(?s).{30}x", "" }, { "\\x00b|foo", "" },
	{ "(?<=\\x00)\\x00{3}[^\\x00]", "" }, { "a?\\x00x", "" },
};

/* In UTF mode, on text that is UTF-8 or not. */
static const struct form unicode_forms[] = {
	{ "\xc3\xa9", "u" }, { "\xc3\x89", "iu" }, { ".", "u" },
	{ "[^a]", "u" }, { "a.", "u" }, { "\\w+", "u" },
	{ "\\x{20ac}.", "su" }, { "(?<=\xc3\xa9)a", "u" },
	{ "\\x{1f600}+", "u" }, { "a.*?b", "su" }, { "foo", "iu" },
	{ "[\\x{80}-\\x{10ffff}]+", "u" }, { "x+\\b", "u" },
};

static inline struct pattern *pattern_of(const struct form *form)
{
	struct error error = ERROR_NONE;
	/* Nothing cannot be typed; here it stands for the empty match. */
	const char *regex = *form->regex ? form->regex : "(?:)";
	struct pattern *pattern = pattern_regex(regex, strlen(regex),
						form->flags, &error);

	if (!pattern)
		fail_msg("%s: %s", regex, error.message);
	return pattern;
}

/* --- the one pass --- */

/* A match of the pass; DATA holds it with its groups. */
typedef void pass_visitor(void *context, struct match match,
			  pcre2_match_data *data);

static inline uint64_t pass_after(const struct sample *sample, bool utf,
			   uint64_t attempt, uint64_t end)
{
	uint64_t next = attempt + 1;

	if (end > attempt)
		return end;
	for (int i = 0; i < 3 && utf && next < sample->size &&
	     (sample->bytes[next] & 0xc0) == 0x80; i++)
		next++;
	return next;
}

/* The pass over RANGE: matches wholly in it, or for a RANGE that goes past
 * the end (see the caller) all that start before its end. */
/* Options of the pass. */
static uint32_t pass_options;

static inline void pass_visit(const struct sample *sample,
			      const struct pattern *pattern,
			      struct range range, bool whole,
			      pass_visitor *visit, void *context)
{
	pcre2_match_data *data = pcre2_match_data_create_from_pattern(
		pattern->code, NULL);
	uint64_t at = range.start;

	while (at <= sample->size) {
		int code = pcre2_match(pattern->code, sample->bytes,
				       sample->size, at, pass_options, data,
				       NULL);

		if (code < 0)
			break;

		size_t *pair = pcre2_get_ovector_pointer(data);
		uint64_t attempt = pcre2_get_startchar(data);
		struct match match = { pair[0], pair[1] };

		/* \K in a called group: see the scanner. */
		if (match.end < attempt)
			match.end = attempt;
		if (match.start < attempt)
			match.start = attempt;
		if (match.start > match.end)
			match.start = match.end;
		pair[0] = match.start;
		pair[1] = match.end;
		if (attempt > range.end ||
		    (attempt == range.end &&
		     (!whole || range.end < sample->size)))
			break;
		if (!whole ? match.start < range.end
			   : match.end <= range.end)
			visit(context, match, data);
		at = pass_after(sample, pattern->utf, attempt, match.end);
	}
	pcre2_match_data_free(data);
}

#endif
