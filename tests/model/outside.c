/*
 * Other writers against a model.  A session edits, searches and writes a file
 * to which others do whatever can be done to it: write, store through a shared
 * mapping, append, truncate, punch, replace, remove, change its mode; between
 * the commands, and, in the last test, at any time from another process.
 *
 * The model has the document as runs: bytes of the file, which are to be what
 * is on disk, and mine, which are to be what they were made, whatever happens.
 * What was decided it takes from the document, after having seen that none of
 * my bytes is gone without a word.
 */
#include "../unit/session.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "octavo/document.h"
#include "sizes.h"

enum {
	GRANULE = MAPPING_GRANULE,
	EDIT = 16,		/* bytes of an edit at most */
	RUNS = 400,
	STATES = 400,
	FILE_MAXIMUM = 4 * GRANULE,
};

static unsigned long long seed;

static unsigned chance(unsigned bound)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)(seed >> 33) % bound;
}

/* --- the model --- */

struct run {
	bool mine;
	bool replaces;		/* mine, in the place of a byte of the file */
	uint64_t offset;	/* in the file, then, or of the file's bytes */
	uint64_t length;
	unsigned char bytes[EDIT];
	unsigned char was[EDIT];	/* what it replaces */
};

struct model {
	struct run runs[RUNS];
	size_t count;
	uint64_t file_size;	/* of the file that the runs know */
};

struct world {
	struct session *session;
	struct document *document;
	char path[80];
	struct model *states[STATES];	/* by number; NULL: not known */
	struct model now;
	unsigned events;
	unsigned saved;
	unsigned refused;
	unsigned taken;
};

static uint64_t model_length(const struct model *model)
{
	uint64_t length = 0;

	for (size_t i = 0; i < model->count; i++)
		length += model->runs[i].length;
	return length;
}

static void insert_run(struct model *model, size_t at, struct run run)
{
	assert_true(model->count < RUNS);
	memmove(model->runs + at + 1, model->runs + at,
		(model->count - at) * sizeof *model->runs);
	model->runs[at] = run;
	model->count++;
}

/* The run that begins at OFFSET. */
static size_t split(struct model *model, uint64_t offset)
{
	for (size_t i = 0; i < model->count; i++) {
		struct run *run = &model->runs[i];
		struct run rest = *run;

		if (offset == 0)
			return i;
		if (offset >= run->length) {
			offset -= run->length;
			continue;
		}
		rest.offset += offset;
		rest.length -= offset;
		if (rest.mine) {
			memmove(rest.bytes, rest.bytes + offset,
				(size_t)rest.length);
			memmove(rest.was, rest.was + offset,
				(size_t)rest.length);
		}
		run->length = offset;
		insert_run(model, i + 1, rest);
		return i + 1;
	}
	return model->count;
}

static void remove_range(struct model *model, struct range range)
{
	size_t from = split(model, range.start);
	size_t end = split(model, range.end);

	memmove(model->runs + from, model->runs + end,
		(model->count - end) * sizeof *model->runs);
	model->count -= end - from;
}

static void model_insert(struct model *model, uint64_t at,
			 const unsigned char *bytes, size_t length)
{
	struct run run = { .mine = true, .length = length };

	memcpy(run.bytes, bytes, length);
	insert_run(model, split(model, at), run);
}

/* SHOWN stood there. */
static void model_overwrite(struct model *model, uint64_t at,
			    const unsigned char *bytes, size_t length,
			    const unsigned char *shown)
{
	uint64_t size = model_length(model);
	size_t inside = at + length > size ? (size_t)(size - at) : length;
	size_t end, done = 0;

	split(model, at);
	end = split(model, at + inside);
	for (size_t i = split(model, at); i < end; i++) {
		struct run *run = &model->runs[i];

		if (!run->mine) {
			run->replaces = true;
			memcpy(run->was, shown + done, (size_t)run->length);
		}
		run->mine = true;
		memcpy(run->bytes, bytes + done, (size_t)run->length);
		done += (size_t)run->length;
	}
	if (length > inside)
		model_insert(model, size, bytes + inside, length - inside);
}

