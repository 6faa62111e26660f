/*
 * The windows, above the lower lines: side by side with a column between them,
 * or one above the other.  Each is drawn in a part of the grid as if it was
 * all there is: banner, view, status line.
 *
 * Where they have no room all together, only the one with the focus is shown,
 * in all of it.
 */
#include "screen_window.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "amount.h"
#include "octavo/screen.h"

/* Below this a window is not worth its place. */
enum { WINDOW_COLUMNS = SCREEN_COLUMNS_MINIMUM, WINDOW_ROWS = 3 };

/* A window in the grid. */
struct place {
	unsigned row;
	unsigned column;
	unsigned columns;
	unsigned rows;		/* with the status line, which is the last */
};

unsigned screen_windows_rows(const struct grid *grid)
{
	return grid->rows - (grid->rows >= 6 ? 2 : 1);
}

/* --- where they are --- */

/* Part INDEX of COUNT of LENGTH, GAP between two; the last ones are longer. */
static void divide(unsigned length, unsigned gap, unsigned count,
		   unsigned index, unsigned *start, unsigned *part)
{
	unsigned all = length - gap * (count - 1);
	unsigned longer = count - all % count;

	*part = all / count + (index >= longer);
	*start = index * (all / count + gap)
		 + (index > longer ? index - longer : 0);
}

/* Is there room for all? */
static bool all_shown(const struct editor *editor, const struct grid *grid)
{
	unsigned count = (unsigned)editor->window_count;

	if (editor->stacked)
		return screen_windows_rows(grid) / count >= WINDOW_ROWS;
	return (grid->columns - (count - 1)) / count >= WINDOW_COLUMNS;
}

/* False where the window is not shown. */
static bool place_of(const struct editor *editor, const struct grid *grid,
		     size_t window, struct place *place)
{
	unsigned count = (unsigned)editor->window_count;
	unsigned index = (unsigned)window;

	*place = (struct place){ 0, 0, grid->columns,
				 screen_windows_rows(grid) };
	if (count == 1 || !all_shown(editor, grid))
		return window == editor->focus;
	if (editor->stacked)
		divide(place->rows, 0, count, index, &place->row,
		       &place->rows);
	else
		divide(place->columns, 1, count, index, &place->column,
		       &place->columns);
	return true;
}

/* Why unsaved edits are not protected, or NULL. */
static const char *problem_of(const struct buffer *buffer)
{
	return buffer->log ? log_problem(buffer->log) : NULL;
}

static bool has_banner(const struct buffer *buffer)
{
	uint64_t length;

	if (document_outside_state(buffer->document) != FILE_SAME
	    || buffer->interrupted || problem_of(buffer))
		return true;

	uint64_t size = document_size(buffer->document);

	return document_epoch(buffer->document) > 0 && size > 0
	       && document_lost(buffer->document, size - 1, &length);
}

/* Of a long path the end says most. */
static const char *short_path(const struct buffer *buffer, unsigned columns)
{
	const char *path = file_path(document_file(buffer->document));
	const char *slash = strrchr(path, '/');

	return slash && slash[1] && strlen(path) > columns / 2 ? slash + 1
							       : path;
}

/* What the banner says has happened, and what can be done. */
static const char *banner_text(const struct buffer *buffer, unsigned columns,
			       char text[ERROR_MESSAGE_SIZE])
{
	const struct document *document = buffer->document;
	enum file_state seen = document_outside_state(document);
	bool outside = seen != FILE_SAME;
	bool written = seen == FILE_WRITTEN || seen == FILE_GREW;
	const char *problem = problem_of(buffer);
	char state[ERROR_MESSAGE_SIZE];
	const char *what =
		outside ? document_outside_text(document, state, sizeof state) :
		buffer->interrupted ? "an earlier flush was interrupted" :
		problem ? "" : "bytes could not be read";

	if (problem)
		snprintf(text, ERROR_MESSAGE_SIZE, "%s: unsaved edits are not "
			 "protected: %s%s%s", short_path(buffer, columns),
			 problem, what[0] ? "; " : "", what);
	else
		snprintf(text, ERROR_MESSAGE_SIZE, "%s: %s%s",
			 short_path(buffer, columns), what,
			 document_change_count(document) > 0 && !written
				 ? "; your edits are kept" : "");
	return outside ? document_outside_advice(document) : "";
}

