/*
 * Logs and sessions of a stranger's making: every checksum is right, and
 * anything may stand in them.  Each byte of each record becomes others, each
 * record ends early or goes on, is another's kind or comes again.  What is made
 * of that is refused, and then it is said why, or it is edits; the document
 * holds together.
 */
#include <sys/wait.h>

#include "simulator.h"
#include "log_scenario.h"

#include "crc32c.h"
#include "log_format.h"
#include "sizes.h"

enum { FILE_MAXIMUM = 1 << 16, RECORDS_MAXIMUM = 64 };

/* A log as it was written, and where its records are. */
static unsigned char whole[FILE_MAXIMUM];
static size_t whole_size;
static size_t records[RECORDS_MAXIMUM + 1];
static size_t record_count;

static long tried, refused;

/* --- files --- */

static const char *only_file(const char *folder)
{
	static char name[512];
	char path[256];
	struct dirent *entry;

	snprintf(path, sizeof path, "%s/octavo/%s", state_path, folder);

	DIR *entries = opendir(path);

	assert_non_null(entries);
	while ((entry = readdir(entries)) && entry->d_name[0] == '.')
		;
	assert_non_null(entry);
	snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
	closedir(entries);
	return name;
}

static size_t length_at(size_t offset)
{
	return 8 + (whole[offset] | (size_t)whole[offset + 1] << 8
		    | (size_t)whole[offset + 2] << 16);
}

static void take_file(const char *name)
{
	int fd = open(name, O_RDONLY);
	ssize_t got = read(fd, whole, sizeof whole);

	assert_true(got > LOG_HEAD && got < (ssize_t)sizeof whole);
	close(fd);
	whole_size = (size_t)got;
	record_count = 0;
	for (size_t at = LOG_HEAD; at < whole_size; at += length_at(at)) {
		assert_true(record_count < RECORDS_MAXIMUM);
		records[record_count++] = at;
	}
	records[record_count] = whole_size;
}

/* What stands instead of record INDEX: SIZE bytes, of which the head gets
 * right. */
struct forged {
	size_t index;
	unsigned char bytes[FILE_MAXIMUM];
	size_t size;
};

static void put_fixed(unsigned char *at, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		at[i] = (unsigned char)(value >> 8 * i);
}

static void write_forged(const char *name, struct forged *forged)
{
	uint32_t crc = crc32c(0, whole + 12, 8);
	size_t behind = records[forged->index + 1];
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	put_fixed(forged->bytes, forged->size - 8, 4);
	crc = crc32c(crc, forged->bytes, 4);
	crc = crc32c(crc, forged->bytes + 8, forged->size - 8);
	put_fixed(forged->bytes + 4, crc, 4);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, whole, records[forged->index]),
			 records[forged->index]);
	assert_int_equal(write(fd, forged->bytes, forged->size), forged->size);
	assert_int_equal(write(fd, whole + behind, whole_size - behind),
			 whole_size - behind);
	close(fd);
}

/* --- every forgery --- */

typedef void visit_forged(struct forged *forged);

static struct forged forged_of(size_t index)
{
	struct forged forged = { .index = index };

	forged.size = records[index + 1] - records[index];
	memcpy(forged.bytes, whole + records[index], forged.size);
	return forged;
}

static void each_byte(size_t index, visit_forged *visit)
{
	static const unsigned char values[] = { 0, 1, 0x2f, 0x7f, 0x80, 0xff };
	struct forged forged = forged_of(index);

	for (size_t at = LOG_RECORD_HEAD; at < forged.size; at++) {
		unsigned char byte = forged.bytes[at];

		for (size_t i = 0; i < sizeof values; i++) {
			forged.bytes[at] = values[i];
			visit(&forged);
		}
		forged.bytes[at] = byte;
	}
}

