/*
 * data log|random BYTES: the same bytes on every machine, to standard output.
 *
 * The log has lines of about 100 bytes, as servers write them.  One line in
 * a million (2^20), the last of them, says "quorum lost".
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RARE = 1 << 20, LINE = 256, BLOCK = 1 << 16 };

static uint64_t state = 20261122;

/* xorshift64*, by Vigna. */
static uint64_t draw(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * UINT64_C(2685821657736338717);
}

static unsigned below(unsigned limit)
{
	return (unsigned)((draw() >> 32) * limit >> 32);
}

#define PICK(words) words[below(sizeof(words) / sizeof(*words))]

static size_t log_line(char *line, uint64_t number)
{
	static const char *const levels[] = {
		"INFO ", "INFO ", "INFO ", "INFO ", "INFO ", "DEBUG", "DEBUG",
		"WARN ", "ERROR",
	};
	static const char *const users[] = {
		"ada", "blaise", "charles", "donald", "edsger", "frances",
		"grace", "hedy", "ivan", "john", "konrad", "-",
	};
	static const char *const paths[] = {
		"orders", "orders/items", "users", "users/sessions", "search",
		"static/images", "reports/daily", "health",
	};
	static const char *const ends[] = {
		"done", "done", "done", "cache hit", "cache miss",
		"retry after timeout", "not modified",
	};
	uint64_t second = number / 250;
	bool rare = number % RARE == RARE - 1;
	/* One after the other: arguments are evaluated in any order. */
	const char *level = PICK(levels);
	unsigned address = below(1 << 18);
	unsigned host = below(40);
	const char *user = PICK(users);
	const char *path = PICK(paths);
	unsigned item = below(1000000);
	unsigned milliseconds = below(2000);
	const char *end = PICK(ends);
	return (size_t)snprintf(line, LINE, "2026-%02u-%02uT%02u:%02u:%02u."
		"%03uZ %s web-%02u 10.%u.%u.%u user=%s path=/%s/%u %ums %s\n",
		(unsigned)(second / 86400 / 28 % 12 + 1),
		(unsigned)(second / 86400 % 28 + 1),
		(unsigned)(second / 3600 % 24), (unsigned)(second / 60 % 60),
		(unsigned)(second % 60), (unsigned)(number % 250 * 4),
		rare ? "FATAL" : level, host, address >> 16,
		address >> 8 & 255, address & 255, user, path, item,
		milliseconds, rare ? "quorum lost" : end);
}

static bool put(const void *bytes, size_t size)
{
	return fwrite(bytes, 1, size, stdout) == size;
}

static bool put_log(uint64_t size)
{
	char line[LINE];
	for (uint64_t number = 0; size > 0; number++) {
		size_t length = log_line(line, number);
		if (length > size)
			length = (size_t)size;
		if (!put(line, length))
			return false;
		size -= length;
	}
	return true;
}

static bool put_random(uint64_t size)
{
	static uint64_t block[BLOCK];
	while (size > 0) {
		for (size_t i = 0; i < BLOCK; i++)
			block[i] = draw();
		size_t length = size < sizeof(block) ? (size_t)size :
			sizeof(block);
		if (!put(block, length))
			return false;
		size -= length;
	}
	return true;
}

int main(int argc, char **argv)
{
	uint64_t size = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
	bool text = argc == 3 && strcmp(argv[1], "log") == 0;
	if (!text && (argc != 3 || strcmp(argv[1], "random") != 0)) {
		fputs("data log|random BYTES\n", stderr);
		return 2;
	}
	bool good = text ? put_log(size) : put_random(size);
	if (!good || fflush(stdout) != 0) {
		perror("data");
		return 1;
	}
	return 0;
}
