/*
 * The document against a plain array of bytes, in random scripts: every edit,
 * undo and redo, states and branches, steps, clips, reverts, and flushes of
 * both kinds.  In some scripts an echo, a second document over a copy of the
 * file, is told of every edit and makes it again.
 *
 * OCTAVO_SEED is the seed of the first script, OCTAVO_SCRIPTS how many there
 * are; script N of seed S is the first script of seed S + N.
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
	COMMANDS = 100,
	/* The tiny build crosses more boundaries in less time. */
	SCRIPTS = PIECES_LEAF < 10 ? 20000 : 5000,
	CLIPS = 3,
	SMALL = 2000,	/* documents up to here are compared in whole */
};

struct content {
	unsigned char *bytes;
	size_t length;
};

struct held_clip {
	struct clip *clip;
	struct content content;
};

struct script {
	struct document *document;
	struct content now;
	struct content disk;
	/* The content in each state; states[position] is now. */
	struct state {
		struct content content;
		size_t parent;
		size_t next;	/* where redo leads; 0: nowhere */
	} states[COMMANDS + 1];
	size_t count;		/* of states */
	size_t position;
	struct held_clip clips[CLIPS];
	/* What a follower knows, who takes over only what he is told of. */
	struct content followed;
	struct document_follower follower;
	struct echo {
		struct document *document;
		/* What it calls the document's states; 0 is not known. */
		uint64_t states[COMMANDS + 1];
		bool stepping;
	} echo;
};

/* In memory where there is such a place: renaming waits for a disk. */
static char memory_folder[] = "/dev/shm/octavo-XXXXXX";
static char other_folder[] = "/tmp/octavo-XXXXXX";
static char path[64], new_path[64], echo_path[64];
static unsigned long long script_seed, seed;
static struct script script;

/* --- chance --- */

static uint64_t chance(uint64_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed * 0x2545f4914f6cdd1dull >> 20) % limit;
}

/* Mostly short. */
static size_t chance_length(void)
{
	switch (chance(8)) {
	case 0: return 0;
	case 1: return chance(300);
	case 2: return chance(40);
	case 3: return chance(200) == 0 ? MAPPING_GRANULE + chance(100) : 1;
	default: return 1 + chance(8);
	}
}

static struct range chance_range(void)
{
	size_t size = script.now.length;
	size_t start = chance(size + 1);
	size_t length = chance_length();

	if (chance(30) == 0)
		length = chance(size - start + 1);
	if (chance(60) == 0)
		return range_of(0, size);
	return range_of(start, length < size - start ? length : size - start);
}

static unsigned char *chance_bytes(size_t length)
{
	unsigned char *bytes = malloc(length + 1);

	for (size_t i = 0; i < length; i++)
		bytes[i] = (unsigned char)chance(256);
	return bytes;
}

/* --- the model --- */

static struct content content_copy(const unsigned char *bytes, size_t length)
{
	struct content content = { malloc(length + 1), length };

	memcpy(content.bytes, bytes, length);
	return content;
}

static void content_set(struct content *content, struct content other)
{
	unsigned char *old = content->bytes;

	*content = content_copy(other.bytes, other.length);
	free(old);
}

static void content_replace(struct content *content, struct range range,
			    const unsigned char *bytes, size_t length)
{
	size_t tail = content->length - range.end;
	unsigned char *result = malloc(range.start + length + tail + 1);

	memcpy(result, content->bytes, range.start);
	memcpy(result + range.start, bytes, length);
	memcpy(result + range.start + length, content->bytes + range.end, tail);
	free(content->bytes);
	content->bytes = result;
	content->length = range.start + length + tail;
}

/* --- comparing --- */

static void fail_script(const char *what)
{
	print_error("script with seed %llu: %s\n", script_seed, what);
	fail();
}