/* From AT on a number that is the largest there is, or larger. */
static void each_number(size_t index, visit_forged *visit)
{
	static const char *const numbers[] = {
		"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
		"\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
		"\x80\x80\x80\x80\x08",
		"\xff\xff\xff\xff\x07",
	};

	for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++) {
		const struct forged old = forged_of(index);
		size_t length = strlen(numbers[n]);

		for (size_t at = LOG_RECORD_HEAD; at < old.size; at++) {
			struct forged forged = old;

			memcpy(forged.bytes + at, numbers[n], length);
			memcpy(forged.bytes + at + length, old.bytes + at + 1,
			       old.size - at - 1);
			forged.size = old.size + length - 1;
			visit(&forged);
		}
	}
}

static void each_length(size_t index, visit_forged *visit)
{
	struct forged forged = forged_of(index);
	size_t size = forged.size;

	for (forged.size = LOG_RECORD_HEAD; forged.size < size; forged.size++)
		visit(&forged);
	forged.bytes[size] = 0;
	forged.size = size + 1;
	visit(&forged);
}

/* Its kind, and whether it goes on in the next record. */
static void each_kind(size_t index, visit_forged *visit)
{
	struct forged forged = forged_of(index);

	for (unsigned kind = 0; kind <= LOG_END + 1; kind++)
		for (unsigned more = 0; more <= LOG_MORE; more += LOG_MORE) {
			forged.bytes[16] = (unsigned char)(kind | more);
			visit(&forged);
		}
}

/* Another record of the same file in its place, as that number. */
static void each_other(size_t index, visit_forged *visit)
{
	for (size_t other = 0; other < record_count; other++) {
		struct forged forged = forged_of(other);

		forged.index = index;
		memcpy(forged.bytes + 8, whole + records[index] + 8, 8);
		visit(&forged);
	}
}

static void each_forgery(visit_forged *visit)
{
	for (size_t i = 0; i < record_count; i++) {
		each_byte(i, visit);
		each_number(i, visit);
		each_length(i, visit);
		each_kind(i, visit);
		each_other(i, visit);
	}
}

/* --- logs --- */

static const char *log_name;

static bool count_listed(void *context, const struct log_listed *listed)
{
	(void)listed;
	++*(int *)context;
	return true;
}

static bool count_entry(void *context, const struct log_entry *entry)
{
	(void)entry;
	++*(int *)context;
	return true;
}

static void note(bool done, const struct error *error)
{
	tried++;
	refused += !done;
	if (!done)
		assert_string_not_equal(error->message, "");
}

static void try_log(struct forged *forged)
{
	struct document *document = open_document();
	struct log_report report;
	struct error error = ERROR_NONE;
	int count = 0;

	write_forged(log_name, forged);
	assert_true(log_list(count_listed, &count, &error));
	note(log_show(document, count_entry, &count, &error), &error);
	error.message[0] = '\0';

	struct log *log = log_recover(document, true, false, &report, &error);

	note(log != NULL, &error);
	document_check(document);
	log_close(log, true);
	document_close(document);
}

/* Longer than what goes into a log byte by byte, in another file. */
static void paste_other(struct document *document)
{
	char path[128];
	int fd;

	snprintf(path, sizeof path, "%s/other", log_folder);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(ftruncate(fd, 2 * LOG_KNOWN_MAXIMUM), 0);
	close(fd);

	struct document *other =
		document_open(file_open(path, NULL, NULL, NULL), NULL);
	struct clip *clip = document_copy(
		other, range_of(0, LOG_KNOWN_MAXIMUM + 9), NULL);
	struct clip *ours = document_clip_from(document, clip, NULL);

	assert_true(document_paste(document, range_of(11, 0), ours, NULL));
	clip_free(ours);
	clip_free(clip);
	document_close(other);
}

static void paste_own(struct document *document)
{
	struct clip *clip = document_copy(document, range_of(60, 30), NULL);

	assert_true(document_paste(document, range_of(3, 0), clip, NULL));
	clip_free(clip);
}

