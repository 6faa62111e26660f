/*
 * classes text|binary BYTES: what searches are measured on, the same bytes on
 * every machine, to standard output.
 *
 * Lines like those of several servers, or what object files are made of: code,
 * tables of names, headers and zeros.  Each class of pattern that
 * tests/bench/search has matches in one or both, about as often as in real
 * data.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Like what was read from a disk, the file shall lie in the page cache in long
 * stretches; written 4 KiB at a time, mapping it takes longer than a search. */
enum { PART = 4096, BUFFER = 1 << 20 };

static uint64_t state = 20261125;

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

/* Once in ODDS. */
static bool rarely(unsigned odds)
{
	return below(odds) == 0;
}

#define PICK(words) words[below(sizeof(words) / sizeof(*words))]

/* --- text --- */

static const char *rare_message(void)
{
	static const char *const words[] = {
		"unrecoverable state", "OutOfMemory", "kernel panic",
		"segmentation fault", "checksum mismatch", "OUTOFMEMORY",
		"ticket ABC123456",
	};

	if (rarely(60000))
		return "Segfault_Zebra_9137";
	if (rarely(10000))
		return PICK(words);
	if (rarely(900))
		return "сказал: ПРИВЕТ всем";
	if (rarely(900))
		return "lange Straße, kurze STRASSE";
	return NULL;
}

static size_t request(char *line)
{
	static const char *const paths[] = {
		"job/", "api/v1/job/", "index/", "static/css/", "user/",
		"queue/item/", "login/", "health/",
	};
	static const char *const agents[] = {
		"Mozilla/5.0 (X11; Linux x86_64)", "curl/7.88.1", "Go-http/1.1",
		"python-requests/2.28",
	};
	const char *path = PICK(paths);
	const char *agent = PICK(agents);
	unsigned first = 1 + below(223);
	unsigned second = below(256);
	unsigned third = below(256);
	unsigned fourth = below(256);
	unsigned number = below(100000);
	unsigned bytes = below(50000);

	return (size_t)sprintf(line, "%u.%u.%u.%u - - \"%s /%s%u HTTP/1.1\" "
			       "%u %u \"%s\"\n", first, second, third, fourth,
			       rarely(3) ? "POST" : "GET", path, number,
			       rarely(20) ? 404u : 200u, bytes, agent);
}

static size_t event(char *line)
{
	static const char *const pools[] = { "http-nio-exec", "worker", "db",
					     "scheduler" };
	static const char *const words[] = {
		"opened a session for", "closed the session of", "checked",
		"could not reach", "waits for a reply of", "updated",
		"timeout while reading from", "retries",
	};
	static const char *const users[] = { "nginx", "root", "postgres",
					     "alice", "bob", "www" };
	const char *level = rarely(100) ? "ERROR" : rarely(8) ? "WARN"
							       : "INFO";
	const char *pool = PICK(pools);
	unsigned thread = below(64);
	const char *word = PICK(words);
	const char *user = PICK(users);
	unsigned number = below(30);
	unsigned took = below(3000);
	const char *rare = rare_message();

	return (size_t)sprintf(line, "%-5s [%s%s:%u] Handler %s host%u "
			       "user=%s%u took %u ms%s%s\n", level, pool,
			       rarely(3) ? "-pool" : "-group", thread, word,
			       below(500), user, number, took,
			       rare ? ": " : "", rare ? rare : "");
}

static size_t text(char *part)
{
	static uint64_t number;
	uint64_t second = number++ / 100;
	size_t length = (size_t)sprintf(part, "2026-11-%02u %02u:%02u:%02u,"
					"%03u ", (unsigned)(second / 86400 % 30
							    + 1),
					(unsigned)(second / 3600 % 24),
					(unsigned)(second / 60 % 60),
					(unsigned)(second % 60),
					(unsigned)(number % 100 * 10));

	return length + (rarely(3) ? request(part + length)
				   : event(part + length));
}

/* --- binary --- */

static size_t code(char *part)
{
	static const unsigned char usual[] = {
		0x48, 0x8b, 0x89, 0xe8, 0x00, 0x00, 0x0f, 0xc3, 0xff, 0x24,
		0x4c, 0x85, 0xc0, 0x74, 0x83, 0x45, 0x8d, 0x05, 0x41, 0x55,
	};
	size_t length = 500 + below(2000);

	for (size_t i = 0; i < length; i++) {
		uint64_t drawn = draw() >> 33;

		part[i] = (char)(drawn & 1 ? usual[drawn / 2 % sizeof usual]
					   : drawn >> 8);
		/* Of "lines" there are few and long ones. */
		if (part[i] == '\n' && drawn >> 16 & 7)
			part[i] = 0;
	}
	for (size_t i = 100; i + 10 < length; i += 1000)
		memcpy(part + i, "\x48\x8b\x05\x10\xe8", 5);
	return length;
}

static size_t zeros(char *part)
{
	size_t length = rarely(8) ? 2000 + below(2000) : 8 + below(120);

	memset(part, 0, length);
	return length;
}

static size_t name(char *part)
{
	static const char *const pieces[] = {
		"get", "set", "init", "free", "list", "node", "error", "parse",
		"string", "_", "buffer", "read", "write", "open", "close",
		"_impl", "Vector", "map", "iterator", "4", "2",
	};
	static const char *const rare[] = {
		"libssl.so.3", "Permission denied", "Copyright (C) 2026",
		"GLIBC_2.34", "std::vector", "error: it failed", "_ZNSt3std",
		"libc_nonshared.so.6", "COPYRIGHT", "10.1.24.200",
		"error in main", "ABC123456", "cannot allocate memory",
		"No such file or directory",
	};
	size_t length = 0;

	if (rarely(20000))
		return (size_t)sprintf(part, "PyUnicode_AsWideChar") + 1;
	if (rarely(200))
		return (size_t)sprintf(part, "%s", PICK(rare)) + 1;
	for (unsigned i = 2 + below(4); i > 0; i--)
		length += (size_t)sprintf(part + length, "%s", PICK(pieces));
	return length + 1;
}

static size_t names(char *part)
{
	size_t length = 0;

	while (length < 2000)
		length += name(part + length);
	return length;
}

static size_t binary(char *part)
{
	unsigned kind = below(100);

	if (kind < 2)
		return (size_t)sprintf(part, "\x7f" "ELF\x02\x01\x01");
	return kind < 50 ? code(part) : kind < 80 ? zeros(part) : names(part);
}

int main(int argc, char **argv)
{
	uint64_t left = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
	bool lines = argc == 3 && strcmp(argv[1], "text") == 0;
	static char part[2 * PART];
	static char buffer[BUFFER];

	if (!lines && (argc != 3 || strcmp(argv[1], "binary") != 0)) {
		fputs("classes text|binary BYTES\n", stderr);
		return 2;
	}
	setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
	while (left > 0) {
		size_t length = lines ? text(part) : binary(part);

		if (length > left)
			length = (size_t)left;
		if (fwrite(part, 1, length, stdout) != length)
			break;
		left -= length;
	}
	if (left > 0 || fflush(stdout) != 0) {
		perror("classes");
		return 1;
	}
	return 0;
}