/* Where both have no room in one row, the banner has two. */
static bool banner_is_long(const struct buffer *buffer, unsigned columns)
{
	char text[ERROR_MESSAGE_SIZE];
	size_t advice = strlen(banner_text(buffer, columns, text));

	return advice > 0 && strlen(text) + 2 + advice > columns;
}

/* The rows of a window's view: all but the banner and the status line. */
static void view_rows(const struct buffer *buffer, unsigned rows,
		      unsigned columns, unsigned *first, unsigned *count)
{
	*first = rows > 2 && has_banner(buffer);
	if (*first > 0 && rows > 5 && banner_is_long(buffer, columns))
		*first = 2;
	*count = rows - 1 - *first;
}

bool screen_hit(const struct editor *editor, const struct grid *grid,
		unsigned row, unsigned column, struct screen_place *hit)
{
	struct place place;

	if (!editor->buffer || grid->rows < SCREEN_ROWS_MINIMUM
	    || grid->columns < SCREEN_COLUMNS_MINIMUM)
		return false;
	for (size_t i = 0; i < editor->window_count; i++) {
		unsigned first;
		unsigned rows;

		if (!place_of(editor, grid, i, &place) || row < place.row
		    || row - place.row >= place.rows || column < place.column
		    || column - place.column >= place.columns)
			continue;
		view_rows(editor->windows[i].buffer, place.rows, place.columns,
			  &first, &rows);
		hit->window = i;
		hit->in_view = row - place.row >= first
			       && row - place.row - first < rows;
		hit->row = row - place.row - first;
		hit->column = column - place.column;
		return true;
	}
	return false;
}

void screen_panel_rows(const struct editor *editor, const struct grid *grid,
		       unsigned *first, unsigned *rows)
{
	*first = *rows = 0;
	if (grid->rows < SCREEN_ROWS_MINIMUM)
		return;
	*rows = screen_windows_rows(grid) - 1;
	if (editor->buffer && editor->window_count == 1)
		view_rows(editor->buffer, *rows + 1, grid->columns, first,
			  rows);
}

/* --- what they show --- */

static void draw_banner(const struct buffer *buffer, struct grid *grid,
			unsigned rows)
{
	char text[ERROR_MESSAGE_SIZE];
	const char *advice = banner_text(buffer, grid->columns, text);
	unsigned used;

	for (unsigned row = 0; row < rows; row++)
		grid_fill(grid, row, 0, grid->columns, ' ', ROLE_BANNER);
	used = grid_text(grid, 0, 0, grid->columns, text, ROLE_BANNER);
	if (!advice[0])
		return;
	if (rows > 1) {
		grid_text(grid, 1, 2, grid->columns - 2, advice, ROLE_BANNER);
		return;
	}
	if (used + 2 < grid->columns) {
		grid_text(grid, 0, used, 2, "; ", ROLE_BANNER);
		grid_text(grid, 0, used + 2, grid->columns - used - 2, advice,
			  ROLE_BANNER);
	}
}

/* --- the status line --- */

static const char *mode_name(const struct view *view)
{
	if (view->selecting)
		return "SELECT";
	switch (view->mode) {
	case VIEW_BROWSE:
		return document_read_only(view->document) ? "read-only"
							     : "browse";
	case VIEW_OVERWRITE:
		return "OVERWRITE";
	case VIEW_INSERT:
		return "INSERT";
	case VIEW_REPLACE_ONE:
		return "REPLACE";
	}
	return "";
}

unsigned screen_percent(uint64_t part, uint64_t whole)
{
	if (whole == 0)
		return 0;
	if (whole < UINT64_MAX / 100)
		return (unsigned)(part * 100 / whole);
	return (unsigned)(part / (whole / 100));
}

