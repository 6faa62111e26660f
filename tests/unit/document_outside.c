/*
 * What becomes of a document when others write to its file: each event, and
 * each way to decide.  The model test has the combinations.
 */
#include "octavo/document.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "octavo/save.h"
#include "sizes.h"

enum { GRANULE = MAPPING_GRANULE, SIZE = 3 * GRANULE + 100 };

static char folder[] = "/tmp/octavo-outside-XXXXXX";
static char path[64];
static char other_path[64];

/* --- the file, as others have it --- */

/* Byte OFFSET of a file that was made with SALT. */
static unsigned char byte_of(uint64_t offset, unsigned salt)
{
	return (unsigned char)('a' + (offset * 7 + offset / 50 + salt) % 26);
}

static void fill_file(const char *name, size_t size, unsigned salt)
{
	unsigned char *bytes = malloc(size + 1);
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	for (size_t i = 0; i < size; i++)
		bytes[i] = byte_of(i, salt);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
	free(bytes);
}

static void put(uint64_t offset, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t length = (ssize_t)strlen(text);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, text, strlen(text), (off_t)offset),
			 length);
	close(fd);
}

static uint64_t size_on_disk(void)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return (uint64_t)status.st_size;
}

static void append(const char *text)
{
	put(size_on_disk(), text);
}

static void replace_file(size_t size, unsigned salt)
{
	fill_file(other_path, size, salt);
	assert_int_equal(rename(other_path, path), 0);
}

static struct document *open_file(size_t size)
{
	struct file *file;
	struct document *document;

	fill_file(path, size, 0);
	file = file_open(path, NULL, NULL, NULL);
	assert_non_null(file);
	document = document_open(file, NULL);
	assert_non_null(document);
	return document;
}

/* --- the document --- */

static void look(struct document *document, enum file_state state,
		 size_t conflicts)
{
	assert_int_equal(document_outside(document, false), state);
	assert_int_equal(document_outside_state(document), state);
	assert_int_equal(document_conflict_count(document), conflicts);
	document_check(document);
}

static void assert_at(const struct document *document, uint64_t offset,
		      const char *text)
{
	char bytes[64] = "";
	size_t length = strlen(text);

	assert_int_equal(document_read(document, offset, bytes, length),
			 length);
	assert_string_equal(bytes, text);
}

/* The unedited bytes of RANGE are what is on disk. */
static void assert_as_on_disk(const struct document *document,
			      struct range range)
{
	for (uint64_t at = range.start; at < range.end; at++) {
		char here, there;

		document_read(document, at, &here, 1);
		assert_int_equal(document_read_disk(document, at, &there, 1),
				 1);
		if (here != there)
			fail_msg("at %llu", (unsigned long long)at);
	}
}

static void overwrite(struct document *document, uint64_t offset,
		      const char *text)
{
	assert_true(document_overwrite(document, offset, text, strlen(text),
				       NULL));
}

static void undo(struct document *document)
{
	struct range touched;

	assert_true(document_undo(document, &touched, NULL));
}

static void redo(struct document *document)
{
	struct range touched;

	assert_true(document_redo(document, &touched, NULL));
}

static void mine(struct document *document, uint64_t start, uint64_t end)
{
	struct error error = ERROR_NONE;

	if (!document_decide_mine(document, (struct range){ start, end },
				  &error))
		fail_msg("%s", error.message);
	document_check(document);
}

static void theirs(struct document *document, uint64_t start, uint64_t end)
{
	struct error error = ERROR_NONE;

	if (!document_decide_theirs(document, (struct range){ start, end },
				    &error))
		fail_msg("%s", error.message);
	document_check(document);
}

static void assert_saved(struct document *document)
{
	struct error error = ERROR_NONE;
	struct save_plan done;

	if (!save_write(document, NULL, &done, &error))
		fail_msg("%s", error.message);
	assert_int_equal(document_change_count(document), 0);
	assert_int_equal(size_on_disk(), document_size(document));
	assert_as_on_disk(document, range_of(0, document_size(document)));
	look(document, FILE_SAME, 0);
}

