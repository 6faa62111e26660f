/*
 * job: whatever is long, in forked children beside the screen.
 *
 * Each worker has a pipe to the parent, on which it sends frames: a header
 * (which chunk, what kind, how long) and a message.  The parent reads ahead in
 * every pipe until it meets a frame of a chunk whose turn has not come, and
 * leaves the rest in the pipe: a worker that is far ahead blocks there.
 *
 * Invariants
 *  1. Chunks before `next` are finished and delivered; frames of chunk `next`
 *     are delivered as they come; those of later chunks wait.
 *  2. A worker's frames are in ascending order of their chunks.  So the worker
 *     that claimed chunk `next` has none before it, its pipe is being read,
 *     and it can't be blocked writing: chunk `next` always gets on, provided
 *     that a worker, before it waits for another one, has sent all it knows of
 *     its lowest chunk and then waits only for what lower chunks give.
 *  3. A worker's write end is open in that worker only, so its death is the
 *     end of its pipe.
 *  4. Once the state is not JOB_RUNNING there are no workers.
 *  5. While a frame that is due is here and not delivered, because job_poll
 *     ran out of time, job_descriptors has one that is readable: the worker's
 *     own may be silent until that frame is taken.
 */
#include "octavo/job.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "io.h"

enum {
	JOB_READ = 64 << 10,
	JOB_BUFFER = 4 << 10,
	JOB_MESSAGE_MAXIMUM = 16 << 20,
	JOB_WORKERS_MAXIMUM = 256,
	JOB_POLL_NANOSECONDS = 5000000,
	JOB_BACKGROUND_NICE = 10,
};

enum frame_kind { FRAME_MESSAGE, FRAME_FINISH, FRAME_ERROR, FRAME_END };

struct frame {
	uint64_t chunk;
	uint32_t kind;
	uint32_t size;
};

/* What all of them share; the plan's own memory follows. */
struct counters {
	_Alignas(64) _Atomic uint64_t claimed;
	struct {
		_Alignas(64) _Atomic uint64_t units;
		_Atomic uint64_t found;
	} workers[];
};

/* The parent's side of a worker. */
struct child {
	pid_t process;		/* 0: reaped */
	int fd;			/* -1: at its end */
	bool ended;		/* said that it has done its work */
	unsigned char *bytes;	/* read and not delivered: [start, end) */
	size_t start;
	size_t end;
	size_t capacity;
};

struct job {
	struct job_plan plan;
	struct counters *counters;
	size_t size;
	struct child *children;
	unsigned count;
	uint64_t next;
	bool waiting;		/* to be run here, and not begun */
	enum job_state state;
	struct error error;
	struct job *others;	/* in the list of all jobs */
};

struct job_worker {
	struct job *job;
	unsigned index;
	int fd;			/* -1: it runs in the parent */
	uint64_t lowest;	/* no frames for chunks before this one */
	uint64_t claimed;	/* chunks claimed and not finished */
	size_t buffered;	/* frames of chunk `lowest` not sent yet */
	unsigned char buffer[JOB_BUFFER];
};

/* All jobs of this process, so that a new worker can close their pipes. */
static struct job *jobs;

/* A pipe that always holds a byte, for all of them; once opened it stays. */
static int ready[2] = { -1, -1 };

unsigned job_cores(void)
{
	/* To find out takes as long as to search a small file. */
	static long cores;

	if (cores == 0)
		cores = sysconf(_SC_NPROCESSORS_ONLN);
	if (cores < 1)
		return 1;
	return cores > JOB_WORKERS_MAXIMUM ? JOB_WORKERS_MAXIMUM
					   : (unsigned)cores;
}

static size_t counters_size(unsigned workers)
{
	struct counters *counters;

	return sizeof *counters + workers * sizeof *counters->workers;
}

static void frame_deliver(struct job *job, struct child *child,
			  const struct frame *frame, const void *data);

/* --- in a worker --- */

bool job_claim(struct job_worker *worker, uint64_t *chunk)
{
	struct job *job = worker->job;

	*chunk = atomic_fetch_add(&job->counters->claimed, 1);
	if (*chunk >= job->plan.chunks)
		return false;
	if (worker->claimed++ == 0)
		worker->lowest = *chunk;
	return true;
}

