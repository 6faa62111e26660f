/*
 * Several documents that paste from each other, against plain arrays of bytes,
 * in random scripts: edits, states, pastes from any one to any other, rewrites
 * with all that in between, flushes of both kinds, and closing in any order.
 * What one of them does must never show in another.
 *
 * OCTAVO_SEED and OCTAVO_SCRIPTS are those of the other model test.
 */
#include "octavo/document.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sizes.h"

enum {
	COMMANDS = 60,
	PLACES = 3,
	PAGE = 4096,
	PASTED = DOCUMENT_GRANULE_MAXIMUM + 1,	/* this is not copied */
};

struct content {
	unsigned char *bytes;
	size_t length;
};

/* A document, and what it should be. */
struct place {
	struct document *document;
	char path[64];
	struct content now;
	struct content disk;
	struct content states[COMMANDS + 1];
	size_t count;
	struct clip *clip;
	struct content clipped;
	struct rewrite *rewrite;
	struct content rewritten;
};

/* In memory where there is such a place: renaming waits for a disk. */
static char memory_folder[] = "/dev/shm/octavo-XXXXXX";
static char other_folder[] = "/tmp/octavo-XXXXXX";
static const char *folder;
static unsigned long long script_seed, seed;
static unsigned names;
static struct place places[PLACES];

/* --- chance --- */

static uint64_t chance(uint64_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed * 0x2545f4914f6cdd1dull >> 20) % limit;
}

static struct range chance_range(size_t size)
{
	size_t start = chance(4) ? chance(size + 1) : 0;
	size_t rest = size - start;
	size_t length = chance(3) ? chance(9)
		: chance(2) ? rest : PASTED + chance(PAGE);

	return range_of(start, length < rest ? length : rest);
}

/* --- contents --- */

static struct content content_copy(const unsigned char *bytes, size_t length)
{
	struct content content = { malloc(length + 1), length };

	memcpy(content.bytes, bytes, length);
	return content;
}

static struct content content_chance(size_t length)
{
	struct content content = { malloc(length + 1), length };

	for (size_t i = 0; i < length; i++)
		content.bytes[i] = (unsigned char)chance(256);
	return content;
}

static void content_set(struct content *content, struct content other)
{
	unsigned char *old = content->bytes;

	*content = content_copy(other.bytes, other.length);
	free(old);
}

static void content_replace(struct content *content, struct range range,
			    struct content by)
{
	size_t tail = content->length - range.end;
	struct content result = {
		malloc(range.start + by.length + tail + 1),
		range.start + by.length + tail,
	};

	memcpy(result.bytes, content->bytes, range.start);
	memcpy(result.bytes + range.start, by.bytes, by.length);
	memcpy(result.bytes + range.start + by.length,
	       content->bytes + range.end, tail);
	free(content->bytes);
	*content = result;
}

/* --- checking --- */

static void fail_script(const char *what)
{
	print_error("script with seed %llu: %s\n", script_seed, what);
	fail();
}

static void check(bool fine, const char *what)
{
	if (!fine)
		fail_script(what);
}

static void check_place(const struct place *place)
{
	const struct document *document = place->document;
	unsigned char *bytes = malloc(place->now.length + 1);
	uint64_t length;

	document_check(document);
	check(document_size(document) == place->now.length, "another length");
	check(document_read(document, 0, bytes, place->now.length) ==
		      place->now.length, "another length read");
	check(memcmp(bytes, place->now.bytes, place->now.length) == 0,
	      "other bytes");
	free(bytes);
	for (uint64_t at = 0; at < place->now.length; at += length)
		check(!document_lost(document, at, &length), "lost bytes");
	document_release(document, chance_range(place->now.length));
}

/* --- opening and closing --- */

static void write_content(const char *path, struct content content)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	check(fd >= 0 && write(fd, content.bytes, content.length) ==
				 (ssize_t)content.length,
	      "the test cannot write its file");
	close(fd);
}

static struct file *open_file(const char *path)
{
	struct file *file = file_open(path, NULL, NULL, NULL);

	check(file != NULL, "a file does not open");
	return file;
}