static void assert_not_saved(struct document *document, const char *words)
{
	struct error error = ERROR_NONE;
	struct save_plan done;

	assert_false(save_write(document, NULL, &done, &error));
	if (!strstr(error.message, words))
		fail_msg("%s", error.message);
}

/* --- growth --- */

static void test_document_grows(void **state)
{
	struct document *document = open_file(SIZE);

	(void)state;
	overwrite(document, 10, "EDIT");
	overwrite(document, SIZE - 5, "LAST");
	append("more");
	look(document, FILE_SAME, 0);
	assert_int_equal(document_size(document), SIZE + 4);
	assert_int_equal(document_file_size(document), SIZE + 4);
	assert_at(document, SIZE, "more");
	assert_at(document, SIZE - 5, "LAST");
	assert_int_equal(document_change_count(document), 2);
	undo(document);
	assert_int_equal(document_size(document), SIZE + 4);
	undo(document);
	assert_false(document_modified(document));
	assert_as_on_disk(document, range_of(0, SIZE + 4));
	redo(document);
	assert_at(document, 10, "EDIT");
	overwrite(document, SIZE + 1, "O");
	assert_saved(document);
	document_close(document);
}

/* Byte by byte over the ends of pages and granules, with and without a private
 * last one. */
static void test_document_grows_on(void **state)
{
	(void)state;
	for (int edited = 0; edited < 2; edited++) {
		struct document *document = open_file(GRANULE - 3);
		uint64_t size = GRANULE - 3;

		if (edited)
			overwrite(document, GRANULE - 4, "X");
		for (int i = 0; i < 6; i++, size++) {
			append("+");
			look(document, FILE_SAME, 0);
			assert_int_equal(document_size(document), size + 1);
			assert_at(document, size, "+");
		}
		assert_int_equal(truncate(path, 3 * GRANULE + 1), 0);
		look(document, FILE_SAME, 0);
		assert_int_equal(document_size(document), 3 * GRANULE + 1);
		assert_as_on_disk(document, (struct range){
			GRANULE - 3, 3 * GRANULE + 1 });
		overwrite(document, 2 * GRANULE, "Y");
		assert_saved(document);
		document_close(document);
	}
}

static void test_document_grows_from_nothing(void **state)
{
	struct document *document = open_file(0);

	(void)state;
	append("one");
	look(document, FILE_SAME, 0);
	assert_at(document, 0, "one");
	undo(document_insert(document, 3, "!", 1, NULL) ? document : NULL);
	document_close(document);

	/* What was typed stands before it. */
	document = open_file(0);
	assert_true(document_insert(document, 0, "mine ", 5, NULL));
	append("theirs");
	look(document, FILE_SAME, 0);
	assert_at(document, 0, "mine theirs");
	assert_saved(document);
	document_close(document);
}

/* Edits that change the length, and one that was at the end. */
static void test_document_grows_behind_edits(void **state)
{
	struct document *document = open_file(SIZE);

	(void)state;
	assert_true(document_delete(document, range_of(5, 2), NULL));
	assert_true(document_insert(document, SIZE - 2, "END", 3, NULL));
	assert_true(document_delete(document, range_of(SIZE - 5, 3), NULL));
	append("more");
	look(document, FILE_SAME, 0);
	assert_int_equal(document_size(document), SIZE + 2);
	assert_at(document, SIZE - 5, "ENDmore");
	for (int i = 0; i < 3; i++)
		undo(document);
	assert_false(document_modified(document));
	assert_as_on_disk(document, range_of(0, SIZE + 4));
	for (int i = 0; i < 3; i++)
		redo(document);
	assert_at(document, SIZE - 5, "ENDmore");
	assert_saved(document);
	document_close(document);
}