static bool buffer_send(struct job_worker *worker)
{
	size_t size = worker->buffered;

	worker->buffered = 0;
	return io_write_all(worker->fd, worker->buffer, size);
}

static bool buffer_add(struct job_worker *worker, const void *data, size_t size)
{
	if (size > sizeof worker->buffer - worker->buffered
	    && !buffer_send(worker))
		return false;
	if (size > sizeof worker->buffer)
		return io_write_all(worker->fd, data, size);
	if (size > 0)
		memcpy(worker->buffer + worker->buffered, data, size);
	worker->buffered += size;
	return true;
}

/* Small messages wait for what ends their chunk: each write wakes the parent,
 * which has no core of its own. */
static bool frame_send(struct job_worker *worker, uint64_t chunk,
		       enum frame_kind kind, const void *data, size_t size,
		       struct error *error)
{
	struct frame frame = { chunk, kind, (uint32_t)size };

	if (worker->fd < 0) {
		frame_deliver(worker->job, NULL, &frame, data);
		return worker->job->state == JOB_RUNNING;
	}
	if (buffer_add(worker, &frame, sizeof frame)
	    && buffer_add(worker, data, size)
	    && (kind == FRAME_MESSAGE || buffer_send(worker)))
		return true;
	return error_set_system(error, errno, "cannot send a result");
}

bool job_send(struct job_worker *worker, uint64_t chunk, const void *data,
	      size_t size, struct error *error)
{
	assert(chunk >= worker->lowest && size <= JOB_MESSAGE_MAXIMUM);
	worker->lowest = chunk;
	return frame_send(worker, chunk, FRAME_MESSAGE, data, size, error);
}

bool job_finish(struct job_worker *worker, uint64_t chunk, struct error *error)
{
	assert(chunk >= worker->lowest && worker->claimed > 0);
	worker->lowest = chunk + 1;
	worker->claimed--;
	return frame_send(worker, chunk, FRAME_FINISH, NULL, 0, error);
}

void job_advance(struct job_worker *worker, uint64_t units, uint64_t found)
{
	struct counters *counters = worker->job->counters;

	/* Nobody else writes them. */
	atomic_fetch_add_explicit(&counters->workers[worker->index].units,
				  units, memory_order_relaxed);
	atomic_fetch_add_explicit(&counters->workers[worker->index].found,
				  found, memory_order_relaxed);
}

void *job_worker_shared(struct job_worker *worker)
{
	return job_shared(worker->job);
}

