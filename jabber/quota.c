/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libstrophe's allocator, with a limit. */
#include "quota.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

static void *counted(struct quota *q, void *p)
{
	if (!p)
		q->over(q);
	q->used += malloc_usable_size(p);
	return p;
}

static void take(struct quota *q, size_t size)
{
	if (q->used > q->max || size > q->max - q->used)
		q->over(q);
}

static void *quota_alloc(size_t size, void *arg)
{
	struct quota *q = arg;

	take(q, size);
	return counted(q, malloc(size ? size : 1));
}

static void quota_free(void *p, void *arg)
{
	struct quota *q = arg;

	q->used -= malloc_usable_size(p);
	free(p);
}

static void *quota_realloc(void *p, size_t size, void *arg)
{
	struct quota *q = arg;
	size_t before = malloc_usable_size(p);

	if (size > before)
		take(q, size - before);
	q->used -= before;
	return counted(q, realloc(p, size ? size : 1));
}

void quota_init(struct quota *q, size_t max,
		void (*over)(const struct quota *q))
{
	*q = (struct quota){
		.max = max,
		.over = over,
		.mem = { quota_alloc, quota_free, quota_realloc, q },
	};
}

void quota_end_process(const struct quota *q)
{
	/* Not by the log: its frames would still be in a buffer. */
	dprintf(STDERR_FILENO,
		"confab-jabber: a server sent more XML than %zu MiB can hold: "
		"ending, to be started anew\n", q->max >> 20);
	_exit(EX_SOFTWARE);
}