/* The document as it says that it is, run by run. */
static void model_take(struct model *model, const struct document *document)
{
	uint64_t file = 0;
	struct change change;

	*model = (struct model){ .file_size = document_file_size(document) };
	for (uint64_t i = 0; document_change(document, i, &change); i++) {
		uint64_t length = range_length(change.now);

		if (change.file.start > file)
			insert_run(model, model->count, (struct run){
				.offset = file,
				.length = change.file.start - file });
		for (uint64_t at = 0, part; at < length; at += part) {
			struct run run = {
				.mine = true,
				.replaces = change.kind == CHANGE_OVERWRITE,
				.offset = change.file.start + at,
			};

			part = length - at < EDIT ? length - at : EDIT;
			run.length = part;
			document_read(document, change.now.start + at,
				      run.bytes, (size_t)part);
			document_read_disk(document, run.offset, run.was,
					   (size_t)part);
			insert_run(model, model->count, run);
		}
		file = change.file.end;
	}
	if (model->file_size > file)
		insert_run(model, model->count, (struct run){
			.offset = file, .length = model->file_size - file });
}

/* The file has grown, and the document with it. */
static void model_grow(struct model *model, uint64_t size)
{
	if (size > model->file_size)
		insert_run(model, model->count, (struct run){
			.offset = model->file_size,
			.length = size - model->file_size });
	model->file_size = size;
}

/* --- the document against it --- */

static enum file_state state_of(const struct world *world)
{
	return document_outside_state(world->document);
}

/* What others do is known now; bytes of the file are what is on disk. */
static void check_file_run(const struct world *world, const struct run *run,
			   uint64_t at)
{
	static unsigned char here[FILE_MAXIMUM], there[FILE_MAXIMUM];
	size_t length = (size_t)run->length;

	assert_true(length <= FILE_MAXIMUM);
	document_read(world->document, at, here, length);
	assert_int_equal(document_read_disk(world->document, run->offset,
					    there, length), length);
	if (memcmp(here, there, length) != 0)
		fail_msg("event %u: the file's bytes at 0x%llx are others",
			 world->events, (unsigned long long)at);
}

static void check_mine(const struct world *world, const struct run *run,
		       uint64_t at)
{
	unsigned char here[EDIT];

	document_read(world->document, at, here, (size_t)run->length);
	if (memcmp(here, run->bytes, (size_t)run->length) != 0)
		fail_msg("event %u: an edit at 0x%llx is lost", world->events,
			 (unsigned long long)at);
}

static bool is_conflict(const struct world *world, uint64_t offset)
{
	struct conflict conflict;

	for (size_t i = 0; document_conflict(world->document, i, &conflict);
	     i++)
		if (range_contains(conflict.file, offset))
			return true;
	return false;
}

/* Where others have written below a change, that is known. */
static void check_was(const struct world *world, const struct run *run)
{
	unsigned char there[EDIT];

	if (!run->replaces || document_conflict_count(world->document) ==
				      CONFLICTS_MAXIMUM)
		return;
	document_read_disk(world->document, run->offset, there,
			   (size_t)run->length);
	for (size_t i = 0; i < run->length; i++)
		if (there[i] != run->was[i] &&
		    !is_conflict(world, run->offset + i))
			fail_msg("event %u: a conflict at 0x%llx was "
				 "overlooked", world->events,
				 (unsigned long long)(run->offset + i));
}

static void check_conflicts(const struct world *world)
{
	struct conflict conflict;

	for (size_t i = 0; document_conflict(world->document, i, &conflict);
	     i++) {
		unsigned char is;

		if (!conflict.known ||
		    range_length(conflict.now) != range_length(conflict.file))
			continue;
		document_read_disk(world->document, conflict.file.start, &is,
				   1);
		if (is == conflict.was[0])
			fail_msg("event %u: no conflict at 0x%llx",
				 world->events,
				 (unsigned long long)conflict.file.start);
	}
}