const char *screen_grouped(uint64_t number, char text[32])
{
	char digits[24];
	int length = snprintf(digits, sizeof digits, "%" PRIu64, number);
	size_t used = 0;

	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			text[used++] = ',';
		text[used++] = digits[i];
	}
	text[used] = '\0';
	return text;
}

/* How much of the status line is left out, so that the rest has room. */
enum shortness { ALL, SHORT, SHORTER, SHORTEST };

/* What is left out whatever room there is. */
static enum shortness least_short(unsigned columns)
{
	return columns >= 60 ? ALL : columns >= 40 ? SHORT : SHORTER;
}

/* How many lines are shown, as far as that is known. */
static void format_filter(const struct buffer *buffer,
			  enum shortness shortness, char *text, size_t room)
{
	struct filter_status status;
	const char *unit = "";
	char lines[32];
	int used;

	text[0] = '\0';
	if (!editor_filter_status(buffer, &status))
		return;
	if (status.state == JOB_FAILED) {
		snprintf(text, room, "filter failed  ");
		return;
	}
	if (shortness < SHORTEST)
		unit = status.lines == 1 ? " line" : " lines";
	used = snprintf(text, room, "%s %s%s  ",
			shortness < SHORTEST ? "filter" : "&",
			screen_grouped(status.lines, lines), unit);
	if (status.state == JOB_RUNNING)
		snprintf(text + used - 1, room - (size_t)used, "%u%%  ",
			 screen_percent(status.done, status.total));
}

static void format_changes(const struct document *document, char *text,
			   size_t room)
{
	uint64_t count = document_change_count(document);

	text[0] = '\0';
	if (count > 0)
		snprintf(text, room, "%" PRIu64 " change%s", count,
			 count == 1 ? "" : "s");
}

/* The line and, where there is room, the column, in bytes, from 1; what of them
 * is known. */
static void format_line(const struct view *view, unsigned columns, char *text,
			size_t room)
{
	const struct view_lines *lines = &view->lines;
	uint64_t cursor = view->cursor;
	uint64_t number;
	uint64_t start;
	size_t used = 0;

	text[0] = '\0';
	if (!view->text_mode)
		return;
	if (lines->number && lines->number(lines->context, cursor, &number))
		used = (size_t)snprintf(text, room, "line %" PRIu64 "  ",
					number);
	if (columns >= 40 && view_line_start(view, cursor, &start))
		snprintf(text + used, room - used, "col %" PRIu64 "  ",
			 cursor - start + 1);
}

/* Where the cursor stands.  In text the offset says less than the line; in
 * decimal it is of use to those who count bytes. */
static void format_place(const struct view *view, unsigned columns,
			 enum shortness shortness, char *text, size_t room)
{
	uint64_t cursor = view->cursor;
	uint64_t size = document_size(view->document);
	uint64_t last = size > 0 ? size - 1 : 0;
	unsigned share = screen_percent(cursor < last ? cursor : last,
					last > 0 ? last : 1);
	bool narrow = columns < 60;
	char line[64] = "";
	char total[40] = "";
	char offset[24] = "";
	char decimal[24] = "";
	const char *gap = narrow ? " " : "  ";

	format_line(view, columns, line, sizeof line);
	if (!line[0] || shortness < SHORTEST)
		snprintf(offset, sizeof offset, "0x%" PRIx64 "%s", cursor, gap);
	if (shortness == ALL || (shortness == SHORT && !line[0]))
		snprintf(decimal, sizeof decimal, "%" PRIu64 "%s", cursor, gap);
	if (!narrow && (shortness == ALL || (shortness == SHORT && line[0]))) {
		strcpy(total, "  ");
		amount_format(size, total + 2, sizeof total - 2);
	}
	snprintf(text, room, "%s%s%s%u%%%s", line, offset, decimal, share,
		 total);
}

static size_t buffer_number(const struct editor *editor,
			    const struct buffer *buffer)
{
	size_t index = 0;

	while (editor->buffers[index] != buffer)
		index++;
	return index + 1;
}