static void place_begin(struct place *place)
{
	place->states[0] = content_copy(place->now.bytes, place->now.length);
	place->count = 1;
	place->document = document_open(open_file(place->path), NULL);
	check(place->document != NULL, "a document does not open");
}

/* Whole pages most often: their mappings have no room between them. */
static void place_open(struct place *place)
{
	size_t size = chance(4) ? PAGE * (1 + chance(3)) : chance(2 * PAGE);

	if (PASTED > PAGE && chance(4))
		size += (PASTED + PAGE - 1) / PAGE * PAGE;
	*place = (struct place){ .now = content_chance(size) };
	place->disk = content_copy(place->now.bytes, size);
	snprintf(place->path, sizeof(place->path), "%s/%u", folder, names++);
	write_content(place->path, place->now);
	place_begin(place);
}

static void place_drop_rewrite(struct place *place)
{
	rewrite_cancel(place->rewrite);
	place->rewrite = NULL;
	free(place->rewritten.bytes);
	place->rewritten.bytes = NULL;
}

/* All but the file. */
static void place_end(struct place *place)
{
	place_drop_rewrite(place);
	clip_free(place->clip);
	document_close(place->document);
	free(place->clipped.bytes);
	while (place->count > 0)
		free(place->states[--place->count].bytes);
}

static void place_close(struct place *place)
{
	place_end(place);
	unlink(place->path);
	free(place->now.bytes);
	free(place->disk.bytes);
}

/* Without what was not written. */
static void place_reopen(struct place *place)
{
	place_end(place);
	content_set(&place->now, place->disk);
	place->clip = NULL;
	place->clipped.bytes = NULL;
	place_begin(place);
}

/* --- edits --- */

static void remember_state(struct place *place)
{
	if (document_state_count(place->document) == place->count)
		return;
	place->states[place->count++] =
		content_copy(place->now.bytes, place->now.length);
}

static void do_replace(struct place *place)
{
	struct range range = chance_range(place->now.length);
	size_t length = chance(2) ? range_length(range) : chance(PAGE);
	struct content by = content_chance(length);

	check(document_replace(place->document, range, by.bytes, by.length,
			       NULL), "an edit failed");
	content_replace(&place->now, range, by);
	free(by.bytes);
}

static void do_copy(struct place *place)
{
	struct range range = chance_range(place->now.length);

	clip_free(place->clip);
	free(place->clipped.bytes);
	place->clip = document_copy(place->document, range, NULL);
	check(place->clip != NULL, "copying failed");
	place->clipped = content_copy(place->now.bytes + range.start,
				      range_length(range));
}

static void do_paste(struct place *place, const struct place *from)
{
	struct range range = range_of(chance(3) ? place->now.length
				: chance(place->now.length + 1), 0);

	if (!from->clip || place->now.length > 64 * PAGE + 4 * PASTED)
		return;

	struct clip *clip = document_clip_from(place->document, from->clip,
					       NULL);

	check(clip && document_paste(place->document, range, clip, NULL),
	      "pasting failed");
	clip_free(clip);
	content_replace(&place->now, range, from->clipped);
}

static void do_go(struct place *place)
{
	size_t number = chance(place->count);
	struct range touched;

	check(document_go(place->document, number, &touched, NULL),
	      "going failed");
	content_set(&place->now, place->states[number]);
}

static void do_rewrite(struct place *place)
{
	uint64_t at = 0, grown = 0;
	size_t size = place->now.length;

	if (place->rewrite) {
		struct rewrite *rewrite = place->rewrite;

		place->rewrite = NULL;
		if (rewrite_commit(rewrite, NULL, NULL, NULL))
			content_set(&place->now, place->rewritten);
		place_drop_rewrite(place);
		return;
	}
	place->rewrite = rewrite_begin(place->document, NULL);
	check(place->rewrite != NULL, "a rewrite does not begin");
	place->rewritten = content_copy(place->now.bytes, size);
	for (unsigned i = 0; i < 3 && at < size; i++) {
		uint64_t start = at + chance(size - at + 1);
		uint64_t end = start + chance((size - start) % 9 + 1);
		struct content by = content_chance(chance(9));

		check(rewrite_replace(place->rewrite,
				      (struct range){ start, end }, by.bytes,
				      by.length, NULL), "rewriting failed");
		content_replace(&place->rewritten, (struct range){
			start + grown, end + grown }, by);
		grown += by.length - (end - start);
		at = end;
		free(by.bytes);
	}
}

