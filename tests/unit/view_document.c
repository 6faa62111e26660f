/*
 * view: a real document below it: edits, undo, bytes that another process
 * truncates away, and a sparse file past 4 GiB and 1 TiB.
 */
#include "octavo/view.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	char folder[40];
	char path[60];
	int file;
	struct document *document;
	struct view view;
	struct grid *grid;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	if (!fixture)
		return -1;
	*state = fixture;
	strcpy(fixture->folder, "/tmp/octavo-view-XXXXXX");
	if (!mkdtemp(fixture->folder))
		return -1;
	snprintf(fixture->path, sizeof fixture->path, "%s/file",
		 fixture->folder);
	fixture->file = open(fixture->path, O_RDWR | O_CREAT | O_EXCL, 0600);
	fixture->grid = grid_new(44, 3);
	return fixture->file < 0 || !fixture->grid ? -1 : 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	document_close(fixture->document);
	grid_free(fixture->grid);
	close(fixture->file);
	unlink(fixture->path);
	rmdir(fixture->folder);
	free(fixture);
	return 0;
}

static void put(struct fixture *fixture, uint64_t offset, const char *text)
{
	size_t length = strlen(text);

	assert_int_equal(pwrite(fixture->file, text, length, (off_t)offset),
			 length);
}

static void show(struct fixture *fixture)
{
	struct error error = ERROR_NONE;
	struct file *file = file_open(fixture->path, NULL, NULL, &error);

	assert_non_null(file);
	fixture->document = document_open(file, &error);
	assert_non_null(fixture->document);
	view_init(&fixture->view, fixture->document);
	view_resize(&fixture->view, 44, 3);
}

static void assert_drawn(struct fixture *fixture, const char *expected)
{
	view_show(&fixture->view);
	view_check(&fixture->view);
	view_draw(&fixture->view, fixture->grid, 0, NULL, 0);
	grid_check(fixture->grid);

	char *text = grid_to_text(fixture->grid);
	assert_string_equal(text, expected);
	free(text);
}

/* Which bytes of the first row are shown as changed, in the text pane. */
static void assert_changed(struct fixture *fixture, const char *expected)
{
	char found[9] = "";

	for (unsigned i = 0; i < 8; i++) {
		const struct cell *cell = grid_cell(fixture->grid, 0, 35 + i);

		found[i] = cell->role == ROLE_CHANGED ? '*' : '-';
	}
	assert_string_equal(found, expected);
}

static void test_view_follows_edits(void **state)
{
	struct fixture *fixture = *state;
	struct error error = ERROR_NONE;
	struct range touched;

	put(fixture, 0, "abcdefgh01234567");
	show(fixture);
	view_goto(&fixture->view, 15);
	assert_true(document_overwrite(fixture->document, 1, "XY", 2, &error));
	assert_true(document_insert(fixture->document, 4, "++", 2, &error));
	assert_drawn(fixture,
		     "00000000  61 58 59 64 2b 2b 65 66  aXYd++ef\n"
		     "00000008  67 68 30 31 32 33 34 35  gh012345\n"
		     "00000010  36 37                    67\n");
	assert_changed(fixture, "-**-**--");
	assert_true(document_undo(fixture->document, &touched, &error));
	assert_true(document_delete(fixture->document, range_of(4, 8),
				    &error));
	assert_drawn(fixture,
		     "00000000  61 58 59 64 34 35 36 37  aXYd4567\n\n\n");
	assert_changed(fixture, "-**-*---");
	assert_int_equal(fixture->view.cursor, 7);
	assert_true(document_delete(fixture->document, range_of(0, 8),
				    &error));
	assert_drawn(fixture, "00000000\n\n\n");
	assert_int_equal(fixture->view.cursor, 0);
}

static void test_view_shows_lost_bytes(void **state)
{
	struct fixture *fixture = *state;
	long page = sysconf(_SC_PAGESIZE);

	assert_int_equal(ftruncate(fixture->file, 4 * page), 0);
	show(fixture);
	assert_int_equal(ftruncate(fixture->file, page), 0);
	/* Nobody has asked the file: the reading itself finds out. */
	view_goto(&fixture->view, (uint64_t)page * 2);
	view_resize(&fixture->view, 44, 1);
	view_draw(&fixture->view, fixture->grid, 0, NULL, 0);
	assert_int_equal(grid_cell(fixture->grid, 0, 13)->character, '?');
	assert_int_equal(grid_cell(fixture->grid, 0, 13)->role, ROLE_LOST);
	assert_int_equal(grid_cell(fixture->grid, 0, 42)->character, '?');
}

/* Valgrind and limits on memory leave less. */
static bool has_addresses(size_t size)
{
	void *room = mmap(NULL, size, PROT_READ,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return room != MAP_FAILED && munmap(room, size) == 0;
}

static void test_view_sparse_file(void **state)
{
	struct fixture *fixture = *state;
	uint64_t four = (uint64_t)4 << 30;
	uint64_t tera = (uint64_t)1 << 40;

	if (!has_addresses(2 * tera))
		skip();
	assert_int_equal(ftruncate(fixture->file, (off_t)(2 * tera)), 0);
	put(fixture, four + 1, "four");
	put(fixture, tera + 3, "tera");
	put(fixture, 2 * tera - 2, "ok");
	show(fixture);
	view_set_folding(&fixture->view, false);
	view_resize(&fixture->view, 30, 3);
	assert_drawn(fixture,
		     "00000000000  00 00 00 00  ....\n"
		     "00000000004  00 00 00 00  ....\n"
		     "00000000008  00 00 00 00  ....\n");
	view_goto(&fixture->view, four);
	assert_drawn(fixture,
		     "000fffffffc  00 00 00 00  ....\n"
		     "00100000000  00 66 6f 75  .fou\n"
		     "00100000004  72 00 00 00  r...\n");
	view_goto(&fixture->view, tera);
	view_scroll(&fixture->view, 1);
	assert_drawn(fixture,
		     "10000000000  00 00 00 74  ...t\n"
		     "10000000004  65 72 61 00  era.\n"
		     "10000000008  00 00 00 00  ....\n");
	view_move(&fixture->view, VIEW_END, 1);
	assert_drawn(fixture,
		     "1fffffffff4  00 00 00 00  ....\n"
		     "1fffffffff8  00 00 00 00  ....\n"
		     "1fffffffffc  00 00 6f 6b  ..ok\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_view_follows_edits,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_view_shows_lost_bytes,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_view_sparse_file,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
