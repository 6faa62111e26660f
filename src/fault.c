/*
 * fault: the SIGBUS handler and the list of regions that it knows.
 *
 * A fault is raised by our own reading, so the list is never half changed
 * when the handler walks it: nothing here reads a watched page.
 */
#include "fault.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>

static struct fault_region *fault_regions;
static struct sigaction fault_before;

static bool fault_patch(const unsigned char *address)
{
	struct fault_region *region = fault_regions;

	while (region && (address < region->start ||
			  address >= region->start + region->length))
		region = region->next;
	return region &&
	       region->patch(region, (size_t)(address - region->start));
}

static void fault_handle(int number, siginfo_t *info, void *context)
{
	int saved = errno;

	(void)context;
	/* A code of 0 or less: sent by a process, the address means nothing. */
	if (info->si_code <= 0 || !fault_patch(info->si_addr)) {
		sigaction(SIGBUS, &fault_before, NULL);
		if (info->si_code <= 0)
			raise(number);
	}
	errno = saved;
}

/* Asked each time, because others install handlers too. */
static void fault_install(void)
{
	struct sigaction now, action = {
		.sa_sigaction = fault_handle,
		.sa_flags = SA_SIGINFO | SA_ONSTACK,
	};

	sigemptyset(&action.sa_mask);
	if (sigaction(SIGBUS, NULL, &now) == 0 &&
	    now.sa_sigaction != fault_handle)
		sigaction(SIGBUS, &action, &fault_before);
}

void fault_watch(struct fault_region *region)
{
	fault_install();
	region->next = fault_regions;
	fault_regions = region;
}

void fault_forget(struct fault_region *region)
{
	struct fault_region **link = &fault_regions;

	while (*link && *link != region)
		link = &(*link)->next;
	if (*link)
		*link = region->next;
}