/* What was cut off is lost, also when the file is as long again. */
static void test_document_grows_after_a_cut(void **state)
{
	struct document *document = open_file(SIZE);
	uint64_t length;

	(void)state;
	assert_int_equal(truncate(path, 10), 0);
	look(document, FILE_SHRUNK, 0);
	assert_int_equal(truncate(path, SIZE + 10), 0);
	look(document, FILE_SHRUNK, 0);
	assert_int_equal(document_size(document), SIZE);
	assert_true(document_lost(document, SIZE - 1, &length));
	document_close(document);
}

/* --- writes elsewhere --- */

static void test_document_shows_what_others_write(void **state)
{
	struct document *document = open_file(SIZE);

	(void)state;
	overwrite(document, 100, "EDIT");
	put(90, "before");
	put(104, "behind");
	put(2 * GRANULE, "elsewhere");
	look(document, FILE_WRITTEN, 0);
	assert_at(document, 90, "before");
	assert_at(document, 100, "EDITbehind");
	assert_at(document, 2 * GRANULE, "elsewhere");
	assert_not_saved(document, "not where your changes are");
	put(104, "BEHIND");
	look(document, FILE_WRITTEN, 0);
	assert_at(document, 104, "BEHIND");
	assert_true(document_accept(document, NULL));
	assert_saved(document);
	undo(document);
	assert_at(document, 104, "BEHIND");
	assert_int_equal(document_change_count(document), 1);
	document_close(document);
}

/* In every state of it. */
static void test_document_shows_it_in_each_state(void **state)
{
	struct document *document = open_file(SIZE);
	struct range touched;

	(void)state;
	overwrite(document, 100, "ONE");
	assert_true(document_revert(document, range_of(100, 3), NULL));
	overwrite(document, 101, "T");
	undo(document);
	overwrite(document, 200, "TWO");
	put(100, "xyz");
	look(document, FILE_WRITTEN, 0);
	assert_at(document, 100, "xyz");
	assert_true(document_accept(document, NULL));
	for (uint64_t i = 0; i < document_state_count(document); i++) {
		static const char *const there[] = { "xyz", "ONE", "xyz",
						     "xTz", "xyz" };

		assert_true(document_go(document, i, &touched, NULL));
		assert_at(document, 100, there[i]);
		document_check(document);
	}
	document_close(document);
}

/* --- conflicts --- */

static void assert_conflict(const struct document *document, size_t index,
			    struct range now, struct range file, bool known,
			    const char *was)
{
	struct conflict conflict;

	assert_true(document_conflict(document, index, &conflict));
	assert_int_equal(conflict.now.start, now.start);
	assert_int_equal(conflict.now.end, now.end);
	assert_int_equal(conflict.file.start, file.start);
	assert_int_equal(conflict.file.end, file.end);
	assert_int_equal(conflict.known, known);
	assert_memory_equal(conflict.was, was, strlen(was));
}

static const char *old_text(uint64_t offset, size_t length)
{
	static char text[32];

	for (size_t i = 0; i < length; i++)
		text[i] = (char)byte_of(offset + i, 0);
	text[length] = '\0';
	return text;
}

/* Three bytes of an overwrite of eight, and two of another one. */
static struct document *open_in_conflict(void)
{
	struct document *document = open_file(SIZE);

	overwrite(document, 100, "OVERWRIT");
	overwrite(document, GRANULE + 7, "NEXT");
	overwrite(document, 200, "FREE");
	put(102, "123");
	put(GRANULE + 6, "123");
	look(document, FILE_WRITTEN, 2);
	assert_int_equal(document_conflict_changes(document), 2);
	assert_conflict(document, 0, range_of(102, 3), range_of(102, 3), true,
			old_text(102, 3));
	assert_conflict(document, 1, range_of(GRANULE + 7, 2),
			range_of(GRANULE + 7, 2), true,
			old_text(GRANULE + 7, 2));
	assert_at(document, 100, "OVERWRIT");
	assert_at(document, GRANULE + 6, "1NEXT");
	return document;
}

