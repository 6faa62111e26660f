/*
 * classes text|binary BYTES: what searches are measured on, the same bytes on
 * every machine, to standard output.
 *
 * Lines like those of several servers, or what object files are made of: code,
 * tables of names, headers, packed data and zeros.  Each class of pattern that
 * tests/bench/search has matches in one or both.  How often a thing stands
 * there decides who is fast at it, so that was counted: of the text, in the
 * log on which the limits of the classes were first measured (in 1 GiB 1.8
 * million "session", 1.4 million IPv4 addresses, 580,000 threads of a pool,
 * 96,000 user=nginx, 72,000 jobs); of the binaries, in 1 GiB of programs and
 * libraries of Debian 12 (a newline in 320 bytes, 22 % zeros, 34 % printable,
 * 2.7 million printable runs and 600,000 runs of zeros of 16 bytes or more;
 * 36,000 "error").
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

static const char *word(void)
{
	static const char *const words[] = {
		"accepted", "account", "after", "allocated", "already",
		"archive", "attempt", "backend", "balance", "batch", "before",
		"block", "broker", "bucket", "buffer", "bytes", "cache",
		"callback", "cannot", "channel", "child", "client", "cluster",
		"column", "commit", "config", "consumer", "container",
		"context", "counter", "cursor", "daemon", "data", "deadline",
		"default", "deferred", "device", "digest", "directory",
		"disconnected", "domain", "driver", "element", "empty",
		"encoder", "entry", "event", "evicted", "exchange", "expected",
		"expired", "export", "fallback", "feature", "fetch", "field",
		"filter", "finished", "flush", "follower", "frame", "from",
		"gateway", "group", "handler", "hash", "header", "heartbeat",
		"host", "idle", "ignored", "image", "import", "index",
		"initial", "input", "instance", "interval", "invoice", "item",
		"journal", "kept", "kernel", "key", "latency", "leader",
		"lease", "length", "limit", "listener", "loaded", "lock",
		"manager", "mapping", "member", "memory", "message", "metric",
		"missing", "module", "monitor", "network", "node", "object",
		"offset", "opened", "order", "output", "packet", "page",
		"partition", "payload", "peer", "pending", "period", "policy",
		"primary", "process", "profile", "provider", "queue", "quota",
		"reader", "record", "refreshed", "registered", "rejected",
		"release", "remote", "removed", "replica", "request",
		"resolved", "response", "restored", "result", "retry",
		"revision", "route", "scheduled", "schema", "segment",
		"server", "service", "shard", "signal", "skipped", "snapshot",
		"socket", "started", "status", "stopped", "storage", "stream",
		"subject", "sync", "table", "target", "task", "tenant",
		"ticket", "token", "topic", "total", "trace", "transaction",
		"trigger", "unexpected", "unit", "update", "upstream",
		"usage", "validated", "value", "vector", "version", "volume",
		"waiting", "warning", "watcher", "window", "worker", "write",
	};

	return PICK(words);
}

static size_t words(char *line, unsigned count)
{
	size_t length = 0;

	for (; count > 0; count--)
		length += (size_t)sprintf(line + length, " %s", word());
	return length;
}

static const char *rare_message(void)
{
	static const char *const messages[] = {
		"unrecoverable state", "OutOfMemory", "kernel panic",
		"segmentation fault", "checksum mismatch", "OUTOFMEMORY",
	};

	if (rarely(350000))
		return "Segfault_Zebra_9137";
	if (rarely(270000))
		return "ticket ABC123456";
	if (rarely(8000))
		return PICK(messages);
	if (rarely(720))
		return "сказал: ПРИВЕТ всем";
	if (rarely(720))
		return "lange Straße, kurze STRASSE";
	return NULL;
}

static size_t request(char *line)
{
	static const char *const paths[] = {
		"index/", "static/css/", "user/", "queue/item/", "login/",
		"health/", "api/v1/order/", "images/", "search?q=", "feed/",
	};
	static const char *const agents[] = {
		"Mozilla/5.0 (X11; Linux x86_64)", "curl/7.88.1", "Go-http/1.1",
		"python-requests/2.28",
	};
	const char *path = rarely(13) ? "api/v1/job/" : PICK(paths);
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

static const char *thread_name(void)
{
	static const char *const names[] = {
		"http-nio-exec", "main", "db-writer", "scheduler", "netty-io",
		"compaction", "reaper",
	};
	static const char *const pools[] = { "worker-pool", "db-pool",
					     "mail-pool" };

	return rarely(6) ? PICK(pools) : PICK(names);
}

static size_t event(char *line)
{
	const char *level = rarely(8) ? "WARN" : "INFO";
	const char *thread = thread_name();
	const char *class = word();
	const char *rare = rare_message();
	unsigned number = below(64);
	size_t length;

	if (rarely(200)) {
		level = "ERROR";
		rare = "timeout while reading";
	}
	length = (size_t)sprintf(line, "%-5s [%s:%u] org.%s.%s.Handler -",
				 level, thread, number, class, word());
	length += words(line + length, 3 + below(6));
	return length + (size_t)sprintf(line + length, " in %u ms%s%s\n",
					below(3000), rare ? ": " : "",
					rare ? rare : "");
}

static size_t system_event(char *line)
{
	static const char *const users[] = { "root", "postgres", "alice",
					     "bob", "www" };
	const char *user = PICK(users);
	unsigned number = below(30000);

	return (size_t)sprintf(line, "host%u sshd[%u]: pam_unix(sshd:%s): "
			       "session %s for user %s(uid=%u)\n", below(40),
			       number, rarely(2) ? "auth" : "account",
			       rarely(2) ? "opened" : "closed", user,
			       number % 1000);
}

static size_t pairs(char *line)
{
	size_t length = (size_t)sprintf(line, "level=info id=%016" PRIx64
					" msg=\"", draw());

	length += words(line + length, 2 + below(5));
	return length + (size_t)sprintf(line + length, "\" user=%s%u took=%u "
					"shard=%u\n", rarely(20) ? "nginx"
								 : word(),
					below(30), below(3000), below(16));
}

static size_t trace(char *line)
{
	size_t length = (size_t)sprintf(line, "\tat org.%s", word());

	for (unsigned i = 1 + below(3); i > 0; i--)
		length += (size_t)sprintf(line + length, ".%s", word());
	return length + (size_t)sprintf(line + length, "(Source.java:%u)\n",
					below(900));
}

static size_t text(char *part)
{
	static uint64_t number;
	uint64_t second = number++ / 100;
	unsigned kind = below(100);
	size_t length;

	if (kind < 10)
		return trace(part);
	length = (size_t)sprintf(part, "2026-11-%02u %02u:%02u:%02u,%03u ",
				 (unsigned)(second / 86400 % 30 + 1),
				 (unsigned)(second / 3600 % 24),
				 (unsigned)(second / 60 % 60),
				 (unsigned)(second % 60),
				 (unsigned)(number % 100 * 10));
	if (kind < 25)
		return length + request(part + length);
	if (kind < 43)
		return length + system_event(part + length);
	if (kind < 63)
		return length + pairs(part + length);
	return length + event(part + length);
}

/* --- binary --- */