/* THOROUGH: also what leaves no trace. */
static void check(struct world *world, bool thorough)
{
	struct document *document = world->document;
	enum file_state state = document_outside(document, thorough);
	bool whole = state == FILE_SAME || state == FILE_GREW ||
		     state == FILE_WRITTEN;
	uint64_t at = 0;

	document_check(document);
	model_grow(&world->now, document_file_size(document));
	if (model_length(&world->now) != document_size(document))
		fail_msg("event %u: the length is %llu, not %llu",
			 world->events,
			 (unsigned long long)document_size(document),
			 (unsigned long long)model_length(&world->now));
	for (size_t i = 0; i < world->now.count; i++) {
		const struct run *run = &world->now.runs[i];

		if (run->mine)
			check_mine(world, run, at);
		else if (whole && thorough)
			check_file_run(world, run, at);
		if (run->mine && whole && thorough)
			check_was(world, run);
		at += run->length;
	}
	if (whole && thorough)
		check_conflicts(world);
}

/* --- what others do --- */

static void put(const struct world *world, uint64_t offset, size_t length)
{
	unsigned char bytes[2000];
	int fd = open(world->path, O_WRONLY);

	if (fd < 0)
		return;
	for (size_t i = 0; i < length; i++)
		bytes[i] = (unsigned char)('a' + chance(26));
	if (pwrite(fd, bytes, length, (off_t)offset) < 0)
		fail();
	close(fd);
}

static uint64_t size_on_disk(const struct world *world)
{
	struct stat status;

	return stat(world->path, &status) == 0 ? (uint64_t)status.st_size : 0;
}

static void store(const struct world *world, uint64_t size)
{
	int fd = open(world->path, O_RDWR);
	unsigned char *bytes;

	if (fd < 0 || size == 0)
		return;
	bytes = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED,
		     fd, 0);
	if (bytes != MAP_FAILED) {
		for (unsigned i = 1 + chance(30); i > 0; i--)
			bytes[chance((unsigned)size)] = 's';
		munmap(bytes, (size_t)size);
	}
	close(fd);
}

static void punch(const struct world *world, uint64_t size)
{
	int fd = open(world->path, O_RDWR);

	/* Not every file system can. */
	if (fd >= 0 && size > 0)
		(void)!fallocate(fd, FALLOC_FL_PUNCH_HOLE |
				 FALLOC_FL_KEEP_SIZE,
				 chance((unsigned)size), 1 + chance(3 * 4096));
	if (fd >= 0)
		close(fd);
}

/* Another file, which is about the same or quite another one. */
static void replace(const struct world *world, uint64_t size)
{
	static unsigned char bytes[FILE_MAXIMUM];
	char name[90];
	int from = open(world->path, O_RDONLY);
	ssize_t length = 0;
	int to;

	snprintf(name, sizeof name, "%s+", world->path);
	to = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(to >= 0);
	if (from >= 0) {
		length = read(from, bytes, FILE_MAXIMUM);
		close(from);
	}
	for (unsigned i = chance(3) * 20; length > 0 && i > 0; i--)
		bytes[chance((unsigned)length)] = 'r';
	if (chance(4) == 0)
		length = length / 2;
	if (write(to, bytes, (size_t)length) != length)
		fail();
	close(to);
	assert_int_equal(rename(name, world->path), 0);
	(void)size;
}

