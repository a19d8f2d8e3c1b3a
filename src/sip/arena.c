/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bump arena that libosip2 allocates from. Full means NULL, which the
 * library reports as an error; it is sized so that no packet which passed the
 * pre-scan gets there.
 */
#include "arena_priv.h"

#include "config.h"

#include <netinet/in.h>
#include <osipparser2/osip_port.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "mem.h"

/* What no block holds is out of bounds for the sanitizer. */
#ifdef CONFAB_SANITIZE
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

struct arena {
	size_t size, used;
	_Alignas(16) char bytes[];
};

enum { HEADER = 16 }; /* the block's size, and alignment */

/* Whom the library's calls are for: it has no argument for that. */
static struct arena *current;

static void *block_new(size_t size)
{
	struct arena *a = current;
	size_t need;
	char *p;

	if (!a || size > a->size)
		return NULL;
	need = HEADER + ((size + 15) & ~(size_t)15);
	if (need > a->size - a->used)
		return NULL;
	p = a->bytes + a->used;
	a->used += need;
	ASAN_UNPOISON_MEMORY_REGION(p, HEADER + size);
	memcpy(p, &size, sizeof(size));
	return p + HEADER;
}

static void *block_resize(void *old, size_t size)
{
	void *p = block_new(size);
	size_t had;

	if (!p || !old)
		return p;
	memcpy(&had, (char *)old - HEADER, sizeof(had));
	memcpy(p, old, had < size ? had : size);
	return p;
}

static void block_free(void *p)
{
	(void)p;
}

struct arena *arena_new(size_t size)
{
	struct arena *a = mem_alloc(sizeof(*a) + size);

	a->size = size;
	a->used = 0;
	osip_set_allocators(block_new, block_resize, block_free);
	return a;
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	if (current == a)
		current = NULL;
	ASAN_UNPOISON_MEMORY_REGION(a->bytes, a->size);
	mem_free(a);
}

void arena_enter(struct arena *a)
{
	ASAN_POISON_MEMORY_REGION(a->bytes, a->size);
	a->used = 0;
	current = a;
}

void arena_leave(void)
{
	current = NULL;
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}
