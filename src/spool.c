/*
 * spool: reads a pipe, standard input or a generated file to its end.
 *
 * Everything waits in poll(), never in read(), so that the progress function
 * is asked at least every 100 ms also when nothing arrives.  A FIFO that has
 * no writer yet reads as at its end; poll() knows the difference: it reports
 * a hang-up only after a writer has come and gone.
 */
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "io.h"

enum { SPOOL_BLOCK = 128 << 10, SPOOL_TELL = 50 /* milliseconds */ };

struct spool {
	const struct spool_source *source;
	struct job_worker *worker;	/* in a child: what tells the parent */
	unsigned char *block;
	uint64_t length;	/* bytes so far */
	uint64_t known;		/* of them to the parent */
	int64_t told;		/* when progress was last asked */
	const char *folder;	/* of the file */
	int writer;
	int reader;
};

static int64_t spool_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool spool_create_in(struct spool *spool, const char *folder)
{
	char path[PATH_MAX];
	int length = snprintf(path, sizeof path, "%s/octavo-XXXXXX", folder);

	if (length < 0 || (size_t)length >= sizeof path) {
		errno = ENAMETOOLONG;
		return false;
	}
	spool->writer = io.temporary(path);
	if (spool->writer < 0)
		return false;
	spool->reader = io_open(AT_FDCWD, path,
				O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int number = errno;
	io.unlinkat(AT_FDCWD, path, 0);
	if (spool->reader >= 0)
		return true;
	io_close(spool->writer);
	spool->writer = -1;
	errno = number;
	return false;
}

static bool spool_create(struct spool *spool, struct error *error)
{
	const char *folders[] = { getenv("TMPDIR"), "/var/tmp", "/tmp" };
	const char *last = NULL;

	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		if (!folders[i] || !*folders[i])
			continue;
		last = spool->folder = folders[i];
		if (spool_create_in(spool, folders[i]))
			return true;
	}
	return error_set_system(error, errno,
				"cannot keep %s in a temporary file in %s",
				spool->source->name, last);
}

/* A chunk for each message, because what ends a chunk is sent at once.  All it
 * says is that there is more, or, with a byte in it, that this is the END. */
static bool spool_tell_parent(struct spool *spool, bool end,
			      struct error *error)
{
	uint64_t chunk;

	spool->known = spool->length;
	return job_claim(spool->worker, &chunk)
	       && job_send(spool->worker, chunk, "", end, error)
	       && job_finish(spool->worker, chunk, error);
}

/* Asks the progress function where it is time; false: stop. */
static bool spool_tell(struct spool *spool)
{
	const struct spool_source *source = spool->source;
	int64_t now = spool_clock();

	if (now - spool->told < SPOOL_TELL)
		return true;
	spool->told = now;
	if (spool->worker)
		return spool->known == spool->length
		       || spool_tell_parent(spool, false, NULL);
	return !source->progress
	       || source->progress(source->context, spool->length);
}

/* Is there something to read, within a moment?  A child that has told all has
 * time. */
static bool spool_is_ready(const struct spool *spool)
{
	struct pollfd wait = { .fd = spool->source->fd, .events = POLLIN };
	bool patient = spool->worker && spool->known == spool->length;

	return !spool->source->waits
	       || poll(&wait, 1, patient ? -1 : SPOOL_TELL) > 0;
}

static bool spool_keep(struct spool *spool, size_t count, struct error *error)
{
	const struct spool_source *source = spool->source;

	if (count > source->maximum - spool->length)
		return error_set(error, "cannot read %s: it cannot be mapped "
				 "and holds more than %llu bytes",
				 source->name,
				 (unsigned long long)source->maximum);
	if (!io_write_all(spool->writer, spool->block, count)) {
		int number = errno;
		off_t kept = io.lseek(spool->writer, 0, SEEK_CUR);

		/* Short, because the cause comes last. */
		return error_set_system(error, number, "%s: kept %lld bytes in "
					"%s", source->name, (long long)kept,
					spool->folder);
	}
	spool->length += count;
	return true;
}

static bool spool_copy(struct spool *spool, struct error *error)
{
	const struct spool_source *source = spool->source;

	while (spool_tell(spool)) {
		if (!spool_is_ready(spool))
			continue;

		ssize_t count = io.read(source->fd, spool->block, SPOOL_BLOCK);
		if (count == 0 ||
		    (count < 0 && errno == EAGAIN && !source->waits))
			return true;
		if (count < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (count < 0)
			return error_set_system(error, errno, "cannot read %s",
						source->name);
		if (!spool_keep(spool, (size_t)count, error))
			return false;
	}
	return true;
}

int spool_read(const struct spool_source *source, struct error *error)
{
	struct spool spool = {
		.source = source, .told = spool_clock(),
		.writer = -1, .reader = -1,
	};
	bool done = false;

	spool.block = malloc(SPOOL_BLOCK);
	if (!spool.block)
		error_set_memory(error);
	else
		done = spool_create(&spool, error) &&
		       spool_copy(&spool, error);
	free(spool.block);
	if (spool.writer >= 0)
		io_close(spool.writer);
	if (!done && spool.reader >= 0)
		io_close(spool.reader);
	return done ? spool.reader : -1;
}

/* --- beside the screen --- */

struct spool_flow {
	struct job *job;
	struct spool_source source;
	struct spool spool;
	bool more;		/* was told since the last poll */
};

static bool flow_work(struct job_worker *worker, void *context,
		      struct error *error)
{
	struct spool_flow *flow = context;

	flow->spool.worker = worker;
	return spool_copy(&flow->spool, error)
	       && spool_tell_parent(&flow->spool, true, error);
}

static bool flow_told(void *context, uint64_t chunk, const void *data,
		      size_t size)
{
	struct spool_flow *flow = context;

	(void)chunk, (void)data;
	flow->more = true;
	return size == 0;
}

static bool flow_start(struct spool_flow *flow, struct error *error)
{
	const struct job_plan plan = {
		.work = flow_work, .result = flow_told, .context = flow,
		.chunks = UINT64_MAX, .workers = 1,
	};

	flow->spool.source = &flow->source;
	flow->spool.block = malloc(SPOOL_BLOCK);
	if (!flow->spool.block)
		return error_set_memory(error);
	if (!spool_create(&flow->spool, error))
		return false;
	flow->job = job_start(&plan, error);
	if (!flow->job)
		io_close(flow->spool.reader);
	io_close(flow->spool.writer);
	return flow->job != NULL;
}

int spool_begin(const struct spool_source *source, struct spool_flow **flow,
		struct error *error)
{
	*flow = calloc(1, sizeof **flow);
	if (!*flow) {
		error_set_memory(error);
		return -1;
	}
	(*flow)->source = *source;
	if (flow_start(*flow, error))
		return (*flow)->spool.reader;
	spool_end(*flow);
	*flow = NULL;
	return -1;
}

enum job_state spool_poll(struct spool_flow *flow, bool *more,
			  struct error *error)
{
	enum job_state state = job_poll(flow->job, error);

	*more = flow->more;
	flow->more = false;
	return state;
}

size_t spool_descriptors(const struct spool_flow *flow, int *fds, size_t count)
{
	return job_descriptors(flow->job, fds, count);
}

void spool_end(struct spool_flow *flow)
{
	if (!flow)
		return;
	job_free(flow->job);
	free(flow->spool.block);
	free(flow);
}
