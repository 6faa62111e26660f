/*
 * The configuration file is a list of command lines, nothing more.
 */
#include "octavo/config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"

/* Where it is, in PATH; false where there is no home to look in. */
static bool config_path(char *path, size_t size)
{
	const char *folder = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	int length;

	if (folder && folder[0] == '/')
		length = snprintf(path, size, "%s/octavo/config", folder);
	else if (home && home[0])
		length = snprintf(path, size, "%s/.config/octavo/config", home);
	else
		return false;
	return length > 0 && (size_t)length < size;
}

static bool run_file(struct editor *editor, FILE *file, const char *path,
		     struct error *error)
{
	struct error why = ERROR_NONE;
	char *line = NULL;
	size_t size = 0;
	size_t number = 0;
	bool done = true;

	while (done && getline(&line, &size, file) >= 0) {
		number++;
		line[strcspn(line, "\n")] = '\0';
		if (command_execute(editor, line, &why) == STATUS_FAILED)
			done = error_set(error, "%s:%zu: %s", path, number,
					 why.message);
	}
	if (done && ferror(file))
		done = error_set_system(error, errno, "%s", path);
	free(line);
	return done;
}

bool config_load(struct editor *editor, struct error *error)
{
	char path[PATH_MAX];

	if (!config_path(path, sizeof path))
		return true;

	FILE *file = fopen(path, "re");

	if (!file)
		return errno == ENOENT || errno == ENOTDIR
		       || error_set_system(error, errno, "%s", path);

	bool done = run_file(editor, file, path, error);

	fclose(file);
	return done;
}
