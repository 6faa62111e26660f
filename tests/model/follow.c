/*
 * Following against a model of `tail -F`: a script of appends, renames,
 * truncations, removals and new files, at random; and whenever it has settled,
 * all that the model says is to be seen, and the cursor at the end of it.
 *
 * The model has files, by number, and which of them the path names, if any.  At
 * a look another one there is gone over to, but not before the second look that
 * finds one, because the end of the old file is to be seen; at once where there
 * is no such end any more, as the old file is shorter than it was.
 */
#include "../unit/session.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { FILES = 64, BYTES = 20000, EVENTS = 3000, NOTHING = -1 };

struct model {
	char (*bytes)[BYTES];
	size_t length[FILES];
	int count;
	int named;		/* by the path; or NOTHING */
	int followed;
	size_t shown;		/* bytes of that */
	bool replaced;		/* that was found at the last look */
	bool cut;		/* and that what was shown is not there */
};

struct world {
	struct session *session;
	struct model model;
	char path[80];
	char away[96];		/* the name of the file that was renamed */
	int moved;		/* which one that is; or NOTHING */
	unsigned looks;
	unsigned rotations;
};

static unsigned long long seed = 1;

static unsigned chance(unsigned bound)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)(seed >> 33) % bound;
}

/* --- what is written, on disk and in the model --- */

/* Lines, some of them not ended yet, or many. */
static size_t make_text(char *text, size_t room)
{
	size_t length = chance(4) ? 1 + chance(60) : 1 + chance(5000);

	if (length > room)
		length = room;
	for (size_t i = 0; i < length; i++)
		text[i] = (char)(chance(20) ? 'a' + chance(26) : '\n');
	return length;
}

static void append_to(struct world *world, const char *path, int file)
{
	struct model *model = &world->model;
	char *end = model->bytes[file] + model->length[file];
	size_t length = make_text(end, BYTES - model->length[file]);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, end, length), length);
	close(fd);
	model->length[file] += length;
}

/* A file that nobody knows yet; what has no name and is not followed goes. */
static int new_file(struct model *model)
{
	assert_true(model->count < FILES);
	model->length[model->count] = 0;
	return model->count++;
}

static void create(struct world *world, const char *path, int file)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	close(fd);
	if (chance(2))
		append_to(world, path, file);
}

static void rename_away(struct world *world)
{
	if (rename(world->path, world->away) != 0)
		fail();
	world->moved = world->model.named;
	world->model.named = NOTHING;
}

/* Another file takes the name at one stroke. */
static void replace(struct world *world)
{
	char path[96];
	int file = new_file(&world->model);

	snprintf(path, sizeof path, "%s.new", world->path);
	create(world, path, file);
	assert_int_equal(rename(path, world->path), 0);
	world->model.named = file;
}

/* Shorter than it was, perhaps not for long. */
static void truncate_it(struct world *world)
{
	struct model *model = &world->model;
	size_t *length = &model->length[model->named];

	*length = chance(3) ? 0 : chance((unsigned)*length + 1);
	assert_int_equal(truncate(world->path, (off_t)*length), 0);
	while (chance(2))
		append_to(world, world->path, model->named);
}

static void happen(struct world *world)
{
	struct model *model = &world->model;

	if (world->moved != NOTHING && chance(3) == 0)
		append_to(world, world->away, world->moved);
	if (model->named == NOTHING) {
		if (chance(2)) {
			model->named = new_file(model);
			create(world, world->path, model->named);
		}
		return;
	}
	switch (chance(12)) {
	case 0:
		rename_away(world);
		break;
	case 1:
		truncate_it(world);
		break;
	case 2:
		replace(world);
		break;
	case 3:
		unlink(world->path);
		model->named = NOTHING;
		break;
	default:
		append_to(world, world->path, model->named);
		break;
	}
}

/* --- what is seen --- */

static void look(struct world *world)
{
	struct model *model = &world->model;
	bool another = model->named != NOTHING
		       && model->named != model->followed;

	editor_check_files(world->session->editor);
	model->cut |= model->length[model->followed] < model->shown;
	if (model->cut ? model->named != NOTHING : another && model->replaced) {
		world->rotations++;
		model->followed = model->named;
		model->replaced = model->cut = false;
	} else {
		model->replaced = another;
	}
	model->shown = model->length[model->followed];
}

static void check(struct world *world)
{
	static char bytes[BYTES + 1];
	struct model *model = &world->model;
	struct buffer *buffer = world->session->editor->buffer;
	const char *word = editor_following(world->session->editor);
	size_t length = model->shown;

	assert_non_null(word);
	if (model->cut)
		return;
	assert_string_equal(word, model->named == NOTHING ? "FOLLOW gone"
							  : "FOLLOW");
	assert_int_equal(document_read(buffer->document, 0, bytes,
				       sizeof bytes), length);
	assert_memory_equal(bytes, model->bytes[model->followed], length);
	assert_int_equal(buffer->view.cursor, length ? length - 1 : 0);
	document_check(buffer->document);
	view_check(&buffer->view);
}

/* Numbers of files that are still of interest; the others are free again. */
static void collect(struct world *world)
{
	struct model *model = &world->model;
	int *used[] = { &model->named, &model->followed, &world->moved };
	int next = 0;

	if (model->count < FILES - 4)
		return;
	for (int file = 0; file < model->count; file++) {
		bool kept = false;

		for (size_t i = 0; i < 3; i++)
			if (*used[i] == file) {
				*used[i] = next;
				kept = true;
			}
		if (!kept)
			continue;
		memmove(model->bytes[next], model->bytes[file], BYTES);
		model->length[next++] = model->length[file];
	}
	model->count = next;
}

static bool is_full(const struct model *model)
{
	return model->named != NOTHING
	       && model->length[model->named] > BYTES / 2;
}

static void run(struct world *world)
{
	for (unsigned i = 0; i < EVENTS; i++) {
		happen(world);
		if (is_full(&world->model))
			truncate_it(world);
		if (chance(3) == 0)
			look(world);
		if (chance(4) == 0) {
			look(world);
			look(world);
			world->looks++;
			check(world);
		}
		collect(world);
	}
}

static void test_model_follow(void **state)
{
	struct session *session = *state;
	struct world world = { .session = session, .moved = NOTHING };

	world.model.bytes = malloc(FILES * sizeof *world.model.bytes);
	assert_non_null(world.model.bytes);
	session_path(session, 0, world.path);
	snprintf(world.away, sizeof world.away, "%s.1", world.path);
	session_text(session, "");
	world.model.count = 1;
	session_keys(session, "F");
	run(&world);
	print_message("%u looks, %u rotations\n", world.looks,
		      world.rotations);
	assert_true(world.looks > EVENTS / 8 && world.rotations > EVENTS / 50);
	unlink(world.path);
	unlink(world.away);
	free(world.model.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_model_follow,
						session_setup,
						session_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