/* Of a process who it is, and what the cursor is in. */
static void format_process(const struct buffer *buffer,
			   const struct view *view, char *text, size_t room)
{
	const struct file *file = document_file(buffer->document);
	const struct file_process_name *process = file_process(file);
	struct file_region region = { .name = "" };

	file_region_at(file, view->cursor, &region);

	const char *slash = strrchr(region.name, '/');

	snprintf(text, room, "%ld %s  %s", process->number, process->name,
		 slash ? slash + 1 : region.name);
}

/* Behind the name: how much of standard input there is, while that is not
 * all. */
static void format_flow(const struct buffer *buffer, char *text, size_t room)
{
	enum file_flow flow = file_flow(document_file(buffer->document));
	char size[32];

	text[0] = '\0';
	if (flow == FILE_STILL)
		return;
	amount_format(document_file_size(buffer->document), size,
		      sizeof size);
	snprintf(text, room, flow == FILE_FLOWING ? ": %s so far"
						  : ": cut off behind %s",
		 size);
}

static void format_name(const struct editor *editor,
			const struct buffer *buffer, const struct view *view,
			unsigned columns, char *text, size_t room)
{
	size_t used = 0;

	if (editor->buffer_count > 1)
		used = (size_t)snprintf(text, room, "[%zu/%zu] ",
					buffer_number(editor, buffer),
					editor->buffer_count);
	if (file_process(document_file(buffer->document))) {
		format_process(buffer, view, text + used, room - used);
		return;
	}
	used += (size_t)snprintf(text + used, room - used, "%s",
				 short_path(buffer, columns));
	if (used < room)
		format_flow(buffer, text + used, room - used);
}

/* What stands at the right end of the status line: keys that were typed so far,
 * the filter, the changes, the place. */
static void format_right(const struct buffer *buffer, const struct view *view,
			 const char *pending, unsigned columns,
			 enum shortness shortness, char *text, size_t room)
{
	char filter[80];
	char changes[64];
	char place[160];

	format_filter(buffer, shortness, filter, sizeof filter);
	format_changes(buffer->document, changes, sizeof changes);
	format_place(view, columns, shortness, place, sizeof place);
	snprintf(text, room, "%s%s%s%s%s%s", pending, pending[0] ? "  " : "",
		 filter, changes, changes[0] ? "  " : "", place);
}

/* So much of the name says which file it is. */
enum { NAME_ENOUGH = 12 };

/* The mode shows where the keys go.  It and the name come before those things
 * that are known from others. */
static void draw_status(struct editor *editor, struct grid *grid,
			unsigned row, size_t window)
{
	const struct buffer *buffer = editor->windows[window].buffer;
	const struct view *view = editor_window_view(editor, window);
	bool focus = window == editor->focus;
	enum role role = focus ? ROLE_STATUS : ROLE_STATUS_OTHER;
	const char *pending = focus ? editor->pending : "";
	char right[400];
	char name[512];
	const char *mode = focus && editor_following(editor)
				   ? editor_following(editor)
				   : mode_name(view);
	bool editing = mode[0] >= 'A' && mode[0] <= 'Z';
	unsigned columns = grid->columns;
	unsigned mode_width = focus ? (unsigned)strlen(mode) + 2 : 0;
	enum shortness shortness = least_short(columns);

	format_name(editor, buffer, view, columns, name, sizeof name);

	size_t name_width = strlen(name);
	size_t wanted = mode_width + 2 +
			(name_width < NAME_ENOUGH ? name_width : NAME_ENOUGH);

	format_right(buffer, view, pending, columns, shortness, right,
		     sizeof right);
	while (shortness < SHORTEST && strlen(right) + wanted > columns)
		format_right(buffer, view, pending, columns, ++shortness,
			     right, sizeof right);

	unsigned right_width = (unsigned)strlen(right);

	grid_fill(grid, row, 0, columns, ' ', role);
	if (right_width > columns)
		right_width = columns;
	grid_text(grid, row, columns - right_width, right_width, right, role);

	unsigned left = columns - right_width;
	unsigned used = 0;

	/* The mode matters more than the name of the file. */
	if (focus && (editing || left >= wanted || left > 24)) {
		used = grid_text(grid, row, 0, left, mode,
				 editing ? ROLE_STATUS_MODE : ROLE_STATUS);
		used += 2;
	}
	if (used + 2 >= left)
		return;
	/* Of a path that has no room the end says most. */
	if (strlen(name) > left - used - 2)
		format_name(editor, buffer, view, 0, name, sizeof name);
	grid_text(grid, row, used, left - used - 2, name, role);
}