/* Something or other.  GENTLE: no more than writing to it. */
static void event(struct world *world, bool gentle)
{
	uint64_t size = size_on_disk(world);
	unsigned below = size > 0 ? (unsigned)size : 1;
	size_t length = 1 + chance(chance(3) ? 20 : 2000);
	struct timespec times[2] = { { 0, 0 }, { 0, 0 } };

	world->events++;
	switch (chance(gentle ? 10 : 20)) {
	case 0: case 1: case 2: case 3:
		if (size > length)
			put(world, chance((unsigned)(size - length)), length);
		break;
	case 4: case 5:
		store(world, size);
		break;
	case 6: case 7: case 10:
		if (size + length < FILE_MAXIMUM - GRANULE)
			put(world, size, length);
		break;
	case 8:
		if (chmod(world->path, chance(2) ? 0600 : 0640) < 0)
			break;
		break;
	case 9:
		punch(world, size);
		break;
	case 11: case 12:
		if (truncate(world->path, chance(below)) < 0)
			break;
		break;
	case 13:
		if (truncate(world->path, (off_t)(GRANULE + chance(GRANULE)))
		    < 0)
			break;
		break;
	case 14: case 15:
		replace(world, size);
		break;
	case 16:
		unlink(world->path);
		break;
	case 17:
		if (utimensat(AT_FDCWD, world->path, times, 0) < 0)
			break;
		break;
	default:
		/* Away, and back. */
		put(world, 0, 1);
		break;
	}
}

/* --- what I do --- */

static void forget_states(struct world *world)
{
	for (size_t i = 0; i < STATES; i++) {
		free(world->states[i]);
		world->states[i] = NULL;
	}
}

static void remember(struct world *world)
{
	uint64_t number = document_state_now(world->document);

	if (number >= STATES)
		return;
	if (!world->states[number])
		world->states[number] = malloc(sizeof(struct model));
	assert_non_null(world->states[number]);
	*world->states[number] = world->now;
}

/* What the document says is so. */
static void believe(struct world *world)
{
	world->document = world->session->editor->buffer->document;
	forget_states(world);
	model_take(&world->now, world->document);
	remember(world);
}

/* What is decided, or was there to see, is not asked about again. */
static void forget_was(struct world *world)
{
	for (size_t i = 0; i < world->now.count; i++)
		world->now.runs[i].replaces = false;
}

/* Undone, or redone. */
static void recall(struct world *world)
{
	uint64_t number = document_state_now(world->document);
	uint64_t size = document_file_size(world->document);

	if (number >= STATES || !world->states[number]) {
		model_take(&world->now, world->document);
		return;
	}
	world->now = *world->states[number];
	model_grow(&world->now, size);
	forget_was(world);
}

static enum status run(struct world *world, const char *line)
{
	struct error error = ERROR_NONE;
	enum status status;

	world->session->out[0] = '\0';
	status = session_execute(world->session, line, &error);
	if (status == STATUS_FAILED && !error.message[0])
		fail_msg("%s failed without a word", line);
	return status;
}

static void edit(struct world *world)
{
	struct document *document = world->document;
	uint64_t size = document_size(document);
	uint64_t at = size ? chance((unsigned)size) : 0;
	unsigned char bytes[EDIT], shown[EDIT];
	size_t length = 1 + chance(EDIT);
	bool done;

	/* Near by, often. */
	if (chance(2) && at > 300)
		at = 300 - chance(100);
	for (size_t i = 0; i < length; i++)
		bytes[i] = (unsigned char)('A' + chance(26));
	switch (chance(6)) {
	case 0:
		done = document_insert(document, at, bytes, length, NULL);
		if (done)
			model_insert(&world->now, at, bytes, length);
		break;
	case 1:
		if (length > size - at)
			length = (size_t)(size - at);
		done = document_delete(document, range_of(at, length), NULL);
		if (done && length > 0)
			remove_range(&world->now, range_of(at, length));
		break;
	default:
		document_read(document, at, shown, length);
		done = document_overwrite(document, at, bytes, length, NULL);
		if (done)
			model_overwrite(&world->now, at, bytes, length, shown);
		break;
	}
	assert_true(done);
	remember(world);
}