/* --- flushes --- */

static void flush_in_place(struct place *place)
{
	struct document *document = place->document;
	static struct range ranges[COMMANDS * 8];
	size_t count = 0;
	struct segment segment;

	for (uint64_t at = 0; at < place->now.length; at = segment.now.end) {
		segment = document_segment(document, at);
		if (segment.in_file && segment.file_offset == at)
			continue;
		check(count < sizeof(ranges) / sizeof(*ranges),
		      "too many segments for the test");
		ranges[count++] = segment.now;
	}
	check(document_detach(document, ranges, count, NULL),
	      "detaching failed");

	int fd = open(place->path, O_WRONLY);

	for (size_t i = 0; i < count; i++)
		check(pwrite(fd, place->now.bytes + ranges[i].start,
			     range_length(ranges[i]),
			     (off_t)ranges[i].start) ==
			      (ssize_t)range_length(ranges[i]),
		      "the test cannot write its file");
	close(fd);
	document_written(document);
	content_set(&place->disk, place->now);
}

static void flush_replacing(struct place *place)
{
	unlink(place->path);
	write_content(place->path, place->now);
	check(document_replaced(place->document, open_file(place->path), NULL),
	      "going on over the new file failed");
	content_set(&place->disk, place->now);
}

static void do_flush(struct place *place)
{
	if (place->now.length == place->disk.length)
		flush_in_place(place);
	else if (chance(2))
		flush_replacing(place);
}

/* --- scripts --- */

static void do_command(void)
{
	struct place *place = &places[chance(PLACES)];

	switch (chance(14)) {
	case 0: case 1: case 2:
		do_copy(place);
		break;
	case 3: case 4: case 5: case 6:
		do_paste(place, &places[chance(PLACES)]);
		break;
	case 7:
		do_go(place);
		break;
	case 8:
		do_rewrite(place);
		break;
	case 9:
		do_flush(place);
		break;
	case 10:
		if (chance(3))
			break;
		if (chance(2)) {
			place_reopen(place);
			return;
		}
		place_close(place);
		place_open(place);
		break;
	case 11:
		check(!document_verify(place->document), "bytes are lost");
		break;
	default:
		do_replace(place);
	}
	remember_state(place);
}

static void script_run(void)
{
	seed = script_seed * 0x9e3779b97f4a7c15ull + 1;
	names = 0;
	for (unsigned i = 0; i < PLACES; i++)
		place_open(&places[i]);
	for (unsigned i = 0; i < COMMANDS; i++) {
		do_command();
		for (unsigned j = 0; j < PLACES; j++)
			check_place(&places[j]);
	}
	/* One after the other, each undone to the end. */
	for (unsigned i = 0; i < PLACES; i++) {
		struct range touched;

		place_drop_rewrite(&places[i]);
		check(document_go(places[i].document, 0, &touched, NULL),
		      "going back failed");
		content_set(&places[i].now, places[i].states[0]);
		for (unsigned j = i; j < PLACES; j++)
			check_place(&places[j]);
		place_close(&places[i]);
	}
}

static unsigned long long setting(const char *name, unsigned long long value)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : value;
}

static void test_documents_random_scripts(void **state)
{
	unsigned long long first = setting("OCTAVO_SEED", 1);
	unsigned long long count = setting("OCTAVO_SCRIPTS",
					   PASTED > PAGE ? 30 : 3000);

	(void)state;
	print_message("# seed %llu, %llu scripts\n", first, count);
	folder = mkdtemp(memory_folder);
	if (!folder)
		folder = mkdtemp(other_folder);
	assert_non_null(folder);
	for (unsigned long long i = 0; i < count; i++) {
		script_seed = first + i;
		script_run();
	}
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documents_random_scripts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