static void check_content(const struct content *expected)
{
	struct document *document = script.document;
	unsigned char *bytes = malloc(expected->length + 2);

	if (document_size(document) != expected->length)
		fail_script("another length");
	if (document_read(document, 0, bytes, expected->length + 1) !=
	    expected->length)
		fail_script("another length read");
	if (memcmp(bytes, expected->bytes, expected->length) != 0)
		fail_script("other bytes");
	free(bytes);
}

static void check_span(void)
{
	uint64_t offset = chance(script.now.length), before, after, length;
	const unsigned char *bytes = document_span_around(
		script.document, offset, &before, &after);

	if (after == 0 || before > offset ||
	    after > script.now.length - offset)
		fail_script("a span out of bounds");
	if (memcmp(bytes - before, script.now.bytes + offset - before,
		   before + after) != 0)
		fail_script("other bytes in a span");
	if (document_span(script.document, offset, &length) != bytes ||
	    length != after)
		fail_script("two spans of one place");
	if (document_lost(script.document, offset, &length) || length == 0)
		fail_script("lost bytes");
}

/* The changes, made on what is on disk, give the document. */
static void check_changes(void)
{
	struct document *document = script.document;
	uint64_t now = 0, file = 0, count = document_change_count(document);
	struct change change, found;

	for (uint64_t i = 0; i <= count; i++) {
		bool last = !document_change(document, i, &change);
		uint64_t end = last ? script.now.length : change.now.start;

		if (last != (i == count))
			fail_script("changes miscounted");
		if (last)
			change.file.start = script.disk.length;
		if (end - now != change.file.start - file ||
		    memcmp(script.now.bytes + now, script.disk.bytes + file,
			   end - now) != 0)
			fail_script("a change that is not listed");
		if (last)
			break;

		uint64_t index;

		if (range_is_empty(change.now) && range_is_empty(change.file))
			fail_script("an empty change");
		if (!document_change_from(document, change.now.start, &found,
					  &index) || index > i)
			fail_script("a change is not found");
		now = change.now.end;
		file = change.file.end;
	}
}

static void check_segments(void)
{
	uint64_t at = 0;

	while (at < script.now.length) {
		struct segment segment = document_segment(script.document, at);
		size_t length = range_length(segment.now);

		if (segment.now.start != at || length == 0 ||
		    memcmp(segment.bytes, script.now.bytes + at, length) != 0)
			fail_script("a wrong segment");
		if (segment.in_file &&
		    memcmp(segment.bytes,
			   script.disk.bytes + segment.file_offset,
			   length) != 0)
			fail_script("a segment that is not in the file");
		at = segment.now.end;
	}
}

static void check_followed(void)
{
	if (script.followed.length != script.now.length ||
	    memcmp(script.followed.bytes, script.now.bytes,
		   script.now.length) != 0)
		fail_script("a follower was not told of all");
}

static void check_echo(void)
{
	struct document *echo = script.echo.document;
	unsigned char *bytes;

	if (!echo)
		return;
	if (document_size(echo) != script.now.length)
		fail_script("the echo has another length");
	bytes = malloc(script.now.length + 1);
	document_read(echo, 0, bytes, script.now.length);
	if (memcmp(bytes, script.now.bytes, script.now.length) != 0)
		fail_script("the echo has other bytes");
	free(bytes);
	document_check(echo);
}

static void check_states(void)
{
	struct document *document = script.document;
	size_t undo = 0, redo = 0, state;

	for (state = script.position; state; undo++)
		state = script.states[state].parent;
	for (state = script.position; script.states[state].next; redo++)
		state = script.states[state].next;
	if (document_undo_steps(document) != undo ||
	    document_redo_steps(document) != redo ||
	    document_state_count(document) != script.count ||
	    document_state_now(document) != script.position)
		fail_script("steps miscounted");
	for (state = 0; state < script.count; state++)
		if (document_state(document, state).parent !=
		    script.states[state].parent)
			fail_script("a state has another parent");
}