static void test_document_conflicts(void **state)
{
	struct document *document = open_in_conflict();
	char text[200];

	(void)state;
	assert_not_saved(document, "where 2 of your changes are; \"outside\"");
	assert_string_equal(document_outside_text(document, text, 200),
			    "was changed by another program, where 2 of your "
			    "changes are");
	assert_false(document_accept(document, NULL));
	/* A look more finds the same. */
	look(document, FILE_WRITTEN, 2);
	document_outside(document, true);
	look(document, FILE_WRITTEN, 2);
	/* Without the edit there is none. */
	assert_true(document_revert(document, range_of(102, 3), NULL));
	look(document, FILE_WRITTEN, 1);
	assert_at(document, 100, "OV123RIT");
	/* Undoing that puts it over theirs, which were there to see. */
	undo(document);
	look(document, FILE_WRITTEN, 1);
	assert_at(document, 100, "OVERWRIT");
	document_close(document);
}

static void test_document_decides_mine(void **state)
{
	struct document *document = open_in_conflict();

	(void)state;
	mine(document, 0, document_size(document));
	look(document, FILE_SAME, 0);
	assert_at(document, 100, "OVERWRIT");
	assert_saved(document);
	assert_at(document, GRANULE + 6, "1NEXT");
	document_close(document);
}

static void test_document_undoes_mine(void **state)
{
	struct document *document = open_in_conflict();

	(void)state;
	mine(document, 0, document_size(document));
	for (int i = 0; i < 3; i++)
		undo(document);
	assert_false(document_modified(document));
	assert_as_on_disk(document, range_of(0, SIZE));
	document_close(document);
}

static void test_document_decides_theirs(void **state)
{
	struct document *document = open_in_conflict();

	(void)state;
	theirs(document, 0, document_size(document));
	look(document, FILE_SAME, 0);
	assert_at(document, 100, "OV123RIT");
	assert_at(document, GRANULE + 6, "123XT");
	undo(document);
	assert_at(document, 100, "OVERWRIT");
	redo(document);
	assert_saved(document);
	document_close(document);
}

/* One by one, and byte by byte. */
static void test_document_decides_each(void **state)
{
	struct document *document = open_in_conflict();

	(void)state;
	mine(document, 102, 103);
	look(document, FILE_WRITTEN, 2);
	assert_conflict(document, 0, range_of(103, 2), range_of(103, 2), true,
			old_text(103, 2));
	theirs(document, 104, 150);
	look(document, FILE_WRITTEN, 2);
	assert_at(document, 100, "OVER3RIT");
	mine(document, 0, 200);
	look(document, FILE_WRITTEN, 1);
	theirs(document, 0, GRANULE);
	look(document, FILE_WRITTEN, 1);
	theirs(document, GRANULE, SIZE);
	look(document, FILE_SAME, 0);
	assert_at(document, 100, "OVER3RIT");
	assert_at(document, GRANULE + 6, "123XT");
	assert_saved(document);
	document_close(document);
}

static void test_document_decided_and_written_again(void **state)
{
	struct document *document = open_in_conflict();

	(void)state;
	mine(document, 0, document_size(document));
	put(104, "9");
	look(document, FILE_WRITTEN, 1);
	assert_conflict(document, 0, range_of(104, 1), range_of(104, 1), true,
			"3");
	assert_not_saved(document, ", where 1 of your changes is");
	theirs(document, 0, SIZE);
	assert_at(document, 100, "OVER9RIT");
	assert_saved(document);
	document_close(document);
}

/* What others write back is no conflict any more. */
static void test_document_conflict_goes(void **state)
{
	struct document *document = open_in_conflict();

	(void)state;
	put(102, old_text(102, 3));
	look(document, FILE_WRITTEN, 1);
	document_close(document);
}

static void test_document_conflict_in_a_deletion(void **state)
{
	struct document *document = open_file(SIZE);

	(void)state;
	assert_true(document_delete(document, range_of(50, 4), NULL));
	assert_true(document_insert(document, 80, "INSERTED", 8, NULL));
	put(40, "elsewhere");
	look(document, FILE_WRITTEN, 0);
	assert_not_saved(document, "\"reload\" takes that up");
	put(51, "!");
	look(document, FILE_WRITTEN, 1);
	assert_conflict(document, 0, range_of(50, 0), range_of(50, 4), true,
			old_text(50, 4));
	theirs(document, 50, 50);
	look(document, FILE_SAME, 0);
	assert_at(document, 40, "elsewhere");
	assert_at(document, 51, "!");
	assert_at(document, 84, "INSERTED");
	assert_saved(document);
	undo(document);
	document_close(document);
}