/* The user's handlers belong to the screen.  SIGBUS is the mapping's. */
static void worker_signals(void)
{
	static const int usual[] = {
		SIGHUP, SIGQUIT, SIGTERM, SIGPIPE, SIGALRM, SIGCHLD, SIGUSR1,
		SIGUSR2, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGWINCH, SIGABRT,
		SIGSEGV, SIGILL, SIGFPE
	};
	sigset_t none;

	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		signal(usual[i], SIG_DFL);
	signal(SIGINT, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void close_ready(void)
{
	for (int i = 0; i < 2; i++) {
		if (ready[i] >= 0)
			io_close(ready[i]);
		ready[i] = -1;
	}
}

static void worker_close_others(void)
{
	for (struct job *job = jobs; job; job = job->others)
		for (unsigned i = 0; i < job->count; i++)
			if (job->children[i].fd >= 0)
				io_close(job->children[i].fd);
	close_ready();
}

/* Never returns: what the parent registered with atexit is the parent's. */
static _Noreturn void worker_main(struct job *job, unsigned index, int fd,
				  pid_t parent)
{
	const struct rlimit no_core = { 0, 0 };
	struct job_worker worker = { .job = job, .index = index, .fd = fd };
	struct error error = ERROR_NONE;

	worker_signals();
	io_private_close();
	io.die_with_parent();
	if (getppid() != parent)
		_exit(0);
	setrlimit(RLIMIT_CORE, &no_core);
	if (job->plan.background)
		setpriority(PRIO_PROCESS, 0, JOB_BACKGROUND_NICE);
	worker_close_others();

	bool done = job->plan.work(&worker, job->plan.context, &error);
	uint64_t chunk = worker.claimed ? worker.lowest : 0;

	done = done ? frame_send(&worker, job->plan.chunks, FRAME_END, NULL, 0,
				 &error)
		    : frame_send(&worker, chunk, FRAME_ERROR, &error,
				 sizeof error, &error);
	_exit(done ? 0 : 1);
}

/* --- in the parent --- */

static bool child_start(struct job *job, struct error *error)
{
	struct child *child = &job->children[job->count];
	pid_t parent = getpid();
	sigset_t all, before;
	int ends[2];

	if (io.pipe(ends) != 0)
		return error_set_system(error, errno, "cannot start a worker");
	/* No handler of the parent's may run in the child before it has put
	 * them away. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);

	pid_t process = io.fork();
	int number = errno;

	if (process == 0) {
		io_close(ends[0]);
		worker_main(job, job->count, ends[1], parent);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	io_close(ends[1]);
	if (process < 0) {
		io_close(ends[0]);
		return error_set_system(error, number, "cannot start a worker");
	}
	*child = (struct child){ .process = process, .fd = ends[0] };
	job->count++;
	return true;
}

static bool open_ready(struct error *error)
{
	if (ready[0] >= 0)
		return true;
	if (io.pipe(ready) == 0 && io_write_all(ready[1], "", 1))
		return true;
	error_set_system(error, errno, "cannot start a worker");
	close_ready();
	return false;
}

/* Nobody shares the counters of a job that runs here. */
static struct counters *counters_new(size_t size, bool here)
{
	struct counters *counters;

	if (!here) {
		counters = io.mmap(NULL, size, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		return counters == MAP_FAILED ? NULL : counters;
	}
	counters = aligned_alloc(_Alignof(struct counters), size);
	if (counters)
		memset(counters, 0, size);
	return counters;
}

static bool job_prepare(struct job *job, struct error *error)
{
	const size_t unit = _Alignof(struct counters);
	unsigned workers = job->plan.workers;
	size_t size = counters_size(workers) + job->plan.shared_size;

	job->children = calloc(workers, sizeof *job->children);
	if (!job->children)
		return error_set_memory(error);
	job->size = (size + unit - 1) / unit * unit;
	job->counters = counters_new(job->size, job->plan.here);
	if (!job->counters)
		return error_set_system(error, errno, "cannot share memory");
	return open_ready(error);
}

struct job *job_start(const struct job_plan *plan, struct error *error)
{
	struct job *job = calloc(1, sizeof *job);

	if (!job) {
		error_set_memory(error);
		return NULL;
	}
	job->plan = *plan;
	job->others = jobs;
	jobs = job;

	unsigned workers = plan->workers ? plan->workers : job_cores();

	if (workers > JOB_WORKERS_MAXIMUM)
		workers = JOB_WORKERS_MAXIMUM;
	if (workers > plan->chunks)
		workers = plan->chunks ? (unsigned)plan->chunks : 1;
	job->plan.workers = workers;
	if (!job_prepare(job, error)) {
		job_free(job);
		return NULL;
	}
	if (plan->chunks == 0)
		job->state = JOB_DONE;
	job->waiting = job->state == JOB_RUNNING && plan->here;
	/* One worker is enough to get there. */
	while (job->state == JOB_RUNNING && !plan->here
	       && job->count < workers)
		if (!child_start(job, error))
			break;
	if (job->state == JOB_RUNNING && !plan->here && job->count == 0) {
		job_free(job);
		return NULL;
	}
	return job;
}

static int child_reap(struct child *child)
{
	int status = 0;

	while (io.waitpid(child->process, &status, 0) < 0 && errno == EINTR)
		;
	child->process = 0;
	return status;
}

static void child_stop(struct child *child)
{
	if (child->process > 0)
		child_reap(child);
	if (child->fd >= 0)
		io_close(child->fd);
	child->fd = -1;
	free(child->bytes);
	child->bytes = NULL;
	child->start = child->end = 0;
}

void job_kill(struct job *job)
{
	for (unsigned i = 0; i < job->count; i++)
		if (job->children[i].process > 0)
			io.kill(job->children[i].process, SIGKILL);
}

static void job_stop(struct job *job, enum job_state state)
{
	job->state = state;
	/* First all of them: they take a while to end, and can at one time. */
	job_kill(job);
	for (unsigned i = 0; i < job->count; i++)
		child_stop(&job->children[i]);
}

static void job_fail(struct job *job, const struct error *error)
{
	job->error = *error;
	job_stop(job, JOB_FAILED);
}

/* The pipe has ended: did the worker? */
static void child_ended(struct job *job, struct child *child)
{
	struct error error = ERROR_NONE;

	io_close(child->fd);
	child->fd = -1;

	int status = child_reap(child);

	if (WIFSIGNALED(status))
		error_set(&error, "a worker was killed by signal %d (%s)",
			  WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (!child->ended || child->start < child->end)
		error_set(&error, "a worker ended early, with status %d",
			  WEXITSTATUS(status));
	if (*error.message)
		job_fail(job, &error);
}

static void frame_deliver(struct job *job, struct child *child,
			  const struct frame *frame, const void *data)
{
	switch ((enum frame_kind)frame->kind) {
	case FRAME_MESSAGE:
		if (!job->plan.result(job->plan.context, frame->chunk, data,
				      frame->size))
			job_stop(job, JOB_DONE);
		break;
	case FRAME_FINISH:
		if (++job->next == job->plan.chunks)
			job_stop(job, JOB_DONE);
		break;
	case FRAME_ERROR:
		memcpy(&job->error, data, sizeof job->error);
		job_stop(job, JOB_FAILED);
		break;
	case FRAME_END:
		child->ended = true;
		break;
	}
}

static bool frame_sound(const struct job *job, const struct frame *frame)
{
	return frame->kind <= FRAME_END && frame->chunk <= job->plan.chunks &&
	       frame->size <= JOB_MESSAGE_MAXIMUM &&
	       (frame->kind == FRAME_ERROR) ==
		       (frame->size == sizeof(struct error) &&
			frame->kind != FRAME_MESSAGE);
}

static bool frame_head(const struct child *child, struct frame *frame)
{
	if (child->end - child->start < sizeof *frame)
		return false;
	memcpy(frame, child->bytes + child->start, sizeof *frame);
	return true;
}

/* Has this frame's turn come? */
static bool frame_due(const struct job *job, const struct frame *frame)
{
	return frame->kind == FRAME_END || frame->chunk <= job->next;
}

/* Is a whole frame here that could be delivered? */
static bool child_due(const struct job *job, const struct child *child)
{
	struct frame frame;

	return frame_head(child, &frame) && frame_due(job, &frame) &&
	       child->end - child->start >= sizeof frame + frame.size;
}

/* Is the child's next frame one of a chunk whose turn has not come? */
static bool child_held(const struct job *job, const struct child *child)
{
	struct frame frame;

	return frame_head(child, &frame) && !frame_due(job, &frame);
}

/* Delivers one frame that is here; false where there is none that is due. */
static bool child_deliver(struct job *job, struct child *child)
{
	struct frame frame;

	if (!frame_head(child, &frame) || !frame_due(job, &frame))
		return false;
	if (!frame_sound(job, &frame)) {
		struct error error = ERROR_NONE;

		error_set(&error, "a worker sent nonsense");
		job_fail(job, &error);
		return true;
	}
	if (!child_due(job, child))
		return false;

	const unsigned char *data = child->bytes + child->start + sizeof frame;

	child->start += sizeof frame + frame.size;
	frame_deliver(job, child, &frame, data);
	return true;
}

/* Room for the frame at the head and some more. */
static bool child_room(struct child *child)
{
	struct frame frame = { 0, 0, 0 };
	size_t length = child->end - child->start;

	frame_head(child, &frame);

	size_t wanted = sizeof frame + JOB_READ + frame.size;

	if (length)
		memmove(child->bytes, child->bytes + child->start, length);
	child->start = 0;
	child->end = length;
	if (child->capacity >= wanted)
		return true;

	unsigned char *bytes = realloc(child->bytes, wanted);

	if (!bytes)
		return false;
	child->bytes = bytes;
	child->capacity = wanted;
	return true;
}

/* Reads what there is, once, where the pipe has something or has ended. */
static bool child_read(struct job *job, struct child *child)
{
	struct pollfd wait = { .fd = child->fd, .events = POLLIN };
	struct error error = ERROR_NONE;

	if (child->fd < 0 || child_held(job, child) || poll(&wait, 1, 0) <= 0)
		return false;
	if (!child_room(child)) {
		error_set_memory(&error);
		job_fail(job, &error);
		return true;
	}

	ssize_t got = io.read(child->fd, child->bytes + child->end,
			      child->capacity - child->end);

	if (got < 0 && errno != EINTR) {
		error_set_system(&error, errno, "cannot read from a worker");
		job_fail(job, &error);
	} else if (got == 0) {
		child_ended(job, child);
	} else if (got > 0) {
		child->end += (size_t)got;
	}
	return true;
}

static bool time_over(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);

	int64_t passed = (now.tv_sec - start->tv_sec) * INT64_C(1000000000) +
			 (now.tv_nsec - start->tv_nsec);

	return passed >= JOB_POLL_NANOSECONDS;
}

/* Chunk `next` has no owner left that could finish it. */
static bool job_stuck(const struct job *job)
{
	for (unsigned i = 0; i < job->count; i++)
		if (job->children[i].fd >= 0 &&
		    !child_held(job, &job->children[i]))
			return false;
	return true;
}

/* All of it.  The last frame, or one after which no more is wanted, has ended
 * the job before the work returns. */
static void run_here(struct job *job)
{
	struct job_worker worker = { .job = job, .fd = -1 };
	struct error error = ERROR_NONE;

	job->waiting = false;
	if (!job->plan.work(&worker, job->plan.context, &error)
	    && job->state == JOB_RUNNING)
		job_fail(job, &error);
}

enum job_state job_poll(struct job *job, struct error *error)
{
	struct timespec start;
	bool moved = true;

	if (job->waiting)
		run_here(job);
	clock_gettime(CLOCK_MONOTONIC, &start);
	while (moved && job->state == JOB_RUNNING && !time_over(&start)) {
		moved = false;
		for (unsigned i = 0; i < job->count &&
		     job->state == JOB_RUNNING; i++) {
			struct child *child = &job->children[i];

			moved |= child_deliver(job, child) ||
				 child_read(job, child);
		}
	}
	if (job->state == JOB_RUNNING && !moved && job_stuck(job)) {
		struct error stuck = ERROR_NONE;

		error_set(&stuck, "the workers ended before their work");
		job_fail(job, &stuck);
	}
	if (job->state == JOB_FAILED && error)
		*error = job->error;
	return job->state;
}

size_t job_descriptors(const struct job *job, int *fds, size_t count)
{
	size_t used = 0;
	bool due = job->waiting;

	for (unsigned i = 0; i < job->count; i++)
		due |= child_due(job, &job->children[i]);
	/* First, lest there be no room for it. */
	if (due && used < count)
		fds[used++] = ready[0];
	for (unsigned i = 0; i < job->count && used < count; i++)
		if (job->children[i].fd >= 0 &&
		    !child_held(job, &job->children[i]))
			fds[used++] = job->children[i].fd;
	return used;
}

enum job_state job_wait(struct job *job, struct error *error)
{
	for (;;) {
		enum job_state state = job_poll(job, error);
		struct pollfd waits[JOB_WORKERS_MAXIMUM + 1];
		int fds[JOB_WORKERS_MAXIMUM + 1];
		size_t count = job_descriptors(job, fds,
					       JOB_WORKERS_MAXIMUM + 1);

		if (state != JOB_RUNNING)
			return state;
		for (size_t i = 0; i < count; i++)
			waits[i] = (struct pollfd){ .fd = fds[i],
						    .events = POLLIN };
		poll(waits, (nfds_t)count, -1);
	}
}

void job_progress(const struct job *job, uint64_t *units, uint64_t *found)
{
	*units = 0;
	*found = 0;
	for (unsigned i = 0; i < job->plan.workers; i++) {
		*units += atomic_load(&job->counters->workers[i].units);
		*found += atomic_load(&job->counters->workers[i].found);
	}
}

void *job_shared(const struct job *job)
{
	return (unsigned char *)job->counters +
	       counters_size(job->plan.workers);
}

void job_free(struct job *job)
{
	if (!job)
		return;
	job_stop(job, JOB_DONE);
	for (struct job **link = &jobs; *link; link = &(*link)->others)
		if (*link == job) {
			*link = job->others;
			break;
		}
	if (job->counters && job->plan.here)
		free(job->counters);
	else if (job->counters)
		io.munmap(job->counters, job->size);
	free(job->children);
	free(job);
}