static void check_all(bool thorough)
{
	document_check(script.document);
	if (document_size(script.document) != script.now.length)
		fail_script("another length");
	check_states();
	if (!document_modified(script.document) &&
	    (script.now.length != script.disk.length ||
	     memcmp(script.now.bytes, script.disk.bytes,
		    script.now.length) != 0))
		fail_script("unmodified, but not as on disk");
	if (script.now.length)
		check_span();
	if (!thorough && script.now.length > SMALL)
		return;
	check_content(&script.now);
	check_changes();
	check_segments();
	check_followed();
	check_echo();
}

/* --- following --- */

static void follow_touched(void *context, struct range range, uint64_t length)
{
	struct script *followed = context;
	unsigned char *bytes = malloc(length + 1);

	if (range.end > followed->followed.length ||
	    document_read(followed->document, range.start, bytes, length) !=
		    length)
		fail_script("a follower was told of what there is not");
	content_replace(&followed->followed, range, bytes, length);
	free(bytes);
}

/* --- edits --- */

static bool edit_replace(void)
{
	struct range range = chance_range();
	size_t length = chance_length();
	unsigned char *bytes = chance_bytes(length);
	bool fine = document_replace(script.document, range, bytes, length,
				     NULL);

	content_replace(&script.now, range, bytes, length);
	free(bytes);
	return fine;
}

static bool edit_overwrite(void)
{
	size_t length = chance_length();
	uint64_t size = script.now.length, offset = chance(size + 1);
	struct range range = { offset, offset + length < size
				? offset + length : size };
	unsigned char *bytes = chance_bytes(length);
	bool fine = document_overwrite(script.document, offset, bytes, length,
				       NULL);

	content_replace(&script.now, range, bytes, length);
	free(bytes);
	return fine;
}

static bool edit_insert(void)
{
	size_t length = chance_length();
	uint64_t offset = chance(script.now.length + 1);
	unsigned char *bytes = chance_bytes(length);
	bool fine = document_insert(script.document, offset, bytes, length,
				    NULL);

	content_replace(&script.now, range_of(offset, 0), bytes, length);
	free(bytes);
	return fine;
}

static bool edit_delete(void)
{
	struct range range = chance_range();

	content_replace(&script.now, range, script.now.bytes, 0);
	return document_delete(script.document, range, NULL);
}

static bool edit_fill(void)
{
	struct range range = chance_range();
	size_t length = 1 + chance(20);
	unsigned char *pattern = chance_bytes(length);

	for (uint64_t i = range.start; i < range.end; i++)
		script.now.bytes[i] = pattern[(i - range.start) % length];

	bool fine = document_fill(script.document, range, pattern, length,
				  NULL);

	free(pattern);
	return fine;
}

static bool edit_paste(void)
{
	struct held_clip *held = &script.clips[chance(CLIPS)];
	struct range range = chance_range();

	if (!held->clip)
		return true;
	if (chance(2))
		range.end = range.start;
	else if (held->content.length <= script.now.length - range.start)
		range.end = range.start + held->content.length;
	content_replace(&script.now, range, held->content.bytes,
			held->content.length);
	return document_paste(script.document, range, held->clip, NULL);
}

static bool change_touched(struct range now, struct range range)
{
	if (now.start < now.end)
		return now.start < range.end && range.start < now.end &&
		       range.start < range.end;
	return now.start == range.start ||
	       (range.start <= now.start && now.start < range.end) ||
	       (now.start == range.end && range.end == script.now.length);
}

static bool edit_revert(void)
{
	struct range range = chance_range();
	struct content result = content_copy(script.now.bytes,
					     script.now.length);
	struct change change;

	/* From the last one on, so that offsets stay right. */
	for (uint64_t i = document_change_count(script.document); i-- > 0;) {
		document_change(script.document, i, &change);
		if (!change_touched(change.now, range))
			continue;

		struct range part = change.now;
		uint64_t file = change.file.start;
		size_t length = range_length(change.file);

		if (change.kind == CHANGE_OVERWRITE) {
			part = range_intersect(part, range);
			file += part.start - change.now.start;
			length = range_length(part);
		}
		content_replace(&result, part, script.disk.bytes + file,
				length);
	}
	free(script.now.bytes);
	script.now = result;
	return document_revert(script.document, range, NULL);
}