static void test_document_conflict_is_not_known(void **state)
{
	enum {
		LENGTH = DOCUMENT_GRANULE_MAXIMUM +
			 (DOCUMENT_GUARDED_MAXIMUM + 1) * GRANULE,
	};
	static char bytes[LENGTH];
	struct document *document = open_file(SIZE + LENGTH);
	struct conflict conflict;

	(void)state;
	memset(bytes, 'X', LENGTH);
	assert_true(document_fill(document, range_of(8, LENGTH), "XYZ", 3,
				  NULL));
	assert_true(document_overwrite(document, 8, bytes, LENGTH, NULL));
	put(SIZE + LENGTH - 1, "!");
	if (document_outside(document, false) != FILE_WRITTEN)
		fail();
	assert_int_equal(document_conflict_count(document), 1);
	assert_true(document_conflict(document, 0, &conflict));
	assert_false(conflict.known);
	assert_int_equal(range_length(conflict.now), LENGTH);
	assert_not_saved(document, "perhaps where 1 of your changes is");
	assert_false(document_accept(document, NULL));
	mine(document, 0, document_size(document));
	assert_saved(document);
	document_close(document);
}

/* A store through a mapping leaves no trace in the times, or need not. */
static void test_document_conflict_without_a_trace(void **state)
{
	struct document *document = open_file(SIZE);
	struct timespec times[2] = { { 1, 0 }, { 1, 0 } };
	int fd = open(path, O_RDWR);
	char *bytes = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			   0);

	(void)state;
	assert_ptr_not_equal(bytes, MAP_FAILED);
	/* The first store after it was written back moves the time. */
	bytes[0]++;
	overwrite(document, 100, "EDIT");
	document_outside(document, false);
	assert_true(document_accept(document, NULL));
	bytes[101] = '!';
	bytes[110] = '!';
	assert_not_saved(document, ", where 1 of your changes is");
	assert_at(document, 110, "!");
	theirs(document, 0, SIZE);
	assert_at(document, 100, "E!IT");
	assert_saved(document);
	/* And one that was set back is found by the other time. */
	put(0, "?");
	assert_int_equal(futimens(fd, times), 0);
	look(document, FILE_WRITTEN, 0);
	munmap(bytes, SIZE);
	close(fd);
	document_close(document);
}

static void test_document_punched(void **state)
{
	struct document *document = open_file(SIZE);
	int fd = open(path, O_RDWR);

	(void)state;
	overwrite(document, 100, "EDIT");
	overwrite(document, 2 * GRANULE + 5, "FREE");
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
		      GRANULE) == 0) {
		look(document, FILE_WRITTEN, 1);
		assert_conflict(document, 0, range_of(100, 4),
				range_of(100, 4), true, old_text(100, 4));
		assert_at(document, 100, "EDIT");
		assert_as_on_disk(document, range_of(0, 100));
		mine(document, 0, SIZE);
		assert_saved(document);
	}
	close(fd);
	document_close(document);
}

static void test_document_touched(void **state)
{
	struct document *document = open_file(SIZE);

	(void)state;
	overwrite(document, 100, "EDIT");
	assert_int_equal(chmod(path, 0640), 0);
	look(document, FILE_WRITTEN, 0);
	assert_true(document_accept(document, NULL));
	assert_saved(document);
	document_close(document);
}

/* --- another file, or less of it --- */

static struct document *open_again(void)
{
	struct file *file = file_open(path, NULL, NULL, NULL);
	struct document *document = file ? document_open(file, NULL) : NULL;

	assert_non_null(document);
	return document;
}