/* What is known of the matches in a window: of highlighters and, over them, of
 * the search.  While that is not known, its last match is.  How many patterns
 * have some. */
static size_t matches_in(struct editor *editor, size_t window,
			 struct view_matches *matches)
{
	const struct buffer *buffer = editor->windows[window].buffer;
	const struct highlights *found = &editor->highlights[window];
	size_t count = 0;

	for (size_t i = 0; i < 2 * editor->highlighter_count; i++) {
		size_t index = i % editor->highlighter_count;
		const struct highlighter *one = editor->highlighters[index];
		bool below = one->own;

		/* Those that nobody has asked for are below all others. */
		if (below == (i < editor->highlighter_count)
		    && one->found[window].document == buffer->document
		    && editor_highlights_in(editor, one, window))
			matches[count++] = (struct view_matches){
				one->found[window].matches,
				one->found[window].count, one->role,
			};
	}
	if (found->count > 0 && found->document == buffer->document)
		matches[count++] = (struct view_matches){
			found->matches, found->count, ROLE_MATCH,
		};
	else if (buffer->has_match)
		matches[count++] = (struct view_matches){ &buffer->match, 1,
							  ROLE_MATCH };
	return count;
}

static void draw_view(struct editor *editor, struct grid *grid,
		      unsigned first, unsigned rows, size_t window)
{
	struct view *view = editor_window_view(editor, window);
	struct view_matches matches[EDITOR_HIGHLIGHTERS + 1];

	if (view->columns != grid->columns || view->rows != rows)
		view_resize(view, grid->columns, rows);
	document_verify(view->document);
	/* Holes may be others now. */
	view_show(view);
	view_draw(view, grid, first, matches,
		  matches_in(editor, window, matches));
}

/* Where in the document there are matches, in the scroll bar. */
static void draw_marks(struct editor *editor, struct grid *grid,
		       unsigned first, size_t window)
{
	const struct view *view = editor_window_view(editor, window);
	unsigned column = view->columns - 1;

	if (!view_has_scroll(view)
	    || editor->windows[window].buffer != editor->buffer)
		return;
	for (unsigned row = 0; row < view->rows; row++) {
		enum role role = grid_cell(grid, first + row, column)->role;

		if (editor_marked(editor, row, view->rows))
			grid_put(grid, first + row, column, '=',
				 role == ROLE_SCROLL ? ROLE_MATCH : role);
	}
}

static void draw_window(struct editor *editor, struct grid *grid,
			size_t window)
{
	const struct buffer *buffer = editor->windows[window].buffer;
	unsigned first;
	unsigned rows;

	view_rows(buffer, grid->rows, grid->columns, &first, &rows);
	if (first > 0)
		draw_banner(buffer, grid, first);
	draw_view(editor, grid, first, rows, window);
	draw_marks(editor, grid, first, window);
	draw_status(editor, grid, grid->rows - 1, window);
}

void screen_windows_draw(struct editor *editor, struct grid *grid)
{
	editor_follow(editor);
	for (size_t i = 0; i < editor->window_count; i++) {
		struct place place;

		if (!place_of(editor, grid, i, &place))
			continue;

		struct grid part = grid_part(grid, place.row, place.column,
					     place.columns, place.rows);

		draw_window(editor, &part, i);
		if (i == editor->focus) {
			grid->cursor_visible = part.cursor_visible;
			grid->cursor_row = place.row + part.cursor_row;
			grid->cursor_column = place.column
					      + part.cursor_column;
		}
		for (unsigned row = 0; place.column > 0 && row < place.rows;
		     row++)
			grid_put(grid, place.row + row, place.column - 1, '|',
				 ROLE_STATUS_OTHER);
	}
}