/* Several replacements at once; now and then called off. */
static bool edit_rewrite(void)
{
	struct rewrite *rewrite = rewrite_begin(script.document, NULL);
	struct content result = content_copy(script.now.bytes,
					     script.now.length);
	uint64_t at = 0, grown = 0, count = chance(6);
	unsigned char *bytes = chance_bytes(40);
	struct range touched;
	uint64_t length;
	bool fine = rewrite != NULL, keep = chance(5) > 0;

	while (fine && count-- > 0 && at <= script.now.length) {
		uint64_t rest = script.now.length - at;
		uint64_t start = at + chance(rest + 1);
		size_t size = chance_length() % 40;

		rest = script.now.length - start;
		at = start + chance((rest < 20 ? rest : 20) + 1);
		fine = rewrite_replace(rewrite, (struct range){ start, at },
				       bytes, size, NULL);
		content_replace(&result, (struct range){
			start + grown, at + grown }, bytes, size);
		grown += size - (at - start);
	}
	free(bytes);
	if (!fine || !keep) {
		rewrite_cancel(rewrite);
		free(result.bytes);
		return fine;
	}
	free(script.now.bytes);
	script.now = result;
	return rewrite_commit(rewrite, &touched, &length, NULL);
}

static bool edit_any(void)
{
	static bool (*const edits[])(void) = {
		edit_overwrite, edit_overwrite, edit_overwrite, edit_insert,
		edit_insert, edit_delete, edit_fill, edit_paste, edit_replace,
		edit_revert, edit_rewrite,
	};

	return edits[chance(sizeof(edits) / sizeof(*edits))]();
}

/* --- steps --- */

static void do_edit(void)
{
	unsigned edits = chance(5) == 0 ? (unsigned)chance(6) : 1;
	bool step = edits != 1 || chance(4) == 0;

	if (step)
		document_begin(script.document);
	while (edits-- > 0)
		if (!edit_any())
			fail_script("an edit failed");
	if (step)
		document_end(script.document);
	if (document_state_count(script.document) == script.count)
		return;
	script.states[script.position].next = script.count;
	script.states[script.count] = (struct state){
		content_copy(script.now.bytes, script.now.length),
		script.position, 0,
	};
	script.position = script.count++;
}

/* Outside *TOUCHED nothing is different. */
static void check_touched(struct range touched, struct content old)
{
	size_t tail = script.now.length - touched.end;

	if (touched.start > touched.end || touched.end > script.now.length ||
	    touched.start > old.length ||
	    old.length - touched.start < tail)
		fail_script("touched is out of bounds");
	if (memcmp(script.now.bytes, old.bytes, touched.start) != 0 ||
	    memcmp(script.now.bytes + touched.end,
		   old.bytes + old.length - tail, tail) != 0)
		fail_script("touched is not all");
}

/* The document has gone to STATE. */
static void script_go(size_t state, struct range touched)
{
	struct content old = script.states[script.position].content;

	script.position = state;
	while (state) {
		size_t parent = script.states[state].parent;

		script.states[parent].next = state;
		state = parent;
	}
	content_set(&script.now, script.states[script.position].content);
	check_touched(touched, old);
}

static void do_undo_or_redo(bool undo)
{
	const struct state *state = &script.states[script.position];
	struct range touched;
	bool can = undo ? script.position > 0 : state->next > 0;
	bool fine = (undo ? document_undo : document_redo)(
		script.document, &touched, NULL);

	if (fine != can)
		fail_script("undo or redo where there is none, or none");
	if (can)
		script_go(undo ? state->parent : state->next, touched);
}