static size_t code(char *part)
{
	static const unsigned char usual[] = {
		0x48, 0x8b, 0x89, 0xe8, 0x00, 0x00, 0x0f, 0xc3, 0xff, 0x24,
		0x4c, 0x85, 0xc0, 0x74, 0x83, 0x45, 0x8d, 0x05, 0x41, 0x55,
		0x00, 0x00, 0x0a,
	};
	size_t length = 200 + below(700);

	for (size_t i = 0; i < length; i++) {
		uint64_t drawn = draw() >> 33;

		part[i] = (char)(drawn & 1 ? usual[drawn / 2 % sizeof usual]
					   : drawn >> 8);
		/* Newlines: half of these, as everywhere else. */
		if (part[i] == '\n' && drawn >> 16 & 6)
			part[i] = 0;
	}
	for (size_t i = 600; i + 10 < length; i += 1500)
		memcpy(part + i, "\x48\x8b\x05\x10\xe8", 5);
	return length;
}

static size_t packed(char *part)
{
	size_t length = 1200;

	for (size_t i = 0; i < length; i++)
		part[i] = (char)(draw() >> 40);
	return length;
}

static size_t zeros(char *part)
{
	size_t length = rarely(20) ? 1000 + below(1000) : 16 + below(80);

	memset(part, 0, length);
	return length;
}

static size_t message(char *part)
{
	static const char *const rare[] = {
		"libssl.so.3", "Permission denied", "Copyright (C) 2026",
		"GLIBC_2.34", "std::vector", "std::map", "stdout", "std",
		"error: it failed", "_ZNSt3std",
		"libc_nonshared.so.6", "COPYRIGHT", "10.1.24.200",
		"error in main", "ABC123456", "cannot allocate memory",
		"No such file or directory", "error while parsing",
		"lib%s.so.%d", "out of range\n", "usage: %s [-v] FILE\n",
	};

	return (size_t)sprintf(part, "%s", PICK(rare)) + 1;
}

static size_t name(char *part)
{
	static const char *const pieces[] = {
		"get", "set", "init", "free", "list", "node", "parse", "value",
		"string", "_", "buffer", "read", "write", "open", "close",
		"_impl", "Vector", "map", "iterator", "4", "2", "E", "I", "v",
		"type", "expr", "clone", "item", "core", "fmt", "u8", "St",
	};
	size_t length = 0;

	if (rarely(1500000))
		return (size_t)sprintf(part, "PyUnicode_AsWideChar") + 1;
	if (rarely(800))
		return message(part);
	if (rarely(500))
		return (size_t)sprintf(part, "on_error_%u", below(90)) + 1;
	for (unsigned i = rarely(9) ? 7 : 1 + below(3); i > 0; i--)
		length += (size_t)sprintf(part + length, "%s", PICK(pieces));
	return length + 1;
}

static size_t names(char *part)
{
	size_t length = 0;

	while (length < 330)
		length += name(part + length);
	return length;
}

/* Short numbers with zeros between, as in symbol and relocation tables. */
static size_t table(char *part)
{
	size_t length = 0;

	for (; length < 400; length += 8) {
		uint64_t value = draw() & UINT64_C(0xffffff);

		for (unsigned i = 0; i < 8; i++)
			part[length + i] = (char)(value >> 8 * i);
	}
	return length;
}

static size_t binary(char *part)
{
	unsigned kind = below(1000);

	if (kind < 2)
		return (size_t)sprintf(part, "\x7f" "ELF\x02\x01\x01");
	if (kind < 400)
		return code(part);
	if (kind < 720)
		return zeros(part);
	if (kind < 910)
		return names(part);
	return kind < 965 ? table(part) : packed(part);
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
