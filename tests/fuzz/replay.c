/*
 * replay: the main of a fuzz target that is not run by a fuzzer.  It feeds
 * the target the files given, or those in tests/fuzz/seeds/TARGET, and prints
 * TAP.  A finding kills the process, which the runner sees.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_whole(const char *path, uint8_t **data, size_t *size)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		return false;
	*data = NULL;
	*size = 0;
	size_t got = 1;
	while (got > 0) {
		uint8_t *grown = realloc(*data, *size + 65536);
		if (grown == NULL)
			break;
		*data = grown;
		got = fread(*data + *size, 1, 65536, file);
		*size += got;
	}
	bool whole = got == 0 && ferror(file) == 0;
	fclose(file);
	return whole;
}

static bool replay(const char *path, int number)
{
	uint8_t *data = NULL;
	size_t size = 0;
	bool good = read_whole(path, &data, &size);
	if (good) {
		/* Of exactly its size, so that a sanitizer sees its end. */
		uint8_t *input = malloc(size > 0 ? size : 1);
		if (input != NULL) {
			memcpy(input, data, size);
			LLVMFuzzerTestOneInput(input, size);
		}
		good = input != NULL;
		free(input);
	}
	free(data);
	printf("%s %d - %s\n", good ? "ok" : "not ok", number, path);
	fflush(stdout);
	return good;
}

static bool replay_seeds(const char *target, int *number)
{
	char folder[512];
	snprintf(folder, sizeof(folder), "tests/fuzz/seeds/%s", target);
	struct dirent **entries;
	int count = scandir(folder, &entries, NULL, alphasort);
	if (count < 0) {
		perror(folder);
		return false;
	}
	bool good = true;
	for (int i = 0; i < count; i++) {
		char path[1024];
		snprintf(path, sizeof(path), "%s/%s", folder,
			 entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			good = replay(path, ++*number) && good;
		free(entries[i]);
	}
	free(entries);
	return good;
}

int main(int argc, char **argv)
{
	int number = 0;
	bool good = true;
	for (int i = 1; i < argc; i++)
		good = replay(argv[i], ++number) && good;
	if (argc == 1) {
		const char *slash = strrchr(argv[0], '/');
		good = replay_seeds(slash ? slash + 1 : argv[0], &number);
	}
	printf("1..%d\n", number);
	return good && number > 0 ? 0 : 1;
}