static void go(struct world *world)
{
	remember(world);
	run(world, chance(3) ? "undo" : "redo");
	recall(world);
}

/* What my changes put in, one behind the other. */
static size_t my_bytes(const struct document *document, unsigned char *bytes,
		       size_t room, uint64_t *taken_out)
{
	struct change change;
	size_t used = 0;

	*taken_out = 0;
	for (uint64_t i = 0; document_change(document, i, &change); i++) {
		size_t length = (size_t)range_length(change.now);

		assert_true(used + length <= room);
		used += document_read(document, change.now.start, bytes + used,
				      length);
		*taken_out += range_length(change.file);
	}
	return used;
}

/* A file that cannot go on takes my changes along, or nothing happens. */
static void reload(struct world *world)
{
	static unsigned char before[RUNS * EDIT], after[RUNS * EDIT];
	uint64_t out_before, out_after;
	enum file_state state = document_outside(world->document, true);
	bool whole = state == FILE_WRITTEN || state == FILE_GREW ||
		     state == FILE_SAME;
	size_t length = my_bytes(world->document, before, sizeof before,
				 &out_before);
	bool changed = document_change_count(world->document) > 0;

	if (run(world, "reload") != STATUS_DONE) {
		check(world, true);
		return;
	}
	world->taken++;
	world->document = world->session->editor->buffer->document;
	if (whole) {
		/* What gave way comes back. */
		believe(world);
		check(world, true);
		return;
	}
	if (document_redo_steps(world->document) > 0)
		run(world, "redo");
	assert_int_equal(my_bytes(world->document, after, sizeof after,
				  &out_after), length);
	assert_memory_equal(before, after, length);
	assert_int_equal(out_before, out_after);
	assert_int_equal(document_change_count(world->document) > 0, changed);
	believe(world);
	check(world, true);
}

static size_t file_bytes(const struct world *world, unsigned char *bytes)
{
	int fd = open(world->path, O_RDONLY);
	ssize_t got;

	if (fd < 0)
		return SIZE_MAX;
	got = read(fd, bytes, FILE_MAXIMUM);
	close(fd);
	return (size_t)got;
}

/* Written is all of it; or nothing, and that is said. */
static void write_it(struct world *world)
{
	static unsigned char before[FILE_MAXIMUM], after[FILE_MAXIMUM];
	static unsigned char document[FILE_MAXIMUM];
	size_t size = file_bytes(world, before), length, now;
	bool changed = document_modified(world->document);
	enum file_state was = state_of(world);
	bool done = run(world, chance(2) ? "write" : "write!") == STATUS_DONE;
	enum file_state state = state_of(world);

	now = file_bytes(world, after);
	if (!done) {
		world->refused++;
		assert_true(changed && state != FILE_SAME);
		assert_int_equal(now, size);
		assert_true(size == SIZE_MAX ||
			    memcmp(before, after, size) == 0);
		check(world, true);
		return;
	}
	if (!changed)
		return;
	world->saved++;
	/* What the file had grown by belongs to it. */
	if (was == FILE_GREW)
		model_grow(&world->now, world->now.file_size
			   + document_size(world->document)
			   - model_length(&world->now));
	world->now.file_size = document_file_size(world->document);
	check(world, false);
	assert_int_equal(state, FILE_SAME);
	length = document_read(world->document, 0, document, FILE_MAXIMUM);
	assert_int_equal(now, length);
	assert_memory_equal(after, document, length);
	believe(world);
	check(world, true);
}

