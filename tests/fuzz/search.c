/*
 * Fuzz target: searches.  A pattern up to the first newline, then bytes that
 * say how to search (struct way), then a subject, which becomes a document of
 * pieces, perhaps with a hole of the file in it.  Every search gives the
 * matches of one pass of PCRE2 over the flat bytes.
 *
 * Where PCRE2 gives up with a tenth of the limits that the search has, nothing
 * is compared; nor where its interpreter finds something else than its JIT, as
 * in what is no UTF-8, or with calls of groups: what JIT finds then may depend
 * on where it was begun.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "octavo/document.h"
#include "octavo/search.h"
#include "pattern_internal.h"
#include "scanner_internal.h"
#include "sizes.h"

enum {
	SUBJECT_MAXIMUM = 1000,
	HOLE_BLOCK = 4096,
	HOLE_MAXIMUM = 3 * HOLE_BLOCK,
	MATCHES_MAXIMUM = SUBJECT_MAXIMUM + 2 * HOLE_MAXIMUM,
	STEPS_MAXIMUM = 100000,
	PATTERN_MAXIMUM = 400,
	EDITS_MAXIMUM = 16,
	EDIT_LENGTH = 8,
	WORKERS_MAXIMUM = 3,
	/* Of 256: a fork takes longer than all else. */
	WORKERS_FROM = 0xf8,
	WAY_BYTES = 5,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How to search. */
struct way {
	unsigned edits;
	bool hole;		/* in the middle of the file */
	int forced;		/* of scanner_force */
	bool narrow;
	uint64_t window;	/* of the scanner */
	uint64_t chunk;		/* of the workers */
	unsigned workers;	/* 0: none, it runs in this process */
	uint64_t seed;		/* of where the edits are */
};

struct subject {
	struct document *document;
	unsigned char *bytes;
	size_t size;
};

struct list {
	struct match matches[MATCHES_MAXIMUM];
	size_t count;
};

static void expect(bool condition)
{
	if (!condition)
		abort();
}

static unsigned below(struct way *way, unsigned bound)
{
	way->seed = way->seed * UINT64_C(6364136223846793005) + 1;
	return (unsigned)(way->seed >> 33) % bound;
}

static struct way way_read(const uint8_t *data)
{
	return (struct way){
		.edits = data[0] % EDITS_MAXIMUM,
		/* Else a hole that counts would be large, and slow. */
		.hole = data[0] & 0x80 && (int)SEARCH_HOLE <= HOLE_BLOCK,
		.forced = data[1] % (SCANNER_WAYS + 1),
		.narrow = data[1] & 0x80,
		.window = 1 + data[2],
		.chunk = 1 + data[3],
		.workers = data[4] >= WORKERS_FROM
				   ? 1 + data[4] % WORKERS_MAXIMUM : 0,
		.seed = data[2] + 256u * data[4],
	};
}

/* --- the subject --- */

static void put(int fd, const void *bytes, size_t size, off_t offset)
{
	expect(pwrite(fd, bytes, size, offset) == (ssize_t)size);
}

static struct document *open_file(const struct way *way, const uint8_t *data,
				  size_t size)
{
	static int fd = -1;
	char path[64];
	size_t half = way->hole ? size / 2 : size;

	if (fd < 0)
		fd = memfd_create("file", MFD_CLOEXEC);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	expect(fd >= 0 && ftruncate(fd, 0) == 0);
	put(fd, data, half, 0);
	if (way->hole)
		put(fd, data + half, size - half, HOLE_MAXIMUM);

	struct file *file = file_open(path, NULL, NULL, NULL);

	expect(file);
	return document_open(file, NULL);
}

/* The same bytes in a piece of their own, or others. */
static void edit(struct subject *subject, struct way *way)
{
	unsigned size = (unsigned)document_size(subject->document);
	unsigned at = below(way, size + 1);
	unsigned length = below(way, EDIT_LENGTH);
	unsigned char bytes[EDIT_LENGTH];

	if (length > size - at)
		length = size - at;
	if (length == 0)
		return;
	document_read(subject->document, at, bytes, length);
	if (below(way, 4) == 0) {
		expect(document_fill(subject->document, range_of(at, length),
				     bytes, length > 1 ? 2 : 1, NULL));
		return;
	}
	expect(document_delete(subject->document, range_of(at, length), NULL));
	expect(document_insert(subject->document, at, bytes, length, NULL));
}

