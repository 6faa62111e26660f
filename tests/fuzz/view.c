/*
 * Fuzz target: any bytes in a view in hex and in text, with any motions, modes,
 * options, sizes and edits.  Whatever happens the view holds together, and what
 * it draws is fit for a terminal.
 *
 * The first byte says how many actions follow, two bytes each; the others are
 * the document.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>

#include "encoding.h"
#include "log_input.h"
#include "octavo/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct document *open_document(const uint8_t *data, size_t size)
{
	int fd = memfd_create("file", MFD_CLOEXEC);
	struct error error = ERROR_NONE;
	struct document *document;
	struct file *file;
	char path[64];

	expect(fd >= 0);
	input_put(fd, data, size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	file = file_open(path, NULL, NULL, &error);
	expect(file);
	document = document_open(file, &error);
	expect(document);
	close(fd);
	return document;
}

static void set_options(struct view *view, unsigned value)
{
	view_set_text_options(view, &(struct text_options){
		.wrap = value & 1,
		.colors = value & 2,
		.tab = 1 + (value >> 2 & 7),
		.encoding = (value >> 5) % ENCODING_FORMS,
	});
}

static void edit(struct view *view, unsigned value)
{
	const char byte = (char)value;

	if (value & 1)
		document_insert(view->document, view->cursor, &byte, 1, NULL);
	else
		document_delete(view->document,
				view_character(view, view->cursor), NULL);
	view_show(view);
}

static void act(struct view *view, unsigned action, unsigned value)
{
	switch (action % 10) {
	case 0:
		view_set_text_mode(view, value & 1);
		break;
	case 1:
		set_options(view, value);
		break;
	case 2:
		view_resize(view, 1 + value % 90, 1 + value / 20);
		break;
	case 3:
		view_goto(view, value * value);
		break;
	case 4:
		edit(view, value);
		break;
	case 5:
		view_set_mode(view, value % 3);
		break;
	case 6:
		view_select(view, value & 1);
		break;
	case 7:
		view_scroll(view, (int)value - 128);
		break;
	default:
		view_move(view, value % (VIEW_END + 1), 1 + value / 16);
	}
}

static void check(const struct view *view)
{
	struct grid *grid = grid_new(view->columns, view->rows);
	struct range selection;

	expect(grid);
	view_check(view);
	view_draw(view, grid, 0, NULL, 0);
	grid_check(grid);
	grid_free(grid);
	if (view_selection(view, &selection))
		expect(selection.end <= document_size(view->document));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t actions = size > 0 ? data[0] : 0;
	struct view view;

	if (size < 1 + 2 * actions)
		return 0;

	struct document *document = open_document(data + 1 + 2 * actions,
						  size - 1 - 2 * actions);

	view_init(&view, document);
	view_set_text_mode(&view, true);
	check(&view);
	for (size_t i = 0; i < actions; i++) {
		act(&view, data[1 + 2 * i], data[2 + 2 * i]);
		check(&view);
	}
	document_close(document);
	return 0;
}
