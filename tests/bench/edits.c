/*
 * edits KIND COUNT FILE [log]: makes COUNT random edits of one byte in FILE,
 * in memory, and prints what they cost:
 *
 *	ms		all of them
 *	edit_us		the median of them, and the 99th percentile:
 *	edit_p99_us
 *	screen_ms	drawing the next screen then, 80 by 24
 *	own_kib		memory of its own then
 *	undo_ms		undoing them all, one by one
 *
 * KIND is insert or overwrite.  With `log` each is in the session log before
 * it counts as made, and `ms` includes taking the times.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "octavo/document.h"
#include "octavo/grid.h"
#include "octavo/log.h"
#include "octavo/view.h"

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

_Noreturn static void die(const char *what)
{
	fprintf(stderr, "edits: %s\n", what);
	exit(2);
}

static uint64_t chance(uint64_t limit)
{
	static uint64_t seed = 88172645463325252u;

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % limit;
}

static long own_kib(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[200];
	long kib = 0;

	while (status && fgets(line, sizeof(line), status))
		if (strncmp(line, "RssAnon:", 8) == 0)
			kib = strtol(line + 8, NULL, 10);
	if (status)
		fclose(status);
	return kib;
}

static int compare_times(const void *one, const void *other)
{
	double left = *(const double *)one, right = *(const double *)other;

	return (left > right) - (left < right);
}

/* Of each edit in TIMES, unless that is NULL. */
static void edit_all(struct document *document, bool insert, uint64_t count,
		     double *times)
{
	struct error error;
	double start = now();

	for (uint64_t i = 0; i < count; i++) {
		uint64_t offset = chance(document_size(document));
		unsigned char byte = (unsigned char)i;
		double before = times ? now() : 0;

		if (!(insert ? document_insert : document_overwrite)(
				document, offset, &byte, 1, &error))
			die(error.message);
		if (times)
			times[i] = now() - before;
	}
	printf("ms %.1f\n", now() - start);
	if (!times)
		return;
	qsort(times, count, sizeof(*times), compare_times);
	printf("edit_us %.2f\n", 1e3 * times[count / 2]);
	printf("edit_p99_us %.2f\n", 1e3 * times[count - 1 - count / 100]);
}

static void draw(struct document *document)
{
	struct grid *grid = grid_new(80, 24);
	struct view view;
	double start;

	view_init(&view, document);
	if (!grid)
		die("no memory for a screen");
	start = now();
	view_goto(&view, document_size(document) / 2);
	view_draw(&view, grid, 0, NULL, 0);
	printf("screen_ms %.3f\n", now() - start);
	grid_free(grid);
}

static void undo_all(struct document *document)
{
	struct range touched;
	struct error error;
	double start = now();

	while (document_undo_steps(document) > 0)
		if (!document_undo(document, &touched, &error))
			die(error.message);
	printf("undo_ms %.1f\n", now() - start);
}

int main(int count, char **words)
{
	bool logged = count == 5 && strcmp(words[4], "log") == 0;
	struct error error;

	if (count != 4 && !logged)
		die("KIND COUNT FILE [log]");

	uint64_t edits = strtoull(words[2], NULL, 0);
	double *times = logged ? malloc(edits * sizeof(*times)) : NULL;

	struct file *file = file_open(words[3], NULL, NULL, &error);
	struct document *document = file ? document_open(file, &error) : NULL;

	if (!document)
		die(error.message);
	struct log *log = logged ? log_attach(document, &error) : NULL;

	if (logged && (!log || !log_ready(log, &error)))
		die(error.message);
	edit_all(document, strcmp(words[1], "insert") == 0, edits, times);
	if (logged && log_problem(log))
		die(log_problem(log));
	draw(document);
	printf("own_kib %ld\n", own_kib());
	undo_all(document);
	log_close(log, false);
	document_close(document);
	free(times);
	return 0;
}