static void subject_make(struct subject *subject, struct way *way,
			 const uint8_t *data, size_t size)
{
	subject->document = open_file(way, data, size);
	expect(subject->document);
	for (unsigned i = 0; i < way->edits; i++)
		edit(subject, way);
	subject->size = (size_t)document_size(subject->document);
	/* PCRE2's JIT looks at 16 bytes together, behind the end as well. */
	subject->bytes = calloc(1, subject->size + 32);
	expect(subject->bytes);
	document_read(subject->document, 0, subject->bytes, subject->size);
}

static void subject_free(struct subject *subject)
{
	document_close(subject->document);
	free(subject->bytes);
}

/* --- one pass --- */

static void list_add(struct list *list, struct match match)
{
	expect(list->count < MATCHES_MAXIMUM);
	list->matches[list->count++] = match;
}

static uint64_t pass_after(const struct subject *subject, bool utf,
			   uint64_t attempt, uint64_t end)
{
	uint64_t next = attempt + 1;

	if (end > attempt)
		return end;
	for (int i = 0; i < 3 && utf && next < subject->size &&
	     scanner_continues(subject->bytes[next]); i++)
		next++;
	return next;
}

/* A \K in a called group puts the start anywhere: see the scanner. */
static struct match take_match(pcre2_match_data *data, uint64_t attempt)
{
	const size_t *pair = pcre2_get_ovector_pointer(data);
	struct match match = { pair[0], pair[1] };

	if (match.end < attempt)
		match.end = attempt;
	if (match.start < attempt)
		match.start = attempt;
	if (match.start > match.end)
		match.start = match.end;
	return match;
}

/* False where PCRE2 gives up. */
static bool pass(const struct subject *subject, const struct pattern *pattern,
		 uint32_t options, uint64_t limit, struct list *list)
{
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	uint64_t at = 0;
	int code = 0;

	expect(data && context);
	pcre2_set_match_limit(context, STEPS_MAXIMUM / 10);
	pcre2_set_heap_limit(context, 1 << 9);
	list->count = 0;
	while (at <= subject->size) {
		code = pcre2_match(pattern->code, subject->bytes,
				   subject->size, at, options, data, context);
		if (code < 0)
			break;

		uint64_t attempt = pcre2_get_startchar(data);
		struct match match = take_match(data, attempt);

		if (attempt >= limit)
			break;
		if (match.start < limit)
			list_add(list, match);
		at = pass_after(subject, pattern->utf, attempt, match.end);
	}
	pcre2_match_data_free(data);
	pcre2_match_context_free(context);
	return code >= 0 || code == PCRE2_ERROR_NOMATCH;
}

static bool is_utf8(const struct subject *subject)
{
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	pcre2_code *any = pcre2_compile((PCRE2_SPTR)"", 0, PCRE2_UTF,
					&(int){ 0 }, &(size_t){ 0 }, NULL);
	int code = pcre2_match(any, subject->bytes, subject->size, 0, 0, data,
			       NULL);

	pcre2_match_data_free(data);
	pcre2_code_free(any);
	return code >= 0;
}

static bool is_same(const struct list *one, const struct list *other)
{
	return one->count == other->count &&
	       memcmp(one->matches, other->matches,
		      one->count * sizeof *one->matches) == 0;
}

/* Is LIST what the interpreter finds? */
static bool is_certain(const struct subject *subject,
		       const struct pattern *pattern, const struct list *list)
{
	static struct list other;

	/* In part of a subject the interpreter (10.42) does not find what ends
	 * before a byte that is no UTF-8. */
	if (pattern->utf && !pattern->jit && !is_utf8(subject))
		return false;
	return pass(subject, pattern, PCRE2_NO_JIT, subject->size + 1,
		    &other) &&
	       is_same(list, &other);
}

/* --- searches --- */

