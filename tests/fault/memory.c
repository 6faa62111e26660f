/*
 * No memory: whichever allocation of a call fails, and whether that is once or
 * for good, the document is what it was before the call.
 */
#include "memory.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "octavo/replace.h"
#include "octavo/transform.h"
#include "sizes.h"

enum { SIZE = 3 * MAPPING_GRANULE + 17 };

/* In memory where there is such a place: truncating waits for a disk. */
static char memory_folder[] = "/dev/shm/octavo-XXXXXX";
static char other_folder[] = "/tmp/octavo-XXXXXX";
static const char *folder;
static char path[64];
static unsigned char original[SIZE];
static struct clip *clip;

/* --- refusing --- */

static unsigned countdown;
static bool for_good;

static bool refuse(void)
{
	if (countdown > 0) {
		countdown--;
		return false;
	}
	if (!for_good)
		memory_refuse = NULL;
	return true;
}

static void refuse_after(unsigned allocations, bool good)
{
	countdown = allocations;
	for_good = good;
	memory_refuse = refuse;
}

/* --- a document with a bit of everything --- */

static struct file *open_file(void)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(write(fd, original, SIZE) == SIZE);
	close(fd);
	return file_open(path, NULL, NULL, NULL);
}

static struct document *make_document(void)
{
	struct document *document = document_open(open_file(), NULL);
	struct range touched;

	assert_non_null(document);
	clip = document_copy(document, range_of(100, MAPPING_GRANULE), NULL);
	assert_non_null(clip);
	for (unsigned i = 0; i < 20; i++)
		document_overwrite(document, MAPPING_GRANULE * 2 + i * 3, "x",
				   1, NULL);
	document_insert(document, 50, "inserted", 8, NULL);
	document_delete(document, range_of(60, 5), NULL);
	document_begin(document);
	document_fill(document, range_of(300, 100), "ab", 2, NULL);
	document_overwrite(document, 2 * MAPPING_GRANULE - 5,
			   "across a seam", 13, NULL);
	document_delete(document, range_of(2 * MAPPING_GRANULE + 10, 20),
			NULL);
	document_end(document);
	document_begin(document);
	for (unsigned i = 0; i < 5; i++) {
		document_overwrite(document, 20 * i, "many", 4, NULL);
		document_insert(document, 1000 * i + 30, "new", 3, NULL);
	}
	document_end(document);
	assert_true(document_undo(document, &touched, NULL));
	return document;
}

static void drop_document(struct document *document)
{
	clip_free(clip);
	document_close(document);
}

/* --- what it is --- */

struct picture {
	unsigned char *bytes;
	uint64_t size, changes, undo_steps, redo_steps;
	bool modified;
};

static struct picture picture_take(const struct document *document)
{
	struct picture picture = {
		.size = document_size(document),
		.changes = document_change_count(document),
		.undo_steps = document_undo_steps(document),
		.redo_steps = document_redo_steps(document),
		.modified = document_modified(document),
	};

	picture.bytes = malloc(picture.size + 1);
	document_read(document, 0, picture.bytes, picture.size);
	return picture;
}

static void assert_bytes(const struct document *document,
			 const struct picture *picture)
{
	struct picture now = picture_take(document);

	document_check(document);
	assert_int_equal(now.size, picture->size);
	assert_memory_equal(now.bytes, picture->bytes, now.size);
	assert_int_equal(now.modified, picture->modified);
	free(now.bytes);
}

static void assert_same(const struct document *document,
			const struct picture *picture)
{
	assert_bytes(document, picture);
	assert_int_equal(document_change_count(document), picture->changes);
	assert_int_equal(document_undo_steps(document), picture->undo_steps);
	assert_int_equal(document_redo_steps(document), picture->redo_steps);
}

/* --- the calls --- */

static bool call_overwrite(struct document *document, struct error *error)
{
	return document_overwrite(document, 45, "over the insertion", 18,
				  error);
}

static bool call_overwrite_long(struct document *document,
				struct error *error)
{
	static unsigned char bytes[2 * MAPPING_GRANULE];

	memset(bytes, 7, sizeof(bytes));
	return document_overwrite(document, 10, bytes, sizeof(bytes), error);
}

static bool call_append(struct document *document, struct error *error)
{
	return document_overwrite(document, document_size(document) - 3,
				  "past the end", 12, error);
}

static bool call_insert(struct document *document, struct error *error)
{
	static unsigned char bytes[STORE_BLOCK + 1];

	return document_insert(document, 70, bytes, sizeof(bytes), error);
}

static bool call_delete(struct document *document, struct error *error)
{
	return document_delete(document, range_of(10, 500), error);
}

static bool call_fill(struct document *document, struct error *error)
{
	return document_fill(document, range_of(10, 5000), "xyz", 3, error);
}

static bool call_fill_short(struct document *document, struct error *error)
{
	return document_fill(document, range_of(48, 12), "xyz", 3, error);
}