static void do_go(void)
{
	size_t state = chance(script.count);
	struct range touched;

	if (!document_go(script.document, state, &touched, NULL))
		fail_script("going to a state failed");
	script_go(state, touched);
}

static void do_copy(void)
{
	struct held_clip *held = &script.clips[chance(CLIPS)];
	struct range range = chance_range();

	clip_free(held->clip);
	free(held->content.bytes);
	held->content = content_copy(script.now.bytes + range.start,
				     range_length(range));
	held->clip = chance(5)
		? document_copy(script.document, range, NULL)
		: document_clip(script.document, held->content.bytes,
				held->content.length, NULL);
	if (!held->clip || clip_length(held->clip) != held->content.length)
		fail_script("copying failed");
}

/* --- flushes --- */

static void write_content(const char *name, const struct content *content)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, content->bytes, content->length) !=
			      (ssize_t)content->length)
		fail_script("the test cannot write its file");
	close(fd);
}

/* --- the echo --- */

struct told {
	struct part *parts;
	size_t count;
};

static bool take_part(void *context, const struct part *part)
{
	struct told *told = context;

	told->parts = realloc(told->parts, (told->count + 1) *
			      sizeof(*told->parts));
	told->parts[told->count++] = *part;
	return true;
}

static bool read_part(void *context, struct part *part, struct error *error)
{
	struct told *told = context;

	(void)error;
	if (told->count == 0) {
		part->length = 0;
		return true;
	}
	*part = *told->parts++;
	told->count--;
	return true;
}

static void echo_end_step(void)
{
	if (script.echo.stepping)
		document_end(script.echo.document);
	script.echo.stepping = false;
}

/* The old parts are what stands there. */
static void check_old_parts(const struct document *document,
			    const struct document_edit *edit)
{
	struct told told = { NULL, 0 };
	uint64_t at = edit->range.start;

	document_edit_parts(document, edit, true, take_part, &told);
	for (size_t i = 0; i < told.count; i++) {
		struct part part = told.parts[i];

		for (uint64_t j = 0; j < part.length; j++) {
			unsigned char byte = part.kind == PART_REPEAT
				? part.bytes[(part.phase + j) % part.period]
				: part.bytes[j], now;

			if (document_read(document, at++, &now, 1) != 1 ||
			    now != byte)
				fail_script("an old part is not what is there");
		}
	}
	if (at != edit->range.end)
		fail_script("old parts of another length");
	free(told.parts);
}

static void echo_edit(void *context, const struct document *document,
		      const struct document_edit *edit)
{
	struct echo *echo = context;
	struct told told = { NULL, 0 };

	check_old_parts(document, edit);
	document_edit_parts(document, edit, false, take_part, &told);
	if (edit->first) {
		echo_end_step();
		document_begin(echo->document);
		echo->stepping = true;
	}

	struct part *parts = told.parts;

	if (!document_apply(echo->document, edit->range, read_part, &told, 1,
			    NULL))
		fail_script("the echo refuses an edit");
	free(parts);
	echo->states[edit->state] = document_state_now(echo->document);
}

static bool echo_go(void *context, uint64_t number)
{
	struct echo *echo = context;
	struct range touched;

	if (!echo->states[number])
		return false;
	echo_end_step();
	if (!document_go(echo->document, echo->states[number], &touched, NULL))
		fail_script("the echo does not go to a state");
	return true;
}

/* Another one, over a copy of what is on disk. */
static void echo_open(void)
{
	struct echo *echo = &script.echo;

	if (echo->document) {
		echo_end_step();
		document_close(echo->document);
	}
	*echo = (struct echo){ .document = NULL };
	write_content(echo_path, &script.disk);

	struct file *file = file_open(echo_path, NULL, NULL, NULL);

	echo->document = file ? document_open(file, NULL) : NULL;
	if (!echo->document)
		fail_script("the echo does not open");
}