static void scan(const struct subject *subject, const struct pattern *pattern,
		 const struct way *way, struct list *list)
{
	struct scanner *scanner = scanner_new(subject->document, pattern,
					      NULL);
	enum scan_result result;
	struct finding finding;
	uint64_t at = 0;

	expect(scanner);
	if (way->window < scanner->window)
		scanner->window = way->window;
	list->count = 0;
	while ((result = scanner_next(scanner, at, subject->size + 1, &finding,
				      NULL)) == SCAN_MATCH) {
		list_add(list, finding.match);
		at = scanner_after(scanner, &finding);
	}
	expect(result == SCAN_NONE);
	scanner_free(scanner);
}

static bool take_found(void *context, const struct match *matches,
		       size_t count)
{
	for (size_t i = 0; i < count; i++)
		list_add(context, matches[i]);
	return true;
}

/* In LIST what a search of KIND up to END finds; how many, it says itself. */
static uint64_t search(const struct subject *subject,
		       const struct pattern *pattern, const struct way *way,
		       enum search_kind kind, uint64_t end, struct list *list)
{
	bool here = kind != SEARCH_ALL || way->workers == 0;
	const struct search_plan plan = {
		.document = subject->document, .pattern = pattern,
		.kind = kind, .range = { 0, end }, .found = take_found,
		.context = list, .chunk = way->chunk,
		.workers = way->workers, .here = here,
	};
	struct search *started = search_start(&plan, NULL);
	struct match match;

	expect(started);
	list->count = 0;
	expect(search_wait(started, NULL) == JOB_DONE);
	if (search_match(started, &match))
		list_add(list, match);

	uint64_t count = search_count(started);

	search_free(started);
	return count;
}

/* The match before a place, which is exact where the pass begins at 0. */
static void check_last(const struct subject *subject,
		       const struct pattern *pattern, struct way *way)
{
	static struct list wanted, got;
	uint64_t end = below(way, (unsigned)subject->size + 1);

	if (end > SEARCH_LAST_EXACT || way->chunk == 0 ||
	    !pass(subject, pattern, 0, end, &wanted))
		return;
	search(subject, pattern, way, SEARCH_LAST, end, &got);
	expect(got.count == (wanted.count > 0));
	if (wanted.count > 0)
		expect(memcmp(got.matches, &wanted.matches[wanted.count - 1],
			      sizeof *got.matches) == 0);
}

static void check(const struct subject *subject, const struct pattern *pattern,
		  struct way *way)
{
	static struct list wanted, got;

	if (!pass(subject, pattern, 0, subject->size + 1, &wanted) ||
	    !is_certain(subject, pattern, &wanted))
		return;
	scanner_force(way->forced);
	filter_force_narrow(way->narrow);
	scan(subject, pattern, way, &got);
	expect(is_same(&wanted, &got));
	search(subject, pattern, way, SEARCH_ALL, subject->size, &got);
	expect(is_same(&wanted, &got));
	expect(search(subject, pattern, way, SEARCH_COUNT, subject->size,
		      &got) == wanted.count);
	search(subject, pattern, way, SEARCH_FIRST, subject->size, &got);
	expect(got.count == (wanted.count > 0));
	if (got.count > 0)
		expect(memcmp(got.matches, wanted.matches,
			      sizeof *got.matches) == 0);
	check_last(subject, pattern, way);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *newline = memchr(data, '\n', size);
	size_t length = newline ? (size_t)(newline - data) : size;
	char text[PATTERN_MAXIMUM + 1];
	size_t position = 0;

	if (!newline || length > PATTERN_MAXIMUM || *data == '@' ||
	    size - length - 1 < WAY_BYTES ||
	    size - length - 1 - WAY_BYTES > SUBJECT_MAXIMUM)
		return 0;
	memcpy(text, data, length);
	text[length] = '\0';

	struct way way = way_read(newline + 1);
	struct pattern *pattern = pattern_parse(text, &position, NULL);
	struct subject subject;

	if (!pattern)
		return 0;
	pattern_set_limits(pattern, &(struct pattern_limits){
		.matches = STEPS_MAXIMUM, .heap = 5, .stack = 1 });
	subject_make(&subject, &way, newline + 1 + WAY_BYTES,
		     size - length - 1 - WAY_BYTES);
	check(&subject, pattern, &way);
	subject_free(&subject);
	pattern_free(pattern);
	return 0;
}
