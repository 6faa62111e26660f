/*
 * The log against what it follows, in random scripts: whatever is left of a
 * log makes the document as it was after the last edit that is whole in it;
 * all of it makes the states too.  The process dies by being forgotten: the
 * log is copied as it is, cut anywhere, and recovered in another folder.
 *
 * OCTAVO_SEED is the seed of the first script, OCTAVO_SCRIPTS how many there
 * are; script N of seed S is the first script of seed S + N.
 */
#include "octavo/log.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "octavo/save.h"
#include "sizes.h"

enum { COMMANDS = 60, MOMENTS = 4 * COMMANDS, CUTS = 6 };

/* What the document was when the log was so long. */
struct moment {
	off_t log;
	bool many;		/* several edits have led to it */
	unsigned char *bytes;
	size_t length;
};

static struct script {
	struct document *document;
	struct log *log;
	struct clip *clip;
	struct moment moments[MOMENTS];
	size_t count;
	bool numbered;		/* the log's states are the document's */
} script;

static char memory_folder[] = "/dev/shm/octavo-XXXXXX";
static char other_folder[] = "/tmp/octavo-XXXXXX";
static char *folder;
static char path[64], state_path[64], copy_path[64];
static unsigned long long seed;

static uint64_t chance(uint64_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed * 0x2545f4914f6cdd1dull >> 20) % limit;
}

static void use_state(const char *state)
{
	setenv("XDG_STATE_HOME", state, 1);
}

static void write_file(const char *name, const void *bytes, size_t length)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), length);
	close(fd);
}

static struct document *open_document(void)
{
	struct file *file = file_open(path, NULL, NULL, NULL);
	struct document *document = document_open(file, NULL);

	assert_non_null(document);
	return document;
}

static unsigned char *content_of(const struct document *document,
				 size_t *length)
{
	*length = (size_t)document_size(document);

	unsigned char *bytes = malloc(*length + 1);

	assert_int_equal(document_read(document, 0, bytes, *length), *length);
	return bytes;
}

/* --- moments --- */

static off_t log_size(void)
{
	struct stat status = { .st_size = 0 };

	if (log_path(script.log))
		assert_int_equal(stat(log_path(script.log), &status), 0);
	return status.st_size;
}

static void forget_moments(void)
{
	for (size_t i = 0; i < script.count; i++)
		free(script.moments[i].bytes);
	script.count = 0;
}

static void remember(bool many)
{
	struct moment *moment = &script.moments[script.count++];

	assert_true(script.count <= MOMENTS);
	moment->many = many;
	moment->log = log_size();
	moment->bytes = content_of(script.document, &moment->length);
}

/* --- edits --- */

static struct range chance_range(void)
{
	uint64_t size = document_size(script.document);
	uint64_t start = chance(size + 1);
	uint64_t length = chance(3) ? chance(8) : chance(200);

	if (chance(30) == 0)
		return (struct range){ 0, size };
	return range_of(start, length < size - start ? length : size - start);
}

static void edit_many(void)
{
	struct rewrite *rewrite = rewrite_begin(script.document, NULL);
	uint64_t size = document_size(script.document), at = 0;

	assert_non_null(rewrite);
	while (at < size && chance(6)) {
		struct range range = range_of(at + chance(size - at), 0);

		range.end += chance(range.start + 5 < size ? 5 : 1);
		if (!rewrite_replace(rewrite, range, "rewritten", 1 + chance(8),
				     NULL))
			break;
		at = range.end + 1;
	}
	rewrite_commit(rewrite, NULL, NULL, NULL);
}

static void paste(struct range range)
{
	struct range from = chance_range();

	if (range_is_empty(from))
		return;
	if (!script.clip || chance(4) == 0) {
		clip_free(script.clip);
		script.clip = document_copy(script.document, from, NULL);
	}
	assert_non_null(script.clip);
	document_paste(script.document, chance(2) ? range
		       : range_of(range.start, 0), script.clip, NULL);
}