static void echo_written(void *context, const struct document *document)
{
	(void)context;
	if (document_size(document) != script.now.length)
		fail_script("written with another length");
	content_set(&script.disk, script.now);
	echo_open();
}

static const struct document_watcher echo_watcher = {
	echo_edit, echo_go, echo_written, &script.echo,
};

/* --- flushing --- */

/* The runs of the document that are not in the file where they belong. */
static size_t dirty_ranges(struct range *ranges)
{
	size_t count = 0;

	for (uint64_t at = 0; at < script.now.length;) {
		struct segment segment = document_segment(script.document, at);
		bool in_place = segment.in_file && segment.file_offset == at;

		if (!in_place || chance(8) == 0)
			ranges[count++] = segment.now;
		at = segment.now.end;
	}
	return count;
}

static void do_flush_in_place(void)
{
	static struct range ranges[1 << 18];
	size_t count = dirty_ranges(ranges);
	int fd = open(path, O_RDWR);

	/* Where nothing must be written it may be called off right away. */
	if ((count > 0 || chance(2)) &&
	    !document_detach(script.document, ranges, count, NULL))
		fail_script("detaching failed");
	check_all(false);
	if (chance(6) == 0) {
		/* Called off. */
		close(fd);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		struct range range = ranges[i];
		unsigned char *bytes = malloc(range_length(range));

		document_read(script.document, range.start, bytes,
			      range_length(range));
		if (pwrite(fd, bytes, range_length(range),
			   (off_t)range.start) != (ssize_t)range_length(range))
			fail_script("the test cannot write its file");
		free(bytes);
	}
	check_content(&script.now);
	close(fd);
	document_written(script.document);
	content_set(&script.disk, script.now);
	if (document_modified(script.document))
		fail_script("modified after a flush");
}

static void do_flush_replacing(void)
{
	write_content(new_path, &script.now);
	if (rename(new_path, path) != 0)
		fail_script("the test cannot rename its file");

	struct file *file = file_open(path, NULL, NULL, NULL);

	if (!file || !document_replaced(script.document, file, NULL))
		fail_script("going on over the new file failed");
	content_set(&script.disk, script.now);
	if (document_modified(script.document))
		fail_script("modified after a flush");
}

static void move_over(const char *name)
{
	struct file *file = file_open(name, NULL, NULL, NULL);
	struct document_move *move =
		document_move_begin(script.document, file, NULL);

	if (!move)
		fail_script("no move");
	if (chance(4) == 0) {
		document_move_cancel(move);
		file = file_open(name, NULL, NULL, NULL);
		move = document_move_begin(script.document, file, NULL);
	}
	document_move(move);
}

/* In place with whatever length, the document lying over a copy of the new
 * content meanwhile, or over nothing but its file. */
static void do_flush_rewriting(void)
{
	static struct range ranges[1 << 18];
	size_t count = dirty_ranges(ranges);
	bool over_content = chance(2);
	uint64_t old_length = script.disk.length;
	int fd = open(path, O_RDWR);

	if (script.now.length < old_length)
		ranges[count++] = (struct range){ script.now.length,
						  old_length };
	if (!(over_content
	      ? document_detach_past(script.document, ranges, count, NULL)
	      : document_detach(script.document, ranges, count, NULL)))
		fail_script("detaching failed");
	check_all(false);
	if (over_content) {
		write_content(new_path, &script.now);
		move_over(new_path);
		unlink(new_path);
	}
	if (pwrite(fd, script.now.bytes, script.now.length, 0)
		    != (ssize_t)script.now.length
	    || ftruncate(fd, (off_t)script.now.length) != 0)
		fail_script("the test cannot write its file");
	check_content(&script.now);
	move_over(path);
	close(fd);
	document_tell_written(script.document);
	content_set(&script.disk, script.now);
	if (document_modified(script.document))
		fail_script("modified after a flush");
}

/* --- scripts --- */