/* A part of each kind, and a step back. */
static void edit_all_kinds(struct document *document)
{
	struct range touched;

	assert_true(document_insert(document, 7, "bytes", 5, NULL));
	assert_true(document_fill(document, range_of(20, 9), "-=", 2, NULL));
	paste_own(document);
	assert_true(document_revert(document, range_of(20, 9), NULL));
	paste_other(document);
	assert_true(document_delete(document, range_of(2, 3), NULL));
	assert_true(document_undo(document, &touched, NULL));
	assert_true(document_fill(document, range_of(
		document_size(document) - 40, 40), "-=", 2, NULL));
}

/* A process that takes up what the one before has left. */
static void leave_log(bool again)
{
	struct document *document = open_document();
	struct log_report report;
	int status;
	pid_t child = fork();

	if (child == 0) {
		struct log *log = again
			? log_recover(document, false, false, &report, NULL)
			: log_attach(document, NULL);

		assert_true(log && log_ready(log, NULL));
		edit_all_kinds(document);
		log_flush(log);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	document_close(document);
}

/* Without one of its records, whole as the others are; only that the last one
 * was there cannot be known. */
static void test_log_record_missing(void **state)
{
	(void)state;
	remove_state();
	leave_log(false);
	log_name = only_file("sessions");
	take_file(log_name);
	for (size_t i = 0; i < record_count; i++) {
		struct document *document = open_document();
		int fd = open(log_name, O_WRONLY | O_TRUNC);
		size_t behind = records[i + 1];

		assert_true(fd >= 0);
		assert_int_equal(write(fd, whole, records[i]), records[i]);
		assert_int_equal(write(fd, whole + behind,
				       whole_size - behind),
				 whole_size - behind);
		close(fd);

		struct log_report report = log_look(document, true);

		if (i == record_count - 1)
			assert_int_equal(report.state, LOG_LEFT);
		else
			assert_int_equal(report.state, LOG_DAMAGED);
		document_close(document);
	}
	remove_state();
}

/* The same bytes, but it may be another file. */
static void touch_file(void)
{
	const struct timespec times[2] = { { 1, 0 }, { 1, 0 } };

	assert_int_equal(utimensat(AT_FDCWD, script_path, times, 0), 0);
}

static void test_log_forged(void **state)
{
	(void)state;
	for (int changed = 0; changed < 2; changed++) {
		tried = refused = 0;
		remove_state();
		leave_log(false);
		leave_log(true);
		log_name = only_file("sessions");
		take_file(log_name);
		if (changed)
			touch_file();
		each_forgery(try_log);
		assert_true(refused > tried / 4 && refused < tried);
	}
	remove_state();
}

/* --- sessions --- */

static void try_session(struct forged *forged)
{
	struct loaded loaded = { .good = false };
	const struct log_loader loader = { load_open, load_done, &loaded };
	struct error error = ERROR_NONE;
	int count = 0;

	write_forged(log_name, forged);
	assert_true(log_list(count_listed, &count, &error));
	note(log_session_load("it", &loader, &error), &error);
}

static void leave_session(void)
{
	struct document *document = open_document();
	struct log_place place = { .cursor = 5 };
	struct log_session *session = log_session_begin("it", true, NULL);

	place.marked['a'] = place.marked['z'] = true;
	place.marks['z'] = 300;
	edit_all_kinds(document);
	assert_true(session
		    && log_session_add(session, document, &place, NULL));
	assert_true(log_session_end(session, NULL));
	document_close(document);
}

static void test_log_session_forged(void **state)
{
	(void)state;
	for (int changed = 0; changed < 2; changed++) {
		tried = refused = 0;
		remove_state();
		leave_session();
		log_name = only_file("saved");
		take_file(log_name);
		if (changed)
			touch_file();
		each_forgery(try_session);
		assert_true(refused > tried / 4 && refused < tried);
	}
	remove_state();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_record_missing),
		cmocka_unit_test(test_log_forged),
		cmocka_unit_test(test_log_session_forged),
	};

	return cmocka_run_group_tests(tests, log_set_up, log_clean_up);
}