static void go_somewhere(void)
{
	struct document *document = script.document;
	struct range touched;

	if (chance(2))
		document_go(document,
			    chance(document_state_count(document)), &touched,
			    NULL);
	else if (chance(3))
		document_undo(document, &touched, NULL);
	else
		document_redo(document, &touched, NULL);
}

/* True: it may have been several. */
static bool edit(void)
{
	struct document *document = script.document;
	struct range range = chance_range();
	char text[100];

	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)chance(256);
	/* An edit of nothing is a state, but none to make again. */
	if (range_is_empty(range))
		return document_insert(document, range.start, text, 1, NULL),
		       false;
	switch (chance(10)) {
	case 0:
		document_insert(document, range.start, text,
				1 + chance(sizeof text - 1), NULL);
		break;
	case 1:
		document_delete(document, range, NULL);
		break;
	case 2:
		document_fill(document, range, text, 1 + chance(6), NULL);
		break;
	case 3:
		document_replace(document, range, text, chance(sizeof text),
				 NULL);
		break;
	case 4:
		paste(range);
		break;
	case 5:
		document_revert(document, range, NULL);
		return true;
	case 6:
		edit_many();
		break;
	default:
		document_overwrite(document, range.start, text,
				   1 + chance(8), NULL);
	}
	return false;
}

static void step(void)
{
	assert_true(log_ready(script.log, NULL));
	if (chance(4) == 0) {
		go_somewhere();
		remember(true);
		return;
	}

	unsigned edits = chance(4) ? 1 : 1 + (unsigned)chance(3);

	document_begin(script.document);
	while (edits-- > 0)
		remember(edit());
	document_end(script.document);
}

static void flush(void)
{
	struct save_plan done;
	struct error error;

	log_flush(script.log);
	if (!save_write(script.document, NULL, &done, &error))
		fail_msg("%s", error.message);
	/* Where nothing had to be written the log goes on. */
	if (!log_path(script.log)) {
		forget_moments();
		script.numbered = false;
	}
	remember(false);
}

/* --- what is left --- */

static void make_folder(const char *format, const char *name)
{
	char made[128];

	snprintf(made, sizeof made, format, name);
	mkdir(made, 0700);
}

/* The first LENGTH bytes of the log, where another user would have them. */
static void copy_log(size_t length)
{
	const char *log = log_path(script.log);
	char to[256];
	unsigned char *bytes = malloc(length + 1);
	int fd = open(log, O_RDONLY);

	assert_int_equal(read(fd, bytes, length), length);
	close(fd);
	make_folder("%s", copy_path);
	make_folder("%s/octavo", copy_path);
	make_folder("%s/octavo/sessions", copy_path);
	snprintf(to, sizeof to, "%s/octavo/sessions%s", copy_path,
		 strrchr(log, '/'));
	write_file(to, bytes, length);
	free(bytes);
}

static void remove_copy(void)
{
	char name[512];

	snprintf(name, sizeof name, "%s/octavo/sessions", copy_path);

	DIR *entries = opendir(name);
	struct dirent *entry;

	while (entries && (entry = readdir(entries)))
		unlinkat(dirfd(entries), entry->d_name, 0);
	if (entries)
		closedir(entries);
}

static void compare(const struct document *document,
		    const struct moment *moment)
{
	size_t length;
	unsigned char *bytes = content_of(document, &length);

	assert_int_equal(length, moment->length);
	assert_memory_equal(bytes, moment->bytes, length);
	document_check(document);
	free(bytes);
}

static void compare_states(struct document *one, struct document *other)
{
	uint64_t count = document_state_count(one);
	uint64_t now = document_state_now(one);
	struct range touched;

	assert_int_equal(document_state_count(other), count);
	assert_int_equal(document_state_now(other), now);
	for (uint64_t i = 0; i < count; i++) {
		struct document_state a = document_state(one, i);
		struct document_state b = document_state(other, i);

		assert_int_equal(a.parent, b.parent);
		assert_int_equal(a.edits, b.edits);
		assert_true(i == 0 || a.time == b.time);
		assert_int_equal(a.done, b.done);
	}
	/* The recovered one may be changed: it is thrown away. */
	for (uint64_t i = 0; i < count; i++)
		assert_true(document_go(other, i, &touched, NULL));
	assert_true(document_go(other, now, &touched, NULL));
}