static void do_command(void)
{
	switch (chance(32)) {
	case 30: case 31:
		do_go();
		break;
	case 0: case 1: case 2: case 3:
		do_undo_or_redo(true);
		break;
	case 4: case 5: case 6:
		do_undo_or_redo(false);
		break;
	case 7: case 8:
		do_copy();
		break;
	case 9:
		if (script.now.length == script.disk.length && chance(3))
			do_flush_in_place();
		else if (chance(3) == 0)
			do_flush_replacing();
		else if (chance(3) == 0)
			do_flush_rewriting();
		break;
	case 10:
		/* Makes the length what it is on disk, for the above. */
		for (unsigned i = 0; i < 2 && script.position; i++)
			do_undo_or_redo(true);
		if (script.now.length == script.disk.length)
			do_flush_in_place();
		break;
	default:
		do_edit();
	}
}

static size_t chance_size(void)
{
	switch (chance(12)) {
	case 0: return chance(2);
	case 1: return MAPPING_GRANULE - 1 + chance(3);
	case 2: return chance(20) ? 50 : 3 * MAPPING_GRANULE + chance(9000);
	default: return chance(600);
	}
}

static void script_begin(void)
{
	size_t size = chance_size();
	unsigned char *bytes = chance_bytes(size);

	memset(&script, 0, sizeof(script));
	script.now = content_copy(bytes, size);
	script.disk = content_copy(bytes, size);
	script.states[0].content = content_copy(bytes, size);
	script.count = 1;
	free(bytes);
	write_content(path, &script.disk);

	struct file *file = file_open(path, NULL, NULL, NULL);

	script.document = file ? document_open(file, NULL) : NULL;
	if (!script.document)
		fail_script("the document does not open");
	script.followed = content_copy(script.now.bytes, size);
	script.follower.touched = follow_touched;
	script.follower.context = &script;
	document_follow(script.document, &script.follower);
	if (chance(3))
		return;
	echo_open();
	document_watch(script.document, &echo_watcher);
}

static void script_end(void)
{
	for (unsigned i = 0; i < CLIPS; i++) {
		clip_free(script.clips[i].clip);
		free(script.clips[i].content.bytes);
	}
	echo_end_step();
	document_close(script.echo.document);
	document_unfollow(script.document, &script.follower);
	document_close(script.document);
	free(script.followed.bytes);
	while (script.count > 0)
		free(script.states[--script.count].content.bytes);
	free(script.now.bytes);
	free(script.disk.bytes);
}

static void script_run(void)
{
	seed = script_seed * 0x9e3779b97f4a7c15ull + 1;
	script_begin();
	check_all(true);
	for (unsigned i = 0; i < COMMANDS; i++) {
		do_command();
		check_all(false);
	}
	while (script.states[script.position].next) {
		do_undo_or_redo(false);
		check_all(false);
	}
	check_all(true);
	while (script.position > 0) {
		do_undo_or_redo(true);
		check_all(false);
	}
	check_all(true);
	while (script.states[script.position].next)
		do_undo_or_redo(false);
	check_all(true);
	script_end();
}

static unsigned long long setting(const char *name, unsigned long long value)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : value;
}

static void test_document_random_scripts(void **state)
{
	unsigned long long first = setting("OCTAVO_SEED", 1);
	unsigned long long count = setting("OCTAVO_SCRIPTS", SCRIPTS);

	(void)state;
	print_message("# seed %llu, %llu scripts\n", first, count);
	const char *folder = mkdtemp(memory_folder);

	if (!folder)
		folder = mkdtemp(other_folder);
	assert_non_null(folder);
	snprintf(path, sizeof(path), "%s/file", folder);
	snprintf(new_path, sizeof(new_path), "%s/new", folder);
	snprintf(echo_path, sizeof(echo_path), "%s/echo", folder);
	for (unsigned long long i = 0; i < count; i++) {
		script_seed = first + i;
		script_run();
	}
	unlink(path);
	unlink(echo_path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_document_random_scripts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