static bool call_replace(struct document *document, struct error *error)
{
	return document_replace(document, range_of(40, 30), "shorter", 7,
				error);
}

static bool call_paste(struct document *document, struct error *error)
{
	return document_paste(document, range_of(55, 2), clip, error);
}

static bool call_revert(struct document *document, struct error *error)
{
	return document_revert(document, range_of(0, document_size(document)),
			       error);
}

static bool call_undo(struct document *document, struct error *error)
{
	struct range touched;

	return document_undo(document, &touched, error);
}

/* To the first state, in one go; as a rewrite of the whole of it. */
static bool call_go(struct document *document, struct error *error)
{
	struct range touched;

	return document_go(document, 0, &touched, error);
}

static bool call_rewrite(struct document *document, struct error *error)
{
	struct rewrite *rewrite = rewrite_begin(document, error);
	bool fine = rewrite != NULL;

	for (uint64_t at = 20; fine && at < 4000; at += 37)
		fine = rewrite_replace(rewrite, range_of(at, at % 5),
				       "rewritten", at % 9, error);
	if (fine)
		return rewrite_commit(rewrite, NULL, NULL, error);
	rewrite_cancel(rewrite);
	return false;
}

static bool give_parts(void *context, struct part *part, struct error *error)
{
	unsigned *given = context;

	(void)error;
	*part = (struct part){
		.kind = *given % 3 == 0 ? PART_BYTES :
			*given % 3 == 1 ? PART_REPEAT : PART_FILE,
		.length = *given < 60 ? 10 : 0,
		.bytes = (const unsigned char *)"0123456789",
		.file_offset = *given * 20, .period = 4, .phase = 1,
	};
	(*given)++;
	return true;
}

static bool call_apply(struct document *document, struct error *error)
{
	unsigned given = 0;

	return document_apply(document, range_of(90, 300), give_parts, &given,
			      0, error);
}

static bool call_redo(struct document *document, struct error *error)
{
	struct range touched;

	return document_redo(document, &touched, error);
}

static bool replace_matches(struct document *document, const char *text,
			    struct error *error)
{
	size_t position = 0;
	struct pattern *pattern = pattern_parse("/(a)(b|c)/", &position,
						NULL);
	struct replacement *replacement = replacement_new(
		pattern, text, strlen(text), error);
	struct replace *replace = NULL;
	bool done = false;

	if (replacement)
		replace = replace_start(&(struct replace_plan){
			.document = document, .pattern = pattern,
			.replacement = replacement,
			.range = { 0, document_size(document) },
		}, error);
	if (replace && replace_wait(replace, error) == JOB_DONE)
		done = replace_commit(replace, NULL, NULL, error);
	replace_free(replace);
	replacement_free(replacement);
	pattern_free(pattern);
	return done;
}

static bool call_replace_constant(struct document *document,
				  struct error *error)
{
	return replace_matches(document, "few", error);
}

static bool call_replace_groups(struct document *document, struct error *error)
{
	return replace_matches(document, "<$2|$1>", error);
}

static struct transform_plan reversal(struct document *document)
{
	return (struct transform_plan){
		.document = document,
		.range = { 10, document_size(document) - 10 },
		.what = transformation_find("reverse"),
	};
}

static bool call_transform(struct document *document, struct error *error)
{
	struct transform_plan plan = reversal(document);
	struct transform *transform = transform_start(&plan, error);
	bool done = transform
		    && transform_wait(transform, error) == JOB_DONE
		    && transform_commit(transform, error);

	transform_free(transform);
	return done;
}

static bool call_transform_now(struct document *document, struct error *error)
{
	struct transform_plan plan = reversal(document);

	return transform_now(&plan, error);
}

static const struct {
	const char *name;
	bool (*call)(struct document *document, struct error *error);
} calls[] = {
	{ "transform", call_transform },
	{ "transform now", call_transform_now },
	{ "replace constant", call_replace_constant },
	{ "replace groups", call_replace_groups },
	{ "overwrite", call_overwrite },
	{ "overwrite long", call_overwrite_long },
	{ "append", call_append },
	{ "insert", call_insert },
	{ "delete", call_delete },
	{ "fill", call_fill },
	{ "fill short", call_fill_short },
	{ "replace", call_replace },
	{ "paste", call_paste },
	{ "revert", call_revert },
	{ "undo", call_undo },
	{ "redo", call_redo },
	{ "go", call_go },
	{ "rewrite", call_rewrite },
	{ "apply", call_apply },
};

/* Everything can be undone, and the file is there again. */
static void assert_undoes(struct document *document)
{
	struct range touched;
	struct picture picture = { .bytes = original, .size = SIZE };

	while (document_undo_steps(document) > 0)
		assert_true(document_undo(document, &touched, NULL));
	assert_same(document, &(struct picture){
		.bytes = original, .size = SIZE,
		.redo_steps = document_redo_steps(document),
	});
	assert_bytes(document, &picture);
}