static void recover_cut(size_t length)
{
	const struct moment *moment = &script.moments[0];
	struct log_report report;
	struct error error;

	for (size_t i = 1; i < script.count; i++) {
		if (script.moments[i].log <= (off_t)length)
			moment = &script.moments[i];
		/* Between them it is none of these. */
		else if (script.moments[i].many
			 && moment->log < (off_t)length)
			return;
		else
			break;
	}
	copy_log(length);
	use_state(copy_path);

	struct document *document = open_document();
	bool left = log_look(document, true).state == LOG_LEFT;
	struct log *log = left ? log_recover(document, true, false, &report,
					     &error) : NULL;

	if (left && !log)
		fail_msg("cut at %zu: %s", length, error.message);
	compare(document, moment);
	if (left && (off_t)length == log_size() && script.numbered) {
		compare_states(script.document, document);
		compare(document, moment);
	}
	log_close(log, false);
	document_close(document);
	remove_copy();
	use_state(state_path);
}

static void recover_cuts(void)
{
	size_t size = (size_t)log_size();

	if (size == 0)
		return;
	recover_cut(size);
	for (int i = 0; i < CUTS; i++)
		recover_cut(chance(size));
}

/* The process dies, and another one takes up what it has left. */
static void die(void)
{
	struct moment last = { .many = false };
	struct log_report report;
	struct error error;

	last.bytes = content_of(script.document, &last.length);
	clip_free(script.clip);
	script.clip = NULL;
	log_close(script.log, true);
	document_close(script.document);
	script.document = open_document();
	if (log_look(script.document, true).state == LOG_LEFT) {
		script.log = log_recover(script.document, false, false,
					 &report, &error);
		if (!script.log)
			fail_msg("%s", error.message);
	} else {
		script.log = log_attach(script.document, NULL);
		script.numbered = true;
		forget_moments();
	}
	compare(script.document, &last);
	free(last.bytes);
	remember(false);
}

/* --- a script --- */

static void run_script(void)
{
	unsigned char bytes[700];
	size_t length = chance(sizeof bytes);

	for (size_t i = 0; i < length; i++)
		bytes[i] = (unsigned char)('a' + i % 26);
	write_file(path, bytes, length);
	use_state(state_path);
	script = (struct script){ .document = open_document() };
	script.log = log_attach(script.document, NULL);
	script.numbered = true;
	remember(false);
	for (int i = 0; i < COMMANDS; i++) {
		if (chance(40) == 0)
			flush();
		else if (chance(25) == 0)
			die();
		else
			step();
		if (chance(20) == 0)
			log_tick(script.log);
		if (chance(20) == 0)
			recover_cuts();
		assert_null(log_problem(script.log));
	}
	recover_cuts();
	clip_free(script.clip);
	log_close(script.log, false);
	document_close(script.document);
	forget_moments();
}

static unsigned long long number_of(const char *name, unsigned long long usual)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 0) : usual;
}

static void test_log_random_scripts(void **state)
{
	unsigned long long first = number_of("OCTAVO_SEED", 1);
	unsigned long long scripts = number_of("OCTAVO_SCRIPTS", 60);

	(void)state;
	for (unsigned long long i = 0; i < scripts; i++) {
		seed = (first + i) * 0x9e3779b97f4a7c15ull + 1;
		run_script();
	}
}

static void put_paths(void)
{
	snprintf(path, sizeof path, "%s/file", folder);
	snprintf(state_path, sizeof state_path, "%s/state", folder);
	snprintf(copy_path, sizeof copy_path, "%s/copy", folder);
}

static int set_up(void **state)
{
	(void)state;
	folder = mkdtemp(memory_folder);
	if (!folder)
		folder = mkdtemp(other_folder);
	put_paths();
	make_folder("%s", state_path);
	return folder ? 0 : -1;
}

static int clean_up(void **state)
{
	char command[256];

	(void)state;
	snprintf(command, sizeof command, "rm -rf '%s'", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_random_scripts),
	};

	return cmocka_run_group_tests(tests, set_up, clean_up);
}