/* DOCUMENT, which is closed, over the present file. */
static struct document *carry(struct document *document, uint64_t kept,
			      uint64_t others)
{
	struct document *now = open_again();
	struct error error = ERROR_NONE;
	uint64_t did_keep, were_others;

	if (!document_carry(document, now, &did_keep, &were_others, &error))
		fail_msg("%s", error.message);
	document_check(document);
	document_close(document);
	document_check(now);
	assert_int_equal(did_keep, kept);
	assert_int_equal(were_others, others);
	return now;
}

static void test_document_replaced_by_another(void **state)
{
	struct document *document = open_file(SIZE);

	(void)state;
	overwrite(document, 10, "ONE");
	assert_true(document_insert(document, 50, "TWO ", 4, NULL));
	assert_true(document_delete(document, range_of(100, 6), NULL));
	overwrite(document, GRANULE, "THREE");
	assert_true(document_insert(document, SIZE - 2, "FOUR", 4, NULL));
	replace_file(SIZE, 0);
	put(GRANULE + 3, "!");
	put(44, "!");
	put(94, "!");
	look(document, FILE_REPLACED, 0);
	assert_not_saved(document, "replaced");
	assert_false(document_decide_mine(document, range_of(0, 1), NULL));

	document = carry(document, 3, 2);
	assert_int_equal(document_size(document), SIZE - 6 + 4 + 4 - 4);
	assert_at(document, 10, "ONE");
	assert_at(document, GRANULE + 3 - 6, "!");
	redo(document);
	assert_at(document, 50, "TWO ");
	assert_at(document, GRANULE, "THREE");
	assert_at(document, SIZE - 2, "FOUR");
	assert_saved(document);
	document_close(document);
}

static void test_document_replaced_by_itself(void **state)
{
	enum { LENGTH = DOCUMENT_GRANULE_MAXIMUM + GRANULE };
	struct document *document = open_file(SIZE + LENGTH);

	(void)state;
	assert_true(document_fill(document, range_of(3, LENGTH), "abc", 3,
				  NULL));
	assert_true(document_delete(document, range_of(LENGTH - 50, 100),
				    NULL));
	replace_file(SIZE + LENGTH, 0);
	look(document, FILE_REPLACED, 0);
	document = carry(document, document_change_count(document), 0);
	assert_at(document, 33, "abc");
	assert_int_equal(document_size(document), SIZE + LENGTH - 100);
	assert_saved(document);
	document_close(document);
}

static void test_document_shrunk(void **state)
{
	struct document *document = open_file(SIZE);
	struct document *now;
	struct error error = ERROR_NONE;
	uint64_t kept, others;

	(void)state;
	overwrite(document, 10, "ONE");
	overwrite(document, 2 * GRANULE, "TWO");
	assert_int_equal(truncate(path, GRANULE), 0);
	look(document, FILE_SHRUNK, 0);
	assert_at(document, 10, "ONE");
	assert_at(document, 2 * GRANULE, "TWO");
	assert_not_saved(document, "shrunk");
	assert_false(document_accept(document, NULL));
	now = open_again();
	assert_false(document_carry(document, now, &kept, &others, &error));
	assert_non_null(strstr(error.message, "1 of your changes lie"));
	document_close(now);
	assert_at(document, 2 * GRANULE, "TWO");
	undo(document);
	document = carry(document, 1, 0);
	assert_int_equal(document_size(document), GRANULE);
	assert_saved(document);
	document_close(document);
}

static void test_document_removed(void **state)
{
	struct document *document = open_file(SIZE);

	(void)state;
	overwrite(document, 10, "ONE");
	assert_int_equal(unlink(path), 0);
	look(document, FILE_REMOVED, 0);
	assert_at(document, 10, "ONE");
	assert_not_saved(document, "removed");
	document_close(document);
}

/* --- the file is looked at, and nothing more --- */