/* Did the call fail? */
static bool fail_call(size_t index, unsigned allocation, bool good)
{
	struct document *document = make_document();
	struct picture before = picture_take(document);
	struct error error = ERROR_NONE;

	refuse_after(allocation, good);
	bool fine = calls[index].call(document, &error);

	memory_refuse = NULL;
	if (!fine) {
		assert_same(document, &before);
		assert_string_equal(error.message, "out of memory");
		assert_true(calls[index].call(document, NULL));
	}
	document_check(document);
	assert_undoes(document);
	free(before.bytes);
	drop_document(document);
	return !fine;
}

static void test_memory_edits_are_all_or_nothing(void **state)
{
	(void)state;
	unsigned failures = 0;

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		unsigned n = 0;

		while (fail_call(i, n, false))
			n++;
		failures += n;
		for (n = 0; fail_call(i, n, true); n++)
			assert_true(n < 1000);
	}
	/* Some find room that is left over, but most need memory. */
	assert_true(failures > 2 * sizeof(calls) / sizeof(*calls));
}

static void test_memory_open(void **state)
{
	struct document *document = NULL;
	struct error error = ERROR_NONE;

	(void)state;
	for (unsigned n = 0; !document; n++) {
		assert_true(n < 100);
		refuse_after(n, true);
		document = document_open(open_file(), &error);
		memory_refuse = NULL;
		if (!document)
			assert_string_equal(error.message, "out of memory");
	}
	document_close(document);
}

static void test_memory_copy(void **state)
{
	struct document *document = make_document();
	struct picture before = picture_take(document);
	struct range all = { 0, before.size };
	struct clip *copy = NULL;
	unsigned n = 0;

	(void)state;
	for (; !copy; n++) {
		assert_true(n < 1000);
		refuse_after(n, n % 2);
		copy = document_copy(document, all, NULL);
		memory_refuse = NULL;
		assert_same(document, &before);
	}
	assert_true(n > 3);
	assert_int_equal(clip_length(copy), before.size);
	clip_free(copy);
	copy = NULL;
	for (n = 0; !copy; n++) {
		assert_true(n < 100);
		refuse_after(n, true);
		copy = document_clip(document, "bytes", 5, NULL);
		memory_refuse = NULL;
	}
	clip_free(copy);
	free(before.bytes);
	drop_document(document);
}

/* A flush in place of a document in which much has moved. */
static void test_memory_detach(void **state)
{
	bool fine = false;

	(void)state;
	for (unsigned n = 0; !fine; n++) {
		struct document *document = make_document();
		struct range all = { 0, SIZE };

		assert_true(n < 1000);
		document_overwrite(document, 700, "moved", 5, NULL);
		document_replace(document,
				 range_of(900, 900 + document_size(document) -
					  SIZE), original, 900, NULL);

		struct picture before = picture_take(document);

		assert_int_equal(before.size, SIZE);
		refuse_after(n, n % 2);
		fine = document_detach(document, &all, 1, NULL);
		memory_refuse = NULL;
		assert_bytes(document, &before);
		assert_int_equal(document_undo_steps(document),
				 before.undo_steps);
		if (n % 3) {
			assert_undoes(document);
		} else {
			assert_true(document_detach(document, &all, 1, NULL));

			int fd = open(path, O_WRONLY);

			assert_int_equal(pwrite(fd, before.bytes, SIZE, 0),
					 SIZE);
			close(fd);
			document_written(document);
			before.modified = false;
			assert_bytes(document, &before);
			assert_int_equal(document_change_count(document), 0);
		}
		free(before.bytes);
		drop_document(document);
	}
}

/* A replacing flush that runs out of memory at the end goes on over the old
 * file. */
static void test_memory_replaced(void **state)
{
	bool fine = false;

	(void)state;
	for (unsigned n = 0; !fine; n++) {
		struct document *document = make_document();
		struct picture before = picture_take(document);

		assert_true(n < 1000);
		unlink(path);

		int fd = open(path, O_WRONLY | O_CREAT, 0600);

		assert_int_equal(write(fd, before.bytes, before.size),
				 before.size);
		close(fd);

		struct file *file = file_open(path, NULL, NULL, NULL);

		refuse_after(n, n % 2);
		fine = document_replaced(document, file, NULL);
		memory_refuse = NULL;
		before.modified = !fine;
		assert_bytes(document, &before);
		if (!fine)
			assert_undoes(document);
		free(before.bytes);
		drop_document(document);
	}
}

static int set_up(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SIZE; i++)
		original[i] = (unsigned char)(i * 31 + i / 251);
	folder = mkdtemp(memory_folder);
	if (!folder)
		folder = mkdtemp(other_folder);
	if (!folder)
		return -1;
	snprintf(path, sizeof(path), "%s/file", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	rmdir(folder);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_edits_are_all_or_nothing),
		cmocka_unit_test(test_memory_open),
		cmocka_unit_test(test_memory_copy),
		cmocka_unit_test(test_memory_detach),
		cmocka_unit_test(test_memory_replaced),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