static void decide(struct world *world)
{
	static unsigned char before[RUNS * EDIT], after[RUNS * EDIT];
	static const char *const lines[] = {
		"mine", "theirs", "200,300 mine", "200,300 theirs", "outside",
		"0,4096 theirs", "0,4096 mine",
	};
	const char *line = lines[chance(sizeof lines / sizeof *lines)];
	uint64_t out;
	size_t length = my_bytes(world->document, before, sizeof before, &out);
	bool done;

	if (document_size(world->document) < 4096)
		return;
	done = run(world, line) == STATUS_DONE;
	if (!done || !strstr(line, "theirs")) {
		assert_int_equal(my_bytes(world->document, after,
					  sizeof after, &out), length);
		assert_memory_equal(before, after, length);
	}
	if (done && strstr(line, "theirs"))
		model_take(&world->now, world->document);
	if (done && strstr(line, "mine"))
		forget_was(world);
	/* What is below my bytes is known now. */
	if (done && state_of(world) == FILE_SAME)
		believe(world);
	remember(world);
	check(world, true);
}

static void search(struct world *world)
{
	static const char *const lines[] = {
		"count /[a-z]+/", "find /[A-Z]{3}/", "% matches /[A-Z]+/",
		"count {00 00}",
	};

	/* Bytes may be lost while it looks. */
	run(world, chance(4) ? lines[chance(2)] : lines[chance(4)]);
}

static void start(struct world *world)
{
	unsigned char bytes[GRANULE + 1000];
	void *state = NULL;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)('a' + chance(26));
	assert_int_equal(session_setup(&state), 0);
	world->session = state;
	/* More than is printed here nobody wants. */
	world->session->editor->print = NULL;
	session_open(world->session, bytes, sizeof bytes);
	session_path(world->session, 0, world->path);
	believe(world);
}

static void end(struct world *world)
{
	void *state = world->session;

	forget_states(world);
	session_teardown(&state);
}

/* From nothing, where the file can no longer be taken up. */
static void start_again(struct world *world)
{
	end(world);
	start(world);
}

static void step(struct world *world)
{
	switch (chance(12)) {
	case 0: case 1: case 2: case 3:
		edit(world);
		break;
	case 4:
		go(world);
		break;
	case 5:
		search(world);
		break;
	case 6: case 7:
		if (chance(2))
			decide(world);
		if (chance(2))
			reload(world);
		write_it(world);
		break;
	case 8: case 9:
		decide(world);
		break;
	default:
		reload(world);
		break;
	}
	if (world->now.count > RUNS / 2 ||
	    document_state_count(world->document) > STATES / 2 ||
	    state_of(world) == FILE_REMOVED ||
	    document_size(world->document) > FILE_MAXIMUM - 2 * GRANULE ||
	    document_size(world->document) < 400)
		start_again(world);
}

static void test_outside_events(void **state)
{
	struct world world = { .session = NULL };

	(void)state;
	seed = 1;
	start(&world);
	while (world.events < 2000) {
		event(&world, chance(4) != 0);
		check(&world, chance(2) == 0);
		for (unsigned i = 1 + chance(3); i > 0; i--) {
			step(&world);
			check(&world, chance(3) == 0);
		}
	}
	end(&world);
	print_message("%u events: %u flushes, %u refused, %u taken up\n",
		      world.events, world.saved, world.refused, world.taken);
	/* All of it has happened, or it would prove little. */
	assert_true(world.saved > 50);
	assert_true(world.refused > 50);
	assert_true(world.taken > 50);
}

/* At any time: another process goes on and on while edits are made, searches
 * run and the file is looked at. */
static void test_outside_at_any_time(void **state)
{
	struct world world = { .session = NULL };
	pid_t child;
	int status;

	(void)state;
	seed = 2;
	start(&world);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		while (world.events < 20000)
			event(&world, chance(20) != 0);
		_exit(0);
	}
	while (waitpid(child, &status, WNOHANG) == 0) {
		if (world.now.count < RUNS / 2)
			edit(&world);
		search(&world);
		check(&world, false);
		run(&world, "undo");
		recall(&world);
		run(&world, "redo");
		recall(&world);
		check(&world, false);
		document_outside(world.document, true);
	}
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	check(&world, true);
	end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outside_events),
		cmocka_unit_test(test_outside_at_any_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