static void test_document_looks_at_nothing_in_vain(void **state)
{
	struct document *document = open_file(SIZE);
	uint64_t revision;

	(void)state;
	overwrite(document, 10, "ONE");
	revision = document_revision(document);
	look(document, FILE_SAME, 0);
	put(20, "!");
	look(document, FILE_WRITTEN, 0);
	assert_true(document_revision(document) != revision);
	revision = document_revision(document);
	look(document, FILE_WRITTEN, 0);
	assert_int_equal(document_revision(document), revision);
	document_close(document);
}

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/file", folder);
	snprintf(other_path, sizeof other_path, "%s/other", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	unlink(other_path);
	return rmdir(folder);
}

/* --- followers --- */

struct told {
	struct document *document;
	unsigned all;		/* any byte may be another one */
	unsigned parts;
	struct range range;	/* the last part, and its length now */
	uint64_t length;
};

static void take_told(void *context, struct range range, uint64_t length)
{
	struct told *told = context;

	if (range.start == 0 && length == document_size(told->document)) {
		told->all++;
		return;
	}
	told->parts++;
	told->range = range;
	told->length = length;
}

static void assert_told(struct told *told, unsigned all, unsigned parts)
{
	assert_int_equal(told->all, all);
	assert_int_equal(told->parts, parts);
	told->all = told->parts = 0;
}

static void test_document_followers_of_other_writers(void **state)
{
	struct document *document = open_file(SIZE);
	struct told one = { .document = document }, two = one;
	struct document_follower first = { take_told, &one, NULL };
	struct document_follower second = { take_told, &two, NULL };

	(void)state;
	document_follow(document, &first);
	document_follow(document, &second);
	look(document, FILE_SAME, 0);
	assert_told(&one, 0, 0);
	overwrite(document, 10, "mine");
	document_unfollow(document, &first);
	assert_told(&one, 0, 1);
	assert_int_equal(one.range.start, 10);
	assert_int_equal(one.range.end, 14);
	undo(document);
	assert_told(&one, 0, 0);
	assert_told(&two, 0, 2);

	/* Longer: only what is behind is new. */
	append("more");
	look(document, FILE_SAME, 0);
	assert_told(&two, 0, 1);
	assert_int_equal(two.range.start, SIZE);
	assert_int_equal(two.range.end, SIZE);
	assert_int_equal(two.length, 4);

	/* Once for each time that it is another one. */
	put(GRANULE + 5, "theirs");
	look(document, FILE_WRITTEN, 0);
	assert_told(&two, 1, 0);
	look(document, FILE_WRITTEN, 0);
	assert_told(&two, 0, 0);
	assert_true(truncate(path, SIZE / 2) == 0);
	look(document, FILE_SHRUNK, 0);
	look(document, FILE_SHRUNK, 0);
	assert_told(&two, 1, 0);
	document_unfollow(document, &second);
	document_close(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_document_followers_of_other_writers),
		cmocka_unit_test(test_document_grows),
		cmocka_unit_test(test_document_grows_on),
		cmocka_unit_test(test_document_grows_from_nothing),
		cmocka_unit_test(test_document_grows_behind_edits),
		cmocka_unit_test(test_document_grows_after_a_cut),
		cmocka_unit_test(test_document_shows_what_others_write),
		cmocka_unit_test(test_document_shows_it_in_each_state),
		cmocka_unit_test(test_document_conflicts),
		cmocka_unit_test(test_document_decides_mine),
		cmocka_unit_test(test_document_undoes_mine),
		cmocka_unit_test(test_document_decides_theirs),
		cmocka_unit_test(test_document_decides_each),
		cmocka_unit_test(test_document_decided_and_written_again),
		cmocka_unit_test(test_document_conflict_goes),
		cmocka_unit_test(test_document_conflict_in_a_deletion),
		cmocka_unit_test(test_document_conflict_is_not_known),
		cmocka_unit_test(test_document_conflict_without_a_trace),
		cmocka_unit_test(test_document_punched),
		cmocka_unit_test(test_document_touched),
		cmocka_unit_test(test_document_replaced_by_another),
		cmocka_unit_test(test_document_replaced_by_itself),
		cmocka_unit_test(test_document_shrunk),
		cmocka_unit_test(test_document_removed),
		cmocka_unit_test(test_document_looks_at_nothing_in_vain),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
